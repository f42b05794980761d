"""What is committed in an SQLite file, as the rules and an overlay read it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from regwire.registry.model.objects import Contact, Domain, Host, PollMessage
from regwire.registry.store import codec
from regwire.registry.store._sqlite_numbers import Numbers
from regwire.registry.store._sqlite_search import Searches

__all__ = ["Committed"]

_Row = tuple[Any, ...]
_statements: dict[tuple[str, int], str] = {}


class Committed(Numbers, Searches):
    """The committed state as one connection sees it: a Lookup, and the Base of an Overlay."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def _one(self, sql: str, *parameters: object) -> _Row | None:
        row: _Row | None = self._execute(sql, parameters).fetchone()
        return row

    def domain(self, name: str) -> Domain | None:
        """See View."""
        row = self._one(_ONE_DOMAIN, name)
        return None if row is None else codec.domain_from_row(row)

    def host(self, name: str) -> Host | None:
        """See View."""
        row = self._one(_ONE_HOST, name)
        return None if row is None else codec.host_from_row(row)

    def contact(self, id: str) -> Contact | None:
        """See View."""
        row = self._one(_ONE_CONTACT, id)
        return None if row is None else codec.contact_from_row(row)

    def contact_exists(self, id: str) -> bool:
        """See View."""
        return self._one("SELECT 1 FROM contact WHERE name = ?", id) is not None

    def domains(self, names: Iterable[str]) -> dict[str, Domain]:
        """Return those domains that exist, by name."""
        rows = self._among(_MANY_DOMAINS, list(names))
        return {row[0]: codec.domain_from_row(row) for row in rows}

    def hosts(self, names: Iterable[str]) -> dict[str, Host]:
        """Return those hosts that exist, by name."""
        rows = self._among(_MANY_HOSTS, list(names))
        return {row[0]: codec.host_from_row(row) for row in rows}

    def contacts(self, ids: Iterable[str]) -> dict[str, Contact]:
        """Return those contacts that exist, by id."""
        rows = self._among(_MANY_CONTACTS, list(ids))
        return {row[0]: codec.contact_from_row(row) for row in rows}

    def existing_domains(self, names: Sequence[str]) -> set[str]:
        """See View."""
        return self._existing(_EXISTING_DOMAINS, names)

    def existing_hosts(self, names: Sequence[str]) -> set[str]:
        """See View."""
        return self._existing(_EXISTING_HOSTS, names)

    def existing_contacts(self, ids: Sequence[str]) -> set[str]:
        """See View."""
        return self._existing(_EXISTING_CONTACTS, ids)

    def _existing(self, sql: str, keys: Sequence[str]) -> set[str]:
        return {name for (name,) in self._among(sql, keys)}

    def _among(self, head: str, keys: Sequence[str]) -> list[_Row]:
        """Run ``head`` … IN (keys)."""
        count = len(keys)
        if not count:
            # SQLite would look at every row to find that none is in an empty list.
            return []
        if count > _FEW:
            return self._execute(f"{head} {_IN}", (json.dumps(keys),)).fetchall()
        sql = _statements.get((head, count))
        if sql is None:
            sql = _statements[(head, count)] = f"{head} IN ({', '.join('?' * count)})"
        return self._execute(sql, keys).fetchall()

    def host_names(self, roids: Sequence[str]) -> dict[str, str]:
        """See View."""
        return dict(self._among(_HOST_NAMES, roids))

    def subordinates(self, domain: str) -> list[Host]:
        """See View."""
        return [codec.host_from_row(row) for row in self._execute(_SUBORDINATES, (domain,)).fetchall()]

    def host_linked(self, roid: str, *, other_than: str | None = None, without: Collection[str] = ()) -> bool:
        """See View; ``without``: domains to leave out, by ROID."""
        left_out = json.dumps(list(without))
        if other_than is not None:
            return self._one(_HOST_LINKED_BY_OTHERS, roid, left_out, other_than) is not None
        if not without:
            return self._one(_HOST_LINKED, roid) is not None
        return self._one(_HOST_LINKED_WITHOUT, roid, left_out) is not None

    def contact_linked(self, id: str, *, without: Collection[str] = ()) -> bool:
        """See View; ``without``: domains to leave out, by ROID."""
        if not without:
            return self._one(_CONTACT_LINKED, id) is not None
        return self._one(_CONTACT_LINKED_WITHOUT, id, json.dumps(list(without))) is not None

    def poll_head(self, account: str, *, without: Collection[int] = ()) -> tuple[PollMessage | None, int]:
        """See View; ``without``: messages to leave out."""
        left_out = json.dumps(list(without))
        row = self._one(_POLL_HEAD, account, left_out)
        if row is None:
            return None, 0
        count = self._one(_POLL_COUNT, account, left_out)
        assert count is not None
        return codec.poll_from_row(row), count[0]

    def poll_message(self, account: str, id: int) -> PollMessage | None:
        """See View."""
        row = self._one("SELECT account, id, queued, text, data FROM poll WHERE account = ? AND id = ?", account, id)
        return None if row is None else codec.poll_from_row(row)

    def record(self, kind: str, key: str) -> Any | None:
        """See View."""
        row = self._one(_RECORD, kind, key)
        return None if row is None else codec.record_from_detail(kind, row[0])

    def records_of(self, kind: str, keys: Sequence[str]) -> dict[str, Any]:
        """See View."""
        quoted = kind.replace("'", "''")
        rows = self._among(f"SELECT key, detail FROM record WHERE kind = '{quoted}' AND key", keys)  # noqa: S608
        return {key: codec.record_from_detail(kind, detail) for key, detail in rows}

    def records(self, kind: str, index: str = "", value: str = "", *, after: str = "", limit: int = 1000) -> list[Any]:
        """See View."""
        if index:
            rows = self._execute(_RECORDS_BY, (kind, index, value, after, limit)).fetchall()
        else:
            rows = self._execute(_RECORDS, (kind, after, limit)).fetchall()
        return [codec.record_from_detail(kind, detail) for (detail,) in rows]

    def has_records(self, kind: str) -> bool:
        """Tell whether there are records of a kind."""
        return self._one("SELECT 1 FROM record WHERE kind = ? LIMIT 1", kind) is not None

    def domain_due(self, now: datetime) -> bool:
        """See View."""
        return self._one("SELECT 1 FROM domain WHERE due <= ? LIMIT 1", codec.to_ms(now)) is not None

    def due(self, now: datetime, limit: int) -> list[tuple[str, str]]:
        """See View."""
        at = codec.to_ms(now)
        return self._execute(_DUE, (at, at, at, limit)).fetchall()

    def domain_ids(self, names: Sequence[str]) -> dict[str, int]:
        """Return what links know domains by, by name."""
        return dict(self._among("SELECT name, id FROM domain WHERE name", names)) if names else {}

    def last_domain_id(self) -> int:
        """Return the highest of these ids in use."""
        row = self._one("SELECT coalesce(max(id), 0) FROM domain")
        assert row is not None
        return int(row[0])

    def last_message_id(self) -> int:
        """Return the highest message id ever given out."""
        row = self._one("SELECT value FROM counter WHERE name = 'poll'")
        assert row is not None
        return int(row[0])


