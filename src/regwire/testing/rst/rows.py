"""Data rows: what a case tries one after another, and whether the server must take it.

The published rows are tab-separated files with a heading, the columns' names, their descriptions and types, and then
the rows, whose empty cells repeat the row above. `regwire rst --data DIR` reads them; without it the rows of
`regwire.testing.rst.builtin` are used, which mean the same in values of our own.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from regwire.errors import ConfigError
from regwire.testing.rst.values import Values, evaluate

__all__ = ["TABLES", "Row", "Table", "load_tables", "read_table"]

TABLES = (
    "epp-07-data",
    "epp-09-postalinfo-data",
    "epp-09-other-data",
    "epp-09-status-data",
    "epp-11-data",
    "epp-13-status-data",
    "epp-13-addr-data",
    "epp-14-data",
    "epp-16-status-data",
    "epp-16-ns-data",
    "epp-16-dnssec-data",
    "epp-23-data",
)
"""The tables of the cases, as the files are named."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `cells` by column, with what they repeat filled in; the server must take it if `passes`, else refuse.

    `code` is the error code when it does otherwise, `number` counts from 1.
    """

    number: int
    cells: Mapping[str, str]
    passes: bool
    code: str

    def value(self, column: str) -> str:
        """A cell as it is written; empty if the table lacks the column."""
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one data provider."""

    name: str
    rows: tuple[Row, ...]

    def resolved(
        self,
        values: Values,
        *,
        variables: Mapping[str, str] | None = None,
        auto: Mapping[str, Callable[[], str]] | None = None,
    ) -> Iterator[tuple[Row, dict[str, str]]]:
        """Yield each row with its computed values; in a row, columns to the left are variables too."""
        previous: dict[str, str] = {}
        for row in self.rows:
            found: dict[str, str] = {}
            for column, cell in row.cells.items():
                found[column] = evaluate(
                    cell,
                    values=values,
                    variables={**(variables or {}), **found},
                    previous=previous.get(column, ""),
                    auto=(auto or {}).get(column, lambda: ""),
                )
            previous = found
            yield row, found


def read_table(path: Path) -> Table:
    """Read a published file of rows.

    Raises:
        ConfigError: the file cannot be read, or holds no rows.

    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = list(csv.reader(file, delimiter="\t"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"cannot be read ({error})", "--data names a folder of data rows") from error
    start = next((index for index, line in enumerate(lines) if "passOrFail" in line), None)
    if start is None:
        raise ConfigError(str(path), "has no line with the columns' names", "--data takes the published files")
    columns = {name: index for index, name in enumerate(lines[start]) if name}
    # Two lines follow the names: descriptions and types.
    return Table(path.stem, tuple(_rows(path, columns, lines[start + 3 :])))


def _rows(path: Path, columns: Mapping[str, int], lines: list[list[str]]) -> Iterator[Row]:
    above: dict[str, str] = {}
    for number, line in enumerate((line for line in lines if any(line)), 1):
        cells = {
            name: (line[index] if index < len(line) else "") or above.get(name, "") for name, index in columns.items()
        }
        missing = [name for name, cell in cells.items() if not cell]
        if missing:
            raise ConfigError(f"{path} row {number}", f"no value for {', '.join(missing)}")
        above = dict(cells)
        passes, code = cells.pop("passOrFail"), cells.pop("errorCode")
        if passes not in {"pass", "fail"}:
            raise ConfigError(f"{path} row {number}", f"passOrFail is {passes!r}, not pass or fail")
        yield Row(number, cells, passes == "pass", code)


def load_tables(folder: Path | None) -> dict[str, Table]:
    """Return the tables of a folder of published files; without one the built-in tables.

    Raises:
        ConfigError: a table is missing or cannot be read.

    """
    if folder is None:
        # Only here: the built-in tables build Rows themselves.
        from regwire.testing.rst.builtin import builtin_tables  # noqa: PLC0415

        return builtin_tables()
    return {name: read_table(folder / f"{name}.tsv") for name in TABLES}
