"""The store in SQLite: the suite, and what only a file can suffer."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import stat
import time
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from lookup_suite import LookupSuite
from registry_world import GLUE, PASSWORD, A, B, World
from store_suite import StoreSuite

from regwire.registry.clock import MovableClock
from regwire.registry.model.requests import (
    AuthInfo,
    CreateDomain,
    CreateHost,
    DeleteDomain,
    InfoDomain,
    TransferDomain,
    UpdateDomain,
    UpdateHost,
)
from regwire.registry.rules import Policies
from regwire.registry.store import codec
from regwire.registry.store.base import Store, StoreError
from regwire.registry.store.sqlite import SCHEMA_VERSION, SqliteStore


class TestSqliteStore(LookupSuite, StoreSuite):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path
        self.made = 0

    def make(self, policies: Policies, clock: MovableClock) -> Store:
        self.made += 1
        return SqliteStore(self.folder / f"{self.made}.sqlite", policies, clock)

    def reopen(self, world: World) -> None:
        assert isinstance(world.store, SqliteStore)
        path = world.store.path
        world.store.close()
        world.store = SqliteStore(path, world.policies, world.clock)


class TestSqliteStoreWithNames(TestSqliteStore):
    """The same, with the names of domains kept in memory."""

    def make(self, policies: Policies, clock: MovableClock) -> Store:
        store = super().make(policies, clock)
        store.keep_names()
        assert isinstance(store, SqliteStore)
        assert store.names.wait(10)
        return store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registry.sqlite"


@pytest.fixture
def world(path: Path) -> Any:
    world = World(make=lambda policies, clock: SqliteStore(path, policies, clock))
    yield world
    world.store.close()


def rows(path: Path, sql: str) -> list[Any]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def test_the_file_is_durable_by_its_settings(world: World) -> None:
    assert isinstance(world.store, SqliteStore)
    for connection in (world.store._writer, world.store._reader):
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_nobody_but_its_owner_can_read_a_new_file_and_a_mode_that_was_given_stays(world: World, path: Path) -> None:
    world.domain()
    files = sorted(path.parent.glob(f"{path.name}*"))
    assert path in files
    assert len(files) > 1
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    world.store.close()
    path.chmod(0o640)
    SqliteStore(path, world.policies, world.clock).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_every_change_leaves_a_row_of_history_without_secrets(world: World, path: Path) -> None:
    world.domain()
    world.must(A, CreateHost("ns1.a.example", GLUE))
    world.must(A, UpdateHost("ns1.a.example", new_name="ns2.a.example"))
    assert world.code(B, DeleteDomain("a.example")) == 2201
    found = rows(
        path, "SELECT account, txn, client_txn, operation, kind, key, sponsor, detail FROM history ORDER BY id"
    )
    assert [row[:7] for row in found] == [
        (A, "T00001", "client-1", "CreateDomain", "domain", "a.example", A),
        (A, "T00002", "client-2", "CreateHost", "host", "ns1.a.example", A),
        (A, "T00003", "client-3", "UpdateHost", "host", "ns1.a.example", None),
        (A, "T00003", "client-3", "UpdateHost", "host", "ns2.a.example", A),
    ]
    former = rows(path, "SELECT key, roid FROM former")
    assert former == [("ns1.a.example", "HT00002-TEST")]
    assert rows(path, "SELECT count(*) FROM history WHERE roid = 'HT00002-TEST'") == [(3,)]
    assert json.loads(found[1][7]) == {"addresses": [["192.0.2.1", "v4"]]}
    assert found[2][7] is None


def test_no_password_is_in_the_file(world: World, path: Path) -> None:
    world.domain()
    world.contact()
    world.store.close()
    octets = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert PASSWORD.encode() not in octets
    world.store = SqliteStore(path, world.policies, world.clock)


def test_a_reader_keeps_its_state_while_a_group_commits(world: World) -> None:
    world.domain("a.example")
    with world.store.read() as view:
        assert view.existing_domains(["a.example", "b.example"]) == {"a.example"}
        world.domain("b.example")
        assert view.existing_domains(["a.example", "b.example"]) == {"a.example"}
    with world.store.read() as view:
        assert view.existing_domains(["a.example", "b.example"]) == {"a.example", "b.example"}


def test_links_in_the_file_are_those_of_the_domains(world: World, path: Path) -> None:
    world.contact()
    world.host("ns1.other.net")
    world.domain(registrant="con-1", contacts=world.links(("tech", "con-1")), hosts=("ns1.other.net",))
    by_name = "SELECT {0}, name FROM domain_{0} JOIN domain ON domain.id = domain_{0}.domain ORDER BY 1, 2"
    assert rows(path, by_name.format("host")) == [("HT00002-TEST", "a.example")]
    assert rows(path, by_name.format("contact")) == [("con-1", "a.example")]
    # One that goes, comes again and changes in one group, beside one that is new.
    outcomes = world.group(
        (A, DeleteDomain("a.example")),
        (A, CreateDomain("b.example", registrant="con-1", hosts=("ns1.other.net",))),
        (A, CreateDomain("a.example", hosts=("ns1.other.net",))),
        (A, UpdateDomain("a.example", registrant="con-1", remove_hosts=("ns1.other.net",))),
    )
    assert [outcome.code for outcome in outcomes] == [1000] * 4
    assert rows(path, by_name.format("host")) == [("HT00002-TEST", "b.example")]
    assert rows(path, by_name.format("contact")) == [("con-1", "a.example"), ("con-1", "b.example")]
    world.must(A, DeleteDomain("a.example"))
    world.must(A, DeleteDomain("b.example"))
    assert rows(path, "SELECT * FROM domain_host") == rows(path, "SELECT * FROM domain_contact") == []


# --- opening


def test_a_database_of_a_newer_version_is_refused_with_the_cure(world: World, path: Path) -> None:
    world.domain()
    world.store.close()
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("INSERT INTO schema_version VALUES (?, 0)", (SCHEMA_VERSION + 1,))
    connection.close()
    before = path.read_bytes()
    with pytest.raises(
        StoreError,
        match=rf"schema version {SCHEMA_VERSION + 1}, but this regwire knows {SCHEMA_VERSION}; upgrade regwire",
    ):
        SqliteStore(path, world.policies, world.clock)
    assert path.read_bytes() == before


def test_a_foreign_database_is_refused_and_left_alone(world: World, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.sqlite"
    connection = sqlite3.connect(foreign)
    with connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    before = foreign.read_bytes()
    with pytest.raises(StoreError, match="not a registry's"):
        SqliteStore(foreign, world.policies, world.clock)
    assert foreign.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_alone(world: World, tmp_path: Path) -> None:
    text = tmp_path / "text.sqlite"
    text.write_bytes(b"not a database, but long enough to have a header" * 10)
    before = text.read_bytes()
    with pytest.raises(StoreError, match="must be a registry's database"):
        SqliteStore(text, world.policies, world.clock)
    assert text.read_bytes() == before


def test_a_file_that_cannot_be_written_is_refused_with_the_cure(
    world: World, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.domain()
    world.store.close()
    path.chmod(0o400)
    if os.geteuid() == 0:
        # Who may do everything is only kept from it by a file system that is mounted for reading.
        monkeypatch.setattr(os, "access", lambda file, mode: (Path(file), mode) != (path, os.W_OK))
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"registry.sqlite: cannot be written; .*owner"):
        SqliteStore(path, world.policies, world.clock)
    assert path.read_bytes() == before
    monkeypatch.undo()
    path.chmod(0o600)
    world.store = SqliteStore(path, world.policies, world.clock)
    assert world.must(A, InfoDomain("a.example")).domain.name == "a.example"


@pytest.mark.usefixtures("quiet")
def test_a_disk_that_becomes_read_only_is_2400(world: World, path: Path) -> None:
    world.domain("a.example")
    assert isinstance(world.store, SqliteStore)
    world.store._writer.execute("PRAGMA query_only = ON")
    outcomes = world.group((A, CreateDomain("b.example")), (A, CreateDomain("c.example")))
    assert [(outcome.code, outcome.reason) for outcome in outcomes] == [(2400, None)] * 2
    with world.store.read() as view:
        assert view.domain("a.example") is not None
        assert view.domain("b.example") is None
    world.store._writer.execute("PRAGMA query_only = OFF")
    assert world.code(A, CreateDomain("b.example")) == 1000


def test_a_missing_directory_is_refused_with_the_cure(world: World, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is its directory there"):
        SqliteStore(tmp_path / "none" / "registry.sqlite", world.policies, world.clock)


# --- failing


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Any:
    with caplog.at_level(logging.CRITICAL):
        yield


def fill_the_disk(world: World, path: Path) -> None:
    """Let the file grow no further: what a full disk looks like from inside SQLite."""
    assert isinstance(world.store, SqliteStore)
    writer = world.store._writer
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    writer.execute(f"PRAGMA max_page_count = {pages}")


@pytest.mark.usefixtures("quiet")
def test_a_full_disk_is_2400_for_the_whole_group_and_leaves_nothing(world: World, path: Path) -> None:
    world.domain("a.example")
    fill_the_disk(world, path)
    before = rows(path, "SELECT name, detail FROM domain")
    outcomes = world.group(*[(A, CreateDomain(f"n{i}.example")) for i in range(500)])
    assert {outcome.code for outcome in outcomes} == {2400}
    assert outcomes[0].reason == "storage is full"
    assert rows(path, "SELECT name, detail FROM domain") == before
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    # Reads go on; and when there is room again, so do writes.
    assert world.code(A, InfoDomain("a.example")) == 1000
    assert isinstance(world.store, SqliteStore)
    world.store._writer.execute("PRAGMA max_page_count = 1000000")
    assert world.code(A, CreateDomain("n1.example")) == 1000


@pytest.mark.usefixtures("quiet")
def test_a_row_that_cannot_be_written_fails_its_own_call_only(
    world: World, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from regwire.registry.store import _sqlite_write as sqlite

    real = sqlite.codec.domain_detail

    def broken(value: Any) -> str:
        return real(value) if value.name != "bad.example" else 2**70  # type: ignore[return-value]

    monkeypatch.setitem(sqlite._DETAIL, "domain", broken)
    names = ("a.example", "bad.example", "b.example")
    outcomes = world.group(*[(A, CreateDomain(name)) for name in names])
    assert [outcome.code for outcome in outcomes] == [1000, 2400, 1000]
    assert rows(path, "SELECT name FROM domain ORDER BY name") == [("a.example",), ("b.example",)]
    assert rows(path, "SELECT count(*) FROM history") == [(2,)]


@pytest.mark.usefixtures("quiet")
def test_a_file_locked_by_another_process_is_2400(path: Path) -> None:
    world = World(make=lambda policies, clock: SqliteStore(path, policies, clock, busy_timeout=0.01))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert world.code(A, CreateDomain("a.example")) == 2400
    other.execute("ROLLBACK")
    other.close()
    assert world.code(A, CreateDomain("a.example")) == 1000
    world.store.close()


# --- beside others


def test_two_processes_share_a_file(world: World, path: Path) -> None:
    """Two stores on one file, as a server and an operator's command are."""
    other = World(make=lambda policies, clock: SqliteStore(path, policies, clock))
    other._numbers = count(5000)
    for number in range(5):
        world.domain(f"a{number}.example")
        assert other.code(B, CreateDomain(f"a{number}.example")) == 2302
        other.must(B, CreateDomain(f"b{number}.example", auth=PASSWORD))
        assert world.must(A, InfoDomain(f"b{number}.example")).domain.sponsor == B
        world.must(B, TransferDomain("request", f"a{number}.example", auth=AuthInfo(PASSWORD)))
        other.must(A, TransferDomain("request", f"b{number}.example", auth=AuthInfo(PASSWORD)))
    ids = rows(path, "SELECT id FROM poll ORDER BY id")
    assert ids == [(number,) for number in range(1, 21)]
    other.store.close()


