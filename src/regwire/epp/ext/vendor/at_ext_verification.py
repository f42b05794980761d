"""Verification of contacts (nic.at): at-ext-verification-1.0."""

from typing import Annotated, Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.common import ClientId, DateTime, Language, Normalized
from regwire.epp.messages.contact import ContactCreate, ContactInfoData, ContactUpdate
from regwire.schema import Element, Namespace, Type, attribute, child, content, token

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "AtVerificationCreate",
    "AtVerificationInfoData",
    "AtVerificationReport",
    "AtVerificationStatus",
    "AtVerificationUpdate",
]

NAMESPACE = Namespace("http://www.nic.at/xsd/at-ext-verification-1.0", prefix="verification")

AtVerificationResultValue = Literal["success", "failure"]
AtVerificationShortToken = Annotated[str, token(min_length=1, max_length=64)]
AtVerificationReferenceValue = Annotated[str, token(min_length=1, max_length=512)]
AtVerificationStatusValue = Literal["none", "pending", "serverHold", "verified", "failed"]


class AtVerificationReport(Type, ns=NAMESPACE):
    """The type reportType (at-ext-verification-1.0)."""

    result: AtVerificationResultValue
    verification_date: DateTime
    method: AtVerificationShortToken | None = None
    reference: AtVerificationReferenceValue | None = None
    agent: AtVerificationShortToken | None = None
    received_date: DateTime | None = attribute(default=None)
    cl_id: ClientId | None = attribute("clID", default=None)


class AtVerificationCreate(Element, ns=NAMESPACE, tag="create"):
    """<verification:create> (at-ext-verification-1.0)."""

    report: AtVerificationReport


class AtVerificationUpdate(Element, ns=NAMESPACE, tag="update"):
    """<verification:update> (at-ext-verification-1.0)."""

    report: AtVerificationReport


class AtVerificationStatus(Type, ns=NAMESPACE):
    """The type statusType (at-ext-verification-1.0)."""

    value: Normalized = content(default="")
    s: AtVerificationStatusValue = attribute(kw_only=True)
    lang: Language = attribute(default="en")


class AtVerificationInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<verification:infData> (at-ext-verification-1.0)."""

    report: AtVerificationReport | None = None
    status: AtVerificationStatus = child(kw_only=True)
    action_date: DateTime | None = None


EXTENSION = Extension(
    NAMESPACE,
    title="Verification of contacts (nic.at)",
    reference="at-ext-verification-1.0",
    commands={AtVerificationCreate: (ContactCreate,), AtVerificationUpdate: (ContactUpdate,)},
    responses={AtVerificationInfoData: (ContactInfoData,)},
)
