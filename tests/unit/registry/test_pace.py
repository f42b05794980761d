"""Rate profiles: who is too fast waits, in order, and nobody else does (epp.md section 8)."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trio
import trio.testing
from registry_world import START, A, B

from regwire.epp import auth_info, command
from regwire.epp.messages import domain as d
from regwire.errors import ConfigError
from regwire.registry.clock import MovableClock
from regwire.registry.config import AuditSettings, Config, StoreSettings, parse_config
from regwire.registry.engine import Registry, open_registry
from regwire.registry.fronts.epp import epp_handlers
from regwire.registry.fronts.epp.pace import Buckets
from regwire.registry.rules.features.pace import PROFILES, PaceSettings


class Run:
    """What the front uses of a run; notes when each reply came."""

    def __init__(self, account: str, number: int, objects: tuple[Any, ...]) -> None:
        self.session = SimpleNamespace(client_id=account, number=number, peer=None)
        self.commands = [command(item) for item in objects]
        self.replies: dict[int, tuple[float, Any]] = {}

    def reply(self, i: int, result: Any) -> None:
        assert i not in self.replies
        self.replies[i] = (trio.current_time(), result)

    def times(self, since: float) -> list[float]:
        return [round(self.replies[i][0] - since, 3) for i in range(len(self.commands))]


Batch = Callable[..., Coroutine[Any, Any, list[list[float]]]]


@asynccontextmanager
async def paced(**settings: Any) -> AsyncIterator[Batch]:
    """Give a function that executes runs in one batch and tells when each reply came."""
    config = Config(
        store=StoreSettings(kind="memory"),
        audit=AuditSettings(polls=False, queries=False),
        features={"pace": PaceSettings(**settings)},
    )
    async with open_registry(config, clock=MovableClock(START)) as registry, trio.open_nursery() as nursery:
        nursery.start_soon(jump, registry)
        handler: Any = epp_handlers(registry).batch_handler
        seen: list[Run] = []

        async def batch(*runs: tuple[str, int, tuple[Any, ...]]) -> list[list[float]]:
            made = [Run(*run) for run in runs]
            seen[:] = made
            since = trio.current_time()
            rest = handler(made)
            if rest is not None:
                await rest
            return [run.times(since) for run in made]

        batch.seen = seen  # type: ignore[attr-defined]
        yield batch
        nursery.cancel_scope.cancel()


async def jump(registry: Registry) -> None:
    """Move time to the next deadline whenever all tasks wait and the writer, in its thread, has nothing to do."""
    clock = trio.lowlevel.current_clock()
    assert isinstance(clock, trio.testing.MockClock)
    while True:
        await trio.testing.wait_all_tasks_blocked()
        seconds = trio.lowlevel.current_statistics().seconds_to_next_deadline
        if registry.writer.waiting or math.isinf(seconds):
            await trio.to_thread.run_sync(time.sleep, 0.001)
        else:
            clock.jump(max(seconds, 0.0))


def timed(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Run a test on a clock that only `jump` moves."""

    def run() -> None:
        trio.run(test, clock=trio.testing.MockClock())

    run.__name__ = test.__name__
    return run


def check(*names: str) -> d.DomainCheck:
    return d.DomainCheck(names)


def create(name: str = "a.example") -> d.DomainCreate:
    return d.DomainCreate(name, auth_info=auth_info("a-password-of-20-chars"))


@timed
async def test_without_a_profile_nothing_waits() -> None:
    async with paced() as batch:
        many = (check("a.example"),) * 200
        assert await batch((A, 1, many)) == [[0.0] * 200]


@timed
async def test_a_session_that_is_too_fast_waits_and_others_do_not() -> None:
    async with paced(session_rate=1.0, burst=2) as batch:
        one = (check("a.example"),)
        assert await batch((A, 1, one * 2), (B, 2, one)) == [[0.0, 0.0], [0.0]]
        assert await batch((A, 1, one), (A, 3, one), (B, 2, one)) == [[1.0], [0.0], [0.0]]
        await trio.sleep(60)
        assert await batch((A, 1, one * 2)) == [[0.0, 0.0]]


@timed
async def test_an_account_is_counted_over_all_its_sessions() -> None:
    async with paced(account_rate=2.0) as batch:
        one = (check("a.example"),)
        assert await batch((A, 1, one), (A, 2, one), (B, 3, one)) == [[0.0], [0.5], [0.0]]


@timed
async def test_an_early_command_costs_more_where_the_profile_says_so() -> None:
    async with paced(profile="nz-drop") as batch:
        assert await batch((A, 1, (create(),))) == [[0.0]]
        assert await batch((A, 1, (create(),))) == [[11.0]]


