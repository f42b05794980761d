"""Objects that a case needs before it can begin: contacts, hosts, domains of the registrars under test."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import trio

from regwire.epp import Command, requests
from regwire.epp.messages.domain import DomainInfoData
from regwire.schema import Raw
from regwire.testing.rst.case import Case
from regwire.testing.rst.inputs import Tld
from regwire.testing.rst.session import Reply, Session
from regwire.testing.rst.xmltext import contact_create, domain_create, host_create, leaf, name_servers

__all__ = [
    "add_years",
    "contact_values",
    "create_contact",
    "create_domain",
    "create_host",
    "delegation",
    "differences",
    "domain_command",
    "eventually",
    "external_hosts",
    "info",
    "internal_host",
    "lower",
    "same_address",
    "supported_parts",
]

_NAMES = ("Anna Vermeer", "Jonas Berg", "Mireille Duval", "Pablo Ortega", "Ines Almeida")
_COMPANIES = ("Northern Lights Trading", "Harbour Works", "Blue Kiln Pottery", "Old Mill Books")
_STREETS = ("Mill Lane 4", "Harbour Street 21", "Long Meadow 7", "Station Road 113")
_PLACES = (("Delft", "ZH", "2611AB", "NL"), ("Bergen", "VL", "5003", "NO"), ("Lyon", "ARA", "69001", "FR"))


def supported_parts(case: Case) -> frozenset[str]:
    """The optional elements of a contact that the server takes."""
    return frozenset(case.inputs["epp.supportedContactElements"])


def contact_values(case: Case, session: Session) -> dict[str, Callable[[], str]]:
    """What {AUTO} means in each column of a contact's rows."""
    values = case.values
    city, state, code, country = _PLACES[values.number(0, len(_PLACES) - 1)]
    kinds = case.inputs["epp.supportedContactPostalInfoTypes"]

    def phone() -> str:
        return f"+31.{values.number(100_000_000, 999_999_999)}"

    return {
        "id": lambda: values.chars(12),
        "postalInfoType": lambda: values.pick(("int", "loc")) if kinds == "both" else kinds,
        "name": lambda: values.pick(_NAMES),
        "org": lambda: values.pick(_COMPANIES),
        "street1": lambda: values.pick(_STREETS),
        "street2": lambda: values.pick(_STREETS),
        "street3": lambda: values.pick(_STREETS),
        "city": lambda: city,
        "sp": lambda: state,
        "pc": lambda: code,
        "cc": lambda: country,
        "voice": phone,
        "voiceExt": lambda: str(values.number(10, 999)),
        "fax": phone,
        "faxExt": lambda: str(values.number(10, 999)),
        "email": lambda: f"{values.chars(8).lower()}@mail.example",
        "authInfo": lambda: case.auth(session),
    }


async def create_contact(case: Case, number: int) -> tuple[str, dict[str, str]]:
    """Create a contact of registrar 1 or 2; returns its identifier and its values."""
    session = await case.login(number)
    cells = {column: make() for column, make in contact_values(case, session).items()}
    cells |= {"street2": "", "street3": ""}
    await case.must(session, contact_create(cells, supported_parts(case)), "a contact that the case needs")
    return cells["id"], cells


async def create_host(case: Case, number: int, name: str, addresses: Iterable[str] = ()) -> str:
    """Create a host of registrar 1 or 2; returns its name."""
    session = await case.login(number)
    found = [leaf("addr", address, ip=f"v{ipaddress.ip_address(address).version}") for address in addresses]
    await case.must(session, host_create(name, found), "a host that the case needs")
    return name


async def internal_host(case: Case, number: int, tld: Tld, domain: str | None = None) -> str:
    """Create a host with glue below a domain of the registrar, a new one unless it is given."""
    parent = domain or await create_domain(case, number, tld, hosts=())
    return await create_host(case, number, f"ns1.{parent}", [case.inputs["run.glue4"][0]])


