"""changePoll-1.0 live: what the registry, time and the operator do to an object, its sponsor is told (RFC 8590)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ext_world import SETTINGS, ExtFront, ext_test
from front_world import create
from registry_world import PASSWORD, START, A, B, World

from regwire.epp import auth_info, command
from regwire.epp.ext.change_poll import ChangeCaseId, ChangeData
from regwire.epp.ext.rgp import RgpInfoData, RgpRestore, RgpUpdate
from regwire.epp.messages import domain as d
from regwire.epp.messages import host as h
from regwire.epp.messages.common import Reason
from regwire.epp.messages.core import Response, Transfer
from regwire.registry.model import requests as r
from regwire.registry.model.changes import Case, ChangeNote, Why
from regwire.registry.model.objects import Status
from regwire.registry.model.outcomes import DomainData, Outcome
from regwire.registry.model.record import record, replace
from regwire.registry.rules import lifecycle
from regwire.registry.rules.context import Context
from regwire.registry.rules.features import Feature, installed
from regwire.registry.store.memory import MemoryStore
from regwire.registry.store.sqlite import SqliteStore


@record
class Meddle(r.Request):
    """An operator's request of the test: changes fields of an object."""

    kind: str
    key: str
    fields: tuple[tuple[str, Any], ...]


def meddle(ctx: Context, request: Meddle) -> Outcome:
    before: Any
    if request.kind == "domain":
        before = lifecycle.domain(ctx, request.key, ctx.policies.general)
    else:
        before = getattr(ctx.view, request.kind)(request.key)
    changes = dict(request.fields)
    after = None if changes.pop("gone", False) else replace(before, **changes)
    if after is not None and request.kind == "host" and after.name != before.name:
        ctx.change("host", before.name, before, None)
        ctx.change("host", after.name, None, after)
    else:
        ctx.change(request.kind, request.key, before, after)
    return ctx.done()


class Meddling(Feature):
    name = "meddling"
    requests = {Meddle: meddle}  # noqa: RUF012


FEATURE = Meddling()
LOCK = (("statuses", (Status("serverUpdateProhibited"), Status("serverHold"))),)


def changed(kind: str, key: str, *fields: tuple[str, Any], why: Why | None = None) -> Meddle:
    return Meddle(kind, key, fields, extensions=() if why is None else (why,))


def told(answer: Response) -> ChangeData:
    (found,) = [element for element in answer.extension if isinstance(element, ChangeData)]
    return found


@ext_test(SETTINGS, FEATURE)
async def test_3_1_2_a_lock_by_the_operator(front: ExtFront) -> None:
    await front.must(A, create())
    why = Why("URS Admin", "URS Lock", Case("urs123", "urs"))
    await front.operator(changed("domain", "a.example", *LOCK, why=why))
    (answer,) = await front.queue(A)
    change = told(answer)
    assert (change.operation.value, change.state, change.who) == ("update", "after", "URS Admin")
    assert change.date == START
    assert change.case_id == ChangeCaseId("urs123", type="urs")
    assert change.reason is not None
    assert change.reason.text == "URS Lock"
    (info,) = answer.res_data
    assert isinstance(info, d.DomainInfoData)
    assert {status.s for status in info.statuses} == {"serverUpdateProhibited", "serverHold", "inactive"}
    assert info.auth_info is None
    assert any(isinstance(element, RgpInfoData) for element in answer.extension)
    assert await front.queue(B) == []


@ext_test(SETTINGS, FEATURE)
async def test_2_2_the_state_is_frozen_when_it_is_told(front: ExtFront) -> None:
    await front.must(A, create())
    await front.operator(changed("domain", "a.example", *LOCK))
    await front.operator(changed("domain", "a.example", ("statuses", ())))
    first, second = await front.queue(A)
    assert [status.s for status in first.res_data[0].statuses][:1] == ["serverUpdateProhibited"]
    assert [status.s for status in second.res_data[0].statuses] == ["inactive"]
    assert told(first).sv_trid != told(second).sv_trid


