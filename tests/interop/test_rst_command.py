"""`regwire rst` as an operator types it, against a registry in another process."""

import json
import os
import signal
import subprocess
import sys
from importlib.util import find_spec

import pytest

from regwire.cli.init import create_registry
from regwire.cli.init_rst import create_rst_registry
from regwire.cli.process import ServerProcess
from regwire.registry.config import ExtraListener, ListenSettings

COMMAND = [sys.executable, "-m", "regwire.cli", "rst"]


def rst(*arguments, cwd=None):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("REGWIRE_")}
    result = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment | {"COLUMNS": "200"},
        cwd=cwd,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in result.stderr, result.stderr
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registry")
    create_registry(folder, listen=ListenSettings(protocols=(), extra=(ExtraListener(protocol="epp", port=0),)))
    return folder


@pytest.fixture(scope="module")
def server(folder):
    with ServerProcess(folder) as server:
        yield server


def test_a_run_that_passes(folder, server, tmp_path):
    report = tmp_path / "report.md"
    result = rst("--dir", folder, "--port", server.port, "--case", "epp-04", "--case", "epp-19", "--report", report)
    assert result.returncode == 0, result.stdout
    lines = result.stdout.splitlines()
    assert [line.split()[:2] for line in lines[:2]] == [["epp-04", "pass"], ["epp-19", "pass"]]
    assert lines[2].startswith("2 pass in ")
    assert lines[3] == f"wrote {report}"
    assert "| epp-19 | Domain transfer, approved | pass |" in report.read_text(encoding="utf-8")


def verdicts(result):
    assert result.stdout, result.stderr
    data = json.loads(result.stdout)
    return {case["id"]: (case["verdict"], case["codes"], case["reason"]) for case in data["cases"]}


def test_every_case_on_a_new_registry_twice(folder, server):
    """No case fails, and what does not apply says why; names of the first run are not in the way of the second."""
    for _ in range(2):
        result = rst("--dir", folder, "--port", server.port, "--json")
        found = verdicts(result)
        assert result.returncode == 0
        assert len(found) == 31
        skipped = {id: reason for id, (verdict, _, reason) in found.items() if verdict != "pass"}
        assert skipped == {
            "epp-17": "the server has one service port only",
            "idn-02": "no TLD of the inputs is for IDNs only",
            "minimumRPMs-01": "minimumRPMS.claimsTLD is not given",
            "minimumRPMs-02": "minimumRPMS.sunriseTLD is not given",
            "minimumRPMs-03": "minimumRPMS.claimsTLD is not given",
        }


def test_what_is_skipped_has_a_cure(folder, server):
    result = rst("--dir", folder, "--port", server.port, "--case", "idn-02")
    assert result.stdout.splitlines()[-1] == "a registry in which every case applies: regwire init --rst DIR"


@pytest.mark.skipif(find_spec("signxml") is None, reason="signed marks need signxml: install regwire[registry]")
def test_every_case_on_a_registry_made_for_them_twice(tmp_path):
    """`regwire init --rst`: all cases apply, with all that they can try; only the second service port is left out."""
    folder = tmp_path / "registry"
    create_rst_registry(folder)
    # No fixed port in tests, and hence one address only.
    file = folder / "registry.toml"
    text = file.read_text(encoding="utf-8").partition("[[listen.extra]]")
    rest = text[2].partition("\n\n") if text[1] else ("", "", "")
    text = f'{text[0]}[[listen.extra]]\nprotocol = "epp"\nport = 0\n\n{rest[2]}'
    file.write_text(text.replace("[listen]\n", "[listen]\nprotocols = []\n"), encoding="utf-8")
    with ServerProcess(folder) as server:
        for _ in range(2):
            result = rst("--dir", folder, "--port", server.port, "--json")
            found = verdicts(result)
            assert result.returncode == 0
            wrong = {id: value for id, value in found.items() if value[0] != "pass"}
            assert wrong == {"epp-17": ("skipped", [], "the server has one service port only")}
            told = {case["id"]: case["notes"] for case in json.loads(result.stdout)["cases"] if case["notes"]}
            assert set(told) == {"epp-01"}, "nothing else is left untried"


def test_a_run_that_fails(folder, server, tmp_path):
    """The certificate is for localhost and 127.0.0.1, not for this name."""
    template = rst("--template", "--dir", folder).stdout
    inputs = folder / "other.toml"
    inputs.write_text(template.replace('hostName = "localhost"', 'hostName = "epp.test"'), encoding="utf-8")
    result = rst(inputs, "--port", server.port, "--case", "epp-01", "--json")
    assert result.returncode == 1
    data = json.loads(result.stdout)
    assert data["verdict"] == "fail"
    assert data["cases"][0]["codes"] == ["EPP_TLS_CERTIFICATE_HOSTNAME_MISMATCH"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "rst.toml: no such file"),
        (["--template", "--dir", "nowhere"], "no such file"),
        (["--report", "a.pdf"], "name it .html, .md or .json"),
        (["--case", "epp-99"], "no such file"),
    ],
)
def test_mistakes(tmp_path, arguments, told):
    result = rst(*arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_the_list_of_cases():
    names = [line.split()[0] for line in rst("--list").stdout.splitlines()]
    assert names[0] == "epp-01"
    assert len(names) == 31
    assert [case["id"] for case in json.loads(rst("--list", "--json").stdout)] == names


def test_an_interrupted_run_has_a_report(folder, server, tmp_path):
    """With such a pause before each command the second case is never over."""
    inputs = folder / "slow.toml"
    inputs.write_text(
        rst("--template", "--dir", folder).stdout.replace("[run]", "[run]\npause = 30.0"), encoding="utf-8"
    )
    report = tmp_path / "report.json"
    command = [*COMMAND, inputs, "--port", str(server.port), "--case", "epp-02", "--case", "epp-04", "--report", report]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert "epp-02" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=300)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert [case["id"] for case in json.loads(report.read_text(encoding="utf-8"))["cases"]] == ["epp-02"]
