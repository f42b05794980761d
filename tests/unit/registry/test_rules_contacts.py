"""The rules of contacts, by section of RFC 5733."""

from __future__ import annotations

from typing import Any

import pytest
from registry_world import PASSWORD, A, B, World, postal

from regwire.registry.model.objects import Disclose, Phone, PostalInfo, Status
from regwire.registry.model.requests import (
    AuthInfo,
    CheckContacts,
    CreateContact,
    DeleteContact,
    DeleteDomain,
    InfoContact,
    UpdateContact,
    UpdateDomain,
)


def create(**changes: Any) -> CreateContact:
    values: dict[str, Any] = {"id": "con-1", "postal": (postal(),), "email": "ada@mail.example", "auth": PASSWORD}
    return CreateContact(**{**values, **changes})


def statuses(world: World, id: str = "con-1") -> list[str]:
    return [status.value for status in world.must(A, InfoContact(id)).statuses]


def test_3_1_1_check() -> None:
    world = World()
    world.contact("con-1")
    items = world.must(B, CheckContacts(("con-1", "con-2"))).items
    assert items == (("con-1", False, "In use"), ("con-2", True, None))
    assert world.code(B, CheckContacts(tuple(f"con-{i}" for i in range(51)))) == 2306


def test_3_1_2_info_needs_sponsorship_or_authinfo() -> None:
    world = World()
    world.contact("con-1")
    assert world.must(A, InfoContact("con-1")).contact.email == "ada@mail.example"
    assert world.code(B, InfoContact("con-1")) == 2201
    assert world.code(B, InfoContact("con-1", AuthInfo("wrong"))) == 2202
    assert world.code(B, InfoContact("con-1", AuthInfo(""))) == 2202
    assert world.code(B, InfoContact("con-1", AuthInfo(PASSWORD))) == 1000
    assert world.code(A, InfoContact("con-9")) == 2303


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, 1000),
        ({"id": "ab"}, 2005),
        ({"id": "a" * 17}, 2005),
        ({"id": "a b c"}, 2005),
        ({"auth": ""}, 1000),
        ({"auth": "weak"}, 2202),
        ({"postal": (postal(), postal("loc", name="Ада"))}, 1000),
        ({"postal": (postal(), postal())}, 2306),
        ({"postal": (postal(name="Ада"),)}, 2005),
        ({"postal": (postal(street=("Straße",)),)}, 2005),
        ({"postal": (postal(cc="XX"),)}, 2005),
        ({"postal": (postal(cc="nl"),)}, 2005),
        ({"postal": (postal(name=" "),)}, 2003),
        ({"postal": (postal(city=""),)}, 2003),
        ({"voice": Phone("+31.201234567", "12")}, 1000),
        ({"voice": Phone("")}, 2005),
        ({"voice": Phone("+12345")}, 2005),
        ({"voice": Phone("+1111.1")}, 2005),
        ({"voice": Phone("+1.")}, 2005),
        ({"fax": Phone("+1.123456789012345")}, 2005),
        ({"email": "example"}, 2005),
        ({"email": "@example.com"}, 2005),
        ({"email": "@"}, 2005),
        ({"email": "a@example"}, 2005),
        ({"email": "a b@example.com"}, 2005),
        ({"email": "x" * 65 + "@example.com"}, 2005),
        # RFC 5733 section 2.6: addresses of RFC 5322, which are ASCII.
        ({"email": "üser@mail.example"}, 2005),
        ({"email": "a@bücher.example"}, 2005),
        ({"email": "a@xn--bcher-kva.example"}, 1000),
        ({"email": "a.b+c_d'e@mail-1.example"}, 1000),
        ({"email": ".a@mail.example"}, 2005),
        ({"email": "a..b@mail.example"}, 2005),
        ({"email": "a.@mail.example"}, 2005),
        ({"email": "a@-mail.example"}, 2005),
        ({"email": "a@mail.example."}, 2005),
    ],
)
def test_3_2_1_create(changes: dict[str, Any], code: int) -> None:
    assert World().code(A, create(**changes)) == code


def test_3_2_1_an_existing_id_is_2302() -> None:
    world = World()
    world.contact("con-1")
    assert world.code(B, create()) == 2302


