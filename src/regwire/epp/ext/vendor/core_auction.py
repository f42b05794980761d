"""Auctions (CORE): core-auction-1.0."""

from decimal import Decimal
from typing import Annotated

from regwire.epp.extension import Extension
from regwire.epp.messages.domain import DomainCreate, DomainInfoData, DomainUpdate
from regwire.schema import Element, Namespace, Type, attribute, content, decimal, token

__all__ = ["EXTENSION", "NAMESPACE", "CoreAuctionBid", "CoreAuctionCreate", "CoreAuctionInfoData", "CoreAuctionUpdate"]

NAMESPACE = Namespace("http://xmlns.corenic.net/epp/auction-1.0", prefix="core-auction")

CoreAuctionNonNegAmount = Annotated[Decimal, decimal(min=0, fraction_digits=2)]
CoreAuctionCurrency = Annotated[str, token(length=3)]


class CoreAuctionBid(Type, ns=NAMESPACE):
    """The type bidType (core-auction-1.0)."""

    value: CoreAuctionNonNegAmount = content()
    currency: CoreAuctionCurrency = attribute()


class CoreAuctionCreate(Element, ns=NAMESPACE, tag="create"):
    """<core-auction:create> (core-auction-1.0)."""

    bid: CoreAuctionBid


class CoreAuctionUpdate(Element, ns=NAMESPACE, tag="update"):
    """<core-auction:update> (core-auction-1.0)."""

    bid: CoreAuctionBid


class CoreAuctionInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<core-auction:infData> (core-auction-1.0)."""

    bid: CoreAuctionBid


EXTENSION = Extension(
    NAMESPACE,
    title="Auctions (CORE)",
    reference="core-auction-1.0",
    commands={CoreAuctionCreate: (DomainCreate,), CoreAuctionUpdate: (DomainUpdate,)},
    responses={CoreAuctionInfoData: (DomainInfoData,)},
)
