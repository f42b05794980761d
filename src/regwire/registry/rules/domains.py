"""The rules of domains (RFC 5731).

Their order is the one that the EPP design notes decide: policy, existence, authorisation, pending transfer, authInfo,
status, eligibility, association, data policy.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from regwire.registry.model import codes
from regwire.registry.model.objects import PENDING, ContactLink, Domain, GracePeriod, HostAttribute, Restore, Transfer
from regwire.registry.model.outcomes import (
    Checked,
    Created,
    DomainData,
    Outcome,
    Refusal,
    Renewed,
    Restored,
    TransferData,
)
from regwire.registry.model.record import replace
from regwire.registry.model.requests import (
    AuthInfo,
    CheckDomains,
    CreateDomain,
    DeleteDomain,
    InfoDomain,
    RenewDomain,
    RestoreDomain,
    TransferDomain,
    UpdateDomain,
)
from regwire.registry.rules import authinfo, delegation, lifecycle, secdns, transfers
from regwire.registry.rules.context import Context
from regwire.registry.rules.dates import add_months, months_of
from regwire.registry.rules.features import NO_HOOKS
from regwire.registry.rules.names import check_domain_name
from regwire.registry.rules.policy import ZonePolicy
from regwire.registry.rules.status import apply_statuses, domain_statuses, forbid, forbid_update

__all__ = ["check", "create", "delete", "info", "renew", "restore", "transfer", "update"]

_OfOne = InfoDomain | DeleteDomain | RenewDomain | TransferDomain | UpdateDomain | RestoreDomain


def check(ctx: Context, request: CheckDomains) -> Outcome:
    """Tell which names could be registered (RFC 5731 section 3.1.1)."""
    if len(request.names) > ctx.policies.check_limit:
        raise Refusal(codes.POLICY, f"at most {ctx.policies.check_limit} names", "domain:check")
    taken = ctx.view.existing_domains(request.names)
    by_zone = ctx.policies.by_zone
    found: list[tuple[str, bool, str | None]] = []
    for name in request.names:
        if name in taken:
            found.append((name, False, "In use"))
            continue
        label, _, zone = name.partition(".")
        reason = None
        if zone not in by_zone or not label.isalnum() or not label.isascii() or len(label) > 63:
            reason = _fault_of_name(ctx, name)
        if reason is None:
            for hook in by_zone[zone].hooks.check_name:
                reason = reason or hook(ctx, request, name, by_zone[zone])
        found.append((name, reason is None, reason))
    items = tuple(found)
    for checked in ctx.policies.checked:
        checked(ctx, request, items)
    return ctx.answer(Checked(items))


def _fault_of_name(ctx: Context, name: str) -> str | None:
    try:
        check_domain_name(name, ctx.policies)
    except Refusal as refusal:
        return refusal.reason[:32]
    return None


def info(ctx: Context, request: InfoDomain) -> Outcome:
    """Tell about a domain; without sponsoring it or giving its authInfo, only what the DNS and WHOIS tell."""
    value, policy = _existing(ctx, request, hooks=False)
    full = value.sponsor == ctx.account
    if request.auth is not None and (not full or request.auth.password):
        _require_auth(ctx, value, request.auth)
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
    name = request.name
    policy = check_domain_name(name, ctx.policies)
    settings = policy.settings
    months = months_of(request.period, policy)
    delegation.check_host_model(request.hosts, request.host_attributes, policy)
    servers = _require_name_server_count(len(request.hosts) + len(request.host_attributes), policy)
    if servers < settings.min_name_servers:
        raise Refusal(codes.POLICY, f"at least {settings.min_name_servers} name servers", "domain:ns")
    _require_distinct(request.hosts or tuple([a.name for a in request.host_attributes]), "domain:ns")
    _check_links(request.contacts, policy)
    if settings.required_contacts:
        _require_roles(request.registrant, request.contacts, policy, codes.MISSING)
    ds, keys = secdns.check_create(request.secdns, policy)
    hooks = policy.hooks
    for hook in hooks.policy:
        hook(ctx, request, policy)
    if lifecycle.domain(ctx, name, policy) is not None:
        raise Refusal(codes.EXISTS, "registered already", "domain:name", name)
    for eligibility in hooks.eligibility:
        eligibility(ctx, request, None, policy)
    delegation.require_contacts(ctx, request.registrant, request.contacts)
    hosts = delegation.resolve_hosts(ctx, request.hosts) if request.hosts else ()
    attributes = delegation.resolve_attributes(ctx, name, request.host_attributes) if request.host_attributes else ()
    auth = authinfo.protect(request.auth, ctx.call.salt, policy)
    now = ctx.now
    expires = add_months(now, months)
    grace = (GracePeriod("add", now, now + policy.add_grace, months // 12),) if settings.add_grace else ()
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
        request.registrant or None,
        request.contacts,
        tuple(hosts),
        attributes,
        (),
        auth,
        ds,
        keys,
        grace,
    )
    if hooks is not NO_HOOKS:
        value = hooks.accept(ctx, request, None, value, policy)
    ctx.change("domain", name, None, value)
    return ctx.done(Created("domain", name, now, value.expires))


def delete(ctx: Context, request: DeleteDomain) -> Outcome:
    """Delete a domain: at once within the add grace period, else into redemption (RFC 3915 section 3.2)."""
    value, policy = _sponsored(ctx, request)
    forbid(value, "Delete")
    _require_eligible(ctx, request, value, policy)
    if ctx.view.subordinates(value.name):
        raise Refusal(codes.ASSOCIATION, "hosts lie in the domain", "domain:name", value.name)
    adding = any(period.type == "add" and period.end > ctx.now for period in value.grace)
    kept = policy.redemption + policy.pending_delete
    after: Domain | None = None
    if kept and not adding:
        redeemable = ctx.now + policy.redemption
        restore = Restore(ctx.now, redeemable, redeemable + policy.pending_delete)
        after = _touched(ctx, value, restore=restore)
    after = _accept(ctx, request, value, after, policy)
    after = policy.hooks.happened(ctx, "delete", value, after, policy)
    ctx.change("domain", value.name, value, after)
    return ctx.done(code=codes.OK if after is None else codes.PENDING)


def renew(ctx: Context, request: RenewDomain) -> Outcome:
    """Extend a registration (RFC 5731 section 3.2.3)."""
    _, policy = check_existing_name(ctx, request.name)
    months = months_of(request.period, policy)
    value, policy = _sponsored(ctx, request)
    forbid(value, "Renew")
    if request.current_expiry != value.expires.date():
        given = request.current_expiry.isoformat()
        raise Refusal(codes.RANGE, f"expires on {value.expires.date().isoformat()}", "domain:curExpDate", given)
    expires = _extended(ctx, value, months, policy, codes.NOT_RENEWABLE)
    _require_eligible(ctx, request, value, policy)
    grace = lifecycle.running(value, ctx.now)
    if policy.renew_grace:
        grace = (*grace, GracePeriod("renew", ctx.now, ctx.now + policy.renew_grace, months // 12))
    after = _accept(ctx, request, value, _touched(ctx, value, expires=expires, grace=grace), policy)
    ctx.change("domain", value.name, value, after)
    return ctx.done(Renewed(value.name, after.expires))


def transfer(ctx: Context, request: TransferDomain) -> Outcome:
    """Query, request, approve, reject or cancel a transfer (RFC 5731 sections 3.1.3 and 3.2.4)."""
    if request.op == "request":
        return _request_transfer(ctx, request)
    if request.op == "query":
        value, policy = _existing(ctx, request, hooks=False)
        if request.auth is not None and request.auth.password:
            _require_auth(ctx, value, request.auth)
        return transfers.query(ctx, value, value.name, authorised=bool(request.auth and request.auth.password))
    value, policy = _existing(ctx, request)
    return transfers.answer(ctx, request, value, request.name, policy)


def update(ctx: Context, request: UpdateDomain) -> Outcome:
    """Change a domain (RFC 5731 section 3.2.5)."""
    _, policy = check_existing_name(ctx, request.name)
    delegation.check_host_model(
        request.add_hosts + request.remove_hosts,
        request.add_host_attributes + request.remove_host_attributes,
        policy,
    )
    _check_links(request.add_contacts, policy)
    value, policy = _sponsored(ctx, request)
    delegation.require_contacts(ctx, request.registrant, request.add_contacts)
    auth = value.auth
    if request.auth is not None:
        auth = authinfo.protect(request.auth, ctx.call.salt, policy)
    forbid_update(value, request.remove_statuses)
    _require_eligible(ctx, request, value, policy)
    ds, keys = secdns.updated(value, request.secdns, policy)
    after = _touched(
        ctx,
        value,
        hosts=_updated_hosts(ctx, value, request),
        host_attributes=_updated_attributes(ctx, value, request),
        contacts=_updated_contacts(value, request, policy),
        statuses=apply_statuses("domain", value.statuses, request.remove_statuses, request.add_statuses),
        registrant=value.registrant if request.registrant is None else request.registrant or None,
        auth=auth,
        ds=ds,
        keys=keys,
    )
    _require_name_server_count(len(after.hosts) + len(after.host_attributes), policy)
    if request.remove_contacts or request.registrant == "":
        _require_roles(after.registrant, after.contacts, policy, codes.DATA_POLICY)
    ctx.change("domain", value.name, value, _accept(ctx, request, value, after, policy))
    return ctx.done()


def restore(ctx: Context, request: RestoreDomain) -> Outcome:
    """Restore a deleted domain by request and report (RFC 3915 section 4.2.5)."""
    value, policy = _sponsored(ctx, request)
    state = value.restore
    if request.op == "request":
        if state is None or state.report_due is not None or ctx.now >= state.redeemable:
            raise Refusal(codes.STATUS, "not in redemption", "domain:name", value.name)
        _require_eligible(ctx, request, value, policy)
        after = _touched(ctx, value, restore=replace(state, report_due=ctx.now + policy.restore_report))
        ctx.change("domain", value.name, value, _accept(ctx, request, value, after, policy))
        return ctx.done(Restored("pendingRestore"))
    if not request.report:
        raise Refusal(codes.MISSING, "a report is missing", "rgp:report")
    if state is None or state.report_due is None:
        raise Refusal(codes.STATUS, "no restore is pending", "domain:name", value.name)
    _require_eligible(ctx, request, value, policy)
    after = _accept(ctx, request, value, _touched(ctx, value, restore=None, grace=()), policy)
    ctx.change("domain", value.name, value, policy.hooks.happened(ctx, "restore", value, after, policy))
    return ctx.done(Restored(None))


def _request_transfer(ctx: Context, request: TransferDomain) -> Outcome:
    name, policy = check_existing_name(ctx, request.name)
    months = months_of(request.period, policy) if request.period is not None else 12
    if request.auth is None:
        raise Refusal(codes.MISSING, "authInfo is missing", "domain:authInfo")
    value, policy = _existing(ctx, request)
    if value.transfer is not None and value.transfer.status == PENDING:
        raise Refusal(codes.PENDING_TRANSFER, "a transfer is pending", "domain:name", name)
    _require_auth(ctx, value, request.auth)
    forbid(value, "Transfer")
    if value.sponsor == ctx.account:
        raise Refusal(codes.NOT_TRANSFERABLE, "sponsored by the requester", "domain:name", name)
    expires = _extended(ctx, value, months, policy, codes.NOT_TRANSFERABLE)
    _require_eligible(ctx, request, value, policy)
    deadline = ctx.now + policy.pending_transfer
    pending = Transfer(PENDING, ctx.account, ctx.now, value.sponsor, deadline, months, expires)
    after = _accept(ctx, request, value, replace(value, transfer=pending), policy)
    ctx.change("domain", name, value, after)
    data = TransferData("domain", name, pending, value.sponsor)
    transfers.announce(ctx, data)
    if not policy.pending_transfer:
        transfers.approve_domain(ctx, after, "serverApproved", ctx.now, policy)
    return ctx.done(data, codes.PENDING)


def _extended(ctx: Context, value: Domain, months: int, policy: ZonePolicy, code: int) -> datetime:
    expires = add_months(value.expires, months)
    if expires > add_months(ctx.now, policy.settings.max_years * 12):
        years = policy.settings.max_years
        raise Refusal(code, f"more than {years} years ahead", "domain:period", str(months // 12))
    return expires


def check_existing_name(ctx: Context, name: str) -> tuple[str, ZonePolicy]:
    """Return a name and its zone's policy; one that cannot be registered here does not exist: 2303."""
    policy = ctx.policies.by_zone.get(name.partition(".")[2])
    if policy is None:
        raise _missing(name)
    return name, policy


