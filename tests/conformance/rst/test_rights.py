"""minimumRPMs-01 to -03 against a small launch registry, right and with one fault each."""

import base64
import datetime as dt
import functools
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import trio

from regwire.cli.pki import create_pki
from regwire.epp import (
    CheckName,
    DomainCheck,
    DomainCheckData,
    DomainCheckItem,
    DomainCreate,
    DomainCreateData,
    DomainInfo,
    DomainInfoData,
    DomainStatus,
    ok,
)
from regwire.epp.ext.launch import (
    LaunchCheck,
    LaunchCheckData,
    LaunchCheckItem,
    LaunchCheckName,
    LaunchClaimKey,
    LaunchCreate,
    LaunchCreateData,
    LaunchInfo,
    LaunchInfoData,
)
from regwire.testing.rst import Verdict, parse_inputs, run_cases
from regwire.trio.epp import Handlers, Listener, ServerTls, serve

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
KEYS = {"one": "2026/1/a/one", "two": "2026/1/a/two"}


def smd(label, text="One"):
    return (
        '<smd:signedMark xmlns:smd="urn:ietf:params:xml:ns:signedMark-1.0" id="a"><m:mark '
        f'xmlns:m="urn:ietf:params:xml:ns:mark-1.0"><m:trademark><m:markName>{text}</m:markName>'
        f"<m:label>{label}</m:label></m:trademark></m:mark></smd:signedMark>"
    ).encode()


VALID, REVOKED, OLD = smd("mark"), smd("gone", "Two"), smd("old", "Three")


def notice_is_good(label, notice):
    """RFC 9361: the checksum, and both times."""
    id = notice.notice_id.value
    checksum = zlib.crc32(f"{label}{int(notice.not_after.timestamp())}{id[8:]}".encode())
    return (
        id[:8] == f"{checksum:08x}",
        notice.not_after > NOW,
        NOW - dt.timedelta(days=366) < notice.accepted_date < NOW + dt.timedelta(minutes=1),
    )


@dataclass
class Registry:
    """Domains of two zones. The rest says what it does wrong."""

    key: Callable[[str], str | None] = KEYS.get
    marks: tuple[bytes, ...] = (VALID,)
    any_label: bool = False
    unchecked: tuple[int, ...] = ()
    refuses: bool = False
    forgets: bool = False
    sponsor: str | None = None
    applications: bool = False
    application: str | None = "app-1"
    domains: dict[str, str] = field(default_factory=dict)

    def handlers(self):
        handlers = Handlers()
        handlers.login(lambda session, login, command: login.cl_id)
        handlers.command(DomainCheck)(self.check)
        handlers.command(DomainCreate)(self.create)
        handlers.command(DomainInfo)(self.info)
        return handlers

    def check(self, session: Any, command: Any, obj: DomainCheck):
        if not any(isinstance(item, LaunchCheck) for item in command.extension):
            return DomainCheckData(tuple(DomainCheckItem(CheckName(n, n not in self.domains)) for n in obj.names))
        items = []
        for name in obj.names:
            key = self.key(name.partition(".")[0])
            keys = () if key is None else (LaunchClaimKey(key),)
            items.append(LaunchCheckItem(LaunchCheckName(name, bool(keys)), keys))
        return ok(extension=(LaunchCheckData(items=tuple(items)),))

    def create(self, session: Any, command: Any, obj: DomainCreate):
        label = obj.name.partition(".")[0]
        launch = next((item for item in command.extension if isinstance(item, LaunchCreate)), None)
        if obj.name in self.domains:
            return 2302
        if launch is None or self.refuses or not self.allowed(label, launch):
            return 2306
        self.domains[obj.name] = session.client_id
        extension = ()
        if self.applications and self.application:
            extension = (LaunchCreateData(launch.phase, self.application),)
        return ok(DomainCreateData(obj.name, NOW), code=1001 if self.applications else 1000, extension=extension)

    def allowed(self, label, launch):
        if launch.phase.value == "sunrise":
            mark = base64.b64decode(launch.signed_marks[0].element.text)
            return mark in self.marks and (self.any_label or f"label>{label}<".encode() in mark)
        good = notice_is_good(label, launch.notices[0])
        return all(fine or number in self.unchecked for number, fine in enumerate(good))

    def info(self, session: Any, command: Any, obj: DomainInfo):
        name = obj.name.name
        if name not in self.domains or self.forgets:
            return 2303
        launch = [item for item in command.extension if isinstance(item, LaunchInfo)]
        if self.applications and not launch:
            return 2303
        extension = tuple(LaunchInfoData(item.phase, self.application) for item in launch)
        sponsor = self.sponsor or self.domains[name]
        data = DomainInfoData(name, "D1-RWIRE", (DomainStatus("ok"),), cl_id=sponsor)
        return ok(data, extension=extension)


