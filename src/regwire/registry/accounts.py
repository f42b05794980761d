"""``accounts.toml``: who may log in, as a file.

The accounts of a registry are records of its store (`regwire.registry.model.registrars`); this file is what fills them:
at every start, and whenever an operator's command opens the registry, entries that are new or changed since they were
last taken become accounts. What operators and registrars change later stays, as long as the entry is not touched.

The file holds secrets in clear (what ``regwire init`` generates), so it must be readable by its owner only. The
registry keeps only salted digests of them; an entry may also hold ``password_hash`` instead of ``password``.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import secrets
import stat
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final

from regwire.errors import ConfigError
from regwire.registry.model.registrars import (
    ACTIVE,
    SUSPENDED,
    AccountsFile,
    Credential,
    Registrar,
    TakeAccounts,
    TakenAccount,
)
from regwire.registry.passwords import hash_password, is_password_hash, password_record, verify_password
from regwire.registry.rules import View

__all__ = [
    "Account",
    "Accounts",
    "file_stamp",
    "fingerprint",
    "hash_password",
    "load_accounts",
    "read_accounts",
    "taking",
    "verify_password",
]

_KNOWN: Final = (
    "password", "password_hash", "certificates", "active", "contact", "name", "networks", "max_sessions",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Account:
    """One registrar, as the file or a program gives it.

    Attributes:
        id: the clID, 3 to 16 characters.
        password_hash: see `hash_password`; empty: it is still to be made of ``password``.
        certificates: SHA-256 fingerprints, lower-case hex; empty: any certificate that the listener verified.
        active: false: login is answered 2201; None: the file says nothing, which is active for a new account and
            leaves one that is there as it is.
        password: in clear, if the file has it so.
        name: of the company.
        networks: where it may come from; empty: anywhere.
        max_sessions: at the same time; None: as many as the server allows each.

    """

    id: str
    password_hash: str = field(default="", repr=False)
    certificates: frozenset[str] = frozenset()
    active: bool | None = True
    password: str = field(default="", repr=False)
    name: str = ""
    networks: tuple[str, ...] = ()
    max_sessions: int | None = None

    def allows_certificate(self, fingerprint: str | None) -> bool:
        """Tell whether a peer with this certificate (None: without one) may log in as this account."""
        if not self.certificates:
            return True
        return fingerprint is not None and fingerprint.lower().replace(":", "") in self.certificates

    def hashed(self, *, scram: bool = False) -> str:
        """Return what is kept of the password, made now if it is not there yet: slow then."""
        return self.password_hash or password_record(self.password, scram=scram)

    def registrar(self) -> Registrar:
        """Return the account as the store keeps it."""
        return Registrar(
            self.id,
            self.name,
            SUSPENDED if self.active is False else ACTIVE,
            tuple(sorted(self.certificates)),
            self.networks,
            self.max_sessions,
        )

    def text(self) -> str:
        """Return all that the entry says, for comparing: never to be kept but as a slow hash of it."""
        said = [self.password, self.password_hash, sorted(self.certificates), self.active]
        return json.dumps([self.id, *said, self.name, self.networks, self.max_sessions])


class Accounts:
    """Accounts by id. Immutable; a changed file is a new object."""

    def __init__(self, accounts: Collection[Account]) -> None:
        self._by_id: Mapping[str, Account] = {account.id: account for account in accounts}
        self._decoy = ""

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
        # Verified for an unknown id too, so that the time of a refusal does not tell which ids exist.
        self._decoy = self._decoy or hash_password(secrets.token_hex(16))
        account = self._by_id.get(account_id)
        matches = verify_password(password, account.hashed() if account is not None else self._decoy)
        if account is None or not matches or not account.allows_certificate(fingerprint):
            return None
        return account


# --- taking the file over


def taking(
    view: View,
    accounts: Collection[Account] | None,
    path: Path | None,
    progress: Callable[[], object] | None = None,
    *,
    scram: bool = False,
) -> TakeAccounts | None:
    """Return the request that takes new and changed accounts over; None if there is nothing to take.

    Slow: about 30 ms for each account of a file that changed, two for one that has to be taken.

    Args:
        view: what is known.
        accounts: what is to be taken; None: those of the file.
        path: the file they come from, to be noted as seen; None: they come from a program.
        progress: called before every account.
        scram: keep the keys of SCRAM-SHA-256 too.

    Raises:
        ConfigError: the file cannot be used.

    """
    if accounts is None and path is not None and not path.exists() and view.records("registrar", limit=1):
        # Its accounts are kept elsewhere by now.
        return None
    file = None if path is None else AccountsFile(str(path.absolute()), _stamp(path))
    if file is not None and file == view.record("accountsFile", file.path):
        return None
    if accounts is None:
        assert path is not None
        accounts = read_accounts(path)
    found = []
    for account in accounts:
        if progress is not None:
            progress()
        known: Credential | None = view.record("credential", account.id)
        text = account.text()
        if known is None or not known.entry or not verify_password(text, known.entry):
            entry = hash_password(text)
            found.append(
                TakenAccount(account.registrar(), account.hashed(scram=scram), entry, account.active is not None)
            )
    return TakeAccounts(tuple(found), file) if found or file is not None else None


def file_stamp(path: Path) -> str | None:
    """Return what changes whenever the file does; None: it cannot be looked at."""
    try:
        return _stamp(path)
    except ConfigError:
        return None


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except OSError as error:
        raise _missing(path, error) from None
    return f"{status.st_dev}-{status.st_ino}-{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}"


# --- reading the file


def load_accounts(path: Path | str) -> Accounts:
    """Read an ``accounts.toml`` and hash every clear password: about 30 ms an account.

    Raises:
        ConfigError: as `read_accounts`.

    """
    found = read_accounts(Path(path))
    return Accounts(
        [Account(a.id, a.hashed(), a.certificates, a.active, "", a.name, a.networks, a.max_sessions) for a in found]
    )


def read_accounts(path: Path) -> list[Account]:
    """Read an ``accounts.toml``; nothing is hashed.

    Raises:
        ConfigError: naming file, account, problem and cure; also when others than the owner can read the file.

    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = tomllib.load(file)
    except (OSError, UnicodeDecodeError) as error:
        raise _missing(path, error) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), f"not TOML: {error}", "correct it") from error
    if stat.S_IMODE(mode) & 0o077:
        raise ConfigError(
            str(path), f"readable by others (mode {stat.S_IMODE(mode):04o}) but holds passwords", f"chmod 600 {path}"
        )
    if not data:
        raise ConfigError(str(path), "no account", "add a section such as [reg-a] with password = …")
    return [_account(path, name, value) for name, value in data.items()]


