"""From an authority to servers (RFC 3981 section 7.3, RFC 3958), without sockets.

`candidates` is a generator of two kinds of things: a `Question` for the DNS, answered by sending the records (an empty
tuple for none), and a `Target` to be tried, answered by sending None when it failed. Whoever reached its target stops::

    steps = candidates("example.com", "dreg1", transports=("lwz", "xpc"))
    step = next(steps)
    while True:
        if isinstance(step, Question):
            step = steps.send(await ask(step))
        elif await reach(step):
            break
        else:
            step = steps.send(None)

It ends (`StopIteration`) when nothing is left to try. Backtracking, order, preference and weights are all in here.
"""

from __future__ import annotations

import random
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, Literal

from regwire.errors import ConfigError
from regwire.iris.handlers import short_type
from regwire.iris.uri import Authority

__all__ = [
    "METHODS",
    "WELL_KNOWN",
    "Answer",
    "Naptr",
    "Question",
    "Srv",
    "Steps",
    "Target",
    "authorities",
    "candidates",
    "is_inside",
]

WELL_KNOWN: Final[dict[str, int]] = {"xpc": 713, "xpcs": 714, "lwz": 715, "beep": 702}
"""The transports and their ports."""

TOP_OF_ADDRESSES: Final = "areg.iris.arpa"
"""Where the top-down resolution of address registries begins (RFC 4698 section 7.3)."""

METHODS: Final[dict[str, tuple[str, ...]]] = {
    "dreg1": ("direct", "bottom", "top"),
    "dchk1": ("direct", "bottom", "top"),
    "areg1": ("direct", "top"),
    "ereg1": ("direct",),
}
"""The resolution methods of each registry type; of others, direct."""

MOST_QUESTIONS: Final = 64
"""Questions of one resolution: a zone that refers to itself in circles, or to everybody, costs no more."""
MOST_STEPS: Final = 8
"""Non-terminal records that may follow each other."""
DEFAULT: Final = "xpc"
"""The transport where neither URI nor DNS name one (RFC 4992 section 10)."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question for the DNS. `name` has no dot at its end; the root is "."."""

    name: str
    kind: Literal["NAPTR", "SRV", "ADDRESS"]


@dataclass(frozen=True, slots=True)
class Naptr:
    """A NAPTR record (RFC 3403)."""

    order: int
    preference: int
    flags: str
    service: str
    regexp: str
    replacement: str


@dataclass(frozen=True, slots=True)
class Srv:
    """An SRV record (RFC 2782)."""

    priority: int
    weight: int
    port: int
    target: str


@dataclass(frozen=True, slots=True)
class Target:
    """A server to be tried: an address, and the name that its certificate must be for.

    `authority` is what requests say; empty for a server that was named by its address, which is the server's own.
    """

    host: str
    port: int
    transport: str
    server_name: str
    authority: str


Answer = Sequence[Naptr] | Sequence[Srv] | Sequence[str] | None
Steps = Generator[Question | Target, Answer, None]


def is_inside(host: str) -> bool:
    """Whether this is no public address: loopback, private, link-local, multicast … Of names: localhost."""
    try:
        address: IPv4Address | IPv6Address = ip_address(host)
    except ValueError:
        return host.lower().rstrip(".") in {"localhost", ""} or host.lower().rstrip(".").endswith(".localhost")
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address.sixtofour or address
    return not address.is_global or address.is_multicast


class _Enough(Exception):
    """The bound on questions is reached."""


