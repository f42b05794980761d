""".dk: dkhm-4.4."""

from typing import Annotated, Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.common import DateTime, MinToken, Token
from regwire.epp.messages.contact import ContactCreate, ContactInfoData, ContactUpdate
from regwire.epp.messages.domain import (
    DomainCheckData,
    DomainCreate,
    DomainCreateData,
    DomainDelete,
    DomainInfoData,
    DomainUpdate,
)
from regwire.epp.messages.host import HostCreate, HostUpdate
from regwire.schema import Element, Namespace, Raw, Type, attribute, child, content, string, token, wildcard, wrapped

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "DkhmAuthInfo",
    "DkhmAuthInfoExDate",
    "DkhmAutoRenew",
    "DkhmCommand",
    "DkhmContact",
    "DkhmContactValidated",
    "DkhmCvr",
    "DkhmDelDate",
    "DkhmDomainAdvisory",
    "DkhmDomainConfirmed",
    "DkhmEan",
    "DkhmManagement",
    "DkhmMobilephone",
    "DkhmOrderconfirmationToken",
    "DkhmPnumber",
    "DkhmRegistrantValidated",
    "DkhmRequestedNsAdmin",
    "DkhmRiskAssessment",
    "DkhmSecondaryEmail",
    "DkhmTrackingNo",
    "DkhmUrl",
    "DkhmUserType",
    "DkhmVid",
    "DkhmWithdraw",
]

NAMESPACE = Namespace("urn:dkhm:params:xml:ns:dkhm-4.4", prefix="dkhm")

DkhmUser = Literal["C", "P", "A", "I", "company", "public_organization", "association", "individual"]
DkhmEanValue = Annotated[str, token(max_length=30)]
DkhmCvrValue = Annotated[str, token(max_length=50)]
DkhmE164String = Annotated[str, token(max_length=17, pattern=r"(\+[0-9]{1,3}\.[0-9]{1,14})?")]
DkhmPnumberValue = Annotated[str, token(max_length=10)]
DkhmContactValue = Annotated[str, token(min_length=3, max_length=16)]
DkhmRequestedNsAdminValue = Annotated[str, token(min_length=3, max_length=16)]
DkhmRiskAssessmentValue = Literal["GREEN", "BLUE", "YELLOW", "RED", "N/A"]
DkhmAuthInfoOp = Annotated[
    str,
    string(
        enumeration=(
            "transfer",
            "redel",
        )
    ),
]
DkhmTrIdString = Annotated[str, token(min_length=3, max_length=64)]
DkhmAutoRenewValue = Literal["true", "false"]
DkhmManagementValue = Literal["registrar", "registrant"]
DkhmVidValue = Literal["true", "false"]


class DkhmUserType(Element, ns=NAMESPACE, tag="userType"):
    """<dkhm:userType> (dkhm-4.4)."""

    value: DkhmUser = content()


class DkhmEan(Element, ns=NAMESPACE, tag="EAN"):
    """<dkhm:EAN> (dkhm-4.4)."""

    value: DkhmEanValue = content()


class DkhmCvr(Element, ns=NAMESPACE, tag="CVR"):
    """<dkhm:CVR> (dkhm-4.4)."""

    value: DkhmCvrValue = content()


class DkhmMobilephone(Element, ns=NAMESPACE, tag="mobilephone"):
    """<dkhm:mobilephone> (dkhm-4.4)."""

    value: DkhmE164String = content()
    x: Token | None = attribute(default=None)


class DkhmSecondaryEmail(Element, ns=NAMESPACE, tag="secondaryEmail"):
    """<dkhm:secondaryEmail> (dkhm-4.4)."""

    value: MinToken = content()


class DkhmPnumber(Element, ns=NAMESPACE, tag="pnumber"):
    """<dkhm:pnumber> (dkhm-4.4)."""

    value: DkhmPnumberValue = content()


class DkhmContact(Element, ns=NAMESPACE, tag="contact"):
    """<dkhm:contact> (dkhm-4.4)."""

    value: DkhmContactValue = content()


class DkhmTrackingNo(Element, ns=NAMESPACE, tag="trackingNo"):
    """<dkhm:trackingNo> (dkhm-4.4)."""

    value: Token = content(default="")


class DkhmDomainAdvisory(Element, ns=NAMESPACE, tag="domainAdvisory"):
    """<dkhm:domainAdvisory> (dkhm-4.4)."""

    domain: Token | None = attribute(default=None)
    advisory: Token | None = attribute(default=None)
    date: DateTime | None = attribute(default=None)


class DkhmOrderconfirmationToken(Element, ns=NAMESPACE, tag="orderconfirmationToken"):
    """<dkhm:orderconfirmationToken> (dkhm-4.4)."""

    value: Token = content(default="")


