"""Thousands of idle IRIS sessions: what each costs the server, and that nobody notices them.

REGWIRE_IDLE_SESSIONS sets how many on each transport (300 by default; `make idle-long`: 10,000).
"""

from __future__ import annotations

import os
import re
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from iris_world import lookup
from reactor_pki import Pki, make_pki
from regwire_native import Wire

from regwire.iris.coding import DEFAULT
from regwire.trio.iris import ClientTls, connect

SESSIONS = int(os.environ.get("REGWIRE_IDLE_SESSIONS", "300"))
#: Octets of resident memory that a session may cost. What a server takes once is shared by the sessions of a short run.
MOST = {"xpc": 6_000, "xpcs": 12_000, "beep": 16_000}
ONCE = 24_000_000
SUPPORT = Path(__file__).parents[1] / "support"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="resident memory is read from /proc")


@pytest.fixture(scope="module")
def pki() -> Pki:
    return make_pki()


class Serving:
    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port

    @property
    def resident(self) -> int:
        """Octets."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return 1024 * int(found[1])


@contextmanager
def serving(transport: str, pki: Pki, folder: Path) -> Iterator[Serving]:
    (folder / "s.pem").write_bytes(pki.server.certificate)
    (folder / "s.key").write_bytes(pki.server.key)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(SUPPORT), *sys.path])}
    process = subprocess.Popen(
        [sys.executable, str(SUPPORT / "iris_idle_server.py"), transport, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Serving(process, int(process.stdout.readline()))
    finally:
        process.stdin.close()
        assert process.wait(30) == 0
        process.stdout.close()


def opened(transport: str, port: int, tls: ClientTls) -> socket.socket:
    """A session that has heard the server's first word, and says nothing more; its TLS state is forgotten."""
    peer = socket.create_connection(("127.0.0.1", port), timeout=20)
    framing = "beep" if transport == "beep" else "xpc"
    options: dict[str, Any] = {} if framing == "beep" else {"codec": DEFAULT.codec, "role": "client"}
    secured = transport == "xpcs"
    wire = Wire(
        framing=framing,
        tls=tls if secured else None,
        server_name="localhost" if secured else None,
        frame_limit=65536,
        **options,
    )
    if transport == "beep":
        greeting = b"Content-Type: application/beep+xml\r\n\r\n<greeting />\r\n"
        peer.sendall(b"RPY 0 0 . 0 %d\r\n%sEND\r\n" % (len(greeting), greeting))
    while True:
        peer.sendall(bytes(wire.outgoing()))
        found = wire.receive(peer.recv(65536))
        peer.sendall(bytes(wire.outgoing()))
        if any(type(item).__name__ in {"XpcBlock", "BeepFrame"} for item in found):
            return peer


def is_open(peer: socket.socket) -> bool:
    """Whether it is, with nothing more said than what came with TLS."""
    try:
        while peer.recv(65536):
            pass
    except BlockingIOError:
        return True
    return False


async def answers(transport: Any, port: int, tls: ClientTls) -> None:
    with trio.fail_after(60):
        secured = tls if transport != "xpc" else None
        async with connect("127.0.0.1", port, transport=transport, tls=secured, server_name="localhost") as client:
            response = await client.ask(lookup("a.example"), authority="example.com")
            assert response.result_sets[0].answer.results[0].entity_name == "a.example"


@pytest.mark.parametrize("transport", ["xpc", "xpcs", "beep"])
def test_idle_sessions_cost_bounded_memory_and_harm_nobody(transport: str, pki: Pki, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < SESSIONS + 200:
        pytest.skip(f"{SESSIONS} sessions need as many descriptors; the limit is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, SESSIONS + 200), hard))
    tls = ClientTls(ca=pki.ca)
    peers: list[socket.socket] = []
    try:
        with serving(transport, pki, tmp_path) as server:
            trio.run(answers, transport, server.port, tls)
            before = server.resident
            peers.extend(opened(transport, server.port, tls) for _ in range(SESSIONS))
            trio.run(answers, transport, server.port, tls)
            grown = server.resident - before
            print(f"{transport}: {grown / SESSIONS:.0f} octets a session, {grown / 1e6:.1f} MB")  # noqa: T201
            assert grown < ONCE + SESSIONS * MOST[transport]
            for peer in peers:
                peer.setblocking(False)
                assert is_open(peer)
            trio.run(answers, transport, server.port, tls)
    finally:
        for peer in peers:
            peer.close()
