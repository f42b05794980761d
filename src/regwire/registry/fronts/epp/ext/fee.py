"""fee-1.0: fees asked for, agreed and charged (RFC 8748)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from regwire.epp.ext import fee as f
from regwire.epp.messages import domain as d
from regwire.epp.messages.core import Command
from regwire.registry.fronts.epp.ext import FrontExtension
from regwire.registry.model.fees import (
    FeeAgreed,
    FeeCharged,
    FeeLine,
    FeeQuery,
    FeeQuote,
    FeeQuoted,
    FeeWanted,
    NameQuote,
)
from regwire.registry.model.requests import Period
from regwire.schema import Duration

__all__ = ["FRONT"]


def _query(element: f.FeeCheck, _: Command) -> FeeQuery:
    return FeeQuery(tuple([_wanted(command) for command in element.commands]), element.currency)


def _wanted(command: f.FeeCommand) -> FeeWanted:
    period = None if command.period is None else Period(command.period.value, command.period.unit)
    return FeeWanted(command.name, period, command.phase, command.subphase, command.custom_name)


def _agreed(element: Any, _: Command) -> FeeAgreed:
    amounts = [item.amount for item in (*element.fees, *element.credits)]
    return FeeAgreed(sum(amounts, Decimal(0)), element.currency)


def _period(period: Period | None) -> d.Period | None:
    return None if period is None else d.Period(period.value, period.unit)  # type: ignore[arg-type]


def _fees(lines: tuple[FeeLine, ...]) -> tuple[f.Fee, ...]:
    return tuple([_fee(line) for line in lines if line.amount >= 0])


def _fee(line: FeeLine) -> f.Fee:
    grace = Duration(days=line.grace_days) if line.refundable and line.grace_days else None
    return f.Fee(line.amount, line.description, refundable=line.refundable, grace_period=grace, applied="immediate")


def _credits(lines: tuple[FeeLine, ...]) -> tuple[f.Credit, ...]:
    return tuple([f.Credit(line.amount, line.description) for line in lines if line.amount < 0])


def _quoted(quoted: FeeQuoted) -> f.FeeCheckData:
    return f.FeeCheckData(quoted.currency, tuple([_item(name) for name in quoted.names]))


def _item(quote: NameQuote) -> f.FeeCheckItem:
    return f.FeeCheckItem(
        f.FeeObjectId(quote.name),
        quote.tier,
        tuple([_command(command) for command in quote.quotes]),
        None if quote.reason is None else f.FeeReason(quote.reason),
        quote.reason is None,
    )


def _command(quote: FeeQuote) -> f.FeeCommandData:
    wanted = quote.wanted
    return f.FeeCommandData(
        wanted.command,  # type: ignore[arg-type]
        _period(quote.period),
        _fees(quote.lines),
        _credits(quote.lines),
        None if quote.reason is None else f.FeeReason(quote.reason),
        custom_name=wanted.custom,
        phase=wanted.phase,
        subphase=wanted.subphase,
        standard=quote.standard and quote.reason is None,
    )


_RESULTS: Final[Mapping[str, type[Any]]] = {
    "create": f.FeeCreateData,
    "renew": f.FeeRenewData,
    "transfer": f.FeeTransferData,
    "update": f.FeeUpdateData,
    "delete": f.FeeDeleteData,
}


def _charged(charged: FeeCharged) -> Any:
    return _RESULTS[charged.command](
        charged.currency,
        _period(charged.period),
        _fees(charged.lines),
        _credits(charged.lines),
        charged.balance,
        charged.credit_limit,
    )


FRONT = FrontExtension(
    name="fee",
    feature="fee",
    greeting={"fee": f.NAMESPACE},
    commands={
        f.FeeCheck: _query,
        **dict.fromkeys((f.FeeCreate, f.FeeRenew, f.FeeTransfer, f.FeeUpdate), _agreed),
    },
    replies={FeeQuoted: _quoted, FeeCharged: _charged},
)
