"""Promotion codes (CORE): core-promotion-1.0."""

from typing import Annotated

from regwire.epp.extension import Extension
from regwire.epp.messages.domain import DomainCreate, DomainRenew
from regwire.schema import Element, Namespace, token

__all__ = ["EXTENSION", "NAMESPACE", "CorePromotionCreate", "CorePromotionRenew"]

NAMESPACE = Namespace("http://xmlns.corenic.net/epp/promotion-1.0", prefix="core-promotion")

CorePromotionPromotionCode = Annotated[str, token(min_length=1, max_length=64)]


class CorePromotionCreate(Element, ns=NAMESPACE, tag="create"):
    """<core-promotion:create> (core-promotion-1.0)."""

    code: CorePromotionPromotionCode


class CorePromotionRenew(Element, ns=NAMESPACE, tag="renew"):
    """<core-promotion:renew> (core-promotion-1.0)."""

    code: CorePromotionPromotionCode


EXTENSION = Extension(
    NAMESPACE,
    title="Promotion codes (CORE)",
    reference="core-promotion-1.0",
    commands={CorePromotionCreate: (DomainCreate,), CorePromotionRenew: (DomainRenew,)},
)
