"""The values of data rows: literal, or expressions in braces that are computed anew for each row.

{EMPTY}                       an empty string, which is not the same as nothing
{AUTO}                        a value that fits the column
{PREVIOUS}                    the value that this column had in the row before
{RANDCHARS(18)}               random letters and digits; RANDASCII the same, RANDHEX octets as hex digits
{"ns1." & RANDCHARS(8) & "." & $TLD}    parts joined; $NAME is a variable, or the column of that name
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Mapping

import idna

from regwire.errors import ConfigError

__all__ = ["EMPTY", "Values", "evaluate"]

EMPTY = "{EMPTY}"
_LETTERS = string.ascii_letters + string.digits
_PART = re.compile(r'\s*(?:"(?P<text>[^"]*)"|\$(?P<variable>\w+)|(?P<function>\w+)\((?P<count>\d+)\))\s*(?:&|$)')

Auto = Callable[[str], str]


class Values:
    """Random values of a case: what a seed gives once, it gives again, and each case of a run its own."""

    def __init__(self, seed: int, case: str = "") -> None:
        self._random = random.Random(f"{seed} {case}")  # noqa: S311 - test data; a run can be repeated

    def chars(self, count: int) -> str:
        """Letters of both cases and digits; never a hyphen, so that any of them is a label."""
        return "".join(self._random.choices(_LETTERS, k=count))

    def label(self, prefix: str = "rst") -> str:
        """A lower-case label that nobody has registered."""
        return f"{prefix}-{self.chars(16).lower()}"

    def hex(self, octets: int) -> str:
        """Octets as upper-case hex digits."""
        return self._random.randbytes(octets).hex().upper()

    def number(self, low: int, high: int) -> int:
        """A number of a range, both ends included."""
        return self._random.randint(low, high)

    def pick(self, choices: tuple[str, ...]) -> str:
        """One of these."""
        return self._random.choice(choices)

    def secret(self, count: int = 24) -> str:
        """An authInfo of 94 possible characters but those with a meaning in XML: 24 are more than 150 bits."""
        letters = _LETTERS + "!#$%*+-./:;=?@^_~"
        # One of each kind, so that no policy on composition refuses it.
        start = [self._random.choice(part) for part in (string.ascii_uppercase, string.ascii_lowercase, string.digits)]
        return "".join([*start, "#", *self._random.choices(letters, k=count - 4)])


def evaluate(cell: str, *, values: Values, variables: Mapping[str, str], previous: str, auto: Callable[[], str]) -> str:
    """Return what a cell means.

    Raises:
        ConfigError: an expression that is none of those above, or a variable that does not exist.

    """
    if not (cell.startswith("{") and cell.endswith("}")):
        return cell
    expression = cell[1:-1].strip()
    simple: dict[str, Callable[[], str]] = {"EMPTY": str, "AUTO": auto, "PREVIOUS": lambda: previous}
    if expression in simple:
        return simple[expression]()
    out: list[str] = []
    position = 0
    while position < len(expression):
        found = _PART.match(expression, position)
        if found is None:
            raise ConfigError(f"value {cell}", "is no expression that data rows may have", "see the documentation")
        part = _part(found, cell, values, variables)
        while out and out[-1].lower().endswith("xn--") and _is_a_label("xn--" + part):
            # Rows put random characters there to have no A-label, and one in eleven is one: ideographs, mostly.
            part = _part(found, cell, values, variables)
        out.append(part)
        position = found.end()
    return "".join(out)


def _is_a_label(label: str) -> bool:
    try:
        idna.ulabel(label.lower())
    except (idna.IDNAError, UnicodeError):
        return False
    return True


def _part(found: re.Match[str], cell: str, values: Values, variables: Mapping[str, str]) -> str:
    if found["text"] is not None:
        return found["text"]
    if found["variable"] is not None:
        if found["variable"] not in variables:
            raise ConfigError(f"value {cell}", f"${found['variable']} is not known here")
        return variables[found["variable"]]
    count = int(found["count"])
    functions = {"RANDCHARS": values.chars, "RANDASCII": values.chars, "RANDHEX": values.hex}
    if found["function"] not in functions:
        raise ConfigError(f"value {cell}", f"no function {found['function']}", f"known: {', '.join(functions)}")
    return functions[found["function"]](count)
