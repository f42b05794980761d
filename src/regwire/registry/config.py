"""``registry.toml``: every setting with its unit, default and reason, and errors that name line and cure.

The settings are the fields of the section classes below; the file, its documentation (`describe`) and a
commented example (`render`) all derive from them. An unknown setting is refused, because a misspelt limit is a
limit that is not there.
"""

# ruff: noqa: RUF009  (_setting is dataclasses.field with its metadata spelt out)
from __future__ import annotations

import difflib
import re
import tomllib
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_origin

import idna

from regwire.errors import ConfigError

__all__ = [
    "Config",
    "EppSettings",
    "ExtraListener",
    "LimitSettings",
    "ListenSettings",
    "PolicySettings",
    "RegistrySettings",
    "Setting",
    "StoreSettings",
    "TlsSettings",
    "describe",
    "load_config",
    "parse_config",
    "render",
]

#: The EPP extensions that the registry implements.
EXTENSIONS = ("rgp", "secDNS", "loginSec", "unhandled-namespaces", "secure-authinfo-transfer")
#: The port that IANA registered for each protocol a registry can speak.
WELL_KNOWN_PORTS: Mapping[str, int] = {"epp": 700}


def _setting(
    default: Any,
    *,
    why: str,
    unit: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    metadata = {"unit": unit, "why": why, "minimum": minimum, "maximum": maximum, "choices": choices}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrySettings:
    """``[registry]``: what is registered here."""

    zones: tuple[str, ...] = _setting(
        ("example",), why="names are registered directly below these; lower-case A-labels, no dot at the end"
    )
    server_id: str = _setting("regwire registry", why="svID of the greeting; 3 to 64 characters (RFC 5730 2.4)")
    repository: str = _setting(
        "RWIRE", why="the part of every ROID after the hyphen, 1 to 8 characters; production: as registered with IANA"
    )
    settle_interval: float = _setting(
        1.0,
        unit="seconds",
        why="how often what is due is written down (reads show it exactly)",
        minimum=0.01,
        maximum=3600,
    )
    accounts: Path = _setting(Path("accounts.toml"), why="the accounts file, relative to this file; mode 0600")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraListener:
    """``[[listen.extra]]``: one more port."""

    protocol: str = _setting(MISSING, why="which front answers", choices=tuple(WELL_KNOWN_PORTS))
    port: int = _setting(
        MISSING, why="taken as it is, without port_offset; 0 = any free port", minimum=0, maximum=65535
    )
    address: str | None = _setting(None, why="unset: the address of [listen]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenSettings:
    """``[listen]``: where to listen."""

    address: str = _setting("127.0.0.1", why="loopback until an operator decides otherwise; an IP address")
    port_offset: int = _setting(
        10000,
        why="added to every well-known port, so that no privilege is needed (EPP: 10700)",
        minimum=0,
        maximum=64000,
    )
    protocols: tuple[str, ...] = _setting(
        ("epp",), why="the fronts on their well-known ports", choices=tuple(WELL_KNOWN_PORTS)
    )
    extra: tuple[ExtraListener, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """``[tls]``: certificate, key and whom to trust; paths relative to this file."""

    certificate: Path = _setting(Path("pki/server.pem"), why="PEM: the server's certificate, then its intermediates")
    key: Path = _setting(Path("pki/server.key"), why="PEM: the private key of the certificate")
    client_ca: Path | None = _setting(Path("pki/ca.pem"), why="PEM: the authorities of client certificates")
    require_certificate: bool = _setting(
        False, why="false: a client without certificate gets the greeting and login 2200; true: closed within TLS"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSettings:
    """``[limits]``: what the whole server takes on."""

    connections: int = _setting(
        10_000, unit="connections", why="memory: about 12 KB each when idle", minimum=1, maximum=1_000_000
    )
    connections_per_address: int = _setting(
        1000, unit="connections", why="one peer cannot take all connections", minimum=1, maximum=1_000_000
    )
    sessions_per_account: int = _setting(
        100, unit="sessions", why="one registrar cannot take all sessions: 2502", minimum=1, maximum=1_000_000
    )
    write_queue: int = _setting(
        4096,
        unit="commands",
        why="waiting for the writer; when full, sessions stop being read",
        minimum=1,
        maximum=1_000_000,
    )
    group: int = _setting(
        512,
        unit="commands",
        why="at most this many share a commit: bounds the latency of the first",
        minimum=1,
        maximum=10_000,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EppSettings:
    """``[epp]``: limits of one EPP session."""

    handshake_timeout: float = _setting(10.0, unit="seconds", why="a TLS handshake takes far less", minimum=0.1)
    login_timeout: float = _setting(10.0, unit="seconds", why="after the handshake; frees unused slots", minimum=0.1)
    frame_timeout: float = _setting(30.0, unit="seconds", why="for one whole frame, from its first octet", minimum=0.1)
    idle_timeout: float = _setting(600.0, unit="seconds", why="without a command; hello keeps alive", minimum=0.1)
    session_timeout: float = _setting(86_400.0, unit="seconds", why="certificates and policy are re-checked", minimum=1)
    failed_logins: int = _setting(3, unit="logins", why="then 2501: slows guessing down", minimum=1, maximum=100)
    frame_before_login: int = _setting(
        16_384, unit="octets", why="a login is small; strangers get little memory", minimum=1024, maximum=1 << 24
    )
    frame_after_login: int = _setting(
        524_288, unit="octets", why="signed marks are large", minimum=4096, maximum=1 << 26
    )
    extensions: tuple[str, ...] = _setting(
        EXTENSIONS, why="announced in the greeting, in this order; others are refused with 2103", choices=EXTENSIONS
    )
    check_names: int = _setting(50, unit="objects", why="in one check; more: 2306", minimum=1, maximum=10_000)
    in_flight: int = _setting(
        64, unit="commands", why="taken but unanswered on one connection; then reading stops", minimum=1, maximum=4096
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """``[store]``: where the registry is kept."""

    kind: str = _setting(
        "sqlite", why="one file, one machine; memory: for tests, nothing survives", choices=("sqlite", "memory")
    )
    path: Path = _setting(Path("registry.sqlite"), why="relative to this file; on a local disk (WAL needs one)")
    busy_timeout: float = _setting(
        10.0, unit="seconds", why="wait this long for another process that writes to the file", minimum=0
    )
    cache: int = _setting(64, unit="MiB", why="pages kept in memory by each connection", minimum=1, maximum=65_536)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySettings:
    """``[policy]``, and ``[zone."NAME"]`` for one zone: what the registry allows and how long its periods are."""

    min_years: int = _setting(1, unit="years", why="shortest registration period", minimum=1, maximum=10)
    max_years: int = _setting(10, unit="years", why="an expiry date is never further ahead", minimum=1, maximum=99)
    default_years: int = _setting(1, unit="years", why="a create or renew without a period", minimum=1, maximum=10)
    months: bool = _setting(False, why="periods in months; false: refused with 2306")
    max_name_servers: int = _setting(13, unit="hosts", why="for one domain", minimum=0, maximum=100)
    min_name_servers: int = _setting(0, unit="hosts", why="at create; none = status inactive", minimum=0, maximum=13)
    max_addresses: int = _setting(26, unit="addresses", why="of one host", minimum=1, maximum=100)
    max_ds: int = _setting(8, unit="records", why="for one domain", minimum=0, maximum=100)
    max_contacts: int = _setting(10, unit="contacts", why="of one type for one domain", minimum=0, maximum=100)
    required_contacts: tuple[str, ...] = _setting(
        (),
        why="which must exist at create and may not be removed (2308)",
        choices=("registrant", "admin", "tech", "billing"),
    )
    host_model: str = _setting(
        "objects", why="name servers as host objects or attributes", choices=("objects", "attributes")
    )
    ds_interface: str = _setting("ds", why="RFC 5910 section 4: the other one is refused, 2306", choices=("ds", "key"))
    min_auth_info: int = _setting(
        20,
        unit="characters",
        why="shorter authInfo is refused (2202): 20 of 94 possible are 128 bits (RFC 9154); 0: take any",
        minimum=0,
        maximum=255,
    )
    add_grace: int = _setting(5, unit="days", why="delete within: purged at once (RFC 3915)", minimum=0, maximum=365)
    renew_grace: int = _setting(5, unit="days", why="RFC 3915", minimum=0, maximum=365)
    auto_renew_grace: int = _setting(45, unit="days", why="RFC 3915", minimum=0, maximum=365)
    transfer_grace: int = _setting(5, unit="days", why="RFC 3915", minimum=0, maximum=365)
    redemption: int = _setting(30, unit="days", why="after a delete: restorable (RFC 3915)", minimum=0, maximum=365)
    pending_delete: int = _setting(5, unit="days", why="after redemption: not restorable", minimum=0, maximum=365)
    restore_report: int = _setting(7, unit="days", why="from restore request to report", minimum=1, maximum=365)
    pending_transfer: int = _setting(5, unit="days", why="then approved by the server", minimum=0, maximum=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A whole ``registry.toml``; build one directly in tests, or with `load_config`.

    Attributes:
        directory: what relative paths are relative to.
        zone_policies: per zone, ``policy`` with the overrides of ``[zone."NAME"]``.

    """

    registry: RegistrySettings = RegistrySettings()
    listen: ListenSettings = ListenSettings()
    tls: TlsSettings = TlsSettings()
    limits: LimitSettings = LimitSettings()
    epp: EppSettings = EppSettings()
    store: StoreSettings = StoreSettings()
    policy: PolicySettings = PolicySettings()
    zone_policies: Mapping[str, PolicySettings] = field(default_factory=dict)
    directory: Path = Path()

    def path(self, relative: Path) -> Path:
        """Return ``relative`` as seen from the file's directory."""
        return self.directory / relative

    def policy_for(self, zone: str) -> PolicySettings:
        """Return the settings that hold for names of ``zone``."""
        return self.zone_policies.get(zone, self.policy)


class Setting(NamedTuple):
    """One row of the documentation of the file."""

    section: str
    name: str
    type: str
    unit: str
    default: object
    why: str


_SECTIONS: Mapping[str, Any] = {
    "registry": RegistrySettings,
    "listen": ListenSettings,
    "tls": TlsSettings,
    "limits": LimitSettings,
    "epp": EppSettings,
    "store": StoreSettings,
    "policy": PolicySettings,
}


def describe() -> Iterator[Setting]:
    """Yield every setting of the file, in its order."""
    sections: dict[str, Any] = {**_SECTIONS, "listen.extra": ExtraListener}
    for section, cls in sections.items():
        hints = typing.get_type_hints(cls)
        for item in fields(cls):
            if item.metadata:
                default = None if item.default is MISSING else item.default
                meta = item.metadata
                yield Setting(section, item.name, _type_name(hints[item.name]), meta["unit"], default, meta["why"])


def render(config: Config, *, every: bool = False) -> str:
    """Return ``config`` as the text of a ``registry.toml`` that `parse_config` reads back.

    Args:
        config: the settings to write.
        every: also write settings that have their default, as comments.

    """
    out: list[str] = []
    for section, cls in _SECTIONS.items():
        out += _render_section(section, cls, getattr(config, section), every=every)
    for extra in config.listen.extra:
        out += _render_section("listen.extra", ExtraListener, extra, every=False, header="[[listen.extra]]")
    for zone, policy in config.zone_policies.items():
        out += _render_section(
            "policy", PolicySettings, policy, every=False, header=f'[zone."{zone}"]', base=config.policy
        )
    return "\n".join(out).lstrip("\n") + "\n"


def _render_section(
    section: str, cls: type[Any], value: Any, *, every: bool, header: str | None = None, base: Any = None
) -> list[str]:
    lines: list[str] = []
    for item in fields(cls):
        if not item.metadata:
            continue
        actual = getattr(value, item.name)
        default = getattr(base, item.name) if base is not None else item.default
        is_default = actual == default and section != "registry"
        if is_default and not every:
            continue
        unit = f"{item.metadata['unit']}; " if item.metadata["unit"] else ""
        if actual is None:
            lines.append(f"# {item.name} =    # {unit}{item.metadata['why']}")
        else:
            mark = "# " if is_default else ""
            lines.append(f"{mark}{item.name} = {_toml(actual)}    # {unit}{item.metadata['why']}")
    return ["", header or f"[{section}]", *lines] if lines else []


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


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
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"cannot be read ({error})", "it must be a readable UTF-8 file") from error
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
        reason = found[1] if found else str(error)
        raise ConfigError(f"{path}:{line}", f"not TOML: {reason}", "correct this line") from error
    return _Reader(text, path).config(data)


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
        for name, value in data.items():
            cls = _SECTIONS.get(name)
            if cls is None:
                raise self.unknown((name,), [*_SECTIONS, "zone"], "section")
            sections[name] = self.section((name,), value, cls())
        config = Config(**sections, directory=self.path.parent)
        config = replace(config, listen=replace(config.listen, extra=tuple(self.extras(extra))))
        policies = self.zone_policies(zones, config)
        config = replace(config, zone_policies=policies)
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

    def zone_policies(self, zones: Any, config: Config) -> dict[str, PolicySettings]:
        policies = {}
        for zone, value in zones.items():
            if zone not in config.registry.zones:
                raise self.unknown(("zone", zone), list(config.registry.zones), "zone")
            policies[zone] = self.section(("zone", zone), value, config.policy)
        return policies

    def section(self, where: tuple[str, ...], value: Any, default: Any) -> Any:
        if not isinstance(value, dict):
            raise self.error(where, f"must be a section; write [{'.'.join(where)}]")
        known = {item.name: item for item in fields(default) if item.metadata}
        hints = typing.get_type_hints(type(default))
        changes = {}
        for name, raw in value.items():
            if name not in known:
                raise self.unknown((*where, name), list(known), "setting")
            changes[name] = self.value((*where, name), raw, hints[name], known[name])
        return replace(default, **changes)

    def value(self, where: tuple[str, ...], raw: Any, hint: Any, item: Field[Any]) -> Any:
        meta = item.metadata
        if get_origin(hint) is types.UnionType:
            hint = next(arg for arg in get_args(hint) if arg is not types.NoneType)
        if get_origin(hint) is tuple:
            if not isinstance(raw, list) or not all(isinstance(entry, str) for entry in raw):
                raise self.error(
                    where, f'must be a list of strings, such as ["{(meta["choices"] or ("example",))[0]}"]'
                )
            for entry in raw:
                self.choice(where, entry, meta["choices"])
            return tuple(raw)
        if hint is Path or hint is str:
            if not isinstance(raw, str):
                raise self.error(where, f"must be a string in quotes, not {_toml_type(raw)}")
            self.choice(where, raw, meta["choices"])
            return Path(raw) if hint is Path else raw
        if hint is bool:
            if not isinstance(raw, bool):
                raise self.error(where, f"must be true or false, not {_toml_type(raw)}")
            return raw
        return self.number(where, raw, hint, meta)

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
        line = _line_of(self.lines, where)
        reason, _, cure = problem.partition("; ")
        return ConfigError(f"{self.path}:{line}", f"{name} {reason}", cure)


_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"([^"]*)"|'([^']*)'""")


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(found[1] or found[2] or found[0] for found in _PART.finditer(dotted))


def _line_of(lines: list[str], where: tuple[str, ...]) -> int:
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


def _type_name(hint: Any) -> str:
    if get_origin(hint) is types.UnionType:
        return " | ".join(_type_name(arg) for arg in get_args(hint) if arg is not types.NoneType) + " (optional)"
    if get_origin(hint) is tuple:
        return "list of strings"
    return {Path: "path", str: "string", bool: "boolean", int: "whole number", float: "number"}[hint]
