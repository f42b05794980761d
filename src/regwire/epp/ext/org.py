"""Organisations: the object mapping org-1.0 (RFC 8543)."""

from typing import Annotated, Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.common import ClientId, DateTime, MinToken, Reason, Roid, Token, Uri
from regwire.epp.messages.core import TrId
from regwire.schema import Element, Namespace, Type, attribute, child, content, normalized, token

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "OrgAddRem",
    "OrgAddress",
    "OrgChange",
    "OrgCheck",
    "OrgCheckData",
    "OrgCheckId",
    "OrgCheckItem",
    "OrgContact",
    "OrgCreate",
    "OrgCreateData",
    "OrgDelete",
    "OrgInfo",
    "OrgInfoData",
    "OrgPanData",
    "OrgPanId",
    "OrgPhone",
    "OrgPostalInfo",
    "OrgPostalInfoChange",
    "OrgRole",
    "OrgStatus",
    "OrgUpdate",
]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:epp:org-1.0", prefix="org")

PostalLine = Annotated[str, normalized(min_length=1, max_length=255)]
OptionalPostalLine = Annotated[str, normalized(max_length=255)]
PostalType = Literal["loc", "int"]

OrgStatus = Literal[
    "ok",
    "hold",
    "terminated",
    "clientDeleteProhibited",
    "clientUpdateProhibited",
    "clientLinkProhibited",
    "linked",
    "pendingCreate",
    "pendingUpdate",
    "pendingDelete",
    "serverDeleteProhibited",
    "serverUpdateProhibited",
    "serverLinkProhibited",
]
"""RFC 8543 section 3.4."""


class OrgRole(Type, ns=NAMESPACE):
    """<role> (RFC 8543 section 3.2)."""

    type: Token
    statuses: tuple[Literal["ok", "clientLinkProhibited", "linked", "serverLinkProhibited"], ...] = child(
        "status", max=3, default=()
    )
    role_id: Token | None = child("roleID", default=None)


class OrgPhone(Type, ns=NAMESPACE):
    """<voice> and <fax> (RFC 8543 section 4.1.2)."""

    number: Annotated[str, token(pattern=r"(\+[0-9]{1,3}\.[0-9]{1,14})?", max_length=17)] = content()
    x: Token | None = attribute(default=None)


class OrgAddress(Type, ns=NAMESPACE):
    """<addr> (RFC 8543 section 4.1.2)."""

    streets: tuple[OptionalPostalLine, ...] = child("street", max=3, default=())
    city: PostalLine = child(kw_only=True)
    sp: OptionalPostalLine | None = None
    pc: Annotated[str, token(max_length=16)] | None = None
    cc: Annotated[str, token(length=2)] = child(kw_only=True)


class OrgPostalInfo(Type, ns=NAMESPACE):
    """<postalInfo> (RFC 8543 section 4.1.2)."""

    type: PostalType = attribute()
    name: PostalLine
    addr: OrgAddress | None = None


class OrgPostalInfoChange(Type, ns=NAMESPACE):
    """<postalInfo> of a change (RFC 8543 section 4.2.5)."""

    type: PostalType = attribute()
    name: PostalLine | None = None
    addr: OrgAddress | None = None


class OrgContact(Type, ns=NAMESPACE):
    """<contact> (RFC 8543 section 3.3)."""

    id: ClientId = content()
    type: Literal["admin", "billing", "tech", "abuse", "custom"] = attribute()
    type_name: Token | None = attribute("typeName", default=None)


class OrgCheck(Element, ns=NAMESPACE, tag="check"):
    """<org:check> (RFC 8543 section 4.1.1)."""

    ids: tuple[ClientId, ...] = child("id", min=1)


class OrgInfo(Element, ns=NAMESPACE, tag="info"):
    """<org:info> (RFC 8543 section 4.1.2)."""

    id: ClientId


