"""The EPP front: commands to requests, outcomes to replies; every reply it makes is one that the schema takes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import trio
from front_world import Front, code, create, fronted, value
from registry_world import PASSWORD, START, A, B
from store_suite import break_rule

from regwire.epp import auth_info, command
from regwire.epp.compose import contact_auth_info
from regwire.epp.ext.rgp import (
    RgpInfoData,
    RgpMixed,
    RgpReport,
    RgpReportText,
    RgpRestore,
    RgpUpdate,
    RgpUpdateData,
)
from regwire.epp.ext.secdns import (
    SecDnsAdd,
    SecDnsChange,
    SecDnsCreate,
    SecDnsDsData,
    SecDnsInfoData,
    SecDnsRem,
    SecDnsUpdate,
)
from regwire.epp.messages import contact as c
from regwire.epp.messages import domain as d
from regwire.epp.messages import host as h
from regwire.epp.messages.core import Command, Poll
from regwire.registry.model.requests import CreateDomain
from regwire.schema import Raw

DS = SecDnsDsData(12345, 13, 2, b"\x01" * 32)
POSTAL = c.PostalInfo("int", "Ada", "Ex", addr=c.Address(("1 Main St",), city="Delft", pc="2600", cc="NL"))


def front_test(function: Callable[[Front], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Run a test with a fresh front."""

    async def main() -> None:
        async with fronted() as front:
            await function(front)

    def test() -> None:
        trio.run(main)

    test.__name__ = function.__name__
    return test


def contact(id: str = "con-1", **more: Any) -> c.ContactCreate:
    return c.ContactCreate(
        id, (POSTAL,), **{"email": "ada@mail.example", "auth_info": contact_auth_info(PASSWORD), **more}
    )


@front_test
async def test_a_domain_with_everything(front: Front) -> None:
    await front.must(A, contact())
    await front.must(A, h.HostCreate("NS1.Other.NET"))
    created = await front.must(
        A,
        create(
            "A.Example",
            SecDnsCreate(ds_data=(DS,)),
            period=d.Period(2, "y"),
            ns=d.NameServers(("ns1.other.net",)),
            registrant="con-1",
            contacts=(d.DomainContact("con-1", "tech"),),
        ),
    )
    assert created == d.DomainCreateData("a.example", START, START.replace(year=2027))
    await front.must(A, h.HostCreate("ns1.a.example", (h.HostAddress("192.0.2.1"), h.HostAddress("2001:db8::1", "v6"))))
    answer = await front.ask(A, d.DomainInfo(d.DomainInfoName("a.example")))
    info: Any = answer.res_data[0]
    assert (info.name, info.registrant, info.contacts) == ("a.example", "con-1", (d.DomainContact("con-1", "tech"),))
    assert (info.ns, info.hosts) == (d.NameServers(("ns1.other.net",)), ("ns1.a.example",))
    assert [status.s for status in info.statuses] == ["ok"]
    assert info.auth_info is None
    rgp, secdns = answer.extension
    assert isinstance(rgp, RgpInfoData)
    assert [status.s for status in rgp.statuses] == ["addPeriod"]
    assert secdns == SecDnsInfoData(ds_data=(DS,))
    host = await front.must(B, h.HostInfo("ns1.a.example"))
    assert host.addrs == (h.HostAddress("192.0.2.1"), h.HostAddress("2001:db8::1", "v6"))
    foreign = await front.must(B, d.DomainInfo(d.DomainInfoName("a.example", "none")))
    assert (foreign.registrant, foreign.contacts, foreign.ns, foreign.hosts) == (None, (), None, ())


@front_test
async def test_checks_echo_every_object_with_a_reason_where_it_is_not_available(front: Front) -> None:
    await front.must(A, create())
    data = await front.must(A, d.DomainCheck(("A.example", "b.example", "x.net")))
    assert [(item.name.name, item.name.avail) for item in data.items] == [
        ("a.example", False),
        ("b.example", True),
        ("x.net", False),
    ]
    assert [item.reason is None for item in data.items] == [False, True, False]
    hosts = await front.must(A, h.HostCheck(("ns1.net", "-.net")))
    assert [item.name.avail for item in hosts.items] == [True, False]
    contacts = await front.must(A, c.ContactCheck(("con-1",)))
    assert contacts.items == (c.ContactCheckItem(c.ContactCheckId("con-1", True)),)


