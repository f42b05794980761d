//! What decoding needs besides the frame.
use regwire_xml::{QName, Text, Tokenizer};

use super::Open;
use super::memory::{GAPS, Gaps, Memory};
use super::prefix::{Prefix, Prefixes};
use super::record::Recorder;
use crate::build::{Build, Later};
use crate::plan::Plan;

/// Memory of decoding, kept from frame to frame.
#[derive(Debug)]
pub struct Scratch<V> {
    pub(super) open: Vec<Open>,
    pub(super) values: Vec<V>,
    pub(super) lists: Vec<Vec<V>>,
    /// What was put off of the list in the decoder's cell `later`.
    pub(super) later: Later,
    pub(super) joined: Vec<u8>,
    pub(super) expanded: Vec<u8>,
    pub(super) inherited: Vec<u8>,
    /// Text of mixed elements that are open: depth and text.
    pub(super) mixed: Vec<(usize, Vec<u8>)>,
    /// Attributes that a type to be chosen by `xsi:type` may have.
    pub(super) deferred: Vec<(QName, Text)>,
    pub(super) tokenizer: Option<Box<Tokenizer>>,
    pub(super) memory: Memory<V>,
    pub(super) prefixes: Option<Box<Prefixes<V>>>,
    /// One to be learnt.
    pub(super) prefix: Option<Prefix<V>>,
    pub(super) gaps: Gaps,
    pub(super) recorder: Recorder<V>,
}

impl<V> Default for Scratch<V> {
    fn default() -> Self {
        Scratch {
            open: Vec::new(),
            values: Vec::new(),
            lists: Vec::new(),
            later: Later::default(),
            joined: Vec::new(),
            expanded: Vec::new(),
            inherited: Vec::new(),
            mixed: Vec::new(),
            deferred: Vec::new(),
            tokenizer: None,
            memory: Memory::none(),
            prefixes: None,
            prefix: None,
            gaps: [(0, 0); GAPS],
            recorder: Recorder::default(),
        }
    }
}

impl<V> Scratch<V> {
    /// One that remembers what was decoded by this plan and need not read the same octets again. It is for frames of this plan,
    /// under the same limits each time; frames of others are decoded as with any scratch. What it remembers is values: they are
    /// kept until [`Scratch::forget`].
    pub fn remembering(plan: &Plan) -> Self {
        Scratch {
            memory: Memory::of(plan),
            ..Self::default()
        }
    }

    /// Lets go of all values that are remembered.
    pub fn forget<B: Build<Value = V>>(&mut self, build: &mut B)
    where
        V: Copy,
    {
        self.memory.forget(build);
        if let Some(prefixes) = &mut self.prefixes {
            prefixes.forget(build);
        }
    }
}
