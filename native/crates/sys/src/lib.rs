//! The few system calls that no kept crate offers safely: waiting for many descriptors at once (with a timer and a wake-up
//! in the same set, so that one descriptor tells of everything), and sockets as the reactor uses them.
//!
//! Linux: epoll, timerfd, eventfd. macOS and the BSDs: kqueue (compiles only there; not exercised by this repository's CI).

use std::os::fd::{FromRawFd, OwnedFd, RawFd};

mod clock;
mod datagram;
mod either;
mod poller;
mod socket;

pub use clock::Millis;
pub use datagram::{Arrival, BATCH, Departure, Inbox, Local, prepare_datagram, send_datagrams};
pub use either::readable_alone;
pub use poller::{Interest, Poller, Ready, Token, Waker};
pub use socket::{
    Accepted, accept, connect_result, local_address, peer_address, prepare_stream, receive, send,
    set_nonblocking, shutdown_write,
};

/// Takes over a descriptor that a foreign caller (Python) hands in as a number; `None` when it is not open.
pub fn adopt(descriptor: RawFd) -> Option<OwnedFd> {
    if descriptor < 0 {
        return None;
    }
    // SAFETY: a number is only looked at (F_GETFD) before it is believed; from then on the caller has given it away, as
    // the contract of `attach` says, and this is its only owner.
    let borrowed = unsafe { std::os::fd::BorrowedFd::borrow_raw(descriptor) };
    rustix::io::fcntl_getfd(borrowed).ok()?;
    // SAFETY: as above; the descriptor is open.
    Some(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// A second descriptor of what `descriptor` names, owned here; the caller keeps its own.
pub fn duplicate(descriptor: RawFd) -> std::io::Result<OwnedFd> {
    if descriptor < 0 {
        return Err(rustix::io::Errno::BADF.into());
    }
    // SAFETY: borrowed for this one call, which reports a number that is not open.
    let borrowed = unsafe { std::os::fd::BorrowedFd::borrow_raw(descriptor) };
    Ok(rustix::io::fcntl_dupfd_cloexec(borrowed, 3)?)
}
