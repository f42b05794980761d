"""What time does: RFC 3915 and the design notes, section 4."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from registry_world import GLUE, START, A, B, World

from regwire.registry.config import Config, RegistrySettings
from regwire.registry.model.objects import Status
from regwire.registry.model.requests import (
    CheckDomains,
    CreateDomain,
    CreateHost,
    DeleteDomain,
    InfoDomain,
    InfoHost,
    PollAck,
    PollRequest,
    RenewDomain,
    RestoreDomain,
    SettleDue,
    UpdateDomain,
)
from regwire.registry.rules import Policies


def shown(world: World) -> Any:
    return world.must(A, InfoDomain("a.example"))


def told(world: World, account: str = A) -> list[str]:
    """Take everything off a poll queue."""
    texts = []
    while (found := world.ask(account, PollRequest())).code == 1301:
        message: Any = found.data.message  # type: ignore[attr-defined]
        texts.append(message.text)
        world.must(account, PollAck(str(message.id)))
    return texts


def deleted(**policy: Any) -> World:
    world = World(**policy)
    world.host("ns1.other.net")
    world.domain(hosts=("ns1.other.net",))
    world.must(A, UpdateDomain("a.example", add_statuses=(Status("clientHold"),)))
    world.later(days=10)
    assert world.code(A, DeleteDomain("a.example")) == 1001
    return world


def test_3_1_grace_periods_end() -> None:
    world = World()
    world.domain()
    world.later(days=4, hours=23)
    assert shown(world).rgp == ("addPeriod",)
    world.later(hours=1)
    assert shown(world).rgp == ()


def test_3_1_an_expired_name_is_renewed_by_time() -> None:
    world = World()
    world.domain()
    world.later(days=366)
    data = shown(world)
    assert data.domain.expires == datetime(2027, 3, 1, 10, tzinfo=UTC)
    assert data.rgp == ("autoRenewPeriod",)
    world.later(days=45)
    assert shown(world).rgp == ()
    world.later(days=365 * 3)
    assert shown(world).domain.expires == datetime(2030, 3, 1, 10, tzinfo=UTC)


def test_a_transform_on_an_expired_name_sees_it_renewed() -> None:
    world = World()
    world.domain()
    world.later(days=366)
    assert world.code(A, RenewDomain("a.example", date(2026, 3, 1))) == 2004
    world.must(A, RenewDomain("a.example", date(2027, 3, 1)))
    assert set(shown(world).rgp) == {"autoRenewPeriod", "renewPeriod"}


def test_settling_writes_down_once_what_reads_show() -> None:
    world = World()
    world.domain()
    world.later(days=366)
    with world.store.read() as view:
        assert list(view.due(world.clock.now(), 10)) == [("domain", "a.example")]
    before = shown(world)
    world.must("-", SettleDue())
    assert shown(world) == before
    with world.store.read() as view:
        assert list(view.due(world.clock.now(), 10)) == []
        assert view.domain("a.example") == before.domain


def test_3_2_redemption_then_pending_delete_then_gone() -> None:
    world = deleted()
    assert shown(world).rgp == ("redemptionPeriod",)
    world.later(days=30)
    assert shown(world).rgp == ("pendingDelete",)
    assert world.code(A, RestoreDomain("a.example", "request")) == 2304
    assert world.code(B, CreateDomain("a.example")) == 2302
    world.later(days=5)
    assert world.code(A, InfoDomain("a.example")) == 2303
    world.must("-", SettleDue())
    assert world.must(A, CheckDomains(("a.example",))).items[0][1]
    assert told(world) == [
        "a.example can no longer be restored",
        "a.example was purged",
        "The deletion of a.example is complete",
    ]


def test_a_name_that_is_gone_by_time_can_be_created_at_once() -> None:
    world = deleted()
    world.later(days=35)
    created = world.must(B, CreateDomain("a.example"))
    assert created.created == world.clock.now()
    assert world.must(B, InfoDomain("a.example")).domain.sponsor == B
    assert world.must(B, InfoDomain("a.example")).host_names == ()


def test_4_2_5_restored_by_request_and_report() -> None:
    world = deleted()
    world.later(days=29)
    assert world.code(B, RestoreDomain("a.example", "request")) == 2201
    assert world.code(A, RestoreDomain("a.example", "report", world.report())) == 2304
    assert world.must(A, RestoreDomain("a.example", "request")).status == "pendingRestore"
    assert shown(world).rgp == ("pendingRestore",)
    assert world.code(A, RestoreDomain("a.example", "request")) == 2304
    assert world.code(A, RestoreDomain("a.example", "report")) == 2003
    world.later(days=6)
    assert world.must(A, RestoreDomain("a.example", "report", world.report())).status is None
    data = shown(world)
    assert data.rgp == ()
    assert data.host_names == ("ns1.other.net",)
    assert {status.value for status in data.statuses} == {"clientHold"}


def test_4_2_5_without_a_report_it_is_back_in_redemption() -> None:
    world = deleted()
    world.must(A, RestoreDomain("a.example", "request"))
    world.later(days=7)
    assert shown(world).rgp == ("redemptionPeriod",)
    world.must("-", SettleDue())
    assert told(world) == ["Restore of a.example failed: no report"]
    world.later(days=29)
    assert world.code(A, RestoreDomain("a.example", "request")) == 1000


@pytest.mark.parametrize("op", ["request", "report"])
def test_4_2_5_nothing_to_restore(op: str) -> None:
    world = World()
    world.domain()
    report = world.report() if op == "report" else None
    assert world.code(A, RestoreDomain("a.example", op, report)) == 2304
    assert world.code(A, RestoreDomain("b.example", op, report)) == 2303


def test_a_deleted_name_refuses_every_transform() -> None:
    world = deleted()
    assert world.code(A, UpdateDomain("a.example", auth="")) == 2304
    assert world.code(A, RenewDomain("a.example", shown(world).domain.expires.date())) == 2304
    assert world.code(A, CreateHost("ns1.a.example", GLUE)) == 2304


def test_a_name_that_expires_in_redemption_is_not_renewed_until_restored() -> None:
    world = World(redemption=30)
    world.domain()
    world.later(days=360)
    world.must(A, DeleteDomain("a.example"))
    world.later(days=10)
    assert shown(world).domain.expires == START.replace(year=2026)
    world.must(A, RestoreDomain("a.example", "request"))
    world.must(A, RestoreDomain("a.example", "report", world.report()))
    assert shown(world).domain.expires == START.replace(year=2027)


def test_what_lies_in_a_zone_that_is_served_no_more_lives_on_by_the_general_policy() -> None:
    world = World(zones=("example", "co.test"))
    world.domain("a.co.test")
    world.host("ns1.a.co.test", glue=True)
    world.domain("a.example")
    policies = Policies(Config(registry=RegistrySettings(zones=("example",), repository="TEST")))
    world.policies = world.store._policies = policies  # type: ignore[attr-defined]
    world.later(days=366)
    assert world.code("-", SettleDue()) == 1000
    with world.store.read() as view:
        assert list(view.due(world.clock.now(), 10)) == []
        assert view.domain("a.co.test").expires.year == 2027  # type: ignore[union-attr]
    assert world.code(A, InfoDomain("a.co.test")) == 2303
    assert world.code(A, InfoHost("ns1.a.co.test")) == 1000
    assert world.must(A, CheckDomains(("a.co.test", "b.co.test"))).items == (
        ("a.co.test", False, "In use"),
        ("b.co.test", False, "not in a zone of this registry"),
    )
