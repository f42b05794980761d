"""XPC peers that misbehave, against a server on the reactor; a well-behaved one beside them must not notice."""

from __future__ import annotations

import random
import select
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from regwire_native import (
    BadFrame,
    Closed,
    FrameTooLarge,
    Reactor,
    ReactorLimits,
    SessionLimits,
    TimerExpired,
    UnknownVersion,
    XpcBlock,
    xpc_build,
)

PATIENCE = 60.0
ENDS = (FrameTooLarge, BadFrame, UnknownVersion, TimerExpired)


class XpcServer:
    """Answers every block with its document, stepped by hand; closes what cannot go on."""

    def __init__(self, *, reactor_limits: ReactorLimits | None = None, **limits: Any) -> None:
        self.reactor = Reactor(reactor_limits)
        with socket.create_server(("127.0.0.1", 0), backlog=512) as sock:
            self.address = sock.getsockname()
            self.reactor.listen(sock.fileno(), framing="xpc", tls=None, limits=SessionLimits(**limits))
        self.seen: list[Any] = []
        self.most_partial = 0

    def step(self) -> None:
        select.select([self.reactor.fileno()], [], [], 0.01)
        if self.reactor.poll():
            while (batch := self.reactor.take(64))[1]:
                for session, item in zip(*batch, strict=True):
                    self._one(session, item)
        self.reactor.flush()
        self.most_partial = max(self.most_partial, self.reactor.stats()["partial_octets"])

    def _one(self, session: Any, item: Any) -> None:
        self.seen.append(item)
        if isinstance(item, XpcBlock):
            self.reactor.send_xpc(session, item.document or b"", keep_open=item.error is None)
        elif isinstance(item, ENDS):
            self.reactor.close(session)

    def of(self, kind: Any) -> list[Any]:
        return [item for item in self.seen if isinstance(item, kind)]

    def until(self, condition: Any) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if condition():
                return
            self.step()
        raise AssertionError(f"it did not come true; {self.reactor.stats()}")

    def connect(self) -> socket.socket:
        sock = socket.create_connection(self.address)
        sock.setblocking(False)
        return sock

    def ask(self, sock: socket.socket, document: bytes) -> None:
        """A well-behaved request is answered, whatever else goes on."""
        sock.sendall(xpc_build(document, keep_open=True, authority="example.com", role="client"))
        expected = xpc_build(document, keep_open=True, role="server")
        answer = bytearray()

        def answered() -> bool:
            if select.select([sock], [], [], 0)[0]:
                answer.extend(sock.recv(65536))
            return len(answer) >= len(expected)

        self.until(answered)
        assert answer == expected


@pytest.fixture
def good() -> Iterator[list[socket.socket]]:
    sockets: list[socket.socket] = []
    yield sockets
    for sock in sockets:
        sock.close()


def test_garbage_is_told_as_what_it_is_and_harms_nobody(good: list[socket.socket]) -> None:
    server = XpcServer(frame_seconds=None, linger_seconds=0.05)
    friend = server.connect()
    good.append(friend)
    generator = random.Random(11)
    for turn in range(150):
        stranger = server.connect()
        good.append(stranger)
        stranger.sendall(generator.randbytes(generator.randrange(1, 400)))
        if turn % 10 == 9:
            server.ask(friend, b"<request/>" * turn)
    server.until(lambda: len(server.of(UnknownVersion)) > 80)
    for block in server.of(XpcBlock):
        assert block.error is not None or block.authority is not None
    server.ask(friend, b"<request/>")
    server.reactor.shutdown()


def test_half_blocks_are_bounded_in_memory_and_in_time(good: list[socket.socket]) -> None:
    budget = 256 << 10
    server = XpcServer(
        reactor_limits=ReactorLimits(partial_octets=budget),
        frame_octets=1 << 20,
        frame_seconds=1.0,
        linger_seconds=0.05,
    )
    friend = server.connect()
    half = b"\x20\x00\x07\xff\xff" + b"x" * 60_000
    for _ in range(60):
        stranger = server.connect()
        good.append(stranger)
        stranger.send(half)
    server.ask(friend, b"<request/>")
    server.until(lambda: len(server.of(TimerExpired)) >= 60)
    assert {item.kind for item in server.of(TimerExpired)} == {"frame"}
    # Above the budget each session still gets its share, and one after another a turn; without it they would hold all.
    assert budget < server.most_partial < 60 * len(half) // 3
    server.until(lambda: server.reactor.stats()["partial_octets"] == 0)
    server.ask(friend, b"<request/>")
    server.reactor.shutdown()
    friend.close()


def test_blocks_without_end_are_refused(good: list[socket.socket]) -> None:
    server = XpcServer(frame_octets=20_000, linger_seconds=0.05)
    many, long, friend = server.connect(), server.connect(), server.connect()
    good += [many, long, friend]
    many.sendall(b"\x20\x00" + b"\x07\x00\x00" * 5000)
    long.sendall(b"\x20\x00" + (b"\x07\x01\x00" + b"x" * 256) * 100)
    server.until(lambda: server.of(BadFrame) and server.of(FrameTooLarge))
    server.ask(friend, b"<request/>")
    server.until(lambda: len(server.of(Closed)) >= 2)
    server.reactor.shutdown()


def test_a_client_that_never_reads_is_not_answered_for_ever(good: list[socket.socket]) -> None:
    server = XpcServer(output_high=64 << 10, output_low=16 << 10, frame_seconds=None)
    deaf, friend = server.connect(), server.connect()
    good += [deaf, friend]
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 10)
    question = xpc_build(b"x" * 8000, keep_open=True, role="client")
    sent = 0
    for _ in range(2000):
        try:
            sent += deaf.send(question)
        except BlockingIOError:
            break
        server.step()
    server.ask(friend, b"<request/>")
    stats = server.reactor.stats()
    assert stats["output_stops"] >= 1
    assert stats["unsent_octets"] < 512 << 10
    server.reactor.shutdown()
