"""SASL as BEEP carries it: blobs in initialization messages and exchanges (RFC 3080 section 4)."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from regwire.beep.messages import Blob, Failure, Unreadable, text_of, write
from regwire.beep.mime import Message
from regwire.beep.peer import SASL_PREFIX
from regwire.errors import SaslFailed
from regwire.sasl import Continue, Done, Failed, Outcome

__all__ = [
    "Aborted",
    "blob_text",
    "document_of",
    "encryption_first",
    "mechanism_of",
    "octets_of",
    "profile_of",
    "reply_of",
]


class Aborted(Exception):
    """The client gave up."""


def profile_of(mechanism: str) -> str:
    """Give the profile of a mechanism."""
    return SASL_PREFIX + mechanism


def mechanism_of(uri: str) -> str | None:
    """Give the mechanism of a profile; None for another kind of profile."""
    return uri.removeprefix(SASL_PREFIX) if uri.startswith(SASL_PREFIX) else None


def blob_text(data: bytes) -> str:
    """Write a blob as an initialization message."""
    return text_of(Blob(text=base64.b64encode(data).decode()))


def octets_of(document: Any) -> bytes | None:
    """Give what a blob holds, None for an empty one; ValueError for what is none, Aborted for the client's abort."""
    if isinstance(document, Unreadable):
        raise ValueError(document.reason)  # noqa: TRY004 - what a peer sent
    if not isinstance(document, Blob):
        raise ValueError("a <blob> element is due")  # noqa: TRY004 - what a peer sent
    if document.status == "abort":
        raise Aborted
    text = "".join(document.text.split())
    try:
        return base64.b64decode(text, validate=True) if text else None
    except binascii.Error:
        raise ValueError("a blob is not in base64") from None


def document_of(outcome: Outcome) -> Blob | Failure:
    """Give the server's answer to a step."""
    if isinstance(outcome, Continue):
        return Blob(text=base64.b64encode(outcome.data).decode())
    if isinstance(outcome, Done):
        return Blob(status="complete", text=base64.b64encode(outcome.data or b"").decode())
    return Failure("535")


def encryption_first() -> str:
    """Give the answer to the start of a mechanism that needs TLS, where there is none (RFC 3080 sections 4 and 8)."""
    return text_of(Failure("538", text="authentication mechanism requires encryption"))


def reply_of(mechanism: Any, document: Any) -> tuple[Message | None, Done | None]:
    """Take the server's answer on the client's side: what to send next, or how it ended. Raises SaslFailed."""
    if isinstance(document, Failure):
        raise SaslFailed(document.text or f"refused ({document.code})", mechanism=mechanism.name)
    try:
        data = octets_of(document)
    except (ValueError, Aborted) as error:
        raise SaslFailed(str(error) or "aborted by the server", mechanism=mechanism.name) from None
    result: Any
    if document.status == "complete":
        result = mechanism.finish(data)
        if isinstance(result, Done):
            return None, result
    else:
        result = mechanism.step(data or b"")
    if isinstance(result, Failed):
        raise SaslFailed(result.reason, mechanism=mechanism.name)
    return write(Blob(text=base64.b64encode(result.data).decode())), None
