"""The garbage collector's policies: of a server, small collections and pauses that are measured; of a client, fewer.

A full collection looks at every object there is: 200 ms and more on a registry that lives in memory. Under this policy
objects are looked at once when they are young and once more when they have lasted; then they are frozen, and never
looked at again. What dies by reference count, which is nearly everything, is freed as ever; only a cycle that forms
among objects frozen before it is never found, as with any `gc.freeze()`.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

__all__ = ["CLIENT_POLICY", "Collector", "CollectorPolicy", "Raised"]


@dataclass(frozen=True, slots=True)
class CollectorPolicy:
    """Thresholds of the three generations (as `gc.set_threshold`).

    With the default a young collection looks at up to 5,000 objects, the middle one at 25,000, and at 100,000 that have
    lasted one looks at these and freezes them.
    """

    young: int = 5_000
    middle: int = 5
    old: int = 4
    freeze: bool = True


CLIENT_POLICY = CollectorPolicy(20_000, 10, 10, freeze=False)
"""Of clients: a few hundred replies are alive at a time, 40 objects each, and hardly any is ever in a cycle. With the
default threshold of 700 the collector looks at them every 20 replies."""


class Raised:
    """Thresholds raised while somebody wants them; what the program itself has set higher, or sets meanwhile, stays."""

    def __init__(self) -> None:
        self._wanted = 0
        self._before: tuple[int, int, int] | None = None
        self._set: tuple[int, int, int] | None = None

    def want(self, policy: CollectorPolicy) -> None:
        """Raise the thresholds, until `unwant` was called as often."""
        self._wanted += 1
        now = gc.get_threshold()
        if self._before is None and 0 < now[0] < policy.young:
            self._before, self._set = now, (policy.young, policy.middle, policy.old)
            gc.set_threshold(*self._set)

    def unwant(self) -> None:
        """Undo one `want`; the last puts back what was."""
        self._wanted -= 1
        if self._wanted or self._before is None:
            return
        if gc.get_threshold() == self._set:
            gc.set_threshold(*self._before)
        self._before = self._set = None


@dataclass(slots=True)
class Collector:
    """Pauses in seconds since the start: the longest, their sum and number."""

    policy: CollectorPolicy
    longest: float = 0.0
    total: float = 0.0
    collections: int = 0
    frozen: int = 0
    _started: float = field(default=0.0, repr=False)

    def _note(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._started = time.perf_counter()
            return
        if info["generation"] == 2 and self.policy.freeze:
            gc.freeze()
            self.frozen += 1
        pause = time.perf_counter() - self._started
        self.collections += 1
        self.total += pause
        self.longest = max(self.longest, pause)

    @contextmanager
    def in_force(self) -> Iterator[Collector]:
        """Set the policy, freeze what the program consists of, and undo both at the end."""
        before = gc.get_threshold()
        gc.collect()
        if self.policy.freeze:
            gc.freeze()
        gc.set_threshold(self.policy.young, self.policy.middle, self.policy.old)
        gc.callbacks.append(self._note)
        try:
            yield self
        finally:
            gc.callbacks.remove(self._note)
            gc.set_threshold(*before)
            if self.policy.freeze:
                gc.unfreeze()
