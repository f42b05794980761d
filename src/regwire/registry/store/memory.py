"""A registry in memory, for tests and rehearsals: nothing survives the process."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any, TypeVar

from regwire_native import Stamps

from regwire.registry.clock import Clock
from regwire.registry.model import codes
from regwire.registry.model.audit import Audited, HistoryRow
from regwire.registry.model.kinds import kind_named
from regwire.registry.model.numbers import NumberResource, NumbersImported, NumberSource, Party
from regwire.registry.model.objects import Contact, Domain, Host, PollMessage
from regwire.registry.model.outcomes import Outcome
from regwire.registry.model.record import replace
from regwire.registry.model.requests import Call
from regwire.registry.rules import Policies, decide
from regwire.registry.store._memory_lookup import MemoryLookup
from regwire.registry.store.base import (
    Lookup,
    Snapshot,
    Standing,
    StoreError,
    imported,
    importing,
    require_newer,
    settling,
)
from regwire.registry.store.codec import history_rows
from regwire.registry.store.number_codec import NUMBER_KINDS, history_roid, history_text
from regwire.registry.store.overlay import Overlay

__all__ = ["MemoryStore"]

_T = TypeVar("_T")
_log = logging.getLogger("regwire.registry.store")


class MemoryStore:
    """A store of dictionaries, searched from end to end where SQLite has an index: obvious rather than fast.

    Args:
        policies: what the rules go by.
        clock: what they take their time from.

    """

    def __init__(self, policies: Policies, clock: Clock) -> None:
        self._policies = policies
        self._clock = clock
        self._state = _State()
        self._history: list[HistoryRow] = []
        self._audit: list[Audited] = []

    @contextlib.contextmanager
    def read(self) -> Iterator[Lookup]:
        """Give the committed state; see `regwire.registry.store.base.Store`."""
        yield self._state

    def execute(self, calls: Sequence[Call], notes: Sequence[Audited] = ()) -> list[Outcome]:
        """Decide a group; see `regwire.registry.store.base.Store`."""
        overlay = Overlay(self._state)
        now = self._clock.now()
        outcomes = []
        due = list(self._state.due(now, 1)) if calls else []
        self._note(notes)
        for call in (settling(calls[0]), *calls) if due else calls:
            try:
                outcome = decide(overlay, call, now, self._policies)
            except Exception:
                _log.exception("command %s (%s) failed", call.transaction, type(call.request).__name__)
                outcome = Outcome(codes.FAILED)
            overlay.apply(call.account, outcome)
            outcomes.append(outcome)
            self._history += history_rows(call, outcome, now)
            if call.origin is not None:
                who = (call.account, call.transaction, call.client_transaction)
                self._note([Audited(now, *who, call.origin, outcome.code, outcome.reason)])
        self._state.commit(overlay)
        return outcomes[1:] if due else outcomes

    def load(self, objects: Iterable[Domain | Host | Contact], *, transaction: str) -> int:
        """Take objects in; see `regwire.registry.store.base.Store`."""
        loaded, now = 0, self._clock.now()
        for changes in imported(objects, part=1000):
            known = {kind: set(self._state.keys(kind)) for kind in ("domain", "host", "contact")}
            there = [change.key for change in changes if change.key in known[change.kind]]
            if there:
                raise StoreError(f"{there[0]} is there already; nothing of its part of the import was taken in")
            outcome = Outcome(codes.OK, changes=tuple(changes))
            overlay = Overlay(self._state)
            overlay.apply("-", outcome)
            self._state.commit(overlay)
            self._history += history_rows(importing(transaction), outcome, now)
            loaded += len(changes)
        return loaded

    def _note(self, notes: Sequence[Audited]) -> None:
        last = self._audit[-1].id if self._audit else 0
        self._audit += [replace(note, id=last + i) for i, note in enumerate(notes, 1)]

    def trim_audit(self, before: datetime, *, limit: int = 1000) -> int:
        """Forget the first commands of the audit; see `regwire.registry.store.base.Store`."""
        count = len(list(takewhile(lambda note: note.at < before, self._audit[:-1][:limit])))
        del self._audit[:count]
        return count

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Give a state to read for long; see `regwire.registry.store.base.Store`."""
        yield _MemorySnapshot(self._state.copy(), list(self._history), list(self._audit))

    def change_numbers(
        self,
        put: Sequence[NumberResource | Party] = (),
        drop: Sequence[tuple[str, str]] = (),
        *,
        new: bool = False,
        note: Audited | None = None,
    ) -> None:
        """Write number resources; see `regwire.registry.store.base.Store`."""
        before = self._state.numbers_and_parties()
        self._state.change_numbers(put, drop, new=new)
        self._note_numbers(before, note)

    def import_numbers(
        self,
        source: NumberSource,
        values: Iterable[NumberResource | Party],
        *,
        older: bool = False,
        note: Audited | None = None,
    ) -> NumbersImported:
        """Take a registry's file in; see `regwire.registry.store.base.Store`."""
        staged = list(values)
        require_newer(self._state.number_sources(), source, older=older)
        before = self._state.numbers_and_parties()
        done = self._state.import_numbers(replace(source, imported=self._clock.now()), staged)
        self._note_numbers(before, note)
        return done

    def _note_numbers(self, before: Mapping[tuple[str, str], Any], note: Audited | None) -> None:
        after = self._state.numbers_and_parties()
        self._note([note] if note is not None else [])
        who: tuple[str, str, str | None, str] = ("-", "", None, "Numbers")
        if note is not None:
            operation = note.origin.command.rpartition(" ")[2]
            who = (note.account, note.transaction, note.client_transaction, operation)
        for (kind, key), value in {**before, **after}.items():
            now = after.get((kind, key))
            if now != before.get((kind, key)):
                detail = None if now is None else json.loads(history_text(now))
                roid = history_roid(kind, key)
                self._history.append(HistoryRow(self._clock.now(), *who, kind, value.handle, roid, None, detail))

    def make_searchable(self) -> bool:
        """See `regwire.registry.store.base.Store`. Everything is searched from end to end here."""
        return self._state.make_searchable()

    def keep_names(self) -> None:
        """They are in memory already; see `regwire.registry.store.base.Store`."""

    def standings(self, names: list[str], now: datetime, stamps: Stamps | None = None) -> tuple[int, list[Any]] | None:
        """See `regwire.registry.store.base.Store`; a dictionary is asked as quickly."""
        return None

    def standing(self, shape: int) -> Standing:
        """See `regwire.registry.store.base.Store`; there are none."""
        raise KeyError(shape)

    def close(self) -> None:
        """Do nothing."""


