"""Long reads of an SQLite file on a connection of their own."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from regwire.registry.model.audit import Audited, HistoryRow
from regwire.registry.model.objects import Contact, Domain, Host, PollMessage
from regwire.registry.store import codec
from regwire.registry.store._sqlite_blocks import audited, history_of
from regwire.registry.store._sqlite_read import Committed
from regwire.registry.store.base import Lookup, StoreError
from regwire.registry.store.number_codec import NUMBER_KINDS, history_roid

__all__ = ["SqliteSnapshot", "open_snapshot"]

_T = TypeVar("_T")
_PAGE = 500
#: Instructions of SQLite's machine between two looks at the time.
_STEPS = 100_000

_ROIDS = "SELECT roid FROM former WHERE key = ?1 UNION SELECT ?2 {current}"
_MESSAGES = "SELECT account, id, queued, text, data FROM poll WHERE account = ? AND id > ? ORDER BY id LIMIT ?"
_CURRENT = {kind: f" UNION SELECT roid FROM {kind} WHERE name = ?1" for kind in ("domain", "host", "contact")}  # noqa: S608


@contextmanager
def open_snapshot(path: Path, seconds: float) -> Iterator[SqliteSnapshot]:
    """Open the file for reading only and hold its present state; at most for so long.

    Raises:
        StoreError: it cannot be opened; when its time is over, from whatever is read then.

    """
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    except sqlite3.Error as error:
        raise StoreError(f"{path}: cannot be opened for reading ({error})") from error
    end = time.monotonic() + seconds
    with closing(connection):
        connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        connection.execute("PRAGMA query_only = ON")
        connection.execute("BEGIN")
        # The state is that of the first read.
        connection.execute("SELECT 1 FROM schema_version").fetchone()
        try:
            yield SqliteSnapshot(connection, end)
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorname", "") != "SQLITE_INTERRUPT":
                raise
            raise _too_long() from error


def _too_long() -> StoreError:
    return StoreError("a long read took longer than [store] snapshot allows; raise it, or read in parts (after=)")


class SqliteSnapshot:
    """See `regwire.registry.store.base.Snapshot`."""

    def __init__(self, connection: sqlite3.Connection, end: float) -> None:
        self._connection = connection
        self._end = end
        self.view: Lookup = Committed(connection)

    def domains(self, *, after: str = "") -> Iterator[Domain]:
        """See Snapshot."""
        return self._every("domain", codec.DOMAIN_COLUMNS, codec.domain_from_row, after)

    def deleted(self) -> Iterator[Domain]:
        """See Snapshot. The text is looked at first: few domains of many are deleted, and building one costs more."""
        sql = f"SELECT {codec.DOMAIN_COLUMNS} FROM domain WHERE instr(detail, '\"restore\":') ORDER BY name"  # noqa: S608
        found = (codec.domain_from_row(row) for row in self._connection.execute(sql))
        return (domain for domain in found if domain.restore is not None)

    def hosts(self, *, after: str = "") -> Iterator[Host]:
        """See Snapshot."""
        return self._every("host", codec.HOST_COLUMNS, codec.host_from_row, after)

    def contacts(self, *, after: str = "") -> Iterator[Contact]:
        """See Snapshot."""
        return self._every("contact", codec.CONTACT_COLUMNS, codec.contact_from_row, after)

    def _every(self, table: str, columns: str, build: Callable[[tuple[Any, ...]], _T], after: str) -> Iterator[_T]:
        sql = f"SELECT {columns} FROM {table} WHERE name > ? ORDER BY name LIMIT {_PAGE}"  # noqa: S608
        while True:
            self._look()
            rows = self._connection.execute(sql, (after,)).fetchall()
            if not rows:
                return
            after = rows[-1][0]
            for row in rows:
                yield build(row)

    def _look(self) -> None:
        if time.monotonic() > self._end:
            raise _too_long()

    def history(self, kind: str, key: str) -> list[HistoryRow]:
        """See Snapshot."""
        if kind in NUMBER_KINDS:
            return list(history_of(self._connection.execute, kind, [history_roid(kind, key)], self._look))
        sql = _ROIDS.format(current=_CURRENT.get(kind, ""))
        roids = [roid for (roid,) in self._connection.execute(sql, (key, f"{kind}:{key}")).fetchall()]
        return list(history_of(self._connection.execute, kind, roids, self._look))

    def messages(self, account: str, *, after: int = 0, limit: int = 1000) -> list[PollMessage]:
        """See Snapshot."""
        rows = self._connection.execute(_MESSAGES, (account, after, limit)).fetchall()
        return [codec.poll_from_row(row) for row in rows]

    def audit(
        self,
        *,
        account: str | None = None,
        transaction: str | None = None,
        mentions: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> list[Audited]:
        """See Snapshot."""
        found = audited(
            self._connection.execute,
            self._look,
            account=account,
            transaction=transaction,
            mentions=mentions,
            since=None if since is None else codec.to_ms(since),
            until=None if until is None else codec.to_ms(until),
            after=after,
        )
        return list(islice(found, limit))
