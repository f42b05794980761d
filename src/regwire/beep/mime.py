"""Messages as BEEP carries them: entity headers, an empty line, octets (RFC 3080 section 2.2, RFC 2045 section 3)."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from dataclasses import dataclass

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
        headers = self.headers
        if self.content_type != DEFAULT_TYPE:
            headers = (("Content-Type", self.content_type), *headers)
        for name, value in headers:
            if _LINE_BREAK.search(name + value) or ":" in name or not name:
                raise ValueError(f"header {name!r} cannot be written")
        lines = [f"{name}: {value}\r\n".encode() for name, value in headers]
        return b"".join([*lines, b"\r\n", self.body])

    @classmethod
    def parse(cls, payload: bytes) -> Message:
        """Read a payload. One that does not begin with headers or an empty line is a body alone."""
        at, headers = 0, []
        while found := _HEADER.match(payload, at):
            headers.append((found[1], _FOLD.sub(b" ", found[2]).strip()))
            at = found.end()
        if payload[at : at + 2] != b"\r\n":
            return cls(payload)
        content_type, others = DEFAULT_TYPE, []
        for name, value in headers:
            if name.lower() == _CONTENT_TYPE:
                content_type = value.decode("utf-8", "replace")
            else:
                others.append((name.decode("ascii"), value.decode("utf-8", "replace")))
        return cls(payload[at + 2 :], content_type or DEFAULT_TYPE, tuple(others))


def parameter(content_type: str, name: str) -> str | None:
    """Give a parameter of a media type, without quotes."""
    for key, value in _PARAMETER.findall(content_type):
        if key.lower() == name:
            return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else str(value)
    return None
