//! Many sessions behind one descriptor.
#![forbid(unsafe_code)]
