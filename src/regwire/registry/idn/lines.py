"""IDN tables in lines, as registries published them before RFC 7940.

Read are the forms of RFC 3743 (``4E0E(1);4E0E(1),8207(2);8207(2)``: code point; preferred variants; all variants), of
RFC 4290 (``U+00E6|U+0061 U+0065:U+00E4``: code point, variants between colons) and plain lists of code points or ranges
(``U+00E0..U+00E6``), with or without ``U+``, with names or comments behind. Preferred variants are "allocatable",
others "blocked". Sequences are code points with a space or, in RFC 4290's form, a hyphen between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from regwire.errors import ConfigError
from regwire.registry.idn.match import CodePoints
from regwire.registry.idn.table import Entry, Table, Variant

__all__ = ["read_lines"]

_POINT: Final = r"(?:U\+|0x)?([0-9A-Fa-f]{4,6})"
_RANGE = re.compile(rf"{_POINT}\s*(?:\.\.+|-)\s*{_POINT}")
_FIRST = re.compile(rf"{_POINT}\b")
_REFERENCES = re.compile(r"\([^)]*\)")
# Some tables put a byte order mark, a title or ``Name: value`` lines before the data.
_HEADER = re.compile(r"[A-Za-z][\w /-]*:(?!\s*U\+)|(?:Version|Reference)\b", re.IGNORECASE)


def read_lines(text: str, path: Path, tag: str | None = None) -> Table:
    """Read a table.

    Args:
        text: the table.
        path: named in errors; its stem is the tag unless a header ``Language: …`` says it.
        tag: what the table is called, if not that.

    Raises:
        ConfigError: naming file, line and cure.

    """
    entries: dict[CodePoints, Entry] = {}
    lines: dict[CodePoints, int] = {}
    for number, raw in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        line = re.split(r"#|//", raw, maxsplit=1)[0].strip()
        if not line:
            continue
        if _FIRST.match(line) is None and _HEADER.match(line):
            name, _, value = line.partition(":")
            if name.strip().lower() == "language" and tag is None:
                tag = value.strip() or None
            continue
        try:
            found = list(_entries(line))
        except ValueError as error:
            raise ConfigError(f"{path}:{number}", str(error), "write a line such as 00E6;;0061 0065") from None
        for entry in found:
            if entry.source in lines:
                shown = " ".join(f"U+{point:04X}" for point in entry.source)
                raise ConfigError(
                    f"{path}:{number}", f"{shown} is in line {lines[entry.source]} already", "remove one of the two"
                )
            lines[entry.source] = number
            entries[entry.source] = entry
    if not entries:
        raise ConfigError(f"{path}:1", "holds no code point", "list one a line, such as U+00E6")
    return Table(tag or path.stem, entries)


def _entries(line: str) -> Iterator[Entry]:
    if "|" in line:
        source, _, rest = line.partition("|")
        targets = [_sequence(part.replace("-", " ")) for part in rest.split(":") if part.strip()]
        yield _entry(_sequence(source.replace("-", " ")), (), targets)
        return
    fields = [_REFERENCES.sub("", part).strip() for part in line.split(";")]
    spread = _RANGE.match(fields[0])
    if spread is not None:
        first, last = int(spread[1], 16), int(spread[2], 16)
        if last < first:
            raise ValueError("the range ends before it begins")
        if any(fields[1:2]) or any(fields[2:3]):
            raise ValueError("a range has variants")
        for point in range(first, last + 1):
            yield Entry((point,))
        return
    preferred = _list(fields[1]) if len(fields) > 2 else []
    others = _list(fields[2] if len(fields) > 2 else fields[1]) if len(fields) > 1 and _is_list(fields) else []
    yield _entry(_sequence(fields[0]), preferred, others)


def _is_list(fields: list[str]) -> bool:
    """Tell whether the second field of two holds code points and not a name (``0061;LATIN SMALL LETTER A``)."""
    return len(fields) > 2 or _FIRST.match(fields[1]) is not None


def _list(text: str) -> list[CodePoints]:
    return [_sequence(part) for part in text.split(",") if part.strip()]


def _sequence(text: str) -> CodePoints:
    """Return the code points that ``text`` begins with; a name may come behind."""
    points: list[int] = []
    for word in _REFERENCES.sub(" ", text).split():
        found = re.fullmatch(_POINT, word)
        # Words such as DEAD in a name are hexadecimal, too, but come after one that is not.
        if found is None:
            break
        points.append(int(found[1], 16))
    if not points or max(points) > 0x10FFFF:
        raise ValueError(f"{text.strip()[:40]!r} is no code point")
    return tuple(points)


def _entry(source: CodePoints, preferred: tuple[CodePoints, ...] | list[CodePoints], others: list[CodePoints]) -> Entry:
    variants = [Variant(target, "allocatable") for target in dict.fromkeys(preferred) if target != source]
    known = {variant.target for variant in variants} | {source}
    variants += [Variant(target, "blocked") for target in dict.fromkeys(others) if target not in known]
    return Entry(source, None, tuple(variants))