def test_a_long_read_ends_by_itself(path: Path) -> None:
    world = World(make=lambda policies, clock: SqliteStore(path, policies, clock, snapshot=0.05))
    world.group(*[(A, CreateDomain(f"n{i:04}.example")) for i in range(600)])

    def too_long() -> None:
        with world.store.snapshot() as snapshot:
            domains = snapshot.domains()
            next(domains)
            time.sleep(0.1)
            list(domains)

    with pytest.raises(StoreError, match=r"longer than \[store\] snapshot allows"):
        too_long()
    # Nothing is held up by it any more.
    assert world.code(A, CreateDomain("later.example")) == 1000
    world.store.close()


# --- JSON of rows


@pytest.mark.parametrize(
    "value",
    [
        {"hosts": ("H1-TEST",), "contacts": [("tech", "con-1")], "grace": [("add", 1767322445000, -1, 1)]},
        {"text": 'Ünïcode "quoted" \\ / \x00 \x1f \x7f \u2028 😀', "none": None, "flags": [True, False], "empty": {}},
        {"amount": 2**63 - 1, "rate": 0.1},
    ],
)
def test_rows_are_written_as_the_standard_library_writes_them(value: dict[str, Any]) -> None:
    text = codec._encode(value)
    assert text == json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert codec._decode(text) == json.loads(text)
