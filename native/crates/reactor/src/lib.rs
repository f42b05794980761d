//! Many sessions behind one descriptor: accepting and connecting, TLS, framing, backpressure, timers.
//!
//! The reactor knows no protocol state. It delivers [`Event`]s in the order of the wire and is commanded by session numbers
//! that carry a generation, so that a late command never reaches a session that took the place of another. A step is
//! bounded in events, octets and handshakes; what is left over waits its turn in the poller.
//!
//! A datagram endpoint (IRIS-LWZ) is one more source: its events are batches of datagrams with their addresses.
#![forbid(unsafe_code)]

mod command;
mod endpoint;
mod event;
mod io;
mod limits;
mod listener;
mod output;
mod prefixes;
mod reactor;
mod session;
mod slots;
mod source;
mod stats;
mod threaded;
mod timers;

pub use command::{Attach, Command, Datagrams, Listen};
pub use endpoint::{Batch, Datagram};
pub use event::{Chunk, Closed, Event, Link, Peer, Reason, TimerKind};
pub use limits::{DatagramLimits, ReactorLimits, SessionLimits};
pub use reactor::Reactor;
pub use source::{EndpointId, ListenerId, SessionId};
pub use stats::Stats;
pub use threaded::{Threaded, withdraw};
