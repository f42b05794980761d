"""Which domains use a host or a contact, in an SQLite file: lists of their ids.

A row has the ids that one group brought to one holder, in order. The rows of a holder do not overlap: what lies between
the first and the last id of one row lies in no other, so that an id is found by the last row that begins before it.
"""

from __future__ import annotations

import sqlite3
from bisect import insort
from collections import defaultdict
from typing import Any, Final

from regwire.registry.model.objects import Domain
from regwire.registry.store import codec
from regwire.registry.store._sqlite_chunks import Row, in_chunks
from regwire.registry.store._sqlite_read import Committed

__all__ = ["Links"]

#: Ids in one row at most.
_TOGETHER: Final = 256


class Links:
    """What comes and goes with one group."""

    def __init__(self, committed: Committed) -> None:
        self._committed = committed
        self._last: int | None = None
        self._new: list[tuple[int, Domain]] = []
        # What else comes (True) and goes: holder, name of the domain.
        self._host_changes: list[tuple[str, str, bool]] = []
        self._contact_changes: list[tuple[str, str, bool]] = []
        self._ids: dict[str, int] = {}

    def compare(self, before: Domain | None, after: Domain | None) -> int:
        """Note what changes for one domain; return the id of a new one, 0 for any other."""
        if before is not None:
            if after is not None and before.roid == after.roid:
                self._compare(before, after)
                return 0
            name = before.name
            self._host_changes += [(host, name, False) for host in set(before.hosts)]
            self._contact_changes += [(id, name, False) for id in _contact_ids(before)]
        if after is None:
            return 0
        number = self._last = (self._committed.last_domain_id() if self._last is None else self._last) + 1
        self._new.append((number, after))
        return number

    def _compare(self, before: Domain, after: Domain) -> None:
        name = after.name
        if before.hosts != after.hosts:
            old, new = set(before.hosts), set(after.hosts)
            self._host_changes += [(host, name, host in new) for host in old ^ new]
        if before.contacts != after.contacts or before.registrant != after.registrant:
            old, new = _contact_ids(before), _contact_ids(after)
            self._contact_changes += [(id, name, id in new) for id in old ^ new]

    def resolve(self) -> None:
        """Look up the ids of domains that are in the file; to be called while they still are."""
        names = {name for changes in (self._host_changes, self._contact_changes) for _, name, _ in changes}
        self._ids = self._committed.domain_ids(list(names))

    def write(self, connection: sqlite3.Connection) -> None:
        """Write everything; the domains themselves are written."""
        hosts: defaultdict[str, list[int]] = defaultdict(list)
        contacts: defaultdict[str, list[int]] = defaultdict(list)
        for number, domain in self._new:
            for host in domain.hosts:
                hosts[host].append(number)
            if domain.registrant:
                contacts[domain.registrant].append(number)
            for link in domain.contacts:
                contacts[link.id].append(number)
        for table, key, changes, new in (
            ("host_domains", "host", self._host_changes, hosts),
            ("contact_domains", "contact", self._contact_changes, contacts),
        ):
            if changes:
                _change(
                    connection, table, key, sorted([(holder, self._ids[name], come) for holder, name, come in changes])
                )
            # In the order of the key: neighbours go to the same page one after another.
            in_chunks(connection, f"INSERT OR FAIL INTO {table} VALUES ", "", sorted(_rows(new)))  # noqa: S608


def _rows(new: dict[str, list[int]]) -> list[Row]:
    rows: list[Row] = []
    for holder, links in new.items():
        # One contact may be in several roles of a domain.
        ids = list(dict.fromkeys(links))
        for start in range(0, len(ids), _TOGETHER):
            row = (holder, ids[start], codec.block(ids[start : start + _TOGETHER]))
            rows.append(row)
    return rows


def _contact_ids(domain: Domain) -> set[str]:
    ids = {link.id for link in domain.contacts}
    if domain.registrant:
        ids.add(domain.registrant)
    return ids


class _List:
    """One row while it is changed."""

    def __init__(self, first: int | None, ids: list[int]) -> None:
        self.first = first
        self.ids = ids
        self.last = ids[-1] if ids else 0


def _change(connection: sqlite3.Connection, table: str, key: str, changes: list[tuple[str, int, bool]]) -> None:
    """Change lists; ``changes`` are in order, so that those of one row come together."""
    sql = f"SELECT first, domains FROM {table} WHERE {key} = ? AND first <= ? ORDER BY first DESC LIMIT 1"  # noqa: S608
    holder, row = "", _List(None, [])

    def flush() -> None:
        if row.first is not None and (not row.ids or row.ids[0] != row.first):
            connection.execute(f"DELETE FROM {table} WHERE {key} = ? AND first = ?", (holder, row.first))  # noqa: S608
        if row.ids:
            values: tuple[Any, ...] = (holder, row.ids[0], codec.block(row.ids))
            connection.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?)", values)  # noqa: S608

    for owner, id, come in changes:
        if owner != holder or id > row.last:
            flush()
            holder = owner
            found = connection.execute(sql, (owner, id)).fetchone()
            row = _List(None, []) if found is None else _List(found[0], codec.records(found[1]))
            if come and id > row.last:
                # In no row: a new one, behind that.
                row = _List(None, [])
                row.last = id
        if come:
            insort(row.ids, id)
        else:
            row.ids = [other for other in row.ids if other != id]
    flush()
