"""``regwire maintenance``: what registrars are told of, and when (RFC 9167)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from regwire.cli.operate import Dir, Json, instant, operator, plain

if TYPE_CHECKING:
    from regwire.registry.model.maintenance import System
    from regwire.registry.model.requests import Request

__all__ = ["maintenance"]

maintenance = typer.Typer(
    help="Announce maintenance to registrars (RFC 9167). Works while the server runs, and when it does not.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Id = Annotated[str, typer.Argument(metavar="ID")]
Systems = Annotated[
    list[str] | None,
    typer.Option("--system", metavar="NAME[@HOST][=IMPACT]", help="As EPP=full or EPP@epp.test=partial; repeatable."),
]
Start = Annotated[str | None, typer.Option(metavar="WHEN", help="As 2026-03-01T14:00:00Z (UTC without an offset).")]
End = Annotated[str | None, typer.Option(metavar="WHEN", help="Likewise.")]
Name = Annotated[str | None, typer.Option(help="For people.")]
Types = Annotated[list[str] | None, typer.Option("--type", help="As the registry calls it; repeatable.")]
Environment = Annotated[
    str | None, typer.Option(metavar="NAME", help="production, ote, staging, dev; anything else is a custom one.")
]
Reason = Annotated[str | None, typer.Option(help="planned or emergency.")]
Detail = Annotated[str | None, typer.Option(metavar="URI", help="Where there is more to read.")]
Texts = Annotated[list[str] | None, typer.Option("--description", metavar="TEXT", help="Plain text; repeatable.")]
Tlds = Annotated[list[str] | None, typer.Option("--tld", metavar="ZONE", help="Repeatable; none: everything.")]
Connection = Annotated[
    bool | None, typer.Option("--reconnect/--no-reconnect", help="Whether registrars have to connect again.")
]
Implementation = Annotated[
    bool | None, typer.Option("--reimplement/--no-reimplement", help="Whether registrars have to change programs.")
]
_ENVIRONMENTS: Final = ("production", "ote", "staging", "dev")


@maintenance.command("add")
def add(
    start: Annotated[str, typer.Option(metavar="WHEN", help="As 2026-03-01T14:00:00Z (UTC without an offset).")],
    end: Annotated[str, typer.Option(metavar="WHEN", help="Likewise.")],
    system: Systems = None,
    id: Annotated[str, typer.Option(help="Unique; one is made up otherwise.")] = "",
    name: Name = None,
    type: Types = None,
    environment: Environment = None,
    reason: Reason = None,
    detail: Detail = None,
    description: Texts = None,
    tld: Tlds = None,
    reconnect: Connection = None,
    reimplement: Implementation = None,
    folder: Dir = Path(),
    as_json: Json = False,
) -> None:
    """Announce one; every registrar is told, again before it starts, and when it is over."""
    from regwire.registry.model.maintenance import AddMaintenance, Maintenance

    given = _given(name, type, environment, reason, detail, description, tld, (reconnect, reimplement))
    first, last = instant("--start", start), instant("--end", end)
    assert first is not None
    assert last is not None
    made = Maintenance(id, _systems(system or ["EPP"]), first, last, **given)
    _show(_ask(folder, AddMaintenance(made)), as_json=as_json)


@maintenance.command("update")
def update(
    id: Id,
    start: Start = None,
    end: End = None,
    system: Systems = None,
    name: Name = None,
    type: Types = None,
    environment: Environment = None,
    reason: Reason = None,
    detail: Detail = None,
    description: Texts = None,
    tld: Tlds = None,
    reconnect: Connection = None,
    reimplement: Implementation = None,
    folder: Dir = Path(),
    as_json: Json = False,
) -> None:
    """Change what is given; every registrar is told."""
    from regwire.registry.model.maintenance import ChangeMaintenance

    given = _given(name, type, environment, reason, detail, description, tld, (reconnect, reimplement))
    changed = ChangeMaintenance(
        id,
        None if system is None else _systems(system),
        instant("--start", start),
        instant("--end", end),
        **given,
    )
    _show(_ask(folder, changed), as_json=as_json)


@maintenance.command("remove")
def remove(id: Id, folder: Dir = Path(), as_json: Json = False) -> None:
    """Call one off, of which every registrar is told; or forget one that is over."""
    from regwire.registry.model.maintenance import RemoveMaintenance

    _show(_ask(folder, RemoveMaintenance(id)), as_json=as_json)


@maintenance.command("list")
def list_(folder: Dir = Path(), as_json: Json = False) -> None:
    """List all, by start; those that are over stay for [policy.maintenance] keep."""
    from regwire.registry.model.maintenance import ListMaintenance

    found = _ask(folder, ListMaintenance()).items
    if as_json:
        typer.echo(json.dumps([plain(value) for value in found]))
        return
    for value in found:
        typer.echo(_line(value))
    typer.echo(f"{len(found)} announced")


# --- asking the registry


def _ask(folder: Path, request: Request) -> Any:
    """Have the registry of a folder do something; what it refuses is an error."""
    with operator(folder) as found:
        return found.ask(request, cure="`regwire maintenance list` shows all")


# --- what the options say


def _given(
    name: str | None,
    types: Sequence[str] | None,
    environment: str | None,
    reason: str | None,
    detail: str | None,
    texts: Sequence[str] | None,
    tlds: Sequence[str] | None,
    does: tuple[bool | None, bool | None],
) -> dict[str, Any]:
    """Return the fields that are given."""
    from regwire.registry.model.maintenance import Description, Intervention

    found: dict[str, Any] = {"name": name, "reason": reason, "detail": detail}
    if types is not None:
        found["types"] = tuple(types)
    if texts is not None:
        found["descriptions"] = tuple([Description(text) for text in texts])
    if tlds is not None:
        found["tlds"] = tuple([tld.lower() for tld in tlds])
    if environment is not None:
        known = environment in _ENVIRONMENTS
        found |= {"environment": environment if known else "custom", "custom": None if known else environment}
    if does != (None, None):
        found["intervention"] = Intervention(does[0] is True, does[1] is True)
    return {key: value for key, value in found.items() if value is not None}


def _systems(texts: Sequence[str]) -> tuple[System, ...]:
    from regwire.registry.model.maintenance import System

    found = []
    for text in texts:
        rest, _, impact = text.partition("=")
        name, _, host = rest.partition("@")
        found.append(System(name, impact or "full", host.lower() or None))
    return tuple(found)


# --- printing


def _show(value: Any, *, as_json: bool) -> None:
    typer.echo(json.dumps(plain(value)) if as_json else _line(value))


def _line(value: Any) -> str:
    systems = ", ".join(f"{system.name} ({system.impact})" for system in value.systems)
    over = ", over" if value.ended else ""
    return f"{value.id}  {plain(value.start)} to {plain(value.end)}  {systems}  {value.reason}{over}"
