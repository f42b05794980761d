"""e164val-1.0 live: validations of numbers, required, kept, watched (RFC 5076)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ext_world import ExtFront, ext_test
from front_world import code, value
from registry_world import PASSWORD, START, A, B

from regwire.epp import auth_info, command, decode
from regwire.epp.ext import enum_validation as v
from regwire.epp.ext.allocation_token import AllocationToken
from regwire.epp.ext.enum_validation_content import SimpleValidation
from regwire.epp.messages import domain as d
from regwire.errors import ConfigError
from regwire.registry.config import parse_config
from regwire.registry.model import requests as r
from regwire.registry.model.objects import Status
from regwire.registry.model.operators import PurgeDomain

ZONE = "1.3.e164.arpa"
NAME = f"7.6.5.4.3.2.1.0.2.{ZONE}"
SETTINGS = f"""
[registry]
zones = ["{ZONE}", "example"]
[store]
kind = "memory"
[zone."{ZONE}".enum]
enabled = true
[zone."{ZONE}".enum_validation]
enabled = true
"""
VALEX = "urn:ietf:params:xml:ns:e164valex-1.1"


def simple(
    expires: str | None = "2025-09-01", *, method: str = "Validation-X", executed: str = "2025-03-01"
) -> SimpleValidation:
    end = None if expires is None else date.fromisoformat(expires)
    return SimpleValidation(method, "VE-NMQ", "Client-X", date.fromisoformat(executed), end)


def info_of(content: Any = None) -> v.ValidationInfo:
    return v.ValidationInfo(simple() if content is None else content)


def add(id: str = "EK77", xml: Any = None) -> v.ValidationAdd:
    return v.ValidationAdd(id, info_of(xml))


def create(*adds: v.ValidationAdd, name: str = NAME) -> Any:
    extension = [v.ValidationCreate(adds)] if adds else []
    return command(d.DomainCreate(name, auth_info=auth_info(PASSWORD)), extension)


def update(**parts: Any) -> Any:
    return command(d.DomainUpdate(NAME), v.ValidationUpdate(**parts))


def renew(*adds: v.ValidationAdd) -> Any:
    extension = [v.ValidationRenew(adds)] if adds else []
    return command(d.DomainRenew(NAME, START.date().replace(year=2026)), extension)


def transfer(*adds: v.ValidationAdd, op: Any = "request") -> Any:
    extension = [v.ValidationTransfer(adds)] if adds else []
    return command(d.DomainTransfer(NAME, auth_info=auth_info(PASSWORD)), extension, op=op)


async def kept(front: ExtFront, account: str = A) -> dict[str, Any]:
    answer = await front.ask(account, d.DomainInfo(d.DomainInfoName(NAME)))
    found = [one for one in answer.extension if isinstance(one, v.ValidationInfoData)]
    return {item.id: item.validation_info.object for one in found for item in one.items}


async def statuses(front: ExtFront, account: str = A) -> set[str]:
    data = await front.must(account, d.DomainInfo(d.DomainInfoName(NAME)))
    return {status.s for status in data.statuses}


async def told(front: ExtFront, account: str = A) -> list[str]:
    return [answer.msg_q.msg.text for answer in await front.queue(account) if answer.msg_q and answer.msg_q.msg]


# --- commands


@ext_test(SETTINGS)
async def test_5_2_1_a_create_needs_a_validation_and_5_1_2_an_info_tells_it(front: ExtFront) -> None:
    assert code(await front.ask(A, create())) == 2003
    answer = await front.ask(A, create(add(), add("CAB176", simple(None))))
    assert code(answer) == 1000
    assert answer.extension == ()
    assert await kept(front) == {"EK77": simple(), "CAB176": simple(None)}
    # Only to who may see all of the domain.
    assert await kept(front, B) == {}
    # Elsewhere nothing is known of it.
    assert code(await front.ask(A, create(add(), name="a.example"))) == 2103
    assert code(await front.ask(A, create(name="a.example"))) == 1000


@pytest.mark.parametrize(
    ("adds", "expected"),
    [
        ((add(), add()), 2306),
        ((add(xml=simple("2025-02-28")),), 2004),
        ((add(xml=simple("2025-03-01")),), 1000),
        ((add(xml=simple(executed="2025-03-05")),), 2004),
        ((add(xml=AllocationToken("x")),), 2306),
        (tuple(add(f"V{i}") for i in range(11)), 2306),
    ],
)
def test_5_2_1_which_validations_are_taken(adds: tuple[v.ValidationAdd, ...], expected: int) -> None:
    @ext_test(SETTINGS)
    async def test(front: ExtFront) -> None:
        answers = await front.run((A, [create(*adds)]))
        assert code(answers[0][0]) == expected

    test()


@ext_test(SETTINGS)
async def test_5_2_5_update(front: ExtFront) -> None:
    await front.must(A, create(add()))
    newer = simple("2025-10-01", executed="2025-02-01")
    answer = await front.ask(A, update(add=(add("EK77"),)))
    assert (code(answer), value(answer)[1]) == (2306, "there is a validation of this id already")
    for parts in ({"rem": (v.ValidationRem("EK78"),)}, {"chg": (v.ValidationChange("EK78", info_of()),)}):
        assert code(await front.ask(A, update(**parts))) == 2306
    assert code(await front.ask(A, update())) == 2003
    assert code(await front.ask(B, update(add=(add("EK2510"),)))) == 2201
    # The last one stays.
    assert code(await front.ask(A, update(rem=(v.ValidationRem("EK77"),)))) == 2308
    await front.must(A, update(chg=(v.ValidationChange("EK77", info_of(newer)),)))
    assert await kept(front) == {"EK77": newer}
    await front.must(A, update(add=(add("EK2510"),), rem=(v.ValidationRem("EK77"),)))
    assert await kept(front) == {"EK2510": simple()}


@ext_test(
    SETTINGS.replace("enabled = true\n", 'enabled = true\nrequired = ["create", "renew"]\n').replace(
        '.enum]\nenabled = true\nrequired = ["create", "renew"]', ".enum]\nenabled = true"
    )
)
async def test_5_2_3_renew(front: ExtFront) -> None:
    await front.must(A, create(add()))
    assert code(await front.ask(A, renew())) == 2003
    assert code(await front.ask(A, renew(add("EK77")))) == 2306
    await front.must(A, renew(add("CAB176")))
    assert set(await kept(front)) == {"EK77", "CAB176"}


@ext_test(SETTINGS)
async def test_5_2_4_the_validation_of_a_transfer_comes_with_its_completion(front: ExtFront) -> None:
    await front.must(A, create(add()))
    assert code(await front.ask(B, transfer(add("EK77")))) == 2306
    await front.must(B, transfer(add("LJ1126")))
    assert set(await kept(front)) == {"EK77"}
    assert code(await front.ask(A, transfer(add("LJ1127"), op="reject"))) == 2103
    await front.must(A, transfer(op="reject"))
    await front.must(B, transfer(add("LJ1126")))
    await front.later(days=6)
    assert set(await kept(front, B)) == {"EK77", "LJ1126"}


@ext_test(SETTINGS)
async def test_5_2_1_a_frame_as_the_rfc_has_it(front: ExtFront) -> None:
    frame = f"""<?xml version="1.0"?>
