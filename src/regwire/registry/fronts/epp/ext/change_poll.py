"""changePoll-1.0: what was done to an object by others than its sponsor (RFC 8590)."""

from __future__ import annotations

from regwire.epp.ext import change_poll as c
from regwire.epp.messages.common import Reason
from regwire.registry.fronts.epp.ext import FrontExtension
from regwire.registry.model.changes import Case, ChangeNote

__all__ = ["FRONT"]


def _change(note: ChangeNote) -> c.ChangeData:
    return c.ChangeData(
        c.ChangeOperation(note.operation, note.op),  # type: ignore[arg-type]
        note.at,
        note.transaction,
        note.who,
        None if note.case is None else _case(note.case),
        Reason(note.reason) if note.reason else None,
        state=note.state,  # type: ignore[arg-type]
    )


def _case(case: Case) -> c.ChangeCaseId:
    return c.ChangeCaseId(case.id, type=case.type, name=case.name)  # type: ignore[arg-type]


FRONT = FrontExtension(name="change_poll", greeting={"changePoll": c.NAMESPACE}, replies={ChangeNote: _change})
