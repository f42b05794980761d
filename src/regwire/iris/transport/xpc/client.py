"""The client's side of an XPC session (RFC 4992), sans-IO: what to send, items in, outcomes out, time passed in.

A driver makes a `ClientSession` for a connection and gives every item that arrives to `receive()`. To ask::

    session.check()  # raises NotSent
    wire.send_xpc(request, keep_open=True, authority=authority)  # raises EncodeError, then nothing was sent
    slot = session.sent(request, authority, now)

The outcome of the slot comes from `receive()`, `tick()` or `lose()`: `Answered`, `Refused`, or `Lost`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

from regwire.errors import NotSent, ProtocolError, RegwireError, SaslFailed, TransferRefused
from regwire.iris.coding import decode
from regwire.iris.messages.core import Response
from regwire.iris.messages.transport import AuthenticationSuccess, Versions
from regwire.iris.transport import sasl_data
from regwire.iris.transport.common import ClientConfig, refusal_of
from regwire.iris.transport.xpc.server import PROTOCOL
from regwire.iris.transport.xpc.state import CLIENT, ClientAction, ClientInput, ClientState
from regwire.sasl import ClientMechanism, Failed
from regwire.schema import Fault, raise_fault
from regwire.session import items as item_types

__all__ = [
    "Answered",
    "Authenticated",
    "ClientSession",
    "Ended",
    "Lost",
    "Opened",
    "Outcome",
    "Refused",
    "Send",
    "Slot",
]


_KNOWN_AS = frozenset({PROTOCOL, PROTOCOL.removesuffix("1")})
"""RFC 4991's example leaves out the version of its transport's identifier: servers may have copied that."""


@dataclass(slots=True, eq=False)
class Slot:
    """A request on its way. `caller` and `outcome` are the driver's."""

    request: Any
    authority: str
    deadline: float
    caller: Any = None
    outcome: Any = None


@dataclass(frozen=True, slots=True)
class Opened:
    """The server is there: requests may be sent, or authentication begun with one of `mechanisms`."""

    versions: Versions
    mechanisms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """A response; or version information that was asked for; None: the server had no data."""

    slot: Slot
    response: Response | Versions | None


@dataclass(frozen=True, slots=True)
class Refused:
    """The request was not answered with data: a `TransferRefused`, or what is wrong with the response."""

    slot: Slot
    error: RegwireError


@dataclass(frozen=True, slots=True)
class Lost:
    """The request left and its answer will not come."""

    slot: Slot
    reason: str


@dataclass(frozen=True, slots=True)
class Send:
    """Send this content of a block (`send_xpc`), keep open."""

    content: Any


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Authentication succeeded. `identity` None: anonymous."""

    identity: str | None


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is over: close the connection. `error`: what the opening or authentication failed by."""

    reason: str
    error: RegwireError | None = None


Outcome = Opened | Answered | Refused | Lost | Send | Authenticated | Ended


