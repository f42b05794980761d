"""The registry's rules: pure functions from a state, a request and an instant to an outcome.

`decide` is all that stores use: it never fails on what registrars send, and it changes nothing itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from heapq import heapify, heappop, heappush
from operator import attrgetter
from typing import Any, Final

from regwire.registry.model import codes
from regwire.registry.model import requests as r
from regwire.registry.model.kinds import kind_named
from regwire.registry.model.objects import ContactLink
from regwire.registry.model.outcomes import Outcome, Refusal
from regwire.registry.model.record import replace
from regwire.registry.rules import contacts, domains, hosts, lifecycle, operator, polls, redemption
from regwire.registry.rules.changes import tell_sponsors
from regwire.registry.rules.context import Context
from regwire.registry.rules.features import (
    asked_of_any,
    instead_of,
    is_feature_read,
    request_rule,
    settle_rule,
    somewhere_taken,
    untaken,
)
from regwire.registry.rules.ledger import OPERATOR
from regwire.registry.rules.policy import Policies
from regwire.registry.rules.view import View

__all__ = ["READS", "Policies", "View", "decide", "is_read", "wanted"]

_log = logging.getLogger("regwire.registry.rules")

#: Requests that change nothing and may be decided on any consistent state.
READS: Final = frozenset(
    {r.CheckDomains, r.InfoDomain, r.CheckHosts, r.InfoHost, r.CheckContacts, r.InfoContact, r.PollRequest}
)


def is_read(request: r.Request) -> bool:
    """Tell whether ``request`` changes nothing."""
    cls = type(request)
    return cls in READS or (cls not in _RULES and is_feature_read(cls))


def decide(view: View, call: r.Call, now: datetime, policies: Policies) -> Outcome:
    """Decide one request.

    Args:
        view: the state to decide on, which must be that of the last decision before.
        call: the request, and who asks.
        now: the instant of the decision.
        policies: what holds in each zone.

    Returns:
        the outcome; what it changes is up to the store. A refusal is an outcome, too.

    """
    ctx = Context(view, call, now, policies)
    try:
        rule = _RULES.get(type(call.request)) or request_rule(type(call.request))
        if rule is None:
            raise TypeError(f"no rule for {type(call.request).__name__}")
        if call.request.extensions:
            _require_taken(call.request, policies)
            outcome = instead_of(ctx, call.request)
            if outcome is not None:
                return outcome
        if call.account == OPERATOR and type(call.request) is not r.SettleDue:
            return _told(ctx, rule(ctx, call.request))
        return rule(ctx, call.request)
    except Refusal as refusal:
        return Outcome(refusal.code, reason=refusal.reason, value=refusal.value)


def _told(ctx: Context, outcome: Outcome) -> Outcome:
    """Return the outcome of an operator's request with what the sponsors of changed objects are told."""
    if not outcome.changes:
        return outcome
    told = len(ctx.messages)
    tell_sponsors(ctx, ctx.call.request.extensions)
    return replace(outcome, messages=(*outcome.messages, *ctx.messages[told:]))


_NOT_TAKEN: Final = (codes.UNIMPLEMENTED_EXTENSION, "an extension that this zone does not take")


def _require_taken(request: r.Request, policies: Policies) -> None:
    """Refuse an extension of a feature that does not apply in the zone: it would be passed over in silence.

    By 2103, or as the feature has it.
    """
    names = getattr(request, "names", None) or (getattr(request, "name", ""),)
    zones = [policies.by_zone.get(name.partition(".")[2]) for name in names]
    here = [zone.hooks.takes for zone in zones if zone is not None] or [policies.general.hooks.takes]
    for extension in request.extensions:
        cls = type(extension)
        if type(request) is r.CheckDomains and asked_of_any(cls):
            here = [zone.hooks.takes for zone in policies.by_zone.values()]
        if somewhere_taken(cls) and not any(cls in takes for takes in here):
            code, reason = untaken(cls) or _NOT_TAKEN
            raise Refusal(code, reason)


