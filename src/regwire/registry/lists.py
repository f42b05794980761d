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
from regwire.registry.model.tokens import Token, digest_of

__all__ = ["new_token", "read_premiums"]

_COLUMNS: Final = ("name", "tier", "create", "renew", "transfer", "restore")


def read_premiums(path: Path) -> tuple[Premium, ...]:
    """Read a list of premium names: comma-separated, the first line names the columns.

    ``name`` is needed; ``tier``, ``create``, ``renew``, ``transfer`` and ``restore`` may be there, in any order, and
    may be empty. Names may be in Unicode. Lines that begin with # are passed over.

    Raises:
        ConfigError: naming file, line and cure.

    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"cannot be read ({error})", "it must be a readable UTF-8 file") from None
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    rows = [(number, row) for number, line in numbered for row in csv.reader([line])]
    if not rows or "name" not in [column.strip() for column in rows[0][1]]:
        raise ConfigError(f"{path}:1", "names no columns", f"begin with a line such as {','.join(_COLUMNS)}")
    columns = [column.strip() for column in rows[0][1]]
    unknown = [column for column in columns if column not in _COLUMNS]
    if unknown:
        raise ConfigError(f"{path}:{rows[0][0]}", f"has a column {unknown[0]!r}", f"known: {', '.join(_COLUMNS)}")
    found: dict[str, tuple[int, Premium]] = {}
    for number, row in rows[1:]:
        where = f"{path}:{number}"
        if len(row) != len(columns):
            raise ConfigError(where, f"has {len(row)} fields", f"write {len(columns)}, as the first line has")
        value = _premium(where, dict(zip(columns, (field.strip() for field in row), strict=True)))
        if value.name in found:
            raise ConfigError(where, f"{value.name} is in line {found[value.name][0]} already", "remove one of the two")
        found[value.name] = (number, value)
    return tuple([value for _, value in found.values()])


def _premium(where: str, row: dict[str, str]) -> Premium:
    try:
        name = idna.encode(row["name"].lower()).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise ConfigError(where, f"{row['name']!r} is no domain name ({error})", "correct it") from None
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
