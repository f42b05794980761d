"""Times to live of DNS records: ttl-1.0 (RFC 9803)."""

from typing import Annotated, Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.domain import DomainCreate, DomainInfo, DomainInfoData, DomainUpdate
from regwire.epp.messages.host import HostCreate, HostInfo, HostInfoData, HostUpdate
from regwire.schema import Element, Namespace, Type, attribute, child, content, integer, integer_or_nothing, token

__all__ = ["EXTENSION", "NAMESPACE", "Ttl", "TtlCreate", "TtlData", "TtlInfo", "TtlInfoData", "TtlUpdate"]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:epp:ttl-1.0", prefix="ttl")

Seconds = Annotated[int, integer("nonNegativeInteger", min=0, max=2147483647)]
SecondsOrNone = Annotated[str, integer_or_nothing(min=0, max=2147483647)]
"""Seconds in decimal, or nothing."""

RecordType = Literal["NS", "DS", "DNAME", "A", "AAAA", "custom"]
CustomType = Annotated[str, token(pattern=r"A|[A-Z][A-Z0-9\-]*[A-Z0-9]")]


class Ttl(Type, ns=NAMESPACE):
    """<ttl> of a command (RFC 9803): seconds, or none for the registry's default."""

    value: SecondsOrNone = content(default="")
    for_: RecordType = attribute("for", kw_only=True)
    custom: CustomType | None = attribute(default=None)


class TtlData(Type, ns=NAMESPACE):
    """<ttl> of a response (RFC 9803): the value and what the registry allows."""

    value: SecondsOrNone = content(default="")
    for_: RecordType = attribute("for", kw_only=True)
    custom: CustomType | None = attribute(default=None)
    min: Seconds | None = attribute(default=None)
    default: Seconds | None = attribute(default=None)
    max: Seconds | None = attribute(default=None)


class TtlInfo(Element, ns=NAMESPACE, tag="info"):
    """<ttl:info> (RFC 9803): asks for the values; ``policy`` also for what is allowed."""

    policy: bool = attribute(default=False)


class TtlCreate(Element, ns=NAMESPACE, tag="create"):
    """<ttl:create> (RFC 9803): at most one of each record type."""

    ttls: tuple[Ttl, ...] = child("ttl", min=1)


class TtlUpdate(Element, ns=NAMESPACE, tag="update"):
    """<ttl:update> (RFC 9803): at most one of each record type."""

    ttls: tuple[Ttl, ...] = child("ttl", min=1)


class TtlInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<ttl:infData> (RFC 9803)."""

    ttls: tuple[TtlData, ...] = child("ttl", min=1)


EXTENSION = Extension(
    NAMESPACE,
    title="Times to live",
    reference="RFC 9803",
    commands={
        TtlInfo: (DomainInfo, HostInfo),
        TtlCreate: (DomainCreate, HostCreate),
        TtlUpdate: (DomainUpdate, HostUpdate),
    },
    responses={TtlInfoData: (DomainInfoData, HostInfoData)},
)
