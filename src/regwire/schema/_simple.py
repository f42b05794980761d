"""Simple types: what the text of an element or the value of an attribute may be.

A simple type is the second part of an `Annotated`: `Annotated[str, token(max_length=255)]`. The functions here mirror
the built-in types of XML Schema and take its facets as keywords. White space is handled before facets: kept for
`string`, every tab and line end turned into a space for `normalized`, collapsed for everything else.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final, Literal

from regwire.errors import DeclarationError
from regwire.schema._fields import Namespace
from regwire.schema._values import QName

IntegerKind = Literal[
    "integer",
    "nonNegativeInteger",
    "positiveInteger",
    "nonPositiveInteger",
    "negativeInteger",
    "long",
    "int",
    "short",
    "byte",
    "unsignedLong",
    "unsignedInt",
    "unsignedShort",
    "unsignedByte",
]
"""The integer types of XML Schema; each brings its own range."""

_INTEGER_RANGES: dict[str, tuple[int | None, int | None]] = {
    "integer": (None, None),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
    "long": (-(2**63), 2**63 - 1),
    "int": (-(2**31), 2**31 - 1),
    "short": (-(2**15), 2**15 - 1),
    "byte": (-(2**7), 2**7 - 1),
    "unsignedLong": (0, 2**64 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedByte": (0, 2**8 - 1),
}


XSD_URI: Final = "http://www.w3.org/2001/XMLSchema"
"""The namespace of the built-in types."""


@dataclass(frozen=True, slots=True)
class Simple:
    """One simple type with its facets; made by the functions of this module, never by hand."""

    kind: str
    min_length: int = 0
    max_length: int | None = None
    patterns: tuple[str, ...] = ()
    enumeration: tuple[tuple[str, object], ...] = ()
    low: str | None = None
    low_exclusive: bool = False
    high: str | None = None
    high_exclusive: bool = False
    total_digits: int | None = None
    fraction_digits: int | None = None
    secret: bool = False
    item: Simple | None = None
    type_name: tuple[str, str] | None = None
    python: tuple[type, ...] = field(default=(str,), compare=False)

    def with_enumeration(self, values: Sequence[object]) -> Simple:
        """Give the same type restricted to `values`, as a `Literal` or an `Enum` restricts it."""
        return replace(self, enumeration=tuple((_lexical(v), v) for v in values), type_name=self._restricted())

    def named(self, name: str | None = None, ns: Namespace | None = None) -> Simple:
        """Give the same type under the name that `xsi:type` may call it by; without `ns`, that of a built-in type."""
        return replace(self, type_name=(XSD_URI if ns is None else ns.uri, name or self.kind))

    def _restricted(self) -> tuple[str, str] | None:
        """A restricted built-in type is none any more; one with a name of its own was named with its values."""
        return None if self.type_name is not None and self.type_name[0] == XSD_URI else self.type_name


def _lexical(value: object) -> str:
    raw = value.value if isinstance(value, enum.Enum) else value
    return str(raw)


def _patterns(pattern: str | Sequence[str] | None) -> tuple[str, ...]:
    if pattern is None:
        return ()
    return (pattern,) if isinstance(pattern, str) else tuple(pattern)


def _text(  # noqa: PLR0917 - the facets, always all of them
    kind: str,
    min_length: int,
    max_length: int | None,
    length: int | None,
    pattern: str | Sequence[str] | None,
    enumeration: Sequence[object],
    secret: bool,
) -> Simple:
    if length is not None:
        min_length = max_length = length
    if min_length < 0 or (max_length is not None and max_length < min_length):
        raise DeclarationError(kind, f"min_length {min_length} and max_length {max_length} allow no value")
    simple = Simple(kind, min_length, max_length, _patterns(pattern), secret=secret)
    return simple.with_enumeration(enumeration) if enumeration else simple


def token(
    *,
    min_length: int = 0,
    max_length: int | None = None,
    length: int | None = None,
    pattern: str | Sequence[str] | None = None,
    enumeration: Sequence[object] = (),
    secret: bool = False,
) -> Simple:
    """`xs:token`: white space collapsed. Lengths are in characters; several patterns must all match."""
    return _text("token", min_length, max_length, length, pattern, enumeration, secret)


def normalized(
    *,
    min_length: int = 0,
    max_length: int | None = None,
    length: int | None = None,
    pattern: str | Sequence[str] | None = None,
    enumeration: Sequence[object] = (),
    secret: bool = False,
) -> Simple:
    """`xs:normalizedString`: tabs and line ends become spaces, nothing is trimmed."""
    return _text("normalizedString", min_length, max_length, length, pattern, enumeration, secret)


def string(
    *,
    min_length: int = 0,
    max_length: int | None = None,
    length: int | None = None,
    pattern: str | Sequence[str] | None = None,
    enumeration: Sequence[object] = (),
    secret: bool = False,
) -> Simple:
    """`xs:string`: white space kept."""
    return _text("string", min_length, max_length, length, pattern, enumeration, secret)


def nmtoken(
    *,
    min_length: int = 0,
    max_length: int | None = None,
    length: int | None = None,
    pattern: str | Sequence[str] | None = None,
    enumeration: Sequence[object] = (),
) -> Simple:
    """`xs:NMTOKEN`: name characters only."""
    return _text("NMTOKEN", min_length, max_length, length, pattern, enumeration, False)


def xml_id(*, pattern: str | Sequence[str] | None = None) -> Simple:
    """`xs:ID` (and `xs:NCName`): a name without colon. That IDs are unique in a document is not checked."""
    return _text("NCName", 0, None, None, pattern, (), False)


def language(*, pattern: str | Sequence[str] | None = None) -> Simple:
    """`xs:language`: a language tag of RFC 3066 form."""
    return _text("language", 0, None, None, pattern, (), False)


def any_uri(
    *,
    min_length: int = 0,
    max_length: int | None = None,
    length: int | None = None,
    pattern: str | Sequence[str] | None = None,
    enumeration: Sequence[object] = (),
) -> Simple:
    """`xs:anyURI`: white space collapsed; a URI reference or what becomes one by escaping."""
    return _text("anyURI", min_length, max_length, length, pattern, enumeration, False)


def _bounds(kind: str, low: Any, low_ex: Any, high: Any, high_ex: Any) -> tuple[str | None, bool, str | None, bool]:
    if low is not None and low_ex is not None:
        raise DeclarationError(kind, "give min or min_exclusive, not both")
    if high is not None and high_ex is not None:
        raise DeclarationError(kind, "give max or max_exclusive, not both")
    lower, upper = (low if low_ex is None else low_ex), (high if high_ex is None else high_ex)
    return (
        None if lower is None else str(lower),
        low_ex is not None,
        None if upper is None else str(upper),
        high_ex is not None,
    )


def integer(
    kind: IntegerKind = "integer",
    *,
    min: int | None = None,
    max: int | None = None,
    enumeration: Sequence[object] = (),
    pattern: str | Sequence[str] | None = None,
    total_digits: int | None = None,
    secret: bool = False,
) -> Simple:
    """An integer type of XML Schema, narrowed to `min`..`max` (inclusive). Value: int.

    With an `enumeration`, the range is what role client takes besides (`regwire.schema.roles`).
    """
    if kind not in _INTEGER_RANGES:
        raise DeclarationError("integer", f"no integer type {kind!r}; one of {', '.join(_INTEGER_RANGES)}")
    lows = [b for b in (_INTEGER_RANGES[kind][0], min) if b is not None]
    highs = [b for b in (_INTEGER_RANGES[kind][1], max) if b is not None]
    low, high = (sorted(lows)[-1] if lows else None), (sorted(highs)[0] if highs else None)
    if low is not None and high is not None and low > high:
        raise DeclarationError(f"integer({kind!r})", f"min {min} and max {max} allow no value")
    simple = Simple(
        "integer",
        patterns=_patterns(pattern),
        low=None if low is None else str(low),
        high=None if high is None else str(high),
        total_digits=total_digits,
        secret=secret,
        python=(int,),
    )
    return simple.with_enumeration(enumeration) if enumeration else simple


def integer_or_nothing(*, min: int | None = None, max: int | None = None) -> Simple:
    """`xs:union` of an empty token and an integer type of the range `min`..`max` (inclusive).

    Value: str, as it was written with white space collapsed: "" or a numeral. What is no numeral breaks the pattern; a
    numeral out of range breaks its bound.
    """
    if min is not None and max is not None and min > max:
        raise DeclarationError("integer_or_nothing", f"min {min} and max {max} allow no value")
    low, high = None if min is None else str(min), None if max is None else str(max)
    return Simple("token", patterns=(r"|[+\-]?[0-9]+",), low=low, high=high)


def decimal(
    *,
    min: Decimal | int | None = None,
    max: Decimal | int | None = None,
    min_exclusive: Decimal | int | None = None,
    max_exclusive: Decimal | int | None = None,
    total_digits: int | None = None,
    fraction_digits: int | None = None,
    pattern: str | Sequence[str] | None = None,
) -> Simple:
    """`xs:decimal`. Value: `decimal.Decimal`, with the trailing zeros that were written."""
    low, low_ex, high, high_ex = _bounds("decimal", min, min_exclusive, max, max_exclusive)
    return Simple(
        "decimal",
        patterns=_patterns(pattern),
        low=low,
        low_exclusive=low_ex,
        high=high,
        high_exclusive=high_ex,
        total_digits=total_digits,
        fraction_digits=fraction_digits,
        python=(Decimal,),
    )


def boolean() -> Simple:
    """`xs:boolean`: true, false, 1 or 0; written as 1 or 0."""
    return Simple("boolean", python=(bool,))


def date() -> Simple:
    """`xs:date`. Value: `datetime.date`; a zone is accepted and dropped."""
    return Simple("date")


def date_time() -> Simple:
    """`xs:dateTime`. Value: an aware `datetime.datetime` in UTC; no zone means UTC; digits after the sixth are cut."""
    return Simple("dateTime")


def duration() -> Simple:
    """`xs:duration`. Value: `regwire.schema.Duration`."""
    return Simple("duration")


def base64(
    *, min_length: int = 0, max_length: int | None = None, length: int | None = None, secret: bool = False
) -> Simple:
    """`xs:base64Binary`. Value: bytes; lengths in octets."""
    return _text("base64Binary", min_length, max_length, length, None, (), secret)


def hex_binary(
    *, min_length: int = 0, max_length: int | None = None, length: int | None = None, secret: bool = False
) -> Simple:
    """`xs:hexBinary`. Value: bytes; lengths in octets."""
    return _text("hexBinary", min_length, max_length, length, None, (), secret)


def qname(*, words: Sequence[str] = ()) -> Simple:
    """`xs:QName`, for attributes only. Value: `regwire.schema.QName`.

    `words` are values beside names, as in a union of QName and an enumeration; they win over a name written alike.
    """
    simple = Simple("QName", python=(QName,))
    return simple.with_enumeration(words) if words else simple


def list_of(item: Simple, *, min_length: int = 0, max_length: int | None = None) -> Simple:
    """`xs:list`: items between white space. Value: a tuple of the item's values; lengths in items."""
    if item.kind in {"list", "string", "normalizedString"}:
        raise DeclarationError("list_of", f"an xs:list of {item.kind} cannot be told apart; use token()")
    return Simple("list", min_length, max_length, item=item, secret=item.secret)
