"""Number resources: IP networks, ranges of autonomous systems, and the parties that hold or answer for them.

They are the operator's own or come from the files that Regional Internet Registries publish; nobody registers them by
EPP. Addresses and numbers are integers, ranges include both ends.
"""

from __future__ import annotations

from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, Literal

from regwire.registry.model.objects import Phone, PostalInfo
from regwire.registry.model.record import record

__all__ = [
    "AS",
    "BITS",
    "IPV4",
    "IPV6",
    "ROLES",
    "STATUSES",
    "Match",
    "NumberContact",
    "NumberLink",
    "NumberOrganisation",
    "NumberResource",
    "NumberSource",
    "NumberType",
    "NumbersImported",
    "Party",
    "default_handle",
    "prefix_length",
    "range_of",
    "range_text",
]

NumberType = Literal["ipv4", "ipv6", "as"]

IPV4: Final = "ipv4"
IPV6: Final = "ipv6"
AS: Final = "as"

#: How many bits an address or number of a type has; RFC 6793 for autonomous systems.
BITS: Final[dict[str, int]] = {IPV4: 32, IPV6: 128, AS: 32}

#: What a contact can be for a resource or an organisation (RFC 4698 section 3.2.5).
ROLES: Final = ("admin", "tech", "noc", "abuse", "other")

#: What the registries' files say of a resource.
STATUSES: Final = ("allocated", "assigned", "available", "reserved")


@record
class NumberLink:
    """A contact in a role: one of `ROLES`."""

    role: str
    contact: str


@record
class NumberResource:
    """An IP network or a range of autonomous system numbers.

    Attributes:
        type: "ipv4", "ipv6" or "as".
        handle: names it within its type; letters of both cases are the same.
        first, last: the range, both included. A network need not be a prefix.
        status: one of `STATUSES`, or another word of the operator's: its network type.
        name: what people call it; empty: nothing.
        organisation: handle of who holds it; empty: nobody, or not known.
        parent: of networks of the very same range, the handle of the one that this one is below; empty: none. All
            other parents follow from the ranges.
        registry: handle of the organisation that is the registry of record; empty: not said.
        country: ISO 3166 code of where it was first used, as the files have it; empty: not said.
        name_servers: of its reverse zones.
        contacts: who answers for it.
        registered, updated: when; None: not known.
        source: the registry whose file it comes from; empty: the operator made it.

    """

    type: str
    handle: str
    first: int
    last: int
    status: str = "assigned"
    name: str = ""
    organisation: str = ""
    parent: str = ""
    registry: str = ""
    country: str = ""
    name_servers: tuple[str, ...] = ()
    contacts: tuple[NumberLink, ...] = ()
    registered: datetime | None = None
    updated: datetime | None = None
    source: str = ""


@record
class NumberOrganisation:
    """An organisation that holds number resources, or is a registry of them.

    Attributes:
        handle: its identifier; letters of both cases are the same.
        emails: addresses, the first is the one to use.
        source: as of a `NumberResource`.

    """

    handle: str
    name: str = ""
    emails: tuple[str, ...] = ()
    postal: tuple[PostalInfo, ...] = ()
    phones: tuple[Phone, ...] = ()
    contacts: tuple[NumberLink, ...] = ()
    registry: str = ""
    registered: datetime | None = None
    updated: datetime | None = None
    source: str = ""


@record
class NumberContact:
    """A point of contact for number resources.

    Attributes:
        handle: its identifier; letters of both cases are the same.
        organisations: handles of those that it belongs to.
        source: as of a `NumberResource`.

    """

    handle: str
    name: str = ""
    emails: tuple[str, ...] = ()
    sips: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    postal: tuple[PostalInfo, ...] = ()
    phones: tuple[Phone, ...] = ()
    registry: str = ""
    registered: datetime | None = None
    updated: datetime | None = None
    source: str = ""


#: What is neither a network nor a range.
Party = NumberOrganisation | NumberContact


@record
class NumberSource:
    """What the last file of a registry was.

    Attributes:
        registry: whose file.
        date: the last day that it covers, as ISO text.
        serial: its serial number, as written.
        imported: when it was taken in.
        resources: how many are of it.

    """

    registry: str
    date: str
    serial: str
    imported: datetime | None = None
    resources: int = 0


