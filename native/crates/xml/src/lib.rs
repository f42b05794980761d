//! Namespace-aware XML tokenizer and writer over bytes (no DTD).
#![forbid(unsafe_code)]