class _State(MemoryLookup):
    """The committed state: a Lookup, and the Base of an Overlay."""

    def __init__(self) -> None:
        super().__init__()
        self._domains: dict[str, Domain] = {}
        self._hosts: dict[str, Host] = {}
        self._contacts: dict[str, Contact] = {}
        self._records: dict[str, dict[str, Any]] = {}
        self._messages: dict[tuple[str, int], PollMessage] = {}
        self._last_id = 0

    def copy(self) -> _State:
        """Return a state that later commits do not change."""
        other = _State()
        for name, value in vars(self).items():
            setattr(other, name, dict(value) if isinstance(value, dict) else value)
        other._records = {kind: dict(values) for kind, values in self._records.items()}
        return other

    def commit(self, overlay: Overlay) -> None:
        """Take over what a group decided."""
        self._version += 1
        for kind, key in overlay.before:
            if kind == "domain":
                _set(self._domains, key, overlay.domains[key])
            elif kind == "host":
                _set(self._hosts, key, overlay.hosts[key])
            elif kind == "contact":
                _set(self._contacts, key, overlay.contacts[key])
            else:
                _set(self._records.setdefault(kind, {}), key, overlay.others[kind][key])
        for acked in overlay.acked:
            del self._messages[acked]
        self._messages.update({(message.account, message.id): message for message in overlay.messages})
        self._last_id = self._last_id if overlay.last_id is None else overlay.last_id

    def keys(self, kind: str) -> list[str]:
        """Return the keys of all objects of a kind, ascending."""
        values: dict[str, Any] = {"domain": self._domains, "host": self._hosts, "contact": self._contacts}
        return sorted(values[kind])

    def domain(self, name: str) -> Domain | None:
        """See View."""
        return self._domains.get(name)

    def host(self, name: str) -> Host | None:
        """See View."""
        return self._hosts.get(name)

    def contact(self, id: str) -> Contact | None:
        """See View."""
        return self._contacts.get(id)

    def contact_exists(self, id: str) -> bool:
        """See View."""
        return id in self._contacts

    def existing_domains(self, names: Sequence[str]) -> set[str]:
        """See View."""
        return {name for name in names if name in self._domains}

    def existing_hosts(self, names: Sequence[str]) -> set[str]:
        """See View."""
        return {name for name in names if name in self._hosts}

    def existing_contacts(self, ids: Sequence[str]) -> set[str]:
        """See View."""
        return {id for id in ids if id in self._contacts}

    def host_names(self, roids: Sequence[str]) -> dict[str, str]:
        """See View."""
        return {host.roid: host.name for host in self._hosts.values() if host.roid in roids}

    def subordinates(self, domain: str) -> list[Host]:
        """See View."""
        inside = [host for host in self._hosts.values() if host.superordinate == domain]
        return sorted(inside, key=lambda host: host.name)

    def host_linked(self, roid: str, *, other_than: str | None = None, without: Collection[str] = ()) -> bool:
        """See View; ``without``: domains to leave out, by ROID."""
        return any(
            roid in domain.hosts and domain.sponsor != other_than and domain.roid not in without
            for domain in self._domains.values()
        )

    def contact_linked(self, id: str, *, without: Collection[str] = ()) -> bool:
        """See View; ``without``: domains to leave out, by ROID."""
        return any(
            domain.roid not in without and (domain.registrant == id or any(link.id == id for link in domain.contacts))
            for domain in self._domains.values()
        )

    def poll_head(self, account: str, *, without: Collection[int] = ()) -> tuple[PollMessage | None, int]:
        """See View; ``without``: messages to leave out."""
        mine = [m for (owner, id), m in sorted(self._messages.items()) if owner == account and id not in without]
        return (mine[0] if mine else None), len(mine)

    def poll_message(self, account: str, id: int) -> PollMessage | None:
        """See View."""
        return self._messages.get((account, id))

    def queue(self, account: str, after: int) -> list[PollMessage]:
        """Return the messages of an account with greater ids than ``after``, the oldest first."""
        return [m for (owner, id), m in sorted(self._messages.items()) if owner == account and id > after]

    def record(self, kind: str, key: str) -> Any | None:
        """See View."""
        return self._records.get(kind, {}).get(key)

    def records_of(self, kind: str, keys: Sequence[str]) -> dict[str, Any]:
        """See View."""
        every = self._records.get(kind, {})
        return {key: every[key] for key in keys if key in every}

    def records(self, kind: str, index: str = "", value: str = "", *, after: str = "", limit: int = 1000) -> list[Any]:
        """See View."""
        pairs = kind_named(kind).index
        every = self._records.get(kind, {})
        found = [key for key, item in every.items() if not index or (index, value) in pairs(item)]
        return [every[key] for key in sorted(found) if key > after][:limit]

    def domain_due(self, now: datetime) -> bool:
        """See View."""
        return any(value.due() <= now for value in self._domains.values())

    def due(self, now: datetime, limit: int) -> Iterable[tuple[str, str]]:
        """See View."""
        found = [(value.due(), "domain", name) for name, value in self._domains.items() if value.due() <= now]
        for id, contact in self._contacts.items():
            due = contact.due()
            if due is not None and due <= now:
                found.append((due, "contact", id))
        for kind, values in self._records.items():
            for key, item in values.items():
                due = kind_named(kind).due(item)
                if due is not None and due <= now:
                    found.append((due, kind, key))
        return [(kind, key) for _, kind, key in sorted(found)[:limit]]

    def last_message_id(self) -> int:
        """Return the highest message id ever given out."""
        return self._last_id


