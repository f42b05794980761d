"""IRIS URIs (RFC 3981 section 7): ``iris:<registry type>/<resolution>/<authority>/<class>/<name>``.

    uri = IrisUri.parse("iris:dreg1//example.com/domain-name/example.com")
    uri.lookup  # LookupEntity("urn:ietf:params:xml:ns:dreg1", "domain-name", "example.com")
    str(uri)

Without class and name, ``iris`` and ``id`` are meant: the server's identification.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace
from typing import Final, Self
from urllib.parse import quote_plus, unquote_plus

from regwire.errors import ConfigError
from regwire.iris.handlers import canonical_type, short_type
from regwire.iris.messages.core import LookupEntity

__all__ = ["SCHEMES", "Authority", "IrisUri"]

SCHEMES: Final[dict[str, str | None]] = {
    "iris": None,
    "iris.beep": "beep",
    "iris.xpc": "xpc",
    "iris.xpcs": "xpcs",
    "iris.lwz": "lwz",
}
"""The schemes, and the transport that each asks for."""

# "unreserved" of RFC 2396; everything else in a component is escaped, also what a reader would tolerate.
_UNRESERVED: Final = "-_.!~*'()"
_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_TYPE: Final = re.compile(r"[A-Za-z][A-Za-z0-9.+:_-]*")
_LABEL: Final = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_DOMAIN_TYPES: Final = frozenset({"dreg1", "dchk1"})
_FORM: Final = "write iris:<registry type>/<resolution>/<authority>/<class>/<name>, the resolution may be empty"


def _wrong(text: str, reason: str, cure: str = _FORM) -> ConfigError:
    shown = text if len(text) <= 200 else text[:200] + "…"
    return ConfigError(shown, reason, cure)


@dataclass(frozen=True, slots=True)
class Authority:
    """Who is asked: a domain name (in A-labels, lower case, no dot at its end) or an IP address, and a port or none."""

    host: str
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``host``, ``host:port``, ``192.0.2.1``, ``[2001:db8::1]:713``; names may be internationalised.

        Raises ConfigError for anything else.
        """
        port: int | None = None
        if text.startswith("["):
            host, bracket, rest = text[1:].partition("]")
            if not bracket or (rest and not rest.startswith(":")):
                raise _wrong(text, "an IPv6 address stands in brackets", "write [2001:db8::1] or [2001:db8::1]:713")
            digits, literal = rest[1:], True
            given = bool(rest)
        else:
            host, colon, digits = text.partition(":")
            given, literal = bool(colon), False
        if given:
            if not (digits.isascii() and digits.isdigit() and 0 < int(digits[:6]) < 65536):
                raise _wrong(text, f"{digits!r} is no port", "a port is a number from 1 to 65535")
            port = int(digits)
        return cls(_address(text, host) if literal else _host(text, host), port)

    @property
    def address(self) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
        """The host as an address; None for a domain name."""
        try:
            return ipaddress.ip_address(self.host)
        except ValueError:
            return None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"


def _address(text: str, host: str) -> str:
    try:
        return str(ipaddress.IPv6Address(host))
    except ValueError:
        raise _wrong(text, f"{host!r} is no IPv6 address", "write [2001:db8::1]") from None


def _host(text: str, host: str) -> str:
    try:
        return str(ipaddress.IPv4Address(host))
    except ValueError:
        pass
    name = host.rstrip(".") if host != "." else host
    if not name.isascii():
        name = _a_labels(text, name)
    if name != "." and not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise _wrong(text, f"{host!r} is neither a domain name nor an address")
    if len(name) > 253:
        raise _wrong(text[:40], "the domain name has more than 253 octets", "look for what was put together")
    return name.lower()


