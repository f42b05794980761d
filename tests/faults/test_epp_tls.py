"""EPP over TLS on a port: certificates on both sides, logins pinned to them, connections cut."""

from __future__ import annotations

import hashlib
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from reactor_pki import make_pki
from regwire_native import ClientTls, ServerTls
from trio.testing import trio_test

from regwire import epp
from regwire.errors import AuthenticationError, CertificateRefused, ConnectFailed, OutcomeUnknown
from regwire.testing import FakeRegistry
from regwire.trio.epp import Account, Accounts, Listener, Pool, connect, serve

PKI = make_pki()
FINGERPRINT = hashlib.sha256(PKI.client.der).hexdigest()
WITH = ClientTls(ca=PKI.ca, certificate=PKI.client.certificate, key=PKI.client.key)
WITHOUT = ClientTls(ca=PKI.ca)


@asynccontextmanager
async def server(*, require: bool = False, certificates: frozenset[str] = frozenset()) -> Any:
    tls = ServerTls(
        certificate=PKI.server.certificate, key=PKI.server.key, client_ca=PKI.ca, require_certificate=require
    )
    accounts = Accounts([Account("reg-a", "secret1", certificates=certificates)])
    registry = FakeRegistry()

    async with trio.open_nursery() as nursery:

        async def run(task_status: Any) -> None:
            await serve(
                registry.handlers(),
                listeners=[Listener(port=0, tls=tls)],
                accounts=accounts,
                collector=None,
                task_status=task_status,
            )

        yield await nursery.start(run), registry
        nursery.cancel_scope.cancel()


def client(found: Any, tls: Any = WITH, **options: Any) -> connect:
    base: dict[str, Any] = {"client_id": "reg-a", "password": "secret1", "tls": tls}
    return connect("127.0.0.1", found.listeners[0].port, **(base | options))


@trio_test
async def test_a_command_over_tls() -> None:
    async with server(certificates=frozenset({FINGERPRINT.upper()})) as (found, _), client(found) as c:
        assert (await c.check_domain("a.example")).items[0].name.avail
        assert c.peer.tls_version == "TLSv1.3"
        assert found.listeners[0].tls


@trio_test
async def test_without_a_certificate_there_is_a_greeting_and_login_is_2200() -> None:
    async with server() as (found, _):
        async with client(found, WITHOUT, client_id=None) as c:
            assert (await c.hello()).sv_id == "regwire"
        with pytest.raises(AuthenticationError):
            async with client(found, WITHOUT):
                pass


@trio_test
async def test_a_certificate_that_is_not_the_accounts_is_2200() -> None:
    async with server(certificates=frozenset({"ab" * 32})) as (found, _):
        with pytest.raises(AuthenticationError):
            async with client(found):
                pass


@trio_test
async def test_a_required_certificate_ends_the_handshake() -> None:
    async with server(require=True) as (found, _):
        with pytest.raises((CertificateRefused, ConnectFailed)):
            async with client(found, WITHOUT):
                pass


@trio_test
async def test_a_certificate_of_another_authority_ends_the_handshake() -> None:
    stranger = ClientTls(ca=PKI.ca, certificate=PKI.stranger.certificate, key=PKI.stranger.key)
    async with server() as (found, _):
        with pytest.raises(ConnectFailed):
            async with client(found, stranger):
                pass


@trio_test
async def test_the_servers_name_is_verified() -> None:
    async with server() as (found, _):
        with pytest.raises(CertificateRefused):
            async with client(found, server_name="epp.example.org"):
                pass


@trio_test
async def test_a_server_of_unknown_authority_is_refused_by_client_and_pool() -> None:
    roots = ClientTls()
    async with server() as (found, _):
        with pytest.raises(CertificateRefused):
            async with client(found, roots):
                pass
        with pytest.raises(CertificateRefused):
            async with Pool(
                "127.0.0.1", found.listeners[0].port, client_id="reg-a", password="secret1", tls=roots, size=1
            ):
                pass


@trio_test
async def test_plain_octets_on_a_tls_port_harm_nobody_and_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "regwire.epp.server")
    async with server() as (found, _), client(found) as c:
        async with await trio.open_tcp_stream("127.0.0.1", found.listeners[0].port) as raw:
            await raw.send_all(b"\x00\x00\x00\x10<epp/>" * 100)
            try:
                while await raw.receive_some():
                    pass
            except trio.BrokenResourceError:
                pass
        assert (await c.check_domain("a.example")).items[0].name.avail
        assert found.stats()["never_opened"] == 1
    (record,) = [r for r in caplog.records if r.message.startswith("no session")]
    assert record.reason == "tls"  # type: ignore[attr-defined]
    assert "127.0.0.1" in record.peer  # type: ignore[attr-defined]


@trio_test
async def test_tls_cut_without_close_notify() -> None:
    async with server() as (found, registry):
        stream = await trio.open_tcp_stream("127.0.0.1", found.listeners[0].port)
        async with connect("127.0.0.1", client_id="reg-a", password="secret1", tls=WITH, stream=_Through(stream)) as c:
            await c.check_domain("a.example")
            c._line._stream.cut = True  # type: ignore[attr-defined]
            with pytest.raises(OutcomeUnknown) as caught:
                await c.create_domain("cut.example", auth_info="x")
        assert caught.value.query.op.object == epp.DomainInfo(epp.DomainInfoName("cut.example"))
        with trio.fail_after(60):
            while "cut.example" not in registry.domains:
                await trio.sleep(0.01)


class _Through(trio.abc.Stream):
    """A TCP stream that loses everything it receives, and the connection, once `cut` is set."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self.cut = False

    async def send_all(self, data: Any) -> None:
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        data = await self._stream.receive_some(max_bytes)
        return b"" if self.cut else bytes(data)

    async def aclose(self) -> None:
        await self._stream.aclose()


@trio_test
async def test_the_network_on_a_thread_of_its_own() -> None:
    tls = ServerTls(certificate=PKI.server.certificate, key=PKI.server.key, client_ca=PKI.ca)
    async with trio.open_nursery() as nursery:

        async def run(task_status: Any) -> None:
            await serve(
                FakeRegistry().handlers(),
                listeners=[Listener(port=0, tls=tls)],
                accounts=Accounts([Account("reg-a", "secret1")]),
                collector=None,
                thread=True,
                task_status=task_status,
            )

        found = await nursery.start(run)
        async with client(found) as c:
            assert (await c.check_domain("a.example")).items[0].name.avail
        nursery.cancel_scope.cancel()
