"""Values that need more than their text: names with prefixes, xsi:nil, xsi:type that repeats what is declared."""

import copy
import pickle
from typing import Annotated, Any, Literal

import pytest

from regwire.errors import EncodeError, SchemaFault
from regwire.schema import (
    Element,
    Namespace,
    QName,
    Schema,
    Type,
    attribute,
    child,
    content,
    integer,
    qname,
    string,
    token,
)

NS = Namespace("urn:test:n", prefix="n")
KNOWN = Namespace("urn:test:k", prefix="k")
XSI = "http://www.w3.org/2001/XMLSchema-instance"
Token = Annotated[str, token()]


class Known(Element, ns=KNOWN, tag="known"):
    value: Token = content(default="")


class Reference(Type, ns=NS, type_name="referenceType"):
    kind: Annotated[QName | Literal["ANY"], qname(words=("ANY",))] = attribute()


class Typed(Type, ns=NS):
    kind: Annotated[QName, qname()] | None = attribute(default=None)


class Secretive(Type, ns=NS, nillable=True, type_name="secretiveType"):
    value: Annotated[str, string(min_length=1)] | None = content(default=None)
    private: bool | None = attribute(default=None)


class Count(Type, ns=NS, nillable=True):
    value: Annotated[int, integer()] | None = content(default=None)
    unit: Token = attribute(default="each")


class Doc(Element, ns=NS, tag="doc"):
    known: Known | None = None
    references: tuple[Reference, ...] = child("reference", default=())
    typed: Typed | None = None
    secrets: tuple[Secretive, ...] = child("secret", default=())
    count: Count | None = None


SCHEMA = Schema(Doc, (Known,))


def frame(inner: str, attributes: str = "") -> bytes:
    return f'<n:doc xmlns:n="urn:test:n" xmlns:xsi="{XSI}"{attributes}>{inner}</n:doc>'.encode()


def decode(inner: str, attributes: str = "", role: Any = "strict") -> Doc:
    message: Doc = SCHEMA.decode(frame(inner, attributes), role=role)
    assert SCHEMA.decode(SCHEMA.encode(message)) == message
    return message


def rule(inner: str, attributes: str = "", role: Any = "strict") -> tuple[str, str]:
    with pytest.raises(SchemaFault) as caught:
        SCHEMA.decode(frame(inner, attributes), role=role)
    return caught.value.path, caught.value.rule


def encoded(message: Any) -> str:
    document = SCHEMA.encode(message)
    assert SCHEMA.decode(document) == message
    return document.decode().partition("?>")[2]


@pytest.mark.parametrize(
    ("kind", "declarations", "expected"),
    [
        ("n:x", "", QName("urn:test:n", "x")),
        (" n:x\n", "", QName("urn:test:n", "x")),
        ("x", "", QName("", "x")),
        ("x", ' xmlns="urn:other"', QName("urn:other", "x")),
        ("p:x-1.y", ' xmlns:p="urn:test:k"', QName("urn:test:k", "x-1.y")),
        ("xml:lang", "", QName("http://www.w3.org/XML/1998/namespace", "lang")),
        ("&#110;:&#xfc;", "", QName("urn:test:n", "\u00fc")),
        ("ANY", "", "ANY"),
        (" ANY ", ' xmlns="urn:other"', "ANY"),
        ("n:ANY", "", QName("urn:test:n", "ANY")),
    ],
)
def test_a_name_is_what_its_prefix_stands_for(kind: str, declarations: str, expected: Any) -> None:
    document = f'<n:reference kind="{kind}"{declarations}/>'
    assert decode(document).references[0].kind == expected
    assert decode(f'<n:reference{declarations} kind="{kind}"/>').references[0].kind == expected


@pytest.mark.parametrize("kind", ["", ":", "n:", ":x", "p:x", "n:x:y", "1x", "n:1x", "n: x", "n:x y", "-"])
def test_what_is_no_name_or_has_no_namespace_is_refused(kind: str) -> None:
    for role in ("strict", "server", "client"):
        assert rule(f'<n:reference kind="{kind}"/>', role=role) == ("/n:doc/n:reference/@kind", "datatype")


