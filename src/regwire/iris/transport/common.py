"""What all transports say alike: their versions, sizes, and what went wrong (RFC 4991)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from regwire.errors import AuthorityNotServed, RegwireError, SizeRefused, TransferRefused
from regwire.iris.coding import DEFAULT, decode
from regwire.iris.messages.common import IRIS, Text
from regwire.iris.messages.transport import (
    Application,
    DataModel,
    Octets,
    Other,
    Size,
    TransferProtocol,
    Versions,
)
from regwire.sasl import SaslServer
from regwire.schema import Fault, Schema

__all__ = [
    "ClientConfig",
    "Limits",
    "OtherType",
    "ServerConfig",
    "is_other_version",
    "other",
    "refusal_for",
    "refusal_of",
    "size",
    "unreadable",
    "versions",
]

OtherType = Literal[
    "block-error",
    "data-error",
    "descriptor-error",
    "payload-error",
    "system-error",
    "authority-error",
    "idle-timeout",
    "no-inflation-support-error",
]
"""The types of <other> that RFC 4992 section 6.4 and RFC 4993 section 3.1.7 define."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one server takes on. Times are seconds; None switches a timer off.

    - `request_octets`: longest request document; a longer one is answered with size information.
    - `response_octets`: longest response document; None: as long as it is. A longer one is replaced by its size.
    - `handshake`: connecting and TLS. `block`: from the first octet of a block to its last (RFC 4992 section 6.4
      recommends two minutes). `idle`: between transactions. `session`: of one connection in all.
    - `handler`: how long an `async def` handler may take.
    - `in_flight`: requests of one session that wait; above, it is not read.
    - `failed_logins`: after so many the session ends.
    - `sessions`: of one server; one above is told so (system-error) and closed.
    - `sasl_threads`: password checks at a time.
    """

    request_octets: int = 65_536
    response_octets: int | None = None
    handshake: float = 10.0
    block: float | None = 120.0
    idle: float | None = 300.0
    session: float | None = 86_400.0
    handler: float = 30.0
    in_flight: int = 64
    failed_logins: int = 3
    sessions: int = 10_000
    sasl_threads: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """What a server is, on all of its transports.

    `sasl` authenticates (None: nobody can); `schema` is what is understood; `extensions` are identifiers that version
    information lists for IRIS itself (such as a bag's namespace).
    """

    limits: Limits = field(default_factory=Limits)
    sasl: SaslServer | None = None
    schema: Schema = DEFAULT
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientConfig:
    """What a client is. Times are seconds.

    - `connect_timeout`: until the server's first block. `reply_timeout`: for one response; when it passes, the
      connection ends and all that is outstanding has an unknown outcome.
    - `window`: requests outstanding on one connection; more wait.
    - `response_octets`: longest block taken.
    - `datagram_octets`: longest datagram sent and asked for over LWZ, UDP header counted. RFC 4993 section 4: 1,500
      where the path MTU is unknown, less the IP header; at most 4,000.
    - `datagrams_outstanding`: requests over LWZ on their way at a time. RFC 4993 section 4 allows more than one only to
      clients that have network resources dedicated to them.
    """

    connect_timeout: float = 20.0
    reply_timeout: float = 60.0
    window: int = 16
    response_octets: int = 16_777_216
    datagram_octets: int = 1_460
    datagrams_outstanding: int = 1
    schema: Schema = DEFAULT


def versions(
    protocol: str,
    types: Iterable[str],
    *,
    extensions: Iterable[str] = (),
    authentication: Iterable[str] = (),
    request_octets: int | None = None,
    response_octets: int | None = None,
) -> Versions:
    """Version information: the one transfer protocol of this socket, IRIS, and the registry types (URNs) served."""
    application = Application(
        tuple([DataModel(uri) for uri in types]),
        protocol_id=IRIS.uri,
        extension_ids=" ".join(extensions) or None,
    )
    return Versions(
        (
            TransferProtocol(
                (application,),
                protocol_id=protocol,
                authentication_ids=" ".join(authentication) or None,
                request_size_octets=request_octets,
                response_size_octets=response_octets,
            ),
        )
    )


def other(type: OtherType, text: str = "") -> Other:
    """Other information, with a text in English."""
    return Other((Text(text, language="en"),) if text else (), type=type)


def size(*, request: int | None = None, response: int | None = None) -> Size:
    """Size information; 0 octets: more than can be said."""
    return Size(_octets(request), _octets(response))


def _octets(count: int | None) -> Octets | None:
    if count is None:
        return None
    return Octets(octets=count) if count else Octets(exceeds_maximum=True)


def refusal_of(kind: str, data: bytes, schema: Schema = DEFAULT) -> RegwireError:
    """What a client raises for information ("oi", "si", "vi") that came in place of data, in octets."""
    try:
        return refusal_for(decode(data, role="client", schema=schema), kind)
    except RegwireError as error:
        return unreadable(kind, error)


def unreadable(kind: str, error: RegwireError) -> RegwireError:
    """The same for what cannot be read. Size information says enough by its type (RFC 4993 prints a wrong example)."""
    if kind == "si":
        return SizeRefused("size", ("too large",))
    return TransferRefused(f"unreadable {kind}", (str(error),))


def refusal_for(message: Any, kind: str) -> RegwireError:
    """The same for a message."""
    if isinstance(message, Other):
        texts = tuple([" ".join(text.text.split()) for text in message.descriptions])
        cls = AuthorityNotServed if message.type == "authority-error" else TransferRefused
        return cls(message.type, texts)
    if isinstance(message, Size):
        which, found = ("request", message.request) if message.request is not None else ("response", message.response)
        return SizeRefused("size", (f"{which} too large",), octets=found.octets if found is not None else None)
    if isinstance(message, Versions):
        offered = ", ".join(protocol.protocol_id for protocol in message.transfer_protocols)
        return TransferRefused("version", (f"the server speaks {offered}",))
    return TransferRefused(f"unexpected {kind}")


def is_other_version(fault: Fault) -> bool:
    """Whether a refused document is a request of another version of IRIS: the answer is version information."""
    if fault.kind == "syntax" or fault.root is None:
        return False
    uri, tag = fault.root
    return tag == "request" and uri != IRIS.uri
