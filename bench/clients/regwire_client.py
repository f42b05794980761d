"""The client under test: regwire's pool of sessions, check of ten names and info in turn.

Usage: regwire_client.py PORT CA CERT KEY SESSIONS WARMUP COMMANDS OBJECTS WINDOW. Prints its own CPU a command.
"""

from __future__ import annotations

import json
import sys
import time
from functools import partial

import trio

from regwire.epp import requests
from regwire.epp.messages.core import Response
from regwire.epp.messages.domain import DomainCheckData, DomainInfoData
from regwire.trio.epp import ClientTls, Pool


def names_of(n: int, own: int, objects: int) -> list[str]:
    return [f"p{(own + i) % objects}.example" if i % 2 == 0 else f"q{n}-{i}.example" for i in range(10)]


def verify_check(checked: DomainCheckData) -> None:
    if sum([item.name.avail for item in checked.items]) != 5:
        raise SystemExit(f"{checked}")


def verify_info(domain: DomainInfoData, own: int) -> None:
    if domain.name != f"p{own}.example":
        raise SystemExit(f"{domain} for p{own}.example")


async def exchange(pool: Pool, caller: int, first: int, count: int, objects: int) -> None:
    """`count` commands, one after another; every answer is looked at."""
    for n in range(first, first + count):
        own = (n * 7 + caller) % objects
        if n % 2 == 0:
            verify_check(await pool.check_domain(*names_of(n, own, objects)))
        else:
            verify_info(await pool.info_domain(f"p{own}.example"), own)


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
    pool: Pool, callers: int, window: int, first: int, count: int, objects: int
) -> None:
    async with trio.open_nursery() as nursery:
        for caller in range(callers):
            if window == 1:
                nursery.start_soon(exchange, pool, caller, first, count, objects)
            else:
                nursery.start_soon(exchange_many, pool, window, caller, first, count, objects)


async def main(  # noqa: PLR0917
    port: str, ca: str, certificate: str, key: str, sessions: str, warmup: str, commands: str, objects: str, window: str
) -> None:
    callers = int(sessions)
    tls = ClientTls(ca=ca, certificate=certificate, key=key)
    pool = Pool(
        *("localhost", int(port)),
        client_id="reg-a",
        password="bench-password",
        tls=tls,
        size=int(sessions),
        window=int(window),
    )
    async with pool:
        while pool.ready < int(sessions):
            await trio.sleep(0.01)
        run = partial(together, pool, callers, int(window), objects=int(objects))
        before, measured = int(warmup) // callers, int(commands) // callers
        await run(first=0, count=before)
        start = time.process_time_ns()
        await run(first=before, count=measured)
        used = time.process_time_ns() - start
    print(json.dumps({"client_cpu_us": used / 1000 / (measured * callers)}))


trio.run(main, *sys.argv[1:10])
