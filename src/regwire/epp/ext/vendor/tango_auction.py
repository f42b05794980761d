"""Auctions (Tango): tango-auction-1.0."""

from decimal import Decimal
from typing import Annotated

from regwire.epp.extension import Extension
from regwire.epp.messages.domain import DomainCreate, DomainInfoData, DomainUpdate
from regwire.schema import Element, Namespace, Type, attribute, content, decimal, token

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "TangoAuctionBid",
    "TangoAuctionCreate",
    "TangoAuctionInfoData",
    "TangoAuctionUpdate",
]

NAMESPACE = Namespace("http://xmlns.tango-rs.net/epp/auction-1.0", prefix="tango-auction")

TangoAuctionNonNegAmount = Annotated[Decimal, decimal(min=0, fraction_digits=2)]
TangoAuctionCurrency = Annotated[str, token(length=3)]


class TangoAuctionBid(Type, ns=NAMESPACE):
    """The type bidType (tango-auction-1.0)."""

    value: TangoAuctionNonNegAmount = content()
    currency: TangoAuctionCurrency = attribute()


class TangoAuctionCreate(Element, ns=NAMESPACE, tag="create"):
    """<tango-auction:create> (tango-auction-1.0)."""

    bid: TangoAuctionBid


class TangoAuctionUpdate(Element, ns=NAMESPACE, tag="update"):
    """<tango-auction:update> (tango-auction-1.0)."""

    bid: TangoAuctionBid


class TangoAuctionInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<tango-auction:infData> (tango-auction-1.0)."""

    bid: TangoAuctionBid


EXTENSION = Extension(
    NAMESPACE,
    title="Auctions (Tango)",
    reference="tango-auction-1.0",
    commands={TangoAuctionCreate: (DomainCreate,), TangoAuctionUpdate: (DomainUpdate,)},
    responses={TangoAuctionInfoData: (DomainInfoData,)},
)
