//! URI references (RFC 3986): what `xs:anyURI` and namespace names have to be.

/// The text is a URI reference, apart from characters that would have to be escaped in one: schemes, authorities with their
/// ports and IP literals, the one fragment and escapes are as they must be. (As libxml2, a port is not empty.)
pub fn is_structured(text: &[u8]) -> bool {
    let (before, fragment) = match memchr::memchr(b'#', text) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &text[..0]),
    };
    if memchr::memchr(b'#', fragment).is_some()
        || has_brackets(fragment)
        || !escapes_are_whole(text)
    {
        return false;
    }
    match before
        .iter()
        .position(|octet| matches!(octet, b':' | b'/' | b'?'))
    {
        Some(0) if before[0] == b':' => false,
        Some(at) if before[at] == b':' => {
            is_scheme(&before[..at]) && is_hierarchy(&before[at + 1..])
        }
        _ => is_hierarchy(before),
    }
}

fn is_scheme(name: &[u8]) -> bool {
    name[0].is_ascii_alphabetic()
        && name
            .iter()
            .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'-' | b'.'))
}

/// Every `%` is followed by two hexadecimal digits.
fn escapes_are_whole(text: &[u8]) -> bool {
    memchr::memchr_iter(b'%', text).all(|at| {
        text.get(at + 1..at + 3)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

fn has_brackets(text: &[u8]) -> bool {
    memchr::memchr2(b'[', b']', text).is_some()
}

/// What follows the scheme: an authority, if there is one, then path and query.
fn is_hierarchy(text: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(b"//") else {
        return !has_brackets(text);
    };
    let end = memchr::memchr2(b'/', b'?', rest).unwrap_or(rest.len());
    is_authority(&rest[..end]) && !has_brackets(&rest[end..])
}

/// `[userinfo@]host[:port]`.
fn is_authority(text: &[u8]) -> bool {
    let (userinfo, host) = match memchr::memchr(b'@', text) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (&text[..0], text),
    };
    if has_brackets(userinfo) || memchr::memchr(b'@', host).is_some() {
        return false;
    }
    let behind = match host.strip_prefix(b"[") {
        Some(literal) => match memchr::memchr(b']', literal) {
            Some(end) if is_ip_literal(&literal[..end]) => &literal[end + 1..],
            _ => return false,
        },
        None => &host[memchr::memchr(b':', host).unwrap_or(host.len())..],
    };
    let named = &host[..host.len() - behind.len()];
    let is_port = |port: &[u8]| !port.is_empty() && port.iter().all(u8::is_ascii_digit);
    (host.starts_with(b"[") || !has_brackets(named))
        && (behind.is_empty() || behind[0] == b':' && is_port(&behind[1..]))
}

/// The inside of brackets: an IPv6 address by its characters, or a later version.
fn is_ip_literal(text: &[u8]) -> bool {
    let is_v6 = !text.is_empty()
        && text
            .iter()
            .all(|o| o.is_ascii_hexdigit() || matches!(o, b':' | b'.'));
    is_v6 || (text.len() > 1 && matches!(text[0], b'v' | b'V') && !has_brackets(text))
}

/// The text is a URI reference: [`is_structured`], and no octet that would have to be escaped.
pub fn is_reference(text: &[u8]) -> bool {
    let is_allowed =
        |octet: &u8| octet.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(octet);
    text.iter().all(is_allowed) && is_structured(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structure() {
        for good in [
            "",
            "a",
            "urn:x:y",
            "http://a/b?c#d",
            "a b",
            "é/é",
            "//a:80/",
            "//u:p@h",
            "?",
            "http://[::1]:80/",
            "//[v1.x]",
            "%41",
            "{}",
            "/:",
            "?:",
            "mailto:a@b",
        ] {
            assert!(is_structured(good.as_bytes()), "{good}");
        }
        for bad in [
            ":", "::", "1a:b", "a#b#c", "%", "%4", "%zz", "[", "]", "a[b", "?]", "#[", "http://[",
            "//[]", "//[x]", "//[::1]a", "//a:b", "//a@b@c", "//[::1", "//a[b", "//u[@h", "//:a",
            "//a:", "//:",
        ] {
            assert!(!is_structured(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn references_have_no_characters_to_escape() {
        for good in [
            "",
            "urn:ietf:params:xml:ns:epp-1.0",
            "relative",
            "http://a/%20?b=c#d",
            "http://[::1]/",
        ] {
            assert!(is_reference(good.as_bytes()), "{good}");
        }
        for bad in [
            " ",
            "a b",
            "é",
            "a\n",
            "{}",
            "<",
            "\"",
            "\\",
            "^",
            "`",
            "|",
            "\u{7F}",
            "http://[/",
        ] {
            assert!(!is_reference(bad.as_bytes()), "{bad}");
        }
    }
}
