"""``regwire iris``: options, output, exit codes; against a server in a thread."""

import json
import logging
import socket
import threading

import pytest
import regwire_native
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


# --- servers that lie, and lines of output that must not


def served_once(first: bytes, reply: bytes = b"") -> int:
    """The port of a server that sends `first`, reads what is asked, sends `reply` and closes."""
    sock = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with sock, sock.accept()[0] as peer:
            peer.sendall(first)
            if reply:
                peer.recv(65536)
                peer.sendall(reply)

    threading.Thread(target=serve, daemon=True).start()
    return int(sock.getsockname()[1])


def block(kind: str, document: bytes) -> bytes:
    return regwire_native.xpc_build([(kind, document)], keep_open=True, role="server")


VERSIONS = (
    b'<versions xmlns="urn:ietf:params:xml:ns:iris-transport"><transferProtocol protocolId="iris.xpc1">'
    b'<application protocolId="urn:ietf:params:xml:ns:iris1"><dataModel protocolId="urn:ietf:params:xml:ns:dchk1"/>'
    b"</application></transferProtocol></versions>"
)


def asked_of(port):
    return run("iris:dchk1//example/domain-name/a.example", "--host", "127.0.0.1", "--port", port, "--timeout", "20")


def test_a_server_s_text_cannot_write_to_the_terminal():
    """XML takes U+009B, which begins a terminal's control sequence, and ends of lines."""
    named = "a.ex\u009b31mample&#10;from example by xpc"
    document = (
        '<r:response xmlns:r="urn:ietf:params:xml:ns:iris1" xmlns="urn:ietf:params:xml:ns:dchk1">'
        "<r:resultSet><r:answer>"
        f'<domain authority="example" registryType="dchk1" entityClass="domain-name" entityName="{named}">'
        f"<domainName>{named}</domainName><status><active/></status></domain></r:answer></r:resultSet></r:response>"
    ).encode()
    result = asked_of(served_once(block("vi", VERSIONS), block("ad", document)))
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0] == "dchk:domain a.ex\\x9b31mample from example by xpc"
    assert "\u009b" not in result.output
    assert len(result.stdout.splitlines()) == 3


def test_a_refusal_is_the_servers_error_in_one_line():
    other = (
        '<other xmlns="urn:ietf:params:xml:ns:iris-transport" type="system-error">'
        '<description language="en">\u009b2J try\n later</description></other>'
    ).encode()
    result = asked_of(served_once(block("vi", VERSIONS), block("oi", other)))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "regwire: example: system-error: \\x9b2J try later\n"


def test_who_does_not_speak_xpc_gives_no_answer_of_use():
    result = asked_of(served_once(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "regwire: example: octets that are no block, or one too large (got 'UnknownVersion')\n"


def test_an_end_before_the_first_block_names_the_server():
    port = served_once(b"")
    result = asked_of(port)
    assert isinstance(result.exception, ConnectFailed)
    assert str(result.exception) == f"127.0.0.1:{port}: connection ended (eof)"


def test_who_does_not_speak_beep_is_told_in_one_line(caplog):
    port = served_once(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    result = run("iris.beep:dchk1//example", "--host", "127.0.0.1", "--port", port, "--timeout", "20")
    assert isinstance(result.exception, ConnectFailed)
    assert str(result.exception) == f"127.0.0.1:{port}: poorly formed: malformed keyword"
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
