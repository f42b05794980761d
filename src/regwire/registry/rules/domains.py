"""The rules of domains (RFC 5731).

Their order is the one that the EPP design notes decide: policy, existence, authorisation, pending transfer, authInfo,
status, eligibility, association, data policy.
"""

from __future__ import annotations

from datetime import datetime

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
from regwire.registry.rules.names import check_domain_name
from regwire.registry.rules.policy import ZonePolicy
from regwire.registry.rules.status import apply_statuses, domain_statuses, forbid, forbid_update

__all__ = ["check", "create", "delete", "info", "renew", "restore", "transfer", "update"]


def check(ctx: Context, request: CheckDomains) -> Outcome:
    """Tell which names could be registered (RFC 5731 section 3.1.1)."""
    if len(request.names) > ctx.policies.check_limit:
        raise Refusal(codes.POLICY, f"at most {ctx.policies.check_limit} names", "domain:check")
    taken = ctx.view.existing_domains(request.names)
    by_zone = ctx.policies.by_zone
    items: list[tuple[str, bool, str | None]] = []
    for name in request.names:
        if name in taken:
            items.append((name, False, "In use"))
            continue
        label, _, zone = name.partition(".")
        if zone in by_zone and label.isalnum() and label.isascii() and len(label) <= 63:
            items.append((name, True, None))
            continue
        try:
            check_domain_name(name, ctx.policies)
        except Refusal as refusal:
            items.append((name, False, refusal.reason[:32]))
        else:
            items.append((name, True, None))
    return Outcome(codes.OK, Checked(tuple(items)))


def info(ctx: Context, request: InfoDomain) -> Outcome:
    """Tell about a domain; without sponsoring it or giving its authInfo, only what the DNS and WHOIS tell."""
    value = _existing(ctx, request.name)
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
    # What settling the domain decided is left undone: a read changes nothing.
    return Outcome(codes.OK, DomainData(value, domain_statuses(value), host_names, subordinates, rgp, full))


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
    if lifecycle.domain(ctx, name, policy) is not None:
        raise Refusal(codes.EXISTS, "registered already", "domain:name", name)
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
    ctx.change("domain", name, None, value)
    return ctx.done(Created("domain", name, now, expires))


def delete(ctx: Context, request: DeleteDomain) -> Outcome:
    """Delete a domain: at once within the add grace period, else into redemption (RFC 3915 section 3.2)."""
    value, policy = _sponsored(ctx, request.name)
    forbid(value, "Delete")
    if ctx.view.subordinates(value.name):
        raise Refusal(codes.ASSOCIATION, "hosts lie in the domain", "domain:name", value.name)
    adding = any(period.type == "add" and period.end > ctx.now for period in value.grace)
    kept = policy.redemption + policy.pending_delete
    if adding or not kept:
        ctx.change("domain", value.name, value, None)
        return ctx.done()
    redeemable = ctx.now + policy.redemption
    restore = Restore(ctx.now, redeemable, redeemable + policy.pending_delete)
    ctx.change("domain", value.name, value, _touched(ctx, value, restore=restore))
    return ctx.done(code=codes.PENDING)


