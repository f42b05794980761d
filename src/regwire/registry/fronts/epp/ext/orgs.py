"""org-1.0 and orgext-1.0: organisations, and those of an object (RFC 8543, RFC 8544)."""

from __future__ import annotations

from typing import Any

from regwire.epp.ext import org as o
from regwire.epp.ext import orgext as x
from regwire.epp.messages.common import Reason
from regwire.epp.messages.core import Command
from regwire.registry.fronts.epp.ext import FrontExtension
from regwire.registry.model import codes
from regwire.registry.model.objects import Phone, PostalInfo
from regwire.registry.model.orgs import (
    ChangeOrgs,
    CheckOrgs,
    CreateOrg,
    DeleteOrg,
    InfoOrg,
    OrgChange,
    OrgContact,
    OrgCreated,
    OrgData,
    OrgInfo,
    OrgLink,
    OrgRole,
    OrgsChecked,
    SetOrgs,
    UpdateOrg,
)
from regwire.registry.model.outcomes import Refusal
from regwire.registry.model.requests import Request

__all__ = ["FRONT"]


def _plain(command: Command) -> None:
    if command.extension:
        raise Refusal(codes.UNIMPLEMENTED_EXTENSION, "an extension that this command does not take")


# --- commands


def _check(command: Command, element: o.OrgCheck) -> Request:
    _plain(command)
    return CheckOrgs(element.ids)


def _info(command: Command, element: o.OrgInfo) -> Request:
    _plain(command)
    return InfoOrg(element.id)


def _delete(command: Command, element: o.OrgDelete) -> Request:
    _plain(command)
    return DeleteOrg(element.id)


def _create(command: Command, element: o.OrgCreate) -> Request:
    _plain(command)
    return CreateOrg(
        element.id,
        _roles(element.roles),
        element.statuses,
        element.parent_id,
        tuple(map(_postal, element.postal_infos)),
        _phone(element.voice),
        _phone(element.fax),
        element.email,
        element.url,
        _contacts(element.contacts),
    )


def _update(command: Command, element: o.OrgUpdate) -> Request:
    _plain(command)
    if element.add is None and element.rem is None and element.chg is None:
        raise Refusal(codes.MISSING, "one of add, rem, chg", "org:update")
    chg = element.chg or o.OrgChange()
    return UpdateOrg(
        element.id,
        _change(element.add),
        _change(element.rem),
        chg.parent_id,
        tuple(map(_postal, chg.postal_infos)),
        _phone(chg.voice),
        _phone(chg.fax),
        chg.email,
        chg.url,
    )


def _change(element: o.OrgAddRem | None) -> OrgChange:
    if element is None:
        return OrgChange()
    return OrgChange(_contacts(element.contacts), _roles(element.roles), element.statuses)


def _roles(roles: tuple[o.OrgRole, ...]) -> tuple[OrgRole, ...]:
    return tuple([OrgRole(role.type, role.statuses, role.role_id) for role in roles])


def _contacts(contacts: tuple[o.OrgContact, ...]) -> tuple[OrgContact, ...]:
    return tuple([OrgContact(contact.type, contact.id, contact.type_name) for contact in contacts])


def _postal(info: o.OrgPostalInfo | o.OrgPostalInfoChange) -> PostalInfo:
    addr = info.addr
    if addr is None:
        return PostalInfo(info.type, info.name)
    return PostalInfo(info.type, info.name, None, addr.streets, addr.city, addr.sp, addr.pc, addr.cc)


def _phone(phone: o.OrgPhone | None) -> Phone | None:
    return None if phone is None else Phone(phone.number, phone.x)


def _set(element: x.OrgExtCreate, _: Command) -> SetOrgs:
    return SetOrgs(_links(element))


def _changed(element: x.OrgExtUpdate, _: Command) -> ChangeOrgs:
    return ChangeOrgs(_links(element.add), _links(element.rem), _links(element.chg))


def _links(element: x.OrgExtCreate | x.OrgExtAddRemChange | None) -> tuple[OrgLink, ...]:
    return () if element is None else tuple([OrgLink(id.role, id.id) for id in element.ids])


# --- replies


def _checked(_: Request, __: int, data: OrgsChecked) -> o.OrgCheckData:
    items = [
        o.OrgCheckItem(o.OrgCheckId(id, avail=avail), None if reason is None else Reason(reason))
        for id, avail, reason in data.items
    ]
    return o.OrgCheckData(tuple(items))


def _created(_: Request, __: int, data: OrgCreated) -> o.OrgCreateData:
    return o.OrgCreateData(data.id, data.created)


def _data(_: Request, __: int, data: OrgData) -> o.OrgInfoData:
    value = data.org
    return o.OrgInfoData(
        value.id,
        value.roid,
        tuple([o.OrgRole(role.type, role.statuses, role.id) for role in data.roles]),  # type: ignore[arg-type]
        data.statuses,  # type: ignore[arg-type]
        value.parent,
        tuple(map(_shown_postal, value.postal)),
        _shown_phone(value.voice),
        _shown_phone(value.fax),
        value.email,
        value.url,
        tuple([o.OrgContact(c.id, c.type, c.name) for c in value.contacts]),  # type: ignore[arg-type]
        value.sponsor,
        cr_id=value.creator,
        cr_date=value.created,
        up_id=value.updater,
        up_date=value.updated,
    )


def _shown_postal(info: PostalInfo) -> o.OrgPostalInfo:
    assert info.name is not None
    addr = None
    if info.city is not None and info.cc is not None:
        addr = o.OrgAddress(info.street, city=info.city, sp=info.sp, pc=info.pc, cc=info.cc)
    return o.OrgPostalInfo(info.type, info.name, addr)  # type: ignore[arg-type]


def _shown_phone(phone: Phone | None) -> o.OrgPhone | None:
    return None if phone is None else o.OrgPhone(phone.number, phone.extension)


def _told(info: OrgInfo) -> Any:
    return x.OrgExtInfoData(tuple([x.OrgExtId(link.id, role=link.role) for link in info.links]))


FRONT = FrontExtension(
    name="orgs",
    feature="orgs",
    greeting={"org": o.NAMESPACE, "orgext": x.NAMESPACE},
    requests={
        o.OrgCheck: _check,
        o.OrgInfo: _info,
        o.OrgCreate: _create,
        o.OrgDelete: _delete,
        o.OrgUpdate: _update,
    },
    commands={x.OrgExtCreate: _set, x.OrgExtUpdate: _changed},
    data={OrgsChecked: _checked, OrgCreated: _created, OrgData: _data},
    replies={OrgInfo: _told},
)
