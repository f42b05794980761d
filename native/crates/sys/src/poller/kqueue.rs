//! macOS and the BSDs: kqueue, with a timer and a user event in the set.
//!
//! Written against rustix' interface and not exercised by this repository's tests, which run on Linux.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::kqueue::{
    Event, EventFilter, EventFlags, UserDefinedFlags, UserFlags, kevent, kqueue,
};

use super::{Interest, Ready, TIMER, Token, WAKE};
use crate::Millis;

/// Most events received by one wait, on the stack.
const MOST_EVENTS: usize = 512;

/// A set of descriptors to wait for.
#[derive(Debug)]
pub struct Poller {
    queue: Arc<OwnedFd>,
    armed: Option<Millis>,
    at_once: usize,
}

/// Ends a [`Poller::wait`] from another thread.
#[derive(Clone, Debug)]
pub struct Waker(Arc<OwnedFd>);

fn data(token: u64) -> *mut std::ffi::c_void {
    ptr::without_provenance_mut(token as usize)
}

fn wake_event(flags: EventFlags, user_flags: UserFlags) -> Event {
    let filter = EventFilter::User {
        ident: 0,
        flags: user_flags,
        user_flags: UserDefinedFlags::new(0),
    };
    Event::new(filter, flags, data(WAKE))
}

fn change(queue: &OwnedFd, changes: &[Event]) -> io::Result<()> {
    let mut none: [MaybeUninit<Event>; 0] = [];
    // SAFETY: the descriptors named in the changes are open (the caller borrows them), and are removed before they close.
    unsafe { kevent(queue, changes, &mut none[..], Some(Duration::ZERO))? };
    Ok(())
}

impl Poller {
    /// A new set that reports at most `events` events a wait (512 at most), the others in later waits.
    pub fn new(events: usize) -> io::Result<Self> {
        let queue = kqueue()?;
        rustix::io::fcntl_setfd(&queue, rustix::io::FdFlags::CLOEXEC)?;
        change(
            &queue,
            &[wake_event(
                EventFlags::ADD | EventFlags::CLEAR,
                UserFlags::empty(),
            )],
        )?;
        Ok(Self {
            queue: Arc::new(queue),
            armed: None,
            at_once: events.clamp(1, MOST_EVENTS),
        })
    }

    /// Starts to watch a descriptor.
    pub fn add(&self, source: impl AsFd, token: Token, interest: Interest) -> io::Result<()> {
        self.modify(source, token, interest)
    }

    /// Changes what is watched for.
    pub fn modify(&self, source: impl AsFd, token: Token, interest: Interest) -> io::Result<()> {
        let number = source.as_fd().as_raw_fd();
        // Both filters always exist, enabled or not: changing one is then a single call that cannot fail half way.
        let on = |wanted| {
            EventFlags::ADD
                | if wanted {
                    EventFlags::ENABLE
                } else {
                    EventFlags::DISABLE
                }
        };
        change(
            &self.queue,
            &[
                Event::new(EventFilter::Read(number), on(interest.read), data(token.0)),
                Event::new(
                    EventFilter::Write(number),
                    on(interest.write),
                    data(token.0),
                ),
            ],
        )
    }

    /// Stops watching. To be called before the descriptor is closed.
    pub fn remove(&self, source: impl AsFd) -> io::Result<()> {
        let number = source.as_fd().as_raw_fd();
        change(
            &self.queue,
            &[
                Event::new(
                    EventFilter::Read(number),
                    EventFlags::DELETE,
                    ptr::null_mut(),
                ),
                Event::new(
                    EventFilter::Write(number),
                    EventFlags::DELETE,
                    ptr::null_mut(),
                ),
            ],
        )
    }

    /// Sets when the poller becomes ready by itself; `None` never. An equal setting costs nothing.
    pub fn arm(&mut self, now: Millis, at: Option<Millis>) -> io::Result<()> {
        if at == self.armed {
            return Ok(());
        }
        let timer = at.map(|at| Duration::from_millis(at.0.saturating_sub(now.0).max(1)));
        let flags = if at.is_some() {
            EventFlags::ADD | EventFlags::ONESHOT
        } else {
            EventFlags::DELETE
        };
        change(
            &self.queue,
            &[Event::new(
                EventFilter::Timer { ident: 0, timer },
                flags,
                data(TIMER),
            )],
        )?;
        self.armed = at;
        Ok(())
    }

    /// A handle for other threads.
    pub fn waker(&self) -> Waker {
        Waker(self.queue.clone())
    }

    /// Appends who is ready to `ready`; waits at most `millis` (`None`: until something happens).
    pub fn wait(&mut self, ready: &mut Vec<Ready>, millis: Option<u64>) -> io::Result<()> {
        let mut room = [const { MaybeUninit::uninit() }; MOST_EVENTS];
        // SAFETY: no changes are made, so no descriptor is named.
        let result = unsafe {
            kevent(
                &*self.queue,
                &[],
                &mut room[..self.at_once],
                millis.map(Duration::from_millis),
            )
        };
        let (events, _) = match result {
            Err(rustix::io::Errno::INTR) => return Ok(()),
            result => result?,
        };
        for event in events {
            match event.udata().addr() as u64 {
                TIMER => self.armed = None,
                WAKE => {}
                token => {
                    let hangup = event.flags().contains(EventFlags::ERROR);
                    let write = matches!(event.filter(), EventFilter::Write(_));
                    ready.push(Ready {
                        token: Token(token),
                        read: !write,
                        write,
                        hangup,
                        end: false,
                    });
                }
            }
        }
        Ok(())
    }
}

impl AsFd for Poller {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.queue.as_fd()
    }
}

impl AsRawFd for Poller {
    fn as_raw_fd(&self) -> RawFd {
        self.queue.as_raw_fd()
    }
}

impl Waker {
    /// Makes the wait return, now or the next time.
    pub fn wake(&self) {
        // The queue lives as long as this handle; triggering an event that exists cannot fail.
        let _ = change(
            &self.0,
            &[wake_event(EventFlags::empty(), UserFlags::TRIGGER)],
        );
    }
}
