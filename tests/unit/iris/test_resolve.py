"""Resolution without sockets: the zones of RFC 3958, 3981 and 4698, methods, backtracking, bounds."""

import random
import re
from collections import Counter

import pytest
from xml_schemas import EXAMPLES, needs_spec

from regwire.errors import ConfigError
from regwire.iris.resolve import MOST_QUESTIONS, Naptr, Question, Srv, Target, authorities, candidates


class Zones:
    """What a DNS would say, and what it was asked."""

    def __init__(self, records):
        self.records = {(name.lower(), kind): found for (name, kind), found in records.items()}
        self.asked = []

    def answer(self, question):
        self.asked.append(question)
        return self.records.get((question.name.lower(), question.kind), ())


def walk(zones, *args, reach=None, seed=1, **kwargs):
    """Run a resolution; every target fails but those that `reach` takes."""
    steps = candidates(*args, rng=random.Random(seed), **kwargs)
    tried = []
    try:
        step = next(steps)
        while True:
            if isinstance(step, Question):
                step = steps.send(zones.answer(step))
                continue
            tried.append(step)
            if reach is not None and reach(step):
                break
            step = steps.send(None)
    except StopIteration:
        pass
    return tried


def places(targets):
    return [(t.host, t.port, t.transport) for t in targets]


def read_zone(file):
    """Read the RFC's presentation of records."""
    text = re.sub(r";[^\n]*", "", (EXAMPLES / "iris" / file).read_text())
    owner, records = "", {}
    for line in re.sub(r"\(|\)", " ", re.sub(r"\s*\n\s+", " ", text)).splitlines():
        words = re.findall(r'"[^"]*"|\S+', line)
        while words:
            if words[0] != "IN":
                owner = words.pop(0).rstrip(".").lower()
                continue
            kind = words[1]
            count = {"NAPTR": 8, "SRV": 6}[kind]
            fields, words = words[2:count], words[count:]
            if kind == "NAPTR":
                flags, service, regexp = (field.strip('"') for field in fields[2:5])
                record = Naptr(int(fields[0]), int(fields[1]), flags, service, regexp, fields[5].rstrip("."))
            else:
                record = Srv(int(fields[0]), int(fields[1]), int(fields[2]), fields[3].rstrip("."))
            records.setdefault((owner, kind), []).append(record)
    return records


def zones(*files, **addresses):
    records = {}
    for file in files:
        records |= read_zone(file)
    hosts = {record.target for found in records.values() for record in found if isinstance(record, Srv)}
    records |= {(host, "ADDRESS"): (f"addr:{host}",) for host in hosts}
    return Zones(records | {(name.replace("_", "."), "ADDRESS"): tuple(found) for name, found in addresses.items()})


def naptr(service, replacement, *, flags="", order=100, preference=10, regexp=""):
    return Naptr(order, preference, flags, service, regexp, replacement)


# -------------------------------------------------------------------------------------------------- the RFCs' zones


@needs_spec
def test_rfc_3981_appendix_a():
    """Two registry types on one domain; the protocols are iris-a and iris-b there, ours stand for them."""
    found = read_zone("3981-09-naptr.txt") | read_zone("3981-10-naptr.txt")
    text = {"iris-a": "iris.lwz", "iris-b": "iris.xpc"}

    def renamed(record):
        if not isinstance(record, Naptr):
            return record
        service = record.service
        for old, new in text.items():
            service = service.replace(old, new)
        if record.replacement.startswith("_iris-b"):
            service = service.replace("REGA", "REGB")  # the slip that the index of the examples lists
        return naptr(service, record.replacement, flags=record.flags)

    records = {key: [renamed(record) for record in value] for key, value in found.items()}
    hosts = {"big-a.example.com", "small-a.example.com", "big-b.example.com", "small-b.example.com"}
    dns = Zones(records | {(host, "ADDRESS"): (host,) for host in hosts})
    tried = walk(dns, "example.com", "rega", transports=("lwz", "xpc"))
    assert places(tried) == [("big-a.example.com", 34, "lwz"), ("small-a.example.com", 34, "lwz")]
    tried = walk(dns, "example.com", "regb", transports=("lwz", "xpc"))
    assert places(tried) == [("big-b.example.com", 34, "xpc"), ("small-b.example.com", 34, "xpc")]
    assert {target.authority for target in tried} == {"example.com"}


@needs_spec
def test_rfc_4698_top_down():
    records = read_zone("4698-05-naptr.txt") | {
        ("areg.nro.net", "NAPTR"): [naptr("AREG1:iris.xpc", "xpc.nro.example", flags="a")],
        ("xpc.nro.example", "ADDRESS"): ("192.0.2.7",),
    }
    (target,) = walk(Zones(records), "host", "areg1", method="top", transports=("lwz", "xpc"))
    assert target == Target("192.0.2.7", 713, "xpc", "areg.iris.arpa", "areg.iris.arpa")


