"""Signed marks (RFC 7848): whether a trusted validator signed one, and what exactly it signed.

What is read of a mark is read from the octets that the signature covers, after they were verified, and from nothing
else: what an attacker wraps around them is never looked at. Takes milliseconds; not for an event loop.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, VerifyResult, XMLVerifier

from regwire.epp.ext import mark as m
from regwire.epp.ext.signed_mark import NAMESPACE, SignedMarkIssuerInfo
from regwire.epp.messages.common import DateTime
from regwire.errors import SchemaFault, XmlError
from regwire.registry.launch.trust import ChainError, trusted_chain
from regwire.schema import Element, Schema, attribute, xml_id

__all__ = ["MarkError", "SignedContent", "TrustStore", "encoded_signed_mark", "verify_signed_mark"]

_DS: Final = "http://www.w3.org/2000/09/xmldsig#"
_SIGNED_MARK: Final = f"{{{NAMESPACE.uri}}}signedMark"
_ENCODED: Final = f"{{{NAMESPACE.uri}}}encodedSignedMark"
_MARK: Final = f"{{{m.NAMESPACE.uri}}}mark"
_ENVELOPED: Final = f"{_DS}enveloped-signature"
_METHODS: Final = frozenset(
    {
        SignatureMethod.RSA_SHA256,
        SignatureMethod.RSA_SHA384,
        SignatureMethod.RSA_SHA512,
        SignatureMethod.SHA256_RSA_MGF1,
        SignatureMethod.ECDSA_SHA256,
        SignatureMethod.ECDSA_SHA384,
        SignatureMethod.ECDSA_SHA512,
    }
)
_DIGESTS: Final = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})
#: What may be done to the mark before it is digested: nothing that leaves a part of it out but the signature.
_TRANSFORMS: Final = frozenset({_ENVELOPED, *(method.value for method in CanonicalizationMethod)})
_MOST_CERTIFICATES: Final = 4


class MarkError(Exception):
    """A signed mark is not accepted.

    Attributes:
        reason: for people.
        syntax: whether it is no signed mark at all, rather than one that is not trusted.

    """

    def __init__(self, reason: str, *, syntax: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.syntax = syntax


@dataclass(frozen=True, slots=True)
class TrustStore:
    """Whose signatures count.

    Attributes:
        anchors: authorities of signing certificates.
        crls: their revocation lists.
        revoked: identifiers of signed marks that do not count any more.

    """

    anchors: tuple[x509.Certificate, ...]
    crls: tuple[x509.CertificateRevocationList, ...] = ()
    revoked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SignedContent:
    """What a verified signature says.

    Attributes:
        id: of the signed mark.
        issuer: issuerID.
        not_before, not_after: when it may be used; whoever decides must look at them.
        labels: the labels that it allows, lower-case.
        marks: the identifiers of the marks in it.
        digest: SHA-256 of the octets that were signed.
        mark: <mark:mark> as it was signed, in exclusive canonical form.

    """

    id: str
    issuer: str
    not_before: datetime
    not_after: datetime
    labels: tuple[str, ...]
    marks: tuple[str, ...]
    digest: bytes
    mark: bytes


class _Signed(Element, ns=NAMESPACE, tag="signedMark"):
    """<smd:signedMark> as it is signed: the enveloped signature taken out."""

    id: m.MarkId
    issuer_info: SignedMarkIssuerInfo
    not_before: DateTime
    not_after: DateTime
    mark: m.Mark
    id_attribute: Annotated[str, xml_id()] = attribute("id")


_SCHEMA: Final = Schema(_Signed, name="signedMark")


def verify_signed_mark(xml: bytes, trust: TrustStore, now: datetime, *, limit: int) -> SignedContent:
    """Verify a signed mark and read what was signed.

    Args:
        xml: <smd:signedMark>, or <smd:encodedSignedMark> with one in base64.
        trust: whose signatures count.
        now: when the certificates must be valid.
        limit: octets that a signed mark may have.

    Raises:
        MarkError: it is none, or its signature does not count.

    """
    root = _parse(xml, limit)
    if root.tag == _ENCODED:
        root = _parse(encoded_signed_mark(root), limit)
    _check_shape(root)
    signer = _signer(root, trust, now)
    try:
        result = _verified(root, signer)
    except MarkError:
        # Inclusive canonical form has the namespaces of the frame around the mark in it, which its signer never saw.
        etree.cleanup_namespaces(root)
        result = _verified(root, signer)
    content = _read(result)
    if content.id in trust.revoked:
        raise MarkError("the signed mark is revoked")
    return content


def encoded_signed_mark(element: Any) -> bytes:
    """Return what <smd:encodedSignedMark> holds.

    Raises:
        MarkError: it is not base64, or has elements in it.

    """
    if len(element) or element.get("encoding", "base64").strip() != "base64":
        raise MarkError("not base64", syntax=True)
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise MarkError("not base64", syntax=True) from None


def _parse(xml: bytes, limit: int) -> Any:
    if len(xml) > limit:
        raise MarkError(f"more than {limit} octets", syntax=True)
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_pis=False,
        remove_comments=False,
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise MarkError("not well-formed", syntax=True) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise MarkError("a document type is not taken", syntax=True)
    return root


def _check_shape(root: Any) -> None:
    """Refuse everything but one enveloped signature over the whole signed mark, whoever signed it."""
    if root.tag != _SIGNED_MARK:
        raise MarkError("no signed mark", syntax=True)
    signatures = list(root.iter(f"{{{_DS}}}Signature"))
    if len(signatures) != 1 or signatures[0].getparent() is not root:
        raise MarkError("not one signature, as its child", syntax=True)
    (signature,) = signatures
    references = list(signature.iter(f"{{{_DS}}}Reference"))
    info = signature.find(f"{{{_DS}}}SignedInfo")
    if info is None or len(references) != 1 or references[0].getparent() is not info:
        raise MarkError("not one reference in the signature", syntax=True)
    if next(signature.iter(f"{{{_DS}}}Object", f"{{{_DS}}}Manifest"), None) is not None:
        raise MarkError("more than a signature in the signature", syntax=True)
    id = root.get("id")
    if references[0].get("URI") not in ("", f"#{id}") or not id:
        raise MarkError("the signature covers something else")
    if len([element for element in root.iter(etree.Element) if id in (element.get("id"), element.get("Id"))]) != 1:
        raise MarkError("two elements of the same id")
    used = [item.get("Algorithm") for item in references[0].iter(f"{{{_DS}}}Transform")]
    if not _TRANSFORMS.issuperset(used) or used.count(_ENVELOPED) != 1 or len(used) > 2:
        raise MarkError("a transform that is not taken")


def _signer(root: Any, trust: TrustStore, now: datetime) -> x509.Certificate:
    texts = [item.text or "" for item in root.iter(f"{{{_DS}}}X509Certificate")]
    if not 0 < len(texts) <= _MOST_CERTIFICATES:
        raise MarkError("not between one and four certificates")
    try:
        given = [x509.load_der_x509_certificate(base64.b64decode("".join(text.split()))) for text in texts]
        # An anchor that comes along is not needed, and trusted only if it is one.
        given = [certificate for certificate in dict.fromkeys(given) if certificate not in trust.anchors]
        return trusted_chain(given, trust.anchors, trust.crls, now)
    except ChainError as error:
        raise MarkError(str(error)) from error
    except ValueError:
        raise MarkError("a certificate that cannot be read") from None


def _verified(root: Any, signer: x509.Certificate) -> VerifyResult:
    config = SignatureConfiguration(
        location="./",
        expect_references=1,
        signature_methods=_METHODS,
        digest_algorithms=_DIGESTS,
        # The key is that of the certificate whose chain was verified; what KeyValue says is not looked at.
        ignore_ambiguous_key_info=True,
        default_reference_c14n_method=CanonicalizationMethod.CANONICAL_XML_1_0,
        # The chain was verified at the registry's instant; this would look at the machine's clock.
        verification_time=signer.not_valid_before_utc,
    )
    try:
        found = XMLVerifier().verify(root, x509_cert=signer, id_attribute="id", expect_config=config)
    except (SignXMLException, InvalidSignature, etree.LxmlError, ValueError, TypeError, LookupError) as error:
        # The library fails in many ways on what is no signature; to be accepted, it must not fail at all.
        raise MarkError("the signature does not fit") from error
    assert isinstance(found, VerifyResult)
    return found


def _read(result: VerifyResult) -> SignedContent:
    """Read what was signed, from the octets that the digest was made of."""
    try:
        signed = _SCHEMA.decode(result.signed_data)
    except (SchemaFault, XmlError):
        raise MarkError("what is signed is no signed mark", syntax=True) from None
    assert isinstance(signed, _Signed)
    content = signed.mark
    trademarks: list[m.MarkTrademark | m.MarkTreatyOrStatute | m.MarkCourt] = []
    trademarks += [*content.trademarks, *content.treaty_or_statutes, *content.courts]
    labels = tuple(dict.fromkeys(label.lower() for item in trademarks for label in item.labels))
    mark = etree.fromstring(result.signed_data).find(_MARK)
    assert mark is not None
    return SignedContent(
        id=signed.id,
        issuer=signed.issuer_info.issuer_id,
        not_before=signed.not_before,
        not_after=signed.not_after,
        labels=labels,
        marks=tuple(item.id for item in trademarks),
        digest=sha256(result.signed_data).digest(),
        mark=etree.tostring(mark, method="c14n", exclusive=True, with_comments=False),
    )
