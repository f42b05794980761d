"""Framed TLS request and reply: the reactor with a Python echo handler against the same reactor without Python."""

from __future__ import annotations

import sys
from functools import partial

from harness import builds, procs
from harness.items import Item
from harness.procs import Server
from harness.ratio import Ratio, interleaved
from suites.context import Context

SUITE = "echo"
OCTETS = 700
LIMIT = 1.3


def one(server: Server, context: Context, window: int, commands: int) -> float:
    report = procs.load(
        *(server, context.pki, "--echo", str(OCTETS)),
        sessions=50,
        window=window,
        warmup=commands // 8,
        commands=commands,
    )
    return float(report["server_cpu_us"])


def run(context: Context) -> list[Item]:
    pki = context.pki
    paths = [str(path) for path in (pki.server_cert, pki.server_key, pki.ca)]
    script = str(procs.BENCH / "servers" / "regwire_echo.py")
    items = []
    with (
        procs.serve("bare", [str(builds.ECHO_BARE), "0", *paths[:2]]) as bare,
        procs.serve("python", [sys.executable, script, *paths]) as ours,
    ):
        for window in (1, 16):
            context.say(f"{SUITE}: 50x{window}")
            count = context.pick(60_000, 120_000) * (1 if window == 1 else 3)
            contenders = {
                name: partial(one, server, context, window, count)
                for name, server in (("bare", bare), ("python", ours))
            }
            series = interleaved(contenders, context.pick(7, 21))
            ratio = Ratio.of(series["python"], series["bare"])
            detail = f"{series['python'].median:.2f} / {series['bare'].median:.2f} µs, {ratio.spread}"
            raw = {name: found.values for name, found in series.items()}
            items.append(Item(SUITE, f"Python handler 50x{window}, CPU", ratio.median, "x", "<=", LIMIT, detail, raw))
    return items
