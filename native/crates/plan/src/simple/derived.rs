//! Built-in types that are derived from built-in types (XML Schema part 2, section 3.3): what `xsi:type` may name in place of
//! a declared one.
use super::{Bound, Simple, SimpleDeclaration};

/// The namespace of built-in types.
pub const XSD: &str = "http://www.w3.org/2001/XMLSchema";

/// What makes a type of the one that it is derived from.
enum Facets {
    /// The type that reads it, and what it must match besides.
    Text(&'static str, &'static [&'static str]),
    /// Inclusive bounds of an integer.
    Integer(Option<&'static str>, Option<&'static str>),
}

/// Name, the type that it is derived from, facets; each behind the one that it is derived from.
const DERIVED: &[(&str, &str, Facets)] = {
    use Facets::{Integer, Text};
    &[
        ("normalizedString", "string", Text("normalizedString", &[])),
        ("token", "normalizedString", Text("token", &[])),
        ("language", "token", Text("language", &[])),
        ("NMTOKEN", "token", Text("NMTOKEN", &[])),
        ("Name", "token", Text("NMTOKEN", &[r"\i\c*"])),
        ("NCName", "Name", Text("NCName", &[])),
        ("ID", "NCName", Text("NCName", &[])),
        ("IDREF", "NCName", Text("NCName", &[])),
        ("ENTITY", "NCName", Text("NCName", &[])),
        ("nonPositiveInteger", "integer", Integer(None, Some("0"))),
        (
            "negativeInteger",
            "nonPositiveInteger",
            Integer(None, Some("-1")),
        ),
        (
            "long",
            "integer",
            Integer(Some("-9223372036854775808"), Some("9223372036854775807")),
        ),
        (
            "int",
            "long",
            Integer(Some("-2147483648"), Some("2147483647")),
        ),
        ("short", "int", Integer(Some("-32768"), Some("32767"))),
        ("byte", "short", Integer(Some("-128"), Some("127"))),
        ("nonNegativeInteger", "integer", Integer(Some("0"), None)),
        (
            "unsignedLong",
            "nonNegativeInteger",
            Integer(Some("0"), Some("18446744073709551615")),
        ),
        (
            "unsignedInt",
            "unsignedLong",
            Integer(Some("0"), Some("4294967295")),
        ),
        (
            "unsignedShort",
            "unsignedInt",
            Integer(Some("0"), Some("65535")),
        ),
        (
            "unsignedByte",
            "unsignedShort",
            Integer(Some("0"), Some("255")),
        ),
        (
            "positiveInteger",
            "nonNegativeInteger",
            Integer(Some("1"), None),
        ),
    ]
};

/// The names of all types that are derived from a built-in one, directly or not.
pub fn derived_from(name: &str) -> Vec<&'static str> {
    let mut found: Vec<&'static str> = Vec::new();
    for (derived, base, _) in DERIVED {
        if *base == name || found.contains(base) {
            found.push(derived);
        }
    }
    found
}

/// A derived built-in type.
pub fn built_in(name: &str) -> Result<Simple, String> {
    let (_, _, facets) = DERIVED
        .iter()
        .find(|(own, _, _)| *own == name)
        .ok_or_else(|| format!("no built-in type {name:?} is derived"))?;
    let bound = |numeral: Option<&str>| {
        numeral.map(|numeral| Bound {
            numeral: numeral.into(),
            exclusive: false,
        })
    };
    let (kind, patterns, low, high) = match facets {
        Facets::Text(kind, patterns) => (*kind, *patterns, None, None),
        Facets::Integer(low, high) => ("integer", &[][..], bound(*low), bound(*high)),
    };
    Simple::new(SimpleDeclaration {
        kind: kind.to_owned(),
        min_length: 0,
        max_length: None,
        patterns: patterns.iter().map(|&pattern| pattern.to_owned()).collect(),
        enumeration: Vec::new(),
        low,
        high,
        total_digits: None,
        fraction_digits: None,
        secret: false,
        item: None,
        type_name: Some((XSD.to_owned(), name.to_owned())),
    })
}
