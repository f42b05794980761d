"""Defensive registrations of .name: defReg-1.0."""

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
from regwire.schema import Choice, Element, Namespace, Type, attribute, child, content, flag, integer, token

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "DefRegAddRem",
    "DefRegAuthInfo",
    "DefRegAuthInfoChg",
    "DefRegCheck",
    "DefRegCheckData",
    "DefRegCheckName",
    "DefRegCheckRes",
    "DefRegChg",
    "DefRegCreate",
    "DefRegCreateData",
    "DefRegDelete",
    "DefRegInfo",
    "DefRegInfoData",
    "DefRegName",
    "DefRegPeriod",
    "DefRegRenew",
    "DefRegRenewData",
    "DefRegStatus",
    "DefRegTransfer",
    "DefRegTransferData",
    "DefRegUpdate",
]

NAMESPACE = Namespace("http://www.nic.name/epp/defReg-1.0", prefix="defReg")

DefRegLevel = Literal["premium", "standard"]
DefRegTm = Annotated[str, token(min_length=1, max_length=64)]
DefRegCc = Annotated[str, token(length=2)]
DefRegPLimit = Annotated[int, integer("unsignedShort", min=1, max=99)]
DefRegPUnit = Literal["y", "m"]
DefRegStatusValue = Literal[
    "clientDeleteProhibited",
    "clientRenewProhibited",
    "clientTransferProhibited",
    "clientUpdateProhibited",
    "ok",
    "pendingDelete",
    "pendingTransfer",
    "serverDeleteProhibited",
    "serverRenewProhibited",
    "serverTransferProhibited",
    "serverUpdateProhibited",
]


class DefRegName(Type, ns=NAMESPACE):
    """The type nameType (defReg-1.0)."""

    value: Label = content()
    level: DefRegLevel = attribute()


class DefRegCheck(Element, ns=NAMESPACE, tag="check"):
    """<defReg:check> (defReg-1.0)."""

    names: tuple[DefRegName, ...] = child("name", min=1)


class DefRegPeriod(Type, ns=NAMESPACE):
    """The type periodType (defReg-1.0)."""

    value: DefRegPLimit = content()
    unit: DefRegPUnit = attribute()


class DefRegAuthInfo(Type, ns=NAMESPACE, content=Choice("pw", "ext")):
    """The type authInfoType (defReg-1.0)."""

    pw: AuthPw | None = None
    ext: AuthExt | None = None


class DefRegCreate(Element, ns=NAMESPACE, tag="create"):
    """<defReg:create> (defReg-1.0)."""

    name: DefRegName
    registrant: ClientId | None = None
    tm: DefRegTm | None = None
    tm_country: DefRegCc | None = None
    tm_date: Date | None = None
    admin_contact: ClientId | None = None
    period: DefRegPeriod | None = None
    auth_info: DefRegAuthInfo = child(kw_only=True)


class DefRegDelete(Element, ns=NAMESPACE, tag="delete"):
    """<defReg:delete> (defReg-1.0)."""

    roid: Roid


class DefRegInfo(Element, ns=NAMESPACE, tag="info"):
    """<defReg:info> (defReg-1.0)."""

    roid: Roid
    auth_info: DefRegAuthInfo | None = None


class DefRegRenew(Element, ns=NAMESPACE, tag="renew"):
    """<defReg:renew> (defReg-1.0)."""

    roid: Roid
    cur_exp_date: Date
    period: DefRegPeriod | None = None


class DefRegTransfer(Element, ns=NAMESPACE, tag="transfer"):
    """<defReg:transfer> (defReg-1.0)."""

    roid: Roid
    period: DefRegPeriod | None = None
    auth_info: DefRegAuthInfo | None = None


class DefRegStatus(Type, ns=NAMESPACE):
    """The type statusType (defReg-1.0)."""

    value: Normalized = content(default="")
    s: DefRegStatusValue = attribute(kw_only=True)
    lang: Language = attribute(default="en")


class DefRegAddRem(Type, ns=NAMESPACE):
    """The type addRemType (defReg-1.0)."""

    statuses: tuple[DefRegStatus, ...] = child("status", max=12, default=())


class DefRegAuthInfoChg(Type, ns=NAMESPACE, content=Choice("pw", "ext", "null")):
    """The type authInfoChgType (defReg-1.0)."""

    pw: AuthPw | None = None
    ext: AuthExt | None = None
    null: bool = flag(default=False)


class DefRegChg(Type, ns=NAMESPACE):
    """The type chgType (defReg-1.0)."""

    registrant: ClientId | None = None
    tm: DefRegTm | None = None
    tm_country: DefRegCc | None = None
    tm_date: Date | None = None
    admin_contact: ClientId | None = None
    auth_info: DefRegAuthInfoChg | None = None


class DefRegUpdate(Element, ns=NAMESPACE, tag="update"):
    """<defReg:update> (defReg-1.0)."""

    roid: Roid
    add: DefRegAddRem | None = None
    rem: DefRegAddRem | None = None
    chg: DefRegChg | None = None


class DefRegCheckName(Type, ns=NAMESPACE):
    """The type checkNameType (defReg-1.0)."""

    value: Label = content()
    level: DefRegLevel = attribute()
    avail: bool = attribute()


class DefRegCheckRes(Type, ns=NAMESPACE):
    """The type checkResType (defReg-1.0)."""

    name: DefRegCheckName
    reason: Reason | None = None


class DefRegCheckData(Element, ns=NAMESPACE, tag="chkData"):
    """<defReg:chkData> (defReg-1.0)."""

    cds: tuple[DefRegCheckRes, ...] = child("cd", min=1)


class DefRegCreateData(Element, ns=NAMESPACE, tag="creData"):
    """<defReg:creData> (defReg-1.0)."""

    roid: Roid
    name: DefRegName
    cr_date: DateTime
    ex_date: DateTime | None = None


class DefRegInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<defReg:infData> (defReg-1.0)."""

    roid: Roid
    name: DefRegName
    registrant: ClientId | None = None
    tm: DefRegTm | None = None
    tm_country: DefRegCc | None = None
    tm_date: Date | None = None
    admin_contact: ClientId | None = None
    statuses: tuple[DefRegStatus, ...] = child("status", max=12, default=())
    cl_id: ClientId = child("clID", kw_only=True)
    cr_id: ClientId | None = child("crID", default=None)
    cr_date: DateTime | None = None
    up_id: ClientId | None = child("upID", default=None)
    up_date: DateTime | None = None
    ex_date: DateTime | None = None
    tr_date: DateTime | None = None
    auth_info: DefRegAuthInfo | None = None


class DefRegRenewData(Element, ns=NAMESPACE, tag="renData"):
    """<defReg:renData> (defReg-1.0)."""

    roid: Roid
    ex_date: DateTime | None = None


class DefRegTransferData(Element, ns=NAMESPACE, tag="trnData"):
    """<defReg:trnData> (defReg-1.0)."""

    roid: Roid
    tr_status: TransferStatus
    re_id: ClientId = child("reID")
    re_date: DateTime
    ac_id: ClientId = child("acID")
    ac_date: DateTime
    ex_date: DateTime | None = None


EXTENSION = Extension(
    NAMESPACE,
    title="Defensive registrations of .name",
    reference="defReg-1.0",
    objects=(
        DefRegCheck,
        DefRegCreate,
        DefRegDelete,
        DefRegInfo,
        DefRegRenew,
        DefRegTransfer,
        DefRegUpdate,
        DefRegCheckData,
        DefRegCreateData,
        DefRegInfoData,
        DefRegRenewData,
        DefRegTransferData,
    ),
)
