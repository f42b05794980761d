"""The version of an SQLite file: making a new one, bringing an old one up to date, refusing a newer one.

A step from one version to the next is a file of ``migrations``, named by the version that it leads to. Each is applied
in one transaction, so that a crash leaves the version before it. Before the first step the file is copied.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Final

from regwire.registry.clock import Clock
from regwire.registry.store import codec
from regwire.registry.store.base import StoreError

__all__ = ["SCHEMA_VERSION", "backup_path", "make_private", "prepare"]

SCHEMA_VERSION: Final = 5
_APPLICATION_ID: Final = 0x52475745  # "RGWE": tells `file` and us whose database this is

_log = logging.getLogger("regwire.registry.store")


def backup_path(path: Path, version: int) -> Path:
    """Return where the copy of a file of ``version`` is kept that was made before it was brought up to date."""
    return path.with_name(f"{path.name}.version-{version}")


def make_private(path: Path) -> None:
    """Make an empty file that only its owner may read, unless there is one: hashes and transfer passwords come into it.

    SQLite gives the files beside it (WAL, index of it) the same mode.

    Raises:
        OSError: it cannot be made.

    """
    if not path.exists():
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def prepare(connection: sqlite3.Connection, path: Path, clock: Clock) -> None:
    """Make the tables of a new file, bring those of an old one up to date; nothing else is ever touched.

    Raises:
        StoreError: the file is of a newer version, is not a registry, or cannot be copied before it is changed.

    """
    try:
        tables = _tables(connection)
        version = _version(connection, path, tables) if tables else 0
        if version == SCHEMA_VERSION:
            return
        # A new file can hold a WAL from its first page on; an old one does already.
        connection.execute("PRAGMA journal_mode = WAL")
        if version:
            _upgrade(connection, path, clock)
        else:
            with _transaction(connection):
                # Another process may have been faster.
                if not _tables(connection):
                    connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                    _run(connection, "schema.sql", SCHEMA_VERSION, clock)
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}; it must be a registry's database on a disk that can be written") from error


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}


def _version(connection: sqlite3.Connection, path: Path, tables: set[str]) -> int:
    if "schema_version" not in tables:
        raise StoreError(f"{path}: a database, but not a registry's; name another file in [store] path")
    (version,) = connection.execute("SELECT max(version) FROM schema_version").fetchone()
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{path}: schema version {version}, but this regwire knows {SCHEMA_VERSION}; "
            "upgrade regwire, or restore the backup made before the upgrade"
        )
    return int(version)


def _upgrade(connection: sqlite3.Connection, path: Path, clock: Clock) -> None:
    copied = False
    while True:
        # Nobody else writes between the copy and the step.
        with _transaction(connection):
            version = _version(connection, path, _tables(connection))
            if version == SCHEMA_VERSION:
                return
            if not copied:
                _copy(path, version)
                copied = True
            _run(connection, f"migrations/{version + 1:04}.sql", version + 1, clock)
        _log.info("%s: brought from version %d to %d", path, version, version + 1)


def _copy(path: Path, version: int) -> None:
    """Copy a file that nobody writes to; the copy has its name when it is whole."""
    target = backup_path(path, version)
    part = target.with_name(f"{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        make_private(part)
        part.chmod(path.stat().st_mode & 0o777)
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(part)) as copy:
            source.backup(copy)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(target)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise StoreError(
            f"{path}: version {version} must be brought up to date, but cannot be copied to {target} before ({error}); "
            "make room there; nothing was changed"
        ) from error
    _log.info("%s: version %d kept as %s", path, version, target)


def _run(connection: sqlite3.Connection, script: str, version: int, clock: Clock) -> None:
    """Run a script of this package inside the open transaction, and note the version it makes."""
    text = files("regwire.registry.store").joinpath(script).read_text("utf-8")
    for statement in text.split(";\n"):
        if statement.strip():
            connection.execute(statement)
    connection.execute("INSERT INTO schema_version VALUES (?, ?)", (version, codec.to_ms(clock.now())))


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
