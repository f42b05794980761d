"""Information on promotion codes (CORE): core-promotion-info-1.0."""

from decimal import Decimal
from typing import Annotated, Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.common import DateTime, Text, Token
from regwire.schema import Choice, Element, Namespace, Type, attribute, child, content, decimal, integer, list_of, token

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "CorePromotionInfo",
    "CorePromotionInfoDomainName",
    "CorePromotionInfoInfoData",
    "CorePromotionInfoInfoDataPricing",
    "CorePromotionInfoInfoDataPromo",
    "CorePromotionInfoPeriod",
    "CorePromotionInfoPhase",
    "CorePromotionInfoPricing",
    "CorePromotionInfoPricingPeriod",
    "CorePromotionInfoPricingTotal",
    "CorePromotionInfoUtilization",
    "CorePromotionInfoValidityPeriod",
]

NAMESPACE = Namespace("http://xmlns.corenic.net/epp/promotion-info-1.0", prefix="core-promotion-info")

CorePromotionInfoPromotionCode = Annotated[str, token(min_length=1, max_length=64)]
CorePromotionInfoLabel = Annotated[str, token(min_length=1, max_length=255)]
CorePromotionInfoPLimit = Annotated[int, integer("unsignedShort", min=1, max=99)]
CorePromotionInfoPUnit = Literal["y", "m"]
CorePromotionInfoPhaseTypeValue = Literal["sunrise", "landrush", "claims", "open", "custom"]
CorePromotionInfoOperationList = Annotated[tuple[str, ...], list_of(token(enumeration=("create", "renew")))]


class CorePromotionInfoDomainName(Type, ns=NAMESPACE):
    """The type domainNameType (core-promotion-info-1.0)."""

    name: CorePromotionInfoLabel


class CorePromotionInfoPeriod(Type, ns=NAMESPACE):
    """The type periodType (core-promotion-info-1.0)."""

    value: CorePromotionInfoPLimit = content()
    unit: CorePromotionInfoPUnit = attribute()


class CorePromotionInfoPricingPeriod(Type, ns=NAMESPACE):
    """The type pricingPeriodType (core-promotion-info-1.0)."""

    period: CorePromotionInfoPeriod


class CorePromotionInfoPricing(Type, ns=NAMESPACE, content=Choice("create", "renew")):
    """The type pricingType (core-promotion-info-1.0)."""

    create: CorePromotionInfoPricingPeriod | None = None
    renew: CorePromotionInfoPricingPeriod | None = None


class CorePromotionInfoPhase(Type, ns=NAMESPACE):
    """The type phaseType (core-promotion-info-1.0)."""

    value: CorePromotionInfoPhaseTypeValue = content()
    name: Token | None = attribute(default=None)


class CorePromotionInfo(Element, ns=NAMESPACE, tag="info"):
    """<core-promotion-info:info> (core-promotion-info-1.0)."""

    code: CorePromotionInfoPromotionCode
    domain: CorePromotionInfoDomainName | None = None
    pricing: CorePromotionInfoPricing | None = None
    refdate: DateTime | None = None
    phase: CorePromotionInfoPhase | None = None


class CorePromotionInfoValidityPeriod(Type, ns=NAMESPACE):
    """The type validityPeriodType (core-promotion-info-1.0)."""

    from_: DateTime | None = attribute(default=None)
    to: DateTime | None = attribute(default=None)


class CorePromotionInfoUtilization(Type, ns=NAMESPACE):
    """The type utilizationType (core-promotion-info-1.0)."""

    enabled: bool
    operations: CorePromotionInfoOperationList
    code_usable: bool
    in_validity_period: bool
    valid_domain_name: bool | None = None
    avail: bool = attribute(kw_only=True)


class CorePromotionInfoInfoDataPromo(Type, ns=NAMESPACE):
    """The content of <promo> (core-promotion-info-1.0)."""

    promotion_name: Text
    validity: CorePromotionInfoValidityPeriod | None = None
    utilization: CorePromotionInfoUtilization = child(kw_only=True)


class CorePromotionInfoPricingTotal(Type, ns=NAMESPACE):
    """The type pricingTotalType (core-promotion-info-1.0)."""

    value: Annotated[Decimal, decimal()] = attribute()
    mu: Token = attribute()


class CorePromotionInfoInfoDataPricing(Type, ns=NAMESPACE):
    """The content of <pricing> (core-promotion-info-1.0)."""

    total: CorePromotionInfoPricingTotal


class CorePromotionInfoInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<core-promotion-info:infData> (core-promotion-info-1.0)."""

    promo: CorePromotionInfoInfoDataPromo | None = None
    pricing: CorePromotionInfoInfoDataPricing | None = None


EXTENSION = Extension(
    NAMESPACE,
    title="Information on promotion codes (CORE)",
    reference="core-promotion-info-1.0",
    objects=(
        CorePromotionInfo,
        CorePromotionInfoInfoData,
    ),
)
