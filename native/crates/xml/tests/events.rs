//! What a sink is told about documents that are well-formed.
mod common;

use common::run;

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
    let doc = "<p:a xmlns:p='urn:known' p:x='1' x='2'><b xmlns='urn:b'><p:c xmlns:p='urn:&#99;' p:y=''/><c xmlns=''/></b></p:a>";
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
}
