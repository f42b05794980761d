"""The rules of host objects (RFC 5732)."""

from __future__ import annotations

from typing import TypeVar

from regwire.registry.model import codes
from regwire.registry.model.objects import PENDING, Domain, Host
from regwire.registry.model.outcomes import Checked, Created, HostData, Outcome, Refusal
from regwire.registry.model.record import replace
from regwire.registry.model.requests import CheckHosts, CreateHost, DeleteHost, InfoHost, UpdateHost
from regwire.registry.rules import lifecycle
from regwire.registry.rules.addresses import apply_addresses, check_addresses
from regwire.registry.rules.context import Context
from regwire.registry.rules.names import check_host_name, check_syntax
from regwire.registry.rules.status import apply_statuses, check_client, forbid, forbid_update, host_statuses
from regwire.registry.rules.usage import host_user

__all__ = ["check", "create", "delete", "find", "info", "update"]


def check(ctx: Context, request: CheckHosts) -> Outcome:
    """Tell which host names could be created (RFC 5732 section 3.1.1)."""
    if len(request.names) > ctx.policies.check_limit:
        raise Refusal(codes.POLICY, f"at most {ctx.policies.check_limit} names", "host:check")
    taken = ctx.view.existing_hosts(request.names)
    items: list[tuple[str, bool, str | None]] = []
    for name in request.names:
        reason: str | None = None
        if name in taken:
            reason = "In use"
        else:
            try:
                check_host_name(name)
                _check_place(ctx, name, ctx.policies.superordinates(name))
            except Refusal as refusal:
                reason = refusal.reason[:32]
        items.append((name, reason is None, reason))
    return Outcome(codes.OK, Checked(tuple(items)))


def info(ctx: Context, request: InfoHost) -> Outcome:
    """Tell about a host; every registrar may know (RFC 5732 section 3.1.2)."""
    value = _existing(ctx, request.name)
    policy = ctx.policies.general
    for hook in policy.hooks.informed:
        hook(ctx, request, value, policy)
    statuses = host_statuses(value, linked=host_user(ctx, value) is not None, moving=_moving(ctx, value))
    return ctx.answer(HostData(value, statuses))


def create(ctx: Context, request: CreateHost) -> Outcome:
    """Create a host: internal with glue, in a domain of one's own; or external without (RFC 5732 section 3.2.1)."""
    name = request.name
    check_host_name(name)
    addresses = check_addresses(request.addresses)
    places = ctx.policies.superordinates(name)
    if places and not addresses:
        raise Refusal(codes.MISSING, "an internal host needs glue", "host:addr")
    _check_place(ctx, name, places)
    if not places and addresses:
        raise Refusal(codes.POLICY, "an external host has no addresses here", "host:addr", addresses[0].address)
    addresses = apply_addresses((), (), addresses, ctx.policies.general.settings.max_addresses)
    _require_policy(ctx, request)
    if ctx.view.host(name) is not None:
        raise Refusal(codes.EXISTS, "exists already", "host:name", name)
    superordinate: str | None = None
    if places:
        place = _require_domain(ctx, places)
        _require_usable(ctx, place)
        superordinate = place.name
    value = Host(
        name,
        ctx.roid("H"),
        ctx.account,
        ctx.account,
        ctx.now,
        superordinate=superordinate,
        addresses=addresses,
    )
    value = _accept(ctx, request, None, value)
    ctx.change("host", name, None, value)
    return ctx.done(Created("host", name, ctx.now))


def delete(ctx: Context, request: DeleteHost) -> Outcome:
    """Delete a host that nothing uses (RFC 5732 section 3.2.2)."""
    _require_policy(ctx, request)
    value = _sponsored(ctx, request.name)
    forbid(value, "Delete")
    _forbid_moving(ctx, value)
    user = host_user(ctx, value)
    if user is not None:
        raise Refusal(codes.ASSOCIATION, f"{user} use the host", "host:name", value.name)
    _accept(ctx, request, value, None)
    ctx.change("host", value.name, value, None)
    return ctx.done()


