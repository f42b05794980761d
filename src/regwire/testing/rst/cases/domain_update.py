"""epp-16: changing a domain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regwire.epp.ext.secdns import SecDnsInfoData
from regwire.epp.messages.domain import DomainInfoData
from regwire.testing.rst.case import Case, rst_case
from regwire.testing.rst.inputs import Tld
from regwire.testing.rst.keys import is_stored
from regwire.testing.rst.objects import create_contact, create_domain, external_hosts, info, lower, same_address
from regwire.testing.rst.rows import Row
from regwire.testing.rst.session import Reply, Session
from regwire.testing.rst.xmltext import (
    add_or_rem,
    address,
    auth_info,
    domain_update,
    host_create,
    keys,
    leaf,
    name_servers,
    sec_dns,
    status,
)

_UPDATE = "EPP_DOMAIN_UPDATE_SERVER"
_INFO = "EPP_DOMAIN_UPDATE_INFO_RESPONSE"


def _about(row: Row, what: str) -> str:
    return f"row {row.number}: {what} is {'accepted' if row.passes else 'refused'}"


@rst_case("epp-16")
async def domain_updates(case: Case) -> None:
    """Every row in every zone: an update of one domain, and an info of what it made of it."""
    for tld in case.ascii_tlds():
        case.step(f"a domain below {tld.name} is created")
        name = await create_domain(case, 1, tld)
        await _status_rows(case, name)
        await _server_rows(case, name)
        await _key_rows(case, name)
        await _registrant(case, name)
        await _wrong_host_model(case, name)
        await _of_another(case, tld)


async def _info(case: Case, session: Session, name: str) -> tuple[Reply, DomainInfoData | None]:
    reply, data = await info(case, session, name)
    if data is None:
        case.report("EPP_UNEXPECTED_COMMAND_FAILURE", f"the info of {name} was answered {reply}")
    return reply, data


def _part(action: str, content: str | None) -> dict[str, Any]:
    return {action: content}


async def _status_rows(case: Case, name: str) -> None:
    for row, cells in case.rows("epp-16-status-data"):
        session = await case.login()
        action, value = cells["action"], cells["status"]
        case.step(_about(row, f"{action} {value}"))
        command = domain_update(name, **_part(action, status(value)))
        if not row.passes:
            await case.refused(session, command, row.code)
            continue
        if not (await case.accepted(session, command, row.code)).ok:
            continue
        _, data = await _info(case, session, name)
        if data is None:
            continue
        there = value in {item.s for item in data.statuses}
        if action == "add" and not there:
            case.report(f"{_INFO}_MISSING_STATUS_CODE", f"{value} is missing after it was added")
        elif action == "rem" and there:
            case.report(f"{_INFO}_UNEXPECTED_STATUS_CODE", f"{value} is there after it was removed")


async def _server_rows(case: Case, name: str) -> None:
    objects = case.inputs.host_objects
    for row, cells in case.rows("epp-16-ns-data", {"DOMAIN": name}):
        if row.value("hostModel") != case.inputs["epp.hostModel"]:
            continue
        session = await case.login()
        server, kind, value = cells["hostname"], cells["ipType"], cells["ip"]
        shown = f" with {kind} address {value!r}" if kind else ""
        case.step(_about(row, f"{cells['action']} {server}{shown}"))
        if objects and cells["createIfNeeded"] == "true":
            await _host_exists(case, session, server)
        part = name_servers((server, [address(kind, value, "hostAddr")]), objects=objects)
        command = domain_update(name, **_part(cells["action"], part))
        if not row.passes:
            await case.refused(session, command, row.code)
        elif (await case.accepted(session, command, row.code)).ok:
            await _servers_are(case, session, name, cells)


async def _host_exists(case: Case, session: Session, server: str) -> None:
    made: set[str] = case.cache.setdefault("servers", set())
    if server not in made:
        made.add(server)
        await case.must(session, host_create(server), f"host {server}")


async def _servers_are(case: Case, session: Session, name: str, cells: Mapping[str, str]) -> None:
    """Whether an info tells of a name server that was added, and not of one that was removed."""
    _, data = await _info(case, session, name)
    if data is None:
        return
    server, value = cells["hostname"].lower(), cells["ip"]
    kind = "OBJECT" if case.inputs.host_objects else "ATTRIBUTE"
    attributes = {} if data.ns is None else {item.name.lower(): item.addrs for item in data.ns.host_attrs}
    found = (set() if data.ns is None else lower(data.ns.host_objs)) | attributes.keys()
    if cells["action"] == "rem":
        if server in found:
            case.report(f"{_INFO}_UNEXPECTED_HOST_{kind}", f"{server} is there after it was removed")
    elif server not in found:
        case.report(f"{_INFO}_MISSING_HOST_{kind}", f"{server} is missing after it was added")
    elif value and not any(same_address(value, item.address) for item in attributes.get(server, ())):
        case.report(f"{_INFO}_MISSING_HOST_{kind}", f"{server} lacks its address {value}")


async def _key_rows(case: Case, name: str) -> None:
    ds = case.inputs["epp.secDNSInterfaces"] == "dsData"
    auto = {"keyTag": lambda: str(case.values.number(1, 65535))}
    for row, cells in case.rows("epp-16-dnssec-data", auto=auto):
        if row.value("secDNSInterface") != case.inputs["epp.secDNSInterfaces"]:
            continue
        session = await case.login()
        shown = ("keyTag", "dsDataAlg", "digestType") if ds else ("flags", "protocol", "keyDataAlg")
        values = ", ".join(f"{column} {cells[column]!r}" for column in shown)
        case.step(_about(row, f"{cells['action']} {'DS record' if ds else 'key'} with {values}"))
        command = domain_update(name, extension=[sec_dns("update", add_or_rem(cells["action"], keys(cells, ds=ds)))])
        if not row.passes:
            await case.refused(session, command, row.code)
            continue
        if not (await case.accepted(session, command, row.code)).ok:
            continue
        reply, data = await _info(case, session, name)
        there = is_stored(cells, reply.extension(SecDnsInfoData), ds=ds)
        if data is not None and cells["action"] == "add" and not there:
            case.report(f"{_INFO}_MISSING_DNSSEC_DATA", "what was added is missing")
        elif cells["action"] == "rem" and there:
            case.report(f"{_INFO}_UNEXPECTED_DNSSEC_DATA", "what was removed is there")


async def _registrant(case: Case, name: str) -> None:
    if case.inputs.minimum(1):
        return
    case.step("a contact that does not exist is refused as the registrant")
    session = await case.login()
    command = domain_update(name, chg=leaf("registrant", case.values.chars(12)))
    await case.refused(session, command, f"{_UPDATE}_ACCEPTS_NON_EXISTENT_CONTACT_OBJECT")
    case.step("another contact becomes the registrant")
    id, _ = await create_contact(case, 1)
    command = domain_update(name, chg=leaf("registrant", id))
    if (await case.accepted(session, command, "EPP_UNEXPECTED_COMMAND_FAILURE")).ok:
        _, data = await _info(case, session, name)
        if data is not None and data.registrant is None:
            case.report(f"{_INFO}_MISSING_REGISTRANT", "there is no registrant")
        elif data is not None and data.registrant != id:
            case.report(f"{_INFO}_UNEXPECTED_REGISTRANT", f"the registrant is {data.registrant} instead of {id}")


async def _wrong_host_model(case: Case, name: str) -> None:
    session = await case.login()
    objects = case.inputs.host_objects
    case.step(f"name servers as {'attributes' if objects else 'objects'} are refused")
    server = (await external_hosts(case, 1))[0] if objects else case.external_name()
    command = domain_update(name, add=name_servers((server, ()), objects=not objects))
    await case.refused(session, command, f"{_UPDATE}_INCORRECTLY_ACCEPTS_HOST_{'ATTRIBUTES' if objects else 'OBJECTS'}")


async def _of_another(case: Case, tld: Tld) -> None:
    """A domain of another registrar is refused with 2201."""
    case.step("another registrar's domain is created")
    name = await create_domain(case, 2, tld)
    session = await case.login(1)
    case.step("its update is refused with 2201")
    secret = case.secret()
    command = domain_update(name, chg=auth_info(secret))
    await case.refused(session, command, "EPP_UNEXPECTED_COMMAND_SUCCESS", by=(2201,))
