"""Processes of a measurement: the server under test on one core, the load on another."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness import builds
from harness.pki import Pki

BENCH = builds.BENCH
SERVER_CORE = "0"
LOAD_CORE = str(min(1, (os.cpu_count() or 1) - 1))


class Failed(Exception):
    """A server or the load generator did not do what it should."""


def pinned(core: str, command: Sequence[str]) -> list[str]:
    """The command on one core, where the system can do that."""
    taskset = shutil.which("taskset")
    return [taskset, "-c", core, *command] if taskset else list(command)


def cpu_seconds(pid: int) -> float:
    """CPU time of a process, user and system, all threads, by its own clock (nanosecond resolution)."""
    return time.clock_gettime((~pid << 3) | 2)


def resident_bytes(pid: int) -> int:
    """Anonymous resident memory: what the process itself took, without mapped files."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        fields = dict(line.split(":", 1) for line in status)
    return int(fields["RssAnon"].split()[0]) * 1024


class Server:
    """A server process that printed one JSON line with its port."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.name = name
        self.process = process
        self.port = port
        self.log = log
        self.first = 0
        self.final: dict[str, Any] = {}

    @property
    def pid(self) -> int:
        """Process number, for its clocks."""
        return self.process.pid

    def fresh(self, count: int) -> int:
        """The number of the next command of every session: names in creates are never used twice."""
        self.first += count
        return self.first - count


def port_of(line: bytes) -> int:
    """The port from a server's first line: JSON, or words with an address."""
    if line.startswith(b"{"):
        return int(json.loads(line)["port"])
    found = re.search(rb":(\d+)", line)
    if found is None:
        raise Failed(f"no port in {line!r}")
    return int(found.group(1))


@contextlib.contextmanager
def serve(
    name: str, command: Sequence[str], *, core: str = SERVER_CORE, env: dict[str, str] | None = None
) -> Iterator[Server]:
    """Start a server, wait for its line, and stop it with SIGTERM; the JSON of its last line is kept in `final`."""
    with tempfile.NamedTemporaryFile(prefix=f"bench-{name}-", suffix=".log") as log:
        process = subprocess.Popen(
            pinned(core, command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, **(env or {})},
            cwd=BENCH,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise Failed(f"{name} did not start: {Path(log.name).read_text(encoding='utf-8')[-2000:]}")
            server = Server(name, process, port_of(line), Path(log.name))
            yield server
            process.send_signal(signal.SIGTERM)
            rest, _ = process.communicate(timeout=30)
            lines = rest.splitlines()
            server.final = json.loads(lines[-1]) if lines and lines[-1].startswith(b"{") else {}
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


def load_command(server: Server, pki: Pki, *options: str) -> list[str]:
    """The load generator's command line against a server."""
    return pinned(
        LOAD_CORE,
        [
            *(str(builds.LOADGEN), "--addr", f"127.0.0.1:{server.port}", "--ca", str(pki.ca)),
            *("--cert", str(pki.client_cert), "--key", str(pki.client_key), "--pid", str(server.pid), *options),
        ],
    )


def load(
    server: Server,
    pki: Pki,
    *options: str,
    sessions: int = 1,
    window: int = 1,
    warmup: int = 0,
    commands: int = 1000,
    seconds: float = 60,
) -> dict[str, Any]:
    """Run the load generator once; its report. Raises `Failed` when one reply was wrong or late beyond `seconds`."""
    per_session = warmup + commands
    counts = {
        "--sessions": sessions,
        "--window": window,
        "--warmup": warmup,
        "--commands": commands,
        "--seconds": seconds,
        "--first": server.fresh(per_session),
    }
    words = [str(word) for pair in counts.items() for word in pair]
    done = subprocess.run(
        load_command(server, pki, *words, *options), capture_output=True, text=True, timeout=seconds + 60, check=False
    )
    if done.returncode:
        tail = server.log.read_text(encoding="utf-8")[-2000:] if server.log.exists() else ""
        raise Failed(f"load on {server.name}: {done.stderr.strip()[-2000:]}\nserver says: {tail}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def peer_command(kind: str, pki: Pki, objects: int) -> list[str]:
    """The command line of one of the peer servers."""
    arguments = [str(pki.server_cert), str(pki.server_key), str(pki.ca), str(objects)]
    programs = {
        "rust": [str(builds.RUST_SERVER)],
        "go": [str(builds.GO_SERVER)],
        "trio+lxml": [sys.executable, str(BENCH / "peers" / "trio_lxml" / "server.py")],
    }
    return [*programs[kind], *arguments]


def regwire_command(kind: str, pki: Pki, objects: int) -> list[str]:
    """The command line of the regwire server with one kind of handlers: plain, batch or async."""
    script = BENCH / "servers" / "regwire_dict.py"
    return [
        sys.executable,
        str(script),
        kind,
        *(str(path) for path in (pki.server_cert, pki.server_key, pki.ca)),
        str(objects),
    ]
