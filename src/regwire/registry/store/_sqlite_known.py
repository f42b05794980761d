"""What the writer knows of the file without asking: from when on something is due, and of which kinds nothing is kept.

Every group and most checks would ask both, nearly always in vain. It is learned while nobody else has committed since
this process did last, or while this process makes itself the last, and forgotten when somebody has. What a group
writes is taken in before its commit, in the direction that is right either way: earlier, and kept. So it holds for the
state before as well as for the one after, and a commit that fails takes nothing back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final

__all__ = ["Known"]

#: Instants are milliseconds; nothing is due as late as that.
_NEVER: Final = 1 << 62
_EARLIEST: Final = (
    "SELECT min(due) FROM ("
    "SELECT min(due) AS due FROM domain "
    "UNION ALL SELECT min(due) FROM contact WHERE due IS NOT NULL "
    "UNION ALL SELECT min(due) FROM record WHERE due IS NOT NULL)"
)


class Known:
    """Written by the writer alone; others read it, and must know that their state is the writer's.

    Attributes:
        due: nothing in the file is due before this instant; None: nobody knows.
        empty: kinds of records that nothing is kept of.

    """

    def __init__(self) -> None:
        self.due: int | None = None
        self.empty: frozenset[str] = frozenset()

    def forget(self) -> None:
        """Somebody else has committed."""
        self.due = None
        self.empty = frozenset()

    def learn_due(self, connection: sqlite3.Connection) -> None:
        """Ask the file, unless it is known; the connection's open transaction has changed nothing."""
        if self.due is None:
            (found,) = connection.execute(_EARLIEST).fetchone()
            self.due = _NEVER if found is None else int(found)

    def learn_empty(self, kind: str) -> None:
        """Note a kind of which the file has nothing."""
        self.empty |= {kind}

    def written(self, rows: Iterable[Sequence[Any]], kinds: Iterable[str]) -> None:
        """Take in what is about to be committed: rows, their instant in the column before the last, and their kinds."""
        if self.due is not None:
            self.due = min([self.due, *[row[-2] for row in rows if row[-2] is not None]])
        if self.empty:
            self.empty = self.empty.difference(kinds)
