"""Serving EPP: the engine of `regwire.epp` over the reactor, waiting in trio."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import regwire_native
import trio

from regwire.epp.accounts import AccountSource, check_login
from regwire.epp.engine import Engine
from regwire.epp.handlers import Handlers
from regwire.epp.messages.core import Command, Login
from regwire.epp.server import ServerConfig
from regwire.trio._collector import Collector, CollectorPolicy
from regwire.trio._listen import stream_sockets, until_cancelled
from regwire.trio._reactor import make_reactor
from regwire.trio._workers import Workers

__all__ = ["Bound", "Listener", "Server", "serve"]

logger = logging.getLogger("regwire.trio.epp")

DRAIN_SECONDS = 30.0
"""How long commands that wait may take to finish when the server stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Where to listen. `tls` None is plain TCP, for tests and behind something that ends TLS.

    `host` is a name or address (all of its addresses are bound; "" is every address), `port` 0 takes a free one.
    """

    host: str = "127.0.0.1"
    port: int = 700
    tls: Any = None


@dataclass(frozen=True, slots=True)
class Bound:
    """A socket that listens: its address and port as they turned out."""

    host: str
    port: int
    tls: bool
    number: int = field(default=0, compare=False)


async def serve(
    handlers: Handlers,
    *,
    listeners: Sequence[Listener],
    config: ServerConfig | None = None,
    accounts: AccountSource | None = None,
    certificate_needed: bool = True,
    collector: CollectorPolicy | None = CollectorPolicy(),  # noqa: B008 - immutable
    drain_seconds: float = DRAIN_SECONDS,
    reactor_limits: regwire_native.ReactorLimits | None = None,
    thread: bool = False,
    reactor: Any = None,
    task_status: trio.TaskStatus[Server] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve EPP until cancelled.

    `handlers` answer the commands. `accounts` decides on logins when the handlers do not (`Handlers.login`); with
    neither every login is refused. `certificate_needed`: over TLS a login without a client certificate is answered
    2200. `collector` is the garbage collector's policy while serving; None leaves it alone. `reactor_limits` bound all
    sessions together (memory, sessions of an address, steps). `thread`: TLS and the network run on a native thread of
    their own, which helps when a second core is free and the handlers are busy. `reactor` replaces the reactor (tests
    do).

    `task_status.started` gives a `Server`: its `listeners` with their ports, `stats()`.

    Cancellation drains: nothing more is accepted or read, commands that wait finish (at most `drain_seconds`), their
    replies leave, connections close with close_notify; then Cancelled goes on. Raises ConfigError for a listener that
    cannot be bound and for handlers that do not fit.
    """
    config = config or ServerConfig()
    if reactor is None:
        reactor = make_reactor(reactor_limits, thread=thread)
    server = Server(handlers, config, accounts, reactor, certificate_needed=certificate_needed)
    server.listen(listeners)
    policy = collector
    if policy is None:
        await server.run(task_status, drain_seconds)
        return
    server.collector = Collector(policy)
    with server.collector.in_force():
        logger.info(
            "garbage collector: thresholds %d %d %d, freezing %s",
            policy.young, policy.middle, policy.old, "on" if policy.freeze else "off",
        )  # fmt: skip
        await server.run(task_status, drain_seconds)


