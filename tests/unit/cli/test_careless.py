"""The careless user of every command: wrong values for every parameter of the whole command tree, one line for each.

The tree itself says what there is to be wrong about: a new command or option is tried without being named here.
"""

import io
import json
import os
import socket
import zlib

import pytest
import trio
import typer
from typer.testing import CliRunner

from regwire import epp
from regwire.cli import mistakes
from regwire.cli.app import app
from regwire.cli.init import create_registry
from regwire.cli.process import ServerProcess
from regwire.cli.talk import client_tls
from regwire.cli.target import Options, resolve
from regwire.registry.config import ExtraListener, ListenSettings
from regwire.trio.epp import connect

WRONG = (
    "",
    " ",
    "-1",
    "0",
    "99999999999999999999",
    "zürich",
    "x" * 300,
    "a\nb",
    "💥.example",
    "nan",
    "1e999999999",
    "/nonexistent/x",
    "/",
    "a.example",
    "\x1b[31mred",
    "[/x]",
    " pad  ded ",
    "\udcff",
    "2026-02-30",
    "%s{0}",
)
#: How many of them each parameter gets; the next one goes on where it stopped. All of them by this variable.
SOME = len(WRONG) if os.environ.get("REGWIRE_SWEEP") == "long" else 4
#: What is right, where a command asks for it, so that what is wrong is the only thing that is.
RIGHT = {
    "file": "list.csv", "text": "a.example", "name": "a.example", "names": "a.example", "id": "reg-a",
    "key": "a.example",
    "value": "5", "currency": "EUR", "zone": "example", "account": "reg-a", "kind": "domain", "handle": "NET-1",
    "uri": "iris:dchk1//localhost/domain/a.example", "range": "192.0.2.0/24", "what": "192.0.2.1", "ids": "c-one",
    "start": "2999-01-01", "end": "2999-01-02", "city": "Delft", "country": "NL", "email": "a@b.example",
    "holder": "ORG-1", "status": "allocated", "folder": "none", "op": "query",
}  # fmt: skip
OBJECTS = (
    ("contact", "create", "c-one", "--name", "Ada", "--city", "Delft", "--country", "NL", "--email", "a@b.example"),
    ("create", "a.example", "--registrant", "c-one"),
    ("host", "create", "ns.a.example", "--addr", "192.0.2.1"),
)
#: What is written below which header of the file that `regwire init` makes.
POLICY = {"[policy.fee]\n": 'currency = "EUR"\ncreate = "0.00"\n', "[policy.allocation_token]\n": "enabled = true\n"}


def leaves(command, path=()):
    """Every command of the tree, with the words that call it."""
    children = getattr(command, "commands", None)
    if not children:
        yield path, command
    for name, child in (children or {}).items():
        yield from leaves(child, (*path, name))


TREE = typer.main.get_command(app)
# `epp domain …` is `epp …` once more.
COMMANDS = {path: command for path, command in leaves(TREE) if path[:2] != ("epp", "domain")}
GROUPS = {"epp": TREE.commands["epp"]}


def is_option(parameter):
    return parameter.opts[0].startswith("-")


def tried(command):
    """The parameters that take a value of the user's; the folder has mistakes of its own."""
    return [
        p for p in command.params if not getattr(p, "is_flag", False) and p.name not in ("folder", "help") and p.opts
    ]


def words(command, wrong=None, value="", *, folder=None):
    """A call of a command in which one parameter has a value, and all that are required have right ones."""
    options, arguments = [], []
    for parameter in command.params:
        text = value if parameter is wrong else RIGHT.get(parameter.name, "x")
        if not is_option(parameter):
            arguments += [text] if parameter is wrong or parameter.required else []
        elif parameter is wrong or parameter.required:
            options.append(f"{parameter.opts[0]}={text}")
        elif parameter.name == "folder" and folder is not None:
            options.append(f"{parameter.opts[0]}={folder}")
        elif parameter.opts[0] in ("--json", "--yes"):
            options.append(parameter.opts[0])
    return [*options, "--", *arguments]


def some(path, parameter):
    start = zlib.crc32(" ".join((*path, parameter.name)).encode())
    return [WRONG[(start + step) % len(WRONG)] for step in range(SOME)]


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a command as `main` does, and see that what it tells is what a careless user may be told."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    monkeypatch.setattr("regwire.cli.demo.run_demo", lambda **_: True)
    monkeypatch.setattr(socket, "getaddrinfo", _nowhere(socket.getaddrinfo))

    def call(*arguments):
        monkeypatch.setattr("sys.argv", ["regwire", *arguments])
        with pytest.raises(SystemExit) as caught:
            mistakes.run_command(TREE)
        out, err = capsys.readouterr()
        said = f"{arguments}: {caught.value.code} {out!r} {err!r}"
        assert caught.value.code in (0, 1, 2, 3, 4), said
        if caught.value.code == 0:
            assert err == "", said
        if err:
            assert err.startswith("regwire: "), said
            assert err.endswith("\n"), said
            assert err[:-1].isprintable(), said
        else:
            assert caught.value.code == 0 or '"code"' in out or '"in_order"' in out, said
        if "--json" in arguments and out:
            json.loads(out)
        return caught.value.code, out, err

    return call


