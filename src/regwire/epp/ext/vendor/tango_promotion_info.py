"""Information on promotion codes (Tango): tango-promotion-info-1.0."""

from decimal import Decimal
from typing import Annotated, Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.common import DateTime, Text, Token
from regwire.schema import Choice, Element, Namespace, Type, attribute, child, content, decimal, integer, list_of, token

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "TangoPromotionInfo",
    "TangoPromotionInfoDomainName",
    "TangoPromotionInfoInfoData",
    "TangoPromotionInfoInfoDataPricing",
    "TangoPromotionInfoInfoDataPromo",
    "TangoPromotionInfoPeriod",
    "TangoPromotionInfoPhase",
    "TangoPromotionInfoPricing",
    "TangoPromotionInfoPricingPeriod",
    "TangoPromotionInfoPricingTotal",
    "TangoPromotionInfoUtilization",
    "TangoPromotionInfoValidityPeriod",
]

NAMESPACE = Namespace("http://xmlns.tango-rs.net/epp/promotion-info-1.0", prefix="tango-promotion-info")

TangoPromotionInfoPromotionCode = Annotated[str, token(min_length=1, max_length=64)]
TangoPromotionInfoLabel = Annotated[str, token(min_length=1, max_length=255)]
TangoPromotionInfoPLimit = Annotated[int, integer("unsignedShort", min=1, max=99)]
TangoPromotionInfoPUnit = Literal["y", "m"]
TangoPromotionInfoPhaseTypeValue = Literal["sunrise", "landrush", "claims", "open", "custom"]
TangoPromotionInfoOperationList = Annotated[tuple[str, ...], list_of(token(enumeration=("create", "renew")))]


class TangoPromotionInfoDomainName(Type, ns=NAMESPACE):
    """The type domainNameType (tango-promotion-info-1.0)."""

    name: TangoPromotionInfoLabel


class TangoPromotionInfoPeriod(Type, ns=NAMESPACE):
    """The type periodType (tango-promotion-info-1.0)."""

    value: TangoPromotionInfoPLimit = content()
    unit: TangoPromotionInfoPUnit = attribute()


class TangoPromotionInfoPricingPeriod(Type, ns=NAMESPACE):
    """The type pricingPeriodType (tango-promotion-info-1.0)."""

    period: TangoPromotionInfoPeriod


class TangoPromotionInfoPricing(Type, ns=NAMESPACE, content=Choice("create", "renew")):
    """The type pricingType (tango-promotion-info-1.0)."""

    create: TangoPromotionInfoPricingPeriod | None = None
    renew: TangoPromotionInfoPricingPeriod | None = None


class TangoPromotionInfoPhase(Type, ns=NAMESPACE):
    """The type phaseType (tango-promotion-info-1.0)."""

    value: TangoPromotionInfoPhaseTypeValue = content()
    name: Token | None = attribute(default=None)


class TangoPromotionInfo(Element, ns=NAMESPACE, tag="info"):
    """<tango-promotion-info:info> (tango-promotion-info-1.0)."""

    code: TangoPromotionInfoPromotionCode
    domain: TangoPromotionInfoDomainName | None = None
    pricing: TangoPromotionInfoPricing | None = None
    refdate: DateTime | None = None
    phase: TangoPromotionInfoPhase | None = None


class TangoPromotionInfoValidityPeriod(Type, ns=NAMESPACE):
    """The type validityPeriodType (tango-promotion-info-1.0)."""

    from_: DateTime | None = attribute(default=None)
    to: DateTime | None = attribute(default=None)


class TangoPromotionInfoUtilization(Type, ns=NAMESPACE):
    """The type utilizationType (tango-promotion-info-1.0)."""

    enabled: bool
    operations: TangoPromotionInfoOperationList
    code_usable: bool
    in_validity_period: bool
    valid_domain_name: bool | None = None
    avail: bool = attribute(kw_only=True)


class TangoPromotionInfoInfoDataPromo(Type, ns=NAMESPACE):
    """The content of <promo> (tango-promotion-info-1.0)."""

    promotion_name: Text
    validity: TangoPromotionInfoValidityPeriod | None = None
    utilization: TangoPromotionInfoUtilization = child(kw_only=True)


class TangoPromotionInfoPricingTotal(Type, ns=NAMESPACE):
    """The type pricingTotalType (tango-promotion-info-1.0)."""

    value: Annotated[Decimal, decimal()] = attribute()
    mu: Token = attribute()


class TangoPromotionInfoInfoDataPricing(Type, ns=NAMESPACE):
    """The content of <pricing> (tango-promotion-info-1.0)."""

    total: TangoPromotionInfoPricingTotal


class TangoPromotionInfoInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<tango-promotion-info:infData> (tango-promotion-info-1.0)."""

    promo: TangoPromotionInfoInfoDataPromo | None = None
    pricing: TangoPromotionInfoInfoDataPricing | None = None


EXTENSION = Extension(
    NAMESPACE,
    title="Information on promotion codes (Tango)",
    reference="tango-promotion-info-1.0",
    objects=(
        TangoPromotionInfo,
        TangoPromotionInfoInfoData,
    ),
)