<epp xmlns="urn:ietf:params:xml:ns:epp-1.0" xmlns:valex="{VALEX}"><command><create>
<d:create xmlns:d="urn:ietf:params:xml:ns:domain-1.0"><d:name>{NAME}</d:name>
<d:authInfo><d:pw>{PASSWORD}</d:pw></d:authInfo></d:create></create><extension>
<e164val:create xmlns:e164val="urn:ietf:params:xml:ns:e164val-1.0"><e164val:add id="EK77"><e164val:validationInfo>
<valex:simpleVal><valex:methodID>M</valex:methodID><valex:executionDate>2025-02-01</valex:executionDate>
<valex:expirationDate>2025-09-01</valex:expirationDate></valex:simpleVal>
</e164val:validationInfo></e164val:add></e164val:create></extension></command></epp>""".encode()
    await front.must(A, decode(frame))
    expected = SimpleValidation("M", None, None, date(2025, 2, 1), date(2025, 9, 1))
    assert await kept(front) == {"EK77": expected}


# --- time


@ext_test(SETTINGS)
async def test_4_5_5_an_expired_validation_takes_the_number_out_of_the_dns(front: ExtFront) -> None:
    await front.must(A, create(add(xml=simple("2025-05-31"))))
    await front.later(days=61)  # 1 May
    assert await told(front) == []
    await front.later(days=1)
    assert await told(front) == [f"The ENUM validation of {NAME} expires on 2025-05-31"]
    await front.later(days=29, hours=13)  # 31 May, 23:00
    assert "serverHold" not in await statuses(front)
    await front.later(hours=2)
    assert "serverHold" in await statuses(front)
    (message,) = await front.queue(A)
    assert message.msg_q is not None
    assert message.msg_q.msg is not None
    assert message.msg_q.msg.text == f"The ENUM validation of {NAME} has expired"
    (data,) = message.res_data
    assert "serverHold" in {status.s for status in data.statuses}
    # What expired is still told; a new one lifts the hold.
    assert set(await kept(front)) == {"EK77"}
    await front.must(A, update(add=(add("EK78", simple("2025-12-31")),)))
    assert "serverHold" not in await statuses(front)
    await front.later(days=300)
    assert "serverHold" in await statuses(front)


@ext_test(SETTINGS)
async def test_the_last_validation_decides_and_a_renewal_brings_one(front: ExtFront) -> None:
    await front.must(A, create(add(xml=simple("2025-05-31"))))
    await front.must(A, renew(add("CAB176", simple("2025-08-31"))))
    await front.later(days=95)
    assert await told(front) == []
    await front.later(days=70)
    assert await told(front) == [f"The ENUM validation of {NAME} expires on 2025-08-31"]
    await front.later(days=30)
    assert "serverHold" in await statuses(front)


@ext_test(SETTINGS)
async def test_a_transfer_ends_the_hold(front: ExtFront) -> None:
    await front.must(A, create(add(xml=simple("2025-05-31"))))
    await front.later(days=100)
    assert "serverHold" in await statuses(front)
    await front.must(B, transfer(add("LJ1126", simple("2026-05-31", executed="2025-06-01"))))
    await front.later(days=6)
    assert "serverHold" not in await statuses(front, B)


@ext_test(SETTINGS)
async def test_the_operators_own_hold_stays(front: ExtFront) -> None:
    await front.must(A, create(add(xml=simple("2025-05-31"))))
    await front.operator(r.SetServerStatuses("domain", NAME, (Status("serverHold", "court order"),)))
    await front.later(days=100)
    await front.must(A, update(add=(add("EK78", simple("2025-12-31")),)))
    assert "serverHold" in await statuses(front)


@ext_test(SETTINGS)
async def test_what_is_gone_is_not_watched(front: ExtFront) -> None:
    await front.must(A, create(add(xml=simple("2025-05-31"))))
    await front.operator(PurgeDomain(NAME))
    await front.queue(A)
    await front.must(B, create(add(xml=simple("2025-12-31"))))
    await front.later(days=100)
    assert "serverHold" not in await statuses(front, B)
    assert await told(front) == []


NOTICE = SETTINGS + 'expired = "notice"\nwarning = 0\nvalidity = 90\nmethods = ["Validation-X"]\n'


@ext_test(NOTICE)
async def test_policy_notice_only_and_how_long_one_without_an_end_holds(front: ExtFront) -> None:
    assert code(await front.ask(A, create(add(xml=simple(method="Other"))))) == 2306
    await front.must(A, create(add(xml=simple(None))))
    await front.later(days=89)
    assert await told(front) == []
    await front.later(days=3)
    assert await told(front) == [f"The ENUM validation of {NAME} has expired"]
    assert "serverHold" not in await statuses(front)


EVERYWHERE = SETTINGS.replace(f'[zone."{ZONE}".enum_validation]', "[policy.enum_validation]")


@ext_test(EVERYWHERE)
async def test_what_the_policy_says_for_all_zones_is_for_numbers(front: ExtFront) -> None:
    assert code(await front.ask(A, create())) == 2003
    await front.must(A, create(name="a.example"))
    assert code(await front.ask(A, create(add(), name="b.example"))) == 2103


def test_validation_without_numbers_names_line_and_cure() -> None:
    text = SETTINGS.replace(f'[zone."{ZONE}".enum]\nenabled = true\n', "")
    with pytest.raises(ConfigError, match=r"registry.toml:7.*enum_validation.enabled.*no numbers.*enum section"):
        parse_config(text, Path("registry.toml"))


def test_a_wrong_setting_names_its_line_and_cure() -> None:
    with pytest.raises(ConfigError, match=r"registry.toml:10.*expired.*hold, notice"):
        parse_config(SETTINGS + 'expired = "drop"\n', Path("registry.toml"))
