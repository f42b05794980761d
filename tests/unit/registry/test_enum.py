"""ENUM zones: numbers as names, NAPTR records over EPP (RFC 4114), and ereg (RFC 4414)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from iris_front import IrisWorld
from registry_world import PASSWORD, A, B

from regwire.epp.ext import enum_naptr as e
from regwire.iris.messages import ereg
from regwire.iris.messages.core import LookupEntity
from regwire.iris.messages.ereg import ExactMatch
from regwire.registry.clock import MovableClock
from regwire.registry.fronts.epp.ext.enum import FRONT
from regwire.registry.model import requests as r
from regwire.registry.model.e164 import ChangeNaptrs, Naptr, NaptrInfo, name_of, number_of
from regwire.registry.model.objects import Address, Status
from regwire.registry.model.validation import ChangeValidations, Validation
from regwire.registry.rules import Policies
from regwire.registry.rules.features.enum import EnumSettings, naptrs_of
from regwire.registry.rules.features.enum_validation import ValidationSettings
from regwire.registry.rules.features.privacy import PrivacySettings
from regwire.registry.store.base import Store
from regwire.registry.store.memory import MemoryStore
from regwire.registry.store.sqlite import SqliteStore

ZONE = "1.3.e164.arpa"
SIP = Naptr(100, 10, "E2U+sip", "u", "!^.*$!sip:info@example.com!")
MAIL = Naptr(100, 20, "E2U+email", "u", "!^.*$!mailto:info@example.com!")


def number(digits: str) -> str:
    return name_of(digits, "e164.arpa")


@pytest.fixture(params=["memory", "sqlite"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[IrisWorld]:
    def sqlite(policies: Policies, clock: MovableClock) -> Store:
        return SqliteStore(tmp_path / "registry.sqlite", policies, clock)

    world = IrisWorld(
        make=MemoryStore if request.param == "memory" else sqlite,
        zones=("example", ZONE),
        zone_features={ZONE: {"enum": EnumSettings(enabled=True, max_naptrs=2)}},
        features={"privacy": PrivacySettings(public=("name",))},
    )
    yield world
    world.store.close()


# --- names and records


def test_numbers_are_names_at_any_depth(world: IrisWorld) -> None:
    assert number("31201234567") == "7.6.5.4.3.2.1.0.2.1.3.e164.arpa"
    assert number_of("7.6.5.4.3.2.1.0.2.1.3.e164.arpa") == "+31201234567"
    world.domain(number("31201234567"))
    world.domain(number("3120"))
    checked = world.must(A, r.CheckDomains((number("31201234567"), number("3121"), f"x.{ZONE}", f"12.{ZONE}", ZONE)))
    assert [free for _, free, _ in checked.items] == [False, True, False, False, False]
    for name in (f"ab.{ZONE}", f"12.{ZONE}", f"1.a.{ZONE}", number("3112345678901234")):
        assert world.code(A, r.CreateDomain(name, auth=PASSWORD)) == 2306, name
    # Other zones are as they were.
    assert world.code(A, r.CreateDomain("1.2.example", auth=PASSWORD)) == 2306
    world.domain("a.example")
    # A number lives as any name does.
    world.must(B, r.TransferDomain("request", number("3120"), auth=r.AuthInfo(PASSWORD)))
    world.later(days=6)
    assert world.must(B, r.InfoDomain(number("3120"))).domain.sponsor == B
    world.must(B, r.RenewDomain(number("3120"), world.must(B, r.InfoDomain(number("3120"))).domain.expires.date()))
    world.must(B, r.DeleteDomain(number("3120")))
    world.later(days=40)
    assert world.code(B, r.InfoDomain(number("3120"))) == 2303


def test_naptr_records(world: IrisWorld) -> None:
    name = number("31201234567")
    world.domain(name, extensions=(ChangeNaptrs((SIP,)),))

    def told() -> Any:
        return world.ask(A, r.InfoDomain(name)).extensions

    assert told() == (NaptrInfo((SIP,)),)
    world.must(A, r.UpdateDomain(name, extensions=(ChangeNaptrs((MAIL,), (SIP,)),)))
    assert told() == (NaptrInfo((MAIL,)),)
    with world.store.read() as view:
        kept = view.domain(name)
        assert kept is not None
        assert naptrs_of(kept) == (MAIL,)
    more = Naptr(1, 2, "E2U+tel", "u", None, "other.example")
    for change in (
        ChangeNaptrs((MAIL,)),
        ChangeNaptrs((), (SIP,)),
        ChangeNaptrs((SIP, more)),
        ChangeNaptrs((Naptr(1, 1, "E2U+sip", "u", "!a!b!", "c.example"),)),
    ):
        assert world.code(A, r.UpdateDomain(name, extensions=(change,))) == 2306
    world.must(A, r.UpdateDomain(name, extensions=(ChangeNaptrs((), (MAIL,)),)))
    assert told() == ()
    # Where names are no numbers, there are none.
    assert world.code(A, r.CreateDomain("b.example", auth=PASSWORD, extensions=(ChangeNaptrs((SIP,)),))) == 2103


def test_rfc_5732_hosts_lie_in_the_nearest_number_that_is_registered(world: IrisWorld) -> None:
    long, short = number("31201234567"), number("3120")
    world.domain(short)
    glue = (Address("192.0.2.1", "v4"),)

    def create(name: str, account: str = A) -> int:
        return world.code(account, r.CreateHost(name, glue))

    def place(name: str) -> str | None:
        with world.store.read() as view:
            host = view.host(name)
            return None if host is None else host.superordinate

    assert create(f"ns1.{long}") == 1000
    assert place(f"ns1.{long}") == short
    assert create(short) == 1000
    assert place(short) == short
    world.domain(long)
    assert create(f"ns2.deep.{long}") == 1000
    assert place(f"ns2.deep.{long}") == long
    assert create(f"ns3.{long}", B) == 2201
    assert create(f"ns1.{number('3130')}") == 2303
    assert create(f"ns1.ab.{ZONE}") == 2303
    assert create(ZONE) == 2306
    assert world.code(A, r.CreateHost(f"ns4.{long}")) == 2003
    checked = world.must(A, r.CheckHosts((f"ns1.{long}", f"ns9.{long}", ZONE)))
    assert [free for _, free, _ in checked.items] == [False, True, False]
    assert world.code(A, r.DeleteDomain(short)) == 2305
    world.must(A, r.UpdateHost(f"ns1.{long}", new_name=f"ns7.{long}"))
    assert place(f"ns7.{long}") == long
    assert world.code(A, r.UpdateHost(f"ns7.{long}", new_name=f"ns7.{number('3140')}")) == 2303
    world.must(A, r.UpdateDomain(long, add_hosts=(f"ns7.{long}",)))
    assert world.must(A, r.InfoDomain(long, hosts="all")).subordinates == (f"ns2.deep.{long}", f"ns7.{long}")


def test_rfc_4114_the_elements_of_epp() -> None:
    naptr = e.EnumNaptr(order=100, pref=10, flags="u", svc="E2U+sip", regex="!^.*$!sip:info@example.com!")
    command: Any = None
    assert FRONT.commands[e.EnumCreate](e.EnumCreate((naptr,)), command) == ChangeNaptrs((SIP,))
    update = e.EnumUpdate(add=None, rem=e.EnumAddRem((naptr,)))
    assert FRONT.commands[e.EnumUpdate](update, command) == ChangeNaptrs((), (SIP,))
    assert FRONT.replies[NaptrInfo](NaptrInfo((SIP,))) == e.EnumInfoData((naptr,))


# --- ereg


def look(world: IrisWorld, entity_class: str, name: str) -> Any:
    return world.look("ereg1", entity_class, name)


def test_a_number_and_what_it_refers_to(world: IrisWorld) -> None:
    world.registrar(A, "Alpha")
    world.contact("con-1")
    world.host("ns1.other.net")
    name = number("31201234567")
    world.domain(name, registrant="con-1", hosts=("ns1.other.net",), contacts=world.links(("tech", "con-1")))
    lookup = LookupEntity(registry_type="ereg1", entity_class="e164", entity_name="+31 (20) 123-45 67")
    found = world.query(lookup)
    (enum,) = found.answer.results
    assert isinstance(enum, ereg.Enum)
    assert (enum.e164_number, enum.entity_name) == ("+31201234567", "31201234567")
    assert [status.__tag__ for status in enum.statuses] == ["create", "active", "addPeriod"]
    assert [one.entity_name for one in enum.registrants] == ["con-1"]
    assert [one.entity_name for one in enum.technical_contacts] == ["con-1"]
    assert found.additional is not None
    assert {type(result).__name__ for result in found.additional.results} == {
        *("Host", "Contact"),
        "RegistrationAuthority",
    }
    assert all(type(result).__module__.endswith("ereg") for result in found.additional.results)
    for entity in (*enum.registrants, *enum.name_servers, enum.registry, enum.registrar):
        assert entity is not None
        assert not isinstance(look(world, entity.entity_class, entity.entity_name), str)
    assert look(world, "enum", name.upper()).e164_number == "+31201234567"
    assert enum.enum_handle is not None
    assert look(world, "enum-handle", (enum.enum_handle.value or "").lower()).e164_number == "+31201234567"
    assert look(world, "contact-handle", "CON-1").common_name.value == "Ada Example"


def test_what_is_no_number_or_is_not_there(world: IrisWorld) -> None:
    world.domain("a.example")
    with world.store.read() as view:
        handle = view.domain("a.example")
        assert handle is not None
    for entity_class, name, error in (
        ("e164", "+3120", "nameNotFound"),
        ("e164", "+4420", "nameNotFound"),
        ("e164", "no digits", "invalidName"),
        ("e164", "1234567890123456", "invalidName"),
        ("enum", "a.example", "nameNotFound"),
        ("enum", number("3120"), "nameNotFound"),
        ("enum", "a_b", "invalidName"),
        ("enum-handle", handle.roid, "nameNotFound"),
        ("validation-entity", "x", "nameNotFound"),
        ("csp", "x", "nameNotFound"),
        ("validation-event", "x", "nameNotFound"),
        ("e164-number", "x", "queryNotSupported"),
    ):
        assert look(world, entity_class, name) == error, (entity_class, name)


def test_rfc_4414_3_1_1_numbers_by_prefix(world: IrisWorld) -> None:
    for digits in ("312", "3120", "31201", "312012", "3121", "3130"):
        world.domain(number(digits))
    world.domain("a.example")

    def found(prefix: str, specificity: Any = None) -> list[str]:
        return [result.e164_number for result in world.found(ereg.FindEnumsByE164(prefix, specificity))]

    assert found("+31 20") == ["+3120", "+312", "+31201", "+312012"]
    assert found("3120", "less") == ["+312"]
    assert found("3120", "more") == ["+31201", "+312012"]
    assert found("31", "more") == ["+312", "+3120", "+31201", "+312012", "+3121", "+3130"]
    assert found("3", "more") == found("31", "more")
    assert found("44") == []
    assert found("312012345") == ["+312012", "+31201", "+3120", "+312"]
    error = world.query(ereg.FindEnumsByE164("none")).error
    assert error is not None
    assert error.__tag__ == "invalidSearch"


def test_numbers_by_contact_and_host(world: IrisWorld) -> None:
    world.contact("con-1")
    world.host("ns1.other.net")
    world.domain(number("3120"), registrant="con-1", hosts=("ns1.other.net",))
    world.domain("a.example", registrant="con-1", hosts=("ns1.other.net",))

    def numbers(query: Any) -> list[str]:
        return [result.e164_number for result in world.found(query)]

    assert numbers(ereg.FindEnumsByContact(contact_handle=ExactMatch("con-1"))) == ["+3120"]
    assert numbers(ereg.FindEnumsByContact(contact_handle=ExactMatch("con-1"), role="registrant")) == ["+3120"]
    assert numbers(ereg.FindEnumsByContact(common_name=ereg.AnyMatch(begins_with="ada"))) == ["+3120"]
    assert numbers(ereg.FindEnumsByHost(host_name=ExactMatch("ns1.other.net"))) == ["+3120"]
    contacts = world.found(ereg.FindContacts(common_name=ereg.AnyMatch(ends_with="EXAMPLE")))
    assert [contact.entity_name for contact in contacts] == ["con-1"]
    assert world.found(ereg.FindContacts(sip=ereg.ResourceMatch(in_domain="sip.example"))) == []


def test_statuses_of_numbers(world: IrisWorld) -> None:
    name = number("3120")
    world.domain(name)
    world.must(A, r.UpdateDomain(name, add_statuses=(Status("clientDeleteProhibited"),)))
    delete = look(world, "e164", "3120").statuses[-1]
    assert (delete.__tag__, delete.actor, delete.disposition) == ("delete", "registrar", "prohibited")


# --- validations in ereg (RFC 4414 sections 3.2.7 and 3.2.9)


@pytest.fixture
def validated() -> Iterator[IrisWorld]:
    world = IrisWorld(
        zones=("example", ZONE),
        zone_features={ZONE: {"enum": EnumSettings(enabled=True), "enum_validation": ValidationSettings(enabled=True)}},
    )
    world.registrar(A, "Alpha")
    today = world.clock.now().date()
    added = (
        Validation("EK77", "by-letter", today, today + timedelta(days=90), entity="VE-NMQ", registrar=A),
        Validation("EK78", "by-call", today, today + timedelta(days=180), entity="VE-NMQ"),
        Validation("EK79", "by-call", today, today + timedelta(days=180)),
    )
    change = r.CreateDomain(number("31201234567"), auth=PASSWORD, extensions=(ChangeValidations(add=added),))
    world.must(A, change)
    yield world
    world.store.close()


def test_a_number_refers_to_its_validations(validated: IrisWorld) -> None:
    lookup = LookupEntity(registry_type="ereg1", entity_class="e164", entity_name="31201234567")
    found = validated.query(lookup)
    (enum,) = found.answer.results
    assert isinstance(enum, ereg.Enum)
    names = ["31201234567.EK77", "31201234567.EK78", "31201234567.EK79"]
    assert [one.entity_name for one in enum.validation_events] == names
    # Of who validated nothing is known but the name: it comes along, once.
    assert [(one.entity_name, one.temporary_reference) for one in enum.validation_entities] == [("VE-NMQ", True)]
    assert found.additional is not None
    entities = [one for one in found.additional.results if isinstance(one, ereg.ValidationEntity)]
    assert [(one.organization_name, one.temporary_reference) for one in entities] == [("VE-NMQ", True)]
    for reference in enum.validation_events:
        event = look(validated, reference.entity_class, reference.entity_name)
        assert event in found.additional.results


def test_an_event_tells_who_validated_how_and_until_when(validated: IrisWorld) -> None:
    today = validated.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    event = look(validated, "validation-event", "+31 20 1234567.ek77")
    assert (event.serials, event.method_ids) == (("EK77",), ("by-letter",))
    assert (event.execution.value, event.expiration.value) == (today, today + timedelta(days=90))
    assert [one.entity_name for one in event.registrars] == [A]
    assert [one.entity_name for one in event.validation_entities] == ["VE-NMQ"]
    # Whom the registrar did not name is its own.
    assert [one.entity_name for one in look(validated, "validation-event", "31201234567.EK78").registrars] == [A]


@pytest.mark.parametrize("name", ["31201234567.EK7", "31201234567.", "31201234567", "3120.EK77", "49.EK77"])
def test_events_that_are_not_there(validated: IrisWorld, name: str) -> None:
    assert look(validated, "validation-event", name) == "nameNotFound"


def test_what_the_registry_knows_nothing_of(validated: IrisWorld) -> None:
    assert look(validated, "validation-event", "EK77") == "nameNotFound"
    assert look(validated, "validation-entity", "VE-NMQ") == "nameNotFound"
    assert look(validated, "csp", "bellco") == "nameNotFound"


def test_a_search_brings_who_validated_too(validated: IrisWorld) -> None:
    for transport in ("xpc", "lwz"):
        found = validated.query(ereg.FindEnumsByE164("3120", "more"), transport=transport)
        assert found.additional is not None
        assert [type(one) for one in found.additional.results] == [ereg.ValidationEntity]
