"""Low balances: registrars are told once a crossing (lowbalance-poll-1.0)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from ext_world import ExtFront, ext_test
from front_world import create
from registry_world import A, B

from regwire.epp.ext.vendor.lowbalance_poll import LowBalancePollData, LowBalanceThreshold
from regwire.epp.messages import domain as d
from regwire.errors import ConfigError
from regwire.registry.config import parse_config
from regwire.registry.fronts.epp.ext import announced
from regwire.registry.model import requests as r
from regwire.registry.model.money import Deposit, SetCreditLimit, SetThreshold
from regwire.registry.model.registrars import AddRegistrar, Registrar

FEES = """
[registry]
zones = ["example", "co.test"]
[store]
kind = "memory"
[policy.fee]
currency = "EUR"
create = "10.00"
renew = "30.00"
"""
SETTINGS = FEES + '[policy.low_balance]\nthreshold = "50.00"\n'


async def pay(front: ExtFront, amount: str, account: str = A) -> None:
    await front.operator(Deposit(account, "EUR", Decimal(amount)))


async def told(front: ExtFront, account: str = A) -> list[LowBalancePollData]:
    return [element for answer in await front.queue(account) for element in answer.res_data]


def low(available: str, *, limit: str = "0.00", threshold: str = "50.00", name: str = A) -> LowBalancePollData:
    return LowBalancePollData(name, limit, LowBalanceThreshold(threshold, type="FIXED"), available)


@ext_test(SETTINGS)
async def test_told_once_a_crossing(front: ExtFront) -> None:
    await pay(front, "65.00")
    await front.must(A, create("a.example"))
    assert await told(front) == []
    await front.must(A, create("b.example"))
    (answer,) = await front.queue(A)
    assert answer.res_data == (low("45.00"),)
    assert answer.msg_q is not None
    assert answer.msg_q.msg is not None
    assert answer.msg_q.msg.text == "The balance is low: 45.00 EUR are left, less than 50.00 EUR"
    await front.must(A, create("c.example"))
    assert await told(front) == []
    # Given back, but not enough; then paid, and spent again.
    await front.must(A, d.DomainDelete("c.example"))
    await front.must(A, create("c.example"))
    assert await told(front) == []
    await pay(front, "20.00")
    await front.must(A, create("d.example"))
    assert await told(front) == [low("45.00")]
    assert await told(front, B) == []


@ext_test(SETTINGS)
async def test_exactly_the_threshold_is_not_below_it(front: ExtFront) -> None:
    await pay(front, "60.00")
    await front.must(A, create("a.example"))
    assert await told(front) == []


@ext_test(SETTINGS)
async def test_a_command_that_is_refused_tells_nothing_and_two_of_a_group_tell_once(front: ExtFront) -> None:
    await pay(front, "60.00")
    refused = create("a.example", registrant="nobody")
    first, second = create("b.example"), create("c.example")
    await front.run((A, [refused, first, second]))
    assert await told(front) == [low("40.00")]


@ext_test(SETTINGS)
async def test_credit_counts_and_the_company_is_named(front: ExtFront) -> None:
    await front.operator(AddRegistrar(Registrar(A, "Alpha Ltd"), "-"))
    await front.operator(SetCreditLimit(A, "EUR", Decimal("100.00")))
    await front.must(A, create("a.example"))
    assert await told(front) == []
    # A lower limit, and a payout, are crossings, too.
    await front.operator(SetCreditLimit(A, "EUR", Decimal("40.00")))
    assert await told(front) == [low("30.00", limit="40.00", name="Alpha Ltd")]
    await pay(front, "100.00")
    await pay(front, "-90.00")
    assert await told(front) == [low("40.00", limit="40.00", name="Alpha Ltd")]


@ext_test(SETTINGS)
async def test_accounts_have_thresholds_of_their_own(front: ExtFront) -> None:
    await pay(front, "65.00")
    await front.operator(SetThreshold(A, "EUR", Decimal("10.00")))
    for name in ("a", "b", "c", "d", "e"):
        await front.must(A, create(f"{name}.example"))
    assert await told(front) == []
    await front.must(A, create("f.example"))
    assert await told(front) == [low("5.00", threshold="10.00")]
    # Back to the policy: it is below that, but was not told so.
    await pay(front, "30.00")
    await front.operator(SetThreshold(A, "EUR", None))
    assert await told(front) == [low("35.00")]
    await front.operator(SetThreshold(A, "EUR", Decimal(0)))
    assert (await front.outcome(SetThreshold(A, "EUR", Decimal(-1)))).code == 2004
    (outcome,) = await front.registry.submit([front.registry.call(A, SetThreshold(A, "EUR", None))])
    assert outcome.code == 2201


@ext_test(SETTINGS)
async def test_renewals_by_time_tell_too(front: ExtFront) -> None:
    await pay(front, "85.00")
    await front.must(A, create("a.example"))
    await front.later(days=366)
    assert low("45.00") in await told(front)


@ext_test(FEES)
async def test_without_a_threshold_nobody_is_told(front: ExtFront) -> None:
    await pay(front, "10.00")
    await front.must(A, create("a.example"))
    assert await front.queue(A) == []
    assert await front.operator(r.SettleDue()) is None


def test_the_greeting_announces_it_where_there_is_a_threshold() -> None:
    assert "lowbalance-poll" in announced(parse_config(SETTINGS, Path("registry.toml")))
    assert "lowbalance-poll" not in announced(parse_config(FEES, Path("registry.toml")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SETTINGS.replace('currency = "EUR"\ncreate = "10.00"\nrenew = "30.00"', ""), "without a currency; add"),
        (SETTINGS.replace('"50.00"', '"50.005"'), "write fewer digits"),
    ],
)
def test_wrong_thresholds_name_line_and_cure(text: str, message: str) -> None:
    line = text.count("\n")
    with pytest.raises(ConfigError, match=rf"registry.toml:{line}: policy.low_balance.threshold .*{message}"):
        parse_config(text, Path("registry.toml"))
