//! Simple types: white space, lexical space and facets; reading values and checking them before they are written.
mod derived;
pub mod lexical;
mod pattern;

use std::borrow::Cow;

pub(crate) use derived::{built_in, derived_from};
pub use pattern::Pattern;
use regwire_xml::{key8, same, write::is_plain};

use crate::build::{Build, Constant};
use crate::rule::Rule;

/// What white space does before facets are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// Everything stays.
    Preserve,
    /// Tabs and line ends become spaces.
    Replace,
    /// Runs become one space, ends are trimmed.
    Collapse,
}

/// The built-in type that a simple type restricts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `string`, `normalizedString`, `token`: they differ in [`Space`] only.
    Text,
    /// `language`.
    Language,
    /// `anyURI`.
    AnyUri,
    /// `NMTOKEN`.
    NmToken,
    /// `NCName`, `ID`.
    NcName,
    /// `boolean`.
    Boolean,
    /// `integer` and everything derived from it.
    Integer,
    /// `decimal`.
    Decimal,
    /// `date`.
    Date,
    /// `dateTime`.
    DateTime,
    /// `duration`.
    Duration,
    /// `base64Binary`.
    Base64,
    /// `hexBinary`.
    Hex,
    /// `QName`: its value depends on the namespaces in scope, so that only attributes are of it.
    QName,
    /// `list` of another simple type.
    List(u32),
}

impl Kind {
    /// The value is a string.
    pub const fn is_text(self) -> bool {
        matches!(
            self,
            Kind::Text | Kind::Language | Kind::AnyUri | Kind::NmToken | Kind::NcName
        )
    }
}

/// A bound of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The bound as a decimal numeral.
    pub numeral: Box<str>,
    /// The bound itself is out of range.
    pub exclusive: bool,
}

/// A simple type as it is declared; [`Simple::new`] compiles it.
#[derive(Debug, Clone)]
pub struct SimpleDeclaration {
    /// Name of the built-in type, as XML Schema has it.
    pub kind: String,
    /// In characters (binary: octets; list: items).
    pub min_length: usize,
    /// As `min_length`.
    pub max_length: Option<usize>,
    /// Every pattern must match.
    pub patterns: Vec<String>,
    /// Allowed values: text, and the constant that stands for it.
    pub enumeration: Vec<(String, Constant)>,
    /// Lower bound.
    pub low: Option<Bound>,
    /// Upper bound.
    pub high: Option<Bound>,
    /// Most significant digits.
    pub total_digits: Option<usize>,
    /// Most digits behind the point.
    pub fraction_digits: Option<usize>,
    /// Values never show.
    pub secret: bool,
    /// The item type of a list.
    pub item: Option<u32>,
    /// Namespace and name that `xsi:type` knows it by; types made of facets alone have none.
    pub type_name: Option<(String, String)>,
}

#[derive(Debug)]
struct Word {
    key: u64,
    text: Box<[u8]>,
    constant: Constant,
}

/// Namespace and local name of a type.
type TypeName = (Box<[u8]>, Box<[u8]>);

/// A compiled simple type.
#[derive(Debug)]
pub struct Simple {
    /// The built-in type.
    pub kind: Kind,
    /// White space handling.
    pub space: Space,
    /// Values never show.
    pub secret: bool,
    min_length: usize,
    max_length: usize,
    patterns: Box<[Pattern]>,
    words: Box<[Word]>,
    numbers: Box<[(i128, Constant)]>,
    low: Option<Bound>,
    high: Option<Bound>,
    /// Inclusive bounds of integers.
    range: (i128, i128),
    total_digits: Option<usize>,
    fraction_digits: Option<usize>,
    /// Namespace and name that `xsi:type` knows it by.
    type_name: Option<TypeName>,
    /// Text with at most length facets: the common case, checked first.
    plain: bool,
    /// Text whose only facet is an enumeration of words that are written as they are.
    listed: bool,
    /// Text whose numerals are integers of a range, as in a union of words and an integer type.
    bounded: bool,
}

