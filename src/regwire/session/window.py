"""Commands sent and not yet answered.

Replies come in the order of the commands on one connection (RFC 5734 section 3), so order matches them and the
transaction id only asserts it. A caller that gives up does not leave the window: its slot stays and swallows the reply,
otherwise every later reply would go to the wrong caller.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from regwire.errors import ReplyMismatch


class Slot:
    """A place in the window: one document sent, one reply expected.

    `message` is what was sent, `expects` the kind of document that answers it (named by the protocol), `cl_trid` the
    transaction id to assert (None: nothing to assert), `deadline` the time by which the reply must be complete,
    `waiter` whatever the driver wakes (None after the caller gave up), `outcome` what it finds then.
    """

    __slots__ = ("cl_trid", "deadline", "expects", "message", "outcome", "waiter")

    def __init__(
        self, message: Any, *, expects: str, cl_trid: str | None, deadline: float | None, waiter: Any = None
    ) -> None:
        self.message = message
        self.expects = expects
        self.cl_trid = cl_trid
        self.deadline = deadline
        self.waiter = waiter
        self.outcome: Outcome | None = None

    def abandon(self) -> None:
        """The caller gave up (was cancelled): the reply, when it comes, is dropped here and nowhere else."""
        self.waiter = None

    def __repr__(self) -> str:
        """Without the message: it may hold secrets."""
        return f"<Slot {self.cl_trid} expects {self.expects}{'' if self.waiter is not None else ', abandoned'}>"


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


class Window:
    """The outstanding slots of one connection, oldest first, at most `size` of them."""

    __slots__ = ("_slots", "size")

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError(f"a window holds at least one command, not {size}")
        self.size = size
        self._slots: deque[Slot] = deque()

    def __len__(self) -> int:
        """How many are outstanding."""
        return len(self._slots)

    def __iter__(self) -> Iterator[Slot]:
        """Oldest first."""
        return iter(self._slots)

    @property
    def full(self) -> bool:
        """Whether another command must wait."""
        return len(self._slots) >= self.size

    @property
    def deadline(self) -> float | None:
        """When the oldest reply must be there; replies keep order, so no later one can be due before it matters."""
        return min((s.deadline for s in self._slots if s.deadline is not None), default=None)

    def push(self, slot: Slot) -> None:
        """A document goes out; its reply comes after those of all slots before."""
        if self.full:
            raise ValueError("the window is full")
        self._slots.append(slot)

    def match(self, kind: str, cl_trid: str | None, *, may_omit: bool) -> Slot:
        """Take the oldest slot for a reply of `kind` that carries `cl_trid`.

        `may_omit`: the reply may lack the id (a server that could not read the command cannot echo it). Raises
        `ReplyMismatch` and takes nothing when no slot is outstanding or kind or id are another's.
        """
        if not self._slots:
            raise ReplyMismatch("a reply that nothing asked for", got=kind)
        slot = self._slots[0]
        if slot.expects != kind:
            raise ReplyMismatch("a reply of another kind", expected=slot.expects, got=kind)
        if cl_trid != slot.cl_trid and not (cl_trid is None and may_omit):
            raise ReplyMismatch("a reply to another command", expected=slot.cl_trid, got=cl_trid)
        return self._slots.popleft()

    def retract(self, slot: Slot) -> None:
        """Take back the newest slot, whose message turned out not to be sendable."""
        if not self._slots or self._slots[-1] is not slot:
            raise ValueError("only the newest slot can be taken back")
        self._slots.pop()

    def oldest(self) -> Slot | None:
        """The slot that the next reply answers."""
        return self._slots[0] if self._slots else None

    def drain(self) -> list[Slot]:
        """Take all slots: the connection is gone."""
        slots = list(self._slots)
        self._slots.clear()
        return slots
