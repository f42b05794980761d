"""What `regwire init` writes: complete, loadable, private where it must be, and never over something else."""

import datetime
import errno
import ipaddress
import ssl
import stat
import tomllib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from regwire.cli.init import create_registry
from regwire.errors import ConfigError
from regwire.registry.accounts import load_accounts
from regwire.registry.config import ExtraListener, ListenSettings, load_config


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registry") / "made"
    create_registry(folder)
    return folder


def test_writes_settings_that_load_as_defaults(folder):
    config = load_config(folder)
    assert config.registry.zones == ("example",)
    assert config.listen.address == "127.0.0.1"
    assert config.listen.port_offset == 10000


def test_listen_settings_survive_the_file(tmp_path):
    listen = ListenSettings(protocols=(), extra=(ExtraListener(protocol="epp", port=0),))
    create_registry(tmp_path / "r", listen=listen)
    assert load_config(tmp_path / "r").listen == listen


@pytest.mark.parametrize("name", ["registry.toml", "accounts.toml", "pki"])
def test_nothing_is_written_through_a_link_that_leads_nowhere_yet(tmp_path, name):
    folder, elsewhere = tmp_path / "r", tmp_path / "elsewhere"
    folder.mkdir()
    (folder / name).symlink_to(elsewhere)
    with pytest.raises(ConfigError, match="exists already"):
        create_registry(folder)
    assert not elsewhere.exists()
    assert [path.name for path in folder.iterdir()] == [name]


def test_passwords_fit_epp_and_differ(folder):
    accounts = tomllib.loads((folder / "accounts.toml").read_text())
    passwords = [accounts[name]["password"] for name in ("reg-a", "reg-b")]
    assert all(6 <= len(password) <= 16 for password in passwords)
    assert passwords[0] != passwords[1]


def test_accounts_are_private_and_pinned_to_their_certificates(folder):
    assert stat.S_IMODE((folder / "accounts.toml").stat().st_mode) == 0o600
    accounts = load_accounts(folder / "accounts.toml")
    for name in ("reg-a", "reg-b"):
        certificate = x509.load_pem_x509_certificate((folder / "pki" / f"{name}.pem").read_bytes())
        account = accounts.get(name)
        assert account is not None
        assert account.certificates == {certificate.fingerprint(hashes.SHA256()).hex()}


@pytest.mark.parametrize("name", ["ca", "server", "reg-a", "reg-b"])
def test_keys_are_private_and_match_their_certificates(folder, name):
    pki = folder / "pki"
    assert stat.S_IMODE((pki / f"{name}.key").stat().st_mode) == 0o600
    # Loading a chain checks that key and certificate belong together.
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(pki / f"{name}.pem", pki / f"{name}.key")


def test_server_certificate_names_localhost(folder):
    certificate = x509.load_pem_x509_certificate((folder / "pki/server.pem").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert ipaddress.ip_address("127.0.0.1") in names.get_values_for_type(x509.IPAddress)
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]


@pytest.mark.parametrize("name", ["server", "reg-a", "reg-b"])
def test_certificates_verify_against_the_authority_now(folder, name):
    authority = x509.load_pem_x509_certificate((folder / "pki/ca.pem").read_bytes())
    certificate = x509.load_pem_x509_certificate((folder / f"pki/{name}.pem").read_bytes())
    certificate.verify_directly_issued_by(authority)
    now = datetime.datetime.now(datetime.UTC)
    assert certificate.not_valid_before_utc < now < certificate.not_valid_after_utc


@pytest.mark.parametrize("present", ["registry.toml", "accounts.toml", "pki"])
def test_refuses_to_overwrite_and_writes_nothing(tmp_path, present):
    (tmp_path / present).mkdir()
    with pytest.raises(ConfigError, match=rf"{present}: exists already; choose another folder"):
        create_registry(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [present]


@pytest.mark.parametrize("made", [True, False])
def test_what_cannot_be_written_whole_is_not_written(tmp_path, monkeypatch, made):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    folder = tmp_path / "r"
    if made:
        folder.mkdir()
        (folder / "mine").write_text("")
    with monkeypatch.context() as patch:
        patch.setattr("regwire.cli.init.new_password", full)
        with pytest.raises(ConfigError, match="No space left on device"):
            create_registry(folder)
    assert (sorted(path.name for path in folder.iterdir()) == ["mine"]) if made else not folder.exists()
    create_registry(folder)


def test_a_file_in_place_of_the_folder_is_one_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        create_registry(tmp_path / "file" / "registry")
