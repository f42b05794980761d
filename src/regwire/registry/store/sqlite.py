"""The registry in one SQLite file: WAL, synchronous FULL, one writer, readers beside it.

How the time of a group is kept short, in the order of what it brought:

- one statement changes the rows of a whole table (multi-row VALUES) instead of one a row: every step of SQLite gives up
  the interpreter's lock, and beside a busy event loop each of them may wait milliseconds to get it back;
- what a group's calls will look up is fetched for all of them in one query a table;
- only what queries look for is a column, the rest is one JSON text.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any, Final

from regwire.registry.clock import Clock
from regwire.registry.model import codes
from regwire.registry.model.objects import Contact, Domain, Host, PollMessage
from regwire.registry.model.outcomes import Outcome
from regwire.registry.model.requests import Call
from regwire.registry.rules import Policies, decide, wanted
from regwire.registry.rules.view import View
from regwire.registry.store import codec
from regwire.registry.store.base import StoreError, settling
from regwire.registry.store.overlay import Overlay

__all__ = ["SCHEMA_VERSION", "SqliteStore"]

SCHEMA_VERSION: Final = 1
#: 16 MiB of WAL before its pages are copied into the file: rarer copies save writing hot pages again and again.
_CHECKPOINT_PAGES: Final = 4096
_APPLICATION_ID: Final = 0x52475745  # "RGWE": tells `file` and us whose database this is

_log = logging.getLogger("regwire.registry.store")
_Row = tuple[Any, ...]

#: Errors after which trying the calls one by one cannot help.
_HOPELESS: Final = frozenset(
    {
        "SQLITE_FULL",
        "SQLITE_IOERR",
        "SQLITE_BUSY",
        "SQLITE_LOCKED",
        "SQLITE_READONLY",
        "SQLITE_CORRUPT",
        "SQLITE_NOTADB",
    }
)


class SqliteStore:
    """A registry in an SQLite file; made on first use.

    Args:
        path: the file; its directory must exist and be on a local disk.
        policies: what the rules go by.
        clock: what they take their time from; asked once a group.
        busy_timeout: seconds to wait for another process that writes.
        cache: MiB of pages to keep for each of the two connections.

    Raises:
        StoreError: the file cannot be opened, is not a registry or is of a newer version.

    """

    def __init__(
        self, path: Path, policies: Policies, clock: Clock, *, busy_timeout: float = 10.0, cache: int = 64
    ) -> None:
        self.path = path
        self._policies = policies
        self._clock = clock
        self._timeout = busy_timeout
        self._cache = cache
        self._lock = threading.Lock()
        self._writer = self._open()
        try:
            self._prepare(self._writer)
            self._reader = self._open()
            self._tune(self._reader)
        except BaseException:
            self._writer.close()
            raise
        self._committed = _Committed(self._writer)
        self._view = _Committed(self._reader)

    # --- opening and closing

    def _open(self) -> sqlite3.Connection:
        try:
            return sqlite3.connect(
                self.path,
                timeout=self._timeout,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=512,
            )
        except sqlite3.Error as error:
            raise StoreError(
                f"{self.path}: cannot be opened ({error}); is its directory there and writable?"
            ) from error

    def _tune(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA cache_size = -{self._cache * 1024}")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Make the tables of a new file; check the version of an old one before anything of it is touched."""
        try:
            tables = self._tables(connection)
            if tables:
                self._check_version(connection, tables)
            self._tune(connection)
            connection.execute("BEGIN IMMEDIATE")
            try:
                if not self._tables(connection):
                    self._create(connection)
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise StoreError(
                f"{self.path}: {error}; it must be a registry's database on a disk that can be written"
            ) from error

    @staticmethod
    def _tables(connection: sqlite3.Connection) -> set[str]:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}

    def _check_version(self, connection: sqlite3.Connection, tables: set[str]) -> None:
        if "schema_version" not in tables:
            raise StoreError(f"{self.path}: a database, but not a registry's; name another file in [store] path")
        (version,) = connection.execute("SELECT max(version) FROM schema_version").fetchone()
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"{self.path}: schema version {version}, but this regwire knows {SCHEMA_VERSION}; "
                "upgrade regwire, or restore the backup made before the upgrade"
            )

    def _create(self, connection: sqlite3.Connection) -> None:
        script = files("regwire.registry.store").joinpath("schema.sql").read_text("utf-8")
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        for statement in script.split(";\n"):
            if statement.strip():
                connection.execute(statement)
        applied = codec.to_ms(self._clock.now())
        connection.execute("INSERT INTO schema_version VALUES (?, ?)", (SCHEMA_VERSION, applied))

    def close(self) -> None:
        """Close both connections; the last one writes the WAL back into the file."""
        with self._lock:
            self._reader.close()
            self._writer.close()

    # --- reading

    @contextlib.contextmanager
    def read(self) -> Iterator[View]:
        """Give one consistent committed state; see `regwire.registry.store.base.Store`."""
        reader = self._reader
        reader.execute("BEGIN")
        try:
            yield self._view
        finally:
            reader.execute("COMMIT")

    # --- writing

    def execute(self, calls: Sequence[Call]) -> list[Outcome]:
        """Decide and commit a group; see `regwire.registry.store.base.Store`."""
        with self._lock:
            try:
                return self._group(calls)
            except Exception as error:
                if len(calls) == 1 or _hopeless(error):
                    _log.error("%d commands failed: %s: %s", len(calls), type(error).__name__, error, exc_info=error)
                    return [Outcome(codes.FAILED, reason=_public_reason(error))] * len(calls)
                _log.warning("a group of %d failed (%s); trying its commands one by one", len(calls), error)
            return [self._alone(call) for call in calls]

    def _alone(self, call: Call) -> Outcome:
        try:
            return self._group([call])[0]
        except Exception as error:
            _log.exception("command %s (%s) failed", call.transaction, type(call.request).__name__)
            return Outcome(codes.FAILED, reason=_public_reason(error))

    def _group(self, calls: Sequence[Call]) -> list[Outcome]:
        connection = self._writer
        connection.execute("BEGIN IMMEDIATE")
        try:
            overlay = Overlay(self._committed)
            self._prefetch(overlay, calls)
            now = self._clock.now()
            pending = _Pending(codec.to_ms(now))
            if self._committed.due(now, 1):
                self._decide(overlay, settling(calls[0]), now, pending)
            outcomes = [self._decide(overlay, call, now, pending) for call in calls]
            if overlay.changed:
                pending.write(connection, overlay)
            connection.execute("COMMIT")
        except BaseException:
            # Some errors (a full disk) have rolled back already.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return outcomes

    def _decide(self, overlay: Overlay, call: Call, now: datetime, pending: _Pending) -> Outcome:
        try:
            outcome = decide(overlay, call, now, self._policies)
        except sqlite3.Error:
            raise
        except Exception:
            _log.exception("command %s (%s) failed", call.transaction, type(call.request).__name__)
            return Outcome(codes.FAILED)
        if outcome.changes:
            pending.record(call, outcome)
        if outcome.changes or outcome.messages or outcome.acked is not None:
            overlay.apply(call.account, outcome)
        return outcome

    def _prefetch(self, overlay: Overlay, calls: Sequence[Call]) -> None:
        domains: set[str] = set()
        hosts: set[str] = set()
        contacts: set[str] = set()
        ids: set[str] = set()
        for call in calls:
            wanted(call.request, domains, hosts, contacts, ids)
        committed = self._committed
        if domains:
            overlay.domains = dict.fromkeys(domains)
            overlay.domains.update(committed.domains(domains))
        if hosts:
            overlay.hosts = dict.fromkeys(hosts)
            overlay.hosts.update(committed.hosts(hosts))
        if contacts:
            overlay.contacts = dict.fromkeys(contacts)
            overlay.contacts.update(committed.contacts(contacts))
        if ids:
            overlay.contact_ids = dict.fromkeys(ids, False)
            overlay.contact_ids.update(dict.fromkeys(committed.existing_contacts(list(ids)), True))


