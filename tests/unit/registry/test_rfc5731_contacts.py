"""RFC 5731 section 2.2: contacts of domains by the zone's data model, and RFC 5733 section 2.9: disclosure."""

from __future__ import annotations

from typing import Any

import pytest
from registry_world import PASSWORD, A, B, World, postal

from regwire.registry.config import Config, PolicySettings, RegistrySettings
from regwire.registry.model.objects import Disclose
from regwire.registry.model.requests import (
    CheckContacts,
    CreateContact,
    CreateDomain,
    InfoContact,
    InfoDomain,
    UpdateContact,
    UpdateDomain,
)
from regwire.registry.server import _objects


def world_of(**policy: Any) -> World:
    world = World(**policy)
    world.contact("con-1")
    return world


def create(world: World, account: str = A, **more: Any) -> int:
    return world.code(account, CreateDomain("a.example", auth=PASSWORD, **more))


def contacts(world: World) -> Any:
    value = world.must(A, InfoDomain("a.example")).domain
    return value.registrant, [(link.type, link.id) for link in value.contacts]


def test_minimum_refuses_contacts() -> None:
    world = world_of(data_model="minimum", required_contacts=("registrant",))
    admin = world.links(("admin", "con-1"))
    assert create(world, registrant="con-1") == 2306
    assert create(world, contacts=admin) == 2306
    assert create(world) == 1000
    assert world.code(A, UpdateDomain("a.example", registrant="con-1")) == 2306
    assert world.code(A, UpdateDomain("a.example", add_contacts=admin)) == 2306
    assert contacts(world) == (None, [])


def test_minimum_may_ignore_them() -> None:
    world = world_of(data_model="minimum", ignore_contacts=True)
    admin = world.links(("admin", "con-9"))
    assert create(world, registrant="con-9", contacts=admin) == 1000
    assert world.code(A, UpdateDomain("a.example", add_contacts=admin, registrant="con-1")) == 1000
    assert contacts(world) == (None, [])


def test_maximum_needs_a_registrant_and_keeps_it() -> None:
    world = world_of(data_model="maximum", required_contacts=("admin",))
    admin = world.links(("admin", "con-1"))
    assert create(world, contacts=admin) == 2003
    assert create(world, registrant="con-1") == 2003
    assert create(world, registrant="con-1", contacts=admin) == 1000
    assert world.code(A, UpdateDomain("a.example", registrant="")) == 2308
    assert world.code(A, UpdateDomain("a.example", remove_contacts=admin)) == 2308
    assert contacts(world) == ("con-1", [("admin", "con-1")])


def test_per_registrar() -> None:
    world = world_of(data_model="per-registrar", minimum_registrars=(B,))
    assert create(world, A) == 2003
    assert create(world, B, registrant="con-1") == 2306
    assert create(world, B) == 1000
    assert world.code(A, CreateDomain("b.example", registrant="con-1")) == 1000


def test_any_takes_what_is_given() -> None:
    world = world_of()
    assert create(world) == 1000
    world.must(A, UpdateDomain("a.example", registrant="con-1"))
    world.must(A, UpdateDomain("a.example", registrant=""))


@pytest.mark.parametrize(
    ("policies", "names"),
    [
        ([], ["domain", "host", "contact"]),
        ([{"host_model": "attributes"}], ["domain", "host", "contact"]),
        ([{"host_model": "attributes"}, {"host_model": "attributes"}], ["domain", "contact"]),
        ([{"data_model": "minimum"}, {"data_model": "minimum"}], ["domain", "host"]),
        (
            [{"data_model": "minimum", "ignore_contacts": True}] * 2,
            ["domain", "host", "contact"],
        ),
    ],
)
def test_rfc_5730_2_4_only_objects_that_a_zone_uses_are_announced(policies: Any, names: list[str]) -> None:
    zones = {zone: PolicySettings(**found) for zone, found in zip(("example", "test"), policies, strict=False)}
    config = Config(registry=RegistrySettings(zones=("example", "test")), zone_policies=zones)
    assert list(_objects(config)) == [f"urn:ietf:params:xml:ns:{name}-1.0" for name in names]


# --- RFC 5733


def test_rfc_5733_2_9_what_registrars_may_not_decide_is_2308() -> None:
    world = World(disclosable=("voice", "email"))
    allowed, refused = Disclose(False, ("voice", "email")), Disclose(True, ("voice", "name:int"))

    def make(id: str, disclose: Disclose) -> CreateContact:
        return CreateContact(id, (postal(),), "a@mail.example", disclose=disclose)

    assert world.code(A, make("con-1", allowed)) == 1000
    assert world.code(A, make("con-2", refused)) == 2308
    assert world.code(A, InfoContact("con-2")) == 2303
    outcome = world.ask(A, UpdateContact("con-1", email="b@mail.example", disclose=refused))
    assert (outcome.code, outcome.value) == (2308, ("contact:disclose", "name:int"))
    contact = world.must(A, InfoContact("con-1")).contact
    assert (contact.email, contact.disclose) == ("a@mail.example", allowed)


def test_rfc_5733_3_1_1_an_id_that_nobody_can_have_is_not_available() -> None:
    items = World().must(A, CheckContacts(("con-1", "xx", "x" * 17))).items
    assert [(available, reason is None) for _, available, reason in items] == [
        (True, True),
        (False, False),
        (False, False),
    ]


@pytest.mark.parametrize("change", [{"name": ""}, {"city": " "}, {"cc": "XX"}, {"cc": "nl"}, {"street": ("Straße",)}])
def test_rfc_5733_3_2_5_a_bad_value_is_refused_before_the_contact_is_looked_for(change: dict[str, Any]) -> None:
    world = world_of()
    code = 2003 if set(change) & {"name", "city"} else 2005
    for id in ("con-1", "con-9"):
        assert world.code(A, UpdateContact(id, postal=(postal(**change),))) == code