def renew(ctx: Context, request: RenewDomain) -> Outcome:
    """Extend a registration (RFC 5731 section 3.2.3)."""
    _, policy = check_existing_name(ctx, request.name)
    months = months_of(request.period, policy)
    value, policy = _sponsored(ctx, request.name)
    forbid(value, "Renew")
    if request.current_expiry != value.expires.date():
        given = request.current_expiry.isoformat()
        raise Refusal(codes.RANGE, f"expires on {value.expires.date().isoformat()}", "domain:curExpDate", given)
    expires = _extended(ctx, value, months, policy, codes.NOT_RENEWABLE)
    grace = lifecycle.running(value, ctx.now)
    if policy.renew_grace:
        grace = (*grace, GracePeriod("renew", ctx.now, ctx.now + policy.renew_grace, months // 12))
    ctx.change("domain", value.name, value, _touched(ctx, value, expires=expires, grace=grace))
    return ctx.done(Renewed(value.name, expires))


def transfer(ctx: Context, request: TransferDomain) -> Outcome:
    """Query, request, approve, reject or cancel a transfer (RFC 5731 sections 3.1.3 and 3.2.4)."""
    if request.op == "request":
        return _request_transfer(ctx, request)
    if request.op == "query":
        value = _existing(ctx, request.name)
        if request.auth is not None and request.auth.password:
            _require_auth(ctx, value, request.auth)
        ctx.changes.clear()
        ctx.messages.clear()
        return transfers.query(ctx, value, value.name, authorised=bool(request.auth and request.auth.password))
    name, policy = check_existing_name(ctx, request.name)
    found = lifecycle.domain(ctx, name, policy)
    if found is None:
        raise _missing(name)
    return transfers.answer(ctx, request.op, found, name, policy)


def update(ctx: Context, request: UpdateDomain) -> Outcome:
    """Change a domain (RFC 5731 section 3.2.5)."""
    _, policy = check_existing_name(ctx, request.name)
    delegation.check_host_model(
        request.add_hosts + request.remove_hosts,
        request.add_host_attributes + request.remove_host_attributes,
        policy,
    )
    _check_links(request.add_contacts, policy)
    value, policy = _sponsored(ctx, request.name)
    delegation.require_contacts(ctx, request.registrant, request.add_contacts)
    auth = value.auth
    if request.auth is not None:
        auth = authinfo.protect(request.auth, ctx.call.salt, policy)
    forbid_update(value, request.remove_statuses)
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
    ctx.change("domain", value.name, value, after)
    return ctx.done()


def restore(ctx: Context, request: RestoreDomain) -> Outcome:
    """Restore a deleted domain by request and report (RFC 3915 section 4.2.5)."""
    value, policy = _sponsored(ctx, request.name)
    state = value.restore
    if request.op == "request":
        if state is None or state.report_due is not None or ctx.now >= state.redeemable:
            raise Refusal(codes.STATUS, "not in redemption", "domain:name", value.name)
        after = _touched(ctx, value, restore=replace(state, report_due=ctx.now + policy.restore_report))
        ctx.change("domain", value.name, value, after)
        return ctx.done(Restored("pendingRestore"))
    if not request.report:
        raise Refusal(codes.MISSING, "a report is missing", "rgp:report")
    if state is None or state.report_due is None:
        raise Refusal(codes.STATUS, "no restore is pending", "domain:name", value.name)
    ctx.change("domain", value.name, value, _touched(ctx, value, restore=None, grace=()))
    return ctx.done(Restored(None))


def _request_transfer(ctx: Context, request: TransferDomain) -> Outcome:
    name, policy = check_existing_name(ctx, request.name)
    months = months_of(request.period, policy) if request.period is not None else 12
    if request.auth is None:
        raise Refusal(codes.MISSING, "authInfo is missing", "domain:authInfo")
    value = lifecycle.domain(ctx, name, policy)
    if value is None:
        raise _missing(name)
    if value.transfer is not None and value.transfer.status == PENDING:
        raise Refusal(codes.PENDING_TRANSFER, "a transfer is pending", "domain:name", name)
    _require_auth(ctx, value, request.auth)
    forbid(value, "Transfer")
    if value.sponsor == ctx.account:
        raise Refusal(codes.NOT_TRANSFERABLE, "sponsored by the requester", "domain:name", name)
    expires = _extended(ctx, value, months, policy, codes.NOT_TRANSFERABLE)
    deadline = ctx.now + policy.pending_transfer
    pending = Transfer(PENDING, ctx.account, ctx.now, value.sponsor, deadline, months, expires)
    after = replace(value, transfer=pending)
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


def _existing(ctx: Context, name: str) -> Domain:
    _, policy = check_existing_name(ctx, name)
    value = lifecycle.domain(ctx, name, policy)
    if value is None:
        raise _missing(name)
    return value


def _sponsored(ctx: Context, name: str) -> tuple[Domain, ZonePolicy]:
    """Return a domain of the account's own: 2303, 2201."""
    _, policy = check_existing_name(ctx, name)
    value = lifecycle.domain(ctx, name, policy)
    if value is None:
        raise _missing(name)
    if value.sponsor != ctx.account:
        ctx.require_sponsor(value.sponsor, "domain:name", name)
    return value, policy


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
