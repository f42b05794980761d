//! Lexical spaces of the built-in types: text to parts, without any Python.

/// A calendar date as written; the zone is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    /// 1 to 9999: what `datetime.date` holds.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to the length of the month.
    pub day: u8,
}

/// A point in time, converted to UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTime {
    /// The day in UTC.
    pub date: Date,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// 0 to 999,999; further digits were cut.
    pub microsecond: u32,
}

#[inline(always)]
fn digit(octet: u8) -> Option<u8> {
    let value = octet.wrapping_sub(b'0');
    (value < 10).then_some(value)
}

#[inline(always)]
fn two(text: &[u8], at: usize) -> Option<u8> {
    Some(digit(*text.get(at)?)? * 10 + digit(*text.get(at + 1)?)?)
}

const fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn month_length(year: u16, month: u8) -> u8 {
    match month {
        2 => 28 + is_leap(year) as u8,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// `YYYY-MM-DD` at the start of `text`. Years that XML Schema has and `datetime` lacks (negative, over four digits) are
/// refused.
#[inline]
fn day(text: &[u8]) -> Option<Date> {
    let year = u16::from(two(text, 0)?) * 100 + u16::from(two(text, 2)?);
    let (month, day) = (two(text, 5)?, two(text, 8)?);
    let well = text[4] == b'-' && text[7] == b'-' && year > 0 && (1..=12).contains(&month);
    (well && day >= 1 && day <= month_length(year, month)).then_some(Date { year, month, day })
}

/// Minutes east of UTC; an absent zone is UTC.
#[inline]
fn zone(text: &[u8]) -> Option<i32> {
    match text {
        [] | [b'Z'] => Some(0),
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let (hours, minutes) = (two(text, 1)?, two(text, 4)?);
            if minutes > 59 || hours > 14 || (hours == 14 && minutes > 0) {
                return None;
            }
            let east = i32::from(hours) * 60 + i32::from(minutes);
            Some(if *sign == b'-' { -east } else { east })
        }
        _ => None,
    }
}

/// `xs:date`.
pub fn date(text: &[u8]) -> Option<Date> {
    let found = day(text)?;
    zone(&text[10..])?;
    Some(found)
}

/// `xs:dateTime`.
#[inline]
pub fn date_time(text: &[u8]) -> Option<DateTime> {
    let date = day(text)?;
    if text.len() < 19 || text[10] != b'T' || text[13] != b':' || text[16] != b':' {
        return None;
    }
    let (hour, minute, second) = (two(text, 11)?, two(text, 14)?, two(text, 17)?);
    let (microsecond, rest, zero) = fraction(&text[19..])?;
    let midnight = hour == 24 && minute == 0 && second == 0 && zero;
    if (hour > 23 && !midnight) || minute > 59 || second > 59 {
        return None;
    }
    let offset = zone(rest)?;
    if offset == 0 && !midnight {
        return Some(DateTime {
            date,
            hour,
            minute,
            second,
            microsecond,
        });
    }
    let minutes = i32::from(hour) * 60 + i32::from(minute) - offset;
    let date = shift(date, minutes.div_euclid(1440))?;
    let minutes = minutes.rem_euclid(1440);
    Some(DateTime {
        date,
        hour: (minutes / 60).cast_unsigned() as u8,
        minute: (minutes % 60).cast_unsigned() as u8,
        second,
        microsecond,
    })
}

/// The fraction of a second, what follows it, and whether all its digits are zero.
#[inline]
fn fraction(text: &[u8]) -> Option<(u32, &[u8], bool)> {
    let [b'.', digits @ ..] = text else {
        return Some((0, text, true));
    };
    let count = digits
        .iter()
        .take_while(|octet| octet.is_ascii_digit())
        .count();
    let (digits, rest) = digits.split_at(count);
    if digits.is_empty() {
        return None;
    }
    let mut value = 0;
    for place in 0..6 {
        value = value * 10 + digits.get(place).map_or(0, |octet| u32::from(octet - b'0'));
    }
    Some((value, rest, digits.iter().all(|octet| *octet == b'0')))
}

/// The date `days` (at most one either way) from `date`; `None` outside the years 1 to 9999.
fn shift(date: Date, days: i32) -> Option<Date> {
    let Date {
        mut year,
        mut month,
        mut day,
    } = date;
    if days > 0 {
        day += 1;
        if day > month_length(year, month) {
            (day, month) = (1, month + 1);
        }
        if month > 12 {
            (month, year) = (1, year + 1);
        }
    } else if days < 0 {
        day -= 1;
        if day == 0 {
            month -= 1;
            if month == 0 {
                (month, year) = (12, year - 1);
            }
            day = month_length(year, month);
        }
    }
    (1..=9999)
        .contains(&year)
        .then_some(Date { year, month, day })
}

/// Digits of an integer with its sign: `None` when the text is none.
pub fn integer_digits(text: &[u8]) -> Option<(bool, &[u8])> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let zeros = digits
        .iter()
        .take_while(|octet| **octet == b'0')
        .count()
        .min(digits.len() - 1);
    Some((negative, &digits[zeros..]))
}

