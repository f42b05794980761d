"""Signed marks: signedMark-1.0 (RFC 7848)."""

from typing import Annotated

from regwire.epp.ext.mark import AbstractMark, MarkE164
from regwire.epp.extension import Extension
from regwire.epp.messages.common import DateTime, MinToken, Token
from regwire.schema import Element, Namespace, Raw, Type, attribute, content, token, wildcard, xml_id

__all__ = ["EXTENSION", "NAMESPACE", "AbstractSignedMark", "EncodedSignedMark", "SignedMark", "SignedMarkIssuerInfo"]

NAMESPACE = Namespace("urn:ietf:params:xml:ns:signedMark-1.0", prefix="smd")

SignedMarkId = Annotated[str, token(pattern=r"\d+-\d+")]


class AbstractSignedMark(Element, ns=NAMESPACE, tag="abstractSignedMark", abstract=True):
    """<smd:abstractSignedMark> (RFC 7848)."""


class SignedMarkIssuerInfo(Type, ns=NAMESPACE):
    """The type issuerInfoType (RFC 7848)."""

    org: Token
    email: MinToken
    url: Token | None = None
    voice: MarkE164 | None = None
    issuer_id: Token = attribute("issuerID", kw_only=True)


class SignedMark(AbstractSignedMark, ns=NAMESPACE, tag="signedMark", substitutes=AbstractSignedMark):
    """<smd:signedMark> (RFC 7848)."""

    id: SignedMarkId
    issuer_info: SignedMarkIssuerInfo
    not_before: DateTime
    not_after: DateTime
    mark: AbstractMark
    signature: Raw = wildcard(ns=("http://www.w3.org/2000/09/xmldsig#",), process="skip")
    id_attribute: Annotated[str, xml_id()] = attribute("id")


class EncodedSignedMark(Element, ns=NAMESPACE, tag="encodedSignedMark"):
    """<smd:encodedSignedMark> (RFC 7848)."""

    value: Token = content(default="")
    encoding: Token = attribute(default="base64")


EXTENSION = Extension(
    NAMESPACE,
    title="Signed marks",
    reference="RFC 7848",
    elements=(
        AbstractSignedMark,
        SignedMark,
        EncodedSignedMark,
    ),
)
