"""Peer: what SQLite itself can do with group commits, one writer, WAL, synchronous FULL, and no registry around it.

Usage: sqlite_raw.py WHAT FILE GROUP SECONDS. Prints durable domains a second, one commit for every GROUP of them.

- ``rows``: a domain is 1 row, 3 name servers and 1 history row, by executemany.
- ``row``: a domain is one row.
- ``create``: what creates are in the registry's own tables, of the same octets: a row of each domain, and of each group
  the lists of links and the blocks of history and audit.
- ``tasks``: ``rows``, asked for by WAITING trio tasks one domain at a time, which wait until it is durable: one writer
  thread takes what has gathered, one wake-up a group. This is group commit, as against a loop that writes batches.
"""

from __future__ import annotations

import json
import queue
import sqlite3
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path

from regwire.registry.store.codec import block as dumps

WAITING = 800
DOMAIN = """
CREATE TABLE domain (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, roid TEXT, sponsor TEXT, registrant TEXT,
    created INTEGER, expires INTEGER, auth BLOB);
"""
OTHERS = """
CREATE TABLE ns (domain INTEGER NOT NULL, position INTEGER NOT NULL, host TEXT NOT NULL, PRIMARY KEY (domain, position))
    WITHOUT ROWID;
CREATE TABLE history (id INTEGER PRIMARY KEY, domain INTEGER, at INTEGER, client TEXT, what TEXT, sv_trid TEXT);
"""
NOW, LATER = 1767322445000, 1798858445000
DETAIL = (
    '{"hosts":["H6558AAAAFFFFFF00000001-RWIRE","H6558AAAAFFFFFF00000002-RWIRE"],'
    '"contacts":[["admin","adm1"],["tech","tec1"]],"grace":[["add",1767322445000,1767754445000,1]]}'
)


def name(i: int) -> str:
    return f"n{i % 50}-{i}.example"


def domain_row(db: sqlite3.Connection, ids: Sequence[int]) -> None:
    db.executemany(
        "INSERT INTO domain VALUES (?,?,?,?,?,?,?,?)",
        [(i, name(i), f"D{i}-REG", "reg-a", "own1", NOW, LATER, b"\0" * 32) for i in ids],
    )


def bare_rows(db: sqlite3.Connection, ids: Sequence[int]) -> None:
    domain_row(db, ids)
    db.executemany("INSERT INTO ns VALUES (?,?,?)", [(i, n, f"ns{n}.host1.example.net") for i in ids for n in range(3)])
    db.executemany(
        "INSERT INTO history VALUES (?,?,?,?,?,?)",
        [(None, i, NOW, "reg-a", "create", f"19b7e-4a1c-{i}") for i in ids],
    )


def create_rows(db: sqlite3.Connection, ids: Sequence[int]) -> None:
    trid, frame = "6558AAAAFFFFFF{:08X}".format, "x" * 700
    db.executemany(
        "INSERT INTO domain VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        [
            (
                *(i, name(i), f"D{trid(i)}-RWIRE", "reg-a", "reg-a", NOW, LATER, None, None, None),
                *(f"own{i % 20}", "0123456789abcdef" * 6, LATER, DETAIL),
            )
            for i in ids
        ],
    )
    hosts, contacts = defaultdict(list), defaultdict(list)
    for i in ids:
        for n in range(2):
            hosts[f"H{trid(i % 20 * 2 + n)}-RWIRE"].append(i)
        for role in ("own", "adm", "tec"):
            contacts[f"{role}{i % 20}"].append(i)
    for table, links in (("host_domains", hosts), ("contact_domains", contacts)):
        rows = sorted([(key, which[0], dumps(which)) for key, which in links.items()])
        db.executemany(f"INSERT INTO {table} VALUES (?,?,?)", rows)
    history = [
        (
            *(NOW, "reg-a", trid(i), f"LG-{i:012}", "CreateDomain", "domain", name(i)),
            *(f"D{trid(i)}-RWIRE", "reg-a", LATER, DETAIL),
        )
        for i in ids
    ]
    db.execute("INSERT INTO history_block VALUES (?,?,?)", (ids[0] + 1, len(ids), dumps(history)))
    audit = [(NOW, "reg-a", trid(i), f"LG-{i:012}", "domain:create", 7, "127.0.0.1", 1000, None, frame) for i in ids]
    db.execute("INSERT INTO audit_block VALUES (?,?,?,?,?)", (ids[0] + 1, len(ids), NOW, NOW, dumps(audit)))
    found = {("history", f"D{trid(i)[:-2]}", ids[0] + 1) for i in ids}
    found |= {("transaction", trid(i)[:-2], ids[0] + 1) for i in ids}
    db.executemany("INSERT INTO block_of VALUES (?,?,?)", [("account", "reg-a", ids[0] + 1), *found])


WRITERS: dict[str, Callable[[sqlite3.Connection, Sequence[int]], None]] = {
    "rows": bare_rows,
    "row": domain_row,
    "create": create_rows,
    "tasks": bare_rows,
}


def opened(what: str, path: str) -> sqlite3.Connection:
    Path(path).unlink(missing_ok=True)
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    schema = DOMAIN + ("" if what == "row" else OTHERS)
    if what == "create":
        schema = files("regwire.registry.store").joinpath("schema.sql").read_text("utf-8")
    db.executescript(schema)
    return db


def commit(what: str, db: sqlite3.Connection, ids: Sequence[int]) -> None:
    db.execute("BEGIN IMMEDIATE")
    WRITERS[what](db, ids)
    db.execute("COMMIT")


def in_a_loop(what: str, db: sqlite3.Connection, group: int, seconds: float) -> float:
    done, start = 0, time.monotonic()
    while (elapsed := time.monotonic() - start) < seconds:
        commit(what, db, range(done, done + group))
        done += group
    return done / elapsed


def by_tasks(db: sqlite3.Connection, group: int, seconds: float) -> float:
    import trio  # noqa: PLC0415

    waiting: queue.SimpleQueue[tuple[int, trio.Event] | None] = queue.SimpleQueue()
    done = 0

    def write(token: trio.lowlevel.TrioToken) -> None:
        while (first := waiting.get()) is not None:
            taken = [first]
            while len(taken) < group and not waiting.empty():
                item = waiting.get()
                if item is None:
                    return
                taken.append(item)
            commit("tasks", db, [i for i, _ in taken])
            token.run_sync_soon(wake, taken)

    def wake(taken: list[tuple[int, trio.Event]]) -> None:
        nonlocal done
        done += len(taken)
        for _, event in taken:
            event.set()

    async def ask(task: int) -> None:
        i = task
        while True:
            event = trio.Event()
            waiting.put((i, event))
            await event.wait()
            i += WAITING

    async def main() -> float:
        thread = threading.Thread(target=write, args=(trio.lowlevel.current_trio_token(),))
        thread.start()
        start = time.monotonic()
        with trio.move_on_after(seconds):
            async with trio.open_nursery() as nursery:
                for task in range(WAITING):
                    nursery.start_soon(ask, task)
        rate = done / (time.monotonic() - start)
        waiting.put(None)
        await trio.to_thread.run_sync(thread.join)
        return rate

    return trio.run(main)


def main(what: str, path: str, group: int, seconds: float) -> None:
    db = opened(what, path)
    rate = by_tasks(db, group, seconds) if what == "tasks" else in_a_loop(what, db, group, seconds)
    # The processor's time of all threads, kernel included; that of opening the file is too little to count.
    print(
        json.dumps({"rate": rate, "cpu_us": time.process_time() / (rate * seconds) * 1e6, "group": group, "what": what})
    )


main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
