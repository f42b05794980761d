"""An IRIS server in a thread of its own, for what blocks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import trio
from iris_rig import port_of, running
from iris_world import handlers

from regwire.trio.iris import LwzListener, XpcListener


@contextmanager
def iris_server() -> Iterator[dict[str, int]]:
    """Serve `iris_world` for localhost; gives the ports by transport."""
    ready = threading.Event()
    found: dict[str, int] = {}
    held: list[tuple[trio.lowlevel.TrioToken, trio.CancelScope]] = []

    async def main() -> None:
        with trio.CancelScope() as scope:
            listeners = (XpcListener(port=0), LwzListener(port=0))
            async with running(served=handlers("localhost", "example"), listeners=listeners) as server:
                found.update({transport: port_of(server, transport) for transport in ("xpc", "lwz")})
                held.append((trio.lowlevel.current_trio_token(), scope))
                ready.set()
                await trio.sleep_forever()

    thread = threading.Thread(target=trio.run, args=(main,), daemon=True)
    thread.start()
    assert ready.wait(60), "the server did not come up"
    try:
        yield found
    finally:
        token, scope = held[0]
        token.run_sync_soon(scope.cancel)
        thread.join(60)
        assert not thread.is_alive()