class _MemorySnapshot:
    """A copy of everything."""

    def __init__(self, state: _State, history: list[HistoryRow], audit: list[Audited]) -> None:
        self.view: Lookup = state
        self._state = state
        self._history = history
        self._audit = audit

    def domains(self, *, after: str = "") -> Iterator[Domain]:
        """See Snapshot."""
        return filter(None, (self._state.domain(name) for name in self._state.keys("domain") if name > after))

    def deleted(self) -> Iterator[Domain]:
        """See Snapshot."""
        return (domain for domain in self.domains() if domain.restore is not None)

    def hosts(self, *, after: str = "") -> Iterator[Host]:
        """See Snapshot."""
        return filter(None, (self._state.host(name) for name in self._state.keys("host") if name > after))

    def contacts(self, *, after: str = "") -> Iterator[Contact]:
        """See Snapshot."""
        return filter(None, (self._state.contact(id) for id in self._state.keys("contact") if id > after))

    def history(self, kind: str, key: str) -> list[HistoryRow]:
        """See Snapshot."""
        roids = {row.roid for row in self._history if (row.kind, row.key) == (kind, key)}
        if kind in NUMBER_KINDS:
            roids = {history_roid(kind, key)}
        return [row for row in self._history if row.kind == kind and row.roid in roids]

    def messages(self, account: str, *, after: int = 0, limit: int = 1000) -> list[PollMessage]:
        """See Snapshot."""
        return self._state.queue(account, after)[:limit]

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
        """See Snapshot."""
        found = [
            row
            for row in self._audit
            if (account is None or row.account == account)
            and (transaction is None or row.transaction == transaction)
            and (mentions is None or mentions in (row.origin.frame or ""))
            and (since is None or row.at >= since)
            and (until is None or row.at < until)
            and row.id > after
        ]
        return found[:limit]


def _set(values: dict[str, _T], key: str, value: _T | None) -> None:
    if value is None:
        values.pop(key, None)
    else:
        values[key] = value
