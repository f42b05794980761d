"""Random messages out of their declarations, for property tests: whatever a constructor takes and the schema allows."""

import datetime as dt
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import strategies as st

from regwire.schema import Duration, Element, Raw, Schema
from regwire.schema._fields import MISSING
from regwire.schema._message import FieldInfo, fields_of
from regwire.schema._models import Choice, Group
from regwire.schema._simple import Simple

MANY = 3
"""How many of an unbounded field are made at most."""

_TEXT = st.text(
    st.one_of(
        st.sampled_from(" \t\n&<>\"']]>;aZ0-\xe9"),
        st.characters(
            min_codepoint=0x20, max_codepoint=0x10FFFF, exclude_categories=("Cs",), exclude_characters="\ufffe\uffff"
        ),
    ).filter(lambda c: ord(c) & 0xFFFE != 0xFFFE),
    max_size=12,
)
_SPACE = re.compile(r"[ \t\r\n]+")

_BY_PATTERN = {
    r"\p{IsBasicLatin}*": r"[ -~]*",
    r"\d+-\d+": r"[0-9]{1,5}-[0-9]{1,5}",
    r"(\w|_){1,80}-\w{1,8}": r"[A-Za-z0-9\u00e4_]{1,80}-[A-Za-z0-9\u00e4]{1,8}",
    r"A|[A-Z][A-Z0-9\-]*[A-Z0-9]": r"A|[A-Z][A-Z0-9\-]{0,8}[A-Z0-9]",
}
"""Where Python's regular expressions mean something else than XML Schema's, or make too long texts."""

_URIS = ("urn:ietf:params:xml:ns:domain-1.0", "http://example/a?b=c#d", "x")
_LANGUAGES = ("en", "de-CH", "x-klingon", "EN-us")

_DURATIONS = st.builds(
    Duration,
    *[st.integers(0, 99)] * 5,
    st.one_of(st.integers(0, 99), st.integers(1, 9999).map(lambda n: Decimal(n) / 1000)),
    st.booleans(),
)


def _tidy(kind: str, text: str) -> str:
    if kind == "string":
        return text
    if kind == "normalizedString":
        return re.sub(r"[\t\r\n]", " ", text)
    return _SPACE.sub(" ", text).strip(" ")


@cache
def simple_values(simple: Simple) -> st.SearchStrategy[Any]:
    """Give the values of a simple type."""
    if simple.enumeration:
        return st.sampled_from([value for _, value in simple.enumeration])
    if simple.kind == "token" and simple.high is not None:
        return st.one_of(st.just(""), st.integers(int(simple.low or 0), int(simple.high)).map(str))
    if simple.patterns:
        (pattern,) = simple.patterns
        regex = re.compile(_BY_PATTERN.get(pattern, pattern))
        found = st.from_regex(regex, fullmatch=True, alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x2FF))
        return found.map(lambda text: _tidy(simple.kind, text)).filter(
            lambda text: _fits(simple, text) and re.fullmatch(_BY_PATTERN.get(pattern, pattern), text)
        )
    match simple.kind:
        case "string" | "normalizedString" | "token":
            return _texts(simple)
        case "integer":
            low = -(2**40) if simple.low is None else int(simple.low)
            return st.integers(low, 2**64 if simple.high is None else int(simple.high))
        case "decimal":
            low = -(10**9) if simple.low is None else int(Decimal(simple.low) * 100)
            high = 10**9 if simple.high is None else int(Decimal(simple.high) * 100)
            return st.integers(low, high).map(lambda cents: Decimal(cents) / 100)
        case "boolean":
            return st.booleans()
        case "date":
            return st.dates(dt.date(1, 1, 3), dt.date(9999, 12, 29))
        case "dateTime":
            return st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30), timezones=st.just(dt.UTC))
        case "duration":
            return _DURATIONS
        case "base64Binary" | "hexBinary":
            return st.binary(min_size=simple.min_length, max_size=40)
        case "language":
            return st.sampled_from(_LANGUAGES)
        case "anyURI":
            return st.sampled_from(_URIS)
        case "NCName":
            return st.sampled_from(("name", "id", "-a.b"[1:], "_\xe9"))
        case "list":
            assert simple.item is not None
            return st.lists(simple_values(simple.item), max_size=MANY).map(tuple)
        case "NMTOKEN":
            return st.sampled_from(("name", "id", "-a.b:c", "\xe9"))
    raise AssertionError(simple.kind)


def _fits(simple: Simple, text: str) -> bool:
    return simple.min_length <= len(text) and (simple.max_length is None or len(text) <= simple.max_length)


