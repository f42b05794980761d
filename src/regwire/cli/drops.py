"""``regwire drops``: what drops when, and who asked for a dropped name first."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regwire.cli.operate import settings
from regwire.errors import ConfigError

if TYPE_CHECKING:
    from regwire.registry.rules import Policies
    from regwire.registry.store.base import Snapshot

__all__ = ["drops"]

drops = typer.Typer(help="What drops when, in which order, and who came first.", no_args_is_help=True)

Folder = Annotated[Path, typer.Option("--dir", metavar="DIR", help="What `regwire init` wrote.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]
Since = Annotated[str | None, typer.Option(metavar="WHEN", help="From this instant or day (UTC) on.")]
Until = Annotated[str | None, typer.Option(metavar="WHEN", help="Before this instant or day (UTC).")]


@drops.command("list")
def list_(
    folder: Folder = Path(),
    zone: Annotated[str | None, typer.Option(help="Only names of this zone.")] = None,
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """List the names that drop, earliest first. Those in redemption may still be restored."""
    from regwire.registry.drops import plain, scheduled

    with _opened(folder) as (snapshot, policies):
        if zone is not None and zone not in policies.by_zone:
            raise ConfigError("--zone", f"{zone} is no zone of this registry", f"one of {', '.join(policies.by_zone)}")
        found = scheduled(
            snapshot, policies, zone=zone, since=_instant("--since", since), until=_instant("--until", until)
        )
    if as_json:
        typer.echo(json.dumps([plain(drop) for drop in found]))
        return
    for drop in found:
        typer.echo(f"{_shown(drop.at)}  {drop.name}{'' if drop.fixed else '  (in redemption)'}")
    typer.echo(f"{len(found)} names")


@drops.command("log")
def log(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    folder: Folder = Path(),
    since: Since = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """Show every create of a name in the order of decision, with the order of arrival and a running digest."""
    from regwire.registry.drops import arrivals, chained, in_order, plain

    with _opened(folder) as (snapshot, _):
        found = list(
            arrivals(snapshot, name.lower(), since=_instant("--since", since), until=_instant("--until", until))
        )
    ordered = in_order(found)
    if as_json:
        rows = [{**plain(attempt), "won": attempt.won, "digest": digest} for attempt, digest in chained(found)]
        typer.echo(json.dumps({"name": name.lower(), "in_order": ordered, "attempts": rows}))
    else:
        for attempt, digest in chained(found):
            line = f"{_shown(attempt.decided)}  arrival {attempt.arrival}  {attempt.account}  {attempt.code}"
            typer.echo(f"{line}{'  registered' if attempt.won else ''}  {digest[:16]}")
        typer.echo(f"{len(found)} attempts, decided {'in' if ordered else 'NOT in'} the order of arrival")
    if not ordered:
        raise typer.Exit(1)


@drops.command("seed")
def seed(zone: Annotated[str, typer.Argument(metavar="ZONE")], folder: Folder = Path()) -> None:
    """Print what to publish before names drop in random order: the SHA-256 of the zone's seed."""
    from regwire.registry.rules import Policies
    from regwire.registry.rules.features.drop import commitment

    policies = Policies(settings(folder))
    if zone not in policies.by_zone:
        raise ConfigError("ZONE", f"{zone} is no zone of this registry", f"one of {', '.join(policies.by_zone)}")
    drop: Any = policies.by_zone[zone].feature("drop")
    if drop.order != "random":
        raise ConfigError(zone, f"names drop in the order {drop.order}", 'set order = "random" in [policy.drop]')
    typer.echo(commitment(drop.seed))


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[tuple[Snapshot, Policies]]:
    from regwire.registry.clock import SystemClock
    from regwire.registry.engine import open_store
    from regwire.registry.rules import Policies

    config = settings(folder)
    policies = Policies(config)
    with contextlib.closing(open_store(config, policies, SystemClock())) as store, store.snapshot() as snapshot:
        yield snapshot, policies


def _instant(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(option, f"{text} is no instant", "write 2026-03-01 or 2026-03-01T14:00:00Z") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _shown(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
