"""Registry grace periods: rgp-1.0 (RFC 3915)."""

from typing import Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.common import DateTime, Language, Normalized, Text
from regwire.epp.messages.domain import DomainInfoData, DomainUpdate
from regwire.schema import Element, Namespace, Raw, Type, attribute, child, content, wildcard

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "RgpInfoData",
    "RgpMixed",
    "RgpReport",
    "RgpReportText",
    "RgpRestore",
    "RgpStatus",
    "RgpStatusValue",
    "RgpUpdate",
    "RgpUpdateData",
]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:rgp-1.0", prefix="rgp")

RgpStatusValue = Literal[
    "addPeriod",
    "autoRenewPeriod",
    "renewPeriod",
    "transferPeriod",
    "pendingDelete",
    "pendingRestore",
    "redemptionPeriod",
]
"""RFC 3915 section 3.1."""


class RgpMixed(Type, ns=NAMESPACE, mixed=True):
    """<preData>, <postData>, <other> (RFC 3915 section 4.2.5): text, or elements, raw where nobody declared them."""

    text: Text = content(default="")
    elements: tuple[Element | Raw, ...] = wildcard(ns="##any", process="lax", min=0, max=None, default=())


class RgpReportText(Type, ns=NAMESPACE, mixed=True):
    """<resReason>, <statement> (RFC 3915 section 4.2.5): text and its language, or elements."""

    text: Text = content(default="")
    lang: Language = attribute(default="en")
    elements: tuple[Element | Raw, ...] = wildcard(ns="##any", process="lax", min=0, max=None, default=())


class RgpReport(Type, ns=NAMESPACE):
    """<report> (RFC 3915 section 4.2.5): why and how a name was restored."""

    pre_data: RgpMixed
    post_data: RgpMixed
    del_time: DateTime
    res_time: DateTime
    res_reason: RgpReportText
    statements: tuple[RgpReportText, ...] = child("statement", min=1, max=2)
    other: RgpMixed | None = None


class RgpRestore(Type, ns=NAMESPACE):
    """<restore> (RFC 3915 section 4.2.5): the request, or the report that completes it."""

    op: Literal["request", "report"] = attribute()
    report: RgpReport | None = None


class RgpUpdate(Element, ns=NAMESPACE, tag="update"):
    """<rgp:update> (RFC 3915 section 4.2.5)."""

    restore: RgpRestore


class RgpStatus(Type, ns=NAMESPACE):
    """<rgpStatus> (RFC 3915 section 3.1): a status and a text about it."""

    s: RgpStatusValue = attribute()
    text: Normalized = content(default="")
    lang: Language = attribute(default="en")


class RgpInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<rgp:infData> (RFC 3915 section 4.1.2): every grace period that is open."""

    statuses: tuple[RgpStatus, ...] = child("rgpStatus", min=1)


class RgpUpdateData(Element, ns=NAMESPACE, tag="upData"):
    """<rgp:upData> (RFC 3915 section 4.2.5): the status after a restore request."""

    statuses: tuple[RgpStatus, ...] = child("rgpStatus", min=1)


EXTENSION = Extension(
    NAMESPACE,
    title="Registry grace periods",
    reference="RFC 3915",
    commands={RgpUpdate: (DomainUpdate,)},
    responses={RgpInfoData: (DomainInfoData,), RgpUpdateData: (DomainUpdate,)},
)
