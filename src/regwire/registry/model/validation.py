"""ENUM validation: the proof that a number's assignee asked for its domain, and until when it holds (RFC 5076)."""

from __future__ import annotations

from datetime import date, datetime

from regwire.registry.model.kinds import Kind, register
from regwire.registry.model.record import record

__all__ = ["VALIDATION_DUE", "ChangeValidations", "Validation", "ValidationDue", "ValidationInfo"]


@record
class Validation:
    """One validation of a number (RFC 5076 section 4.4).

    Attributes:
        id: the registrar's, unique within the name.
        method: how the number was validated.
        executed, expires: when, and the last day on which that holds; None: for ever.
        entity, registrar: who validated it, and for whom.

    """

    id: str
    method: str
    executed: date
    expires: date | None = None
    entity: str | None = None
    registrar: str | None = None


@record
class ChangeValidations:
    """What a create, renew, transfer or update says (RFC 5076 section 5.2)."""

    add: tuple[Validation, ...] = ()
    change: tuple[Validation, ...] = ()
    remove: tuple[str, ...] = ()


@record
class ValidationInfo:
    """What an info is told (RFC 5076 section 5.1.2)."""

    validations: tuple[Validation, ...]


@record
class ValidationDue:
    """When a domain's validation is next looked at: to warn its sponsor, or because the last one has expired.

    ``roid`` and ``name`` are the domain's; ``warned``: the sponsor was told already that it expires soon.
    """

    roid: str
    name: str
    at: datetime
    warned: bool = False


VALIDATION_DUE = register(
    Kind("validationDue", ValidationDue, key=lambda value: value.roid, due=lambda value: value.at, history=False)
)
