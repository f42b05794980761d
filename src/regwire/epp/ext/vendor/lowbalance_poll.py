"""Low balance messages (Verisign): lowbalance-poll-1.0."""

from typing import Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.common import Label, Normalized
from regwire.schema import Element, Namespace, Type, attribute, content

__all__ = ["EXTENSION", "NAMESPACE", "LowBalancePollData", "LowBalanceThreshold"]

NAMESPACE = Namespace("http://www.verisign.com/epp/lowbalance-poll-1.0", prefix="lowbalance-poll")

LowBalanceThresholdValue = Literal["FIXED", "PERCENT"]


class LowBalanceThreshold(Type, ns=NAMESPACE):
    """The type thresholdType (lowbalance-poll-1.0)."""

    value: Normalized = content(default="")
    type: LowBalanceThresholdValue = attribute(kw_only=True)


class LowBalancePollData(Element, ns=NAMESPACE, tag="pollData"):
    """<lowbalance-poll:pollData> (lowbalance-poll-1.0)."""

    registrar_name: Label
    credit_limit: Normalized
    credit_threshold: LowBalanceThreshold
    available_credit: Normalized


EXTENSION = Extension(
    NAMESPACE,
    title="Low balance messages (Verisign)",
    reference="lowbalance-poll-1.0",
    objects=(LowBalancePollData,),
)
