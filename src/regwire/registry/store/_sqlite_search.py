"""Searching an SQLite file by the terms of objects; never more than so many rows a search."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from regwire.registry.model.numbers import Match
from regwire.registry.model.objects import Contact, Domain, Host
from regwire.registry.store import codec
from regwire.registry.store._sqlite_blocks import history_of
from regwire.registry.store.base import SearchTooWide
from regwire.registry.store.terms import HIGHEST, reversed_field, term_rows

__all__ = ["Searches", "index_everything", "is_indexed", "term_changes"]

Row = tuple[str, str, str, str]
#: Rows that a search looks at, at most; a few milliseconds.
_SCANNED: Final = 20_000
#: Objects whose terms are written together when the index is made.
_INDEXED_TOGETHER: Final = 5000


class Searches:
    """The part of `regwire.registry.store._sqlite_read.Committed` that searches."""

    _execute: Callable[..., sqlite3.Cursor]

    def found(self, kind: str, field: str, match: Match, *, limit: int) -> list[str]:
        """See Lookup."""
        if match.exact is not None:
            text = " ".join(match.exact.casefold().split())
            if (kind, field) == ("domain", "name"):
                return [name for (name,) in self._execute("SELECT name FROM domain WHERE name = ?", (text,))]
            return [key for (key,) in self._execute(_EXACT, (kind, field, text, limit))]
        begins, ends = match.begins.casefold(), match.ends.casefold()
        if not ends:
            return self._keys(self._begins(kind, field, begins, "", limit), limit)
        if not begins:
            return self._keys(self._begins(kind, reversed_field(field), ends[::-1], "", limit), limit)
        for name, start, rest in ((field, begins, ends), (reversed_field(field), ends[::-1], begins[::-1])):
            found = self._keys(self._begins(kind, name, start, rest, limit), limit)
            if len(found) >= limit or not self._wide(kind, name, start):
                return found
        raise SearchTooWide(f"more than {_SCANNED} begin and end so")

    def _keys(self, rows: Iterable[tuple[str]], limit: int) -> list[str]:
        return list(dict.fromkeys([key for (key,) in rows]))[:limit]

    def _begins(self, kind: str, field: str, begins: str, ends: str, limit: int) -> Any:
        """Return the keys of texts that begin so; of the first `_SCANNED`, those that end so."""
        # An object may have two texts that fit.
        values = (begins, begins + HIGHEST, _SCANNED, ends, len(ends), ends, 2 * limit)
        if kind == "domain" and field == "name":
            return self._execute(_DOMAINS, values)
        return self._execute(_BEGINS, (kind, field, *values))

    def _wide(self, kind: str, field: str, begins: str) -> bool:
        """Tell whether there are more texts that begin so than are looked at."""
        values = (begins, begins + HIGHEST, _SCANNED)
        sql, more = (_WIDE_DOMAINS, values) if (kind, field) == ("domain", "name") else (_WIDE, (kind, field, *values))
        return self._execute(sql, more).fetchone() is not None

    def searchable(self) -> bool:
        """See Lookup."""
        return is_indexed(self._execute)

    def domains_using(self, host: str, *, limit: int) -> list[Domain]:
        """See Lookup."""
        return [codec.domain_from_row(row) for row in self._execute(_DOMAINS_OF_HOST, (host, limit)).fetchall()]

    def domains_of_contact(self, contact: str, *, limit: int) -> list[Domain]:
        """See Lookup."""
        return [codec.domain_from_row(row) for row in self._execute(_DOMAINS_OF_CONTACT, (contact, limit)).fetchall()]

    def hosts_of_roids(self, roids: Sequence[str]) -> list[Host]:
        """See Lookup."""
        sql = f"SELECT {codec.HOST_COLUMNS} FROM host WHERE roid IN ({', '.join('?' * len(roids))})"  # noqa: S608
        rows = self._execute(sql, tuple(roids)).fetchall()
        return sorted(map(codec.host_from_row, rows), key=lambda host: host.name)

    def version(self) -> int:
        """See Lookup."""
        (version,) = self._execute("PRAGMA data_version").fetchone()
        return int(version)

    def domain_of_roid(self, roid: str) -> Domain | None:
        """See Lookup."""
        # Domains have no index by ROID: an entry for each, where history knows it already and domains keep their names.
        for row in history_of(self._execute, "domain", [roid]):
            found = self._execute(_DOMAIN_OF_ROID, (row.key, roid)).fetchone()
            return None if found is None else codec.domain_from_row(found)
        return None

    def host_of_roid(self, roid: str) -> Host | None:
        """See Lookup."""
        row = self._execute(_HOST_OF_ROID, (roid,)).fetchone()
        return None if row is None else codec.host_from_row(row)


def is_indexed(execute: Any) -> bool:
    """Tell whether the terms of domains, hosts and contacts are kept."""
    return execute("SELECT 1 FROM counter WHERE name = 'search'").fetchone() is not None


def term_changes(changes: Iterable[tuple[Any, Any]]) -> tuple[list[Row], list[Row]]:
    """Return the rows of terms that go and come with changes of domains, hosts and contacts: before and after."""
    gone: list[Row] = []
    come: list[Row] = []
    for before, after in changes:
        old = set() if before is None else term_rows(before, _key(before))
        new = set() if after is None else term_rows(after, _key(after))
        gone += old - new
        come += new - old
    return gone, come


def _key(value: Domain | Host | Contact) -> str:
    return value.id if isinstance(value, Contact) else value.name


def index_everything(connection: sqlite3.Connection) -> bool:
    """Write the terms of everything there is, in one transaction, and have them kept from now on; False: they are."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        if is_indexed(connection.execute):
            return False
        for table, columns, build in (
            ("host", codec.HOST_COLUMNS, codec.host_from_row),
            ("contact", codec.CONTACT_COLUMNS, codec.contact_from_row),
        ):
            last = ""
            sql = f"SELECT {columns} FROM {table} WHERE name > ? ORDER BY name LIMIT {_INDEXED_TOGETHER}"  # noqa: S608
            while rows := connection.execute(sql, (last,)).fetchall():
                last = rows[-1][0]
                _, come = term_changes([(None, build(row)) for row in rows])
                connection.executemany(_INSERT, come)
        sql = f"SELECT {codec.DOMAIN_COLUMNS} FROM domain WHERE instr(detail, '\"attributes\":')"  # noqa: S608
        for row in connection.execute(sql).fetchall():
            connection.executemany(_INSERT, term_changes([(None, codec.domain_from_row(row))])[1])
        # In the order of the index: it is filled from one end to the other.
        names = connection.execute("SELECT name FROM domain").fetchall()
        rows = sorted([("domain", "name~", name[::-1], name) for (name,) in names])
        connection.executemany(_INSERT, rows)
        connection.execute("INSERT INTO counter VALUES ('search', 1)")
        connection.execute("COMMIT")
        return True
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


