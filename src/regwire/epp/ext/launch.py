"""Launch phases: launch-1.0 (RFC 8334). Marks and signed marks (RFC 7848) stay raw, as their signatures need."""

from typing import Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.common import DateTime, Label, Language, MinToken, Normalized, Token
from regwire.epp.messages.domain import (
    DomainCheck,
    DomainCheckData,
    DomainCreate,
    DomainCreateData,
    DomainDelete,
    DomainInfo,
    DomainInfoData,
    DomainUpdate,
)
from regwire.schema import (
    Choice,
    Element,
    Namespace,
    Raw,
    Sequence,
    Type,
    attribute,
    child,
    content,
    wildcard,
)

__all__ = [
    "EXTENSION",
    "MARK",
    "NAMESPACE",
    "SIGNED_MARK",
    "LaunchCheck",
    "LaunchCheckData",
    "LaunchCheckItem",
    "LaunchCheckName",
    "LaunchClaimKey",
    "LaunchCode",
    "LaunchCodeMark",
    "LaunchCreate",
    "LaunchCreateData",
    "LaunchDelete",
    "LaunchInfo",
    "LaunchInfoData",
    "LaunchNotice",
    "LaunchNoticeId",
    "LaunchPhase",
    "LaunchStatus",
    "LaunchUpdate",
]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:launch-1.0", prefix="launch")
MARK = Namespace("urn:ietf:params:xml:ns:mark-1.0", prefix="mark")
SIGNED_MARK = Namespace("urn:ietf:params:xml:ns:signedMark-1.0", prefix="smd")


class LaunchPhase(Type, ns=NAMESPACE):
    """<phase> (RFC 8334 section 2.3), with the name of a custom phase or of a sub-phase."""

    value: Literal["sunrise", "landrush", "claims", "open", "custom"] = content()
    name: Token | None = attribute(default=None)


class LaunchCode(Type, ns=NAMESPACE):
    """<code> (RFC 8334 section 2.6.1)."""

    value: MinToken = content()
    validator_id: MinToken | None = attribute("validatorID", default=None)


class LaunchCodeMark(Type, ns=NAMESPACE):
    """<codeMark> (RFC 8334 section 2.6.1): a code, a mark, or both."""

    code: LaunchCode | None = None
    mark: Raw | None = wildcard(ns=(MARK.uri,), process="skip", min=0, default=None)


class LaunchNoticeId(Type, ns=NAMESPACE):
    """<noticeID> (RFC 8334 section 3.3.1)."""

    value: MinToken = content()
    validator_id: MinToken | None = attribute("validatorID", default=None)


class LaunchNotice(Type, ns=NAMESPACE):
    """<notice> (RFC 8334 section 3.3.1): the claims notice that the registrant accepted."""

    notice_id: LaunchNoticeId = child("noticeID")
    not_after: DateTime
    accepted_date: DateTime


class LaunchStatus(Type, ns=NAMESPACE):
    """<status> (RFC 8334 section 2.4)."""

    s: Literal["pendingValidation", "validated", "invalid", "pendingAllocation", "allocated", "rejected", "custom"] = (
        attribute()
    )
    text: Normalized = content(default="")
    lang: Language = attribute(default="en")
    name: Token | None = attribute(default=None)


class LaunchCheckName(Type, ns=NAMESPACE):
    """<name> of claims check data (RFC 8334 section 3.1.1)."""

    name: Label = content()
    exists: bool = attribute()


class LaunchClaimKey(Type, ns=NAMESPACE):
    """<claimKey> (RFC 8334 section 3.1.1)."""

    value: Token = content(default="")
    validator_id: MinToken | None = attribute("validatorID", default=None)


class LaunchCheckItem(Type, ns=NAMESPACE):
    """<cd> (RFC 8334 section 3.1.1)."""

    name: LaunchCheckName
    claim_keys: tuple[LaunchClaimKey, ...] = child("claimKey", default=())


class LaunchCheck(Element, ns=NAMESPACE, tag="check"):
    """<launch:check> (RFC 8334 section 3.1)."""

    phase: LaunchPhase | None = None
    type: Literal["claims", "avail", "trademark"] = attribute(default="claims")


class LaunchInfo(Element, ns=NAMESPACE, tag="info"):
    """<launch:info> (RFC 8334 section 3.2)."""

    phase: LaunchPhase
    application_id: Token | None = child("applicationID", default=None)
    include_mark: bool = attribute("includeMark", default=False)


class LaunchCreate(
    Element,
    ns=NAMESPACE,
    tag="create",
    content=Sequence("phase", Choice("code_marks", "signed_marks", min=0), "notices"),
):
    """<launch:create> (RFC 8334 section 3.3): proofs are code marks or (encoded) signed marks."""

    phase: LaunchPhase
    code_marks: tuple[LaunchCodeMark, ...] = child("codeMark", default=())
    signed_marks: tuple[Raw, ...] = wildcard(ns=(SIGNED_MARK.uri,), process="skip", min=0, max=None, default=())
    notices: tuple[LaunchNotice, ...] = child("notice", default=())
    type: Literal["application", "registration"] | None = attribute(default=None)


class LaunchUpdate(Element, ns=NAMESPACE, tag="update"):
    """<launch:update> (RFC 8334 section 3.4)."""

    phase: LaunchPhase
    application_id: Token = child("applicationID")


class LaunchDelete(Element, ns=NAMESPACE, tag="delete"):
    """<launch:delete> (RFC 8334 section 3.5)."""

    phase: LaunchPhase
    application_id: Token = child("applicationID")


class LaunchCheckData(Element, ns=NAMESPACE, tag="chkData"):
    """<launch:chkData> (RFC 8334 section 3.1)."""

    phase: LaunchPhase | None = None
    items: tuple[LaunchCheckItem, ...] = child("cd", min=1, kw_only=True)


class LaunchCreateData(Element, ns=NAMESPACE, tag="creData"):
    """<launch:creData> (RFC 8334 section 3.3.4)."""

    phase: LaunchPhase
    application_id: Token = child("applicationID")


class LaunchInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<launch:infData> (RFC 8334 section 3.2)."""

    phase: LaunchPhase
    application_id: Token | None = child("applicationID", default=None)
    status: LaunchStatus | None = None
    marks: tuple[Raw, ...] = wildcard(ns=(MARK.uri,), process="skip", min=0, max=None, default=())


EXTENSION = Extension(
    NAMESPACE,
    title="Launch phases",
    reference="RFC 8334",
    commands={
        LaunchCheck: (DomainCheck,),
        LaunchInfo: (DomainInfo,),
        LaunchCreate: (DomainCreate,),
        LaunchUpdate: (DomainUpdate,),
        LaunchDelete: (DomainDelete,),
    },
    responses={
        LaunchCheckData: (DomainCheckData,),
        LaunchCreateData: (DomainCreateData,),
        LaunchInfoData: (DomainInfoData,),
    },
)
