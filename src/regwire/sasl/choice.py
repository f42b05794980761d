"""Which mechanisms a server offers on a connection, and which of them a client takes."""

from __future__ import annotations

from collections.abc import Iterable

from regwire.errors import ConfigError
from regwire.sasl.credentials import CredentialSource
from regwire.sasl.mechanism import Channel, ClientMechanism, ServerMechanism
from regwire.sasl.simple import (
    AnonymousClient,
    AnonymousServer,
    ExternalClient,
    ExternalServer,
    PlainClient,
    PlainServer,
)

__all__ = ["MECHANISMS", "SaslClient", "SaslServer"]

MECHANISMS = ("EXTERNAL", "SCRAM-SHA-256", "DIGEST-MD5", "PLAIN", "ANONYMOUS")
"""All that are implemented, the strongest first."""
USUAL = ("EXTERNAL", "SCRAM-SHA-256", "PLAIN")
"""What is offered and chosen by default: DIGEST-MD5 is historic, and whether to let anybody in is asked of nobody."""

_NEED_TLS = frozenset({"PLAIN", "EXTERNAL"})


def _known(mechanisms: Iterable[str]) -> tuple[str, ...]:
    names = tuple(mechanisms)
    for name in names:
        if name not in MECHANISMS:
            raise ConfigError("sasl", f"no mechanism {name!r}", f"choose from {', '.join(MECHANISMS)}")
    return tuple(name for name in MECHANISMS if name in names)


class SaslServer:
    """What a server authenticates with.

    `source` decides; `mechanisms` are those it wants. `realm` is DIGEST-MD5's (default: `host`), `host` the name that
    its clients must mean ("": any).
    """

    def __init__(
        self,
        source: CredentialSource,
        *,
        mechanisms: Iterable[str] = USUAL,
        host: str = "",
        realm: str | None = None,
        within_tls: bool = False,
    ) -> None:
        """`within_tls`: no mechanism is offered without it. Raises ConfigError for one that is not implemented."""
        self.source = source
        self.mechanisms = _known(mechanisms)
        self._host = host
        self._within_tls = within_tls
        self._realm = host if realm is None else realm

    def offered(self, channel: Channel) -> tuple[str, ...]:
        """The mechanisms for this connection: PLAIN and EXTERNAL within TLS only, EXTERNAL after a certificate."""
        return tuple(name for name in self.mechanisms if self._fits(name, channel))

    def _fits(self, name: str, channel: Channel) -> bool:
        if not channel.encrypted and self.needs_tls(name):
            return False
        return name != "EXTERNAL" or channel.certificate is not None

    def needs_tls(self, name: str) -> bool:
        """Whether a mechanism that is wanted here would be offered within TLS only."""
        return name in self.mechanisms and (self._within_tls or name in _NEED_TLS)

    def begin(self, name: str, channel: Channel, *, service: str) -> ServerMechanism | None:
        """A new exchange of the mechanism `name`; None when it is not offered on this connection."""
        if name not in self.offered(channel):
            return None
        if name == "PLAIN":
            return PlainServer(self.source, channel)
        if name == "EXTERNAL":
            return ExternalServer(self.source, channel)
        if name == "ANONYMOUS":
            return AnonymousServer()
        if name == "DIGEST-MD5":
            from regwire.sasl.digest_md5 import DigestMd5Server  # noqa: PLC0415 - historic: loaded when used

            return DigestMd5Server(self.source, service=service, host=self._host, realm=self._realm)
        from regwire.sasl.scram import ScramSha256Server  # noqa: PLC0415 - its library is an extra's

        return ScramSha256Server(self.source)


class SaslClient:
    """What a client authenticates with: a name and a password, a certificate (of TLS), or nothing (ANONYMOUS).

    `mechanisms` bounds the choice; without it DIGEST-MD5 is not chosen, and ANONYMOUS only where no `user` is given.
    `authzid` names another identity to act as, `trace` what an anonymous client says of itself.
    """

    def __init__(
        self,
        *,
        user: str | None = None,
        password: str | None = None,
        authzid: str = "",
        trace: str = "",
        mechanisms: Iterable[str] | None = None,
    ) -> None:
        """Raises ConfigError for a mechanism that is not implemented, or a user without a password."""
        if (user is None) != (password is None):
            raise ConfigError("sasl", "a user without a password, or a password without a user", "give both or neither")
        self._user, self._password, self._authzid, self._trace = user, password, authzid, trace
        self.mechanisms = _known(mechanisms if mechanisms is not None else self._usual())

    def _usual(self) -> tuple[str, ...]:
        return ("EXTERNAL", "ANONYMOUS") if self._user is None else ("EXTERNAL", "SCRAM-SHA-256", "PLAIN")

    def __repr__(self) -> str:
        """Without the password."""
        return f"SaslClient(user={self._user!r}, mechanisms={self.mechanisms!r})"

    def choose(self, offered: Iterable[str], channel: Channel, *, service: str, host: str) -> ClientMechanism | None:
        """The strongest mechanism that both want and this connection allows; None: there is none."""
        both = set(offered) & set(self.mechanisms)
        for name in self.mechanisms:
            if name in both and self._fits(name, channel):
                return self._make(name, service, host)
        return None

    def _fits(self, name: str, channel: Channel) -> bool:
        if name in _NEED_TLS and not channel.encrypted:
            return False
        if name == "EXTERNAL":
            return channel.certificate is not None
        return name == "ANONYMOUS" or self._user is not None

    def _make(self, name: str, service: str, host: str) -> ClientMechanism:
        user, password = self._user or "", self._password or ""
        if name == "EXTERNAL":
            return ExternalClient(authzid=self._authzid)
        if name == "PLAIN":
            return PlainClient(user, password, authzid=self._authzid)
        if name == "ANONYMOUS":
            return AnonymousClient(self._trace)
        if name == "DIGEST-MD5":
            from regwire.sasl.digest_md5 import DigestMd5Client  # noqa: PLC0415 - historic: loaded when used

            return DigestMd5Client(user, password, service=service, host=host, authzid=self._authzid)
        from regwire.sasl.scram import ScramSha256Client  # noqa: PLC0415 - its library is an extra's

        return ScramSha256Client(user, password, authzid=self._authzid)
