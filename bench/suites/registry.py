"""The demo registry: durable creates a second with 50 pipelining sessions on one server core, and SQLite's own figure;
and a mixed load on a store of many names against one of few.

`regwire init` and `regwire serve` as a user runs them; every create refers to contacts and hosts that exist and is on
disk before it is answered. The disk is that of the checkout, not a memory file system.
"""

from __future__ import annotations

import contextlib
import json
import re
import statistics
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trio

from harness import procs
from harness.items import Item, Sense
from harness.pki import Pki
from harness.procs import Server
from suites.context import Context

SUITE = "registry"
SESSIONS = 50
WINDOW = 16
LIMIT = 8000
SHARE = 0.33
#: The mixed load: names of the small store, and of the large one in the short and in the long selection.
FEW, MANY, VERY_MANY = 1_000, 100_000, 1_000_000
#: Names that are there to be renewed once, and as many to be transferred.
SPARE = 10_000
MIXED_SESSIONS, MIXED_WINDOW = 50, 8
KEPT = 0.75
CHECK_P99 = 10.0
LINKED = 20
GROUP = 256
USER = "reg-a"


def made(folder: Path) -> tuple[Pki, str]:
    """A fresh registry; its certificates and the password of the account used."""
    subprocess.run(
        [sys.executable, "-m", "regwire.cli", "init", str(folder)], check=True, timeout=60, capture_output=True
    )
    settings = folder / "registry.toml"
    # On any free port: two run at once, and one that somebody else runs is not in the way.
    text, count = re.subn(r"(?m)^# protocols = .*$", "protocols = []", settings.read_text("utf-8"))
    if count != 1:
        raise procs.Failed(f"{settings} has no line for the protocols")
    settings.write_text(f'{text}\n[[listen.extra]]\nprotocol = "epp"\nport = 0\n', "utf-8")
    with (folder / "accounts.toml").open("rb") as file:
        password = tomllib.load(file)[USER]["password"]
    pki = folder / "pki"
    paths = ("ca.pem", "server.pem", "server.key", f"{USER}.pem", f"{USER}.key")
    return Pki(*(pki / name for name in paths)), password


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """The registry on the server core."""
    log = folder / "bench.log"
    command = procs.pinned(procs.SERVER_CORE, [sys.executable, "-m", "regwire.cli", "serve", str(folder)])
    with log.open("wb") as errors, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise procs.Failed(f"the registry did not start: {log.read_text(encoding='utf-8')[-2000:]}")
            port = next(item["port"] for item in json.loads(line)["listeners"] if item["protocol"] == "epp")
            yield Server("registry", process, port, log)
        finally:
            process.terminate()
            process.wait(timeout=60)


