"""The domain mapping: domain-1.0 (RFC 5731)."""

from typing import TYPE_CHECKING, Annotated, Literal

import regwire_native

from regwire.epp.messages.common import (
    AuthExt,
    AuthPw,
    CheckName,
    ClientId,
    Date,
    DateTime,
    Label,
    Language,
    Normalized,
    PanName,
    Reason,
    Roid,
    TransferStatus,
)
from regwire.epp.messages.core import TrId
from regwire.epp.messages.host import HostAddress
from regwire.schema import Choice, Element, Namespace, Type, attribute, child, content, flag, integer, token

__all__ = [
    "DOMAIN",
    "DomainAddRem",
    "DomainAuthInfo",
    "DomainAuthInfoChange",
    "DomainChange",
    "DomainCheck",
    "DomainCheckData",
    "DomainCheckItem",
    "DomainContact",
    "DomainCreate",
    "DomainCreateData",
    "DomainDelete",
    "DomainInfo",
    "DomainInfoData",
    "DomainInfoName",
    "DomainPanData",
    "DomainRenew",
    "DomainRenewData",
    "DomainStatus",
    "DomainStatusValue",
    "DomainTransfer",
    "DomainTransferData",
    "DomainUpdate",
    "HostAttribute",
    "NameServers",
    "Period",
]

DOMAIN = Namespace("urn:ietf:params:xml:ns:domain-1.0", prefix="domain")

DomainStatusValue = Literal[
    "clientDeleteProhibited",
    "clientHold",
    "clientRenewProhibited",
    "clientTransferProhibited",
    "clientUpdateProhibited",
    "inactive",
    "ok",
    "pendingCreate",
    "pendingDelete",
    "pendingRenew",
    "pendingTransfer",
    "pendingUpdate",
    "serverDeleteProhibited",
    "serverHold",
    "serverRenewProhibited",
    "serverTransferProhibited",
    "serverUpdateProhibited",
]
"""RFC 5731 section 2.3."""


class Period(Type, ns=DOMAIN):
    """<period> (RFC 5731 section 2.5): 1 to 99 years or months."""

    value: Annotated[int, integer("unsignedShort", min=1, max=99)] = content()
    unit: Literal["y", "m"] = attribute()


class HostAttribute(Type, ns=DOMAIN):
    """<hostAttr> (RFC 5731 section 1.1): a name server given by value."""

    name: Label = child("hostName")
    addrs: tuple[HostAddress, ...] = child("hostAddr", default=())


class NameServers(Type, ns=DOMAIN, content=Choice("host_objs", "host_attrs")):
    """<ns> (RFC 5731 section 1.1): host objects or host attributes, one kind and at least one of it."""

    host_objs: tuple[Label, ...] = child("hostObj", default=())
    host_attrs: tuple[HostAttribute, ...] = child("hostAttr", default=())


class DomainContact(Type, ns=DOMAIN):
    """<contact> (RFC 5731 section 2.2): the identifier of a contact object, and what it is for."""

    id: ClientId = content()
    type: Literal["admin", "billing", "tech"] | None = attribute(default=None)


class DomainAuthInfo(Type, ns=DOMAIN, content=Choice("pw", "ext")):
    """<authInfo> (RFC 5731 section 2.6)."""

    pw: AuthPw | None = None
    ext: AuthExt | None = None


class DomainAuthInfoChange(Type, ns=DOMAIN, content=Choice("pw", "ext", "null")):
    """<authInfo> of a change (RFC 5731 section 3.2.5): ``null`` takes the authorisation information away."""

    pw: AuthPw | None = None
    ext: AuthExt | None = None
    null: bool = flag(default=False)


class DomainStatus(Type, ns=DOMAIN):
    """<status> (RFC 5731 section 2.3): a status and a text about it."""

    s: DomainStatusValue = attribute()
    text: Normalized = content(default="")
    lang: Language = attribute(default="en")


class DomainCheck(Element, ns=DOMAIN, tag="check"):
    """<domain:check> (RFC 5731 section 3.1.1)."""

    names: tuple[Label, ...] = child("name", min=1)


class DomainInfoName(Type, ns=DOMAIN):
    """<name> of <domain:info> (RFC 5731 section 3.1.2): the name, and which hosts to tell of."""

    name: Label = content()
    hosts: Literal["all", "del", "none", "sub"] = attribute(default="all")


class DomainInfo(Element, ns=DOMAIN, tag="info"):
    """<domain:info> (RFC 5731 section 3.1.2)."""

    name: DomainInfoName
    auth_info: DomainAuthInfo | None = None


