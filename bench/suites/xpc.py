"""Domain-name lookups over XPCS (IRIS dchk1) against EPP's domain info: server CPU a command, same shape, same run.

All servers are the public ones, over TLS, with plain handlers out of a dictionary of answers with the same names. The
limit is read against the info of the other suites: registrant, two contacts, two hosts.
"""

from __future__ import annotations

import contextlib
import sys
from functools import partial
from pathlib import Path

from lxml import etree

from harness import procs
from harness.items import Item, Sense
from harness.procs import Server
from harness.ratio import Ratio, interleaved
from suites.context import Context

SUITE = "xpc"
OBJECTS = 10_000
LIMIT = 1.5
SHAPES = {"50x16": (50, 16), "50x1": (50, 1)}
LIMITS = {"50x16": LIMIT}
EPP, BARE = "EPP info", "EPP info, nothing optional"
XPC, MADE = "XPC lookup", "XPC lookup, answers made"
# What is compared with what; the first has the limits.
PAIRS = ((XPC, EPP), (MADE, EPP), (XPC, BARE))
KINDS = {XPC: "ready", MADE: "made"}
NAMES = {
    **dict.fromkeys(
        (EPP, BARE), "//{urn:ietf:params:xml:ns:domain-1.0}infData/{urn:ietf:params:xml:ns:domain-1.0}name"
    ),
    **dict.fromkeys((XPC, MADE), "//{urn:ietf:params:xml:ns:dchk1}domain/{urn:ietf:params:xml:ns:dchk1}domainName"),
}


def command(name: str, context: Context) -> list[str]:
    """How each contender is started."""
    if name in (EPP, BARE):
        return [*procs.regwire_command("plain", context.pki, OBJECTS), *(["bare"] if name == BARE else [])]
    script = str(procs.BENCH / "servers" / "regwire_xpcs.py")
    certificate, key = str(context.pki.server_cert), str(context.pki.server_key)
    return [sys.executable, script, KINDS[name], certificate, key, str(OBJECTS)]


def options(name: str) -> tuple[str, ...]:
    """What the load generator sends: info of domains, or lookups of the same ones."""
    return ("--mix", "info") if name in (EPP, BARE) else ("--xpc", "example")


def names_in(transcript: Path, name: str) -> list[str | None]:
    """Whom the replies are about, each reply parsed by lxml; one answer a reply."""
    found = []
    for document in transcript.read_bytes().split(b"\0")[:-1]:
        answers = etree.ElementTree(etree.fromstring(document)).findall("." + NAMES[name])
        if len(answers) != 1:
            raise procs.Failed(f"{name}: {len(answers)} answers in {document.decode()}")
        found.append(answers[0].text)
    return found


def check_same_answers(context: Context, servers: dict[str, Server]) -> None:
    """Every server answers 400 questions, compact and indented, about the same domains in the same order."""
    for base in ("0", "1"):
        reference: list[str | None] = []
        for name, server in servers.items():
            path = context.scratch / "transcript-xpc"
            server.first = 0
            words = ("--session-base", base, "--transcript", str(path))
            procs.load(server, context.pki, *options(name), *words, commands=400)
            found = names_in(path, name)
            if len(found) != 400 or found != (reference or found):
                raise procs.Failed(f"{name} answers about other domains than {EPP}: {found[:5]} and {reference[:5]}")
            reference = found


def one(server: Server, context: Context, shape: str, commands: int) -> float:
    """Server CPU, microseconds a command; every reply is checked."""
    sessions, window = SHAPES[shape]
    report = procs.load(
        server,
        context.pki,
        *options(server.name),
        sessions=sessions,
        window=window,
        warmup=commands // 8,
        commands=commands,
    )
    return float(report["server_cpu_us"])


def run(context: Context) -> list[Item]:
    items: list[Item] = []
    with contextlib.ExitStack() as stack:
        servers = {
            name: stack.enter_context(procs.serve(name, command(name, context))) for name in (EPP, BARE, XPC, MADE)
        }
        check_same_answers(context, servers)
        count = context.pick(60_000, 120_000)
        for shape in SHAPES:
            context.say(f"{SUITE}: {shape}")
            contenders = {name: partial(one, server, context, shape, count) for name, server in servers.items()}
            series = interleaved(contenders, context.pick(5, 21))
            median = {name: found.median for name, found in series.items()}
            for name, other in PAIRS:
                ratio = Ratio.of(series[name], series[other])
                limit = LIMITS.get(shape) if (name, other) == PAIRS[0] else None
                title = f"{name} {shape}, CPU against {other}"
                detail = f"{median[name]:.2f} / {median[other]:.2f} µs, {ratio.spread}"
                raw = {"xpc_us": series[name].values, "epp_us": series[other].values}
                sense: Sense = "info" if limit is None else "<="
                items.append(Item(SUITE, title, ratio.median, "x", sense, limit, detail, raw))
    return items
