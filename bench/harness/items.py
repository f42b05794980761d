"""One line of the result: what must hold, what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

Sense = Literal["<=", ">=", "info"]


@dataclass(frozen=True)
class Item:
    """`sense` says on which side of `limit` the value must be; "info" has no limit."""

    suite: str
    name: str
    value: float
    unit: str
    sense: Sense = "info"
    limit: float | None = None
    detail: str = ""
    raw: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        if self.limit is None or self.sense == "info":
            return ""
        held = self.value <= self.limit if self.sense == "<=" else self.value >= self.limit
        return "holds" if held else "MISSED"


@dataclass(frozen=True)
class Skipped:
    """A suite that could not be measured, and why: never silently absent."""

    suite: str
    reason: str


def _number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 10 else f"{value:.1f}"


def print_table(items: Sequence[Item | Skipped], console: Console) -> None:
    """The table that `make bench` ends with."""
    table = Table(title="Must hold: measured against its limit", title_justify="left")
    for column in ("suite", "item", "measured", "limit", "verdict", "detail"):
        table.add_column(column, justify="right" if column in {"measured", "limit"} else "left", overflow="fold")
    for item in items:
        if isinstance(item, Skipped):
            table.add_row(item.suite, "", "", "", "NOT MEASURED", item.reason)
            continue
        sign = {"<=": "≤", ">=": "≥", "info": ""}[item.sense]
        limit = f"{sign} {_number(item.limit)}" if item.limit is not None else ""
        measured = f"{_number(item.value)} {item.unit}".strip()
        table.add_row(item.suite, item.name, measured, limit, item.verdict, item.detail)
    console.print(table)
