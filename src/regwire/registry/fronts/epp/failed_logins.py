"""Failed logins by account, for the statistics of RFC 8807: exact in memory, and in the store for the next start."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import Final

from regwire.registry.engine import Registry
from regwire.registry.model.registrars import FailedLogins, NoteFailedLogins
from regwire.registry.rules.ledger import OPERATOR

__all__ = ["FailedLoginCounts"]

#: For how long one counts.
_DAY: Final = timedelta(days=1)
#: Failed logins remembered of one account; more are "so many or more".
_REMEMBERED: Final = 1000


class FailedLoginCounts:
    """How many logins of each account failed within a day.

    What changed is written by `save`, which the caller calls regularly: a crash loses what came since.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._times: dict[str, deque[datetime]] = {}
        self._changed: set[str] = set()

    def add(self, account: str, at: datetime) -> None:
        """Count a login that failed."""
        self._of(account).append(at)
        self._changed.add(account)

    def within_a_day(self, account: str, now: datetime) -> int:
        """Return how many failed since this time yesterday, or since the last that succeeded."""
        return sum(1 for at in self._of(account) if now - at <= _DAY)

    def clear(self, account: str) -> None:
        """Forget those of an account: a login succeeded."""
        times = self._of(account)
        if times:
            times.clear()
            self._changed.add(account)

    async def save(self) -> None:
        """Write down what changed since the last time."""
        if not self._changed:
            return
        changed, self._changed = self._changed, set()
        failed = tuple([FailedLogins(account, tuple(self._times[account])) for account in sorted(changed)])
        call = self._registry.call(OPERATOR, NoteFailedLogins(failed))
        (outcome,) = await self._registry.submit([call])
        if outcome.code >= 2000:
            # A full disk, for one: next time.
            self._changed |= changed

    def _of(self, account: str) -> deque[datetime]:
        times = self._times.get(account)
        if times is None:
            with self._registry.store.read() as view:
                kept = view.record("failedLogins", account)
            found = kept.times if isinstance(kept, FailedLogins) else ()
            times = self._times[account] = deque(found, maxlen=_REMEMBERED)
        return times
