//! Compiled declarations: decode automata, encode templates, facets, faults.
//!
//! [`Plan`] is the compiled schema. [`decode`] reads a right frame in one pass with whatever [`Build`]er makes the values;
//! [`faults::find`] says what is wrong with a frame that [`decode`] refused; [`Templates`] is how objects are written.
#![forbid(unsafe_code)]
#![allow(
    clippy::inline_always,
    reason = "the decoder is one loop over events; calls in it cost more than they tell"
)]
#![allow(
    clippy::struct_excessive_bools,
    reason = "declarations are made of yes and no"
)]

mod build;
mod decode;
pub mod faults;
mod model;
mod plan;
mod rule;
pub mod simple;
mod template;

pub use build::{Build, Constant, Later, Nothing, RawParts, Step, Stop};
pub use decode::{Outcome, Scratch, decode};
pub use model::{Model, ModelKind};
pub use plan::{
    Admits, Attribute, Declaration, Edge, Global, Marker, Particle, Plan, Process, Role, State,
    Target, Type, TypeDeclaration,
};
pub use rule::{Class, Rule};
pub use template::{Branch, Occurs, Op, RootTemplate, Template, Templates};
