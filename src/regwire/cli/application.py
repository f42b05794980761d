"""``regwire application``: launch applications, and what becomes of them (RFC 8334)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from regwire.cli.operate import Dir, Json, Yes, confirm, group, name, operator, plain, show, tabulate
from regwire.errors import ConfigError

__all__ = ["application"]

application = group("Launch applications: what was applied for, and what becomes of it (RFC 8334).")

Id = Annotated[str, typer.Argument(metavar="ID", help="As `regwire application list` has it.")]


def _row(value: Any) -> dict[str, Any]:
    domain = value.domain
    return {
        "id": value.id,
        "name": domain.name,
        "sponsor": domain.sponsor,
        "phase": value.phase.value,
        "status": value.custom or value.status,
        "created": domain.created,
        "marks": [proof.id or proof.validator for proof in value.proofs],
    }


@application.command("list")
def list_(
    domain: Annotated[str, typer.Option("--name", metavar="NAME", help="Only for this name.")] = "",
    sponsor: Annotated[str, typer.Option(metavar="ACCOUNT", help="Only by this registrar.")] = "",
    status: Annotated[str, typer.Option(help="Only of this status.")] = "",
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """Every application, or those that one option narrows them down to."""
    from regwire.registry.model.launch import ReadApplications

    wanted = name(domain) if domain else ""
    with operator(folder) as found:
        rows = found.all(lambda after: ReadApplications(wanted, sponsor, status, after), lambda value: str(value.id))
        columns = ("id", "name", "sponsor", "phase", "status", "created")
        tabulate([_row(value) for value in rows], columns, json=json)


@application.command("show")
def show_(id: Id, folder: Dir = Path(), json: Json = False) -> None:
    """One application with all that came with it."""
    from regwire.registry.model.launch import ReadApplications

    with operator(folder) as found:
        (value,) = found.ask(ReadApplications(id=id)) or (None,)
        if value is None:
            raise ConfigError(id, "there is no such application", "`regwire application list` has them")
        show(plain(value) if json else _row(value) | {"text": value.text}, json=json)


@application.command("set")
def set_(
    id: Id,
    status: Annotated[
        str,
        typer.Argument(
            metavar="STATUS",
            help="validated, invalid, pendingValidation, pendingAllocation, allocated, rejected, custom.",
        ),
    ],
    text: Annotated[str, typer.Option(help="Why; told to the registrar.")] = "",
    custom: Annotated[str | None, typer.Option("--name", help="Of a custom status.")] = None,
    yes: Yes = False,
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """Decide about one; its registrar is told. Allocating it rejects all others for the name."""
    from regwire.registry.model.launch import FINAL, ApplicationStatus, SetApplicationStatus

    if status in FINAL:
        confirm(f"{id} becomes {status}", yes=yes)
    with operator(folder) as found:
        after = found.ask(SetApplicationStatus(id, ApplicationStatus(status, text, custom)))
        show(_row(after), json=json)