def _missing(name: str) -> Refusal:
    return Refusal(codes.DOES_NOT_EXIST, "no such domain", "domain:name", name)


def _existing(ctx: Context, request: _OfOne, *, hooks: bool = True) -> tuple[Domain, ZonePolicy]:
    """Return the domain that a request is about, after what features say of the request: 2303."""
    name, policy = check_existing_name(ctx, request.name)
    if hooks:
        for hook in policy.hooks.policy:
            hook(ctx, request, policy)
    value = lifecycle.domain(ctx, name, policy)
    if value is None:
        raise _missing(name)
    return value, policy


def _sponsored(ctx: Context, request: _OfOne) -> tuple[Domain, ZonePolicy]:
    """Return a domain of the account's own: 2303, 2201."""
    value, policy = _existing(ctx, request)
    if value.sponsor != ctx.account:
        ctx.require_sponsor(value.sponsor, "domain:name", request.name)
    return value, policy


def _require_eligible(ctx: Context, request: _OfOne, value: Domain, policy: ZonePolicy) -> None:
    for hook in policy.hooks.eligibility:
        hook(ctx, request, value, policy)


_After = TypeVar("_After", Domain, Domain | None)


def _accept(ctx: Context, request: _OfOne, before: Domain, after: _After, policy: ZonePolicy) -> _After:
    """Let features look at a command that the rules accept, and change what comes of it."""
    return policy.hooks.accept(ctx, request, before, after, policy)  # type: ignore[no-any-return]


