"""Which server and account the options mean."""

from pathlib import Path

import pytest

from regwire.cli.init import create_registry
from regwire.cli.target import Options, resolve
from regwire.errors import ConfigError


@pytest.fixture(autouse=True)
def _no_password_in_environment(monkeypatch):
    monkeypatch.delenv("REGWIRE_PASSWORD", raising=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registry")
    create_registry(folder)
    return folder


def test_a_folder_says_everything(folder):
    target = resolve(Options(folder=folder, account="reg-b"))
    assert (target.host, target.port, target.server_name, target.client_id) == (
        "127.0.0.1",
        10700,
        "localhost",
        "reg-b",
    )
    assert target.ca == folder / "pki/ca.pem"
    assert (target.certificate, target.key) == (folder / "pki/reg-b.pem", folder / "pki/reg-b.key")
    assert len(target.password) == 16


def test_the_first_account_is_the_default(folder):
    assert resolve(Options(folder=folder)).client_id == "reg-a"


def test_the_current_folder_is_found(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert resolve(Options()).ca == Path("pki/ca.pem")


def test_options_beat_the_folder(folder, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("other-password\n")
    target = resolve(Options(folder=folder, host="::1", port=700, password_file=secret, server_name="epp.test"))
    assert (target.host, target.port, target.server_name, target.password) == ("::1", 700, "epp.test", "other-password")


def test_any_server_by_options(monkeypatch):
    monkeypatch.setenv("REGWIRE_PASSWORD", "from-environment")
    target = resolve(Options(host="epp.test", user="ClientX"))
    assert (target.host, target.port, target.server_name) == ("epp.test", 700, "epp.test")
    assert (target.client_id, target.password, target.ca) == ("ClientX", "from-environment", None)


def test_the_password_is_not_in_the_repr(folder):
    target = resolve(Options(folder=folder))
    assert target.password not in repr(target)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (Options(ca=Path("none.pem"), host="h", user="u"), "--ca: none.pem: no such file"),
        (Options(certificate=Path(__file__), host="h", user="u"), "--cert and --key: only one of them is given"),
        (Options(host="h"), "--user: missing; give the account"),
        (Options(host="h", user="u", password_file=Path("none")), "--password-file: none cannot be read"),
        (Options(folder=Path("no-such-folder")), "`regwire init no-such-folder` writes one"),
    ],
)
def test_mistakes_name_the_option_and_the_cure(options, text):
    with pytest.raises(ConfigError) as caught:
        resolve(options)
    assert text in str(caught.value)


def test_no_server_at_all_names_both_ways(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"no server given; give --dir DIR of `regwire init`, or --host NAME"):
        resolve(Options())


def test_an_unknown_account_is_named_with_those_there_are(folder):
    with pytest.raises(ConfigError, match=r"--as reg-c: .*accounts\.toml has no such account; it has reg-a, reg-b"):
        resolve(Options(folder=folder, account="reg-c"))
