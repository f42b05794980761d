"""``regwire epp``: the commands on domains."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regwire.cli.shared import (
    AuthInfo,
    Contacts,
    Ds,
    Hosts,
    Links,
    Name,
    Names,
    Op,
    PeriodOption,
    Statuses,
    finish,
    one_of,
    send,
    transfer_op,
)

if TYPE_CHECKING:
    from regwire.epp import Response
    from regwire.trio.epp import Client

__all__ = ["domain"]

domain = typer.Typer(help="The command on domains (the default).", no_args_is_help=True, rich_markup_mode=None)


@domain.command()
def check(ctx: typer.Context, names: Names) -> None:
    """Which of these names can be registered."""
    from regwire.cli.requests import a_label_name
    from regwire.epp import DomainCheck

    send(ctx, DomainCheck(tuple(map(a_label_name, names))))


@domain.command()
def info(
    ctx: typer.Context,
    name: Name,
    auth_info: AuthInfo = None,
    hosts: Annotated[str, typer.Option(help="Which hosts to tell: all, del, sub or none.")] = "all",
) -> None:
    """What the registry knows of a domain."""
    from regwire.cli.requests import a_label_name
    from regwire.epp import DomainInfo, DomainInfoName
    from regwire.epp import auth_info as domain_auth

    asked = DomainInfoName(a_label_name(name), one_of("--hosts", hosts, "all", "del", "sub", "none"))
    send(ctx, DomainInfo(asked, domain_auth(auth_info) if auth_info is not None else None))


@domain.command()
def create(
    ctx: typer.Context,
    name: Name,
    period: PeriodOption = None,
    registrant: Annotated[str | None, typer.Option(metavar="ID")] = None,
    admin: Contacts = None,
    tech: Contacts = None,
    billing: Contacts = None,
    ns: Hosts = None,
    ds: Ds = None,
    auth_info: AuthInfo = None,
) -> None:
    """Register a domain; without --auth-info it can not be transferred until an update sets one (RFC 9154)."""
    from regwire.cli import requests
    from regwire.epp import DomainCreate
    from regwire.epp import auth_info as domain_auth

    created = DomainCreate(
        requests.a_label_name(name),
        requests.period(period),
        requests.name_servers(ns or ()),
        registrant,
        requests.contact_links(admin=admin or (), tech=tech or (), billing=billing or ()),
        auth_info=domain_auth(auth_info or ""),
    )
    send(ctx, created, requests.sec_dns_create(ds or ()))


@domain.command()
def delete(ctx: typer.Context, name: Name) -> None:
    """Delete a domain."""
    from regwire.cli.requests import a_label_name
    from regwire.epp import DomainDelete

    send(ctx, DomainDelete(a_label_name(name)))


@domain.command()
def renew(
    ctx: typer.Context,
    name: Name,
    period: PeriodOption = None,
    exp_date: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="The present expiry date [asked for by an info].")
    ] = None,
) -> None:
    """Renew a domain."""
    from regwire.cli import requests
    from regwire.cli.talk import converse
    from regwire.epp import DomainRenew, command

    asked = requests.a_label_name(name)
    given = requests.exp_date(exp_date) if exp_date is not None else None
    years = requests.period(period)

    async def steps(client: Client) -> Response:
        date = given
        if date is None:
            response = await client.send(_info(asked))
            date = _expiry(response)
            if date is None:
                return response
        return await client.send(command(DomainRenew(asked, date, years)))

    finish(ctx, converse(ctx.obj, steps))


def _info(name: str) -> Any:
    from regwire.epp import DomainInfo, DomainInfoName, command

    return command(DomainInfo(DomainInfoName(name, "none")))


def _expiry(response: Any) -> dt.date | None:
    """The UTC date of expiry that an info told; None when it was refused."""
    from regwire.epp import DomainInfoData

    found = [item for item in response.res_data if isinstance(item, DomainInfoData)]
    return found[0].ex_date.date() if found and found[0].ex_date is not None else None


@domain.command()
def transfer(
    ctx: typer.Context, name: Name, op: Op = "query", period: PeriodOption = None, auth_info: AuthInfo = None
) -> None:
    """Request a transfer, or query, approve, reject or cancel one."""
    from regwire.cli import requests
    from regwire.epp import DomainTransfer
    from regwire.epp import auth_info as domain_auth

    auth = domain_auth(auth_info) if auth_info is not None else None
    moved = DomainTransfer(requests.a_label_name(name), requests.period(period), auth)
    send(ctx, moved, op=transfer_op(op))


@domain.command()
def update(
    ctx: typer.Context,
    name: Name,
    add_ns: Hosts = None,
    rem_ns: Hosts = None,
    add_contact: Links = None,
    rem_contact: Links = None,
    add_status: Statuses = None,
    rem_status: Statuses = None,
    registrant: Annotated[str | None, typer.Option(metavar="ID", help="Empty takes it away.")] = None,
    auth_info: AuthInfo = None,
    new_auth_info: Annotated[
        bool, typer.Option("--new-auth-info", help="Set a generated authInfo and print it.")
    ] = False,
    add_ds: Ds = None,
    rem_ds: Ds = None,
    rem_all_ds: Annotated[bool, typer.Option("--rem-all-ds")] = False,
) -> None:
    """Change a domain."""
    from regwire.cli import requests
    from regwire.epp import AuthPw, DomainAuthInfoChange, DomainChange, DomainUpdate

    if new_auth_info:
        auth_info = requests.new_auth_info()
        typer.echo(f"authInfo: {auth_info}", err=ctx.obj.json)
    auth = DomainAuthInfoChange(AuthPw(auth_info)) if auth_info is not None else None
    change = DomainChange(registrant, auth) if auth is not None or registrant is not None else None
    changed = DomainUpdate(
        requests.a_label_name(name),
        requests.domain_change_set(add_ns or (), add_contact or (), add_status or ()),
        requests.domain_change_set(rem_ns or (), rem_contact or (), rem_status or ()),
        change,
    )
    send(ctx, changed, requests.sec_dns_update(add_ds or (), rem_ds or (), rem_all=rem_all_ds))
