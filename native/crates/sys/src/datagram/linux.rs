//! Linux: recvmmsg and sendmmsg, with the packet information of both families.

use std::io;
use std::mem::{self, MaybeUninit};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::ptr;

use super::{Arrival, BATCH, Departure, Local};

/// Room for one control message of either family, aligned as the kernel wants it.
type Control = [u64; 8];

/// Where datagrams are received; used again for every call.
pub struct Inbox {
    room: Vec<u8>,
    each: usize,
    names: Vec<libc::sockaddr_storage>,
    controls: Vec<Control>,
}

impl Inbox {
    /// An inbox for datagrams of at most so many octets; the rest of longer ones is cut off.
    pub fn new(each: usize) -> Self {
        // SAFETY: all zeros is a valid sockaddr_storage: it is made of integers.
        let name = unsafe { mem::zeroed::<libc::sockaddr_storage>() };
        Self {
            room: vec![0; each * BATCH],
            each,
            names: vec![name; BATCH],
            controls: vec![[0; 8]; BATCH],
        }
    }

    /// Octets of room for each datagram.
    pub fn each(&self) -> usize {
        self.each
    }

    /// Receives what is there, at most [`BATCH`]; the number of datagrams, those from no internet address included.
    pub fn receive(
        &mut self,
        socket: impl AsFd,
        mut deliver: impl FnMut(Arrival<'_>),
    ) -> io::Result<usize> {
        let mut vectors = [libc::iovec {
            iov_base: ptr::null_mut(),
            iov_len: self.each,
        }; BATCH];
        // SAFETY: all zeros is a valid mmsghdr: null pointers with lengths of zero.
        let mut headers = unsafe { mem::zeroed::<[libc::mmsghdr; BATCH]>() };
        let room = self.room.as_mut_ptr();
        let places = self.names.iter_mut().zip(&mut self.controls);
        let entries = vectors.iter_mut().zip(&mut headers).zip(places);
        for (at, ((vector, header), (name, control))) in entries.enumerate() {
            // SAFETY: the room holds BATCH pieces of `each` octets.
            vector.iov_base = unsafe { room.add(at * self.each) }.cast();
            header.msg_hdr.msg_iov = vector;
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_name = ptr::from_mut(name).cast();
            header.msg_hdr.msg_namelen = mem::size_of::<libc::sockaddr_storage>() as u32;
            header.msg_hdr.msg_control = ptr::from_mut(control).cast();
            header.msg_hdr.msg_controllen = mem::size_of::<Control>();
        }
        // SAFETY: every pointer is to memory that lives, and is not moved or used otherwise, until after the call; the
        // lengths are theirs.
        let received = unsafe {
            libc::recvmmsg(
                socket.as_fd().as_raw_fd(),
                headers.as_mut_ptr(),
                BATCH as u32,
                libc::MSG_DONTWAIT,
                ptr::null_mut(),
            )
        };
        let Ok(received) = usize::try_from(received) else {
            return Err(io::Error::last_os_error());
        };
        for (at, header) in headers.iter().take(received).enumerate() {
            let length = (header.msg_len as usize).min(self.each);
            let start = at * self.each;
            let Some(peer) = address_of(&self.names[at], header.msg_hdr.msg_namelen) else {
                continue;
            };
            deliver(Arrival {
                octets: &self.room[start..start + length],
                peer,
                local: local_of(&header.msg_hdr),
                truncated: header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0,
            });
        }
        Ok(received)
    }
}

/// Sends datagrams in order; how many were taken by the kernel. One that cannot be sent is left out; when there is no room
/// for any, so are the others.
pub fn send_datagrams<'a>(
    socket: impl AsFd,
    departures: impl IntoIterator<Item = Departure<'a>>,
) -> usize {
    let socket = socket.as_fd().as_raw_fd();
    let (mut departures, mut sent) = (departures.into_iter(), 0);
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        batch.clear();
        batch.extend(departures.by_ref().take(BATCH));
        if batch.is_empty() {
            return sent;
        }
        let (taken, blocked) = send_batch(socket, &batch);
        sent += taken;
        if blocked {
            return sent;
        }
    }
}

