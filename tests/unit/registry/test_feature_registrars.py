"""Registrars as records: made, changed, suspended, taken from the accounts file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from registry_world import A, B, World

from regwire.errors import ConfigError
from regwire.registry import accounts as accounts_module
from regwire.registry.accounts import Account, taking
from regwire.registry.config import AccountSettings
from regwire.registry.model.registrars import (
    AddRegistrar,
    ChangeCertificates,
    ChangeRegistrar,
    ReadRegistrars,
    Registrar,
    SetPassword,
    SetRegistrarStatus,
    TakeAccounts,
)
from regwire.registry.passwords import hash_password, needs_rehash, password_problem, scram_keys_in, verify_password

OPERATOR = "-"
HASH = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$" + "a" * 43
PRINTS = ("ab" * 32, "cd" * 32)


@pytest.fixture
def world() -> World:
    found = World()
    found.must(OPERATOR, AddRegistrar(Registrar(A, "Ada Ltd", certificates=PRINTS[:1]), HASH))
    return found


def stored(found: World, kind: str, key: str) -> Any:
    with found.store.read() as view:
        return view.record(kind, key)


def test_a_new_registrar_is_active_and_its_password_is_in_no_history(world: World) -> None:
    (listed,) = world.must(OPERATOR, ReadRegistrars())
    assert (listed.id, listed.name, listed.status, listed.created) == (A, "Ada Ltd", "active", world.clock.now())
    assert stored(world, "credential", A).hash == HASH
    with world.store.snapshot() as snapshot:
        assert "argon2" not in repr(snapshot.history("registrar", A))
        assert snapshot.history("credential", A) == []
    assert world.code(OPERATOR, AddRegistrar(Registrar(A), HASH)) == 2302


@pytest.mark.parametrize(
    ("registrar", "code"),
    [
        (Registrar("ab"), 2005),
        (Registrar("a" * 17), 2005),
        (Registrar("-abc"), 2005),
        (Registrar("a bc"), 2005),
        (Registrar("abc", certificates=("AB" * 32,)), 2005),
        (Registrar("abc", certificates=tuple(f"{i:064x}" for i in range(21))), 2004),
        (Registrar("abc", networks=("192.0.2.1/24",)), 2005),
        (Registrar("abc", max_sessions=0), 2004),
    ],
)
def test_what_is_no_account_is_refused(world: World, registrar: Registrar, code: int) -> None:
    assert world.code(OPERATOR, AddRegistrar(registrar, HASH)) == code
    assert stored(world, "registrar", registrar.id) is None


def test_registrars_may_do_nothing_of_this_but_change_their_own_password(world: World) -> None:
    world.must(OPERATOR, AddRegistrar(Registrar(B), HASH))
    for request in (
        AddRegistrar(Registrar("reg-c"), HASH),
        ChangeRegistrar(A, name="x"),
        SetRegistrarStatus(B, "suspended"),
        ChangeCertificates(A, PRINTS[1:]),
        TakeAccounts(()),
        ReadRegistrars(),
        SetPassword(B, HASH),
    ):
        assert world.code(A, request) == 2201, request
    assert world.code(A, SetPassword(A, HASH)) == 1000


def test_changes_leave_the_rest_as_it_is(world: World) -> None:
    world.later(days=1)
    changed = world.must(OPERATOR, ChangeRegistrar(A, networks=("192.0.2.0/24",), max_sessions=3))
    assert changed == Registrar(
        A,
        "Ada Ltd",
        "active",
        PRINTS[:1],
        ("192.0.2.0/24",),
        3,
        stored(world, "registrar", A).created,
        world.clock.now(),
    )
    assert world.must(OPERATOR, ChangeRegistrar(A, max_sessions=0)).max_sessions is None
    assert world.code(OPERATOR, ChangeRegistrar(A, networks=("300.1.1.1",))) == 2005
    assert world.code(OPERATOR, ChangeRegistrar("reg-x", name="x")) == 2303


def test_suspending_twice_is_no_error(world: World) -> None:
    for status in ("suspended", "suspended", "active"):
        assert world.must(OPERATOR, SetRegistrarStatus(A, status)).status == status
    assert world.code(OPERATOR, SetRegistrarStatus(A, "gone")) == 2004
    with world.store.snapshot() as snapshot:
        operations = [row.operation for row in snapshot.history("registrar", A)]
    assert operations == ["AddRegistrar", "SetRegistrarStatus", "SetRegistrarStatus"]


def test_a_certificate_is_rotated_and_the_last_one_stays(world: World) -> None:
    first, second = PRINTS
    assert world.code(OPERATOR, ChangeCertificates(A, remove=(first,))) == 2306
    world.must(OPERATOR, ChangeCertificates(A, add=(second,)))
    assert world.code(OPERATOR, ChangeCertificates(A, add=(second,))) == 2306
    world.must(OPERATOR, ChangeCertificates(A, remove=(first,)))
    assert stored(world, "registrar", A).certificates == (second,)
    assert world.code(OPERATOR, ChangeCertificates(A, remove=(first,))) == 2306


def test_a_password_changes_only_if_it_still_is_the_one_that_was_proved(world: World) -> None:
    world.later(days=1)
    assert world.code(A, SetPassword(A, "new", was="another")) == 2304
    assert world.code(A, SetPassword(A, "new", was=HASH)) == 1000
    assert stored(world, "credential", A).changed == world.clock.now()
    before = world.clock.now()
    world.later(days=1)
    assert world.code(A, SetPassword(A, "newer", was="new", again=True)) == 1000
    assert stored(world, "credential", A).changed == before
    assert world.code(OPERATOR, SetPassword("reg-x", "new")) == 2303


# --- passwords


def test_passwords_are_verified_and_old_hashes_too() -> None:
    made = hash_password("sésame")
    assert made.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert verify_password("se\u0301same", made)
    assert not verify_password("sesame", made)
    assert not needs_rehash(made)
    old = "scrypt$1024$8$1$00112233445566778899aabbccddeeff$"
    import hashlib

    digest = hashlib.scrypt(
        b"word", salt=bytes.fromhex("00112233445566778899aabbccddeeff"), n=1024, r=8, p=1, dklen=32
    ).hex()
    assert verify_password("word", old + digest)
    assert not verify_password("ward", old + digest)
    assert needs_rehash(old + digest)
    assert needs_rehash(made.replace("m=19456", "m=9728"))


@pytest.mark.parametrize(
    ("settings", "new", "problem"),
    [
        ({}, "1234567", "shorter than 8"),
        ({}, "12345678", None),
        ({}, "x" * 129, "longer than 128"),
        ({"password_classes": 3}, "abcDEFGH", "fewer than 3"),
        ({"password_classes": 3}, "abcDEF12", None),
        ({"password_length": 6}, "REG-a1", None),
        ({}, "Long-Reg", "same as the account"),
        ({"password_age": 90}, "old-password", "same as the old one"),
        ({}, "old-password", None),
    ],
)
def test_the_policy_of_passwords(settings: dict[str, Any], new: str, problem: str | None) -> None:
    found = password_problem(AccountSettings(**settings), "long-reg", new, "old-password")
    assert (found is None) if problem is None else (problem in (found or ""))


# --- the accounts file


def write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, "utf-8")


def take(found: World, path: Path) -> TakeAccounts | None:
    with found.store.read() as view:
        request = taking(view, None, path)
    if request is not None:
        found.must(OPERATOR, request)
    return request


def test_the_file_fills_the_store_and_only_what_changes_in_it_is_taken_again(tmp_path: Path) -> None:
    found, path = World(), tmp_path / "accounts.toml"
    write(path, f'[reg-a]\npassword = "first-word"\ncertificates = ["{PRINTS[0]}"]\n[reg-b]\npassword = "other-word"\n')
    assert len(take(found, path).accounts) == 2  # type: ignore[union-attr]
    assert stored(found, "registrar", A).certificates == PRINTS[:1]
    assert verify_password("first-word", stored(found, "credential", A).hash)
    assert take(found, path) is None
    # What was changed since stays when the file is only touched, or another entry changes.
    found.must(OPERATOR, SetPassword(A, HASH))
    found.must(OPERATOR, ChangeCertificates(A, PRINTS[1:]))
    os.utime(path, ns=(1, 1))
    assert take(found, path).accounts == ()  # type: ignore[union-attr]
    write(path, path.read_text().replace("other-word", "third-word"))
    (taken,) = take(found, path).accounts  # type: ignore[union-attr]
    assert taken.registrar.id == B
    assert verify_password("third-word", stored(found, "credential", B).hash)
    assert stored(found, "credential", A).hash == HASH
    assert len(stored(found, "registrar", A).certificates) == 2


@pytest.mark.parametrize("scram", [False, True])
def test_keys_of_scram_are_kept_where_the_settings_ask_for_them(tmp_path: Path, scram: bool) -> None:
    found, path = World(), tmp_path / "accounts.toml"
    write(path, '[reg-a]\npassword = "first-word"\n')
    with found.store.read() as view:
        request = taking(view, None, path, scram=scram)
    assert request is not None
    kept = request.accounts[0].hash
    assert verify_password("first-word", kept)
    assert (scram_keys_in(kept) is not None) is scram


def test_a_changed_entry_does_not_lift_a_suspension_unless_it_says_so(tmp_path: Path) -> None:
    found, path = World(), tmp_path / "accounts.toml"
    write(path, '[reg-a]\npassword = "first-word"\n')
    take(found, path)
    found.must(OPERATOR, SetRegistrarStatus(A, "suspended"))
    write(path, '[reg-a]\npassword = "second-word"\n')
    take(found, path)
    assert stored(found, "registrar", A).status == "suspended"
    write(path, '[reg-a]\npassword = "second-word"\nactive = true\n')
    take(found, path)
    assert stored(found, "registrar", A).status == "active"
    write(path, '[reg-a]\npassword = "second-word"\nactive = false\nnetworks = ["192.0.2.0/24"]\nmax_sessions = 4\n')
    take(found, path)
    account = stored(found, "registrar", A)
    assert (account.status, account.networks, account.max_sessions) == ("suspended", ("192.0.2.0/24",), 4)


def test_an_account_that_leaves_the_file_stays_and_so_does_all_without_the_file(tmp_path: Path) -> None:
    found, path = World(), tmp_path / "accounts.toml"
    with pytest.raises(ConfigError, match="regwire init"):
        take(found, path)
    write(path, '[reg-a]\npassword = "first-word"\n[reg-b]\npassword = "other-word"\n')
    take(found, path)
    write(path, '[reg-b]\npassword = "other-word"\n')
    take(found, path)
    path.unlink()
    assert take(found, path) is None
    assert [value.id for value in found.must(OPERATOR, ReadRegistrars())] == [A, B]


def test_an_unchanged_file_costs_no_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, path = World(), tmp_path / "accounts.toml"
    write(path, '[reg-a]\npassword = "first-word"\n')
    take(found, path)

    def fail(*_: object) -> None:
        raise AssertionError("hashed")

    monkeypatch.setattr(accounts_module, "hash_password", fail)
    monkeypatch.setattr(accounts_module, "verify_password", fail)
    assert take(found, path) is None


def test_accounts_of_a_program_are_taken_once() -> None:
    found = World()
    given = [Account(A, HASH)]
    with found.store.read() as view:
        request = taking(view, given, None)
    assert request is not None
    found.must(OPERATOR, request)
    with found.store.read() as view:
        assert taking(view, given, None) is None