_INSERT: Final = "INSERT OR IGNORE INTO term VALUES (?, ?, ?, ?)"
_EXACT: Final = "SELECT key FROM term WHERE kind = ? AND field = ? AND text = ? LIMIT ?"
_FILTERED: Final = "WHERE ? = '' OR substr(text, -?) = ? LIMIT ?"
_BEGINS: Final = (
    "SELECT key FROM (SELECT text, key FROM term WHERE kind = ? AND field = ? AND text >= ? AND text < ? "  # noqa: S608
    f"ORDER BY text, key LIMIT ?) {_FILTERED}"
)
_DOMAINS: Final = (
    "SELECT text FROM (SELECT name AS text FROM domain WHERE name >= ? AND name < ? "  # noqa: S608
    f"ORDER BY name LIMIT ?) {_FILTERED}"
)
_WIDE: Final = "SELECT 1 FROM term WHERE kind = ? AND field = ? AND text >= ? AND text < ? LIMIT 1 OFFSET ?"
_WIDE_DOMAINS: Final = "SELECT 1 FROM domain WHERE name >= ? AND name < ? LIMIT 1 OFFSET ?"
_DOMAINS_OF_HOST: Final = (
    f"SELECT {', '.join(f'domain.{c.strip()}' for c in codec.DOMAIN_COLUMNS.split(','))} "  # noqa: S608
    "FROM domain_host CROSS JOIN domain ON domain.id = domain_host.domain WHERE domain_host.host = ? LIMIT ?"
)
_DOMAINS_OF_CONTACT: Final = (
    f"SELECT {', '.join(f'domain.{c.strip()}' for c in codec.DOMAIN_COLUMNS.split(','))} "  # noqa: S608
    "FROM domain_contact CROSS JOIN domain ON domain.id = domain_contact.domain "
    "WHERE domain_contact.contact = ? LIMIT ?"
)
_DOMAIN_OF_ROID: Final = f"SELECT {codec.DOMAIN_COLUMNS} FROM domain WHERE name = ? AND roid = ?"  # noqa: S608
_HOST_OF_ROID: Final = f"SELECT {codec.HOST_COLUMNS} FROM host WHERE roid = ?"  # noqa: S608
