"""Registration periods (RFC 5731 2.5, 3.2.3; design notes section 4)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registry_world import World

from regwire.registry.model.outcomes import Refusal
from regwire.registry.model.requests import Period
from regwire.registry.rules.dates import add_months, months_of

INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


def at(*date: int) -> datetime:
    return datetime(*date, 12, 30, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (at(2024, 2, 29), 12, at(2025, 2, 28)),
        (at(2024, 2, 29), 48, at(2028, 2, 28)),
        (at(2025, 2, 28), 36, at(2028, 2, 28)),
        (at(2024, 1, 31), 1, at(2024, 2, 28)),
        (at(2024, 8, 31), 1, at(2024, 9, 30)),
        (at(2024, 12, 1), 1, at(2025, 1, 1)),
        (at(2024, 2, 29), 0, at(2024, 2, 29)),
    ],
)
def test_adding_months(start: datetime, months: int, end: datetime) -> None:
    assert add_months(start, months) == end


@given(start=INSTANTS, first=st.integers(1, 10), second=st.integers(1, 10))
def test_adding_years_twice_is_adding_their_sum(start: datetime, first: int, second: int) -> None:
    assert add_months(add_months(start, first * 12), second * 12) == add_months(start, (first + second) * 12)


@pytest.mark.parametrize(
    ("period", "policy", "months"),
    [
        (None, {}, 12),
        (None, {"default_years": 2}, 24),
        (Period(10), {}, 120),
        (Period(18, "m"), {"months": True}, 18),
        (Period(11), {}, None),
        (Period(1), {"min_years": 2, "default_years": 2}, None),
        (Period(12, "m"), {}, None),
        (Period(99, "m"), {"months": True, "max_years": 8}, None),
    ],
)
def test_rfc_5731_2_5_periods_and_policy(period: Period | None, policy: dict[str, object], months: int | None) -> None:
    zone = World(**policy).policies.by_zone["example"]
    if months is None:
        with pytest.raises(Refusal) as caught:
            months_of(period, zone)
        assert caught.value.code == 2306
    else:
        assert months_of(period, zone) == months
