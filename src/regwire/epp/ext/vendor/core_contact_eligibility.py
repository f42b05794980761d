"""Eligibility of contacts (CORE): core-contact-eligibility-1.1."""

from typing import Annotated, Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.common import Text
from regwire.epp.messages.contact import ContactCreate, ContactInfoData, ContactUpdate
from regwire.schema import Element, Namespace, Type, attribute, child, content, string

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "CoreContactEligibilityChg",
    "CoreContactEligibilityCreate",
    "CoreContactEligibilityInfoData",
    "CoreContactEligibilityOptPublicId",
    "CoreContactEligibilityReqPublicId",
    "CoreContactEligibilityUpdate",
]

NAMESPACE = Namespace("http://xmlns.corenic.net/epp/contact-eligibility-1.1", prefix="core-contact-eligibility")

CoreContactEligibilityReqLatin = Annotated[str, string(min_length=1, pattern=r"\p{IsBasicLatin}*")]
CoreContactEligibilityNaturalPerson = Literal["true", "false", ""]
CoreContactEligibilityOptLatin = Annotated[str, string(pattern=r"\p{IsBasicLatin}*")]
CoreContactEligibilityValidationStatus = Literal["pendingValidation", "validated", "invalid"]


class CoreContactEligibilityReqPublicId(Type, ns=NAMESPACE):
    """The content of <reqPublicId> (core-contact-eligibility-1.1)."""

    value: CoreContactEligibilityReqLatin = content()
    type: Text = attribute()


class CoreContactEligibilityCreate(Element, ns=NAMESPACE, tag="create"):
    """<core-contact-eligibility:create> (core-contact-eligibility-1.1)."""

    public_ids: tuple[CoreContactEligibilityReqPublicId, ...] = child("publicId", default=())
    natural_person: CoreContactEligibilityNaturalPerson | None = None


class CoreContactEligibilityOptPublicId(Type, ns=NAMESPACE):
    """The content of <optPublicId> (core-contact-eligibility-1.1)."""

    value: CoreContactEligibilityOptLatin = content()
    type: Text = attribute()


class CoreContactEligibilityChg(Type, ns=NAMESPACE):
    """The type chgType (core-contact-eligibility-1.1)."""

    public_ids: tuple[CoreContactEligibilityOptPublicId, ...] = child("publicId", default=())
    natural_person: CoreContactEligibilityNaturalPerson | None = None


class CoreContactEligibilityUpdate(Element, ns=NAMESPACE, tag="update"):
    """<core-contact-eligibility:update> (core-contact-eligibility-1.1)."""

    chg: CoreContactEligibilityChg


class CoreContactEligibilityInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<core-contact-eligibility:infData> (core-contact-eligibility-1.1)."""

    public_ids: tuple[CoreContactEligibilityReqPublicId, ...] = child("publicId", default=())
    natural_person: CoreContactEligibilityNaturalPerson | None = None
    validation_status: CoreContactEligibilityValidationStatus | None = None


EXTENSION = Extension(
    NAMESPACE,
    title="Eligibility of contacts (CORE)",
    reference="core-contact-eligibility-1.1",
    commands={CoreContactEligibilityCreate: (ContactCreate,), CoreContactEligibilityUpdate: (ContactUpdate,)},
    responses={CoreContactEligibilityInfoData: (ContactInfoData,)},
)
