"""What uses contacts and hosts besides domains: organisations and launch applications (RFC 5732, 5733, 8334, 8544)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from registry_world import GLUE, PASSWORD, A, B, World

from regwire.registry.clock import MovableClock
from regwire.registry.config import parse_config
from regwire.registry.model import requests as r
from regwire.registry.model.launch import (
    ApplicationAsked,
    ApplicationStatus,
    LaunchCreated,
    LaunchGiven,
    LaunchWanted,
    Phase,
    SetApplicationStatus,
)
from regwire.registry.model.money import Deposit, ReadBalances
from regwire.registry.model.operators import PurgeDomain
from regwire.registry.model.orgs import (
    CreateOrg,
    DeleteOrg,
    OrgChange,
    OrgContact,
    OrgInfo,
    OrgLink,
    OrgRole,
    SetOrgs,
    UpdateOrg,
)
from regwire.registry.model.tokens import (
    AddTokens,
    GivenToken,
    ReadTokens,
    RemoveTokens,
    Token,
    TokenInfo,
    TokenInfoWanted,
    digest_of,
)
from regwire.registry.rules import Policies, ledger
from regwire.registry.store.base import Store
from regwire.registry.store.memory import MemoryStore
from regwire.registry.store.sqlite import SqliteStore

SETTINGS = """
[registry]
zones = ["example", "round"]
[policy.allocation_token]
enabled = true
[policy.fee]
currency = "EUR"
create = "10.00"
[[zone."round".launch.phases]]
phase = "landrush"
mode = "application"
"""
ROUND = Phase("landrush")
SECRET = "abc123"


class Desk(World):
    """A world with applications and tokens."""

    def apply(self, name: str = "one.round", account: str = A, *more: Any, **fields: Any) -> str:
        request = r.CreateDomain(name, auth=PASSWORD, extensions=(LaunchGiven(ROUND), *more), **fields)
        outcome = self.ask(account, request)
        assert outcome.code == 1001, outcome
        (created,) = outcome.extensions
        assert isinstance(created, LaunchCreated)
        assert created.application is not None
        return created.application

    def decide(self, id: str, value: str) -> int:
        return self.code("-", SetApplicationStatus(id, ApplicationStatus(value)))

    def withdraw(self, id: str, name: str = "one.round") -> None:
        self.must(A, r.DeleteDomain(name, extensions=(ApplicationAsked(ROUND, id),)))

    def contact_statuses(self, id: str = "con-1", account: str = A) -> set[str]:
        return {status.value for status in self.must(account, r.InfoContact(id)).statuses}

    def host_statuses(self, name: str) -> set[str]:
        return {status.value for status in self.must(A, r.InfoHost(name)).statuses}

    def token(self, **fields: Any) -> GivenToken:
        self.must("-", AddTokens((Token(digest_of(SECRET), **fields),)))
        return GivenToken(SECRET)

    def left(self) -> int | None:
        (found,) = self.must("-", ReadTokens())
        return found.uses  # type: ignore[no-any-return]

    def orgs(self, account: str, request: r.Request) -> tuple[OrgLink, ...]:
        found = [one for one in self.ask(account, request).extensions if isinstance(one, OrgInfo)]
        return found[0].links if found else ()


@pytest.fixture(params=["memory", "sqlite"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    make: Callable[..., Store] = MemoryStore
    if request.param == "sqlite":
        make = lambda policies, clock: SqliteStore(tmp_path / "registry.sqlite", policies, clock)  # noqa: E731
    world = Desk(make=make, config=parse_config(SETTINGS, Path("registry.toml")))
    for account in (A, B):
        world.must("-", Deposit(account, "EUR", Decimal(100)))
    yield world
    with world.store.read() as view:
        assert ledger.problems(view) == []
    world.store.close()


# --- organisations


def test_rfc_5733_2_2_a_contact_of_an_organisation_is_linked(desk: Desk) -> None:
    desk.contact()
    assert desk.contact_statuses() == {"ok"}
    desk.must(B, CreateOrg("res-1", (OrgRole("reseller"),), contacts=(OrgContact("admin", "con-1"),)))
    assert desk.contact_statuses() == {"ok", "linked"}
    assert desk.code(A, r.DeleteContact("con-1")) == 2305
    desk.must(B, UpdateOrg("res-1", OrgChange(), OrgChange((OrgContact("admin", "con-1"),))))
    assert desk.contact_statuses() == {"ok"}
    desk.must(A, r.DeleteContact("con-1"))


@pytest.mark.parametrize("by_time", [True, False])
def test_rfc_8544_4_2_4_a_contact_leaves_the_losing_registrars_organisations_behind(
    desk: Desk, *, by_time: bool
) -> None:
    desk.must(A, CreateOrg("res-1", (OrgRole("reseller"),)))
    desk.must(B, CreateOrg("reg-2", (OrgRole("registrar"),)))
    both = SetOrgs((OrgLink("reseller", "res-1"), OrgLink("registrar", "reg-2")))
    desk.contact(extensions=(both,))
    assert desk.code(A, DeleteOrg("res-1")) == 2305
    desk.must(B, r.TransferContact("request", "con-1", auth=r.AuthInfo(PASSWORD)))
    if by_time:
        desk.later(days=6)
        desk.must("-", r.SettleDue())
    else:
        desk.must(A, r.TransferContact("approve", "con-1"))
    assert desk.orgs(B, r.InfoContact("con-1")) == (OrgLink("registrar", "reg-2"),)
    desk.must(A, DeleteOrg("res-1"))
    assert desk.code(B, DeleteOrg("reg-2")) == 2305


def test_rfc_8544_4_2_4_so_do_hosts_that_go_with_their_domain(desk: Desk) -> None:
    desk.must(A, CreateOrg("res-1", (OrgRole("reseller"),)))
    desk.domain("a.example")
    reseller = (SetOrgs((OrgLink("reseller", "res-1"),)),)
    desk.must(A, r.CreateHost("ns1.a.example", GLUE, extensions=reseller))
    desk.must(B, r.TransferDomain("request", "a.example", auth=r.AuthInfo(PASSWORD)))
    desk.later(days=6)
    assert desk.must(B, r.InfoHost("ns1.a.example")).host.sponsor == B
    desk.must("-", r.SettleDue())
    assert desk.orgs(B, r.InfoHost("ns1.a.example")) == ()
    desk.must(A, DeleteOrg("res-1"))


# --- applications hold what they name


def test_rfc_5733_3_2_2_a_contact_of_a_pending_application_stays(desk: Desk) -> None:
    for id in ("con-1", "con-2", "con-3"):
        desk.contact(id)
    id = desk.apply(registrant="con-1", contacts=desk.links(("admin", "con-2"), ("tech", "con-2")))
    other = desk.apply(account=B, registrant="con-1")
    for contact in ("con-1", "con-2"):
        assert desk.contact_statuses(contact) == {"ok", "linked"}
        assert desk.code(A, r.DeleteContact(contact)) == 2305
    change = r.UpdateDomain("one.round", registrant="con-3", extensions=(ApplicationAsked(ROUND, id),))
    desk.must(A, change)
    assert desk.code(A, r.DeleteContact("con-1")) == 2305
    assert desk.code(A, r.DeleteContact("con-3")) == 2305
    assert desk.decide(other, "rejected") == 1000
    desk.must(A, r.DeleteContact("con-1"))
    desk.withdraw(id)
    assert desk.contact_statuses("con-2") == {"ok"}
    desk.must(A, r.DeleteContact("con-2"))


def test_rfc_5732_3_2_2_a_host_of_a_pending_application_stays(desk: Desk) -> None:
    desk.host("ns1.other.net", account=B)
    desk.domain("a.example")
    desk.host("ns1.a.example", glue=True)
    id = desk.apply(hosts=("ns1.other.net", "ns1.a.example"))
    assert desk.host_statuses("ns1.other.net") == {"ok", "linked"}
    assert desk.code(B, r.DeleteHost("ns1.other.net")) == 2305
    # An external host that others use keeps its name, and what is delegated to keeps its glue.
    assert desk.code(B, r.UpdateHost("ns1.other.net", new_name="ns9.other.net")) == 2305
    assert desk.code(A, r.UpdateHost("ns1.a.example", remove_addresses=GLUE)) == 2305
    assert desk.code("-", PurgeDomain("a.example")) == 2305
    assert desk.decide(id, "allocated") == 1000
    assert desk.code(B, r.DeleteHost("ns1.other.net")) == 2305
    desk.must(A, r.UpdateDomain("one.round", remove_hosts=("ns1.other.net", "ns1.a.example")))
    desk.must(B, r.DeleteHost("ns1.other.net"))


def test_a_group_holds_what_it_applied_with(desk: Desk) -> None:
    desk.contact()
    request = r.CreateDomain("one.round", auth=PASSWORD, registrant="con-1", extensions=(LaunchGiven(ROUND),))
    outcomes = desk.group((A, request), (A, r.DeleteContact("con-1")))
    assert [outcome.code for outcome in outcomes] == [1001, 2305]


# --- applications take allocation tokens (RFC 8495)


def test_rfc_8495_an_application_uses_its_token_up_and_is_billed_by_it(desk: Desk) -> None:
    token = desk.token(uses=1, discount=40, account=A)
    id = desk.apply("one.round", A, token)
    assert desk.left() == 0
    again = r.CreateDomain("two.round", auth=PASSWORD, extensions=(LaunchGiven(ROUND), token))
    assert desk.code(A, again) == 2201
    asked = r.InfoDomain("one.round", extensions=(LaunchWanted(ROUND, id), TokenInfoWanted()))
    assert TokenInfo(SECRET) in desk.ask(A, asked).extensions
    assert desk.decide(id, "allocated") == 1000
    assert desk.left() == 0
    assert [have.amount for have in desk.must(A, ReadBalances(A))] == [9400]
    told = desk.ask(A, r.InfoDomain("one.round", extensions=(TokenInfoWanted(),)))
    assert told.extensions == (TokenInfo(SECRET),)


@pytest.mark.parametrize("how", ["rejected", "withdrawn"])
def test_rfc_8495_the_token_of_an_application_that_comes_to_nothing_can_be_used_again(desk: Desk, how: str) -> None:
    token = desk.token(uses=1)
    id = desk.apply("one.round", A, token)
    if how == "rejected":
        assert desk.decide(id, "rejected") == 1000
    else:
        desk.withdraw(id)
    assert desk.left() == 1
    desk.apply("two.round", B, token)


def test_rfc_8495_a_token_that_ended_meanwhile_still_counts_and_one_withdrawn_does_not(desk: Desk) -> None:
    token = desk.token(uses=None, discount=40, ends=desk.clock.now().replace(day=20))
    first, second = desk.apply("one.round", A, token), desk.apply("two.round", A, token)
    desk.later(days=60)
    assert desk.decide(first, "allocated") == 1000
    assert [have.amount for have in desk.must(A, ReadBalances(A))] == [9400]
    desk.must("-", RemoveTokens((digest_of(SECRET),)))
    assert desk.decide(second, "allocated") == 1000
    assert [have.amount for have in desk.must(A, ReadBalances(A))] == [8400]
    assert desk.code(A, r.InfoDomain("two.round", extensions=(TokenInfoWanted(),))) == 2303


def test_rfc_8495_an_application_with_a_wrong_token_is_refused(desk: Desk) -> None:
    wrong = r.CreateDomain("one.round", auth=PASSWORD, extensions=(LaunchGiven(ROUND), GivenToken("nothing")))
    assert desk.code(A, wrong) == 2201


def test_applications_of_version_4_hold_what_they_name_too(tmp_path: Path) -> None:
    def make(policies: Policies, clock: MovableClock) -> Store:
        return SqliteStore(tmp_path / "registry.sqlite", policies, clock)

    desk = Desk(make=make, config=parse_config(SETTINGS, Path("registry.toml")))
    for account in (A, B):
        desk.must("-", Deposit(account, "EUR", Decimal(100)))
    for id in ("con-1", "con-2"):
        desk.contact(id)
    desk.host("ns1.other.net")
    desk.apply(registrant="con-1", contacts=desk.links(("admin", "con-2"), ("tech", "con-2")), hosts=("ns1.other.net",))
    desk.apply("bare.round")
    gone = desk.apply("two.round", registrant="con-1")
    assert desk.decide(gone, "rejected") == 1000
    desk.store.close()
    script = files("regwire.registry.store").joinpath("migrations/0005.sql").read_text("utf-8")
    (statement,) = [part for part in script.split(";\n") if "INTO record_index" in part]
    query = "SELECT * FROM record_index WHERE kind = 'application' ORDER BY 1, 2, 3, 4"
    with closing(sqlite3.connect(tmp_path / "registry.sqlite")) as connection:
        now = connection.execute(query).fetchall()
        connection.execute("DELETE FROM record_index WHERE kind = 'application' AND name IN ('contact', 'host')")
        assert connection.execute(query).fetchall() != now
        connection.execute(statement)
        assert connection.execute(query).fetchall() == now
