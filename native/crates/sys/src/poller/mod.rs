//! Waiting for many descriptors; the set itself is a descriptor that another event loop can wait for.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod epoll;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod kqueue;

#[cfg(any(target_os = "linux", target_os = "android"))]
pub use epoll::{Poller, Waker};
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub use kqueue::{Poller, Waker};

/// What the owner of a [`Poller`] calls a descriptor. The two highest values are the poller's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token(pub u64);

/// The token of the timer.
pub(crate) const TIMER: u64 = u64::MAX;
/// The token of the wake-up.
pub(crate) const WAKE: u64 = u64::MAX - 1;

/// What to wait for on a descriptor: told by every wait as long as it is so, unless `edge`.
#[allow(
    clippy::struct_excessive_bools,
    reason = "what the kernel is asked, bit by bit"
)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    /// Something to read, an end of file, a connection to accept.
    pub read: bool,
    /// Room to write, or the end of connecting.
    pub write: bool,
    /// The peer's end, when nothing is to be read (Linux only; elsewhere it is not told).
    pub end: bool,
    /// Told only when something has come since it was told last, which saves the kernel a look at every descriptor that
    /// was just read; [`Poller::modify`] has it told again. Systems without it tell more often.
    pub edge: bool,
}

impl Interest {
    /// Reading only.
    pub const READ: Self = Self {
        read: true,
        write: false,
        end: false,
        edge: false,
    };
}

/// One descriptor that is ready.
#[allow(
    clippy::struct_excessive_bools,
    reason = "what the kernel tells, bit by bit"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Which one.
    pub token: Token,
    /// Reading will not block (it may fail or give the end of file).
    pub read: bool,
    /// Writing will not block (it may fail).
    pub write: bool,
    /// The connection is broken or wholly closed: reported even when nothing was asked for.
    pub hangup: bool,
    /// The peer has closed its side; told only when [`Interest::end`] was asked for.
    pub end: bool,
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    use super::*;
    use crate::Millis;

    fn wait(poller: &mut Poller, millis: u64) -> Vec<Ready> {
        let mut ready = Vec::new();
        poller.wait(&mut ready, Some(millis)).unwrap();
        ready
    }

    #[test]
    fn tells_who_is_ready_until_it_is_deregistered() {
        let mut poller = Poller::new(8).unwrap();
        let (mut near, far) = UnixStream::pair().unwrap();
        poller.add(&far, Token(7), Interest::READ).unwrap();
        assert!(wait(&mut poller, 0).is_empty());
        near.write_all(b"x").unwrap();
        for _ in 0..2 {
            let ready = wait(&mut poller, 1000);
            assert_eq!(ready.len(), 1);
            assert_eq!((ready[0].token, ready[0].read), (Token(7), true));
        }
        poller.modify(&far, Token(7), Interest::default()).unwrap();
        assert!(wait(&mut poller, 0).is_empty());
        poller.remove(&far).unwrap();
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[test]
    fn an_edge_is_told_once_and_again_when_it_is_asked_for() {
        let mut poller = Poller::new(8).unwrap();
        let (mut near, far) = UnixStream::pair().unwrap();
        let interest = Interest {
            end: true,
            edge: true,
            ..Interest::READ
        };
        poller.add(&far, Token(7), interest).unwrap();
        near.write_all(b"x").unwrap();
        assert_eq!(wait(&mut poller, 1000).len(), 1);
        assert!(wait(&mut poller, 0).is_empty());
        poller.modify(&far, Token(7), interest).unwrap();
        assert_eq!(wait(&mut poller, 1000).len(), 1);
        assert!(wait(&mut poller, 0).is_empty());
        drop(near);
        let ready = wait(&mut poller, 1000);
        assert!(ready[0].read && ready[0].end);
    }

    #[test]
    fn a_wake_up_from_another_thread_ends_a_wait() {
        let mut poller = Poller::new(8).unwrap();
        let waker = poller.waker();
        let thread = std::thread::spawn(move || waker.wake());
        assert!(wait(&mut poller, 10_000).is_empty());
        thread.join().unwrap();
    }

    #[test]
    fn an_expired_timer_makes_the_poller_itself_readable() {
        let mut inner = Poller::new(8).unwrap();
        let mut outer = Poller::new(8).unwrap();
        outer.add(&inner, Token(1), Interest::READ).unwrap();
        inner
            .arm(Millis::now(), Some(Millis::now().after(1)))
            .unwrap();
        assert_eq!(wait(&mut outer, 10_000).len(), 1);
        assert!(wait(&mut inner, 10_000).is_empty());
        inner.arm(Millis::now(), None).unwrap();
        assert!(wait(&mut outer, 0).is_empty());
    }
}