async def furnish(port: int, pki: Pki, password: str) -> None:
    """The contacts and hosts that the creates refer to."""
    from regwire.epp import Address, PostalInfo  # noqa: PLC0415
    from regwire.trio.epp import ClientTls, connect  # noqa: PLC0415

    tls = ClientTls(ca=str(pki.ca), certificate=str(pki.client_cert), key=str(pki.client_key))
    postal = PostalInfo(type="int", name="A. Person", addr=Address(city="Town", cc="NL"))
    async with connect("localhost", port, client_id=USER, password=password, tls=tls) as client:
        for number in range(LINKED):
            for kind in ("own", "adm", "tec"):
                await client.create_contact(
                    f"{kind}{number}",
                    postal_infos=[postal],
                    email="a@example.net",
                    auth_info=f"6d1c0f7e2b9a4485{number:016x}",
                )
        for number in range(LINKED // 2):
            for server in (1, 2):
                await client.create_host(f"ns{server}.host{number}.example.net")


#: What "raw group commit" can mean; docs/design/benchmarks.md says why the limit is read by the first.
YARDSTICKS = {
    "tasks": "raw group commit, 800 tasks waiting",
    "rows": "batches of the same rows, nobody waiting",
    "row": "batches of one row each, nobody waiting",
    "create": "batches of a create's rows, nobody waiting",
}


def raw(folder: Path, what: str, seconds: float) -> dict[str, float]:
    """What one writer commits with nothing around it, on the same core and disk: domains a second, CPU of each."""
    script = str(procs.BENCH / "peers" / "sqlite_raw.py")
    command = procs.pinned(
        procs.SERVER_CORE, [sys.executable, script, what, str(folder / "raw.db"), str(GROUP), str(seconds)]
    )
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def run(context: Context) -> list[Item]:
    rounds, creates = context.pick(3, 5), context.pick(15_000, 30_000)
    reports: list[dict[str, Any]] = []
    raws: dict[str, list[dict[str, float]]] = {what: [] for what in YARDSTICKS}
    with tempfile.TemporaryDirectory(prefix="registry-", dir=procs.BENCH / "target") as name:
        folder = Path(name)
        context.say(f"{SUITE}: {rounds} x {creates:,} durable creates")
        pki, password = made(folder / "registry")
        with serving(folder / "registry") as server:
            trio.run(furnish, server.port, pki, password)
            for _ in range(rounds):
                report = procs.load(
                    *(server, pki, "--mix", "create", "--user", USER, "--password", password, "--linked", str(LINKED)),
                    sessions=SESSIONS,
                    window=WINDOW,
                    warmup=creates // 10,
                    commands=creates,
                    seconds=180,
                )
                reports.append(report | {"late": len(report["late"])})
                for what, found in raws.items():
                    found.append(raw(folder, what, 1.0))
    return [*_creates(reports, raws), *mixed(context)]


def _creates(reports: list[dict[str, Any]], raws: dict[str, list[dict[str, float]]]) -> list[Item]:
    rate = _middle(reports, "rate")
    p50, p99 = (statistics.median([run["latency_us"][key] for run in reports]) / 1000 for key in ("p50", "p99"))
    cpu = _middle(reports, "server_cpu_us")
    detail = f"p50 {p50:.1f}, p99 {p99:.1f} ms, {cpu:.1f} µs CPU"
    items = [Item(SUITE, "durable creates", rate, "/s", ">=", LIMIT, detail, {"runs": reports})]
    for what, found in raws.items():
        sense: Sense = ">=" if what == "tasks" else "info"
        ratios = [run["rate"] / one["rate"] for run, one in zip(reports, found, strict=True)]
        shares = [one["cpu_us"] / run["server_cpu_us"] for run, one in zip(reports, found, strict=True)]
        items.append(
            Item(
                *(SUITE, f"durable creates / {YARDSTICKS[what]}", statistics.median(ratios)),
                *("x", sense, SHARE if what == "tasks" else None),
                detail=f"raw {_middle(found, 'rate'):,.0f}/s, groups of {GROUP}; CPU {statistics.median(shares):.2f} x",
                raw={"raw": found},
            )
        )
    return items


def fill(folder: Path, names: int) -> float:
    """Put names into the store of a registry; seconds."""
    script = str(procs.BENCH / "servers" / "registry_fill.py")
    done = subprocess.run(
        [sys.executable, script, str(folder), str(names), str(SPARE)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode:
        raise procs.Failed(f"the store could not be filled: {done.stderr[-2000:]}")
    return float(json.loads(done.stdout)["seconds"])


@dataclass
class Filled:
    """A registry with so many names that runs, and the commands of its load so far."""

    server: Server
    pki: Pki
    password: str
    names: int
    first: int = 0

    def mix(self, commands: int, rate: float | None = None) -> dict[str, Any]:
        """The mixed load: as fast as the answers come, or so many a second whether they come or not."""
        measured, warm = commands, commands // 8
        options = ["--mix", "registry", "--user", USER, "--password", self.password, "--first", str(self.first)]
        options += ["--objects", str(self.names), "--spare", str(SPARE), "--linked", str(LINKED)]
        options += [] if rate is None else ["--rate", f"{rate:.1f}"]
        # No session gets further ahead of the others than that.
        self.first += (measured + warm) * 5 // (4 * MIXED_SESSIONS) + 100
        return procs.load(
            *(self.server, self.pki, *options),
            sessions=MIXED_SESSIONS,
            window=MIXED_WINDOW,
            warmup=warm,
            commands=measured,
            seconds=90,
        )


@contextlib.contextmanager
def filled(scratch: Path, names: int) -> Iterator[Filled]:
    """A fresh registry of so many names, serving on the server core."""
    folder = scratch / f"mixed-{names}"
    pki, password = made(folder)
    fill(folder, names)
    with serving(folder) as server:
        yield Filled(server, pki, password, names)


def mixed(context: Context) -> list[Item]:
    """Throughput on a large store against a small one, and how long checks take at half of it.

    Both registries are there at once and take turns, so that what else the machine does hits both.
    """
    names = context.pick(MANY, VERY_MANY)
    rounds, commands = context.pick(3, 5), context.pick(30_000, 40_000)
    small: list[dict[str, Any]] = []
    large: list[dict[str, Any]] = []
    half: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="registry-", dir=procs.BENCH / "target") as name:
        context.say(f"{SUITE}: mixed load on {names:,} names and on {FEW:,}")
        with filled(Path(name), FEW) as few, filled(Path(name), names) as many:
            # The first round warms both up: pages, statements, plans.
            for number in range(rounds + 1):
                sides = [(few, small), (many, large)]
                for side, found in sides if number % 2 else reversed(sides):
                    found.append(side.mix(commands))
            del small[0], large[0]
            peak = statistics.median([run["rate"] for run in large])
            half += [many.mix(commands // 2, peak / 2) for _ in range(context.pick(2, 3))]
    return [_kept(context, names, small, large), _checks(half)]


def _kept(context: Context, names: int, small: list[dict[str, Any]], large: list[dict[str, Any]]) -> Item:
    of = f"of {names:,} names" if context.long else f"of {names:,} names (the long selection takes {VERY_MANY:,})"
    rates = sorted([one["rate"] / other["rate"] for one, other in zip(large, small, strict=True)])
    cpu = statistics.median(
        [other["server_cpu_us"] / one["server_cpu_us"] for one, other in zip(large, small, strict=True)]
    )
    detail = (
        f"{_middle(large, 'rate'):,.0f} and {_middle(small, 'rate'):,.0f}/s, {rates[0]:.2f} to {rates[-1]:.2f}; "
        f"{_middle(large, 'server_cpu_us'):.1f} and {_middle(small, 'server_cpu_us'):.1f} µs CPU a command, {cpu:.2f} x"
    )
    return Item(
        *(SUITE, f"mixed load {of} / of {FEW:,}", statistics.median(rates), "x", ">=", KEPT),
        detail=detail,
        raw={"small": [_short(run) for run in small], "large": [_short(run) for run in large]},
    )


def _checks(half: list[dict[str, Any]]) -> Item:
    """The run with the median p99; an open loop counts from when a command was due."""
    half = sorted(half, key=lambda run: float(run["check"]["p99"]))
    run = half[(len(half) - 1) // 2]
    check = run["check"]
    every = ", ".join(f"{one['check']['p99'] / 1000:.1f}" for one in half)
    return Item(
        *(SUITE, "p99 of checks at half of that", check["p99"] / 1000, "ms", "<=", CHECK_P99),
        detail=f"{run['rate']:,.0f}/s; p50 {check['p50'] / 1000:.2f}, max {check['max'] / 1000:.0f} ms; runs: {every}",
        raw={"runs": [_short(one) for one in half]},
    )


def _middle(runs: Sequence[Mapping[str, Any]], key: str) -> float:
    return statistics.median([float(run[key]) for run in runs])


def _short(run: dict[str, Any]) -> dict[str, Any]:
    return run | {"late": len(run["late"])}
