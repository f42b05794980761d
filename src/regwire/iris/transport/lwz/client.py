"""The client's side of LWZ (RFC 4993), sans-IO: requests to one server, octets in and out, time passed in.

::

    session = ClientSession(config)
    slot, actions = session.send(request, authority, now)  # raises SizeRefused: ask over XPC
    actions = session.receive(octets, now)  # of each datagram that arrives
    actions = session.tick(now)  # when `session.deadline` has come

An action is `Send`, or the outcome of a slot: `Answered`, `Refused` or `Lost`.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import regwire_native

from regwire.errors import NotSent, ProtocolError, RegwireError, SizeRefused
from regwire.iris.messages.core import Request, Response
from regwire.iris.messages.transport import Versions
from regwire.iris.transport.common import ClientConfig, refusal_for, unreadable
from regwire.iris.transport.lwz.state import CLIENT, ClientAction, ClientInput, ClientState
from regwire.schema import Fault, raise_fault

__all__ = ["Action", "Answered", "ClientSession", "Lost", "Refused", "Send", "Slot"]

FIRST_TIMEOUT = 1.0
"""Seconds until a request is sent again; doubled each time (RFC 4993 section 4)."""
LAST_TIMEOUT = 60.0
"""Nothing is sent again when the time-out has come to this: a request is given up after 63 seconds."""
HIGHEST = 0xFFFF
"""The transaction identifier that is the servers'."""


@dataclass(slots=True, eq=False)
class Slot:
    """A request on its way. `caller` and `outcome` are the driver's."""

    request: Request | None
    authority: str
    transaction: int
    octets: bytes
    state: ClientState = ClientState.QUEUED
    timeout: float = FIRST_TIMEOUT
    due: float = 0.0
    caller: Any = None
    outcome: Any = None


@dataclass(frozen=True, slots=True)
class Send:
    """Send this datagram."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """A response, or version information that was asked for."""

    slot: Slot
    response: Response | Versions


@dataclass(frozen=True, slots=True)
class Refused:
    """Information came in place of data. `SizeRefused`: ask over XPC."""

    slot: Slot
    error: RegwireError


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer came."""

    slot: Slot
    reason: str


Action = Send | Answered | Refused | Lost


