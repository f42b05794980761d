"""Which server the EPP commands talk to, and as whom: a folder of ``regwire init``, or any server by options."""

from __future__ import annotations

import os
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from regwire.errors import ConfigError

__all__ = ["Options", "Target", "resolve"]

DEFAULT_ACCOUNT = "reg-a"
EPP_PORT = 700


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options as given; None = not given."""

    folder: Path | None = None
    account: str | None = None
    host: str | None = None
    port: int | None = None
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    user: str | None = None
    password_file: Path | None = None
    server_name: str | None = None
    timeout: float = 30.0
    json: bool = False
    secrets: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A server and an account: everything that a connection needs.

    Attributes:
        server_name: the name the server's certificate must have.
        ca: PEM file of the authorities to trust; None: the system's.
        timeout: seconds for connecting, and again for each reply.

    """

    host: str
    port: int
    server_name: str
    client_id: str
    password: str = field(repr=False)
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    timeout: float = 30.0


def resolve(options: Options) -> Target:
    """Return what the options mean.

    Raises:
        ConfigError: options that do not go together, a file that is missing; naming the option and the cure.

    """
    for name, path in (("--ca", options.ca), ("--cert", options.certificate), ("--key", options.key)):
        if path is not None and not path.is_file():
            raise ConfigError(name, f"{path}: no such file")
    if (options.certificate is None) != (options.key is None):
        raise ConfigError("--cert and --key", "only one of them is given", "give both, PEM files")
    if options.folder is None and options.host is None:
        if not Path("registry.toml").is_file():
            raise ConfigError("regwire epp", "no server given", "give --dir DIR of `regwire init`, or --host NAME")
        return _from_folder(options, Path())
    if options.folder is not None:
        return _from_folder(options, options.folder)
    return _from_options(options)


def _from_folder(options: Options, folder: Path) -> Target:
    from regwire.registry.config import WELL_KNOWN_PORTS, load_config

    config = load_config(folder / "registry.toml")
    account = options.account or options.user or DEFAULT_ACCOUNT
    pki = folder / "pki"
    certificate, key = options.certificate, options.key
    if certificate is None and (pki / f"{account}.pem").is_file():
        certificate, key = pki / f"{account}.pem", pki / f"{account}.key"
    return Target(
        host=options.host or config.listen.address,
        port=options.port or WELL_KNOWN_PORTS["epp"] + config.listen.port_offset,
        server_name=options.server_name or "localhost",
        client_id=account,
        password=_password(options, config.path(config.registry.accounts), account),
        ca=options.ca or (pki / "ca.pem" if (pki / "ca.pem").is_file() else None),
        certificate=certificate,
        key=key,
        timeout=options.timeout,
    )


def _from_options(options: Options) -> Target:
    user = options.user or options.account
    if user is None:
        raise ConfigError("--user", "missing", "give the account (clID) at this server")
    host = options.host or ""
    return Target(
        host=host,
        port=options.port or EPP_PORT,
        server_name=options.server_name or host,
        client_id=user,
        password=_password(options, None, user),
        ca=options.ca,
        certificate=options.certificate,
        key=options.key,
        timeout=options.timeout,
    )


def _password(options: Options, accounts: Path | None, account: str) -> str:
    """From the file given, the environment, the registry's accounts, or the terminal, in this order."""
    if options.password_file is not None:
        try:
            return options.password_file.read_text(encoding="utf-8").strip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError("--password-file", f"{options.password_file} cannot be read ({error})") from error
    if "REGWIRE_PASSWORD" in os.environ:
        return os.environ["REGWIRE_PASSWORD"]
    if accounts is not None:
        return _account_password(accounts, account)
    if not sys.stdin.isatty():
        raise ConfigError("--password-file", "missing", "give it, or set REGWIRE_PASSWORD")
    import getpass

    return getpass.getpass(f"password of {account}: ")


def _account_password(path: Path, account: str) -> str:
    try:
        accounts = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(str(path), f"cannot be read ({error})", "--password-file gives the password") from error
    if account not in accounts:
        raise ConfigError(f"--as {account}", f"{path} has no such account", f"it has {', '.join(accounts) or 'none'}")
    password = accounts[account].get("password")
    if not isinstance(password, str):
        cure = "--password-file gives the password"
        raise ConfigError(f"{path} [{account}]", "no password in clear, only its hash", cure)
    return password
