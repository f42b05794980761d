//! Load for an echo server: sessions with a number of requests outstanding each, over the reactor's client role.
//!
//! `load PORT CA SERVER_PID SESSIONS OUTSTANDING SECONDS REQUEST_OCTETS`: prints requests a second and the server's CPU time
//! a request (all its threads, from /proc).

use std::env;
use std::error::Error;
use std::fs;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use regwire_framing::{Framer, Framing};
use regwire_reactor::{Attach, Event, Reactor, ReactorLimits, SessionLimits};
use regwire_tls::{ClientTls, Transport};

/// Nanoseconds of CPU that a process has used.
fn cpu(pid: &str) -> Result<u64, Box<dyn Error>> {
    let mut total = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let text = fs::read_to_string(task?.path().join("schedstat"))?;
        total += text
            .split_whitespace()
            .next()
            .ok_or("no schedstat")?
            .parse::<u64>()?;
    }
    Ok(total)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [port, ca, pid, sessions, outstanding, seconds, octets] = &arguments[..] else {
        return Err(
            "usage: load PORT CA SERVER_PID SESSIONS OUTSTANDING SECONDS REQUEST_OCTETS".into(),
        );
    };
    let outstanding: usize = outstanding.parse()?;
    let mut reactor = Reactor::new(ReactorLimits::default())?;
    let tls = ClientTls::builder().ca(fs::read(ca)?).build()?;
    let limits = Arc::new(SessionLimits {
        frame_octets: 1 << 20,
        login: None,
        ..SessionLimits::default()
    });
    for _ in 0..sessions.parse::<usize>()? {
        reactor.attach(Attach {
            socket: TcpStream::connect(("127.0.0.1", port.parse::<u16>()?))?.into(),
            framing: Framing::Epp,
            transport: Transport::client(&tls, "localhost")?,
            limits: limits.clone(),
        })?;
    }
    let mut request = Vec::new();
    Framing::Epp
        .framer()
        .frame(&vec![b'q'; octets.parse()?], &mut request)?;
    let start = Instant::now();
    let warm = Duration::from_millis(500);
    let end = warm + Duration::from_secs(seconds.parse()?);
    let (mut measured, mut replies) = (None, 0u64);
    loop {
        reactor.step(Some(100))?;
        while let Some(event) = reactor.events().pop_front() {
            match event {
                Event::Opened { session, .. } => {
                    reactor.send(session, &request.repeat(outstanding));
                }
                Event::Frames { session, chunk } => {
                    replies += chunk.remaining() as u64;
                    reactor.send(session, &request.repeat(chunk.remaining()));
                    reactor.taken(session, chunk);
                }
                Event::Closed { closed, .. } => return Err(format!("{closed:?}").into()),
                _ => {}
            }
        }
        let elapsed = start.elapsed();
        match measured {
            None if elapsed > warm => measured = Some((Instant::now(), cpu(pid)?, replies)),
            Some((since, used, before)) if elapsed > end => {
                let count = replies - before;
                #[allow(clippy::cast_precision_loss, reason = "figures for people")]
                let each = (cpu(pid)? - used) as f64 / 1000.0 / count as f64;
                let rate = count * 1000 / since.elapsed().as_millis() as u64;
                println!(
                    "{sessions}x{outstanding}: {rate} requests/s, server {each:.2} us a request"
                );
                return Ok(());
            }
            _ => {}
        }
    }
}
