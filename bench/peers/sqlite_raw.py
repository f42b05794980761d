"""Peer: what SQLite itself can do. One writer, WAL, synchronous FULL; a domain is 1 row, 3 name servers, 1 history row.

Usage: sqlite_raw.py FILE GROUP SECONDS. Prints durable domains a second, one commit for every GROUP of them.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time

SCHEMA = """
CREATE TABLE domain (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, roid TEXT, sponsor TEXT, registrant TEXT,
    created INTEGER, expires INTEGER, auth BLOB);
CREATE TABLE ns (domain INTEGER NOT NULL, position INTEGER NOT NULL, host TEXT NOT NULL, PRIMARY KEY (domain, position))
    WITHOUT ROWID;
CREATE TABLE history (id INTEGER PRIMARY KEY, domain INTEGER, at INTEGER, client TEXT, what TEXT, sv_trid TEXT);
"""


def main(path: str, group: int, seconds: float) -> None:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.executescript(SCHEMA)
    done, start = 0, time.monotonic()
    while (elapsed := time.monotonic() - start) < seconds:
        first = done
        ids = range(first, first + group)
        db.execute("BEGIN IMMEDIATE")
        db.executemany(
            "INSERT INTO domain VALUES (?,?,?,?,?,?,?,?)",
            [
                (i, f"n{i % 50}-{i}.example", f"D{i}-REG", "reg-a", "own1", 1767322445, 1798858445, b"\0" * 32)
                for i in ids
            ],
        )
        db.executemany(
            "INSERT INTO ns VALUES (?,?,?)", [(i, n, f"ns{n}.host1.example.net") for i in ids for n in range(3)]
        )
        db.executemany(
            "INSERT INTO history VALUES (?,?,?,?,?,?)",
            [(None, i, 1767322445, "reg-a", "create", f"19b7e-4a1c-{i}") for i in ids],
        )
        db.execute("COMMIT")
        done += group
    print(json.dumps({"rate": done / elapsed, "group": group}))


main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
