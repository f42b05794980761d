"""epp-04 to epp-06: checks of domains, hosts and contacts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regwire.epp import Command
from regwire.epp.messages.contact import ContactCheckData
from regwire.epp.messages.domain import DomainCheckData
from regwire.epp.messages.host import HostCheckData
from regwire.testing.rst.case import Case, rst_case
from regwire.testing.rst.session import Reply, Session
from regwire.testing.rst.xmltext import CONTACT, DOMAIN, HOST, leaf, object_command

#: What a server may answer when it does not look at a name because it is none.
SYNTAX = (2001, 2004, 2005)

_DATA: Mapping[str, tuple[str, Any]] = {
    DOMAIN: ("name", DomainCheckData),
    HOST: ("name", HostCheckData),
    CONTACT: ("id", ContactCheckData),
}


def _check(namespace: str, value: str) -> Command:
    return object_command("check", namespace, [leaf(_DATA[namespace][0], value)])


def _available(reply: Reply, namespace: str, value: str) -> bool | None:
    """What the answer says about one name or identifier; None if it does not speak of it."""
    tag, cls = _DATA[namespace]
    data = reply.data(cls)
    for item in () if data is None else data.items:
        found = getattr(item, tag)
        text = found.id if tag == "id" else found.name
        if text.lower() == value.lower():
            return bool(found.avail)
    return None


async def _valid(case: Case, session: Session, namespace: str, value: str, *, free: bool, code: str) -> None:
    """Check what must be answered with `avail` as it is."""
    reply = await session.ask(_check(namespace, value))
    if reply.refused:
        case.report("EPP_UNEXPECTED_COMMAND_FAILURE", f"{value}: refused: {reply}")
        return
    found = _available(reply, namespace, value)
    if reply.ok and found is not free:
        shown = "nothing" if found is None else f"avail={int(found)}"
        case.report(code, f"{value}: {shown} instead of avail={int(free)}")


async def _invalid(case: Case, session: Session, namespace: str, value: str, *, code: str) -> None:
    """Check what is none: unavailable, or a syntax error."""
    reply = await session.ask(_check(namespace, value))
    if reply.refused and reply.code not in SYNTAX:
        case.report(code, f"{value!r}: refused with {reply}, not with {', '.join(map(str, SYNTAX))}")
    elif reply.ok and _available(reply, namespace, value) is not False:
        case.report(code, f"{value!r}: not said to be unavailable")


def _bad_labels(case: Case) -> tuple[str, ...]:
    chars = case.values.chars
    return (
        f"-{chars(8)}",
        f"{chars(8)}-",
        f"{chars(4)}_{chars(4)}",
        f"{chars(4)}!{chars(4)}",
        chars(64),
        f"{chars(3)} x",
    )


@rst_case("epp-04")
async def domain_check(case: Case) -> None:
    """Names that are none, names that are taken, names that are free; in every zone."""
    session = await case.login()
    code = "EPP_DOMAIN_CHECK_{}_DOMAIN_INCORRECT_AVAIL"
    for tld in case.ascii_tlds():
        for label in _bad_labels(case):
            case.step(f"a check of a name that is none, below {tld.name}")
            await _invalid(case, session, DOMAIN, f"{label}.{tld.name}", code=code.format("INVALID"))
        taken = case.registered_name(tld)
        if taken is None:
            case.note(f"epp.registeredNames has no name below {tld.name}: no check of a registered name there")
        else:
            case.step(f"a check of the registered name {taken}")
            await _valid(case, session, DOMAIN, taken, free=False, code=code.format("REGISTERED"))
        case.step(f"a check of a free name below {tld.name}")
        name = f"{case.values.label()}.{tld.name}"
        await _valid(case, session, DOMAIN, name, free=True, code=code.format("VALID"))


@rst_case("epp-05")
async def host_check(case: Case) -> None:
    """Host names that are none, that exist, that are free."""
    if not case.inputs.host_objects:
        case.skip("hosts are attributes of domains (epp.hostModel)")
    session = await case.login()
    code = "EPP_HOST_CHECK_{}_HOST_INCORRECT_AVAIL"
    for tld in case.ascii_tlds():
        for label in _bad_labels(case):
            case.step("a check of a host name that is none")
            name = f"{label}.{case.values.label()}.{tld.name}"
            await _invalid(case, session, HOST, name, code=code.format("INVALID"))
        case.step(f"a check of a free host name below {tld.name}")
        name = f"ns1.{case.values.label()}.{tld.name}"
        await _valid(case, session, HOST, name, free=True, code=code.format("VALID"))
    case.step("a check of a free host name outside of the registry")
    await _valid(case, session, HOST, case.external_name(), free=True, code=code.format("VALID"))
    registered = case.inputs["epp.registeredNameservers"]
    if not registered:
        case.note("epp.registeredNameservers is empty: no check of a host that exists")
    for name in registered:
        case.step(f"a check of the registered host {name}")
        await _valid(case, session, HOST, name, free=False, code=code.format("REGISTERED"))


@rst_case("epp-06")
async def contact_check(case: Case) -> None:
    """Contact identifiers that are none, that exist, that are free."""
    client = case.inputs.thick_client()
    if client is None:
        case.skip("the registry has no contacts (general.registryDataModel)")
    session = await case.login(client)
    code = "EPP_CONTACT_CHECK_{}_CONTACT_ID_INCORRECT_AVAIL"
    for value in (case.values.chars(2), case.values.chars(17), ""):
        case.step("a check of an identifier that is none")
        await _invalid(case, session, CONTACT, value, code=code.format("INVALID"))
    registered = case.inputs["epp.registeredContacts"]
    if not registered:
        case.note("epp.registeredContacts is empty: no check of a contact that exists")
    for value in registered:
        case.step(f"a check of the registered contact {value}")
        await _valid(case, session, CONTACT, value, free=False, code=code.format("REGISTERED"))
    case.step("a check of a free identifier")
    await _valid(case, session, CONTACT, case.values.chars(14), free=True, code=code.format("VALID"))
