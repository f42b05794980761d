"""Client CPU a command, 20 sessions of check and info in turn, against instant-epp on the same server."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial

from harness import builds, procs
from harness.items import Item
from harness.procs import Server
from harness.ratio import Ratio, interleaved
from suites.context import Context

SUITE = "client"
OBJECTS = 10_000
SESSIONS = 20


def measured(program: list[str], server: Server, context: Context, commands: int, *more: str) -> float:
    """Microseconds of the client's CPU a command, as it reports itself; it checks every answer."""
    pki = context.pki
    paths = (pki.ca, pki.client_cert, pki.client_key)
    words = (server.port, *paths, SESSIONS, commands // 8, commands, OBJECTS, *more)
    command = procs.pinned(procs.LOAD_CORE, [*program, *(str(word) for word in words)])
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        raise procs.Failed(f"{program[-1]}: {done.stderr.strip()[-2000:]}")
    return float(json.loads(done.stdout)["client_cpu_us"])


def run(context: Context) -> list[Item]:
    ours = [sys.executable, str(procs.BENCH / "clients" / "regwire_client.py")]
    count = context.pick(20_000, 60_000)
    with procs.serve("rust", procs.peer_command("rust", context.pki, OBJECTS)) as server:
        context.say(f"{SUITE}: {SESSIONS} sessions")
        contenders = {
            "instant": partial(measured, [str(builds.INSTANT_CLIENT)], server, context, count),
            "window 1": partial(measured, ours, server, context, count, "1"),
            "window 16": partial(measured, ours, server, context, count, "16"),
        }
        series = interleaved(contenders, context.pick(5, 15))
    items = []
    for name, limit in (("window 1", 1.0), ("window 16", 1 / 3)):
        ratio = Ratio.of(series[name], series["instant"])
        detail = f"{series[name].median:.2f} / {series['instant'].median:.2f} µs, {ratio.spread}"
        raw = {"ours_us": series[name].values, "instant_us": series["instant"].values}
        items.append(Item(SUITE, f"{name}, CPU against instant-epp", ratio.median, "x", "<=", limit, detail, raw))
    return items