/// How many were taken, and whether there was no room for more.
fn send_batch(socket: RawFd, batch: &[Departure<'_>]) -> (usize, bool) {
    let mut names = [MaybeUninit::<libc::sockaddr_storage>::uninit(); BATCH];
    let mut controls = [[0_u64; 8]; BATCH];
    let mut vectors = [libc::iovec {
        iov_base: ptr::null_mut(),
        iov_len: 0,
    }; BATCH];
    // SAFETY: all zeros is a valid mmsghdr: null pointers with lengths of zero.
    let mut headers = unsafe { mem::zeroed::<[libc::mmsghdr; BATCH]>() };
    for (at, departure) in batch.iter().enumerate().take(BATCH) {
        let header = &mut headers[at].msg_hdr;
        vectors[at] = libc::iovec {
            // The kernel only reads.
            iov_base: departure.octets.as_ptr().cast_mut().cast(),
            iov_len: departure.octets.len(),
        };
        header.msg_iov = &raw mut vectors[at];
        header.msg_iovlen = 1;
        if let Some(peer) = departure.peer {
            header.msg_namelen = write_address(&mut names[at], peer);
            header.msg_name = names[at].as_mut_ptr().cast();
        }
        if let Some(local) = departure.local {
            header.msg_control = ptr::from_mut(&mut controls[at]).cast();
            header.msg_controllen = mem::size_of::<Control>();
            write_local(header, local);
        }
    }
    let (mut at, mut sent, mut refused) = (0, 0, false);
    while at < batch.len() {
        // SAFETY: the headers point to the arrays above and to the octets of the batch, which all outlive the call; the
        // first `batch.len()` of them are filled in.
        let taken = unsafe {
            libc::sendmmsg(
                socket,
                headers.as_mut_ptr().add(at),
                (batch.len() - at) as u32,
                libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL,
            )
        };
        if let Ok(taken) = usize::try_from(taken) {
            at += taken;
            sent += taken;
            continue;
        }
        match io::Error::last_os_error().kind() {
            io::ErrorKind::Interrupted => {}
            io::ErrorKind::WouldBlock => return (sent, true),
            // Tells of an earlier datagram on a connected socket; this one was not tried.
            io::ErrorKind::ConnectionRefused if !refused => refused = true,
            _ => {
                refused = false;
                at += 1;
            }
        }
    }
    (sent, false)
}

/// Makes a socket tell which address was asked.
pub(super) fn tell_local(socket: impl AsFd, bound: SocketAddr) -> io::Result<()> {
    let (level, option) = if bound.is_ipv4() {
        (libc::IPPROTO_IP, libc::IP_PKTINFO)
    } else {
        (libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO)
    };
    let on: libc::c_int = 1;
    // SAFETY: the value is an int of the length given.
    let result = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            level,
            option,
            ptr::from_ref(&on).cast(),
            mem::size_of::<libc::c_int>() as u32,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

fn address_of(name: &libc::sockaddr_storage, length: u32) -> Option<SocketAddr> {
    let length = length as usize;
    match i32::from(name.ss_family) {
        libc::AF_INET if length >= mem::size_of::<libc::sockaddr_in>() => {
            // SAFETY: the family says that it is a sockaddr_in, for which sockaddr_storage has the room and alignment.
            let name = unsafe { &*ptr::from_ref(name).cast::<libc::sockaddr_in>() };
            let address = Ipv4Addr::from(name.sin_addr.s_addr.to_ne_bytes());
            Some(SocketAddrV4::new(address, u16::from_be(name.sin_port)).into())
        }
        libc::AF_INET6 if length >= mem::size_of::<libc::sockaddr_in6>() => {
            // SAFETY: as above, for a sockaddr_in6.
            let name = unsafe { &*ptr::from_ref(name).cast::<libc::sockaddr_in6>() };
            let address = Ipv6Addr::from(name.sin6_addr.s6_addr);
            let port = u16::from_be(name.sin6_port);
            Some(SocketAddrV6::new(address, port, name.sin6_flowinfo, name.sin6_scope_id).into())
        }
        _ => None,
    }
}

fn write_address(name: &mut MaybeUninit<libc::sockaddr_storage>, address: SocketAddr) -> u32 {
    match address {
        SocketAddr::V4(address) => {
            let value = libc::sockaddr_in {
                sin_family: libc::AF_INET as u16,
                sin_port: address.port().to_be(),
                sin_addr: libc::in_addr {
                    s_addr: u32::from_ne_bytes(address.ip().octets()),
                },
                sin_zero: [0; 8],
            };
            // SAFETY: sockaddr_storage has the room and alignment for every socket address.
            unsafe { name.as_mut_ptr().cast::<libc::sockaddr_in>().write(value) };
            mem::size_of::<libc::sockaddr_in>() as u32
        }
        SocketAddr::V6(address) => {
            let value = libc::sockaddr_in6 {
                sin6_family: libc::AF_INET6 as u16,
                sin6_port: address.port().to_be(),
                sin6_flowinfo: address.flowinfo(),
                sin6_addr: libc::in6_addr {
                    s6_addr: address.ip().octets(),
                },
                sin6_scope_id: address.scope_id(),
            };
            // SAFETY: as above.
            unsafe { name.as_mut_ptr().cast::<libc::sockaddr_in6>().write(value) };
            mem::size_of::<libc::sockaddr_in6>() as u32
        }
    }
}

/// The address that was asked, out of the control messages.
fn local_of(header: &libc::msghdr) -> Option<Local> {
    // SAFETY: the kernel filled the control buffer of this header, and said how far.
    let mut message = unsafe { libc::CMSG_FIRSTHDR(header) };
    while !message.is_null() {
        // SAFETY: not null, so it is a whole control message within the buffer, whose data is of the type that its level
        // and type say; it may be unaligned.
        unsafe {
            let (level, kind) = ((*message).cmsg_level, (*message).cmsg_type);
            let data = libc::CMSG_DATA(message);
            if level == libc::IPPROTO_IP && kind == libc::IP_PKTINFO {
                let info = data.cast::<libc::in_pktinfo>().read_unaligned();
                return Some(Local {
                    address: IpAddr::from(info.ipi_spec_dst.s_addr.to_ne_bytes()),
                    interface: info.ipi_ifindex.cast_unsigned(),
                });
            }
            if level == libc::IPPROTO_IPV6 && kind == libc::IPV6_PKTINFO {
                let info = data.cast::<libc::in6_pktinfo>().read_unaligned();
                return Some(Local {
                    address: IpAddr::from(info.ipi6_addr.s6_addr),
                    interface: info.ipi6_ifindex,
                });
            }
            message = libc::CMSG_NXTHDR(header, message);
        }
    }
    None
}

/// Fills the control buffer of a header with the address to send from, and sets its length.
fn write_local(header: &mut libc::msghdr, local: Local) {
    // SAFETY: the buffer has room for the one message of either family (Control is larger than both), and is aligned for its
    // header; its data may be unaligned.
    unsafe {
        let message = libc::CMSG_FIRSTHDR(header);
        let data = libc::CMSG_DATA(message);
        let length = match local.address {
            IpAddr::V4(address) => {
                (*message).cmsg_level = libc::IPPROTO_IP;
                (*message).cmsg_type = libc::IP_PKTINFO;
                let info = libc::in_pktinfo {
                    // The route decides about the interface.
                    ipi_ifindex: 0,
                    ipi_spec_dst: libc::in_addr {
                        s_addr: u32::from_ne_bytes(address.octets()),
                    },
                    ipi_addr: libc::in_addr { s_addr: 0 },
                };
                data.cast::<libc::in_pktinfo>().write_unaligned(info);
                mem::size_of::<libc::in_pktinfo>()
            }
            IpAddr::V6(address) => {
                (*message).cmsg_level = libc::IPPROTO_IPV6;
                (*message).cmsg_type = libc::IPV6_PKTINFO;
                let info = libc::in6_pktinfo {
                    ipi6_addr: libc::in6_addr {
                        s6_addr: address.octets(),
                    },
                    ipi6_ifindex: if address.is_unicast_link_local() {
                        local.interface
                    } else {
                        0
                    },
                };
                data.cast::<libc::in6_pktinfo>().write_unaligned(info);
                mem::size_of::<libc::in6_pktinfo>()
            }
        };
        (*message).cmsg_len = libc::CMSG_LEN(length as u32) as usize;
        header.msg_controllen = libc::CMSG_SPACE(length as u32) as usize;
    }
}
