"""Documents in no namespace."""

from __future__ import annotations

from typing import Annotated

from regwire.schema import UNQUALIFIED, Element, Schema, attribute, content, string


class Note(Element, ns=UNQUALIFIED, tag="note"):
    """A child."""

    text: Annotated[str, string()] = content(default="")


class Book(Element, ns=UNQUALIFIED, tag="book"):
    """A root."""

    title: Annotated[str, string()] = attribute()
    notes: tuple[Note, ...] = ()


SCHEMA = Schema(Book, name="book")


def test_they_are_written_without_a_namespace_and_read_back() -> None:
    book = Book("a", (Note("x"), Note("")))
    written = SCHEMA.encode(book)
    assert written.endswith(b'<book title="a"><note>x</note><note/></book>')
    assert SCHEMA.decode(written) == book


def test_the_same_name_in_a_namespace_is_another_element() -> None:
    fault = SCHEMA.decode_or_fault(b'<book xmlns="urn:x" title="a"/>')
    assert fault.kind == "schema"
    assert SCHEMA.decode_or_fault(b'<book title="a"><n:note xmlns:n="urn:x"/></book>').kind == "schema"
