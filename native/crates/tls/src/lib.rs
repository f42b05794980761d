//! Transport of a session: plain or TLS, sans-IO, replaceable at a frame boundary.
//!
//! A [`Transport`] takes the octets that arrived and gives plaintext; it takes plaintext and gives the
//! octets to write. It holds no socket and no clock. TLS is rustls (1.2 and 1.3, ECDHE with AES-GCM only,
//! no tickets, so no early data and no resumption past a certificate check).
#![forbid(unsafe_code)]

mod config;
mod engine;
mod error;
mod keylog;
mod peer;
mod pem;
mod transport;

pub use config::{ClientTls, ClientTlsBuilder, ServerTls, ServerTlsBuilder};
pub use error::{ConfigError, TlsError};
pub use peer::TlsPeer;
pub use transport::{Progress, Transport};
