"""ENUM validation: a number is delegated only while its assignee's wish is proved (RFC 5076, RFC 4725).

Validations are kept with the domain. The last that holds decides until when the number is validated; a record by the
domain's ROID brings the instants at which its sponsor is warned and at which it expires.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from regwire.registry.config import setting
from regwire.registry.model import codes
from regwire.registry.model.kinds import dump, load
from regwire.registry.model.objects import Domain, Status, with_extra
from regwire.registry.model.outcomes import Refusal
from regwire.registry.model.record import replace
from regwire.registry.model.requests import (
    CreateDomain,
    InfoDomain,
    RenewDomain,
    Request,
    TransferDomain,
    UpdateDomain,
)
from regwire.registry.model.validation import ChangeValidations, Validation, ValidationDue, ValidationInfo
from regwire.registry.rules.changes import note, tell_by_time
from regwire.registry.rules.context import Context
from regwire.registry.rules.features import Feature
from regwire.registry.rules.policy import ZonePolicy

__all__ = ["FEATURE", "ValidationSettings", "validations_of"]

_NAME: Final = "enum_validation"
_KIND: Final = "validationDue"
_ADD: Final = "e164val:add"
#: What stands in ``extra`` of a domain: its validations, those of a pending transfer, whether it is held without one.
_KEPT: Final = "kept"
_PENDING: Final = "pending"
_HELD: Final = "held"
_HOLD: Final = Status("serverHold", "ENUM validation expired")
_FOREVER: Final = date.max


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationSettings:
    """``[policy.enum_validation]``; to be switched on for one zone: ``[zone."1.3.e164.arpa".enum_validation]``."""

    enabled: bool = setting(False, why="whether validations of numbers are taken, kept and watched")
    required: tuple[str, ...] = setting(
        ("create",),
        why="commands that must carry a validation, else 2003; with create, a number is never without one (2308)",
        choices=("create", "renew", "transfer"),
    )
    methods: tuple[str, ...] = setting((), why="methodID of validations that are taken, else 2306; none: any")
    max_validations: int = setting(10, unit="validations", why="of one number", minimum=1, maximum=100)
    validity: int = setting(
        0,
        unit="days",
        why="how long a validation holds that does not say when it expires; 0: for ever",
        minimum=0,
        maximum=3650,
    )
    warning: int = setting(
        30, unit="days", why="before the last one expires its sponsor is told; 0: not at all", minimum=0, maximum=365
    )
    expired: str = setting(
        "hold",
        why="what happens then, besides a message: hold: serverHold until there is a new one; notice: nothing",
        choices=("hold", "notice"),
    )

    def validate_with(self, others: Mapping[str, Any]) -> tuple[str, str] | None:
        """See `regwire.registry.config`: only numbers are validated."""
        if self.enabled and not others["enum"].enabled:
            return "enabled", "is true where names are no numbers; add enabled = true to the enum section"
        return None


class EnumValidation(Feature):
    """See the module."""

    name = _NAME
    order = 110
    settings = ValidationSettings
    takes = frozenset({ChangeValidations})

    def __init__(self) -> None:
        self.settle = {_KIND: _settle}

    def applies(self, zone: str, settings: ValidationSettings) -> bool:
        """Only in zones that want validations."""
        return bool(zone) and settings.enabled

    def policy(self, ctx: Context, request: Request, zone: ZonePolicy) -> None:
        """Refuse a command without the validation that it needs (2003), and validations that cannot hold."""
        change = _change_of(request)
        command = _command(request)
        if not zone.feature("enum").enabled:
            # [policy] says so for all zones, and names are numbers in some of them only.
            if change is not None:
                raise Refusal(codes.UNIMPLEMENTED_EXTENSION, "an extension that this zone does not take")
            return
        if change is None:
            if command in zone.feature(_NAME).required:
                raise Refusal(codes.MISSING, "the validation is missing", "domain:name", request.name)  # type: ignore[attr-defined]
            return
        if command is None and not isinstance(request, UpdateDomain):
            raise Refusal(codes.UNIMPLEMENTED_EXTENSION, "only a transfer request has validations")
        if not (change.add or change.change or change.remove):
            raise Refusal(codes.MISSING, "one of add, rem, chg", "e164val:update")
        ids = [*[one.id for one in (*change.add, *change.change)], *change.remove]
        for id in ids:
            if ids.count(id) > 1:
                raise Refusal(codes.POLICY, "given twice", _ADD, id)
        for one in (*change.add, *change.change):
            _check(one, ctx.now.date(), zone.feature(_NAME))

    def data(self, ctx: Context, request: Request, before: Any, after: Any, zone: ZonePolicy) -> Any:
        """Keep the validations with the domain; those of a transfer beside them until it completes."""
        if isinstance(request, TransferDomain) and request.op in ("reject", "cancel"):
            return _with(after, **{_PENDING: None})
        change = _change_of(request)
        if change is None or after is None:
            return after
        settings = zone.feature(_NAME)
        found = _changed(validations_of(after), change, settings)
        if isinstance(request, TransferDomain):
            return _with(after, **{_PENDING: _dumped(_expiring(change.add, settings))})
        if not found and "create" in settings.required:
            raise Refusal(codes.DATA_POLICY, "a number needs a validation", "e164val:rem", change.remove[0])
        return _kept(after, found, ctx.now)

    def commit(self, ctx: Context, request: Request, before: Any, after: Any, zone: ZonePolicy) -> Any:
        """Have the validations looked at when they end."""
        if after is not None and _change_of(request) is not None and not isinstance(request, TransferDomain):
            _watch(ctx, after, zone)
        return after

    def informed(self, ctx: Context, request: Request, value: Any, zone: ZonePolicy) -> None:
        """Tell who may see all of the domain (section 5.1.2)."""
        if not isinstance(request, InfoDomain):
            return
        found = validations_of(value)
        if found and (value.sponsor == ctx.account or (request.auth is not None and request.auth.password)):
            ctx.extend(ValidationInfo(found))

    def lapse(self, ctx: Context, event: str, before: Any, after: Any, zone: ZonePolicy) -> Any:
        """A transfer that completes brings its validations; what is gone is watched no more."""
        if after is None:
            ctx.put(_KIND, before.roid, None)
            return after
        pending = after.extra.get(_NAME, {}).get(_PENDING) if event == "transfer" else None
        if pending:
            both = (*validations_of(after), *map(_loaded, pending))
            after = _kept(_with(after, **{_PENDING: None}), both, after.transferred or ctx.now)
            _watch(ctx, after, zone)
        return after


def validations_of(value: Domain) -> tuple[Validation, ...]:
    """Return the validations of a domain in the order in which they came, those that expired included."""
    return tuple([_loaded(kept) for kept in value.extra.get(_NAME, {}).get(_KEPT, ())])


# --- what commands say


def _change_of(request: Request) -> ChangeValidations | None:
    return request.extension(ChangeValidations) if request.extensions else None


def _command(request: Request) -> str | None:
    if isinstance(request, CreateDomain):
        return "create"
    if isinstance(request, RenewDomain):
        return "renew"
    return "transfer" if isinstance(request, TransferDomain) and request.op == "request" else None


def _check(one: Validation, today: date, settings: ValidationSettings) -> None:
    """Refuse a validation that is of another method (2306), or does not hold (2004)."""
    if settings.methods and one.method not in settings.methods:
        raise Refusal(codes.POLICY, f"validated by none of {', '.join(settings.methods)}", _ADD, one.id)
    if one.executed > today + timedelta(days=1):
        raise Refusal(codes.RANGE, "the validation was executed in the future", _ADD, one.id)
    if one.expires is not None and one.expires < today:
        raise Refusal(codes.RANGE, "the validation has expired", _ADD, one.id)


def _changed(
    present: tuple[Validation, ...], change: ChangeValidations, settings: ValidationSettings
) -> tuple[Validation, ...]:
    """Return the validations after a command: 2306 for what is not there, is there already, or is too much."""
    left = {one.id: one for one in present}
    for id in change.remove:
        if left.pop(id, None) is None:
            raise Refusal(codes.POLICY, "no such validation", "e164val:rem", id)
    for one in _expiring(change.change, settings):
        if one.id not in left:
            raise Refusal(codes.POLICY, "no such validation", "e164val:chg", one.id)
        left[one.id] = one
    for one in _expiring(change.add, settings):
        if one.id in left:
            raise Refusal(codes.POLICY, "there is a validation of this id already", _ADD, one.id)
        left[one.id] = one
    if len(left) > settings.max_validations:
        raise Refusal(codes.POLICY, f"at most {settings.max_validations} validations", _ADD, change.add[-1].id)
    return tuple(left.values())


def _expiring(given: Iterable[Validation], settings: ValidationSettings) -> list[Validation]:
    """Return validations with the day on which they expire, as the policy says where they do not."""
    if not settings.validity:
        return list(given)
    rule = timedelta(days=settings.validity)
    return [one if one.expires is not None else replace(one, expires=one.executed + rule) for one in given]


# --- how they are kept


def _dumped(found: Iterable[Validation]) -> list[dict[str, Any]]:
    return [dump(one) for one in found]


def _loaded(kept: dict[str, Any]) -> Validation:
    return load(Validation, kept)


def _with(value: Domain, **parts: Any) -> Domain:
    """Return a domain that keeps these parts, and of the others what it kept; None: nothing of it."""
    kept = {name: part for name, part in {**value.extra.get(_NAME, {}), **parts}.items() if part}
    return with_extra(value, _NAME, kept or None)


def _kept(value: Domain, found: tuple[Validation, ...], now: datetime) -> Domain:
    """Return a domain with these validations, which is held no more if one of them holds."""
    value = _with(value, **{_KEPT: _dumped(found)})
    if not value.extra.get(_NAME, {}).get(_HELD) or _end(found) <= now:
        return value
    statuses = tuple([status for status in value.statuses if status != _HOLD])
    return _with(replace(value, statuses=statuses), **{_HELD: None})


# --- time


def _end(found: Iterable[Validation]) -> datetime:
    """Return the instant at which the last validation expires: the end of its day, UTC."""
    last = max([one.expires or _FOREVER for one in found], default=_FOREVER)
    if last == _FOREVER:
        return datetime.max.replace(tzinfo=UTC)
    return datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)


def _watch(ctx: Context, value: Domain, zone: ZonePolicy) -> None:
    """Have the validations of a domain looked at when there is something to say about them."""
    found = validations_of(value)
    end = _end(found)
    if not found or end.year == datetime.max.year:
        ctx.put(_KIND, value.roid, None)
        return
    days = zone.feature(_NAME).warning
    warn = end - timedelta(days=days)
    warned = not days or warn <= ctx.now
    ctx.put(_KIND, value.roid, ValidationDue(value.roid, value.name, end if warned else warn, warned))


def _settle(ctx: Context, roid: str) -> None:
    """Warn, or act because the last validation has expired."""
    due = ctx.record(_KIND, roid)
    if not isinstance(due, ValidationDue) or due.at > ctx.now:
        # The group settled it already.
        return
    value = ctx.settled[due.name] if due.name in ctx.settled else ctx.view.domain(due.name)
    zone = ctx.policies.by_zone.get(due.name.partition(".")[2])
    if value is None or value.roid != roid or zone is None or not zone.feature(_NAME).enabled:
        ctx.put(_KIND, roid, None)
        return
    end = _end(validations_of(value))
    if not due.warned and ctx.now < end:
        ctx.put(_KIND, roid, replace(due, at=end, warned=True))
        last = (end - timedelta(days=1)).date().isoformat()
        text = f"The ENUM validation of {value.name} expires on {last}"
        tell_by_time(ctx, text, value, note(ctx, "custom", due.at, op="validationExpires"))
        return
    ctx.put(_KIND, roid, None)
    after = value
    if zone.feature(_NAME).expired == "hold" and _HOLD.value not in {status.value for status in value.statuses}:
        after = _with(replace(value, statuses=(*value.statuses, _HOLD)), **{_HELD: True})
        ctx.change("domain", value.name, value, after)
        ctx.settled[value.name] = after
    text = f"The ENUM validation of {value.name} has expired"
    tell_by_time(ctx, text, after, note(ctx, "custom", end, op="validationExpired"))


FEATURE: Final = EnumValidation()
