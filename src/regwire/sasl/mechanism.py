"""What a mechanism is, on either side of an exchange (RFC 4422)."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import Any, ClassVar

__all__ = [
    "Channel",
    "ClientMechanism",
    "Continue",
    "Done",
    "Failed",
    "Outcome",
    "ServerMechanism",
    "Strength",
    "WireProtected",
    "attempted",
]

logger = logging.getLogger("regwire.sasl")


class Strength(IntEnum):
    """How well a mechanism keeps the secret it proves; a client takes the strongest that both sides know."""

    NONE = 0
    """Proves nothing (ANONYMOUS)."""
    PLAINTEXT = 1
    """Gives the secret away; only within TLS (PLAIN)."""
    HISTORIC = 2
    """Does not send the secret, but by means that are broken (DIGEST-MD5, RFC 6331)."""
    CHALLENGE = 3
    """Does not send the secret, and proves that the server knows it too (SCRAM)."""
    CERTIFICATE = 4
    """Relies on what TLS proved (EXTERNAL)."""


@dataclass(frozen=True, slots=True)
class Channel:
    """What the connection offers: whether TLS protects it, and the certificate that the client showed there.

    `certificate` is DER, `fingerprint` its SHA-256 in hexadecimal. On the client's side they are its own.
    """

    encrypted: bool = False
    certificate: bytes | None = None
    fingerprint: str | None = None

    @classmethod
    def of_client(cls, certificate: bytes | None, *, encrypted: bool) -> Channel:
        """The client's own side: within TLS it has shown this certificate (`ClientTls.certificate`), or none."""
        if not encrypted or certificate is None:
            return cls(encrypted=encrypted)
        return cls(encrypted=True, certificate=certificate, fingerprint=sha256(certificate).hexdigest())


WireProtected = Channel(encrypted=True)
"""TLS without a client certificate."""


@dataclass(frozen=True, slots=True)
class Continue:
    """The exchange goes on: send these octets (a challenge of the server, a response of the client)."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Done:
    """It succeeded. `identity` is who the client now is (None: anonymous; on the client's side also: not told).

    `data` goes with the server's notice of success, where the protocol can carry it (RFC 4422 section 3.6); None: none.
    """

    identity: str | None
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """It failed. `reason` is for the log: a peer is told no more than that it failed."""

    reason: str


Outcome = Continue | Done | Failed


class ServerMechanism(ABC):
    """The server's side of one exchange. Never raises for what a client sent; after `Done` or `Failed` it is over.

    `start` and `step` may compute for tens of milliseconds or ask a store (password hashing): call them in a thread.
    """

    name: ClassVar[str]
    strength: ClassVar[Strength]
    needs_tls: ClassVar[bool] = False

    @abstractmethod
    def start(self, initial: bytes | None) -> Outcome:
        """Begin, with the client's initial response (None: it sent none; b"": an empty one)."""

    def step(self, response: bytes) -> Outcome:
        """Go on with the client's response to the last challenge."""
        return Failed(f"{self.name} takes no further response")


def attempted(step: Callable[..., Outcome], *arguments: Any) -> Outcome:
    """Take a step of a `ServerMechanism` for a session: `Failed`, and logged, where a `CredentialSource` raises.

    A store that cannot be opened for want of descriptors must end neither the session nor the server.
    """
    try:
        return step(*arguments)
    except Exception as error:
        logger.exception("an authentication could not be decided", extra={"event": "sasl.fault"})
        return Failed(f"it could not be decided: {type(error).__name__}")


class ClientMechanism(ABC):
    """The client's side of one exchange."""

    name: ClassVar[str]
    strength: ClassVar[Strength]
    needs_tls: ClassVar[bool] = False

    @abstractmethod
    def start(self) -> bytes | None:
        """Give the initial response; None: the server speaks first."""

    def step(self, challenge: bytes) -> Continue | Failed:
        """Answer a challenge. `Failed`: end the connection, the server is not to be trusted."""
        return Failed(f"{self.name} knows no challenge")

    def finish(self, data: bytes | None) -> Done | Failed:
        """The server says that it succeeded, with these data; look whether it proved what it has to prove."""
        return Done(None)
