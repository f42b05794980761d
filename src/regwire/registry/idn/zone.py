"""The tables of one zone, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import idna

from regwire.errors import ConfigError
from regwire.registry.idn.collision import Collisions
from regwire.registry.idn.lgr import read_lgr
from regwire.registry.idn.lines import read_lines
from regwire.registry.idn.table import Table

__all__ = ["ZoneTables", "load_table", "packaged_tables", "to_unicode"]

_PACKAGED: Final = Path(__file__).parent / "tables"


def packaged_tables() -> tuple[str, ...]:
    """Return the names of the tables that come with the package."""
    return tuple(sorted(path.stem for path in _PACKAGED.glob("*.xml")))


def load_table(name: str, directory: Path) -> Table:
    """Load a table as ``registry.toml`` names it.

    Args:
        name: a file, the name of a packaged table, or either with the tag that registrars use: ``de=german.xml``.
        directory: what a relative file is relative to.

    Raises:
        ConfigError: naming the file, and line and cure.

    """
    tag, found, file = name.partition("=")
    if not found:
        tag, file = "", name
    path = _PACKAGED / f"{file}.xml" if file in packaged_tables() else directory / file
    try:
        data = path.read_bytes()
    except OSError as error:
        known = ", ".join(packaged_tables())
        cure = f"name a file that is there, or a table that comes along ({known})"
        raise ConfigError(str(path), f"the IDN table cannot be read ({error.strerror})", cure) from None
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return read_lgr(data, path, tag or None)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}", "is not UTF-8", "save the table as UTF-8") from None
    return read_lines(text, path, tag or None)


@lru_cache(maxsize=65536)
def to_unicode(label: str) -> str:
    """Return an A-label in Unicode, any other label as it is.

    Raises:
        ValueError: it is not a valid A-label (`idna.IDNAError`).

    """
    return idna.ulabel(label) if label.startswith("xn--") else label


class ZoneTables:
    """What one zone registers. ``key`` gives what all variants of a label have in common, as `Collisions.key`.

    Args:
        tables: in the order in which they are tried for a label whose registrar names none.
        others: further names of them that registrars may use, such as those by which the settings have them; a tag
            comes first.

    Raises:
        ValueError: two have the same tag.

    """

    def __init__(self, tables: Sequence[Table], others: Mapping[str, Table] = {}) -> None:
        self._by_tag: dict[str, Table] = {}
        for table in tables:
            if self._by_tag.setdefault(table.tag.lower(), table) is not table:
                raise ValueError(f"two IDN tables have the tag {table.tag}")
        self._by_name = {name.lower(): table for name, table in others.items()} | self._by_tag
        self.collisions = Collisions(tables)
        # Of a name that is asked for, again when it is created, and by others who want it.
        self.key = lru_cache(maxsize=16384)(self.collisions.key)
        self._accepting = lru_cache(maxsize=16384)(self._find)

    def tags(self) -> tuple[str, ...]:
        """Return the tags of the tables."""
        return tuple([table.tag for table in self._by_tag.values()])

    def table(self, tag: str) -> Table | None:
        """Return the table of that tag or other name, in whatever case; None if the zone has none."""
        return self._by_name.get(tag.lower())

    def accepting(self, label: str, tag: str | None = None) -> tuple[Table | None, str | None]:
        """Return the table by which ``label`` (Unicode) can be registered, or None and why there is none.

        Args:
            label: what is to be registered.
            tag: the only table to look at; None: any of the zone, the first that accepts the label.

        """
        return self._accepting(label, tag)

    def _find(self, label: str, tag: str | None) -> tuple[Table | None, str | None]:
        candidates = self._by_tag.values() if tag is None else filter(None, [self.table(tag)])
        reason: str | None = "no such table"
        for table in candidates:
            reason = table.fault(label)
            if reason is None:
                return table, None
        return None, reason