@ext_test(SETTINGS, FEATURE)
async def test_2_1_delete_with_purge_has_the_state_before(front: ExtFront) -> None:
    await front.must(A, create())
    why = Why("ClientZ", "Court order")
    await front.operator(changed("domain", "a.example", ("gone", True), why=why))
    (answer,) = await front.queue(A)
    change = told(answer)
    assert (change.operation.value, change.operation.op, change.state) == ("delete", "purge", "before")
    assert answer.res_data[0].name == "a.example"


@ext_test(SETTINGS, FEATURE)
async def test_2_1_operations_by_what_changed(front: ExtFront) -> None:
    for name in ("a.example", "b.example", "c.example"):
        await front.must(A, create(name))
    await front.operator(changed("domain", "a.example", ("expires", START + timedelta(days=730))))
    why = Why(operation="custom", op="sync")
    await front.operator(changed("domain", "b.example", ("expires", START + timedelta(days=400)), why=why))
    await front.operator(changed("domain", "c.example", ("sponsor", B)))
    assert [(told(m).operation.value, told(m).operation.op) for m in await front.queue(A)] == [
        ("renew", None),
        ("custom", "sync"),
        ("transfer", "approve"),
    ]
    (gained,) = await front.queue(B)
    assert gained.res_data[0].cl_id == B


@ext_test(SETTINGS, FEATURE)
async def test_3_1_2_hosts_and_contacts(front: ExtFront) -> None:
    await front.must(A, h.HostCreate("ns1.other.net"))
    await front.operator(changed("host", "ns1.other.net", ("statuses", (Status("serverDeleteProhibited"),))))
    await front.operator(changed("host", "ns1.other.net", ("name", "ns2.other.net")))
    lock, renamed = await front.queue(A)
    assert isinstance(lock.res_data[0], h.HostInfoData)
    assert lock.res_data[0].statuses[0].s == "serverDeleteProhibited"
    assert (told(renamed).operation.value, renamed.res_data[0].name) == ("update", "ns2.other.net")


@ext_test(SETTINGS, FEATURE)
async def test_what_time_did_on_the_way_is_told_as_what_it_was(front: ExtFront) -> None:
    await front.must(A, create())
    front.clock.advance(timedelta(days=370))
    await front.operator(changed("domain", "a.example", *LOCK))
    assert [told(message).operation.value for message in await front.queue(A)] == ["autoRenew", "update"]


@ext_test(SETTINGS, FEATURE)
async def test_the_operator_may_keep_quiet(front: ExtFront) -> None:
    await front.must(A, create())
    await front.operator(changed("domain", "a.example", *LOCK, why=Why(quiet=True)))
    assert await front.queue(A) == []


@ext_test(SETTINGS, FEATURE)
async def test_what_cannot_be_told_is_refused_and_changes_nothing(front: ExtFront) -> None:
    await front.must(A, create())
    for why, code in (
        (Why(reason="x" * 33), 2004),
        (Why(who="x" * 256), 2004),
        (Why(operation="lock"), 2004),
        (Why(operation="custom"), 2003),
        (Why(case=Case("1", "court")), 2004),
    ):
        assert (await front.outcome(changed("domain", "a.example", *LOCK, why=why))).code == code
    info = await front.must(A, d.DomainInfo(d.DomainInfoName("a.example")))
    assert [status.s for status in info.statuses] == ["inactive"]
    assert await front.queue(A) == []


