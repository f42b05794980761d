"""The audit of EPP commands: who, when, what came of it, and no secret in it."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
import trio
from front_world import Front, create, fronted
from registry_world import PASSWORD, START, A, B

from regwire.epp import DEFAULT, command, encode, error, response
from regwire.epp.messages import contact as c
from regwire.epp.messages import domain as d
from regwire.epp.messages.core import Poll
from regwire.registry.config import AuditSettings
from regwire.registry.fronts.epp.audit import Auditor
from regwire.registry.model.audit import Audited


def audited(function: Callable[[Front], Awaitable[None]], settings: AuditSettings | None = None) -> list[Audited]:
    """Run a test and return what the audit holds after it."""
    kept: list[Audited] = []

    async def main() -> None:
        async with fronted(audit=settings or AuditSettings()) as front:
            await function(front)
            # Everything is written, at the latest with the next group.
            await front.registry.submit([])
            with front.registry.store.snapshot() as snapshot:
                kept.extend(snapshot.audit())

    trio.run(main)
    return kept


async def everything(front: Front) -> None:
    await front.run(
        (A, [create(), d.DomainInfo(d.DomainInfoName("a.example")), d.DomainCheck(("a.example",))]),
        (B, [command(Poll("req")), create(), c.ContactDelete("con-1")]),
    )
    await front.run((B, [command(Poll("req")), d.DomainCheck(("a.example",)), command(Poll("ack"))]))


def test_every_command_is_there_with_its_code_and_who_asked() -> None:
    rows = audited(everything, AuditSettings(checks=True))
    found = sorted((row.account, row.origin.command, row.code) for row in rows)
    assert found == [
        (A, "domain:check", 1000),
        (A, "domain:create", 1000),
        (A, "domain:info", 1000),
        (B, "contact:delete", 2303),
        (B, "domain:check", 1000),
        (B, "domain:create", 2302),
        (B, "poll ack", 2003),
        (B, "poll req", 1300),
        (B, "poll req", 1300),
    ]
    assert {(row.origin.session, row.origin.peer, row.at) for row in rows} == {(1, "192.0.2.7", START)}
    assert {row.client_transaction for row in rows if row.origin.command == "domain:create"} == {None}
    assert {row.client_transaction for row in rows if row.origin.command == "domain:info"} == {"ABC-1"}


def test_the_transaction_is_the_one_of_the_reply_and_of_the_history() -> None:
    told: list[str] = []

    async def main(front: Front) -> None:
        for message in (create(), d.DomainInfo(d.DomainInfoName("a.example"))):
            result = await front.result(A, message)
            assert result.sv_trid
            told.append(result.sv_trid)
        with front.registry.store.snapshot() as snapshot:
            assert [row.transaction for row in snapshot.history("domain", "a.example")] == told[:1]

    rows = audited(main)
    assert sorted(row.transaction for row in rows) == sorted(told)


def test_frames_are_kept_without_secrets() -> None:
    async def main(front: Front) -> None:
        await front.ask(A, create())
        info = d.DomainInfo(d.DomainInfoName("a.example"), d.DomainAuthInfo(d.AuthPw(PASSWORD)))
        await front.ask(B, info)

    rows = audited(main)
    for row in rows:
        assert row.origin.frame is not None
        assert "a.example" in row.origin.frame
        assert "<domain:pw>***</domain:pw>" in row.origin.frame
        assert PASSWORD not in row.origin.frame


@pytest.mark.parametrize(
    ("settings", "commands"),
    [
        (AuditSettings(), {"domain:create", "domain:info", "poll req", "poll ack", "contact:delete"}),
        (AuditSettings(transforms=False), {"domain:info", "poll req", "poll ack"}),
        (AuditSettings(queries=False, polls=False), {"domain:create", "contact:delete"}),
    ],
)
def test_what_is_kept_is_what_the_settings_say(settings: AuditSettings, commands: set[str]) -> None:
    assert {row.origin.command for row in audited(everything, settings)} == commands


def test_of_a_frame_that_is_no_message_length_and_hash_are_kept() -> None:
    frame = encode(create()).replace(b"domain:name>", b"domain:nome>")
    session = SimpleNamespace(number=3, client_id=A, peer=None)

    async def main(front: Front) -> None:
        fault = DEFAULT.decode_or_fault(frame)
        Auditor(front.registry).answered(session, fault, response(error(2001), "SV-1"))

    (row,) = audited(main)
    assert (row.account, row.code, row.origin.command, row.origin.frame) == (A, 2001, "create", None)
    assert row.fault is not None
    where, _, what = row.fault.partition("; ")
    assert where.startswith("/")
    assert what == f"{len(frame)} octets, SHA-256 {hashlib.sha256(frame).hexdigest()}"
    assert PASSWORD not in row.fault


def test_without_frames_the_rest_is_kept() -> None:
    rows: Any = audited(everything, AuditSettings(frames=False))
    assert rows
    assert {row.origin.frame for row in rows} == {None}
