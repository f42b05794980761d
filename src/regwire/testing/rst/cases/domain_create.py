"""epp-14 and epp-15: creating domains, and what they hold on to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from regwire.epp import Command, requests
from regwire.epp.ext.secdns import SecDnsInfoData
from regwire.testing.rst.case import Case, rst_case
from regwire.testing.rst.inputs import Tld
from regwire.testing.rst.keys import is_stored
from regwire.testing.rst.objects import (
    add_years,
    contact_values,
    create_domain,
    delegation,
    domain_command,
    external_hosts,
    info,
    supported_parts,
)
from regwire.testing.rst.rows import Row
from regwire.testing.rst.session import Session
from regwire.testing.rst.xmltext import (
    CONTACT,
    address,
    contact_create,
    domain_create,
    host_create,
    keys,
    name_servers,
    sec_dns,
)

_ACCEPTS = "EPP_DOMAIN_CREATE_SERVER"
_ROID = re.compile(r"\w{1,80}-(?P<repository>\w{1,8})", re.ASCII)
#: Registries differ in what 29 February and a year make.
_DAY = timedelta(days=1)


@rst_case("epp-14")
async def domain_creates(case: Case) -> None:
    """Every row, by both registrars and in every zone; then what no row says."""
    for number in (1, 2):
        for tld in case.ascii_tlds():
            await _rows(case, number, tld)
            await _wrong_host_model(case, number, tld)
            await _unknown_hosts(case, number, tld)
            await _weak_auth_info(case, number, tld)
            if case.inputs.contacts_optional:
                case.note("general.registryDataModel is any: whether a domain needs a registrant is not tried")
            elif case.inputs.minimum(number):
                await _unwanted_registrant(case, number, tld)
            else:
                await _missing_registrant(case, number, tld)


async def _rows(case: Case, number: int, tld: Tld) -> None:
    case.step(f"what the domains of {case.inputs.client(number)[0]} need is created")
    registrant, contacts = await delegation(case, number)
    auto = {"registrant": lambda: registrant or "", "keyTag": lambda: str(case.values.number(1, 65535))}
    variables = {"TLD": tld.name, "PREFIX": "rst-epp-14-"}
    for row, cells in case.rows("epp-14-data", variables, auto):
        if not _applies(case, number, row):
            continue
        session = await case.login(number)
        case.step(f"row {row.number}: {_named(row, cells)} is {'accepted' if row.passes else 'refused'}")
        await _servers_exist(case, session, cells)
        command = _command(case, session, number, cells, contacts)
        if not row.passes:
            await case.refused(session, command, row.code)
        elif (await case.accepted(session, command, row.code)).ok:
            await _stored(case, session, number, cells)


def _applies(case: Case, number: int, row: Row) -> bool:
    inputs = case.inputs
    model = "minimum" if inputs.minimum(number) else "maximum"
    return (
        row.value("dataModel") in {"any", model}
        and row.value("hostModel") in {"either", inputs["epp.hostModel"]}
        and row.value("secDNSInterface") in {"either", inputs["epp.secDNSInterfaces"]}
    )


_SUBJECTS = {"DOMAIN_NAME": ("name",), "PERIOD": ("period", "periodUnit"), "REGISTRANT": ("registrant",)}
_SUBJECTS |= {"GLUE": ("ns1", "ns1ipv4", "ns1ipv6")}
_DS_COLUMNS = ("keyTag", "dsDataAlg", "digestType", "digest")
_KEY_COLUMNS = ("flags", "protocol", "keyDataAlg", "pubKey")


def _named(row: Row, cells: Mapping[str, str]) -> str:
    """What a row is about, for people."""
    columns = next((found for end, found in _SUBJECTS.items() if row.code.endswith(end)), ("name", "period"))
    if row.code.endswith("DNSSEC_DATA"):
        columns = _KEY_COLUMNS if row.value("secDNSInterface") == "keyData" else _DS_COLUMNS
    return "a domain with " + ", ".join(f"{column} {cells[column]!r}" for column in columns)


async def _servers_exist(case: Case, session: Session, cells: Mapping[str, str]) -> None:
    """Create the hosts of a row, outside of the registry, once a run."""
    made: set[str] = case.cache.setdefault("servers", set())
    for name in (cells["ns1"], cells["ns2"]) if case.inputs.host_objects else ():
        if name and name not in made:
            made.add(name)
            reply = await session.ask(host_create(name))
            if reply.refused and reply.code != 2302:
                case.report("EPP_UNEXPECTED_COMMAND_FAILURE", f"host {name} was refused: {reply}")


def _command(
    case: Case, session: Session, number: int, cells: Mapping[str, str], contacts: Mapping[str, str]
) -> Command:
    minimum = case.inputs.minimum(number)
    servers = [
        (cells[name], [address(f"v{v}", cells[f"{name}ipv{v}"], "hostAddr") for v in (4, 6) if cells[f"{name}ipv{v}"]])
        for name in ("ns1", "ns2")
        if cells[name]
    ]
    is_ds = case.inputs["epp.secDNSInterfaces"] == "dsData"
    return domain_create(
        cells["name"],
        period=(cells["period"], cells["periodUnit"]),
        ns=name_servers(*servers, objects=case.inputs.host_objects),
        registrant=None if minimum else cells["registrant"],
        contacts=contacts,
        auth=case.auth(session),
        extension=[sec_dns("create", keys(cells, ds=is_ds))],
    )


async def _stored(case: Case, session: Session, number: int, cells: Mapping[str, str]) -> None:
    """Ask for the domain and compare."""
    missing = "EPP_DOMAIN_CREATE_INFO_RESPONSE_MISSING_OBJECT_PROPERTIES"
    reply, data = await info(case, session, cells["name"])
    if data is None:
        case.report(missing, f"the info was answered {reply}")
        return
    found = _ROID.fullmatch(data.roid)
    repositories = case.inputs["run.repositoryIds"]
    if found is None or (repositories and found["repository"] not in repositories):
        case.report("EPP_DOMAIN_CREATE_INFO_RESPONSE_INVALID_ROID", f"the roid is {data.roid}")
    client = case.inputs.client(number)[0]
    if data.cl_id != client or data.cr_id != client:
        case.report(missing, f"clID is {data.cl_id} and crID is {data.cr_id} instead of {client}")
    if data.cr_date is None or data.ex_date is None:
        case.report(missing, f"crDate is {data.cr_date} and exDate is {data.ex_date}")
    elif abs(add_years(data.cr_date, int(cells["period"])) - data.ex_date) > _DAY:
        case.report(missing, f"exDate {data.ex_date} is not crDate {data.cr_date} and {cells['period']} years")
    if not case.inputs.minimum(number) and data.registrant != cells["registrant"]:
        case.report(missing, f"the registrant is {data.registrant} instead of {cells['registrant']}")
    ds = case.inputs["epp.secDNSInterfaces"] == "dsData"
    if not is_stored(cells, reply.extension(SecDnsInfoData), ds=ds):
        case.report(missing, f"the info lacks the {'DS record' if ds else 'key'} of the create")


async def _wrong_host_model(case: Case, number: int, tld: Tld) -> None:
    session = await case.login(number)
    registrant, contacts = await delegation(case, number)
    servers = [(name, ()) for name in await external_hosts(case, number)]
    objects = case.inputs.host_objects
    case.step(f"name servers as {'attributes' if objects else 'objects'} are refused")
    command = domain_create(
        f"{case.values.label()}.{tld.name}",
        ns=name_servers(*servers, objects=not objects),
        registrant=registrant,
        contacts=contacts,
        auth=case.auth(session),
    )
    await case.refused(
        session, command, f"{_ACCEPTS}_INCORRECTLY_ACCEPTS_HOST_{'ATTRIBUTES' if objects else 'OBJECTS'}"
    )


async def _unknown_hosts(case: Case, number: int, tld: Tld) -> None:
    """Host objects that do not exist, or cannot."""
    if not case.inputs.host_objects:
        return
    for name, code in (
        (case.external_name(parent="none"), f"{_ACCEPTS}_ACCEPTS_NON_EXISTENT_HOST_OBJECT"),
        (case.external_name("-ns"), f"{_ACCEPTS}_ACCEPTS_INVALID_HOST_OBJECT"),
    ):
        session = await case.login(number)
        case.step(f"the name server {name}, which does not exist, is refused")
        command = await domain_command(case, number, f"{case.values.label()}.{tld.name}", hosts=(name,))
        await case.refused(session, command, code)


async def _weak_auth_info(case: Case, number: int, tld: Tld) -> None:
    """Where RFC 9154 holds, authInfo that anybody can guess."""
    session = await case.login(number)
    if case.secure_auth(session):
        case.step("authInfo of six letters is refused")
        name = f"{case.values.label()}.{tld.name}"
        command = await domain_command(case, number, name, auth="abcdef")
        await case.refused(session, command, f"{_ACCEPTS}_ACCEPTS_AUTHINFO")


async def _unwanted_registrant(case: Case, number: int, tld: Tld) -> None:
    """Where domains have no contacts, one with a registrant is refused."""
    session = await case.login(number)
    case.step("a registrant is refused: domains have no contacts")
    registrant = await _some_contact(case, number)
    command = domain_create(f"{case.values.label()}.{tld.name}", registrant=registrant, auth=case.auth(session))
    await case.refused(session, command, f"{_ACCEPTS}_ACCEPTS_REGISTRANT_FOR_THIN_REGISTRY")


async def _some_contact(case: Case, number: int) -> str:
    """A contact that exists if there can be any, else an identifier that nobody has."""
    other = case.inputs.thick_client()
    if other is not None:
        return (await delegation(case, other))[0] or ""
    session = await case.login(number)
    cells = {column: make() for column, make in contact_values(case, session).items()}
    if session.offers(CONTACT):
        await session.ask(contact_create({**cells, "street2": "", "street3": ""}, supported_parts(case)))
    return cells["id"]


async def _missing_registrant(case: Case, number: int, tld: Tld) -> None:
    """Where domains have contacts, one without a registrant is refused."""
    session = await case.login(number)
    _, contacts = await delegation(case, number)
    case.step("a domain without registrant is refused")
    command = domain_create(f"{case.values.label()}.{tld.name}", contacts=contacts, auth=case.auth(session))
    await case.refused(session, command, f"{_ACCEPTS}_ACCEPTS_NO_REGISTRANT_FOR_THICK_REGISTRY")


@rst_case("epp-15")
async def integrity(case: Case) -> None:
    """Contacts and hosts of a domain cannot be deleted."""
    client = case.inputs.thick_client()
    if client is None and not case.inputs.host_objects:
        case.skip("there are neither contacts nor host objects (epp.hostModel, general.registryDataModel)")
    number = client or 1
    case.step("a domain with all that it may have is created")
    await create_domain(case, number, case.ascii_tlds()[0])
    session = await case.login(number)
    if client is not None:
        registrant, contacts = await delegation(case, number)
        for id in dict.fromkeys([registrant or "", *contacts.values()]):
            case.step(f"the delete of its contact {id} is refused")
            code = "EPP_INTEGRITY_SERVER_ACCEPTS_DELETE_FOR_LINKED_CONTACT_OBJECT"
            await case.refused(session, requests.delete_contact(id), code)
    if case.inputs.host_objects:
        for name in await external_hosts(case, number):
            case.step(f"the delete of its name server {name} is refused")
            code = "EPP_INTEGRITY_SERVER_ACCEPTS_DELETE_FOR_LINKED_HOST_OBJECT"
            await case.refused(session, requests.delete_host(name), code)
