//! Writing XML: escaping, numbers, dates, and raw slices that stand alone. Everything appends to a `Vec<u8>`.
use std::fmt;

use crate::chars::{CLASS, is_char};
use crate::scan::{find_to_escape, key8};

/// A character that no XML 1.0 document can carry, not even as a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unwritable {
    /// Octets before it in the text.
    pub offset: usize,
    /// The character.
    pub character: char,
}

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "XML cannot carry the character U+{:04X} (octet {})",
            u32::from(self.character),
            self.offset
        )
    }
}

impl std::error::Error for Unwritable {}

/// The text is ASCII without white space, controls and anything that is written as a reference: it can be copied.
#[inline]
pub fn is_plain(text: &[u8]) -> bool {
    let mut chunks = text.chunks_exact(8);
    let mut marks = 0;
    for chunk in &mut chunks {
        marks |= special(u64::from_le_bytes(chunk.try_into().unwrap_or_default()));
    }
    let rest = chunks.remainder();
    if let Some(last) = text.last_chunk::<8>() {
        // Some octets a second time, which costs less than gathering the rest.
        marks |= special(u64::from_le_bytes(*last));
    } else if !rest.is_empty() {
        // Filled up with an octet that is plain.
        let filled = key8(rest, 0, rest.len()) | (0x6161_6161_6161_6161 << (8 * rest.len()));
        marks |= special(filled);
    }
    marks == 0
}

/// The highest bit of each octet that is not plain; of octets above such a one it may be set as well.
#[inline(always)]
fn special(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * EACH;
    let zero = |word: u64| word.wrapping_sub(EACH) & !word;
    let blank = word.wrapping_sub(0x21 * EACH) & !word;
    // `<` and `>` differ in one bit, and so do `"` and `&`.
    let angles = zero((word | (0x02 * EACH)) ^ (0x3E * EACH));
    let others = zero((word | (0x04 * EACH)) ^ (0x26 * EACH));
    (word | blank | angles | others) & HIGH
}

/// Appends character data: `&`, `<` and `>` escaped, CR as a reference so that it survives line end normalisation.
///
/// On an error `out` is left as it was.
#[inline]
pub fn text(out: &mut Vec<u8>, text: &str) -> Result<(), Unwritable> {
    escape(out, text, |octet| match octet {
        b'&' => Some(b"&amp;"),
        b'<' => Some(b"&lt;"),
        b'>' => Some(b"&gt;"),
        b'\r' => Some(b"&#13;"),
        _ => None,
    })
}

/// Appends an attribute's value (to stand between double quotes): as [`text()`](fn@text), and `"`, tab and LF as references too.
///
/// On an error `out` is left as it was.
#[inline]
pub fn attribute(out: &mut Vec<u8>, value: &str) -> Result<(), Unwritable> {
    escape(out, value, |octet| match octet {
        b'&' => Some(b"&amp;"),
        b'<' => Some(b"&lt;"),
        b'>' => Some(b"&gt;"),
        b'"' => Some(b"&quot;"),
        b'\r' => Some(b"&#13;"),
        b'\n' => Some(b"&#10;"),
        b'\t' => Some(b"&#9;"),
        _ => None,
    })
}

#[inline(always)]
fn escape(
    out: &mut Vec<u8>,
    text: &str,
    escaped: impl Fn(u8) -> Option<&'static [u8]>,
) -> Result<(), Unwritable> {
    let before = out.len();
    let octets = text.as_bytes();
    let mut copied = 0;
    loop {
        let mut at = find_to_escape(octets, copied);
        while let Some(&octet) = octets.get(at) {
            if escaped(octet).is_some() {
                break;
            }
            if let Err(found) = check_character(text, at) {
                out.truncate(before);
                return Err(found);
            }
            at = find_to_escape(octets, at + 1);
        }
        out.extend_from_slice(&octets[copied..at]);
        let Some(reference) = octets.get(at).and_then(|&octet| escaped(octet)) else {
            return Ok(());
        };
        out.extend_from_slice(reference);
        copied = at + 1;
    }
}

/// Of what [`find_to_escape`] stops at: controls other than white space, U+FFFE and U+FFFF.
fn check_character(text: &str, at: usize) -> Result<(), Unwritable> {
    match text.get(at..).and_then(|rest| rest.chars().next()) {
        Some(character) if !is_char(character) => Err(Unwritable {
            offset: at,
            character,
        }),
        _ => Ok(()),
    }
}

