"""XPC over sockets: the octet vectors against a running server, and the client against it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
import regwire_native
import trio
from iris_rig import RawXpc, config, port_of, raw_xpc, running, xpcs_listener
from iris_world import domain, handlers, lookup, people, vector
from reactor_pki import Pki, make_pki
from regwire_native import ClientTls

from regwire import errors
from regwire.iris import decode
from regwire.iris.coding import DEFAULT
from regwire.iris.messages.common import DCHK
from regwire.iris.messages.core import LookupEntity, Response
from regwire.iris.messages.transport import Other, Size, Versions
from regwire.iris.transport import sasl_data
from regwire.iris.transport.xpc.server import ServerSession
from regwire.sasl import Credentials, SaslClient, SaslServer
from regwire.trio.iris import (
    BeepListener,
    Client,
    ClientConfig,
    Context,
    Handlers,
    Limits,
    ServerConfig,
    XpcListener,
    connect,
    raise_for,
    serve,
)


@pytest.fixture(scope="module")
def pki() -> Pki:
    return make_pki()


def names(response: Any) -> list[str]:
    assert isinstance(response, Response)
    return [result.entity_name for part in response.result_sets for result in part.answer.results]


def told(block: Any) -> Any:
    return decode(block.chunks[-1][1])


def kinds(block: Any) -> list[str]:
    return [kind for kind, _ in block.chunks] + (["ad"] if block.document is not None else [])


def run(test: Callable[..., Any], *args: Any) -> None:
    async def bounded() -> None:
        with trio.fail_after(60):
            await test(*args)

    trio.run(bounded)


@asynccontextmanager
async def client(port: int, **more: Any) -> AsyncIterator[Client]:
    async with connect("127.0.0.1", port, **more) as found:
        yield found


# --- every vector, over a socket


def is_domains(*wanted: str) -> Callable[[Any], None]:
    def look(block: Any) -> None:
        assert names(block.document) == list(wanted)

    return look


def is_other(type_: str) -> Callable[[Any], None]:
    def look(block: Any) -> None:
        message = told(block)
        assert isinstance(message, Other)
        assert message.type == type_

    return look


def is_kinds(*wanted: str) -> Callable[[Any], None]:
    def look(block: Any) -> None:
        assert sorted(kinds(block)) == sorted(wanted)

    return look


def is_versions(block: Any) -> None:
    assert isinstance(told(block), Versions)


# vector: what its replies are, and whether the connection stays open
REACTIONS: dict[str, tuple[list[Callable[[Any], None]], bool]] = {
    "xpc-03": ([is_domains("example.com")], True),
    "xpc-05": ([is_domains("milo.example.com", "felix.example.com", "hobbes.example.com")], False),
    "xpc-06": ([is_kinds("ad")], True),
    "xpc-07": ([is_kinds("nd")], True),
    "xpc-08": ([is_kinds("nd")], True),
    "xpc-09": ([is_versions], True),
    "xpc-10": ([is_versions], True),
    "xpc-11": ([is_other("block-error")], False),
    "xpc-12": ([is_versions], False),
    "xpc-13": ([is_other("block-error")], False),
    "xpc-14": ([is_other("block-error")], False),
    "xpc-15": ([is_other("block-error")], False),
    "xpc-16": ([is_other("block-error")], False),
    "xpc-17": ([is_other("block-error")], False),
    "xpc-18": ([is_other("data-error")], True),
    "xpc-20": ([is_kinds("sd")], True),
    "xpc-21": ([is_kinds("af")], True),
    "xpc-22": ([is_other("data-error")], True),
    "xpc-23": ([is_other("block-error")], False),
    "xpc-24": ([is_other("block-error")], False),
    "xpc-27": ([is_other("authority-error")], True),
    "xpc-28": ([is_kinds("ad"), is_kinds("ad")], False),
}


async def react(port: int, octets: bytes, name: str, step: int, ca: bytes | None = None) -> None:
    replies, stays = REACTIONS[name]
    async with raw_xpc(port, ca=ca) as peer:
        for start in range(0, len(octets), step):
            await peer.write(octets[start : start + step])
        for look in replies[:-1]:
            block = await peer.block()
            look(block)
            assert block.keep_open
        last = await peer.block()
        replies[-1](last)
        keeps = octets[0] & 0x20 != 0 and stays
        assert last.keep_open == keeps
        if keeps and name != "xpc-20":
            await peer.say(("nd", b""))
            assert kinds(await peer.block()) == ["nd"]
        elif not keeps:
            assert await peer.block() is None


def test_every_vector_whole_and_in_small_pieces() -> None:
    async def main() -> None:
        async with running() as server:
            for name in REACTIONS:
                for step in (10_000, 7):
                    await react(port_of(server), vector(name), name, step)

    run(main)


def test_every_vector_within_tls(pki: Pki) -> None:
    async def main() -> None:
        async with running(listeners=(xpcs_listener(pki),)) as server:
            for name in REACTIONS:
                await react(port_of(server, "xpcs"), vector(name), name, 10_000, pki.ca)
            async with raw_xpc(port_of(server, "xpcs"), ca=pki.ca) as peer:
                await peer.write(vector("xpc-19"))
                assert sorted(kinds(await peer.block())) == ["ad", "as"]

    run(main)


def test_plain_in_the_clear_is_refused() -> None:
    async def main() -> None:
        async with running() as server, raw_xpc(port_of(server)) as peer:
            await peer.write(vector("xpc-19"))
            assert kinds(await peer.block()) == ["af"]

    run(main)


def test_a_half_block_is_a_block_error_when_its_time_is_over() -> None:
    async def main() -> None:
        limits = Limits(block=0.2)
        async with running(config=ServerConfig(limits=limits)) as server, raw_xpc(port_of(server)) as peer:
            await peer.write(vector("xpc-25"))
            block = await peer.block()
            is_other("block-error")(block)
            assert not block.keep_open
            assert await peer.block() is None

    run(main)


def test_an_idle_session_is_told_and_closed() -> None:
    async def main() -> None:
        limits = Limits(idle=0.2)
        async with running(config=ServerConfig(limits=limits)) as server, raw_xpc(port_of(server)) as peer:
            block = await peer.block()
            is_other("idle-timeout")(block)
            assert not block.keep_open
            assert await peer.block() is None

    run(main)


def test_a_request_above_the_limit_is_told_the_limit() -> None:
    async def main() -> None:
        limits = Limits(request_octets=2000)
        async with running(config=ServerConfig(limits=limits)) as server, raw_xpc(port_of(server)) as peer:
            await peer.say(("ad", b"x" * 20_000))
            message = told(await peer.block())
            assert isinstance(message, Size)
            assert message.request is not None
            assert message.request.octets == 2000
            assert await peer.block() is None

    run(main)


def test_one_session_too_many_gets_a_system_error() -> None:
    async def main() -> None:
        async with running(config=ServerConfig(limits=Limits(sessions=1))) as server, raw_xpc(port_of(server)):
            stream = await trio.open_tcp_stream("127.0.0.1", port_of(server))
            async with stream:
                second = RawXpc(stream)
                block = await second.block()
                is_other("system-error")(block)
                assert not block.keep_open
                assert await second.block() is None
            with pytest.raises(errors.TransferRefused, match="system-error: too many sessions"):
                async with client(port_of(server)):
                    pass

    run(main)


# --- the client


def test_ask() -> None:
    async def main() -> None:
        async with running() as server, client(port_of(server)) as found:
            assert found.versions is not None
            response = await found.ask(lookup("a.example", "none", "transport"), authority="example.com")
            assert names(response) == ["a.example", "xpc-clear"]
            with pytest.raises(errors.NameNotFound):
                raise_for(response.result_sets[1])
            with pytest.raises(errors.AuthorityNotServed, match="not served"):
                await found.ask(lookup("a"), authority="example.org")
            assert names(await found.ask(lookup("b"))) == ["b"]
            assert isinstance(await found.ask_versions(), Versions)

    run(main)


def test_many_tasks_share_a_connection() -> None:
    async def main() -> None:
        async with running() as server, client(port_of(server), config=ClientConfig(window=8)) as found:
            answers: dict[str, list[str]] = {}

            async def one(name: str) -> None:
                answers[name] = names(await found.ask(lookup(name)))

            async with trio.open_nursery() as nursery:
                for number in range(200):
                    nursery.start_soon(one, f"d{number}")
            assert answers == {name: [name] for name in answers}
            assert len(answers) == 200
            assert server.stats()["requests"] == 200

    run(main)


def waiting_handlers(gate: trio.Event) -> Handlers:
    found = handlers()

    @found.lookup(DCHK, "idn")
    async def slow(entity: LookupEntity, context: Context) -> Any:
        await gate.wait()
        return domain(entity.entity_name)

    return found


def slow(name: str) -> Any:
    from regwire.iris.messages.core import Request, SearchSet

    return Request(search_sets=(SearchSet(query=LookupEntity(DCHK.uri, "idn", name)),))


def test_cancelled_callers_leave_no_trace() -> None:
    async def main() -> None:
        gate = trio.Event()
        async with running(served=waiting_handlers(gate)) as server, client(port_of(server)) as found:
            with trio.move_on_after(0.05) as scope:
                await found.ask(slow("lost"))
            assert scope.cancelled_caught
            async with trio.open_nursery() as nursery:
                nursery.start_soon(open_soon, gate)
                # The reply of the one that gave up is not taken for this one's.
                assert names(await found.ask(lookup("next"))) == ["next"]

    async def open_soon(gate: trio.Event) -> None:
        await trio.sleep(0.05)
        gate.set()

    run(main)


def test_a_slow_handler_keeps_the_order_of_its_session_and_nobody_else_waiting() -> None:
    async def main() -> None:
        gate = trio.Event()
        async with (
            running(served=waiting_handlers(gate)) as server,
            raw_xpc(port_of(server)) as peer,
            client(port_of(server)) as other,
        ):
            await peer.say(("ad", slow("first")))
            await peer.say(("ad", lookup("second")))
            assert names(await other.ask(lookup("x"))) == ["x"]
            gate.set()
            assert names((await peer.block()).document) == ["first"]
            assert names((await peer.block()).document) == ["second"]

    run(main)


def test_a_handler_past_its_deadline() -> None:
    async def main() -> None:
        served = waiting_handlers(trio.Event())
        limits = Limits(handler=0.1)
        async with (
            running(served=served, config=ServerConfig(limits=limits)) as server,
            client(port_of(server)) as found,
        ):
            response = await found.ask(slow("never"))
            with pytest.raises(errors.InsufficientResources):
                raise_for(response.result_sets[0])

    run(main)


def test_a_server_that_stops_answers_what_waits() -> None:
    async def main() -> None:
        gate = trio.Event()
        async with trio.open_nursery() as nursery:
            scope = trio.CancelScope()

            async def serving(task_status: trio.TaskStatus[Any]) -> None:
                with scope:
                    await serve(waiting_handlers(gate), listeners=[XpcListener(port=0)], task_status=task_status)

            server = await nursery.start(serving)
            async with raw_xpc(port_of(server)) as busy, raw_xpc(port_of(server)) as quiet:
                await busy.say(("ad", slow("last")))
                await quiet.say(("nd", b""))
                assert kinds(await quiet.block()) == ["nd"]
                scope.cancel()
                is_other("system-error")(await quiet.block())
                assert await quiet.block() is None
                gate.set()
                block = await busy.block()
                assert names(block.document) == ["last"]
                assert not block.keep_open
                assert await busy.block() is None

    run(main)


def test_an_invalid_response_is_a_system_error_in_its_place(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        served = Handlers()
        served.lookup(DCHK)(lambda entity, context: domain("\x00" if entity.entity_name == "bad" else "good"))
        async with running(served=served) as server, client(port_of(server)) as found:
            with pytest.raises(errors.TransferRefused, match="system-error"):
                await found.ask(lookup("bad"))
            assert names(await found.ask(lookup("x"))) == ["good"]

    with caplog.at_level(logging.ERROR):
        run(main)
    assert "a response is not valid" in caplog.text


def test_what_is_outstanding_when_the_connection_ends_is_unknown() -> None:
    async def main() -> None:
        gate = trio.Event()
        async with running(served=waiting_handlers(gate)) as server:
            async with client(port_of(server), config=ClientConfig(reply_timeout=0.1)) as found:
                with pytest.raises(errors.OutcomeUnknown, match="no answer in time"):
                    await found.ask(slow("x"))
                assert found.closed
                with pytest.raises(errors.NotSent):
                    await found.ask(lookup("x"))
            gate.set()
        short = ServerConfig(limits=Limits(session=0.2))
        async with running(config=short) as server, client(port_of(server)) as found:
            while not found.closed:
                await trio.sleep(0.01)
            with pytest.raises(errors.NotSent, match="idle-timeout"):
                await found.ask(lookup("x"))

    run(main)


def test_peers_that_do_not_speak_xpc() -> None:
    async def main() -> None:
        async def greet(stream: trio.SocketStream) -> None:
            await stream.send_all(greeting)
            await trio.sleep_forever()

        for text, seconds, error in (
            (b"HTTP/1.1 400 Bad Request\r\n\r\n" * 10, 20.0, errors.ProtocolError),
            (b"", 0.3, errors.ConnectFailed),
        ):
            greeting = text
            async with trio.open_nursery() as nursery:
                listeners = await nursery.start(partial(trio.serve_tcp, greet, 0, host="127.0.0.1"))
                port = listeners[0].socket.getsockname()[1]
                with pytest.raises(error):
                    async with client(port, config=ClientConfig(connect_timeout=seconds)):
                        pass
                nursery.cancel_scope.cancel()
        with pytest.raises(errors.ConnectFailed):
            async with client(1):
                pass

    run(main)


# --- authentication


@pytest.mark.parametrize(
    ("mechanism", "transport"),
    [
        ("SCRAM-SHA-256", "xpc"),
        ("DIGEST-MD5", "xpc"),
        ("ANONYMOUS", "xpc"),
        ("SCRAM-SHA-256", "xpcs"),
        ("PLAIN", "xpcs"),
    ],
)
def test_authentication(pki: Pki, mechanism: str, transport: Any) -> None:
    async def main() -> None:
        tls = ClientTls(ca=pki.ca) if transport == "xpcs" else None
        sasl = SaslClient(user="bob", password="kEw1", mechanisms=[mechanism])
        async with (
            running(listeners=(XpcListener(port=0), xpcs_listener(pki))) as server,
            client(
                port_of(server, transport), transport=transport, tls=tls, sasl=sasl, server_name="localhost"
            ) as found,
        ):
            who = None if mechanism == "ANONYMOUS" else "bob"
            assert found.identity == who
            assert names(await found.ask(lookup("me", "transport"))) == [
                who or "nobody",
                f"{transport}-{'tls' if tls else 'clear'}",
            ]

    run(main)


def test_external_is_the_certificate(pki: Pki) -> None:
    async def main() -> None:
        fingerprint = hashlib.sha256(pki.client.der).hexdigest()
        source = people()
        source.add_certificate(fingerprint, "carol")
        tls = ClientTls(ca=pki.ca, certificate=pki.client.certificate, key=pki.client.key)
        settings = ServerConfig(sasl=SaslServer(source))
        async with (
            running(listeners=(xpcs_listener(pki),), config=settings) as server,
            client(
                port_of(server, "xpcs"),
                transport="xpcs",
                tls=tls,
                server_name="localhost",
                sasl=SaslClient(),
            ) as found,
        ):
            assert names(await found.ask(lookup("me"))) == ["carol"]

    run(main)


def test_authentication_that_fails(pki: Pki) -> None:
    async def main() -> None:
        async with running() as server:
            with pytest.raises(errors.SaslFailed, match="SCRAM-SHA-256: refused by the server"):
                async with client(port_of(server), sasl=SaslClient(user="bob", password="no")):
                    pass
            with pytest.raises(errors.SaslFailed, match="no mechanism fits"):
                async with client(port_of(server), sasl=SaslClient(user="bob", password="kEw1", mechanisms=["PLAIN"])):
                    pass

    run(main)


class Unreadable(Credentials):
    """As where the process has no descriptors left to open the store with."""

    def digest_secret(self, name: str, realm: str) -> Any:
        raise OSError("unable to open database file")


@pytest.mark.parametrize("transport", ["xpc", "beep"])
def test_credentials_that_cannot_be_read_end_neither_the_server_nor_other_sessions(
    transport: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        settings = ServerConfig(sasl=SaslServer(Unreadable(), mechanisms=("DIGEST-MD5",)))
        sasl = SaslClient(user="bob", password="kEw1", mechanisms=["DIGEST-MD5"])
        listeners = (XpcListener(port=0), BeepListener(port=0))
        async with running(config=settings, listeners=listeners) as server, client(port_of(server)) as other:
            with pytest.raises(errors.SaslFailed, match="refused"):
                async with client(port_of(server, transport), transport=transport, sasl=sasl):
                    pass
            assert names(await other.ask(lookup("x"))) == ["x"]

    with caplog.at_level(logging.ERROR):
        run(main)
    assert "unable to open database file" in caplog.text


def test_a_fault_behind_an_authentication_ends_its_session_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    async def main() -> None:
        async with running() as server, client(port_of(server)) as other:
            monkeypatch.setattr(ServerSession, "authenticated", broken)
            with pytest.raises(errors.RegwireError):
                async with client(port_of(server), sasl=SaslClient(user="bob", password="kEw1")):
                    pass
            assert names(await other.ask(lookup("x"))) == ["x"]

    with caplog.at_level(logging.ERROR):
        run(main)
    assert "a session failed: ZeroDivisionError" in caplog.text


def test_a_certificate_that_is_not_trusted(pki: Pki) -> None:
    async def main() -> None:
        async with running(listeners=(xpcs_listener(pki),)) as server:
            with pytest.raises(errors.CertificateRefused):
                async with client(
                    port_of(server, "xpcs"), transport="xpcs", tls=ClientTls(ca=make_pki().ca), server_name="localhost"
                ):
                    pass

    run(main)


def test_requests_wait_for_the_password_check() -> None:
    async def main() -> None:
        async with running() as server, raw_xpc(port_of(server)) as peer:
            octets = b"".join(
                regwire_native.xpc_build(content, keep_open=True, role="client", codec=DEFAULT.codec)
                for content in (
                    lookup("me"),
                    (("sd", sasl_data.build("ANONYMOUS", b"trace")), ("ad", lookup("me"))),
                    lookup("me"),
                )
            )
            await peer.write(octets)
            blocks = [await peer.block() for _ in range(3)]
            assert [sorted(kinds(block)) for block in blocks] == [["ad"], ["ad", "as"], ["ad"]]

    run(main)


def test_config_is_used() -> None:
    assert config().sasl is not None
