//! Documents that are not well-formed, each with the reason and the octet that the error names.
#![allow(clippy::too_many_lines)] // tables
mod common;

use common::{run, run_with};
use regwire_xml::{Limits, Reason};

fn refused(doc: &[u8]) -> (Reason, usize) {
    match run(doc) {
        Ok(events) => panic!("{:?} was read: {events:?}", String::from_utf8_lossy(doc)),
        Err(error) => (error.reason, error.offset),
    }
}

#[track_caller]
fn check(table: &[(&str, Reason, usize)]) {
    for &(doc, reason, offset) in table {
        assert_eq!(refused(doc.as_bytes()), (reason, offset), "{doc:?}");
        // The same document behind padding that moves it across the vectors' edges.
        for spaces in 1..20 {
            let padded = format!("{}{doc}", " ".repeat(spaces));
            if !doc.starts_with("<?xml") {
                assert_eq!(
                    refused(padded.as_bytes()),
                    (reason, offset + spaces),
                    "{padded:?}"
                );
            }
        }
    }
}

#[test]
fn structure() {
    check(&[
        ("", Reason::NoRoot, 0),
        ("  \n", Reason::NoRoot, 3),
        ("<!-- only -->", Reason::NoRoot, 13),
        ("text", Reason::TextOutsideRoot, 0),
        ("&amp;", Reason::TextOutsideRoot, 0),
        ("text<a/>", Reason::TextOutsideRoot, 0),
        ("<a/>text", Reason::TextOutsideRoot, 4),
        ("<a/>&#32;", Reason::TextOutsideRoot, 4),
        ("<a/><b/>", Reason::SecondRoot, 4),
        ("<a></a><a></a>", Reason::SecondRoot, 7),
        ("<a/></a>", Reason::TagMismatch, 4),
        ("</a>", Reason::TagMismatch, 0),
        ("<a><b></a></b>", Reason::TagMismatch, 6),
        ("<a></b>", Reason::TagMismatch, 3),
        ("<a></aa>", Reason::TagMismatch, 3),
        ("<a></a:a>", Reason::TagMismatch, 3),
        ("<aa></a>", Reason::TagMismatch, 4),
        ("<abcdefghijk></abcdefghijl>", Reason::TagMismatch, 13),
        ("<a></A>", Reason::TagMismatch, 3),
        ("<a></ a>", Reason::TagMismatch, 3),
        ("<a></a x='1'>", Reason::MalformedEndTag, 7),
        ("<a></a/>", Reason::MalformedEndTag, 6),
        ("<a></a", Reason::UnexpectedEnd, 6),
        ("<a></a ", Reason::UnexpectedEnd, 7),
        ("<a></", Reason::UnexpectedEnd, 3),
        ("<a>", Reason::UnexpectedEnd, 3),
        ("<a>text", Reason::UnexpectedEnd, 7),
        ("<a>  ", Reason::UnexpectedEnd, 5),
        ("<a><", Reason::UnexpectedEnd, 4),
        ("<", Reason::UnexpectedEnd, 1),
        ("<a", Reason::UnexpectedEnd, 2),
        ("<a ", Reason::UnexpectedEnd, 3),
        ("<a/", Reason::UnexpectedEnd, 3),
        ("<a / >", Reason::MalformedStartTag, 4),
        ("<a/ >", Reason::MalformedStartTag, 3),
        ("<a/ x='1'>", Reason::MalformedStartTag, 3),
        ("< a/>", Reason::InvalidName, 1),
        ("<a><</a>", Reason::InvalidName, 4),
        ("<a><1/></a>", Reason::InvalidName, 4),
        ("<-a/>", Reason::InvalidName, 1),
        ("<.a/>", Reason::InvalidName, 1),
        ("<a<b/>", Reason::InvalidName, 2),
        ("<a\u{37E}/>", Reason::InvalidName, 1),
        ("<\u{B7}a/>", Reason::InvalidName, 1),
        ("<a x\u{D7}='1'/>", Reason::InvalidName, 3),
        ("<a><p:\u{300}b/></a>", Reason::InvalidName, 4),
    ]);
}

