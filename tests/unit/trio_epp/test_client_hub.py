"""connect() over sockets: sessions on the hub that all clients of a run share."""

from __future__ import annotations

import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import trio
from trio.testing import trio_test

from regwire import epp
from regwire.errors import ConnectFailed, EncodeError, NotSent, OutcomeUnknown, ReplyMismatch
from regwire.testing import FakeRegistry, ScriptedPeer, accept_everybody
from regwire.trio import _epp_sessions, _hub
from regwire.trio.epp import Client, ClientConfig, Listener, Pool, ServerConfig, connect, serve


@asynccontextmanager
async def server() -> AsyncIterator[Any]:
    handlers = FakeRegistry().handlers()
    handlers.login(accept_everybody)
    async with trio.open_nursery() as nursery:

        async def run(task_status: Any) -> None:
            await serve(handlers, listeners=[Listener(port=0)], collector=None, task_status=task_status)

        yield await nursery.start(run)
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def scripted(script: Callable[[ScriptedPeer], Awaitable[None]]) -> AsyncIterator[int]:
    """The port of a server that logs in whoever comes, and then does as the script says."""

    async def session(stream: trio.SocketStream) -> None:
        async with stream:
            peer = ScriptedPeer(stream)
            await peer.send(ServerConfig().greeting())
            await peer.send(ok(await peer.receive()))
            await script(peer)

    async with trio.open_nursery() as nursery:
        listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]
        nursery.start_soon(trio.serve_listeners, session, [listener])
        yield listener.socket.getsockname()[1]
        nursery.cancel_scope.cancel()


def ok(command: Any, code: int = 1000) -> epp.Response:
    return epp.response(epp.Reply(code), "S-1", command.cl_trid)


def client(port: int, **options: Any) -> connect:
    base: dict[str, Any] = {"client_id": "reg-a", "password": "secret1", "tls": None}
    return connect("127.0.0.1", port, **(base | options))


@trio_test
async def test_concurrent_callers_of_several_clients_never_swap_replies() -> None:
    rng = random.Random(3)
    done = 0

    async def caller(clients: list[Client], number: int) -> None:
        nonlocal done
        for k in range(20):
            name = f"n{number}-{k}.example"
            with trio.move_on_after(0 if rng.random() < 0.2 else 100):
                data = await clients[number % 3].check_domain(name)
                assert data.items[0].name.name == name
                done += 1

    config = ClientConfig(window=3)
    async with server() as found:
        port = found.listeners[0].port
        async with (
            client(port, config=config) as a,
            client(port, config=config) as b,
            Pool("127.0.0.1", port, client_id="reg-b", password="secret1", tls=None) as pool,
            trio.open_nursery() as nursery,
        ):
            for number in range(30):
                nursery.start_soon(caller, [a, b, pool], number)
        assert done > 300


@trio_test
async def test_one_hub_for_all_that_ends_with_its_last_user() -> None:
    async with server() as found:
        port = found.listeners[0].port
        async with client(port) as a:
            hub = _hub._current.get()
            assert hub is not None
            async with client(port) as b:
                assert _hub._current.get() is hub
                await b.check_domain("a")
            await a.check_domain("a")
            assert _hub._current.get() is hub
        assert _hub._current.get() is None
        async with client(port) as a:
            assert _hub._current.get() is not hub
            assert a.peer.address is not None


@trio_test
async def test_what_waits_for_a_place_when_the_connection_is_lost_was_not_sent() -> None:
    seen: list[Any] = []

    async def script(peer: ScriptedPeer) -> None:
        seen.append(await peer.receive())

    async with scripted(script) as port, client(port, config=ClientConfig(window=1)) as c:
        outcomes: list[type] = []

        async def caller(name: str) -> None:
            with pytest.raises((NotSent, OutcomeUnknown)) as caught:
                await c.delete_domain(name)
            outcomes.append(caught.type)

        async with trio.open_nursery() as nursery:
            for k in range(3):
                nursery.start_soon(caller, f"d{k}.example")
        assert sorted(outcomes, key=str) == [NotSent, NotSent, OutcomeUnknown]
        assert c.closed
        with pytest.raises(NotSent, match="the session is over"):
            await c.check_domain("a")
    assert len(seen) == 1


