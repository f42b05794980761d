"""Features: every hook is called at its place, what they decide is kept, and their settings are read as all others."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from example_feature import Example, Note, Noted, Paint, ReadTally, Settings, Shade, Tally
from registry_world import PASSWORD, START, A, B, World, postal

from regwire.errors import ConfigError
from regwire.registry.config import Config, describe, parse_config, render
from regwire.registry.model import kinds
from regwire.registry.model import requests as r
from regwire.registry.rules import Policies, is_read
from regwire.registry.rules.features import Feature, features, installed
from regwire.registry.store.base import Store
from regwire.registry.store.memory import MemoryStore
from regwire.registry.store.sqlite import SqliteStore

FILE = Path("conf/registry.toml")
NOTE = (Note("hello"),)


@pytest.fixture
def example() -> Iterator[Example]:
    feature = Example()
    with installed(feature):
        yield feature


@pytest.fixture(params=["memory", "sqlite"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Store]:
    if request.param == "memory":
        return MemoryStore
    return lambda policies, clock: SqliteStore(tmp_path / "registry.sqlite", policies, clock)


@pytest.fixture
def world(example: Example, make: Callable[..., Store]) -> Iterator[World]:
    world = World(make=make)
    yield world
    world.store.close()


def tally(world: World, account: str = A) -> Any:
    with world.store.read() as view:
        return view.record("exampleTally", account)


def create(name: str = "a.example", extensions: tuple[Any, ...] = NOTE) -> r.CreateDomain:
    return r.CreateDomain(name, auth=PASSWORD, extensions=extensions)


def test_a_create_goes_through_every_hook_in_order(world: World, example: Example) -> None:
    outcome = world.ask(A, create())
    assert outcome.code == 1000
    assert example.called == ["policy", "eligibility", "data", "billing", "commit"]
    assert outcome.extensions == (Noted("hello", (A,)),)
    info = world.ask(A, r.InfoDomain("a.example"))
    assert info.data.domain.extra == {"example": "hello"}  # type: ignore[attr-defined]
    assert info.extensions == (Noted("hello"),)
    value = tally(world)
    expected = Tally(
        A, 1, "red", START + timedelta(days=1), Decimal("0.50"), date(2025, 1, 1), Note("hello"), (("first", 1),)
    )
    assert value == expected
    message = world.must(A, r.PollRequest()).message
    assert (message.text, message.data, message.extensions) == ("noted", Noted("hello"), (Noted("twice"),))


def test_each_hook_may_refuse_and_then_nothing_is_left(world: World) -> None:
    assert world.code(A, create(extensions=(Note("x" * 21),))) == 2004
    # Before existence is looked at.
    world.must(A, create())
    assert world.code(A, create(extensions=(Note("x" * 21),))) == 2004
    assert world.code(A, create()) == 2302
    assert world.code(A, r.UpdateDomain("a.example", auth="", extensions=(Note("locked"),))) == 1000
    assert world.code(A, r.UpdateDomain("a.example", auth="")) == 2304
    world.must(A, create("b.example"))
    assert world.code(A, create("c.example")) == 2104
    assert world.code(A, r.InfoDomain("c.example")) == 2303
    assert tally(world).notes == 3


def test_the_calls_of_a_group_see_records_that_those_before_them_left(world: World) -> None:
    codes = [outcome.code for outcome in world.group(*[(A, create(f"n{i}.example")) for i in range(5)])]
    assert codes == [1000, 1000, 1000, 2104, 2104]
    assert tally(world).notes == 3


@pytest.mark.parametrize(
    ("request_", "hooks"),
    [
        (r.UpdateDomain("a.example", auth=""), ["policy", "eligibility", "data", "billing", "commit"]),
        (r.RenewDomain("a.example", date(2026, 3, 1)), ["policy", "eligibility", "data", "billing", "commit"]),
        (r.DeleteDomain("a.example"), ["policy", "eligibility", "data", "billing", "commit", "delete"]),
        (r.TransferDomain("query", "a.example"), []),
        (r.InfoDomain("a.example"), []),
    ],
)
def test_the_hooks_of_each_command(world: World, example: Example, request_: Any, hooks: list[str]) -> None:
    world.must(A, create(extensions=()))
    example.called.clear()
    world.ask(A, request_)
    assert example.called == hooks


def test_the_hooks_of_a_transfer_and_of_what_time_does(world: World, example: Example) -> None:
    every = ["policy", "eligibility", "data", "billing", "commit"]
    world.must(A, create(extensions=()))
    example.called.clear()
    request = r.TransferDomain("request", "a.example", auth=r.AuthInfo(PASSWORD))
    world.must(B, request)
    assert example.called == every
    world.must(A, r.TransferDomain("reject", "a.example"))
    assert example.called == every * 2
    world.must(B, request)
    world.must(A, r.TransferDomain("approve", "a.example"))
    assert example.called == [*every * 4, "transfer"]
    example.called.clear()
    world.later(days=731)
    world.must(B, r.CheckDomains(("a.example",)))
    assert example.called == ["autoRenew"]
    world.must(B, r.DeleteDomain("a.example"))
    world.must(B, r.RestoreDomain("a.example", "request"))
    world.later(days=8)
    world.must(B, r.CheckDomains(("a.example",)))
    world.must(B, r.RestoreDomain("a.example", "request"))
    world.must(B, r.RestoreDomain("a.example", "report", world.report()))
    world.must(B, r.DeleteDomain("a.example"))
    world.later(days=40)
    world.must(B, r.CheckDomains(("a.example",)))
    events = ["autoRenew", "delete", "redemption", "restore", "delete", "pendingDelete", "purge"]
    assert [name for name in example.called if name not in every] == events


def test_objects_settled_together_see_each_others_records(world: World) -> None:
    world.group(*[(A, create(f"n{i}.example", ())) for i in range(5)])
    world.later(days=365)
    world.must(A, r.CheckDomains(("a.example",)))
    assert tally(world, "-").notes == 5


def test_hosts_and_contacts_have_three_hooks(world: World, example: Example) -> None:
    world.must(A, r.CreateHost("ns1.other.net", extensions=NOTE))
    world.must(A, r.CreateContact("con-1", (postal(),), "a@mail.example", auth=PASSWORD, extensions=NOTE))
    three = ["policy", "data", "billing", "commit"]
    assert example.called == three * 2
    assert world.ask(A, r.InfoHost("ns1.other.net")).extensions == (Noted("hello"),)
    assert world.ask(A, r.InfoContact("con-1")).extensions == (Noted("hello"),)
    world.must(A, r.UpdateHost("ns1.other.net", new_name="ns2.other.net", extensions=(Note("moved"),)))
    assert world.must(A, r.InfoHost("ns2.other.net")).host.extra == {"example": "moved"}
    world.must(A, r.DeleteHost("ns2.other.net"))
    world.must(A, r.UpdateContact("con-1", email="b@mail.example"))
    world.must(B, r.TransferContact("request", "con-1", r.AuthInfo(PASSWORD)))
    world.must(A, r.TransferContact("approve", "con-1"))
    world.must(B, r.DeleteContact("con-1"))
    # The approval ends with what every transfer that completes has.
    assert example.called == [*three * 7, "transfer", *three]


def test_a_check_asks_about_names_and_may_say_more(example: Example, make: Callable[..., Store]) -> None:
    config = parse_config('[policy.example]\nnames = ["b.example", "c.example"]', FILE)
    world = World(make=make)
    world.policies = Policies(config)
    world.store = make(world.policies, world.clock)
    world.must(A, create("c.example", ()))
    names = ("a.example", "b.example", "c.example", "-.example")
    outcome = world.ask(A, r.CheckDomains(names, extensions=NOTE))
    reasons = [reason for _, _, reason in outcome.data.items]  # type: ignore[attr-defined]
    assert reasons == [None, "Needs a note", "In use", "not letters, digits, hyphens"]
    assert outcome.extensions == (Noted("4 checked"),)
    world.store.close()


def test_requests_of_its_own(world: World) -> None:
    assert world.code("-", Paint(A, "blue")) == 2303
    world.must(A, create())
    world.must("-", Paint(A, "blue"))
    assert world.must(A, ReadTally(A)).colour == "blue"
    assert is_read(ReadTally(A))
    assert not is_read(Paint(A, "blue"))


def test_time_settles_records(world: World) -> None:
    world.must(A, create())
    with world.store.read() as view:
        assert list(view.due(START + timedelta(days=1), 9)) == [("exampleTally", A)]
        assert list(view.due(START + timedelta(hours=1), 9)) == []
    world.later(days=2)
    world.must(B, r.CheckDomains(("a.example",)))
    assert tally(world) is None
    world.must(A, r.PollAck("1"))
    assert world.must(A, r.PollRequest()).message.text == "your notes are forgotten"


def test_a_zone_where_it_does_not_apply_has_no_hooks(example: Example) -> None:
    text = """
