"""The operator's commands on a registry in a folder, most of them while its server runs in another process."""

import contextlib
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from regwire.cli import operate
from regwire.cli.app import app
from regwire.cli.init import create_registry
from regwire.cli.process import ServerProcess
from regwire.errors import CommandError, ConfigError, OperatorRefused
from regwire.registry.config import ExtraListener, ListenSettings

#: What is written below which header of the file that `regwire init` makes.
POLICY = {
    "[policy.fee]": 'currency = "EUR"\ncreate = "10.00"',
    "[policy.allocation_token]": "enabled = true",
    '[zone."example"]': "add_grace = 3",
    '[zone."example".reserved]': 'labels = ["www"]',
}


def make(folder: Path, policy: dict[str, str] | None = None) -> Path:
    listen = ListenSettings(protocols=(), extra=(ExtraListener(protocol="epp", port=0),))
    create_registry(folder, listen=listen)
    path = folder / "registry.toml"
    for header, lines in (policy or {}).items():
        text = path.read_text()
        if header not in text:
            text += f"\n{header}\n"
        path.write_text(text.replace(f"{header}\n", f"{header}\n{lines}\n"))
    return folder


class Room:
    """Gives commands to the registry in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.port = 0

    def run(self, *arguments):
        """Run a command in this process; returns what `--json` prints, or raises what it raised."""
        result = CliRunner().invoke(app, [*arguments, "--dir", str(self.folder), "--json"], catch_exceptions=False)
        if result.exit_code:
            raise SystemExit(result.exit_code)
        return json.loads(result.output)

    def table(self, *arguments):
        result = CliRunner().invoke(app, [*arguments, "--dir", str(self.folder)], catch_exceptions=False)
        assert result.exit_code == 0
        return result.output

    def refused(self, *arguments):
        with pytest.raises(OperatorRefused) as caught:
            self.run(*arguments)
        assert "\n" not in str(caught.value)
        return caught.value

    def epp(self, *arguments, account="reg-a", password=None):
        """Run `regwire epp` against the server."""
        options = ["--dir", str(self.folder), "--as", account, "--port", str(self.port), "--json"]
        environment = {"REGWIRE_PASSWORD": password} if password else {}
        try:
            result = CliRunner().invoke(app, ["epp", *options, *arguments], env=environment, catch_exceptions=False)
        except CommandError as error:
            return error.code, {}
        found = json.loads(result.output)
        return found["code"], found


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    folder = make(tmp_path_factory.mktemp("ops") / "registry", POLICY)
    found = Room(folder)
    for name in ("reg-a", "reg-b"):
        found.run("registrar", "credit", name, "1000", "eur", "--reference", f"first-{name}")
    with ServerProcess(folder) as server:
        found.port = server.port
        for name in ("a.example", "b.example", "c.example"):
            assert found.epp("create", name)[0] == 1000
        yield found
        assert server.stop() == 0


@pytest.fixture
def still(tmp_path):
    """A registry without a server."""
    return Room(make(tmp_path / "registry"))


# --- registrars


def test_a_new_registrar_logs_in_is_suspended_and_let_in_again(room):
    made = room.run("registrar", "add", "reg-c", "--name", "Charlie Ltd", "--issue", "--max-sessions", "5")
    assert set(made) == {
        "id", "name", "status", "certificates", "networks", "max_sessions", "created", "updated", "password_changed",
        "balances", "password",
    }  # fmt: skip
    assert room.epp("check", "x.example", account="reg-c", password=made["password"])[0] == 1000
    assert room.refused("registrar", "add", "reg-c").code == 2302
    assert room.run("registrar", "suspend", "reg-c") == {"id": "reg-c", "status": "suspended"}
    assert room.epp("check", "x.example", account="reg-c", password=made["password"])[0] == 2201
    assert room.run("registrar", "activate", "reg-c")["status"] == "active"
    changed = room.run("registrar", "password", "reg-c")["password"]
    assert room.epp("check", "x.example", account="reg-c", password=made["password"])[0] == 2200
    assert room.epp("check", "x.example", account="reg-c", password=changed)[0] == 1000
    assert [row["operation"] for row in room.run("registrar", "history", "reg-c")][:3] == [
        "AddRegistrar",
        "SetRegistrarStatus",
        "SetRegistrarStatus",
    ]
    assert "reg-c  Charlie Ltd  active" in room.table("registrar", "list")


def test_a_certificate_is_rotated_while_the_server_runs(room):
    (old,) = room.run("registrar", "show", "reg-b")["certificates"]
    both = room.run("registrar", "certificate", "add", "reg-b", "--issue")["certificates"]
    assert len(both) == 2
    new = room.folder / "pki" / "reg-b-2.pem"
    options = ("--cert", str(new), "--key", str(new.with_suffix(".key")))
    for given in ((), options):
        assert room.epp(*given, "check", "x.example", account="reg-b")[0] == 1000
    first = str(room.folder / "pki" / "reg-b.pem")
    assert room.run("registrar", "certificate", "remove", "reg-b", first)["certificates"] != [old]
    assert room.epp("check", "x.example", account="reg-b")[0] == 2200
    assert room.epp(*options, "check", "x.example", account="reg-b")[0] == 1000
    assert "no certificate left" in str(room.refused("registrar", "certificate", "remove", "reg-b", str(new)))
    room.run("registrar", "certificate", "add", "reg-b", old)


def test_a_certificate_whose_account_is_refused_leaves_no_files(still):
    before = sorted((still.folder / "pki").iterdir())
    assert still.refused("registrar", "add", "reg-a", "--issue").code == 2302
    assert still.refused("registrar", "certificate", "add", "reg-x", "--issue").code == 2303
    assert still.refused("registrar", "add", "ab", "--issue").code == 2005
    for outside in ("../reg", "/tmp/reg", "zürich", ".."):
        with pytest.raises(ConfigError, match="cannot be the name of a file"):
            still.run("registrar", "add", outside, "--issue")
    assert sorted((still.folder / "pki").iterdir()) == before


def test_a_registrar_is_changed(still):
    changed = still.run(
        "registrar", "set", "reg-a", "--network", "192.0.2.0/24", "--max-sessions", "2", "--name", "Ada"
    )
    assert (changed["networks"], changed["max_sessions"], changed["name"]) == (["192.0.2.0/24"], 2, "Ada")
    changed = still.run("registrar", "set", "reg-a", "--any-network", "--max-sessions", "0")
    assert (changed["networks"], changed["max_sessions"], changed["name"]) == ([], None, "Ada")
    assert still.refused("registrar", "set", "reg-a", "--network", "here").code == 2005
    with pytest.raises(ConfigError, match="nothing to change"):
        still.run("registrar", "set", "reg-a")


def test_passwords_come_from_files_and_must_fit_the_policy(still, tmp_path):
    file = tmp_path / "password"
    file.write_text("short\n")
    with pytest.raises(ConfigError, match="shorter than 8"):
        still.run("registrar", "password", "reg-a", "--password-file", str(file))
    file.write_text("long enough\n")
    assert still.run("registrar", "password", "reg-a", "--password-file", str(file)) == {
        "id": "reg-a",
        "password_changed": True,
    }


def test_money_is_booked_once_and_shown(still):
    paid = still.run("registrar", "credit", "reg-a", "100.50", "EUR", "--reference", "inv-1")
    assert paid == {"account": "reg-a", "currency": "EUR", "amount": "100.50", "limit": "0.00"}
    assert still.refused("registrar", "credit", "reg-a", "1", "EUR", "--reference", "inv-1").code == 2302
    assert still.refused("registrar", "credit", "reg-x", "1", "EUR").code == 2303
    assert still.run("registrar", "limit", "reg-a", "50", "EUR")["limit"] == "50.00"
    assert [row["amount"] for row in still.run("registrar", "ledger", "reg-a")] == ["100.50"]
    assert {row["account"]: row["amount"] for row in still.run("registrar", "balance")} == {
        "reg-a": "100.50",
        "-payments": "-100.50",
    }
    assert still.run("registrar", "balance", "reg-b") == []
    with pytest.raises(SystemExit):
        still.run("registrar", "credit", "reg-a", "much", "EUR")


def test_money_in_a_currency_that_no_zone_bills_in_is_refused(room):
    for command in ("credit", "limit"):
        with pytest.raises(ConfigError, match=r"no zone bills in USD; it is EUR"):
            room.run("registrar", command, "reg-a", "5", "usd")
    assert not [row for row in room.run("registrar", "balance", "reg-a") if row["currency"] == "USD"]


def test_what_is_for_one_registrar_needs_that_registrar(room, tmp_path):
    assert room.refused("token", "create", "--registrar", "nobody").code == 2303
    assert room.refused("reserved", "add", "kept.example", "--holder", "nobody").code == 2303
    names = tmp_path / "names.csv"
    names.write_text("name,reason,holder\nkept.example,,nobody\n")
    assert room.refused("reserved", "import", str(names)).code == 2303
    assert "kept.example" not in [row["name"] for row in room.run("reserved", "list")]


# --- objects


def test_a_locked_domain_is_2304_until_it_is_unlocked(room):
    locked = room.run("domain", "lock", "A.example", "--reason", "asked by its owner")
    assert locked["statuses"] == ["serverDeleteProhibited", "serverTransferProhibited", "serverUpdateProhibited"]
    # Again is no error.
    assert room.run("domain", "lock", "a.example") == locked
    assert room.epp("delete", "a.example")[0] == 2304
    assert room.run("domain", "unlock", "a.example")["statuses"] == []
    held = room.run("domain", "set", "a.example", "--add-status", "serverHold")
    assert held["statuses"] == ["serverHold"]
    shown = room.run("domain", "show", "a.example")
    assert (shown["sponsor"], shown["statuses"]) == ("reg-a", ["serverHold", "inactive"])
    assert "auth" not in shown
    room.run("domain", "set", "a.example", "--rem-status", "serverHold")
    assert room.refused("domain", "set", "a.example", "--add-status", "clientHold").code == 2306
    assert room.refused("domain", "lock", "nothing.example").code == 2303
    assert [row["operation"] for row in room.run("domain", "history", "a.example")][:3] == [
        "CreateDomain",
        "SetServerStatuses",
        "SetServerStatuses",
    ]
    texts = [message["text"] for message in room.run("poll", "list", "reg-a")]
    assert any("serverUpdateProhibited" in text for text in texts)


def test_a_domain_is_moved_and_purged(room):
    assert room.run("domain", "set", "b.example", "--registrar", "reg-b")["sponsor"] == "reg-b"
    assert room.epp("info", "b.example", account="reg-a")[1]["data"][0]["cl_id"] == "reg-b"
    with pytest.raises(ConfigError, match="--yes"):
        room.run("domain", "delete", "b.example")
    assert room.run("domain", "delete", "b.example", "--yes")["purged"] is True
    assert room.refused("domain", "show", "b.example").code == 2303
    assert room.epp("create", "b.example")[0] == 1000
    assert room.refused("domain", "delete", "x.example", "--yes").code == 2303


def test_hosts_and_contacts_are_shown_and_locked(room):
    assert room.epp("host", "create", "ns.outside.test")[0] == 1000
    contact = ("--name", "Ada", "--city", "Delft", "--country", "NL", "--email", "ada@example.test")
    assert room.epp("contact", "create", "con-1", *contact)[0] == 1000
    for kind, key in (("host", "ns.outside.test"), ("contact", "con-1")):
        assert room.run(kind, "show", key)["statuses"] == ["ok"]
        assert "serverUpdateProhibited" in room.run(kind, "lock", key)["statuses"]
        assert room.epp(kind, "delete", key)[0] == 2304
        assert room.run(kind, "unlock", key)["statuses"] == []
        assert len(room.run(kind, "history", key)) == 3
    assert room.run("contact", "set", "con-1", "--registrar", "reg-b")["sponsor"] == "reg-b"


# --- names, tokens


def test_reserved_names_are_kept_until_a_token_unlocks_them(room, tmp_path):
    assert room.run("reserved", "add", "kept.example", "--reason", "court") == [
        {"name": "kept.example", "reason": "court", "holder": ""}
    ]
    assert room.epp("create", "kept.example")[0] == 2306
    room.run("reserved", "remove", "kept.example")
    assert room.epp("create", "kept.example")[0] == 1000
    assert room.refused("reserved", "remove", "kept.example").code == 2303
    file = tmp_path / "reserved.csv"
    file.write_text("name,holder\none.example,reg-b\nzürich.example,\n")
    assert room.run("reserved", "import", str(file)) == {"imported": 2}
    listed = {row["name"]: row["holder"] for row in room.run("reserved", "list")}
    assert listed == {"one.example": "reg-b", "xn--zrich-kva.example": ""}
    file.write_text("name,holder\none.example\n")
    with pytest.raises(ConfigError, match=r"reserved.csv:2: has 1 fields"):
        room.run("reserved", "import", str(file))


def test_premium_names_are_priced(room, tmp_path):
    room.run("premium", "add", "gold.example", "--create", "250")
    file = tmp_path / "premium.csv"
    file.write_text("name,create,renew\nsilver.example,99.00,20.00\n")
    assert room.run("premium", "import", str(file)) == {"imported": 1}
    listed = {row["name"]: row["create"] for row in room.run("premium", "list")}
    assert listed == {"gold.example": "250", "silver.example": "99.00"}
    assert room.run("premium", "remove", "silver.example") == {"removed": ["silver.example"]}
    assert room.refused("premium", "remove", "silver.example").code == 2303
    with pytest.raises(ConfigError, match="no price"):
        room.run("premium", "add", "x.example")


def test_a_token_is_shown_once_and_revoked(room):
    (made,) = room.run("token", "create", "--label", "launch", "--uses", "3", "--ends", "2099-01-01")
    assert (made["uses"], made["ends"]) == (3, "2099-01-01T00:00:00Z")
    listed = room.run("token", "list")
    assert made["token"] not in json.dumps(listed)
    (digest,) = [row["digest"] for row in listed if row["label"] == "launch"]
    assert room.run("token", "show", digest[:10])["digest"] == digest
    assert room.run("token", "revoke", digest[:10], "--yes") == {"digest": digest, "revoked": True}
    assert room.refused("token", "show", digest).code == 2303
    assert len(room.run("token", "create", "--count", "3")) == 3


# --- zones, queues, audit


def test_the_policy_of_a_zone_says_where_it_comes_from(room):
    rows = {row["setting"]: row for row in room.run("tld", "policy", "example")}
    lines = (room.folder / "registry.toml").read_text().splitlines()
    for name, head, text in (
        ("add_grace", '[zone."example"]', "add_grace = 3"),
        ("fee.currency", "[policy.fee]", 'currency = "EUR"'),
        ("reserved.labels", '[zone."example".reserved]', 'labels = ["www"]'),
    ):
        assert rows[name]["source"] == f"{head} line {lines.index(text) + 1}"
    assert (rows["add_grace"]["value"], rows["add_grace"]["unit"]) == (3, "days")
    assert rows["redemption"]["source"] == "default"
    changed = room.run("tld", "policy", "example", "--changed")
    assert {row["setting"] for row in changed} >= {"add_grace", "fee.currency", "reserved.labels"}
    assert all(row["source"] != "default" for row in changed)
    (zone,) = room.run("tld", "list")
    assert (zone["zone"], zone["own_policy"]) == ("example", True)
    assert {"fee", "reserved"} <= set(zone["features"])
    assert room.run("tld", "show", "example")["registered"] >= 3
    with pytest.raises(ConfigError, match="this registry has example"):
        room.run("tld", "policy", "other")


def test_a_message_is_sent_listed_and_dropped(room):
    assert "reg-b" in room.run("poll", "send", "Maintenance on Sunday")["sent"]
    waiting = room.run("poll", "list", "reg-b")
    (mine,) = [message for message in waiting if message["text"] == "Maintenance on Sunday"]
    assert room.run("poll", "drop", "reg-b", str(mine["id"]), "--yes")["dropped"] == mine["id"]
    assert len(room.run("poll", "list", "reg-b")) == len(waiting) - 1
    assert room.refused("poll", "drop", "reg-b", str(mine["id"]), "--yes").code == 2303
    assert room.refused("poll", "list", "reg-x").code == 2303


def test_the_audit_is_searched(room):
    assert room.epp("create", "audited.example")[0] == 1000
    assert room.epp("create", "not-audited.example")[0] == 1000
    room.run("domain", "lock", "audited.example")
    rows = room.run("audit", "--object", "audited.example")
    assert [(row["account"], row["code"]) for row in rows][:1] == [("reg-a", 1000)]
    assert all("not-audited" not in (row["frame"] or "") for row in rows)
    assert all(row["account"] == "-" for row in room.run("audit", "--registrar", "-"))
    (same,) = room.run("audit", "--transaction", rows[0]["transaction"])
    assert same == rows[0]
    assert room.run("audit", "--since", "2099-01-01") == []
    assert len(room.run("audit", "--limit", "2")) == 2
    assert {row["code"] for row in room.run("audit", "--code", "1000", "--limit", "5")} == {1000}
    assert room.refused("history", "domain", "never.example").code == 2303
    with pytest.raises(SystemExit):
        room.run("audit", "--since", "yesterday")


# --- the command line


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "regwire.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("registrar", "show", "reg-x"), 1, "regwire: there is no registrar reg-x (2303); `regwire registrar list` s"),
        (("domain", "delete", "a.example"), 1, "there is no domain a.example (2303)"),
        (("token", "list", "--dir", "none"), 2, "none/registry.toml: no such file; `regwire init none` writes one"),
        (("registrar", "certificate", "add", "reg-a", "x"), 2, "x: no fingerprint (64 hex digits), and no file"),
        (("registrar", "show"), 2, "regwire: missing argument 'ID'; `regwire registrar show --help` shows how it is"),
        (("registrar", "sho"), 2, "regwire: no such command 'sho'"),
        (("audit", "--limit", "0"), 2, "regwire: invalid value for '--limit': "),
        (("registrar", "show", "a\nb\x1b[31m"), 1, "there is no registrar a\\nb\\x1b[31m (2303)"),
        (("registrar", "show", "\udcff"), 2, "invalid value for '\\udcff': not UTF-8"),
        (("registrar", "set", "reg-a", "--name", "\x1b[31m"), 1, "has the character U+001B (2005); leave it out"),
        (("registrar", "set", "reg-a", "--name", " Ada"), 1, "has spaces at an end or together; write single spaces"),
    ],
)
def test_a_mistake_is_one_line_with_its_cure(still, arguments, status, said):
    if "--dir" not in arguments:
        arguments = (*arguments, "--dir", str(still.folder))
    result = run(*arguments)
    assert (result.returncode, result.stdout) == (status, "")
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_registry_in_memory_cannot_be_operated_from_outside(still):
    path = still.folder / "registry.toml"
    path.write_text(path.read_text().replace("[store]", '[store]\nkind = "memory"'))
    with pytest.raises(ConfigError, match="only the server's own process sees it"):
        still.run("registrar", "list")


def test_what_cannot_be_written_is_one_line(still):
    path = still.folder / "registry.toml"
    path.write_text(path.read_text().replace("[store]", "[store]\nbusy_timeout = 0.05"))
    still.run("registrar", "list")
    with contextlib.closing(sqlite3.connect(still.folder / "registry.sqlite")) as other:
        other.execute("BEGIN IMMEDIATE")
        result = run("registrar", "suspend", "reg-a", "--dir", str(still.folder))
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "could not be written" in result.stderr
    assert still.run("registrar", "show", "reg-a")["status"] == "active"


def test_help_shows_the_rooms():
    output = CliRunner().invoke(app, ["--help"]).output
    titles = [line for line in output.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert titles[1] == "Begin:"
    for name in ("registrar", "tld", "domain", "host", "contact", "premium", "reserved", "token", "poll", "audit"):
        assert f"\n  {name} " in output
        assert CliRunner().invoke(app, [name, "--help"]).exit_code == 0


def test_instants_and_amounts():
    assert operate.instant("--since", "2025-01-31").isoformat() == "2025-01-31T00:00:00+00:00"
    assert operate.instant("--since", "2025-01-31T12:00:00+02:00").isoformat() == "2025-01-31T10:00:00+00:00"
    assert operate.instant("--since", None) is operate.amount("--create", None) is None
    assert str(operate.amount("--create", "1.50")) == "1.50"
