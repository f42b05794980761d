"""Promotion codes (Tango): tango-promotion-1.0."""

from typing import Annotated

from regwire.epp.extension import Extension
from regwire.epp.messages.domain import DomainCreate, DomainRenew
from regwire.schema import Element, Namespace, token

__all__ = ["EXTENSION", "NAMESPACE", "TangoPromotionCreate", "TangoPromotionRenew"]

NAMESPACE = Namespace("http://xmlns.tango-rs.net/epp/promotion-1.0", prefix="tango-promotion")

TangoPromotionPromotionCode = Annotated[str, token(min_length=1, max_length=64)]


class TangoPromotionCreate(Element, ns=NAMESPACE, tag="create"):
    """<tango-promotion:create> (tango-promotion-1.0)."""

    code: TangoPromotionPromotionCode


class TangoPromotionRenew(Element, ns=NAMESPACE, tag="renew"):
    """<tango-promotion:renew> (tango-promotion-1.0)."""

    code: TangoPromotionPromotionCode


EXTENSION = Extension(
    NAMESPACE,
    title="Promotion codes (Tango)",
    reference="tango-promotion-1.0",
    commands={TangoPromotionCreate: (DomainCreate,), TangoPromotionRenew: (DomainRenew,)},
)
