"""BEEP for code without an event loop: `connect` as in `regwire.trio.beep`, with calls that block.

::

    with connect("beep.example", 10288) as connection:
        channel = connection.start("http://example.com/echo")
        reply = channel.ask(b"hello")

Any thread may use a connection and its channels, also several at a time. After a fork open new ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import TracebackType
from typing import Any, Self

from regwire.blocking._portal import Held, Portal
from regwire.errors import NotSent
from regwire.trio import _beep_client
from regwire.trio.beep import BeepError, ClientTls, Limits, Message, Profiles, SaslClient

__all__ = ["BeepError", "Channel", "ClientTls", "Connection", "Limits", "Message", "Profiles", "SaslClient", "connect"]


class Channel:
    """An open channel: `number`, the profile's `uri`, and `content`, the answer to the initialization message."""

    def __init__(self, portal: Portal, channel: _beep_client.Channel) -> None:
        self._portal = portal
        self._channel = channel
        self.number, self.uri, self.content = channel.number, channel.uri, channel.content

    def ask(self, message: Message | bytes) -> Message:
        """Send a MSG and return its RPY; raises what `regwire.trio.beep.Channel.ask` raises."""
        return self._portal.call(self._channel.ask, message)

    def answers(self, message: Message | bytes) -> Iterator[Message]:
        """Send a MSG and give its answers as they come; raises what `regwire.trio.beep.Channel.answers` raises."""
        found = self._channel.answers(message)
        while (answer := self._portal.call(anext, found, None)) is not None:
            yield answer

    def close(self) -> None:
        """Close the channel. Raises BeepError when the other side declines."""
        self._portal.call(self._channel.close)


class Connection:
    """A BEEP session in the initiating role; made by `connect`. It is its own context manager."""

    def __init__(self, manager: AbstractAsyncContextManager[_beep_client.Connection]) -> None:
        self._portal: Portal | None = None
        self._held: Held[_beep_client.Connection] | None = None
        portal = Portal.acquire()
        try:
            self._held = portal.hold(manager)
        except BaseException:
            portal.release()
            raise
        self._portal = portal

    def _running(self) -> tuple[Portal, _beep_client.Connection]:
        if self._portal is None or self._held is None:
            raise NotSent("the connection is closed")
        return self._portal, self._held.value

    @property
    def profiles(self) -> tuple[str, ...]:
        """The URIs that the other side offers."""
        return self._running()[1].profiles

    @property
    def identity(self) -> str | None:
        """Whom the other side authenticated."""
        return self._running()[1].identity

    @property
    def peer(self) -> Any:
        """TLS version, cipher, certificates; None in the clear."""
        return self._running()[1].peer

    @property
    def closed(self) -> bool:
        """Whether the session is over."""
        return self._held is None or self._held.value.closed

    def start(self, *profiles: str | tuple[str, str | bytes | None], server_name: str | None = None) -> Channel:
        """Open a channel; raises what `regwire.trio.beep.Connection.start` raises."""
        portal, connection = self._running()
        return Channel(portal, portal.call(partial(connection.start, *profiles, server_name=server_name)))

    def start_tls(self, server_name: str | None = None) -> None:
        """Begin TLS; everything that was agreed before is forgotten. Raises BeepError when it is refused."""
        portal, connection = self._running()
        portal.call(connection.start_tls, server_name)

    def authenticate(self, sasl: SaslClient, *, host: str = "") -> None:
        """Authenticate by the strongest mechanism that both sides know. Raises SaslFailed."""
        portal, connection = self._running()
        portal.call(partial(connection.authenticate, sasl, host=host))

    def close(self) -> None:
        """Release the session and close; harmless when it is closed."""
        portal, self._portal = self._portal, None
        held, self._held = self._held, None
        if portal is None or held is None:
            return
        try:
            held.close()
        finally:
            portal.release()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def connect(host: str, port: int = 10288, **options: Any) -> Connection:
    """Connect in the initiating role; options as of `regwire.trio.beep.connect`.

    Handlers of `profiles` are called in the background thread.
    """
    return Connection(_Deferred(partial(_beep_client.connect, host, port, **options)))


class _Deferred(AbstractAsyncContextManager[_beep_client.Connection]):
    """Makes the connection where it runs."""

    def __init__(self, make: Callable[[], _beep_client.connect]) -> None:
        self._make = make

    async def __aenter__(self) -> _beep_client.Connection:
        self._manager = self._make()
        return await self._manager.__aenter__()

    async def __aexit__(self, *error: Any) -> None:
        await self._manager.__aexit__(*error)
