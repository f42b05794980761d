"""registry.toml: what it says is what the server does, and what is wrong with it is said in one line."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from regwire.errors import ConfigError
from regwire.registry.config import (
    Config,
    EppSettings,
    ExtraListener,
    LimitSettings,
    ListenSettings,
    PolicySettings,
    RegistrySettings,
    describe,
    load_config,
    parse_config,
    render,
)

FILE = Path("conf/registry.toml")


def test_an_empty_file_is_every_default() -> None:
    assert parse_config("", FILE) == Config(directory=Path("conf"))


def test_settings_are_read_by_section() -> None:
    config = parse_config(
        """
[registry]
zones = ["example", "xn--p1ai"]
[listen]
port_offset = 20000
[[listen.extra]]
protocol = "epp"
port = 3121
[epp]
idle_timeout = 30
[policy]
max_years = 5
[zone."xn--p1ai"]
redemption = 0
""",
        FILE,
    )
    assert config.registry.zones == ("example", "xn--p1ai")
    assert config.listen.port_offset == 20000
    assert config.listen.extra == (ExtraListener(protocol="epp", port=3121),)
    assert config.epp.idle_timeout == 30.0
    assert config.policy_for("example") == PolicySettings(max_years=5)
    assert config.policy_for("xn--p1ai") == PolicySettings(max_years=5, redemption=0)
    assert config.path(config.store.path) == Path("conf/registry.sqlite")


@pytest.mark.parametrize("every", [False, True])
def test_what_render_writes_is_read_back(every: bool) -> None:
    config = Config(
        registry=RegistrySettings(zones=("example", "test"), server_id='a "quoted" \\ id'),
        listen=ListenSettings(port_offset=0, extra=(ExtraListener(protocol="epp", port=0, address="::1"),)),
        limits=LimitSettings(group=7),
        epp=EppSettings(idle_timeout=1.5),
        zone_policies={"test": PolicySettings(months=True)},
        directory=Path("conf"),
    )
    assert parse_config(render(config, every=every), FILE) == config


@pytest.mark.parametrize(
    ("text", "line", "parts"),
    [
        ("[epp]\n\nidle_timout = 3", 3, ["epp.idle_timout", "idle_timeout?"]),
        ("[ep]\nx = 1", 1, ["ep: ", "epp?"]),
        ("[limits]\ngroup = 'x'", 2, ["limits.group", "whole number", "a string"]),
        ("[limits]\ngroup = true", 2, ["limits.group", "a boolean"]),
        ("[limits]\ngroup = 0", 2, ["limits.group", "between 1 and 10000"]),
        ("[epp]\nidle_timeout = nan", 2, ["epp.idle_timeout", "at least"]),
        ("[tls]\nrequire_certificate = 1", 2, ["true or false"]),
        ("[tls]\nkey = 1", 2, ["tls.key", "a string in quotes"]),
        ("[store]\nkind = 'mysql'", 2, ["store.kind", "sqlite"]),
        ("[listen]\nprotocols = ['eppp']", 2, ["listen.protocols", "epp"]),
        ("[listen]\nprotocols = 'epp'", 2, ["a list of strings"]),
        ("[[listen.extra]]\nprotocol = 'epp'\nport = 1\n[[listen.extra]]\nprotocol = 'epp'", 4, ["port is missing"]),
        (
            "[[listen.extra]]\nprotocol = 'epp'\nport = 1\n[[listen.extra]]\nport = 70000\nprotocol = 'epp'",
            5,
            ["65535"],
        ),
        ("[listen.extra]\nport = 1", 1, ["[[listen.extra]]"]),
        ("epp = 3", 1, ["[epp]"]),
        ("[registry]\nzones = []", 2, ["registry.zones", "at least one"]),
        ("[registry]\nzones = ['Example']", 2, ['"example"']),
        ("[registry]\nzones = ['bücher']", 2, ['"xn--bcher-kva"']),
        ("[registry]\nzones = ['a b']", 2, ["not a domain name"]),
        ("[registry]\nserver_id = 'x'", 2, ["3 to 64"]),
        ("[registry]\nrepository = 'toolongindeed'", 2, ["1 to 8"]),
        ("[zone.test]\nmonths = true", 1, ["zone.test", "known: example"]),
        ("[zone.example]\nmonth = true", 2, ["zone.example.month", "months?"]),
        ("[policy]\ndefault_years = 3\nmax_years = 2", 2, ["default_years", "between min_years and max_years"]),
        ("[policy]\nmin_name_servers = 3\nmax_name_servers = 2", 2, ["max_name_servers"]),
        ("[epp]\nx =\n", 2, ["not TOML", "correct this line"]),
        ("[epp\n", 1, ["not TOML"]),
        ("[policy.fee]\n[policy.drop]\n[policy.fee]\n", 3, ["[policy.fee] is there twice", "below the", "of line 1"]),
        ("[epp]\nx = 1\nx = 2\n", 3, ["set already above", "remove one"]),
        ("[registry]\nzones = ['a', 'b', 'a']", 2, ['"a" twice', "remove one"]),
        ("[listen]\naddress = '300.1.1.1'", 2, ["listen.address", "no IP address"]),
        ("[zone.example.fees]\ncurrency = 'EUR'", 1, ["zone.example.fees", "fee?"]),
        ("[policy.reserved]\nlabels = ['[a']", 2, ["matches no label"]),
        ("[policy.ttl]\nminimum = 500\nmaximum = 100", 2, ["above its maximum 100"]),
        ("\n[[zone.example.launch.phases]]\nphase = 'custom'", 2, ["launch.phases", "without a name"]),
        (
            "\n[policy.idn]\ntables = ['latn']",
            2,
            ["policy.idn", "latn: the IDN table cannot be read", "cyrillic, latin"],
        ),
    ],
)
def test_an_error_is_one_line_with_file_line_setting_and_cure(text: str, line: int, parts: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, FILE)
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value.where == f"{FILE}:{line}"
    for part in parts:
        assert part in message


def test_a_missing_file_names_the_command_that_writes_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="regwire init"):
        load_config(tmp_path)


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "registry.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_config(tmp_path)


def test_load_takes_the_directory_or_the_file(tmp_path: Path) -> None:
    (tmp_path / "registry.toml").write_text("[limits]\ngroup = 3\n", encoding="utf-8")
    assert load_config(tmp_path) == load_config(tmp_path / "registry.toml")
    assert load_config(tmp_path).directory == tmp_path


def test_every_setting_is_described_and_has_a_reason() -> None:
    rows = list(describe())
    assert all(row.why for row in rows)
    # Sections of features are theirs to test.
    sections = {r.section for r in rows if not r.section.startswith("policy.")}
    assert sections == {
        "registry",
        "listen",
        "listen.extra",
        "tls",
        "limits",
        "epp",
        "iris",
        "store",
        "accounts",
        "audit",
        "policy",
    }
    assert sum(row.section == "epp" for row in rows) == len(fields(EppSettings))


def test_the_defaults_obey_their_own_limits() -> None:
    everything = render(replace(Config(), directory=Path("conf")), every=True).replace("\n# ", "\n")
    lines = [line for line in everything.splitlines() if " =    #" not in line]
    assert parse_config("\n".join(lines), FILE) == Config(directory=Path("conf"))