#[test]
fn attributes() {
    check(&[
        ("<a x/>", Reason::MalformedAttribute, 4),
        ("<a x>", Reason::MalformedAttribute, 4),
        ("<a x=1/>", Reason::MalformedAttribute, 5),
        ("<a x='1/>", Reason::UnexpectedEnd, 9),
        ("<a x=", Reason::UnexpectedEnd, 5),
        ("<a x", Reason::UnexpectedEnd, 4),
        ("<a x='1'y='2'/>", Reason::SpaceExpected, 8),
        ("<a x='<'/>", Reason::LessThanInAttribute, 6),
        ("<a x='1' x='2'/>", Reason::DuplicateAttribute, 9),
        ("<a x='1' y='' x='2'/>", Reason::DuplicateAttribute, 14),
        ("<a 1='1'/>", Reason::InvalidName, 3),
        ("<a ='1'/>", Reason::InvalidName, 3),
        ("<a,x='1'/>", Reason::InvalidName, 2),
        ("<a b c='1'/>", Reason::MalformedAttribute, 5),
        ("<a x='&'/>", Reason::MalformedReference, 6),
        ("<a x='&unknown;'/>", Reason::UnknownEntity, 6),
        ("<a x='&#0;'/>", Reason::InvalidCharacterReference, 6),
    ]);
}

#[test]
fn namespaces() {
    check(&[
        ("<p:a/>", Reason::UnboundPrefix, 1),
        ("<a p:x='1'/>", Reason::UnboundPrefix, 3),
        ("<a><b xmlns:p='u'/><p:c/></a>", Reason::UnboundPrefix, 20),
        (
            "<longprefix:a xmlns:longprefiy='u'/>",
            Reason::UnboundPrefix,
            1,
        ),
        (
            "<a xmlns:p='u' xmlns:q='u' p:x='1' q:x='2'/>",
            Reason::DuplicateAttribute,
            35,
        ),
        (
            "<a xmlns:p='u&#58;' xmlns:q='u:' p:x='1' q:x='2'/>",
            Reason::DuplicateAttribute,
            41,
        ),
        ("<a xmlns:p='u' xmlns:p='v'/>", Reason::DuplicateBinding, 21),
        ("<a xmlns='u' xmlns='u'/>", Reason::DuplicateBinding, 13),
        ("<a xmlns:p=''/>", Reason::EmptyBinding, 3),
        ("<a xmlns:xmlns='u'/>", Reason::ReservedBinding, 3),
        ("<a xmlns:xml='u'/>", Reason::ReservedBinding, 3),
        (
            "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
            Reason::ReservedBinding,
            3,
        ),
        (
            "<a xmlns='http://www.w3.org/XML/1998/namespace'/>",
            Reason::ReservedBinding,
            3,
        ),
        (
            "<a xmlns:p='http://www.w3.org/2000/xmlns/'/>",
            Reason::ReservedBinding,
            3,
        ),
        (
            "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
            Reason::ReservedBinding,
            3,
        ),
        (
            "<a xmlns:p='http://www.w3.org/2000/xmln&#115;/'/>",
            Reason::ReservedBinding,
            3,
        ),
        ("<a xmlns:p='  '/>", Reason::InvalidNamespace, 3),
        ("<a xmlns='urn:x y'/>", Reason::InvalidNamespace, 3),
        ("<a xmlns='urn:\u{E9}'/>", Reason::InvalidNamespace, 3),
        ("<a xmlns='urn:&lt;'/>", Reason::InvalidNamespace, 3),
        ("<a xmlns='http://['/>", Reason::InvalidNamespace, 3),
        ("<a xmlns='1:a'/>", Reason::InvalidNamespace, 3),
        ("<xmlns:a/>", Reason::UnboundPrefix, 1),
        (
            "<xmlns:a xmlns:xmlns='http://www.w3.org/2000/xmlns/'/>",
            Reason::ReservedBinding,
            9,
        ),
        ("<:a/>", Reason::InvalidQName, 1),
        ("<a:/>", Reason::InvalidQName, 1),
        ("<a:b:c xmlns:a='u'/>", Reason::InvalidQName, 1),
        ("<a:1 xmlns:a='u'/>", Reason::InvalidQName, 1),
        ("<a :x='1'/>", Reason::InvalidQName, 3),
        ("<a xmlns:='u'/>", Reason::InvalidQName, 3),
        ("<a xmlns:p:q='u'/>", Reason::InvalidQName, 3),
        ("<?a:b c?><a/>", Reason::MalformedInstruction, 0),
    ]);
}

