"""A server that is told to stop at work, whose disk is full for a while, whose file is copied while it serves.

In each of these nothing acknowledged is missing and nothing is there in part; `tests/faults/test_server_kill.py` is
about the server that is killed.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from pathlib import Path

import pytest
import trio

from regwire.cli.init import create_registry
from regwire.cli.process import ServerProcess
from regwire.epp import auth_info, command
from regwire.epp.messages import domain as d
from regwire.epp.messages.core import Command
from regwire.errors import NotSent, OutcomeUnknown
from regwire.registry.config import ExtraListener, ListenSettings
from regwire.trio.epp import Client, ClientTls, connect

OUTSTANDING = 12
#: Seconds after which nothing comes any more, on a machine that halts for a minute, too.
HANGS = 300
PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    listen = ListenSettings(protocols=(), extra=(ExtraListener(protocol="epp", port=0),))
    create_registry(tmp_path / "registry", listen=listen)
    return tmp_path / "registry"


def create(name: str) -> Command:
    return command(d.DomainCreate(name, auth_info=auth_info("a-password-of-20-chars")))


def session(folder: Path, port: int) -> connect:
    """Return what opens a session of reg-a; enter it."""
    pki = folder / "pki"
    tls = ClientTls(ca=str(pki / "ca.pem"), certificate=str(pki / "reg-a.pem"), key=str(pki / "reg-a.key"))
    password = tomllib.loads((folder / "accounts.toml").read_text("utf-8"))["reg-a"]["password"]
    return connect("localhost", port, client_id="reg-a", password=password, tls=tls)


def stored(path: Path) -> dict[str, int]:
    """Return the names in a file that is whole, each with the number of its creates in the history."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        names = {name for (name,) in connection.execute("SELECT name FROM domain")}
        created = dict(
            connection.execute("SELECT key, count(*) FROM history WHERE operation = 'CreateDomain' GROUP BY key")
        )
    assert names == created.keys()
    return created


