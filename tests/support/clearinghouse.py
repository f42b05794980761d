"""A trademark clearinghouse of our own: its authorities, the marks it signs, and its lists."""

from __future__ import annotations

import base64
import datetime as dt
import zlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree
from registry_world import START

pytest.importorskip("signxml", reason="signed marks need signxml: install regwire[registry]")
from signxml import XMLSigner
from signxml.algorithms import CanonicalizationMethod, SignatureConstructionMethod

from regwire.registry.launch.marks import TrustStore

YEAR = dt.timedelta(days=365)
SMD = "urn:ietf:params:xml:ns:signedMark-1.0"
MARK = "urn:ietf:params:xml:ns:mark-1.0"
DS = "http://www.w3.org/2000/09/xmldsig#"


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """Making one takes longer than anything else here."""
    return rsa.generate_private_key(65537, 2048)


class Authority:
    """Certifies signers, and revokes them."""

    def __init__(self, name: str = "Test TMCH CA", *, now: dt.datetime = START) -> None:
        self.now = now
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self.certify(self.name, self.key.public_key(), authority=True)

    def certify(
        self,
        subject: x509.Name,
        key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey,
        *,
        authority: bool = False,
        start: dt.timedelta = -YEAR,
        end: dt.timedelta = 5 * YEAR,
        signs: bool = True,
    ) -> x509.Certificate:
        usage = x509.KeyUsage(
            digital_signature=signs and not authority,
            content_commitment=False,
            key_encipherment=not signs,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=authority,
            crl_sign=authority,
            encipher_only=False,
            decipher_only=False,
        )
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.now + start)
            .not_valid_after(self.now + end)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .sign(self.key, hashes.SHA256())
        )

    def crl(self, *revoked: x509.Certificate) -> x509.CertificateRevocationList:
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.name)
            .last_update(self.now - YEAR)
            .next_update(self.now + YEAR)
        )
        for certificate in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(self.now - dt.timedelta(days=1)).build())
        return builder.sign(self.key, hashes.SHA256())


class Clearinghouse:
    """Signs marks."""

    def __init__(
        self, authority: Authority, name: str = "signer", *, certifies: bool = False, **certificate: object
    ) -> None:
        self.authority = authority
        self.now = authority.now
        self.key = rsa_key(name)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = authority.certify(
            subject,
            self.key.public_key(),
            authority=certifies,
            **certificate,  # type: ignore[arg-type]
        )

    def signed(
        self,
        *labels: str,
        id: str = "0000001751376056503931-65535",
        start: dt.timedelta = -YEAR,
        end: dt.timedelta = YEAR,
        exclusive: bool = True,
        reference: str = "smd1",
        chain: Iterable[x509.Certificate] = (),
    ) -> bytes:
        """A signed mark that allows ``labels``."""
        xml = mark_xml(labels, id, self.now + start, self.now + end)
        method = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0
        if not exclusive:
            method = CanonicalizationMethod.CANONICAL_XML_1_0
        signer = XMLSigner(method=SignatureConstructionMethod.enveloped, c14n_algorithm=method)
        root = etree.fromstring(xml)
        certificates = [item.public_bytes(Encoding.PEM).decode() for item in (self.certificate, *chain)]
        signed = signer.sign(root, key=self.key, cert=certificates, reference_uri=reference, id_attribute="id")
        return etree.tostring(signed)

    def trust(self, *, crls: Iterable[x509.CertificateRevocationList] = (), revoked: Iterable[str] = ()) -> TrustStore:
        """Trust in its authority."""
        return TrustStore((self.authority.certificate,), tuple(crls), frozenset(revoked))


def mark_xml(labels: Iterable[str], id: str, start: dt.datetime, end: dt.datetime) -> bytes:
    """A signed mark that nobody signed yet."""
    listed = "".join(f"<mark:label>{label}</mark:label>" for label in labels)
    return f"""<smd:signedMark xmlns:smd="{SMD}" id="smd1">
  <smd:id>{id}</smd:id>
  <smd:issuerInfo issuerID="65535">
    <smd:org>Test TMCH</smd:org><smd:email>notavailable@mail.example</smd:email>
  </smd:issuerInfo>
  <smd:notBefore>{moment(start)}</smd:notBefore>
  <smd:notAfter>{moment(end)}</smd:notAfter>
  <mark:mark xmlns:mark="{MARK}">
    <mark:trademark>
      <mark:id>00052013734689731373468973-65535</mark:id>
      <mark:markName>Test &amp; Validate</mark:markName>
      <mark:holder entitlement="owner">
        <mark:org>Ag corporation</mark:org>
        <mark:addr>
          <mark:street>1305 Bright Avenue</mark:street><mark:city>Arcadia</mark:city><mark:cc>US</mark:cc>
        </mark:addr>
      </mark:holder>
      <mark:jurisdiction>US</mark:jurisdiction>
      <mark:class>15</mark:class>
      {listed}
      <mark:goodsAndServices>guitar</mark:goodsAndServices>
      <mark:regNum>1234</mark:regNum>
      <mark:regDate>2012-12-31T23:00:00.000Z</mark:regDate>
    </mark:trademark>
  </mark:mark>
</smd:signedMark>""".encode()


def moment(value: dt.datetime) -> str:
    """An instant as the lists write it."""
    return value.strftime("%Y-%m-%dT%H:%M:%S.0Z")


def encoded(xml: bytes) -> bytes:
    """<smd:encodedSignedMark>."""
    text = base64.encodebytes(xml).decode()
    return f'<smd:encodedSignedMark xmlns:smd="{SMD}">{text}</smd:encodedSignedMark>'.encode()


def notice_id(label: str, not_after: dt.datetime, number: str = "9223372036854775807") -> str:
    """A notice's identifier (RFC 9361 section 5.3.1)."""
    return f"{zlib.crc32(f'{label}{int(not_after.timestamp())}{number}'.encode()):08x}{number}"


def write_labels(path: Path, labels: dict[str, str], now: dt.datetime = START) -> None:
    """A domain name label list."""
    rows = [f"{label},{key},{moment(now)}" for label, key in labels.items()]
    path.write_text("\n".join([f"1,{moment(now)}", "DNL,lookup-key,insertion-datetime", *rows, ""]), encoding="utf-8")


def write_sunrise_list(path: Path, labels: Iterable[str], now: dt.datetime = START) -> None:
    """A sunrise list."""
    rows = [f"{label},{moment(now)}" for label in labels]
    path.write_text("\n".join([f"1,{moment(now)}", "DNL,insertion-datetime", *rows, ""]), encoding="utf-8")


def write_revoked(path: Path, ids: Iterable[str], now: dt.datetime = START) -> None:
    """A revocation list of signed marks."""
    rows = [f"{id},{moment(now)}" for id in ids]
    path.write_text("\n".join([f"1,{moment(now)}", "smd-id,insertion-datetime", *rows, ""]), encoding="utf-8")


def write_pem(path: Path, *items: x509.Certificate | x509.CertificateRevocationList) -> None:
    """Certificates or revocation lists as PEM."""
    path.write_bytes(b"".join(item.public_bytes(Encoding.PEM) for item in items))
