"""NameWatch of .name: nameWatch-1.0."""

from typing import Annotated, Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.common import (
    AuthExt,
    AuthPw,
    ClientId,
    Date,
    DateTime,
    Language,
    Normalized,
    Roid,
    TransferStatus,
)
from regwire.schema import Choice, Element, Namespace, Type, attribute, child, content, flag, integer, token

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "NameWatchAddRem",
    "NameWatchAuthInfo",
    "NameWatchAuthInfoChg",
    "NameWatchChg",
    "NameWatchCreate",
    "NameWatchCreateData",
    "NameWatchDelete",
    "NameWatchInfo",
    "NameWatchInfoData",
    "NameWatchPeriod",
    "NameWatchRenew",
    "NameWatchRenewData",
    "NameWatchRptTo",
    "NameWatchStatus",
    "NameWatchTransfer",
    "NameWatchTransferData",
    "NameWatchUpdate",
]

NAMESPACE = Namespace("http://www.nic.name/epp/nameWatch-1.0", prefix="nameWatch")

NameWatchName = Annotated[str, token(min_length=1, max_length=63)]
NameWatchEmailAddr = Annotated[str, token(pattern=r".+@.+")]
NameWatchFreq = Literal["daily", "weekly", "monthly"]
NameWatchPLimit = Annotated[int, integer("unsignedShort", min=1, max=99)]
NameWatchPUnit = Literal["y", "m"]
NameWatchStatusValue = Literal[
    "clientDeleteProhibited",
    "clientHold",
    "clientRenewProhibited",
    "clientTransferProhibited",
    "clientUpdateProhibited",
    "ok",
    "pendingDelete",
    "pendingTransfer",
    "serverDeleteProhibited",
    "serverHold",
    "serverRenewProhibited",
    "serverTransferProhibited",
    "serverUpdateProhibited",
]


class NameWatchRptTo(Type, ns=NAMESPACE):
    """The type rptToType (nameWatch-1.0)."""

    value: NameWatchEmailAddr = content()
    freq: NameWatchFreq = attribute()


class NameWatchPeriod(Type, ns=NAMESPACE):
    """The type periodType (nameWatch-1.0)."""

    value: NameWatchPLimit = content()
    unit: NameWatchPUnit = attribute()


class NameWatchAuthInfo(Type, ns=NAMESPACE, content=Choice("pw", "ext")):
    """The type authInfoType (nameWatch-1.0)."""

    pw: AuthPw | None = None
    ext: AuthExt | None = None


class NameWatchCreate(Element, ns=NAMESPACE, tag="create"):
    """<nameWatch:create> (nameWatch-1.0)."""

    name: NameWatchName
    registrant: ClientId
    rpt_to: NameWatchRptTo
    period: NameWatchPeriod | None = None
    auth_info: NameWatchAuthInfo = child(kw_only=True)


class NameWatchDelete(Element, ns=NAMESPACE, tag="delete"):
    """<nameWatch:delete> (nameWatch-1.0)."""

    roid: Roid


class NameWatchInfo(Element, ns=NAMESPACE, tag="info"):
    """<nameWatch:info> (nameWatch-1.0)."""

    roid: Roid
    auth_info: NameWatchAuthInfo | None = None


class NameWatchRenew(Element, ns=NAMESPACE, tag="renew"):
    """<nameWatch:renew> (nameWatch-1.0)."""

    roid: Roid
    cur_exp_date: Date
    period: NameWatchPeriod | None = None


class NameWatchTransfer(Element, ns=NAMESPACE, tag="transfer"):
    """<nameWatch:transfer> (nameWatch-1.0)."""

    roid: Roid
    period: NameWatchPeriod | None = None
    auth_info: NameWatchAuthInfo | None = None


class NameWatchStatus(Type, ns=NAMESPACE):
    """The type statusType (nameWatch-1.0)."""

    value: Normalized = content(default="")
    s: NameWatchStatusValue = attribute(kw_only=True)
    lang: Language = attribute(default="en")


class NameWatchAddRem(Type, ns=NAMESPACE):
    """The type addRemType (nameWatch-1.0)."""

    statuses: tuple[NameWatchStatus, ...] = child("status", max=12, default=())


class NameWatchAuthInfoChg(Type, ns=NAMESPACE, content=Choice("pw", "ext", "null")):
    """The type authInfoChgType (nameWatch-1.0)."""

    pw: AuthPw | None = None
    ext: AuthExt | None = None
    null: bool = flag(default=False)


class NameWatchChg(Type, ns=NAMESPACE):
    """The type chgType (nameWatch-1.0)."""

    registrant: ClientId | None = None
    rpt_to: NameWatchRptTo | None = None
    auth_info: NameWatchAuthInfoChg | None = None


class NameWatchUpdate(Element, ns=NAMESPACE, tag="update"):
    """<nameWatch:update> (nameWatch-1.0)."""

    roid: Roid
    add: NameWatchAddRem | None = None
    rem: NameWatchAddRem | None = None
    chg: NameWatchChg | None = None


class NameWatchCreateData(Element, ns=NAMESPACE, tag="creData"):
    """<nameWatch:creData> (nameWatch-1.0)."""

    roid: Roid
    name: NameWatchName
    cr_date: DateTime
    ex_date: DateTime | None = None


class NameWatchInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<nameWatch:infData> (nameWatch-1.0)."""

    roid: Roid
    name: NameWatchName
    registrant: ClientId | None = None
    rpt_to: NameWatchRptTo | None = None
    statuses: tuple[NameWatchStatus, ...] = child("status", max=14, default=())
    cl_id: ClientId = child("clID", kw_only=True)
    cr_id: ClientId | None = child("crID", default=None)
    cr_date: DateTime | None = None
    up_id: ClientId | None = child("upID", default=None)
    up_date: DateTime | None = None
    ex_date: DateTime | None = None
    tr_date: DateTime | None = None
    auth_info: NameWatchAuthInfo | None = None


class NameWatchRenewData(Element, ns=NAMESPACE, tag="renData"):
    """<nameWatch:renData> (nameWatch-1.0)."""

    roid: Roid
    ex_date: DateTime


class NameWatchTransferData(Element, ns=NAMESPACE, tag="trnData"):
    """<nameWatch:trnData> (nameWatch-1.0)."""

    roid: Roid
    tr_status: TransferStatus
    re_id: ClientId = child("reID")
    re_date: DateTime
    ac_id: ClientId = child("acID")
    ac_date: DateTime
    ex_date: DateTime | None = None


EXTENSION = Extension(
    NAMESPACE,
    title="NameWatch of .name",
    reference="nameWatch-1.0",
    objects=(
        NameWatchCreate,
        NameWatchDelete,
        NameWatchInfo,
        NameWatchRenew,
        NameWatchTransfer,
        NameWatchUpdate,
        NameWatchCreateData,
        NameWatchInfoData,
        NameWatchRenewData,
        NameWatchTransferData,
    ),
)
