//! Transport of a session: plain or TLS, sans-IO, replaceable at a frame boundary.
#![forbid(unsafe_code)]
