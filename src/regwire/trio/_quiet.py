"""Whether trio has anything to do but to wait for one reactor: then the task that drives it may wait by itself.

Going to sleep in trio and waking up costs more than a small command: a change of the registration, a pass of the run
loop, the task's frames. A task that is alone can wait for its reactor and for trio's own descriptor in one system call
instead, and serve what arrives at once. Nothing else is late for it: it is woken by whatever would wake trio (sockets
of other tasks, other threads, signals), stops for trio's next deadline, and gives way as soon as a task was scheduled.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from time import monotonic
from types import FrameType
from typing import Final

import trio
from trio.abc import Instrument
from trio.lowlevel import RunVar, Task, add_instrument

__all__ = ["Quiet"]

LONGEST_WAIT: Final = 0.01
"""Seconds of one wait: an idle server sleeps in trio."""

LONGEST_STRETCH: Final = 0.05
"""Seconds after which trio has its turn in any case: a plain handler may have set an earlier deadline."""


class Quiet(Instrument):
    """What a task that drives a reactor must know of the rest of this `trio.run`.

    `beside` is trio's own descriptor, or None where there is no telling: then `patience()` is always 0.
    """

    def __init__(self, descriptor: int) -> None:
        self.beside = waiter_of(descriptor) if _runs_alone() else None
        self._scheduled = 2  # unknown until the next pass
        self._wakes = self._ends = 0.0

    @classmethod
    def of_run(cls, descriptor: int) -> Quiet:
        """That of this run; `descriptor` is one that trio has waited for."""
        quiet = _current.get(None)
        if quiet is None:
            quiet = cls(descriptor)
            _current.set(quiet)
            if quiet.beside is not None:
                add_instrument(quiet)
        return quiet

    # ---------------------------------------------------------------------------------------------------------- trio's

    def before_io_wait(self, timeout: float) -> None:
        """No task can run; trio sleeps for `timeout` seconds, if nothing happens."""
        self._scheduled = 0
        self._wakes = monotonic() + timeout

    def task_scheduled(self, task: Task) -> None:
        """One more task will run in this pass or the next."""
        self._scheduled += 1

    # -------------------------------------------------------------------------------------------------------- a task's

    def begin(self) -> None:
        """The calling task was woken by its reactor."""
        self._ends = min(self._wakes, monotonic() + LONGEST_STRETCH)

    def patience(self) -> float:
        """How many seconds the calling task may wait in trio's place; none at all when it is not positive."""
        if self._scheduled != 1:
            return 0.0
        return min(self._ends - monotonic(), LONGEST_WAIT)


_current: RunVar[Quiet | None] = RunVar("regwire quiet", default=None)


def _runs_alone() -> bool:
    """Whether this is `trio.run`, and not a guest in somebody else's event loop, which must not be kept waiting."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_code is trio.run.__code__:
            return True
        frame = frame.f_back
    return False


def waiter_of(descriptor: int) -> int | None:
    """The epoll descriptor of this process that `descriptor` was added to; None if that cannot be found out."""
    with suppress(OSError):
        for name in os.listdir("/proc/self/fd"):
            with suppress(OSError, ValueError):
                if "[eventpoll]" in os.readlink(f"/proc/self/fd/{name}") and descriptor in _watched(name):
                    return int(name)
    return None


def _watched(epoll: str) -> list[int]:
    with open(f"/proc/self/fdinfo/{epoll}", encoding="ascii") as lines:
        return [int(line.split()[1]) for line in lines if line.startswith("tfd:")]
