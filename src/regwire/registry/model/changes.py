"""Why the registry or its operator changed an object, as its sponsor is told (RFC 8590)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from regwire.registry.model.kinds import Kind, register
from regwire.registry.model.record import record

__all__ = ["CASE_TYPES", "OPERATIONS", "Case", "ChangeNote", "Why"]

#: RFC 8590 section 2.1.
OPERATIONS: Final = frozenset(
    {"create", "delete", "renew", "transfer", "update", "restore", "autoRenew", "autoDelete", "autoPurge", "custom"}
)
#: RFC 8590 section 3.1.2.
CASE_TYPES: Final = ("udrp", "urs", "custom")


@record
class Case:
    """The case that a change belongs to; ``type`` is one of `CASE_TYPES`, ``name`` says which custom one."""

    id: str
    type: str
    name: str | None = None


@record
class Why:
    """What an operator says about a change; goes with any request of the operator as one of its ``extensions``.

    Attributes:
        who: for audit, at most 255 characters; empty: "Registry operator".
        reason: at most 32 characters.
        case: of which case it is part.
        operation: what to call it instead of what it looks like: one of `OPERATIONS`.
        op: the sub-operation, or the name of a "custom" operation.
        quiet: the sponsor is not told.

    """

    who: str = ""
    reason: str = ""
    case: Case | None = None
    operation: str | None = None
    op: str | None = None
    quiet: bool = False


@record
class ChangeNote:
    """What a poll message says about a change beside the object itself.

    Attributes:
        operation, op: what was done (RFC 8590 section 2.1).
        at: when.
        transaction: the server's identifier of it.
        who: did it.
        reason: why; empty: nothing is said.
        case: of which case it is part.
        state: whether the object in the message is as it was "before" or "after" it.

    """

    operation: str
    at: datetime
    transaction: str
    who: str
    op: str | None = None
    reason: str = ""
    case: Case | None = None
    state: str = "after"


register(Kind("changeNote", ChangeNote))
