//! Reading certificates and keys from PEM.

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::ConfigError;

/// Every certificate in `pem`, in order; at least one.
pub(crate) fn certificates(
    part: &'static str,
    pem: &[u8],
) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let found = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| ConfigError::new(part, error))?;
    if found.is_empty() {
        return Err(ConfigError::new(part, "no certificate in the PEM"));
    }
    Ok(found)
}

/// The first private key in `pem` (PKCS#8, PKCS#1 or SEC1; not encrypted).
pub(crate) fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, ConfigError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        rustls::pki_types::pem::Error::NoItemsFound => {
            ConfigError::new("key", "no unencrypted private key in the PEM")
        }
        other => ConfigError::new("key", other),
    })
}

/// A store that trusts exactly the certificates in `pem`.
pub(crate) fn roots(part: &'static str, pem: &[u8]) -> Result<RootCertStore, ConfigError> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(part, pem)? {
        store
            .add(certificate)
            .map_err(|error| ConfigError::new(part, error))?;
    }
    Ok(store)
}

/// A store that trusts what the operating system trusts.
pub(crate) fn system_roots() -> Result<RootCertStore, ConfigError> {
    let loaded = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(loaded.certs);
    if store.is_empty() {
        let reason = loaded
            .errors
            .first()
            .map_or_else(|| "the system has none".to_owned(), ToString::to_string);
        return Err(ConfigError::new("roots", reason));
    }
    Ok(store)
}
