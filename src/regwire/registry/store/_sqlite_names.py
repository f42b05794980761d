"""The names of all domains in memory, in step with what is committed.

In a file, a check of each of a million names costs a way through an index whose pages every commit drops from the
cache. Here they are a hash table, with the little that an answer about a domain's availability tells:

- a group's domains are taken in when it is committed, before anybody is told of it;
- whoever needs the very state that the rest is read from (`Indexed.existing_domains`) uses it only if it is that one,
  and otherwise the file;
- what another process commits makes it unusable until it is made anew: every process notes in the file, once, that it
  was the last to write, which the next one sees.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from time import monotonic, sleep
from typing import Any, Final

from regwire_native import NameIndex, Stamps

from regwire.registry.model.objects import PENDING, Domain, GracePeriod, Status
from regwire.registry.store import codec
from regwire.registry.store._sqlite_known import Known
from regwire.registry.store._sqlite_read import Committed
from regwire.registry.store.base import Standing

__all__ = ["Indexed", "Names", "claim"]

_log = logging.getLogger("regwire.registry.store")

#: What time or a pending action makes of the domain must be worked out from its row.
_NO_SHAPE: Final = 65_535
#: Rows that are taken in before others have a turn: a third of a millisecond.
_PART: Final = 200
_PAUSE: Final = 0.0003
#: It is made anew after so many times what making it took, and after so many seconds when that failed.
_REST: Final = 10.0
_AGAIN: Final = 60.0

_Row = tuple[str, int, int, int, int, int]
_Shape = tuple[bool, tuple[tuple[str, ...], ...]]


def claim(connection: sqlite3.Connection, identity: int) -> bool:
    """Note in an open write transaction that this process was the last to write; another connection has committed.

    Args:
        connection: the writer.
        identity: of this process's store.

    Returns:
        whether another process has written since this one did.

    """
    row = connection.execute(_LAST).fetchone()
    if row is not None and row[0] == identity:
        # What else commits in this process leaves the domains alone.
        return False
    connection.execute("INSERT OR REPLACE INTO counter VALUES ('writer', ?)", (identity,))
    return True


class Names:
    """The index, and how it is kept in step.

    Attributes:
        identity: what this process's store is known by in the file.
        generation: changes with every commit of this process that changes anything.
        changing: a commit is under way; nobody knows whether readers see it already.

    """

    def __init__(self) -> None:
        self.identity = secrets.randbits(62)
        self.generation = 0
        self.changing = False
        self.index = NameIndex()
        self.ready = False
        self._shapes: dict[_Shape, int] = {}
        self._standings: list[Standing] = []
        # The last grace periods, and when the last of them ends.
        self._grace: tuple[tuple[GracePeriod, ...], int] = ((), 0)
        self._lock = threading.Lock()
        # While the index is made: what was committed meanwhile.
        self._journal: list[tuple[list[_Row], list[str]]] | None = None
        self._thread: threading.Thread | None = None
        self._open: Callable[[], contextlib.AbstractContextManager[sqlite3.Connection]] | None = None
        self._stopping = threading.Event()
        self._wanted = threading.Event()

    # --- making it

    def keep(self, start: Callable[[], contextlib.AbstractContextManager[sqlite3.Connection]]) -> None:
        """Make the index in a thread, now and whenever it has become unusable.

        ``start`` gives a connection that holds a state to read; what is committed after that state comes by
        `committed`, so that it calls `begin` with the writer locked.
        """
        self._open = start
        self._wanted.set()
        self._thread = threading.Thread(target=self._run, name="regwire-names", daemon=True)
        self._thread.start()

    def begin(self) -> None:
        """Start to note what is committed."""
        with self._lock:
            self._journal = []
            self.ready = False
            self.index.clear()

    def spoil(self) -> None:
        """Another process has committed: the index is made anew."""
        with self._lock:
            self.generation += 1
            self.ready = False
            self._journal = None
            self._wanted.set()

    def stop(self) -> None:
        """End the thread, if there is one."""
        self._stopping.set()
        self._wanted.set()
        if self._thread is not None:
            self._thread.join()

    def wait(self, seconds: float) -> bool:
        """Wait until the index can be used; for tests and measurements."""
        limit = monotonic() + seconds
        while not self.ready and monotonic() < limit:
            sleep(0.005)
        return self.ready

    def _run(self) -> None:
        rest = 0.0
        while self._wanted.wait() and not self._stopping.wait(rest):
            self._wanted.clear()
            if self._stopping.is_set():
                # What was just cleared may have been said by `stop`, which says it once.
                return
            started = monotonic()
            try:
                self._fill_once()
                rest = _REST * (monotonic() - started)
            except Exception:
                # Everything is answered out of the file meanwhile.
                _log.exception("the names cannot be kept in memory; trying again in %g s", _AGAIN)
                rest = _AGAIN
            if not self.ready:
                self._wanted.set()

    def _fill_once(self) -> None:
        assert self._open is not None
        with self._open() as connection:
            cursor = connection.execute("SELECT name, created, expires, due, detail FROM domain")
            while rows := cursor.fetchmany(_PART):
                if self._stopping.is_set() or self._journal is None:
                    return
                made = [self._of_row(row) for row in rows]
                with self._lock:
                    self.index.put(made)
                sleep(_PAUSE)
        with self._lock:
            journal, self._journal = self._journal, None
            if journal is None:
                return
            for put, gone in journal:
                self.index.put(put)
                self.index.drop(gone)
            self.ready = True
        _log.info("%d names are in memory, in %.1f MB", len(self.index), self.index.octets() / 1e6)

    def _of_row(self, row: tuple[Any, ...]) -> _Row:
        name, created, expires, due, text = row
        detail = codec.decode_detail(text)
        transfer = detail.get("transfer")
        if detail.get("restore") is not None or (transfer is not None and transfer[0] == PENDING):
            return (name, created, expires, created, due, _NO_SHAPE)
        since = max([created, *[period[2] for period in detail.get("grace", ())]])
        statuses = tuple([tuple(item) for item in detail.get("statuses", ())])
        return (name, created, expires, since, due, self._shape(bool(_delegation(detail)), statuses))

    def _of_domain(self, value: Domain) -> _Row:
        transfer, grace = value.transfer, value.grace
        name, created, expires = value.name, codec.to_ms(value.created), codec.to_ms(value.expires)
        if value.restore is not None or (transfer is not None and transfer.status == PENDING):
            return (name, created, expires, created, codec.to_ms(value.due()), _NO_SHAPE)
        since = created
        if grace:
            # The new domains of a group have the very same periods.
            if grace is not self._grace[0]:
                self._grace = (grace, max([codec.to_ms(period.end) for period in grace]))
            since = max(created, self._grace[1])
        statuses = tuple(codec.statuses_out(value.statuses)) if value.statuses else ()
        # Without a transfer that is pending and without a restore, this is when it is due.
        shape = self._shape(bool(value.hosts or value.host_attributes), statuses)
        return (name, created, expires, since, expires, shape)

    def _shape(self, delegated: bool, statuses: tuple[tuple[str, ...], ...]) -> int:
        key = (delegated, statuses)
        found = self._shapes.get(key)
        if found is None:
            if len(self._standings) >= _MOST_SHAPES:
                return _NO_SHAPE
            self._standings.append(Standing(delegated, tuple([Status(*item) for item in statuses])))
            found = self._shapes[key] = len(self._standings) - 1
        return found

    # --- keeping it

    @contextlib.contextmanager
    def commit(self, domains: Mapping[str, Domain | None] | None) -> Iterator[None]:
        """Take domains in (None: it is gone) if what is done inside succeeds: the commit. None: nothing changed."""
        if domains is None:
            yield
            return
        put = [self._of_domain(value) for value in domains.values() if value is not None] if self._used else []
        gone = [name for name, value in domains.items() if value is None]
        self.changing = True
        try:
            yield
            with self._lock:
                # First: who asked the index before and finds this changed does not believe it.
                self.generation += 1
                if self._journal is not None:
                    self._journal.append((put, gone))
                elif self.ready:
                    self._take(put, gone)
        finally:
            self.changing = False

    def _take(self, put: list[_Row], gone: list[str]) -> None:
        try:
            self.index.put(put)
            self.index.drop(gone)
        except Exception:
            # The commit is done, and must not be said to have failed: no memory, or the collector ran Python's code of
            # another thread in the middle of a question to the index.
            _log.warning("the names in memory are made anew", exc_info=True)
            self.ready = False
            self._wanted.set()

    @property
    def _used(self) -> bool:
        return self._open is not None

    def standing(self, shape: int) -> Standing:
        """Return what a shape stands for."""
        return self._standings[shape]


class Indexed(Committed):
    """The committed state as a reader sees it, with the names that are kept in memory."""

    def __init__(self, connection: sqlite3.Connection, names: Names, known: Known) -> None:
        super().__init__(connection)
        self._names = names
        self._known = known
        self._generation = -1
        self._changing = True
        self._mine: bool | None = False

    def begin(self) -> None:
        """Note where a read begins; before its first statement."""
        names = self._names
        self._generation, self._changing = names.generation, names.changing
        self._mine = None if names.ready else False

    def _last_was_mine(self) -> bool:
        """Tell whether the state that this reads is this process's, not another's."""
        if self._mine is None:
            row = self._one(_LAST)
            self._mine = row is not None and row[0] == self._names.identity
            if not self._mine:
                self._names.spoil()
        return self._mine

    def existing_domains(self, names: Sequence[str]) -> set[str]:
        """See View; out of the index if that is the very state that this reads.

        It is if nothing of this process was committed from the beginning of this read up to now.
        """
        if self._may_be_mine():
            found = self._names.index.existing(names)
            # Asked first and looked at then: a group that is taken in changes the generation before the index.
            if self._was_mine():
                return found
        return super().existing_domains(names)

    def domain_due(self, now: datetime) -> bool:
        """See View; out of memory as `existing_domains`."""
        if self._may_be_mine():
            due = self._known.due
            if due is not None and codec.to_ms(now) < due and self._was_mine():
                return False
        return super().domain_due(now)

    def records_of(self, kind: str, keys: Sequence[str]) -> dict[str, Any]:
        """See View; out of memory as `existing_domains`."""
        if self._may_be_mine() and kind in self._known.empty and self._was_mine():
            return {}
        return super().records_of(kind, keys)

    def _may_be_mine(self) -> bool:
        """Tell whether what is in memory may be of the state that this reads; `_was_mine` tells afterwards."""
        return not self._changing and self._last_was_mine() and not self._names.changing

    def _was_mine(self) -> bool:
        return self._names.ready and self._names.generation == self._generation

    def standings(self, names: list[str], now: datetime, stamps: Stamps | None = None) -> tuple[int, list[Any]] | None:
        """See `regwire.registry.store.base.Store`."""
        kept = self._names
        self.begin()
        if not self._last_was_mine():
            return None
        found = kept.index.find(names, codec.to_ms(now), stamps)
        return (self._generation, found) if kept.ready else None


def _delegation(detail: Mapping[str, Any]) -> Iterable[Any]:
    found: Iterable[Any] = detail.get("hosts") or detail.get("attributes") or ()
    return found


_MOST_SHAPES: Final = 4096
_LAST: Final = "SELECT value FROM counter WHERE name = 'writer'"
