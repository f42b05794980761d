"""Answers to questions about fees (RFC 8748 section 5.1.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, Protocol

from regwire.registry.model import codes
from regwire.registry.model.fees import FeeLine, FeeQuery, FeeQuote, FeeQuoted, FeeWanted, NameQuote, Premium
from regwire.registry.model.money import to_decimal
from regwire.registry.model.outcomes import Refusal
from regwire.registry.model.record import replace
from regwire.registry.model.requests import CheckDomains, Period
from regwire.registry.rules import tokens
from regwire.registry.rules.context import Context
from regwire.registry.rules.dates import months_of
from regwire.registry.rules.names import check_domain_name
from regwire.registry.rules.policy import ZonePolicy
from regwire.registry.rules.prices import COMMANDS, FeeSettings, Price, grace_days, premium, price_of, tier_of

__all__ = ["LaunchPhase", "choose_phase", "fee_lines", "quote"]

#: General availability (RFC 8334 section 2.3).
_OPEN: Final = "open"


class LaunchPhase(Protocol):
    """A launch phase of a zone, as its settings tell of it; ``name`` is that of the subphase."""

    @property
    def phase(self) -> str: ...  # noqa: D102
    @property
    def name(self) -> str | None: ...  # noqa: D102
    def active(self, now: datetime) -> bool: ...  # noqa: D102


def quote(ctx: Context, request: CheckDomains, query: FeeQuery) -> FeeQuoted:
    """Return the fees that a check asks for.

    Raises:
        Refusal: 2003 (ambiguous currency, subphase without phase, custom without name), 2004 (currency or phase that
            is not in use).

    """
    for wanted in query.commands:
        _check_wanted(wanted)
    zones = [ctx.policies.by_zone.get(name.partition(".")[2]) for name in request.names]
    currency = _currency(query.currency, [zone for zone in zones if zone is not None], ctx.policies.by_zone.values())
    names = []
    for name, zone in zip(request.names, zones, strict=True):
        reason = _fault(ctx, name, zone, currency)
        if zone is None or reason is not None:
            names.append(NameQuote(name, reason=reason))
        else:
            names.append(_name(ctx, request, query.commands, name, zone))
    return FeeQuoted(currency, tuple(names))


def _check_wanted(wanted: FeeWanted) -> None:
    if wanted.subphase is not None and wanted.phase is None:
        raise Refusal(codes.MISSING, "a subphase without its phase", "fee:command", wanted.command)
    if wanted.command == "custom" and not wanted.custom:
        raise Refusal(codes.MISSING, "a custom command without customName", "fee:command", wanted.command)


def choose_phase(wanted: FeeWanted, declared: Sequence[LaunchPhase], now: datetime) -> tuple[str | None, str | None]:
    """Return the phase and subphase that an answer is about (RFC 8748 section 3.8).

    Args:
        wanted: what is asked for.
        declared: the launch phases of the zone; none: only the open phase is known.
        now: when.

    Raises:
        Refusal: 2003: several would do; 2004: there is no such phase.

    """
    if not declared:
        if wanted.phase in (None, _OPEN) and wanted.subphase is None:
            return wanted.phase, None
        raise _no_phase(wanted)
    running = [(phase.phase, phase.name) for phase in declared if phase.active(now)]
    if wanted.phase is None:
        # In a quiet period the answer is that of general availability.
        return _one(wanted, running) if running else (_OPEN, None)
    known = [(phase.phase, phase.name) for phase in declared if phase.phase == wanted.phase]
    if wanted.subphase is not None:
        known = [phase for phase in known if phase[1] == wanted.subphase]
        if not known:
            raise _no_phase(wanted)
        return known[0]
    if not known:
        raise _no_phase(wanted)
    return _one(wanted, [phase for phase in running if phase in known] or known)


def _one(wanted: FeeWanted, phases: Sequence[tuple[str, str | None]]) -> tuple[str, str | None]:
    different = dict.fromkeys(phases)
    if len(different) > 1:
        raise Refusal(codes.MISSING, "several phases: say which", "fee:command", wanted.phase or wanted.command)
    return next(iter(different))


def _no_phase(wanted: FeeWanted) -> Refusal:
    given = wanted.phase if wanted.subphase is None else wanted.subphase
    return Refusal(codes.RANGE, "no such phase here", "fee:command", given or "")


def _settings(zone: ZonePolicy) -> FeeSettings:
    return zone.feature("fee")  # type: ignore[no-any-return]


def _currency(given: str | None, asked: Iterable[ZonePolicy], every: Iterable[ZonePolicy]) -> str:
    """Return the currency of an answer: that of the names' zones; where none of them has fees, of any zone."""
    known = _currencies(asked) or _currencies(every)
    if given is not None:
        if given not in known:
            raise Refusal(codes.RANGE, f"fees are in {' or '.join(known)}", "fee:currency", given)
        return given
    if len(known) != 1:
        raise Refusal(codes.MISSING, f"which currency: {' or '.join(known)}", "fee:currency")
    return next(iter(known))


