"""Deleting and restoring domains (RFC 5731 section 3.2.2, RFC 3915 sections 2 and 4.2.5)."""

from __future__ import annotations

from datetime import datetime, timedelta

from regwire.registry.model import codes
from regwire.registry.model.objects import Domain, Restore
from regwire.registry.model.outcomes import Outcome, Refusal, Restored
from regwire.registry.model.record import replace
from regwire.registry.model.requests import DeleteDomain, RestoreDomain, RestoreReport
from regwire.registry.rules import lifecycle
from regwire.registry.rules.context import Context
from regwire.registry.rules.policy import ZonePolicy
from regwire.registry.rules.registered import accept, require_eligible, sponsored, touched
from regwire.registry.rules.status import forbid

__all__ = ["check_complete", "delete", "restore"]


def delete(ctx: Context, request: DeleteDomain) -> Outcome:
    """Delete a domain: at once within the add grace period, else into redemption (RFC 3915 section 2)."""
    value, policy = sponsored(ctx, request)
    forbid(value, "Delete")
    require_eligible(ctx, request, value, policy)
    if ctx.view.subordinates(value.name):
        raise Refusal(codes.ASSOCIATION, "hosts lie in the domain", "domain:name", value.name)
    adding = any(period.type == "add" and period.end > ctx.now for period in value.grace)
    after: Domain | None = None
    if not adding and policy.redemption + policy.pending_delete:
        redeemable = ctx.now + policy.redemption
        state = Restore(ctx.now, redeemable, redeemable + policy.pending_delete)
        # What the grace periods were worth is credited now: a restore does not bring them back.
        after = lifecycle.delete_pending(ctx, touched(ctx, value, restore=state, grace=()))
    after = accept(ctx, request, value, after, policy)
    after = policy.hooks.happened(ctx, "delete", value, after, policy)
    ctx.change("domain", value.name, value, after)
    return ctx.done(code=codes.OK if after is None else codes.PENDING)


def restore(ctx: Context, request: RestoreDomain) -> Outcome:
    """Restore a deleted domain by request and report (RFC 3915 section 4.2.5)."""
    check_complete(request)
    value, policy = sponsored(ctx, request)
    return _request(ctx, request, value, policy) if request.op == "request" else _report(ctx, request, value, policy)


def check_complete(request: RestoreDomain) -> None:
    """Refuse with 2003 what a report lacks, with 2306 a report where none belongs."""
    report = request.report
    if request.op == "request":
        if report is not None:
            raise Refusal(codes.POLICY, "a request has no report", "rgp:report")
        return
    if report is None:
        raise Refusal(codes.MISSING, "a report is missing", "rgp:report")
    needed = (("preData", report.before), ("postData", report.after), ("resReason", report.reason))
    for element, text in needed:
        if not text.strip():
            raise Refusal(codes.MISSING, f"{element} is empty", f"rgp:{element}")
    if sum(bool(statement.strip()) for statement in report.statements) < 2:
        raise Refusal(codes.MISSING, "two statements are needed", "rgp:statement")


def _request(ctx: Context, request: RestoreDomain, value: Domain, policy: ZonePolicy) -> Outcome:
    state = value.restore
    if state is None or state.report_due is not None or state.final:
        raise Refusal(codes.STATUS, "not in redemption", "domain:name", value.name)
    require_eligible(ctx, request, value, policy)
    if not policy.restore_report:
        return _restored(ctx, request, value, policy)
    asked = replace(state, report_due=ctx.now + policy.restore_report, requested=ctx.now)
    after = accept(ctx, request, value, touched(ctx, value, restore=asked), policy)
    ctx.change("domain", value.name, value, after)
    return ctx.done(Restored("pendingRestore"))


def _report(ctx: Context, request: RestoreDomain, value: Domain, policy: ZonePolicy) -> Outcome:
    state, report = value.restore, request.report
    if state is None or state.report_due is None:
        raise Refusal(codes.STATUS, "no restore is pending", "domain:name", value.name)
    assert report is not None
    _check_times(report, state, timedelta(hours=policy.settings.restore_tolerance))
    require_eligible(ctx, request, value, policy)
    return _restored(ctx, request, value, policy)


def _check_times(report: RestoreReport, state: Restore, tolerance: timedelta) -> None:
    """Refuse with 2004 times in a report that are not those of the delete and of the restore request."""
    requested = state.requested or state.deleted
    for element, said, was in (("delTime", report.deleted, state.deleted), ("resTime", report.restored, requested)):
        if abs(said - was) > tolerance:
            raise Refusal(codes.RANGE, f"it was {_text(was)}", f"rgp:{element}", _text(said))


def _text(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _restored(ctx: Context, request: RestoreDomain, value: Domain, policy: ZonePolicy) -> Outcome:
    after = accept(ctx, request, value, lifecycle.restored(touched(ctx, value)), policy)
    ctx.change("domain", value.name, value, policy.hooks.happened(ctx, "restore", value, after, policy))
    return ctx.done(Restored(None))
