"""Launch applications (RFC 8334 sections 2.1, 2.4, 2.5, 3.2 to 3.5): many for a name, one is allocated."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import launch_world
import pytest
from launch_world import HOUSE, create, launch_test, phase
from registry_world import START, A, B

from regwire.epp import requests
from regwire.epp.ext import launch as x
from regwire.epp.messages import domain as d
from regwire.epp.messages.contact import Address, PostalInfo
from regwire.registry.model import kinds
from regwire.registry.model.launch import Application, ApplicationStatus, ReadApplications, SetApplicationStatus
from regwire.registry.model.money import Deposit, ReadBalances
from regwire.schema import Raw

NAME = "one.round"
LANDRUSH = x.LaunchCreate(phase("landrush"), type="application")


def sunrise():
    return x.LaunchCreate(phase("sunrise"), signed_marks=(Raw(HOUSE.signed("one")),))


async def apply(front, account, extension=LANDRUSH, name=NAME, **more):
    """Apply and return the identifier."""
    response = await front.ask(account, create(name, extension, **more))
    assert response.results[0].code == 1001
    (created,) = response.extension
    assert created.phase == extension.phase
    (data,) = response.res_data
    assert (data.name, data.ex_date) == (name, None)
    return created.application_id


def info(id, value="landrush", name=NAME, **more):
    return requests.info_domain(name, extension=[x.LaunchInfo(phase(value), id, **more)])


def update(id, value="landrush", name=NAME, **more):
    more = more or {"add": d.DomainAddRem(statuses=(d.DomainStatus("clientHold"),))}
    return requests.update_domain(name, extension=[x.LaunchUpdate(phase(value), id)], **more)


def delete(id, value="landrush", name=NAME):
    return requests.delete_domain(name, extension=[x.LaunchDelete(phase(value), id)])


async def decide(front, id, value, text="", custom=None):
    return await front.operator(SetApplicationStatus(id, ApplicationStatus(value, text, custom)))


async def messages(front, account):
    """Take every message of a queue."""
    found = []
    while True:
        response = await front.ask(account, requests.poll())
        if response.results[0].code == 1300:
            return found
        found.append(response)
        assert (await front.ask(account, requests.poll_ack(response.msg_q.id))).results[0].code == 1000


@launch_test
async def test_rfc_8334_section_2_1_many_applications_for_a_name(front):
    ids = [await apply(front, account) for account in (A, B, A)]
    assert len(set(ids)) == 3
    assert await front.code(A, requests.info_domain(NAME)) == 2303
    check = await front.ask(A, requests.check_domain([NAME]))
    assert check.res_data[0].items[0].name.avail


@launch_test
async def test_rfc_8334_section_3_3_a_create_says_that_it_is_an_application(front):
    assert await front.code(A, create(NAME)) == 2003
    assert await front.code(A, create(NAME, x.LaunchCreate(phase("landrush"), type="registration"))) == 2306
    assert await front.code(A, create(NAME, x.LaunchCreate(phase("claims")))) == 2306
    assert await front.code(A, create(NAME, x.LaunchCreate(phase("sunrise")))) == 2003
    assert await apply(front, A, sunrise())


@launch_test
async def test_what_is_wrong_with_a_create_is_wrong_with_an_application(front):
    assert await front.code(A, create(NAME, LANDRUSH, registrant="nobody")) == 2303
    assert await front.code(A, create("-a.round", LANDRUSH)) == 2005
    assert await front.code(A, create(NAME, LANDRUSH, period=99)) in (2004, 2306)
    with front.registry.store.read() as view:
        assert view.records("application") == []


@launch_test
async def test_rfc_8334_section_3_2_info_of_an_application(front):
    id = await apply(front, A, sunrise())
    response = await front.ask(A, info(id, "sunrise", include_mark=True))
    (data,) = response.res_data
    assert (data.name, data.cl_id, data.cr_date, data.ex_date) == (NAME, A, START, None)
    assert {status.s for status in data.statuses} == {"pendingCreate", "inactive"}
    (launch,) = response.extension
    assert (launch.phase, launch.application_id, launch.status.s) == (phase("sunrise"), id, "pendingValidation")
    assert b"Test &amp; Validate" in launch.marks[0].xml
    (launch,) = (await front.ask(A, info(id, "sunrise"))).extension
    assert launch.marks == ()
    assert await front.code(A, info(id)) == 2306
    assert await front.code(A, info("unknown")) == 2303
    assert await front.code(A, info(id, "sunrise", name="two.round")) == 2303
    assert await front.code(B, info(id, "sunrise")) == 2201


@launch_test
async def test_rfc_8334_section_3_4_update_of_an_application(front):
    id = await apply(front, A)
    assert await front.code(A, update(id)) == 1000
    (data,) = (await front.ask(A, info(id))).res_data
    assert {status.s for status in data.statuses} == {"pendingCreate", "inactive", "clientHold"}
    assert data.up_id == A
    assert await front.code(A, update(id)) == 2306
    assert await front.code(A, update("unknown")) == 2303
    assert await front.code(A, update(id, "sunrise")) == 2306
    assert await front.code(B, update(id)) == 2201


@launch_test
async def test_rfc_8334_section_2_4_an_invalid_application_is_looked_at_again(front):
    id = await apply(front, A)
    assert (await decide(front, id, "invalid", "no such company")).code == 1000
    (launch,) = (await front.ask(A, info(id))).extension
    assert (launch.status.s, launch.status.text) == ("invalid", "no such company")
    assert await front.code(A, update(id)) == 1000
    (launch,) = (await front.ask(A, info(id))).extension
    assert (launch.status.s, launch.status.text) == ("pendingValidation", "")


@launch_test
async def test_rfc_8334_section_3_5_an_application_is_withdrawn(front):
    id, other = await apply(front, A), await apply(front, A)
    assert await front.code(B, delete(id)) == 2201
    assert await front.code(A, delete(id, "sunrise")) == 2306
    assert await front.code(A, delete(id)) == 1000
    assert await front.code(A, delete(id)) == 2303
    assert await front.code(A, info(other)) == 1000


@launch_test
async def test_rfc_8334_section_2_5_the_sponsor_is_told_of_every_status(front):
    id = await apply(front, A)
    for value in ("validated", "pendingAllocation"):
        assert (await decide(front, id, value)).code == 1000
    assert (await decide(front, id, "custom", "wait", "auction")).code == 1000
    told = await messages(front, A)
    assert [message.extension[0].status.s for message in told] == ["validated", "pendingAllocation", "custom"]
    assert told[2].extension[0].status.name == "auction"
    (data,) = told[0].res_data
    assert isinstance(data, d.DomainInfoData)
    assert "pendingCreate" in {status.s for status in data.statuses}
    assert await messages(front, B) == []


@launch_test
async def test_rfc_8334_section_2_5_one_is_allocated_the_others_are_rejected(front):
    winner = await apply(front, A, sunrise(), period=2)
    losers = [await apply(front, B), await apply(front, B)]
    front.clock.advance(dt.timedelta(days=3))
    assert (await decide(front, winner, "allocated")).code == 1000
    (data,) = (await front.ask(A, requests.info_domain(NAME))).res_data
    assert (data.cl_id, data.cr_id, data.cr_date) == (A, A, START + dt.timedelta(days=3))
    assert data.ex_date == dt.datetime(2027, 3, 4, 10, tzinfo=dt.UTC)
    (told,) = await messages(front, A)
    (pan,) = told.res_data
    assert isinstance(pan, d.DomainPanData)
    assert (pan.name.name, pan.name.result, pan.pa_date) == (NAME, True, front.clock.now())
    assert (told.extension[0].application_id, told.extension[0].status.s) == (winner, "allocated")
    lost = await messages(front, B)
    assert [(item.res_data[0].name.result, item.extension[0].application_id) for item in lost] == [
        (False, id) for id in losers
    ]
    # What is decided stays so, and can be looked at.
    for id in (winner, *losers):
        assert (await decide(front, id, "validated")).code == 2304
    (launch,) = (await front.ask(B, info(losers[0]))).extension
    assert launch.status.s == "rejected"
    assert await front.code(B, update(losers[0])) == 2304
    assert await front.code(B, delete(losers[0])) == 2304
    assert await front.code(B, create(NAME, LANDRUSH)) == 2302
    asked = requests.info_domain(NAME, extension=[x.LaunchInfo(phase("sunrise"), include_mark=True)])
    launch = next(item for item in (await front.ask(A, asked)).extension if isinstance(item, x.LaunchInfoData))
    assert len(launch.marks) == 1


@launch_test
async def test_an_application_that_is_rejected(front):
    id = await apply(front, A)
    assert (await decide(front, id, "rejected")).code == 1000
    (told,) = await messages(front, A)
    assert told.res_data[0].name.result is False
    assert await front.code(A, requests.info_domain(NAME)) == 2303


@launch_test
async def test_what_cannot_be_allocated_stays_as_it_is(front):
    postal = PostalInfo("int", "Ada Example", addr=Address(("1 Main St",), city="Delft", cc="NL"))
    contact = requests.create_contact(
        "c-1", postal_infos=[postal], email="a@b.example", auth_info="Zt7.wQ2_mK9-bN4.xL6_"
    )
    assert await front.code(A, contact) == 1000
    id = await apply(front, A, registrant="c-1")
    assert await front.code(A, requests.delete_contact("c-1")) == 2305
    # An application in a file that an older version wrote is not found by what it names.
    older = replace(kinds.kind_named("application"), index=lambda _: ())
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(kinds._by_name, "application", older)
        assert await front.code(A, requests.delete_contact("c-1")) == 1000
    assert (await decide(front, id, "allocated")).code == 2303
    (launch,) = (await front.ask(A, info(id))).extension
    assert launch.status.s == "pendingValidation"
    assert await messages(front, A) == []


@launch_test
async def test_only_the_operator_decides(front):
    id = await apply(front, A)
    request = SetApplicationStatus(id, ApplicationStatus("allocated"))
    (outcome,) = await front.registry.submit([front.registry.call(A, request)])
    assert outcome.code == 2201
    (outcome,) = await front.registry.submit([front.registry.call(A, ReadApplications())])
    assert outcome.code == 2201
    assert (await decide(front, "unknown", "allocated")).code == 2303
    assert (await decide(front, id, "elsewhere")).code == 2004
    assert (await decide(front, id, "custom")).code == 2003


@launch_test
async def test_the_operator_reads_applications(front):
    ids = sorted([await apply(front, A), await apply(front, B), await apply(front, B, name="two.round")])

    async def read(**narrow):
        outcome = await front.operator(ReadApplications(**narrow))
        assert all(isinstance(item, Application) for item in outcome.data or ())
        return outcome

    assert [item.id for item in (await read()).data] == ids
    assert len((await read(name=NAME)).data) == 2
    assert len((await read(sponsor=B)).data) == 2
    assert (await read(status="allocated")).data == []
    assert [item.id for item in (await read(after=ids[0], limit=1)).data] == [ids[1]]
    assert (await read(name=NAME, sponsor=B)).code == 2306


def test_names_that_are_applied_for_are_not_first_come_first_served():
    more = """
