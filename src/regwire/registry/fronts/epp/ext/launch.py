"""launch-1.0: phases, proofs of rights, applications (RFC 8334)."""

from __future__ import annotations

from typing import Any

from regwire.epp.codes import Reply
from regwire.epp.ext import launch as x
from regwire.epp.messages import domain as d
from regwire.epp.messages.common import PanName
from regwire.epp.messages.core import Command, TrId
from regwire.registry.fronts.epp.ext import FrontExtension
from regwire.registry.fronts.epp.replies import object_elements
from regwire.registry.model import launch as m
from regwire.registry.model import requests as r
from regwire.schema import Raw, replace

__all__ = ["FRONT"]


def _phase(element: x.LaunchPhase) -> m.Phase:
    return m.Phase(element.value, element.name)


def _phase_element(phase: m.Phase) -> x.LaunchPhase:
    return x.LaunchPhase(phase.value, phase.name)  # type: ignore[arg-type]


def _query(element: x.LaunchCheck, _: Command) -> m.LaunchQuery:
    return m.LaunchQuery(element.type, None if element.phase is None else _phase(element.phase))


def _wanted(element: x.LaunchInfo, _: Command) -> m.LaunchWanted:
    return m.LaunchWanted(_phase(element.phase), element.application_id, element.include_mark)


def _given(element: x.LaunchCreate, _: Command) -> m.LaunchGiven:
    return m.LaunchGiven(
        _phase(element.phase),
        element.type,
        tuple([m.SubmittedMark(mark.xml) for mark in element.signed_marks]),
        tuple([_code(mark) for mark in element.code_marks]),
        tuple([_notice(notice) for notice in element.notices]),
    )


def _code(element: x.LaunchCodeMark) -> m.CodeMark:
    mark = None if element.mark is None else element.mark.xml
    if element.code is None:
        return m.CodeMark(mark=mark)
    return m.CodeMark(element.code.value, element.code.validator_id, mark)


def _notice(element: x.LaunchNotice) -> m.Notice:
    id = element.notice_id
    return m.Notice(id.value, element.not_after, element.accepted_date, id.validator_id)


def _asked(element: Any, _: Command) -> m.ApplicationAsked:
    return m.ApplicationAsked(_phase(element.phase), element.application_id)


def _checked(checked: m.LaunchChecked) -> x.LaunchCheckData:
    phase = None if checked.phase is None else _phase_element(checked.phase)
    return x.LaunchCheckData(phase, items=tuple([_item(name) for name in checked.names]))


def _item(name: m.LaunchName) -> x.LaunchCheckItem:
    keys = [x.LaunchClaimKey(key, validator) for validator, key in name.keys if key]
    return x.LaunchCheckItem(x.LaunchCheckName(name.name, name.exists), tuple(keys))


def _created(created: m.LaunchCreated) -> x.LaunchCreateData:
    return x.LaunchCreateData(_phase_element(created.phase), created.application)


def _info(info: m.LaunchInfo) -> x.LaunchInfoData:
    status = None
    if info.status is not None:
        status = x.LaunchStatus(info.status, info.text, name=info.custom)  # type: ignore[arg-type]
    return x.LaunchInfoData(_phase_element(info.phase), info.application, status, tuple(map(Raw, info.marks)))


def _application(_: r.Request, code: int, data: m.ApplicationData) -> Any:
    """Return an application as a domain, without the date at which it would expire."""
    (info,), beside = object_elements(data.data)
    return Reply(code, (replace(info, ex_date=None),), beside)


def _told(data: m.ApplicationData) -> tuple[Any, ...]:
    (info,), _ = object_elements(data.data)
    return (replace(info, ex_date=None),)


def _pending(data: m.PendingAction) -> tuple[Any, ...]:
    ids = TrId(data.client_transaction, sv_trid=data.transaction)
    return (d.DomainPanData(PanName(data.name, data.granted), ids, data.at),)


FRONT = FrontExtension(
    name="launch",
    # Announced by a registry without launch phases, too: registry tests want it of every one (RST epp-02), and software
    # of registrars that always asks for it can log in. In zones without phases checks are 2307, the others 2103.
    greeting={"launch": x.NAMESPACE},
    commands={
        x.LaunchCheck: _query,
        x.LaunchInfo: _wanted,
        x.LaunchCreate: _given,
        x.LaunchUpdate: _asked,
        x.LaunchDelete: _asked,
    },
    replies={m.LaunchChecked: _checked, m.LaunchCreated: _created, m.LaunchInfo: _info},
    data={m.ApplicationData: _application},
    poll={m.ApplicationData: _told, m.PendingAction: _pending},
)
