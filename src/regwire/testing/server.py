"""A server on a real port, in a thread of its own: for tests of blocking code and of other clients."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any, Self

import trio

from regwire.blocking.epp import Client, connect
from regwire.epp.accounts import Account, Accounts
from regwire.epp.server import ServerConfig
from regwire.testing.registry import FakeRegistry
from regwire.trio._epp_server import Listener, Server, serve

__all__ = ["ServerThread"]

PASSWORD = "secret-1"  # noqa: S105 - a test's


class ServerThread:
    """A `FakeRegistry` served on 127.0.0.1, plain, at a free port, to the clients reg-a and reg-b.

    Attributes: `host`, `port`, `password` (of both), `registry`. Use it as a context manager.
    """

    host = "127.0.0.1"
    password = PASSWORD

    def __init__(self, registry: FakeRegistry | None = None, *, config: ServerConfig | None = None) -> None:
        self.registry = registry or FakeRegistry()
        self.port = 0
        self._config = config
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._token: trio.lowlevel.TrioToken | None = None
        self._scope: trio.CancelScope | None = None
        self._thread = threading.Thread(target=self._run, name="regwire-test-server", daemon=True)

    def __enter__(self) -> Self:
        """Start it."""
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            raise self._error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop it."""
        if self._thread.is_alive() and self._scope is not None:
            trio.from_thread.run_sync(self._scope.cancel, trio_token=self._token)
        self._thread.join()

    def connect(self, client_id: str = "reg-a", **options: Any) -> Client:
        """A blocking client, logged in."""
        return connect(self.host, self.port, client_id=client_id, password=self.password, tls=None, **options)

    def _run(self) -> None:
        try:
            trio.run(self._main)
        except BaseException as error:
            self._error = error
        finally:
            self._ready.set()

    async def _main(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        accounts = Accounts([Account("reg-a", PASSWORD), Account("reg-b", PASSWORD)])
        with trio.CancelScope() as self._scope:
            async with trio.open_nursery() as nursery:

                async def run(task_status: trio.TaskStatus[Server]) -> None:
                    await serve(
                        self.registry.handlers(),
                        listeners=[Listener(host=self.host, port=0)],
                        config=self._config,
                        accounts=accounts,
                        collector=None,
                        task_status=task_status,
                    )

                server: Server = await nursery.start(run)
                self.port = server.listeners[0].port
                self._ready.set()
