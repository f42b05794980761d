//! Peer: an EPP server as a careful Rust author would write it by hand. tokio-rustls, one task a session, quick-xml events with
//! namespaces resolved, a `HashMap` as the registry, every frame of a read answered in one write.

mod clock;
mod handle;
mod parse;
mod registry;
mod reply;
mod session;

use std::cell::RefCell;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::LocalSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [certificate, key, authority, objects] = words.as_slice() else {
        eprintln!("usage: bench-rust-server CERT KEY CA OBJECTS");
        return ExitCode::from(2);
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .expect("a runtime");
    let served = LocalSet::new().block_on(&runtime, serve(certificate, key, authority, objects));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("bench-rust-server: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn tls(certificate: &str, key: &str, authority: &str) -> Result<Arc<ServerConfig>, Failure> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(authority)? {
        roots.add(certificate?)?;
    }
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots))
        .allow_unauthenticated()
        .build()?;
    let chain = CertificateDer::pem_file_iter(certificate)?.collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_file(key)?;
    Ok(Arc::new(
        ServerConfig::builder()
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)?,
    ))
}

async fn serve(
    certificate: &str,
    key: &str,
    authority: &str,
    objects: &str,
) -> Result<(), Failure> {
    let acceptor = TlsAcceptor::from(tls(certificate, key, authority)?);
    let registry = Rc::new(RefCell::new(registry::Registry::preloaded(
        objects.parse()?,
    )));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("{{\"port\":{}}}", listener.local_addr()?.port());
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let (acceptor, registry) = (acceptor.clone(), Rc::clone(&registry));
        tokio::task::spawn_local(async move {
            if let Err(problem) = session::run(socket, acceptor, registry).await {
                eprintln!("session: {problem}");
            }
        });
    }
}
