"""Certificates for tests: a CA, a server for localhost and 127.0.0.1, a client, a client of another CA.

And clients whose time is over, or has not come.
"""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


@dataclass(frozen=True)
class Identity:
    """A certificate and its key, as PEM."""

    certificate: bytes
    key: bytes

    @property
    def der(self) -> bytes:
        return x509.load_pem_x509_certificate(self.certificate).public_bytes(serialization.Encoding.DER)


@dataclass(frozen=True)
class Pki:
    ca: bytes
    server: Identity
    client: Identity
    stranger: Identity
    expired: Identity
    early: Identity


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


class _Authority:
    def __init__(self, common: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = _name(common)
        self.certificate = (
            _builder(self.name, self.name, self.key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self.key, hashes.SHA256())
        )

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def issue(
        self, common: str, names: list[x509.GeneralName], usage: x509.ObjectIdentifier, *, days: int = 0
    ) -> Identity:
        """Issue a certificate for a day; `days` shifts it."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder(_name(common), self.name, key, days)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        return Identity(
            certificate.public_bytes(serialization.Encoding.PEM),
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
        )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int = 0
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )


def make_pki() -> Pki:
    ours, theirs = _Authority("test CA"), _Authority("another CA")
    localhost = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    client = [x509.DNSName("client.example")]
    return Pki(
        ca=ours.pem,
        server=ours.issue("localhost", localhost, ExtendedKeyUsageOID.SERVER_AUTH),
        client=ours.issue("client", client, ExtendedKeyUsageOID.CLIENT_AUTH),
        stranger=theirs.issue("stranger", client, ExtendedKeyUsageOID.CLIENT_AUTH),
        expired=ours.issue("expired", client, ExtendedKeyUsageOID.CLIENT_AUTH, days=-30),
        early=ours.issue("early", client, ExtendedKeyUsageOID.CLIENT_AUTH, days=30),
    )
