//! Plain or TLS behind one interface.

use std::mem;

use crate::engine::{Engine, Pumped, Write};
use crate::{ClientTls, ConfigError, ServerTls, TlsError, TlsPeer, config};

/// What a call to [`Transport::receive`] brought about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The handshake was completed by this call.
    pub opened: bool,
    /// The peer will send nothing more, and said so (`close_notify`).
    pub peer_closed: bool,
}

/// Octets in, plaintext out, and the other way round. Buffers exist only while something is in them.
pub struct Transport {
    layer: Layer,
    /// Plaintext that arrived and was not taken.
    plain: Vec<u8>,
}

enum Layer {
    Plain,
    Tls(Box<Tls>),
}

#[allow(
    clippy::struct_excessive_bools,
    reason = "independent facts, each set once"
)]
struct Tls {
    engine: Engine,
    /// Octets that arrived and do not make a whole record (or handshake message) yet.
    input: Vec<u8>,
    /// Plaintext to be sent when the handshake is done.
    held: Vec<u8>,
    server_name: Option<String>,
    handshaking: bool,
    failed: bool,
    peer_closed: bool,
    close_wanted: bool,
}

impl Transport {
    /// A transport that changes nothing.
    pub fn plain() -> Self {
        Self {
            layer: Layer::Plain,
            plain: Vec::new(),
        }
    }

    /// The server's side of a TLS session.
    pub fn server(tls: &ServerTls) -> Result<Self, ConfigError> {
        Ok(Self::over(Engine::server(tls)?, None))
    }

    /// The client's side of a TLS session with `server_name` (a DNS name, sent as SNI, or an IP address).
    /// The first octets to send appear with the first [`start`](Self::start).
    pub fn client(tls: &ClientTls, server_name: &str) -> Result<Self, ConfigError> {
        Ok(Self::over(
            Engine::client(tls, server_name)?,
            Some(server_name.to_owned()),
        ))
    }

    fn over(engine: Engine, server_name: Option<String>) -> Self {
        let tls = Tls {
            engine,
            input: Vec::new(),
            held: Vec::new(),
            server_name,
            handshaking: true,
            failed: false,
            peer_closed: false,
            close_wanted: false,
        };
        Self {
            layer: Layer::Tls(Box::new(tls)),
            plain: Vec::new(),
        }
    }

    /// Whether a handshake must still be completed.
    pub fn is_handshaking(&self) -> bool {
        matches!(&self.layer, Layer::Tls(tls) if tls.handshaking)
    }

    /// Whether octets are encrypted.
    pub fn is_tls(&self) -> bool {
        matches!(self.layer, Layer::Tls(_))
    }

    /// Appends the octets that open the conversation (a client's `ClientHello`) to `out`.
    pub fn start(&mut self, out: &mut Vec<u8>) -> Result<(), TlsError> {
        self.receive(&mut [], out).map(drop)
    }

    /// Takes octets that arrived (`data` is overwritten), adds to [`plaintext`](Self::plaintext), and appends what must be
    /// sent to `out`. On an error `out` ends with the alert for the peer, plaintext that came before it stays, and nothing
    /// more can be received.
    pub fn receive(&mut self, data: &mut [u8], out: &mut Vec<u8>) -> Result<Progress, TlsError> {
        match &mut self.layer {
            Layer::Plain => {
                self.plain.extend_from_slice(data);
                Ok(Progress::default())
            }
            Layer::Tls(tls) => tls.receive(data, &mut self.plain, out),
        }
    }

    /// Plaintext that arrived and was not taken.
    pub fn plaintext(&self) -> &[u8] {
        &self.plain
    }

    /// Takes the first `n` octets of [`plaintext`](Self::plaintext), without copying them when that is most of it.
    pub fn take(&mut self, n: usize) -> Vec<u8> {
        let rest = if n == self.plain.len() {
            Vec::new()
        } else {
            self.plain.split_off(n)
        };
        mem::replace(&mut self.plain, rest)
    }

    /// An empty buffer with room for the plaintext to come; not asked for when there is some already.
    pub fn lend(&mut self, buffer: impl FnOnce() -> Vec<u8>) {
        if self.plain.capacity() == 0 {
            self.plain = buffer();
        }
    }

    /// A lent buffer that nothing came into; one that is much too large for what came is exchanged for a fitting one.
    pub fn reclaim(&mut self) -> Vec<u8> {
        if self.plain.is_empty() {
            return mem::take(&mut self.plain);
        }
        if self.plain.len() < self.plain.capacity() / 4 {
            let fitting = self.plain.as_slice().to_vec();
            return mem::replace(&mut self.plain, fitting);
        }
        Vec::new()
    }

    /// Octets of memory held by half received frames and records.
    pub fn buffered(&self) -> usize {
        let below = match &self.layer {
            Layer::Plain => 0,
            Layer::Tls(tls) => tls.input.capacity(),
        };
        self.plain.capacity() + below
    }

