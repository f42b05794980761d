"""A ``regwire serve`` in another process."""

from __future__ import annotations

import json
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from regwire.errors import ConnectFailed

__all__ = ["ServerProcess"]

#: A machine that does a lot besides starts it in half a minute.
START_SECONDS = 90.0
STOP_SECONDS = 30.0


class ServerProcess:
    """Started on entry, when its line of listeners has come; drained, or killed if it does not end, on exit.

    Attributes:
        address: of its EPP listener.
        port: of its EPP listener.

    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "serve.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.address = ""
        self.port = 0

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "regwire.cli", "serve", str(self._folder)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)  # noqa: S603
        try:
            ready = self._ready_line(self._process)
            listener = next(item for item in ready["listeners"] if item["protocol"] == "epp")
            self.address, self.port = listener["address"], listener["port"]
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kill()

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> int:
        """Drain the server by SIGTERM; returns its exit status, or -9 if it had to be killed."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill()
            return -int(signal.SIGKILL)

    def _ready_line(self, process: subprocess.Popen[bytes]) -> dict[str, Any]:
        assert process.stdout is not None
        deadline = time.monotonic() + START_SECONDS
        line = b""
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
                raise ConnectFailed(f"the server did not start within {START_SECONDS:.0f} s{self._log_tail()}")
            piece = process.stdout.read1(65536)  # type: ignore[attr-defined]
            if not piece:
                raise ConnectFailed(f"the server ended with status {process.wait()}{self._log_tail()}")
            line += piece
        found: dict[str, Any] = json.loads(line)
        return found

    def _log_tail(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return ": " + " | ".join(lines[-3:]) if lines else ""

    def _kill(self) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
