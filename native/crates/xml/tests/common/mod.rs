//! A sink that writes down what it is told, and short ways to run it.
use regwire_xml::{
    Context, Error, Input, Limits, Names, NsId, QName, Sink, Text, TextFlags, Tokenizer,
};

pub const KNOWN: [&str; 2] = ["urn:known", "urn:other"];

/// Writes events down as one line each.
#[derive(Default)]
pub struct Log(pub Vec<String>);

fn shown(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).expect("the tokenizer hands out UTF-8")
}

fn name(cx: &Context<'_>, name: QName) -> String {
    let local = shown(name.local(cx.doc()));
    match name.ns {
        NsId::NONE => local,
        ns => format!("{{{}}}{local}", shown(cx.uri(ns))),
    }
}

pub fn value(cx: &Context<'_>, text: Text) -> String {
    let mut out = Vec::new();
    text.expand(cx.doc(), &mut out);
    if !text.needs_expansion() {
        assert_eq!(out, text.as_raw(cx.doc()));
    }
    shown(&out)
}

impl Sink for Log {
    fn start(&mut self, cx: &Context<'_>, found: QName, at: u32) {
        assert_eq!(cx.doc()[at as usize], b'<');
        self.0.push(format!("<{}", name(cx, found)));
    }
    fn attribute(&mut self, cx: &Context<'_>, found: QName, text: Text) {
        assert!(text.flags.contains(TextFlags::ATTRIBUTE));
        self.0
            .push(format!("@{}={:?}", name(cx, found), value(cx, text)));
    }
    fn attributes_done(&mut self, cx: &Context<'_>) {
        assert!(cx.depth() > 0);
    }
    fn text(&mut self, cx: &Context<'_>, text: Text) {
        let value = value(cx, text);
        if text.is_whitespace() {
            assert!(value.bytes().all(|octet| b" \t\n".contains(&octet)));
        }
        self.0.push(format!("{value:?}"));
    }
    fn end(&mut self, cx: &Context<'_>, at: u32) {
        assert_eq!(cx.doc()[at as usize - 1], b'>');
        self.0.push(">".into());
    }
}

pub fn run_with(doc: &[u8], limits: &Limits) -> Result<Vec<String>, Error> {
    let input = Input::new(doc, limits)?;
    let mut log = Log::default();
    Tokenizer::default().run(&Names::new(KNOWN), limits, &input, &mut log)?;
    Ok(log.0)
}

pub fn run(doc: &[u8]) -> Result<Vec<String>, Error> {
    run_with(doc, &Limits::default())
}