class OrgCreate(Element, ns=NAMESPACE, tag="create"):
    """<org:create> (RFC 8543 section 4.2.1)."""

    id: ClientId
    roles: tuple[OrgRole, ...] = child("role", min=1)
    statuses: tuple[OrgStatus, ...] = child("status", max=4, default=())
    parent_id: ClientId | None = None
    postal_infos: tuple[OrgPostalInfo, ...] = child("postalInfo", max=2, default=())
    voice: OrgPhone | None = None
    fax: OrgPhone | None = None
    email: MinToken | None = None
    url: Uri | None = None
    contacts: tuple[OrgContact, ...] = child("contact", default=())


class OrgDelete(Element, ns=NAMESPACE, tag="delete"):
    """<org:delete> (RFC 8543 section 4.2.2)."""

    id: ClientId


class OrgAddRem(Type, ns=NAMESPACE):
    """<add> and <rem> (RFC 8543 section 4.2.5)."""

    contacts: tuple[OrgContact, ...] = child("contact", default=())
    roles: tuple[OrgRole, ...] = child("role", default=())
    statuses: tuple[OrgStatus, ...] = child("status", max=9, default=())


class OrgChange(Type, ns=NAMESPACE):
    """<chg> (RFC 8543 section 4.2.5)."""

    parent_id: ClientId | None = None
    postal_infos: tuple[OrgPostalInfoChange, ...] = child("postalInfo", max=2, default=())
    voice: OrgPhone | None = None
    fax: OrgPhone | None = None
    email: MinToken | None = None
    url: Uri | None = None


class OrgUpdate(Element, ns=NAMESPACE, tag="update"):
    """<org:update> (RFC 8543 section 4.2.5)."""

    id: ClientId
    add: OrgAddRem | None = None
    rem: OrgAddRem | None = None
    chg: OrgChange | None = None


class OrgCheckId(Type, ns=NAMESPACE):
    """<id> of check data (RFC 8543 section 4.1.1)."""

    id: ClientId = content()
    avail: bool = attribute()


class OrgCheckItem(Type, ns=NAMESPACE):
    """<cd> (RFC 8543 section 4.1.1)."""

    id: OrgCheckId
    reason: Reason | None = None


class OrgCheckData(Element, ns=NAMESPACE, tag="chkData"):
    """<org:chkData> (RFC 8543 section 4.1.1)."""

    items: tuple[OrgCheckItem, ...] = child("cd", min=1)


class OrgCreateData(Element, ns=NAMESPACE, tag="creData"):
    """<org:creData> (RFC 8543 section 4.2.1)."""

    id: ClientId
    cr_date: DateTime


class OrgInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<org:infData> (RFC 8543 section 4.1.2)."""

    id: ClientId
    roid: Roid
    roles: tuple[OrgRole, ...] = child("role", min=1)
    statuses: tuple[OrgStatus, ...] = child("status", min=1, max=9)
    parent_id: ClientId | None = None
    postal_infos: tuple[OrgPostalInfo, ...] = child("postalInfo", max=2, default=())
    voice: OrgPhone | None = None
    fax: OrgPhone | None = None
    email: MinToken | None = None
    url: Uri | None = None
    contacts: tuple[OrgContact, ...] = child("contact", default=())
    cl_id: ClientId | None = child("clID", default=None)
    cr_id: ClientId = child("crID", kw_only=True)
    cr_date: DateTime = child(kw_only=True)
    up_id: ClientId | None = child("upID", default=None)
    up_date: DateTime | None = None


class OrgPanId(Type, ns=NAMESPACE):
    """<id> of pending action data (RFC 8543 section 4.3)."""

    id: ClientId = content()
    result: bool = attribute("paResult")


class OrgPanData(Element, ns=NAMESPACE, tag="panData"):
    """<org:panData> (RFC 8543 section 4.3)."""

    id: OrgPanId
    pa_trid: TrId = child("paTRID")
    pa_date: DateTime


EXTENSION = Extension(
    NAMESPACE,
    title="Organisations",
    reference="RFC 8543",
    objects=(
        OrgCheck,
        OrgInfo,
        OrgCreate,
        OrgDelete,
        OrgUpdate,
        OrgCheckData,
        OrgCreateData,
        OrgInfoData,
        OrgPanData,
    ),
)
