"""``regwire tld``: the zones of a registry and what holds in them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from regwire.cli.operate import Dir, Json, group, name, operator, settings, show, tabulate

__all__ = ["tld"]

tld = group("The zones that are served, and what holds in each; registry.toml is where that is changed.")

Zone = Annotated[str, typer.Argument(metavar="ZONE")]


@tld.command("list")
def list_zones(folder: Dir = Path(), json: Json = False) -> None:
    """Every zone of the registry."""
    config = settings(folder)
    rows = [
        {
            "zone": zone,
            "own_policy": zone in config.zone_policies or zone in config.zone_features,
            "features": _features(folder, zone),
        }
        for zone in config.registry.zones
    ]
    tabulate(rows, ("zone", "own_policy", "features"), json=json)


def _features(folder: Path, zone: str) -> list[str]:
    """The features with settings that apply in a zone."""
    from regwire.registry.rules.features import features

    config = settings(folder)
    values = config.features_for(zone)
    return [f.name for f in features() if f.name in values and f.applies(zone, values[f.name])]


@tld.command("show")
def show_zone(zone: Zone, folder: Dir = Path(), json: Json = False) -> None:
    """What a zone has: its names by registrar and by state. Reads every domain."""
    from regwire.registry.config import effective

    key = name(zone)
    config = settings(folder)
    list(effective(config, key, folder / "registry.toml"))
    registrars: Counter[str] = Counter()
    states: Counter[str] = Counter()
    with operator(folder) as found, found.looking() as state:
        for domain in state.domains():
            if domain.name.partition(".")[2] == key:
                registrars[domain.sponsor] += 1
                states["deleted" if domain.restore is not None else "registered"] += 1
                states["held"] += any(status.value.endswith("Hold") for status in domain.statuses)
                states["locked"] += any(status.value == "serverUpdateProhibited" for status in domain.statuses)
    counts = {name: states[name] for name in ("registered", "deleted", "held", "locked")}
    show(
        {"zone": key, "features": _features(folder, key), **counts, "registrars": dict(sorted(registrars.items()))},
        json=json,
    )


@tld.command()
def policy(
    zone: Zone,
    changed: Annotated[bool, typer.Option("--changed", help="Only what differs from the defaults.")] = False,
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """Every setting that holds in a zone, and which line of registry.toml says so."""
    from regwire.registry.config import effective

    rows = [
        row
        for row in effective(settings(folder), name(zone), folder / "registry.toml")
        if not changed or row.source != "default"
    ]
    tabulate(rows, ("setting", "value", "unit", "source"), json=json)
