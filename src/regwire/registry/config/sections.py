"""The sections of ``registry.toml`` and what they add up to."""

# ruff: noqa: RUF009  (setting is dataclasses.field with its metadata spelt out)
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from regwire.registry.config.iris import IrisSettings
from regwire.registry.config.setting import setting

__all__ = [
    "SECTIONS",
    "WELL_KNOWN_PORTS",
    "AccountSettings",
    "AuditSettings",
    "Config",
    "EppSettings",
    "ExtraListener",
    "IrisSettings",
    "LimitSettings",
    "ListenSettings",
    "PolicySettings",
    "RegistrySettings",
    "StoreSettings",
    "TlsSettings",
    "feature_settings",
]

#: The port that IANA registered for each protocol a registry can speak.
WELL_KNOWN_PORTS: Mapping[str, int] = {
    "epp": 700,
    "iris.beep": 702,
    "iris.xpc": 713,
    "iris.xpcs": 714,
    "iris.lwz": 715,
}


def extension_names() -> tuple[str, ...]:
    """Return the names of the EPP extensions that the registry implements."""
    # Imported late: fronts stand above the configuration.
    names: tuple[str, ...] = import_module("regwire.registry.fronts.epp.ext").names()
    return names


def feature_settings() -> dict[str, type[Any]]:
    """Return the settings classes of those features that have settings, by name."""
    # Imported late: features declare their settings with what this package offers.
    features = import_module("regwire.registry.rules.features").features()
    return {feature.name: feature.settings for feature in features if feature.settings is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrySettings:
    """``[registry]``: what is registered here."""

    zones: tuple[str, ...] = setting(
        ("example",), why="names are registered directly below these; lower-case A-labels, no dot at the end"
    )
    server_id: str = setting("regwire registry", why="svID of the greeting; 3 to 64 characters (RFC 5730 2.4)")
    repository: str = setting(
        "RWIRE", why="the part of every ROID after the hyphen, 1 to 8 characters; production: as registered with IANA"
    )
    settle_interval: float = setting(
        1.0,
        unit="seconds",
        why="how often what is due is written down (reads show it exactly)",
        minimum=0.01,
        maximum=3600,
    )
    accounts: Path = setting(Path("accounts.toml"), why="the accounts file, relative to this file; mode 0600")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraListener:
    """``[[listen.extra]]``: one more port."""

    protocol: str = setting(MISSING, why="which front answers", choices=tuple(WELL_KNOWN_PORTS))
    port: int = setting(MISSING, why="taken as it is, without port_offset; 0 = any free port", minimum=0, maximum=65535)
    address: str | None = setting(None, why="unset: the address of [listen]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenSettings:
    """``[listen]``: where to listen."""

    address: str = setting("127.0.0.1", why="loopback until an operator decides otherwise; an IP address")
    port_offset: int = setting(
        10000,
        why="added to every well-known port, so that no privilege is needed (EPP: 10700)",
        minimum=0,
        maximum=64000,
    )
    protocols: tuple[str, ...] = setting(
        ("epp", "iris.xpc", "iris.xpcs", "iris.lwz", "iris.beep"),
        why="the fronts on their well-known ports; iris.lwz is UDP",
        choices=tuple(WELL_KNOWN_PORTS),
    )
    extra: tuple[ExtraListener, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """``[tls]``: certificate, key and whom to trust; paths relative to this file."""

    certificate: Path = setting(Path("pki/server.pem"), why="PEM: the server's certificate, then its intermediates")
    key: Path = setting(Path("pki/server.key"), why="PEM: the private key of the certificate")
    client_ca: Path | None = setting(Path("pki/ca.pem"), why="PEM: the authorities of client certificates")
    require_certificate: bool = setting(
        False, why="false: a client without certificate gets the greeting and login 2200; true: closed within TLS"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSettings:
    """``[limits]``: what the whole server takes on."""

    connections: int = setting(
        10_000, unit="connections", why="memory: about 12 KB each when idle", minimum=1, maximum=1_000_000
    )
    connections_per_address: int = setting(
        1000, unit="connections", why="one peer cannot take all connections", minimum=1, maximum=1_000_000
    )
    sessions_per_account: int = setting(
        100, unit="sessions", why="one registrar cannot take all sessions: 2502", minimum=1, maximum=1_000_000
    )
    write_queue: int = setting(
        4096,
        unit="commands",
        why="waiting for the writer; when full, sessions stop being read",
        minimum=1,
        maximum=1_000_000,
    )
    group: int = setting(
        512,
        unit="commands",
        why="at most this many share a commit: bounds the latency of the first",
        minimum=1,
        maximum=10_000,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EppSettings:
    """``[epp]``: limits of one EPP session."""

    handshake_timeout: float = setting(10.0, unit="seconds", why="a TLS handshake takes far less", minimum=0.1)
    login_timeout: float = setting(10.0, unit="seconds", why="after the handshake; frees unused slots", minimum=0.1)
    frame_timeout: float = setting(30.0, unit="seconds", why="for one whole frame, from its first octet", minimum=0.1)
    idle_timeout: float = setting(600.0, unit="seconds", why="without a command; hello keeps alive", minimum=0.1)
    session_timeout: float = setting(86_400.0, unit="seconds", why="certificates and policy are re-checked", minimum=1)
    failed_logins: int = setting(3, unit="logins", why="then 2501: slows guessing down", minimum=1, maximum=100)
    frame_before_login: int = setting(
        16_384, unit="octets", why="a login is small; strangers get little memory", minimum=1024, maximum=1 << 24
    )
    frame_after_login: int = setting(
        524_288, unit="octets", why="signed marks are large", minimum=4096, maximum=1 << 26
    )
    extensions: tuple[str, ...] | None = setting(
        None,
        why="announced in the greeting, in this order; others are refused with 2103; unset: all that a zone uses",
        choices=extension_names,
    )
    check_names: int = setting(50, unit="objects", why="in one check; more: 2306", minimum=1, maximum=10_000)
    in_flight: int = setting(
        64, unit="commands", why="taken but unanswered on one connection; then reading stops", minimum=1, maximum=4096
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """``[store]``: where the registry is kept."""

    kind: str = setting(
        "sqlite", why="one file, one machine; memory: for tests, nothing survives", choices=("sqlite", "memory")
    )
    path: Path = setting(Path("registry.sqlite"), why="relative to this file; on a local disk (WAL needs one)")
    busy_timeout: float = setting(
        10.0, unit="seconds", why="wait this long for another process that writes to the file", minimum=0
    )
    snapshot: float = setting(
        600.0, unit="seconds", why="a long read (export, audit) ends then, so that the WAL can shrink again", minimum=1
    )
    cache: int = setting(64, unit="MiB", why="pages kept in memory by each connection", minimum=1, maximum=65_536)
    names: bool = setting(
        True, why="names of domains are kept in memory, 100 octets each: checks by EPP and IRIS cost a fraction"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """``[accounts]``: passwords of registrars, and what they are warned of at login (RFC 8807)."""

    password_length: int = setting(
        8, unit="characters", why="shorter new passwords are refused (2200); RFC 5730 allows 6", minimum=6, maximum=128
    )
    password_limit: int = setting(
        128, unit="characters", why="longer ones are refused; above 16 they need loginSec", minimum=16, maximum=1024
    )
    password_classes: int = setting(
        1,
        unit="classes",
        why="of small letters, capital letters, digits and others; length helps more than these",
        minimum=1,
        maximum=4,
    )
    password_age: int = setting(
        0, unit="days", why="then a login must bring a new password; 0: they last for ever", minimum=0, maximum=3650
    )
    password_warning: int = setting(14, unit="days", why="before that, logins are warned", minimum=0, maximum=365)
    certificate_warning: int = setting(
        30, unit="days", why="before the client's certificate expires, logins are warned", minimum=0, maximum=365
    )
    scram: bool = setting(
        False,
        why="keep what SCRAM-SHA-256 (IRIS) needs of passwords set from now on; easier to guess from than Argon2id",
    )
    watch: float = setting(
        2.0,
        unit="seconds",
        why="between two looks at the accounts file: what changed is taken over; 0: only at the start",
        minimum=0.0,
        maximum=3600.0,
    )
    failed_logins_warning: int = setting(
        10, unit="logins", why="so many failed in a day: the next login is told; 0: never", minimum=0, maximum=1_000_000
    )
    weak_tls: tuple[str, ...] = setting(
        (), why='versions that logins are warned of, as "TLSv1.2"; the server takes none below that'
    )
    weak_ciphers: tuple[str, ...] = setting(
        (), why="cipher suites that logins are warned of, as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSettings:
    """``[audit]``: which commands are kept, each with who, when, transaction identifiers and result code."""

    transforms: bool = setting(True, why="they change the registry; kept in the same commit, also when refused")
    queries: bool = setting(True, why="info and transfer query show who looked at what")
    checks: bool = setting(
        False, why="most of all commands, and names that somebody only thinks of registering are nobody's business"
    )
    polls: bool = setting(True, why="prove that a registrar was told")
    logins: bool = setting(True, why="logins, logouts and refused frames: who tried to get in, from where")
    frames: bool = setting(True, why="the command as XML with its secrets removed; about 700 octets each")
    keep: int = setting(
        0, unit="days", why="older commands are forgotten; 0: never. The order of drops is read from here", minimum=0
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySettings:
    """``[policy]``, and ``[zone."NAME"]`` for one zone: what the registry allows and how long its periods are."""

    min_years: int = setting(1, unit="years", why="shortest registration period", minimum=1, maximum=10)
    max_years: int = setting(10, unit="years", why="an expiry date is never further ahead", minimum=1, maximum=99)
    default_years: int = setting(1, unit="years", why="a create or renew without a period", minimum=1, maximum=10)
    months: bool = setting(False, why="periods in months; false: refused with 2306")
    max_name_servers: int = setting(13, unit="hosts", why="for one domain", minimum=0, maximum=100)
    min_name_servers: int = setting(0, unit="hosts", why="at create; none = status inactive", minimum=0, maximum=13)
    max_addresses: int = setting(26, unit="addresses", why="of one host", minimum=1, maximum=100)
    max_ds: int = setting(8, unit="records", why="for one domain", minimum=0, maximum=100)
    max_contacts: int = setting(10, unit="contacts", why="of one type for one domain", minimum=0, maximum=100)
    required_contacts: tuple[str, ...] = setting(
        (),
        why="which must exist at create and may not be removed (2308)",
        choices=("registrant", "admin", "tech", "billing"),
    )
    host_model: str = setting(
        "objects", why="name servers as host objects or attributes", choices=("objects", "attributes")
    )
    data_model: str = setting(
        "any",
        why="contacts of domains: as given; minimum: refused (2306); maximum: a registrant is needed (2003); "
        "per-registrar: minimum for minimum_registrars, maximum for the others",
        choices=("any", "minimum", "maximum", "per-registrar"),
    )
    minimum_registrars: tuple[str, ...] = setting((), why="whose domains have no contacts, if data_model says so")
    ignore_contacts: bool = setting(False, why="where the data model is minimum: contacts are dropped, not refused")
    disclosable: tuple[str, ...] = setting(
        ("name", "org", "addr", "voice", "fax", "email"),
        why="what a registrar may ask to disclose or to withhold; anything else: 2308",
        choices=("name", "org", "addr", "voice", "fax", "email"),
    )
    ds_interface: str = setting("ds", why="RFC 5910 section 4: the other one is refused, 2306", choices=("ds", "key"))
    min_auth_info: int = setting(
        20,
        unit="characters",
        why="shorter authInfo is refused (2202): 20 of 94 possible are 128 bits (RFC 9154); 0: take any",
        minimum=0,
        maximum=255,
    )
    add_grace: int = setting(5, unit="days", why="delete within: purged at once (RFC 3915)", minimum=0, maximum=365)
    renew_grace: int = setting(5, unit="days", why="RFC 3915", minimum=0, maximum=365)
    auto_renew_grace: int = setting(45, unit="days", why="RFC 3915", minimum=0, maximum=365)
    transfer_grace: int = setting(5, unit="days", why="RFC 3915", minimum=0, maximum=365)
    redemption: int = setting(30, unit="days", why="after a delete: restorable (RFC 3915)", minimum=0, maximum=365)
    pending_delete: int = setting(5, unit="days", why="after redemption: not restorable", minimum=0, maximum=365)
    restore_report: int = setting(
        7, unit="days", why="from restore request to report; 0: no report is wanted", minimum=0, maximum=365
    )
    restore_tolerance: int = setting(
        24, unit="hours", why="how far the times in a restore report may be off (2004)", minimum=0, maximum=8760
    )
    notices: tuple[str, ...] = setting(
        ("autoRenew", "delete", "pendingDelete", "purge", "restore"),
        why="what the registry does that the sponsor is told by a poll message with the domain as of then (RFC 8590); "
        "delete: panData when a delete that was answered 1001 is complete (RFC 5731 section 3.3); "
        "transfer: what the gaining registrar got, beside the trnData that both always get",
        choices=("autoRenew", "delete", "pendingDelete", "purge", "restore", "transfer"),
    )
    pending_transfer: int = setting(5, unit="days", why="then approved by the server", minimum=0, maximum=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A whole ``registry.toml``; build one directly in tests, or with `load_config`.

    Attributes:
        directory: what relative paths are relative to.
        zone_policies: per zone, ``policy`` with the overrides of ``[zone."NAME"]``.
        features: settings of features by their names, ``[policy.NAME]``; those that are not here have their defaults.
        zone_features: per zone, of those features that ``[zone."ZONE".NAME]`` changes there, the settings.

    """

    registry: RegistrySettings = RegistrySettings()
    listen: ListenSettings = ListenSettings()
    tls: TlsSettings = TlsSettings()
    limits: LimitSettings = LimitSettings()
    epp: EppSettings = EppSettings()
    iris: IrisSettings = IrisSettings()
    store: StoreSettings = StoreSettings()
    accounts: AccountSettings = AccountSettings()
    audit: AuditSettings = AuditSettings()
    policy: PolicySettings = PolicySettings()
    zone_policies: Mapping[str, PolicySettings] = field(default_factory=dict)
    features: Mapping[str, Any] = field(default_factory=dict)
    zone_features: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    directory: Path = Path()

    def path(self, relative: Path) -> Path:
        """Return ``relative`` as seen from the file's directory."""
        return self.directory / relative

    def policy_for(self, zone: str) -> PolicySettings:
        """Return the settings that hold for names of ``zone``."""
        return self.zone_policies.get(zone, self.policy)

    def features_for(self, zone: str) -> dict[str, Any]:
        """Return the settings of every feature that has any, as they hold for names of ``zone`` ("": in general)."""
        found = {name: cls() for name, cls in feature_settings().items()}
        return {**found, **self.features, **self.zone_features.get(zone, {})}


SECTIONS: Mapping[str, Any] = {
    "registry": RegistrySettings,
    "listen": ListenSettings,
    "tls": TlsSettings,
    "limits": LimitSettings,
    "epp": EppSettings,
    "iris": IrisSettings,
    "store": StoreSettings,
    "accounts": AccountSettings,
    "audit": AuditSettings,
    "policy": PolicySettings,
}
