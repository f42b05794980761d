"""Registrars' accounts for SASL: whom the registry's IRIS authenticates."""

from __future__ import annotations

import logging
import secrets

from regwire.registry.model.registrars import Credential, Registrar
from regwire.registry.passwords import hash_password, verify_password
from regwire.registry.store.base import Store
from regwire.sasl import ScramKeys

__all__ = ["RegistrarCredentials"]

_log = logging.getLogger("regwire.registry")


class RegistrarCredentials:
    """A `regwire.sasl.CredentialSource` over the accounts of a store.

    PLAIN takes the password of EPP, for accounts that need neither a certificate nor a network: a password alone must
    not be worth more here than there. EXTERNAL takes a certificate that the account lists. SCRAM and DIGEST-MD5 cannot
    be: what is kept of a password is an Argon2id hash.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._decoy = hash_password(secrets.token_hex(16))

    def verify(self, name: str, password: str) -> bool:
        """See `CredentialSource`. Takes about 30 ms, also for an account that does not exist."""
        with self._store.snapshot() as snapshot:
            registrar: Registrar | None = snapshot.view.record("registrar", name)
            credential: Credential | None = snapshot.view.record("credential", name)
        matches = verify_password(password, self._decoy if credential is None else credential.hash)
        if registrar is None or credential is None or not matches or not registrar.active:
            return False
        if registrar.certificates or registrar.networks:
            _log.info("%s may not use a password alone", name, extra={"event": "iris.refused_login", "client_id": name})
            return False
        return True

    def certificate_name(self, fingerprint: str, certificate: bytes) -> str | None:
        """The active account that lists this certificate, and may come from anywhere."""
        with self._store.snapshot() as snapshot:
            after = ""
            while page := snapshot.view.records("registrar", after=after):
                for registrar in page:
                    if fingerprint in registrar.certificates and registrar.active and not registrar.networks:
                        return str(registrar.id)
                after = page[-1].id
        return None

    def scram_keys(self, name: str) -> ScramKeys | None:
        """None: only a hash is kept."""
        return None

    def digest_secret(self, name: str, realm: str) -> bytes | None:
        """None: only a hash is kept."""
        return None

    def may_act_as(self, name: str, identity: str) -> bool:
        """Nobody may act as another."""
        return name == identity