[registry]
zones = ["example", "test"]
[zone."test".example]
enabled = false
"""
    policies = Policies(parse_config(text, FILE))
    assert not any("Example" in repr(hook) for hook in policies.by_zone["test"].hooks.policy)
    assert any("Example" in repr(hook) for hook in policies.by_zone["example"].hooks.policy)
    assert [repr(hook) for hook in policies.by_zone["example"].hooks.commit if "Example" in repr(hook)]
    assert not any("Example" in repr(hook) for hook in policies.by_zone["test"].hooks.commit)


def test_history_of_records(example: Example, tmp_path: Path) -> None:
    path = tmp_path / "registry.sqlite"
    world = World(make=lambda policies, clock: SqliteStore(path, policies, clock))
    world.must(A, create())
    world.must("-", Paint(A, "blue"))
    world.store.close()
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT account, operation, kind, key, detail FROM history ORDER BY id").fetchall()
    connection.close()
    assert [row[:4] for row in rows] == [
        (A, "CreateDomain", "exampleTally", A),
        (A, "CreateDomain", "domain", "a.example"),
        ("-", "Paint", "exampleTally", A),
    ]
    assert '"blue"' in rows[2][4]


# --- settings


def test_settings_are_read_by_zone_over_the_general_ones(example: Example) -> None:
    text = """
