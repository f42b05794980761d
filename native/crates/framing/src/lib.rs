//! Framings of the registry protocols, one module each.
#![forbid(unsafe_code)]