impl Simple {
    /// `xsi:type` may name it so.
    pub(crate) fn is_named(&self, uri: &[u8], local: &[u8]) -> bool {
        self.type_name
            .as_ref()
            .is_some_and(|(own, name)| **own == *uri && **name == *local)
    }

    /// The name of the built-in type that this is, if it is one and no secret.
    pub(crate) fn built_in_name(&self) -> Option<&str> {
        let (uri, local) = self.type_name.as_ref().filter(|_| !self.secret)?;
        (**uri == *derived::XSD.as_bytes())
            .then(|| std::str::from_utf8(local).ok())
            .flatten()
    }

    /// Compiles a declaration; the error is one line that says what is wrong.
    pub fn new(declared: SimpleDeclaration) -> Result<Simple, String> {
        use Space::{Collapse, Preserve, Replace};
        let (kind, space) = match declared.kind.as_str() {
            "string" => (Kind::Text, Preserve),
            "normalizedString" => (Kind::Text, Replace),
            "token" => (Kind::Text, Collapse),
            "language" => (Kind::Language, Collapse),
            "anyURI" => (Kind::AnyUri, Collapse),
            "NMTOKEN" => (Kind::NmToken, Collapse),
            "NCName" => (Kind::NcName, Collapse),
            "QName" => (Kind::QName, Collapse),
            "boolean" => (Kind::Boolean, Collapse),
            "integer" => (Kind::Integer, Collapse),
            "decimal" => (Kind::Decimal, Collapse),
            "date" => (Kind::Date, Collapse),
            "dateTime" => (Kind::DateTime, Collapse),
            "duration" => (Kind::Duration, Collapse),
            "base64Binary" => (Kind::Base64, Collapse),
            "hexBinary" => (Kind::Hex, Collapse),
            "list" => (
                Kind::List(declared.item.ok_or("a list needs an item type")?),
                Collapse,
            ),
            other => return Err(format!("no simple type {other:?}")),
        };
        let compile = |source: &String| {
            Pattern::new(source).map_err(|error| format!("pattern {source:?}: {error}"))
        };
        let patterns = declared
            .patterns
            .iter()
            .map(compile)
            .collect::<Result<Box<[_]>, _>>()?;
        let (words, numbers) = enumeration(kind, declared.enumeration)?;
        let bounded = kind == Kind::Text && (declared.low.is_some() || declared.high.is_some());
        let plain = kind == Kind::Text && patterns.is_empty() && words.is_empty() && !bounded;
        let listed = kind == Kind::Text
            && patterns.is_empty()
            && !bounded
            && !words.is_empty()
            && words.iter().all(|word| is_plain(&word.text));
        let range = match kind {
            Kind::Integer | Kind::Text => {
                integer_range(declared.low.as_ref(), declared.high.as_ref())?
            }
            _ => (i128::MIN, i128::MAX),
        };
        for bound in [&declared.low, &declared.high].into_iter().flatten() {
            lexical::decimal(bound.numeral.as_bytes())
                .ok_or_else(|| format!("{:?} is no bound", bound.numeral))?;
        }
        Ok(Simple {
            kind,
            space,
            secret: declared.secret,
            min_length: declared.min_length,
            max_length: declared.max_length.unwrap_or(usize::MAX),
            patterns,
            words,
            numbers,
            low: declared.low,
            high: declared.high,
            type_name: declared
                .type_name
                .map(|(uri, local)| (uri.into_bytes().into(), local.into_bytes().into())),
            range,
            total_digits: declared.total_digits,
            fraction_digits: declared.fraction_digits,
            plain,
            listed,
            bounded,
        })
    }

