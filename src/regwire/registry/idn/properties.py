"""Unicode properties that classes of IDN tables are made of (RFC 7940 section 6.2.3).

At hand are general category (gc), canonical combining class (ccc) and bidi class (bc) of Python's Unicode database,
joining type (jt) and the scripts (sc) of the idna library. Script values beyond those, InSC and Dep are refused.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from typing import Any, Final

from idna import idnadata

__all__ = ["property_class", "unicode_version"]

_SCRIPTS: Final = {"Grek": "Greek", "Hani": "Han", "Hebr": "Hebrew", "Hira": "Hiragana", "Kana": "Katakana"}


def unicode_version() -> tuple[int, ...]:
    """Return the version of Unicode whose properties are at hand."""
    return tuple(map(int, unicodedata.unidata_version.split(".")))


def property_class(wanted: str, universe: Collection[int]) -> frozenset[int]:
    """Return those code points of ``universe`` that have a property, as "gc:Nd".

    Raises:
        ValueError: the property, or this value of it, is not at hand.

    """
    name, _, value = wanted.partition(":")
    if name == "gc":
        return frozenset(point for point in universe if unicodedata.category(chr(point)).startswith(value))
    if name == "ccc" and value.isdigit():
        return frozenset(point for point in universe if unicodedata.combining(chr(point)) == int(value))
    if name == "bc":
        return frozenset(point for point in universe if unicodedata.bidirectional(chr(point)) == value)
    if name == "jt" and value in "CDLRTU":
        return frozenset(point for point in universe if _joining_type(point) == value)
    if name == "sc":
        script = _SCRIPTS.get(value, value)
        if script in idnadata.scripts:
            return frozenset(point for point in universe if _within(point, idnadata.scripts[script]))
    raise ValueError(f"asks for the property {wanted}, which is not at hand")


def _joining_type(point: int) -> str:
    table: dict[Any, Any] = idnadata.joining_types
    if point in table:
        # Older versions of the library list each code point, with the letter's number.
        return chr(table[point])
    for value, ranges in table.items():
        if isinstance(ranges, tuple) and _within(point, ranges):
            return str(value)
    return "U"


def _within(point: int, ranges: tuple[int, ...]) -> bool:
    # The library packs the bounds of a range, the end exclusive, into the halves of a number.
    return any(packed >> 32 <= point < packed & 0xFFFFFFFF for packed in ranges)
