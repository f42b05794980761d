"""The files in which Regional Internet Registries publish what they gave to whom: delegated and delegated-extended.

One record a line, fields divided by ``|``; see the RIR statistics exchange format, version 2. Extended files name the
holder by an identifier that means nothing but that it is the same one.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from pathlib import Path
from typing import Final

from regwire.errors import ConfigError
from regwire.registry.model.numbers import (
    AS,
    BITS,
    IPV4,
    IPV6,
    STATUSES,
    NumberOrganisation,
    NumberResource,
    NumberSource,
    default_handle,
)

__all__ = ["DelegatedFile", "open_delegated"]

#: Names of those who publish such files; another one is called as it calls itself.
_REGISTRIES: Final = {
    "afrinic": "AFRINIC",
    "apnic": "APNIC",
    "arin": "ARIN",
    "iana": "IANA",
    "lacnic": "LACNIC",
    "nro": "Number Resource Organization",
    "ripencc": "RIPE NCC",
}
_TYPES: Final = {"ipv4": IPV4, "ipv6": IPV6, "asn": AS}
_LINE: Final = 4096
_FORMAT: Final = "as in ripencc|NL|ipv4|192.0.2.0|256|20240131|allocated|ID"


class DelegatedFile:
    """A file of that format; the first line is read at once, the others by `values`.

    Args:
        name: what errors call it.
        lines: its lines.
        counts: whether the file must have as many records as its version and summary lines say: one that has not
            was cut off on its way.

    Attributes:
        source: whose file, of which day.

    Raises:
        ConfigError: it is no such file: naming file, line and cure.

    """

    def __init__(self, name: str, lines: Iterable[str], *, counts: bool = True) -> None:
        self._name = name
        self._lines = enumerate(lines, 1)
        self._counts = counts
        self._expected: dict[str, int] = {}
        self._days: dict[str, datetime | None] = {"": None, "00000000": None}
        self.source = self._version()

    def _version(self) -> NumberSource:
        for number, text in self._lines:
            fields = text.strip().split("|")
            if not text.strip() or text.startswith("#"):
                continue
            if len(fields) != 7 or not fields[0].startswith("2") or not fields[1]:
                raise self._error(
                    number,
                    "is no version line of a delegated file",
                    "it must be as 2|ripencc|1706742000|3|19920101|20240131|+0100",
                )
            if fields[3].strip():
                self._expected["*"] = self._integer(number, "the number of records", fields[3])
            day = self._day(number, fields[5])
            # Without one, any file is as new as any other.
            return NumberSource(fields[1].lower(), "" if day is None else day.date().isoformat(), fields[2])
        raise ConfigError(self._name, "is empty", "fetch it again")

    def values(self) -> Iterator[NumberResource | NumberOrganisation]:
        """Yield what the file says: the registry, each holder once before its first resource, and the resources.

        Raises:
            ConfigError: a line is wrong, naming it and the cure; at the end, lines are missing.

        """
        source = self.source.registry
        yield NumberOrganisation(source, _REGISTRIES.get(source, source.upper()), source=source)
        registries, holders = {source}, set()
        lines: dict[tuple[str, int, int], int] = {}
        counts: Counter[str] = Counter()
        for number, text in self._lines:
            line = text.strip()
            if not line or line.startswith("#"):
                continue
            fields = line.split("|")
            if fields[-1] == "summary":
                self._summary(number, fields)
                continue
            value = self._resource(number, fields)
            place = value.type, value.first, value.last
            if place in lines:
                raise self._error(number, f"says again what line {lines[place]} says", "remove one of the two")
            lines[place] = number
            counts[fields[2]] += 1
            if value.registry not in registries:
                registries.add(value.registry)
                name = _REGISTRIES.get(value.registry, value.registry.upper())
                yield NumberOrganisation(value.registry, name, source=source)
            if value.organisation and value.organisation not in holders:
                holders.add(value.organisation)
                yield NumberOrganisation(value.organisation, registry=value.registry, source=source)
            yield value
        if self._counts:
            self._check(counts)

    def _summary(self, number: int, fields: list[str]) -> None:
        if len(fields) != 6:
            raise self._error(number, f"is a summary line with {len(fields)} fields", "it has six")
        self._expected[fields[2]] = self._integer(number, "the count", fields[4])

    def _check(self, counts: Counter[str]) -> None:
        for type, expected in self._expected.items():
            found = counts.total() if type == "*" else counts[type]
            if found != expected:
                what = "records" if type == "*" else f"records of {type}"
                raise ConfigError(
                    self._name,
                    f"has {found} {what}, but says that it has {expected}",
                    "fetch it again; if it is so where it comes from, give --ignore-counts",
                )

    def _resource(self, number: int, fields: list[str]) -> NumberResource:
        if len(fields) < 7:
            raise self._error(number, f"has {len(fields)} fields", f"a record has seven or more, {_FORMAT}")
        registry, country, type_name, start, size, date, status = fields[:7]
        type = _TYPES.get(type_name)
        if type is None:
            raise self._error(number, f"is of type {type_name!r}", "ipv4, ipv6 and asn are known")
        if status not in STATUSES:
            raise self._error(number, f"has the status {status!r}", f"known: {', '.join(STATUSES)}")
        first = self._start(number, type, start)
        count = self._integer(number, "the prefix length" if type == IPV6 else "the count", size)
        if type == IPV6:
            if not 0 <= count <= 128 or first & ((1 << (128 - count)) - 1):
                raise self._error(number, f"{start}/{count} is no prefix", "the bits behind the prefix must be zero")
            count = 1 << (128 - count)
        if not count or first + count > 1 << BITS[type]:
            raise self._error(number, f"{size} from {start} on is more than there is", f"write it {_FORMAT}")
        last = first + count - 1
        day = self._day(number, date)
        return NumberResource(
            type,
            default_handle(type, first, last),
            first,
            last,
            status,
            organisation=fields[7] if len(fields) > 7 else "",
            registry=registry.lower(),
            country="" if country == "ZZ" else country,
            registered=day,
            source=self.source.registry,
        )

    def _start(self, number: int, type: str, text: str) -> int:
        if type == AS:
            return self._integer(number, "the first number", text)
        try:
            return int(IPv4Address(text)) if type == IPV4 else int(IPv6Address(text))
        except AddressValueError as error:
            raise self._error(number, f"has no {type} address: {error}", f"write it {_FORMAT}") from None

    def _integer(self, number: int, what: str, text: str) -> int:
        if not (text.isascii() and text.isdigit()) or len(text) > 20:
            raise self._error(number, f"{what} is {text!r}, no number", f"write it {_FORMAT}")
        return int(text)

    def _day(self, number: int, text: str) -> datetime | None:
        # Days come again and again.
        if text not in self._days:
            try:
                # strptime takes single digits, too.
                day = datetime.strptime(text if len(text) == 8 else "", "%Y%m%d")
            except ValueError:
                raise self._error(number, f"{text!r} is no date", "write it as 20240131") from None
            self._days[text] = day.replace(tzinfo=UTC)
        return self._days[text]

    def _error(self, number: int, problem: str, cure: str) -> ConfigError:
        return ConfigError(f"{self._name}:{number}", problem, cure)


@contextmanager
def open_delegated(path: Path, *, counts: bool = True) -> Iterator[DelegatedFile]:
    """Open a delegated or delegated-extended file; one whose name ends with ``.gz`` is unpacked.

    Raises:
        ConfigError: it cannot be read, or as `DelegatedFile`.

    """
    try:
        if path.suffix == ".gz":
            with gzip.open(path, "rt", encoding="utf-8-sig") as lines:
                yield DelegatedFile(str(path), _bounded(path, lines), counts=counts)
        else:
            with path.open(encoding="utf-8-sig") as lines:
                yield DelegatedFile(str(path), _bounded(path, lines), counts=counts)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"cannot be read ({error})", "it must be a readable UTF-8 file") from None


def _bounded(path: Path, lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if len(line) > _LINE:
            raise ConfigError(f"{path}:{number}", f"is longer than {_LINE} characters", "it is no delegated file")
        yield line
