"""E-mail forwarding of .name: emailFwd-1.0."""

from typing import Annotated, Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.common import (
    AuthExt,
    AuthPw,
    ClientId,
    Date,
    DateTime,
    Label,
    Language,
    Normalized,
    Reason,
    Roid,
    TransferStatus,
)
from regwire.epp.messages.core import TrId
from regwire.schema import Choice, Element, Namespace, Type, attribute, child, content, flag, integer, token

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "EmailFwdAddRem",
    "EmailFwdAuthInfo",
    "EmailFwdAuthInfoChg",
    "EmailFwdCheck",
    "EmailFwdCheckData",
    "EmailFwdCheckName",
    "EmailFwdCheckType",
    "EmailFwdChg",
    "EmailFwdContact",
    "EmailFwdCreate",
    "EmailFwdCreateData",
    "EmailFwdDelete",
    "EmailFwdInfo",
    "EmailFwdInfoData",
    "EmailFwdPaName",
    "EmailFwdPanData",
    "EmailFwdPeriod",
    "EmailFwdRenew",
    "EmailFwdRenewData",
    "EmailFwdStatus",
    "EmailFwdTransfer",
    "EmailFwdTransferData",
    "EmailFwdUpdate",
]

NAMESPACE = Namespace("http://www.nic.name/epp/emailFwd-1.0", prefix="emailFwd")

EmailFwdEmailAddr = Annotated[str, token(pattern=r".+@.+")]
EmailFwdPLimit = Annotated[int, integer("unsignedShort", min=1, max=99)]
EmailFwdPUnit = Literal["y", "m"]
EmailFwdContactAttr = Literal["admin", "billing", "tech"]
EmailFwdStatusValue = Literal[
    "clientDeleteProhibited",
    "clientHold",
    "clientRenewProhibited",
    "clientTransferProhibited",
    "clientUpdateProhibited",
    "ok",
    "pendingCreate",
    "pendingDelete",
    "pendingRenew",
    "pendingTransfer",
    "pendingUpdate",
    "serverDeleteProhibited",
    "serverHold",
    "serverRenewProhibited",
    "serverTransferProhibited",
    "serverUpdateProhibited",
]
EmailFwdClIdChg = Annotated[str, token(max_length=16)]


class EmailFwdCheck(Element, ns=NAMESPACE, tag="check"):
    """<emailFwd:check> (emailFwd-1.0)."""

    names: tuple[EmailFwdEmailAddr, ...] = child("name", min=1)


class EmailFwdPeriod(Type, ns=NAMESPACE):
    """The type periodType (emailFwd-1.0)."""

    value: EmailFwdPLimit = content()
    unit: EmailFwdPUnit = attribute()


class EmailFwdContact(Type, ns=NAMESPACE):
    """The type contactType (emailFwd-1.0)."""

    value: ClientId = content()
    type: EmailFwdContactAttr | None = attribute(default=None)


class EmailFwdAuthInfo(Type, ns=NAMESPACE, content=Choice("pw", "ext")):
    """The type authInfoType (emailFwd-1.0)."""

    pw: AuthPw | None = None
    ext: AuthExt | None = None


class EmailFwdCreate(Element, ns=NAMESPACE, tag="create"):
    """<emailFwd:create> (emailFwd-1.0)."""

    name: EmailFwdEmailAddr
    fwd_to: EmailFwdEmailAddr
    period: EmailFwdPeriod | None = None
    registrant: ClientId | None = None
    contacts: tuple[EmailFwdContact, ...] = child("contact", default=())
    auth_info: EmailFwdAuthInfo = child(kw_only=True)


class EmailFwdDelete(Element, ns=NAMESPACE, tag="delete"):
    """<emailFwd:delete> (emailFwd-1.0)."""

    name: EmailFwdEmailAddr


class EmailFwdInfo(Element, ns=NAMESPACE, tag="info"):
    """<emailFwd:info> (emailFwd-1.0)."""

    name: EmailFwdEmailAddr
    auth_info: EmailFwdAuthInfo | None = None


class EmailFwdRenew(Element, ns=NAMESPACE, tag="renew"):
    """<emailFwd:renew> (emailFwd-1.0)."""

    name: EmailFwdEmailAddr
    cur_exp_date: Date
    period: EmailFwdPeriod | None = None


class EmailFwdTransfer(Element, ns=NAMESPACE, tag="transfer"):
    """<emailFwd:transfer> (emailFwd-1.0)."""

    name: EmailFwdEmailAddr
    period: EmailFwdPeriod | None = None
    auth_info: EmailFwdAuthInfo | None = None


