"""epp-11 to epp-13 and epp-23 to epp-27: host objects."""

from __future__ import annotations

from regwire.epp import requests
from regwire.epp.messages.domain import DomainCheckData
from regwire.epp.messages.host import HostInfoData
from regwire.testing.rst.case import Case, rst_case
from regwire.testing.rst.inputs import Tld
from regwire.testing.rst.objects import create_domain, create_host, internal_host, same_address
from regwire.testing.rst.rows import Row
from regwire.testing.rst.session import Session
from regwire.testing.rst.xmltext import (
    add_or_rem,
    address,
    domain_update,
    host_create,
    host_update,
    name_servers,
    status,
)


def _needs_hosts(case: Case) -> None:
    if not case.inputs.host_objects:
        case.skip("hosts are attributes of domains (epp.hostModel)")


def _about(row: Row, what: str) -> str:
    return f"row {row.number}: {what} is {'accepted' if row.passes else 'refused'}"


async def _parent(case: Case, tld: Tld, host: str) -> None:
    """Create the domain that a host name lies below, if the case has not done so; nothing outside of the zone."""
    labels = host.lower().removesuffix(f".{tld.name}").split(".")
    if not host.lower().endswith(f".{tld.name}"):
        return
    name = f"{labels[-1]}.{tld.name}"
    made: set[str] = case.cache.setdefault("parents", set())
    if name not in made:
        made.add(name)
        await create_domain(case, 1, tld, name=name, hosts=())


@rst_case("epp-11")
async def host_creates(case: Case) -> None:
    """Every row in every zone: a create, and an info of what was created."""
    _needs_hosts(case)
    for tld in case.ascii_tlds():
        for row, cells in case.rows("epp-11-data", {"TLD": tld.name}):
            session = await case.login()
            name, kind, value = cells["name"], cells["ip"], cells["addr"]
            case.step(_about(row, f"{name} with {kind} address {value!r}" if kind else f"{name} without address"))
            if cells["createParentFirst"] == "true":
                await _parent(case, tld, name)
            command = host_create(name, [address(kind, value)])
            if not row.passes:
                await case.refused(session, command, row.code)
            elif (await case.accepted(session, command, row.code)).ok:
                await _stored(case, session, name, value, "CREATE")


async def _stored(case: Case, session: Session, name: str, value: str, verb: str) -> HostInfoData | None:
    """Ask for a host and look for an address; returns what came."""
    reply = await session.ask(requests.info_host(name))
    data = reply.data(HostInfoData)
    start = f"EPP_HOST_{verb}_INFO_RESPONSE"
    if data is None:
        case.report(f"{start}_OBJECT_DOES_NOT_EXIST", f"the info of {name} was answered {reply}")
        return None
    if data.name.lower() != name.lower():
        case.report(f"{start}_MISSING_OBJECT_PROPERTIES", f"the name is {data.name} instead of {name}")
    if value and not any(same_address(value, item.address) for item in data.addrs):
        case.report(f"{start}_MISSING_OBJECT_PROPERTIES", f"address {value} is missing")
    return data


@rst_case("epp-12")
async def host_access(case: Case) -> None:
    """Another registrar's update of a host is refused with 2201."""
    _needs_hosts(case)
    case.step("a host is created")
    name = await create_host(case, 1, case.external_name())
    other = await case.login(2)
    case.step("its update by another registrar is refused with 2201")
    update = host_update(name, add_or_rem("add", status("clientUpdateProhibited")))
    await case.refused(other, update, "EPP_HOST_UPDATE_AUTHZ_ERROR", by=(2201,))


@rst_case("epp-13")
async def host_updates(case: Case) -> None:
    """Every row in every zone: an update of one host, and an info of what it made of it."""
    _needs_hosts(case)
    for tld in case.ascii_tlds():
        case.step(f"a host below {tld.name} is created")
        name = await internal_host(case, 1, tld)
        await _status_rows(case, name)
        await _address_rows(case, name)


async def _status_rows(case: Case, name: str) -> None:
    for row, cells in case.rows("epp-13-status-data"):
        session = await case.login()
        action, value = cells["action"], cells["status"]
        case.step(_about(row, f"{action} {value}"))
        command = host_update(name, add_or_rem(action, status(value)))
        if not row.passes:
            await case.refused(session, command, row.code)
        elif (await case.accepted(session, command, row.code)).ok:
            data = await _stored(case, session, name, "", "UPDATE")
            if data is not None and (value in {item.s for item in data.statuses}) != (action == "add"):
                statuses = ", ".join(item.s for item in data.statuses)
                code = "EPP_HOST_UPDATE_INFO_RESPONSE_MISSING_OBJECT_PROPERTIES"
                case.report(code, f"after {action} {value} the statuses are {statuses}")


async def _address_rows(case: Case, name: str) -> None:
    for row, cells in case.rows("epp-13-addr-data"):
        session = await case.login()
        action, kind, value = cells["action"], cells["ip"], cells["addr"]
        case.step(_about(row, f"{action} {kind} address {value!r}"))
        command = host_update(name, add_or_rem(action, address(kind, value)))
        if not row.passes:
            await case.refused(session, command, row.code)
        elif (await case.accepted(session, command, row.code)).ok:
            await _stored(case, session, name, value if action == "add" else "", "UPDATE")


@rst_case("epp-23")
async def host_rename(case: Case) -> None:
    """Every row in every zone: one host gets one name after another."""
    _needs_hosts(case)
    for tld in case.ascii_tlds():
        case.step("a host outside of the registry is created")
        name = await create_host(case, 1, case.external_name())
        reserved = await _registered(case, tld)
        variables = {"TLD": tld.name, "RESERVEDNAME": reserved or ""}
        for row, cells in case.rows("epp-23-data", variables):
            if "$RESERVEDNAME" in row.value("name") and reserved is None:
                case.note(f"epp.registeredNames has no name below {tld.name}: no rename into another's domain there")
                continue
            name = await _rename(case, tld, row, name, cells)
    await _rename_of_others(case)


