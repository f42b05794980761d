"""Ratios on a noisy machine: what is compared runs in one repetition, in changing order; the median ratio counts."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass
class Series:
    """What one contender measured, repetition by repetition."""

    name: str
    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.values)


def interleaved(contenders: Mapping[str, Callable[[], float]], repetitions: int) -> dict[str, Series]:
    """Measure every contender once a repetition; the order rotates and turns round, so that no place is favoured."""
    series = {name: Series(name) for name in contenders}
    names = list(contenders)
    for repetition in range(repetitions):
        shift = repetition % len(names)
        order = names[shift:] + names[:shift]
        if repetition % 2:
            order.reverse()
        for name in order:
            series[name].values.append(contenders[name]())
    return series


@dataclass(frozen=True)
class Ratio:
    """Median of the ratios of each repetition, with the quartiles."""

    median: float
    low: float
    high: float
    pairs: tuple[float, ...]

    @property
    def spread(self) -> str:
        """The quartiles, for people."""
        return f"quartiles {self.low:.2f}-{self.high:.2f}"

    @classmethod
    def of(cls, numerator: Series, denominator: Series) -> Ratio:
        pairs = [a / b for a, b in zip(numerator.values, denominator.values, strict=True)]
        if len(pairs) < 2:
            return cls(pairs[0], pairs[0], pairs[0], tuple(pairs))
        low, _, high = statistics.quantiles(pairs, n=4, method="inclusive")
        return cls(statistics.median(pairs), low, high, tuple(pairs))


def geometric_mean(values: list[float]) -> float:
    return statistics.geometric_mean(values)
