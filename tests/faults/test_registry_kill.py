"""kill -9 under load: what was acknowledged is there, nothing is there twice, no message is missing."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from registry_load import CREATE, TRANSFER, configured

from regwire.registry.clock import SystemClock
from regwire.registry.model.money import Entry, to_decimal
from regwire.registry.rules import Policies, View, ledger
from regwire.registry.store.sqlite import SqliteStore

ROUNDS = int(os.environ.get("REGWIRE_KILL_ROUNDS", "3"))
LOAD = Path(__file__).parents[1] / "support" / "registry_load.py"


def run_and_kill(folder: Path, round: int, lines: int) -> tuple[set[str], set[int]]:
    """Start the load, kill it after so many acknowledgements; return what it acknowledged."""
    process = subprocess.Popen([sys.executable, str(LOAD), str(folder), str(round)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = []
    try:
        while len(told) < lines:
            line = process.stdout.readline()
            assert line, f"the load ended by itself after {len(told)} lines"
            told.append(line)
    finally:
        process.kill()
        # What it wrote before it died was acknowledged, too; a line cut short was not told.
        told += [line for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
        process.stdout.close()
        process.wait(timeout=30)
    domains = {line.split()[1] for line in told if line.startswith("domain")}
    return domains, {int(line.split()[1]) for line in told if line.startswith("acked")}


@pytest.mark.parametrize("lines", [150])
def test_acknowledged_commands_survive_kill_9_and_are_applied_once(tmp_path: Path, lines: int) -> None:
    domains: set[str] = set()
    acked: set[int] = set()
    for round in range(ROUNDS):
        new_domains, new_acked = run_and_kill(tmp_path, round, lines + 17 * round)
        assert not new_domains & domains
        assert not new_acked & acked, "a message was acknowledged twice"
        domains |= new_domains
        acked |= new_acked
        check(tmp_path / "registry.sqlite", domains, acked)
        check_ledger(tmp_path)


def check(path: Path, domains: set[str], acked: set[int]) -> None:
    connection = sqlite3.connect(path)

    def rows(sql: str) -> list[tuple[object, ...]]:
        return connection.execute(sql).fetchall()

    assert rows("PRAGMA integrity_check") == [("ok",)]
    stored = {name for (name,) in rows("SELECT name FROM domain")}
    assert domains <= stored
    # Each name went through three transforms, each once; a group is there as a whole or not at all.
    history = rows("SELECT key, group_concat(operation) FROM (SELECT * FROM history ORDER BY id) GROUP BY key")
    assert {key for key, _ in history} == stored
    assert {operations for _, operations in history} == {"CreateDomain,TransferDomain,TransferDomain"}
    assert rows("SELECT name FROM domain WHERE sponsor <> 'reg-b'") == []
    # Four messages a name, numbered without a gap; those acknowledged are gone, and at most one more
    # (taken off, and killed before it could be told) a round.
    waiting = {id for (id,) in rows("SELECT id FROM poll")}
    ((last,),) = rows("SELECT value FROM counter WHERE name = 'poll'")
    assert last == 4 * len(stored)
    gone = set(range(1, 4 * len(stored) + 1)) - waiting
    assert acked <= gone
    assert len(gone - acked) <= ROUNDS
    connection.close()


def check_ledger(folder: Path) -> None:
    """What was billed is what is there: each command once, and the ledger balances."""
    config = configured(folder)
    store = SqliteStore(folder / "registry.sqlite", Policies(config), SystemClock())
    try:
        with store.snapshot() as snapshot, store.read() as view:
            assert ledger.problems(view) == []
            names = sorted(domain.name for domain in snapshot.domains())
            billed = [(entry.name, entry.reason) for entry in all_entries(view) if entry.name]
            assert sorted(billed) == sorted((name, reason) for name in names for reason in ("create", "transfer"))
            (paid,) = [b for b in view.records("balance") if b.account == ledger.FEES]
            assert to_decimal(paid.amount, "EUR") == len(names) * (CREATE + TRANSFER)
    finally:
        store.close()


def all_entries(view: View) -> Iterator[Entry]:
    after = ""
    while found := view.records("entry", after=after):
        yield from found
        after = found[-1].id
