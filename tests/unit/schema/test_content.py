"""Content models: sequences, choices, occurrence, wrappers, wildcards, substitution, derived types, mixed content."""

from collections.abc import Callable
from typing import Annotated, Any

import pytest

from regwire.errors import DeclarationError, EncodeError, SchemaFault
from regwire.schema import (
    ANY,
    All,
    Choice,
    Element,
    Fault,
    Namespace,
    QName,
    Raw,
    Schema,
    Sequence,
    Type,
    attribute,
    child,
    content,
    flag,
    qname,
    string,
    token,
    wildcard,
    wrapped,
)

NS = Namespace("urn:test:c")
OTHER = Namespace("urn:test:o", prefix="o")
Token = Annotated[str, token()]


def frame(inner: str, attributes: str = "") -> bytes:
    return f'<doc xmlns="urn:test:c"{attributes}>{inner}</doc>'.encode()


def schema_of(*fields: tuple[str, Any, Any], elements: tuple[Any, ...] = (), **header: Any) -> Schema:
    """A Schema of one document class with these fields: (name, annotation, specifier or None)."""
    namespace: dict[str, Any] = {
        "__module__": __name__,
        "__qualname__": "Doc",
        "__annotations__": {n: a for n, a, _ in fields},
    }
    namespace |= {n: s for n, _, s in fields if s is not None}
    meta: Any = type(Element)
    return Schema(meta("Doc", (Element,), namespace, **{"ns": NS, "tag": "doc", **header}), elements)


def values(schema: Schema, data: bytes, role: Any = "strict") -> tuple[Any, ...]:
    message = schema.decode(data, role=role)
    assert schema.decode(schema.encode(message), role=role) == message
    return tuple(getattr(message, n) for n in message.__match_args__)


def rule(schema: Schema, data: bytes, role: Any = "strict") -> tuple[str, str]:
    with pytest.raises(SchemaFault) as caught:
        schema.decode(data, role=role)
    assert caught.value.fault is not None
    return caught.value.path, caught.value.rule