def update(ctx: Context, request: UpdateHost) -> Outcome:
    """Change or rename a host; links to it stay (RFC 5732 section 3.2.5)."""
    add, remove = check_addresses(request.add_addresses), check_addresses(request.remove_addresses)
    new_name = request.new_name
    places: tuple[str, ...] = ()
    if new_name is not None:
        check_host_name(new_name)
        places = ctx.policies.superordinates(new_name)
        _check_place(ctx, new_name, places)
    check_client("host", request.remove_statuses, request.add_statuses)
    _require_policy(ctx, request)
    value = _existing(ctx, request.name)
    new_place: Domain | None = None
    superordinate: str | None = None
    if new_name is None:
        superordinate = value.superordinate
    elif ctx.view.host(new_name) is not None:
        raise Refusal(codes.EXISTS, "exists already", "host:name", new_name)
    elif places:
        new_place = _require_domain(ctx, places)
        superordinate = new_place.name
    ctx.require_sponsor(value.sponsor, "host:name", request.name)
    if new_place is not None:
        _require_usable(ctx, new_place)
    forbid_update(value, request.remove_statuses)
    _forbid_moving(ctx, value)
    if new_name is not None and value.superordinate is None:
        user = host_user(ctx, value, other_than=ctx.account)
        if user is not None:
            raise Refusal(codes.ASSOCIATION, f"{user} of other clients use the host", "host:name", value.name)
    present = value.addresses
    if superordinate is None and value.superordinate is not None:
        # Outside the registry's zones its glue is nobody's business any more.
        present, remove = (), ()
    addresses = apply_addresses(present, remove, add, ctx.policies.general.settings.max_addresses)
    if superordinate is None and addresses:
        raise Refusal(codes.POLICY, "an external host has no addresses here", "host:addr", addresses[0].address)
    if superordinate is not None and not addresses:
        user = host_user(ctx, value)
        if user is not None:
            raise Refusal(codes.ASSOCIATION, f"{user} use the host: it needs glue", "host:addr")
    after = replace(
        value,
        name=new_name or value.name,
        superordinate=superordinate,
        addresses=addresses,
        statuses=apply_statuses("host", value.statuses, request.remove_statuses, request.add_statuses),
        updater=ctx.account,
        updated=ctx.now,
    )
    after = _accept(ctx, request, value, after)
    if new_name is not None:
        ctx.change("host", value.name, value, None)
        ctx.change("host", new_name, None, after)
    else:
        ctx.change("host", value.name, value, after)
    return ctx.done()


def _require_policy(ctx: Context, request: CreateHost | DeleteHost | UpdateHost) -> None:
    policy = ctx.policies.general
    for hook in policy.hooks.policy:
        hook(ctx, request, policy)


_After = TypeVar("_After", Host, None)


def _accept(ctx: Context, request: CreateHost | DeleteHost | UpdateHost, before: Host | None, after: _After) -> _After:
    """Let features look at a command that the rules accept, and change what comes of it."""
    policy = ctx.policies.general
    return policy.hooks.accept(ctx, request, before, after, policy)  # type: ignore[no-any-return]


def _check_place(ctx: Context, name: str, places: tuple[str, ...]) -> None:
    """Refuse with 2306 the name of a zone, and names in a zone that has no host objects."""
    if name in ctx.policies.by_zone:
        raise Refusal(codes.POLICY, "the name of a zone", "host:name", name)
    if places:
        policy = ctx.policies.by_zone[places[0].partition(".")[2]]
        if policy.settings.host_model == "attributes":
            raise Refusal(codes.POLICY, "this zone takes host attributes", "host:name", name)


def _domain(ctx: Context, name: str) -> Domain | None:
    return lifecycle.domain(ctx, name, ctx.policies.by_zone.get(name.partition(".")[2], ctx.policies.general))


def _require_domain(ctx: Context, places: tuple[str, ...]) -> Domain:
    """Return the superordinate domain, the first of those it may be that is registered: 2303."""
    for name in places:
        domain = _domain(ctx, name)
        if domain is not None:
            return domain
    raise Refusal(codes.DOES_NOT_EXIST, "no such superordinate domain", "host:name", places[0])


def _require_usable(ctx: Context, domain: Domain) -> None:
    """Refuse with 2201 or 2304 a superordinate domain that is another's or deleted."""
    ctx.require_sponsor(domain.sponsor, "host:name", domain.name)
    if domain.restore is not None:
        raise Refusal(codes.STATUS, "the superordinate domain is deleted", "host:name", domain.name)


def _moving(ctx: Context, value: Host) -> bool:
    """Tell whether the superordinate domain, and so the host, is being transferred (RFC 5732 section 2.3)."""
    domain = None if value.superordinate is None else _domain(ctx, value.superordinate)
    return domain is not None and domain.transfer is not None and domain.transfer.status == PENDING


def _forbid_moving(ctx: Context, value: Host) -> None:
    if _moving(ctx, value):
        raise Refusal(codes.STATUS, "this status forbids it", "host:status", "pendingTransfer")


def _existing(ctx: Context, name: str) -> Host:
    value = find(ctx, name)
    if value is None:
        check_syntax(name, "host:name")
        raise Refusal(codes.DOES_NOT_EXIST, "no such host", "host:name", name)
    return value


def find(ctx: Context, name: str) -> Host | None:
    """Return the host as it is now, or None."""
    value = ctx.view.host(name)
    if value is None or value.superordinate is None:
        return value
    # A transfer of its domain that time completes takes the host along.
    _domain(ctx, value.superordinate)
    settled = [change.after for change in ctx.changes if change.kind == "host" and change.key == name]
    return settled[-1] if settled else value


def _sponsored(ctx: Context, name: str) -> Host:
    value = _existing(ctx, name)
    ctx.require_sponsor(value.sponsor, "host:name", name)
    return value