class EmailFwdStatus(Type, ns=NAMESPACE):
    """The type statusType (emailFwd-1.0)."""

    value: Normalized = content(default="")
    s: EmailFwdStatusValue = attribute(kw_only=True)
    lang: Language = attribute(default="en")


class EmailFwdAddRem(Type, ns=NAMESPACE):
    """The type addRemType (emailFwd-1.0)."""

    contacts: tuple[EmailFwdContact, ...] = child("contact", default=())
    statuses: tuple[EmailFwdStatus, ...] = child("status", max=11, default=())


class EmailFwdAuthInfoChg(Type, ns=NAMESPACE, content=Choice("pw", "ext", "null")):
    """The type authInfoChgType (emailFwd-1.0)."""

    pw: AuthPw | None = None
    ext: AuthExt | None = None
    null: bool = flag(default=False)


class EmailFwdChg(Type, ns=NAMESPACE):
    """The type chgType (emailFwd-1.0)."""

    fwd_to: EmailFwdEmailAddr | None = None
    registrant: EmailFwdClIdChg | None = None
    auth_info: EmailFwdAuthInfoChg | None = None


class EmailFwdUpdate(Element, ns=NAMESPACE, tag="update"):
    """<emailFwd:update> (emailFwd-1.0)."""

    name: EmailFwdEmailAddr
    add: EmailFwdAddRem | None = None
    rem: EmailFwdAddRem | None = None
    chg: EmailFwdChg | None = None


class EmailFwdCheckName(Type, ns=NAMESPACE):
    """The type checkNameType (emailFwd-1.0)."""

    value: EmailFwdEmailAddr = content()
    avail: bool = attribute()


class EmailFwdCheckType(Type, ns=NAMESPACE):
    """The type checkType (emailFwd-1.0)."""

    name: EmailFwdCheckName
    reason: Reason | None = None


class EmailFwdCheckData(Element, ns=NAMESPACE, tag="chkData"):
    """<emailFwd:chkData> (emailFwd-1.0)."""

    cds: tuple[EmailFwdCheckType, ...] = child("cd", min=1)


class EmailFwdCreateData(Element, ns=NAMESPACE, tag="creData"):
    """<emailFwd:creData> (emailFwd-1.0)."""

    name: EmailFwdEmailAddr
    cr_date: DateTime
    ex_date: DateTime | None = None


class EmailFwdInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<emailFwd:infData> (emailFwd-1.0)."""

    name: EmailFwdEmailAddr
    roid: Roid
    statuses: tuple[EmailFwdStatus, ...] = child("status", max=11, default=())
    registrant: EmailFwdContact | None = None
    contacts: tuple[EmailFwdContact, ...] = child("contact", default=())
    fwd_to: EmailFwdEmailAddr | None = None
    cl_id: ClientId = child("clID", kw_only=True)
    cr_id: ClientId | None = child("crID", default=None)
    cr_date: DateTime | None = None
    up_id: ClientId | None = child("upID", default=None)
    up_date: DateTime | None = None
    ex_date: DateTime | None = None
    tr_date: DateTime | None = None
    auth_info: EmailFwdAuthInfo | None = None


class EmailFwdPaName(Type, ns=NAMESPACE):
    """The type paNameType (emailFwd-1.0)."""

    value: Label = content()
    pa_result: bool = attribute()


class EmailFwdPanData(Element, ns=NAMESPACE, tag="panData"):
    """<emailFwd:panData> (emailFwd-1.0)."""

    name: EmailFwdPaName
    pa_trid: TrId = child("paTRID")
    pa_date: DateTime


class EmailFwdRenewData(Element, ns=NAMESPACE, tag="renData"):
    """<emailFwd:renData> (emailFwd-1.0)."""

    name: EmailFwdEmailAddr
    ex_date: DateTime | None = None


class EmailFwdTransferData(Element, ns=NAMESPACE, tag="trnData"):
    """<emailFwd:trnData> (emailFwd-1.0)."""

    name: EmailFwdEmailAddr
    tr_status: TransferStatus
    re_id: ClientId = child("reID")
    re_date: DateTime
    ac_id: ClientId = child("acID")
    ac_date: DateTime
    ex_date: DateTime | None = None


EXTENSION = Extension(
    NAMESPACE,
    title="E-mail forwarding of .name",
    reference="emailFwd-1.0",
    objects=(
        EmailFwdCheck,
        EmailFwdCreate,
        EmailFwdDelete,
        EmailFwdInfo,
        EmailFwdRenew,
        EmailFwdTransfer,
        EmailFwdUpdate,
        EmailFwdCheckData,
        EmailFwdCreateData,
        EmailFwdInfoData,
        EmailFwdPanData,
        EmailFwdRenewData,
        EmailFwdTransferData,
    ),
)
