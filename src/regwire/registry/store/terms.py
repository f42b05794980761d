"""What objects are searched by: the terms of a value, one (field, text) each, in lower case.

A field that is also searched by how it ends has its text once more, reversed, under its name with a ``~``: the end of
a text is the beginning of the reversed one, which an index finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from typing import Any, Final

from regwire.registry.model.numbers import NumberContact, NumberLink, NumberOrganisation, NumberResource
from regwire.registry.model.objects import Contact, Domain, Host, PostalInfo

__all__ = ["HIGHEST", "kind_of", "reversed_field", "term_rows", "terms"]

Term = tuple[str, str]

#: Greater than every character that a term has: the end of all texts that begin alike.
HIGHEST: Final = "\U0010ffff"

_PARTIAL: Final = frozenset({"name", "organisation"})


def reversed_field(field: str) -> str:
    """Return the field that has the reversed text of ``field``."""
    return f"{field}~"


def kind_of(value: Any) -> str:
    """Return under which kind the terms of a value are kept."""
    if isinstance(value, NumberResource):
        return value.type
    return _KINDS[type(value)]


def terms(value: Any) -> list[Term]:
    """Return the terms of a domain, host, contact, number resource, number organisation or number contact.

    The fields: "name", "organisation", "email", "in" (the domain of an address), "city", "region", "country",
    "postal"; of contacts "handle"; of hosts "address"; of domains with host attributes "server" and "address"; of
    number resources "server", "contact" and "contact:ROLE"; of number organisations the latter two; of their contacts
    "member".
    """
    found = _TERMS[type(value)](value)
    # What is searched for is given as a token or normalised string: one space is as good as many.
    return list(dict.fromkeys([(field, " ".join(text.casefold().split())) for field, text in found if text]))


def term_rows(value: Any, key: str) -> set[tuple[str, str, str, str]]:
    """Return the rows of a value in the table of terms: kind, field, text, key."""
    kind = kind_of(value)
    rows = set()
    for field, text in terms(value):
        if kind == "domain" and field == "name":
            # Its own index finds a name from its beginning.
            rows.add((kind, "name~", key[::-1], key))
            continue
        rows.add((kind, field, text, key))
        if field in _PARTIAL:
            rows.add((kind, reversed_field(field), text[::-1], key))
    return rows


def _emails(addresses: Iterable[str]) -> Iterator[Term]:
    for address in addresses:
        yield "email", address
        yield "in", address.rpartition("@")[2]


def _postal(values: Iterable[PostalInfo]) -> Iterator[Term]:
    for value in values:
        yield "city", value.city or ""
        yield "region", value.sp or ""
        yield "postal", value.pc or ""
        yield "country", value.cc or ""


def _links(links: Iterable[NumberLink]) -> Iterator[Term]:
    for link in links:
        yield "contact", link.contact
        yield f"contact:{link.role}", link.contact


def _of_domain(value: Domain) -> Iterator[Term]:
    yield "name", value.name
    for host in value.host_attributes:
        yield "server", host.name
        for address in host.addresses:
            yield "address", ip_address(address.address).compressed


def _of_host(value: Host) -> Iterator[Term]:
    for address in value.addresses:
        yield "address", ip_address(address.address).compressed


def _of_contact(value: Contact) -> Iterator[Term]:
    yield "handle", value.id
    for postal in value.postal:
        yield "name", postal.name or ""
        yield "organisation", postal.org or ""
    yield from _postal(value.postal)
    yield from _emails((value.email,) if value.email else ())


def _of_resource(value: NumberResource) -> Iterator[Term]:
    yield "name", value.name
    for server in value.name_servers:
        yield "server", server
    yield from _links(value.contacts)


def _of_organisation(value: NumberOrganisation) -> Iterator[Term]:
    yield "name", value.name
    yield from _emails(value.emails)
    yield from _postal(value.postal)
    yield from _links(value.contacts)


def _of_number_contact(value: NumberContact) -> Iterator[Term]:
    yield "name", value.name
    yield from _emails(value.emails)
    yield from _postal(value.postal)
    for handle in value.organisations:
        yield "member", handle


_TERMS: Final[dict[type, Any]] = {
    Domain: _of_domain,
    Host: _of_host,
    Contact: _of_contact,
    NumberResource: _of_resource,
    NumberOrganisation: _of_organisation,
    NumberContact: _of_number_contact,
}
_KINDS: Final = {
    Domain: "domain",
    Host: "host",
    Contact: "contact",
    NumberOrganisation: "organisation",
    NumberContact: "numberContact",
}
