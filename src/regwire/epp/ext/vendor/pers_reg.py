"""Personal registrations of .name: persReg-1.0."""

from typing import Annotated

from regwire.epp.extension import Extension
from regwire.epp.messages.common import Language, Normalized
from regwire.epp.messages.domain import (
    DomainCreate,
    DomainCreateData,
    DomainInfoData,
    DomainRenewData,
    DomainTransferData,
)
from regwire.schema import Element, Namespace, Type, attribute, child, content, integer, token

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "PersRegCreate",
    "PersRegCreateData",
    "PersRegCreateErrorData",
    "PersRegInfoData",
    "PersRegMsg",
    "PersRegRenewData",
    "PersRegTransferData",
]

NAMESPACE = Namespace("http://www.nic.name/epp/persReg-1.0", prefix="persReg")

PersRegConsentId = Annotated[str, token(min_length=1, max_length=64)]
PersRegCreErrCode = Annotated[
    int,
    integer(
        "unsignedShort",
        enumeration=(
            1,
            2,
        ),
    ),
]


class PersRegCreate(Element, ns=NAMESPACE, tag="create"):
    """<persReg:create> (persReg-1.0)."""

    consent_id: PersRegConsentId = child("consentID")


class PersRegCreateData(Element, ns=NAMESPACE, tag="creData"):
    """<persReg:creData> (persReg-1.0)."""

    bundled_rate: bool


class PersRegMsg(Type, ns=NAMESPACE):
    """The type msgType (persReg-1.0)."""

    value: Normalized = content(default="")
    code: PersRegCreErrCode = attribute(kw_only=True)
    lang: Language = attribute(default="en")


class PersRegCreateErrorData(Element, ns=NAMESPACE, tag="creErrData"):
    """<persReg:creErrData> (persReg-1.0)."""

    msg: PersRegMsg


class PersRegInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<persReg:infData> (persReg-1.0)."""

    consent_id: PersRegConsentId = child("consentID")


class PersRegRenewData(Element, ns=NAMESPACE, tag="renData"):
    """<persReg:renData> (persReg-1.0)."""

    bundled_rate: bool


class PersRegTransferData(Element, ns=NAMESPACE, tag="trnData"):
    """<persReg:trnData> (persReg-1.0)."""

    bundled_rate: bool


EXTENSION = Extension(
    NAMESPACE,
    title="Personal registrations of .name",
    reference="persReg-1.0",
    commands={PersRegCreate: (DomainCreate,)},
    responses={
        PersRegCreateData: (DomainCreateData,),
        PersRegInfoData: (DomainInfoData,),
        PersRegRenewData: (DomainRenewData,),
        PersRegTransferData: (DomainTransferData,),
    },
    elements=(PersRegCreateErrorData,),
)
