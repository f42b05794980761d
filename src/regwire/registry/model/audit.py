"""What the registry notes about every command: who, when, what, and what came of it (`[audit]` says what is kept)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from regwire.registry.model.record import record

__all__ = ["Audited", "HistoryRow", "Origin"]


@record
class Origin:
    """Where a command came from, and what it looked like.

    Attributes:
        command: its class, as "domain:create", "poll", "login".
        session: the number of the session, unique while the server runs; 0: none.
        peer: address of the other side.
        frame: the command with its secrets removed; None: not kept.

    """

    command: str
    session: int = 0
    peer: str = ""
    frame: str | None = None


@record
class Audited:
    """One command and its result.

    Attributes:
        at: when it was decided.
        account: who asked; empty: nobody was logged in.
        transaction: the server's identifier, as in the reply.
        client_transaction: the client's, if it gave one that could be read.
        origin: where it came from.
        code: the result code.
        fault: what was wrong, where the registry can say: the reason of a refusal, the first fault of a frame.
        id: increases within the store; 0 until it is kept.

    """

    at: datetime
    account: str
    transaction: str
    client_transaction: str | None
    origin: Origin
    code: int
    fault: str | None = None
    id: int = 0


@record
class HistoryRow:
    """One change of one object, as a command made it.

    Attributes:
        at: when.
        account: who; "-" is the registry itself.
        transaction: the server's identifier of the command; that of an audited command of the same name.
        client_transaction: the client's.
        operation: the class of the request.
        kind: of the object.
        key: its name or id at the time.
        roid: its ROID; of records of registered kinds kind and key.
        sponsor: after the change; None for records and for what is gone.
        detail: the object after the change, as JSON values; None: it is gone.

    """

    at: datetime
    account: str
    transaction: str
    client_transaction: str | None
    operation: str
    kind: str
    key: str
    roid: str
    sponsor: str | None
    detail: dict[str, Any] | None
