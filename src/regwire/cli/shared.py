"""What the EPP commands share: the types of their arguments, sending, printing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from regwire.epp import TransferOp

__all__ = [
    "Addresses",
    "AuthInfo",
    "Contacts",
    "Ds",
    "Hosts",
    "Id",
    "Links",
    "Name",
    "Names",
    "Op",
    "PeriodOption",
    "Statuses",
    "finish",
    "one_of",
    "send",
    "transfer_op",
]

Names = Annotated[list[str], typer.Argument(metavar="NAME…", help="U-labels are turned into A-labels.")]
Name = Annotated[str, typer.Argument(metavar="NAME")]
Id = Annotated[str, typer.Argument(metavar="ID")]
AuthInfo = Annotated[str | None, typer.Option("--auth-info", metavar="PW", help="The object's authInfo.")]
PeriodOption = Annotated[str | None, typer.Option("--period", metavar="N[y|m]", help="2, 2y or 24m.")]
Statuses = Annotated[
    list[str] | None, typer.Option(metavar="STATUS[:WHY]", help="As clientHold or 'clientHold:not paid'; repeatable.")
]
Addresses = Annotated[list[str] | None, typer.Option(metavar="IP", help="IPv4 or IPv6; repeatable.")]
Hosts = Annotated[
    list[str] | None, typer.Option(metavar="HOST", help="Repeatable; HOST=IP,IP where servers are attributes.")
]
Ds = Annotated[list[str] | None, typer.Option(metavar="'TAG ALG TYPE DIGEST'", help="As in a zone; repeatable.")]
Contacts = Annotated[list[str] | None, typer.Option(metavar="ID", help="Repeatable.")]
Links = Annotated[list[str] | None, typer.Option(metavar="TYPE:ID", help="As tech:c1; repeatable.")]
Op = Annotated[str, typer.Option("--op", help="query, request, approve, reject or cancel.")]


def send(ctx: typer.Context, obj: Any, extension: Sequence[Any] = (), op: Any = None) -> None:
    """Send one command, print its response, and exit by its code."""
    from regwire.cli.talk import send_one
    from regwire.epp import command

    finish(ctx, send_one(ctx.obj, command(obj, extension, op=op)))


def finish(ctx: typer.Context, response: Any) -> None:
    """Print a response and exit by its code."""
    from regwire.cli.show import plain_response, print_json, readable

    plain = plain_response(response, secrets=ctx.obj.secrets)
    (print_json if ctx.obj.json else readable)(plain)
    if plain["code"] >= 2000:
        raise typer.Exit(1)


def transfer_op(op: str) -> TransferOp:
    """The operation of a transfer, if it is one."""
    found: TransferOp = one_of("--op", op, "query", "request", "approve", "reject", "cancel")
    return found


def one_of(option: str, value: str, *allowed: str) -> Any:
    """The value if it is allowed; typed Any, because the messages take literals."""
    if value not in allowed:
        raise typer.BadParameter(f"{value} is not one of {', '.join(allowed)}", param_hint=option)
    return value
