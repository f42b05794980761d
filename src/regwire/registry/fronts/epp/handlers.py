"""What :func:`regwire.trio.epp.serve` calls: one batch handler for all commands.

A run (the commands of one session that came together) is executed as if one by one. Reads in front of its first
transform are answered at once on one committed state; from the first transform on everything goes through the writer
in order, so that a session sees its own writes. All runs of a batch share one state and one submission.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from regwire.epp.handlers import Handlers
from regwire.registry.engine import Reading, Registry, is_read
from regwire.registry.fronts.epp.replies import refused, reply_of
from regwire.registry.fronts.epp.requests import request_of
from regwire.registry.model import codes
from regwire.registry.model.outcomes import Refusal
from regwire.registry.model.requests import Call, Request

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
        with registry.reading() as reading:
            for run in runs:
                _begin(registry, reading, run, calls, slots)
        if calls:
            for (run, i, request), outcome in zip(slots, await registry.submit(calls), strict=True):
                run.reply(i, reply_of(request, outcome))

    return handlers


def _begin(registry: Registry, reading: Reading, run: Run, calls: list[Call], slots: list[_Slot]) -> None:
    """Answer what can be answered now; add the rest to ``calls``, and where its replies go to ``slots``."""
    account = run.session.client_id
    writing = False
    for i, command in enumerate(run.commands):
        try:
            request = request_of(command)
            if is_read(request) and not writing:
                run.reply(i, reply_of(request, reading.decide(account, request)))
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
