"""The inputs of the registry tests, as the files of a registry have them."""

import pytest

from regwire.cli.init import create_registry
from regwire.cli.rst_folder import folder_inputs
from regwire.errors import ConfigError
from regwire.testing.rst import parse_inputs

POLICY = """
[registry]
zones = ["example", "only.test", "sunrise.test", "claims.test", "later.test"]
repository = "TEST"
[listen]
port_offset = 20000
[policy]
host_model = "attributes"
ds_interface = "key"
data_model = "per-registrar"
minimum_registrars = ["reg-b"]
required_contacts = ["registrant", "tech"]
[zone."only.test".idn]
tables = ["cyrillic"]
only = true
[[zone."later.test".launch.phases]]
phase = "sunrise"
start = 2999-01-01T00:00:00Z
[[zone."sunrise.test".launch.phases]]
phase = "sunrise"
mode = "application"
[[zone."claims.test".launch.phases]]
phase = "claims"
[[zone."claims.test".launch.validators]]
labels = "dnl.csv"
"""


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "registry"
    create_registry(folder)
    return folder


def test_a_new_registry(folder):
    inputs = parse_inputs(folder_inputs(folder), folder / "rst.toml")
    assert inputs["run.port"] == 10700
    assert inputs["run.addresses"] == ("127.0.0.1",)
    assert inputs.client(1)[0] == "reg-a"
    assert inputs.certificate(2) == (folder / "pki/reg-b.pem", folder / "pki/reg-b.key")
    assert inputs.host_objects
    assert [tld.name for tld in inputs.tlds] == ["example"]
    assert inputs["minimumRPMS.sunriseTLD"] is None


def test_a_registry_with_policies(folder):
    (folder / "dnl.csv").write_text(
        "1,2026-01-01T00:00:00Z\nDNL,lookup-key,insertion-datetime\na,b,2026-01-01T00:00:00Z\n"
    )
    (folder / "registry.toml").write_text(POLICY, encoding="utf-8")
    inputs = parse_inputs(folder_inputs(folder), folder / "rst.toml")
    assert inputs["run.port"] == 20700
    assert not inputs.host_objects
    assert inputs["epp.secDNSInterfaces"] == "keyData"
    assert (inputs.minimum(1), inputs.minimum(2)) == (False, True)
    assert inputs["epp.requiredContactTypes"] == ("tech",)
    assert [tld.name for tld in inputs.tlds if tld.idn_only] == ["only.test"]
    assert inputs["run.repositoryIds"] == ("TEST",)
    assert inputs["minimumRPMS.sunriseTLD"] == "sunrise.test"
    assert inputs["minimumRPMS.sunriseModel"] == "end-date"
    assert inputs["minimumRPMS.claimsTLD"] == "claims.test"
    assert inputs.path("tmch.dnl") == folder / "dnl.csv"


def test_one_account_is_not_enough(folder):
    accounts = folder / "accounts.toml"
    accounts.write_text(accounts.read_text().partition("[reg-b]")[0])
    with pytest.raises(ConfigError, match="two registrars"):
        folder_inputs(folder)


def test_a_folder_without_registry(tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        folder_inputs(tmp_path)
