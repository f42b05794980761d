"""Names (RFC 1123 2.1, RFC 5890 2.3.1, RFC 5891 5.4) and the zones they belong to."""

from __future__ import annotations

import pytest
from registry_world import World

from regwire.registry.model.outcomes import Refusal
from regwire.registry.rules.names import check_domain_name, check_host_name, fault_of_label

POLICIES = World(zones=("example", "co.test")).policies


@pytest.mark.parametrize("label", ["a", "a1", "a-b", "0", "a" * 63, "xn--bcher-kva", "xn--p1ai", "a-b--c", "xn-a"])
def test_rfc_1123_and_5891_labels_that_can_be_registered(label: str) -> None:
    assert fault_of_label(label) is None


@pytest.mark.parametrize(
    ("label", "why"),
    [
        ("", "empty"),
        ("-a", "letters"),
        ("a-", "letters"),
        ("a_b", "letters"),
        ("a b", "letters"),
        ("A", "letters"),
        ("a" * 64, "too long"),
        ("bücher", "A-label"),
        ("ab--c", "reserved"),
        ("xn--", "letters"),
        ("xn--a", "IDNA2008"),
        ("xn--zzzzzzzzzzzzzzzzzzzzz99", "IDNA2008"),
        ("xn--ls8h", "IDNA2008"),  # U+1F4A9: valid under IDNA2003, not under IDNA2008
    ],
)
def test_rfc_5891_labels_that_cannot(label: str, why: str) -> None:
    assert why in (fault_of_label(label) or "")


@pytest.mark.parametrize(("name", "zone"), [("a.example", "example"), ("b.co.test", "co.test")])
def test_a_name_directly_below_a_zone(name: str, zone: str) -> None:
    assert check_domain_name(name, POLICIES).zone == zone


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a.b.example", 2306),
        ("example", 2306),
        ("co.test", 2306),
        ("a.test", 2306),
        ("a.net", 2306),
        ("a.example.", 2005),
        (".example", 2005),
        ("a..example", 2005),
        ("ä.example", 2005),
        ("-.net", 2005),
        ("", 2005),
    ],
)
def test_other_names_are_refused(name: str, code: int) -> None:
    with pytest.raises(Refusal) as caught:
        check_domain_name(name, POLICIES)
    assert caught.value.code == code


@pytest.mark.parametrize("name", ["ns1.example.net", "ns1.no-such-tld", "a.b", "ns.xn--p1ai"])
def test_rfc_5732_host_names_under_any_tld(name: str) -> None:
    check_host_name(name)


@pytest.mark.parametrize(
    "name", ["ns1", "192.0.2.1", "ns1..net", "!.net", "ns1.net.", "a." * 126 + "net", "ns.ab--c.net"]
)
def test_rfc_5732_other_host_names_are_2005(name: str) -> None:
    with pytest.raises(Refusal) as caught:
        check_host_name(name)
    assert caught.value.code == 2005


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("ns1.a.example", ("a.example",)),
        ("a.example", ("a.example",)),
        ("x.y.a.co.test", ("a.co.test",)),
        ("ns1.net", ()),
        ("a.test", ()),
        ("example", ()),
        ("notexample", ()),
    ],
)
def test_the_superordinate_domain_of_a_host(host: str, domain: tuple[str, ...]) -> None:
    assert POLICIES.superordinates(host) == domain
