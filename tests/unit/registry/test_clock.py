"""The clock: whole milliseconds, UTC, movable."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from regwire.registry.clock import Clock, MovableClock, SystemClock


def test_the_system_clock_gives_utc_in_whole_milliseconds() -> None:
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert now.microsecond % 1000 == 0
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=60)


def test_a_movable_clock_stands_until_it_is_moved() -> None:
    clock = MovableClock(datetime(2025, 1, 1, 1, 2, 3, 4567, tzinfo=timezone(timedelta(hours=1))))
    start = datetime(2025, 1, 1, 0, 2, 3, 4000, tzinfo=UTC)
    assert clock.now() == clock.now() == start
    assert clock.advance(timedelta(days=1)) == clock.now() == start + timedelta(days=1)
    assert clock.move_to(start) == clock.now() == start
    assert isinstance(clock, Clock)


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        MovableClock(datetime(2025, 1, 1))
