"""Files of older versions: brought up to date after a copy was made, or left as they were."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from registry_world import PASSWORD, A, B, World

from regwire.registry.model import requests as r
from regwire.registry.store import migrate
from regwire.registry.store.base import StoreError
from regwire.registry.store.sqlite import SCHEMA_VERSION, SqliteStore

#: What a registry of version 1 dumped, with its data.
VERSION_1 = Path(__file__).parents[2] / "fixtures" / "registry-1.sql"
VERSION_4 = VERSION_1.with_name("registry-4.sql")


def restored(dump: Path, path: Path) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(dump.read_text("utf-8"))
        connection.execute("PRAGMA journal_mode = WAL")
    return path


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return restored(VERSION_1, tmp_path / "registry.sqlite")


def opened(path: Path) -> World:
    world = World(make=lambda policies, clock: SqliteStore(path, policies, clock))
    # Not those of the transactions in the old file.
    world._numbers = count(1000)
    return world


def rows(path: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def contents(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return "\n".join(connection.iterdump())


def test_an_old_file_is_brought_up_to_date_with_all_it_holds(old: Path) -> None:
    world = opened(old)
    world.later(days=10)
    info = world.must(B, r.InfoDomain("a.example"))
    # The transfer that was pending in the old file came due.
    assert (info.domain.sponsor, info.host_names) == (B, ("ns1.other.net",))
    assert [status.value for status in info.statuses] == ["clientHold"]
    assert len(info.domain.ds) == 1
    assert info.domain.extra == {}
    assert world.must(A, r.InfoDomain("c.example", auth=r.AuthInfo(PASSWORD))).domain.sponsor == A
    assert world.must(A, r.PollRequest()).message.id == 3
    assert world.code(A, r.CreateDomain("new.example")) == 1000
    world.store.close()
    assert rows(old, "SELECT max(version) FROM schema_version") == [(SCHEMA_VERSION,)]


def test_it_is_then_like_a_new_one(old: Path, tmp_path: Path) -> None:
    opened(old).store.close()
    opened(tmp_path / "new.sqlite").store.close()
    schemas = []
    for path in (old, tmp_path / "new.sqlite"):
        found = rows(path, "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name")
        schemas.append([(type, name, " ".join(sql.split())) for type, name, sql in found])
    assert schemas[0] == schemas[1]
    assert rows(old, "PRAGMA application_id") == rows(tmp_path / "new.sqlite", "PRAGMA application_id")


def test_a_copy_of_the_old_file_is_made_before(old: Path) -> None:
    before = contents(old)
    old.chmod(0o640)
    opened(old).store.close()
    copy = migrate.backup_path(old, 1)
    assert contents(copy) == before
    assert copy.stat().st_mode == old.stat().st_mode
    assert rows(copy, "PRAGMA integrity_check") == [("ok",)]
    # What is up to date is not copied again.
    copy.unlink()
    opened(old).store.close()
    assert sorted(path.name for path in old.parent.iterdir()) == ["registry.sqlite"]


def test_without_room_for_the_copy_nothing_is_changed(old: Path) -> None:
    before = contents(old)
    migrate.backup_path(old, 1).with_name("registry.sqlite.version-1.part").mkdir()
    with pytest.raises(StoreError, match=r"cannot be copied .* make room there; nothing was changed"):
        opened(old)
    assert contents(old) == before


def test_a_step_that_fails_leaves_the_version_before(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(old)
    real = migrate._run

    def half(connection: sqlite3.Connection, script: str, version: int, clock: Any) -> None:
        real(connection, script, version, clock)
        connection.execute("CREATE TABLE domain (x)")

    monkeypatch.setattr(migrate, "_run", half)
    with pytest.raises(StoreError, match="table domain already exists"):
        opened(old)
    assert contents(old) == before
    monkeypatch.undo()
    opened(old).store.close()
    assert rows(old, "SELECT max(version) FROM schema_version") == [(SCHEMA_VERSION,)]


KILLED = """
import os, signal, sys
sys.path[:0] = {path!r}
from pathlib import Path
from registry_world import World
from regwire.registry.store import migrate
from regwire.registry.store.sqlite import SqliteStore

real = migrate._run

def run(*arguments):
    real(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)

