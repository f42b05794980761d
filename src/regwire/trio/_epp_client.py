"""One EPP connection in trio, shared by its callers."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol

import regwire_native
import trio
from trio.lowlevel import current_task

from regwire.epp import requests
from regwire.epp.client import ClientConfig, ClientSession
from regwire.epp.coding import DEFAULT
from regwire.epp.ext.login_sec import UserAgent
from regwire.epp.messages.core import Command, Greeting, Hello, Response
from regwire.epp.state import ClientState
from regwire.errors import (
    CertificateRefused,
    ConnectFailed,
    NotSent,
    OutcomeUnknown,
    RegwireError,
    TransportError,
)
from regwire.schema import Schema
from regwire.session import Pending
from regwire.trio._collector import CLIENT_POLICY, CollectorPolicy
from regwire.trio._dial import dial
from regwire.trio._epp_commands import AsyncCommands
from regwire.trio._epp_sessions import FRAME_LIMIT, EppLink, Sessions
from regwire.trio._epp_stream import StreamLine

__all__ = ["Client", "LoginOptions", "connect"]

LOGOUT_SECONDS = 5.0
"""How long the end of a `connect` block waits for the answer to logout."""

SYSTEM_ROOTS: Any = object()
"""The default of `tls`: verified against the certificates the system trusts, no client certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginOptions:
    """How to log in.

    `objects` and `extensions` are URIs; by default all that the greeting offers and the client's schema knows.
    `new_password` changes the password with the login. `user_agent` is sent in loginSec where the server offers it.
    """

    objects: Iterable[str] | None = None
    extensions: Iterable[str] | None = None
    language: str = "en"
    new_password: str | None = None
    user_agent: UserAgent | None = None


class Line(Protocol):
    """A connection, and the session on it."""

    @property
    def session(self) -> ClientSession:
        """What state it is in."""

    @property
    def peer(self) -> Any:
        """Who answers."""

    def submit(self, message: Hello | Command) -> Awaitable[Any]:
        """Send a message; awaited, what answers it. Raises NotSent, OutcomeUnknown, EncodeError, here or there."""

    async def greeted(self) -> None:
        """Wait for the greeting, or the end of the session."""

    async def close(self) -> None:
        """End the session from this side, at once, and say so to the server."""


class HubLine:
    """A connection of its own socket: a session on the hub that all clients share."""

    def __init__(  # noqa: PLR0917
        self,
        stream: trio.SocketStream,
        config: ClientConfig,
        schema: Schema,
        tls: Any,
        server_name: str,
        collector: CollectorPolicy | None,
        nursery: trio.Nursery,
    ) -> None:
        self._nursery = nursery
        self._sessions = Sessions(self, config, schema, tls, server_name, collector)
        self._exchange = self._sessions.exchange
        try:
            self._link = self._sessions.attach(stream.socket)
        except BaseException:
            self._sessions.close(lambda message: NotSent("no session", message))
            raise
        self.session = self._link.session
        self._exchange.join(self._link)

    @property
    def peer(self) -> Any:
        """Address, TLS version, cipher, certificates; None before the connection stands."""
        return self._link.peer

    def submit(self, message: Hello | Command) -> Pending:
        """Send a message in this turn."""
        if self._link.closed:
            raise self._refusal(message)
        return self._exchange.submit(message, current_task())

    async def greeted(self) -> None:
        """Wait for the greeting, or the end of the session."""
        await self._link.up.wait()

    async def close(self) -> None:
        """End the session, and let go of the hub."""
        self._sessions.close(self._refusal)

    def _refusal(self, message: Any) -> NotSent:
        return NotSent(self.session.why_not(), message)

    def changed(self, link: EppLink) -> None:
        """Called when the session's state may have changed."""
        if link.closed:
            self._exchange.leave(link)
            self._exchange.refuse(self._refusal)

    def look_after(self, link: EppLink, now: float) -> None:
        """A single session is kept alive by who uses it."""

    def failed(self, error: Exception) -> None:
        """Called after an error of this program."""
        self._nursery.start_soon(_raise, error)


async def _raise(error: Exception) -> None:
    raise error


class Client(AsyncCommands):
    """A logged-in session. Any number of tasks may call its methods at the same time; their commands share the window.

    `greeting` is the server's, `peer` describes its TLS. Made by `connect`.
    """

    def __init__(self, line: Line, schema: Schema) -> None:
        self._line = line
        self._schema = schema
        self._session = line.session

    @property
    def greeting(self) -> Greeting:
        """The last greeting."""
        assert self._session.greeting is not None
        return self._session.greeting

    @property
    def peer(self) -> Any:
        """The server: address, TLS version, cipher, certificates; None on a plain `stream` that the caller gave."""
        return self._line.peer

    @property
    def closed(self) -> bool:
        """Whether the session is over."""
        return self._session.state is ClientState.CLOSED

    async def send(self, message: Command) -> Response:
        """Send any command and return its response, whatever its code.

        Raises NotSent (it did not leave), OutcomeUnknown (it left, its reply is lost), EncodeError. Cancelled before
        it left, it is not sent; cancellation after that does not take it back: the reply is dropped when it comes.
        """
        response: Response = await self._submit(message)
        return response

    def _submit(self, message: Hello | Command) -> Awaitable[Any]:
        return self._line.submit(message)

    async def hello(self) -> Greeting:
        """Ask for a greeting."""
        greeting: Greeting = await self._submit(Hello())
        return greeting

    async def logout(self) -> Response:
        """End the session: returns the answer (1500). Commands after it raise NotSent."""
        response: Response = await self._submit(requests.logout())
        return response

    async def _greeting_or_error(self) -> None:
        await self._line.greeted()
        if self._session.greeting is None:
            raise connect_error(self._session.error)

    async def _log_in(self, client_id: str, password: str, options: LoginOptions) -> None:
        requests.check(await self.send(login_command(self.greeting, client_id, password, options, self._schema)))


