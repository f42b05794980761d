"""``regwire application`` on a registry in a folder."""

import json

import pytest
from typer.testing import CliRunner

from regwire.cli.app import app
from regwire.cli.init import create_registry
from regwire.cli.operate import operator
from regwire.errors import ConfigError, OperatorRefused
from regwire.registry.model.launch import LaunchGiven, Phase
from regwire.registry.model.requests import CreateDomain

PHASES = """
[[zone."example".launch.phases]]
phase = "landrush"
mode = "application"
"""


@pytest.fixture
def folder(tmp_path):
    create_registry(tmp_path)
    path = tmp_path / "registry.toml"
    path.write_text(path.read_text() + PHASES)
    with operator(tmp_path) as found:
        for account in ("reg-a", "reg-b"):
            request = CreateDomain("one.example", extensions=(LaunchGiven(Phase("landrush")),))
            found.ask(request, account=account)
    return tmp_path


def run(folder, *arguments, text=False):
    options = ["--dir", str(folder), *([] if text else ["--json"])]
    result = CliRunner().invoke(app, ["application", *arguments, *options], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output if text else json.loads(result.output)


def test_one_is_allocated(folder):
    first, second = run(folder, "list")
    assert (first["name"], first["phase"], first["status"]) == ("one.example", "landrush", "pendingValidation")
    assert {first["sponsor"], second["sponsor"]} == {"reg-a", "reg-b"}
    assert run(folder, "list", "--sponsor", "reg-a") == [item for item in (first, second) if item["sponsor"] == "reg-a"]
    assert run(folder, "set", first["id"], "validated", "--text", "looks fine")["status"] == "validated"
    assert run(folder, "show", first["id"])["text"] == "looks fine"
    assert run(folder, "set", first["id"], "allocated", "--yes")["status"] == "allocated"
    assert [item["id"] for item in run(folder, "list", "--name", "one.example", "--status", "")] == [
        first["id"],
        second["id"],
    ]
    assert [item["id"] for item in run(folder, "list", "--status", "rejected")] == [second["id"]]
    assert "allocated" in run(folder, "list", text=True)
    with operator(folder) as found, found.store.read() as view:
        assert view.domain("one.example").sponsor == first["sponsor"]


def test_what_cannot_be_undone_is_asked_for(folder):
    first, _ = run(folder, "list")
    with pytest.raises(ConfigError, match="cannot be undone"):
        run(folder, "set", first["id"], "allocated")


def test_what_is_refused(folder):
    with pytest.raises(OperatorRefused):
        run(folder, "set", "unknown", "validated")
    with pytest.raises(ConfigError, match="no such application"):
        run(folder, "show", "unknown")
