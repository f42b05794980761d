"""Faults: every class, what can still be read of a refused frame, and that nothing leaks."""

import gc
import hashlib
import sys
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regwire.errors import EncodeError, SchemaFault, XmlError
from regwire.schema import (
    Element,
    Fault,
    FaultItem,
    Namespace,
    Raw,
    Schema,
    Type,
    attribute,
    child,
    content,
    integer,
    token,
    wildcard,
    wrapped,
)

P = Namespace("urn:test:p")
D = Namespace("urn:test:d", prefix="d")
Token = Annotated[str, token(min_length=1, max_length=8)]


class Check(Element, ns=P, tag="check"):
    object: Element | Raw = wildcard(ns="##other", marker="object")


class Options(Type, ns=P):
    version: Annotated[str, token(enumeration=("1.0",))] = child(marker="login_version")
    lang: Token = child(marker="login_lang")


class Login(Element, ns=P, tag="login"):
    pw: Annotated[str, token(min_length=6, secret=True)]
    options: Options


class Command(Element, ns=P, tag="command"):
    op: Check | Login = child(marker="command")
    extension: tuple[Element | Raw, ...] = wrapped(
        "extension", wildcard(ns="##other", min=1, max=None, marker="extension")
    )
    cl_trid: Annotated[str, token(min_length=3, max_length=8)] | None = child("clTRID", marker="cl_trid", default=None)


class Doc(Element, ns=P, tag="doc", transparent=True):
    message: Command


class Names(Element, ns=D, tag="names"):
    names: tuple[Token, ...] = child("name", min=1)
    year: Annotated[int, integer(min=1, max=10)] | None = child(default=None)
    kind: Token | None = attribute(default=None)


class More(Element, ns=D, tag="more"):
    value: Token = content()


SCHEMA = Schema(Doc, (Names, More), name="faults")


def doc(op: str, tail: str = "<clTRID>ABC-1</clTRID>") -> bytes:
    return f'<doc xmlns="urn:test:p"><command>{op}{tail}</command></doc>'.encode()


def names(inner: str, attributes: str = "") -> str:
    return f'<check><d:names xmlns:d="urn:test:d"{attributes}>{inner}</d:names></check>'


def items(fault: Any) -> list[tuple[str, str, str, str | None]]:
    assert isinstance(fault, Fault)
    return [(i.cls, i.path, i.rule, i.value) for i in fault.faults]


GOOD = doc(names("<d:name>a</d:name>"))
PATH = "/doc/command/check/d:names"

TABLE: list[tuple[str, bytes, list[tuple[str, str, str, str | None]]]] = [
    ("missing child", doc(names("")), [("missing", f"{PATH}/d:name", "required", None)]),
    ("missing first", doc(names("<d:year>1</d:year>")), [("missing", f"{PATH}/d:name", "required", None)]),
    ("swapped", doc(names("<d:year>1</d:year><d:name>a</d:name>")), [("structure", f"{PATH}/d:name", "order", None)]),
    ("empty value", doc(names("<d:name/>")), [("value", f"{PATH}/d:name", "min_length", "")]),
    ("range", doc(names("<d:name>a</d:name><d:year>11</d:year>")), [("range", f"{PATH}/d:year", "max", "11")]),
    (
        "twice",
        doc(names("<d:name>a</d:name><d:year>1</d:year><d:year>1</d:year>")),
        [("structure", f"{PATH}/d:year", "duplicate", None)],
    ),
    ("unknown child", doc(names("<d:name>a</d:name><d:x/>")), [("structure", f"{PATH}/d:x", "unexpected", None)]),
    (
        "unknown attribute",
        doc(names("<d:name>a</d:name>", ' x="1"')),
        [("structure", f"{PATH}/@x", "unexpected", None)],
    ),
    ("attribute value", doc(names("<d:name>a</d:name>", ' kind=""')), [("value", f"{PATH}/@kind", "min_length", "")]),
    ("text", doc(names("x<d:name>a</d:name>")), [("structure", PATH, "text", None)]),
    (
        "one of each class, in document order",
        doc(names("<d:name></d:name><d:name></d:name>x<d:year>0</d:year><d:y/>")),
        [
            ("value", f"{PATH}/d:name", "min_length", ""),
            ("structure", PATH, "text", None),
            ("range", f"{PATH}/d:year", "min", "0"),
        ],
    ),
    (
        "undeclared object",
        doc('<check><u:x xmlns:u="urn:u"><u:y/></u:x></check>'),
        [("unknown_namespace", "/doc/command/check/u:x", "undeclared", None)],
    ),
    (
        "undeclared element of a known namespace",
        doc('<check><x xmlns="urn:test:d"/></check>'),
        [("unknown_namespace", "/doc/command/check/d:x", "undeclared", None)],
    ),
    ("unknown command", doc("<frob/>"), [("structure", "/doc/command/frob", "unexpected", None)]),
    ("two commands", doc(names("<d:name>a</d:name>") * 2), [("structure", "/doc/command/check", "duplicate", None)]),
    (
        "empty extension",
        doc(names("<d:name>a</d:name>"), "<extension/>"),
        [("missing", "/doc/command/extension", "required", None)],
    ),
    (
        "extension after clTRID",
        doc(
            names("<d:name>a</d:name>"),
            '<clTRID>ABC-1</clTRID><extension><d:more xmlns:d="urn:test:d">m</d:more></extension>',
        ),
        [("structure", "/doc/command/extension", "order", None)],
    ),
    ("other root", b'<epp xmlns="urn:x"/>', [("structure", "/epp", "unexpected", None)]),
]


