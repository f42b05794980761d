"""The top commands, and the groups of the others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from regwire.cli.application import application
from regwire.cli.drops import drops
from regwire.cli.epp import epp
from regwire.cli.iris import iris
from regwire.cli.maintenance import maintenance
from regwire.cli.mistakes import EXIT_REFUSED, run_command
from regwire.cli.numbers import numbers
from regwire.cli.objects import contact, domain, host
from regwire.cli.queue import poll
from regwire.cli.registrar import registrar
from regwire.cli.stock import premium, reserved, token
from regwire.cli.tld import tld
from regwire.cli.trail import audit, history

__all__ = ["app", "main"]

_ROOMS = {
    "Begin": ("init", "serve", "demo"),
    "As a registrar, or anybody with an EPP server": ("epp", "rst"),
    "As anybody": ("iris",),
    "As the operator of a registry: registrars": ("registrar", "poll", "maintenance"),
    "As the operator of a registry: objects": ("domain", "host", "contact", "numbers", "drops"),
    "As the operator of a registry: names and policy": ("tld", "premium", "reserved", "token", "application"),
    "As the operator of a registry: what happened": ("history", "audit"),
}


class _Rooms(TyperGroup):
    """The commands in the rooms where people look for them; those that no room names come last."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write one section a room."""
        named = {name for names in _ROOMS.values() for name in names}
        rest = tuple(name for name in self.list_commands(ctx) if name not in named)
        for title, names in {**_ROOMS, "More": rest}.items():
            found = [(name, self.get_command(ctx, name)) for name in names]
            rows = [(name, command.get_short_help_str(90)) for name, command in found if command is not None]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


app = typer.Typer(
    name="regwire",
    cls=_Rooms,
    help="The registry protocol engine: try a registry, run one, and talk EPP to any.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
app.add_typer(epp, name="epp")
app.add_typer(drops, name="drops")
app.add_typer(maintenance, name="maintenance")
app.add_typer(registrar, name="registrar")
app.add_typer(tld, name="tld")
app.add_typer(domain, name="domain")
app.add_typer(host, name="host")
app.add_typer(contact, name="contact")
app.add_typer(numbers, name="numbers")
app.add_typer(premium, name="premium")
app.add_typer(reserved, name="reserved")
app.add_typer(token, name="token")
app.add_typer(application, name="application")
app.add_typer(poll, name="poll")
app.command()(iris)
app.command()(history)
app.command()(audit)


def main() -> None:
    """Run the command line of this process and exit with its status."""
    run_command(app)


def _version(value: bool) -> None:
    if value:
        from regwire import __version__

        typer.echo(f"regwire {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Made if it does not exist.")],
    rst: Annotated[
        bool,
        typer.Option("--rst", help="With all that ICANN's registry tests ask for: see `regwire rst --dir`."),
    ] = False,
) -> None:
    """Write registry.toml, accounts.toml and a development PKI into DIR."""
    from regwire.cli import init, init_rst

    paths = init_rst.create_rst_registry(folder) if rst else init.create_registry(folder)
    for path in paths:
        typer.echo(f"wrote {path}")
    accounts, zones = (init_rst.REGISTRARS, init_rst.ZONES) if rst else (init.REGISTRARS, ("example",))
    typer.echo(f"accounts: {', '.join(accounts)}; {'zones' if len(zones) > 1 else 'zone'}: {', '.join(zones)}")
    typer.echo(f"next: regwire serve {folder}")


@app.command()
def serve(folder: Annotated[Path, typer.Argument(metavar="DIR", help="What `regwire init` wrote.")]) -> None:
    """Serve the registry in DIR; prints one JSON line with the listeners when it is ready.

    SIGTERM and SIGINT drain: reading stops, what was read is answered, everything acknowledged is on disk.
    """
    from regwire.cli.serve import serve_folder

    serve_folder(folder)


@app.command()
def demo(
    labels: Annotated[int, typer.Option(min=0, help="Register at most so many labels; 0 = all of them.")] = 0,
    sessions: Annotated[int, typer.Option(min=2, max=200, help="TLS sessions of both registrars together.")] = 20,
    keep: Annotated[Path | None, typer.Option(metavar="DIR", help="Keep the registry in DIR.")] = None,
) -> None:
    """Register the labels of the Public Suffix List with a registry of its own, and check every outcome."""
    from regwire.cli.demo import run_demo

    raise typer.Exit(0 if run_demo(limit=labels or None, sessions=sessions, folder=keep) else EXIT_REFUSED)


@app.command()
def rst(
    inputs: Annotated[
        Path | None,
        typer.Argument(
            metavar="INPUTS", help="TOML: what the cases must know; rst.toml if not given.", show_default=False
        ),
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--dir", metavar="DIR", help="Instead of INPUTS: the registry in DIR, while it runs.")
    ] = None,
    host: Annotated[str | None, typer.Option(metavar="NAME", help="Instead of epp.hostName of the inputs.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Instead of run.port.")] = None,
    ca: Annotated[
        Path | None, typer.Option(metavar="FILE", help="PEM: authorities to trust; instead of run.ca.")
    ] = None,
    case: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="epp-04, or epp for all of these; repeatable.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The published data rows (*.tsv); otherwise our own.")
    ] = None,
    xsd: Annotated[
        Path | None, typer.Option(metavar="DIR", help="XML schemas to validate replies with; otherwise our own rules.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Of the random values: the same names again, for a server that lacks them.")
    ] = None,
    report: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Also write .html, .md or .json; repeatable.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The result as JSON on standard output.")] = False,
    template: Annotated[
        bool, typer.Option("--template", help="Print a file of inputs to fill in (with --dir: filled in), and exit.")
    ] = False,
    list_: Annotated[bool, typer.Option("--list", help="Print the cases and exit.")] = False,
) -> None:
    """Run ICANN's registry system tests (RST v2.0) against an EPP server.

    They create, change and delete objects: never run them against a registry in production. Exits with 1 when a case
    failed; warnings and skipped cases do not count.
    """
    from regwire.cli.rst import RunOptions, list_cases, print_template, run_rst

    if template:
        print_template(folder)
        return
    if list_:
        list_cases(as_json=json)
        return
    options = RunOptions(
        inputs=inputs,
        folder=folder,
        host=host,
        port=port,
        ca=ca,
        cases=case or (),
        data=data,
        xsd=xsd,
        seed=seed,
        report=report or (),
        json=json,
    )
    if not run_rst(options):
        raise typer.Exit(EXIT_REFUSED)
