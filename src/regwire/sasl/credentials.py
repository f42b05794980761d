"""Where a server looks up who may do what: the interface, and a table in memory."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Protocol

from regwire.sasl.prep import saslprep

__all__ = ["CredentialSource", "Credentials", "ScramKeys", "scram_keys"]

ITERATIONS = 4096
"""PBKDF2 rounds of SCRAM keys made here: the least that RFC 7677 section 4 allows; a client computes them as well."""


@dataclass(frozen=True, slots=True, repr=False)
class ScramKeys:
    """What a server keeps for SCRAM-SHA-256 in place of a password (RFC 5802 section 2.2)."""

    salt: bytes
    iterations: int
    stored_key: bytes
    server_key: bytes


class CredentialSource(Protocol):
    """What mechanisms ask. All may block and may be called from any thread; names come prepared (`saslprep`).

    A source whose SCRAM keys are of other rounds than `ITERATIONS` says so by an attribute `scram_rounds`: what a name
    that does not exist gets must look alike.
    """

    def verify(self, name: str, password: str) -> bool:
        """Whether this is the password of this name (PLAIN)."""

    def scram_keys(self, name: str) -> ScramKeys | None:
        """The keys of SCRAM-SHA-256; None: no such name."""

    def digest_secret(self, name: str, realm: str) -> bytes | None:
        """MD5 of `name:realm:password`, 16 octets, for DIGEST-MD5; None: no such name, or none kept."""

    def certificate_name(self, fingerprint: str, certificate: bytes) -> str | None:
        """The name that a client certificate stands for (EXTERNAL); None: nobody's."""

    def may_act_as(self, name: str, identity: str) -> bool:
        """Whether `name`, once authenticated, may act as another `identity`."""


def scram_keys(password: str, *, salt: bytes | None = None, iterations: int = ITERATIONS) -> ScramKeys:
    """Derive the keys of a password (RFC 5802 section 3). Takes about two milliseconds by 4096 rounds."""
    salt = secrets.token_bytes(16) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", saslprep(password).encode(), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    return ScramKeys(
        salt, iterations, hashlib.sha256(client_key).digest(), hmac.digest(salted, b"Server Key", "sha256")
    )


class Credentials:
    """A `CredentialSource` in memory. Passwords are not kept: only what each mechanism derives from them."""

    def __init__(self, *, digest_realm: str | None = None) -> None:
        """Begin empty. `digest_realm`: keep DIGEST-MD5 secrets for this realm, too (as good as the password)."""
        self._keys: dict[str, ScramKeys] = {}
        self._digests: dict[str, bytes] = {}
        self._certificates: dict[str, str] = {}
        self._realm = digest_realm
        self._nobody = scram_keys(secrets.token_hex())

    def add(self, name: str, password: str) -> None:
        """Add or replace a name. Raises ValueError for what SASLprep refuses."""
        name = saslprep(name, stored=True)
        password = saslprep(password, stored=True)
        self._keys[name] = scram_keys(password)
        if self._realm is not None:
            from regwire.sasl.digest_md5 import secret  # noqa: PLC0415 - historic: loaded by who asks for it

            self._digests[name] = secret(name, self._realm, password)

    def add_certificate(self, fingerprint: str, name: str) -> None:
        """Let the client certificate of this SHA-256 fingerprint (hexadecimal, colons allowed) stand for `name`."""
        self._certificates[fingerprint.replace(":", "").lower()] = saslprep(name, stored=True)

    def verify(self, name: str, password: str) -> bool:
        """See `CredentialSource`. A name that does not exist takes as long as one that does."""
        keys = self._keys.get(name)
        asked = keys or self._nobody
        try:
            found = scram_keys(password, salt=asked.salt, iterations=asked.iterations)
        except ValueError:
            return False
        return hmac.compare_digest(found.stored_key, asked.stored_key) and keys is not None

    def scram_keys(self, name: str) -> ScramKeys | None:
        """See `CredentialSource`."""
        return self._keys.get(name)

    def digest_secret(self, name: str, realm: str) -> bytes | None:
        """See `CredentialSource`."""
        return self._digests.get(name) if realm == self._realm else None

    def certificate_name(self, fingerprint: str, certificate: bytes) -> str | None:
        """See `CredentialSource`."""
        return self._certificates.get(fingerprint.replace(":", "").lower())

    def may_act_as(self, name: str, identity: str) -> bool:
        """Nobody may act as another."""
        return name == identity


def authorise(source: CredentialSource, name: str, requested: str) -> str | None:
    """The identity that `name` gets when it asks for `requested` ("" = its own); None: it may not."""
    if not requested:
        return name
    try:
        identity = saslprep(requested)
    except ValueError:
        return None
    return identity if identity == name or source.may_act_as(name, identity) else None
