"""What a reply says, beside the command that it answers: RST looks at the info afterwards, a registrar at the reply."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from regwire import epp
from regwire.epp import Command, Response

__all__ = ["contradiction"]

#: What a success tells (RFC 5731, 5732 and 5733, sections 3.1.2 and 3.2).
_TOLD: Final[dict[type[Any], type[Any]]] = {
    epp.DomainCreate: epp.DomainCreateData,
    epp.DomainInfo: epp.DomainInfoData,
    epp.DomainRenew: epp.DomainRenewData,
    epp.DomainTransfer: epp.DomainTransferData,
    epp.HostCreate: epp.HostCreateData,
    epp.HostInfo: epp.HostInfoData,
    epp.ContactCreate: epp.ContactCreateData,
    epp.ContactInfo: epp.ContactInfoData,
    epp.ContactTransfer: epp.ContactTransferData,
}
_AFTER: Final = {"approve": "clientApproved", "reject": "clientRejected", "cancel": "clientCancelled"}
#: Registries end registrations at midnight, or on 28 February.
_TOLERANCE: Final = dt.timedelta(days=2)


def contradiction(command: Command, response: Response, client_id: str | None) -> str | None:
    """Return what a success says that does not go with its command, or None.

    Args:
        command: what was sent; objects that are no typed messages are not looked at.
        response: the answer; a refusal contradicts nothing.
        client_id: who sent it; None: unknown.

    """
    asked: Any = getattr(command.op, "object", None)
    cls = _TOLD.get(type(asked))
    code = int(response.results[0].code)
    if cls is None or not 1000 <= code < 2000:
        return None
    told: Any = next((data for data in response.res_data if isinstance(data, cls)), None)
    if told is None:
        # A case that needs it says so.
        return None
    if _key(told) != _key(asked):
        return f"it tells of {_key(told)}, not of {_key(asked)}"
    if isinstance(told, epp.DomainCreateData):
        return _wrong_expiry(told.cr_date, asked, told.ex_date)
    if isinstance(told, epp.DomainRenewData):
        return _wrong_expiry(dt.datetime.combine(asked.cur_exp_date, dt.time()), asked, told.ex_date)
    if isinstance(told, epp.DomainTransferData | epp.ContactTransferData):
        return _wrong_transfer(str(command.op.op), code, told, client_id)  # type: ignore[union-attr]
    return None


def _key(value: Any) -> str:
    found = value.id if hasattr(value, "id") else value.name
    return str(getattr(found, "name", found)).lower()


def _wrong_expiry(start: dt.datetime, asked: Any, expires: dt.datetime | None) -> str | None:
    """Compare the date of expiry with the period that was asked for."""
    if expires is None or asked.period is None or asked.period.unit != "y":
        return None
    begins = start.replace(tzinfo=None)
    day = min(begins.day, 28) if begins.month == 2 else begins.day
    expected = begins.replace(year=begins.year + int(asked.period.value), day=day)
    if abs(expires.replace(tzinfo=None) - expected) <= _TOLERANCE:
        return None
    return f"it expires at {expires.isoformat()}, not on {expected.date().isoformat()}"


def _wrong_transfer(op: str, code: int, told: Any, client_id: str | None) -> str | None:
    status = str(told.tr_status)
    if op == "request":
        if (code == 1001) != (status == "pending"):
            return f"{code} with trStatus {status}"
        if client_id is not None and told.re_id != client_id:
            return f"reID is {told.re_id}, the request was made by {client_id}"
    elif op in _AFTER and status != _AFTER[op]:
        return f"trStatus is {status} after {op}"
    return None
