"""Registration periods: adding them, and the ten years ahead that no registration exceeds."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from regwire.registry.model import codes
from regwire.registry.model.outcomes import Refusal
from regwire.registry.model.requests import Period
from regwire.registry.rules.policy import ZonePolicy

__all__ = ["add_months", "months_of"]

_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@lru_cache(maxsize=1024)
def add_months(instant: datetime, months: int) -> datetime:
    """Return ``instant`` moved by ``months`` months.

    A day that the target month lacks becomes its last; 29 February becomes 28 February for good, also in a leap year,
    so that adding one year twice is adding two. 0 months changes nothing.
    """
    if months == 0:
        return instant
    index = instant.month - 1 + months
    year, month = instant.year + index // 12, index % 12
    return instant.replace(year=year, month=month + 1, day=min(instant.day, _DAYS[month]))


def months_of(period: Period | None, policy: ZonePolicy) -> int:
    """Return a requested period in months, the zone's default if there is none.

    Raises:
        Refusal: 2306 for a unit or a length that the zone does not sell.

    """
    settings = policy.settings
    if period is None:
        return settings.default_years * 12
    if period.unit == "m":
        if not settings.months:
            raise Refusal(codes.POLICY, "periods in whole years only", "domain:period", str(period.value))
        months = period.value
    else:
        months = period.value * 12
    if not settings.min_years * 12 <= months <= settings.max_years * 12:
        reason = f"{settings.min_years} to {settings.max_years} years"
        raise Refusal(codes.POLICY, reason, "domain:period", str(period.value))
    return months
