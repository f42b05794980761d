//! Searching sixteen octets at a time. All searches return a place at or behind `at`, or the length of the document.
use wide::u8x16;

use crate::chars::{CLASS, NAME_CHAR, is_space};

const WIDTH: usize = 16;
const ALL: u32 = 0xFFFF;

/// Sixteen neighbouring octets, or a truth value (all bits or none) for each of them.
#[derive(Clone, Copy)]
struct Lanes(u8x16);

impl Lanes {
    #[inline(always)]
    fn load(doc: &[u8], at: usize) -> Option<Self> {
        let octets: &[u8; WIDTH] = doc.get(at..)?.first_chunk()?;
        Some(Self(u8x16::new(*octets)))
    }

    #[inline(always)]
    fn equal(self, octet: u8) -> Self {
        Self(self.0.simd_eq(u8x16::splat(octet)))
    }

    #[inline(always)]
    fn within(self, first: u8, last: u8) -> Self {
        let above = self.0 - u8x16::splat(first);
        Self(above.min(u8x16::splat(last - first)).simd_eq(above))
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// A bit for each true octet (of octets themselves: for each above 0x7F), the first one lowest.
    #[inline(always)]
    fn bits(self) -> u32 {
        self.0.to_bitmask()
    }
}

/// The first octet that is marked; `is` says of one octet what `marks` says of sixteen.
#[inline(always)]
fn find(doc: &[u8], mut at: usize, marks: impl Fn(Lanes) -> u32, is: impl Fn(u8) -> bool) -> usize {
    while let Some(octets) = Lanes::load(doc, at) {
        let found = marks(octets);
        if found != 0 {
            return at + found.trailing_zeros() as usize;
        }
        at += WIDTH;
    }
    while doc.get(at).is_some_and(|&octet| !is(octet)) {
        at += 1;
    }
    at
}

/// Skips white space. In checked text nothing else is at or below 0x20.
#[inline(always)]
pub(crate) fn skip_space(doc: &[u8], at: usize) -> usize {
    find(
        doc,
        at,
        |octets| octets.within(0, 0x20).bits() ^ ALL,
        |octet| !is_space(octet),
    )
}

/// Finds what ends or marks character data: `<`, `&`, `]` and CR.
#[inline(always)]
pub(crate) fn find_in_text(doc: &[u8], at: usize) -> usize {
    find(
        doc,
        at,
        |octets| {
            octets
                .equal(b'<')
                .or(octets.equal(b'&'))
                .or(octets.equal(b']'))
                .or(octets.equal(b'\r'))
                .bits()
        },
        |octet| matches!(octet, b'<' | b'&' | b']' | b'\r'),
    )
}

/// The end of the text at `at`, where a `<` stands; none if there is no such end, or something in the text is not just itself
/// (a reference, a carriage return) or has to be looked at (a bracket).
///
/// ```
/// use regwire_xml::plain_text_end;
/// assert_eq!(plain_text_end(b"some text</a>", 0), Some(9));
/// assert_eq!(plain_text_end(b"a &amp; b</a>", 0), None);
/// ```
#[inline(always)]
pub fn plain_text_end(doc: &[u8], at: usize) -> Option<usize> {
    let end = find_in_text(doc, at);
    (doc.get(end) == Some(&b'<')).then_some(end)
}

/// Finds what ends or marks an attribute's value: its quote, `<`, `&` and everything below 0x20 (white space, that is).
#[inline(always)]
pub(crate) fn find_in_value(doc: &[u8], at: usize, quote: u8) -> usize {
    find(
        doc,
        at,
        |octets| {
            octets
                .equal(quote)
                .or(octets.equal(b'<'))
                .or(octets.equal(b'&'))
                .or(octets.within(0, 0x1F))
                .bits()
        },
        |octet| octet == quote || matches!(octet, b'<' | b'&') || octet < 0x20,
    )
}

/// Finds what a writer must look at: controls, `&`, `<`, `>`, `"` and 0xEF (which starts U+FFFE and U+FFFF).
#[inline(always)]
pub(crate) fn find_to_escape(text: &[u8], at: usize) -> usize {
    find(
        text,
        at,
        |octets| {
            let markup = octets
                .equal(b'<')
                .or(octets.equal(b'>'))
                .or(octets.equal(b'&'))
                .or(octets.equal(b'"'));
            markup
                .or(octets.equal(0xEF))
                .or(octets.within(0, 0x1F))
                .bits()
        },
        |octet| matches!(octet, b'<' | b'>' | b'&' | b'"' | 0xEF) || octet < 0x20,
    )
}

/// A name with colons, as far as it can be told without decoding characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NameSpan {
    /// Behind the last octet.
    pub end: usize,
    /// Behind the colon, or the start if there is none; not exact with more than one.
    pub local: usize,
    /// 0, 1, or anything above for several.
    pub colons: u32,
    /// An octet is above 0x7F, so the characters have to be looked at.
    pub high: bool,
}

