"""EPP in memory: a server and its clients in one test, without sockets."""

from __future__ import annotations

from types import TracebackType
from typing import Any

import trio

import regwire.epp
from regwire.epp.accounts import AccountSource, check_login
from regwire.epp.client import ClientConfig
from regwire.epp.handlers import Handlers
from regwire.epp.messages.core import Command, Login, Options, Services
from regwire.epp.server import ServerConfig
from regwire.testing._memory import MemoryPeer, MemoryReactor, MemoryStream
from regwire.testing.peer import ScriptedPeer
from regwire.trio._epp_client import LoginOptions, connect
from regwire.trio._epp_server import Server, serve

__all__ = ["MemoryServer", "accept_everybody", "login_command", "memory_server"]


def accept_everybody(session: Any, login: Any, command: Any) -> Any:
    """A login handler for tests: whoever comes is let in; the account is the client id."""
    return login.cl_id


def login_command(
    client_id: str = "reg-a",
    password: str = "secret1",  # noqa: S107 - a test's
    *,
    objects: tuple[str, ...] | None = None,
    extensions: tuple[str, ...] = (),
    cl_trid: str | None = None,
) -> Command:
    """A login, with all object services by default."""
    if objects is None:
        objects = tuple(namespace.uri for namespace in regwire.epp.OBJECTS)
    return Command(
        Login(client_id, password, options=Options("1.0", "en"), svcs=Services(objects, extensions)), (), cl_trid
    )


def _checker(accounts: AccountSource, certificate_needed: bool) -> Any:
    """Decide on logins without a thread: a clock that jumps does not wait for threads."""

    def check(session: Any, login: Any, command: Any) -> Any:
        needed = certificate_needed and getattr(session.peer, "tls_version", None) is not None
        return check_login(accounts, session, command, certificate_needed=needed)

    return check


class MemoryServer:
    """A server in memory. `server` is what `serve()` started, `reactor` what it runs on."""

    def __init__(self, server: Server, reactor: MemoryReactor) -> None:
        self.server = server
        self.reactor = reactor

    def stream(self, peer: MemoryPeer | None = None) -> MemoryStream:
        """A new connection; the client's end."""
        return self.reactor.connect(peer)

    def peer(self, peer: MemoryPeer | None = None) -> ScriptedPeer:
        """A new connection under the test's control; its first frame is the greeting."""
        return ScriptedPeer(self.stream(peer), schema=self.server.config.schema)

    async def logged_in(self, client_id: str = "reg-a", **login: Any) -> ScriptedPeer:
        """A new connection under the test's control, greeted and logged in."""
        peer = self.peer()
        await peer.receive()
        (response,) = await peer.exchange(login_command(client_id, **login))
        if response.results[0].code != 1000:
            raise AssertionError(f"login answered {response.results[0].code}")
        return peer

    def client(
        self,
        client_id: str | None = "reg-a",
        password: str = "secret1",  # noqa: S107 - a test's
        *,
        config: ClientConfig | None = None,
        login: LoginOptions = LoginOptions(),  # noqa: B008 - immutable
        peer: MemoryPeer | None = None,
    ) -> connect:
        """As `regwire.trio.epp.connect`, to this server: `async with pair.client() as client`."""
        return connect(
            "memory",
            client_id=client_id,
            password=password,
            tls=None,
            config=config,
            login=login,
            schema=self.server.config.schema,
            stream=self.stream(peer),
        )


class memory_server:  # noqa: N801 - used as a function: `async with memory_server(handlers) as server`
    """Serve in memory for the length of the block; leaving it drains the server.

    Without `accounts` and a login handler everybody is let in. `options` go to `serve`; the garbage collector is left
    alone unless they say so. An exception of the block comes out as it is.
    """

    def __init__(
        self, handlers: Handlers, *, config: ServerConfig | None = None, accounts: Any = None, **options: Any
    ) -> None:
        if handlers.login_handler is None:
            handlers.login(
                _checker(accounts, options.pop("certificate_needed", True)) if accounts else accept_everybody
            )
        self._handlers = handlers
        self._config = config or ServerConfig()
        self._options = {"collector": None, **options}

    async def __aenter__(self) -> MemoryServer:
        """Start serving."""
        config = self._config
        reactor = MemoryReactor(
            config.schema.codec,
            frame_limit=config.limits.frame_before_login,
            frame_seconds=config.limits.frame,
        )
        self._manager = trio.open_nursery()
        nursery = await self._manager.__aenter__()
        nursery.start_soon(reactor.run_timers)
        server: Server = await nursery.start(self._serve, reactor)
        self._nursery = nursery
        return MemoryServer(server, reactor)

    async def _serve(self, reactor: MemoryReactor, task_status: trio.TaskStatus[Server]) -> None:
        await serve(
            self._handlers,
            listeners=(),
            config=self._config,
            reactor=reactor,
            task_status=task_status,
            **self._options,
        )

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Drain and stop."""
        self._nursery.cancel_scope.cancel()
        try:
            await self._manager.__aexit__(None, None, None)
        except BaseException:
            if error is None or isinstance(error, trio.Cancelled):
                raise
