"""XPC and XPCS on the reactor: listeners, and the link of one session."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import regwire_native
import trio

from regwire.errors import EncodeError
from regwire.iris.messages.core import Response
from regwire.iris.transport.common import Limits, other
from regwire.iris.transport.xpc.server import Action, Ask, Authenticate, Close, Reply, Send, ServerSession
from regwire.sasl import Channel, Outcome
from regwire.session import items as item_types
from regwire.session.address import shown_address
from regwire.trio._iris_server import Bound, Link, Service
from regwire.trio._listen import stream_sockets

__all__ = ["BLOCK_OVERHEAD", "XpcListener", "XpcsListener", "accept", "channel_of"]

logger = logging.getLogger("regwire.trio.iris")

BLOCK_OVERHEAD = 4096
"""Octets of a block besides its documents: header, authority, chunk headers, SASL data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class XpcListener:
    """XPC on TCP (RFC 4992). `port` 0 takes a free one, `host` "" is every address."""

    host: str = "127.0.0.1"
    port: int = 713

    def open(self, service: Service) -> None:
        """Bind; see `Listener`."""
        _open(service, self.host, self.port, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class XpcsListener:
    """XPC within TLS from the first octet (RFC 4992 section 9). `tls` is a `regwire_native.ServerTls`."""

    host: str = "127.0.0.1"
    port: int = 714
    tls: Any

    def open(self, service: Service) -> None:
        """Bind; see `Listener`."""
        _open(service, self.host, self.port, self.tls)


def _open(service: Service, host: str, port: int, tls: Any) -> None:
    transport = "xpc" if tls is None else "xpcs"
    for sock in stream_sockets(host, port):
        address = sock.getsockname()
        with sock:
            number = service.reactor.listen(
                sock.fileno(),
                framing="xpc",
                tls=tls,
                limits=session_limits(service.config.limits),
                codec=service.codec,
                role="server",
            )
        bound = Bound(transport, address[0], address[1], tls is not None, number)
        service.bind(bound, accept(service, transport))


def accept(service: Service, transport: str) -> Callable[[Any], Link]:
    """What makes the links of XPC sessions, for `Service.bind`."""
    return partial(_Link, service, transport)


def session_limits(limits: Limits) -> regwire_native.SessionLimits:
    """The reactor's limits of one session."""
    return regwire_native.SessionLimits(
        frame_octets=limits.request_octets + BLOCK_OVERHEAD,
        handshake_seconds=limits.handshake,
        login_seconds=None,
        frame_seconds=limits.block,
        idle_seconds=limits.idle,
        session_seconds=limits.session,
    )


def channel_of(peer: Any) -> Channel:
    """What TLS gives to SASL, from what the reactor tells of a peer."""
    if peer is None or peer.tls_version is None:
        return Channel()
    certificates = peer.certificates
    return Channel(encrypted=True, certificate=certificates[0] if certificates else None, fingerprint=peer.fingerprint)


_Block = regwire_native.XpcBlock


class _Link:
    """One XPC session: items to the session, its actions to the reactor, its requests to the engine."""

    __slots__ = ("_limit", "_paused", "_reactor", "_service", "_session", "number")

    def __init__(self, service: Service, transport: str, opened: Any) -> None:
        self.number: int = opened.session
        self._service = service
        self._reactor = service.reactor
        self._limit = service.config.limits.in_flight
        self._paused = False
        peer = opened.peer
        self._session = ServerSession(
            service.engine,
            service.config,
            0.0,
            channel=channel_of(peer),
            peer=None if peer is None else peer.address,
            transport=transport,
            timers=False,
        )

    def arrived(self, item: Any) -> None:
        """Take an item; a block that is nothing but a request takes the short way."""
        session = self._session
        if type(item) is _Block:
            content = session.quick(item)
            if content is not NotImplemented:
                self._service.answered += 1
                self._reply(content)
                return
        if type(item) is _Block and (exchange := session.plain(item)) is not None:
            self._service.ask(exchange, partial(self._answered, session.expect(item.keep_open)))
        elif isinstance(item, item_types.Opened):
            service = self._service
            crowded = len(service.links) > service.config.limits.sessions
            self._perform(session.open(trio.current_time(), available=not crowded and not service.draining))
        else:
            self._perform(session.receive(item, trio.current_time()))
            if isinstance(item, item_types.Closed):
                self._service.forget(self, session.transport, item)
                return
        if session.waiting >= self._limit and not self._paused:
            self._paused = True
            self._reactor.pause(self.number)

    def drain(self) -> bool:
        """Answer what waits, then close."""
        session = self._session
        if not session.ended:
            self._perform(session.drain())
        return not session.waiting

    @property
    def who(self) -> tuple[str, str | None] | None:
        """See `Link`."""
        session = self._session
        return None if session.identity is None else (session.identity, session.channel.fingerprint)

    def end(self, reason: str) -> None:
        """Answer what waits, then close."""
        if not self._session.ended:
            self._say_why(reason)
            self._perform(self._session.drain(reason))

    def _answered(self, ticket: Reply, response: Response) -> None:
        self._perform(self._session.answered(ticket, response, 0.0))
        self._go_on()

    def _authenticated(self, ticket: Reply, outcome: Outcome) -> None:
        self._perform(self._session.authenticated(ticket, outcome, 0.0))
        if self._session.identity is not None:
            self._service.identified.add(self)
        self._go_on()

    def _go_on(self) -> None:
        if self._paused and self._session.waiting <= self._limit // 2:
            self._paused = False
            self._reactor.resume(self.number)

    def _perform(self, actions: list[Action]) -> None:
        for action in actions:
            if type(action) is Send:
                self._send(action.content, action.keep_open)
            elif type(action) is Ask:
                self._service.ask(action.exchange, partial(self._answered, action.ticket))
            elif type(action) is Authenticate:
                self._service.in_thread(self, action.step, partial(self._authenticated, action.ticket))
            elif type(action) is Close:
                if action.reason not in _USUAL:
                    self._say_why(action.reason)
                self._reactor.close(self.number)

    def _reply(self, content: Any) -> None:
        """Send what the engine's short way gave."""
        try:
            self._reactor.reply_xpc(self.number, content, self._service.template)
        except EncodeError as error:
            self._invalid(error, keep_open=True)

    def _send(self, content: Any, keep_open: bool) -> None:
        try:
            self._reactor.send_xpc(self.number, content, keep_open=keep_open)
        except EncodeError as error:
            self._invalid(error, keep_open=keep_open)

    def _invalid(self, error: EncodeError, *, keep_open: bool) -> None:
        """Answer in place of a response that is not valid: that is our fault, not the peer's."""
        self._service.counts["invalid"] += 1
        logger.error("a response is not valid: %s", error, extra={"event": "iris.invalid"})
        self._reactor.send_xpc(self.number, (("oi", other("system-error")),), keep_open=keep_open)

    def _say_why(self, reason: str) -> None:
        session = self._session
        logger.info(
            "ending session: %s",
            reason,
            extra={
                "event": "iris.ending",
                "transport": session.transport,
                "reason": reason,
                "session": self.number,
                "peer": shown_address(session.peer),
            },
        )


_USUAL = frozenset({"as the client asked", "as the server said", "the server stops"})
"""Ends that need no line in the log of their own."""
