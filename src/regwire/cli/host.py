"""``regwire epp host``."""

from __future__ import annotations

from typing import Annotated

import typer

from regwire.cli.shared import Addresses, Name, Names, Statuses, send

__all__ = ["host"]

host = typer.Typer(help="The command on hosts.", no_args_is_help=True, rich_markup_mode=None)


@host.command("check")
def host_check(ctx: typer.Context, names: Names) -> None:
    """Which of these hosts can be created."""
    from regwire.cli.requests import a_label_name
    from regwire.epp import HostCheck

    send(ctx, HostCheck(tuple(map(a_label_name, names))))


@host.command("info")
def host_info(ctx: typer.Context, name: Name) -> None:
    """What the registry knows of a host."""
    from regwire.cli.requests import a_label_name
    from regwire.epp import HostInfo

    send(ctx, HostInfo(a_label_name(name)))


@host.command("create")
def host_create(ctx: typer.Context, name: Name, addr: Addresses = None) -> None:
    """Create a host; below a domain of this registry with its addresses."""
    from regwire.cli.requests import a_label_name, host_addresses
    from regwire.epp import HostCreate

    send(ctx, HostCreate(a_label_name(name), host_addresses(addr or ())))


@host.command("delete")
def host_delete(ctx: typer.Context, name: Name) -> None:
    """Delete a host."""
    from regwire.cli.requests import a_label_name
    from regwire.epp import HostDelete

    send(ctx, HostDelete(a_label_name(name)))


@host.command("update")
def host_update(
    ctx: typer.Context,
    name: Name,
    add_addr: Addresses = None,
    rem_addr: Addresses = None,
    add_status: Statuses = None,
    rem_status: Statuses = None,
    rename: Annotated[str | None, typer.Option(metavar="NAME", help="Its new name.")] = None,
) -> None:
    """Change a host."""
    from regwire.cli.requests import a_label_name, host_change_set
    from regwire.epp import HostChange, HostUpdate

    changed = HostUpdate(
        a_label_name(name),
        host_change_set(add_addr or (), add_status or ()),
        host_change_set(rem_addr or (), rem_status or ()),
        HostChange(a_label_name(rename)) if rename is not None else None,
    )
    send(ctx, changed)
