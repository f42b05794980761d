"""Progress of the demonstration: a live bar on a terminal, a line a phase elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

__all__ = ["Progress", "open_progress"]


class Progress(Protocol):
    """Where phases are shown."""

    def phase(self, title: str, total: int) -> contextlib.AbstractContextManager[Callable[[], None]]:
        """Show a phase; what is given advances it by one."""


@contextlib.contextmanager
def open_progress() -> Iterator[Progress]:
    """The progress that suits the standard output."""
    if not sys.stdout.isatty():
        yield _Lines()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as RichProgress

    columns = (TextColumn("{task.description:8}"), BarColumn(None), MofNCompleteColumn(), TimeElapsedColumn())
    with RichProgress(*columns) as bars:
        yield _Bars(bars)


class _Lines:
    """A line at the start and at the end of each phase."""

    @contextlib.contextmanager
    def phase(self, title: str, total: int) -> Iterator[Callable[[], None]]:
        started = time.perf_counter()
        print(f"{title}: {total} commands …", flush=True)
        yield lambda: None
        print(f"{title}: done in {time.perf_counter() - started:.1f} s", flush=True)


class _Bars:
    """One live bar a phase."""

    def __init__(self, bars: RichProgress) -> None:
        self._bars = bars

    @contextlib.contextmanager
    def phase(self, title: str, total: int) -> Iterator[Callable[[], None]]:
        task = self._bars.add_task(title, total=total)
        yield lambda: self._bars.advance(task)
