"""Running IRIS servers on loopback, and raw peers of theirs."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import regwire_native
import trio
from iris_world import handlers as world
from iris_world import people
from reactor_pki import Pki
from regwire_native import ServerTls

from regwire.iris.coding import DEFAULT
from regwire.sasl import SaslServer
from regwire.trio.iris import Handlers, ServerConfig, XpcListener, XpcsListener, serve
from regwire.trio.iris import Server as IrisServer

CLOSE_SECONDS = 30.0


def config(**more: Any) -> ServerConfig:
    sasl = SaslServer(
        people(), mechanisms=("EXTERNAL", "SCRAM-SHA-256", "DIGEST-MD5", "PLAIN", "ANONYMOUS"), realm="example.com"
    )
    return ServerConfig(**{"sasl": sasl, **more})


def server_tls(pki: Pki) -> ServerTls:
    return ServerTls(certificate=pki.server.certificate, key=pki.server.key, client_ca=pki.ca)


@asynccontextmanager
async def running(
    *, served: Handlers | None = None, listeners: tuple[Any, ...] = (XpcListener(port=0),), **more: Any
) -> AsyncIterator[IrisServer]:
    """A server until the end of the block, then drained."""
    async with trio.open_nursery() as nursery:

        async def run(task_status: trio.TaskStatus[IrisServer]) -> None:
            await serve(
                served or world(),
                listeners=listeners,
                config=more.pop("config", None) or config(),
                drain_seconds=5.0,
                task_status=task_status,
                **more,
            )

        server: IrisServer = await nursery.start(run)
        yield server
        nursery.cancel_scope.cancel()


def port_of(server: IrisServer, transport: str = "xpc") -> int:
    return next(bound.port for bound in server.listeners if bound.transport == transport)


def xpcs_listener(pki: Pki) -> XpcsListener:
    return XpcsListener(port=0, tls=server_tls(pki))


class RawXpc:
    """A peer that writes octets and reads blocks."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self.stream = stream
        self._buffer = b""

    async def block(self) -> Any:
        """The next block; None at the end of the connection."""
        with trio.fail_after(CLOSE_SECONDS):
            while True:
                found = regwire_native.xpc_parse(self._buffer, role="client", codec=DEFAULT.codec)
                if found is not None:
                    self._buffer = self._buffer[found[1] :]
                    return found[0]
                data = await self.stream.receive_some(65536)
                if not data:
                    assert not self._buffer, "the connection ended inside a block"
                    return None
                self._buffer += data

    async def write(self, octets: bytes) -> None:
        await self.stream.send_all(octets)

    async def say(self, *content: tuple[str, Any], keep_open: bool = True, authority: str = "example.com") -> None:
        await self.write(
            regwire_native.xpc_build(
                content, keep_open=keep_open, role="client", authority=authority, codec=DEFAULT.codec
            )
        )


@asynccontextmanager
async def raw_xpc(port: int, *, ca: bytes | None = None) -> AsyncIterator[RawXpc]:
    """A raw peer, its first block read already."""
    stream: trio.abc.Stream = await trio.open_tcp_stream("127.0.0.1", port)
    if ca is not None:
        context = ssl.create_default_context(cadata=ca.decode())
        stream = trio.SSLStream(stream, context, server_hostname="localhost", https_compatible=True)  # type: ignore[arg-type]
    async with stream:
        peer = RawXpc(stream)
        first = await peer.block()
        assert [kind for kind, _ in first.chunks] == ["vi"]
        yield peer
