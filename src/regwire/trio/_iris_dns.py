"""The questions of IRIS resolution, asked of the system's resolvers."""

from __future__ import annotations

import socket
from collections.abc import Sequence

import trio

from regwire.iris.resolve import Answer, Naptr, Question, Srv

try:
    import dns.asyncbackend
    import dns.asyncresolver
    import dns.exception
    import dns.name
    import dns.resolver
except ModuleNotFoundError as error:
    raise ImportError("resolving IRIS authorities needs the package dnspython: pip install 'regwire[iris]'") from error

__all__ = ["Dns"]


class Dns:
    """Answers `regwire.iris.resolve` questions. What cannot be answered counts as no record; `problem` says why.

    `nameservers` are addresses (default: the system's), `seconds` is for one question in all. Addresses come from the
    system's own look-up, so that its hosts file counts.
    """

    def __init__(self, *, nameservers: Sequence[str] | None = None, port: int = 53, seconds: float = 5.0) -> None:
        self.problem = ""
        self._seconds = seconds
        self._nameservers = nameservers
        self._port = port
        self._resolver: dns.asyncresolver.Resolver | None = None

    async def __call__(self, question: Question) -> Answer:
        """Answer a question."""
        if question.kind == "ADDRESS":
            return await self._addresses(question.name)
        try:
            found = await self._ask(question)
        except dns.exception.DNSException as error:
            if not isinstance(error, dns.resolver.NXDOMAIN):
                self.problem = f"{question.name} {question.kind}: {error}"
            return ()
        return [_record(item) for item in found.rrset or ()]  # type: ignore[return-value]

    async def _ask(self, question: Question) -> dns.resolver.Answer:
        if self._resolver is None:
            self._resolver = dns.asyncresolver.Resolver(configure=self._nameservers is None)
            if self._nameservers is not None:
                self._resolver.nameservers = list(self._nameservers)
                self._resolver.port = self._port
        return await self._resolver.resolve(
            dns.name.from_text(question.name),
            question.kind,
            raise_on_no_answer=False,
            lifetime=self._seconds,
            backend=dns.asyncbackend.get_backend("trio"),
        )

    async def _addresses(self, name: str) -> tuple[str, ...]:
        found: list[str] = []
        with trio.move_on_after(self._seconds):
            try:
                answers = await trio.socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
            except OSError as error:
                self.problem = f"{name}: {error.strerror or error}"
                return ()
            found = [str(answer[4][0]) for answer in answers]
        return tuple(dict.fromkeys(found))


def _record(item: object) -> Naptr | Srv:
    name = item.__class__.__name__
    if name == "NAPTR":
        flags, service, regexp = (_text(getattr(item, part)) for part in ("flags", "service", "regexp"))
        return Naptr(item.order, item.preference, flags, service, regexp, _name(item.replacement))  # type: ignore[attr-defined]
    return Srv(item.priority, item.weight, item.port, _name(item.target))  # type: ignore[attr-defined]


def _text(octets: bytes) -> str:
    return octets.decode("ascii", "replace")


def _name(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()
