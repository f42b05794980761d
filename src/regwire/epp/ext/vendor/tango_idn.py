"""Internationalised names and their variants (Tango): tango-idn-1.0."""

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
    "TangoIdnCheck",
    "TangoIdnCreate",
    "TangoIdnCreateData",
    "TangoIdnInfoData",
    "TangoIdnTransferData",
    "TangoIdnUpdate",
    "TangoIdnUpdateChg",
    "TangoIdnUpdateData",
    "TangoIdnVariantList",
]

NAMESPACE = Namespace("http://xmlns.tango-rs.net/epp/idn-1.0", prefix="tango-idn")

TangoIdnLanguage = Annotated[str, token(pattern=r"([a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*)?")]
TangoIdnScript = Annotated[str, token(pattern=r"(.{3,4})?")]


class TangoIdnCheck(Element, ns=NAMESPACE, tag="check", content=Choice("lang", "script")):
    """<tango-idn:check> (tango-idn-1.0)."""

    lang: TangoIdnLanguage | None = None
    script: TangoIdnScript | None = None


class TangoIdnVariantList(Type, ns=NAMESPACE):
    """The type variantListType (tango-idn-1.0)."""

    name_variants: tuple[Label, ...] = child("nameVariant", default=())


class TangoIdnCreate(
    Element, ns=NAMESPACE, tag="create", content=Sequence(Choice("lang", "script", min=0), "variants")
):
    """<tango-idn:create> (tango-idn-1.0)."""

    lang: TangoIdnLanguage | None = None
    script: TangoIdnScript | None = None
    variants: TangoIdnVariantList | None = None


class TangoIdnUpdateChg(Type, ns=NAMESPACE, content=Choice("lang", "script", min=0)):
    """The content of <chg> (tango-idn-1.0)."""

    lang: TangoIdnLanguage | None = None
    script: TangoIdnScript | None = None


class TangoIdnUpdate(Element, ns=NAMESPACE, tag="update"):
    """<tango-idn:update> (tango-idn-1.0)."""

    add: TangoIdnVariantList | None = None
    rem: TangoIdnVariantList | None = None
    chg: TangoIdnUpdateChg | None = None


class TangoIdnCreateData(Element, ns=NAMESPACE, tag="creData"):
    """<tango-idn:creData> (tango-idn-1.0)."""

    variants: TangoIdnVariantList


class TangoIdnUpdateData(Element, ns=NAMESPACE, tag="updData"):
    """<tango-idn:updData> (tango-idn-1.0)."""

    variants: TangoIdnVariantList


class TangoIdnTransferData(Element, ns=NAMESPACE, tag="trnData"):
    """<tango-idn:trnData> (tango-idn-1.0)."""

    variants: TangoIdnVariantList


class TangoIdnInfoData(Element, ns=NAMESPACE, tag="infData", content=Sequence(Choice("lang", "script"), "variants")):
    """<tango-idn:infData> (tango-idn-1.0)."""

    lang: TangoIdnLanguage | None = None
    script: TangoIdnScript | None = None
    variants: TangoIdnVariantList | None = None


EXTENSION = Extension(
    NAMESPACE,
    title="Internationalised names and their variants (Tango)",
    reference="tango-idn-1.0",
    commands={TangoIdnCheck: (DomainCheck,), TangoIdnCreate: (DomainCreate,), TangoIdnUpdate: (DomainUpdate,)},
    responses={
        TangoIdnCreateData: (DomainCreateData,),
        TangoIdnUpdateData: (DomainUpdate,),
        TangoIdnTransferData: (DomainTransferData,),
        TangoIdnInfoData: (DomainInfoData,),
    },
)
