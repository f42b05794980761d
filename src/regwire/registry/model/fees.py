"""Prices: premium names, what a command costs, and what a registrar agreed to pay (RFC 8748)."""

from __future__ import annotations

from decimal import Decimal

from regwire.registry.model.kinds import Kind, register
from regwire.registry.model.record import record
from regwire.registry.model.requests import Period, Request

__all__ = [
    "PREMIUM",
    "FeeAgreed",
    "FeeCharged",
    "FeeLine",
    "FeeQuery",
    "FeeQuote",
    "FeeQuoted",
    "FeeWanted",
    "NameQuote",
    "Premium",
    "ReadPremiums",
    "RemovePremiums",
    "SetPremiums",
]


@record
class Premium:
    """A name that has prices of its own, registered or not; in the currency of its zone.

    Attributes:
        tier: the name of a tier of ``[policy.fee]``, whose prices hold; "": the prices here.
        create, renew, transfer: a year; restore: once. None: the zone's price.

    """

    name: str
    tier: str = ""
    create: Decimal | None = None
    renew: Decimal | None = None
    transfer: Decimal | None = None
    restore: Decimal | None = None


PREMIUM = register(Kind("premium", Premium, key=lambda value: value.name))


@record
class SetPremiums(Request):
    """The operator's: give names prices of their own; what they had before is replaced. All of them or none."""

    premiums: tuple[Premium, ...]


@record
class RemovePremiums(Request):
    """The operator's: names go back to the zone's prices. 2303 if one has no price of its own, and none is removed."""

    names: tuple[str, ...]


@record
class ReadPremiums(Request):
    """The operator's: premium names, ascending, at most ``limit`` after ``after``; data is a list of `Premium`."""

    after: str = ""
    limit: int = 1000


# --- what goes over the wire, freed of it


@record
class FeeAgreed:
    """What a registrar agrees to pay: fees and credits together. ``currency`` None: the zone's."""

    amount: Decimal
    currency: str | None = None


@record
class FeeWanted:
    """One command whose fee is asked for: "create", "delete", "renew", "update", "transfer", "restore", "custom"."""

    command: str
    period: Period | None = None
    phase: str | None = None
    subphase: str | None = None
    custom: str | None = None


@record
class FeeQuery:
    """What a check asks about fees."""

    commands: tuple[FeeWanted, ...]
    currency: str | None = None


@record
class FeeLine:
    """One fee, or one credit (``amount`` below zero).

    Attributes:
        refundable: None: nothing is said about it.
        grace_days: for how long it is refunded after a delete; 0: not at all.

    """

    amount: Decimal
    description: str | None = None
    refundable: bool | None = None
    grace_days: int = 0


@record
class FeeQuote:
    """The answer to one command of a query; ``reason``: why there is no price."""

    wanted: FeeWanted
    period: Period | None = None
    lines: tuple[FeeLine, ...] = ()
    standard: bool = True
    reason: str | None = None


@record
class NameQuote:
    """The answer for one name; ``reason``: why there is none, or not for every command."""

    name: str
    tier: str | None = None
    quotes: tuple[FeeQuote, ...] = ()
    reason: str | None = None


@record
class FeeQuoted:
    """The answer to a query."""

    currency: str
    names: tuple[NameQuote, ...]


@record
class FeeCharged:
    """What a command cost.

    Attributes:
        command: "create", "renew", "transfer", "update" or "delete".
        period: what was bought, or None.
        balance, credit_limit: of the account after the command; None: not told.

    """

    command: str
    currency: str
    period: Period | None = None
    lines: tuple[FeeLine, ...] = ()
    balance: Decimal | None = None
    credit_limit: Decimal | None = None
