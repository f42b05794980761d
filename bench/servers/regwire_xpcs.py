"""IRIS by regwire over XPCS: the public server, a lookup handler (dchk1 domain names) out of a dictionary.

Usage: regwire_xpcs.py ready|made CERT KEY OBJECTS. "ready": the dictionary holds the answers, as that of the EPP server
does; "made": it holds the statuses, and every answer is made of them. Prints one JSON line with the port when ready.
Every check, limit and timer is at its default.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import trio

from regwire.iris.handlers import Handlers
from regwire.iris.messages import dchk
from regwire.trio.iris import ServerTls, XpcsListener, serve

AUTHORITY = "example"
ACTIVE = (dchk.Active(),)


def answer(name: str) -> dchk.Domain:
    return dchk.Domain(
        authority=AUTHORITY,
        registry_type=dchk.DCHK.uri,
        entity_class="domain-name",
        entity_name=name,
        domain_name=name,
        statuses=ACTIVE,
    )


def ready(objects: int) -> Handlers:
    handlers = Handlers(authorities=(AUTHORITY,))
    domains = {name: answer(name) for name in map("p{}.example".format, range(objects))}

    @handlers.lookup(dchk.DCHK, "domain-name")
    def look(entity: Any, context: Any) -> dchk.Domain | None:
        return domains.get(entity.entity_name)

    return handlers


def made(objects: int) -> Handlers:
    handlers = Handlers(authorities=(AUTHORITY,))
    domains = dict.fromkeys(map("p{}.example".format, range(objects)), ACTIVE)

    @handlers.lookup(dchk.DCHK, "domain-name")
    def look(entity: Any, context: Any) -> dchk.Domain | None:
        name = entity.entity_name
        return answer(name) if name in domains else None

    return handlers


KINDS = {"ready": ready, "made": made}


async def main(kind: str, certificate: str, key: str, objects: int) -> None:
    handlers = KINDS[kind](objects)
    listeners = [XpcsListener(host="127.0.0.1", port=0, tls=ServerTls(certificate=certificate, key=key))]
    async with trio.open_nursery() as nursery:
        server = await nursery.start(
            lambda *, task_status: serve(handlers, listeners=listeners, task_status=task_status)
        )
        print(json.dumps({"port": server.listeners[0].port}), flush=True)


if __name__ == "__main__":
    trio.run(main, *sys.argv[1:4], int(sys.argv[4]))