def encode_error(schema: Schema, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(EncodeError) as caught:
        schema.encode(schema.roots[0](*args, **kwargs))
    return str(caught.value)


def test_sequence_order_and_requirement() -> None:
    schema = schema_of(("a", Token, None), ("b", Token | None, None), ("c", Token, None))
    assert values(schema, frame("<a>1</a><b>2</b><c>3</c>")) == ("1", "2", "3")
    assert values(schema, frame("<a>1</a> <c>3</c>")) == ("1", None, "3")
    assert rule(schema, frame("<a>1</a>")) == ("/doc/c", "required")
    assert rule(schema, frame("<c>3</c>")) == ("/doc/a", "required")
    assert rule(schema, frame("<a>1</a><c>3</c><b>2</b>")) == ("/doc/b", "order")
    assert rule(schema, frame("<c>3</c><a>1</a>")) == ("/doc/a", "order")
    assert rule(schema, frame("<a>1</a><a>1</a><c>3</c>")) == ("/doc/a", "duplicate")
    assert rule(schema, frame("<a>1</a><x/><c>3</c>")) == ("/doc/x", "unexpected")
    assert rule(schema, frame("<a>1</a>text<c>3</c>")) == ("/doc", "text")
    assert rule(schema, frame('<a x="1">1</a><c>3</c>')) == ("/doc/a/@x", "unexpected")
    assert rule(schema, frame("<a>1</a><c>3</c>", ' y="1"')) == ("/doc/@y", "unexpected")
    assert rule(schema, frame("<a>1<b/></a><c>3</c>")) == ("/doc/a/b", "unexpected")
    assert rule(schema, b'<doc xmlns="urn:other"/>') == ("/doc", "unexpected")
    assert encode_error(schema, None, None, "3") == "doc/a: is required"
    assert encode_error(schema, "1", None, 3) == "doc/c: a str is needed, got 3"


@pytest.mark.parametrize("count", range(6))
def test_bounded_repetition(count: int) -> None:
    schema = schema_of(("a", tuple[Token, ...], child("a", min=2, max=4)), ("b", Token, None))
    data = frame("<a>x</a>" * count + "<b>y</b>")
    if 2 <= count <= 4:
        assert values(schema, data) == (("x",) * count, "y")
    elif count < 2:
        assert rule(schema, data) == ("/doc/a", "required")
        assert encode_error(schema, ("x",) * count, "y") == f"doc/a: needs at least 2, {count} given"
    else:
        assert rule(schema, data) == ("/doc/a", "duplicate")
        assert encode_error(schema, ("x",) * count, "y") == f"doc/a: takes at most 4, {count} given"


def test_choice_of_fields() -> None:
    schema = schema_of(
        ("name", Token, None),
        ("pw", Token | None, None),
        ("ext", tuple[Token, ...], child("ext")),
        ("tail", Token | None, None),
        content=Sequence("name", Choice("pw", "ext"), "tail"),
    )
    assert values(schema, frame("<name>n</name><pw>p</pw>")) == ("n", "p", (), None)
    assert values(schema, frame("<name>n</name><ext>1</ext><ext>2</ext><tail>t</tail>")) == ("n", None, ("1", "2"), "t")
    assert rule(schema, frame("<name>n</name><tail>t</tail>"))[1] == "required"
    assert rule(schema, frame("<name>n</name><pw>p</pw><ext>1</ext>")) == ("/doc/ext", "order")
    assert "doc/pw|ext: one of these is required" in encode_error(schema, "n", None, (), None)
    assert "fits no alternative" in encode_error(schema, "n", "p", ("1",), None)


def test_a_name_in_several_branches() -> None:
    schema = schema_of(
        ("a", Token | None, None),
        ("b", Token | None, None),
        ("c", Token | None, None),
        content=Choice(Sequence(Choice("a"), "b", "c"), Sequence(Choice("b"), "c"), "c"),
    )
    assert values(schema, frame("<a>1</a><c>3</c>")) == ("1", None, "3")
    assert values(schema, frame("<b>2</b><c>3</c>")) == (None, "2", "3")
    assert values(schema, frame("<c>3</c>")) == (None, None, "3")
    assert rule(schema, frame(""))[1] == "required"
    assert "one of these is required" in encode_error(schema)


def test_optional_group_and_repeated_groups() -> None:
    schema = schema_of(
        ("a", tuple[Token, ...], child("a")),
        ("b", tuple[Token, ...], child("b")),
        content=Choice("a", "b", min=0, max=None),
    )
    assert values(schema, frame("<a>1</a><b>2</b><a>3</a>")) == (("1", "3"), ("2",))
    assert values(schema, frame("")) == ((), ())
    optional = schema_of(("a", Token | None, None), ("b", Token | None, None), content=Sequence("a", "b", min=0))
    assert values(optional, frame("")) == (None, None)


def test_repeated_pairs_are_zipped() -> None:
    schema = schema_of(
        ("k", tuple[Token, ...], child("k", min=1, max=1)),
        ("v", tuple[Token, ...], child("v", min=1, max=1)),
        content=Sequence("k", "v", min=0, max=None),
    )
    data = frame("<k>1</k><v>2</v><k>3</k><v>4</v>")
    assert values(schema, data) == (("1", "3"), ("2", "4"))
    assert schema.encode(schema.roots[0](("1", "3"), ("2", "4"))).endswith(data[28:])
    assert rule(schema, frame("<k>1</k><k>3</k>")) == ("/doc/v", "required")
    assert "equally long" in encode_error(schema, ("1", "2"), ("2",))


class One(Element, ns=NS, tag="one"):
    value: Token = content()


class Two(Element, ns=NS, tag="two"):
    value: Token
    at: Token | None = attribute(default=None)


class Far(Element, ns=OTHER, tag="far"):
    value: Token
    one: One | None = None


def test_choice_of_element_classes_keeps_order() -> None:
    schema = schema_of(("items", tuple[One | Two, ...], child(default=())), ("end", Far, None))
    data = frame(
        '<one>1</one><two at="x"><value>2</value></two><one>3</one>'
        '<o:far xmlns:o="urn:test:o"><o:value>4</o:value></o:far>'
    )
    assert values(schema, data) == ((One("1"), Two("2", "x"), One("3")), Far("4"))
    assert encode_error(schema, (), "x") == "doc/o:far: a Far is needed, not a str"
    assert encode_error(schema, [One("1")], Far("1")).startswith("doc/one: a tuple is needed; write tuple(...)")


def test_wrapped() -> None:
    schema = schema_of(
        ("uris", tuple[Token, ...], wrapped("ext", child("uri", min=1), default=())),
        ("deep", tuple[Token, ...], wrapped("x", wrapped("y", child("z")), default=())),
        ("one", Token | None, wrapped("w", child("v"))),
        ("must", Token, wrapped("m", child("v"))),
    )
    full = frame("<ext><uri>1</uri><uri>2</uri></ext><x><y><z>3</z></y></x><w><v>4</v></w><m><v>5</v></m>")
    assert values(schema, full) == (("1", "2"), ("3",), "4", "5")
    assert values(schema, frame("<m><v>5</v></m>")) == ((), (), None, "5")
    assert rule(schema, frame("<ext/><m><v>5</v></m>")) == ("/doc/ext/uri", "required")
    assert rule(schema, frame("<ext><uri>1</uri></ext>")) == ("/doc/m", "required")
    assert rule(schema, frame("<m/>")) == ("/doc/m/v", "required")
    assert encode_error(schema, must=None) == "doc/m/v: is required"


def test_flags_and_any() -> None:
    class Empty(Type, ns=NS, content=ANY):
        pass

    schema = schema_of(("yes", bool, flag()), ("no", bool, flag(process="empty")), ("any", Empty | None, None))
    assert values(schema, frame("<yes/><no></no><any/>")) == (True, True, Empty())
    assert values(schema, frame("")) == (False, False, None)
    stuffed = frame("<yes a='1'>text<b><c/></b></yes><any a='1'>text<b><c/></b></any>")
    assert values(schema, stuffed) == (True, False, Empty())
    for inner in ("<yes><b/></yes>", "<yes>x</yes>", "<yes a='1'/>", "<any><b/></any>", "<any>x</any>", "<any a='1'/>"):
        with pytest.raises(SchemaFault):
            schema.decode(frame(inner), role="server")
    assert rule(schema, frame("<no>x</no>")) == ("/doc/no", "text")
    assert rule(schema, frame("<no><x/></no>")) == ("/doc/no/x", "unexpected")
    assert rule(schema, frame("<no a='1'/>")) == ("/doc/no/@a", "unexpected")
    assert rule(schema, frame("<yes/><yes/>")) == ("/doc/yes", "duplicate")
    assert encode_error(schema, 1) == "doc/yes: True or False is needed, got 1"


UNKNOWN = '<u:x xmlns:u="urn:u" a="1">t<u:y/></u:x>'


def test_wildcard_roles() -> None:
    schema = schema_of(("body", Element | Raw, wildcard(ns="##other")), elements=(Far, One))
    known = frame('<o:far xmlns:o="urn:test:o"><o:value>4</o:value></o:far>')
    for role in ("strict", "server", "client"):
        assert values(schema, known, role) == (Far("4"),)
        assert rule(schema, frame("<one>1</one>"), role) == ("/doc/one", "unexpected")
        assert rule(schema, frame('<x xmlns=""/>'), role)[1] == "unexpected"
        assert rule(schema, frame(""), role)[1] == "required"
    assert rule(schema, frame(UNKNOWN)) == ("/doc/u:x", "undeclared")
    assert rule(schema, frame(UNKNOWN), "server") == ("/doc/u:x", "undeclared")
    (raw,) = values(schema, frame(UNKNOWN), "client")
    assert (raw.namespace, raw.tag) == ("urn:u", "x")
    assert encode_error(schema, One("1")).startswith("doc/body: may not stand here by its namespace")
    assert encode_error(schema, None) == "doc/body: is required"
    assert encode_error(schema, "x").startswith("doc/body: an Element of the schema or a Raw is needed")


def test_wildcard_process_and_namespaces() -> None:
    lax = schema_of(("body", tuple[Element | Raw, ...], wildcard(ns="##any", process="lax")), elements=(Far, One))
    one, far, raw = values(
        lax, frame(f'<one>1</one><o:far xmlns:o="urn:test:o"><o:value>4</o:value></o:far>{UNKNOWN}')
    )[0]
    assert (one, far, raw.tag) == (One("1"), Far("4"), "x")
    skip = schema_of(
        ("body", tuple[Element | Raw, ...], wildcard(ns="##any", process="skip", min=1, max=2)), elements=(One,)
    )
    (got,) = values(skip, frame("<one><broken/></one>"))
    assert isinstance(got[0], Raw)
    assert rule(skip, frame("<one/><one/><one/>"))[1] == "duplicate"
    listed = schema_of(("body", Element | Raw, wildcard(ns=("urn:u", "##local", "##targetNamespace"), process="lax")))
    for good in (UNKNOWN, "<x/>", '<x xmlns=""/>'):
        assert isinstance(values(listed, frame(good))[0], Raw)
    assert rule(listed, frame('<x xmlns="urn:v"/>')) == ("/doc/x", "unexpected")


def test_raw_stands_alone_and_goes_back() -> None:
    schema = schema_of(("body", Raw, wildcard(ns="##other", process="skip")))
    data = (
        b'<p:doc xmlns:p="urn:test:c" xmlns:u="urn:u" xmlns:v="urn:v&amp;w" xmlns:unused="urn:unused" xmlns="urn:d">'
        b'<u:x q="v:name"> <y/>&amp;<![CDATA[<]]><!-- c --></u:x></p:doc>'
    )
    raw = schema.decode(data).body
    assert b"unused" not in raw.xml
    element = raw.element
    assert element.tag == "{urn:u}x"
    assert element.nsmap == {"u": "urn:u", "v": "urn:v&w", None: "urn:d"}
    assert element[0].tag == "{urn:d}y"
    assert schema.decode(schema.encode(schema.roots[0](raw))).body == raw
    assert Raw(raw.xml) == raw
    assert hash(Raw(raw.xml)) == hash(raw)
    local = Raw(b"<?xml version='1.0'?><!-- c --><x><y/></x>\n")
    assert (local.xml, local.namespace, local.tag) == (b'<x xmlns=""><y/></x>', "", "x")
    any_schema = schema_of(("body", Raw, wildcard(ns="##any", process="skip")))
    again = any_schema.decode(any_schema.encode(any_schema.roots[0](local))).body
    assert (again.namespace, again.element[0].tag) == ("", "y")
    for bad in (b"", b"text", b"<x>", b"<x/><y/>", b"<!DOCTYPE x><x/>"):
        with pytest.raises(ValueError, match="Raw: "):
            Raw(bad)


class Base(Element, ns=NS, tag="base", abstract=True):
    name: Token


class Left(Base, ns=NS, tag="left", substitutes=Base):
    side: Token


class Right(Base, ns=OTHER, tag="right", substitutes=Base):
    side: Token | None = None


def test_element_substitution() -> None:
    schema = schema_of(("items", tuple[Base, ...], child(min=1)), elements=(Right,))
    data = frame('<left><name>1</name><side>s</side></left><o:right xmlns:o="urn:test:o"><name>2</name></o:right>')
    assert values(schema, data) == ((Left("1", "s"), Right("2")),)
    assert rule(schema, frame("<base><name>1</name></base>")) == ("/doc/base", "unexpected")


def test_a_substitute_of_another_namespace_takes_part_only_where_the_schema_names_it() -> None:
    schema = schema_of(("items", tuple[Base, ...], child(min=1)))
    assert values(schema, frame("<left><name>1</name><side>s</side></left>")) == ((Left("1", "s"),),)
    assert rule(schema, frame('<o:right xmlns:o="urn:test:o"><name>2</name></o:right>')) == (
        "/doc/o:right",
        "unexpected",
    )


def test_an_element_of_another_name_is_a_local_element_of_its_type() -> None:
    schema = schema_of(("first", Left, child("first")), ("more", tuple[Left, ...], child("more")))
    data = frame("<first><name>1</name><side>a</side></first><more><name>2</name><side>b</side></more>")
    assert values(schema, data) == (Left("1", "a"), (Left("2", "b"),))
    assert schema.decode(schema.encode(schema.decode(data))) == schema.decode(data)
    assert rule(schema, frame("<left><name>1</name><side>a</side></left>")) == ("/doc/left", "unexpected")


def test_all_takes_its_fields_in_any_order_and_each_once() -> None:
    schema = schema_of(
        ("a", Token | None, None), ("b", Token | None, None), ("c", bool, flag()), content=All("a", "b", "c")
    )
    for body, expected in (
        ("<a>1</a><b>2</b><c/>", ("1", "2", True)),
        ("<c/><b>2</b><a>1</a>", ("1", "2", True)),
        ("<b>2</b>", (None, "2", False)),
        ("", (None, None, False)),
    ):
        assert values(schema, frame(body)) == expected
    for role in ("strict", "server", "client"):
        assert rule(schema, frame("<a>1</a><b>2</b><a>1</a>"), role) == ("/doc/a", "duplicate")
        assert rule(schema, frame("<c/><c/>"), role) == ("/doc/c", "duplicate")


class Entity(Type, ns=NS, abstract=True, type_name="entityType"):
    name: Token
    lang: Token | None = attribute(default=None)


class Person(Entity, ns=NS, type_name="personType"):
    born: Token | None = None
    id: Token | None = attribute(default=None)


class Firm(Entity, ns=OTHER, type_name="firmType"):
    seat: Token


class Bank(Firm, ns=OTHER, type_name="bankType"):
    code: Token


XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:o="urn:test:o"'


def test_derived_types() -> None:
    schema = schema_of(("who", tuple[Entity, ...], child("who", min=1)))
    data = frame(
        f'<who {XSI} id="7" xsi:type="personType" lang="en"><name>p</name><born>b</born></who>'
        f'<who {XSI} xsi:type=" o:bankType "><name>f</name><o:seat>s</o:seat><o:code>c</o:code></who>'
    )
    assert values(schema, data) == ((Person("p", "en", "b", "7"), Bank("f", None, "s", "c")),)
    assert rule(schema, frame("<who><name>p</name></who>")) == ("/doc/who", "abstract")
    assert rule(schema, frame(f'<who {XSI} xsi:type="entityType"><name>p</name></who>')) == ("/doc/who", "abstract")
    for bad in ("nothing", "o:personType", "u:x", ""):
        path, name = rule(schema, frame(f'<who {XSI} xsi:type="{bad}"><name>p</name></who>'))
        assert (path, name) == ("/doc/who", "xsi:type")
    assert rule(schema, frame(f'<who {XSI} xsi:type="o:firmType" id="7"><name>f</name></who>')) == (
        "/doc/who/@id",
        "unexpected",
    )
    assert (
        rule(schema, frame(f'<who {XSI} xsi:type="personType" xsi:nil="true"><name>f</name></who>'))[1] == "unexpected"
    )
    assert encode_error(schema, ("x",)).startswith("doc/who: a Person or Firm or Bank is needed")


def test_schema_location_is_ignored() -> None:
    schema = schema_of(("a", Token, None))
    assert values(schema, frame("<a>1</a>", f' {XSI} xsi:schemaLocation="a b" xsi:noNamespaceSchemaLocation="c"')) == (
        "1",
    )


def test_mixed_content() -> None:
    class Note(Type, ns=NS, mixed=True, any_attributes=True):
        text: Annotated[str, string()] = content(default="")
        parts: tuple[Raw, ...] = wildcard(ns="##any", process="skip", min=0, max=None, default=())

    class Value(Type, ns=NS, mixed=True):
        element: Raw | None = wildcard(ns="##any", process="skip", min=1)
        text: Annotated[str, string()] = content(default="")

    schema = schema_of(("note", Note | None, None), ("value", Value | None, None))
    note = schema.decode(frame("<note x='1'>a <b>B</b> c<d/><![CDATA[ e]]></note>")).note
    assert note.text == "a  c e"
    assert [p.tag for p in note.parts] == ["b", "d"]
    assert schema.decode(frame("<note/>")).note == Note()
    again = schema.decode(schema.encode(schema.roots[0](note))).note
    assert again == note
    assert schema.decode(frame("<value> <x/> </value>")).value.element.tag == "x"
    assert rule(schema, frame("<value>mere text</value>")) == ("/doc/value", "required")
    assert schema.decode(frame("<value>mere text</value>"), role="client").value == Value(None, "mere text")
    assert encode_error(schema, None, Value()) == "doc/value/element: is required"


def test_unqualified_and_foreign_children() -> None:
    schema = schema_of(
        ("a", Token, child(ns=None)), ("b", Token, child(ns=OTHER)), ("c", Token, child("see")), ("d", One | None, None)
    )
    data = frame('<a xmlns="">1</a><o:b xmlns:o="urn:test:o">2</o:b><see>3</see><one>4</one>')
    assert values(schema, data) == ("1", "2", "3", One("4"))
    assert schema.encode(schema.decode(data)) == b'<?xml version="1.0" encoding="UTF-8"?>' + data


def test_transparent_document() -> None:
    class Doc(Element, ns=NS, tag="doc", transparent=True):
        message: One | Two

    schema = Schema(Doc)
    assert schema.decode(frame("<one>1</one>")) == One("1")
    assert schema.encode(One("1")) == schema.encode(Doc(One("1")))
    with pytest.raises(EncodeError, match="Far is no document of the schema schema"):
        schema.encode(Far("1"))
    with pytest.raises(EncodeError, match="str is no document"):
        schema.encode("x")


def test_client_takes_any_order() -> None:
    schema = schema_of(("a", Token, None), ("b", Token | None, None), ("c", tuple[Token, ...], child("c", min=1)))
    data = frame("<c>3</c><b>2</b><c>4</c><a>1</a>")
    assert values(schema, data, "client") == ("1", "2", ("3", "4"))
    assert rule(schema, data)[1] in {"required", "order"}
    assert rule(schema, frame("<c>3</c><b>2</b>"), "client") == ("/doc/a", "required")
    assert rule(schema, frame("<a>3</a><a>2</a><c/>"), "client") == ("/doc/a", "duplicate")


AMBIGUOUS: list[tuple[str, Callable[[], Schema], str]] = [
    (
        "optional twice",
        lambda: schema_of(("a", tuple[Token, ...], child("x")), ("b", Token, child("x"))),
        "Doc: its content model is ambiguous: <x> ('a') and <x> ('b') may stand in the same place; reorder or bound",
    ),
    (
        "element and wildcard",
        lambda: schema_of(("a", Token | None, None), ("b", Element | Raw, wildcard(ns="##any"))),
        "Doc: its content model is ambiguous: <a> ('a') and the wildcard 'b' may stand in the same place",
    ),
    (
        "choice with a common start",
        lambda: schema_of(
            ("a", Token | None, None),
            ("b", Token | None, None),
            content=Choice(Sequence("a", Choice("b")), Choice("a")),
        ),
        "Doc: its content model is ambiguous: <a> ('a')",
    ),
    (
        "two wildcards",
        lambda: schema_of(
            ("a", Element | Raw | None, wildcard(ns="##other")), ("b", Element | Raw, wildcard(ns=("urn:x",)))
        ),
        "Doc: its content model is ambiguous: the wildcard 'a' and the wildcard 'b' may stand in the same place",
    ),
    (
        "too large",
        lambda: schema_of(("a", tuple[Token, ...], child("x", max=5000))),
        "Doc: the content model expands to over",
    ),
    (
        "unknown name",
        lambda: schema_of(("a", Token, None), content=Sequence("b")),
        "Doc: content= names 'b', which is no child",
    ),
    (
        "unreachable",
        lambda: schema_of(("a", Token, None), ("b", Token, None), content=Sequence("a")),
        "Doc.b: is not named in content=, so it could never occur",
    ),
    (
        "several times",
        lambda: schema_of(("a", Token | None, None), content=Choice("a", min=0, max=None)),
        "Doc.a: may occur several times in content=; make it a tuple",
    ),
    (
        "twice in a sequence",
        lambda: schema_of(("a", Token, None), ("b", Token, None), content=Sequence("a", "b", "a")),
        "Doc.a: may occur several times in content=; make it a tuple",
    ),
    (
        "text and children",
        lambda: schema_of(("a", Token, content()), ("b", Token, None)),
        "Doc: has both content() and child elements; say mixed=True in the class header",
    ),
    ("two texts", lambda: schema_of(("a", Token, content()), ("b", Token, content())), "Doc.b: a second content()"),
    ("bad pattern", lambda: schema_of(("a", Annotated[str, token(pattern="(")], None)), 'pattern "("'),
    (
        "prefix taken",
        lambda: schema_of(("a", Token, child(ns=Namespace("urn:z")))),
        "Schema: urn:test:c and urn:z both have prefix",
    ),
    (
        "two prefixes",
        lambda: schema_of(("a", Far, None), ("b", Token, child(ns=Namespace("urn:test:o", "p")))),
        "Schema: urn:test:o is declared with prefixes 'o' and 'p'; share one",
    ),
    (
        "named element",
        lambda: schema_of(("a", One | Two, child("b"))),
        "Doc.a: child('b'): several Elements cannot share one name",
    ),
    (
        "all of tuples",
        lambda: schema_of(("a", tuple[Token, ...], None), content=All("a")),
        "Doc.a: a field of All() is optional, and no tuple",
    ),
    (
        "all of required",
        lambda: schema_of(("a", Token, None), content=All("a")),
        "Doc.a: a field of All() is optional, and no tuple",
    ),
    (
        "all inside",
        lambda: schema_of(("a", Token | None, None), ("b", Token, None), content=Sequence("b", All("a"))),
        "Sequence: All() is a whole content model, not a part of one",
    ),
    (
        "name as child",
        lambda: schema_of(("a", Annotated[QName, qname()], None)),
        "Doc: a qname() is for attributes only",
    ),
    (
        "two names",
        lambda: schema_of(("a", Annotated[QName, qname()], attribute()), ("b", Annotated[QName, qname()], attribute())),
        "Doc: a second attribute that is a qname()",
    ),
    (
        "nillable without content",
        lambda: schema_of(("a", Token, None), nillable=True),
        "Doc: only a class of simple content is nillable",
    ),
    (
        "twins",
        lambda: Schema(One, (Two, type(Element)("Two2", (Element,), {}, ns=NS, tag="two"))),
        "both are {urn:test:c}two",
    ),
]


@pytest.mark.parametrize(("make", "message"), [(m, t) for _, m, t in AMBIGUOUS], ids=[n for n, _, _ in AMBIGUOUS])
def test_declarations_that_are_refused(make: Callable[[], Schema], message: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        make().codec  # noqa: B018
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_schema_is_a_value() -> None:
    schema = Schema(One, (Two, Far), name="s")
    assert set(schema.namespaces) == {"urn:test:c", "urn:test:o"}
    assert schema.only(["urn:test:o"]).elements == (Far,)
    assert schema.only([OTHER]).roots == (One,)
    with pytest.raises(AttributeError, match="immutable"):
        schema.name = "x"
    assert repr(schema) == "<Schema 's' of 2 elements>"
    with pytest.raises(ValueError, match="role 'x' is not one of strict, server, client"):
        schema.decode(b"", role="x")  # type: ignore[arg-type]


def test_namespaces_used() -> None:
    schema = schema_of(("body", tuple[Element | Raw, ...], wildcard(ns="##any", process="lax")), elements=(Far, One))
    message = schema.roots[0]((Far("1", One("x")), Raw(b'<x xmlns="urn:u"/>')))
    assert schema.namespaces_used(message) == {"urn:test:c", "urn:test:o", "urn:u"}
    decoded, bits = schema.codec.decode_with_namespaces(schema.encode(message), 2)
    assert decoded == message
    assert bits == schema.codec.namespace_bit("urn:test:c") | schema.codec.namespace_bit("urn:test:o")
    assert schema.codec.namespace_bit("urn:u") == 0


def test_buffers_are_taken() -> None:
    schema = schema_of(("a", Token, None))
    for data in (bytearray(frame("<a>1</a>")), memoryview(frame("<a>1</a>"))):
        assert schema.decode(data).a == "1"
        assert not isinstance(schema.decode_or_fault(data), Fault)
    assert schema.decode(frame("<a>é</a>").decode().encode("utf-16")).a == "é"


class Tree(Type, ns=NS):
    kids: "tuple[Tree, ...]" = child("kid", default=())
    other: "Tree | None" = child("other", default=None)
    at: Token | None = attribute(default=None)


class Forest(Element, ns=NS, tag="forest"):
    kids: tuple[Tree, ...] = child("kid")
    other: Tree | None = child("other", default=None)


def chain(length: int, end: Tree) -> Tree:
    for _ in range(length):
        end = Tree((end,))
    return end


def test_an_object_that_occurs_many_times_is_written_as_if_each_were_its_own() -> None:
    schema = Schema(Forest)

    def leaf() -> Tree:
        return Tree((Tree(at="1"),), at="x")

    one = leaf()
    same = Forest((one, Tree(at="2"), one, Tree((one,), one)), one)
    own = Forest((leaf(), Tree(at="2"), leaf(), Tree((leaf(),), leaf())), leaf())
    data = schema.encode(same)
    assert data == schema.encode(own)
    assert data.count(b'at="x"') == 5
    assert schema.decode(data) == own


def test_an_object_that_occurs_again_deeper_may_be_nested_too_deep() -> None:
    schema = Schema(Forest)
    shared = chain(19, Tree())
    fits = Forest((shared, chain(11, shared)))
    assert schema.decode(schema.encode(fits)) == fits
    for kids in [(shared, chain(12, shared)), (chain(12, shared), shared)]:
        with pytest.raises(EncodeError, match="nested over 32 deep"):
            schema.encode(Forest(kids))
