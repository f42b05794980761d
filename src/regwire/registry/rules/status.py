"""Statuses: what is shown, what forbids what (RFC 5731 section 2.3, RFC 5732 section 2.3, RFC 5733 section 2.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from regwire.registry.model import codes
from regwire.registry.model.objects import PENDING, Contact, Domain, Host, Status
from regwire.registry.model.outcomes import Refusal
from regwire.registry.model.record import replace

__all__ = [
    "apply_statuses",
    "check_client",
    "check_server",
    "check_together",
    "contact_statuses",
    "domain_statuses",
    "forbid",
    "forbid_update",
    "host_statuses",
    "pending_statuses",
]

_OK: Final = (Status("ok"),)
_OK_LINKED: Final = (Status("ok"), Status("linked"))
_LINKED: Final = Status("linked")
_INACTIVE: Final = Status("inactive")
_PENDING_DELETE: Final = Status("pendingDelete")
_PENDING_TRANSFER: Final = Status("pendingTransfer")

#: What a client may set and remove, by kind of object.
CLIENT: Final = {
    "domain": frozenset(
        {
            "clientDeleteProhibited",
            "clientHold",
            "clientRenewProhibited",
            "clientTransferProhibited",
            "clientUpdateProhibited",
        }
    ),
    "host": frozenset({"clientDeleteProhibited", "clientUpdateProhibited"}),
    "contact": frozenset({"clientDeleteProhibited", "clientTransferProhibited", "clientUpdateProhibited"}),
}


#: What the operator may set and remove.
SERVER: Final = {
    kind: frozenset({value.replace("client", "server", 1) for value in values}) for kind, values in CLIENT.items()
}


def domain_statuses(domain: Domain) -> tuple[Status, ...]:
    """Return every status of a (settled) domain, derived ones included."""
    pending = pending_statuses(domain)
    inactive = not domain.hosts and not domain.host_attributes
    if not pending and not domain.statuses:
        return (_INACTIVE,) if inactive else _OK
    return (*domain.statuses, *pending, _INACTIVE) if inactive else (*domain.statuses, *pending)


def host_statuses(host: Host, *, linked: bool, moving: bool) -> tuple[Status, ...]:
    """Return every status of a host, derived ones included; ``moving``: its superordinate domain is transferred."""
    return _statuses((*host.statuses, _PENDING_TRANSFER) if moving else host.statuses, linked=linked)


def contact_statuses(contact: Contact, *, linked: bool) -> tuple[Status, ...]:
    """Return every status of a (settled) contact, derived ones included."""
    return _statuses((*contact.statuses, *pending_statuses(contact)), linked=linked)


def _statuses(own: tuple[Status, ...], *, linked: bool) -> tuple[Status, ...]:
    if not own:
        return _OK_LINKED if linked else _OK
    return (*own, _LINKED) if linked else own


def pending_statuses(value: Domain | Contact) -> tuple[Status, ...]:
    """Return what is pending about a (settled) object."""
    if isinstance(value, Domain) and value.restore is not None:
        return (_PENDING_DELETE,)
    if value.transfer is not None and value.transfer.status == PENDING:
        return (_PENDING_TRANSFER,)
    return ()


def forbid(value: Domain | Host | Contact, action: str) -> None:
    """Refuse with 2304 if a status forbids ``action`` ("Update", "Delete", "Renew", "Transfer"), naming the status.

    Of hosts, the caller looks after pendingTransfer, which is that of the superordinate domain.
    """
    for status in value.statuses:
        if status.value.endswith(action + "Prohibited"):
            raise _in_the_way(value, status)
    if not isinstance(value, Host):
        for status in pending_statuses(value):
            raise _in_the_way(value, status)


def _in_the_way(value: Domain | Host | Contact, status: Status) -> Refusal:
    return Refusal(codes.STATUS, "this status forbids it", f"{type(value).__name__.lower()}:status", status.value)


def forbid_update(value: Domain | Host | Contact, removed: Iterable[Status]) -> None:
    """Refuse an update with 2304, unless all that forbids it is what it removes (clientUpdateProhibited)."""
    if any(status.value == "clientUpdateProhibited" for status in removed):
        value = _without_client_update(value)
    forbid(value, "Update")


def _without_client_update(value: Domain | Host | Contact) -> Domain | Host | Contact:
    return replace(value, statuses=tuple(s for s in value.statuses if s.value != "clientUpdateProhibited"))


def apply_statuses(
    kind: str, present: tuple[Status, ...], remove: tuple[Status, ...], add: tuple[Status, ...]
) -> tuple[Status, ...]:
    """Return ``present`` without ``remove``, with ``add``.

    Raises:
        Refusal: 2306 for a status that is not there to be removed, or there already.

    """
    values = {status.value: status for status in present}
    for status in remove:
        if values.pop(status.value, None) is None:
            raise Refusal(codes.POLICY, "status is not set", f"{kind}:status", status.value)
    for status in add:
        if status.value in values:
            raise Refusal(codes.POLICY, "status is set already", f"{kind}:status", status.value)
        values[status.value] = status
    return tuple(values.values())


def check_server(kind: str, remove: tuple[Status, ...], add: tuple[Status, ...]) -> None:
    """Refuse with 2306 a status that is not the operator's."""
    for status in (*remove, *add):
        if status.value not in SERVER[kind]:
            raise Refusal(codes.POLICY, "not a server status of this object", f"{kind}:status", status.value)


def check_together(kind: str, pending: tuple[Status, ...], add: tuple[Status, ...]) -> None:
    """Refuse with 2304 a prohibition of what is pending (RFC 5731 section 2.3 and its siblings)."""
    forbidden = {f"server{status.value.removeprefix('pending')}Prohibited": status for status in pending}
    for status in add:
        if status.value in forbidden:
            raise Refusal(codes.STATUS, f"it is {forbidden[status.value].value}", f"{kind}:status", status.value)


def check_client(kind: str, remove: tuple[Status, ...], add: tuple[Status, ...]) -> None:
    """Refuse with 2306 a status that clients may neither set nor remove."""
    for status in (*remove, *add):
        if status.value not in CLIENT[kind]:
            raise Refusal(codes.POLICY, "status is the server's to set", f"{kind}:status", status.value)
