"""Number resources and searches of the store in memory: everything is looked at, one after another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from regwire.registry.model.numbers import (
    Match,
    NumberResource,
    NumbersImported,
    NumberSource,
    Party,
)
from regwire.registry.model.objects import Domain, Host
from regwire.registry.model.record import replace
from regwire.registry.store.base import StoreError
from regwire.registry.store.number_codec import key_of, party_kind
from regwire.registry.store.terms import terms

__all__ = ["MemoryLookup"]


class MemoryLookup:
    """What `regwire.registry.store.base.Lookup` has beside a View."""

    _domains: dict[str, Domain]
    _hosts: dict[str, Host]
    _contacts: dict[str, Any]

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], NumberResource] = {}
        self._parties: dict[tuple[str, str], Party] = {}
        self._sources: dict[str, NumberSource] = {}
        self._searchable = False
        self._version = 0

    # --- number resources

    def number(self, type: str, handle: str) -> NumberResource | None:
        """See Lookup."""
        return self._numbers.get((type, key_of(handle)))

    def _of(self, type: str) -> Iterator[NumberResource]:
        return (value for (kind, _), value in self._numbers.items() if kind == type)

    def numbers_covering(self, type: str, first: int, last: int) -> list[NumberResource]:
        """See Lookup."""
        found = [value for value in self._of(type) if value.first <= first and value.last >= last]
        return sorted(found, key=lambda value: value.last - value.first)

    def numbers_within(self, type: str, first: int, last: int, *, limit: int) -> list[NumberResource]:
        """See Lookup."""
        found = [value for value in self._of(type) if value.first >= first and value.last <= last]
        return sorted(found, key=lambda value: (value.first, -value.last))[:limit]

    def numbers_topmost(self, type: str, first: int, last: int, *, proper: bool, limit: int) -> list[NumberResource]:
        """See Lookup."""
        inside = self.numbers_within(type, first, last, limit=len(self._numbers))
        if proper:
            inside = [value for value in inside if (value.first, value.last) != (first, last)]
        # By begin, the largest first: one lies in another if it ends no later than one before it.
        found: list[NumberResource] = []
        for value in inside:
            if (
                not found
                or value.last > found[-1].last
                or (value.first, value.last) == (found[-1].first, found[-1].last)
            ):
                found.append(value)
        return found[:limit]

    def numbers_of(self, organisation: str, *, limit: int) -> list[NumberResource]:
        """See Lookup."""
        wanted = key_of(organisation)
        return [v for v in self._numbers.values() if v.organisation and key_of(v.organisation) == wanted][:limit]

    def every_number(self, type: str, *, source: str | None = None) -> Iterator[NumberResource]:
        """See Lookup."""
        for value in sorted(self._of(type), key=lambda value: (value.first, -value.last)):
            if source is None or value.source == source:
                yield value

    def party(self, kind: str, handle: str) -> Party | None:
        """See Lookup."""
        return self._parties.get((kind, key_of(handle)))

    def parties(self, kind: str, *, after: str = "", limit: int = 1000) -> list[Party]:
        """See Lookup."""
        found = [(key, value) for (of, key), value in self._parties.items() if of == kind and key > key_of(after)]
        return [value for _, value in sorted(found, key=lambda pair: pair[0])][:limit]

    def numbers_and_parties(self) -> dict[tuple[str, str], NumberResource | Party]:
        """Return all of them as they are now, by type or kind and handle."""
        return {**self._numbers, **self._parties}

    def number_sources(self) -> list[NumberSource]:
        """See Lookup."""
        return [self._sources[name] for name in sorted(self._sources)]

    def change_numbers(
        self, put: Sequence[NumberResource | Party], drop: Sequence[tuple[str, str]], *, new: bool
    ) -> None:
        """See Store."""
        numbers, parties = dict(self._numbers), dict(self._parties)
        there: Any
        for kind, handle in drop:
            there = parties if kind in {"organisation", "numberContact"} else numbers
            if there.pop((kind, key_of(handle)), None) is None:
                raise StoreError(f"there is no {kind} {handle}; nothing was changed")
        for value in put:
            resource = isinstance(value, NumberResource)
            kind = value.type if isinstance(value, NumberResource) else party_kind(value)
            there = numbers if resource else parties
            if new and (kind, key_of(value.handle)) in there:
                raise StoreError(f"{kind} {value.handle} is there already; nothing was changed")
            there[kind, key_of(value.handle)] = value
        self._numbers, self._parties = numbers, parties
        self._version += 1

    def import_numbers(self, source: NumberSource, values: Iterable[NumberResource | Party]) -> NumbersImported:
        """See Store."""
        counts: dict[str, int] = defaultdict(int)
        staged: dict[tuple[str, str], NumberResource] = {}
        parties: dict[tuple[str, str], Party] = {}
        for value in values:
            if isinstance(value, NumberResource):
                staged[value.type, key_of(value.handle)] = value
            else:
                parties.setdefault((party_kind(value), key_of(value.handle)), value)
        left = {key: value for key, value in self._numbers.items() if value.source != source.registry or key in staged}
        counts["removed"] = len(self._numbers) - len(left)
        for key, value in staged.items():
            before = left.get(key)
            counts[_what(before, value)] += 1
            if before is None or before.source:
                left[key] = value
        kept = {key: value for key, value in self._parties.items() if value.source != source.registry or key in parties}
        self._numbers, self._parties = left, {**parties, **kept}
        total = sum(value.source == source.registry for value in left.values())
        self._sources[source.registry] = replace(source, resources=total)
        self._version += 1
        counts["added"] += counts["taken_over"]
        return NumbersImported(**counts)

    # --- searches

    def found(self, kind: str, field: str, match: Match, *, limit: int) -> list[str]:
        """See Lookup."""
        tables: Mapping[str, Mapping[str, Any]] = {
            "domain": self._domains,
            "host": self._hosts,
            "contact": self._contacts,
            "organisation": {key: value for (of, key), value in self._parties.items() if of == "organisation"},
            "numberContact": {key: value for (of, key), value in self._parties.items() if of == "numberContact"},
        }
        values = tables.get(kind) or {key: value for (of, key), value in self._numbers.items() if of == kind}
        if match.exact is not None:
            match = replace(match, exact=" ".join(match.exact.split()))
        return [
            key
            for key, value in values.items()
            if any(name == field and match.fits(text) for name, text in terms(value))
        ][:limit]

    def make_searchable(self) -> bool:
        """See Store."""
        done, self._searchable = not self._searchable, True
        return done

    def searchable(self) -> bool:
        """See Lookup."""
        return self._searchable

    def domains_using(self, host: str, *, limit: int) -> list[Domain]:
        """See Lookup."""
        return [domain for domain in self._domains.values() if host in domain.hosts][:limit]

    def domains_of_contact(self, contact: str, *, limit: int) -> list[Domain]:
        """See Lookup."""
        return [
            domain
            for domain in self._domains.values()
            if domain.registrant == contact or any(link.id == contact for link in domain.contacts)
        ][:limit]

    def domains(self, names: Iterable[str]) -> dict[str, Domain]:
        """See Lookup."""
        return {name: self._domains[name] for name in names if name in self._domains}

    def hosts_of_roids(self, roids: Sequence[str]) -> list[Host]:
        """See Lookup."""
        return sorted([host for host in self._hosts.values() if host.roid in roids], key=lambda host: host.name)

    def version(self) -> int:
        """See Lookup."""
        return self._version

    def domain_of_roid(self, roid: str) -> Domain | None:
        """See Lookup."""
        return next((domain for domain in self._domains.values() if domain.roid == roid), None)

    def host_of_roid(self, roid: str) -> Host | None:
        """See Lookup."""
        return next((host for host in self._hosts.values() if host.roid == roid), None)


def _what(before: NumberResource | None, after: NumberResource) -> str:
    if before is None:
        return "added"
    if not before.source:
        return "kept"
    if before.source != after.source:
        return "taken_over"
    return "unchanged" if before == after else "changed"
