"""Launch applications: many for a name, until the operator decides (RFC 8334 sections 2.1, 2.4, 2.5, 3.2 to 3.5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from regwire.registry.launch.settings import PhaseSettings
from regwire.registry.model import codes
from regwire.registry.model.launch import (
    FINAL,
    Application,
    ApplicationAsked,
    ApplicationData,
    ApplicationStatus,
    LaunchCreated,
    LaunchGiven,
    LaunchInfo,
    LaunchRecord,
    LaunchWanted,
    PendingAction,
    Phase,
    ReadApplications,
    SetApplicationStatus,
)
from regwire.registry.model.objects import Domain, GracePeriod, Status
from regwire.registry.model.outcomes import Created, DomainData, Outcome, Refusal
from regwire.registry.model.record import replace
from regwire.registry.model.requests import CreateDomain, DeleteDomain, InfoDomain, Period, UpdateDomain
from regwire.registry.model.tokens import TokenInfo, TokenInfoWanted
from regwire.registry.rules import domains, lifecycle, tokens
from regwire.registry.rules.context import Context
from regwire.registry.rules.dates import add_months, months_of
from regwire.registry.rules.launch import settings_of
from regwire.registry.rules.ledger import require_operator
from regwire.registry.rules.phases import agreed_phase
from regwire.registry.rules.policy import ZonePolicy
from regwire.registry.rules.registered import policy_of
from regwire.registry.rules.status import domain_statuses

__all__ = ["apply", "change", "info", "pending_for", "read", "set_status"]

_KIND: Final = "application"
_STATUSES: Final = frozenset(
    {"pendingValidation", "validated", "invalid", "pendingAllocation", "allocated", "rejected", "custom"}
)
_PENDING_CREATE: Final = Status("pendingCreate")
_TEXTS: Final = {"allocated": "Application allocated: ", "rejected": "Application rejected: "}


def takes_applications(zone: ZonePolicy) -> bool:
    """Tell whether a phase of the zone, whenever, takes applications."""
    return any(phase.mode == "application" for phase in settings_of(zone).phases)


def pending_for(ctx: Context, name: str, zone: ZonePolicy) -> bool:
    """Tell whether an application for a name may still be allocated."""
    return takes_applications(zone) and bool(ctx.view.records(_KIND, "open", name, limit=1))


def apply(ctx: Context, request: CreateDomain, phase: PhaseSettings, given: LaunchGiven) -> Outcome:
    """Keep an application (sections 2.1, 3.3.5): all that a create must be, but nothing is registered or billed yet."""
    domain, zone = domains.prepared(ctx, request)
    domain = tokens.reserve(ctx, request, domain)
    application = Application(
        ctx.roid("A"),
        domain,
        Phase(phase.phase, phase.name),
        months_of(request.period, zone),
        ctx.call.transaction,
        ctx.call.client_transaction,
        proofs=given.proofs,
        notices=given.notices,
    )
    ctx.put(_KIND, application.id, application)
    ctx.extend(LaunchCreated(given.phase, application.id))
    return ctx.done(Created("domain", domain.name, ctx.now), codes.PENDING)


def _find(ctx: Context, name: str, id: str, phase: Phase) -> Application:
    """Return the account's application of that name: 2303, 2201, 2306."""
    found = ctx.record(_KIND, id)
    if not isinstance(found, Application) or found.domain.name != name:
        raise Refusal(codes.DOES_NOT_EXIST, "no such application", "launch:applicationID", id)
    ctx.require_sponsor(found.domain.sponsor, "launch:applicationID", id)
    if phase.value != found.phase.value or phase.name not in (None, found.phase.name):
        raise Refusal(codes.POLICY, f"an application of phase {found.phase.value}", "launch:phase", phase.value)
    return found


def info(ctx: Context, request: InfoDomain, wanted: LaunchWanted) -> Outcome:
    """Tell about an application (section 3.2)."""
    policy_of(ctx, request.name)
    assert wanted.application is not None
    found = _find(ctx, request.name, wanted.application, wanted.phase)
    ctx.extend(launch_info(found, marks=wanted.include_mark))
    if request.extension(TokenInfoWanted) is not None:
        applied = found.domain.extra.get(tokens.FEATURE, {}).get(tokens.APPLIED)
        if applied is None:
            raise Refusal(codes.DOES_NOT_EXIST, "there is no allocation token", "domain:name", request.name)
        ctx.extend(TokenInfo(applied))
    return ctx.answer(as_seen(ctx, found))


def launch_info(value: Application, *, marks: bool = False) -> LaunchInfo:
    """Return the launch data of an application."""
    told = tuple([proof.mark for proof in value.proofs if proof.mark is not None]) if marks else ()
    return LaunchInfo(value.phase, value.id, value.status, value.text, value.custom, told)


def as_seen(ctx: Context, value: Application) -> ApplicationData:
    """Return an application as its sponsor sees it: as a domain that is still to be created."""
    domain = value.domain
    by_roid = ctx.view.host_names(domain.hosts) if domain.hosts else {}
    names = tuple([by_roid[roid] for roid in domain.hosts if roid in by_roid])
    statuses = tuple([status for status in domain_statuses(domain) if status.value != "ok"])
    if value.open:
        statuses = (*statuses, _PENDING_CREATE)
    shown = replace(domain, auth=None)
    return ApplicationData(DomainData(shown, statuses or domain_statuses(domain), names, (), (), full=True))


