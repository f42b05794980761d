"""Blocks of history and audit, and lists of links, in an SQLite file: what only their form could get wrong."""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from registry_world import START, A, B, World

from regwire.registry.model.audit import Audited, Origin
from regwire.registry.model.record import replace
from regwire.registry.model.requests import CreateDomain, DeleteDomain, RenewDomain, UpdateDomain
from regwire.registry.store._sqlite_links import Links
from regwire.registry.store.base import StoreError
from regwire.registry.store.sqlite import SqliteStore

#: More than a block has, so that there are whole ones and a part.
MANY = 600


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registry.sqlite"


@pytest.fixture
def world(path: Path) -> Iterator[World]:
    world = World(make=lambda policies, clock: SqliteStore(path, policies, clock))
    yield world
    world.store.close()


def rows(path: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def audited(number: int, account: str = A) -> Audited:
    at = START + timedelta(seconds=number)
    return Audited(at, account, f"N{number:06}", None, Origin("poll", frame=f"<no>{number}</no>"), 1000)


def test_a_group_is_few_rows(world: World, path: Path) -> None:
    calls = [world.call(A, CreateDomain(f"n{i}.example")) for i in range(MANY)]
    origin = Origin("domain:create", 1, "192.0.2.1", "<create/>")
    transactions = [f"6900AAAAFFFFFF{i:08X}" for i in range(MANY)]
    world.store.execute(
        [replace(call, transaction=txn, origin=origin) for call, txn in zip(calls, transactions, strict=True)]
    )
    counts = [(256,), (256,), (88,)]
    assert rows(path, "SELECT count FROM audit_block") == rows(path, "SELECT count FROM history_block") == counts
    # Three thirds of 256 numbers each lie in two blocks at most; and the account in each.
    assert rows(path, "SELECT what, count(*) FROM block_of GROUP BY what") == [
        *(("account", 3), ("history", 3), ("transaction", 3))
    ]
    with world.store.snapshot() as snapshot:
        for i in (0, 255, 256, 599):
            (row,) = snapshot.audit(transaction=transactions[i])
            assert (row.id, row.transaction) == (i + 1, transactions[i])
            (change,) = snapshot.history("domain", f"n{i}.example")
            assert change.roid == f"D{transactions[i]}-TEST"
            domain = snapshot.view.domain_of_roid(change.roid)
            assert domain is not None
            assert domain.name == f"n{i}.example"
        assert snapshot.view.domain_of_roid(f"D{MANY:08X}-TEST") is None


def test_what_happens_to_one_object_is_not_looked_for_in_the_blocks_of_its_neighbours(world: World, path: Path) -> None:
    for i in range(5):
        world.must(A, CreateDomain(f"n{i}.example"))
    expires = world.must(A, RenewDomain("n0.example", (START + timedelta(days=365)).date())).expires
    assert expires.year == START.year + 2
    for _ in range(10):
        world.must(A, UpdateDomain("n1.example", registrant=""))
    found = rows(path, "SELECT key, count(*) FROM block_of WHERE what = 'history' GROUP BY key")
    assert found == [("DT000", 5), ("DT00001-TEST", 1), ("DT00002-TEST", 10)]
    with world.store.snapshot() as snapshot:
        assert [row.operation for row in snapshot.history("domain", "n0.example")] == ["CreateDomain", "RenewDomain"]
        assert len(snapshot.history("domain", "n1.example")) == 11


def test_pages_of_the_audit_may_end_within_a_block(world: World) -> None:
    world.store.execute([], [audited(i, A if i % 3 else B) for i in range(MANY)])
    world.store.execute([], [audited(MANY)])
    with world.store.snapshot() as snapshot:
        everything, after = [], 0
        while page := snapshot.audit(after=after, limit=100):
            everything += page
            after = page[-1].id
        assert [row.transaction for row in everything] == [f"N{i:06}" for i in range(MANY + 1)]
        theirs = snapshot.audit(account=B, after=everything[298].id, limit=3)
        assert [row.transaction for row in theirs] == ["N000300", "N000303", "N000306"]
        since, until = START + timedelta(seconds=250), START + timedelta(seconds=260)
        assert len(snapshot.audit(since=since, until=until)) == 10
        assert [row.transaction for row in snapshot.audit(mentions=">599<")] == ["N000599"]
        assert snapshot.audit(after=everything[-1].id) == []


def test_what_is_forgotten_of_a_block_leaves_the_rest_as_it_was(world: World, path: Path) -> None:
    world.store.execute([], [audited(i) for i in range(MANY)])
    with world.store.snapshot() as snapshot:
        before = snapshot.audit(limit=MANY)
    assert world.store.trim_audit(START + timedelta(seconds=300)) == 300
    assert world.store.trim_audit(START + timedelta(seconds=999), limit=100) == 100
    assert rows(path, "SELECT id, count FROM audit_block") == [(401, 112), (513, 88)]
    with world.store.snapshot() as snapshot:
        assert snapshot.audit(limit=MANY) == before[400:]
        assert snapshot.audit(transaction="N000399") == []
        assert snapshot.audit(transaction="N000400") == [before[400]]
        assert snapshot.audit(account=A, limit=1) == [before[400]]
    # The entries of what is gone are gone.
    assert rows(path, "SELECT DISTINCT block FROM block_of ORDER BY 1") == [(401,), (513,)]
    assert world.store.trim_audit(START + timedelta(days=9)) == 199
    assert world.store.trim_audit(START + timedelta(days=9)) == 0


@pytest.mark.parametrize("what", ["audit", "history"])
def test_reading_blocks_ends_when_its_time_is_over(path: Path, what: str) -> None:
    world = World(make=lambda policies, clock: SqliteStore(path, policies, clock, snapshot=0.05))
    world.domain()
    world.store.execute([], [audited(i) for i in range(MANY)])

    def read() -> None:
        with world.store.snapshot() as snapshot:
            time.sleep(0.1)
            if what == "audit":
                snapshot.audit(mentions="nothing has it")
            else:
                snapshot.history("domain", "a.example")

    with pytest.raises(StoreError, match="longer than"):
        read()
    world.store.close()


TABLES = ("domain", "host_domains", "contact_domains", "history_block", "audit_block", "block_of", "poll", "former")


def test_a_disk_that_is_full_at_any_page_of_a_group_leaves_nothing_of_it(
    world: World, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whichever table the last page was for: rows, lists, blocks and what finds them are all there or none."""
    caplog.set_level(logging.CRITICAL)
    world.host("ns1.other.net")
    for id in ("con-1", "con-2"):
        world.contact(id)
    world.domain("old.example", hosts=("ns1.other.net",))
    origin = Origin("domain:create", 1, "192.0.2.1", "<create>" + "x" * 800 + "</create>")
    create = CreateDomain(
        "", hosts=("ns1.other.net",), registrant="con-1", contacts=world.links(("admin", "con-2"), ("tech", "con-2"))
    )

    def everything() -> dict[str, Any]:
        return {table: rows(path, f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES}

    def group(number: int) -> set[int]:
        names = [f"n{number}-{i}.example" for i in range(300)]
        calls = [replace(world.call(A, replace(create, name=name)), origin=origin) for name in names]
        # One more that frees a name and takes its links away.
        calls.append(replace(world.call(A, DeleteDomain("old.example")), origin=origin))
        return {outcome.code for outcome in world.store.execute(calls)}

    assert isinstance(world.store, SqliteStore)
    writer = world.store._writer
    before, full = everything(), 0
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    while True:
        writer.execute(f"PRAGMA max_page_count = {pages + 4 * full}")
        if group(full) != {2400}:
            break
        assert everything() == before
        full += 1
    assert full > 20
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    assert rows(path, "SELECT count(*) FROM domain") == [(300,)]
    assert rows(path, "SELECT count(*) FROM audit") == [(301,)]
    assert rows(path, "SELECT count(*) FROM domain_contact WHERE contact = 'con-2'") == [(300,)]
    world.store._writer.execute("PRAGMA max_page_count = 1000000")


def test_an_id_is_not_given_again_while_lists_name_it(world: World, path: Path) -> None:
    world.host("ns1.other.net")
    for name in ("a.example", "b.example"):
        world.domain(name, hosts=("ns1.other.net",))
    world.must(A, DeleteDomain("b.example"))
    world.later(days=100)
    world.domain("c.example", hosts=("ns1.other.net",))
    listed = {id for (domains,) in rows(path, "SELECT domains FROM host_domains") for id in json.loads(domains)}
    assert listed == {id for (id,) in rows(path, "SELECT id FROM domain")}


class _Named:
    """Domains whose id is their name."""

    def __init__(self) -> None:
        self.last = 0

    def last_domain_id(self) -> int:
        return self.last

    def domain_ids(self, names: list[str]) -> dict[str, int]:
        return {name: int(name) for name in names}


class _Domain:
    def __init__(self, id: int, hosts: frozenset[str], roid: str = "") -> None:
        self.name, self.roid, self.hosts = str(id), roid or str(id), tuple(sorted(hosts))
        self.contacts, self.registrant = (), None


HOSTS = st.frozensets(st.sampled_from(["h1", "h2", "h3"]), max_size=3)
#: A group: sets of hosts for new domains, and for some of those there are; None: it goes.
GROUPS = st.lists(
    st.tuples(
        st.one_of(st.lists(HOSTS, max_size=4), st.integers(250, 600).map(lambda n: [frozenset({"h1"})] * n)),
        st.lists(st.tuples(st.integers(0, 999), st.none() | HOSTS), max_size=6),
    ),
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(GROUPS)
def test_lists_name_exactly_the_links_whatever_comes_and_goes(groups: Any) -> None:
    connection = sqlite3.connect(":memory:")
    for table, key in (("host_domains", "host"), ("contact_domains", "contact")):
        connection.execute(f"CREATE TABLE {table} ({key}, first, domains, PRIMARY KEY ({key}, first)) WITHOUT ROWID")
    named, there = _Named(), {}
    for new, changes in groups:
        links = Links(named)  # type: ignore[arg-type]
        changed = {}
        for which, hosts in changes:
            if there:
                id = sorted(there)[which % len(there)]
                changed[id] = hosts
        for id, hosts in changed.items():
            before = _Domain(id, there.pop(id))
            if hosts is not None:
                there[id] = hosts
            links.compare(before, None if hosts is None else _Domain(id, hosts))  # type: ignore[arg-type]
        for hosts in new:
            number = links.compare(None, _Domain(0, hosts))  # type: ignore[arg-type]
            there[number] = hosts
        links.resolve()
        links.write(connection)
        # As in the file, the number of the last one is given again when that is gone.
        named.last = max(there, default=0)
    found = connection.execute("SELECT host, first, domains FROM host_domains ORDER BY host, first").fetchall()
    lists = [(host, first, json.loads(domains)) for host, first, domains in found]
    assert all(ids and ids[0] == first and ids == sorted(set(ids)) for _, first, ids in lists)
    pairs = [(host, id) for host, _, ids in lists for id in ids]
    # In order without sorting: the rows of one holder do not overlap.
    assert pairs == sorted((host, id) for id, hosts in there.items() for host in hosts)
    connection.close()
