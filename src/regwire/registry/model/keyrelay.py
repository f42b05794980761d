"""DNSSEC keys that one registrar relays to another (RFC 8063)."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime

from regwire.registry.model.kinds import Kind, register
from regwire.registry.model.objects import KeyRecord
from regwire.registry.model.record import record
from regwire.registry.model.requests import Request

__all__ = ["KeyRelayed", "RelayKeys", "RelayedKey"]


@record
class RelayedKey:
    """A key and until when it is to be published: an instant, or a span as it was written (ISO 8601), or neither."""

    key: KeyRecord
    until: datetime | None = None
    span: str | None = None


@record
class RelayKeys(Request):
    """RFC 8063 section 3.2.1."""

    name: str
    password: str = field(repr=False)
    keys: tuple[RelayedKey, ...]
    roid: str | None = None


@record
class KeyRelayed:
    """What the sponsor is told (RFC 8063 section 3.1.2); without the authInfo, which nobody keeps in clear."""

    name: str
    keys: tuple[RelayedKey, ...]
    created: datetime
    requester: str
    actor: str


register(Kind("keyRelayed", KeyRelayed))
