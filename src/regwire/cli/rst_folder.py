"""The inputs of ``regwire rst`` for a registry of ``regwire init``: what its files say of it."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from regwire.cli.rst_labels import Labels, toml_lines, zone_labels
from regwire.errors import ConfigError

if TYPE_CHECKING:
    from regwire.registry.config import Config

__all__ = ["folder_inputs"]

#: Objects of each kind, for what belongs to others: a registry may hold millions.
_LOOKED_AT: Final = 2000


def folder_inputs(folder: Path, *, seed: int | None = None) -> str:
    """Return a file of inputs, to be read as if it lay in the folder.

    The first two accounts are the registrars under test. What belongs to others is looked for among the first objects
    of the registry; labels for its IDN tables are made at random, so that they are free.

    Args:
        folder: of `regwire init`.
        seed: makes the same labels again.

    Raises:
        ConfigError: the folder has no registry, or fewer than two accounts.

    """
    from regwire.registry.config import load_config

    config = load_config(folder / "registry.toml")
    accounts = _accounts(config.path(config.registry.accounts))
    if len(accounts) < 2:
        raise ConfigError(str(folder), f"has {len(accounts)} account", "the tests need two registrars: add one")
    launched = _launched(config)
    zones = _plain_zones(config)
    labels = {zone: _labels(config, zone, seed) for zone in zones}
    return (
        "\n".join(
            [
                *_epp(folder, config, accounts, zones),
                *_rights(folder, launched),
                *_idn(config, labels),
                *_run(folder, config, accounts),
                *_tlds(config, labels),
            ]
        )
        + "\n"
    )


def _accounts(path: Path) -> list[tuple[str, Any]]:
    try:
        return list(tomllib.loads(path.read_text(encoding="utf-8")).items())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(str(path), f"cannot be read ({error})") from error


def _quoted(*values: str) -> str:
    return ", ".join(f'"{value}"' for value in values)


def _epp(folder: Path, config: Config, accounts: list[tuple[str, Any]], zones: Sequence[str]) -> Iterator[str]:
    policy = config.policy
    yield f"# What registry.toml, the accounts and the first objects of {folder.absolute().name} say."
    yield "[epp]"
    yield 'hostName = "localhost"'
    for number, (name, account) in enumerate(accounts[:2], 1):
        yield f"clid0{number} = {_quoted(name)}"
        if isinstance(account.get("password"), str):
            yield f"pwd0{number} = {_quoted(account['password'])}"
        if (folder / "pki" / f"{name}.pem").is_file():
            yield f'serverIssuedClientCertificate0{number} = "pki/{name}.pem"'
        if policy.data_model == "per-registrar":
            model = "minimum" if name in policy.minimum_registrars else "maximum"
            yield f"clid0{number}DataModel = {_quoted(model)}"
    yield f"hostModel = {_quoted(policy.host_model)}"
    yield f"secDNSInterfaces = {_quoted({'ds': 'dsData', 'key': 'keyData'}[policy.ds_interface])}"
    if policy.data_model != "minimum":
        kinds = [item for item in policy.required_contacts if item != "registrant"]
        yield f"requiredContactTypes = [{_quoted(*kinds)}]"
    yield 'supportedContactPostalInfoTypes = "both"'
    yield from _registered(config, {name for name, _ in accounts[:2]}, zones)
    yield ""
    yield "[general]"
    yield f"registryDataModel = {_quoted(policy.data_model)}"


def _registered(config: Config, own: set[str], zones: Sequence[str]) -> Iterator[str]:
    """What others than the two registrars have: a name and a host below each zone, two contacts."""
    from regwire.registry.clock import SystemClock
    from regwire.registry.engine import open_store
    from regwire.registry.rules import Policies

    # A registry that was never served has no file yet, and looking must not make one.
    if config.store.kind != "sqlite" or not config.path(config.store.path).is_file():
        return
    store = open_store(config, Policies(config), SystemClock())
    try:
        with store.snapshot() as state:
            domains = [item.name for item in islice(state.domains(), _LOOKED_AT) if item.sponsor not in own]
            hosts = [item.name for item in islice(state.hosts(), _LOOKED_AT) if item.sponsor not in own]
            contacts = [item.id for item in islice(state.contacts(), _LOOKED_AT) if item.sponsor not in own]
    finally:
        store.close()
    for key, names in (("registeredNames", domains), ("registeredNameservers", hosts)):
        found = [next((name for name in names if name.endswith(f".{zone}")), None) for zone in zones]
        if any(found):
            yield f"{key} = [{_quoted(*filter(None, found))}]"
    if len(contacts) >= 2 and config.policy.data_model != "minimum":
        yield f"registeredContacts = [{_quoted(*contacts[:2])}]"


def _launched(config: Config) -> dict[str, tuple[str, Any, Any]]:
    """By phase, the first zone that is in it now, with the phase and its settings."""
    now = datetime.now(UTC)
    found: dict[str, tuple[str, Any, Any]] = {}
    for zone in config.registry.zones:
        launch = config.features_for(zone).get("launch")
        for phase in () if launch is None else launch.phases:
            if phase.active(now):
                found.setdefault(phase.phase, (zone, phase, launch))
    return found


def _plain_zones(config: Config) -> list[str]:
    """The zones in which any name may be registered; if there are none, all zones."""
    now = datetime.now(UTC)
    found = []
    for zone in config.registry.zones:
        phases = config.features_for(zone)["launch"].phases if "launch" in config.features_for(zone) else ()
        if not phases or any(
            phase.active(now) and phase.mode == "registration" and phase.phase == "open" for phase in phases
        ):
            found.append(zone)
    return found or list(config.registry.zones)


def _rights(folder: Path, found: dict[str, tuple[str, Any, Any]]) -> Iterator[str]:
    """The zones that are in sunrise and in the claims period now, with the label list of the latter and marks."""
    if not found.keys() & {"sunrise", "claims"}:
        return
    yield ""
    yield "[minimumRPMS]"
    if "sunrise" in found:
        zone, phase, _ = found["sunrise"]
        yield f"sunriseTLD = {_quoted(zone)}"
        yield f"sunriseModel = {_quoted('end-date' if phase.mode == 'application' else 'start-date')}"
    if "claims" in found:
        yield f"claimsTLD = {_quoted(found['claims'][0])}"
    yield ""
    yield "[tmch]"
    if "claims" in found:
        launch = found["claims"][2]
        labels = next((item.labels for item in launch.validators if item.labels), None)
        if labels is not None:
            yield f"dnl = {_quoted(str(launch.path(labels).absolute()))}"
    for key, file in _MARKS.items():
        if (folder / "tmch" / file).is_file():
            yield f'{key} = ["tmch/{file}"]'


#: As `regwire.testing.clearinghouse.write_stand_in` names them.
_MARKS = {
    "validSMDs": "valid.smd",
    "invalidSMDs": "invalid.smd",
    "revokedSMDs": "revoked.smd",
    "revokedCertificateSMDs": "revoked-certificate.smd",
}


def _labels(config: Config, zone: str, seed: int | None) -> list[Labels]:
    settings = config.features_for(zone).get("idn")
    # Not for secrets: names of tests, and the same again for the same seed.
    chance = random.Random() if seed is None else random.Random(f"{seed} {zone}")  # noqa: S311
    return [] if settings is None else zone_labels(settings, chance)


def _idn(config: Config, labels: dict[str, list[Labels]]) -> Iterator[str]:
    """The extension that names the table: where each zone has tables, so that none refuses it."""
    settings = [config.features_for(zone).get("idn") for zone in labels]
    if settings and all(item is not None and item.tables for item in settings):
        yield ""
        yield "[idn]"
        yield f"domainCreateExtension = {_quoted(_TABLE)}"


_TABLE = (
    "<extension xmlns='urn:ietf:params:xml:ns:epp-1.0'><data xmlns='urn:ietf:params:xml:ns:idn-1.0'>"
    "<table><!-- tag --></table></data></extension>"
)


def _addresses(config: Config) -> tuple[int, list[str]]:
    """The port that EPP has here, and the addresses with that port."""
    from regwire.registry.config import WELL_KNOWN_PORTS

    listen = config.listen
    places = [(WELL_KNOWN_PORTS["epp"] + listen.port_offset, listen.address)] if "epp" in listen.protocols else []
    places += [(item.port, item.address or listen.address) for item in listen.extra if item.protocol == "epp"]
    if not places:
        raise ConfigError("registry.toml: listen.protocols", "has no epp", "the tests speak EPP: add it")
    port = places[0][0]
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what is everywhere is here, too
    return port, [local.get(address, address) for found, address in places if found == port]


def _run(folder: Path, config: Config, accounts: list[tuple[str, Any]]) -> Iterator[str]:
    port, addresses = _addresses(config)
    yield ""
    yield "[run]"
    yield f"addresses = [{_quoted(*dict.fromkeys(addresses))}]"
    yield f"port = {port}"
    yield f"repositoryIds = [{_quoted(config.registry.repository)}]"
    if (folder / "pki" / "ca.pem").is_file():
        yield 'ca = "pki/ca.pem"'
    for number, (name, _) in enumerate(accounts[:2], 1):
        if (folder / "pki" / f"{name}.key").is_file():
            yield f'clientKey0{number} = "pki/{name}.key"'


def _tlds(config: Config, labels: dict[str, list[Labels]]) -> Iterator[str]:
    for zone, found in labels.items():
        yield ""
        yield "[[tld]]"
        yield f"name = {_quoted(zone)}"
        idn = config.features_for(zone).get("idn")
        if idn is not None and idn.only:
            yield "idnOnly = true"
        if idn is not None and idn.variants == "same-registrant":
            yield 'variantPolicy = "same-registrant"'
        yield from toml_lines(found)