[registry]
zones = ["example", "test"]
[policy]
max_years = 5
[policy.example]
longest = 30
fee = "1.10"
[[policy.example.shades]]
name = "dark"
depth = 7
[[policy.example.shades]]
name = "light"
[zone."test".example]
longest = 5
since = 2025-06-01
"""
    config = parse_config(text, FILE)
    general = Settings(longest=30, fee=Decimal("1.10"), shades=(Shade(name="dark", depth=7), Shade(name="light")))
    assert config.features == {"example": general}
    policies = Policies(config)
    assert policies.by_zone["example"].feature("example") == general
    assert policies.by_zone["test"].feature("example").longest == 5
    assert policies.by_zone["test"].feature("example").fee == Decimal("1.10")
    assert policies.by_zone["test"].settings.max_years == 5
    assert policies.by_zone["test"].feature("nobody") is None
    for every in (False, True):
        assert parse_config(render(config, every=every), FILE) == config


@pytest.mark.parametrize(
    ("text", "line", "parts"),
    [
        ("[policy.example]\nlongst = 3", 2, ["policy.example.longst", "longest?"]),
        ("[policy.exampl]\nlongest = 3", 1, ["policy.exampl:", "no such setting"]),
        ("[policy.example]\nlongest = 0", 2, ["between 1 and 100"]),
        ("[policy.example]\nfee = 'x'", 2, ["not an amount", '"10.00"']),
        ("[policy.example]\nfee = -1", 2, ["at least 0"]),
        ("[policy.example]\nfee = 101", 2, ["more than 100", "nobody pays"]),
        ("[policy.example]\nsince = '2025-01-01'", 2, ["must be a date", "without quotes"]),
        ("[policy.example]\nshades = 1", 2, ["[[policy.example.shades]]"]),
        ("[[policy.example.shades]]\nname = 'a'\n[[policy.example.shades]]\ndepth = 2", 3, ["name is missing"]),
        ("[[policy.example.shades]]\nname = 'a'\ndepth = 10", 3, ["between 1 and 9"]),
        ('[zone."example".example]\nfee = 300', 2, ["zone.example.example.fee", "more than 100"]),
    ],
)
def test_an_error_in_a_feature_s_settings_has_line_and_cure(
    example: Example, text: str, line: int, parts: list[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, FILE)
    assert caught.value.where == f"{FILE}:{line}"
    for part in parts:
        assert part in str(caught.value)


def test_settings_are_described(example: Example) -> None:
    rows = {(row.section, row.name): row for row in describe()}
    assert rows["policy.example", "fee"].type == "amount"
    assert rows["policy.example", "shades"].type == "sections"
    assert rows["policy.example.shades", "depth"].default == 1
    assert Config().features_for("") == {"example": Settings()} | {
        feature.name: feature.settings() for feature in features() if feature.settings and feature is not example
    }


# --- what cannot be


def test_features_that_claim_the_same_are_refused(example: Example) -> None:
    with pytest.raises(ValueError, match="another one has or takes example"), installed(Example()):
        pass
    assert [feature.name for feature in features()].count("example") == 1


def test_the_order_is_stated() -> None:
    class Late(Feature):
        name = "aaa"
        order = 1000

    class Early(Feature):
        name = "zzz"
        order = 1

    with installed(Late(), Early()):
        names = [feature.name for feature in features()]
        assert (names[0], names[-1]) == ("zzz", "aaa")


def test_a_record_of_a_newer_version_is_refused_and_one_of_an_older_has_defaults() -> None:
    value = kinds.dump(Noted("x"))
    assert value == {"text": "x"}
    assert kinds.load(Noted, value) == Noted("x")
    with pytest.raises(ValueError, match="Noted has no later: written by a newer version; upgrade regwire"):
        kinds.load(Noted, {"text": "x", "later": 1})
    with pytest.raises(ValueError, match="without text"):
        kinds.load(Noted, {})
    with pytest.raises(ValueError, match="no kind nobody is registered; install"):
        kinds.load_tagged(["nobody", {}])


def test_names_of_kinds_are_given_once() -> None:
    for kind in (kinds.Kind("exampleNoted", Tally), kinds.Kind("other", Noted), kinds.Kind("domain", Example)):
        with pytest.raises(ValueError, match="already"):
            kinds.register(kind)
