//! The bare reactor as a server, without Python: the limit that the Python server is measured against.
//!
//! `echo PORT CERTIFICATE KEY [REPLY_OCTETS]`: answers every EPP data unit with itself, or with as many octets as stated.
//! Prints a line when it listens; ends when its standard input ends.

use std::env;
use std::error::Error;
use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use regwire_framing::{Framer, Framing};
use regwire_reactor::{Event, Listen, Reactor, ReactorLimits, SessionId, SessionLimits};
use regwire_tls::ServerTls;

/// Framed replies of a step, by session in the order of their frames, so that each gets one record and one write.
#[derive(Default)]
struct Replies {
    buffers: Vec<(SessionId, Vec<u8>)>,
    used: usize,
}

impl Replies {
    fn buffer(&mut self, session: SessionId) -> &mut Vec<u8> {
        let last = self.used.wrapping_sub(1);
        if self
            .buffers
            .get(last)
            .is_none_or(|(owner, _)| self.used == 0 || *owner != session)
        {
            if self.used == self.buffers.len() {
                self.buffers.push((session, Vec::new()));
            }
            self.buffers[self.used].0 = session;
            self.buffers[self.used].1.clear();
            self.used += 1;
        }
        &mut self.buffers[self.used - 1].1
    }

    fn send(&mut self, reactor: &mut Reactor) {
        for (session, octets) in &self.buffers[..self.used] {
            reactor.send(*session, octets);
        }
        self.used = 0;
    }
}

fn serve(
    reactor: &mut Reactor,
    reply: Option<&[u8]>,
    replies: &mut Replies,
) -> Result<(), Box<dyn Error>> {
    while let Some(event) = reactor.events().pop_front() {
        let Event::Frames { session, mut chunk } = event else {
            continue;
        };
        let out = replies.buffer(session);
        let mut framer = Framing::Epp.framer();
        while let Some(frame) = chunk.next_frame() {
            framer.frame(reply.unwrap_or(frame), out)?;
        }
        reactor.taken(session, chunk);
    }
    replies.send(reactor);
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [port, certificate, key, rest @ ..] = &arguments[..] else {
        return Err("usage: echo PORT CERTIFICATE KEY [REPLY_OCTETS]".into());
    };
    let reply = match rest.first() {
        Some(octets) => Some(vec![b'x'; octets.parse()?]),
        None => None,
    };
    let tls = ServerTls::builder(fs::read(certificate)?, fs::read(key)?).build()?;
    let listener = TcpListener::bind(("127.0.0.1", port.parse()?))?;
    let mut reactor = Reactor::new(ReactorLimits::default())?;
    println!(
        "listening on {} pid {}",
        listener.local_addr()?,
        std::process::id()
    );
    reactor.listen(Listen {
        socket: listener.into(),
        framing: Framing::Epp,
        tls: Some(tls),
        limits: Arc::new(SessionLimits::default()),
    })?;
    let waker = reactor.waker();
    let ended = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let end = ended.clone();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        end.store(true, Ordering::Release);
        waker.wake();
    });
    let mut replies = Replies::default();
    while !ended.load(Ordering::Acquire) {
        reactor.step(None)?;
        serve(&mut reactor, reply.as_deref(), &mut replies)?;
    }
    Ok(())
}
