"""The rules of domains (RFC 5731).

Their order is the one that the EPP design notes decide: options, syntax, policy, existence, authorisation, pending
transfer, authInfo, status, eligibility, association, data policy, billing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache

from regwire.registry.model import codes
from regwire.registry.model.objects import PENDING, Domain, GracePeriod, Transfer
from regwire.registry.model.outcomes import Checked, Created, DomainData, Outcome, Refusal, Renewed, TransferData
from regwire.registry.model.record import replace
from regwire.registry.model.requests import (
    CheckDomains,
    CreateDomain,
    InfoDomain,
    RenewDomain,
    TransferDomain,
    UpdateDomain,
)
from regwire.registry.rules import authinfo, delegation, lifecycle, roles, secdns, transfers
from regwire.registry.rules.context import Context
from regwire.registry.rules.dates import add_months, months_of
from regwire.registry.rules.features import NO_HOOKS
from regwire.registry.rules.names import check_domain_name
from regwire.registry.rules.policy import ZonePolicy
from regwire.registry.rules.registered import (
    accept,
    existing,
    policy_of,
    require_auth,
    require_eligible,
    sponsored,
    touched,
)
from regwire.registry.rules.status import apply_statuses, check_client, domain_statuses, forbid, forbid_update

__all__ = ["changed", "check", "create", "info", "prepared", "renew", "transfer", "update"]


def check(ctx: Context, request: CheckDomains) -> Outcome:
    """Tell which names could be registered (RFC 5731 section 3.1.1)."""
    if len(request.names) > ctx.policies.check_limit:
        raise Refusal(codes.POLICY, f"at most {ctx.policies.check_limit} names", "domain:check")
    taken = ctx.view.existing_domains(request.names)
    if taken and ctx.view.domain_due(ctx.now):
        taken = {name for name in taken if _still_there(ctx, name)}
    by_zone = ctx.policies.by_zone
    found: list[tuple[str, bool, str | None]] = []
    for name in request.names:
        if name in taken:
            found.append((name, False, "In use"))
            continue
        label, _, zone = name.partition(".")
        reason = None
        if zone not in by_zone or name in by_zone or not (label.isalnum() and label.isascii() and len(label) <= 63):
            reason = _fault_of_name(ctx, name)
        if reason is None:
            for hook in by_zone[zone].hooks.check_name:
                reason = reason or hook(ctx, request, name, by_zone[zone])
        found.append((name, reason is None, reason))
    items = tuple(found)
    for checked in ctx.policies.checked:
        checked(ctx, request, items)
    return ctx.answer(Checked(items))


def _still_there(ctx: Context, name: str) -> bool:
    """Tell whether a name that is in the store is registered; what is due may purge it."""
    policy = ctx.policies.by_zone.get(name.partition(".")[2], ctx.policies.general)
    return lifecycle.domain(ctx, name, policy) is not None


def _fault_of_name(ctx: Context, name: str) -> str | None:
    try:
        check_domain_name(name, ctx.policies)
    except Refusal as refusal:
        return refusal.reason[:32]
    return None


def info(ctx: Context, request: InfoDomain) -> Outcome:
    """Tell about a domain; without sponsoring it or giving its authInfo, only what the DNS and WHOIS tell."""
    value, policy = existing(ctx, request, hooks=False)
    full = value.sponsor == ctx.account
    if request.auth is not None and (not full or request.auth.password):
        require_auth(ctx, value, request.auth)
        full = True
    host_names: tuple[str, ...] | None = None
    if request.hosts in ("all", "del"):
        by_roid = ctx.view.host_names(value.hosts) if value.hosts else {}
        host_names = tuple([by_roid[roid] for roid in value.hosts])
    subordinates: tuple[str, ...] = ()
    if request.hosts in ("all", "sub"):
        subordinates = tuple([host.name for host in ctx.view.subordinates(value.name)])
    rgp = lifecycle.rgp_statuses(value, ctx.now)
    for hook in policy.hooks.informed:
        hook(ctx, request, value, policy)
    return ctx.answer(DomainData(value, domain_statuses(value), host_names, subordinates, rgp, full))


def create(ctx: Context, request: CreateDomain) -> Outcome:
    """Register a name (RFC 5731 section 3.2.1)."""
    value, policy = prepared(ctx, request)
    hooks = policy.hooks
    if hooks is not NO_HOOKS:
        value = hooks.accept(ctx, request, None, value, policy)
    ctx.change("domain", value.name, None, value)
    return ctx.done(Created("domain", value.name, ctx.now, value.expires))


def prepared(ctx: Context, request: CreateDomain) -> tuple[Domain, ZonePolicy]:
    """Return what a create would register, if nothing of what it says is wrong; it is not accepted yet."""
    name = request.name
    if request.secdns is not None:
        secdns.check_supported(request.secdns)
    attributes = delegation.check_attributes(request.host_attributes) if request.host_attributes else ()
    policy = check_domain_name(name, ctx.policies)
    roles.check_types(request.contacts)
    roles.require_needed(ctx, request.registrant, request.contacts, policy, codes.MISSING)
    months = months_of(request.period, policy)
    delegation.check_create(request, attributes, policy)
    registrant, contacts = roles.allowed(ctx, request.registrant, request.contacts, policy)
    ds, keys = secdns.check_create(request.secdns, policy) if request.secdns is not None else ((), ())
    hooks = policy.hooks
    for hook in hooks.policy:
        hook(ctx, request, policy)
    if lifecycle.domain(ctx, name, policy) is not None:
        raise Refusal(codes.EXISTS, "registered already", "domain:name", name)
    roles.require_existing(ctx, registrant, contacts)
    hosts = delegation.require_existing(ctx, request.hosts) if request.hosts else []
    auth = authinfo.protect(request.auth, ctx.call.salt, policy, "domain:authInfo")
    for eligibility in hooks.eligibility:
        eligibility(ctx, request, None, policy)
    roids = delegation.check_glue(hosts)
    now = ctx.now
    expires = add_months(now, months)
    grace = _add_grace(now, policy.add_grace, months // 12) if policy.add_grace else ()
    value = Domain(
        name,
        ctx.roid("D"),
        ctx.account,
        ctx.account,
        now,
        expires,
        None,
        None,
        None,
        registrant or None,
        contacts,
        roids,
        attributes,
        (),
        auth,
        ds,
        keys,
        grace,
    )
    return value, policy


@lru_cache(maxsize=64)
def _add_grace(now: datetime, span: timedelta, years: int) -> tuple[GracePeriod, ...]:
    """Return the grace period of a create; the creates of one group share theirs."""
    return (GracePeriod("add", now, now + span, years),)


def renew(ctx: Context, request: RenewDomain) -> Outcome:
    """Extend a registration (RFC 5731 section 3.2.3)."""
    months = months_of(request.period, policy_of(ctx, request.name))
    value, policy = sponsored(ctx, request)
    forbid(value, "Renew")
    if request.current_expiry != value.expires.date():
        given = request.current_expiry.isoformat()
        raise Refusal(codes.RANGE, f"expires on {value.expires.date().isoformat()}", "domain:curExpDate", given)
    expires = _extended(ctx, value.expires, months, policy, codes.NOT_RENEWABLE)
    require_eligible(ctx, request, value, policy)
    grace = lifecycle.running(value, ctx.now)
    if policy.renew_grace:
        grace = (*grace, GracePeriod("renew", ctx.now, ctx.now + policy.renew_grace, months // 12))
    after = accept(ctx, request, value, touched(ctx, value, expires=expires, grace=grace), policy)
    ctx.change("domain", value.name, value, after)
    return ctx.done(Renewed(value.name, after.expires))


def transfer(ctx: Context, request: TransferDomain) -> Outcome:
    """Query, request, approve, reject or cancel a transfer (RFC 5731 sections 3.1.3 and 3.2.4)."""
    if request.op == "request":
        return _request_transfer(ctx, request)
    if request.op == "query":
        value, policy = existing(ctx, request, hooks=False)
        transfers.require_query(ctx, value, value.name, request.auth)
        if request.auth is not None and request.auth.password:
            require_auth(ctx, value, request.auth)
        for hook in policy.hooks.informed:
            hook(ctx, request, value, policy)
        return ctx.answer(transfers.data_of(value, value.name))
    value, policy = existing(ctx, request)
    return transfers.answer(ctx, request, value, request.name, policy)


def update(ctx: Context, request: UpdateDomain) -> Outcome:
    """Change a domain (RFC 5731 section 3.2.5)."""
    value, after, policy = changed(ctx, request, existing)
    ctx.change("domain", value.name, value, accept(ctx, request, value, after, policy))
    return ctx.done()


def changed(
    ctx: Context, request: UpdateDomain, find: Callable[[Context, UpdateDomain], tuple[Domain, ZonePolicy]]
) -> tuple[Domain, Domain, ZonePolicy]:
    """Return what an update changes, before and after, if nothing of what it says is wrong; it is not accepted yet."""
    policy = policy_of(ctx, request.name)
    secdns.check_supported(request.secdns)
    attributes = delegation.check_attributes(request.add_host_attributes) if request.add_host_attributes else ()
    roles.check_types(request.add_contacts)
    delegation.check_update(request, attributes, policy)
    registrant, contacts = roles.allowed(ctx, request.registrant, request.add_contacts, policy)
    check_client("domain", request.remove_statuses, request.add_statuses)
    if request.secdns is not None:
        secdns.check_records(request.secdns.add, policy)
    value, policy = find(ctx, request)
    roles.require_existing(ctx, registrant, contacts)
    hosts = delegation.require_existing(ctx, request.add_hosts) if request.add_hosts else []
    ctx.require_sponsor(value.sponsor, "domain:name", request.name)
    auth = value.auth
    if request.auth is not None:
        auth = authinfo.protect(request.auth, ctx.call.salt, policy, "domain:authInfo")
    forbid_update(value, request.remove_statuses)
    require_eligible(ctx, request, value, policy)
    ds, keys = secdns.updated(value, request.secdns, policy)
    after = touched(
        ctx,
        value,
        hosts=delegation.updated_hosts(ctx, value, request, hosts),
        host_attributes=delegation.updated_attributes(value, request, attributes),
        contacts=roles.updated(value, request, contacts, policy),
        statuses=apply_statuses("domain", value.statuses, request.remove_statuses, request.add_statuses),
        registrant=value.registrant if registrant is None else registrant or None,
        auth=auth,
        ds=ds,
        keys=keys,
    )
    delegation.check_count(len(after.hosts) + len(after.host_attributes), policy)
    if request.remove_contacts or registrant == "":
        roles.require_needed(ctx, after.registrant, after.contacts, policy, codes.DATA_POLICY)
    return value, after, policy


def _request_transfer(ctx: Context, request: TransferDomain) -> Outcome:
    name = request.name
    if request.auth is None:
        raise Refusal(codes.MISSING, "authInfo is missing", "domain:authInfo")
    policy = policy_of(ctx, name)
    months = months_of(request.period, policy) if request.period is not None else 12
    value, policy = existing(ctx, request)
    if value.transfer is not None and value.transfer.status == PENDING:
        raise Refusal(codes.PENDING_TRANSFER, "a transfer is pending", "domain:name", name)
    require_auth(ctx, value, request.auth)
    forbid(value, "Transfer")
    if value.sponsor == ctx.account:
        raise Refusal(codes.NOT_TRANSFERABLE, "sponsored by the requester", "domain:name", name)
    expires = _extended(ctx, transfers.expires_without(value, ctx.now), months, policy, codes.NOT_TRANSFERABLE)
    require_eligible(ctx, request, value, policy)
    deadline = ctx.now + policy.pending_transfer
    pending = Transfer(PENDING, ctx.account, ctx.now, value.sponsor, deadline, months, expires)
    after = accept(ctx, request, value, replace(value, transfer=pending), policy)
    ctx.change("domain", name, value, after)
    data = TransferData("domain", name, pending, value.sponsor)
    transfers.announce(ctx, data)
    if policy.pending_transfer:
        return ctx.done(data, codes.PENDING)
    done = transfers.approve_domain(ctx, after, "serverApproved", ctx.now, policy)
    assert done.transfer is not None
    return ctx.done(TransferData("domain", name, done.transfer, value.sponsor))


def _extended(ctx: Context, expires: datetime, months: int, policy: ZonePolicy, code: int) -> datetime:
    """Return an expiry date moved on; refuse with ``code`` one that would be too far ahead."""
    expires = add_months(expires, months)
    if expires > add_months(ctx.now, policy.settings.max_years * 12):
        years = policy.settings.max_years
        raise Refusal(code, f"more than {years} years ahead", "domain:period", str(months // 12))
    return expires
