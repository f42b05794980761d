"""Short ways to build what would otherwise take a few constructors."""

import datetime as dt
from collections.abc import Container, Iterable, Mapping
from types import MappingProxyType
from typing import Any, overload

from regwire_native import Verdicts, verdicts

from regwire.epp.codes import MESSAGES, Reply, ResultCode
from regwire.epp.messages import contact, core, domain, host
from regwire.epp.messages.common import AuthPw, CheckName, Reason
from regwire.epp.messages.contact import (
    ContactAuthInfo,
    ContactCheck,
    ContactCheckData,
    ContactCheckId,
    ContactCheckItem,
)
from regwire.epp.messages.core import Command, Dcp, Greeting, Response
from regwire.epp.messages.domain import DomainAuthInfo, DomainCheck, DomainCheckData, DomainCheckItem
from regwire.epp.messages.host import HostCheck, HostCheckData, HostCheckItem
from regwire.schema import Element, Namespace, Raw

__all__ = ["auth_info", "check_answer", "check_data", "command", "fault_value", "greeting", "response"]

_BY_TAG: dict[str, Any] = {
    "check": core.Check,
    "create": core.Create,
    "delete": core.Delete,
    "info": core.Info,
    "renew": core.Renew,
    "update": core.Update,
}
_BY_CLASS: dict[type, Any] = {
    domain.DomainCheck: core.Check,
    domain.DomainInfo: core.Info,
    host.HostCheck: core.Check,
    host.HostInfo: core.Info,
    contact.ContactCheck: core.Check,
    contact.ContactInfo: core.Info,
}
"""The objects of what clients ask most, found without looking at their tags."""
_NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})
_SESSION = (core.Login, core.Logout, core.Poll, core.Transfer, *_BY_TAG.values())

DEFAULT_DCP = Dcp(
    core.DcpAccess(all=True),
    (
        core.DcpStatement(
            core.DcpPurpose(admin=True, prov=True),
            core.DcpRecipient(ours=(core.DcpOurs(),), public=True),
            core.DcpRetention(stated=True),
        ),
    ),
)
"""A data collection policy that registries commonly announce; state your own in production."""


def command(
    obj: Any,
    extension: Element | Raw | Iterable[Element | Raw] = (),
    cl_trid: str | None = None,
    *,
    op: core.TransferOp | None = None,
) -> Command:
    """Return the command that carries ``obj``.

    ``obj`` is an object command (`DomainCheck`, `HostCreate` …): its own tag says which command it goes into. A
    transfer needs ``op``. What is an operation already (`Login`, `Poll`, `Check` …) is taken as it is.
    ``extension`` is one element or several. Raises `TypeError` for what is no command, `ValueError` for ``op``
    where it does not belong or is missing.
    """
    wrap = _BY_CLASS.get(type(obj)) if op is None else None
    operation = _operation(obj, op) if wrap is None else wrap(obj)
    return Command(operation, extension_items(extension), cl_trid)


def _operation(obj: Any, op: core.TransferOp | None) -> Any:
    tag = getattr(obj, "__tag__", None)
    if isinstance(obj, _SESSION):
        if op is not None:
            raise ValueError("op goes with the object of a transfer")
        return obj
    if tag == "transfer":
        if op is None:
            raise ValueError("a transfer needs op: request, query, approve, reject or cancel")
        return core.Transfer(op, obj)
    if op is not None:
        raise ValueError(f"op goes with the object of a transfer, not with <{tag}>")
    if tag not in _BY_TAG:
        raise TypeError(f"{type(obj).__name__} is no command of EPP")
    return _BY_TAG[tag](obj)


def extension_items(extension: Element | Raw | Iterable[Element | Raw]) -> tuple[Element | Raw, ...]:
    """Return the elements of an ``extension`` argument: one, or several."""
    if extension == ():
        return ()
    return (extension,) if isinstance(extension, Element | Raw) else tuple(extension)


def response(reply: Reply, sv_trid: str, cl_trid: str | None = None) -> Response:
    """Return the response of a reply under the transaction identifiers given."""
    text = reply.text
    if text is None:
        text = MESSAGES[ResultCode(reply.code)]
    result = core.Result(reply.code, core.Msg(text, reply.lang), reply.values)
    return Response((result,), reply.msg_q, reply.data, reply.extension, tr_id=core.TrId(cl_trid, sv_trid=sv_trid))