async def external_hosts(case: Case, number: int) -> tuple[str, ...]:
    """Two name servers outside of the registry; made once a case where hosts are objects."""
    found: tuple[str, ...] | None = case.cache.get("hosts")
    if found is None:
        parent = case.external_name().partition(".")[2]
        found = (f"ns1.{parent}", f"ns2.{parent}")
        if case.inputs.host_objects:
            for name in found:
                await create_host(case, number, name)
        case.cache["hosts"] = found
    return found


async def delegation(case: Case, number: int) -> tuple[str | None, dict[str, str]]:
    """The registrant and the contacts that a domain of the registrar must have; made once a case."""
    if case.inputs.minimum(number):
        return None, {}
    key = f"contacts{number}"
    if key not in case.cache:
        registrant, _ = await create_contact(case, number)
        kinds = case.inputs["epp.requiredContactTypes"]
        case.cache[key] = registrant, {kind: (await create_contact(case, number))[0] for kind in kinds}
    found: tuple[str, dict[str, str]] = case.cache[key]
    return found


async def create_domain(
    case: Case,
    number: int,
    tld: Tld,
    *,
    name: str | None = None,
    years: int = 1,
    hosts: tuple[str, ...] | None = None,
) -> str:
    """Create a domain of registrar 1 or 2 with all that it must have; returns its name.

    It is delegated to two servers outside of the registry, or to `hosts`.
    """
    name = name or f"{case.values.label()}.{tld.name}"
    command = await domain_command(case, number, name, years=years, hosts=hosts)
    await case.must(await case.login(number), command, "a domain that the case needs")
    return name


async def domain_command(
    case: Case,
    number: int,
    name: str,
    *,
    years: int = 1,
    hosts: tuple[str, ...] | None = None,
    registrant: str | None = None,
    auth: str | None = None,
    extension: Iterable[Raw] = (),
) -> Command:
    """The create of a domain with all that it must have; what it refers to is created, the domain is not."""
    session = await case.login(number)
    servers = await external_hosts(case, number) if hosts is None else hosts
    usual, contacts = await delegation(case, number)
    return domain_create(
        name,
        period=(str(years), "y"),
        ns=name_servers(*((server, ()) for server in servers), objects=case.inputs.host_objects),
        registrant=registrant or usual,
        contacts=contacts,
        auth=case.auth(session) if auth is None else auth,
        extension=extension,
    )


async def info(case: Case, session: Session, name: str) -> tuple[Reply, DomainInfoData | None]:
    """Ask for a domain; the data is None when it was refused."""
    reply = await session.ask(requests.info_domain(name))
    return reply, reply.data(DomainInfoData)


async def eventually(case: Case, look: Callable[[], Any]) -> Any:
    """Call an async function until what it gives is true or the time for it is over; returns the last."""
    deadline = trio.current_time() + case.inputs["run.statusTimeout"]
    pause = 0.1
    while True:
        found = await look()
        if found or trio.current_time() + pause > deadline:
            return found
        await trio.sleep(pause)
        pause = min(pause * 2, 5.0)


def add_years(date: dt.datetime, years: int) -> dt.datetime:
    """The same day, years later; 29 February becomes 28 February."""
    try:
        return date.replace(year=date.year + years)
    except ValueError:
        return date.replace(year=date.year + years, day=28)


def same_address(one: str, other: str) -> bool:
    """Whether two texts are the same IP address."""
    try:
        return ipaddress.ip_address(one) == ipaddress.ip_address(other)
    except ValueError:
        return one == other


def lower(names: Iterable[str]) -> set[str]:
    """Names in lower case, as they are compared."""
    return {name.lower() for name in names}


def differences(expected: Mapping[str, str | None], found: Mapping[str, str | None]) -> list[tuple[str, str]]:
    """What differs, by key, with a text that says how."""
    return [
        (key, f"{key} is {found.get(key)!r} instead of {value!r}")
        for key, value in expected.items()
        if found.get(key) != value
    ]