@record
class NumbersImported:
    """What an import did; counts of resources.

    Attributes:
        added: that were not there.
        changed: that were there, and are different now.
        unchanged: that were there as they are in the file.
        removed: of that registry's last file, that are not in this one.
        taken_over: of the added ones, those that were another registry's until now.
        kept: that are not taken in, because the operator has one of that handle.

    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    taken_over: int = 0
    kept: int = 0


@record
class Match:
    """What a text must be like; letters of both cases are the same.

    Attributes:
        exact: the whole of it; None: only as the others say.
        begins, ends: how it begins and ends; one of them is not empty unless ``exact`` is given.

    """

    exact: str | None = None
    begins: str = ""
    ends: str = ""

    def fits(self, text: str) -> bool:
        """Tell whether a text is like that."""
        found = text.casefold()
        if self.exact is not None:
            return found == self.exact.casefold()
        return found.startswith(self.begins.casefold()) and found.endswith(self.ends.casefold())


def prefix_length(resource_type: str, first: int, last: int) -> int | None:
    """Return the length of the prefix that a range is, or None if it is none."""
    size = last - first + 1
    if size & (size - 1) or first & (size - 1):
        return None
    return BITS[resource_type] - size.bit_length() + 1


def range_text(resource_type: str, first: int, last: int) -> str:
    """Return a range as people write it: a prefix where it is one, else both ends."""
    if resource_type == AS:
        return f"AS{first}" if first == last else f"AS{first}-AS{last}"
    build: type[IPv4Address | IPv6Address] = IPv4Address if resource_type == IPV4 else IPv6Address
    length = prefix_length(resource_type, first, last)
    return f"{build(first)}-{build(last)}" if length is None else f"{build(first)}/{length}"


def range_of(text: str) -> tuple[NumberType, int, int]:
    """Return type, first and last of what people write: an address, a prefix, ``first-last``, ``AS64496`` or a range.

    Raises:
        ValueError: it is none of these; the text says what is wrong.

    """
    given = text.strip()
    if given[:2].upper() == "AS":
        return _as_range(given)
    if "-" in given:
        ends = [ip_address(part.strip()) for part in given.split("-", 1)]
        if ends[0].version != ends[1].version or int(ends[0]) > int(ends[1]):
            raise ValueError(f"{text!r} is no range: it begins with {ends[0]} and ends with {ends[1]}")
        return _type_of(ends[0]), int(ends[0]), int(ends[1])
    found: IPv4Network | IPv6Network = ip_network(given)
    return _type_of(found), int(found.network_address), int(found.broadcast_address)


def _type_of(value: IPv4Address | IPv6Address | IPv4Network | IPv6Network) -> NumberType:
    return "ipv4" if value.version == 4 else "ipv6"


def _as_range(text: str) -> tuple[NumberType, int, int]:
    numbers = []
    for part in text.upper().split("-", 1):
        digits = part.strip().removeprefix("AS")
        # int() would take signs, spaces and other scripts' digits.
        if not (digits.isascii() and digits.isdigit()) or int(digits) >= 1 << 32:
            raise ValueError(f"{text!r} is no autonomous system number; write AS64496 or AS64496-AS64511")
        numbers.append(int(digits))
    if numbers[0] > numbers[-1]:
        raise ValueError(f"{text!r} is no range: it begins after it ends")
    return "as", numbers[0], numbers[-1]


def default_handle(resource_type: str, first: int, last: int) -> str:
    """Return a handle that follows from a range, for resources whose registry publishes none.

    As ``NET-192-0-2-0-24``, ``NET6-2001-DB8-32``, ``AS64496``; both ends where it is no prefix.
    """
    if resource_type == AS:
        return f"AS{first}" if first == last else f"AS{first}-AS{last}"
    length = prefix_length(resource_type, first, last)
    head, words = ("NET", _octets) if resource_type == IPV4 else ("NET6", _groups)
    tail = str(length) if length is not None else words(last, whole=True)
    return f"{head}-{words(first, whole=length is None)}-{tail}"


def _octets(address: int, *, whole: bool) -> str:
    return f"{address >> 24}-{address >> 16 & 255}-{address >> 8 & 255}-{address & 255}"


def _groups(address: int, *, whole: bool) -> str:
    """Groups of an IPv6 address; unless ``whole``, without those of zero at its end."""
    groups = [f"{address >> shift & 0xFFFF:X}" for shift in range(112, -1, -16)]
    while not whole and len(groups) > 1 and groups[-1] == "0":
        groups.pop()
    return "-".join(groups)
