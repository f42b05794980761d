"""Telling sponsors what was done to their objects by others: the registry, time, the operator (RFC 8590).

Whatever a request of the operator changes is told from here, whichever rule decided it; what time does is told where it
is decided (`regwire.registry.rules.lifecycle`), by `note`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from regwire.registry.model import codes
from regwire.registry.model.changes import CASE_TYPES, OPERATIONS, ChangeNote, Why
from regwire.registry.model.objects import Contact, Domain, Host
from regwire.registry.model.outcomes import Change, ContactData, DomainData, HostData, Refusal
from regwire.registry.model.record import replace
from regwire.registry.rules.context import Context
from regwire.registry.rules.status import contact_statuses, domain_statuses, host_statuses
from regwire.registry.rules.usage import contact_user, host_user

__all__ = ["as_seen", "note", "rgp_statuses", "tell_by_time", "tell_sponsors"]

_OBJECTS: Final = (Domain, Host, Contact)
_Object = Domain | Host | Contact
#: Who did it, where nobody says.
_TIME: Final = "Registry"
_OPERATOR: Final = "Registry operator"
_REASON: Final = 32
_WHO: Final = 255


def note(ctx: Context, operation: str, at: datetime, *, state: str = "after", op: str | None = None) -> ChangeNote:
    """Return what a message says of a change that the registry made by itself at ``at``."""
    return ChangeNote(operation, at, ctx.call.transaction, _TIME, op, state=state)


def tell_by_time(ctx: Context, text: str, value: Domain, told: ChangeNote) -> None:
    """Queue a message for the sponsor of a domain that time changed, with the domain as of then."""
    ctx.tell(value.sponsor, text, as_seen(ctx, value, told.at), at=told.at, extensions=(told,))


def as_seen(ctx: Context, value: _Object, at: datetime | None = None) -> DomainData | HostData | ContactData:
    """Return an object as its sponsor would see it at ``at`` (None: now), without what proves anything."""
    if isinstance(value, Domain):
        by_roid = ctx.view.host_names(value.hosts) if value.hosts else {}
        names = tuple([by_roid[roid] for roid in value.hosts if roid in by_roid])
        below = tuple([host.name for host in ctx.view.subordinates(value.name)])
        rgp = rgp_statuses(value, at or ctx.now)
        return DomainData(replace(value, auth=None), domain_statuses(value), names, below, rgp, full=True)
    if isinstance(value, Host):
        return HostData(value, host_statuses(value, linked=host_user(ctx, value) is not None, moving=False))
    statuses = contact_statuses(value, linked=contact_user(ctx, value) is not None)
    return ContactData(replace(value, auth=None), statuses)


def rgp_statuses(value: Domain, now: datetime) -> tuple[str, ...]:
    """Return the rgp statuses of a (settled) domain (RFC 3915 section 3.1)."""
    if value.restore is not None:
        if value.restore.report_due is not None:
            return ("pendingRestore",)
        return ("pendingDelete",) if value.restore.final else ("redemptionPeriod",)
    if not value.grace:
        return ()
    return tuple(dict.fromkeys(f"{period.type}Period" for period in value.grace if period.end > now))


def tell_sponsors(ctx: Context, extensions: Iterable[Any]) -> None:
    """Queue messages about everything that the operator's request changed.

    Args:
        ctx: with what the request decided.
        extensions: of the request; a `Why` among them says who and why.

    Raises:
        Refusal: 2004 or 2005, what the `Why` says cannot be told.

    """
    why = next((found for found in extensions if type(found) is Why), Why())
    _check(why)
    if why.quiet:
        return
    for before, after in list(_changed(ctx)):
        _tell(ctx, before, after, why)


def _check(why: Why) -> None:
    for name, text, most in (("reason", why.reason, _REASON), ("name of who did it", why.who, _WHO)):
        if len(text) > most:
            raise Refusal(codes.RANGE, f"the {name} has more than {most} characters")
    if why.operation is not None and why.operation not in OPERATIONS:
        raise Refusal(codes.RANGE, f"{why.operation} is not one of {', '.join(sorted(OPERATIONS))}")
    if why.operation == "custom" and not why.op:
        raise Refusal(codes.MISSING, "a custom operation needs a name")
    if why.case is not None and why.case.type not in CASE_TYPES:
        raise Refusal(codes.RANGE, f"{why.case.type} is not one of {', '.join(CASE_TYPES)}")


def _changed(ctx: Context) -> Iterator[tuple[Any, Any]]:
    """Yield each object that the request itself changed, before and after; a renamed one once."""
    found: dict[str, tuple[Any, Any]] = {}
    for change in _own(ctx):
        value = change.before if change.before is not None else change.after
        if isinstance(value, _OBJECTS):
            before, after = found.get(value.roid, (change.before, None))
            found[value.roid] = (before, change.after if change.after is not None else after)
            if change.after is None and not _comes_again(ctx, value.roid, change):
                found[value.roid] = (before, None)
    yield from (pair for pair in found.values() if pair[0] != pair[1])


def _comes_again(ctx: Context, roid: str, gone: Change) -> bool:
    """Tell whether an object that goes under one name comes under another."""
    return any(
        change.after is not None and change is not gone and getattr(change.after, "roid", None) == roid
        for change in ctx.changes
    )


def _own(ctx: Context) -> Iterator[Change]:
    """Yield the changes of the request, without those that time made on the way."""
    by_time = {
        name: max(
            (i for i, change in enumerate(ctx.changes) if change.key == name and change.after is after), default=-1
        )
        for name, after in ctx.settled.items()
    }
    for i, change in enumerate(ctx.changes):
        if change.kind != "domain" or i > by_time.get(change.key, -1):
            yield change


def _tell(ctx: Context, before: _Object | None, after: _Object | None, why: Why) -> None:
    shown = before if after is None else after
    assert shown is not None
    operation, op = (why.operation, why.op) if why.operation else _operation(before, after)
    told = ChangeNote(
        operation,
        ctx.now,
        ctx.call.transaction,
        why.who or _OPERATOR,
        op,
        why.reason,
        why.case,
        "before" if after is None else "after",
    )
    kind = type(shown).__name__.lower()
    key = shown.id if isinstance(shown, Contact) else shown.name
    text = _statuses_changed(before, after)
    text = f"{key}: {text}" if text else f"{_OPERATOR}: {operation} of {kind} {key}"
    accounts = {value.sponsor for value in (before, after) if value is not None}
    for account in sorted(accounts - {ctx.account}):
        ctx.tell(account, text, as_seen(ctx, shown), extensions=(told,))


def _statuses_changed(before: _Object | None, after: _Object | None) -> str:
    """Return which statuses came and went, if that is all that changed."""
    if before is None or after is None or replace(before, statuses=after.statuses) != after:
        return ""
    was, now = ({status.value for status in value.statuses} for value in (before, after))
    return ", ".join([*(f"+{value}" for value in sorted(now - was)), *(f"-{value}" for value in sorted(was - now))])


def _operation(before: _Object | None, after: _Object | None) -> tuple[str, str | None]:
    """Return what a change looks like (RFC 8590 section 2.1)."""
    if before is None:
        return "create", None
    if after is None:
        return "delete", "purge"
    if before.sponsor != after.sponsor:
        return "transfer", "approve"
    if isinstance(before, Domain) and isinstance(after, Domain):
        if before.restore is None and after.restore is not None:
            return "delete", None
        if before.restore is not None and after.restore is None:
            return "restore", "report"
        if before.expires != after.expires:
            return "renew", None
    return "update", None