    /// Reads a value from character data whose references and line ends are already resolved.
    ///
    /// `ascii` may be false for text that is ASCII, never the other way round. `lenient` lets text exceed its maximal length,
    /// and an integer within its range be none of its enumeration.
    #[inline]
    pub fn read<B: Build>(
        &self,
        raw: &[u8],
        ascii: bool,
        lenient: bool,
        all: &[Simple],
        build: &mut B,
    ) -> Result<B::Value, Rule> {
        let spaced;
        let text = if self.space == Space::Preserve || !has_space(raw) {
            raw
        } else {
            spaced = respace(raw, self.space);
            &*spaced
        };
        if self.plain {
            let length = if ascii { text.len() } else { characters(text) };
            self.check_length(length, lenient)?;
            return build.text(text, ascii).map_err(|_| Rule::Stopped);
        }
        self.read_value(text, ascii, lenient, all, build)
    }

    /// The value of every text is a string.
    pub(crate) fn is_free_text(&self) -> bool {
        self.kind.is_text() && self.words.is_empty()
    }

    /// [`Simple::read`] would give the text as it is, of a type of [free text](Self::is_free_text).
    #[inline(always)]
    pub(crate) fn takes(&self, text: &[u8], ascii: bool, lenient: bool) -> bool {
        if !self.keeps(text) {
            return false;
        }
        if self.plain && ascii {
            return self.check_length(text.len(), lenient).is_ok();
        }
        self.check_text(text, ascii, lenient).is_ok()
    }

    fn read_value<B: Build>(
        &self,
        text: &[u8],
        ascii: bool,
        lenient: bool,
        all: &[Simple],
        build: &mut B,
    ) -> Result<B::Value, Rule> {
        let stopped = |_| Rule::Stopped;
        match self.kind {
            Kind::Text | Kind::Language | Kind::AnyUri | Kind::NmToken | Kind::NcName => {
                if let Some(constant) = self.check_text(text, ascii, lenient)? {
                    return Ok(build.constant(constant));
                }
                build.text(text, ascii).map_err(stopped)
            }
            Kind::Integer => {
                self.check_patterns(text, ascii)?;
                let value = lexical::integer(text).ok_or(Rule::Datatype)?;
                match self.check_integer(value, text, lenient)? {
                    Some(constant) => Ok(build.constant(constant)),
                    None => match value.ok().and_then(|value| i64::try_from(value).ok()) {
                        Some(value) => build.integer(value).map_err(stopped),
                        None => build.big_integer(text).map_err(stopped),
                    },
                }
            }
            Kind::Boolean => match text {
                b"1" | b"true" => Ok(build.boolean(true)),
                b"0" | b"false" => Ok(build.boolean(false)),
                _ => Err(Rule::Datatype),
            },
            Kind::Decimal => {
                self.check_patterns(text, ascii)?;
                self.check_decimal(text)?;
                build.decimal(text).map_err(stopped)
            }
            Kind::Date => build
                .date(lexical::date(text).ok_or(Rule::Datatype)?)
                .map_err(stopped),
            Kind::DateTime => build
                .date_time(lexical::date_time(text).ok_or(Rule::Datatype)?)
                .map_err(stopped),
            Kind::Duration if lexical::is_duration(text) => build.duration(text).map_err(stopped),
            // A name needs the namespaces in scope: `read_qname` is for it.
            Kind::Duration | Kind::QName => Err(Rule::Datatype),
            Kind::Base64 | Kind::Hex => {
                let mut octets = Vec::new();
                let well = match self.kind {
                    Kind::Hex => lexical::hex(text, &mut octets),
                    _ => lexical::base64(text, &mut octets),
                };
                if !well {
                    return Err(Rule::Datatype);
                }
                self.check_length(octets.len(), false)?;
                build.binary(&octets).map_err(stopped)
            }
            Kind::List(item) => {
                self.read_list(&all[item as usize], text, ascii, lenient, all, build)
            }
        }
    }

