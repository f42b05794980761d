"""A `regwire serve` fit for the registry tests: two registrars under test, a third with what they must not have."""

from __future__ import annotations

import contextlib
import functools
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
import trio
from xml_schemas import SPEC

from regwire.blocking.epp import connect
from regwire.cli.init import create_registry
from regwire.cli.process import ServerProcess
from regwire.epp.messages.contact import Address, PostalInfo
from regwire.registry.config import Config, ExtraListener, ListenSettings, load_config, render
from regwire.registry.rules.features.idn import IdnSettings
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

    def run(self, id: str, *, data: Path | None = DATA, seed: int = 1, **overrides: object) -> CaseResult:
        """Run one case with the published rows and schemas."""
        inputs = self.inputs.overridden(**overrides)
        main = functools.partial(run_cases, inputs, [id], data=data, xsd=XSD, seed=seed)
        (result,) = trio.run(main).cases
        return result


def passes(result: CaseResult) -> None:
    """Assert that a case found nothing, and say what it found with the frames."""
    told = [f"{f.code}: {f.step}: {f.detail}\n" + "\n".join(frame.text for frame in f.frames) for f in result.findings]
    assert not told, "\n".join(told)
    assert not result.crash, result.crash
    assert not result.reason, f"skipped: {result.reason}"
    assert result.steps


@dataclass(frozen=True)
class Model:
    """What kind of registry it is."""

    data: str = "maximum"
    objects: bool = True
    sunrise: str = "start-date"

    @property
    def thick(self) -> bool:
        """Whether there are contacts."""
        return self.data != "minimum"


@contextlib.contextmanager
def serving(folder: Path, model: Model) -> Iterator[Rig]:
    """Serve a registry of one model until the end of the block."""
    listen = ListenSettings(protocols=(), extra=(ExtraListener(protocol="epp", port=0),))
    create_registry(folder, REGISTRARS, listen=listen)
    config = _config(load_config(folder), model)
    text = render(config) + (_launch(folder, model) if HAS_LAUNCH else "")
    (folder / "registry.toml").write_text(text, encoding="utf-8")
    with ServerProcess(folder) as server:
        _fill(folder, server, model)
        yield Rig(_inputs(folder, server, config, model), folder)


CLAIMED = {"rst-claimed-one": "2026010100/1/a/b/one", "rst-claimed-two": "2026010100/1/a/b/two"}
#: What the registry's launch phases need to be there for.
HAS_LAUNCH = all(find_spec(name) for name in ("signxml", "regwire.registry.launch")) and bool(
    find_spec("regwire.registry.launch.settings")
)


def _launch(folder: Path, model: Model) -> str:
    """Settings of zones that are always in sunrise and always in claims, with a clearinghouse of our own."""
    from clearinghouse import Authority, Clearinghouse, write_labels, write_pem, write_revoked

    now = datetime.now(UTC)
    authority = Authority(now=now)
    signer, revoked = Clearinghouse(authority), Clearinghouse(authority, "revoked signer")
    write_pem(folder / "tmch.pem", authority.certificate)
    write_pem(folder / "tmch-crl.pem", authority.crl(revoked.certificate))
    write_labels(folder / "dnl.csv", CLAIMED, now)
    gone = "0000000000000000000002-65535"
    write_revoked(folder / "revoked.csv", [gone], now)
    (folder / "valid.smd").write_bytes(signer.signed("rst-mark-one", "rst-mark-two"))
    (folder / "expired.smd").write_bytes(signer.signed("rst-expired", end=timedelta(days=-1)))
    (folder / "revoked.smd").write_bytes(signer.signed("rst-revoked", id=gone))
    (folder / "revoked-signer.smd").write_bytes(revoked.signed("rst-old"))
    modes = {"sunrise": "application" if model.sunrise == "end-date" else "registration", "claims": "registration"}
    return "".join(LAUNCH.format(zone=f"{phase}.test", phase=phase, mode=mode) for phase, mode in modes.items())


