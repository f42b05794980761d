"""The contact mapping: contact-1.0 (RFC 5733)."""

from typing import TYPE_CHECKING, Annotated, Literal

import regwire_native

from regwire.epp.messages.common import (
    AuthExt,
    AuthPw,
    ClientId,
    DateTime,
    Language,
    MinToken,
    Normalized,
    Reason,
    Roid,
    Token,
    TransferStatus,
)
from regwire.epp.messages.core import TrId
from regwire.schema import Choice, Element, Namespace, Type, attribute, child, content, normalized, token
from regwire.schema import flag as present

__all__ = [
    "CONTACT",
    "Address",
    "ContactAddRem",
    "ContactAuthInfo",
    "ContactChange",
    "ContactCheck",
    "ContactCheckData",
    "ContactCheckId",
    "ContactCheckItem",
    "ContactCreate",
    "ContactCreateData",
    "ContactDelete",
    "ContactInfo",
    "ContactInfoData",
    "ContactPanData",
    "ContactPanId",
    "ContactStatus",
    "ContactStatusValue",
    "ContactTransfer",
    "ContactTransferData",
    "ContactUpdate",
    "Disclose",
    "DiscloseItem",
    "Phone",
    "PostalInfo",
    "PostalInfoChange",
]

CONTACT = Namespace("urn:ietf:params:xml:ns:contact-1.0", prefix="contact")

PostalLine = Annotated[str, normalized(min_length=1, max_length=255)]
OptionalPostalLine = Annotated[str, normalized(max_length=255)]
PostalType = Literal["loc", "int"]

ContactStatusValue = Literal[
    "clientDeleteProhibited",
    "clientTransferProhibited",
    "clientUpdateProhibited",
    "linked",
    "ok",
    "pendingCreate",
    "pendingDelete",
    "pendingTransfer",
    "pendingUpdate",
    "serverDeleteProhibited",
    "serverTransferProhibited",
    "serverUpdateProhibited",
]
"""RFC 5733 section 2.2."""


class Phone(Type, ns=CONTACT):
    """<voice> and <fax> (RFC 5733 section 2.5): an E.164 number as ``+CC.NUMBER``, and an extension."""

    number: Annotated[str, token(pattern=r"(\+[0-9]{1,3}\.[0-9]{1,14})?", max_length=17)] = content()
    x: Token | None = attribute(default=None)


class Address(Type, ns=CONTACT):
    """<addr> (RFC 5733 section 2.4): up to three street lines, city, state or province, postal code, country."""

    streets: tuple[OptionalPostalLine, ...] = child("street", max=3, default=())
    city: PostalLine = child(kw_only=True)
    sp: OptionalPostalLine | None = None
    pc: Annotated[str, token(max_length=16)] | None = None
    cc: Annotated[str, token(length=2)] = child(kw_only=True)


class PostalInfo(Type, ns=CONTACT):
    """<postalInfo> (RFC 5733 section 3.2.1): internationalised (``int``, ASCII) or localised (``loc``)."""

    type: PostalType = attribute()
    name: PostalLine
    org: OptionalPostalLine | None = None
    addr: Address = child(kw_only=True)


class PostalInfoChange(Type, ns=CONTACT):
    """<postalInfo> of a change (RFC 5733 section 3.2.5)."""

    type: PostalType = attribute()
    name: PostalLine | None = None
    org: OptionalPostalLine | None = None
    addr: Address | None = None


class ContactAuthInfo(Type, ns=CONTACT, content=Choice("pw", "ext")):
    """<authInfo> (RFC 5733 section 2.8)."""

    pw: AuthPw | None = None
    ext: AuthExt | None = None


class DiscloseItem(Type, ns=CONTACT):
    """<name>, <org>, <addr> of disclose (RFC 5733 section 2.9): which form of the postal information."""

    type: PostalType = attribute()


class Disclose(Type, ns=CONTACT):
    """<disclose> (RFC 5733 section 2.9): what shall (flag true) or shall not be disclosed."""

    flag: bool = attribute()
    names: tuple[DiscloseItem, ...] = child("name", max=2, default=())
    orgs: tuple[DiscloseItem, ...] = child("org", max=2, default=())
    addrs: tuple[DiscloseItem, ...] = child("addr", max=2, default=())
    voice: bool = present(default=False)
    fax: bool = present(default=False)
    email: bool = present(default=False)


class ContactStatus(Type, ns=CONTACT):
    """<status> (RFC 5733 section 2.2): a status and a text about it."""

    s: ContactStatusValue = attribute()
    text: Normalized = content(default="")
    lang: Language = attribute(default="en")


class ContactCheck(Element, ns=CONTACT, tag="check"):
    """<contact:check> (RFC 5733 section 3.1.1)."""

    ids: tuple[ClientId, ...] = child("id", min=1)


