"""accounts.toml: who may log in, with what."""

from __future__ import annotations

from pathlib import Path

import pytest

from regwire.errors import ConfigError
from regwire.registry.accounts import Account, Accounts, hash_password, load_accounts, verify_password
from regwire.registry.passwords import (
    SCRAM_ROUNDS,
    is_password_hash,
    needs_rehash,
    password_record,
    scram_keys_in,
)
from regwire.sasl import scram_keys

PRINT = "ab" * 32


def write(tmp_path: Path, text: str, mode: int = 0o600) -> Path:
    path = tmp_path / "accounts.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_a_password_is_verified_and_not_kept_in_clear(tmp_path: Path) -> None:
    accounts = load_accounts(write(tmp_path, '[reg-a]\npassword = "sesame-open"\n[reg-b]\npassword = "other-word"\n'))
    assert len(accounts) == 2
    assert accounts.verify("reg-a", "sesame-open", None) == accounts.get("reg-a")
    assert accounts.verify("reg-a", "other-word", None) is None
    assert accounts.verify("reg-c", "sesame-open", None) is None
    assert all("sesame" not in repr(account) and "sesame" not in account.password_hash for account in accounts)


def test_equal_passwords_have_different_hashes() -> None:
    assert hash_password("x") != hash_password("x")
    assert verify_password("x", hash_password("x"))


def test_a_stored_hash_is_taken_as_it_is(tmp_path: Path) -> None:
    hashed = hash_password("secret-word")
    accounts = load_accounts(write(tmp_path, f'[reg-a]\npassword_hash = "{hashed}"\nactive = false\n'))
    account = accounts.verify("reg-a", "secret-word", None)
    assert account is not None
    assert account.password_hash == hashed
    assert not account.active


def test_a_pinned_certificate_is_required() -> None:
    accounts = Accounts([Account("reg-a", hash_password("pw"), frozenset({PRINT}))])
    assert accounts.verify("reg-a", "pw", PRINT.upper()) is not None
    assert accounts.verify("reg-a", "pw", "cd" * 32) is None
    assert accounts.verify("reg-a", "pw", None) is None


def test_fingerprints_may_be_written_with_colons(tmp_path: Path) -> None:
    colons = ":".join(["AB"] * 32)
    accounts = load_accounts(write(tmp_path, f'[reg-a]\npassword = "pw"\ncertificates = ["{colons}"]\n'))
    assert accounts.verify("reg-a", "pw", PRINT) is not None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ConfigError, match="chmod 600"):
        load_accounts(write(tmp_path, '[reg-a]\npassword = "pw"\n', mode))


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "no account"),
        ("[ab]\npassword = 'x'", "3 to 16"),
        ("reg-a = 3", "must be a section"),
        ("[reg-a]\npasword = 'x'", "did you mean password"),
        ("[reg-a]\nactive = true", "either password or password_hash"),
        ("[reg-a]\npassword = ''", "non-empty"),
        ("[reg-a]\npassword = 3", "non-empty"),
        ("[reg-a]\npassword_hash = 'md5'", "scrypt"),
        ("[reg-a]\npassword = 'x'\nactive = 1", "true or false"),
        ("[reg-a]\npassword = 'x'\ncertificates = 'ab'", "list"),
        ("[reg-a]\npassword = 'x'\ncertificates = ['ab']", "fingerprint"),
        ("[reg-a\n", "not TOML"),
    ],
)
def test_errors_name_the_account_and_the_cure(tmp_path: Path, text: str, match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        load_accounts(write(tmp_path, text))


def test_a_missing_file_names_the_command_that_writes_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="regwire init"):
        load_accounts(tmp_path / "accounts.toml")


def test_a_password_that_is_set_keeps_what_scram_needs() -> None:
    """Beside the hash, of as many rounds as it takes; a password that SASLprep refuses has only the hash."""
    record = password_record("secret-word", scram=True)
    assert verify_password("secret-word", record)
    assert not verify_password("secret-ward", record)
    assert not needs_rehash(record)
    keys = scram_keys_in(record)
    assert keys is not None
    assert keys == scram_keys("secret-word", salt=keys.salt, iterations=SCRAM_ROUNDS)
    assert scram_keys_in(hash_password("secret-word")) is None
    assert scram_keys_in(password_record("secret-word", scram=False)) is None
    control = password_record("bell\x07", scram=True)
    assert scram_keys_in(control) is None
    assert verify_password("bell\x07", control)
    # What an accounts file may give is a hash alone.
    assert not is_password_hash(record)