@pytest.mark.parametrize(("frame", "expected"), [(f, e) for _, f, e in TABLE], ids=[n for n, _, _ in TABLE])
def test_table(frame: bytes, expected: Any) -> None:
    for role in ("strict", "server"):
        assert items(SCHEMA.decode_or_fault(frame, role)) == expected  # type: ignore[arg-type]
    with pytest.raises(SchemaFault) as caught:
        SCHEMA.decode(frame)
    assert (caught.value.path, caught.value.rule, caught.value.value) == expected[0][1:]


def test_what_can_still_be_read() -> None:
    fault = SCHEMA.decode_or_fault(
        doc(
            names("<d:name/>"),
            '<extension><d:more xmlns:d="urn:test:d">m</d:more><x xmlns="urn:v"/></extension><clTRID> ABC-1 </clTRID>',
        )
    )
    assert fault.kind == "schema"
    assert (fault.command, fault.object_ns, fault.object_tag) == ("check", "urn:test:d", "names")
    assert fault.extension_ns == ("urn:test:d", "urn:v")
    assert fault.cl_trid == "ABC-1"
    assert fault.root == ("urn:test:p", "doc")
    assert [i.cls for i in fault.faults] == ["value", "unknown_namespace"]
    assert SCHEMA.decode_or_fault(doc(names("<d:name/>"), "")).cl_trid is None
    assert SCHEMA.decode_or_fault(doc(names("<d:name/>"), "<clTRID>A</clTRID>")).cl_trid is None
    unknown = SCHEMA.decode_or_fault(doc("<frob/>"))
    assert (unknown.command, unknown.object_ns, unknown.cl_trid) == ("frob", None, "ABC-1")


def test_login_options_are_read_before_the_schema() -> None:
    fault = SCHEMA.decode_or_fault(
        doc("<login><pw>x</pw><options><version> 2.0</version><lang>fr</lang></options></login>")
    )
    assert (fault.command, fault.login_version, fault.login_lang) == ("login", "2.0", "fr")
    assert items(fault) == [
        ("value", "/doc/command/login/pw", "min_length", "***"),
        ("range", "/doc/command/login/options/version", "enumeration", " 2.0"),
    ]


def test_offsets_count_received_octets() -> None:
    frame = doc(names("<d:name/>"))
    assert SCHEMA.decode_or_fault(frame).faults[0].offset == frame.index(b"<d:name/>")
    wide = frame.decode().encode("utf-16")
    assert SCHEMA.decode_or_fault(wide).faults[0].offset == 2 + 2 * frame.index(b"<d:name/>")


def test_an_ill_formed_tail_beats_a_schema_fault() -> None:
    frame = doc(names("<d:name/>"))[:-2]
    fault = SCHEMA.decode_or_fault(frame)
    assert (fault.kind, fault.cl_trid, fault.line) == ("syntax", None, 1)
    assert fault.faults[0].cls == "syntax"
    with pytest.raises(XmlError) as caught:
        SCHEMA.decode(b"<doc>\n<</doc>")
    assert (caught.value.offset, caught.value.line) == (7, 2)


