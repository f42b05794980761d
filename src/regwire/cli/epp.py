"""``regwire epp``: one EPP command a call, on domains unless said otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from regwire.cli.contact import contact
from regwire.cli.domain import domain
from regwire.cli.host import host
from regwire.cli.shared import send
from regwire.cli.target import Options

__all__ = ["epp"]


class _Group(TyperGroup):
    """A group whose own options may also be given after the command: ``regwire epp check a.example --json``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Move the options that no command has to the front."""
        own = list(_own_options(args))
        rest = [arg for index, arg in enumerate(args) if index not in own]
        result: list[str] = super().parse_args(ctx, [args[index] for index in own] + rest)
        return result


_FLAGS = ("--json", "--secrets")
_VALUED = ("--dir", "--as")


def _own_options(args: Sequence[str]) -> Iterator[int]:
    """The places of these options and their values in the arguments before ``--``."""
    end = args.index("--") if "--" in args else len(args)
    for index, arg in enumerate(args[:end]):
        if arg in _FLAGS or arg.startswith(tuple(f"{name}=" for name in _VALUED)):
            yield index
        elif arg in _VALUED:
            yield index
            if index + 1 < end:
                yield index + 1


epp = typer.Typer(
    cls=_Group,
    help="One EPP command: on domains, and by `host` and `contact` on these.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog="Exit: 0 done (1xxx), 1 refused (2xxx), 2 usage, 3 no connection, 4 sent but its outcome is unknown.",
)
epp.add_typer(domain)
epp.add_typer(domain, name="domain")
epp.add_typer(host, name="host")
epp.add_typer(contact, name="contact")


@epp.callback()
def _connection(
    ctx: typer.Context,
    folder: Annotated[Path | None, typer.Option("--dir", metavar="DIR", help="A folder of `regwire init`.")] = None,
    account: Annotated[str | None, typer.Option("--as", metavar="ACCOUNT", help="Its account [reg-a].")] = None,
    host: Annotated[str | None, typer.Option(help="Any EPP server, instead of --dir.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="[700]")] = None,
    ca: Annotated[Path | None, typer.Option(metavar="PEM", help="Authorities to trust [the system's].")] = None,
    certificate: Annotated[Path | None, typer.Option("--cert", metavar="PEM", help="Client certificate.")] = None,
    key: Annotated[Path | None, typer.Option(metavar="PEM", help="Its key.")] = None,
    user: Annotated[str | None, typer.Option(metavar="CLID", help="The account at that server.")] = None,
    password_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its password; or set REGWIRE_PASSWORD.")
    ] = None,
    server_name: Annotated[str | None, typer.Option(metavar="NAME", help="In its certificate [--host].")] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds to connect, and for each reply.")] = 30.0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    secrets: Annotated[bool, typer.Option("--secrets", help="Print authInfo in clear.")] = False,
) -> None:
    ctx.obj = Options(
        folder=folder,
        account=account,
        host=host,
        port=port,
        ca=ca,
        certificate=certificate,
        key=key,
        user=user,
        password_file=password_file,
        server_name=server_name,
        timeout=timeout,
        json=json,
        secrets=secrets,
    )


@epp.command()
def hello(ctx: typer.Context) -> None:
    """Print the server's greeting."""
    from regwire.cli.show import plain_greeting, print_json, readable
    from regwire.cli.talk import greet

    plain = plain_greeting(greet(ctx.obj))
    (print_json if ctx.obj.json else readable)(plain)


@epp.command()
def poll(
    ctx: typer.Context,
    ack: Annotated[str | None, typer.Option(metavar="ID", help="Take this message off the queue.")] = None,
) -> None:
    """Read the head of the message queue, or acknowledge it."""
    from regwire.epp import Poll

    send(ctx, Poll("req") if ack is None else Poll("ack", ack))


@epp.command()
def raw(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="An EPP frame as XML; - for standard input.")],
    login: Annotated[bool, typer.Option("--login/--no-login", help="Log in first.")] = True,
) -> None:
    """Send a file's octets as they are, and print those of the answer."""
    from regwire.cli.raw import send_raw

    code = send_raw(ctx.obj, file, login=login)
    if code is not None and code >= 2000:
        raise typer.Exit(1)
