"""The documents of channel management, TLS and SASL (RFC 3080 section 7), and the media type they travel in.

`read` and `write` keep the two restrictions of application/beep+xml (section 6.4): no XML declaration, no document
type, and so no entities but the five predefined ones.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from regwire.beep.mime import Message, parameter
from regwire.schema import UNQUALIFIED, XML, Element, Schema, attribute, child, content, integer, nmtoken, string, token

__all__ = [
    "MEDIA_TYPE",
    "SCHEMA",
    "Blob",
    "Close",
    "Failure",
    "Greeting",
    "Ok",
    "Proceed",
    "Profile",
    "Ready",
    "Start",
    "Unreadable",
    "read",
    "write",
]

MEDIA_TYPE = "application/beep+xml"

Text = Annotated[str, string()]
Number = Annotated[int, integer(min=0, max=2147483647)]
Code = Annotated[str, token(pattern="[1-5][0-9][0-9]")]
Tokens = Annotated[str, nmtoken(pattern=r"\S+( \S+)*")]
Language = Annotated[str, nmtoken()]


class Profile(Element, ns=UNQUALIFIED, tag="profile"):
    """<profile>: offered in a greeting, proposed in a start, chosen in its reply.

    `content` is the initialization message, or what answers it; see `encoding` for how it is written.
    """

    uri: Text = attribute()
    encoding: Literal["none", "base64"] = attribute(default="none")
    text: Text = content(default="")


class Greeting(Element, ns=UNQUALIFIED, tag="greeting"):
    """<greeting>: the first message of each peer."""

    features: Annotated[str, token()] | None = attribute(default=None)
    localize: Annotated[str, token()] = attribute(default="i-default")
    profiles: tuple[Profile, ...] = ()


class Start(Element, ns=UNQUALIFIED, tag="start"):
    """<start>: create a channel."""

    number: Number = attribute()
    server_name: Text | None = attribute(default=None)
    profiles: tuple[Profile, ...] = child(min=1, kw_only=True)


class Close(Element, ns=UNQUALIFIED, tag="close"):
    """<close>: close a channel; number 0 releases the session."""

    number: Number = attribute(default=0)
    code: Code = attribute(kw_only=True)
    lang: Language | None = attribute(ns=XML, default=None)
    text: Text = content(default="")


class Ok(Element, ns=UNQUALIFIED, tag="ok"):
    """<ok>: agrees to a close."""


class Failure(Element, ns=UNQUALIFIED, tag="error"):
    """<error>: a refusal; the code is for programs, the text for people."""

    code: Code = attribute()
    lang: Language | None = attribute(ns=XML, default=None)
    text: Text = content(default="")


class Ready(Element, ns=UNQUALIFIED, tag="ready"):
    """<ready>: asks for TLS."""

    version: Text = attribute(default="1")


class Proceed(Element, ns=UNQUALIFIED, tag="proceed"):
    """<proceed>: TLS begins behind it."""


class Blob(Element, ns=UNQUALIFIED, tag="blob"):
    """<blob>: one step of a SASL exchange, in base64."""

    space: Literal["default", "preserve"] = attribute("space", ns=XML, default="preserve")
    status: Literal["abort", "complete", "continue"] = attribute(default="continue")
    text: Text = content(default="")


SCHEMA = Schema((Greeting, Start, Profile, Close, Ok, Failure, Ready, Proceed, Blob), name="beep+xml")

_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'
_BLANK = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What is no document of BEEP: 500 when it is not beep+xml at all, 501 when it is none that is declared."""

    code: int
    reason: str


def read(message: Message) -> Any:
    """Give the document of a message, or Unreadable."""
    if message.media_type != MEDIA_TYPE:
        return Unreadable(500, f"the media type is not {MEDIA_TYPE}")
    try:
        return read_text(_utf8(message))
    except (LookupError, UnicodeError, ValueError) as error:
        return Unreadable(500, f"not in its character set or transfer encoding ({error})")


def read_text(document: bytes) -> Any:
    """Give a document in UTF-8 (also the content of a <profile>), or Unreadable."""
    text = document.removeprefix(codecs.BOM_UTF8).strip(_BLANK)
    if text[:5] == b"<?xml" and text[5:6] in {b" ", b"\t", b"\r", b"\n"}:
        return Unreadable(500, "an XML declaration is not allowed")
    found = SCHEMA.decode_or_fault(text)
    if type(found) in _CLASSES:
        return found
    reason = str(found.faults[0].rule) if found.faults else "unexpected"
    return Unreadable(500 if found.kind == "syntax" else 501, reason)


_CLASSES = frozenset(SCHEMA.roots)


def _utf8(message: Message) -> bytes:
    octets = message.decoded()
    charset = parameter(message.content_type, "charset") or "utf-8"
    if charset.lower() in {"utf-8", "us-ascii"}:
        return octets
    if not charset.lower().startswith("utf-16"):
        raise LookupError(charset)
    return octets.decode(charset).encode()


def text_of(document: Element) -> str:
    """Write a document as the content of a <profile>."""
    return SCHEMA.encode(document).removeprefix(_DECLARATION).decode()


def write(document: Element) -> Message:
    """Put a document into a message."""
    return Message(SCHEMA.encode(document).removeprefix(_DECLARATION) + b"\r\n", MEDIA_TYPE)
