"""Eligibility of domains (Tango): tango-domain-eligibility-1.0."""

from typing import Annotated

from regwire.epp.extension import Extension
from regwire.epp.messages.domain import DomainCreate, DomainInfoData, DomainUpdate
from regwire.schema import Element, Namespace, Type, string

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "TangoDomainEligibilityChg",
    "TangoDomainEligibilityCreate",
    "TangoDomainEligibilityInfoData",
    "TangoDomainEligibilityUpdate",
]

NAMESPACE = Namespace("http://xmlns.tango-rs.net/epp/eligibility-1.0", prefix="tango-domain-eligibility")

TangoDomainEligibilityIntendedUse = Annotated[str, string(min_length=1, max_length=2048)]


class TangoDomainEligibilityCreate(Element, ns=NAMESPACE, tag="create"):
    """<tango-domain-eligibility:create> (tango-domain-eligibility-1.0)."""

    intended_use: TangoDomainEligibilityIntendedUse


class TangoDomainEligibilityChg(Type, ns=NAMESPACE):
    """The type chgType (tango-domain-eligibility-1.0)."""

    intended_use: TangoDomainEligibilityIntendedUse


class TangoDomainEligibilityUpdate(Element, ns=NAMESPACE, tag="update"):
    """<tango-domain-eligibility:update> (tango-domain-eligibility-1.0)."""

    chg: TangoDomainEligibilityChg


class TangoDomainEligibilityInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<tango-domain-eligibility:infData> (tango-domain-eligibility-1.0)."""

    intended_use: TangoDomainEligibilityIntendedUse


EXTENSION = Extension(
    NAMESPACE,
    title="Eligibility of domains (Tango)",
    reference="tango-domain-eligibility-1.0",
    commands={TangoDomainEligibilityCreate: (DomainCreate,), TangoDomainEligibilityUpdate: (DomainUpdate,)},
    responses={TangoDomainEligibilityInfoData: (DomainInfoData,)},
)
