"""The names in memory never disagree with the file, whatever fails: disks, commits, processes that go away."""

from __future__ import annotations

import logging
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from registry_world import PASSWORD, A, World

from regwire.registry.model import requests as r
from regwire.registry.store.sqlite import SqliteStore

NAMES = [f"n{number}.example" for number in range(40)]


class Failing:
    """The writer's connection, whose next commit fails: before it has happened, as SQLite has it."""

    def __init__(self, connection: sqlite3.Connection, error: str) -> None:
        self._connection = connection
        self._error = error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, sql: str, *parameters: Any) -> Any:
        if sql == "COMMIT":
            raise sqlite3.OperationalError(self._error)
        return self._connection.execute(sql, *parameters)


@contextmanager
def commits_fail(store: SqliteStore) -> Iterator[None]:
    real = store._writer
    store._writer = Failing(real, "disk I/O error")  # type: ignore[assignment]
    try:
        yield
    finally:
        store._writer = real


@contextmanager
def disk_full(store: SqliteStore) -> Iterator[None]:
    (pages,) = store._writer.execute("PRAGMA page_count").fetchone()
    store._writer.execute(f"PRAGMA max_page_count = {pages}")
    try:
        yield
    finally:
        store._writer.execute("PRAGMA max_page_count = 1000000")


@contextmanager
def nothing_wrong(_: SqliteStore) -> Iterator[None]:
    yield


def world_of(path: Path) -> World:
    return World(make=lambda policies, clock: SqliteStore(path, policies, clock))


def store_of(world: World) -> SqliteStore:
    assert isinstance(world.store, SqliteStore)
    return world.store


def some_commands(world: World, chance: random.Random) -> None:
    requests: list[tuple[str, r.Request]] = []
    for name in chance.sample(NAMES, chance.randrange(1, 12)):
        delete = chance.random() < 0.4
        requests.append((A, r.DeleteDomain(name) if delete else r.CreateDomain(name, auth=PASSWORD)))
    world.group(*requests)


def goes_away(path: Path, chance: random.Random) -> None:
    """Another process writes and is killed before it commits."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM domain WHERE name = ?", (chance.choice(NAMES),))
        connection.execute("INSERT OR REPLACE INTO counter VALUES ('writer', 4711)")


def agrees(world: World, path: Path) -> int:
    """Compare with the file, by each way in which the names are used; return how often the index answered."""
    with closing(sqlite3.connect(path)) as connection:
        there = {name for (name,) in connection.execute("SELECT name FROM domain")}
    store = store_of(world)
    with store.read() as view:
        assert view.existing_domains(NAMES) == there
    # A check, and what a create finds in its group.
    checked: Any = world.ask(A, r.CheckDomains(tuple(NAMES))).data
    assert {name for name, available, _ in checked.items if not available} == there
    found = store.standings(NAMES, world.clock.now())
    if found is None:
        return 0
    assert {name for name, one in zip(NAMES, found[1], strict=True) if one is not None} == there
    return 1


@pytest.mark.parametrize("seed", range(4))
def test_the_names_in_memory_are_those_of_the_file(tmp_path: Path, seed: int, caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(seed)
    path = tmp_path / "registry.sqlite"
    world, other = world_of(path), world_of(path)
    answered = failed = 0
    try:
        with caplog.at_level(logging.CRITICAL):
            store_of(world).keep_names()
            for _ in range(60):
                who = other if chance.random() < 0.15 else world
                fault = chance.choices((nothing_wrong, commits_fail, disk_full), (6, 2, 2))[0]
                failed += fault is not nothing_wrong
                with fault(store_of(who)):
                    some_commands(who, chance)
                if chance.random() < 0.1:
                    goes_away(path, chance)
                if chance.random() < 0.7:
                    store_of(world).names.wait(0.2)
                answered += agrees(world, path)
    finally:
        world.store.close()
        other.store.close()
    assert answered
    assert failed
