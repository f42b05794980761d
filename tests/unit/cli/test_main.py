"""The command line itself: help, version, exit codes, one line for a mistake."""

import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from regwire import __version__
from regwire.cli.app import app
from regwire.cli.app import main as entry
from regwire.cli.epp import _own_options
from regwire.cli.mistakes import EXIT_USAGE
from regwire.errors import ConfigError, ConnectFailed, OutcomeUnknown

runner = CliRunner()


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "regwire.cli", *arguments], capture_output=True, text=True, timeout=300, check=False
    )


def test_version():
    assert runner.invoke(app, ["--version"]).output == f"regwire {__version__}\n"


def test_help_names_every_command():
    output = runner.invoke(app, ["--help"]).output
    assert all(f"  {name} " in output for name in ("init", "serve", "epp", "demo"))


@pytest.mark.parametrize(
    "name",
    [
        "check",
        "info",
        "create",
        "renew",
        "delete",
        "transfer",
        "update",
        "poll",
        "hello",
        "raw",
        "host",
        "contact",
        "domain",
    ],
)
def test_epp_has_every_command(name):
    assert f"  {name} " in runner.invoke(app, ["epp", "--help"]).output
    assert runner.invoke(app, ["epp", name, "--help"]).exit_code == 0


def test_a_mistake_is_one_line_on_stderr_without_traceback(tmp_path):
    (tmp_path / "registry.toml").write_text("")
    result = run("init", str(tmp_path))
    assert result.returncode == EXIT_USAGE
    assert result.stdout == ""
    expected = f"regwire: {tmp_path}/registry.toml: exists already; choose another folder, or move it away first\n"
    assert result.stderr == expected


def test_start_up_loads_nothing_heavy():
    code = "import sys, regwire.cli; print([m for m in ('trio', 'rich', 'lxml', 'cryptography') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    assert result.stdout == "[]\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [(ConfigError("x", "y"), 2), (ConnectFailed("refused"), 3), (OutcomeUnknown("lost"), 4)],
)
def test_exit_codes(monkeypatch, capsys, error, code):
    def fail(**_):
        raise error

    monkeypatch.setattr("regwire.cli.app.app", fail)
    with pytest.raises(SystemExit) as caught:
        entry()
    assert caught.value.code == code
    assert capsys.readouterr().err == f"regwire: {error}\n"


@pytest.mark.parametrize("output", ["closed pipe", "closed", "full"])
def test_output_that_nobody_takes(output):
    reader, writer = os.pipe()
    os.close(reader)
    if output == "full":
        os.close(writer)
        writer = os.open("/dev/full", os.O_WRONLY)
    command = [sys.executable, "-m", "regwire.cli", "rst", "--list"]
    close = (lambda: os.close(1)) if output == "closed" else None
    result = subprocess.run(
        command, check=False, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60, preexec_fn=close
    )
    os.close(writer)
    expected = (2, "regwire: No space left on device\n") if output == "full" else (0, "")
    assert (result.returncode, result.stderr) == expected


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["check", "a", "--json"], [2]),
        (["--dir", "d", "check", "--as", "reg-a"], [0, 1, 3, 4]),
        (["check", "--dir=d"], [1]),
        (["check", "--", "--json"], []),
        (["check", "--dir"], [1]),
    ],
)
def test_shared_options_may_follow_the_command(arguments, found):
    assert list(_own_options(arguments)) == found
