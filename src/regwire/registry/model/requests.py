"""What a registrar asks for, freed of the protocol it came in.

Names are as the registrar sent them, but lower-case; the rules check them.
"""

from __future__ import annotations

from dataclasses import field
from datetime import date, datetime
from typing import Any, TypeVar

from regwire.registry.model.audit import Origin
from regwire.registry.model.objects import (
    Address,
    ContactLink,
    Disclose,
    DsRecord,
    HostAttribute,
    KeyRecord,
    Phone,
    PostalInfo,
    Status,
)
from regwire.registry.model.record import record

__all__ = [
    "AuthInfo",
    "Call",
    "CheckContacts",
    "CheckDomains",
    "CheckHosts",
    "CreateContact",
    "CreateDomain",
    "CreateHost",
    "DeleteContact",
    "DeleteDomain",
    "DeleteHost",
    "InfoContact",
    "InfoDomain",
    "InfoHost",
    "Period",
    "PollAck",
    "PollRequest",
    "RenewDomain",
    "Request",
    "RestoreDomain",
    "RestoreReport",
    "SecDns",
    "SecDnsUpdate",
    "SetServerStatuses",
    "SettleDue",
    "TransferContact",
    "TransferDomain",
    "UpdateContact",
    "UpdateDomain",
    "UpdateHost",
]


_T = TypeVar("_T")


@record
class Request:
    """What every request has.

    Attributes:
        extensions: records of the model for what came with the command beside its object, at most one of a class.

    """

    extensions: tuple[Any, ...] = field(default=(), kw_only=True)

    def extension(self, cls: type[_T]) -> _T | None:
        """Return the extension of this class, or None."""
        for found in self.extensions:
            if type(found) is cls:
                return found
        return None


@record
class AuthInfo:
    """What a registrar says to be the authInfo; ``roid`` if it is that of a linked contact (RFC 5731 section 3.1.2)."""

    password: str = field(repr=False)
    roid: str | None = None


@record
class Period:
    """A registration period; ``unit`` is "y" or "m"."""

    value: int
    unit: str = "y"


@record
class SecDns:
    """DNSSEC data of a create (RFC 5910 section 5.2.1)."""

    ds: tuple[DsRecord, ...] = ()
    keys: tuple[KeyRecord, ...] = ()
    max_sig_life: int | None = None


@record
class SecDnsUpdate:
    """DNSSEC data of an update (RFC 5910 section 5.2.5): remove, then add, then change."""

    remove: SecDns = field(default_factory=SecDns)
    remove_all: bool = False
    add: SecDns = field(default_factory=SecDns)
    max_sig_life: int | None = None
    urgent: bool = False


@record
class CheckDomains(Request):
    """RFC 5731 section 3.1.1."""

    names: tuple[str, ...]


@record
class InfoDomain(Request):
    """RFC 5731 section 3.1.2. ``hosts`` is "all", "del", "sub" or "none"."""

    name: str
    hosts: str = "all"
    auth: AuthInfo | None = None


@record
class CreateDomain(Request):
    """RFC 5731 section 3.2.1. ``auth`` None or empty: unset."""

    name: str
    period: Period | None = None
    registrant: str | None = None
    contacts: tuple[ContactLink, ...] = ()
    hosts: tuple[str, ...] = ()
    host_attributes: tuple[HostAttribute, ...] = ()
    auth: str | None = field(default=None, repr=False)
    secdns: SecDns | None = None


@record
class DeleteDomain(Request):
    """RFC 5731 section 3.2.2."""

    name: str


@record
class RenewDomain(Request):
    """RFC 5731 section 3.2.3."""

    name: str
    current_expiry: date
    period: Period | None = None


@record
class TransferDomain(Request):
    """RFC 5731 sections 3.1.3 and 3.2.4. ``op`` is "request", "query", "approve", "reject" or "cancel"."""

    op: str
    name: str
    period: Period | None = None
    auth: AuthInfo | None = None


@record
class UpdateDomain(Request):
    """RFC 5731 section 3.2.5.

    Attributes:
        registrant: None: as it is; empty: remove.
        auth: None: as it is; empty: unset (``null`` of RFC 5731, or an empty pw of RFC 9154).

    """

    name: str
    add_hosts: tuple[str, ...] = ()
    add_host_attributes: tuple[HostAttribute, ...] = ()
    add_contacts: tuple[ContactLink, ...] = ()
    add_statuses: tuple[Status, ...] = ()
    remove_hosts: tuple[str, ...] = ()
    remove_host_attributes: tuple[HostAttribute, ...] = ()
    remove_contacts: tuple[ContactLink, ...] = ()
    remove_statuses: tuple[Status, ...] = ()
    registrant: str | None = None
    auth: str | None = field(default=None, repr=False)
    secdns: SecDnsUpdate | None = None