class Server:
    """A running server. `listeners` are its sockets, `config` and `handlers` what it was given."""

    def __init__(
        self,
        handlers: Handlers,
        config: ServerConfig,
        accounts: AccountSource | None,
        reactor: Any,
        *,
        certificate_needed: bool = True,
    ) -> None:
        self.handlers = handlers
        self.config = config
        self.listeners: list[Bound] = []
        self.collector: Collector | None = None
        self._reactor = reactor
        self._codec = config.schema.codec
        self._limiter = trio.CapacityLimiter(config.limits.password_threads)
        login = partial(self._check_login, accounts, certificate_needed) if accounts is not None else None
        self._workers = Workers(reactor)
        self.engine = Engine(
            reactor, handlers, config, self._workers, now=trio.current_time, login=login, codec=self._codec
        )

    def listen(self, listeners: Sequence[Listener]) -> None:
        """Bind every listener."""
        for listener in listeners:
            for sock in stream_sockets(listener.host, listener.port):
                host, port = sock.getsockname()[:2]
                with sock:
                    number = self._reactor.listen(
                        sock.fileno(),
                        framing="epp",
                        tls=listener.tls,
                        limits=_session_limits(self.config),
                        codec=self._codec,
                        role="server",
                    )
                self.listeners.append(Bound(host, port, listener.tls is not None, number))

    def stats(self) -> dict[str, float]:
        """Counts since the start, and sessions now.

        Among them `commands`, `sessions`, `opened`, `closed`, `logins`, `refused_logins`, `failed`, the reactor's own
        under `reactor_…`, and the collector's pauses in seconds: `gc_longest`, `gc_total`, `gc_collections`. Call it in
        the event loop's thread; from others by ``trio.from_thread.run_sync(server.stats, trio_token=…)``.
        """
        engine = self.engine
        found: dict[str, float] = {
            "commands": engine.loop.commands,
            "sessions": len(engine.sessions),
            **engine.counts,
        }
        found |= {f"reactor_{name}": value for name, value in self._reactor.stats().items()}
        if self.collector is not None:
            found |= {
                "gc_longest": self.collector.longest,
                "gc_total": self.collector.total,
                "gc_collections": self.collector.collections,
            }
        return found

    # --------------------------------------------------------------------------------------------------------- running

    async def run(self, task_status: trio.TaskStatus[Server], drain_seconds: float) -> None:
        """Serve until cancelled, then drain."""
        stop = trio.Event()
        try:
            async with trio.open_nursery() as outer:
                outer.start_soon(until_cancelled, stop)
                with trio.CancelScope(shield=True):
                    async with trio.open_nursery() as nursery:
                        self._workers.open(nursery, self.engine.loop)
                        task_status.started(self)
                        await stop.wait()
                        await self._drain(drain_seconds)
                        nursery.cancel_scope.cancel()
                outer.cancel_scope.cancel()
        finally:
            self._reactor.shutdown()

    async def _drain(self, seconds: float) -> None:
        for bound in self.listeners:
            self._reactor.stop_accepting(bound.number)
        with trio.move_on_after(seconds) as scope:
            while True:
                self.engine.drain()
                self.engine.loop.turn()
                if not self.engine.sessions and not self._workers.active:
                    break
                await trio.sleep(0.01)
        if scope.cancelled_caught:
            logger.warning("stopped with %d sessions that did not finish", len(self.engine.sessions))
        if self.collector is not None:
            logger.info(
                "collector pauses: longest %.1f ms, %d in all, %.1f ms together",
                self.collector.longest * 1e3, self.collector.collections, self.collector.total * 1e3,
                extra={"event": "epp.collector", "longest": self.collector.longest},
            )  # fmt: skip

    async def _check_login(
        self, accounts: AccountSource, certificate_needed: bool, session: Any, login: Login, command: Command
    ) -> Any:
        """Hash in a limited number of threads: logins of a thousand clients at once must not starve the loop."""
        needed = certificate_needed and getattr(session.peer, "tls_version", None) is not None
        return await trio.to_thread.run_sync(
            partial(check_login, accounts, session, command, certificate_needed=needed), limiter=self._limiter
        )


def _session_limits(config: ServerConfig) -> Any:
    limits = config.limits
    return regwire_native.SessionLimits(
        frame_octets=limits.frame_before_login,
        handshake_seconds=limits.handshake,
        login_seconds=limits.login,
        frame_seconds=limits.frame,
        idle_seconds=limits.idle,
        session_seconds=limits.session,
    )
