"""Times to live: registrars choose those of the DNS records of their domains and hosts, within the policy (RFC 9803).

NS, DS, DNAME and custom types belong to domains, A and AAAA to hosts, or to domains where servers are attributes. What
is not chosen is the zone's default, which is not kept with the object, so that a changed default takes effect.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from regwire.registry.config import setting
from regwire.registry.model import codes
from regwire.registry.model.objects import NO_EXTRA, Domain, Host, with_extra
from regwire.registry.model.outcomes import Refusal
from regwire.registry.model.requests import CreateHost, InfoDomain, InfoHost, Request, UpdateHost
from regwire.registry.model.ttl import SetTtls, TtlInfo, TtlValue, TtlWanted
from regwire.registry.rules.context import Context
from regwire.registry.rules.features import Feature
from regwire.registry.rules.policy import ZonePolicy

__all__ = ["FEATURE", "TtlSettings", "ttl_of"]

_ADDRESSES: Final = frozenset({"A", "AAAA"})
_TYPE: Final = re.compile(r"A|[A-Z][A-Z0-9-]*[A-Z0-9]")
#: RFC 2181 section 8.
_MOST: Final = 2147483647


@dataclass(frozen=True, slots=True, kw_only=True)
class TtlSettings:
    """``[policy.ttl]``."""

    types: tuple[str, ...] = setting(
        ("NS", "DS", "A", "AAAA"), why="record types whose time to live registrars may choose; none: not at all"
    )
    minimum: int = setting(300, unit="seconds", why="shorter: 2004", minimum=0, maximum=_MOST)
    default: int = setting(86400, unit="seconds", why="where none is chosen", minimum=0, maximum=_MOST)
    maximum: int = setting(172800, unit="seconds", why="longer: 2004", minimum=0, maximum=_MOST)
    minimum_of: Mapping[str, int] = setting(
        NO_EXTRA, why="another minimum by type, as { DS = 60 }", minimum=0, maximum=_MOST
    )
    default_of: Mapping[str, int] = setting(NO_EXTRA, why="another default by type", minimum=0, maximum=_MOST)
    maximum_of: Mapping[str, int] = setting(NO_EXTRA, why="another maximum by type", minimum=0, maximum=_MOST)

    def limits(self, type: str) -> tuple[int, int, int]:
        """Return minimum, default and maximum of a record type."""
        return (
            self.minimum_of.get(type, self.minimum),
            self.default_of.get(type, self.default),
            self.maximum_of.get(type, self.maximum),
        )

    def validate(self) -> tuple[str, str] | None:
        """See `regwire.registry.config`."""
        for type in self.types:
            if _TYPE.fullmatch(type) is None:
                return "types", f"has {type}, which is no record type; write it in capitals, as NS"
            minimum, default, maximum = self.limits(type)
            if minimum > maximum:
                return "minimum", f"of {type} is {minimum}, above its maximum {maximum}; lower it"
            if not minimum <= default <= maximum:
                return "default", f"of {type} is {default}; choose one between {minimum} and {maximum}"
        return None


def ttl_of(value: Domain | Host, type: str, settings: TtlSettings) -> int:
    """Return the time to live in seconds that the DNS records of ``type`` of an object have."""
    chosen = value.extra.get("ttl", {}).get(type)
    return settings.limits(type)[1] if chosen is None else int(chosen)


class Ttl(Feature):
    """See the module."""

    name = "ttl"
    settings = TtlSettings
    takes = frozenset({SetTtls, TtlWanted})

    def applies(self, zone: str, settings: TtlSettings) -> bool:
        """Only where registrars may choose some."""
        return bool(settings.types)

    def policy(self, ctx: Context, request: Request, zone: ZonePolicy) -> None:
        """Refuse types that this kind of object has not here (2306), and what is out of range (2004)."""
        if not request.extensions:
            return
        given = request.extension(SetTtls)
        if given is None:
            return
        settings = _settings(ctx, request, zone)
        allowed = _types(settings, zone, host=isinstance(request, CreateHost | UpdateHost))
        seen: set[str] = set()
        for value in given.values:
            _check(value, settings, allowed, seen)

    def commit(self, ctx: Context, request: Request, before: Any, after: Any, zone: ZonePolicy) -> Any:
        """Keep what was chosen with the object."""
        if not request.extensions:
            return after
        given = request.extension(SetTtls)
        if given is None or after is None:
            return after
        chosen = dict(after.extra.get(self.name, {}))
        for value in given.values:
            chosen.pop(value.type, None)
            if value.seconds is not None:
                chosen[value.type] = value.seconds
        return with_extra(after, self.name, chosen or None)

    def informed(self, ctx: Context, request: Request, value: Any, zone: ZonePolicy) -> None:
        """Tell what was chosen; with the policy, of every type."""
        if not request.extensions:
            return
        wanted = request.extension(TtlWanted)
        if wanted is not None and isinstance(request, InfoDomain | InfoHost):
            settings = _settings(ctx, request, zone)
            types = _types(settings, zone, host=isinstance(request, InfoHost))
            chosen = value.extra.get(self.name, {})
            values = tuple(_told(chosen, types, settings, policy=wanted.policy))
            if values:
                ctx.extend(TtlInfo(values))


def _settings(ctx: Context, request: Any, zone: ZonePolicy) -> TtlSettings:
    """Return the settings of the zone that an object lies in; hosts elsewhere: the general ones."""
    name = ctx.policies.zone_of(request.name)
    settings: TtlSettings = (ctx.policies.by_zone[name] if name is not None else zone).feature("ttl")
    return settings


def _types(settings: TtlSettings, zone: ZonePolicy, *, host: bool) -> tuple[str, ...]:
    if not host and zone.settings.host_model == "attributes":
        return settings.types
    return tuple([type for type in settings.types if (type in _ADDRESSES) is host])


def _check(value: TtlValue, settings: TtlSettings, allowed: tuple[str, ...], seen: set[str]) -> None:
    """Refuse a time to live with 2003, 2004 or 2306."""
    text = "" if value.seconds is None else str(value.seconds)
    if not value.named:
        code, reason = (codes.MISSING, "without") if value.custom else (codes.POLICY, "only a custom type has")
        raise Refusal(code, f"{reason} the attribute custom", "ttl:ttl", text)
    if value.type not in allowed:
        known = ", ".join(allowed) or "none"
        raise Refusal(codes.POLICY, f"no {value.type} here; there is {known}", "ttl:ttl", text)
    if value.type in seen:
        raise Refusal(codes.POLICY, f"{value.type} comes twice", "ttl:ttl", text)
    seen.add(value.type)
    minimum, _, maximum = settings.limits(value.type)
    if value.seconds is not None and not minimum <= value.seconds <= maximum:
        raise Refusal(codes.RANGE, f"{value.type}: {minimum} to {maximum} seconds", "ttl:ttl", text)


def _told(
    chosen: Mapping[str, int], types: tuple[str, ...], settings: TtlSettings, *, policy: bool
) -> Iterator[TtlValue]:
    for type in dict.fromkeys((*types, *chosen)):
        if policy and type in types:
            minimum, default, maximum = settings.limits(type)
            yield TtlValue(type, chosen.get(type), minimum=minimum, default=default, maximum=maximum)
        elif type in chosen:
            yield TtlValue(type, chosen[type])


FEATURE = Ttl()
