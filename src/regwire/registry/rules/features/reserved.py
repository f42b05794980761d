"""Reserved names: by patterns of a zone's policy, and by records that the operator keeps.

An allocation token that unlocks names opens them to whoever presents it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache
from typing import Final

from regwire.registry.config import setting
from regwire.registry.model import codes
from regwire.registry.model.outcomes import Outcome, Refusal
from regwire.registry.model.requests import CheckDomains, CreateDomain, Request
from regwire.registry.model.reserved import ReadReserved, ReleaseNames, ReservedName, ReserveNames
from regwire.registry.rules import ledger, tokens
from regwire.registry.rules.context import Context
from regwire.registry.rules.features import Feature
from regwire.registry.rules.names import check_domain_name
from regwire.registry.rules.policy import ZonePolicy
from regwire.registry.rules.view import View

__all__ = ["FEATURE", "ReservedSettings"]

_KIND: Final = "reserved"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservedSettings:
    """``[policy.reserved]``."""

    labels: tuple[str, ...] = setting(
        (), why='labels that nobody registers: "www", or patterns with * (anything), ? (one character) and [a-f]'
    )

    def validate(self) -> tuple[str, str] | None:
        """See `regwire.registry.config`."""
        for label in self.labels:
            if re.fullmatch(r"(?:[a-z0-9*?-]|\[!?[a-z0-9-]+\])+", label) is None:
                cure = "write lower-case A-labels without the zone, classes as [a-f]"
                return "labels", f'has "{label}", which matches no label; {cure}'
        return None


@lru_cache(maxsize=64)
def _pattern(labels: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, labels)) or r"(?!)")


class Reserved(Feature):
    """See the module."""

    name = _KIND
    # After the tokens: of one that does not apply they tell.
    order = 30
    settings = ReservedSettings
    by_name = (_KIND,)

    def policy(self, ctx: Context, request: Request, zone: ZonePolicy) -> None:
        """Refuse a reserved name with 2306, but for the registrar that it is kept for, or with its token."""
        if type(request) is not CreateDomain:
            return
        if self._kept(ctx, request.name, ctx.record(_KIND, request.name), zone) and not _opened(ctx, request):
            raise Refusal(codes.POLICY, "reserved", "domain:name", request.name)

    def check_name(self, ctx: Context, request: Request, name: str, zone: ZonePolicy) -> str | None:
        """Say that a name is reserved."""
        found = ctx.memo.get(_KIND)
        if found is None:
            # One look-up for all names of the check.
            names = request.names if isinstance(request, CheckDomains) else (name,)
            found = ctx.memo[_KIND] = ctx.view.records_of(_KIND, names)
        if not self._kept(ctx, name, found.get(name), zone):
            return None
        token = tokens.applicable(ctx, tokens.given(request), "create", name)
        return None if token is not None and token.unlocks else "Reserved"

    def passes(self, view: View, zone: ZonePolicy) -> bool:
        """Nothing is reserved."""
        return not zone.feature(self.name).labels and not view.records(_KIND, limit=1)

    def _kept(self, ctx: Context, name: str, found: ReservedName | None, zone: ZonePolicy) -> bool:
        """Tell whether this account cannot register ``name``. A record counts before the patterns."""
        if found is not None:
            return found.holder != ctx.account
        labels: tuple[str, ...] = zone.feature(self.name).labels
        return bool(labels) and _pattern(labels).fullmatch(name.partition(".")[0]) is not None


def _opened(ctx: Context, request: CreateDomain) -> bool:
    """Tell whether a reserved name is not refused for being reserved."""
    given = tokens.given(request)
    if given is None:
        return False
    token = tokens.applicable(ctx, given, "create", request.name)
    # One that does not apply is what is wrong (2201), and refused for when eligibility is looked at.
    return token is None or token.unlocks


def _reserve(ctx: Context, request: ReserveNames) -> Outcome:
    ledger.require_operator(ctx)
    for entry in request.names:
        check_domain_name(entry.name, ctx.policies)
        ctx.put(_KIND, entry.name, entry)
    return ctx.done()


def _release(ctx: Context, request: ReleaseNames) -> Outcome:
    ledger.require_operator(ctx)
    for name in request.names:
        if ctx.record(_KIND, name) is None:
            raise Refusal(codes.DOES_NOT_EXIST, "not reserved by a record", "domain:name", name)
        ctx.put(_KIND, name, None)
    return ctx.done()


def _read(ctx: Context, request: ReadReserved) -> Outcome:
    ledger.require_operator(ctx)
    return ctx.answer(ctx.view.records(_KIND, after=request.after, limit=request.limit))


Reserved.requests = {ReserveNames: _reserve, ReleaseNames: _release, ReadReserved: _read}
Reserved.reads = frozenset({ReadReserved})
FEATURE = Reserved()