@ext_test()
async def test_2_1_auto_renew_and_auto_purge(front: ExtFront) -> None:
    await front.must(A, create())
    await front.later(days=366)
    (renewed,) = await front.queue(A)
    assert (told(renewed).operation.value, told(renewed).date) == ("autoRenew", START + timedelta(days=365))
    assert renewed.res_data[0].ex_date == START + timedelta(days=730)
    assert [s.s for e in renewed.extension if isinstance(e, RgpInfoData) for s in e.statuses] == ["autoRenewPeriod"]
    await front.must(A, d.DomainDelete("a.example"))
    await front.later(days=40)
    end, purged, _ = await front.queue(A)
    assert (told(end).operation.value, told(end).operation.op) == ("custom", "redemptionEnd")
    assert (told(purged).operation.value, told(purged).state) == ("autoPurge", "before")
    assert [status.s for status in purged.res_data[0].statuses][:1] == ["pendingDelete"]


@ext_test()
async def test_rfc_5731_3_3_a_delete_that_was_pending_is_told_when_it_is_done(front: ExtFront) -> None:
    await front.must(A, create("a.example"))
    await front.must(A, create("b.example"))
    await front.later(days=6)
    asked = {}
    for name in ("a.example", "b.example"):
        answer = await front.result(A, d.DomainDelete(name))
        assert answer.code == 1001
        asked[name] = answer.sv_trid
    restore = command(d.DomainUpdate("b.example", chg=d.DomainChange()), RgpUpdate(RgpRestore("request")))
    await front.must(A, restore)
    await front.later(days=34, hours=23)
    assert not [answer for answer in await front.queue(A) if isinstance(answer.res_data[0], d.DomainPanData)]
    await front.later(days=1)
    done = [answer.res_data[0] for answer in await front.queue(A) if isinstance(answer.res_data[0], d.DomainPanData)]
    assert [(pan.name.name, pan.name.result, pan.pa_trid.cl_trid) for pan in done] == [("a.example", True, "ABC-1")]
    assert done[0].pa_trid.sv_trid == asked["a.example"]
    assert done[0].pa_date == START + timedelta(days=6 + 30 + 5)


NOTICES = f'{SETTINGS}[policy]\nnotices = ["transfer"]\n'


@ext_test(NOTICES)
async def test_2_1_a_transfer_that_the_server_completes(front: ExtFront) -> None:
    await front.must(A, create())
    await front.must(B, command(Transfer("request", d.DomainTransfer("a.example", auth_info=auth_info(PASSWORD)))))
    await front.later(days=6)
    kinds = [type(message.res_data[0]) for message in await front.queue(A)]
    assert kinds == [d.DomainTransferData] * 2
    *_, last = await front.queue(B)
    assert (told(last).operation.value, told(last).operation.op) == ("transfer", "approve")
    assert last.res_data[0].cl_id == B


@pytest.mark.parametrize("make", ["memory", "sqlite"])
def test_stores_give_the_message_back(make: str, tmp_path: Any) -> None:
    def sqlite(policies: Any, clock: Any) -> Any:
        return SqliteStore(tmp_path / "store", policies, clock)

    with installed(FEATURE):
        world = World(make=sqlite if make == "sqlite" else MemoryStore)
        world.domain()
        why = Why("W", "because", Case("7", "custom", "court"))
        world.must("-", changed("domain", "a.example", *LOCK, why=why))
        message = world.must(A, r.PollRequest()).message
        (note,) = message.extensions
        assert isinstance(note, ChangeNote)
        assert (note.reason, note.case) == ("because", Case("7", "custom", "court"))
        assert isinstance(message.data, DomainData)
        assert message.data.domain.auth is None
        world.store.close()


@ext_test()
async def test_3_1_2_server_statuses(front: ExtFront) -> None:
    await front.must(A, create())
    lock = (Status("serverHold"),)
    await front.operator(r.SetServerStatuses("domain", "a.example", lock, extensions=(Why(reason="unpaid"),)))
    (answer,) = await front.queue(A)
    assert answer.msg_q is not None
    assert answer.msg_q.msg is not None
    assert answer.msg_q.msg.text == "a.example: +serverHold"
    assert told(answer).reason == Reason("unpaid")
    assert [status.s for status in answer.res_data[0].statuses] == ["serverHold", "inactive"]
