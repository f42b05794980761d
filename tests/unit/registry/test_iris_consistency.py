"""What EPP acknowledged, the next lookup finds: by every transport, while others write, and until it is gone again."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from reactor_pki import Pki, make_pki
from registry_world import A

from regwire.epp.messages.domain import DomainAddRem, DomainStatus
from regwire.iris.messages import dchk, dreg
from regwire.iris.messages.core import LookupEntity, NameNotFound, Request, ResultSet, SearchSet
from regwire.registry.accounts import Account, Accounts, hash_password
from regwire.registry.config import Config, ExtraListener, ListenSettings, TlsSettings
from regwire.registry.server import RunningRegistry, serve_registry
from regwire.trio.epp import connect as epp_connect
from regwire.trio.iris import ClientTls, connect

LOGIN = "login-password"
AUTH = "2fooBAR-2fooBAR-2fooBAR"
TRANSPORTS = ("xpc", "xpcs", "lwz", "beep")
ROUNDS = 25
HOLD = DomainAddRem(statuses=(DomainStatus(s="clientHold"),))
WRITERS = 4


@pytest.fixture(scope="module")
def pki() -> Pki:
    return make_pki()


@asynccontextmanager
async def serving(folder: Path, pki: Pki) -> Any:
    for name, octets in {"ca.pem": pki.ca, "s.pem": pki.server.certificate, "s.key": pki.server.key}.items():
        (folder / name).write_bytes(octets)
    protocols = ("epp", *(f"iris.{transport}" for transport in TRANSPORTS))
    config = Config(
        directory=folder,
        listen=ListenSettings(
            protocols=(), extra=tuple(ExtraListener(protocol=protocol, port=0) for protocol in protocols)
        ),
        tls=TlsSettings(certificate=Path("s.pem"), key=Path("s.key"), client_ca=Path("ca.pem")),
    )
    async with trio.open_nursery() as nursery:
        accounts = Accounts([Account(A, hash_password(LOGIN))])
        running: RunningRegistry = await nursery.start(partial(serve_registry, config, accounts=accounts))
        yield {one["protocol"]: one["port"] for one in running.listeners}
        nursery.cancel_scope.cancel()


def asking(name: str) -> Request:
    queries = [LookupEntity(kind, "domain-name", name) for kind in ("dchk1", "dreg1")]
    return Request(search_sets=tuple(SearchSet(query=query) for query in queries))


def is_there(result_sets: tuple[ResultSet, ...]) -> bool:
    """Whether both registry types say so; they must agree, for they look at the same state."""
    found = [bool(part.answer.results) for part in result_sets]
    assert [isinstance(part.error, NameNotFound) for part in result_sets] == [not one for one in found]
    assert len(set(found)) == 1, "dchk and dreg differ"
    return found[0]


def test_what_is_acknowledged_is_in_the_next_answer(tmp_path: Path, pki: Pki) -> None:
    own = ClientTls(ca=pki.ca, certificate=pki.client.certificate, key=pki.client.key)

    async def main() -> None:
        async with serving(tmp_path, pki) as ports, AsyncExitStack() as stack:
            lookers = {
                transport: await stack.enter_async_context(
                    connect(
                        "127.0.0.1",
                        ports[f"iris.{transport}"],
                        transport=transport,  # type: ignore[arg-type]
                        tls=None if transport in {"xpc", "lwz"} else own,
                        server_name="localhost",
                    )
                )
                for transport in TRANSPORTS
            }

            async def look(transport: str, name: str) -> tuple[ResultSet, ...]:
                response = await lookers[transport].ask(asking(name), authority="example")
                return response.result_sets

            async def expect(name: str, there: bool) -> None:
                for transport in TRANSPORTS:
                    assert is_there(await look(transport, name)) is there, (name, transport)

            async def write(number: int, *, looked_at: bool) -> None:
                """One registrar's session: creates, changes and deletes; each is looked at once it is acknowledged."""
                opened = epp_connect("127.0.0.1", ports["epp"], client_id=A, password=LOGIN, tls=own)
                async with opened as epp:
                    for turn in range(ROUNDS):
                        name = f"w{number}-{turn}.example"
                        if looked_at:
                            # A negative answer that is kept must not outlive the create.
                            await expect(name, there=False)
                        await epp.create_domain(name, auth_info=AUTH)
                        if looked_at:
                            await expect(name, there=True)
                            await epp.update_domain(name, add=HOLD)
                            for transport in TRANSPORTS:
                                checked, described = (part.answer.results[0] for part in await look(transport, name))
                                assert isinstance(checked, dchk.Domain)
                                assert isinstance(described, dreg.Domain)
                                assert described.status is not None
                                assert described.status.assigned_and_on_hold is not None, transport
                                assert any(isinstance(status, dchk.Inactive) for status in checked.statuses), transport
                            await epp.update_domain(name, rem=HOLD)

            with trio.fail_after(50):
                async with trio.open_nursery() as nursery:
                    for number in range(WRITERS):
                        nursery.start_soon(partial(write, number, looked_at=number == 0))

    trio.run(main)
