//! Searching eight octets at a time in plain integers (no intrinsics, so no unsafe code).
//!
//! All searches return the place of the first octet of a class, or the length of the document. The word tests may report
//! octets *behind* a true hit falsely (a borrow runs upwards), never the first one; the first one is all that is used.
use crate::chars::is_space;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// The octet in all eight places.
const fn all(octet: u8) -> u64 {
    ONES * octet as u64
}

/// Marks zero octets.
#[inline(always)]
const fn zero(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

/// Marks octets equal to that in all places of `octets`.
#[inline(always)]
const fn equal(word: u64, octets: u64) -> u64 {
    zero(word ^ octets)
}

/// Marks octets below 0x20.
#[inline(always)]
const fn control(word: u64) -> u64 {
    word.wrapping_sub(all(0x20)) & !word & HIGHS
}

/// Marks octets above 0x20.
#[inline(always)]
const fn visible(word: u64) -> u64 {
    (((word & !HIGHS) + all(0x7F - 0x20)) | word) & HIGHS
}

#[inline(always)]
fn word(doc: &[u8], at: usize) -> Option<u64> {
    doc.get(at..)
        .and_then(<[u8]>::first_chunk)
        .map(|octets| u64::from_le_bytes(*octets))
}

/// The place of the first octet at or behind `at` that `marks` marks; `is` says the same of one octet.
#[inline(always)]
fn find(doc: &[u8], mut at: usize, marks: impl Fn(u64) -> u64, is: impl Fn(u8) -> bool) -> usize {
    while let Some(octets) = word(doc, at) {
        let found = marks(octets);
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while doc.get(at).is_some_and(|&octet| !is(octet)) {
        at += 1;
    }
    at
}

/// Skips white space. In checked text nothing else is at or below 0x20.
#[inline(always)]
pub(crate) fn skip_space(doc: &[u8], at: usize) -> usize {
    find(doc, at, visible, |octet| !is_space(octet))
}

/// Finds what ends or marks character data: `<`, `&`, `]` and CR.
#[inline(always)]
pub(crate) fn find_in_text(doc: &[u8], at: usize) -> usize {
    find(
        doc,
        at,
        |octets| {
            equal(octets, all(b'<'))
                | equal(octets, all(b'&'))
                | equal(octets, all(b']'))
                | equal(octets, all(b'\r'))
        },
        |octet| matches!(octet, b'<' | b'&' | b']' | b'\r'),
    )
}

/// Finds what ends or marks an attribute's value: its quote, `<`, `&` and white space other than the space.
#[inline(always)]
pub(crate) fn find_in_value(doc: &[u8], at: usize, quote: u8) -> usize {
    let quotes = all(quote);
    find(
        doc,
        at,
        |octets| {
            equal(octets, quotes)
                | equal(octets, all(b'<'))
                | equal(octets, all(b'&'))
                | control(octets)
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
            equal(octets, all(b'<'))
                | equal(octets, all(b'>'))
                | equal(octets, all(b'&'))
                | equal(octets, all(b'"'))
                | equal(octets, all(0xEF))
                | control(octets)
        },
        |octet| matches!(octet, b'<' | b'>' | b'&' | b'"' | 0xEF) || octet < 0x20,
    )
}

/// The octets `doc[start..end]` at most eight of them, the first one lowest, filled up with zeros: a quick key for names.
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
#[inline(never)]
fn short_key(octets: &[u8]) -> u64 {
    octets
        .iter()
        .rev()
        .fold(0, |key, &octet| key << 8 | u64::from(octet))
}

/// `doc[at..]` starts with `doc[start..end]`.
#[inline(always)]
pub(crate) fn repeats(doc: &[u8], at: usize, start: usize, end: usize) -> bool {
    let length = end - start;
    if length >= 8 || at + 8 > doc.len() {
        return doc
            .get(at..at + length)
            .is_some_and(|have| *have == doc[start..end]);
    }
    key8(doc, at, at + length) == key8(doc, start, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(doc: &[u8], at: usize, is: impl Fn(u8) -> bool) -> usize {
        (at..doc.len())
            .find(|&place| is(doc[place]))
            .unwrap_or(doc.len())
    }

    /// Every octet at every place of a word, before and behind every other interesting octet.
    #[test]
    fn searches_find_what_a_loop_finds() {
        for octet in 0..=255u8 {
            for other in [
                b' ',
                b'a',
                b'<',
                0x1F,
                0x20,
                0x21,
                0x7F,
                0x80,
                0xFF,
                octet.wrapping_sub(1),
                octet ^ 0x80,
            ] {
                for place in 0..19 {
                    let mut doc = [b'x'; 20];
                    doc[place] = octet;
                    doc[place + 1] = other;
                    let text = |octet| matches!(octet, b'<' | b'&' | b']' | b'\r');
                    assert_eq!(
                        find_in_text(&doc, 0),
                        naive(&doc, 0, text),
                        "{octet} {other} {place}"
                    );
                    let value = |octet| matches!(octet, b'<' | b'&' | b'\'') || octet < 0x20;
                    assert_eq!(
                        find_in_value(&doc, 0, b'\''),
                        naive(&doc, 0, value),
                        "{octet} {other} {place}"
                    );
                    let escape =
                        |octet| matches!(octet, b'<' | b'>' | b'&' | b'"' | 0xEF) || octet < 0x20;
                    assert_eq!(
                        find_to_escape(&doc, 0),
                        naive(&doc, 0, escape),
                        "{octet} {other} {place}"
                    );
                    if octet > 0x20 || is_space(octet) {
                        let mut doc = [b' '; 20];
                        doc[place] = octet;
                        doc[place + 1] = if other < 0x20 { b'\t' } else { other };
                        assert_eq!(
                            skip_space(&doc, 0),
                            naive(&doc, 0, |c| !is_space(c)),
                            "{octet} {other} {place}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn keys_and_repeats_do_not_look_beyond_their_range() {
        let doc = b"domain domains abcdefghi abcdefghj end";
        for start in 0..doc.len() {
            for end in start..doc.len().min(start + 12) {
                assert_eq!(
                    key8(doc, start, end),
                    short_key(&doc[start..end.min(start + 8)])
                );
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