def change(ctx: Context, request: UpdateDomain | DeleteDomain, asked: ApplicationAsked) -> Outcome:
    """Update or withdraw an application (sections 3.4, 3.5)."""
    zone = policy_of(ctx, request.name)
    if not takes_applications(zone):
        raise Refusal(codes.UNIMPLEMENTED_OPTION, "there are no applications here", "launch:applicationID")
    found: Application | None = None

    def find(ctx: Context, request: Any) -> tuple[Domain, ZonePolicy]:
        nonlocal found
        found = _find(ctx, request.name, asked.application, asked.phase)
        if not found.open:
            raise Refusal(codes.STATUS, f"it is {found.status}", "launch:applicationID", asked.application)
        return found.domain, zone

    if isinstance(request, DeleteDomain):
        tokens.released(ctx, find(ctx, request)[0])
        ctx.put(_KIND, asked.application, None)
        return ctx.done()
    _, after, _ = domains.changed(ctx, request, find)
    assert found is not None
    # What was found invalid is looked at again (section 2.4).
    status = "pendingValidation" if found.status == "invalid" else found.status
    text = "" if status != found.status else found.text
    ctx.put(_KIND, found.id, replace(found, domain=after, status=status, text=text))
    return ctx.done()


# --- the operator's requests


def read(ctx: Context, request: ReadApplications) -> Outcome:
    """Return applications."""
    require_operator(ctx)
    if request.id:
        one = ctx.record(_KIND, request.id)
        return ctx.answer([] if one is None else [one])
    given = [(index, getattr(request, index)) for index in ("name", "sponsor", "status") if getattr(request, index)]
    if len(given) > 1:
        raise Refusal(codes.POLICY, "one of name, sponsor, status at a time")
    index, value = given[0] if given else ("", "")
    return ctx.answer(ctx.view.records(_KIND, index, value, after=request.after, limit=request.limit))


def set_status(ctx: Context, request: SetApplicationStatus) -> Outcome:
    """Decide about an application; its sponsor is told, and those who lose by it."""
    require_operator(ctx)
    found = ctx.record(_KIND, request.id)
    if not isinstance(found, Application):
        raise Refusal(codes.DOES_NOT_EXIST, f"there is no application {request.id}")
    if not found.open:
        raise Refusal(codes.STATUS, f"{request.id} is {found.status} already")
    status = request.status
    if status.value not in _STATUSES:
        raise Refusal(codes.RANGE, f"{status.value} is not one of {', '.join(sorted(_STATUSES))}")
    if status.value == "custom" and not status.custom:
        raise Refusal(codes.MISSING, "a custom status needs a name")
    if status.value == "allocated":
        _allocate(ctx, found)
    after = _become(ctx, found, status)
    if status.value == "allocated":
        for other in _others(ctx, found):
            _become(ctx, other, ApplicationStatus("rejected", "Another application was allocated"))
    return ctx.done(after)


def _become(ctx: Context, value: Application, status: ApplicationStatus) -> Application:
    domain = value.domain
    if status.value == "rejected":
        domain, _ = tokens.released(ctx, domain)
    after = replace(value, domain=domain, status=status.value, text=status.text, custom=status.custom)
    ctx.put(_KIND, value.id, after)
    name, sponsor, told = value.domain.name, value.domain.sponsor, (launch_info(after),)
    if status.value in FINAL:
        done = PendingAction(name, status.value == "allocated", value.transaction, value.client_transaction, ctx.now)
        ctx.tell(sponsor, f"{_TEXTS[status.value]}{name}", done, extensions=told)
    else:
        ctx.tell(
            sponsor, f"Application is {status.custom or status.value}: {name}", as_seen(ctx, after), extensions=told
        )
    return after


def _others(ctx: Context, value: Application) -> Iterator[Application]:
    after = ""
    while found := ctx.view.records(_KIND, "open", value.domain.name, after=after):
        yield from (other for other in found if other.id != value.id)
        after = found[-1].id


def _allocate(ctx: Context, value: Application) -> None:
    """Register the name for the applicant, who is billed for it: 2302, 2303, 2104."""
    name = value.domain.name
    zone = policy_of(ctx, name)
    if lifecycle.domain(ctx, name, zone) is not None:
        raise Refusal(codes.EXISTS, f"{name} is registered already")
    _require_linked(ctx, value.domain)
    now = ctx.now
    grace = (GracePeriod("add", now, now + zone.add_grace, value.months // 12),) if zone.add_grace else ()
    domain, token = tokens.released(ctx, value.domain)
    domain = replace(domain, created=now, expires=add_months(now, value.months), grace=grace)
    # As if the applicant had sent the create now: whatever it costs is the applicant's to pay.
    period = Period(value.months, "m") if value.months % 12 else Period(value.months // 12)
    given = LaunchGiven(value.phase, proofs=value.proofs, notices=value.notices)
    request = CreateDomain(name, period, domain.registrant, domain.contacts, extensions=(given,))
    applicant = Context(ctx.view, replace(ctx.call, account=domain.sponsor, request=request), now, ctx.policies)
    applicant.changes, applicant.messages = ctx.changes, ctx.messages
    agreed_phase(applicant, value.phase)
    if token is not None:
        request = replace(request, extensions=(given, tokens.promise(applicant, token, name)))
    domain = zone.hooks.accept(applicant, request, None, domain, zone)
    record = LaunchRecord(domain.roid, value.phase, value.id, value.proofs, value.notices)
    ctx.put("launch", domain.roid, record)
    ctx.change("domain", name, None, domain)


def _require_linked(ctx: Context, domain: Domain) -> None:
    ids = [id for id in (domain.registrant, *[link.id for link in domain.contacts]) if id]
    gone = [id for id in ids if not ctx.view.contact_exists(id)]
    if gone:
        raise Refusal(codes.DOES_NOT_EXIST, f"contact {gone[0]} of the application is gone")
    if domain.hosts and len(ctx.view.host_names(domain.hosts)) < len(set(domain.hosts)):
        raise Refusal(codes.DOES_NOT_EXIST, "a name server of the application is gone")
