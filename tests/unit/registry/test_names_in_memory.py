"""Names of domains in memory: in step with the file, whoever writes to it and whenever."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from iris_front import IrisWorld
from registry_world import A
from regwire_native import NameIndex, Stamps

from regwire.iris.handlers import Context, Exchange
from regwire.iris.messages import dchk
from regwire.iris.messages.core import LookupEntity, Request, SearchSet
from regwire.registry.clock import MovableClock
from regwire.registry.model import requests as r
from regwire.registry.model.objects import Status
from regwire.registry.model.outcomes import Outcome
from regwire.registry.model.reserved import ReleaseNames, ReservedName, ReserveNames
from regwire.registry.rules import Policies
from regwire.registry.rules.present import open_zones
from regwire.registry.store import _sqlite_names
from regwire.registry.store.base import Store
from regwire.registry.store.sqlite import SqliteStore
from regwire.schema import replace

NAMES = [f"n{number}.example" for number in range(12)]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[IrisWorld]:
    monkeypatch.setattr(_sqlite_names, "_REST", 0.0)

    def make(policies: Policies, clock: MovableClock) -> Store:
        return SqliteStore(tmp_path / "registry.sqlite", policies, clock)

    world = IrisWorld(make=make)
    yield world
    world.store.close()


def store_of(world: IrisWorld) -> SqliteStore:
    assert isinstance(world.store, SqliteStore)
    return world.store


def kept(world: IrisWorld) -> None:
    world.store.keep_names()
    assert store_of(world).names.wait(10)


def looked(world: IrisWorld) -> list[Any]:
    return [world.look("dchk1", "domain-name", name) for name in NAMES]


def standings(world: IrisWorld) -> list[Any] | None:
    found = world.store.standings(NAMES, world.clock.now())
    return None if found is None else found[1]


def file_says(world: IrisWorld, tmp_path: Path) -> list[Any]:
    """What a second store over the same file answers, which keeps nothing."""
    other = IrisWorld(make=lambda policies, clock: SqliteStore(tmp_path / "registry.sqlite", policies, clock))
    other.clock.move_to(world.clock.now())
    try:
        return looked(other)
    finally:
        other.store.close()


def step(world: IrisWorld, chance: random.Random) -> None:
    name = chance.choice(NAMES)
    locks = (Status(chance.choice(("clientHold", "clientTransferProhibited"))),)
    host = chance.choice(((), ("ns1.other.net",)))
    requests: list[r.Request] = [
        r.DeleteDomain(name),
        r.UpdateDomain(name, add_statuses=locks),
        r.UpdateDomain(name, remove_statuses=locks),
        r.RestoreDomain(name, "request"),
    ]
    for request in chance.sample(requests, chance.randrange(3)):
        world.ask(A, request)
    with world.store.read() as view:
        there = view.existing_domains([name])
    if not there and chance.random() < 0.7:
        world.domain(name, hosts=host)
    world.later(hours=chance.choice((0, 1, 50, 200, 900)))


@pytest.mark.parametrize("seed", range(4))
def test_random_lives_are_answered_as_the_file_says(world: IrisWorld, tmp_path: Path, seed: int) -> None:
    world.host("ns1.other.net")
    chance = random.Random(seed)
    for _ in range(10):
        step(world, chance)
    kept(world)
    answered = 0
    for _ in range(25):
        step(world, chance)
        assert looked(world) == file_says(world, tmp_path)
        found = standings(world)
        assert found is not None
        answered += sum(type(one) is tuple for one in found)
    assert answered


def test_what_is_committed_while_the_index_is_made_is_in_it(world: IrisWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES[:4]:
        world.domain(name)
    reached, go_on = threading.Event(), threading.Event()

    def pause(_: float) -> None:
        reached.set()
        assert go_on.wait(10)

    names = store_of(world).names
    monkeypatch.setattr(_sqlite_names, "sleep", pause)
    world.store.keep_names()
    assert reached.wait(10)
    # Nothing is said out of half an index.
    assert standings(world) is None
    world.must(A, r.DeleteDomain(NAMES[0]))
    world.domain(NAMES[5])
    monkeypatch.undo()
    go_on.set()
    assert names.wait(10)
    found = standings(world)
    assert found is not None
    assert [name for name, one in zip(NAMES, found, strict=True) if one is not None] == [*NAMES[1:4], NAMES[5]]


def test_what_another_process_commits_is_seen_at_once(world: IrisWorld, tmp_path: Path) -> None:
    world.domain(NAMES[0])
    kept(world)
    assert standings(world) is not None
    other = IrisWorld(make=lambda policies, clock: SqliteStore(tmp_path / "registry.sqlite", policies, clock))
    other._numbers = iter(range(5000, 6000))  # type: ignore[assignment]
    other.domain(NAMES[1])
    assert isinstance(world.look("dchk1", "domain-name", NAMES[1]), dchk.Domain)
    with world.store.read() as view:
        assert view.existing_domains(NAMES) == {NAMES[0], NAMES[1]}
    # The index is made anew, and in step again; also when both write in turn.
    for number in range(2, 8, 2):
        assert store_of(world).names.wait(10)
        world.domain(NAMES[number])
        other.domain(NAMES[number + 1])
        with world.store.read() as view:
            assert view.existing_domains(NAMES) == set(NAMES[: number + 2])
        assert looked(world) == file_says(world, tmp_path)
    other.store.close()


def test_a_read_that_began_before_a_commit_keeps_its_state(world: IrisWorld) -> None:
    world.domain(NAMES[0])
    kept(world)
    with world.store.read() as view:
        assert view.existing_domains(NAMES) == {NAMES[0]}
        world.domain(NAMES[1])
        assert view.existing_domains(NAMES) == {NAMES[0]}
        assert view.domain(NAMES[1]) is None
    with world.store.read() as view:
        assert view.existing_domains(NAMES) == set(NAMES[:2])


def test_a_group_that_cannot_be_committed_is_not_in_the_index(
    world: IrisWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(world)
    monkeypatch.setattr(_sqlite_names.Names, "_of_domain", lambda self, value: 1 / 0)
    outcome: Outcome = world.ask(A, r.CheckDomains((NAMES[0],)))
    assert outcome.code == 1000
    with pytest.raises(AssertionError):
        world.domain(NAMES[0])
    monkeypatch.undo()
    assert standings(world) == [None] * len(NAMES)
    world.domain(NAMES[0])
    with world.store.read() as view:
        assert view.existing_domains(NAMES) == {NAMES[0]}


def test_an_index_that_cannot_be_changed_is_made_anew(world: IrisWorld, caplog: pytest.LogCaptureFixture) -> None:
    class Stubborn:
        """Fails once."""

        def __init__(self, index: NameIndex) -> None:
            self._index = index
            self._fails = True

        def put(self, domains: Any) -> None:
            if self._fails:
                self._fails = False
                raise RuntimeError("already borrowed")
            self._index.put(domains)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._index, name)

    kept(world)
    names = store_of(world).names
    names.index = Stubborn(names.index)  # type: ignore[assignment]
    world.domain(NAMES[0])
    assert "made anew" in caplog.text
    assert names.wait(10)
    found = standings(world)
    assert found is not None
    assert [one is not None for one in found[:2]] == [True, False]


def test_zones_where_every_name_can_be_had_are_told_by_the_state(world: IrisWorld) -> None:
    kept(world)

    def zones() -> set[str]:
        with world.store.read() as view:
            return set(open_zones(view, world.policies))

    assert zones() == {"example", "co.test"}
    assert world.look("dchk1", "domain-name", "kept.example") == "nameNotFound"
    world.must("-", ReserveNames((ReservedName("kept.example"),)))
    assert zones() == set()
    assert [status.__tag__ for status in world.look("dchk1", "domain-name", "kept.example").statuses] == [
        "reserved",
        "create",
    ]
    assert world.look("dchk1", "domain-name", "free.example") == "nameNotFound"
    world.must("-", ReleaseNames(("kept.example",)))
    assert world.look("dchk1", "domain-name", "kept.example") == "nameNotFound"


class TestNameIndex:
    def test_random_changes_against_a_dictionary(self) -> None:
        chance = random.Random(7)
        index, model = NameIndex(), dict[str, tuple[int, int, int, int, int]]()
        for _ in range(400):
            put = {f"n{chance.randrange(3000)}": _values(chance) for _ in range(chance.randrange(40))}
            index.put([(name, *values) for name, values in put.items()])
            model |= put
            gone = [f"n{chance.randrange(3000)}" for _ in range(chance.randrange(38))]
            index.drop(gone)
            for name in gone:
                model.pop(name, None)
            assert len(index) == len(model)
        every = [f"n{number}" for number in range(3000)]
        assert index.existing(every) == set(model)
        found = index.find(every, 500)
        for name, one in zip(every, found, strict=True):
            values = model.get(name)
            if values is None:
                assert one is None
            elif values[4] == 65_535 or not values[2] <= 500 < values[3]:
                assert one is True
            else:
                assert isinstance(one, tuple)
                created = timedelta(milliseconds=values[0])
                assert (one[0], one[1].timestamp()) == (values[4], created.total_seconds())
        assert index.octets() < 1_000_000
        index.clear()
        assert (len(index), index.existing(every)) == (0, set())

    def test_what_is_no_plain_name_is_told(self) -> None:
        index = NameIndex()
        index.put([("xn--a.example", 0, 0, 0, 9, 0), ("Ä", 0, 0, 0, 9, 0)])
        odd = ["xn--a.example", "Ä", "A.example", "a..b", "", "a.", "\udcff"]
        assert index.find(odd, 5) == [False] * len(odd)
        assert "xn--a.example" in index
        assert index.existing(["xn--a.example", "Ä", "b"]) == {"xn--a.example", "Ä"}
        with pytest.raises(ValueError, match="255"):
            index.put([("a" * 256, 0, 0, 0, 0, 0)])


def _values(chance: random.Random) -> tuple[int, int, int, int, int]:
    return (
        chance.randrange(10**12),
        chance.randrange(10**12),
        chance.choice((0, 400, 600)),
        chance.choice((450, 1000)),
        chance.choice((0, 1, 65_535)),
    )


def test_free_names_are_not_looked_for_in_the_file(world: IrisWorld, tmp_path: Path) -> None:
    """A group finds them in memory; what another process has committed is looked for in the file."""
    store = store_of(world)
    kept(world)
    world.domain("n0.example")
    statements: list[str] = []
    store._writer.set_trace_callback(statements.append)

    def asked_for(name: str) -> int:
        code = world.code(A, r.CreateDomain(name))
        looks = sum("FROM domain WHERE name" in statement and name in statement for statement in statements)
        statements.clear()
        return code * 10 + looks

    assert asked_for("n1.example") == 10000
    assert asked_for("n1.example") == 23021
    world.must(A, r.DeleteDomain("n1.example"))
    statements.clear()
    # Still there: in redemption it is in the file, and within its first days it went at once.
    there = store._committed.existing_domains(["n1.example"]) == {"n1.example"}
    statements.clear()
    assert asked_for("n1.example") == (23021 if there else 10000)
    other = IrisWorld(make=lambda policies, clock: SqliteStore(tmp_path / "registry.sqlite", policies, clock))
    other._numbers = iter(range(5000, 6000))  # type: ignore[assignment]
    other.domain("n2.example")
    other.store.close()
    assert asked_for("n2.example") == 23021
    assert store.names.wait(10)
    assert asked_for("n2.example") == 23021
    assert asked_for("n3.example") == 10000
    store._writer.set_trace_callback(None)


def test_a_store_that_is_closed_while_the_names_are_about_to_be_made_closes() -> None:
    """`stop` comes between looking whether it has and forgetting that something is wanted."""
    names = _sqlite_names.Names()

    class Late(threading.Event):
        def clear(self) -> None:
            names._stopping.set()
            self.set()
            super().clear()

    @contextlib.contextmanager
    def start() -> Iterator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(":memory:")) as connection:
            connection.execute("CREATE TABLE domain (name, created, expires, due, detail)")
            names.begin()
            yield connection

    names._wanted = Late()
    names.keep(start)
    assert names._thread is not None
    names._thread.join(10)
    assert not names._thread.is_alive()


def test_each_answer_names_the_authority_that_was_asked(world: IrisWorld) -> None:
    world.domain(NAMES[0])
    world.later(days=30)
    kept(world)
    query = LookupEntity(registry_type="dchk1", entity_class="domain-name", entity_name=NAMES[0])
    exchanges = [
        Exchange(Request(search_sets=(SearchSet(query=query),)), Context(authority=authority))
        for authority in ("co.test", "", "EXAMPLE", "example")
    ]
    for part in (exchanges, exchanges[:1], exchanges[1:2], exchanges[2:]):
        responses = world.engine.respond(part)
        assert isinstance(responses, list)
        for exchange, response in zip(part, responses, strict=True):
            (result,) = response.result_sets[0].answer.results
            assert isinstance(result, dchk.Domain)
            assert (result.authority, result.domain_name) == (exchange.context.authority or "example", NAMES[0])


class TestStamps:
    def test_messages_are_copies_of_the_model_of_their_shape(self) -> None:
        index = NameIndex()
        index.put([("a.example", 1000, 2000, 0, 9, 3), ("b.example", 3000, 4000, 0, 9, 4)])
        stamps = Stamps(dchk.Domain, "domain_name", "entity_name", "created", "expiration")
        model = dchk.Domain(
            domain_name="x",
            statuses=(dchk.Active(),),
            authority="example",
            registry_type="dchk1",
            entity_class="domain-name",
            entity_name="x",
        )
        stamps.put(3, model)
        made, plain = index.find(["a.example", "b.example"], 5, stamps)
        instants = {"created": plain[1] - timedelta(seconds=2), "expiration": plain[1] - timedelta(seconds=1)}
        assert made == replace(model, domain_name="a.example", entity_name="a.example", **instants)
        assert (plain[0], plain[2] - plain[1]) == (4, timedelta(seconds=1))
        assert model.domain_name == "x"
        assert model.created is None

    def test_what_does_not_fit_is_refused(self) -> None:
        with pytest.raises((TypeError, AttributeError)):
            Stamps(dchk.Domain, "domain_name", "no_field", "created", "expiration")
        stamps = Stamps(dchk.Domain, "domain_name", "entity_name", "created", "expiration")
        with pytest.raises(TypeError):
            stamps.put(0, dchk.Active())
