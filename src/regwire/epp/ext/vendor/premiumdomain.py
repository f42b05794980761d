"""Premium names (Verisign): premiumdomain-1.0."""

from decimal import Decimal
from typing import Annotated, Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.common import Label
from regwire.epp.messages.domain import DomainCheck, DomainCheckData, DomainUpdate
from regwire.schema import Element, Namespace, Type, attribute, child, content, decimal

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "PremiumDomainCheck",
    "PremiumDomainCheckData",
    "PremiumDomainCheckName",
    "PremiumDomainCheckType",
    "PremiumDomainPrice",
    "PremiumDomainReassign",
]

NAMESPACE = Namespace("http://www.verisign.com/epp/premiumdomain-1.0", prefix="premiumdomain")

PremiumDomainPriceFormat = Annotated[Decimal, decimal(min=Decimal("0.00"), fraction_digits=2)]
PremiumDomainPriceUnit = Literal["USD"]


class PremiumDomainCheck(Element, ns=NAMESPACE, tag="check"):
    """<premiumdomain:check> (premiumdomain-1.0)."""

    flag: bool


class PremiumDomainCheckName(Type, ns=NAMESPACE):
    """The type checkNameType (premiumdomain-1.0)."""

    value: Label = content()
    premium: bool = attribute()


class PremiumDomainPrice(Type, ns=NAMESPACE):
    """The type priceType (premiumdomain-1.0)."""

    value: PremiumDomainPriceFormat = content()
    unit: PremiumDomainPriceUnit = attribute()


class PremiumDomainCheckType(Type, ns=NAMESPACE):
    """The type checkType (premiumdomain-1.0)."""

    name: PremiumDomainCheckName
    price: PremiumDomainPrice | None = None
    renewal_price: PremiumDomainPrice | None = None


class PremiumDomainCheckData(Element, ns=NAMESPACE, tag="chkData"):
    """<premiumdomain:chkData> (premiumdomain-1.0)."""

    cds: tuple[PremiumDomainCheckType, ...] = child("cd", min=1)


class PremiumDomainReassign(Element, ns=NAMESPACE, tag="reassign"):
    """<premiumdomain:reassign> (premiumdomain-1.0)."""

    short_name: Label


EXTENSION = Extension(
    NAMESPACE,
    title="Premium names (Verisign)",
    reference="premiumdomain-1.0",
    commands={PremiumDomainCheck: (DomainCheck,), PremiumDomainReassign: (DomainUpdate,)},
    responses={PremiumDomainCheckData: (DomainCheckData,)},
)
