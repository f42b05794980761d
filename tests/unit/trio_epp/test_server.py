"""serve() in memory, under a clock that jumps: handlers of all kinds, order, limits, drain."""

from __future__ import annotations

import gc
import logging
from typing import Any

import pytest
import trio
import trio.testing
from trio.testing import trio_test

from regwire import epp
from regwire.errors import (
    AuthenticationError,
    AuthorizationError,
    CommandFailed,
    ConfigError,
    SessionLimitExceeded,
    UnimplementedCommand,
)
from regwire.session import Run
from regwire.testing import MemoryPeer, accept_everybody, login_command, memory_server
from regwire.trio.epp import Account, Accounts, CollectorPolicy, Handlers, Limits, Listener, ServerConfig, serve

FREE = epp.DomainCheckData((epp.DomainCheckItem(epp.CheckName("a", True)),))


def names(*n: str) -> epp.DomainCheck:
    return epp.DomainCheck(n)


def handlers() -> Handlers:
    h = Handlers()

    @h.command(epp.DomainCheck)
    def check(session: Any, command: Any, obj: Any) -> Any:
        return epp.DomainCheckData(tuple(epp.DomainCheckItem(epp.CheckName(n, True)) for n in obj.names))

    @h.command(epp.DomainInfo)
    async def info(session: Any, command: Any, obj: Any) -> Any:
        await trio.sleep(float(obj.name.name.split(".")[0]))
        return 2303

    return h


def trid(short: str | None) -> str | None:
    return short and f"T-{short}"


def info(seconds: float, cl_trid: str | None = None) -> epp.Command:
    return epp.command(epp.DomainInfo(epp.DomainInfoName(f"{seconds}")), cl_trid=trid(cl_trid))


def check(cl_trid: str | None = None) -> epp.Command:
    return epp.command(names("a.example"), cl_trid=trid(cl_trid))


async def trids(peer: Any, count: int) -> list[str | None]:
    return [(await peer.receive()).tr_id.cl_trid.removeprefix("T-") for _ in range(count)]


@trio_test
async def test_only_the_session_of_a_waiting_command_waits(regwire_clock: Any) -> None:
    async with memory_server(handlers()) as server:
        slow, fast = await server.logged_in(), await server.logged_in()
        await slow.send(info(5, "s1"), check("s2"), epp.Hello(), check("s3"))
        await fast.send(check("f1"))
        assert await trids(fast, 1) == ["f1"]
        assert trio.current_time() == 0
        assert await trids(slow, 2) == ["s1", "s2"]
        assert isinstance(await slow.receive(), epp.Greeting)
        assert await trids(slow, 1) == ["s3"]
        assert trio.current_time() == 5


@trio_test
async def test_a_batch_gets_what_no_command_handler_claims(regwire_clock: Any) -> None:
    h = handlers()
    seen: list[list[tuple[str, int]]] = []

    @h.batch
    async def batch(runs: list[Run]) -> None:
        seen.append([(run.session.client_id, len(run)) for run in runs])
        await trio.sleep(1)
        for run in runs:
            for i, _ in enumerate(run.commands):
                run.reply(i, 2302)

    async with memory_server(h) as server:
        a, b = await server.logged_in("reg-a"), await server.logged_in("reg-b")
        drop = epp.command(epp.HostDelete("h"))
        await a.send(drop, drop, check("a3"), drop)
        await b.send(epp.command(epp.Poll("req")))
        assert await a.codes(4) == [2302, 2302, 1000, 2302]
        assert await b.codes(1) == [2302]
        runs = [run for chunk in seen for run in chunk]
        assert [n for who, n in runs if who == "reg-a"] == [2, 1]
        assert [n for who, n in runs if who == "reg-b"] == [1]


@trio_test
async def test_batches_of_different_sessions_overlap(regwire_clock: Any) -> None:
    h = Handlers()

    @h.batch
    async def batch(runs: list[Run]) -> None:
        await trio.sleep(1)
        for run in runs:
            run.reply(0, 2303)

    async with memory_server(h) as server:
        peers = [await server.logged_in(f"reg-{i}") for i in range(4)]
        for i, peer in enumerate(peers):
            await peer.send(info(0))
            await trio.sleep(0.1 * (i == 0))
        for peer in peers:
            assert await peer.codes(1) == [2303]
        assert trio.current_time() < 1.2


@trio_test
async def test_a_plain_batch_and_one_that_raises(regwire_clock: Any, caplog: pytest.LogCaptureFixture) -> None:
    h = Handlers()

    @h.batch
    def batch(runs: list[Run]) -> None:
        for run in runs:
            run.reply(0, 2303)
            if len(run) > 1:
                raise RuntimeError("boom")

    async with memory_server(h) as server:
        peer = await server.logged_in()
        await peer.send(info(0), info(0))
        assert await peer.codes(2) == [2303, 2400]
    assert "boom" in caplog.text


