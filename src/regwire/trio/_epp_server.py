"""Serving EPP: the engine of `regwire.epp` over the reactor, waiting in trio."""

from __future__ import annotations

import logging
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import regwire_native
import trio
from trio.lowlevel import Abort, Task, current_task, reschedule, wait_task_rescheduled

from regwire.epp.accounts import AccountSource, check_login
from regwire.epp.engine import Engine
from regwire.epp.handlers import Handlers
from regwire.epp.messages.core import Command, Login
from regwire.epp.server import ServerConfig, ServerSession
from regwire.errors import ConfigError
from regwire.session import Entry, Run
from regwire.trio._collector import Collector, CollectorPolicy
from regwire.trio._reactor import drive, make_reactor

__all__ = ["Bound", "Listener", "Server", "serve"]

logger = logging.getLogger("regwire.trio.epp")

BACKLOG = 4096
"""Connections that the kernel may queue: a thousand registrars that reconnect after a restart must all get in."""

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
        self.engine = Engine(
            self._reactor, handlers, config, self, now=trio.current_time, login=login, codec=self._codec
        )
        self._handler_nursery: trio.Nursery | None = None
        self._turner: Task | None = None
        self._turn_due = False
        self._idle_workers: list[_Worker] = []
        self._batch_waiting = 0

    def listen(self, listeners: Sequence[Listener]) -> None:
        """Bind every listener."""
        for listener in listeners:
            for sock in _sockets(listener):
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
        under `reactor_…`, and the collector's pauses in seconds: `gc_longest`, `gc_total`, `gc_collections`.
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
        async with trio.open_nursery() as outer:
            outer.start_soon(_until_cancelled, stop)
            with trio.CancelScope(shield=True):
                async with trio.open_nursery() as nursery:
                    self._handler_nursery = nursery
                    reading = trio.CancelScope()
                    nursery.start_soon(self._read, reading)
                    nursery.start_soon(self._turn)
                    task_status.started(self)
                    await stop.wait()
                    await self._drain(drain_seconds)
                    nursery.cancel_scope.cancel()
            outer.cancel_scope.cancel()

    async def _read(self, scope: trio.CancelScope) -> None:
        with scope:
            await drive(self._reactor, self.engine.loop.events)

    async def _turn(self) -> None:
        """Let the loop settle what tasks finished, once for all that finished in the same turn of trio."""
        while True:
            if not self._turn_due:
                self._turner = current_task()
                await wait_task_rescheduled(_abort_turn)
            self._turn_due = False
            self.engine.loop.turn()

    async def _drain(self, seconds: float) -> None:
        for bound in self.listeners:
            self._reactor.stop_accepting(bound.number)
        with trio.move_on_after(seconds) as scope:
            while True:
                self.engine.drain()
                self.engine.loop.turn()
                if not self.engine.sessions and not self._batch_waiting:
                    break
                await trio.sleep(0.01)
        if scope.cancelled_caught:
            logger.warning("stopped with %d sessions that did not finish", len(self.engine.sessions))
        self._reactor.shutdown()
        if self.collector is not None:
            logger.info(
                "collector pauses: longest %.1f ms, %d in all, %.1f ms together",
                self.collector.longest * 1e3, self.collector.collections, self.collector.total * 1e3,
                extra={"event": "epp.collector", "longest": self.collector.longest},
            )  # fmt: skip

    # ---------------------------------------------------------------------------------------- waiting, for the engine

    def kick(self) -> None:
        """Let `loop.turn()` run soon."""
        if self._turn_due:
            return
        self._turn_due = True
        if self._turner is not None:
            task, self._turner = self._turner, None
            reschedule(task)

    def start(self, session: ServerSession) -> None:
        """Make the session's task: it lives as long as the session, because a coroutine cannot move to another."""
        if self._handler_nursery is not None:
            session.task = _STARTING
            self._handler_nursery.start_soon(self._session_task, session)

    def wake(self, task: Task) -> None:
        """Wake a parked task."""
        reschedule(task)

    async def _session_task(self, session: ServerSession) -> None:
        """Do the session's jobs. This is the path of every `async def` command: few calls, nothing made twice."""
        engine, login = self.engine, self.engine.login_entry
        finish, unpark = engine.loop.finish, partial(_unpark, session)
        session.task = current_task()
        try:
            while True:
                job = session.job
                if job is None:
                    if session.over:
                        return
                    session.parked = True
                    await wait_task_rescheduled(unpark)
                    continue
                entry, command, obj = job
                if entry is login:
                    await self._log_in(session, entry, command, obj)
                else:
                    try:
                        result = await entry.function(session, command, obj)  # type: ignore[misc]
                    except Exception as error:
                        result = engine.failed(session, command, error)
                    finish(session, command, result)
                if not self._turn_due:
                    self.kick()
        finally:
            session.task = None

    async def _log_in(self, session: ServerSession, entry: Entry, command: Command, login: Any) -> None:
        assert entry.function is not None
        try:
            result = await entry.function(session, login, command)
        except Exception as error:
            result = self.engine.failed(session, command, error)
        self.engine.finish(session, entry, command, result)

    def start_batch(self, runs: list[Run]) -> None:
        """Give the runs to a parked batch task, or make one."""
        self._batch_waiting += 1
        if self._idle_workers:
            worker = self._idle_workers.pop()
            worker.runs = runs
            reschedule(worker.task)
        elif self._handler_nursery is not None:
            self._handler_nursery.start_soon(self._batch_task, runs)

    async def _batch_task(self, runs: list[Run]) -> None:
        batch = self.handlers.batch_handler
        assert batch is not None
        worker = _Worker(current_task())
        while True:
            try:
                await batch(runs)
            except Exception as error:
                self.engine.failed(None, None, error)
            self.engine.batch_done(runs)
            self._batch_waiting -= 1
            self.kick()
            self._idle_workers.append(worker)
            await wait_task_rescheduled(partial(self._drop_worker, worker))
            runs = worker.runs

    def _drop_worker(self, worker: _Worker, _: object) -> Abort:
        if worker in self._idle_workers:
            self._idle_workers.remove(worker)
        return Abort.SUCCEEDED

    async def _check_login(
        self, accounts: AccountSource, certificate_needed: bool, session: ServerSession, login: Login, command: Command
    ) -> Any:
        """Hash in a limited number of threads: logins of a thousand clients at once must not starve the loop."""
        needed = certificate_needed and getattr(session.peer, "tls_version", None) is not None
        return await trio.to_thread.run_sync(
            partial(check_login, accounts, session, command, certificate_needed=needed), limiter=self._limiter
        )


