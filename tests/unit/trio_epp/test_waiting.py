"""`async def` handlers under serve(): which task does what, cancel scopes, nurseries, context variables, shutdown."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pytest
import trio
from trio.testing import trio_test

from regwire import epp
from regwire.testing import accept_everybody, memory_server
from regwire.trio import _workers
from regwire.trio.epp import Handlers

WHO: ContextVar[str] = ContextVar("WHO", default="nobody")


def info(name: str, cl_trid: str | None = None) -> epp.Command:
    return epp.command(epp.DomainInfo(epp.DomainInfoName(name)), cl_trid=cl_trid)


def check(name: str = "a.example", cl_trid: str | None = None) -> epp.Command:
    return epp.command(epp.DomainCheck((name,)), cl_trid=cl_trid)


def infos(function: Any) -> Handlers:
    """Handlers of which `function(session, name)` answers info, and a plain one check."""
    h = Handlers()

    @h.command(epp.DomainInfo)
    async def answer(session: Any, command: Any, obj: Any) -> Any:
        return await function(session, obj.name.name)

    @h.command(epp.DomainCheck)
    def free(session: Any, command: Any, obj: Any) -> Any:
        return 2303

    return h


@trio_test
async def test_a_handler_that_need_not_wait_switches_no_task(regwire_clock: Any) -> None:
    tasks = []

    async def at_once(session: Any, name: str) -> int:
        tasks.append(trio.lowlevel.current_task())
        return 2303

    async with memory_server(infos(at_once)) as server:
        peers = [await server.logged_in(f"reg-{i}") for i in range(5)]
        for peer in peers:
            await peer.send(info("a"), info("b"))
        for peer in peers:
            assert await peer.codes(2) == [2303, 2303]
    assert len(tasks) == 10
    assert len(set(tasks)) == 1


@trio_test
async def test_a_command_is_awaited_in_one_task_whose_scopes_and_nurseries_work(regwire_clock: Any) -> None:
    async def waits(session: Any, name: str) -> int:
        task = trio.lowlevel.current_task()
        with trio.move_on_after(1) as scope:
            await trio.sleep(5)
        assert scope.cancelled_caught
        assert trio.lowlevel.current_task() is task
        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(trio.sleep, 2)
            assert trio.lowlevel.current_task() is task
        with pytest.raises(trio.TooSlowError), trio.fail_after(1):
            await trio.sleep(5)
        assert trio.current_effective_deadline() == float("inf")
        return 2303

    async with memory_server(infos(waits)) as server:
        peers = [await server.logged_in(f"reg-{i}") for i in range(4)]
        for _ in range(3):
            before = trio.current_time()
            for peer in peers:
                await peer.send(info("a"))
            for peer in peers:
                assert await peer.codes(1) == [2303]
            assert trio.current_time() - before < 4.1


@trio_test
async def test_a_scope_that_is_open_in_one_command_does_not_cancel_others(regwire_clock: Any) -> None:
    async def waits(session: Any, name: str) -> int:
        with trio.move_on_after(float(name)) as scope:
            await trio.sleep(10)
        return 2302 if scope.cancelled_caught else 2303

    async with memory_server(infos(waits)) as server:
        first, second, third = [await server.logged_in(f"reg-{i}") for i in range(3)]
        await first.send(info("1"), check())
        await second.send(info("20"), check())
        await third.send(check(), info("3"), info("20"))
        assert await first.codes(2) == [2302, 2303]
        assert await third.codes(2) == [2303, 2302]
        assert await second.codes(2) == [2303, 2303]
        assert await third.codes(1) == [2303]
        assert 13 <= trio.current_time() < 13.1


@trio_test
async def test_order_within_a_session_and_none_between_sessions(regwire_clock: Any) -> None:
    async def sometimes(session: Any, name: str) -> int:
        if name != "0":
            await trio.sleep(float(name))
        return 2303

    waits = ["0", "2", "0", "0", "1", "0", "3", "3", "0", "0"]
    async with memory_server(infos(sometimes)) as server:
        peers = [await server.logged_in(f"reg-{i}") for i in range(3)]
        for k, peer in enumerate(peers):
            turned = waits[k:] + waits[:k]
            commands = [c for i, n in enumerate(turned) for c in (info(n, f"{k}-i{i}"), check("a", f"{k}-c{i}"))]
            await peer.send(*commands)
        for k, peer in enumerate(peers):
            got = [(await peer.receive()).tr_id.cl_trid for _ in range(20)]
            assert got == [f"{k}-{what}{i}" for i in range(10) for what in "ic"]
        assert 9 <= trio.current_time() < 9.1


@trio_test
async def test_context_variables_are_the_sessions(regwire_clock: Any) -> None:
    async def remember(session: Any, name: str) -> int:
        assert WHO.get() == session.client_id
        WHO.set("lost")
        if name != "now":
            await trio.sleep(1)
        assert WHO.get() == "lost"
        WHO.set(session.client_id)

        async def in_nursery() -> None:
            assert WHO.get() == session.client_id

        async with trio.open_nursery() as nursery:
            nursery.start_soon(in_nursery)
        return 2303

    h = infos(remember)
    seen: list[tuple[str, str]] = []

    @h.login
    async def login(session: Any, login: Any, command: Any) -> Any:
        assert WHO.get() == "server"
        WHO.set(login.cl_id)
        return login.cl_id

    @h.command(epp.HostCheck)
    def plain(session: Any, command: Any, obj: Any) -> Any:
        assert WHO.get() == session.client_id
        return 2303

    h.closed(lambda session, reason: seen.append((session.client_id, WHO.get())))
    WHO.set("server")
    async with memory_server(h) as server:
        peers = [await server.logged_in(f"reg-{i}") for i in range(4)]
        WHO.set("elsewhere")
        for _ in range(2):
            for peer in peers:
                await peer.send(info("later"), epp.command(epp.HostCheck(("h",))), info("now"))
            for peer in peers:
                assert await peer.codes(3) == [2303, 2303, 2303]
        for peer in peers:
            await peer.close()
        await trio.sleep(1)
    assert sorted(seen) == [(f"reg-{i}", f"reg-{i}") for i in range(4)]


@trio_test
async def test_idle_tasks_are_used_again_and_bounded(regwire_clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_workers, "IDLE_WORKERS", 3)
    tasks = set()

    async def waits(session: Any, name: str) -> int:
        tasks.add(trio.lowlevel.current_task())
        await trio.sleep(1)
        return 2303

    async with memory_server(infos(waits)) as server:
        peers = [await server.logged_in(f"reg-{i}") for i in range(8)]
        for _ in range(2):
            for peer in peers:
                await peer.send(info("a"))
            for peer in peers:
                assert await peer.codes(1) == [2303]
        await trio.sleep(0.1)
        alive = [task for task in tasks if task.coro.cr_frame is not None]
        assert 1 <= len(alive) <= 4  # three idle ones, and the leader
        tasks.clear()
        for _ in range(5):
            await peers[0].send(info("a"))
            assert await peers[0].codes(1) == [2303]
        assert len(tasks) <= 2


@trio_test
async def test_the_server_survives_a_scope_that_a_handler_left_open(
    regwire_clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    scopes = []

    async def leaves(session: Any, name: str) -> int:
        if name == "leave":
            scopes.append(trio.CancelScope())
            scopes[-1].__enter__()
        elif name != "now":
            await trio.sleep(float(name))
        return 2303

    async with memory_server(infos(leaves)) as server:
        a, b = await server.logged_in("reg-a"), await server.logged_in("reg-b")
        await a.send(info("leave"))
        assert await a.codes(1) == [2303]
        scopes[0].cancel()  # the leader's task: another leads
        await trio.sleep(1)
        await b.send(info("now"), check())
        assert await b.codes(2) == [2303, 2303]
        await a.send(info("leave"), info("10"), check())
        assert await a.codes(1) == [2303]
        await trio.sleep(1)
        scopes[1].cancel()  # the task that awaits the next command: that fails, and its session goes on
        assert await a.codes(2) == [2400, 2303]
        await b.send(info("1"), info("now"))
        assert await b.codes(2) == [2303, 2303]
    assert caplog.text.count("left a cancel scope open") >= 2


@trio_test
async def test_a_cancelled_handler_may_still_answer_while_the_server_stops(
    regwire_clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    log = []

    async def waits(session: Any, name: str) -> int:
        try:
            await trio.sleep(float(name))
        finally:
            log.append(name)
        return 2303

    with caplog.at_level(logging.WARNING):
        async with memory_server(infos(waits), drain_seconds=5) as server:
            peers = [await server.logged_in(f"reg-{i}") for i in range(3)]
            for peer, seconds in zip(peers, ("2", "4", "1000"), strict=True):
                await peer.send(info(seconds))
            await trio.sleep(1)
    assert await peers[0].codes(1) == [2303]
    assert await peers[1].codes(1) == [2303]
    assert log == ["2", "4", "1000"]
    assert "1 sessions that did not finish" in caplog.text


@trio_test
async def test_stopping_while_the_leader_waits_with_a_command_loses_no_reply(regwire_clock: Any) -> None:
    async def waits(session: Any, name: str) -> int:
        await trio.sleep(float(name))
        return 2303

    async with memory_server(infos(waits)) as server:
        peers = [await server.logged_in(f"reg-{i}") for i in range(5)]
        for peer in peers:
            await peer.send(info("1"))
        await trio.sleep(0.5)
    for peer in peers:
        assert await peer.codes(1) == [2303]
        assert await peer.at_end()


@trio_test
async def test_other_tasks_get_their_turn_beside_handlers_that_never_wait(regwire_clock: Any) -> None:
    async def at_once(session: Any, name: str) -> int:
        return 2303

    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            await trio.lowlevel.checkpoint()
            turns += 1

    async with memory_server(infos(at_once)) as server, trio.open_nursery() as nursery:
        peer = await server.logged_in()
        nursery.start_soon(other)
        for _ in range(10):
            await peer.send(*(info("a") for _ in range(20)))
            assert await peer.codes(20) == [2303] * 20
        assert turns > 5
        nursery.cancel_scope.cancel()


@trio_test
async def test_keyboard_interrupt_in_a_handler_ends_the_server() -> None:
    async def interrupted(session: Any, name: str) -> int:
        if name == "later":
            await trio.lowlevel.checkpoint()
        raise KeyboardInterrupt

    for name in ("now", "later"):
        with interrupt():
            async with memory_server(infos(interrupted)) as server:
                peer = await server.logged_in()
                await peer.send(info(name))
                await trio.sleep_forever()


@contextmanager
def interrupt() -> Iterator[None]:
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - bare, or in groups
        yield
    error: BaseException = caught.value
    while isinstance(error, BaseExceptionGroup):
        (error,) = error.exceptions
    assert isinstance(error, KeyboardInterrupt)


@trio_test
async def test_a_login_that_waits_holds_only_its_session(regwire_clock: Any) -> None:
    h = Handlers()
    h.command(epp.DomainCheck)(lambda session, command, obj: 2303)

    @h.login
    async def login(session: Any, login: Any, command: Any) -> Any:
        if login.cl_id == "reg-slow":
            await trio.sleep(5)
        return accept_everybody(session, login, command)

    async with memory_server(h) as server, trio.open_nursery() as nursery:

        async def slow() -> None:
            peer = await server.logged_in("reg-slow")
            await peer.send(check())
            assert await peer.codes(1) == [2303]
            assert trio.current_time() == 5

        nursery.start_soon(slow)
        await trio.sleep(1)
        peer = await server.logged_in("reg-fast")
        await peer.send(check())
        assert await peer.codes(1) == [2303]
        assert trio.current_time() == 1
