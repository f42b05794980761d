"""Transfers (RFC 5730 2.9.3.4, RFC 5731 3.1.3 and 3.2.4, RFC 5733 likewise) and the poll queue (RFC 5730 2.9.2.3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from registry_world import GLUE, PASSWORD, START, A, B, World

from regwire.registry.model.objects import Status
from regwire.registry.model.requests import (
    AuthInfo,
    CreateHost,
    DeleteDomain,
    InfoContact,
    InfoDomain,
    InfoHost,
    Period,
    PollAck,
    PollRequest,
    SettleDue,
    TransferContact,
    TransferDomain,
    UpdateDomain,
    UpdateHost,
)

C = "reg-c"
AUTH = AuthInfo(PASSWORD)


def request(**more: Any) -> TransferDomain:
    return TransferDomain("request", "a.example", **{"auth": AUTH, **more})


def queue(world: World, account: str) -> list[tuple[str, Any]]:
    """Empty a queue; return the texts and the data."""
    found: list[tuple[str, Any]] = []
    while True:
        outcome = world.ask(account, PollRequest())
        if outcome.code == 1300:
            return found
        assert outcome.code == 1301
        data: Any = outcome.data
        found.append((data.message.text, data.message.data))
        acked: Any = world.must(account, PollAck(str(data.message.id)))
        assert (acked.acked, acked.count) == (data.message.id, data.count - 1)


@pytest.fixture
def world() -> World:
    world = World()
    world.domain()
    world.later(days=100)
    return world


def test_3_2_4_a_request_waits_for_the_sponsor(world: World) -> None:
    outcome = world.ask(B, request())
    assert outcome.code == 1001
    data: Any = outcome.data
    assert (data.transfer.status, data.transfer.requester, data.transfer.actor) == ("pending", B, A)
    assert data.transfer.requested == world.clock.now()
    assert data.transfer.acted == world.clock.now() + timedelta(days=5)
    assert data.transfer.expires == datetime(2027, 3, 1, 10, tzinfo=UTC)
    shown = world.must(A, InfoDomain("a.example"))
    assert {status.value for status in shown.statuses} == {"pendingTransfer", "inactive"}
    assert shown.domain.sponsor == A


@pytest.mark.parametrize(
    ("account", "more", "code"),
    [
        (B, {"auth": None}, 2003),
        (B, {"auth": AuthInfo("wrong")}, 2202),
        (B, {"auth": AuthInfo("")}, 2202),
        (A, {}, 2106),
        (A, {"auth": AuthInfo("wrong")}, 2202),
        (B, {"period": Period(10)}, 2106),
        (B, {"period": Period(9)}, 1001),
        (B, {"period": Period(11)}, 2306),
        (B, {"period": Period(1, "m")}, 2306),
    ],
)
def test_3_2_4_request_codes(world: World, account: str, more: dict[str, Any], code: int) -> None:
    assert world.code(account, request(**more)) == code


def test_3_2_4_while_pending_everything_else_is_refused(world: World) -> None:
    world.must(B, request())
    assert world.code(C, request()) == 2300
    assert world.code(B, request()) == 2300
    assert world.code(A, UpdateDomain("a.example", add_statuses=(Status("clientHold"),))) == 2304
    assert world.code(A, DeleteDomain("a.example")) == 2304


def test_3_2_4_only_the_sponsor_approves_and_only_the_requester_cancels(world: World) -> None:
    for op in ("approve", "reject"):
        assert world.code(A, TransferDomain(op, "a.example")) == 2301
    assert world.code(B, TransferDomain("cancel", "a.example")) == 2301
    world.must(B, request())
    for account, op in [(B, "approve"), (B, "reject"), (C, "approve"), (A, "cancel"), (C, "cancel")]:
        assert world.code(account, TransferDomain(op, "a.example")) == 2201


def test_3_2_4_approved(world: World) -> None:
    world.must(A, CreateHost("ns1.a.example", GLUE))
    world.must(B, request())
    world.later(days=1)
    data = world.must(A, TransferDomain("approve", "a.example"))
    assert (data.transfer.status, data.transfer.actor, data.transfer.acted) == ("clientApproved", A, world.clock.now())
    shown = world.must(B, InfoDomain("a.example"))
    assert (shown.domain.sponsor, shown.domain.transferred) == (B, world.clock.now())
    assert shown.domain.expires == datetime(2027, 3, 1, 10, tzinfo=UTC)
    assert shown.rgp == ("transferPeriod",)
    host = world.must(B, InfoHost("ns1.a.example")).host
    assert (host.sponsor, host.transferred) == (B, world.clock.now())
    # The old authInfo is gone with the old sponsor.
    assert world.code(A, request()) == 2202
    assert world.code(B, TransferDomain("approve", "a.example")) == 2301


@pytest.mark.parametrize(
    ("op", "account", "status"), [("reject", A, "clientRejected"), ("cancel", B, "clientCancelled")]
)
def test_3_2_4_rejected_or_cancelled(world: World, op: str, account: str, status: str) -> None:
    world.must(B, request())
    data = world.must(account, TransferDomain(op, "a.example"))
    assert (data.transfer.status, data.transfer.actor, data.transfer.expires) == (status, account, None)
    shown = world.must(A, InfoDomain("a.example"))
    assert {value.value for value in shown.statuses} == {"inactive"}
    assert shown.domain.expires == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert world.code(B, request()) == 1001


def test_3_2_4_nobody_answers_the_server_approves_at_the_deadline(world: World) -> None:
    world.must(B, request())
    deadline = world.clock.now() + timedelta(days=5)
    world.later(days=7)
    # A read shows it approved before anything wrote it down.
    shown = world.must(B, InfoDomain("a.example"))
    assert (shown.domain.sponsor, shown.domain.transferred) == (B, deadline)
    world.must(B, SettleDue())
    world.must(B, SettleDue())
    texts = [text for text, _ in queue(world, A)]
    assert texts == ["Transfer requested: a.example", "Transfer approved by the server: a.example"]


def test_3_2_4_a_pending_period_of_zero_approves_at_once() -> None:
    world = World(pending_transfer=0)
    world.domain()
    outcome = world.ask(B, request())
    assert (outcome.code, outcome.data.transfer.status, outcome.data.sponsor) == (1000, "serverApproved", A)  # type: ignore[attr-defined]
    assert world.must(B, InfoDomain("a.example")).domain.sponsor == B


def test_3_2_4_a_renewal_by_time_while_pending_is_absorbed() -> None:
    world = World()
    world.domain()
    world.later(days=363)
    world.must(B, request())
    world.later(days=4)
    assert world.must(A, InfoDomain("a.example")).domain.expires == datetime(2027, 3, 1, 10, tzinfo=UTC)
    world.must(A, TransferDomain("approve", "a.example"))
    assert world.must(B, InfoDomain("a.example")).domain.expires == datetime(2027, 3, 1, 10, tzinfo=UTC)


def test_3_1_3_query(world: World) -> None:
    query = TransferDomain("query", "a.example")
    assert world.code(A, query) == 2301
    world.must(B, request())
    for account in (A, B):
        assert world.must(account, query).transfer.status == "pending"
    assert world.code(C, query) == 2201
    assert world.code(C, TransferDomain("query", "a.example", auth=AuthInfo("wrong"))) == 2202
    assert world.must(C, TransferDomain("query", "a.example", auth=AUTH)).transfer.status == "pending"
    world.must(A, TransferDomain("reject", "a.example"))
    assert world.must(B, query).transfer.status == "clientRejected"
    world.must(B, request())
    world.must(A, TransferDomain("approve", "a.example"))
    for account in (A, B):
        assert world.must(account, query).transfer.status == "clientApproved"
    assert world.code(C, query) == 2201


@pytest.mark.parametrize(
    ("op", "account", "text"),
    [("approve", A, "Transfer approved"), ("reject", A, "Transfer rejected"), ("cancel", B, "Transfer cancelled")],
)
def test_both_registrars_are_told_of_every_change(world: World, op: str, account: str, text: str) -> None:
    world.must(B, request())
    world.must(account, TransferDomain(op, "a.example"))
    for registrar in (A, B):
        told = queue(world, registrar)
        assert [line for line, _ in told] == ["Transfer requested: a.example", f"{text}: a.example"]
        first, second = (data for _, data in told)
        assert (first.transfer.status, first.sponsor, first.name) == ("pending", A, "a.example")
        assert second.transfer.status != "pending"
    assert queue(world, C) == []


def test_2_9_2_3_the_head_stays_until_it_is_acknowledged(world: World) -> None:
    assert world.ask(A, PollRequest()).code == 1300
    world.must(B, request())
    world.must(A, TransferDomain("approve", "a.example"))
    first = world.must(A, PollRequest())
    assert first.count == 2
    assert world.must(A, PollRequest()) == first
    id = str(first.message.id)
    assert world.code(B, PollAck(id)) == 2303
    assert world.must(A, PollAck(id)).count == 1
    assert world.code(A, PollAck(id)) == 2303
    assert world.must(A, PollRequest()).message.id > first.message.id


@pytest.mark.parametrize("id", ["", "x", "-1", "٣", "1.0", "9" * 30])
def test_2_9_2_3_an_unknown_message_id_is_2303(id: str) -> None:
    assert World().code(A, PollAck(id)) == 2303


def test_a_message_is_frozen_when_it_is_queued(world: World) -> None:
    world.must(B, request())
    world.must(A, TransferDomain("approve", "a.example"))
    world.later(days=900)
    assert world.must(A, PollRequest()).message.data.transfer.status == "pending"


# --- RFC 5733


def contact_request(**more: Any) -> TransferContact:
    return TransferContact("request", "con-1", **{"auth": AUTH, **more})


def test_rfc_5733_3_2_4_contacts_are_transferred_likewise() -> None:
    world = World()
    world.contact("con-1")
    assert world.code(A, contact_request()) == 2106
    assert world.code(B, contact_request(auth=AuthInfo("wrong"))) == 2202
    assert world.code(B, contact_request(auth=None)) == 2003
    assert world.ask(B, contact_request()).code == 1001
    assert world.code(C, contact_request()) == 2300
    assert [s.value for s in world.must(A, InfoContact("con-1")).statuses] == ["pendingTransfer"]
    assert world.must(B, TransferContact("query", "con-1")).transfer.status == "pending"
    assert world.code(C, TransferContact("query", "con-1")) == 2201
    assert world.must(C, TransferContact("query", "con-1", AUTH)).kind == "contact"
    assert world.code(B, TransferContact("approve", "con-1")) == 2201
    world.must(A, TransferContact("approve", "con-1"))
    contact = world.must(B, InfoContact("con-1")).contact
    assert (contact.sponsor, contact.transferred, contact.auth) == (B, START, None)
    assert [text for text, _ in queue(world, A)] == ["Transfer requested: con-1", "Transfer approved: con-1"]
    assert len(queue(world, B)) == 2


def test_rfc_5733_3_2_4_the_server_approves_contacts_at_the_deadline() -> None:
    world = World()
    world.contact("con-1")
    world.must(B, contact_request())
    world.later(days=5)
    assert world.must(B, InfoContact("con-1")).contact.sponsor == B
    world.must(A, SettleDue())
    assert len(queue(world, A)) == 2


def test_rfc_5733_3_2_4_at_once_without_a_pending_period() -> None:
    world = World(pending_transfer=0)
    world.contact("con-1")
    world.must(B, contact_request())
    assert world.must(B, InfoContact("con-1")).contact.sponsor == B


def test_hosts_follow_a_transfer_that_time_completed_and_both_are_told_once(world: World) -> None:
    world.must(A, CreateHost("ns1.a.example", GLUE))
    world.must(B, request())
    world.later(days=6)
    assert world.must(A, InfoHost("ns1.a.example")).host.sponsor == B
    assert world.code(A, UpdateHost("ns1.a.example", new_name="ns2.a.example")) == 2201
    # It asks for the domain twice: as the old and as the new superordinate.
    world.must(B, UpdateHost("ns1.a.example", new_name="ns2.a.example"))
    assert world.must(B, InfoHost("ns2.a.example")).host.sponsor == B
    assert len(queue(world, A)) == len(queue(world, B)) == 2
