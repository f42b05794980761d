"""What a store is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import islice
from typing import Protocol

from regwire.errors import RegwireError
from regwire.registry.model.audit import Audited, HistoryRow
from regwire.registry.model.objects import Contact, Domain, Host, PollMessage
from regwire.registry.model.outcomes import Change, Outcome
from regwire.registry.model.record import record
from regwire.registry.model.requests import Call, Request, SettleDue
from regwire.registry.rules import View

__all__ = ["Snapshot", "Store", "StoreError", "imported", "importing", "settling"]

#: Objects that one group settles at most; what is left over is the next group's.
_SETTLED_A_GROUP = 1000
#: Accounts have at least three characters, so that nobody can be this one.
_SERVER = "-"


def settling(first: Call) -> Call:
    """Return the call that begins a group where something is due, so that its calls see links and owners as they are.

    Its transaction derives from that of the group's first call.
    """
    return Call(_SERVER, SettleDue(_SETTLED_A_GROUP), f"{first.transaction}S")


@record
class Import(Request):
    """What the history says of objects that were loaded; nobody asks for it."""


def importing(transaction: str) -> Call:
    """Return the call in whose name `Store.load` takes objects in."""
    return Call(_SERVER, Import(), transaction)


def imported(objects: Iterable[Domain | Host | Contact], *, part: int) -> Iterator[list[Change]]:
    """Yield the changes that taking objects in makes, so many at a time."""
    remaining = iter(objects)
    while chunk := list(islice(remaining, part)):
        yield [
            Change(_kind(value), value.id if isinstance(value, Contact) else value.name, None, value) for value in chunk
        ]


def _kind(value: Domain | Host | Contact) -> str:
    return "domain" if isinstance(value, Domain) else "host" if isinstance(value, Host) else "contact"


class StoreError(RegwireError):
    """A store cannot be opened or read: what is wrong, and the cure."""


class Snapshot(Protocol):
    """A state of the registry for long reads; see `Store.snapshot`.

    Attributes:
        view: the state as the rules read it.

    """

    view: View

    def domains(self, *, after: str = "") -> Iterator[Domain]:
        """Yield every domain by name, from the first name greater than ``after``; nothing is settled by time."""
        ...

    def deleted(self) -> Iterator[Domain]:
        """Yield the domains that are in redemption, pending restore or pending delete, by name."""
        ...

    def hosts(self, *, after: str = "") -> Iterator[Host]:
        """Yield every host by name."""
        ...

    def contacts(self, *, after: str = "") -> Iterator[Contact]:
        """Yield every contact by id."""
        ...

    def history(self, kind: str, key: str) -> list[HistoryRow]:
        """Return what happened to the objects that have or had this name, oldest first, whatever they were called.

        Args:
            kind: "domain", "host", "contact" or a registered kind.
            key: the name or id.

        """
        ...

    def messages(self, account: str, *, after: int = 0, limit: int = 1000) -> list[PollMessage]:
        """Return the messages that wait in an account's queue, the oldest first, of greater ids than ``after``."""
        ...

    def audit(
        self,
        *,
        account: str | None = None,
        transaction: str | None = None,
        mentions: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> list[Audited]:
        """Return audited commands in the order in which they were noted.

        Args:
            account: only this one's; None: everybody's.
            transaction: only the command of this server transaction identifier.
            mentions: only those whose kept frame has this text in it; reads all that the other conditions leave.
            since: only from this instant on.
            until: only before this instant.
            after: only those of a greater ``id``, to go on where the last answer ended.
            limit: how many at most.

        """
        ...


class Store(Protocol):
    """Keeps the registry. Every store passes the suite of ``tests/support/store_suite.py``."""

    def read(self) -> AbstractContextManager[View]:
        """Give one consistent committed state for the duration of the ``with`` block.

        To be used by one thread (the first that reads) and never across a wait.
        """
        ...

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Give one consistent committed state that may be read for long, by any one thread, beside everything else.

        For exports, lists and audits: it blocks nobody. What is committed meanwhile cannot be tidied up in the store
        until it ends, so that it ends by itself: after `regwire.registry.config.StoreSettings.snapshot` seconds
        its reads raise StoreError.
        """
        ...

    def execute(self, calls: Sequence[Call], notes: Sequence[Audited] = ()) -> list[Outcome]:
        """Decide the calls one after another, each on the state that the one before left, and commit them together.

        What is due by time is settled before the first call. Calls with an origin are noted in the audit with their
        outcome, refused ones too; so are ``notes``: commands that were decided elsewhere (reads, logins).

        Blocks until everything is durable. A call that is refused or fails (2400) changes nothing and does not touch
        the others. If the commit fails, nothing of the group is there and every outcome is 2400. To be called by one
        thread at a time. Never raises for what a call contains.
        """
        ...

    def load(self, objects: Iterable[Domain | Host | Contact], *, transaction: str) -> int:
        """Take objects in as they are, without deciding anything: an import, a move from another store.

        Hosts and contacts come before the domains that use them; what they refer to is not checked. It is done in
        parts, each committed: after a failure those before it are there. Each object leaves a row in the history, of
        the registry's own account and the operation "Import".

        Args:
            objects: in any number; they are taken from the iterator as they are needed.
            transaction: noted in the history.

        Returns:
            how many there were.

        Raises:
            StoreError: an object of that name is there already; nothing of its part is taken in.

        """
        ...

    def close(self) -> None:
        """Release everything; the store must not be in use."""
        ...
