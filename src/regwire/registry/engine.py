"""The registry as fronts see it: requests in, outcomes out, whatever the protocol."""

from __future__ import annotations

import logging
import os
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Final

import trio

from regwire.registry.clock import Clock, SystemClock
from regwire.registry.config import AuditSettings, Config
from regwire.registry.model import codes
from regwire.registry.model.audit import Audited, Origin
from regwire.registry.model.outcomes import Outcome
from regwire.registry.model.record import replace
from regwire.registry.model.requests import Call, Request, SettleDue
from regwire.registry.rules import Policies, View, decide, is_read
from regwire.registry.rules.features import preparations, refreshers
from regwire.registry.store.base import Store
from regwire.registry.store.group import GroupCommit
from regwire.registry.store.memory import MemoryStore
from regwire.registry.store.sqlite import SqliteStore

__all__ = ["Registry", "is_read", "open_registry", "open_store"]

_log = logging.getLogger("regwire.registry")

#: Accounts have at least three characters, so that nobody can be this one.
_SERVER = "-"
_SALT = 16
#: Commands of the audit that are forgotten in one commit: a few milliseconds, for which the writer waits.
_TRIMMED: Final = 1000


class Registry:
    """A store with its rules, clock and writer.

    Use `open_registry` to get one.
    """

    def __init__(
        self,
        store: Store,
        policies: Policies,
        clock: Clock,
        writer: GroupCommit,
        audit: AuditSettings | None = None,
    ) -> None:
        self.store = store
        self.audit = audit or AuditSettings()
        self.policies = policies
        self.clock = clock
        self.writer = writer
        # Unique for ever without a sequence in the store: second of the start, 24 random bits, a counter.
        self._prefix = f"{int(time.time()):08X}{secrets.token_hex(3).upper()}"
        self._numbers = count(1)
        self._salts = _salts()
        self._preparations = preparations()

    def transaction(self) -> str:
        """Return a new transaction identifier."""
        # Of one width, so that ROIDs grow: what a store keeps by them stays together.
        return f"{self._prefix}{next(self._numbers):08X}"

    def call(
        self,
        account: str,
        request: Request,
        client_transaction: str | None = None,
        origin: Origin | None = None,
    ) -> Call:
        """Return ``request`` with a new transaction identifier; ``origin`` None: it is not audited."""
        return Call(account, request, self.transaction(), client_transaction, next(self._salts), origin)

    def note(self, note: Audited) -> None:
        """Have a command that was decided without the writer go into the audit, within a second."""
        self.writer.note(note)

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Give a consistent committed state to decide reads on; not across a wait."""
        with self.store.read() as view:
            yield Reading(self, view)

    async def submit(self, calls: Sequence[Call]) -> list[Outcome]:
        """Execute calls in order through the writer; see `GroupCommit.submit`.

        What features prepare (signatures) is done before, in a thread; the other calls wait for it.
        """
        for call in calls:
            if call.request.extensions and not self._preparations.keys().isdisjoint(map(type, call.request.extensions)):
                calls = await trio.to_thread.run_sync(self._prepared, calls)
                break
        return await self.writer.submit(calls)

    def _prepared(self, calls: Sequence[Call]) -> list[Call]:
        return [self._prepared_call(call) if call.request.extensions else call for call in calls]

    def _prepared_call(self, call: Call) -> Call:
        request, now = call.request, self.clock.now()
        known = self._preparations
        extensions = tuple(
            [
                known[type(item)](request, item, self.policies, now) if type(item) in known else item
                for item in request.extensions
            ]
        )
        return replace(call, request=replace(request, extensions=extensions))

    async def settle(self, interval: float) -> None:
        """Do what time makes due, every ``interval`` seconds of real time, until cancelled.

        What fails (a full disk) is logged and tried again after the interval.
        """
        while True:
            try:
                while await self._settle_some():
                    pass
                for refresh in refreshers():
                    await trio.to_thread.run_sync(refresh)
                await self._trim_audit()
            except Exception:
                _log.exception("what is due could not be looked for; trying again in %g s", interval)
            await trio.sleep(interval)

    async def _settle_some(self) -> bool:
        """Settle what is due, up to a limit; whether there was something and it could be done."""
        with self.store.read() as view:
            due = list(view.due(self.clock.now(), 1))
        if not due:
            return False
        (outcome,) = await self.submit([self.call(_SERVER, SettleDue())])
        return outcome.code < codes.FAILED

    async def _trim_audit(self) -> None:
        """Forget what the audit need not keep, in parts between which others write."""
        if self.audit.keep:
            before = self.clock.now() - timedelta(days=self.audit.keep)
            while await trio.to_thread.run_sync(partial(self.store.trim_audit, before, limit=_TRIMMED)) == _TRIMMED:
                pass


class Reading:
    """Decides reads on one state."""

    __slots__ = ("_now", "_registry", "_view")

    def __init__(self, registry: Registry, view: View) -> None:
        self._registry = registry
        self._view = view
        self._now = registry.clock.now()

    def decide(self, account: str, request: Request) -> Outcome:
        """Decide a read (`is_read`)."""
        return decide(self._view, Call(account, request, ""), self._now, self._registry.policies)

    def overdue(self) -> bool:
        """Tell whether time has changed an object here of which nobody has been told: messages are still to come."""
        return bool(list(self._view.due(self._now, 1)))


def _salts() -> Iterator[bytes]:
    while True:
        # One system call for many salts: each lets go of the interpreter's lock, and getting it back from a writer that
        # computes may take milliseconds.
        pool = os.urandom(_SALT * 4096)
        for start in range(0, len(pool), _SALT):
            yield pool[start : start + _SALT]


@asynccontextmanager
async def open_registry(config: Config, *, clock: Clock | None = None) -> AsyncIterator[Registry]:
    """Open the store that ``config`` names and start its writer; on leaving, wait for the last commit and close.

    Raises:
        StoreError: the store cannot be used; the text says why and the cure.

    """
    clock = clock or SystemClock()
    policies = Policies(config)
    store = open_store(config, policies, clock)
    try:
        if config.store.names:
            store.keep_names()
        writer = GroupCommit(store, limit=config.limits.group, capacity=config.limits.write_queue)
        try:
            yield Registry(store, policies, clock, writer, config.audit)
        finally:
            await writer.aclose()
    finally:
        store.close()


def open_store(config: Config, policies: Policies, clock: Clock) -> Store:
    """Open the store that ``config`` names; also beside a server that runs. Close it when done.

    Raises:
        StoreError: it cannot be used; the text says why and the cure.

    """
    settings = config.store
    if settings.kind == "memory":
        return MemoryStore(policies, clock)
    path = config.path(settings.path)
    return SqliteStore(
        path, policies, clock, busy_timeout=settings.busy_timeout, cache=settings.cache, snapshot=settings.snapshot
    )
