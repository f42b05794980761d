"""What the rules see of the registry: one consistent state, read by key."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

from regwire.registry.model.objects import Contact, Domain, Host, PollMessage

__all__ = ["View"]


class View(Protocol):
    """A consistent state of the registry. Nothing is settled by time in it: that is the rules' task."""

    def domain(self, name: str) -> Domain | None:
        """Return the domain, or None."""
        ...

    def host(self, name: str) -> Host | None:
        """Return the host object, or None."""
        ...

    def contact(self, id: str) -> Contact | None:
        """Return the contact, or None."""
        ...

    def contact_exists(self, id: str) -> bool:
        """Tell whether there is such a contact."""
        ...

    def existing_domains(self, names: Sequence[str]) -> set[str]:
        """Return those of ``names`` that are kept; time may have purged one of them (`domain_due`)."""
        ...

    def existing_hosts(self, names: Sequence[str]) -> set[str]:
        """Return those of ``names`` that are host objects."""
        ...

    def existing_contacts(self, ids: Sequence[str]) -> set[str]:
        """Return those of ``ids`` that are contacts."""
        ...

    def host_names(self, roids: Sequence[str]) -> dict[str, str]:
        """Return the names of hosts by ROID."""
        ...

    def subordinates(self, domain: str) -> list[Host]:
        """Return the hosts that lie in ``domain``, by name."""
        ...

    def host_linked(self, roid: str, *, other_than: str | None = None, without: Collection[str] = ()) -> bool:
        """Tell whether a domain uses the host.

        Args:
            roid: the host.
            other_than: only domains that this account does not sponsor.
            without: domains to leave out, by ROID.

        """
        ...

    def contact_linked(self, id: str) -> bool:
        """Tell whether a domain uses the contact."""
        ...

    def poll_head(self, account: str) -> tuple[PollMessage | None, int]:
        """Return the oldest message of the account's queue and how many wait."""
        ...

    def poll_message(self, account: str, id: int) -> PollMessage | None:
        """Return one message of the account's queue, or None."""
        ...

    def record(self, kind: str, key: str) -> Any | None:
        """Return the record of a registered kind, or None."""
        ...

    def records_of(self, kind: str, keys: Sequence[str]) -> dict[str, Any]:
        """Return those records of a registered kind whose keys are among ``keys``, by key."""
        ...

    def records(self, kind: str, index: str = "", value: str = "", *, after: str = "", limit: int = 1000) -> list[Any]:
        """Return records of a registered kind, ascending by key, at most ``limit``.

        Args:
            kind: of what kind.
            index: the name of an index of the kind; empty: all of the kind.
            value: what to look up in it.
            after: only keys greater than this one, to go on where the last answer ended.
            limit: how many at most.

        """
        ...

    def domain_due(self, now: datetime) -> bool:
        """Tell whether there is any domain that time changes at or before ``now``."""
        ...

    def due(self, now: datetime, limit: int) -> Iterable[tuple[str, str]]:
        """Return (kind, key) of what time changes at or before ``now``, earliest first, at most ``limit``."""
        ...
