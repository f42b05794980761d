//! The few system calls that no kept crate offers safely.
