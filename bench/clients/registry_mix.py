"""The registry's mixed load: 70 % checks of ten names, 15 % info, 10 % create, 5 % update, renew and transfer.

Usage: registry_mix.py JSON, an object of: port, ca, cert, key, password, sessions, window, objects, spare, warmup,
seconds, rate, prefix. ``rate`` null: as fast as the answers come (closed loop); else so many commands a second, sent at
their times whether earlier ones are answered or not as long as a session has a place; latency counts from the time a
command was due. Prints commands a second and, by kind, latencies in ms. Every answer is looked at.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import date
from itertools import count
from typing import Any

import trio

from regwire.epp import DomainChange, command, requests
from regwire.epp.codes import ResultCode
from regwire.epp.messages.common import AuthPw
from regwire.epp.messages.core import Command, Response
from regwire.epp.messages.domain import DomainAuthInfoChange, DomainUpdate
from regwire.trio.epp import ClientTls, Pool

LINKED = 20
AUTH = "6d1c0f7e2b9a44855e0c"
#: Twenty commands with the shares of the mix, spread so that no kind comes in bursts; the last kind is one of three.
KINDS = ("check", "check", "info", "check", "create", "check", "check", "check", "info", "check")
KINDS += ("check", "check", "other", "check", "check", "info", "check", "create", "check", "check")
OTHERS = ("update", "renew", "update", "transfer", "renew")


class Mix:
    """Makes commands and looks at their answers."""

    def __init__(self, objects: int, spare: int, prefix: str) -> None:
        self.objects = objects
        self.spare = spare
        self.prefix = prefix
        self.numbers = count()
        self.others = count()
        self.renewals = count()
        self.transfers = count()
        self.created = count()
        self.expires: dict[int, date] = {}

    def next(self) -> tuple[str, Command, int]:
        """Kind, command, and the code it must have."""
        n = next(self.numbers)
        kind = KINDS[n % 20]
        if kind == "other":
            kind = OTHERS[next(self.others) % 5]
        make: Callable[[int], tuple[Command, int]] = getattr(self, f"_{kind}")
        return kind, *make(n)

    def _check(self, n: int) -> tuple[Command, int]:
        taken = [f"p{(n * 7919 + i * 104729) % self.objects}.example" for i in range(5)]
        return requests.check_domain([*taken, *[f"q{n}-{i}.example" for i in range(5)]]), 1000

    def _info(self, n: int) -> tuple[Command, int]:
        return requests.info_domain(f"p{(n * 7919) % self.objects}.example"), 1000

    def _create(self, n: int) -> tuple[Command, int]:
        i = n % LINKED
        made = requests.create_domain(
            f"{self.prefix}{next(self.created)}.example",
            auth_info=AUTH,
            ns=[f"ns1.host{i}.example.net", f"ns2.host{i}.example.net"],
            registrant=f"own{i}",
            contacts={"admin": f"adm{i}", "tech": f"tec{i}"},
        )
        return made, 1000

    def _update(self, n: int) -> tuple[Command, int]:
        change = DomainChange(auth_info=DomainAuthInfoChange(AuthPw(AUTH)))
        return command(DomainUpdate(f"p{(n * 7919) % self.objects}.example", chg=change)), 1000

    def _renew(self, n: int) -> tuple[Command, int]:
        index = next(self.renewals) % self.objects
        expires = self.expires.get(index, date(2030, 6, 1))
        self.expires[index] = expires.replace(year=expires.year + 1)
        return requests.renew_domain(f"p{index}.example", expires), 1000

    def _transfer(self, n: int) -> tuple[Command, int]:
        index = next(self.transfers)
        if index >= self.spare:
            raise SystemExit(f"more than {self.spare} transfers: fill more spare names")
        return requests.transfer_domain("request", f"t{index}.example", auth_info=AUTH), 1001


class Meter:
    """Counts what is answered between two instants."""

    def __init__(self, begin: float, end: float) -> None:
        self.begin, self.end = begin, end
        self.latencies: dict[str, list[float]] = {}

    def note(self, kind: str, due: float, now: float) -> None:
        if self.begin <= now < self.end:
            self.latencies.setdefault(kind, []).append((now - due) * 1000)


async def exchange(pool: Pool, mix: Mix, meter: Meter, due: float) -> None:
    kind, message, code = mix.next()
    response: Response = await pool.send(message)
    got = response.results[0].code
    if got != code:
        raise SystemExit(f"{kind}: {got} instead of {code} ({ResultCode(got).message}): {response}")
    if kind == "check":
        data: Any = response.res_data[0]
        if sum([item.name.avail for item in data.items]) != 5:
            raise SystemExit(f"{data}")
    meter.note(kind, due, time.perf_counter())


async def closed(pool: Pool, mix: Mix, meter: Meter) -> None:
    while (now := time.perf_counter()) < meter.end:
        await exchange(pool, mix, meter, now)


async def opened(pool: Pool, mix: Mix, meter: Meter, first: float, interval: float) -> None:
    due = first
    while due < meter.end:
        wait = due - time.perf_counter()
        if wait > 0:
            await trio.sleep(wait)
        await exchange(pool, mix, meter, due)
        due += interval


def quantile(values: list[float], share: float) -> float:
    """The value that so many are below."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


async def main(o: dict[str, Any]) -> None:
    tls = ClientTls(ca=o["ca"], certificate=o["cert"], key=o["key"])
    mix = Mix(o["objects"], o["spare"], o["prefix"])
    login: dict[str, Any] = {"client_id": "reg-a", "password": o["password"], "tls": tls}
    tasks = o["sessions"] * o["window"]
    async with Pool("localhost", o["port"], **login, size=o["sessions"], window=o["window"]) as pool:
        while pool.ready < o["sessions"]:
            await trio.sleep(0.01)
        start = time.perf_counter()
        meter = Meter(start + o["warmup"], start + o["warmup"] + o["seconds"])
        used = time.process_time()
        async with trio.open_nursery() as nursery:
            for task in range(tasks):
                if o["rate"] is None:
                    nursery.start_soon(closed, pool, mix, meter)
                else:
                    nursery.start_soon(opened, pool, mix, meter, start + task / o["rate"], tasks / o["rate"])
            await trio.sleep(o["warmup"])
            before = server_seconds(o["pid"])
            await trio.sleep(o["seconds"])
            after = server_seconds(o["pid"])
        used = time.process_time() - used
    everything = sum(map(len, meter.latencies.values()))
    kinds = {
        kind: {"count": len(found), "p50": quantile(found, 0.5), "p99": quantile(found, 0.99), "max": max(found)}
        for kind, found in meter.latencies.items()
    }
    print(
        json.dumps(
            {
                "rate": everything / o["seconds"],
                "server_cpu_us": (after - before) / everything * 1e6,
                "client_cpu_us": used / next(mix.numbers) * 1e6,
                "latency_ms": kinds,
            }
        )
    )


def server_seconds(pid: int) -> float:
    """CPU time of the server by its own clock."""
    return time.clock_gettime((~pid << 3) | 2)


trio.run(main, json.loads(sys.argv[1]))
