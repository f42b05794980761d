"""Messages as BEEP carries them: entity headers, an empty line, octets (RFC 3080 section 2.2, RFC 2045 section 3)."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["DEFAULT_TYPE", "Message", "parameter"]

DEFAULT_TYPE = "application/octet-stream"
"""The type of a message that states none."""

_HEADER = re.compile(rb"([!-9;-~]+):[ \t]*((?:[^\r\n]|\r\n[ \t])*)\r\n")
_FOLD = re.compile(rb"\r\n[ \t]+")
_PARAMETER = re.compile(r';\s*([^\s=;]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;]*)')
_CONTENT_TYPE = b"content-type"
_LINE_BREAK = re.compile(r"[\r\n\0]")


@dataclass(frozen=True, slots=True)
class Message:
    """A message: its octets, their media type, and other headers as (name, value), in order.

    A message without any header is of the type `DEFAULT_TYPE`.
    """

    body: bytes = b""
    content_type: str = DEFAULT_TYPE
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def media_type(self) -> str:
        """The type without its parameters, in lower case."""
        return self.content_type.partition(";")[0].strip().lower()

    def header(self, name: str) -> str | None:
        """Give the first header of this name, in any case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def decoded(self) -> bytes:
        """Give the octets without their Content-Transfer-Encoding (default: binary); ValueError for an unknown one."""
        encoding = (self.header("Content-Transfer-Encoding") or "binary").strip().lower()
        if encoding in {"binary", "8bit", "7bit"}:
            return self.body
        if encoding == "quoted-printable":
            return quopri.decodestring(self.body)
        if encoding != "base64":
            raise ValueError(f"unknown transfer encoding {encoding}")
        try:
            return base64.b64decode(b"".join(self.body.split()), validate=True)
        except binascii.Error as error:
            raise ValueError(str(error)) from None

    def payload(self) -> bytes:
        """Write it; raises ValueError for a header with a line break in it."""
        return _written(self.content_type, self.headers) + self.body

    @classmethod
    def parse(cls, payload: bytes) -> Message:
        """Read a payload. One that does not begin with headers or an empty line is a body alone."""
        if payload[:2] == b"\r\n":
            return cls(payload[2:])
        end = payload.find(b"\r\n\r\n", 0, _USUAL)
        if end < 0:
            at, content_type, others = _read(payload)
        else:
            # Peers repeat themselves. The end is that of these headers, if they are headers: a line that is folded
            # does not begin with a line's end.
            at, content_type, others = _read_again(payload[: end + 4])
        return cls(payload[at:], content_type, others) if at else cls(payload)


@lru_cache(maxsize=64)
def _written(content_type: str, others: tuple[tuple[str, str], ...]) -> bytes:
    """Headers and the empty line; ValueError for what cannot be written."""
    headers = others
    if content_type != DEFAULT_TYPE:
        headers = (("Content-Type", content_type), *others)
    for name, value in headers:
        if _LINE_BREAK.search(name + value) or ":" in name or not name:
            raise ValueError(f"header {name!r} cannot be written")
    return b"".join([f"{name}: {value}\r\n".encode() for name, value in headers]) + b"\r\n"


def _read(payload: bytes) -> tuple[int, str, tuple[tuple[str, str], ...]]:
    """Where the body begins (0: there are no headers), its type, and the other headers."""
    at, headers = 0, []
    while found := _HEADER.match(payload, at):
        headers.append((found[1], _FOLD.sub(b" ", found[2]).strip()))
        at = found.end()
    if payload[at : at + 2] != b"\r\n":
        return 0, DEFAULT_TYPE, ()
    content_type, others = DEFAULT_TYPE, []
    for name, value in headers:
        if name.lower() == _CONTENT_TYPE:
            content_type = value.decode("utf-8", "replace")
        else:
            others.append((name.decode("ascii"), value.decode("utf-8", "replace")))
    return at + 2, content_type or DEFAULT_TYPE, tuple(others)


_read_again = lru_cache(maxsize=64)(_read)
_USUAL = 256
"""Octets of headers that are remembered; longer ones are read each time."""


def parameter(content_type: str, name: str) -> str | None:
    """Give a parameter of a media type, without quotes."""
    for key, value in _PARAMETER.findall(content_type):
        if key.lower() == name:
            return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else str(value)
    return None
