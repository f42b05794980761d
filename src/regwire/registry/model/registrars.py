"""Registrars: who may use the registry, and how they prove who they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from datetime import datetime
from typing import Final

from regwire.registry.model.kinds import Kind, register
from regwire.registry.model.record import record
from regwire.registry.model.requests import Request

__all__ = [
    "ACCOUNTS_FILE",
    "ACTIVE",
    "CREDENTIAL",
    "FAILED_LOGINS",
    "REGISTRAR",
    "SUSPENDED",
    "AccountsFile",
    "AddRegistrar",
    "ChangeCertificates",
    "ChangeRegistrar",
    "Credential",
    "FailedLogins",
    "NoteFailedLogins",
    "ReadRegistrars",
    "Registrar",
    "SetPassword",
    "SetRegistrarStatus",
    "TakeAccounts",
    "TakenAccount",
    "why_ended",
]

ACTIVE: Final = "active"
SUSPENDED: Final = "suspended"


@record
class Registrar:
    """A registrar's account.

    Attributes:
        id: the clID, 3 to 16 characters.
        name: of the company, for people.
        status: "active" or "suspended": then logins are answered 2201, and sessions end with their next command.
        certificates: SHA-256 fingerprints, lower-case hex, several while one is being replaced; none: any certificate
            that the listener verified.
        networks: addresses and prefixes that it may come from; none: anywhere.
        max_sessions: at the same time; None: as many as the server allows each.
        created, updated: when the account was made, and last changed.

    """

    id: str
    name: str = ""
    status: str = ACTIVE
    certificates: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    max_sessions: int | None = None
    created: datetime | None = None
    updated: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether it may log in."""
        return self.status == ACTIVE


def why_ended(registrar: Registrar | None, certificate: str | None) -> str:
    """Return why sessions of an account that showed this certificate must end; "": they may go on.

    Arguments are the account as it is now, None if it is gone, and a SHA-256 fingerprint, None if none was shown.
    """
    if registrar is None or not registrar.active:
        return "the account is suspended"
    if registrar.certificates and certificate not in registrar.certificates:
        return "the certificate is not accepted any more"
    return ""


@record
class Credential:
    """What proves a registrar's password; kept apart from the account, so that no history has it.

    Attributes:
        account: whose.
        hash: of the password (`regwire.registry.passwords`).
        changed: when it was set, which its age counts from.
        entry: hash of the entry of the accounts file that was taken last; "": none was.

    """

    account: str
    hash: str = field(repr=False)
    changed: datetime
    entry: str = field(default="", repr=False)


@record
class AccountsFile:
    """Which state of the accounts file was taken over: changed files are looked at again, others are not.

    Attributes:
        path: of the file.
        stamp: its device, inode, size and times.

    """

    path: str
    stamp: str


def _statuses(value: Registrar) -> Iterable[tuple[str, str]]:
    yield "status", value.status


#: By "status".
REGISTRAR = register(Kind("registrar", Registrar, key=lambda value: value.id, index=_statuses))
CREDENTIAL = register(Kind("credential", Credential, key=lambda value: value.account, history=False))
ACCOUNTS_FILE = register(Kind("accountsFile", AccountsFile, key=lambda value: value.path, history=False))


@record
class FailedLogins:
    """When logins of an account failed since the last that succeeded, as far as a day counts."""

    account: str
    times: tuple[datetime, ...] = ()


FAILED_LOGINS = register(Kind("failedLogins", FailedLogins, key=lambda value: value.account, history=False))


@record
class NoteFailedLogins(Request):
    """The server's own: keep these for its next start; without times, forget them."""

    failed: tuple[FailedLogins, ...]


@record
class AddRegistrar(Request):
    """The operator's: a new account with the hash of its password; 2302 if there is one of this id."""

    registrar: Registrar
    hash: str = field(repr=False)


@record
class ChangeRegistrar(Request):
    """The operator's: None leaves a value as it is; ``max_sessions`` 0: as many as the server allows each."""

    id: str
    name: str | None = None
    networks: tuple[str, ...] | None = None
    max_sessions: int | None = None


@record
class SetRegistrarStatus(Request):
    """The operator's: suspend an account, or let it in again; 2303 if there is none. Again is no error."""

    id: str
    status: str


@record
class ChangeCertificates(Request):
    """The operator's: 2306 for a fingerprint that is there already, or is not there to be removed."""

    id: str
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@record
class SetPassword(Request):
    """The operator's, and a registrar's own: replace the password.

    Attributes:
        hash: of the new one.
        was: only if this is still the hash in force, else 2304: whoever proved the old password proved that one.
        again: the password itself stays, only its hash is made anew: its age goes on.

    """

    id: str
    hash: str = field(repr=False)
    was: str | None = field(default=None, repr=False)
    again: bool = False


@record
class TakenAccount:
    """One entry of the accounts file, hashed.

    Attributes:
        registrar: what the entry says.
        hash: of its password.
        entry: hash of the whole entry, by which it is known again.
        says_active: whether the entry says that the account is active or not; if it does not, an account that is
            there keeps its status.

    """

    registrar: Registrar
    hash: str = field(repr=False)
    entry: str = field(repr=False)
    says_active: bool = False


@record
class TakeAccounts(Request):
    """The operator's: what is new or changed in the accounts file becomes accounts; others stay as they are."""

    accounts: tuple[TakenAccount, ...]
    file: AccountsFile | None = None


@record
class ReadRegistrars(Request):
    """The operator's: accounts, ascending by id, at most ``limit`` after ``after``; data is a list of `Registrar`."""

    after: str = ""
    limit: int = 1000
