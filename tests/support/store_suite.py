"""What every store must do. Subclass `StoreSuite` and say how a store is made; pytest collects the subclass.

Rules are tested elsewhere; here they only serve to make stores keep, find and forget things.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from registry_world import GLUE, PASSWORD, START, A, B, World, postal

from regwire.registry.clock import MovableClock
from regwire.registry.model.audit import Audited, Origin
from regwire.registry.model.kinds import Kind, register
from regwire.registry.model.objects import (
    Address,
    ContactLink,
    Disclose,
    DsRecord,
    HostAttribute,
    KeyRecord,
    Phone,
    Status,
    with_extra,
)
from regwire.registry.model.outcomes import Outcome, Refusal
from regwire.registry.model.record import record, replace
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
    SettleDue,
    TransferContact,
    TransferDomain,
    UpdateDomain,
    UpdateHost,
)
from regwire.registry.rules import Policies, View, decide
from regwire.registry.rules.context import Context
from regwire.registry.rules.features import Feature, installed
from regwire.registry.store.base import Store, StoreError

DS = DsRecord(12345, 13, 2, bytes(range(32)), KeyRecord(257, 3, 13, b"\x00key\xff"))


@record
class Part:
    """A record in a record."""

    amount: Decimal
    on: date


@record
class Item:
    """A record with a field of each type that has a JSON form."""

    name: str
    colour: str = "none"
    due: datetime | None = None
    count: int = 0
    share: float = 0.5
    flag: bool = False
    octets: bytes = b""
    part: Part | None = None
    parts: tuple[Part, ...] = ()
    pair: tuple[str, int] = ("", 0)
    names: Mapping[str, Part] = field(default_factory=dict)
    anything: Any = None
    other: object = None


register(Kind("storeItem", Item, lambda item: item.name, lambda item: [("colour", item.colour)], lambda item: item.due))
register(Kind("storeOther", Part, lambda part: part.on.isoformat()))


def everything(name: str) -> Item:
    part = Part(Decimal("10.10"), date(2024, 2, 29))
    return Item(
        *(name, "red", START + timedelta(days=900), -(2**60), 1.25, True, b"\x00\xff", part, (part, part), ("x", 1)),
        *({"a": part, "ü": part}, [1, {"b": None}], part),
    )


@record
class Do(Request):
    """Whatever a test wants to be done in a call of its own."""

    act: Callable[[Context], Any]


class Probe(Feature):
    """Makes the store's own records possible without any feature of the registry."""

    name = "probe"

    def __init__(self) -> None:
        self.requests = {Do: self.do}
        self.settle = {"storeItem": self.settled}

    def do(self, ctx: Context, request: Do) -> Outcome:
        request.act(ctx)
        return ctx.done()

    def settled(self, ctx: Context, key: str) -> None:
        ctx.put("storeItem", key, Item(key, "settled"))
        if key == "bad":
            raise ZeroDivisionError("a bug")