/// `xs:integer` where it fits; `Err` carries the sign of one that does not.
#[inline]
pub fn integer(text: &[u8]) -> Option<Result<i128, bool>> {
    if !text.is_empty() && text.len() <= 9 {
        let mut value = 0;
        let mut plain = true;
        for &octet in text {
            let d = octet.wrapping_sub(b'0');
            plain &= d < 10;
            value = value * 10 + u32::from(d & 15);
        }
        if plain {
            return Some(Ok(i128::from(value)));
        }
    }
    let (negative, digits) = integer_digits(text)?;
    if digits.len() > 38 {
        return Some(Err(negative));
    }
    let value = digits
        .iter()
        .fold(0_i128, |value, octet| value * 10 + i128::from(octet - b'0'));
    Some(Ok(if negative { -value } else { value }))
}

/// A decimal split at its point, without leading and trailing zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal<'a> {
    /// Below zero (never for zero itself).
    pub negative: bool,
    /// Digits before the point.
    pub whole: &'a [u8],
    /// Digits behind the point.
    pub fraction: &'a [u8],
}

/// `xs:decimal`.
pub fn decimal(text: &[u8]) -> Option<Decimal<'_>> {
    let (negative, rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let point = memchr::memchr(b'.', rest);
    let (whole, fraction) = point.map_or((rest, &rest[..0]), |at| (&rest[..at], &rest[at + 1..]));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    if !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
        return None;
    }
    let start = whole.iter().take_while(|octet| **octet == b'0').count();
    let end = fraction
        .iter()
        .rposition(|octet| *octet != b'0')
        .map_or(0, |last| last + 1);
    let (whole, fraction) = (&whole[start..], &fraction[..end]);
    Some(Decimal {
        negative: negative && !(whole.is_empty() && fraction.is_empty()),
        whole,
        fraction,
    })
}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let magnitude = self
            .whole
            .len()
            .cmp(&other.whole.len())
            .then_with(|| self.whole.cmp(other.whole))
            .then_with(|| self.fraction.cmp(other.fraction));
        match (self.negative, other.negative) {
            (false, false) => magnitude,
            (true, true) => magnitude.reverse(),
            (true, false) => std::cmp::Ordering::Less,
            (false, true) => std::cmp::Ordering::Greater,
        }
    }
}

/// `xs:duration`: is the text one?
pub fn is_duration(text: &[u8]) -> bool {
    let rest = text.strip_prefix(b"-").unwrap_or(text);
    let Some(rest) = rest.strip_prefix(b"P") else {
        return false;
    };
    let (date, time) = match memchr::memchr(b'T', rest) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let well = duration_parts(date, b"YMD", false)
        && time.is_none_or(|time| duration_parts(time, b"HMS", true));
    well && time.map_or(!date.is_empty(), |time| !time.is_empty())
}