def _currencies(zones: Iterable[ZonePolicy]) -> dict[str, None]:
    return dict.fromkeys(_settings(zone).currency for zone in zones if _settings(zone).currency)


def _fault(ctx: Context, name: str, zone: ZonePolicy | None, currency: str) -> str | None:
    """Return why there are no fees for a name."""
    if zone is None or not _settings(zone).currency:
        return "There are no fees for this name."
    if _settings(zone).currency != currency:
        return f"Fees of this name are in {_settings(zone).currency}."
    try:
        check_domain_name(name, ctx.policies)
    except Refusal as refusal:
        return f"There are no fees: {refusal.reason}."
    return None


def _name(
    ctx: Context, request: CheckDomains, commands: tuple[FeeWanted, ...], name: str, zone: ZonePolicy
) -> NameQuote:
    own = premium(ctx, name, request)
    # The launch feature's settings, where there are any.
    declared = getattr(zone.feature("launch"), "phases", ())
    quotes = []
    for asked in commands:
        phase, subphase = choose_phase(asked, declared, ctx.now)
        wanted = replace(asked, phase=phase, subphase=subphase)
        token = tokens.applicable(ctx, tokens.given(request), wanted.command, name)
        period = _period(wanted, zone)
        try:
            quotes.append(_quote(wanted, period, own, zone, 0 if token is None else token.discount))
        except Refusal as refusal:
            quotes.append(FeeQuote(wanted, period, reason=f"{refusal.reason[:1].upper()}{refusal.reason[1:]}."))
    failed = any(quote.reason is not None for quote in quotes)
    return NameQuote(name, tier_of(own), tuple(quotes), "Not every fee can be told." if failed else None)


def _quote(wanted: FeeWanted, period: Period | None, own: Premium | None, zone: ZonePolicy, discount: int) -> FeeQuote:
    if wanted.command == "custom":
        raise Refusal(codes.POLICY, "there is no such command")
    currency = _settings(zone).currency
    months = 0 if period is None else months_of(period, zone)
    phase = None
    if wanted.phase is not None and zone.feature("launch").phases:
        phase = (wanted.phase, wanted.subphase)
    price = price_of(zone, own, wanted.command, months, discount=discount, phase=phase)
    lines: tuple[FeeLine, ...] = ()
    if wanted.command in COMMANDS:
        days = grace_days(zone, wanted.command)
        lines = fee_lines(price, currency, days > 0, days)
    return FeeQuote(wanted, period, lines, price.standard)


def fee_lines(price: Price, currency: str, refundable: bool, days: int) -> tuple[FeeLine, ...]:
    """Return what a price consists of: the fee, given back within so many days, a surcharge, a discount."""
    lines = [FeeLine(to_decimal(price.amount, currency), None, refundable, days)]
    if price.surcharge:
        lines.append(FeeLine(to_decimal(price.surcharge, currency), "Launch phase surcharge", refundable=False))
    if price.discount:
        lines.append(FeeLine(-to_decimal(price.discount, currency), "Allocation token"))
    return tuple(lines)


def _period(wanted: FeeWanted, zone: ZonePolicy) -> Period | None:
    if wanted.command == "restore":
        return None
    default = 1 if wanted.command == "transfer" else zone.settings.default_years
    return wanted.period or Period(default)
