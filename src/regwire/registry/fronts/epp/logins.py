"""Logins against the registrars of the store (RFC 5730 section 2.9.1.1, RFC 8807).

Every login reads the account as it is committed then, so that a suspension, a new password or a rotated certificate
holds from the next login on, whichever process it was made by; sessions of an account that is suspended end with
their next command.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Any, Final

import trio

from regwire.epp.accounts import passwords
from regwire.epp.codes import MESSAGES, Reply, ResultCode
from regwire.epp.ext.login_sec import SENTINEL, LoginSecData, LoginSecEvent
from regwire.epp.messages.core import Command, Login
from regwire.registry.config import AccountSettings
from regwire.registry.engine import Registry
from regwire.registry.fronts.epp.failed_logins import FailedLoginCounts
from regwire.registry.fronts.epp.login_events import (
    connection_events,
    failed_logins,
    new_password,
    password_events,
)
from regwire.registry.model import codes
from regwire.registry.model.registrars import Credential, Registrar, SetPassword, why_ended
from regwire.registry.passwords import hash_password, needs_rehash, password_problem, password_record, verify_password

__all__ = ["LiveAccount", "Logins"]

_log = logging.getLogger("regwire.registry.epp")
#: Looks after which an account without sessions is not looked at any more.
_UNUSED: Final = 3
#: Seconds for what is to be written when the server stops.
_LAST: Final = 5.0
_REFUSED: Final = int(ResultCode.AUTHENTICATION_ERROR)


class LiveAccount:
    """What the sessions of one account share that showed the same certificate.

    Attributes:
        registrar: the account as it was at the last login.
        certificate: the fingerprint that all of these sessions showed; None: none.
        ended: why they must not go on: they end with their next command; "": they may.

    """

    __slots__ = ("certificate", "ended", "registrar", "unused")

    def __init__(self, registrar: Registrar, certificate: str | None = None) -> None:
        self.registrar = registrar
        self.certificate = certificate
        self.ended = ""
        # Looks at which the account had no session: a login that is being answered is not counted yet.
        self.unused = 0

    @property
    def max_sessions(self) -> int | None:
        """Its own limit of sessions."""
        return self.registrar.max_sessions


@dataclass
class _Attempt:
    """One login that is looked at."""

    session: Any
    registrar: Registrar
    credential: Credential
    password: str
    new: str | None
    events: list[LoginSecEvent]

    def refused(self, code: int, reason: str | None = None) -> Reply:
        text = None if reason is None else f"{MESSAGES[ResultCode(code)]} ({reason})"
        return Reply(code, text=text, extension=_told(self.events))

    def accepted(self, live: LiveAccount) -> Any:
        return (live, Reply(codes.OK, extension=_told(self.events))) if self.events else live


def _told(events: list[LoginSecEvent]) -> tuple[Any, ...]:
    return (LoginSecData(tuple(events)),) if events else ()


class Logins:
    """Decides on logins; `log_in` is the login handler.

    Args:
        registry: whose accounts.
        settings: the password policy and what is warned of.
        certificate_needed: over TLS, a login without a client certificate is answered 2200.
        sessions: how many sessions at the same time an account may have that has no limit of its own.
        threads: password hashes computed at the same time.

    Attributes:
        counted: sessions by account, to be set to what the server counts.

    """

    def __init__(
        self, registry: Registry, settings: AccountSettings, *, certificate_needed: bool, sessions: int, threads: int
    ) -> None:
        self.counted: Mapping[str, int] = {}
        self._registry = registry
        self._settings = settings
        self._certificate_needed = certificate_needed
        self._sessions = sessions
        self._limiter = trio.CapacityLimiter(threads)
        self._live: dict[tuple[str, str | None], LiveAccount] = {}
        self._failed = FailedLoginCounts(registry)
        self._decoy = hash_password(secrets.token_hex(16))

    async def log_in(self, session: Any, login: Login, command: Command) -> Any:
        """Decide on one login; see `regwire.epp.handlers.Handlers.login`. All reasons of 2200 have one text."""
        now = self._registry.clock.now()
        password, new = passwords(command)
        events = list(connection_events(self._settings, session.peer, now))
        with self._registry.store.read() as view:
            registrar = view.record("registrar", login.cl_id)
            credential = view.record("credential", login.cl_id)
        # As slow for an account that does not exist.
        stored = self._decoy if credential is None else credential.hash
        matches = await trio.to_thread.run_sync(verify_password, password, stored, limiter=self._limiter)
        if registrar is None or credential is None:
            return Reply(_REFUSED, extension=_told(events))
        attempt = _Attempt(session, registrar, credential, password, new, events)
        if not (matches and self._has_certificate(session.peer, registrar) and _comes_from(session.peer, registrar)):
            self._failed.add(registrar.id, now)
            return attempt.refused(_REFUSED)
        return await self._authenticated(attempt, now)

    async def _authenticated(self, attempt: _Attempt, now: datetime) -> Any:
        """Id, password and certificate are right."""
        registrar, credential = attempt.registrar, attempt.credential
        attempt.events += self._statistics(registrar.id, now)
        if not registrar.active:
            return attempt.refused(codes.AUTHORIZATION)
        age = list(password_events(self._settings, credential.changed, now))
        if attempt.new is None:
            attempt.events += age
            if any(event.level == "error" for event in age):
                return attempt.refused(_REFUSED)
            if needs_rehash(credential.hash):
                await self._store(attempt, attempt.password, again=True)
        else:
            refusal = await self._renew_password(attempt, attempt.new, age)
            if refusal is not None:
                return refusal
        self._failed.clear(registrar.id)
        return attempt.accepted(self._enter(registrar, getattr(attempt.session.peer, "fingerprint", None)))

    async def _renew_password(self, attempt: _Attempt, new: str, age: list[LoginSecEvent]) -> Reply | None:
        """Replace the password, or say why not; it is committed when the login is answered."""
        id = attempt.registrar.id
        if new == SENTINEL:
            return attempt.refused(codes.MISSING, "loginSec:newPW")
        problem = password_problem(self._settings, id, new, attempt.password)
        if problem is not None:
            attempt.events += [*(event for event in age if event.level == "error"), new_password(problem)]
            return attempt.refused(_REFUSED, f"newPW: {problem}")
        if self.counted.get(id, 0) >= (attempt.registrar.max_sessions or self._sessions):
            # Answered 2502 in the end: then the old password must still hold.
            return attempt.refused(int(ResultCode.SESSION_LIMIT_CLOSING))
        code = await self._store(attempt, new)
        if code == codes.STATUS:
            # Changed by somebody else between the look at it and now: it was not the password any more.
            return attempt.refused(_REFUSED)
        return attempt.refused(code) if code >= 2000 else None

    async def _store(self, attempt: _Attempt, password: str, *, again: bool = False) -> int:
        kept = partial(password_record, password, scram=self._settings.scram)
        hashed = await trio.to_thread.run_sync(kept, limiter=self._limiter)
        id = attempt.registrar.id
        request = SetPassword(id, hashed, attempt.credential.hash, again)
        (outcome,) = await self._registry.submit([self._registry.call(id, request)])
        return outcome.code

    def _has_certificate(self, peer: Any, registrar: Registrar) -> bool:
        print_ = getattr(peer, "fingerprint", None)
        if print_ is None and self._certificate_needed and getattr(peer, "tls_version", None) is not None:
            return False
        return not registrar.certificates or print_ in registrar.certificates

    def _statistics(self, id: str, now: datetime) -> list[LoginSecEvent]:
        limit = self._settings.failed_logins_warning
        count = self._failed.within_a_day(id, now)
        return [failed_logins(count)] if limit and count >= limit else []

    def _enter(self, registrar: Registrar, certificate: str | None) -> LiveAccount:
        key = registrar.id, certificate
        live = self._live.get(key)
        if live is None or live.ended:
            live = self._live[key] = LiveAccount(registrar, certificate)
        live.registrar = registrar
        live.unused = 0
        return live

    async def watch(self, interval: float = 0.5) -> None:
        """End what must not go on, until cancelled: sessions of accounts that were suspended or are gone.

        And write down which logins failed. What fails is logged and tried again after the interval.
        """
        try:
            while True:
                await trio.sleep(interval)
                try:
                    self.look()
                    await self._failed.save()
                except Exception:
                    _log.exception("accounts could not be looked at; trying again in %g s", interval)
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + _LAST):
                try:
                    await self._failed.save()
                except Exception:
                    _log.exception("which logins failed could not be written down")

    def look(self) -> None:
        """Look at the accounts of all sessions once."""
        for (id, _), account in self._live.items():
            account.unused = 0 if self.counted.get(id) else account.unused + 1
        live = self._live = {key: account for key, account in self._live.items() if account.unused < _UNUSED}
        if not live:
            return
        with self._registry.store.read() as view:
            found = view.records_of("registrar", list({id for id, _ in live}))
        for (id, certificate), account in live.items():
            why = why_ended(found.get(id), certificate)
            if why and not account.ended:
                account.ended = why
                _log.info("%s: %s; its sessions end", id, why, extra={"event": "epp.suspended", "client_id": id})


def _comes_from(peer: Any, registrar: Registrar) -> bool:
    if not registrar.networks:
        return True
    address = getattr(peer, "address", None)
    try:
        parsed = ip_address(str(address[0] if isinstance(address, tuple) else address))
    except ValueError:
        return False
    actual = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(actual in ip_network(network) for network in registrar.networks)
