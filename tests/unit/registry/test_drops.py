"""Drops: when names become free, in which order, what is listed, and that arrival order can be proved."""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from registry_world import PASSWORD, START, A, B, World

from regwire.errors import ConfigError
from regwire.registry.clock import MovableClock
from regwire.registry.config import parse_config
from regwire.registry.drops import Attempt, Drop, arrivals, chained, in_order, plain, scheduled
from regwire.registry.model import requests as r
from regwire.registry.model.audit import Origin
from regwire.registry.rules import Policies
from regwire.registry.rules.features.drop import commitment, offset
from regwire.registry.store.memory import MemoryStore
from regwire.registry.store.sqlite import SqliteStore

NAMES = ["c.example", "a.example", "b.example", "d.example"]
PENDING = timedelta(days=35)
SEED = "a seed nobody can guess"


def policies_of(text: str, folder: Path) -> Policies:
    return Policies(parse_config(f'[registry]\nzones = ["example"]\n[policy.drop]\n{text}\n', folder / "registry.toml"))


@pytest.fixture(params=["memory", "sqlite"])
def world_of(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], World]:
    def build(text: str) -> World:
        world = World()
        world.policies = policies_of(text, tmp_path)
        if request.param == "memory":
            world.store = MemoryStore(world.policies, world.clock)
        else:
            world.store = SqliteStore(tmp_path / "registry.sqlite", world.policies, world.clock)
            request.addfinalizer(world.store.close)
        return world

    return build


def until(clock: MovableClock, instant: datetime) -> None:
    clock.advance(instant - clock.now())


def deleted(world: World, names: list[str] = NAMES) -> datetime:
    """Register names, delete them a second apart, and let redemption pass; return when the first was deleted."""
    for name in names:
        world.must(A, r.CreateDomain(name, auth=PASSWORD))
    world.later(days=10)
    first = world.clock.now()
    for name in names:
        world.must(A, r.DeleteDomain(name))
        world.later(seconds=1)
    world.later(days=30)
    world.must("-", r.SettleDue())
    return first


def drops(world: World, **selection: Any) -> dict[str, datetime]:
    with world.store.snapshot() as snapshot:
        found = scheduled(snapshot, world.policies, **selection)
    assert all(drop.fixed for drop in found)
    return {drop.name: drop.at for drop in found}


def free_from(world: World, name: str) -> datetime:
    """Return the first second at which the name can be registered."""
    while world.code(B, r.CreateDomain(name, auth=PASSWORD)) != 1000:
        world.later(seconds=1)
    return world.clock.now()


def test_exact_is_the_end_of_pending_delete(world_of: Callable[[str], World]) -> None:
    world = world_of("")
    first = deleted(world)
    assert list(drops(world).items()) == [(n, first + PENDING + timedelta(seconds=i)) for i, n in enumerate(NAMES)]


def test_fixed_is_one_second_of_the_day_and_never_earlier(world_of: Callable[[str], World]) -> None:
    world = world_of('order = "fixed"\nat = "09:30:00"')  # names are deleted at 10:00: the day's 09:30 is too early
    first = deleted(world)
    day = (first + PENDING).date() + timedelta(days=1)
    assert set(drops(world).values()) == {datetime(day.year, day.month, day.day, 9, 30, tzinfo=UTC)}
    until(world.clock, datetime(day.year, day.month, day.day, 9, 29, 58, tzinfo=UTC))
    assert free_from(world, "a.example") == datetime(day.year, day.month, day.day, 9, 30, tzinfo=UTC)


def test_spread_is_in_the_order_of_deletion(world_of: Callable[[str], World]) -> None:
    world = world_of('order = "spread"\nat = "14:00:00"\ninterval = 250')
    first = deleted(world)
    start = (first + PENDING).replace(hour=14)
    assert list(drops(world).items()) == [(n, start + timedelta(milliseconds=250 * i)) for i, n in enumerate(NAMES)]


def test_random_follows_from_the_seed_and_is_within_the_window(world_of: Callable[[str], World]) -> None:
    world = world_of(f'order = "random"\nat = "14:00:00"\nwindow = 600\nseed = "{SEED}"')
    first = deleted(world)
    start = (first + PENDING).replace(hour=14)
    day = start.date().isoformat()
    expected = {name: start + offset(SEED, name, day, 600) for name in NAMES}
    assert drops(world) == expected
    assert len(set(expected.values())) == len(NAMES)
    assert all(start <= at < start + timedelta(seconds=600) for at in expected.values())
    assert commitment(SEED) != commitment(SEED + " ")


def test_a_name_that_was_restored_drops_later_or_never(world_of: Callable[[str], World]) -> None:
    world = world_of('order = "fixed"')
    world.must(A, r.CreateDomain("a.example", auth=PASSWORD))
    world.later(days=10)
    world.must(A, r.DeleteDomain("a.example"))
    with world.store.snapshot() as snapshot:
        (drop,) = scheduled(snapshot, world.policies)
    assert not drop.fixed
    world.must(A, r.RestoreDomain("a.example", "request"))
    world.later(days=8)  # no report
    world.must("-", r.SettleDue())
    world.later(days=31)
    world.must("-", r.SettleDue())
    (at,) = drops(world).values()
    assert (at.hour, at.minute) == (14, 0)
    assert at >= world.clock.now()


