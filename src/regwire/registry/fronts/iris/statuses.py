"""The statuses of a domain in the words that dchk (RFC 5144) and ereg (RFC 4414) have alike."""

from __future__ import annotations

from datetime import datetime
from types import ModuleType
from typing import Any, Final

from regwire.iris.messages.common import Text
from regwire.registry.model.objects import Domain, Status
from regwire.registry.rules.lifecycle import running
from regwire.registry.rules.status import pending_statuses
from regwire.registry.store.base import Standing

__all__ = ["statuses_of", "statuses_of_standing"]

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
    delegated = bool(value.hosts or value.host_attributes)
    found = _activity(made, value.statuses, delegated=delegated and value.restore is None)
    found += [getattr(made, _GRACE[period.type])(period.start) for period in running(value, now)]
    if value.restore is not None:
        found += _deleted(made, value)
    for status in pending_statuses(value):
        if status.value == "pendingTransfer" and value.transfer is not None:
            found.append(made.Transfer(value.transfer.requested, disposition="pending"))
    found += [_set(made, status) for status in value.statuses]
    return tuple(found)


def statuses_of_standing(module: ModuleType, standing: Standing) -> tuple[Any, ...]:
    """Return what `statuses_of` says of a domain with which nothing is pending and of which no grace period runs."""
    found = _activity(module, standing.statuses, delegated=standing.delegated)
    return (*found, *[_set(module, status) for status in standing.statuses])


def _activity(made: Any, statuses: tuple[Status, ...], *, delegated: bool) -> list[Any]:
    """Return whether it is in the DNS; of what is held that is said by the hold's own status."""
    if not delegated:
        return [made.Inactive()]
    return [] if any(status.value.endswith("Hold") for status in statuses) else [made.Active()]


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
