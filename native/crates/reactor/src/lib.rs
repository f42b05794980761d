//! Many sessions behind one descriptor: accepting and connecting, TLS, framing, backpressure, timers.
//!
//! The reactor knows no protocol state. It delivers [`Event`]s in the order of the wire and is commanded by session numbers
//! that carry a generation, so that a late command never reaches a session that took the place of another. A step is
//! bounded in events, octets and handshakes; what is left over waits its turn in the poller.
//!
//! A datagram endpoint (IRIS-LWZ) will be one more kind of [`source`]: its events would carry an address besides the frame.
#![forbid(unsafe_code)]

mod command;
mod event;
mod io;
mod limits;
mod listener;
mod output;
mod reactor;
mod session;
mod slots;
mod source;
mod stats;
mod threaded;
mod timers;

pub use command::{Attach, Command, Listen};
pub use event::{Chunk, Closed, Event, Link, Peer, Reason, TimerKind};
pub use limits::{ReactorLimits, SessionLimits};
pub use reactor::Reactor;
pub use source::{ListenerId, SessionId};
pub use stats::Stats;
pub use threaded::{Threaded, withdraw};
