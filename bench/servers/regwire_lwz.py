"""IRIS-LWZ by regwire: the public server, a lookup handler over a million names; or a reactor that echoes in Python.

Usage: regwire_lwz.py serve OBJECTS, or echo. Prints one JSON line with the port when ready. Every check and limit is at
its default but for the rate of a network: all the load comes from one.
"""

from __future__ import annotations

import json
import socket
import sys
from typing import Any

import trio
from regwire_native import DatagramLimits, LwzDatagram, Reactor
from trio.lowlevel import wait_readable

from regwire.iris.handlers import Handlers
from regwire.iris.messages import dchk
from regwire.trio.iris import LwzListener, serve

LIMITS = DatagramLimits(prefix_rate=None)
CHUNK = 64


def handlers(objects: int) -> Handlers:
    """A domain check looks its name up in a dictionary."""
    # Messages are immutable: what many have alike is one object, as the peer's True is.
    active = (dchk.Active(),)
    taken = {f"name-{number}.example.com": active for number in range(objects)}
    found = Handlers(authorities=("example.com",))

    @found.lookup(dchk.DCHK, "domain-name")
    def look(entity: Any, context: Any) -> dchk.Domain | None:
        name = entity.entity_name.lower()
        statuses = taken.get(name)
        if statuses is None:
            return None
        return dchk.Domain(
            authority=context.authority,
            registry_type=entity.registry_type,
            entity_class="domain-name",
            entity_name=name,
            domain_name=name,
            statuses=statuses,
        )

    return found


async def served(objects: int) -> None:
    """The public API, nothing else."""
    listeners = [LwzListener(port=0, limits=LIMITS)]
    async with trio.open_nursery() as nursery:
        server = await nursery.start(
            lambda *, task_status: serve(handlers(objects), listeners=listeners, task_status=task_status)
        )
        print(json.dumps({"port": server.listeners[0].port}), flush=True)


async def echoed() -> None:
    """What arrives goes back: what Python itself adds to the datagrams."""
    reactor = Reactor()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        reactor.listen_datagrams(sock.fileno(), limits=LIMITS)
        print(json.dumps({"port": sock.getsockname()[1]}), flush=True)
    reply = reactor.reply_datagram
    while True:
        await wait_readable(reactor.fileno())
        while reactor.poll():
            while items := reactor.take(CHUNK)[1]:
                for item in items:
                    if type(item) is LwzDatagram and item.error is None:
                        reply(item, item.document)
            reactor.flush()


if sys.argv[1] == "serve":
    trio.run(served, int(sys.argv[2]))
else:
    trio.run(echoed)
