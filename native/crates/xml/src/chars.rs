//! Character classes of XML 1.0 (fifth edition) and references.
use crate::error::{Fail, Reason, fail};

/// May start a name (colons are handled by the caller).
pub(crate) const NAME_START: u8 = 1;
/// May go on in a name.
pub(crate) const NAME_CHAR: u8 = 2;

/// Class of every octet.
pub(crate) static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = match octet as u8 {
            // Above 127 it is part of a character: `is_ncname` decides.
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => NAME_START | NAME_CHAR,
            b'0'..=b'9' | b'-' | b'.' => NAME_CHAR,
            _ => 0,
        };
        octet += 1;
    }
    table
};

/// Space, tab, CR and LF: all that is left below 0x21 in an [`crate::Input`].
#[inline]
pub(crate) const fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\n' | b'\r')
}

/// The production `Char`.
pub(crate) const fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// The production `NameStartChar` without the colon.
const fn is_name_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

/// The production `NameChar` without the colon.
const fn is_name_char(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// The production `NCName` of Namespaces in XML.
pub(crate) fn is_ncname(name: &[u8]) -> bool {
    let Ok(name) = std::str::from_utf8(name) else {
        return false;
    };
    let mut chars = name.chars();
    chars.next().is_some_and(is_name_start) && chars.all(is_name_char)
}

/// Reads the reference whose `&` is at `at`: the character, and the place behind the `;`.
pub(crate) fn reference(doc: &[u8], at: usize) -> Result<(char, usize), Fail> {
    let body = doc.get(at + 1..).unwrap_or_default();
    if body.first() == Some(&b'#') {
        return character_reference(doc, at);
    }
    let predefined: [(&[u8], char); 5] = [
        (b"lt;", '<'),
        (b"gt;", '>'),
        (b"amp;", '&'),
        (b"quot;", '"'),
        (b"apos;", '\''),
    ];
    for (name, character) in predefined {
        if body.starts_with(name) {
            return Ok((character, at + 1 + name.len()));
        }
    }
    let length = body
        .iter()
        .position(|&octet| CLASS[usize::from(octet)] & NAME_CHAR == 0 && octet != b':');
    let named = length
        .is_some_and(|length| length > 0 && body[length] == b';' && is_ncname(&body[..length]));
    fail(
        at,
        if named {
            Reason::UnknownEntity
        } else {
            Reason::MalformedReference
        },
    )
}

/// `&#…;` and `&#x…;`: any number of digits, leading zeros included.
fn character_reference(doc: &[u8], at: usize) -> Result<(char, usize), Fail> {
    let hexadecimal = doc.get(at + 2) == Some(&b'x');
    let (first, radix) = if hexadecimal {
        (at + 3, 16)
    } else {
        (at + 2, 10)
    };
    let mut number: u32 = 0;
    let mut place = first;
    while let Some(digit) = doc
        .get(place)
        .and_then(|&octet| char::from(octet).to_digit(radix))
    {
        number = number.saturating_mul(radix).saturating_add(digit);
        place += 1;
    }
    if place == first || doc.get(place) != Some(&b';') {
        return fail(at, Reason::MalformedReference);
    }
    match char::from_u32(number) {
        Some(character) if is_char(character) => Ok((character, place + 1)),
        _ => fail(at, Reason::InvalidCharacterReference),
    }
}
