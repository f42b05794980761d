"""The policy of each zone in the form the rules use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any

from regwire.registry.config import Config, PolicySettings
from regwire.registry.model.money import to_minor
from regwire.registry.model.record import record
from regwire.registry.rules.features import Hooks, hooks_of

__all__ = ["Policies", "ZonePolicy"]


@record
class ZonePolicy:
    """One zone's policy: its settings, its periods as time spans, and what features add.

    Attributes:
        hooks: what features do in this zone.
        features: their settings here, by name.

    """

    zone: str
    settings: PolicySettings
    add_grace: timedelta
    renew_grace: timedelta
    auto_renew_grace: timedelta
    transfer_grace: timedelta
    redemption: timedelta
    pending_delete: timedelta
    restore_report: timedelta
    pending_transfer: timedelta
    hooks: Hooks
    features: Mapping[str, Any]

    def feature(self, name: str) -> Any:
        """Return the settings of a feature in this zone; None if it has none."""
        return self.features.get(name)


def _zone_policy(config: Config, zone: str, settings: PolicySettings) -> ZonePolicy:
    features = config.features_for(zone)
    names = [item.name for item in fields(settings) if item.metadata["unit"] == "days"]
    spans = {name: timedelta(days=getattr(settings, name)) for name in names}
    return ZonePolicy(zone=zone, settings=settings, hooks=hooks_of(zone, features), features=features, **spans)


class _EnumZones(dict[str, ZonePolicy]):
    """The zones of a registry of which some are ENUM zones: what numbers lie in is found at any depth.

    Membership (``in``) means the zones themselves, as in any dictionary.
    """

    def __init__(self, zones: Mapping[str, ZonePolicy]) -> None:
        super().__init__(zones)
        self._enum = {zone for zone, policy in zones.items() if policy.feature("enum").enabled}

    def __missing__(self, key: str) -> ZonePolicy:
        rest = key
        while rest[:1].isdigit() and rest[1:2] == ".":
            rest = rest[2:]
            if rest in self._enum:
                return self[rest]
        raise KeyError(key)

    def get(self, key: str, default: Any = None) -> Any:
        """Return the policy that holds for names directly below ``key``."""
        try:
            return self[key]
        except KeyError:
            return default


class Policies:
    """What holds where.

    Attributes:
        by_zone: per zone served here.
        general: for what belongs to no zone (contacts).
        repository: the end of every ROID.
        check_limit: objects in one check.
        checked: the hooks after a check, of features that apply in any zone.
        low_balances: by currency, below how many minor units a registrar is told that its balance is low.

    """

    def __init__(self, config: Config) -> None:
        self.by_zone = {zone: _zone_policy(config, zone, config.policy_for(zone)) for zone in config.registry.zones}
        if any(policy.feature("enum").enabled for policy in self.by_zone.values()):
            self.by_zone = _EnumZones(self.by_zone)
        self.general = _zone_policy(config, "", config.policy)
        self.repository = config.registry.repository
        self.check_limit = config.epp.check_names
        every = [zone.hooks for zone in (*self.by_zone.values(), self.general)]
        self.checked = tuple(dict.fromkeys(hook for hooks in every for hook in hooks.checked))
        self.low_balances: dict[str, int] = {}
        for policy in self.by_zone.values():
            least, currency = policy.feature("low_balance").threshold, policy.feature("fee").currency
            if least is not None and currency:
                self.low_balances[currency] = max(to_minor(least, currency), self.low_balances.get(currency, 0))

    def zone_of(self, name: str) -> str | None:
        """Return the zone of this registry that ``name`` lies in or is, the longest if several, else None."""
        rest = name
        while rest not in self.by_zone:
            rest = rest.partition(".")[2]
            if not rest:
                return None
        return rest

    def superordinates(self, host: str) -> tuple[str, ...]:
        """Return the domains of this registry that ``host`` may lie in (or be), the nearest first.

        Empty for an external host; several only in an ENUM zone, where names are registered at any depth.
        """
        zone = self.zone_of(host)
        if zone is None or host == zone:
            return ()
        labels = host[: -len(zone) - 1].split(".")
        if self.by_zone[zone].feature("enum").enabled:
            digits = [depth for depth in range(len(labels)) if all(map(_is_digit, labels[depth:]))]
            if digits:
                return tuple([".".join((*labels[depth:], zone)) for depth in digits])
        return (f"{labels[-1]}.{zone}",)


def _is_digit(label: str) -> bool:
    return label in tuple("0123456789")
