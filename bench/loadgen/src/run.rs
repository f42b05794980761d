//! The measurement: open the sessions, keep them busy, take the clocks at the first and last measured reply.

use std::collections::VecDeque;
use std::io::{self, Read};

use hdrhistogram::Histogram;

use crate::args::Args;
use crate::mix::{KINDS, Mix};
use crate::report::{self, Late, Measured};
use crate::session::{Reply, Session};
use crate::{sys, tls};

/// Replies later than this are listed with their time, so that they can be laid over the server's collector log.
const LATE: u64 = 20_000_000;
const LATE_LISTED: usize = 2000;

pub fn run(args: &Args) -> Result<String, String> {
    sys::raise_descriptor_limit().map_err(|fault| format!("descriptor limit: {fault}"))?;
    let config = tls::config(args)?;
    let mut sessions = Vec::with_capacity(args.sessions);
    for number in 0..args.sessions {
        let session = Session::open(args, &config, number)
            .map_err(|fault| format!("opening session {number}: {fault}"))?;
        sessions.push(session);
    }
    if args.idle {
        return idle(sessions);
    }
    let transcript = args.transcript.as_ref().map(|_| Vec::new());
    let mut load = Load::new(args, sessions, transcript).map_err(|fault| fault.to_string())?;
    let measured = load.measure().map_err(|fault| fault.to_string())?;
    if let (Some(path), Some(log)) = (&args.transcript, &load.transcript) {
        std::fs::write(path, log).map_err(|fault| format!("{path}: {fault}"))?;
    }
    close(load.sessions);
    Ok(report::json(args, &measured))
}

/// Log all sessions out; a fault of the peer at this point changes no result.
fn close(mut sessions: Vec<Session>) {
    for session in &mut sessions {
        let _ = session.log_out();
    }
    for session in sessions {
        let _ = session.wait_closed();
    }
}

/// Hold the open sessions until standard input ends.
fn idle(sessions: Vec<Session>) -> Result<String, String> {
    println!("{{\"established\":{}}}", sessions.len());
    io::stdin()
        .read_to_end(&mut Vec::new())
        .map_err(|fault| fault.to_string())?;
    let count = sessions.len();
    drop(sessions);
    Ok(format!("{{\"closed\":{count}}}"))
}

/// Clocks at one instant, nanoseconds.
#[derive(Clone, Copy, Default)]
pub struct Clocks {
    pub wall: u64,
    pub server: u64,
    pub own: u64,
}

struct Load<'a> {
    args: &'a Args,
    sessions: Vec<Session>,
    blocked: Vec<bool>,
    epoll: sys::Epoll,
    transcript: Option<Vec<u8>>,
    /// Commands that may still be sent.
    budget: u64,
    received: u64,
    begun: Clocks,
    histograms: [Histogram<u64>; KINDS.len()],
    late: Vec<Late>,
    /// Open loop: due times of commands that found no free place in a window.
    backlog: VecDeque<u64>,
}

impl<'a> Load<'a> {
    fn new(
        args: &'a Args,
        sessions: Vec<Session>,
        transcript: Option<Vec<u8>>,
    ) -> io::Result<Self> {
        let epoll = sys::Epoll::new()?;
        for (token, session) in sessions.iter().enumerate() {
            epoll.add(&session.socket, token)?;
        }
        let histogram =
            || Histogram::new_with_bounds(1, 120_000_000_000, 3).expect("bounds are in order");
        Ok(Self {
            args,
            blocked: vec![false; sessions.len()],
            sessions,
            epoll,
            transcript,
            budget: args.warmup + args.commands,
            received: 0,
            begun: Clocks::default(),
            histograms: std::array::from_fn(|_| histogram()),
            late: Vec::new(),
            backlog: VecDeque::new(),
        })
    }

    fn clocks(&self) -> io::Result<Clocks> {
        let server = self.args.pid.map_or(Ok(0), sys::process_cpu)?;
        Ok(Clocks {
            wall: sys::monotonic()?,
            server,
            own: sys::own_cpu()?,
        })
    }

    fn measure(&mut self) -> io::Result<Measured> {
        let deadline = sys::monotonic()? + self.args.limit.as_nanos() as u64;
        if self.args.warmup == 0 {
            self.begun = self.clocks()?;
        }
        let ended = match self.args.rate {
            None => self.closed_loop(deadline)?,
            Some(rate) => self.open_loop(deadline, rate)?,
        };
        Ok(Measured {
            begun: self.begun,
            ended,
            histograms: self.histograms.each_ref().map(Clone::clone),
            late: std::mem::take(&mut self.late),
        })
    }

