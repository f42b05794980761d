"""The registry's outcomes to EPP replies.

A reply without extension and values is returned in its shortest form (a code, or one element of resData), which the
server sends on its fast path.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Final

from regwire.epp.codes import Reply
from regwire.epp.compose import fault_value
from regwire.epp.ext import rgp, secdns
from regwire.epp.messages import contact as c
from regwire.epp.messages import domain as d
from regwire.epp.messages import host as h
from regwire.epp.messages.common import CheckName, Reason
from regwire.epp.messages.core import ExtValue, MsgQ, QueueMsg, Value
from regwire.registry.fronts.epp.ext import namespaces, tables
from regwire.registry.model import codes
from regwire.registry.model import requests as r
from regwire.registry.model.objects import Address, Contact, Disclose, Domain, DsRecord, KeyRecord, Phone, PostalInfo
from regwire.registry.model.outcomes import (
    Checked,
    ContactData,
    Created,
    DomainData,
    HostData,
    Outcome,
    Polled,
    Refusal,
    Renewed,
    Restored,
    TransferData,
)
from regwire.registry.model.record import replace
from regwire.schema import Namespace

__all__ = ["identified", "object_elements", "refused", "reply_of"]

_NAMESPACES: Final[Mapping[str, Namespace]] = {"domain": d.DOMAIN, "host": h.HOST, "contact": c.CONTACT}


def reply_of(request: r.Request, outcome: Outcome) -> Any:
    """Return what a handler returns for the outcome of a request."""
    if outcome.extensions:
        return _extended(request, outcome)
    if outcome.code >= 2000:
        return _error(outcome.code, outcome.reason, outcome.value)
    data = outcome.data
    if data is None:
        return outcome.code
    build = _BUILDERS.get(type(data)) or tables().data[type(data)]
    return build(request, outcome.code, data)


def _extended(request: r.Request, outcome: Outcome) -> Reply:
    """Return the reply of an outcome with extensions."""
    short = reply_of(request, replace(outcome, extensions=()))
    if isinstance(short, int):
        whole = Reply(short)
    elif isinstance(short, Reply):
        whole = short
    else:
        whole = Reply(outcome.code, (short,))
    return dataclasses.replace(whole, extension=(*whole.extension, *_elements(outcome.extensions)))


def _elements(records: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the extension elements of records of the model."""
    known = tables().replies
    return tuple([known[type(record)](record) for record in records])


def refused(refusal: Refusal) -> Any:
    """Return the reply to a command that had no equivalent request."""
    return _error(refusal.code, refusal.reason, refusal.value)


def identified(result: Any, transaction: str) -> Reply:
    """Return a reply with the registry's own transaction identifier."""
    if type(result) is Reply:
        r = result
        return Reply(r.code, r.data, r.extension, r.values, r.msg_q, r.text, r.lang, transaction)
    if isinstance(result, int):
        return Reply(result, sv_trid=transaction)
    return Reply(codes.OK, (result,), sv_trid=transaction)


def _error(code: int, reason: str | None, value: tuple[str, str] | None) -> Any:
    if value is None or reason is None:
        return code
    prefix, _, tag = value[0].partition(":")
    namespace = _NAMESPACES.get(prefix) or namespaces()[prefix]
    # A status is an attribute of its element.
    text, attributes = ("", {"s": value[1]}) if tag == "status" else (value[1], {})
    at_fault: Value | ExtValue = fault_value(namespace, tag, text, reason, attributes)
    return Reply(code, (), (), (at_fault,))


def _checked(request: r.Request, _: int, data: Checked) -> Any:
    if isinstance(request, r.CheckDomains):
        return d.DomainCheckData(
            tuple(
                [
                    d.DomainCheckItem(CheckName(name, avail), None if reason is None else Reason(reason))
                    for name, avail, reason in data.items
                ]
            )
        )
    if isinstance(request, r.CheckHosts):
        return h.HostCheckData(
            tuple(
                [
                    h.HostCheckItem(CheckName(name, avail), None if reason is None else Reason(reason))
                    for name, avail, reason in data.items
                ]
            )
        )
    return c.ContactCheckData(
        tuple(
            [
                c.ContactCheckItem(c.ContactCheckId(id, avail), None if reason is None else Reason(reason))
                for id, avail, reason in data.items
            ]
        )
    )


def _created(_: r.Request, __: int, data: Created) -> Any:
    if data.kind == "domain":
        return d.DomainCreateData(data.name, data.created, data.expires)
    if data.kind == "host":
        return h.HostCreateData(data.name, data.created)
    return c.ContactCreateData(data.name, data.created)


def _renewed(_: r.Request, __: int, data: Renewed) -> Any:
    return d.DomainRenewData(data.name, data.expires)


def _restored(_: r.Request, __: int, data: Restored) -> Any:
    if data.status is None:
        return codes.OK
    return Reply(codes.OK, (), (rgp.RgpUpdateData((rgp.RgpStatus(data.status),)),))  # type: ignore[arg-type]


def _transferred(_: r.Request, code: int, data: TransferData) -> Any:
    return Reply(code, (_transfer_data(data),))


def _transfer_data(data: TransferData) -> Any:
    t = data.transfer
    common = (data.name, t.status, t.requester, t.requested, t.actor, t.acted)
    if data.kind == "domain":
        return d.DomainTransferData(*common, t.expires)  # type: ignore[arg-type]
    return c.ContactTransferData(*common)  # type: ignore[arg-type]


def _polled(_: r.Request, code: int, data: Polled) -> Any:
    message = data.message
    if message is None:
        queue = MsgQ(data.count, str(data.acked)) if data.count else None
        return Reply(code, msg_q=queue)
    queue = MsgQ(data.count, str(message.id), message.queued, QueueMsg(message.text))
    told, beside = _poll_data(message.data)
    return Reply(code, told, (*beside, *_elements(message.extensions)), msg_q=queue)