    fn read_list<B: Build>(
        &self,
        item: &Simple,
        text: &[u8],
        ascii: bool,
        lenient: bool,
        all: &[Simple],
        build: &mut B,
    ) -> Result<B::Value, Rule> {
        let mut values = Vec::new();
        let mut outcome = Ok(());
        for part in text
            .split(|octet| *octet == b' ')
            .filter(|part| !part.is_empty())
        {
            match item.read(part, ascii, lenient, all, build) {
                Ok(value) => values.push(value),
                Err(rule) => {
                    outcome = Err(rule);
                    break;
                }
            }
        }
        if let Err(rule) = outcome.and_then(|()| self.check_length(values.len(), false)) {
            for value in values {
                build.release(value);
            }
            return Err(rule);
        }
        build.tuple(&mut values).map_err(|_| Rule::Stopped)
    }

    /// Reads a name with a prefix; `resolve` gives the namespace that a prefix stands for (an empty one: the default).
    ///
    /// Words of an enumeration come before names: they are values beside the type, as in a union.
    pub fn read_qname<'n, B: Build>(
        &self,
        raw: &[u8],
        resolve: impl FnOnce(&[u8]) -> Option<&'n [u8]>,
        build: &mut B,
    ) -> Result<B::Value, Rule> {
        let text = raw.trim_ascii();
        if let Some(word) = self.word(text) {
            return Ok(build.constant(word.constant));
        }
        let (prefix, local) = split_name(text);
        if !lexical::is_ncname(local) || (local.len() < text.len() && !lexical::is_ncname(prefix)) {
            return Err(Rule::Datatype);
        }
        let namespace = resolve(prefix).ok_or(Rule::Datatype)?;
        build.qname(namespace, local).map_err(|_| Rule::Stopped)
    }

    /// ASCII text of this length without any white space needs no further look before it is written.
    #[inline]
    pub fn takes_plain(&self, length: usize) -> bool {
        self.plain && length >= self.min_length && length <= self.max_length
    }

    /// The text is a word of the enumeration.
    pub fn has_word(&self, text: &[u8]) -> bool {
        self.word(text).is_some()
    }

    /// The text is a word of an enumeration, and needs neither more checks nor escapes.
    #[inline(always)]
    pub fn lists(&self, text: &[u8]) -> bool {
        self.listed && self.word(text).is_some()
    }

    /// Checks a string value; gives the constant that stands for it where there is an enumeration.
    #[inline]
    pub fn check_text(
        &self,
        text: &[u8],
        ascii: bool,
        lenient: bool,
    ) -> Result<Option<Constant>, Rule> {
        if !self.words.is_empty() {
            let word = self.word(text).ok_or(Rule::Enumeration)?;
            self.check_patterns(text, ascii)?;
            return Ok(Some(word.constant));
        }
        let well = match self.kind {
            Kind::Language => lexical::is_language(text),
            Kind::AnyUri => lexical::is_any_uri(text),
            Kind::NmToken => lexical::is_nmtoken(text),
            Kind::NcName => lexical::is_ncname(text),
            _ => true,
        };
        if !well {
            return Err(Rule::Datatype);
        }
        self.check_length(if ascii { text.len() } else { characters(text) }, lenient)?;
        self.check_patterns(text, ascii)?;
        if self.bounded
            && let Some(value) = lexical::integer(text)
        {
            self.check_integer(value, text, false)?;
        }
        Ok(None)
    }

    #[inline]
    fn word(&self, text: &[u8]) -> Option<&Word> {
        let key = key8(text, 0, text.len());
        self.words.iter().find(|word| {
            word.key == key
                && word.text.len() == text.len()
                && (text.len() <= 8 || same(&word.text, text))
        })
    }

    #[inline(always)]
    fn check_length(&self, length: usize, lenient: bool) -> Result<(), Rule> {
        if length < self.min_length || (length > self.max_length && !lenient) {
            return Err(self.length_rule(length));
        }
        Ok(())
    }

    #[cold]
    fn length_rule(&self, length: usize) -> Rule {
        if self.min_length == self.max_length {
            Rule::Length
        } else if length < self.min_length {
            Rule::MinLength
        } else {
            Rule::MaxLength
        }
    }

    /// Checks the length of a binary value in octets.
    pub fn check_octets(&self, length: usize) -> Result<(), Rule> {
        self.check_length(length, false)
    }

    /// Checks how many items a list has.
    pub fn check_items(&self, count: usize) -> Result<(), Rule> {
        self.check_length(count, false)
    }

    /// Checks the pattern facets.
    #[inline]
    pub fn check_patterns(&self, text: &[u8], ascii: bool) -> Result<(), Rule> {
        if self
            .patterns
            .iter()
            .all(|pattern| pattern.matches(text, ascii))
        {
            Ok(())
        } else {
            Err(Rule::Pattern)
        }
    }

    /// Checks an integer (`Err`: over 38 digits, with its sign) whose numeral is `text`.
    ///
    /// Of a type with an enumeration, the range is what `lenient` takes besides.
    #[inline]
    pub fn check_integer(
        &self,
        value: Result<i128, bool>,
        text: &[u8],
        lenient: bool,
    ) -> Result<Option<Constant>, Rule> {
        if let Some(most) = self.total_digits
            && lexical::integer_digits(text).is_none_or(|(_, digits)| digits.len() > most)
        {
            return Err(Rule::Datatype);
        }
        let open = self.numbers.is_empty() || lenient;
        let place = value
            .ok()
            .and_then(|value| self.numbers.binary_search_by_key(&value, |n| n.0).ok());
        if place.is_none() && !open {
            return Err(Rule::Enumeration);
        }
        let (low, high) = self.range;
        match value {
            Ok(value) if value < low => Err(Rule::Min),
            Ok(value) if value > high => Err(Rule::Max),
            Err(true) if self.low.is_some() => Err(Rule::Min),
            Err(false) if self.high.is_some() => Err(Rule::Max),
            _ => Ok(place.map(|place| self.numbers[place].1)),
        }
    }

    /// Checks a decimal numeral.
    pub fn check_decimal(&self, text: &[u8]) -> Result<(), Rule> {
        let value = lexical::decimal(text).ok_or(Rule::Datatype)?;
        let whole = value.whole.len();
        let significant = if whole == 0 {
            value.fraction.len()
                - value
                    .fraction
                    .iter()
                    .take_while(|octet| **octet == b'0')
                    .count()
        } else {
            whole + value.fraction.len()
        };
        if self.total_digits.is_some_and(|most| significant > most)
            || self
                .fraction_digits
                .is_some_and(|most| value.fraction.len() > most)
        {
            return Err(Rule::Datatype);
        }
        let beyond = |bound: &Bound, wrong: std::cmp::Ordering| {
            let limit = lexical::decimal(bound.numeral.as_bytes());
            limit.is_some_and(|limit| {
                let order = value.cmp(&limit);
                order == wrong || (bound.exclusive && order.is_eq())
            })
        };
        if self
            .low
            .as_ref()
            .is_some_and(|low| beyond(low, std::cmp::Ordering::Less))
        {
            return Err(Rule::Min);
        }
        if self
            .high
            .as_ref()
            .is_some_and(|high| beyond(high, std::cmp::Ordering::Greater))
        {
            return Err(Rule::Max);
        }
        Ok(())
    }

    /// Text would reach the reader as it is: its white space survives [`Space`] handling.
    #[inline]
    pub fn keeps(&self, text: &[u8]) -> bool {
        self.space == Space::Preserve
            || !has_space(text)
            || matches!(respace(text, self.space), Cow::Borrowed(same) if same.len() == text.len())
    }

    /// There is an enumeration, so that values may be constants such as members of an enum.
    pub fn enumerates(&self) -> bool {
        !self.words.is_empty() || !self.numbers.is_empty()
    }
}

