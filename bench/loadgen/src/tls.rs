//! TLS client configuration: one fixed TLS 1.3 cipher suite, the bench's own authority.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::args::Args;

pub fn config(args: &Args) -> Result<Arc<ClientConfig>, String> {
    let suite = match args.suite.as_str() {
        "aes128" => aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256,
        "aes256" => aws_lc_rs::cipher_suite::TLS13_AES_256_GCM_SHA384,
        "chacha" => aws_lc_rs::cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
        other => return Err(format!("--suite: unknown {other:?}")),
    };
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites = vec![suite];
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&args.ca)? {
        roots
            .add(certificate)
            .map_err(|problem| format!("{}: {problem}", args.ca))?;
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|problem| problem.to_string())?
        .with_root_certificates(roots);
    let mut config = match &args.cert {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let key =
                PrivateKeyDer::from_pem_file(key).map_err(|problem| format!("{key}: {problem}"))?;
            builder
                .with_client_auth_cert(certificates(certificate)?, key)
                .map_err(|problem| problem.to_string())?
        }
    };
    // Every session shakes hands in full: what is measured must not depend on which one came first.
    config.resumption = rustls::client::Resumption::disabled();
    Ok(Arc::new(config))
}

fn certificates(path: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|problem| format!("{path}: {problem}"))
}
