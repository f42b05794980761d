"""What `regwire.trio.epp.serve` calls: one batch handler for all commands.

A run (the commands of one session that came together) is executed as if one by one. Reads in front of its first
transform are answered at once on one committed state; from the first transform on everything goes through the writer
in order, so that a session sees its own writes. All runs of a batch share one state and one submission.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from regwire.epp.handlers import Handlers
from regwire.registry.engine import Reading, Registry
from regwire.registry.fronts.epp.audit import Auditor
from regwire.registry.fronts.epp.replies import identified, refused, reply_of
from regwire.registry.fronts.epp.requests import request_of
from regwire.registry.model import codes
from regwire.registry.model.audit import Origin
from regwire.registry.model.outcomes import Outcome, Refusal
from regwire.registry.model.requests import Call, Request
from regwire.registry.rules import is_read

if TYPE_CHECKING:
    from regwire.session import Run

__all__ = ["epp_handlers"]

_log = logging.getLogger("regwire.registry.epp")
_Slot = tuple["Run", int, Request]


def epp_handlers(registry: Registry) -> Handlers:
    """Return the handlers that answer EPP commands out of ``registry``; logins are the caller's to add."""
    handlers = Handlers()
    auditor = Auditor(registry)
    handlers.answered(auditor.answered)

    @handlers.batch
    async def batch(runs: Sequence[Run]) -> None:
        with _Reads(registry) as reads:
            writes = _Writes(registry, auditor, reads)
            for run in runs:
                writes.begin(run)
        if writes.calls:
            await writes.finish()
        await registry.writer.room()

    return handlers


class _Reads:
    """The state that the reads of a batch are decided on; opened by the first of them, because many batches have none.

    Each touch of the database may cost a turn of the interpreter's lock against the writer.
    """

    __slots__ = ("_context", "_reading", "_registry")

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._reading: Reading | None = None
        self._context: AbstractContextManager[Reading] | None = None

    def __enter__(self) -> _Reads:
        return self

    def __exit__(self, *details: object) -> None:
        if self._context is not None:
            self._context.__exit__(None, None, None)

    def decide(self, account: str, request: Request) -> Outcome:
        if self._reading is None:
            self._context = self._registry.reading()
            self._reading = self._context.__enter__()
        return self._reading.decide(account, request)


class _Writes:
    """What a batch has for the writer, and where the replies go; reads ahead of that are answered at once."""

    __slots__ = ("_auditor", "_reads", "_registry", "_slots", "calls")

    def __init__(self, registry: Registry, auditor: Auditor, reads: _Reads) -> None:
        self._registry = registry
        self._auditor = auditor
        self._reads = reads
        self.calls: list[Call] = []
        self._slots: list[_Slot] = []

    def begin(self, run: Run) -> None:
        """Answer what can be answered now, keep the rest."""
        account = run.session.client_id
        registry, auditor = self._registry, self._auditor
        writing = False
        for i, command in enumerate(run.commands):
            origin: Origin | None = None
            try:
                origin = auditor.origin(run.session, command)
                request = request_of(command)
                if writing or not is_read(request):
                    writing = True
                    self.calls.append(registry.call(account, request, command.cl_trid, origin))
                    self._slots.append((run, i, request))
                    continue
                outcome = self._reads.decide(account, request)
                code, reply = outcome.code, reply_of(request, outcome)
            except Refusal as refusal:
                code, reply = refusal.code, refused(refusal)
            except Exception:
                _log.exception("a command of %s failed", account)
                code = reply = codes.FAILED
            if origin is not None:
                transaction = registry.transaction()
                auditor.read(run.session, command, origin, transaction, code)
                reply = identified(reply, transaction)
            run.reply(i, reply)

    async def finish(self) -> None:
        """Have the rest executed and answer it."""
        outcomes = await self._registry.submit(self.calls)
        for (run, i, request), call, outcome in zip(self._slots, self.calls, outcomes, strict=True):
            # The identifier that history and audit know it by is the one that its registrar is told.
            run.reply(i, identified(reply_of(request, outcome), call.transaction))
