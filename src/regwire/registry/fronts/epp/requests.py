"""EPP commands to the registry's requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from regwire.epp.ext.rgp import RgpMixed, RgpReport, RgpReportText, RgpUpdate
from regwire.epp.ext.secdns import SecDnsCreate, SecDnsDsData, SecDnsKeyData, SecDnsUpdate
from regwire.epp.messages import contact as c
from regwire.epp.messages import domain as d
from regwire.epp.messages import host as h
from regwire.epp.messages.core import Command, Poll, Transfer
from regwire.registry.fronts.epp.ext import tables
from regwire.registry.model import codes
from regwire.registry.model import requests as r
from regwire.registry.model.objects import (
    Address,
    ContactLink,
    Disclose,
    DsRecord,
    HostAttribute,
    KeyRecord,
    Phone,
    PostalInfo,
    Status,
)
from regwire.registry.model.outcomes import Refusal
from regwire.registry.model.record import replace as replace_record
from regwire.registry.rules.redemption import check_complete
from regwire.schema import Raw, replace

__all__ = ["request_of"]

#: Unimplemented extension: here, one on a command that it does not extend; the session refuses unannounced ones.
_EXTENSION: Final = 2103


def request_of(command: Command) -> r.Request:
    """Return what a command asks for.

    Raises:
        Refusal: for what the mapping allows but the model has no word for (2003, 2102, 2103).

    """
    op = command.op
    if type(op) is Poll:
        return _poll(op, command)
    obj = op.object  # type: ignore[union-attr]
    build = _BUILDERS.get(type(obj)) or tables().requests.get(type(obj))
    if build is None:
        raise Refusal(codes.UNIMPLEMENTED_COMMAND, "this object has no such command here")
    if not command.extension:
        _require_change(obj)
        return build(command, obj)
    return _extended(command, obj, build)


def _require_change(obj: Any) -> None:
    """Refuse an update that says nothing; with an extension it may be all in that."""
    element = _UPDATES.get(type(obj))
    if element is not None and obj.add is None and obj.rem is None and obj.chg is None:
        raise Refusal(codes.MISSING, "one of add, rem, chg or an extension", element)


def _extended(command: Command, obj: Any, build: Callable[[Command, Any], r.Request]) -> r.Request:
    """Build the request of a command with extensions: first those that fronts translate, the builder has the rest."""
    known = tables()
    records: list[Any] = []
    rest: list[Any] = []
    taken: set[type[Any]] = set()
    for element in command.extension:
        cls = type(element)
        make = known.commands.get(cls)
        if make is None:
            rest.append(element)
            continue
        if cls in taken or type(obj) not in known.takes.get(cls, ()):
            raise Refusal(_EXTENSION, "an extension that this command does not take")
        taken.add(cls)
        records.append(make(element, command))
    if not records:
        return build(command, obj)
    request = build(replace(command, extension=tuple(rest)), obj)
    return replace_record(request, extensions=(*request.extensions, *records))


def _extensions(command: Command, *known: type[Any]) -> dict[type[Any], Any]:
    """Return the extensions of a command by class; refuse one that does not belong to it, or comes twice."""
    found: dict[type[Any], Any] = {}
    for element in command.extension:
        cls = type(element)
        if cls not in known or cls in found:
            raise Refusal(_EXTENSION, "an extension that this command does not take")
        found[cls] = element
    return found


def _plain(command: Command) -> None:
    if command.extension:
        _extensions(command)


def _auth(info: Any) -> r.AuthInfo | None:
    """Return the authInfo of a query or transfer."""
    if info is None:
        return None
    if info.pw is None:
        raise Refusal(codes.UNIMPLEMENTED_OPTION, "authInfo takes a pw only")
    return r.AuthInfo(info.pw.value, info.pw.roid)


def _new_auth(info: Any) -> str | None:
    """Return the authInfo to set: "" unsets it, None leaves it as it is."""
    if info is None:
        return None
    if info.pw is not None:
        return str(info.pw.value)
    if getattr(info, "null", False):
        return ""
    raise Refusal(codes.UNIMPLEMENTED_OPTION, "authInfo takes a pw only")


def _period(period: d.Period | None) -> r.Period | None:
    return None if period is None else r.Period(period.value, period.unit)


def _statuses(statuses: Iterable[Any]) -> tuple[Status, ...]:
    return tuple([Status(status.s, status.text, status.lang) for status in statuses])


_UPDATES: Final[Mapping[type[Any], str]] = {
    d.DomainUpdate: "domain:update",
    h.HostUpdate: "host:update",
    c.ContactUpdate: "contact:update",
}


# --- domains


def _links(contacts: tuple[d.DomainContact, ...]) -> tuple[ContactLink, ...]:
    return tuple([ContactLink(contact.type or "", contact.id) for contact in contacts])


def _hosts(ns: d.NameServers | None) -> tuple[str, ...]:
    return tuple(map(str.lower, ns.host_objs)) if ns is not None else ()


def _attributes(ns: d.NameServers | None) -> tuple[HostAttribute, ...]:
    if ns is None or not ns.host_attrs:
        return ()
    return tuple([HostAttribute(attr.name.lower(), _addresses(attr.addrs)) for attr in ns.host_attrs])


def _check_domains(command: Command, obj: d.DomainCheck) -> r.Request:
    _plain(command)
    return r.CheckDomains(tuple([name.lower() for name in obj.names]))


def _info_domain(command: Command, obj: d.DomainInfo) -> r.Request:
    _plain(command)
    return r.InfoDomain(obj.name.name.lower(), obj.name.hosts, _auth(obj.auth_info))


def _create_domain(command: Command, obj: d.DomainCreate) -> r.Request:
    secdns = None
    if command.extension:
        given = _extensions(command, SecDnsCreate).get(SecDnsCreate)
        secdns = None if given is None else _secdns(given)
    ns = obj.ns
    return r.CreateDomain(
        obj.name.lower(),
        _period(obj.period),
        obj.registrant,
        _links(obj.contacts),
        _hosts(ns),
        _attributes(ns),
        _new_auth(obj.auth_info),
        secdns,
    )


def _delete_domain(command: Command, obj: d.DomainDelete) -> r.Request:
    _plain(command)
    return r.DeleteDomain(obj.name.lower())


def _renew_domain(command: Command, obj: d.DomainRenew) -> r.Request:
    _plain(command)
    return r.RenewDomain(obj.name.lower(), obj.cur_exp_date, _period(obj.period))


def _transfer_domain(command: Command, obj: d.DomainTransfer) -> r.Request:
    _plain(command)
    op = command.op
    assert isinstance(op, Transfer)
    return r.TransferDomain(op.op, obj.name.lower(), _period(obj.period), _auth(obj.auth_info))


def _update_domain(command: Command, obj: d.DomainUpdate) -> r.Request:
    extensions = _extensions(command, SecDnsUpdate, RgpUpdate) if command.extension else {}
    restore = extensions.get(RgpUpdate)
    if restore is not None:
        return _restore_domain(obj, restore, alone=len(extensions) == 1)
    secdns = extensions.get(SecDnsUpdate)
    add, rem, chg = obj.add, obj.rem, obj.chg
    none = d.DomainAddRem()
    add, rem = add or none, rem or none
    return r.UpdateDomain(
        obj.name.lower(),
        _hosts(add.ns),
        _attributes(add.ns),
        _links(add.contacts),
        _statuses(add.statuses),
        _hosts(rem.ns),
        _attributes(rem.ns),
        _links(rem.contacts),
        _statuses(rem.statuses),
        None if chg is None else chg.registrant,
        None if chg is None else _new_auth(chg.auth_info),
        None if secdns is None else _secdns_update(secdns),
    )


def _restore_domain(obj: d.DomainUpdate, extension: RgpUpdate, *, alone: bool) -> r.Request:
    """Read a restore; the update around it changes nothing (RFC 3915 section 4.2.5: an empty chg is usual)."""
    chg = obj.chg
    empty = chg is None or (chg.registrant is None and chg.auth_info is None)
    report = extension.restore.report
    request = r.RestoreDomain(obj.name.lower(), extension.restore.op, None if report is None else _report(report))
    if not alone or not empty or obj.add is not None or obj.rem is not None:
        # What is missing comes before what is too much.
        check_complete(request)
        raise Refusal(codes.POLICY, "a restore changes nothing else", "domain:update")
    return request


def _report(report: RgpReport) -> r.RestoreReport:
    return r.RestoreReport(
        _mixed(report.pre_data),
        _mixed(report.post_data),
        report.del_time,
        report.res_time,
        _mixed(report.res_reason),
        tuple(map(_mixed, report.statements)),
        "" if report.other is None else _mixed(report.other),
    )


def _mixed(content: RgpMixed | RgpReportText) -> str:
    """Return free text; markup in it as it was written."""
    parts = [element.xml.decode() if isinstance(element, Raw) else repr(element) for element in content.elements]
    return "".join((content.text, *parts))


def _key(key: SecDnsKeyData) -> KeyRecord:
    return KeyRecord(key.flags, key.protocol, key.alg, key.pub_key)


def _ds(ds: SecDnsDsData) -> DsRecord:
    return DsRecord(ds.key_tag, ds.alg, ds.digest_type, ds.digest, None if ds.key_data is None else _key(ds.key_data))


def _secdns(data: Any) -> r.SecDns:
    return r.SecDns(tuple(map(_ds, data.ds_data)), tuple(map(_key, data.key_data)), getattr(data, "max_sig_life", None))


def _secdns_update(data: SecDnsUpdate) -> r.SecDnsUpdate:
    none = r.SecDns()
    if data.rem is None and data.add is None and data.chg is None:
        raise Refusal(codes.MISSING, "one of rem, add, chg", "secDNS:update")
    return r.SecDnsUpdate(
        none if data.rem is None else _secdns(data.rem),
        data.rem is not None and data.rem.all is True,
        none if data.add is None else _secdns(data.add),
        None if data.chg is None else data.chg.max_sig_life,
        data.urgent,
    )


# --- hosts


def _addresses(addrs: tuple[h.HostAddress, ...]) -> tuple[Address, ...]:
    return tuple([Address(addr.address, addr.ip) for addr in addrs])


def _check_hosts(command: Command, obj: h.HostCheck) -> r.Request:
    _plain(command)
    return r.CheckHosts(tuple([name.lower() for name in obj.names]))


def _info_host(command: Command, obj: h.HostInfo) -> r.Request:
    _plain(command)
    return r.InfoHost(obj.name.lower())


def _create_host(command: Command, obj: h.HostCreate) -> r.Request:
    _plain(command)
    return r.CreateHost(obj.name.lower(), _addresses(obj.addrs))


def _delete_host(command: Command, obj: h.HostDelete) -> r.Request:
    _plain(command)
    return r.DeleteHost(obj.name.lower())


def _update_host(command: Command, obj: h.HostUpdate) -> r.Request:
    _plain(command)
    none = h.HostAddRem()
    add, rem = obj.add or none, obj.rem or none
    return r.UpdateHost(
        obj.name.lower(),
        _addresses(add.addrs),
        _statuses(add.statuses),
        _addresses(rem.addrs),
        _statuses(rem.statuses),
        None if obj.chg is None else obj.chg.name.lower(),
    )


# --- contacts


def _postal(info: Any) -> PostalInfo:
    addr = info.addr
    if addr is None:
        return PostalInfo(info.type, info.name, info.org)
    return PostalInfo(info.type, info.name, info.org, addr.streets, addr.city, addr.sp, addr.pc, addr.cc)


def _phone(phone: c.Phone | None) -> Phone | None:
    return None if phone is None else Phone(phone.number, phone.x)


def _disclose(disclose: c.Disclose | None) -> Disclose | None:
    if disclose is None:
        return None
    elements = [
        f"{name}:{item.type}"
        for name, items in (("name", disclose.names), ("org", disclose.orgs), ("addr", disclose.addrs))
        for item in items
    ]
    elements += [name for name in ("voice", "fax", "email") if getattr(disclose, name)]
    return Disclose(disclose.flag, tuple(elements))


def _check_contacts(command: Command, obj: c.ContactCheck) -> r.Request:
    _plain(command)
    return r.CheckContacts(obj.ids)


def _info_contact(command: Command, obj: c.ContactInfo) -> r.Request:
    _plain(command)
    return r.InfoContact(obj.id, _auth(obj.auth_info))


def _create_contact(command: Command, obj: c.ContactCreate) -> r.Request:
    _plain(command)
    return r.CreateContact(
        obj.id,
        tuple(map(_postal, obj.postal_infos)),
        obj.email,
        _phone(obj.voice),
        _phone(obj.fax),
        _new_auth(obj.auth_info),
        _disclose(obj.disclose),
    )


def _delete_contact(command: Command, obj: c.ContactDelete) -> r.Request:
    _plain(command)
    return r.DeleteContact(obj.id)


def _transfer_contact(command: Command, obj: c.ContactTransfer) -> r.Request:
    _plain(command)
    op = command.op
    assert isinstance(op, Transfer)
    return r.TransferContact(op.op, obj.id, _auth(obj.auth_info))


def _update_contact(command: Command, obj: c.ContactUpdate) -> r.Request:
    _plain(command)
    add, rem, chg = obj.add, obj.rem, obj.chg
    chg = chg or c.ContactChange()
    return r.UpdateContact(
        obj.id,
        () if add is None else _statuses(add.statuses),
        () if rem is None else _statuses(rem.statuses),
        tuple(map(_postal, chg.postal_infos)),
        _phone(chg.voice),
        _phone(chg.fax),
        chg.email,
        _new_auth(chg.auth_info),
        _disclose(chg.disclose),
    )


# --- poll


def _poll(op: Poll, command: Command) -> r.Request:
    _plain(command)
    if op.op == "req":
        return r.PollRequest()
    if not op.msg_id:
        raise Refusal(codes.MISSING, "an acknowledgement needs msgID")
    return r.PollAck(op.msg_id)


_BUILDERS: Mapping[type[Any], Callable[[Command, Any], r.Request]] = {
    d.DomainCheck: _check_domains,
    d.DomainInfo: _info_domain,
    d.DomainCreate: _create_domain,
    d.DomainDelete: _delete_domain,
    d.DomainRenew: _renew_domain,
    d.DomainTransfer: _transfer_domain,
    d.DomainUpdate: _update_domain,
    h.HostCheck: _check_hosts,
    h.HostInfo: _info_host,
    h.HostCreate: _create_host,
    h.HostDelete: _delete_host,
    h.HostUpdate: _update_host,
    c.ContactCheck: _check_contacts,
    c.ContactInfo: _info_contact,
    c.ContactCreate: _create_contact,
    c.ContactDelete: _delete_contact,
    c.ContactTransfer: _transfer_contact,
    c.ContactUpdate: _update_contact,
}
