"""dchk from a registry (RFC 5144)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from iris_front import IrisWorld
from registry_world import PASSWORD, START, A, B

from regwire.iris.handlers import Context, Exchange
from regwire.iris.messages import dchk
from regwire.iris.messages.core import LookupEntity, Request, SearchSet
from regwire.registry.clock import MovableClock
from regwire.registry.model import requests as r
from regwire.registry.model.objects import Status
from regwire.registry.rules import Policies
from regwire.registry.rules.features.reserved import ReservedSettings
from regwire.registry.store.base import Store
from regwire.registry.store.memory import MemoryStore
from regwire.registry.store.sqlite import SqliteStore


@pytest.fixture(params=["memory", "sqlite", "names"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[IrisWorld]:
    """By the store in memory, by one in a file, and by one whose names are kept in memory."""

    def sqlite(policies: Policies, clock: MovableClock) -> Store:
        store = SqliteStore(tmp_path / "registry.sqlite", policies, clock)
        if request.param == "names":
            store.keep_names()
            assert store.names.wait(10)
        return store

    # Only one of the zones has reserved names.
    features = {"example": {"reserved": ReservedSettings(labels=("www",))}}
    world = IrisWorld(make=MemoryStore if request.param == "memory" else sqlite, zone_features=features)
    yield world
    world.store.close()


def tags(result: dchk.Domain) -> list[str]:
    return [status.__tag__ or "" for status in result.statuses]


def test_what_is_registered_reserved_free_and_no_name(world: IrisWorld) -> None:
    world.host("ns1.other.net")
    world.domain("a.example", hosts=("ns1.other.net",))
    found = world.look("dchk1", "domain-name", "A.Example.")
    assert isinstance(found, dchk.Domain)
    assert (found.domain_name, found.idn, found.created) == ("a.example", None, START)
    assert (found.authority, found.entity_class, found.entity_name) == ("example", "domain-name", "A.Example.")
    assert found.expiration == START.replace(year=2026)
    assert tags(found) == ["active", "addPeriod"]
    assert found.statuses[1].applied_date == START
    reserved = world.look("dchk1", "domain-name", "www.example")
    assert tags(reserved) == ["reserved", "create"]
    assert reserved.statuses[1].disposition == "prohibited"
    for name in ("free.example", "a.elsewhere", "xn--mnchen-3ya.example", "free.co.test", "www.co.test"):
        assert world.look("dchk1", "domain-name", name) == "nameNotFound", name
    for name in ("example", "co.test", "below.a.co.test"):
        assert tags(world.look("dchk1", "domain-name", name)) == ["reserved", "create"], name
    for name in (
        "ab--c.co.test",
        "a..example",
        ".example",
        "-a.example",
        "a b.example",
        "ä.example",
        "a" * 64 + ".example",
        "",
    ):
        assert world.look("dchk1", "domain-name", name) == "invalidName", name
    assert world.look("dchk1", "host-name", "a.example") == "queryNotSupported"
    assert world.look("urn:ietf:params:xml:ns:dchk1", "Domain-Name", "a.example").domain_name == "a.example"


def test_internationalised_names(world: IrisWorld) -> None:
    world.domain("xn--mnchen-3ya.example")
    for entity_class, name in (
        ("idn", "MÜNCHEN.example"),
        ("idn", "münchen。example"),
        ("domain-name", "XN--mnchen-3ya.example"),
    ):
        found = world.look("dchk1", entity_class, name)
        assert (found.domain_name, found.idn) == ("xn--mnchen-3ya.example", "münchen.example")
        assert found.entity_name == name
    assert world.look("dchk1", "idn", "a_b.example") == "invalidName"
    assert world.look("dchk1", "idn", "köln.example") == "nameNotFound"


def test_statuses_of_a_life(world: IrisWorld) -> None:
    def now() -> list[str]:
        found = world.look("dchk1", "domain-name", "a.example")
        return [
            (s.__tag__ or "") + (f":{s.disposition}" if s.disposition else "") + (f":{s.actor}" if s.actor else "")
            for s in found.statuses
        ]

    world.domain()
    assert now() == ["inactive", "addPeriod"]
    world.later(days=6)
    assert now() == ["inactive"]
    locks = tuple(Status(f"client{what}Prohibited") for what in ("Delete", "Renew", "Transfer", "Update"))
    world.must(A, r.UpdateDomain("a.example", add_statuses=(*locks, Status("clientHold", "unpaid", "en"))))
    actions = ["delete", "renew", "transfer", "update"]
    assert now() == ["inactive", *[f"{action}:prohibited:registrar" for action in actions], "inactive:registrar"]
    held = world.look("dchk1", "domain-name", "a.example").statuses[-1]
    assert [(text.text, text.language) for text in held.descriptions] == [("unpaid", "en")]
    world.must(A, r.UpdateDomain("a.example", remove_statuses=(*locks, Status("clientHold"))))
    world.must(B, r.TransferDomain("request", "a.example", auth=r.AuthInfo(PASSWORD)))
    assert now() == ["inactive", "transfer:pending"]
    world.later(days=5)
    assert now() == ["inactive", "transferPeriod"]
    world.later(days=6)
    world.must(B, r.DeleteDomain("a.example"))
    assert now() == ["inactive", "redemptionPeriod"]
    world.must(B, r.RestoreDomain("a.example", "request"))
    assert now() == ["inactive", "restore:pending"]
    world.later(days=8)
    assert now() == ["inactive", "redemptionPeriod"]
    world.later(days=30)
    assert now() == ["inactive", "delete:pending"]
    world.later(days=5)
    assert world.look("dchk1", "domain-name", "a.example") == "nameNotFound"


def test_an_auto_renewal_is_seen_at_its_instant(world: IrisWorld) -> None:
    world.domain()
    world.later(days=10)
    assert world.look("dchk1", "domain-name", "a.example").expiration == START.replace(year=2026)
    world.clock.advance(START.replace(year=2026) - world.clock.now() - timedelta(seconds=1))
    assert tags(world.look("dchk1", "domain-name", "a.example")) == ["inactive"]
    world.later(seconds=1)
    found = world.look("dchk1", "domain-name", "a.example")
    assert (tags(found), found.expiration) == (["inactive", "autoRenewPeriod"], START.replace(year=2027))


@pytest.mark.parametrize("world", ["memory", "sqlite"], indirect=True)
def test_a_batch_is_one_question_to_the_store(world: IrisWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.domain("a.example")
    world.domain("b.example")
    with world.store.read() as view:
        state = type(view)
    asked: list[list[str]] = []
    ask = state.domains  # type: ignore[attr-defined]
    monkeypatch.setattr(state, "domains", lambda self, names: asked.append(list(names)) or ask(self, names))

    def exchange(*names: str) -> Exchange:
        lookups = [LookupEntity(registry_type="dchk1", entity_class="domain-name", entity_name=name) for name in names]
        return Exchange(
            Request(search_sets=tuple(SearchSet(query=one) for one in lookups)), Context(authority="example")
        )

    def answered(*exchanges: Exchange) -> list[list[str]]:
        responses = world.engine.respond(list(exchanges))
        assert isinstance(responses, list)
        return [
            [s.answer.results[0].domain_name if s.answer.results else s.error.__tag__ for s in response.result_sets]  # type: ignore[attr-defined,union-attr,misc]
            for response in responses
        ]

    first = answered(exchange("a.example", "free.example"), exchange("b.example"), exchange("a.example", "a..b"))
    assert first == [["a.example", "nameNotFound"], ["b.example"], ["a.example", "invalidName"]]
    assert asked == [["a.example", "free.example", "b.example"]]
    # What nobody changed is not asked for again; what is committed is seen at once.
    assert answered(exchange("a.example"), exchange("b.example")) == [["a.example"], ["b.example"]]
    assert len(asked) == 1
    world.domain("free.example")
    assert answered(exchange("free.example"), exchange("a.example")) == [["free.example"], ["a.example"]]
    world.must(A, r.DeleteDomain("a.example"))
    assert answered(exchange("a.example")) == [["nameNotFound"]]


def test_the_service_tells_of_itself_and_nothing_else(world: IrisWorld) -> None:
    about = world.look("dchk1", "iris", "id")
    assert about.authorities == ("example", "co.test")
    assert about.operator_name == "regwire registry"
    assert "100 results" in world.look("dchk1", "iris", "limits").other_restrictions.descriptions[0].text
    for type in ("dchk1", "dreg1", "areg1"):
        assert world.look(type, "iris", "other") == "nameNotFound"
        assert world.look(type, "local", "other") == "nameNotFound"
    assert world.look("dreg1", "nonsense", "x") == "queryNotSupported"


def test_what_is_kept_ends_when_time_changes_it(world: IrisWorld) -> None:
    world.domain()
    lookups = [("domain-name", "a.example"), ("idn", "A.example")]
    for _ in range(2):
        assert [tags(world.look("dchk1", *lookup)) for lookup in lookups] == [["inactive", "addPeriod"]] * 2
    world.later(days=5)
    # Nothing was committed meanwhile; the add period is over all the same.
    assert [tags(world.look("dchk1", *lookup)) for lookup in lookups] == [["inactive"]] * 2


def test_a_reserved_name_and_a_free_one_in_one_request(world: IrisWorld) -> None:
    def lookup(name: str) -> LookupEntity:
        return LookupEntity(registry_type="dchk1", entity_class="domain-name", entity_name=name)

    for _ in range(2):
        found = world.respond(*map(lookup, ("www.example", "free.example", "www.example"))).result_sets
        assert [None if one.error is None else one.error.__tag__ for one in found] == [None, "nameNotFound", None]
        assert found[0] == found[2]
