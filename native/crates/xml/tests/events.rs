//! What a sink is told about documents that are well-formed.
mod common;

use std::fmt::Write as _;

use common::run;
use regwire_xml::{
    Context, Encoding, Input, Limits, Names, NsId, QName, Sink, Text, Tokenizer, write,
};

#[track_caller]
fn events(doc: &str) -> Vec<String> {
    run(doc.as_bytes()).unwrap_or_else(|error| panic!("{doc:?}: {error}"))
}

#[test]
fn elements_attributes_and_text_come_in_order() {
    let doc = "<?xml version='1.0'?>\n<!-- c --><a x='1' y=\"2\">t<b/>\n u<?pi data?>v</a>\n<?pi?>";
    assert_eq!(
        events(doc),
        [
            "<a",
            "@x=\"1\"",
            "@y=\"2\"",
            "\"t\"",
            "<b",
            ">",
            "\"\\n u\"",
            "\"v\"",
            ">"
        ]
    );
}

#[test]
fn namespaces_are_resolved_wherever_they_are_declared() {
    let doc = "<p:a xmlns:p='urn:known' p:x='1' x='2'><b xmlns='urn:b'>\
               <p:c xmlns:p='urn:&#99;' p:y=''/><c xmlns=''/></b></p:a>";
    assert_eq!(
        events(doc),
        [
            "<{urn:known}a",
            "@{urn:known}x=\"1\"",
            "@x=\"2\"",
            "<{urn:b}b",
            "<{urn:c}c",
            "@{urn:c}y=\"\"",
            ">",
            "<c",
            ">",
            ">",
            ">"
        ]
    );
    assert_eq!(
        events("<a xml:lang='en'/>")[1],
        "@{http://www.w3.org/XML/1998/namespace}lang=\"en\""
    );
    assert_eq!(
        events("<xml:a xmlns:xml='http://www.w3.org/XML/1998/namespace'/>").len(),
        2
    );
    assert_eq!(events("<a xmlns='urn:kno&#x77;n'/>")[0], "<{urn:known}a");
    assert_eq!(
        events("<prefixlonger:a xmlns:prefixlonger='u' xmlns:prefixlongest='v'/>")[0],
        "<{u}a"
    );
    assert_eq!(
        events("<a xmlns='u'><b xmlns='v'/><c/></a>"),
        ["<{u}a", "<{v}b", ">", "<{u}c", ">", ">"]
    );
    // A namespace that differs by case or by space is another one; unprefixed attributes have none.
    assert_eq!(
        events("<p:a xmlns:p='urn:KNOWN' xmlns:q='u' p:x='' x='' q:x=''/>").len(),
        5
    );
}

#[test]
fn what_is_well_formed_is_read() {
    for doc in [
        "<a/>",
        "<a />",
        "<a\t\r\n></a\n>",
        "\n <a/> \n",
        "<a x = '1'\ny\t=\"2\"/>",
        "<a x='>' y='\"' z=\"'\"/>",
        "<a>></a>",
        "<a>]]</a>",
        "<a>]] ></a>",
        "<a>]</a>",
        "<a><![CDATA[]]></a>",
        "<a><![CDATA[]]]]></a>",
        "<a><![CDATA[<&>]]>]]&gt;</a>",
        "<a><!----></a>",
        "<a><!-- - --></a>",
        "<a><!-- <&> --></a>",
        "<a><?xml-stylesheet?><?x ?><?x ??><?x <&>?></a>",
        "<?xml-a?><a/>",
        "<a_-.1/>",
        "<_/>",
        "<\u{E9}\u{B7}\u{300}/>",
        "<\u{10000}/>",
        "<p:\u{E9} xmlns:p='u'/>",
        "<a>\u{7F}\u{80}\u{9F}\u{2028}\u{FDD0}\u{FFFD}\u{10FFFF}</a>",
        "<a>&#x10FFFF;&#0000000000000000000065;&#9;&#x20;</a>",
        "<?xml version='1.0'?><a/>",
        "<?xml version=\"1.1\" encoding='utf-8' standalone='no' ?><a/>",
        "<?xml version = '1.0' encoding = \"US-ASCII\" standalone = 'yes'?><a>&#233;</a>",
        "<?xml\nversion='1.0'\tencoding='Ascii'\r\n?><a/>",
        "<a xmlns='relative' xmlns:p='a%20b'/>",
        "<a xmlns:xMl='u' xmlns:p-='u'/>",
    ] {
        events(doc);
        for spaces in 1..20 {
            events(&format!("{doc}{}", " ".repeat(spaces)));
        }
    }
}