async def _registered(case: Case, tld: Tld) -> str | None:
    """Another registrar's domain of the zone, if a check says that it exists."""
    name = case.registered_name(tld)
    if name is not None:
        session = await case.login()
        data = (await session.ask(requests.check_domain([name]))).data(DomainCheckData)
        if data is not None and data.items[0].name.avail:
            case.note(f"{name} of epp.registeredNames does not exist")
            return None
    return name


async def _rename(case: Case, tld: Tld, row: Row, name: str, cells: dict[str, str]) -> str:
    """Rename the host as a row says; returns the name that it has then."""
    session = await case.login()
    new = cells["name"]
    case.step(_about(row, f"the rename of {name} to {new}"))
    if cells["createParentFirst"] == "true":
        await _parent(case, tld, new)
    command = host_update(name, new_name=new)
    if not row.passes:
        reply = await case.refused(session, command, row.code)
        return new if reply.ok else name
    reply = await case.accepted(session, command, row.code)
    if not reply.ok:
        return name
    found = await session.ask(requests.info_host(new))
    data = found.data(HostInfoData)
    if data is None or data.name.lower() != new.lower():
        case.report("EPP_HOST_RENAME_OBJECT_NOT_RENAMED", f"the info of {new} was answered {found}")
    return new


async def _rename_of_others(case: Case) -> None:
    """A host outside that another's domain is delegated to keeps its name: 2305."""
    tld = case.ascii_tlds()[0]
    case.step("a host outside of the registry is created, and another registrar's domain delegated to it")
    name = await create_host(case, 1, case.external_name())
    await create_domain(case, 2, tld, hosts=(name,))
    session = await case.login()
    case.step("its rename is refused with 2305")
    command = host_update(name, new_name=case.external_name())
    await case.refused(session, command, "EPP_HOST_RENAME_SERVER_INCORRECTLY_ACCEPTS_RENAME", by=(2305,))


@rst_case("epp-24")
async def host_delete(case: Case) -> None:
    """A host that is deleted is gone: one outside of the registry, and one in each zone."""
    _needs_hosts(case)
    case.step("hosts are created")
    names = [await create_host(case, 1, case.external_name())]
    names += [await internal_host(case, 1, tld) for tld in case.ascii_tlds()]
    for name in names:
        session = await case.login()
        case.step(f"{name} is deleted")
        command = requests.delete_host(name)
        reply = await case.accepted(session, command, "EPP_HOST_DELETE_RESPONSE_NOT_1000_OR_1001")
        if reply.code == 1000:
            case.step(f"{name} is gone")
            code = "EPP_HOST_DELETE_INFO_RESPONSE_OBJECT_STILL_EXISTS"
            await case.refused(session, requests.info_host(name), code, by=(2303,))


async def _foreign_domain(case: Case) -> tuple[str, Session]:
    """A domain of the first registrar, and a session of the second."""
    case.step("a domain is created")
    name = await create_domain(case, 1, case.ascii_tlds()[0])
    return name, await case.login(2)


@rst_case("epp-25")
async def subordinate_host(case: Case) -> None:
    """Below another registrar's domain: no host with addresses, and none of one's own without."""
    _needs_hosts(case)
    domain, other = await _foreign_domain(case)
    case.step("another registrar's host below it, with an address, is refused")
    glue = address("v4", case.inputs["run.glue4"][0])
    await case.refused(other, host_create(f"ns1.{domain}", [glue]), "EPP_UNEXPECTED_HOST_CREATE_SUCCESS")
    case.step("another registrar's host below it, without address, is refused or belongs to the domain's sponsor")
    name = f"ns2.{domain}"
    if not (await other.ask(host_create(name))).ok:
        return
    session = await case.login(1)
    reply = await session.ask(requests.info_host(name))
    data = reply.data(HostInfoData)
    if data is None:
        case.report("EPP_UNEXPECTED_COMMAND_FAILURE", f"the info of {name} was answered {reply}")
    elif data.cl_id != case.inputs.client(1)[0]:
        case.report("EPP_HOST_CREATE_INCORRECT_CLID", f"{name} belongs to {data.cl_id}")


@rst_case("epp-26")
async def wide_glue(case: Case) -> None:
    """No glue below another registrar's domain."""
    if case.inputs["dns.gluePolicy"] == "narrow":
        case.skip("the server publishes narrow glue (dns.gluePolicy)")
    _needs_hosts(case)
    domain, other = await _foreign_domain(case)
    case.step("another registrar's host below it, with an address, is refused")
    glue = address("v4", case.inputs["run.glue4"][0])
    await case.refused(other, host_create(f"ns1.{domain}", [glue]), "EPP_SERVER_ACCEPTS_INTERNAL_HOST_WITH_GLUE")


@rst_case("epp-27")
async def glueless_host(case: Case) -> None:
    """No delegation to a host of the registry that has no glue."""
    _needs_hosts(case)
    domain, other = await _foreign_domain(case)
    case.step("another registrar's host below it, without address, is refused, or nothing can be delegated to it")
    name = f"ns1.{domain}"
    if not (await other.ask(host_create(name))).ok:
        return
    session = await case.login(1)
    update = domain_update(domain, add=name_servers((name, ()), objects=True))
    await case.refused(session, update, "EPP_SERVER_ALLOWS_DELEGATION_TO_GLUELESS_HOST")
