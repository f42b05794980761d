//! From received octets to checked UTF-8.
use std::borrow::Cow;

use wide::u8x16;

use crate::declaration;
use crate::error::{Error, Fail, Reason, fail};
use crate::limits::Limits;

/// What the received octets were in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 without a byte order mark (US-ASCII included).
    Utf8,
    /// UTF-8 with a byte order mark.
    Utf8Marked,
    /// UTF-16, little end first, with a byte order mark.
    Utf16Le,
    /// UTF-16, big end first, with a byte order mark.
    Utf16Be,
}

const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";
/// What most documents start with: known to be right without reading it by its grammar.
const USUAL_DECLARATION: &[u8] = br#"<?xml version="1.0" encoding="UTF-8"?>"#;

/// A document whose encoding is settled and whose every character XML allows; what the tokenizer reads.
///
/// Accepted: UTF-8 (a byte order mark is skipped), UTF-16 with a byte order mark, and US-ASCII when it is declared. A declared
/// encoding must be the one found.
#[derive(Debug, Clone)]
pub struct Input<'a> {
    text: Cow<'a, [u8]>,
    /// Offset behind the byte order mark and the XML declaration.
    body: usize,
    encoding: Encoding,
    ascii: bool,
    carriage_returns: bool,
}

impl<'a> Input<'a> {
    /// Checks size, encoding, characters and the XML declaration. Copies only when UTF-16 came in.
    pub fn new(received: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        if received.len() > limits.octets.min(Limits::MAX_OCTETS) {
            return Err(Error {
                offset: 0,
                line: 1,
                reason: Reason::TooLarge,
            });
        }
        let (text, start, encoding): (Cow<'a, [u8]>, usize, Encoding) = match received {
            [0xFF, 0xFE, units @ ..] => (
                transcode(units, u16::from_le_bytes, limits)?.into(),
                0,
                Encoding::Utf16Le,
            ),
            [0xFE, 0xFF, units @ ..] => (
                transcode(units, u16::from_be_bytes, limits)?.into(),
                0,
                Encoding::Utf16Be,
            ),
            _ if received.starts_with(UTF8_MARK) => {
                (received.into(), UTF8_MARK.len(), Encoding::Utf8Marked)
            }
            _ => (received.into(), 0, Encoding::Utf8),
        };
        let mut input = Input {
            text,
            body: start,
            encoding,
            ascii: true,
            carriage_returns: false,
        };
        match input.check() {
            Ok(()) => Ok(input),
            Err(found) => Err(input.error(found)),
        }
    }

    /// The whole document in UTF-8. Offsets of tokens are offsets of this text; a byte order mark counts, unless it was one
    /// of UTF-16.
    #[inline]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// What the received octets were in.
    #[inline]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// No octet (but those of a byte order mark) is above 127.
    #[inline]
    pub fn is_ascii(&self) -> bool {
        self.ascii
    }

    /// The offset among the received octets of an offset of [`Input::text`].
    pub fn received_offset(&self, offset: usize) -> usize {
        match self.encoding {
            Encoding::Utf8 | Encoding::Utf8Marked => offset,
            Encoding::Utf16Le | Encoding::Utf16Be => {
                let before = &self.text[..offset.min(self.text.len())];
                let characters = before.iter().filter(|&&octet| octet & 0xC0 != 0x80).count();
                let pairs = before.iter().filter(|&&octet| octet >= 0xF0).count();
                2 + 2 * (characters + pairs)
            }
        }
    }

    /// The line, counted from 1, of an offset of [`Input::text`].
    pub fn line(&self, offset: usize) -> u32 {
        line(&self.text[..offset.min(self.text.len())])
    }

    pub(crate) fn body(&self) -> usize {
        self.body
    }

    pub(crate) fn has_carriage_returns(&self) -> bool {
        self.carriage_returns
    }

    pub(crate) fn error(&self, found: Fail) -> Error {
        let offset = (found.at as usize).min(self.text.len());
        Error {
            offset: self.received_offset(offset),
            line: self.line(offset),
            reason: found.reason,
        }
    }

    fn check(&mut self) -> Result<(), Fail> {
        let start = self.body;
        let seen = survey(&self.text[start..]);
        self.ascii = !seen.high;
        self.carriage_returns = seen.carriage_return;
        if seen.control {
            return self.find_control();
        }
        if seen.high {
            check_utf8(&self.text)?;
        }
        if matches!(self.encoding, Encoding::Utf8 | Encoding::Utf8Marked)
            && self.text[start..].starts_with(USUAL_DECLARATION)
        {
            self.body = start + USUAL_DECLARATION.len();
        } else if let Some(declaration) = declaration::parse(&self.text, start)? {
            if let Some(name) = declaration.encoding {
                self.check_encoding(&self.text[name.clone()], name.start)?;
            }
            self.body = declaration.end;
        }
        Ok(())
    }

    /// Names the first forbidden control, or the fault of encoding before it.
    #[cold]
    fn find_control(&self) -> Result<(), Fail> {
        let is_control = |&octet: &u8| octet < 0x20 && !matches!(octet, b'\t' | b'\n' | b'\r');
        let place = self.text.iter().position(is_control).unwrap_or(0);
        check_utf8(&self.text[..place])?;
        fail(place, Reason::InvalidCharacter)
    }

