"""Labels to try the IDN tables of a registry with: valid ones, invalid ones and pairs of variants."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from regwire.registry.idn.table import Table

__all__ = ["Labels", "toml_lines", "zone_labels"]

#: Tags of zones without tables: IDNA2008 alone says what is registered.
_NO_TABLE = "IDNA2008"
_IDNA_LETTERS = "abcdefghijklmnopqrstuvwxyzàâäåæçèéêëíîïñòóôöøùúûüýœ"
#: What IDNA2008 forbids in every zone: a symbol, a joiner where none goes, a mark that joins nothing.
_FORBIDDEN = ("rst\N{SNOWMAN}", "rst\N{ZERO WIDTH JOINER}test", "\N{COMBINING ACUTE ACCENT}rst")
#: One word of many scripts: what no table of a zone takes is tried as invalid.
_WORDS = ("жук", "münchen", "ελλάδα", "例え", "한국", "ישראל", "ไทย", "հայ")
_LENGTH, _TRIES = 12, 500


@dataclass(frozen=True, slots=True)
class Labels:
    """What is tried with one table, in Unicode; see `regwire.testing.rst.inputs.IdnTable`."""

    tag: str
    valid: tuple[str, ...]
    invalid: tuple[str, ...]
    variants: tuple[tuple[str, str], ...] = ()


def zone_labels(settings: Any, chance: random.Random) -> list[Labels]:
    """Return labels for each table of a zone; random ones, so that each run has names that are free.

    Args:
        settings: the zone's `[policy.idn]`.
        chance: where they come from.

    """
    from regwire.registry.rules.features.idn import zone_tables

    if not settings.tables:
        valid = tuple(_word(_IDNA_LETTERS, chance) for _ in range(3))
        return [Labels(_NO_TABLE, valid, _FORBIDDEN)]
    tables = zone_tables(settings)
    invalid = tuple(word for word in (*_WORDS, *_FORBIDDEN) if tables.accepting(word)[0] is None)
    found = []
    for tag in tables.tags():
        table = tables.table(tag)
        assert table is not None
        letters = _letters(table)
        valid = tuple(filter(None, (_accepted(table, letters, chance) for _ in range(3))))
        found.append(Labels(tag, valid, invalid, _variants(table, letters, settings.variants, chance)))
    return found


def _letters(table: Table) -> str:
    """The single letters of a table that stand anywhere."""
    return "".join(
        chr(points[0])
        for points, entry in table.entries.items()
        if len(points) == 1 and entry.context is None and unicodedata.category(chr(points[0])) in {"Ll", "Lo"}
    )


def _word(letters: str, chance: random.Random) -> str:
    """Random letters, one of them at least beyond ASCII."""
    beyond = [letter for letter in letters if not letter.isascii()]
    return "".join([*chance.choices(letters, k=_LENGTH - 1), chance.choice(beyond)])


def _accepted(table: Table, letters: str, chance: random.Random) -> str | None:
    """A label that the table takes and whose variants it does not reach: None if none is found soon."""
    if all(letter.isascii() for letter in letters):
        return None
    for _ in range(_TRIES):
        label = _word(letters, chance)
        if _encodable(label) and table.fault(label) is None:
            return label
    return None


def _encodable(label: str) -> bool:
    import idna

    try:
        return label == unicodedata.normalize("NFC", label) and bool(idna.alabel(label))
    except (idna.IDNAError, UnicodeError):
        return False


def _variants(table: Table, letters: str, policy: str, chance: random.Random) -> tuple[tuple[str, str], ...]:
    """A label of each of the first mappings that makes a variant which the policy is about."""
    wanted = {"blocked": None, "same-registrant": {"allocatable", "activated"}}.get(policy, set())
    plain = [
        letter for letter in letters if (ord(letter),) in table.entries and not table.entries[(ord(letter),)].variants
    ]
    found: list[tuple[str, str]] = []
    for entry in table.entries.values():
        if not entry.variants or len(found) == 2 or not plain:
            continue
        label = "".join([*chance.choices(plain, k=_LENGTH), "".join(map(chr, entry.source)), chance.choice(plain)])
        pair = _pair(table, label, wanted)
        if pair is not None:
            found.append(pair)
    return tuple(found)


def _pair(table: Table, label: str, wanted: set[str] | None) -> tuple[str, str] | None:
    if table.fault(label) is not None or not _registrable(label):
        return None
    for variant, disposition in table.variants(label).items():
        if (wanted is None or disposition in wanted) and _registrable(variant):
            return label, variant
    return None


def _registrable(label: str) -> bool:
    return label.isascii() or _encodable(label)


def toml_lines(labels: Iterable[Labels]) -> Iterator[str]:
    """Sections of a file of inputs, for the zone before them."""
    for item in labels:
        yield ""
        yield "[[tld.idnTable]]"
        yield f'tag = "{item.tag}"'
        yield f"valid = {_list(item.valid)}"
        yield f"invalid = {_list(item.invalid)}"
        if item.variants:
            yield f"variants = [{', '.join(_list(pair) for pair in item.variants)}]"


def _list(values: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{_escaped(value)}"' for value in values) + "]"


def _escaped(value: str) -> str:
    # Marks and joiners are seen by nobody in a file.
    return "".join(sign if sign.isalnum() or sign == "-" else f"\\U{ord(sign):08X}" for sign in value)
