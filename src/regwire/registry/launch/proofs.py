"""What signed marks and mark codes come to: verified ahead of the rules, in a thread of their own.

Failures are values here; the rules refuse where the order of evaluation has it.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Iterator
from datetime import datetime

from regwire.registry.launch.files import watched
from regwire.registry.launch.lists import read_codes, read_revoked
from regwire.registry.launch.settings import LaunchSettings, ValidatorSettings
from regwire.registry.launch.trust import read_certificates, read_crls
from regwire.registry.model.launch import CodeMark, LaunchGiven, MarkProof, SubmittedMark
from regwire.registry.model.record import replace

__all__ = ["proved"]

_log = logging.getLogger("regwire.registry.launch")


def proved(given: LaunchGiven, settings: LaunchSettings, now: datetime) -> LaunchGiven:
    """Return what a create gives, with what its signed marks and codes come to. Takes milliseconds for each."""
    if len(given.submitted) + len(given.codes) > settings.max_marks:
        return given
    found = [_signed(mark, settings, now) for mark in given.submitted]
    return replace(given, proofs=(*found, *[_code(code, settings) for code in given.codes]))


def _signed(mark: SubmittedMark, settings: LaunchSettings, now: datetime) -> MarkProof:
    # Imported only where there is a mark: a registry without sunrise needs no XML signatures.
    from regwire.registry.launch.marks import MarkError, TrustStore, verify_signed_mark  # noqa: PLC0415

    fault = MarkProof("signed marks are not taken here")
    for validator in settings.validators:
        if not validator.trust:
            continue
        trust = TrustStore(
            tuple(item for path in validator.trust for item in watched(settings.path(path), read_certificates).value),
            tuple(item for path in validator.crls for item in watched(settings.path(path), read_crls).value),
            frozenset[str]()
            if validator.revoked is None
            else watched(settings.path(validator.revoked), read_revoked).value,
        )
        try:
            content = verify_signed_mark(mark.xml, trust, now, limit=settings.mark_size)
        except MarkError as error:
            fault = MarkProof(error.reason, syntax=error.syntax)
        except Exception:
            # What a peer sends must not be what breaks the registry.
            _log.exception("a signed mark could not be verified")
            fault = MarkProof("cannot be verified")
        else:
            return MarkProof(
                validator=validator.id,
                id=content.id,
                issuer=content.issuer,
                labels=content.labels,
                not_before=content.not_before,
                not_after=content.not_after,
                digest=content.digest,
                mark=content.mark,
            )
    return fault


def _code(given: CodeMark, settings: LaunchSettings) -> MarkProof:
    if given.code is None:
        return MarkProof("a mark without code or signature proves nothing")
    for validator in _with_codes(settings):
        if given.validator not in (None, validator.id):
            continue
        assert validator.codes is not None
        for code, labels in watched(settings.path(validator.codes), read_codes).value.items():
            # A code is a secret: how much of it is right must not show in the time this takes.
            if hmac.compare_digest(code.encode(), given.code.encode()):
                return MarkProof(validator=validator.id, labels=tuple(sorted(labels)), mark=given.mark)
        return MarkProof("unknown mark code")
    return MarkProof("mark codes of this validator are not taken")


def _with_codes(settings: LaunchSettings) -> Iterator[ValidatorSettings]:
    return (validator for validator in settings.validators if validator.codes is not None)
