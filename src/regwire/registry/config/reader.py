"""Reading ``registry.toml``: errors name file, line, setting and cure."""

from __future__ import annotations

import difflib
import ipaddress
import re
import tomllib
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, get_args, get_origin

import idna

from regwire.errors import ConfigError
from regwire.registry.config.render import section_class
from regwire.registry.config.sections import SECTIONS, Config, ExtraListener, PolicySettings, feature_settings

__all__ = ["line_of", "load_config", "parse_config", "place_of"]


def load_config(path: Path | str) -> Config:
    """Read a ``registry.toml``.

    Args:
        path: the file, or the directory it lies in.

    Raises:
        ConfigError: naming file, line, setting and cure.

    """
    path = Path(path)
    if path.is_dir():
        path = path / "registry.toml"
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise ConfigError(str(path), "no such file", f"`regwire init {path.parent}` writes one") from None
    except NotADirectoryError:
        raise ConfigError(str(path.parent), "no folder", "name the one in which registry.toml lies") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(str(path), f"cannot be read ({reason})", "it must be a readable UTF-8 file") from error
    return parse_config(text, path)


def parse_config(text: str, path: Path) -> Config:
    """Read the text of a ``registry.toml``; ``path`` is named in errors and its directory kept.

    Raises:
        ConfigError: naming file, line, setting and cure.

    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"^(.*?) \(at (?:line (\d+), column (\d+)|end of document)\)$", str(error))
        line = int(found[2]) if found and found[2] else text.count("\n") + 1
        reason, cure = _explained(found[1] if found else str(error), text.splitlines())
        raise ConfigError(f"{path}:{line}", f"not TOML: {reason}", cure) from error
    return _Reader(text, path).config(data)


def place_of(config: Config, *where: str) -> str:
    """Return where a setting stands, as errors name it: file, line, and the setting's name."""
    path = config.directory / "registry.toml"
    name = ".".join(where)
    try:
        return f"{path}:{line_of(path.read_text('utf-8').splitlines(), where)}: {name}"
    except (OSError, UnicodeDecodeError):
        return name


_TWICE = re.compile(r"Cannot declare \((.*)\) twice")


def _explained(reason: str, lines: list[str]) -> tuple[str, str]:
    """Return what the TOML parser says in the words of who wrote the file, and the cure."""
    if found := _TWICE.fullmatch(reason):
        parts = tuple([one or two for one, two in re.findall(r"'([^']*)'|\"([^\"]*)\"", found[1])])
        name = f"[{'.'.join(parts)}]"
        return f"{name} is there twice", f"write its settings below the {name} of line {line_of(lines, parts)}"
    if reason == "Cannot overwrite a value":
        return "this is set already above", "remove one of the two lines"
    return reason, "correct this line"


