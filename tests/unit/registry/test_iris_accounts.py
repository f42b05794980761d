"""Sessions of IRIS whose accounts are suspended, and client certificates whose time is not now."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import trio
from iris_registry import LOGIN, configured, names, run, serving
from iris_world import lookup
from reactor_pki import Identity, Pki, make_pki
from registry_world import A, B

from regwire.errors import NotSent, OutcomeUnknown, TransferRefused
from regwire.registry.engine import Registry
from regwire.registry.model.registrars import AddRegistrar, ChangeCertificates, Registrar, SetRegistrarStatus
from regwire.registry.passwords import hash_password
from regwire.registry.rules.ledger import OPERATOR
from regwire.registry.server import RunningRegistry
from regwire.trio.beep import connect as beep_connect
from regwire.trio.iris import ClientTls, SaslClient, connect

ENDED = (NotSent, OutcomeUnknown, TransferRefused)
WATCHED = 10.0
"""Seconds within which a look at the accounts must have come: it comes twice a second."""


@pytest.fixture(scope="module")
def pki() -> Pki:
    return make_pki()


async def operator(registry: Registry, request: Any) -> None:
    (outcome,) = await registry.submit([registry.call(OPERATOR, request)])
    assert outcome.code < 2000, outcome


@asynccontextmanager
async def authenticated(
    running: RunningRegistry, pki: Pki, transport: str, sasl: SaslClient, shown: Identity | None = None
) -> AsyncIterator[Any]:
    port = next(one["port"] for one in running.listeners if one["protocol"] == f"iris.{transport}")
    own = {} if shown is None else {"certificate": shown.certificate, "key": shown.key}
    async with connect(
        "127.0.0.1",
        port,
        transport=transport,  # type: ignore[arg-type]
        tls=ClientTls(ca=pki.ca, **own),
        server_name="localhost",
        sasl=sasl,
    ) as client:
        yield client


async def until_ended(client: Any) -> str:
    """Ask until the session is over; what the client is told."""
    with trio.fail_after(WATCHED):
        while True:
            try:
                await client.ask(lookup("a.example"), authority="example")
            except ENDED as error:
                return str(error)
            await trio.sleep(0.02)


@pytest.mark.parametrize("transport", ["xpcs", "beep"])
def test_sessions_of_a_suspended_account_end_and_others_go_on(tmp_path: Path, pki: Pki, transport: str) -> None:
    """As those of EPP do; what the client is told says why."""
    by_password = SaslClient(user=A, password=LOGIN)

    async def main() -> None:
        async with serving(configured(tmp_path, pki, f"iris.{transport}")) as running:
            await operator(running.registry, AddRegistrar(Registrar("reg-z"), hash_password(LOGIN)))
            other = SaslClient(user="reg-z", password=LOGIN)
            async with (
                authenticated(running, pki, transport, by_password) as client,
                authenticated(running, pki, transport, other) as unharmed,
            ):
                assert running.iris is not None
                assert {name for name, _ in running.iris.identities()} == {A, "reg-z"}
                await operator(running.registry, SetRegistrarStatus(A, "suspended"))
                await until_ended(client)
                assert running.iris.identities() == {("reg-z", None)}
                assert names(await unharmed.ask(lookup("a.example"), authority="example")) == []

    run(main)


@pytest.mark.parametrize("transport", ["xpcs", "beep"])
def test_sessions_whose_certificate_is_taken_away_end(tmp_path: Path, pki: Pki, transport: str) -> None:
    print_ = sha256(pki.client.der).hexdigest()

    async def main() -> None:
        config = configured(tmp_path, pki, f"iris.{transport}")
        async with (
            serving(config, certificates=(print_,)) as running,
            authenticated(running, pki, transport, SaslClient(), pki.client) as client,
        ):
            assert running.iris is not None
            assert running.iris.identities() == {(B, print_)}
            await operator(running.registry, ChangeCertificates(B, add=("ab" * 32,), remove=(print_,)))
            await until_ended(client)
            assert not running.iris.identities()

    run(main)


def test_the_client_is_told_why_its_session_ended(tmp_path: Path, pki: Pki) -> None:
    """RFC 4992 section 6.4: a system-error, in a block that says that the session closes."""

    async def main() -> None:
        sasl = SaslClient(user=A, password=LOGIN)
        async with (
            serving(configured(tmp_path, pki, "iris.xpcs")) as running,
            authenticated(running, pki, "xpcs", sasl) as client,
        ):
            assert running.iris is not None
            assert running.iris.end_sessions({("nobody", None): "why"}) == 0
            assert running.iris.end_sessions({(A, None): "the account is suspended"}) == 1
            assert running.iris.end_sessions({(A, None): "the account is suspended"}) == 0
            assert "the account is suspended" in await until_ended(client)

    run(main)


def test_a_session_of_beep_that_declines_to_close_is_cut(tmp_path: Path, pki: Pki) -> None:
    """RFC 3080 section 2.3.1.3: a close may be declined; the identity is gone all the same, and so is the session."""

    async def main() -> None:
        async with serving(configured(tmp_path, pki, "iris.beep")) as running:
            (listener,) = running.listeners
            async with beep_connect(
                "127.0.0.1",
                listener["port"],
                tls=ClientTls(ca=pki.ca),
                server_name="localhost",
                sasl=SaslClient(user=A, password=LOGIN),
            ) as connection:
                assert running.iris is not None
                peer = connection._host.session.peer
                peer.agree = peer.refuse_close
                assert running.iris.end_sessions({(A, None): "the account is suspended"}) == 1
                with trio.fail_after(WATCHED):
                    while not connection.closed:
                        await trio.sleep(0.02)

    run(main)


# --- client certificates, asked for by a client that is not ours


def starts_tls(sock: Any) -> None:
    """RFC 3080 section 3.1, by hand."""
    content = b"<start number='1'><profile uri='http://iana.org/beep/TLS'><![CDATA[<ready />]]></profile></start>"
    greeting = b"Content-Type: application/beep+xml\r\n\r\n<greeting />"
    start = b"Content-Type: application/beep+xml\r\n\r\n" + content
    sock.sendall(b"RPY 0 0 . 0 %d\r\n%sEND\r\n" % (len(greeting), greeting))
    sock.sendall(b"MSG 0 1 . %d %d\r\n%sEND\r\n" % (len(greeting), len(start), start))
    seen = b""
    while b"proceed" not in seen or not seen.endswith(b"END\r\n"):
        data = sock.recv(4096)
        assert data, seen
        seen += data


def speak(port: int, pki: Pki, folder: Path, shown: Identity, *, before: Callable[[Any], None] | None) -> bytes:
    """The first octet that the server says within TLS to who shows this certificate; b"" for none."""
    (folder / "own.pem").write_bytes(shown.certificate + shown.key)
    context = ssl.create_default_context(cadata=pki.ca.decode())
    context.load_cert_chain(folder / "own.pem")
    with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
        if before is not None:
            before(sock)
        try:
            with context.wrap_socket(sock, server_hostname="localhost") as within:
                return within.recv(1)
        except (ssl.SSLError, ConnectionError):
            return b""


@pytest.mark.parametrize("protocol", ["epp", "iris.xpcs", "iris.beep"])
def test_client_certificates_are_taken_within_their_time_only(tmp_path: Path, pki: Pki, protocol: str) -> None:
    """RFC 5280 section 6.1.3: on every listener that takes client certificates, whether it demands them or not."""
    before = starts_tls if protocol == "iris.beep" else None

    async def main() -> None:
        async with serving(configured(tmp_path, pki, protocol)) as running:
            (listener,) = running.listeners
            told = {}
            for name in ("client", "expired", "early", "stranger"):
                ask = partial(speak, listener["port"], pki, tmp_path, getattr(pki, name), before=before)
                told[name] = await trio.to_thread.run_sync(ask)
            assert told.pop("client") != b""
            assert told == {"expired": b"", "early": b"", "stranger": b""}

    run(main)
