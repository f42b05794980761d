"""Organisations (RFC 8543), and which objects they have to do with (RFC 8544)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from regwire.registry.model.kinds import Kind, register
from regwire.registry.model.objects import Phone, PostalInfo
from regwire.registry.model.record import record
from regwire.registry.model.requests import Request

__all__ = [
    "ChangeOrgs",
    "CheckOrgs",
    "CreateOrg",
    "DeleteOrg",
    "InfoOrg",
    "Org",
    "OrgChange",
    "OrgContact",
    "OrgCreated",
    "OrgData",
    "OrgInfo",
    "OrgLink",
    "OrgLinks",
    "OrgRole",
    "OrgsChecked",
    "SetOrgs",
    "UpdateOrg",
]


@record
class OrgRole:
    """What an organisation can be (RFC 8543 section 3.2); of statuses those that somebody set."""

    type: str
    statuses: tuple[str, ...] = ()
    id: str | None = None


@record
class OrgContact:
    """A contact of an organisation; ``name`` says which type a "custom" one is."""

    type: str
    id: str
    name: str | None = None


@record
class Org:
    """An organisation. ``statuses`` are those that somebody set; ok and linked are derived."""

    id: str
    roid: str
    sponsor: str
    creator: str
    created: datetime
    roles: tuple[OrgRole, ...]
    statuses: tuple[str, ...] = ()
    parent: str | None = None
    postal: tuple[PostalInfo, ...] = ()
    voice: Phone | None = None
    fax: Phone | None = None
    email: str | None = None
    url: str | None = None
    contacts: tuple[OrgContact, ...] = ()
    updater: str | None = None
    updated: datetime | None = None


@record
class OrgLink:
    """An organisation in a role."""

    role: str
    id: str


@record
class OrgLinks:
    """The organisations of a domain, host or contact, which ``roid`` names; one a role."""

    roid: str
    links: tuple[OrgLink, ...]


@record
class CheckOrgs(Request):
    """RFC 8543 section 4.1.1."""

    ids: tuple[str, ...]


@record
class InfoOrg(Request):
    """RFC 8543 section 4.1.2."""

    id: str


@record
class CreateOrg(Request):
    """RFC 8543 section 4.2.1."""

    id: str
    roles: tuple[OrgRole, ...]
    statuses: tuple[str, ...] = ()
    parent: str | None = None
    postal: tuple[PostalInfo, ...] = ()
    voice: Phone | None = None
    fax: Phone | None = None
    email: str | None = None
    url: str | None = None
    contacts: tuple[OrgContact, ...] = ()


@record
class DeleteOrg(Request):
    """RFC 8543 section 4.2.2."""

    id: str


@record
class OrgChange:
    """What an update adds or removes."""

    contacts: tuple[OrgContact, ...] = ()
    roles: tuple[OrgRole, ...] = ()
    statuses: tuple[str, ...] = ()


@record
class UpdateOrg(Request):
    """RFC 8543 section 4.2.5. Postal information without a name removes that of its type."""

    id: str
    add: OrgChange
    remove: OrgChange
    parent: str | None = None
    postal: tuple[PostalInfo, ...] = ()
    voice: Phone | None = None
    fax: Phone | None = None
    email: str | None = None
    url: str | None = None


@record
class OrgsChecked:
    """Per id whether it is free, and why not."""

    items: tuple[tuple[str, bool, str | None], ...]


@record
class OrgCreated:
    """A new organisation."""

    id: str
    created: datetime


@record
class OrgData:
    """An organisation with all its statuses, and those of its roles."""

    org: Org
    statuses: tuple[str, ...]
    roles: tuple[OrgRole, ...]


@record
class SetOrgs:
    """The organisations that a create names (RFC 8544 section 4.2.1)."""

    links: tuple[OrgLink, ...]


@record
class ChangeOrgs:
    """What an update says of them (RFC 8544 section 4.2.5); what is removed may be named by its role alone."""

    add: tuple[OrgLink, ...] = ()
    remove: tuple[OrgLink, ...] = ()
    change: tuple[OrgLink, ...] = ()


@record
class OrgInfo:
    """What an info is told (RFC 8544 section 4.1.2)."""

    links: tuple[OrgLink, ...]


def _org_index(value: Org) -> Iterable[tuple[str, str]]:
    if value.parent is not None:
        yield ("parent", value.parent)
    for contact in value.contacts:
        yield ("contact", contact.id)


def _links_index(value: OrgLinks) -> Iterable[tuple[str, str]]:
    for id in dict.fromkeys(link.id for link in value.links):
        yield ("org", id)
    for link in value.links:
        yield ("role", f"{link.id} {link.role}")


register(Kind("org", Org, key=lambda value: value.id, index=_org_index))
register(Kind("orgLinks", OrgLinks, key=lambda value: value.roid, index=_links_index))
