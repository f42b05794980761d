"""Statements of many rows: one a row would give up the interpreter's lock at every row."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

__all__ = ["Row", "in_chunks"]

Row = tuple[Any, ...]

#: Rows a statement; powers of two, so that a group of any size needs few different statements, which stay prepared.
#: The largest times the widest table (14 columns) stays far below SQLite's 32,766 parameters.
_CHUNKS: Final = (256, 128, 64, 32, 16, 8, 4, 2, 1)
_statements: dict[tuple[str, int], str] = {}


def in_chunks(connection: sqlite3.Connection, head: str, tail: str, rows: Sequence[Row]) -> None:
    """Run ``head (?, …), (?, …) tail`` over all rows, with as few statements as chunks of powers of two allow."""
    start, left = 0, len(rows)
    for size in _CHUNKS:
        while left >= size:
            sql = _statements.get((head, size))
            if sql is None:
                row = "(" + ", ".join("?" * len(rows[0])) + ")"
                sql = _statements[(head, size)] = head + ", ".join([row] * size) + tail
            connection.execute(sql, list(chain.from_iterable(rows[start : start + size])))
            start += size
            left -= size
