"""The tasks of a server: one leads, the others wait with handlers, or for their turn.

The leader drives the reactor and the hot loop, and begins handlers right there. When a handler waits, its coroutine
must go on in the task it was begun in, because cancel scopes and nurseries belong to tasks: so the leader stays with
it, and another task leads from there on. A handler that does not wait costs no switch of tasks at all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

import trio
from trio.lowlevel import Abort, Task, current_task, reschedule, wait_task_rescheduled

from regwire.session import Job, Loop
from regwire.trio._reactor import drive

__all__ = ["IDLE_WORKERS", "Workers"]

logger = logging.getLogger("regwire.trio.workers")

IDLE_WORKERS: Final = 256
"""Tasks that are kept for later. Beyond that a task ends with its job: a burst must not cost memory for good."""


class Workers:
    """Tasks for what waits: the driver's part of `regwire.epp.engine.Engine` (its `Waiting`).

    `active` is the number of jobs that are not done.
    """

    def __init__(self, reactor: Any) -> None:
        self.active = 0
        self._reactor = reactor
        self._idle: list[_Worker] = []
        self._turner: Task | None = None
        self._turn_due = False

    def open(self, nursery: trio.Nursery, loop: Loop) -> None:
        """Begin, in this nursery; its end is that of the workers."""
        self._nursery = nursery
        self._loop = loop
        nursery.start_soon(self._turn)
        self._lead_on()

    # ------------------------------------------------------------------------------------------------ for the engine

    def start(self, job: Job) -> None:
        """Let an idle task do this job, or a new one."""
        self.active += 1
        if self._idle:
            worker = self._idle.pop()
            worker.job = job
            reschedule(worker.task)
        else:
            self._nursery.start_soon(self._work, job)

    def kick(self) -> None:
        """Let `loop.turn()` run soon, once for all that ask for it in the same turn of trio."""
        if self._turn_due:
            return
        self._turn_due = True
        if self._turner is not None:
            task, self._turner = self._turner, None
            reschedule(task)

    # --------------------------------------------------------------------------------------------------------- tasks

    async def _turn(self) -> None:
        while True:
            if not self._turn_due:
                self._turner = current_task()
                await wait_task_rescheduled(_abort)
            self._turn_due = False
            self._loop.turn()

    def _lead_on(self) -> None:
        """Let an idle task take the lead, or a new one. It goes on where the leader stopped."""
        if self._idle:
            worker = self._idle.pop()
            worker.leads = True
            reschedule(worker.task)
        else:
            self._nursery.start_soon(self._work, None)

    async def _work(self, job: Job | None) -> None:
        """Lead (when there is no job), do jobs and what follows from them, park: until idle tasks are enough.

        This is the path of every command that waits: few calls, nothing made twice.
        """
        worker, idle, done = _Worker(current_task(), job), self._idle, self._loop.done
        leave = worker.abort(idle)
        try:
            while True:
                if worker.leads:
                    await self._lead(worker)
                job = worker.job
                while job is not None:
                    try:
                        await job
                    except trio.Cancelled:
                        self._cancelled_by_whom()
                        job.fail(RuntimeError("cancelled by a cancel scope that another command left open"))
                    worker.job = job = done(job)
                self.active -= 1
                if not self.active:
                    self._loop.turn()  # no other job can end in this turn of trio: no reason to put it off
                elif not self._turn_due:
                    self.kick()
                if len(idle) >= IDLE_WORKERS:
                    return
                idle.append(worker)
                await wait_task_rescheduled(leave)
        except trio.Cancelled:
            self._cancelled_by_whom()
            if worker.leads:
                self._lead_on()

    async def _lead(self, worker: _Worker) -> None:
        """Drive the reactor until a handler waits; then the lead is another's."""
        job = self._loop.resume()
        if job is None:
            job = await drive(self._reactor, self._loop.events)
        self.active += 1
        worker.job, worker.leads = job, False
        self._lead_on()

    def _cancelled_by_whom(self) -> None:
        """Raise on if the server is stopping; else it was a cancel scope that a handler left open in this task.

        That ends the task, and what it awaits, but not the server.
        """
        if self._nursery.cancel_scope.cancel_called:
            raise  # noqa: PLE0704 - called while handling Cancelled
        logger.error("a handler left a cancel scope open, which was cancelled", extra={"event": "workers.cancelled"})


class _Worker:
    """A task; `leads` whether it has the lead, `job` what it does."""

    __slots__ = ("job", "leads", "task")

    def __init__(self, task: Task, job: Job | None) -> None:
        self.task = task
        self.job = job
        self.leads = job is None

    def abort(self, idle: list[_Worker]) -> Callable[[object], Abort]:
        """What to do when the task is cancelled while it is idle."""

        def leave(_: object) -> Abort:
            idle.remove(self)
            return Abort.SUCCEEDED

        return leave


def _abort(_: object) -> Abort:
    return Abort.SUCCEEDED
