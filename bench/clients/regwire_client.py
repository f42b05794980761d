"""The client under test: regwire's clients of 20 sessions, check of NAMES names and info in turn.

Usage: regwire_client.py PORT CA CERT KEY SESSIONS WARMUP COMMANDS OBJECTS NAMES WINDOW [WAY]. Prints its own CPU a
command. The names are made before anything is measured, as for the peer.

WAY is how a program uses the sessions: `pool` (typed methods of a `Pool`, a task for each outstanding command), `many`
(`Pool.ask_many`, a task a session), `clients` (a `Client` for each session, a task for each outstanding command).
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
from regwire.epp.messages.domain import DomainCheckData, DomainInfoData
from regwire.trio.epp import Client, ClientConfig, ClientTls, Pool, connect

#: Commands of a call of `ask_many`, in windows: with one, a session would do nothing until the last reply of the list.
WINDOWS = 4


class Plan:
    """What is asked: names that exist and names that do not, in turn; `names` of them a check."""

    def __init__(self, objects: int, names: int) -> None:
        self.objects, self.names = objects, names
        some = [f"{'pq'[i % 2]}{i // 2}.example" for i in range(objects)]
        self.known = some + some

    def verify_check(self, checked: DomainCheckData, own: int) -> None:
        if len(checked.available) != (self.names + own % 2) // 2:
            raise SystemExit(f"{checked}")

    def verify_info(self, domain: DomainInfoData, own: int) -> None:
        if domain.name != self.known[own & ~1]:
            raise SystemExit(f"{domain} for {self.known[own & ~1]}")


async def exchange(client: Pool | Client, plan: Plan, caller: int, first: int, count: int) -> None:
    """`count` commands, one after another; every answer is looked at."""
    objects, names, known = plan.objects, plan.names, plan.known
    for n in range(first, first + count):
        own = (n * 7 + caller) % objects
        if n % 2 == 0:
            plan.verify_check(await client.check_domain(*known[own : own + names]), own)
        else:
            plan.verify_info(await client.info_domain(known[own & ~1]), own)


async def exchange_many(pool: Pool, plan: Plan, window: int, caller: int, first: int, count: int) -> None:  # noqa: PLR0917
    """As `exchange`, by the interface for bulk work, with lists that keep `window` commands outstanding."""
    objects, names, known = plan.objects, plan.names, plan.known
    check, info = requests.check_domain, requests.info_domain
    size = window * WINDOWS
    for start in range(first, first + count, size):
        batch = [(n * 7 + caller) % objects for n in range(start, min(start + size, first + count))]
        answers = await pool.ask_many(
            [
                info(known[own & ~1]) if (start + i) % 2 else check(known[own : own + names])
                for i, own in enumerate(batch)
            ]
        )
        for own, answer in zip(batch, answers, strict=True):
            if isinstance(answer, DomainCheckData):
                plan.verify_check(answer, own)
            elif isinstance(answer, DomainInfoData):
                plan.verify_info(answer, own)
            else:
                raise SystemExit(f"{answer}")


async def together(  # noqa: PLR0917
    clients: Sequence[Pool | Client], plan: Plan, window: int, many: bool, first: int, count: int
) -> None:
    """`count` commands of each session, `window` of them outstanding."""
    async with trio.open_nursery() as nursery:
        for caller, client in enumerate(clients):
            if many:
                assert isinstance(client, Pool)
                nursery.start_soon(exchange_many, client, plan, window, caller, first, count)
                continue
            for task in range(window):
                share = range(first + task * count // window, first + (task + 1) * count // window)
                nursery.start_soon(exchange, client, plan, caller, share.start, len(share))


async def main(  # noqa: PLR0917
    port: str,
    ca: str,
    certificate: str,
    key: str,
    sessions: str,
    warmup: str,
    commands: str,
    objects: str,
    names: str,
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
        run = partial(together, clients, Plan(int(objects), int(names)), int(window), way == "many")
        before, measured = int(warmup) // len(clients), int(commands) // len(clients)
        await run(first=0, count=before)
        start = time.process_time_ns()
        await run(first=before, count=measured)
        used = time.process_time_ns() - start
    print(json.dumps({"client_cpu_us": used / 1000 / (measured * len(clients))}))


trio.run(main, *sys.argv[1:12])
