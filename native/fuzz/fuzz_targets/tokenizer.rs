//! Any octets through the tokenizer: no panic, and what is read must not depend on where it lies in memory, on the encoding,
//! or on being written out and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use regwire_xml::{Context, Input, Limits, Names, QName, Reason, Sink, Text, Tokenizer, write};

const KNOWN: [&str; 2] = [
    "urn:ietf:params:xml:ns:epp-1.0",
    "urn:ietf:params:xml:ns:domain-1.0",
];

/// What a document says, apart from how it is written.
#[derive(Debug, Clone, PartialEq)]
enum Event {
    Start(Vec<u8>, Vec<u8>),
    Attribute(Vec<u8>, Vec<u8>, Vec<u8>),
    Text(Vec<u8>),
    End,
}

#[derive(Default)]
struct Record(Vec<Event>, Vec<u32>);

fn value(cx: &Context<'_>, text: Text) -> Vec<u8> {
    let mut out = Vec::new();
    text.expand(cx.doc(), &mut out);
    if !text.needs_expansion() {
        assert_eq!(out, text.as_raw(cx.doc()));
    }
    out
}

impl Sink for Record {
    fn start(&mut self, cx: &Context<'_>, name: QName, at: u32) {
        assert_eq!(cx.doc()[at as usize], b'<');
        self.1.push(at);
        assert_eq!(cx.resolve(name.prefix(cx.doc())), Some(name.ns));
        self.0.push(Event::Start(
            cx.uri(name.ns).to_vec(),
            name.local(cx.doc()).to_vec(),
        ));
    }
    fn attribute(&mut self, cx: &Context<'_>, name: QName, text: Text) {
        self.0.push(Event::Attribute(
            cx.uri(name.ns).to_vec(),
            name.local(cx.doc()).to_vec(),
            value(cx, text),
        ));
    }
    fn attributes_done(&mut self, cx: &Context<'_>) {
        assert!(cx.inherited().count() <= cx.bindings().count());
    }
    fn text(&mut self, cx: &Context<'_>, text: Text) {
        let value = value(cx, text);
        if text.is_whitespace() {
            assert!(value.iter().all(u8::is_ascii_whitespace));
        }
        match self.0.last_mut() {
            Some(Event::Text(before)) => before.extend(value),
            _ if value.is_empty() => {}
            _ => self.0.push(Event::Text(value)),
        }
    }
    fn end(&mut self, cx: &Context<'_>, at: u32) {
        assert_eq!(cx.doc()[at as usize - 1], b'>');
        self.0.push(Event::End);
        let start = self.1.pop().expect("ends match starts");
        if cx.depth() == 2 {
            check_alone(cx, &cx.doc()[start as usize..at as usize]);
        }
    }
}

/// An element with the bindings that it uses can be read by itself.
fn check_alone(cx: &Context<'_>, element: &[u8]) {
    let (mut bindings, mut alone) = (Vec::new(), Vec::new());
    cx.render_used(element, &mut bindings);
    write::standalone(&mut alone, element, &bindings);
    let limits = Limits {
        octets: 1 << 26,
        attributes: 1000,
        uri_octets: 4096,
        ..Limits::default()
    };
    let input = Input::new(&alone, &limits).expect("it was read");
    let outcome = Tokenizer::default().run(&Names::new(KNOWN), &limits, &input, &mut Nothing);
    assert_eq!(outcome, Ok(()), "{:?}", String::from_utf8_lossy(&alone));
}

struct Nothing;

