"""``regwire premium``, ``reserved`` and ``token``: which names cost more, and which are kept back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regwire.cli.operate import (
    Dir,
    Json,
    Yes,
    amount,
    confirm,
    group,
    instant,
    name,
    operator,
    plain,
    require_registrar,
    show,
    tabulate,
)
from regwire.errors import ConfigError

if TYPE_CHECKING:
    from regwire.registry.operator import Operator

__all__ = ["premium", "reserved", "token"]

Names = Annotated[list[str], typer.Argument(metavar="NAME…")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="Comma-separated; the first line names the columns.")]

premium = group("Names that have prices of their own.")
reserved = group("Names that are kept back.")
token = group("Allocation tokens (RFC 8495): what lets a registrar have a reserved name, or pay less.")
#: Names in one commit at most: a long one would hold up the server's.
_CHUNK = 1000


def _in_chunks(found: Operator, request: type[Any], values: Sequence[Any], cure: str) -> None:
    for start in range(0, len(values), _CHUNK):
        found.ask(request(tuple(values[start : start + _CHUNK])), cure=cure)


# --- premium names


@premium.command("list")
def list_premiums(folder: Dir = Path(), json: Json = False) -> None:
    """Every premium name."""
    from regwire.registry.model.fees import ReadPremiums

    with operator(folder) as found:
        rows = found.all(ReadPremiums, lambda value: str(value.name))
        tabulate(rows, ("name", "tier", "create", "renew", "transfer", "restore"), json=json)


@premium.command("add")
def add_premium(
    names: Names,
    tier: Annotated[str, typer.Option(help="Of [policy.fee]; or give prices.")] = "",
    create: Annotated[str | None, typer.Option(metavar="AMOUNT", help="A year.")] = None,
    renew: Annotated[str | None, typer.Option(metavar="AMOUNT", help="A year.")] = None,
    transfer: Annotated[str | None, typer.Option(metavar="AMOUNT", help="A year.")] = None,
    restore: Annotated[str | None, typer.Option(metavar="AMOUNT", help="Once.")] = None,
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """Give names a tier or prices of their own, registered or not; what they had before is replaced."""
    from regwire.registry.model.fees import Premium, SetPremiums

    given = {"create": create, "renew": renew, "transfer": transfer, "restore": restore}
    prices = {what: amount(f"--{what}", text) for what, text in given.items()}
    if not tier and all(price is None for price in prices.values()):
        raise ConfigError(names[0], "no price", "give --tier, or --create, --renew, --transfer, --restore")
    values = [Premium(name(text), tier, **prices) for text in names]
    with operator(folder) as found:
        _in_chunks(found, SetPremiums, values, "[policy.fee] has the tiers")
        tabulate(values, ("name", "tier", "create", "renew", "transfer", "restore"), json=json)


@premium.command("remove")
def remove_premium(names: Names, folder: Dir = Path(), json: Json = False) -> None:
    """Names go back to the zone's prices."""
    from regwire.registry.model.fees import RemovePremiums

    _removed(RemovePremiums, list(map(name, names)), folder, "`regwire premium list` shows all", json=json)


def _removed(request: type[Any], keys: list[str], folder: Path, cure: str, *, json: bool) -> None:
    with operator(folder) as found:
        _in_chunks(found, request, keys, cure)
        show({"removed": keys}, json=json)


@premium.command("import")
def import_premiums(file: File, folder: Dir = Path(), json: Json = False) -> None:
    """Take a list: name,tier,create,renew,transfer,restore. What is not in it stays as it is."""
    from regwire.registry.lists import read_premiums
    from regwire.registry.model.fees import SetPremiums

    values = read_premiums(file)
    with operator(folder) as found:
        _in_chunks(found, SetPremiums, values, f"correct it in {file}; what came before it in the list is in")
        show({"imported": len(values)}, json=json)


# --- reserved names


@reserved.command("list")
def list_reserved(folder: Dir = Path(), json: Json = False) -> None:
    """Every name that is kept back by itself; the patterns of the policy are in `regwire tld policy`."""
    from regwire.registry.model.reserved import ReadReserved

    with operator(folder) as found:
        rows = found.all(ReadReserved, lambda value: str(value.name))
        tabulate(rows, ("name", "holder", "reason"), json=json)


