"""The commands against a registry in another process, as a user types them."""

import json
import os
import re
import signal
import socket
import subprocess
import sys

import pytest

from regwire.cli.init import create_registry
from regwire.cli.process import ServerProcess
from regwire.registry.config import ExtraListener, ListenSettings

AUTH = "Zt7.wQ2_mK9-bN4.xL6_pR8-"
HELLO = b'<?xml version="1.0"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><hello/></epp>'


def regwire(*arguments, stdin=None):
    environment = os.environ | {"COLUMNS": "200"}
    environment.pop("REGWIRE_PASSWORD", None)
    return subprocess.run(
        [sys.executable, "-m", "regwire.cli", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        env=environment,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registry")
    create_registry(folder, listen=ListenSettings(protocols=(), extra=(ExtraListener(protocol="epp", port=0),)))
    return folder


@pytest.fixture(scope="module")
def server(folder):
    with ServerProcess(folder) as server:
        yield server


@pytest.fixture
def epp(folder, server):
    """A function that runs `regwire epp` as an account and returns exit code and JSON, or the text with `plain`."""

    def run(account, *arguments, plain=False, stdin=None):
        where = ("--dir", folder, "--as", account, "--host", server.address, "--port", server.port)
        result = regwire("epp", *where, *arguments, *([] if plain else ["--json"]), stdin=stdin)
        assert b"Traceback" not in result.stderr, result.stderr.decode()
        output = result.stdout.decode()
        return result.returncode, output if plain else json.loads(output or "null")

    return run


def test_the_life_of_a_domain(epp):
    for arguments in (
        ("contact", "create", "life", "--name", "Ada", "--city", "Zürich", "--country", "ch", "--email", "a@b.test"),
        ("create", "life.example", "--period", "2", "--registrant", "life", "--tech", "life", "--auth-info", AUTH),
        ("host", "create", "ns1.life.example", "--addr", "192.0.2.1", "--addr", "2001:db8::1"),
        ("update", "life.example", "--add-ns", "ns1.life.example", "--add-status", "clientHold"),
        ("update", "life.example", "--rem-status", "clientHold", "--add-ds", "1 13 2 " + "AB" * 32),
        ("renew", "life.example", "--period", "1y"),
    ):
        code, response = epp("reg-a", *arguments)
        assert (code, response["code"]) == (0, 1000), arguments
    code, response = epp("reg-a", "info", "life.example")
    (data,) = response["data"]
    assert data["type"] == "DomainInfoData"
    assert data["ns"]["host_objs"] == ["ns1.life.example"]
    assert data["statuses"][0]["s"] == "ok"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", data["ex_date"])
    (keys,) = (item for item in response["extension"] if item["type"] == "SecDnsInfoData")
    assert keys["ds_data"][0]["digest"].lower() == "ab" * 32


def test_a_transfer_and_its_messages(epp):
    assert epp("reg-a", "create", "move.example", "--auth-info", AUTH)[0] == 0
    code, response = epp(
        "reg-b", "transfer", "move.example", "--op", "request", "--auth-info", "wrong-but-long-enough!"
    )
    assert (code, response["code"]) == (1, 2202)
    code, response = epp("reg-b", "transfer", "move.example", "--op", "request", "--auth-info", AUTH)
    assert (code, response["code"]) == (0, 1001)
    code, response = epp("reg-a", "poll")
    assert (code, response["code"]) == (0, 1301)
    assert response["data"][0]["name"] == "move.example"
    assert epp("reg-a", "poll", "--ack", response["msg_q"]["id"])[1]["code"] == 1000
    assert epp("reg-a", "transfer", "move.example", "--op", "approve")[1]["code"] == 1000
    assert epp("reg-b", "info", "move.example")[1]["data"][0]["cl_id"] == "reg-b"
    assert epp("reg-b", "delete", "move.example")[0] == 0


def test_readable_output_of_a_check(epp):
    assert epp("reg-a", "create", "taken.example")[0] == 0
    code, output = epp("reg-a", "check", "taken.example", "münchen.example", plain=True)
    rows = [line.split() for line in output.splitlines()]
    assert code == 0
    assert rows[0] == ["name", "available", "reason"]
    assert rows[1][:2] == ["taken.example", "no"]
    assert rows[2][:2] == ["xn--mnchen-3ya.example", "yes"]
    assert output.splitlines()[-1] == "1000 Command completed successfully"


def test_a_refusal_is_exit_code_1(epp):
    code, response = epp("reg-a", "info", "no-such.example")
    assert (code, response["code"]) == (1, 2303)


def test_renew_of_an_unknown_name_tells_the_infos_refusal(epp):
    assert epp("reg-a", "renew", "no-such.example")[1]["code"] == 2303


def test_hello_needs_no_account_rights(epp):
    code, greeting = epp("reg-a", "hello")
    assert code == 0
    assert greeting["version"] == ["1.0"]
    assert "urn:ietf:params:xml:ns:domain-1.0" in greeting["obj_uri"]


def test_raw_prints_what_comes(epp, tmp_path):
    file = tmp_path / "hello.xml"
    file.write_bytes(HELLO)
    code, output = epp("reg-a", "raw", str(file), "--no-login", plain=True)
    assert code == 0
    assert "<greeting>" in output
    code, output = epp("reg-a", "raw", "-", plain=True, stdin=b"<not-xml")
    assert code == 1
    assert 'code="2001"' in output


def test_a_wrong_password_is_one_line(folder, server, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("wrong-password")
    result = regwire(
        "epp", "--dir", folder, "--host", server.address, "--port", server.port, "--password-file", secret, "poll"
    )
    assert result.returncode == 1
    assert result.stderr.decode().startswith("regwire: 2200 ")
    assert len(result.stderr.splitlines()) == 1


def test_an_untrusted_server_is_one_line(server, tmp_path):
    create_registry(tmp_path / "other")
    result = regwire("epp", "--dir", tmp_path / "other", "--host", server.address, "--port", server.port, "hello")
    assert result.returncode == 3
    assert b"certificate" in result.stderr.lower()
    assert len(result.stderr.splitlines()) == 1


def test_nobody_listens(tmp_path):
    create_registry(tmp_path / "r")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for arguments in (["hello"], ["raw", "-"]):
        result = regwire("epp", "--dir", tmp_path / "r", "--port", port, *arguments, stdin=HELLO)
        assert result.returncode == 3
        assert result.stderr.decode().startswith("regwire: 127.0.0.1")
        assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["transfer", "a.example", "--op", "steal"], "steal is not one of query, request"),
        (["create", "a.example", "--period", "2w"], "--period 2w: not a period; write years as 2 or 2y"),
        (["create", "a.example", "--ds", "1 2 3"], "not a DS record; write it in quotes"),
        (["update", "a.example", "--add-contact", "c1"], "c1: not a contact of a domain; write it as admin:ID"),
        (["host", "create", "h.test", "--addr", "1.2.3"], "1.2.3: not an IP address"),
        (["raw", "no-such-file"], "no-such-file: cannot be read"),
        (["create", "a" * 300 + ".example"], "name"),
    ],
)
def test_mistakes_name_the_argument(folder, server, arguments, text):
    result = regwire("epp", "--dir", folder, "--host", server.address, "--port", server.port, *arguments)
    assert result.returncode == 2, result.stdout
    assert text in result.stderr.decode()
    assert b"Traceback" not in result.stderr


