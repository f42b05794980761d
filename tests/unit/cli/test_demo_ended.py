"""`regwire demo` that somebody ends: nothing of it goes on, and nothing of it stays."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time

import pytest


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_server_of_a_demonstration_ends_with_it(how, tmp_path):
    command = [sys.executable, "-m", "regwire.cli", "demo"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as demo:
        assert demo.stdout is not None
        assert demo.stderr is not None
        serving = next(line for line in demo.stdout if line.startswith("serving"))
        server = int(re.search(r"process (\d+)", serving)[1])
        demo.send_signal(how)
        assert demo.wait(60) == 130
        assert demo.stderr.read() == ""
    with contextlib.suppress(ProcessLookupError):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            os.kill(server, 0)
            time.sleep(0.05)
        pytest.fail("the server is still there")
    assert list(tmp_path.iterdir()) == []