fn duration_parts(mut text: &[u8], units: &[u8], fraction: bool) -> bool {
    let mut next = 0;
    while !text.is_empty() {
        let digits = text
            .iter()
            .take_while(|octet| octet.is_ascii_digit())
            .count();
        let mut end = digits;
        let mut fractional = false;
        if text.get(end) == Some(&b'.') {
            let more = text[end + 1..]
                .iter()
                .take_while(|octet| octet.is_ascii_digit())
                .count();
            fractional = true;
            end += 1 + more;
            if more == 0 {
                return false;
            }
        }
        let Some(place) = text
            .get(end)
            .and_then(|unit| units[next..].iter().position(|u| u == unit))
        else {
            return false;
        };
        if digits == 0 || (fractional && !(fraction && text[end] == b'S')) {
            return false;
        }
        next += place + 1;
        text = &text[end + 1..];
    }
    true
}

/// `xs:base64Binary` (white space already collapsed): the octets into `out`.
#[must_use]
pub fn base64(text: &[u8], out: &mut Vec<u8>) -> bool {
    out.clear();
    out.reserve(text.len() / 4 * 3);
    let mut group = 0_u32;
    let mut have = 0;
    let mut padding = 0;
    for &octet in text {
        let value = BASE64[usize::from(octet)];
        match (octet, value) {
            (b' ', _) => continue,
            (b'=', _) if have + padding >= 2 => padding += 1,
            (_, 0..64) if padding == 0 => {
                group = group << 6 | u32::from(value);
                have += 1;
            }
            _ => return false,
        }
        if have + padding == 4 {
            let [_, a, b, c] = (group << (6 * padding)).to_be_bytes();
            match padding {
                0 => out.extend_from_slice(&[a, b, c]),
                1 if c == 0 => out.extend_from_slice(&[a, b]),
                2 if b == 0 && c == 0 => out.push(a),
                _ => return false,
            }
            (group, have) = (0, 0);
            if padding > 0 {
                have = 8; // nothing but spaces may follow
            }
            padding = 0;
        } else if have > 8 || (have == 8 && padding > 0) {
            return false;
        }
    }
    have == 0 && padding == 0 || have == 8
}

static BASE64: [u8; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut table = [255; 256];
    let mut place = 0;
    while place < 64 {
        table[alphabet[place] as usize] = place as u8;
        place += 1;
    }
    table
};

/// Appends the canonical form of `xs:base64Binary`.
pub fn write_base64(octets: &[u8], out: &mut Vec<u8>) {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in octets.chunks(3) {
        let mut group = [0; 4];
        group[1..=chunk.len()].copy_from_slice(chunk);
        let group = u32::from_be_bytes(group);
        for place in 0..4 {
            if place <= chunk.len() {
                out.push(alphabet[(group >> (18 - 6 * place) & 63) as usize]);
            } else {
                out.push(b'=');
            }
        }
    }
}

/// `xs:hexBinary`: the octets into `out`.
#[must_use]
pub fn hex(text: &[u8], out: &mut Vec<u8>) -> bool {
    out.clear();
    for pair in text.chunks(2) {
        let value = |octet: &u8| char::from(*octet).to_digit(16);
        match (pair.first().and_then(value), pair.get(1).and_then(value)) {
            (Some(high), Some(low)) => out.push((high << 4 | low) as u8),
            _ => return false,
        }
    }
    true
}

/// Appends the canonical form of `xs:hexBinary`.
pub fn write_hex(octets: &[u8], out: &mut Vec<u8>) {
    for octet in octets {
        out.push(b"0123456789ABCDEF"[usize::from(octet >> 4)]);
        out.push(b"0123456789ABCDEF"[usize::from(octet & 15)]);
    }
}

/// `xs:language`.
pub fn is_language(text: &[u8]) -> bool {
    text.split(|octet| *octet == b'-')
        .enumerate()
        .all(|(place, part)| {
            let well = |octet: &u8| {
                if place == 0 {
                    octet.is_ascii_alphabetic()
                } else {
                    octet.is_ascii_alphanumeric()
                }
            };
            (1..=8).contains(&part.len()) && part.iter().all(well)
        })
}

