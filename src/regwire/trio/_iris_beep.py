"""IRIS over BEEP on the reactor and in trio: the listener, the link of one session, the client's line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import trio
from regwire_native import BeepFrame

from regwire.beep.events import CloseRefused
from regwire.beep.limits import Budget, Limits
from regwire.beep.mime import Message
from regwire.beep.profiles import BeepError, Later, Opening, Profile, Profiles, Request
from regwire.beep.session import Session
from regwire.errors import NotSent, OutcomeUnknown
from regwire.iris.handlers import Context, Exchange
from regwire.iris.messages.core import Request as IrisRequest
from regwire.iris.messages.core import Response
from regwire.iris.messages.transport import Versions
from regwire.iris.transport import beep
from regwire.iris.transport.common import ClientConfig
from regwire.sasl import SaslClient
from regwire.session import items
from regwire.trio import _beep_client
from regwire.trio._beep_hosts import OUTPUT_HIGH, certificate_for, checked_tls
from regwire.trio._beep_server import session_limits
from regwire.trio._iris_client import Client
from regwire.trio._iris_server import Bound, Service
from regwire.trio._listen import stream_sockets

__all__ = ["BeepLine", "BeepListener", "open_client"]

CHUNK = 65536
WINDOW = 65536
"""What a client lets a server send ahead: responses are longer than requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BeepListener:
    """IRIS over BEEP (RFC 3983). `tls` (a `ServerTls`, or several by name) is offered by the TLS profile.

    As in `regwire.trio.beep.Listener`, `serverName` chooses among several; "" is for any other name.

    `port` 0 takes a free one, `host` "" is every address.
    """

    host: str = "127.0.0.1"
    port: int = 702
    tls: Any = None

    def open(self, service: Service) -> None:
        """Bind; see `Listener`."""
        limits = service.config.limits
        beep_limits = Limits(message=limits.request_octets, delivered=limits.in_flight)
        budget = Budget()
        for sock in stream_sockets(self.host, self.port):
            address = sock.getsockname()
            with sock:
                number = service.reactor.listen(
                    sock.fileno(),
                    framing="beep",
                    tls=None,
                    limits=session_limits(
                        beep_limits, handshake=limits.handshake, frame=limits.block, idle=limits.idle,
                        session=limits.session,
                    ),
                )  # fmt: skip
            bound = Bound("beep", address[0], address[1], self.tls is not None, number)
            tls = checked_tls(f"{self.host}:{self.port}", self.tls)
            service.bind(bound, partial(_Link, service, tls, beep_limits, budget))


