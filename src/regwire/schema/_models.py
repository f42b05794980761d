"""Content models: expressions over field names, and the deterministic automata they compile to.

The automaton is Glushkov's: one state for each occurrence of an element in the expanded model, so that it is
deterministic exactly when the model is one-unambiguous, which XML Schema demands ("unique particle attribution").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from regwire.errors import DeclarationError

MAX_POSITIONS: Final = 2048
"""How many occurrences a model may expand to; a greater bounded maximum is better left unbounded and checked above."""


class Group:
    """`Sequence` or `Choice` over field names and groups, `min` to `max` times (`max=None`: unbounded)."""

    __slots__ = ("items", "max", "min")

    def __init__(self, *items: str | Group, min: int = 1, max: int | None = 1) -> None:
        if not items:
            raise DeclarationError(type(self).__name__, "a group needs at least one field name")
        if min < 0 or (max is not None and max < min):
            raise DeclarationError(type(self).__name__, f"min={min}, max={max} allow nothing")
        if any(isinstance(item, All) for item in items):
            raise DeclarationError(type(self).__name__, "All() is a whole content model, not a part of one")
        self.items = items
        self.min = min
        self.max = max

    def names(self) -> list[str]:
        """List the field names in document order."""
        out: list[str] = []
        for item in self.items:
            out.extend([item] if isinstance(item, str) else item.names())
        return out

    def __repr__(self) -> str:
        bounds = "" if (self.min, self.max) == (1, 1) else f", min={self.min}, max={self.max}"
        return f"{type(self).__name__}({', '.join(map(repr, self.items))}{bounds})"


class Sequence(Group):
    """Its items one after another."""

    __slots__ = ()


class Choice(Group):
    """One of its items."""

    __slots__ = ()


class All(Group):
    """Its items in any order, each at most once: optional fields that are no tuples (`xs:all`)."""

    __slots__ = ()

    def __init__(self, *items: str) -> None:
        if not all(isinstance(item, str) for item in items):
            raise DeclarationError("All", "is of field names only; XML Schema has no groups in xs:all")
        super().__init__(*items, min=0, max=None)

    def __repr__(self) -> str:
        return f"All({', '.join(map(repr, self.items))})"


class _Any:
    """The type of `ANY`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ANY"


ANY: Final = _Any()
"""`content=ANY`: the class is of XML Schema's anyType; what is in it is accepted and dropped (role server: refused)."""


@dataclass(frozen=True, slots=True)
class Node:
    """A model over particle numbers: `kind` is field, seq or choice.

    A field node lists the particles that may stand there (several for a choice of classes) and the slot they fill.
    """

    kind: str
    min: int = 1
    max: int | None = 1
    items: tuple[Node, ...] = ()
    particles: tuple[int, ...] = ()
    slot: int = -1

    def describe(self) -> tuple[Any, ...]:
        """Give the nested tuples that the native compiler reads."""
        return (
            self.kind,
            self.min,
            -1 if self.max is None else self.max,
            [item.describe() for item in self.items],
            list(self.particles),
            self.slot,
        )


@dataclass(slots=True)
class _Part:
    """Glushkov's sets of a part of the expression."""

    nullable: bool
    first: list[int] = field(default_factory=list)
    last: list[int] = field(default_factory=list)


class Automaton:
    """The deterministic automaton of a model.

    `states[i]` is `(edges, final)`, an edge `(particle, next state)`; state 0 starts.
    """

    def __init__(
        self, where: str, model: Node | None, overlap: Callable[[int, int], bool], names: Callable[[int], str]
    ):
        self._where = where
        self._particle: list[int] = []
        self._follow: list[list[int]] = []
        root = _Part(True) if model is None else self._build(model)
        self._check(root, overlap, names)
        self.states = self._merge(root)

    def _position(self, particle: int) -> int:
        if len(self._particle) >= MAX_POSITIONS:
            raise DeclarationError(
                self._where, f"the content model expands to over {MAX_POSITIONS} places; use max=None"
            )
        self._particle.append(particle)
        self._follow.append([])
        return len(self._particle) - 1

    def _build(self, node: Node) -> _Part:
        part = _Part(True)
        for _ in range(node.min):
            part = self._concatenate(part, self._once(node))
        if node.max is None:
            part = self._concatenate(part, self._star(node))
        elif node.max > node.min:
            part = self._concatenate(part, self._up_to(node, node.max - node.min))
        return part

    def _up_to(self, node: Node, count: int) -> _Part:
        """`(x(x(x)?)?)?`, built from the inside out: never ambiguous by itself, unlike `x?x?x?`."""
        inner = self._once(node)
        for _ in range(count - 1):
            inner = self._concatenate(self._once(node), _Part(True, inner.first, inner.last))
        return _Part(True, inner.first, inner.last)

    def _star(self, node: Node) -> _Part:
        part = self._once(node)
        for position in part.last:
            self._link(position, part.first)
        return _Part(True, part.first, part.last)

    def _once(self, node: Node) -> _Part:
        if node.kind == "field":
            positions = [self._position(p) for p in node.particles]
            return _Part(not positions, list(positions), list(positions))
        if node.kind == "choice":
            parts = [self._build(item) for item in node.items]
            return _Part(
                any(p.nullable for p in parts),
                [x for p in parts for x in p.first],
                [x for p in parts for x in p.last],
            )
        whole = _Part(True)
        for item in node.items:
            whole = self._concatenate(whole, self._build(item))
        return whole

    def _concatenate(self, a: _Part, b: _Part) -> _Part:
        for position in a.last:
            self._link(position, b.first)
        return _Part(
            a.nullable and b.nullable,
            a.first + b.first if a.nullable else list(a.first),
            b.last + a.last if b.nullable else list(b.last),
        )

    def _link(self, position: int, targets: Iterable[int]) -> None:
        known = self._follow[position]
        known.extend(t for t in targets if t not in known)

    def _check(self, root: _Part, overlap: Callable[[int, int], bool], names: Callable[[int], str]) -> None:
        for targets in [root.first, *self._follow]:
            for i, a in enumerate(targets):
                for b in targets[i + 1 :]:
                    if a != b and overlap(self._particle[a], self._particle[b]):
                        x, y = names(self._particle[a]), names(self._particle[b])
                        what = f"{x} may belong to two places" if x == y else f"{x} and {y} may stand in the same place"
                        raise DeclarationError(
                            self._where, f"its content model is ambiguous: {what}; reorder or bound the fields"
                        )

    def _merge(self, root: _Part) -> list[tuple[list[tuple[int, int]], bool]]:
        """Join states with the same future, repeatedly: unrolled occurrences cost no states they do not need."""
        finals = set(root.last)
        follows = [root.first, *self._follow]
        final = [root.nullable, *(i in finals for i in range(len(self._follow)))]
        block = [int(f) for f in final]
        while True:
            signatures = [
                (block[i], tuple((self._particle[t], block[t + 1]) for t in follows[i])) for i in range(len(follows))
            ]
            numbers: dict[Any, int] = {}
            new = [numbers.setdefault(s, len(numbers)) for s in signatures]
            if new == block:
                break
            block = new
        states: list[tuple[list[tuple[int, int]], bool]] = [([], False)] * len(set(block))
        for i, number in enumerate(block):
            states[number] = ([(self._particle[t], block[t + 1]) for t in follows[i]], final[i])
        return states
