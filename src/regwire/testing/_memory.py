"""A reactor in memory: the interface of `regwire_native.Reactor` without sockets, TLS or threads.

A server runs on it unchanged, `memory_stream()` gives clients their end. Times are trio's, so that a test's clock
(`trio.testing.MockClock`, also with autojump) moves its timers.
"""

from __future__ import annotations

import contextlib
import math
import socket
import struct
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import trio

from regwire.schema._schema import ROLES
from regwire.session import items

__all__ = ["MemoryPeer", "MemoryReactor", "MemoryStream"]

HEADER = 4
READ_HIGH = 256 * 1024
"""Octets a client may send ahead of a server that does not read."""


@dataclass(frozen=True, slots=True)
class MemoryPeer:
    """What a server sees of a client in memory; set `fingerprint` and `tls_version` to play a TLS client."""

    address: tuple[str, int] | None = ("memory", 0)
    tls_version: str | None = None
    cipher: str | None = None
    server_name: str | None = None
    certificates: tuple[bytes, ...] = ()
    fingerprint: str | None = None


class MemoryStream(trio.abc.Stream):
    """The client's end of a connection. `cut()` breaks it without an end of file."""

    def __init__(self, reactor: MemoryReactor, session: _Session) -> None:
        self._reactor = reactor
        self._session = session
        self._buffer = bytearray()
        self._readable = trio.Event()
        self._writable = trio.Event()
        self._eof = False
        self._broken = False
        self._closed = False

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send; waits while the server does not read what was sent before."""
        await trio.lowlevel.checkpoint()
        self._check()
        self._reactor.octets(self._session, bytes(data))
        while len(self._session.received) > READ_HIGH and not self._session.over:
            self._writable = trio.Event()
            await self._writable.wait()
        self._check()

    async def wait_send_all_might_not_block(self) -> None:
        """Return at once."""
        await trio.lowlevel.checkpoint()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Receive; empty at the end."""
        await trio.lowlevel.checkpoint()
        while not self._buffer and not self._eof and not self._broken and not self._closed:
            self._readable = trio.Event()
            await self._readable.wait()
        self._check()
        data = bytes(self._buffer[:max_bytes])
        del self._buffer[: len(data)]
        return data

    def _check(self) -> None:
        if self._closed:
            raise trio.ClosedResourceError
        if self._broken:
            raise trio.BrokenResourceError

    async def aclose(self) -> None:
        """Close: the server reads an end of file."""
        if not self._closed:
            self._closed = True
            self._readable.set()
            self._reactor.finished(self._session, "eof", clean=True)
        await trio.lowlevel.checkpoint()

    def cut(self) -> None:
        """Break the connection in both directions, as a cable does."""
        self._broken = True
        self._readable.set()
        self._reactor.finished(self._session, "reset", clean=False)

    # ------------------------------------------------------------------------------------------------ for the reactor

    def feed(self, data: bytes) -> None:
        """The server sent this."""
        self._buffer += data
        self._readable.set()

    def feed_eof(self) -> None:
        """The server closed."""
        self._eof = True
        self._readable.set()


@dataclass(eq=False, slots=True)
class _Session:
    number: int
    peer: Any
    limit: int
    owner: Any = None
    allowed: int = 0
    received: bytearray = field(default_factory=bytearray)
    queued: bytearray = field(default_factory=bytearray)
    stream: MemoryStream | None = None
    paused: bool = False
    over: bool = False
    closing: bool = False
    deaf: bool = False
    timers: dict[str, float] = field(default_factory=dict)
    idle: float | None = None
    ended: items.Closed | None = None