/// Appends a whole number in decimal digits.
#[inline]
pub fn unsigned(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

/// Appends a whole number in decimal digits, with a minus sign if it is negative.
#[inline]
pub fn signed(out: &mut Vec<u8>, number: i64) {
    if number < 0 {
        out.push(b'-');
    }
    unsigned(out, number.unsigned_abs());
}

/// A date of the proleptic Gregorian calendar. The writer trusts its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    /// 1 to 9999.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// A time of day in UTC. The writer trusts its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// 0 to 999,999.
    pub microsecond: u32,
}

/// Appends `YYYY-MM-DD`.
#[inline]
pub fn date(out: &mut Vec<u8>, date: Date) {
    let [y1, y2] = two_digits((date.year / 100) as u8);
    let [y3, y4] = two_digits((date.year % 100) as u8);
    let [m1, m2] = two_digits(date.month);
    let [d1, d2] = two_digits(date.day);
    out.extend_from_slice(&[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2]);
}

/// Appends `YYYY-MM-DDThh:mm:ss[.fraction]Z`, the fraction without trailing zeros.
#[inline]
pub fn date_time(out: &mut Vec<u8>, day: Date, time: Time) {
    date(out, day);
    let [h1, h2] = two_digits(time.hour);
    let [m1, m2] = two_digits(time.minute);
    let [s1, s2] = two_digits(time.second);
    out.extend_from_slice(&[b'T', h1, h2, b':', m1, m2, b':', s1, s2]);
    if time.microsecond != 0 {
        fraction(out, time.microsecond);
    }
    out.push(b'Z');
}

fn fraction(out: &mut Vec<u8>, microsecond: u32) {
    let mut digits = [0; 6];
    let mut rest = microsecond;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let length = digits
        .iter()
        .rposition(|&digit| digit != b'0')
        .map_or(0, |last| last + 1);
    out.push(b'.');
    out.extend_from_slice(&digits[..length]);
}

#[inline(always)]
const fn two_digits(number: u8) -> [u8; 2] {
    [b'0' + number / 10 % 10, b'0' + number % 10]
}

/// Appends a namespace declaration with a space before it: ` xmlns:p="uri"`, or ` xmlns="uri"` for the empty prefix.
///
/// `prefix` and `uri` come out of a parsed document or a checked plan, so they hold no forbidden characters; octets that are
/// not UTF-8 are replaced.
pub fn binding(out: &mut Vec<u8>, prefix: &[u8], uri: &[u8]) {
    out.extend_from_slice(b" xmlns");
    if !prefix.is_empty() {
        out.push(b':');
        out.extend_from_slice(prefix);
    }
    out.extend_from_slice(b"=\"");
    // Forbidden characters cannot occur (see above); if they do, the declaration is left empty rather than ill-formed.
    let _ = attribute(out, &String::from_utf8_lossy(uri));
    out.push(b'"');
}

/// Appends an element's octets with `bindings` (rendered by [`binding`] or [`crate::Context::render_used`]) added to
/// its start tag, so that they parse alone.
///
/// `element` starts with the `<` of a start tag that the tokenizer has accepted.
pub fn standalone(out: &mut Vec<u8>, element: &[u8], bindings: &[u8]) {
    let is_name = |octet: u8| CLASS[usize::from(octet)] != 0 || octet == b':';
    let name = element
        .iter()
        .skip(1)
        .take_while(|&&octet| is_name(octet))
        .count();
    let (head, tail) = element.split_at(element.len().min(1 + name));
    out.reserve(element.len() + bindings.len());
    out.extend_from_slice(head);
    out.extend_from_slice(bindings);
    out.extend_from_slice(tail);
}

/// The default namespace may have a say in an element's octets: a start tag is without a prefix, or there is an `xsi:type`,
/// whose value may be without one. (Comments and CDATA sections are not told apart from tags.)
pub fn may_use_default(element: &[u8]) -> bool {
    let is_unprefixed = |&place: &usize| {
        let tag = &element[place + 1..];
        let end = tag
            .iter()
            .position(|&octet| CLASS[usize::from(octet)] == 0)
            .unwrap_or(tag.len());
        end > 0 && tag.get(end) != Some(&b':')
    };
    memchr::memchr_iter(b'<', element).any(|place| is_unprefixed(&place))
        || memchr::memmem::find(element, b":type").is_some()
}
