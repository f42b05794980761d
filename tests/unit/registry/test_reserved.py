"""Reserved names: patterns of the policy and records of the operator (epp.md section 2: policy, 2306)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from registry_world import PASSWORD, A, B, World

from regwire.errors import ConfigError
from regwire.registry.clock import MovableClock
from regwire.registry.config import parse_config
from regwire.registry.model.requests import CheckDomains, CreateDomain, UpdateDomain
from regwire.registry.model.reserved import ReadReserved, ReleaseNames, ReservedName, ReserveNames
from regwire.registry.rules import Policies, is_read
from regwire.registry.store.memory import MemoryStore

OPERATOR = "-"
FILE = """
[registry]
zones = ["example", "co.test"]
repository = "TEST"
[policy.reserved]
labels = ["www", "nic", "?", "gov-*"]
[zone."co.test".reserved]
labels = []
"""


def world() -> World:
    found = World()
    found.policies = Policies(parse_config(FILE, Path("registry.toml")))
    found.store = MemoryStore(found.policies, MovableClock(found.clock.now()))
    return found


def available(found: World, *names: str, account: str = A) -> list[Any]:
    return [item[1:] for item in found.must(account, CheckDomains(names)).items]


@pytest.mark.parametrize("label", ["www", "nic", "x", "gov-tax"])
def test_a_label_of_the_policy_is_2306_and_says_so_in_a_check(label: str) -> None:
    found = world()
    assert available(found, f"{label}.example") == [(False, "Reserved")]
    assert found.code(A, CreateDomain(f"{label}.example")) == 2306
    assert found.code(A, CreateDomain(f"{label}.co.test")) == 1000


@pytest.mark.parametrize("label", ["wwww", "nic2", "xy", "govtax"])
def test_other_labels_are_free(label: str) -> None:
    found = world()
    assert available(found, f"{label}.example") == [(True, None)]
    assert found.code(A, CreateDomain(f"{label}.example")) == 1000


def test_a_record_keeps_a_name_for_one_registrar_or_for_nobody() -> None:
    found = world()
    found.must(OPERATOR, ReserveNames((ReservedName("aa.example", "court", B), ReservedName("bb.example"))))
    assert available(found, "aa.example", "bb.example") == [(False, "Reserved")] * 2
    assert available(found, "aa.example", "bb.example", account=B) == [(True, None), (False, "Reserved")]
    assert found.code(A, CreateDomain("aa.example")) == 2306
    assert found.code(B, CreateDomain("bb.example")) == 2306
    assert found.code(B, CreateDomain("aa.example", auth=PASSWORD)) == 1000
    assert available(found, "aa.example") == [(False, "In use")]
    assert found.code(B, UpdateDomain("aa.example", auth="")) == 1000


def test_a_record_counts_before_the_patterns() -> None:
    found = world()
    found.must(OPERATOR, ReserveNames((ReservedName("www.example", "", A),)))
    assert found.code(B, CreateDomain("www.example")) == 2306
    assert found.code(A, CreateDomain("www.example")) == 1000


def test_the_operator_reserves_lists_and_releases_all_or_none() -> None:
    found = world()
    both = (ReservedName("bb.example", "ours"), ReservedName("aa.example"))
    found.must(OPERATOR, ReserveNames(both))
    assert found.must(OPERATOR, ReadReserved()) == [both[1], both[0]]
    assert found.must(OPERATOR, ReadReserved("aa.example", 5)) == [both[0]]
    assert found.code(OPERATOR, ReleaseNames(("aa.example", "cc.example"))) == 2303
    assert len(found.must(OPERATOR, ReadReserved())) == 2
    found.must(OPERATOR, ReleaseNames(("aa.example",)))
    assert found.code(A, CreateDomain("aa.example")) == 1000
    assert found.code(OPERATOR, ReserveNames((ReservedName("a.net"),))) == 2306
    assert is_read(ReadReserved())


@pytest.mark.parametrize("request_", [ReserveNames(()), ReleaseNames(()), ReadReserved()])
def test_registrars_have_nothing_to_do_with_it(request_: Any) -> None:
    assert world().code(A, request_) == 2201


def test_a_label_that_matches_nothing_is_refused_with_line_and_cure() -> None:
    with pytest.raises(ConfigError, match=r"registry.toml:6.*WWW.*lower-case"):
        parse_config(FILE.replace('"www"', '"WWW"'), Path("registry.toml"))


def test_a_record_is_replaced_by_what_is_said_last() -> None:
    found = world()
    found.must(OPERATOR, ReserveNames((ReservedName("aa.example", "court", B),)))
    found.must(OPERATOR, ReserveNames((ReservedName("aa.example", "court", A),)))
    assert available(found, "aa.example") == [(True, None)]
    assert found.code(B, CreateDomain("aa.example")) == 2306
