"""Transfers of domains and contacts (RFC 5730 section 2.9.3.4, RFC 5731 section 3.2.4, RFC 5733 section 3.2.4).

Every change is told to both registrars by a poll message with the transfer as it stood then.
"""

from __future__ import annotations

from datetime import datetime

from regwire.registry.model import codes
from regwire.registry.model.objects import PENDING, Contact, Domain, GracePeriod, Transfer
from regwire.registry.model.outcomes import Outcome, Refusal, TransferData
from regwire.registry.model.record import replace
from regwire.registry.model.requests import AuthInfo, TransferContact, TransferDomain
from regwire.registry.rules.changes import note, tell_by_time
from regwire.registry.rules.context import Context
from regwire.registry.rules.dates import add_months
from regwire.registry.rules.policy import ZonePolicy

__all__ = [
    "announce",
    "answer",
    "approve_contact",
    "approve_domain",
    "data_of",
    "dropped_years",
    "expires_without",
    "lapsing",
    "require_pending",
    "require_query",
]

_TEXTS = {
    "pending": "Transfer requested",
    "clientApproved": "Transfer approved",
    "serverApproved": "Transfer approved by the server",
    "clientRejected": "Transfer rejected",
    "clientCancelled": "Transfer cancelled",
}


def announce(ctx: Context, data: TransferData, *, at: datetime | None = None) -> None:
    """Tell both registrars."""
    text = f"{_TEXTS[data.transfer.status]}: {data.name}"
    for account in (data.sponsor, data.transfer.requester):
        ctx.tell(account, text, data, at=at)


def data_of(value: Domain | Contact, key: str) -> TransferData:
    """Return what there is to say about the last transfer of an object that had one."""
    assert value.transfer is not None
    return TransferData(_kind(value), key, value.transfer, value.sponsor)


def require_query(ctx: Context, value: Domain | Contact, key: str, given: AuthInfo | None) -> None:
    """Refuse op="query" with 2201 to all but the registrars of the transfer and who gives authInfo; 2301 without one.

    Whether the authInfo is right is looked at afterwards.
    """
    transfer = value.transfer
    concerned = ctx.account == value.sponsor
    if transfer is not None:
        # The actor of a completed transfer is the former sponsor.
        concerned = concerned or ctx.account in (transfer.requester, transfer.actor)
    if not concerned and (given is None or not given.password):
        raise Refusal(codes.AUTHORIZATION, "neither sponsor nor requester", f"{_kind(value)}:authInfo")
    if transfer is None:
        raise Refusal(codes.NOT_PENDING_TRANSFER, "there was no transfer", _key_element(value), key)


def expires_without(value: Domain, now: datetime) -> datetime:
    """Return when a domain would expire without the years by time that a transfer requested now drops.

    A transfer within the auto-renew grace period takes the year back from the losing registrar, who is credited, and
    adds its own: the gaining registrar pays for one year and the registration grows by one.
    """
    expires = value.expires
    for period in lapsing(value, now):
        expires = add_months(expires, -12 * period.years)
    return expires


def lapsing(value: Domain, at: datetime) -> tuple[GracePeriod, ...]:
    """Return the auto-renew grace periods of a domain that are not over."""
    return tuple([period for period in value.grace if period.type == "autoRenew" and period.end > at])


def dropped_years(value: Domain) -> tuple[GracePeriod, ...]:
    """Return the grace periods whose years the domain's pending transfer takes back: those of the losing registrar.

    They are those that ran when it was requested, and those that began since: a renewal by time while a transfer is
    pending is absorbed by it.
    """
    transfer = value.transfer
    if transfer is None or not transfer.months:
        return ()
    return lapsing(value, transfer.requested)


def require_pending(value: Domain | Contact, key: str) -> Transfer:
    """Return the pending transfer; refuse with 2301 if there is none."""
    if value.transfer is None or value.transfer.status != PENDING:
        raise Refusal(codes.NOT_PENDING_TRANSFER, "no transfer is pending", _key_element(value), key)
    return value.transfer


