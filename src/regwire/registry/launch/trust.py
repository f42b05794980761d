"""Whom a signed mark's signature is trusted from: certificate chains and revocation lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509 import verification

from regwire.errors import ConfigError

__all__ = ["ChainError", "read_certificates", "read_crls", "trusted_chain"]

#: Anchor, at most two intermediates, signer.
_DEPTH: Final = 2


class ChainError(Exception):
    """A certificate is not trusted; the text says why, for people."""


def read_certificates(path: Path) -> tuple[x509.Certificate, ...]:
    """Return the certificates of a PEM file.

    Raises:
        ConfigError: it cannot be read or holds none.

    """
    data = _octets(path)
    try:
        return tuple(x509.load_pem_x509_certificates(data))
    except ValueError as error:
        raise ConfigError(str(path), "holds no certificate", "give one or more certificates as PEM") from error


def read_crls(path: Path) -> tuple[x509.CertificateRevocationList, ...]:
    """Return the revocation lists of a file: one as DER, or any number as PEM.

    Raises:
        ConfigError: it cannot be read or holds none.

    """
    data = _octets(path)
    end = b"-----END X509 CRL-----"
    try:
        if end not in data:
            return (x509.load_der_x509_crl(data),)
        return tuple(x509.load_pem_x509_crl(part + end) for part in data.split(end)[:-1])
    except ValueError as error:
        raise ConfigError(str(path), "holds no revocation list", "give one as DER or PEM") from error


def _octets(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read ({error.strerror})", "give a readable file") from error


def trusted_chain(
    given: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    crls: Sequence[x509.CertificateRevocationList],
    now: datetime,
) -> x509.Certificate:
    """Return the certificate among ``given`` that signs; the others may lie between it and an anchor, in any order.

    Raises:
        ChainError: there is no chain to an anchor that is valid now, or a certificate of it is revoked.

    """
    issuers = {certificate.issuer for certificate in given if certificate.issuer != certificate.subject}
    signers = [certificate for certificate in given if certificate.subject not in issuers]
    if not anchors:
        raise ChainError("no authority is trusted")
    if len(signers) != 1:
        raise ChainError("not one signing certificate")
    try:
        verifier = (
            verification.PolicyBuilder()
            .store(verification.Store(list(anchors)))
            .time(now)
            .max_chain_depth(_DEPTH)
            .extension_policies(ee_policy=_signer_policy(), ca_policy=_authority_policy())
            .build_client_verifier()
        )
        between = [certificate for certificate in given if certificate is not signers[0]]
        chain = verifier.verify(signers[0], between).chain
    except verification.VerificationError as error:
        raise ChainError("no valid certificate of a trusted authority") from error
    for certificate, issuer in pairwise(chain):
        if _revoked(certificate, issuer, crls):
            raise ChainError("its certificate is revoked")
    return signers[0]


def _revoked(
    certificate: x509.Certificate, issuer: x509.Certificate, crls: Sequence[x509.CertificateRevocationList]
) -> bool:
    """Tell whether a list that the issuer signed has the certificate. A list that is out of date still counts."""
    key: CertificatePublicKeyTypes = issuer.public_key()
    return any(
        crl.issuer == issuer.subject
        and crl.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None
        and crl.is_signature_valid(key)  # type: ignore[arg-type]
        for crl in crls
    )


def _signer_policy() -> verification.ExtensionPolicy:
    policy = verification.ExtensionPolicy.permit_all()
    policy = policy.may_be_present(x509.KeyUsage, verification.Criticality.AGNOSTIC, _may_sign)
    return policy.may_be_present(x509.BasicConstraints, verification.Criticality.AGNOSTIC, _no_authority)


def _authority_policy() -> verification.ExtensionPolicy:
    policy = verification.ExtensionPolicy.permit_all()
    policy = policy.require_present(x509.BasicConstraints, verification.Criticality.AGNOSTIC, _authority)
    return policy.may_be_present(x509.KeyUsage, verification.Criticality.AGNOSTIC, _may_certify)


def _may_sign(_: verification.Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        raise ValueError("not a certificate for signatures")


def _no_authority(_: verification.Policy, __: x509.Certificate, basic: x509.BasicConstraints | None) -> None:
    if basic is not None and basic.ca:
        raise ValueError("the certificate of an authority")


def _authority(_: verification.Policy, __: x509.Certificate, basic: x509.BasicConstraints) -> None:
    if not basic.ca:
        raise ValueError("not the certificate of an authority")


def _may_certify(_: verification.Policy, __: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("not a certificate for certificates")