def greeting(
    sv_id: str,
    sv_date: dt.datetime,
    obj_uri: Iterable[str],
    ext_uri: Iterable[str] = (),
    *,
    lang: Iterable[str] = ("en",),
    dcp: Dcp = DEFAULT_DCP,
) -> Greeting:
    """Return the greeting of a server that offers these services."""
    return Greeting(sv_id, sv_date, core.SvcMenu(("1.0",), tuple(lang), tuple(obj_uri), tuple(ext_uri)), dcp)


IN_USE = Reason("In use")
"""Why a name is not to be had, unless you say otherwise."""

_OF_DOMAINS = (DomainCheckData, DomainCheckItem, CheckName)
_OF_HOSTS = (HostCheckData, HostCheckItem, CheckName)
_OF_CONTACTS = (ContactCheckData, ContactCheckItem, ContactCheckId)


@overload
def check_data(check: DomainCheck, taken: Container[str], reason: Reason | None = IN_USE) -> DomainCheckData: ...
@overload
def check_data(check: HostCheck, taken: Container[str], reason: Reason | None = IN_USE) -> HostCheckData: ...
@overload
def check_data(check: ContactCheck, taken: Container[str], reason: Reason | None = IN_USE) -> ContactCheckData: ...
def check_data(check: Any, taken: Container[str], reason: Reason | None = IN_USE) -> Any:
    """Return the answer to a check command: what is in ``taken`` is not available, for ``reason``.

    ``taken`` is asked with ``in``, once for each name (or contact id) and in order: a dict or set of yours, or an
    object with a ``__contains__``. Names are compared as the client wrote them. The items of the answer are as if built
    with ``DomainCheckItem(CheckName(name, name not in taken), reason or None)``, in less than half the time. Raises
    `TypeError` for what is no check command, and whatever ``in`` raises.
    """
    kind = type(check)
    if kind is DomainCheck:
        return verdicts(check.names, taken, _OF_DOMAINS, reason)
    if kind is HostCheck:
        return verdicts(check.names, taken, _OF_HOSTS, reason)
    if kind is ContactCheck:
        return verdicts(check.ids, taken, _OF_CONTACTS, reason)
    raise _no_check(kind)


def check_answer(
    check: DomainCheck | HostCheck | ContactCheck, taken: Container[str], reason: Reason | None = IN_USE
) -> Verdicts:
    """Return the answer to a check command as a handler returns it: `check_data`, only to be sent.

    ``taken`` is asked as `check_data` asks it, and now. The answer keeps the names and what was found, and is written
    without an object for each name; its ``data`` gives the objects. It stands wherever the data of a response does: in
    what a handler returns, in a `Reply`, in a `Response` to be encoded (the same octets, the same errors).
    Raises what `check_data` raises.
    """
    asked: Any = check
    kind = type(asked)
    if kind is DomainCheck:
        return Verdicts(asked.names, taken, _OF_DOMAINS, reason)
    if kind is HostCheck:
        return Verdicts(asked.names, taken, _OF_HOSTS, reason)
    if kind is ContactCheck:
        return Verdicts(asked.ids, taken, _OF_CONTACTS, reason)
    raise _no_check(kind)


def _no_check(kind: type) -> TypeError:
    return TypeError(f"{kind.__name__} is no check of domains, hosts or contacts")


def auth_info(pw: str, roid: str | None = None) -> DomainAuthInfo:
    """Return a domain's authInfo with this password; ``roid`` names the contact whose password it is."""
    return DomainAuthInfo(AuthPw(pw, roid))


def contact_auth_info(pw: str) -> ContactAuthInfo:
    """Return a contact's authInfo with this password."""
    return ContactAuthInfo(AuthPw(pw))


def fault_value(
    namespace: Namespace, tag: str, text: str, reason: str | None = None, attributes: Mapping[str, str] = _NO_ATTRIBUTES
) -> core.Value | core.ExtValue:
    """Return the element at fault for a result: a value, or with a ``reason`` an extValue (RFC 5730 section 2.6).

    Args:
        namespace: of the element.
        tag: its name in it.
        text: its content.
        reason: for people, why it is at fault.
        attributes: of the element, by name.

    """
    name = f"{namespace.prefix or 'v'}:{tag}"
    binding = f'xmlns:{namespace.prefix or "v"}="{_escaped(namespace.uri)}"'
    said = "".join([f' {key}="{_escaped(value)}"' for key, value in attributes.items()])
    inner = f"<{name} {binding}{said}>{_escaped(text)}</{name}>"
    value = core.Value(Raw(inner.encode()))
    return value if reason is None else core.ExtValue(value, core.Msg(reason))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
