"""Serving BEEP: any profiles, over one reactor, waiting in trio."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import regwire_native
import trio

from regwire.beep.limits import Budget, Limits
from regwire.beep.profiles import Profiles
from regwire.beep.session import Session
from regwire.errors import NotSent
from regwire.sasl import SaslServer
from regwire.session import items
from regwire.trio._beep_hosts import OUTPUT_HIGH, ReactorHost, checked_tls, log_end
from regwire.trio._listen import stream_sockets, until_cancelled
from regwire.trio._reactor import drive, make_reactor

__all__ = ["Bound", "Listener", "Server", "serve", "session_limits"]

logger = logging.getLogger("regwire.trio.beep")

CHUNK = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Where to listen. `tls` is for the TLS profile: sessions begin in the clear. `port` 0 takes a free one.

    `tls` is a `ServerTls`, or several by name: the `serverName` that the other side starts the TLS profile with chooses
    (RFC 3080 section 3.1.3.1), "" is for any other name and for none.
    """

    host: str = "127.0.0.1"
    port: int = 10288
    tls: Any = None


@dataclass(frozen=True, slots=True)
class Bound:
    """A socket that listens: its address and port as they turned out."""

    host: str
    port: int
    tls: bool
    number: int = field(default=0, compare=False)


def session_limits(
    limits: Limits,
    *,
    handshake: float = 10.0,
    frame: float | None = 120.0,
    idle: float | None = 300.0,
    session: float | None = 86_400.0,
) -> regwire_native.SessionLimits:
    """The reactor's limits of one BEEP session."""
    return regwire_native.SessionLimits(
        frame_octets=limits.frame_octets,
        output_high=OUTPUT_HIGH,
        handshake_seconds=handshake,
        login_seconds=None,
        frame_seconds=frame,
        idle_seconds=idle,
        session_seconds=session,
    )