@needs_spec
@pytest.mark.parametrize("file", ["3958-01-naptr.txt", "3958-04-naptr.txt", "3958-08-naptr.txt"])
def test_records_of_other_services_are_passed_over(file):
    (name, _), _ = next(iter(read_zone(file).items()))
    dns = Zones(read_zone(file) | {(name, "ADDRESS"): ("192.0.2.1",)})
    assert places(walk(dns, name, "dreg1", transports=("xpc",))) == [("192.0.2.1", 713, "xpc")]


# ---------------------------------------------------------------------------------------------------- direct


def test_a_literal_address_asks_nobody():
    dns = Zones({})
    assert walk(dns, "192.0.2.1", "dreg1") == [Target("192.0.2.1", 713, "xpc", "192.0.2.1", "")]
    assert walk(dns, "[2001:db8::1]:44", "dreg1", transports=("lwz",)) == [
        Target("2001:db8::1", 44, "lwz", "2001:db8::1", "")
    ]
    assert dns.asked == []


def test_a_name_with_a_port_asks_for_addresses_only():
    dns = Zones({("a.example", "ADDRESS"): ("2001:db8::1", "192.0.2.1")})
    tried = walk(dns, "a.example:4444", "dreg1", transports=("beep",))
    assert places(tried) == [("2001:db8::1", 4444, "beep"), ("192.0.2.1", 4444, "beep")]
    assert dns.asked == [Question("a.example", "ADDRESS")]
    assert {(t.server_name, t.authority) for t in tried} == {("a.example", "a.example")}


def test_without_records_the_default_transport_at_its_port():
    dns = Zones({("a.example", "ADDRESS"): ("192.0.2.1",)})
    assert places(walk(dns, "a.example", "dreg1", transports=("lwz", "xpc"))) == [("192.0.2.1", 713, "xpc")]
    assert places(walk(dns, "a.example", "dreg1", transports=("lwz",))) == [("192.0.2.1", 715, "lwz")]
    assert places(walk(dns, "a.example", "dreg1", transports=("beep", "xpc"), fallback="beep"))[0][1] == 702
    assert walk(Zones({}), "a.example", "dreg1") == []


def test_order_then_preference_and_backtracking():
    dns = Zones(
        {
            ("a.example", "NAPTR"): [
                naptr("DREG1:iris.xpc", "third.example", order=200, preference=1, flags="A"),
                naptr("dreg1:IRIS.XPC", "second.example", order=100, preference=20, flags="a"),
                naptr("DREG1:iris.xpc", "_x._tcp.example", order=100, preference=10, flags="S"),
                naptr("DREG1:iris.xpc", "regexp.example", order=1, flags="a", regexp="!.*!x!"),
                naptr("DREG1:iris.xpc", "unknown.example", order=1, flags="u"),
                naptr("DCHK1:iris.xpc", "other.example", order=1, flags="a"),
                naptr("DREG1:iris.beep", "beep.example", order=1, flags="a"),
                naptr("DREG1", "none.example", order=1, flags="a"),
            ],
            ("_x._tcp.example", "SRV"): [Srv(10, 0, 1, "first.example"), Srv(20, 0, 2, "."), Srv(5, 0, 3, "gone")],
            **{(f"{n}.example", "ADDRESS"): (n,) for n in ("first", "second", "third", "other", "beep", "a")},
        }
    )
    tried = walk(dns, "a.example", "dreg1", transports=("xpc",))
    assert places(tried) == [("first", 1, "xpc"), ("second", 713, "xpc"), ("third", 713, "xpc")]
    reached = walk(dns, "a.example", "dreg1", transports=("xpc",), reach=lambda target: target.host == "second")
    assert places(reached) == [("first", 1, "xpc"), ("second", 713, "xpc")]


def test_the_first_set_fixes_the_protocol():
    """RFC 3958 section 2.2.5: what a further set offers besides is not offered on behalf of this domain."""
    dns = Zones(
        {
            ("a.example", "NAPTR"): [naptr("DREG1:iris.xpc", "next.example")],
            ("next.example", "NAPTR"): [
                naptr("DREG1:iris.lwz", "lwz.example", flags="a"),
                naptr("DREG1:iris.xpc", "xpc.example", flags="a", preference=20),
            ],
            ("lwz.example", "ADDRESS"): ("lwz",),
            ("xpc.example", "ADDRESS"): ("xpc",),
        }
    )
    assert places(walk(dns, "a.example", "dreg1", transports=("lwz", "xpc"))) == [("xpc", 713, "xpc")]


