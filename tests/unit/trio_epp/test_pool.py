"""Pool over the reactor's client role, on loopback: spreading, reconnecting, refused logins, keep-alive."""

from __future__ import annotations

from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import trio
import trio.testing
from trio.testing import trio_test

from regwire import epp
from regwire.errors import (
    AuthenticationError,
    CommandError,
    ConfigError,
    ConnectFailed,
    EncodeError,
    NotSent,
    OutcomeUnknown,
)
from regwire.testing import FakeRegistry, ScriptedPeer, accept_everybody
from regwire.trio.epp import Backoff, ClientConfig, Handlers, Limits, Listener, Pool, ServerConfig, Session, serve

QUICK = Backoff(first=0.01, most=0.05)


@asynccontextmanager
async def server(registry: Any = None, **limits: Any) -> Any:
    handlers = (registry or FakeRegistry()).handlers()
    handlers.login(accept_everybody)
    async with trio.open_nursery() as nursery:

        async def run(task_status: Any) -> None:
            config = ServerConfig(limits=Limits(**limits))
            await serve(handlers, listeners=[Listener(port=0)], config=config, collector=None, task_status=task_status)

        yield await nursery.start(run)
        nursery.cancel_scope.cancel()


def pool(port: int, **options: Any) -> Pool:
    base: dict[str, Any] = {"client_id": "reg-a", "password": "secret1", "tls": None, "backoff": QUICK}
    return Pool("127.0.0.1", port, **(base | options))


async def until(condition: Any) -> None:
    with trio.fail_after(60):
        while not condition():
            await trio.sleep(0.005)


@trio_test
async def test_commands_are_spread_and_never_swapped() -> None:
    async with server() as found, pool(found.listeners[0].port, size=4, window=3) as clients:
        await until(lambda: clients.ready == 4)

        async def caller(number: int) -> None:
            for k in range(10):
                name = f"n{number}-{k}.example"
                assert (await clients.check_domain(name)).items[0].name.name == name

        async with trio.open_nursery() as nursery:
            for number in range(40):
                nursery.start_soon(caller, number)
        assert found.stats()["logins"] == 4
        assert found.stats()["commands"] == 400
        assert (await clients.hello()).sv_id == "regwire"


@trio_test
async def test_leaving_logs_out() -> None:
    async with server() as found:
        async with pool(found.listeners[0].port, size=3) as clients:
            await until(lambda: clients.ready == 3)
        await until(lambda: found.stats()["sessions"] == 0)
        with pytest.raises(NotSent):
            await clients.check_domain("a")


@trio_test
async def test_a_lost_session_is_opened_again_and_its_commands_are_unknown() -> None:
    async with trio.open_nursery() as nursery:
        listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]
        greeting = ServerConfig().greeting()
        seen: list[str] = []

        async def script(stream: trio.SocketStream) -> None:
            async with stream:
                peer = ScriptedPeer(stream)
                await peer.send(greeting)
                login = await peer.receive()
                await peer.send(epp.response(epp.Reply(1000), "S-1", login.cl_trid))
                while (message := await peer.receive()) is not None:
                    if isinstance(message.op, epp.Logout):
                        await peer.send(epp.response(epp.Reply(1500), "S-1", message.cl_trid))
                        return
                    seen.append(message.op.object.name)
                    if len(seen) == 1:
                        return
                    await peer.send(epp.response(epp.Reply(1000), "S-1", message.cl_trid))

        nursery.start_soon(trio.serve_listeners, script, [listener])
        async with pool(listener.socket.getsockname()[1]) as clients:
            with pytest.raises(OutcomeUnknown) as caught:
                await clients.delete_domain("first")
            assert caught.value.query is not None
            assert caught.value.cl_trid
            assert caught.value.command.cl_trid == caught.value.cl_trid
            await clients.delete_domain("second")
        assert seen == ["first", "second"]
        nursery.cancel_scope.cancel()


