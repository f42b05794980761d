"""minimumRPMs-01 to -03: trademark claims and sunrise."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator

from regwire.epp import Command, encode, requests
from regwire.epp.ext.launch import (
    LaunchCheck,
    LaunchCheckData,
    LaunchCreate,
    LaunchCreateData,
    LaunchInfo,
    LaunchInfoData,
    LaunchNotice,
    LaunchNoticeId,
    LaunchPhase,
)
from regwire.epp.messages.core import Create
from regwire.epp.messages.domain import DomainInfoData
from regwire.schema import Element, Raw
from regwire.testing.rst.case import Case, Stop, rst_case
from regwire.testing.rst.objects import domain_command
from regwire.testing.rst.session import Reply, Session
from regwire.testing.rst.tmch import SignedMark, notice_id, read_labels, read_smd

CLAIMS, SUNRISE = LaunchPhase("claims"), LaunchPhase("sunrise")
#: So many labels of the list are asked for: it may hold hundreds of thousands.
_ASKED = 5

_MISSING_KEY = "RPMS_MISSING_CLAIMS_KEY"


def _zone(case: Case, name: str) -> str:
    zone: str | None = case.inputs[name]
    if not zone:
        case.skip(f"{name} is not given")
    return zone.lower()


def _labels(case: Case) -> dict[str, str]:
    path = case.inputs.path("tmch.dnl")
    if path is None:
        case.skip("tmch.dnl is not given")
    found = read_labels(path)
    if not found:
        case.skip(f"{path} has no labels")
    return found


async def _claims(case: Case, session: Session, name: str) -> tuple[Reply, list[str]]:
    """Ask for the claims of a name; the keys that came."""
    command = requests.check_domain([name], extension=LaunchCheck(CLAIMS, type="claims"))
    reply = await session.ask(command)
    data = reply.extension(LaunchCheckData)
    items = [] if data is None else [item for item in data.items if item.name.name.lower() == name]
    return reply, [key.value for item in items for key in item.claim_keys]


@rst_case("minimumRPMs-01")
async def claims_check(case: Case) -> None:
    """Labels of the list have their key, others have none."""
    zone, labels = _zone(case, "minimumRPMS.claimsTLD"), _labels(case)
    for label, key in list(labels.items())[:_ASKED]:
        session = await case.login()
        case.step(f"a claims check of {label}.{zone} gives the key of the list")
        reply, keys = await _claims(case, session, f"{label}.{zone}")
        if not keys:
            case.report(_MISSING_KEY, f"no key: {reply}")
        elif key not in keys:
            case.report("RPMS_INVALID_CLAIMS_KEY", f"the key is {', '.join(keys)} instead of {key}")
    session = await case.login()
    case.step("a claims check of a name that is not on the list gives no key")
    reply, keys = await _claims(case, session, f"{case.values.label()}.{zone}")
    if reply.refused:
        case.report("EPP_UNEXPECTED_COMMAND_FAILURE", f"refused: {reply}")
    if keys:
        case.report("RPMS_UNEXPECTED_CLAIMS_KEY", f"the key is {', '.join(keys)}")


def _raw(element: Element) -> Raw:
    """An element as XML, to go with commands that are XML themselves."""
    placeholder = Raw(b'<x xmlns="urn:x"/>')
    from lxml import etree  # noqa: PLC0415 - only here

    document = etree.fromstring(encode(Command(Create(placeholder), (element,))))
    found = document.find(".//{urn:ietf:params:xml:ns:epp-1.0}extension")
    assert found is not None
    return Raw(etree.tostring(found[0], with_tail=False))


async def _create(case: Case, name: str, launch: LaunchCreate) -> Reply:
    session = await case.login()
    return await session.ask(await domain_command(case, 1, name, extension=[_raw(launch)]))


# -------------------------------------------------------------------------------------------------- minimumRPMs-02


def _sunrise(mark: SignedMark) -> LaunchCreate:
    return LaunchCreate(SUNRISE, signed_marks=(mark.element(),))


def _names(marks: Iterable[SignedMark], zone: str) -> Iterator[tuple[str, SignedMark]]:
    for mark in marks:
        for label in mark.labels:
            yield f"{label}.{zone}", mark


@rst_case("minimumRPMs-02")
async def sunrise_create(case: Case) -> None:
    """A signed mark gets the names that it speaks of, and only while it is valid."""
    zone = _zone(case, "minimumRPMS.sunriseTLD")
    marks = [read_smd(path) for path in case.inputs.paths("tmch.validSMDs")]
    if not marks:
        case.skip("tmch.validSMDs is not given")
    start = "RPMS_SUNRISE_CREATE_UNEXPECTED_SUCCESS_USING"
    invalid = [read_smd(path) for path in case.inputs.paths("tmch.invalidSMDs")] or [marks[0].broken()]
    for kind, group, code in (
        ("an invalid signed mark", invalid, f"{start}_INVALID_SMD"),
        ("a revoked signed mark", _given(case, "tmch.revokedSMDs"), f"{start}_REVOKED_SMD"),
        (
            "a signed mark by a revoked certificate",
            _given(case, "tmch.revokedCertificateSMDs"),
            f"{start}_SMD_WITH_REVOKED_SIGNATURE",
        ),
    ):
        for name, mark in _names(group, zone):
            case.step(f"a create of {name} with {kind} is refused")
            await _must_refuse(case, name, _sunrise(mark), code)
    name = f"{case.values.label()}.{zone}"
    case.step(f"a create of {name} with another name's signed mark is refused")
    await _must_refuse(case, name, _sunrise(marks[0]), f"{start}_INCORRECT_SMD")
    await _valid_marks(case, marks, zone)


def _given(case: Case, name: str) -> list[SignedMark]:
    paths = case.inputs.paths(name)
    if not paths:
        case.note(f"{name} is not given: that is not tried")
    return [read_smd(path) for path in paths]


async def _must_refuse(case: Case, name: str, launch: LaunchCreate, code: str) -> None:
    reply = await _create(case, name, launch)
    if reply.ok:
        case.report(code, f"accepted: {reply}")


async def _valid_marks(case: Case, marks: list[SignedMark], zone: str) -> None:
    """Names until one is not registered yet: its create is accepted, and an info tells of it."""
    for name, mark in _names(marks, zone):
        case.step(f"a create of {name} with its signed mark is accepted")
        reply = await _create(case, name, _sunrise(mark))
        if reply.code == 2302:
            continue
        if not reply.ok:
            code = "RPMS_SUNRISE_CREATE_UNEXPECTED_FAILURE_USING_VALID_SMD"
            case.report(code, f"refused: {reply}")
            return
        created = reply.extension(LaunchCreateData)
        await _stored(case, name, "SUNRISE", None if created is None else created.application_id)
        return
    case.note("every name of the signed marks is registered: none could be created")


async def _stored(case: Case, name: str, kind: str, application: str | None) -> None:
    """Ask for what was created: a domain, or an application in sunrise."""
    case.step(f"the info of {name} tells of it")
    session = await case.login()
    start = f"RPMS_{kind}_CREATE_INFO_OBJECT"
    extension: tuple[Element, ...] = ()
    if kind == "SUNRISE" and case.inputs["minimumRPMS.sunriseModel"] == "end-date":
        if application is None:
            case.report(f"{start}_DOES_NOT_EXIST", "the create told of no application")
            raise Stop
        extension = (LaunchInfo(SUNRISE, application),)
    reply = await session.ask(requests.info_domain(name, extension=extension))
    data = reply.data(DomainInfoData)
    if data is None:
        case.report(f"{start}_DOES_NOT_EXIST", f"the info was answered {reply}")
        return
    properties = f"{start}_IS_HAS_MISSING_OR_INVALID_PROPERTIES"
    client = case.inputs.client(1)[0]
    if data.name.lower() != name or data.cl_id != client:
        case.report(properties, f"it is {data.name} of {data.cl_id} instead of {name} of {client}")
    if extension:
        launch = reply.extension(LaunchInfoData)
        if launch is None or launch.application_id != application:
            case.report(properties, f"the application {application} is missing")


# -------------------------------------------------------------------------------------------------- minimumRPMs-03

_CREATE = "RPMS_TRADEMARK_CREATE_UNEXPECTED"


def _claims_create(
    case: Case,
    label: str,
    *,
    ends: dt.timedelta = dt.timedelta(days=2),
    accepted: dt.timedelta = dt.timedelta(hours=-1),
    broken: bool = False,
) -> LaunchCreate:
    """A create with a notice that ends and was accepted so long from now."""
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    id = notice_id(label, now + ends, case.values, broken=broken)
    return LaunchCreate(CLAIMS, notices=(LaunchNotice(LaunchNoticeId(id), now + ends, now + accepted),))


@rst_case("minimumRPMs-03")
async def claims_create(case: Case) -> None:
    """A name of the list is created with an accepted notice, and with nothing else."""
    zone, labels = _zone(case, "minimumRPMS.claimsTLD"), _labels(case)
    label = await _free_label(case, zone, list(labels))
    if label is None:
        case.skip(f"every name of the list is registered in {zone}")
    name = f"{label}.{zone}"
    wrong: dict[str, tuple[str, Callable[[], LaunchCreate]]] = {
        "a notice whose checksum is wrong": ("INVALID_NOTICE_ID", lambda: _claims_create(case, label, broken=True)),
        "a notice that has expired": (
            "EXPIRED_NOTICE_ID",
            lambda: _claims_create(case, label, ends=dt.timedelta(days=-1), accepted=dt.timedelta(days=-2)),
        ),
        "a notice accepted more than a year ago": (
            "INVALID_ACCEPTANCE_DATE",
            lambda: _claims_create(case, label, accepted=dt.timedelta(days=-367)),
        ),
    }
    for what, (code, make) in wrong.items():
        case.step(f"a create of {name} with {what} is refused")
        await _must_refuse(case, name, make(), f"{_CREATE}_SUCCESS_USING_{code}")
    case.step(f"a create of {name} with an accepted notice is accepted")
    reply = await _create(case, name, _claims_create(case, label))
    if reply.refused:
        case.report(f"{_CREATE}_FAILURE_USING_VALID_NOTICE_ID", f"refused: {reply}")
    elif reply.ok:
        await _stored(case, name, "TRADEMARK", None)


async def _free_label(case: Case, zone: str, labels: list[str]) -> str | None:
    """The first label of the list with a claims key that nobody has registered."""
    for label in labels:
        session = await case.login()
        name = f"{label}.{zone}"
        case.step(f"a claims check of {name} gives a key")
        reply, keys = await _claims(case, session, name)
        if not keys:
            case.report(_MISSING_KEY, f"no key: {reply}")
            raise Stop
        check = (await session.ask(requests.check_domain([name]))).response
        items = () if check is None else check.res_data
        if any(item.name.avail for data in items for item in getattr(data, "items", ())):
            return label
    return None
