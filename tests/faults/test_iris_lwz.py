"""Hostile datagrams on a running LWZ server: bombs, forged sources, amplification."""

from __future__ import annotations

import socket
import zlib
from collections.abc import Awaitable, Callable

import pytest
import regwire_native
import trio
from iris_rig import port_of, running
from iris_world import lookup

from regwire.iris.coding import DEFAULT
from regwire.iris.messages.transport import Other
from regwire.trio.iris import LwzListener, connect

HEADERS = 28
"""Octets of IPv4 and UDP header."""
RATIO = 16
"""How many times the request the response may be, by default."""


def run(test: Callable[[int], Awaitable[None]]) -> None:
    async def main() -> None:
        with trio.fail_after(60):
            async with running(listeners=(LwzListener(port=0),)) as server:
                port = port_of(server, "lwz")
                await test(port)
                async with connect("127.0.0.1", port, transport="lwz") as client:
                    await client.ask(lookup("still there"))

    trio.run(main)


async def exchange(port: int, octets: bytes) -> bytes:
    """What is answered; the last of what came within a moment."""
    sock = trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sock:
        await sock.connect(("127.0.0.1", port))
        await sock.send(octets)
        return bytes(await sock.recv(65536))


def test_a_bomb_is_not_inflated() -> None:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = deflate.compress(b"<!-- " + b" " * 3_500_000) + deflate.flush()
    octets = bytes.fromhex("1812340fa00b") + b"example.com" + bomb
    assert len(octets) < 4000

    async def main(port: int) -> None:
        for _ in range(50):
            reply = regwire_native.lwz_parse(await exchange(port, octets), role="client", codec=DEFAULT.codec)
            assert isinstance(reply, regwire_native.LwzReply)
            assert isinstance(reply.document, Other)
            assert reply.document.type == "payload-error"

    run(main)


@pytest.mark.parametrize("deflate", [True, False])
def test_no_answer_is_worth_a_forged_source(deflate: bool) -> None:
    requests = [
        bytes.fromhex("0112340fa000"),  # versions
        b"\x00",
        bytes.fromhex("ff"),
        regwire_native.lwz_request(
            lookup("big"),
            transaction=1,
            maximum=4000,
            authority="example.com",
            deflate_supported=deflate,
            codec=DEFAULT.codec,
        ),
    ]

    async def main(port: int) -> None:
        for octets in requests:
            answer = b""
            with trio.move_on_after(0.5):
                answer = await exchange(port, octets)
            assert len(answer) + HEADERS <= RATIO * (len(octets) + HEADERS), octets[:8]

    run(main)


def test_answers_of_a_server_to_a_server_do_not_loop() -> None:
    async def main(port: int) -> None:
        sock = trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with sock:
            await sock.connect(("127.0.0.1", port))
            await sock.send(b"\x00")
            error = await sock.recv(65536)
            # Whatever a server says, sent back to it, is not answered.
            await sock.send(error)
            with trio.move_on_after(0.2) as scope:
                await sock.recv(65536)
            assert scope.cancelled_caught

    run(main)