type Enumeration = (Box<[Word]>, Box<[(i128, Constant)]>);

fn enumeration(kind: Kind, declared: Vec<(String, Constant)>) -> Result<Enumeration, String> {
    if declared.is_empty() {
        return Ok((Box::default(), Box::default()));
    }
    if kind.is_text() || kind == Kind::QName {
        let words = declared.into_iter().map(|(text, constant)| Word {
            key: key8(text.as_bytes(), 0, text.len()),
            text: text.into_bytes().into_boxed_slice(),
            constant,
        });
        return Ok((words.collect(), Box::default()));
    }
    if kind != Kind::Integer {
        return Err("an enumeration is of text or of integers".into());
    }
    let mut numbers = Vec::new();
    for (text, constant) in declared {
        match lexical::integer(text.as_bytes()) {
            Some(Ok(value)) => numbers.push((value, constant)),
            _ => return Err(format!("{text:?} is no integer")),
        }
    }
    numbers.sort_by_key(|number| number.0);
    Ok((Box::default(), numbers.into_boxed_slice()))
}

fn integer_range(low: Option<&Bound>, high: Option<&Bound>) -> Result<(i128, i128), String> {
    let parse = |bound: Option<&Bound>, open: i128, step: i128| match bound {
        None => Ok(open),
        Some(bound) => match lexical::integer(bound.numeral.as_bytes()) {
            Some(Ok(value)) => Ok(value + if bound.exclusive { step } else { 0 }),
            _ => Err(format!("{:?} is no bound of an integer", bound.numeral)),
        },
    };
    Ok((parse(low, i128::MIN, 1)?, parse(high, i128::MAX, -1)?))
}