async def serve(
    profiles: Profiles,
    *,
    listeners: Sequence[Listener],
    limits: Limits | None = None,
    sasl: SaslServer | None = None,
    idle_seconds: float | None = 300.0,
    frame_seconds: float | None = 120.0,
    drain_seconds: float = 10.0,
    sessions: int = 10_000,
    reactor_limits: regwire_native.ReactorLimits | None = None,
    task_status: trio.TaskStatus[Server] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve BEEP in the listening role until cancelled.

    `profiles` answer (see `regwire.beep.Profile`). `sasl` adds the SASL profiles. A session ends after `idle_seconds`
    without a frame, or when one frame takes longer than `frame_seconds`; above `sessions` of them a new one is answered
    421. `task_status.started` gives a `Server`.

    Cancellation drains: nothing more is accepted, replies that are due leave, every session is released (at most
    `drain_seconds` in all); then Cancelled goes on. Raises ConfigError for a listener that cannot be bound.
    """
    reactor = make_reactor(reactor_limits)
    server = Server(profiles, reactor, limits or Limits(), sasl, sessions)
    try:
        server.listen(listeners, frame_seconds, idle_seconds)
        await server.run(task_status, drain_seconds)
    finally:
        reactor.shutdown()


class Server:
    """A running server. `listeners` are its sockets, `sessions` what is open, by number."""

    def __init__(self, profiles: Profiles, reactor: Any, limits: Limits, sasl: SaslServer | None, most: int) -> None:
        self.listeners: list[Bound] = []
        self.sessions: dict[int, Session] = {}
        self.counts: Counter[str] = Counter()
        self._profiles = profiles
        self._reactor = reactor
        self._limits = limits
        self._budget = Budget()
        self._sasl = sasl
        self._most = most
        self._tls: dict[int, Any] = {}
        self._hosts: dict[int, ReactorHost] = {}
        self._due = trio.Event()
        self._nursery: trio.Nursery | None = None
        self._limiter = trio.CapacityLimiter(2)
        self._released: set[int] = set()

    def stats(self) -> dict[str, float]:
        """Counts since the start (`opened`, `closed`), sessions now, and the reactor's own under `reactor_…`."""
        found: dict[str, float] = {"sessions": len(self.sessions), **self.counts}
        return found | {f"reactor_{name}": value for name, value in self._reactor.stats().items()}

    def listen(self, listeners: Sequence[Listener], frame: float | None, idle: float | None) -> None:
        """Bind every listener."""
        for listener in listeners:
            for sock in stream_sockets(listener.host, listener.port):
                host, port = sock.getsockname()[:2]
                with sock:
                    number = self._reactor.listen(
                        sock.fileno(),
                        framing="beep",
                        tls=None,
                        limits=session_limits(self._limits, frame=frame, idle=idle),
                    )
                self._tls[number] = checked_tls(f"{listener.host}:{listener.port}", listener.tls)
                self.listeners.append(Bound(host, port, listener.tls is not None, number))

    async def run(self, task_status: trio.TaskStatus[Server], drain_seconds: float) -> None:
        """Serve until cancelled, then drain."""
        stop = trio.Event()
        async with trio.open_nursery() as outer:
            outer.start_soon(until_cancelled, stop)
            with trio.CancelScope(shield=True):
                async with trio.open_nursery() as nursery:
                    self._nursery = nursery
                    nursery.start_soon(self._turn)
                    nursery.start_soon(drive, self._reactor, self._events)
                    task_status.started(self)
                    await stop.wait()
                    await self._drain(drain_seconds)
                    nursery.cancel_scope.cancel()
            outer.cancel_scope.cancel()

    def _events(self, waiting: int) -> None:
        reactor = self._reactor
        while True:
            owners, found = reactor.take(CHUNK)
            if not found:
                break
            touched: dict[ReactorHost, None] = {}
            for owner, item in zip(owners, found, strict=True):
                host = self._hosts.get(owner) or self._stray(item)
                if host is None:
                    continue
                touched[host] = None
                self._guarded(host, partial(host.take_in, item))
                if isinstance(item, items.Closed):
                    self._forget(host)
            for host in touched:
                self._guarded(host, host.pump)
        reactor.flush()

    def _guarded(self, host: ReactorHost, call: Callable[[], None]) -> None:
        """A fault of ours in one session must not end the others."""
        try:
            call()
        except Exception as error:
            host.broken(error)

    def _stray(self, item: Any) -> ReactorHost | None:
        if not isinstance(item, items.Opened):
            return None
        assert self._nursery is not None
        tls = self._tls[item.listener or 0]
        host = ReactorHost(self._reactor, item.session, self._nursery, self._limiter, tls=tls, touch=self._touch)
        crowded = len(self.sessions) >= self._most
        host.session = Session(
            "listener", self._profiles, host, limits=self._limits, tls=tls is not None, sasl=self._sasl,
            unavailable=(421, "no more sessions") if crowded else None, budget=self._budget,
        )  # fmt: skip
        self._hosts[host.number] = host
        self.sessions[host.number] = host.session
        self.counts["opened"] += 1
        return host

    def _forget(self, host: ReactorHost) -> None:
        self._hosts.pop(host.number, None)
        self.sessions.pop(host.number, None)
        self._released.discard(host.number)
        self.counts["closed"] += 1
        host.abandon()
        log_end(host.session, host.number)

    def _touch(self) -> None:
        self._due.set()

    async def _turn(self) -> None:
        """One flush for everything that was answered in the same turn of trio."""
        while True:
            await self._due.wait()
            self._due = trio.Event()
            self._reactor.flush()

    async def _drain(self, seconds: float) -> None:
        for bound in self.listeners:
            self._reactor.stop_accepting(bound.number)
        with trio.move_on_after(seconds) as scope:
            while self._hosts:
                for number, host in list(self._hosts.items()):
                    if number not in self._released and not host.working:
                        self._released.add(number)
                        release(host)
                self._reactor.flush()
                await trio.sleep(0.01)
        if scope.cancelled_caught:
            logger.warning("stopped with %d sessions that did not finish", len(self._hosts))


def release(host: ReactorHost) -> None:
    """Ask the other side to release the session; one that has not greeted is closed."""
    session = host.session
    if session.ended is not None:
        return
    try:
        session.close(0, lambda event: None)
    except NotSent:
        session.stop("the server stops")
        session.pump()
