//! Namespace-aware XML tokenizer and writer over bytes, for documents without a DTD.
//!
//! The road of a document is always the same:
//!
//! 1. [`Input::new`] settles the encoding, checks every character and gives UTF-8 (borrowed, unless UTF-16 came in);
//! 2. [`Tokenizer::run`] checks well-formedness (XML 1.0 fifth edition and Namespaces in XML 1.0) in one pass to the
//!    very end of the document and calls a [`Sink`] on the way. A sink cannot stop the tokenizer, so what a sink learnt
//!    is only good once `run` has returned `Ok`.
//!
//! Nothing is copied on the way: names and text are ranges of the document. References and line ends are resolved on
//! demand by [`Text::expand`]. There is no recursion, and every count that a peer controls is bounded by [`Limits`].
#![forbid(unsafe_code)]
// The hot path is one loop cut into short functions; without forced inlining the compiler leaves calls in it.
#![allow(clippy::inline_always)]

mod chars;
mod context;
mod declaration;
mod error;
mod input;
mod limits;
mod names;
mod scan;
mod scopes;
mod text;
mod tokenizer;
pub mod uri;
pub mod write;

pub use context::{Context, QName, Sink};
pub use error::{Error, Reason};
pub use input::{Encoding, Input};
pub use limits::Limits;
pub use names::{Names, NsId, XML_NAMESPACE, XMLNS_NAMESPACE, XSI_NAMESPACE};
pub use scan::{key8, plain_text_end, same};
pub use text::{Text, TextFlags};
pub use tokenizer::{Place, Tokenizer};
