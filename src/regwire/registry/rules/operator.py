"""What the operator does to objects: server statuses (RFC 5731 section 2.3, RFC 5732 and RFC 5733 likewise)."""

from __future__ import annotations

from typing import Any, Final

from regwire.registry.model import codes
from regwire.registry.model.objects import Host
from regwire.registry.model.outcomes import Outcome, Refusal
from regwire.registry.model.record import replace
from regwire.registry.model.requests import SetServerStatuses
from regwire.registry.rules import hosts, lifecycle
from regwire.registry.rules.context import Context
from regwire.registry.rules.status import apply_statuses, check_server, check_together, pending_statuses

__all__ = ["set_statuses"]

#: The operator's account: registrars have at least three characters.
_OPERATOR: Final = "-"
_KEYS: Final = {"domain": "domain:name", "host": "host:name", "contact": "contact:id"}


def set_statuses(ctx: Context, request: SetServerStatuses) -> Outcome:
    """Set and remove server statuses: 2201, 2303, 2304, 2306; `regwire.registry.rules.changes` tells the sponsor."""
    if ctx.account != _OPERATOR:
        raise Refusal(codes.AUTHORIZATION, "the operator's alone", _KEYS[request.kind], request.key)
    check_server(request.kind, request.remove, request.add)
    value = _find(ctx, request.kind, request.key)
    statuses = apply_statuses(request.kind, value.statuses, request.remove, request.add)
    pending = () if isinstance(value, Host) else pending_statuses(value)
    check_together(request.kind, pending, request.add)
    ctx.change(request.kind, request.key, value, replace(value, statuses=statuses))
    return ctx.done()


def _find(ctx: Context, kind: str, key: str) -> Any:
    value: Any
    if kind == "domain":
        value = lifecycle.domain(ctx, key, ctx.policies.by_zone.get(key.partition(".")[2], ctx.policies.general))
    elif kind == "contact":
        value = lifecycle.contact(ctx, key)
    else:
        value = hosts.find(ctx, key)
    if value is None:
        raise Refusal(codes.DOES_NOT_EXIST, f"no such {kind}", _KEYS[kind], key)
    return value