def test_one_protocol_is_explored_before_the_next():
    dns = Zones(
        {
            ("a.example", "NAPTR"): [
                naptr("DREG1:iris.xpc:iris.lwz", "one.example", flags="a", preference=10),
                naptr("DREG1:iris.lwz", "two.example", flags="a", preference=20),
            ],
            ("one.example", "ADDRESS"): ("one",),
            ("two.example", "ADDRESS"): ("two",),
        }
    )
    tried = walk(dns, "a.example", "dreg1", transports=("lwz", "xpc"))
    assert places(tried) == [("one", 715, "lwz"), ("two", 715, "lwz"), ("one", 713, "xpc")]


def test_records_that_lead_nowhere_are_no_reason_to_guess():
    dns = Zones(
        {
            ("a.example", "NAPTR"): [naptr("DREG1:iris.xpc", "gone.example", flags="a")],
            ("a.example", "ADDRESS"): ("192.0.2.1",),
        }
    )
    assert walk(dns, "a.example", "dreg1", transports=("xpc",)) == []


def test_circles_and_crowds_end():
    circle = {
        ("a.example", "NAPTR"): [naptr("DREG1:iris.xpc", "b.example")],
        ("b.example", "NAPTR"): [naptr("DREG1:iris.xpc", "a.example"), naptr("DREG1:iris.xpc", "b.example")],
    }
    dns = Zones(circle)
    assert walk(dns, "a.example", "dreg1", transports=("xpc",)) == []
    assert len(dns.asked) == 2
    crowd = {("a.example", "NAPTR"): [naptr("DREG1:iris.xpc", f"{n}.example", flags="a") for n in range(500)]}
    dns = Zones(crowd)
    walk(dns, "a.example", "dreg1", transports=("xpc",))
    assert len(dns.asked) == MOST_QUESTIONS


def test_weights_share_among_equals():
    records = [Srv(1, 0, 1, "zero"), Srv(1, 10, 1, "ten"), Srv(1, 90, 1, "ninety"), Srv(0, 5, 1, "before")]
    dns = Zones(
        {
            ("a.example", "NAPTR"): [naptr("DREG1:iris.xpc", "_s.example", flags="s")],
            ("_s.example", "SRV"): records,
            **{(name, "ADDRESS"): (name,) for name in ("zero", "ten", "ninety", "before")},
        }
    )
    second = Counter()
    for seed in range(400):
        tried = [target.host for target in walk(dns, "a.example", "dreg1", transports=("xpc",), seed=seed)]
        assert tried[0] == "before"
        assert set(tried) == {"zero", "ten", "ninety", "before"}
        second[tried[1]] += 1
    assert 400 * 0.8 < second["ninety"] < 400 * 0.97
    assert second["ten"] > second["zero"]


# ---------------------------------------------------------------------------------------------------- methods


def test_bottom_up_and_top_down():
    assert authorities("www.example.com", "dreg1", "bottom") == ("www.example.com", "example.com", "com")
    assert authorities("www.example.com", "DCHK1", "top") == (".", "com", "example.com", "www.example.com")
    assert authorities("anything", "areg1", "top") == ("areg.iris.arpa",)
    for kind in ("dreg1", "areg1", "ereg1", "urn:example:own"):
        assert authorities("a.example", kind) == authorities("a.example", kind, "direct") == ("a.example",)
    for kind, method in (("ereg1", "top"), ("areg1", "bottom"), ("dreg1", "sideways"), ("urn:example:own", "top")):
        with pytest.raises(ConfigError, match="no such method"):
            authorities("a.example", kind, method)


def test_bottom_up_stops_where_a_server_is_reached():
    dns = Zones(
        {
            ("com", "NAPTR"): [naptr("DCHK1:iris.lwz", "lwz.registry.example", flags="a")],
            ("lwz.registry.example", "ADDRESS"): ("192.0.2.9",),
            ("a.com", "ADDRESS"): ("192.0.2.1",),
        }
    )
    tried = walk(dns, "a.com", "dchk1", method="bottom", transports=("lwz", "xpc"))
    assert tried == [
        Target("192.0.2.9", 715, "lwz", "com", "com"),
        Target("192.0.2.1", 713, "xpc", "a.com", "a.com"),
    ]
    assert walk(dns, "a.com", "dchk1", method="top", transports=("lwz", "xpc")) == tried
    assert dns.asked[-5].name == "."


def test_methods_need_a_domain_alone():
    dns = Zones({("a.com", "ADDRESS"): ("192.0.2.1",)})
    assert places(walk(dns, "a.com:44", "dreg1", method="bottom")) == [("192.0.2.1", 44, "xpc")]
    assert dns.asked == [Question("a.com", "ADDRESS")]


def test_unknown_transports_are_refused():
    with pytest.raises(ConfigError, match="no transport"):
        candidates("a.example", "dreg1", transports=("smoke",))
    with pytest.raises(ConfigError, match="no transport"):
        candidates("a.example", "dreg1", transports=())
