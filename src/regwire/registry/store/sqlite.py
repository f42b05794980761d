"""The registry in one SQLite file: WAL, synchronous FULL, one writer, readers beside it.

How the time of a group is kept short, in the order of what it brought:

- one statement changes the rows of a whole table (multi-row VALUES) instead of one a row: every step of SQLite gives up
  the interpreter's lock, and beside a busy event loop each of them may wait milliseconds to get it back;
- what a group's calls will look up is fetched for all of them in one query a table;
- only what queries look for is a column, the rest is one JSON text.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from regwire_native import Stamps

from regwire.registry.clock import Clock
from regwire.registry.model import codes
from regwire.registry.model.audit import Audited
from regwire.registry.model.numbers import NumberResource, NumbersImported, NumberSource, Party
from regwire.registry.model.objects import Contact, Domain, Host
from regwire.registry.model.outcomes import Change, Outcome
from regwire.registry.model.requests import Call, CreateDomain
from regwire.registry.rules import Policies, decide, wanted
from regwire.registry.rules.features import kinds_by_name
from regwire.registry.store import codec, migrate
from regwire.registry.store._sqlite_blocks import trim_audit
from regwire.registry.store._sqlite_known import Known
from regwire.registry.store._sqlite_names import Indexed, Names, claim
from regwire.registry.store._sqlite_numbers import change_numbers, import_numbers, stage_numbers, who_of
from regwire.registry.store._sqlite_read import Committed
from regwire.registry.store._sqlite_search import index_everything
from regwire.registry.store._sqlite_snapshot import open_snapshot
from regwire.registry.store._sqlite_write import Pending
from regwire.registry.store.base import (
    Lookup,
    Snapshot,
    Standing,
    StoreError,
    imported,
    importing,
    require_newer,
    settling,
)
from regwire.registry.store.migrate import SCHEMA_VERSION, make_private
from regwire.registry.store.overlay import Overlay

__all__ = ["SCHEMA_VERSION", "SqliteStore"]

#: 16 MiB of WAL before its pages are copied into the file: rarer copies save writing hot pages again and again.
_CHECKPOINT_PAGES: Final = 4096

#: Objects that `SqliteStore.load` commits together: rows of one sync of the disk, and memory for as long.
_LOADED_TOGETHER: Final = 10_000

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
        snapshot: seconds that a long read may take.

    Attributes:
        names: the names that are kept in memory, from `keep_names` on.

    Raises:
        StoreError: the file cannot be opened or written, is not a registry or is of a newer version.

    """

    def __init__(
        self,
        path: Path,
        policies: Policies,
        clock: Clock,
        *,
        busy_timeout: float = 10.0,
        cache: int = 64,
        snapshot: float = 600.0,
    ) -> None:
        self.path = path
        self._policies = policies
        self._clock = clock
        self._timeout = busy_timeout
        self._cache = cache
        self._snapshot = snapshot
        self._by_name = kinds_by_name()
        self._lock = threading.Lock()
        self._writer = self._open()
        try:
            migrate.prepare(self._writer, path, clock)
            self._tune(self._writer)
            self._reader = self._open()
            self._tune(self._reader)
        except BaseException:
            self._writer.close()
            raise
        self._committed = Committed(self._writer)
        self.names = Names()
        self._known = Known()
        self._view = Indexed(self._reader, self.names, self._known)
        # What the writer's connection told of others' commits when it last committed, and what it tells in its
        # transaction: as long as that is open, nobody else commits.
        self._seen: int | None = None
        self._version: int | None = None

    # --- opening and closing

    def _open(self) -> sqlite3.Connection:
        if self.path.exists() and not os.access(self.path, os.W_OK):
            # SQLite would open it and fail at the first command that changes something.
            raise StoreError(
                f"{self.path}: cannot be written; it needs another owner or mode, or a file system mounted for writing"
            )
        try:
            make_private(self.path)
            return sqlite3.connect(
                self.path,
                timeout=self._timeout,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=512,
            )
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"{self.path}: cannot be opened ({error}); is its directory there and writable?"
            ) from error

    def _tune(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA cache_size = -{self._cache * 1024}")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        # What a long read made it grow by is given back.
        connection.execute(f"PRAGMA journal_size_limit = {4 * _CHECKPOINT_PAGES * 4096}")

    def close(self) -> None:
        """Close both connections; the last one writes the WAL back into the file."""
        self.names.stop()
        with self._lock:
            self._reader.close()
            self._writer.close()

    # --- reading

    @contextlib.contextmanager
    def read(self) -> Iterator[Lookup]:
        """Give one consistent committed state; see `regwire.registry.store.base.Store`."""
        reader = self._reader
        self._view.begin()
        reader.execute("BEGIN")
        try:
            yield self._view
        finally:
            reader.execute("COMMIT")

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Give a state to read for long; see `regwire.registry.store.base.Store`."""
        return open_snapshot(self.path, self._snapshot)

    # --- names in memory

    def standings(self, names: list[str], now: datetime, stamps: Stamps | None = None) -> tuple[int, list[Any]] | None:
        """See `regwire.registry.store.base.Store`."""
        return self._view.standings(names, now, stamps)

    def standing(self, shape: int) -> Standing:
        """See `regwire.registry.store.base.Store`."""
        return self.names.standing(shape)

    def keep_names(self) -> None:
        """See `regwire.registry.store.base.Store`."""
        self.names.keep(self._open_for_names)

    @contextlib.contextmanager
    def _open_for_names(self) -> Iterator[sqlite3.Connection]:
        """Give a state to read all names of; what is committed after it is noted."""
        with contextlib.closing(self._open()) as connection:
            with self._lock:
                self._be_the_last()
                self.names.begin()
                connection.execute("BEGIN")
                connection.execute("SELECT 1 FROM counter").fetchone()
            yield connection

    def _be_the_last(self) -> None:
        """Commit nothing but that this process was the last to write."""
        self._begin()
        try:
            with self._committing(None, None):
                self._known.learn_due(self._writer)
                for kind in self._by_name:
                    if not self._committed.has_records(kind):
                        self._known.learn_empty(kind)
        finally:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")

    def _begin(self) -> None:
        """Begin a transaction of the writer, in which it commits by `_committing`."""
        self._writer.execute("BEGIN IMMEDIATE")
        self._version = self._committed.version()
        if not self._undisturbed:
            self._known.forget()

    @property
    def _undisturbed(self) -> bool:
        """Whether nobody else has committed since the writer did last; asked in its open transaction."""
        return self._seen is not None and self._version == self._seen

    @contextlib.contextmanager
    def _committing(self, overlay: Overlay | None, pending: Pending | None) -> Iterator[None]:
        """Commit the open transaction of the writer after what is done inside, and take in what it changes."""
        if not self._undisturbed and claim(self._writer, self.names.identity):
            self.names.spoil()
        yield
        if pending is not None:
            self._known.written(pending.timed, pending.kinds)
        with self.names.commit(None if overlay is None else overlay.changed_domains()):
            self._writer.execute("COMMIT")
        self._seen = self._version

    # --- writing

    def execute(self, calls: Sequence[Call], notes: Sequence[Audited] = ()) -> list[Outcome]:
        """Decide and commit a group; see `regwire.registry.store.base.Store`."""
        with self._lock:
            try:
                return self._group(calls, notes)
            except Exception as error:
                if len(calls) + bool(notes) == 1 or _hopeless(error):
                    _log.error(
                        "%d commands failed, %d are not in the audit: %s: %s",
                        *(len(calls), len(calls) + len(notes), type(error).__name__, error),
                        exc_info=error,
                    )
                    return [Outcome(codes.FAILED, reason=_public_reason(error))] * len(calls)
                _log.warning("a group of %d failed (%s); trying its commands one by one", len(calls), error)
            if notes:
                self._noted_alone(notes)
            return [self._alone(call) for call in calls]

    def _noted_alone(self, notes: Sequence[Audited]) -> None:
        try:
            self._group((), notes)
        except Exception:
            _log.exception("%d commands are not in the audit", len(notes))

    def _alone(self, call: Call) -> Outcome:
        try:
            return self._group([call])[0]
        except Exception as error:
            _log.exception("command %s (%s) failed", call.transaction, type(call.request).__name__)
            return Outcome(codes.FAILED, reason=_public_reason(error))

    def _group(self, calls: Sequence[Call], notes: Sequence[Audited] = ()) -> list[Outcome]:
        connection = self._writer
        self._begin()
        try:
            overlay = Overlay(self._committed)
            self._prefetch(overlay, calls)
            now = self._clock.now()
            pending = Pending(codec.to_ms(now), searchable=self._committed.searchable())
            for note in notes:
                pending.note(note)
            if calls and self._something_due(now):
                self._decide(overlay, settling(calls[0]), now, pending)
            outcomes = [self._decide(overlay, call, now, pending) for call in calls]
            with self._committing(overlay if overlay.changed else None, pending):
                if overlay.changed:
                    pending.write(connection, self._committed, overlay)
                pending.write_audit(connection)
        except BaseException:
            # Some errors (a full disk) have rolled back already.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return outcomes

    def _something_due(self, now: datetime) -> bool:
        """Tell whether there is something to settle before a group."""
        known = self._known
        if self._undisturbed:
            known.learn_due(self._writer)
            if known.due is not None and codec.to_ms(now) < known.due:
                return False
            # Perhaps something else was due then, and is not any more: to be learned anew by the next group.
            known.due = None
        return bool(self._committed.due(now, 1))

    def load(self, objects: Iterable[Domain | Host | Contact], *, transaction: str) -> int:
        """Take objects in; see `regwire.registry.store.base.Store`."""
        loaded = 0
        with self._lock:
            for changes in imported(objects, part=_LOADED_TOGETHER):
                self._load(importing(transaction), changes)
                loaded += len(changes)
        return loaded

    def _load(self, call: Call, changes: list[Change]) -> None:
        connection, outcome = self._writer, Outcome(codes.OK, changes=tuple(changes))
        names = {kind: [c.key for c in changes if c.kind == kind] for kind in ("domain", "host", "contact")}
        committed = self._committed
        self._begin()
        try:
            there = [
                *(committed.existing_domains(names["domain"]) if names["domain"] else ()),
                *(committed.existing_hosts(names["host"]) if names["host"] else ()),
                *(committed.existing_contacts(names["contact"]) if names["contact"] else ()),
            ]
            if there:
                raise StoreError(f"{there[0]} is there already; nothing of its part of the import was taken in")
            overlay, pending = (
                Overlay(committed),
                Pending(codec.to_ms(self._clock.now()), searchable=committed.searchable()),
            )
            pending.record(call, outcome)
            overlay.apply(call.account, outcome)
            with self._committing(overlay, pending):
                pending.write(connection, committed, overlay)
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def trim_audit(self, before: datetime, *, limit: int = 1000) -> int:
        """Forget the first commands of the audit; see `regwire.registry.store.base.Store`."""
        with self._lock, self._noting(self._writer, None) as connection:
            return trim_audit(connection, codec.to_ms(before), limit)

    # --- number resources and searches

    def change_numbers(
        self,
        put: Sequence[NumberResource | Party] = (),
        drop: Sequence[tuple[str, str]] = (),
        *,
        new: bool = False,
        note: Audited | None = None,
    ) -> None:
        """Write number resources; see `regwire.registry.store.base.Store`."""
        with self._lock, self._noting(self._writer, note) as connection:
            change_numbers(connection, put, drop, new=new, who=who_of(note, codec.to_ms(self._clock.now())))

    def import_numbers(
        self,
        source: NumberSource,
        values: Iterable[NumberResource | Party],
        *,
        older: bool = False,
        note: Audited | None = None,
    ) -> NumbersImported:
        """Take a registry's file in; see `regwire.registry.store.base.Store`."""
        # On a connection of its own: the writer goes on while the file is read.
        with contextlib.closing(self._open()) as connection:
            self._tune(connection)
            stage_numbers(connection, values)
            with self._noting(connection, note):
                require_newer(Committed(connection).number_sources(), source, older=older)
                return import_numbers(connection, source, who_of(note, codec.to_ms(self._clock.now())))

    def make_searchable(self) -> bool:
        """See `regwire.registry.store.base.Store`."""
        with self._lock:
            return index_everything(self._writer)

    @contextlib.contextmanager
    def _noting(self, connection: sqlite3.Connection, note: Audited | None) -> Iterator[sqlite3.Connection]:
        """Commit what is done inside, together with its note of the audit, or nothing."""
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            if note is not None:
                pending = Pending(codec.to_ms(self._clock.now()))
                pending.note(note)
                pending.write_audit(connection)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: {error}; nothing was changed") from error
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _decide(self, overlay: Overlay, call: Call, now: datetime, pending: Pending) -> Outcome:
        try:
            outcome = decide(overlay, call, now, self._policies)
        except sqlite3.Error:
            raise
        except Exception:
            _log.exception("command %s (%s) failed", call.transaction, type(call.request).__name__)
            outcome = Outcome(codes.FAILED)
        if call.origin is not None:
            pending.audit(call, outcome)
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
        created = [call.request.name for call in calls if type(call.request) is CreateDomain]
        if created:
            for kind in self._by_name:
                if kind not in self._known.empty and committed.has_records(kind):
                    overlay.records_of(kind, created)
                else:
                    overlay.others[kind] = dict.fromkeys(created)
                    if self._undisturbed:
                        self._known.learn_empty(kind)
        if domains:
            overlay.domains = dict.fromkeys(domains)
            overlay.domains.update(committed.domains(self._there(domains)))
        if hosts:
            overlay.hosts = dict.fromkeys(hosts)
            overlay.hosts.update(committed.hosts(hosts))
        if contacts:
            overlay.contacts = dict.fromkeys(contacts)
            overlay.contacts.update(committed.contacts(contacts))
        if ids:
            overlay.contact_ids = dict.fromkeys(ids, False)
            overlay.contact_ids.update(dict.fromkeys(committed.existing_contacts(list(ids)), True))

    def _there(self, names: set[str]) -> set[str]:
        """Return those names of an open group to look for in the file; free names, as most new ones, are not."""
        # The index holds what this process committed, and nobody else has committed anything since it did last.
        if self.names.ready and self._undisturbed:
            return self.names.index.existing(names)
        return names


def _hopeless(error: Exception) -> bool:
    name = getattr(error, "sqlite_errorname", "")
    return any(name.startswith(prefix) for prefix in _HOPELESS)


def _public_reason(error: Exception) -> str | None:
    """Return what a registrar may know: whose fault it is, not which file."""
    return "storage is full" if getattr(error, "sqlite_errorname", "") == "SQLITE_FULL" else None
