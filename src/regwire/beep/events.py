"""What a peer tells its driver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from regwire.beep.messages import Greeting
from regwire.beep.mime import Message

__all__ = [
    "Asked",
    "ChannelClosed",
    "CloseAsked",
    "CloseRefused",
    "Ended",
    "Event",
    "Greeted",
    "Proposal",
    "Replied",
    "Secure",
    "StartAsked",
    "StartRefused",
    "Started",
    "TlsRefused",
    "Unavailable",
]


@dataclass(frozen=True, slots=True)
class Greeted:
    """The other peer's greeting: `profiles` are the URIs it serves."""

    profiles: tuple[str, ...]
    greeting: Greeting


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The listener sent an error instead of a greeting (421); `Ended` follows."""

    code: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A profile that the other peer proposes for a channel, and its initialization message (None: it sent none)."""

    uri: str
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class StartAsked:
    """The other peer wants a channel; answer with `Peer.accept`, `decline`, or (TLS) `accept_tls`.

    `proposals` are those that this peer serves, in the order of the other's preference.
    """

    channel: int
    proposals: tuple[Proposal, ...]
    server_name: str | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """The channel we asked for is open, with the profile `uri`; `content` answers the initialization message."""

    channel: int
    uri: str
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class StartRefused:
    """The channel we asked for was declined."""

    channel: int
    code: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class CloseAsked:
    """The other peer wants to close a channel, or (0) release the session: `Peer.agree` or `refuse_close`."""

    channel: int
    code: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class CloseRefused:
    """The other peer declines to close a channel, or to release the session."""

    channel: int
    code: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class ChannelClosed:
    """A channel is no more, by whomever it was closed."""

    channel: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A whole MSG: answer with `Peer.reply`, `error`, or `answer` and `finish`."""

    channel: int
    msgno: int
    message: Message


@dataclass(frozen=True, slots=True)
class Replied:
    """A whole reply to our MSG, or one answer of several; `last` when nothing more comes for it."""

    channel: int
    msgno: int
    keyword: Literal["RPY", "ERR", "ANS", "NUL"]
    message: Message
    ansno: int | None = None

    @property
    def last(self) -> bool:
        """Whether the exchange is over."""
        return self.keyword != "ANS"


@dataclass(frozen=True, slots=True)
class Secure:
    """TLS begins behind what `outgoing` gave: `client` whether on TLS's client side. Afterwards: `Peer.restart`."""

    client: bool
    server_name: str | None = None


@dataclass(frozen=True, slots=True)
class TlsRefused:
    """The other peer answered `<ready/>` with an error; the session goes on as it is."""

    code: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is over: close the connection, after what `outgoing` still gives. `reason` is for the log."""

    reason: str
    clean: bool = False


Event = (
    Greeted | Unavailable | StartAsked | Started | StartRefused | CloseAsked | CloseRefused | ChannelClosed
    | Asked | Replied | Secure | TlsRefused | Ended
)  # fmt: skip
