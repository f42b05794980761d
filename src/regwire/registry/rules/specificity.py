"""Nested ranges: the five specificities of RFC 4698 section 4, over what a store finds by range.

Networks that overlap in part neither contain each other nor are contained. Of networks of one and the same range, one
is below another only if it says so (`NumberResource.parent`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from regwire.registry.model.numbers import NumberResource

__all__ = ["Ranges", "Specificity", "by_handle", "by_range", "parent_of"]

Specificity = Literal[
    "exact-match", "all-less-specific", "one-level-less-specific", "all-more-specific", "one-level-more-specific"
]


class Ranges(Protocol):
    """What is asked of a store."""

    def number(self, type: str, handle: str) -> NumberResource | None:
        """Return the resource of a handle."""
        ...

    def numbers_covering(self, type: str, first: int, last: int) -> list[NumberResource]:
        """Return those that contain a range or are it, the smallest first."""
        ...

    def numbers_within(self, type: str, first: int, last: int, *, limit: int) -> list[NumberResource]:
        """Return those that lie in a range or are it, by their begin, of those the largest first."""
        ...

    def numbers_topmost(self, type: str, first: int, last: int, *, proper: bool, limit: int) -> list[NumberResource]:
        """Return those that lie in a range and in no other that does; ``proper``: the range itself is none of them."""
        ...


def by_range(
    ranges: Ranges, type: str, first: int, last: int, specificity: Specificity, *, equal: bool, limit: int
) -> list[NumberResource]:
    """Return the resources that stand to a range as ``specificity`` says (RFC 4698 sections 3.1.4 and 4).

    Args:
        ranges: where to look.
        type: of which type.
        first: of the range, included.
        last: of the range, included.
        specificity: how they stand to it.
        equal: whether those of the very same range count too (``allowEquivalences``); for "exact-match" they always do.
        limit: how many at most.

    """
    if specificity == "exact-match":
        # Of what lies in a range, what is that range comes first.
        return _same(ranges.numbers_within(type, first, last, limit=limit), first, last)
    if specificity == "all-more-specific":
        return _within(ranges, type, first, last, equal=equal, limit=limit)
    if specificity == "one-level-more-specific":
        return ranges.numbers_topmost(type, first, last, proper=not equal, limit=limit)
    covering = ranges.numbers_covering(type, first, last)
    if not equal:
        covering = [value for value in covering if not _is(value, first, last)]
    return (covering if specificity == "all-less-specific" else _smallest(covering))[:limit]


def by_handle(ranges: Ranges, of: NumberResource, specificity: Specificity, *, limit: int) -> list[NumberResource]:
    """Return the resources that stand to ``of`` as parents or children do (RFC 4698 sections 3.1.5 and 4, 7 and 8)."""
    first, last = of.first, of.last
    if specificity in {"all-more-specific", "one-level-more-specific"}:
        below = _below(ranges, of)
        if specificity == "one-level-more-specific":
            direct = [value for value in below if _named(value.parent, of)]
            return direct[:limit] or ranges.numbers_topmost(of.type, first, last, proper=True, limit=limit)
        inner = by_range(ranges, of.type, first, last, specificity, equal=False, limit=limit)
        return [*below, *inner][:limit]
    if specificity == "exact-match":
        return by_range(ranges, of.type, first, last, specificity, equal=True, limit=limit)
    above = _above(ranges, of)
    outer = [value for value in ranges.numbers_covering(of.type, first, last) if not _is(value, first, last)]
    if specificity == "all-less-specific":
        return [*above, *outer][:limit]
    return above[:1] or _smallest(outer)[:limit]


def parent_of(ranges: Ranges, of: NumberResource) -> NumberResource | None:
    """Return the network or range that ``of`` is directly below, or None."""
    found = by_handle(ranges, of, "one-level-less-specific", limit=1)
    return found[0] if found else None


def _within(ranges: Ranges, type: str, first: int, last: int, *, equal: bool, limit: int) -> list[NumberResource]:
    same = 0
    while True:
        found = ranges.numbers_within(type, first, last, limit=limit + same)
        more = 0 if equal else len(_same(found, first, last))
        if more == same:
            return found[same:]
        same = more


def _is(value: NumberResource, first: int, last: int) -> bool:
    return value.first == first and value.last == last


def _same(values: Sequence[NumberResource], first: int, last: int) -> list[NumberResource]:
    return [value for value in values if _is(value, first, last)]


def _smallest(values: Sequence[NumberResource]) -> list[NumberResource]:
    """Return those in which no other one lies; of the same range, those that have none below them come first."""
    kept = [
        value
        for value in values
        if not any(
            other.first >= value.first and other.last <= value.last and not _is(other, value.first, value.last)
            for other in values
        )
    ]
    parents = {(value.first, value.last, value.parent.casefold()) for value in kept if value.parent}
    return sorted(kept, key=lambda value: (value.first, value.last, value.handle.casefold()) in parents)


def _named(handle: str, value: NumberResource) -> bool:
    return bool(handle) and handle.casefold() == value.handle.casefold()


def _above(ranges: Ranges, of: NumberResource) -> list[NumberResource]:
    """Return the chain of parents of the same range, the nearest first."""
    chain: list[NumberResource] = []
    value: NumberResource | None = of
    seen = {of.handle.casefold()}
    while value is not None and value.parent and value.parent.casefold() not in seen:
        seen.add(value.parent.casefold())
        value = ranges.number(of.type, value.parent)
        if value is None or not _is(value, of.first, of.last):
            break
        chain.append(value)
    return chain


def _below(ranges: Ranges, of: NumberResource) -> list[NumberResource]:
    """Return those of the same range that are below ``of``."""
    same = _same(ranges.numbers_covering(of.type, of.first, of.last), of.first, of.last)
    under, found = {of.handle.casefold()}, []
    more = True
    while more:
        new = [v for v in same if v.parent.casefold() in under and v.handle.casefold() not in under]
        found += new
        under |= {value.handle.casefold() for value in new}
        more = bool(new)
    return found
