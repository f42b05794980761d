"""What a request comes to: a result code, data for the reply, changes for the store, messages for the poll queues."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from regwire.registry.model.kinds import Kind, register
from regwire.registry.model.objects import Contact, Domain, Host, PollMessage, Status, Transfer
from regwire.registry.model.record import record

__all__ = [
    "Change",
    "Checked",
    "ContactData",
    "Created",
    "DomainData",
    "HostData",
    "Outcome",
    "Polled",
    "Refusal",
    "Renewed",
    "Restored",
    "TransferData",
]


@record
class Checked:
    """The answer to a check: per object its name, whether it is available, and why not (at most 32 characters)."""

    items: tuple[tuple[str, bool, str | None], ...]


@record
class Created:
    """A new object: its name (contacts: id) and dates; ``expires`` None for hosts and contacts."""

    kind: str
    name: str
    created: datetime
    expires: datetime | None = None


@record
class Renewed:
    """A renewed domain."""

    name: str
    expires: datetime


@record
class TransferData:
    """A transfer, as queried or as told in a poll message; ``kind`` is "domain" or "contact"."""

    kind: str
    name: str
    transfer: Transfer
    sponsor: str
    """The sponsor before the transfer completes: the losing registrar."""


@record
class DomainData:
    """A domain as one account may see it.

    Attributes:
        statuses: all, derived ones included.
        host_names: names of the delegated hosts; None where they were not asked for.
        subordinates: names of the hosts in the domain.
        rgp: the grace periods that run (RFC 3915 section 3.1).
        full: false: the account gets only the minimum (neither sponsor nor authInfo given).

    """

    domain: Domain
    statuses: tuple[Status, ...]
    host_names: tuple[str, ...] | None
    subordinates: tuple[str, ...]
    rgp: tuple[str, ...]
    full: bool


@record
class HostData:
    """A host with all its statuses."""

    host: Host
    statuses: tuple[Status, ...]


@record
class ContactData:
    """A contact with all its statuses."""

    contact: Contact
    statuses: tuple[Status, ...]


@record
class Polled:
    """The head of a poll queue, or what is left after an acknowledgement (``message`` None).

    Attributes:
        count: how many messages wait, ``message`` included.
        acked: the id that was acknowledged.

    """

    count: int
    message: PollMessage | None = None
    acked: int | None = None


@record
class Restored:
    """The answer to a restore: the rgp status after it; None: back in ordinary life."""

    status: str | None


@record
class Change:
    """One object before and after; ``before`` None: new; ``after`` None: gone.

    ``kind`` is "domain", "host", "contact" or the name of a registered kind (`regwire.registry.model.kinds`).
    """

    kind: str
    key: str
    before: Any
    after: Any


@record
class Outcome:
    """What a request comes to.

    Attributes:
        code: the result code.
        data: what the reply says, or None.
        changes: what the store must do, in order; only where ``code`` is below 2000.
        messages: for the poll queues, in order.
        acked: the id of the message that leaves its queue.
        reason: for people: why it was refused.
        value: (name of the element, its value) that was refused.
        extensions: records of the model for what the reply carries beside ``data``, in order.

    """

    code: int
    data: object = None
    changes: tuple[Change, ...] = ()
    messages: tuple[PollMessage, ...] = ()
    acked: int | None = None
    reason: str | None = None
    value: tuple[str, str] | None = None
    extensions: tuple[Any, ...] = ()


# What a poll message can carry besides the records of features.
register(Kind("transferData", TransferData))
register(Kind("domainData", DomainData))
register(Kind("hostData", HostData))
register(Kind("contactData", ContactData))
register(Kind("created", Created))
register(Kind("renewed", Renewed))


class Refusal(Exception):
    """Ends the rules of one request with a code; never leaves `regwire.registry.rules.decide`."""

    def __init__(self, code: int, reason: str, element: str | None = None, value: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason
        self.value = None if element is None else (element, value)
