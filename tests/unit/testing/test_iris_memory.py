"""The IRIS server in memory, under a clock that jumps: timers of the specification at their real length."""

from __future__ import annotations

from typing import Any

import pytest
import regwire_native
import trio
import trio.testing
from iris_world import handlers, lookup, sasl, vector
from trio.testing import trio_test

from regwire import errors
from regwire.iris import decode
from regwire.iris.coding import DEFAULT
from regwire.iris.messages.transport import Other
from regwire.sasl import SaslClient
from regwire.testing import autojump_clock, iris_memory_server
from regwire.trio.iris import ServerConfig


@pytest.fixture
def autojump() -> Any:
    return autojump_clock()


async def blocks(stream: trio.abc.Stream) -> list[Any]:
    """All blocks up to the end."""
    octets = b""
    while data := await stream.receive_some():
        octets += bytes(data)
    found = []
    while octets:
        parsed = regwire_native.xpc_parse(octets, role="client", codec=DEFAULT.codec)
        assert parsed is not None
        found.append(parsed[0])
        octets = octets[parsed[1] :]
    return found


def other(block: Any) -> str:
    message = decode(block.chunks[0][1])
    assert isinstance(message, Other)
    return message.type


@trio_test
async def test_ask_and_authenticate(autojump: Any) -> None:
    async with iris_memory_server(handlers(), config=ServerConfig(sasl=sasl("SCRAM-SHA-256"))) as server:
        async with server.client(sasl=SaslClient(user="bob", password="kEw1")) as client:
            assert client.identity == "bob"
            response = await client.ask(lookup("me"), authority="example.com")
            assert [r.entity_name for r in response.result_sets[0].answer.results] == ["bob"]
        with pytest.raises(errors.SaslFailed):
            async with server.client(sasl=SaslClient(user="bob", password="no")):
                pass


@trio_test
async def test_a_half_block_after_two_minutes(autojump: Any) -> None:
    async with iris_memory_server(handlers()) as server:
        stream = server.stream()
        began = trio.current_time()
        await stream.send_all(vector("xpc-25"))
        found = await blocks(stream)
        assert [block.keep_open for block in found] == [True, False]
        assert other(found[1]) == "block-error"
        assert trio.current_time() - began == pytest.approx(120)


@trio_test
async def test_an_idle_session_after_five_minutes(autojump: Any) -> None:
    async with iris_memory_server(handlers()) as server:
        stream = server.stream()
        began = trio.current_time()
        found = await blocks(stream)
        assert other(found[1]) == "idle-timeout"
        assert trio.current_time() - began == pytest.approx(300)


@trio_test
async def test_a_cable_that_breaks(autojump: Any) -> None:
    async with iris_memory_server(handlers()) as server, server.client() as client:
        stream = client._line._stream  # type: ignore[attr-defined]
        stream.cut()
        with pytest.raises((errors.OutcomeUnknown, errors.NotSent)):
            await client.ask(lookup("a"))
        assert client.closed
