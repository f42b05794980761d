//! Waiting for two descriptors of different owners.

use std::io;
use std::os::fd::{BorrowedFd, RawFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;

/// Waits at most `timeout` for `own` or `other` to be readable. True: `own` is and `other` is not. A signal ends the wait, and
/// so does an `other` that is not open.
pub fn readable_alone(own: RawFd, other: RawFd, timeout: Duration) -> io::Result<bool> {
    if own < 0 || other < 0 {
        return Ok(false);
    }
    // SAFETY: borrowed for this one call, which reports a number that is not open.
    let (own, other) = unsafe { (BorrowedFd::borrow_raw(own), BorrowedFd::borrow_raw(other)) };
    let timeout = Timespec {
        tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: timeout.subsec_nanos().into(),
    };
    let mut fds = [
        PollFd::from_borrowed_fd(own, PollFlags::IN),
        PollFd::from_borrowed_fd(other, PollFlags::IN),
    ];
    match poll(&mut fds, Some(&timeout)) {
        Ok(_) => Ok(!fds[0].revents().is_empty() && fds[1].revents().is_empty()),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn own_is_told_only_while_the_other_has_nothing() {
        let (mut near, own) = UnixStream::pair().unwrap();
        let (mut beside, other) = UnixStream::pair().unwrap();
        let alone = |millis| {
            let timeout = Duration::from_millis(millis);
            readable_alone(own.as_raw_fd(), other.as_raw_fd(), timeout).unwrap()
        };
        assert!(!alone(0));
        near.write_all(b"x").unwrap();
        assert!(alone(10_000));
        beside.write_all(b"x").unwrap();
        assert!(!alone(10_000));
    }

    #[test]
    fn a_descriptor_that_is_not_open_ends_the_wait() {
        let (_near, own) = UnixStream::pair().unwrap();
        let timeout = Duration::from_secs(60);
        assert!(!readable_alone(own.as_raw_fd(), -1, timeout).unwrap());
        assert!(!readable_alone(own.as_raw_fd(), 1_000_000, timeout).unwrap());
    }
}
