//! One TLS session: opening it, its outstanding commands, checking its replies.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use memchr::memmem::{self, Finder};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};

use crate::args::Args;
use crate::frames;
use crate::mix::{Expected, Generator, Kind};
use crate::xpc;

/// A reply larger than this is a fault of the server, not a reply to be stored.
const REPLY_LIMIT: usize = 1 << 20;

static CODE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("<result code=\""));
static TRID: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("<clTRID>"));
static AVAILABLE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("avail=\"1\""));
static AVAILABLE_WORD: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("avail=\"true\""));

/// A command that waits for its reply.
struct Outstanding {
    n: u64,
    due: u64,
    expected: Expected,
}

/// A reply that came and was right.
pub struct Reply {
    pub kind: Kind,
    /// When the command was due (closed loop: sent), nanoseconds.
    pub due: u64,
}

pub struct Session {
    pub socket: TcpStream,
    tls: ClientConnection,
    number: u64,
    generator: Option<Generator>,
    echo: Option<usize>,
    /// XPC: the authority that is asked, and the kind of chunk that the next block must have.
    xpc: Option<(String, u8)>,
    outstanding: VecDeque<Outstanding>,
    next: u64,
    plain: Vec<u8>,
    scratch: Vec<u8>,
}

fn problem(text: impl Into<String>) -> io::Error {
    io::Error::other(text.into())
}