@trio_test
async def test_a_handler_that_raises_is_logged_and_answered_2400(
    regwire_clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    h = Handlers()

    @h.command(epp.DomainCheck)
    def bad(session: Any, command: Any, obj: Any) -> Any:
        raise RuntimeError("plain")

    @h.command(epp.DomainInfo)
    async def worse(session: Any, command: Any, obj: Any) -> Any:
        raise RuntimeError("waiting")

    @h.command(epp.DomainDelete)
    def odd(session: Any, command: Any, obj: Any) -> Any:
        return object()

    async with memory_server(h) as server, server.client() as client:
        with pytest.raises(CommandFailed):
            await client.check_domain("a")
        with pytest.raises(CommandFailed):
            await client.info_domain("a")
        with pytest.raises(CommandFailed):
            await client.delete_domain("a")
        with pytest.raises(UnimplementedCommand):
            await client.check_host("a")
    assert "plain" in caplog.text
    assert "waiting" in caplog.text


@pytest.mark.parametrize("result", [True, 9999, epp.Reply(9999), epp.Reply(1000, ("text",)), "text", [1]])  # type: ignore[arg-type]
@trio_test
async def test_what_no_handler_may_return_fails_its_command_only(result: Any) -> None:
    h = Handlers()
    h.command(epp.DomainCheck)(lambda session, command, obj: result)

    @h.command(epp.DomainInfo)
    async def waiting(session: Any, command: Any, obj: Any) -> Any:
        return result

    @h.batch
    def batch(runs: list[Run]) -> None:
        for run in runs:
            run.reply(0, result)

    async with memory_server(h) as server:
        peer = await server.logged_in()
        await peer.send(check(), info(0), epp.command(epp.HostDelete("h")), epp.Hello())
        assert await peer.codes(3) == [2400, 2400, 2400]
        assert isinstance(await peer.receive(), epp.Greeting)


@trio_test
async def test_reading_stops_at_64_commands_in_flight(regwire_clock: Any) -> None:
    async with memory_server(handlers()) as server:
        peer = await server.logged_in()
        await peer.send(info(1), *(check(f"c{i}") for i in range(10)))
        await trio.sleep(0.5)
        (session,) = server.server.engine.sessions.values()
        assert not session.paused
        for _ in range(20):
            await peer.send(*(check() for _ in range(10)))
        await trio.sleep(0.1)
        assert session.paused
        assert len(session.backlog) <= 64 + 32
        assert (await peer.codes(211)).count(1000) == 210
        assert not session.paused


@trio_test
async def test_stopping_answers_what_waits_and_closes(regwire_clock: Any) -> None:
    async with memory_server(handlers()) as server:
        busy, idle = await server.logged_in("reg-a"), await server.logged_in("reg-b")
        await busy.send(info(3, "b1"), check("b2"))
        await trio.sleep(1)
    # The block was left: the server has drained.
    assert await trids(busy, 1) == ["b1"]
    assert await busy.at_end()
    assert await idle.at_end()
    assert 3 <= trio.current_time() < 3.1


@trio_test
async def test_stopping_gives_up_on_a_handler_that_never_returns(regwire_clock: Any) -> None:
    async with memory_server(handlers(), drain_seconds=10) as server:
        peer = await server.logged_in()
        await peer.send(info(1000))
        await trio.sleep(1)
    assert trio.current_time() < 12


@trio_test
async def test_the_session_lives_until_the_handler_of_a_lost_client_returns(regwire_clock: Any) -> None:
    done = trio.Event()
    h = Handlers()

    @h.command(epp.DomainInfo)
    async def slow(session: Any, command: Any, obj: Any) -> Any:
        await trio.sleep(5)
        done.set()
        return 2303

    closed: list[str] = []
    h.closed(lambda session, reason: closed.append(session.client_id))
    async with memory_server(h) as server:
        peer = await server.logged_in("reg-a")
        await peer.send(info(0))
        await trio.sleep(1)
        peer.cut()
        await trio.sleep(1)
        assert server.server.engine.by_account == {}
        await done.wait()
        await trio.sleep(0.1)
        assert closed == ["reg-a"]
        assert not server.server.engine.sessions


@trio_test
async def test_sessions_of_an_account_are_limited(regwire_clock: Any) -> None:
    config = ServerConfig(limits=Limits(sessions_per_account=2))
    async with memory_server(handlers(), config=config) as server:
        first = await server.logged_in()
        await server.logged_in()
        with pytest.raises(SessionLimitExceeded):
            async with server.client():
                pass
        await first.close()
        await trio.sleep(0.1)
        async with server.client():
            pass


@trio_test
async def test_static_accounts(regwire_clock: Any) -> None:
    fingerprint = "ab" * 32
    accounts = Accounts(
        [
            Account("reg-a", "secret1"),
            Account("reg-b", "secret2", active=False),
            Account("reg-c", "secret3", certificates=frozenset({":".join(["AB"] * 32)})),
        ]
    )
    tls = MemoryPeer(tls_version="TLSv1.3", fingerprint=fingerprint)
    bare = MemoryPeer(tls_version="TLSv1.3")
    other = MemoryPeer(tls_version="TLSv1.3", fingerprint="cd" * 32)
    async with memory_server(handlers(), accounts=accounts) as server:
        async with server.client("reg-a", "secret1", peer=tls):
            pass
        async with server.client("reg-c", "secret3", peer=tls):
            pass
        texts = set()
        for client_id, password, peer in [
            ("reg-x", "secret1", tls),
            ("reg-a", "wrong-1", tls),
            ("reg-a", "secret1", bare),
            ("reg-c", "secret3", other),
        ]:
            with pytest.raises(AuthenticationError) as caught:
                async with server.client(client_id, password, peer=peer):
                    pass
            texts.add(str(caught.value))
        assert len(texts) == 1
        with pytest.raises(AuthorizationError):
            async with server.client("reg-b", "secret2", peer=tls):
                pass


@trio_test
async def test_a_new_password_counts_from_the_next_login(regwire_clock: Any) -> None:
    accounts = Accounts([Account("reg-a", "secret1")])
    async with memory_server(handlers(), accounts=accounts) as server:
        peer = server.peer()
        await peer.receive()
        login = login_command("reg-a", "secret1")
        (response,) = await peer.exchange(epp.Command(login.op.replace(new_pw="secret2")))
        assert response.results[0].code == 1000
        with pytest.raises(AuthenticationError):
            async with server.client("reg-a", "secret1"):
                pass
        async with server.client("reg-a", "secret2"):
            pass


@trio_test
async def test_login_within_its_time(regwire_clock: Any) -> None:
    async with memory_server(handlers()) as server:
        peer = server.peer()
        await peer.receive()
        await peer.send(epp.Hello())
        assert isinstance(await peer.receive(), epp.Greeting)
        assert await peer.at_end()
        assert trio.current_time() == 10


@trio_test
async def test_idle_sessions_are_closed_without_a_response_and_hello_keeps_them(regwire_clock: Any) -> None:
    async with memory_server(handlers()) as server:
        peer = await server.logged_in()
        for _ in range(3):
            await trio.sleep(500)
            assert isinstance((await peer.exchange(epp.Hello()))[0], epp.Greeting)
        assert await peer.at_end()
        assert trio.current_time() == 2100


@trio_test
async def test_a_session_ends_after_a_day(regwire_clock: Any) -> None:
    async with memory_server(handlers()) as server:
        peer = await server.logged_in()
        while trio.current_time() < 24 * 3600 - 500:
            await trio.sleep(500)
            await peer.exchange(epp.Hello())
        assert await peer.at_end()
        assert trio.current_time() == 24 * 3600


@trio_test
async def test_session_data_and_services_are_the_handlers(regwire_clock: Any) -> None:
    h = Handlers()
    h.login(accept_everybody)

    @h.command(epp.DomainCheck)
    def count(session: Any, command: Any, obj: Any) -> Any:
        session.data = (session.data or 0) + 1
        return epp.DomainRenewData(f"{session.client_id}-{session.language}-{session.data}")

    async with memory_server(h) as server:
        peers = [await server.logged_in("reg-a"), await server.logged_in("reg-b")]
        for expected in (1, 2):
            for peer, who in zip(peers, ("reg-a", "reg-b"), strict=True):
                (response,) = await peer.exchange(check())
                assert response.res_data[0].name == f"{who}-en-{expected}"


@trio_test
async def test_statistics_and_the_collector(regwire_clock: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "regwire.trio.epp")
    before = gc.get_threshold()
    async with memory_server(handlers(), collector=CollectorPolicy(young=200, middle=2, old=2)) as server:
        assert gc.get_threshold() == (200, 2, 2)
        async with server.client() as client:
            kept = [await client.check_domain("a", "b", "c") for _ in range(300)]
        stats = server.server.stats()
        assert stats["commands"] == len(kept)
        assert stats["logins"] == 1
        assert stats["gc_collections"] > 0
        assert 0 < stats["gc_longest"] <= stats["gc_total"]
        assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
    assert "thresholds 200 2 2" in caplog.text


def test_handlers_refuse_what_cannot_be_meant() -> None:
    h = handlers()
    with pytest.raises(ConfigError, match="already"):
        h.command(epp.DomainCheck)
    with pytest.raises(ConfigError, match="no command"):
        h.command(epp.DomainCheckData)
    with pytest.raises(ConfigError, match=r"Handlers\.login"):
        h.command(epp.Login)
    h.batch(lambda runs: None)
    with pytest.raises(ConfigError, match="already"):
        h.batch(lambda runs: None)


@trio_test
async def test_a_port_that_is_taken_is_named() -> None:
    with trio.socket.socket() as taken:
        await taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"127.0.0.1:{port}"):
            await serve(Handlers(), listeners=[Listener(port=port)])
