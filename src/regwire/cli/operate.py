"""What the operator's commands share: their options, opening the registry, printing."""

from __future__ import annotations

import datetime as dt
import logging
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regwire.errors import ConfigError

if TYPE_CHECKING:
    from regwire.registry.config import Config
    from regwire.registry.operator import Operator

__all__ = [
    "Dir",
    "Json",
    "Reason",
    "Yes",
    "amount",
    "confirm",
    "group",
    "instant",
    "name",
    "operator",
    "plain",
    "require_registrar",
    "settings",
    "show",
    "tabulate",
]

Dir = Annotated[Path, typer.Option("--dir", metavar="DIR", help="A folder of `regwire init`.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Told to the registrar; 32 characters.")]

_EPILOG = "Exit: 0 done, 1 refused, 2 usage. Works while the server runs, and when it does not."


def group(help: str) -> typer.Typer:
    """A group of the operator's commands."""
    return typer.Typer(help=help, no_args_is_help=True, rich_markup_mode=None, epilog=_EPILOG)


def settings(folder: Path) -> Config:
    """The settings of the registry in a folder."""
    from regwire.registry.config import load_config

    return load_config(folder / "registry.toml")


@contextmanager
def operator(folder: Path) -> Iterator[Operator]:
    """Open the registry in a folder for its operator."""
    from regwire.registry.operator import open_operator

    # What cannot be written is told in one line; the tracebacks that a server's log has of it are not for here.
    logging.getLogger("regwire").addHandler(logging.NullHandler())
    with open_operator(settings(folder), command=_command_line()) as found:
        yield found


def require_registrar(found: Operator, id: str) -> None:
    """Refuse what is meant for a registrar that is not there: 2303."""
    from regwire.errors import OperatorRefused

    with found.looking() as state:
        if state.view.record("registrar", id) is None:
            raise OperatorRefused(2303, f"there is no registrar {id}", "`regwire registrar list` shows all")


def _command_line() -> str:
    """The command as it was given, for the audit; no option of ours has a secret for its value."""
    return shlex.join(["regwire", *sys.argv[1:]])


def confirm(question: str, *, yes: bool) -> None:
    """Ask before what cannot be undone; without a terminal, ``--yes`` is needed."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise ConfigError(question, "cannot be undone, and nobody is there to be asked", "give --yes")
    if not typer.confirm(f"{question}: this cannot be undone. Go on?"):
        raise typer.Exit(1)


# --- values


def name(text: str) -> str:
    """A domain or host name as the registry has it; U-labels are turned into A-labels."""
    from regwire.cli.requests import a_label_name

    return a_label_name(text).lower().rstrip(".")


def instant(option: str, text: str | None) -> dt.datetime | None:
    """A date or an instant with its offset (UTC if it has none)."""
    if text is None:
        return None
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text} is no instant; write 2025-01-31 or 2025-01-31T12:00:00Z", param_hint=option
        ) from None
    return found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found.astimezone(dt.UTC)


def amount(option: str, text: str | None) -> Decimal | None:
    """An amount of money."""
    if text is None:
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise typer.BadParameter(f"{text} is no amount; write 250.00", param_hint=option)
    return found


# --- printing


def plain(value: Any) -> Any:
    """A record of the registry as JSON has it: all fields but secrets, instants in UTC, amounts as text."""
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value) if item.repr}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, bytes):
        return value.hex()
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def show(value: Any, *, json: bool) -> None:
    """Print one thing."""
    from regwire.cli.show import grid, print_json

    found = plain(value)
    (print_json if json else grid)(found)


def tabulate(values: Iterable[Any], columns: Sequence[str], *, json: bool) -> None:
    """Print a list: all members as JSON, some as a table."""
    from regwire.cli.show import print_json, table

    rows = [plain(value) for value in values]
    if json:
        print_json(rows)
    elif rows:
        table(rows, columns)
    else:
        print("none")
