"""The client under test: regwire's clients of 20 sessions, check of ten names and info in turn.

Usage: regwire_client.py PORT CA CERT KEY SESSIONS WARMUP COMMANDS OBJECTS WINDOW [WAY]. Prints its own CPU a command.

WAY is how a program uses the sessions: `pool` (typed methods of a `Pool`, a task for each outstanding command), `many`
(`Pool.send_many`, a task a session), `clients` (a `Client` for each session, a task for each outstanding command).
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import trio

from regwire.epp import requests
from regwire.epp.messages.core import Response
from regwire.epp.messages.domain import DomainCheckData, DomainInfoData
from regwire.trio.epp import Client, ClientConfig, ClientTls, Pool, connect


def names_of(n: int, own: int, objects: int) -> list[str]:
    """Five names that exist, five that do not."""
    taken = [f"p{(own + i) % objects}.example" for i in (0, 2, 4, 6, 8)]
    return taken + [f"q{n}-{i}.example" for i in (1, 3, 5, 7, 9)]


def verify_check(checked: DomainCheckData) -> None:
    if sum([item.name.avail for item in checked.items]) != 5:
        raise SystemExit(f"{checked}")


def verify_info(domain: DomainInfoData, own: int) -> None:
    if domain.name != f"p{own}.example":
        raise SystemExit(f"{domain} for p{own}.example")


async def exchange(client: Pool | Client, caller: int, first: int, count: int, objects: int) -> None:
    """`count` commands, one after another; every answer is looked at."""
    for n in range(first, first + count):
        own = (n * 7 + caller) % objects
        if n % 2 == 0:
            verify_check(await client.check_domain(*names_of(n, own, objects)))
        else:
            verify_info(await client.info_domain(f"p{own}.example"), own)


async def exchange_many(  # noqa: PLR0917
    pool: Pool, window: int, caller: int, first: int, count: int, objects: int
) -> None:
    """As `exchange`, with `window` commands outstanding: the interface for bulk work."""
    for start in range(first, first + count, window):
        batch = [(n, (n * 7 + caller) % objects) for n in range(start, min(start + window, first + count))]
        results = await pool.send_many(
            requests.check_domain(names_of(n, own, objects)) if n % 2 == 0 else requests.info_domain(f"p{own}.example")
            for n, own in batch
        )
        for (n, own), result in zip(batch, results, strict=True):
            if not isinstance(result, Response):
                raise result
            if n % 2 == 0:
                verify_check(requests.data_of(result, DomainCheckData))
            else:
                verify_info(requests.data_of(result, DomainInfoData), own)


async def together(  # noqa: PLR0917
    clients: Sequence[Pool | Client], window: int, many: bool, first: int, count: int, objects: int
) -> None:
    """`count` commands of each session, `window` of them outstanding."""
    async with trio.open_nursery() as nursery:
        for caller, client in enumerate(clients):
            if many:
                assert isinstance(client, Pool)
                nursery.start_soon(exchange_many, client, window, caller, first, count, objects)
                continue
            for task in range(window):
                share = range(first + task * count // window, first + (task + 1) * count // window)
                nursery.start_soon(exchange, client, caller, share.start, len(share), objects)


async def main(  # noqa: PLR0917
    port: str,
    ca: str,
    certificate: str,
    key: str,
    sessions: str,
    warmup: str,
    commands: str,
    objects: str,
    window: str,
    way: str = "pool",
) -> None:
    tls = ClientTls(ca=ca, certificate=certificate, key=key)
    address = ("localhost", int(port))
    login: dict[str, Any] = {"client_id": "reg-a", "password": "bench-password", "tls": tls}
    async with contextlib.AsyncExitStack() as stack:
        clients: list[Pool | Client] = []
        if way == "clients":
            config = ClientConfig(window=int(window))
            opened = [connect(*address, **login, config=config) for _ in range(int(sessions))]
            clients += [await stack.enter_async_context(one) for one in opened]
        else:
            pool = Pool(*address, **login, size=int(sessions), window=int(window))
            await stack.enter_async_context(pool)
            while pool.ready < int(sessions):
                await trio.sleep(0.01)
            clients = [pool] * int(sessions)
        run = partial(together, clients, int(window), way == "many", objects=int(objects))
        before, measured = int(warmup) // len(clients), int(commands) // len(clients)
        await run(first=0, count=before)
        start = time.process_time_ns()
        await run(first=before, count=measured)
        used = time.process_time_ns() - start
    print(json.dumps({"client_cpu_us": used / 1000 / (measured * len(clients))}))


trio.run(main, *sys.argv[1:11])
