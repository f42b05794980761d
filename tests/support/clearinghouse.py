"""A trademark clearinghouse of our own (`regwire.testing.clearinghouse`), at the instant at which tests begin."""

from __future__ import annotations

import base64
import datetime as dt
import zlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from registry_world import START

from regwire.testing import clearinghouse as real
from regwire.testing.clearinghouse import MARK, SMD, YEAR, mark_xml, moment, write_pem

pytest.importorskip("signxml", reason="signed marks need signxml: install regwire[registry]")
from regwire.registry.launch.marks import TrustStore

__all__ = [
    "DS",
    "MARK",
    "SMD",
    "YEAR",
    "Authority",
    "Clearinghouse",
    "encoded",
    "mark_xml",
    "moment",
    "notice_id",
    "write_labels",
    "write_pem",
    "write_revoked",
    "write_sunrise_list",
]

DS = "http://www.w3.org/2000/09/xmldsig#"


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """Making one takes longer than anything else here."""
    return rsa.generate_private_key(65537, 2048)


class Authority(real.Authority):
    """Certifies signers, and revokes them."""

    def __init__(self, name: str = "Test TMCH CA", *, now: dt.datetime = START) -> None:
        super().__init__(name, now=now)


class Clearinghouse(real.Clearinghouse):
    """Signs marks."""

    def __init__(
        self, authority: real.Authority, name: str = "signer", *, certifies: bool = False, **certificate: object
    ) -> None:
        super().__init__(authority, name, key=rsa_key(name), certifies=certifies, **certificate)

    def trust(self, *, crls: Iterable[x509.CertificateRevocationList] = (), revoked: Iterable[str] = ()) -> TrustStore:
        """Trust in its authority."""
        return TrustStore((self.authority.certificate,), tuple(crls), frozenset(revoked))


def encoded(xml: bytes) -> bytes:
    """<smd:encodedSignedMark>."""
    text = base64.encodebytes(xml).decode()
    return f'<smd:encodedSignedMark xmlns:smd="{SMD}">{text}</smd:encodedSignedMark>'.encode()


def notice_id(label: str, not_after: dt.datetime, number: str = "9223372036854775807") -> str:
    """A notice's identifier (RFC 9361 section 5.3.1)."""
    return f"{zlib.crc32(f'{label}{int(not_after.timestamp())}{number}'.encode()):08x}{number}"


def write_labels(path: Path, labels: dict[str, str], now: dt.datetime = START) -> None:
    """A domain name label list."""
    real.write_labels(path, labels, now)


def write_sunrise_list(path: Path, labels: Iterable[str], now: dt.datetime = START) -> None:
    """A sunrise list."""
    real.write_sunrise_list(path, labels, now)


def write_revoked(path: Path, ids: Iterable[str], now: dt.datetime = START) -> None:
    """A revocation list of signed marks."""
    real.write_revoked(path, ids, now)
