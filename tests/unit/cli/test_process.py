"""Starting and stopping a server process, and what is said when it does not start."""

import shlex
import sys

import pytest

from regwire.cli import process
from regwire.cli.process import ServerProcess
from regwire.errors import ConnectFailed


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Make `sys.executable` a script that runs Python code instead of a server."""

    def install(code):
        program, script = tmp_path / "python", tmp_path / "program.py"
        script.write_text(f"{code}\n")
        program.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(script))}\n")
        program.chmod(0o700)
        monkeypatch.setattr(process.sys, "executable", str(program))

    return install


READY = 'print(\'{"listeners": [{"protocol": "epp", "address": "127.0.0.1", "port": 4711}]}\', flush=True)'


def test_a_server_that_says_it_is_ready_and_drains(fake, tmp_path):
    fake(f"import signal\nsignal.signal(15, lambda *_: exit(0))\n{READY}\nsignal.pause()")
    with ServerProcess(tmp_path) as server:
        assert (server.address, server.port) == ("127.0.0.1", 4711)
        assert server.stop() == 0


def test_a_server_that_ends_tells_its_last_words(fake, tmp_path):
    fake("import sys\nsys.exit('regwire: port 700 is taken')")
    with (
        pytest.raises(ConnectFailed, match=r"ended with status 1: regwire: port 700 is taken"),
        ServerProcess(tmp_path),
    ):
        pass


def test_a_server_that_never_gets_ready_is_killed(fake, tmp_path, monkeypatch):
    monkeypatch.setattr(process, "START_SECONDS", 0.2)
    fake("import time\ntime.sleep(60)")
    server = ServerProcess(tmp_path)
    with pytest.raises(ConnectFailed, match=r"did not start within"), server:
        pass
    assert server._process.poll() is not None


def test_a_server_that_does_not_stop_is_killed(fake, tmp_path, monkeypatch):
    monkeypatch.setattr(process, "STOP_SECONDS", 0.2)
    fake(f"import signal\nsignal.signal(15, signal.SIG_IGN)\n{READY}\nwhile True: signal.pause()")
    with ServerProcess(tmp_path) as server:
        assert server.stop() == -9
