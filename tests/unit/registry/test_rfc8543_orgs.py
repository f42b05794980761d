"""org-1.0 and orgext-1.0 live: organisations, and those of domains, hosts and contacts (RFC 8543, RFC 8544)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ext_world import SETTINGS, ExtFront, ext_test
from front_world import code, create, value
from registry_world import PASSWORD, START, A, B, World

from regwire.epp import auth_info, command
from regwire.epp.compose import contact_auth_info
from regwire.epp.ext import org as o
from regwire.epp.ext import orgext as x
from regwire.epp.ext.allocation_token import AllocationTokenInfo
from regwire.epp.messages import contact as c
from regwire.epp.messages import domain as d
from regwire.epp.messages import host as h
from regwire.registry.model import requests as r
from regwire.registry.model.orgs import CreateOrg, DeleteOrg, OrgLink, OrgRole, SetOrgs
from regwire.registry.store.sqlite import SqliteStore

RESELLER = (o.OrgRole("reseller"),)


def org(id: str = "res-1", **more: Any) -> o.OrgCreate:
    return o.OrgCreate(id, **{"roles": RESELLER, **more})


def changed(id: str = "res-1", **parts: Any) -> o.OrgUpdate:
    return o.OrgUpdate(id, **parts)


def add(**parts: Any) -> dict[str, Any]:
    return {"add": o.OrgAddRem(**parts)}


def rem(**parts: Any) -> dict[str, Any]:
    return {"rem": o.OrgAddRem(**parts)}


def named(*links: tuple[str, str]) -> x.OrgExtCreate:
    return x.OrgExtCreate(ids(*links))


def ids(*links: tuple[str, str]) -> tuple[x.OrgExtId, ...]:
    return tuple(x.OrgExtId(id, role=role) for role, id in links)


def update(name: str = "a.example", **parts: tuple[tuple[str, str], ...]) -> Any:
    given = {part: x.OrgExtAddRemChange(ids(*links)) for part, links in parts.items()}
    return command(d.DomainUpdate(name), x.OrgExtUpdate(**given))


async def info(front: ExtFront, id: str = "res-1", account: str = A) -> Any:
    return await front.must(account, o.OrgInfo(id))


async def links(front: ExtFront, name: str = "a.example", account: str = A) -> list[tuple[str, str]]:
    answer = await front.ask(account, d.DomainInfo(d.DomainInfoName(name)))
    found = [element for element in answer.extension if isinstance(element, x.OrgExtInfoData)]
    return [(link.role, link.id) for element in found for link in element.ids]


async def contact(front: ExtFront, id: str = "con-1", *extension: Any) -> None:
    address = c.Address(("1 Main St",), city="Delft", cc="NL")
    made = c.ContactCreate(
        id,
        (c.PostalInfo("int", "Ada", addr=address),),
        email="ada@mail.example",
        auth_info=contact_auth_info(PASSWORD),
    )
    await front.must(A, command(made, extension))


# --- RFC 8543


@ext_test()
async def test_4_2_1_create_and_4_1_2_info_with_everything(front: ExtFront) -> None:
    await contact(front)
    await front.must(A, org("parent-1"))
    address = o.OrgAddress(("124 Example Dr.", "Suite 200"), city="Dulles", sp="VA", pc="20166-6503", cc="US")
    given: dict[str, Any] = {
        "roles": (o.OrgRole("reseller", ("clientLinkProhibited",)), o.OrgRole("registrar", role_id="1362")),
        "statuses": ("clientDeleteProhibited",),
        "parent_id": "parent-1",
        "postal_infos": (o.OrgPostalInfo("int", "Example Inc.", address), o.OrgPostalInfo("loc", "Bücher")),
        "voice": o.OrgPhone("+1.7035555555", "1234"),
        "fax": o.OrgPhone("+1.7035555556"),
        "email": "contact@org.example",
        "url": "https://org.example",
        "contacts": (o.OrgContact("con-1", "admin"), o.OrgContact("con-1", "custom", "legal")),
    }
    data = await front.must(A, org(**given))
    assert data == o.OrgCreateData("res-1", START)
    found = await info(front, account=B)
    assert found == o.OrgInfoData(
        "res-1",
        found.roid,
        (o.OrgRole("reseller", ("clientLinkProhibited",)), o.OrgRole("registrar", ("ok",), "1362")),
        ("clientDeleteProhibited",),
        cl_id=A,
        cr_id=A,
        cr_date=START,
        **{name: part for name, part in given.items() if name not in ("roles", "statuses")},
    )
    assert (await info(front, "parent-1")).statuses == ("ok", "linked")


@ext_test()
async def test_4_1_1_check(front: ExtFront) -> None:
    await front.must(A, org())
    found = await front.must(B, o.OrgCheck(("res-1", "res-2")))
    assert [(item.id.id, item.id.avail, item.reason and item.reason.text) for item in found.items] == [
        ("res-1", False, "In use"),
        ("res-2", True, None),
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"id": "res-0"}, 2302),
        ({"parent_id": "nobody"}, 2303),
        ({"contacts": (o.OrgContact("nobody", "tech"),)}, 2303),
        ({"statuses": ("serverDeleteProhibited",)}, 2306),
        ({"statuses": ("hold",)}, 2306),
        ({"statuses": ("hold",), "parent_id": "res-0"}, 1000),
        ({"statuses": ("ok",)}, 1000),
        ({"roles": (*RESELLER, *RESELLER)}, 2306),
        ({"roles": (o.OrgRole("reseller", ("serverLinkProhibited",)),)}, 2306),
        ({"roles": (o.OrgRole("reseller", ("linked",)),)}, 2306),
        ({"postal_infos": (o.OrgPostalInfo("int", "Bücher"),)}, 2005),
        ({"postal_infos": (o.OrgPostalInfo("loc", "A"), o.OrgPostalInfo("loc", "B"))}, 2306),
        ({"postal_infos": (o.OrgPostalInfo("loc", "A", o.OrgAddress(city="X", cc="XX")),)}, 2005),
        ({"email": "nowhere"}, 2005),
        ({"parent_id": "res-1"}, 2306),
    ],
)
def test_4_2_1_what_a_create_is_refused_for(given: dict[str, Any], expected: int) -> None:
    @ext_test()
    async def test(front: ExtFront) -> None:
        await front.must(A, org("res-0"))
        assert code(await front.ask(A, org(**given))) == expected

    test()


@ext_test()
async def test_4_2_2_delete(front: ExtFront) -> None:
    await front.must(A, org())
    assert code(await front.ask(B, o.OrgDelete("res-1"))) == 2201
    await front.must(A, changed(**add(statuses=("clientDeleteProhibited",))))
    assert code(await front.ask(A, o.OrgDelete("res-1"))) == 2304
    await front.must(A, changed(**rem(statuses=("clientDeleteProhibited",))))
    await front.must(A, o.OrgDelete("res-1"))
    assert code(await front.ask(A, o.OrgDelete("res-1"))) == 2303
    assert code(await front.ask(A, o.OrgInfo("res-1"))) == 2303


@ext_test()
async def test_4_2_2_a_linked_one_is_2305(front: ExtFront) -> None:
    await front.must(A, org())
    await front.must(A, org("child-1", parent_id="res-1"))
    assert code(await front.ask(A, o.OrgDelete("res-1"))) == 2305
    await front.must(A, o.OrgDelete("child-1"))
    await front.must(A, create("a.example", (named(("reseller", "res-1")),)))
    assert code(await front.ask(A, o.OrgDelete("res-1"))) == 2305
    found = await info(front)
    assert (found.statuses, found.roles[0].statuses) == (("ok", "linked"), ("ok", "linked"))
    await front.must(A, d.DomainDelete("a.example"))
    await front.must(A, o.OrgDelete("res-1"))


@ext_test()
async def test_4_2_5_update(front: ExtFront) -> None:
    await contact(front)
    await front.must(A, org(postal_infos=(o.OrgPostalInfo("int", "One"), o.OrgPostalInfo("loc", "Two"))))
    everything = changed(
        add=o.OrgAddRem((o.OrgContact("con-1", "tech"),), (o.OrgRole("privacyproxy"),), ("clientDeleteProhibited",)),
        chg=o.OrgChange(
            postal_infos=(o.OrgPostalInfoChange("loc"), o.OrgPostalInfoChange("int", "Three")),
            voice=o.OrgPhone("+1.5"),
            url="https://new.example",
        ),
    )
    await front.must(A, everything)
    found = await info(front)
    assert found.contacts == (o.OrgContact("con-1", "tech"),)
    assert [role.type for role in found.roles] == ["reseller", "privacyproxy"]
    assert found.postal_infos == (o.OrgPostalInfo("int", "Three"),)
    assert (found.statuses, found.url, found.up_id) == (("clientDeleteProhibited",), "https://new.example", A)
    # A contact that an organisation has stays.
    assert code(await front.ask(A, c.ContactDelete("con-1"))) == 2305
    gone = rem(contacts=(o.OrgContact("con-1", "tech"),), roles=(o.OrgRole("privacyproxy"),))
    await front.must(A, changed(**gone))
    assert code(await front.ask(A, changed(**gone))) == 2306
    await front.must(A, c.ContactDelete("con-1"))


@ext_test()
async def test_4_2_5_an_address_without_its_name_keeps_the_name_and_an_empty_fax_goes(front: ExtFront) -> None:
    old, new = (o.OrgAddress(("1 Main St",), city=city, cc="US") for city in ("Dulles", "Reston"))
    number = o.OrgPhone("+1.7035555556")
    await front.must(A, org(postal_infos=(o.OrgPostalInfo("int", "One", old),), voice=o.OrgPhone(""), fax=number))
    found = await info(front)
    assert (found.voice, found.fax) == (None, number)
    change = o.OrgChange(postal_infos=(o.OrgPostalInfoChange("int", addr=new),), fax=o.OrgPhone(""))
    await front.must(A, changed(chg=change))
    found = await info(front)
    assert (found.postal_infos, found.fax) == ((o.OrgPostalInfo("int", "One", new),), None)
    nameless = o.OrgChange(postal_infos=(o.OrgPostalInfoChange("loc", addr=new),))
    assert code(await front.ask(A, changed(chg=nameless))) == 2003
    nowhere = o.OrgPostalInfoChange("int", addr=o.OrgAddress(city="X", cc="XX"))
    assert code(await front.ask(A, changed(chg=o.OrgChange(postal_infos=(nowhere,))))) == 2005


@ext_test()
async def test_4_2_5_roles(front: ExtFront) -> None:
    await front.must(A, org())
    await front.must(A, changed(**add(roles=(o.OrgRole("reseller", ("clientLinkProhibited",), "77"),))))
    (role,) = (await info(front)).roles
    assert role == o.OrgRole("reseller", ("clientLinkProhibited",), "77")
    answer = await front.ask(A, create("a.example", (named(("reseller", "res-1")),)))
    assert (code(answer), value(answer)[1]) == (2304, "clientLinkProhibited forbids new links")
    await front.must(A, changed(**rem(roles=(o.OrgRole("reseller", ("clientLinkProhibited",)),))))
    await front.must(A, create("a.example", (named(("reseller", "res-1")),)))
    assert code(await front.ask(A, changed(**rem(roles=RESELLER)))) == 2305
    assert code(await front.ask(A, changed(**rem(roles=(o.OrgRole("registrar"),))))) == 2306
    assert code(await front.ask(A, changed(**add(roles=RESELLER)))) == 2306
    await front.must(A, d.DomainDelete("a.example"))
    # There is always one (section 3.2).
    assert code(await front.ask(A, changed(**rem(roles=RESELLER)))) == 2308


@ext_test()
async def test_3_4_statuses_forbid(front: ExtFront) -> None:
    await front.must(A, org("parent-1"))
    await front.must(A, org(parent_id="parent-1"))
    url = {"chg": o.OrgChange(url="https://x.example")}
    for status in ("clientUpdateProhibited", "hold", "terminated"):
        await front.must(A, changed(**add(statuses=(status,))))
        assert code(await front.ask(A, changed(**url))) == 2304
        await front.must(A, changed(**rem(statuses=(status,))))
    await front.must(A, changed(**add(statuses=("hold",))))
    assert code(await front.ask(A, create("a.example", (named(("reseller", "res-1")),)))) == 2304
    assert code(await front.ask(A, o.OrgDelete("res-1"))) == 2304
    assert code(await front.ask(A, org("child-1", parent_id="res-1"))) == 2304
    assert code(await front.ask(B, changed(**url))) == 2201
    assert code(await front.ask(A, changed("res-9", **url))) == 2303
    assert code(await front.ask(A, changed())) == 2003


@ext_test()
async def test_3_6_loops_are_prohibited(front: ExtFront) -> None:
    for id, parent in (("org-a", None), ("org-b", "org-a"), ("org-c", "org-b")):
        await front.must(A, org(id, parent_id=parent))
    for id in ("org-a", "org-b", "org-c"):
        assert code(await front.ask(A, changed("org-a", chg=o.OrgChange(parent_id=id)))) == 2306
    await front.must(A, changed("org-c", chg=o.OrgChange(parent_id="org-a")))
    assert (await info(front, "org-c")).parent_id == "org-a"


@ext_test()
async def test_no_extension_goes_with_them(front: ExtFront) -> None:
    for message in (o.OrgCheck(("res-1",)), o.OrgInfo("res-1"), org(), o.OrgDelete("res-1")):
        assert code(await front.ask(A, command(message, AllocationTokenInfo()))) == 2103


# --- RFC 8544


@ext_test()
async def test_8544_4_2_1_create_and_4_1_2_info(front: ExtFront) -> None:
    await front.must(A, org())
    await front.must(A, org("proxy-1", roles=(o.OrgRole("privacyproxy"),)))
    await front.must(A, create("a.example", (named(("reseller", "res-1"), ("privacyproxy", "proxy-1")),)))
    assert await links(front) == [("reseller", "res-1"), ("privacyproxy", "proxy-1")]
    # Only to who may see all of it.
    assert await links(front, account=B) == []


@ext_test()
async def test_8544_4_2_1_existence_and_role(front: ExtFront) -> None:
    await front.must(A, org())
    for given, expected in (
        ((("reseller", "res-9"),), 2303),
        ((("registrar", "res-1"),), 2306),
        ((("reseller", "res-1"), ("reseller", "res-1")), 2306),
        ((("reseller", ""),), 2003),
    ):
        assert code(await front.ask(A, create("a.example", (named(*given),)))) == expected
    assert code(await front.ask(A, d.DomainInfo(d.DomainInfoName("a.example")))) == 2303


@ext_test()
async def test_8544_4_2_5_update(front: ExtFront) -> None:
    for id in ("res-1", "res-2"):
        await front.must(A, org(id))
    await front.must(A, create())
    one, two = (("reseller", "res-1"),), (("reseller", "res-2"),)
    assert code(await front.ask(A, update(chg=one))) == 2305
    assert code(await front.ask(A, update(rem=one))) == 2305
    await front.must(A, update(add=one))
    assert code(await front.ask(A, update(add=two))) == 2305
    await front.must(A, update(chg=two))
    assert await links(front) == list(two)
    await front.must(A, o.OrgDelete("res-1"))
    assert code(await front.ask(A, update(rem=one))) == 2305
    assert code(await front.ask(A, update(chg=one))) == 2303
    assert await links(front) == list(two)
    await front.must(A, update(rem=(("reseller", ""),)))
    assert await links(front) == []
    await front.must(A, o.OrgDelete("res-2"))
    assert code(await front.ask(A, update())) == 2003


@ext_test()
async def test_8544_hosts_and_contacts(front: ExtFront) -> None:
    await front.must(A, org())
    extension = named(("reseller", "res-1"))
    await contact(front, "con-1", extension)
    await front.must(A, command(h.HostCreate("ns1.other.net"), extension))
    for message in (c.ContactInfo("con-1"), h.HostInfo("ns1.other.net")):
        answer = await front.ask(A, message)
        assert x.OrgExtInfoData(ids(("reseller", "res-1"))) in answer.extension
    rename = h.HostUpdate("ns1.other.net", chg=h.HostChange("ns2.other.net"))
    await front.must(A, rename)
    await front.must(A, c.ContactDelete("con-1"))
    assert code(await front.ask(A, o.OrgDelete("res-1"))) == 2305
    await front.must(A, h.HostDelete("ns2.other.net"))
    await front.must(A, o.OrgDelete("res-1"))


@ext_test()
async def test_8544_4_2_4_a_transfer_leaves_the_losing_registrars_behind(front: ExtFront) -> None:
    await front.must(A, org())
    await front.must(B, org("reg-2", roles=(o.OrgRole("registrar"),)))
    await front.must(A, create("a.example", (named(("reseller", "res-1"), ("registrar", "reg-2")),)))
    asked = d.DomainTransfer("a.example", auth_info=auth_info(PASSWORD))
    await front.must(B, command(asked, op="request"))
    await front.later(days=6)
    assert await links(front, account=B) == [("registrar", "reg-2")]
    await front.must(A, o.OrgDelete("res-1"))


@ext_test()
async def test_a_purge_breaks_the_link(front: ExtFront) -> None:
    await front.must(A, org())
    await front.must(A, create("a.example", (named(("reseller", "res-1")),)))
    front.clock.advance(front.registry.policies.general.add_grace)
    await front.must(A, d.DomainDelete("a.example"))
    assert code(await front.ask(A, o.OrgDelete("res-1"))) == 2305
    await front.later(days=40)
    await front.must(A, o.OrgDelete("res-1"))


@ext_test(SETTINGS + "[policy.orgs]\nenabled = false\n")
async def test_where_they_are_not_enabled_the_extension_is_refused(front: ExtFront) -> None:
    await front.must(A, org())
    assert code(await front.ask(A, create("a.example", (named(("reseller", "res-1")),)))) == 2103


def test_links_are_stored_and_found_in_sqlite(tmp_path: Path) -> None:
    world = World(make=lambda policies, clock: SqliteStore(tmp_path / "r", policies, clock))
    world.must(A, CreateOrg("res-1", (OrgRole("reseller"),)))
    world.domain(extensions=(SetOrgs((OrgLink("reseller", "res-1"),)),))
    assert world.code(A, DeleteOrg("res-1")) == 2305
    world.must(A, r.DeleteDomain("a.example"))
    assert world.code(A, DeleteOrg("res-1")) == 1000
    world.store.close()
