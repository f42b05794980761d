//! What all sessions of a reactor work with.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use regwire_sys::{Millis, Poller};

use crate::event::Event;
use crate::limits::ReactorLimits;
use crate::source::{SessionId, Source};
use crate::stats::Stats;
use crate::timers::Timers;

/// What all sessions of a reactor work with.
pub(crate) struct Io {
    pub(crate) poller: Poller,
    pub(crate) limits: ReactorLimits,
    pub(crate) now: Millis,
    pub(crate) events: VecDeque<Event>,
    pub(crate) backlog: Arc<AtomicUsize>,
    /// So much of it that this step reads nothing.
    pub(crate) backlogged: bool,
    pub(crate) timers: Timers,
    pub(crate) stats: Stats,
    /// Where every session receives: octets are decrypted here, in place.
    pub(crate) input: Vec<u8>,
    /// Where every session's output is encrypted; only what cannot be written at once is kept in the session.
    pub(crate) output: Vec<u8>,
    /// Where plaintext goes; frames leave in them.
    pub(crate) buffers: Buffers,
    /// What a session may hold of half received frames when the budget for them is used up.
    pub(crate) share: usize,
    /// Sessions that are not read because of the budget for half received frames.
    pub(crate) starved: VecDeque<SessionId>,
    /// Those among them whose peer has closed.
    pub(crate) leaving: Vec<SessionId>,
    pub(crate) turn_awaited: bool,
}

/// Buffers for plaintext, used again: allocating and freeing tens of kilobytes a session and step costs page faults.
#[derive(Default)]
pub(crate) struct Buffers(Vec<Vec<u8>>);

/// Buffers kept, and the largest one that is.
const KEPT_BUFFERS: usize = 64;
const KEPT_OCTETS: usize = 64 << 10;

impl Buffers {
    /// An empty buffer, perhaps with room.
    pub(crate) fn lend(&mut self) -> Vec<u8> {
        self.0.pop().unwrap_or_default()
    }

    /// A buffer that is not needed any more.
    pub(crate) fn give(&mut self, mut buffer: Vec<u8>) {
        if (1..=KEPT_OCTETS).contains(&buffer.capacity()) && self.0.len() < KEPT_BUFFERS {
            buffer.clear();
            self.0.push(buffer);
        }
    }
}

/// While the budget is used up, one session in this many milliseconds may read on: holders that all wait for each other
/// would otherwise wait until their frame timers expire.
const STARVED_TURN: u64 = 50;

impl Io {
    /// Puts a session in the queue of those that wait for the budget of half received frames; when its peer has gone, in
    /// one of its own: what it holds can soon be freed.
    pub(crate) fn starve(&mut self, id: SessionId, gone: bool) {
        if gone {
            self.leaving.push(id);
            return;
        }
        self.starved.push_back(id);
        self.await_turn();
    }

    pub(crate) fn await_turn(&mut self) {
        if !std::mem::replace(&mut self.turn_awaited, true) {
            self.timers
                .add(self.now.after(STARVED_TURN), Source::Starved);
        }
    }
}
