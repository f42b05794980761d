"""An IDN table: which labels can be registered by it, and which labels are variants of each other (RFC 7940).

Labels are given in Unicode, in the form IDNA2008 allows; a table says what the registry allows of that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from regwire.registry.idn.match import At, CodePoints, Matcher, matches

__all__ = ["Action", "Context", "Entry", "Table", "Variant", "code_points"]

#: Of dispositions for one label that several partitions lead to, the most restrictive counts.
_ORDER = ("invalid", "blocked", "valid", "allocatable", "activated")


def code_points(label: str) -> CodePoints:
    """Return a label as code points."""
    return tuple(map(ord, label))


@dataclass(frozen=True, slots=True)
class Context:
    """``when`` (``wanted``) or ``not-when``: the rule that must, or must not, match there (section 5.2)."""

    rule: Matcher
    wanted: bool

    def holds(self, label: CodePoints, begin: int, length: int) -> bool:
        """Tell whether the context is met by ``length`` code points from ``begin``."""
        return matches(self.rule, At(label, begin, begin + length)) is self.wanted


@dataclass(frozen=True, slots=True)
class Variant:
    """A mapping of an entry's code points to others (section 5.3); ``type`` "" if it has none."""

    target: CodePoints
    type: str = ""
    context: Context | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A code point or a sequence of the repertoire, with its variants."""

    source: CodePoints
    context: Context | None = None
    variants: tuple[Variant, ...] = ()

    def fits(self, label: CodePoints, begin: int) -> bool:
        """Tell whether the entry's code points stand at ``begin`` of the label, in a context that allows them."""
        length = len(self.source)
        if label[begin : begin + length] != self.source:
            return False
        return self.context is None or self.context.holds(label, begin, length)

    def mappings(self, label: CodePoints, begin: int) -> Iterator[Variant]:
        """Yield the variants that are defined where the entry stands in ``label``."""
        for variant in self.variants:
            if variant.context is None or variant.context.holds(label, begin, len(self.source)):
                yield variant


@dataclass(frozen=True, slots=True)
class Action:
    """One line of the dispositions (section 7); ``trigger`` is "any", "all", "only" or "" for none."""

    disposition: str
    match: Context | None = None
    trigger: str = ""
    types: frozenset[str] = frozenset()

    def applies(self, label: CodePoints, types: frozenset[str], *, mapped: bool) -> bool:
        """Tell whether a label triggers it.

        Args:
            label: the label whose disposition is asked for.
            types: those of the variant mappings that made it.
            mapped: whether each of its code points comes from a mapping.

        """
        if self.match is not None and not self.match.holds(label, -1, 0):
            return False
        if self.trigger == "any":
            return bool(types & self.types)
        if self.trigger:
            return bool(types) and types <= self.types and (mapped or self.trigger == "all")
        return True


#: Section 7.6.
_DEFAULT_ACTIONS = (
    Action("invalid", None, "any", frozenset({"invalid"})),
    Action("blocked", None, "any", frozenset({"blocked"})),
    Action("allocatable", None, "any", frozenset({"allocatable"})),
    Action("activated", None, "all", frozenset({"activated"})),
    Action("valid"),
)


@dataclass(frozen=True)
class Table:
    """One IDN table.

    Attributes:
        tag: what registrars call it (``idn:table``).
        entries: by their code points.
        actions: those of the table; the default ones come after.

    """

    tag: str
    entries: Mapping[CodePoints, Entry]
    actions: tuple[Action, ...] = ()
    _longest: int = field(init=False, default=1)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_longest", max((len(source) for source in self.entries), default=1))

    def at(self, label: CodePoints, begin: int) -> Iterator[Entry]:
        """Yield the entries that stand at ``begin``, the longest first (section 8.1)."""
        for length in range(min(self._longest, len(label) - begin), 0, -1):
            entry = self.entries.get(label[begin : begin + length])
            if entry is not None and entry.fits(label, begin):
                yield entry

    def fault(self, label: str) -> str | None:
        """Return why a label cannot be registered by this table, in at most 32 characters; None if it can."""
        points = code_points(label)
        position, mapped, types = 0, True, set()
        while position < len(points):
            entry = next(self.at(points, position), None)
            if entry is None:
                known = (points[position],) in self.entries
                return f"U+{points[position]:04X} {'not allowed there' if known else 'not in the table'}"
            reflexive = [v.type for v in entry.mappings(points, position) if v.target == entry.source]
            types.update(reflexive)
            mapped = mapped and bool(reflexive)
            position += len(entry.source)
        if self.disposition(points, frozenset(types), mapped=mapped) == "invalid":
            return "refused by a rule of the table"
        return None

    def disposition(self, label: CodePoints, types: frozenset[str], *, mapped: bool) -> str:
        """Return the disposition of a label made by mappings of these types (section 8.3), "valid" if none made it."""
        for action in (*self.actions, *_DEFAULT_ACTIONS):
            if action.applies(label, types, mapped=mapped):
                return action.disposition
        raise AssertionError("the last default action applies always")

    def variants(self, label: str, *, limit: int = 1000) -> dict[str, str]:
        """Return the variants of a label, other than itself, with the disposition of each (section 8.2).

        A variant that the table itself refuses is none. Where several partitions give the same variant, the most
        restrictive disposition counts.

        Args:
            label: a label that the table accepts.
            limit: at most so many permutations are looked at; a label of many variant code points has thousands.

        """
        found: dict[str, str] = {}
        origin = code_points(label)
        for count, (points, types, mapped) in enumerate(self._permuted(origin, 0)):
            if count >= limit:
                break
            text = "".join(map(chr, points))
            if points == origin or self.fault(text) is not None:
                continue
            disposition = self.disposition(points, types, mapped=mapped)
            if disposition != "invalid":
                found[text] = more_restrictive(found.get(text, disposition), disposition)
        return found

    def _permuted(self, label: CodePoints, begin: int) -> Iterator[tuple[CodePoints, frozenset[str], bool]]:
        if begin == len(label):
            yield (), frozenset(), True
            return
        for entry in self.at(label, begin):
            options = list(entry.mappings(label, begin))
            for tail, types, mapped in self._permuted(label, begin + len(entry.source)):
                if all(variant.target != entry.source for variant in options):
                    yield entry.source + tail, types, False
                for variant in options:
                    yield variant.target + tail, types | {variant.type}, mapped


def more_restrictive(one: str, other: str) -> str:
    """Return the disposition that allows less; one that RFC 7940 does not name allows nothing."""
    return min(one, other, key=lambda name: _ORDER.index(name) if name in _ORDER else 1)
