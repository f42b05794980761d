"""The rules of host objects (RFC 5732)."""

from __future__ import annotations

from typing import TypeVar

from regwire.registry.model import codes
from regwire.registry.model.objects import Host
from regwire.registry.model.outcomes import Checked, Created, HostData, Outcome, Refusal
from regwire.registry.model.record import replace
from regwire.registry.model.requests import CheckHosts, CreateHost, DeleteHost, InfoHost, UpdateHost
from regwire.registry.rules import lifecycle
from regwire.registry.rules.addresses import apply_addresses, check_addresses
from regwire.registry.rules.context import Context
from regwire.registry.rules.names import check_host_name
from regwire.registry.rules.status import apply_statuses, forbid, forbid_update, host_statuses

__all__ = ["check", "create", "delete", "info", "update"]


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
                _require_not_a_zone(ctx, name)
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
    return ctx.answer(HostData(value, host_statuses(value, linked=ctx.view.host_linked(value.roid))))


def create(ctx: Context, request: CreateHost) -> Outcome:
    """Create a host: internal with glue, in a domain of one's own; or external without (RFC 5732 section 3.2.1)."""
    name = request.name
    check_host_name(name)
    _require_not_a_zone(ctx, name)
    addresses = check_addresses(request.addresses)
    superordinate = ctx.policies.superordinate(name)
    limit = ctx.policies.general.settings.max_addresses
    addresses = apply_addresses((), (), addresses, limit)
    if superordinate is None and addresses:
        raise Refusal(codes.POLICY, "an external host has no addresses here", "host:addr", addresses[0].address)
    if superordinate is not None and not addresses:
        raise Refusal(codes.MISSING, "an internal host needs glue", "host:addr")
    _require_policy(ctx, request)
    if ctx.view.host(name) is not None:
        raise Refusal(codes.EXISTS, "exists already", "host:name", name)
    if superordinate is not None:
        _require_own_domain(ctx, superordinate)
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
    """Delete a host that no domain uses (RFC 5732 section 3.2.2)."""
    _require_policy(ctx, request)
    value = _sponsored(ctx, request.name)
    forbid(value, "Delete")
    if ctx.view.host_linked(value.roid):
        raise Refusal(codes.ASSOCIATION, "domains use the host", "host:name", value.name)
    _accept(ctx, request, value, None)
    ctx.change("host", value.name, value, None)
    return ctx.done()


def update(ctx: Context, request: UpdateHost) -> Outcome:
    """Change or rename a host; links to it stay (RFC 5732 section 3.2.5)."""
    add, remove = check_addresses(request.add_addresses), check_addresses(request.remove_addresses)
    new_name = request.new_name
    if new_name is not None:
        check_host_name(new_name)
        _require_not_a_zone(ctx, new_name)
    _require_policy(ctx, request)
    value = _sponsored(ctx, request.name)
    if new_name is not None and ctx.view.host(new_name) is not None:
        raise Refusal(codes.EXISTS, "exists already", "host:name", new_name)
    superordinate = value.superordinate
    if new_name is not None:
        superordinate = ctx.policies.superordinate(new_name)
        if superordinate is not None:
            _require_own_domain(ctx, superordinate)
    forbid_update(value, request.remove_statuses)
    if (
        new_name is not None
        and value.superordinate is None
        and ctx.view.host_linked(value.roid, other_than=ctx.account)
    ):
        raise Refusal(codes.ASSOCIATION, "domains of other clients use the host", "host:name", value.name)
    present = value.addresses
    if superordinate is None and value.superordinate is not None:
        # Outside the registry's zones its glue is nobody's business any more.
        present, remove = (), ()
    addresses = apply_addresses(present, remove, add, ctx.policies.general.settings.max_addresses)
    if superordinate is None and addresses:
        raise Refusal(codes.POLICY, "an external host has no addresses here", "host:addr", addresses[0].address)
    if superordinate is not None and not addresses and ctx.view.host_linked(value.roid):
        raise Refusal(codes.ASSOCIATION, "domains use the host: it needs glue", "host:addr")
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


def _require_not_a_zone(ctx: Context, name: str) -> None:
    if name in ctx.policies.by_zone:
        raise Refusal(codes.POLICY, "the name of a zone", "host:name", name)


def _require_own_domain(ctx: Context, name: str) -> None:
    """Refuse with 2303, 2201 or 2304 a superordinate domain that is missing, another's or deleted."""
    policy = ctx.policies.by_zone[name.partition(".")[2]]
    domain = lifecycle.domain(ctx, name, policy)
    if domain is None:
        raise Refusal(codes.DOES_NOT_EXIST, "no such superordinate domain", "host:name", name)
    ctx.require_sponsor(domain.sponsor, "host:name", name)
    if domain.restore is not None:
        raise Refusal(codes.STATUS, "the superordinate domain is deleted", "host:name", name)


def _existing(ctx: Context, name: str) -> Host:
    value = ctx.view.host(name)
    if value is None:
        raise Refusal(codes.DOES_NOT_EXIST, "no such host", "host:name", name)
    if value.superordinate is None:
        return value
    # A transfer of its domain that time completes takes the host along.
    policy = ctx.policies.by_zone[value.superordinate.partition(".")[2]]
    lifecycle.domain(ctx, value.superordinate, policy)
    settled = [change.after for change in ctx.changes if change.kind == "host" and change.key == name]
    return settled[-1] if settled else value


def _sponsored(ctx: Context, name: str) -> Host:
    value = _existing(ctx, name)
    ctx.require_sponsor(value.sponsor, "host:name", name)
    return value
