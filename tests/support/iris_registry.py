"""A registry that serves IRIS on free ports, for tests of its listeners and accounts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import trio
from reactor_pki import Pki
from registry_world import START, A, B

from regwire.registry.accounts import Account, Accounts, hash_password
from regwire.registry.clock import MovableClock
from regwire.registry.config import Config, ExtraListener, ListenSettings, TlsSettings
from regwire.registry.server import RunningRegistry, serve_registry

LOGIN = "login-password"


def configured(folder: Path, pki: Pki, *protocols: str) -> Config:
    for name, octets in {"ca.pem": pki.ca, "s.pem": pki.server.certificate, "s.key": pki.server.key}.items():
        (folder / name).write_bytes(octets)
    extra = tuple(ExtraListener(protocol=protocol, port=0) for protocol in protocols)
    return Config(
        directory=folder,
        listen=ListenSettings(protocols=(), extra=extra),
        tls=TlsSettings(certificate=Path("s.pem"), key=Path("s.key"), client_ca=Path("ca.pem")),
    )


@asynccontextmanager
async def serving(
    config: Config, *, certificates: tuple[str, ...] = (), kept: Callable[[str], str] = hash_password
) -> AsyncIterator[RunningRegistry]:
    accounts = Accounts([Account(A, kept(LOGIN)), Account(B, hash_password(LOGIN), certificates=certificates)])
    async with trio.open_nursery() as nursery:
        serve = partial(serve_registry, config, clock=MovableClock(START), accounts=accounts)
        yield await nursery.start(serve)
        nursery.cancel_scope.cancel()


def run(function: Any) -> None:
    async def main() -> None:
        with trio.fail_after(60):
            await function()

    trio.run(main)


def names(response: Any) -> list[str]:
    return [result.entity_name for part in response.result_sets for result in part.answer.results]
