"""The server's side of an EPP session, sans-IO: items in, actions out, time passed in.

A driver makes a `ServerSession` for each connection, performs the actions of `open()`, and then gives every item that
arrives to `receive()` and performs what it returns, in order::

    session = ServerSession(config, now)
    actions = session.open(now)
    ...
    for action in actions:
        match action:
            case Send(message):
                wire.send_message(message)
            case Authenticate(command, login):
                actions = session.authenticated(command, account_or_code, now)
            case Execute(command, obj):
                actions = session.answer(command, handler(session, command, obj), now)
            case Close():
                wire.close()

Between `Execute` (or `Authenticate`) and its answer the session queues whatever arrives: commands are processed in
order. `session.deadline` says when `tick()` must be called at the latest.

The reactor's driver (`regwire.trio.epp`) uses the same class: what is a plain command of a session that is ready takes
the hot loop of `regwire.session`, everything else comes here.
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from regwire_native import Verdicts

from regwire.epp.codes import MESSAGES, Reply, ResultCode
from regwire.epp.coding import DEFAULT, greeting_services
from regwire.epp.compose import DEFAULT_DCP
from regwire.epp.ext.login_sec import LoginSec
from regwire.epp.ext.unhandled import NAMESPACE as UNHANDLED
from regwire.epp.limits import Limits
from regwire.epp.messages.core import (
    Check,
    Command,
    Dcp,
    ExtValue,
    Greeting,
    Hello,
    Login,
    Logout,
    Msg,
    Poll,
    ProtocolExtension,
    Response,
    Result,
    SvcMenu,
    TrId,
    Value,
)
from regwire.epp.state import (
    EPP_URI,
    OBJECT_COMMANDS,
    SERVER,
    Offer,
    Refusal,
    ServerAction,
    ServerInput,
    ServerState,
    Services,
    code_for,
    judge_login,
    judge_login_options,
)
from regwire.schema import Fault, Raw, Schema
from regwire.session import SessionCore, Timers, TransactionIds
from regwire.session import items as item_types
from regwire.session.address import shown_address

__all__ = [
    "Action",
    "Authenticate",
    "Close",
    "Execute",
    "Send",
    "ServerConfig",
    "ServerSession",
    "SetAllowed",
    "SetLimit",
    "SetTimer",
]

logger = logging.getLogger("regwire.epp.server")

CHECK_FIELDS = ("names", "ids")
"""Where a check of the three mappings lists what it asks for."""


# --- actions


@dataclass(frozen=True, slots=True)
class Send:
    """Send this message."""

    message: Any


@dataclass(frozen=True, slots=True)
class Execute:
    """Execute this command: it passed every check of the session. `obj` is its object element, else its op."""

    command: Command
    obj: Any


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Decide on this login, then call `session.authenticated()`."""

    command: Command
    login: Login


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection: output first, then close_notify. Nothing is read any more. `reason` is for the log."""

    reason: str


@dataclass(frozen=True, slots=True)
class SetLimit:
    """From here on frames may have so many octets."""

    octets: int


@dataclass(frozen=True, slots=True)
class SetAllowed:
    """From here on messages may use these namespaces."""

    namespaces: frozenset[str]


@dataclass(frozen=True, slots=True)
class SetTimer:
    """(Re)start a timer, or stop it with None. For drivers that keep timers themselves; `tick()` does it otherwise."""

    kind: str
    seconds: float | None


Action = Send | Execute | Authenticate | Close | SetLimit | SetAllowed | SetTimer


# --- configuration


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _prefix() -> str:
    """Unique to this process and moment: transaction ids stay unique over restarts and servers."""
    return f"{time.time_ns() // 1_000_000:x}-{secrets.token_hex(3)}"


@dataclass(frozen=True, kw_only=True)
class ServerConfig:
    """What a server is, for all of its sessions.

    `server_id` is the greeting's svID (3 to 64 characters). `schema` bounds what is understood; `objects` and
    `extensions` are the URIs the greeting announces (default: all of the schema). `languages` are those of the result
    texts; texts in other languages than English come from `Reply.text`. `content` are URIs that may occur inside what
    was negotiated without being announced or chosen themselves. `dcp` is the data collection policy. `clock` gives the
    date of greetings. `limits` are `regwire.epp.limits.Limits`.
    """

    server_id: str = "regwire"
    schema: Schema = DEFAULT
    objects: tuple[str, ...] | None = None
    extensions: tuple[str, ...] | None = None
    content: tuple[str, ...] = field(default=(), kw_only=True)
    languages: tuple[str, ...] = ("en",)
    dcp: Dcp = DEFAULT_DCP
    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], dt.datetime] = _utc_now
    ids: TransactionIds = field(default_factory=lambda: TransactionIds(_prefix()), repr=False, compare=False)
    offer: Offer = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work out the offer once."""
        objects, extensions = greeting_services(self.schema)
        object.__setattr__(
            self,
            "offer",
            Offer(
                objects=objects if self.objects is None else self.objects,
                extensions=extensions if self.extensions is None else self.extensions,
                languages=self.languages,
                elements=_object_commands(self.schema),
            ),
        )

    def greeting(self) -> Greeting:
        """The greeting of this moment."""
        offer = self.offer
        menu = SvcMenu(offer.versions, offer.languages, offer.objects, offer.extensions)
        return Greeting(self.server_id, self.clock(), menu, self.dcp)


