"""``regwire history`` and ``regwire audit``: what changed, and who asked for what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regwire.cli.operate import Dir, Json, instant, name, operator, plain, tabulate

if TYPE_CHECKING:
    from regwire.registry.model.audit import Audited
    from regwire.registry.operator import Operator

__all__ = ["audit", "history", "show_history"]

_PAGE = 1000


def history(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="domain, host, contact, registrar, premium, token …")],
    key: Annotated[str, typer.Argument(metavar="KEY", help="The name or id, also of what is gone.")],
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """What happened to an object: every change, who made it, and with --json what it was after it."""
    show_history(kind, key, folder, json=json)


def show_history(kind: str, key: str, folder: Path, *, json: bool) -> None:
    """Print the history of one object, and refuse if there is none."""
    from regwire.errors import OperatorRefused

    key = name(key) if kind in {"domain", "host"} else key
    with operator(folder) as found:
        with found.looking() as state:
            rows = state.history(kind, key)
        if not rows:
            raise OperatorRefused(2303, f"no {kind} {key} was ever here", "check its kind and its name")
        tabulate(rows, ("at", "account", "operation", "key", "sponsor", "transaction"), json=json)


def audit(
    account: Annotated[
        str | None, typer.Option("--registrar", metavar="ID", help="Only its commands; - is us.")
    ] = None,
    mentions: Annotated[
        str | None,
        typer.Option("--object", metavar="NAME", help="Only commands that name this domain, host or contact."),
    ] = None,
    transaction: Annotated[
        str | None, typer.Option("--transaction", metavar="ID", help="Only this command; the server's identifier.")
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="INSTANT", help="2025-01-31 or 2025-01-31T12:00:00Z.")] = None,
    until: Annotated[str | None, typer.Option(metavar="INSTANT", help="Before it.")] = None,
    code: Annotated[int | None, typer.Option(min=1000, max=2999, help="Only with this result code.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000_000, help="At most so many, the last ones.")] = 100,
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """Search the commands that the registry noted: all transforms, queries and logins, unless [audit] says otherwise.

    With --json each has its frame, without its secrets.
    """
    wanted = {"since": instant("--since", since), "until": instant("--until", until)}
    with operator(folder) as found:
        rows: list[Audited] = []
        for row in _audited(found, {"account": account, "transaction": transaction, "mentions": mentions, **wanted}):
            if (code is None or row.code == code) and (mentions is None or _names(row, mentions)):
                rows.append(row)
                del rows[:-limit]
        columns = ("at", "account", "command", "code", "fault", "peer", "transaction", "client_transaction")
        tabulate([_flat(row) for row in rows], columns, json=json)


def _audited(found: Operator, conditions: dict[str, Any]) -> Iterator[Audited]:
    after = 0
    with found.looking() as state:
        while page := state.audit(**conditions, after=after, limit=_PAGE):
            yield from page
            after = page[-1].id


def _names(row: Audited, text: str) -> bool:
    """Whether the frame has it as a whole word: not only as a part of a longer name."""
    frame = row.origin.frame or ""
    return re.search(rf"(?<![\w.-]){re.escape(text)}(?![\w-]|\.\w)", frame) is not None


def _flat(row: Audited) -> dict[str, Any]:
    found = plain(row)
    origin = found.pop("origin")
    return {**found, **origin}
