"""A trademark clearinghouse of one's own, for tests: an authority, the marks that it has signed, and its lists.

What registries and registrars try launch phases with (RFC 7848, RFC 8334, RFC 9361): everything is made on the spot and
trusted by nobody but who is told to. `write_stand_in` makes a folder of it; `regwire init --rst` uses that.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from regwire.errors import ConfigError

__all__ = [
    "Authority",
    "Clearinghouse",
    "mark_xml",
    "moment",
    "write_labels",
    "write_pem",
    "write_revoked",
    "write_stand_in",
    "write_sunrise_list",
]

YEAR: Final = dt.timedelta(days=365)
SMD: Final = "urn:ietf:params:xml:ns:signedMark-1.0"
MARK: Final = "urn:ietf:params:xml:ns:mark-1.0"
_LETTERS: Final = "abcdefghijkmnopqrstuvwxyz"


class Authority:
    """Certifies signers, and revokes them.

    Args:
        name: the common name of its certificate.
        now: what the validity of certificates is counted from.

    """

    def __init__(self, name: str, *, now: dt.datetime) -> None:
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
        """Return a certificate for ``key``, valid from ``start`` to ``end`` as seen from `now`.

        Args:
            subject: whose it is.
            key: the public key.
            authority: it may certify others.
            start: how long from now it begins to be valid.
            end: how long from now it ends.
            signs: it may be used for signatures.

        """
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
        """Return a revocation list with these certificates."""
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
    """Signs marks with a certificate of an authority.

    Args:
        authority: who certifies it.
        name: the common name of its certificate.
        key: its key; None: a new one, which takes a tenth of a second.
        certifies: its certificate is that of an authority.
        certificate: further arguments of `Authority.certify`.

    """

    def __init__(
        self,
        authority: Authority,
        name: str = "signer",
        *,
        key: rsa.RSAPrivateKey | None = None,
        certifies: bool = False,
        **certificate: object,
    ) -> None:
        self.authority = authority
        self.now = authority.now
        self.key = key or rsa.generate_private_key(65537, 2048)
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
        """Return a signed mark (RFC 7848) as XML.

        Args:
            labels: what it allows to register, as A-labels.
            id: smd:id, by which it can be revoked.
            start: how long from now it begins to be valid.
            end: how long from now it ends.
            exclusive: canonicalisation of the signed information: exclusive or inclusive.
            reference: what the signature refers to; "smd1" is the mark.
            chain: further certificates to send along.

        Raises:
            ConfigError: the library for XML signatures is not installed.

        """
        try:
            from lxml import etree  # noqa: PLC0415 - with signxml, which is the registry's
            from signxml.algorithms import CanonicalizationMethod, SignatureConstructionMethod  # noqa: PLC0415
            from signxml.signer import XMLSigner  # noqa: PLC0415
        except ImportError:
            raise ConfigError(
                "signxml", "is not installed", 'signed marks need it: install "regwire[registry]"'
            ) from None
        xml = mark_xml(labels, id, self.now + start, self.now + end)
        method = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0
        if not exclusive:
            method = CanonicalizationMethod.CANONICAL_XML_1_0
        signer = XMLSigner(method=SignatureConstructionMethod.enveloped, c14n_algorithm=method)
        certificates = [item.public_bytes(Encoding.PEM).decode() for item in (self.certificate, *chain)]
        signed = signer.sign(
            etree.fromstring(xml), key=self.key, cert=certificates, reference_uri=reference, id_attribute="id"
        )
        return bytes(etree.tostring(signed))


def mark_xml(labels: Iterable[str], id: str, start: dt.datetime, end: dt.datetime) -> bytes:
    """Return a mark as it is before it is signed, valid from ``start`` to ``end``."""
    listed = "".join(f"<mark:label>{escape(label)}</mark:label>" for label in labels)
    return f"""<smd:signedMark xmlns:smd="{SMD}" id="smd1">
  <smd:id>{escape(id)}</smd:id>
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
    """Return an instant as the lists write it."""
    return value.strftime("%Y-%m-%dT%H:%M:%S.0Z")


def _write_list(path: Path, head: str, rows: Iterable[str], now: dt.datetime) -> None:
    path.write_text("\n".join([f"1,{moment(now)}", head, *rows, ""]), encoding="utf-8")


def write_labels(path: Path, labels: Mapping[str, str], now: dt.datetime) -> None:
    """Write a domain name label list (RFC 9361 section 6.1): labels and their claims keys."""
    rows = [f"{label},{key},{moment(now)}" for label, key in labels.items()]
    _write_list(path, "DNL,lookup-key,insertion-datetime", rows, now)


def write_sunrise_list(path: Path, labels: Iterable[str], now: dt.datetime) -> None:
    """Write a sunrise list."""
    _write_list(path, "DNL,insertion-datetime", [f"{label},{moment(now)}" for label in labels], now)


def write_revoked(path: Path, ids: Iterable[str], now: dt.datetime) -> None:
    """Write a revocation list of signed marks (RFC 9361 section 6.2)."""
    _write_list(path, "smd-id,insertion-datetime", [f"{id},{moment(now)}" for id in ids], now)


def write_pem(path: Path, *items: x509.Certificate | x509.CertificateRevocationList) -> None:
    """Write certificates or revocation lists as PEM."""
    path.write_bytes(b"".join(item.public_bytes(Encoding.PEM) for item in items))


def write_stand_in(folder: Path, *, labels: int = 200) -> None:
    """Write what a registry and its testers have of a clearinghouse; nobody has its keys afterwards.

    `ca.pem`, `crl.pem`, `revoked.csv` and `dnl.csv` are what a registry is told; `valid.smd`, `invalid.smd` (expired),
    `revoked.smd` and `revoked-certificate.smd` what registrars come with. All of it holds for a year.

    Args:
        folder: must exist.
        labels: so many names the valid mark allows, and so many have claims. Each run of tests uses up one of both.

    Raises:
        ConfigError: the library for XML signatures is not installed.

    """
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    authority = Authority("Stand-in for a trademark clearinghouse", now=now)
    signer, left = Clearinghouse(authority), Clearinghouse(authority, "revoked signer")
    gone = "0000000000000000000002-65535"
    marks = {
        "valid": signer.signed(*_labels("mark", labels)),
        "invalid": signer.signed("expired-mark", end=dt.timedelta(days=-1)),
        "revoked": signer.signed("revoked-mark", id=gone),
        "revoked-certificate": left.signed("revoked-certificate-mark"),
    }
    for name, data in marks.items():
        (folder / f"{name}.smd").write_bytes(data)
    write_pem(folder / "ca.pem", authority.certificate)
    write_pem(folder / "crl.pem", authority.crl(left.certificate))
    write_revoked(folder / "revoked.csv", [gone], now)
    keys = {label: f"{now:%Y%m%d}00/{n // 7}/{n % 7}/a/{label}" for n, label in enumerate(_labels("claim", labels))}
    write_labels(folder / "dnl.csv", keys, now)


def _labels(prefix: str, count: int) -> Sequence[str]:
    return [
        f"{prefix}-{''.join(secrets.choice(_LETTERS) for _ in range(8))}-{number}" for number in range(1, count + 1)
    ]
