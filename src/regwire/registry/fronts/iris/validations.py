"""Validations of numbers as RFC 4414 has them: events, and the entities that validated.

An event is named by the number and the identifier that its registrar gave it, `31201234567.EK77`: that is unique within
the number only. Of a validation entity nothing is known but its name, in each validation: it is a temporary reference,
into what comes along.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from regwire.iris.messages import ereg
from regwire.registry.fronts.iris.desk import Sight
from regwire.registry.model.e164 import split
from regwire.registry.model.objects import Domain
from regwire.registry.model.validation import Validation
from regwire.registry.rules.features.enum_validation import validations_of

__all__ = ["event_in", "event_of", "events_of"]

_ENTITY = "validation-entity"
_EVENT = "validation-event"


def events_of(sight: Sight, value: Domain) -> tuple[dict[str, Any], list[Any]]:
    """Return what an <enum> says of its validations, and the results that it refers to."""
    found = validations_of(value)
    said = {
        "validation_entities": tuple(_entities(sight, found)),
        "validation_events": tuple([sight.refer("validationEvent", _EVENT, _name(value, one)) for one in found]),
    }
    return said, [_result(sight, value, one) for one in found]


def event_in(entity_name: str) -> tuple[str, str]:
    """Split an event's name into the digits of its number and its identifier."""
    digits, _, id = entity_name.strip().partition(".")
    return digits, id


def event_of(sight: Sight, value: Domain, id: str) -> ereg.ValidationEvent | None:
    """Return the event of a number that has this identifier, in any case; the exact one first."""
    found = validations_of(value)
    same = [one for one in found if one.id == id] or [one for one in found if one.id.casefold() == id.casefold()]
    return _result(sight, value, same[0]) if same else None


def _name(value: Domain, one: Validation) -> str:
    return f"{split(value.name)[0]}.{one.id}"


def _result(sight: Sight, value: Domain, one: Validation) -> ereg.ValidationEvent:
    registrar = sight.refer("registrationAuthority", "registration-authority", one.registrar or value.sponsor)
    return ereg.ValidationEvent(
        serials=(one.id,),
        method_ids=(one.method,),
        validation_entities=tuple(_entities(sight, (one,))),
        registrars=(registrar,),
        execution=ereg.PrivateDateTime(value=_instant(one.executed)),
        expiration=None if one.expires is None else ereg.PrivateDateTime(value=_instant(one.expires)),
        **sight.naming(_EVENT, _name(value, one)),
    )


def _entities(sight: Sight, found: Iterable[Validation]) -> list[Any]:
    """Return references to those who validated, each once, and have what is known of them come along."""
    names = dict.fromkeys([one.entity for one in found if one.entity])
    for name in names:
        sight.need(
            ereg.ValidationEntity(organization_name=name, temporary_reference=True, **sight.naming(_ENTITY, name))
        )
    return [sight.refer("validationEntity", _ENTITY, name, temporary_reference=True) for name in names]


def _instant(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
