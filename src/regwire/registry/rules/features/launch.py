"""Launch phases: sunrise with marks, claims with notices, applications (launch-1.0, RFC 8334).

A zone with phases registers names only while one of them runs, and only to those who prove what it asks for. Signed
marks are verified before the rules see a create (`prepare`), in a thread of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from regwire.registry.launch import refresh
from regwire.registry.launch.proofs import proved
from regwire.registry.launch.settings import LaunchSettings
from regwire.registry.model import codes
from regwire.registry.model.launch import (
    ApplicationAsked,
    LaunchGiven,
    LaunchInfo,
    LaunchQuery,
    LaunchRecord,
    LaunchWanted,
    ReadApplications,
    SetApplicationStatus,
)
from regwire.registry.model.objects import Domain
from regwire.registry.model.outcomes import Outcome, Refusal
from regwire.registry.model.requests import CreateDomain, InfoDomain, Request
from regwire.registry.rules import applications
from regwire.registry.rules.context import Context
from regwire.registry.rules.features import Feature
from regwire.registry.rules.launch import (
    NAME,
    active,
    check,
    matching,
    phase_of_create,
    require_configured,
    require_proof,
    settings_of,
)
from regwire.registry.rules.policy import Policies, ZonePolicy

__all__ = ["FEATURE"]

_RECORD = "launch"


class Launch(Feature):
    """See the module."""

    name = NAME
    order = 30
    settings = LaunchSettings
    takes = frozenset({LaunchQuery, LaunchWanted, LaunchGiven, ApplicationAsked})
    reads = frozenset({ReadApplications})
    # RFC 8334 section 3.1: a check form that is not supported.
    without: Mapping[type[Any], tuple[int, str]] = {LaunchQuery: (codes.OBJECT_SERVICE, "no launch phases here")}

    def __init__(self) -> None:
        self.requests = {ReadApplications: applications.read, SetApplicationStatus: applications.set_status}
        self.instead = {
            LaunchQuery: check,
            LaunchWanted: _info,
            LaunchGiven: _create,
            ApplicationAsked: applications.change,
        }
        self.prepare = {LaunchGiven: _prepare}

    def applies(self, zone: str, settings: LaunchSettings) -> bool:
        """Only in zones that have phases."""
        return bool(zone and settings.phases)

    def refresh(self) -> None:
        """Read lists and certificates again that changed."""
        refresh()

    def policy(self, ctx: Context, request: Request, zone: ZonePolicy) -> None:
        """Refuse a create that is in no phase, or does not prove what its phase asks for: 2003, 2005, 2306."""
        if type(request) is CreateDomain:
            require_proof(ctx, request, phase_of_create(ctx, request, zone), zone)

    def eligibility(self, ctx: Context, request: Request, domain: Domain | None, zone: ZonePolicy) -> None:
        """Refuse a registration of a name that somebody has applied for: 2306."""
        if type(request) is not CreateDomain or phase_of_create(ctx, request, zone).mode == "application":
            return
        if applications.pending_for(ctx, request.name, zone):
            raise Refusal(codes.POLICY, "applications for it are pending", "domain:name", request.name)

    def commit(self, ctx: Context, request: Request, before: Any, after: Any, zone: ZonePolicy) -> Any:
        """Keep what a new name was created by."""
        given = request.extension(LaunchGiven) if type(request) is CreateDomain else None
        if given is not None:
            record = LaunchRecord(after.roid, given.phase, proofs=given.proofs, notices=given.notices)
            ctx.put(_RECORD, after.roid, record)
        return after

    def check_name(self, ctx: Context, request: Request, name: str, zone: ZonePolicy) -> str | None:
        """Say where no create could succeed, in the phase asked for (section 3.1.2) or in any."""
        query, running = request.extension(LaunchQuery), active(ctx, zone)
        if query is not None and query.phase is not None:
            found = matching(running, query.phase)
            running = [] if found is None else [found]
        if not running:
            return "Not in this launch phase"
        if all(phase.mode == "registration" for phase in running) and applications.pending_for(ctx, name, zone):
            return "Applications are pending"
        return None

    def informed(self, ctx: Context, request: Request, value: Any, zone: ZonePolicy) -> None:
        """Tell what a domain was created by (section 3.2): 2306 for another phase."""
        wanted = request.extension(LaunchWanted) if type(request) is InfoDomain else None
        if wanted is None:
            return
        require_configured(zone, wanted.phase)
        record = ctx.view.record(_RECORD, value.roid)
        if not isinstance(record, LaunchRecord):
            return
        if record.phase.value != wanted.phase.value or wanted.phase.name not in (None, record.phase.name):
            raise Refusal(codes.POLICY, f"created in phase {record.phase.value}", "launch:phase", wanted.phase.value)
        full = value.sponsor == ctx.account or (request.auth is not None and bool(request.auth.password))  # type: ignore[attr-defined]
        marks = [proof.mark for proof in record.proofs if proof.mark is not None]
        ctx.extend(LaunchInfo(record.phase, marks=tuple(marks) if wanted.include_mark and full else ()))

    def lapse(self, ctx: Context, event: str, before: Domain, after: Domain | None, zone: ZonePolicy) -> Domain | None:
        """A name that is gone needs no proof any more."""
        if after is None:
            ctx.put(_RECORD, before.roid, None)
        return after


def _info(ctx: Context, request: Request, wanted: LaunchWanted) -> Outcome | None:
    if type(request) is not InfoDomain or wanted.application is None:
        return None
    return applications.info(ctx, request, wanted)


def _create(ctx: Context, request: Request, given: LaunchGiven) -> Outcome | None:
    """Make an application where the phase takes applications; whatever is wrong, the rules of a create say."""
    assert isinstance(request, CreateDomain)
    zone = ctx.policies.by_zone.get(request.name.partition(".")[2])
    phase = None if zone is None else matching(active(ctx, zone), given.phase)
    if phase is None or phase.mode != "application":
        return None
    return applications.apply(ctx, request, phase, given)


def _prepare(request: Any, given: LaunchGiven, policies: Policies, now: datetime) -> LaunchGiven:
    zone = policies.by_zone.get(request.name.partition(".")[2])
    if zone is None or not (given.submitted or given.codes) or not settings_of(zone).phases:
        return given
    return proved(given, settings_of(zone), now)


FEATURE = Launch()