@record
class RestoreReport:
    """Why and how a domain was restored (RFC 3915 section 4.2.5). The texts are free; markup counts as text.

    Attributes:
        before, after: copies of the registration data before the delete and now.
        deleted, restored: when delete and restore request were sent, as the registrar says.
        reason: why it was restored.
        statements: that the registrar did not restore it for itself, and that the report is true.
        other: what supports the statements.

    """

    before: str
    after: str
    deleted: datetime
    restored: datetime
    reason: str
    statements: tuple[str, ...]
    other: str = ""


@record
class RestoreDomain(Request):
    """An update with ``rgp:restore`` (RFC 3915 section 4.2.5). ``op`` is "request" or "report"."""

    name: str
    op: str
    report: RestoreReport | None = None


@record
class CheckHosts(Request):
    """RFC 5732 section 3.1.1."""

    names: tuple[str, ...]


@record
class InfoHost(Request):
    """RFC 5732 section 3.1.2."""

    name: str


@record
class CreateHost(Request):
    """RFC 5732 section 3.2.1."""

    name: str
    addresses: tuple[Address, ...] = ()


@record
class DeleteHost(Request):
    """RFC 5732 section 3.2.2."""

    name: str


@record
class UpdateHost(Request):
    """RFC 5732 section 3.2.5."""

    name: str
    add_addresses: tuple[Address, ...] = ()
    add_statuses: tuple[Status, ...] = ()
    remove_addresses: tuple[Address, ...] = ()
    remove_statuses: tuple[Status, ...] = ()
    new_name: str | None = None


@record
class CheckContacts(Request):
    """RFC 5733 section 3.1.1."""

    ids: tuple[str, ...]


@record
class InfoContact(Request):
    """RFC 5733 section 3.1.2."""

    id: str
    auth: AuthInfo | None = None


@record
class CreateContact(Request):
    """RFC 5733 section 3.2.1."""

    id: str
    postal: tuple[PostalInfo, ...]
    email: str
    voice: Phone | None = None
    fax: Phone | None = None
    auth: str | None = field(default=None, repr=False)
    disclose: Disclose | None = None


@record
class DeleteContact(Request):
    """RFC 5733 section 3.2.2."""

    id: str


@record
class TransferContact(Request):
    """RFC 5733 sections 3.1.3 and 3.2.4; ``op`` as for domains."""

    op: str
    id: str
    auth: AuthInfo | None = None


@record
class UpdateContact(Request):
    """RFC 5733 section 3.2.5. A postal info replaces the fields it names; None leaves a value as it is.

    Attributes:
        voice, fax: empty number: remove.
        auth: None: as it is; empty: unset.

    """

    id: str
    add_statuses: tuple[Status, ...] = ()
    remove_statuses: tuple[Status, ...] = ()
    postal: tuple[PostalInfo, ...] = ()
    voice: Phone | None = None
    fax: Phone | None = None
    email: str | None = None
    auth: str | None = field(default=None, repr=False)
    disclose: Disclose | None = None


@record
class PollRequest(Request):
    """RFC 5730 section 2.9.2.3, op="req"."""


@record
class PollAck(Request):
    """RFC 5730 section 2.9.2.3, op="ack"."""

    id: str


@record
class SetServerStatuses(Request):
    """The operator's: set and remove server statuses of an object, whatever its client statuses forbid.

    ``kind`` is "domain", "host" or "contact", ``key`` its name (contacts: id). The sponsor is told.
    """

    kind: str
    key: str
    add: tuple[Status, ...] = ()
    remove: tuple[Status, ...] = ()


@record
class SettleDue(Request):
    """The registry's own: do what has become due by time, at most ``limit`` objects."""

    limit: int = 100


@record
class Call:
    """One request by one account.

    Attributes:
        account: who asks.
        request: what for.
        transaction: the registry's identifier of this command, unique for ever; ROIDs derive from it.
        client_transaction: the registrar's own, kept in the history.
        salt: 16 random octets, for the authInfo digest of this command.
        origin: where the command came from, for the audit; None: it is not audited.

    """

    account: str
    request: Request
    transaction: str
    client_transaction: str | None = None
    salt: bytes = field(default=b"", repr=False)
    origin: Origin | None = None
