"""The state inside an open group: what is committed, overlaid with what the group decided so far."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

from regwire.registry.model.kinds import kind_named
from regwire.registry.model.objects import Contact, Domain, Host, PollMessage
from regwire.registry.model.outcomes import Change, Outcome
from regwire.registry.model.record import replace

__all__ = ["Base", "Overlay"]


class Base(Protocol):
    """What an overlay needs of the committed state: a View whose questions can leave objects out."""

    def domain(self, name: str) -> Domain | None: ...  # noqa: D102
    def host(self, name: str) -> Host | None: ...  # noqa: D102
    def contact(self, id: str) -> Contact | None: ...  # noqa: D102
    def contact_exists(self, id: str) -> bool: ...  # noqa: D102
    def existing_domains(self, names: Sequence[str]) -> set[str]: ...  # noqa: D102
    def existing_hosts(self, names: Sequence[str]) -> set[str]: ...  # noqa: D102
    def existing_contacts(self, ids: Sequence[str]) -> set[str]: ...  # noqa: D102
    def host_names(self, roids: Sequence[str]) -> dict[str, str]: ...  # noqa: D102
    def subordinates(self, domain: str) -> list[Host]: ...  # noqa: D102
    def host_linked(  # noqa: D102
        self, roid: str, *, other_than: str | None = None, without: Collection[str] = ()
    ) -> bool: ...
    def contact_linked(self, id: str, *, without: Collection[str] = ()) -> bool: ...  # noqa: D102
    def poll_head(  # noqa: D102
        self, account: str, *, without: Collection[int] = ()
    ) -> tuple[PollMessage | None, int]: ...
    def poll_message(self, account: str, id: int) -> PollMessage | None: ...  # noqa: D102
    def record(self, kind: str, key: str) -> Any | None: ...  # noqa: D102
    def records_of(self, kind: str, keys: Sequence[str]) -> dict[str, Any]: ...  # noqa: D102
    def records(  # noqa: D102
        self, kind: str, index: str = "", value: str = "", *, after: str = "", limit: int = 1000
    ) -> list[Any]: ...
    def domain_due(self, now: datetime) -> bool: ...  # noqa: D102
    def due(self, now: datetime, limit: int) -> Iterable[tuple[str, str]]: ...  # noqa: D102
    def last_message_id(self) -> int: ...  # noqa: D102


class Overlay:
    """A View of an open group. `apply` takes the outcome of one call; a refusal leaves no trace.

    What was read from the base is kept, because the base does not change while the group is open.

    Attributes:
        domains, hosts, contacts: by key, what was read or decided; None: there is none.
        others: records by kind and key, read or decided.
        before: by (kind, key), what the group found of each object it changed.
        messages: queued by the group and not acknowledged in it.
        acked: (account, id) of committed messages that the group took off their queues.
        last_id: the last message id given out; None: none was asked for.

    """

    def __init__(self, base: Base) -> None:
        self._base = base
        self.domains: dict[str, Domain | None] = {}
        self.hosts: dict[str, Host | None] = {}
        self.contacts: dict[str, Contact | None] = {}
        self.contact_ids: dict[str, bool] = {}
        self.others: dict[str, dict[str, Any]] = {}
        self.before: dict[tuple[str, str], Any] = {}
        # Which records of a kind the group changed, and which of them ever had a value of an index.
        self._changed: dict[str, set[str]] = {}
        self._indexed: dict[tuple[str, str, str], set[str]] = {}
        self.messages: list[PollMessage] = []
        self.acked: set[tuple[str, int]] = set()
        self.last_id: int | None = None

    # --- writing

    def apply(self, account: str, outcome: Outcome) -> None:
        """Take what a call decided into the state."""
        for change in outcome.changes:
            self._change(change)
        for message in outcome.messages:
            if self.last_id is None:
                self.last_id = self._base.last_message_id()
            self.last_id += 1
            self.messages.append(replace(message, id=self.last_id))
        if outcome.acked is not None:
            left = [m for m in self.messages if (m.account, m.id) != (account, outcome.acked)]
            if len(left) == len(self.messages):
                self.acked.add((account, outcome.acked))
            self.messages = left

    def _change(self, change: Change) -> None:
        key, after = change.key, change.after
        self.before.setdefault((change.kind, key), change.before)
        if change.kind == "domain":
            self.domains[key] = after
        elif change.kind == "host":
            self.hosts[key] = after
        elif change.kind == "contact":
            self.contacts[key] = after
            self.contact_ids[key] = after is not None
        else:
            self._change_record(change.kind, key, after)

    def _change_record(self, kind: str, key: str, after: Any) -> None:
        self.others.setdefault(kind, {})[key] = after
        self._changed.setdefault(kind, set()).add(key)
        if after is not None:
            for index, value in kind_named(kind).index(after):
                self._indexed.setdefault((kind, index, value), set()).add(key)

    @property
    def changed(self) -> bool:
        """Whether there is anything to commit."""
        return bool(self.before or self.messages or self.acked or self.last_id is not None)

    def changed_domains(self) -> dict[str, Domain | None]:
        """Return the domains that the group changed, as it left them; None: it is gone."""
        return {key: self.domains[key] for kind, key in self.before if kind == "domain"}

    # --- the View

    def domain(self, name: str) -> Domain | None:
        """See `regwire.registry.rules.view.View`."""
        try:
            return self.domains[name]
        except KeyError:
            value = self.domains[name] = self._base.domain(name)
            return value

    def host(self, name: str) -> Host | None:
        """See `regwire.registry.rules.view.View`."""
        try:
            return self.hosts[name]
        except KeyError:
            value = self.hosts[name] = self._base.host(name)
            return value

    def contact(self, id: str) -> Contact | None:
        """See `regwire.registry.rules.view.View`."""
        try:
            return self.contacts[id]
        except KeyError:
            value = self.contacts[id] = self._base.contact(id)
            return value

    def contact_exists(self, id: str) -> bool:
        """See `regwire.registry.rules.view.View`."""
        try:
            return self.contact_ids[id]
        except KeyError:
            found = self.contact_ids[id] = self._base.contact_exists(id)
            return found

    def existing_domains(self, names: Sequence[str]) -> set[str]:
        """See `regwire.registry.rules.view.View`."""
        return self._existing(names, self.domains, self._base.existing_domains)

    def existing_hosts(self, names: Sequence[str]) -> set[str]:
        """See `regwire.registry.rules.view.View`."""
        return self._existing(names, self.hosts, self._base.existing_hosts)

    def existing_contacts(self, ids: Sequence[str]) -> set[str]:
        """See `regwire.registry.rules.view.View`."""
        return self._existing(ids, self.contacts, self._base.existing_contacts)

    @staticmethod
    def _existing(
        keys: Sequence[str], known: dict[str, Any], committed: Callable[[Sequence[str]], set[str]]
    ) -> set[str]:
        unknown = [key for key in keys if key not in known]
        found = committed(unknown) if unknown else set()
        found.update([key for key in keys if known.get(key) is not None])
        return found

    def host_names(self, roids: Sequence[str]) -> dict[str, str]:
        """See `regwire.registry.rules.view.View`."""
        here = {host.roid: host.name for host in self.hosts.values() if host is not None}
        found = {roid: here[roid] for roid in roids if roid in here}
        missing = [roid for roid in roids if roid not in here]
        if missing:
            found.update(self._base.host_names(missing))
        return found

    def subordinates(self, domain: str) -> list[Host]:
        """See `regwire.registry.rules.view.View`."""
        committed = [host for host in self._base.subordinates(domain) if host.name not in self.hosts]
        known = [host for host in self.hosts.values() if host is not None and host.superordinate == domain]
        return sorted(committed + known, key=lambda host: host.name)

    def host_linked(self, roid: str, *, other_than: str | None = None, without: Collection[str] = ()) -> bool:
        """See `regwire.registry.rules.view.View`."""
        for name in self._touched_domains():
            domain = self.domains[name]
            if domain is None or domain.sponsor == other_than or domain.roid in without:
                continue
            if roid in domain.hosts:
                return True
        return self._base.host_linked(roid, other_than=other_than, without=[*self._former_roids(), *without])

    def contact_linked(self, id: str) -> bool:
        """See `regwire.registry.rules.view.View`."""
        for name in self._touched_domains():
            domain = self.domains[name]
            if domain is not None and (domain.registrant == id or any(link.id == id for link in domain.contacts)):
                return True
        return self._base.contact_linked(id, without=self._former_roids())

    def _touched_domains(self) -> list[str]:
        return [key for kind, key in self.before if kind == "domain"]

    def _former_roids(self) -> list[str]:
        """Return the ROIDs of those domains whose committed state does not count any more."""
        return [before.roid for (kind, _), before in self.before.items() if kind == "domain" and before is not None]

    def poll_head(self, account: str) -> tuple[PollMessage | None, int]:
        """See `regwire.registry.rules.view.View`."""
        acked = [id for owner, id in self.acked if owner == account]
        head, count = self._base.poll_head(account, without=acked)
        mine = [message for message in self.messages if message.account == account]
        if head is None and mine:
            head = mine[0]
        return head, count + len(mine)

    def poll_message(self, account: str, id: int) -> PollMessage | None:
        """See `regwire.registry.rules.view.View`."""
        if (account, id) in self.acked:
            return None
        for message in self.messages:
            if message.account == account and message.id == id:
                return message
        return self._base.poll_message(account, id)

    def record(self, kind: str, key: str) -> Any | None:
        """See `regwire.registry.rules.view.View`."""
        known = self.others.setdefault(kind, {})
        try:
            return known[key]
        except KeyError:
            value = known[key] = self._base.record(kind, key)
            return value

    def records_of(self, kind: str, keys: Sequence[str]) -> dict[str, Any]:
        """See `regwire.registry.rules.view.View`."""
        known = self.others.setdefault(kind, {})
        missing = [key for key in keys if key not in known]
        if missing:
            committed = self._base.records_of(kind, missing)
            known.update({key: committed.get(key) for key in missing})
        return {key: known[key] for key in keys if known[key] is not None}

    def records(self, kind: str, index: str = "", value: str = "", *, after: str = "", limit: int = 1000) -> list[Any]:
        """See `regwire.registry.rules.view.View`."""
        changed = self._changed.get(kind)
        if not changed:
            return self._base.records(kind, index, value, after=after, limit=limit)
        described = kind_named(kind)
        assert described.key is not None
        # So many more as the group may have taken away.
        committed = self._base.records(kind, index, value, after=after, limit=limit + len(changed))
        found = {described.key(item): item for item in committed}
        for key in found.keys() & changed:
            del found[key]
        known = self.others[kind]
        for key in self._indexed.get((kind, index, value), ()) if index else changed:
            item = known[key]
            if item is not None and key > after and (not index or (index, value) in described.index(item)):
                found[key] = item
        return [found[key] for key in sorted(found)[:limit]]

    def domain_due(self, now: datetime) -> bool:
        """See `regwire.registry.rules.view.View`."""
        return self._base.domain_due(now)

    def due(self, now: datetime, limit: int) -> Iterable[tuple[str, str]]:
        """See `regwire.registry.rules.view.View`. What the group itself made due comes with the next group."""
        return self._base.due(now, limit)
