"""Rate profiles: how fast registrars may be, per zone. Only settings: the front that takes commands keeps to them.

A command that comes too early is executed later, one that the profile makes slow is answered later, and its session
waits meanwhile, so that order is kept. Other sessions do not notice. Only one thing is refused: creates of a registrar
too many of whose creates failed (2306), for as long as the profile says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from regwire.registry.config import setting
from regwire.registry.rules.features import Feature

__all__ = ["FEATURE", "PROFILES", "PaceSettings"]

_RATE: Final[dict[str, Any]] = {"unit": "a second", "minimum": 0.001, "maximum": 1e6}
_HOURS: Final[dict[str, Any]] = {"unit": "hours", "minimum": 0.001, "maximum": 8760.0}
_DELAY: Final[dict[str, Any]] = {"unit": "seconds", "minimum": 0.0, "maximum": 60.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceSettings:
    """``[policy.pace]``; what is not set is as the profile has it, and without one unlimited."""

    profile: str = setting(
        "none",
        why="what a registry publishes, to start from",
        choices=("none", "co", "ee", "fr", "no", "nz-drop", "uk"),
    )
    account_rate: float | None = setting(None, why="commands of one registrar, all its sessions together", **_RATE)
    session_rate: float | None = setting(None, why="commands of one session", **_RATE)
    burst: int | None = setting(
        None, unit="commands", why="how many may come at once after a pause; unset: 1", minimum=1, maximum=100_000
    )
    early_delay: float | None = setting(
        None, why="added to the wait of a command that comes too early, to make hurrying a loss", **_DELAY
    )
    name_rate: float | None = setting(None, why="checks of one name by one registrar", **_RATE)
    name_burst: int | None = setting(
        None, unit="checks", why="how many of a name may come at once; unset: 1", minimum=1, maximum=100_000
    )
    name_delay: float | None = setting(None, why="before a check of a name too often is answered", **_DELAY)
    taken_delay: float | None = setting(None, why="before a create of a name that is taken is answered", **_DELAY)
    failed_creates: int | None = setting(
        None,
        unit="creates",
        why="of one registrar in the zone that may fail within failed_hours; then its creates are refused (2306)",
        minimum=1,
        maximum=1_000_000,
    )
    failed_hours: float | None = setting(None, why="in which failed creates are counted; unset: 24", **_HOURS)
    block_hours: float | None = setting(None, why="for which creates are refused then; unset: 24", **_HOURS)

    def validate(self) -> tuple[str, str] | None:
        """See `regwire.registry.config`."""
        for name in ("failed_hours", "block_hours"):
            if getattr(self, name) is not None and self.effective().failed_creates is None:
                return name, "says how long, but not after how many failed creates; add failed_creates"
        return None

    def effective(self) -> PaceSettings:
        """Return these settings with what the profile has where they say nothing."""
        base = PROFILES[self.profile]
        given = {item.name: getattr(self, item.name) for item in fields(self)}
        return replace(base, **{name: value for name, value in given.items() if value is not None})


#: What registries publish (a session's number and idle time are limits of the server: ``[limits]`` and ``[epp]``).
PROFILES: Final[Mapping[str, PaceSettings]] = {
    "none": PaceSettings(),
    # .co: a create that loses takes at least 2 s; more than one check a second on a name is abuse.
    "co": PaceSettings(name_rate=1.0, name_burst=1, name_delay=2.0, taken_delay=2.0),
    # .ee: 100 queries a minute.
    "ee": PaceSettings(account_rate=100 / 60, burst=100),
    # .fr: 2 s more on a create of an existing name, and on a check of a name more than twice in 4 s.
    "fr": PaceSettings(name_rate=0.5, name_burst=2, name_delay=2.0, taken_delay=2.0),
    # .no: 1,200 commands a session; here as the rate that a session of ten minutes has.
    "no": PaceSettings(session_rate=2.0, burst=1200),
    # .nz drop server: a command a second on each connection, an early one costs 10 s more.
    "nz-drop": PaceSettings(session_rate=1.0, burst=1, early_delay=10.0),
    # .uk: a thousand failed creates within a day, then none for a day.
    "uk": PaceSettings(failed_creates=1000, failed_hours=24.0, block_hours=24.0),
}


class Pace(Feature):
    """See the module."""

    name = "pace"
    settings = PaceSettings


FEATURE = Pace()
