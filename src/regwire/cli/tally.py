"""What the demonstration counts: latencies by command, replies by code, and every outcome that was not expected."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections import Counter
from collections.abc import Awaitable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from regwire.epp import Response

__all__ = ["Tally"]

# The commands whose success is a change that must survive the server: one transaction in its file's history each.
_TRANSFORMS = ("create", "renew", "transfer", "update", "delete")
_SHOWN_SURPRISES = 20


class Tally:
    """Counts; not thread-safe, one event loop uses it."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}
        self.spans: dict[str, float] = {}
        self.codes: Counter[tuple[int, bool]] = Counter()
        self.durable = 0
        self.surprises: list[str] = []

    async def timed(self, kind: str, expected: int, reply: Awaitable[Response]) -> Response:
        """Await a reply, note latency and code; another code than the expected one is a surprise."""
        started = time.perf_counter()
        response = await reply
        self.seconds.setdefault(kind, []).append(time.perf_counter() - started)
        result = response.results[0]
        self.codes[result.code, result.code == expected] += 1
        if result.code != expected:
            self.surprises.append(f"{kind}: {result.code} {result.msg.text}, expected {expected}")
        elif result.code < 2000 and kind.endswith(_TRANSFORMS):
            self.durable += 1
        return response

    def expect(self, holds: bool, what: str) -> None:
        """Note a surprise unless it holds."""
        if not holds:
            self.surprises.append(f"not so: {what}")

    @contextlib.contextmanager
    def phase(self, kind: str) -> Iterator[None]:
        """Take the time of a phase that sends many commands of one kind: the rate is told for these."""
        started = time.perf_counter()
        yield
        self.spans[kind] = time.perf_counter() - started

    def print_table(self) -> None:
        """Print the table of commands, the replies by code, and the surprises."""
        from rich.console import Console
        from rich.table import Table

        console = Console()
        table = Table(title="What was done")
        for title in ("command", "count", "per second", "p50 ms", "p99 ms"):
            table.add_column(title, justify="left" if title == "command" else "right")
        for kind, seconds in sorted(self.seconds.items()):
            table.add_row(kind, str(len(seconds)), self._rate(kind, len(seconds)), *_quantiles(seconds))
        everything = [value for seconds in self.seconds.values() for value in seconds]
        table.add_section()
        table.add_row("all commands", str(len(everything)), "", *_quantiles(everything))
        table.add_row("durable commits", str(self.durable), "", "", "")
        console.print(table)
        self._print_codes(console)
        for surprise in self.surprises[:_SHOWN_SURPRISES]:
            console.print(f"UNEXPECTED {surprise}", style="red", markup=False, highlight=False)
        if len(self.surprises) > _SHOWN_SURPRISES:
            console.print(f"and {len(self.surprises) - _SHOWN_SURPRISES} more")
        verdict = f"unexpected: {len(self.surprises)}" if self.surprises else "every outcome as expected"
        console.print(verdict, style="red" if self.surprises else "green")

    def _rate(self, kind: str, count: int) -> str:
        span = self.spans.get(kind, 0.0)
        return f"{count / span:,.0f}" if span > 0 else ""

    def _print_codes(self, console: object) -> None:
        from rich.console import Console
        from rich.table import Table

        from regwire.epp import MESSAGES, ResultCode

        assert isinstance(console, Console)
        table = Table(title="Replies by code")
        for title in ("code", "meaning", "count", "expected"):
            table.add_column(title, justify="right" if title == "count" else "left")
        for (code, expected), count in sorted(self.codes.items()):
            meaning = MESSAGES[ResultCode(code)] if code in MESSAGES else ""
            table.add_row(str(int(code)), meaning, str(count), "yes" if expected else "NO")
        console.print(table)


def _quantiles(seconds: list[float]) -> tuple[str, str]:
    """p50 and p99 in milliseconds."""
    if len(seconds) < 2:
        return tuple(f"{value * 1000:.2f}" for value in seconds * 2)[:2] if seconds else ("", "")  # type: ignore[return-value]
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return f"{cuts[49] * 1000:.2f}", f"{cuts[98] * 1000:.2f}"
