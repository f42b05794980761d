"""Fields that are built when they are read: nobody can tell, but by asking."""

from __future__ import annotations

import copy
import gc
import pickle
import random
from collections.abc import Callable
from typing import Annotated, Any

import pytest
import regwire_native as native

from regwire.epp.coding import DEFAULT
from regwire.epp.messages.common import CheckName, Reason
from regwire.epp.messages.contact import ContactCheckData
from regwire.epp.messages.core import Response
from regwire.epp.messages.domain import DomainCheckData, DomainCheckItem
from regwire.epp.messages.host import HostCheckData
from regwire.errors import DeclarationError, SchemaFault
from regwire.schema import Element, Namespace, Schema, Type, attribute, child, replace, token
from regwire.schema._compile import Compiler

KINDS: dict[str, tuple[str, Any]] = {
    "domain": ("name", DomainCheckData),
    "host": ("name", HostCheckData),
    "contact": ("id", ContactCheckData),
}
ITEM = '<{0}:cd><{0}:{1} avail="{2}">{3}</{0}:{1}>{4}</{0}:cd>'
FRAME = (
    '<?xml version="1.0" encoding="UTF-8"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><response><result code="1000">'
    '<msg>Done</msg></result><resData><{0}:chkData xmlns:{0}="urn:ietf:params:xml:ns:{0}-1.0">{1}</{0}:chkData>'
    "</resData><trID><clTRID>ABC-{2}</clTRID><svTRID>SV-{2}</svTRID></trID></response></epp>"
)
Answer = tuple[str, bool, str | None]


def frame(answers: list[Answer], number: int = 0, *, kind: str = "domain") -> bytes:
    """The reply to a check."""
    items = []
    for name, free, why in answers:
        reason = "" if why is None else f"<{kind}:reason>{why}</{kind}:reason>"
        items.append(ITEM.format(kind, KINDS[kind][0], int(free), name, reason))
    return FRAME.format(kind, "".join(items), number).encode()


def answers_of(number: int) -> list[Answer]:
    """Five names, others each time."""
    return [(f"n{number}-{i}.example", i % 2 == 0, None if i % 2 == 0 else "In use") for i in range(5)]


def data_of(decoded: Any) -> Any:
    """The only data of a response."""
    assert isinstance(decoded, Response)
    (data,) = decoded.res_data
    return data


def experienced() -> Schema:
    """The schema of EPP, compiled anew, after it has read enough answers to know them."""
    known = DEFAULT.only(DEFAULT.namespaces)
    for kind in KINDS:
        for number in range(400):
            known.decode(frame(answers_of(number), number, kind=kind), role="client")
    return known


@pytest.fixture(scope="module")
def schema() -> Schema:
    """One that only reads answers as it knows them."""
    return experienced()


@pytest.fixture
def put_off(schema: Schema) -> Callable[[], Any]:
    """Gives an answer whose items are not built, another object each time."""

    def make() -> Any:
        data = data_of(schema.decode(frame(answers_of(7000), 7000), role="client"))
        assert native.is_put_off(data)
        return data

    return make


def expected(number: int = 7000) -> DomainCheckData:
    """The same answer, constructed."""
    items = [
        DomainCheckItem(CheckName(name, free), None if why is None else Reason(why))
        for name, free, why in answers_of(number)
    ]
    return DomainCheckData(tuple(items))


LOOKS: dict[str, Callable[[Any], Any]] = {
    "items": lambda data: data.items,
    "getattr": lambda data: type(data).items.__get__(data),
    "equality": lambda data: (data == expected(), data != expected(), expected() == data, data == expected(1)),
    "hash": hash,
    "repr": repr,
    "str": str,
    "to_dict": lambda data: data.to_dict(),
    "pickle": lambda data: pickle.loads(pickle.dumps(data)),
    "copies": lambda data: (copy.copy(data), copy.deepcopy(data)),
    "replace nothing": replace,
    "replace all": lambda data: data.replace(items=expected(2).items),
    "values": native.values_of,
    "encode": lambda data: DEFAULT.encode(response_of(data)),
    "redacted": lambda data: DEFAULT.codec.redacted(response_of(data)),
    "namespaces": lambda data: DEFAULT.namespaces_used(response_of(data)),
    "available of items": lambda data: native.available(data.items),
    "available": lambda data: data.available,
}


