//! What the writer appends, and that the tokenizer reads it back.
mod common;

use regwire_xml::write;

fn text(value: &str) -> String {
    let mut out = b"before ".to_vec();
    write::text(&mut out, value).unwrap();
    String::from_utf8(out).unwrap().split_off(7)
}

fn attribute(value: &str) -> String {
    let mut out = Vec::new();
    write::attribute(&mut out, value).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn escapes() {
    assert_eq!(
        text("plain text that is longer than a vector"),
        "plain text that is longer than a vector"
    );
    assert_eq!(
        text("a<b>c&d\"e'f]]>\r\n\t"),
        "a&lt;b&gt;c&amp;d\"e'f]]&gt;&#13;\n\t"
    );
    assert_eq!(
        attribute("a<b>c&d\"e'f\r\n\t"),
        "a&lt;b&gt;c&amp;d&quot;e'f&#13;&#10;&#9;"
    );
    assert_eq!(text("é\u{FFFD}\u{F000}😀"), "é\u{FFFD}\u{F000}😀");
    assert_eq!(text(""), "");
}

#[test]
fn what_is_written_is_read_back() {
    let pieces = [
        "<",
        "&",
        "]]>",
        "\r\n",
        "\r",
        "\t",
        "\n",
        " ",
        "é",
        "\u{FFFD}",
        "\u{85}",
        "\u{10FFFF}",
        "x",
        "quotes \" '",
    ];
    for a in pieces {
        for b in pieces {
            for pad in 0..18 {
                let value = format!("{}{a}{b}", "p".repeat(pad));
                let doc = format!("<a x=\"{}\">{}</a>", attribute(&value), text(&value));
                let events = common::run(doc.as_bytes()).unwrap();
                assert_eq!(
                    events[1..3],
                    [format!("@x={value:?}"), format!("{value:?}")],
                    "{doc}"
                );
            }
        }
    }
}

#[test]
fn characters_that_xml_cannot_carry_are_refused() {
    for character in [
        '\0', '\u{1}', '\u{8}', '\u{B}', '\u{1F}', '\u{FFFE}', '\u{FFFF}',
    ] {
        for pad in 0..40 {
            let value = format!("<{}é{character}x", "p".repeat(pad));
            let mut out = b"kept".to_vec();
            let error = write::text(&mut out, &value).unwrap_err();
            assert_eq!((error.offset, error.character), (1 + pad + 2, character));
            assert_eq!(write::attribute(&mut out, &value), Err(error));
            assert_eq!(out, b"kept");
        }
    }
    let error = write::text(&mut Vec::new(), "a\0").unwrap_err();
    assert_eq!(
        error.to_string(),
        "XML cannot carry the character U+0000 (octet 1)"
    );
}

#[test]
fn numbers() {
    for number in [0, 7, 10, 99, 100, u64::from(u32::MAX), u64::MAX] {
        let mut out = Vec::new();
        write::unsigned(&mut out, number);
        assert_eq!(out, number.to_string().as_bytes());
    }
    for number in [0, -1, 1, i64::MIN, i64::MAX] {
        let mut out = Vec::new();
        write::signed(&mut out, number);
        assert_eq!(out, number.to_string().as_bytes());
    }
}

#[test]
fn dates() {
    let date = |year, month, day| write::Date { year, month, day };
    let at = |date, hour, minute, second, microsecond| {
        let mut out = Vec::new();
        write::date_time(
            &mut out,
            date,
            write::Time {
                hour,
                minute,
                second,
                microsecond,
            },
        );
        String::from_utf8(out).unwrap()
    };
    assert_eq!(at(date(1999, 4, 3), 22, 0, 9, 0), "1999-04-03T22:00:09Z");
    assert_eq!(
        at(date(12, 12, 31), 0, 59, 0, 100_000),
        "0012-12-31T00:59:00.1Z"
    );
    assert_eq!(
        at(date(9999, 1, 1), 23, 59, 59, 999_999),
        "9999-01-01T23:59:59.999999Z"
    );
    assert_eq!(
        at(date(2000, 1, 1), 0, 0, 0, 1),
        "2000-01-01T00:00:00.000001Z"
    );
    assert_eq!(
        at(date(2000, 1, 1), 0, 0, 0, 120),
        "2000-01-01T00:00:00.00012Z"
    );
}

#[test]
fn plain_text_is_what_every_octet_says() {
    let plain = |octet: u8| (0x21..=0x7F).contains(&octet) && !b"&<>\"".contains(&octet);
    for length in 1..=20 {
        for place in 0..length {
            for octet in 0..=u8::MAX {
                let mut text = vec![b'a'; length];
                text[place] = octet;
                assert_eq!(write::is_plain(&text), plain(octet), "{text:?}");
                // A neighbour that is plain only just must not hide it or suffer from it.
                for beside in [0x21, 0x7E, b'#', b'%', b'\'', b'=', b'?', b';'] {
                    text[(place + 1) % length] = beside;
                    let expected = plain(text[place]);
                    assert_eq!(write::is_plain(&text), expected, "{text:?}");
                }
            }
        }
    }
    assert!(write::is_plain(b""));
}
