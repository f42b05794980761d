"""Eligibility of domains (CORE): core-domain-eligibility-1.0."""

from typing import Annotated

from regwire.epp.extension import Extension
from regwire.epp.messages.domain import DomainCreate, DomainInfoData, DomainUpdate
from regwire.schema import Element, Namespace, Type, string

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "CoreDomainEligibilityChg",
    "CoreDomainEligibilityCreate",
    "CoreDomainEligibilityInfoData",
    "CoreDomainEligibilityUpdate",
]

NAMESPACE = Namespace("http://xmlns.corenic.net/epp/eligibility-1.0", prefix="core-domain-eligibility")

CoreDomainEligibilityIntendedUse = Annotated[str, string(min_length=1, max_length=2048)]


class CoreDomainEligibilityCreate(Element, ns=NAMESPACE, tag="create"):
    """<core-domain-eligibility:create> (core-domain-eligibility-1.0)."""

    intended_use: CoreDomainEligibilityIntendedUse


class CoreDomainEligibilityChg(Type, ns=NAMESPACE):
    """The type chgType (core-domain-eligibility-1.0)."""

    intended_use: CoreDomainEligibilityIntendedUse


class CoreDomainEligibilityUpdate(Element, ns=NAMESPACE, tag="update"):
    """<core-domain-eligibility:update> (core-domain-eligibility-1.0)."""

    chg: CoreDomainEligibilityChg


class CoreDomainEligibilityInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<core-domain-eligibility:infData> (core-domain-eligibility-1.0)."""

    intended_use: CoreDomainEligibilityIntendedUse


EXTENSION = Extension(
    NAMESPACE,
    title="Eligibility of domains (CORE)",
    reference="core-domain-eligibility-1.0",
    commands={CoreDomainEligibilityCreate: (DomainCreate,), CoreDomainEligibilityUpdate: (DomainUpdate,)},
    responses={CoreDomainEligibilityInfoData: (DomainInfoData,)},
)
