"""The registry's IRIS listeners and accounts, with a front of the test's own; what it answers is the fronts'."""

from __future__ import annotations

import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from iris_registry import LOGIN, configured, names, run, serving
from iris_world import handlers, lookup
from reactor_pki import Pki, make_pki
from registry_world import A, B

from regwire.errors import AuthorityNotServed, NameNotFound, SaslFailed
from regwire.iris.messages import dchk, dreg
from regwire.iris.messages.core import LookupEntity, Request, SearchSet
from regwire.registry.config import WELL_KNOWN_PORTS, Config, IrisSettings, ListenSettings
from regwire.registry.iris_credentials import RegistrarCredentials
from regwire.registry.iris_server import listeners_of
from regwire.registry.passwords import password_record
from regwire.trio.epp import connect as epp_connect
from regwire.trio.iris import ClientTls, CollectorPolicy, LwzListener, SaslClient, XpcListener, connect, raise_for


@pytest.fixture(scope="module")
def pki() -> Pki:
    return make_pki()


@pytest.fixture
def front(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("regwire.registry.fronts.iris")
    module.iris_handlers = lambda registry, config: handlers("example")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)


def test_what_epp_creates_iris_finds(tmp_path: Path, pki: Pki) -> None:
    async def main() -> None:
        config = configured(tmp_path, pki, "epp", "iris.xpc", "iris.lwz")
        async with serving(config) as running:
            ports = {one["protocol"]: one["port"] for one in running.listeners}
            own = ClientTls(ca=pki.ca, certificate=pki.client.certificate, key=pki.client.key)
            async with epp_connect("127.0.0.1", ports["epp"], client_id=A, password=LOGIN, tls=own) as epp:
                await epp.create_domain("found.example", auth_info="2fooBAR-2fooBAR-2fooBAR")
            for transport in ("xpc", "lwz"):
                async with connect("127.0.0.1", ports[f"iris.{transport}"], transport=transport) as client:  # type: ignore[arg-type]
                    response = await client.ask(lookup("found.example", "free.example"), authority="example")
                    (domain,) = raise_for(response.result_sets[0]).answer.results
                    assert isinstance(domain, dchk.Domain)
                    assert domain.domain_name == "found.example"
                    with pytest.raises(NameNotFound):
                        raise_for(response.result_sets[1])
                    whole = LookupEntity("dreg1", "domain-name", "FOUND.example")
                    response = await client.ask(Request(search_sets=(SearchSet(query=whole),)), authority="example")
                    (described,) = raise_for(response.result_sets[0]).answer.results
                    assert isinstance(described, dreg.Domain)
                    with pytest.raises(AuthorityNotServed):
                        await client.ask(lookup("found.example"), authority="example.org")

    run(main)


@pytest.mark.usefixtures("front")
def test_every_listener_is_told_and_answers(tmp_path: Path, pki: Pki) -> None:
    async def main() -> None:
        config = configured(tmp_path, pki, "epp", "iris.xpc", "iris.xpcs", "iris.lwz", "iris.beep")
        async with serving(config) as running:
            found = {one["protocol"]: one for one in running.listeners}
            assert list(found) == ["epp", "iris.xpc", "iris.xpcs", "iris.lwz", "iris.beep"]
            assert [one["tls"] for one in running.listeners] == [True, False, True, False, True]
            for transport in ("xpc", "xpcs", "lwz", "beep"):
                async with connect(
                    "127.0.0.1",
                    found[f"iris.{transport}"]["port"],
                    transport=transport,  # type: ignore[arg-type]
                    tls=ClientTls(ca=pki.ca) if transport == "xpcs" else None,
                    server_name="localhost",
                ) as client:
                    assert names(await client.ask(lookup("transport"), authority="example"))[0].startswith(transport)
            assert running.stats()["iris_requests"] == 4

    run(main)


def test_iris_alone(tmp_path: Path, pki: Pki) -> None:
    async def main() -> None:
        async with serving(configured(tmp_path, pki, "iris.xpc")) as running:
            assert running.epp is None
            (listener,) = running.listeners
            assert listener["protocol"] == "iris.xpc"
            # It sets the collector's policy: nobody else does.
            assert gc.get_threshold()[0] == CollectorPolicy().young
            assert "iris_gc_longest" in running.stats()

    run(main)


