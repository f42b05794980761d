"""keyrelay-1.0 live: keys relayed to the poll queue of a domain's sponsor (RFC 8063)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ext_world import SETTINGS, ExtFront, ext_test
from front_world import code, create, value
from registry_world import PASSWORD, START, A, B, World

from regwire.epp import auth_info, command
from regwire.epp.ext import keyrelay as k
from regwire.epp.ext.allocation_token import AllocationTokenInfo
from regwire.epp.ext.secdns import SecDnsKeyData
from regwire.epp.messages import domain as d
from regwire.registry.config import parse_config
from regwire.registry.fronts.epp.ext import announced
from regwire.registry.model import requests as r
from regwire.registry.model.keyrelay import RelayedKey, RelayKeys
from regwire.registry.model.objects import KeyRecord
from regwire.registry.store.sqlite import SqliteStore
from regwire.schema import Duration

KEY = SecDnsKeyData(256, 3, 8, b"a public key")
MONTH = k.KeyRelayExpiry(relative=Duration(months=1, days=13))
DATE = k.KeyRelayExpiry(absolute=START + timedelta(days=90))


def relay(name: str = "a.example", *data: k.KeyRelayData, password: str = PASSWORD) -> k.KeyRelayCreate:
    return k.KeyRelayCreate(name, auth_info(password), data or (k.KeyRelayData(KEY, MONTH),))


@ext_test()
async def test_3_2_1_create_and_3_1_2_the_poll_message(front: ExtFront) -> None:
    await front.must(A, create())
    data = (k.KeyRelayData(KEY, MONTH), k.KeyRelayData(KEY, DATE), k.KeyRelayData(KEY))
    answer = await front.ask(B, relay("A.example", *data))
    assert (code(answer), answer.res_data) == (1000, ())
    (message,) = await front.queue(A)
    assert message.res_data == (k.KeyRelayInfoData("a.example", auth_info(""), data, START, B, A),)
    assert await front.queue(B) == []


@ext_test()
async def test_2_1_1_a_span_of_zero_revokes_and_is_relayed_as_it_is(front: ExtFront) -> None:
    await front.must(A, create())
    none = k.KeyRelayExpiry(relative=Duration())
    await front.must(B, relay("a.example", k.KeyRelayData(KEY, none)))
    (message,) = await front.queue(A)
    assert message.res_data[0].key_relay_data[0].expiry == none


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (relay("b.example"), 2303),
        (relay("a.elsewhere"), 2303),
        (relay("-.example"), 2005),
        (relay(password="another password that is long"), 2202),
        (relay(password=""), 2202),
        (relay("a.example", k.KeyRelayData(SecDnsKeyData(256, 2, 8, b"x"))), 2306),
        (relay("a.example", k.KeyRelayData(SecDnsKeyData(1, 3, 8, b"x"))), 2306),
        (relay("a.example", *[k.KeyRelayData(KEY)] * 11), 2308),
        (command(relay(), AllocationTokenInfo()), 2103),
    ],
)
def test_3_2_1_what_is_refused_is_not_relayed(message: Any, expected: int) -> None:
    @ext_test()
    async def test(front: ExtFront) -> None:
        await front.must(A, create())
        assert code(await front.ask(B, message)) == expected
        assert await front.queue(A) == []

    test()


@ext_test(SETTINGS + '[zone."example".keyrelay]\nenabled = false\n')
async def test_3_2_1_a_zone_that_relays_none_is_2308(front: ExtFront) -> None:
    await front.must(A, create())
    await front.must(A, create("a.co.test"))
    answer = await front.ask(B, relay())
    assert (code(answer), value(answer)[1]) == (2308, "no keys are relayed in this zone")
    assert code(await front.ask(B, relay("a.co.test"))) == 1000


@ext_test()
async def test_a_deleted_domain_gets_no_keys(front: ExtFront) -> None:
    await front.must(A, create())
    front.clock.advance(timedelta(days=6))
    await front.must(A, d.DomainDelete("a.example"))
    assert code(await front.ask(B, relay())) == 2304


def test_announced_where_a_zone_relays() -> None:
    path = Path("registry.toml")
    assert "keyrelay" in announced(parse_config("", path))
    assert "keyrelay" not in announced(parse_config("[policy.keyrelay]\nenabled = false\n", path))


def test_the_message_is_stored_without_the_auth_info(tmp_path: Path) -> None:
    path = tmp_path / "r"
    world = World(make=lambda policies, clock: SqliteStore(path, policies, clock))
    world.domain()
    secret = PASSWORD
    world.must(B, RelayKeys("a.example", secret, (RelayedKey(KeyRecord(256, 3, 8, b"x"), START),)))
    told = world.must(A, r.PollRequest()).message.data
    assert (told.requester, told.actor, told.keys[0].until) == (B, A, START)
    world.store.close()
    assert secret.encode() not in b"".join(file.read_bytes() for file in tmp_path.iterdir())