class _Reader:
    """Turns parsed TOML into a Config; keeps the text to tell line numbers."""

    def __init__(self, text: str, path: Path) -> None:
        self.lines = text.splitlines()
        self.path = path

    def config(self, data: dict[str, Any]) -> Config:
        zones = data.pop("zone", {})
        extra = []
        listen = data.get("listen")
        if isinstance(listen, dict):
            extra = listen.pop("extra", [])
        sections = {}
        own: list[tuple[str, type[Any], Any]] = []
        for name, value in data.items():
            cls = SECTIONS.get(name)
            if cls is None:
                raise self.unknown((name,), [*SECTIONS, "zone"], "section")
            plain = value
            if name == "policy":
                plain, own = _without_features(value)
            sections[name] = self.section((name,), plain, cls())
        general = {name: self.feature(("policy", name), value, cls()) for name, cls, value in own}
        general = {name: found for name, found in general.items() if found != type(found)()}
        config = Config(**sections, features=general, directory=self.path.parent)
        config = replace(config, listen=replace(config.listen, extra=tuple(self.extras(extra))))
        config = self.with_zones(zones, config)
        self.check(config)
        return config

    def extras(self, extra: Any) -> Iterator[ExtraListener]:
        if not isinstance(extra, list):
            raise self.error(("listen", "extra"), "must be written as [[listen.extra]]")
        for index, item in enumerate(extra):
            where = ("listen", "extra", str(index))
            for needed in ("protocol", "port"):
                if needed not in item:
                    raise self.error(where, f"{needed} is missing; add `{needed} = …`")
            yield self.section(where, item, ExtraListener(protocol="epp", port=0))

    def with_zones(self, zones: Any, config: Config) -> Config:
        if not isinstance(zones, dict):
            raise self.error(("zone",), 'must be sections; write [zone."NAME"]')
        policies, features = {}, {}
        for zone, given in zones.items():
            if zone not in config.registry.zones:
                raise self.unknown(("zone", zone), list(config.registry.zones), "zone")
            value, own = _without_features(given)
            if value or not own:
                policies[zone] = self.section(("zone", zone), value, config.policy)
            general = config.features_for("")
            changed = {name: self.feature(("zone", zone, name), part, general[name]) for name, _, part in own}
            if changed:
                features[zone] = changed
        return replace(config, zone_policies=policies, zone_features=features)

    def feature(self, where: tuple[str, ...], value: Any, default: Any) -> Any:
        """Read the section of a feature.

        Its class may learn what its files are relative to (``relative_to``) and refuse what no setting shows alone
        (``validate`` returns the setting and what is wrong).
        """
        found = self.section(where, value, default)
        if hasattr(found, "relative_to"):
            found = found.relative_to(self.path.parent)
        try:
            fault = found.validate() if hasattr(found, "validate") else None
        except ConfigError as error:
            # A file that a setting names: one with a line of its own says where it is wrong, another what names it.
            if re.search(r":\d+$", error.where):
                raise
            problem = f"names {error.where}: {error.reason}"
            raise self.error(where, f"{problem}; {error.cure}" if error.cure else problem) from error
        if fault is not None:
            name, problem = fault
            raise self.error((*where, name), problem)
        return found

    def section(self, where: tuple[str, ...], value: Any, default: Any) -> Any:
        if not isinstance(value, dict):
            raise self.error(where, f"must be a section; write [{'.'.join(where)}]")
        known = {item.name: item for item in fields(default) if item.metadata}
        hints = typing.get_type_hints(type(default))
        changes = {}
        for name, raw in value.items():
            if name not in known:
                features = feature_settings() if isinstance(default, PolicySettings) else {}
                raise self.unknown((*where, name), [*known, *features], "setting")
            changes[name] = self.value((*where, name), raw, hints[name], known[name])
        return replace(default, **changes)

    def value(self, where: tuple[str, ...], raw: Any, hint: Any, item: Field[Any]) -> Any:
        meta = item.metadata
        if get_origin(hint) is types.UnionType:
            hint = next(arg for arg in get_args(hint) if arg is not types.NoneType)
        inner = section_class(hint)
        if inner is not None:
            return self.sections(where, raw, inner)
        if get_origin(hint) is tuple:
            kind = get_args(hint)[0]
            if not isinstance(raw, list) or (kind is str and not all(isinstance(entry, str) for entry in raw)):
                example = f'strings, such as ["{(self.choices(meta) or ("example",))[0]}"]' if kind is str else "values"
                raise self.error(where, f"must be a list of {example}")
            return tuple([self.scalar(where, entry, kind, meta) for entry in raw])
        if get_origin(hint) is not None:
            if not isinstance(raw, dict):
                raise self.error(where, f"must be a table, not {_toml_type(raw)}; write [{'.'.join(where)}]")
            kind = get_args(hint)[1]
            return {key: self.scalar((*where, key), entry, kind, meta) for key, entry in raw.items()}
        return self.scalar(where, raw, hint, meta)

    def sections(self, where: tuple[str, ...], raw: Any, cls: type[Any]) -> tuple[Any, ...]:
        if not isinstance(raw, list):
            raise self.error(where, f"must be written as [[{'.'.join(where)}]]")
        needed = {item.name for item in fields(cls) if item.default is MISSING and item.default_factory is MISSING}
        found = []
        for index, value in enumerate(raw):
            here = (*where, str(index))
            for name in needed - (value.keys() if isinstance(value, dict) else set()):
                raise self.error(here, f"{name} is missing; add `{name} = …`")
            # What is needed is all replaced by what is given.
            found.append(self.section(here, value, cls(**dict.fromkeys(needed))))
        return tuple(found)

    def scalar(self, where: tuple[str, ...], raw: Any, hint: Any, meta: Mapping[str, Any]) -> Any:
        if hint is Path or hint is str:
            if not isinstance(raw, str):
                raise self.error(where, f"must be a string in quotes, not {_toml_type(raw)}")
            self.choice(where, raw, self.choices(meta))
            return Path(raw) if hint is Path else raw
        if hint is bool:
            if not isinstance(raw, bool):
                raise self.error(where, f"must be true or false, not {_toml_type(raw)}")
            return raw
        if hint is datetime:
            if not isinstance(raw, datetime) or raw.tzinfo is None:
                raise self.error(where, "must be an instant with its offset; write 2025-01-31T12:00:00Z without quotes")
            return raw.astimezone(UTC)
        if hint is date:
            if not isinstance(raw, date) or isinstance(raw, datetime):
                raise self.error(where, "must be a date; write 2025-01-31 without quotes")
            return raw
        if hint is Decimal:
            return self.amount(where, raw, meta)
        return self.number(where, raw, hint, meta)

    @staticmethod
    def choices(meta: Mapping[str, Any]) -> tuple[str, ...]:
        found = meta["choices"]
        names: tuple[str, ...] = found() if callable(found) else found
        return names

    def amount(self, where: tuple[str, ...], raw: Any, meta: Mapping[str, Any]) -> Decimal:
        """Read a decimal number without ever making it binary, so that 10.10 stays 10.10."""
        if not isinstance(raw, str | int | float) or isinstance(raw, bool):
            raise self.error(where, f'must be an amount, not {_toml_type(raw)}; write it in quotes: "10.00"')
        try:
            value = Decimal(str(raw))
        except InvalidOperation:
            raise self.error(where, f'"{raw}" is not an amount; write "10.00"') from None
        low, high = meta["minimum"], meta["maximum"]
        if not value.is_finite() or (low is not None and value < low) or (high is not None and value > high):
            bounds = f"at least {low}" if high is None else f"between {low} and {high}"
            raise self.error(where, f"is {raw}; it must be {bounds if low is not None else 'finite'}")
        return value

    def number(self, where: tuple[str, ...], raw: Any, hint: Any, meta: Mapping[str, Any]) -> float:
        unit = f" ({meta['unit']})" if meta["unit"] else ""
        accepted = (int,) if hint is int else (int, float)
        if isinstance(raw, bool) or not isinstance(raw, accepted):
            raise self.error(where, f"must be {'a whole' if hint is int else 'a'} number{unit}, not {_toml_type(raw)}")
        low, high = meta["minimum"], meta["maximum"]
        if raw != raw or (low is not None and raw < low) or (high is not None and raw > high):  # noqa: PLR0124  (NaN)
            bounds = f"at least {low}" if high is None else f"between {low} and {high}"
            raise self.error(where, f"is {raw}; it must be {bounds}{unit}")
        return hint(raw)  # type: ignore[no-any-return]

    def choice(self, where: tuple[str, ...], value: str, choices: tuple[str, ...]) -> None:
        if choices and value not in choices:
            raise self.error(where, f'"{value}" is not one of {", ".join(choices)}')

    def check(self, config: Config) -> None:
        """Refuse what no setting shows alone."""
        if not config.registry.zones:
            raise self.error(("registry", "zones"), 'is empty; name at least one zone, such as ["example"]')
        for zone in config.registry.zones:
            self.check_zone(zone)
            if config.registry.zones.count(zone) > 1:
                raise self.error(("registry", "zones"), f'has "{zone}" twice; remove one')
        if re.fullmatch(r"[0-9a-fA-F.]*[0-9:][0-9a-fA-F.:]*", config.listen.address):
            self.check_address(config.listen.address)
        if not 3 <= len(config.registry.server_id) <= 64:
            raise self.error(("registry", "server_id"), "must have 3 to 64 characters")
        if not re.fullmatch(r"[A-Z0-9]{1,8}", config.registry.repository):
            raise self.error(("registry", "repository"), "must be 1 to 8 capital letters or digits")
        for where, policy in [
            (("policy",), config.policy),
            *((("zone", z), p) for z, p in config.zone_policies.items()),
        ]:
            if not policy.min_years <= policy.default_years <= policy.max_years:
                raise self.error((*where, "default_years"), "must lie between min_years and max_years")
            if policy.min_name_servers > policy.max_name_servers:
                raise self.error((*where, "min_name_servers"), "must not exceed max_name_servers")
        self.check_together(config)

    def check_together(self, config: Config) -> None:
        """Refuse settings of features that do not go with those of others, in the zone that they are for.

        What ``[policy]`` says must go with those of one zone at least: the others need not use it.
        """
        faults: dict[str, tuple[str, str] | None] = {}
        for zone in config.registry.zones:
            features = config.features_for(zone)
            for name, value in features.items():
                fault = value.validate_with(features) if hasattr(value, "validate_with") else None
                if name in config.zone_features.get(zone, {}):
                    if fault is not None:
                        raise self.error(("zone", zone, name, fault[0]), fault[1])
                elif fault is None or name not in faults:
                    faults[name] = fault
        for name, fault in faults.items():
            if fault is not None:
                raise self.error(("policy", name, fault[0]), fault[1])

    def check_address(self, address: str) -> None:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise self.error(("listen", "address"), f'"{address}" is no IP address; write "127.0.0.1"') from None

    def check_zone(self, zone: str) -> None:
        try:
            encoded = idna.encode(zone, uts46=False).decode("ascii")
        except idna.IDNAError as error:
            raise self.error(("registry", "zones"), f'"{zone}" is not a domain name: {error}') from error
        if encoded != zone or zone != zone.lower() or zone.endswith("."):
            raise self.error(("registry", "zones"), f'"{zone}" must be written "{encoded.lower().rstrip(".")}"')

    def unknown(self, where: tuple[str, ...], known: list[str], what: str) -> ConfigError:
        near = difflib.get_close_matches(where[-1], known, 1, 0.5)
        cure = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
        return self.error(where, f"no such {what}; {cure}")

    def error(self, where: tuple[str, ...], problem: str) -> ConfigError:
        name = ".".join(part for part in where if not part.isdigit())
        line = line_of(self.lines, where)
        reason, _, cure = problem.partition("; ")
        return ConfigError(f"{self.path}:{line}", f"{name}{':' if reason.startswith('no such') else ''} {reason}", cure)