class _Search:
    """One resolution: what it is for, and how much it may still ask."""

    def __init__(self, service: str, transports: Sequence[str], rng: random.Random) -> None:
        self.service = service.lower()
        self.transports = tuple(transports)
        self.rng = rng
        self._left = MOST_QUESTIONS

    def ask(self, question: Question) -> Generator[Question | Target, Answer, Sequence[object]]:
        if self._left == 0:
            raise _Enough
        self._left -= 1
        return (yield question) or ()

    def addresses(self, name: str, port: int, transport: str, authority: str) -> Steps:
        for address in (yield from self.ask(Question(name, "ADDRESS"))):
            yield Target(str(address), port, transport, authority, authority)

    def matching(self, records: Iterable[object], protocol: str | None) -> list[tuple[Naptr, tuple[str, ...]]]:
        """Return the records for the service that name a protocol we know, and these protocols, in their order."""
        found = []
        for record in records:
            if not isinstance(record, Naptr) or record.regexp or record.flags.lower() not in {"", "s", "a"}:
                continue
            service, *tags = record.service.lower().split(":")
            if service != self.service:
                continue
            known = [tag.removeprefix("iris.") for tag in tags if tag.startswith("iris.")]
            wanted = tuple(t for t in known if t in self.transports and protocol in {None, t})
            if wanted:
                found.append((record, wanted))
        return sorted(found, key=lambda item: (item[0].order, item[0].preference))

    def service_records(self, name: str, protocol: str, authority: str) -> Steps:
        records = yield from self.ask(Question(name, "SRV"))
        for record in _by_weight([r for r in records if isinstance(r, Srv)], self.rng):
            # A target of "." says that the service is decidedly not there (RFC 2782).
            if record.target not in {"", "."}:
                yield from self.addresses(record.target, record.port, protocol, authority)

    def follow(self, record: Naptr, protocol: str, authority: str, seen: tuple[str, ...]) -> Steps:
        name = record.replacement
        match record.flags.lower():
            case "s":
                yield from self.service_records(name, protocol, authority)
            case "a":
                yield from self.addresses(name, WELL_KNOWN[protocol], protocol, authority)
            case _ if name not in seen and len(seen) <= MOST_STEPS:
                records = yield from self.ask(Question(name, "NAPTR"))
                for inner, _ in self.matching(records, protocol):
                    yield from self.follow(inner, protocol, authority, (*seen, name))

    def located(self, name: str) -> Generator[Question | Target, Answer, bool]:
        """Go through the NAPTR records of a name, one protocol after the other; tell whether there were any."""
        first = self.matching((yield from self.ask(Question(name, "NAPTR"))), None)
        offered = {protocol for _, protocols in first for protocol in protocols}
        for protocol in self.transports:
            if protocol in offered:
                for record, protocols in first:
                    if protocol in protocols:
                        yield from self.follow(record, protocol, name, (name,))
        return bool(first)


def _by_weight(records: list[Srv], rng: random.Random) -> Iterable[Srv]:
    """Put in order by priority, and among equals by chance in proportion to weight (RFC 2782)."""
    left = sorted(records, key=lambda record: (record.priority, record.weight))
    while left:
        same = [record for record in left if record.priority == left[0].priority]
        bound = rng.randint(0, sum(record.weight for record in same))
        running = 0
        for record in same:
            running += record.weight
            if running >= bound:
                left.remove(record)
                yield record
                break


def authorities(authority: str, registry_type: str, method: str = "direct") -> tuple[str, ...]:
    """Return the names at which a method looks for servers, in their order.

    Raises ConfigError for a method that the registry type does not have.
    """
    kind, method = short_type(registry_type), method or "direct"
    known = METHODS.get(kind, ("direct",))
    if method not in known:
        raise ConfigError(f"resolution {method!r}", f"{kind} has no such method", f"use {', '.join(known)}")
    if method == "direct":
        return (authority,)
    if kind == "areg1":
        return (TOP_OF_ADDRESSES,)
    labels = authority.split(".")
    upwards = tuple(".".join(labels[place:]) for place in range(len(labels)))
    return upwards if method == "bottom" else (".", *reversed(upwards))


def candidates(
    authority: str | Authority,
    registry_type: str,
    *,
    transports: Sequence[str] = ("xpc", "xpcs", "beep"),
    method: str = "direct",
    fallback: str | None = None,
    rng: random.Random | None = None,
) -> Steps:
    """Resolve an authority; see the module.

    `transports` are those that the client speaks, in its order of preference. A literal address, or a name with a port,
    is tried with the first of them (or `fallback`); so is a name without S-NAPTR records, at the transport's
    well-known port. `fallback` says which one that is (RFC 4992 section 10: XPC, where it is among them).
    """
    authority = Authority.parse(authority) if isinstance(authority, str) else authority
    unknown = [transport for transport in transports if transport not in WELL_KNOWN]
    if unknown or not transports:
        raise ConfigError("transports", f"no transport {unknown or 'given'}", f"choose of {', '.join(WELL_KNOWN)}")
    names = authorities(authority.host, registry_type, method)
    fallback = fallback or (DEFAULT if DEFAULT in transports else transports[0])
    chance = rng or random.Random()  # noqa: S311 - it shares load, and keeps no secret
    return _steps(authority, names, _Search(short_type(registry_type), transports, chance), fallback)


def _steps(authority: Authority, names: Sequence[str], search: _Search, fallback: str) -> Steps:
    port = WELL_KNOWN[fallback] if authority.port is None else authority.port
    try:
        if authority.address is not None:
            yield Target(authority.host, port, fallback, authority.host, "")
            return
        if authority.port is not None:
            yield from search.addresses(authority.host, port, fallback, authority.host)
            return
        for place in names:
            found = yield from search.located(place)
            # Direct: addresses only where there are no records. Bottom-up and top-down end with them in any case.
            if len(names) == 1 and not found and place != TOP_OF_ADDRESSES:
                yield from search.addresses(place, port, fallback, place)
        if len(names) > 1:
            yield from search.addresses(authority.host, port, fallback, authority.host)
    except _Enough:
        return
