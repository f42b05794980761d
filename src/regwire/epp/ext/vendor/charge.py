"""Charges (United TLD): charge-1.0."""

from decimal import Decimal
from typing import Annotated, Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.common import Label, Token
from regwire.epp.messages.domain import (
    DomainCheckData,
    DomainCreate,
    DomainCreateData,
    DomainInfoData,
    DomainRenew,
    DomainRenewData,
    DomainTransfer,
    DomainTransferData,
    DomainUpdate,
)
from regwire.schema import Element, Namespace, Type, attribute, child, content, decimal

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "ChargeAgreement",
    "ChargeAmount",
    "ChargeCategory",
    "ChargeCheck",
    "ChargeCheckData",
    "ChargeCreateData",
    "ChargeInfoData",
    "ChargeRenewData",
    "ChargeSet",
    "ChargeSetAttr",
    "ChargeTransferData",
    "ChargeUpdateData",
]

NAMESPACE = Namespace("http://www.unitedtld.com/epp/charge-1.0", prefix="charge")

ChargeSetTypeValue = Literal["fee", "price", "credit", "custom"]
ChargeCommandTypeValue = Literal["check", "create", "delete", "info", "renew", "transfer", "update", "custom"]


class ChargeCategory(Type, ns=NAMESPACE):
    """The type categoryType (charge-1.0)."""

    value: Token = content(default="")
    name: Token | None = attribute(default=None)


class ChargeSetAttr(Type, ns=NAMESPACE):
    """The type setAttrType (charge-1.0)."""

    value: ChargeSetTypeValue = content()
    name: Token | None = attribute(default=None)


class ChargeAmount(Type, ns=NAMESPACE):
    """The type amountType (charge-1.0)."""

    value: Annotated[Decimal, decimal()] = content()
    command: ChargeCommandTypeValue = attribute()
    name: Token | None = attribute(default=None)


class ChargeSet(Type, ns=NAMESPACE):
    """The type setType (charge-1.0)."""

    category: ChargeCategory
    type: ChargeSetAttr
    amounts: tuple[ChargeAmount, ...] = child("amount", min=1)


class ChargeAgreement(Element, ns=NAMESPACE, tag="agreement"):
    """<charge:agreement> (charge-1.0)."""

    sets: tuple[ChargeSet, ...] = child("set", min=1)


class ChargeCheck(Type, ns=NAMESPACE):
    """The type checkType (charge-1.0)."""

    name: Label
    sets: tuple[ChargeSet, ...] = child("set", min=1)


class ChargeCheckData(Element, ns=NAMESPACE, tag="chkData"):
    """<charge:chkData> (charge-1.0)."""

    cds: tuple[ChargeCheck, ...] = child("cd", min=1)


class ChargeInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<charge:infData> (charge-1.0)."""

    sets: tuple[ChargeSet, ...] = child("set", min=1)


class ChargeCreateData(Element, ns=NAMESPACE, tag="creData"):
    """<charge:creData> (charge-1.0)."""

    sets: tuple[ChargeSet, ...] = child("set", min=1)


class ChargeTransferData(Element, ns=NAMESPACE, tag="trnData"):
    """<charge:trnData> (charge-1.0)."""

    sets: tuple[ChargeSet, ...] = child("set", min=1)


class ChargeRenewData(Element, ns=NAMESPACE, tag="renData"):
    """<charge:renData> (charge-1.0)."""

    sets: tuple[ChargeSet, ...] = child("set", min=1)


class ChargeUpdateData(Element, ns=NAMESPACE, tag="upData"):
    """<charge:upData> (charge-1.0)."""

    sets: tuple[ChargeSet, ...] = child("set", min=1)


EXTENSION = Extension(
    NAMESPACE,
    title="Charges (United TLD)",
    reference="charge-1.0",
    commands={
        ChargeAgreement: (
            DomainCreate,
            DomainRenew,
            DomainTransfer,
            DomainUpdate,
        )
    },
    responses={
        ChargeCheckData: (DomainCheckData,),
        ChargeInfoData: (DomainInfoData,),
        ChargeCreateData: (DomainCreateData,),
        ChargeTransferData: (DomainTransferData,),
        ChargeRenewData: (DomainRenewData,),
        ChargeUpdateData: (DomainUpdate,),
    },
)
