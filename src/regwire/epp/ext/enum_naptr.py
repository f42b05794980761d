"""ENUM records of a domain: e164epp-1.0 (RFC 4114)."""

from typing import Annotated

from regwire.epp.extension import Extension
from regwire.epp.messages.common import MinToken
from regwire.epp.messages.domain import DomainCreate, DomainInfoData, DomainUpdate
from regwire.schema import Element, Namespace, Type, child, integer, token

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "EnumAddRem",
    "EnumCreate",
    "EnumInfoData",
    "EnumNaptr",
    "EnumUpdate",
]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:e164epp-1.0", prefix="e164")


class EnumNaptr(Element, ns=NAMESPACE, tag="naptr"):
    """<e164:naptr> (RFC 4114 section 2.1): a NAPTR record."""

    order: Annotated[int, integer("unsignedShort")]
    pref: Annotated[int, integer("unsignedShort")]
    flags: Annotated[str, token(pattern="[A-Z]|[a-z]|[0-9]", length=1)] | None = None
    svc: MinToken = child(kw_only=True)
    regex: MinToken | None = None
    repl: Annotated[str, token(min_length=1, max_length=255)] | None = None


class EnumCreate(Element, ns=NAMESPACE, tag="create"):
    """<e164:create> (RFC 4114 section 3.2.1)."""

    naptrs: tuple[EnumNaptr, ...] = child(min=1)


class EnumAddRem(Type, ns=NAMESPACE):
    """<add> and <rem> (RFC 4114 section 3.2.5)."""

    naptrs: tuple[EnumNaptr, ...] = child(min=1)


class EnumUpdate(Element, ns=NAMESPACE, tag="update"):
    """<e164:update> (RFC 4114 section 3.2.5)."""

    add: EnumAddRem | None = None
    rem: EnumAddRem | None = None


class EnumInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<e164:infData> (RFC 4114 section 3.1.2)."""

    naptrs: tuple[EnumNaptr, ...] = child(min=1)


EXTENSION = Extension(
    NAMESPACE,
    title="ENUM records",
    reference="RFC 4114",
    commands={EnumCreate: (DomainCreate,), EnumUpdate: (DomainUpdate,)},
    responses={EnumInfoData: (DomainInfoData,)},
    elements=(EnumNaptr,),
)