impl Sink for Nothing {
    fn start(&mut self, _cx: &Context<'_>, _name: QName, _at: u32) {}
    fn attribute(&mut self, _cx: &Context<'_>, _name: QName, _value: Text) {}
    fn attributes_done(&mut self, _cx: &Context<'_>) {}
    fn text(&mut self, _cx: &Context<'_>, _text: Text) {}
    fn end(&mut self, _cx: &Context<'_>, _at: u32) {}
}

fn read(document: &[u8], limits: &Limits) -> Result<Vec<Event>, (Reason, usize)> {
    let mut record = Record::default();
    let outcome = Input::new(document, limits).and_then(|input| {
        Tokenizer::default().run(&Names::new(KNOWN), limits, &input, &mut record)
    });
    match outcome {
        Ok(()) => Ok(record.0),
        Err(error) => {
            assert!(error.offset <= document.len(), "{error}");
            assert!(error.line as usize <= document.len() + 1, "{error}");
            Err((error.reason, error.offset))
        }
    }
}

/// Writes events as another document that says the same.
fn rebuild(events: &[Event]) -> Vec<u8> {
    let utf8 =
        |octets: &[u8]| String::from_utf8(octets.to_vec()).expect("the tokenizer hands out UTF-8");
    let mut out = Vec::new();
    let mut names: Vec<(bool, Vec<u8>)> = Vec::new();
    let mut in_tag = false;
    for (place, event) in events.iter().enumerate() {
        if in_tag && !matches!(event, Event::Attribute(..)) {
            out.push(b'>');
            in_tag = false;
        }
        match event {
            Event::Start(uri, local) => {
                out.extend(if uri.is_empty() {
                    b"<".as_slice()
                } else {
                    b"<p:"
                });
                out.extend(local);
                if !uri.is_empty() && uri != regwire_xml::XML_NAMESPACE {
                    write::binding(&mut out, b"p", uri);
                } else if !uri.is_empty() {
                    let behind = out.len() - local.len() - 2;
                    out.splice(behind..behind + 1, *b"xml");
                }
                names.push((
                    uri == regwire_xml::XML_NAMESPACE,
                    if uri.is_empty() {
                        local.clone()
                    } else {
                        [b"p:", &**local].concat()
                    },
                ));
                in_tag = true;
            }
            Event::Attribute(uri, local, text) => {
                let prefix = format!("a{place}");
                if uri == regwire_xml::XML_NAMESPACE {
                    out.extend(b" xml:");
                } else if uri.is_empty() {
                    out.push(b' ');
                } else {
                    write::binding(&mut out, prefix.as_bytes(), uri);
                    out.extend(format!(" {prefix}:").as_bytes());
                }
                out.extend(local);
                out.extend(b"=\"");
                write::attribute(&mut out, &utf8(text)).expect("what was read can be written");
                out.push(b'"');
            }
            Event::Text(text) => {
                write::text(&mut out, &utf8(text)).expect("what was read can be written")
            }
            Event::End => {
                let (xml, name) = names.pop().expect("ends match starts");
                out.extend(if xml { b"</xml".as_slice() } else { b"</" });
                out.extend(if xml { &name[1..] } else { &name[..] });
                out.push(b'>');
            }
        }
    }
    out
}

fuzz_target!(|document: &[u8]| {
    let limits = Limits::default();
    let outcome = read(document, &limits);

    // Elsewhere in the vectors: spaces before the root move everything.
    if !document.starts_with(b"<?xml") && !matches!(document, [0xEF | 0xFE | 0xFF, ..]) {
        let moved = [b"   ", document].concat();
        let expected = outcome
            .clone()
            .map_err(|(reason, offset)| (reason, offset + 3));
        assert_eq!(read(&moved, &limits), expected);
    }
    let Ok(events) = outcome else { return };

    // The same in UTF-16, unless a declaration says otherwise.
    let text = Input::new(document, &limits)
        .expect("it was read")
        .text()
        .to_vec();
    let text = String::from_utf8(text).expect("the input stage checks UTF-8");
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
    if !text.starts_with("<?xml") {
        let wide: Vec<u8> = format!("\u{FEFF}{text}")
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        assert_eq!(
            read(
                &wide,
                &Limits {
                    octets: 1 << 22,
                    ..limits
                }
            )
            .as_ref(),
            Ok(&events)
        );
    }

    // Written and read again.
    let roomy = Limits {
        octets: 1 << 26,
        attributes: 200,
        name_octets: 600,
        bindings: 10_000,
        uri_octets: 4096,
        ..limits
    };
    assert_eq!(read(&rebuild(&events), &roomy), Ok(events));
});