def test_what_is_listed_can_be_narrowed(world_of: Callable[[str], World]) -> None:
    world = world_of('order = "spread"')
    deleted(world)
    times = list(drops(world).values())
    assert list(drops(world, since=times[1], until=times[3])) == NAMES[1:3]
    assert drops(world, zone="co.test") == {}
    until(world.clock, times[-1])
    world.must("-", r.SettleDue())
    assert drops(world) == {}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('at = "25:00"', "time of day"),
        ('at = "14:00:00+02:00"', "time of day"),
        ('order = "random"', "seed"),
        ('order = "sorted"', "order"),
        ("interval = 0", "interval"),
    ],
)
def test_a_wrong_policy_names_the_setting(text: str, word: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=word):
        policies_of(text, tmp_path)


def test_the_log_has_every_attempt_in_the_order_of_decision(world_of: Callable[[str], World]) -> None:
    world = world_of("")
    calls = []
    for i, account in enumerate((B, A, B)):
        frame = '<domain:create xmlns:domain="d"><domain:name>x.example</domain:name></domain:create>'
        request = r.CreateDomain("x.example", auth=PASSWORD)
        calls.append(
            r.Call(account, request, f"RUN{i + 1:08X}", None, bytes(16), Origin("domain:create", i, "", frame))
        )
    world.store.execute(calls)
    with world.store.snapshot() as snapshot:
        found = list(arrivals(snapshot, "x.example"))
        assert list(arrivals(snapshot, "y.example")) == []
    assert [(a.arrival, a.run, a.account, a.won) for a in found] == [
        (1, "RUN", B, True),
        (2, "RUN", A, False),
        (3, "RUN", B, False),
    ]
    assert in_order(found)
    assert not in_order(reversed(found))
    digests = [digest for _, digest in chained(found)]
    assert len(set(digests)) == len(digests)
    assert [digest for _, digest in chained(found[:2])] == digests[:2]
    altered = [*found[:1], Attempt(2, 2, "RUN", found[1].decided, B, 1, "", 2302), *found[2:]]
    assert [digest for _, digest in chained(altered)][1:] != digests[1:]


def _settle(path: Path, folder: Path, now: datetime, seed: int) -> None:
    policies, clock = policies_of('order = "spread"', folder), MovableClock(now)
    store = SqliteStore(path, policies, clock)
    numbers = random.Random(seed)
    try:
        for i in range(20):
            until(clock, now + timedelta(days=i))
            call = r.Call("-", r.SettleDue(numbers.randrange(1, 40)), f"P{seed}{i:08X}", None, bytes(16))
            assert store.execute([call])[0].code == 1000
    finally:
        store.close()


def test_several_processes_settle_what_is_due_exactly_once(tmp_path: Path) -> None:
    """Auto-renewals, transfers by the server, redemption and purges of 200 names, settled by four processes at once."""
    world, path = World(), tmp_path / "registry.sqlite"
    world.policies = policies_of('order = "spread"', tmp_path)
    world.store = SqliteStore(path, world.policies, world.clock)
    names = [f"n{i}.example" for i in range(200)]
    for name in names:
        world.must(A, r.CreateDomain(name, auth=PASSWORD))
    world.later(days=345)
    for name in names[:50]:
        world.must(A, r.DeleteDomain(name))
    world.later(days=16)
    for name in names[50:100]:
        world.must(B, r.TransferDomain("request", name, auth=r.AuthInfo(PASSWORD)))
    world.store.close()
    start = world.clock.now()
    context = multiprocessing.get_context("spawn")
    running = [context.Process(target=_settle, args=(path, tmp_path, start, seed)) for seed in range(4)]
    for process in running:
        process.start()
    for process in running:
        process.join(60)
    assert [process.exitcode for process in running] == [0] * 4
    until(world.clock, start + timedelta(days=20))
    world.store = SqliteStore(path, world.policies, world.clock)
    try:
        while world.ask("-", r.SettleDue()).changes:
            pass
        with world.store.snapshot() as snapshot:
            left = {domain.name: domain for domain in snapshot.domains()}
            assert set(left) == set(names[50:])
            for name in names[50:100]:  # a year by the transfer, none by auto-renew: it is not due any more
                assert left[name].sponsor == B
                assert left[name].expires == START.replace(year=2027)
            for name in names[100:]:
                assert (left[name].sponsor, left[name].expires) == (A, START.replace(year=2027))
            for name in names[:50]:
                rows = snapshot.history("domain", name)
                assert len([row for row in rows if row.detail is None]) == 1
            steps = [len(snapshot.history("domain", name)) for name in names]
        assert len(set(steps[:50])) == len(set(steps[50:100])) == len(set(steps[100:])) == 1
    finally:
        world.store.close()


def test_instants_of_drops_are_written_as_everywhere() -> None:
    drop = Drop("a.example", "example", datetime(2026, 11, 26, 14, tzinfo=UTC), fixed=True)
    assert plain(drop)["at"] == "2026-11-26T14:00:00.000Z"
