"""Internationalised names and their variants (CORE): core-idn-1.0."""

from typing import Annotated

from regwire.epp.extension import Extension
from regwire.epp.messages.common import Label
from regwire.epp.messages.domain import (
    DomainCheck,
    DomainCreate,
    DomainCreateData,
    DomainInfoData,
    DomainTransferData,
    DomainUpdate,
)
from regwire.schema import Choice, Element, Namespace, Sequence, Type, child, token

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "CoreIdnCheck",
    "CoreIdnCreate",
    "CoreIdnCreateData",
    "CoreIdnInfoData",
    "CoreIdnTransferData",
    "CoreIdnUpdate",
    "CoreIdnUpdateChg",
    "CoreIdnUpdateData",
    "CoreIdnVariantList",
]

NAMESPACE = Namespace("http://xmlns.corenic.net/epp/idn-1.0", prefix="core-idn")

CoreIdnLanguage = Annotated[str, token(pattern=r"([a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*)?")]
CoreIdnScript = Annotated[str, token(pattern=r"(.{3,4})?")]


class CoreIdnCheck(Element, ns=NAMESPACE, tag="check", content=Choice("lang", "script")):
    """<core-idn:check> (core-idn-1.0)."""

    lang: CoreIdnLanguage | None = None
    script: CoreIdnScript | None = None


class CoreIdnVariantList(Type, ns=NAMESPACE):
    """The type variantListType (core-idn-1.0)."""

    name_variants: tuple[Label, ...] = child("nameVariant", default=())


class CoreIdnCreate(Element, ns=NAMESPACE, tag="create", content=Sequence(Choice("lang", "script", min=0), "variants")):
    """<core-idn:create> (core-idn-1.0)."""

    lang: CoreIdnLanguage | None = None
    script: CoreIdnScript | None = None
    variants: CoreIdnVariantList | None = None


class CoreIdnUpdateChg(Type, ns=NAMESPACE, content=Choice("lang", "script", min=0)):
    """The content of <chg> (core-idn-1.0)."""

    lang: CoreIdnLanguage | None = None
    script: CoreIdnScript | None = None


class CoreIdnUpdate(Element, ns=NAMESPACE, tag="update"):
    """<core-idn:update> (core-idn-1.0)."""

    add: CoreIdnVariantList | None = None
    rem: CoreIdnVariantList | None = None
    chg: CoreIdnUpdateChg | None = None


class CoreIdnCreateData(Element, ns=NAMESPACE, tag="creData"):
    """<core-idn:creData> (core-idn-1.0)."""

    variants: CoreIdnVariantList


class CoreIdnUpdateData(Element, ns=NAMESPACE, tag="updData"):
    """<core-idn:updData> (core-idn-1.0)."""

    variants: CoreIdnVariantList


class CoreIdnTransferData(Element, ns=NAMESPACE, tag="trnData"):
    """<core-idn:trnData> (core-idn-1.0)."""

    variants: CoreIdnVariantList


class CoreIdnInfoData(Element, ns=NAMESPACE, tag="infData", content=Sequence(Choice("lang", "script"), "variants")):
    """<core-idn:infData> (core-idn-1.0)."""

    lang: CoreIdnLanguage | None = None
    script: CoreIdnScript | None = None
    variants: CoreIdnVariantList | None = None


EXTENSION = Extension(
    NAMESPACE,
    title="Internationalised names and their variants (CORE)",
    reference="core-idn-1.0",
    commands={CoreIdnCheck: (DomainCheck,), CoreIdnCreate: (DomainCreate,), CoreIdnUpdate: (DomainUpdate,)},
    responses={
        CoreIdnCreateData: (DomainCreateData,),
        CoreIdnUpdateData: (DomainUpdate,),
        CoreIdnTransferData: (DomainTransferData,),
        CoreIdnInfoData: (DomainInfoData,),
    },
)