def _settle_due(ctx: Context, request: r.SettleDue) -> Outcome:
    """Do what is due, in the order of its instants, whatever it happens to.

    What cannot be done is logged and stays due; the others are not held up by it.
    """
    due = list(ctx.view.due(ctx.now, request.limit))
    waiting = [(_instant(ctx, kind, key), kind, key) for kind, key in due]
    heapify(waiting)
    failed = 0
    while waiting:
        _, kind, key = heappop(waiting)
        before = len(ctx.changes), len(ctx.messages)
        try:
            _settle(ctx, kind, key)
        except Exception:
            _log.exception("%s %s is due, but cannot be settled", kind, key)
            failed += 1
            ctx.forget_after(*before)
            continue
        if kind == "domain" and lifecycle.due_domain(ctx, key) is not None:
            heappush(waiting, (_instant(ctx, kind, key), kind, key))
    # A failure when there was nothing else, so that nobody asks again at once.
    return ctx.done(code=codes.FAILED if due and failed == len(due) else codes.OK)


def _instant(ctx: Context, kind: str, key: str) -> datetime:
    """Return when an object that is due became so."""
    value: Any
    if kind == "domain":
        value = lifecycle.due_domain(ctx, key)
    elif kind == "contact":
        value = ctx.view.contact(key)
    else:
        value = ctx.view.record(kind, key)
        # A record that the group's first call let go may still be listed.
        return ctx.now if value is None else kind_named(kind).due(value) or ctx.now
    return ctx.now if value is None else value.due() or ctx.now


def _settle(ctx: Context, kind: str, key: str) -> None:
    if kind == "domain":
        value = lifecycle.due_domain(ctx, key)
        if value is not None:
            # What was registered in a zone that is served no more lives on by the general policy.
            lifecycle.step(ctx, value, ctx.policies.by_zone.get(key.partition(".")[2], ctx.policies.general))
    elif kind == "contact":
        lifecycle.contact(ctx, key)
    else:
        rule = settle_rule(kind)
        if rule is None:
            raise TypeError(f"no feature settles records of kind {kind}; install the one that wrote it")
        rule(ctx, key)


_RULES: Mapping[type[Any], Callable[[Context, Any], Outcome]] = {
    r.CheckDomains: domains.check,
    r.InfoDomain: domains.info,
    r.CreateDomain: domains.create,
    r.DeleteDomain: redemption.delete,
    r.RenewDomain: domains.renew,
    r.TransferDomain: domains.transfer,
    r.UpdateDomain: domains.update,
    r.RestoreDomain: redemption.restore,
    r.CheckHosts: hosts.check,
    r.InfoHost: hosts.info,
    r.CreateHost: hosts.create,
    r.DeleteHost: hosts.delete,
    r.UpdateHost: hosts.update,
    r.CheckContacts: contacts.check,
    r.InfoContact: contacts.info,
    r.CreateContact: contacts.create,
    r.DeleteContact: contacts.delete,
    r.TransferContact: contacts.transfer,
    r.UpdateContact: contacts.update,
    r.PollRequest: polls.request,
    r.PollAck: polls.acknowledge,
    r.SetServerStatuses: operator.set_statuses,
    r.SettleDue: _settle_due,
}


def wanted(request: r.Request, domains: set[str], hosts: set[str], contacts: set[str], contact_ids: set[str]) -> None:
    """Add the keys that deciding ``request`` will look up, so that a store can fetch those of a group together.

    ``contact_ids`` are those of which only the existence matters.

    Only a hint: what is missing is looked up when it is needed.
    """
    # Not among the patterns, each of which is a call: this one is asked for every create.
    if type(request) is r.CreateDomain:
        domains.add(request.name)
        hosts.update(request.hosts)
        contact_ids.update(map(_ID, request.contacts))
        if request.registrant:
            contact_ids.add(request.registrant)
        return
    match request:
        case r.UpdateDomain():
            domains.add(request.name)
            hosts.update(request.add_hosts)
            _wanted_contacts(request.registrant, request.add_contacts, contact_ids)
        case r.DeleteDomain() | r.RenewDomain() | r.TransferDomain() | r.RestoreDomain() | r.InfoDomain():
            domains.add(request.name)
        case r.CreateHost() | r.DeleteHost() | r.UpdateHost() | r.InfoHost():
            hosts.add(request.name)
        case r.CreateContact() | r.DeleteContact() | r.UpdateContact() | r.TransferContact() | r.InfoContact():
            contacts.add(request.id)
        case _:
            pass


_ID: Final = attrgetter("id")


def _wanted_contacts(registrant: str | None, links: tuple[ContactLink, ...], ids: set[str]) -> None:
    if registrant:
        ids.add(registrant)
    for link in links:
        ids.add(link.id)
