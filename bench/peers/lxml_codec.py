"""Peer: decoding and encoding as Python EPP code does it today: lxml trees, dataclasses filled by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lxml import etree

EPP = "urn:ietf:params:xml:ns:epp-1.0"
DOMAIN = "urn:ietf:params:xml:ns:domain-1.0"
E = f"{{{EPP}}}"
D = f"{{{DOMAIN}}}"
PARSER = etree.XMLParser(resolve_entities=False, no_network=True)


@dataclass(slots=True)
class Contact:
    id: str
    type: str | None


@dataclass(slots=True)
class Status:
    s: str
    text: str
    lang: str


@dataclass(slots=True)
class Check:
    names: list[str]


@dataclass(slots=True)
class Info:
    name: str
    hosts: str
    auth_info: str | None


@dataclass(slots=True)
class Create:
    name: str
    period: tuple[int, str] | None
    hosts: list[str]
    registrant: str | None
    contacts: list[Contact]
    auth_info: str | None


@dataclass(slots=True)
class AddRem:
    hosts: list[str]
    contacts: list[Contact]
    statuses: list[Status]


@dataclass(slots=True)
class Update:
    name: str
    add: AddRem | None
    rem: AddRem | None
    registrant: str | None


@dataclass(slots=True)
class Renew:
    name: str
    cur_exp_date: date
    period: tuple[int, str] | None


@dataclass(slots=True)
class Transfer:
    op: str
    name: str
    auth_info: str | None


@dataclass(slots=True)
class CheckItem:
    name: str
    available: bool
    reason: str | None


@dataclass(slots=True)
class CheckData:
    items: list[CheckItem]


@dataclass(slots=True)
class InfoData:
    name: str
    roid: str
    statuses: list[Status]
    registrant: str | None
    contacts: list[Contact]
    name_servers: list[str]
    hosts: list[str]
    cl_id: str
    cr_id: str | None
    cr_date: datetime | None
    up_id: str | None
    up_date: datetime | None
    ex_date: datetime | None


@dataclass(slots=True)
class CreateData:
    name: str
    cr_date: datetime | None
    ex_date: datetime | None


@dataclass(slots=True)
class RenewData:
    name: str
    ex_date: datetime | None


@dataclass(slots=True)
class TransferData:
    name: str
    status: str
    re_id: str
    re_date: datetime | None
    ac_id: str
    ac_date: datetime | None
    ex_date: datetime | None


@dataclass(slots=True)
class Command:
    operation: Any
    cl_trid: str | None


@dataclass(slots=True)
class Response:
    code: int
    message: str
    data: Any
    cl_trid: str | None
    sv_trid: str


def text(parent: etree._Element, tag: str) -> str:
    return (parent.findtext(tag) or "").strip()


def optional(parent: etree._Element, tag: str) -> str | None:
    value = parent.findtext(tag)
    return None if value is None else value.strip()


def texts(parent: etree._Element, path: str) -> list[str]:
    return [(element.text or "").strip() for element in parent.iterfind(path)]


def instant(parent: etree._Element, tag: str) -> datetime | None:
    value = parent.findtext(tag)
    return None if value is None else datetime.fromisoformat(value.strip())


def contacts(parent: etree._Element) -> list[Contact]:
    return [Contact((element.text or "").strip(), element.get("type")) for element in parent.iterfind(f"{D}contact")]


def statuses(parent: etree._Element) -> list[Status]:
    return [
        Status(element.get("s", ""), element.text or "", element.get("lang", "en"))
        for element in parent.iterfind(f"{D}status")
    ]


def period(parent: etree._Element) -> tuple[int, str] | None:
    element = parent.find(f"{D}period")
    return None if element is None else (int(element.text or "0"), element.get("unit", "y"))


def password(parent: etree._Element) -> str | None:
    return optional(parent, f"{D}authInfo/{D}pw")


def check(element: etree._Element) -> Check:
    return Check(texts(element, f"{D}name"))


def info(element: etree._Element) -> Info:
    name = element.find(f"{D}name")
    assert name is not None
    return Info((name.text or "").strip(), name.get("hosts", "all"), password(element))


def create(element: etree._Element) -> Create:
    return Create(
        text(element, f"{D}name"),
        period(element),
        texts(element, f"{D}ns/{D}hostObj"),
        optional(element, f"{D}registrant"),
        contacts(element),
        password(element),
    )


def add_rem(element: etree._Element | None) -> AddRem | None:
    if element is None:
        return None
    return AddRem(texts(element, f"{D}ns/{D}hostObj"), contacts(element), statuses(element))


def update(element: etree._Element) -> Update:
    return Update(
        text(element, f"{D}name"),
        add_rem(element.find(f"{D}add")),
        add_rem(element.find(f"{D}rem")),
        optional(element, f"{D}chg/{D}registrant"),
    )


def renew(element: etree._Element) -> Renew:
    return Renew(text(element, f"{D}name"), date.fromisoformat(text(element, f"{D}curExpDate")), period(element))


def transfer(element: etree._Element) -> Transfer:
    parent = element.getparent()
    assert parent is not None
    return Transfer(parent.get("op", ""), text(element, f"{D}name"), password(element))


def check_data(element: etree._Element) -> CheckData:
    items = []
    for item in element.iterfind(f"{D}cd"):
        name = item.find(f"{D}name")
        assert name is not None
        available = name.get("avail") in {"1", "true"}
        items.append(CheckItem((name.text or "").strip(), available, optional(item, f"{D}reason")))
    return CheckData(items)


def info_data(element: etree._Element) -> InfoData:
    return InfoData(
        text(element, f"{D}name"),
        text(element, f"{D}roid"),
        statuses(element),
        optional(element, f"{D}registrant"),
        contacts(element),
        texts(element, f"{D}ns/{D}hostObj"),
        texts(element, f"{D}host"),
        text(element, f"{D}clID"),
        optional(element, f"{D}crID"),
        instant(element, f"{D}crDate"),
        optional(element, f"{D}upID"),
        instant(element, f"{D}upDate"),
        instant(element, f"{D}exDate"),
    )


def create_data(element: etree._Element) -> CreateData:
    return CreateData(text(element, f"{D}name"), instant(element, f"{D}crDate"), instant(element, f"{D}exDate"))


def renew_data(element: etree._Element) -> RenewData:
    return RenewData(text(element, f"{D}name"), instant(element, f"{D}exDate"))


def transfer_data(element: etree._Element) -> TransferData:
    return TransferData(
        text(element, f"{D}name"),
        text(element, f"{D}trStatus"),
        text(element, f"{D}reID"),
        instant(element, f"{D}reDate"),
        text(element, f"{D}acID"),
        instant(element, f"{D}acDate"),
        instant(element, f"{D}exDate"),
    )


READERS = {
    f"{D}check": check,
    f"{D}info": info,
    f"{D}create": create,
    f"{D}update": update,
    f"{D}renew": renew,
    f"{D}transfer": transfer,
    f"{D}chkData": check_data,
    f"{D}infData": info_data,
    f"{D}creData": create_data,
    f"{D}renData": renew_data,
    f"{D}trnData": transfer_data,
}


def decode(frame: bytes) -> Command | Response:
    """The document as dataclasses."""
    root = etree.fromstring(frame, PARSER)
    body = root[0]
    if body.tag == f"{E}command":
        obj = body[0][0]
        return Command(READERS[obj.tag](obj), optional(body, f"{E}clTRID"))
    result = body.find(f"{E}result")
    assert result is not None
    data = body.find(f"{E}resData")
    return Response(
        int(result.get("code", "0")),
        text(result, f"{E}msg"),
        READERS[data[0].tag](data[0]) if data is not None else None,
        optional(body, f"{E}trID/{E}clTRID"),
        text(body, f"{E}trID/{E}svTRID"),
    )


def sub(parent: etree._Element, tag: str, value: str | None = None, **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, tag, attributes)
    element.text = value
    return element


def _write_contacts(parent: etree._Element, found: list[Contact]) -> None:
    for contact in found:
        sub(parent, f"{D}contact", contact.id, **({"type": contact.type} if contact.type else {}))


def _write_statuses(parent: etree._Element, found: list[Status]) -> None:
    for status in found:
        element = sub(parent, f"{D}status", status.text or None, s=status.s)
        if status.text:
            element.set("lang", status.lang)


def _write_hosts(parent: etree._Element, found: list[str]) -> None:
    if found:
        ns = sub(parent, f"{D}ns")
        for host in found:
            sub(ns, f"{D}hostObj", host)


def _write_period(parent: etree._Element, value: tuple[int, str] | None) -> None:
    if value is not None:
        sub(parent, f"{D}period", str(value[0]), unit=value[1])


def _write_password(parent: etree._Element, value: str | None) -> None:
    if value is not None:
        sub(sub(parent, f"{D}authInfo"), f"{D}pw", value)


def _write_instant(parent: etree._Element, tag: str, value: datetime | None) -> None:
    if value is not None:
        fraction = f".{value.microsecond:06}".rstrip("0") if value.microsecond else ""
        sub(parent, tag, f"{value:%Y-%m-%dT%H:%M:%S}{fraction}Z")


def _write_optional(parent: etree._Element, tag: str, value: str | None) -> None:
    if value is not None:
        sub(parent, tag, value)


def write_check(parent: etree._Element, message: Check) -> None:
    for name in message.names:
        sub(parent, f"{D}name", name)


def write_info(parent: etree._Element, message: Info) -> None:
    sub(parent, f"{D}name", message.name, hosts=message.hosts)
    _write_password(parent, message.auth_info)


def write_create(parent: etree._Element, message: Create) -> None:
    sub(parent, f"{D}name", message.name)
    _write_period(parent, message.period)
    _write_hosts(parent, message.hosts)
    _write_optional(parent, f"{D}registrant", message.registrant)
    _write_contacts(parent, message.contacts)
    _write_password(parent, message.auth_info)


def write_update(parent: etree._Element, message: Update) -> None:
    sub(parent, f"{D}name", message.name)
    for tag, change in (("add", message.add), ("rem", message.rem)):
        if change is not None:
            element = sub(parent, f"{D}{tag}")
            _write_hosts(element, change.hosts)
            _write_contacts(element, change.contacts)
            _write_statuses(element, change.statuses)
    if message.registrant is not None:
        sub(sub(parent, f"{D}chg"), f"{D}registrant", message.registrant)


def write_renew(parent: etree._Element, message: Renew) -> None:
    sub(parent, f"{D}name", message.name)
    sub(parent, f"{D}curExpDate", message.cur_exp_date.isoformat())
    _write_period(parent, message.period)


def write_transfer(parent: etree._Element, message: Transfer) -> None:
    sub(parent, f"{D}name", message.name)
    _write_password(parent, message.auth_info)


def write_check_data(parent: etree._Element, data: CheckData) -> None:
    for item in data.items:
        element = sub(parent, f"{D}cd")
        sub(element, f"{D}name", item.name, avail="1" if item.available else "0")
        _write_optional(element, f"{D}reason", item.reason)


def write_info_data(parent: etree._Element, data: InfoData) -> None:
    sub(parent, f"{D}name", data.name)
    sub(parent, f"{D}roid", data.roid)
    _write_statuses(parent, data.statuses)
    _write_optional(parent, f"{D}registrant", data.registrant)
    _write_contacts(parent, data.contacts)
    _write_hosts(parent, data.name_servers)
    for host in data.hosts:
        sub(parent, f"{D}host", host)
    sub(parent, f"{D}clID", data.cl_id)
    _write_optional(parent, f"{D}crID", data.cr_id)
    _write_instant(parent, f"{D}crDate", data.cr_date)
    _write_optional(parent, f"{D}upID", data.up_id)
    _write_instant(parent, f"{D}upDate", data.up_date)
    _write_instant(parent, f"{D}exDate", data.ex_date)


def write_create_data(parent: etree._Element, data: CreateData) -> None:
    sub(parent, f"{D}name", data.name)
    _write_instant(parent, f"{D}crDate", data.cr_date)
    _write_instant(parent, f"{D}exDate", data.ex_date)


def write_renew_data(parent: etree._Element, data: RenewData) -> None:
    sub(parent, f"{D}name", data.name)
    _write_instant(parent, f"{D}exDate", data.ex_date)


def write_transfer_data(parent: etree._Element, data: TransferData) -> None:
    sub(parent, f"{D}name", data.name)
    sub(parent, f"{D}trStatus", data.status)
    sub(parent, f"{D}reID", data.re_id)
    _write_instant(parent, f"{D}reDate", data.re_date)
    sub(parent, f"{D}acID", data.ac_id)
    _write_instant(parent, f"{D}acDate", data.ac_date)
    _write_instant(parent, f"{D}exDate", data.ex_date)


WRITERS: dict[type, tuple[str, Any]] = {
    Check: ("check", write_check),
    Info: ("info", write_info),
    Create: ("create", write_create),
    Update: ("update", write_update),
    Renew: ("renew", write_renew),
    Transfer: ("transfer", write_transfer),
    CheckData: ("chkData", write_check_data),
    InfoData: ("infData", write_info_data),
    CreateData: ("creData", write_create_data),
    RenewData: ("renData", write_renew_data),
    TransferData: ("trnData", write_transfer_data),
}
EPP_MAP = {None: EPP}
DOMAIN_MAP = {"domain": DOMAIN}


def encode(message: Command | Response) -> bytes:
    """Build the tree and serialise it."""
    root = etree.Element(f"{E}epp", nsmap=EPP_MAP)
    if isinstance(message, Command):
        body = sub(root, f"{E}command")
        tag, write = WRITERS[type(message.operation)]
        attributes = {"op": message.operation.op} if isinstance(message.operation, Transfer) else {}
        operation = sub(body, f"{E}{tag}", None, **attributes)
        write(etree.SubElement(operation, f"{D}{tag}", nsmap=DOMAIN_MAP), message.operation)
        _write_optional(body, f"{E}clTRID", message.cl_trid)
    else:
        body = sub(root, f"{E}response")
        sub(sub(body, f"{E}result", None, code=str(message.code)), f"{E}msg", message.message)
        if message.data is not None:
            tag, write = WRITERS[type(message.data)]
            write(etree.SubElement(sub(body, f"{E}resData"), f"{D}{tag}", nsmap=DOMAIN_MAP), message.data)
        identifiers = sub(body, f"{E}trID")
        _write_optional(identifiers, f"{E}clTRID", message.cl_trid)
        sub(identifiers, f"{E}svTRID", message.sv_trid)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
