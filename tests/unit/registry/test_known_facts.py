"""What the writer knows without asking is never more than the file holds, whoever writes to it and whenever."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from registry_world import PASSWORD, A, B, World

from regwire.registry.clock import MovableClock
from regwire.registry.model import requests as r
from regwire.registry.model.objects import Status
from regwire.registry.model.reserved import ReleaseNames, ReservedName, ReserveNames
from regwire.registry.rules import Policies, decide
from regwire.registry.store import _sqlite_known, _sqlite_names
from regwire.registry.store.base import Store
from regwire.registry.store.sqlite import SqliteStore

NAMES = [f"n{number}.example" for number in range(8)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "registry.sqlite"


@contextlib.contextmanager
def opened(file: Path, first: int = 1) -> Iterator[World]:
    def make(policies: Policies, clock: MovableClock) -> Store:
        return SqliteStore(file, policies, clock)

    world = World(make=make)
    world._numbers = iter(range(first, first + 100_000))  # type: ignore[assignment]
    try:
        yield world
    finally:
        world.store.close()


def store_of(world: World) -> SqliteStore:
    assert isinstance(world.store, SqliteStore)
    return world.store


def check_of(world: World) -> object:
    """What a check of all names says, decided as the front does it."""
    with world.store.read() as view:
        call = r.Call(A, r.CheckDomains(tuple(NAMES)), "")
        return decide(view, call, world.clock.now(), world.policies).data


def right(world: World) -> None:
    """Nothing that is known contradicts the file."""
    known = store_of(world)._known
    with contextlib.closing(sqlite3.connect(store_of(world).path)) as file:
        (earliest,) = file.execute(_sqlite_known._EARLIEST).fetchone()
        assert known.due is None or earliest is None or known.due <= earliest
        assert known.empty.isdisjoint({kind for (kind,) in file.execute("SELECT DISTINCT kind FROM record")})


def step(world: World, chance: random.Random) -> None:
    name = chance.choice(NAMES)
    locks = (Status("clientHold"),)
    requests: list[tuple[str, r.Request]] = [
        (A, r.CreateDomain(name, auth=PASSWORD)),
        (A, r.DeleteDomain(name)),
        (A, r.UpdateDomain(name, add_statuses=locks)),
        (B, r.TransferDomain(name, "request", auth=PASSWORD)),
        (A, r.RestoreDomain(name, "request")),
        ("-", ReserveNames((ReservedName(name),))),
        ("-", ReleaseNames((name,))),
    ]
    world.group(*chance.sample(requests, chance.randrange(3)))
    world.later(hours=chance.choice((0, 0, 0, 1, 50, 900)))


@pytest.mark.parametrize("seed", range(6))
def test_random_lives_under_two_writers(file: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_sqlite_names, "_REST", 0.0)
    chance = random.Random(seed)
    with opened(file) as world, opened(file, 500_000) as other:
        world.store.keep_names()
        assert store_of(world).names.wait(10)
        answered = 0
        for _ in range(60):
            writer = other if chance.random() < 0.2 else world
            step(writer, chance)
            now = max(world.clock.now(), other.clock.now())
            world.clock.move_to(now)
            other.clock.move_to(now)
            right(writer)  # of the other one, only once it looks whether somebody else has committed
            answered += store_of(world)._known.due is not None
            with opened(file, 900_000) as fresh:
                fresh.clock.move_to(now)
                assert check_of(world) == check_of(fresh)
        assert answered >= 5


def test_a_check_asks_the_file_once_who_wrote_last(file: Path) -> None:
    with opened(file) as world:
        world.store.keep_names()
        assert store_of(world).names.wait(10)
        asked: list[str] = []
        store_of(world)._reader.set_trace_callback(asked.append)
        world.domain(NAMES[0])
        check_of(world)
        assert len(asked) == 3, asked  # BEGIN, the last writer, COMMIT
        asked.clear()
        world.must("-", ReserveNames((ReservedName(NAMES[1]),)))
        check_of(world)
        assert any("record" in statement for statement in asked)
        asked.clear()
        world.later(days=400)  # the domain is due
        check_of(world)
        assert any("due" in statement for statement in asked)


def test_a_group_that_fails_takes_nothing_back(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(file) as world:
        world.domain(NAMES[0], period=r.Period(2))
        world.domain(NAMES[1], period=r.Period(2))
        known = store_of(world)._known
        before = known.due
        assert before is not None

        @contextlib.contextmanager
        def fail(*_: object) -> Iterator[None]:
            raise sqlite3.OperationalError("disk I/O error")
            yield

        with monkeypatch.context() as patch:
            patch.setattr(store_of(world).names, "commit", fail)
            assert world.code(A, r.CreateDomain(NAMES[2], auth=PASSWORD)) == 2400
        assert known.due is not None
        assert known.due < before  # earlier than anything is due: asked for in vain once, then learned anew
        right(world)
        world.clock.move_to(world.clock.now().replace(year=world.clock.now().year + 1))
        world.later(hours=1)
        world.domain(NAMES[3], period=r.Period(2))
        assert known.due is None
        world.domain(NAMES[4], period=r.Period(2))
        assert known.due == before
        right(world)
