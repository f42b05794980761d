"""fee-1.0 and idn-1.0 through the EPP front: elements in, elements out, valid by the schemas."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from front_world import code, create, value
from money_world import SETTINGS, MoneyFront, money_test
from registry_world import PASSWORD, A, B

from regwire.epp import auth_info, command
from regwire.epp.ext import fee as f
from regwire.epp.ext.allocation_token import AllocationToken, AllocationTokenInfo
from regwire.epp.ext.idn import IdnData
from regwire.epp.ext.rgp import RgpRestore, RgpUpdate
from regwire.epp.messages import domain as d
from regwire.epp.messages.core import Transfer
from regwire.registry.config import Config, parse_config
from regwire.registry.fronts.epp.ext import announced
from regwire.registry.model.fees import Premium, SetPremiums
from regwire.registry.model.tokens import AddTokens, Token, digest_of
from regwire.schema import Duration


def amount(text: str) -> f.Fee:
    return f.Fee(Decimal(text))


def only(answer: Any, cls: type[Any]) -> Any:
    (found,) = [element for element in answer.extension if isinstance(element, cls)]
    return found


@money_test()
async def test_rfc8748_5_2_1_create(front: MoneyFront) -> None:
    agreed = f.FeeCreate("EUR", fees=(amount("25.00"),), credits=(f.Credit(Decimal("-5.00")),))
    answer = await front.ask(A, create("a.example", (agreed,), period=d.Period(2, "y")))
    assert only(answer, f.FeeCreateData) == f.FeeCreateData(
        "EUR",
        d.Period(2, "y"),
        (f.Fee(Decimal("20.00"), refundable=True, grace_period=Duration(days=5), applied="immediate"),),
        (),
        Decimal("80.00"),
        Decimal("0.00"),
    )


@money_test()
async def test_rfc8748_4_too_low_or_in_another_currency(front: MoneyFront) -> None:
    answer = await front.ask(A, create("a.example", (f.FeeCreate("USD", fees=(amount("10"),)),)))
    assert code(answer) == 2004
    assert b"currency" in value(answer)[0]
    answer = await front.ask(A, create("a.example", (f.FeeCreate(fees=(amount("9.99"),)),)))
    assert (code(answer), value(answer)[1]) == (2004, "the fee is 10.00 EUR")
    await front.operator(SetPremiums((Premium("gold.example", "gold"),)))
    answer = await front.ask(A, create("gold.example"))
    assert (code(answer), value(answer)[1]) == (2003, "the fee must be agreed")


@money_test()
async def test_2104_when_there_is_no_money_left(front: MoneyFront) -> None:
    answers = await front.results((A, [create(f"n{i}.example", period=d.Period(5, "y")) for i in range(3)]))
    assert [code(answer) for answer in answers[0]] == [1000, 1000, 2104]
    assert [only(answer, f.FeeCreateData).balance for answer in answers[0][:2]] == [50, 0]


@money_test()
async def test_rfc8748_5_2_2_delete_5_2_3_renew_and_5_2_5_update(front: MoneyFront) -> None:
    await front.must(A, create("a.example"))
    renew = d.DomainRenew("a.example", date(2026, 3, 1), d.Period(1, "y"))
    answer = await front.ask(A, command(renew, (f.FeeRenew(fees=(amount("11.50"),)),)))
    assert only(answer, f.FeeRenewData).balance == Decimal("78.50")
    update = d.DomainUpdate("a.example", chg=d.DomainChange(auth_info=d.DomainAuthInfoChange(null=True)))
    answer = await front.ask(A, command(update, (f.FeeUpdate(fees=(amount("0"),)),)))
    assert only(answer, f.FeeUpdateData) == f.FeeUpdateData("EUR", None, (), (), Decimal("78.50"), Decimal("0.00"))
    answer = await front.ask(A, d.DomainDelete("a.example"))
    assert only(answer, f.FeeDeleteData) == f.FeeDeleteData(
        "EUR",
        None,
        (),
        (f.Credit(Decimal("-10.00"), "add grace period"), f.Credit(Decimal("-11.50"), "renew grace period")),
        Decimal("100.00"),
        Decimal("0.00"),
    )


@money_test()
async def test_rfc8748_5_2_5_a_restore_with_its_fee(front: MoneyFront) -> None:
    await front.must(A, create("a.example"))
    front.clock.advance(timedelta(days=6))
    await front.must(A, d.DomainDelete("a.example"))
    restore = (RgpUpdate(RgpRestore("request")), f.FeeUpdate("EUR", fees=(amount("39"),)))
    assert code(await front.ask(A, command(d.DomainUpdate("a.example", chg=d.DomainChange()), restore))) == 2004
    restore = (RgpUpdate(RgpRestore("request")), f.FeeUpdate("EUR", fees=(amount("40"),)))
    answer = await front.ask(A, command(d.DomainUpdate("a.example", chg=d.DomainChange()), restore))
    data = only(answer, f.FeeUpdateData)
    assert data.fees == (f.Fee(Decimal("40.00"), refundable=False, applied="immediate"),)
    assert data.balance == 50


@money_test()
async def test_rfc8748_5_1_2_and_5_2_4_transfers(front: MoneyFront) -> None:
    await front.must(A, create("a.example"))
    request = Transfer("request", d.DomainTransfer("a.example", d.Period(1, "y"), auth_info(PASSWORD)))
    answer = await front.ask(B, command(request, (f.FeeTransfer(fees=(amount("9.00"),)),)))
    data = only(answer, f.FeeTransferData)
    assert (data.currency, data.period, data.balance) == ("EUR", d.Period(1, "y"), Decimal("91.00"))
    answer = await front.ask(B, command(Transfer("query", d.DomainTransfer("a.example"))))
    data = only(answer, f.FeeTransferData)
    assert (data.fees[0].amount, data.credits, data.balance) == (9, (), None)


@money_test()
async def test_rfc8748_5_1_1_check(front: MoneyFront) -> None:
    await front.operator(SetPremiums((Premium("gold.example", "gold"),)))
    names = d.DomainCheck(("a.example", "gold.example", "x.net"))
    plain = (await front.ask(A, names)).res_data[0].items[1]
    assert (plain.name.avail, plain.reason.text) == (False, "Fee must be agreed")
    wanted = f.FeeCheck(
        "EUR",
        commands=(
            f.FeeCommand("create", d.Period(2, "y")),
            f.FeeCommand("restore"),
            f.FeeCommand("transfer", phase="open"),
        ),
    )
    answer = await front.ask(A, command(names, (wanted,)))
    assert [i.name.avail for i in answer.res_data[0].items] == [True, True, False]
    data = only(answer, f.FeeCheckData)
    first, gold, other = data.items
    assert (first.avail, first.class_, gold.class_) == (True, "standard", "gold")
    assert [c.period for c in first.commands] == [d.Period(2, "y"), None, d.Period(1, "y")]
    assert [c.standard for c in gold.commands] == [False, True, True]
    assert (gold.commands[0].fees[0].amount, gold.commands[2].phase) == (1000, "open")
    assert (other.avail, other.commands, other.reason.text) == (False, (), "There are no fees for this name.")
    wanted = f.FeeCheck(commands=(f.FeeCommand("create", d.Period(20, "y")), f.FeeCommand("custom", custom_name="x")))
    (item,) = only(await front.ask(A, command(d.DomainCheck(("a.example",)), (wanted,))), f.FeeCheckData).items
    assert [item.avail, *[c.reason is None for c in item.commands]] == [False, False, False]
    assert [c.custom_name for c in item.commands] == [None, "x"]
    wanted = f.FeeCheck(commands=(f.FeeCommand("create", subphase="early"),))
    assert code(await front.ask(A, command(d.DomainCheck(("a.example",)), (wanted,)))) == 2003


@money_test()
async def test_idn_1_0_create_info_and_faults(front: MoneyFront) -> None:
    name = "xn--mnchen-3ya.example"
    assert code(await front.ask(A, create(name, (IdnData("el"),)))) == 2306
    answer = await front.ask(A, create(name, (IdnData("und-Latn", "munchen.example"),)))
    assert code(answer) == 2005
    assert b"uname" in value(answer)[0]
    await front.must(A, create(name, (IdnData("und-Latn", "münchen.example"),)))
    answer = await front.ask(B, d.DomainInfo(d.DomainInfoName(name, "none")))
    assert only(answer, IdnData) == IdnData("und-Latn", "münchen.example")
    await front.must(A, create("cop.example"))
    answer = await front.ask(A, create("xn--n1aeb.example"))
    assert (code(answer), value(answer)[1]) == (2306, "a variant of cop.example")


@money_test()
async def test_rfc8495_check_create_info_and_transfer(front: MoneyFront) -> None:
    for token in (Token(digest_of("abc123"), discount=50), Token(digest_of("def456"), commands=("transfer",))):
        await front.operator(AddTokens((token,)))
    given, wrong = (AllocationToken("abc123"),), (AllocationToken("wrong"),)
    names = d.DomainCheck(("a.example",))
    item = (await front.ask(A, command(names, wrong))).res_data[0].items[0]
    assert (item.name.avail, item.reason.text) == (False, "Allocation token mismatch")
    assert (await front.ask(A, command(names, given))).res_data[0].items[0].name.avail
    assert code(await front.ask(A, create("a.example", wrong))) == 2201
    answer = await front.ask(A, create("a.example", (*given, f.FeeCreate(fees=(amount("5"),)))))
    data = only(answer, f.FeeCreateData)
    assert (data.credits, data.balance) == ((f.Credit(Decimal("-5.00"), "Allocation token"),), 95)
    assert code(await front.ask(A, create("b.example", given))) == 2201
    info = d.DomainInfo(d.DomainInfoName("a.example", "none"))
    assert only(await front.ask(A, command(info, (AllocationTokenInfo(),))), AllocationToken).value == "abc123"
    assert code(await front.ask(B, command(info, (AllocationTokenInfo(),)))) == 2201
    request = Transfer("request", d.DomainTransfer("a.example", auth_info=auth_info(PASSWORD)))
    assert code(await front.ask(B, command(request, given))) == 2201
    assert code(await front.ask(B, command(request, (AllocationToken("def456"),)))) == 1001


def test_tokens_are_kept_out_of_what_is_logged() -> None:
    assert "abc123" not in repr(AllocationToken("abc123"))


def test_what_no_zone_uses_is_not_announced() -> None:
    assert not {"fee", "idn", "allocationToken"} & set(announced(Config()))
    assert {"fee", "idn", "allocationToken"} <= set(announced(parse_config(SETTINGS, Path("registry.toml"))))
    only_rgp = parse_config('[epp]\nextensions = ["rgp"]\n' + SETTINGS, Path("registry.toml"))
    assert announced(only_rgp) == ("rgp",)
