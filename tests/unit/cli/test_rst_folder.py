"""The inputs of the registry tests, as the files of a registry have them."""

import pytest

from regwire.cli.init import create_registry
from regwire.cli.init_rst import create_rst_registry
from regwire.cli.rst_folder import folder_inputs
from regwire.errors import ConfigError, RegwireError
from regwire.registry.store.base import StoreError
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
    # Contacts are as given, and IDNA2008 alone says which names are registered.
    assert inputs.contacts_optional
    assert [table.tag for table in inputs.tlds[0].tables] == ["IDNA2008"]
    assert not (folder / "registry.sqlite").exists(), "looking makes nothing"


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


@pytest.fixture
def full(tmp_path):
    pytest.importorskip("signxml", reason="signed marks need signxml: install regwire[registry]")
    folder = tmp_path / "full"
    create_rst_registry(folder)
    return folder


def test_a_registry_made_for_the_tests(full):
    inputs = parse_inputs(folder_inputs(full), full / "rst.toml")
    assert inputs["general.registryDataModel"] == "maximum"
    # What is in sunrise or claims is for the cases about rights alone.
    assert [(tld.name, tld.idn_only) for tld in inputs.tlds] == [("example", False), ("idn-only.test", True)]
    assert (inputs["minimumRPMS.sunriseTLD"], inputs["minimumRPMS.claimsTLD"]) == ("sunrise.test", "claims.test")
    assert [len(inputs.paths(f"tmch.{kind}SMDs")) for kind in ("valid", "invalid", "revoked")] == [1, 1, 1]
    assert inputs["epp.registeredNames"] == ("taken.example",)
    assert inputs["epp.registeredNameservers"] == ("ns1.taken.example",)
    assert inputs["epp.registeredContacts"] == ("taken-1", "taken-2")
    assert "<!-- tag -->" in inputs["idn.domainCreateExtension"]
    latin, cyrillic = (tld.tables[0] for tld in inputs.tlds)
    assert (latin.tag, cyrillic.tag) == ("und-Latn", "und-Cyrl")
    assert len(latin.valid) == len(cyrillic.valid) == 3
    assert latin.variants
    assert "жук" in latin.invalid
    assert "жук" not in cyrillic.invalid


def test_labels_are_new_each_time_but_for_the_same_seed(full):
    assert folder_inputs(full) != folder_inputs(full)
    assert folder_inputs(full, seed=1) == folder_inputs(full, seed=1)
    assert folder_inputs(full, seed=1) != folder_inputs(full, seed=2)


def test_one_account_is_not_enough(folder):
    accounts = folder / "accounts.toml"
    accounts.write_text(accounts.read_text().partition("[reg-b]")[0])
    with pytest.raises(ConfigError, match="two registrars"):
        folder_inputs(folder)


def test_a_folder_without_registry(tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        folder_inputs(tmp_path)


def test_every_address_of_the_port(folder):
    (folder / "registry.toml").write_text(
        """
[registry]
zones = ["example"]
[listen]
address = "0.0.0.0"
[[listen.extra]]
protocol = "epp"
port = 10700
address = "::1"
[[listen.extra]]
protocol = "epp"
port = 10701
""",
        encoding="utf-8",
    )
    inputs = parse_inputs(folder_inputs(folder), folder / "rst.toml")
    assert (inputs["run.port"], inputs["run.addresses"]) == (10700, ("127.0.0.1", "::1"))


def test_a_registry_without_epp(folder):
    (folder / "registry.toml").write_text('[registry]\nzones = ["a"]\n[listen]\nprotocols = ["iris.lwz"]\n')
    with pytest.raises(ConfigError, match="has no epp"):
        folder_inputs(folder)


@pytest.mark.parametrize("name", ["registry.toml", "tmch", "registry.sqlite"])
def test_nothing_is_written_over(tmp_path, name):
    pytest.importorskip("signxml", reason="signed marks need signxml: install regwire[registry]")
    (tmp_path / name).mkdir()
    with pytest.raises(ConfigError, match="exists already"):
        create_rst_registry(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("shutil.copytree", OSError("no space left")),
        ("regwire.registry.operator.open_operator", StoreError("the disk is full")),
    ],
)
def test_a_registry_that_cannot_be_made_whole_leaves_nothing(tmp_path, monkeypatch, there, what, error):
    pytest.importorskip("signxml", reason="signed marks need signxml: install regwire[registry]")

    def fails(*_, **__):
        raise error

    folder = tmp_path / "registry"
    if there:
        folder.mkdir()
    monkeypatch.setattr(what, fails)
    with pytest.raises(RegwireError, match=str(error)):
        create_rst_registry(folder)
    assert list(tmp_path.rglob("*")) == ([folder] if there else [])


def test_labels_of_a_table_with_allocatable_variants(folder):
    """Those pairs are tried that the policy is about."""
    (folder / "table.xml").write_text(
        """<lgr xmlns="urn:ietf:params:xml:ns:lgr-1.0"><meta><language>de</language></meta><data>
<range first-cp="0061" last-cp="007A"/>
<char cp="00E4"><var cp="0061" type="allocatable"/></char><char cp="00F6"><var cp="006F" type="blocked"/></char>
</data></lgr>""",
        encoding="utf-8",
    )
    policy = '[registry]\nzones = ["example"]\n[policy.idn]\ntables = ["table.xml"]\nvariants = "{}"\n'
    for variants, count in (("blocked", 2), ("same-registrant", 1), ("same-registrar", 0)):
        (folder / "registry.toml").write_text(policy.format(variants), encoding="utf-8")
        (tld,) = parse_inputs(folder_inputs(folder), folder / "rst.toml").tlds
        assert len(tld.tables[0].variants) == count, variants
        assert all("ä" in label for label, _ in tld.tables[0].variants[:1])
        assert (tld.variant_policy == "same-registrant") is (variants == "same-registrant")