def _without_features(value: Any) -> tuple[Any, list[tuple[str, type[Any], Any]]]:
    """Take the sections of features out of a policy; return what is left, and them as (name, class, value)."""
    if not isinstance(value, dict):
        return value, []
    classes = feature_settings()
    found = [(name, classes[name], part) for name, part in value.items() if name in classes]
    return {name: part for name, part in value.items() if name not in classes}, found


_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"([^"]*)"|'([^']*)'""")


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(found[1] or found[2] or found[0] for found in _PART.finditer(dotted))


def line_of(lines: list[str], where: tuple[str, ...]) -> int:
    """Return the line of the setting ``where``; of its section if it has no line; else 1."""
    best, best_length = 1, 0
    table: tuple[str, ...] = ()
    counts: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(lines, 1):
        if header := _HEADER.match(line):
            table = _parts(header[2])
            if header[1] == "[[":
                index = counts.get(table, 0)
                counts[table] = index + 1
                table = (*table, str(index))
            path = table
        elif key := _KEY.match(line):
            path = (*table, *_parts(key[1]))
        else:
            continue
        if path == where[: len(path)] and len(path) > best_length:
            best, best_length = number, len(path)
        elif path[: len(where)] == where and best_length < len(where):
            # The first of the sections in double brackets, or a dotted key, that the setting consists of.
            best, best_length = number, len(where)
    return best


def _toml_type(value: object) -> str:
    names: list[tuple[type[Any], str]] = [
        (bool, "a boolean"),
        (int, "a whole number"),
        (float, "a number"),
        (str, "a string"),
    ]
    return next(
        (name for cls, name in names if isinstance(value, cls)), "a list" if isinstance(value, list) else "a table"
    )
