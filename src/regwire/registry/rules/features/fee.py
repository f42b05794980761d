"""Fees: what commands cost, agreed and taken from the registrar's account (fee-1.0, RFC 8748).

Amounts are taken when a command is accepted: a transfer's at its request, from the requester, who gets it back if the
transfer is rejected or cancelled. What was taken for a period is given back when the name is deleted while the grace
period lasts (RFC 3915), and for a renewal by time also when the name is transferred then.

A name whose renewal by time its registrar cannot pay is not renewed: it goes into redemption, as if deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from regwire.registry.model import codes
from regwire.registry.model.fees import (
    FeeAgreed,
    FeeCharged,
    FeeLine,
    FeeQuery,
    Premium,
    ReadPremiums,
    RemovePremiums,
    SetPremiums,
)
from regwire.registry.model.money import (
    Deposit,
    ReadBalances,
    ReadEntries,
    SetCreditLimit,
    SetThreshold,
    to_decimal,
    to_minor,
)
from regwire.registry.model.objects import PENDING, Domain, GracePeriod, Restore, with_extra
from regwire.registry.model.outcomes import Outcome, Refusal, TransferData
from regwire.registry.model.record import replace
from regwire.registry.model.requests import (
    CheckDomains,
    CreateDomain,
    DeleteDomain,
    Period,
    RenewDomain,
    Request,
    RestoreDomain,
    TransferDomain,
    UpdateDomain,
)
from regwire.registry.rules import ledger, tokens, transfers
from regwire.registry.rules.context import Context
from regwire.registry.rules.dates import months_of
from regwire.registry.rules.features import Feature
from regwire.registry.rules.names import check_domain_name
from regwire.registry.rules.phases import phase_at, phase_of
from regwire.registry.rules.policy import ZonePolicy
from regwire.registry.rules.prices import STANDARD, FeeSettings, Price, grace_days, premium, price_of
from regwire.registry.rules.quotes import fee_lines, quote
from regwire.registry.rules.view import View

__all__ = ["FEATURE"]

#: What stands in ``extra`` of a domain: [type, start of the grace period in ms, minor units, currency] of what was paid
#: for the running grace periods, and [minor units, currency] of a pending transfer.
_CHARGES: Final = "charges"
_PENDING: Final = "pending"
_NAME: Final = "fee"


class Fee(Feature):
    """See the module."""

    name = _NAME
    # What is billed is what all others have made of a command.
    order = 200
    settings = FeeSettings
    takes = frozenset({FeeAgreed, FeeQuery})
    asks = frozenset({FeeQuery})
    reads = frozenset({ReadBalances, ReadEntries, ReadPremiums})

    def __init__(self) -> None:
        self.requests = {
            Deposit: ledger.deposit,
            SetCreditLimit: ledger.set_credit_limit,
            SetThreshold: ledger.set_threshold,
            ReadBalances: ledger.read_balances,
            ReadEntries: ledger.read_entries,
            SetPremiums: _set_premiums,
            RemovePremiums: _remove_premiums,
            ReadPremiums: _read_premiums,
        }

    def applies(self, zone: str, settings: FeeSettings) -> bool:
        """Only in zones that bill."""
        return bool(zone and settings.currency)

    def policy(self, ctx: Context, request: Request, zone: ZonePolicy) -> None:
        """Compare what the registrar agrees to with the price: 2003, 2004."""
        agreed = request.extension(FeeAgreed)
        settings: FeeSettings = zone.feature(_NAME)
        if agreed is not None and agreed.currency not in (None, settings.currency):
            raise Refusal(codes.RANGE, f"fees are in {settings.currency}", "fee:currency", str(agreed.currency))
        command = _command(request)
        if command is None:
            if agreed is not None and isinstance(request, TransferDomain):
                raise Refusal(codes.UNIMPLEMENTED_EXTENSION, "only a transfer request has a fee")
            return
        if agreed is None and settings.agreement == "never":
            return
        token = tokens.given(request)
        if token is not None and tokens.applicable(ctx, token, command, request.name) is None:  # type: ignore[attr-defined]
            return  # The token is what is wrong, and the command will be refused for it.
        price = _price(ctx, request, command, zone)
        if agreed is None:
            if settings.agreement == "always" or price.tier != STANDARD or price.phased:
                # Who did not agree may not speak the extension: it is the name that is pointed at.
                raise Refusal(codes.MISSING, "the fee must be agreed", "domain:name", request.name)  # type: ignore[attr-defined]
        elif agreed.amount < to_decimal(price.net, settings.currency):
            needed = to_decimal(price.net, settings.currency)
            raise Refusal(codes.RANGE, f"the fee is {needed} {settings.currency}", "fee:fee", str(agreed.amount))

    def commit(self, ctx: Context, request: Request, before: Any, after: Any, zone: ZonePolicy) -> Any:
        """Take or give back the money: 2104; and say so in the reply."""
        if isinstance(request, DeleteDomain):
            lines = _refund_running(ctx, before, _running(before, ctx.now))
            _tell(ctx, zone, "delete", None, lines)
            return after
        if isinstance(request, TransferDomain) and request.op != "request":
            return after if request.op == "approve" else _give_back_transfer(ctx, before, after)
        if not isinstance(request, CreateDomain | RenewDomain | TransferDomain | RestoreDomain | UpdateDomain):
            return after
        command = _command(request)
        if command is None:
            _tell(ctx, zone, "update", None, ())
            return after
        settings: FeeSettings = zone.feature(_NAME)
        price = _price(ctx, request, command, zone)
        ledger.charge(ctx, ctx.account, settings.currency, price.net, reason=command, name=request.name)
        if command == "transfer":
            after = _with(after, **{_PENDING: [price.net, settings.currency]})
        elif command != "restore":
            after = _with_charge(
                after, "add" if command == "create" else command, ctx.now, price.refundable, settings.currency
            )
        _tell(ctx, zone, command, _period(request, command, zone), _lines(price, command, zone))
        return after

    def check_name(self, ctx: Context, request: Request, name: str, zone: ZonePolicy) -> str | None:
        """Without fees in the check, a name is available only if a create without them succeeds (section 4)."""
        settings: FeeSettings = zone.feature(_NAME)
        if settings.agreement == "never" or request.extension(FeeQuery) is not None:
            return None
        special = settings.agreement == "always" or premium(ctx, name, request) is not None
        if not special and settings.phases:
            special = price_of(zone, None, "create", 12, phase=phase_of(ctx, request, name, zone)).phased
        return "Fee must be agreed" if special else None

    def passes(self, view: View, zone: ZonePolicy) -> bool:
        """Nothing has to be agreed, or no name has a price of its own and no phase either."""
        settings: FeeSettings = zone.feature(_NAME)
        if settings.agreement == "never":
            return True
        return settings.agreement != "always" and not settings.phases and not view.records("premium", limit=1)

    def checked(self, ctx: Context, request: Request, items: tuple[tuple[str, bool, str | None], ...]) -> None:
        """Answer what the check asks about fees."""
        query = request.extension(FeeQuery)
        if query is not None and isinstance(request, CheckDomains):
            ctx.extend(quote(ctx, request, query))

    def informed(self, ctx: Context, request: Request, value: Any, zone: ZonePolicy) -> None:
        """Tell the parties of a pending transfer what it costs, or gives back (section 5.1.2)."""
        if not isinstance(request, TransferDomain) or value.transfer is None or value.transfer.status != PENDING:
            return
        kept = value.extra.get(_NAME, {}).get(_PENDING)
        if kept is None:
            return
        amount, currency = kept
        lines: tuple[FeeLine, ...] = ()
        if ctx.account == value.transfer.requester:
            lines = (FeeLine(to_decimal(amount, currency), None, *_refundable("transfer", zone)),)
        elif ctx.account == value.sponsor:
            back = _charged(value, transfers.dropped_years(value))
            lines = tuple([FeeLine(-to_decimal(line[2], line[3]), _text_of(line[0])) for line in back])
        else:
            return
        ctx.extend(FeeCharged("transfer", currency, _months(value.transfer.months), lines))

    def lapse(self, ctx: Context, event: str, before: Domain, after: Domain | None, zone: ZonePolicy) -> Domain | None:
        """Bill renewals by time; settle what a transfer that completes costs and gives back."""
        if event == "autoRenew" and after is not None:
            return _auto_renew(ctx, before, after, zone)
        if event == "transfer" and after is not None and after.transferred is not None:
            _refund_running(ctx, before, transfers.dropped_years(before))
            amount, currency = before.extra.get(_NAME, {}).get(_PENDING, (0, zone.feature(_NAME).currency))
            return _with_charge(_with(after), "transfer", after.transferred, amount, currency)
        return after


def _command(request: Request) -> str | None:
    """Return what of `COMMANDS` a request is, or None."""
    if isinstance(request, CreateDomain):
        return "create"
    if isinstance(request, RenewDomain):
        return "renew"
    if isinstance(request, TransferDomain) and request.op == "request":
        return "transfer"
    if isinstance(request, RestoreDomain) and request.op == "request":
        return "restore"
    return None


def _price(ctx: Context, request: Any, command: str, zone: ZonePolicy) -> Price:
    known: Price | None = ctx.memo.get(_NAME)
    if known is None:
        known = ctx.memo[_NAME] = _new_price(ctx, request, command, zone)
    return known


def _new_price(ctx: Context, request: Any, command: str, zone: ZonePolicy) -> Price:
    months = 0 if command == "restore" else _bought(request, command, zone)
    token = tokens.applicable(ctx, tokens.given(request), command, request.name)
    phase = phase_of(ctx, request, request.name, zone) if zone.feature(_NAME).phases else None
    discount = 0 if token is None else token.discount
    return price_of(zone, premium(ctx, request.name), command, months, discount=discount, phase=phase)


def _bought(request: Any, command: str, zone: ZonePolicy) -> int:
    if command == "transfer" and request.period is None:
        return 12
    return months_of(request.period, zone)


def _period(request: Any, command: str, zone: ZonePolicy) -> Period | None:
    return None if command == "restore" else _months(_bought(request, command, zone))


def _months(months: int) -> Period | None:
    if not months:
        return None
    return Period(months, "m") if months % 12 else Period(months // 12)


def _refundable(command: str, zone: ZonePolicy) -> tuple[bool, int]:
    days = grace_days(zone, command)
    return days > 0, days


def _lines(price: Price, command: str, zone: ZonePolicy) -> tuple[FeeLine, ...]:
    currency = zone.feature(_NAME).currency
    return fee_lines(price, currency, *_refundable(command, zone))


def _tell(ctx: Context, zone: ZonePolicy, command: str, period: Period | None, lines: tuple[FeeLine, ...]) -> None:
    """Say in the reply what a command cost, and what is left (sections 3.5 and 3.6)."""
    settings: FeeSettings = zone.feature(_NAME)
    balance: Decimal | None = None
    limit: Decimal | None = None
    if settings.balance:
        have = ledger.balance(ctx, ctx.account, settings.currency)
        balance, limit = to_decimal(have.amount, settings.currency), to_decimal(have.limit, settings.currency)
    ctx.extend(
        FeeCharged("update" if command == "restore" else command, settings.currency, period, lines, balance, limit)
    )


# --- what was paid for the running grace periods


def _ms(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def _running(value: Domain, now: datetime) -> list[GracePeriod]:
    return [grace for grace in value.grace if grace.end > now]


def _charged(value: Domain, running: Iterable[GracePeriod]) -> list[list[Any]]:
    """Return what was paid for grace periods; several may have begun in the same instant."""
    kept = value.extra.get(_NAME, {}).get(_CHARGES, ())
    wanted = {(grace.type, _ms(grace.start)) for grace in running}
    return [line for line in kept if (line[0], line[1]) in wanted]


def _refund_running(ctx: Context, value: Domain, running: Iterable[GracePeriod]) -> tuple[FeeLine, ...]:
    """Give back to the sponsor what was paid for grace periods; return the credits of the reply."""
    lines = []
    for type, _, amount, currency in _charged(value, running):
        ledger.refund(ctx, value.sponsor, currency, amount, reason=_REASONS[type], name=value.name)
        lines.append(FeeLine(-to_decimal(amount, currency), _text_of(type)))
    return tuple(lines)


#: What an amount was taken for, by grace period.
_REASONS: Final = {"add": "create", "renew": "renew", "autoRenew": "autoRenew", "transfer": "transfer"}


def _text_of(grace: str) -> str:
    return f"{grace} grace period"


def _with(value: Domain, **more: Any) -> Domain:
    """Return a domain that keeps, of what was paid, what its grace periods still need, and ``more``."""
    charges = _charged(value, value.grace)
    kept = ({_CHARGES: charges} if charges else {}) | more
    return with_extra(value, _NAME, kept or None)


def _with_charge(value: Domain, type: str, start: datetime, amount: int, currency: str) -> Domain:
    """Return a domain that keeps what was paid for a grace period, if it has that one and anything was paid."""
    if value.extra:
        value = _keep_pending(value)
    if not amount or not any(grace.type == type and grace.start == start for grace in value.grace):
        return value
    kept = value.extra.get(_NAME, {})
    line = [type, _ms(start), amount, currency]
    return with_extra(value, _NAME, {**kept, _CHARGES: [*kept.get(_CHARGES, ()), line]})


def _keep_pending(value: Domain) -> Domain:
    pending = value.extra.get(_NAME, {}).get(_PENDING)
    return _with(value) if pending is None else _with(value, **{_PENDING: pending})


def _give_back_transfer(ctx: Context, before: Domain, after: Domain) -> Domain:
    """Give back to the requester what a transfer would have cost."""
    pending = before.extra.get(_NAME, {}).get(_PENDING)
    if pending is None or before.transfer is None:
        return after
    ledger.refund(ctx, before.transfer.requester, pending[1], pending[0], reason="transfer", name=before.name)
    return _with(after)


# --- renewal by time


def _auto_renew(ctx: Context, before: Domain, after: Domain, zone: ZonePolicy) -> Domain:
    settings: FeeSettings = zone.feature(_NAME)
    due = before.expires
    phase = phase_at(zone, due) if settings.phases else None
    price = price_of(zone, premium(ctx, before.name), "renew", 12, phase=phase)
    if ledger.can_pay(ctx, before.sponsor, settings.currency, price.net):
        ledger.charge(ctx, before.sponsor, settings.currency, price.net, reason="autoRenew", name=before.name)
        return _with_charge(after, "autoRenew", due, price.net, settings.currency)
    redeemable = due + zone.redemption
    lost = replace(before, restore=Restore(due, redeemable, redeemable + zone.pending_delete))
    ctx.tell(before.sponsor, f"{before.name} was not renewed: the balance does not cover it", at=due)
    if before.transfer is not None and before.transfer.status == PENDING:
        ended = replace(before.transfer, status="serverCancelled", acted=due, expires=None)
        lost = tokens.give_back(ctx, _give_back_transfer(ctx, before, replace(lost, transfer=ended)))
        data = TransferData("domain", before.name, ended, before.sponsor)
        for account in (before.sponsor, ended.requester):
            ctx.tell(account, f"Transfer cancelled by the server: {before.name}", data, at=due)
    return lost


# --- the operator's requests


def _set_premiums(ctx: Context, request: SetPremiums) -> Outcome:
    ledger.require_operator(ctx)
    for value in request.premiums:
        zone = check_domain_name(value.name, ctx.policies)
        settings: FeeSettings = zone.feature(_NAME)
        if not settings.currency:
            raise Refusal(codes.POLICY, f"{zone.zone} bills nothing: set a currency in [policy.fee]")
        _check_premium(value, settings)
        ctx.put("premium", value.name, value)
    return ctx.done()


def _check_premium(value: Premium, settings: FeeSettings) -> None:
    prices = (value.create, value.renew, value.transfer, value.restore)
    if value.tier:
        known = [tier.name for tier in settings.tiers]
        if value.tier not in known:
            raise Refusal(codes.POLICY, f"{value.name}: no tier {value.tier}; there is {', '.join(known) or 'none'}")
        if any(price is not None for price in prices):
            raise Refusal(codes.POLICY, f"{value.name}: a tier and prices of its own; keep one of them")
    elif all(price is None for price in prices):
        raise Refusal(codes.POLICY, f"{value.name}: neither a tier nor a price")
    for price in prices:
        if price is not None:
            try:
                bad = to_minor(price, settings.currency) < 0
            except ValueError:
                bad = True
            if bad:
                raise Refusal(codes.RANGE, f"{value.name}: {price} is no price in {settings.currency}")


def _remove_premiums(ctx: Context, request: RemovePremiums) -> Outcome:
    ledger.require_operator(ctx)
    for name in request.names:
        if premium(ctx, name) is None:
            raise Refusal(codes.DOES_NOT_EXIST, f"{name} is not premium")
        ctx.put("premium", name, None)
    return ctx.done()


def _read_premiums(ctx: Context, request: ReadPremiums) -> Outcome:
    ledger.require_operator(ctx)
    return ctx.answer(ctx.view.records("premium", after=request.after, limit=request.limit))


FEATURE = Fee()