    /// Whether input ends at a record boundary: an end of file here cuts nothing in two.
    pub fn at_boundary(&self) -> bool {
        match &self.layer {
            Layer::Plain => true,
            Layer::Tls(tls) => tls.input.is_empty(),
        }
    }

    /// Makes `data` ready to write, appended to `out`: one record for each 16 KiB. During the handshake it is held back.
    pub fn send(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), TlsError> {
        match &mut self.layer {
            Layer::Plain => {
                out.extend_from_slice(data);
                Ok(())
            }
            Layer::Tls(tls) => tls.send(data, &mut self.plain, out),
        }
    }

    /// Octets held back until the handshake is done.
    pub fn held(&self) -> usize {
        match &self.layer {
            Layer::Plain => 0,
            Layer::Tls(tls) => tls.held.len(),
        }
    }

    /// Says goodbye (TLS: `close_notify`); nothing may be sent after it. During a handshake it follows what is held back.
    pub fn close_notify(&mut self, out: &mut Vec<u8>) {
        if let Layer::Tls(tls) = &mut self.layer {
            tls.close_notify(&mut self.plain, out);
        }
    }

    /// From plain to TLS at a frame boundary. Octets that arrived and were not taken, and `early` before them, belong to TLS:
    /// nothing that came in the clear is ever read as if it were protected.
    pub fn upgrade(
        &mut self,
        mut to: Self,
        mut early: Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<Progress, TlsError> {
        early.append(&mut self.plain);
        mem::swap(self, &mut to);
        self.receive(&mut early, out)
    }

    /// The other end, once the handshake is done; `None` for plain.
    pub fn peer(&self) -> Option<TlsPeer> {
        match &self.layer {
            Layer::Tls(tls) if !tls.handshaking => {
                Some(TlsPeer::of(tls.engine.state(), tls.server_name.clone()))
            }
            _ => None,
        }
    }
}

impl Tls {
    fn receive(
        &mut self,
        data: &mut [u8],
        plain: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<Progress, TlsError> {
        if self.failed {
            return Err(TlsError {
                reason: "the session has already failed".to_owned(),
                by_peer: false,
            });
        }
        if self.peer_closed {
            return Ok(Progress::default());
        }
        let was_handshaking = self.handshaking;
        let pumped = if self.input.is_empty() {
            let pumped = self.engine.pump(data, plain, out, Write::Nothing);
            self.input.extend_from_slice(&data[pumped.consumed..]);
            pumped
        } else {
            self.input.extend_from_slice(data);
            self.pump_input(plain, out, Write::Nothing)
        };
        if was_handshaking {
            self.note_handshake();
        }
        let opened = was_handshaking && !self.handshaking;
        let peer_closed = pumped.peer_closed;
        if peer_closed {
            // What follows a close_notify is not part of the session (RFC 8446 section 6.1).
            self.peer_closed = true;
            self.input = Vec::new();
        }
        self.check(pumped)?;
        if opened {
            self.release_held(plain, out)?;
        }
        Ok(Progress {
            opened,
            peer_closed,
        })
    }

    fn pump_input(&mut self, plain: &mut Vec<u8>, out: &mut Vec<u8>, write: Write<'_>) -> Pumped {
        let pumped = self.engine.pump(&mut self.input, plain, out, write);
        if pumped.consumed == self.input.len() {
            self.input = Vec::new();
        } else {
            self.input.drain(..pumped.consumed);
        }
        pumped
    }

    fn note_handshake(&mut self) {
        if let Some(name) = config::take_asked_name() {
            self.server_name = Some(name);
        }
        self.handshaking = self.engine.state().is_handshaking();
    }

    fn check(&mut self, pumped: Pumped) -> Result<(), TlsError> {
        match pumped.error {
            Some(error) => {
                self.failed = true;
                self.input = Vec::new();
                Err(error)
            }
            None => Ok(()),
        }
    }

    fn release_held(&mut self, plain: &mut Vec<u8>, out: &mut Vec<u8>) -> Result<(), TlsError> {
        let held = mem::take(&mut self.held);
        self.send(&held, plain, out)?;
        if self.close_wanted {
            self.close_notify(plain, out);
        }
        Ok(())
    }

    fn send(
        &mut self,
        data: &[u8],
        plain: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<(), TlsError> {
        if data.is_empty() || self.failed {
            return Ok(());
        }
        if self.handshaking {
            self.held.extend_from_slice(data);
            return Ok(());
        }
        let pumped = self.pump_input(plain, out, Write::Data(data));
        self.check(pumped)
    }

    fn close_notify(&mut self, plain: &mut Vec<u8>, out: &mut Vec<u8>) {
        if self.failed {
            return;
        }
        if self.handshaking {
            self.close_wanted = true;
            return;
        }
        let pumped = self.pump_input(plain, out, Write::CloseNotify);
        // The session is over either way; an error here has nobody left to be told.
        let _ = self.check(pumped);
    }
}
