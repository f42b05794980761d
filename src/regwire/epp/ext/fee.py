"""Fees: fee-1.0 (RFC 8748)."""

from decimal import Decimal as DecimalNumber
from typing import Annotated, Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.common import Label, Language, Span, Text, Token
from regwire.epp.messages.domain import (
    DomainCheck,
    DomainCheckData,
    DomainCreate,
    DomainCreateData,
    DomainDelete,
    DomainRenew,
    DomainRenewData,
    DomainTransfer,
    DomainTransferData,
    DomainUpdate,
    Period,
)
from regwire.schema import Element, Namespace, Type, attribute, child, content, decimal, nmtoken, string

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "Credit",
    "Fee",
    "FeeCheck",
    "FeeCheckData",
    "FeeCheckItem",
    "FeeCommand",
    "FeeCommandData",
    "FeeCreate",
    "FeeCreateData",
    "FeeDeleteData",
    "FeeObjectId",
    "FeeReason",
    "FeeRenew",
    "FeeRenewData",
    "FeeTransfer",
    "FeeTransferData",
    "FeeUpdate",
    "FeeUpdateData",
]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:epp:fee-1.0", prefix="fee")

Currency = Annotated[str, string(pattern="[A-Z]{3}")]
Amount = Annotated[DecimalNumber, decimal()]
CommandName = Literal["create", "delete", "renew", "update", "transfer", "restore", "custom"]


class Fee(Type, ns=NAMESPACE):
    """<fee> (RFC 8748 section 3.4): what is charged."""

    amount: Annotated[DecimalNumber, decimal(min=0)] = content()
    description: Text | None = attribute(default=None)
    lang: Language = attribute(default="en")
    refundable: bool | None = attribute(default=None)
    grace_period: Span | None = attribute("grace-period", default=None)
    applied: Literal["immediate", "delayed"] | None = attribute(default=None)


class Credit(Type, ns=NAMESPACE):
    """<credit> (RFC 8748 section 3.4): what is given back, as a number that is not positive."""

    amount: Annotated[DecimalNumber, decimal(max=0)] = content()
    description: Text | None = attribute(default=None)
    lang: Language = attribute(default="en")


class FeeReason(Type, ns=NAMESPACE):
    """<reason> (RFC 8748 section 3.9): of any length, unlike that of a check."""

    text: Token = content(default="")
    lang: Language = attribute(default="en")


class FeeCommand(Type, ns=NAMESPACE):
    """<command> of a check (RFC 8748 section 3.1)."""

    name: CommandName = attribute()
    period: Period | None = None
    custom_name: Token | None = attribute("customName", default=None)
    phase: Token | None = attribute(default=None)
    subphase: Token | None = attribute(default=None)


class FeeCommandData(Type, ns=NAMESPACE):
    """<command> of check data (RFC 8748 section 5.1.1)."""

    name: CommandName = attribute()
    period: Period | None = None
    fees: tuple[Fee, ...] = child("fee", default=())
    credits: tuple[Credit, ...] = child("credit", default=())
    reason: FeeReason | None = None
    custom_name: Token | None = attribute("customName", default=None)
    phase: Token | None = attribute(default=None)
    subphase: Token | None = attribute(default=None)
    standard: bool = attribute(default=False)


class FeeObjectId(Type, ns=NAMESPACE):
    """<objID> (RFC 8748 section 5.1.1): the object, and which element of the check names it."""

    value: Label = content()
    element: Annotated[str, nmtoken()] = attribute(default="name")


class FeeCheckItem(Type, ns=NAMESPACE):
    """<cd> (RFC 8748 section 5.1.1)."""

    obj_id: FeeObjectId = child("objID")
    class_: Token | None = child("class", default=None)
    commands: tuple[FeeCommandData, ...] = child("command", default=())
    reason: FeeReason | None = None
    avail: bool = attribute(default=True, written=True)


class FeeCheck(Element, ns=NAMESPACE, tag="check"):
    """<fee:check> (RFC 8748 section 5.1.1)."""

    currency: Currency | None = None
    commands: tuple[FeeCommand, ...] = child("command", min=1, kw_only=True)