def _poll_data(data: object) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Return the elements of resData and of extension that a message's data are; the front of a feature goes first."""
    if data is None:
        return (), ()
    make = tables().poll.get(type(data))
    if make is not None:
        return make(data), ()
    if isinstance(data, TransferData):
        return (_transfer_data(data),), ()
    return object_elements(data)


def object_elements(data: object) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Return the elements of resData and of extension that outcome data are, as an info would tell them."""
    built = _BUILDERS[type(data)](r.PollRequest(), codes.OK, data)
    return (built.data, built.extension) if isinstance(built, Reply) else ((built,), ())


# --- info


def _domain(_: r.Request, __: int, data: DomainData) -> Any:
    value = data.domain
    full = data.full
    info = d.DomainInfoData(
        value.name,
        value.roid,
        tuple([d.DomainStatus(s.value, s.text, s.lang) for s in data.statuses]),  # type: ignore[arg-type]
        value.registrant if full else None,
        tuple([d.DomainContact(link.id, link.type) for link in value.contacts]) if full else (),  # type: ignore[arg-type]
        _name_servers(value, data.host_names),
        data.subordinates,
        cl_id=value.sponsor,
        cr_id=value.creator,
        cr_date=value.created,
        up_id=value.updater,
        up_date=value.updated,
        ex_date=value.expires,
        tr_date=value.transferred,
    )
    extension: list[Any] = []
    if data.rgp:
        extension.append(rgp.RgpInfoData(tuple([rgp.RgpStatus(status) for status in data.rgp])))  # type: ignore[arg-type]
    if value.ds or value.keys:
        extension.append(secdns.SecDnsInfoData(None, tuple(map(_ds_data, value.ds)), tuple(map(_key_data, value.keys))))
    return Reply(codes.OK, (info,), tuple(extension)) if extension else info


def _name_servers(value: Domain, host_names: tuple[str, ...] | None) -> d.NameServers | None:
    if host_names:
        return d.NameServers(host_names)
    if value.host_attributes and host_names is not None:
        attributes = [d.HostAttribute(a.name, _host_addresses(a.addresses)) for a in value.host_attributes]
        return d.NameServers((), tuple(attributes))
    return None


def _ds_data(ds: DsRecord) -> secdns.SecDnsDsData:
    key = None if ds.key is None else _key_data(ds.key)
    return secdns.SecDnsDsData(ds.key_tag, ds.algorithm, ds.digest_type, ds.digest, key)


def _key_data(key: KeyRecord) -> secdns.SecDnsKeyData:
    return secdns.SecDnsKeyData(key.flags, key.protocol, key.algorithm, key.public_key)


def _host_addresses(addresses: tuple[Address, ...]) -> tuple[h.HostAddress, ...]:
    return tuple([h.HostAddress(a.address, a.version) for a in addresses])  # type: ignore[arg-type]


def _host(_: r.Request, __: int, data: HostData) -> Any:
    value = data.host
    return h.HostInfoData(
        value.name,
        value.roid,
        tuple([h.HostStatus(s.value, s.text, s.lang) for s in data.statuses]),  # type: ignore[arg-type]
        _host_addresses(value.addresses),
        cl_id=value.sponsor,
        cr_id=value.creator,
        cr_date=value.created,
        up_id=value.updater,
        up_date=value.updated,
        tr_date=value.transferred,
    )


def _contact(_: r.Request, __: int, data: ContactData) -> Any:
    value: Contact = data.contact
    return c.ContactInfoData(
        value.id,
        value.roid,
        tuple([c.ContactStatus(s.value, s.text, s.lang) for s in data.statuses]),  # type: ignore[arg-type]
        tuple(map(_postal, value.postal)),
        _phone(value.voice),
        _phone(value.fax),
        email=value.email,
        cl_id=value.sponsor,
        cr_id=value.creator,
        cr_date=value.created,
        up_id=value.updater,
        up_date=value.updated,
        tr_date=value.transferred,
        disclose=_disclose(value.disclose),
    )


def _postal(info: PostalInfo) -> c.PostalInfo:
    # The rules let no postal info be kept without these three.
    assert info.name is not None
    assert info.city is not None
    assert info.cc is not None
    address = c.Address(info.street, city=info.city, sp=info.sp, pc=info.pc, cc=info.cc)
    return c.PostalInfo(info.type, info.name, info.org, addr=address)  # type: ignore[arg-type]


def _phone(phone: Phone | None) -> c.Phone | None:
    return None if phone is None else c.Phone(phone.number, phone.extension)


def _disclose(disclose: Disclose | None) -> c.Disclose | None:
    if disclose is None:
        return None
    typed: dict[str, list[c.DiscloseItem]] = {"name": [], "org": [], "addr": []}
    flags: dict[str, bool] = {}
    for element in disclose.elements:
        name, _, type = element.partition(":")
        if type:
            typed[name].append(c.DiscloseItem(type))  # type: ignore[arg-type]
        else:
            flags[name] = True
    names, orgs, addrs = (tuple(typed[name]) for name in ("name", "org", "addr"))
    return c.Disclose(
        disclose.flag, names, orgs, addrs, flags.get("voice", False), flags.get("fax", False), flags.get("email", False)
    )


_BUILDERS: Mapping[type[Any], Callable[[r.Request, int, Any], Any]] = {
    Checked: _checked,
    Created: _created,
    Renewed: _renewed,
    Restored: _restored,
    TransferData: _transferred,
    Polled: _polled,
    DomainData: _domain,
    HostData: _host,
    ContactData: _contact,
}
