"""Announced maintenance (RFC 9167): made, changed and called off by the operator, read by registrars, who are told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from regwire.registry.config import setting
from regwire.registry.model import codes
from regwire.registry.model.maintenance import (
    ENVIRONMENTS,
    IMPACTS,
    REASONS,
    AddMaintenance,
    ChangeMaintenance,
    InfoMaintenance,
    ListMaintenance,
    Maintenance,
    MaintenanceList,
    MaintenanceTold,
    RemoveMaintenance,
)
from regwire.registry.model.outcomes import Outcome, Refusal
from regwire.registry.model.record import replace
from regwire.registry.rules.context import Context
from regwire.registry.rules.features import Feature
from regwire.registry.rules.ledger import require_operator
from regwire.registry.rules.texts import require_lines

__all__ = ["FEATURE", "MaintenanceSettings"]

_KIND: Final = "maintenance"
_PAGE: Final = 1000
_HOST: Final = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
#: RFC 3986 section 3: a scheme, a host with its port where slashes promise one, and what else a URI is made of.
_URI: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:(?=.)"
    r"(?:(?!//)|//(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?=[/?#]|\Z))"
    r"(?:[A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*"
    r"(?:#(?:[A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?"
)
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_TEXTS: Final = {
    "create": "announced",
    "update": "changed",
    "delete": "called off",
    "courtesy": "near",
    "end": "over",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceSettings:
    """``[policy.maintenance]``; that of a single zone is not looked at."""

    courtesy: int = setting(
        24, unit="hours", why="before the start registrars are reminded; 0: not at all", minimum=0, maximum=8760
    )
    keep: int = setting(30, unit="days", why="what is over can still be read", minimum=0, maximum=3650)


def _add(ctx: Context, request: AddMaintenance) -> Outcome:
    require_operator(ctx)
    given = request.maintenance
    made = replace(given, id=given.id or ctx.roid("M"), created=ctx.now, updated=None, ended=False)
    if ctx.record(_KIND, made.id) is not None:
        raise Refusal(codes.EXISTS, f"there is a maintenance {made.id} already", "maint:id", made.id)
    return _keep(ctx, made, "create")


def _change(ctx: Context, request: ChangeMaintenance) -> Outcome:
    require_operator(ctx)
    before = _existing(ctx, request.id)
    if before.ended:
        raise Refusal(codes.STATUS, "it is over; announce another one", "maint:id", request.id)
    names = set(ChangeMaintenance.__dataclass_fields__) - {"id", "extensions"}
    changes = {name: getattr(request, name) for name in sorted(names) if getattr(request, name) is not None}
    if request.environment is not None:
        changes["custom"] = request.custom
    return _keep(ctx, replace(before, updated=ctx.now, **changes), "update")


def _keep(ctx: Context, value: Maintenance, event: str) -> Outcome:
    _check(value)
    if value.end <= ctx.now:
        raise Refusal(codes.RANGE, "its end is in the past")
    settings: MaintenanceSettings = ctx.policies.general.feature(_KIND)
    reminder = value.start - timedelta(hours=settings.courtesy)
    value = replace(
        value,
        courtesy=reminder if settings.courtesy and reminder > ctx.now else None,
        forgotten=value.end + timedelta(days=settings.keep),
    )
    ctx.put(_KIND, value.id, value)
    _tell(ctx, value, event)
    return ctx.done(value)


def _check(value: Maintenance) -> None:
    """Refuse with 2003, 2004 or 2005 what no maintenance is."""
    if not value.systems:
        raise Refusal(codes.MISSING, "name at least one system that it affects")
    if value.start >= value.end:
        raise Refusal(codes.RANGE, "it ends before it starts")
    words = [(value.environment, ENVIRONMENTS), (value.reason, REASONS)]
    words += [(system.impact, IMPACTS) for system in value.systems]
    words += [(description.type, ("plain", "html")) for description in value.descriptions]
    for word, known in words:
        if word not in known:
            raise Refusal(codes.RANGE, f"{word} is not one of {', '.join(known)}")
    if (value.environment == "custom") != bool(value.custom):
        raise Refusal(codes.MISSING, "a custom environment, and no other, has a name")
    for name in (*value.tlds, *(system.host for system in value.systems if system.host)):
        if _HOST.fullmatch(name) is None:
            raise Refusal(codes.SYNTAX, f"{name!r} is no name in A-labels")
    require_lines(_lines(value))
    if not all(system.name for system in value.systems):
        raise Refusal(codes.MISSING, "a system has a name, as EPP")
    if value.detail is not None and _URI.fullmatch(value.detail) is None:
        raise Refusal(codes.SYNTAX, f"{value.detail!r} is no URI; write it as https://registry.test/notice")
    for description in value.descriptions:
        if _LANGUAGE.fullmatch(description.lang) is None:
            raise Refusal(codes.SYNTAX, f"{description.lang!r} is no language tag")


def _lines(value: Maintenance) -> Iterator[tuple[str, str | None]]:
    """Yield the texts that answers have as tokens (RFC 9167 section 8), with what they are."""
    yield "the id", value.id
    yield "the name", value.name
    yield "the environment", value.custom
    yield from (("the system", system.name) for system in value.systems)
    yield from (("the type", type) for type in value.types)


def _remove(ctx: Context, request: RemoveMaintenance) -> Outcome:
    require_operator(ctx)
    before = _existing(ctx, request.id)
    ctx.put(_KIND, before.id, None)
    if not before.ended:
        _tell(ctx, before, "delete")
    return ctx.done(before)


def _tell(ctx: Context, value: Maintenance, event: str, **at: Any) -> None:
    """Queue a message for every registrar."""
    told = MaintenanceTold(value, event)
    text = f"Maintenance {value.name or value.id} is {_TEXTS[event]}"
    after = ""
    while page := ctx.view.records("registrar", after=after, limit=_PAGE):
        for registrar in page:
            ctx.tell(registrar.id, text, told, **at)
        after = page[-1].id


def _existing(ctx: Context, id: str) -> Maintenance:
    found = ctx.record(_KIND, id)
    if found is None:
        raise Refusal(codes.DOES_NOT_EXIST, "no such maintenance", "maint:id", id)
    assert isinstance(found, Maintenance)
    return found


def _info(ctx: Context, request: InfoMaintenance) -> Outcome:
    return ctx.answer(_existing(ctx, request.id))


def _list(ctx: Context, _: ListMaintenance) -> Outcome:
    found: list[Maintenance] = []
    while page := ctx.view.records(_KIND, after=found[-1].id if found else "", limit=_PAGE):
        found += page
    return ctx.answer(MaintenanceList(tuple(sorted(found, key=lambda value: (value.start, value.id)))))


def _settle(ctx: Context, id: str) -> None:
    """Remind, tell of the end, forget: what is due of it."""
    value = ctx.record(_KIND, id)
    if value is None:
        return
    if value.courtesy is not None and value.courtesy <= ctx.now:
        at, value = value.courtesy, replace(value, courtesy=None)
        _tell(ctx, value, "courtesy", at=at)
    if not value.ended and value.end <= ctx.now:
        value = replace(value, ended=True)
        _tell(ctx, value, "end", at=value.end)
    gone = value.ended and value.forgotten is not None and value.forgotten <= ctx.now
    ctx.put(_KIND, id, None if gone else value)


class MaintenanceFeature(Feature):
    """See the module."""

    name = _KIND
    settings = MaintenanceSettings

    def applies(self, zone: str, settings: Any) -> bool:
        """Nowhere: it has no hooks."""
        return False


MaintenanceFeature.requests = {
    AddMaintenance: _add,
    ChangeMaintenance: _change,
    RemoveMaintenance: _remove,
    InfoMaintenance: _info,
    ListMaintenance: _list,
}
MaintenanceFeature.reads = frozenset({InfoMaintenance, ListMaintenance})
MaintenanceFeature.settle = {_KIND: _settle}
FEATURE = MaintenanceFeature()
