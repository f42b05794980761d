"""The background thread that blocking clients run on."""

from __future__ import annotations

import os
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, TypeVar

import trio

from regwire.errors import NotSent, OutcomeUnknown

__all__ = ["Held", "Portal"]

T = TypeVar("T")


class Portal:
    """One trio thread a process, started with the first client and stopped with the last.

    `Portal.acquire()` and `release()` count its users. After a fork the child starts its own.
    """

    _lock = threading.Lock()
    _current: Portal | None = None

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._users = 0
        self._token: trio.lowlevel.TrioToken | None = None
        self._nursery: trio.Nursery | None = None
        self._stop: trio.Event | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="regwire", daemon=True)

    @classmethod
    def acquire(cls) -> Portal:
        """Use the process's portal."""
        with cls._lock:
            portal = cls._current
            if portal is None or portal._pid != os.getpid():
                portal = cls._current = cls()
                portal._thread.start()
                portal._ready.wait()
            portal._users += 1
            return portal

    def release(self) -> None:
        """Stop using it; the last user stops the thread and waits for its end."""
        with self._lock:
            self._users -= 1
            if self._users or self._pid != os.getpid():
                return
            Portal._current = None
        stop = self._stop
        assert stop is not None
        trio.from_thread.run_sync(stop.set, trio_token=self._token)
        self._thread.join()

    def _run(self) -> None:
        trio.run(self._main)

    async def _main(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        self._stop = trio.Event()
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            self._ready.set()
            await self._stop.wait()
            nursery.cancel_scope.cancel()

    def call(self, function: Callable[..., Awaitable[T]], *args: Any) -> T:
        """Run an async function in the thread and wait for what it returns or raises."""
        if self._pid != os.getpid():
            raise NotSent("the process was forked: a connection cannot be shared with the parent, open another")
        try:
            result: T = trio.from_thread.run(function, *args, trio_token=self._token)
        except trio.RunFinishedError:
            # Another thread closed the last client meanwhile; the function was not begun.
            raise NotSent("the client is closed") from None
        except trio.Cancelled:
            raise OutcomeUnknown("the client was closed before its call was done") from None
        return result

    def hold(self, manager: AbstractAsyncContextManager[T]) -> Held[T]:
        """Enter an async context manager in the thread, and keep it open until `Held.close()`."""
        held = Held(self, manager)
        assert self._nursery is not None
        self.call(self._nursery.start, held._run)
        return held


class Held(Generic[T]):
    """An async context manager that is open in the background. `value` is what entering it gave."""

    value: T

    def __init__(self, portal: Portal, manager: AbstractAsyncContextManager[T]) -> None:
        self._portal = portal
        self._manager = manager
        self._error: BaseException | None = None

    async def _run(self, task_status: trio.TaskStatus[None]) -> None:
        self._stop, self._done = trio.Event(), trio.Event()
        started = False
        try:
            async with self._manager as self.value:
                started = True
                task_status.started()
                await self._stop.wait()
        except BaseException as error:
            if not started or isinstance(error, trio.Cancelled | KeyboardInterrupt):
                raise
            self._error = error
        finally:
            self._done.set()

    async def _close(self) -> None:
        self._stop.set()
        await self._done.wait()

    def close(self) -> None:
        """Leave the context manager; raises what leaving raised."""
        self._portal.call(self._close)
        if self._error is not None:
            raise self._error
