//! Client and server transports that talk in memory.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use regwire_tls::{ClientTls, Progress, ServerTls, TlsError, Transport};

/// A certificate and its key, as PEM.
struct Identity {
    certificate: String,
    key: String,
}

struct Pki {
    ca: String,
    server: Identity,
    client: Identity,
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

fn issue(issuer: &CertifiedIssuer<'static, KeyPair>, name: &str) -> Identity {
    let key = KeyPair::generate().unwrap();
    let parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = parameters.signed_by(&key, issuer).unwrap();
    Identity {
        certificate: certificate.pem(),
        key: key.serialize_pem(),
    }
}

fn pki() -> Pki {
    let ca = authority();
    Pki {
        server: issue(&ca, "localhost"),
        client: issue(&ca, "client.example"),
        ca: ca.pem(),
    }
}

fn pair(pki: &Pki, name: &str) -> (Transport, Transport) {
    let server = ServerTls::builder(pki.server.certificate.clone(), pki.server.key.clone())
        .client_ca(pki.ca.clone())
        .build()
        .unwrap();
    let client = ClientTls::builder()
        .ca(pki.ca.clone())
        .identity(pki.client.certificate.clone(), pki.client.key.clone())
        .build()
        .unwrap();
    (
        Transport::client(&client, name).unwrap(),
        Transport::server(&server).unwrap(),
    )
}

/// Passes octets both ways in pieces until nobody has any more to say.
fn talk(client: &mut Transport, server: &mut Transport, piece: usize) -> Result<(), TlsError> {
    let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
    client.start(&mut to_server)?;
    while !to_server.is_empty() || !to_client.is_empty() {
        for octets in std::mem::take(&mut to_server).chunks_mut(piece) {
            server.receive(octets, &mut to_client)?;
        }
        for octets in std::mem::take(&mut to_client).chunks_mut(piece) {
            client.receive(octets, &mut to_server)?;
        }
    }
    Ok(())
}

#[test]
fn a_handshake_whole_and_byte_by_byte() {
    let pki = pki();
    for piece in [1, 7, 100_000] {
        let (mut client, mut server) = pair(&pki, "localhost");
        client.send(b"held back", &mut Vec::new()).unwrap();
        assert_eq!(client.held(), 9);
        talk(&mut client, &mut server, piece).unwrap();
        assert!(!client.is_handshaking() && !server.is_handshaking());
        assert_eq!(server.plaintext(), b"held back");
        let peer = server.peer().unwrap();
        assert_eq!(
            (peer.version, peer.server_name.as_deref()),
            ("TLSv1.3", Some("localhost"))
        );
        assert_eq!(
            (peer.certificates.len(), peer.fingerprint.is_some()),
            (1, true)
        );
    }
}

#[test]
fn an_idle_transport_holds_no_buffers() {
    let pki = pki();
    let (mut client, mut server) = pair(&pki, "localhost");
    talk(&mut client, &mut server, 100_000).unwrap();
    let mut octets = Vec::new();
    client.send(b"request", &mut octets).unwrap();
    server.receive(&mut octets, &mut Vec::new()).unwrap();
    assert_eq!(server.take(7), b"request");
    assert_eq!((server.buffered(), client.buffered()), (0, 0));
}

#[test]
fn one_record_for_all_that_is_sent_at_once() {
    let pki = pki();
    let (mut client, mut server) = pair(&pki, "localhost");
    talk(&mut client, &mut server, 100_000).unwrap();
    let mut octets = Vec::new();
    server.send(&[7; 16_384], &mut octets).unwrap();
    assert_eq!(
        usize::from(u16::from_be_bytes([octets[3], octets[4]])) + 5,
        octets.len()
    );
    client.receive(&mut octets, &mut Vec::new()).unwrap();
    assert_eq!(client.plaintext(), [7; 16_384]);
}

#[test]
fn a_goodbye_comes_after_the_data_and_ends_receiving() {
    let pki = pki();
    let (mut client, mut server) = pair(&pki, "localhost");
    talk(&mut client, &mut server, 100_000).unwrap();
    let mut octets = Vec::new();
    client.send(b"last", &mut octets).unwrap();
    client.close_notify(&mut octets);
    octets.extend_from_slice(b"not part of the session");
    let mut reply = Vec::new();
    let progress = server.receive(&mut octets, &mut reply).unwrap();
    assert_eq!(
        progress,
        Progress {
            opened: false,
            peer_closed: true
        }
    );
    assert_eq!(server.plaintext(), b"last");
    server.send(b"answer", &mut reply).unwrap();
    client.receive(&mut reply, &mut Vec::new()).unwrap();
    assert_eq!(client.plaintext(), b"answer");
}

#[test]
fn plaintext_before_a_broken_record_stays_and_an_alert_goes_out() {
    let pki = pki();
    let (mut client, mut server) = pair(&pki, "localhost");
    talk(&mut client, &mut server, 100_000).unwrap();
    let mut octets = Vec::new();
    client.send(b"good", &mut octets).unwrap();
    client.send(b"bad", &mut octets).unwrap();
    *octets.last_mut().unwrap() ^= 1;
    let mut alert = Vec::new();
    let error = server.receive(&mut octets, &mut alert).unwrap_err();
    assert!(!error.by_peer, "{error}");
    assert_eq!(server.plaintext(), b"good");
    assert!(
        client
            .receive(&mut alert, &mut Vec::new())
            .unwrap_err()
            .by_peer
    );
    assert!(server.receive(&mut [0; 5], &mut Vec::new()).is_err());
}

#[test]
fn a_certificate_for_another_name_or_of_another_authority_is_refused() {
    let (ours, theirs) = (pki(), pki());
    let (mut client, mut server) = pair(&ours, "registry.example");
    assert!(
        talk(&mut client, &mut server, 100_000)
            .unwrap_err()
            .reason
            .contains("registry.example")
    );
    let mixed = Pki {
        ca: theirs.ca,
        ..ours
    };
    let (mut client, mut server) = pair(&mixed, "localhost");
    let error = talk(&mut client, &mut server, 100_000).unwrap_err();
    assert!(
        error.reason.starts_with("invalid peer certificate"),
        "{error}"
    );
}

#[test]
fn an_upgrade_leaves_nothing_in_the_clear() {
    let pki = pki();
    let (tls, mut client) = (pair(&pki, "localhost").1, pair(&pki, "localhost").0);
    let mut server = Transport::plain();
    let mut hello = Vec::new();
    client.start(&mut hello).unwrap();
    let (first, second) = hello.split_at(10);
    server
        .receive(&mut second.to_vec(), &mut Vec::new())
        .unwrap();
    let mut out = Vec::new();
    // What was delivered before the boundary comes first, then what was received and not taken.
    server.upgrade(tls, first.to_vec(), &mut out).unwrap();
    assert!(server.plaintext().is_empty() && server.is_tls());
    assert_eq!(out[..3], [22, 3, 3]);
}
