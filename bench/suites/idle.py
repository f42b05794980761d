"""Ten thousand TLS sessions that are logged in and do nothing: what each costs the server in memory."""

from __future__ import annotations

import json
import resource
import subprocess
import time

from harness import procs
from harness.items import Item
from suites.context import Context

SUITE = "idle"
OBJECTS = 10_000
SESSIONS = 10_000
LIMIT_KB = 12.0
DESCRIPTORS = SESSIONS + 1000


def run(context: Context) -> list[Item]:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < DESCRIPTORS:
        raise procs.Failed(f"{most} descriptors are allowed; {DESCRIPTORS} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    context.say(f"{SUITE}: {SESSIONS:,} sessions")
    with procs.serve("idle", procs.regwire_command("plain", context.pki, OBJECTS)) as server:
        # What the first sessions load stays; it is not a cost of the others.
        procs.load(server, context.pki, sessions=50, commands=5000)
        before, cpu = procs.resident_bytes(server.pid), procs.cpu_seconds(server.pid)
        command = procs.load_command(server, context.pki, "--sessions", str(SESSIONS), "--idle")
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as load:
            assert load.stdout is not None
            assert load.stderr is not None
            line = load.stdout.readline()
            if not line or json.loads(line)["established"] != SESSIONS:
                raise procs.Failed(f"not all sessions came up: {load.stderr.read().decode()[-500:]}")
            used = procs.cpu_seconds(server.pid) - cpu
            time.sleep(1)
            each = (procs.resident_bytes(server.pid) - before) / SESSIONS
            load.communicate(timeout=60)
    return [
        Item(SUITE, f"memory a session, {SESSIONS:,} of them", each / 1024, "KB", "<=", LIMIT_KB),
        Item(SUITE, "handshake, certificates both ways, and login, CPU", used / SESSIONS * 1e6, "µs"),
    ]
