"""The rules of hosts, by section of RFC 5732."""

from __future__ import annotations

from typing import Any

import pytest
from registry_world import GLUE, A, B, World

from regwire.registry.model.objects import Address, Status
from regwire.registry.model.requests import (
    CheckHosts,
    CreateDomain,
    CreateHost,
    DeleteDomain,
    DeleteHost,
    InfoDomain,
    InfoHost,
    UpdateDomain,
    UpdateHost,
)

V6 = (Address("2001:db8::1", "v6"),)


@pytest.fixture
def world() -> World:
    world = World()
    world.domain("a.example")
    world.domain("b.example", B)
    return world


def statuses(world: World, name: str) -> list[str]:
    return [status.value for status in world.must(A, InfoHost(name)).statuses]


def test_3_1_1_check(world: World) -> None:
    world.host("ns1.other.net")
    items = world.must(B, CheckHosts(("ns1.other.net", "ns2.other.net", "!.net", "example"))).items
    assert [avail for _, avail, _ in items] == [False, True, False, False]
    assert world.code(B, CheckHosts(tuple(f"ns{i}.net" for i in range(51)))) == 2306


def test_3_1_2_info_shows_every_client_the_host(world: World) -> None:
    world.must(A, CreateHost("ns1.a.example", GLUE + V6))
    data = world.must(B, InfoHost("ns1.a.example"))
    assert (data.host.sponsor, data.host.creator, data.host.addresses) == (A, A, GLUE + V6)
    assert world.code(B, InfoHost("ns2.a.example")) == 2303


@pytest.mark.parametrize(
    ("name", "addresses", "code"),
    [
        ("ns1.other.net", (), 1000),
        ("ns1.no-such-tld", (), 1000),
        ("ns1.a.example", GLUE, 1000),
        ("a.example", GLUE, 1000),
        ("deep.ns1.a.example", V6, 1000),
        ("ns1.other.net", GLUE, 2306),
        ("ns1.a.example", (), 2003),
        ("ns1.c.example", GLUE, 2303),
        ("ns1.b.example", GLUE, 2201),
        ("co.test", GLUE, 2306),
        ("!.net", (), 2005),
        ("ns1", (), 2005),
        ("192.0.2.1", (), 2005),
        ("ns1.a.example", GLUE * 2, 2306),
        ("ns1.a.example", (Address("192.0.2.1", "v6"),), 2005),
        ("ns1.a.example", (Address("2001:db8::1", "v4"),), 2005),
        ("ns1.a.example", (Address("256.1.1.1", "v4"),), 2005),
        ("ns1.a.example", (Address("1.2.3", "v4"),), 2005),
        ("ns1.a.example", (Address("010.1.1.1", "v4"),), 2005),
        ("ns1.a.example", (Address("NOT::HEX::", "v6"),), 2005),
        ("ns1.a.example", (Address("127.0.0.1", "v4"),), 2306),
        ("ns1.a.example", (Address("0.0.0.0", "v4"),), 2306),
        ("ns1.a.example", (Address("224.0.0.1", "v4"),), 2306),
        ("ns1.a.example", (Address("240.0.0.1", "v4"),), 2306),
        ("ns1.a.example", (Address("255.255.255.255", "v4"),), 2306),
        ("ns1.a.example", (Address("::", "v6"),), 2306),
        ("ns1.a.example", (Address("::1", "v6"),), 2306),
        ("ns1.a.example", (Address("fe80::1", "v6"),), 2306),
        ("ns1.a.example", (Address("2001:db8::1%eth0", "v6"),), 2306),
        ("ns1.a.example", (Address("::ffff:192.0.2.1", "v6"),), 2306),
        ("ns1.a.example", tuple(Address(f"192.0.2.{i}", "v4") for i in range(1, 28)), 2306),
    ],
)
def test_3_2_1_create(world: World, name: str, addresses: tuple[Address, ...], code: int) -> None:
    assert world.code(A, CreateHost(name, addresses)) == code
    assert world.code(A, InfoHost(name)) == (1000 if code == 1000 else 2005 if name == "!.net" else 2303)


def test_3_2_1_an_existing_name_is_2302_for_everybody(world: World) -> None:
    world.host("ns1.other.net")
    assert world.code(B, CreateHost("ns1.other.net")) == 2302


def test_2_5_addresses_are_kept_in_canonical_form(world: World) -> None:
    world.must(A, CreateHost("ns1.a.example", (Address("2001:0DB8:0::1", "v6"),)))
    assert world.must(A, InfoHost("ns1.a.example")).host.addresses == V6
    assert world.code(A, UpdateHost("ns1.a.example", add_addresses=V6)) == 2306


def test_3_2_1_not_in_a_deleted_domain(world: World) -> None:
    world.later(days=10)
    world.must(A, DeleteDomain("a.example"))
    assert world.code(A, CreateHost("ns1.a.example", GLUE)) == 2304


