"""Which launch phase's prices hold for a command (RFC 8748 section 3.8)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from regwire.registry.model.launch import LaunchGiven, LaunchQuery, Phase
from regwire.registry.model.outcomes import Refusal
from regwire.registry.model.requests import CheckDomains, CreateDomain, Request
from regwire.registry.rules.context import Context
from regwire.registry.rules.launch import phase_of_create, settings_of
from regwire.registry.rules.policy import ZonePolicy

__all__ = ["PhaseName", "agreed_phase", "phase_at", "phase_of"]

#: A phase and its sub-phase.
PhaseName = tuple[str, str | None]
_MEMO: Final = "phase"


def agreed_phase(ctx: Context, phase: Phase) -> None:
    """Have the prices of ``phase`` hold for the request, whichever runs: it was agreed on when it was applied for."""
    ctx.memo[_MEMO] = (phase.value, phase.name)


def phase_of(ctx: Context, request: Request, name: str, zone: ZonePolicy) -> PhaseName | None:
    """Return the phase whose prices hold for a command on ``name``, or for the create that a check asks about.

    None: those of the zone hold.
    """
    if not settings_of(zone).phases:
        return None
    if _MEMO in ctx.memo:
        return ctx.memo[_MEMO]  # type: ignore[no-any-return]
    if not isinstance(request, CreateDomain | CheckDomains):
        return phase_at(zone, ctx.now)
    try:
        found = phase_of_create(ctx, _create_of(request, name), zone)
    except Refusal:
        # Nothing can be created; the launch rules say why.
        return None
    return found.phase, found.name


def _create_of(request: CreateDomain | CheckDomains, name: str) -> CreateDomain:
    """Return the create that a check asks about."""
    if isinstance(request, CreateDomain):
        return request
    query = request.extension(LaunchQuery)
    given = () if query is None or query.phase is None else (LaunchGiven(query.phase),)
    return CreateDomain(name, extensions=given)


def phase_at(zone: ZonePolicy, at: datetime) -> PhaseName | None:
    """Return the phase that runs at ``at``; None: none does, or several."""
    running = {(phase.phase, phase.name) for phase in settings_of(zone).phases if phase.active(at)}
    return running.pop() if len(running) == 1 else None
