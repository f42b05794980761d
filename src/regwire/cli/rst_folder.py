"""The inputs of ``regwire rst`` for a registry of ``regwire init``: what its files say of it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regwire.errors import ConfigError

if TYPE_CHECKING:
    from regwire.registry.config import Config

__all__ = ["folder_inputs"]


def folder_inputs(folder: Path) -> str:
    """Return a file of inputs, to be read as if it lay in the folder.

    The first two accounts are the registrars under test. What lies in the registry is not looked at: registered names,
    hosts and contacts of others are to be added by hand.

    Raises:
        ConfigError: the folder has no registry, or fewer than two accounts.

    """
    from regwire.registry.config import load_config

    config = load_config(folder / "registry.toml")
    accounts = _accounts(config.path(config.registry.accounts))
    if len(accounts) < 2:
        raise ConfigError(str(folder), f"has {len(accounts)} account", "the tests need two registrars: add one")
    return (
        "\n".join([*_epp(folder, config, accounts), *_rights(config), *_run(folder, config, accounts), *_tlds(config)])
        + "\n"
    )


def _accounts(path: Path) -> list[tuple[str, Any]]:
    try:
        return list(tomllib.loads(path.read_text(encoding="utf-8")).items())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(str(path), f"cannot be read ({error})") from error


def _quoted(*values: str) -> str:
    return ", ".join(f'"{value}"' for value in values)


def _epp(folder: Path, config: Config, accounts: list[tuple[str, Any]]) -> Iterator[str]:
    policy = config.policy
    yield f"# What registry.toml and the accounts of {folder.name} say; registered objects of others are added by hand."
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
    yield ""
    yield "[general]"
    # Where contacts are as given, the registrar that gives them is the one to look at.
    yield f"registryDataModel = {_quoted('maximum' if policy.data_model == 'any' else policy.data_model)}"


def _rights(config: Config) -> Iterator[str]:
    """The zones that are in sunrise and in the claims period now, with the label list of the latter."""
    now = datetime.now(UTC)
    found: dict[str, tuple[str, Any, Any]] = {}
    for zone in config.registry.zones:
        launch = config.features_for(zone).get("launch")
        for phase in () if launch is None else launch.phases:
            if phase.active(now):
                found.setdefault(phase.phase, (zone, phase, launch))
    if not found.keys() & {"sunrise", "claims"}:
        return
    yield ""
    yield "[minimumRPMS]"
    if "sunrise" in found:
        zone, phase, _ = found["sunrise"]
        yield f"sunriseTLD = {_quoted(zone)}"
        yield f"sunriseModel = {_quoted('end-date' if phase.mode == 'application' else 'start-date')}"
    if "claims" in found:
        zone, _, launch = found["claims"]
        yield f"claimsTLD = {_quoted(zone)}"
        labels = next((item.labels for item in launch.validators if item.labels), None)
        if labels is not None:
            yield ""
            yield "[tmch]"
            yield f"dnl = {_quoted(str(launch.path(labels).absolute()))}"


def _run(folder: Path, config: Config, accounts: list[tuple[str, Any]]) -> Iterator[str]:
    from regwire.registry.config import WELL_KNOWN_PORTS

    yield ""
    yield "[run]"
    yield f"addresses = [{_quoted(config.listen.address)}]"
    yield f"port = {WELL_KNOWN_PORTS['epp'] + config.listen.port_offset}"
    yield f"repositoryIds = [{_quoted(config.registry.repository)}]"
    if (folder / "pki" / "ca.pem").is_file():
        yield 'ca = "pki/ca.pem"'
    for number, (name, _) in enumerate(accounts[:2], 1):
        if (folder / "pki" / f"{name}.key").is_file():
            yield f'clientKey0{number} = "pki/{name}.key"'


def _tlds(config: Config) -> Iterator[str]:
    for zone in config.registry.zones:
        yield ""
        yield "[[tld]]"
        yield f"name = {_quoted(zone)}"
        idn = config.features_for(zone).get("idn")
        if idn is not None and idn.only:
            yield "idnOnly = true"