def _hopeless(error: Exception) -> bool:
    name = getattr(error, "sqlite_errorname", "")
    return any(name.startswith(prefix) for prefix in _HOPELESS)


def _public_reason(error: Exception) -> str | None:
    """Return what a registrar may know: whose fault it is, not which file."""
    return "storage is full" if getattr(error, "sqlite_errorname", "") == "SQLITE_FULL" else None


class _Committed:
    """The committed state as one connection sees it: a View, and the Base of an Overlay."""

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
        if other_than is None:
            return self._one(_HOST_LINKED, roid, left_out) is not None
        return self._one(_HOST_LINKED_BY_OTHERS, roid, left_out, other_than) is not None

    def contact_linked(self, id: str, *, without: Collection[str] = ()) -> bool:
        """See View; ``without``: domains to leave out, by ROID."""
        return self._one(_CONTACT_LINKED, id, json.dumps(list(without))) is not None

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

    def due(self, now: datetime, limit: int) -> list[tuple[str, str]]:
        """See View."""
        return self._execute(_DUE, (codec.to_ms(now), codec.to_ms(now), limit)).fetchall()

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
_EXISTING_DOMAINS: Final = "SELECT name FROM domain WHERE name"
_EXISTING_HOSTS: Final = "SELECT name FROM host WHERE name"
_EXISTING_CONTACTS: Final = "SELECT name FROM contact WHERE name"
_HOST_NAMES: Final = "SELECT roid, name FROM host WHERE roid"
_SUBORDINATES: Final = f"SELECT {codec.HOST_COLUMNS} FROM host WHERE superordinate = ? ORDER BY name"  # noqa: S608
_HOST_LINKED: Final = f"SELECT 1 FROM domain_host WHERE host = ? AND domain NOT {_IN} LIMIT 1"  # noqa: S608
_HOST_LINKED_BY_OTHERS: Final = (
    "SELECT 1 FROM domain_host JOIN domain ON domain.roid = domain_host.domain "  # noqa: S608
    f"WHERE host = ? AND domain.roid NOT {_IN} AND sponsor <> ? LIMIT 1"
)
_CONTACT_LINKED: Final = f"SELECT 1 FROM domain_contact WHERE contact = ? AND domain NOT {_IN} LIMIT 1"  # noqa: S608
_POLL_HEAD: Final = (
    f"SELECT account, id, queued, text, data FROM poll WHERE account = ? AND id NOT {_IN} ORDER BY id LIMIT 1"  # noqa: S608
)
_POLL_COUNT: Final = f"SELECT count(*) FROM poll WHERE account = ? AND id NOT {_IN}"  # noqa: S608
_DUE: Final = (
    "SELECT kind, key FROM ("
    "SELECT 'domain' AS kind, name AS key, due FROM domain WHERE due <= ? "
    "UNION ALL SELECT 'contact', name, due FROM contact WHERE due <= ?"
    ") ORDER BY due LIMIT ?"
)


