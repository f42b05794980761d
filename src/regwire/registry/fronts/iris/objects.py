"""Hosts, contacts and registration authorities: the results that dreg (RFC 3982) and ereg (RFC 4414) have alike.

Their classes differ in the namespace only; a `Shapes` names those of one type.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from types import ModuleType
from typing import Any, Final

from regwire.iris.handlers import Handlers
from regwire.iris.messages.common import IRIS
from regwire.iris.messages.core import Entity, LookupEntity, ResultSet
from regwire.registry.fronts.iris.desk import Desk, Sight, address_of, host_name
from regwire.registry.model.numbers import Match
from regwire.registry.model.objects import Contact, Domain, Host, Phone, PostalInfo
from regwire.registry.model.registrars import Registrar
from regwire.schema import Namespace, QName

__all__ = ["ROLES", "Shapes", "links", "registrars", "roles_of"]

#: Roles of contacts in queries and results, and what the registry calls them.
ROLES: Final = {
    "registrant": "registrant",
    "billingContact": "billing",
    "technicalContact": "tech",
    "administrativeContact": "admin",
}


class Shapes:
    """Results of one registry type.

    Args:
        module: where its messages are declared.

    """

    def __init__(self, module: ModuleType) -> None:
        self.messages: Any = module

    # --- hosts

    def host(self, sight: Sight, value: Host, entity_class: str = "host-handle", name: str = "") -> Any:
        """Return a host as the entity that it was asked for by."""
        made = self.messages
        handle = value.roid
        return made.Host(
            host_handle=made.PrivateNormalized(value=handle),
            host_name=value.name,
            ipv4_addresses=tuple([a.address for a in value.addresses if a.version == "v4"]),
            ipv6_addresses=tuple([a.address for a in value.addresses if a.version == "v6"]),
            created=made.PrivateDateTime(value=value.created),
            last_modification=None if value.updated is None else made.PrivateDateTime(value=value.updated),
            **sight.naming(entity_class, name or handle),
        )

    def attribute(self, sight: Sight, domain: Domain, index: int) -> Any:
        """Return a host that is an attribute of a domain: an entity of this response only."""
        host = domain.host_attributes[index]
        return self.messages.Host(
            host_name=host.name,
            ipv4_addresses=tuple([a.address for a in host.addresses if a.version == "v4"]),
            ipv6_addresses=tuple([a.address for a in host.addresses if a.version == "v6"]),
            temporary_reference=True,
            **sight.naming("host-name", host.name),
        )

    def servers(self, sight: Sight, domain: Domain) -> tuple[list[Entity], list[Any]]:
        """Return the references to the name servers of a domain, and the hosts that they stand for."""
        hosts = {host.roid: host for host in sight.view.hosts_of_roids(domain.hosts)} if domain.hosts else {}
        found = [hosts[roid] for roid in domain.hosts if roid in hosts]
        references = [sight.refer("host", "host-handle", host.roid) for host in found]
        beside = [] if sight.brief else [self.host(sight, host) for host in found]
        for index, attribute in enumerate(domain.host_attributes):
            references.append(sight.refer("host", "host-name", attribute.name, temporary_reference=True))
            sight.need(self.attribute(sight, domain, index))
        return references, beside

    # --- contacts

    def contact(self, sight: Sight, value: Contact) -> Any:
        """Return a contact, of withheld data only that there is some (nil: private or denied)."""
        made = self.messages
        # One that everybody can read is better than one that few can; the other is there as a second address.
        postal = sorted(value.postal, key=lambda info: info.type != "int")
        first = postal[0] if postal else PostalInfo("int", None)
        seen = _Seen(sight, value, made)
        return made.Contact(
            contact_handle=made.PrivateNormalized(value=value.id),
            common_name=seen.one(made.PrivateNormalized, "name", first.name, first.type),
            organization=seen.one(made.PrivateNormalized, "organization", first.org, first.type),
            emails=seen.some(made.PrivateString, "email", value.email),
            postal_addresses=tuple([self._address(seen, info) for info in postal]),
            phones=seen.some(made.PrivateNormalized, "voice", _number(value.voice)),
            faxes=seen.some(made.PrivateNormalized, "fax", _number(value.fax)),
            created=made.PrivateDateTime(value=value.created),
            last_modification=None if value.updated is None else made.PrivateDateTime(value=value.updated),
            **sight.naming("contact-handle", value.id),
        )

    def _address(self, seen: _Seen, info: PostalInfo) -> Any:
        made, form = self.messages, info.type
        return made.PostalAddress(
            address=seen.one(made.PrivateString, "street", "\n".join(info.street), form),
            city=seen.one(made.PrivateString, "city", info.city, form),
            region=seen.one(made.PrivateString, "region", info.sp, form),
            postal_code=seen.one(made.PrivateNormalized, "postal_code", info.pc, form),
            country=seen.one(made.PrivateToken, "country", info.cc, form),
        )

    def contacts(self, sight: Sight, domain: Domain) -> tuple[dict[str, list[Entity]], list[Any]]:
        """Return the references to the contacts of a domain by role, and the contacts that they stand for."""
        roles: dict[str, list[Entity]] = {}
        beside: list[Any] = []
        if not (sight.full or sight.desk.privacy.handles):
            return roles, beside
        seen: set[str] = set()
        for role, id in links(domain):
            roles.setdefault(role, []).append(sight.refer("contact", "contact-handle", id))
            if id not in seen and not sight.brief:
                seen.add(id)
                value = sight.contact(id)
                beside += [] if value is None else [self.contact(sight, value)]
        return roles, beside

    # --- registration authorities

    def registrar(self, sight: Sight, value: Registrar) -> Any:
        """Return a registrar: with all zones, as registrars are the same for all of them."""
        made = self.messages
        more = {"domains": sight.desk.zones} if hasattr(made.RegistrationAuthority, "domains") else {}
        return made.RegistrationAuthority(
            organization_name=value.name or value.id,
            roles=(made.RegistrarRole(),),
            **more,
            **sight.naming("registration-authority", value.id),
        )

    def registry(self, sight: Sight) -> Any:
        """Return the registry itself."""
        made = self.messages
        more = {"domains": sight.desk.zones} if hasattr(made.RegistrationAuthority, "domains") else {}
        service = Entity(referent_type=QName(IRIS.uri, "serviceIdentification"), **sight.naming("iris", "id"))
        return made.RegistrationAuthority(
            service_instance=service,
            organization_name=sight.desk.operator,
            roles=(made.RegistryRole(),),
            **more,
            **sight.naming("registration-authority", sight.desk.settings.registry_handle),
        )

    def sponsor(self, sight: Sight, id: str) -> list[Any]:
        """Return the registrar of a domain, if the registry knows it."""
        value = sight.view.record("registrar", id)
        return [] if value is None else [self.registrar(sight, value)]

    # --- lookups

    def register(self, handlers: Handlers, desk: Desk) -> None:
        """Have the classes looked up that both types have."""
        namespace: Namespace = self.messages.Host.__ns__

        def on(*classes: str) -> Any:
            return handlers.lookup(namespace, *classes)

        on("host-name")(desk.handler(namespace, self._by_host_name))
        on("host-handle")(desk.handler(namespace, self._by_host_handle))
        on("ipv4-address")(desk.search(namespace, lambda sight, asked: self._by_address(sight, asked, 4)))
        on("ipv6-address")(desk.search(namespace, lambda sight, asked: self._by_address(sight, asked, 6)))
        on("contact-handle")(desk.handler(namespace, self._by_contact_handle))
        on("registration-authority")(desk.handler(namespace, self._by_authority))

    def _by_host_name(self, sight: Sight, asked: LookupEntity) -> Any:
        value = sight.view.host(host_name(asked.entity_name))
        return None if value is None else self.host(sight, value, "host-name", value.name)

    def _by_host_handle(self, sight: Sight, asked: LookupEntity) -> Any:
        value = sight.view.host_of_roid(asked.entity_name.strip().upper())
        return None if value is None else self.host(sight, value)

    def _by_address(self, sight: Sight, asked: LookupEntity, version: int) -> ResultSet | None:
        address = address_of(asked.entity_name, version)
        sight.require_searches(index=True)
        entity_class = f"ipv{version}-address"
        names = sight.view.found("host", "address", Match(address), limit=sight.limit)
        hosts = filter(None, map(sight.view.host, sorted(names)))
        found = sight.searched(self.host(sight, host, entity_class, address) for host in hosts)
        return found if found.answer.results else None

    def _by_contact_handle(self, sight: Sight, asked: LookupEntity) -> Any:
        value = sight.contact_of(asked.entity_name)
        return None if value is None else self.contact(sight, value)

    def _by_authority(self, sight: Sight, asked: LookupEntity) -> Any:
        name = asked.entity_name.strip().casefold()
        if name in {sight.desk.settings.registry_handle.casefold(), sight.desk.operator.casefold()}:
            return self.registry(sight)
        exact = sight.view.record("registrar", asked.entity_name.strip())
        if exact is not None:
            return self.registrar(sight, exact)
        for value in registrars(sight):
            if name in {value.id.casefold(), value.name.casefold()}:
                return self.registrar(sight, value)
        return None


class _Seen:
    """Values of a contact with what a client may see of them."""

    def __init__(self, sight: Sight, contact: Contact, made: Any) -> None:
        self._sight = sight
        self._contact = contact
        self._made = made

    def one(self, cls: Any, element: str, text: str | None, form: str = "") -> Any:
        if not text:
            return None
        if self._sight.full:
            return cls(value=text, special_access=True)
        seen = self._sight.visible(self._contact, element, form)
        if seen == "shown":
            return cls(value=text)
        return cls(private=True) if seen == "private" else cls(denied=True)

    def some(self, cls: Any, element: str, text: str | None) -> tuple[Any, ...]:
        value = self.one(cls, element, text)
        return () if value is None else (value,)


def _number(phone: Phone | None) -> str | None:
    if phone is None or not phone.number:
        return None
    return f"{phone.number} x{phone.extension}" if phone.extension else phone.number


def registrars(sight: Sight) -> Iterator[Registrar]:
    """Yield every registrar."""
    after = ""
    while found := sight.view.records("registrar", after=after):
        yield from found
        after = found[-1].id


def links(domain: Domain) -> Iterator[tuple[str, str]]:
    """Yield the contacts of a domain: role as the registry calls it, and id."""
    if domain.registrant:
        yield "registrant", domain.registrant
    for link in domain.contacts:
        yield link.type, link.id


def roles_of(domain: Domain, ids: Iterable[str] | Sequence[str]) -> set[str]:
    """Return the roles in which any of these contacts is to a domain."""
    wanted = set(ids)
    return {role for role, id in links(domain) if id in wanted}
