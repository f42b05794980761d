"""Domain checks by datagram (IRIS-LWZ) over a million names, against trio with lxml and against a mere echo."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from functools import partial

from harness import builds, procs
from harness.items import Item
from harness.procs import Server
from harness.ratio import Ratio, interleaved
from suites.context import Context

SUITE = "lwz"
NAMES = 1_000_000
PEER_LIMIT = 5.0
ECHO_LIMIT = 2.0
ECHO, OURS, PEER = "UDP echo", "regwire", "trio+lxml"


def command(name: str) -> list[str]:
    """How each contender is started."""
    ours = str(procs.BENCH / "servers" / "regwire_lwz.py")
    return {
        ECHO: [sys.executable, ours, "echo"],
        OURS: [sys.executable, ours, "serve", str(NAMES)],
        PEER: [sys.executable, str(procs.BENCH / "peers" / "trio_lwz" / "server.py"), str(NAMES)],
    }[name]


def one(server: Server, requests: int) -> float:
    """Server CPU, microseconds a request; every answer is checked."""
    words = {
        "--addr": f"127.0.0.1:{server.port}",
        "--pid": server.pid,
        "--warmup": requests // 8,
        "--requests": requests,
        "--objects": NAMES,
        "--echo": "true" if server.name == ECHO else "false",
    }
    options = [str(word) for pair in words.items() for word in pair]
    done = subprocess.run(
        procs.pinned(procs.LOAD_CORE, [str(builds.LOADGEN), "lwz", *options]),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    if done.returncode:
        tail = server.log.read_text(encoding="utf-8")[-2000:]
        raise procs.Failed(f"load on {server.name}: {done.stderr.strip()[-2000:]}\nserver says: {tail}")
    report = json.loads(done.stdout)
    if report["lost"] > requests / 100:
        raise procs.Failed(f"load on {server.name}: {report['lost']} of {requests} datagrams were lost")
    return float(report["server_cpu_us"])


def run(context: Context) -> list[Item]:
    with contextlib.ExitStack() as stack:
        servers = {name: stack.enter_context(procs.serve(name, command(name))) for name in (ECHO, OURS, PEER)}
        context.say(f"{SUITE}: {NAMES:,} names, half of the lookups find one; 64 ports with 4 outstanding each")
        count = context.pick(60_000, 120_000)
        counts = {ECHO: count, OURS: count, PEER: count // 4}
        contenders = {name: partial(one, servers[name], counts[name]) for name in servers}
        series = interleaved(contenders, context.pick(7, 21))
    raw = {name: found.values for name, found in series.items()}
    median = {name: found.median for name, found in series.items()}
    peer, echo = Ratio.of(series[PEER], series[OURS]), Ratio.of(series[OURS], series[ECHO])
    return [
        Item(
            *(SUITE, "domain checks: CPU of trio + lxml against ours", peer.median, "x", ">=", PEER_LIMIT),
            f"{median[PEER]:.2f} / {median[OURS]:.2f} µs, {peer.spread}",
            raw,
        ),
        Item(
            *(SUITE, "domain checks: CPU against a UDP echo in Python", echo.median, "x", "<=", ECHO_LIMIT),
            f"{median[OURS]:.2f} / {median[ECHO]:.2f} µs, {echo.spread}",
        ),
    ]