def _require_auth(ctx: Context, value: Domain, given: AuthInfo) -> None:
    """Refuse with 2202 unless the authInfo is the domain's, or that of a contact of it which ``roid`` names."""
    stored = value.auth
    if given.roid is not None and given.roid != value.roid:
        ids = [value.registrant, *(link.id for link in value.contacts)]
        contacts = [ctx.view.contact(id) for id in ids if id]
        stored = next((c.auth for c in contacts if c is not None and c.roid == given.roid), None)
    if not authinfo.matches(given.password, stored):
        raise Refusal(codes.AUTH_INFO, "wrong authInfo", "domain:authInfo")


def _touched(ctx: Context, value: Domain, **changes: object) -> Domain:
    return replace(value, updater=ctx.account, updated=ctx.now, **changes)


def _require_distinct(names: tuple[str, ...], element: str) -> None:
    if len(names) > 1 and len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise Refusal(codes.POLICY, "given twice", element, twice)


def _require_name_server_count(count: int, policy: ZonePolicy) -> int:
    if count > policy.settings.max_name_servers:
        raise Refusal(codes.POLICY, f"at most {policy.settings.max_name_servers} name servers", "domain:ns")
    return count


def _check_links(links: tuple[ContactLink, ...], policy: ZonePolicy) -> None:
    seen: dict[str, list[str]] = {}
    for link in links:
        if not link.type:
            raise Refusal(codes.MISSING, "a contact needs a type", "domain:contact", link.id)
        ids = seen.setdefault(link.type, [])
        if link.id in ids:
            raise Refusal(codes.POLICY, "given twice", "domain:contact", link.id)
        ids.append(link.id)
        if len(ids) > policy.settings.max_contacts:
            raise Refusal(codes.POLICY, f"at most {policy.settings.max_contacts} a type", "domain:contact", link.id)