def _object_commands(schema: Schema) -> frozenset[tuple[str, str]]:
    """(namespace, tag) of every object command the schema declares."""
    return frozenset(
        (cls.__ns__.uri, cls.__tag__)
        for cls in schema.elements
        if cls.__tag__ in OBJECT_COMMANDS and cls.__ns__ is not None and cls.__ns__.uri != EPP_URI
    )


RESULTS: dict[int, Result] = {int(code): Result(int(code), Msg(text)) for code, text in MESSAGES.items()}
"""One shared result for each code: what nearly every response carries."""


_NONE: frozenset[str] = frozenset()


# --- the session


class ServerSession(SessionCore):
    """One session on the server.

    For handlers: `client_id`, `account` (what the login handler returned), `services` (chosen at login), `language`,
    `peer` (address, TLS, certificate; None in memory), `data` (yours; None at first), `opened` (`now` of its start),
    `id` (unique in this process, for logs).
    """

    def __init__(
        self, config: ServerConfig, now: float, *, number: int = 0, peer: Any = None, allowed: int = 0
    ) -> None:
        super().__init__(number)
        self.config = config
        self.peer = peer
        self.state = ServerState.LOGIN
        self.client_id: str | None = None
        self.account: Any = None
        self.services: Services | None = None
        self.language = "en"
        self.data: Any = None
        self.opened = now
        self.failed_logins = 0
        self.gone = False
        self.timers = Timers()
        self.allowed = allowed

    # ----------------------------------------------------------------------------------------------------- for drivers

    def open(self, now: float) -> list[Action]:
        """The connection is up: greet."""
        limits = self.config.limits
        return self._timed(
            [
                SetLimit(limits.frame_before_login),
                SetTimer("login", limits.login),
                SetTimer("session", limits.session),
                Send(self.config.greeting()),
            ],
            now,
        )

    def receive(self, item: Any, now: float) -> list[Action]:
        """Take a decoded message, a `Fault`, or an item of `regwire.session.items`, and say what to do.

        While a command waits for its answer the item is queued, and its actions come from `answer()`.
        """
        if self.busy:
            self.backlog.append(item)
            return []
        actions = self.judge(item)
        if actions and isinstance(actions[-1], Execute | Authenticate):
            self.busy = True
        if self.state is ServerState.READY:
            self.timers.set("idle", self.config.limits.idle, now)
        return self._timed(actions, now)

    def answer(self, command: Command, result: Any, now: float) -> list[Action]:
        """The answer to an `Execute`: what a handler may return. Gives the actions of what was queued, too."""
        actions: list[Action] = []
        if not self.closed:
            response = self.respond(command, result)
            actions = [Send(response), *self.after(response.results[0].code)]
        return self._go_on(actions, now)

    def authenticated(self, command: Command, outcome: Any, now: float) -> list[Action]:
        """The answer to an `Authenticate`: what a login handler returns (`regwire.epp.handlers.Handlers`)."""
        return self._go_on([] if self.closed else self.login_result(command, outcome), now)

    @property
    def deadline(self) -> float | None:
        """When `tick()` must be called at the latest."""
        return self.timers.next()

    def tick(self, now: float) -> list[Action]:
        """Let the timers that are due run out."""
        return [action for kind in self.timers.expire(now) for action in self._time_up(kind)]

    def _go_on(self, actions: list[Action], now: float) -> list[Action]:
        self.busy = False
        actions = self._timed(actions, now)
        while self.backlog and not self.busy:
            actions += self.receive(self.backlog.popleft(), now)
        return actions

    def _timed(self, actions: list[Action], now: float) -> list[Action]:
        for action in actions:
            if isinstance(action, SetTimer):
                self.timers.set(action.kind, action.seconds, now)
            elif isinstance(action, Close):
                self.timers.clear()
        return actions

    # ------------------------------------------------------------------------------------------------------- judging

    def judge(self, item: Any) -> list[Action]:
        """Decide on one item by the state table; no queueing, no timers (the reactor keeps them)."""
        if isinstance(item, item_types.Unnegotiated):
            return self._unnegotiated(item)
        given = classify(item)
        if given is None:
            return []
        return self._act(given, item)

    def _act(self, given: ServerInput, item: Any) -> list[Action]:
        step = SERVER.step(self.state, given)
        if given is not ServerInput.UNPARSABLE:
            self.strikes = 0
        if step.next is not None:
            self._enter(step.next)
        match step.action:
            case ServerAction.GREET:
                return [Send(self.config.greeting())]
            case ServerAction.AUTHENTICATE:
                return self._authenticate(item)
            case ServerAction.EXECUTE:
                return self._execute(item)
            case ServerAction.REFUSE:
                assert step.code is not None
                return self._refuse(item, Refusal(step.code, self._why(given, item)))
            case ServerAction.JUDGE:
                return self._refuse(item, code_for(item, offer=self.config.offer, services=self.services))
            case ServerAction.END:
                assert step.code is not None
                return self._end(item, step.code, given)
            case ServerAction.CLOSE:
                return [self._close(_describe(given, item))]
            case ServerAction.FORGET | ServerAction.IGNORE:
                return []

    def _why(self, given: ServerInput, item: Any) -> str:
        if given is ServerInput.UNPARSABLE:
            return _not_xml(item)
        if given is ServerInput.NOT_FOR_SERVERS:
            return str(given.value)
        if self.state is ServerState.LOGIN:
            return "before login"
        return "a second login" if given is ServerInput.LOGIN else str(given.value)

    def _enter(self, state: ServerState) -> None:
        self.state = state
        self.ready = state is ServerState.READY
        if state in {ServerState.CLOSING, ServerState.CLOSED}:
            self.closed = True

    def _unnegotiated(self, item: Any) -> list[Action]:
        """A message decoded before the login that it relies on was answered is looked at again."""
        message = item.message
        if self.state is not ServerState.READY or (isinstance(message, Command) and isinstance(message.op, Login)):
            return self.judge(message)
        if item.namespaces & ~self.allowed == 0:
            return self.judge(message)
        return self._act(ServerInput.NOT_NEGOTIATED, message)

    def _authenticate(self, command: Command) -> list[Action]:
        login = command.op
        assert isinstance(login, Login)
        offer = self.config.offer
        refusal = judge_login_options(login.options.version, login.options.lang, offer) or judge_login(
            login.svcs.obj_uri, login.svcs.ext_uri, offer
        )
        if refusal is None:
            refusal = self._judge_extensions(command)
        if refusal is not None:
            return self._refuse(command, refusal)
        return [Authenticate(command, login)]

    def _judge_extensions(self, command: Command) -> Refusal | None:
        """At login the extension of the login itself need not be chosen before: it is what the server offers."""
        for element in command.extension:
            if namespace_of(element) not in self.config.offer.extensions:
                return Refusal(2103, "extension not offered")
            if not isinstance(element, LoginSec):
                return Refusal(2002, "this extension does not go with login")
        return None

    def _execute(self, command: Command) -> list[Action]:
        refusal = self.judge_command(command)
        if refusal is not None:
            return self._refuse(command, refusal)
        op = command.op
        return [Execute(command, op if isinstance(op, Poll) else op.object)]  # type: ignore[union-attr]

    def judge_command(self, command: Command) -> Refusal | None:
        """Judge what is between schema and handler: services chosen, object of the command, names of a check."""
        assert self.services is not None
        op = command.op
        if not isinstance(op, Poll):
            obj = op.object  # type: ignore[union-attr]
            uri = namespace_of(obj)
            if uri not in self.config.offer.objects:
                return Refusal(2307, "object service not offered")
            if uri not in self.services.objects:
                return Refusal(2002, "object service not chosen at login")
            tag = obj.tag if isinstance(obj, Raw) else type(obj).__tag__
            if tag != type(op).__tag__:
                return Refusal(2001, "the object does not belong to the command")
        for element in command.extension:
            uri = namespace_of(element)
            if uri not in self.config.offer.extensions:
                return Refusal(2103, "extension not offered")
            if uri not in self.services.extensions:
                return Refusal(2002, "extension not chosen at login")
        if isinstance(op, Check):
            for name in CHECK_FIELDS:
                if len(getattr(op.object, name, ())) > self.config.limits.check_names:
                    return Refusal(2306, f"more than {self.config.limits.check_names} objects in a check")
        return None

    # ------------------------------------------------------------------------------------------------------ answering

    def _refuse(self, item: Any, refusal: Refusal) -> list[Action]:
        self.log_refusal(item, refusal)
        response = self.respond(item, Reply(refusal.code, text=_text(refusal)))
        actions: list[Action] = [Send(response)]
        if classify(item) is ServerInput.UNPARSABLE:
            self.strikes += 1
            if self.strikes >= self.config.limits.unparsable:
                self._enter(ServerState.CLOSING)
                actions.append(self._close(f"{self.strikes} unparsable frames in a row"))
        return actions

    def log_refusal(self, item: Any, refusal: Refusal) -> None:
        """Log a refused frame: who, what, why; never a value of the frame."""
        logger.info(
            "refused %d: %s",
            refusal.code,
            refusal.reason,
            extra={
                "event": "epp.refused",
                "code": refusal.code,
                "reason": refusal.reason,
                "session": self.number,
                "client_id": self.client_id,
                "peer": shown_address(getattr(self.peer, "address", self.peer)),
                "cl_trid": getattr(item, "cl_trid", None),
            },
        )

    def _end(self, item: Any, code: int, given: ServerInput) -> list[Action]:
        reply = Reply(code) if code < 2000 else Reply(code, text=_text(Refusal(code, given.value)))
        return [Send(self.respond(item, reply)), self._close(_describe(given, item))]

    def _close(self, reason: str) -> Close:
        logger.info(
            "closing: %s",
            reason,
            extra={"event": "epp.closing", "reason": reason, "session": self.number, "client_id": self.client_id},
        )
        return Close(reason)

    def respond(self, item: Any, result: Any, services: Services | None = None) -> Response:
        """Make the response to a command, or to what could not be read of one, of what a handler may return.

        Extensions and data of namespaces that were not negotiated are left out; with RFC 9038 negotiated they move to
        an extValue. Raises TypeError for what no handler may return.
        """
        reply = as_reply(result)
        values = reply.values
        extension, data = reply.extension, reply.data
        if extension or (data and reply.code == ResultCode.OK_ACK_TO_DEQUEUE):
            extension, data, values = self._negotiated(reply, services or self.services or Services(_NONE, _NONE))
        head = RESULTS.get(reply.code)
        if head is None or values or reply.text is not None:
            text = reply.text if reply.text is not None else MESSAGES[ResultCode(reply.code)]
            head = Result(int(reply.code), Msg(text, reply.lang), values)
        cl_trid = getattr(item, "cl_trid", None)
        tr_id = TrId(cl_trid, sv_trid=reply.sv_trid or self.config.ids.next())
        return Response((head,), reply.msg_q, data, extension, tr_id=tr_id)

    def _negotiated(self, reply: Reply, services: Services) -> tuple[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]:
        extension = tuple(e for e in reply.extension if namespace_of(e) in services.extensions)
        data = tuple(d for d in reply.data if namespace_of(d) in services.objects)
        dropped = [d for d in reply.data if d not in data] + [e for e in reply.extension if e not in extension]
        values = reply.values
        if dropped and UNHANDLED.uri in services.extensions and reply.code < 2000:
            values = (*values, *(self._unhandled(element) for element in dropped))
        return extension, data, values

    def _unhandled(self, element: Any) -> ExtValue:
        """Wrap an element for RFC 9038 section 3."""
        uri = namespace_of(element)
        raw = element if isinstance(element, Raw) else as_raw(element, self.config.schema)
        return ExtValue(Value(raw), Msg(f"{uri} not in login services"))

    def after(self, code: int) -> list[Action]:
        """What follows a response of this code: 1500 and 25xx end the session."""
        if code != ResultCode.OK_END_SESSION and code < ResultCode.COMMAND_FAILED_CLOSING:
            return []
        self._enter(ServerState.CLOSING)
        return [self._close(f"answered {code}")]

    # ---------------------------------------------------------------------------------------------------------- login

    def login_result(self, command: Command, outcome: Any) -> list[Action]:
        """Act on what the login handler decided."""
        account, reply = outcome if isinstance(outcome, tuple) and len(outcome) == 2 else (outcome, None)
        if isinstance(account, Reply):
            reply = account
        elif isinstance(account, int) and not isinstance(account, bool):
            reply = Reply(account)
        login = command.op
        assert isinstance(login, Login)
        services = Services(frozenset(login.svcs.obj_uri), frozenset(login.svcs.ext_uri))
        if reply is not None and reply.code >= 2000:
            return self._login_failed(command, reply, services)
        if account is reply or isinstance(account, int):
            raise TypeError("a login handler returns the account, a code of 2000 and above, or (account, Reply)")
        self.account = account
        self.client_id = login.cl_id
        self.language = login.options.lang
        self.services = services
        self._enter(ServerState.READY)
        limits = self.config.limits
        return [
            SetLimit(limits.frame_after_login),
            SetTimer("login", None),
            SetTimer("idle", limits.idle),
            SetAllowed(services.namespaces),
            Send(self.respond(command, reply if reply is not None else 1000)),
        ]

    def _login_failed(self, command: Command, reply: Reply, services: Services) -> list[Action]:
        self.failed_logins += 1
        if reply.code < 2500 and self.failed_logins >= self.config.limits.failed_logins:
            reply = Reply(ResultCode.AUTHENTICATION_CLOSING, extension=reply.extension)
        self.log_refusal(command, Refusal(reply.code, "login refused"))
        return [Send(self.respond(command, reply, services)), *self.after(reply.code)]

    def drained(self) -> list[Action]:
        """The server stops: close, without an unsolicited response."""
        return self._act(ServerInput.DRAIN, None)

    def _time_up(self, kind: str) -> list[Action]:
        return self._timed(self.judge(item_types.TimerExpired(kind)), 0.0)


