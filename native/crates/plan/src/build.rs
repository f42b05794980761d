//! What a decoder makes values with; the bindings make Python objects, the fault finder nothing.
use crate::simple::lexical::{Date, DateTime};

/// Number of a constant that the bindings hold: a member of an enumeration.
pub type Constant = u32;

/// Building failed for a reason outside the document (no memory, an exception); the builder knows which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop;

/// Content that stays as it was received.
#[derive(Debug, Clone, Copy)]
pub struct RawParts<'a> {
    /// The element, from its `<` to behind its end tag.
    pub xml: &'a [u8],
    /// Declarations of the namespaces that it inherits and may use, as attributes.
    pub inherited: &'a [u8],
    /// Its namespace; empty for none.
    pub namespace: &'a [u8],
    /// Its local name.
    pub tag: &'a [u8],
}

/// How an element is built that was read before, one value after another. Cell 0 is the element's own.
#[derive(Debug, Clone, Copy)]
pub enum Step<V> {
    /// The next text, read as a simple type.
    Read {
        /// The simple type.
        simple: u32,
        /// Where the value goes.
        cell: u16,
    },
    /// The same value each time.
    Share {
        /// Where the value goes.
        cell: u16,
        /// The value.
        value: V,
    },
    /// An object out of cells; those that nothing went to are null.
    Build {
        /// The type.
        kind: u32,
        /// The first cell.
        first: u16,
        /// How many cells.
        count: u16,
        /// Where the object goes.
        cell: u16,
    },
}

/// Makes values. Every value given out is released exactly once: inside a tuple or record, by [`Build::release`], or as the
/// result.
pub trait Build {
    /// A value; small, for there is one for every field.
    type Value: Copy;

    /// No value.
    const NULL: Self::Value;

    /// The value is [`Build::NULL`].
    fn is_null(value: Self::Value) -> bool;
    /// A mark that stands for the list with this number until the list is complete.
    fn mark(list: u32) -> Self::Value;
    /// The list that a mark stands for.
    fn marked(value: Self::Value) -> Option<u32>;

    /// Text; `ascii` promises that it is ASCII.
    fn text(&mut self, text: &[u8], ascii: bool) -> Result<Self::Value, Stop>;
    /// A member of an enumeration.
    fn constant(&mut self, constant: Constant) -> Self::Value;
    /// An integer.
    fn integer(&mut self, value: i64) -> Result<Self::Value, Stop>;
    /// An integer that needs more than 64 bits.
    fn big_integer(&mut self, numeral: &[u8]) -> Result<Self::Value, Stop>;
    /// A truth value.
    fn boolean(&mut self, value: bool) -> Self::Value;
    /// A decimal numeral.
    fn decimal(&mut self, numeral: &[u8]) -> Result<Self::Value, Stop>;
    /// A date.
    fn date(&mut self, date: Date) -> Result<Self::Value, Stop>;
    /// A point in time.
    fn date_time(&mut self, time: DateTime) -> Result<Self::Value, Stop>;
    /// A duration as written.
    fn duration(&mut self, text: &[u8]) -> Result<Self::Value, Stop>;
    /// Octets.
    fn binary(&mut self, octets: &[u8]) -> Result<Self::Value, Stop>;
    /// The name of something: namespace (empty for none) and local name.
    fn qname(&mut self, namespace: &[u8], local: &[u8]) -> Result<Self::Value, Stop>;
    /// Unread content.
    fn raw(&mut self, parts: RawParts<'_>) -> Result<Self::Value, Stop>;
    /// A tuple; takes the values.
    fn tuple(&mut self, values: &mut Vec<Self::Value>) -> Result<Self::Value, Stop>;
    /// An object of a type; takes the values. Fields left [`Build::NULL`] get what absence means.
    fn record(&mut self, kind: usize, values: &mut [Self::Value]) -> Result<Self::Value, Stop>;
    /// Lets go of a value.
    fn release(&mut self, value: Self::Value);
    /// The same value once more, to be released once more: what is remembered from frame to frame is given out so.
    fn share(&mut self, value: Self::Value) -> Self::Value;

    /// The slot of a type whose tuple may be made of [`Build::put_off`] instead of [`Build::tuple`].
    #[inline(always)]
    fn puts_off(&self, kind: usize) -> Option<u16> {
        let _ = kind;
        None
    }
    /// A number for what builds an element of so many cells out of texts that are strings; it is good for as long as anything
    /// lives that was put off. None: it cannot be put off.
    fn recipe(&mut self, steps: &[Step<Self::Value>], cells: usize) -> Option<u32> {
        let _ = (steps, cells);
        None
    }
    /// What stands for the tuple of some elements until somebody asks for it.
    fn put_off(&mut self, elements: &Later) -> Result<Self::Value, Stop> {
        let _ = elements;
        Err(Stop)
    }
    /// Builds the elements after all.
    fn build_now(&mut self, elements: &Later, into: &mut Vec<Self::Value>) -> Result<(), Stop> {
        let _ = (elements, into);
        Err(Stop)
    }
}

/// Elements that were read and checked, and not built: of each the number of its recipe, and its texts with their lengths.
#[derive(Debug, Default)]
pub struct Later {
    octets: Vec<u8>,
    count: usize,
    ascii: bool,
}

impl Later {
    /// Number and texts of each element: both numbers are four octets each, the lowest first.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// How many elements.
    pub fn count(&self) -> usize {
        self.count
    }

