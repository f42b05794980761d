"""SASLprep (RFC 4013): how names and passwords are prepared before they are compared or hashed."""

from __future__ import annotations

import stringprep
import unicodedata

__all__ = ["saslprep"]

_PROHIBITED = (
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)


def saslprep(text: str, *, stored: bool = False) -> str:
    """Return `text` prepared; `stored`: as what a store keeps, where unassigned characters are refused as well.

    Raises ValueError for what is prohibited or mixes directions (RFC 3454 sections 5 and 6), and for what is empty
    afterwards.
    """
    mapped = "".join(" " if stringprep.in_table_c12(c) else c for c in text if not stringprep.in_table_b1(c))
    prepared = unicodedata.ucd_3_2_0.normalize("NFKC", mapped)
    if not prepared:
        raise ValueError("empty after SASLprep")
    for character in prepared:
        if any(prohibited(character) for prohibited in _PROHIBITED):
            raise ValueError("a character that SASLprep prohibits")
        if stored and stringprep.in_table_a1(character):
            raise ValueError("a character that Unicode 3.2 does not assign")
    if any(stringprep.in_table_d1(c) for c in prepared):
        ends = stringprep.in_table_d1(prepared[0]) and stringprep.in_table_d1(prepared[-1])
        if not ends or any(stringprep.in_table_d2(c) for c in prepared):
            raise ValueError("mixes directions")
    return prepared