impl Session {
    /// Connect, shake hands, read the greeting and log in (XPC: read the connection response block); blocking, each step at most ten seconds.
    pub fn open(args: &Args, config: &Arc<ClientConfig>, number: usize) -> io::Result<Self> {
        let number = (args.session_base + number) as u64;
        let socket = TcpStream::connect_timeout(&args.addr, Duration::from_secs(10))?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(Duration::from_secs(10)))?;
        let name = ServerName::try_from(args.server_name.clone())
            .map_err(|fault| problem(fault.to_string()))?;
        let tls = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
        let mut session = Self {
            socket,
            tls,
            number,
            generator: args.echo.is_none().then(|| Generator::new(args, number)),
            echo: args.echo,
            xpc: args
                .xpc
                .clone()
                .map(|authority| (authority, xpc::VERSION_INFORMATION)),
            outstanding: VecDeque::new(),
            next: args.first,
            plain: Vec::new(),
            scratch: Vec::new(),
        };
        if args.echo.is_some() {
            while session.tls.is_handshaking() {
                session.tls.complete_io(&mut session.socket)?;
            }
        } else if session.xpc.is_some() {
            session.blocking_frame()?;
            if let Some((_, kind)) = &mut session.xpc {
                *kind = xpc::APPLICATION_DATA;
            }
        } else {
            session.log_in(args)?;
        }
        session.socket.set_nonblocking(true)?;
        Ok(session)
    }

    fn log_in(&mut self, args: &Args) -> io::Result<()> {
        let greeting = self.blocking_frame()?;
        if memmem::find(&greeting, b"<greeting").is_none() {
            return Err(problem(format!(
                "no greeting but {}",
                String::from_utf8_lossy(&greeting)
            )));
        }
        let login = frames::login(&args.user, &args.password, self.number);
        let answer = self.blocking_exchange(&login)?;
        if code(&answer) != Some(1000) {
            return Err(problem(format!(
                "login answered with {}",
                String::from_utf8_lossy(&answer)
            )));
        }
        Ok(())
    }

    fn blocking_exchange(&mut self, frame: &[u8]) -> io::Result<Vec<u8>> {
        self.tls.writer().write_all(frame)?;
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.socket)?;
        }
        self.blocking_frame()
    }

    fn blocking_frame(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = self.frame_end(0)? {
                let frame = self.plain[4..end].to_vec();
                self.plain.drain(..end);
                return Ok(frame);
            }
            self.tls.complete_io(&mut self.socket)?;
            self.take_plaintext()?;
        }
    }

    /// Where the frame that begins at `start` ends, when all of it is there.
    fn frame_end(&self, start: usize) -> io::Result<Option<usize>> {
        let Some(header) = self.plain.get(start..start + 4) else {
            return Ok(None);
        };
        let header = header.try_into().expect("four octets");
        let length = match &self.xpc {
            Some((_, kind)) => xpc::length(header, *kind).map_err(problem)?,
            None => u32::from_be_bytes(header) as usize,
        };
        if !(4..=REPLY_LIMIT).contains(&length) {
            return Err(problem(format!("a frame of {length} octets")));
        }
        Ok((self.plain.len() >= start + length).then_some(start + length))
    }

    fn take_plaintext(&mut self) -> io::Result<()> {
        let state = self.tls.process_new_packets().map_err(io::Error::other)?;
        let ready = state.plaintext_bytes_to_read();
        let start = self.plain.len();
        self.plain.resize(start + ready, 0);
        self.tls.reader().read_exact(&mut self.plain[start..])
    }

    pub fn in_flight(&self) -> usize {
        self.outstanding.len()
    }

    /// Queue the next command as one TLS record of its own; `flush` sends.
    pub fn queue(&mut self, due: u64) -> io::Result<()> {
        let n = self.next;
        self.next += 1;
        self.scratch.clear();
        let expected = if let (Some((authority, _)), Some(generator)) = (&self.xpc, &self.generator)
        {
            let indented = self.number % 2 == 1;
            xpc::write(authority, generator.own(n), indented, &mut self.scratch)
                .map_err(problem)?;
            Expected {
                kind: Kind::Info,
                code: 0,
                available: 0,
            }
        } else if let Some(generator) = &self.generator {
            generator.write(n, &mut self.scratch).map_err(problem)?
        } else {
            self.write_echo(n);
            Expected {
                kind: Kind::Info,
                code: 0,
                available: 0,
            }
        };
        self.outstanding.push_back(Outstanding { n, due, expected });
        self.tls.writer().write_all(&self.scratch)
    }

    fn write_echo(&mut self, n: u64) {
        let size = self.echo.unwrap_or(700).max(12);
        self.scratch.extend_from_slice(&(size as u32).to_be_bytes());
        self.scratch.extend_from_slice(&n.to_be_bytes());
        self.scratch.resize(size, b'x');
    }

    /// Write what is queued; true when the socket took everything.
    pub fn flush(&mut self) -> io::Result<bool> {
        while self.tls.wants_write() {
            match self.tls.write_tls(&mut self.socket) {
                Ok(_) => {}
                Err(fault) if fault.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(fault) => return Err(fault),
            }
        }
        Ok(true)
    }

    /// Read what the socket holds and check the replies in it.
    pub fn receive(
        &mut self,
        replies: &mut Vec<Reply>,
        transcript: &mut Option<Vec<u8>>,
    ) -> io::Result<()> {
        loop {
            match self.tls.read_tls(&mut self.socket) {
                Ok(0) => {
                    return Err(problem(format!(
                        "session {} was closed by the server",
                        self.number
                    )));
                }
                Ok(_) => self.take_plaintext()?,
                Err(fault) if fault.kind() == io::ErrorKind::WouldBlock => break,
                Err(fault) => return Err(fault),
            }
        }
        let mut start = 0;
        while let Some(end) = self.frame_end(start)? {
            let Some(command) = self.outstanding.pop_front() else {
                return Err(problem(format!(
                    "session {}: a reply that nobody waits for",
                    self.number
                )));
            };
            let payload = &self.plain[start + 4..end];
            self.check(&command, payload).map_err(|fault| {
                problem(format!(
                    "session {} command {}: {fault} in {}",
                    self.number,
                    command.n,
                    String::from_utf8_lossy(payload)
                ))
            })?;
            if let Some(log) = transcript {
                log.extend_from_slice(payload);
                log.push(0);
            }
            replies.push(Reply {
                kind: command.expected.kind,
                due: command.due,
            });
            start = end;
        }
        self.plain.drain(..start);
        Ok(())
    }

    fn check(&self, command: &Outstanding, payload: &[u8]) -> Result<(), String> {
        if let Some(size) = self.echo {
            let same = payload.len() + 4 == size.max(12) && payload[..8] == command.n.to_be_bytes();
            return if same {
                Ok(())
            } else {
                Err("not the echo".to_owned())
            };
        }
        if let (Some(_), Some(generator)) = (&self.xpc, &self.generator) {
            return xpc::check(generator.own(command.n), payload);
        }
        let expected = &command.expected;
        if code(payload) != Some(expected.code) {
            return Err(format!(
                "{}: not code {}",
                expected.kind.name(),
                expected.code
            ));
        }
        let trid = TRID
            .find(payload)
            .map(|at| &payload[at + 8..])
            .unwrap_or_default();
        if !trid.starts_with(frames::cl_trid(self.number, command.n).as_bytes()) {
            return Err("the clTRID of another command".to_owned());
        }
        let tag: &[u8] = match expected.kind {
            Kind::Check => b":chkData",
            Kind::Info if expected.code == 1000 => b":infData",
            Kind::Create => b":creData",
            Kind::Renew => b":renData",
            Kind::Transfer => b":trnData",
            Kind::Info | Kind::Update => return Ok(()),
        };
        if memmem::find(payload, tag).is_none() {
            return Err(format!("{}: no result data", expected.kind.name()));
        }
        if expected.kind == Kind::Check {
            let count =
                AVAILABLE.find_iter(payload).count() + AVAILABLE_WORD.find_iter(payload).count();
            if count != expected.available as usize {
                return Err(format!(
                    "{count} names available, not {}",
                    expected.available
                ));
            }
        }
        Ok(())
    }

    /// Ask for the end of the session.
    pub fn log_out(&mut self) -> io::Result<()> {
        self.socket.set_nonblocking(false)?;
        self.socket.set_read_timeout(Some(Duration::from_secs(5)))?;
        if self.echo.is_none() && self.xpc.is_none() {
            self.tls.writer().write_all(&frames::logout(self.number))?;
        } else {
            self.tls.send_close_notify();
        }
        self.flush().map(drop)
    }

    /// Read until the server has closed: what is outstanding at the end of the measurement is answered, too.
    pub fn wait_closed(mut self) -> io::Result<()> {
        let mut gone = [0; 16 * 1024];
        while self.socket.read(&mut gone)? > 0 {}
        Ok(())
    }
}

/// The code of the first result.
fn code(payload: &[u8]) -> Option<u16> {
    let at = CODE.find(payload)? + 14;
    std::str::from_utf8(payload.get(at..at + 4)?)
        .ok()?
        .parse()
        .ok()
}
