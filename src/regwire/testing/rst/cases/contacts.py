"""epp-07 to epp-10: contacts."""

from __future__ import annotations

import re
from collections.abc import Mapping

from regwire.epp import requests
from regwire.epp.messages.contact import ContactInfoData, Phone
from regwire.testing.rst.case import Case, rst_case
from regwire.testing.rst.objects import contact_values, create_contact, differences, supported_parts
from regwire.testing.rst.rows import Row
from regwire.testing.rst.session import Session
from regwire.testing.rst.xmltext import add_or_rem, contact_create, contact_other, contact_update, postal_info, status

_PART_OF_CODE = re.compile(r"_(ORG|STREET|SP|PC|VOICE|FAX)$")
_ADDRESS = {"postalInfoType", "name", "org", "street1", "street2", "street3", "city", "sp", "pc", "cc"}
#: The column whose value an error code of an info speaks of.
_CODES = {
    "id": "ID",
    "postalInfoType": "POSTALINFO_TYPE",
    "name": "NAME",
    "org": "ORG",
    "street": "STREET",
    "city": "CITY",
    "sp": "SP",
    "pc": "PC",
    "cc": "CC",
    "voice": "VOICE",
    "voiceExt": "VOICE_EXT",
    "fax": "FAX",
    "faxExt": "FAX_EXT",
    "email": "EMAIL",
}


def _client(case: Case) -> int:
    client = case.inputs.thick_client()
    if client is None:
        case.skip("the registry has no contacts (general.registryDataModel)")
    return client


def _applies(case: Case, row: Row) -> bool:
    """Whether the server takes the element that the row is about."""
    found = _PART_OF_CODE.search(row.code)
    return found is None or found[1].lower() in supported_parts(case)


def _about(row: Row, what: str) -> str:
    return f"row {row.number}: {what} is {'accepted' if row.passes else 'refused'}"


@rst_case("epp-07")
async def contact_creates(case: Case) -> None:
    """Every row: a create, and an info of what was created."""
    client = _client(case)
    session = await case.login(client)
    supported = supported_parts(case)
    for row, cells in case.rows("epp-07-data", auto=contact_values(case, session)):
        if not _applies(case, row):
            case.note("rows about elements that epp.supportedContactElements lacks are not run")
            continue
        session = await case.login(client)
        case.step(_about(row, f"a contact with {_named(row, cells)}"))
        command = contact_create(cells, supported)
        if not row.passes:
            await case.refused(session, command, row.code)
        elif (await case.accepted(session, command, row.code)).ok:
            await _stored(case, session, cells["id"], _expected(cells, supported), "CREATE")


def _named(row: Row, cells: Mapping[str, str]) -> str:
    """What is special in a row, for people: the value that its code is about."""
    found = re.search(r"_(?:INVALID|EMPTY)_(\w+)$", row.code)
    part = found[1] if found else ""
    column = {"POSTALINFO_TYPE": "postalInfoType", "STREET": "street1"}.get(part, part.lower())
    value = cells.get(column)
    if value is None:
        return "values as they should be"
    return f"{column} {value!r}" if len(value) <= 70 else f"{column} of {len(value)} characters"


def _expected(cells: Mapping[str, str], supported: frozenset[str]) -> dict[str, str | None]:
    """What an info must tell after a create or update with these values."""
    found: dict[str, str | None] = {
        column: cells[column] for column in ("id", "postalInfoType", "name", "city", "cc", "email") if column in cells
    }
    found |= {part: cells[part] for part in ("org", "sp", "pc", "voice", "fax") if part in supported and part in cells}
    if "street" in supported and "street1" in cells:
        found["street"] = " / ".join(cells[column] for column in ("street1", "street2", "street3") if cells[column])
    for part in ("voice", "fax"):
        if f"{part}:ext" in supported and f"{part}Ext" in cells:
            found[f"{part}Ext"] = cells[f"{part}Ext"]
    return found


def _told(data: ContactInfoData, kind: str | None) -> dict[str, str | None]:
    """What an info tells, by column; of the postal information of one kind."""
    found: dict[str, str | None] = {"id": data.id, "email": data.email}
    for part in ("voice", "fax"):
        phone: Phone | None = getattr(data, part)
        found |= {part: phone.number if phone else None, f"{part}Ext": phone.x if phone else None}
    postal = next((item for item in data.postal_infos if kind in {None, item.type}), None)
    if postal is not None:
        address = postal.addr
        found |= {"postalInfoType": postal.type, "name": postal.name, "org": postal.org}
        found |= {"city": address.city, "sp": address.sp, "pc": address.pc, "cc": address.cc}
        found["street"] = " / ".join(line for line in address.streets if line)
    return found


