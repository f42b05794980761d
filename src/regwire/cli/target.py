"""Which server the EPP commands talk to, and as whom: a folder of ``regwire init``, or any server by options."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from regwire.errors import ConfigError

__all__ = ["Options", "Target", "resolve"]

DEFAULT_ACCOUNT = "reg-a"
EPP_PORT = 700
_SHORTEST_PASSWORD = 6


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
        host=_host_name("--host", options.host or config.listen.address),
        port=options.port or WELL_KNOWN_PORTS["epp"] + config.listen.port_offset,
        server_name=_host_name("--server-name", options.server_name or "localhost"),
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
    host = _host_name("--host", options.host or "")
    return Target(
        host=host,
        port=options.port or EPP_PORT,
        server_name=_host_name("--server-name", options.server_name or host),
        client_id=user,
        password=_password(options, None, user),
        ca=options.ca,
        certificate=options.certificate,
        key=options.key,
        timeout=options.timeout,
    )


def _host_name(option: str, text: str) -> str:
    """A host name in A-labels, or an address, as TLS has it."""
    from regwire.cli.requests import a_label_name

    found = a_label_name(text)
    if re.fullmatch(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|[0-9a-f:.]+(%[a-z0-9]+)?", found) is None or ".." in found:
        raise ConfigError(option, f"{text!r} is no host name and no address", "write it as epp.example.net")
    return found


def _password(options: Options, accounts: Path | None, account: str) -> str:
    """From the file given, the environment, the registry's accounts, or the terminal, in this order."""
    if options.password_file is not None:
        return _checked("--password-file", _read_password(options.password_file))
    if "REGWIRE_PASSWORD" in os.environ:
        return _checked("REGWIRE_PASSWORD", os.environ["REGWIRE_PASSWORD"])
    if accounts is not None:
        return _account_password(accounts, account)
    if not sys.stdin.isatty():
        raise ConfigError("--password-file", "missing", "give it, or set REGWIRE_PASSWORD")
    import getpass

    return _checked("the password", getpass.getpass(f"password of {account}: "))


def _read_password(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError("--password-file", f"{path} cannot be read ({reason})", "give a file that has it") from error


def _checked(where: str, password: str) -> str:
    """A password that a login can carry (RFC 5730 pwType; RFC 8807 section 4 for longer ones)."""
    if len(password) < _SHORTEST_PASSWORD:
        raise ConfigError(
            where, f"has {len(password)} characters", f"EPP's passwords have {_SHORTEST_PASSWORD} or more"
        )
    if not password.isprintable():
        raise ConfigError(where, "has a line break or control character", "EPP's passwords are one line")
    return password


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