class ClientSession:
    """One session of a client."""

    def __init__(self, config: ClientConfig, now: float) -> None:
        self.config = config
        self.state = ClientState.CONNECTING
        self.versions: Versions | None = None
        self.reason = ""
        self._slots: deque[Slot] = deque()
        self._mechanism: ClientMechanism | None = None
        self._deadline: float | None = now + config.connect_timeout

    # ----------------------------------------------------------------------------------------------------- for drivers

    @property
    def outstanding(self) -> int:
        """Requests without an answer."""
        return len(self._slots)

    @property
    def closed(self) -> bool:
        """The session is over."""
        return self.state is ClientState.CLOSED

    def check(self) -> None:
        """Raise NotSent when nothing can be sent now."""
        step = CLIENT.step(self.state, ClientInput.SEND)
        if step.action is not ClientAction.SEND:
            raise NotSent(self.reason or f"the session {self.state.value}")

    def sent(self, request: Any, authority: str, now: float, *, caller: Any = None) -> Slot:
        """Note that a request left."""
        slot = Slot(request, authority, now + self.config.reply_timeout, caller)
        self._slots.append(slot)
        return slot

    def begin(self, mechanism: ClientMechanism, now: float) -> Any:
        """Begin authentication; return the content to send. Raises ProtocolError when it is not the time for it."""
        step = CLIENT.step(self.state, ClientInput.BEGIN)
        if step.next is None or self._slots:
            raise ProtocolError("authentication must come before requests")
        self.state = step.next
        self._mechanism = mechanism
        self._deadline = now + self.config.connect_timeout
        return (("sd", sasl_data.build(mechanism.name, mechanism.start())),)

    def receive(self, item: Any, now: float) -> list[Outcome]:
        """Take an item of the connection."""
        given = self._input(item)
        if given is None:
            return []
        step = CLIENT.step(self.state, given)
        action = step.action
        if action is ClientAction.DELIVER:
            return self._deliver(item)
        if action is ClientAction.AUTHENTICATE:
            return self._authenticate(item, now)
        if action is ClientAction.OPEN:
            return self._open(item)
        if action is ClientAction.DELIVER_LAST:
            found = self._deliver(item) if self._mechanism is None else self._authenticate(item, now, last=True)
            return found if self.closed else [*found, *self.lose("the server ended the session")]
        if given is ClientInput.REFUSAL:
            error = refusal_of(*_information(item), self.config.schema)
            return self.lose(str(error), error)
        if action is ClientAction.FAIL:
            return self._fail(item, given)
        return self.lose(_reason(item), self._early(item))

    def tick(self, now: float) -> list[Outcome]:
        """Let deadlines pass."""
        due = self.deadline
        if due is None or due > now:
            return []
        return self.lose("no answer in time", self._early(None))

    @property
    def deadline(self) -> float | None:
        """When `tick()` must be called at the latest."""
        return self._slots[0].deadline if self._slots else self._deadline

    def lose(self, reason: str, error: RegwireError | None = None) -> list[Outcome]:
        """The session is over, for whatever reason: all that is outstanding is lost."""
        if self.closed:
            return []
        self.state = ClientState.CLOSED
        self.reason = reason
        self._deadline = None
        lost: list[Outcome] = [Lost(slot, reason) for slot in self._slots]
        self._slots.clear()
        return [*lost, Ended(reason, error)]

    # --------------------------------------------------------------------------------------------------------- judging

    def _input(self, item: Any) -> ClientInput | None:
        if isinstance(item, item_types.Closed):
            return ClientInput.GONE
        if isinstance(item, item_types.Writable | item_types.Opened):
            return None
        if not hasattr(item, "chunks") or item.error is not None:
            return ClientInput.BROKEN
        if self.state is ClientState.CONNECTING:
            return self._first(item)
        answers = bool(self._slots) or self._mechanism is not None
        if not answers or self._is_farewell(item):
            return ClientInput.UNASKED if not item.keep_open else ClientInput.BROKEN
        return ClientInput.ANSWER if item.keep_open else ClientInput.LAST_ANSWER

    @staticmethod
    def _first(item: Any) -> ClientInput:
        kinds = [kind for kind, _ in item.chunks]
        if kinds == ["vi"] and item.document is None and item.keep_open:
            return ClientInput.VERSIONS
        if kinds == ["oi"] and item.document is None and not item.keep_open:
            return ClientInput.REFUSAL
        return ClientInput.BROKEN

    def _is_farewell(self, item: Any) -> bool:
        """An idle-timeout answers nothing, even when a request crossed it on the way (RFC 4992 section 7)."""
        if item.document is not None or item.keep_open or [kind for kind, _ in item.chunks] != ["oi"]:
            return False
        error = refusal_of("oi", item.chunks[0][1], self.config.schema)
        return isinstance(error, TransferRefused) and error.type == "idle-timeout"

    def _open(self, item: Any) -> list[Outcome]:
        message = self._read(item.chunks[0][1])
        if not isinstance(message, Versions):
            return self._fail(item, ClientInput.BROKEN)
        for protocol in message.transfer_protocols:
            if protocol.protocol_id.lower() in _KNOWN_AS:
                self.state = ClientState.READY
                self.versions = message
                self._deadline = None
                return [Opened(message, tuple((protocol.authentication_ids or "").split()))]
        offered = ", ".join(protocol.protocol_id for protocol in message.transfer_protocols)
        return self.lose("version", ProtocolError("another protocol", expected=PROTOCOL, got=offered))

    def _deliver(self, item: Any) -> list[Outcome]:
        slot = self._slots.popleft()
        document = item.document
        if isinstance(document, Response):
            return [Answered(slot, document)]
        if isinstance(document, Fault):
            return [Refused(slot, _error_of(document))]
        if document is not None:
            return [Refused(slot, ProtocolError("not a response", got=type(document).__name__))]
        kind, data = _information(item)
        if kind == "nd":
            return [Answered(slot, None)]
        if kind == "vi" and isinstance(message := self._read(data), Versions) and slot.request is None:
            return [Answered(slot, message)]
        return [Refused(slot, refusal_of(kind, data, self.config.schema))]

    def _authenticate(self, item: Any, now: float, *, last: bool = False) -> list[Outcome]:
        mechanism = self._mechanism
        assert mechanism is not None
        name = mechanism.name
        kind, data = item.chunks[0] if item.chunks else ("", b"")
        if kind == "sd" and not last:
            try:
                answered, challenge = sasl_data.parse(data)
            except ValueError as error:
                return self.lose("authentication", SaslFailed(str(error), mechanism=name))
            if answered != name:
                return self.lose("authentication", SaslFailed("the server speaks of another mechanism", mechanism=name))
            step = mechanism.step(challenge or b"")
            if isinstance(step, Failed):
                return self.lose("authentication", SaslFailed(step.reason, mechanism=name))
            self._deadline = now + self.config.connect_timeout
            return [Send((("sd", sasl_data.build(name, step.data)),))]
        if kind == "as":
            return self._succeed(mechanism, data)
        if kind == "af":
            return self.lose("authentication", SaslFailed("refused by the server", mechanism=name))
        if kind in {"oi", "si", "vi"}:
            refusal = refusal_of(kind, data, self.config.schema)
            return self.lose("authentication", SaslFailed(str(refusal), mechanism=name))
        return self.lose("authentication", SaslFailed("the server answered with no outcome", mechanism=name))

    def _succeed(self, mechanism: ClientMechanism, data: bytes) -> list[Outcome]:
        message = self._read(data)
        proof = message.data if isinstance(message, AuthenticationSuccess) else None
        outcome = mechanism.finish(proof)
        if isinstance(outcome, Failed):
            return self.lose("authentication", SaslFailed(outcome.reason, mechanism=mechanism.name))
        self._mechanism = None
        self._deadline = None
        self.state = ClientState.READY
        return [Authenticated(outcome.identity)]

    def _read(self, data: bytes) -> Any:
        try:
            return decode(data, role="client", schema=self.config.schema)
        except RegwireError:
            return None

    def _fail(self, item: Any, given: ClientInput) -> list[Outcome]:
        reason = getattr(item, "error", None) or getattr(item, "reason", None) or type(item).__name__
        return self.lose(f"protocol error: {reason}", ProtocolError(given.value, got=str(reason)))

    def _early(self, item: Any) -> RegwireError | None:
        """What an opening that did not come to its end failed by."""
        if self.state is ClientState.READY:
            return None
        reason = "no answer in time" if item is None else _reason(item)
        return SaslFailed(reason, mechanism=self._mechanism.name) if self._mechanism else ProtocolError(reason)


def _information(item: Any) -> tuple[str, bytes]:
    """The chunk of a block that says why there is no data: the last one, as information comes last."""
    return item.chunks[-1] if item.chunks else ("nd", b"")


def _error_of(fault: Fault) -> RegwireError:
    try:
        raise_fault(fault)
    except RegwireError as found:
        return found
    return ProtocolError("not a response")


def _reason(item: Any) -> str:
    if isinstance(item, item_types.Closed):
        return f"connection ended ({item.detail or item.reason})"
    if hasattr(item, "chunks"):
        error = refusal_of(*_information(item))
        return f"the server ended the session: {error}"
    return type(item).__name__
