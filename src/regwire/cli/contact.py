"""``regwire epp contact``."""

from __future__ import annotations

from typing import Annotated

import typer

from regwire.cli.shared import AuthInfo, Id, Op, Statuses, send, transfer_op

__all__ = ["contact"]

contact = typer.Typer(help="The command on contacts.", no_args_is_help=True, rich_markup_mode=None)


@contact.command("check")
def contact_check(ctx: typer.Context, ids: Annotated[list[str], typer.Argument(metavar="ID…")]) -> None:
    """Which of these contact ids are free."""
    from regwire.epp import ContactCheck

    send(ctx, ContactCheck(tuple(ids)))


@contact.command("info")
def contact_info(ctx: typer.Context, id: Id, auth_info: AuthInfo = None) -> None:
    """What the registry knows of a contact."""
    from regwire.cli.requests import optional_contact_auth
    from regwire.epp import ContactInfo

    send(ctx, ContactInfo(id, optional_contact_auth(auth_info)))


@contact.command("create")
def contact_create(
    ctx: typer.Context,
    id: Id,
    name: Annotated[str, typer.Option()],
    city: Annotated[str, typer.Option()],
    country: Annotated[str, typer.Option(metavar="CC", help="ISO 3166, two letters.")],
    email: Annotated[str, typer.Option()],
    org: Annotated[str | None, typer.Option()] = None,
    street: Annotated[list[str] | None, typer.Option(help="Up to 3 lines.")] = None,
    state: Annotated[str | None, typer.Option(help="State or province.")] = None,
    postcode: Annotated[str | None, typer.Option()] = None,
    voice: Annotated[str | None, typer.Option(metavar="+CC.NUMBER[xEXT]")] = None,
    fax: Annotated[str | None, typer.Option(metavar="+CC.NUMBER[xEXT]")] = None,
    auth_info: AuthInfo = None,
) -> None:
    """Create a contact; the address is `int` when all of it is ASCII, else `loc`."""
    from regwire.cli import requests
    from regwire.epp import ContactCreate

    address = requests.postal_info(name, org, street or (), city, state, postcode, country)
    created = ContactCreate(
        id,
        (address,),
        requests.phone(voice),
        requests.phone(fax),
        email=email,
        auth_info=requests.contact_auth(auth_info or ""),
    )
    send(ctx, created)


@contact.command("delete")
def contact_delete(ctx: typer.Context, id: Id) -> None:
    """Delete a contact."""
    from regwire.epp import ContactDelete

    send(ctx, ContactDelete(id))


@contact.command("transfer")
def contact_transfer(ctx: typer.Context, id: Id, op: Op = "query", auth_info: AuthInfo = None) -> None:
    """Request a transfer, or query, approve, reject or cancel one."""
    from regwire.cli.requests import optional_contact_auth
    from regwire.epp import ContactTransfer

    send(ctx, ContactTransfer(id, optional_contact_auth(auth_info)), op=transfer_op(op))


@contact.command("update")
def contact_update(
    ctx: typer.Context,
    id: Id,
    email: Annotated[str | None, typer.Option()] = None,
    voice: Annotated[str | None, typer.Option(metavar="+CC.NUMBER[xEXT]", help="Empty takes it away.")] = None,
    fax: Annotated[str | None, typer.Option(metavar="+CC.NUMBER[xEXT]", help="Empty takes it away.")] = None,
    add_status: Statuses = None,
    rem_status: Statuses = None,
    auth_info: AuthInfo = None,
) -> None:
    """Change a contact; for a new address send a frame with `raw`."""
    from regwire.cli import requests
    from regwire.epp import ContactChange, ContactUpdate

    given = (email, voice, fax, auth_info)
    change = ContactChange(
        voice=requests.phone(voice),
        fax=requests.phone(fax),
        email=email,
        auth_info=requests.optional_contact_auth(auth_info),
    )
    changed = ContactUpdate(
        id,
        requests.contact_statuses(add_status or ()),
        requests.contact_statuses(rem_status or ()),
        change if any(value is not None for value in given) else None,
    )
    send(ctx, changed)
