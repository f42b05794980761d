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
from regwire.registry.fronts.epp.replies import refused, reply_of
from regwire.registry.fronts.epp.requests import request_of
from regwire.registry.model import codes
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

    @handlers.batch
    async def batch(runs: Sequence[Run]) -> None:
        calls: list[Call] = []
        slots: list[_Slot] = []
        with _Reads(registry) as reads:
            for run in runs:
                _begin(registry, reads, run, calls, slots)
        if calls:
            for (run, i, request), outcome in zip(slots, await registry.submit(calls), strict=True):
                run.reply(i, reply_of(request, outcome))

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


def _begin(registry: Registry, reads: _Reads, run: Run, calls: list[Call], slots: list[_Slot]) -> None:
    """Answer what can be answered now; add the rest to ``calls``, and where its replies go to ``slots``."""
    account = run.session.client_id
    writing = False
    for i, command in enumerate(run.commands):
        try:
            request = request_of(command)
            if not writing and is_read(request):
                run.reply(i, reply_of(request, reads.decide(account, request)))
                continue
        except Refusal as refusal:
            run.reply(i, refused(refusal))
            continue
        except Exception:
            _log.exception("a command of %s failed", account)
            run.reply(i, codes.FAILED)
            continue
        writing = True
        calls.append(registry.call(account, request, command.cl_trid))
        slots.append((run, i, request))
