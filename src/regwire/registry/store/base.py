"""What a store is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import islice
from typing import Any, Protocol

from regwire_native import Stamps

from regwire.errors import RegwireError
from regwire.registry.model.audit import Audited, HistoryRow
from regwire.registry.model.numbers import (
    Match,
    NumberResource,
    NumbersImported,
    NumberSource,
    Party,
)
from regwire.registry.model.objects import Contact, Domain, Host, PollMessage, Status
from regwire.registry.model.outcomes import Change, Outcome
from regwire.registry.model.record import record
from regwire.registry.model.requests import Call, Request, SettleDue
from regwire.registry.rules import View

__all__ = [
    "Lookup",
    "SearchTooWide",
    "Snapshot",
    "Standing",
    "Store",
    "StoreError",
    "imported",
    "importing",
    "require_newer",
    "settling",
]

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
class Standing:
    """What a check tells of a domain besides its dates, while nothing is pending and no grace period runs.

    Attributes:
        delegated: it has name servers.
        statuses: those that were set.

    """

    delegated: bool
    statuses: tuple[Status, ...]


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


def require_newer(there: Iterable[NumberSource], source: NumberSource, *, older: bool) -> None:
    """Refuse a registry's file that is older than the one that is here.

    Raises:
        StoreError: it is, and ``older`` does not allow it.

    """
    for last in there:
        if last.registry == source.registry and source.date < last.date and not older:
            raise StoreError(
                f"the file of {source.registry} is of {source.date}, but that of {last.date} is here already; "
                "fetch a newer one, or give --older"
            )


class StoreError(RegwireError):
    """A store cannot be opened or read: what is wrong, and the cure."""


class SearchTooWide(RegwireError):
    """A search that would look at too much; ask for more letters."""


class Lookup(View, Protocol):
    """A consistent state as fronts that look things up read it. Nothing is settled by time in it."""

    # --- number resources

    def number(self, type: str, handle: str) -> NumberResource | None:
        """Return the network or range of a handle (letters of both cases are the same), or None."""
        ...

    def numbers_covering(self, type: str, first: int, last: int) -> list[NumberResource]:
        """Return what contains the range from ``first`` to ``last`` or is that range, the smallest first."""
        ...

    def numbers_within(self, type: str, first: int, last: int, *, limit: int) -> list[NumberResource]:
        """Return what lies in a range or is that range, by where it begins, of those the largest first."""
        ...

    def numbers_topmost(self, type: str, first: int, last: int, *, proper: bool, limit: int) -> list[NumberResource]:
        """Return what lies in a range, but in nothing else that lies in it, by where it begins.

        Args:
            type: of which type.
            first: of the range, included.
            last: of the range, included.
            proper: what is the very range is left out, as if it were not there.
            limit: how many at most.

        """
        ...

    def numbers_of(self, organisation: str, *, limit: int) -> list[NumberResource]:
        """Return what an organisation holds."""
        ...

    def every_number(self, type: str, *, source: str | None = None) -> Iterator[NumberResource]:
        """Yield everything of a type, by where it begins; only to be used in a `Snapshot`.

        Args:
            type: of which type.
            source: only of this registry's file; empty: only the operator's own; None: all.

        """
        ...

    def party(self, kind: str, handle: str) -> Party | None:
        """Return the number organisation ("organisation") or point of contact ("numberContact"), or None."""
        ...

    def parties(self, kind: str, *, after: str = "", limit: int = 1000) -> list[Party]:
        """Return number organisations or points of contact by handle, of greater handles than ``after``."""
        ...

    def number_sources(self) -> list[NumberSource]:
        """Return which files of registries are here, by registry."""
        ...

    # --- searches

    def found(self, kind: str, field: str, match: Match, *, limit: int) -> list[str]:
        """Return the keys of what has a text in ``field`` that is like ``match``.

        What the texts are: `regwire.registry.store.terms.terms`. Names, organisations of contacts and domain names
        can be matched in part, all else as a whole.

        Args:
            kind: "domain", "host", "contact", "ipv4", "ipv6", "as", "organisation" or "numberContact"; of the first
                three only what was there or changed since `Store.make_searchable`.
            field: in which text.
            match: what it is like.
            limit: how many keys at most; they may be more than fit.

        Raises:
            SearchTooWide: begin and end that are given together are each too frequent.

        """
        ...

    def searchable(self) -> bool:
        """Tell whether domains, hosts and contacts can be searched."""
        ...

    def domains_using(self, host: str, *, limit: int) -> list[Domain]:
        """Return domains that use the host of a ROID."""
        ...

    def domains_of_contact(self, contact: str, *, limit: int) -> list[Domain]:
        """Return domains that have a contact in any role."""
        ...

    def domains(self, names: Iterable[str]) -> dict[str, Domain]:
        """Return those of ``names`` that are kept, by name."""
        ...

    def hosts_of_roids(self, roids: Sequence[str]) -> list[Host]:
        """Return the hosts of these ROIDs that there are, by name."""
        ...

    def version(self) -> int:
        """Return a number that changes whenever something is committed, by whatever process."""
        ...

    def domain_of_roid(self, roid: str) -> Domain | None:
        """Return the domain of a ROID, or None."""
        ...

    def host_of_roid(self, roid: str) -> Host | None:
        """Return the host of a ROID, or None."""
        ...


class Snapshot(Protocol):
    """A state of the registry for long reads; see `Store.snapshot`.

    Attributes:
        view: the state as the rules and fronts read it.

    """

    view: Lookup

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

    def read(self) -> AbstractContextManager[Lookup]:
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

    def change_numbers(
        self,
        put: Sequence[NumberResource | Party] = (),
        drop: Sequence[tuple[str, str]] = (),
        *,
        new: bool = False,
        note: Audited | None = None,
    ) -> None:
        """Write and remove number resources and their parties, all or nothing, in one commit.

        Each leaves a row in the history, of the account and operation of ``note``.

        Args:
            put: to write; one of the same type (or kind) and handle is replaced.
            drop: to remove: type (or kind) and handle.
            new: nothing of ``put`` may be there already.
            note: of the audit.

        Raises:
            StoreError: something to remove is not there, something new is, or it cannot be written.

        """
        ...

    def import_numbers(
        self,
        source: NumberSource,
        values: Iterable[NumberResource | Party],
        *,
        older: bool = False,
        note: Audited | None = None,
    ) -> NumbersImported:
        """Make the resources of a registry those of a file, in one commit.

        What the operator made stays; what comes from the file of another registry is taken over. While the file is
        read nobody waits; then one transaction changes what differs.

        Args:
            source: which file it is.
            values: each with ``source.registry`` as its source, without names, servers and contacts; of organisations
                those that are not there are taken in.
                What differs leaves a row in the history.
            older: it may be older than the one that is there.
            note: of the audit.

        Raises:
            StoreError: the registry's file that is here is newer, or it cannot be written. What ``values`` raises
                passes through; nothing is changed then.

        """
        ...

    def trim_audit(self, before: datetime, *, limit: int = 1000) -> int:
        """Forget the first commands of the audit, as long as they are older than ``before``; in one commit.

        The last command stays, so that no number is given out twice.

        Args:
            before: what was decided from then on stays.
            limit: how many at most: the writer waits for this commit.

        Returns:
            how many there were; fewer than ``limit``: nothing more is that old.

        Raises:
            StoreError: it cannot be written; nothing is forgotten.

        """
        ...

    def make_searchable(self) -> bool:
        """Have domains, hosts and contacts found by `Lookup.found`, from now on and for ever; False: they are already.

        The terms of what is there are written in one commit: about 5 seconds for a million domains.
        """
        ...

    def keep_names(self) -> None:
        """Keep the names of all domains in memory from now on, in step with what is committed: checks cost less.

        About 100 octets a name; made in a thread, in about 5 seconds for a million. What other processes commit is
        seen, and answered out of the store until they are made anew. Nothing for a store that is in memory.
        """
        ...

    def standings(self, names: list[str], now: datetime, stamps: Stamps | None = None) -> tuple[int, list[Any]] | None:
        """Return what is known of names in memory, or None: nothing can be said without looking at the store.

        It holds a committed state that has everything which anybody has been told of. Never waits; to be used by the
        thread that reads.

        Returns:
            a number that changes with every commit that changes anything, and for each name: None: it is not
            registered. (shape, created, expires): it is; `standing` tells what the shape is. True: it is in the store,
            but the answer must be worked out. False: not known, for it is no plain name. With ``stamps``, a message
            in place of (shape, created, expires) where they have a model of the shape.

        """
        ...

    def standing(self, shape: int) -> Standing:
        """Return what a shape of `standings` is; the same for ever."""
        ...

    def close(self) -> None:
        """Release everything; the store must not be in use."""
        ...
