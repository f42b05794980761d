"""A peer that does what a script says: split, stall, cut, corrupt."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Any

import trio
import trio.testing

import regwire.epp
from regwire.schema import Schema

__all__ = ["ScriptedPeer", "frame", "stream_pair"]

HEADER = 4


def frame(payload: bytes, *, length: int | None = None) -> bytes:
    """A payload with its length in front (RFC 5734 section 4); `length` states another one."""
    return struct.pack(">I", len(payload) + HEADER if length is None else length) + payload


def stream_pair() -> tuple[trio.abc.Stream, trio.abc.Stream]:
    """Two ends of a connection in memory: one for a client, one for a `ScriptedPeer` that plays its server."""
    return trio.testing.memory_stream_pair()


class ScriptedPeer:
    """One end of a connection, under the test's control.

    It speaks frames over any trio stream, as a client or as a server, and can misbehave: everything below the typed
    `send` and `receive` takes octets as they are.
    """

    def __init__(self, stream: trio.abc.Stream, *, schema: Schema = regwire.epp.DEFAULT) -> None:
        self.stream = stream
        self.schema = schema
        self.buffer = bytearray()

    async def send(self, *messages: Any) -> None:
        """Send messages, each as a frame, all in one write."""
        await self.stream.send_all(b"".join(frame(self.schema.encode(message)) for message in messages))

    async def send_payload(self, *payloads: bytes) -> None:
        """Send payloads as they are, each as a frame, all in one write."""
        await self.stream.send_all(b"".join(frame(payload) for payload in payloads))

    async def send_raw(self, data: bytes) -> None:
        """Send octets, frames or not."""
        await self.stream.send_all(data)

    async def send_split(self, data: bytes, sizes: Iterable[int], *, pause: float = 0.0) -> None:
        """Send octets in pieces of these sizes (the last takes the rest), with a pause after each."""
        for size in sizes:
            if not data:
                return
            piece, data = data[:size], data[size:]
            await self.stream.send_all(piece)
            await trio.sleep(pause)
        if data:
            await self.stream.send_all(data)

    async def send_corrupt(self, payload: bytes, *, at: int, with_: bytes = b"\x00") -> None:
        """Send a payload in which the octets from `at` on are replaced."""
        await self.send_payload(payload[:at] + with_ + payload[at + len(with_) :])

    async def receive_payload(self) -> bytes | None:
        """The payload of the next frame; None at the end of the connection. Raises EOFError in the middle of one."""
        while True:
            if len(self.buffer) >= HEADER:
                (length,) = struct.unpack_from(">I", self.buffer)
                if len(self.buffer) >= length:
                    payload = bytes(self.buffer[HEADER:length])
                    del self.buffer[:length]
                    return payload
            data = await self.stream.receive_some(65536)
            if not data:
                if self.buffer:
                    raise EOFError(f"the connection ended {len(self.buffer)} octets into a frame")
                return None
            self.buffer += data

    async def receive(self) -> Any:
        """The next message, decoded strictly; None at the end of the connection."""
        payload = await self.receive_payload()
        return None if payload is None else self.schema.decode(payload)

    async def exchange(self, *messages: Any) -> list[Any]:
        """Send messages in one write and receive as many."""
        await self.send(*messages)
        return [await self.receive() for _ in messages]

    async def codes(self, count: int) -> Sequence[int | None]:
        """The codes of the next responses; None for the end of the connection."""
        found: list[int | None] = []
        for _ in range(count):
            message = await self.receive()
            found.append(None if message is None else message.results[0].code)
        return found

    async def at_end(self) -> bool:
        """Whether the other side closed and sent nothing more."""
        return await self.receive_payload() is None

    async def stall(self, seconds: float) -> None:
        """Do nothing for a while."""
        await trio.sleep(seconds)

    async def close(self) -> None:
        """End the connection in the usual way."""
        await self.stream.aclose()

    def cut(self) -> None:
        """Break the connection without an end of file."""
        cut = getattr(self.stream, "cut", None)
        if cut is not None:
            cut()
        elif isinstance(self.stream, trio.StapledStream):
            # The pair of trio.testing: writes of the other end fail, its reads end.
            self.stream.send_stream.close()
            self.stream.receive_stream.close()
        else:
            raise TypeError(f"{type(self.stream).__name__} cannot be cut")
