"""Drives a reactor from trio: waits for its one descriptor, polls, and hands what happened to a callback.

The same loop serves a reactor that works in the caller's thread and one on a thread of its own (`make_reactor`): both
are one descriptor to wait for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import trio
from regwire_native import Reactor, ReactorLimits

from regwire.trio._quiet import Quiet

T = TypeVar("T")

#: Polls without a checkpoint while there is always more to do: a checkpoint costs more than a small poll.
POLLS_PER_TURN: Final = 4


def make_reactor(limits: ReactorLimits | None = None, *, thread: bool = False) -> Reactor:
    """A reactor for `drive`.

    `thread`: run the network side (TLS, framing, system calls) on a native thread of its own, beside Python. It helps
    when a second core is free and the Python side is busy; it costs a wake-up each way when sessions are few and quiet.
    """
    return Reactor(limits, thread=thread)


async def drive(reactor: Reactor, handle: Callable[[int], T | None]) -> T:
    """Run `reactor` until cancelled, or until `handle` returns something other than None, which is returned.

    `handle(n)` is called after a poll that left `n` > 0 items; it takes them (`reactor.take()`), answers, and calls
    `reactor.flush()` once. It must not block. An exception of `handle` ends the loop. Cancellation happens only between
    polls, never between taking an item and its flush.

    While no other task can run, the next items are waited for in trio's place (`regwire.trio._quiet`).
    """
    descriptor = reactor.fileno()
    await trio.lowlevel.wait_readable(descriptor)
    quiet = Quiet.of_run(descriptor)
    linger = getattr(reactor, "linger", None)  # one in memory has none
    while True:
        quiet.begin()
        polls, waiting = 1, reactor.poll()
        while True:
            if waiting:
                found = handle(waiting)
                if found is not None:
                    return found
                if waiting > 1 and polls < POLLS_PER_TURN:
                    polls, waiting = polls + 1, reactor.poll()
                    continue
            # Little is going on (a second poll would hardly find more), or enough was done without a look at the rest.
            if quiet.beside is None or linger is None or (patience := quiet.patience()) <= 0:
                break
            polls, waiting = 1, linger(quiet.beside, patience)
            if not waiting:
                break
        await trio.lowlevel.wait_readable(descriptor)
