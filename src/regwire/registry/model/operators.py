"""What only the operator of a registry asks for about registrars' objects and queues."""

from __future__ import annotations

from regwire.registry.model.record import record
from regwire.registry.model.requests import Request

__all__ = ["MoveObject", "PurgeDomain", "SendMessage"]


@record
class MoveObject(Request):
    """Give a domain (with the hosts in it) or a contact to another registrar, as a transfer that the server approved.

    It adds no year, costs nothing and needs no authInfo, which is unset by it. Both registrars are told. Statuses do
    not forbid it; a pending transfer (2300) or delete (2304) does. The outcome's data is the object after it. With
    `regwire.registry.model.changes.Why(quiet=True)` they are told of the transfer only.
    """

    kind: str
    key: str
    registrar: str


@record
class PurgeDomain(Request):
    """Take a domain off the registry at once, whatever its statuses, with the hosts in it; it cannot be restored.

    2305 if another domain uses a host in it. The outcome's data is the domain as it was.
    """

    name: str


@record
class SendMessage(Request):
    """Put a message into a registrar's queue; ``account`` "": of all that are active. Data is who got it."""

    text: str
    account: str = ""
