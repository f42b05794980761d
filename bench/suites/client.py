"""Client CPU a command, 20 sessions of check and info in turn, against instant-epp on the same server."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial

from harness import builds, procs
from harness.items import Item, Sense
from harness.procs import Server
from harness.ratio import Ratio, interleaved
from suites.context import Context

SUITE = "client"
OBJECTS = 10_000
SESSIONS = 20

WAYS = {
    "1 outstanding": (10, "1", "pool", 1.0),
    "1 outstanding, a Client a session": (10, "1", "clients", None),
    "16 outstanding": (10, "16", "many", 1 / 3),
    "16 outstanding, a task a command": (10, "16", "pool", None),
    "16 outstanding, a Client a session, a task a command": (10, "16", "clients", None),
    "1 outstanding, one name a check": (1, "1", "pool", None),
    "16 outstanding, one name a check": (1, "16", "many", None),
}
"""Names a check, commands outstanding a session, how a program uses them (`clients/regwire_client.py`), the limit."""


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
    instant = [str(builds.INSTANT_CLIENT)]
    count = context.pick(20_000, 60_000)
    with procs.serve("rust", procs.peer_command("rust", context.pki, OBJECTS)) as server:
        context.say(f"{SUITE}: {SESSIONS} sessions")
        contenders = {f"instant {n}": partial(measured, instant, server, context, count, str(n)) for n in (10, 1)}
        for name, (names, window, way, _) in WAYS.items():
            contenders[name] = partial(measured, ours, server, context, count, str(names), window, way)
        series = interleaved(contenders, context.pick(5, 15))
    items = []
    for name, (names, _, _, limit) in WAYS.items():
        theirs = series[f"instant {names}"]
        ratio = Ratio.of(series[name], theirs)
        detail = f"{series[name].median:.2f} / {theirs.median:.2f} µs, {ratio.spread}"
        sense: Sense = "info" if limit is None else "<="
        raw = {"ours_us": series[name].values, "instant_us": theirs.values}
        items.append(Item(SUITE, f"{name}, CPU against instant-epp", ratio.median, "x", sense, limit, detail, raw))
    return items
