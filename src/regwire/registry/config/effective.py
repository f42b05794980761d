"""What holds in a zone, setting by setting, and which line of ``registry.toml`` says so."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from regwire.errors import ConfigError
from regwire.registry.config.reader import line_of
from regwire.registry.config.sections import Config

__all__ = ["Effective", "effective"]


@dataclass(frozen=True, slots=True)
class Effective:
    """One setting as it holds in a zone.

    Attributes:
        setting: its name; those of features with the feature before it: "fee.currency".
        value: as the registry uses it.
        unit: of a number.
        source: "default", or the section that says so and its line.
        why: what it is for.

    """

    setting: str
    value: Any
    unit: str
    source: str
    why: str


def effective(config: Config, zone: str, path: Path) -> Iterator[Effective]:
    """Yield what holds in ``zone``.

    Args:
        config: read from ``path``.
        zone: one of its zones.
        path: the ``registry.toml``, for the lines.

    Raises:
        ConfigError: there is no such zone, or the file is not there any more.

    """
    if zone not in config.registry.zones:
        raise ConfigError(f"zone {zone}", "not served here", f"this registry has {', '.join(config.registry.zones)}")
    try:
        text = path.read_text("utf-8")
        data = tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise ConfigError(str(path), f"cannot be read ({error})", "it must be a readable UTF-8 file") from None
    lines = text.splitlines()
    yield from _settings("", config.policy_for(zone), zone, data, lines)
    for name, value in sorted(config.features_for(zone).items()):
        yield from _settings(name, value, zone, data, lines)


def _settings(feature: str, settings: Any, zone: str, data: Mapping[str, Any], lines: list[str]) -> Iterator[Effective]:
    inside = (feature,) if feature else ()
    for item in fields(settings):
        if not item.metadata:
            continue
        source = "default"
        for section, head in (
            (("zone", zone), f'[zone."{zone}"{_dotted(feature)}]'),
            (("policy",), f"[policy{_dotted(feature)}]"),
        ):
            where = (*section, *inside, item.name)
            if _said(data, where):
                source = f"{head} line {line_of(lines, where)}"
                break
        name = f"{feature}.{item.name}" if feature else item.name
        yield Effective(name, getattr(settings, item.name), item.metadata["unit"], source, item.metadata["why"])


def _dotted(feature: str) -> str:
    return f".{feature}" if feature else ""


def _said(data: Any, where: tuple[str, ...]) -> bool:
    for part in where:
        if not isinstance(data, Mapping) or part not in data:
            return False
        data = data[part]
    return True
