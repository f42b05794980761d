"""The rows of a group for an SQLite file, written with few statements of many rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

from regwire.registry.model.audit import Audited
from regwire.registry.model.kinds import RESERVED, kind_named
from regwire.registry.model.objects import Domain
from regwire.registry.model.outcomes import Change, Outcome
from regwire.registry.model.requests import Call
from regwire.registry.store import codec
from regwire.registry.store._sqlite_read import Committed
from regwire.registry.store._sqlite_search import term_changes
from regwire.registry.store.overlay import Overlay

__all__ = ["Pending"]

_Row = tuple[Any, ...]


class Pending:
    """The rows of a group: history and audit as it is decided, objects at the end."""

    def __init__(self, now: int, *, searchable: bool = False) -> None:
        self._now = now
        self._searchable = searchable
        self._history: list[_Row] = []
        self._former: list[_Row] = []
        self._audit: list[_Row] = []
        self._details: dict[int, str] = {}

    def note(self, note: Audited) -> None:
        """Note a command that was decided before."""
        o = note.origin
        head = (codec.to_ms(note.at), note.account, note.transaction, note.client_transaction)
        self._audit.append((*head, o.command, o.session, o.peer, note.code, note.fault, o.frame))

    def audit(self, call: Call, outcome: Outcome) -> None:
        """Note a call of the group and its outcome."""
        o = call.origin
        assert o is not None
        head = (self._now, call.account, call.transaction, call.client_transaction)
        self._audit.append((*head, o.command, o.session, o.peer, outcome.code, outcome.reason, o.frame))

    def write_audit(self, connection: sqlite3.Connection) -> None:
        """Write what was noted."""
        _in_chunks(connection, *_WRITE_AUDIT, self._audit)

    def record(self, call: Call, outcome: Outcome) -> None:
        """Note the history of one call, one row for each object that it changed."""
        operation = type(call.request).__name__
        for change in outcome.changes:
            after: Any = change.after
            detail = sponsor = expires = None
            before: Any = change.before
            if change.kind not in RESERVED:
                self._record(call, operation, change)
                continue
            if after is not None:
                detail = self._details[id(after)] = _DETAIL[change.kind](after)
                sponsor = after.sponsor
                if change.kind == "domain":
                    expires = codec.to_ms(after.expires)
            elif before is not None:
                self._former.append((change.key, before.roid, self._now))
            self._history.append(
                (
                    self._now,
                    call.account,
                    call.transaction,
                    call.client_transaction,
                    operation,
                    change.kind,
                    change.key,
                    (before if after is None else after).roid,
                    sponsor,
                    expires,
                    detail,
                )
            )

    def _record(self, call: Call, operation: str, change: Change) -> None:
        """Note the history of a record of a registered kind; its ROID there is kind and key."""
        kind, key = change.kind, change.key
        if kind_named(kind).history:
            detail = None
            if change.after is not None:
                detail = self._details[id(change.after)] = codec.record_detail(change.after)
            head = (self._now, call.account, call.transaction, call.client_transaction, operation, kind, key)
            self._history.append((*head, f"{kind}:{key}", None, None, detail))

    def write(self, connection: sqlite3.Connection, committed: Committed, overlay: Overlay) -> None:
        """Write everything the group changed."""
        new_domains: list[_Row] = []
        write_domains: list[_Row] = []
        write_hosts: list[_Row] = []
        write_contacts: list[_Row] = []
        gone: dict[str, list[_Row]] = {"domain": [], "host": [], "contact": []}
        links = _Links(committed)
        records = _Records()
        searched: list[tuple[Any, Any]] | None = [] if self._searchable else None
        details = self._details
        for (kind, key), before in overlay.before.items():
            after: Any
            if kind == "domain":
                after = overlay.domains[key]
                number = links.compare(before, after)
                if number:
                    new_domains.append((number, *codec.domain_row(after, details[id(after)])))
                elif after is not None:
                    write_domains.append(codec.domain_row(after, details[id(after)]))
                if before is not None and (number or after is None):
                    # Also one that was registered again: the new registration has an id of its own.
                    gone[kind].append((key,))
                if searched is not None:
                    searched.append((before, after))
                continue
            if kind == "host":
                after = overlay.hosts[key]
                if after is not None:
                    write_hosts.append(codec.host_row(after, details[id(after)]))
            elif kind not in RESERVED:
                after = overlay.others[kind][key]
                # Without history only what the group ends with is written: balances change with every command.
                detail = None if after is None else details.get(id(after)) or codec.record_detail(after)
                records.compare(kind, key, before, after, detail)
                continue
            else:
                after = overlay.contacts[key]
                if after is not None:
                    write_contacts.append(codec.contact_row(after, details[id(after)]))
            if searched is not None:
                searched.append((before, after))
            if after is None and before is not None:
                gone[kind].append((key,))
        links.resolve()
        # Names that go are freed before names that come: a host may have been renamed to one of them.
        for kind, keys in gone.items():
            _in_chunks(connection, f"DELETE FROM {kind} WHERE name IN (VALUES ", ")", keys)  # noqa: S608
        _in_chunks(connection, *_INSERT_DOMAIN, new_domains)
        _in_chunks(connection, *_WRITE_DOMAIN, write_domains)
        _in_chunks(connection, *_WRITE_HOST, write_hosts)
        _in_chunks(connection, *_WRITE_CONTACT, write_contacts)
        links.write(connection)
        records.write(connection)
        if searched:
            left, come = term_changes(searched)
            _in_chunks(connection, "DELETE FROM term WHERE (kind, field, text, key) IN (VALUES ", ")", left)
            _in_chunks(connection, "INSERT OR IGNORE INTO term VALUES ", "", come)
        self._write_polls(connection, overlay)
        _in_chunks(connection, *_WRITE_HISTORY, self._history)
        _in_chunks(connection, "INSERT OR IGNORE INTO former VALUES ", "", self._former)

    @staticmethod
    def _write_polls(connection: sqlite3.Connection, overlay: Overlay) -> None:
        acked = sorted(overlay.acked)
        _in_chunks(connection, "DELETE FROM poll WHERE (account, id) IN (VALUES ", ")", acked)
        rows = [codec.poll_row(message) for message in overlay.messages]
        _in_chunks(connection, "INSERT OR FAIL INTO poll VALUES ", "", rows)
        if overlay.last_id is not None:
            connection.execute("UPDATE counter SET value = ? WHERE name = 'poll'", (overlay.last_id,))


class _Records:
    """Which rows of record and record_index come and go."""

    def __init__(self) -> None:
        self.written: list[_Row] = []
        self.removed: list[_Row] = []
        self.indexed: list[_Row] = []
        self.unindexed: list[_Row] = []

    def compare(self, kind: str, key: str, before: Any, after: Any, detail: str | None) -> None:
        described = kind_named(kind)
        old = () if before is None else described.index(before)
        new = () if after is None else described.index(after)
        if old or new:
            left, entered = set(old), set(new)
            self.indexed += [(kind, name, value, key) for name, value in entered - left]
            self.unindexed += [(kind, name, value, key) for name, value in left - entered]
        if after is not None:
            due = described.due(after)
            self.written.append((kind, key, None if due is None else codec.to_ms(due), detail))
        elif before is not None:
            self.removed.append((kind, key))

    def write(self, connection: sqlite3.Connection) -> None:
        _in_chunks(connection, "DELETE FROM record WHERE (kind, key) IN (VALUES ", ")", self.removed)
        _in_chunks(connection, *_WRITE_RECORD, self.written)
        head = "DELETE FROM record_index WHERE (kind, name, value, key) IN (VALUES "
        _in_chunks(connection, head, ")", self.unindexed)
        _in_chunks(connection, "INSERT OR FAIL INTO record_index VALUES ", "", self.indexed)


class _Links:
    """Which rows of domain_host and domain_contact come and go."""

    def __init__(self, committed: Committed) -> None:
        self._committed = committed
        self._last: int | None = None
        #: Links of new domains, as rows.
        self.hosts: list[_Row] = []
        self.contacts: list[_Row] = []
        #: What else comes and goes, with the name of the domain.
        self._named: dict[str, list[tuple[str, str]]] = {"host+": [], "host-": [], "contact+": [], "contact-": []}
        self._rows: dict[str, list[_Row]] = {}

    def compare(self, before: Domain | None, after: Domain | None) -> int:
        """Note what changes for one domain; return the id of a new one, 0 for any other."""
        named = self._named
        if before is not None and after is not None and before.roid == after.roid:
            name = after.name
            if before.hosts != after.hosts:
                old, new = set(before.hosts), set(after.hosts)
                named["host+"] += [(host, name) for host in new - old]
                named["host-"] += [(host, name) for host in old - new]
            if before.contacts != after.contacts or before.registrant != after.registrant:
                old, new = _contact_ids(before), _contact_ids(after)
                named["contact+"] += [(id, name) for id in new - old]
                named["contact-"] += [(id, name) for id in old - new]
            return 0
        if before is not None:
            name = before.name
            named["host-"] += [(host, name) for host in before.hosts]
            named["contact-"] += [(id, name) for id in _contact_ids(before)]
        if after is None:
            return 0
        number = self._last = (self._committed.last_domain_id() if self._last is None else self._last) + 1
        self.hosts += [(host, number) for host in after.hosts]
        self.contacts += [(id, number) for id in _contact_ids(after)]
        return number

    def resolve(self) -> None:
        """Look up the ids of domains that are in the file; to be called while they still are."""
        names = {name for links in self._named.values() for _, name in links}
        ids = self._committed.domain_ids(list(names))
        self._rows = {which: [(key, ids[name]) for key, name in links] for which, links in self._named.items()}

    def write(self, connection: sqlite3.Connection) -> None:
        for table, key, new in (("domain_host", "host", self.hosts), ("domain_contact", "contact", self.contacts)):
            head = f"DELETE FROM {table} WHERE ({key}, domain) IN (VALUES "  # noqa: S608
            _in_chunks(connection, head, ")", self._rows[f"{key}-"])
            # In the order of the key: neighbours go to the same page one after another.
            rows = sorted(new + self._rows[f"{key}+"])
            _in_chunks(connection, f"INSERT OR FAIL INTO {table} VALUES ", "", rows)  # noqa: S608


def _contact_ids(domain: Domain) -> set[str]:
    ids = {link.id for link in domain.contacts}
    if domain.registrant:
        ids.add(domain.registrant)
    return ids


_DETAIL: Final[dict[str, Any]] = {
    "domain": codec.domain_detail,
    "host": codec.host_detail,
    "contact": codec.contact_detail,
}


# OR FAIL: after an error the whole group is rolled back, so that no statement needs to be able to take back its rows,
# which costs a copy of every page that it changes.
def _upsert(table: str, columns: str) -> tuple[str, str]:
    names = [name.strip() for name in columns.split(",")]
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name != "name")
    return f"INSERT OR FAIL INTO {table} ({columns}) VALUES ", f" ON CONFLICT (name) DO UPDATE SET {changes}"  # noqa: S608


_INSERT_DOMAIN: Final = (f"INSERT OR FAIL INTO domain (id, {codec.DOMAIN_COLUMNS}) VALUES ", "")  # noqa: S608
_WRITE_DOMAIN: Final = _upsert("domain", codec.DOMAIN_COLUMNS)
_WRITE_HOST: Final = _upsert("host", codec.HOST_COLUMNS)
_WRITE_CONTACT: Final = _upsert("contact", codec.CONTACT_COLUMNS)
_WRITE_RECORD: Final = (
    "INSERT OR FAIL INTO record (kind, key, due, detail) VALUES ",
    " ON CONFLICT (kind, key) DO UPDATE SET due = excluded.due, detail = excluded.detail",
)
_WRITE_HISTORY: Final = (
    "INSERT OR FAIL INTO history "
    "(at, account, txn, client_txn, operation, kind, key, roid, sponsor, expires, detail) VALUES ",
    "",
)

_WRITE_AUDIT: Final = (
    "INSERT OR FAIL INTO audit (at, account, txn, client_txn, command, session, peer, code, fault, frame) VALUES ",
    "",
)

#: Rows a statement; powers of two, so that a group of any size needs few different statements, which stay prepared.
#: The largest times the widest table (14 columns) stays far below SQLite's 32,766 parameters.
_CHUNKS: Final = (256, 128, 64, 32, 16, 8, 4, 2, 1)
_statements: dict[tuple[str, int], str] = {}


def _in_chunks(connection: sqlite3.Connection, head: str, tail: str, rows: Sequence[_Row]) -> None:
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
