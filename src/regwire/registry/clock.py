"""The registry's clock: one source of "now" that tests, and operators who rehearse, can move."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol, runtime_checkable

__all__ = ["Clock", "MovableClock", "SystemClock"]


@runtime_checkable
class Clock(Protocol):
    """What the rules take their time from."""

    def now(self) -> datetime:
        """Return the present instant: aware, UTC, whole milliseconds (what the store keeps)."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant: aware, UTC, whole milliseconds."""
        seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=nanoseconds // 1_000_000 * 1000)


class MovableClock:
    """A clock that stands still until it is moved.

    Args:
        start: the first instant; aware. It is cut to whole milliseconds.

    """

    def __init__(self, start: datetime = datetime(2025, 1, 1, 12, tzinfo=UTC)) -> None:
        self._now = self._cut(start)

    @staticmethod
    def _cut(instant: datetime) -> datetime:
        if instant.tzinfo is None:
            raise ValueError("a clock needs an aware datetime, for example datetime(2025, 1, 1, tzinfo=UTC)")
        instant = instant.astimezone(UTC)
        return instant.replace(microsecond=instant.microsecond // 1000 * 1000)

    def now(self) -> datetime:
        """Return the instant the clock stands at."""
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Move forward by ``by`` (backward if negative) and return the new instant."""
        self._now = self._cut(self._now + by)
        return self._now

    def move_to(self, instant: datetime) -> datetime:
        """Move to ``instant`` (aware) and return it."""
        self._now = self._cut(instant)
        return self._now
