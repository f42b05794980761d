"""The rules of domains, by section of RFC 5731 (and RFC 5910, RFC 9154 where named)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from registry_world import GLUE, PASSWORD, START, A, B, World, postal

from regwire.registry.model.objects import (
    ContactLink,
    DsRecord,
    HostAttribute,
    KeyRecord,
    Status,
)
from regwire.registry.model.requests import (
    AuthInfo,
    CheckDomains,
    CreateDomain,
    DeleteDomain,
    InfoDomain,
    Period,
    RenewDomain,
    SecDns,
    SecDnsUpdate,
    TransferDomain,
    UpdateContact,
    UpdateDomain,
    UpdateHost,
)

DS = DsRecord(12345, 13, 2, b"\x01" * 32)
OTHER_DS = DsRecord(12346, 13, 2, b"\x02" * 32)
KEY = KeyRecord(257, 3, 13, b"key")


def statuses(world: World, name: str = "a.example", account: str = A) -> set[str]:
    return {status.value for status in world.must(account, InfoDomain(name)).statuses}


# --- 3.1.1 check


def test_3_1_1_check_tells_what_can_be_registered() -> None:
    world = World()
    world.domain("taken.example")
    names = ("taken.example", "free.example", "ab--c.example", "a.net", "ä.example", "xn--bcher-kva.example")
    items = world.must(B, CheckDomains(names)).items
    assert [(name, avail) for name, avail, _ in items] == [
        ("taken.example", False),
        ("free.example", True),
        ("ab--c.example", False),
        ("a.net", False),
        ("ä.example", False),
        ("xn--bcher-kva.example", True),
    ]
    assert all((reason is None) == avail for _, avail, reason in items)
    assert all(len(reason) <= 32 for _, _, reason in items if reason)


def test_3_1_1_check_of_too_many_names_is_2306() -> None:
    world = World()
    assert world.code(A, CheckDomains(tuple(f"n{i}.example" for i in range(50)))) == 1000
    assert world.code(A, CheckDomains(tuple(f"n{i}.example" for i in range(51)))) == 2306


# --- 3.1.2 info


def test_3_1_2_info_shows_everything_to_the_sponsor() -> None:
    world = World()
    world.contact("con-1")
    world.host("ns1.other.net")
    world.domain("a.example", registrant="con-1", contacts=world.links(("tech", "con-1")), hosts=("ns1.other.net",))
    world.host("ns1.a.example", glue=True)
    data = world.must(A, InfoDomain("a.example"))
    assert data.full
    assert data.host_names == ("ns1.other.net",)
    assert data.subordinates == ("ns1.a.example",)
    assert (data.domain.registrant, data.domain.contacts) == ("con-1", (ContactLink("tech", "con-1"),))
    assert (data.domain.sponsor, data.domain.creator, data.domain.created) == (A, A, START)
    assert data.domain.expires == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert data.rgp == ("addPeriod",)


@pytest.mark.parametrize(
    ("hosts", "names", "subordinates"),
    [("all", True, True), ("del", True, False), ("sub", False, True), ("none", False, False)],
)
def test_3_1_2_info_tells_the_hosts_asked_for(hosts: str, names: bool, subordinates: bool) -> None:
    world = World()
    world.host("ns1.other.net")
    world.domain("a.example", hosts=("ns1.other.net",))
    world.host("ns1.a.example", glue=True)
    data = world.must(A, InfoDomain("a.example", hosts))
    assert data.host_names == (("ns1.other.net",) if names else None)
    assert data.subordinates == (("ns1.a.example",) if subordinates else ())


def test_3_1_2_info_of_another_client() -> None:
    world = World()
    world.contact("con-1")
    world.domain("a.example", registrant="con-1")
    assert not world.must(B, InfoDomain("a.example")).full
    assert world.must(B, InfoDomain("a.example", auth=AuthInfo(PASSWORD))).full
    assert world.code(B, InfoDomain("a.example", auth=AuthInfo("wrong"))) == 2202
    assert world.code(B, InfoDomain("a.example", auth=AuthInfo(""))) == 2202
    assert world.code(A, InfoDomain("a.example", auth=AuthInfo("wrong"))) == 2202


def test_3_1_2_the_authinfo_of_a_contact_opens_its_domains() -> None:
    world = World()
    world.contact("con-1", auth="the-contacts-own-password")
    world.domain("a.example", registrant="con-1")
    with world.store.read() as view:
        contact = view.contact("con-1")
    assert contact is not None
    given = AuthInfo("the-contacts-own-password", contact.roid)
    assert world.must(B, InfoDomain("a.example", auth=given)).full
    assert world.code(B, InfoDomain("a.example", auth=AuthInfo(PASSWORD, contact.roid))) == 2202
    assert world.code(B, InfoDomain("a.example", auth=AuthInfo(PASSWORD, "C99-TEST"))) == 2202


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *[(name, 2303) for name in ("b.example", "b.net", "a.b.example")],
        *[
            (name, 2005)
            for name in ("-.example", "a.example.", "\u00fc.example", "xx--a.example", f"{'a' * 64}.example")
        ],
    ],
)
def test_3_1_2_a_name_that_is_not_registered_is_2303_and_what_is_no_name_2005(name: str, code: int) -> None:
    world = World()
    assert world.code(A, InfoDomain(name)) == code
    assert world.code(A, DeleteDomain(name)) == code
    assert world.code(A, UpdateDomain(name, auth=PASSWORD)) == code
    assert world.code(A, RenewDomain(name, date(2025, 1, 1))) == code
    for op in ("request", "query", "approve", "reject", "cancel"):
        assert world.code(A, TransferDomain(op, name, auth=AuthInfo(PASSWORD))) == code


# --- 3.2.1 create


def test_3_2_1_a_zone_within_a_zone_is_no_domain() -> None:
    world = World(zones=("test", "co.test"))
    assert world.must(A, CheckDomains(("co.test", "com.test"))).items == (
        ("co.test", False, "the name of a zone"),
        ("com.test", True, None),
    )
    assert world.code(A, CreateDomain("co.test")) == 2306
    assert world.code(A, CreateDomain("a.co.test")) == 1000


def test_3_2_1_create_registers_for_the_period() -> None:
    world = World()
    data = world.must(A, CreateDomain("a.example", Period(2), auth=PASSWORD))
    assert (data.name, data.created, data.expires) == ("a.example", START, datetime(2027, 3, 1, 10, tzinfo=UTC))
    assert world.code(B, CreateDomain("a.example")) == 2302


@pytest.mark.parametrize(
    ("more", "policy", "code"),
    [
        ({"name": "ä.example"}, {}, 2005),
        ({"name": "a.net"}, {}, 2306),
        ({"period": Period(11)}, {}, 2306),
        ({"period": Period(12, "m")}, {}, 2306),
        ({"hosts": ("ns9.other.net",)}, {}, 2303),
        ({"hosts": ("ns1.other.net", "ns1.other.net")}, {}, 2306),
        ({"hosts": ("ns1.other.net", "ns2.other.net")}, {"max_name_servers": 1}, 2306),
        ({"hosts": ("ns1.other.net",)}, {"min_name_servers": 2}, 2306),
        ({"hosts": ("ns1.other.net",)}, {"host_model": "attributes"}, 2306),
        ({"host_attributes": (HostAttribute("ns1.other.net"),)}, {}, 2306),
        ({"host_attributes": (HostAttribute("ns1.a.example"),)}, {"host_model": "attributes"}, 2306),
        ({"host_attributes": (HostAttribute("ns1.other.net", GLUE),)}, {"host_model": "attributes"}, 2306),
        ({"host_attributes": (HostAttribute("bad_name"),)}, {"host_model": "attributes"}, 2005),
        ({"registrant": "con-9"}, {}, 2303),
        ({"contacts": (ContactLink("tech", "con-9"),)}, {}, 2303),
        ({"contacts": (ContactLink("", "con-1"),)}, {}, 2003),
        ({"contacts": (ContactLink("tech", "con-1"), ContactLink("tech", "con-1"))}, {}, 2306),
        ({"contacts": (ContactLink("tech", "con-1"), ContactLink("tech", "con-2"))}, {"max_contacts": 1}, 2306),
        ({"contacts": (ContactLink("tech", "con-1"),)}, {"required_contacts": ("registrant", "tech")}, 2003),
        ({"auth": "too-weak"}, {}, 2202),
        ({"secdns": SecDns(ds=(DS,), max_sig_life=5)}, {}, 2102),
        ({"secdns": SecDns(keys=(KEY,))}, {}, 2306),
        ({"secdns": SecDns(ds=(DS,))}, {"ds_interface": "key"}, 2306),
        ({"secdns": SecDns(ds=(DS, DS))}, {}, 2306),
        ({"secdns": SecDns(ds=(DS, OTHER_DS))}, {"max_ds": 1}, 2306),
        ({"secdns": SecDns(ds=(DsRecord(1, 13, 2, b"short"),))}, {}, 2306),
        ({"secdns": SecDns(ds=(DsRecord(1, 13, 99, b"\0" * 32),))}, {}, 2306),
        ({"secdns": SecDns(ds=(DsRecord(1, 0, 2, b"\0" * 32),))}, {}, 2306),
        ({"secdns": SecDns(ds=(DsRecord(1, 13, 2, b"\0" * 32, KeyRecord(256, 3, 13, b"k")),))}, {}, 2306),
        ({"secdns": SecDns(keys=(KeyRecord(257, 2, 13, b"k"),))}, {"ds_interface": "key"}, 2306),
        ({"secdns": SecDns(keys=(KeyRecord(257, 3, 1, b"k"),))}, {"ds_interface": "key"}, 2306),
    ],
)
def test_3_2_1_create_is_refused(more: dict[str, Any], policy: dict[str, Any], code: int) -> None:
    world = World(**policy)
    world.contact("con-1")
    world.contact("con-2")
    world.host("ns1.other.net")
    world.host("ns2.other.net")
    assert world.code(A, CreateDomain(**{"name": "a.example", "auth": PASSWORD, **more})) == code
    assert world.must(A, CheckDomains(("a.example",))).items[0][1]


@pytest.mark.parametrize(
    ("more", "policy"),
    [
        ({"auth": ""}, {}),
        ({"auth": None}, {}),
        ({"auth": "short"}, {"min_auth_info": 0}),
        ({"secdns": SecDns(ds=(DS, OTHER_DS))}, {}),
        ({"secdns": SecDns(ds=(DsRecord(1, 8, 4, b"\0" * 48, KEY),))}, {}),
        ({"secdns": SecDns(keys=(KEY,))}, {"ds_interface": "key"}),
        ({"host_attributes": (HostAttribute("ns1.a.example", GLUE),)}, {"host_model": "attributes"}),
        ({"period": Period(18, "m")}, {"months": True}),
    ],
)
def test_3_2_1_create_is_accepted(more: dict[str, Any], policy: dict[str, Any]) -> None:
    world = World(**policy)
    assert world.code(A, CreateDomain(**{"name": "a.example", "auth": PASSWORD, **more})) == 1000


def test_3_2_1_a_delegation_to_an_internal_host_without_glue_is_refused() -> None:
    world = World()
    world.domain("a.example")
    world.host("ns1.a.example", glue=True)
    world.must(A, UpdateHost("ns1.a.example", remove_addresses=GLUE))
    assert world.code(A, CreateDomain("b.example", hosts=("ns1.a.example",))) == 2306
    assert world.code(A, UpdateDomain("a.example", add_hosts=("ns1.a.example",))) == 2306


# --- 3.2.2 delete


def test_3_2_2_delete_within_the_add_period_purges() -> None:
    world = World()
    world.domain()
    assert world.code(B, DeleteDomain("a.example")) == 2201
    assert world.code(A, DeleteDomain("a.example")) == 1000
    assert world.code(A, InfoDomain("a.example")) == 2303


def test_3_2_2_delete_later_is_pending() -> None:
    world = World()
    world.domain()
    world.later(days=6)
    assert world.code(A, DeleteDomain("a.example")) == 1001
    assert statuses(world) == {"pendingDelete", "inactive"}
    assert world.must(A, InfoDomain("a.example")).rgp == ("redemptionPeriod",)
    assert world.code(A, DeleteDomain("a.example")) == 2304


def test_3_2_2_delete_without_redemption_purges() -> None:
    world = World(redemption=0, pending_delete=0)
    world.domain()
    world.later(days=6)
    assert world.code(A, DeleteDomain("a.example")) == 1000
    assert world.code(A, InfoDomain("a.example")) == 2303


def test_3_2_2_delete_with_subordinate_hosts_is_2305() -> None:
    world = World()
    world.domain()
    world.host("ns1.a.example", glue=True)
    assert world.code(A, DeleteDomain("a.example")) == 2305


# --- 3.2.3 renew


def test_3_2_3_renew_extends() -> None:
    world = World()
    world.domain()
    data = world.must(A, RenewDomain("a.example", date(2026, 3, 1), Period(3)))
    assert data.expires == datetime(2029, 3, 1, 10, tzinfo=UTC)
    assert world.must(A, InfoDomain("a.example")).rgp == ("addPeriod", "renewPeriod")
    world.later(days=5)
    assert world.must(A, InfoDomain("a.example")).rgp == ()


@pytest.mark.parametrize(
    ("account", "request_", "code"),
    [
        (B, RenewDomain("a.example", date(2026, 3, 1)), 2201),
        (A, RenewDomain("a.example", date(2026, 3, 2)), 2004),
        (A, RenewDomain("a.example", date(2026, 3, 1), Period(10)), 2105),
        (A, RenewDomain("a.example", date(2026, 3, 1), Period(9)), 1000),
        (A, RenewDomain("a.example", date(2026, 3, 1), Period(11)), 2306),
        (A, RenewDomain("a.example", date(2026, 3, 1), Period(12, "m")), 2306),
        (A, RenewDomain("a.example", date(2026, 3, 1)), 1000),
    ],
)
def test_3_2_3_renew_codes(account: str, request_: RenewDomain, code: int) -> None:
    world = World()
    world.domain()
    assert world.code(account, request_) == code


# --- 3.2.5 update


def test_3_2_5_update_changes_everything() -> None:
    world = World()
    for id in ("con-1", "con-2"):
        world.contact(id)
    for name in ("ns1.other.net", "ns2.other.net"):
        world.host(name)
    world.domain(registrant="con-1", contacts=world.links(("tech", "con-1")), hosts=("ns1.other.net",))
    world.later(hours=1)
    world.must(
        A,
        UpdateDomain(
            "a.example",
            add_hosts=("ns2.other.net",),
            add_contacts=world.links(("admin", "con-2")),
            add_statuses=(Status("clientHold", "payment overdue"),),
            remove_hosts=("ns1.other.net",),
            remove_contacts=world.links(("tech", "con-1")),
            registrant="con-2",
            auth="another-password-of-24-c",
            secdns=SecDnsUpdate(add=SecDns(ds=(DS,))),
        ),
    )
    data = world.must(B, InfoDomain("a.example", auth=AuthInfo("another-password-of-24-c")))
    domain = data.domain
    assert data.host_names == ("ns2.other.net",)
    assert domain.contacts == (ContactLink("admin", "con-2"),)
    assert domain.registrant == "con-2"
    assert domain.ds == (DS,)
    assert data.statuses == (Status("clientHold", "payment overdue"),)
    assert (domain.updater, domain.updated) == (A, START + timedelta(hours=1))


@pytest.mark.parametrize(
    ("more", "policy", "code"),
    [
        ({"add_hosts": ("ns1.other.net",)}, {}, 2306),
        ({"add_hosts": ("ns9.other.net",)}, {}, 2303),
        ({"add_hosts": ("ns2.other.net", "ns2.other.net")}, {}, 2306),
        ({"add_hosts": ("ns2.other.net",)}, {"max_name_servers": 1}, 2306),
        ({"remove_hosts": ("ns2.other.net",)}, {}, 2306),
        ({"add_host_attributes": (HostAttribute("ns1.other.net"),)}, {}, 2306),
        ({"add_contacts": (ContactLink("tech", "con-1"),)}, {}, 2306),
        ({"add_contacts": (ContactLink("tech", "con-9"),)}, {}, 2303),
        ({"add_contacts": (ContactLink("tech", "con-2"),)}, {"max_contacts": 1}, 2306),
        ({"remove_contacts": (ContactLink("admin", "con-1"),)}, {}, 2306),
        ({"remove_contacts": (ContactLink("tech", "con-1"),)}, {"required_contacts": ("tech",)}, 2308),
        ({"registrant": "con-9"}, {}, 2303),
        ({"registrant": ""}, {"required_contacts": ("registrant",)}, 2308),
        ({"add_statuses": (Status("serverHold"),)}, {}, 2306),
        ({"add_statuses": (Status("ok"),)}, {}, 2306),
        ({"add_statuses": (Status("inactive"),)}, {}, 2306),
        ({"add_statuses": (Status("pendingDelete"),)}, {}, 2306),
        ({"add_statuses": (Status("clientHold"),)}, {}, 2306),
        ({"remove_statuses": (Status("clientRenewProhibited"),)}, {}, 2306),
        ({"remove_statuses": (Status("serverHold"),)}, {}, 2306),
        ({"auth": "weak"}, {}, 2202),
        ({"secdns": SecDnsUpdate(add=SecDns(ds=(DS,)))}, {}, 2306),
        ({"secdns": SecDnsUpdate(remove=SecDns(ds=(OTHER_DS,)))}, {}, 2306),
        ({"secdns": SecDnsUpdate(max_sig_life=1)}, {}, 2102),
        ({"secdns": SecDnsUpdate(add=SecDns(ds=(OTHER_DS,)), urgent=True)}, {}, 2102),
        ({"secdns": SecDnsUpdate(add=SecDns(keys=(KEY,)))}, {}, 2306),
    ],
)
def test_3_2_5_update_is_refused_as_a_whole(more: dict[str, Any], policy: dict[str, Any], code: int) -> None:
    world = World(**policy)
    for id in ("con-1", "con-2"):
        world.contact(id)
    for name in ("ns1.other.net", "ns2.other.net"):
        world.host(name)
    world.domain(
        registrant="con-1", contacts=world.links(("tech", "con-1")), hosts=("ns1.other.net",), secdns=SecDns(ds=(DS,))
    )
    world.must(A, UpdateDomain("a.example", add_statuses=(Status("clientHold"),)))
    with world.store.read() as view:
        before = view.domain("a.example")
    assert world.code(A, UpdateDomain("a.example", **more)) == code
    with world.store.read() as view:
        assert view.domain("a.example") == before


def test_3_2_5_update_by_another_client_is_2201() -> None:
    world = World()
    world.domain()
    assert world.code(B, UpdateDomain("a.example", add_statuses=(Status("clientHold"),))) == 2201


def test_3_2_5_what_is_removed_may_be_added_again_in_the_same_update() -> None:
    world = World()
    world.host("ns1.other.net")
    world.domain(hosts=("ns1.other.net",), secdns=SecDns(ds=(DS,)))
    world.must(
        A,
        UpdateDomain(
            "a.example",
            remove_hosts=("ns1.other.net",),
            add_hosts=("ns1.other.net",),
            secdns=SecDnsUpdate(remove=SecDns(ds=(DS,)), add=SecDns(ds=(DS,))),
        ),
    )
    assert world.must(A, InfoDomain("a.example")).host_names == ("ns1.other.net",)


def test_rfc_5910_5_2_5_remove_matches_all_four_fields_and_all_removes_everything() -> None:
    world = World()
    world.domain(secdns=SecDns(ds=(DS, OTHER_DS)))
    near = DsRecord(DS.key_tag, 8, DS.digest_type, DS.digest)
    assert world.code(A, UpdateDomain("a.example", secdns=SecDnsUpdate(remove=SecDns(ds=(near,))))) == 2306
    world.must(A, UpdateDomain("a.example", secdns=SecDnsUpdate(remove=SecDns(ds=(DS,)))))
    assert world.must(A, InfoDomain("a.example")).domain.ds == (OTHER_DS,)
    world.must(A, UpdateDomain("a.example", secdns=SecDnsUpdate(remove_all=True, add=SecDns(ds=(DS,)))))
    assert world.must(A, InfoDomain("a.example")).domain.ds == (DS,)


def test_3_2_5_host_attributes_are_added_and_removed_by_name() -> None:
    world = World(host_model="attributes")
    one, two = HostAttribute("ns1.a.example", GLUE), HostAttribute("ns2.other.net")
    world.domain(host_attributes=(one,))
    world.must(
        A,
        UpdateDomain("a.example", add_host_attributes=(two,), remove_host_attributes=(HostAttribute("ns1.a.example"),)),
    )
    assert world.must(A, InfoDomain("a.example")).domain.host_attributes == (two,)
    for request in (
        UpdateDomain("a.example", add_host_attributes=(two,)),
        UpdateDomain("a.example", remove_host_attributes=(one,)),
    ):
        assert world.code(A, request) == 2306


# --- 2.3 statuses


def test_2_3_inactive_without_name_servers_else_ok() -> None:
    world = World()
    world.host("ns1.other.net")
    world.domain()
    assert statuses(world) == {"inactive"}
    world.must(A, UpdateDomain("a.example", add_hosts=("ns1.other.net",)))
    assert statuses(world) == {"ok"}
    world.must(A, UpdateDomain("a.example", add_statuses=(Status("clientHold"),)))
    assert statuses(world) == {"clientHold"}


@pytest.mark.parametrize(
    ("status", "request_", "account"),
    [
        ("clientUpdateProhibited", UpdateDomain("a.example", auth=PASSWORD), A),
        ("clientDeleteProhibited", DeleteDomain("a.example"), A),
        ("clientRenewProhibited", RenewDomain("a.example", date(2026, 3, 1)), A),
        ("clientTransferProhibited", TransferDomain("request", "a.example", auth=AuthInfo(PASSWORD)), B),
    ],
)
def test_2_3_a_prohibition_is_2304_until_it_is_removed(status: str, request_: Any, account: str) -> None:
    world = World()
    world.domain()
    world.must(A, UpdateDomain("a.example", add_statuses=(Status(status),)))
    assert world.code(account, request_) == 2304
    world.must(A, UpdateDomain("a.example", remove_statuses=(Status(status),)))
    assert world.code(account, request_) < 2000


def test_2_3_an_update_may_do_more_while_it_removes_client_update_prohibited() -> None:
    world = World()
    world.domain()
    world.must(A, UpdateDomain("a.example", add_statuses=(Status("clientUpdateProhibited"),)))
    add = (Status("clientHold"),)
    assert world.code(A, UpdateDomain("a.example", add_statuses=add)) == 2304
    lifting = UpdateDomain("a.example", add_statuses=add, remove_statuses=(Status("clientUpdateProhibited"),))
    assert world.code(A, lifting) == 1000


# --- RFC 9154


def test_rfc_9154_the_authinfo_is_kept_salted_and_hashed() -> None:
    world = World()
    world.domain("a.example")
    world.domain("b.example")
    with world.store.read() as view:
        first, second = view.domain("a.example"), view.domain("b.example")
    assert first is not None
    assert second is not None
    assert first.auth != second.auth
    assert PASSWORD not in repr(first)
    assert first.auth not in repr(first)
    assert PASSWORD not in repr(CreateDomain("a.example", auth=PASSWORD))


def test_rfc_9154_an_unset_authinfo_matches_nothing() -> None:
    world = World()
    world.domain()
    world.must(A, UpdateDomain("a.example", auth=""))
    for given in ("", PASSWORD):
        assert world.code(B, TransferDomain("request", "a.example", auth=AuthInfo(given))) == 2202


# --- order of evaluation (design notes, section 2)


def test_the_order_policy_existence_authorisation_status() -> None:
    world = World()
    world.domain()
    world.must(A, UpdateDomain("a.example", add_statuses=(Status("clientRenewProhibited"),)))
    wrong = date(1999, 1, 1)
    assert world.code(B, RenewDomain("b.example", wrong, Period(11))) == 2306
    assert world.code(B, RenewDomain("b.example", wrong)) == 2303
    assert world.code(B, RenewDomain("a.example", wrong)) == 2201
    assert world.code(A, RenewDomain("a.example", wrong)) == 2304
    world.must(A, UpdateDomain("a.example", remove_statuses=(Status("clientRenewProhibited"),)))
    assert world.code(A, RenewDomain("a.example", wrong)) == 2004


def test_a_refusal_names_the_element_its_value_and_the_reason() -> None:
    outcome = World().ask(A, CreateDomain("a.example", hosts=("ns9.other.net",)))
    assert outcome.value == ("domain:hostObj", "ns9.other.net")
    assert outcome.reason == "no such host"


def test_a_change_of_a_contact_leaves_its_domains_alone() -> None:
    world = World()
    world.contact("con-1")
    world.domain(registrant="con-1")
    with world.store.read() as view:
        before = view.domain("a.example")
    world.must(A, UpdateContact("con-1", postal=(postal(name="Bea"),)))
    with world.store.read() as view:
        assert view.domain("a.example") == before