#[test]
fn text_is_expanded_on_demand() {
    assert_eq!(
        events("<a>&lt;&gt;&amp;&apos;&quot;&#65;&#x42;&#xE9;</a>")[1],
        "\"<>&'\\\"ABé\""
    );
    assert_eq!(
        events("<a>1\r\n2\r3\n4&#13;5</a>")[1],
        "\"1\\n2\\n3\\n4\\r5\""
    );
    assert_eq!(events("<a>\r\n\r</a>")[1], "\"\\n\\n\"");
    assert_eq!(
        events("<a x='1\r\n2\t3\n4\r5&#10;6&#9;7'/>")[1],
        "@x=\"1 2 3 4 5\\n6\\t7\""
    );
    assert_eq!(events("<a><![CDATA[&lt;\r\n]]></a>")[1], "\"&lt;\\n\"");
    assert_eq!(
        events("<a>x<![CDATA[y]]>z<!-- -->w</a>")[1..5],
        ["\"x\"", "\"y\"", "\"z\"", "\"w\""]
    );
}

/// Notes the flags of text.
#[derive(Default)]
struct Flags(Vec<(bool, bool, bool)>);

impl Sink for Flags {
    fn start(&mut self, _cx: &Context<'_>, _name: QName, _at: u32) {}
    fn attribute(&mut self, _cx: &Context<'_>, _name: QName, _value: Text) {}
    fn attributes_done(&mut self, _cx: &Context<'_>) {}
    fn text(&mut self, cx: &Context<'_>, text: Text) {
        assert_eq!(
            text.value(cx.doc(), &mut Vec::new()),
            common::value(cx, text).as_bytes()
        );
        self.0.push((
            text.is_whitespace(),
            text.needs_expansion(),
            text.is_empty(),
        ));
    }
    fn end(&mut self, _cx: &Context<'_>, _at: u32) {}
}

#[test]
fn flags_tell_white_space_and_expansion() {
    let flags = |doc: &str| {
        let limits = Limits::default();
        let input = Input::new(doc.as_bytes(), &limits).unwrap();
        let mut flags = Flags::default();
        Tokenizer::default()
            .run(&Names::default(), &limits, &input, &mut flags)
            .unwrap();
        flags.0
    };
    assert_eq!(flags("<a> \n\t</a>"), [(true, false, false)]);
    assert_eq!(flags("<a> \r\n</a>"), [(true, true, false)]);
    assert_eq!(flags("<a> x </a>"), [(false, false, false)]);
    assert_eq!(flags("<a>\r\n x</a>"), [(false, true, false)]);
    assert_eq!(flags("<a>&#32;</a>"), [(false, true, false)]);
    assert_eq!(
        flags("<a><![CDATA[ ]]><![CDATA[]]><![CDATA[&]]></a>"),
        [
            (true, false, false),
            (false, false, true),
            (false, false, false)
        ]
    );
}

/// Takes the raw octets of the outermost element `raw`, made to stand alone, and what prefixes resolve to inside it.
#[derive(Default)]
struct Slices {
    start: Option<(u32, usize)>,
    found: Vec<String>,
}

impl Sink for Slices {
    fn start(&mut self, cx: &Context<'_>, name: QName, at: u32) {
        if name.local(cx.doc()) == b"raw" && self.start.is_none() {
            self.start = Some((at, cx.depth()));
            assert_eq!(
                cx.resolve(b"p").map(|ns| cx.uri(ns)),
                Some(b"urn:p2".as_slice())
            );
            assert_eq!(cx.resolve(b"none"), None);
            assert_eq!(cx.resolve(b"xml"), Some(NsId::XML));
            assert_eq!(
                cx.bindings().filter(|(prefix, _)| *prefix == b"p").count(),
                1
            );
            assert_eq!(name.written(cx.doc()), b"q:raw");
            assert_eq!(name.prefix(cx.doc()), b"q");
        }
    }
    fn attribute(&mut self, _cx: &Context<'_>, _name: QName, _value: Text) {}
    fn attributes_done(&mut self, _cx: &Context<'_>) {}
    fn text(&mut self, _cx: &Context<'_>, _text: Text) {}
    fn end(&mut self, cx: &Context<'_>, at: u32) {
        if let Some((start, depth)) = self.start
            && depth == cx.depth()
        {
            let element = &cx.doc()[start as usize..at as usize];
            let (mut bindings, mut out) = (Vec::new(), Vec::new());
            cx.render_used(element, &mut bindings);
            write::standalone(&mut out, element, &bindings);
            self.found.push(String::from_utf8(out).unwrap());
            let inherited: Vec<&[u8]> = cx.inherited().map(|(prefix, _)| prefix).collect();
            assert_eq!(inherited, [b"".as_slice(), b"q", b"unused", b"value", b"p"]);
            self.start = None;
        }
    }
}

#[test]
fn raw_slices_stand_alone() {
    let doc = "<a xmlns='urn:&amp;default' xmlns:p='urn:p1' xmlns:q='urn:known' xmlns:unused='urn:u' xmlns:value='urn:v' \
               xmlns:xml='http://www.w3.org/XML/1998/namespace'><b xmlns:p='urn:p2' xmlns:own='urn:outer'>\
               <q:raw xmlns:own='urn:own'><p:x type='value:t'/><raw/>t</q:raw></b></a>";
    let limits = Limits::default();
    let input = Input::new(doc.as_bytes(), &limits).unwrap();
    let mut slices = Slices::default();
    Tokenizer::default()
        .run(&Names::new(common::KNOWN), &limits, &input, &mut slices)
        .unwrap();
    assert_eq!(slices.found.len(), 1);
    let alone = &slices.found[0];
    assert_eq!(
        alone,
        "<q:raw xmlns=\"urn:&amp;default\" xmlns:q=\"urn:known\" xmlns:value=\"urn:v\" xmlns:p=\"urn:p2\" \
         xmlns:own='urn:own'><p:x type='value:t'/><raw/>t</q:raw>"
    );
    assert_eq!(
        events(alone),
        [
            "<{urn:known}raw",
            "<{urn:p2}x",
            "@type=\"value:t\"",
            ">",
            "<{urn:&default}raw",
            ">",
            "\"t\"",
            ">"
        ]
    );
}

#[test]
fn byte_order_marks_and_utf16_change_nothing_but_offsets() {
    let doc = "<a x='\u{E9}'>\u{1F600}\r\n</a>";
    let plain = events(doc);
    assert_eq!(events(&format!("\u{FEFF}{doc}")), plain);
    assert_eq!(
        events(&format!(
            "\u{FEFF}<?xml version='1.0' encoding='UTF-8'?>{doc}"
        )),
        plain
    );
    let little: Vec<u8> = format!("\u{FEFF}{doc}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let big: Vec<u8> = format!("\u{FEFF}{doc}")
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    assert_eq!(run(&little).unwrap(), plain);
    assert_eq!(run(&big).unwrap(), plain);

    let input = Input::new(&little, &Limits::default()).unwrap();
    assert_eq!(input.encoding(), Encoding::Utf16Le);
    assert_eq!(input.text(), doc.as_bytes());
    assert!(!input.is_ascii());
    let behind = doc.find('\u{1F600}').unwrap() + 4;
    assert_eq!(
        input.received_offset(behind),
        2 + 2 * "<a x='\u{E9}'>\u{1F600}".encode_utf16().count()
    );
    assert_eq!(input.line(doc.len()), 2);
    let marked = "\u{FEFF}<a/>";
    let input = Input::new(marked.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(
        (input.encoding(), input.is_ascii()),
        (Encoding::Utf8Marked, true)
    );
}

#[test]
fn a_tokenizer_forgets_what_it_read() {
    let limits = Limits::default();
    let names = Names::new(common::KNOWN);
    let mut tokenizer = Tokenizer::default();
    for doc in ["<a xmlns:p='urn:&#97;'><p:b x='1'>", "<p:a/>", "<b/>"] {
        let input = Input::new(doc.as_bytes(), &limits).unwrap();
        let mut log = common::Log::default();
        let outcome = tokenizer.run(&names, &limits, &input, &mut log);
        assert_eq!(outcome.is_ok(), doc == "<b/>", "{doc:?}");
    }
}

/// Attributes and bindings in numbers: found out in order, and without comparing each with each.
#[test]
fn many_attributes_are_compared_by_sorting() {
    let limits = Limits {
        octets: 1 << 22,
        attributes: 100_001,
        bindings: 100_001,
        ..Limits::default()
    };
    let read = |doc: &str| {
        common::run_with(doc.as_bytes(), &limits).map_err(|error| (error.reason, error.offset))
    };
    let mut many = String::new();
    for number in 0..50_000 {
        write!(many, " a{number}='' xmlns:p{number}='u'").unwrap();
    }
    assert_eq!(read(&format!("<a{many}/>")).unwrap().len(), 50_002);
    let twice = format!("<a{many} a7=''");
    assert_eq!(
        read(&format!("{twice}/>")),
        Err((regwire_xml::Reason::DuplicateAttribute, twice.len() - 5))
    );
    let twice = format!("<a{many} xmlns:p7='v'");
    assert_eq!(
        read(&format!("{twice}/>")),
        Err((regwire_xml::Reason::DuplicateBinding, twice.len() - 6))
    );
}
