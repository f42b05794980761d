//! Looking at texts that are no values.
use regwire_xml::{Context, NsId, Text};

use crate::plan::Role;
use crate::simple::split_name;

/// The text is white space once it is expanded (CDATA sections and references to spaces count).
pub(crate) fn is_blank(cx: &Context<'_>, text: Text, buffer: &mut Vec<u8>) -> bool {
    text.is_whitespace()
        || text
            .value(cx.doc(), buffer)
            .iter()
            .all(|octet| matches!(octet, b' ' | b'\t' | b'\n' | b'\r'))
}

/// The text is none for an element of empty content: the schema has not even white space there, peers do.
pub(crate) fn is_nothing(cx: &Context<'_>, text: Text, role: Role, buffer: &mut Vec<u8>) -> bool {
    text.is_empty() || (role != Role::Strict && is_blank(cx, text, buffer))
}

/// The name that the value of an `xsi:type` is.
pub(crate) fn chosen_type<'a>(
    cx: &Context<'_>,
    value: Text,
    buffer: &'a mut Vec<u8>,
) -> Option<(NsId, &'a [u8])> {
    buffer.clear();
    value.expand(cx.doc(), buffer);
    let (prefix, local) = split_name(buffer.trim_ascii());
    Some((cx.resolve(prefix)?, local))
}

/// What the value of an `xsi:nil` says; nothing if it is no truth value.
pub(crate) fn chosen_nil(cx: &Context<'_>, value: Text, buffer: &mut Vec<u8>) -> Option<bool> {
    buffer.clear();
    value.expand(cx.doc(), buffer);
    match buffer.trim_ascii() {
        b"1" | b"true" => Some(true),
        b"0" | b"false" => Some(false),
        _ => None,
    }
}