    /// No text has an octet above 127.
    pub fn is_ascii(&self) -> bool {
        self.ascii
    }

    #[inline(always)]
    pub(crate) fn begin(&mut self, ascii: bool) {
        self.octets.clear();
        self.count = 0;
        self.ascii = ascii;
    }

    #[inline(always)]
    pub(crate) fn element(&mut self, recipe: u32) {
        self.octets.extend_from_slice(&recipe.to_le_bytes());
        self.count += 1;
    }

    #[inline(always)]
    pub(crate) fn text(&mut self, text: &[u8]) {
        self.octets
            .extend_from_slice(&(text.len() as u32).to_le_bytes());
        self.octets.extend_from_slice(text);
    }
}

/// Makes nothing: for finding faults.
#[derive(Debug, Default)]
pub struct Nothing;

impl Build for Nothing {
    type Value = bool;
    const NULL: bool = false;

    fn is_null(value: bool) -> bool {
        !value
    }
    fn mark(_list: u32) -> bool {
        true
    }
    fn marked(_value: bool) -> Option<u32> {
        None
    }
    fn text(&mut self, _text: &[u8], _ascii: bool) -> Result<bool, Stop> {
        Ok(true)
    }
    fn constant(&mut self, _constant: Constant) -> bool {
        true
    }
    fn integer(&mut self, _value: i64) -> Result<bool, Stop> {
        Ok(true)
    }
    fn big_integer(&mut self, _numeral: &[u8]) -> Result<bool, Stop> {
        Ok(true)
    }
    fn boolean(&mut self, _value: bool) -> bool {
        true
    }
    fn decimal(&mut self, _numeral: &[u8]) -> Result<bool, Stop> {
        Ok(true)
    }
    fn date(&mut self, _date: Date) -> Result<bool, Stop> {
        Ok(true)
    }
    fn date_time(&mut self, _time: DateTime) -> Result<bool, Stop> {
        Ok(true)
    }
    fn duration(&mut self, _text: &[u8]) -> Result<bool, Stop> {
        Ok(true)
    }
    fn binary(&mut self, _octets: &[u8]) -> Result<bool, Stop> {
        Ok(true)
    }
    fn qname(&mut self, _namespace: &[u8], _local: &[u8]) -> Result<bool, Stop> {
        Ok(true)
    }
    fn raw(&mut self, _parts: RawParts<'_>) -> Result<bool, Stop> {
        Ok(true)
    }
    fn tuple(&mut self, _values: &mut Vec<bool>) -> Result<bool, Stop> {
        Ok(true)
    }
    fn record(&mut self, _kind: usize, _values: &mut [bool]) -> Result<bool, Stop> {
        Ok(true)
    }
    fn release(&mut self, _value: bool) {}
    fn share(&mut self, value: bool) -> bool {
        value
    }
}
