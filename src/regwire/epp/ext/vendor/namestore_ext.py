"""Product routing (Verisign NameStore): namestoreExt-1.1."""

from typing import Annotated

from regwire.epp.extension import Extension
from regwire.epp.messages.common import Language, Normalized
from regwire.epp.messages.contact import (
    ContactCheck,
    ContactCreate,
    ContactDelete,
    ContactInfo,
    ContactTransfer,
    ContactUpdate,
)
from regwire.epp.messages.domain import (
    DomainCheck,
    DomainCreate,
    DomainDelete,
    DomainInfo,
    DomainRenew,
    DomainTransfer,
    DomainUpdate,
)
from regwire.epp.messages.host import HostCheck, HostCreate, HostDelete, HostInfo, HostUpdate
from regwire.schema import Element, Namespace, Type, attribute, content, integer, token

__all__ = ["EXTENSION", "NAMESPACE", "NamestoreExt", "NamestoreExtErrorData", "NamestoreExtMsg"]

NAMESPACE = Namespace("http://www.verisign-grs.com/epp/namestoreExt-1.1", prefix="namestoreExt")

NamestoreExtSubProduct = Annotated[str, token(min_length=1, max_length=64)]
NamestoreExtPrdErrCode = Annotated[int, integer("unsignedShort", enumeration=(1,))]


class NamestoreExt(Element, ns=NAMESPACE, tag="namestoreExt"):
    """<namestoreExt:namestoreExt> (namestoreExt-1.1)."""

    sub_product: NamestoreExtSubProduct


class NamestoreExtMsg(Type, ns=NAMESPACE):
    """The type msgType (namestoreExt-1.1)."""

    value: Normalized = content(default="")
    code: NamestoreExtPrdErrCode = attribute(kw_only=True)
    lang: Language = attribute(default="en")


class NamestoreExtErrorData(Element, ns=NAMESPACE, tag="nsExtErrData"):
    """<namestoreExt:nsExtErrData> (namestoreExt-1.1)."""

    msg: NamestoreExtMsg


EXTENSION = Extension(
    NAMESPACE,
    title="Product routing (Verisign NameStore)",
    reference="namestoreExt-1.1",
    commands={
        NamestoreExt: (
            DomainCheck,
            DomainInfo,
            DomainCreate,
            DomainUpdate,
            DomainRenew,
            DomainDelete,
            DomainTransfer,
            HostCheck,
            HostInfo,
            HostCreate,
            HostUpdate,
            HostDelete,
            ContactCheck,
            ContactInfo,
            ContactCreate,
            ContactUpdate,
            ContactDelete,
            ContactTransfer,
        )
    },
    responses={
        NamestoreExtErrorData: (
            DomainCreate,
            HostCreate,
            ContactCreate,
        )
    },
)
