"""``regwire maintenance``: what registrars are told of, and when (RFC 9167)."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from regwire.errors import ConfigError

if TYPE_CHECKING:
    from regwire.registry.model.maintenance import System
    from regwire.registry.model.requests import Request
    from regwire.registry.store.base import Store

__all__ = ["maintenance"]

maintenance = typer.Typer(
    help="Announce maintenance to registrars (RFC 9167). Works while the server runs, and when it does not.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Dir = Annotated[Path, typer.Option("--dir", metavar="DIR", help="What `regwire init` wrote.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]
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
    first, last = _instant("--start", start), _instant("--end", end)
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
        None if start is None else _instant("--start", start),
        None if end is None else _instant("--end", end),
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
        typer.echo(json.dumps([_plain(value) for value in found]))
        return
    for value in found:
        typer.echo(_line(value))
    typer.echo(f"{len(found)} announced")


# --- asking the registry


def _ask(folder: Path, request: Request) -> Any:
    """Have the registry of a folder do something; what it refuses is an error."""
    from regwire.registry.model.requests import Call

    with _opened(folder) as store:
        transaction = f"OP{secrets.token_hex(8).upper()}"
        (outcome,) = store.execute([Call("-", request, transaction, None, secrets.token_bytes(16))])
    if outcome.code >= 2000:
        value = outcome.value[1] if outcome.value else type(request).__name__
        raise ConfigError(value, outcome.reason or f"refused ({outcome.code})", "`regwire maintenance list` shows all")
    return outcome.data


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[Store]:
    """Open the store, with the accounts of the file in it: it is them who are told."""
    from regwire.registry.accounts import taking
    from regwire.registry.clock import SystemClock
    from regwire.registry.config import load_config
    from regwire.registry.engine import open_store
    from regwire.registry.model.requests import Call
    from regwire.registry.rules import Policies

    config = load_config(folder)
    if config.store.kind == "memory":
        raise ConfigError("store.kind", "is memory: only the server has it", 'set kind = "sqlite" in registry.toml')
    with contextlib.closing(open_store(config, Policies(config), SystemClock())) as store:
        with store.read() as view:
            request = taking(view, None, config.path(config.registry.accounts))
        if request is not None:
            store.execute([Call("-", request, f"OP{secrets.token_hex(8).upper()}", None, secrets.token_bytes(16))])
        yield store


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


def _instant(option: str, text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(option, f"{text} is no instant", "write 2026-03-01 or 2026-03-01T14:00:00Z") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


# --- printing


def _show(value: Any, *, as_json: bool) -> None:
    typer.echo(json.dumps(_plain(value)) if as_json else _line(value))


def _line(value: Any) -> str:
    systems = ", ".join(f"{system.name} ({system.impact})" for system in value.systems)
    over = ", over" if value.ended else ""
    return f"{value.id}  {_plain(value.start)} to {_plain(value.end)}  {systems}  {value.reason}{over}"


def _plain(value: Any) -> Any:
    """Return a record as JSON has it."""
    if is_dataclass(value):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return value
