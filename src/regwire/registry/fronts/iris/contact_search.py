"""Finding contacts and hosts, and what has to do with them: the searches that dreg and ereg have alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from regwire.errors import InvalidSearch, PermissionDenied, SearchTooWide
from regwire.registry.fronts.iris.desk import Sight, address_of, matching
from regwire.registry.fronts.iris.objects import ROLES, links
from regwire.registry.model.numbers import Match
from regwire.registry.model.objects import Contact, Domain

__all__ = ["contacts_like", "domains_by_contact", "domains_by_host", "under"]

#: Parameters of queries: the element of a contact that they are about, and the store's field.
_FIELDS: Final = {
    "common_name": ("name", "name"),
    "organization": ("organization", "organisation"),
    "city": ("city", "city"),
    "region": ("region", "region"),
    "postal_code": ("postal_code", "postal"),
}


def contacts_like(sight: Sight, query: Any) -> Iterator[Contact]:
    """Yield the contacts that fit a query's criterion, as far as this client may see what it is about.

    What may not be seen cannot be searched either: an answer would tell it.
    """
    sight.require_searches(index=True)
    element, field, match = _criterion(query)
    keys = sight.view.found("contact", field, match, limit=_SCANNED)
    for id in sorted(keys):
        value = sight.contact(id)
        if value is not None and _fits(sight, value, element, match):
            yield value
    _require_all(len(keys), _SCANNED)


#: Objects that are looked at for one search, at most; most of them may be such as this client may not see.
_SCANNED: Final = 5000


def _require_all(looked_at: int, limit: int) -> None:
    """Refuse to pass off as all that there is what was only looked at in part."""
    if looked_at >= limit:
        raise SearchTooWide(f"more than {limit} would have to be looked at; ask for less")


def _criterion(query: Any) -> tuple[str, str, Match]:
    for name, (element, field) in _FIELDS.items():
        given = getattr(query, name, None)
        if given is not None:
            return element, field, matching(given)
    given = query.email
    if given is not None:
        return ("email", *_address(given))
    # Contacts of this registry have none.
    return "sip", "sip", Match("sip")


def _address(given: Any) -> tuple[str, Match]:
    if given.in_domain is not None:
        if "@" in given.in_domain or not given.in_domain.strip():
            raise InvalidSearch("inDomain is a domain name, without @")
        return "in", Match(given.in_domain.strip().removesuffix("."))
    return "email", matching(given)


def _fits(sight: Sight, value: Contact, element: str, match: Match) -> bool:
    """Tell whether what fits is something that this client may see."""
    if sight.full:
        return True
    if element == "email":
        return sight.visible(value, "email") == "shown"
    if element == "sip":
        return False
    for info in value.postal:
        text = {
            "name": info.name,
            "organization": info.org,
            "city": info.city,
            "region": info.sp,
            "postal_code": info.pc,
        }[element]
        if text and match.fits(" ".join(text.split())) and sight.visible(value, element, info.type) == "shown":
            return True
    return False


def domains_by_contact(sight: Sight, query: Any) -> Iterator[Domain]:
    """Yield the domains that have a contact like that, in the role asked for, each once."""
    sight.require_searches(index=False)
    if not (sight.full or sight.desk.privacy.handles):
        raise PermissionDenied("which contacts a domain has is not public here")
    role = None if query.role is None else ROLES.get(query.role)
    if query.role is not None and role is None:
        # A role that no contact of this registry has.
        return
    seen: set[str] = set()
    for id in _ids(sight, query):
        kept = sight.view.domains_of_contact(id, limit=_SCANNED)
        for value in sight.present(kept):
            roles = {given for given, other in links(value) if other == id}
            if value.roid not in seen and roles and (role is None or role in roles):
                seen.add(value.roid)
                yield value
        _require_all(len(kept), _SCANNED)


def _ids(sight: Sight, query: Any) -> Iterator[str]:
    if query.contact_handle is not None:
        value = sight.contact_of(query.contact_handle.exact_match)
        if value is not None:
            yield value.id
        return
    for number, value in enumerate(contacts_like(sight, query)):
        _require_all(number, sight.desk.settings.contacts_searched)
        yield value.id


def domains_by_host(sight: Sight, query: Any) -> Iterator[Domain]:
    """Yield the domains that use a name server, each once."""
    sight.require_searches(index=False)
    seen: set[str] = set()
    for value in sight.present(_using(sight, query)):
        if value.roid not in seen:
            seen.add(value.roid)
            yield value


def _using(sight: Sight, query: Any) -> Iterator[Domain]:
    view = sight.view
    if query.host_handle is not None:
        yield from _all_using(sight, query.host_handle.exact_match.strip().upper())
        return
    if query.host_name is None or sight.desk.attributes:
        sight.require_searches(index=True)
    if query.host_name is not None:
        name = query.host_name.exact_match.strip().lower().removesuffix(".")
        hosts, field, text = [view.host(name)], "server", name
    else:
        version = 4 if query.ipv4_address is not None else 6
        given = query.ipv4_address if version == 4 else query.ipv6_address
        field, text = "address", address_of(given.exact_match, version, InvalidSearch)
        hosts = [view.host(name) for name in view.found("host", "address", Match(text), limit=sight.limit)]
    for host in hosts:
        if host is not None:
            yield from _all_using(sight, host.roid)
    if sight.desk.attributes:
        # Name servers that are attributes of domains.
        names = view.found("domain", field, Match(text), limit=_SCANNED)
        yield from view.domains(names).values()
        _require_all(len(names), _SCANNED)


def _all_using(sight: Sight, roid: str) -> Iterator[Domain]:
    kept = sight.view.domains_using(roid, limit=_SCANNED)
    yield from kept
    _require_all(len(kept), _SCANNED)


def under(base: str | None, name: str) -> bool:
    """Tell whether a name lies below a base domain; None: it does not matter."""
    if base is None:
        return True
    return name.endswith("." + base.strip().lower().strip("."))
