"""maintenance-1.0 live: announced by the operator, read and told by EPP (RFC 9167)."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ext_world import SETTINGS, ExtFront, ext_test
from front_world import code, value
from registry_world import START, A, B
from typer.testing import CliRunner

from regwire.cli.app import app
from regwire.cli.init import create_registry
from regwire.epp import command
from regwire.epp.ext import maintenance as m
from regwire.epp.ext.allocation_token import AllocationTokenInfo
from regwire.errors import OperatorRefused
from regwire.registry.model.maintenance import (
    AddMaintenance,
    ChangeMaintenance,
    Description,
    Intervention,
    Maintenance,
    RemoveMaintenance,
    System,
)
from regwire.registry.model.record import replace
from regwire.registry.model.registrars import AddRegistrar, Registrar

DAY = timedelta(days=1)
PLAN = Maintenance("M1", (System("EPP"),), START + 10 * DAY, START + 11 * DAY)


async def registrars(front: ExtFront) -> None:
    for account in (A, B):
        await front.operator(AddRegistrar(Registrar(account), "-"))


async def announce(front: ExtFront, **changes: Any) -> Maintenance:
    made = await front.operator(AddMaintenance(replace(PLAN, **changes)))
    assert isinstance(made, Maintenance)
    return made


async def item(front: ExtFront, id: str = "M1") -> m.MaintenanceItem:
    data = await front.must(A, m.MaintenanceInfo(id=m.MaintenanceId(id)))
    assert data.item is not None
    return data.item  # type: ignore[no-any-return]


async def events(front: ExtFront, account: str) -> list[tuple[str, m.MaintenanceItem]]:
    found = [message.res_data[0].item for message in await front.queue(account)]
    return [(item.poll_type, item) for item in found]


@ext_test()
async def test_4_1_1_1_info_has_every_element(front: ExtFront) -> None:
    await announce(
        front,
        systems=(System("EPP", "partial", "epp.registry.test"), System("WHOIS", "none")),
        name="Winter",
        types=("Routine Maintenance", "Software Update"),
        environment="custom",
        custom="marketing",
        reason="emergency",
        detail="https://www.registry.test/notice?123",
        descriptions=(Description("free text"), Description("<b>bold</b>", "de", "html")),
        tlds=("example", "xn--p1ai"),
        intervention=Intervention(connection=True),
    )
    assert await item(front) == m.MaintenanceItem(
        m.MaintenanceId("M1", "Winter"),
        (m.MaintenanceType("Routine Maintenance"), m.MaintenanceType("Software Update")),
        systems=m.MaintenanceSystems(
            (
                m.MaintenanceSystem("EPP", "epp.registry.test", impact="partial"),
                m.MaintenanceSystem("WHOIS", impact="none"),
            )
        ),
        environment=m.MaintenanceEnvironment("custom", name="marketing"),
        start=START + 10 * DAY,
        end=START + 11 * DAY,
        reason="emergency",
        detail="https://www.registry.test/notice?123",
        descriptions=(
            m.MaintenanceDescription("free text"),
            m.MaintenanceDescription("<b>bold</b>", "de", "html"),
        ),
        tlds=("example", "xn--p1ai"),
        intervention=m.MaintenanceIntervention(connection=True, implementation=False),
        cr_date=START,
    )


@ext_test()
async def test_4_1_1_1_an_unknown_one_is_2303_and_no_extension_goes_with_it(front: ExtFront) -> None:
    answer = await front.ask(A, m.MaintenanceInfo(id=m.MaintenanceId("M9")))
    assert (code(answer), value(answer)[1]) == (2303, "no such maintenance")
    extended = command(m.MaintenanceInfo(list=True), AllocationTokenInfo())
    assert code(await front.ask(A, extended)) == 2103


@ext_test()
async def test_4_1_1_2_list_by_start(front: ExtFront) -> None:
    assert (await front.must(A, m.MaintenanceInfo(list=True))).list == m.MaintenanceList(())
    await announce(front, id="M2", start=START + 20 * DAY, end=START + 21 * DAY)
    await announce(front, id="M3", name="Soon", start=START + DAY)
    await announce(front)
    await front.operator(ChangeMaintenance("M2", name="Late"))
    found = (await front.must(A, m.MaintenanceInfo(list=True))).list.items
    assert [(i.id.value, i.id.name, i.up_date) for i in found] == [
        ("M3", "Soon", None),
        ("M1", None, None),
        ("M2", "Late", START),
    ]


@ext_test()
async def test_4_1_2_create_update_delete_are_told_to_every_registrar(front: ExtFront) -> None:
    await registrars(front)
    await announce(front)
    front.clock.advance(timedelta(hours=1))
    await front.operator(ChangeMaintenance("M1", end=START + 12 * DAY))
    await front.operator(RemoveMaintenance("M1"))
    for account in (A, B):
        (created, first), (updated, second), (deleted, third) = await events(front, account)
        assert (created, updated, deleted) == ("create", "update", "delete")
        assert (first.end, first.up_date) == (START + 11 * DAY, None)
        # The state before the delete (section 3.3).
        assert (second.end, second.up_date) == (START + 12 * DAY, START + timedelta(hours=1))
        assert (third.end, third.up_date) == (second.end, second.up_date)
    assert code(await front.ask(A, m.MaintenanceInfo(id=m.MaintenanceId("M1")))) == 2303


@ext_test()
async def test_4_1_2_courtesy_and_end_by_time(front: ExtFront) -> None:
    await registrars(front)
    await announce(front)
    assert (await events(front, A))[0][1].poll_type == "create"
    await front.later(days=9)
    (message,) = await front.queue(A)
    assert message.res_data[0].item.poll_type == "courtesy"
    assert message.msg_q is not None
    assert message.msg_q.q_date == START + 9 * DAY
    await front.later(days=3)
    ((event, last),) = await events(front, A)
    # "Without updating the maintenance object" (section 3.3).
    assert (event, last.up_date) == ("end", None)
    assert [event for event, _ in await events(front, B)] == ["create", "courtesy", "end"]
    assert (await item(front)).poll_type is None
    assert (await front.outcome(ChangeMaintenance("M1", end=START + 50 * DAY))).code == 2304
    # It can be read for a while, and goes without another message.
    await front.later(days=30)
    assert code(await front.ask(A, m.MaintenanceInfo(id=m.MaintenanceId("M1")))) == 2303
    assert await front.queue(A) == []


@ext_test(SETTINGS + "[policy.maintenance]\ncourtesy = 0\n")
async def test_no_courtesy_where_the_policy_wants_none(front: ExtFront) -> None:
    await registrars(front)
    await announce(front)
    await front.later(days=12)
    assert [event for event, _ in await events(front, A)] == ["create", "end"]


@ext_test()
async def test_one_that_is_over_goes_without_a_message(front: ExtFront) -> None:
    await registrars(front)
    await announce(front)
    await front.later(days=12)
    await front.queue(A)
    await front.operator(RemoveMaintenance("M1"))
    assert await front.queue(A) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"systems": ()}, 2003),
        ({"end": START + 10 * DAY}, 2004),
        ({"start": START - 3 * DAY, "end": START - DAY}, 2004),
        ({"systems": (System("EPP", "heavy"),)}, 2004),
        ({"systems": (System("EPP", host="Épp.test"),)}, 2005),
        ({"environment": "moon"}, 2004),
        ({"environment": "custom"}, 2003),
        ({"custom": "marketing"}, 2003),
        ({"reason": "whim"}, 2004),
        ({"tlds": ("EXAMPLE",)}, 2005),
        ({"descriptions": (Description("x", "e n"),)}, 2005),
        ({"descriptions": (Description("x", "en", "rtf"),)}, 2004),
        # What no poll message could carry would keep every registrar from reading its queue.
        ({"id": " "}, 2005),
        ({"name": " Winter"}, 2005),
        ({"name": "Winter\nrelease"}, 2005),
        ({"name": "\x1b[31m"}, 2005),
        ({"types": ("a  b",)}, 2005),
        ({"environment": "custom", "custom": "moon "}, 2005),
        ({"systems": (System(""),)}, 2003),
        ({"systems": (System("EPP\t"),)}, 2005),
        ({"detail": "look there"}, 2005),
        ({"detail": "https://registry.test/%zz"}, 2005),
    ],
)
def test_3_3_what_no_maintenance_is(changes: dict[str, Any], expected: int) -> None:
    @ext_test()
    async def test(front: ExtFront) -> None:
        await registrars(front)
        assert (await front.outcome(AddMaintenance(replace(PLAN, **changes)))).code == expected
        assert await front.queue(A) == []

    test()


@ext_test()
async def test_ids_are_unique_and_made_up_if_need_be(front: ExtFront) -> None:
    await announce(front)
    assert (await front.outcome(AddMaintenance(PLAN))).code == 2302
    first, second = await announce(front, id=""), await announce(front, id="")
    assert first.id != second.id
    assert (await item(front, first.id)).id.value == first.id
    for request in (ChangeMaintenance("M9"), RemoveMaintenance("M9")):
        assert (await front.outcome(request)).code == 2303


@ext_test()
async def test_a_custom_environment_becomes_a_known_one(front: ExtFront) -> None:
    await announce(front, environment="custom", custom="x")
    await front.operator(ChangeMaintenance("M1", environment="ote"))
    assert (await item(front)).environment == m.MaintenanceEnvironment("ote")


@ext_test()
async def test_registrars_make_none(front: ExtFront) -> None:
    calls = [front.registry.call(A, request) for request in (AddMaintenance(PLAN), RemoveMaintenance("M1"))]
    assert [outcome.code for outcome in await front.registry.submit(calls)] == [2201, 2201]


def test_the_operators_commands(tmp_path: Path) -> None:
    create_registry(tmp_path)
    runner = CliRunner()

    def run(*words: str) -> Any:
        result = runner.invoke(app, ["maintenance", *words, "--dir", str(tmp_path), "--json"])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return json.loads(result.output)

    when = ["--start", "2999-01-01", "--end", "2999-01-01T02:00:00+01:00"]
    made = run("add", "--id", "M1", "--system", "EPP@epp.test=partial", "--environment", "moon", *when)
    assert (made["end"], made["systems"]) == (
        "2999-01-01T01:00:00Z",
        [{"name": "EPP", "impact": "partial", "host": "epp.test"}],
    )
    assert (made["environment"], made["custom"]) == ("custom", "moon")
    changed = run("update", "M1", "--reconnect", "--description", "short", "--tld", "EXAMPLE")
    assert changed["intervention"] == {"connection": True, "implementation": False}
    assert (changed["tlds"], changed["start"]) == (["example"], made["start"])
    assert [value["id"] for value in run("list")] == ["M1"]
    run("remove", "M1")
    assert run("list") == []
    with pytest.raises(OperatorRefused, match="M1: no such maintenance"):
        run("remove", "M1")
    wrong = runner.invoke(app, ["maintenance", "add", "--start", "soon", "--end", "later", "--dir", str(tmp_path)])
    assert (wrong.exit_code, "soon is no instant" in wrong.output) == (2, True)
    audit = runner.invoke(app, ["audit", "--dir", str(tmp_path), "--json"])
    assert [row["command"].split()[0] for row in json.loads(audit.output)] == ["operator"] * 5
