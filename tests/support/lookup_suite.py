"""What every store must find: number resources by range, objects by what they contain. The suite's second part."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from registry_world import GLUE, START, A, World, postal

from regwire.registry.clock import MovableClock
from regwire.registry.model.audit import Audited, Origin
from regwire.registry.model.numbers import (
    BITS,
    Match,
    NumberContact,
    NumberLink,
    NumberOrganisation,
    NumberResource,
    NumberSource,
)
from regwire.registry.model.objects import Address, ContactLink, Phone
from regwire.registry.model.record import replace
from regwire.registry.model.requests import (
    CreateContact,
    CreateHost,
    DeleteContact,
    DeleteDomain,
    UpdateContact,
    UpdateHost,
)
from regwire.registry.rules import Policies
from regwire.registry.rules.specificity import Specificity, by_handle, by_range, parent_of
from regwire.registry.store.base import Store, StoreError

SPECIFICITIES: tuple[Specificity, ...] = get_args(Specificity)

EVERYTHING = NumberResource(
    *(
        "ipv6",
        "NET6-2001-DB8-32",
        0x20010DB8 << 96,
        (0x20010DB9 << 96) - 1,
        "ALLOCATION",
        "Doc & Co",
        "ORG-1",
        "NET6-X",
    ),
    *("ripencc", "NL", ("ns1.example", "ns2.example"), (NumberLink("tech", "C-1"), NumberLink("abuse", "C-2"))),
    *(datetime(2001, 2, 3, tzinfo=UTC), datetime(2024, 2, 3, 4, 5, 6, 7000, tzinfo=UTC)),
)
ORGANISATION = NumberOrganisation(
    *(
        "ORG-1",
        "Ürdingen Networks",
        ("noc@mail.example",),
        (postal(sp="ZH", street=("1", "2")),),
        (Phone("+31.2", "9"),),
    ),
    *((NumberLink("admin", "C-1"),), "ripencc", START, START),
)
CONTACT = NumberContact(
    *(
        "C-1",
        "Ada Number",
        ("ada@mail.example",),
        ("ada@sip.example",),
        ("ORG-1",),
        (postal("loc"),),
        (Phone("+31.3"),),
    ),
    *("ripencc", START, None),
)


def network(handle: str, first: int, last: int, *, type: str = "ipv4", **more: Any) -> NumberResource:
    return NumberResource(type, handle, first, last, **more)


def naive(values: list[NumberResource], first: int, last: int, specificity: Specificity, *, equal: bool) -> set[str]:
    """RFC 4698 section 4, word by word."""

    def same(value: NumberResource) -> bool:
        return (value.first, value.last) == (first, last)

    def contains(a: NumberResource, b: NumberResource) -> bool:
        return a.first <= b.first and a.last >= b.last and (a.first, a.last) != (b.first, b.last)

    if specificity == "exact-match":
        return {value.handle for value in values if same(value)}
    if specificity.endswith("less-specific"):
        found = [value for value in values if value.first <= first and value.last >= last]
    else:
        found = [value for value in values if value.first >= first and value.last <= last]
    found = [value for value in found if equal or not same(value)]
    if specificity == "one-level-less-specific":
        found = [value for value in found if not any(contains(value, other) for other in found)]
    elif specificity == "one-level-more-specific":
        found = [value for value in found if not any(contains(other, value) for other in found)]
    return {value.handle for value in found}


class LookupSuite:
    """The suite."""

    def make(self, policies: Policies, clock: MovableClock) -> Store:
        raise NotImplementedError

    def reopen(self, world: World) -> None:
        raise NotImplementedError

    @pytest.fixture
    def numbers(self) -> Iterator[World]:
        world = World(make=self.make)
        yield world
        world.store.close()

    def test_everything_of_number_resources_is_kept(self, numbers: World) -> None:
        numbers.store.change_numbers([EVERYTHING, ORGANISATION, CONTACT])
        self.reopen(numbers)
        with numbers.store.read() as view:
            assert view.number("ipv6", "net6-2001-db8-32") == EVERYTHING
            assert view.party("organisation", "org-1") == ORGANISATION
            assert view.party("numberContact", "c-1") == CONTACT
            assert view.number("ipv4", "NET6-2001-DB8-32") is None
            assert view.party("organisation", "C-1") is None
            assert view.numbers_of("org-1", limit=9) == [EVERYTHING]
            assert view.numbers_of("", limit=9) == []
            assert (view.parties("organisation"), view.parties("organisation", after="ORG-1")) == ([ORGANISATION], [])

    def test_they_are_replaced_and_removed_all_or_nothing(self, numbers: World) -> None:
        store = numbers.store
        store.change_numbers([EVERYTHING, ORGANISATION])
        other = replace(EVERYTHING, handle="net6-2001-db8-32", name="Else", contacts=())
        with pytest.raises(StoreError, match="already; nothing was changed"):
            store.change_numbers([replace(EVERYTHING, handle="NEW"), other], new=True)
        with pytest.raises(StoreError, match="no ipv4 NEW; nothing was changed"):
            store.change_numbers([other], [("organisation", "ORG-1"), ("ipv4", "NEW")])
        with store.read() as view:
            assert view.number("ipv6", "NEW") is None
            assert view.number("ipv6", EVERYTHING.handle) == EVERYTHING
            assert view.party("organisation", "ORG-1") == ORGANISATION
        store.change_numbers([other], [("organisation", "ORG-1")])
        with store.read() as view:
            assert view.number("ipv6", EVERYTHING.handle) == other
            assert view.party("organisation", "ORG-1") is None
            assert view.found("ipv6", "name", Match("doc & co"), limit=9) == []
            assert view.found("ipv6", "name", Match("ELSE"), limit=9) == ["net6-2001-db8-32"]
            assert view.found("ipv6", "contact", Match("C-1"), limit=9) == []
            assert view.found("organisation", "contact", Match("C-1"), limit=9) == []

    def test_what_is_noted_is_in_the_audit(self, numbers: World) -> None:
        note = Audited(START, "-", "X1", None, Origin("operator ChangeNumbers", frame="regwire numbers add"), 1000)
        numbers.store.change_numbers([EVERYTHING], note=note)
        with pytest.raises(StoreError):
            numbers.store.change_numbers([EVERYTHING], new=True, note=replace(note, transaction="X2"))
        with numbers.store.snapshot() as state:
            assert [row.transaction for row in state.audit()] == ["X1"]

    # --- RFC 4698 section 4

    @pytest.mark.parametrize("type", ["ipv4", "ipv6", "as"])
    def test_rfc_4698_4_the_figures(self, numbers: World, type: str) -> None:
        rows = {
            "1": {"A": (4, 38), "B": (20, 38), "C": (23, 33), "D": (6, 14)},
            "5": {"A": (2, 34), "B": (2, 30), "C": (12, 20), "query": (2, 20)},
            "6": {"A": (2, 34), "B": (2, 30), "C": (2, 30), "D": (12, 20), "query": (2, 20)},
            "7": {"A": (2, 34), "B": (2, 30), "C": (2, 30), "D": (12, 20), "query": (12, 20)},
            "8": {"A": (8, 27), "B": (28, 54), "C": (12, 21), "D": (39, 49), "query": (8, 54)},
        }
        base, queries = {}, {}
        # Each figure has a part of the numbers for itself.
        for at, (figure, ranges) in enumerate(rows.items()):
            for name, (first, last) in ranges.items():
                place = (at * 4096 + first, at * 4096 + last)
                if name == "query":
                    queries[figure] = place
                else:
                    base[f"{figure}{name}"] = place
        numbers.store.change_numbers([network(name, *place, type=type) for name, place in base.items()])

        def ask(place: tuple[int, int], specificity: Specificity, *, equal: bool = False) -> str:
            with numbers.store.read() as view:
                found = by_range(view, type, *place, specificity, equal=equal, limit=99)
            return " ".join(sorted(value.handle[1:] for value in found))

        # Figure 1: A is less specific than B, C and D; B is more specific than A.
        assert ask(base["1A"], "all-more-specific") == "B C D"
        assert ask(base["1B"], "one-level-less-specific") == "A"
        assert ask(base["1C"], "all-less-specific") == "A B"
        assert ask(base["1A"], "one-level-more-specific") == "B D"
        assert ask(queries["5"], "one-level-less-specific") == "B"
        assert ask(queries["6"], "one-level-less-specific") == "B C"
        assert ask(queries["7"], "one-level-less-specific") == "B C"
        assert ask(queries["7"], "one-level-less-specific", equal=True) == "D"
        assert ask(queries["8"], "one-level-more-specific") == "A B"
        assert ask(queries["8"], "all-more-specific") == "A B C D"
        assert ask(base["7D"], "exact-match") == "D"
        assert ask(base["6B"], "exact-match") == "B C"

    @pytest.mark.parametrize("seed", range(12))
    def test_the_specificities_agree_with_their_definitions(self, numbers: World, seed: int) -> None:
        chance = random.Random(seed)
        type = chance.choice(["ipv4", "ipv6", "as"])
        # Blocks of many sizes over the whole space, its ends included; half the time nested, else also in part.
        unit = 1 << (BITS[type] - 6)
        values: list[NumberResource] = []
        for number in range(chance.choice([5, 40])):
            if seed % 2:
                size = 1 << chance.randrange(7)
                first = chance.randrange(64 // size) * size
            else:
                first = chance.randrange(64)
                size = chance.randrange(1, 65 - first)
            values.append(network(f"N{number}", first * unit, (first + size) * unit - 1, type=type))
        numbers.store.change_numbers(values)
        with numbers.store.read() as view:
            for _ in range(60):
                if chance.random() < 0.5:
                    of = chance.choice(values)
                    first, last = of.first, of.last
                else:
                    first = chance.randrange(64) * unit
                    last = first + chance.randrange(64 - first // unit) * unit + chance.choice([0, unit - 1])
                equal = chance.random() < 0.5
                for specificity in SPECIFICITIES:
                    found = by_range(view, type, first, last, specificity, equal=equal, limit=99)
                    handles = [value.handle for value in found]
                    assert len(handles) == len(set(handles))
                    assert set(handles) == naive(values, first, last, specificity, equal=equal), specificity

    def test_limits_are_kept(self, numbers: World) -> None:
        values = [network(f"N{i}", i, 255) for i in range(20)] + [network(f"M{i}", i + 30, i + 30) for i in range(20)]
        numbers.store.change_numbers(values)
        with numbers.store.read() as view:
            for specificity in ("all-less-specific", "all-more-specific", "one-level-more-specific"):
                assert len(by_range(view, "ipv4", 30, 49, specificity, equal=False, limit=5)) == 5
            # What is the range itself does not take the place of what is in it.
            assert len(by_range(view, "ipv4", 19, 255, "all-more-specific", equal=False, limit=20)) == 20

    def test_rfc_4698_4_parents_of_the_same_range(self, numbers: World) -> None:
        numbers.store.change_numbers(
            [
                network("OUTER", 0, 1023),
                network("TOP", 256, 511),
                network("MIDDLE", 256, 511, parent="top"),
                network("INNER", 256, 511, parent="MIDDLE"),
                network("BESIDE", 256, 511),
                network("LEAF", 300, 400),
            ]
        )

        def ask(handle: str, specificity: Specificity) -> list[str]:
            with numbers.store.read() as view:
                of = view.number("ipv4", handle)
                assert of is not None
                return [value.handle for value in by_handle(view, of, specificity, limit=99)]

        assert ask("INNER", "one-level-less-specific") == ["MIDDLE"]
        assert ask("INNER", "all-less-specific") == ["MIDDLE", "TOP", "OUTER"]
        assert ask("TOP", "one-level-less-specific") == ["OUTER"]
        assert ask("TOP", "one-level-more-specific") == ["MIDDLE"]
        assert ask("TOP", "all-more-specific") == ["MIDDLE", "INNER", "LEAF"]
        assert ask("INNER", "one-level-more-specific") == ["LEAF"]
        assert sorted(ask("OUTER", "one-level-more-specific")) == ["BESIDE", "INNER", "MIDDLE", "TOP"]
        # Of several that could be its parent, one that has none of them below it.
        with numbers.store.read() as view:
            leaf, outer = view.number("ipv4", "LEAF"), view.number("ipv4", "OUTER")
            assert leaf is not None
            assert outer is not None
            found = parent_of(view, leaf)
            assert found is not None
            assert found.handle in {"INNER", "BESIDE"}
            assert parent_of(view, outer) is None

    # --- imports

    def test_an_import_makes_the_resources_of_a_registry_those_of_its_file(self, numbers: World) -> None:
        store = numbers.store
        store.change_numbers([network("MINE", 0, 255)])

        def take(date: str, *values: Any, registry: str = "ripencc", **more: Any) -> tuple[int, ...]:
            source = NumberSource(registry, date, date)
            staged = [replace(value, source=registry) for value in values]
            done = store.import_numbers(source, staged, **more)
            return done.added, done.changed, done.unchanged, done.removed, done.taken_over, done.kept

        a, b, c = network("A", 256, 511, organisation="ORG"), network("B", 512, 1023), network("C", 1024, 2047)
        organisation = NumberOrganisation("ORG", registry="ripencc")
        mine = network("mine", 0, 255, status="reserved")
        assert take("2024-01-02", organisation, a, b, mine) == (2, 0, 0, 0, 0, 1)
        assert take("2024-01-02", organisation, a, b, mine) == (0, 0, 2, 0, 0, 1)
        assert take("2024-01-03", replace(a, status="reserved", organisation=""), c) == (1, 1, 0, 1, 0, 0)
        assert take("2024-01-03", c, b, registry="arin") == (2, 0, 0, 0, 1, 0)
        with pytest.raises(StoreError, match="is of 2024-01-02, but that of 2024-01-03 is here already"):
            take("2024-01-02", b)
        assert take("2024-01-02", b, older=True) == (1, 0, 0, 1, 1, 0)
        self.reopen(numbers)
        with store_of(numbers).snapshot() as state:
            every = list(state.view.every_number("ipv4"))
            assert [(v.handle, v.source) for v in every] == [("MINE", ""), ("B", "ripencc"), ("C", "arin")]
            assert [v.handle for v in state.view.every_number("ipv4", source="")] == ["MINE"]
            sources = [(s.registry, s.date, s.resources) for s in state.view.number_sources()]
            # B was taken back: what the other file brought is counted as of then.
            assert sources == [("arin", "2024-01-03", 2), ("ripencc", "2024-01-02", 1)]
            # Nobody holds anything by that name any more.
            assert state.view.party("organisation", "ORG") is None

    def test_an_import_that_fails_changes_nothing(self, numbers: World) -> None:
        def values() -> Iterator[NumberResource]:
            yield network("A", 0, 255, source="ripencc")
            raise LookupError("line 2")

        with pytest.raises(LookupError):
            numbers.store.import_numbers(NumberSource("ripencc", "2024-01-01", ""), values())
        with numbers.store.read() as view:
            assert view.number("ipv4", "A") is None
            assert view.number_sources() == []

    # --- searches

    def test_objects_are_found_by_what_they_contain(self, numbers: World) -> None:
        world = numbers
        world.must(A, CreateContact("before", (postal(name="Adam Before", org="Alpha Ltd"),), "adam@mail.example"))
        world.domain("early.example", registrant="before")
        assert world.store.make_searchable() is True
        assert world.store.make_searchable() is False
        loc = postal("loc", name="Адам  После", city="Дельфт", pc="9 9", sp="ZH")
        world.must(A, CreateContact("after", (postal(org="Beta Ltd"), loc), "Eve@Mail.Example"))
        world.domain("late.example", contacts=(ContactLink("tech", "after"),))
        world.must(A, CreateHost("ns1.late.example", (*GLUE, Address("2001:db8::1", "v6"))))
        self.reopen(world)

        def found(kind: str, field: str, match: Match, limit: int = 9) -> list[str]:
            with store_of(world).read() as view:
                assert view.searchable()
                return sorted(view.found(kind, field, match, limit=limit))

        assert found("contact", "name", Match("ADAM before")) == ["before"]
        assert found("contact", "name", Match("адам После")) == ["after"]
        assert found("contact", "name", Match(begins="ad")) == ["after", "before"]
        assert found("contact", "name", Match(begins="ad"), 1) in (["after"], ["before"])
        assert found("contact", "name", Match(ends="BEFORE")) == ["before"]
        assert found("contact", "name", Match(begins="Ada", ends="mple")) == ["after"]
        assert found("contact", "name", Match(begins="Ada", ends="nobody")) == []
        assert found("contact", "organisation", Match(ends="ltd")) == ["after", "before"]
        assert found("contact", "email", Match("eve@mail.EXAMPLE")) == ["after"]
        assert found("contact", "in", Match("mail.example")) == ["after", "before"]
        assert found("contact", "in", Match("example")) == []
        assert found("contact", "city", Match("дельфт")) == ["after"]
        assert found("contact", "postal", Match("9 9")) == ["after"]
        assert found("contact", "region", Match("zh")) == ["after"]
        assert found("host", "address", Match("2001:db8::1")) == ["ns1.late.example"]
        assert found("domain", "name", Match("late.example")) == ["late.example"]
        assert found("domain", "name", Match(begins="e")) == ["early.example"]
        assert found("domain", "name", Match(ends="e.example")) == ["late.example"]
        assert found("domain", "name", Match(begins="ea", ends=".example")) == ["early.example"]
        assert found("domain", "name", Match(begins="ea", ends="e.example")) == []

        changed = UpdateContact("after", postal=(postal(name="Else", city="Bern"),), email="x@y.example")
        world.must(A, changed)
        world.must(A, UpdateHost("ns1.late.example", remove_addresses=GLUE, new_name="ns9.late.example"))
        assert found("contact", "email", Match("eve@mail.example")) == []
        assert found("contact", "in", Match("y.example")) == ["after"]
        assert found("contact", "city", Match("bern")) == ["after"]
        assert found("host", "address", Match("192.0.2.1")) == []
        assert found("host", "address", Match("2001:db8::1")) == ["ns9.late.example"]
        world.must(A, DeleteDomain("early.example"))
        world.must(A, DeleteContact("before"))
        assert found("contact", "name", Match("Adam Before")) == []
        assert found("domain", "name", Match(ends="y.example")) == []

    def test_domains_are_found_by_host_and_contact(self, numbers: World) -> None:
        world = numbers
        world.contact("con-1")
        world.contact("con-2")
        world.host("ns1.other.net")
        for name, contact in (("a.example", "con-1"), ("b.example", "con-2"), ("c.example", "con-1")):
            world.domain(name, registrant=contact, hosts=("ns1.other.net",))
        with world.store.read() as view:
            host = view.host("ns1.other.net")
            assert host is not None
            assert sorted(d.name for d in view.domains_using(host.roid, limit=9)) == [
                "a.example",
                "b.example",
                "c.example",
            ]
            assert len(view.domains_using(host.roid, limit=2)) == 2
            assert [d.name for d in view.domains_of_contact("con-2", limit=9)] == ["b.example"]
            domain = view.domain("a.example")
            assert domain is not None
            assert view.domain_of_roid(domain.roid) == domain
            assert view.host_of_roid(host.roid) == host
            assert view.domain_of_roid(host.roid) is None
            assert view.host_of_roid("X") is None


def store_of(world: World) -> Store:
    """Return the store as it is now; opening it again makes another one."""
    return world.store
