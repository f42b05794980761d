"""Mechanisms of one message: PLAIN (RFC 4616), EXTERNAL (RFC 4422 appendix A), ANONYMOUS (RFC 4505)."""

from __future__ import annotations

from regwire.sasl.credentials import CredentialSource, authorise
from regwire.sasl.mechanism import (
    Channel,
    ClientMechanism,
    Continue,
    Done,
    Failed,
    Outcome,
    ServerMechanism,
    Strength,
)
from regwire.sasl.prep import saslprep

__all__ = [
    "AnonymousClient",
    "AnonymousServer",
    "ExternalClient",
    "ExternalServer",
    "PlainClient",
    "PlainServer",
]

MESSAGE_OCTETS = 4096
"""Longest message taken: RFC 4616 needs three fields of 255 octets."""
TRACE_CHARACTERS = 255
"""RFC 4505 section 2: what a trace may hold."""


class _OneMessage(ServerMechanism):
    """The client says all in one message, initially or in answer to an empty challenge."""

    _asked = False
    _over = False

    def start(self, initial: bytes | None) -> Outcome:
        """Take the message, or ask for it with an empty challenge."""
        if initial is None:
            self._asked = True
            return Continue(b"")
        return self._once(initial)

    def step(self, response: bytes) -> Outcome:
        """Take the message that was asked for."""
        if not self._asked:
            return Failed(f"{self.name} takes no further response")
        return self._once(response)

    def _once(self, message: bytes) -> Outcome:
        if self._over:
            return Failed(f"{self.name} is over")
        self._over = True
        if len(message) > MESSAGE_OCTETS:
            return Failed("message too long")
        return self.judge(message)

    def judge(self, message: bytes) -> Outcome:
        """Decide on the one message."""
        raise NotImplementedError


class PlainServer(_OneMessage):
    """PLAIN: a name and a password in clear; refuses to work without TLS, whoever asks."""

    name = "PLAIN"
    strength = Strength.PLAINTEXT
    needs_tls = True

    def __init__(self, source: CredentialSource, channel: Channel) -> None:
        self._source = source
        self._channel = channel

    def judge(self, message: bytes) -> Outcome:
        """Decide on `[authzid] NUL authcid NUL passwd`."""
        if not self._channel.encrypted:
            return Failed("PLAIN without TLS")
        try:
            requested, name, password = message.decode().split("\0")
            name, password = saslprep(name), saslprep(password)
        except ValueError:
            return Failed("malformed PLAIN message")
        if not self._source.verify(name, password):
            return Failed(f"wrong name or password for {name!r}")
        identity = authorise(self._source, name, requested)
        return Failed(f"{name!r} may not act as {requested!r}") if identity is None else Done(identity)


class PlainClient(ClientMechanism):
    """PLAIN on the client's side. Raises ValueError for a NUL in a field."""

    name = "PLAIN"
    strength = Strength.PLAINTEXT
    needs_tls = True

    def __init__(self, user: str, password: str, *, authzid: str = "") -> None:
        if "\0" in user + password + authzid:
            raise ValueError("a NUL in a name or password")
        self._message = f"{authzid}\0{user}\0{password}".encode()
        self._identity = authzid or user

    def start(self) -> bytes:
        """Give the whole message."""
        return self._message

    def step(self, challenge: bytes) -> Continue | Failed:
        """Answer the empty challenge of a server that ignored the initial response."""
        return Failed("PLAIN knows no challenge") if challenge else Continue(self._message)

    def finish(self, data: bytes | None) -> Done | Failed:
        """Nothing to check: within TLS, the certificate says who the server is."""
        return Done(self._identity)


class ExternalServer(_OneMessage):
    """EXTERNAL: the client is whom its TLS certificate stands for; the message may name an identity to act as."""

    name = "EXTERNAL"
    strength = Strength.CERTIFICATE
    needs_tls = True

    def __init__(self, source: CredentialSource, channel: Channel) -> None:
        self._source = source
        self._channel = channel

    def judge(self, message: bytes) -> Outcome:
        """Decide on the identity asked for."""
        channel = self._channel
        if not channel.encrypted or channel.certificate is None or channel.fingerprint is None:
            return Failed("EXTERNAL without a client certificate")
        try:
            requested = message.decode()
        except ValueError:
            return Failed("malformed identity")
        if "\0" in requested:
            return Failed("malformed identity")
        name = self._source.certificate_name(channel.fingerprint, channel.certificate)
        if name is None:
            return Failed(f"certificate {channel.fingerprint} stands for nobody")
        identity = authorise(self._source, name, requested)
        return Failed(f"{name!r} may not act as {requested!r}") if identity is None else Done(identity)


class ExternalClient(ClientMechanism):
    """EXTERNAL on the client's side; `authzid` names another identity to act as."""

    name = "EXTERNAL"
    strength = Strength.CERTIFICATE
    needs_tls = True

    def __init__(self, *, authzid: str = "") -> None:
        self._message = authzid.encode()
        self._identity = authzid or None

    def start(self) -> bytes:
        """Give the identity to act as."""
        return self._message

    def step(self, challenge: bytes) -> Continue | Failed:
        """Answer the empty challenge of a server that ignored the initial response."""
        return Failed("EXTERNAL knows no challenge") if challenge else Continue(self._message)

    def finish(self, data: bytes | None) -> Done | Failed:
        """Nothing to check; who the certificate stands for is known to the server alone."""
        return Done(self._identity)


class AnonymousServer(_OneMessage):
    """ANONYMOUS: proves nothing; the message is a trace (a mail address, or any text) for the log."""

    name = "ANONYMOUS"
    strength = Strength.NONE

    def __init__(self) -> None:
        self.trace: str | None = None

    def judge(self, message: bytes) -> Outcome:
        """Take the trace."""
        try:
            trace = message.decode()
        except ValueError:
            return Failed("malformed trace")
        if len(trace) > TRACE_CHARACTERS:
            return Failed("trace too long")
        self.trace = trace
        return Done(None)


class AnonymousClient(ClientMechanism):
    """ANONYMOUS on the client's side, with a trace of at most 255 characters."""

    name = "ANONYMOUS"
    strength = Strength.NONE

    def __init__(self, trace: str = "") -> None:
        if len(trace) > TRACE_CHARACTERS:
            raise ValueError("a trace has at most 255 characters")
        self._message = trace.encode()

    def start(self) -> bytes:
        """Give the trace."""
        return self._message

    def step(self, challenge: bytes) -> Continue | Failed:
        """Answer the empty challenge of a server that ignored the initial response."""
        return Failed("ANONYMOUS knows no challenge") if challenge else Continue(self._message)
