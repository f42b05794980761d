"""The server's side of LWZ (RFC 4993), sans-IO: a datagram in, what to answer out; nothing is kept.

::

    datagram = lwz_parse(octets, codec=codec)            # None: a response, which is never answered
    match server.receive(datagram):
        case Ask(exchange):
            octets = lwz_response(datagram, engine's response, codec=codec)
        case Tell(kind, message):
            octets = lwz_response(datagram, message, kind=kind, codec=codec)

`lwz_response` compresses where the client may be sent that, and sends the size in place of what is too large.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from regwire.iris.engine import Engine
from regwire.iris.handlers import Context, Exchange
from regwire.iris.messages.core import Request
from regwire.iris.transport.common import ServerConfig, is_other_version, other, size, versions
from regwire.iris.transport.lwz.state import SERVER, ServerAction, ServerInput, ServerState
from regwire.schema import Fault

__all__ = ["DATAGRAM_OCTETS", "PROTOCOL", "Ask", "LwzServer", "Tell"]

PROTOCOL = "iris.lwz1"
"""What version information calls LWZ (RFC 4993 section 3.1.5; RFC 4991's example has it wrong)."""
DATAGRAM_OCTETS = 4000
"""Longest datagram, UDP header counted, that clients may send and servers must take (RFC 4993 section 3)."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Answer with the engine's response to this."""

    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Tell:
    """Answer with this information."""

    kind: Literal["vi", "si", "oi"]
    message: Any


_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'

_ERRORS = {
    "version": ServerInput.OTHER_VERSION,
    "descriptor-error": ServerInput.BAD_DESCRIPTOR,
    "payload-error": ServerInput.BAD_PAYLOAD,
    "request-size": ServerInput.TOO_LARGE,
}


class LwzServer:
    """What a server answers. `versions` is its version information."""

    def __init__(self, engine: Engine, config: ServerConfig, *, datagram_octets: int = DATAGRAM_OCTETS) -> None:
        self._engine = engine
        self._largest = datagram_octets
        found = versions(
            PROTOCOL,
            engine.types,
            extensions=config.extensions,
            request_octets=datagram_octets,
            response_octets=datagram_octets,
        )
        #: Without a declaration, which XML does not need: clients may take as little as in RFC 4993's example.
        self.versions = config.schema.encode(found).removeprefix(_DECLARATION)

    def quick(self, datagrams: list[Any], answered: list[Any], contents: list[Any]) -> list[Any]:
        """Answer what can be answered at once, of datagrams that came together; see `Engine.quick_datagrams`.

        The others are returned: `receive()` says what to do with each.
        """
        return self._engine.quick_datagrams(datagrams, answered, contents)

    def receive(self, datagram: Any) -> Ask | Tell | None:
        """Judge a `regwire_native.LwzDatagram`; None: not to be answered."""
        if datagram is None:
            return None
        given = self._input(datagram)
        action = SERVER.step(ServerState.OPEN, given).action
        if action is ServerAction.ANSWER:
            context = Context("lwz", datagram.authority, datagram.peer)
            return Ask(Exchange(datagram.document, context))
        if action is ServerAction.VERSIONS:
            return Tell("vi", self.versions)
        if action is ServerAction.DESCRIPTOR_ERROR:
            return Tell("oi", other("descriptor-error", datagram.detail))
        if action is ServerAction.PAYLOAD_ERROR:
            return Tell("oi", other("payload-error", datagram.detail or _words(datagram.document)))
        if action is ServerAction.AUTHORITY_ERROR:
            return Tell("oi", other("authority-error", "this authority is not served here"))
        return Tell("si", size(request=self._largest)) if action is ServerAction.SIZE else None

    def _input(self, datagram: Any) -> ServerInput:
        if datagram.error is not None:
            return _ERRORS[datagram.error]
        if datagram.kind == "vi":
            return ServerInput.VERSION_QUERY
        document = datagram.document
        if isinstance(document, Fault):
            return ServerInput.OTHER_VERSION if is_other_version(document) else ServerInput.BAD_PAYLOAD
        if not isinstance(document, Request):
            return ServerInput.BAD_PAYLOAD
        return ServerInput.REQUEST if self._engine.serves(datagram.authority) else ServerInput.FOREIGN


def _words(document: Any) -> str:
    """The first fault of what is no request."""
    if not isinstance(document, Fault) or not document.faults:
        return "not a request"
    first = document.faults[0]
    return f"{first.path}: {first.rule}" if first.path else str(first.rule)
