"""``regwire iris``: options, output, exit codes; against a server in a thread."""

import json

import pytest
from iris_thread import iris_server
from typer.testing import CliRunner

from regwire.cli.app import app
from regwire.cli.init import create_registry
from regwire.errors import ConfigError, ConnectFailed
from regwire.registry.config import ExtraListener, ListenSettings


@pytest.fixture(scope="module")
def ports():
    with iris_server() as ports:
        yield ports


def run(*arguments):
    return CliRunner().invoke(app, ["iris", *map(str, arguments)])


def ask(ports, uri, *options, transport="xpc"):
    return run(uri, "--host", "127.0.0.1", "--port", ports[transport], "--transport", transport, *options)


def test_what_people_see(ports):
    result = ask(ports, "iris:dchk1//example/domain-name/a.example")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == ["dchk:domain a.example", "  domain name: a.example", "  statuses: active"]
    assert result.stderr == f"from example by xpc (127.0.0.1:{ports['xpc']})\n"


@pytest.mark.parametrize("transport", ["xpc", "lwz"])
def test_what_programs_see(ports, transport):
    result = ask(ports, "iris:dchk1//example/domain-name/a.example", "--json", transport=transport)
    assert result.exit_code == 0, result.output
    plain = json.loads(result.stdout)
    assert [(found["element"], found["entity_name"]) for found in plain["results"]] == [("dchk:domain", "a.example")]
    assert plain["asked"] == [
        {"authority": "example", "host": "127.0.0.1", "port": ports[transport], "transport": transport}
    ]
    assert (plain["failures"], plain["left"], plain["additional"]) == ([], [], [])


def test_the_identification_of_a_server(ports):
    plain = json.loads(ask(ports, "iris:dchk1//example", "--json").stdout)
    assert plain["results"][0]["element"] == "iris:serviceIdentification"


def test_the_server_s_errors(ports):
    result = ask(ports, "iris:dchk1//example/domain-name/none")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("regwire: none: ")
    result = ask(ports, "iris:dchk1//example/domain-name/none", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["name"] == "NameNotFound"


def test_the_registry_of_a_folder(ports, tmp_path):
    listeners = tuple(ExtraListener(protocol=f"iris.{name}", port=port) for name, port in ports.items())
    create_registry(tmp_path, listen=ListenSettings(protocols=(), extra=listeners))
    result = run("iris:dchk1//example/domain-name/a.example", "--dir", tmp_path, "--json")
    assert json.loads(result.stdout)["asked"][0]["transport"] == "xpc"
    result = run("iris.lwz:dchk1//example/domain-name/a.example", "--dir", tmp_path, "--json")
    assert json.loads(result.stdout)["asked"][0]["transport"] == "lwz"
    result = run("iris.beep:dchk1//example", "--dir", tmp_path)
    assert isinstance(result.exception, ConfigError)
    assert "does not listen on iris.beep" in str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("iris:dchk1//example", "--transport", "smoke"), "one of xpc"),
        (("iris:dchk1//example", "--port", "7000"), "needs --host"),
        (("http://example/",), "no scheme of IRIS"),
        (("iris:dchk1//example", "--host", "127.0.0.1", "--ca", "/nonexistent"), "cannot be read"),
        (("iris:ereg1//example", "--method", "top"), "no such method"),
        (("iris:dchk1//example", "--dir", "/nonexistent"), "registry.toml"),
    ],
)
def test_mistakes_name_the_cure(arguments, said):
    result = run(*arguments)
    assert isinstance(result.exception, ConfigError)
    assert said in str(result.exception)


def test_no_server():
    result = run("iris:dchk1//example", "--host", "127.0.0.1", "--port", "1")
    assert isinstance(result.exception, ConnectFailed)
