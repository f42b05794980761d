"""The reactor with a Python handler that gives back every frame: what Python itself adds to the transport.

Usage: regwire_echo.py CERT KEY CA. Prints one JSON line with the port when ready.
"""

from __future__ import annotations

import json
import socket
import sys

import trio
from regwire_native import Reactor, ServerTls, SessionLimits
from trio.lowlevel import wait_readable

from regwire.trio._reactor import POLLS_PER_TURN

CHUNK = 32


async def main(certificate: str, key: str, authority: str) -> None:
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    port = listening.getsockname()[1]
    reactor = Reactor()
    tls = ServerTls(certificate=certificate, key=key, client_ca=authority)
    limits = SessionLimits(login_seconds=None)
    reactor.listen(listening.detach(), framing="epp", tls=tls, limits=limits)
    print(json.dumps({"port": port}), flush=True)
    descriptor, poll, take, send, flush = reactor.fileno(), reactor.poll, reactor.take, reactor.send, reactor.flush
    while True:
        await wait_readable(descriptor)
        for _ in range(POLLS_PER_TURN):
            waiting = poll()
            if not waiting:
                break
            while waiting > 0:
                sessions, items = take(CHUNK)
                waiting -= len(items)
                for session, item in zip(sessions, items, strict=True):
                    if type(item) is bytes:
                        send(session, item)
            flush()


trio.run(main, *sys.argv[1:4])