# --- helpers


def namespace_of(element: Any) -> str:
    """The namespace URI of an element, declared or raw."""
    if isinstance(element, Raw):
        return element.namespace
    kind: Any = element.kind if isinstance(element, Verdicts) else type(element)
    return str(kind.__ns__.uri)


def as_raw(element: Any, schema: Schema) -> Raw:
    """An element as XML: encoded in a response, and read back by a schema that knows none of its content."""
    carrier = Response((RESULTS[1000],), None, (element,), tr_id=TrId(None, sv_trid="SV-0"))
    found = schema.only(()).decode(schema.encode(carrier), role="client").res_data[0]
    assert isinstance(found, Raw)
    return found


def as_reply(result: Any) -> Reply:
    """Make a `Reply` of what a handler may return: a code, an element, a tuple of elements, None (1000) or a Reply."""
    if isinstance(result, Reply):
        return result
    if result is None:
        return Reply(1000)
    if isinstance(result, bool):
        raise TypeError("a handler returned a bool")
    if isinstance(result, int):
        return Reply(result)
    if isinstance(result, tuple):
        return Reply(1000, result)
    if hasattr(type(result), "__tag__") or isinstance(result, Raw | Verdicts):
        return Reply(1000, (result,))
    raise TypeError(f"a handler returned {type(result).__name__}: neither element, code nor Reply")