def response_of(data: Any) -> Response:
    """A response with this data."""
    template: Response = DEFAULT.decode(frame(answers_of(1), 1))
    return replace(template, res_data=(data,))


@pytest.mark.parametrize("look", LOOKS)
def test_every_look_sees_what_was_sent(put_off: Callable[[], Any], look: str) -> None:
    """Whatever is looked at first: it is as of the constructed object."""
    assert LOOKS[look](put_off()) == LOOKS[look](expected())


def test_a_pattern_matches(put_off: Callable[[], Any]) -> None:
    """By place and by name."""
    match put_off():
        case DomainCheckData((DomainCheckItem(CheckName(name, True)), *_)):
            assert name == "n7000-0.example"
        case other:
            pytest.fail(repr(other))
    match put_off():
        case DomainCheckData(items=items):
            assert items == expected().items


def test_only_the_items_are_built_and_once(put_off: Callable[[], Any]) -> None:
    """Asking which are free builds nothing; items are the same objects each time."""
    data = put_off()
    assert data.available == expected().available
    assert native.is_put_off(data)
    items = data.items
    assert not native.is_put_off(data)
    assert data.items is items
    assert data.available == expected().available


@pytest.mark.parametrize("kind", KINDS)
def test_of_every_kind(schema: Schema, kind: str) -> None:
    """Domains, hosts, contacts."""
    data = data_of(schema.decode(frame(answers_of(8000), 8000, kind=kind), role="client"))
    assert isinstance(data, KINDS[kind][1])
    assert native.is_put_off(data)
    assert data.available == ("n8000-0.example", "n8000-2.example", "n8000-4.example")
    again = DEFAULT.only(DEFAULT.namespaces)
    assert data == data_of(again.decode(frame(answers_of(8000), 8000, kind=kind), role="client"))


def odd(random_: random.Random) -> Answer:
    """A name as servers write them and as none should."""
    name = random_.choice(
        [
            "a.example",
            "xn--bcher-kva.example",
            "b\u00fccher.example",
            " pad.example ",
            "a&amp;b",
            "",
            "x" * 255,
            "x" * 256,
        ]
        + [f"{random_.randrange(10**6)}.example"] * 8
    )
    why = random_.choice([None, None, "In use", "in use, \u00e9", "x" * 32, "x" * 33, "", "a&lt;b", "<![CDATA[raw]]>"])
    return name, random_.random() < 0.5, why


@pytest.mark.parametrize("role", ["client", "strict"])
def test_it_is_what_a_reader_without_memory_gives(role: Any) -> None:
    """Answers with right and wrong names and reasons, some so many that they are known, against a cold reader."""
    schema = experienced()
    random_ = random.Random(role)
    later = refused = 0
    for number in range(400):
        answers = [odd(random_) if random_.random() < 0.3 else answers_of(number)[i % 5] for i in range(8)]
        octets = frame(answers, number)
        found = schema.decode_or_fault(octets, role)
        if number % 40 == 0:
            cold = DEFAULT.only(DEFAULT.namespaces)
        want = cold.decode_or_fault(octets, role)
        if isinstance(want, native.Fault):
            refused += 1
            assert isinstance(found, native.Fault)
            assert [(f.path, f.rule, f.value) for f in found.faults] == [(f.path, f.rule, f.value) for f in want.faults]
            continue
        later += native.is_put_off(data_of(found))
        assert data_of(found).available == tuple([item.name.name for item in data_of(want).items if item.name.avail])
        assert found == want
    assert later > 10
    assert refused > 60


def test_a_wrong_item_is_refused_at_once(schema: Schema) -> None:
    """Known elements with a value that the schema has not: reading is not put off with the building."""
    wrong = answers_of(1)
    wrong[3] = ("", False, "In use")
    with pytest.raises(SchemaFault, match="min_length"):
        schema.decode(frame(wrong), role="client")


