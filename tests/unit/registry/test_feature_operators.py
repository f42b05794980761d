"""What the operator does to objects and queues: moves, purges, messages."""

from __future__ import annotations

from typing import Any

import pytest
from registry_world import PASSWORD, A, B, World

from regwire.registry.model.changes import Why
from regwire.registry.model.objects import PollMessage, Status
from regwire.registry.model.operators import MoveObject, PurgeDomain, SendMessage
from regwire.registry.model.registrars import AddRegistrar, Registrar, SetRegistrarStatus
from regwire.registry.model.requests import (
    AuthInfo,
    DeleteDomain,
    InfoDomain,
    SetServerStatuses,
    TransferDomain,
    UpdateDomain,
)

OPERATOR = "-"
QUIET = (Why(quiet=True),)


@pytest.fixture
def world() -> World:
    found = World()
    for id in (A, B):
        found.must(OPERATOR, AddRegistrar(Registrar(id), "hash"))
    return found


def queue(world: World, account: str) -> list[PollMessage]:
    with world.store.snapshot() as snapshot:
        return snapshot.messages(account)


def test_a_domain_moves_with_its_hosts_as_a_transfer_that_the_server_approved(world: World) -> None:
    world.domain()
    world.host("ns1.a.example", glue=True)
    world.must(A, UpdateDomain("a.example", add_hosts=("ns1.a.example",)))
    world.must(OPERATOR, SetServerStatuses("domain", "a.example", (Status("serverTransferProhibited"),)))
    before = world.must(A, InfoDomain("a.example")).domain
    told = len(queue(world, A))
    world.later(days=1)
    after = world.must(OPERATOR, MoveObject("domain", "a.example", B, extensions=QUIET))
    assert (after.sponsor, after.expires, after.auth) == (B, before.expires, None)
    assert (after.transfer.status, after.transfer.requester, after.transfer.actor) == ("serverApproved", B, A)
    assert after.statuses == before.statuses
    assert after.grace == ()
    with world.store.read() as view:
        host = view.host("ns1.a.example")
    assert host is not None
    assert host.sponsor == B
    assert [m.text for m in queue(world, A)[told:]] == ["Transfer approved by the server: a.example"]
    assert [m.text for m in queue(world, B)] == ["Transfer approved by the server: a.example"]
    assert world.code(A, UpdateDomain("a.example", add_statuses=(Status("clientHold"),))) == 2201


def test_what_cannot_be_moved(world: World) -> None:
    world.domain()
    world.domain("b.example")
    world.domain("c.example")
    world.later(days=10)
    world.must(A, DeleteDomain("b.example"))
    world.must(B, TransferDomain("request", "c.example", auth=AuthInfo(PASSWORD)))
    for key, to, code in (
        ("a.example", A, 2106),
        ("a.example", "reg-x", 2303),
        ("b.example", B, 2304),
        ("c.example", B, 2300),
        ("x.example", B, 2303),
    ):
        assert world.code(OPERATOR, MoveObject("domain", key, to)) == code, key
    assert world.code(OPERATOR, MoveObject("host", "ns.a.example", B)) == 2306
    assert world.code(A, MoveObject("domain", "a.example", B)) == 2201
    world.must(OPERATOR, SetRegistrarStatus(B, "suspended"))
    assert world.code(OPERATOR, MoveObject("domain", "a.example", B)) == 2304


def test_a_contact_moves(world: World) -> None:
    world.contact("con-1")
    assert world.must(OPERATOR, MoveObject("contact", "con-1", B, extensions=QUIET)).sponsor == B
    assert [m.text for m in queue(world, B)] == ["Transfer approved by the server: con-1"]


def test_a_domain_is_purged_with_its_hosts_whatever_its_statuses(world: World) -> None:
    world.domain()
    world.host("ns1.a.example", glue=True)
    world.must(A, UpdateDomain("a.example", add_hosts=("ns1.a.example",)))
    world.must(OPERATOR, SetServerStatuses("domain", "a.example", (Status("serverDeleteProhibited"),)))
    assert world.code(A, PurgeDomain("a.example")) == 2201
    gone = world.must(OPERATOR, PurgeDomain("a.example", extensions=(Why(reason="court order"),)))
    assert gone.sponsor == A
    with world.store.read() as view:
        assert view.domain("a.example") is None
        assert view.host("ns1.a.example") is None
    last = queue(world, A)[-1]
    assert "delete" in last.text
    assert "court order" in repr(last.extensions)
    assert world.code(OPERATOR, PurgeDomain("a.example")) == 2303
    # The name is free at once, and nothing of the old one is left over.
    world.domain(account=B)
    world.host("ns1.a.example", B, glue=True)


def test_a_domain_whose_hosts_others_use_stays(world: World) -> None:
    world.domain()
    world.domain("b.example", B)
    world.host("ns1.a.example", glue=True)
    world.must(B, UpdateDomain("b.example", add_hosts=("ns1.a.example",)))
    assert world.code(OPERATOR, PurgeDomain("a.example")) == 2305
    # Also when that is decided in the same group.
    free, purged = world.group(
        (B, UpdateDomain("b.example", remove_hosts=("ns1.a.example",))), (OPERATOR, PurgeDomain("a.example"))
    )
    assert (free.code, purged.code) == (1000, 1000)


@pytest.mark.parametrize(("to", "got"), [("", [A, B]), (B, [B])])
def test_messages_go_to_one_or_to_all_that_are_active(world: World, to: str, got: list[str]) -> None:
    world.must(OPERATOR, AddRegistrar(Registrar("reg-c"), "hash"))
    world.must(OPERATOR, SetRegistrarStatus("reg-c", "suspended"))
    assert world.must(OPERATOR, SendMessage("Maintenance\n on Sunday", to)) == got
    texts: dict[str, Any] = {id: [m.text for m in queue(world, id)] for id in (A, B, "reg-c")}
    assert texts == {id: ["Maintenance on Sunday"] if id in got else [] for id in texts}


def test_messages_that_cannot_be_sent(world: World) -> None:
    assert world.code(OPERATOR, SendMessage("hello", "reg-x")) == 2303
    assert world.code(OPERATOR, SendMessage(" ")) == 2004
    assert world.code(OPERATOR, SendMessage("x" * 1001)) == 2004
    assert world.code(A, SendMessage("hello")) == 2201
