"""Keeps registrars to the pace of `regwire.registry.rules.features.pace`, on the clock of the event loop.

Rates that belong to no name (all but checks and creates of domains) are those of the general policy.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Final

from regwire.registry.model import codes
from regwire.registry.model.outcomes import Outcome, Refusal
from regwire.registry.model.requests import CheckDomains, CreateDomain, Request
from regwire.registry.rules import Policies
from regwire.registry.rules.features.pace import PaceSettings

__all__ = ["Buckets", "Pace"]

#: Buckets kept at most before those that are full again are forgotten.
_MANY: Final = 10_000
#: Hours that failed creates count, and that none is taken then, where nothing else is said.
_DAY: Final = 24.0
_FAILED: Final = 2000


class Buckets:
    """Token buckets by key: ``burst`` tokens at most, ``rate`` new ones a second. May go into debt, which is a wait."""

    __slots__ = ("_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        # By key: (instant, tokens there were then).
        self._tokens: dict[Hashable, tuple[float, float]] = {}

    def __len__(self) -> int:
        return len(self._tokens)

    def take(self, key: Hashable, now: float, *, debt: bool) -> float:
        """Take a token.

        Args:
            key: whose.
            now: the instant, in seconds of any clock that does not go back.
            debt: if there is none, take one of the future, so that the next has to wait longer.

        Returns:
            seconds until the token that was taken is there; 0: it is there already.

        """
        left = self._left(key, now)
        if left >= 1:
            self._set(key, now, left - 1)
            return 0.0
        self._set(key, now, left - 1 if debt else left)
        return (1 - left) / self._rate

    def _left(self, key: Hashable, now: float) -> float:
        at, tokens = self._tokens.get(key, (now, float(self._burst)))
        return min(float(self._burst), tokens + (now - at) * self._rate)

    def _set(self, key: Hashable, now: float, tokens: float) -> None:
        if len(self._tokens) >= _MANY and key not in self._tokens:
            self._tokens = {k: v for k, v in self._tokens.items() if self._left(k, now) < self._burst}
        self._tokens[key] = (now, tokens)


class Failures:
    """Creates that failed by account, and until when an account is kept from creating.

    Only in memory: a restart forgives.
    """

    __slots__ = ("_block", "_blocked", "_failed", "_most", "_window")

    def __init__(self, most: int, window: float, block: float) -> None:
        self._most = most
        self._window = window
        self._block = block
        self._failed: dict[str, deque[float]] = {}
        self._blocked: dict[str, float] = {}

    def add(self, account: str, now: float) -> None:
        """Count a create that failed."""
        times = self._failed.setdefault(account, deque(maxlen=self._most))
        times.append(now)
        if len(times) == self._most and now - times[0] <= self._window:
            self._blocked[account] = now + self._block
            times.clear()

    def left(self, account: str, now: float) -> float:
        """Return for how many seconds more the account is kept from creating; 0: it is not."""
        return max(self._blocked.get(account, now) - now, 0.0)


class _Zone:
    """What holds in one zone, and the checks and failed creates of its names."""

    __slots__ = ("failures", "names", "settings")

    def __init__(self, settings: PaceSettings) -> None:
        self.settings = settings
        self.failures: Failures | None = None
        if settings.failed_creates is not None:
            window, block = settings.failed_hours or _DAY, settings.block_hours or _DAY
            self.failures = Failures(settings.failed_creates, window * 3600, block * 3600)
        self.names = None if settings.name_rate is None else Buckets(settings.name_rate, settings.name_burst or 1)

    @property
    def slow(self) -> bool:
        return bool(self.names is not None or self.settings.taken_delay or self.failures)


class Pace:
    """The pace of all sessions of a front.

    Attributes:
        early: whether commands can have to wait before they are executed.
        late: whether replies can have to wait.
        blocks: whether creates can be refused.

    """

    def __init__(self, policies: Policies) -> None:
        general = _settings(policies.general.feature("pace"))
        self._account = None if general.account_rate is None else Buckets(general.account_rate, general.burst or 1)
        self._session = None if general.session_rate is None else Buckets(general.session_rate, general.burst or 1)
        self._penalty = general.early_delay or 0.0
        zones = {zone: _Zone(_settings(policy.feature("pace"))) for zone, policy in policies.by_zone.items()}
        self._zones = {zone: found for zone, found in zones.items() if found.slow}
        self.early = self._account is not None or self._session is not None
        self.late = bool(self._zones)
        self.blocks = any(zone.failures for zone in self._zones.values())

    def before(self, account: str, session: Hashable, commands: int, now: float) -> float:
        """Return how long commands that just came have to wait before the last of them is executed, in seconds."""
        wait = 0.0
        for _ in range(commands):
            for buckets, key in ((self._account, account), (self._session, session)):
                if buckets is not None:
                    wait = max(wait, buckets.take(key, now, debt=True))
        return wait + self._penalty if wait else 0.0

    def refuse(self, account: str, request: Request, now: float) -> None:
        """Refuse (2306) a create of an account too many of whose creates failed."""
        if not isinstance(request, CreateDomain):
            return
        zone = self._zones.get(request.name.partition(".")[2])
        left = 0.0 if zone is None or zone.failures is None else zone.failures.left(account, now)
        if left:
            minutes = int(left // 60) + 1
            reason = f"too many creates failed: none is taken for {minutes} minutes"
            raise Refusal(codes.POLICY, reason, "domain:name", request.name)

    def after(self, account: str, request: Request, outcome: Outcome, now: float) -> float:
        """Return how long the reply to a request has to wait, in seconds."""
        if isinstance(request, CreateDomain):
            zone = self._zones.get(request.name.partition(".")[2])
            if zone is not None and zone.failures is not None and outcome.code >= _FAILED:
                zone.failures.add(account, now)
            slow = zone is not None and outcome.code == codes.EXISTS
            return (zone.settings.taken_delay or 0.0) if zone is not None and slow else 0.0
        if isinstance(request, CheckDomains):
            return max([self._of_check(account, name, now) for name in request.names], default=0.0)
        return 0.0

    def _of_check(self, account: str, name: str, now: float) -> float:
        zone = self._zones.get(name.partition(".")[2])
        if zone is None or zone.names is None:
            return 0.0
        wait = zone.names.take((account, name), now, debt=False)
        return (zone.settings.name_delay or wait) if wait else 0.0


def _settings(settings: PaceSettings | None) -> PaceSettings:
    return (settings or PaceSettings()).effective()
