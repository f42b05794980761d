"""Announced maintenance of the registry (RFC 9167)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from regwire.registry.model.kinds import Kind, register
from regwire.registry.model.record import record
from regwire.registry.model.requests import Request

__all__ = [
    "ENVIRONMENTS",
    "IMPACTS",
    "REASONS",
    "AddMaintenance",
    "ChangeMaintenance",
    "Description",
    "InfoMaintenance",
    "Intervention",
    "ListMaintenance",
    "Maintenance",
    "MaintenanceList",
    "MaintenanceTold",
    "RemoveMaintenance",
    "System",
]

IMPACTS: Final = ("none", "partial", "full")
ENVIRONMENTS: Final = ("production", "ote", "staging", "dev", "custom")
REASONS: Final = ("planned", "emergency")


@record
class System:
    """What is affected, its host if one is named (A-label), and how much: one of `IMPACTS`."""

    name: str
    impact: str = "full"
    host: str | None = None


@record
class Description:
    """Text for people; ``type`` is "plain" or "html"."""

    text: str
    lang: str = "en"
    type: str = "plain"


@record
class Intervention:
    """What registrars have to do: about their connections, about their implementation."""

    connection: bool = False
    implementation: bool = False


@record
class Maintenance:
    """A maintenance (RFC 9167 section 3.3).

    Attributes:
        id: unique, for ever.
        systems: at least one.
        start, end: from when to when.
        name: for people.
        types: as the registry calls them.
        environment, custom: one of `ENVIRONMENTS`; for "custom", which.
        reason: one of `REASONS`.
        detail: URI of a longer description.
        tlds: what zones it affects; none: everything.
        created, updated: set by the registry.
        courtesy: when registrars are reminded, which is not told them; None: not at all.
        forgotten: when it goes by itself.
        ended: whether its end was told.

    """

    id: str
    systems: tuple[System, ...]
    start: datetime
    end: datetime
    name: str | None = None
    types: tuple[str, ...] = ()
    environment: str = "production"
    custom: str | None = None
    reason: str = "planned"
    detail: str | None = None
    descriptions: tuple[Description, ...] = ()
    tlds: tuple[str, ...] = ()
    intervention: Intervention | None = None
    created: datetime | None = None
    updated: datetime | None = None
    courtesy: datetime | None = None
    forgotten: datetime | None = None
    ended: bool = False

    def due(self) -> datetime | None:
        """Return the next instant at which time alone does something about it."""
        if self.courtesy is not None:
            return self.courtesy
        return self.forgotten if self.ended else self.end


@record
class MaintenanceTold:
    """What a poll message carries; ``event`` is "create", "update", "delete", "courtesy" or "end"."""

    maintenance: Maintenance
    event: str


@record
class MaintenanceList:
    """The answer to a list, by start."""

    items: tuple[Maintenance, ...]


@record
class InfoMaintenance(Request):
    """RFC 9167 section 4.1.1.1."""

    id: str


@record
class ListMaintenance(Request):
    """RFC 9167 section 4.1.1.2."""


@record
class AddMaintenance(Request):
    """The operator's: announce one; an empty id is replaced. Data is the `Maintenance`."""

    maintenance: Maintenance


@record
class ChangeMaintenance(Request):
    """The operator's: change what is not None. Data is the `Maintenance`."""

    id: str
    systems: tuple[System, ...] | None = None
    start: datetime | None = None
    end: datetime | None = None
    name: str | None = None
    types: tuple[str, ...] | None = None
    environment: str | None = None
    custom: str | None = None
    reason: str | None = None
    detail: str | None = None
    descriptions: tuple[Description, ...] | None = None
    tlds: tuple[str, ...] | None = None
    intervention: Intervention | None = None


@record
class RemoveMaintenance(Request):
    """The operator's: call one off, or forget one that is over."""

    id: str


register(Kind("maintenance", Maintenance, key=lambda value: value.id, due=Maintenance.due))
register(Kind("maintenanceTold", MaintenanceTold))
