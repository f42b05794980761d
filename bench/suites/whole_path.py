"""The question of the project: server CPU per command against servers written by hand, same mix, same replies.

One TLS record a command; server pinned to one core, load generator to the other; the ratio of every pair is taken
within a repetition.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from functools import partial

from harness import procs
from harness.items import Item
from harness.procs import Server
from harness.ratio import Ratio, Series, interleaved
from suites.context import Context

SUITE = "whole path"
OBJECTS = 10_000
SHAPES = {"50x1": (50, 1), "50x16": (50, 16), "1x1": (1, 1)}
LIMITS = {
    ("plain", "50x1"): 0.9,
    ("plain", "50x16"): 0.75,
    ("plain", "1x1"): 1.6,
    ("async", "50x1"): 1.15,
    ("async", "50x16"): 0.85,
}
OURS = ("plain", "loop", "batch", "async")
"""Kinds of handlers; "loop" are plain ones whose check is a loop in Python over the names; no limit of its own."""
PEERS = ("rust", "go", "trio+lxml")
_CHANGING = (
    (re.compile(rb"<svTRID>[^<]*</svTRID>"), b"<svTRID/>"),
    (re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+Z"), b"DATE"),
)


def normalised(transcript: bytes) -> bytes:
    """Replies without what may differ between servers: dates and the server's transaction identifiers."""
    for pattern, replacement in _CHANGING:
        transcript = pattern.sub(replacement, transcript)
    return transcript


def check_same_replies(context: Context, servers: Mapping[str, Server]) -> None:
    """Every server answers the same 400 commands, compact and indented, with the same octets, before any is timed."""
    reference: dict[str, bytes] = {}
    for base in ("0", "1"):
        for name, server in servers.items():
            path = context.scratch / f"transcript-{base}"
            server.first = 0
            procs.load(server, context.pki, "--session-base", base, "--transcript", str(path), commands=400)
            replies = normalised(path.read_bytes())
            first = reference.setdefault(base, replies)
            if replies != first:
                pairs = zip(first.split(b"\0"), replies.split(b"\0"), strict=False)
                wrong = next((pair for pair in pairs if pair[0] != pair[1]), (b"", b""))
                raise procs.Failed(f"{name} answers otherwise:\n{wrong[1].decode()}\nthan\n{wrong[0].decode()}")


def command_of(name: str, context: Context) -> list[str]:
    kind = procs.regwire_command if name in OURS else procs.peer_command
    return kind(name, context.pki, OBJECTS)


def one(server: Server, context: Context, shape: str, commands: int) -> float:
    """Server CPU, microseconds a command."""
    sessions, window = SHAPES[shape]
    report = procs.load(server, context.pki, sessions=sessions, window=window, warmup=commands // 8, commands=commands)
    return float(report["server_cpu_us"])


def run(context: Context) -> list[Item]:
    names = (*PEERS, *OURS)
    items: list[Item] = []
    with contextlib.ExitStack() as stack:
        servers = {name: stack.enter_context(procs.serve(name, command_of(name, context))) for name in names}
        check_same_replies(context, servers)
        for shape in SHAPES:
            context.say(f"{SUITE}: {shape}")
            count = context.pick(40_000, 80_000) if shape != "1x1" else context.pick(10_000, 20_000)
            close = ("rust", *OURS)
            contenders = {name: partial(one, servers[name], context, shape, count) for name in close}
            series = interleaved(contenders, context.pick(5, 15))
            # The far peers are several times slower: fewer repetitions of fewer commands show that as well.
            far = {name: partial(one, servers[name], context, shape, count // 4) for name in PEERS[1:]}
            series |= interleaved(far, context.pick(2, 5))
            items += items_of(shape, series)
    return items


def items_of(shape: str, series: Mapping[str, Series]) -> list[Item]:
    items = []
    for name in OURS:
        ratio = Ratio.of(series[name], series["rust"])
        limit = LIMITS.get((name, shape))
        detail = (
            f"{series[name].median:.2f} / {series['rust'].median:.2f} µs, quartiles {ratio.low:.2f}-{ratio.high:.2f}"
        )
        sense = "<=" if limit is not None else "info"
        raw = {"ours_us": series[name].values, "rust_us": series["rust"].values}
        items.append(
            Item(SUITE, f"{name} handlers {shape}, CPU against Rust", ratio.median, "x", sense, limit, detail, raw)
        )
    for name in PEERS:
        raw = {"us": series[name].values}
        items.append(Item(SUITE, f"peer {name} {shape}", series[name].median, "µs", raw=raw))
    return items
