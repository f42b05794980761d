"""Files that an operator replaces while the registry runs: label lists, revocation lists, trust anchors.

What a file says is read when it is first asked for, and again by `refresh` when the file has changed. A new version
that cannot be read is logged, and the old one holds.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from regwire.errors import ConfigError

__all__ = ["Watched", "refresh", "watched"]

_log = logging.getLogger("regwire.registry.launch")
_T = TypeVar("_T")
_Stamp = tuple[int, int, int]


class Watched(Generic[_T]):
    """What a file says, as of the last `refresh`. Reading `value` never waits for a disk.

    Attributes:
        path: the file.
        value: what the parser made of it.

    """

    def __init__(self, path: Path, parse: Callable[[Path], _T]) -> None:
        self.path = path
        self._parse = parse
        self._stamp = self._stat()
        self.value = parse(path)

    def _stat(self) -> _Stamp | None:
        try:
            found = self.path.stat()
        except OSError:
            # The parser says what is wrong with it.
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def refresh(self) -> bool:
        """Read the file again if it is another one than before; tell whether it was."""
        stamp = self._stat()
        if stamp == self._stamp:
            return False
        # Noted before it is read: what is written meanwhile is read the next time.
        self._stamp = stamp
        try:
            self.value = self._parse(self.path)
        except ConfigError as error:
            _log.error("%s: what was read before holds", error)
            return False
        _log.info("%s read again", self.path)
        return True


_lock: Final = threading.Lock()
_files: Final[dict[tuple[Path, Callable[[Path], Any]], Watched[Any]]] = {}


def watched(path: Path, parse: Callable[[Path], _T]) -> Watched[_T]:
    """Return the file as `parse` reads it; the same object for the same file.

    Raises:
        ConfigError: it cannot be read.

    """
    key = (path.absolute(), parse)
    with _lock:
        found = _files.get(key)
        if found is None:
            found = _files[key] = Watched(*key)
    return found


def refresh() -> None:
    """Read again what changed of all files that are in use. Blocks on the disk: call it in a thread of its own."""
    with _lock:
        known = list(_files.values())
    for item in known:
        item.refresh()