LAUNCH_ZONES = ("sunrise.test", "claims.test")
LAUNCH = """
[[zone."{zone}".launch.phases]]
phase = "{phase}"
mode = "{mode}"
[[zone."{zone}".launch.validators]]
trust = ["tmch.pem"]
crls = ["tmch-crl.pem"]
revoked = "revoked.csv"
labels = "dnl.csv"
"""

RIGHTS = """
[minimumRPMS]
sunriseModel = "{sunrise}"
sunriseTLD = "sunrise.test"
claimsTLD = "claims.test"

[tmch]
dnl = "dnl.csv"
validSMDs = ["valid.smd"]
invalidSMDs = ["expired.smd"]
revokedSMDs = ["revoked.smd"]
revokedCertificateSMDs = ["revoked-signer.smd"]
"""


def _config(config: Config, model: Model) -> Config:
    policy = replace(
        config.policy,
        host_model="objects" if model.objects else "attributes",
        ds_interface="ds" if model.objects else "key",
        data_model=model.data,
        minimum_registrars=("rst-02",) if model.data == "per-registrar" else (),
        required_contacts=("admin", "tech") if model.thick else (),
    )
    zones = ("example", "only.test", *(LAUNCH_ZONES if HAS_LAUNCH else ()))
    registry = replace(config.registry, zones=zones)
    only = {"idn": IdnSettings(tables=("cyrillic",), only=True)}
    return replace(
        config,
        policy=policy,
        registry=registry,
        features={"idn": IdnSettings(tables=("latin",))},
        zone_features={"only.test": only},
    )


def _fill(folder: Path, server: ServerProcess, model: Model) -> None:
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
        if not model.thick:
            client.create_domain("taken.example", auth_info=SECRET)
        else:
            for id in ("taken-1", "taken-2"):
                postal = PostalInfo("int", "Ada Example", addr=Address(("1 Main St",), city="Delft", cc="NL"))
                client.create_contact(id, postal_infos=[postal], email="ada@mail.example", auth_info=SECRET)
            contacts = {"admin": "taken-1", "tech": "taken-2"}
            client.create_domain("taken.example", auth_info=SECRET, registrant="taken-1", contacts=contacts)
        if model.objects:
            client.create_host("ns1.taken.example", addrs=["198.51.100.1"])


def _password(folder: Path, account: str) -> str:
    return str(tomllib.loads((folder / "accounts.toml").read_text(encoding="utf-8"))[account]["password"])


def _inputs(folder: Path, server: ServerProcess, config: Config, model: Model) -> Inputs:
    thick, objects = model.thick, model.objects
    registered = (
        'registeredContacts = ["taken-1", "taken-2"]\nrequiredContactTypes = ["admin", "tech"]' if thick else ""
    )
    hosts = 'registeredNameservers = ["ns1.taken.example"]' if objects else ""
    text = f'''
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
clid01DataModel = "maximum"
clid02DataModel = "minimum"
{registered}
{hosts}
supportedContactPostalInfoTypes = "both"

[idn]
domainCreateExtension = """
<extension xmlns="urn:ietf:params:xml:ns:epp-1.0">
  <data xmlns="urn:ietf:params:xml:ns:idn-1.0"><table><!-- tag --></table></data>
</extension>"""

{RIGHTS.format(sunrise=model.sunrise) if HAS_LAUNCH else ""}
[general]
registryDataModel = "{model.data}"

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

[[tld.idnTable]]
tag = "und-Latn"
valid = ["m\u00fcnchen", "stra\u00dfe", "\u0153uvre"]
invalid = ["\u0436\u0443\u043a", "a\u0436", "m\u00fcnchen\u2603"]
variants = [["wei\u00df", "weiss"], ["gross", "gro\u00df"]]

[[tld]]
name = "only.test"
idnOnly = true

[[tld.idnTable]]
tag = "und-Cyrl"
valid = ["\u0436\u0443\u043a"]
invalid = ["m\u00fcnchen"]
'''
    (folder / "rst.toml").write_text(text, encoding="utf-8")
    return parse_inputs(text, folder / "rst.toml")
