//! The XML declaration (XML 1.0 section 2.8), by its grammar.
use std::ops::Range;

use crate::chars::is_space;
use crate::error::{Fail, Reason, fail};

/// A declaration that follows the grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Declaration {
    /// Where the encoding's name stands, if there is one.
    pub encoding: Option<Range<usize>>,
    /// The place behind `?>`.
    pub end: usize,
}

/// Reads the declaration at `at`; `None` if no declaration starts there.
pub(crate) fn parse(doc: &[u8], at: usize) -> Result<Option<Declaration>, Fail> {
    let rest = &doc[at..];
    if !rest.starts_with(b"<?xml") || !rest.get(5).is_some_and(|&octet| is_space(octet)) {
        return Ok(None);
    }
    let mut reader = Reader { doc, at: at + 5 };
    let Some(version) = reader.pseudo_attribute(b"version")? else {
        return reader.malformed();
    };
    check_version(doc, &version)?;
    let encoding = reader.pseudo_attribute(b"encoding")?;
    if let Some(name) = &encoding
        && !is_encoding_name(&doc[name.clone()])
    {
        return fail(name.start, Reason::MalformedDeclaration);
    }
    if let Some(standalone) = reader.pseudo_attribute(b"standalone")?
        && !matches!(&doc[standalone.clone()], b"yes" | b"no")
    {
        return fail(standalone.start, Reason::MalformedDeclaration);
    }
    reader.skip_space();
    if !reader.eat(b"?>") {
        return reader.malformed();
    }
    Ok(Some(Declaration {
        encoding,
        end: reader.at,
    }))
}

/// `VersionNum`: 1. and digits; a reader of 1.0 reads every 1.x as 1.0.
fn check_version(doc: &[u8], version: &Range<usize>) -> Result<(), Fail> {
    let number = &doc[version.clone()];
    let known =
        number.len() > 2 && number.starts_with(b"1.") && number[2..].iter().all(u8::is_ascii_digit);
    if known {
        Ok(())
    } else {
        fail(version.start, Reason::UnknownVersion)
    }
}

/// `EncName`.
fn is_encoding_name(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_alphabetic)
        && name
            .iter()
            .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'_' | b'-'))
}

struct Reader<'a> {
    doc: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    /// Reads `S name Eq quoted value` and gives the value's place; `None` (and no move) if another name, or none, follows.
    fn pseudo_attribute(&mut self, name: &[u8]) -> Result<Option<Range<usize>>, Fail> {
        let before = self.at;
        self.skip_space();
        if self.at == before || !self.eat(name) {
            self.at = before;
            return Ok(None);
        }
        self.skip_space();
        if !self.eat(b"=") {
            return self.malformed();
        }
        self.skip_space();
        let Some(&quote @ (b'"' | b'\'')) = self.doc.get(self.at) else {
            return self.malformed();
        };
        let start = self.at + 1;
        let Some(length) = memchr::memchr(quote, &self.doc[start..]) else {
            return self.malformed();
        };
        self.at = start + length + 1;
        Ok(Some(start..start + length))
    }

    fn skip_space(&mut self) {
        while self.doc.get(self.at).is_some_and(|&octet| is_space(octet)) {
            self.at += 1;
        }
    }

    fn eat(&mut self, expected: &[u8]) -> bool {
        let here = self.doc[self.at..].starts_with(expected);
        if here {
            self.at += expected.len();
        }
        here
    }

    fn malformed<T>(&self) -> Result<T, Fail> {
        fail(self.at, Reason::MalformedDeclaration)
    }
}
