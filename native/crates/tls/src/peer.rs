//! What is known of the other end once the handshake is done.

use rustls::CommonState;

/// The other end of a TLS session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsPeer {
    /// `TLSv1.3` or `TLSv1.2`.
    pub version: &'static str,
    /// The suite by its IANA name, such as `TLS13_AES_128_GCM_SHA256`.
    pub cipher: String,
    /// The name the client asked for (server side), or asked for itself (client side).
    pub server_name: Option<String>,
    /// The certificates the peer presented, its own first, as DER; empty when it presented none. Verified.
    pub certificates: Vec<Vec<u8>>,
    /// SHA-256 of the first certificate.
    pub fingerprint: Option<[u8; 32]>,
}

impl TlsPeer {
    pub(crate) fn of(state: &CommonState, server_name: Option<String>) -> Self {
        let certificates: Vec<Vec<u8>> = state
            .peer_certificates()
            .unwrap_or_default()
            .iter()
            .map(|der| der.as_ref().to_vec())
            .collect();
        Self {
            version: match state.protocol_version() {
                Some(rustls::ProtocolVersion::TLSv1_2) => "TLSv1.2",
                _ => "TLSv1.3",
            },
            cipher: state
                .negotiated_cipher_suite()
                .map(|suite| format!("{:?}", suite.suite()))
                .unwrap_or_default(),
            server_name,
            fingerprint: certificates.first().map(|der| sha256(der)),
            certificates,
        }
    }
}

/// SHA-256 by the provider's own implementation, reached through a suite that uses it.
fn sha256(data: &[u8]) -> [u8; 32] {
    let rustls::SupportedCipherSuite::Tls13(suite) =
        rustls::crypto::aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256
    else {
        unreachable!("a TLS 1.3 suite");
    };
    let mut digest = [0; 32];
    digest.copy_from_slice(suite.common.hash_provider.hash(data).as_ref());
    digest
}

#[cfg(test)]
mod tests {
    #[test]
    fn sha256_of_abc() {
        let digest = super::sha256(b"abc");
        assert_eq!(&digest[..4], &[0xba, 0x78, 0x16, 0xbf]);
        assert_eq!(digest[31], 0xad);
    }
}
