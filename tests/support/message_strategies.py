"""Random messages out of their declarations, for property tests: whatever a constructor takes and the schema allows."""

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import strategies as st
from regwire.schema import ANY, Duration, Element, Raw, Schema
from regwire.schema._fields import MISSING
from regwire.schema._message import FieldInfo, fields_of
from regwire.schema._models import Choice
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
    if simple.patterns:
        (pattern,) = simple.patterns
        found = st.from_regex(re.compile(_BY_PATTERN.get(pattern, pattern)), fullmatch=True)
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
            return st.decimals(
                simple.low and Decimal(simple.low), simple.high and Decimal(simple.high), places=2
            ).filter(lambda number: abs(number) < 10**15)
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


class Messages:
    """The strategies of one Schema; ``lists`` bounds repeated fields of some classes, for `xs:unique`."""

    def __init__(self, schema: Schema, lists: dict[str, int] | None = None) -> None:
        self._elements = tuple(schema.elements)
        self._root = schema.root
        self._lists = lists or {}

    def documents(self) -> st.SearchStrategy[Any]:
        """Give whole messages."""
        (field,) = fields_of(self._root)
        return st.one_of([self.of(cls) for cls in field.classes])

    def of(self, cls: Any) -> st.SearchStrategy[Any]:
        """Give objects of a class."""
        return st.deferred(lambda: self._of(cls))

    def _of(self, cls: Any) -> st.SearchStrategy[Any]:
        fields = {info.name: info for info in fields_of(cls)}
        header = cls.__regwire__
        values: dict[str, Any] = {}
        children: set[str] = set()
        if header.content is not None and header.content is not ANY:
            children = set(header.content.names())
        for name, info in fields.items():
            if name not in children:
                values[name] = self._field(info, cls)
        whole = st.fixed_dictionaries(values)
        if children:
            whole = st.tuples(whole, self._group(header.content, fields, cls)).map(lambda pair: {**pair[0], **pair[1]})
        return whole.map(lambda given: cls(**given))

    def _group(self, group: Any, fields: dict[str, FieldInfo], cls: Any, inside: str = "") -> st.SearchStrategy[dict]:
        if isinstance(group, str):
            return self._field(fields[group], cls, present=inside == "choice").map(lambda value: {group: value})
        kind = "choice" if isinstance(group, Choice) else "sequence"
        parts = [self._group(item, fields, cls, kind) for item in group.items]
        picked = st.one_of(parts) if kind == "choice" else st.tuples(*parts).map(_merged)
        return picked if group.min else st.one_of(st.just({}), picked)

    def _field(self, info: FieldInfo, cls: Any, *, present: bool = False) -> st.SearchStrategy[Any]:
        spec = info.spec
        if spec.kind == "flag":
            return st.just(True) if present else st.booleans()
        one = self._value(info, cls)
        if one is None:
            return st.just(() if info.repeated else None)
        inner = spec.inner or spec
        if info.repeated:
            wanted = max(spec.min or 0, int(present))
            if spec.kind == "wrapped":
                wanted = 0
            most = inner.max if inner.bounded and inner.max is not None else MANY
            most = min(most, self._lists.get(cls.__name__, MANY))
            return st.lists(one, min_size=wanted, max_size=max(most, wanted)).map(tuple)
        if info.optional and not present and spec.min != 1:
            return st.none() | one
        if spec.kind == "attribute" and spec.default is not MISSING:
            return st.just(spec.default) | one
        return one

    def _value(self, info: FieldInfo, cls: Any) -> st.SearchStrategy[Any] | None:
        if info.simple is not None:
            return simple_values(info.simple)
        inner = info.spec.inner or info.spec
        if inner.kind == "wildcard":
            return self._wildcard(inner, cls)
        return st.one_of([self.of(item) for item in info.classes])

    def _wildcard(self, spec: Any, cls: Any) -> st.SearchStrategy[Any] | None:
        if isinstance(spec.uris, tuple):
            return None
        if spec.process == "skip":
            return RAW
        own = cls.__regwire__.ns if spec.uris == "##other" else None
        declared = st.one_of([self.of(item) for item in self._allowed(own)])
        return st.one_of(declared, RAW) if spec.process == "lax" else declared

    def _allowed(self, own: Any) -> Iterable[type[Element]]:
        return [item for item in self._elements if item.__regwire__.ns != own]


def _merged(parts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {key: value for part in parts for key, value in part.items()}