@timed
async def test_a_create_of_a_name_that_is_taken_is_answered_later_in_order() -> None:
    async with paced(profile="fr") as batch:
        await batch((A, 1, (create(),)))
        commands = (create("b.example"), create("a.example"), check("c.example"))
        (times, others) = await batch((B, 2, commands), (A, 1, (create("c.example"),)))
        assert times[0] == 0.0
        assert times[1] == 2.0
        assert others == [0.0]


@timed
async def test_checks_of_one_name_too_often_are_answered_later() -> None:
    async with paced(profile="fr") as batch:
        one = (A, 1, (check("a.example"),))
        assert await batch(one) == await batch(one) == [[0.0]]
        assert await batch(one) == [[2.0]]
        assert await batch((B, 2, (check("a.example"),)), (A, 1, (check("b.example"),))) == [[0.0], [0.0]]
        await trio.sleep(4)
        assert await batch(one) == [[0.0]]


@timed
async def test_a_server_that_stops_answers_what_was_executed() -> None:
    async with paced(taken_delay=30.0) as batch:
        await batch((A, 1, (create(),)))
        with trio.move_on_after(1) as scope:
            await batch((A, 1, (create(), create("b.example"))))
        assert scope.cancelled_caught
        (run,) = batch.seen  # type: ignore[attr-defined]
        assert [run.replies[i][1].code for i in range(2)] == [2302, 1000]


def test_a_bucket_forgets_who_has_been_away() -> None:
    buckets = Buckets(1.0, 1)
    for number in range(10_000):
        assert buckets.take(number, 0.0, debt=True) == 0.0
    assert len(buckets) == 10_000
    assert buckets.take(0, 0.0, debt=True) == 1.0
    assert buckets.take("new", 5.0, debt=True) == 0.0
    assert len(buckets) == 1


def test_debt_makes_the_next_wait_longer_and_refusal_does_not() -> None:
    with_debt, without = Buckets(2.0, 1), Buckets(2.0, 1)
    assert [with_debt.take(A, 0.0, debt=True) for _ in range(4)] == [0.0, 0.5, 1.0, 1.5]
    assert [without.take(A, 0.0, debt=False) for _ in range(4)] == [0.0, 0.5, 0.5, 0.5]


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_settings_go_before_those_of_the_profile(profile: str) -> None:
    text = f'[policy.pace]\nprofile = "{profile}"\nname_delay = 7.5\n[zone."example".pace]\ntaken_delay = 1.0\n'
    config = parse_config(text, Path("registry.toml"))
    found = config.features_for("example")["pace"].effective()
    base = PROFILES[profile]
    assert (found.name_delay, found.taken_delay) == (7.5, 1.0)
    assert (found.name_rate, found.session_rate, found.burst) == (base.name_rate, base.session_rate, base.burst)


def test_an_unknown_profile_is_refused_with_line_and_cure() -> None:
    with pytest.raises(ConfigError, match=r"registry.toml:2.*profile.*nz-drop"):
        parse_config('[policy.pace]\nprofile = "xx"\n', Path("registry.toml"))


@timed
async def test_a_registrar_too_many_of_whose_creates_failed_is_kept_from_creating() -> None:
    async with paced(failed_creates=3, failed_hours=1.0, block_hours=2.0) as batch:

        async def codes(account: str, *objects: Any) -> list[int]:
            await batch((account, 1, objects))
            (run,) = batch.seen  # type: ignore[attr-defined]
            return [int(getattr(run.replies[i][1], "code", 1000)) for i in range(len(objects))]

        assert await codes(A, create()) == [1000]
        assert await codes(B, create(), create()) == [2302, 2302]
        # What is longer ago than an hour does not count.
        await trio.sleep(3601)
        assert await codes(B, create(), create("b.example"), create()) == [2302, 1000, 2302]
        assert await codes(B, create("bad_name.example")) == [2005]
        assert await codes(B, create("c.example"), check("c.example")) == [2306, 1000]
        assert await codes(A, create("c.example")) == [1000]
        await trio.sleep(2 * 3600 - 5)
        assert await codes(B, create("d.example")) == [2306]
        await trio.sleep(10)
        assert await codes(B, create("d.example"), create(), create()) == [1000, 2302, 2302]
        assert await codes(B, create("e.example")) == [1000]


def test_hours_without_a_number_of_creates_are_refused_with_line_and_cure() -> None:
    with pytest.raises(ConfigError, match=r"registry.toml:2: policy.pace.block_hours .*add failed_creates"):
        parse_config("[policy.pace]\nblock_hours = 2.0\n", Path("registry.toml"))
    parse_config('[policy.pace]\nprofile = "uk"\nblock_hours = 2.0\n', Path("registry.toml"))


def test_the_uk_profile_is_what_is_published() -> None:
    profile = PROFILES["uk"]
    assert (profile.failed_creates, profile.failed_hours, profile.block_hours) == (1000, 24.0, 24.0)
