"""Matching whole-label and context rules (RFC 7940 section 6.3): what a rule is compiled to.

A matcher takes the positions at which it may begin and gives those at which it may end. Nothing backtracks, so that no
label, however it is made, costs more than its length squared for each operator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = [
    "At",
    "Matcher",
    "anchor",
    "anything",
    "choice",
    "end",
    "in_order",
    "literal",
    "matches",
    "member",
    "repeated",
    "start",
]

CodePoints = tuple[int, ...]
Positions = frozenset[int]


@dataclass(frozen=True, slots=True)
class At:
    """A label, and where in it the code points lie that a context rule is asked for (-1: for none)."""

    label: CodePoints
    begin: int = -1
    end: int = -1


Matcher = Callable[[At, Positions], Positions]


def matches(rule: Matcher, at: At) -> bool:
    """Tell whether a rule matches anywhere in the label; ``start`` and ``end`` bind it."""
    return bool(rule(at, frozenset(range(len(at.label) + 1))))


def start(at: At, where: Positions) -> Positions:
    """Match the beginning of the label."""
    return where & {0}


def end(at: At, where: Positions) -> Positions:
    """Match the end of the label."""
    return where & {len(at.label)}


def anchor(at: At, where: Positions) -> Positions:
    """Match the code points that the context is asked for, there only (section 6.4.1)."""
    return frozenset({at.end}) if at.begin in where else frozenset()


def anything(at: At, where: Positions) -> Positions:
    """Match any one code point."""
    return frozenset([position + 1 for position in where if position < len(at.label)])


def literal(sequence: CodePoints) -> Matcher:
    """Return a matcher of a sequence of code points."""
    length = len(sequence)

    def match(at: At, where: Positions) -> Positions:
        return frozenset([p + length for p in where if at.label[p : p + length] == sequence])

    return match


def member(code_points: frozenset[int]) -> Matcher:
    """Return a matcher of one code point of a class."""

    def match(at: At, where: Positions) -> Positions:
        label = at.label
        return frozenset([p + 1 for p in where if p < len(label) and label[p] in code_points])

    return match


def in_order(parts: Sequence[Matcher]) -> Matcher:
    """Return a matcher of one thing after the other."""

    def match(at: At, where: Positions) -> Positions:
        for part in parts:
            where = part(at, where)
        return where

    return match


def choice(parts: Sequence[Matcher]) -> Matcher:
    """Return a matcher of any of several things."""

    def match(at: At, where: Positions) -> Positions:
        return frozenset().union(*[part(at, where) for part in parts])

    return match


def repeated(part: Matcher, low: int, high: int | None) -> Matcher:
    """Return a matcher of ``part`` at least ``low`` and at most ``high`` times; None: any number."""

    def match(at: At, where: Positions) -> Positions:
        for _ in range(low):
            where = part(at, where)
        found, new, times = set(where), where, low
        while new and (high is None or times < high):
            # A position reached before was reached in fewer steps: nothing is gained by going on from it again.
            new = part(at, new) - found
            found |= new
            times += 1
        return frozenset(found)

    return match
