"""What time does to objects (RFC 3915, RFC 5731 section 3.2.4), computed from stored dates: restarts lose nothing.

Reads show objects settled at the instant of the read; a group of transforms begins by writing down what is due
(`regwire.registry.model.requests.SettleDue`), and the server asks for that regularly when nobody writes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from regwire.registry.model.launch import PendingAction
from regwire.registry.model.objects import PENDING, Contact, Domain, GracePeriod, Restore, with_extra
from regwire.registry.model.record import replace
from regwire.registry.rules import transfers
from regwire.registry.rules.changes import note, rgp_statuses, tell_by_time
from regwire.registry.rules.context import Context
from regwire.registry.rules.dates import add_months
from regwire.registry.rules.policy import ZonePolicy
from regwire.registry.rules.usage import applied_for_with

__all__ = [
    "contact",
    "delete_pending",
    "domain",
    "due_domain",
    "restored",
    "rgp_statuses",
    "step",
    "tell_deleted",
]

_MISSING: Final = object()
#: Below what nobody registers (RFC 6761).
_SACRIFICIAL: Final = "sacrificial.invalid"
#: The key in ``extra`` of a domain that a command deleted: its transaction and that of its registrar.
_DELETE: Final = "delete"


def domain(ctx: Context, name: str, policy: ZonePolicy) -> Domain | None:
    """Return the domain as it is now; what time changed is among the context's decisions."""
    value = ctx.settled[name] if name in ctx.settled else ctx.view.domain(name)
    while value is not None and value.due() <= ctx.now:
        value = step(ctx, value, policy)
    return value


def due_domain(ctx: Context, name: str) -> Domain | None:
    """Return the domain if time still has something to change about it."""
    value: Any = ctx.settled.get(name, _MISSING)
    if value is _MISSING:
        value = ctx.view.domain(name)
    return value if value is not None and value.due() <= ctx.now else None


def step(ctx: Context, value: Domain, policy: ZonePolicy) -> Domain | None:
    """Do the earliest thing that is due about a domain, and return what becomes of it."""
    due = value.due()
    after: Domain | None
    if value.restore is not None:
        after = _redemption_step(ctx, value, value.restore, due, policy)
    elif value.transfer is not None and value.transfer.status == PENDING and value.transfer.acted == due:
        after = transfers.approve_domain(ctx, value, "serverApproved", due, policy)
    else:
        after = _auto_renew(ctx, value, due, policy)
    ctx.settled[value.name] = after
    if after is None:
        _leave_hosts(ctx, value)
    return after


def _leave_hosts(ctx: Context, value: Domain) -> None:
    """Let go of the hosts in a domain that time purged: whoever registers the name next must not find them there.

    A delete is refused while there are any; a renewal that nobody paid is not. A host that other domains use takes a
    name that nobody can register, without addresses (RFC 9874): their delegation is dead, not in a stranger's hands.
    """
    general = ctx.policies.general
    for found in ctx.view.subordinates(value.name):
        # A transfer that time completed first may have moved it.
        decided = [change.after for change in ctx.changes if change.kind == "host" and change.key == found.name]
        host = decided[-1] if decided else found
        if ctx.view.host_linked(host.roid, without=(value.roid,)) or applied_for_with(ctx, host):
            name = f"{host.roid.lower()}.{_SACRIFICIAL}"
            ctx.change("host", host.name, host, None)
            ctx.change("host", name, None, replace(host, name=name, superordinate=None, addresses=()))
        else:
            ctx.change("host", host.name, host, general.hooks.happened(ctx, "purge", host, None, general))


def contact(ctx: Context, id: str) -> Contact | None:
    """Return the contact as it is now."""
    value = ctx.view.contact(id)
    if value is not None:
        due = value.due()
        if due is not None and due <= ctx.now:
            return transfers.approve_contact(ctx, value, "serverApproved", due)
    return value


def _auto_renew(ctx: Context, value: Domain, due: datetime, policy: ZonePolicy) -> Domain | None:
    expires = add_months(value.expires, 12)
    grace = running(value, due)
    if policy.auto_renew_grace:
        grace = (*grace, GracePeriod("autoRenew", due, due + policy.auto_renew_grace, 1))
    after: Domain | None = replace(value, expires=expires, grace=grace)
    after = policy.hooks.happened(ctx, "autoRenew", value, after, policy)
    if after is not None and after.expires == expires and "autoRenew" in policy.settings.notices:
        text = f"{value.name} was renewed until {expires.date().isoformat()}"
        tell_by_time(ctx, text, after, note(ctx, "autoRenew", due))
    ctx.change("domain", value.name, value, after)
    return after


def _redemption_step(ctx: Context, value: Domain, restore: Restore, due: datetime, policy: ZonePolicy) -> Domain | None:
    after: Domain | None = None
    event = "redemption"
    if restore.report_due is not None:
        # No report came: the name is back in redemption, for what was left of it when the restore was requested.
        rest = restore.redeemable - restore.requested if restore.requested else policy.redemption
        again = Restore(restore.deleted, due + rest, due + rest + policy.pending_delete)
        after = replace(value, restore=again)
        if "restore" in policy.settings.notices:
            text = f"Restore of {value.name} failed: no report"
            tell_by_time(ctx, text, after, note(ctx, "custom", due, op="restoreLapse"))
    elif not restore.final:
        event = "pendingDelete"
        after = replace(value, restore=replace(restore, final=True))
        if restore.purged > due and "pendingDelete" in policy.settings.notices:
            text = f"{value.name} can no longer be restored"
            tell_by_time(ctx, text, after, note(ctx, "custom", due, op="redemptionEnd"))
    else:
        event = "purge"
        if "purge" in policy.settings.notices:
            tell_by_time(ctx, f"{value.name} was purged", value, note(ctx, "autoPurge", due, state="before"))
        tell_deleted(ctx, value, due, policy)
    after = policy.hooks.happened(ctx, event, value, after, policy)
    ctx.change("domain", value.name, value, after)
    return after


def delete_pending(ctx: Context, value: Domain) -> Domain:
    """Return a domain that remembers which command deleted it, for the message about its completion."""
    return with_extra(value, _DELETE, [ctx.call.transaction, ctx.call.client_transaction])


def restored(value: Domain) -> Domain:
    """Return a domain whose delete is undone."""
    return with_extra(replace(value, restore=None), _DELETE, None)


def tell_deleted(ctx: Context, value: Domain, at: datetime, policy: ZonePolicy) -> None:
    """Tell the sponsor that what its delete asked for has been done (RFC 5731 section 3.3)."""
    asked = value.extra.get(_DELETE)
    if asked is not None and "delete" in policy.settings.notices:
        transaction, client_transaction = asked
        done = PendingAction(value.name, True, transaction, client_transaction, at)
        ctx.tell(value.sponsor, f"The deletion of {value.name} is complete", done, at=at)


def running(value: Domain, now: datetime) -> tuple[GracePeriod, ...]:
    """Return the grace periods of a domain that are not over."""
    return tuple(period for period in value.grace if period.end > now)