class FeeCheckData(Element, ns=NAMESPACE, tag="chkData"):
    """<fee:chkData> (RFC 8748 section 5.1.1)."""

    currency: Currency
    items: tuple[FeeCheckItem, ...] = child("cd", min=1)


class FeeCreate(Element, ns=NAMESPACE, tag="create"):
    """<fee:create> (RFC 8748 section 5.2.1): the fees that the client agrees to."""

    currency: Currency | None = None
    fees: tuple[Fee, ...] = child("fee", min=1, kw_only=True)
    credits: tuple[Credit, ...] = child("credit", default=())


class FeeRenew(Element, ns=NAMESPACE, tag="renew"):
    """<fee:renew> (RFC 8748 section 5.2.3)."""

    currency: Currency | None = None
    fees: tuple[Fee, ...] = child("fee", min=1, kw_only=True)
    credits: tuple[Credit, ...] = child("credit", default=())


class FeeTransfer(Element, ns=NAMESPACE, tag="transfer"):
    """<fee:transfer> (RFC 8748 section 5.2.4)."""

    currency: Currency | None = None
    fees: tuple[Fee, ...] = child("fee", min=1, kw_only=True)
    credits: tuple[Credit, ...] = child("credit", default=())


class FeeUpdate(Element, ns=NAMESPACE, tag="update"):
    """<fee:update> (RFC 8748 section 5.2.5)."""

    currency: Currency | None = None
    fees: tuple[Fee, ...] = child("fee", min=1, kw_only=True)
    credits: tuple[Credit, ...] = child("credit", default=())


class FeeCreateData(Element, ns=NAMESPACE, tag="creData"):
    """<fee:creData> (RFC 8748 section 5.2.1): what was charged, and the account after it."""

    currency: Currency | None = None
    period: Period | None = None
    fees: tuple[Fee, ...] = child("fee", default=())
    credits: tuple[Credit, ...] = child("credit", default=())
    balance: Amount | None = None
    credit_limit: Amount | None = None


class FeeRenewData(Element, ns=NAMESPACE, tag="renData"):
    """<fee:renData> (RFC 8748 section 5.2.3)."""

    currency: Currency | None = None
    period: Period | None = None
    fees: tuple[Fee, ...] = child("fee", default=())
    credits: tuple[Credit, ...] = child("credit", default=())
    balance: Amount | None = None
    credit_limit: Amount | None = None


class FeeTransferData(Element, ns=NAMESPACE, tag="trnData"):
    """<fee:trnData> (RFC 8748 sections 5.1.3 and 5.2.4)."""

    currency: Currency | None = None
    period: Period | None = None
    fees: tuple[Fee, ...] = child("fee", default=())
    credits: tuple[Credit, ...] = child("credit", default=())
    balance: Amount | None = None
    credit_limit: Amount | None = None


class FeeUpdateData(Element, ns=NAMESPACE, tag="updData"):
    """<fee:updData> (RFC 8748 section 5.2.5)."""

    currency: Currency | None = None
    period: Period | None = None
    fees: tuple[Fee, ...] = child("fee", default=())
    credits: tuple[Credit, ...] = child("credit", default=())
    balance: Amount | None = None
    credit_limit: Amount | None = None


class FeeDeleteData(Element, ns=NAMESPACE, tag="delData"):
    """<fee:delData> (RFC 8748 section 5.2.2)."""

    currency: Currency | None = None
    period: Period | None = None
    fees: tuple[Fee, ...] = child("fee", default=())
    credits: tuple[Credit, ...] = child("credit", default=())
    balance: Amount | None = None
    credit_limit: Amount | None = None


EXTENSION = Extension(
    NAMESPACE,
    title="Fees",
    reference="RFC 8748",
    commands={
        FeeCheck: (DomainCheck,),
        FeeCreate: (DomainCreate,),
        FeeRenew: (DomainRenew,),
        FeeTransfer: (DomainTransfer,),
        FeeUpdate: (DomainUpdate,),
    },
    responses={
        FeeCheckData: (DomainCheckData,),
        FeeCreateData: (DomainCreateData,),
        FeeRenewData: (DomainRenewData,),
        FeeTransferData: (DomainTransferData,),
        FeeUpdateData: (DomainUpdate,),
        FeeDeleteData: (DomainDelete,),
    },
)
