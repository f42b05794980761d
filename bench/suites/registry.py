"""The demo registry: durable creates a second with 50 pipelining sessions on one server core, and SQLite's own figure;
and a mixed load on a store of many names against one of few.

`regwire init` and `regwire serve` as a user runs them; every create refers to contacts and hosts that exist and is on
disk before it is answered. The disk is that of the checkout, not a memory file system.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import trio

from harness import procs
from harness.items import Item
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
SPARE = 8_000
MIXED_SESSIONS, MIXED_WINDOW = 32, 8
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


def raw_rate(folder: Path, seconds: float) -> float:
    """Domains a second that one writer commits with nothing around it, on the same core and disk."""
    script = str(procs.BENCH / "peers" / "sqlite_raw.py")
    command = procs.pinned(
        procs.SERVER_CORE, [sys.executable, script, str(folder / "raw.db"), str(GROUP), str(seconds)]
    )
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return float(json.loads(done.stdout)["rate"])


def run(context: Context) -> list[Item]:
    creates = context.pick(40_000, 200_000)
    with tempfile.TemporaryDirectory(prefix="registry-", dir=procs.BENCH / "target") as name:
        folder = Path(name)
        context.say(f"{SUITE}: {creates:,} durable creates")
        pki, password = made(folder / "registry")
        with serving(folder / "registry") as server:
            trio.run(furnish, server.port, pki, password)
            report = procs.load(
                *(server, pki, "--mix", "create", "--user", USER, "--password", password, "--linked", str(LINKED)),
                sessions=SESSIONS,
                window=WINDOW,
                warmup=creates // 10,
                commands=creates,
                seconds=180,
            )
        raw = raw_rate(folder, context.pick(2, 5))
    rate, latency = report["rate"], report["latency_us"]
    detail = (
        f"p50 {latency['p50'] / 1000:.1f}, p99 {latency['p99'] / 1000:.1f} ms, {report['server_cpu_us']:.1f} µs CPU"
    )
    return [
        Item(SUITE, "durable creates", rate, "/s", ">=", LIMIT, detail, {"report": report | {"late": []}}),
        Item(
            *(SUITE, "durable creates / raw group commit", rate / raw, "x", ">=", SHARE),
            detail=f"raw {raw:,.0f}/s in groups of {GROUP}",
        ),
        *mixed(context),
    ]


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


def mix(server: Server, pki: Pki, password: str, names: int, *, seconds: float, rate: float | None) -> dict[str, Any]:
    """One run of the mixed load: closed loop, or at a rate."""
    options = {
        "port": server.port,
        "ca": str(pki.ca),
        "cert": str(pki.client_cert),
        "key": str(pki.client_key),
        "password": password,
        "sessions": MIXED_SESSIONS,
        "window": MIXED_WINDOW,
        "pid": server.pid,
        "objects": names,
        "spare": SPARE,
        "warmup": 2,
        "seconds": seconds,
        "rate": rate,
        "prefix": "c",
    }
    script = str(procs.BENCH / "clients" / "registry_mix.py")
    command = procs.pinned(procs.LOAD_CORE, [sys.executable, script, json.dumps(options)])
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 120, check=False)
    if done.returncode:
        raise procs.Failed(f"the mixed load: {(done.stderr or done.stdout)[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measured(context: Context, scratch: Path, names: int, rate: float | None) -> dict[str, Any]:
    """The mixed load on a fresh registry of so many names."""
    folder = scratch / f"mixed-{names}-{'peak' if rate is None else 'half'}"
    pki, password = made(folder)
    took = fill(folder, names)
    with serving(folder) as server:
        found = mix(server, pki, password, names, seconds=context.pick(6, 20), rate=rate)
    shutil.rmtree(folder)
    return found | {"fill_seconds": took}


def mixed(context: Context) -> list[Item]:
    """Throughput on a large store against a small one, and how long checks take at half of it."""
    names = context.pick(MANY, VERY_MANY)
    with tempfile.TemporaryDirectory(prefix="registry-", dir=procs.BENCH / "target") as name:
        scratch = Path(name)
        context.say(f"{SUITE}: mixed load on {names:,} names and on {FEW:,}")
        small = measured(context, scratch, FEW, None)
        large = measured(context, scratch, names, None)
        half = measured(context, scratch, names, large["rate"] / 2)
    check = half["latency_ms"]["check"]
    of = f"of {names:,} names" if context.long else f"of {names:,} names (the long selection takes {VERY_MANY:,})"
    cpu = f"{large['server_cpu_us']:.1f} against {small['server_cpu_us']:.1f} µs CPU a command"
    return [
        Item(
            *(SUITE, f"mixed load {of} / of {FEW:,}", large["rate"] / small["rate"], "x", ">=", KEPT),
            detail=f"{large['rate']:,.0f} and {small['rate']:,.0f}/s; {cpu}; filled in {large['fill_seconds']:.0f} s",
            raw={"small": small, "large": large},
        ),
        Item(
            *(SUITE, "p99 of checks at half of that", check["p99"], "ms", "<=", CHECK_P99),
            detail=f"{half['rate']:,.0f}/s; p50 {check['p50']:.2f} ms, {check['count']:,} checks of ten names",
            raw=half,
        ),
    ]