migrate._run = run
World(make=lambda policies, clock: SqliteStore(Path(sys.argv[1]), policies, clock))
"""


def test_a_process_killed_in_a_step_leaves_the_version_before(old: Path) -> None:
    before = contents(old)
    script = KILLED.format(path=sys.path)
    process = subprocess.run([sys.executable, "-c", script, str(old)], timeout=300, check=False)
    assert process.returncode == -signal.SIGKILL
    assert contents(old) == before
    world = opened(old)
    assert world.must(B, r.InfoDomain("a.example")).domain.name == "a.example"
    world.store.close()


def test_links_of_version_2_are_kept(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    links = "SELECT '{0}', {0}, domain FROM domain_{0} ORDER BY 2, 3"
    with monkeypatch.context() as then:
        then.setattr(migrate, "SCHEMA_VERSION", 2)
        opened(old).store.close()
    roid = "DT00004-TEST"
    assert rows(old, links.format("host")) == [("host", "HT00003-TEST", roid)]
    assert rows(old, links.format("contact")) == [("contact", "con-1", roid), ("contact", "con-2", roid)]
    world = opened(old)
    assert rows(migrate.backup_path(old, 2), "SELECT max(version) FROM schema_version") == [(2,)]
    (number,) = rows(old, "SELECT id FROM domain WHERE name = 'a.example'")[0]
    assert rows(old, links.format("host")) == [("host", "HT00003-TEST", number)]
    assert rows(old, links.format("contact")) == [("contact", "con-1", number), ("contact", "con-2", number)]
    with world.store.read() as view:
        assert view.contact_linked("con-2")
        assert not view.host_linked("HT00003-TEST", other_than=B)
    # What they are used for still works: a contact that is linked cannot go, one that is removed can.
    assert world.code(A, r.DeleteContact("con-2")) == 2305
    world.store.close()


def test_messages_of_the_old_file_are_read(old: Path) -> None:
    (data,) = rows(old, "SELECT data FROM poll WHERE id = 2")[0]
    assert "transfer" in json.loads(data)
    world = opened(old)
    assert world.must(B, r.PollRequest()).message.data.transfer.requester == B
    world.store.close()


#: What version 5 shows as views of its blocks and lists were tables of version 4.
KEPT = {
    "history": "SELECT * FROM history ORDER BY id",
    "audit": "SELECT * FROM audit ORDER BY id",
    "domain_host": "SELECT host, domain FROM domain_host ORDER BY 1, 2",
    "domain_contact": "SELECT contact, domain FROM domain_contact ORDER BY 1, 2",
    "domain": "SELECT * FROM domain ORDER BY id",
}


def kept(path: Path) -> dict[str, list[Any]]:
    return {what: rows(path, sql) for what, sql in KEPT.items()}


def test_rows_of_version_4_are_found_in_blocks(tmp_path: Path) -> None:
    path = restored(VERSION_4, tmp_path / "registry.sqlite")
    before = kept(path)
    assert all(before.values())
    world = opened(path)
    assert kept(path) == before
    with world.store.snapshot() as snapshot:
        assert [(row.operation, row.account) for row in snapshot.history("domain", "a.example")] == [
            ("CreateDomain", A),
            ("TransferDomain", B),
        ]
        # A host that was renamed, by both of its names.
        for name in ("ns1.other.net", "ns3.other.net"):
            assert [row.key for row in snapshot.history("host", name)] == [
                *("ns1.other.net", "ns1.other.net", "ns3.other.net")
            ]
        assert [row.code for row in snapshot.audit()] == [1000, 1000, 2302, 1000, 1000, 1001, 1001, 2200]
        (row,) = snapshot.audit(transaction="T00007")
        assert (row.id, row.fault, row.origin.frame) == (3, "registered already", "<create>a.example ü</create>")
        assert [row.transaction for row in snapshot.audit(account=B)] == ["T00011"]
        assert snapshot.view.host_linked("HT00003-TEST")
        assert [domain.name for domain in snapshot.view.domains_of_contact("con-1", limit=9)] == [
            "a.example",
            "b.example",
        ]
        domain = snapshot.view.domain_of_roid("DT00006-TEST")
        assert domain is not None
        assert domain.name == "b.example"
    # It goes on where it was: the numbers of commands, the links of the domains there are, one transfer that came due.
    world.later(days=20)
    assert world.code(A, r.UpdateDomain("b.example", remove_hosts=("ns3.other.net",))) == 1000
    assert world.must(B, r.InfoDomain("a.example")).domain.sponsor == B
    assert rows(path, KEPT["domain_host"]) == [("HT00003-TEST", 1), ("HT00004-TEST", 1)]
    assert [row[0] for row in rows(path, KEPT["history"])] == [*range(1, len(before["history"]) + 3)]
    world.store.close()


def test_many_rows_of_version_4_and_those_that_are_missing(tmp_path: Path) -> None:
    """Blocks end where numbers are missing: a record's number is its place in its block."""
    path = restored(VERSION_4, tmp_path / "registry.sqlite")
    count = 1000
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO audit VALUES (?, ?, 'reg-a', ?, NULL, 'poll', 1, '', 1000, NULL, NULL)",
            [(100 + i, 1741773600000 + i, f"X{i:05}") for i in range(count)],
        )
        connection.executemany(
            "INSERT INTO history VALUES (?, 0, '-', ?, NULL, 'Import', 'domain', ?, ?, 'reg-a', 9, '{}')",
            [(100 + i, f"X{i:05}", f"x{i}.example", f"DX{i:05}-TEST") for i in range(count)],
        )
        connection.executemany("INSERT INTO domain_host VALUES ('HX-TEST', ?)", [(i * 3,) for i in range(count)])
        connection.execute("DELETE FROM audit WHERE id % 300 = 7")
        connection.execute("DELETE FROM history WHERE id = 555")
    before = kept(path)
    world = opened(path)
    assert kept(path) == before
    with world.store.snapshot() as snapshot:
        assert [row.id for row in snapshot.audit(limit=9999)] == [row[0] for row in before["audit"]]
        assert [row.id for row in snapshot.audit(after=500, limit=3)] == [501, 502, 503]
        assert [row.id for row in snapshot.audit(transaction="X00777")] == [877]
        assert [row.id for row in snapshot.audit(after=305, limit=3)] == [306, 308, 309]
    assert max(count for (count,) in rows(path, "SELECT count FROM audit_block")) == 256
    world.store.close()