    fn closed_loop(&mut self, deadline: u64) -> io::Result<Clocks> {
        for token in 0..self.sessions.len() {
            self.fill(token)?;
        }
        let mut ready = Vec::new();
        loop {
            self.epoll.wait(&mut ready, 1000)?;
            self.in_time(deadline)?;
            for &token in &ready {
                if let Some(ended) = self.receive(token)? {
                    return Ok(ended);
                }
                self.fill(token)?;
            }
        }
    }

    /// Send commands of session `token` until its window is full.
    fn fill(&mut self, token: usize) -> io::Result<()> {
        let now = sys::monotonic()?;
        while self.budget > 0 && self.sessions[token].in_flight() < self.args.window {
            self.budget -= 1;
            self.sessions[token].queue(now)?;
        }
        self.flush(token)
    }

    fn flush(&mut self, token: usize) -> io::Result<()> {
        let session = &mut self.sessions[token];
        let blocked = !session.flush()?;
        if blocked != self.blocked[token] {
            self.epoll.interest(&session.socket, token, blocked)?;
            self.blocked[token] = blocked;
        }
        Ok(())
    }

    fn open_loop(&mut self, deadline: u64, rate: f64) -> io::Result<Clocks> {
        let start = sys::monotonic()?;
        let mut scheduled = 0u64;
        let mut turn = 0;
        let mut ready = Vec::new();
        loop {
            let now = sys::monotonic()?;
            self.in_time(deadline)?;
            let reached = ((now - start) as f64 / 1e9 * rate) as u64;
            while scheduled < reached && self.budget > 0 {
                self.budget -= 1;
                self.backlog
                    .push_back(start + (scheduled as f64 / rate * 1e9) as u64);
                scheduled += 1;
            }
            self.send_backlog(&mut turn)?;
            self.epoll.wait(&mut ready, 1)?;
            for &token in &ready {
                if let Some(ended) = self.receive(token)? {
                    return Ok(ended);
                }
                self.flush(token)?;
            }
        }
    }

    /// The session with the fewest commands outstanding, the next one after `turn` of several; None: all are full.
    fn least_busy(&self, turn: usize) -> Option<usize> {
        let count = self.sessions.len();
        (1..=count)
            .map(|step| (turn + step) % count)
            .min_by_key(|&token| self.sessions[token].in_flight())
            .filter(|&token| self.sessions[token].in_flight() < self.args.window)
    }

    /// Hand due commands to the sessions as a pool of connections does: replies come in order, so that a check behind a
    /// create on the same session would wait for the disk.
    fn send_pooled(&mut self, turn: &mut usize) -> io::Result<()> {
        while let (Some(&due), Some(token)) = (self.backlog.front(), self.least_busy(*turn)) {
            *turn = token;
            self.backlog.pop_front();
            self.sessions[token].queue(due)?;
            self.flush(token)?;
        }
        Ok(())
    }

    /// Hand due commands round robin to sessions with a free place.
    fn send_backlog(&mut self, turn: &mut usize) -> io::Result<()> {
        if self.args.mix == Mix::Registry {
            return self.send_pooled(turn);
        }
        let count = self.sessions.len();
        let mut full = 0;
        while full < count {
            let Some(&due) = self.backlog.front() else {
                return Ok(());
            };
            *turn = (*turn + 1) % count;
            if self.sessions[*turn].in_flight() >= self.args.window {
                full += 1;
                continue;
            }
            full = 0;
            self.backlog.pop_front();
            self.sessions[*turn].queue(due)?;
            self.flush(*turn)?;
        }
        Ok(())
    }

    fn in_time(&self, deadline: u64) -> io::Result<()> {
        if sys::monotonic()? < deadline {
            return Ok(());
        }
        Err(io::Error::other(format!(
            "{} of {} replies by the deadline",
            self.received,
            self.args.warmup + self.args.commands
        )))
    }

    /// Count the replies of one session; the clocks when the last one is in.
    fn receive(&mut self, token: usize) -> io::Result<Option<Clocks>> {
        let mut replies = Vec::new();
        self.sessions[token].receive(&mut replies, &mut self.transcript)?;
        if replies.is_empty() {
            return Ok(None);
        }
        let now = sys::monotonic()?;
        for reply in replies {
            self.received += 1;
            if self.received == self.args.warmup {
                self.begun = self.clocks()?;
            }
            if self.received > self.args.warmup {
                self.record(&reply, now);
            }
        }
        if self.received == self.args.warmup + self.args.commands {
            self.clocks().map(Some)
        } else {
            Ok(None)
        }
    }

    fn record(&mut self, reply: &Reply, now: u64) {
        let waited = now.saturating_sub(reply.due).max(1);
        self.histograms[reply.kind as usize].saturating_record(waited);
        if waited > LATE && self.late.len() < LATE_LISTED {
            self.late.push(Late {
                due: reply.due,
                received: now,
            });
        }
    }
}
