"""The whole registry over TLS: configuration to listeners, logins, commands, drain, faults."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import trio
from reactor_pki import Pki, make_pki
from registry_world import PASSWORD, START, A, B

from regwire.epp import auth_info, command, requests
from regwire.epp.ext.fee import NAMESPACE as FEE
from regwire.epp.ext.org import OrgInfo
from regwire.epp.messages.contact import CONTACT
from regwire.epp.messages.core import Poll
from regwire.epp.messages.domain import (
    DOMAIN,
    DomainAddRem,
    DomainCreate,
    DomainInfo,
    DomainInfoData,
    DomainInfoName,
    DomainTransfer,
    DomainUpdate,
    HostAttribute,
    NameServers,
    Period,
)
from regwire.epp.messages.host import HOST, HostAddress, HostCheck
from regwire.errors import AuthenticationError, AuthorizationError, ConfigError, ConnectFailed, RegwireError
from regwire.registry import server
from regwire.registry.accounts import Account, Accounts, hash_password, taking
from regwire.registry.clock import MovableClock
from regwire.registry.config import (
    AccountSettings,
    Config,
    EppSettings,
    ExtraListener,
    LimitSettings,
    ListenSettings,
    PolicySettings,
    StoreSettings,
    TlsSettings,
)
from regwire.registry.model.registrars import ChangeCertificates, SetRegistrarStatus
from regwire.registry.server import RunningRegistry, serve_registry
from regwire.registry.store.base import StoreError
from regwire.registry.store.sqlite import SqliteStore
from regwire.trio.epp import Client, ClientTls, LoginOptions, connect

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

    @asynccontextmanager
    async def client(self, account: str, password: str = LOGIN) -> AsyncIterator[Client]:
        port = self.running.listeners[0]["port"]
        async with connect("127.0.0.1", port, client_id=account, password=password, tls=self.tls) as client:
            yield client


def configured(folder: Path, pki: Pki, **more: Any) -> Config:
    files = {"ca.pem": pki.ca, "s.pem": pki.server.certificate, "s.key": pki.server.key}
    for name, octets in files.items():
        (folder / name).write_bytes(octets)
    return Config(
        directory=folder,
        **{
            "listen": ListenSettings(protocols=(), extra=(ExtraListener(protocol="epp", port=0),)),
            "tls": TlsSettings(certificate=Path("s.pem"), key=Path("s.key"), client_ca=Path("ca.pem")),
            **more,
        },
    )


@asynccontextmanager
async def serving(config: Config, pki: Pki, accounts: Accounts | None = ACCOUNTS) -> AsyncIterator[Rig]:
    clock = MovableClock(START)
    async with trio.open_nursery() as nursery:
        serve = partial(serve_registry, config, clock=clock, accounts=accounts)
        running = await nursery.start(serve)
        tls = ClientTls(ca=pki.ca, certificate=pki.client.certificate, key=pki.client.key)
        yield Rig(running, clock, tls)
        nursery.cancel_scope.cancel()


def run(function: Any) -> None:
    async def main() -> None:
        with trio.fail_after(60):
            await function()

    trio.run(main)


def create(name: str) -> Any:
    return command(DomainCreate(name, auth_info=auth_info(PASSWORD)))


def test_two_registrars_transfer_a_domain_over_tls(tmp_path: Path, pki: Pki) -> None:
    async def main() -> None:
        async with serving(configured(tmp_path, pki), pki) as rig, rig.client(A) as a, rig.client(B) as b:
            assert a.greeting is not None
            assert a.greeting.sv_date == START
            assert FEE.uri not in a.greeting.svc_menu.ext_uri
            assert (await a.send(create("a.example"))).results[0].code == 1000
            asked = command(DomainTransfer("a.example", Period(1, "y"), auth_info(PASSWORD)), op="request")
            assert (await b.send(asked)).results[0].code == 1001
            assert (await a.send(command(DomainTransfer("a.example"), op="approve"))).results[0].code == 1000
            for client in (a, b):
                polled = await client.send(command(Poll("req")))
                assert polled.results[0].code == 1301
                assert polled.msg_q is not None
                assert polled.msg_q.count == 2
        with sqlite3.connect(tmp_path / "registry.sqlite") as connection:
            assert connection.execute("SELECT sponsor FROM domain").fetchall() == [(B,)]
        connection.close()

    run(main)


def test_rfc_5731_1_1_a_registry_of_host_attributes_without_contacts(tmp_path: Path, pki: Pki) -> None:
    """Objects that no zone uses are neither announced nor understood; name servers by value come back as they went."""

    async def main() -> None:
        policy = PolicySettings(host_model="attributes", data_model="minimum")
        async with serving(configured(tmp_path, pki, policy=policy), pki) as rig, rig.client(A) as a:
            assert a.greeting is not None
            assert DOMAIN.uri in a.greeting.svc_menu.obj_uri
            assert not {HOST.uri, CONTACT.uri} & set(a.greeting.svc_menu.obj_uri)
            inside = HostAttribute("ns1.a.example", (HostAddress("192.0.2.1"), HostAddress("2001:db8::1", "v6")))
            servers = NameServers(host_attrs=(inside, HostAttribute("ns1.other.net")))
            made = DomainCreate("a.example", ns=servers, auth_info=auth_info(PASSWORD))
            assert (await a.send(command(made))).results[0].code == 1000
            (shown,) = (await a.send(command(DomainInfo(DomainInfoName("a.example"))))).res_data
            assert isinstance(shown, DomainInfoData)
            assert shown.ns == servers
            assert [status.s for status in shown.statuses] == ["ok"]
            assert (await a.send(command(HostCheck(("ns1.other.net",))))).results[0].code == 2307
            bare = NameServers(host_objs=("ns1.other.net",))
            refused = await a.send(command(DomainUpdate("a.example", add=DomainAddRem(ns=bare))))
            assert refused.results[0].code == 2306

    run(main)


def test_pipelined_commands_are_answered_in_order_and_share_commits(tmp_path: Path, pki: Pki) -> None:
    async def main() -> None:
        async with serving(configured(tmp_path, pki), pki) as rig:
            codes: dict[str, int] = {}

            async def one(client: Client, name: str) -> None:
                codes[name] = (await client.send(create(name))).results[0].code

            async with rig.client(A) as a, rig.client(B) as b, trio.open_nursery() as nursery:
                for i in range(100):
                    nursery.start_soon(one, a, f"a{i}.example")
                    nursery.start_soon(one, b, f"b{i}.example")
            assert set(codes.values()) == {1000}
            assert len(codes) == 200
            stats = rig.running.stats()
            assert stats["commands"] >= 200
            assert stats["store_groups"] < 200

    run(main)


def test_a_wrong_password_and_an_unknown_account_are_2200(tmp_path: Path, pki: Pki) -> None:
    async def main() -> None:
        config = configured(tmp_path, pki, store=StoreSettings(kind="memory"))
        async with serving(config, pki) as rig:
            for account, password in ((A, "wrong-password"), ("reg-x", LOGIN)):
                with pytest.raises(AuthenticationError):
                    async with rig.client(account, password):
                        pass

    run(main)


def test_sessions_above_the_accounts_limit_are_refused(tmp_path: Path, pki: Pki) -> None:
    async def main() -> None:
        limits = LimitSettings(sessions_per_account=1)
        config = configured(tmp_path, pki, limits=limits, store=StoreSettings(kind="memory"))
        async with serving(config, pki) as rig, rig.client(A):
            with pytest.raises(Exception, match="2502"):
                async with rig.client(A):
                    pass
            async with rig.client(B):
                pass

    run(main)


def test_a_full_disk_is_2400_and_the_session_goes_on(
    tmp_path: Path, pki: Pki, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with serving(configured(tmp_path, pki), pki) as rig, rig.client(A) as client:
            assert (await client.send(create("a.example"))).results[0].code == 1000
            store = rig.running.registry.store
            assert isinstance(store, SqliteStore)
            (pages,) = store._writer.execute("PRAGMA page_count").fetchone()
            store._writer.execute(f"PRAGMA max_page_count = {pages}")
            codes = [(await client.send(create(f"b{i}.example"))).results[0].code for i in range(200)]
            assert codes[-1] == 2400
            first = codes.index(2400)
            # Every name that was acknowledged is there, no other is.
            answer = await client.check_domain(*[f"b{i}.example" for i in range(max(0, first - 5), first + 5)])
            for item in answer.items:
                number = int(item.name.name[1:].partition(".")[0])
                assert item.name.avail == (codes[number] == 2400)

    with caplog.at_level(logging.CRITICAL):
        run(main)


def test_commands_beyond_the_queue_wait_and_are_all_answered(tmp_path: Path, pki: Pki) -> None:
    async def main() -> None:
        limits = LimitSettings(write_queue=2, group=1)
        config = configured(tmp_path, pki, limits=limits, epp=EppSettings(in_flight=4))
        async with serving(config, pki) as rig:
            codes: list[int] = []

            async def one(client: Client, name: str) -> None:
                codes.append((await client.send(create(name))).results[0].code)

            async with rig.client(A) as a, rig.client(B) as b, trio.open_nursery() as nursery:
                for i in range(50):
                    nursery.start_soon(one, a, f"a{i}.example")
                    nursery.start_soon(one, b, f"b{i}.example")
            assert codes == [1000] * 100
            assert rig.running.stats()["store_waiting"] == 0

    run(main)


def test_what_was_acknowledged_before_a_restart_is_there_after_it(tmp_path: Path, pki: Pki) -> None:
    async def main() -> None:
        config = configured(tmp_path, pki)
        async with serving(config, pki) as rig, rig.client(A) as client:
            assert (await client.send(create("a.example"))).results[0].code == 1000
        async with serving(config, pki) as rig, rig.client(B) as client:
            assert (await client.send(create("a.example"))).results[0].code == 2302

    run(main)


# --- what cannot start


def refused(config: Config) -> Exception:
    with pytest.raises((ConfigError, StoreError)) as caught:
        run(partial(serve_registry, config, accounts=ACCOUNTS))
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_missing_certificate_names_the_setting_and_the_cure(tmp_path: Path, pki: Pki) -> None:
    config = configured(tmp_path, pki)
    (tmp_path / "s.key").unlink()
    assert "tls.key" in str(refused(config))
    assert "regwire init" in str(refused(config))
    (tmp_path / "registry.toml").write_text('[registry]\n\n[tls]\nkey = "s.key"\n')
    assert str(refused(config)).startswith(f"{tmp_path / 'registry.toml'}:4: tls.key: ")


def test_a_key_that_does_not_fit_is_refused(tmp_path: Path, pki: Pki) -> None:
    config = configured(tmp_path, pki)
    (tmp_path / "s.key").write_bytes(pki.client.key)
    assert "tls" in str(refused(config))


def test_an_address_in_use_is_refused_and_the_store_closed(tmp_path: Path, pki: Pki) -> None:
    async def main() -> None:
        async with serving(configured(tmp_path, pki), pki) as rig:
            port = rig.running.listeners[0]["port"]
            other = tmp_path / "other"
            other.mkdir()
            listen = ListenSettings(protocols=(), extra=(ExtraListener(protocol="epp", port=port),))
            config = replace(configured(other, pki), listen=listen)
            with pytest.raises(ConfigError, match=str(port)):
                await serve_registry(config, accounts=ACCOUNTS)
            # Closed, the write-ahead log is merged and gone.
            assert not (other / "registry.sqlite-wal").exists()

    run(main)


def test_a_newer_database_is_refused(tmp_path: Path, pki: Pki) -> None:
    async def main() -> None:
        async with serving(configured(tmp_path, pki), pki):
            pass

    run(main)
    with sqlite3.connect(tmp_path / "registry.sqlite") as connection:
        connection.execute("INSERT INTO schema_version VALUES (99, 0)")
    connection.close()
    assert "upgrade regwire" in str(refused(configured(tmp_path, pki)))


def test_a_client_without_a_certificate_gets_no_further_than_the_login(tmp_path: Path, pki: Pki) -> None:
    async def main() -> None:
        config = configured(tmp_path, pki, store=StoreSettings(kind="memory"))
        async with serving(config, pki) as rig:
            port = rig.running.listeners[0]["port"]
            with pytest.raises(AuthenticationError):
                async with connect("127.0.0.1", port, client_id=A, password=LOGIN, tls=ClientTls(ca=pki.ca)):
                    pass
            stranger = ClientTls(ca=pki.ca, certificate=pki.stranger.certificate, key=pki.stranger.key)
            with pytest.raises(ConnectFailed):
                async with connect("127.0.0.1", port, client_id=A, password=LOGIN, tls=stranger):
                    pass

    run(main)


def test_logins_and_what_a_session_refuses_are_audited(tmp_path: Path, pki: Pki) -> None:
    async def main() -> None:
        config = configured(tmp_path, pki, store=StoreSettings(kind="memory"))
        async with serving(config, pki) as rig:
            with pytest.raises(AuthenticationError):
                async with rig.client(A, "wrong-password"):
                    pass
            async with rig.client(A) as client:
                # Of an object that nobody announced: refused before any handler.
                await client.send(command(OrgInfo("org-1")))
            registry = rig.running.registry
            await registry.submit([])
            with registry.store.snapshot() as snapshot:
                found = [(row.account, row.origin.command, row.code) for row in snapshot.audit()]
                frames = [row.origin.frame for row in snapshot.audit() if row.origin.command == "login"]
        assert found[:2] == [(A, "login", 2200), (A, "login", 1000)]
        assert found[2][2] in {2000, 2001, 2307}
        assert found[-1] == (A, "logout", 1500)
        assert all(frame is not None and "***" in frame for frame in frames)
        assert "wrong-password" not in str(frames)


# --- accounts of the store


async def operate(rig: Rig, request: Any) -> None:
    registry = rig.running.registry
    (outcome,) = await registry.submit([registry.call("-", request)])
    assert outcome.code < 2000, outcome


def test_sessions_of_an_account_that_is_suspended_end_with_their_next_command(tmp_path: Path, pki: Pki) -> None:
    async def main() -> None:
        async with serving(configured(tmp_path, pki), pki) as rig, rig.client(B) as other:
            number = 0
            async with rig.client(A) as client:
                assert (await client.send(create("a.example"))).results[0].code == 1000
                await operate(rig, SetRegistrarStatus(A, "suspended"))
                code = 1000
                while code == 1000:
                    number += 1
                    code = (await client.send(create(f"a{number}.example"))).results[0].code
                    await trio.sleep(0.05)
                assert code == 2500
                with pytest.raises(RegwireError):
                    await client.send(create("last.example"))
            with pytest.raises(AuthorizationError):
                async with rig.client(A):
                    pass
            assert (await other.send(create("b.example"))).results[0].code == 1000
            await operate(rig, SetRegistrarStatus(A, "active"))
            async with rig.client(A) as client:
                assert (await client.send(create(f"a{number}.example"))).results[0].code == 1000

    run(main)


def test_changes_of_the_accounts_file_are_taken_over_while_the_server_runs(tmp_path: Path, pki: Pki) -> None:
    file = tmp_path / "accounts.toml"

    def write(text: str) -> None:
        file.touch(mode=0o600)
        file.write_text(text)

    async def until(code: int, client: Client) -> None:
        while (await client.send(requests.poll())).results[0].code != code:
            await trio.sleep(0.05)

    async def main() -> None:
        config = configured(tmp_path, pki, accounts=AccountSettings(watch=0.05))
        both = f'[{A}]\npassword = "{LOGIN}"\n[{B}]\npassword = "{LOGIN}"\n'
        write(both)
        async with serving(config, pki, None) as rig, rig.client(A) as client:
            # A file that is wrong changes nothing.
            write(both + "[x]\n")
            await trio.sleep(0.2)
            assert (await client.send(requests.poll())).results[0].code == 1300
            write(both.replace(f"[{A}]\n", f"[{A}]\nactive = false\n").replace(f"[{B}]", "[reg-c]"))
            await until(2500, client)
            with pytest.raises(AuthorizationError):
                async with rig.client(A):
                    pass
            for account in (B, "reg-c"):
                async with rig.client(account) as other:
                    assert (await other.send(requests.poll())).results[0].code == 1300

    run(main)


def test_an_accounts_file_that_could_not_be_taken_over_is_tried_again(
    tmp_path: Path, pki: Pki, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "accounts.toml"
    failures = [OSError("Too many open files"), StoreError("storage is full")]

    def failing(*arguments: Any, **more: Any) -> Any:
        if failures:
            raise failures.pop()
        return taking(*arguments, **more)

    async def main() -> None:
        config = configured(tmp_path, pki, accounts=AccountSettings(watch=0.05))
        file.touch(mode=0o600)
        file.write_text(f'[{A}]\npassword = "{LOGIN}"\n')
        async with serving(config, pki, None) as rig, rig.client(A) as client:
            monkeypatch.setattr(server, "taking", failing)
            file.write_text(f'[{A}]\npassword = "{LOGIN}"\nactive = false\n')
            while (await client.send(requests.poll())).results[0].code != 2500:
                await trio.sleep(0.05)

    with caplog.at_level(logging.ERROR):
        run(main)
    assert caplog.text.count("could not be taken over; trying again in 0.05 s") == 2


def test_a_password_changes_with_the_login_and_is_there_after_a_restart(tmp_path: Path, pki: Pki) -> None:
    async def main() -> None:
        config = configured(tmp_path, pki)
        async with serving(config, pki) as rig:
            port = rig.running.listeners[0]["port"]
            login = LoginOptions(new_password="a much longer pass phrase")
            async with connect("127.0.0.1", port, client_id=A, password=LOGIN, tls=rig.tls, login=login) as client:
                assert (await client.send(create("a.example"))).results[0].code == 1000
        async with serving(config, pki) as rig:
            with pytest.raises(AuthenticationError):
                async with rig.client(A):
                    pass
            async with rig.client(A, "a much longer pass phrase"):
                pass

    run(main)


def test_a_refused_new_password_is_told_by_login_security(tmp_path: Path, pki: Pki) -> None:
    async def main() -> None:
        accounts = AccountSettings(password_classes=4, weak_tls=("TLSv1.2", "TLSv1.3"))
        config = configured(tmp_path, pki, store=StoreSettings(kind="memory"), accounts=accounts)
        async with serving(config, pki) as rig:
            port = rig.running.listeners[0]["port"]
            for services, told in ((None, ["tlsProtocol", "newPW"]), ((), [])):
                login = LoginOptions(new_password="simple-one", extensions=services)
                with pytest.raises(AuthenticationError) as caught:
                    async with connect("127.0.0.1", port, client_id=A, password=LOGIN, tls=rig.tls, login=login):
                        pass
                # Only who chose loginSec gets its elements; the text says why to both.
                found = [event.type for element in caught.value.response.extension for event in element.events]
                assert found == told
                assert "fewer than 4" in caught.value.message
            async with rig.client(A):
                pass

    run(main)


def test_a_certificate_is_rotated_while_the_server_runs(tmp_path: Path, pki: Pki) -> None:
    async def main() -> None:
        mine = sha256(pki.client.der).hexdigest()
        async with serving(configured(tmp_path, pki), pki) as rig:
            await operate(rig, ChangeCertificates(A, ("ab" * 32,)))
            with pytest.raises(AuthenticationError):
                async with rig.client(A):
                    pass
            await operate(rig, ChangeCertificates(A, (mine,)))
            await operate(rig, ChangeCertificates(A, remove=("ab" * 32,)))
            async with rig.client(A):
                pass

    run(main)
