"""Related domains (Verisign): relatedDomain-1.0."""

from typing import Annotated, Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.common import AuthExt, AuthPw, ClientId, Date, DateTime, Label, Language, Text, TransferStatus
from regwire.epp.messages.domain import (
    DomainCreate,
    DomainCreateData,
    DomainDelete,
    DomainInfo,
    DomainInfoData,
    DomainRenew,
    DomainRenewData,
    DomainTransfer,
    DomainTransferData,
    DomainUpdate,
)
from regwire.schema import Choice, Element, Namespace, Type, attribute, child, content, integer, normalized, string

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "RelatedDomainAuthInfo",
    "RelatedDomainCreData",
    "RelatedDomainCreate",
    "RelatedDomainCreateData",
    "RelatedDomainCreateRequest",
    "RelatedDomainDelData",
    "RelatedDomainDelete",
    "RelatedDomainDeleteData",
    "RelatedDomainDomainList",
    "RelatedDomainField",
    "RelatedDomainFields",
    "RelatedDomainInfo",
    "RelatedDomainInfoData",
    "RelatedDomainPeriod",
    "RelatedDomainRelatedDomainGroup",
    "RelatedDomainRenData",
    "RelatedDomainRenew",
    "RelatedDomainRenewData",
    "RelatedDomainRenewType",
    "RelatedDomainTransfer",
    "RelatedDomainTransferData",
    "RelatedDomainTransferType",
    "RelatedDomainTrnData",
    "RelatedDomainUpdate",
]

NAMESPACE = Namespace("http://www.verisign.com/epp/relatedDomain-1.0", prefix="relDom")

RelatedDomainInfoType = Annotated[
    str,
    string(
        enumeration=(
            "domain",
            "related",
        )
    ),
]
RelatedDomainFieldName = Annotated[str, normalized(min_length=1, max_length=64)]
RelatedDomainGroup = Annotated[
    str,
    string(
        enumeration=(
            "tld",
            "variant",
        )
    ),
]
RelatedDomainPLimit = Annotated[int, integer("unsignedShort", min=1, max=99)]
RelatedDomainPUnit = Literal["y", "m"]
RelatedDomainDeleteResult = Annotated[
    str,
    string(
        enumeration=(
            "deleted",
            "pendingDelete",
        )
    ),
]


class RelatedDomainInfo(Element, ns=NAMESPACE, tag="info"):
    """<relDom:info> (relatedDomain-1.0)."""

    type: RelatedDomainInfoType = attribute(default="domain")


class RelatedDomainField(Type, ns=NAMESPACE):
    """The type fieldType (relatedDomain-1.0)."""

    name: RelatedDomainFieldName = attribute()
    in_sync: bool = attribute()


class RelatedDomainFields(Type, ns=NAMESPACE):
    """The type fieldsType (relatedDomain-1.0)."""

    fields: tuple[RelatedDomainField, ...] = child("field", min=1)
    in_sync: Text = attribute()


class RelatedDomainDomainList(Type, ns=NAMESPACE):
    """The type domainListType (relatedDomain-1.0)."""

    names: tuple[Label, ...] = child("name", min=1)


class RelatedDomainRelatedDomainGroup(Type, ns=NAMESPACE):
    """The type relatedDomainGroupType (relatedDomain-1.0)."""

    fields: RelatedDomainFields
    registered: RelatedDomainDomainList | None = None
    available: RelatedDomainDomainList | None = None
    type: RelatedDomainGroup = attribute(kw_only=True)


class RelatedDomainInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<relDom:infData> (relatedDomain-1.0)."""

    groups: tuple[RelatedDomainRelatedDomainGroup, ...] = child("group", min=1)


class RelatedDomainAuthInfo(Type, ns=NAMESPACE, content=Choice("pw", "ext")):
    """The type authInfoType (relatedDomain-1.0)."""

    pw: AuthPw | None = None
    ext: AuthExt | None = None


class RelatedDomainPeriod(Type, ns=NAMESPACE):
    """The type periodType (relatedDomain-1.0)."""

    value: RelatedDomainPLimit = content()
    unit: RelatedDomainPUnit = attribute()


class RelatedDomainCreateRequest(Type, ns=NAMESPACE):
    """The type createRequestType (relatedDomain-1.0)."""

    name: Label
    auth_info: RelatedDomainAuthInfo
    period: RelatedDomainPeriod | None = None
    lang: Language | None = None


class RelatedDomainCreate(Element, ns=NAMESPACE, tag="create"):
    """<relDom:create> (relatedDomain-1.0)."""

    domains: tuple[RelatedDomainCreateRequest, ...] = child("domain", min=1)


class RelatedDomainCreData(Type, ns=NAMESPACE):
    """The type creDataType (relatedDomain-1.0)."""

    name: Label
    cr_date: DateTime
    ex_date: DateTime | None = None


class RelatedDomainCreateData(Element, ns=NAMESPACE, tag="creData"):
    """<relDom:creData> (relatedDomain-1.0)."""

    domains: tuple[RelatedDomainCreData, ...] = child("domain", min=1)


class RelatedDomainDelete(Element, ns=NAMESPACE, tag="delete"):
    """<relDom:delete> (relatedDomain-1.0)."""

    names: tuple[Label, ...] = child("name", min=1)


class RelatedDomainDelData(Type, ns=NAMESPACE):
    """The type delDataType (relatedDomain-1.0)."""

    name: Label
    result: RelatedDomainDeleteResult


class RelatedDomainDeleteData(Element, ns=NAMESPACE, tag="delData"):
    """<relDom:delData> (relatedDomain-1.0)."""

    domains: tuple[RelatedDomainDelData, ...] = child("domain", min=1)


class RelatedDomainUpdate(Element, ns=NAMESPACE, tag="update"):
    """<relDom:update> (relatedDomain-1.0)."""

    names: tuple[Label, ...] = child("name", min=1)


class RelatedDomainRenewType(Type, ns=NAMESPACE):
    """The type renewType (relatedDomain-1.0)."""

    name: Label
    cur_exp_date: Date
    period: RelatedDomainPeriod | None = None


class RelatedDomainRenew(Element, ns=NAMESPACE, tag="renew"):
    """<relDom:renew> (relatedDomain-1.0)."""

    domains: tuple[RelatedDomainRenewType, ...] = child("domain", min=1)


class RelatedDomainRenData(Type, ns=NAMESPACE):
    """The type renDataType (relatedDomain-1.0)."""

    name: Label
    ex_date: DateTime


class RelatedDomainRenewData(Element, ns=NAMESPACE, tag="renData"):
    """<relDom:renData> (relatedDomain-1.0)."""

    domains: tuple[RelatedDomainRenData, ...] = child("domain", min=1)


class RelatedDomainTransferType(Type, ns=NAMESPACE):
    """The type transferType (relatedDomain-1.0)."""

    name: Label
    auth_info: RelatedDomainAuthInfo | None = None
    period: RelatedDomainPeriod | None = None


class RelatedDomainTransfer(Element, ns=NAMESPACE, tag="transfer"):
    """<relDom:transfer> (relatedDomain-1.0)."""

    domains: tuple[RelatedDomainTransferType, ...] = child("domain", min=1)


class RelatedDomainTrnData(Type, ns=NAMESPACE):
    """The type trnDataType (relatedDomain-1.0)."""

    name: Label
    tr_status: TransferStatus
    re_id: ClientId = child("reID")
    re_date: DateTime
    ac_id: ClientId = child("acID")
    ac_date: DateTime
    ex_date: DateTime | None = None


class RelatedDomainTransferData(Element, ns=NAMESPACE, tag="trnData"):
    """<relDom:trnData> (relatedDomain-1.0)."""

    domains: tuple[RelatedDomainTrnData, ...] = child("domain", min=1)


EXTENSION = Extension(
    NAMESPACE,
    title="Related domains (Verisign)",
    reference="relatedDomain-1.0",
    commands={
        RelatedDomainInfo: (DomainInfo,),
        RelatedDomainCreate: (DomainCreate,),
        RelatedDomainDelete: (DomainDelete,),
        RelatedDomainUpdate: (DomainUpdate,),
        RelatedDomainRenew: (DomainRenew,),
        RelatedDomainTransfer: (DomainTransfer,),
    },
    responses={
        RelatedDomainInfoData: (DomainInfoData,),
        RelatedDomainCreateData: (DomainCreateData,),
        RelatedDomainDeleteData: (DomainDelete,),
        RelatedDomainRenewData: (DomainRenewData,),
        RelatedDomainTransferData: (DomainTransferData,),
    },
)
