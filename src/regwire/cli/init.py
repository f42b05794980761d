"""``regwire init``: a folder with everything that ``regwire serve`` needs."""

from __future__ import annotations

import os
import secrets
import shutil
import string
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from regwire.cli.pki import create_pki
from regwire.errors import ConfigError

if TYPE_CHECKING:
    from regwire.registry.config import Config, ListenSettings

__all__ = ["REGISTRARS", "create_registry", "new_password", "undone"]

#: The accounts of a new registry.
REGISTRARS = ("reg-a", "reg-b")
# RFC 5730's pwType has at most 16 characters; 16 of these 62 carry 95 bits.
_PASSWORD_ALPHABET = string.ascii_letters + string.digits
_PASSWORD_LENGTH = 16


def create_registry(
    folder: Path,
    registrars: Sequence[str] = REGISTRARS,
    *,
    listen: ListenSettings | None = None,
    config: Config | None = None,
    beside: Sequence[str] = (),
) -> list[Path]:
    """Write ``registry.toml``, ``accounts.toml`` (mode 0600) and the development PKI into ``folder``.

    Args:
        folder: made if it does not exist; other files in it are left alone.
        registrars: the accounts, each with a generated password and a certificate that it is pinned to.
        listen: where `regwire serve` will listen; None: what ``config`` says.
        config: the settings; None: the defaults.
        beside: further names in the folder that the caller will write, and that must not exist.

    Returns:
        What was written: the two files and the folder of the PKI.

    Raises:
        ConfigError: something of it exists already, or the folder cannot be written. Nothing was written then.

    """
    paths = [folder / "registry.toml", folder / "accounts.toml", folder / "pki"]
    for path in (*paths, *(folder / name for name in beside)):
        if os.path.lexists(path):
            raise ConfigError(str(path), "exists already", "choose another folder, or move it away first")
    new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Of two at the same time only one gets beyond this: what is taken away below is its own.
        paths[-1].mkdir()
        with undone(paths, folder if new else None):
            _fill(folder, paths, registrars, listen, config)
    except OSError as error:
        raise ConfigError(str(folder), f"cannot be written ({error.strerror})", "choose another folder") from error
    return paths


def new_password() -> str:
    """Return a password that every login can carry."""
    return "".join(secrets.choice(_PASSWORD_ALPHABET) for _ in range(_PASSWORD_LENGTH))


@contextmanager
def undone(paths: Sequence[Path], folder: Path | None) -> Iterator[None]:
    """Take away what was written when the rest of it cannot be, or nobody waits for it: half of it is of no use."""
    try:
        yield
    except BaseException:
        for path in paths:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        if folder is not None:
            with suppress(OSError):
                folder.rmdir()
        raise


def _fill(
    folder: Path,
    paths: Sequence[Path],
    registrars: Sequence[str],
    listen: ListenSettings | None,
    config: Config | None,
) -> None:
    from regwire.registry.config import Config, render

    settings, accounts, pki = paths
    config = config or Config(directory=folder)
    if listen is not None:
        config = replace(config, listen=listen)
    fingerprints = create_pki(pki, registrars)
    with settings.open("x", encoding="utf-8") as file:
        file.write(_HEADER + render(config, every=True))
    descriptor = os.open(accounts, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        for name in registrars:
            file.write(f'[{name}]\npassword = "{new_password()}"\ncertificates = ["{fingerprints[name]}"]\n\n')


_HEADER = """\
# A regwire registry. Lines that are commented out show defaults; `regwire serve` on this folder starts it.

"""
