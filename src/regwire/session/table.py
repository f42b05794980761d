"""State machines as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar


class Symbol(Enum):
    """A state, an input or an action: an enumeration whose members hash by identity, which costs a tenth of by name."""

    __hash__ = object.__hash__


S = TypeVar("S", bound=Enum)
I = TypeVar("I", bound=Enum)  # noqa: E741 - state, input, action: the three letters of the table
A = TypeVar("A", bound=Enum)


@dataclass(frozen=True, slots=True)
class Step(Generic[S, A]):
    """What an input does in a state: the action, the result code it is answered with (if any), and the next state."""

    action: A
    code: int | None = None
    next: S | None = None

    def __str__(self) -> str:
        """`refuse 2002`, `close → closed`."""
        code = "" if self.code is None else f" {self.code}"
        after = "" if self.next is None else f" → {self.next.value}"
        return f"{self.action.value}{code}{after}"


class Table(Generic[S, I, A]):
    """An immutable mapping from (state, input) to `Step`; what is not in it is `other`, a protocol error.

    Every state and input must occur, and `next` must be a state that has rows or is `final`; a table that is not closed
    is refused where it is written, when the module is imported.
    """

    __slots__ = ("_rows", "final", "inputs", "name", "other", "states")

    def __init__(
        self,
        name: str,
        rows: Mapping[S, Mapping[I, Step[S, A]]],
        *,
        states: type[S],
        inputs: type[I],
        other: Step[S, A],
        final: frozenset[S] = frozenset(),
    ) -> None:
        self.name = name
        self.states = states
        self.inputs = inputs
        self.other = other
        self.final = final
        self._rows = {(state, given): step for state, row in rows.items() for given, step in row.items()}
        self._check(rows)

    def _check(self, rows: Mapping[S, Mapping[I, Step[S, A]]]) -> None:
        missing = [s for s in self.states if s not in rows and s not in self.final]
        if missing:
            raise ValueError(f"{self.name}: states without a row: {missing}")
        unused = [i for i in self.inputs if not any(i in row for row in rows.values())]
        if unused:
            raise ValueError(f"{self.name}: inputs that no state takes: {unused}")

    def step(self, state: S, given: I) -> Step[S, A]:
        """Return the step for `given` in `state`; `other` when the table does not hold it."""
        return self._rows.get((state, given), self.other)

    def __contains__(self, key: tuple[S, I]) -> bool:
        """Whether the table names this pair itself."""
        return key in self._rows

    def render(self) -> str:
        """Draw the table as reStructuredText (`list-table`): a row per input, a column per state."""
        states = [s for s in self.states if s not in self.final]
        lines = [
            f".. list-table:: {self.name}",
            "   :header-rows: 1",
            "   :stub-columns: 1",
            "",
            "   * - input",
            *(f"     - {state.value}" for state in states),
        ]
        for given in self.inputs:
            lines.append(f"   * - {given.value}")
            lines.extend(f"     - {self._rows.get((state, given), self.other)}" for state in states)
        lines += ["", f"Not listed: {self.other}. Final: {', '.join(s.value for s in self.final) or 'none'}.", ""]
        return "\n".join(lines)