#[test]
fn text_references_and_sections() {
    check(&[
        ("<a>]]></a>", Reason::SectionEndInText, 3),
        ("<a>text ]]]> text</a>", Reason::SectionEndInText, 9),
        ("<a>&</a>", Reason::MalformedReference, 3),
        ("<a>& </a>", Reason::MalformedReference, 3),
        ("<a>&;</a>", Reason::MalformedReference, 3),
        ("<a>&amp</a>", Reason::MalformedReference, 3),
        ("<a>&lt </a>", Reason::MalformedReference, 3),
        ("<a>&nbsp;</a>", Reason::UnknownEntity, 3),
        ("<a>&AMP;</a>", Reason::UnknownEntity, 3),
        ("<a>&#;</a>", Reason::MalformedReference, 3),
        ("<a>&#x;</a>", Reason::MalformedReference, 3),
        ("<a>&#X41;</a>", Reason::MalformedReference, 3),
        ("<a>&#6a;</a>", Reason::MalformedReference, 3),
        ("<a>&#65</a>", Reason::MalformedReference, 3),
        ("<a>&# 65;</a>", Reason::MalformedReference, 3),
        ("<a>&#+65;</a>", Reason::MalformedReference, 3),
        ("<a>&#0;</a>", Reason::InvalidCharacterReference, 3),
        ("<a>&#8;</a>", Reason::InvalidCharacterReference, 3),
        ("<a>&#x1F;</a>", Reason::InvalidCharacterReference, 3),
        ("<a>&#xD800;</a>", Reason::InvalidCharacterReference, 3),
        ("<a>&#xDFFF;</a>", Reason::InvalidCharacterReference, 3),
        ("<a>&#xFFFE;</a>", Reason::InvalidCharacterReference, 3),
        ("<a>&#xFFFF;</a>", Reason::InvalidCharacterReference, 3),
        ("<a>&#x110000;</a>", Reason::InvalidCharacterReference, 3),
        (
            "<a>&#99999999999999999999;</a>",
            Reason::InvalidCharacterReference,
            3,
        ),
        ("<a><![CDATA[x</a>", Reason::UnexpectedEnd, 3),
        ("<a><![CDATA x]]></a>", Reason::MalformedMarkup, 3),
        ("<a><![cdata[x]]></a>", Reason::MalformedMarkup, 3),
        ("<![CDATA[x]]>", Reason::MalformedMarkup, 0),
        ("<a/><![CDATA[]]>", Reason::MalformedMarkup, 4),
        ("<a><!DOCTYPE a></a>", Reason::Doctype, 3),
        ("<!DOCTYPE a><a/>", Reason::Doctype, 0),
        (
            "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>",
            Reason::Doctype,
            0,
        ),
        ("<a/><!DOCTYPE a>", Reason::Doctype, 4),
        ("<!ELEMENT a ANY><a/>", Reason::MalformedMarkup, 0),
        ("<!doctype a><a/>", Reason::MalformedMarkup, 0),
    ]);
}

#[test]
fn comments_and_instructions() {
    check(&[
        ("<!-- a -- b --><a/>", Reason::DoubleHyphen, 7),
        ("<!-- a ---><a/>", Reason::DoubleHyphen, 7),
        ("<!---><a/>", Reason::UnexpectedEnd, 0),
        ("<!-- a <a/>", Reason::UnexpectedEnd, 0),
        ("<!- a --><a/>", Reason::MalformedMarkup, 0),
        ("<a><!-- a --</a>", Reason::DoubleHyphen, 10),
        ("<a/><!--", Reason::UnexpectedEnd, 4),
        ("<a/><!-- --", Reason::UnexpectedEnd, 4),
        ("<?a", Reason::UnexpectedEnd, 0),
        ("<?a b><a/>", Reason::UnexpectedEnd, 0),
        ("<??><a/>", Reason::MalformedInstruction, 0),
        ("<? a?><a/>", Reason::MalformedInstruction, 0),
        ("<?1?><a/>", Reason::MalformedInstruction, 0),
        ("<?a+b?><a/>", Reason::MalformedInstruction, 0),
    ]);
}

