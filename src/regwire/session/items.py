"""What a transport reports besides messages: the items of `Reactor.take()`, and of any driver of a sans-IO session.

The classes here can be made by anybody; the reactor gives its own, which count as instances of these.
"""

from __future__ import annotations

from abc import ABCMeta
from dataclasses import dataclass
from typing import Any

import regwire_native

__all__ = [
    "BadFrame",
    "BadFrameLength",
    "Closed",
    "EmptyFrame",
    "FrameTooLarge",
    "Opened",
    "TimerExpired",
    "Unnegotiated",
    "Writable",
]


@dataclass(frozen=True, slots=True)
class Opened(metaclass=ABCMeta):
    """A session is up, its handshake done. `peer` describes the other side (address, TLS, certificate)."""

    session: int
    listener: int | None = None
    peer: Any = None


@dataclass(frozen=True, slots=True)
class Closed(metaclass=ABCMeta):
    """The connection ended; frames that came before were reported before.

    `reason` is one word ("eof", "reset", "connect", "tls", "timeout", "local", "budget"), `detail` more for a log
    line, `clean` whether the end was announced (close_notify, or an end of file between frames), `opened` whether the
    session was ever open.
    """

    reason: str
    detail: str = ""
    clean: bool = True
    opened: bool = True
    address: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class FrameTooLarge(metaclass=ABCMeta):
    """A stated length above the limit; the body was neither allocated nor read, nothing more can be."""

    length: int


@dataclass(frozen=True, slots=True)
class EmptyFrame(metaclass=ABCMeta):  # noqa: B024 - for register()
    """A frame of a header alone."""


@dataclass(frozen=True, slots=True)
class BadFrame(metaclass=ABCMeta):
    """What is none of the protocol's frames; `reason` names the part that is wrong. Nothing more can be read."""

    reason: str


@dataclass(frozen=True, slots=True)
class BadFrameLength(metaclass=ABCMeta):  # noqa: B024 - for register()
    """A stated length below that of the header: no resynchronisation is possible."""

    length: int = 0


@dataclass(frozen=True, slots=True)
class TimerExpired(metaclass=ABCMeta):
    """A timer ran out: "login", "frame", "idle" or "session"."""

    kind: str


@dataclass(frozen=True, slots=True)
class Unnegotiated(metaclass=ABCMeta):
    """A message that uses namespaces (a bit set) which the session was not allowed when it was decoded."""

    message: Any
    namespaces: int = 0


@dataclass(frozen=True, slots=True)
class Writable(metaclass=ABCMeta):  # noqa: B024 - for register()
    """The output fell below the low-water mark."""


def _register_native() -> None:
    for name in __all__:
        native = getattr(regwire_native, name, None)
        if native is not None:
            globals()[name].register(native)


_register_native()
