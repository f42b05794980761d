"""Account balance (Verisign): balance-1.0."""

from decimal import Decimal
from typing import Annotated

from regwire.epp.extension import Extension
from regwire.schema import ANY, Choice, Element, Namespace, Type, decimal, integer

__all__ = ["EXTENSION", "NAMESPACE", "BalanceInfo", "BalanceInfoData", "BalanceThreshold"]

NAMESPACE = Namespace("http://www.verisign.com/epp/balance-1.0", prefix="balance")

BalanceCurrencyValue = Annotated[Decimal, decimal(fraction_digits=2)]


class BalanceInfo(Element, ns=NAMESPACE, tag="info", content=ANY):
    """<balance:info> (balance-1.0)."""


class BalanceThreshold(Type, ns=NAMESPACE, content=Choice("fixed", "percent")):
    """The type thresholdType (balance-1.0)."""

    fixed: BalanceCurrencyValue | None = None
    percent: Annotated[int, integer()] | None = None


class BalanceInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<balance:infData> (balance-1.0)."""

    credit_limit: BalanceCurrencyValue
    balance: BalanceCurrencyValue
    available_credit: BalanceCurrencyValue
    credit_threshold: BalanceThreshold


EXTENSION = Extension(
    NAMESPACE,
    title="Account balance (Verisign)",
    reference="balance-1.0",
    objects=(
        BalanceInfo,
        BalanceInfoData,
    ),
)