class _Pending:
    """The rows of a group: history as it is decided, objects at the end."""

    def __init__(self, now: int) -> None:
        self._now = now
        self._history: list[_Row] = []
        self._former: list[_Row] = []
        self._details: dict[int, str] = {}

    def record(self, call: Call, outcome: Outcome) -> None:
        """Note the history of one call, one row for each object that it changed."""
        operation = type(call.request).__name__
        for change in outcome.changes:
            after: Any = change.after
            detail = sponsor = expires = None
            before: Any = change.before
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

    def write(self, connection: sqlite3.Connection, overlay: Overlay) -> None:
        """Write everything the group changed."""
        write_domains: list[_Row] = []
        write_hosts: list[_Row] = []
        write_contacts: list[_Row] = []
        gone: dict[str, list[_Row]] = {"domain": [], "host": [], "contact": []}
        links = _Links()
        details = self._details
        for (kind, key), before in overlay.before.items():
            after: Any
            if kind == "domain":
                after = overlay.domains[key]
                links.compare(before, after)
                if after is not None:
                    write_domains.append(codec.domain_row(after, details[id(after)]))
            elif kind == "host":
                after = overlay.hosts[key]
                if after is not None:
                    write_hosts.append(codec.host_row(after, details[id(after)]))
            else:
                after = overlay.contacts[key]
                if after is not None:
                    write_contacts.append(codec.contact_row(after, details[id(after)]))
            if after is None and before is not None:
                gone[kind].append((key,))
        # Names that go are freed before names that come: a host may have been renamed to one of them.
        for kind, keys in gone.items():
            _in_chunks(connection, f"DELETE FROM {kind} WHERE name IN (VALUES ", ")", keys)  # noqa: S608
        _in_chunks(connection, *_WRITE_DOMAIN, write_domains)
        _in_chunks(connection, *_WRITE_HOST, write_hosts)
        _in_chunks(connection, *_WRITE_CONTACT, write_contacts)
        links.write(connection)
        self._write_polls(connection, overlay)
        _in_chunks(connection, *_WRITE_HISTORY, self._history)
        _in_chunks(connection, "INSERT OR IGNORE INTO former VALUES ", "", self._former)

    @staticmethod
    def _write_polls(connection: sqlite3.Connection, overlay: Overlay) -> None:
        acked = sorted(overlay.acked)
        _in_chunks(connection, "DELETE FROM poll WHERE (account, id) IN (VALUES ", ")", acked)
        rows = [codec.poll_row(message) for message in overlay.messages]
        _in_chunks(connection, "INSERT INTO poll VALUES ", "", rows)
        if overlay.last_id is not None:
            connection.execute("UPDATE counter SET value = ? WHERE name = 'poll'", (overlay.last_id,))