def test_3_2_2_a_linked_contact_cannot_be_deleted() -> None:
    world = World()
    world.contact("con-1")
    world.domain(registrant="con-1", contacts=world.links(("tech", "con-1")))
    assert statuses(world) == ["ok", "linked"]
    assert world.code(B, DeleteContact("con-1")) == 2201
    assert world.code(A, DeleteContact("con-1")) == 2305
    world.must(A, UpdateDomain("a.example", remove_contacts=world.links(("tech", "con-1"))))
    assert world.code(A, DeleteContact("con-1")) == 2305
    world.must(A, DeleteDomain("a.example"))
    assert statuses(world) == ["ok"]
    assert world.code(A, DeleteContact("con-1")) == 1000
    assert world.code(A, InfoContact("con-1")) == 2303


def test_3_2_5_update_changes_what_it_names() -> None:
    world = World()
    org = postal(org="Example Inc.")
    world.must(A, create(postal=(org,), voice=Phone("+1.5"), fax=Phone("+1.6")))
    change = PostalInfo("int", "Bea Example", "", (), "Leiden", None, None, "BE")
    disclose = Disclose(False, ("email",))
    world.must(
        A,
        UpdateContact(
            "con-1",
            add_statuses=(Status("clientDeleteProhibited"),),
            postal=(change, postal("loc", name="Беа")),
            voice=Phone(""),
            email="bea@mail.example",
            auth="another-password-of-24-c",
            disclose=disclose,
        ),
    )
    contact = world.must(B, InfoContact("con-1", AuthInfo("another-password-of-24-c"))).contact
    assert contact.postal == (
        PostalInfo("int", "Bea Example", None, (), "Leiden", None, None, "BE"),
        postal("loc", name="Беа"),
    )
    assert (contact.voice, contact.fax) == (None, Phone("+1.6"))
    assert (contact.email, contact.disclose, contact.updater) == ("bea@mail.example", disclose, A)


def test_3_2_5_a_change_of_the_name_keeps_the_address() -> None:
    world = World()
    world.must(A, create(postal=(postal(org="Example Inc."),)))
    world.must(A, UpdateContact("con-1", postal=(PostalInfo("int", "Bea"),)))
    assert world.must(A, InfoContact("con-1")).contact.postal == (postal(name="Bea", org="Example Inc."),)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"email": "example"}, 2005),
        ({"voice": Phone("55")}, 2005),
        ({"postal": (PostalInfo("loc", "Only a name"),)}, 2003),
        ({"postal": (PostalInfo("int", "Ада"),)}, 2005),
        ({"postal": (PostalInfo("int", "A"), PostalInfo("int", "B"))}, 2306),
        ({"auth": "weak"}, 2202),
        ({"add_statuses": (Status("clientDeleteProhibited"),)}, 2306),
        ({"add_statuses": (Status("clientHold"),)}, 2306),
        ({"add_statuses": (Status("linked"),)}, 2306),
        ({"add_statuses": (Status("serverDeleteProhibited"),)}, 2306),
        ({"remove_statuses": (Status("clientUpdateProhibited"),)}, 2306),
    ],
)
def test_3_2_5_update_is_refused_as_a_whole(more: dict[str, Any], code: int) -> None:
    world = World()
    world.contact("con-1")
    world.must(A, UpdateContact("con-1", add_statuses=(Status("clientDeleteProhibited"),)))
    before = world.must(A, InfoContact("con-1")).contact
    assert world.code(A, UpdateContact("con-1", **more)) == code
    assert world.must(A, InfoContact("con-1")).contact == before


def test_3_2_5_update_by_another_client_is_2201() -> None:
    world = World()
    world.contact("con-1")
    assert world.code(B, UpdateContact("con-1", email="eve@mail.example")) == 2201


def test_2_2_prohibitions_are_2304() -> None:
    world = World()
    world.contact("con-1")
    names = ("clientUpdateProhibited", "clientDeleteProhibited")
    world.must(A, UpdateContact("con-1", add_statuses=tuple(map(Status, names))))
    assert statuses(world) == list(names)
    assert world.code(A, UpdateContact("con-1", email="b@mail.example")) == 2304
    assert world.code(A, DeleteContact("con-1")) == 2304
    lifting = UpdateContact("con-1", email="b@mail.example", remove_statuses=tuple(map(Status, names)))
    assert world.code(A, lifting) == 1000
    assert world.code(A, DeleteContact("con-1")) == 1000
