"""IRIS URIs: RFC 3981 section 7 and its examples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regwire.errors import ConfigError
from regwire.iris.messages.core import LookupEntity
from regwire.iris.uri import SCHEMES, Authority, IrisUri


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("iris:dreg1//example.com/domain/example.com", ("iris", "dreg1", "", "example.com", "domain", "example.com")),
        ("iris:dreg1//example.com", ("iris", "dreg1", "", "example.com", "iris", "id")),
        ("iris:dreg1//com/domain/example.com", ("iris", "dreg1", "", "com", "domain", "example.com")),
        (
            "iris:dreg1//192.0.2.1:44/domain/example.com",
            ("iris", "dreg1", "", "192.0.2.1:44", "domain", "example.com"),
        ),
        (
            "iris.lwz:dreg1//192.0.2.1:44/domain/example.com",
            ("iris.lwz", "dreg1", "", "192.0.2.1:44", "domain", "example.com"),
        ),
        ("iris.beep:dreg1//com/domain/example.com", ("iris.beep", "dreg1", "", "com", "domain", "example.com")),
        (
            "iris:dreg1/bottom/example.com/domain/example.com",
            ("iris", "dreg1", "bottom", "example.com", "domain", "example.com"),
        ),
        ("iris:urn:ietf:params:xml:ns:dreg1//com", ("iris", "dreg1", "", "com", "iris", "id")),
        ("IRIS:DREG1//COM/Domain-Name/A.Example", ("iris", "dreg1", "", "com", "Domain-Name", "A.Example")),
        ("iris:areg1/top/host", ("iris", "areg1", "top", "host", "iris", "id")),
        (
            "iris:ereg1//4.3.e164.arpa/e164-number/%2B43123",
            ("iris", "ereg1", "", "4.3.e164.arpa", "e164-number", "+43123"),
        ),
        ("iris:ereg1//e164.arpa/local/a+b", ("iris", "ereg1", "", "e164.arpa", "local", "a b")),
        ("iris:areg1//[2001:DB8::1]:713/ipv6-handle/2001:db8::", None),
        ("iris:dchk1//b%C3%BCcher.example/idn/b%C3%BCcher", None),
        ("iris:dreg1//com/local/a%2Fb%25c%3Fd", ("iris", "dreg1", "", "com", "local", "a/b%c?d")),
        ("  iris.xpcs:dchk1//example.org.  ", ("iris.xpcs", "dchk1", "", "example.org", "iris", "id")),
        ("iris:urn:example:own//x", ("iris", "urn:example:own", "", "x", "iris", "id")),
    ],
)
def test_what_is_written(text, expected):
    uri = IrisUri.parse(text)
    parts = (uri.scheme, uri.registry_type, uri.resolution, str(uri.authority), uri.entity_class, uri.entity_name)
    if expected is not None:
        assert parts == expected
    assert IrisUri.parse(str(uri)) == uri


def test_literals_and_internationalised_authorities():
    uri = IrisUri.parse("iris:areg1//[2001:DB8::1]:713/ipv6-handle/2001:db8::")
    assert (uri.authority.host, uri.authority.port, str(uri.authority)) == ("2001:db8::1", 713, "[2001:db8::1]:713")
    assert uri.authority.address is not None
    assert str(uri).endswith("/ipv6-handle/2001%3Adb8%3A%3A")
    uri = IrisUri.parse("iris:dchk1//b%C3%BCcher.example/idn/b%C3%BCcher")
    assert uri.authority == Authority("xn--bcher-kva.example")
    assert uri.authority.address is None
    assert uri.entity_name == "b\u00fccher"
    assert IrisUri.parse("iris:dchk1//b\u00fccher.example") == IrisUri.parse("iris:dchk1//xn--bcher-kva.example")


def test_what_it_stands_for():
    uri = IrisUri.parse("iris.xpc:dreg1//com/domain-name/example.com")
    assert uri.lookup == LookupEntity("urn:ietf:params:xml:ns:dreg1", "domain-name", "example.com")
    assert (uri.urn, uri.transport) == ("urn:ietf:params:xml:ns:dreg1", "xpc")
    assert IrisUri.parse("iris:dreg1//com").transport is None
    assert IrisUri.parse("iris:urn:example:own//x").urn == "urn:example:own"


def test_a_plus_is_written_as_an_escape():
    uri = IrisUri(
        registry_type="ereg1", authority=Authority("e164.arpa"), entity_class="e164-number", entity_name="+4312"
    )
    assert str(uri) == "iris:ereg1//e164.arpa/e164-number/%2B4312"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "iris",
        "http://example.com/",
        "iris:dreg1",
        "iris:dreg1/com",
        "iris:dreg1///domain/x",
        "iris:dreg1//com/domain",
        "iris:dreg1//com/domain/",
        "iris:dreg1//com//x",
        "iris:dreg1//com/a/b/c",
        "iris:dreg1//com/",
        "iris://com",
        "iris:1//com",
        "iris:dreg1//com:0",
        "iris:dreg1//com:65536",
        "iris:dreg1//com:",
        "iris:dreg1//com:x",
        "iris:dreg1//com:\u0663",
        "iris:dreg1//[::1",
        "iris:dreg1//[::1]x",
        "iris:dreg1//[192.0.2.1]",
        "iris:dreg1//[zz]",
        "iris:dreg1//user@com",
        "iris:dreg1//-a.example",
        "iris:dreg1//a..example",
        "iris:dreg1//" + "a" * 64 + ".example",
        "iris:dreg1//" + "a." * 130 + "example",
        "iris:dreg1//com/domain/a%2",
        "iris:dreg1//com/domain/a%zz",
        "iris:dreg1//com/domain/%FF",
        "iris:dreg1//com/domain/a%00b%20",
        "iris:dreg1//com/domain/a++b",
        "iris:dreg1//com/domain/a?b",
        "iris:dreg1//com/domain/a#b",
        "iris:dreg1//com/dom ain/a",
        "iris:dreg1//com/domain/a\nb",
        "iris:dreg1//\u200d.example",
    ],
)
def test_what_is_none(text):
    with pytest.raises(ConfigError):
        IrisUri.parse(text)


def test_parts_are_checked():
    with pytest.raises(ConfigError, match="no scheme"):
        IrisUri(scheme="http", registry_type="dreg1", authority=Authority("com"))
    with pytest.raises(ConfigError, match="class and a name"):
        IrisUri(registry_type="dreg1", authority=Authority("com"), entity_name="")


_NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1, max_size=30)


@given(
    st.sampled_from(sorted(SCHEMES)),
    st.sampled_from(["dreg1", "areg1", "urn:example:x"]),
    st.sampled_from(["", "top", "bottom"]),
    st.sampled_from(["com", "192.0.2.1:44", "[::1]", "a.example:713"]),
    _NAMES.filter(str.split),
    _NAMES.filter(str.split),
)
def test_any_name_survives(scheme, kind, resolution, authority, entity_class, name):  # noqa: PLR0917
    uri = IrisUri(
        scheme=scheme,
        registry_type=kind,
        resolution=resolution,
        authority=Authority.parse(authority),
        entity_class=entity_class,
        entity_name=name,
    )
    text = str(uri)
    assert text.isascii()
    assert IrisUri.parse(text) == uri
