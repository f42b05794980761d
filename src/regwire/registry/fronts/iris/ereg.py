"""ENUM (ereg1, RFC 4414): numbers are the domains of zones that are ENUM zones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from regwire.errors import InvalidName, InvalidSearch
from regwire.iris.handlers import Handlers
from regwire.iris.messages import ereg
from regwire.iris.messages.common import EREG, Text
from regwire.iris.messages.core import LookupEntity, ResultSet
from regwire.registry.fronts.iris.contact_search import (
    contacts_like,
    domains_by_contact,
    domains_by_host,
)
from regwire.registry.fronts.iris.desk import Desk, Sight, domain_name
from regwire.registry.fronts.iris.objects import Shapes
from regwire.registry.fronts.iris.statuses import statuses_of
from regwire.registry.fronts.iris.validations import event_in, event_of, events_of
from regwire.registry.model.e164 import MOST_DIGITS, digits_of, name_of, number_of, split
from regwire.registry.model.numbers import Match
from regwire.registry.model.objects import Domain
from regwire.registry.rules.present import why_not_free

__all__ = ["register"]

_SHAPES: Final = Shapes(ereg)


def register(handlers: Handlers, desk: Desk) -> None:
    """Have the entity classes and queries of RFC 4414 answered."""
    _SHAPES.register(handlers, desk)
    handlers.lookup(EREG, "e164")(desk.handler(EREG, _by_number))
    handlers.lookup(EREG, "enum")(desk.handler(EREG, _by_name))
    handlers.lookup(EREG, "enum-handle")(desk.handler(EREG, _by_handle))
    handlers.lookup(EREG, "validation-event")(desk.handler(EREG, _event))
    # Of the one only names are known, which come along with what they validated; of the other nothing.
    handlers.lookup(EREG, "validation-entity", "csp")(desk.handler(EREG, _nothing))
    for query, function in (
        (ereg.FindEnumsByE164, _by_prefix),
        (ereg.FindEnumsByContact, _by_contact),
        (ereg.FindEnumsByHost, _by_host),
        (ereg.FindContacts, _contacts),
    ):
        handlers.search(query)(desk.search(EREG, function))


# --- lookups


def _by_number(sight: Sight, asked: LookupEntity) -> ResultSet | None:
    digits = _digits(asked.entity_name, InvalidName)
    for name in _names(sight, digits):
        found = _named(sight, name, "e164", digits)
        if found is not None:
            return found
    return None


def _by_name(sight: Sight, asked: LookupEntity) -> ResultSet | None:
    name = domain_name(asked.entity_name)
    return _named(sight, name, "enum", name) if _is_enum(sight, name) else None


def _by_handle(sight: Sight, asked: LookupEntity) -> ResultSet | None:
    kept = sight.view.domain_of_roid(asked.entity_name.strip().upper())
    value = None if kept is None else sight.domain(kept.name)
    if value is None or kept is None or value.roid != kept.roid or not _is_enum(sight, value.name):
        return None
    return _whole(sight, value, "enum-handle", value.roid)


def _event(sight: Sight, asked: LookupEntity) -> ResultSet | None:
    digits, id = event_in(asked.entity_name)
    for name in _names(sight, digits_of(digits)):
        value = sight.domain(name)
        if value is not None and (found := event_of(sight, value, id)) is not None:
            return sight.answer([found], _SHAPES.sponsor(sight, value.sponsor))
    return None


def _nothing(sight: Sight, asked: LookupEntity) -> None:
    return None


def _named(sight: Sight, name: str, entity_class: str, entity: str) -> ResultSet | None:
    value = sight.domain(name)
    if value is not None:
        return _whole(sight, value, entity_class, entity)
    reason = why_not_free(sight.view, (name,), sight.now, sight.desk.policies).get(name)
    if reason is None:
        return None
    said = (Text(reason, language="en"),) if reason else ()
    reserved = ereg.Enum(
        e164_number=number_of(name),
        statuses=(ereg.Reserved(descriptions=said), ereg.Create(disposition="prohibited", actor="registry")),
        **sight.naming(entity_class, entity),
    )
    return sight.answer([reserved])


def _digits(text: str, error: type[InvalidName | InvalidSearch]) -> str:
    digits = digits_of(text)
    if not 0 < len(digits) <= MOST_DIGITS:
        raise error(f"{text!r} is no E.164 number: it has 1 to {MOST_DIGITS} digits")
    return digits


def _zones(sight: Sight) -> Iterator[tuple[str, str]]:
    """Yield digits and apex of every ENUM zone."""
    for zone, policy in sight.desk.policies.by_zone.items():
        if policy.feature("enum").enabled:
            yield split(zone)


def _is_enum(sight: Sight, name: str) -> bool:
    digits, apex = split(name)
    return any(apex == other and digits.startswith(own) for own, other in _zones(sight))


def _names(sight: Sight, digits: str) -> list[str]:
    """Return the names that a number has in the zones of this registry; usually one."""
    apexes = dict.fromkeys([apex for own, apex in _zones(sight) if digits.startswith(own)])
    return [name_of(digits, apex) for apex in apexes]


# --- results


def _whole(sight: Sight, value: Domain, entity_class: str, entity: str) -> ResultSet:
    result, beside = _built(sight, value, entity_class, entity)
    return sight.answer([result], beside)


def _result(sight: Sight, value: Domain) -> ereg.Enum:
    return _built(sight, value, "e164", split(value.name)[0])[0]


def _built(sight: Sight, value: Domain, entity_class: str, entity: str) -> tuple[ereg.Enum, list[Any]]:
    servers, beside = _SHAPES.servers(sight, value)
    roles, contacts = _SHAPES.contacts(sight, value)
    validated, events = events_of(sight, value)
    handle = sight.desk.settings.registry_handle
    result = ereg.Enum(
        e164_number=number_of(value.name),
        enum_handle=ereg.PrivateNormalized(value=value.roid),
        name_servers=tuple(servers),
        registrants=tuple(roles.get("registrant", ())),
        billing_contacts=tuple(roles.get("billing", ())),
        technical_contacts=tuple(roles.get("tech", ())),
        administrative_contacts=tuple(roles.get("admin", ())),
        statuses=(ereg.Create(), *statuses_of(ereg, value, sight.now)),
        registry=sight.refer("registrationAuthority", "registration-authority", handle),
        registrar=sight.refer("registrationAuthority", "registration-authority", value.sponsor),
        initial_delegation=ereg.PrivateDateTime(value=value.created),
        expiration=ereg.PrivateDateTime(value=value.expires),
        **validated,
        **sight.naming(entity_class, entity),
    )
    return result, [] if sight.brief else [*beside, *contacts, *events, *_SHAPES.sponsor(sight, value.sponsor)]


# --- searches


def _by_prefix(sight: Sight, query: ereg.FindEnumsByE164) -> ResultSet:
    """Numbers that begin so, and those that this begins with; fewer digits are less specific, more are more."""
    digits = _digits(query.e164_prefix, InvalidSearch)
    return sight.searched(_result(sight, value) for value in _around(sight, digits, query.specificity))


def _around(sight: Sight, digits: str, specificity: str | None) -> Iterator[Domain]:
    sight.require_searches(index=specificity != "less")
    apexes = list(dict.fromkeys([apex for _, apex in _zones(sight)]))
    shorter = 0 if specificity == "more" else len(digits) - 1
    lengths = [*range(shorter, 0, -1)]
    for apex in apexes:
        names = [name_of(digits[:length], apex) for length in lengths]
        if specificity is None:
            names.insert(0, name_of(digits, apex))
        kept = sight.view.domains(names)
        yield from sight.present(kept[name] for name in names if name in kept and _is_enum(sight, name))
    if specificity == "less":
        return
    for apex in apexes:
        longer = sight.view.found("domain", "name", Match(ends=f".{name_of(digits, apex)}"), limit=sight.limit)
        kept = sight.view.domains(longer)
        found = [kept[name] for name in sorted(longer, key=lambda name: split(name)[0]) if name in kept]
        yield from sight.present(value for value in found if _is_enum(sight, value.name))


def _by_contact(sight: Sight, query: ereg.FindEnumsByContact) -> ResultSet:
    return sight.searched(
        _result(sight, value) for value in domains_by_contact(sight, query) if _is_enum(sight, value.name)
    )


def _by_host(sight: Sight, query: ereg.FindEnumsByHost) -> ResultSet:
    return sight.searched(
        _result(sight, value) for value in domains_by_host(sight, query) if _is_enum(sight, value.name)
    )


def _contacts(sight: Sight, query: ereg.FindContacts) -> ResultSet:
    return sight.searched(_SHAPES.contact(sight, value) for value in contacts_like(sight, query))
