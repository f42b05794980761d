"""Hostile peers on a running XPC server: bounded memory, others unharmed, one log line with the reason."""

from __future__ import annotations

import logging
import os
import random
import resource
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import pytest
import regwire_native
import trio
from iris_rig import port_of, raw_xpc, running
from iris_world import lookup, vector

from regwire.iris import decode
from regwire.iris.coding import DEFAULT
from regwire.iris.messages.core import Response
from regwire.iris.messages.transport import Other
from regwire.trio.iris import Limits, ServerConfig, connect

IDLE = int(os.environ.get("REGWIRE_IDLE_SESSIONS", "1000"))
"""Idle sessions at a time; 10,000 need as many descriptors twice. Fewer where the limit of descriptors is lower."""


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        with trio.fail_after(180):
            await test()

    trio.run(bounded)


@asynccontextmanager
async def world(**more: Any) -> AsyncIterator[tuple[int, Callable[[], Awaitable[None]]]]:
    """A port, and a check that a client of long standing is served as before."""
    async with running(**more) as server, connect("127.0.0.1", port_of(server)) as other:

        async def unharmed() -> None:
            with trio.fail_after(30):
                response = await other.ask(lookup("x"), authority="example.com")
                assert response.result_sets[0].answer.results[0].entity_name == "x"
            async with connect("127.0.0.1", port_of(server)) as new:
                assert isinstance(await new.ask(lookup("y")), Response)

        yield port_of(server), unharmed


def other(block: Any) -> str:
    message = decode(block.chunks[-1][1])
    assert isinstance(message, Other)
    return message.type


def memory() -> int:
    """Resident octets of this process."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


async def drained(stream: trio.SocketStream) -> None:
    """Read to the end, however it comes."""
    with suppress(trio.BrokenResourceError):
        while await stream.receive_some(65536):
            pass


@pytest.mark.parametrize(
    "text", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"MSG 0 1 . 0 9"]
)
def test_other_protocols_are_ended(text: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with world(config=ServerConfig(limits=Limits(block=0.3))) as (port, unharmed):
            stream = await trio.open_tcp_stream("127.0.0.1", port)
            await stream.send_all(text)
            await drained(stream)
            await stream.aclose()
            await unharmed()

    with caplog.at_level(logging.INFO):
        run(main)
    endings = [record for record in caplog.records if getattr(record, "event", "") == "iris.ending"]
    assert len(endings) == 1
    assert getattr(endings[0], "reason", "")


def test_garbage_never_ends_the_server() -> None:
    async def main() -> None:
        dice = random.Random(4992)
        async with world(config=ServerConfig(limits=Limits(block=0.2))) as (port, unharmed):
            good = vector("xpc-19")
            for _ in range(200):
                octets = bytearray(good if dice.random() < 0.7 else dice.randbytes(dice.randrange(1, 400)))
                for _ in range(dice.randrange(1, 6)):
                    octets[dice.randrange(len(octets))] = dice.randrange(256)
                stream = await trio.open_tcp_stream("127.0.0.1", port)
                async with stream:
                    await stream.send_all(bytes(octets[: dice.randrange(1, len(octets) + 1)]))
                    if dice.random() < 0.3:
                        await stream.send_eof()
                        await drained(stream)
            await unharmed()

    run(main)


def test_half_blocks_cost_bounded_memory_and_time() -> None:
    async def main() -> None:
        budget = 4 * 1024 * 1024
        reactor_limits = regwire_native.ReactorLimits(partial_octets=budget)
        limits = Limits(block=1.0, request_octets=200_000)
        async with world(config=ServerConfig(limits=limits), reactor_limits=reactor_limits) as (port, unharmed):
            head = regwire_native.xpc_build(b"x" * 150_000, keep_open=True, role="client")[:140_000]
            async with AsyncExitStack() as stack, trio.open_nursery() as nursery:
                peers = [await stack.enter_async_context(raw_xpc(port)) for _ in range(100)]
                before = memory()
                for peer in peers:
                    nursery.start_soon(send_quietly, peer.stream, head)
                await trio.sleep(0.3)
                await unharmed()
                assert memory() - before < 6 * budget
                # Each is told in the end, whether its octets were read or waited for room.
                told = [await peer.block() for peer in peers]
                assert {other(block) for block in told} == {"block-error"}
                nursery.cancel_scope.cancel()
            await unharmed()

    run(main)


async def send_quietly(stream: trio.abc.Stream, octets: bytes) -> None:
    with suppress(trio.BrokenResourceError):
        await stream.send_all(octets)


def test_a_reader_that_does_not_read_stops_being_served() -> None:
    async def main() -> None:
        async with world() as (port, unharmed):
            async with raw_xpc(port) as peer, trio.open_nursery() as nursery:
                one = regwire_native.xpc_build(
                    lookup("big"), keep_open=True, role="client", authority="example.com", codec=DEFAULT.codec
                )
                before = memory()
                sent = 0

                async def pour() -> None:
                    nonlocal sent
                    while True:
                        await peer.stream.send_all(one)
                        sent += 1

                nursery.start_soon(pour)
                await trio.sleep(0.5)
                await unharmed()
                # What was asked for would be gigabytes; what is kept is a few answers.
                assert sent
                assert memory() - before < 64 * 1024 * 1024
                nursery.cancel_scope.cancel()
            await unharmed()

    run(main)


def test_a_flood_of_requests_on_one_session_leaves_room_for_others() -> None:
    async def main() -> None:
        async with world() as (port, unharmed):
            one = regwire_native.xpc_build(
                lookup("a"), keep_open=True, role="client", authority="example.com", codec=DEFAULT.codec
            )
            async with raw_xpc(port) as peer, trio.open_nursery() as nursery:
                nursery.start_soon(peer.write, one * 5000)

                async def read() -> None:
                    for _ in range(5000):
                        assert (await peer.block()).document is not None

                nursery.start_soon(read)
                await unharmed()

    run(main)


def test_idle_sessions_are_cheap_and_in_nobodys_way() -> None:
    async def main() -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2 * IDLE + 512)), hard))
        sessions = min(IDLE, (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 512) // 2)
        assert sessions >= 200, "raise the limit of open files"
        async with world() as (port, unharmed):
            before = memory()
            streams = []
            for _ in range(sessions):
                stream = await trio.open_tcp_stream("127.0.0.1", port)
                await stream.receive_some(4096)
                streams.append(stream)
            # Both ends are in this process.
            assert (memory() - before) / sessions < 40_000
            await unharmed()
            for stream in streams:
                stream.socket.close()

    run(main)


def test_a_session_that_fails_in_the_middle_of_authentication_leaves_nothing() -> None:
    async def main() -> None:
        async with world() as (port, unharmed):
            for _ in range(20):
                stream = await trio.open_tcp_stream("127.0.0.1", port)
                await stream.send_all(vector("xpc-20"))
                await stream.aclose()
            await unharmed()

    run(main)