#[test]
fn declarations() {
    check(&[
        ("<?XML version='1.0'?><a/>", Reason::MisplacedDeclaration, 0),
        ("<?xMl?><a/>", Reason::MisplacedDeclaration, 0),
        ("<?xml?><a/>", Reason::MisplacedDeclaration, 0),
        ("<a/><?xml version='1.0'?>", Reason::MisplacedDeclaration, 4),
        (
            "<a><?xml version='1.0'?></a>",
            Reason::MisplacedDeclaration,
            3,
        ),
        (
            "<!-- --><?xml version='1.0'?><a/>",
            Reason::MisplacedDeclaration,
            8,
        ),
        ("<?xml ?><a/>", Reason::MalformedDeclaration, 5),
        ("<?xml version='1.0'><a/>", Reason::MalformedDeclaration, 19),
        (
            "<?xml version='1.0' ? ><a/>",
            Reason::MalformedDeclaration,
            20,
        ),
        ("<?xml version=1.0?><a/>", Reason::MalformedDeclaration, 14),
        (
            "<?xml version '1.0'?><a/>",
            Reason::MalformedDeclaration,
            14,
        ),
        (
            "<?xml version='1.0\"?><a/>",
            Reason::MalformedDeclaration,
            14,
        ),
        (
            "<?xml version='1.0'encoding='UTF-8'?><a/>",
            Reason::MalformedDeclaration,
            19,
        ),
        (
            "<?xml encoding='UTF-8'?><a/>",
            Reason::MalformedDeclaration,
            5,
        ),
        (
            "<?xml encoding='UTF-8' version='1.0'?><a/>",
            Reason::MalformedDeclaration,
            5,
        ),
        (
            "<?xml version='1.0' standalone='yes' encoding='UTF-8'?><a/>",
            Reason::MalformedDeclaration,
            37,
        ),
        (
            "<?xml version='1.0' standalone='maybe'?><a/>",
            Reason::MalformedDeclaration,
            32,
        ),
        (
            "<?xml version='1.0' encoding=''?><a/>",
            Reason::MalformedDeclaration,
            30,
        ),
        (
            "<?xml version='1.0' encoding='8-UTF'?><a/>",
            Reason::MalformedDeclaration,
            30,
        ),
        (
            "<?xml version='1.0' other='1'?><a/>",
            Reason::MalformedDeclaration,
            20,
        ),
        (
            "<?xml version='1.0' version='1.0'?><a/>",
            Reason::MalformedDeclaration,
            20,
        ),
    ]);
}

#[test]
fn versions_and_encodings_of_declarations() {
    check(&[
        ("<?xml version='2.0'?><a/>", Reason::UnknownVersion, 15),
        ("<?xml version='1.'?><a/>", Reason::UnknownVersion, 15),
        ("<?xml version='1.0a'?><a/>", Reason::UnknownVersion, 15),
        ("<?xml version=''?><a/>", Reason::UnknownVersion, 15),
        (
            "<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
            Reason::UnknownEncoding,
            30,
        ),
        (
            "<?xml version='1.0' encoding='UTF-16'?><a/>",
            Reason::EncodingMismatch,
            30,
        ),
        (
            "<?xml version='1.0' encoding='UTF-16LE'?><a/>",
            Reason::EncodingMismatch,
            30,
        ),
        (
            "<?xml version='1.0' encoding='US-ASCII'?><a>\u{E9}</a>",
            Reason::NotAscii,
            44,
        ),
    ]);
}

#[test]
fn characters() {
    for control in (0..0x20).filter(|octet| ![9, 10, 13].contains(octet)) {
        let doc = [b"<a>text ".as_slice(), &[control], b"</a>"].concat();
        assert_eq!(refused(&doc), (Reason::InvalidCharacter, 8), "{control}");
        let doc = [b"<a/>".as_slice(), &[control]].concat();
        assert_eq!(refused(&doc), (Reason::InvalidCharacter, 4), "{control}");
    }
    let table: &[(&[u8], Reason, usize)] = &[
        (b"<a>\xEF\xBF\xBE</a>", Reason::InvalidCharacter, 3),
        (b"<a>\xEF\xBF\xBF</a>", Reason::InvalidCharacter, 3),
        (b"<a>\x80</a>", Reason::InvalidUtf8, 3),
        (b"<a>\xC3</a>", Reason::InvalidUtf8, 3),
        (b"<a>\xC0\x80</a>", Reason::InvalidUtf8, 3),
        (b"<a>\xED\xA0\x80</a>", Reason::InvalidUtf8, 3),
        (b"<a>\xF4\x90\x80\x80</a>", Reason::InvalidUtf8, 3),
        (b"<a/>\xFF", Reason::InvalidUtf8, 4),
        (b"<a>\xFF\x00</a>", Reason::InvalidUtf8, 3),
    ];
    for &(doc, reason, offset) in table {
        assert_eq!(refused(doc), (reason, offset), "{doc:?}");
    }
}

fn utf16(text: &str, little: bool) -> Vec<u8> {
    let unit = |unit: u16| {
        if little {
            unit.to_le_bytes()
        } else {
            unit.to_be_bytes()
        }
    };
    "\u{FEFF}"
        .encode_utf16()
        .chain(text.encode_utf16())
        .flat_map(unit)
        .collect()
}

