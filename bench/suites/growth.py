"""Half a million objects come into being under 50 sessions: no reply may be late because of the collector."""

from __future__ import annotations

from typing import Any

from harness import procs
from harness.items import Item
from suites.context import Context

SUITE = "growth"
OBJECTS = 10_000
CREATES = 500_000
LIMIT_MS = 50.0
NS_PER_MS = 1e6


def blamed(late: list[tuple[int, int]], pauses: list[tuple[int, int, int]]) -> list[float]:
    """Milliseconds of the replies that would have been in time but for collections between their sending and coming."""
    found = []
    for due, received in late:
        inside = sum(max(0, min(received, end) - max(due, start)) for start, end, _ in pauses)
        waited = received - due
        if waited > LIMIT_MS * NS_PER_MS >= waited - inside:
            found.append(waited / NS_PER_MS)
    return found


def run(context: Context) -> list[Item]:
    context.say(f"{SUITE}: {CREATES:,} creates")
    command = procs.regwire_command("plain", context.pki, OBJECTS)
    with procs.serve("growing", command) as server:
        report = procs.load(
            *(server, context.pki, "--mix", "create"), sessions=50, window=16, commands=CREATES, seconds=120
        )
        memory = procs.resident_bytes(server.pid)
    return items_of(report, server.final, memory)


def items_of(report: dict[str, Any], final: dict[str, Any], memory: int) -> list[Item]:
    pauses = [tuple(pause) for pause in final["pauses"]]
    if final["domains"] != OBJECTS + CREATES:
        raise procs.Failed(f"the registry holds {final['domains']} domains")
    longest = max((end - start for start, end, _ in pauses), default=0) / NS_PER_MS
    whole = sum(end - start for start, end, _ in pauses) / NS_PER_MS
    wrong = blamed([tuple(reply) for reply in report["late"]], pauses)
    latency = report["latency_us"]
    detail = f"p50 {latency['p50'] / 1000:.1f}, p99 {latency['p99'] / 1000:.1f}, max {latency['max'] / 1000:.1f} ms"
    return [
        Item(SUITE, "replies later than 50 ms because of the collector", len(wrong), "", "<=", 0, detail),
        Item(
            *(SUITE, "longest collector pause", longest, "ms", "<=", LIMIT_MS),
            detail=f"{len(pauses)} collections, {whole:.0f} ms together",
            raw={
                "pauses_ms": sorted((round((end - start) / NS_PER_MS, 3) for start, end, _ in pauses), reverse=True)[
                    :20
                ]
            },
        ),
        Item(SUITE, "create, CPU", report["server_cpu_us"], "µs"),
        Item(
            SUITE, "memory a domain", memory / (OBJECTS + CREATES), "B", detail="anonymous memory of the whole process"
        ),
    ]
