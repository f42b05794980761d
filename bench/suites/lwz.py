"""Domain checks by datagram (IRIS-LWZ) over a million names, against trio with lxml and against a mere echo.

Two servers of ours: a handler that looks into a dictionary, as the peer does, and `regwire serve` with a registry of a
million domains in its file, every check, guard and limit in force (but that the rate of a network is put up: all the
load comes from one).
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from harness import builds, procs
from harness.items import Item
from harness.procs import Server
from harness.ratio import Ratio, interleaved
from suites.context import Context

SUITE = "lwz"
NAMES = 1_000_000
PEER_LIMIT = 5.0
ECHO_LIMIT = 2.0
ECHO, OURS, REGISTRY, PEER = "UDP echo", "regwire", "registry", "trio+lxml"
#: Names that the load asks for.
PATTERN, ZONE = "name-{}.example.com", "example.com"
#: Until the registry's names are in memory.
READY_SECONDS = 120


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


def made(folder: Path) -> None:
    """A registry of as many domains as the load asks for."""
    subprocess.run(
        [sys.executable, "-m", "regwire.cli", "init", str(folder)], check=True, timeout=60, capture_output=True
    )
    settings = folder / "registry.toml"
    text = settings.read_text("utf-8")
    for line, instead in (
        (r"^zones = .*$", f'zones = ["{ZONE}"]'),
        (r"^# protocols = .*$", "protocols = []"),
        (r"^# udp_rate = .*$", "udp_rate = 10_000_000"),
    ):
        text, found = re.subn(f"(?m){line}", instead, text)
        if found != 1:
            raise procs.Failed(f"{settings} has no line {line}")
    settings.write_text(f'{text}\n[[listen.extra]]\nprotocol = "iris.lwz"\nport = 0\n', "utf-8")
    fill = [sys.executable, str(procs.BENCH / "servers" / "registry_fill.py"), str(folder), str(NAMES), "0", PATTERN]
    subprocess.run(fill, check=True, timeout=900, capture_output=True)


@contextlib.contextmanager
def registry() -> Iterator[Server]:
    """`regwire serve` on the server core, when it has its names in memory."""
    with tempfile.TemporaryDirectory(prefix="lwz-", dir=procs.BENCH / "target") as name:
        folder = Path(name) / "registry"
        made(folder)
        log = Path(name) / "bench.log"
        serve = procs.pinned(procs.SERVER_CORE, [sys.executable, "-m", "regwire.cli", "serve", str(folder)])
        with log.open("wb") as errors, subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=errors) as process:
            try:
                assert process.stdout is not None
                line = process.stdout.readline()
                limit = time.monotonic() + READY_SECONDS
                while f"{NAMES} names are in memory" not in log.read_text("utf-8"):
                    if not line or time.monotonic() > limit:
                        raise procs.Failed(f"the registry did not start: {log.read_text('utf-8')[-2000:]}")
                    time.sleep(0.1)
                port = next(item["port"] for item in json.loads(line)["listeners"] if item["protocol"] == "iris.lwz")
                yield Server(REGISTRY, process, port, log)
            finally:
                process.terminate()
                process.wait(timeout=60)


def run(context: Context) -> list[Item]:
    with contextlib.ExitStack() as stack:
        context.say(f"{SUITE}: a registry of {NAMES:,} domains is made")
        servers = {REGISTRY: stack.enter_context(registry())}
        servers |= {name: stack.enter_context(procs.serve(name, command(name))) for name in (ECHO, OURS, PEER)}
        context.say(f"{SUITE}: {NAMES:,} names, half of the lookups find one; 64 ports with 4 outstanding each")
        count = context.pick(60_000, 120_000)
        counts = {ECHO: count, OURS: count, REGISTRY: count, PEER: count // 4}
        contenders = {name: partial(one, servers[name], counts[name]) for name in servers}
        series = interleaved(contenders, context.pick(7, 21))
    raw = {name: found.values for name, found in series.items()}
    median = {name: found.median for name, found in series.items()}
    peer, echo = Ratio.of(series[PEER], series[OURS]), Ratio.of(series[OURS], series[ECHO])
    stored, beside = Ratio.of(series[PEER], series[REGISTRY]), Ratio.of(series[REGISTRY], series[ECHO])
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
        Item(
            *(SUITE, "the registry on its file: CPU of trio + lxml against it", stored.median, "x", ">=", PEER_LIMIT),
            f"{median[PEER]:.2f} / {median[REGISTRY]:.2f} µs, {stored.spread}",
        ),
        Item(
            *(
                SUITE,
                "the registry on its file: CPU against a UDP echo in Python",
                beside.median,
                "x",
                "<=",
                ECHO_LIMIT,
            ),
            f"{median[REGISTRY]:.2f} / {median[ECHO]:.2f} µs, {beside.spread}",
        ),
    ]
