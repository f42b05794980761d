"""maintenance-1.0: what is announced, by id or as a list, and in poll messages (RFC 9167)."""

from __future__ import annotations

from typing import Any

from regwire.epp.ext import maintenance as m
from regwire.epp.messages.core import Command
from regwire.registry.fronts.epp.ext import FrontExtension
from regwire.registry.model import codes
from regwire.registry.model.maintenance import (
    InfoMaintenance,
    ListMaintenance,
    Maintenance,
    MaintenanceList,
    MaintenanceTold,
)
from regwire.registry.model.outcomes import Refusal
from regwire.registry.model.requests import Request

__all__ = ["FRONT"]


def _asked(command: Command, element: m.MaintenanceInfo) -> Request:
    if command.extension:
        raise Refusal(codes.UNIMPLEMENTED_EXTENSION, "an extension that this command does not take")
    return ListMaintenance() if element.id is None else InfoMaintenance(element.id.value)


def _info(_: Request, __: int, value: Maintenance) -> m.MaintenanceInfoData:
    return m.MaintenanceInfoData(item=_item(value))


def _told(told: MaintenanceTold) -> tuple[Any, ...]:
    return (m.MaintenanceInfoData(item=_item(told.maintenance, told.event)),)


def _item(value: Maintenance, event: str | None = None) -> m.MaintenanceItem:
    systems = [m.MaintenanceSystem(s.name, s.host, impact=s.impact) for s in value.systems]  # type: ignore[arg-type]
    assert value.created is not None
    return m.MaintenanceItem(
        _id(value),
        tuple([m.MaintenanceType(type) for type in value.types]),
        event,  # type: ignore[arg-type]
        systems=m.MaintenanceSystems(tuple(systems)),
        environment=m.MaintenanceEnvironment(value.environment, name=value.custom),  # type: ignore[arg-type]
        start=value.start,
        end=value.end,
        reason=value.reason,  # type: ignore[arg-type]
        detail=value.detail,
        descriptions=tuple(
            [m.MaintenanceDescription(d.text, d.lang, d.type) for d in value.descriptions]  # type: ignore[arg-type]
        ),
        tlds=value.tlds,
        intervention=None
        if value.intervention is None
        else m.MaintenanceIntervention(value.intervention.connection, value.intervention.implementation),
        cr_date=value.created,
        up_date=value.updated,
    )


def _id(value: Maintenance) -> m.MaintenanceId:
    return m.MaintenanceId(value.id, value.name)


def _list(_: Request, __: int, data: MaintenanceList) -> m.MaintenanceInfoData:
    items = []
    for value in data.items:
        assert value.created is not None
        items.append(m.MaintenanceListItem(_id(value), value.start, value.end, value.created, value.updated))
    return m.MaintenanceInfoData(m.MaintenanceList(tuple(items)))


FRONT = FrontExtension(
    name="maintenance",
    greeting={"maintenance": m.NAMESPACE},
    requests={m.MaintenanceInfo: _asked},
    data={Maintenance: _info, MaintenanceList: _list},
    poll={MaintenanceTold: _told},
)
