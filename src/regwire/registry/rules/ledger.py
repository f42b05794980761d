"""The ledger: double entry, so that the sum of all balances is always zero; registrars never below their credit.

Every amount that moves is an `Entry` and two changed balances, decided with the command and committed with it: exactly
once, or not at all. Billing goes through here only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from regwire.registry.model import codes
from regwire.registry.model.money import (
    Balance,
    Deposit,
    Entry,
    LowBalance,
    ReadBalances,
    ReadEntries,
    SetCreditLimit,
    SetThreshold,
    balance_key,
    is_own,
    to_decimal,
    to_minor,
)
from regwire.registry.model.outcomes import Outcome, Refusal
from regwire.registry.model.record import replace
from regwire.registry.rules.context import Context
from regwire.registry.rules.view import View

__all__ = [
    "FEES",
    "OPERATOR",
    "PAYMENTS",
    "balance",
    "can_pay",
    "charge",
    "deposit",
    "problems",
    "read_balances",
    "read_entries",
    "refund",
    "require",
    "require_operator",
    "set_credit_limit",
    "set_threshold",
]

#: The registry's own accounts: what registrars paid for, and where payments come from.
FEES: Final = "-fees"
PAYMENTS: Final = "-payments"
#: Who asks for what only the operator may.
OPERATOR: Final = "-"
_BALANCE: Final = "balance"
_ENTRY: Final = "entry"


def balance(ctx: Context, account: str, currency: str) -> Balance:
    """Return a balance as it is after what the request decided so far; zero if nothing was ever booked."""
    found = ctx.record(_BALANCE, balance_key(account, currency))
    return Balance(account, currency) if found is None else found


def can_pay(ctx: Context, account: str, currency: str, amount: int) -> bool:
    """Tell whether an account has ``amount`` minor units, credit included."""
    have = balance(ctx, account, currency)
    return amount <= 0 or have.amount - amount >= -have.limit


def require(ctx: Context, account: str, currency: str, amount: int, name: str = "") -> None:
    """Refuse with 2104 what an account cannot pay; ``name``: the domain it is for."""
    if not can_pay(ctx, account, currency, amount):
        raise Refusal(codes.BILLING, "the balance does not cover it", "domain:name" if name else None, name)


def charge(ctx: Context, account: str, currency: str, amount: int, *, reason: str, name: str) -> None:
    """Take ``amount`` minor units (0: nothing happens) from a registrar.

    Raises:
        Refusal: 2104.

    """
    require(ctx, account, currency, amount, name)
    _move(ctx, account, FEES, currency, amount, reason=reason, name=name)


def refund(ctx: Context, account: str, currency: str, amount: int, *, reason: str, name: str) -> None:
    """Give ``amount`` minor units (0: nothing happens) back to a registrar; ``reason`` is what they were taken for."""
    _move(ctx, FEES, account, currency, amount, reason=f"refund {reason}", name=name)


def _move(
    ctx: Context,
    debit: str,
    credit: str,
    currency: str,
    amount: int,
    *,
    reason: str,
    name: str = "",
    reference: str = "",
) -> None:
    if not amount:
        return
    if amount < 0:
        raise ValueError(f"an entry of {amount}")
    # Changes are only ever added, so that their number makes the identifier unique within the transaction. What a group
    # settles first has the transaction of its first call with an S behind: an underscore sorts after that.
    id = f"{ctx.call.transaction}_{len(ctx.changes):06}"
    ctx.put(_ENTRY, id, Entry(id, ctx.now, debit, credit, currency, amount, reason, name, reference))
    for account, change in ((debit, -amount), (credit, amount)):
        have = balance(ctx, account, currency)
        _put(ctx, have, replace(have, amount=have.amount + change))


def _put(ctx: Context, before: Balance, after: Balance) -> None:
    """Keep a balance; if it crosses its threshold downwards, its registrar is told."""
    ctx.put(_BALANCE, balance_key(after.account, after.currency), after)
    if is_own(after.account):
        return
    was, threshold = _threshold(ctx, before), _threshold(ctx, after)
    if threshold is None or after.available >= threshold:
        return
    if was is not None and before.available < was:
        return
    currency = after.currency
    registrar = ctx.record("registrar", after.account)
    name = (registrar.name if registrar is not None else "") or after.account
    left, least = to_decimal(after.available, currency), to_decimal(threshold, currency)
    data = LowBalance(name, currency, after.available, after.limit, threshold)
    ctx.tell(after.account, f"The balance is low: {left} {currency} are left, less than {least} {currency}", data)


def _threshold(ctx: Context, have: Balance) -> int | None:
    return ctx.policies.low_balances.get(have.currency) if have.threshold is None else have.threshold


# --- the operator's requests


def require_operator(ctx: Context) -> None:
    """Refuse with 2201 to all but the operator."""
    if ctx.account != OPERATOR:
        raise Refusal(codes.AUTHORIZATION, "only the operator may")


def deposit(ctx: Context, request: Deposit) -> Outcome:
    """Book a payment; the outcome's data is the balance after it."""
    require_operator(ctx)
    amount = _minor(request)
    if not amount or not _is_registrar(request.account):
        raise Refusal(codes.RANGE, "an amount that is not zero, for a registrar")
    reference = request.reference
    if reference and ctx.view.records(_ENTRY, "reference", reference, limit=1):
        raise Refusal(codes.EXISTS, f"the reference {reference} is booked already")
    if amount > 0:
        _move(ctx, PAYMENTS, request.account, request.currency, amount, reason="payment", reference=reference)
    else:
        require(ctx, request.account, request.currency, -amount)
        _move(ctx, request.account, PAYMENTS, request.currency, -amount, reason="payout", reference=reference)
    return ctx.done(balance(ctx, request.account, request.currency))