class DkhmDomainConfirmed(Element, ns=NAMESPACE, tag="domain_confirmed"):
    """<dkhm:domain_confirmed> (dkhm-4.4)."""

    value: Token = content(default="")


class DkhmContactValidated(Element, ns=NAMESPACE, tag="contact_validated"):
    """<dkhm:contact_validated> (dkhm-4.4)."""

    value: Token = content(default="")


class DkhmRegistrantValidated(Element, ns=NAMESPACE, tag="registrant_validated"):
    """<dkhm:registrant_validated> (dkhm-4.4)."""

    value: Token = content(default="")


class DkhmRequestedNsAdmin(Element, ns=NAMESPACE, tag="requestedNsAdmin"):
    """<dkhm:requestedNsAdmin> (dkhm-4.4)."""

    value: DkhmRequestedNsAdminValue = content()


class DkhmRiskAssessment(Element, ns=NAMESPACE, tag="risk_assessment"):
    """<dkhm:risk_assessment> (dkhm-4.4)."""

    value: DkhmRiskAssessmentValue = content()


class DkhmUrl(Element, ns=NAMESPACE, tag="url"):
    """<dkhm:url> (dkhm-4.4)."""

    value: Token = content(default="")


class DkhmAuthInfoExDate(Element, ns=NAMESPACE, tag="authInfoExDate"):
    """<dkhm:authInfoExDate> (dkhm-4.4)."""

    value: DateTime = content()


class DkhmAuthInfo(Element, ns=NAMESPACE, tag="authInfo"):
    """<dkhm:authInfo> (dkhm-4.4)."""

    value: Token = content(default="")
    op: DkhmAuthInfoOp = attribute(kw_only=True)
    expdate: DateTime = attribute(kw_only=True)


class DkhmDelDate(Element, ns=NAMESPACE, tag="delDate"):
    """<dkhm:delDate> (dkhm-4.4)."""

    value: DateTime = content()


class DkhmWithdraw(Type, ns=NAMESPACE):
    """The type withdrawType (dkhm-4.4)."""

    element: Element | Raw = wildcard()


class DkhmCommand(Element, ns=NAMESPACE, tag="command"):
    """<dkhm:command> (dkhm-4.4)."""

    withdraw: DkhmWithdraw
    extension: tuple[Element | Raw, ...] = wrapped("extension", wildcard(min=1, max=None), default=())
    cl_trid: DkhmTrIdString | None = child("clTRID", default=None)


class DkhmAutoRenew(Element, ns=NAMESPACE, tag="autoRenew"):
    """<dkhm:autoRenew> (dkhm-4.4)."""

    value: DkhmAutoRenewValue = content()


class DkhmManagement(Element, ns=NAMESPACE, tag="management"):
    """<dkhm:management> (dkhm-4.4)."""

    value: DkhmManagementValue = content()


class DkhmVid(Element, ns=NAMESPACE, tag="vid"):
    """<dkhm:vid> (dkhm-4.4)."""

    value: DkhmVidValue = content()


EXTENSION = Extension(
    NAMESPACE,
    title=".dk",
    reference="dkhm-4.4",
    commands={
        DkhmUserType: (ContactCreate,),
        DkhmEan: (ContactCreate,),
        DkhmCvr: (ContactCreate,),
        DkhmPnumber: (ContactCreate,),
        DkhmMobilephone: (
            ContactCreate,
            ContactUpdate,
        ),
        DkhmSecondaryEmail: (
            ContactCreate,
            ContactUpdate,
        ),
        DkhmContact: (HostCreate,),
        DkhmOrderconfirmationToken: (DomainCreate,),
        DkhmRequestedNsAdmin: (HostUpdate,),
        DkhmAuthInfo: (DomainUpdate,),
        DkhmAutoRenew: (DomainUpdate,),
        DkhmManagement: (DomainCreate,),
        DkhmVid: (
            DomainCreate,
            DomainUpdate,
        ),
        DkhmDelDate: (DomainDelete,),
    },
    responses={
        DkhmTrackingNo: (DomainCreateData,),
        DkhmDomainAdvisory: (
            DomainCheckData,
            DomainInfoData,
        ),
        DkhmDomainConfirmed: (DomainCreateData,),
        DkhmContactValidated: (ContactInfoData,),
        DkhmRegistrantValidated: (
            DomainCreateData,
            DomainInfoData,
        ),
        DkhmRiskAssessment: (DomainCreateData,),
        DkhmUrl: (DomainCreateData,),
        DkhmAuthInfoExDate: (DomainInfoData,),
    },
    elements=(DkhmCommand,),
)
