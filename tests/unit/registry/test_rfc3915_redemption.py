"""RFC 3915: grace periods that overlap, redemption, restore and its report (epp.md section 4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from registry_world import START, A, B, World

from regwire.registry.model.objects import GracePeriod, Restore
from regwire.registry.model.record import replace
from regwire.registry.model.requests import (
    CheckDomains,
    DeleteDomain,
    InfoDomain,
    Period,
    PollAck,
    PollRequest,
    RenewDomain,
    RestoreDomain,
    SettleDue,
    TransferDomain,
    UpdateDomain,
)

DAY = timedelta(days=1)


def shown(world: World, account: str = A) -> Any:
    return world.must(account, InfoDomain("a.example"))


def stored(world: World) -> Any:
    with world.store.read() as view:
        return view.domain("a.example")


def renew(world: World, years: int = 1, account: str = A) -> None:
    world.must(account, RenewDomain("a.example", shown(world, account).domain.expires.date(), Period(years)))


def told(world: World, account: str = A) -> list[str]:
    texts = []
    while (found := world.ask(account, PollRequest())).code == 1301:
        message: Any = found.data.message  # type: ignore[attr-defined]
        texts.append(message.text)
        world.must(account, PollAck(str(message.id)))
    return texts


def deleted(**policy: Any) -> World:
    world = World(**policy)
    world.domain()
    world.later(days=10)
    assert world.code(A, DeleteDomain("a.example")) == 1001
    return world


def restoring(**policy: Any) -> World:
    world = deleted(**policy)
    world.later(days=3)
    assert world.must(A, RestoreDomain("a.example", "request")).status == "pendingRestore"
    return world


# --- 3.1 grace periods


def test_3_1_every_grace_period_is_a_row_of_its_own() -> None:
    world = World()
    world.domain()
    world.later(days=2)
    renew(world)
    renew(world, 2)
    rows = stored(world).grace
    assert [(row.type, row.years, row.start - START, row.end - row.start) for row in rows] == [
        ("add", 1, 0 * DAY, 5 * DAY),
        ("renew", 1, 2 * DAY, 5 * DAY),
        ("renew", 2, 2 * DAY, 5 * DAY),
    ]
    assert shown(world).rgp == ("addPeriod", "renewPeriod")
    world.later(days=3)
    assert shown(world).rgp == ("renewPeriod",)


def test_3_1_what_was_charged_is_kept_with_the_row() -> None:
    world = World()
    world.domain()
    before = stored(world)
    priced = GracePeriod("add", START, START + DAY, 1, 995)
    assert replace(before, grace=(priced,)).grace[0].amount == 995
    assert before.grace[0].amount is None


def test_3_1_auto_renew_renew_and_delete_credit_both_and_a_restore_brings_neither_back() -> None:
    world = World()
    world.domain()
    world.later(days=366)
    renew(world)
    assert set(shown(world).rgp) == {"autoRenewPeriod", "renewPeriod"}
    with world.store.read() as view:
        assert [row.type for row in view.domain("a.example").grace] == ["autoRenew", "renew"]  # type: ignore[union-attr]
    world.must(A, DeleteDomain("a.example"))
    assert stored(world).grace == ()
    world.must(A, RestoreDomain("a.example", "request"))
    world.must(A, RestoreDomain("a.example", "report", world.report()))
    assert shown(world).rgp == ()


def test_3_1_a_delete_within_the_add_period_purges_whatever_was_renewed_meanwhile() -> None:
    world = World()
    world.domain()
    renew(world, 3)
    world.later(days=4)
    assert world.code(A, DeleteDomain("a.example")) == 1000
    assert world.must(A, CheckDomains(("a.example",))).items[0][1]


def test_3_1_periods_of_length_zero_leave_no_row() -> None:
    world = World(add_grace=0, renew_grace=0, auto_renew_grace=0, transfer_grace=0, pending_transfer=0)
    world.domain()
    renew(world)
    world.later(days=800)
    assert shown(world).rgp == ()
    assert stored(world).grace == ()
    world.must(A, UpdateDomain("a.example", auth="another-password-of-24-c"))


# --- 2 the state diagram


def test_2_6_without_a_report_redemption_goes_on_for_the_rest() -> None:
    world = restoring()
    world.later(days=7)
    assert shown(world).rgp == ("redemptionPeriod",)
    at = START + 10 * DAY
    world.must("-", SettleDue())
    back = at + (3 + 7) * DAY
    assert stored(world).restore == Restore(at, back + 27 * DAY, back + 32 * DAY)
    world.later(days=26, hours=23)
    assert shown(world).rgp == ("redemptionPeriod",)
    world.later(hours=1)
    assert shown(world).rgp == ("pendingDelete",)
    assert world.code(A, RestoreDomain("a.example", "request")) == 2304
    world.later(days=5)
    assert world.code(A, InfoDomain("a.example")) == 2303
    assert told(world) == [
        "Restore of a.example failed: no report",
        "a.example can no longer be restored",
        "a.example was purged",
        "The deletion of a.example is complete",
    ]


def test_2_6_a_restore_may_be_tried_again_and_again() -> None:
    world = restoring()
    for _ in range(3):
        world.later(days=8)
        assert world.must(A, RestoreDomain("a.example", "request")).status == "pendingRestore"
    world.must(A, RestoreDomain("a.example", "report", world.report()))
    assert {status.value for status in shown(world).statuses} == {"inactive"}


def test_2_9_without_a_pending_delete_period_the_end_of_redemption_purges() -> None:
    world = deleted(pending_delete=0)
    world.later(days=30)
    assert world.code(A, InfoDomain("a.example")) == 2303
    assert told(world) == ["a.example was purged", "The deletion of a.example is complete"]


def test_2_9_without_redemption_only_pending_delete_is_left() -> None:
    world = deleted(redemption=0)
    assert shown(world).rgp == ("pendingDelete",)
    assert world.code(A, RestoreDomain("a.example", "request")) == 2304


@pytest.mark.parametrize("what", ["autoRenew", "delete", "pendingDelete", "purge", "restore"])
def test_the_sponsor_is_told_what_the_policy_wants_told(what: str) -> None:
    world = World(notices=(what,))
    world.domain()
    world.later(days=370)
    world.must(A, DeleteDomain("a.example"))
    world.must(A, RestoreDomain("a.example", "request"))
    world.later(days=100)
    assert (
        told(world)
        == {
            "autoRenew": ["a.example was renewed until 2027-03-01"],
            "delete": ["The deletion of a.example is complete"],
            "pendingDelete": ["a.example can no longer be restored"],
            "purge": ["a.example was purged"],
            "restore": ["Restore of a.example failed: no report"],
        }[what]
    )


# --- 4.2.5 the report


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, 1000),
        ({"before": " "}, 2003),
        ({"after": ""}, 2003),
        ({"reason": ""}, 2003),
        ({"statements": ("only one",)}, 2003),
        ({"statements": ("one", " ")}, 2003),
        ({"deleted": START}, 2004),
        ({"restored": START + 30 * DAY}, 2004),
        ({"deleted": START + 9.5 * DAY}, 1000),
        ({"restored": START + 13 * DAY}, 1000),
        ({"other": "court order 7"}, 1000),
    ],
)
def test_4_2_5_a_report_is_checked_and_a_refused_one_changes_nothing(changes: dict[str, Any], code: int) -> None:
    world = restoring()
    world.later(days=1)
    before = shown(world)
    assert world.code(A, RestoreDomain("a.example", "report", world.report(**changes))) == code
    if code != 1000:
        assert shown(world) == before
        assert shown(world).rgp == ("pendingRestore",)
        assert world.code(A, RestoreDomain("a.example", "report", world.report())) == 1000
    assert shown(world).rgp == ()


def test_4_2_5_the_tolerance_of_times_is_the_policys() -> None:
    world = restoring(restore_tolerance=0)
    state = stored(world).restore
    late = world.report(restored=state.requested + timedelta(milliseconds=1))
    outcome = world.ask(A, RestoreDomain("a.example", "report", late))
    assert (outcome.code, outcome.reason) == (2004, "it was 2025-03-14T10:00:00.000Z")
    assert world.code(A, RestoreDomain("a.example", "report", world.report())) == 1000


def test_4_2_5_a_report_with_the_request_is_refused() -> None:
    world = deleted()
    assert world.code(A, RestoreDomain("a.example", "request", world.report())) == 2306
    assert shown(world).rgp == ("redemptionPeriod",)


def test_4_2_5_a_report_that_comes_too_late_finds_no_pending_restore() -> None:
    world = restoring()
    report = world.report()
    world.later(days=7)
    assert world.code(A, RestoreDomain("a.example", "report", report)) == 2304


def test_4_2_5_where_no_report_is_wanted_the_request_restores() -> None:
    world = deleted(restore_report=0)
    assert world.must(A, RestoreDomain("a.example", "request")).status is None
    assert shown(world).rgp == ()
    assert world.code(A, RestoreDomain("a.example", "report", world.report())) == 2304


def test_4_2_5_only_the_sponsor_restores_and_nothing_else_is_possible() -> None:
    world = restoring()
    assert world.code(B, RestoreDomain("a.example", "report", world.report())) == 2201
    for request in (DeleteDomain("a.example"), UpdateDomain("a.example", auth="")):
        assert world.code(A, request) == 2304
    assert world.code(A, RenewDomain("a.example", shown(world).domain.expires.date())) == 2304
    assert world.code(A, TransferDomain("approve", "a.example")) == 2301
