"""Group commit: one thread decides and commits whatever has come together meanwhile; waiters are woken once a group."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Final

import trio

from regwire.registry.model import codes
from regwire.registry.model.audit import Audited
from regwire.registry.model.outcomes import Outcome
from regwire.registry.model.requests import Call
from regwire.registry.store.base import Store

__all__ = ["GroupCommit"]

_log = logging.getLogger("regwire.registry.store")

#: Notes that are written without waiting for a group or for time; who adds more than twice as many waits.
_NOTES: Final = 1000
#: Seconds that a note waits for a group at most.
_NOTED_AFTER: Final = 1.0
#: Seconds that a group waits at most until as many calls have come as the last one had: a call of a small group costs
#: several times what one of a large group does, and takes the core from those who only read.
_GATHERED = 0.002
#: What wakes the writer for notes.
_FIRST: Final = "the first note"
_MANY: Final = "many notes"


class _Submission:
    """The calls of one submit() and what became of them."""

    __slots__ = ("calls", "done", "outcomes")

    def __init__(self, calls: Sequence[Call]) -> None:
        self.calls = calls
        self.outcomes: list[Outcome] = []
        self.done = trio.Event()


class _Ticket:
    """A submission that waits for room."""

    __slots__ = ("admitted", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self.admitted = trio.Event()


class GroupCommit:
    """The way for trio tasks to a store's `regwire.registry.store.base.Store.execute`.

    Calls are decided in the order they are submitted. While one group commits, the next one gathers, so that groups
    grow with the load by themselves. A group that is smaller than the last one waits a moment (2 ms at most) for the
    calls of those that were answered together then; who writes alone never waits.

    Args:
        store: what the groups are executed on.
        limit: calls in one group at most (a submission is never split: one larger than this is a group of its own).
        capacity: calls waiting at most; `submit` waits while there are more.

    """

    def __init__(self, store: Store, *, limit: int, capacity: int) -> None:
        self._store = store
        self._limit = limit
        self._capacity = capacity
        self._queue: queue.SimpleQueue[_Submission | str | None] = queue.SimpleQueue()
        self._waiting = 0
        self._lobby: deque[_Ticket] = deque()
        self._closed = False
        self._token = trio.lowlevel.current_trio_token()
        self._notes: deque[Audited] = deque()
        self._room = trio.Event()
        # Calls in the last group.
        self._last = 0
        self.groups = 0
        self.largest = 0
        self._thread = threading.Thread(target=self._run, name="regwire-store-writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Calls submitted and not answered yet."""
        return self._waiting

    async def submit(self, calls: Sequence[Call]) -> list[Outcome]:
        """Execute calls in this order, other tasks' calls between them or not; return their outcomes in order.

        Waits for room in the queue first; cancelled there, nothing was done. Once queued the calls will be decided and
        committed whatever happens, so from then on cancellation waits for the outcome, and this returns normally.
        """
        if self._lobby or not self._fits(len(calls)):
            await self._wait_for_room(len(calls))
        else:
            self._waiting += len(calls)
        if self._closed:
            self._waiting -= len(calls)
            raise trio.ClosedResourceError("the store is closed")
        submission = _Submission(calls)
        self._queue.put(submission)
        with trio.CancelScope(shield=True):
            await submission.done.wait()
        return submission.outcomes

    def _fits(self, size: int) -> bool:
        # One that is larger than the whole queue goes when the queue is empty.
        return not self._waiting or self._waiting + size <= self._capacity

    async def _wait_for_room(self, size: int) -> None:
        """Wait in line, so that small submissions do not overtake a large one for ever."""
        ticket = _Ticket(size)
        self._lobby.append(ticket)
        try:
            await ticket.admitted.wait()
        except trio.Cancelled:
            if ticket.admitted.is_set():
                self._waiting -= size
            else:
                self._lobby.remove(ticket)
            self._admit()
            raise

    def _admit(self) -> None:
        while self._lobby and (self._closed or self._fits(self._lobby[0].size)):
            ticket = self._lobby.popleft()
            self._waiting += ticket.size
            ticket.admitted.set()

    def note(self, note: Audited) -> None:
        """Have a command that needed no writing go into the audit: with the next group, or within a second."""
        self._notes.append(note)
        if len(self._notes) == 1:
            self._queue.put(_FIRST)
        elif len(self._notes) == _NOTES:
            self._queue.put(_MANY)

    @property
    def crowded(self) -> bool:
        """Whether so much is noted and not written that whoever notes more should wait: `room`."""
        return len(self._notes) > 2 * _NOTES

    async def room(self) -> None:
        """Wait while too much is noted and not written."""
        while self.crowded:
            await self._room.wait()

    async def aclose(self) -> None:
        """Wait until everything submitted is committed and answered, then end the thread. The store stays open."""
        self._closed = True
        with trio.CancelScope(shield=True):
            self._queue.put(None)
            await trio.to_thread.run_sync(self._thread.join)
            self._admit()
            await trio.lowlevel.checkpoint()

    # --- the writer's thread

    def _run(self) -> None:
        ending = False
        while not ending:
            group, ending = self._take()
            if group or self._notes:
                self._execute(group)

    def _take(self) -> tuple[list[_Submission], bool]:
        """Wait for a submission, then take what else is there up to the limit. The second value: the last group.

        Without one it returns an empty group, when what was noted has waited long enough or there is much of it.
        """
        first = self._first()
        if first is None or isinstance(first, str):
            return [], first is None
        group, size, end = [first], len(first.calls), time.monotonic() + _GATHERED
        while size < self._limit:
            wait = max(0.0, end - time.monotonic()) if size < self._last else 0.0
            try:
                submission = self._queue.get(timeout=wait) if wait else self._queue.get_nowait()
            except queue.Empty:
                break
            if submission is None:
                return group, True
            if not isinstance(submission, str):
                group.append(submission)
                size += len(submission.calls)
        return group, False

    def _first(self) -> _Submission | str | None:
        """Return what begins a group: a submission, the end (None), or one of the words that wake for notes."""
        # One that was added while others were taken off was not the first, and woke nobody.
        end = time.monotonic() + _NOTED_AFTER if self._notes else None
        while True:
            try:
                first = self._queue.get(timeout=None if end is None else max(0.0, end - time.monotonic()))
            except queue.Empty:
                return _FIRST
            if first != _FIRST:
                return first
            if self._notes and end is None:
                end = time.monotonic() + _NOTED_AFTER

    def _execute(self, group: list[_Submission]) -> None:
        calls = [call for submission in group for call in submission.calls]
        notes = [self._notes.popleft() for _ in range(len(self._notes))]
        try:
            outcomes = self._store.execute(calls, notes)
        except BaseException as error:
            _log.error("a group of %d commands failed", len(calls), exc_info=error)
            outcomes = [Outcome(codes.FAILED)] * len(calls)
        self.groups += bool(group)
        # One with notes alone says nothing of how many write.
        self._last = len(calls) or self._last
        self.largest = max(self.largest, len(calls))
        start = 0
        for submission in group:
            end = start + len(submission.calls)
            submission.outcomes = outcomes[start:end]
            start = end
        try:
            self._token.run_sync_soon(self._deliver, group)
        except trio.RunFinishedError:
            # Nobody is left to be told; what was acknowledged to nobody is durable nevertheless.
            _log.warning("%d commands were committed after the server had ended", len(calls))

    def _deliver(self, group: list[_Submission]) -> None:
        for submission in group:
            self._waiting -= len(submission.calls)
            submission.done.set()
        self._room.set()
        self._room = trio.Event()
        self._admit()
