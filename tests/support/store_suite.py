"""What every store must do. Subclass `StoreSuite` and say how a store is made; pytest collects the subclass.

Rules are tested elsewhere; here they only serve to make stores keep, find and forget things.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from registry_world import GLUE, PASSWORD, START, A, B, World, postal

from regwire.registry.clock import MovableClock
from regwire.registry.model.objects import (
    Address,
    ContactLink,
    Disclose,
    DsRecord,
    HostAttribute,
    KeyRecord,
    Phone,
    Status,
)
from regwire.registry.model.requests import (
    AuthInfo,
    CheckContacts,
    CheckDomains,
    CheckHosts,
    CreateContact,
    CreateDomain,
    CreateHost,
    DeleteDomain,
    DeleteHost,
    InfoContact,
    InfoDomain,
    InfoHost,
    Period,
    PollAck,
    PollRequest,
    Request,
    RestoreDomain,
    SecDns,
    TransferContact,
    TransferDomain,
    UpdateDomain,
    UpdateHost,
)
from regwire.registry.rules import Policies
from regwire.registry.store.base import Store

DS = DsRecord(12345, 13, 2, bytes(range(32)), KeyRecord(257, 3, 13, b"\x00key\xff"))


class StoreSuite:
    """The suite."""

    def make(self, policies: Policies, clock: MovableClock) -> Store:
        """Make an empty store."""
        raise NotImplementedError

    def reopen(self, world: World) -> None:
        """Close the world's store and open it again; a store that keeps nothing does nothing."""

    @pytest.fixture
    def world(self) -> Any:
        world = World(make=self.make)
        yield world
        world.store.close()

    # --- keeping

    def test_everything_of_a_domain_is_kept(self, world: World) -> None:
        for id in ("con-1", "con-2"):
            world.contact(id)
        world.host("ns1.other.net")
        world.domain(
            "a.example",
            registrant="con-1",
            contacts=(ContactLink("tech", "con-2"), ContactLink("admin", "con-1")),
            hosts=("ns1.other.net",),
            secdns=SecDns(ds=(DS,)),
        )
        world.must(A, UpdateDomain("a.example", add_statuses=(Status("clientHold", "sorry: “späť”", "sk"),)))
        world.must(B, TransferDomain("request", "a.example", auth=AuthInfo(PASSWORD)))
        self._same_after_reopening(world, InfoDomain("a.example"), A)
        world.must(A, TransferDomain("approve", "a.example"))
        world.later(days=10)
        world.must(B, DeleteDomain("a.example"))
        world.must(B, RestoreDomain("a.example", "request"))
        self._same_after_reopening(world, InfoDomain("a.example"), B)

    def test_everything_of_a_domain_with_attributes_and_keys_is_kept(self) -> None:
        world = World(make=self.make, host_model="attributes", ds_interface="key")
        attributes = (HostAttribute("ns1.a.example", GLUE), HostAttribute("ns2.other.net"))
        world.domain(host_attributes=attributes, secdns=SecDns(keys=(KeyRecord(257, 3, 8, b"k" * 200),)))
        self._same_after_reopening(world, InfoDomain("a.example"), A)
        world.store.close()

    def test_everything_of_a_host_is_kept(self, world: World) -> None:
        world.domain()
        world.must(A, CreateHost("ns1.a.example", (*GLUE, Address("2001:db8::1", "v6"))))
        world.later(hours=1)
        world.must(A, UpdateHost("ns1.a.example", add_statuses=(Status("clientDeleteProhibited"),)))
        self._same_after_reopening(world, InfoHost("ns1.a.example"), A)

    def test_everything_of_a_contact_is_kept(self, world: World) -> None:
        request = CreateContact(
            "con-1",
            (postal(org="Ex & Co", street=("1", "2", "3"), sp="ZH"), postal("loc", name="Адам")),
            "ada@mail.example",
            Phone("+31.201234567", "9"),
            Phone("+31.201234568"),
            PASSWORD,
            Disclose(False, ("name:int", "voice")),
        )
        world.must(A, request)
        world.must(B, TransferContact("request", "con-1", AuthInfo(PASSWORD)))
        self._same_after_reopening(world, InfoContact("con-1"), A)

    def test_messages_are_kept_in_order_with_their_data(self, world: World) -> None:
        world.domain()
        world.must(B, TransferDomain("request", "a.example", auth=AuthInfo(PASSWORD)))
        world.must(A, TransferDomain("reject", "a.example"))
        self._same_after_reopening(world, PollRequest(), A)
        first = world.must(A, PollRequest())
        assert first.count == 2
        world.must(A, PollAck(str(first.message.id)))
        self._same_after_reopening(world, PollRequest(), A)
        second = world.must(A, PollRequest())
        assert (second.count, second.message.data.transfer.status) == (1, "clientRejected")
        world.must(A, PollAck(str(second.message.id)))
        assert world.code(A, PollRequest()) == 1300
        # Ids are never given out twice, not even when the queue has been empty.
        world.must(B, TransferDomain("request", "a.example", auth=AuthInfo(PASSWORD)))
        assert world.must(A, PollRequest()).message.id > second.message.id

    def _same_after_reopening(self, world: World, request: Request, account: str) -> None:
        before = world.ask(account, request)
        assert before.code < 2000
        self.reopen(world)
        assert world.ask(account, request) == before

    # --- one after another

    def test_calls_of_a_group_see_what_those_before_them_did(self, world: World) -> None:
        outcomes = world.group(
            (A, CreateDomain("a.example", auth=PASSWORD)),
            (B, CreateDomain("a.example")),
            (A, CreateHost("ns1.a.example", GLUE)),
            (A, CreateDomain("b.example", hosts=("ns1.a.example",))),
            (A, DeleteHost("ns1.a.example")),
            (A, UpdateHost("ns1.a.example", new_name="ns2.a.example")),
            (A, InfoDomain("b.example")),
            (A, CheckDomains(("a.example", "c.example"))),
            (A, CheckHosts(("ns1.a.example", "ns2.a.example"))),
            (A, DeleteDomain("a.example")),
            (A, DeleteDomain("b.example")),
            (A, DeleteHost("ns2.a.example")),
            (A, DeleteDomain("a.example")),
            (B, CreateDomain("a.example")),
        )
        codes = [outcome.code for outcome in outcomes]
        assert codes == [1000, 2302, 1000, 1000, 2305, 1000, 1000, 1000, 1000, 2305, 1000, 1000, 1000, 1000]
        info: Any = outcomes[6].data
        assert info.host_names == ("ns2.a.example",)
        domains: Any = outcomes[7].data
        assert [avail for _, avail, _ in domains.items] == [False, True]
        hosts: Any = outcomes[8].data
        assert [avail for _, avail, _ in hosts.items] == [True, False]
        assert world.must(B, InfoDomain("a.example")).domain.sponsor == B

    def test_a_group_gives_what_its_calls_give_one_by_one(self) -> None:
        requests: list[tuple[str, Request]] = [
            (A, CreateContact("con-1", (postal(),), "a@mail.example", auth=PASSWORD)),
            (A, CreateDomain("a.example", Period(1), "con-1", world_links(), auth=PASSWORD)),
            (A, CheckContacts(("con-1", "con-2"))),
            (B, TransferDomain("request", "a.example", auth=AuthInfo(PASSWORD))),
            (A, PollRequest()),
            (A, TransferDomain("approve", "a.example")),
            (A, PollAck("1")),
            (A, PollRequest()),
            (A, PollAck("3")),
            (A, PollRequest()),
            (A, PollAck("3")),
            (B, InfoDomain("a.example")),
            (B, UpdateDomain("a.example", remove_contacts=world_links())),
            (A, InfoContact("con-1")),
            (B, UpdateDomain("a.example", registrant="")),
            (A, InfoContact("con-1")),
        ]
        one, other = World(make=self.make), World(make=self.make)
        assert one.group(*requests) == [other.ask(account, request) for account, request in requests]
        one.store.close()
        other.store.close()

    def test_a_group_of_many_of_every_size(self, world: World) -> None:
        """Sizes around those of the statements that stores write many rows with."""
        total = 0
        for size in (1, 2, 3, 7, 31, 257, 300):
            calls: list[tuple[str, Request]] = [(A, CreateDomain(f"n{total + i}.example")) for i in range(size)]
            assert {outcome.code for outcome in world.group(*calls)} == {1000}
            total += size
        names = [f"n{i}.example" for i in range(total)]
        with world.store.read() as view:
            assert view.existing_domains(names) == set(names)

    # --- finding

    def test_links_follow_every_change(self, world: World) -> None:
        for id in ("con-1", "con-2"):
            world.contact(id)
        for name in ("ns1.other.net", "ns2.other.net"):
            world.host(name)
        world.domain(registrant="con-1", contacts=(ContactLink("tech", "con-1"),), hosts=("ns1.other.net",))
        with world.store.read() as view:
            roids = {name: host.roid for name in ("ns1.other.net", "ns2.other.net") if (host := view.host(name))}

        def linked() -> tuple[set[str], set[str]]:
            with world.store.read() as view:
                hosts = {name for name, roid in roids.items() if view.host_linked(roid)}
                return hosts, {id for id in ("con-1", "con-2") if view.contact_linked(id)}

        assert linked() == ({"ns1.other.net"}, {"con-1"})
        with world.store.read() as view:
            assert not view.host_linked(roids["ns1.other.net"], other_than=A)
            assert view.host_linked(roids["ns1.other.net"], other_than=B)
            assert view.host_names([*roids.values(), "H-no"]) == {roid: name for name, roid in roids.items()}
        world.must(A, UpdateDomain("a.example", add_hosts=("ns2.other.net",), remove_hosts=("ns1.other.net",)))
        world.must(A, UpdateDomain("a.example", registrant="con-2"))
        assert linked() == ({"ns2.other.net"}, {"con-1", "con-2"})
        world.must(A, DeleteDomain("a.example"))
        assert linked() == (set(), set())

    def test_subordinates_are_found_by_domain_and_sorted(self, world: World) -> None:
        world.domain("a.example")
        world.domain("b.example")
        for name in ("ns2.a.example", "ns1.a.example", "ns1.b.example"):
            world.host(name, glue=True)
        with world.store.read() as view:
            assert [host.name for host in view.subordinates("a.example")] == ["ns1.a.example", "ns2.a.example"]
            assert view.subordinates("c.example") == []

    def test_what_is_due_is_found_earliest_first(self, world: World) -> None:
        world.domain("b.example")
        world.domain("a.example", period=Period(2))
        world.contact("con-1")
        world.must(B, TransferContact("request", "con-1", AuthInfo(PASSWORD)))
        with world.store.read() as view:
            assert list(view.due(START + timedelta(days=4), 10)) == []
            everything = [("contact", "con-1"), ("domain", "b.example"), ("domain", "a.example")]
            assert list(view.due(START + timedelta(days=800), 10)) == everything
            assert list(view.due(START + timedelta(days=800), 2)) == everything[:2]

    # --- failing

    def test_a_call_that_fails_touches_no_other(
        self, world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        break_rule(monkeypatch, DeleteHost)
        calls: list[tuple[str, Request]] = [
            (A, CreateDomain("a.example")),
            (A, DeleteHost("ns1.other.net")),
            (A, CreateDomain("b.example")),
        ]
        with caplog.at_level(logging.CRITICAL):
            assert [outcome.code for outcome in world.group(*calls)] == [1000, 2400, 1000]
        with world.store.read() as view:
            assert view.existing_domains(["a.example", "b.example"]) == {"a.example", "b.example"}

    def test_a_refused_call_leaves_nothing(self, world: World) -> None:
        world.group((A, CreateDomain("a.example")), (B, UpdateDomain("a.example", auth=PASSWORD)))
        with world.store.read() as view:
            value = view.domain("a.example")
        assert value is not None
        assert (value.updater, value.auth) == (None, None)


def world_links() -> tuple[ContactLink, ...]:
    return (ContactLink("tech", "con-1"),)


def break_rule(monkeypatch: pytest.MonkeyPatch, cls: type[Any]) -> None:
    """Make the rules fail on one class of requests, as a bug in them would."""
    from regwire.registry import rules

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    patched: dict[type[Any], Callable[..., Any]] = {**rules._RULES, cls: broken}
    monkeypatch.setattr(rules, "_RULES", patched)