class _Link:
    """One session: the BEEP session's host, and the profiles of IRIS in it."""

    def __init__(self, service: Service, tls: Any, limits: Limits, budget: Budget, opened: Any) -> None:
        self.number: int = opened.session
        self._service = service
        self._reactor = service.reactor
        self._tls = tls
        self._finished = False
        self._releasing = False
        self._data: dict[str, object] = {}
        self._context = Context("beep", data=self._data)
        config = service.config
        crowded = service.draining or len(service.links) >= config.limits.sessions
        profiles = Profiles(
            *(Profile(beep.profile_of(uri), self._asked, self._start, ordered=False) for uri in service.engine.types)
        )
        self.session = Session(
            "listener", profiles, self, limits=limits, tls=tls is not None, sasl=config.sasl,
            failed_logins=config.limits.failed_logins, budget=budget,
            unavailable=(421, "no place for another session") if crowded else None,
        )  # fmt: skip

    # ------------------------------------------------------------------------------------------------------ the service

    def arrived(self, item: Any) -> None:
        """Take an item of the reactor; what it makes is sent with what else is made in this turn."""
        session = self.session
        if not session.corked:
            session.corked = True
            self._service.before_flush(self, self._pump)
        session.take_in(item)
        if type(item) is not BeepFrame and isinstance(item, items.Closed):
            ended = self.session.ended
            self._service.forget(self, "beep", _Reason(item.reason, ended.reason) if ended is not None else item)

    def _pump(self) -> None:
        self.session.corked = False
        self.session.pump()

    def drain(self) -> bool:
        """Answer what waits, then release the session."""
        if self.session.ended is None and not self._releasing:
            self._release(200, "", "the server stops", lambda event: None)
        return not self.session.working or self.session.ended is not None

    @property
    def who(self) -> tuple[str, str | None] | None:
        """See `Link`."""
        session = self.session
        return None if session.identity is None else (session.identity, session.fingerprint)

    def end(self, reason: str) -> None:
        """Nobody from now on; answer what waits, then release the session, which the client cannot decline."""
        self.session.identity = None
        self._service.identified.discard(self)
        if self.session.ended is None:
            self._release(537, reason, reason, partial(self._declined, reason))

    def _release(self, code: int, text: str, reason: str, told: Callable[[Any], None]) -> None:
        self._releasing = True
        try:
            self.session.close(0, told, code, text)
        except NotSent:
            self.session.stop(reason)

    def _declined(self, reason: str, event: Any) -> None:
        if isinstance(event, CloseRefused):
            self.session.stop(reason)

    # ----------------------------------------------------------------------------------------------------- the host

    def transmit(self, data: bytes) -> None:
        """Queue octets; the service flushes."""
        self._reactor.send(self.number, data)

    def room(self) -> int:
        """Octets that may be queued."""
        queued: int = self._reactor.queued(self.number)
        return CHUNK if queued <= OUTPUT_HIGH else 0

    def secure(self, *, client: bool, server_name: str | None) -> None:
        """Begin TLS."""
        if self._tls is None or client:
            self.session.stop("TLS cannot begin on this side")
            return
        self._reactor.upgrade(self.number, certificate_for(self._tls, server_name))

    def finish(self) -> None:
        """Close once everything is written."""
        if not self._finished:
            self._finished = True
            self._reactor.close(self.number)

    def run(self, work: Awaitable[Any], done: Callable[[Any], None]) -> None:
        """Not needed: what answers here is the service's engine."""
        raise NotImplementedError

    def in_thread(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Call in one of the service's threads: steps of SASL, the last of which gives an identity."""

        def finished(result: Any) -> None:
            done(result)
            if self.session.identity is not None:
                self._service.identified.add(self)

        self._service.in_thread(self, work, finished)

    async def drained(self) -> None:
        """Not needed: no answers of several."""
        raise NotImplementedError

    # ------------------------------------------------------------------------------------------------------------- IRIS

    def _start(self, opening: Opening) -> None:
        if not self._service.engine.serves(opening.server_name or ""):
            raise beep.NOT_SERVED

    def _asked(self, request: Request) -> Message | Later:
        service = self._service
        config = service.config
        found = beep.request_of(request.message, config.schema)
        context = self._who_asks()
        content = service.engine.quick(found, context)
        if content is not NotImplemented:
            service.answered += 1
            return beep.quick_message(content, service.template, config.limits.response_octets)
        later = Later()

        def done(response: Response) -> None:
            try:
                later(beep.response_message(response, config.schema, config.limits.response_octets))
            except BeepError as error:
                later(error)

        service.ask(Exchange(found, context), done)
        return later

    def _who_asks(self) -> Context:
        """The context of requests: the same one until TLS, SASL or the first start change it."""
        session, context = self.session, self._context
        authority = session.server_name or ""
        if (
            context.identity != session.identity
            or context.encrypted != session.encrypted
            or context.authority != authority
            or context.peer != session.address
        ):
            context = self._context = Context(
                "beep", authority, session.address, session.encrypted, session.identity, self._data
            )
        return context


@dataclass(frozen=True, slots=True)
class _Reason:
    """How a session ended, for its log line."""

    reason: str
    detail: str


# --- the client


class BeepLine:
    """A client's connections to one server: a session serves one authority, so each has its own."""

    versions: Versions | None = None

    def __init__(self, make: Callable[[], Awaitable[_Session]], first: _Session, config: ClientConfig) -> None:
        self._make = make
        self._config = config
        self._free: _Session | None = first
        self._first = first
        self._sessions: dict[str, _Session] = {}
        self._lock = trio.Lock()
        self._limiter = trio.CapacityLimiter(config.window)

    @property
    def closed(self) -> bool:
        """Nothing can be asked any more."""
        return self._first.connection.closed

    @property
    def peer(self) -> Any:
        """TLS version, cipher, certificates; None in the clear."""
        return self._first.connection.peer

    @property
    def identity(self) -> str | None:
        """Whom the server authenticated."""
        return self._first.connection.identity

    async def ask(self, request: IrisRequest | None, authority: str) -> Response:
        """See `Client.ask`. There is no version information in BEEP: the greeting's profiles say it."""
        if request is None:
            raise NotSent("BEEP has no version information to ask for: the greeting tells the profiles")
        document = Message(self._config.schema.encode(request), beep.MEDIA_TYPE)
        async with self._limiter:
            seconds = self._config.reply_timeout
            with trio.move_on_after(seconds) as scope:
                channel = await self._channel(request, authority)
                try:
                    reply = await channel.ask(document)
                except BeepError as error:
                    raise beep.refusal_for(error) from error
                return beep.response_of(reply, self._config.schema)
        if not scope.cancelled_caught:
            raise AssertionError
        raise OutcomeUnknown(f"no reply within {seconds:g} s", command=request)

    async def _channel(self, request: IrisRequest, authority: str) -> _beep_client.Channel:
        key = authority.lower().rstrip(".")
        async with self._lock:
            session = self._sessions.get(key)
            if session is None or session.connection.closed:
                if self.closed:
                    raise NotSent("the session is over")
                session, self._free = self._free or await self._make(), None
                try:
                    session.channel = await self._start(session.connection, request, authority)
                except BaseException:
                    # Nothing was accepted: the session may still serve another authority.
                    if self._free is None and not session.connection.closed:
                        self._free = session
                    raise
                self._sessions[key] = session
            assert session.channel is not None
            return session.channel

    async def _start(
        self, connection: _beep_client.Connection, request: IrisRequest, authority: str
    ) -> _beep_client.Channel:
        uris = beep.proposals(connection.profiles, request)
        if not uris:
            raise NotSent("the server offers no profile of IRIS")
        try:
            return await connection.start(*uris, server_name=authority or None)
        except BeepError as error:
            raise beep.refusal_of_start(error, authority) from error

    async def close(self) -> None:
        """Release every session."""
        sessions = {id(session): session for session in (self._first, *self._sessions.values())}
        for session in sessions.values():
            await session.manager.close()


@dataclass(slots=True)
class _Session:
    manager: _beep_client.connect
    connection: _beep_client.Connection
    channel: _beep_client.Channel | None = None


async def open_client(
    host: str,
    port: int,
    *,
    tls: Any,
    server_name: str,
    sasl: SaslClient | None,
    config: ClientConfig,
    nursery: trio.Nursery,
) -> Client:
    """Connect; `tls` demands TLS by its profile, with a certificate for `server_name`, which is told as serverName."""
    limits = Limits(window=WINDOW, message=config.response_octets, assembly=2 * config.response_octets)

    async def make() -> _Session:
        manager = _beep_client.connect(
            host, port, tls=tls, server_name=server_name, authority=server_name, sasl=sasl,
            limits=limits,
        )  # fmt: skip
        try:
            return _Session(manager, await manager.open(nursery))
        except BaseException:
            await manager.close(release=False)
            raise

    first = await make()
    line = BeepLine(make, first, config)
    return Client(line, "beep", line.identity)