def _require_roles(registrant: str | None, links: tuple[ContactLink, ...], policy: ZonePolicy, code: int) -> None:
    there = {link.type for link in links}
    if registrant:
        there.add("registrant")
    for role in policy.settings.required_contacts:
        if role not in there:
            raise Refusal(
                code, f"{role} is required", "domain:registrant" if role == "registrant" else "domain:contact"
            )


def _updated_hosts(ctx: Context, value: Domain, request: UpdateDomain) -> tuple[str, ...]:
    if not request.add_hosts and not request.remove_hosts:
        return value.hosts
    names = ctx.view.host_names(value.hosts)
    left = {names[roid]: roid for roid in value.hosts}
    for name in request.remove_hosts:
        if left.pop(name, None) is None:
            raise Refusal(codes.POLICY, "not a name server of the domain", "domain:hostObj", name)
    for name, roid in zip(request.add_hosts, delegation.resolve_hosts(ctx, request.add_hosts), strict=True):
        if name in left:
            raise Refusal(codes.POLICY, "a name server of the domain already", "domain:hostObj", name)
        left[name] = roid
    return tuple(left.values())


def _updated_attributes(ctx: Context, value: Domain, request: UpdateDomain) -> tuple[HostAttribute, ...]:
    if not request.add_host_attributes and not request.remove_host_attributes:
        return value.host_attributes
    left = {attribute.name: attribute for attribute in value.host_attributes}
    for attribute in request.remove_host_attributes:
        if left.pop(attribute.name, None) is None:
            raise Refusal(codes.POLICY, "not a name server of the domain", "domain:hostName", attribute.name)
    for attribute in delegation.resolve_attributes(ctx, value.name, request.add_host_attributes):
        if attribute.name in left:
            raise Refusal(codes.POLICY, "a name server of the domain already", "domain:hostName", attribute.name)
        left[attribute.name] = attribute
    return tuple(left.values())


def _updated_contacts(value: Domain, request: UpdateDomain, policy: ZonePolicy) -> tuple[ContactLink, ...]:
    left = list(value.contacts)
    for link in request.remove_contacts:
        if link not in left:
            raise Refusal(codes.POLICY, "not a contact of the domain", "domain:contact", link.id)
        left.remove(link)
    for link in request.add_contacts:
        if link in left:
            raise Refusal(codes.POLICY, "a contact of the domain already", "domain:contact", link.id)
        left.append(link)
    _check_links(tuple(left), policy)
    return tuple(left)
