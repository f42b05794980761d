"""``regwire poll``: the message queues of registrars."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from regwire.cli.operate import Dir, Json, Yes, confirm, group, operator, plain, show, tabulate
from regwire.errors import OperatorRefused

__all__ = ["poll"]

poll = group("Registrars' message queues; `regwire epp poll` is how a registrar reads its own.")

Account = Annotated[str, typer.Argument(metavar="REGISTRAR", help="The account (clID).")]


@poll.command("list")
def list_messages(
    account: Account,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000_000, help="At most so many.")] = 100,
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """What waits for a registrar, the oldest first."""
    with operator(folder) as found:
        with found.looking() as state:
            if state.view.record("registrar", account) is None:
                raise OperatorRefused(2303, f"there is no registrar {account}", "`regwire registrar list` shows all")
            messages = state.messages(account, limit=limit)
        rows = [{"id": m.id, "queued": m.queued, "text": m.text, "about": _about(m.data)} for m in messages]
        tabulate(rows, ("id", "queued", "text"), json=json)


def _about(data: object) -> object:
    return None if data is None else {"type": type(data).__name__, **plain(data)}


@poll.command("send")
def send_message(
    text: Annotated[str, typer.Argument(metavar="TEXT")],
    to: Annotated[str, typer.Option("--to", metavar="REGISTRAR", help="Only to this one [all that are active].")] = "",
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """Put a message into queues."""
    from regwire.registry.model.operators import SendMessage

    with operator(folder) as found:
        accounts = found.ask(SendMessage(text, to), cure="`regwire registrar list` shows all")
        show({"sent": accounts}, json=json)


@poll.command("drop")
def drop_message(
    account: Account,
    id: Annotated[int, typer.Argument(metavar="ID", min=1)],
    yes: Yes = False,
    folder: Dir = Path(),
    json: Json = False,
) -> None:
    """Take a message off a queue, as if the registrar had acknowledged it."""
    from regwire.registry.model.requests import PollAck

    with operator(folder) as found:
        confirm(f"drop message {id} of {account}", yes=yes)
        found.ask(PollAck(str(id)), account=account, cure=f"`regwire poll list {account}` shows what waits")
        show({"account": account, "dropped": id}, json=json)
