"""What drops when, and who asked for a dropped name in which order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from regwire.registry.model.record import record
from regwire.registry.rules.policy import Policies
from regwire.registry.store.base import Snapshot

__all__ = ["Attempt", "Drop", "arrivals", "chained", "in_order", "plain", "scheduled"]

#: Hexadecimal digits of the counter at the end of a transaction identifier (`regwire.registry.engine.Registry`).
_COUNTER: Final = 8


@record
class Drop:
    """A name that becomes free.

    Attributes:
        at: when.
        fixed: the name can no longer be restored, and the instant no longer changes.

    """

    name: str
    zone: str
    at: datetime
    fixed: bool


@record
class Attempt:
    """One create of a name.

    Attributes:
        sequence: its place in the audit: the order in which commands were decided.
        arrival: the counter of its transaction identifier: the order in which the server took commands off the network.
        run: the rest of that identifier, one for each start of the server; arrivals of two runs do not compare.
        decided: when.
        account, session, peer: whose it was.
        code: the result; below 2000 the name was registered.

    """

    sequence: int
    arrival: int
    run: str
    decided: datetime
    account: str
    session: int
    peer: str
    code: int

    @property
    def won(self) -> bool:
        """Whether it registered the name."""
        return self.code < 2000


def scheduled(
    snapshot: Snapshot,
    policies: Policies,
    *,
    zone: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Drop]:
    """Return what drops, earliest first.

    Args:
        snapshot: the registry's state.
        policies: its zones.
        zone: only names of this one.
        since: only from this instant on.
        until: only before this instant.

    """
    found = []
    for domain in snapshot.deleted():
        restore, of = domain.restore, policies.zone_of(domain.name) or ""
        assert restore is not None
        at = restore.purged
        if (zone is None or zone == of) and (since is None or at >= since) and (until is None or at < until):
            found.append(Drop(domain.name, of, at, restore.final))
    return sorted(found, key=lambda drop: (drop.at, drop.name))


def arrivals(
    snapshot: Snapshot, name: str, *, since: datetime | None = None, until: datetime | None = None
) -> Iterator[Attempt]:
    """Yield the creates of a name in the order in which they were decided.

    They are read from the audit, which must keep transforms and frames (``[audit]``, the default).
    """
    needle = f":name>{name}</"
    after = 0
    while rows := snapshot.audit(since=since, until=until, after=after):
        for row in rows:
            if row.origin.command == "domain:create" and row.origin.frame is not None and needle in row.origin.frame:
                run, counter = row.transaction[:-_COUNTER], row.transaction[-_COUNTER:]
                origin = row.origin
                yield Attempt(row.id, int(counter, 16), run, row.at, row.account, origin.session, origin.peer, row.code)
        after = rows[-1].id


def in_order(attempts: Iterable[Attempt]) -> bool:
    """Tell whether commands were decided in the order in which they arrived."""
    last: dict[str, int] = {}
    for attempt in attempts:
        if attempt.arrival <= last.get(attempt.run, -1):
            return False
        last[attempt.run] = attempt.arrival
    return True


def chained(attempts: Iterable[Attempt]) -> Iterator[tuple[Attempt, str]]:
    """Yield each attempt with the SHA-256 of itself and everything before it.

    Whoever has one of the values can later tell whether the list that he is shown is the one of then.
    """
    digest = ""
    for attempt in attempts:
        digest = hashlib.sha256(f"{digest}{json.dumps(plain(attempt), sort_keys=True)}".encode()).hexdigest()
        yield attempt, digest


def plain(value: Attempt | Drop) -> dict[str, Any]:
    """Return a value as JSON has it: instants in UTC to the millisecond, with a Z as everywhere."""
    return {name: _text(v) if isinstance(v, datetime) else v for name, v in asdict(value).items()}


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
