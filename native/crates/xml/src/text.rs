//! Character data and attribute values as ranges of the document, expanded on demand.
use crate::chars::reference;

/// What is special about a [`Text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TextFlags(u8);

impl TextFlags {
    /// Nothing special: the octets are the value.
    pub const PLAIN: TextFlags = TextFlags(0);
    /// References, carriage returns or (in attributes) tabs and line ends have to be replaced: use [`Text::expand`].
    /// White-space-only text may carry it without need.
    pub const NEEDS_EXPANSION: TextFlags = TextFlags(1);
    /// Nothing but space, tab, CR and LF (literally: a reference to a space does not count).
    pub const WHITESPACE_ONLY: TextFlags = TextFlags(2);
    /// The inside of a CDATA section: `&` and `<` are literal.
    pub const CDATA: TextFlags = TextFlags(4);
    /// An attribute's value: line ends and tabs become spaces.
    pub const ATTRIBUTE: TextFlags = TextFlags(8);

    /// All of `other` is set.
    #[inline]
    pub const fn contains(self, other: TextFlags) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both.
    #[inline]
    #[must_use]
    pub const fn with(self, other: TextFlags) -> TextFlags {
        TextFlags(self.0 | other.0)
    }

    /// `self`, and `other` too if `condition`.
    #[inline]
    #[must_use]
    pub const fn with_if(self, condition: bool, other: TextFlags) -> TextFlags {
        TextFlags(self.0 | (other.0 * condition as u8))
    }
}

/// A run of character data between two pieces of markup, or an attribute's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Text {
    /// Offset of the first octet.
    pub start: u32,
    /// Offset behind the last octet.
    pub end: u32,
    /// What is special about it.
    pub flags: TextFlags,
}

impl Text {
    /// The octets as they stand in the document. They are the value unless [`Text::needs_expansion`].
    #[inline]
    pub fn as_raw(self, doc: &[u8]) -> &[u8] {
        &doc[self.start as usize..self.end as usize]
    }

    /// [`Text::expand`] gives something else than [`Text::as_raw`].
    #[inline]
    pub const fn needs_expansion(self) -> bool {
        self.flags.contains(TextFlags::NEEDS_EXPANSION)
    }

    /// Nothing but literal white space.
    #[inline]
    pub const fn is_whitespace(self) -> bool {
        self.flags.contains(TextFlags::WHITESPACE_ONLY)
    }

    /// No octets at all (as in `a=""` or `<![CDATA[]]>`).
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Appends the value: references replaced, CR LF and CR made LF, in attributes every white space character made a space
    /// (XML 1.0 sections 2.11 and 3.3.3; there is no DTD, so all attributes are of type CDATA).
    pub fn expand(self, doc: &[u8], out: &mut Vec<u8>) {
        let raw = self.as_raw(doc);
        if !self.needs_expansion() {
            out.extend_from_slice(raw);
            return;
        }
        let attribute = self.flags.contains(TextFlags::ATTRIBUTE);
        let literal = self.flags.contains(TextFlags::CDATA);
        out.reserve(raw.len());
        let mut at = 0;
        while let Some(&octet) = raw.get(at) {
            match octet {
                b'&' if !literal => at = expand_reference(raw, at, out),
                b'\r' => {
                    out.push(if attribute { b' ' } else { b'\n' });
                    at += 1 + usize::from(raw.get(at + 1) == Some(&b'\n'));
                }
                b'\n' | b'\t' if attribute => {
                    out.push(b' ');
                    at += 1;
                }
                _ => {
                    out.push(octet);
                    at += 1;
                }
            }
        }
    }

    /// The value: borrowed from the document, or expanded into `scratch` (which is cleared first).
    #[inline]
    pub fn value<'a>(self, doc: &'a [u8], scratch: &'a mut Vec<u8>) -> &'a [u8] {
        if !self.needs_expansion() {
            return self.as_raw(doc);
        }
        scratch.clear();
        self.expand(doc, scratch);
        scratch
    }
}

/// Appends what the reference at `at` stands for and returns the place behind it. The tokenizer has checked the reference;
/// a `Text` that it did not make keeps a faulty one as it stands.
fn expand_reference(raw: &[u8], at: usize, out: &mut Vec<u8>) -> usize {
    if let Ok((character, behind)) = reference(raw, at) {
        let mut buffer = [0; 4];
        out.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
        behind
    } else {
        out.push(b'&');
        at + 1
    }
}