@reserved.command("add")
def add_reserved(
    names: Names,
    holder: Annotated[str, typer.Option(metavar="ID", help="The one registrar that may have them.")] = "",
    reason: Annotated[str, typer.Option(metavar="TEXT", help="For us; registrars see `Reserved`.")] = "",
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """Keep names back, for nobody or for one registrar."""
    from regwire.registry.model.reserved import ReservedName, ReserveNames

    values = [ReservedName(name(text), reason, holder) for text in names]
    with operator(folder) as found:
        if holder:
            require_registrar(found, holder)
        _in_chunks(found, ReserveNames, values, "`regwire tld list` shows the zones")
        tabulate(values, ("name", "holder", "reason"), json=json)


@reserved.command("remove")
def remove_reserved(names: Names, folder: Dir = Path(), json: Json = False) -> None:
    """Let names go."""
    from regwire.registry.model.reserved import ReleaseNames

    _removed(ReleaseNames, list(map(name, names)), folder, "`regwire reserved list` shows all", json=json)


@reserved.command("import")
def import_reserved(file: File, folder: Dir = Path(), json: Json = False) -> None:
    """Take a list: name,reason,holder. What is not in it stays as it is."""
    from regwire.registry.lists import read_reserved
    from regwire.registry.model.reserved import ReserveNames

    values = read_reserved(file)
    with operator(folder) as found:
        for holder in sorted({value.holder for value in values} - {""}):
            require_registrar(found, holder)
        _in_chunks(found, ReserveNames, values, f"correct it in {file}; what came before it in the list is in")
        show({"imported": len(values)}, json=json)


# --- tokens


@token.command("create")
def create_token(
    label: Annotated[str, typer.Option(help="For us.")] = "",
    only_name: Annotated[str, typer.Option("--name", metavar="NAME", help="Only for this name.")] = "",
    zone: Annotated[str, typer.Option(help="Only for names of this zone.")] = "",
    registrar: Annotated[str, typer.Option(metavar="ID", help="Only for this registrar.")] = "",
    commands: Annotated[list[str] | None, typer.Option("--command", help="create, transfer; repeatable.")] = None,
    uses: Annotated[int, typer.Option(min=0, help="How often; 0: any number of times.")] = 1,
    begins: Annotated[str | None, typer.Option(metavar="INSTANT", help="Not before.")] = None,
    ends: Annotated[str | None, typer.Option(metavar="INSTANT", help="Not at or after.")] = None,
    discount: Annotated[int, typer.Option(min=0, max=100, help="Percent of the fees.")] = 0,
    unlocks: Annotated[bool, typer.Option("--unlocks", help="It lets reserved names be created.")] = False,
    count: Annotated[int, typer.Option(min=1, max=10_000, help="So many of them.")] = 1,
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """Make tokens; their values are printed now and kept nowhere."""
    from regwire.registry.lists import new_token
    from regwire.registry.model.tokens import AddTokens

    for command in commands or ():
        if command not in {"create", "transfer"}:
            raise typer.BadParameter(f"{command} is not one of create, transfer", param_hint="--command")
    made = [
        new_token(
            label=label,
            name=name(only_name) if only_name else "",
            zone=zone,
            account=registrar,
            commands=tuple(commands or ("create",)),
            uses=uses or None,
            begins=instant("--begins", begins),
            ends=instant("--ends", ends),
            discount=discount,
            unlocks=unlocks,
        )
        for _ in range(count)
    ]
    with operator(folder) as found:
        if registrar:
            require_registrar(found, registrar)
        _in_chunks(found, AddTokens, [token for _, token in made], "try again")
        rows = [{"token": value, **plain(token)} for value, token in made]
        tabulate(rows, ("token", "label", "name", "uses", "ends"), json=json)


@token.command("list")
def list_tokens(folder: Dir = Path(), json: Json = False) -> None:
    """Every token, by what is kept of it."""
    from regwire.registry.model.tokens import ReadTokens

    with operator(folder) as found:
        rows = [
            {**plain(value), "digest": value.digest if json else value.digest[:12]}
            for value in found.all(ReadTokens, lambda value: str(value.digest))
        ]
        tabulate(rows, ("digest", "label", "name", "zone", "account", "uses", "ends", "discount", "unlocks"), json=json)


@token.command("show")
def show_token(
    value: Annotated[str, typer.Argument(metavar="DIGEST", help="At least 8 characters of it.")],
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """One token."""
    with operator(folder) as found:
        show(_token(found, value), json=json)


@token.command("revoke")
def revoke_token(
    value: Annotated[str, typer.Argument(metavar="DIGEST", help="At least 8 characters of it.")],
    yes: Yes = False,
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """Withdraw a token: it is worth nothing from now on."""
    from regwire.registry.model.tokens import RemoveTokens

    with operator(folder) as found:
        known = _token(found, value)
        confirm(f"revoke token {known.digest[:12]}", yes=yes)
        found.ask(RemoveTokens((known.digest,)))
        show({"digest": known.digest, "revoked": True}, json=json)


def _token(found: Operator, text: str) -> Any:
    """The one token whose digest begins so."""
    from regwire.errors import OperatorRefused
    from regwire.registry.model.tokens import ReadTokens

    if len(text) < 8:
        raise typer.BadParameter("at least 8 characters of the digest", param_hint="DIGEST")
    # Digests are hexadecimal: "g" is greater than all that begin so.
    page = found.ask(ReadTokens(text[:-1] + chr(ord(text[-1]) - 1) + "g", 1000))
    fitting = [value for value in page if value.digest.startswith(text)]
    if len(fitting) != 1:
        problem = "more than one token has a digest that begins with" if fitting else "no token has the digest"
        raise OperatorRefused(2303, f"{problem} {text}", "`regwire token list --json` shows all")
    return fitting[0]
