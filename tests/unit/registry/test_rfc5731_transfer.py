"""RFC 5731 section 3.2.4 and the overlap of transfers with renewals by time (epp.md section 4)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from registry_world import PASSWORD, A, B, World

from regwire.registry.model.requests import (
    AuthInfo,
    InfoDomain,
    Period,
    RenewDomain,
    SettleDue,
    TransferDomain,
    UpdateDomain,
)
from regwire.registry.rules.transfers import dropped_years

REQUEST = TransferDomain("request", "a.example", auth=AuthInfo(PASSWORD))
APPROVE = TransferDomain("approve", "a.example")


def expires(world: World, account: str) -> datetime:
    found: datetime = world.must(account, InfoDomain("a.example")).domain.expires
    return found


def day(year: int, month: int = 3, number: int = 1) -> datetime:
    return datetime(year, month, number, 10, tzinfo=UTC)


def stored(world: World) -> Any:
    with world.store.read() as view:
        return view.domain("a.example")


def test_3_2_4_a_transfer_in_the_auto_renew_period_drops_the_renewed_year() -> None:
    world = World()
    world.domain()
    world.later(days=370)
    assert expires(world, A) == day(2027)
    world.must("-", SettleDue())
    assert world.must(B, REQUEST).transfer.expires == day(2027)
    (dropped,) = dropped_years(stored(world))
    assert (dropped.type, dropped.years) == ("autoRenew", 1)
    world.must(A, APPROVE)
    assert expires(world, B) == day(2027)
    assert world.must(B, InfoDomain("a.example")).rgp == ("transferPeriod",)


def test_3_2_4_later_it_adds_a_year() -> None:
    world = World()
    world.domain()
    world.later(days=365 + 45)
    assert world.must(B, REQUEST).transfer.expires == day(2028)
    assert dropped_years(stored(world)) == ()
    world.must(A, APPROVE)
    assert expires(world, B) == day(2028)


def test_3_2_4_what_the_request_said_holds_when_the_grace_period_ends_meanwhile() -> None:
    world = World()
    world.domain()
    world.later(days=365 + 43)
    assert world.must(B, REQUEST).transfer.expires == day(2027)
    world.later(days=4)
    assert len(dropped_years(stored(world))) == 1
    world.later(days=1)
    assert expires(world, B) == day(2027)


def test_3_2_4_a_year_that_was_bought_in_the_auto_renew_period_stays() -> None:
    world = World()
    world.domain()
    world.later(days=370)
    world.must(A, RenewDomain("a.example", day(2027).date(), Period(2)))
    world.must(B, REQUEST)
    world.must(A, APPROVE)
    assert expires(world, B) == day(2029)


def test_3_2_4_the_limit_of_ten_years_counts_without_the_dropped_year() -> None:
    world = World()
    world.domain()
    world.later(days=365)
    world.must(A, RenewDomain("a.example", day(2027).date(), Period(9)))
    assert expires(world, A) == day(2036)
    assert world.code(B, TransferDomain("request", "a.example", Period(2), AuthInfo(PASSWORD))) == 2106
    assert world.must(B, REQUEST).transfer.expires == day(2036)


def test_3_2_4_longer_periods_are_the_requesters_choice_within_the_policy() -> None:
    world = World()
    world.domain()
    request = TransferDomain("request", "a.example", Period(3), AuthInfo(PASSWORD))
    assert world.must(B, request).transfer.expires == day(2029)
    assert world.code(B, TransferDomain("request", "a.example", Period(11), AuthInfo(PASSWORD))) == 2306


def test_3_2_4_a_domain_that_was_created_on_29_february_stays_on_the_28th() -> None:
    world = World()
    world.clock.move_to(day(2028, 2, 29))
    world.domain()
    assert expires(world, A) == day(2029, 2, 28)
    world.later(days=366)
    world.must("-", SettleDue())
    world.must(B, REQUEST)
    world.must(A, APPROVE)
    assert expires(world, B) == day(2030, 2, 28)
    world.must(B, RenewDomain("a.example", day(2030, 2, 28).date(), Period(2)))
    assert expires(world, B) == day(2032, 2, 28)


def test_3_2_4_the_new_sponsor_sets_an_authinfo_of_its_own() -> None:
    """RFC 9154 section 5.4: the authInfo is unset after a transfer, so that the former sponsor knows none."""
    world = World()
    world.domain()
    world.must(B, REQUEST)
    world.must(A, APPROVE)
    for given in (PASSWORD, ""):
        assert world.code(A, TransferDomain("request", "a.example", auth=AuthInfo(given))) == 2202
    world.must(B, UpdateDomain("a.example", auth="another-password-of-24-c"))
    again = TransferDomain("request", "a.example", auth=AuthInfo("another-password-of-24-c"))
    assert world.code(A, again) == 1001
