//! What the reactor counted.

macro_rules! stats {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// Counters since the start, and a few states of now.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Stats {
            $($(#[doc = $doc])+ pub $name: u64,)+
        }

        impl Stats {
            /// Every figure with its name.
            pub fn figures(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($name), self.$name)),+].into_iter()
            }
        }
    };
}

stats! {
    /// Sessions now, those in their handshake and those that linger included.
    sessions,
    /// Octets of memory in half received frames and records now.
    partial_octets,
    /// Octets of output not yet written now.
    unsent_octets,
    /// Octets delivered and not yet taken now.
    backlog_octets,
    /// Connections accepted.
    accepted,
    /// Connections closed on accept because there were too many sessions.
    refused_sessions,
    /// Connections closed on accept because there were too many from their address.
    refused_address,
    /// Times a listener paused because descriptors or memory ran out.
    accept_back_offs,
    /// Sessions opened: handshake done, or plain and connected.
    opened,
    /// Sessions whose connection or handshake failed.
    handshakes_failed,
    /// Handshakes put off to a later step.
    handshakes_deferred,
    /// Sessions that ended.
    closed,
    /// Frames received.
    frames,
    /// Octets received from sockets.
    octets_received,
    /// Octets written to sockets.
    octets_sent,
    /// Calls to receive.
    receives,
    /// Calls to send.
    sends,
    /// Frames refused by their header.
    violations,
    /// Timers that expired.
    timers,
    /// Times a session was no longer read because of unsent output.
    output_stops,
    /// Times a session was no longer read because of the budget for half received frames.
    partial_stops,
    /// Sessions dropped because unsent output of all sessions was far above its budget.
    output_drops,
    /// Datagrams received, those that are dropped included.
    datagrams,
    /// Datagrams dropped because their network sent too many.
    datagrams_limited,
    /// Responses dropped that were sent to a server.
    datagrams_misdirected,
    /// Datagrams sent.
    datagrams_sent,
    /// Datagrams lost because the socket had no room, or refused them.
    datagrams_unsent,
    /// Steps taken.
    steps,
}
