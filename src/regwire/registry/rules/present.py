"""Objects as they are at an instant, for fronts that look things up without an account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from regwire.registry.model.objects import Contact, Domain
from regwire.registry.model.outcomes import Checked, Refusal
from regwire.registry.model.requests import Call, CheckDomains, InfoDomain
from regwire.registry.rules import decide, lifecycle
from regwire.registry.rules.context import Context
from regwire.registry.rules.ledger import OPERATOR
from regwire.registry.rules.names import check_host_name, check_syntax
from regwire.registry.rules.policy import Policies
from regwire.registry.rules.view import View

__all__ = ["is_host_name", "is_name", "open_zones", "present_contact", "present_domain", "why_not_free"]

_NOBODY: Final = Call(OPERATOR, InfoDomain(""), "")


def present_domain(view: View, value: Domain, now: datetime, policies: Policies) -> Domain | None:
    """Return a domain of the store as time has left it; None: time has purged it."""
    if value.due() > now:
        return value
    policy = policies.by_zone.get(value.name.partition(".")[2], policies.general)
    return lifecycle.domain(Context(view, _NOBODY, now, policies), value.name, policy)


def present_contact(view: View, id: str, now: datetime, policies: Policies) -> Contact | None:
    """Return the contact of an id as time has left it, or None."""
    return lifecycle.contact(Context(view, _NOBODY, now, policies), id)


def why_not_free(view: View, names: Sequence[str], now: datetime, policies: Policies) -> dict[str, str]:
    """Return those names that are not registered and cannot be, with the reason (in a zone of this registry)."""
    mine = [name for name in names if policies.zone_of(name) is not None]
    found: dict[str, str] = {}
    for start in range(0, len(mine), policies.check_limit):
        part = tuple(mine[start : start + policies.check_limit])
        outcome = decide(view, Call(OPERATOR, CheckDomains(part), ""), now, policies)
        if isinstance(outcome.data, Checked):
            found.update((name, reason or "") for name, free, reason in outcome.data.items if not free)
    return found


def open_zones(view: View, policies: Policies) -> frozenset[str]:
    """Return the zones where, in this state, every name directly below that is one and not registered can be."""
    return frozenset(
        [
            zone
            for zone, policy in policies.by_zone.items()
            if all(hook.__self__.passes(view, policy) for hook in policy.hooks.check_name)  # type: ignore[attr-defined]
        ]
    )


def is_name(name: str) -> bool:
    """Tell whether a text is a domain name in the registry's form: lower-case A-labels."""
    try:
        check_syntax(name, "")
    except Refusal:
        return False
    return True


def is_host_name(name: str) -> bool:
    """Tell whether a text can be the name of a host."""
    try:
        check_host_name(name)
    except Refusal:
        return False
    return True