def login_command(greeting: Greeting, client_id: str, password: str, options: LoginOptions, schema: Schema) -> Command:
    """The login of these options for this greeting."""
    return requests.login(
        greeting,
        client_id,
        password,
        new_password=options.new_password,
        objects=options.objects,
        extensions=options.extensions,
        known=schema.namespaces,
        language=options.language,
        user_agent=options.user_agent,
    )


def connect_error(error: RegwireError | None) -> RegwireError:
    """How a connection that never greeted is reported."""
    if error is None or isinstance(error, TransportError):
        reason = str(error or "closed")
        if "certificate" in reason.lower():
            return CertificateRefused(reason)
        return ConnectFailed(reason)
    return error


class connect:  # noqa: N801 - used as a function: `async with connect(...) as client`
    """Connect, wait for the greeting, log in; at the end log out and close.

    `tls` is a `regwire_native.ClientTls` (system roots by default; None: plain, for tests). `server_name` is what the
    certificate must be for (default: `host`); `stream` is used instead of a new connection to host and port.
    `client_id` None does not log in: what can be done then is `hello()`. `collector` raises the thresholds of the
    process's garbage collector while a session without a `stream` is open, unless they are higher already; None leaves
    it alone.

    Raises ConnectFailed (CertificateRefused) when no session comes up within `timeout` seconds, ProtocolError when
    what comes is no EPP, the CommandError of a refused login (AuthenticationError …), OutcomeUnknown when the
    connection broke before login was answered. The block may be left with commands outstanding: their callers then
    get OutcomeUnknown.
    """

    def __init__(
        self,
        host: str,
        port: int = 700,
        *,
        client_id: str | None,
        password: str = "",
        tls: Any = SYSTEM_ROOTS,
        server_name: str | None = None,
        login: LoginOptions = LoginOptions(),
        config: ClientConfig | None = None,
        schema: Schema = DEFAULT,
        timeout: float = 30.0,
        stream: trio.abc.Stream | None = None,
        collector: CollectorPolicy | None = CLIENT_POLICY,
    ) -> None:
        self._host, self._port = host, port
        self._client_id, self._password, self._login = client_id, password, login
        self._tls = regwire_native.ClientTls() if tls is SYSTEM_ROOTS else tls
        self._server_name = server_name or host
        self._config = config or ClientConfig()
        self._schema = schema
        self._timeout = timeout
        self._stream = stream
        self._collector = collector
        self._manager: Any = None
        self._line: Line | None = None
        self._client: Client | None = None

    async def __aenter__(self) -> Client:
        """Connect and log in."""
        # The nursery is opened first and outside of the time-out: scopes must close in the order they were opened.
        self._manager = trio.open_nursery()
        nursery = await self._manager.__aenter__()
        try:
            with trio.fail_after(self._timeout):
                return await self._open(nursery)
        except trio.TooSlowError:
            error = ConnectFailed(f"{self._host}:{self._port}: no session within {self._timeout:g} s")
            await self._close(error)
            raise error from None
        except BaseException as error:
            await self._close(error)
            raise

    async def _open(self, nursery: trio.Nursery) -> Client:
        if self._stream is None:
            dialled = await self._dial()
            line: Line = HubLine(
                dialled, self._config, self._schema, self._tls, self._server_name, self._collector, nursery
            )
        else:
            line = StreamLine(self._stream, self._wire(), self._config, nursery)
        self._line = line
        self._client = client = Client(line, self._schema)
        try:
            await client._greeting_or_error()
        except ConnectFailed as error:
            # A stream that the caller brought has no address that we know.
            raise (error if self._stream is not None else self._named(error)) from error.__cause__
        if self._client_id is not None:
            await client._log_in(self._client_id, self._password, self._login)
        return client

    def _named(self, error: ConnectFailed) -> ConnectFailed:
        """The error with the server that it is about."""
        return type(error)(f"{self._host}:{self._port}: {error}")

    def _wire(self) -> regwire_native.Wire:
        return regwire_native.Wire(
            framing="epp",
            tls=self._tls,
            server_name=self._server_name if self._tls is not None else None,
            frame_limit=FRAME_LIMIT,
            codec=self._schema.codec,
        )

    async def _dial(self) -> trio.SocketStream:
        return await dial(self._host, self._port)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Log out when the block ended well, and close."""
        client = self._client
        assert client is not None
        try:
            await self._say_goodbye(client, error)
        finally:
            await self._close(error)

    async def _say_goodbye(self, client: Client, error: BaseException | None) -> None:
        if error is None and client._session.state is ClientState.READY:
            with trio.move_on_after(LOGOUT_SECONDS):
                with contextlib.suppress(NotSent, OutcomeUnknown):
                    await client.logout()

    async def _close(self, error: BaseException | None) -> None:
        manager, self._manager = self._manager, None
        try:
            if self._line is not None:
                await self._line.close()
        finally:
            manager._nursery.cancel_scope.cancel()
        try:
            await manager.__aexit__(None, None, None)
        except BaseException:
            if error is None or isinstance(error, trio.Cancelled):
                raise
