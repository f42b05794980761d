"""What the operator does to registrars' objects and queues: moves, purges, messages.

Server statuses are `regwire.registry.rules.operator`; sponsors are told by `regwire.registry.rules.changes`.
"""

from __future__ import annotations

from typing import Any, Final

from regwire.registry.model import codes
from regwire.registry.model.objects import PENDING, Contact, Domain, Transfer
from regwire.registry.model.operators import MoveObject, PurgeDomain, SendMessage
from regwire.registry.model.outcomes import Outcome, Refusal
from regwire.registry.model.record import replace
from regwire.registry.rules import lifecycle, transfers
from regwire.registry.rules.context import Context
from regwire.registry.rules.features import Feature
from regwire.registry.rules.features.registrars import registrar
from regwire.registry.rules.ledger import require_operator
from regwire.registry.rules.policy import ZonePolicy
from regwire.registry.rules.usage import applied_for_with

__all__ = ["FEATURE"]

#: A message's text is a normalizedString without a limit of its own; clients show it on a line.
_LONGEST_TEXT: Final = 1000


def _policy(ctx: Context, name: str) -> ZonePolicy:
    # A domain of a zone that is served no more lives on by the general policy.
    return ctx.policies.by_zone.get(name.partition(".")[2], ctx.policies.general)


def _existing(ctx: Context, kind: str, key: str) -> Domain | Contact:
    """Return the object as it is now: 2303."""
    found = lifecycle.domain(ctx, key, _policy(ctx, key)) if kind == "domain" else lifecycle.contact(ctx, key)
    if found is None:
        raise Refusal(codes.DOES_NOT_EXIST, f"there is no {kind} {key}")
    return found


def _move(ctx: Context, request: MoveObject) -> Outcome:
    require_operator(ctx)
    kind, key, to = request.kind, request.key, request.registrar
    if kind not in ("domain", "contact"):
        raise Refusal(codes.POLICY, "only domains and contacts are moved; a host goes with its domain")
    value = _existing(ctx, kind, key)
    if not registrar(ctx, to).active:
        raise Refusal(codes.STATUS, f"{to} is suspended; activate it first")
    if value.sponsor == to:
        raise Refusal(codes.NOT_TRANSFERABLE, f"{key} is sponsored by {to} already")
    if value.transfer is not None and value.transfer.status == PENDING:
        raise Refusal(codes.PENDING_TRANSFER, f"a transfer of {key} is pending; it has to end first")
    if isinstance(value, Domain) and value.restore is not None:
        raise Refusal(codes.STATUS, f"{key} is deleted; it has to be restored first")
    moving = Transfer(PENDING, to, ctx.now, value.sponsor, ctx.now)
    after: Domain | Contact
    if isinstance(value, Domain):
        pending = replace(value, transfer=moving)
        after = transfers.approve_domain(ctx, pending, "serverApproved", ctx.now, _policy(ctx, key))
    else:
        after = transfers.approve_contact(ctx, replace(value, transfer=moving), "serverApproved", ctx.now)
    return ctx.done(after)


def _purge(ctx: Context, request: PurgeDomain) -> Outcome:
    require_operator(ctx)
    name = request.name
    value = _existing(ctx, "domain", name)
    assert isinstance(value, Domain)
    inside = ctx.view.subordinates(name)
    for host in inside:
        if ctx.view.host_linked(host.roid, without=(value.roid,)):
            raise Refusal(codes.ASSOCIATION, f"other domains use {host.name}; they have to give it up first")
        if applied_for_with(ctx, host):
            raise Refusal(codes.ASSOCIATION, f"pending applications use {host.name}; decide about them first")
    policy = _policy(ctx, name)
    lifecycle.tell_deleted(ctx, value, ctx.now, policy)
    after = policy.hooks.happened(ctx, "purge", value, None, policy)
    ctx.change("domain", name, value, after)
    for host in inside:
        ctx.change("host", host.name, host, None)
    return ctx.done(value)


def _send(ctx: Context, request: SendMessage) -> Outcome:
    require_operator(ctx)
    text = " ".join(request.text.split())
    if not text or len(text) > _LONGEST_TEXT:
        raise Refusal(codes.RANGE, f"a message has 1 to {_LONGEST_TEXT} characters")
    to = [registrar(ctx, request.account).id] if request.account else _active(ctx)
    for account in to:
        ctx.tell(account, text)
    return ctx.done(to)


def _active(ctx: Context) -> list[str]:
    found: list[str] = []
    while page := ctx.view.records("registrar", "status", "active", after=found[-1] if found else ""):
        found += [value.id for value in page]
    return found


class Operators(Feature):
    """See the module."""

    name = "operators"

    def applies(self, zone: str, settings: Any) -> bool:
        """Nowhere: it has no hooks."""
        return False


Operators.requests = {MoveObject: _move, PurgeDomain: _purge, SendMessage: _send}
FEATURE = Operators()
