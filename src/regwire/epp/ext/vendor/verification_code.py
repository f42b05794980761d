"""Verification codes (Verisign): verificationCode-1.0."""

from typing import Annotated, Literal

from regwire.epp.extension import Extension
from regwire.epp.messages.common import DateTime, Token
from regwire.epp.messages.domain import DomainInfo, DomainInfoData
from regwire.schema import Element, Namespace, Raw, Type, attribute, child, content, token, wildcard, xml_id

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "AbstractSignedCode",
    "EncodedSignedCode",
    "SignedCode",
    "VerificationCodes",
    "VerificationEncodedSignedCode",
    "VerificationInfo",
    "VerificationInfoData",
    "VerificationInfoVerificationCode",
    "VerificationMissingCodes",
    "VerificationMissingVerificationCode",
    "VerificationProfileData",
    "VerificationVerificationCode",
]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:verificationCode-1.0", prefix="verificationCode")

VerificationVerificationCodeValue = Annotated[str, token(pattern=r"\d+-[A-Za-z0-9]+")]
VerificationStatusEnum = Literal["notApplicable", "nonCompliant", "pendingCompliance", "compliant"]


class AbstractSignedCode(Element, ns=NAMESPACE, tag="abstractSignedCode", abstract=True):
    """<verificationCode:abstractSignedCode> (verificationCode-1.0)."""


class VerificationVerificationCode(Type, ns=NAMESPACE):
    """The type verificationCodeType (verificationCode-1.0)."""

    value: VerificationVerificationCodeValue = content()
    type: Token = attribute()


class SignedCode(AbstractSignedCode, ns=NAMESPACE, tag="signedCode", substitutes=AbstractSignedCode):
    """<verificationCode:signedCode> (verificationCode-1.0)."""

    code: VerificationVerificationCode
    signature: Raw = wildcard(ns=("http://www.w3.org/2000/09/xmldsig#",), process="skip")
    id: Annotated[str, xml_id()] = attribute()


class VerificationEncodedSignedCode(Type, ns=NAMESPACE):
    """The type encodedSignedCodeType (verificationCode-1.0)."""

    value: Token = content(default="")
    encoding: Token = attribute(default="base64")


class EncodedSignedCode(Element, ns=NAMESPACE, tag="encodedSignedCode"):
    """<verificationCode:encodedSignedCode> (verificationCode-1.0)."""

    codes: tuple[VerificationEncodedSignedCode, ...] = child("code", min=1)


class VerificationInfo(Element, ns=NAMESPACE, tag="info"):
    """<verificationCode:info> (verificationCode-1.0)."""

    value: Token = content(default="")
    profile: Token | None = attribute(default=None)


class VerificationMissingVerificationCode(Type, ns=NAMESPACE):
    """The content of <missingVerificationCode> (verificationCode-1.0)."""

    value: Token = content(default="")
    type: Token = attribute(kw_only=True)
    due: DateTime = attribute(kw_only=True)


class VerificationMissingCodes(Type, ns=NAMESPACE):
    """The content of <missingCodes> (verificationCode-1.0)."""

    codes: tuple[VerificationMissingVerificationCode, ...] = child("code", min=1)


class VerificationInfoVerificationCode(Type, ns=NAMESPACE):
    """The type infoVerificationCodeType (verificationCode-1.0)."""

    value: Token = content(default="")
    type: Token = attribute(kw_only=True)
    date: DateTime = attribute(kw_only=True)


class VerificationCodes(Type, ns=NAMESPACE):
    """The type codesType (verificationCode-1.0)."""

    codes: tuple[VerificationInfoVerificationCode, ...] = child("code", min=1)


class VerificationProfileData(Type, ns=NAMESPACE):
    """The type profileDataType (verificationCode-1.0)."""

    status: VerificationStatusEnum
    missing: VerificationMissingCodes | None = None
    set: VerificationCodes | None = None
    name: Token | None = attribute(default=None)


class VerificationInfoData(Element, ns=NAMESPACE, tag="infData"):
    """<verificationCode:infData> (verificationCode-1.0)."""

    status: VerificationStatusEnum
    profiles: tuple[VerificationProfileData, ...] = child("profile", default=())


EXTENSION = Extension(
    NAMESPACE,
    title="Verification codes (Verisign)",
    reference="verificationCode-1.0",
    commands={VerificationInfo: (DomainInfo,)},
    responses={VerificationInfoData: (DomainInfoData,)},
    elements=(
        AbstractSignedCode,
        SignedCode,
        EncodedSignedCode,
    ),
)
