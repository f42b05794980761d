//! Datagram sockets, many datagrams a call, with the address that was asked.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;

/// An address of this machine, as a datagram was sent to it; answers must come from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local {
    /// The address.
    pub address: IpAddr,
    /// Number of the interface it arrived at, without which link-local addresses mean nothing.
    pub interface: u32,
}

/// A datagram that was received.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// Its octets, as many as there was room for.
    pub octets: &'a [u8],
    /// Who sent it.
    pub peer: SocketAddr,
    /// Which address was asked; `None` when the socket is bound to one.
    pub local: Option<Local>,
    /// It was longer.
    pub truncated: bool,
}

/// A datagram to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Departure<'a> {
    /// Its octets.
    pub octets: &'a [u8],
    /// To whom; `None` on a connected socket.
    pub peer: Option<SocketAddr>,
    /// From which address.
    pub local: Option<Local>,
}

/// Datagrams in one call.
pub const BATCH: usize = 64;

/// Readies a datagram socket: non-blocking, and when it is bound to every address, telling which one was asked.
pub fn prepare_datagram(socket: impl AsFd) -> io::Result<()> {
    crate::set_nonblocking(&socket)?;
    let bound = crate::local_address(&socket)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not an internet socket"))?;
    if rustix::net::sockopt::socket_type(&socket)? != rustix::net::SocketType::DGRAM {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a datagram socket",
        ));
    }
    if bound.ip().is_unspecified() {
        system::tell_local(&socket, bound)?;
    }
    Ok(())
}

#[cfg(any(target_os = "linux", target_os = "android"))]
#[path = "datagram/linux.rs"]
mod system;

#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[path = "datagram/other.rs"]
mod system;

// The way of the other systems, so that its tests run here as well.
#[cfg(all(test, any(target_os = "linux", target_os = "android")))]
#[path = "datagram/other.rs"]
#[allow(dead_code, unreachable_pub, reason = "what Linux does in its own way")]
mod one_a_call;

pub use system::{Inbox, send_datagrams};

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    fn bound(address: &str) -> UdpSocket {
        let socket = UdpSocket::bind(address).unwrap();
        prepare_datagram(&socket).unwrap();
        socket
    }

    /// What holds on every system.
    macro_rules! everywhere {
        ($system:ident) => {
            mod $system {
                use super::*;
                use crate::datagram::$system::{Inbox, send_datagrams};

                /// Receives `count` datagrams, as owned parts.
                pub(super) fn take(
                    inbox: &mut Inbox,
                    socket: &UdpSocket,
                    count: usize,
                ) -> Vec<(Vec<u8>, SocketAddr, Option<Local>, bool)> {
                    let mut found = Vec::new();
                    while found.len() < count {
                        let result = inbox.receive(socket, |arrival| {
                            found.push((
                                arrival.octets.to_vec(),
                                arrival.peer,
                                arrival.local,
                                arrival.truncated,
                            ));
                        });
                        assert!(
                            result.is_ok_and(|count| count <= BATCH),
                            "loopback delivers at once"
                        );
                    }
                    found
                }

                #[test]
                fn many_datagrams_go_and_come_in_order() {
                    let (one, other) = (bound("127.0.0.1:0"), bound("127.0.0.1:0"));
                    let payloads: Vec<Vec<u8>> =
                        (0..150_u8).map(|n| vec![n; usize::from(n)]).collect();
                    let peer = Some(other.local_addr().unwrap());
                    let departures = payloads.iter().map(|octets| Departure {
                        octets,
                        peer,
                        local: None,
                    });
                    assert_eq!(send_datagrams(&one, departures), 150);
                    let found = take(&mut Inbox::new(100), &other, 150);
                    for (payload, (octets, peer, local, truncated)) in payloads.iter().zip(found) {
                        assert_eq!(octets, payload[..payload.len().min(100)]);
                        assert_eq!((peer, local), (one.local_addr().unwrap(), None));
                        assert_eq!(truncated, payload.len() > 100);
                    }
                    let nothing = Inbox::new(100).receive(&other, |_| panic!("nothing is left"));
                    assert_eq!(nothing.unwrap_err().kind(), io::ErrorKind::WouldBlock);
                }

                #[test]
                fn one_that_cannot_be_sent_does_not_keep_the_others() {
                    let (one, other) = (bound("127.0.0.1:0"), bound("127.0.0.1:0"));
                    let peer = Some(other.local_addr().unwrap());
                    let long = vec![0; 70_000];
                    let departures = [&b"a"[..], &long, b"b"].map(|octets| Departure {
                        octets,
                        peer,
                        local: None,
                    });
                    assert_eq!(send_datagrams(&one, departures), 2);
                    let found = take(&mut Inbox::new(10), &other, 2);
                    assert_eq!((&found[0].0[..], &found[1].0[..]), (&b"a"[..], &b"b"[..]));
                }

                #[test]
                fn a_call_takes_no_more_than_a_batch_and_a_connected_socket_knows_its_peer() {
                    let (one, other) = (bound("127.0.0.1:0"), bound("127.0.0.1:0"));
                    one.connect(other.local_addr().unwrap()).unwrap();
                    let departures = (0..70).map(|_| Departure {
                        octets: b"x",
                        peer: None,
                        local: None,
                    });
                    assert_eq!(send_datagrams(&one, departures), 70);
                    let mut inbox = Inbox::new(10);
                    assert_eq!(inbox.receive(&other, |_| ()).unwrap(), BATCH);
                    assert_eq!(inbox.receive(&other, |_| ()).unwrap(), 70 - BATCH);
                }
            }
        };
    }

    everywhere!(system);

    #[cfg(any(target_os = "linux", target_os = "android"))]
    everywhere!(one_a_call);

    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[test]
    fn a_socket_bound_to_every_address_answers_from_the_one_that_was_asked() {
        for (every, asked) in [
            ("0.0.0.0:0", "127.0.0.9"),
            ("[::]:0", "::1"),
            ("[::]:0", "127.0.0.9"),
        ] {
            let Ok(server) = UdpSocket::bind(every) else {
                continue; // no IPv6 here
            };
            prepare_datagram(&server).unwrap();
            let port = server.local_addr().unwrap().port();
            let asked = SocketAddr::new(asked.parse().unwrap(), port);
            let client = bound(if asked.is_ipv4() {
                "127.0.0.1:0"
            } else {
                "[::1]:0"
            });
            client.send_to(b"question", asked).unwrap();
            let mut inbox = Inbox::new(100);
            let (_, peer, local, _) = system::take(&mut inbox, &server, 1).remove(0);
            assert_eq!(local.unwrap().address.to_canonical(), asked.ip());
            let departure = Departure {
                octets: b"answer",
                peer: Some(peer),
                local,
            };
            assert_eq!(send_datagrams(&server, [departure]), 1);
            let (octets, from, ..) = system::take(&mut inbox, &client, 1).remove(0);
            assert_eq!((&octets[..], from), (&b"answer"[..], asked));
        }
    }

    #[test]
    fn a_stream_is_no_datagram_socket() {
        let stream = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        assert!(prepare_datagram(&stream).is_err());
    }
}
