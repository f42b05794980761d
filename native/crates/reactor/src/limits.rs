//! Every limit by name, with its reason. Times are milliseconds; `None` switches a timer off.

/// Limits of one session; the defaults are those of an EPP server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// Longest frame, header included, until the session is told otherwise: nobody needs more before login.
    pub frame_octets: usize,
    /// Unsent output above which the session is no longer read: a client that never reads must not grow the server.
    pub output_high: usize,
    /// Unsent output below which reading goes on; well under the high mark, so that it does not flutter.
    pub output_low: usize,
    /// Connecting and the TLS handshake: half-open sessions must not pile up.
    pub handshake: Option<u64>,
    /// From the open session until the caller says that somebody logged in.
    pub login: Option<u64>,
    /// From the first octet of a frame to its last.
    pub frame: Option<u64>,
    /// Between two frames.
    pub idle: Option<u64>,
    /// The whole session.
    pub session: Option<u64>,
    /// How long a draining session may take to read what it was sent.
    pub drain: u64,
    /// How long a closed session may take to close its side, so that the last octets are not lost to a reset.
    pub linger: u64,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            frame_octets: 16 << 10,
            output_high: 256 << 10,
            output_low: 64 << 10,
            handshake: Some(10_000),
            login: Some(10_000),
            frame: Some(30_000),
            idle: Some(600_000),
            session: Some(24 * 3_600_000),
            drain: 10_000,
            linger: 2_000,
        }
    }
}

/// Limits of a datagram socket. Sources may be forged: whatever is answered must not be worth forging them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatagramLimits {
    /// Longest request, without the UDP header; RFC 4993 section 3 wants 4,000 octets accepted. Longer ones are cut off.
    pub request_octets: usize,
    /// Longest response, with the UDP header, whatever the client would take: more belongs into a stream.
    pub response_octets: usize,
    /// What a compressed payload may inflate to: 4,000 octets can hold 4 MB.
    pub inflate_octets: usize,
    /// Requests a second from one network; `None`: any number. More are dropped before anything else is done.
    pub prefix_rate: Option<u32>,
    /// Requests at once from a network that was silent.
    pub prefix_burst: u32,
    /// Networks whose rate is remembered; the table does not grow.
    pub prefixes: usize,
    /// Bits of an IPv4 address that make a network: whoever forges one address forges its neighbours.
    pub prefix_v4: u8,
    /// Bits of an IPv6 address (at most 62 tell networks apart): a customer gets 56 to 64.
    pub prefix_v6: u8,
    /// How many times the request the response may be, counting IP and UDP headers (28 octets). Version information about
    /// four registry types in answer to an empty request needs 14.
    pub response_ratio: u32,
}

impl Default for DatagramLimits {
    fn default() -> Self {
        Self {
            request_octets: 4000,
            response_octets: 4000,
            inflate_octets: 64 << 10,
            prefix_rate: Some(1000),
            prefix_burst: 2000,
            prefixes: 16_384,
            prefix_v4: 24,
            prefix_v6: 56,
            response_ratio: 16,
        }
    }
}

/// Limits of a whole reactor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReactorLimits {
    /// Sessions at once; connections above are closed on accept, so that they learn it at once.
    pub sessions: usize,
    /// Sessions at once from one address: one client must not take every place.
    pub sessions_per_address: usize,
    /// Memory in half received frames and records, of all sessions. Above it, sessions that hold more than their fair
    /// share (the budget divided by the sessions, between 2 and 16 KiB) are not read until the frame timer or a
    /// completed frame makes room, and the others are read in small pieces.
    pub partial_octets: usize,
    /// Unsent output of all sessions. Above it, no session with unsent output is read; above twice as much, a session that
    /// cannot be written to is dropped.
    pub unsent_octets: usize,
    /// Octets delivered and not yet taken; above it nothing is read, so that a slow consumer slows the network.
    pub backlog_octets: usize,
    /// Descriptors served in one step: the time of a step is bounded, the others come in the next one.
    pub events_per_step: usize,
    /// Octets read from one session in one step: a fast sender must not starve the others.
    pub octets_per_session: usize,
    /// Octets received in one step, after which the sessions that are ready too wait for the next: what a step brings is
    /// decoded and answered while the core's cache still holds it, and the first of many is not answered after the last.
    pub octets_per_step: usize,
    /// Handshakes advanced in one step: each costs a few hundred microseconds, and thousands may come at once.
    pub handshakes_per_step: usize,
    /// Connections accepted from one listener in one step.
    pub accepts_per_step: usize,
    /// First pause of a listener after running out of descriptors, in milliseconds; it doubles up to 32 times as long.
    pub accept_back_off: u64,
}

/// Most that a session may hold of the partial input when the budget is used up: an ordinary command fits.
pub(crate) const FAIR_SHARE: usize = 16 << 10;

impl Default for ReactorLimits {
    fn default() -> Self {
        Self {
            sessions: 16_384,
            sessions_per_address: 16_384,
            partial_octets: 64 << 20,
            unsent_octets: 64 << 20,
            backlog_octets: 16 << 20,
            events_per_step: 256,
            octets_per_session: 64 << 10,
            octets_per_step: 64 << 10,
            handshakes_per_step: 8,
            accepts_per_step: 64,
            accept_back_off: 50,
        }
    }
}