# --- serve


def test_serve_tells_its_listeners_and_drains_on_sigterm(tmp_path):
    create_registry(tmp_path, listen=ListenSettings(protocols=(), extra=(ExtraListener(protocol="epp", port=0),)))
    for stop in (signal.SIGTERM, signal.SIGINT):
        process = subprocess.Popen([sys.executable, "-m", "regwire.cli", "serve", tmp_path], stdout=subprocess.PIPE)
        try:
            ready = json.loads(process.stdout.readline())
            (listener,) = ready["listeners"]
            assert (listener["protocol"], listener["address"]) == ("epp", "127.0.0.1")
            assert ready["pid"] == process.pid
            socket.create_connection(("127.0.0.1", listener["port"]), 5).close()
            process.send_signal(stop)
            rest, _ = process.communicate(timeout=120)
            assert rest == b""
            assert process.returncode == 0
        finally:
            process.kill()
            process.wait()


def test_serve_names_a_port_that_is_taken(folder, server, tmp_path):
    port = ExtraListener(protocol="epp", port=server.port)
    create_registry(tmp_path / "r", listen=ListenSettings(protocols=(), extra=(port,)))
    result = regwire("serve", tmp_path / "r")
    assert result.returncode == 2
    last = result.stderr.decode().splitlines()[-1]
    assert last.startswith("regwire: ")
    assert str(server.port) in last


def test_serve_without_a_registry_names_the_cure(tmp_path):
    result = regwire("serve", tmp_path)
    assert result.returncode == 2
    assert "`regwire init" in result.stderr.decode()
