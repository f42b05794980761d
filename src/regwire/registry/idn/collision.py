"""Which labels of a zone are variants of each other, by all its tables together (RFC 7940 section 8.5).

A label has a key; labels that are variants of each other have the same one, so that an index by key finds every
candidate. For tables that map one code point to one, labels of one key are variants of each other. Where sequences are
mapped ("ss" and "ß"), the key tells less, and `Collisions.disposition` decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from regwire.registry.idn.match import CodePoints
from regwire.registry.idn.table import Table, Variant, code_points, more_restrictive

__all__ = ["Collisions"]

_T = TypeVar("_T")
#: How one label's beginning was made the other's: the types of the mappings, and whether all of it is mapped.
_How = tuple[frozenset[str], bool]
_NOTHING: _How = (frozenset(), True)
#: A label, where in it, and what stands there.
_Place = tuple[CodePoints, int, CodePoints]


class _Sets(Generic[_T]):
    """Disjoint sets."""

    def __init__(self) -> None:
        self._parent: dict[_T, _T] = {}

    def find(self, item: _T) -> _T:
        parent = self._parent.setdefault(item, item)
        while parent != item:
            item, parent = parent, self._parent[parent]
        return item

    def join(self, one: _T, other: _T) -> None:
        self._parent[self.find(one)] = self.find(other)

    def groups(self) -> list[list[_T]]:
        found: dict[_T, list[_T]] = {}
        for item in list(self._parent):
            found.setdefault(self.find(item), []).append(item)
        return list(found.values())


class Collisions:
    """The variant relations of several tables.

    Mappings count in both directions and through each other, whether or not the tables say so; those of type
    "invalid" do not count. A conditional mapping counts where its context holds.

    Args:
        tables: those of the zone.

    """

    def __init__(self, tables: Sequence[Table]) -> None:
        self._mappings: dict[tuple[CodePoints, CodePoints], list[tuple[Table, Variant]]] = {}
        sets: _Sets[CodePoints] = _Sets()
        for table in tables:
            for entry in table.entries.values():
                for variant in entry.variants:
                    reflexive = variant.target == entry.source
                    if variant.type != "invalid" or reflexive:
                        self._mappings.setdefault((entry.source, variant.target), []).append((table, variant))
                        if not reflexive:
                            sets.join(entry.source, variant.target)
        self._others: dict[CodePoints, tuple[CodePoints, ...]] = {}
        self._codes: dict[int, int | None] = {}
        self._runs: set[int] = set()
        groups = sets.groups()
        for group in groups:
            for source in group:
                self._others[source] = tuple(sorted(set(group) - {source}))
        self._longest = max((len(source) for source in self._others), default=0)
        self._coarsen(groups)

    def _coarsen(self, groups: Iterable[list[CodePoints]]) -> None:
        """Fill `_codes`: what stands for a code point in a key (None: nothing), and which may not stand twice."""
        groups = list(groups)
        classes: _Sets[int] = _Sets()
        for group in groups:
            points = [point for source in group for point in source]
            for point in points:
                classes.join(points[0], point)
        names = {point: min(members) for members in classes.groups() for point in members}
        self._codes.update(names)
        erased = {names[point] for group in groups if () in group for source in group for point in source}
        for point, name in names.items():
            if name in erased:
                self._codes[point] = None
        self._runs = {
            names[point]
            for group in groups
            if any(len(source) != 1 for source in group)
            for source in group
            for point in source
        }

    def key(self, label: str) -> str | None:
        """Return what all variants of ``label`` have in common; None if it has no variants."""
        points = code_points(label)
        if not any(True for begin in range(len(points) + 1) for _ in self._members(points, begin)):
            return None
        out: list[int] = []
        for point in points:
            code = self._codes.get(point, point)
            if code is not None and not (code in self._runs and out and out[-1] == code):
                out.append(code)
        return "".join(map(chr, out))

    def _members(self, label: CodePoints, begin: int) -> Iterator[CodePoints]:
        for length in range(min(self._longest, len(label) - begin) + 1):
            if label[begin : begin + length] in self._others:
                yield label[begin : begin + length]

    def disposition(self, old: str, new: str, table: Table | None) -> str | None:
        """Return the disposition of ``new`` as a variant of ``old``; None if it is none.

        What the mappings of ``table`` alone do not make of ``old`` (another table's, or a reverse direction that it
        does not list) is "blocked".

        Args:
            old: a label that is registered.
            new: another one of the same key.
            table: the one that ``old`` was registered by, if any.

        """
        source, target = code_points(old), code_points(new)
        ways: dict[tuple[int, int], set[_How]] = {(0, 0): {_NOTHING}}
        # Steps only go forward in both labels, or forward in one and not back in the other: by sum they are in order.
        for total in range(len(source) + len(target) + 1):
            for i in range(max(0, total - len(target)), min(len(source), total) + 1):
                j = total - i
                for so_far in ways.get((i, j), set()).copy():
                    for length, other, kind in self._steps(source, i, target, j, table):
                        ways.setdefault((i + length, j + other), set()).add(_longer(so_far, kind))
        return self._worst(target, ways.get((len(source), len(target)), set()), table)

    def _worst(self, target: CodePoints, ways: set[_How], table: Table | None) -> str | None:
        worst: str | None = None
        for types, mapped in ways:
            found = "blocked" if table is None else table.disposition(target, types, mapped=mapped)
            # What its own table refuses (other scripts are listed only to collide with) must not exist beside it.
            found = "blocked" if found == "invalid" or "" in types else found
            worst = found if worst is None else more_restrictive(worst, found)
        return worst

    def _steps(
        self, old: CodePoints, i: int, new: CodePoints, j: int, table: Table | None
    ) -> Iterator[tuple[int, int, str | None]]:
        """Yield (code points of old, of new, type; None: no mapping) for what may come next in both."""
        if i < len(old) and j < len(new) and old[i] == new[j]:
            yield 1, 1, self._reflexive(old, i, table)
        for source in self._members(old, i):
            for target in self._others[source]:
                if new[j : j + len(target)] == target:
                    kind = self._kind((old, i, source), (new, j, target), table)
                    if kind is not None:
                        yield len(source), len(target), kind

    def _reflexive(self, label: CodePoints, begin: int, table: Table | None) -> str | None:
        source = (label[begin],)
        for owner, variant in self._mappings.get((source, source), ()):
            if owner is table and (variant.context is None or variant.context.holds(label, begin, 1)):
                return variant.type
        return None

    def _kind(self, here: _Place, there: _Place, table: Table | None) -> str | None:
        """Return the type of the mapping of what stands in one place to what stands in another; None: there is none."""
        (old, i, source), (new, j, target) = here, there
        forth = self._mappings.get((source, target), [])
        back = self._mappings.get((target, source), [])
        if not forth and not back:
            return "blocked"
        defined = [(o, v) for o, v in forth if v.context is None or v.context.holds(old, i, len(source))]
        own = [v.type for o, v in defined if o is table]
        if own:
            return own[0]
        reverse = any(v.context is None or v.context.holds(new, j, len(target)) for _, v in back)
        return "blocked" if defined or reverse else None


def _longer(so_far: _How, kind: str | None) -> _How:
    """Return how the beginning of a label was made, one step further; ``kind`` None: the step maps nothing."""
    types, mapped = so_far
    return (types, False) if kind is None else (types | {kind}, mapped)