async def _stored(case: Case, session: Session, id: str, expected: Mapping[str, str | None], verb: str) -> None:
    """Ask for the contact and compare."""
    start = f"EPP_CONTACT_{verb}_INFO_RESPONSE"
    reply = await session.ask(requests.info_contact(id))
    data = reply.data(ContactInfoData)
    if reply.code != 1000 or data is None:
        case.report(f"{start}_NOT_1000", f"the info of {id} was answered {reply}")
        return
    for column, told in differences(expected, _told(data, expected.get("postalInfoType"))):
        case.report(f"{start}_MISSING_OR_INCORRECT_{_CODES[column]}", told)


@rst_case("epp-08")
async def contact_access(case: Case) -> None:
    """Another registrar's info and update of a contact are refused."""
    client = _client(case)
    case.step("a contact is created")
    id, _ = await create_contact(case, client)
    other = await case.login(3 - client)
    case.step("its info by another registrar is refused")
    await case.refused(other, requests.info_contact(id), "EPP_CONTACT_INFO_RESPONSE_NOT_REJECTED")
    case.step("its update by another registrar is refused")
    update = contact_update(id, parts=add_or_rem("add", status("clientUpdateProhibited")))
    await case.refused(other, update, "EPP_CONTACT_UPDATE_RESPONSE_NOT_REJECTED")


@rst_case("epp-09")
async def contact_updates(case: Case) -> None:
    """Every row: an update of one contact, and an info of what it made of it."""
    client = _client(case)
    case.step("a contact is created")
    id, _ = await create_contact(case, client)
    await _address_rows(case, client, id)
    await _other_rows(case, client, id)
    await _status_rows(case, client, id)


async def _address_rows(case: Case, client: int, id: str) -> None:
    session = await case.login(client)
    supported = supported_parts(case)
    for row, cells in case.rows("epp-09-postalinfo-data", auto=contact_values(case, session)):
        if not _applies(case, row):
            continue
        session = await case.login(client)
        case.step(_about(row, f"an address with {_named(row, cells)}"))
        command = contact_update(id, [postal_info(cells, supported)])
        if not row.passes:
            await case.refused(session, command, row.code)
        elif (await case.accepted(session, command, row.code)).ok:
            changed = {column: cells[column] for column in cells if column in _ADDRESS}
            await _stored(case, session, id, _expected({**changed, "id": id}, supported), "UPDATE")


async def _other_rows(case: Case, client: int, id: str) -> None:
    session = await case.login(client)
    supported = supported_parts(case)
    for row, cells in case.rows("epp-09-other-data", auto=contact_values(case, session)):
        if not _applies(case, row):
            continue
        session = await case.login(client)
        case.step(_about(row, f"an update to {_named(row, cells)}"))
        command = contact_update(id, contact_other(cells, supported))
        if not row.passes:
            await case.refused(session, command, row.code)
        elif (await case.accepted(session, command, row.code)).ok:
            await _stored(case, session, id, _expected({**cells, "id": id}, supported), "UPDATE")


async def _status_rows(case: Case, client: int, id: str) -> None:
    for row, cells in case.rows("epp-09-status-data"):
        session = await case.login(client)
        action, value = cells["action"], cells["status"]
        case.step(_about(row, f"{action} {value}"))
        command = contact_update(id, parts=add_or_rem(action, status(value)))
        if not row.passes:
            await case.refused(session, command, row.code)
            continue
        if (await case.accepted(session, command, row.code)).refused:
            continue
        reply = await session.ask(requests.info_contact(id))
        data = reply.data(ContactInfoData)
        if data is None:
            case.report("EPP_CONTACT_UPDATE_INFO_RESPONSE_NOT_1000", f"the info of {id} was answered {reply}")
        elif (value in {item.s for item in data.statuses}) != (action == "add"):
            code = "EPP_CONTACT_UPDATE_INFO_RESPONSE_MISSING_OR_INCORRECT_STATUS"
            case.report(code, f"after {action} {value} the statuses are {', '.join(i.s for i in data.statuses)}")


@rst_case("epp-10")
async def contact_delete(case: Case) -> None:
    """A contact that is deleted is gone."""
    client = _client(case)
    case.step("a contact is created")
    id, _ = await create_contact(case, client)
    session = await case.login(client)
    case.step("it is deleted")
    reply = await case.accepted(session, requests.delete_contact(id), "EPP_CONTACT_DELETE_RESPONSE_NOT_1000_OR_1001")
    if reply.code == 1001:
        case.note("the delete was answered 1001: whether the contact is gone is not looked at")
    elif reply.ok:
        case.step("it is gone")
        await case.refused(session, requests.info_contact(id), "EPP_CONTACT_DELETE_OBJECT_STILL_EXISTS", by=(2303,))