def _a_labels(text: str, name: str) -> str:
    try:
        import idna  # noqa: PLC0415
    except ImportError:
        raise _wrong(text, "is internationalised, for which idna is needed", "pip install regwire[iris]") from None
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise _wrong(text, f"{name!r} is no domain name: {error}", "see RFC 5891") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class IrisUri:
    """An IRIS URI, its parts decoded.

    `registry_type` is the short form (``dreg1``) of a type of IANA's, else the URN; `resolution` is empty for direct.
    """

    scheme: str = "iris"
    registry_type: str
    resolution: str = ""
    authority: Authority
    entity_class: str = "iris"
    entity_name: str = "id"

    def __post_init__(self) -> None:
        if self.scheme not in SCHEMES:
            raise _wrong(self.scheme, "no scheme of IRIS", f"one of {', '.join(SCHEMES)}")
        if not self.entity_class or not self.entity_name:
            raise _wrong(str(self.authority), "an entity has a class and a name")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a URI; scheme and registry type in any case, the registry type as URN or short.

        Raises ConfigError with the part that is wrong. As the RFC has it, a ``+`` is a space: a plus sign, as in front
        of an E.164 number, is written ``%2B``.
        """
        stripped = text.strip()
        scheme, colon, rest = stripped.partition(":")
        if not colon or scheme.lower() not in SCHEMES:
            raise _wrong(text, f"no scheme of IRIS: {scheme!r}", f"begin it with one of {', '.join(SCHEMES)}")
        if _ESCAPE.search(rest):
            raise _wrong(text, "a % without two hexadecimal digits", "write %25 for a percent sign")
        if any(character in rest for character in "?#\\") or any(ord(c) <= 0x20 or ord(c) == 0x7F for c in rest):
            raise _wrong(text, "has a character that must be escaped", "write it as % and two hexadecimal digits")
        parts = rest.split("/")
        if len(parts) not in {3, 5}:
            raise _wrong(text, f"has {len(parts)} parts between slashes where 3 or 5 are")
        kind, resolution, authority, *entity = parts
        if not _TYPE.fullmatch(kind):
            raise _wrong(text, f"no registry type: {kind!r}", "name one, such as dreg1 or urn:ietf:params:xml:ns:dreg1")
        if not authority:
            raise _wrong(text, "names no authority")
        if entity and not all(entity):
            raise _wrong(text, "an entity has a class and a name", "leave both out, or give both")
        named = tuple(_unescaped(text, part) for part in entity) or ("iris", "id")
        return cls(
            scheme=scheme.lower(),
            registry_type=short_type(kind),
            resolution=_unescaped(text, resolution).lower(),
            authority=Authority.parse(_unescaped(text, authority, plus=False)),
            entity_class=named[0],
            entity_name=named[1],
        )

    @property
    def transport(self) -> str | None:
        """The transport that the scheme asks for; None leaves it open."""
        return SCHEMES[self.scheme]

    @property
    def urn(self) -> str:
        """The registry type as it is sent."""
        return canonical_type(self.registry_type)

    @property
    def lookup(self) -> LookupEntity:
        """The request that the URI stands for; the class that RFC 3981's examples misname is asked for by its name."""
        entity_class = self.entity_class
        if entity_class.lower() == "domain" and self.registry_type in _DOMAIN_TYPES:
            entity_class = "domain-name"
        return LookupEntity(self.urn, entity_class, self.entity_name)

    def replace(self, **changes: object) -> Self:
        """Return a copy with other parts."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def __str__(self) -> str:
        head = f"{self.scheme}:{self.registry_type}/{_escaped(self.resolution)}/{self.authority}"
        if (self.entity_class, self.entity_name) == ("iris", "id"):
            return head
        return f"{head}/{_escaped(self.entity_class)}/{_escaped(self.entity_name)}"


def _unescaped(uri: str, part: str, *, plus: bool = True) -> str:
    try:
        text = unquote_plus(part, errors="strict") if plus else unquote_plus(part.replace("+", "%2B"), errors="strict")
    except UnicodeDecodeError:
        raise _wrong(uri, f"{part!r} is no UTF-8 when unescaped", "escape the octets of UTF-8") from None
    # What is asked for is a token in XML: white space at its ends or doubled would not arrive.
    if text != " ".join(text.split()):
        raise _wrong(uri, f"{part!r} has white space that no name has")
    return text


def _escaped(part: str) -> str:
    return quote_plus(part, safe=_UNRESERVED)