def test_long_values_are_cut() -> None:
    fault = SCHEMA.decode_or_fault(doc(names(f"<d:name>{'é' * 1000}</d:name>")))
    value = fault.faults[0].value
    assert value is not None
    assert value.endswith("…")
    assert len(value) < 300


def test_faults_are_values() -> None:
    fault = SCHEMA.decode_or_fault(doc(names("<d:name/>")))
    assert fault == SCHEMA.decode_or_fault(doc(names("<d:name/>")))
    assert fault != SCHEMA.decode_or_fault(doc(names("")))
    assert repr(fault.faults[0]) == f'FaultItem(value: {PATH}/d:name min_length, value="")'
    assert FaultItem("value", "/x", "length") == FaultItem("value", "/x", "length", None, 0)
    assert Fault("schema", [FaultItem("value", "/x", "length")], command="c").faults[0].path == "/x"
    with pytest.raises(AttributeError):
        fault.kind = "x"


def test_a_fault_identifies_its_frame() -> None:
    """Length and hash of the octets as received, whatever their encoding: what is kept instead of the frame."""
    for frame in (doc(names("<d:name/>")), b"<no", b"", "<doc/>".encode("utf-16")):
        fault = SCHEMA.decode_or_fault(frame)
        assert (fault.octets, fault.sha256) == (len(frame), hashlib.sha256(frame).hexdigest())
    assert (Fault("schema").octets, Fault("schema").sha256) == (0, None)


def test_nothing_leaks() -> None:
    """Every fault of the table, and right frames, many times: references and memory come back."""
    frames = [f for _, f, _ in TABLE] + [GOOD, GOOD[:-3], b"", b"\xff"]
    bad = Command(Check(Names(("x" * 20,))))
    watched = [None, (), True, Command, Check, Names, More]

    def turn() -> None:
        for frame in frames:
            for role in (0, 1, 2):
                SCHEMA.codec.decode(frame, role)
        for _ in range(3):
            with pytest.raises(EncodeError):
                SCHEMA.encode(bad)

    for _ in range(20):
        turn()
    gc.collect()
    blocks = sys.getallocatedblocks()
    counts = [sys.getrefcount(x) for x in watched]
    for _ in range(500):
        turn()
    gc.collect()
    assert sys.getallocatedblocks() - blocks < 200
    assert all(abs(sys.getrefcount(x) - c) < 60 for x, c in zip(watched, counts, strict=True))


SPLICES = [
    b"<",
    b">",
    b"&",
    b"&amp;",
    b"]]>",
    b"<!--",
    b"-->",
    b"<d:name>",
    b"</d:name>",
    b"<x/>",
    b"xmlns:d='urn:u'",
    b"\xff",
    b"\x00",
    b" ",
    b"'",
    b"<![CDATA[",
    b"xsi:type='a'",
]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_mutated_frames_never_raise(data: st.DataObject) -> None:
    frame = bytearray(data.draw(st.sampled_from([f for _, f, _ in TABLE] + [GOOD])))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(frame)))
        if data.draw(st.booleans()):
            frame[at:at] = data.draw(st.sampled_from(SPLICES))
        else:
            del frame[at : at + data.draw(st.integers(1, 20))]
    for role in ("strict", "server", "client"):
        message = SCHEMA.decode_or_fault(bytes(frame), role)  # type: ignore[arg-type]
        if isinstance(message, Fault):
            assert message.faults
            assert message.kind in {"syntax", "schema"}
        elif role != "client":
            assert SCHEMA.decode(SCHEMA.encode(message)) == message
    masked = SCHEMA.mask(bytes(frame))
    assert masked is None or b"***" in masked or masked.decode("utf-8", "replace")


@given(st.binary(max_size=200))
def test_any_octets_never_raise(octets: bytes) -> None:
    assert isinstance(SCHEMA.decode_or_fault(octets), Fault)


def test_depth_is_bounded_alike_in_both_directions() -> None:
    class Nest(Element, ns=P, tag="nest"):
        inner: "Nest | None" = None

    Nest.__regwire__.scope = {"Nest": Nest}
    schema = Schema(Nest)
    message: Any = None
    for _ in range(32):
        message = Nest(message)
    assert schema.decode(schema.encode(message)) == message
    with pytest.raises(EncodeError, match="nested over 32 deep"):
        schema.encode(Nest(message))