/// Finds the end of the name at `at`.
#[inline(always)]
pub(crate) fn scan_name(doc: &[u8], at: usize) -> NameSpan {
    let mut name = NameSpan {
        end: at,
        local: at,
        colons: 0,
        high: false,
    };
    while let Some(octets) = Lanes::load(doc, name.end) {
        let letters = Lanes(octets.0 | u8x16::splat(0x20)).within(b'a', b'z');
        // From hyphen to colon everything but the slash belongs to names: `-`, `.`, the digits and the colon itself.
        let others = octets.within(b'-', b'.').or(octets.within(b'0', b':'));
        let found = letters.or(others).or(octets.equal(b'_')).or(octets).bits() ^ ALL;
        // Everything before the first octet that is not of the name.
        let inside = (found & found.wrapping_neg()).wrapping_sub(1);
        let colons = octets.equal(b':').bits() & inside;
        if colons != 0 {
            // Not counted further: there is no quick way on every processor.
            name.colons += 1 + u32::from(colons & (colons - 1) != 0);
            name.local = name.end + colons.trailing_zeros() as usize + 1;
        }
        name.high |= octets.bits() & inside != 0;
        if found != 0 {
            name.end += found.trailing_zeros() as usize;
            return name;
        }
        name.end += WIDTH;
    }
    finish_name(doc, name)
}

/// The last octets of a document.
#[inline(never)]
fn finish_name(doc: &[u8], mut name: NameSpan) -> NameSpan {
    while let Some(&octet) = doc.get(name.end)
        && (CLASS[usize::from(octet)] & NAME_CHAR != 0 || octet == b':')
    {
        name.end += 1;
        if octet == b':' {
            name.colons += 1;
            name.local = name.end;
        }
        name.high |= octet >= 0x80;
    }
    name
}

#[inline(always)]
fn word(doc: &[u8], at: usize) -> Option<u64> {
    doc.get(at..)
        .and_then(<[u8]>::first_chunk)
        .map(|octets| u64::from_le_bytes(*octets))
}

/// The octets `doc[start..end]`, at most eight of them, the first one lowest, filled up with zeros: a quick key for names.
/// Two names of the same length of at most eight octets are equal exactly if their keys are.
///
/// # Panics
/// If the range is not one of `doc`.
#[inline(always)]
pub fn key8(doc: &[u8], start: usize, end: usize) -> u64 {
    let length = end - start;
    if let Some(octets) = word(doc, start) {
        return if length >= 8 {
            octets
        } else {
            octets & !(u64::MAX << (8 * length))
        };
    }
    short_key(&doc[start..end])
}

/// [`key8`] in the last seven octets of a document.
#[inline(always)]
fn short_key(octets: &[u8]) -> u64 {
    let length = octets.len();
    if let (Some(first), Some(last)) = (octets.first_chunk(), octets.last_chunk()) {
        // Where they overlap they are the same.
        let last = u64::from(u32::from_le_bytes(*last));
        return u64::from(u32::from_le_bytes(*first)) | last << (8 * (length - 4));
    }
    match *octets {
        [a, b, c] => u64::from(a) | u64::from(b) << 8 | u64::from(c) << 16,
        [a, b] => u64::from(a) | u64::from(b) << 8,
        [a] => u64::from(a),
        _ => 0,
    }
}

/// `doc[at..]` starts with `doc[start..end]`.
#[inline(always)]
pub(crate) fn repeats(doc: &[u8], at: usize, start: usize, end: usize) -> bool {
    let length = end - start;
    if at + length > doc.len() {
        return false;
    }
    if length < 8 {
        return key8(doc, at, at + length) == key8(doc, start, end);
    }
    let mut place = 0;
    while place + 8 < length {
        if word(doc, at + place) != word(doc, start + place) {
            return false;
        }
        place += 8;
    }
    // The last eight octets may overlap those before.
    word(doc, at + length - 8) == word(doc, end - 8)
}

/// Equal octets, mostly few: a call to compare them would cost more than comparing.
#[inline(always)]
pub fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let (Some(last), Some(other_last)) = (one.last_chunk::<WIDTH>(), other.last_chunk::<WIDTH>())
    else {
        return same_few(one, other);
    };
    let (lanes, _) = one.as_chunks::<WIDTH>();
    let (other_lanes, _) = other.as_chunks::<WIDTH>();
    // Where the last lanes overlap those before they are the same twice.
    lanes.iter().zip(other_lanes).all(|(a, b)| same_lanes(a, b)) && same_lanes(last, other_last)
}