def test_a_prefix_is_declared_where_a_name_needs_it_and_nowhere_else() -> None:
    def written(kind: Any) -> str:
        return encoded(Doc(references=(Reference(kind=kind),)))

    assert 'xmlns:n="urn:test:n"><n:reference kind="n:x"/>' in written(QName("urn:test:n", "x"))
    assert '<n:reference xmlns:k="urn:test:k" kind="k:x"/>' in written(QName("urn:test:k", "x"))
    assert '<n:reference xmlns:q="urn:a?b&amp;c" kind="q:x"/>' in written(QName("urn:a?b&c", "x"))
    assert '<n:reference kind="x"/>' in written(QName("", "x"))
    assert '<n:reference kind="xml:lang"/>' in written(QName("http://www.w3.org/XML/1998/namespace", "lang"))
    assert '<n:reference kind="ANY"/>' in written("ANY")
    twice = encoded(Doc(references=(Reference(kind=QName("urn:a", "x")), Reference(kind=QName("urn:b", "y")))))
    assert '<n:reference xmlns:q="urn:a" kind="q:x"/><n:reference xmlns:q="urn:b" kind="q:y"/>' in twice


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (QName("urn:test:n", "a b"), "datatype"),
        (QName("urn:test:n", ""), "datatype"),
        (QName("urn:\x01", "x"), "datatype"),
        (QName('urn:"', "x"), "datatype"),
        (QName("http://www.w3.org/2000/xmlns/", "x"), "datatype"),
        ("n:x", "enumeration"),
        ("any", "enumeration"),
        (("urn:test:n", "x"), "datatype"),
        (None, "required"),
    ],
)
def test_what_cannot_be_written_as_a_name_is_refused(kind: Any, expected: str) -> None:
    with pytest.raises(EncodeError) as caught:
        SCHEMA.encode(Doc(references=(Reference(kind=kind),)))
    assert caught.value.rule == expected
    assert "@kind" in caught.value.path


def test_a_name_may_be_absent() -> None:
    assert decode("<n:typed/>").typed == Typed()
    assert encoded(Doc(typed=Typed())).endswith("<n:typed/></n:doc>")
    assert decode('<n:typed kind="ANY"/>').typed == Typed(QName("", "ANY"))


def test_names_are_values() -> None:
    name = QName("urn:test:n", "x")
    assert (str(name), str(QName("", "x"))) == ("{urn:test:n}x", "x")
    assert pickle.loads(pickle.dumps(name)) == copy.deepcopy(name) == name
    assert {name: 1}[QName("urn:test:n", "x")] == 1
    assert Reference(kind=name).to_dict()["kind"] == "{urn:test:n}x"


@pytest.mark.parametrize("true", ["true", "1", " true ", "&#49;"])
def test_nil_is_no_value_and_keeps_attributes(true: str) -> None:
    assert decode(f'<n:secret xsi:nil="{true}" private="1"/>').secrets == (Secretive(None, True),)
    assert decode(f'<n:secret private="1" xsi:nil="{true}"><!-- nothing --></n:secret>').secrets[0].value is None


def test_an_element_that_may_be_nil_need_not_be() -> None:
    assert decode('<n:secret xsi:nil="false">a</n:secret><n:secret xsi:nil="0">b</n:secret>').secrets == (
        Secretive("a"),
        Secretive("b"),
    )
    assert decode('<n:count xsi:nil="true"/>').count == Count(None)
    assert decode("<n:count> 7 </n:count>").count == Count(7)


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ('<n:secret xsi:nil="true">x</n:secret>', ("/n:doc/n:secret", "text")),
        ('<n:secret xsi:nil="true"> </n:secret>', ("/n:doc/n:secret", "text")),
        ('<n:secret xsi:nil="true"><n:x/></n:secret>', ("/n:doc/n:secret/n:x", "unexpected")),
        ('<n:secret xsi:nil="yes"/>', ("/n:doc/n:secret/@xsi:nil", "datatype")),
        ('<n:secret xsi:nil="false"/>', ("/n:doc/n:secret", "min_length")),
        ('<n:typed xsi:nil="true"/>', ("/n:doc/n:typed/@xsi:nil", "unexpected")),
        ('<n:typed xsi:nil="false"/>', ("/n:doc/n:typed/@xsi:nil", "unexpected")),
        ("<n:count/>", ("/n:doc/n:count", "datatype")),
    ],
)
def test_nil_where_it_may_not_be(inner: str, expected: tuple[str, str]) -> None:
    for role in ("strict", "server", "client"):
        assert rule(inner, role=role) == expected


def test_nil_is_written_with_its_namespace() -> None:
    document = encoded(Doc(secrets=(Secretive(private=True), Secretive("x"))))
    nil = f'<n:secret private="1" xmlns:xsi="{XSI}" xsi:nil="true"/>'
    assert document.endswith(f"{nil}<n:secret>x</n:secret></n:doc>")
    with pytest.raises(EncodeError, match="min_length"):
        SCHEMA.encode(Doc(secrets=(Secretive(""),)))
    assert f'<n:count xmlns:xsi="{XSI}" xsi:nil="true"/>' in encoded(Doc(count=Count(None)))


def test_an_element_may_name_the_type_that_it_has_anyway() -> None:
    message = decode('<n:reference xsi:type="n:referenceType" kind="n:x"/>')
    assert message.references == (Reference(kind=QName("urn:test:n", "x")),)
    assert "xsi:type" not in encoded(message)
    assert decode('<n:secret xsi:type="n:secretiveType" xsi:nil="true"/>').secrets == (Secretive(None),)
    assert rule('<n:reference xsi:type="n:secretiveType" kind="n:x"/>')[1] == "xsi:type"
