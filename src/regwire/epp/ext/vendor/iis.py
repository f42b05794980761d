""".se and .nu: iis-1.2."""

from typing import Annotated

from regwire.epp.extension import Extension
from regwire.epp.messages.common import DateTime, Label, Text
from regwire.epp.messages.contact import (
    ContactCreate,
    ContactDelete,
    ContactInfoData,
    ContactTransferData,
    ContactUpdate,
)
from regwire.epp.messages.domain import DomainDelete, DomainInfoData, DomainTransfer, DomainTransferData, DomainUpdate
from regwire.epp.messages.host import HostDelete, HostInfoData
from regwire.schema import Choice, Element, Namespace, Type, attribute, child, content, string

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "IisCreate",
    "IisCreateNotify",
    "IisDeleteNotify",
    "IisInfoData",
    "IisNs",
    "IisTransfer",
    "IisTransferNotify",
    "IisUpdate",
    "IisUpdateClientDelete",
    "IisUpdateNotify",
]

NAMESPACE = Namespace("urn:se:iis:xml:epp:iis-1.2", prefix="iis")

IisOrgno = Annotated[str, string(max_length=127, pattern=r"\[[A-Z][A-Z]\].{1,123}")]
IisVatno = Annotated[str, string(max_length=32)]


class IisCreate(Element, ns=NAMESPACE, tag="create"):
    """<iis:create> (iis-1.2)."""

    orgno: IisOrgno
    vatno: IisVatno | None = None


class IisUpdateClientDelete(Type, ns=NAMESPACE):
    """The content of <clientDelete> (iis-1.2)."""

    value: bool = content()
    at_exp_date: bool = attribute(default=False)


class IisUpdate(Element, ns=NAMESPACE, tag="update"):
    """<iis:update> (iis-1.2)."""

    vatno: IisVatno | None = None
    client_delete: IisUpdateClientDelete | None = None


class IisNs(Type, ns=NAMESPACE):
    """The type nsType (iis-1.2)."""

    host_objs: tuple[Label, ...] = child("hostObj", min=1, max=5)


class IisTransfer(Element, ns=NAMESPACE, tag="transfer"):
    """<iis:transfer> (iis-1.2)."""

    ns: IisNs


class IisInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<iis:infData> (iis-1.2)."""

    orgno: IisOrgno | None = None
    vatno: IisVatno | None = None
    deact_date: DateTime | None = None
    del_date: DateTime | None = None
    rel_date: DateTime | None = None
    state: Text | None = None
    client_delete: bool | None = None


class IisCreateNotify(
    Element, ns=NAMESPACE, tag="createNotify", content=Choice("contact_info_data", "domain_info_data", "host_info_data")
):
    """<iis:createNotify> (iis-1.2)."""

    contact_info_data: ContactInfoData | None = None
    domain_info_data: DomainInfoData | None = None
    host_info_data: HostInfoData | None = None


class IisUpdateNotify(
    Element, ns=NAMESPACE, tag="updateNotify", content=Choice("contact_info_data", "domain_info_data", "host_info_data")
):
    """<iis:updateNotify> (iis-1.2)."""

    contact_info_data: ContactInfoData | None = None
    domain_info_data: DomainInfoData | None = None
    host_info_data: HostInfoData | None = None


class IisDeleteNotify(
    Element, ns=NAMESPACE, tag="deleteNotify", content=Choice("contact_delete", "domain_delete", "host_delete")
):
    """<iis:deleteNotify> (iis-1.2)."""

    contact_delete: ContactDelete | None = None
    domain_delete: DomainDelete | None = None
    host_delete: HostDelete | None = None


class IisTransferNotify(
    Element, ns=NAMESPACE, tag="transferNotify", content=Choice("contact_transfer_data", "domain_transfer_data")
):
    """<iis:transferNotify> (iis-1.2)."""

    contact_transfer_data: ContactTransferData | None = None
    domain_transfer_data: DomainTransferData | None = None


EXTENSION = Extension(
    NAMESPACE,
    title=".se and .nu",
    reference="iis-1.2",
    commands={
        IisCreate: (ContactCreate,),
        IisUpdate: (
            ContactUpdate,
            DomainUpdate,
        ),
        IisTransfer: (DomainTransfer,),
    },
    responses={
        IisInfoData: (
            ContactInfoData,
            DomainInfoData,
        )
    },
    elements=(
        IisCreateNotify,
        IisUpdateNotify,
        IisDeleteNotify,
        IisTransferNotify,
    ),
)
