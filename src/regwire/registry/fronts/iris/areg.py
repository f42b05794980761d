"""Number resources (areg1, RFC 4698): lookups and results."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Final

from regwire.iris.handlers import Handlers
from regwire.iris.messages import areg
from regwire.iris.messages.common import AREG
from regwire.iris.messages.core import Entity, LookupEntity, ResultSet
from regwire.registry.fronts.iris.desk import Desk, Sight
from regwire.registry.model.numbers import (
    AS,
    IPV4,
    IPV6,
    NumberContact,
    NumberLink,
    NumberOrganisation,
    NumberResource,
)
from regwire.registry.model.objects import Phone, PostalInfo
from regwire.registry.rules.specificity import parent_of

__all__ = ["CLASSES", "contact_result", "organisation_result", "register", "resource_result"]

#: Entity classes of number resources.
CLASSES: Final = {IPV4: "ipv4-handle", IPV6: "ipv6-handle", AS: "as-handle"}
_TAGS: Final = {IPV4: "ipv4Network", IPV6: "ipv6Network", AS: "autonomousSystem"}


def register(handlers: Handlers, desk: Desk) -> None:
    """Have the entity classes of RFC 4698 section 3.3 looked up."""
    for type, entity_class in CLASSES.items():
        handlers.lookup(AREG, entity_class)(desk.handler(AREG, _resources(type)))
    handlers.lookup(AREG, "organization-id")(desk.handler(AREG, _organisation))
    handlers.lookup(AREG, "contact-handle")(desk.handler(AREG, _contact))


def _resources(type: str) -> Any:
    def look(sight: Sight, asked: LookupEntity) -> ResultSet | None:
        value = sight.view.number(type, asked.entity_name.strip())
        if value is None:
            return None
        return sight.answer([resource_result(sight, value)], _beside(sight, value))

    return look


def _organisation(sight: Sight, asked: LookupEntity) -> ResultSet | None:
    value = sight.view.party("organisation", asked.entity_name.strip())
    if not isinstance(value, NumberOrganisation):
        return None
    return sight.answer([organisation_result(sight, value)], _contacts(sight, value.contacts))


def _contact(sight: Sight, asked: LookupEntity) -> ResultSet | None:
    value = sight.view.party("numberContact", asked.entity_name.strip())
    if not isinstance(value, NumberContact):
        return None
    return sight.answer([contact_result(sight, value)], _organisations(sight, value.organisations))


def _beside(sight: Sight, value: NumberResource) -> list[Any]:
    """Return what a resource refers to: its holder, its contacts and its registry."""
    if sight.brief:
        return []
    return [*_organisations(sight, (value.organisation, value.registry)), *_contacts(sight, value.contacts)]


def _organisations(sight: Sight, handles: Iterable[str]) -> list[Any]:
    found = [sight.view.party("organisation", handle) for handle in handles if handle and not sight.brief]
    return [organisation_result(sight, value) for value in found if isinstance(value, NumberOrganisation)]


def _contacts(sight: Sight, links: Iterable[NumberLink]) -> list[Any]:
    found = [sight.view.party("numberContact", link.contact) for link in links if not sight.brief]
    return [contact_result(sight, value) for value in found if isinstance(value, NumberContact)]


# --- results


def resource_result(sight: Sight, value: NumberResource) -> Any:
    """Return a network or a range of autonomous systems."""
    parent = parent_of(sight.view, value)
    common: dict[str, Any] = {
        "name": value.name or None,
        "organization": _refer_organisation(sight, value.organisation),
        "parent": None if parent is None else sight.refer(_TAGS[parent.type], CLASSES[parent.type], parent.handle),
        "no_parent": parent is None,
        **_contact_group(sight, value.contacts),
        "number_resource_registry": _refer_organisation(sight, value.registry),
        "registration_date": value.registered,
        "last_updated_date": value.updated,
        **sight.naming(CLASSES[value.type], value.handle),
    }
    if value.type == AS:
        return areg.AutonomousSystem(as_handle=value.handle, start=value.first, end=value.last, **common)
    cls = areg.IPv4Network if value.type == IPV4 else areg.IPv6Network
    build: type[IPv4Address | IPv6Address] = IPv4Address if value.type == IPV4 else IPv6Address
    return cls(
        network_handle=value.handle,
        start_address=str(build(value.first)),
        end_address=str(build(value.last)),
        network_type=value.status or None,
        name_servers=value.name_servers,
        **common,
    )


def organisation_result(sight: Sight, value: NumberOrganisation) -> areg.Organization:
    """Return an organisation."""
    return areg.Organization(
        name=value.name or None,
        emails=value.emails,
        id=value.handle,
        postal_addresses=_postal(value.postal),
        phones=_phones(value.phones),
        **_contact_group(sight, value.contacts),
        number_resource_registry=_refer_organisation(sight, value.registry),
        registration_date=value.registered,
        last_updated_date=value.updated,
        **sight.naming("organization-id", value.handle),
    )


def contact_result(sight: Sight, value: NumberContact) -> areg.Contact:
    """Return a point of contact: the operator has it to be shown, so that nothing is withheld."""
    return areg.Contact(
        contact_handle=value.handle,
        common_name=value.name or None,
        emails=value.emails,
        sips=value.sips,
        organizations=tuple([sight.refer("organization", "organization-id", of) for of in value.organisations]),
        postal_addresses=_postal(value.postal),
        phones=_phones(value.phones),
        number_resource_registry=_refer_organisation(sight, value.registry),
        registration_date=value.registered,
        last_updated_date=value.updated,
        **sight.naming("contact-handle", value.handle),
    )


def _refer_organisation(sight: Sight, handle: str) -> Entity | None:
    return sight.refer("organization", "organization-id", handle) if handle else None


def _contact_group(sight: Sight, links: tuple[NumberLink, ...]) -> dict[str, Any]:
    found: dict[str, tuple[Entity, ...]] = {}
    for link in links:
        name = f"{link.role}_contacts"
        found[name] = (*found.get(name, ()), sight.refer("contact", "contact-handle", link.contact))
    return found


def _postal(values: tuple[PostalInfo, ...]) -> tuple[areg.PostalAddress, ...]:
    return tuple(
        [
            areg.PostalAddress(
                address="\n".join(value.street) or None,
                city=value.city,
                region=value.sp,
                postal_code=value.pc,
                country=value.cc,
            )
            for value in values
        ]
    )


def _phones(values: tuple[Phone, ...]) -> tuple[areg.Phone, ...]:
    return tuple(
        [areg.Phone(value.number, extensions=(value.extension,) if value.extension else ()) for value in values]
    )
