"""Value types that Python's standard library lacks."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Self

_LEXICAL: Final = re.compile(
    r"(-)?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?=[\d.])(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII
)


@dataclass(frozen=True, slots=True, order=True)
class QName:
    """An `xs:QName`: a namespace (empty for none) and a local name; prefixes are left to encoding."""

    namespace: str
    local: str

    def __str__(self) -> str:
        return f"{{{self.namespace}}}{self.local}" if self.namespace else self.local


@dataclass(frozen=True, slots=True)
class Duration:
    """An `xs:duration`, in the parts it was written with: months have no fixed length, so nothing is converted.

    All parts are non-negative; `negative` is the sign of the whole. Two durations are equal when their parts are.
    """

    years: int = 0
    months: int = 0
    days: int = 0
    hours: int = 0
    minutes: int = 0
    seconds: Decimal | int = 0
    negative: bool = False

    def __post_init__(self) -> None:
        whole = (self.years, self.months, self.days, self.hours, self.minutes)
        if not all(isinstance(p, int) for p in whole) or not isinstance(self.seconds, int | float | Decimal):
            raise TypeError("the parts of a duration are int (seconds also Decimal); Duration.parse() reads text")
        parts = (*whole, self.seconds)
        if any(p < 0 for p in parts) or not Decimal(self.seconds).is_finite():
            raise ValueError("the parts of a duration are not negative; use negative=True")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `P1Y2M3DT4H5M6.7S`; raises ValueError on anything else."""
        match = _LEXICAL.fullmatch(text)
        if match is None or text.endswith(("P", "T")):
            raise ValueError(f"{text!r} is no duration")
        sign, *parts = match.groups()
        years, months, days, hours, minutes = (int(p or 0) for p in parts[:5])
        seconds = Decimal(parts[5] or 0)
        whole = int(seconds) if seconds == seconds.to_integral_value() else seconds
        return cls(years, months, days, hours, minutes, whole, sign is not None)

    @classmethod
    def of(cls, delta: dt.timedelta) -> Self:
        """Give the duration of a timedelta, in days and seconds."""
        span = abs(delta)
        seconds = Decimal(span.seconds % 60) + Decimal(span.microseconds) / 1_000_000
        minutes, hours = span.seconds // 60 % 60, span.seconds // 3600
        whole = int(seconds) if not span.microseconds else seconds.normalize()
        return cls(0, 0, span.days, hours, minutes, whole, delta < dt.timedelta())

    def to_timedelta(self) -> dt.timedelta:
        """Convert to a timedelta; raises ValueError when there are years or months, whose length is not fixed."""
        if self.years or self.months:
            raise ValueError(f"{self} has years or months, which have no fixed length")
        micro = int(Decimal(self.seconds) * 1_000_000)
        span = dt.timedelta(days=self.days, hours=self.hours, minutes=self.minutes, microseconds=micro)
        return -span if self.negative else span

    def __str__(self) -> str:
        date = "".join(f"{n}{u}" for n, u in ((self.years, "Y"), (self.months, "M"), (self.days, "D")) if n)
        seconds = f"{Decimal(self.seconds):f}" if self.seconds else ""
        time = "".join(f"{n}{u}" for n, u in ((self.hours, "H"), (self.minutes, "M"), (seconds, "S")) if n)
        body = date + (f"T{time}" if time else "")
        return f"{'-' if self.negative else ''}P{body or 'T0S'}"
