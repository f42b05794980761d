"""Low balances: registrars are told by a poll message when what they can spend falls below a threshold.

Once a crossing: nothing more is said until it was above again. The ledger tells (`regwire.registry.rules.ledger`),
because whatever moves money goes through it; these are the settings.
"""

# ruff: noqa: RUF009  (setting is dataclasses.field with its metadata spelt out)
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from regwire.registry.config import setting
from regwire.registry.model.money import to_minor
from regwire.registry.rules.features import Feature

__all__ = ["FEATURE", "LowBalanceSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LowBalanceSettings:
    """``[policy.low_balance]``; accounts may have thresholds of their own (``regwire registrar threshold``)."""

    threshold: Decimal | None = setting(
        None,
        why="balance and credit together, in the zone's currency; a registrar whose falls below it is told by a poll "
        "message; of zones with the same currency the highest counts; unset: nobody is told",
        minimum=0,
    )

    def validate_with(self, others: Mapping[str, Any]) -> tuple[str, str] | None:
        """See `regwire.registry.config`: a threshold is an amount in the currency of the zone."""
        if self.threshold is None:
            return None
        currency = others["fee"].currency
        if not currency:
            return "threshold", 'is an amount without a currency; add currency = "EUR" to the fee section'
        try:
            to_minor(self.threshold, currency)
        except ValueError as error:
            return "threshold", f"cannot be an amount ({error}); write fewer digits"
        return None


class LowBalanceFeature(Feature):
    """See the module."""

    name = "low_balance"
    settings = LowBalanceSettings

    def applies(self, zone: str, settings: LowBalanceSettings) -> bool:
        """Where there is a threshold; it has no hooks, but its messages have a namespace."""
        return bool(zone) and settings.threshold is not None


FEATURE = LowBalanceFeature()
