"""Finding the domain that a command is about, and what every command on one has in common."""

from __future__ import annotations

from typing import TypeVar

from regwire.registry.model import codes
from regwire.registry.model.objects import Domain
from regwire.registry.model.outcomes import Refusal
from regwire.registry.model.record import replace
from regwire.registry.model.requests import (
    AuthInfo,
    DeleteDomain,
    InfoDomain,
    RenewDomain,
    RestoreDomain,
    TransferDomain,
    UpdateDomain,
)
from regwire.registry.rules import authinfo, lifecycle
from regwire.registry.rules.context import Context
from regwire.registry.rules.names import check_syntax
from regwire.registry.rules.policy import ZonePolicy

__all__ = [
    "OfOneDomain",
    "accept",
    "existing",
    "policy_of",
    "require_auth",
    "require_eligible",
    "sponsored",
    "touched",
]

OfOneDomain = InfoDomain | DeleteDomain | RenewDomain | TransferDomain | UpdateDomain | RestoreDomain
_After = TypeVar("_After", Domain, Domain | None)


def policy_of(ctx: Context, name: str) -> ZonePolicy:
    """Return the policy of a name's zone; a name that cannot be registered here does not exist: 2005 or 2303."""
    policy = ctx.policies.by_zone.get(name.partition(".")[2])
    if policy is None:
        raise _missing(name)
    return policy


def existing(ctx: Context, request: OfOneDomain, *, hooks: bool = True) -> tuple[Domain, ZonePolicy]:
    """Return the domain that a request is about, after what features say of the request: 2005, 2303."""
    policy = policy_of(ctx, request.name)
    if hooks:
        for hook in policy.hooks.policy:
            hook(ctx, request, policy)
    value = lifecycle.domain(ctx, request.name, policy)
    if value is None:
        raise _missing(request.name)
    return value, policy


def sponsored(ctx: Context, request: OfOneDomain) -> tuple[Domain, ZonePolicy]:
    """Return a domain of the account's own: 2005, 2303, 2201."""
    value, policy = existing(ctx, request)
    if value.sponsor != ctx.account:
        ctx.require_sponsor(value.sponsor, "domain:name", request.name)
    return value, policy


def require_eligible(ctx: Context, request: OfOneDomain, value: Domain, policy: ZonePolicy) -> None:
    """Let features refuse what the state of the domain does not."""
    for hook in policy.hooks.eligibility:
        hook(ctx, request, value, policy)


def accept(ctx: Context, request: OfOneDomain, before: Domain, after: _After, policy: ZonePolicy) -> _After:
    """Let features look at a command that the rules accept, and change what comes of it."""
    return policy.hooks.accept(ctx, request, before, after, policy)  # type: ignore[no-any-return]


def require_auth(ctx: Context, value: Domain, given: AuthInfo) -> None:
    """Refuse with 2202 unless the authInfo is the domain's, or that of a contact of it which ``roid`` names."""
    stored = value.auth
    if given.roid is not None and given.roid != value.roid:
        ids = [value.registrant, *(link.id for link in value.contacts)]
        contacts = [ctx.view.contact(id) for id in ids if id]
        stored = next((c.auth for c in contacts if c is not None and c.roid == given.roid), None)
    if not authinfo.matches(given.password, stored):
        raise Refusal(codes.AUTH_INFO, "wrong authInfo", "domain:authInfo")


def touched(ctx: Context, value: Domain, **changes: object) -> Domain:
    """Return the domain as this command leaves it."""
    return replace(value, updater=ctx.account, updated=ctx.now, **changes)


def _missing(name: str) -> Refusal:
    check_syntax(name, "domain:name")
    return Refusal(codes.DOES_NOT_EXIST, "no such domain", "domain:name", name)