@trio_test
async def test_pauses_grow_until_a_session_answers() -> None:
    """A server that takes logins and hangs up is not asked for a session at the first pause for ever."""
    begun: list[int] = []

    class Counted(Backoff):
        def pauses(self) -> Any:
            begun.append(0)
            while True:
                begun[-1] += 1
                yield 0.001

    async with trio.open_nursery() as nursery:
        listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]
        sessions: list[int] = []

        async def script(stream: trio.SocketStream) -> None:
            async with stream:
                peer = ScriptedPeer(stream)
                await peer.send(ServerConfig().greeting())
                login = await peer.receive()
                await peer.send(epp.response(epp.Reply(1000), "S-1", login.cl_trid))
                sessions.append(0)
                if len(sessions) <= 5:
                    return
                message = await peer.receive()
                await peer.send(epp.response(epp.Reply(1000), "S-1", message.cl_trid))
                if len(sessions) > 6:
                    await peer.receive()

        nursery.start_soon(trio.serve_listeners, script, [listener])
        async with pool(listener.socket.getsockname()[1], backoff=Counted()) as clients:
            await until(lambda: len(sessions) == 6 and clients.ready)
            assert begun == [5]
            await clients.delete_domain("a")
            await until(lambda: len(sessions) == 7)
            assert begun == [5, 1]
        nursery.cancel_scope.cancel()


@trio_test
async def test_a_refused_login_is_not_tried_again() -> None:
    handlers = FakeRegistry().handlers()
    tried: list[str] = []

    @handlers.login
    def refuse(session: Any, login: Any, command: Any) -> int:
        tried.append(login.cl_id)
        return 2200

    async with trio.open_nursery() as nursery:

        async def run(task_status: Any) -> None:
            await serve(handlers, listeners=[Listener(port=0)], collector=None, task_status=task_status)

        found = await nursery.start(run)
        with pytest.raises(AuthenticationError):
            async with pool(found.listeners[0].port, size=1):
                pass
        await trio.sleep(0.1)
        assert tried == ["reg-a"]
        nursery.cancel_scope.cancel()


@trio_test
async def test_more_sessions_than_the_server_allows_wait_and_the_rest_works() -> None:
    async with server(sessions_per_account=2) as found, pool(found.listeners[0].port, size=4) as clients:
        await until(lambda: clients.ready == 2)
        for _ in range(10):
            await clients.check_domain("a")
        assert clients.ready == 2


@trio_test
async def test_nobody_listens() -> None:
    with trio.socket.socket() as held:
        await held.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectFailed, match=r"no session within 0\.2 s; 127\.0\.0\.1: Connection refused"):
            async with pool(held.getsockname()[1], timeout=0.2):
                pass


@trio_test
async def test_idle_sessions_say_hello() -> None:
    hellos = 0

    async def script(stream: trio.SocketStream) -> None:
        nonlocal hellos
        peer = ScriptedPeer(stream)
        await peer.send(ServerConfig().greeting())
        login = await peer.receive()
        await peer.send(epp.response(epp.Reply(1000), "S-1", login.cl_trid))
        while isinstance(await peer.receive(), epp.Hello):
            hellos += 1
            await peer.send(ServerConfig().greeting())

    async with trio.open_nursery() as nursery:
        listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]
        nursery.start_soon(trio.serve_listeners, script, [listener])
        async with pool(listener.socket.getsockname()[1], keep_alive=0.2) as clients:
            await until(lambda: hellos >= 3)
            assert clients.ready == 1
        nursery.cancel_scope.cancel()


