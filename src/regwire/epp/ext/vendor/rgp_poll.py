"""Grace period messages (Verisign): rgp-poll-1.0."""

from regwire.epp.ext.rgp import RgpStatus
from regwire.epp.extension import Extension
from regwire.epp.messages.common import DateTime, Label
from regwire.schema import Element, Namespace

__all__ = ["EXTENSION", "NAMESPACE", "RgpPollData"]

NAMESPACE = Namespace("http://www.verisign.com/epp/rgp-poll-1.0", prefix="rgp-poll")


class RgpPollData(Element, ns=NAMESPACE, tag="pollData"):
    """<rgp-poll:pollData> (rgp-poll-1.0)."""

    name: Label
    rgp_status: RgpStatus
    req_date: DateTime
    report_due_date: DateTime


EXTENSION = Extension(
    NAMESPACE,
    title="Grace period messages (Verisign)",
    reference="rgp-poll-1.0",
    objects=(RgpPollData,),
)
