"""What operators keep in files and hand to the registry: lists of premium names; and new tokens.

For commands of the operator: what is read or made here goes into the registry as a request (`SetPremiums`,
`AddTokens`).
"""

from __future__ import annotations

import csv
import secrets
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

import idna

from regwire.errors import ConfigError
from regwire.registry.model.fees import Premium
from regwire.registry.model.reserved import ReservedName
from regwire.registry.model.tokens import Token, digest_of

__all__ = ["new_token", "read_premiums", "read_reserved"]

_COLUMNS: Final = ("name", "tier", "create", "renew", "transfer", "restore")
_RESERVED_COLUMNS: Final = ("name", "reason", "holder")


def read_premiums(path: Path) -> tuple[Premium, ...]:
    """Read a list of premium names: comma-separated, the first line names the columns.

    ``name`` is needed; ``tier``, ``create``, ``renew``, ``transfer`` and ``restore`` may be there, in any order, and
    may be empty. Names may be in Unicode. Lines that begin with # are passed over.

    Raises:
        ConfigError: naming file, line and cure.

    """
    return tuple([_premium(where, row) for where, row in _rows(path, _COLUMNS)])


def read_reserved(path: Path) -> tuple[ReservedName, ...]:
    """Read a list of reserved names: as `read_premiums`, with the columns ``name``, ``reason`` and ``holder``.

    Raises:
        ConfigError: naming file, line and cure.

    """
    return tuple(
        [
            ReservedName(_name(where, row), row.get("reason", ""), row.get("holder", ""))
            for where, row in _rows(path, _RESERVED_COLUMNS)
        ]
    )


def _rows(path: Path, known: tuple[str, ...]) -> list[tuple[str, dict[str, str]]]:
    """Return the rows of a list by column, each with the place it stands at; no name comes twice."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"cannot be read ({error})", "it must be a readable UTF-8 file") from None
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    rows = [(number, row) for number, line in numbered for row in csv.reader([line])]
    if not rows or "name" not in [column.strip() for column in rows[0][1]]:
        raise ConfigError(f"{path}:1", "names no columns", f"begin with a line such as {','.join(known)}")
    columns = [column.strip() for column in rows[0][1]]
    unknown = [column for column in columns if column not in known]
    if unknown:
        raise ConfigError(f"{path}:{rows[0][0]}", f"has a column {unknown[0]!r}", f"known: {', '.join(known)}")
    found = []
    seen: dict[str, int] = {}
    for number, row in rows[1:]:
        where = f"{path}:{number}"
        if len(row) != len(columns):
            raise ConfigError(where, f"has {len(row)} fields", f"write {len(columns)}, as the first line has")
        by_column = dict(zip(columns, (field.strip() for field in row), strict=True))
        name = _name(where, by_column)
        if name in seen:
            raise ConfigError(where, f"{name} is in line {seen[name]} already", "remove one of the two")
        seen[name] = number
        found.append((where, by_column))
    return found


def _name(where: str, row: dict[str, str]) -> str:
    try:
        return idna.encode(row["name"].lower()).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise ConfigError(where, f"{row['name']!r} is no domain name ({error})", "correct it") from None


def _premium(where: str, row: dict[str, str]) -> Premium:
    name = _name(where, row)
    prices: dict[str, Decimal | None] = {}
    for column in _COLUMNS[2:]:
        text = row.get(column, "")
        try:
            prices[column] = Decimal(text) if text else None
        except InvalidOperation:
            raise ConfigError(where, f"{text!r} is no price", "write digits and a point, such as 250.00") from None
    return Premium(name, row.get("tier", ""), **prices)


def new_token(**fields: Any) -> tuple[str, Token]:
    """Return a new token: its value, which is shown once and kept nowhere, and what the registry keeps.

    Args:
        fields: of `Token`, but for ``digest``.

    """
    value = secrets.token_urlsafe(24)
    return value, Token(digest_of(value), **fields)
