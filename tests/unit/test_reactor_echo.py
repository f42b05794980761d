"""The first words: an echo server over trio, clients over `Wire`, in both places the reactor can run."""

from __future__ import annotations

import socket

import pytest
import trio
from reactor_rig import WireClient, client_tls, listening, server_tls
from regwire_native import Opened, Reactor, SessionLimits

from regwire.trio._reactor import drive, make_reactor


@pytest.mark.parametrize("thread", [False, True], ids=["here", "thread"])
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_echo_over_trio(thread: bool, tls: bool) -> None:
    async def main() -> None:
        reactor = make_reactor(thread=thread)
        with listening() as sock:
            port = sock.getsockname()[1]
            reactor.listen(sock.fileno(), framing="epp", tls=server_tls() if tls else None, limits=SessionLimits())
        opened: list[Opened] = []
        with trio.fail_after(60):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(drive, reactor, lambda n: echo(reactor, n, opened))
                await trio.to_thread.run_sync(talk, port, tls)
                nursery.cancel_scope.cancel()
        assert opened[0].peer.tls_version == ("TLSv1.3" if tls else None)
        assert opened[0].peer.server_name == ("localhost" if tls else None)

    trio.run(main)


def echo(reactor: Reactor, n: int, opened: list[Opened]) -> None:
    while n > 0:
        owners, items = reactor.take()
        n -= len(items)
        for owner, item in zip(owners, items, strict=True):
            if isinstance(item, bytes):
                assert isinstance(owner, int)
                reactor.send(owner, item)
            elif isinstance(item, Opened):
                opened.append(item)
    reactor.flush()


def talk(port: int, tls: bool) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
        client = WireClient(sock, client_tls() if tls else None)
        for size in (1, 700, 16_000):
            payload = b"x" * size
            assert client.ask(payload) == payload
