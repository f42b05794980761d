"""Validation of ENUM delegations: e164val-1.0 (RFC 5076)."""

from regwire.epp.extension import Extension
from regwire.epp.messages.common import MinToken
from regwire.epp.messages.domain import DomainCreate, DomainInfoData, DomainRenew, DomainTransfer, DomainUpdate
from regwire.schema import Element, Namespace, Raw, Type, attribute, child, wildcard

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "ValidationAdd",
    "ValidationChange",
    "ValidationCreate",
    "ValidationInfo",
    "ValidationInfoData",
    "ValidationItem",
    "ValidationRem",
    "ValidationRenew",
    "ValidationTransfer",
    "ValidationUpdate",
]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:e164val-1.0", prefix="e164val")


class ValidationInfo(Element, ns=NAMESPACE, tag="validationInfo"):
    """<e164val:validationInfo> (RFC 5076 section 4): how a number was validated, in another namespace.

    `regwire.epp.ext.enum_validation_content` declares the one that the RFC defines; others are up to local rules.
    """

    object: Element | Raw = wildcard(ns="##other")


class ValidationAdd(Type, ns=NAMESPACE):
    """<add> (RFC 5076 section 5.2.1)."""

    id: MinToken = attribute()
    validation_info: ValidationInfo


class ValidationChange(Type, ns=NAMESPACE):
    """<chg> (RFC 5076 section 5.2.5)."""

    id: MinToken = attribute()
    validation_info: ValidationInfo


class ValidationRem(Type, ns=NAMESPACE):
    """<rem> (RFC 5076 section 5.2.5)."""

    id: MinToken = attribute()


class ValidationItem(Type, ns=NAMESPACE):
    """<inf> (RFC 5076 section 5.1.2)."""

    id: MinToken = attribute()
    validation_info: ValidationInfo


class ValidationCreate(Element, ns=NAMESPACE, tag="create"):
    """<e164val:create> (RFC 5076 section 5.2.1)."""

    add: tuple[ValidationAdd, ...] = child(min=1)


class ValidationRenew(Element, ns=NAMESPACE, tag="renew"):
    """<e164val:renew> (RFC 5076 section 5.2.3)."""

    add: tuple[ValidationAdd, ...] = child(min=1)


class ValidationTransfer(Element, ns=NAMESPACE, tag="transfer"):
    """<e164val:transfer> (RFC 5076 section 5.2.4)."""

    add: tuple[ValidationAdd, ...] = child(min=1)


class ValidationUpdate(Element, ns=NAMESPACE, tag="update"):
    """<e164val:update> (RFC 5076 section 5.2.5)."""

    add: tuple[ValidationAdd, ...] = child(default=())
    rem: tuple[ValidationRem, ...] = child(default=())
    chg: tuple[ValidationChange, ...] = child(default=())


class ValidationInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<e164val:infData> (RFC 5076 section 5.1.2)."""

    items: tuple[ValidationItem, ...] = child("inf", default=())


EXTENSION = Extension(
    NAMESPACE,
    title="ENUM validation",
    reference="RFC 5076",
    commands={
        ValidationCreate: (DomainCreate,),
        ValidationRenew: (DomainRenew,),
        ValidationTransfer: (DomainTransfer,),
        ValidationUpdate: (DomainUpdate,),
    },
    responses={ValidationInfoData: (DomainInfoData,)},
    elements=(ValidationInfo,),
)
