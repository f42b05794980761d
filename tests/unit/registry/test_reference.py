"""Random commands of registrars: every reply and the final state as the slow and obvious model has them.

About 12,000 commands. ``python tests/support/registry_compare.py 0 1000 1000`` plays a million.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from registry_compare import Difference, Step, play, script, shortest, told
from registry_random import POLICIES
from registry_world import PASSWORD, START, A, B, World

from regwire.registry.model import requests as r
from regwire.registry.store.memory import MemoryStore
from regwire.registry.store.sqlite import SqliteStore

AUTH = r.AuthInfo(PASSWORD)


@pytest.mark.parametrize("seed", range(2 * len(POLICIES)))
def test_the_rules_agree_with_the_reference(seed: int) -> None:
    told(seed, 600)


@pytest.mark.parametrize("seed", range(len(POLICIES)))
def test_so_they_do_on_sqlite(seed: int, tmp_path: Path) -> None:
    told(seed, 300, lambda policies, clock: SqliteStore(tmp_path / "r.sqlite", policies, clock))


def test_the_random_commands_reach_what_there_is_to_reach() -> None:
    seen = sum((play(*script(seed, 600)) for seed in range(2 * len(POLICIES))), start=play({}, []))
    codes = {what.split()[1] for what in seen}
    wanted = "1000 1001 1300 1301 2003 2004 2005 2102 2105 2106 2201 2202 2300 2301 2302 2303 2304 2305 2306 2308"
    assert codes == set(wanted.split())
    done = {what.split()[0] for what in seen if what.split()[1] in ("1000", "1001", "1301")}
    assert len(done) == 21, done


def test_one_long_story_by_hand() -> None:
    """Created, transferred by time, expired twice, deleted, restored without a report, purged, created again."""
    script: list[Step] = [
        (0, [(A, r.CreateDomain("a.example", r.Period(1), auth=PASSWORD))]),
        (10, [(B, r.TransferDomain("request", "a.example", auth=AUTH))]),
        (6, [(A, r.DeleteDomain("a.example")), (B, r.TransferDomain("query", "a.example"))]),
        (1000, [(B, r.InfoDomain("a.example")), (B, r.DeleteDomain("a.example"))]),
        (20, [(B, r.RestoreDomain("a.example", "request"))]),
        (8, [(B, r.InfoDomain("a.example")), (B, r.PollRequest())]),
        (10, [(B, r.RestoreDomain("a.example", "request")), (A, r.CreateDomain("a.example", auth=PASSWORD))]),
        (5, [(A, r.CreateDomain("a.example", r.Period(1), auth=PASSWORD))]),
    ]
    play({}, script)


def test_a_difference_is_told_in_few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison compares: a reference that forgets the add grace period is found out, and shortly."""
    from registry_reference_domains import Reference

    honest: Any = Reference.on_CreateDomain

    def forgetful(self: Any, account: str, request: Any, now: Any) -> Any:
        reply = honest(self, account, request, now)
        self.domains[request.name]["grace"] = []
        return reply

    monkeypatch.setattr(Reference, "on_CreateDomain", forgetful)
    steps: list[Step] = [
        (0, [(A, r.CheckDomains(("b.example",))), (A, r.CreateDomain("a.example", auth=PASSWORD))]),
        (1, [(B, r.InfoDomain("b.example")), (A, r.DeleteDomain("a.example"))]),
    ]
    with pytest.raises(Difference, match=r"DeleteDomain|InfoDomain"):
        play({}, steps)
    assert sum(len(group) for _, group in shortest({}, steps)) == 1


def test_messages_of_different_objects_are_queued_in_the_order_of_their_instants() -> None:
    """RFC 5730 section 2.9.2.3: first in, first out, also when much became due before anybody looked."""
    world = World(make=MemoryStore)
    for name, days in (("a.example", 0), ("b.example", 10)):
        world.clock.advance(timedelta(days=days))
        world.domain(name)
    world.later(days=2 * 366)
    world.must("-", r.SettleDue())
    told: list[tuple[Any, str]] = []
    while (found := world.ask(A, r.PollRequest())).code == 1301:
        message: Any = found.data.message  # type: ignore[attr-defined]
        told.append((message.queued, message.text.split()[0]))
        world.must(A, r.PollAck(str(message.id)))
    assert [name for _, name in told] == ["a.example", "b.example", "a.example", "b.example"]
    assert told == sorted(told)
    assert told[0][0] == START.replace(year=2026)