@trio_test
async def test_overdue_replies_end_the_session() -> None:
    handlers = FakeRegistry().handlers()
    handlers.login(accept_everybody)

    async def never(session: Any, command: Any, obj: Any) -> None:
        await trio.sleep_forever()

    handlers._commands[epp.DomainDelete] = never
    async with trio.open_nursery() as nursery:

        async def run(task_status: Any) -> None:
            await serve(
                handlers, listeners=[Listener(port=0)], collector=None, drain_seconds=0.1, task_status=task_status
            )

        found = await nursery.start(run)
        async with pool(found.listeners[0].port, config=ClientConfig(reply_timeout=1.5)) as clients:
            with pytest.raises(OutcomeUnknown, match="no reply in time"):
                await clients.delete_domain("a")
            await clients.check_domain("a")
        nursery.cancel_scope.cancel()


@trio_test
async def test_an_argument_the_schema_refuses_leaves_the_session_alone() -> None:
    async with server() as found, pool(found.listeners[0].port) as clients:
        with pytest.raises(EncodeError):
            await clients.check_domain("x" * 300)
        await clients.check_domain("a")
        assert found.stats()["logins"] == 1


@trio_test
async def test_cancelled_callers_give_their_place_back() -> None:
    async with server() as found, pool(found.listeners[0].port, window=2) as clients:

        async def caller(wait: float) -> None:
            with trio.move_on_after(wait):
                for _ in range(50):
                    await clients.check_domain("a")

        async with trio.open_nursery() as nursery:
            for k in range(20):
                nursery.start_soon(caller, k * 0.002)
        assert (await clients.check_domain("b")).items[0].name.name == "b"


@trio_test
async def test_the_error_of_the_block_is_not_wrapped() -> None:
    async with server() as found:
        with pytest.raises(KeyError):
            async with pool(found.listeners[0].port):
                raise KeyError("mine")


def test_a_pool_has_a_session() -> None:
    with pytest.raises(ConfigError):
        pool(1, size=0)


def test_pauses_grow_and_differ() -> None:
    pauses = Backoff(first=1, factor=2, most=4).pauses()
    seen = [next(pauses) for _ in range(5)]
    for got, most in zip(seen, (1, 2, 4, 4, 4), strict=True):
        assert most / 2 <= got <= most


@trio_test
async def test_many_commands_of_one_caller_come_back_in_order() -> None:
    async with server() as found, pool(found.listeners[0].port, size=3, window=4) as clients:
        await until(lambda: clients.ready == 3)
        names = [f"n{k}.example" for k in range(100)]
        messages = [epp.command(epp.DomainCheck((name,))) for name in names]
        messages[50] = epp.command(epp.DomainCheck(("x" * 300,)))
        results = await clients.send_many(messages)
        assert isinstance(results.pop(50), EncodeError)
        got = [result.res_data[0].items[0].name.name for result in results if isinstance(result, epp.Response)]
        assert got == names[:50] + names[51:]
        assert await clients.send_many([]) == []
    with pytest.raises(NotSent):
        await clients.send_many([])


@trio_test
async def test_many_answers_are_what_the_typed_methods_return_or_raise() -> None:
    def check(session: Session, command: epp.Command, obj: epp.DomainCheck) -> Any:
        if obj.names[0] == "two":
            return tuple(epp.check_data(epp.DomainCheck((name,)), ()) for name in ("x", "y"))
        return 2306 if obj.names[0] == "bad" else epp.check_data(obj, ())

    handlers = Handlers()
    handlers.command(epp.DomainCheck)(check)
    handlers.command(epp.DomainDelete)(lambda session, command, obj: None)
    async with server(SimpleNamespace(handlers=lambda: handlers)) as found, pool(found.listeners[0].port) as clients:
        ops = [epp.DomainCheck((name,)) for name in ("a", "bad", "two", "x" * 300, "b")]
        got = await clients.ask_many([epp.command(op) for op in [*ops, epp.DomainDelete("d")]])
        data, refused, two, invalid, last, deleted = got
        assert isinstance(data, epp.DomainCheckData)
        assert data.items[0].name.name == "a"
        assert isinstance(refused, CommandError)
        assert refused.code == 2306
        assert refused.response.results[0].code == 2306
        assert isinstance(two, epp.Response)
        assert len(two.res_data) == 2
        assert isinstance(invalid, EncodeError)
        assert last == epp.DomainCheckData(epp.check_data(ops[4], ()).items)
        assert isinstance(deleted, epp.Response)
        assert not deleted.res_data
        assert await clients.ask_many([]) == []
    with pytest.raises(NotSent):
        await clients.ask_many([])