class MemoryReactor:
    """Sessions in memory. Give it to `serve(..., reactor=...)`; `connect()` opens a session.

    `codec` decodes and encodes (`Schema.codec`). `frame_seconds`: from a frame's first octet to its last.
    """

    def __init__(self, codec: Any, *, frame_limit: int = 16 * 1024, frame_seconds: float = 30.0) -> None:
        self._codec = codec
        self._frame_limit = frame_limit
        self._frame_seconds = frame_seconds
        self._sessions: dict[int, _Session] = {}
        self._events: deque[tuple[_Session, Any]] = deque()
        self._next = 1
        self._down = False
        self._wake, self._awake = socket.socketpair()
        self._wake.setblocking(False)
        self._awake.setblocking(False)
        self._timers_changed = trio.Event()
        self.accepting = True

    # -------------------------------------------------------------------------------------------------- the test's side

    def connect(self, peer: Any = None) -> MemoryStream:
        """Open a session and return the client's end."""
        if self._down or not self.accepting:
            raise OSError("connection refused: the server does not accept")
        session = _Session(self._next, peer if peer is not None else MemoryPeer(), self._frame_limit)
        self._next += 1
        session.owner = session.number
        session.stream = MemoryStream(self, session)
        self._sessions[session.number] = session
        self._events.append((session, items.Opened(session.number, 0, session.peer)))
        self._signal()
        return session.stream

    async def run_timers(self) -> None:
        """Let timers run out; a task of whoever owns the reactor."""
        while True:
            due = min((at for s in self._sessions.values() for at in s.timers.values()), default=math.inf)
            with trio.move_on_at(due):
                self._timers_changed = trio.Event()
                await self._timers_changed.wait()
            now = trio.current_time()
            for session in list(self._sessions.values()):
                for kind in [kind for kind, at in session.timers.items() if at <= now]:
                    del session.timers[kind]
                    self._events.append((session, items.TimerExpired(kind)))
                    self._signal()

    def octets(self, session: _Session, data: bytes) -> None:
        """The client sent this."""
        if not session.over:
            session.received += data
            self._signal()

    def finished(self, session: _Session, reason: str, *, clean: bool) -> None:
        """The client is gone."""
        if session.ended is None:
            session.ended = items.Closed(reason, "the peer closed" if clean else "connection reset", clean)
            self._signal()

    def _signal(self) -> None:
        with contextlib.suppress(BlockingIOError, OSError):
            self._wake.send(b"x")

    # ------------------------------------------------------------------------------------------ the reactor's interface

    def fileno(self) -> int:
        """Readable when `poll()` has something to do."""
        return self._awake.fileno()

    def listen(self, sock_fd: int, **_: Any) -> int:
        """There is nothing to listen on."""
        return 0

    def poll(self) -> int:
        """Cut what was received into frames."""
        try:
            while self._awake.recv(4096):
                pass
        except BlockingIOError:
            pass
        for session in list(self._sessions.values()):
            if not session.paused:
                self._cut(session)
        return len(self._events)

    def _cut(self, session: _Session) -> None:
        while not session.deaf and not session.closing and len(session.received) >= HEADER:
            (length,) = struct.unpack_from(">I", session.received)
            if length < HEADER or length > session.limit:
                session.deaf = True
                session.timers.pop("frame", None)
                broken = items.BadFrameLength(length) if length < HEADER else items.FrameTooLarge(length)
                self._events.append((session, broken))
                break
            if len(session.received) < length:
                break
            payload = bytes(session.received[HEADER:length])
            del session.received[:length]
            session.timers.pop("frame", None)
            if session.idle is not None:
                session.timers["idle"] = trio.current_time() + session.idle
            self._events.append((session, payload if payload else items.EmptyFrame()))
        if session.received and not session.deaf and not session.closing and "frame" not in session.timers:
            session.timers["frame"] = trio.current_time() + self._frame_seconds
            self._timers_changed.set()
        if session.stream is not None:
            session.stream._writable.set()
        if session.ended is not None and not session.over:
            self._over(session, session.ended)

    def _over(self, session: _Session, closed: items.Closed) -> None:
        session.over = True
        session.timers.clear()
        if session.received and closed.reason == "eof":
            closed = items.Closed("eof", "in the middle of a frame", clean=False)
        self._events.append((session, closed))

    def take(self, n: int = 32) -> tuple[list[Any], list[Any]]:
        """Decode and hand out the next events."""
        owners: list[Any] = []
        found: list[Any] = []
        while self._events and len(found) < n:
            session, item = self._events.popleft()
            if session.closing and not isinstance(item, items.Closed):
                continue
            if isinstance(item, items.Closed):
                self._sessions.pop(session.number, None)
            owners.append(session.owner)
            found.append(self._decode(session, item) if isinstance(item, bytes) else item)
        return owners, found

    def _decode(self, session: _Session, payload: bytes) -> Any:
        message, used = self._codec.decode_with_namespaces(payload, ROLES["server"])
        if used & ~session.allowed:
            return items.Unnegotiated(message, used)
        return message

    def set_owner(self, session: int, owner: object) -> None:
        """As the reactor."""
        if session in self._sessions:
            self._sessions[session].owner = owner

    def set_allowed(self, session: int, namespaces: int) -> None:
        """As the reactor."""
        if session in self._sessions:
            self._sessions[session].allowed = namespaces

    def set_limit(self, session: int, frame_octets: int) -> None:
        """As the reactor."""
        if session in self._sessions:
            self._sessions[session].limit = frame_octets

    def set_timer(self, session: int, kind: str, seconds: float | None) -> None:
        """As the reactor."""
        found = self._sessions.get(session)
        if found is None or found.closing:
            return
        if kind == "idle":
            found.idle = seconds
        if seconds is None:
            found.timers.pop(kind, None)
        else:
            found.timers[kind] = trio.current_time() + seconds
        self._timers_changed.set()

    def send(self, session: int, payload: bytes) -> None:
        """As the reactor."""
        found = self._sessions.get(session)
        if found is not None and not found.closing:
            found.queued += struct.pack(">I", len(payload) + HEADER) + payload

    def send_message(self, session: int, message: Any, cl_trid: str | None = None) -> None:
        """As the reactor: EncodeError queues nothing."""
        if session in self._sessions:
            given = message if cl_trid is None else message.replace(cl_trid=cl_trid)
            self.send(session, self._codec.encode(given))

    def reply(  # noqa: PLR0917 - as the reactor
        self, session: int, template: Any, result: Any, cl_trid: Any, sv_trid: str, data: Any
    ) -> None:
        """As the reactor: EncodeError queues nothing."""
        if session in self._sessions:
            self.send(session, template.encode(result, cl_trid, sv_trid, data))

    def flush(self) -> None:
        """As the reactor."""
        for session in list(self._sessions.values()):
            if session.queued and session.stream is not None:
                session.stream.feed(bytes(session.queued))
                session.queued.clear()
            if session.closing and not session.over:
                if session.stream is not None:
                    session.stream.feed_eof()
                self._over(session, items.Closed("local", "closed by the server", clean=True))
                self._signal()

    def close(self, session: int, *, drain: bool = True) -> None:
        """As the reactor: what is queued leaves with the next flush when `drain`."""
        found = self._sessions.get(session)
        if found is not None and not found.closing:
            found.closing = True
            found.timers.clear()
            if not drain:
                found.queued.clear()

    def pause(self, session: int) -> None:
        """As the reactor."""
        if session in self._sessions:
            self._sessions[session].paused = True

    def resume(self, session: int) -> None:
        """As the reactor."""
        if session in self._sessions:
            self._sessions[session].paused = False
            self._signal()

    def queued(self, session: int) -> int:
        """As the reactor."""
        found = self._sessions.get(session)
        return len(found.queued) if found is not None else 0

    def stop_accepting(self, listener: int) -> None:
        """As the reactor."""
        self.accepting = False

    def stats(self) -> dict[str, int]:
        """As the reactor."""
        return {"sessions": len(self._sessions)}

    def shutdown(self) -> None:
        """Close everything."""
        self.flush()
        self._down = True
        for session in self._sessions.values():
            if session.stream is not None:
                session.stream.feed_eof()
        self._sessions.clear()
        self._wake.close()
        self._awake.close()
