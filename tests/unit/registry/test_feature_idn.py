"""IDN tables live in the registry: what can be created, what is blocked, what idn-1.0 says."""

# ruff: noqa: RUF001  (letters of several scripts are the subject)
from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trio
from registry_world import PASSWORD, A, B, World

from regwire.errors import ConfigError
from regwire.registry.config import Config, parse_config
from regwire.registry.engine import Registry, open_registry
from regwire.registry.idn.lgr import NAMESPACE
from regwire.registry.model import requests as r
from regwire.registry.model.idn import IdnChoice, IdnInfo, IndexVariants
from regwire.registry.rules import Policies
from regwire.registry.store.base import Store
from regwire.registry.store.memory import MemoryStore
from regwire.registry.store.sqlite import SqliteStore
from regwire.registry.variants import index_variants

BOTH = 'tables = ["latin", "cyrillic"]'
ALLOCATABLE = f"""<lgr xmlns="{NAMESPACE}"><meta><language>xx</language></meta><data>
  <range first-cp="0061" last-cp="007A"/>
  <char cp="00E4"><var cp="00E5" type="allocatable"/><var cp="00E6" type="blocked"/></char>
  <char cp="00E5"><var cp="00E4" type="allocatable"/></char>
  <char cp="00E6"><var cp="00E4" type="blocked"/></char>
</data></lgr>"""


@pytest.fixture(params=["memory", "sqlite"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Store]:
    if request.param == "memory":
        return MemoryStore
    return lambda policies, clock: SqliteStore(tmp_path / "registry.sqlite", policies, clock)


@pytest.fixture
def world_of(make: Callable[..., Store], tmp_path: Path) -> Iterator[Callable[[str], World]]:
    worlds: list[World] = []

    def build(idn: str, extra: str = "") -> World:
        (tmp_path / "xx.xml").write_text(ALLOCATABLE)
        (tmp_path / "accents.txt").write_text("# no letters\n0061..007A\n00E9\n")
        text = f'[registry]\nzones = ["example", "xn--p1ai"]\n[policy.idn]\n{idn}\n{extra}'
        world = World()
        world.policies = Policies(parse_config(text, tmp_path / "registry.toml"))
        world.store = make(world.policies, world.clock)
        worlds.append(world)
        return world

    yield build
    for world in worlds:
        world.store.close()


def a(label: str, zone: str = "example") -> str:
    return f"xn--{label.encode('punycode').decode()}.{zone}" if not label.isascii() else f"{label}.{zone}"


def create(name: str, *extensions: Any, registrant: str | None = None) -> r.CreateDomain:
    return r.CreateDomain(name, auth=PASSWORD, registrant=registrant, extensions=extensions)


def reasons(world: World, *names: str, account: str = A) -> list[str | None]:
    return [reason for _, _, reason in world.must(account, r.CheckDomains(names)).items]


def test_rst_idn_01_labels_of_a_table_are_accepted_and_others_are_not(world_of):
    world = world_of(BOTH)
    world.must(A, create(a("münchen")))
    world.must(A, create(a("пример")))
    world.must(A, create("plain.example"))
    outcome = world.ask(A, create(a("ελ")))
    assert (outcome.code, outcome.reason, outcome.value) == (2306, "U+03B5 not in the table", ("domain:name", a("ελ")))
    assert world.code(A, create(a("münпр"))) == 2306
    assert reasons(world, a("zürich"), a("ελ")) == [None, "U+03B5 not in the table"]
    assert reasons(world, a("münпр")) == ["U+006D not in the table"], "what the last table says"


def test_rst_idn_01_variants_of_registered_names_are_blocked(world_of):
    world = world_of(BOTH)
    world.must(A, create("cop.example"))
    outcome = world.ask(A, create(a("сор")))
    assert (outcome.code, outcome.reason) == (2306, "a variant of cop.example")
    assert world.code(B, create(a("сор"))) == 2306
    assert reasons(world, a("сор"), "cop.example", a("рос")) == ["Variant of a registered name", "In use", None]
    world.must(A, create("strasse.example"))
    assert world.code(A, create(a("straße"))) == 2306
    # Not a variant, though of the same key.
    world.must(A, create("strase.example"))


def test_a_name_that_is_gone_blocks_none(world_of):
    world = world_of(BOTH)
    world.must(A, create("cop.example"))
    world.must(A, r.DeleteDomain("cop.example"))
    world.must(B, create(a("сор")))
    assert world.code(A, create("cop.example")) == 2306
    world.later(days=10)
    world.must(B, r.DeleteDomain(a("сор")))
    assert world.code(A, create("cop.example")) == 2306, "in redemption a name is registered"
    world.later(days=36)
    world.must(A, create("cop.example"))


def test_of_variants_in_one_group_the_first_gets_its_name(world_of):
    world = world_of(BOTH)
    outcomes = world.group((A, create("cop.example")), (B, create(a("сор"))), (B, create("c.example")))
    assert [outcome.code for outcome in outcomes] == [1000, 2306, 1000]


def test_variants_are_of_one_zone(world_of):
    world = world_of(BOTH)
    world.must(A, create("cop.example"))
    world.must(B, create(a("сор", "xn--p1ai")))


@pytest.mark.parametrize(
    ("variants", "by_a", "by_b", "other_registrant"),
    [("blocked", 2306, 2306, 2306), ("same-registrar", 1000, 2306, 1000), ("same-registrant", 1000, 2306, 2306)],
)
def test_rst_idn_01_allocatable_variants_are_the_holders(world_of, variants, by_a, by_b, other_registrant):
    world = world_of(f'tables = ["xx.xml"]\nvariants = "{variants}"')
    world.contact("ada")
    world.contact("bob")
    world.must(A, create(a("ä"), registrant="ada"))
    assert world.code(A, create(a("æ"), registrant="ada")) == 2306, "blocked by the table"
    assert world.code(B, create(a("å"), registrant="ada")) == by_b
    assert (reasons(world, a("å")) == [None]) == (by_a == 1000)
    assert reasons(world, a("å"), account=B) == ["Variant of a registered name"]
    code = world.code(A, create(a("å"), registrant="bob"))
    assert code == other_registrant
    if code != 1000:
        assert world.code(A, create(a("å"), registrant="ada")) == by_a


def test_rst_idn_02_a_zone_may_take_idns_only(world_of):
    world = world_of(BOTH + "\nonly = true")
    assert world.code(A, create("plain.example")) == 2306
    assert reasons(world, "plain.example") == ["Not registered in ASCII"]
    world.must(A, create(a("münchen")))


def test_idn_1_0_table_and_unicode_name_are_checked(world_of):
    world = world_of(BOTH, '[zone."xn--p1ai".idn]\ntables = []')
    unknown = world.ask(A, create(a("münchen"), IdnChoice("el")))
    assert (unknown.code, unknown.value) == (2306, ("idn:table", "el"))
    assert world.code(A, create(a("münchen"), IdnChoice("und-Cyrl"))) == 2306
    wrong = world.ask(A, create(a("münchen"), IdnChoice("und-Latn", "munchen.example")))
    assert (wrong.code, wrong.value) == (2005, ("idn:uname", "munchen.example"))
    world.must(A, create(a("münchen"), IdnChoice("UND-latn", "München.example")))
    assert world.ask(A, r.InfoDomain(a("münchen"))).extensions == (IdnInfo("und-Latn", "münchen.example"),)
    world.must(A, create("plain.example", IdnChoice("und-Latn")))
    # By the name that the settings have for it, too; what is told is its tag.
    world.must(A, create(a("zürich"), IdnChoice("Latin", "zürich.example")))
    assert world.ask(A, r.InfoDomain(a("zürich"))).extensions == (IdnInfo("und-Latn", "zürich.example"),)
    assert world.code(A, create(a("ä", "xn--p1ai"), IdnChoice("und-Latn"))) == 2103
    world.must(A, create(a("ελ", "xn--p1ai")))


def test_idn_1_0_info_says_which_table_accepted_a_name(world_of):
    world = world_of(BOTH)
    world.must(A, create(a("пример")))
    world.must(A, create("plain.example"))
    assert world.ask(A, r.InfoDomain(a("пример"))).extensions == (IdnInfo("und-Cyrl", "пример.example"),)
    assert world.ask(A, r.InfoDomain("plain.example")).extensions == ()


def test_a_zone_may_ask_for_the_table(world_of):
    world = world_of(BOTH + "\nrequire_table = true")
    assert world.code(A, create(a("münchen"))) == 2003
    world.must(A, create(a("münchen"), IdnChoice("und-Latn")))
    world.must(A, create("plain.example"))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ('tables = ["missing.xml"]', r"missing\.xml: the IDN table cannot be read .*; name a file"),
        (
            'tables = ["latin", "und-latn=cyrillic"]',
            r"registry\.toml:4: .* has a fault \(two IDN tables",
        ),
        ("only = true", r"registry\.toml:4: policy\.idn\.only is true, but there are no tables; name one"),
        ('variants = "all"', r"registry\.toml:4: .*is not one of blocked"),
    ],
)
def test_errors_of_the_settings_name_file_line_and_cure(world_of, settings, expected):
    with pytest.raises(ConfigError, match=expected):
        world_of(settings)


