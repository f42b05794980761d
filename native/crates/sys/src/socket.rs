//! Stream sockets, non-blocking.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::net::{self, RecvFlags, SendFlags};

/// A connection that was accepted.
#[derive(Debug)]
pub struct Accepted {
    /// The socket: non-blocking, closed on exec, without Nagle's delay.
    pub socket: OwnedFd,
    /// Whom it connects to; `None` for a local (Unix) socket.
    pub address: Option<SocketAddr>,
}

/// Accepts one connection; `WouldBlock` when none waits.
pub fn accept(listener: impl AsFd) -> io::Result<Accepted> {
    let (socket, address) = accept_nonblocking(listener)?;
    // A local socket has no such option.
    let _ = net::sockopt::set_tcp_nodelay(&socket, true);
    Ok(Accepted {
        socket,
        address: address.and_then(|address| SocketAddr::try_from(address).ok()),
    })
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn accept_nonblocking(listener: impl AsFd) -> io::Result<(OwnedFd, Option<net::SocketAddrAny>)> {
    Ok(net::acceptfrom_with(
        listener,
        net::SocketFlags::NONBLOCK | net::SocketFlags::CLOEXEC,
    )?)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn accept_nonblocking(listener: impl AsFd) -> io::Result<(OwnedFd, Option<net::SocketAddrAny>)> {
    let (socket, address) = net::acceptfrom(listener)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    set_nonblocking(&socket)?;
    Ok((socket, address))
}

/// Makes a socket return instead of wait.
pub fn set_nonblocking(socket: impl AsFd) -> io::Result<()> {
    let flags = fcntl_getfl(&socket)?;
    if !flags.contains(OFlags::NONBLOCK) {
        fcntl_setfl(&socket, flags | OFlags::NONBLOCK)?;
    }
    Ok(())
}

/// Readies a socket that somebody else made: non-blocking, without Nagle's delay.
pub fn prepare_stream(socket: impl AsFd) -> io::Result<()> {
    set_nonblocking(&socket)?;
    let _ = net::sockopt::set_tcp_nodelay(&socket, true);
    Ok(())
}

/// How connecting ended, once the socket is writable.
pub fn connect_result(socket: impl AsFd) -> io::Result<()> {
    Ok(net::sockopt::socket_error(socket)??)
}

/// Reads what has arrived, at most `buffer`; 0 is the end of file.
pub fn receive(socket: impl AsFd, buffer: &mut [u8]) -> io::Result<usize> {
    Ok(net::recv(socket, buffer, RecvFlags::DONTWAIT)?.0)
}

/// Writes what there is room for, without a SIGPIPE.
pub fn send(socket: impl AsFd, data: &[u8]) -> io::Result<usize> {
    #[cfg(any(target_os = "macos", target_os = "ios"))]
    let flags = SendFlags::DONTWAIT;
    #[cfg(not(any(target_os = "macos", target_os = "ios")))]
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    Ok(net::send(socket, data, flags)?)
}

/// Tells the peer that nothing more will come; reading goes on.
pub fn shutdown_write(socket: impl AsFd) -> io::Result<()> {
    Ok(net::shutdown(socket, net::Shutdown::Write)?)
}

/// Whom a connected socket talks to, if that is an internet address.
pub fn peer_address(socket: impl AsFd) -> Option<SocketAddr> {
    SocketAddr::try_from(net::getpeername(socket).ok()??).ok()
}

/// Where a socket is bound, if that is an internet address.
pub fn local_address(socket: impl AsFd) -> Option<SocketAddr> {
    SocketAddr::try_from(net::getsockname(socket).ok()?).ok()
}
