"""An IRIS server in a process of its own, for tests that look at its memory.

`python iris_idle_server.py TRANSPORT FOLDER` writes its port to the standard output and serves until its input
ends. FOLDER holds `s.pem` and `s.key`.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import Any

import trio
from iris_world import handlers
from regwire_native import ReactorLimits, ServerTls

from regwire.iris.transport.common import Limits
from regwire.trio.iris import BeepListener, ServerConfig, XpcListener, XpcsListener, serve

SESSIONS = 15_000


def listener(transport: str, folder: Path) -> Any:
    if transport == "xpc":
        return XpcListener(port=0)
    tls = ServerTls(certificate=folder / "s.pem", key=folder / "s.key")
    return XpcsListener(port=0, tls=tls) if transport == "xpcs" else BeepListener(port=0, tls=tls)


async def main(transport: str, folder: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, hard), hard))
    limits = Limits(sessions=SESSIONS, idle=None, session=None)
    async with trio.open_nursery() as nursery:

        async def run(task_status: trio.TaskStatus[Any]) -> None:
            await serve(
                handlers(),
                listeners=[listener(transport, folder)],
                config=ServerConfig(limits=limits),
                drain_seconds=1.0,
                reactor_limits=ReactorLimits(sessions=SESSIONS, sessions_per_address=SESSIONS),
                task_status=task_status,
            )

        server: Any = await nursery.start(run)
        sys.stdout.write(f"{server.listeners[0].port}\n")
        sys.stdout.flush()
        await trio.to_thread.run_sync(sys.stdin.read, abandon_on_cancel=True)
        nursery.cancel_scope.cancel()


if __name__ == "__main__":
    trio.run(main, sys.argv[1], Path(sys.argv[2]))
