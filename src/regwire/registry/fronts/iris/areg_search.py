"""Number resources (areg1, RFC 4698): searches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from regwire.errors import InvalidSearch, NameNotFound
from regwire.iris.handlers import Handlers
from regwire.iris.messages import areg
from regwire.iris.messages.common import AREG
from regwire.iris.messages.core import ResultSet
from regwire.registry.fronts.iris.areg import contact_result, organisation_result, resource_result
from regwire.registry.fronts.iris.desk import Desk, Sight, address_of, matching
from regwire.registry.model.numbers import (
    AS,
    IPV4,
    IPV6,
    Match,
    NumberContact,
    NumberOrganisation,
    range_of,
)
from regwire.registry.rules.specificity import Specificity, by_handle, by_range

__all__ = ["register"]

_RETURNED: Final = {
    "returnASs": (AS,),
    "returnIPv4Networks": (IPV4,),
    "returnIPv6Networks": (IPV6,),
    "returnOrganizations": ("organisation",),
    None: (IPV4, IPV6, AS, "organisation"),
}
_ROLES: Final = {
    "adminContact": "contact:admin",
    "techContact": "contact:tech",
    "nocContact": "contact:noc",
    "abuseContact": "contact:abuse",
    "otherContact": "contact:other",
    None: "contact",
}
_FIELDS: Final = {
    "common_name": "name",
    "organization_name": "name",
    "city": "city",
    "region": "region",
    "country": "country",
    "postal_code": "postal",
    "organization_id": "member",
}


def register(handlers: Handlers, desk: Desk) -> None:
    """Have the queries of RFC 4698 section 3.1 answered."""
    for query, function in (
        (areg.FindNetworksByName, _networks_by_name),
        (areg.FindAutonomousSystemsByName, _systems_by_name),
        (areg.FindNetworksByAddress, _by_address),
        (areg.FindNetworksByHandle, _by_handle),
        (areg.FindASByNumber, _by_number),
        (areg.FindByContact, _by_contact),
        (areg.FindNetworksByNameServer, _by_server),
        (areg.FindContacts, _contacts),
        (areg.FindOrganizations, _organisations),
    ):
        handlers.search(query)(desk.handler(AREG, function))


# --- by range


def _by_address(sight: Sight, query: areg.FindNetworksByAddress) -> ResultSet:
    version, given = (4, query.ipv4_address) if query.ipv4_address is not None else (6, query.ipv6_address)
    assert given is not None
    ends = [address_of(text, version, InvalidSearch) for text in (given.start, given.end or given.start)]
    return _related(sight, "-".join(ends), query.specificity)


def _by_number(sight: Sight, query: areg.FindASByNumber) -> ResultSet:
    ends = [_number(text) for text in (query.start, query.end or query.start)]
    return _related(sight, "-".join(f"AS{number}" for number in ends), query.specificity)


def _number(text: str) -> int:
    # "AS" before the digits is no number, but what people write.
    digits = text.strip().upper().removeprefix("AS")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 10 or int(digits) >= 1 << 32:
        raise InvalidSearch(f"{text!r} is no autonomous system number")
    return int(digits)


def _related(sight: Sight, text: str, specificity: areg.Specificity) -> ResultSet:
    try:
        type, first, last = range_of(text)
    except ValueError as error:
        raise InvalidSearch(str(error)) from None
    wanted: Specificity = specificity.value
    found = by_range(sight.view, type, first, last, wanted, equal=specificity.allow_equivalences, limit=sight.limit)
    return sight.searched(resource_result(sight, value) for value in found)


def _by_handle(sight: Sight, query: areg.FindNetworksByHandle) -> ResultSet:
    handle = query.network_handle.strip()
    networks = [value for value in (sight.view.number(type, handle) for type in (IPV4, IPV6)) if value is not None]
    if not networks:
        raise NameNotFound(f"there is no network {handle}")
    found = [
        value for network in networks for value in by_handle(sight.view, network, query.specificity, limit=sight.limit)
    ]
    return sight.searched(resource_result(sight, value) for value in found)


# --- by text


def _networks_by_name(sight: Sight, query: areg.FindNetworksByName) -> ResultSet:
    return _resources(sight, (IPV4, IPV6), "name", matching(query.name))


def _systems_by_name(sight: Sight, query: areg.FindAutonomousSystemsByName) -> ResultSet:
    return _resources(sight, (AS,), "name", matching(query.name))


def _by_server(sight: Sight, query: areg.FindNetworksByNameServer) -> ResultSet:
    name = query.name_server.strip().removesuffix(".")
    if not name:
        raise InvalidSearch("nameServer is empty")
    types = {"returnIPv4Networks": (IPV4,), "returnIPv6Networks": (IPV6,), None: (IPV4, IPV6)}
    return _resources(sight, types[query.returned_result_type], "server", Match(name))


def _resources(sight: Sight, kinds: tuple[str, ...], field: str, match: Match) -> ResultSet:
    return sight.searched(_found(sight, kinds, field, match))


def _found(sight: Sight, kinds: tuple[str, ...], field: str, match: Match) -> Iterator[Any]:
    """Yield the results of what has such a text: resources, or organisations and contacts."""
    for kind in kinds:
        for handle in sorted(sight.view.found(kind, field, match, limit=sight.limit)):
            if kind in {"organisation", "numberContact"}:
                party = sight.view.party(kind, handle)
                if isinstance(party, NumberOrganisation):
                    yield organisation_result(sight, party)
                elif isinstance(party, NumberContact):
                    yield contact_result(sight, party)
            else:
                resource = sight.view.number(kind, handle)
                if resource is not None:
                    yield resource_result(sight, resource)


def _contacts(sight: Sight, query: areg.FindContacts) -> ResultSet:
    return sight.searched(_found(sight, ("numberContact",), *_criterion(query)))


def _organisations(sight: Sight, query: areg.FindOrganizations) -> ResultSet:
    return sight.searched(_found(sight, ("organisation",), *_criterion(query)))


def _by_contact(sight: Sight, query: areg.FindByContact) -> ResultSet:
    if query.contact_handle is not None:
        handles = [matching(query.contact_handle).exact or ""]
    else:
        handles = sight.view.found("numberContact", *_criterion(query), limit=sight.limit)
    kinds, field = _RETURNED[query.returned_result_type], _ROLES[query.role]
    return sight.searched(_each_once(sight, kinds, field, sorted(handles)))


def _each_once(sight: Sight, kinds: tuple[str, ...], field: str, handles: list[str]) -> Iterator[Any]:
    seen: set[tuple[str, str]] = set()
    for handle in handles:
        for result in _found(sight, kinds, field, Match(handle)):
            place = result.entity_class, result.entity_name
            if place not in seen:
                seen.add(place)
                yield result


def _criterion(query: Any) -> tuple[str, Match]:
    for name, field in _FIELDS.items():
        given = getattr(query, name, None)
        if given is not None:
            return field, matching(given)
    given = query.email
    if given.in_domain is None:
        return "email", matching(given)
    if "@" in given.in_domain or not given.in_domain.strip():
        raise InvalidSearch("inDomain is a domain name, without @")
    return "in", Match(given.in_domain.strip().removesuffix("."))
