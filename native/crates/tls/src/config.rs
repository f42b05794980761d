//! Server and client configurations, made from PEM; cheap to clone and to share between threads.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::ServerName;
use rustls::server::{
    ClientHello, NoServerSessionStorage, ResolvesServerCert, WebPkiClientVerifier,
};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::ConfigError;
use crate::keylog::KeyLogToFile;
use crate::pem;

/// ECDHE and AES-GCM only (RFC 9325 section 4.2, without the suites that a registry's clients do not need).
static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
    use aws_lc_rs::cipher_suite as suite;
    use aws_lc_rs::kx_group as group;
    Arc::new(CryptoProvider {
        cipher_suites: vec![
            suite::TLS13_AES_128_GCM_SHA256,
            suite::TLS13_AES_256_GCM_SHA384,
            suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        ],
        kx_groups: vec![group::X25519, group::SECP256R1, group::SECP384R1],
        ..aws_lc_rs::default_provider()
    })
});

/// A server's side of TLS: its certificate and whom it believes.
#[derive(Clone, Debug)]
pub struct ServerTls(pub(crate) Arc<ServerConfig>);

/// Collects what a [`ServerTls`] needs.
#[derive(Debug, Default)]
pub struct ServerTlsBuilder {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
    require_certificate: bool,
    key_log: Option<PathBuf>,
}

impl ServerTls {
    /// Starts with the certificate chain (own certificate first) and its key, both as PEM.
    pub fn builder(certificate: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> ServerTlsBuilder {
        ServerTlsBuilder {
            certificate: certificate.into(),
            key: key.into(),
            ..ServerTlsBuilder::default()
        }
    }
}

impl ServerTlsBuilder {
    /// Asks clients for a certificate and verifies one that is presented against these roots (PEM).
    #[must_use]
    pub fn client_ca(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.client_ca = Some(pem.into());
        self
    }

    /// Ends the handshake of a client that presents none. Needs [`client_ca`](Self::client_ca).
    #[must_use]
    pub fn require_certificate(mut self, required: bool) -> Self {
        self.require_certificate = required;
        self
    }

    /// Appends the secrets of every session to this file (created with mode 0600).
    #[must_use]
    pub fn key_log(mut self, path: &Path) -> Self {
        self.key_log = Some(path.to_owned());
        self
    }

    /// Checks the parts and that the key fits the certificate.
    pub fn build(self) -> Result<ServerTls, ConfigError> {
        let builder = ServerConfig::builder_with_provider(PROVIDER.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| ConfigError::new("versions", error))?;
        let builder = match &self.client_ca {
            Some(ca) => {
                let roots = Arc::new(pem::roots("client CA", ca)?);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, PROVIDER.clone());
                let verifier = if self.require_certificate {
                    verifier
                } else {
                    verifier.allow_unauthenticated()
                };
                let verifier = verifier
                    .build()
                    .map_err(|error| ConfigError::new("client CA", error))?;
                builder.with_client_cert_verifier(verifier)
            }
            None if self.require_certificate => {
                return Err(ConfigError::new(
                    "client CA",
                    "a required client certificate needs roots to verify it",
                ));
            }
            None => builder.with_no_client_auth(),
        };
        let chain = pem::certificates("certificate", &self.certificate)?;
        let certified = CertifiedKey::from_der(chain, pem::private_key(&self.key)?, &PROVIDER)
            .map_err(|error| ConfigError::new("key", error))?;
        let mut config = builder.with_cert_resolver(Arc::new(OneCertificate(Arc::new(certified))));
        // No tickets and no stored sessions: sessions live for hours, and every handshake checks the certificate anew.
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.max_early_data_size = 0;
        if let Some(path) = &self.key_log {
            config.key_log = Arc::new(KeyLogToFile::open(path)?);
        }
        Ok(ServerTls(Arc::new(config)))
    }
}

thread_local! {
    /// The name asked for in the ClientHello that this thread processed last. rustls' unbuffered server connection does
    /// not tell it, but resolves the certificate on the thread that feeds it: the engine takes it from here right after.
    static ASKED_NAME: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The name in the `ClientHello` processed since the last call, if one was.
pub(crate) fn take_asked_name() -> Option<String> {
    ASKED_NAME.with_borrow_mut(Option::take)
}

/// Presents one certificate whatever name is asked for: clients in the field send no SNI, or a wrong one.
#[derive(Debug)]
struct OneCertificate(Arc<CertifiedKey>);

impl ResolvesServerCert for OneCertificate {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        ASKED_NAME.set(hello.server_name().map(str::to_owned));
        Some(self.0.clone())
    }
}

/// A client's side of TLS: whom it believes and, if asked, who it is.
#[derive(Clone, Debug)]
pub struct ClientTls(pub(crate) Arc<ClientConfig>, Option<Vec<u8>>);

/// Collects what a [`ClientTls`] needs.
#[derive(Debug, Default)]
pub struct ClientTlsBuilder {
    ca: Option<Vec<u8>>,
    identity: Option<(Vec<u8>, Vec<u8>)>,
    key_log: Option<PathBuf>,
}

impl ClientTls {
    /// Starts with the roots of the operating system and no certificate.
    pub fn builder() -> ClientTlsBuilder {
        ClientTlsBuilder::default()
    }

    /// The client's own certificate, as DER, if it presents one.
    pub fn certificate(&self) -> Option<&[u8]> {
        self.1.as_deref()
    }
}

impl ClientTlsBuilder {
    /// Trusts these roots (PEM) instead of the operating system's.
    #[must_use]
    pub fn ca(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca = Some(pem.into());
        self
    }

    /// Presents this certificate chain with this key (PEM) when the server asks.
    #[must_use]
    pub fn identity(mut self, certificate: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.identity = Some((certificate.into(), key.into()));
        self
    }

    /// Appends the secrets of every session to this file (created with mode 0600).
    #[must_use]
    pub fn key_log(mut self, path: &Path) -> Self {
        self.key_log = Some(path.to_owned());
        self
    }

    /// Checks the parts. The server's certificate will be verified against the roots and its subject alternative names.
    pub fn build(self) -> Result<ClientTls, ConfigError> {
        let roots = match &self.ca {
            Some(ca) => pem::roots("CA", ca)?,
            None => pem::system_roots()?,
        };
        let verifier = server_verifier(roots)?;
        let builder = ClientConfig::builder_with_provider(PROVIDER.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| ConfigError::new("versions", error))?
            .with_webpki_verifier(verifier);
        let mut own = None;
        let mut config = match &self.identity {
            Some((certificate, key)) => {
                let chain = pem::certificates("certificate", certificate)?;
                own = chain.first().map(|first| first.to_vec());
                builder
                    .with_client_auth_cert(chain, pem::private_key(key)?)
                    .map_err(|error| ConfigError::new("key", error))?
            }
            None => builder.with_no_client_auth(),
        };
        config.resumption = Resumption::disabled();
        config.enable_early_data = false;
        if let Some(path) = &self.key_log {
            config.key_log = Arc::new(KeyLogToFile::open(path)?);
        }
        Ok(ClientTls(Arc::new(config), own))
    }
}

fn server_verifier(roots: RootCertStore) -> Result<Arc<WebPkiServerVerifier>, ConfigError> {
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), PROVIDER.clone())
        .build()
        .map_err(|error| ConfigError::new("CA", error))
}

/// The name or address that the server's certificate must be for.
pub(crate) fn server_name(name: &str) -> Result<ServerName<'static>, ConfigError> {
    ServerName::try_from(name.to_owned())
        .map_err(|error| ConfigError::new("server name", format_args!("{name:?}: {error}")))
}