def test_it_cannot_be_set(put_off: Callable[[], Any]) -> None:
    """Nor deleted, on the object or on the class; and is of no other class."""
    data = put_off()
    with pytest.raises(AttributeError, match="immutable"):
        data.items = ()
    with pytest.raises(AttributeError):
        object.__setattr__(data, "items", ())
    with pytest.raises(AttributeError, match="field"):
        DomainCheckData.items = ()
    field: Any = DomainCheckData.__dict__["items"]
    assert field.__name__ == "items"
    assert field.__objclass__ is DomainCheckData
    assert getattr(DomainCheckData, "items") is field  # noqa: B009 - as nobody would type it
    with pytest.raises(TypeError, match="another class"):
        field.__get__(expected().items[0])


def test_the_collector_meets_it(put_off: Callable[[], Any]) -> None:
    """Building while the collector runs at every allocation, and letting go without building."""
    threshold = gc.get_threshold()
    gc.set_threshold(1, 1, 1)
    try:
        kept = [put_off() for _ in range(50)]
        assert all(data == expected() for data in kept[::2])
        del kept
        gc.collect()
    finally:
        gc.set_threshold(*threshold)


NS = Namespace("urn:later", "l")


class Entry(Type, ns=NS):
    """An entry."""

    key: Annotated[str, token(max_length=4)]
    note: Annotated[str, token()] | None = None
    kind: Annotated[str, token()] = attribute(default="plain")


class Box(Element, ns=NS, tag="box"):
    """A field that may be built later is not alone."""

    title: Annotated[str, token()]
    entries: tuple[Entry, ...] = child("entry", default=(), later=True)


class LargeBox(Box, ns=NS, tag="largeBox"):
    """And inherited."""

    end: Annotated[str, token()] = child(kw_only=True)


@pytest.mark.parametrize(("cls", "tag"), [(Box, "box"), (LargeBox, "largeBox")])
def test_of_any_class(cls: Any, tag: str) -> None:
    """Entries with optional parts, and none."""
    schema = Schema(cls, [], name=tag)
    end = "<l:end>e</l:end>" if cls is LargeBox else ""
    extra = {"end": "e"} if cls is LargeBox else {}
    seen = 0
    for number in range(600):
        entries = [(f"k{(number + i) % 97}", f"n{number}" if i % 2 else None) for i in range(number % 5)]
        inner = "".join(
            f"<l:entry><l:key>{key}</l:key>{'' if note is None else f'<l:note>{note}</l:note>'}</l:entry>"
            for key, note in entries
        )
        octets = f'<l:{tag} xmlns:l="urn:later"><l:title>t{number}</l:title>{inner}{end}</l:{tag}>'.encode()
        box: Any = schema.decode(octets)
        seen += native.is_put_off(box)
        assert box == cls(f"t{number}", tuple(Entry(key, note) for key, note in entries), **extra)
        assert schema.decode(schema.encode(schema.decode(octets))) == box
    assert seen > 200


def test_available_wants_the_answer_to_a_check() -> None:
    """Other messages are refused, put off or not."""
    for wrong in (5, Box("t"), Box("t", (Entry("k"),)).entries, Entry("k")):
        with pytest.raises(TypeError):
            native.available(wrong)


def test_what_can_be_built_later() -> None:
    """Tuples of messages; one of a class."""

    class Words(Element, ns=NS, tag="words"):
        words: tuple[Annotated[str, token()], ...] = child("word", default=(), later=True)

    with pytest.raises(DeclarationError, match="tuple of messages"):
        Schema(Words, [], name="words").encode(Words())

    with pytest.raises(TypeError, match="one field"):

        class Two(Element, ns=NS, tag="two"):
            first: tuple[Entry, ...] = child(default=(), later=True)
            second: tuple[Entry, ...] = child(default=(), later=True)


def test_a_codec_without_memory_reads_the_same_and_puts_nothing_off(put_off: Callable[[], Any]) -> None:
    description = Compiler(DEFAULT.roots, DEFAULT.elements).description(DEFAULT.name)
    codec = native.Codec(description, remember=False)
    for number in range(300):
        data = data_of(codec.decode(frame(answers_of(number), number), "client"))
        assert not native.is_put_off(data)
    assert data_of(codec.decode(frame(answers_of(7000), 7000), "client")) == put_off()
    assert type(codec.decode(frame(answers_of(1)).replace(b"1000", b"1x"), "client")) is native.Fault
