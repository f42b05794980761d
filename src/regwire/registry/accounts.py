"""``accounts.toml``: who may log in.

The file holds secrets in clear (what ``regwire init`` generates), so it must be readable by its owner only. The
registry keeps only salted digests of them in memory; a file may also hold ``password_hash`` instead of ``password``,
which is what a production registry writes.
"""

from __future__ import annotations

import difflib
import hashlib
import hmac
import os
import re
import secrets
import stat
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from regwire.errors import ConfigError

__all__ = ["Account", "Accounts", "hash_password", "load_accounts", "verify_password"]

# A login happens once a session, so its cost may be visible: 16 MiB and about 30 ms keep guessing expensive even for
# someone who has the file. The parameters are stored with each hash and can grow without invalidating old ones.
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 1 << 14, 8, 1
_KNOWN = ("password", "password_hash", "certificates", "active", "contact")


def hash_password(password: str, *, salt: bytes | None = None) -> str:
    """Return ``scrypt$n$r$p$salt$digest``; takes about 30 ms of one core: never call it on an event loop."""
    salt = secrets.token_bytes(16) if salt is None else salt
    digest = hashlib.scrypt(password.encode(), salt=salt, n=_SCRYPT_N, r=_SCRYPT_R, p=_SCRYPT_P, dklen=32)
    return f"scrypt${_SCRYPT_N}${_SCRYPT_R}${_SCRYPT_P}${salt.hex()}${digest.hex()}"


def verify_password(password: str, stored: str) -> bool:
    """Tell whether ``password`` gives ``stored``; as slow as `hash_password`, in constant time."""
    _, n, r, p, salt, digest = stored.split("$")
    actual = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), n=int(n), r=int(r), p=int(p), dklen=32)
    return hmac.compare_digest(actual, bytes.fromhex(digest))


@dataclass(frozen=True, slots=True)
class Account:
    """One registrar.

    Attributes:
        id: the clID, 3 to 16 characters.
        password_hash: see `hash_password`.
        certificates: SHA-256 fingerprints, lower-case hex; empty: any certificate that the listener verified.
        active: false: login is answered 2201.

    """

    id: str
    password_hash: str = field(repr=False)
    certificates: frozenset[str] = frozenset()
    active: bool = True

    def allows_certificate(self, fingerprint: str | None) -> bool:
        """Tell whether a peer with this certificate (None: without one) may log in as this account."""
        if not self.certificates:
            return True
        return fingerprint is not None and fingerprint.lower().replace(":", "") in self.certificates


class Accounts:
    """The accounts by id. Immutable; a changed file is a new object."""

    def __init__(self, accounts: Collection[Account]) -> None:
        self._by_id: Mapping[str, Account] = {account.id: account for account in accounts}
        # Verified for an unknown id too, so that the time of a refusal does not tell which ids exist.
        self._decoy = hash_password(secrets.token_hex(16))

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Account]:
        return iter(self._by_id.values())

    def get(self, account_id: str) -> Account | None:
        """Return the account, or None."""
        return self._by_id.get(account_id)

    def verify(self, account_id: str, password: str, fingerprint: str | None) -> Account | None:
        """Return the account if id, password and certificate match, else None. Slow: call it in a worker thread.

        Args:
            account_id: the clID.
            password: as sent.
            fingerprint: SHA-256 of the peer's certificate in hex, None if it sent none.

        """
        account = self._by_id.get(account_id)
        matches = verify_password(password, account.password_hash if account is not None else self._decoy)
        if account is None or not matches or not account.allows_certificate(fingerprint):
            return None
        return account


def load_accounts(path: Path | str) -> Accounts:
    """Read an ``accounts.toml``. Hashes every clear password: about 30 ms an account.

    Raises:
        ConfigError: naming file, account, problem and cure; also when others than the owner can read the file.

    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = tomllib.load(file)
    except FileNotFoundError:
        raise ConfigError(str(path), "no such file", f"`regwire init {path.parent}` writes one") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"cannot be read ({error})", "it must be a readable UTF-8 file") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), f"not TOML: {error}", "correct it") from error
    if stat.S_IMODE(mode) & 0o077:
        raise ConfigError(
            str(path), f"readable by others (mode {stat.S_IMODE(mode):04o}) but holds passwords", f"chmod 600 {path}"
        )
    if not data:
        raise ConfigError(str(path), "no account", "add a section such as [reg-a] with password = …")
    return Accounts([_account(path, name, value) for name, value in data.items()])


def _account(path: Path, name: str, value: Any) -> Account:
    where = f"{path} [{name}]"
    if not 3 <= len(name) <= 16:
        raise ConfigError(where, "an account's id has 3 to 16 characters (RFC 5730 clIDType)")
    if not isinstance(value, dict):
        raise ConfigError(where, f"must be a section; write [{name}] and its settings below")
    for key in value:
        if key not in _KNOWN:
            near = difflib.get_close_matches(key, _KNOWN, 1, 0.5)
            cure = f"did you mean {near[0]}?" if near else f"known: {', '.join(_KNOWN)}"
            raise ConfigError(f"{where} {key}", "no such setting", cure)
    certificates = frozenset(_fingerprints(where, value.get("certificates", [])))
    active = value.get("active", True)
    if not isinstance(active, bool):
        raise ConfigError(f"{where} active", "must be true or false")
    return Account(name, _password(where, value), certificates, active)


def _password(where: str, value: Mapping[str, Any]) -> str:
    clear, hashed = value.get("password"), value.get("password_hash")
    if (clear is None) == (hashed is None):
        raise ConfigError(where, "give either password or password_hash")
    if hashed is not None:
        if not isinstance(hashed, str) or not re.fullmatch(r"scrypt\$\d+\$\d+\$\d+\$[0-9a-f]+\$[0-9a-f]{64}", hashed):
            raise ConfigError(f"{where} password_hash", "must look like scrypt$n$r$p$salt$digest")
        return hashed
    if not isinstance(clear, str) or not clear:
        raise ConfigError(f"{where} password", "must be a non-empty string")
    return hash_password(clear)


def _fingerprints(where: str, value: Any) -> Iterator[str]:
    if not isinstance(value, list):
        raise ConfigError(f"{where} certificates", "must be a list of SHA-256 fingerprints")
    for entry in value:
        plain = entry.lower().replace(":", "") if isinstance(entry, str) else ""
        if not re.fullmatch(r"[0-9a-f]{64}", plain):
            raise ConfigError(f"{where} certificates", f"{entry!r} is not a SHA-256 fingerprint (64 hex digits)")
        yield plain