@front_test
async def test_a_contact_goes_in_and_comes_out_the_same(front: Front) -> None:
    disclose = c.Disclose(False, (c.DiscloseItem("int"),), (), (c.DiscloseItem("loc"),), voice=True, email=True)
    local = c.PostalInfo("loc", "Ада", addr=c.Address(city="Делфт", cc="NL"))
    given = c.ContactCreate(
        "con-1",
        (POSTAL, local),
        c.Phone("+31.2", "7"),
        c.Phone("+31.3"),
        email="ada@mail.example",
        auth_info=contact_auth_info(PASSWORD),
        disclose=disclose,
    )
    await front.must(A, given)
    info = await front.must(A, c.ContactInfo("con-1"))
    assert (info.postal_infos, info.voice, info.fax) == (given.postal_infos, given.voice, given.fax)
    assert (info.email, info.disclose, info.auth_info) == (given.email, disclose, None)
    change = c.ContactChange((c.PostalInfoChange("int", "Bea"),), email="bea@mail.example")
    await front.must(
        A, c.ContactUpdate("con-1", c.ContactAddRem((c.ContactStatus("clientDeleteProhibited"),)), None, change)
    )
    info = await front.must(B, c.ContactInfo("con-1", contact_auth_info(PASSWORD)))
    assert (info.postal_infos[0].name, info.email) == ("Bea", "bea@mail.example")
    assert [status.s for status in info.statuses] == ["clientDeleteProhibited"]
    remove = c.ContactAddRem((c.ContactStatus("clientDeleteProhibited"),))
    await front.must(A, c.ContactUpdate("con-1", rem=remove))
    assert code(await front.ask(A, c.ContactDelete("con-1"))) == 1000


@front_test
async def test_updates_of_domains_and_hosts(front: Front) -> None:
    await front.must(A, create())
    await front.must(A, h.HostCreate("ns1.other.net"))
    add = d.DomainAddRem(d.NameServers(("ns1.other.net",)), (), (d.DomainStatus("clientHold", "late", "en"),))
    extension = SecDnsUpdate(add=SecDnsAdd(ds_data=(DS,)))
    await front.must(A, command(d.DomainUpdate("a.example", add), extension))
    answer = await front.ask(A, d.DomainInfo(d.DomainInfoName("a.example")))
    info: Any = answer.res_data[0]
    assert info.statuses == (d.DomainStatus("clientHold", "late", "en"),)
    assert any(isinstance(item, SecDnsInfoData) for item in answer.extension)
    remove = command(d.DomainUpdate("a.example", rem=add), SecDnsUpdate(rem=SecDnsRem(all=True)))
    await front.must(A, remove)
    change = d.DomainChange(auth_info=d.DomainAuthInfoChange(null=True))
    await front.must(A, d.DomainUpdate("a.example", chg=change))
    assert code(await front.ask(B, d.DomainInfo(d.DomainInfoName("a.example"), auth_info(PASSWORD)))) == 2202
    rename = h.HostUpdate(
        "ns1.other.net",
        h.HostAddRem((), (h.HostStatus("clientUpdateProhibited"),)),
        None,
        h.HostChange("NS2.other.net"),
    )
    await front.must(A, rename)
    host = await front.must(A, h.HostInfo("ns2.other.net"))
    assert [status.s for status in host.statuses] == ["clientUpdateProhibited"]
    lifting = h.HostUpdate("ns2.other.net", rem=h.HostAddRem((), (h.HostStatus("clientUpdateProhibited"),)))
    await front.must(A, lifting)
    assert code(await front.ask(A, h.HostDelete("ns2.other.net"))) == 1000


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (d.DomainUpdate("a.example"), 2003),
        (h.HostUpdate("ns1.other.net"), 2003),
        (c.ContactUpdate("con-1"), 2003),
        (Poll("ack"), 2003),
        (command(d.DomainUpdate("a.example"), SecDnsUpdate()), 2003),
        (command(d.DomainUpdate("a.example"), SecDnsUpdate(chg=SecDnsChange(5))), 2102),
        (command(d.DomainDelete("a.example"), SecDnsCreate(ds_data=(DS,))), 2103),
        (create("b.example", (SecDnsCreate(ds_data=(DS,)), SecDnsCreate(ds_data=(DS,)))), 2103),
        (command(d.DomainUpdate("a.example", chg=d.DomainChange("con-1")), RgpUpdate(RgpRestore("request"))), 2306),
        # What is missing comes before what is too much.
        (command(d.DomainUpdate("a.example", chg=d.DomainChange("con-1")), RgpUpdate(RgpRestore("report"))), 2003),
        (d.DomainTransfer("a.example"), None),
    ],
)
def test_what_has_no_request_is_refused(message: Any, expected: int | None) -> None:
    async def main() -> None:
        async with fronted() as front:
            await front.must(A, create())
            if expected is None:
                asked = command(message, op="request")
                assert code(await front.ask(B, asked)) == 2003
            else:
                assert code(await front.ask(A, message)) == expected

    trio.run(main)