class _Worker:
    """A parked batch task."""

    __slots__ = ("runs", "task")

    def __init__(self, task: Task) -> None:
        self.task = task
        self.runs: list[Run] = []


_STARTING = object()
"""A task that is about to run."""


def _unpark(session: ServerSession, _: object) -> Abort:
    session.parked = False
    return Abort.SUCCEEDED


def _abort_turn(_: object) -> Abort:
    return Abort.SUCCEEDED


async def _until_cancelled(stop: trio.Event) -> None:
    try:
        await trio.sleep_forever()
    finally:
        stop.set()


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


def _sockets(listener: Listener) -> list[socket.socket]:
    where = f"{listener.host or '*'}:{listener.port}"
    try:
        found = socket.getaddrinfo(
            listener.host or None, listener.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise ConfigError(where, f"no such address ({error})") from error
    sockets: list[socket.socket] = []
    try:
        for family, kind, proto, _, address in dict.fromkeys(found):
            sock = socket.socket(family, kind, proto)
            sockets.append(sock)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind(address)
            sock.listen(BACKLOG)
            sock.setblocking(False)
    except OSError as error:
        for sock in sockets:
            sock.close()
        raise ConfigError(
            where, f"cannot listen ({error.strerror})", "choose another port or stop what uses it"
        ) from error
    return sockets
