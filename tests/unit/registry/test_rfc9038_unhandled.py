"""RFC 9038 over TLS: every extension and poll message of this registry, for sessions that negotiated it and others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from ext_world import check_schema
from reactor_pki import Pki, make_pki
from registry_world import PASSWORD, START, A, B

from regwire.epp import auth_info, command
from regwire.epp.ext import change_poll, keyrelay, maintenance, org, orgext, rgp, secdns, ttl, unhandled
from regwire.epp.messages import domain as d
from regwire.epp.messages.core import Poll, Response
from regwire.registry.accounts import Account, Accounts, hash_password
from regwire.registry.clock import MovableClock
from regwire.registry.config import Config, ExtraListener, ListenSettings, TlsSettings
from regwire.registry.model.maintenance import AddMaintenance, Maintenance, System
from regwire.registry.model.objects import Status
from regwire.registry.model.requests import SetServerStatuses, SettleDue
from regwire.registry.server import RunningRegistry, serve_registry
from regwire.trio.epp import Client, ClientTls, LoginOptions, connect

KEY = keyrelay.KeyRelayData(secdns.SecDnsKeyData(256, 3, 8, b"key"))


LOGIN = "login-password"
ACCOUNTS = Accounts([Account(name, hash_password(LOGIN)) for name in (A, B)])


@pytest.fixture(scope="module")
def pki() -> Pki:
    return make_pki()


@dataclass
class Rig:
    """A running registry and how to reach it."""

    running: RunningRegistry
    clock: MovableClock
    tls: ClientTls

    def client(self, account: str, login: LoginOptions | None = None) -> Any:
        port = self.running.listeners[0]["port"]
        options = {} if login is None else {"login": login}
        return connect("127.0.0.1", port, client_id=account, password=LOGIN, tls=self.tls, **options)


@asynccontextmanager
async def serving(folder: Path, pki: Pki) -> AsyncIterator[Rig]:
    for name, octets in {"ca.pem": pki.ca, "s.pem": pki.server.certificate, "s.key": pki.server.key}.items():
        (folder / name).write_bytes(octets)
    config = Config(
        directory=folder,
        listen=ListenSettings(protocols=(), extra=(ExtraListener(protocol="epp", port=0),)),
        tls=TlsSettings(certificate=Path("s.pem"), key=Path("s.key"), client_ca=Path("ca.pem")),
    )
    clock = MovableClock(START)
    async with trio.open_nursery() as nursery:
        running = await nursery.start(partial(serve_registry, config, clock=clock, accounts=ACCOUNTS))
        tls = ClientTls(ca=pki.ca, certificate=pki.client.certificate, key=pki.client.key)
        yield Rig(running, clock, tls)
        nursery.cancel_scope.cancel()


def run(function: Any) -> None:
    async def main() -> None:
        with trio.fail_after(60):
            await function()

    trio.run(main)


def session(rig: Rig, *extensions: str) -> Any:
    """A session that chose domains only, and these extensions."""
    return rig.client(A, LoginOptions(objects=(d.DOMAIN.uri,), extensions=extensions))


async def operator(rig: Rig, request: Any) -> None:
    registry = rig.running.registry
    (outcome,) = await registry.submit([registry.call("-", request)])
    assert outcome.code < 2000, outcome


async def ask(client: Client, message: Any) -> Response:
    answer = await client.send(command(message))
    check_schema(answer)
    return answer


def moved(answer: Response) -> list[str]:
    """The namespaces of what travels in extValues; each says so (section 3)."""
    found = []
    for item in answer.results[0].values:
        uri = item.value.element.namespace
        assert item.reason.text == f"{uri} not in login services"  # type: ignore[union-attr]
        found.append(uri)
    return found


def in_place(answer: Response) -> list[str]:
    return [type(element).__ns__.uri for element in (*answer.res_data, *answer.extension)]


def test_6_every_kind_of_poll_message(tmp_path: Path, pki: Pki) -> None:
    async def main() -> None:
        async with serving(tmp_path, pki) as rig, rig.client(B) as b, rig.client(A) as rich:
            assert (await ask(rich, d.DomainCreate("a.example", auth_info=auth_info(PASSWORD)))).results[0].code == 1000
            await operator(rig, SetServerStatuses("domain", "a.example", (Status("serverHold"),)))
            begin = START + timedelta(days=900)
            plan = Maintenance("M1", (System("EPP"),), begin, begin + timedelta(days=1))
            await operator(rig, AddMaintenance(plan))
            relay = keyrelay.KeyRelayCreate("a.example", auth_info(PASSWORD), (KEY,))
            assert (await ask(b, relay)).results[0].code == 1000
            rig.clock.advance(timedelta(days=366))
            await operator(rig, SettleDue())
            expected = [
                [d.DOMAIN.uri, rgp.NAMESPACE.uri, change_poll.NAMESPACE.uri],
                [maintenance.NAMESPACE.uri],
                [keyrelay.NAMESPACE.uri],
                [d.DOMAIN.uri, rgp.NAMESPACE.uri, change_poll.NAMESPACE.uri],
            ]
            async with session(rig, unhandled.NAMESPACE.uri) as poor, session(rig) as silent:
                for uris in expected:
                    whole = await ask(rich, Poll("req"))
                    assert (in_place(whole), moved(whole)) == (uris, [])
                    answer = await ask(poor, Poll("req"))
                    assert in_place(answer) == [uri for uri in uris if uri == d.DOMAIN.uri]
                    assert moved(answer) == [uri for uri in uris if uri != d.DOMAIN.uri]
                    assert answer.msg_q == whole.msg_q
                    answer = await ask(silent, Poll("req"))
                    assert (in_place(answer), moved(answer)) == ([uri for uri in uris if uri == d.DOMAIN.uri], [])
                    assert whole.msg_q is not None
                    assert (await ask(poor, Poll("ack", whole.msg_q.id))).results[0].code == 1000
                assert (await ask(poor, Poll("req"))).results[0].code == 1300

    run(main)


def test_5_every_extension_of_an_info(tmp_path: Path, pki: Pki) -> None:
    async def main() -> None:
        async with serving(tmp_path, pki) as rig, rig.client(A) as rich:
            made = org.OrgCreate("res-1", (org.OrgRole("reseller"),))
            assert (await ask(rich, made)).results[0].code == 1000
            extensions = (
                secdns.SecDnsCreate(ds_data=(secdns.SecDnsDsData(1, 8, 2, bytes(range(32))),)),
                orgext.OrgExtCreate((orgext.OrgExtId("res-1", role="reseller"),)),
                ttl.TtlCreate((ttl.Ttl("3600", for_="NS"),)),
            )
            domain = d.DomainCreate("a.example", auth_info=auth_info(PASSWORD))
            assert (await rich.send(command(domain, extensions))).results[0].code == 1000
            info = d.DomainInfo(d.DomainInfoName("a.example"))
            uris = [rgp.NAMESPACE.uri, secdns.NAMESPACE.uri, orgext.NAMESPACE.uri]
            assert in_place(await ask(rich, info)) == [d.DOMAIN.uri, *uris]
            with_ttl = await rich.send(command(info, ttl.TtlInfo()))
            check_schema(with_ttl)
            assert ttl.TtlInfoData((ttl.TtlData("3600", for_="NS"),)) in with_ttl.extension
            async with session(rig, unhandled.NAMESPACE.uri) as poor, session(rig) as silent:
                answer = await ask(poor, info)
                assert (in_place(answer), moved(answer)) == ([d.DOMAIN.uri], uris)
                answer = await ask(silent, info)
                assert (in_place(answer), moved(answer)) == ([d.DOMAIN.uri], [])

    run(main)


def test_3_an_error_moves_nothing(tmp_path: Path, pki: Pki) -> None:
    async def main() -> None:
        async with serving(tmp_path, pki) as rig, session(rig, unhandled.NAMESPACE.uri) as poor:
            answer = await ask(poor, d.DomainInfo(d.DomainInfoName("a.example")))
            assert answer.results[0].code == 2303
            (item,) = answer.results[0].values
            assert item.reason.text == "no such domain"  # type: ignore[union-attr]

    run(main)
