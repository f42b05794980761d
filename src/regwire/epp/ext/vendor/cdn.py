"""Chinese domain names (CNNIC): cdn-1.0."""

from regwire.epp.extension import Extension
from regwire.epp.messages.common import Label
from regwire.epp.messages.domain import (
    DomainCreate,
    DomainCreateData,
    DomainDelete,
    DomainInfoData,
    DomainRenewData,
    DomainTransferData,
    DomainUpdate,
)
from regwire.schema import Element, Namespace, Type, child

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "CdnAddRem",
    "CdnChg",
    "CdnCreate",
    "CdnCreateData",
    "CdnDeleteData",
    "CdnInfoData",
    "CdnMVariantName",
    "CdnRenewData",
    "CdnTransferData",
    "CdnUpdate",
    "CdnVcdnList",
]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:cdn-1.0", prefix="cdn")


class CdnVcdnList(Type, ns=NAMESPACE):
    """The content of <VCDNListType> (cdn-1.0)."""

    vcdns: tuple[Label, ...] = child("VCDN", min=1)


class CdnCreate(Element, ns=NAMESPACE, tag="create"):
    """<cdn:create> (cdn-1.0)."""

    scdn: Label | None = child("SCDN", default=None)
    tcdn: Label | None = child("TCDN", default=None)
    vcdn_list: CdnVcdnList | None = child("VCDNList", default=None)


class CdnChg(Type, ns=NAMESPACE):
    """The type chgType (cdn-1.0)."""

    scdn: Label | None = child("SCDN", default=None)
    tcdn: Label | None = child("TCDN", default=None)


class CdnAddRem(Type, ns=NAMESPACE):
    """The type addRemType (cdn-1.0)."""

    vcdns: tuple[Label, ...] = child("VCDN", min=1)


class CdnUpdate(Element, ns=NAMESPACE, tag="update"):
    """<cdn:update> (cdn-1.0)."""

    chg: CdnChg | None = None
    add: CdnAddRem | None = None
    rem: CdnAddRem | None = None


class CdnMVariantName(Type, ns=NAMESPACE):
    """The type mVariantNameType (cdn-1.0)."""

    vcdns: tuple[Label, ...] = child("VCDN", min=1)
    vcdn_punycodes: tuple[Label, ...] = child("VCDNPunycode", min=1)


class CdnInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<cdn:infData> (cdn-1.0)."""

    ocdn_punycode: Label | None = child("OCDNPunycode", default=None)
    scdn: Label | None = child("SCDN", default=None)
    scdn_punycode: Label | None = child("SCDNPunycode", default=None)
    tcdn: Label | None = child("TCDN", default=None)
    tcdn_punycode: Label | None = child("TCDNPunycode", default=None)
    vcdn_list: CdnMVariantName | None = child("VCDNList", default=None)


class CdnCreateData(Element, ns=NAMESPACE, tag="creData"):
    """<cdn:creData> (cdn-1.0)."""

    scdn: Label | None = child("SCDN", default=None)
    tcdn: Label | None = child("TCDN", default=None)
    vcdn_list: CdnVcdnList | None = child("VCDNList", default=None)


class CdnDeleteData(Element, ns=NAMESPACE, tag="delData"):
    """<cdn:delData> (cdn-1.0)."""

    scdn: Label | None = child("SCDN", default=None)
    tcdn: Label | None = child("TCDN", default=None)
    vcdn_list: CdnVcdnList | None = child("VCDNList", default=None)


class CdnRenewData(Element, ns=NAMESPACE, tag="renData"):
    """<cdn:renData> (cdn-1.0)."""

    scdn: Label | None = child("SCDN", default=None)
    tcdn: Label | None = child("TCDN", default=None)
    vcdn_list: CdnVcdnList | None = child("VCDNList", default=None)


class CdnTransferData(Element, ns=NAMESPACE, tag="trnData"):
    """<cdn:trnData> (cdn-1.0)."""

    scdn: Label | None = child("SCDN", default=None)
    tcdn: Label | None = child("TCDN", default=None)
    vcdn_list: CdnVcdnList | None = child("VCDNList", default=None)


EXTENSION = Extension(
    NAMESPACE,
    title="Chinese domain names (CNNIC)",
    reference="cdn-1.0",
    commands={CdnCreate: (DomainCreate,), CdnUpdate: (DomainUpdate,)},
    responses={
        CdnInfoData: (DomainInfoData,),
        CdnCreateData: (DomainCreateData,),
        CdnDeleteData: (DomainDelete,),
        CdnRenewData: (DomainRenewData,),
        CdnTransferData: (DomainTransferData,),
    },
)
