"""dreg from a registry (RFC 3982)."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trio
from iris_front import IrisWorld, checked
from registry_world import GLUE, PASSWORD, START, A, B, postal

from regwire.iris.handlers import Context, Exchange
from regwire.iris.messages import dreg
from regwire.iris.messages.core import LookupEntity, Request, SearchSet
from regwire.iris.messages.dreg import AnyMatch, ExactMatch, PartialMatch, ResourceMatch
from regwire.registry.clock import MovableClock
from regwire.registry.config import IrisSettings
from regwire.registry.model import requests as r
from regwire.registry.model.objects import Address, ContactLink, Disclose, HostAttribute, Phone, Status
from regwire.registry.rules import Policies
from regwire.registry.rules.features.idn import IdnSettings
from regwire.registry.rules.features.privacy import PrivacySettings
from regwire.registry.store.base import Store
from regwire.registry.store.memory import MemoryStore
from regwire.registry.store.sqlite import SqliteStore

STATUSES = (
    *("reserved_delegation", "assigned_and_active", "assigned_and_inactive", "assigned_and_on_hold", "revoked"),
    *("transfer_pending", "registry_lock", "registrar_lock", "other"),
)
V6 = Address("2001:db8::1", "v6")


@pytest.fixture(params=["memory", "sqlite"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    def sqlite(policies: Policies, clock: MovableClock) -> Store:
        return SqliteStore(tmp_path / "registry.sqlite", policies, clock)

    return MemoryStore if request.param == "memory" else sqlite


@pytest.fixture
def world(make: Any) -> Iterator[IrisWorld]:
    world = IrisWorld(make=make)
    fill(world)
    yield world
    world.store.close()


def fill(world: IrisWorld) -> None:
    world.registrar(A, "Alpha Registrations")
    world.registrar(B, "Beta Names")
    ada = (postal(name="Ada Lovelace", org="Engines Ltd"), postal("loc", name="Ада", org=None, city="Делфт"))
    world.must(A, r.CreateContact("ada", ada, "ada@engines.example", Phone("+31.201234567", "9"), None, PASSWORD))
    bob = (postal(name="Bob Byron", org=None, sp="ZH", pc="8000", cc="CH"),)
    world.must(A, r.CreateContact("bob", bob, "bob@mail.example", None, Phone("+41.441234567"), PASSWORD))
    world.host("ns1.other.net")
    world.domain(
        "a.example",
        registrant="ada",
        contacts=(ContactLink("tech", "bob"), ContactLink("admin", "ada"), ContactLink("billing", "bob")),
        hosts=("ns1.other.net",),
    )
    world.must(A, r.CreateHost("ns1.a.example", (*GLUE, V6)))
    world.domain("b.example", account=B, hosts=("ns1.a.example", "ns1.other.net"))
    world.domain("alphabet.co.test", registrant="bob")


def names(results: list[Any]) -> list[str]:
    return [getattr(result, "domain_name", None) or result.entity_name for result in results]


def reference(entity: Any) -> tuple[str, str, str]:
    return entity.entity_class, entity.entity_name, str(entity.referent_type).rpartition("}")[2].rpartition(":")[2]


# --- lookups


def test_a_domain_and_what_it_refers_to(world: IrisWorld) -> None:
    found = world.query(LookupEntity(registry_type="dreg1", entity_class="domain-name", entity_name="A.EXAMPLE"))
    (domain,) = found.answer.results
    assert isinstance(domain, dreg.Domain)
    assert domain.registry_type == "urn:ietf:params:xml:ns:dreg1"
    assert (domain.domain_name, domain.idn, domain.entity_name) == ("a.example", None, "a.example")
    assert [reference(server)[2] for server in domain.name_servers] == ["host"]
    assert domain.registrant is not None
    assert reference(domain.registrant) == ("contact-handle", "ada", "contact")
    assert [reference(one)[1] for one in domain.technical_contacts] == ["bob"]
    assert [reference(one)[1] for one in domain.billing_contacts] == ["bob"]
    assert [reference(one)[1] for one in domain.administrative_contacts] == ["ada"]
    assert domain.registrar is not None
    assert reference(domain.registrar) == ("registration-authority", A, "registrationAuthority")
    assert domain.registry is not None
    assert domain.registry.entity_name == "registry"
    assert domain.expiration is not None
    assert domain.expiration.value == START.replace(year=2026)
    # Exactly what the answer refers to comes along, each once.
    assert found.additional is not None
    beside = [(result.entity_class, result.entity_name) for result in found.additional.results]
    assert sorted(beside) == sorted(
        [
            ("host-handle", domain.name_servers[0].entity_name),
            ("contact-handle", "ada"),
            ("contact-handle", "bob"),
            ("registration-authority", A),
        ]
    )
    # Each reference leads somewhere.
    for entity in (*domain.name_servers, domain.registrant, domain.registrar, domain.registry):
        again = world.look(entity.registry_type, entity.entity_class, entity.entity_name)
        assert not isinstance(again, str), again
    assert domain.domain_handle is not None
    by_handle = world.look("dreg1", "domain-handle", (domain.domain_handle.value or "").lower())
    assert (by_handle.domain_name, by_handle.entity_name) == ("a.example", domain.domain_handle.value)
    lookup = LookupEntity(registry_type="dreg1", entity_class="domain-name", entity_name="a.example")
    assert world.query(lookup, transport="lwz").additional is None


def test_what_is_not_there(world: IrisWorld) -> None:
    for entity_class, name, error in (
        ("domain-name", "free.example", "nameNotFound"),
        ("domain-name", "a_b.example", "invalidName"),
        ("domain-handle", "NONE-TEST", "nameNotFound"),
        ("idn", "fräi.example", "nameNotFound"),
        ("host-name", "ns9.other.net", "nameNotFound"),
        ("host-name", "192.0.2.1", "invalidName"),
        ("host-handle", "NONE-TEST", "nameNotFound"),
        ("contact-handle", "nobody", "nameNotFound"),
        ("ipv4-address", "192.0.2.200", "nameNotFound"),
        ("ipv4-address", "2001:db8::1", "invalidName"),
        ("ipv6-address", "192.0.2.1", "invalidName"),
        ("registration-authority", "nobody", "nameNotFound"),
    ):
        assert world.look("dreg1", entity_class, name) == error, (entity_class, name)


def test_hosts(world: IrisWorld) -> None:
    by_name = world.look("dreg1", "host-name", "NS1.a.example.")
    assert isinstance(by_name, dreg.Host)
    assert (by_name.host_name, by_name.ipv4_addresses, by_name.ipv6_addresses) == (
        *("ns1.a.example", ("192.0.2.1",)),
        ("2001:db8::1",),
    )
    assert by_name.host_handle is not None
    handle = by_name.host_handle.value or ""
    assert world.look("dreg1", "host-handle", handle.lower()).host_name == "ns1.a.example"
    for entity_class, address in (("ipv4-address", "192.0.2.1"), ("ipv6-address", "2001:DB8:0:0::1")):
        found = world.look("dreg1", entity_class, address)
        assert (found.host_name, found.entity_class) == ("ns1.a.example", entity_class)


def test_statuses(world: IrisWorld) -> None:
    def now() -> set[str]:
        status = world.look("dreg1", "domain-name", "a.example").status
        return {name for name in STATUSES if getattr(status, name) is not None}

    assert now() == {"assigned_and_active", "other"}
    world.later(days=6)
    assert now() == {"assigned_and_active"}
    world.must(A, r.UpdateDomain("a.example", add_statuses=(Status("clientHold"), Status("clientUpdateProhibited"))))
    assert now() == {"assigned_and_on_hold", "registrar_lock"}
    world.must(A, r.UpdateDomain("a.example", remove_statuses=(Status("clientHold"), Status("clientUpdateProhibited"))))
    world.must("-", r.SetServerStatuses("domain", "a.example", add=(Status("serverTransferProhibited", "locked"),)))
    assert now() == {"assigned_and_active", "registry_lock"}
    locked = world.look("dreg1", "domain-name", "a.example").status.registry_lock
    assert [text.text for text in locked.descriptions] == ["locked"]
    world.must(B, r.TransferDomain("request", "alphabet.co.test", auth=r.AuthInfo(PASSWORD)))
    pending = world.look("dreg1", "domain-name", "alphabet.co.test").status
    assert pending.transfer_pending.applied_date == world.clock.now()
    assert pending.assigned_and_inactive is not None
    world.must(B, r.UpdateDomain("b.example", remove_hosts=("ns1.a.example", "ns1.other.net")))
    world.must(B, r.DeleteDomain("b.example"))
    gone = world.look("dreg1", "domain-name", "b.example").status
    assert gone.revoked.applied_date == world.clock.now()
    assert gone.assigned_and_active is None


def test_registration_authorities(world: IrisWorld) -> None:
    for name in (A, A.upper(), "alpha registrations"):
        found = world.look("dreg1", "registration-authority", name)
        assert (found.organization_name, found.domains) == ("Alpha Registrations", ("example", "co.test"))
        assert [role.__tag__ for role in found.roles] == ["registrar"]
    registry = world.look("dreg1", "registration-authority", "Registry")
    assert [role.__tag__ for role in registry.roles] == ["registry"]
    assert registry.service_instance.entity_class == "iris"


def test_name_servers_that_are_attributes(make: Any) -> None:
    world = IrisWorld(make=make, host_model="attributes")
    world.domain(
        host_attributes=(HostAttribute("ns1.a.example", (*GLUE, V6)), HostAttribute("ns.other.net")),
    )
    found = world.query(LookupEntity(registry_type="dreg1", entity_class="domain-name", entity_name="a.example"))
    (domain,) = found.answer.results
    assert isinstance(domain, dreg.Domain)
    # They are no entities of their own: what refers to them is good for this response only.
    assert all(server.temporary_reference for server in domain.name_servers)
    assert found.additional is not None
    hosts = [host for host in found.additional.results if isinstance(host, dreg.Host)]
    assert [(host.host_name, host.temporary_reference) for host in hosts] == [
        ("ns1.a.example", True),
        ("ns.other.net", True),
    ]
    for query in (
        dreg.FindDomainsByHost(host_name=ExactMatch("NS.other.net")),
        dreg.FindDomainsByHost(ipv6_address=ExactMatch("2001:db8::1")),
        dreg.FindDomainsByHost(ipv4_address=ExactMatch("192.0.2.1")),
    ):
        assert names(world.found(query)) == ["a.example"]
        # A temporary reference points into the same response (RFC 3981 section 4.3.5), of a search too.
        searched = world.query(query).additional
        assert searched is not None
        assert names(searched.results) == ["ns1.a.example", "ns.other.net"]
    # Over LWZ little comes along, but that.
    lookup = LookupEntity(registry_type="dreg1", entity_class="domain-name", entity_name="a.example")
    small = world.query(lookup, transport="lwz")
    assert small.answer.results == (domain,)
    assert small.additional is not None
    assert [type(result) for result in small.additional.results] == [dreg.Host, dreg.Host]
    world.store.close()


# --- privacy


def shown(value: Any) -> Any:
    if value is None:
        return None
    return (
        value.value if value.value is not None else ("private" if value.private else "denied" if value.denied else "?")
    )


def test_of_contacts_little_is_public(world: IrisWorld) -> None:
    ada = world.look("dreg1", "contact-handle", "ADA")
    assert (ada.contact_handle.value, ada.entity_name) == ("ada", "ada")
    assert (shown(ada.common_name), shown(ada.organization)) == ("denied", "Engines Ltd")
    assert [shown(one) for one in (*ada.emails, *ada.phones)] == ["denied", "denied"]
    assert ada.faxes == ()
    first = ada.postal_addresses[0]
    assert [shown(v) for v in (first.address, first.city, first.region, first.postal_code, first.country)] == [
        *("denied", "denied", None, "denied"),
        "NL",
    ]
    assert len(ada.postal_addresses) == 2


def test_contacts_decide_about_their_own(world: IrisWorld) -> None:
    world.must(A, r.UpdateContact("ada", disclose=Disclose(True, ("name:loc", "name:int", "email"))))
    world.must(A, r.UpdateContact("bob", disclose=Disclose(False, ("addr:int", "fax"))))
    ada, bob = (world.look("dreg1", "contact-handle", id) for id in ("ada", "bob"))
    assert [shown(v) for v in (ada.common_name, *ada.emails, *ada.phones)] == [
        *("Ada Lovelace", "ada@engines.example"),
        "denied",
    ]
    address = bob.postal_addresses[0]
    assert [shown(v) for v in (address.country, address.city, bob.common_name, *bob.faxes)] == [
        *("private", "private", "denied"),
        "private",
    ]


def test_who_has_full_access_sees_everything(make: Any) -> None:
    world = IrisWorld(
        make=make, features={"privacy": PrivacySettings(public=(), handles=False, full_access=("police",))}
    )
    fill(world)
    domain = world.look("dreg1", "domain-name", "a.example")
    assert (domain.registrant, domain.technical_contacts) == (None, ())
    by_contact = dreg.FindDomainsByContact(contact_handle=ExactMatch("bob"))
    error = world.query(by_contact).error
    assert error is not None
    assert error.__tag__ == "permissionDenied"
    assert shown(world.look("dreg1", "contact-handle", "ada").organization) == "denied"
    assert world.look("dreg1", "contact-handle", "ada", identity="thief").common_name.value is None

    assert world.look("dreg1", "domain-name", "a.example", identity="police").registrant is not None
    ada = world.look("dreg1", "contact-handle", "ada", identity="police")
    assert (ada.common_name.value, ada.common_name.special_access) == ("Ada Lovelace", True)
    assert [phone.value for phone in ada.phones] == ["+31.201234567 x9"]
    assert names(world.found(by_contact, identity="police")) == ["a.example", "alphabet.co.test"]
    world.store.close()


# --- searches


def test_find_registrars_by_name(world: IrisWorld) -> None:
    def found(**parameters: Any) -> list[str]:
        return sorted(names(world.found(dreg.FindRegistrarsByName(**parameters))))

    assert found() == [A, B]
    assert found(base_domain="example") == [A, B]
    assert found(base_domain="elsewhere") == []
    assert found(name_part=AnyMatch(begins_with="alpha")) == [A]
    assert found(name_part=AnyMatch(ends_with="NAMES")) == [B]
    assert found(name_part=AnyMatch(exact_match="beta names")) == [B]
    assert found(name_part=AnyMatch(exact_match="beta")) == []


def test_find_domains_by_name(world: IrisWorld) -> None:
    def found(**parameters: str) -> list[str]:
        return names(world.found(dreg.FindDomainsByName(PartialMatch(**parameters))))

    assert found(begins_with="A") == ["a.example", "alphabet.co.test"]
    assert found(begins_with="a.") == ["a.example"]
    assert found(ends_with=".example") == ["a.example", "b.example"]
    assert found(ends_with=".EXAMPLE.") == ["a.example", "b.example"]
    assert found(ends_with="bet.co.test") == ["alphabet.co.test"]
    assert found(begins_with="a", ends_with="co.test") == ["alphabet.co.test"]
    assert found(begins_with="z") == []
    world.must(A, r.DeleteDomain("alphabet.co.test"))
    assert found(ends_with="test") == []


def test_find_domains_by_idn_and_its_variants(make: Any) -> None:
    world = IrisWorld(make=make, features={"idn": IdnSettings(tables=("latin",), variants="same-registrar")})
    world.domain("xn--mnchen-3ya.example")
    world.domain("plain.example")

    def found(name: str) -> list[str]:
        return names(world.found(dreg.FindDomainsByIDN(ExactMatch(name), languages=("de",))))

    assert found("MÜNCHEN.example") == ["xn--mnchen-3ya.example"]
    assert found("plain.example") == ["plain.example"]
    assert found("köln.example") == []
    error = world.query(dreg.FindDomainsByIDN(ExactMatch("a b.example"))).error
    assert error is not None
    assert error.__tag__ == "invalidName"
    world.store.close()


def test_find_domains_by_contact(world: IrisWorld) -> None:
    def found(role: Any = None, base: str | None = None, **parameters: Any) -> list[str]:
        query = dreg.FindDomainsByContact(base_domain=base, role=role, **parameters)
        return sorted(names(world.found(query)))

    bob = ExactMatch("BOB")
    assert found(contact_handle=bob) == ["a.example", "alphabet.co.test"]
    assert found(contact_handle=bob, role="registrant") == ["alphabet.co.test"]
    assert found(contact_handle=bob, role="technicalContact") == ["a.example"]
    assert found(contact_handle=bob, role="administrativeContact") == []
    assert found(contact_handle=bob, role="legalContact") == []
    assert found(contact_handle=bob, base="CO.test.") == ["alphabet.co.test"]
    assert found(contact_handle=bob, base="test") == ["alphabet.co.test"]
    assert found(contact_handle=ExactMatch("nobody")) == []
    assert found(organization=AnyMatch(begins_with="engines")) == ["a.example"]
    # What may not be seen cannot be searched.
    assert found(common_name=AnyMatch(exact_match="Bob Byron")) == []
    world.must(A, r.UpdateContact("bob", disclose=Disclose(True, ("name:int",))))
    assert found(common_name=AnyMatch(exact_match="Bob Byron")) == ["a.example", "alphabet.co.test"]


def test_find_contacts(make: Any) -> None:
    public = ("name", "organization", "city", "region", "postal_code", "email")
    world = IrisWorld(make=make, features={"privacy": PrivacySettings(public=public)})
    fill(world)

    def found(**parameters: Any) -> list[str]:
        return sorted(names(world.found(dreg.FindContacts(**parameters))))

    assert found(common_name=AnyMatch(begins_with="ada")) == ["ada"]
    assert found(common_name=AnyMatch(exact_match="ада")) == ["ada"]
    assert found(common_name=AnyMatch(begins_with="B", ends_with="ron")) == ["bob"]
    assert found(organization=AnyMatch(ends_with="LTD")) == ["ada"]
    assert found(email=ResourceMatch(exact_match="Bob@mail.example")) == ["bob"]
    assert found(email=ResourceMatch(in_domain="mail.EXAMPLE")) == ["bob"]
    assert found(email=ResourceMatch(in_domain="example")) == []
    assert found(city=ExactMatch("delft")) == ["ada", "bob"]
    assert found(region=ExactMatch("zh")) == ["bob"]
    assert found(postal_code=ExactMatch("8000"), languages=("en", "nl")) == ["bob"]
    error = world.query(dreg.FindContacts(email=ResourceMatch(in_domain="x@y.example"))).error
    assert error is not None
    assert error.__tag__ == "invalidSearch"
    world.must(A, r.UpdateContact("bob", disclose=Disclose(False, ("email",))))
    assert found(email=ResourceMatch(in_domain="mail.example")) == []
    world.store.close()


def test_find_domains_by_host(world: IrisWorld) -> None:
    def found(base: str | None = None, **parameters: Any) -> list[str]:
        return sorted(names(world.found(dreg.FindDomainsByHost(base_domain=base, **parameters))))

    assert found(host_name=ExactMatch("NS1.other.net.")) == ["a.example", "b.example"]
    assert found(host_name=ExactMatch("ns1.other.net"), base="test") == []
    assert found(ipv4_address=ExactMatch("192.0.2.1")) == ["b.example"]
    assert found(ipv6_address=ExactMatch("2001:DB8::1")) == ["b.example"]
    handle = world.look("dreg1", "host-name", "ns1.a.example").host_handle.value
    assert found(host_handle=ExactMatch(handle)) == ["b.example"]
    assert found(host_name=ExactMatch("ns9.other.net")) == []
    error = world.query(dreg.FindDomainsByHost(ipv4_address=ExactMatch("nonsense"))).error
    assert error is not None
    assert error.__tag__ == "invalidSearch"


def test_more_than_the_limit_is_too_wide(make: Any) -> None:
    world = IrisWorld(make=make, iris=IrisSettings(results=2, searches="on"))
    for name in ("a.example", "ab.example", "abc.example"):
        world.domain(name)
    two = world.query(dreg.FindDomainsByName(PartialMatch(begins_with="ab")))
    assert (names(list(two.answer.results)), two.error) == (["ab.example", "abc.example"], None)
    three = world.query(dreg.FindDomainsByName(PartialMatch(ends_with=".example")))
    assert len(three.answer.results) == 2
    assert three.error is not None
    assert three.error.__tag__ == "searchTooWide"
    world.store.close()


def test_a_registry_that_answers_no_searches(make: Any) -> None:
    world = IrisWorld(make=make, iris=IrisSettings(searches="off"))
    world.domain()
    assert world.look("dreg1", "domain-name", "a.example").domain_name == "a.example"
    error = world.query(dreg.FindDomainsByName(PartialMatch(begins_with="a"))).error
    assert error is not None
    assert error.__tag__ == "queryNotSupported"
    world.store.close()


def test_the_index_is_made_when_first_somebody_asks(make: Any) -> None:
    world = IrisWorld(make=make, iris=IrisSettings())
    fill(world)

    def searchable() -> bool:
        with world.store.read() as view:
            return view.searchable()

    def asked(query: Any) -> list[Any]:
        async def ask() -> list[Any]:
            request = Request(search_sets=(SearchSet(query=query),))
            found = world.engine.respond([Exchange(request, Context(authority="example"))])
            assert not isinstance(found, list)
            return names(list(checked((await found)[0]).result_sets[0].answer.results))

        return trio.run(ask)

    assert asked(dreg.FindDomainsByName(PartialMatch(begins_with="b"))) == ["b.example"]
    assert asked(dreg.FindDomainsByContact(contact_handle=ExactMatch("ADA"))) == ["a.example"]
    assert asked(dreg.FindDomainsByHost(host_name=ExactMatch("ns1.a.example"))) == ["b.example"]
    assert world.look("dreg1", "contact-handle", "BOB").entity_name == "bob"
    assert not searchable()
    address = LookupEntity(registry_type="dreg1", entity_class="ipv4-address", entity_name="192.0.2.1")
    # What waits does not go the engine's short way, on which nothing may.
    assert world.engine.quick(Request(search_sets=(SearchSet(query=address),)), Context()) is NotImplemented
    assert asked(address) == ["192.0.2.1"]
    assert searchable()
    world.domain("new.co.test")
    assert asked(dreg.FindDomainsByName(PartialMatch(ends_with=".test"))) == ["alphabet.co.test", "new.co.test"]
    world.store.close()


def test_no_search_reads_a_whole_table(tmp_path: Path) -> None:
    """What SQLite says it will do for each statement that the fronts' questions become."""
    path = tmp_path / "registry.sqlite"
    world = IrisWorld(make=lambda policies, clock: SqliteStore(path, policies, clock))
    fill(world)
    statements: set[str] = set()
    reader = world.store._reader  # type: ignore[attr-defined]
    reader.set_trace_callback(statements.add)
    for query in (
        dreg.FindDomainsByName(PartialMatch(begins_with="a", ends_with="e")),
        dreg.FindDomainsByName(PartialMatch(ends_with="e")),
        dreg.FindDomainsByContact(organization=AnyMatch(begins_with="e", ends_with="d")),
        dreg.FindDomainsByContact(contact_handle=ExactMatch("bob")),
        dreg.FindDomainsByHost(host_name=ExactMatch("ns1.other.net")),
        dreg.FindDomainsByHost(ipv4_address=ExactMatch("192.0.2.1")),
        dreg.FindContacts(organization=AnyMatch(exact_match="Engines Ltd")),
    ):
        world.found(query)
    for entity_class, name in (("domain-name", "a.example"), ("domain-handle", "X"), ("contact-handle", "ADA")):
        world.look("dreg1", entity_class, name)
    reader.set_trace_callback(None)
    plans = []
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            if statement.startswith("SELECT"):
                rows = connection.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
                plans += [(row[3], statement) for row in rows]
    assert len(plans) > 10
    # Not what SQLite makes of a question on the way, the list of names in a question, and the lists of links.
    scans = [
        plan
        for plan in plans
        if plan[0].startswith("SCAN") and "subquery" not in plan[0] and "VIRTUAL TABLE" not in plan[0]
    ]
    assert scans == []
    world.store.close()