class StoreSuite:
    """The suite."""

    def make(self, policies: Policies, clock: MovableClock) -> Store:
        """Make an empty store."""
        raise NotImplementedError

    def reopen(self, world: World) -> None:
        """Close the world's store and open it again; a store that keeps nothing does nothing."""

    @pytest.fixture
    def world(self) -> Any:
        with installed(Probe()):
            yield from self._world()

    def _world(self) -> Iterator[World]:
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

    # --- records of features, and what features keep with objects

    def test_records_are_kept_with_every_type_of_field(self, world: World) -> None:
        value = everything("one")
        world.must(A, Do(lambda ctx: ctx.put("storeItem", "one", value)))
        self.reopen(world)
        with world.store.read() as view:
            assert view.record("storeItem", "one") == value
            assert view.record("storeItem", "two") is None
        world.must(A, Do(lambda ctx: ctx.put("storeItem", "one", None)))
        self.reopen(world)
        with world.store.read() as view:
            assert view.record("storeItem", "one") is None

    def test_records_are_listed_by_key_and_by_index_in_pages(self, world: World) -> None:
        def put(ctx: Context) -> None:
            for number in range(7):
                ctx.put("storeItem", f"k{number}", Item(f"k{number}", "odd" if number % 2 else "even"))

        world.must(A, Do(put))
        with world.store.read() as view:
            self._check_pages(view)

    def test_an_open_group_lists_records_as_it_left_them(self, world: World) -> None:
        """Half of them committed, then changed, taken away and added to by calls of one group."""
        items = [Item("k0", "even"), Item("k1", "even"), Item("k2", "odd"), Item("k9", "even"), Item("k5", "odd")]
        for item in items:
            world.must(A, Do(lambda ctx, item=item: ctx.put("storeItem", item.name, item)))
        later = [Item("k1", "odd"), Item("k2", "even"), Item("k3", "odd"), Item("k4", "even"), Item("k6", "even")]
        calls: list[tuple[str, Request]] = [
            (A, Do(lambda ctx, item=item: ctx.put("storeItem", item.name, item))) for item in later
        ]
        calls.append((A, Do(lambda ctx: ctx.put("storeItem", "k9", None))))
        calls.append((A, Do(lambda ctx: self._check_pages(ctx.view))))
        assert {outcome.code for outcome in world.group(*calls)} == {1000}
        with world.store.read() as view:
            self._check_pages(view)

    @staticmethod
    def _check_pages(view: View) -> None:
        def names(*args: str, **more: Any) -> str:
            return "".join(item.name[1:] for item in view.records("storeItem", *args, **more))

        assert names() == "0123456"
        assert names(limit=2) == "01"
        assert names(after="k1", limit=2) == "23"
        assert names(after="k6") == ""
        assert names("colour", "odd") == "135"
        assert names("colour", "even", after="k0", limit=2) == "24"
        assert names("colour", "green") == names("size", "odd") == ""
        assert view.records("storeOther") == []
        some = view.records_of("storeItem", ("k1", "k9", "kx", "k3"))
        assert {key: item.name for key, item in some.items()} == {"k1": "k1", "k3": "k3"}
        assert len(view.records_of("storeItem", [f"k{i}" for i in range(200)])) == 7
        assert view.records_of("storeOther", ("k1",)) == view.records_of("storeItem", ()) == {}

    def test_due_records_are_found_among_the_objects_and_settled(self, world: World) -> None:
        world.domain("a.example")
        item = Item("k1", due=START + timedelta(days=2))
        world.must(A, Do(lambda ctx: ctx.put("storeItem", "k1", item)))
        world.must(A, Do(lambda ctx: ctx.put("storeItem", "k2", Item("k2"))))
        with world.store.read() as view:
            assert list(view.due(START + timedelta(days=1), 9)) == []
            assert list(view.due(START + timedelta(days=500), 9)) == [("storeItem", "k1"), ("domain", "a.example")]
        world.later(days=3)
        world.must(A, CheckDomains(("b.example",)))
        with world.store.read() as view:
            assert view.record("storeItem", "k1") == Item("k1", "settled")

    def test_what_cannot_be_settled_holds_up_nothing(self, world: World, caplog: pytest.LogCaptureFixture) -> None:
        for name in ("bad", "k1"):
            item = Item(name, due=START + timedelta(days=2))
            world.must(A, Do(lambda ctx, item=item: ctx.put("storeItem", item.name, item)))
        world.later(days=3)
        with caplog.at_level(logging.CRITICAL):
            world.must(A, CheckDomains(("b.example",)))
            assert world.code("-", SettleDue()) == 2400
        with world.store.read() as view:
            assert view.record("storeItem", "k1") == Item("k1", "settled")
            assert list(view.due(world.clock.now(), 9)) == [("storeItem", "bad")]

    def test_what_features_keep_with_objects_is_kept(self, world: World) -> None:
        world.domain("a.example")
        world.host("ns1.other.net")
        world.contact("con-1")
        extra = {"list": [1, None, "ü"], "nested": {"a": True}}

        def extend(ctx: Context) -> None:
            for kind, key in (("domain", "a.example"), ("host", "ns1.other.net"), ("contact", "con-1")):
                value: Any = getattr(ctx.view, kind)(key)
                ctx.change(kind, key, value, with_extra(value, "store", extra))

        world.must(A, Do(extend))
        self.reopen(world)
        with world.store.read() as view:
            objects: list[Any] = [view.domain("a.example"), view.host("ns1.other.net"), view.contact("con-1")]
        assert [value.extra for value in objects] == [{"store": extra}] * 3
        assert with_extra(objects[0], "store", None).extra == {}

    def test_a_message_carries_any_record(self, world: World) -> None:
        world.domain("a.example")
        data = world.must(A, InfoDomain("a.example"))
        extensions = (everything("one"), data)
        world.must(A, Do(lambda ctx: ctx.tell(A, "look", data, extensions=extensions)))
        self.reopen(world)
        message = world.must(A, PollRequest()).message
        assert (message.text, message.data, message.extensions) == ("look", data, extensions)

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

    def test_a_name_that_time_purged_is_free_at_once(self, world: World) -> None:
        """Nobody wrote that down yet."""
        world.domain("a.example")
        world.domain("b.example")
        world.later(days=10)
        world.must(A, DeleteDomain("a.example"))
        world.later(days=36)
        with world.store.read() as view:
            call = world.call(B, CheckDomains(("a.example", "b.example")))
            outcome: Any = decide(view, call, world.clock.now(), world.policies)
            assert [avail for _, avail, _ in outcome.data.items] == [True, False]
            assert view.existing_domains(["a.example"]) == {"a.example"}

    # --- history, audit, long reads

    def test_the_history_of_an_object_tells_who_did_what_to_it(self, world: World) -> None:
        world.domain("a.example")
        world.must(A, UpdateDomain("a.example", add_statuses=(Status("clientHold"),)))
        world.later(days=1)
        world.must(A, DeleteDomain("a.example"))
        world.must(B, CreateDomain("a.example"))
        self.reopen(world)
        with world.store.snapshot() as snapshot:
            rows = snapshot.history("domain", "a.example")
            assert snapshot.history("domain", "b.example") == snapshot.history("host", "a.example") == []
        assert [(row.account, row.operation, row.sponsor) for row in rows] == [
            (A, "CreateDomain", A),
            (A, "UpdateDomain", A),
            (A, "DeleteDomain", None),
            (B, "CreateDomain", B),
        ]
        assert [row.detail is None for row in rows] == [False, False, True, False]
        assert rows[0].roid == rows[2].roid != rows[3].roid
        assert (rows[0].at, rows[0].transaction, rows[0].client_transaction) == (START, "T00001", "client-1")
        assert rows[2].at == START + timedelta(days=1)

    def test_the_history_of_a_host_is_found_by_each_of_its_names(self, world: World) -> None:
        world.host("ns1.other.net")
        world.must(A, UpdateHost("ns1.other.net", new_name="ns2.other.net"))
        with world.store.snapshot() as snapshot:
            new, old = snapshot.history("host", "ns2.other.net"), snapshot.history("host", "ns1.other.net")
        assert new == old
        assert [row.key for row in new] == ["ns1.other.net", "ns1.other.net", "ns2.other.net"]

    def test_the_history_of_a_record_is_found_by_its_key(self, world: World) -> None:
        for colour in ("red", "blue"):
            world.must(A, Do(lambda ctx, colour=colour: ctx.put("storeItem", "k1", Item("k1", colour))))
        with world.store.snapshot() as snapshot:
            rows = snapshot.history("storeItem", "k1")
        assert [row.detail for row in rows] == [{"name": "k1", "colour": "red"}, {"name": "k1", "colour": "blue"}]

    def test_calls_and_notes_are_audited_with_their_codes(self, world: World) -> None:
        origin = Origin("domain:create", 7, "192.0.2.1", "<x/>")
        create = replace(world.call(A, CreateDomain("a.example")), origin=origin)
        again = replace(world.call(B, CreateDomain("a.example")), origin=Origin("domain:create", 8, "192.0.2.2"))
        silent = world.call(A, CreateDomain("b.example"))
        note = Audited(START - timedelta(seconds=1), "", "N1", None, Origin("login"), 2200, "no such account")
        world.store.execute([create, again, silent], [note])
        world.later(days=1)
        world.store.execute([], [replace(note, transaction="N2", at=world.clock.now())])
        self.reopen(world)
        with world.store.snapshot() as snapshot:
            found = snapshot.audit()
            assert [(row.account, row.transaction, row.code) for row in found if row.transaction[0] == "T"] == [
                (A, create.transaction, 1000),
                (B, again.transaction, 2302),
            ]
            by = {row.transaction: row for row in found}
            assert by[create.transaction].origin == create.origin
            assert by[create.transaction].client_transaction == create.client_transaction
            assert by[again.transaction].fault == "registered already"
            assert (by["N1"].fault, by["N1"].at, by["N1"].origin.command) == ("no such account", note.at, "login")
            assert [row.id for row in found] == sorted(row.id for row in found)
            assert len(found) == 4
            assert [row.transaction for row in snapshot.audit(account=B)] == [again.transaction]
            assert [row.transaction for row in snapshot.audit(transaction="N1")] == ["N1"]
            assert [row.transaction for row in snapshot.audit(since=START + timedelta(hours=1))] == ["N2"]
            assert [row.transaction for row in snapshot.audit(until=START)] == ["N1"]
            assert snapshot.audit(after=found[0].id, limit=2) == found[1:3]

    def test_old_commands_of_the_audit_are_forgotten_in_parts(self, world: World) -> None:
        for day in range(5):
            note = Audited(START + timedelta(days=day), A, f"N{day}", None, Origin("poll"), 1000)
            world.store.execute((), [note])

        def kept() -> list[tuple[int, str]]:
            with world.store.snapshot() as snapshot:
                return [(row.id, row.transaction) for row in snapshot.audit()]

        ids = [id for id, _ in kept()]
        assert world.store.trim_audit(START) == 0
        assert world.store.trim_audit(START + timedelta(days=3), limit=2) == 2
        assert world.store.trim_audit(START + timedelta(days=3), limit=2) == 1
        assert kept() == [(ids[3], "N3"), (ids[4], "N4")]
        # The last one stays: its number is not given to another.
        assert world.store.trim_audit(START + timedelta(days=99)) == 1
        world.store.execute((), [Audited(START, A, "N5", None, Origin("poll"), 1000)])
        self.reopen(world)
        assert [transaction for _, transaction in kept()] == ["N4", "N5"]
        assert kept()[1][0] > ids[4]

    def test_a_clock_that_is_set_back_loses_nothing(self, world: World) -> None:
        """What is done after it has the earlier instants, in the order in which it was done; nothing is done twice."""
        world.domain("a.example")
        world.domain("b.example")
        world.must(B, TransferDomain("request", "a.example", auth=AuthInfo(PASSWORD)))
        world.later(days=6)
        # The deadline has passed.
        assert world.must(B, InfoDomain("a.example")).domain.sponsor == B
        world.must(A, UpdateDomain("b.example", add_statuses=(Status("clientHold"),)))
        world.later(days=-6, hours=-1)
        origin = Origin("domain:create", 1, "192.0.2.1")
        world.store.execute([replace(world.call(A, CreateDomain("c.example")), origin=origin)])
        domain = world.must(B, InfoDomain("a.example")).domain
        assert (domain.sponsor, domain.transfer.status) == (B, "serverApproved")
        world.later(days=7)
        assert world.must(B, InfoDomain("a.example")).domain == domain
        world.store.execute([replace(world.call(A, CreateDomain("d.example")), origin=origin)])
        messages = [world.must(A, PollRequest()).count, world.must(B, PollRequest()).count]
        # Each was told of the request and of its end, once.
        assert messages == [2, 2]
        self.reopen(world)
        back = START - timedelta(hours=1)
        with world.store.snapshot() as snapshot:
            first, last = snapshot.audit()
            assert (first.at, last.at) == (back, back + timedelta(days=7))
            assert snapshot.audit(since=START) == [last]
            assert snapshot.audit(until=START) == [first]
            (row,) = snapshot.history("domain", "c.example")
            assert row.at == back
            assert [row.operation for row in snapshot.history("domain", "b.example")] == [
                *("CreateDomain", "UpdateDomain")
            ]

    def test_the_audit_is_searched_by_what_frames_mention(self, world: World) -> None:
        for number, frame in enumerate(("<name>a.example</name>", None, "<name>b.example</name>")):
            world.store.execute((), [Audited(START, A, f"N{number}", None, Origin("poll", frame=frame), 1000)])
        with world.store.snapshot() as snapshot:
            assert [row.transaction for row in snapshot.audit(mentions="a.example")] == ["N0"]
            assert [row.transaction for row in snapshot.audit(mentions="example", account=A, limit=1)] == ["N0"]
            assert snapshot.audit(mentions="c.example") == []

    def test_a_queue_is_read_without_acknowledging(self, world: World) -> None:
        world.domain()
        world.domain("b.example")
        for name in ("a.example", "b.example"):
            world.must(B, TransferDomain("request", name, auth=AuthInfo(PASSWORD)))
        with world.store.snapshot() as snapshot:
            first, second = snapshot.messages(A)
            assert [first.text, second.text] == ["Transfer requested: a.example", "Transfer requested: b.example"]
            assert snapshot.messages(A, after=first.id) == [second]
            assert snapshot.messages(A, limit=1) == [first]
            assert snapshot.messages("reg-x") == []

    def test_a_call_that_fails_is_audited(self, world: World, caplog: pytest.LogCaptureFixture) -> None:
        call = replace(world.call(A, Do(lambda ctx: 1 // 0)), origin=Origin("host:create"))
        with caplog.at_level(logging.CRITICAL):
            world.store.execute([call])
        with world.store.snapshot() as snapshot:
            assert [row.code for row in snapshot.audit()] == [2400]

    def test_a_snapshot_stays_as_it_was_while_others_write(self, world: World) -> None:
        names = [f"n{i:04}.example" for i in range(1203)]
        world.group(*[(A, CreateDomain(name)) for name in names])
        world.contact("con-1")
        world.host("ns1.other.net")
        with world.store.snapshot() as snapshot:
            domains = snapshot.domains()
            first = next(domains)
            world.must(A, DeleteDomain(names[1]))
            world.must(A, CreateDomain("later.example"))
            world.must(A, Do(lambda ctx: ctx.put("storeItem", "k1", Item("k1"))))
            assert [first.name, *[domain.name for domain in domains]] == names
            assert [domain.name for domain in snapshot.domains(after=names[1200])] == names[1201:]
            assert [host.name for host in snapshot.hosts()] == ["ns1.other.net"]
            assert [contact.id for contact in snapshot.contacts()] == ["con-1"]
            assert snapshot.view.record("storeItem", "k1") is None
            assert snapshot.history("domain", "later.example") == []
        with world.store.snapshot() as snapshot:
            assert next(snapshot.domains(after="later")).name == "later.example"

    def test_objects_are_loaded_as_they_are(self, world: World, tmp_path_factory: pytest.TempPathFactory) -> None:
        world.contact("con-1")
        world.host("ns1.other.net")
        world.domain("a.example", registrant="con-1", hosts=("ns1.other.net",))
        with world.store.read() as view:
            found: Any = [view.contact("con-1"), view.host("ns1.other.net"), view.domain("a.example")]
        other = World(make=self.make)
        more = [replace(found[2], name=f"n{i}.example", roid=f"N{i}") for i in range(1500)]
        assert other.store.load(iter([*found, *more]), transaction="MOVE-1") == 1503
        self.reopen(other)
        with other.store.read() as view:
            assert [view.contact("con-1"), view.host("ns1.other.net"), view.domain("a.example")] == found
            assert view.contact_linked("con-1")
            assert view.host_linked(found[1].roid)
            assert list(view.due(found[2].expires, 2)) != []
        with other.store.snapshot() as snapshot:
            (row,) = snapshot.history("domain", "n1499.example")
            assert (row.account, row.operation, row.transaction) == ("-", "Import", "MOVE-1")
        with pytest.raises(StoreError, match=r"a\.example is there already"):
            other.store.load([replace(found[0], id="con-2"), found[2]], transaction="MOVE-2")
        assert other.code(A, InfoContact("con-2")) == 2303
        other.store.close()

    def test_message_ids_have_no_gap_and_the_head_stays(self, world: World) -> None:
        def tell(ctx: Context) -> None:
            for account in (A, B):
                ctx.tell(account, "one")
                ctx.tell(account, "two", at=ctx.now)

        def refused(ctx: Context) -> None:
            ctx.tell(A, "never")
            raise Refusal(2304, "no")

        world.group((A, Do(tell)), (A, Do(refused)), (A, Do(tell)), (B, PollAck("2")))
        seen = []
        for account in (A, B):
            while (outcome := world.ask(account, PollRequest())).code == 1301:
                message = outcome.data.message  # type: ignore[attr-defined]
                assert world.ask(account, PollRequest()) == outcome
                seen.append(message.id)
                world.must(account, PollAck(str(message.id)))
                assert world.code(account, PollAck(str(message.id))) == 2303
        assert sorted(seen) == list(range(1, 9))

    def test_no_message_is_dated_in_the_future(self, world: World) -> None:
        for days in (-1, 1):
            world.must(A, Do(lambda ctx, days=days: ctx.tell(A, "x", at=ctx.now + timedelta(days=days))))
        dates = []
        for _ in range(2):
            message = world.must(A, PollRequest()).message
            dates.append(message.queued)
            world.must(A, PollAck(str(message.id)))
        assert dates == [START - timedelta(days=1), START]

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