class DomainCreate(Element, ns=DOMAIN, tag="create"):
    """<domain:create> (RFC 5731 section 3.2.1)."""

    name: Label
    period: Period | None = None
    ns: NameServers | None = None
    registrant: ClientId | None = None
    contacts: tuple[DomainContact, ...] = child("contact", default=())
    auth_info: DomainAuthInfo = child(kw_only=True)


class DomainDelete(Element, ns=DOMAIN, tag="delete"):
    """<domain:delete> (RFC 5731 section 3.2.2)."""

    name: Label


class DomainRenew(Element, ns=DOMAIN, tag="renew"):
    """<domain:renew> (RFC 5731 section 3.2.3)."""

    name: Label
    cur_exp_date: Date
    period: Period | None = None


class DomainTransfer(Element, ns=DOMAIN, tag="transfer"):
    """<domain:transfer> (RFC 5731 sections 3.1.3 and 3.2.4)."""

    name: Label
    period: Period | None = None
    auth_info: DomainAuthInfo | None = None


class DomainAddRem(Type, ns=DOMAIN):
    """<add> and <rem> (RFC 5731 section 3.2.5)."""

    ns: NameServers | None = None
    contacts: tuple[DomainContact, ...] = child("contact", default=())
    statuses: tuple[DomainStatus, ...] = child("status", max=11, default=())


class DomainChange(Type, ns=DOMAIN):
    """<chg> (RFC 5731 section 3.2.5): an empty registrant takes the registrant away."""

    registrant: Annotated[str, token(max_length=16)] | None = None
    auth_info: DomainAuthInfoChange | None = None


class DomainUpdate(Element, ns=DOMAIN, tag="update"):
    """<domain:update> (RFC 5731 section 3.2.5)."""

    name: Label
    add: DomainAddRem | None = None
    rem: DomainAddRem | None = None
    chg: DomainChange | None = None


class DomainCheckItem(Type, ns=DOMAIN):
    """<cd> (RFC 5731 section 3.1.1)."""

    name: CheckName
    reason: Reason | None = None


class DomainCheckData(Element, ns=DOMAIN, tag="chkData"):
    """<domain:chkData> (RFC 5731 section 3.1.1)."""

    items: tuple[DomainCheckItem, ...] = child("cd", min=1, later=True)

    if TYPE_CHECKING:

        @property
        def available(self) -> tuple[str, ...]:
            """The names that are available, in the order of the answer."""

    else:
        # The native function itself: a function of Python's around it would cost as much again.
        available = property(regwire_native.available, doc="The names that are available, in the order of the answer.")


class DomainCreateData(Element, ns=DOMAIN, tag="creData"):
    """<domain:creData> (RFC 5731 section 3.2.1)."""

    name: Label
    cr_date: DateTime
    ex_date: DateTime | None = None


class DomainInfoData(Element, ns=DOMAIN, tag="infData"):
    """<domain:infData> (RFC 5731 section 3.1.2), in the schema's order, which is not that of the text."""

    name: Label
    roid: Roid
    statuses: tuple[DomainStatus, ...] = child("status", max=11, default=())
    registrant: ClientId | None = None
    contacts: tuple[DomainContact, ...] = child("contact", default=())
    ns: NameServers | None = None
    hosts: tuple[Label, ...] = child("host", default=())
    cl_id: ClientId = child("clID", kw_only=True)
    cr_id: ClientId | None = child("crID", default=None)
    cr_date: DateTime | None = None
    up_id: ClientId | None = child("upID", default=None)
    up_date: DateTime | None = None
    ex_date: DateTime | None = None
    tr_date: DateTime | None = None
    auth_info: DomainAuthInfo | None = None


class DomainPanData(Element, ns=DOMAIN, tag="panData"):
    """<domain:panData> (RFC 5731 section 3.3): the outcome of an action that was pending."""

    name: PanName
    pa_trid: TrId = child("paTRID")
    pa_date: DateTime


class DomainRenewData(Element, ns=DOMAIN, tag="renData"):
    """<domain:renData> (RFC 5731 section 3.2.3)."""

    name: Label
    ex_date: DateTime | None = None


class DomainTransferData(Element, ns=DOMAIN, tag="trnData"):
    """<domain:trnData> (RFC 5731 sections 3.1.3 and 3.2.4)."""

    name: Label
    tr_status: TransferStatus
    re_id: ClientId = child("reID")
    re_date: DateTime
    ac_id: ClientId = child("acID")
    ac_date: DateTime
    ex_date: DateTime | None = None