@front_test
async def test_a_transfer_and_what_both_registrars_read_of_it(front: Front) -> None:
    await front.must(A, create())
    answer = await front.ask(
        B, command(d.DomainTransfer("a.example", d.Period(1, "y"), auth_info(PASSWORD)), op="request")
    )
    assert code(answer) == 1001
    data: Any = answer.res_data[0]
    assert (data.tr_status, data.re_id, data.ac_id) == ("pending", B, A)
    assert data.ex_date == START.replace(year=2027)
    await front.must(A, command(d.DomainTransfer("a.example"), op="approve"))
    for account in (A, B):
        first = await front.ask(account, Poll("req"))
        assert code(first) == 1301
        assert first.msg_q is not None
        assert (first.msg_q.count, first.msg_q.q_date) == (2, START)
        polled: Any = first.res_data[0]
        assert polled == data
        acked = await front.ask(account, Poll("ack", first.msg_q.id))
        assert code(acked) == 1000
        assert acked.msg_q is not None
        assert (acked.msg_q.count, acked.msg_q.id, acked.msg_q.q_date) == (1, first.msg_q.id, None)
        second = await front.ask(account, Poll("req"))
        assert second.msg_q is not None
        approved: Any = second.res_data[0]
        assert approved.tr_status == "clientApproved"
        last = await front.ask(account, Poll("ack", second.msg_q.id))
        assert (code(last), last.msg_q) == (1000, None)
        assert code(await front.ask(account, Poll("req"))) == 1300
    query = await front.must(A, command(d.DomainTransfer("a.example"), op="query"))
    assert query.tr_status == "clientApproved"


@front_test
async def test_a_contact_transfer(front: Front) -> None:
    await front.must(A, contact())
    request = command(c.ContactTransfer("con-1", contact_auth_info(PASSWORD)), op="request")
    data = await front.must(B, request)
    assert (data.id, data.tr_status) == ("con-1", "pending")
    assert (await front.must(A, Poll("req"))) == data
    assert (await front.must(A, command(c.ContactTransfer("con-1"), op="reject"))).tr_status == "clientRejected"


@front_test
async def test_renew_and_delete_and_restore(front: Front) -> None:
    await front.must(A, create())
    renewed = await front.must(A, d.DomainRenew("a.example", date(2026, 3, 1), d.Period(1, "y")))
    assert renewed == d.DomainRenewData("a.example", datetime(2027, 3, 1, 10, tzinfo=UTC))
    front.clock.move_to(START.replace(month=6))
    assert code(await front.ask(A, d.DomainDelete("a.example"))) == 1001
    answer = await front.ask(
        A, command(d.DomainUpdate("a.example", chg=d.DomainChange()), RgpUpdate(RgpRestore("request")))
    )
    assert code(answer) == 1000
    (update,) = answer.extension
    assert isinstance(update, RgpUpdateData)
    assert [status.s for status in update.statuses] == ["pendingRestore"]


@front_test
async def test_a_refusal_shows_the_element_its_value_and_why(front: Front) -> None:
    octets, reason = value(await front.ask(A, create(ns=d.NameServers(("ns9.<other>.net",)))))
    assert b"ns9.&lt;other&gt;.net</domain:hostObj>" in octets
    assert reason == "not letters, digits, hyphens"