def set_credit_limit(ctx: Context, request: SetCreditLimit) -> Outcome:
    """Set a credit limit; not below what is owed already: 2306. The outcome's data is the balance."""
    require_operator(ctx)
    limit = _minor(request)
    if limit < 0 or not _is_registrar(request.account):
        raise Refusal(codes.RANGE, "an amount that is not negative, for a registrar")
    have = balance(ctx, request.account, request.currency)
    if have.amount < -limit:
        raise Refusal(codes.POLICY, "more is owed already")
    after = replace(have, limit=limit)
    _put(ctx, have, after)
    return ctx.done(after)


def set_threshold(ctx: Context, request: SetThreshold) -> Outcome:
    """Set below which a registrar is told that its balance is low. The outcome's data is the balance."""
    require_operator(ctx)
    threshold = None if request.amount is None else _minor(request)
    if (threshold is not None and threshold < 0) or not _is_registrar(request.account):
        raise Refusal(codes.RANGE, "an amount that is not negative, for a registrar")
    have = balance(ctx, request.account, request.currency)
    after = replace(have, threshold=threshold)
    _put(ctx, have, after)
    return ctx.done(after)


def read_balances(ctx: Context, request: ReadBalances) -> Outcome:
    """Answer `ReadBalances`."""
    _require_own(ctx, request.account)
    if not request.account:
        return ctx.answer(ctx.view.records(_BALANCE, after=request.after, limit=request.limit))
    # Keys of one account begin with it and a space, and no account has a space in it.
    first = max(request.after, f"{request.account} ")
    found = ctx.view.records(_BALANCE, after=first, limit=request.limit)
    return ctx.answer([have for have in found if have.account == request.account])


def read_entries(ctx: Context, request: ReadEntries) -> Outcome:
    """Answer `ReadEntries`."""
    _require_own(ctx, request.account)
    index = "account" if request.account else ""
    return ctx.answer(ctx.view.records(_ENTRY, index, request.account, after=request.after, limit=request.limit))


def _require_own(ctx: Context, account: str) -> None:
    if not account or account != ctx.account:
        require_operator(ctx)


def _is_registrar(account: str) -> bool:
    return 3 <= len(account) <= 16 and not is_own(account) and " " not in account


def _minor(request: Deposit | SetCreditLimit | SetThreshold) -> int:
    currency = request.currency
    assert request.amount is not None
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha() and currency.isupper()):
        raise Refusal(codes.RANGE, f"{currency} is no currency; three capital letters (ISO 4217)")
    try:
        return to_minor(request.amount, currency)
    except ValueError as error:
        raise Refusal(codes.RANGE, str(error)) from None


# --- the invariant


def problems(view: View) -> list[str]:
    """Return what is wrong with a ledger, one line each; nothing if it balances.

    Adds up every entry: each moves a positive amount between two accounts, the balances are what the entries make of
    them, all balances of a currency add up to zero, and no registrar is below its credit limit.
    """
    sums: dict[tuple[str, str], int] = {}
    found: list[str] = []
    for entry in _all(view, _ENTRY):
        assert isinstance(entry, Entry)
        if entry.amount <= 0 or entry.debit == entry.credit:
            found.append(f"entry {entry.id} moves {entry.amount} from {entry.debit} to {entry.credit}")
        for account, change in ((entry.debit, -entry.amount), (entry.credit, entry.amount)):
            sums[account, entry.currency] = sums.get((account, entry.currency), 0) + change
    totals: dict[str, int] = {}
    for have in _all(view, _BALANCE):
        assert isinstance(have, Balance)
        totals[have.currency] = totals.get(have.currency, 0) + have.amount
        expected = sums.pop((have.account, have.currency), 0)
        if have.amount != expected:
            found.append(f"{have.account} has {have.amount} {have.currency}, its entries make {expected}")
        if have.amount < -have.limit and not is_own(have.account):
            found.append(f"{have.account} has {have.amount} {have.currency}, its limit is {have.limit}")
    found += [
        f"{account} has no balance, its entries make {left} {currency}" for (account, currency), left in sums.items()
    ]
    found += [f"the balances in {currency} add up to {total}" for currency, total in totals.items() if total]
    return found


def _all(view: View, kind: str) -> Iterator[Balance | Entry]:
    after = ""
    while found := view.records(kind, after=after):
        yield from found
        last = found[-1]
        after = last.id if isinstance(last, Entry) else balance_key(last.account, last.currency)