_KINDS: tuple[tuple[type, ServerInput], ...] = (
    (Hello, ServerInput.HELLO),
    (Greeting, ServerInput.NOT_FOR_SERVERS),
    (Response, ServerInput.NOT_FOR_SERVERS),
    (ProtocolExtension, ServerInput.EXTENSION),
    (item_types.EmptyFrame, ServerInput.UNPARSABLE),
    (item_types.FrameTooLarge, ServerInput.TOO_LARGE),
    (item_types.BadFrameLength, ServerInput.BAD_LENGTH),
    (item_types.TimerExpired, ServerInput.TIME_UP),
    (item_types.Closed, ServerInput.GONE),
)
_OPS: dict[type, ServerInput] = {Login: ServerInput.LOGIN, Logout: ServerInput.LOGOUT}


def classify(item: Any) -> ServerInput | None:
    """Which input of the state table an item is; None for what sessions do not care about."""
    if isinstance(item, Command):
        return _OPS.get(type(item.op), ServerInput.COMMAND)
    if isinstance(item, Fault):
        return ServerInput.UNPARSABLE if item.kind == "syntax" else ServerInput.MALFORMED
    return next((given for kind, given in _KINDS if isinstance(item, kind)), None)


def _describe(given: ServerInput, item: Any) -> str:
    kind = getattr(item, "kind", None)
    return f"{given.value} ({kind})" if given is ServerInput.TIME_UP else given.value


def _not_xml(item: Any) -> str:
    """What is wrong with a frame that is not XML, and where: fixed texts and numbers, nothing that the peer sent."""
    if not isinstance(item, Fault) or not item.faults:
        return "an empty frame"
    found = item.faults[0]
    return f"not well-formed XML: {found.rule} at octet {found.offset}, line {item.line}"


def _text(refusal: Refusal) -> str | None:
    """The text of a refusal's result: the standard one and the reason, but for logins, which tell nothing."""
    return f"{MESSAGES[ResultCode(refusal.code)]} ({refusal.reason})"
