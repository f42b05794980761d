"""One EPP connection over a stream of the caller's: callers that share it, a reader, a writer."""

from __future__ import annotations

import contextlib
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

import trio
from trio.lowlevel import (
    Abort,
    Task,
    checkpoint_if_cancelled,
    current_task,
    reschedule,
    wait_task_rescheduled,
)

from regwire.epp.client import ClientConfig, ClientSession, unknown_error
from regwire.epp.messages.core import Command, Hello
from regwire.epp.state import ClientState
from regwire.errors import EncodeError
from regwire.session import Outcome, Reply, Slot, Unknown
from regwire.session.items import Closed

__all__ = ["Conversation", "StreamLine"]

logger = logging.getLogger("regwire.trio.epp")

CHUNK = 65536
"""Octets of one read: a TLS record is at most 16 KiB, four of them fit."""

GOODBYE_SECONDS = 1.0
"""How long close_notify may take to leave."""


class Conversation:
    """Callers that share one session: each sends and waits for its own reply.

    `transmit(message)` queues a message for sending and raises EncodeError without queueing anything; `changed()` is
    called when a slot became free or the session ended.
    """

    __slots__ = ("_queue", "_transmit", "changed", "session", "used")

    def __init__(
        self, session: ClientSession, transmit: Callable[[Any], None], changed: Callable[[], None] | None = None
    ) -> None:
        self.session = session
        self._transmit = transmit
        self._queue: deque[Task] = deque()
        self.changed = changed
        self.used = trio.current_time()

    @property
    def closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self.session.state is ClientState.CLOSED

    async def exchange(self, message: Hello | Command) -> Any:
        """Send a message, wait for what answers it.

        Cancelled before it was sent, it is not sent. Cancelled after, its slot stays and swallows the reply. Raises
        NotSent, OutcomeUnknown, EncodeError.
        """
        await checkpoint_if_cancelled()
        session = self.session
        if self._queue or session.window.full:
            await self._room()
        self.used = now = trio.current_time()
        slot = session.send(message, now)
        try:
            self._transmit(slot.message)
        except EncodeError:
            session.unsend(slot)
            self._wake_next()
            raise
        slot.waiter = current_task()
        await wait_task_rescheduled(slot_abort(slot))
        result = slot.outcome
        if isinstance(result, Reply):
            return result.response
        assert isinstance(result, Unknown)
        raise unknown_error(result)

    async def _room(self) -> None:
        """Wait for a place in the window, in the order of arrival."""
        session = self.session
        while not self.closed:
            task = current_task()
            self._queue.append(task)

            def abort(_: object, task: Task = task) -> Abort:
                self._queue.remove(task)
                return Abort.SUCCEEDED

            await wait_task_rescheduled(abort)
            if not session.window.full:
                return
        # The session is over: `send` says so.

    def _wake_next(self) -> None:
        if self._queue and not self.session.window.full:
            reschedule(self._queue.popleft())

    def deliver(self, item: Any) -> None:
        """Give one received item to the session, and its outcomes to their callers."""
        self.settle(self.session.receive(item, trio.current_time()))

    def settle(self, outcomes: list[Outcome]) -> None:
        """Give outcomes to their callers."""
        for result in outcomes:
            slot = result.slot if isinstance(result, Reply | Unknown) else None
            if slot is None or slot.waiter is None:
                if isinstance(result, Unknown):
                    logger.warning("outcome unknown, and nobody waits for it: %s", result.reason)
                continue
            task, slot.waiter = slot.waiter, None
            slot.outcome = result
            reschedule(task)
        if self.closed:
            while self._queue:
                reschedule(self._queue.popleft())
        elif self._queue:
            for _ in outcomes:
                self._wake_next()
        if self.changed is not None:
            self.changed()


def slot_abort(slot: Slot) -> Callable[[object], Abort]:
    """What cancellation does to a caller that waits: the slot stays."""

    def abort(_: object) -> Abort:
        slot.abandon()
        return Abort.SUCCEEDED

    return abort


class StreamLine:
    """A connection over a stream that the caller gives: a pair in memory, a tunnel."""

    def __init__(self, stream: trio.abc.Stream, wire: Any, config: ClientConfig, nursery: trio.Nursery) -> None:
        self._stream = stream
        self._wire = wire
        self.session = self._session = ClientSession(config, trio.current_time())
        self._conversation = Conversation(self._session, self._transmit)
        self._writer: Task | None = None
        self._scope = trio.CancelScope()
        self._greeted = trio.Event()
        nursery.start_soon(self._read)
        nursery.start_soon(self._write)

    @property
    def peer(self) -> Any:
        """TLS version, cipher, certificates; None on a plain stream."""
        return self._wire.peer

    async def submit(self, message: Hello | Command) -> Any:
        """Send a message, wait for what answers it."""
        if not self._session.window:
            # Nothing was outstanding: the reader sleeps without a deadline.
            self._scope.deadline = trio.current_time() + self._session.config.reply_timeout
        return await self._conversation.exchange(message)

    async def greeted(self) -> None:
        """Wait for the greeting, or the end of the session."""
        await self._greeted.wait()

    async def close(self) -> None:
        """End the session, and close the stream."""
        # Shielded: a cancelled block says goodbye too, but not for long.
        with trio.CancelScope(shield=True, deadline=trio.current_time() + GOODBYE_SECONDS):
            await self._shut()
        with trio.CancelScope(shield=True):
            await trio.aclose_forcefully(self._stream)

    def _transmit(self, message: Any) -> None:
        self._wire.send_message(message)
        self._wake_writer()

    def _wake_writer(self) -> None:
        if self._writer is not None:
            task, self._writer = self._writer, None
            reschedule(task)

    async def _write(self) -> None:
        try:
            while not (self._conversation.closed and not self._wire.handshaking):
                data = self._wire.outgoing()
                if data:
                    await self._stream.send_all(data)
                    continue
                self._writer = current_task()
                await wait_task_rescheduled(self._writer_abort)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            self._lose("reset", str(error.__cause__ or error) or "cannot be written to")

    def _writer_abort(self, _: object) -> Abort:
        self._writer = None
        return Abort.SUCCEEDED

    async def _read(self) -> None:
        try:
            while not self._conversation.closed:
                data = await self._receive()
                if data is None:
                    self._conversation.settle(self._session.tick(trio.current_time()))
                    continue
                for item in self._wire.receive(data):
                    self._conversation.deliver(item)
                if not data:
                    self._lose("eof", "the server closed the connection")
                self._wake_writer()
                if self._session.greeting is not None:
                    self._greeted.set()
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            self._lose("reset", str(error.__cause__ or error) or "reset")
        except (OSError, ValueError) as error:
            self._lose("tls", str(error))
        finally:
            self._greeted.set()
            self._wake_writer()

    async def _receive(self) -> bytes | None:
        """Read; None when the deadline of the oldest reply passed."""
        deadline = self._session.deadline
        self._scope = trio.CancelScope(deadline=float("inf") if deadline is None else deadline)
        with self._scope:
            return bytes(await self._stream.receive_some(CHUNK))
        return None

    def _lose(self, reason: str, detail: str) -> None:
        self._conversation.deliver(Closed(reason, detail, clean=reason == "eof"))

    async def _shut(self) -> None:
        """End the session from this side: close_notify, when the stream takes it."""
        self._conversation.settle(self._session.close())
        self._wire.close()
        data = self._wire.outgoing()
        if data:
            with contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError, trio.BusyResourceError):
                await self._stream.send_all(data)
