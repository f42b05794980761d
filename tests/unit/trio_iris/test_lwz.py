"""LWZ over datagrams: the octet vectors against a running server, and the client against it."""

from __future__ import annotations

import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import regwire_native
import trio
from iris_rig import port_of, running
from iris_world import domain, handlers, lookup, vector

from regwire import errors
from regwire.iris.coding import DEFAULT
from regwire.iris.messages.common import DCHK
from regwire.iris.messages.core import LookupEntity, Request, Response, SearchSet
from regwire.iris.messages.transport import Versions
from regwire.trio.iris import Client, ClientConfig, Context, Handlers, Limits, LwzListener, ServerConfig, XpcListener
from regwire.trio.iris import connect as iris_connect

BOTH = (XpcListener(port=0), LwzListener(port=0))
AUTHORITIES = ("example.com", "example.net", "localhost")


def run(test: Callable[..., Any]) -> None:
    async def bounded() -> None:
        with trio.fail_after(60):
            await test()

    trio.run(bounded)


@asynccontextmanager
async def client(server: Any, **more: Any) -> AsyncIterator[Client]:
    async with iris_connect("127.0.0.1", port_of(server, "lwz"), transport="lwz", **more) as found:
        yield found


@asynccontextmanager
async def raw(server: Any) -> AsyncIterator[trio.socket.SocketType]:
    sock = trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sock:
        await sock.connect(("127.0.0.1", port_of(server, "lwz")))
        yield sock


def names(response: Any) -> list[str]:
    assert isinstance(response, Response)
    return [result.entity_name for part in response.result_sets for result in part.answer.results]


# vector: kind and transaction of the reply (None: any), and the type of <other> or what it holds
REACTIONS: dict[str, tuple[str, int | None, str]] = {
    "lwz-01": ("xml", 0x03A4, "bagUnrecognized"),
    "lwz-02": ("xml", None, "milo.example.com"),
    "lwz-04": ("xml", None, "milo.example.com"),
    "lwz-05": ("oi", None, "payload-error"),
    "lwz-06": ("vi", 0x2E9C, "iris.lwz1"),
    "lwz-09": ("oi", 0xFFFF, "descriptor-error"),
    "lwz-10": ("oi", 0xFFFF, "descriptor-error"),
    "lwz-11": ("oi", 0x1234, "descriptor-error"),
    "lwz-12": ("oi", 0x1234, "descriptor-error"),
    "lwz-13": ("oi", 0x1234, "descriptor-error"),
    "lwz-14": ("oi", 0x1234, "descriptor-error"),
    "lwz-15": ("oi", None, "descriptor-error"),
    "lwz-16": ("vi", None, "iris.lwz1"),
    "lwz-17": ("oi", 0x1234, "payload-error"),
    "lwz-18": ("si", 0x1234, "size"),
    "lwz-19": ("oi", None, "authority-error"),
}


def test_every_vector() -> None:
    async def main() -> None:
        async with running(served=handlers(*AUTHORITIES), listeners=BOTH) as server, raw(server) as sock:
            for name, (kind, transaction, text) in REACTIONS.items():
                await sock.send(vector(name))
                octets = await sock.recv(65536)
                reply = regwire_native.lwz_parse(octets, role="client", codec=DEFAULT.codec)
                assert isinstance(reply, regwire_native.LwzReply), name
                assert (reply.kind, reply.error) == (kind, None), name
                assert transaction in {None, reply.transaction}, name
                plain = DEFAULT.codec.encode(reply.document).decode()
                assert text in plain, name

    run(main)


def test_a_response_is_not_answered() -> None:
    async def main() -> None:
        async with running(listeners=BOTH) as server, raw(server) as sock:
            await sock.send(vector("lwz-20"))
            await sock.send(vector("lwz-06"))
            # The next answer is the next request's.
            assert (await sock.recv(65536))[1:3].hex() == "2e9c"

    run(main)


def test_ask() -> None:
    async def main() -> None:
        async with running(listeners=BOTH) as server, client(server) as found:
            assert found.versions is None
            assert names(await found.ask(lookup("a", "transport"), authority="example.com")) == ["a", "lwz-clear"]
            with pytest.raises(errors.AuthorityNotServed):
                await found.ask(lookup("a"), authority="example.org")
            assert isinstance(await found.ask_versions(), Versions)
            assert found.versions is not None

    run(main)


@pytest.mark.parametrize("dedicated", [1, 50])
def test_many_tasks(dedicated: int) -> None:
    async def main() -> None:
        async with (
            running(listeners=BOTH) as server,
            client(server, config=ClientConfig(datagrams_outstanding=dedicated)) as found,
        ):
            answers: dict[str, list[str]] = {}

            async def one(name: str) -> None:
                answers[name] = names(await found.ask(lookup(name)))

            async with trio.open_nursery() as nursery:
                for number in range(200):
                    nursery.start_soon(one, f"d{number}")
            assert answers == {f"d{number}": [f"d{number}"] for number in range(200)}

    run(main)


def many(count: int) -> Request:
    return lookup(*(f"{n * 7919 % 100_003:x}.{n * 104_729:x}" for n in range(count)))


