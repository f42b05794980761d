"""The registry as fronts use it."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest
import trio
import trio.testing
from registry_world import PASSWORD, START, A, B
from store_suite import break_rule

from regwire.registry.clock import MovableClock
from regwire.registry.config import AuditSettings, Config, StoreSettings
from regwire.registry.engine import is_read, open_registry
from regwire.registry.model.audit import Audited, Origin
from regwire.registry.model.requests import (
    AuthInfo,
    CheckDomains,
    CreateDomain,
    InfoDomain,
    PollAck,
    PollRequest,
    SettleDue,
    TransferDomain,
)


def test_reads_and_writes() -> None:
    assert is_read(CheckDomains(("a.example",)))
    assert is_read(PollRequest())
    assert not is_read(PollAck("1"))
    assert not is_read(CreateDomain("a.example"))


def test_transactions_and_roids_are_unique_also_across_restarts(tmp_path: Path) -> None:
    async def main() -> set[str]:
        async with open_registry(Config(directory=tmp_path)) as registry:
            return {registry.call(A, PollRequest()).transaction for _ in range(100)}

    first, second = trio.run(main), trio.run(main)
    assert len(first | second) == 200


def test_every_call_has_its_own_salt(tmp_path: Path) -> None:
    async def main() -> None:
        async with open_registry(Config(directory=tmp_path)) as registry:
            salts = {registry.call(A, PollRequest()).salt for _ in range(1000)}
            assert len(salts) == 1000
            assert {len(salt) for salt in salts} == {16}

    trio.run(main)


def test_the_registry_survives_a_restart(tmp_path: Path) -> None:
    async def create() -> int:
        async with open_registry(Config(directory=tmp_path)) as registry:
            return (await registry.submit([registry.call(A, CreateDomain("a.example"))]))[0].code

    async def info() -> int:
        async with open_registry(Config(directory=tmp_path)) as registry:
            with registry.reading() as reading:
                return reading.decide(A, InfoDomain("a.example")).code

    assert trio.run(create) == 1000
    assert trio.run(info) == 1000
    assert trio.run(create) == 2302


def test_settling_does_what_is_due_by_the_registrys_clock() -> None:
    async def main() -> None:
        clock = MovableClock(START)
        config = Config(store=StoreSettings(kind="memory"))
        async with open_registry(config, clock=clock) as registry, trio.open_nursery() as nursery:
            await registry.submit([registry.call(A, CreateDomain("a.example", auth=PASSWORD))])
            request = TransferDomain("request", "a.example", auth=AuthInfo(PASSWORD))
            await registry.submit([registry.call(B, request)])
            clock.advance(timedelta(days=5))
            nursery.start_soon(registry.settle, 0.001)
            with trio.fail_after(60):
                while True:
                    with registry.store.read() as view:
                        domain = view.domain("a.example")
                    if domain is not None and domain.sponsor == B:
                        break
                    await trio.sleep(0.001)
            with registry.reading() as reading:
                assert reading.decide(A, PollRequest()).data.count == 2  # type: ignore[attr-defined]
            nursery.cancel_scope.cancel()

    trio.run(main)


def test_settling_forgets_what_the_audit_need_not_keep() -> None:
    async def main() -> None:
        clock = MovableClock(START)
        config = Config(store=StoreSettings(kind="memory"), audit=AuditSettings(keep=30))
        async with open_registry(config, clock=clock) as registry, trio.open_nursery() as nursery:
            for age in (31, 29):
                at = START - timedelta(days=age)
                registry.note(Audited(at, A, f"N{age}", None, Origin("poll"), 1000))
            await registry.submit([registry.call(A, CreateDomain("a.example"), None, Origin("domain:create"))])
            nursery.start_soon(registry.settle, 0.001)
            with trio.fail_after(60):
                while True:
                    with registry.store.snapshot() as snapshot:
                        left = [row.transaction for row in snapshot.audit()]
                    if "N31" not in left:
                        break
                    await trio.sleep(0.001)
            assert (len(left), left[0]) == (2, "N29")
            nursery.cancel_scope.cancel()

    trio.run(main)


def test_settling_that_fails_is_not_tried_again_at_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        clock = MovableClock(START)
        async with open_registry(Config(store=StoreSettings(kind="memory")), clock=clock) as registry:
            await registry.submit([registry.call(A, CreateDomain("a.example"))])
            clock.advance(timedelta(days=400))
            break_rule(monkeypatch, SettleDue)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(registry.settle, 3600.0)
                with trio.fail_after(60):
                    while registry.writer.groups < 2:
                        await trio.sleep(0.001)
                    await trio.testing.wait_all_tasks_blocked()
                assert registry.writer.groups == 2
                nursery.cancel_scope.cancel()

    with caplog.at_level(logging.CRITICAL):
        trio.run(main)


def test_settling_goes_on_after_the_store_could_not_be_read(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with open_registry(Config(store=StoreSettings(kind="memory"))) as registry:
            real, tries = registry.store.read, 0

            def read() -> object:
                nonlocal tries
                tries += 1
                if tries == 1:
                    raise OSError("disk I/O error")
                return real()

            monkeypatch.setattr(registry.store, "read", read)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(registry.settle, 0.001)
                with trio.fail_after(60):
                    while tries < 3:
                        await trio.sleep(0.001)
                nursery.cancel_scope.cancel()

    trio.run(main)
    assert "could not be looked for" in caplog.text
