"""Client object attributes: coa-1.0."""

from typing import Annotated

from regwire.epp.extension import Extension
from regwire.epp.messages.domain import DomainCreate, DomainInfoData, DomainUpdate
from regwire.schema import Choice, Element, Namespace, Sequence, Type, child, token

__all__ = ["EXTENSION", "NAMESPACE", "CoaAttr", "CoaCreate", "CoaInfoData", "CoaMap", "CoaRem", "CoaUpdate"]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:coa-1.0", prefix="coa")

CoaKey = Annotated[str, token(max_length=50)]
CoaValue = Annotated[str, token(max_length=1000)]


class CoaAttr(Type, ns=NAMESPACE, content=Choice(Sequence("key", "value"), Sequence("value", "key"))):
    """The type attrType (coa-1.0)."""

    key: CoaKey
    value: CoaValue


class CoaCreate(Element, ns=NAMESPACE, tag="create"):
    """<coa:create> (coa-1.0)."""

    attrs: tuple[CoaAttr, ...] = child("attr", min=1)


class CoaRem(Type, ns=NAMESPACE):
    """The type remType (coa-1.0)."""

    keys: tuple[CoaKey, ...] = child("key", min=1)


class CoaMap(Type, ns=NAMESPACE):
    """The type mapType (coa-1.0)."""

    attrs: tuple[CoaAttr, ...] = child("attr", min=1)


class CoaUpdate(Element, ns=NAMESPACE, tag="update"):
    """<coa:update> (coa-1.0)."""

    rem: CoaRem | None = None
    put: CoaMap | None = None


class CoaInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<coa:infData> (coa-1.0)."""

    attrs: tuple[CoaAttr, ...] = child("attr", min=1)


EXTENSION = Extension(
    NAMESPACE,
    title="Client object attributes",
    reference="coa-1.0",
    commands={CoaCreate: (DomainCreate,), CoaUpdate: (DomainUpdate,)},
    responses={CoaInfoData: (DomainInfoData,)},
)