    /// The declared encoding has to be the one found.
    fn check_encoding(&self, declared: &[u8], at: usize) -> Result<(), Fail> {
        let is = |names: &[&str]| {
            names
                .iter()
                .any(|name| name.as_bytes().eq_ignore_ascii_case(declared))
        };
        let utf8 = is(&["UTF-8", "UTF8"]);
        let ascii = is(&["US-ASCII", "ASCII"]);
        if !utf8 && !ascii && !is(&["UTF-16", "UTF-16LE", "UTF-16BE"]) {
            return fail(at, Reason::UnknownEncoding);
        }
        let fits = match self.encoding {
            Encoding::Utf8 => utf8 || ascii,
            Encoding::Utf8Marked => utf8,
            Encoding::Utf16Le => is(&["UTF-16", "UTF-16LE"]),
            Encoding::Utf16Be => is(&["UTF-16", "UTF-16BE"]),
        };
        if !fits {
            return fail(at, Reason::EncodingMismatch);
        }
        if ascii && !self.ascii {
            return fail(
                self.text
                    .iter()
                    .position(|octet| !octet.is_ascii())
                    .unwrap_or(at),
                Reason::NotAscii,
            );
        }
        Ok(())
    }
}

#[derive(Default)]
struct Survey {
    high: bool,
    control: bool,
    carriage_return: bool,
}

/// Octets that are looked at in one go.
const BLOCK: usize = 64;

/// One pass over all octets. Most blocks hold nothing below a space but line feeds, which a look at their least octet tells.
#[inline(never)]
fn survey(text: &[u8]) -> Survey {
    let mut seen = Survey::default();
    let mut high = u8x16::splat(0);
    let (blocks, rest) = text.as_chunks();
    for block in blocks {
        high |= seen.look(block);
    }
    if !rest.is_empty() {
        if let Some(last) = text.last_chunk() {
            high |= seen.look(last);
        } else {
            let mut last = [b' '; BLOCK];
            last[..rest.len()].copy_from_slice(rest);
            high |= seen.look(&last);
        }
    }
    seen.high = high.to_bitmask() != 0;
    seen
}

impl Survey {
    /// Looks at a block for controls, and gives its octets laid over each other.
    #[inline(always)]
    fn look(&mut self, block: &[u8; BLOCK]) -> u8x16 {
        let (parts, _) = block.as_chunks();
        let (mut all, mut least) = (u8x16::splat(0), u8x16::splat(u8::MAX));
        for part in parts {
            let octets = u8x16::new(*part);
            let feeds = octets.simd_eq(u8x16::splat(b'\n'));
            all |= octets;
            least = least.min(octets | feeds);
        }
        let controls = least.min(u8x16::splat(b' ' - 1)).simd_eq(least);
        if controls.to_bitmask() != 0 {
            self.look_closely(block);
        }
        all
    }

    /// A block with a control other than a line feed: tabs and carriage returns are allowed.
    #[inline(never)]
    fn look_closely(&mut self, block: &[u8; BLOCK]) {
        for octet in block {
            self.carriage_return |= *octet == b'\r';
            self.control |= *octet < b' ' && !matches!(octet, b'\t' | b'\n' | b'\r');
        }
    }
}

/// UTF-8, and no U+FFFE or U+FFFF.
fn check_utf8(text: &[u8]) -> Result<(), Fail> {
    if simdutf8::basic::from_utf8(text).is_err()
        && let Err(found) = simdutf8::compat::from_utf8(text)
    {
        return fail(found.valid_up_to(), Reason::InvalidUtf8);
    }
    let is_noncharacter = |&place: &usize| matches!(text[place..], [0xEF, 0xBF, 0xBE | 0xBF, ..]);
    match memchr::memchr_iter(0xEF, text).find(is_noncharacter) {
        Some(place) => fail(place, Reason::InvalidCharacter),
        None => Ok(()),
    }
}

/// UTF-16 without its mark to UTF-8, within the limit.
fn transcode(octets: &[u8], unit: fn([u8; 2]) -> u16, limits: &Limits) -> Result<Vec<u8>, Error> {
    let (units, odd) = octets.as_chunks();
    let mut text = String::with_capacity(octets.len() / 2);
    let mut offset = 2;
    let error = |text: &str, offset, reason| Error {
        offset,
        line: line(text.as_bytes()),
        reason,
    };
    for decoded in char::decode_utf16(units.iter().map(|&pair| unit(pair))) {
        let Ok(character) = decoded else {
            return Err(error(&text, offset, Reason::InvalidUtf16));
        };
        text.push(character);
        offset += 2 * character.len_utf16();
        if text.len() > limits.octets {
            return Err(error(&text, offset, Reason::TooLarge));
        }
    }
    if !odd.is_empty() {
        return Err(error(&text, offset, Reason::InvalidUtf16));
    }
    Ok(text.into_bytes())
}

/// The line behind `before`: LF, CR and CR LF end lines.
fn line(before: &[u8]) -> u32 {
    let feeds = memchr::memchr_iter(b'\n', before).count();
    let returns = memchr::memchr_iter(b'\r', before)
        .filter(|&place| before.get(place + 1) != Some(&b'\n'))
        .count();
    u32::try_from(1 + feeds + returns).unwrap_or(u32::MAX)
}