INPUTS = """
[general]
registryDataModel = "minimum"
[epp]
hostName = "localhost"
clid01 = "rst-01"
pwd01 = "password-01"
clid02 = "rst-02"
pwd02 = "password-02"
hostModel = "attributes"
[minimumRPMS]
sunriseTLD = "example"
claimsTLD = "example"
[tmch]
dnl = "dnl.csv"
validSMDs = ["valid.smd"]
revokedSMDs = ["revoked.smd"]
revokedCertificateSMDs = ["old.smd"]
[run]
ca = "pki/ca.pem"
[[tld]]
name = "example"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rights")
    (folder / "pki").mkdir()
    create_pki(folder / "pki", ["rst-01"])
    rows = "".join(f"{label},{key},2026-01-01T00:00:00Z\n" for label, key in KEYS.items())
    (folder / "dnl.csv").write_text(f"1,2026-01-01T00:00:00Z\nDNL,lookup-key,insertion-datetime\n{rows}")
    for name, data in (("valid", VALID), ("revoked", REVOKED), ("old", OLD)):
        (folder / f"{name}.smd").write_bytes(data)
    return folder


def run(folder, registry, id, **inputs):
    async def main():
        pki = folder / "pki"
        tls = ServerTls(certificate=pki / "server.pem", key=pki / "server.key", client_ca=pki / "ca.pem")
        async with trio.open_nursery() as nursery:
            start = functools.partial(
                serve,
                registry.handlers(),
                listeners=[Listener(host="127.0.0.1", port=0, tls=tls)],
                certificate_needed=False,
                collector=None,
            )
            server = await nursery.start(start)
            given = parse_inputs(
                INPUTS,
                folder / "rst.toml",
                run_addresses=("127.0.0.1",),
                run_port=server.listeners[0].port,
                **inputs,
            )
            (result,) = (await run_cases(given, [id], seed=1)).cases
            nursery.cancel_scope.cancel()
        return result

    return trio.run(main)


@pytest.mark.parametrize("id", ["minimumRPMs-01", "minimumRPMs-02", "minimumRPMs-03"])
def test_a_registry_that_does_it_right(folder, id):
    result = run(folder, Registry(), id)
    assert (result.verdict, result.findings) == (Verdict.PASS, [])
    assert result.steps >= 3


def test_applications(folder):
    registry = Registry(applications=True)
    result = run(folder, registry, "minimumRPMs-02", minimumRPMS_sunriseModel="end-date")
    assert (result.verdict, result.findings) == (Verdict.PASS, [])


def test_a_second_run_takes_the_next_name(folder):
    registry = Registry(domains={"one.example": "x"})
    assert run(folder, registry, "minimumRPMs-03").verdict is Verdict.PASS
    assert "two.example" in registry.domains
    assert run(folder, registry, "minimumRPMs-03").reason == "every name of the list is registered in example"


SUNRISE, CLAIMS = "RPMS_SUNRISE_CREATE", "RPMS_TRADEMARK_CREATE"
FAULTS = [
    ("minimumRPMs-01", Registry(key=lambda label: None), "RPMS_MISSING_CLAIMS_KEY"),
    ("minimumRPMs-01", Registry(key=lambda label: "x" if label in KEYS else None), "RPMS_INVALID_CLAIMS_KEY"),
    ("minimumRPMs-01", Registry(key=lambda label: KEYS.get(label, "x")), "RPMS_UNEXPECTED_CLAIMS_KEY"),
    (
        "minimumRPMs-02",
        Registry(marks=(VALID, smd("mark", "Not One"))),
        f"{SUNRISE}_UNEXPECTED_SUCCESS_USING_INVALID_SMD",
    ),
    ("minimumRPMs-02", Registry(marks=(VALID, REVOKED)), f"{SUNRISE}_UNEXPECTED_SUCCESS_USING_REVOKED_SMD"),
    ("minimumRPMs-02", Registry(marks=(VALID, OLD)), f"{SUNRISE}_UNEXPECTED_SUCCESS_USING_SMD_WITH_REVOKED_SIGNATURE"),
    ("minimumRPMs-02", Registry(any_label=True), f"{SUNRISE}_UNEXPECTED_SUCCESS_USING_INCORRECT_SMD"),
    ("minimumRPMs-02", Registry(refuses=True), f"{SUNRISE}_UNEXPECTED_FAILURE_USING_VALID_SMD"),
    ("minimumRPMs-02", Registry(forgets=True), f"{SUNRISE}_INFO_OBJECT_DOES_NOT_EXIST"),
    ("minimumRPMs-02", Registry(sponsor="other"), f"{SUNRISE}_INFO_OBJECT_IS_HAS_MISSING_OR_INVALID_PROPERTIES"),
    ("minimumRPMs-03", Registry(key=lambda label: None), "RPMS_MISSING_CLAIMS_KEY"),
    ("minimumRPMs-03", Registry(unchecked=(0,)), f"{CLAIMS}_UNEXPECTED_SUCCESS_USING_INVALID_NOTICE_ID"),
    ("minimumRPMs-03", Registry(unchecked=(1,)), f"{CLAIMS}_UNEXPECTED_SUCCESS_USING_EXPIRED_NOTICE_ID"),
    ("minimumRPMs-03", Registry(unchecked=(2,)), f"{CLAIMS}_UNEXPECTED_SUCCESS_USING_INVALID_ACCEPTANCE_DATE"),
    ("minimumRPMs-03", Registry(refuses=True), f"{CLAIMS}_UNEXPECTED_FAILURE_USING_VALID_NOTICE_ID"),
    ("minimumRPMs-03", Registry(forgets=True), f"{CLAIMS}_INFO_OBJECT_DOES_NOT_EXIST"),
    ("minimumRPMs-03", Registry(sponsor="other"), f"{CLAIMS}_INFO_OBJECT_IS_HAS_MISSING_OR_INVALID_PROPERTIES"),
]


@pytest.mark.parametrize(("id", "registry", "expected"), FAULTS, ids=[f"{f[0]} {f[2]}" for f in FAULTS])
def test_a_fault_is_found(folder, id, registry, expected):
    assert expected in run(folder, registry, id).codes


def test_an_application_that_is_not_told_is_found(folder):
    registry = Registry(applications=True, application=None)
    result = run(folder, registry, "minimumRPMs-02", minimumRPMS_sunriseModel="end-date")
    assert result.codes == [f"{SUNRISE}_INFO_OBJECT_DOES_NOT_EXIST"]