def answer(
    ctx: Context, request: TransferDomain | TransferContact, value: Domain | Contact, key: str, policy: ZonePolicy
) -> Outcome:
    """Carry out op="approve", "reject" (the sponsor's) or "cancel" (the requester's)."""
    op = request.op
    allowed = value.sponsor
    if op == "cancel":
        allowed = value.transfer.requester if value.transfer is not None else ctx.account
    if ctx.account != allowed:
        whose = "requester" if op == "cancel" else "sponsor"
        raise Refusal(codes.AUTHORIZATION, f"only the {whose} may {op}", _key_element(value), key)
    transfer = require_pending(value, key)
    if isinstance(value, Domain):
        for hook in policy.hooks.eligibility:
            hook(ctx, request, value, policy)
    if op == "approve":
        after = (
            approve_domain(ctx, value, "clientApproved", ctx.now, policy, request=request)
            if isinstance(value, Domain)
            else approve_contact(ctx, value, "clientApproved", ctx.now, request=request)
        )
        assert after.transfer is not None
        return ctx.done(TransferData(_kind(value), key, after.transfer, value.sponsor))
    status = "clientRejected" if op == "reject" else "clientCancelled"
    ended = replace(transfer, status=status, actor=ctx.account, acted=ctx.now, expires=None)
    left = policy.hooks.accept(ctx, request, value, replace(value, transfer=ended), policy)
    ctx.change(_kind(value), key, value, left)
    data = TransferData(_kind(value), key, ended, value.sponsor)
    announce(ctx, data)
    return ctx.done(data)


def approve_domain(
    ctx: Context,
    value: Domain,
    status: str,
    at: datetime,
    policy: ZonePolicy,
    *,
    request: TransferDomain | TransferContact | None = None,
) -> Domain:
    """Complete a pending transfer of a domain and of the hosts in it, as of ``at``; by ``request``, or by time."""
    transfer = value.transfer
    assert transfer is not None
    ended = replace(transfer, status=status, actor=value.sponsor, acted=at)
    # What remains of earlier grace periods was the losing registrar's to be credited.
    grace: tuple[GracePeriod, ...] = ()
    if transfer.months and policy.transfer_grace:
        grace = (GracePeriod("transfer", at, at + policy.transfer_grace, transfer.months // 12),)
    after = replace(
        value,
        sponsor=transfer.requester,
        transferred=at,
        # A renewal by time since the request is absorbed: the year is bought once.
        expires=max(value.expires, transfer.expires) if transfer.expires else value.expires,
        auth=None,
        grace=grace,
        transfer=ended,
    )
    if request is not None:
        after = policy.hooks.accept(ctx, request, value, after, policy)
    after = policy.hooks.happened(ctx, "transfer", value, after, policy)
    ctx.change("domain", value.name, value, after)
    general = ctx.policies.general
    for host in ctx.view.subordinates(value.name):
        moved = replace(host, sponsor=transfer.requester, transferred=at)
        ctx.change("host", host.name, host, general.hooks.happened(ctx, "transfer", host, moved, general))
    announce(ctx, TransferData("domain", value.name, ended, value.sponsor), at=at)
    if status == "serverApproved" and "transfer" in policy.settings.notices:
        tell_by_time(ctx, f"{value.name} is yours", after, note(ctx, "transfer", at, op="approve"))
    return after  # type: ignore[no-any-return]


def approve_contact(
    ctx: Context,
    value: Contact,
    status: str,
    at: datetime,
    *,
    request: TransferDomain | TransferContact | None = None,
) -> Contact:
    """Complete a pending transfer of a contact as of ``at``; by ``request``, or by time."""
    transfer = value.transfer
    assert transfer is not None
    ended = replace(transfer, status=status, actor=value.sponsor, acted=at)
    after = replace(value, sponsor=transfer.requester, transferred=at, auth=None, transfer=ended)
    policy = ctx.policies.general
    if request is not None:
        after = policy.hooks.accept(ctx, request, value, after, policy)
    after = policy.hooks.happened(ctx, "transfer", value, after, policy)
    ctx.change("contact", value.id, value, after)
    announce(ctx, TransferData("contact", value.id, ended, value.sponsor), at=at)
    return after  # type: ignore[no-any-return]


def _kind(value: Domain | Contact) -> str:
    return "domain" if isinstance(value, Domain) else "contact"


def _key_element(value: Domain | Contact) -> str:
    return "domain:name" if isinstance(value, Domain) else "contact:id"
