"""What time does to objects (RFC 3915, RFC 5731 section 3.2.4), computed from stored dates: restarts lose nothing.

Reads show objects settled at the instant of the read; a group of transforms begins by writing down what is due
(`regwire.registry.model.requests.SettleDue`), and the server asks for that regularly when nobody writes.
"""

from __future__ import annotations

from datetime import datetime

from regwire.registry.model.objects import PENDING, Contact, Domain, GracePeriod, Restore
from regwire.registry.model.record import replace
from regwire.registry.rules import transfers
from regwire.registry.rules.context import Context
from regwire.registry.rules.dates import add_months
from regwire.registry.rules.policy import ZonePolicy

__all__ = ["contact", "domain", "rgp_statuses"]


def domain(ctx: Context, name: str, policy: ZonePolicy) -> Domain | None:
    """Return the domain as it is now; what time changed is among the context's decisions."""
    value = ctx.view.domain(name)
    if value is None or value.due() > ctx.now:
        return value
    if name not in ctx.settled:
        while value is not None and value.due() <= ctx.now:
            value = _step(ctx, value, policy)
        ctx.settled[name] = value
    return ctx.settled[name]


def contact(ctx: Context, id: str) -> Contact | None:
    """Return the contact as it is now."""
    value = ctx.view.contact(id)
    if value is not None:
        due = value.due()
        if due is not None and due <= ctx.now:
            return transfers.approve_contact(ctx, value, "serverApproved", due)
    return value


def _step(ctx: Context, value: Domain, policy: ZonePolicy) -> Domain | None:
    """Do the earliest thing that is due."""
    due = value.due()
    if value.restore is not None:
        return _redemption_step(ctx, value, value.restore, due, policy)
    if value.transfer is not None and value.transfer.status == PENDING and value.transfer.acted == due:
        return transfers.approve_domain(ctx, value, "serverApproved", due, policy)
    grace = GracePeriod("autoRenew", due, due + policy.auto_renew_grace, 1)
    after: Domain | None = replace(value, expires=add_months(value.expires, 12), grace=(*running(value, due), grace))
    after = policy.hooks.happened(ctx, "autoRenew", value, after, policy)
    ctx.change("domain", value.name, value, after)
    return after


def _redemption_step(ctx: Context, value: Domain, restore: Restore, due: datetime, policy: ZonePolicy) -> Domain | None:
    after: Domain | None = None
    if restore.report_due is not None:
        # No report came: the name is back in redemption, with a whole new period of it.
        redeemable = due + policy.redemption
        after = replace(value, restore=Restore(restore.deleted, redeemable, redeemable + policy.pending_delete))
        ctx.tell(value.sponsor, f"Restore of {value.name} failed: no report", at=due)
    else:
        ctx.tell(value.sponsor, f"{value.name} was purged", at=due)
    event = "purge" if after is None else "redemption"
    after = policy.hooks.happened(ctx, event, value, after, policy)
    ctx.change("domain", value.name, value, after)
    return after


def running(value: Domain, now: datetime) -> tuple[GracePeriod, ...]:
    """Return the grace periods of a domain that are not over."""
    return tuple(period for period in value.grace if period.end > now)


def rgp_statuses(value: Domain, now: datetime) -> tuple[str, ...]:
    """Return the rgp statuses of a (settled) domain (RFC 3915 section 3.1)."""
    if value.restore is not None:
        if value.restore.report_due is not None:
            return ("pendingRestore",)
        return ("redemptionPeriod",) if now < value.restore.redeemable else ("pendingDelete",)
    if not value.grace:
        return ()
    return tuple(dict.fromkeys(f"{period.type}Period" for period in value.grace if period.end > now))
