"""ttl-1.0 live: times to live of domains and hosts, within what the policy allows (RFC 9803)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ext_world import SETTINGS, ExtFront, ext_test
from front_world import code, create, value
from registry_world import PASSWORD, A, B, World

from regwire.epp import DEFAULT, auth_info, command, encode
from regwire.epp.ext import ttl as t
from regwire.epp.messages import domain as d
from regwire.epp.messages import host as h
from regwire.errors import ConfigError
from regwire.registry.config import Config, parse_config
from regwire.registry.fronts.epp.ext import announced
from regwire.registry.model import requests as r
from regwire.registry.model.ttl import SetTtls, TtlValue
from regwire.registry.rules.features.ttl import TtlSettings, ttl_of
from regwire.registry.store.sqlite import SqliteStore
from regwire.schema import Fault

POLICY = (
    SETTINGS
    + """
[policy.ttl]
types = ["NS", "DS", "A", "AAAA", "TXT"]
minimum = 60
default = 3600
maximum = 86400
minimum_of = { DS = 300 }
default_of = { DS = 600 }
[zone."co.test".ttl]
types = []
"""
)


def ns(seconds: str = "7200", type: str = "NS", custom: str | None = None) -> t.Ttl:
    return t.Ttl(seconds, for_=type, custom=custom)  # type: ignore[arg-type]


def with_ttl(message: Any, *ttls: t.Ttl) -> Any:
    cls = t.TtlCreate if isinstance(message, d.DomainCreate | h.HostCreate) else t.TtlUpdate
    return command(message, cls(ttls))


async def shown(front: ExtFront, message: Any, *, policy: bool = False) -> tuple[t.TtlData, ...] | None:
    answer = await front.ask(A, command(message, t.TtlInfo(policy)))
    found = [element for element in answer.extension if isinstance(element, t.TtlInfoData)]
    return found[0].ttls if found else None


def info(name: str = "a.example") -> d.DomainInfo:
    return d.DomainInfo(d.DomainInfoName(name))


@ext_test(POLICY)
async def test_create_and_info_of_a_domain(front: ExtFront) -> None:
    assert code(await front.ask(A, create("a.example", (t.TtlCreate((ns(), ns("600", "DS"))),)))) == 1000
    assert await shown(front, info()) == (t.TtlData("7200", for_="NS"), t.TtlData("600", for_="DS"))
    # Without asking, nothing is said of it.
    assert not any(isinstance(e, t.TtlInfoData) for e in (await front.ask(A, info())).extension)


@ext_test(POLICY)
async def test_info_with_policy_tells_of_every_type_of_the_object(front: ExtFront) -> None:
    await front.must(A, create("a.example", (t.TtlCreate((ns(),)),)))
    assert await shown(front, info(), policy=True) == (
        t.TtlData("7200", for_="NS", min=60, default=3600, max=86400),
        t.TtlData("", for_="DS", min=300, default=600, max=86400),
        t.TtlData("", for_="custom", custom="TXT", min=60, default=3600, max=86400),
    )
    await front.must(A, h.HostCreate("ns1.other.net"))
    limits = {"min": 60, "default": 3600, "max": 86400}
    assert await shown(front, h.HostInfo("ns1.other.net"), policy=True) == (
        t.TtlData("", for_="A", **limits),  # type: ignore[arg-type]
        t.TtlData("", for_="AAAA", **limits),  # type: ignore[arg-type]
    )


@ext_test(POLICY)
async def test_nothing_chosen_nothing_told(front: ExtFront) -> None:
    await front.must(A, create())
    assert await shown(front, info()) is None


@ext_test(POLICY)
async def test_update_alone_changes_and_empty_means_default_again(front: ExtFront) -> None:
    await front.must(A, create("a.example", (t.TtlCreate((ns(), ns("600", "DS"))),)))
    update = d.DomainUpdate("a.example")
    assert code(await front.ask(A, with_ttl(update, ns("60"), ns("", "DS")))) == 1000
    assert await shown(front, info()) == (t.TtlData("60", for_="NS"),)
    # Without the extension it would say nothing at all.
    assert code(await front.ask(A, update)) == 2003
    assert code(await front.ask(B, with_ttl(update, ns()))) == 2201


@ext_test(POLICY)
async def test_hosts(front: ExtFront) -> None:
    await front.must(A, create())
    host = h.HostCreate("ns1.a.example", (h.HostAddress("192.0.2.1", "v4"),))
    assert code(await front.ask(A, with_ttl(host, ns("300", "A")))) == 1000
    assert code(await front.ask(A, with_ttl(h.HostUpdate("ns1.a.example"), ns("400", "AAAA")))) == 1000
    rename = h.HostUpdate("ns1.a.example", chg=h.HostChange("ns2.a.example"))
    assert code(await front.ask(A, rename)) == 1000
    told = await shown(front, h.HostInfo("ns2.a.example"))
    assert told == (t.TtlData("300", for_="A"), t.TtlData("400", for_="AAAA"))
    assert code(await front.ask(A, h.HostUpdate("ns2.a.example"))) == 2003


@pytest.mark.parametrize(
    ("ttl", "expected", "reason"),
    [
        (ns("59"), 2004, "NS: 60 to 86400 seconds"),
        (ns("86401"), 2004, "NS: 60 to 86400 seconds"),
        (ns("299", "DS"), 2004, "DS: 300 to 86400 seconds"),
        (ns("-0"), 2004, "NS: 60 to 86400 seconds"),
        (ns("+0060"), 1000, ""),
        (ns("300", "A"), 2306, "no A here; there is NS, DS, TXT"),
        (ns("300", "DNAME"), 2306, "no DNAME here; there is NS, DS, TXT"),
        (ns("300", "custom", "TXT"), 1000, ""),
        (ns("300", "custom", "MX"), 2306, "no MX here; there is NS, DS, TXT"),
        (ns("300", "custom"), 2003, "without the attribute custom"),
        (ns("300", "NS", "TXT"), 2306, "only a custom type has the attribute custom"),
    ],
)
def test_2004_out_of_range_and_2306_not_permitted(ttl: t.Ttl, expected: int, reason: str) -> None:
    @ext_test(POLICY)
    async def test(front: ExtFront) -> None:
        answer = await front.ask(A, create("a.example", (t.TtlCreate((ttl,)),)))
        assert code(answer) == expected
        if reason:
            assert value(answer)[1] == reason
            assert code(await front.ask(A, info())) == 2303

    test()


@ext_test(POLICY)
async def test_a_type_comes_once(front: ExtFront) -> None:
    answer = await front.ask(A, create("a.example", (t.TtlCreate((ns(), ns("60"))),)))
    assert (code(answer), value(answer)[1]) == (2306, "NS comes twice")


@ext_test(POLICY)
async def test_a_zone_without_types_refuses_the_extension(front: ExtFront) -> None:
    assert code(await front.ask(A, create("a.co.test", (t.TtlCreate((ns(),)),)))) == 2103


@ext_test(POLICY)
async def test_what_was_chosen_survives_a_transfer(front: ExtFront) -> None:
    await front.must(A, create("a.example", (t.TtlCreate((ns(),)),)))
    asked = d.DomainTransfer("a.example", auth_info=auth_info(PASSWORD))
    await front.must(B, command(asked, op="request"))
    await front.must(A, command(d.DomainTransfer("a.example"), op="approve"))
    assert await shown(front, info()) == (t.TtlData("7200", for_="NS"),)


def test_it_is_stored_and_the_default_is_the_policys(tmp_path: Path) -> None:
    config = parse_config(POLICY, Path("registry.toml"))
    world = World(config=config, make=lambda policies, clock: SqliteStore(tmp_path / "r", policies, clock))
    chosen = SetTtls((TtlValue("NS", 120),))
    world.domain(extensions=(chosen,))
    found = world.must(A, r.InfoDomain("a.example")).domain
    settings: TtlSettings = world.policies.by_zone["example"].feature("ttl")
    assert (ttl_of(found, "NS", settings), ttl_of(found, "DS", settings)) == (120, 600)
    world.store.close()


def test_announced_only_where_a_zone_has_types() -> None:
    assert "ttl" in announced(Config())
    assert "ttl" not in announced(parse_config("[policy.ttl]\ntypes = []\n", Path("registry.toml")))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('types = ["ns"]', "no record type"),
        ("default = 60", "choose one between 300 and 172800"),
        ("minimum_of = { DS = 100000 }", "of DS is 86400; choose one between 100000 and 172800"),
    ],
)
def test_a_wrong_policy_is_told_with_its_cure(text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        parse_config(f"[policy.ttl]\n{text}\n", Path("registry.toml"))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ("2147483648", "range"),
        ("-1", "range"),
        ("9" * 60, "range"),
        ("1.5", "value"),
        ("abc", "value"),
        ("+7200", None),
        ("", None),
    ],
)
def test_epp_md_section_6_no_time_to_live_is_out_of_range(seconds: str, expected: str | None) -> None:
    """What is no number is 2005; a number that no time to live can be is 2004, whatever the policy."""
    frame = encode(with_ttl(d.DomainCreate("a.example", auth_info=auth_info(PASSWORD)), ns("7201")))
    decoded: Any = DEFAULT.decode_or_fault(frame.replace(b"7201", seconds.encode()), "server")
    assert (decoded.faults[0].cls if isinstance(decoded, Fault) else None) == expected
