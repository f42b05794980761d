"""Commands sent and not yet answered.

Replies come in the order of the commands on one connection (RFC 5734 section 3), so order matches them and the
transaction id only asserts it. A caller that gives up does not leave the window: its slot stays and swallows the reply,
otherwise every later reply would go to the wrong caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from regwire.session._window import Slot, Window

__all__ = ["Outcome", "Refused", "Reply", "Slot", "Unknown", "Window"]


@dataclass(slots=True)
class Reply:
    """Answered. `response` is the document that answers `slot`."""

    slot: Slot
    response: Any


@dataclass(frozen=True, slots=True)
class Refused:
    """Never sent; doing it again is safe."""

    message: Any
    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Sent, and the reply is lost: the peer may have executed it or not."""

    slot: Slot
    reason: str


Outcome = Reply | Refused | Unknown
