"""Serving IRIS: the engine of `regwire.iris` behind any of its transports, over one reactor, waiting in trio."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import regwire_native
import trio

from regwire.errors import ConfigError
from regwire.iris.engine import Engine, Pending
from regwire.iris.handlers import Exchange, Handlers
from regwire.iris.messages.core import Response
from regwire.iris.transport.common import ServerConfig
from regwire.session import items as item_types
from regwire.session.address import shown_address
from regwire.trio._collector import Collector, CollectorPolicy
from regwire.trio._listen import until_cancelled
from regwire.trio._reactor import drive, make_reactor

__all__ = ["Bound", "Link", "Listener", "Server", "Service", "serve"]

logger = logging.getLogger("regwire.trio.iris")

DRAIN_SECONDS = 30.0
"""How long requests that wait may take to finish when the server stops."""
CHUNK = 64
"""Items taken from the reactor at a time; what they ask is answered together."""

T = TypeVar("T")
Done = Callable[[Response], None]


@dataclass(frozen=True, slots=True)
class Bound:
    """A socket that listens: transport ("xpc", "xpcs", "lwz", "beep"), address and port as they turned out."""

    transport: str
    host: str
    port: int
    tls: bool
    number: int = field(default=0, compare=False)


class Link(Protocol):
    """One session of a transport: what the reactor's items of it are given to."""

    number: int

    def arrived(self, item: Any) -> None:
        """Take an item, in the order of the wire; `Closed` is the last. Output that it queues is flushed after."""

    def drain(self) -> bool:
        """The server stops: answer what waits, then close. Called again and again; True: nothing waits any more."""


class IdentifiedLink(Link, Protocol):
    """A session of a client that can authenticate; it puts itself into `Service.identified` when it has."""

    @property
    def who(self) -> tuple[str, str | None] | None:
        """Whom SASL authorised, and the SHA-256 fingerprint of the certificate that the client showed."""

    def end(self, reason: str) -> None:
        """Answer what waits, then close, telling the client `reason`. The identity is of no use any more."""


class DatagramLink(Link, Protocol):
    """A datagram socket: it is given together what arrived together."""

    def arrived_together(self, items: list[Any]) -> None:
        """Take datagrams, in order."""


class Listener(Protocol):
    """Where a transport listens."""

    def open(self, service: Service) -> None:
        """Bind at `service.reactor`, and tell the service by `bind`. Raises ConfigError."""