class _Links:
    """Which rows of domain_host and domain_contact come and go."""

    def __init__(self) -> None:
        self.hosts_added: list[_Row] = []
        self.hosts_removed: list[_Row] = []
        self.contacts_added: list[_Row] = []
        self.contacts_removed: list[_Row] = []

    def compare(self, before: Domain | None, after: Domain | None) -> None:
        if before is not None and after is not None and before.roid == after.roid:
            old, new = set(before.hosts), set(after.hosts)
            self.hosts_added += [(host, after.roid) for host in new - old]
            self.hosts_removed += [(host, before.roid) for host in old - new]
            old, new = _contact_ids(before), _contact_ids(after)
            self.contacts_added += [(id, after.roid) for id in new - old]
            self.contacts_removed += [(id, before.roid) for id in old - new]
            return
        if before is not None:
            self.hosts_removed += [(host, before.roid) for host in before.hosts]
            self.contacts_removed += [(id, before.roid) for id in _contact_ids(before)]
        if after is not None:
            self.hosts_added += [(host, after.roid) for host in after.hosts]
            self.contacts_added += [(id, after.roid) for id in _contact_ids(after)]

    def write(self, connection: sqlite3.Connection) -> None:
        for table, key, removed, added in (
            ("domain_host", "host", self.hosts_removed, self.hosts_added),
            ("domain_contact", "contact", self.contacts_removed, self.contacts_added),
        ):
            head = f"DELETE FROM {table} WHERE ({key}, domain) IN (VALUES "  # noqa: S608
            _in_chunks(connection, head, ")", removed)
            _in_chunks(connection, f"INSERT INTO {table} VALUES ", "", added)  # noqa: S608


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


def _upsert(table: str, columns: str) -> tuple[str, str]:
    names = [name.strip() for name in columns.split(",")]
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name != "name")
    return f"INSERT INTO {table} ({columns}) VALUES ", f" ON CONFLICT (name) DO UPDATE SET {changes}"  # noqa: S608


_WRITE_DOMAIN: Final = _upsert("domain", codec.DOMAIN_COLUMNS)
_WRITE_HOST: Final = _upsert("host", codec.HOST_COLUMNS)
_WRITE_CONTACT: Final = _upsert("contact", codec.CONTACT_COLUMNS)
_WRITE_HISTORY: Final = (
    "INSERT INTO history (at, account, txn, client_txn, operation, kind, key, roid, sponsor, expires, detail) VALUES ",
    "",
)

#: Rows a statement; powers of two, so that a group of any size needs few different statements, which stay prepared.
#: The largest times the widest table (13 columns) stays far below SQLite's 32,766 parameters.
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
