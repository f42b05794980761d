//! Numbers of sessions and listeners, and how they are told apart in the poller and the timers.

use std::fmt;

use regwire_sys::Token;

/// A session: its slot in the low half, its generation in the high half. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

impl SessionId {
    pub(crate) fn new(slot: u32, generation: u32) -> Self {
        Self(u64::from(generation) << 32 | u64::from(slot))
    }

    pub(crate) fn slot(self) -> usize {
        (self.0 & 0xffff_ffff) as usize
    }

    pub(crate) fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A listener, numbered from 0 in the order of listening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListenerId(pub u32);

/// A datagram socket, numbered from 0 in the order of their making.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EndpointId(pub u32);

/// Whatever the poller or a timer may tell of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    Listener(ListenerId),
    Session(SessionId),
    Endpoint(EndpointId),
    /// Not in the poller: the turn of the sessions that wait for the budget of half received frames.
    Starved,
}

/// Session numbers stay below this bit: generations have 31 bits.
const LISTENER: u64 = 1 << 63;

/// Set besides for datagram sockets.
const ENDPOINT: u64 = 1 << 62;

impl Source {
    pub(crate) fn token(self) -> Token {
        match self {
            Self::Session(SessionId(number)) => Token(number),
            Self::Starved => Token(LISTENER | u64::from(u32::MAX)),
            Self::Listener(ListenerId(number)) => Token(LISTENER | u64::from(number)),
            Self::Endpoint(EndpointId(number)) => Token(LISTENER | ENDPOINT | u64::from(number)),
        }
    }

    pub(crate) fn of(Token(value): Token) -> Self {
        if value & LISTENER == 0 {
            Self::Session(SessionId(value))
        } else if value & ENDPOINT != 0 {
            Self::Endpoint(EndpointId(value as u32))
        } else {
            Self::Listener(ListenerId(value as u32))
        }
    }
}
