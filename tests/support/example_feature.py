"""A feature that uses every hook, with a record kind, a request class and a reply of its own: for tests.

Notes are kept with domains ("note" in ``extra``), counted per registrar in records of kind "exampleTally", and run out
by time.
"""

# ruff: noqa: RUF009
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import MISSING, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from regwire.registry.config import setting
from regwire.registry.model import codes
from regwire.registry.model import requests as r
from regwire.registry.model.kinds import Kind, register
from regwire.registry.model.objects import Domain, with_extra
from regwire.registry.model.outcomes import Outcome, Refusal
from regwire.registry.model.record import record, replace
from regwire.registry.rules.context import Context
from regwire.registry.rules.features import Feature
from regwire.registry.rules.policy import ZonePolicy


@record
class Note:
    """What comes with a command: a text for the domain."""

    text: str


@record
class Noted:
    """What goes with a reply."""

    text: str
    seen_by: tuple[str, ...] = ()


@record
class Tally:
    """How many notes a registrar wrote; ``idle`` is when it is forgotten."""

    account: str
    notes: int
    colour: str
    idle: datetime
    fee: Decimal = Decimal(0)
    day: date | None = None
    last: Note | None = None
    history: tuple[tuple[str, int], ...] = ()


def _index(value: Tally) -> Iterable[tuple[str, str]]:
    yield ("colour", value.colour)


TALLY = register(Kind("exampleTally", Tally, lambda value: value.account, _index, lambda value: value.idle))
NOTED = register(Kind("exampleNoted", Noted))


@record
class Paint(r.Request):
    """A request of the feature's own: gives a registrar's tally a colour."""

    account: str
    colour: str


@record
class ReadTally(r.Request):
    """A read of the feature's own."""

    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shade:
    """``[[policy.example.shade]]``."""

    name: str = setting(MISSING, why="what it is called")
    depth: int = setting(1, why="how dark it is", minimum=1, maximum=9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """``[policy.example]``."""

    enabled: bool = setting(True, why="whether notes are taken")
    longest: int = setting(20, unit="characters", why="a note is short", minimum=1, maximum=100)
    fee: Decimal = setting(Decimal("0.50"), why="of a note", minimum=0)
    since: date = setting(date(2025, 1, 1), why="when notes began")
    names: tuple[str, ...] = setting((), why="names that need a note")
    shades: tuple[Shade, ...] = setting((), why="colours")

    def validate(self) -> tuple[str, str] | None:
        """See `regwire.registry.config`."""
        if self.fee > 100:
            return "fee", "is more than 100; nobody pays that"
        return None


class Example(Feature):
    """The feature."""

    name = "example"
    settings = Settings
    reads = frozenset({ReadTally})

    def __init__(self) -> None:
        self.requests = {Paint: self.paint, ReadTally: self.read}
        self.settle = {"exampleTally": self.forget}
        self.called: list[str] = []

    def applies(self, zone: str, settings: Settings) -> bool:
        """Only where it is enabled."""
        return settings.enabled

    def policy(self, ctx: Context, request: r.Request, zone: ZonePolicy) -> None:
        """A note is short."""
        self.called.append("policy")
        note = request.extension(Note)
        if note is not None and len(note.text) > zone.feature(self.name).longest:
            raise Refusal(codes.RANGE, "a long note", "domain:name", note.text)

    def eligibility(self, ctx: Context, request: r.Request, domain: Domain | None, zone: ZonePolicy) -> None:
        """Whom a note calls "no" does not get on."""
        self.called.append("eligibility")
        if domain is not None and domain.extra.get("example") == "locked":
            raise Refusal(codes.STATUS, "locked by its note")

    def data(self, ctx: Context, request: r.Request, before: Any, after: Any, zone: ZonePolicy) -> Any:
        """Keep the note."""
        self.called.append("data")
        note = request.extension(Note)
        return after if note is None or after is None else with_extra(after, self.name, note.text)

    def billing(self, ctx: Context, request: r.Request, before: Any, after: Any, zone: ZonePolicy) -> None:
        """Three notes are all that a registrar can pay for."""
        self.called.append("billing")
        if request.extension(Note) is not None:
            tally = ctx.record("exampleTally", ctx.account)
            if tally is not None and tally.notes >= 3:
                raise Refusal(codes.BILLING, "no more notes")

    def commit(self, ctx: Context, request: r.Request, before: Any, after: Any, zone: ZonePolicy) -> Any:
        """Count the note, tell about it, say so in the reply."""
        self.called.append("commit")
        note = request.extension(Note)
        if note is not None:
            self.count(ctx, note, zone)
            ctx.tell(ctx.account, "noted", Noted(note.text), extensions=(Noted("twice"),))
            ctx.extend(Noted(note.text, (ctx.account,)))
        return after

    def count(self, ctx: Context, note: Note | None, zone: ZonePolicy) -> None:
        """One note more."""
        settings: Settings = zone.feature(self.name)
        old = ctx.record("exampleTally", ctx.account)
        idle = ctx.now + timedelta(days=1)
        if old is None:
            new = Tally(ctx.account, 1, "red", idle, settings.fee, settings.since, note, (("first", 1),))
        else:
            new = replace(old, notes=old.notes + 1, idle=idle, fee=old.fee + settings.fee, last=note)
        ctx.put("exampleTally", ctx.account, new)

    def check_name(self, ctx: Context, request: r.Request, name: str, zone: ZonePolicy) -> str | None:
        """Some names need a note."""
        return "Needs a note" if name in zone.feature(self.name).names else None

    def checked(self, ctx: Context, request: r.Request, items: tuple[tuple[str, bool, str | None], ...]) -> None:
        """Say how many were asked for."""
        if request.extension(Note) is not None:
            ctx.extend(Noted(f"{len(items)} checked"))

    def informed(self, ctx: Context, request: r.Request, value: Any, zone: ZonePolicy) -> None:
        """Show the note."""
        if "example" in value.extra:
            ctx.extend(Noted(value.extra["example"]))

    def lapse(self, ctx: Context, event: str, before: Any, after: Any, zone: ZonePolicy) -> Any:
        """Remember what happened last, and count it for the server."""
        self.called.append(event)
        self.count(ctx, None, zone)
        return None if after is None else with_extra(after, self.name, event)

    def paint(self, ctx: Context, request: Paint) -> Outcome:
        """Give a colour."""
        tally = ctx.record("exampleTally", request.account)
        if tally is None:
            raise Refusal(codes.DOES_NOT_EXIST, "no such tally")
        ctx.put("exampleTally", request.account, replace(tally, colour=request.colour))
        return ctx.done()

    def read(self, ctx: Context, request: ReadTally) -> Outcome:
        """Show a tally."""
        return ctx.answer(ctx.record("exampleTally", request.account))

    def forget(self, ctx: Context, key: str) -> None:
        """Time is up."""
        ctx.put("exampleTally", key, None)
        ctx.tell(key, "your notes are forgotten")
