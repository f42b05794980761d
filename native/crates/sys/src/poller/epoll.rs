//! Linux: epoll, with a timerfd and an eventfd in the set.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Arc;

use rustix::event::{EventfdFlags, epoll, eventfd};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

use super::{Interest, Ready, TIMER, Token, WAKE};
use crate::Millis;

/// Most descriptors reported by one wait: they are received on the stack.
const MOST_EVENTS: usize = 512;

/// A set of descriptors to wait for.
#[derive(Debug)]
pub struct Poller {
    epoll: OwnedFd,
    timer: OwnedFd,
    wake: Arc<OwnedFd>,
    armed: Option<Millis>,
    at_once: usize,
}

/// Ends a [`Poller::wait`] from another thread.
#[derive(Clone, Debug)]
pub struct Waker(Arc<OwnedFd>);

fn flags(interest: Interest) -> epoll::EventFlags {
    let mut flags = epoll::EventFlags::empty();
    flags.set(epoll::EventFlags::IN, interest.read);
    flags.set(epoll::EventFlags::OUT, interest.write);
    flags.set(epoll::EventFlags::RDHUP, interest.end);
    flags.set(epoll::EventFlags::ET, interest.edge);
    flags
}

impl Poller {
    /// A new set that reports at most `events` descriptors a wait (512 at most), the others in later waits, in turn.
    pub fn new(events: usize) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let timer = timerfd_create(
            TimerfdClockId::Monotonic,
            TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK,
        )?;
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        epoll::add(
            &epoll,
            &timer,
            epoll::EventData::new_u64(TIMER),
            epoll::EventFlags::IN,
        )?;
        epoll::add(
            &epoll,
            &wake,
            epoll::EventData::new_u64(WAKE),
            epoll::EventFlags::IN,
        )?;
        Ok(Self {
            epoll,
            timer,
            wake: Arc::new(wake),
            armed: None,
            at_once: events.clamp(1, MOST_EVENTS),
        })
    }

    /// Starts to watch a descriptor.
    pub fn add(&self, source: impl AsFd, token: Token, interest: Interest) -> io::Result<()> {
        Ok(epoll::add(
            &self.epoll,
            source,
            epoll::EventData::new_u64(token.0),
            flags(interest),
        )?)
    }

    /// Changes what is watched for.
    pub fn modify(&self, source: impl AsFd, token: Token, interest: Interest) -> io::Result<()> {
        Ok(epoll::modify(
            &self.epoll,
            source,
            epoll::EventData::new_u64(token.0),
            flags(interest),
        )?)
    }

    /// Stops watching. To be called before the descriptor is closed.
    pub fn remove(&self, source: impl AsFd) -> io::Result<()> {
        Ok(epoll::delete(&self.epoll, source)?)
    }

    /// Sets when the poller becomes ready by itself; `None` never. An equal setting costs nothing.
    pub fn arm(&mut self, now: Millis, at: Option<Millis>) -> io::Result<()> {
        if at == self.armed {
            return Ok(());
        }
        // A zero value would disarm the timer: what is due is due in a nanosecond.
        let value = at.map_or(
            Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            },
            |at| {
                let millis = at.0.saturating_sub(now.0).min(u64::from(u32::MAX));
                Timespec {
                    tv_sec: i64::try_from(millis / 1000).unwrap_or(i64::MAX),
                    tv_nsec: i64::try_from(millis % 1000).unwrap_or(0) * 1_000_000
                        + i64::from(millis == 0),
                }
            },
        );
        let setting = Itimerspec {
            it_interval: Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            },
            it_value: value,
        };
        timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &setting)?;
        self.armed = at;
        Ok(())
    }

    /// A handle for other threads.
    pub fn waker(&self) -> Waker {
        Waker(self.wake.clone())
    }

    /// Appends who is ready to `ready`; waits at most `millis` (`None`: until something happens).
    pub fn wait(&mut self, ready: &mut Vec<Ready>, millis: Option<u64>) -> io::Result<()> {
        let timeout = millis.map(|millis| Timespec {
            tv_sec: i64::try_from(millis / 1000).unwrap_or(i64::MAX),
            tv_nsec: i64::try_from(millis % 1000).unwrap_or(0) * 1_000_000,
        });
        let mut room = [const { MaybeUninit::uninit() }; MOST_EVENTS];
        let (events, _) =
            match epoll::wait(&self.epoll, &mut room[..self.at_once], timeout.as_ref()) {
                Err(rustix::io::Errno::INTR) => return Ok(()),
                result => result?,
            };
        for event in events {
            let (data, flags) = (event.data.u64(), event.flags);
            match data {
                TIMER => {
                    // Reading makes the timer unready; the owner looks at its clock after every wait anyhow.
                    let _ = rustix::io::read(&self.timer, &mut [0; 8]);
                    self.armed = None;
                }
                WAKE => {
                    let _ = rustix::io::read(&*self.wake, &mut [0; 8]);
                }
                _ => ready.push(Ready {
                    token: Token(data),
                    read: flags.intersects(
                        epoll::EventFlags::IN | epoll::EventFlags::HUP | epoll::EventFlags::ERR,
                    ),
                    write: flags.intersects(epoll::EventFlags::OUT | epoll::EventFlags::ERR),
                    hangup: flags.intersects(epoll::EventFlags::HUP | epoll::EventFlags::ERR),
                    end: flags.contains(epoll::EventFlags::RDHUP),
                }),
            }
        }
        Ok(())
    }
}

impl AsFd for Poller {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}

impl AsRawFd for Poller {
    fn as_raw_fd(&self) -> RawFd {
        self.epoll.as_raw_fd()
    }
}

impl Waker {
    /// Makes the wait return, now or the next time.
    pub fn wake(&self) {
        // It can only fail when the counter is full, and then it is awake already.
        let _ = rustix::io::write(&*self.0, &1u64.to_ne_bytes());
    }
}