@front_test
async def test_a_restore_report_with_text_and_markup(front: Front) -> None:
    await front.must(A, create())
    front.clock.move_to(START.replace(month=6))
    await front.ask(A, d.DomainDelete("a.example"))
    deleted = START.replace(month=6)
    front.clock.move_to(deleted.replace(day=3))
    update = d.DomainUpdate("a.example", chg=d.DomainChange())
    await front.ask(A, command(update, RgpUpdate(RgpRestore("request"))))

    def report(**changes: Any) -> Command:
        markup = Raw(b'<w:whois xmlns:w="urn:whois">registrant: Ada</w:whois>')
        values: dict[str, Any] = {
            "pre_data": RgpMixed(elements=(markup,)),
            "post_data": RgpMixed("as before"),
            "del_time": deleted,
            "res_time": deleted.replace(day=3),
            "res_reason": RgpReportText("a mistake"),
            "statements": (RgpReportText("not for ourselves"), RgpReportText("true", "nl")),
            **changes,
        }
        return command(update, RgpUpdate(RgpRestore("report", RgpReport(**values))))

    for changes, expected, element in (
        ({"statements": (RgpReportText("one"),)}, 2003, b"rgp:statement"),
        ({"post_data": RgpMixed()}, 2003, b"rgp:postData"),
        ({"del_time": START}, 2004, b"rgp:delTime"),
    ):
        answer = await front.ask(A, report(**changes))
        assert (code(answer), element in value(answer)[0]) == (expected, True)
    answer = await front.ask(A, report())
    assert (code(answer), answer.extension) == (1000, ())
    shown = await front.ask(A, d.DomainInfo(d.DomainInfoName("a.example")))
    assert shown.extension == (), "no grace period, no extension"


@front_test
async def test_a_status_in_the_way_is_named_as_a_status(front: Front) -> None:
    await front.must(A, create())
    lock = d.DomainAddRem(statuses=(d.DomainStatus("clientDeleteProhibited"),))
    await front.must(A, d.DomainUpdate("a.example", add=lock))
    answer = await front.ask(A, d.DomainDelete("a.example"))
    octets, reason = value(answer)
    assert (code(answer), reason) == (2304, "this status forbids it")
    assert b's="clientDeleteProhibited"' in octets
    assert b"domain:status" in octets


# --- runs


@front_test
async def test_a_run_equals_its_commands_one_by_one(front: Front) -> None:
    ((before, created, again, after, checked),) = await front.run(
        (
            A,
            [
                d.DomainCheck(("a.example",)),
                create(),
                create(),
                d.DomainInfo(d.DomainInfoName("a.example")),
                d.DomainCheck(("a.example",)),
            ],
        )
    )
    avail: Any = before.res_data[0]
    assert avail.items[0].name.avail
    assert (code(created), code(again), code(after)) == (1000, 2302, 1000)
    taken: Any = checked.res_data[0]
    assert not taken.items[0].name.avail


@front_test
async def test_runs_of_one_batch_are_answered_each_in_its_order(front: Front) -> None:
    batches = await front.run(
        (A, [create(f"n{i}.example") for i in range(5)]),
        (B, [Poll("req"), create("n0.example"), Poll("req")]),
        (A, [d.DomainUpdate("n1.example"), create("n9.example")]),
    )
    assert [[code(answer) for answer in batch] for batch in batches] == [
        [1000] * 5,
        [1300, 2302, 1300],
        [2003, 1000],
    ]


def test_a_command_that_fails_is_2400_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from regwire.registry.fronts.epp import requests

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    break_rule(monkeypatch, CreateDomain)
    monkeypatch.setitem(requests._BUILDERS, h.HostInfo, broken)  # type: ignore[arg-type]

    async def main() -> None:
        async with fronted() as front:
            ((first, second, third),) = await front.run(
                (A, [create(), h.HostInfo("ns1.other.net"), d.DomainCheck(("a.example",))])
            )
            assert (code(first), code(second), code(third)) == (2400, 2400, 1000)

    with caplog.at_level(logging.CRITICAL):
        trio.run(main)


@front_test
async def test_epp_md_section_4_a_poll_tells_what_an_info_shows(front: Front) -> None:
    """Nobody has settled anything yet: the first to ask, by whatever command, finds what time has done."""
    await front.must(A, create())
    await front.must(B, command(d.DomainTransfer("a.example", auth_info=auth_info(PASSWORD)), op="request"))
    for account in (A, B):
        waiting = await front.ask(account, Poll("req"))
        assert waiting.msg_q is not None
        await front.must(account, Poll("ack", waiting.msg_q.id))
    front.clock.advance(timedelta(days=5))
    told = await front.ask(A, Poll("req"))
    assert code(told) == 1301
    data: Any = told.res_data[0]
    assert data.tr_status == "serverApproved"
    assert code(await front.ask(B, Poll("req"))) == 1301