_IN: Final = "IN (SELECT value FROM json_each(?))"
#: Up to so many keys are parameters of their own, twice as fast as a list in JSON; each count is a statement.
_FEW: Final = 64
_ONE_DOMAIN: Final = f"SELECT {codec.DOMAIN_COLUMNS} FROM domain WHERE name = ?"  # noqa: S608
_ONE_HOST: Final = f"SELECT {codec.HOST_COLUMNS} FROM host WHERE name = ?"  # noqa: S608
_ONE_CONTACT: Final = f"SELECT {codec.CONTACT_COLUMNS} FROM contact WHERE name = ?"  # noqa: S608
_MANY_DOMAINS: Final = f"SELECT {codec.DOMAIN_COLUMNS} FROM domain WHERE name"  # noqa: S608
_MANY_HOSTS: Final = f"SELECT {codec.HOST_COLUMNS} FROM host WHERE name"  # noqa: S608
_MANY_CONTACTS: Final = f"SELECT {codec.CONTACT_COLUMNS} FROM contact WHERE name"  # noqa: S608
#: Answered by the index of names alone.
_EXISTING_DOMAINS: Final = "SELECT name FROM domain WHERE name"
_EXISTING_HOSTS: Final = "SELECT name FROM host WHERE name"
_EXISTING_CONTACTS: Final = "SELECT name FROM contact WHERE name"
_HOST_NAMES: Final = "SELECT roid, name FROM host WHERE roid"
_SUBORDINATES: Final = f"SELECT {codec.HOST_COLUMNS} FROM host WHERE superordinate = ? ORDER BY name"  # noqa: S608
_HOST_LINKED: Final = "SELECT 1 FROM host_domains WHERE host = ? LIMIT 1"
_HOST_LINKED_WITHOUT: Final = (
    "SELECT 1 FROM domain_host CROSS JOIN domain ON domain.id = domain_host.domain "  # noqa: S608
    f"WHERE host = ? AND domain.roid NOT {_IN} LIMIT 1"
)
_HOST_LINKED_BY_OTHERS: Final = (
    "SELECT 1 FROM domain_host CROSS JOIN domain ON domain.id = domain_host.domain "  # noqa: S608
    f"WHERE host = ? AND domain.roid NOT {_IN} AND sponsor <> ? LIMIT 1"
)
_CONTACT_LINKED: Final = "SELECT 1 FROM contact_domains WHERE contact = ? LIMIT 1"
_CONTACT_LINKED_WITHOUT: Final = (
    "SELECT 1 FROM domain_contact CROSS JOIN domain ON domain.id = domain_contact.domain "  # noqa: S608
    f"WHERE contact = ? AND domain.roid NOT {_IN} LIMIT 1"
)
_POLL_HEAD: Final = (
    f"SELECT account, id, queued, text, data FROM poll WHERE account = ? AND id NOT {_IN} ORDER BY id LIMIT 1"  # noqa: S608
)
_POLL_COUNT: Final = f"SELECT count(*) FROM poll WHERE account = ? AND id NOT {_IN}"  # noqa: S608
_RECORD: Final = "SELECT detail FROM record WHERE kind = ? AND key = ?"
_RECORDS: Final = "SELECT detail FROM record WHERE kind = ? AND key > ? ORDER BY key LIMIT ?"
_RECORDS_BY: Final = (
    "SELECT detail FROM record_index AS i JOIN record USING (kind, key) "
    "WHERE i.kind = ? AND i.name = ? AND i.value = ? AND i.key > ? ORDER BY i.key LIMIT ?"
)
_DUE: Final = (
    "SELECT kind, key FROM ("
    "SELECT 'domain' AS kind, name AS key, due FROM domain WHERE due <= ? "
    "UNION ALL SELECT 'contact', name, due FROM contact WHERE due <= ? "
    "UNION ALL SELECT kind, key, due FROM record WHERE due <= ?"
    ") ORDER BY due, kind, key LIMIT ?"
)
