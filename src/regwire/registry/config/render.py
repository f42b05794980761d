"""``registry.toml`` as documentation and as text."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, get_args, get_origin

from regwire.registry.config.sections import SECTIONS, Config, ExtraListener, PolicySettings, feature_settings
from regwire.registry.config.setting import Setting

__all__ = ["describe", "render", "section_class"]


def describe() -> Iterator[Setting]:
    """Yield every setting of the file, in its order."""
    sections: dict[str, Any] = {**SECTIONS, "listen.extra": ExtraListener}
    sections.update({f"policy.{name}": cls for name, cls in feature_settings().items()})
    for section, cls in sections.items():
        yield from _described(section, cls)


def _described(section: str, cls: type[Any]) -> Iterator[Setting]:
    hints = typing.get_type_hints(cls)
    nested = []
    for item in fields(cls):
        if item.metadata:
            default = None if item.default is MISSING else item.default
            meta = item.metadata
            yield Setting(section, item.name, _type_name(hints[item.name]), meta["unit"], default, meta["why"])
            inner = section_class(hints[item.name])
            if inner is not None:
                nested.append((f"{section}.{item.name}", inner))
    for name, inner in nested:
        yield from _described(name, inner)


def section_class(hint: Any) -> type[Any] | None:
    """Return X of ``tuple[X, ...]`` where X is a settings class, else None."""
    if get_origin(hint) is tuple and isinstance(get_args(hint)[0], type) and is_dataclass(get_args(hint)[0]):
        return get_args(hint)[0]  # type: ignore[no-any-return]
    return None


def render(config: Config, *, every: bool = False) -> str:
    """Return ``config`` as the text of a ``registry.toml`` that `parse_config` reads back.

    Args:
        config: the settings to write.
        every: also write settings that have their default, as comments.

    """
    out: list[str] = []
    for section, cls in SECTIONS.items():
        out += _render_section(section, cls, getattr(config, section), every=every)
    for extra in config.listen.extra:
        out += _render_section("listen.extra", ExtraListener, extra, every=False, header="[[listen.extra]]")
    defaults = {name: cls() for name, cls in feature_settings().items()}
    general = {**defaults, **config.features}
    for name, value in general.items():
        out += _render_section(f"policy.{name}", type(value), value, every=every, base=defaults[name])
    for zone, policy in config.zone_policies.items():
        out += _render_section(
            "policy", PolicySettings, policy, every=False, header=f'[zone."{zone}"]', base=config.policy
        )
    for zone, changed in config.zone_features.items():
        for name, value in changed.items():
            header = f'[zone."{zone}".{name}]'
            out += _render_section("", type(value), value, every=False, header=header, base=general[name])
    return "\n".join(out).lstrip("\n") + "\n"


def _render_section(
    section: str, cls: type[Any], value: Any, *, every: bool, header: str | None = None, base: Any = None
) -> list[str]:
    lines: list[str] = []
    tables: list[str] = []
    head = header or f"[{section}]"
    hints = typing.get_type_hints(cls)
    for item in fields(cls):
        if not item.metadata:
            continue
        actual = getattr(value, item.name)
        default = getattr(base, item.name) if base is not None else item.default
        is_default = actual == default and section != "registry"
        inner = section_class(hints[item.name])
        if inner is not None:
            if not is_default:
                name = f"[{head[:-1]}.{item.name}]]"
                for entry in actual:
                    tables += [
                        "",
                        name,
                        *_render_section("", inner, entry, every=False, header=name, base=_NOTHING)[2:],
                    ]
            continue
        if is_default and not every:
            continue
        unit = f"{item.metadata['unit']}; " if item.metadata["unit"] else ""
        if actual is None:
            lines.append(f"# {item.name} =    # {unit}{item.metadata['why']}")
        else:
            mark = "# " if is_default else ""
            lines.append(f"{mark}{item.name} = {_toml(actual)}    # {unit}{item.metadata['why']}")
    return ["", head, *lines, *tables] if lines or tables else []


class _Nothing:
    """Has no value for any setting: all of them are written."""

    def __getattr__(self, name: str) -> object:
        return self


_NOTHING: Final = _Nothing()


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_toml(key)} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, date):
        return value.isoformat()
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _type_name(hint: Any) -> str:
    if get_origin(hint) is types.UnionType:
        return " | ".join(_type_name(arg) for arg in get_args(hint) if arg is not types.NoneType) + " (optional)"
    if get_origin(hint) is tuple:
        if section_class(hint) is not None:
            return "sections"
        return f"list of {_type_name(get_args(hint)[0])}s"
    if get_origin(hint) is not None:
        return f"table of {_type_name(get_args(hint)[1])}s"
    return {
        Path: "path",
        str: "string",
        bool: "boolean",
        int: "whole number",
        float: "number",
        Decimal: "amount",
        date: "date",
        datetime: "date and time",
    }[hint]
