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
from regwire.iris.messages.core import Request, Response
from regwire.iris.transport.common import ServerConfig, is_other_version, other, size, versions
from regwire.iris.transport.lwz.state import SERVER, ServerAction, ServerInput, ServerState
from regwire.schema import Fault

__all__ = ["DATAGRAM_OCTETS", "PROTOCOL", "Ask", "LwzServer", "Tell"]

PROTOCOL = "iris.lwz1"
"""What version information calls LWZ (RFC 4993 section 3.1.5; RFC 4991's example has it wrong)."""
DATAGRAM_OCTETS = 4000
"""Longest datagram, UDP header counted, that clients may send and servers must take (RFC 4993 section 3)."""


SPELLINGS = 1024
"""Served authorities, as clients spell them, that are remembered."""


class _DatagramContext(Context):
    """The context of a datagram, without what most handlers do not look at."""

    __slots__ = ("_data", "_datagram")

    transport = "lwz"
    encrypted = False
    identity = None

    def __init__(self, authority: str, datagram: Any) -> None:
        self.authority = authority
        self._datagram = datagram
        self._data: dict[str, object] | None = None

    @property
    def peer(self) -> tuple[str, int] | None:  # type: ignore[override]
        """Address and port."""
        found: tuple[str, int] | None = self._datagram.peer
        return found

    @property
    def data(self) -> dict[str, object]:  # type: ignore[override]
        """New for each datagram."""
        if self._data is None:
            self._data = {}
        return self._data


@dataclass(frozen=True, slots=True)
class Ask:
    """Answer with the engine's response to this."""

    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Tell:
    """Answer with this information."""

    kind: Literal["vi", "si", "oi"]
    message: Any


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
        self._served: set[str] = set()
        self.versions = versions(
            PROTOCOL,
            engine.types,
            extensions=config.extensions,
            request_octets=datagram_octets,
            response_octets=datagram_octets,
        )

    def quick(self, datagram: Any) -> Response | None:
        """The response to a request that can be answered at once; None: `receive()` says what to do."""
        request = datagram.document
        if type(request) is not Request:
            # What is wrong with a datagram leaves it without a document.
            return None
        authority = datagram.authority
        if authority not in self._served:
            if not self._engine.serves(authority):
                return None
            if len(self._served) < SPELLINGS:
                self._served.add(authority)
        return self._engine.quick(request, _DatagramContext(authority, datagram))

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
