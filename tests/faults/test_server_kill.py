"""kill -9 of a server under load: nothing acknowledged is lost or applied twice, no message and no cent is missing.

Ten rounds on the same file, a hundred in the long run (``REGWIRE_KILL_ROUNDS``, `make faults-long`).
"""

from __future__ import annotations

import os
import random
import sqlite3
import tomllib
from collections import Counter
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from server_load import Load, Told

from regwire.cli.init import create_registry
from regwire.cli.process import ServerProcess
from regwire.registry.clock import SystemClock
from regwire.registry.config import Config, ExtraListener, ListenSettings, load_config, render
from regwire.registry.engine import open_registry
from regwire.registry.model.money import Deposit
from regwire.registry.rules import Policies, ledger
from regwire.registry.rules.features import features
from regwire.registry.store.sqlite import SqliteStore

ROUNDS = int(os.environ.get("REGWIRE_KILL_ROUNDS", "10"))
SEED = int(os.environ.get("REGWIRE_KILL_SEED", "1"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    listen = ListenSettings(protocols=(), extra=(ExtraListener(protocol="epp", port=0),))
    create_registry(tmp_path, listen=listen)
    config = load_config(tmp_path)
    fee: Any = next(feature.settings for feature in features() if feature.name == "fee")
    prices = fee(currency="EUR", create=Decimal("10.00"), renew=Decimal("9.50"), transfer=Decimal("9.50"))
    priced = replace(config, features={"fee": prices}, policy=replace(config.policy, add_grace=0))
    (tmp_path / "registry.toml").write_text(render(priced), encoding="utf-8")
    return tmp_path


async def deposit(config: Config, account: str, reference: str) -> int:
    """What an operator's command does beside the server that runs: another process with the same file."""
    async with open_registry(config) as registry:
        request = Deposit(account, "EUR", Decimal("1000000.00"), reference)
        (outcome,) = await registry.submit([registry.call("-", request)])
        return outcome.code


async def one_round(folder: Path, config: Config, round: int, seconds: float, *, all_kinds: bool) -> Told:
    """Start a server, work on it, pay beside it, kill it; return what it acknowledged.

    `all_kinds`: not before each kind of command was acknowledged once, however slow the machine is.
    """
    with (folder / "accounts.toml").open("rb") as file:
        passwords = {account: value["password"] for account, value in tomllib.load(file).items()}
    with ServerProcess(folder) as server:
        load = Load(folder, passwords, server.port, f"r{round}")
        async with trio.open_nursery() as nursery:
            for account in ("reg-a", "reg-b"):
                assert await deposit(config, account, f"{account} {round}") == 1000
            nursery.start_soon(load.run, 4)
            told = load.told
            with trio.fail_after(120):
                await load.ready.wait()
                while not (told.created and ((told.renewed and told.transferred and told.acked) or not all_kinds)):
                    await trio.sleep(0.01)
            await trio.sleep(seconds)
            os.kill(server.pid, 9)
            # What was on its way was acknowledged, too; then the connections end.
            await trio.sleep(0.2)
            nursery.cancel_scope.cancel()
        return told


def test_a_server_killed_at_random_moments(folder: Path) -> None:
    dice = random.Random(SEED)
    config = load_config(folder)
    every = Told()
    for round in range(ROUNDS):
        seconds, all_kinds = dice.uniform(0.02, 0.5), round == ROUNDS - 1
        told = trio.run(partial(one_round, folder, config, round, seconds, all_kinds=all_kinds))
        assert told.created
        assert not told.acked & every.acked, "a message was acknowledged twice"
        for name in vars(every):
            getattr(every, name).update(getattr(told, name))
        check_file(folder / "registry.sqlite", every)
        check_ledger(config, every, round + 1)
    # All of it happened.
    assert every.renewed
    assert every.transferred
    assert every.acked


def check_file(path: Path, told: Told) -> None:
    with closing(sqlite3.connect(path)) as connection:

        def rows(sql: str) -> list[Any]:
            return connection.execute(sql).fetchall()

        assert rows("PRAGMA integrity_check") == [("ok",)]
        operations: dict[str, list[str]] = {}
        for name, operation in rows("SELECT key, operation FROM history WHERE kind = 'domain' ORDER BY id"):
            operations.setdefault(name, []).append(operation)
        stored = {name for (name,) in rows("SELECT name FROM domain")}
        assert stored == operations.keys()
        # Whole and in order, each once, or not at all.
        whole = ["CreateDomain", "RenewDomain", "TransferDomain"]
        assert all(done == whole[: len(done)] for done in operations.values())
        assert told.created <= stored
        assert all(len(operations[name]) >= 2 for name in told.renewed)
        assert all(len(operations[name]) == 3 for name in told.transferred)
        for name, years in rows("SELECT name, round((expires - created) / 31557600000.0) FROM domain"):
            assert years == min(2, len(operations[name])), name
        # Every acknowledged transaction is in the audit once.
        audited = Counter(txn for (txn,) in rows("SELECT txn FROM audit WHERE code < 2000"))
        assert max(audited.values()) == 1
        assert told.transactions <= audited.keys()
        check_messages(rows, told)


def check_messages(rows: Any, told: Told) -> None:
    """Numbered without a gap; gone are those that a committed command took, and no others."""
    ((last,),) = rows("SELECT value FROM counter WHERE name = 'poll'")
    waiting = [id for (id,) in rows("SELECT id FROM poll")]
    gone = set(range(1, last + 1)) - set(waiting)
    assert len(waiting) == len(set(waiting)) <= last
    assert told.acked <= gone
    ((acks,),) = rows("SELECT count(*) FROM audit WHERE command = 'poll ack' AND code = 1000")
    assert len(gone) == acks
    ((transfers,),) = rows("SELECT count(*) FROM history WHERE operation = 'TransferDomain' AND kind = 'domain'")
    assert last == 2 * transfers


def check_ledger(config: Config, told: Told, rounds: int) -> None:
    store = SqliteStore(config.path(config.store.path), Policies(config), SystemClock())
    with store.snapshot() as snapshot:
        assert ledger.problems(snapshot.view) == []
        entries = {}
        after = ""
        while page := snapshot.view.records("entry", after=after):
            entries.update({entry.id: entry for entry in page})
            after = page[-1].id
        reasons = Counter(entry.reason for entry in entries.values())
        names = Counter((entry.reason, entry.name) for entry in entries.values() if entry.name)
        created = {domain.name for domain in snapshot.domains()}
    store.close()
    # Paid once each: every domain that is there, every payment that was acknowledged.
    assert max(names.values()) == 1
    assert {name for reason, name in names if reason == "create"} == created >= told.created
    assert reasons["payment"] == 2 * rounds