const fn is_name_start(c: char) -> bool {
    matches!(c,
        ':' | 'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

const fn is_name_char(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// `xs:NMTOKEN`.
pub fn is_nmtoken(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| !text.is_empty() && text.chars().all(is_name_char))
}

/// `xs:NCName` (and ID).
pub fn is_ncname(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else {
        return false;
    };
    !text.contains(':')
        && text.chars().all(is_name_char)
        && text.chars().next().is_some_and(is_name_start)
}

/// `xs:anyURI`: a URI reference once characters that a URI cannot carry were escaped.
pub fn is_any_uri(text: &[u8]) -> bool {
    regwire_xml::uri::is_structured(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<(u16, u8, u8, u8, u8, u8, u32)> {
        let t = date_time(text.as_bytes())?;
        Some((
            t.date.year,
            t.date.month,
            t.date.day,
            t.hour,
            t.minute,
            t.second,
            t.microsecond,
        ))
    }

    #[test]
    fn date_times() {
        assert_eq!(at("2025-01-02T03:04:05Z"), Some((2025, 1, 2, 3, 4, 5, 0)));
        assert_eq!(at("2025-01-02T03:04:05"), Some((2025, 1, 2, 3, 4, 5, 0)));
        assert_eq!(
            at("2025-01-02T03:04:05.1Z"),
            Some((2025, 1, 2, 3, 4, 5, 100_000))
        );
        assert_eq!(
            at("2025-01-02T03:04:05.123456789Z"),
            Some((2025, 1, 2, 3, 4, 5, 123_456))
        );
        assert_eq!(
            at("2025-01-01T00:30:00+01:00"),
            Some((2024, 12, 31, 23, 30, 0, 0))
        );
        assert_eq!(
            at("2024-02-28T23:30:00-01:00"),
            Some((2024, 2, 29, 0, 30, 0, 0))
        );
        assert_eq!(at("2023-12-31T24:00:00Z"), Some((2024, 1, 1, 0, 0, 0, 0)));
        assert_eq!(
            at("2023-12-31T24:00:00.000-14:00"),
            Some((2024, 1, 1, 14, 0, 0, 0))
        );
        for bad in [
            "",
            "2025-01-02",
            "2025-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2025-13-01T00:00:00Z",
            "2025-01-02T24:00:01Z",
            "2025-01-02T24:00:00.1Z",
            "2025-01-02T25:00:00Z",
            "2025-01-02T23:60:00Z",
            "2025-01-02T23:59:60Z",
            "2025-01-02T03:04:05.Z",
            "2025-01-02T03:04:05+14:01",
            "2025-01-02T03:04:05+1:00",
            "2025-01-02t03:04:05Z",
            "2025-01-02T03:04:05z",
            "0000-01-01T00:00:00Z",
            "-2025-01-02T03:04:05Z",
            "12025-01-02T03:04:05Z",
            "0001-01-01T00:00:00+00:01",
            "9999-12-31T24:00:00Z",
            "2025-01-02T03:04:05ZZ",
        ] {
            assert_eq!(at(bad), None, "{bad}");
        }
        assert_eq!(at("2000-02-29T00:00:00Z"), Some((2000, 2, 29, 0, 0, 0, 0)));
    }

    #[test]
    fn dates() {
        let d = |year, month, day| Some(Date { year, month, day });
        assert_eq!(date(b"2025-01-01"), d(2025, 1, 1));
        assert_eq!(date(b"2025-01-01Z"), d(2025, 1, 1));
        assert_eq!(date(b"2025-01-01+14:00"), d(2025, 1, 1));
        for bad in [
            "2025-01-0",
            "2025-01-00",
            "2025-04-31",
            "2025-01-01z",
            "2025-1-01",
            "2025-01-01+1400",
            "é025-01-01",
        ] {
            assert_eq!(date(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn integers() {
        assert_eq!(integer(b"0"), Some(Ok(0)));
        assert_eq!(integer(b"-0"), Some(Ok(0)));
        assert_eq!(integer(b"+007"), Some(Ok(7)));
        assert_eq!(integer(b"999999999"), Some(Ok(999_999_999)));
        assert_eq!(
            integer(b"-18446744073709551616"),
            Some(Ok(-18_446_744_073_709_551_616))
        );
        assert_eq!(integer(&[b'9'; 39]), Some(Err(false)));
        for bad in [
            "",
            "-",
            "+",
            "1.0",
            "1e3",
            " 1",
            "0x1",
            "--1",
            "1234567890x",
        ] {
            assert_eq!(integer(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn decimals_compare_by_value() {
        let d = |text: &'static str| decimal(text.as_bytes()).unwrap();
        assert_eq!(d("1.50"), d("+01.5"));
        assert_eq!(d("-0.0"), d("0"));
        assert!(
            d("-2") < d("-1.9") && d("9") < d("10") && d("0.19") < d("0.2") && d("-1") < d(".5")
        );
        for bad in ["", ".", "+", "-.", "1..2", "1e5", "INF", "1.2.3"] {
            assert!(decimal(bad.as_bytes()).is_none(), "{bad}");
        }
    }

    #[test]
    fn durations() {
        for good in [
            "P1Y",
            "P1Y2M3DT4H5M6.7S",
            "-P1D",
            "PT0S",
            "PT1M",
            "P0D",
            "P1YT1S",
        ] {
            assert!(is_duration(good.as_bytes()), "{good}");
        }
        for bad in [
            "", "P", "PT", "P1YT", "1Y", "P1S", "PT1Y", "P1M1Y", "P1.5D", "PT1.S", "PT.5S", "P-1D",
            "+P1D", "P1Y ",
        ] {
            assert!(!is_duration(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn binary() {
        let mut out = Vec::new();
        for (text, octets) in [
            ("", &b""[..]),
            ("Zg==", b"f"),
            ("Zm8=", b"fo"),
            ("Zm9v", b"foo"),
            ("Z m 9 v Zg = =", b"foof"),
        ] {
            assert!(base64(text.as_bytes(), &mut out), "{text}");
            assert_eq!(out, octets, "{text}");
        }
        for bad in [
            "Z", "Zg", "Zg=", "Zm9", "Zh==", "Zm9=", "====", "=", "Zg==Zg==", "Zg===", "Zm9v=",
            "Z=g=", "Zm9v!",
        ] {
            assert!(!base64(bad.as_bytes(), &mut out), "{bad}");
        }
        for size in 0..20_u8 {
            let octets: Vec<u8> = (0..size).map(|n| n.wrapping_mul(37)).collect();
            let mut text = Vec::new();
            write_base64(&octets, &mut text);
            assert!(base64(&text, &mut out));
            assert_eq!(out, octets);
            text.clear();
            write_hex(&octets, &mut text);
            assert!(hex(&text, &mut out));
            assert_eq!(out, octets);
        }
        assert!(!hex(b"0", &mut out) && !hex(b"0g", &mut out) && hex(b"aF", &mut out));
    }

    #[test]
    fn names_and_uris() {
        assert!(
            is_language(b"en")
                && is_language(b"en-GB-oed12345")
                && !is_language(b"")
                && !is_language(b"en-")
        );
        assert!(!is_language(b"e1") && !is_language(b"abcdefghi"));
        assert!(is_nmtoken("-a.é".as_bytes()) && !is_nmtoken(b"") && !is_nmtoken(b"a b"));
        assert!(is_ncname(b"_a-1") && !is_ncname(b"1a") && !is_ncname(b"a:b") && !is_ncname(b""));
        for good in ["", "urn:a:b", "http://[::1]/", "a b", "../x?y#z", "é"] {
            assert!(is_any_uri(good.as_bytes()), "{good}");
        }
        for bad in ["%", "%zz", "a#b#c", ":a", "1a:b"] {
            assert!(!is_any_uri(bad.as_bytes()), "{bad}");
        }
    }
}
