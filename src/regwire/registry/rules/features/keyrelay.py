"""Key relay: who knows a domain's authInfo has DNSSEC keys put into its sponsor's poll queue (RFC 8063).

The registry checks the authInfo and passes the keys on; it publishes none of them and keeps nothing but the message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from regwire.registry.config import setting
from regwire.registry.model import codes
from regwire.registry.model.keyrelay import KeyRelayed, RelayedKey, RelayKeys
from regwire.registry.model.outcomes import Outcome, Refusal
from regwire.registry.model.requests import AuthInfo
from regwire.registry.rules import lifecycle
from regwire.registry.rules.context import Context
from regwire.registry.rules.features import Feature
from regwire.registry.rules.names import check_syntax
from regwire.registry.rules.registered import require_auth

__all__ = ["FEATURE", "KeyRelaySettings"]

_NAME: Final = "keyrelay:name"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRelaySettings:
    """``[policy.keyrelay]``."""

    enabled: bool = setting(True, why="whether keys of the zone's names are relayed; else 2308")
    keys: int = setting(10, why="in one command; more: 2308", minimum=1, maximum=100)


def _relay(ctx: Context, request: RelayKeys) -> Outcome:
    zone = ctx.policies.by_zone.get(request.name.partition(".")[2])
    if zone is None:
        raise _missing(request.name)
    for relayed in request.keys:
        _check_key(relayed)
    value = lifecycle.domain(ctx, request.name, zone)
    if value is None:
        raise _missing(request.name)
    require_auth(ctx, value, AuthInfo(request.password, request.roid))
    if value.restore is not None:
        raise Refusal(codes.STATUS, "the domain is deleted", _NAME, request.name)
    settings: KeyRelaySettings = zone.feature("keyrelay")
    if not settings.enabled:
        raise Refusal(codes.DATA_POLICY, "no keys are relayed in this zone", _NAME, request.name)
    if len(request.keys) > settings.keys:
        raise Refusal(codes.DATA_POLICY, f"at most {settings.keys} keys", _NAME, request.name)
    told = KeyRelayed(value.name, request.keys, ctx.now, ctx.account, value.sponsor)
    ctx.tell(value.sponsor, f"Keys relayed for {value.name}", told)
    return ctx.done()


def _check_key(relayed: RelayedKey) -> None:
    """Refuse with 2306 what is no key of a zone (RFC 4034 section 2.1)."""
    key = relayed.key
    if key.protocol != 3:
        raise Refusal(codes.POLICY, "the protocol of a key is 3", "secDNS:protocol", str(key.protocol))
    if not key.flags & 256:
        raise Refusal(codes.POLICY, "not the key of a zone", "secDNS:flags", str(key.flags))


def _missing(name: str) -> Refusal:
    check_syntax(name, _NAME)
    return Refusal(codes.DOES_NOT_EXIST, "no such domain", _NAME, name)


class KeyRelay(Feature):
    """See the module."""

    name = "keyrelay"
    settings = KeyRelaySettings

    def applies(self, zone: str, settings: Any) -> bool:
        """Tell where it is spoken of: where it is enabled; it has no hooks."""
        return bool(settings.enabled)


KeyRelay.requests = {RelayKeys: _relay}
FEATURE = KeyRelay()