class ClientSession:
    """Requests to one server. At most `config.datagrams_outstanding` are on their way, the others wait their turn.

    `random` gives transaction identifiers below its argument (tests replace it).
    """

    def __init__(self, config: ClientConfig, *, random: Callable[[int], int] = secrets.randbelow) -> None:
        self.config = config
        self._random = random
        self._codec = config.schema.codec
        self._sent: dict[int, Slot] = {}
        self._queued: deque[Slot] = deque()
        self._closed = ""

    @property
    def outstanding(self) -> int:
        """Requests that were sent and not answered."""
        return len(self._sent)

    @property
    def closed(self) -> bool:
        """Nothing can be sent any more."""
        return bool(self._closed)

    @property
    def deadline(self) -> float | None:
        """When `tick()` must be called at the latest."""
        return min((slot.due for slot in self._sent.values()), default=None)

    def send(self, request: Request | None, authority: str, now: float) -> tuple[Slot, list[Action]]:
        """Ask (None: for version information). Raises SizeRefused, NotSent, EncodeError, and then nothing is sent."""
        if self._closed:
            raise NotSent(self._closed, request)
        if len(self._sent) + len(self._queued) >= HIGHEST - 1:
            raise NotSent("no transaction identifier is free", request)
        transaction = self._identifier()
        slot = Slot(request, authority, transaction, self._octets(request, authority, transaction))
        self._queued.append(slot)
        return slot, self._turns(now)

    def _identifier(self) -> int:
        taken = self._sent.keys() | {slot.transaction for slot in self._queued}
        while (found := self._random(HIGHEST)) in taken:
            pass
        return found

    def _octets(self, request: Request | None, authority: str, transaction: int) -> bytes:
        """Plain if that fits, else compressed, else not at all (RFC 4993 section 4)."""
        limit = self.config.datagram_octets
        content: Any = request if request is not None else b""
        for deflated in (False, True) if request is not None else (False,):
            try:
                octets = regwire_native.lwz_request(
                    content,
                    transaction=transaction,
                    maximum=limit,
                    authority=authority,
                    kind="vi" if request is None else "xml",
                    deflated=deflated,
                    codec=self._codec,
                )
            except ValueError:
                continue  # above what any datagram may have
            if len(octets) + 8 <= limit:
                return octets
        raise SizeRefused("size", ("the request does not fit a datagram",), octets=limit)

    def _turns(self, now: float) -> list[Action]:
        actions: list[Action] = []
        while self._queued and len(self._sent) < self.config.datagrams_outstanding:
            slot = self._queued.popleft()
            self._move(slot, ClientInput.TURN)
            slot.due = now + slot.timeout
            self._sent[slot.transaction] = slot
            actions.append(Send(slot.octets))
        return actions

    def receive(self, octets: bytes, now: float) -> list[Action]:
        """Take a datagram. What answers nothing that is outstanding is ignored."""
        reply = regwire_native.lwz_parse(octets, role="client", codec=self._codec)
        if reply is None:
            return []
        slot = self._sent.get(reply.transaction)
        if slot is None and reply.transaction == HIGHEST and reply.kind == "oi" and len(self._sent) == 1:
            # The server could not read whose it was; there is only one.
            slot = next(iter(self._sent.values()))
        if slot is None:
            return []
        del self._sent[slot.transaction]
        if slot.state is ClientState.DONE:
            return self._turns(now)
        return [self._judge(slot, reply), *self._turns(now)]

    def _judge(self, slot: Slot, reply: Any) -> Action:
        document = reply.document
        if reply.error is not None:
            self._move(slot, ClientInput.UNREADABLE)
            return Refused(slot, ProtocolError(f"{reply.error}: {reply.detail}"))
        if isinstance(document, Fault):
            self._move(slot, ClientInput.UNREADABLE)
            error = _error_of(document)
            return Refused(slot, error if reply.kind == "xml" else unreadable(reply.kind, error))
        asked = Versions if slot.request is None else Response
        if isinstance(document, asked) and reply.kind == ("vi" if slot.request is None else "xml"):
            self._move(slot, ClientInput.DATA)
            return Answered(slot, document)
        self._move(slot, ClientInput.INFORMATION)
        return Refused(slot, refusal_for(document, reply.kind))

    def tick(self, now: float) -> list[Action]:
        """Send again what was not answered in time, or give it up."""
        actions: list[Action] = []
        for slot in [slot for slot in self._sent.values() if slot.due <= now]:
            if slot.state is ClientState.DONE:
                del self._sent[slot.transaction]
                continue
            last = slot.timeout * 2 >= LAST_TIMEOUT
            action = self._move(slot, ClientInput.LAST_TIME_UP if last else ClientInput.TIME_UP)
            if action is ClientAction.SEND_AGAIN:
                slot.timeout *= 2
                slot.due = now + slot.timeout
                actions.append(Send(slot.octets))
            else:
                del self._sent[slot.transaction]
                actions.append(Lost(slot, "no answer"))
        return actions + self._turns(now)

    def forget(self, slot: Slot, now: float) -> list[Action]:
        """Its caller gave up: its answer, should it come, is ignored.

        Once it was sent it keeps its place until then, or until its time-out: the network is not free of it before.
        """
        slot.state = ClientState.DONE
        if slot in self._queued:
            self._queued.remove(slot)
        return self._turns(now)

    def close(self, reason: str) -> list[Action]:
        """The socket is gone: everything is lost."""
        self._closed = self._closed or reason
        slots = [*self._sent.values(), *self._queued]
        self._sent.clear()
        self._queued.clear()
        waiting = [slot for slot in slots if slot.state is not ClientState.DONE]
        for slot in waiting:
            self._move(slot, ClientInput.GONE)
        return [Lost(slot, reason) for slot in waiting]

    @staticmethod
    def _move(slot: Slot, given: ClientInput) -> ClientAction:
        step = CLIENT.step(slot.state, given)
        slot.state = step.next or slot.state
        return step.action


def _error_of(fault: Fault) -> RegwireError:
    try:
        raise_fault(fault)
    except RegwireError as found:
        return found
    return ProtocolError("not a response")
