//! How documents begin: declaration, root, namespaces and wrappers are mostly the same, up to the first value.
//!
//! A prefix is the octets of a document up to an element with values of its own, and the whole state of tokenizer and decoder
//! there. A document that starts with these very octets is read from there on. Nothing before it depends on what follows: size,
//! encoding and characters of the whole document were checked before.
use regwire_xml::{Context, Place};

use super::{Decoder, Mode, Open};
use crate::build::Build;
use crate::plan::Role;

/// How many prefixes are known at a time.
const PREFIXES: usize = 12;
/// Octets of a prefix.
const OCTETS: usize = 1024;
/// As in [`super::memory`].
const CREDIT: i16 = 256;
const MOST_CREDIT: i16 = 1024;
const COST: i16 = 16;
const PATIENCE: u16 = 4096;

/// A beginning, and what decoding it left.
#[derive(Debug)]
pub(super) struct Prefix<V> {
    role: Role,
    /// How often it was found, lately.
    found: u32,
    octets: Box<[u8]>,
    pub place: Place,
    open: Vec<Open>,
    values: Vec<V>,
    lists: Vec<Vec<V>>,
    namespaces: u128,
}

/// The beginnings seen lately, longer ones first.
#[derive(Debug)]
pub(super) struct Prefixes<V> {
    known: Vec<Prefix<V>>,
    credit: i16,
    misses: u16,
}

impl<V> Default for Prefixes<V> {
    fn default() -> Self {
        Prefixes {
            known: Vec::new(),
            credit: CREDIT,
            misses: 0,
        }
    }
}

impl<V: Copy> Prefixes<V> {
    /// The longest prefix of a document.
    #[inline(always)]
    pub fn find(&mut self, role: Role, doc: &[u8]) -> Option<&Prefix<V>> {
        let mut known = self.known.iter_mut();
        let found = known.find(|known| known.role == role && doc.starts_with(&known.octets))?;
        self.credit = (self.credit + 1).min(MOST_CREDIT);
        found.found = found.found.saturating_add(1);
        Some(found)
    }

    /// Whether to learn a prefix, or a longer one.
    #[inline]
    pub fn wants(&mut self) -> bool {
        if self.credit > 0 {
            return true;
        }
        self.misses += 1;
        if self.misses >= PATIENCE {
            self.misses = 0;
            self.credit = CREDIT / 2;
        }
        false
    }

    /// Takes in a prefix.
    #[cold]
    pub fn learn<B: Build<Value = V>>(&mut self, prefix: Prefix<V>, build: &mut B) {
        self.credit -= COST;
        if self.known.len() == PREFIXES {
            let counts = self.known.iter_mut().enumerate().map(|(place, known)| {
                known.found /= 2;
                (known.found, place)
            });
            if let Some((_, place)) = counts.min() {
                self.known.remove(place).drop(build);
            }
        }
        let length = prefix.octets.len();
        let longer = self
            .known
            .iter()
            .take_while(|known| known.octets.len() > length);
        self.known.insert(longer.count(), prefix);
    }

    /// Lets go of everything.
    pub fn forget<B: Build<Value = V>>(&mut self, build: &mut B) {
        for prefix in self.known.drain(..) {
            prefix.drop(build);
        }
    }
}

impl<V: Copy> Prefix<V> {
    fn drop<B: Build<Value = V>>(self, build: &mut B) {
        for value in self
            .values
            .into_iter()
            .chain(self.lists.into_iter().flatten())
        {
            if is_value::<B>(value) {
                build.release(value);
            }
        }
    }
}

/// Neither null nor the mark of a list.
#[inline(always)]
fn is_value<B: Build>(value: B::Value) -> bool {
    !B::is_null(value) && B::marked(value).is_none()
}

impl<B: Build> Decoder<'_, B> {
    /// Goes on where a prefix ends.
    #[inline(always)]
    pub(super) fn resume(&mut self, prefix: &Prefix<B::Value>) {
        let scratch = &mut *self.scratch;
        scratch.open.extend_from_slice(&prefix.open);
        scratch.values.clear();
        for &value in &prefix.values {
            let value = if is_value::<B>(value) {
                self.build.share(value)
            } else {
                value
            };
            scratch.values.push(value);
        }
        self.lists = prefix.lists.len();
        for (number, list) in prefix.lists.iter().enumerate() {
            if scratch.lists.len() == number {
                scratch.lists.push(Vec::with_capacity(16));
            }
            for &value in list {
                scratch.lists[number].push(self.build.share(value));
            }
        }
        self.namespaces = prefix.namespaces;
        self.resumed = prefix.place.at() as u32;
    }

    /// The first element with values of its own starts: what is before it may be how others begin.
    #[cold]
    pub(super) fn save(&mut self, cx: &Context<'_>, at: u32) {
        let scratch = &mut *self.scratch;
        if at as usize > OCTETS
            || self.mode != Mode::Normal
            || !scratch.mixed.is_empty()
            || scratch.open.len() < 2
        {
            return;
        }
        let Some(place) = cx.place(at) else { return };
        let mut keep = |value: &B::Value| {
            if is_value::<B>(*value) {
                self.build.share(*value)
            } else {
                *value
            }
        };
        scratch.prefix = Some(Prefix {
            role: self.role,
            found: 1,
            octets: cx.doc()[..at as usize].into(),
            place,
            open: scratch.open.clone(),
            values: scratch.values.iter().map(&mut keep).collect(),
            lists: scratch.lists[..self.lists]
                .iter()
                .map(|list| list.iter().map(&mut keep).collect())
                .collect(),
            namespaces: self.namespaces,
        });
    }
}
