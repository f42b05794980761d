"""History and audit in an SQLite file: a row for each group, a block of its records, and few rows that find it.

A record of its own for each command, with an index entry for each thing that it is looked up by, cost more than the
object that the command made. What came in one group is written as one JSON array; which blocks a record may be in
``block_of`` says, not by the identifier itself where identifiers come in order: by what 256 of them in a row have in
common. One entry finds as many, and one that is alone costs no more than an index entry would. The views ``history``
and ``audit`` show the records as rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from regwire.registry.model.audit import Audited, HistoryRow
from regwire.registry.store import codec
from regwire.registry.store._sqlite_chunks import Row, in_chunks

__all__ = [
    "audited",
    "history_of",
    "object_bucket",
    "trim_audit",
    "write_audit",
    "write_history",
]

#: Records of one block at most: what is decoded to find one of them, a millisecond at most.
_TOGETHER: Final = 256
#: The positions in a record of the audit.
_AT, _ACCOUNT, _TRANSACTION, _FRAME = 0, 1, 2, 9
#: The positions in a record of the history.
_KIND, _ROID, _DETAIL = 5, 7, 10


def _transaction_bucket(transaction: str) -> str:
    """Return what 256 transaction identifiers that follow each other have in common."""
    return transaction[:-2]


def object_bucket(roid: str) -> str:
    """Return what ROIDs of 256 transactions that follow each other have in common; of any other it is as good."""
    return roid.partition("-")[0][:-2]


def _parts(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), _TOGETHER):
        yield rows[start : start + _TOGETHER]


def _next(connection: sqlite3.Connection, table: str) -> int:
    row = connection.execute(f"SELECT id + count FROM {table} ORDER BY id DESC LIMIT 1").fetchone()  # noqa: S608
    return 1 if row is None else int(row[0])


def write_history(connection: sqlite3.Connection, rows: Sequence[Row], keys: Sequence[str]) -> None:
    """Write a group's records of the history; ``keys``: what each of them is found by."""
    if not rows:
        return
    id, start = _next(connection, "history_block"), 0
    found: list[Row] = []
    for part in _parts(rows):
        connection.execute("INSERT INTO history_block VALUES (?, ?, ?)", (id, len(part), codec.block(part)))
        found += [("history", key, id) for key in set(keys[start : start + len(part)])]
        id += len(part)
        start += len(part)
    in_chunks(connection, *_FIND, found)


def write_audit(connection: sqlite3.Connection, rows: Sequence[Row], id: int = 0) -> None:
    """Write a group's records of the audit, from number ``id`` on; 0: behind the last."""
    if not rows:
        return
    id = id or _next(connection, "audit_block")
    found: list[Row] = []
    for part in _parts(rows):
        times = [row[_AT] for row in part]
        values = (id, len(part), min(times), max(times), codec.block(part))
        connection.execute("INSERT INTO audit_block VALUES (?, ?, ?, ?, ?)", values)
        found += _audit_keys(part, id)
        id += len(part)
    in_chunks(connection, *_FIND, found)


def _audit_keys(rows: Iterable[Any], id: int) -> list[Row]:
    accounts = {row[_ACCOUNT] for row in rows}
    buckets = {_transaction_bucket(row[_TRANSACTION]) for row in rows}
    return [("account", key, id) for key in accounts] + [("transaction", key, id) for key in buckets]


def trim_audit(connection: sqlite3.Connection, before: int, limit: int) -> int:
    """Delete the first records of the audit, as `regwire.registry.store.base.Store.trim_audit` says."""
    last = _next(connection, "audit_block") - 1
    gone: list[tuple[int, list[Any]]] = []
    left: tuple[int, list[Any]] = (0, [])
    count = 0
    for id, data in connection.execute("SELECT id, data FROM audit_block WHERE low < ? ORDER BY id", (before,)):
        rows = codec.records(data)
        # The last of all stays: its number is not given to another.
        may = min(limit - count, len(rows), last - id)
        old = next((i for i in range(may) if rows[i][_AT] >= before), may)
        if not old:
            break
        gone.append((id, rows))
        count += old
        if old < len(rows):
            left = (id + old, rows[old:])
            break
    for id, rows in gone:
        connection.execute("DELETE FROM audit_block WHERE id = ?", (id,))
        in_chunks(connection, "DELETE FROM block_of WHERE (what, key, block) IN (VALUES ", ")", _audit_keys(rows, id))
    write_audit(connection, left[1], left[0])
    return count


# --- reading


def history_of(
    execute: Callable[..., sqlite3.Cursor], kind: str, roids: Sequence[str], look: Callable[[], None] = lambda: None
) -> Iterator[HistoryRow]:
    """Yield what happened to the objects of these ROIDs (of records: kind and key), oldest first.

    ``look`` is called once a block: most of the work on it is not SQLite's, which looks at the time itself.
    """
    keys = list(dict.fromkeys([*roids, *map(object_bucket, roids)]))
    marks = ", ".join("?" * len(keys))
    sql = f"SELECT DISTINCT block FROM block_of WHERE what = 'history' AND key IN ({marks}) ORDER BY block"  # noqa: S608
    wanted = frozenset(roids)
    for (id,) in execute(sql, keys).fetchall():
        look()
        (data,) = execute("SELECT data FROM history_block WHERE id = ?", (id,)).fetchone()
        for row in codec.records(data):
            if row[_KIND] == kind and row[_ROID] in wanted:
                yield codec.history_from_row((*row[:9], row[_DETAIL]))


def audited(
    execute: Callable[..., sqlite3.Cursor],
    look: Callable[[], None],
    *,
    account: str | None,
    transaction: str | None,
    mentions: str | None,
    since: int | None,
    until: int | None,
    after: int,
) -> Iterator[Audited]:
    """Yield records of the audit in the order of their numbers; see `regwire.registry.store.base.Snapshot.audit`.

    ``look`` is called once a block.
    """
    sql = "SELECT id, data FROM audit_block WHERE id >= coalesce((SELECT max(id) FROM audit_block WHERE id <= ?), 0)"
    values: list[Any] = [after + 1]
    for what, key in (
        ("account", account),
        ("transaction", None if transaction is None else _transaction_bucket(transaction)),
    ):
        if key is not None:
            sql += f" AND id IN (SELECT block FROM block_of WHERE what = '{what}' AND key = ?)"  # noqa: S608
            values.append(key)
    for condition, instant in (("high >= ?", since), ("low < ?", until)):
        if instant is not None:
            sql += f" AND {condition}"
            values.append(instant)
    for first, data in execute(f"{sql} ORDER BY id", values):
        look()
        for id, row in enumerate(codec.records(data), first):
            if (
                id > after
                and (account is None or row[_ACCOUNT] == account)
                and (transaction is None or row[_TRANSACTION] == transaction)
                and (since is None or row[_AT] >= since)
                and (until is None or row[_AT] < until)
                and (mentions is None or mentions in (row[_FRAME] or ""))
            ):
                yield codec.audited_from_row((id, *row))


_FIND: Final = ("INSERT OR FAIL INTO block_of VALUES ", "")