def test_what_is_too_large_is_refused_or_falls_back_to_xpc() -> None:
    async def main() -> None:
        async with running(listeners=BOTH) as server:
            async with client(server) as found:
                with pytest.raises(errors.SizeRefused, match="does not fit"):
                    await found.ask(many(400))
                # The request fits; its response does not.
                with pytest.raises(errors.SizeRefused, match="response too large"):
                    await found.ask(lookup("big"))
            async with client(server, fallback_port=port_of(server, "xpc")) as found:
                assert len(names(await found.ask(many(400)))) == 400
                assert len(names(await found.ask(lookup("big")))) == 300
                assert names(await found.ask(lookup("transport"))) == ["lwz-clear"]

    run(main)


def slow(name: str) -> Request:
    return Request(search_sets=(SearchSet(query=LookupEntity(DCHK.uri, "idn", name)),))


def test_a_slow_handler_holds_up_nobody() -> None:
    async def main() -> None:
        gate = trio.Event()
        served = handlers()

        @served.lookup(DCHK, "idn")
        async def wait(entity: LookupEntity, context: Context) -> Any:
            await gate.wait()
            return domain(entity.entity_name)

        async with (
            running(served=served, listeners=BOTH) as server,
            client(server) as one,
            client(server) as other,
            trio.open_nursery() as nursery,
        ):

            async def ask_slowly() -> None:
                assert names(await one.ask(slow("late"))) == ["late"]

            nursery.start_soon(ask_slowly)
            assert names(await other.ask(lookup("x"))) == ["x"]
            gate.set()

    run(main)


def test_a_lost_datagram_is_sent_again() -> None:
    async def main() -> None:
        # A server that ignores the first datagram.
        sock = trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with sock:
            await sock.bind(("127.0.0.1", 0))
            port = sock.getsockname()[1]
            async with iris_connect("127.0.0.1", port, transport="lwz") as found, trio.open_nursery() as nursery:

                async def deaf() -> None:
                    first, _ = await sock.recvfrom(4000)
                    again, address = await sock.recvfrom(4000)
                    assert again == first
                    datagram = regwire_native.lwz_parse(again, role="server", codec=DEFAULT.codec)
                    assert isinstance(datagram, regwire_native.LwzDatagram)
                    empty = Response(result_sets=(found_nothing(),))
                    await sock.sendto(regwire_native.lwz_response(datagram, empty, codec=DEFAULT.codec), address)

                nursery.start_soon(deaf)
                assert names(await found.ask(lookup("a"))) == []

    run(main)


def found_nothing() -> Any:
    from regwire.iris.messages.core import Answer, ResultSet

    return ResultSet(Answer())


def test_nobody_there_is_found_out_by_cancellation_or_time() -> None:
    async def main() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
        async with iris_connect("127.0.0.1", port, transport="lwz") as found:
            with trio.move_on_after(0.2) as scope:
                await found.ask(lookup("a"))
            assert scope.cancelled_caught

    run(main)


def test_authentication_is_not_for_datagrams() -> None:
    async def main() -> None:
        from regwire.sasl import SaslClient

        with pytest.raises(errors.ConfigError, match="no authentication"):
            async with iris_connect("127.0.0.1", 1, transport="lwz", sasl=SaslClient()):
                pass

    run(main)


def test_an_invalid_response_is_a_system_error(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        served = Handlers()
        served.lookup(DCHK)(lambda entity, context: domain("\x00"))
        async with running(served=served, listeners=BOTH) as server, client(server) as found:
            with pytest.raises(errors.TransferRefused, match="system-error"):
                await found.ask(lookup("bad"))

    with caplog.at_level(logging.ERROR):
        run(main)
    assert "a response is not valid" in caplog.text


def test_a_flood_from_one_network_is_limited_and_answers_stay_small() -> None:
    async def main() -> None:
        limits = regwire_native.DatagramLimits(prefix_rate=1, prefix_burst=20)
        listeners = (LwzListener(port=0, limits=limits),)
        async with running(listeners=listeners, config=ServerConfig(limits=Limits())) as server, raw(server) as sock:
            octets = regwire_native.lwz_request(
                lookup("a"), transaction=1, authority="example.com", codec=DEFAULT.codec
            )
            for _ in range(200):
                await sock.send(octets)
            answers = [await sock.recv(65536) for _ in range(20)]
            with trio.move_on_after(0.2):
                while True:
                    answers.append(await sock.recv(65536))
            # What came at once, and a second's worth for each of the seconds that this test may take.
            assert 20 <= len(answers) <= 20 + 30
            # 28 octets of IP and UDP header each way.
            assert sum(len(answer) + 28 for answer in answers) < 200 * (len(octets) + 28)
            assert server.stats()["requests"] == len(answers)

    run(main)


def test_garbage_harms_nobody() -> None:
    async def main() -> None:
        async with running(listeners=BOTH) as server, raw(server) as sock, client(server) as found:
            seed = 1
            for length in [*range(40), 1000, 4000]:
                seed = seed * 1103515245 + 12345 & 0x7FFFFFFF
                await sock.send(bytes((seed >> (n % 24)) & 0xFF for n in range(length)))
            assert names(await found.ask(lookup("still"))) == ["still"]

    run(main)
