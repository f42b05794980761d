"""A server that waits in trio's place is woken by whatever would wake trio, and lets other tasks run.

The waits are made so long that a test would not end if something were only seen when they are over.
"""

from __future__ import annotations

import os
import queue
import select
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
from reactor_rig import WireClient, listening
from regwire_native import Reactor, SessionLimits

from regwire.trio import _quiet
from regwire.trio._quiet import Quiet, waiter_of
from regwire.trio._reactor import drive, make_reactor

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fdinfo"), reason="needs Linux' /proc/self/fdinfo")

Seen = Callable[[bytes], None]
Ask = Callable[..., Awaitable[None]]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_quiet, "LONGEST_WAIT", 40.0)
    monkeypatch.setattr(_quiet, "LONGEST_STRETCH", 60.0)


class Passes(trio.abc.Instrument):
    """Counts passes of trio's loop."""

    def __init__(self) -> None:
        self.count = 0

    def before_io_wait(self, timeout: float) -> None:
        self.count += 1


def answering(reactor: Reactor, seen: Seen) -> Callable[[int], None]:
    def handle(n: int) -> None:
        while n > 0:
            owners, items = reactor.take()
            n -= len(items)
            for owner, item in zip(owners, items, strict=True):
                if isinstance(item, bytes):
                    assert isinstance(owner, int)
                    seen(item)
                    reactor.send(owner, item)
        reactor.flush()

    return handle


def scene(test: Callable[[Ask], Awaitable[None]], seen: Seen = lambda _: None, *, thread: bool = False) -> None:
    """Run `test(ask)` beside an echo server; the client that asks lives in a thread of its own, outside of trio."""

    async def main() -> None:
        reactor = make_reactor(thread=thread)
        with listening() as sock:
            port = sock.getsockname()[1]
            reactor.listen(sock.fileno(), framing="epp", tls=None, limits=SessionLimits())

        async def ask(*payloads: bytes, then: Callable[[], object] = object) -> None:
            def talk() -> None:
                with socket.create_connection(("127.0.0.1", port), timeout=30) as sock:
                    client = WireClient(sock, None)
                    for payload in payloads:
                        assert client.ask(payload) == payload
                    then()

            await trio.to_thread.run_sync(talk)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(drive, reactor, answering(reactor, seen))
            await test(ask)
            nursery.cancel_scope.cancel()

    trio.run(main)


@pytest.mark.parametrize("thread", [False, True], ids=["here", "thread"])
def test_one_client_is_served_without_passes_of_trio(thread: bool) -> None:
    passes = Passes()

    async def test(ask: Ask) -> None:
        trio.lowlevel.add_instrument(passes)
        await ask(*(b"%d" % number for number in range(500)))

    scene(test, thread=thread)
    assert passes.count < 100


def test_other_threads_wake_trio_while_the_server_waits() -> None:
    async def test(ask: Ask) -> None:
        # The end of the client's thread is what the server must not miss: it waits when it has answered.
        for payload in (b"one", b"two", b"three"):
            await ask(payload)

    scene(test)


def test_a_task_that_the_handler_wakes_runs_at_once() -> None:
    come, ran = trio.Event(), threading.Event()

    async def waiting() -> None:
        await come.wait()
        ran.set()

    async def test(ask: Ask) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(waiting)
            seen_in_time: list[bool] = []
            await ask(b"x", then=lambda: seen_in_time.append(ran.wait(timeout=20)))
        assert seen_in_time == [True]

    scene(test, lambda _: come.set())


def test_deadlines_of_other_tasks_are_kept() -> None:
    async def test(ask: Ask) -> None:
        await ask(b"x")
        with trio.move_on_after(0.05) as scope:
            await trio.sleep_forever()
        assert scope.cancelled_caught

    scene(test)


def test_sockets_of_other_tasks_wake_them() -> None:
    async def test(ask: Ask) -> None:
        near, far = trio.socket.socketpair()
        with near, far:

            async def late() -> None:
                assert await near.recv(1) == b"y"

            async with trio.open_nursery() as nursery:
                nursery.start_soon(late)
                await ask(b"x")
                await trio.to_thread.run_sync(os.write, far.fileno(), b"y")

    scene(test)


def test_the_epoll_descriptor_that_watches_a_descriptor_is_found() -> None:
    near, far = socket.socketpair()
    with near, far, select.epoll() as first, select.epoll() as second:
        assert waiter_of(far.fileno()) is None
        first.register(near.fileno(), select.EPOLLIN)
        second.register(far.fileno(), select.EPOLLIN | select.EPOLLONESHOT)
        assert waiter_of(far.fileno()) == second.fileno()


def test_without_proc_the_task_sleeps_in_trio(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> Any:
        raise FileNotFoundError

    monkeypatch.setattr("os.listdir", missing)
    assert waiter_of(0) is None


def test_a_guest_leaves_the_host_its_turn() -> None:
    """In a guest run nobody but the host waits."""
    beside: list[int | None] = []

    async def guest() -> None:
        near, far = socket.socketpair()
        with near, far:
            near.send(b"x")
            await trio.lowlevel.wait_readable(far)
            beside.append(Quiet.of_run(far.fileno()).beside)

    calls: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
    ended: list[Any] = []
    trio.lowlevel.start_guest_run(guest, run_sync_soon_threadsafe=calls.put, done_callback=ended.append)
    while not ended:
        calls.get(timeout=30)()
    ended[0].unwrap()
    assert beside == [None]


def test_patience_is_for_a_task_that_is_alone_and_ends_with_the_deadline() -> None:
    async def main() -> None:
        quiet, task = Quiet(-1), trio.lowlevel.current_task()
        quiet.begin()
        assert quiet.patience() <= 0  # nothing is known yet
        quiet.before_io_wait(1000.0)
        quiet.task_scheduled(task)
        quiet.begin()
        assert 5.0 < quiet.patience() <= 40.0
        quiet.task_scheduled(task)
        assert quiet.patience() <= 0
        quiet.before_io_wait(5.0)
        quiet.task_scheduled(task)
        quiet.begin()
        assert quiet.patience() <= 5.0
        quiet.before_io_wait(0.0)
        quiet.task_scheduled(task)
        quiet.begin()
        assert quiet.patience() <= 0

    trio.run(main)
