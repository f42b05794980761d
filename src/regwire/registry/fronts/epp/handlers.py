"""What `regwire.trio.epp.serve` calls: one batch handler for all commands.

A run (the commands of one session that came together) is executed as if one by one. Reads in front of its first
transform are answered at once on one committed state; from the first transform on everything goes through the writer
in order, so that a session sees its own writes. All runs of a batch share one state and one submission.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Final

import trio

from regwire.epp.codes import MESSAGES, Reply, ResultCode
from regwire.epp.handlers import Handlers
from regwire.registry.engine import Reading, Registry
from regwire.registry.fronts.epp.audit import Auditor
from regwire.registry.fronts.epp.pace import Pace
from regwire.registry.fronts.epp.replies import identified, refused, reply_of
from regwire.registry.fronts.epp.requests import request_of
from regwire.registry.model import codes
from regwire.registry.model.audit import Origin
from regwire.registry.model.outcomes import Outcome, Refusal
from regwire.registry.model.requests import Call, PollRequest, Request
from regwire.registry.rules import is_read

if TYPE_CHECKING:
    from regwire.session import Run

__all__ = ["epp_handlers"]

_log = logging.getLogger("regwire.registry.epp")
_Slot = tuple["Run", int, Request]
_CLOSING: Final = ResultCode.COMMAND_FAILED_CLOSING


def epp_handlers(registry: Registry) -> Handlers:
    """Return the handlers that answer EPP commands out of ``registry``; logins are the caller's to add."""
    handlers = Handlers()
    auditor = Auditor(registry)
    handlers.answered(auditor.answered)

    pace = Pace(registry.policies)

    def execute(runs: Sequence[Run]) -> Coroutine[Any, Any, None] | None:
        """Answer what needs no waiting; what is returned does the rest."""
        with _Reads(registry) as reads:
            writes = _Writes(registry, auditor, reads, pace)
            for run in runs:
                writes.begin(run)
        return _rest(registry, writes) if writes.calls or writes.late or registry.writer.crowded else None

    # Not `async def`: what only reads is answered in the event loop's turn that it came in, without a task.
    @handlers.batch
    def batch(runs: Sequence[Run]) -> Coroutine[Any, Any, None] | None:
        return _paced(pace, runs, execute) if pace.early else execute(runs)

    return handlers


async def _rest(registry: Registry, writes: _Writes) -> None:
    """Do what a batch has to wait for."""
    if writes.calls:
        await writes.finish()
    await registry.writer.room()
    if writes.late:
        async with trio.open_nursery() as nursery:
            for late in writes.late:
                nursery.start_soon(_answer_later, *late)


async def _paced(
    pace: Pace, runs: Sequence[Run], execute: Callable[[Sequence[Run]], Coroutine[Any, Any, None] | None]
) -> None:
    """Execute runs at once as far as they are not too early; each of the others when its time has come."""
    now = trio.current_time()
    at_once: list[Run] = []

    async def all_of(runs: Sequence[Run]) -> None:
        rest = execute(runs)
        if rest is not None:
            await rest

    async def later(wait: float, run: Run) -> None:
        await trio.sleep(wait)
        await all_of([run])

    async with trio.open_nursery() as nursery:
        for run in runs:
            session = run.session
            wait = pace.before(session.client_id, session.number, len(run.commands), now)
            if wait:
                nursery.start_soon(later, wait, run)
            else:
                at_once.append(run)
        if at_once:
            await all_of(at_once)


async def _answer_later(wait: float, run: Run, i: int, reply: Any) -> None:
    try:
        await trio.sleep(wait)
    finally:
        # Also when the server stops: what was executed is answered.
        run.reply(i, reply)


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
        return self._open().decide(account, request)

    def settles(self, request: Request) -> bool:
        """Tell whether a read is to write down first what time has made due: a poll tells of all that infos show."""
        return type(request) is PollRequest and self._open().overdue()

    def _open(self) -> Reading:
        if self._reading is None:
            self._context = self._registry.reading()
            self._reading = self._context.__enter__()
        return self._reading


class _Writes:
    """What a batch has for the writer, and where the replies go; reads ahead of that are answered at once."""

    __slots__ = ("_auditor", "_pace", "_reads", "_registry", "_slots", "calls", "late")

    def __init__(self, registry: Registry, auditor: Auditor, reads: _Reads, pace: Pace) -> None:
        self._registry = registry
        self._auditor = auditor
        self._reads = reads
        self._pace = pace
        self.calls: list[Call] = []
        #: Replies that have to wait: (seconds, run, index, reply).
        self.late: list[tuple[float, Run, int, Any]] = []
        self._slots: list[_Slot] = []

    def begin(self, run: Run) -> None:
        """Answer what can be answered now, keep the rest."""
        account = run.session.client_id
        registry, auditor = self._registry, self._auditor
        live = getattr(run.session, "account", None)
        if live is not None and live.ended:
            self._end(run, live.ended)
            return
        writing = False
        for i, command in enumerate(run.commands):
            origin: Origin | None = None
            wait = 0.0
            try:
                origin = auditor.origin(run.session, command)
                request = request_of(command)
                if self._pace.blocks:
                    self._pace.refuse(account, request, trio.current_time())
                if writing or not is_read(request) or self._reads.settles(request):
                    writing = True
                    self.calls.append(registry.call(account, request, command.cl_trid, origin))
                    self._slots.append((run, i, request))
                    continue
                outcome = self._reads.decide(account, request)
                code, reply = outcome.code, reply_of(request, outcome)
                if self._pace.late:
                    wait = self._pace.after(account, request, outcome, trio.current_time())
            except Refusal as refusal:
                code, reply = refusal.code, refused(refusal)
            except Exception:
                _log.exception("a command of %s failed", account)
                code = reply = codes.FAILED
            if origin is not None:
                transaction = registry.transaction()
                auditor.read(run.session, command, origin, transaction, code)
                reply = identified(reply, transaction)
            self._answer(run, i, reply, wait)

    def _answer(self, run: Run, i: int, reply: Any, wait: float) -> None:
        if wait:
            self.late.append((wait, run, i, reply))
        else:
            run.reply(i, reply)

    def _end(self, run: Run, why: str) -> None:
        """Answer the first command of a session that must not go on; it closes with that."""
        ended = Reply(_CLOSING, text=f"{MESSAGES[_CLOSING]} ({why})")
        command = run.commands[0]
        origin = self._auditor.origin(run.session, command)
        transaction = self._registry.transaction()
        if origin is not None:
            self._auditor.read(run.session, command, origin, transaction, _CLOSING)
        for i in range(len(run.commands)):
            run.reply(i, identified(ended, transaction))

    async def finish(self) -> None:
        """Have the rest executed and answer it."""
        outcomes = await self._registry.submit(self.calls)
        now = trio.current_time() if self._pace.late else 0.0
        for (run, i, request), call, outcome in zip(self._slots, self.calls, outcomes, strict=True):
            # The identifier that history and audit know it by is the one that its registrar is told.
            reply = identified(reply_of(request, outcome), call.transaction)
            wait = self._pace.after(call.account, request, outcome, now) if self._pace.late else 0.0
            self._answer(run, i, reply, wait)
