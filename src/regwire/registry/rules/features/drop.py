"""Drops: at which instant a deleted name becomes free, and in which order several do.

The instant is decided when the name can no longer be restored, and never changes after. It is never earlier than the
end of the pending delete period.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from regwire.registry.config import setting
from regwire.registry.model.drop import DropDay
from regwire.registry.model.objects import Domain
from regwire.registry.model.record import replace
from regwire.registry.rules.context import Context
from regwire.registry.rules.features import Feature
from regwire.registry.rules.policy import ZonePolicy

__all__ = ["FEATURE", "DropSettings", "commitment", "offset"]

_KIND: Final = "dropDay"
_MIN_SEED: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class DropSettings:
    """``[policy.drop]``."""

    order: str = setting(
        "exact",
        why="exact: free when pending delete ends; fixed: all in the second `at`; "
        "spread: one every `interval` from `at` on, first deleted first; random: within `window` from `at` on, by seed",
        choices=("exact", "fixed", "spread", "random"),
    )
    at: str = setting("14:00:00", why="time of day, UTC; a name waits for the next one after its pending delete")
    interval: int = setting(
        1000, unit="milliseconds", why="between two names of a zone; long enough to tell who came first", minimum=1
    )
    window: int = setting(
        3600, unit="seconds", why="one hour: longer than anybody keeps asking for free", minimum=1, maximum=86_400
    )
    seed: str = setting(
        "",
        why="secret until the day is over; `regwire drops seed` prints what to publish before; 16 characters or more",
    )

    def validate(self) -> tuple[str, str] | None:
        """See `regwire.registry.config`."""
        try:
            zoned = time.fromisoformat(self.at).tzinfo is not None
        except ValueError:
            zoned = True
        if zoned:
            return "at", f"a time of day in UTC, as 14:00:00, not {self.at!r}"
        if self.order == "random" and len(self.seed) < _MIN_SEED:
            return "seed", "random order needs a seed of 16 characters or more: whoever guesses it knows the order"
        return None


def commitment(seed: str) -> str:
    """Return what can be published before the drop: it fixes the seed without telling it."""
    return hashlib.sha256(seed.encode()).hexdigest()


def offset(seed: str, name: str, day: str, window: int) -> timedelta:
    """Return how long after the start a name drops: HMAC-SHA-256 of name and day, modulo the window in milliseconds."""
    digest = hmac.digest(seed.encode(), f"{name} {day}".encode(), "sha256")
    return timedelta(milliseconds=int.from_bytes(digest[:8], "big") % (window * 1000))


def _start(earliest: datetime, at: str) -> datetime:
    """Return the first instant of that time of day at or after another instant."""
    start = datetime.combine(earliest.astimezone(UTC).date(), time.fromisoformat(at), UTC)
    return start if start >= earliest else start + timedelta(days=1)


class _Drop(Feature):
    name = "drop"
    settings = DropSettings
    order = 900  # after everything that may still change a deleted name

    def applies(self, zone: str, settings: Any) -> bool:
        return bool(zone) and settings is not None and settings.order != "exact"

    def lapse(self, ctx: Context, event: str, before: Domain, after: Domain | None, zone: ZonePolicy) -> Domain | None:
        if event != "pendingDelete" or after is None or after.restore is None:
            return after
        settings: DropSettings = zone.feature(self.name)
        instant = _start(after.restore.purged, settings.at)
        day = instant.date().isoformat()
        if settings.order == "spread":
            instant += _place(ctx, zone.zone, day) * timedelta(milliseconds=settings.interval)
        elif settings.order == "random":
            instant += offset(settings.seed, after.name, day, settings.window)
        return replace(after, restore=replace(after.restore, purged=instant))


def _place(ctx: Context, zone: str, day: str) -> int:
    """Take the next place of the day; the writer decides one name after another, so that no two get the same."""
    fresh = DropDay(zone, day)
    known: DropDay | None = ctx.record(_KIND, fresh.key)
    value = known or fresh
    ctx.change(_KIND, fresh.key, known, replace(value, count=value.count + 1))
    return value.count


FEATURE = _Drop()
