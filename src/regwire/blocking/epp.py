"""EPP for code without an event loop: `connect` and `Pool`, as in `regwire.trio.epp`, with calls that block.

::

    with connect("epp.example", client_id="reg-a", password="…", tls=ClientTls(ca=…)) as client:
        print(client.check_domain("a.example", "b.example"))

Any thread may call a client, also several at a time: their commands share the window. A call that is interrupted
(KeyboardInterrupt) does not take its command back. After a fork open new ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from regwire_native import ClientTls

from regwire.blocking._epp_commands import BlockingCommands
from regwire.blocking._portal import Held, Portal
from regwire.epp.client import ClientConfig, query_for
from regwire.epp.messages.core import Command, Greeting, Response
from regwire.epp.requests import Answer
from regwire.errors import NotSent, RegwireError
from regwire.trio import _epp_client, _epp_pool
from regwire.trio._epp_client import LoginOptions
from regwire.trio._epp_pool import Backoff

__all__ = ["Backoff", "Client", "ClientConfig", "ClientTls", "LoginOptions", "Pool", "connect", "query_for"]

A = TypeVar("A", _epp_client.Client, _epp_pool.Pool)


class _Blocking(BlockingCommands, Generic[A]):
    """What blocks until the asynchronous client in the background has answered."""

    def __init__(self) -> None:
        self._portal: Portal | None = None
        self._held: Held[A] | None = None

    def _open(self, manager: AbstractAsyncContextManager[A]) -> None:
        portal = Portal.acquire()
        try:
            self._held = portal.hold(manager)
        except BaseException:
            portal.release()
            raise
        self._portal = portal

    def close(self) -> None:
        """Log out and close; harmless when it is closed."""
        portal, self._portal = self._portal, None
        held, self._held = self._held, None
        if portal is None or held is None:
            return
        try:
            held.close()
        finally:
            portal.release()

    def _running(self, message: Any = None) -> tuple[Portal, A]:
        portal, held = self._portal, self._held
        if portal is None or held is None:
            raise NotSent("the client is closed", message)
        return portal, held.value

    def send(self, message: Command) -> Response:
        """Send any command and return its response, whatever its code; raises NotSent, OutcomeUnknown, EncodeError."""
        portal, client = self._running(message)
        return portal.call(client.send, message)

    def hello(self) -> Greeting:
        """Ask for a greeting."""
        portal, client = self._running()
        return portal.call(client.hello)


class Client(_Blocking[_epp_client.Client]):
    """A logged-in session; made by `connect`."""

    @property
    def greeting(self) -> Greeting:
        """The last greeting."""
        return self._running()[1].greeting

    @property
    def peer(self) -> Any:
        """The server: address, TLS version, cipher, certificates."""
        return self._running()[1].peer

    @property
    def closed(self) -> bool:
        """Whether the session is over."""
        return self._held is None or self._held.value.closed

    def logout(self) -> Response:
        """End the session: returns the answer (1500). Commands after it raise NotSent."""
        portal, client = self._running()
        return portal.call(client.logout)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def connect(host: str, port: int = 700, **options: Any) -> Client:
    """Connect and log in; options as of `regwire.trio.epp.connect`. The client is its own context manager."""
    client = Client()
    client._open(_epp_client.connect(host, port, **options))
    return client


class Pool(_Blocking[_epp_pool.Pool]):
    """Sessions to one server; parameters as of `regwire.trio.epp.Pool`. Opened by `with` or `open()`."""

    def __init__(self, host: str, port: int = 700, **options: Any) -> None:
        super().__init__()
        self._make = lambda: _epp_pool.Pool(host, port, **options)

    @property
    def ready(self) -> int:
        """How many sessions are logged in."""
        return self._running()[1].ready

    def send_many(self, messages: Iterable[Command]) -> list[Response | RegwireError]:
        """Send many commands, as many outstanding as there are places; each response or error, in their order."""
        given = list(messages)
        portal, pool = self._running(given)
        return portal.call(pool.send_many, given)

    def ask_many(self, messages: Iterable[Command]) -> list[Answer]:
        """As `send_many`, but an element is what the typed methods return or raise: data, or the error in its place."""
        given = list(messages)
        portal, pool = self._running(given)
        return portal.call(pool.ask_many, given)

    def open(self) -> Self:
        """Open the sessions; returns when the first is logged in. Harmless when it is open (``with pool.open():``)."""
        if self._held is None:
            self._open(_Deferred(self._make))
        return self

    def __enter__(self) -> Self:
        """Open the sessions."""
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Log out of every session, and close."""
        self.close()


class _Deferred(AbstractAsyncContextManager[_epp_pool.Pool]):
    """Makes the pool where it runs: it holds events and locks of its event loop."""

    def __init__(self, make: Callable[[], _epp_pool.Pool]) -> None:
        self._make = make

    async def __aenter__(self) -> _epp_pool.Pool:
        self._pool = self._make()
        await self._pool.__aenter__()
        return self._pool

    async def __aexit__(self, *error: Any) -> None:
        await self._pool.__aexit__(*error)
