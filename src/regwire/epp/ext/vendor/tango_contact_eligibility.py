"""Eligibility of contacts (Tango): tango-contact-eligibility-1.1."""

from typing import Annotated, Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.common import Text
from regwire.epp.messages.contact import ContactCreate, ContactInfoData, ContactUpdate
from regwire.schema import Element, Namespace, Type, attribute, child, content, string

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "TangoContactEligibilityChg",
    "TangoContactEligibilityCreate",
    "TangoContactEligibilityInfoData",
    "TangoContactEligibilityOptPublicId",
    "TangoContactEligibilityReqPublicId",
    "TangoContactEligibilityUpdate",
]

NAMESPACE = Namespace("http://xmlns.tango-rs.net/epp/contact-eligibility-1.1", prefix="tango-contact-eligibility")

TangoContactEligibilityReqLatin = Annotated[str, string(min_length=1, pattern=r"\p{IsBasicLatin}*")]
TangoContactEligibilityNaturalPerson = Literal["true", "false", ""]
TangoContactEligibilityOptLatin = Annotated[str, string(pattern=r"\p{IsBasicLatin}*")]
TangoContactEligibilityValidationStatus = Literal["pendingValidation", "validated", "invalid"]


class TangoContactEligibilityReqPublicId(Type, ns=NAMESPACE):
    """The content of <reqPublicId> (tango-contact-eligibility-1.1)."""

    value: TangoContactEligibilityReqLatin = content()
    type: Text = attribute()


class TangoContactEligibilityCreate(Element, ns=NAMESPACE, tag="create"):
    """<tango-contact-eligibility:create> (tango-contact-eligibility-1.1)."""

    public_ids: tuple[TangoContactEligibilityReqPublicId, ...] = child("publicId", default=())
    natural_person: TangoContactEligibilityNaturalPerson | None = None


class TangoContactEligibilityOptPublicId(Type, ns=NAMESPACE):
    """The content of <optPublicId> (tango-contact-eligibility-1.1)."""

    value: TangoContactEligibilityOptLatin = content()
    type: Text = attribute()


class TangoContactEligibilityChg(Type, ns=NAMESPACE):
    """The type chgType (tango-contact-eligibility-1.1)."""

    public_ids: tuple[TangoContactEligibilityOptPublicId, ...] = child("publicId", default=())
    natural_person: TangoContactEligibilityNaturalPerson | None = None


class TangoContactEligibilityUpdate(Element, ns=NAMESPACE, tag="update"):
    """<tango-contact-eligibility:update> (tango-contact-eligibility-1.1)."""

    chg: TangoContactEligibilityChg


class TangoContactEligibilityInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<tango-contact-eligibility:infData> (tango-contact-eligibility-1.1)."""

    public_ids: tuple[TangoContactEligibilityReqPublicId, ...] = child("publicId", default=())
    natural_person: TangoContactEligibilityNaturalPerson | None = None
    validation_status: TangoContactEligibilityValidationStatus | None = None


EXTENSION = Extension(
    NAMESPACE,
    title="Eligibility of contacts (Tango)",
    reference="tango-contact-eligibility-1.1",
    commands={TangoContactEligibilityCreate: (ContactCreate,), TangoContactEligibilityUpdate: (ContactUpdate,)},
    responses={TangoContactEligibilityInfoData: (ContactInfoData,)},
)