def _texts(simple: Simple) -> st.SearchStrategy[str]:
    padding = "x" * simple.min_length
    cut = simple.max_length
    return _TEXT.map(lambda text: _tidy(simple.kind, _tidy(simple.kind, text + padding)[:cut])).filter(
        lambda text: _fits(simple, text)
    )


RAW = st.sampled_from(
    [Raw(b'<x:a xmlns:x="urn:example:x">t</x:a>'), Raw(b'<b xmlns="urn:example:y" c="1"><d/>&amp;</b>')]
)


Draw = Callable[[st.SearchStrategy[Any]], Any]


class Messages:
    """The strategies of one Schema; ``lists`` bounds repeated fields of some classes, for `xs:unique`."""

    def __init__(self, schema: Schema, lists: dict[str, int] | None = None) -> None:
        self._elements = tuple(schema.elements)
        (self._root,) = schema.roots
        self._lists = lists or {}

    def documents(self) -> st.SearchStrategy[Any]:
        """Give whole messages."""
        (field,) = fields_of(self._root)
        return st.composite(lambda draw: self._object(draw, draw(st.sampled_from(field.classes))))()

    def of(self, cls: Any) -> st.SearchStrategy[Any]:
        """Give objects of a class."""
        return st.composite(lambda draw: self._object(draw, cls))()

    def _object(self, draw: Draw, cls: Any) -> Any:
        fields = {info.name: info for info in fields_of(cls)}
        content = cls.__regwire__.content
        grouped = set(content.names()) if isinstance(content, Group) else set()
        values = {name: self._field(draw, info, cls) for name, info in fields.items() if name not in grouped}
        if grouped:
            values |= self._group(draw, content, fields, cls)
        return cls(**values)

    def _group(
        self, draw: Draw, group: Any, fields: dict[str, FieldInfo], cls: Any, inside: str = ""
    ) -> dict[str, Any]:
        if isinstance(group, str):
            return {group: self._field(draw, fields[group], cls, present=inside == "choice")}
        if group.min == 0 and draw(st.booleans()):
            return {}
        if isinstance(group, Choice):
            return self._group(draw, draw(st.sampled_from(group.items)), fields, cls, "choice")
        merged: dict[str, Any] = {}
        for item in group.items:
            merged |= self._group(draw, item, fields, cls, "sequence")
        return merged

    def _field(self, draw: Draw, info: FieldInfo, cls: Any, *, present: bool = False) -> Any:
        spec = info.spec
        if spec.kind == "flag":
            return present or draw(st.booleans())
        inner = spec.inner or spec
        if inner.kind == "wildcard" and isinstance(inner.uris, tuple):
            if not info.optional and not info.repeated:
                return Raw(f'<r:Some xmlns:r="{inner.uris[0]}"/>'.encode())
            return () if info.repeated else None
        if info.repeated:
            least = 0 if spec.kind == "wrapped" else max(spec.min or 0, int(present))
            bound = inner.max if inner.bounded and inner.max is not None else MANY
            most = max(least, min(bound, self._lists.get(cls.__name__, MANY)))
            return tuple(self._value(draw, info, cls) for _ in range(draw(st.integers(least, most))))
        if info.optional and not present and spec.min != 1 and draw(st.booleans()):
            return None
        if spec.kind == "attribute" and spec.default is not MISSING and draw(st.booleans()):
            return spec.default
        return self._value(draw, info, cls)

    def _value(self, draw: Draw, info: FieldInfo, cls: Any) -> Any:
        if info.simple is not None:
            return draw(simple_values(info.simple))
        inner = info.spec.inner or info.spec
        if inner.kind != "wildcard":
            return self._object(draw, draw(st.sampled_from(self._concrete(info.classes))))
        if inner.process == "skip" or (inner.process == "lax" and draw(st.booleans())):
            return draw(RAW)
        own = cls.__regwire__.ns if inner.uris == "##other" else None
        return self._object(draw, draw(st.sampled_from(self._allowed(own))))

    def _concrete(self, classes: Sequence[Any]) -> list[Any]:
        """Give the classes that may be built: what substitutes an abstract element stands for it."""
        found = [cls for cls in classes if not cls.__regwire__.abstract]
        for cls in classes:
            if cls.__regwire__.abstract:
                found += [i for i in self._elements if issubclass(i, cls) and not i.__regwire__.abstract]
        return found

    def _allowed(self, own: Any) -> Sequence[type[Element]]:
        # Those of single registries would double every test's time: some of them have wildcards themselves.
        return [i for i in self._elements if i.__regwire__.ns != own and ".vendor." not in i.__module__ and _plain(i)]


def _plain(cls: type[Element]) -> bool:
    return not cls.__regwire__.abstract and not cls.__name__.endswith("SignedMark")