/// Prefix (empty if there is none) and local name.
pub(crate) fn split_name(name: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b':', name) {
        Some(at) => (&name[..at], &name[at + 1..]),
        None => (&name[..0], name),
    }
}

/// Some octet is white space: below 0x21 there is nothing else in a checked document. Words of octets are looked at at once;
/// the last one overlaps the one before.
#[inline]
pub fn has_space(text: &[u8]) -> bool {
    let marks = |word: u64| word.wrapping_sub(0x2121_2121_2121_2121) & !word;
    let half = |octets: &[u8; 4]| u64::from(u32::from_le_bytes(*octets));
    let found = if let Some(last) = text.last_chunk::<8>() {
        let (words, _) = text.as_chunks::<8>();
        let all = words
            .iter()
            .fold(0, |found, word| found | marks(u64::from_le_bytes(*word)));
        all | marks(u64::from_le_bytes(*last))
    } else if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        marks(half(first) | half(last) << 32)
    } else {
        return text.iter().any(|octet| *octet <= b' ');
    };
    found & 0x8080_8080_8080_8080 != 0
}

/// Handles white space; borrowed when nothing changes.
fn respace(raw: &[u8], space: Space) -> Cow<'_, [u8]> {
    let is_space = |octet: u8| matches!(octet, b' ' | b'\t' | b'\n' | b'\r');
    let breaks = |octet: u8| matches!(octet, b'\t' | b'\n' | b'\r');
    match space {
        Space::Replace if raw.iter().any(|octet| breaks(*octet)) => Cow::Owned(
            raw.iter()
                .map(|octet| if breaks(*octet) { b' ' } else { *octet })
                .collect(),
        ),
        Space::Preserve | Space::Replace => Cow::Borrowed(raw),
        Space::Collapse => {
            let trimmed = raw.trim_ascii();
            let run = |pair: &[u8]| breaks(pair[0]) || (pair[0] == b' ' && is_space(pair[1]));
            let single = !trimmed.windows(2).any(run);
            if single {
                return Cow::Borrowed(trimmed);
            }
            let mut out = Vec::with_capacity(trimmed.len());
            for part in trimmed
                .split(|octet| is_space(*octet))
                .filter(|part| !part.is_empty())
            {
                if !out.is_empty() {
                    out.push(b' ');
                }
                out.extend_from_slice(part);
            }
            Cow::Owned(out)
        }
    }
}

/// How many characters valid UTF-8 has.
#[inline]
pub fn characters(text: &[u8]) -> usize {
    text.iter()
        .filter(|octet| (**octet).cast_signed() >= -0x40)
        .count()
}
