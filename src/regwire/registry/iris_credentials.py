"""Registrars' accounts for SASL: whom the registry's IRIS authenticates."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from importlib.util import find_spec

from regwire.registry.model.registrars import Credential, Registrar
from regwire.registry.passwords import SCRAM_ROUNDS, hash_password, scram_keys_in, verify_password
from regwire.registry.store.base import Snapshot, Store
from regwire.sasl import ScramKeys

__all__ = ["RegistrarCredentials"]

_log = logging.getLogger("regwire.registry")


class RegistrarCredentials:
    """A `regwire.sasl.CredentialSource` over the accounts of a store.

    PLAIN takes the password of EPP, for accounts that need neither a certificate nor a network: a password alone must
    not be worth more here than there. EXTERNAL takes a certificate that the account lists. SCRAM-SHA-256 is for the
    same accounts as PLAIN, as far as their passwords were set since its keys are kept. DIGEST-MD5 cannot be: what it
    needs is not kept.
    """

    scram_rounds = SCRAM_ROUNDS

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
        if not _alone(registrar):
            _log.info("%s may not use a password alone", name, extra={"event": "iris.refused_login", "client_id": name})
            return False
        return True

    def certificate_name(self, fingerprint: str, certificate: bytes) -> str | None:
        """The active account that lists this certificate, and may come from anywhere."""
        with self._store.snapshot() as snapshot:
            for registrar in self._registrars(snapshot):
                if fingerprint in registrar.certificates and registrar.active and not registrar.networks:
                    return str(registrar.id)
        return None

    @staticmethod
    def _registrars(snapshot: Snapshot) -> Iterator[Registrar]:
        after = ""
        while page := snapshot.view.records("registrar", after=after):
            yield from page
            after = page[-1].id

    def scram_keys(self, name: str) -> ScramKeys | None:
        """See `CredentialSource`; None for accounts that may not use a password alone, too."""
        with self._store.snapshot() as snapshot:
            registrar: Registrar | None = snapshot.view.record("registrar", name)
            credential: Credential | None = snapshot.view.record("credential", name)
        if registrar is None or credential is None or not _alone(registrar):
            return None
        return scram_keys_in(credential.hash)

    def mechanisms(self) -> tuple[str, ...]:
        """What to offer: SCRAM-SHA-256 where all who could use PLAIN can use it, for clients take the stronger one."""
        if find_spec("scramp") is None:
            return ("EXTERNAL", "PLAIN")
        with self._store.snapshot() as snapshot:
            for registrar in self._registrars(snapshot):
                credential: Credential | None = snapshot.view.record("credential", registrar.id)
                if _alone(registrar) and credential is not None and scram_keys_in(credential.hash) is None:
                    return ("EXTERNAL", "PLAIN")
        return ("EXTERNAL", "SCRAM-SHA-256", "PLAIN")

    def digest_secret(self, name: str, realm: str) -> bytes | None:
        """None: only a hash is kept."""
        return None

    def may_act_as(self, name: str, identity: str) -> bool:
        """Nobody may act as another."""
        return name == identity


def _alone(registrar: Registrar) -> bool:
    """Whether a password alone is enough."""
    return registrar.active and not registrar.certificates and not registrar.networks
