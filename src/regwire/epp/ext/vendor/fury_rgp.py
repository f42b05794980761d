"""Grace periods (.ca): fury-rgp-1.0."""

from regwire.epp.extension import Extension
from regwire.epp.messages.common import DateTime
from regwire.epp.messages.domain import DomainInfoData
from regwire.schema import Element, Namespace

__all__ = ["EXTENSION", "NAMESPACE", "FuryRgpRgpInfo"]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:fury-rgp-1.0", prefix="fury-rgp")


class FuryRgpRgpInfo(Element, ns=NAMESPACE, tag="rgpInfo"):
    """<fury-rgp:rgpInfo> (fury-rgp-1.0)."""

    rgp_status_end: DateTime | None = None


EXTENSION = Extension(
    NAMESPACE,
    title="Grace periods (.ca)",
    reference="fury-rgp-1.0",
    responses={FuryRgpRgpInfo: (DomainInfoData,)},
)
