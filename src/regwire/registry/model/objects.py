"""What a registry keeps: domains, hosts, contacts, poll messages. Plain values; no protocol and no storage in them.

Instants are aware, UTC, whole milliseconds. Names are lower-case A-labels without a final dot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any, Final, NoReturn, TypeVar

from regwire.registry.model.record import record, replace

__all__ = [
    "NO_EXTRA",
    "Address",
    "Contact",
    "ContactLink",
    "Disclose",
    "Domain",
    "DsRecord",
    "GracePeriod",
    "Host",
    "HostAttribute",
    "KeyRecord",
    "Phone",
    "PollMessage",
    "PostalInfo",
    "Restore",
    "Status",
    "Transfer",
    "with_extra",
]


class _NoExtra(dict[str, Any]):
    """The empty mapping as a dataclass takes it for a default: hashable, and nobody can add to it."""

    __slots__ = ()
    __hash__ = object.__hash__  # type: ignore[assignment]

    def __setitem__(self, key: str, value: object) -> NoReturn:
        raise TypeError("extra is never changed in place; use with_extra")


#: What an object has in ``extra`` when no feature has anything to keep with it.
NO_EXTRA: Final[Mapping[str, Any]] = _NoExtra()


@record
class Status:
    """A status value that somebody set (derived ones are never kept): RFC 5731 section 2.3 and its siblings."""

    value: str
    text: str = ""
    lang: str = "en"


@record
class Address:
    """An IP address in its canonical text form."""

    address: str
    version: str  # "v4" or "v6"


@record
class HostAttribute:
    """A name server as an attribute of a domain (RFC 5731 section 1.1)."""

    name: str
    addresses: tuple[Address, ...] = ()


@record
class ContactLink:
    """A contact in a role for a domain."""

    type: str  # "admin", "tech" or "billing"
    id: str


@record
class KeyRecord:
    """DNSKEY data (RFC 5910 section 4.2)."""

    flags: int
    protocol: int
    algorithm: int
    public_key: bytes


@record
class DsRecord:
    """DS data (RFC 5910 section 4.1)."""

    key_tag: int
    algorithm: int
    digest_type: int
    digest: bytes
    key: KeyRecord | None = None


@record
class GracePeriod:
    """A grace period (RFC 3915 section 3.1). Each is a row of its own, so that what overlaps is credited separately.

    Attributes:
        type: "add", "autoRenew", "renew" or "transfer".
        start, end: from when, and until just before when.
        years: whole years that the registration got.
        amount: what was charged for them, in minor units of the zone's currency; None: nothing was.

    """

    type: str
    start: datetime
    end: datetime
    years: int
    amount: int | None = None


PENDING: Final = "pending"


@record
class Transfer:
    """The last transfer of an object (RFC 5731 section 3.1.3).

    Attributes:
        status: trStatus: "pending", "clientApproved", "clientCancelled", "clientRejected", "serverApproved" or
            "serverCancelled".
        requester: reID.
        requested: reDate.
        actor: acID.
        acted: acDate; while pending, the instant at which the server will approve.
        months: what the transfer adds to the registration; 0: nothing; contacts: 0.
        expires: exDate after the transfer; None if it does not change it.

    """

    status: str
    requester: str
    requested: datetime
    actor: str
    acted: datetime
    months: int = 0
    expires: datetime | None = None


@record
class Restore:
    """Where a deleted domain stands in redemption (RFC 3915).

    Attributes:
        deleted: when it was deleted.
        redeemable: until when it can be restored.
        purged: when it goes.
        report_due: set between restore request and report: until when the report must come.
        requested: set likewise: when the restore was requested.
        final: whether redemption is over, which is written down at ``redeemable``.

    """

    deleted: datetime
    redeemable: datetime
    purged: datetime
    report_due: datetime | None = None
    requested: datetime | None = None
    final: bool = False

    def due(self) -> datetime:
        """Return the next instant at which time alone changes it."""
        if self.report_due is not None:
            return self.report_due
        return self.purged if self.final else self.redeemable


@record
class Domain:
    """A domain name.

    Attributes:
        hosts: ROIDs of host objects, in the order given (names can change, ROIDs cannot).
        statuses: client*, server* and pending* ones; ok, inactive and the like are derived on read.
        auth: salted digest of the authInfo; None: unset, nothing matches.
        ds, keys: one of the two, as the zone's policy says.
        extra: what features keep with it: JSON values, one key a feature, never changed in place.

    """

    name: str
    roid: str
    sponsor: str
    creator: str
    created: datetime
    expires: datetime
    updater: str | None = None
    updated: datetime | None = None
    transferred: datetime | None = None
    registrant: str | None = None
    contacts: tuple[ContactLink, ...] = ()
    hosts: tuple[str, ...] = ()
    host_attributes: tuple[HostAttribute, ...] = ()
    statuses: tuple[Status, ...] = ()
    auth: str | None = field(default=None, repr=False)
    ds: tuple[DsRecord, ...] = ()
    keys: tuple[KeyRecord, ...] = ()
    grace: tuple[GracePeriod, ...] = ()
    transfer: Transfer | None = None
    restore: Restore | None = None
    extra: Mapping[str, Any] = NO_EXTRA

    def due(self) -> datetime:
        """Return the next instant at which time alone changes this domain."""
        if self.restore is not None:
            # A deleted domain is not renewed any more, and none is deleted while it is transferred.
            return self.restore.due()
        if self.transfer is not None and self.transfer.status == PENDING:
            return min(self.expires, self.transfer.acted)
        return self.expires


@record
class Host:
    """A host object.

    Attributes:
        superordinate: the domain of this registry that it lies in (internal), else None (external).
        extra: what features keep with it, as for domains.

    """

    name: str
    roid: str
    sponsor: str
    creator: str
    created: datetime
    updater: str | None = None
    updated: datetime | None = None
    transferred: datetime | None = None
    superordinate: str | None = None
    addresses: tuple[Address, ...] = ()
    statuses: tuple[Status, ...] = ()
    extra: Mapping[str, Any] = NO_EXTRA


@record
class PostalInfo:
    """A postal address: ``type`` is "int" (ASCII only) or "loc" (RFC 5733 section 2.4)."""

    type: str
    name: str | None
    org: str | None = None
    street: tuple[str, ...] = ()
    city: str | None = None
    sp: str | None = None
    pc: str | None = None
    cc: str | None = None


@record
class Phone:
    """A telephone number and its extension (RFC 5733 section 2.5)."""

    number: str
    extension: str | None = None


@record
class Disclose:
    """Which elements to disclose or to withhold (RFC 5733 section 2.9).

    ``elements`` are names as in the schema, with the type after a colon where there is one: "name:int", "voice".
    """

    flag: bool
    elements: tuple[str, ...]


@record
class Contact:
    """A contact object. ``extra`` is what features keep with it, as for domains."""

    id: str
    roid: str
    sponsor: str
    creator: str
    created: datetime
    postal: tuple[PostalInfo, ...]
    email: str = ""
    voice: Phone | None = None
    fax: Phone | None = None
    updater: str | None = None
    updated: datetime | None = None
    transferred: datetime | None = None
    statuses: tuple[Status, ...] = ()
    auth: str | None = field(default=None, repr=False)
    disclose: Disclose | None = None
    transfer: Transfer | None = None
    extra: Mapping[str, Any] = NO_EXTRA

    def due(self) -> datetime | None:
        """Return the next instant at which time alone changes this contact, if any."""
        return self.transfer.acted if self.transfer is not None and self.transfer.status == PENDING else None


@record
class PollMessage:
    """A service message: frozen when it is queued (RFC 5730 section 2.9.2.3).

    Attributes:
        id: increases within the store; 0 until the store numbers it.
        account: whose queue.
        queued: when.
        text: for people.
        data: a record of a registered kind (`regwire.registry.model.kinds`), as outcome data are, or None.
        extensions: records of registered kinds that go with it into the reply.

    """

    account: str
    queued: datetime
    text: str
    data: object = None
    id: int = 0
    extensions: tuple[Any, ...] = ()


_Extensible = TypeVar("_Extensible", Domain, Host, Contact)


def with_extra(value: _Extensible, feature: str, data: Any) -> _Extensible:
    """Return a copy of an object that keeps ``data`` (JSON values) for ``feature``; None: nothing any more."""
    extra = {name: kept for name, kept in value.extra.items() if name != feature}
    if data is not None:
        extra[feature] = data
    return replace(value, extra=extra or NO_EXTRA)
