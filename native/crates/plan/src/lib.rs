//! Compiled declarations: decode automata, encode templates, facets.
#![forbid(unsafe_code)]
