"""The rows of a group for an SQLite file, written with few statements of many rows."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from regwire.registry.model.audit import Audited
from regwire.registry.model.kinds import RESERVED, kind_named
from regwire.registry.model.outcomes import Change, Outcome
from regwire.registry.model.requests import Call
from regwire.registry.store import codec
from regwire.registry.store._sqlite_blocks import object_bucket, write_audit, write_history
from regwire.registry.store._sqlite_chunks import Row, in_chunks
from regwire.registry.store._sqlite_links import Links
from regwire.registry.store._sqlite_read import Committed
from regwire.registry.store._sqlite_search import term_changes
from regwire.registry.store.overlay import Overlay

__all__ = ["Pending"]


class Pending:
    """The rows of a group: history and audit as it is decided, objects at the end."""

    def __init__(self, now: int, *, searchable: bool = False) -> None:
        self._now = now
        self._searchable = searchable
        self._history: list[Row] = []
        # What each of them is found by.
        self._history_keys: list[str] = []
        self._former: list[Row] = []
        self._audit: list[Row] = []
        self._details: dict[int, str] = {}
        #: What was written and may become due, and the kinds of its records.
        self.timed: list[Row] = []
        self.kinds: set[str] = set()

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
        write_audit(connection, self._audit)

    def record(self, call: Call, outcome: Outcome) -> None:
        """Note the history of one call, one row for each object that it changed."""
        head = (self._now, call.account, call.transaction, call.client_transaction, type(call.request).__name__)
        for change in outcome.changes:
            kind = change.kind
            if kind not in RESERVED:
                self._record(head, change)
                continue
            before: Any = change.before
            after: Any = change.after
            detail = sponsor = expires = None
            if after is not None:
                detail = self._details[id(after)] = _DETAIL[kind](after)
                roid, sponsor = after.roid, after.sponsor
                if kind == "domain":
                    expires = codec.to_ms(after.expires)
            else:
                roid = before.roid
                self._former.append((change.key, roid, self._now))
            # Those of new objects come in order: found together. What happens to one later has a place of its own.
            self._history_keys.append(object_bucket(roid) if before is None else roid)
            self._history.append((*head, kind, change.key, roid, sponsor, expires, detail))

    def _record(self, head: Row, change: Change) -> None:
        """Note the history of a record of a registered kind; its ROID there is kind and key."""
        kind, key = change.kind, change.key
        if kind_named(kind).history:
            detail = None
            if change.after is not None:
                detail = self._details[id(change.after)] = codec.record_detail(change.after)
            roid = f"{kind}:{key}"
            self._history_keys.append(roid)
            self._history.append((*head, kind, key, roid, None, None, detail))

    def write(self, connection: sqlite3.Connection, committed: Committed, overlay: Overlay) -> None:
        """Write everything the group changed."""
        new_domains: list[Row] = []
        write_domains: list[Row] = []
        write_hosts: list[Row] = []
        write_contacts: list[Row] = []
        gone: dict[str, list[Row]] = {"domain": [], "host": [], "contact": []}
        links = Links(committed)
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
            in_chunks(connection, f"DELETE FROM {kind} WHERE name IN (VALUES ", ")", keys)  # noqa: S608
        in_chunks(connection, *_INSERT_DOMAIN, new_domains)
        in_chunks(connection, *_WRITE_DOMAIN, write_domains)
        in_chunks(connection, *_WRITE_HOST, write_hosts)
        in_chunks(connection, *_WRITE_CONTACT, write_contacts)
        links.write(connection)
        records.write(connection)
        self.timed += [*new_domains, *write_domains, *write_contacts, *records.written]
        self.kinds.update([row[0] for row in records.written])
        if searched:
            left, come = term_changes(searched)
            in_chunks(connection, "DELETE FROM term WHERE (kind, field, text, key) IN (VALUES ", ")", left)
            in_chunks(connection, "INSERT OR IGNORE INTO term VALUES ", "", come)
        self._write_polls(connection, overlay)
        write_history(connection, self._history, self._history_keys)
        in_chunks(connection, "INSERT OR IGNORE INTO former VALUES ", "", self._former)

    @staticmethod
    def _write_polls(connection: sqlite3.Connection, overlay: Overlay) -> None:
        acked = sorted(overlay.acked)
        in_chunks(connection, "DELETE FROM poll WHERE (account, id) IN (VALUES ", ")", acked)
        rows = [codec.poll_row(message) for message in overlay.messages]
        in_chunks(connection, "INSERT OR FAIL INTO poll VALUES ", "", rows)
        if overlay.last_id is not None:
            connection.execute("UPDATE counter SET value = ? WHERE name = 'poll'", (overlay.last_id,))


class _Records:
    """Which rows of record and record_index come and go."""

    def __init__(self) -> None:
        self.written: list[Row] = []
        self.removed: list[Row] = []
        self.indexed: list[Row] = []
        self.unindexed: list[Row] = []

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
        in_chunks(connection, "DELETE FROM record WHERE (kind, key) IN (VALUES ", ")", self.removed)
        in_chunks(connection, *_WRITE_RECORD, self.written)
        head = "DELETE FROM record_index WHERE (kind, name, value, key) IN (VALUES "
        in_chunks(connection, head, ")", self.unindexed)
        in_chunks(connection, "INSERT OR FAIL INTO record_index VALUES ", "", self.indexed)


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
