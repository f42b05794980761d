"""Logins against the store: RFC 5730 section 2.9.1.1, RFC 8807 section 4.1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import trio
import trio.testing
from reactor_pki import make_pki
from registry_world import START, A

from regwire.epp.codes import Reply
from regwire.epp.ext.login_sec import SENTINEL, LoginSec, LoginSecEvent
from regwire.epp.messages.core import Command, Login, Options, Services
from regwire.registry.clock import MovableClock
from regwire.registry.config import AccountSettings, Config, StoreSettings
from regwire.registry.engine import Registry, open_registry
from regwire.registry.fronts.epp.logins import LiveAccount, Logins
from regwire.registry.model.registrars import (
    AddRegistrar,
    ChangeCertificates,
    ChangeRegistrar,
    Registrar,
    SetPassword,
    SetRegistrarStatus,
)
from regwire.registry.passwords import hash_password, verify_password

OLD, NEW = "old-password-1", "new-password-2"
HASHED = hash_password(OLD)
PKI = make_pki()
PRINT = "ab" * 32


class Desk:
    """Logs in at a registry in memory."""

    def __init__(self, registry: Registry, clock: MovableClock, settings: AccountSettings) -> None:
        self.registry = registry
        self.clock = clock
        self.counted: Counter[str] = Counter()
        self.logins = Logins(registry, settings, certificate_needed=True, sessions=2, threads=1)
        self.logins.counted = self.counted

    async def operator(self, request: Any) -> None:
        (outcome,) = await self.registry.submit([self.registry.call("-", request)])
        assert outcome.code < 2000, outcome

    async def log_in(
        self,
        password: str = OLD,
        new: str | None = None,
        extension: LoginSec | None = None,
        *,
        id: str = A,
        **peer: Any,
    ) -> Any:
        login = Login(id, password, new, options=Options("1.0", "en"), svcs=Services(("urn:x",)))
        command = Command(login, () if extension is None else (extension,))
        values = {
            "address": ("192.0.2.1", 1),
            "tls_version": "TLSv1.3",
            "fingerprint": PRINT,
            "certificates": (),
            **peer,
        }
        return await self.logins.log_in(SimpleNamespace(peer=SimpleNamespace(**values)), login, command)

    def hash(self) -> str:
        with self.registry.store.read() as view:
            found = view.record("credential", A)
        assert found is not None
        return str(found.hash)


def desk(**settings: Any) -> Callable[[Callable[[Desk], Awaitable[None]]], Callable[[], None]]:
    """Run a test with a desk of these settings."""

    def wrap(test: Callable[[Desk], Awaitable[None]]) -> Callable[[], None]:
        async def main() -> None:
            clock = MovableClock(START)
            config = Config(store=StoreSettings(kind="memory"))
            with trio.fail_after(60):
                async with open_registry(config, clock=clock) as registry:
                    found = Desk(registry, clock, AccountSettings(**settings))
                    await found.operator(AddRegistrar(Registrar(A), HASHED))
                    await test(found)

        def run() -> None:
            trio.run(main)

        run.__doc__ = test.__doc__
        return run

    return wrap


def code(result: Any) -> int:
    if isinstance(result, tuple):
        result = result[1]
    if isinstance(result, LiveAccount):
        return 1000
    assert isinstance(result, Reply)
    return result.code


def events(result: Any) -> list[LoginSecEvent]:
    reply = result[1] if isinstance(result, tuple) else result
    return [] if isinstance(reply, LiveAccount) or not reply.extension else list(reply.extension[0].events)


@desk()
async def test_all_reasons_of_2200_give_one_and_the_same_answer(found: Desk) -> None:
    await found.operator(ChangeCertificates(A, (PRINT,)))
    await found.operator(ChangeRegistrar(A, networks=("192.0.2.0/24",)))
    assert code(await found.log_in()) == 1000
    assert code(await found.log_in(address=("::ffff:192.0.2.9", 1))) == 1000
    answers = [
        await found.log_in("wrong-password"),
        await found.log_in(id="reg-x"),
        await found.log_in(fingerprint="cd" * 32),
        await found.log_in(fingerprint=None),
        await found.log_in(address=("198.51.100.1", 1)),
        await found.log_in(address=None),
    ]
    assert set(map(repr, answers)) == {repr(Reply(2200))}


@desk()
async def test_a_suspended_account_is_2201_and_its_sessions_end(found: Desk) -> None:
    live = await found.log_in()
    found.counted[A] = 1
    found.logins.look()
    assert not live.ended
    await found.operator(SetRegistrarStatus(A, "suspended"))
    assert code(await found.log_in()) == 2201
    assert code(await found.log_in("wrong-password")) == 2200
    found.logins.look()
    assert live.ended
    await found.operator(SetRegistrarStatus(A, "active"))
    again = await found.log_in()
    assert not again.ended
    assert live.ended


@desk()
async def test_sessions_end_whose_certificate_is_taken_away_and_only_they(found: Desk) -> None:
    other = "cd" * 32
    await found.operator(ChangeCertificates(A, add=(PRINT, other)))
    first, second = await found.log_in(), await found.log_in(fingerprint=other)
    found.counted[A] = 2
    found.logins.look()
    assert not first.ended
    await found.operator(ChangeCertificates(A, remove=(PRINT,)))
    found.logins.look()
    assert (first.ended, second.ended) == ("the certificate is not accepted any more", "")
    assert code(await found.log_in()) == 2200
    await found.operator(SetRegistrarStatus(A, "suspended"))
    found.logins.look()
    assert second.ended == "the account is suspended"


@desk()
async def test_a_login_that_is_not_counted_yet_is_looked_at_all_the_same(found: Desk) -> None:
    live = await found.log_in()
    found.logins.look()
    found.counted[A] = 1
    await found.operator(SetRegistrarStatus(A, "suspended"))
    found.logins.look()
    assert live.ended


@desk(failed_logins_warning=3)
async def test_rfc_8807_2_1_statistics_outlive_a_restart(found: Desk) -> None:
    async def restart() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(found.logins.watch)
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
        again = Logins(found.registry, found.logins._settings, certificate_needed=True, sessions=2, threads=1)
        again.counted = found.counted
        found.logins = again

    for _ in range(2):
        await found.log_in("wrong-password")
    await restart()
    await found.log_in("wrong-password")
    await found.log_in("wrong-password", id="nobody")
    await restart()
    (event,) = events(await found.log_in())
    assert (event.type, event.name, event.value) == ("stat", "failedLogins", "3")
    await restart()
    assert events(await found.log_in()) == []
    with found.registry.store.read() as view:
        assert view.records("failedLogins") == []


@desk()
async def test_a_new_password_replaces_the_old_one_with_the_login(found: Desk) -> None:
    assert code(await found.log_in(new=NEW)) == 1000
    assert code(await found.log_in(OLD)) == 2200
    assert code(await found.log_in(NEW)) == 1000


@desk()
async def test_a_login_that_is_refused_changes_no_password(found: Desk) -> None:
    assert code(await found.log_in("wrong-password", NEW)) == 2200
    found.counted[A] = 2
    assert code(await found.log_in(new=NEW)) == 2502
    await found.operator(SetRegistrarStatus(A, "suspended"))
    assert code(await found.log_in(new=NEW)) == 2201
    assert found.hash() == HASHED


@desk()
async def test_long_passwords_come_in_the_extension(found: Desk) -> None:
    long = "a passphrase of more than sixteen characters"
    assert code(await found.log_in(new=SENTINEL, extension=LoginSec(new_pw=long))) == 1000
    assert code(await found.log_in(long)) == 1000
    assert code(await found.log_in(SENTINEL, extension=LoginSec(pw=long))) == 1000
    assert code(await found.log_in(SENTINEL)) == 2200
    # No login may make the sentinel itself a password.
    assert code(await found.log_in(long, SENTINEL)) == 2003


@desk(password_classes=3)
async def test_a_new_password_against_the_policy_is_2200_with_the_event_newpw(found: Desk) -> None:
    answer = await found.log_in(new="simple-password")
    assert code(answer) == 2200
    assert [(event.type, event.level) for event in events(answer)] == [("newPW", "error")]
    assert "classes" not in repr(answer)
    assert "simple" not in repr(answer)
    assert found.hash() == HASHED


@desk(password_age=90, password_warning=14)
async def test_a_password_expires_is_warned_of_before_and_lets_in_only_with_a_new_one(found: Desk) -> None:
    expires = START + timedelta(days=90)
    assert events(await found.log_in()) == []
    found.clock.advance(timedelta(days=80))
    (warning,) = events(await found.log_in())
    assert (warning.type, warning.level, warning.ex_date) == ("password", "warning", expires)
    found.clock.advance(timedelta(days=10))
    refused = await found.log_in()
    assert code(refused) == 2200
    assert [(e.type, e.level, e.ex_date) for e in events(refused)] == [("password", "error", expires)]
    # RFC 8807 section 4.1: both events, where the new one does not do either.
    both = await found.log_in(new="short")
    assert code(both) == 2200
    assert [event.type for event in events(both)] == ["password", "newPW"]
    assert [event.type for event in events(await found.log_in(new=OLD))] == ["password", "newPW"]
    accepted = await found.log_in(new=NEW)
    assert code(accepted) == 1000
    assert events(accepted) == []
    assert events(await found.log_in(NEW)) == []


@desk(failed_logins_warning=3)
async def test_failed_logins_are_told_to_the_next_one_that_succeeds(found: Desk) -> None:
    for _ in range(2):
        await found.log_in("wrong-password")
    assert events(await found.log_in()) == []
    for _ in range(3):
        # Who does not know the password is told nothing of it.
        assert events(await found.log_in("wrong-password")) == []
    (event,) = events(await found.log_in())
    assert (event.type, event.name, event.value, str(event.duration)) == ("stat", "failedLogins", "3", "P1D")
    assert events(await found.log_in()) == []
    for _ in range(3):
        await found.log_in("wrong-password")
    found.clock.advance(timedelta(days=2))
    assert events(await found.log_in()) == []


@desk(certificate_warning=30, weak_tls=("TLSv1.2",), weak_ciphers=("WEAK_CIPHER",))
async def test_what_the_connection_shows_is_told_on_failure_too(found: Desk) -> None:
    from cryptography import x509

    expires = x509.load_pem_x509_certificate(PKI.client.certificate).not_valid_after_utc
    peer = {"tls_version": "TLSv1.2", "cipher": "WEAK_CIPHER", "certificates": (PKI.client.der,)}
    found.clock.advance(expires - timedelta(days=29) - START)
    for password in (OLD, "wrong-password"):
        told = events(await found.log_in(password, **peer))
        assert [(e.type, e.level) for e in told] == [
            ("certificate", "warning"),
            ("cipher", "warning"),
            ("tlsProtocol", "warning"),
        ]
        assert told[0].ex_date == expires
        assert [e.name for e in told[1:]] == ["WEAK_CIPHER", "TLSv1.2"]
    assert events(await found.log_in()) == []


@desk()
async def test_old_hashes_are_made_anew_by_the_login_that_proves_the_password(found: Desk) -> None:
    import hashlib

    salt = bytes(16)
    digest = hashlib.scrypt(OLD.encode(), salt=salt, n=1024, r=8, p=1, dklen=32)
    await found.operator(SetPassword(A, f"scrypt$1024$8$1${salt.hex()}${digest.hex()}"))
    assert code(await found.log_in("wrong-password")) == 2200
    assert found.hash().startswith("scrypt$")
    assert code(await found.log_in()) == 1000
    assert found.hash().startswith("$argon2id$")
    assert verify_password(OLD, found.hash())


@desk()
async def test_a_password_that_changed_during_the_login_is_not_replaced(
    found: Desk,
) -> None:
    results: list[int] = []

    async def one(new: str) -> None:
        results.append(code(await found.log_in(new=new)))

    async with trio.open_nursery() as nursery:
        for new in (NEW, NEW + "b", NEW + "c"):
            nursery.start_soon(one, new)
    assert sorted(results) == [1000, 2200, 2200]


def test_the_reply_of_a_full_disk_refuses_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(found: Desk) -> None:
        async def fail(*_: Any, **__: Any) -> int:
            return 2400

        monkeypatch.setattr(found.logins, "_store", fail)
        assert code(await found.log_in(new=NEW)) == 2400

    desk()(main)()