class Creating:
    """Creates of many names at once, by how each of them ended."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.acknowledged: set[str] = set()
        self.unknown: set[str] = set()
        self.not_sent: set[str] = set()
        self.why: list[str] = []

    async def acknowledge(self, count: int) -> None:
        """Wait until so many creates were acknowledged."""
        with trio.fail_after(HANGS):
            while len(self.acknowledged) < count:
                assert not self.why, self.why
                await trio.sleep(0.001)

    async def run(self, client: Client, number: int) -> None:
        """Create one name after the other until the session has ended."""
        count = 0
        while not self.not_sent and not self.unknown:
            name = f"{self.prefix}-{number}-{count}.example"
            count += 1
            try:
                answer = await client.send(create(name))
            except NotSent as error:
                self.not_sent.add(name)
                self.why.append(str(error))
            except OutcomeUnknown as error:
                self.unknown.add(name)
                self.why.append(str(error))
            else:
                assert answer.results[0].code == 1000, answer
                self.acknowledged.add(name)


@pytest.mark.parametrize("acknowledged", [1, 40, 150])
def test_sigterm_at_work(folder: Path, acknowledged: int) -> None:
    done = Creating("t")

    async def main(server: ServerProcess) -> None:
        async with session(folder, server.port) as client, trio.open_nursery() as nursery:
            for number in range(OUTSTANDING):
                nursery.start_soon(done.run, client, number)
            await done.acknowledge(acknowledged)
            assert await trio.to_thread.run_sync(server.stop) == 0
            # Every command ends by itself: nobody waits for a reply that cannot come.
            nursery.cancel_scope.deadline = trio.current_time() + HANGS
        assert not nursery.cancel_scope.cancelled_caught

    with ServerProcess(folder) as server:
        trio.run(main, server)
    found = stored(folder / "registry.sqlite")
    assert set(found.values()) == {1}
    assert done.acknowledged <= found.keys()
    # Commands that were told to have never left were not done; of the others the registrar asks.
    assert not done.not_sent & found.keys()
    assert found.keys() <= done.acknowledged | done.unknown
    assert not list(folder.glob("registry.sqlite-*")), "the WAL is in the file"


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="the limit of a running process is set on Linux only")
def test_a_disk_full_while_serving(folder: Path) -> None:
    codes: dict[str, int] = {}

    async def send(client: Client, name: str) -> int:
        codes[name] = (await client.send(create(name))).results[0].code
        return codes[name]

    async def main(server: ServerProcess) -> None:
        async with session(folder, server.port) as client:
            assert await send(client, "before.example") == 1000
            _, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
            room = (folder / "registry.sqlite-wal").stat().st_size + 40_000
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (room, hard))
            with trio.fail_after(HANGS):
                count = 0
                while await send(client, f"full-{count}.example") == 1000:
                    count += 1
                # Reads are answered, in new sessions as well.
                async with session(folder, server.port) as other:
                    answer = await other.check_domain("before.example", f"full-{count}.example")
                    assert [item.name.avail for item in answer.items] == [False, True]
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (hard, hard))
            # There is room again: nobody has to restart anything.
            assert await send(client, f"full-{count}.example") == 1000
            assert await send(client, "after.example") == 1000

    with ServerProcess(folder) as server:
        trio.run(main, server)
        assert server.stop() == 0
    assert stored(folder / "registry.sqlite") == {name: 1 for name, code in codes.items() if code == 1000}


@pytest.mark.parametrize("how", ["backup", "vacuum"])
def test_a_backup_made_while_registrars_create_has_each_create_acknowledged_before_it(
    folder: Path, tmp_path: Path, how: str
) -> None:
    done = Creating("b")
    copy = tmp_path / "copy.sqlite"
    before: set[str] = set()

    def back_up() -> None:
        with closing(sqlite3.connect(folder / "registry.sqlite")) as source:
            if how == "vacuum":
                source.execute("VACUUM INTO ?", (str(copy),))
            else:
                with closing(sqlite3.connect(copy)) as target:
                    source.backup(target)

    async def main(server: ServerProcess) -> None:
        async with session(folder, server.port) as client, trio.open_nursery() as nursery:
            for number in range(4):
                nursery.start_soon(done.run, client, number)
            await done.acknowledge(60)
            before.update(done.acknowledged)
            await trio.to_thread.run_sync(back_up)
            await done.acknowledge(len(done.acknowledged) + 10)
            nursery.cancel_scope.cancel()

    async def restored(server: ServerProcess) -> None:
        async with session(folder, server.port) as client:
            for name in before:
                assert not (await client.check_domain(name)).items[0].name.avail
            assert (await client.send(create("after-it.example"))).results[0].code == 1000

    with ServerProcess(folder) as server:
        trio.run(main, server)
        assert server.stop() == 0
    found = stored(copy)
    assert before <= found.keys()
    copy.replace(folder / "registry.sqlite")
    with ServerProcess(folder) as server:
        trio.run(restored, server)


def _without_power() -> None:
    """Take from a process of root what lets it write where its mode forbids it."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            if libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0):
                raise OSError(ctypes.get_errno(), "prctl")


@pytest.mark.skipif(sys.platform != "linux", reason="root gives its power up by a call of Linux")
@pytest.mark.parametrize(
    ("path", "mode", "said"),
    [
        (".", 0o555, "registry.sqlite: cannot be opened"),
        ("registry.toml", 0, "registry.toml: cannot be read"),
        ("accounts.toml", 0, "accounts.toml: cannot be read"),
        ("pki/server.key", 0, "server.key cannot be read"),
        ("registry.sqlite", 0o444, "registry.sqlite: cannot be written"),
    ],
)
def test_a_folder_that_may_not_be_written_is_one_line_with_the_cure(
    folder: Path, path: str, mode: int, said: str
) -> None:
    if path == "registry.sqlite":
        with ServerProcess(folder) as server:
            assert server.stop() == 0
    place = folder / path
    usual = place.stat().st_mode
    place.chmod(mode)
    try:
        result = subprocess.run(
            [sys.executable, "-m", "regwire.cli", "serve", str(folder)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            preexec_fn=_without_power,
        )
    finally:
        place.chmod(usual)
    errors = [line for line in result.stderr.splitlines() if not line.startswith("{")]
    assert (result.returncode, result.stdout, len(errors)) == (2, "", 1), result
    assert said in errors[0]
    assert ";" in errors[0], "no cure"
