"""areg from a registry (RFC 4698)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from iris_front import IrisWorld
from registry_world import postal

from regwire.iris.messages import areg
from regwire.iris.messages.areg import AddressRange, AnyMatch, ExactMatch, ResourceMatch, Specificity
from regwire.iris.messages.core import LookupEntity
from regwire.registry.clock import MovableClock
from regwire.registry.config import IrisSettings
from regwire.registry.model.numbers import (
    NumberContact,
    NumberLink,
    NumberOrganisation,
    NumberResource,
    range_of,
)
from regwire.registry.model.objects import Phone
from regwire.registry.rules import Policies
from regwire.registry.store.base import Store
from regwire.registry.store.memory import MemoryStore
from regwire.registry.store.sqlite import SqliteStore

DAY = datetime(2001, 2, 3, tzinfo=UTC)


@pytest.fixture(params=["memory", "sqlite"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[IrisWorld]:
    def sqlite(policies: Policies, clock: MovableClock) -> Store:
        return SqliteStore(tmp_path / "registry.sqlite", policies, clock)

    world = IrisWorld(make=MemoryStore if request.param == "memory" else sqlite)
    fill(world)
    yield world
    world.store.close()


def resource(handle: str, text: str, **more: Any) -> NumberResource:
    type, first, last = range_of(text)
    return NumberResource(type, handle, first, last, registered=DAY, **more)


def fill(world: IrisWorld) -> None:
    links = (NumberLink("tech", "C-1"), NumberLink("abuse", "C-2"), NumberLink("tech", "C-2"))
    world.store.change_numbers(
        [
            NumberOrganisation("RIR", "The Registry"),
            NumberOrganisation(
                *("ORG-1", "Doc & Co", ("noc@mail.example",), (postal(sp="ZH", street=("1", "2")),)),
                *((Phone("+31.2", "9"),), (NumberLink("admin", "C-1"),), "RIR", DAY),
            ),
            NumberContact("C-1", "Ada", ("ada@mail.example",), ("ada@sip.example",), ("ORG-1",), (postal("loc"),)),
            NumberContact("C-2", "Abuse Desk", phones=(Phone("+31.3"),), postal=(postal(city="Bern", cc="CH"),)),
            resource("BIG", "10.0.0.0/8", status="allocated", name="ten", organisation="RIR"),
            resource(
                *("MID", "10.1.0.0/16"),
                status="assigned",
                name="Middle Net",
                organisation="ORG-1",
                registry="RIR",
                contacts=links,
                name_servers=("ns1.example", "ns2.example"),
            ),
            resource("LEFT", "10.1.0.0/24", name="middle left"),
            resource("ODD", "10.1.1.0-10.1.3.255"),
            resource("TWIN-A", "10.2.0.0/16"),
            resource("TWIN-B", "10.2.0.0/16", parent="TWIN-A"),
            resource("SIX", "2001:db8::/32", name="Middle Six", name_servers=("NS1.example",), organisation="ORG-1"),
            resource("AS-BLOCK", "AS64496-AS64511", name="block"),
            resource("AS-ONE", "AS64500", name="One System", organisation="ORG-1", contacts=links[:1]),
        ]
    )


def handles(results: list[Any]) -> list[str]:
    return [result.entity_name for result in results]


# --- lookups


def test_a_network_and_what_it_refers_to(world: IrisWorld) -> None:
    found = world.query(LookupEntity(registry_type="AREG1", entity_class="ipv4-handle", entity_name="mid"))
    (net,) = found.answer.results
    assert isinstance(net, areg.IPv4Network)
    assert (net.network_handle, net.start_address, net.end_address) == ("MID", "10.1.0.0", "10.1.255.255")
    assert (net.name, net.network_type, net.registration_date) == ("Middle Net", "assigned", DAY)
    assert net.name_servers == ("ns1.example", "ns2.example")
    assert net.parent is not None
    assert (net.parent.entity_class, net.parent.entity_name) == ("ipv4-handle", "BIG")
    assert not net.no_parent
    assert [one.entity_name for one in net.tech_contacts] == ["C-1", "C-2"]
    assert [one.entity_name for one in net.abuse_contacts] == ["C-2"]
    assert net.number_resource_registry is not None
    assert found.additional is not None
    beside = [(result.entity_class, result.entity_name) for result in found.additional.results]
    assert sorted(beside) == [
        *(("contact-handle", "C-1"), ("contact-handle", "C-2")),
        *(("organization-id", "ORG-1"), ("organization-id", "RIR")),
    ]
    for entity in (net.parent, net.organization, net.number_resource_registry, *net.tech_contacts):
        assert entity is not None
        assert not isinstance(world.look("areg1", entity.entity_class, entity.entity_name), str)
    lookup = LookupEntity(registry_type="areg1", entity_class="ipv4-handle", entity_name="MID")
    assert world.query(lookup, transport="lwz").additional is None


def test_other_classes(world: IrisWorld) -> None:
    assert world.look("areg1", "ipv4-handle", "BIG").no_parent
    six = world.look("areg1", "ipv6-handle", "six")
    assert isinstance(six, areg.IPv6Network)
    assert (six.start_address, six.end_address) == ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")
    one = world.look("areg1", "as-handle", "as-one")
    assert isinstance(one, areg.AutonomousSystem)
    assert (one.as_handle, one.start, one.end) == ("AS-ONE", 64500, 64500)
    assert one.parent is not None
    assert one.parent.entity_name == "AS-BLOCK"
    contact = world.look("areg1", "contact-handle", "c-1")
    assert (contact.common_name, contact.emails, contact.sips) == ("Ada", ("ada@mail.example",), ("ada@sip.example",))
    assert [of.entity_name for of in contact.organizations] == ["ORG-1"]
    organisation = world.look("areg1", "organization-id", "org-1")
    assert (organisation.id, organisation.name) == ("ORG-1", "Doc & Co")
    assert organisation.postal_addresses[0].address == "1\n2"
    assert (organisation.phones[0].number, organisation.phones[0].extensions) == ("+31.2", ("9",))
    assert [of.entity_name for of in organisation.admin_contacts] == ["C-1"]
    for entity_class in ("ipv4-handle", "ipv6-handle", "as-handle", "contact-handle", "organization-id"):
        assert world.look("areg1", entity_class, "NONE") == "nameNotFound"
    # Handles are of one type.
    assert world.look("areg1", "ipv6-handle", "MID") == "nameNotFound"


# --- by range


@pytest.mark.parametrize(
    ("place", "specificity", "expected"),
    [
        (("10.1.0.0", "10.1.255.255"), ("exact-match", False), "MID"),
        (("10.2.0.0", "10.2.255.255"), ("exact-match", False), "TWIN-A TWIN-B"),
        (("10.1.0.5", None), ("exact-match", False), ""),
        (("10.1.0.5", None), ("all-less-specific", False), "BIG LEFT MID"),
        (("10.1.0.5", None), ("one-level-less-specific", False), "LEFT"),
        (("10.1.4.0", "10.1.5.0"), ("one-level-less-specific", False), "MID"),
        (("10.1.0.0", "10.1.0.255"), ("one-level-less-specific", False), "MID"),
        (("10.1.0.0", "10.1.0.255"), ("one-level-less-specific", True), "LEFT"),
        (("10.2.3.4", None), ("one-level-less-specific", False), "TWIN-A TWIN-B"),
        (("10.1.0.0", "10.1.255.255"), ("all-more-specific", False), "LEFT ODD"),
        (("10.1.0.0", "10.1.255.255"), ("all-more-specific", True), "LEFT MID ODD"),
        (("10.0.0.0", "10.255.255.255"), ("one-level-more-specific", False), "MID TWIN-A TWIN-B"),
        (("0.0.0.0", "255.255.255.255"), ("one-level-more-specific", False), "BIG"),
        (("11.0.0.0", "11.255.255.255"), ("all-more-specific", False), ""),
    ],
)
def test_rfc_4698_3_1_4_networks_by_address(world: IrisWorld, place: Any, specificity: Any, expected: str) -> None:
    wanted, equal = specificity
    query = areg.FindNetworksByAddress(
        ipv4_address=AddressRange(*place), specificity=Specificity(wanted, allow_equivalences=equal)
    )
    found = world.found(query)
    assert sorted(handles(found)) == expected.split()
    assert all(isinstance(result, areg.IPv4Network) for result in found)


def test_ipv6_and_autonomous_systems_by_range(world: IrisWorld) -> None:
    six = areg.FindNetworksByAddress(
        ipv6_address=AddressRange("2001:DB8:0:0:0:0:0:1"), specificity=Specificity("one-level-less-specific")
    )
    assert handles(world.found(six)) == ["SIX"]

    def systems(start: str, end: str | None, specificity: Any, *, equal: bool = False) -> list[str]:
        query = areg.FindASByNumber(start, end, specificity=Specificity(specificity, allow_equivalences=equal))
        return handles(world.found(query))

    assert systems("64500", None, "one-level-less-specific") == ["AS-BLOCK"]
    assert systems("64500", None, "one-level-less-specific", equal=True) == ["AS-ONE"]
    assert systems("64500", None, "exact-match") == ["AS-ONE"]
    assert systems("64496", "64511", "one-level-more-specific") == ["AS-ONE"]
    assert systems("0", "4294967295", "all-more-specific") == ["AS-BLOCK", "AS-ONE"]
    assert systems("AS64500", None, "exact-match") == ["AS-ONE"]


def test_ranges_that_are_none(world: IrisWorld) -> None:
    exact = Specificity("exact-match")
    for query in (
        areg.FindNetworksByAddress(ipv4_address=AddressRange("10.1"), specificity=exact),
        areg.FindNetworksByAddress(ipv4_address=AddressRange("2001:db8::"), specificity=exact),
        areg.FindNetworksByAddress(ipv4_address=AddressRange("10.0.0.2", "10.0.0.1"), specificity=exact),
        areg.FindNetworksByAddress(ipv6_address=AddressRange("10.0.0.2"), specificity=exact),
        areg.FindASByNumber("x", specificity=exact),
        areg.FindASByNumber("4294967296", specificity=exact),
        areg.FindASByNumber("2", "1", specificity=exact),
    ):
        error = world.query(query).error
        assert error is not None
        assert error.__tag__ == "invalidSearch"


def test_rfc_4698_3_1_5_networks_by_handle(world: IrisWorld) -> None:
    def found(handle: str, specificity: Any) -> list[str]:
        return handles(world.found(areg.FindNetworksByHandle(handle, specificity)))

    assert found("mid", "one-level-less-specific") == ["BIG"]
    assert found("LEFT", "all-less-specific") == ["MID", "BIG"]
    assert found("MID", "one-level-more-specific") == ["LEFT", "ODD"]
    assert found("TWIN-A", "one-level-more-specific") == ["TWIN-B"]
    assert found("TWIN-B", "one-level-less-specific") == ["TWIN-A"]
    assert found("BIG", "one-level-less-specific") == []
    assert found("BIG", "all-more-specific") == ["MID", "LEFT", "ODD", "TWIN-A", "TWIN-B"]
    error = world.query(areg.FindNetworksByHandle("NONE", "all-less-specific")).error
    assert error is not None
    assert error.__tag__ == "nameNotFound"


# --- by text


def test_networks_and_systems_by_name(world: IrisWorld) -> None:
    def networks(**match: str) -> list[str]:
        return handles(world.found(areg.FindNetworksByName(AnyMatch(**match))))

    assert networks(begins_with="middle") == ["LEFT", "MID", "SIX"]
    assert networks(begins_with="MIDDLE", ends_with="t") == ["LEFT", "MID"]
    assert networks(ends_with="six") == ["SIX"]
    assert networks(exact_match="middle net") == ["MID"]
    assert networks(exact_match="middle") == []
    systems = areg.FindAutonomousSystemsByName(AnyMatch(ends_with="SYSTEM"), languages=("en",))
    assert handles(world.found(systems)) == ["AS-ONE"]


def test_networks_by_name_server(world: IrisWorld) -> None:
    assert handles(world.found(areg.FindNetworksByNameServer("NS1.Example."))) == ["MID", "SIX"]
    only = areg.FindNetworksByNameServer("ns1.example", "returnIPv6Networks")
    assert handles(world.found(only)) == ["SIX"]
    assert world.found(areg.FindNetworksByNameServer("example")) == []


def test_by_contact(world: IrisWorld) -> None:
    def found(**parameters: Any) -> list[str]:
        return sorted(handles(world.found(areg.FindByContact(**parameters))))

    one = ExactMatch("c-1")
    assert found(contact_handle=one) == ["AS-ONE", "MID", "ORG-1"]
    assert found(contact_handle=one, returned_result_type="returnIPv4Networks") == ["MID"]
    assert found(contact_handle=one, returned_result_type="returnASs") == ["AS-ONE"]
    assert found(contact_handle=one, returned_result_type="returnOrganizations") == ["ORG-1"]
    assert found(contact_handle=one, role="adminContact") == ["ORG-1"]
    assert found(contact_handle=ExactMatch("C-2"), role="abuseContact") == ["MID"]
    assert found(common_name=AnyMatch(begins_with="a")) == ["AS-ONE", "MID", "ORG-1"]
    assert found(email=ResourceMatch(in_domain="mail.example"), role="techContact") == ["AS-ONE", "MID"]
    assert found(city=ExactMatch("BERN")) == ["MID"]
    assert found(country=ExactMatch("ch"), returned_result_type="returnIPv6Networks") == []


def test_contacts_and_organisations(world: IrisWorld) -> None:
    def contacts(**parameters: Any) -> list[str]:
        return handles(world.found(areg.FindContacts(**parameters)))

    assert contacts(common_name=AnyMatch(exact_match="ada")) == ["C-1"]
    assert contacts(organization_id=ExactMatch("org-1")) == ["C-1"]
    assert contacts(email=ResourceMatch(exact_match="ADA@mail.example")) == ["C-1"]
    assert contacts(country=ExactMatch("CH")) == ["C-2"]
    organisations = areg.FindOrganizations(organization_name=AnyMatch(begins_with="DOC"))
    assert handles(world.found(organisations)) == ["ORG-1"]
    assert handles(world.found(areg.FindOrganizations(region=ExactMatch("zh")))) == ["ORG-1"]
    error = world.query(areg.FindOrganizations(email=ResourceMatch(in_domain="a@b"))).error
    assert error is not None
    assert error.__tag__ == "invalidSearch"


def test_more_than_the_limit_is_too_wide() -> None:
    world = IrisWorld(iris=IrisSettings(results=3))
    fill(world)
    query = areg.FindNetworksByAddress(
        ipv4_address=AddressRange("0.0.0.0", "255.255.255.255"), specificity=Specificity("all-more-specific")
    )
    found = world.query(query)
    assert len(found.answer.results) == 3
    assert found.error is not None
    assert found.error.__tag__ == "searchTooWide"
