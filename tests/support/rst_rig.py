"""A `regwire serve` fit for the registry tests: two registrars under test, a third with what they must not have."""

from __future__ import annotations

import contextlib
import functools
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import trio
from xml_schemas import SPEC

from regwire.blocking.epp import connect
from regwire.cli.init import create_registry
from regwire.cli.process import ServerProcess
from regwire.epp.messages.contact import Address, PostalInfo
from regwire.registry.config import Config, ExtraListener, ListenSettings, load_config, render
from regwire.testing.rst import CaseResult, Inputs, parse_inputs, run_cases
from regwire.trio.epp import ClientTls

RST = SPEC / "rst"
DATA = RST / "data"
XSD = SPEC / "xsd"
SECRET = "Zt7.wQ2_mK9-bN4.xL6_pR8-"
REGISTRARS = ("rst-01", "rst-02", "other")

needs_rows = pytest.mark.skipif(not DATA.is_dir(), reason="the published rows (../shared/spec/rst) are not here")


@dataclass(frozen=True)
class Rig:
    """A server, the inputs that describe it, and its folder."""

    inputs: Inputs
    folder: Path

    def run(self, id: str, *, data: Path | None = DATA, **overrides: object) -> CaseResult:
        """Run one case with the published rows and schemas."""
        inputs = self.inputs.overridden(**overrides)
        main = functools.partial(run_cases, inputs, [id], data=data, xsd=XSD, seed=1)
        (result,) = trio.run(main).cases
        return result


def passes(result: CaseResult) -> None:
    """Assert that a case found nothing, and say what it found with the frames."""
    told = [f"{f.code}: {f.step}: {f.detail}\n" + "\n".join(frame.text for frame in f.frames) for f in result.findings]
    assert not told, "\n".join(told)
    assert not result.reason, f"skipped: {result.reason}"
    assert result.steps


@contextlib.contextmanager
def serving(folder: Path, *, thick: bool, objects: bool, change: object = None) -> Iterator[Rig]:
    """Serve a registry of one model until the end of the block."""
    create_registry(
        folder, REGISTRARS, listen=ListenSettings(protocols=(), extra=(ExtraListener(protocol="epp", port=0),))
    )
    config = _config(load_config(folder), thick=thick, objects=objects)
    (folder / "registry.toml").write_text(render(config), encoding="utf-8")
    with ServerProcess(folder) as server:
        _fill(folder, server, thick=thick, objects=objects)
        yield Rig(_inputs(folder, server, config, thick=thick, objects=objects), folder)


def _config(config: Config, *, thick: bool, objects: bool) -> Config:
    policy = replace(
        config.policy,
        host_model="objects" if objects else "attributes",
        ds_interface="ds" if objects else "key",
        required_contacts=("registrant", "admin", "tech") if thick else (),
    )
    return replace(config, policy=policy)


def _fill(folder: Path, server: ServerProcess, *, thick: bool, objects: bool) -> None:
    """What the inputs say exists: objects of the third registrar."""
    pki = folder / "pki"
    with connect(
        server.address,
        server.port,
        client_id="other",
        password=_password(folder, "other"),
        tls=ClientTls(ca=pki / "ca.pem", certificate=pki / "other.pem", key=pki / "other.key"),
        server_name="localhost",
    ) as client:
        contacts = {}
        if thick:
            for id in ("taken-1", "taken-2"):
                postal = PostalInfo("int", "Ada Example", addr=Address(("1 Main St",), city="Delft", cc="NL"))
                client.create_contact(id, postal_infos=[postal], email="ada@mail.example", auth_info=SECRET)
            contacts = {"registrant": "taken-1", "contacts": {"admin": "taken-1", "tech": "taken-2"}}
        client.create_domain("taken.example", auth_info=SECRET, **contacts)
        if objects:
            client.create_host("ns1.taken.example", addrs=["198.51.100.1"])


def _password(folder: Path, account: str) -> str:
    return str(tomllib.loads((folder / "accounts.toml").read_text(encoding="utf-8"))[account]["password"])


def _inputs(folder: Path, server: ServerProcess, config: Config, *, thick: bool, objects: bool) -> Inputs:
    registered = (
        'registeredContacts = ["taken-1", "taken-2"]\nrequiredContactTypes = ["admin", "tech"]' if thick else ""
    )
    hosts = 'registeredNameservers = ["ns1.taken.example"]' if objects else ""
    text = f"""
[epp]
hostName = "localhost"
clid01 = "rst-01"
pwd01 = "{_password(folder, "rst-01")}"
clid02 = "rst-02"
pwd02 = "{_password(folder, "rst-02")}"
serverIssuedClientCertificate01 = "pki/rst-01.pem"
serverIssuedClientCertificate02 = "pki/rst-02.pem"
hostModel = "{"objects" if objects else "attributes"}"
secDNSInterfaces = "{"dsData" if objects else "keyData"}"
registeredNames = ["taken.example"]
{registered}
{hosts}
supportedContactPostalInfoTypes = "both"

[general]
registryDataModel = "{"maximum" if thick else "minimum"}"

[run]
addresses = ["{server.address}"]
port = {server.port}
ca = "pki/ca.pem"
clientKey01 = "pki/rst-01.key"
clientKey02 = "pki/rst-02.key"
repositoryIds = ["{config.registry.repository}"]
timeout = 10.0
statusTimeout = 2.0

[[tld]]
name = "example"
"""
    (folder / "rst.toml").write_text(text, encoding="utf-8")
    return parse_inputs(text, folder / "rst.toml")
