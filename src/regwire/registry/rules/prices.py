"""What commands cost: the prices of a zone, its tiers, premium names, discounts by token."""

# ruff: noqa: RUF009  (setting is dataclasses.field with its metadata spelt out)
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass
from decimal import Decimal
from typing import Any, Final

from regwire.registry.config import setting
from regwire.registry.launch.settings import PHASES
from regwire.registry.model import codes
from regwire.registry.model.fees import Premium
from regwire.registry.model.money import to_minor
from regwire.registry.model.outcomes import Refusal
from regwire.registry.model.record import record
from regwire.registry.model.requests import CheckDomains, Request
from regwire.registry.rules.context import Context
from regwire.registry.rules.policy import ZonePolicy

__all__ = [
    "COMMANDS",
    "STANDARD",
    "FeePhase",
    "FeeSettings",
    "FeeTier",
    "Price",
    "grace_days",
    "premium",
    "price_of",
    "tier_of",
]

#: The class of names without prices of their own (RFC 8748 section 3.7).
STANDARD: Final = "standard"
#: The class of names with prices of their own that are in no tier.
PREMIUM: Final = "premium"
#: What costs something; the others (delete, update) are free.
COMMANDS: Final = ("create", "renew", "transfer", "restore")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeTier:
    """``[[policy.fee.tiers]]``: prices that several premium names have in common."""

    name: str = setting(MISSING, why="what premium names and fee:class call it")
    create: Decimal | None = setting(None, why="a year; unset: the zone's price", minimum=0)
    renew: Decimal | None = setting(None, why="a year; unset: the zone's price", minimum=0)
    transfer: Decimal | None = setting(None, why="a year; unset: the zone's price", minimum=0)
    restore: Decimal | None = setting(None, why="once; unset: the zone's price", minimum=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeePhase:
    """``[[policy.fee.phases]]``: prices while a launch phase runs (RFC 8748 section 3.8).

    Premium names keep their own prices; the surcharge is theirs, too.
    """

    phase: str = setting(MISSING, why="as in [[policy.launch.phases]]", choices=PHASES)
    name: str | None = setting(None, why="of a sub-phase; unset: all of the phase that have no prices of their own")
    create: Decimal | None = setting(None, why="a year; unset: the zone's price", minimum=0)
    renew: Decimal | None = setting(None, why="a year; unset: the zone's price", minimum=0)
    transfer: Decimal | None = setting(None, why="a year; unset: the zone's price", minimum=0)
    restore: Decimal | None = setting(None, why="once; unset: the zone's price", minimum=0)
    surcharge: Decimal = setting(
        Decimal(0), why="once, on top of every create, such as an early access fee; never given back", minimum=0
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeSettings:
    """``[policy.fee]``."""

    currency: str = setting("", why="three capital letters (ISO 4217; XXX: credits); unset: nothing is billed")
    create: Decimal = setting(Decimal(0), why="a year", minimum=0)
    renew: Decimal = setting(Decimal(0), why="a year, also when a name is renewed by time", minimum=0)
    transfer: Decimal = setting(
        Decimal(0), why="a year; taken at the request, given back if nothing comes of it", minimum=0
    )
    restore: Decimal = setting(Decimal(0), why="of a deleted name, once, at the request", minimum=0)
    agreement: str = setting(
        "premium",
        why="what a create, renew, transfer or restore must carry the agreed fee for, else 2003; and unless a check "
        "asks for fees, such names are not available",
        choices=("premium", "always", "never"),
    )
    balance: bool = setting(True, why="replies tell balance and credit limit")
    tiers: tuple[FeeTier, ...] = setting((), why="prices that several premium names have in common")
    phases: tuple[FeePhase, ...] = setting((), why="prices that differ while a launch phase runs")

    def validate(self) -> tuple[str, str] | None:
        """See `regwire.registry.config`."""
        if not self.currency:
            priced = next((name for name in COMMANDS if getattr(self, name)), None)
            return None if priced is None else (priced, 'is a price without a currency; add currency = "EUR"')
        if re.fullmatch(r"[A-Z]{3}", self.currency) is None:
            return "currency", f'is "{self.currency}"; write three capital letters, such as EUR'
        for owner, name, amount in self._amounts():
            try:
                to_minor(amount, self.currency)
            except ValueError as error:
                return owner, f"has a {name} price that cannot be paid ({error}); write fewer digits"
        names = [tier.name for tier in self.tiers]
        twice = next((name for name in names if names.count(name) > 1 or name == STANDARD), None)
        if twice is not None:
            return "tiers", f'"{twice}" is there twice or is "{STANDARD}"; rename one'
        places = [(phase.phase, phase.name) for phase in self.phases]
        for place in places:
            if places.count(place) > 1:
                named = " ".join(part for part in place if part)
                return "phases", f"has the prices of {named} twice; keep one of them"
        return None

    def _amounts(self) -> Iterator[tuple[str, str, Decimal]]:
        for name in COMMANDS:
            yield name, name, getattr(self, name)
        for tier in self.tiers:
            for name in COMMANDS:
                if getattr(tier, name) is not None:
                    yield "tiers", name, getattr(tier, name)
        for phase in self.phases:
            for name in (*COMMANDS, "surcharge"):
                if getattr(phase, name) is not None:
                    yield "phases", name, getattr(phase, name)

    def validate_with(self, others: Mapping[str, Any]) -> tuple[str, str] | None:
        """See `regwire.registry.config`: prices are for phases that the zone has."""
        launch = others["launch"]
        for phase in self.phases:
            if not any(one.phase == phase.phase and phase.name in (None, one.name) for one in launch.phases):
                named = " ".join(part for part in (phase.phase, phase.name) if part)
                return "phases", f"has prices of {named}, but there is no such launch phase; add it to launch.phases"
        return None

    def during(self, phase: tuple[str, str | None] | None) -> FeePhase | None:
        """Return the prices of a phase: those of its sub-phase, else those of the whole phase, else None."""
        if phase is None or not self.phases:
            return None
        by_place = {(one.phase, one.name): one for one in self.phases}
        return by_place.get(phase) or by_place.get((phase[0], None))


@record
class Price:
    """What a command costs.

    Attributes:
        amount: in minor units, before the discount.
        discount: in minor units.
        tier: "standard", "premium" or the name of a tier.
        standard: whether it is the zone's price.
        surcharge: in minor units, on top and never given back.
        phased: whether it is the price of a launch phase.

    """

    amount: int
    discount: int
    tier: str
    standard: bool
    surcharge: int = 0
    phased: bool = False

    @property
    def refundable(self) -> int:
        """What is given back within a grace period, in minor units."""
        return self.amount - self.discount

    @property
    def net(self) -> int:
        """What is to be paid, in minor units."""
        return self.amount - self.discount + self.surcharge


def premium(ctx: Context, name: str, request: Request | None = None) -> Premium | None:
    """Return the prices of a name's own, or None; for a check, those of all its names are looked up at once."""
    if isinstance(request, CheckDomains):
        known = ctx.memo.get("premium")
        if known is None:
            known = ctx.memo["premium"] = ctx.view.records_of("premium", request.names)
        return known.get(name)
    found = ctx.record("premium", name)
    return found if isinstance(found, Premium) else None


def price_of(
    zone: ZonePolicy,
    own: Premium | None,
    command: str,
    months: int,
    *,
    discount: int = 0,
    phase: tuple[str, str | None] | None = None,
) -> Price:
    """Return what a command costs.

    Args:
        zone: the policy of the name's zone.
        own: the name's own prices (`premium`).
        command: one of `COMMANDS`; any other is free.
        months: how long a period is bought; a restore is bought once.
        discount: percent; not of a surcharge.
        phase: the launch phase whose prices hold, and its sub-phase; None: those of the zone.

    Raises:
        Refusal: 2306: a create of a name whose tier is not in the settings any more; others cost what the zone says.

    """
    settings: FeeSettings = zone.feature("fee")
    tier = tier_of(own)
    price = _own_price(settings, own, command)
    standard = price is None
    during = settings.during(phase)
    phased = False
    if price is None and during is not None and command in COMMANDS:
        price = getattr(during, command)
        phased = price is not None
    if price is None:
        price = getattr(settings, command) if command in COMMANDS else Decimal(0)
    amount = to_minor(price, settings.currency)
    if command != "restore":
        amount = _per(amount * months, 12)
    surcharge = 0
    if during is not None and command == "create":
        surcharge = to_minor(during.surcharge, settings.currency)
    return Price(amount, _per(amount * discount, 100), tier, standard, surcharge, phased or surcharge > 0)


def tier_of(own: Premium | None) -> str:
    """Return the class of a name (RFC 8748 section 3.7)."""
    return STANDARD if own is None else own.tier or PREMIUM


def _own_price(settings: FeeSettings, own: Premium | None, command: str) -> Decimal | None:
    if own is None or command not in COMMANDS:
        return None
    if not own.tier:
        return getattr(own, command)  # type: ignore[no-any-return]
    for tier in settings.tiers:
        if tier.name == own.tier:
            return getattr(tier, command)  # type: ignore[no-any-return]
    if command != "create":
        return None
    raise Refusal(codes.POLICY, f"its tier {own.tier} has no prices", "domain:name", own.name)


def _per(amount: int, parts: int) -> int:
    """Divide, rounding half up."""
    return (2 * amount + parts) // (2 * parts)


def grace_days(zone: ZonePolicy, command: str) -> int:
    """Return for how many days a fee is given back after a delete (RFC 8748 section 3.4.2)."""
    settings = zone.settings
    graces = {"create": settings.add_grace, "renew": settings.renew_grace, "transfer": settings.transfer_grace}
    return graces.get(command, 0)