@trio_test
async def test_many_commands_cancelled_are_not_sent_on() -> None:
    async with server() as found, pool(found.listeners[0].port, window=2) as clients:
        with trio.CancelScope() as scope:
            scope.cancel()
            await clients.send_many([epp.command(epp.DomainDelete(f"d{k}.example")) for k in range(9)])
        assert scope.cancelled_caught
        with trio.CancelScope() as scope:
            scope.cancel()
            await clients.delete_domain("d.example")
        assert (await clients.check_domain("b")).items[0].name.name == "b"
        assert found.stats()["commands"] == 1


@trio_test
async def test_many_commands_to_a_server_that_hangs_up() -> None:
    async with trio.open_nursery() as nursery:
        listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]

        async def script(stream: trio.SocketStream) -> None:
            async with stream:
                peer = ScriptedPeer(stream)
                await peer.send(ServerConfig().greeting())
                for _ in range(3):
                    message = await peer.receive()
                    if message is None:
                        return
                    await peer.send(epp.response(epp.Reply(1000), "S-1", message.cl_trid))
                await peer.receive()

        nursery.start_soon(trio.serve_listeners, script, [listener])
        async with pool(listener.socket.getsockname()[1], window=4) as clients:
            messages = [epp.command(epp.DomainDelete(f"d{k}.example")) for k in range(12)]
            with trio.fail_after(60):
                results = await clients.send_many(messages)
            assert [type(result) for result in results[:3]] == [epp.Response, epp.Response, OutcomeUnknown]
            assert {type(result) for result in results} == {epp.Response, OutcomeUnknown}
        nursery.cancel_scope.cancel()


@trio_test
async def test_a_reply_to_another_command_ends_the_session_and_nothing_on_it_is_trusted() -> None:
    async with trio.open_nursery() as nursery:
        listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]

        async def script(stream: trio.SocketStream) -> None:
            async with stream:
                peer = ScriptedPeer(stream)
                await peer.send(ServerConfig().greeting())
                login = await peer.receive()
                await peer.send(epp.response(epp.Reply(1000), "S-1", login.cl_trid))
                first = await peer.receive()
                if first is not None:
                    await peer.send(epp.response(epp.Reply(1000), "S-1", first.cl_trid + "x"))
                    await peer.receive()

        nursery.start_soon(trio.serve_listeners, script, [listener])
        async with pool(listener.socket.getsockname()[1], backoff=Backoff(first=60)) as clients:
            results = await clients.send_many([epp.command(epp.DomainDelete(f"d{k}.example")) for k in range(3)])
            assert [type(result) for result in results] == [OutcomeUnknown] * 3
            assert clients.ready == 0
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("greets", [False, True])
@trio_test
async def test_cancelled_while_it_opens_leaves_the_callers_scopes_as_they_were(greets: bool) -> None:
    async with trio.open_nursery() as nursery:
        listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]
        reached = trio.Event()

        async def script(stream: trio.SocketStream) -> None:
            peer = ScriptedPeer(stream)
            if greets:
                await peer.send(ServerConfig().greeting())
                await peer.receive()
            reached.set()
            await trio.sleep_forever()

        async def cancel() -> None:
            await reached.wait()
            scope.cancel()

        nursery.start_soon(trio.serve_listeners, script, [listener])
        with trio.CancelScope() as scope:
            nursery.start_soon(cancel)
            async with pool(listener.socket.getsockname()[1]):
                raise AssertionError
        assert scope.cancelled_caught
        async with trio.open_nursery() as inner:
            inner.start_soon(trio.sleep, 0)
        nursery.cancel_scope.cancel()
