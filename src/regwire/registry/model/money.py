"""Money: amounts in minor units of a currency, balances, and the entries of the ledger.

Amounts inside the registry are whole numbers of the currency's minor unit (cents), so that nothing is ever rounded
twice; `Decimal` is for the edges: settings and protocols.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final

from regwire.registry.model.kinds import Kind, register
from regwire.registry.model.record import record
from regwire.registry.model.requests import Request

__all__ = [
    "BALANCE",
    "ENTRY",
    "Balance",
    "Deposit",
    "Entry",
    "LowBalance",
    "ReadBalances",
    "ReadEntries",
    "SetCreditLimit",
    "SetThreshold",
    "balance_key",
    "digits",
    "is_own",
    "to_decimal",
    "to_minor",
]

#: Currencies of ISO 4217 whose minor unit is not a hundredth.
_DIGITS: Final = {
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}


def digits(currency: str) -> int:
    """Return how many digits after the point amounts of a currency have (ISO 4217; 2 unless it says otherwise)."""
    return _DIGITS.get(currency, 2)


def to_minor(amount: Decimal, currency: str) -> int:
    """Return an amount in minor units.

    Raises:
        ValueError: it has more digits after the point than the currency.

    """
    scaled = amount.scaleb(digits(currency))
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} has more than {digits(currency)} digits after the point, which {currency} has not")
    return int(scaled)


def to_decimal(minor: int, currency: str) -> Decimal:
    """Return minor units as an amount with all the digits of the currency."""
    return Decimal(minor).scaleb(-digits(currency))


def is_own(account: str) -> bool:
    """Tell whether an account of the ledger is the registry's own (fees, payments) and not a registrar's."""
    return account.startswith("-")


def balance_key(account: str, currency: str) -> str:
    """Return the key of the balance of an account in a currency."""
    return f"{account} {currency}"


@record
class Balance:
    """What an account has, in one currency.

    Attributes:
        account: a registrar, or one of the registry's own.
        amount: in minor units; of a registrar never below minus ``limit``.
        limit: how far it may go below zero, in minor units.
        threshold: below which its registrar is told that it is low, limit included; None: as the policy says.

    """

    account: str
    currency: str
    amount: int = 0
    limit: int = 0
    threshold: int | None = None

    @property
    def available(self) -> int:
        """What can be spent, credit included."""
        return self.amount + self.limit


@record
class LowBalance:
    """What a registrar is told whose balance fell below its threshold; amounts in minor units.

    ``name`` is the company's, or the account; ``available`` is what is left, ``limit`` of credit included.
    """

    name: str
    currency: str
    available: int
    limit: int
    threshold: int


register(Kind("lowBalance", LowBalance))


@record
class Entry:
    """One line of the ledger, written once and never changed: ``amount`` goes from ``debit`` to ``credit``.

    Attributes:
        id: the identifier of the transaction that made it, and its number in there.
        at: when.
        amount: in minor units, more than zero.
        reason: "create", "renew", "transfer", "restore", "autoRenew", "refund …", "payment", "payout".
        name: the domain it is for, or "".
        reference: of a payment, as the operator gave it.

    """

    id: str
    at: datetime
    debit: str
    credit: str
    currency: str
    amount: int
    reason: str
    name: str = ""
    reference: str = ""


def _entry_index(entry: Entry) -> Iterable[tuple[str, str]]:
    # Those of the registry's own accounts are the other sides of all the others.
    for account in (entry.debit, entry.credit):
        if not is_own(account):
            yield "account", account
    if entry.reference:
        yield "reference", entry.reference


#: Not in the history: the entries are the history of the balances.
BALANCE = register(Kind("balance", Balance, key=lambda b: balance_key(b.account, b.currency), history=False))
#: By "account" (registrars only) and by "reference".
ENTRY = register(Kind("entry", Entry, key=lambda entry: entry.id, index=_entry_index, history=False))


@record
class Deposit(Request):
    """The operator's: a registrar paid (``amount`` above zero) or was paid out (below zero).

    ``reference`` (an invoice, a bank's number) is booked once: again is refused with 2302.
    """

    account: str
    currency: str
    amount: Decimal
    reference: str = ""


@record
class SetCreditLimit(Request):
    """The operator's: how far a registrar's balance may go below zero."""

    account: str
    currency: str
    amount: Decimal


@record
class SetThreshold(Request):
    """The operator's: below which a registrar is told that its balance is low; None: as the policy says."""

    account: str
    currency: str
    amount: Decimal | None


@record
class ReadBalances(Request):
    """The operator's, and a registrar's own: the balances of an account; "": of all, the registry's own included.

    The outcome's data is a list of `Balance`, at most ``limit``, of keys after ``after``.
    """

    account: str = ""
    after: str = ""
    limit: int = 1000


@record
class ReadEntries(Request):
    """The operator's, and a registrar's own: the entries of an account in their order; "": all.

    The outcome's data is a list of `Entry`, at most ``limit``, of ids after ``after``.
    """

    account: str = ""
    after: str = ""
    limit: int = 1000