#[test]
fn encodings() {
    for little in [true, false] {
        let (own, other) = if little {
            ("UTF-16LE", "UTF-16BE")
        } else {
            ("UTF-16BE", "UTF-16LE")
        };
        for fitting in ["UTF-16", "utf-16", own] {
            let doc = utf16(
                &format!("<?xml version='1.0' encoding='{fitting}'?><a/>"),
                little,
            );
            assert!(run(&doc).is_ok(), "{fitting}");
        }
        for wrong in ["UTF-8", "US-ASCII", other] {
            let doc = utf16(
                &format!("<?xml version='1.0' encoding='{wrong}'?><a/>"),
                little,
            );
            assert_eq!(refused(&doc), (Reason::EncodingMismatch, 62), "{wrong}");
        }
        // Offsets count received octets: two a unit, a pair of units for U+1F600.
        assert_eq!(
            refused(&utf16("<a>\u{E9}\u{1F600}</b>", little)),
            (Reason::TagMismatch, 2 + 2 * 6)
        );
        assert_eq!(
            refused(&utf16("<a>\u{FFFE}</a>", little)),
            (Reason::InvalidCharacter, 8)
        );
        let mut odd = utf16("<a/>", little);
        odd.push(b' ');
        assert_eq!(refused(&odd), (Reason::InvalidUtf16, 10));
        let mut lone = utf16("<a>", little);
        lone.extend(if little { [0x00, 0xD8] } else { [0xD8, 0x00] });
        lone.extend(utf16("</a>", little).split_off(2));
        assert_eq!(refused(&lone), (Reason::InvalidUtf16, 8));
    }
    assert_eq!(refused(b"<\0a\0/\0>\0"), (Reason::InvalidCharacter, 1));
    assert_eq!(
        refused("\u{FEFF}<?xml version='1.0' encoding='US-ASCII'?><a/>".as_bytes()).0,
        Reason::EncodingMismatch
    );
    assert_eq!(
        refused("\u{FEFF}\u{FEFF}<a/>".as_bytes()),
        (Reason::TextOutsideRoot, 3)
    );
}

#[test]
fn lines_are_counted_by_all_line_ends() {
    let error = run(b"<a>\r\n\n\r\r\n<b></c>").unwrap_err();
    assert_eq!((error.line, error.offset), (5, 12));
    assert_eq!(
        error.to_string(),
        "an end tag that does not match its start tag (line 5, octet 12)"
    );
}

#[test]
fn limits() {
    let limits = Limits {
        octets: 400,
        depth: 3,
        attributes: 3,
        name_octets: 8,
        uri_octets: 12,
        bindings: 4,
        namespaces: 2,
    };
    let check = |doc: &str, expected: Option<(Reason, usize)>| {
        let found = run_with(doc.as_bytes(), &limits)
            .err()
            .map(|error| (error.reason, error.offset));
        assert_eq!(found, expected, "{doc:?}");
    };
    check("<a><b><c/></b></a>", None);
    check("<a><b><c><d/></c></b></a>", Some((Reason::TooDeep, 9)));
    check("<a w='' x='' xmlns='u'/>", None);
    check(
        "<a w='' x='' xmlns='u' z=''/>",
        Some((Reason::TooManyAttributes, 23)),
    );
    check("<abcdefgh/>", None);
    check("<abcdefghi/>", Some((Reason::NameTooLong, 1)));
    check("<a abcdefghi=''/>", Some((Reason::NameTooLong, 3)));
    check("<a><?abcdefghi?></a>", Some((Reason::NameTooLong, 5)));
    check(
        "<a xmlns:a='urn:known' xmlns:b='u' xmlns:c='v'><b xmlns:a='u'/><b xmlns:a='u'/></a>",
        None,
    );
    check(
        "<a xmlns:a='u' xmlns:b='u' xmlns:c='u'><b xmlns:a='u' xmlns:b='u'/></a>",
        Some((Reason::TooManyNamespaces, 54)),
    );
    check(
        "<a xmlns:a='u' xmlns:b='v'><b xmlns:c='w'/></a>",
        Some((Reason::TooManyNamespaces, 30)),
    );
    check("<a xmlns='urn:90123456'/>", None);
    check(
        "<a xmlns='urn:901234567'/>",
        Some((Reason::NamespaceTooLong, 3)),
    );
    check(&format!("<a>{}</a>", "x".repeat(393)), None);
    check(
        &format!("<a>{}</a>", "x".repeat(394)),
        Some((Reason::TooLarge, 0)),
    );
    // Three octets of UTF-8 for two of UTF-16: within the limit as received, beyond it as text.
    let error = run_with(
        &utf16(&format!("<a>{}</a>", "\u{2028}".repeat(150)), true),
        &limits,
    )
    .unwrap_err();
    assert_eq!(error.reason, Reason::TooLarge);
}

/// Each reason has its own text, and the tables above show what each is for.
#[test]
fn reasons_read_differently() {
    let mut texts: Vec<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), Reason::ALL.len());
}
