"""lowbalance-poll-1.0: what a poll message says of a balance that is low; Verisign's form, which registrars know."""

from __future__ import annotations

from typing import Any, Final

from regwire.epp.ext.vendor import lowbalance_poll as p
from regwire.registry.fronts.epp.ext import FrontExtension
from regwire.registry.model.money import LowBalance, to_decimal

__all__ = ["FRONT"]


def _told(low: LowBalance) -> tuple[Any, ...]:
    def amount(minor: int) -> str:
        return str(to_decimal(minor, low.currency))

    threshold = p.LowBalanceThreshold(amount(low.threshold), type="FIXED")
    return (p.LowBalancePollData(low.name, amount(low.limit), threshold, amount(low.available)),)


FRONT: Final = FrontExtension(
    name="low_balance",
    feature="low_balance",
    greeting={"lowbalance-poll": p.NAMESPACE},
    poll={LowBalance: _told},
)
