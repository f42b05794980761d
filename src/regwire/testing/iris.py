"""IRIS in memory: an XPC server and its clients in one test, without sockets."""

from __future__ import annotations

from types import TracebackType
from typing import Any

import regwire_native
import trio

from regwire.iris.handlers import Handlers
from regwire.iris.transport.common import ClientConfig, ServerConfig
from regwire.sasl import SaslClient
from regwire.testing._memory import MemoryPeer, MemoryReactor, MemoryStream, _Session
from regwire.trio._iris_client import connect
from regwire.trio._iris_server import Bound, Server, Service, serve
from regwire.trio._iris_xpc import BLOCK_OVERHEAD, accept

__all__ = ["IrisMemoryServer", "MemoryXpcReactor", "iris_memory_server"]


class MemoryXpcReactor(MemoryReactor):
    """A reactor in memory for XPC blocks. Password checks run inline, for time may jump beside a thread."""

    inline = True

    def __init__(
        self, codec: Any, *, frame_limit: int, frame_seconds: float | None, idle_seconds: float | None
    ) -> None:
        super().__init__(codec, frame_limit=frame_limit, frame_seconds=frame_seconds or 1e9)
        self._idle_seconds = idle_seconds

    def connect(self, peer: Any = None) -> MemoryStream:
        """Open a session and return the client's end."""
        stream = super().connect(peer)
        self.set_timer(stream._session.number, "idle", self._idle_seconds)
        return stream

    def _cut(self, session: _Session) -> None:
        while session.received and not session.deaf and not session.closing:
            found = regwire_native.xpc_parse(
                bytes(session.received), role="server", codec=self._codec, limit=session.limit
            )
            if found is None:
                break
            item, used = found
            del session.received[:used]
            session.deaf = not isinstance(item, regwire_native.XpcBlock)
            session.timers.pop("frame", None)
            if session.idle is not None:
                session.timers["idle"] = trio.current_time() + session.idle
            self._events.append((session, item))
        if session.received and not session.deaf and not session.closing and "frame" not in session.timers:
            session.timers["frame"] = trio.current_time() + self._frame_seconds
            self._timers_changed.set()
        if session.stream is not None:
            session.stream._writable.set()
        if session.ended is not None and not session.over:
            self._over(session, session.ended)

    def send_xpc(self, session: int, content: object, *, keep_open: bool, authority: str | None = None) -> None:
        """As the reactor."""
        found = self._sessions.get(session)
        if found is not None and not found.closing:
            found.queued += regwire_native.xpc_build(
                content, keep_open=keep_open, authority=authority, role="server", codec=self._codec
            )

    def reply_xpc(self, session: int, content: object, template: regwire_native.ResultTemplate) -> None:
        """As the reactor."""
        self.send_xpc(session, template.encode(content), keep_open=True)


class _Listener:
    """Takes the sessions of a reactor in memory."""

    def open(self, service: Service) -> None:
        """Bind; there is nothing to listen on."""
        service.bind(Bound("xpc", "memory", 0, tls=False, number=0), accept(service, "xpc"))


class IrisMemoryServer:
    """A server in memory. `server` is what `serve()` started, `reactor` what it runs on."""

    def __init__(self, server: Server, reactor: MemoryXpcReactor) -> None:
        self.server = server
        self.reactor = reactor

    def stream(self, peer: MemoryPeer | None = None) -> MemoryStream:
        """A new connection; the client's end."""
        return self.reactor.connect(peer)

    def client(
        self,
        *,
        sasl: SaslClient | None = None,
        config: ClientConfig | None = None,
        peer: MemoryPeer | None = None,
    ) -> connect:
        """As `regwire.trio.iris.connect`, to this server: `async with server.client() as client`."""
        return connect("memory", transport="xpc", sasl=sasl, config=config, stream=self.stream(peer))

    def cut(self, stream: MemoryStream) -> None:
        """Break a connection, as a cable does."""
        stream.cut()


class iris_memory_server:  # noqa: N801 - used as a function: `async with iris_memory_server(handlers) as server`
    """Serve IRIS in memory for the length of the block; leaving it drains the server.

    `options` go to `serve`; the garbage collector is left alone unless they say so. An exception of the block comes
    out as it is.
    """

    def __init__(self, handlers: Handlers, *, config: ServerConfig | None = None, **options: Any) -> None:
        self._handlers = handlers
        self._config = config or ServerConfig()
        self._options = {"collector": None, **options}

    async def __aenter__(self) -> IrisMemoryServer:
        """Start serving."""
        config = self._config
        reactor = MemoryXpcReactor(
            config.schema.codec,
            frame_limit=config.limits.request_octets + BLOCK_OVERHEAD,
            frame_seconds=config.limits.block,
            idle_seconds=config.limits.idle,
        )
        self._manager = trio.open_nursery()
        nursery = await self._manager.__aenter__()
        nursery.start_soon(reactor.run_timers)
        server: Server = await nursery.start(self._serve, reactor)
        self._nursery = nursery
        return IrisMemoryServer(server, reactor)

    async def _serve(self, reactor: MemoryXpcReactor, task_status: trio.TaskStatus[Server]) -> None:
        await serve(
            self._handlers,
            listeners=[_Listener()],
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