#[inline(always)]
fn same_lanes(one: &[u8; WIDTH], other: &[u8; WIDTH]) -> bool {
    u8x16::new(*one).simd_eq(u8x16::new(*other)).to_bitmask() == ALL
}

/// [`same`] of less than sixteen octets, as many of both.
#[inline(always)]
fn same_few(one: &[u8], other: &[u8]) -> bool {
    match (one.first_chunk::<8>(), other.first_chunk::<8>()) {
        (Some(first), Some(other_first)) => {
            first == other_first && one.last_chunk::<8>() == other.last_chunk::<8>()
        }
        _ => key8(one, 0, one.len()) == key8(other, 0, other.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(doc: &[u8], is: impl Fn(u8) -> bool) -> usize {
        doc.iter().position(|&octet| is(octet)).unwrap_or(doc.len())
    }

    fn naive_name(doc: &[u8]) -> NameSpan {
        let end = naive(doc, |octet| CLASS[usize::from(octet)] == 0 && octet != b':');
        let colons: Vec<usize> = (0..end).filter(|&place| doc[place] == b':').collect();
        NameSpan {
            end,
            local: colons.last().map_or(0, |last| last + 1),
            colons: colons.len() as u32,
            high: doc[..end].iter().any(|octet| !octet.is_ascii()),
        }
    }

    /// Names hold one colon at most where the span is used, so `local` need not be exact with more.
    fn agree(found: NameSpan, expected: NameSpan) -> bool {
        let rough = |span: NameSpan| NameSpan {
            local: 0,
            colons: span.colons.min(2),
            ..span
        };
        rough(found) == rough(expected) && (expected.colons > 1 || found.local == expected.local)
    }

    fn check(doc: &[u8], blank: &[u8]) {
        let text = |octet| matches!(octet, b'<' | b'&' | b']' | b'\r');
        assert_eq!(find_in_text(doc, 0), naive(doc, text), "{doc:?}");
        let value = |octet| matches!(octet, b'<' | b'&' | b'\'') || octet < 0x20;
        assert_eq!(find_in_value(doc, 0, b'\''), naive(doc, value), "{doc:?}");
        let escape = |octet| matches!(octet, b'<' | b'>' | b'&' | b'"' | 0xEF) || octet < 0x20;
        assert_eq!(find_to_escape(doc, 0), naive(doc, escape), "{doc:?}");
        assert_eq!(
            skip_space(blank, 0),
            naive(blank, |octet| !is_space(octet)),
            "{blank:?}"
        );
        assert!(agree(scan_name(doc, 0), naive_name(doc)), "{doc:?}");
    }

    /// Every octet before every interesting octet, at the edges of words.
    #[test]
    fn searches_find_what_a_loop_finds() {
        let others = [
            b' ', b'a', b'<', b'/', b':', b'_', 0x1F, 0x20, 0x21, 0x7F, 0x80, 0xFF,
        ];
        for octet in 0..=255u8 {
            for other in others.into_iter().chain([
                octet.wrapping_sub(1),
                octet.wrapping_add(1),
                octet ^ 0x80,
            ]) {
                for place in [0, 1, 6, 7, 8, 14, 15, 16, 30, 33] {
                    let mut doc = [b'x'; 35];
                    doc[place] = octet;
                    doc[place + 1] = other;
                    let mut blank = [b' '; 35];
                    blank[place] = if octet < 0x20 { b'\n' } else { octet };
                    blank[place + 1] = if other < 0x20 { b'\t' } else { other };
                    check(&doc, &blank);
                }
            }
        }
    }

    #[test]
    fn sameness_is_equality() {
        let doc = b"abcdefghijklmnopqrstuvwxyz0123456789";
        for length in 0..doc.len() {
            assert!(same(&doc[..length], &doc.to_vec()[..length]));
            for place in 0..length {
                let mut other = doc.to_vec();
                other[place] ^= 1;
                assert!(!same(&doc[..length], &other[..length]));
            }
            assert!(!same(&doc[..length], &doc[..=length]));
        }
    }

    #[test]
    fn keys_and_repeats_do_not_look_beyond_their_range() {
        let doc = b"domain domains abcdefghi abcdefghj abcdefghijklmnopq abcdefghijklmnopr end";
        for start in 0..doc.len() {
            for end in start..doc.len().min(start + 20) {
                let naive = doc[start..end.min(start + 8)]
                    .iter()
                    .rev()
                    .fold(0, |key, &octet| key << 8 | u64::from(octet));
                assert_eq!(key8(doc, start, end), naive);
                assert_eq!(key8(&doc[start..end], 0, end - start), naive);
                for at in 0..=doc.len() {
                    assert_eq!(
                        repeats(doc, at, start, end),
                        doc[at..].starts_with(&doc[start..end])
                    );
                }
            }
        }
    }
}
