"""The lists of a trademark clearinghouse, as CSV (RFC 9361 section 6), and the mark codes of a validator."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from regwire.errors import ConfigError

__all__ = ["read_codes", "read_labels", "read_revoked"]


def read_labels(path: Path) -> Mapping[str, str]:
    """Return the claims key of each label of a domain name label list; "" for lists without keys (sunrise lists).

    Raises:
        ConfigError: the file cannot be read or is no such list.

    """
    header, rows = _read(path, "DNL")
    if header[1:2] == ["lookup-key"]:
        return {label.lower(): key for label, key in _pairs(path, rows)}
    return {row[0].lower(): "" for _, row in rows if row[0]}


def read_revoked(path: Path) -> frozenset[str]:
    """Return the identifiers of the signed marks on a revocation list.

    Raises:
        ConfigError: the file cannot be read or is no such list.

    """
    _, rows = _read(path, "smd-id")
    return frozenset(row[0] for _, row in rows if row[0])


def read_codes(path: Path) -> Mapping[str, frozenset[str]]:
    """Return the labels that each mark code stands for (RFC 8334 section 2.6.1); lines of code and label.

    Raises:
        ConfigError: the file cannot be read or is no such list.

    """
    _, rows = _read(path, "code", versioned=False)
    found: dict[str, set[str]] = {}
    for code, label in _pairs(path, rows):
        found.setdefault(code, set()).add(label.lower())
    return {code: frozenset(labels) for code, labels in found.items()}


def _pairs(path: Path, rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[str, str]]:
    for number, row in rows:
        if len(row) < 2 or not row[0] or not row[1]:
            raise ConfigError(f"{path}:{number}", "has fewer than two values", "give the list as its source has it")
        yield row[0], row[1]


def _read(path: Path, first: str, *, versioned: bool = True) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """Return the names of the columns, and the rows with their line numbers."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"cannot be read ({error})", "give a readable UTF-8 file") from error
    lines = [[cell.strip() for cell in row] for row in csv.reader(text.splitlines())]
    place = 1 if versioned else 0
    if len(lines) <= place or lines[place][:1] != [first] or (versioned and lines[0][:1] != ["1"]):
        wanted = f"version 1 and a second line that begins with {first}" if versioned else f"a first line {first},label"
        raise ConfigError(str(path), "is no such list", f"it needs {wanted}")
    rows = enumerate(lines[place + 1 :], place + 2)
    return lines[place], ((number, row) for number, row in rows if row)
