"""Launch phases (RFC 8334): applications, proofs of rights, claims."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from typing import Any

from regwire.registry.model.changes import Why
from regwire.registry.model.kinds import Kind, register
from regwire.registry.model.objects import Domain
from regwire.registry.model.outcomes import DomainData
from regwire.registry.model.record import record
from regwire.registry.model.requests import Request

__all__ = [
    "APPLICATION",
    "FINAL",
    "LAUNCH_RECORD",
    "Application",
    "ApplicationAsked",
    "ApplicationData",
    "ApplicationStatus",
    "CodeMark",
    "LaunchChecked",
    "LaunchCreated",
    "LaunchGiven",
    "LaunchInfo",
    "LaunchName",
    "LaunchQuery",
    "LaunchRecord",
    "LaunchWanted",
    "MarkProof",
    "Notice",
    "PendingAction",
    "Phase",
    "ReadApplications",
    "SetApplicationStatus",
    "SubmittedMark",
]

#: The statuses of an application after which nothing happens to it any more.
FINAL = frozenset({"allocated", "rejected"})


@record
class Phase:
    """A launch phase: "sunrise", "landrush", "claims", "open", "custom"; ``name`` of a sub-phase or a custom phase."""

    value: str
    name: str | None = None


@record
class Notice:
    """A claims notice that the registrant accepted; ``validator`` None: the default one."""

    id: str
    not_after: datetime
    accepted: datetime
    validator: str | None = None


@record
class SubmittedMark:
    """A signed mark as it came: octets that nobody has verified."""

    xml: bytes = field(repr=False)


@record
class CodeMark:
    """A mark code and, perhaps, its mark as it came."""

    code: str | None = field(default=None, repr=False)
    validator: str | None = None
    mark: bytes | None = field(default=None, repr=False)


@record
class MarkProof:
    """What one signed mark or mark code came to when it was verified.

    Attributes:
        fault: why it does not count; "": it does.
        syntax: with a fault: it is no signed mark at all.
        validator: whose it is.
        id, issuer: of the signed mark; "" for codes.
        labels: what it allows, lower-case.
        not_before, not_after: when; None: always.
        digest: SHA-256 of what was signed.
        mark: <mark:mark> as it was signed or came, if there is one.

    """

    fault: str = ""
    syntax: bool = False
    validator: str = ""
    id: str = ""
    issuer: str = ""
    labels: tuple[str, ...] = ()
    not_before: datetime | None = None
    not_after: datetime | None = None
    digest: bytes = b""
    mark: bytes | None = field(default=None, repr=False)


# --- what commands carry, freed of the protocol


@record
class LaunchQuery:
    """What a check asks; ``form``: "claims", "avail" or "trademark"."""

    form: str
    phase: Phase | None = None


@record
class LaunchWanted:
    """An info asks for the launch data of a domain, or for an application."""

    phase: Phase
    application: str | None = None
    include_mark: bool = False


@record
class LaunchGiven:
    """What a create says of its phase, and proves.

    Attributes:
        type: "application" or "registration", if it says which it expects.
        submitted: signed marks as they came.
        codes: mark codes as they came.
        proofs: what those came to, one each: made by the registry before the rules see the command.

    """

    phase: Phase
    type: str | None = None
    submitted: tuple[SubmittedMark, ...] = ()
    codes: tuple[CodeMark, ...] = ()
    notices: tuple[Notice, ...] = ()
    proofs: tuple[MarkProof, ...] = ()


@record
class ApplicationAsked:
    """An update or a delete is about an application."""

    phase: Phase
    application: str


# --- what is kept


@record
class LaunchRecord:
    """What a registered domain was created by in its launch phase; found by the domain's ROID."""

    roid: str
    phase: Phase
    application: str | None = None
    proofs: tuple[MarkProof, ...] = ()
    notices: tuple[Notice, ...] = ()


LAUNCH_RECORD = register(Kind("launch", LaunchRecord, key=lambda value: value.roid))


@record
class Application:
    """An application for a name (RFC 8334 section 2.1).

    Attributes:
        domain: what will be registered, as a create made it and updates changed it; its dates are set at allocation.
        months: for how long it will be registered.
        status: launch status (section 2.4); ``text`` and ``custom`` (the name of a custom status) go with it.
        transaction, client_transaction: of the create, for the message about its outcome.

    """

    id: str
    domain: Domain
    phase: Phase
    months: int
    transaction: str
    client_transaction: str | None = None
    status: str = "pendingValidation"
    text: str = ""
    custom: str | None = None
    proofs: tuple[MarkProof, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def open(self) -> bool:
        """Whether it may still become a registration."""
        return self.status not in FINAL


def _indexes(value: Application) -> list[tuple[str, str]]:
    domain = value.domain
    found = [("name", domain.name), ("sponsor", domain.sponsor), ("status", value.status)]
    if value.open:
        found.append(("open", domain.name))
        ids = [domain.registrant, *[link.id for link in domain.contacts]]
        found += [("contact", id) for id in dict.fromkeys(ids) if id]
        found += [("host", roid) for roid in dict.fromkeys(domain.hosts)]
    return found


#: The indexes "open", "contact" and "host" (by ROID) find those that may still be allocated.
APPLICATION = register(Kind("application", Application, key=lambda value: value.id, index=_indexes))


# --- what replies and messages carry


@record
class LaunchName:
    """The answer for one name of a claims or trademark check: (validator, claims key) pairs."""

    name: str
    exists: bool
    keys: tuple[tuple[str, str], ...] = ()


@record
class LaunchChecked:
    """The answer to a claims or trademark check."""

    phase: Phase | None
    names: tuple[LaunchName, ...]


@record
class LaunchCreated:
    """A create became an application."""

    phase: Phase
    application: str


@record
class LaunchInfo:
    """Launch data of a domain or an application; ``marks`` as they were signed, if they were asked for."""

    phase: Phase
    application: str | None = None
    status: str | None = None
    text: str = ""
    custom: str | None = None
    marks: tuple[bytes, ...] = ()


@record
class PendingAction:
    """The outcome of a create or delete that was pending (RFC 5731 section 3.3)."""

    name: str
    granted: bool
    transaction: str
    client_transaction: str | None
    at: datetime


@record
class ApplicationData:
    """An application as its sponsor sees it, in the form of a domain."""

    data: DomainData


register(Kind("applicationData", ApplicationData))
register(Kind("launchInfo", LaunchInfo))
register(Kind("pendingAction", PendingAction))


# --- the operator's requests


@record
class ApplicationStatus:
    """What an application's status becomes; ``custom`` is the name of a custom status."""

    value: str
    text: str = ""
    custom: str | None = None


@record
class SetApplicationStatus(Request):
    """The operator's: decide about an application; data is the application after it.

    "allocated" registers the name for the applicant and rejects all other open applications for it: 2302 if the name is
    registered, 2303 if a contact or host of the application is gone, 2104 if it cannot be paid. 2304 for one that is
    decided already.
    """

    id: str
    status: ApplicationStatus
    # The applicants are told of their applications; nobody needs to be told of the domain once more.
    extensions: tuple[Any, ...] = field(default=(Why(quiet=True),), kw_only=True)


@record
class ReadApplications(Request):
    """The operator's: applications, ascending by id, at most ``limit`` after ``after``; data is a list.

    One of ``id``, ``name``, ``sponsor``, ``status`` narrows them down.
    """

    name: str = ""
    sponsor: str = ""
    status: str = ""
    after: str = ""
    limit: int = 1000
    id: str = ""
