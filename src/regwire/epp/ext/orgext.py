"""Organisations of an object: orgext-1.0 (RFC 8544)."""

from regwire.epp.extension import Extension
from regwire.epp.messages.common import Token
from regwire.epp.messages.contact import ContactCreate, ContactInfoData, ContactUpdate
from regwire.epp.messages.domain import DomainCreate, DomainInfoData, DomainUpdate
from regwire.epp.messages.host import HostCreate, HostInfoData, HostUpdate
from regwire.schema import Element, Namespace, Type, attribute, child, content

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "OrgExtAddRemChange",
    "OrgExtCreate",
    "OrgExtId",
    "OrgExtInfoData",
    "OrgExtUpdate",
]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:epp:orgext-1.0", prefix="orgext")


class OrgExtId(Type, ns=NAMESPACE):
    """<id> (RFC 8544 section 3.1): an organisation, and its role for the object."""

    id: Token = content(default="")
    role: Token = attribute(kw_only=True)


class OrgExtCreate(Element, ns=NAMESPACE, tag="create"):
    """<orgext:create> (RFC 8544 section 4.2.1)."""

    ids: tuple[OrgExtId, ...] = child("id", min=1)


class OrgExtAddRemChange(Type, ns=NAMESPACE):
    """<add>, <rem> and <chg> (RFC 8544 section 4.2.5)."""

    ids: tuple[OrgExtId, ...] = child("id", min=1)


class OrgExtUpdate(Element, ns=NAMESPACE, tag="update"):
    """<orgext:update> (RFC 8544 section 4.2.5)."""

    add: OrgExtAddRemChange | None = None
    rem: OrgExtAddRemChange | None = None
    chg: OrgExtAddRemChange | None = None


class OrgExtInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<orgext:infData> (RFC 8544 section 4.1.2)."""

    ids: tuple[OrgExtId, ...] = child("id", default=())


EXTENSION = Extension(
    NAMESPACE,
    title="Organisations of an object",
    reference="RFC 8544",
    commands={
        OrgExtCreate: (DomainCreate, HostCreate, ContactCreate),
        OrgExtUpdate: (DomainUpdate, HostUpdate, ContactUpdate),
    },
    responses={OrgExtInfoData: (DomainInfoData, HostInfoData, ContactInfoData)},
)