@trio_test
async def test_a_cancelled_caller_sends_nothing_or_leaves_its_place() -> None:
    async with server() as found, client(found.listeners[0].port, config=ClientConfig(window=2)) as c:
        with trio.CancelScope() as scope:
            scope.cancel()
            await c.delete_domain("d.example")
        assert scope.cancelled_caught

        async def caller(wait: float) -> None:
            with trio.move_on_after(wait):
                for _ in range(50):
                    await c.check_domain("a")

        async with trio.open_nursery() as nursery:
            for k in range(20):
                nursery.start_soon(caller, k * 0.002)
        assert (await c.check_domain("b")).items[0].name.name == "b"


@trio_test
async def test_a_reply_to_another_command_ends_the_session() -> None:
    async def script(peer: ScriptedPeer) -> None:
        first = await peer.receive()
        await peer.send(epp.response(epp.Reply(1000), "S-1", first.cl_trid + "x"))
        await peer.receive()

    async with scripted(script) as port, client(port) as c:
        with pytest.raises(OutcomeUnknown, match="another command"):
            await c.delete_domain("d.example")
        assert isinstance(c._session.error, ReplyMismatch)


@trio_test
async def test_overdue_replies_end_the_session() -> None:
    async def script(peer: ScriptedPeer) -> None:
        await peer.receive()
        await trio.sleep_forever()

    async with scripted(script) as port, client(port, config=ClientConfig(reply_timeout=1.0)) as c:
        with pytest.raises(OutcomeUnknown, match="no reply in time"):
            await c.delete_domain("d.example")


@trio_test
async def test_logout_and_what_comes_after_it() -> None:
    async with server() as found, client(found.listeners[0].port) as c:
        with pytest.raises(EncodeError):
            await c.check_domain("x" * 300)
        assert (await c.hello()).sv_id == c.greeting.sv_id
        assert (await c.logout()).results[0].code == 1500
        with pytest.raises(NotSent):
            await c.check_domain("a")


@trio_test
async def test_commands_before_the_login_are_not_sent() -> None:
    async with server() as found, client(found.listeners[0].port, client_id=None) as c:
        with pytest.raises(NotSent):
            await c.check_domain("a")
        assert (await c.hello()).sv_id == c.greeting.sv_id
        assert found.stats()["commands"] == 0


@trio_test
async def test_nobody_listens_or_the_server_hangs_up_at_once() -> None:
    with trio.socket.socket() as held:
        await held.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectFailed):
            async with client(held.getsockname()[1]):
                pass

    async def hang_up(stream: trio.SocketStream) -> None:
        await stream.aclose()

    async with trio.open_nursery() as nursery:
        listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]
        nursery.start_soon(trio.serve_listeners, hang_up, [listener])
        with pytest.raises(ConnectFailed):
            async with client(listener.socket.getsockname()[1]):
                pass
        nursery.cancel_scope.cancel()
    assert _hub._current.get() is None


@pytest.mark.parametrize("error", [OSError("no room in the poll set"), ValueError("a name that TLS does not take")])
@trio_test
async def test_a_descriptor_that_was_taken_over_is_not_closed_again_when_attaching_fails(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[int] = []
    closed: list[int] = []

    def fails(_: Any, descriptor: int) -> int:
        given.append(descriptor)
        raise error

    async with server() as found:
        monkeypatch.setattr(_epp_sessions.Sessions, "_attach", fails)
        monkeypatch.setattr(_epp_sessions, "os", SimpleNamespace(close=closed.append))
        with pytest.raises(type(error), match=str(error)):
            async with client(found.listeners[0].port):
                pass
        assert closed == ([] if isinstance(error, OSError) else given)
        os.close(given[0])


@trio_test
async def test_an_error_of_this_program_ends_the_blocks_of_all_users() -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("broken")

    async with server() as found:
        with pytest.RaisesGroup(ZeroDivisionError):
            async with client(found.listeners[0].port) as c:
                await c.check_domain("a")
                hub = _hub._current.get()
                assert hub is not None
                hub._users[0].tick = broken  # type: ignore[method-assign]
                await trio.sleep(5)
        assert _hub._current.get() is None
        async with client(found.listeners[0].port) as c:
            await c.check_domain("a")
