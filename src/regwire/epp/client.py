"""The client's side of an EPP session, sans-IO: what to send, and what became of what was sent; time passed in.

::

    session = ClientSession(ClientConfig(), now)
    for outcome in session.receive(message, now):  # the greeting
        ...
    slot = session.send(command(DomainCheck(("a.example",))), now)
    wire.send_message(slot.message)  # with a clTRID
    ...
    for outcome in session.receive(message, now):
        match outcome:
            case Reply(slot, response):
                ...
            case Unknown(slot, reason):
                ...  # sent, reply lost: `query_for(slot.message)` finds out

Commands are matched by order and asserted by clTRID. After a mismatch nothing on the connection is trusted: the session
is closed, and the outcome of everything outstanding is unknown. A caller that gives up calls `slot.abandon()`; the slot
stays in the window and swallows its reply.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from regwire.epp.messages.contact import ContactCreate, ContactDelete, ContactInfo, ContactTransfer, ContactUpdate
from regwire.epp.messages.core import (
    Check,
    Command,
    Greeting,
    Hello,
    Info,
    Login,
    Logout,
    Poll,
    Response,
    Transfer,
)
from regwire.epp.messages.domain import (
    DomainCreate,
    DomainDelete,
    DomainInfo,
    DomainInfoName,
    DomainRenew,
    DomainTransfer,
    DomainUpdate,
)
from regwire.epp.messages.host import HostCreate, HostDelete, HostInfo, HostUpdate
from regwire.epp.state import CLIENT, ClientAction, ClientInput, ClientState
from regwire.errors import (
    ConnectionLost,
    NotSent,
    OutcomeUnknown,
    ProtocolError,
    RegwireError,
    ReplyMismatch,
)
from regwire.schema import Fault
from regwire.session import Outcome, Reply, Slot, TransactionIds, Unknown, Window
from regwire.session import items as item_types

__all__ = ["ClientConfig", "ClientSession", "query_for", "unknown_error"]

GREETING, RESPONSE = "greeting", "response"


def _prefix() -> str:
    return f"RW-{time.time_ns() // 1_000_000:x}-{secrets.token_hex(2)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientConfig:
    """Limits of a client's session; times in seconds.

    `window`: commands outstanding at a time; servers stop reading above a number of their own (64 here), and some
    process one at a time. `reply_timeout`: a command without a complete reply for so long ends the session, its
    outcome unknown; the service level of registries is 4 s. `greeting_timeout`: from the connection to the greeting.
    `server_id`: the greeting's svID must be this one, when given.
    """

    window: int = 16
    reply_timeout: float = 60.0
    greeting_timeout: float = 20.0
    server_id: str | None = None
    ids: TransactionIds = field(default_factory=lambda: TransactionIds(_prefix()), repr=False, compare=False)


class ClientSession:
    """One session of a client.

    `greeting` is the last greeting, `state` a `ClientState`, `error` why the session is closed (None before).
    """

    __slots__ = ("_greet_by", "config", "error", "greeting", "state", "window")

    def __init__(self, config: ClientConfig, now: float) -> None:
        self.config = config
        self.window = Window(config.window)
        self.state = ClientState.CONNECTING
        self.greeting: Greeting | None = None
        self.error: RegwireError | None = None
        self._greet_by: float | None = now + config.greeting_timeout

    # ------------------------------------------------------------------------------------------------------- sending

    def send(self, message: Hello | Command, now: float, *, waiter: Any = None, slot: Slot | None = None) -> Slot:
        """Register a message as sent and return its slot; `slot.message` is what to send, with a clTRID.

        `slot`: the slot to use, with its waiter, instead of a new one. Raises NotSent, and changes nothing, when the
        session is not in a state to send it or the window is full.
        """
        step = CLIENT.step(self.state, _sending(message))
        if step.action is not ClientAction.SEND:
            raise NotSent(self.why_not(), message)
        if self.window.full:
            raise NotSent(f"{self.window.size} commands are outstanding", message)
        if isinstance(message, Command):
            if message.cl_trid is None:
                message = Command(message.op, message.extension, self.config.ids.next())
            expects, cl_trid = RESPONSE, message.cl_trid
        else:
            expects, cl_trid = GREETING, None
        if slot is None:
            slot = Slot(message, expects=expects, cl_trid=cl_trid, deadline=self._due(now), waiter=waiter)
        else:
            slot.message, slot.expects, slot.cl_trid, slot.deadline = message, expects, cl_trid, self._due(now)
        self.window.push(slot)
        if step.next is not None:
            self.state = step.next
        return slot

    def unsend(self, slot: Slot) -> None:
        """Take back the newest slot: encoding refused its message, no octet of it left."""
        self.window.retract(slot)
        if isinstance(slot.message, Command) and isinstance(slot.message.op, Login):
            self.state = ClientState.GREETED
        elif isinstance(slot.message, Command) and isinstance(slot.message.op, Logout):
            self.state = ClientState.READY

    def _due(self, now: float) -> float:
        return now + self.config.reply_timeout

    def why_not(self) -> str:
        """Why nothing can be sent in this state, for people."""
        if self.error is not None:
            return f"the session is over: {self.error}"
        return f"the session is not ready: {self.state.value}"

    # ----------------------------------------------------------------------------------------------------- receiving

    def receive(self, item: Any, now: float) -> list[Outcome]:
        """Take what arrived: a message, a `Fault`, or an item of `regwire.session.items`; say what became of what."""
        if self.state is ClientState.CLOSED:
            return []
        try:
            if type(item) is Response:
                return self._response(item)
            return self._receive(item)
        except ReplyMismatch as error:
            return self._close(error)

    def _receive(self, item: Any) -> list[Outcome]:
        if isinstance(item, Response):
            return self._response(item)
        if isinstance(item, Greeting):
            return self._greeting(item)
        if isinstance(item, Fault):
            return self._fault(item)
        if isinstance(item, item_types.Closed):
            lost = ConnectionLost(item.detail or item.reason, clean=item.clean)
            return self._act(ClientInput.GONE, None, lost)
        if isinstance(item, item_types.TimerExpired):
            return self._act(ClientInput.TIME_UP, None, ConnectionLost(f"no complete frame in time ({item.kind})"))
        if isinstance(item, item_types.Writable | item_types.Opened):
            return []
        if isinstance(item, item_types.Unnegotiated):
            return self._receive(item.message)
        return self._act(ClientInput.BROKEN, None, ProtocolError(_broken(item)))

    def _greeting(self, greeting: Greeting) -> list[Outcome]:
        expected = self.config.server_id
        if expected is not None and greeting.sv_id != expected:
            error = ProtocolError("another server", expected=expected, got=greeting.sv_id)
            return self._act(ClientInput.BROKEN, None, error)
        self.greeting = greeting
        self._greet_by = None
        if self.state is ClientState.CONNECTING:
            self.state = ClientState.GREETED
            return []
        slot = self.window.match(GREETING, None, may_omit=False)
        return [Reply(slot, greeting)]

    def _response(self, response: Response) -> list[Outcome]:
        code = response.results[0].code
        if self.state is ClientState.CONNECTING:
            text = response.results[0].msg.text
            return self._act(
                ClientInput.END_RESPONSE, None, ConnectionLost(f"refused before the greeting: {code} {text}")
            )
        slot = self.window.match(RESPONSE, response.tr_id.cl_trid, may_omit=code >= 2000)
        return self._act(_answered(slot, code), Reply(slot, response), None)

    def _fault(self, fault: Fault) -> list[Outcome]:
        detail = fault.faults[0] if fault.faults else None
        reason = "reply not readable"
        if detail is not None:
            reason += f" ({detail.path}: {detail.rule})" if detail.path else f" ({detail.rule})"
        if fault.kind == "syntax" or not len(self.window):
            return self._act(ClientInput.BROKEN, None, ProtocolError(reason))
        oldest = self.window.oldest()
        assert oldest is not None
        if fault.cl_trid is not None and fault.cl_trid != oldest.cl_trid:
            raise ReplyMismatch("a reply to another command", expected=oldest.cl_trid, got=fault.cl_trid)
        step = CLIENT.step(self.state, ClientInput.UNREADABLE)
        if step.action is not ClientAction.UNKNOWN:
            return self._close(ProtocolError(reason))
        slot = self.window.match(oldest.expects, None, may_omit=True)
        return [Unknown(slot, reason)]

    def _act(self, given: ClientInput, reply: Reply | None, error: RegwireError | None) -> list[Outcome]:
        step = CLIENT.step(self.state, given)
        if step.action is ClientAction.DELIVER:
            assert reply is not None
            if step.next is not None:
                self.state = step.next
            return [reply]
        return self._close(error or ProtocolError(f"{given.value}, which nothing expects now: {self.state.value}"))

    def _close(self, error: RegwireError) -> list[Outcome]:
        self.state = ClientState.CLOSED
        self.error = error
        self._greet_by = None
        return [Unknown(slot, str(error)) for slot in self.window.drain()]

    def close(self, reason: str = "closed") -> list[Outcome]:
        """End the session from this side, at once; what is outstanding has an unknown outcome."""
        return [] if self.state is ClientState.CLOSED else self._close(ConnectionLost(reason, clean=True))

    # ---------------------------------------------------------------------------------------------------------- time

    @property
    def deadline(self) -> float | None:
        """When `tick()` must be called at the latest."""
        return self._greet_by if self._greet_by is not None else self.window.deadline

    def tick(self, now: float) -> list[Outcome]:
        """End the session when the greeting or a reply is overdue."""
        deadline = self.deadline
        if deadline is None or now < deadline:
            return []
        what = "greeting" if self._greet_by is not None else "reply"
        return self._act(ClientInput.TIME_UP, None, ConnectionLost(f"no {what} in time"))


def _sending(message: Hello | Command) -> ClientInput:
    if isinstance(message, Hello):
        return ClientInput.SEND_HELLO
    if isinstance(message.op, Login):
        return ClientInput.SEND_LOGIN
    if isinstance(message.op, Logout):
        return ClientInput.SEND_LOGOUT
    return ClientInput.SEND_COMMAND


def _answered(slot: Slot, code: int) -> ClientInput:
    if code // 100 in {15, 25}:  # the category of connection management, codes that we do not know included
        return ClientInput.END_RESPONSE
    if isinstance(slot.message, Command) and isinstance(slot.message.op, Login):
        return ClientInput.LOGIN_OK if code < 2000 else ClientInput.LOGIN_REFUSED
    return ClientInput.RESPONSE


def _broken(item: Any) -> str:
    if isinstance(item, item_types.FrameTooLarge):
        return f"a frame of {item.length} octets, above the limit"
    if isinstance(item, item_types.BadFrameLength):
        return "a frame length below 4"
    if isinstance(item, item_types.EmptyFrame):
        return "an empty frame"
    return f"a message that no client expects ({type(item).__name__})"


_NAMED: dict[type, Any] = {
    DomainCreate: lambda obj: DomainInfo(DomainInfoName(obj.name)),
    DomainDelete: lambda obj: DomainInfo(DomainInfoName(obj.name)),
    DomainRenew: lambda obj: DomainInfo(DomainInfoName(obj.name)),
    DomainUpdate: lambda obj: DomainInfo(DomainInfoName(obj.name)),
    HostCreate: lambda obj: HostInfo(obj.name),
    HostDelete: lambda obj: HostInfo(obj.name),
    HostUpdate: lambda obj: HostInfo(obj.name if obj.chg is None else obj.chg.name),
    ContactCreate: lambda obj: ContactInfo(obj.id),
    ContactDelete: lambda obj: ContactInfo(obj.id),
    ContactUpdate: lambda obj: ContactInfo(obj.id),
}


def unknown_error(outcome: Unknown) -> OutcomeUnknown:
    """The error that tells the caller of a slot that its reply is lost."""
    slot, message = outcome.slot, outcome.slot.message
    if type(message) is Command and message.cl_trid is None:
        message = Command(message.op, message.extension, slot.cl_trid)  # as it was sent
    return OutcomeUnknown(outcome.reason, command=message, cl_trid=slot.cl_trid, query=query_for(message))


def query_for(message: Any) -> Command | None:
    """The command whose answer tells whether `message`, whose reply was lost, was executed.

    None when there is nothing to find out (check, info, poll request, hello, login, logout). After a lost poll
    acknowledgement it is a poll request: the head of the queue is another message, or still the same. After a lost
    transfer it is a transfer query. A renew must be compared by its date: another renew after it would add a year.
    """
    if not isinstance(message, Command):
        return None
    op = message.op
    if isinstance(op, Poll):
        return Command(Poll("req")) if op.op == "ack" else None
    if isinstance(op, Check | Info | Login | Logout):
        return None
    obj = op.object
    if isinstance(obj, DomainTransfer):
        return None if _is_query(op) else Command(Transfer("query", DomainTransfer(obj.name, auth_info=obj.auth_info)))
    if isinstance(obj, ContactTransfer):
        return None if _is_query(op) else Command(Transfer("query", ContactTransfer(obj.id, obj.auth_info)))
    make = _NAMED.get(type(obj))
    return None if make is None else Command(Info(make(obj)))


def _is_query(op: Any) -> bool:
    return isinstance(op, Transfer) and op.op == "query"
