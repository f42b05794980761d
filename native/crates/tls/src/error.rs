//! Errors of configuration and of a running transport.

use std::fmt;

/// A TLS configuration that cannot be used; says which part and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The part: "certificate", "key", "client CA", "CA", "key log", "server name", "roots".
    pub part: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

impl ConfigError {
    pub(crate) fn new(part: &'static str, reason: impl fmt::Display) -> Self {
        Self {
            part,
            reason: reason.to_string(),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TLS {}: {}", self.part, self.reason)
    }
}

impl std::error::Error for ConfigError {}

/// The end of a TLS session by error. An alert that tells the peer is already in the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsError {
    /// What rustls says, such as `invalid peer certificate: Expired`.
    pub reason: String,
    /// The peer ended it by an alert: sending one back would be pointless.
    pub by_peer: bool,
}

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        let by_peer = matches!(error, rustls::Error::AlertReceived(_));
        Self {
            reason: error.to_string(),
            by_peer,
        }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for TlsError {}