class ContactInfo(Element, ns=CONTACT, tag="info"):
    """<contact:info> (RFC 5733 section 3.1.2)."""

    id: ClientId
    auth_info: ContactAuthInfo | None = None


class ContactTransfer(Element, ns=CONTACT, tag="transfer"):
    """<contact:transfer> (RFC 5733 sections 3.1.3 and 3.2.4)."""

    id: ClientId
    auth_info: ContactAuthInfo | None = None


class ContactCreate(Element, ns=CONTACT, tag="create"):
    """<contact:create> (RFC 5733 section 3.2.1)."""

    id: ClientId
    postal_infos: tuple[PostalInfo, ...] = child("postalInfo", min=1, max=2)
    voice: Phone | None = None
    fax: Phone | None = None
    email: MinToken = child(kw_only=True)
    auth_info: ContactAuthInfo = child(kw_only=True)
    disclose: Disclose | None = None


class ContactDelete(Element, ns=CONTACT, tag="delete"):
    """<contact:delete> (RFC 5733 section 3.2.2)."""

    id: ClientId


class ContactAddRem(Type, ns=CONTACT):
    """<add> and <rem> (RFC 5733 section 3.2.5): at least one status."""

    statuses: tuple[ContactStatus, ...] = child("status", min=1, max=7)


class ContactChange(Type, ns=CONTACT):
    """<chg> (RFC 5733 section 3.2.5)."""

    postal_infos: tuple[PostalInfoChange, ...] = child("postalInfo", max=2, default=())
    voice: Phone | None = None
    fax: Phone | None = None
    email: MinToken | None = None
    auth_info: ContactAuthInfo | None = None
    disclose: Disclose | None = None


class ContactUpdate(Element, ns=CONTACT, tag="update"):
    """<contact:update> (RFC 5733 section 3.2.5)."""

    id: ClientId
    add: ContactAddRem | None = None
    rem: ContactAddRem | None = None
    chg: ContactChange | None = None


class ContactCheckId(Type, ns=CONTACT):
    """<id> in check data (RFC 5733 section 3.1.1)."""

    id: ClientId = content()
    avail: bool = attribute()


class ContactCheckItem(Type, ns=CONTACT):
    """<cd> (RFC 5733 section 3.1.1)."""

    id: ContactCheckId
    reason: Reason | None = None


class ContactCheckData(Element, ns=CONTACT, tag="chkData"):
    """<contact:chkData> (RFC 5733 section 3.1.1)."""

    items: tuple[ContactCheckItem, ...] = child("cd", min=1, later=True)

    if TYPE_CHECKING:

        @property
        def available(self) -> tuple[str, ...]:
            """The ids that are available, in the order of the answer."""

    else:
        # The native function itself: a function of Python's around it would cost as much again.
        available = property(regwire_native.available, doc="The ids that are available, in the order of the answer.")


class ContactCreateData(Element, ns=CONTACT, tag="creData"):
    """<contact:creData> (RFC 5733 section 3.2.1)."""

    id: ClientId
    cr_date: DateTime


class ContactInfoData(Element, ns=CONTACT, tag="infData"):
    """<contact:infData> (RFC 5733 section 3.1.2)."""

    id: ClientId
    roid: Roid
    statuses: tuple[ContactStatus, ...] = child("status", min=1, max=7)
    postal_infos: tuple[PostalInfo, ...] = child("postalInfo", min=1, max=2)
    voice: Phone | None = None
    fax: Phone | None = None
    email: MinToken = child(kw_only=True)
    cl_id: ClientId = child("clID", kw_only=True)
    cr_id: ClientId = child("crID", kw_only=True)
    cr_date: DateTime = child(kw_only=True)
    up_id: ClientId | None = child("upID", default=None)
    up_date: DateTime | None = None
    tr_date: DateTime | None = None
    auth_info: ContactAuthInfo | None = None
    disclose: Disclose | None = None


class ContactPanId(Type, ns=CONTACT):
    """<id> in pending action data (RFC 5733 section 3.3)."""

    id: ClientId = content()
    result: bool = attribute("paResult")


class ContactPanData(Element, ns=CONTACT, tag="panData"):
    """<contact:panData> (RFC 5733 section 3.3): the outcome of an action that was pending."""

    id: ContactPanId
    pa_trid: TrId = child("paTRID")
    pa_date: DateTime


class ContactTransferData(Element, ns=CONTACT, tag="trnData"):
    """<contact:trnData> (RFC 5733 sections 3.1.3 and 3.2.4)."""

    id: ClientId
    tr_status: TransferStatus
    re_id: ClientId = child("reID")
    re_date: DateTime
    ac_id: ClientId = child("acID")
    ac_date: DateTime