def test_a_fault_in_a_table_is_told_when_the_file_is_read(world_of, tmp_path):
    (tmp_path / "bad.txt").write_text("0061\n?\n")
    with pytest.raises(ConfigError, match=r"bad\.txt:2: '\?' is no code point; write"):
        world_of('tables = ["bad.txt"]')


def test_names_from_before_the_tables_are_found_once_they_are_indexed(tmp_path: Path) -> None:
    def configured(tables: str) -> Config:
        return parse_config(f"[policy.idn]\ntables = [{tables}]", tmp_path / "registry.toml")

    async def ask(registry: Registry, account: str, request: r.Request) -> Any:
        (outcome,) = await registry.submit([registry.call(account, request)])
        return outcome

    async def main() -> None:
        async with open_registry(configured("")) as registry:
            for name in ("cop.example", "plain.example", *(f"n{i}.example" for i in range(205))):
                assert (await ask(registry, A, create(name))).code == 1000
        async with open_registry(configured('"latin", "cyrillic"')) as registry:
            assert (await ask(registry, A, IndexVariants(("cop.example",)))).code == 2201
            assert await index_variants(registry) == 2
            assert await index_variants(registry) == 0
            assert (await ask(registry, A, create(a("сор")))).code == 2306
        async with open_registry(configured("")) as registry:
            assert await index_variants(registry) == 2
            assert (await ask(registry, A, create(a("сор")))).code == 1000

    trio.run(main)