def test_3_2_2_a_linked_host_cannot_be_deleted(world: World) -> None:
    world.host("ns1.other.net")
    world.must(B, UpdateDomain("b.example", add_hosts=("ns1.other.net",)))
    assert statuses(world, "ns1.other.net") == ["ok", "linked"]
    assert world.code(B, DeleteHost("ns1.other.net")) == 2201
    assert world.code(A, DeleteHost("ns1.other.net")) == 2305
    world.must(B, UpdateDomain("b.example", remove_hosts=("ns1.other.net",)))
    assert statuses(world, "ns1.other.net") == ["ok"]
    assert world.code(A, DeleteHost("ns1.other.net")) == 1000
    assert world.code(A, InfoHost("ns1.other.net")) == 2303


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"add_addresses": V6}, 1000),
        ({"add_addresses": GLUE}, 2306),
        ({"remove_addresses": V6}, 2306),
        ({"remove_addresses": GLUE}, 1000),
        ({"remove_addresses": GLUE, "add_addresses": V6}, 1000),
        ({"add_addresses": (Address("::1", "v6"),)}, 2306),
        ({"add_statuses": (Status("clientDeleteProhibited"),)}, 1000),
        ({"add_statuses": (Status("linked"),)}, 2306),
        ({"add_statuses": (Status("serverUpdateProhibited"),)}, 2306),
        ({"add_statuses": (Status("clientHold"),)}, 2306),
        ({"remove_statuses": (Status("clientDeleteProhibited"),)}, 2306),
        ({"new_name": "ns9.a.example"}, 1000),
        ({"new_name": "ns1.a.example"}, 2302),
        ({"new_name": "ns1.b.example"}, 2201),
        ({"new_name": "ns1.c.example"}, 2303),
        ({"new_name": "!.net"}, 2005),
        ({"new_name": "co.test"}, 2306),
        ({"new_name": "ns1.other.net"}, 1000),
        ({"new_name": "ns1.other.net", "add_addresses": V6}, 2306),
    ],
)
def test_3_2_5_update(world: World, more: dict[str, Any], code: int) -> None:
    world.must(A, CreateHost("ns1.a.example", GLUE))
    assert world.code(B, UpdateHost("ns1.a.example", **more)) >= 2000
    assert world.code(A, UpdateHost("ns1.a.example", **more)) == code


def test_3_2_5_update_by_another_client_is_exactly_2201(world: World) -> None:
    world.host("ns1.other.net")
    assert world.code(B, UpdateHost("ns1.other.net", add_statuses=(Status("clientUpdateProhibited"),))) == 2201


def test_2_3_prohibitions_are_2304(world: World) -> None:
    world.host("ns1.other.net")
    both = (Status("clientUpdateProhibited"), Status("clientDeleteProhibited"))
    world.must(A, UpdateHost("ns1.other.net", add_statuses=both))
    assert world.code(A, UpdateHost("ns1.other.net", new_name="ns2.other.net")) == 2304
    assert world.code(A, DeleteHost("ns1.other.net")) == 2304
    world.must(A, UpdateHost("ns1.other.net", remove_statuses=both, new_name="ns2.other.net"))
    assert world.code(A, DeleteHost("ns2.other.net")) == 1000


def test_3_2_5_the_last_glue_of_a_linked_internal_host_cannot_go(world: World) -> None:
    world.must(A, CreateHost("ns1.a.example", GLUE))
    world.must(B, UpdateDomain("b.example", add_hosts=("ns1.a.example",)))
    assert world.code(A, UpdateHost("ns1.a.example", remove_addresses=GLUE)) == 2305
    assert world.code(A, UpdateHost("ns1.a.example", remove_addresses=GLUE, add_addresses=V6)) == 1000


def test_3_2_5_a_rename_keeps_the_links(world: World) -> None:
    world.must(A, CreateHost("ns1.a.example", GLUE))
    world.must(B, CreateDomain("c.example", hosts=("ns1.a.example",)))
    world.must(A, UpdateHost("ns1.a.example", new_name="ns2.a.example"))
    assert world.must(B, InfoDomain("c.example")).host_names == ("ns2.a.example",)
    assert statuses(world, "ns2.a.example") == ["ok", "linked"]
    assert world.code(A, InfoHost("ns1.a.example")) == 2303
    assert world.must(A, InfoDomain("a.example")).subordinates == ("ns2.a.example",)
    # The old name is free for another host, which is not linked.
    world.must(A, CreateHost("ns1.a.example", GLUE))
    assert statuses(world, "ns1.a.example") == ["ok"]


def test_3_2_5_an_external_host_that_others_use_cannot_be_renamed(world: World) -> None:
    world.host("ns1.other.net")
    world.must(A, UpdateDomain("a.example", add_hosts=("ns1.other.net",)))
    world.must(A, UpdateHost("ns1.other.net", new_name="ns2.other.net"))
    world.must(B, UpdateDomain("b.example", add_hosts=("ns2.other.net",)))
    assert world.code(A, UpdateHost("ns2.other.net", new_name="ns3.other.net")) == 2305
    world.must(B, UpdateDomain("b.example", remove_hosts=("ns2.other.net",)))
    assert world.code(A, UpdateHost("ns2.other.net", new_name="ns3.other.net")) == 1000


def test_3_2_5_an_internal_host_that_becomes_external_loses_its_glue(world: World) -> None:
    world.must(A, CreateHost("ns1.a.example", GLUE))
    world.must(A, UpdateHost("ns1.a.example", new_name="ns1.other.net"))
    host = world.must(A, InfoHost("ns1.other.net")).host
    assert (host.addresses, host.superordinate) == ((), None)
    assert world.code(A, DeleteDomain("a.example")) == 1000


def test_3_2_5_a_linked_external_host_needs_glue_to_become_internal(world: World) -> None:
    world.host("ns1.other.net")
    world.must(A, UpdateDomain("a.example", add_hosts=("ns1.other.net",)))
    assert world.code(A, UpdateHost("ns1.other.net", new_name="ns1.a.example")) == 2305
    assert world.code(A, UpdateHost("ns1.other.net", new_name="ns1.a.example", add_addresses=GLUE)) == 1000
    assert world.must(A, InfoHost("ns1.a.example")).host.superordinate == "a.example"
