"""A running server for the tests of this folder: in memory, and on a real port; frames as octets."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import Any

import trio

from regwire import epp
from regwire.testing import FakeRegistry, MemoryReactor, ScriptedPeer, memory_server
from regwire.testing.epp import accept_everybody
from regwire.trio.epp import Handlers, Limits, Listener, ServerConfig, serve

EPP = "urn:ietf:params:xml:ns:epp-1.0"
DOMAIN = "urn:ietf:params:xml:ns:domain-1.0"
HOST = "urn:ietf:params:xml:ns:host-1.0"
CONTACT = "urn:ietf:params:xml:ns:contact-1.0"
RGP = "urn:ietf:params:xml:ns:rgp-1.0"
SECDNS = "urn:ietf:params:xml:ns:secDNS-1.1"


def document(inner: str, declaration: str = '<?xml version="1.0" encoding="UTF-8"?>') -> bytes:
    return f'{declaration}<epp xmlns="{EPP}">{inner}</epp>'.encode()


def command(inner: str, cl_trid: str | None = "T-1") -> bytes:
    tail = f"<clTRID>{cl_trid}</clTRID>" if cl_trid is not None else ""
    return document(f"<command>{inner}{tail}</command>")


def login(
    objects: tuple[str, ...] = (DOMAIN, HOST, CONTACT),
    extensions: tuple[str, ...] = (),
    *,
    version: str = "1.0",
    lang: str = "en",
    cl_trid: str | None = "L-1",
) -> bytes:
    uris = "".join(f"<objURI>{uri}</objURI>" for uri in objects)
    if extensions:
        uris += "<svcExtension>" + "".join(f"<extURI>{uri}</extURI>" for uri in extensions) + "</svcExtension>"
    options = f"<options><version>{version}</version><lang>{lang}</lang></options>"
    return command(f"<login><clID>reg-a</clID><pw>secret-1</pw>{options}<svcs>{uris}</svcs></login>", cl_trid)


def check(*names: str, cl_trid: str | None = "T-1") -> bytes:
    inner = "".join(f"<d:name>{name}</d:name>" for name in (names or ("a.example",)))
    return command(f'<check><d:check xmlns:d="{DOMAIN}">{inner}</d:check></check>', cl_trid)


def create(name: str) -> bytes:
    inner = f"<d:name>{name}</d:name><d:authInfo><d:pw>x</d:pw></d:authInfo>"
    return command(f'<create><d:create xmlns:d="{DOMAIN}">{inner}</d:create></create>')


LOGOUT = command("<logout/>")
HELLO = document("<hello/>")


class Rig:
    """`peer()` is a new connection that has read the greeting, `logged_in()` one that is logged in."""

    def __init__(self, registry: FakeRegistry, stream: Any, server: Any) -> None:
        self.registry = registry
        self.stream = stream
        self.server = server
        self.peers: list[ScriptedPeer] = []

    async def hang_up(self) -> None:
        for peer in self.peers:
            await trio.aclose_forcefully(peer.stream)

    async def peer(self) -> ScriptedPeer:
        peer = ScriptedPeer(await self.stream())
        self.peers.append(peer)
        assert isinstance(await peer.receive(), epp.Greeting)
        return peer

    async def logged_in(self, **options: Any) -> ScriptedPeer:
        peer = await self.peer()
        await peer.send_payload(login(**options))
        assert await peer.codes(1) == [1000]
        return peer

    async def unharmed(self, other: ScriptedPeer) -> None:
        """Another session goes on, and new ones come in."""
        await other.send_payload(check("other.example"))
        assert await other.codes(1) == [1000]
        await (await self.logged_in()).close()


@asynccontextmanager
async def running(where: str, handlers: Handlers | None = None, **limits: Any) -> Any:
    """Serve a fake registry `in memory` or on `a port`."""
    registry = FakeRegistry()
    handlers = handlers or registry.handlers()
    config = ServerConfig(limits=Limits(**limits))
    if where == "memory":
        async with memory_server(handlers, config=config) as server:

            async def memory() -> Any:
                return server.stream()

            assert isinstance(server.reactor, MemoryReactor)
            rig = Rig(registry, memory, server.server)
            yield rig
            await rig.hang_up()
        return
    handlers.login(accept_everybody)
    async with trio.open_nursery() as nursery:

        async def run(task_status: Any) -> None:
            await serve(handlers, listeners=[Listener(port=0)], config=config, collector=None, task_status=task_status)

        found = await nursery.start(run)

        async def tcp() -> Any:
            return await trio.open_tcp_stream("127.0.0.1", found.listeners[0].port)

        rig = Rig(registry, tcp, found)
        try:
            yield rig
        finally:
            await rig.hang_up()
            nursery.cancel_scope.cancel()
