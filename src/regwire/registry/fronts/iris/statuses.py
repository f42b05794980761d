"""The statuses of a domain in the words that dchk (RFC 5144) and ereg (RFC 4414) have alike."""

from __future__ import annotations

from datetime import datetime
from types import ModuleType
from typing import Any, Final

from regwire.iris.messages.common import Text
from regwire.registry.model.objects import Domain, Status
from regwire.registry.rules.lifecycle import running
from regwire.registry.rules.status import pending_statuses

__all__ = ["statuses_of"]

_PROHIBITED: Final = "Prohibited"
_CLASSES: Final = {"Delete": "Delete", "Renew": "Renew", "Transfer": "Transfer", "Update": "Update"}
_GRACE: Final = {
    "add": "AddPeriod",
    "renew": "RenewPeriod",
    "autoRenew": "AutoRenewPeriod",
    "transfer": "TransferPeriod",
}


def statuses_of(module: ModuleType, value: Domain, now: datetime) -> tuple[Any, ...]:
    """Return what is to be said of a (settled) domain.

    Args:
        module: whose statuses: `regwire.iris.messages.dchk` or `ereg`.
        value: the domain.
        now: the instant for which it holds.

    """
    made: Any = module
    held = any(status.value.endswith("Hold") for status in value.statuses)
    delegated = bool(value.hosts or value.host_attributes)
    found: list[Any] = []
    if delegated and not held and value.restore is None:
        found.append(made.Active())
    elif not delegated or value.restore is not None:
        found.append(made.Inactive())
    found += [getattr(made, _GRACE[period.type])(period.start) for period in running(value, now)]
    if value.restore is not None:
        found += _deleted(made, value)
    for status in pending_statuses(value):
        if status.value == "pendingTransfer" and value.transfer is not None:
            found.append(made.Transfer(value.transfer.requested, disposition="pending"))
    found += [_set(made, status) for status in value.statuses]
    return tuple(found)


def _deleted(made: Any, value: Domain) -> list[Any]:
    state = value.restore
    assert state is not None
    if state.report_due is not None:
        return [made.Restore(state.requested, disposition="pending")]
    if state.final:
        return [made.Delete(state.deleted, disposition="pending")]
    return [made.RedemptionPeriod(state.deleted)]


def _set(made: Any, status: Status) -> Any:
    """Return a status that somebody set."""
    actor = "registrar" if status.value.startswith("client") else "registry"
    said = (Text(status.text, language=status.lang),) if status.text else ()
    if status.value.endswith("Hold"):
        return made.Inactive(descriptions=said, actor=actor)
    action = status.value.removeprefix("client").removeprefix("server").removesuffix(_PROHIBITED)
    if status.value.endswith(_PROHIBITED) and action in _CLASSES:
        return getattr(made, _CLASSES[action])(descriptions=said, actor=actor, disposition="prohibited")
    return made.Other(descriptions=said or (Text(status.value, language="en"),), actor=actor)
