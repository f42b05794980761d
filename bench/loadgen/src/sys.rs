//! The few system calls: epoll, the CPU clock of another process, the descriptor limit.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

pub struct Epoll(OwnedFd);

impl Epoll {
    pub fn new() -> io::Result<Self> {
        // SAFETY: plain system call; the descriptor it returns is owned by nobody else.
        let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: just created, see above.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    fn control(
        &self,
        operation: i32,
        fd: &impl AsRawFd,
        token: usize,
        writable: bool,
    ) -> io::Result<()> {
        let mut events = libc::EPOLLIN as u32;
        if writable {
            events |= libc::EPOLLOUT as u32;
        }
        let mut event = libc::epoll_event {
            events,
            u64: token as u64,
        };
        // SAFETY: the event lives across the call.
        let done = unsafe {
            libc::epoll_ctl(
                self.0.as_raw_fd(),
                operation,
                fd.as_raw_fd(),
                &raw mut event,
            )
        };
        if done < 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(())
        }
    }

    pub fn add(&self, fd: &impl AsRawFd, token: usize) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, fd, token, false)
    }

    pub fn interest(&self, fd: &impl AsRawFd, token: usize, writable: bool) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_MOD, fd, token, writable)
    }

    /// Tokens that are ready, or nothing after `timeout_ms` (-1: none).
    pub fn wait(&self, ready: &mut Vec<usize>, timeout_ms: i32) -> io::Result<()> {
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; 256];
        ready.clear();
        // SAFETY: the array and its length belong together.
        let count =
            unsafe { libc::epoll_wait(self.0.as_raw_fd(), events.as_mut_ptr(), 256, timeout_ms) };
        if count < 0 {
            let problem = io::Error::last_os_error();
            return if problem.kind() == io::ErrorKind::Interrupted {
                Ok(())
            } else {
                Err(problem)
            };
        }
        ready.extend(
            events[..count as usize]
                .iter()
                .map(|event| event.u64 as usize),
        );
        Ok(())
    }
}

fn clock(id: libc::clockid_t) -> io::Result<u64> {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is valid for writing.
    if unsafe { libc::clock_gettime(id, &raw mut time) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
}

/// CPU time that process `pid` has used, in nanoseconds (user and system, all threads).
pub fn process_cpu(pid: i32) -> io::Result<u64> {
    let mut id: libc::clockid_t = 0;
    // SAFETY: `id` is valid for writing.
    let problem = unsafe { libc::clock_getcpuclockid(pid, &raw mut id) };
    if problem != 0 {
        return Err(io::Error::from_raw_os_error(problem));
    }
    clock(id)
}

/// CPU time of this process, in nanoseconds.
pub fn own_cpu() -> io::Result<u64> {
    clock(libc::CLOCK_PROCESS_CPUTIME_ID)
}

/// The monotonic clock in nanoseconds: the same one that the server's collector log uses.
pub fn monotonic() -> io::Result<u64> {
    clock(libc::CLOCK_MONOTONIC)
}

/// Raise the soft limit of open descriptors to the hard one.
pub fn raise_descriptor_limit() -> io::Result<u64> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is valid for both calls.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) < 0 {
            return Err(io::Error::last_os_error());
        }
        limit.rlim_cur = limit.rlim_max;
        if libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(limit.rlim_cur)
}
