"""One reactor for all clients of a `trio.run`: one descriptor to wait for, one flush a turn, whoever sends.

A client acquires the hub, adds its sessions, and releases it. The hub's own task ends with its last user.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from typing import Any, Final, Protocol

import trio
from trio.abc import Instrument
from trio.lowlevel import Abort, RunVar, cancel_shielded_checkpoint, reschedule, wait_readable, wait_task_rescheduled

from regwire.session import Hub
from regwire.trio._reactor import make_reactor

__all__ = ["ClientHub", "User"]

TICK_SECONDS: Final = 0.5
"""How often overdue replies and idle sessions are looked for: short against every deadline."""

BUSY: Final = 4
"""Replies of a poll from which on the next poll does not wait for the descriptor."""


class User(Protocol):
    """What the hub tells its users."""

    def tick(self, now: float) -> None:
        """Called every half second: look for what is overdue."""

    def failed(self, error: Exception) -> None:
        """The hub's task ended with an error of this program: nothing will arrive any more."""


def _parked(abort: Callable[[Any], Abort]) -> object:
    """What a task yields to trio in order to sleep: `wait_task_rescheduled` up to its only step, without its frame."""
    coroutine = wait_task_rescheduled(abort)
    try:
        return coroutine.send(None)
    finally:
        coroutine.close()


class ClientHub(Instrument):
    """The reactor of the clients of this `trio.run`; made by `acquire`."""

    def __init__(self) -> None:
        self.reactor = make_reactor()
        self.hub = Hub(self.reactor, wake=reschedule, park=_parked, given_up=Abort.SUCCEEDED, clock=trio.current_time)
        self._users: list[User] = []
        self._token = trio.lowlevel.current_trio_token()
        self._scope = trio.CancelScope()
        self._busy = False
        self._error: Exception | None = None

    # ---------------------------------------------------------------------------------------------------------- users

    @classmethod
    def acquire(cls, user: User) -> ClientHub:
        """Use the hub of this run, until `release`."""
        hub = _current.get(None)
        if hub is None:
            hub = cls()
            _current.set(hub)
            trio.lowlevel.add_instrument(hub)
            trio.lowlevel.spawn_system_task(hub._run)
        hub._users.append(user)
        return hub

    def release(self, user: User) -> None:
        """Stop using it; the last user ends it. The sessions of the user must be closed before."""
        self._users.remove(user)
        self._step(self.reactor.flush)
        if self._users:
            return
        if _current.get(None) is self:
            _current.set(None)
        self._scope.cancel()
        with contextlib.suppress(KeyError):  # trio removed it after an error, which was reported
            trio.lowlevel.remove_instrument(self)
        self._step(self.reactor.poll)
        self.reactor.shutdown()

    def _fail(self, error: Exception) -> None:
        """An error of ours must reach those who use the hub, not end in trio's log."""
        self._error = error
        if _current.get(None) is self:
            _current.set(None)
        self._scope.cancel()
        for user in list(self._users):
            user.failed(error)

    def _step(self, call: Callable[[], object]) -> None:
        try:
            call()
        except Exception as error:
            self._fail(error)

    # ---------------------------------------------------------------------------------------------------------- turns

    async def _run(self) -> None:
        with self._scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._tick)
                await self._drive()

    async def _drive(self) -> None:
        """Poll when there is something; while there is much, poll at the end of every turn instead."""
        descriptor = self.reactor.fileno()
        while True:
            await wait_readable(descriptor)
            self._poll()
            while self._busy and not self._scope.cancel_called:
                # In the run queue until the next turn ends: trio does not wait, and `before_io_wait` polls.
                await cancel_shielded_checkpoint()

    def _poll(self) -> None:
        try:
            waiting = self.reactor.poll()
            if waiting:
                self.hub.events(waiting)
            self._busy = waiting >= BUSY
        except Exception as error:
            self._busy = False
            self._fail(error)

    def before_io_wait(self, timeout: float) -> None:
        """Every task that could run has run: send what they queued, in one flush.

        A task of its own for that would cost each command a share of another pass of trio's loop.
        """
        hub = self.hub
        hub.woke = False
        try:
            hub.turn()
        except Exception as error:  # trio would log it and go on without us
            self._fail(error)
            hub.woke = True
        if self._busy:
            self._poll()
        if hub.woke and timeout > 0:
            # A command was refused: trio has decided to sleep, and must not.
            self._token.run_sync_soon(_nothing, idempotent=True)

    async def _tick(self) -> None:
        while True:
            await trio.sleep(TICK_SECONDS)
            now = trio.current_time()
            for user in list(self._users):
                self._step(partial(user.tick, now))


_current: RunVar[ClientHub | None] = RunVar("regwire client hub", default=None)


def _nothing() -> None:
    """Only wakes trio."""