def _missing(path: Path, error: Exception) -> ConfigError:
    if isinstance(error, FileNotFoundError):
        cure = 'write one, mode 0600, as [reg-a] and password = "…"; `regwire init` in a new folder shows one'
        return ConfigError(str(path), "no such file", cure)
    reason = getattr(error, "strerror", None) or error
    return ConfigError(str(path), f"cannot be read ({reason})", "it must be a readable UTF-8 file")


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
    active = value.get("active")
    if not isinstance(active, bool | None):
        raise ConfigError(f"{where} active", "must be true or false")
    company = value.get("name", "")
    if not isinstance(company, str):
        raise ConfigError(f"{where} name", "must be a string")
    clear, hashed = _password(where, value)
    networks = tuple(_networks(where, value.get("networks", [])))
    return Account(name, hashed, certificates, active, clear, company, networks, _sessions(where, value))


def _password(where: str, value: Mapping[str, Any]) -> tuple[str, str]:
    """Return the password in clear, and its hash; one of them is empty."""
    clear, hashed = value.get("password"), value.get("password_hash")
    if (clear is None) == (hashed is None):
        raise ConfigError(where, "give either password or password_hash")
    if hashed is not None:
        if not isinstance(hashed, str) or not is_password_hash(hashed):
            raise ConfigError(
                f"{where} password_hash", "must look like $argon2id$v=19$m=…,t=…,p=…$… or scrypt$n$r$p$salt$digest"
            )
        return "", hashed
    if not isinstance(clear, str) or not clear:
        raise ConfigError(f"{where} password", "must be a non-empty string")
    return clear, ""


def _sessions(where: str, value: Mapping[str, Any]) -> int | None:
    most = value.get("max_sessions")
    if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 1):
        raise ConfigError(f"{where} max_sessions", "must be a whole number of at least 1")
    return most


def _networks(where: str, value: Any) -> Iterator[str]:
    if not isinstance(value, list):
        raise ConfigError(f"{where} networks", "must be a list of addresses and prefixes")
    for entry in value:
        try:
            yield str(ip_network(entry if isinstance(entry, str) else ""))
        except ValueError as error:
            raise ConfigError(f"{where} networks", str(error), 'write "192.0.2.0/24" or "2001:db8::/48"') from None


def _fingerprints(where: str, value: Any) -> Iterator[str]:
    if not isinstance(value, list):
        raise ConfigError(f"{where} certificates", "must be a list of SHA-256 fingerprints")
    for entry in value:
        plain = fingerprint(entry) if isinstance(entry, str) else None
        if plain is None:
            raise ConfigError(f"{where} certificates", f"{entry!r} is not a SHA-256 fingerprint (64 hex digits)")
        yield plain


def fingerprint(text: str) -> str | None:
    """Return a fingerprint, as people write it, in the one form that is compared; None: it is none."""
    plain = text.lower().replace(":", "").replace(" ", "")
    return plain if re.fullmatch(r"[0-9a-f]{64}", plain) else None
