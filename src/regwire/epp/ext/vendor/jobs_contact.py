"""Contacts of .jobs: jobsContact-1.0."""

from typing import Annotated, Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.contact import ContactCreate, ContactInfoData, ContactUpdate
from regwire.schema import Element, Namespace, child, normalized

__all__ = ["EXTENSION", "NAMESPACE", "JobsContactCreate", "JobsContactInfoData", "JobsContactUpdate"]

NAMESPACE = Namespace("http://www.verisign.com/epp/jobsContact-1.0", prefix="jobsContact")

JobsContactOpt = Annotated[str, normalized(max_length=128)]
JobsContactLabel = Annotated[str, normalized(max_length=256)]
JobsContactBoolean = Literal["Yes", "No"]


class JobsContactCreate(Element, ns=NAMESPACE, tag="create"):
    """<jobsContact:create> (jobsContact-1.0)."""

    title: JobsContactOpt | None = None
    website: JobsContactLabel = child(kw_only=True)
    industry_type: JobsContactOpt | None = None
    is_admin_contact: JobsContactBoolean = child(kw_only=True)
    is_association_member: JobsContactBoolean | None = None


class JobsContactUpdate(Element, ns=NAMESPACE, tag="update"):
    """<jobsContact:update> (jobsContact-1.0)."""

    title: JobsContactOpt | None = None
    website: JobsContactLabel | None = None
    industry_type: JobsContactOpt | None = None
    is_admin_contact: JobsContactBoolean | None = None
    is_association_member: JobsContactBoolean | None = None


class JobsContactInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<jobsContact:infData> (jobsContact-1.0)."""

    title: JobsContactOpt | None = None
    website: JobsContactLabel = child(kw_only=True)
    industry_type: JobsContactOpt | None = None
    is_admin_contact: JobsContactBoolean = child(kw_only=True)
    is_association_member: JobsContactBoolean | None = None


EXTENSION = Extension(
    NAMESPACE,
    title="Contacts of .jobs",
    reference="jobsContact-1.0",
    commands={JobsContactCreate: (ContactCreate,), JobsContactUpdate: (ContactUpdate,)},
    responses={JobsContactInfoData: (ContactInfoData,)},
)