[[zone."round".launch.phases]]
phase = "open"
start = 2025-04-01T00:00:00Z
"""

    @launch_test
    async def run(front):
        id = await apply(front, A)
        front.clock.advance(dt.timedelta(days=60))
        assert await front.code(B, create(NAME, x.LaunchCreate(phase("open")))) == 2306
        assert await front.code(B, create("two.round", x.LaunchCreate(phase("open")))) == 1000
        asked = requests.check_domain([NAME, "three.round"], extension=[x.LaunchCheck(phase("open"), type="avail")])
        found = (await front.ask(B, asked)).res_data[0].items
        assert [(item.name.avail, item.reason and item.reason.text) for item in found] == [
            (False, "Applications are pending"),
            (True, None),
        ]
        assert (await decide(front, id, "rejected")).code == 1000
        assert await front.code(B, create(NAME, x.LaunchCreate(phase("open")))) == 1000

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launch_world, "SETTINGS", launch_world.SETTINGS + more)
        run()


def test_an_allocation_is_billed_to_the_applicant():
    more = """
[policy.fee]
currency = "EUR"
create = "10.00"
"""

    @launch_test
    async def run(front):
        await front.operator(Deposit(A, "EUR", Decimal(15)))
        first, second = await apply(front, A), await apply(front, A, name="two.round")
        assert (await decide(front, first, "allocated")).code == 1000
        assert (await decide(front, second, "allocated")).code == 2104
        (left,) = (await front.operator(ReadBalances(A))).data
        assert left.amount == 500
        (launch,) = (await front.ask(A, info(second, name="two.round"))).extension
        assert launch.status.s == "pendingValidation"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launch_world, "SETTINGS", launch_world.SETTINGS + more)
        run()


def test_applications_survive_in_a_file():
    @launch_test
    async def run(front):
        ids = [await apply(front, A, sunrise()), await apply(front, B)]
        with front.registry.store.read() as view:
            kept = [view.record("application", id) for id in ids]
        assert kept[0].proofs[0].labels == ("one",)
        assert (await decide(front, ids[0], "allocated")).code == 1000
        with front.registry.store.read() as view:
            assert view.records("application", "open", NAME) == []
            (record,) = view.records("launch")
            assert record.application == ids[0]
            assert record.proofs == kept[0].proofs
        assert [len(await messages(front, account)) for account in (A, B)] == [1, 1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launch_world, "SETTINGS", launch_world.SETTINGS.replace('kind = "memory"', 'kind = "sqlite"'))
        run()
