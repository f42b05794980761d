"""A development PKI: one authority, one server certificate, one certificate a registrar.

For trying out and testing only: the authority's key lies beside the certificates. A production registry gets its
certificates from its own authority and names them in ``registry.toml``.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

from regwire.errors import ConfigError

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

__all__ = ["create_pki", "issued_certificate"]

AUTHORITY_DAYS = 3650
# 825 days: the longest life of a server certificate that common verifiers accept from any authority.
CERTIFICATE_DAYS = 825


def create_pki(
    folder: Path,
    registrars: Sequence[str],
    *,
    names: Sequence[str] = ("localhost",),
    addresses: Sequence[str] = ("127.0.0.1", "::1"),
) -> dict[str, str]:
    """Write ``ca.pem``, ``ca.key``, ``server.pem``, ``server.key`` and ``NAME.pem``, ``NAME.key`` for each registrar.

    Args:
        folder: must exist and be empty; keys are written with mode 0600.
        registrars: a certificate's common name is the registrar's account.
        names: the DNS names of the server certificate.
        addresses: its IP addresses.

    Returns:
        The SHA-256 fingerprint of each registrar's certificate, lower-case hex.

    """
    authority = _Authority.make()
    _write(folder / "ca.key", _key_pem(authority.key), 0o600)
    _write(folder / "ca.pem", _pem(authority.certificate), 0o644)
    authority.issue(folder / "server", names[0], names, addresses)
    return {name: authority.issue(folder / name, name) for name in registrars}


@contextmanager
def issued_certificate(folder: Path, name: str) -> Iterator[str]:
    """Write a certificate and key for a registrar with the authority that `create_pki` made in ``folder``.

    They are ``NAME.pem`` and ``NAME.key``, or ``NAME-2.pem`` and so on if these are there already. Gives its SHA-256
    fingerprint, lower-case hex. Whatever the block raises takes the files away again.

    Raises:
        ConfigError: there is no such authority, the name can not be a file's, or the files cannot be written.

    """
    if re.fullmatch(r"(?!\.\.?$)[!-.0-~]{1,64}", name) is None:
        raise ConfigError(name, "cannot be the name of a file", "make its certificate elsewhere, and give that")
    authority = _Authority.load(folder)
    path, number = folder / name, 1
    while path.with_name(f"{path.name}.pem").exists() or path.with_name(f"{path.name}.key").exists():
        number += 1
        path = folder / f"{name}-{number}"
    try:
        try:
            print_ = authority.issue(path, name)
        except OSError as error:
            raise ConfigError(str(folder), f"cannot be written ({error.strerror})") from error
        yield print_
    except BaseException:
        for suffix in (".pem", ".key"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        raise


class _Authority:
    """The certificate authority: a self-signed certificate and its key."""

    def __init__(self, certificate: x509.Certificate, key: EllipticCurvePrivateKey) -> None:
        self.certificate = certificate
        self.key = key

    @classmethod
    def make(cls) -> Self:
        """A new authority."""
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes

        key = _new_key()
        name = _name("regwire development CA")
        builder = _builder(name, name, key, AUTHORITY_DAYS)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
        return cls(builder.sign(key, hashes.SHA256()), key)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The authority that `create_pki` made in a folder."""
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            key = load_pem_private_key((folder / "ca.key").read_bytes(), None)
            certificate = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
        except (OSError, ValueError) as error:
            raise ConfigError(
                str(folder), f"no development authority ({error})", "give the certificate of your own authority"
            ) from None
        if not isinstance(key, EllipticCurvePrivateKey):
            raise ConfigError(str(folder / "ca.key"), "not made by `regwire init`", "issue the certificate yourself")
        return cls(certificate, key)

    def issue(self, path: Path, name: str, names: Iterable[str] = (), addresses: Iterable[str] = ()) -> str:
        """Write ``path``.pem and ``path``.key; a server's certificate if it has names. Returns the fingerprint."""
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.x509.oid import ExtendedKeyUsageOID

        key = _new_key()
        builder = _builder(_name(name), self.certificate.subject, key, CERTIFICATE_DAYS)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
        )
        subjects: list[x509.GeneralName] = [x509.DNSName(item) for item in names]
        subjects += [x509.IPAddress(ipaddress.ip_address(item)) for item in addresses]
        purpose = ExtendedKeyUsageOID.SERVER_AUTH if subjects else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        subjects = subjects or [x509.DNSName(name)]
        builder = builder.add_extension(x509.SubjectAlternativeName(subjects), critical=False)
        certificate = builder.sign(self.key, hashes.SHA256())
        _write(path.with_name(path.name + ".key"), _key_pem(key), 0o600)
        _write(path.with_name(path.name + ".pem"), _pem(certificate), 0o644)
        return certificate.fingerprint(hashes.SHA256()).hex()


def _new_key() -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _name(common: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, days: int) -> x509.CertificateBuilder:
    from cryptography import x509

    # Valid since an hour ago: containers and their hosts do not always agree on the time.
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def _key_pem(key: EllipticCurvePrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, data: bytes, mode: int) -> None:
    """Create with its mode from the start: a key is never readable by others, not even for a moment."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
