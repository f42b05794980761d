"""``registry.toml``: every setting with its unit, default and reason, and errors that name line and cure.

The settings are the fields of the section classes; the file, its documentation (`describe`) and a commented example
(`render`) all derive from them. An unknown setting is refused, because a misspelt limit is a limit that is not there.
A feature's settings (`regwire.registry.rules.features`) are sections of their own: ``[policy.NAME]``, and
``[zone."ZONE".NAME]`` for one zone.
"""

from regwire.registry.config.effective import Effective, effective
from regwire.registry.config.reader import load_config, parse_config, place_of
from regwire.registry.config.render import describe, render
from regwire.registry.config.sections import (
    WELL_KNOWN_PORTS,
    AccountSettings,
    AuditSettings,
    Config,
    EppSettings,
    ExtraListener,
    IrisSettings,
    LimitSettings,
    ListenSettings,
    PolicySettings,
    RegistrySettings,
    StoreSettings,
    TlsSettings,
)
from regwire.registry.config.setting import Setting, setting

__all__ = [
    "WELL_KNOWN_PORTS",
    "AccountSettings",
    "AuditSettings",
    "Config",
    "Effective",
    "EppSettings",
    "ExtraListener",
    "IrisSettings",
    "LimitSettings",
    "ListenSettings",
    "PolicySettings",
    "RegistrySettings",
    "Setting",
    "StoreSettings",
    "TlsSettings",
    "describe",
    "effective",
    "load_config",
    "parse_config",
    "place_of",
    "render",
    "setting",
]
