"""RFC 5731 section 2.3, RFC 5732 section 2.3, RFC 5733 section 2.2: what forbids what (epp.md section 3)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from registry_world import GLUE, PASSWORD, A, B, World

from regwire.registry.model.objects import Status
from regwire.registry.model.requests import (
    AuthInfo,
    CreateHost,
    DeleteContact,
    DeleteDomain,
    DeleteHost,
    InfoContact,
    InfoDomain,
    InfoHost,
    PollRequest,
    RenewDomain,
    Request,
    RestoreDomain,
    SetServerStatuses,
    TransferContact,
    TransferDomain,
    UpdateContact,
    UpdateDomain,
    UpdateHost,
)

OPERATOR = "-"
AUTH = AuthInfo(PASSWORD)
CLIENT = ["Delete", "Renew", "Transfer", "Update"]
#: Per kind: what each action is, and who asks.
ACTIONS: dict[str, dict[str, tuple[str, Request]]] = {
    "domain": {
        "Delete": (A, DeleteDomain("a.example")),
        "Renew": (A, RenewDomain("a.example", date(2026, 3, 1))),
        "Transfer": (B, TransferDomain("request", "a.example", auth=AUTH)),
        "Update": (A, UpdateDomain("a.example", auth="")),
    },
    "host": {"Delete": (A, DeleteHost("ns1.other.net")), "Update": (A, UpdateHost("ns1.other.net"))},
    "contact": {
        "Delete": (A, DeleteContact("con-1")),
        "Transfer": (B, TransferContact("request", "con-1", AUTH)),
        "Update": (A, UpdateContact("con-1", email="b@mail.example")),
    },
}
KEYS = {"domain": "a.example", "host": "ns1.other.net", "contact": "con-1"}
INFOS: dict[str, Any] = {"domain": InfoDomain, "host": InfoHost, "contact": InfoContact}


def furnished() -> World:
    world = World()
    world.contact("con-1")
    world.host("ns1.other.net")
    world.domain()
    world.later(days=6)
    return world


def update(kind: str, **changes: Any) -> Request:
    made: dict[str, Any] = {"domain": UpdateDomain, "host": UpdateHost, "contact": UpdateContact}
    request: Request = made[kind](KEYS[kind], **changes)
    return request


def put(world: World, kind: str, status: str, account: str = OPERATOR) -> int:
    if status.startswith("server"):
        return world.code(account, SetServerStatuses(kind, KEYS[kind], (Status(status),)))
    return world.code(A, update(kind, add_statuses=(Status(status),)))


def statuses(world: World, kind: str, account: str = A) -> set[str]:
    return {status.value for status in world.must(account, INFOS[kind](KEYS[kind])).statuses}


MATRIX = [
    (kind, who + what + "Prohibited", action)
    for kind, actions in ACTIONS.items()
    for what in actions
    for who in ("client", "server")
    for action in actions
]


@pytest.mark.parametrize(("kind", "status", "action"), MATRIX)
def test_2_3_a_prohibition_forbids_its_action_and_no_other(kind: str, status: str, action: str) -> None:
    world = furnished()
    assert put(world, kind, status) == 1000
    account, request = ACTIONS[kind][action]
    outcome = world.ask(account, request)
    if action in status:
        assert (outcome.code, outcome.value) == (2304, (f"{kind}:status", status))
        assert statuses(world, kind) >= {status}
    else:
        assert outcome.code < 2000


@pytest.mark.parametrize("kind", list(ACTIONS))
def test_2_3_only_client_update_prohibited_is_lifted_by_the_update_that_removes_it(kind: str) -> None:
    world = furnished()
    lift = update(kind, remove_statuses=(Status("clientUpdateProhibited"),))
    assert put(world, kind, "clientUpdateProhibited") == 1000
    assert put(world, kind, "serverUpdateProhibited") == 1000
    assert world.code(A, lift) == 2304
    off = SetServerStatuses(kind, KEYS[kind], remove=(Status("serverUpdateProhibited"),))
    assert world.code(OPERATOR, off) == 1000
    assert world.code(A, lift) == 1000
    assert statuses(world, kind) in ({"ok"}, {"inactive"})


@pytest.mark.parametrize("kind", list(ACTIONS))
@pytest.mark.parametrize("value", ["ok", "linked", "inactive", "serverHold", "pendingDelete", "pendingTransfer", "x"])
def test_2_3_clients_neither_set_nor_remove_what_is_the_servers(kind: str, value: str) -> None:
    world = furnished()
    before = statuses(world, kind)
    assert world.code(A, update(kind, add_statuses=(Status(value),))) == 2306
    assert world.code(A, update(kind, remove_statuses=(Status(value),))) == 2306
    assert statuses(world, kind) == before


@pytest.mark.parametrize(("kind", "value"), [("domain", "clientHold"), ("host", "serverHold"), ("contact", "ok")])
def test_2_3_the_operator_sets_server_statuses_of_the_object_only(kind: str, value: str) -> None:
    world = furnished()
    assert world.code(OPERATOR, SetServerStatuses(kind, KEYS[kind], (Status(value),))) == 2306


def test_2_3_server_statuses_are_the_operators_and_the_sponsor_is_told() -> None:
    world = furnished()
    assert put(world, "domain", "serverHold", A) == 2201
    assert put(world, "domain", "serverHold") == 1000
    assert put(world, "domain", "serverHold") == 2306
    assert statuses(world, "domain") == {"serverHold", "inactive"}
    assert world.must(A, PollRequest()).message.text == "a.example: +serverHold"
    gone = SetServerStatuses("domain", "b.example", (Status("serverHold"),))
    assert world.code(OPERATOR, gone) == 2303


def test_2_3_ok_stands_alone_and_linked_goes_with_anything() -> None:
    world = furnished()
    assert statuses(world, "host") == statuses(world, "contact") == {"ok"}
    world.must(A, UpdateDomain("a.example", add_hosts=("ns1.other.net",), registrant="con-1"))
    assert statuses(world, "domain") == {"ok"}
    assert statuses(world, "host") == statuses(world, "contact") == {"ok", "linked"}
    for kind in ("host", "contact"):
        assert put(world, kind, "clientDeleteProhibited") == 1000
        assert statuses(world, kind) == {"clientDeleteProhibited", "linked"}


def test_2_3_what_is_pending_goes_with_no_other_pending_and_not_with_its_prohibition() -> None:
    world = furnished()
    world.must(B, TransferDomain("request", "a.example", auth=AUTH))
    world.must(B, TransferContact("request", "con-1", AUTH))
    for kind in ("domain", "contact"):
        assert statuses(world, kind) >= {"pendingTransfer"}
        assert put(world, kind, "serverTransferProhibited") == 2304
        assert put(world, kind, "serverDeleteProhibited") == 1000
    for action in ("Delete", "Renew", "Update"):
        assert world.code(*ACTIONS["domain"][action]) == 2304
    assert world.code(B, TransferDomain("request", "a.example", auth=AUTH)) == 2300
    assert world.code(A, TransferDomain("reject", "a.example")) == 1000


def test_2_3_pending_delete_allows_a_restore_only() -> None:
    world = furnished()
    world.must(A, DeleteDomain("a.example"))
    assert statuses(world, "domain") == {"pendingDelete", "inactive"}
    for account, request in ACTIONS["domain"].values():
        assert world.code(account, request) == 2304
    assert put(world, "domain", "serverDeleteProhibited") == 2304
    assert world.code(A, RestoreDomain("a.example", "request")) == 1000


def test_rfc_5732_2_3_a_host_is_transferred_with_its_domain() -> None:
    world = furnished()
    world.must(A, CreateHost("ns1.a.example", GLUE))
    shown = InfoHost("ns1.a.example")
    world.must(B, TransferDomain("request", "a.example", auth=AUTH))
    assert [status.value for status in world.must(B, shown).statuses] == ["pendingTransfer"]
    for request in (DeleteHost("ns1.a.example"), UpdateHost("ns1.a.example", new_name="ns1.other.org")):
        outcome = world.ask(A, request)
        assert (outcome.code, outcome.value) == (2304, ("host:status", "pendingTransfer"))
    world.must(A, TransferDomain("approve", "a.example"))
    host = world.must(A, shown)
    assert ([status.value for status in host.statuses], host.host.sponsor) == (["ok"], B)
    assert host.host.transferred == world.clock.now()
