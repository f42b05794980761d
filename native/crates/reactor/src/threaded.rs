//! A reactor on its own thread: the same commands and events through a queue each way.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

use regwire_sys::{Poller, Waker};

use crate::command::Command;
use crate::event::Event;
use crate::limits::ReactorLimits;
use crate::reactor::Reactor;
use crate::source::SessionId;
use crate::stats::Stats;

/// A reactor that runs by itself. Dropping it ends the thread and closes everything.
pub struct Threaded {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    /// Wakes the reactor's thread.
    waker: Waker,
    /// Readable when there are events.
    outlet: Poller,
    backlog: Arc<AtomicUsize>,
}

#[derive(Default)]
struct Shared {
    commands: Mutex<Vec<Command>>,
    events: Mutex<VecDeque<Event>>,
    stats: Mutex<Stats>,
    stop: AtomicBool,
}

/// A thread that panicked while holding one of these leaves a queue that is still a queue.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Threaded {
    /// Starts the thread.
    pub fn start(limits: ReactorLimits) -> io::Result<Self> {
        let reactor = Reactor::new(limits)?;
        let (waker, backlog) = (reactor.waker(), reactor.backlog());
        let outlet = Poller::new(1)?;
        let shared = Arc::new(Shared::default());
        let (theirs, tell) = (shared.clone(), outlet.waker());
        let thread = Builder::new()
            .name("regwire-reactor".to_owned())
            .spawn(move || run(reactor, &theirs, &tell))?;
        Ok(Self {
            shared,
            thread: Some(thread),
            waker,
            outlet,
            backlog,
        })
    }

    /// The descriptor that is readable when there are events.
    pub fn descriptor(&self) -> RawFd {
        self.outlet.as_raw_fd()
    }

    /// Octets delivered and not yet taken: who takes a chunk subtracts its octets.
    pub fn backlog(&self) -> Arc<AtomicUsize> {
        self.backlog.clone()
    }

    /// Appends the events so far to `events` and makes the descriptor unready.
    pub fn take(&mut self, events: &mut VecDeque<Event>) -> io::Result<()> {
        self.outlet.wait(&mut Vec::new(), Some(0))?;
        events.append(&mut lock(&self.shared.events));
        Ok(())
    }

    /// Hands over requests; they are carried out soon and in order.
    pub fn submit(&self, commands: impl IntoIterator<Item = Command>) {
        let idle = {
            let mut queue = lock(&self.shared.commands);
            let idle = queue.is_empty();
            queue.extend(commands);
            idle && !queue.is_empty()
        };
        if idle {
            self.waker.wake();
        }
    }

    /// Counters and states as of the thread's last step.
    pub fn stats(&self) -> Stats {
        let backlog_octets = self.backlog.load(Ordering::Relaxed) as u64;
        Stats {
            backlog_octets,
            ..*lock(&self.shared.stats)
        }
    }

    /// Makes the descriptor readable: the owner has events that it put back.
    pub fn wake_owner(&self) {
        self.outlet.waker().wake();
    }

    /// Ends the thread; what it had open is closed.
    pub fn stop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        self.waker.wake();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been reported by the panic hook.
            let _ = thread.join();
        }
    }
}

impl Drop for Threaded {
    fn drop(&mut self) {
        self.stop();
    }
}

/// How long the thread waits while the backlog is full: nobody wakes it for each chunk that is taken.
const FULL_WAIT: u64 = 5;

fn run(mut reactor: Reactor, shared: &Shared, tell: &Waker) {
    let mut commands = Vec::new();
    while !shared.stop.load(Ordering::Acquire) {
        if let Err(error) = reactor.step(None) {
            // Only a broken poller gets here; sessions end with it, which their owner sees.
            eprintln!("regwire reactor thread: {error}");
            break;
        }
        std::mem::swap(&mut commands, &mut lock(&shared.commands));
        for command in commands.drain(..) {
            apply(&mut reactor, shared, command);
        }
        deliver(&mut reactor, shared, tell);
        if reactor.is_backlogged() {
            std::thread::sleep(std::time::Duration::from_millis(FULL_WAIT));
        }
    }
    reactor.shutdown();
    deliver(&mut reactor, shared, tell);
}

fn apply(reactor: &mut Reactor, shared: &Shared, command: Command) {
    match command {
        Command::Upgrade(id, to, mut early) => {
            // Frames delivered after the owner looked belong to the new transport too.
            let backlog = reactor.backlog();
            early.extend(withdraw(&mut lock(&shared.events), id, &backlog));
            early.extend(withdraw(reactor.events(), id, &backlog));
            reactor.apply(Command::Upgrade(id, to, early));
        }
        other => reactor.apply(other),
    }
}

fn deliver(reactor: &mut Reactor, shared: &Shared, tell: &Waker) {
    *lock(&shared.stats) = reactor.stats();
    if reactor.events().is_empty() {
        return;
    }
    let waiting = {
        let mut queue = lock(&shared.events);
        let waiting = !queue.is_empty();
        queue.append(reactor.events());
        waiting
    };
    if !waiting {
        tell.wake();
    }
}

/// Takes the frames of one session back out of a queue, as the octets of the wire; a violation found in them goes with them.
pub fn withdraw(events: &mut VecDeque<Event>, id: SessionId, backlog: &AtomicUsize) -> Vec<u8> {
    let mut octets = Vec::new();
    for event in std::mem::take(events) {
        match event {
            Event::Frames { session, chunk } if session == id => {
                backlog.fetch_sub(chunk.octets(), Ordering::Relaxed);
                octets.extend(chunk.into_untaken());
            }
            Event::Violation { session, .. } if session == id => {}
            other => events.push_back(other),
        }
    }
    octets
}
