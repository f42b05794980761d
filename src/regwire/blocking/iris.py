"""IRIS for code without an event loop: `connect` as in `regwire.trio.iris`, with calls that block.

::

    with connect("iris.example.com", transport="xpc") as client:
        response = client.ask(request, authority="example.com")

`lookup`, `search` and `Finder` find the server themselves, and follow what it refers to::

    found = lookup("iris:dchk1//example.com/domain-name/example.com")
    print(found.result)

Any thread may call a client or a finder, also several at a time: they share its connections. After a fork open new
ones.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import TracebackType
from typing import Any, Self

from regwire_native import ClientTls

from regwire.blocking._iris_lookup import Finder, lookup, search
from regwire.blocking._portal import Held, Portal
from regwire.errors import NotSent
from regwire.iris.found import error_of, raise_for
from regwire.iris.messages.core import Request, Response
from regwire.iris.messages.transport import Versions
from regwire.iris.transport.common import ClientConfig
from regwire.sasl import SaslClient
from regwire.trio import _iris_client
from regwire.trio._iris_lookup import Failure, Found, KnownServer, LookupConfig, Step

__all__ = [
    "Client",
    "ClientConfig",
    "ClientTls",
    "Failure",
    "Finder",
    "Found",
    "KnownServer",
    "LookupConfig",
    "SaslClient",
    "Step",
    "connect",
    "error_of",
    "lookup",
    "raise_for",
    "search",
]


class Client:
    """A connection to one server; made by `connect`. It is its own context manager."""

    def __init__(self, manager: AbstractAsyncContextManager[_iris_client.Client]) -> None:
        self._portal: Portal | None = None
        self._held: Held[_iris_client.Client] | None = None
        portal = Portal.acquire()
        try:
            self._held = portal.hold(manager)
        except BaseException:
            portal.release()
            raise
        self._portal = portal

    def _running(self, request: Any = None) -> tuple[Portal, _iris_client.Client]:
        if self._portal is None or self._held is None:
            raise NotSent("the client is closed", request)
        return self._portal, self._held.value

    @property
    def transport(self) -> str:
        """What it is connected by."""
        return self._running()[1].transport

    @property
    def identity(self) -> str | None:
        """Whom the server authenticated; None: nobody."""
        return self._running()[1].identity

    @property
    def peer(self) -> Any:
        """The server: TLS version, cipher, certificates; None without TLS."""
        return self._running()[1].peer

    @property
    def versions(self) -> Versions | None:
        """Version information as the server gave it first."""
        return self._running()[1].versions

    @property
    def closed(self) -> bool:
        """Whether the connection is over."""
        return self._held is None or self._held.value.closed

    def ask(self, request: Request, *, authority: str = "") -> Response:
        """Send a request and return the response; raises what `regwire.trio.iris.Client.ask` raises."""
        portal, client = self._running(request)
        return portal.call(partial(client.ask, request, authority=authority))

    def ask_versions(self) -> Versions:
        """Ask for version information."""
        portal, client = self._running()
        return portal.call(client.ask_versions)

    def close(self) -> None:
        """Close; harmless when it is closed."""
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


def connect(host: str, port: int | None = None, **options: Any) -> Client:
    """Connect to an IRIS server; options as of `regwire.trio.iris.connect`."""
    return Client(_Deferred(partial(_iris_client.connect, host, port, **options)))


class _Deferred(AbstractAsyncContextManager[_iris_client.Client]):
    """Makes the connection where it runs."""

    def __init__(self, make: Callable[[], _iris_client.connect]) -> None:
        self._make = make

    async def __aenter__(self) -> _iris_client.Client:
        self._manager = self._make()
        return await self._manager.__aenter__()

    async def __aexit__(self, *error: Any) -> None:
        await self._manager.__aexit__(*error)