async def serve(
    handlers: Handlers,
    *,
    listeners: Sequence[Listener],
    config: ServerConfig | None = None,
    collector: CollectorPolicy | None = CollectorPolicy(),  # noqa: B008 - immutable
    drain_seconds: float = DRAIN_SECONDS,
    reactor_limits: regwire_native.ReactorLimits | None = None,
    reactor: Any = None,
    task_status: trio.TaskStatus[Server] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve IRIS until cancelled.

    `handlers` answer the requests, whatever the transport. `listeners` are `XpcListener`, `XpcsListener`, `LwzListener`
    and `BeepListener`, as many of each as wanted. `config` holds limits, authentication and schema. `collector` is the
    garbage collector's policy while serving; None leaves it alone. `reactor_limits` bound all sessions together;
    `reactor` replaces the reactor (tests do).

    `task_status.started` gives a `Server`: its `listeners` with their ports, `stats()`.

    Cancellation drains: nothing more is accepted or read, requests that wait are answered (at most `drain_seconds`),
    connections close; then Cancelled goes on. Raises ConfigError for a listener that cannot be bound.
    """
    service = Service(handlers, config or ServerConfig(), reactor or make_reactor(reactor_limits))
    server = Server(service)
    try:
        for listener in listeners:
            listener.open(service)
        if collector is None:
            await server.run(task_status, drain_seconds)
            return
        service.collector = Collector(collector)
        with service.collector.in_force():
            await server.run(task_status, drain_seconds)
    finally:
        service.reactor.shutdown()


class Service:
    """What transports work with: the reactor, the engine, and where to ask. For listeners; users have a `Server`."""

    def __init__(self, handlers: Handlers, config: ServerConfig, reactor: Any) -> None:
        self.engine = Engine(handlers)
        self.config = config
        self.codec = config.schema.codec
        self.template = self.engine.template(self.codec)
        self.reactor = reactor
        self.bound: list[Bound] = []
        self.links: dict[int, Link] = {}
        self.identified: set[IdentifiedLink] = set()
        self.counts: Counter[str] = Counter()
        self.collector: Collector | None = None
        self.draining = False
        self.answered = 0
        self._accept: dict[int, Callable[[Any], Link]] = {}
        self._endpoints: list[DatagramLink] = []
        self._asked: list[tuple[Exchange, Done]] = []
        self._before_flush: list[tuple[Link, Callable[[], None]]] = []
        self._waiting = 0
        self._due = trio.Event()
        self._nursery: trio.Nursery | None = None
        self._limiter = trio.CapacityLimiter(config.limits.sasl_threads)

    # ---------------------------------------------------------------------------------------------------- for listeners

    def bind(self, bound: Bound, accept: Callable[[Any], Link]) -> None:
        """A socket listens under `bound.number`; `accept(opened)` makes the link of each of its sessions."""
        self.bound.append(bound)
        self._accept[bound.number] = accept

    def bind_endpoint(self, bound: Bound, link: DatagramLink) -> None:
        """A datagram socket: all of its datagrams go to one link, which is drained like a session."""
        self.bound.append(bound)
        self.links[-1 - bound.number] = link
        self._endpoints.append(link)
        self.reactor.set_endpoint_owner(bound.number, link)

    # ------------------------------------------------------------------------------------------------------- for links

    def ask(self, exchange: Exchange, done: Done) -> None:
        """Let the engine answer this, with what else is asked in this turn; `done` is called then or later."""
        self._asked.append((exchange, done))

    def in_thread(self, link: Link, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Call `work` in one of a few threads, then `done` with what it returned, in the loop's task.

        A fault in either ends the session of `link`.
        """
        if getattr(self.reactor, "inline", False):
            done(work())
            return
        assert self._nursery is not None
        self._waiting += 1
        self._nursery.start_soon(self._in_thread, link, work, done)

    def broken(self, link: Link, error: Exception) -> None:
        """A fault of ours in one session must not end the others."""
        self.counts["failed"] += 1
        logger.error("a session failed: %s", type(error).__name__, exc_info=error, extra={"event": "iris.fault"})
        if link.number >= 0:
            self.reactor.close(link.number, drain=False)

    def touch(self) -> None:
        """Answer what was asked and flush soon: for what happens outside of `Link.arrived`."""
        self._due.set()

    def before_flush(self, link: Link, call: Callable[[], None]) -> None:
        """Call this once for a link, after what was asked is answered and before output is flushed."""
        self._before_flush.append((link, call))

    def forget(self, link: Link, transport: str, closed: Any) -> None:
        """A session is over: one log line with its reason."""
        self.links.pop(link.number, None)
        self.identified.discard(link)
        self.counts["closed"] += 1
        logger.info(
            "closed: %s",
            closed.detail or closed.reason,
            extra={
                "event": "iris.closed",
                "transport": transport,
                "reason": closed.reason,
                "detail": closed.detail,
                "session": link.number,
            },
        )

    # --------------------------------------------------------------------------------------------------------- the loop

    async def run(self) -> None:
        """Drive the reactor; ends by cancellation only."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            nursery.start_soon(self._turn)
            await drive(self.reactor, self._events)

    def _events(self, waiting: int) -> None:
        reactor, endpoints = self.reactor, self._endpoints
        while True:
            owners, found = reactor.take(CHUNK)
            if not found:
                break
            first = owners[0]
            if first in endpoints and owners.count(first) == len(owners):
                # Datagrams come in batches, often with nothing in between.
                try:
                    first.arrived_together(found)
                except Exception as error:
                    self.broken(first, error)
            else:
                self._each(owners, found)
            if self._asked:
                self._answer()
            if len(found) < CHUNK:
                break
        self._flush()

    def _each(self, owners: list[Any], found: list[Any]) -> None:
        links = self.links
        for owner, item in zip(owners, found, strict=True):
            if type(owner) is int:
                link = links.get(owner) or self._stray(item)
                if link is None:
                    continue
            else:
                link = owner
            try:
                link.arrived(item)
            except Exception as error:
                self.broken(link, error)

    def _flush(self) -> None:
        calls, self._before_flush = self._before_flush, []
        for link, call in calls:
            try:
                call()
            except Exception as error:
                self.broken(link, error)
        self.reactor.flush()

    def _stray(self, item: Any) -> Link | None:
        """An item of a session that has no link yet."""
        if isinstance(item, item_types.Opened):
            self.counts["opened"] += 1
            link = self._accept[item.listener or 0](item)
            self.links[link.number] = link
            self.reactor.set_owner(link.number, link)
            return link
        if isinstance(item, item_types.Closed) and not item.opened:
            self.counts["never_opened"] += 1
            logger.info(
                "no session: %s",
                item.detail or item.reason,
                extra={"event": "iris.refused", "reason": item.reason, "peer": shown_address(item.address)},
            )
        return None

    def _answer(self) -> None:
        """Let the engine answer everything that was asked, and what that leads to."""
        while self._asked:
            asked, self._asked = self._asked, []
            self.answered += len(asked)
            found, pending = self.engine.begin([exchange for exchange, _ in asked])
            for (_, done), response in zip(asked, found, strict=True):
                if response is not None:
                    self._deliver(done, response)
            for one in pending:
                self._wait(one, [asked[place][1] for place in one.places])

    def _wait(self, pending: Pending, dones: list[Done]) -> None:
        assert self._nursery is not None
        self._waiting += 1
        self._nursery.start_soon(self._await, pending, dones)

    async def _await(self, pending: Pending, dones: list[Done]) -> None:
        seconds = self.config.limits.handler
        responses: list[Response] | None = None
        with trio.move_on_after(seconds):
            responses = await pending.run()
        if responses is None:
            responses = pending.fail(f"no answer within {seconds:g} s")
        self._waiting -= 1
        for done, response in zip(dones, responses, strict=True):
            self._deliver(done, response)
        self.touch()

    def _deliver(self, done: Done, response: Response) -> None:
        """Give a response to who asked; a fault of ours there must not end what others wait for."""
        try:
            done(response)
        except Exception as error:
            self.counts["failed"] += 1
            logger.exception("a reply failed: %s", type(error).__name__, extra={"event": "iris.fault"})

    async def _in_thread(self, link: Link, work: Callable[[], T], done: Callable[[T], None]) -> None:
        try:
            try:
                result = await trio.to_thread.run_sync(work, limiter=self._limiter)
            finally:
                self._waiting -= 1
            done(result)
        except Exception as error:
            self.broken(link, error)
        self.touch()

    async def _turn(self) -> None:
        """One flush for all that was answered in the same turn of trio."""
        while True:
            await self._due.wait()
            self._due = trio.Event()
            self._answer()
            self._flush()

    # --------------------------------------------------------------------------------------------------------- stopping

    async def drain(self, seconds: float) -> None:
        """Answer what waits, then close every session."""
        self.draining = True
        for bound in self.bound:
            if bound.transport != "lwz":
                self.reactor.stop_accepting(bound.number)
        with trio.move_on_after(seconds) as scope:
            while True:
                # Every one of them, not up to the first that waits.
                busy = [link for link in list(self.links.values()) if not link.drain()]
                self._answer()
                self._flush()
                if not busy and not self._waiting and not any(number >= 0 for number in self.links):
                    break
                await trio.sleep(0.01)
        if scope.cancelled_caught:
            logger.warning("stopped with %d sessions that did not finish", len(self.links))


class Server:
    """A running server. `listeners` are its sockets."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @property
    def listeners(self) -> list[Bound]:
        """The sockets that listen, in the order in which they were given."""
        return self._service.bound

    def stats(self) -> dict[str, float]:
        """Counts since the start, and sessions now.

        Among them `requests`, `sessions`, `opened`, `closed`, `failures` (handlers that raised), the reactor's own
        under `reactor_…`, and the collector's pauses in seconds: `gc_longest`, `gc_total`, `gc_collections`.
        """
        service = self._service
        found: dict[str, float] = {
            "requests": service.answered,
            "sessions": sum(1 for number in service.links if number >= 0),
            "failures": service.engine.failures,
            **service.counts,
        }
        found |= {f"reactor_{name}": value for name, value in service.reactor.stats().items()}
        if service.collector is not None:
            found |= {
                "gc_longest": service.collector.longest,
                "gc_total": service.collector.total,
                "gc_collections": service.collector.collections,
            }
        return found

    def identities(self) -> set[tuple[str, str | None]]:
        """Whom the sessions that are open authenticated: names, with the fingerprints of the certificates shown."""
        return {who for link in self._service.identified if (who := link.who) is not None}

    def end_sessions(self, reasons: Mapping[tuple[str, str | None], str]) -> int:
        """End the sessions of those of `identities` that have a reason here, which their clients are told.

        Requests that wait are answered before. To be called in the loop's task, as where a name was suspended.

        Returns:
            how many sessions these are.

        """
        service = self._service
        found = [(link, reason) for link in service.identified if (reason := reasons.get(link.who or ("", None), ""))]
        for link, reason in found:
            service.identified.discard(link)
            link.end(reason)
        service.touch()
        return len(found)

    async def run(self, task_status: trio.TaskStatus[Server], drain_seconds: float) -> None:
        """Serve until cancelled, then drain."""
        stop = trio.Event()
        async with trio.open_nursery() as outer:
            outer.start_soon(until_cancelled, stop)
            with trio.CancelScope(shield=True):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._service.run)
                    task_status.started(self)
                    await stop.wait()
                    await self._service.drain(drain_seconds)
                    nursery.cancel_scope.cancel()
            outer.cancel_scope.cancel()


def refuse_without(reactor: Any, method: str, what: str) -> None:
    """Raise ConfigError where the native module lacks what a listener needs."""
    if not hasattr(reactor, method):
        raise ConfigError(what, "this native module cannot serve it", "install regwire-native of the same version")
