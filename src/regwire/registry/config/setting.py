"""What a setting is: a dataclass field with its unit, its reason and its bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any, NamedTuple

__all__ = ["Setting", "setting"]


def setting(
    default: Any,
    *,
    why: str,
    unit: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] | Callable[[], tuple[str, ...]] = (),
) -> Any:
    """Return a field of a settings class.

    Its type is str, int, float, bool, Path, Decimal (in quotes in the file, or a number), date or datetime (with an
    offset); `Mapping[str, X]` of these (a table); `tuple[X, ...]` of these (a list), or of a settings class (a section
    in double brackets each); or one of them or None.

    Args:
        default: the value when the file does not say; `dataclasses.MISSING`: the file must say (in `tuple[X, ...]`).
        why: what it is for, and why the default is what it is.
        unit: of a number.
        minimum: the least that a number may be.
        maximum: the most.
        choices: what a string may be; a function is asked when it is needed.

    """
    metadata = {"unit": unit, "why": why, "minimum": minimum, "maximum": maximum, "choices": choices}
    return field(default=default, metadata=metadata)


class Setting(NamedTuple):
    """One row of the documentation of the file."""

    section: str
    name: str
    type: str
    unit: str
    default: object
    why: str