@pytest.mark.usefixtures("front")
def test_registrars_authenticate_as_over_epp(tmp_path: Path, pki: Pki) -> None:
    fingerprint = sha256(pki.client.der).hexdigest()

    async def main() -> None:
        config = configured(tmp_path, pki, "iris.xpc", "iris.xpcs")
        async with serving(config, certificates=(fingerprint,)) as running:
            ports = {one["protocol"]: one["port"] for one in running.listeners}

            @asynccontextmanager
            async def within_tls(sasl: SaslClient, *, shown: bool = False) -> AsyncIterator[Any]:
                own = {"certificate": pki.client.certificate, "key": pki.client.key} if shown else {}
                async with connect(
                    "127.0.0.1",
                    ports["iris.xpcs"],
                    transport="xpcs",
                    tls=ClientTls(ca=pki.ca, **own),
                    server_name="localhost",
                    sasl=sasl,
                ) as client:
                    yield client

            async with within_tls(SaslClient(user=A, password=LOGIN)) as client:
                assert names(await client.ask(lookup("me"), authority="example")) == [A]
            async with within_tls(SaslClient(), shown=True) as client:
                assert names(await client.ask(lookup("me"), authority="example")) == [B]
            # Who needs a certificate over EPP does not get in by a password alone here.
            for user, password in ((B, LOGIN), (A, "wrong"), ("nobody", LOGIN)):
                with pytest.raises(SaslFailed, match="refused by the server"):
                    async with within_tls(SaslClient(user=user, password=password)):
                        pass
            # In the clear there is no way.
            with pytest.raises(SaslFailed, match="no mechanism fits: the server offers none"):
                async with connect("127.0.0.1", ports["iris.xpc"], sasl=SaslClient(user=A, password=LOGIN)):
                    pass

    run(main)


@pytest.mark.usefixtures("front")
@pytest.mark.parametrize("transport", ["xpcs", "beep"])
def test_scram_is_offered_where_every_password_has_its_keys(tmp_path: Path, pki: Pki, transport: Any) -> None:
    """They are made where a password is set; B needs a certificate, and could not use a password alone."""
    fingerprint = sha256(pki.client.der).hexdigest()
    asked = {"transport": transport, "tls": ClientTls(ca=pki.ca), "server_name": "localhost"}

    async def main() -> None:
        config = configured(tmp_path, pki, f"iris.{transport}", "iris.xpc")
        async with serving(config, certificates=(fingerprint,), kept=partial(password_record, scram=True)) as running:
            ports = {one["protocol"]: one["port"] for one in running.listeners}
            port = ports[f"iris.{transport}"]
            only = SaslClient(user=A, password=LOGIN, mechanisms=("SCRAM-SHA-256",))
            async with connect("127.0.0.1", port, sasl=only, **asked) as client:
                assert client.identity == A
            for user, password in ((A, "wrong"), (B, LOGIN), ("nobody", LOGIN)):
                refused = SaslClient(user=user, password=password)
                with pytest.raises(SaslFailed, match="SCRAM-SHA-256"):
                    async with connect("127.0.0.1", port, sasl=refused, **asked):
                        pass
            # In the clear registrars do not authenticate by any mechanism.
            with pytest.raises(SaslFailed, match="the server offers none"):
                async with connect("127.0.0.1", ports["iris.xpc"], sasl=only):
                    pass

    run(main)


def test_scram_is_not_offered_while_a_password_has_no_keys(tmp_path: Path, pki: Pki) -> None:
    async def main() -> None:
        async with serving(configured(tmp_path, pki, "iris.xpc"), kept=partial(password_record, scram=True)) as running:
            assert RegistrarCredentials(running.registry.store).mechanisms() == ("EXTERNAL", "PLAIN")

    run(main)


def test_well_known_ports_are_offset() -> None:
    assert {name: port for name, port in WELL_KNOWN_PORTS.items() if name != "epp"} == {
        "iris.beep": 702,
        "iris.xpc": 713,
        "iris.xpcs": 714,
        "iris.lwz": 715,
    }
    listen = ListenSettings(protocols=("epp", "iris.xpc", "iris.lwz"), port_offset=20000, address="::1")
    found = list(listeners_of(Config(listen=listen), lambda: None))
    assert [type(one) for one in found] == [XpcListener, LwzListener]
    assert [(one.host, one.port) for one in found] == [("::1", 20713), ("::1", 20715)]  # type: ignore[attr-defined]


def test_udp_702_is_off_until_it_is_asked_for() -> None:
    listen = ListenSettings(protocols=("iris.lwz",))
    for wanted, ports in ((False, [10715]), (True, [10715, 10702])):
        config = Config(listen=listen, iris=IrisSettings(udp_702=wanted))
        assert [one.port for one in listeners_of(config, lambda: None)] == ports  # type: ignore[attr-defined]