def _nowhere(real):
    """No name leads anywhere: these tests ask nobody."""

    def getaddrinfo(host, *arguments, **options):
        if host not in ("127.0.0.1", b"127.0.0.1", "::1"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *arguments, **options)

    return getaddrinfo


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """A registry with one object of each kind, which nobody serves."""
    folder = tmp_path_factory.mktemp("careless") / "registry"
    listen = ListenSettings(protocols=(), extra=(ExtraListener(protocol="epp", port=0),))
    create_registry(folder, listen=listen)
    text = (folder / "registry.toml").read_text()
    for header, lines in POLICY.items():
        text = text.replace(header, header + lines)
    (folder / "registry.toml").write_text(text)
    runner = CliRunner()
    with ServerProcess(folder) as server:
        for arguments in OBJECTS:
            where = ["--dir", str(folder), "--port", str(server.port)]
            result = runner.invoke(app, ["epp", *where, *arguments], catch_exceptions=False)
            assert result.exit_code == 0, result.output
        assert server.stop() == 0
    return folder


@pytest.fixture
def somewhere(tmp_path, monkeypatch):
    """A working directory with nothing of ours in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def nobody_answers(monkeypatch):
    """EPP commands are encoded as a session would, and answered 2303."""

    class Client:
        async def send(self, message):
            epp.encode(message)
            refused = epp.Result(2303, epp.Msg("Object does not exist"))
            return epp.Response((refused,), tr_id=epp.TrId("abc", "def"))

    monkeypatch.setattr("regwire.cli.talk.converse", lambda options, steps: trio.run(steps, Client()))
    monkeypatch.setattr("regwire.cli.talk.greet", lambda options: pytest.fail("asked"))


@pytest.mark.parametrize("path", [p for p in COMMANDS if p[0] != "epp"], ids=" ".join)
def test_wrong_values_of_every_parameter(path, registry, somewhere, run):
    command = COMMANDS[path]
    (somewhere / "list.csv").write_text("name\n")
    for parameter in tried(command):
        for value in some(path, parameter):
            run(*path, *words(command, parameter, value, folder=registry))


@pytest.mark.parametrize("path", [p for p in COMMANDS if p[0] == "epp"], ids=" ".join)
def test_wrong_values_of_every_epp_command(path, registry, somewhere, run, nobody_answers):
    command = COMMANDS[path]
    for parameter in tried(command):
        for value in some(path, parameter):
            run("epp", "--json", "--dir", str(registry), *path[1:], *words(command, parameter, value))


def test_wrong_values_of_every_option_of_epp(registry, somewhere, run):
    command = GROUPS["epp"]
    for parameter in tried(command):
        for value in (value for value in WRONG if value):
            options = ("--port", "1", f"{parameter.opts[0]}={value}")
            code, *_ = run("epp", "--dir", str(registry), *options, "check", "a.example")
            assert code in (2, 3)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_a_command_line_that_is_none(path, somewhere, run):
    command = COMMANDS[path]
    code, out, err = run(*path, "--nonsense")
    assert (code, out) == (2, "")
    assert "--nonsense" in err
    needed = [parameter for parameter in command.params if parameter.required]
    if needed:
        code, out, err = run(*path)
        assert (code, out) == (2, "")
        assert f"`regwire {' '.join(path)} --help`" in err
    if not any(not is_option(p) and p.nargs != 1 for p in command.params):
        code, *_ = run(*path, *words(command), *["more"] * (1 + len(command.params)))
        assert code == 2


@pytest.mark.parametrize("fault", ["nothing there", "a file", "no toml", "not UTF-8", "wrong setting", "no accounts"])
@pytest.mark.parametrize(
    "path",
    [p for p, c in COMMANDS.items() if any(q.name == "folder" for q in c.params) and p != ("init",)],
    ids=" ".join,
)
def test_a_folder_that_is_no_registry(path, fault, somewhere, run):
    folder = somewhere / "registry"
    if fault == "a file":
        folder.write_text("")
    elif fault != "nothing there":
        folder.mkdir()
        text = {"no toml": b"x = [", "not UTF-8": b"\xff\xfe", "wrong setting": b"[store]\nkid = 1\n"}.get(fault, b"")
        (folder / "registry.toml").write_bytes(text)
    (somewhere / "list.csv").write_text("name\n")
    command = COMMANDS[path]
    arguments = words(command, folder=folder)
    if path == ("serve",):
        arguments = [str(folder)]
    code, out, err = run(*path, *arguments)
    if fault == "no accounts" and path[0] in ("tld", "drops", "rst", "iris"):
        # The settings are enough for these.
        return
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_registrars_can_read_what_careless_operators_wrote(registry):
    """Every message that the sweep left in a queue is one that an answer can carry."""
    with ServerProcess(registry) as server:
        target = resolve(Options(folder=registry, account="reg-a", port=server.port))

        async def read():
            async with connect(
                target.host,
                target.port,
                client_id=target.client_id,
                password=target.password,
                tls=client_tls(target),
                server_name=target.server_name,
            ) as client:
                seen = 0
                while True:
                    response = await client.send(epp.command(epp.Poll("req")))
                    if response.results[0].code == 1300:
                        return seen
                    assert response.results[0].code == 1301
                    await client.send(epp.command(epp.Poll("ack", response.msg_q.id)))
                    seen += 1

        trio.run(read)
        assert server.stop() == 0
