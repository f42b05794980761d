"""Number resources in an SQLite file: what contains a range, what lies in it, and taking in the registries' files."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from regwire.registry.model.audit import Audited
from regwire.registry.model.numbers import (
    NumberResource,
    NumbersImported,
    NumberSource,
    Party,
)
from regwire.registry.store import codec
from regwire.registry.store._sqlite_blocks import write_history
from regwire.registry.store.base import StoreError
from regwire.registry.store.number_codec import (
    NUMBER_COLUMNS,
    forks_of,
    history_roid,
    history_text,
    key_of,
    number_from_row,
    number_history,
    number_row,
    packed,
    party_from_row,
    party_history,
    party_kind,
    party_row,
)
from regwire.registry.store.terms import term_rows

__all__ = ["Numbers", "change_numbers", "import_numbers", "stage_numbers", "who_of"]

_Row = tuple[Any, ...]
#: When, account, both transaction identifiers, operation.
Who = tuple[int, str, str, str | None, str]
#: Rows of a file that are handed to SQLite at a time.
_STAGED_TOGETHER: Final = 5000


class Numbers:
    """The reading half, of one connection; part of `regwire.registry.store._sqlite_read.Committed`."""

    _execute: Callable[..., sqlite3.Cursor]

    def number(self, type: str, handle: str) -> NumberResource | None:
        """See Lookup."""
        row = self._execute(_ONE, (type, handle)).fetchone()
        return None if row is None else number_from_row(row)

    def numbers_covering(self, type: str, first: int, last: int) -> list[NumberResource]:
        """See Lookup."""
        forks = forks_of(type, first, last)
        sql = f"{_COVERING} ({', '.join('?' * len(forks))})"
        rows = self._execute(sql, (type, packed(type, first), packed(type, last), *forks)).fetchall()
        return sorted(map(number_from_row, rows), key=lambda value: value.last - value.first)

    def numbers_within(self, type: str, first: int, last: int, *, limit: int) -> list[NumberResource]:
        """See Lookup."""
        low, high = packed(type, first), packed(type, last)
        return [number_from_row(row) for row in self._execute(_WITHIN, (type, low, high, high, limit)).fetchall()]

    def numbers_topmost(self, type: str, first: int, last: int, *, proper: bool, limit: int) -> list[NumberResource]:
        """See Lookup. Jumps from one to the next: what lies in them is not looked at."""
        low, high = packed(type, first), packed(type, last)
        whole = (low, high) if proper else (b"", b"")
        found: list[NumberResource] = []
        row = self._execute(_FIRST, (type, low, high, high, *whole)).fetchone()
        while row is not None and len(found) < limit:
            begin, end = row
            found += [number_from_row(same) for same in self._execute(_SAME, (type, begin, end)).fetchall()]
            row = self._next(type, (begin, end), high, whole)
        return found[:limit]

    def _next(self, type: str, last: tuple[bytes, bytes], high: bytes, whole: tuple[bytes, bytes]) -> Any:
        """Return the ends of the next range that begins and ends behind the last one."""
        begin, end = last
        if end >= high:
            return None
        at = int.from_bytes(end, "big")
        # Only what overlaps the last one in part begins inside it: it contains its end and the address after that.
        for value in sorted(self.numbers_covering(type, at, at + 1), key=lambda v: (v.first, -v.last)):
            ends = packed(type, value.first), packed(type, value.last)
            if begin < ends[0] and ends[1] <= high and ends != whole:
                return ends
        return self._execute(_FIRST, (type, packed(type, at + 1), high, high, *whole)).fetchone()

    def numbers_of(self, organisation: str, *, limit: int) -> list[NumberResource]:
        """See Lookup."""
        rows = self._execute(_OF_ORGANISATION, (organisation, limit)).fetchall()
        return [number_from_row(row) for row in rows]

    def every_number(self, type: str, *, source: str | None = None) -> Iterator[NumberResource]:
        """See Lookup."""
        sql = f"SELECT {NUMBER_COLUMNS} FROM number WHERE type = ? ORDER BY first, last DESC"  # noqa: S608
        found = (row for row in self._execute(sql, (type,)) if source is None or row[6] == source)
        return map(number_from_row, found)

    def party(self, kind: str, handle: str) -> Party | None:
        """See Lookup."""
        row = self._execute(_PARTY, (kind, handle)).fetchone()
        return None if row is None else party_from_row(row)

    def parties(self, kind: str, *, after: str = "", limit: int = 1000) -> list[Party]:
        """See Lookup."""
        return [party_from_row(row) for row in self._execute(_PARTIES, (kind, after, limit)).fetchall()]

    def number_sources(self) -> list[NumberSource]:
        """See Lookup."""
        rows = self._execute("SELECT * FROM number_source ORDER BY registry").fetchall()
        return [NumberSource(row[0], row[1], row[2], codec.from_ms(row[3]), row[4]) for row in rows]


# --- writing


def change_numbers(
    connection: sqlite3.Connection,
    put: Sequence[NumberResource | Party],
    drop: Sequence[tuple[str, str]],
    *,
    new: bool,
    who: Who,
) -> None:
    """Write and remove single ones inside the open transaction; see `regwire.registry.store.base.Store`."""
    noted: list[tuple[str, str, str | None]] = []
    for kind, handle in drop:
        if not _remove(connection, kind, handle):
            raise StoreError(f"there is no {kind} {handle}; nothing was changed")
        noted.append((kind, handle, None))
    for value in put:
        kind = value.type if isinstance(value, NumberResource) else party_kind(value)
        if _remove(connection, kind, value.handle) and new:
            raise StoreError(f"{kind} {value.handle} is there already; nothing was changed")
        if isinstance(value, NumberResource):
            connection.execute(_INSERT, number_row(value))
        else:
            connection.execute("INSERT INTO party VALUES (?, ?, ?, ?)", party_row(value))
        connection.executemany("INSERT INTO term VALUES (?, ?, ?, ?)", term_rows(value, key_of(value.handle)))
        noted.append((kind, value.handle, history_text(value)))
    _write_history(connection, who, noted)


def who_of(note: Audited | None, at: int) -> Who:
    """Return when, who and what the history says of everything that one note of the audit is about."""
    if note is None:
        return at, "-", "", None, "Numbers"
    return at, note.account, note.transaction, note.client_transaction, note.origin.command.rpartition(" ")[2]


def _write_history(connection: sqlite3.Connection, who: Who, noted: Iterable[tuple[str, str, str | None]]) -> None:
    """Write what became of resources and parties: type or kind, handle, and what it is now."""
    remaining = iter(noted)
    while chunk := list(islice(remaining, _STAGED_TOGETHER)):
        keys = [history_roid(kind, handle) for kind, handle, _ in chunk]
        rows = [
            (*who, kind, handle, roid, None, None, detail)
            for (kind, handle, detail), roid in zip(chunk, keys, strict=True)
        ]
        write_history(connection, rows, keys)


def _remove(connection: sqlite3.Connection, kind: str, handle: str) -> bool:
    """Remove a resource or party with its terms; whether it was there."""
    values = Numbers()
    values._execute = connection.execute
    found: NumberResource | Party | None
    if kind in _PARTY_KINDS:
        found = values.party(kind, handle)
        connection.execute("DELETE FROM party WHERE kind = ? AND handle = ?", (kind, handle))
    else:
        found = values.number(kind, handle)
        connection.execute("DELETE FROM number WHERE type = ? AND handle = ?", (kind, handle))
    if found is None:
        return False
    rows = term_rows(found, key_of(handle))
    connection.executemany("DELETE FROM term WHERE (kind, field, text, key) = (?, ?, ?, ?)", rows)
    return True


def stage_numbers(connection: sqlite3.Connection, values: Iterable[NumberResource | Party]) -> None:
    """Take what a file says into temporary tables, outside any transaction: nobody waits while it is read."""
    for statement in _STAGE.split(";"):
        connection.execute(statement)
    remaining = iter(values)
    while chunk := list(islice(remaining, _STAGED_TOGETHER)):
        resources = [number_row(value) for value in chunk if isinstance(value, NumberResource)]
        parties = [value for value in chunk if not isinstance(value, NumberResource)]
        connection.execute("BEGIN")
        try:
            connection.executemany("INSERT OR REPLACE INTO temp.staged VALUES (?, ?, ?, ?, ?, ?, ?, ?)", resources)
            rows = [party_row(value) for value in parties]
            connection.executemany("INSERT OR IGNORE INTO temp.staged_party VALUES (?, ?, ?, ?)", rows)
            terms = [row for value in parties for row in term_rows(value, key_of(value.handle))]
            connection.executemany("INSERT OR IGNORE INTO temp.staged_term VALUES (?, ?, ?, ?)", terms)
        finally:
            connection.execute("COMMIT")


def import_numbers(connection: sqlite3.Connection, source: NumberSource, who: Who) -> NumbersImported:
    """Make the resources of a registry those that are staged, inside the open transaction, row by row that differs."""
    name = (source.registry,)

    def count(sql: str, *parameters: object) -> int:
        return connection.execute(sql, parameters).rowcount

    kept = count(_KEPT)
    _write_history(connection, who, connection.execute(_NOTE_REMOVED, (*name, *name)).fetchall())
    removed = count(_REMOVED, *name)
    unchanged = count(_UNCHANGED)
    (taken_over,) = connection.execute(_TAKEN_OVER, name).fetchone()
    replaced = count(_REPLACED)
    written = count(f"INSERT INTO number ({NUMBER_COLUMNS}) SELECT {NUMBER_COLUMNS} FROM temp.staged")  # noqa: S608
    rows = connection.execute(f"SELECT {NUMBER_COLUMNS} FROM temp.staged")  # noqa: S608
    _write_history(connection, who, ((row[0], row[4], number_history(row)) for row in rows))
    rows = connection.execute(_NEW_PARTIES)
    _write_history(connection, who, ((row[0], row[1], party_history(row)) for row in rows))
    count(_PARTIES_REMOVED, *name)
    count("INSERT OR IGNORE INTO party SELECT kind, handle, source, detail FROM temp.staged_party WHERE true")
    count("INSERT OR IGNORE INTO term SELECT * FROM temp.staged_term WHERE true")
    (resources,) = connection.execute("SELECT count(*) FROM number WHERE source = ?", name).fetchone()
    row = (source.registry, source.date, source.serial, who[0], resources)
    connection.execute("INSERT OR REPLACE INTO number_source VALUES (?, ?, ?, ?, ?)", row)
    changed = replaced - taken_over
    return NumbersImported(written - changed, changed, unchanged, removed, taken_over, kept)


_PARTY_KINDS: Final = frozenset({"organisation", "numberContact"})
_ONE: Final = f"SELECT {NUMBER_COLUMNS} FROM number WHERE type = ? AND handle = ?"  # noqa: S608
_COVERING: Final = (
    f"SELECT {NUMBER_COLUMNS} FROM number INDEXED BY number_fork "  # noqa: S608
    "WHERE type = ?1 AND first <= ?2 AND last >= ?3 AND fork IN"
)
_WITHIN: Final = (
    f"SELECT {NUMBER_COLUMNS} FROM number INDEXED BY number_range "  # noqa: S608
    "WHERE type = ? AND first BETWEEN ? AND ? AND last <= ? ORDER BY first, last DESC LIMIT ?"
)
_FIRST: Final = (
    "SELECT first, last FROM number INDEXED BY number_range WHERE type = ? AND first BETWEEN ? AND ? AND last <= ? "
    "AND NOT (first = ? AND last = ?) ORDER BY first, last DESC LIMIT 1"
)
_SAME: Final = f"SELECT {NUMBER_COLUMNS} FROM number INDEXED BY number_range WHERE type = ? AND first = ? AND last = ?"  # noqa: S608
_OF_ORGANISATION: Final = (
    f"SELECT {NUMBER_COLUMNS} FROM number INDEXED BY number_organisation "  # noqa: S608
    "WHERE organisation = ? AND organisation <> '' LIMIT ?"
)
_PARTY: Final = "SELECT kind, handle, source, detail FROM party WHERE kind = ? AND handle = ?"
_PARTIES: Final = "SELECT kind, handle, source, detail FROM party WHERE kind = ? AND handle > ? ORDER BY handle LIMIT ?"
_INSERT: Final = f"INSERT INTO number ({NUMBER_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608

_STAGE: Final = """
DROP TABLE IF EXISTS temp.staged;
DROP TABLE IF EXISTS temp.staged_party;
DROP TABLE IF EXISTS temp.staged_term;
CREATE TABLE temp.staged (
    type TEXT, first BLOB, last BLOB, fork BLOB,
    handle TEXT COLLATE NOCASE, organisation TEXT, source TEXT, detail TEXT,
    PRIMARY KEY (type, handle)
) WITHOUT ROWID;
CREATE TABLE temp.staged_party (
    kind TEXT, handle TEXT COLLATE NOCASE, source TEXT, detail TEXT, PRIMARY KEY (kind, handle)
) WITHOUT ROWID;
CREATE TABLE temp.staged_term (
    kind TEXT, field TEXT, text TEXT, key TEXT, PRIMARY KEY (kind, field, text, key)
) WITHOUT ROWID
"""
#: What the operator made is the operator's, whatever a file says.
_KEPT: Final = """
DELETE FROM temp.staged AS s
WHERE EXISTS (SELECT 1 FROM number AS n WHERE n.type = s.type AND n.handle = s.handle AND n.source = '')
"""
_REMOVED: Final = """
DELETE FROM number AS n
WHERE source = ? AND NOT EXISTS (SELECT 1 FROM temp.staged AS s WHERE s.type = n.type AND s.handle = n.handle)
"""
_UNCHANGED: Final = """
DELETE FROM temp.staged AS s WHERE EXISTS (
    SELECT 1 FROM number AS n WHERE n.type = s.type AND n.handle = s.handle AND n.source = s.source
    AND n.first = s.first AND n.last = s.last AND n.organisation = s.organisation AND n.detail = s.detail
)
"""
_TAKEN_OVER: Final = """
SELECT count(*) FROM temp.staged AS s JOIN number AS n ON n.type = s.type AND n.handle = s.handle WHERE n.source <> ?
"""
_REPLACED: Final = """
DELETE FROM number WHERE id IN (
    SELECT n.id FROM temp.staged AS s JOIN number AS n ON n.type = s.type AND n.handle = s.handle
)
"""
#: Resources and parties of the last file that are not in this one, and parties that were not there.
_NOTE_REMOVED: Final = """
SELECT type, handle, NULL FROM number AS n
WHERE source = ? AND NOT EXISTS (SELECT 1 FROM temp.staged AS s WHERE s.type = n.type AND s.handle = n.handle)
UNION ALL SELECT kind, handle, NULL FROM party AS p WHERE source = ? AND NOT EXISTS (
    SELECT 1 FROM temp.staged_party AS s WHERE s.kind = p.kind AND s.handle = p.handle
)
"""
_NEW_PARTIES: Final = """
SELECT kind, handle, source, detail FROM temp.staged_party AS s WHERE NOT EXISTS (
    SELECT 1 FROM party AS p WHERE p.kind = s.kind AND p.handle = s.handle
)
"""
_PARTIES_REMOVED: Final = """
DELETE FROM party AS p WHERE source = ? AND NOT EXISTS (
    SELECT 1 FROM temp.staged_party AS s WHERE s.kind = p.kind AND s.handle = p.handle
)
"""
