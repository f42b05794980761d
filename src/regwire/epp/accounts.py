"""Logins against a list of accounts: passwords hashed, certificates pinned.

What a server needs of accounts is one method, so that any store of them will do::

    def verify(self, client_id: str, password: str, fingerprint: str | None) -> account | None

It is called in a worker thread and may be slow. The account it returns may have `active` (false: 2201),
`max_sessions` and `networks` (addresses it may come from); a source may have `change_password(account, password)`.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any, Protocol

from regwire.epp.codes import ResultCode
from regwire.epp.ext.login_sec import SENTINEL, LoginSec
from regwire.epp.messages.core import Command, Login

__all__ = ["Account", "AccountSource", "Accounts", "check_login", "passwords"]


class AccountSource(Protocol):
    """Where accounts come from."""

    def verify(self, client_id: str, password: str, fingerprint: str | None) -> Any:
        """Return the account when id, password and certificate agree, else None. Slow; runs in a worker thread."""


def _hash(password: str, salt: bytes) -> bytes:
    """16 MiB and about 30 ms: a login happens once a session, guessing stays expensive."""
    return hashlib.scrypt(password.encode(), salt=salt, n=1 << 14, r=8, p=1, dklen=32)


@dataclass(frozen=True, slots=True)
class Account:
    """One client of the server.

    `certificates` are SHA-256 fingerprints in hex, several so that one can be rotated; empty: any that the listener
    verified. `networks`: where it may come from; empty: anywhere. `max_sessions` overrides the server's limit.
    """

    client_id: str
    password: str = field(repr=False)
    certificates: frozenset[str] = frozenset()
    active: bool = True
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    max_sessions: int | None = None


class Accounts:
    """Accounts in memory. Passwords are kept as salted scrypt hashes only."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self._known: dict[str, tuple[Account, bytes, bytes]] = {}
        for account in accounts:
            salt = secrets.token_bytes(16)
            self._known[account.client_id] = (replace(account, password=""), salt, _hash(account.password, salt))
        self._decoy = (secrets.token_bytes(16), secrets.token_bytes(32))

    def verify(self, client_id: str, password: str, fingerprint: str | None) -> Account | None:
        """As `AccountSource`; takes as long for an id that does not exist."""
        known = self._known.get(client_id)
        salt, expected = known[1:] if known is not None else self._decoy
        matches = hmac.compare_digest(_hash(password, salt), expected)
        if known is None or not matches:
            return None
        pinned = {fingerprint_of(text) for text in known[0].certificates}
        if pinned and (fingerprint is None or fingerprint_of(fingerprint) not in pinned):
            return None
        return known[0]

    def change_password(self, account: Account, password: str) -> None:
        """Replace the password; the old one no longer logs in."""
        salt = secrets.token_bytes(16)
        self._known[account.client_id] = (account, salt, _hash(password, salt))


def fingerprint_of(text: str) -> str:
    """A fingerprint as people write it, in one form."""
    return text.replace(":", "").replace(" ", "").lower()


def passwords(command: Command) -> tuple[str, str | None]:
    """The password and the new password of a login, from loginSec where the login says so (RFC 8807 section 3.1)."""
    login = command.op
    assert isinstance(login, Login)
    extended = next((e for e in command.extension if isinstance(e, LoginSec)), None)
    password, new = login.pw, login.new_pw
    if extended is not None:
        if password == SENTINEL and extended.pw is not None:
            password = extended.pw
        if new == SENTINEL and extended.new_pw is not None:
            new = extended.new_pw
    return password, new


def check_login(source: AccountSource, session: Any, command: Command, *, certificate_needed: bool) -> Any:
    """Decide on a login: the account, or 2200, 2201, or 2102 for a new password that the source cannot store.

    Slow; run it in a worker thread. All reasons of 2200 give one and the same answer.
    """
    login = command.op
    assert isinstance(login, Login)
    password, new = passwords(command)
    fingerprint = getattr(session.peer, "fingerprint", None)
    account = source.verify(login.cl_id, password, fingerprint)
    if account is None or (certificate_needed and fingerprint is None) or not _comes_from(account, session.peer):
        return int(ResultCode.AUTHENTICATION_ERROR)
    if not getattr(account, "active", True):
        return int(ResultCode.AUTHORIZATION_ERROR)
    if new == SENTINEL:
        # The extension that has the real one is missing: this is nobody's password.
        return int(ResultCode.PARAMETER_MISSING)
    if new is not None:
        change = getattr(source, "change_password", None)
        if change is None:
            return int(ResultCode.UNIMPLEMENTED_OPTION)
        change(account, new)
    return account


def _comes_from(account: Any, peer: Any) -> bool:
    networks = getattr(account, "networks", ())
    if not networks:
        return True
    address = getattr(peer, "address", None)
    host = address[0] if isinstance(address, tuple) else address
    try:
        parsed = ip_address(str(host))
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return any((mapped or parsed) in network for network in networks)
