"""Named deadlines with time passed in."""

from __future__ import annotations


class Timers:
    """A session's deadlines. Times are seconds of any clock that does not go back, always passed in.

    A driver without a reactor asks `next()` how long it may wait and calls `expire(now)` after; the reactor keeps the
    same timers itself, under the same names.
    """

    __slots__ = ("_at",)

    def __init__(self) -> None:
        self._at: dict[str, float] = {}

    def set(self, kind: str, seconds: float | None, now: float) -> None:
        """(Re)start `kind` to expire in `seconds`; None stops it."""
        if seconds is None:
            self._at.pop(kind, None)
        else:
            self._at[kind] = now + seconds

    def next(self) -> float | None:
        """The time of the next deadline, or None when none runs."""
        return min(self._at.values(), default=None)

    def expire(self, now: float) -> list[str]:
        """Stop and return the timers whose time has come, earliest first."""
        due = sorted((at, kind) for kind, at in self._at.items() if at <= now)
        for _, kind in due:
            del self._at[kind]
        return [kind for _, kind in due]

    def clear(self) -> None:
        """Stop all."""
        self._at.clear()
