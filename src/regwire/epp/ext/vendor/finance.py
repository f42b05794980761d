"""Account finances: finance-1.1."""

from decimal import Decimal
from typing import Annotated

from regwire.epp.extension import Extension
from regwire.epp.messages.common import Token
from regwire.schema import ANY, Element, Namespace, Type, attribute, child, content, decimal

__all__ = ["EXTENSION", "NAMESPACE", "FinanceInfo", "FinanceInfoData", "FinanceThreshold", "FinanceWalletResp"]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:finance-1.1", prefix="finance")


class FinanceInfo(Element, ns=NAMESPACE, tag="info", content=ANY):
    """<finance:info> (finance-1.1)."""


class FinanceThreshold(Type, ns=NAMESPACE):
    """The type thresholdType (finance-1.1)."""

    value: Annotated[Decimal, decimal()] = content()
    type: Token = attribute()


class FinanceWalletResp(Type, ns=NAMESPACE):
    """The type walletRespType (finance-1.1)."""

    balance: Annotated[Decimal, decimal()]
    thresholds: tuple[FinanceThreshold, ...] = child("threshold", default=())
    code: Token = attribute(kw_only=True)


class FinanceInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<finance:infData> (finance-1.1)."""

    wallets: tuple[FinanceWalletResp, ...] = child("wallet", default=())


EXTENSION = Extension(
    NAMESPACE,
    title="Account finances",
    reference="finance-1.1",
    objects=(
        FinanceInfo,
        FinanceInfoData,
    ),
)
