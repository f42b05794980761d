"""Domains (dreg1, RFC 3982): searches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import idna

from regwire.errors import InvalidSearch
from regwire.iris.handlers import Handlers
from regwire.iris.messages import dreg
from regwire.iris.messages.common import DREG
from regwire.iris.messages.core import ResultSet
from regwire.registry.fronts.iris.contact_search import (
    contacts_like,
    domains_by_contact,
    domains_by_host,
    under,
)
from regwire.registry.fronts.iris.desk import Desk, Sight, idn_name, matching
from regwire.registry.fronts.iris.dreg import SHAPES, domain_result
from regwire.registry.fronts.iris.objects import registrars
from regwire.registry.model.numbers import Match
from regwire.registry.rules.features.idn import variants_of

__all__ = ["register"]


def register(handlers: Handlers, desk: Desk) -> None:
    """Have the queries of RFC 3982 section 3.1 answered."""
    for query, function in (
        (dreg.FindRegistrarsByName, _registrars),
        (dreg.FindDomainsByContact, _by_contact),
        (dreg.FindDomainsByName, _by_name),
        (dreg.FindDomainsByIDN, _by_idn),
        (dreg.FindContacts, _contacts),
        (dreg.FindDomainsByHost, _by_host),
    ):
        handlers.search(query)(desk.search(DREG, function))


def _registrars(sight: Sight, query: dreg.FindRegistrarsByName) -> ResultSet:
    """All registrars register in all zones of this registry."""
    base = query.base_domain
    if base is not None:
        wanted = base.strip().lower().strip(".")
        if wanted not in sight.desk.policies.by_zone and sight.desk.policies.zone_of(wanted) is None:
            return sight.searched(())
    match = None if query.name_part is None else matching(query.name_part)
    return sight.searched(
        SHAPES.registrar(sight, value)
        for value in registrars(sight)
        if match is None or match.fits(value.name or value.id)
    )


def _by_contact(sight: Sight, query: dreg.FindDomainsByContact) -> ResultSet:
    return sight.searched(
        domain_result(sight, value)
        for value in domains_by_contact(sight, query)
        if under(query.base_domain, value.name)
    )


def _by_name(sight: Sight, query: dreg.FindDomainsByName) -> ResultSet:
    match = _in_a_labels(matching(query.name_part))
    sight.require_searches(index=bool(match.ends))
    names = sight.view.found("domain", "name", match, limit=sight.limit)
    kept = sight.view.domains(names)
    found = (kept[name] for name in sorted(names) if name in kept)
    return sight.searched(domain_result(sight, value) for value in sight.present(found))


def _in_a_labels(match: Match) -> Match:
    """Return a match of names as they are in DNS; letters beyond ASCII can only be given as a whole label."""
    try:
        return Match(None, _ascii(match.begins), _ascii(match.ends.removesuffix(".")))
    except (idna.IDNAError, UnicodeError):
        raise InvalidSearch("names are searched as they are in DNS: write A-labels (xn--)") from None


def _ascii(text: str) -> str:
    if text.isascii():
        return text.lower()
    return ".".join(
        label if label.isascii() else idna.encode(label, uts46=True).decode("ascii")
        for label in text.lower().split(".")
    )


def _by_idn(sight: Sight, query: dreg.FindDomainsByIDN) -> ResultSet:
    name = idn_name(query.name_part.exact_match)
    names = dict.fromkeys([name, *variants_of(sight.view, name, sight.desk.policies)])
    found = (sight.domain(other) for other in names)
    return sight.searched(domain_result(sight, value) for value in found if value is not None)


def _contacts(sight: Sight, query: dreg.FindContacts) -> ResultSet:
    return sight.searched(SHAPES.contact(sight, value) for value in contacts_like(sight, query))


def _by_host(sight: Sight, query: dreg.FindDomainsByHost) -> ResultSet:
    return sight.searched(_results(sight, query))


def _results(sight: Sight, query: dreg.FindDomainsByHost) -> Iterator[Any]:
    for value in domains_by_host(sight, query):
        if under(query.base_domain, value.name):
            yield domain_result(sight, value)
