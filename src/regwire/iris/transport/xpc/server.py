"""The server's side of an XPC session (RFC 4992), sans-IO: items in, actions out, time passed in.

A driver makes a `ServerSession` for each connection, performs the actions of `open()`, then gives every item that
arrives (`regwire_native.XpcBlock` and what else a framer reports) to `receive()`, and performs what it returns::

    for action in session.receive(item, now):
        match action:
            case Send(content, keep_open):
                wire.send_xpc(content, keep_open=keep_open)
            case Ask(ticket, exchange):
                more = session.answered(ticket, engine's response, now)
            case Authenticate(ticket, step):
                more = session.authenticated(ticket, step(), now)      # in a thread: it may hash passwords
            case Close(reason):
                wire.close()

Answers may come in any order; their blocks leave in that of the requests.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from regwire.errors import EncodeError
from regwire.iris.engine import Engine
from regwire.iris.handlers import Context, Exchange
from regwire.iris.messages.common import Text
from regwire.iris.messages.core import Request, Response
from regwire.iris.messages.transport import AuthenticationFailure, AuthenticationSuccess
from regwire.iris.transport import sasl_data
from regwire.iris.transport.common import OtherType, ServerConfig, is_other_version, other, size, versions
from regwire.iris.transport.xpc.state import SERVER, ServerAction, ServerInput, ServerState
from regwire.sasl import Channel, Continue, Done, Failed, Outcome, ServerMechanism, attempted
from regwire.schema import Fault
from regwire.session import Timers
from regwire.session import items as item_types
from regwire.session.address import shown_address

__all__ = ["PROTOCOL", "Action", "Ask", "Authenticate", "Close", "Reply", "Send", "ServerSession"]

logger = logging.getLogger("regwire.iris.xpc")

PROTOCOL = "iris.xpc1"
"""What version information calls XPC, with TLS and without (RFC 4992 sections 6.2 and 9)."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send a block: a document (application data), or a tuple of (type, document or octets)."""

    content: Any
    keep_open: bool


@dataclass(slots=True, eq=False)
class Reply:
    """A block that is owed: what is known of it, in the order of RFC 4992 section 6. `ready`: it may leave.

    `block` is the request where that must be kept: while authentication comes before what it asks for.
    """

    keep_open: bool
    authentication: tuple[str, Any] | None = None
    data: tuple[str, Any] | None = None
    information: tuple[str, Any] | None = None
    ready: bool = False
    block: Any = None

    @property
    def content(self) -> Any:
        """As `Send` takes it."""
        if self.data is not None and self.data[0] == "ad" and self.authentication is None and self.information is None:
            return self.data[1]
        parts = (self.authentication, self.data, self.information)
        return tuple([part for part in parts if part is not None]) or (("nd", b""),)


@dataclass(frozen=True, slots=True)
class Ask:
    """Answer this exchange, then call `session.answered(ticket, response, now)`."""

    ticket: Reply
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Call `step()`, in a thread, then `session.authenticated(ticket, outcome, now)`."""

    ticket: Reply
    step: Callable[[], Outcome]


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection: output first, then close_notify. Nothing is read any more. `reason` is for the log."""

    reason: str


Action = Send | Ask | Authenticate | Close


class ServerSession:
    """One session. `identity` is whom SASL authorised, `authenticated` whether it did (ANONYMOUS has no identity)."""

    def __init__(
        self,
        engine: Engine,
        config: ServerConfig,
        now: float,
        *,
        channel: Channel = Channel(),  # noqa: B008 - immutable
        peer: tuple[str, int] | None = None,
        transport: str = "xpc",
        timers: bool = True,
    ) -> None:
        """`channel` is what TLS gives; `timers` False: the driver keeps the idle and session timers itself."""
        self.engine = engine
        self.config = config
        self.state = ServerState.READY
        self.identity: str | None = None
        self.authenticated_once = False
        self.channel = channel
        self.peer = peer
        self.transport = transport
        self.data: dict[str, object] = {}
        self.reason = ""
        self._context = Context(transport, "", peer, channel.encrypted, None, self.data)
        self._owed: deque[Reply] = deque()
        self._backlog: deque[Any] = deque()
        self._mechanism: ServerMechanism | None = None
        self._stepping = False
        self._failures = 0
        self._keep_timers = timers
        self._sized = config.limits.response_octets is not None
        self.timers = Timers()

    # ----------------------------------------------------------------------------------------------------- for drivers

    def open(self, now: float, *, available: bool = True) -> list[Action]:
        """The connection (and TLS) is up: the connection response block. Not `available`: refuse and close."""
        if not available:
            self.state = ServerState.CLOSING
            self.reason = "no place"
            text = other("system-error", "too many sessions, try again later")
            return [Send((("oi", text),), False), Close(self.reason)]
        if self._keep_timers:
            self.timers.set("idle", self.config.limits.idle, now)
            self.timers.set("session", self.config.limits.session, now)
        return [Send((("vi", self.versions()),), True)]

    def versions(self) -> Any:
        """Version information of this connection: mechanisms depend on TLS and certificate."""
        sasl = self.config.sasl
        offered = sasl.offered(self.channel) if sasl is not None and not self.authenticated_once else ()
        limits = self.config.limits
        return versions(
            PROTOCOL,
            self.engine.types,
            extensions=self.config.extensions,
            authentication=offered,
            request_octets=limits.request_octets,
            response_octets=limits.response_octets,
        )

    @property
    def waiting(self) -> int:
        """Replies that are owed, and blocks that wait behind them."""
        return len(self._owed) + len(self._backlog)

    @property
    def ended(self) -> bool:
        """Nothing is taken any more."""
        return self.state in {ServerState.CLOSING, ServerState.CLOSED}

    def receive(self, item: Any, now: float) -> list[Action]:
        """Take an item of the connection: a block, or one of `regwire.session.items`, and say what to do."""
        if self._keep_timers:
            self.timers.set("idle", self.config.limits.idle, now)
        if self._stepping and not isinstance(item, item_types.Closed):
            self._backlog.append(item)
            return []
        return self._judge(item)

    def quick(self, block: Any) -> Any:
        """What to send for a block that is nothing but a request which can be answered at once, and keeps open.

        It is what `Engine.quick` gives: the driver sends it by the engine's template, or `Engine.whole` of it, and is
        done. NotImplemented: try `plain()`.
        """
        if self._owed or self._stepping or self.state is not ServerState.READY or not block.keep_open:
            return NotImplemented
        if self._sized:
            # Who is bounded in what it sends has to look at each response.
            return NotImplemented
        request = block.document
        if type(request) is not Request or block.chunks or block.error is not None:
            return NotImplemented
        authority = block.authority
        context = self._context
        if context.authority != authority or not authority:
            if not self.engine.serves(authority):
                return NotImplemented
            context = self.context(authority)
        return self.engine.quick(request, context)

    def plain(self, block: Any) -> Exchange | None:
        """The exchange of a block that is nothing but a request, in a session that is ready: the fast path.

        The driver then calls `expect(block.keep_open)` for its ticket. None: give the block to `receive()`.
        """
        if (
            self.state is ServerState.READY
            and not self._stepping
            and block.error is None
            and not block.chunks
            and type(block.document) is Request
            and self.engine.serves(block.authority)
        ):
            return Exchange(block.document, self.context(block.authority))
        return None

    def expect(self, keep_open: bool) -> Reply:
        """Note that a reply is owed."""
        reply = Reply(keep_open)
        self._owed.append(reply)
        if not keep_open:
            self._close("as the client asked")
        return reply

    def answered(self, ticket: Reply, response: Response, now: float) -> list[Action]:
        """The engine's response to an `Ask`."""
        if self._keep_timers:
            self.timers.set("idle", self.config.limits.idle, now)
        owed = self._owed
        limit = self.config.limits.response_octets
        if (
            limit is None
            and ticket.authentication is None
            and ticket.information is None
            and owed
            and owed[0] is ticket
        ):
            owed.popleft()
            keep_open = ticket.keep_open and not (self.ended and not owed)
            if keep_open and not owed:
                return [Send(response, True)]
            actions: list[Action] = [Send(response, keep_open)]
            return actions + self._flush() if keep_open else [*actions, Close(self.reason)]
        self._put(ticket, response)
        ticket.ready = True
        return self._flush()

    def authenticated(self, ticket: Reply, outcome: Outcome, now: float) -> list[Action]:
        """The outcome of an `Authenticate`'s step. Gives the actions of what came meanwhile, too."""
        self._stepping = False
        actions = self._outcome(ticket, outcome)
        while self._backlog and not self._stepping and not self.ended:
            actions += self._judge(self._backlog.popleft())
        if self.ended:
            self._backlog.clear()
        return actions

    def tick(self, now: float) -> list[Action]:
        """Let the timers that are due run out."""
        found: list[Action] = []
        for kind in self.timers.expire(now):
            found += self._judge(_Expired(kind))
            if kind == "idle" and not self.ended:
                self.timers.set("idle", self.config.limits.idle, now)
        return found

    @property
    def deadline(self) -> float | None:
        """When `tick()` must be called at the latest."""
        return self.timers.next()

    def drain(self, reason: str = "the server is stopping") -> list[Action]:
        """Answer what is owed, then close; a client to which nothing is owed is told `reason` (system-error)."""
        return self._judge(_Drain(reason))

    def context(self, authority: str) -> Context:
        """What handlers are told of a request for this authority."""
        if self._context.authority != authority:
            self._context = Context(
                self.transport, authority, self.peer, self.channel.encrypted, self.identity, self.data
            )
        return self._context

    # --------------------------------------------------------------------------------------------------------- judging

    def _judge(self, item: Any) -> list[Action]:
        given = _input_of(item)
        if given is None or (given is ServerInput.IDLE and self._owed):
            return []
        step = SERVER.step(self.state, given)
        action = step.action
        if action is ServerAction.IGNORE:
            return []
        if action is ServerAction.ANSWER:
            return self._answer(item)
        if action is ServerAction.AUTHENTICATE:
            return self._authenticate(item)
        if step.next is ServerState.CLOSED:
            self.state = ServerState.CLOSED
            self._owed.clear()
            self._backlog.clear()
            self.timers.clear()
            return []
        return self._end(action, given, item)

    def _end(self, action: ServerAction, given: ServerInput, item: Any) -> list[Action]:
        """Answer with information and close, after what is owed."""
        text = {
            ServerInput.BAD_BLOCK: getattr(item, "error", None) or "",
            ServerInput.BLOCK: "requests must wait until authentication is complete",
            ServerInput.BROKEN: getattr(item, "reason", "") or "not a block",
            ServerInput.HALF_BLOCK: "the block was not complete in time",
        }.get(given, "")
        information: tuple[str, Any] | None = None
        if action is ServerAction.BLOCK_ERROR:
            information = ("oi", other("block-error", text))
        elif action is ServerAction.VERSIONS:
            information = ("vi", self.versions())
        elif action is ServerAction.SIZE:
            information = ("si", size(request=self.config.limits.request_octets))
        elif action is ServerAction.IDLE_TIMEOUT:
            information = ("oi", other("idle-timeout"))
        self._close(text or given.value)
        if information is not None:
            self._owed.append(Reply(False, information=information, ready=True))
        elif not self._owed:
            text = item.reason if isinstance(item, _Drain) else "the server is stopping"
            information = ("oi", other("system-error", text))
            self._owed.append(Reply(False, information=information, ready=True))
        return self._flush()

    def _close(self, reason: str) -> None:
        self.state = ServerState.CLOSING
        self.reason = self.reason or reason
        self.timers.clear()

    # -------------------------------------------------------------------------------------------------------- answering

    def _answer(self, block: Any) -> list[Action]:
        reply = self.expect(block.keep_open)
        return self._fill(reply, block)

    def _fill(self, reply: Reply, block: Any) -> list[Action]:
        """Work out data and information of a reply, whose authentication is settled."""
        exchange = self._data(reply, block)
        kinds = [kind for kind, _ in block.chunks]
        if "vi" in kinds and reply.information is None:
            reply.information = ("vi", self.versions())
        if exchange is not None:
            return [Ask(reply, exchange)]
        if "nd" in kinds:
            reply.data = ("nd", b"")
        reply.ready = True
        return self._flush()

    def _data(self, reply: Reply, block: Any) -> Exchange | None:
        document = block.document
        if document is None:
            return None
        if isinstance(document, Fault):
            if is_other_version(document):
                reply.information = ("vi", self.versions())
            else:
                self._complain(reply, "data-error", _words(document))
        elif not isinstance(document, Request):
            self._complain(reply, "data-error", "not a request")
        elif not self.engine.serves(block.authority):
            self._complain(reply, "authority-error", "this authority is not served here")
        else:
            return Exchange(document, self.context(block.authority))
        return None

    def _complain(self, reply: Reply, type: OtherType, text: str) -> None:
        reply.information = ("oi", other(type, text))

    def _put(self, reply: Reply, response: Response) -> None:
        """Take a response into its reply, or its size when it is too large."""
        limit = self.config.limits.response_octets
        if limit is None:
            reply.data = ("ad", response)
            return
        try:
            octets = self.config.schema.codec.encode(response)
        except EncodeError as error:
            logger.error("a response is not valid: %s", error, extra={"event": "iris.invalid"})  # noqa: TRY400
            reply.information = ("oi", other("system-error"))
            return
        if len(octets) > limit:
            reply.information = ("si", size(response=len(octets)))
        else:
            reply.data = ("ad", octets)

    def _flush(self) -> list[Action]:
        """Send what is ready, in order; close after the last when the session ends."""
        actions: list[Action] = []
        while self._owed and self._owed[0].ready:
            reply = self._owed.popleft()
            last = self.ended and not self._owed
            keep_open = reply.keep_open and not last
            actions.append(Send(reply.content, keep_open))
            if not keep_open:
                self._owed.clear()
                self._close(self.reason or "as the server said")
                actions.append(Close(self.reason))
        return actions

    # --------------------------------------------------------------------------------------------------- authentication

    def _authenticate(self, block: Any) -> list[Action]:
        reply = self.expect(block.keep_open)
        chunks = [data for kind, data in block.chunks if kind == "sd"]
        # What came with it is answered when it is known who asks.
        step = self._step(chunks[0]) if not any(chunks[1:]) else "SASL data is in one chunk"
        if isinstance(step, str):
            self._complain(reply, "data-error", step)
            if self._mechanism is not None:
                # To abort is to close (RFC 4992 section 14.2).
                reply.keep_open = False
                self._close("authentication aborted")
            reply.ready = True
            return self._flush()
        self._stepping = True
        reply.block = block
        return [Authenticate(reply, step)]

    def _step(self, chunk: bytes) -> Callable[[], Outcome] | str:
        try:
            name, data = sasl_data.parse(chunk)
        except ValueError as error:
            return str(error)
        if self._mechanism is not None:
            if name != self._mechanism.name:
                return "another mechanism than the one that was begun"
            return partial(attempted, self._mechanism.step, data or b"")
        sasl = self.config.sasl
        if self.authenticated_once:
            return partial(Failed, "authenticated already")
        mechanism = None if sasl is None else sasl.begin(name, self.channel, service=sasl_data.SERVICE)
        if mechanism is None:
            return partial(Failed, f"mechanism {name!r} is not offered here")
        self._mechanism = mechanism
        return partial(attempted, mechanism.start, data)

    def _outcome(self, reply: Reply, outcome: Outcome) -> list[Action]:
        block, reply.block = reply.block, None
        if self.state is ServerState.CLOSED:
            return []
        if isinstance(outcome, Continue):
            assert self._mechanism is not None
            reply.authentication = ("sd", sasl_data.build(self._mechanism.name, outcome.data))
            if block.document is not None:
                self._complain(reply, "data-error", "authentication goes on: send the request when it is complete")
            reply.ready = True
            if self.state is ServerState.READY:
                self.state = ServerState.SASL
            return self._flush()
        self._mechanism = None
        if self.state is ServerState.SASL:
            self.state = ServerState.READY
        if isinstance(outcome, Done):
            self.identity = outcome.identity
            self.authenticated_once = True
            self._context = Context(self.transport, "", self.peer, self.channel.encrypted, outcome.identity, self.data)
            text = Text(f"authenticated as {outcome.identity or 'anonymous'}", language="en")
            reply.authentication = ("as", AuthenticationSuccess((text,), outcome.data))
            return self._fill(reply, block)
        return self._refuse(reply, outcome)

    def _refuse(self, reply: Reply, outcome: Failed) -> list[Action]:
        """Authentication failed: say so, and nothing more of why; what came with it is not executed."""
        self._failures += 1
        logger.info(
            "authentication failed: %s",
            outcome.reason,
            extra={"event": "iris.refused_login", "peer": shown_address(self.peer), "reason": outcome.reason},
        )
        reply.authentication = ("af", AuthenticationFailure((Text("authentication failed", language="en"),)))
        if self._failures >= self.config.limits.failed_logins:
            reply.keep_open = False
            self._close("too many failed logins")
        reply.ready = True
        return self._flush()


@dataclass(frozen=True, slots=True)
class _Expired:
    """A timer of the session's own ran out."""

    kind: str


@dataclass(frozen=True, slots=True)
class _Drain:
    """The driver wants the session to end."""

    reason: str


def _words(fault: Fault) -> str:
    """The first fault, as far as a peer may be told."""
    if not fault.faults:
        return "not readable"
    first = fault.faults[0]
    return f"{first.path}: {first.rule}" if first.path else str(first.rule)


_TIMERS = {"frame": ServerInput.HALF_BLOCK, "idle": ServerInput.IDLE, "session": ServerInput.TIME_UP}


def _input_of(item: Any) -> ServerInput | None:
    """What an item is to the table; None: nothing."""
    if hasattr(item, "chunks"):
        if item.error is not None:
            return ServerInput.BAD_BLOCK
        return ServerInput.SASL if any(kind == "sd" for kind, _ in item.chunks) else ServerInput.BLOCK
    if isinstance(item, item_types.TimerExpired | _Expired):
        return _TIMERS.get(item.kind)
    if isinstance(item, item_types.Closed):
        return ServerInput.GONE
    if isinstance(item, item_types.FrameTooLarge):
        return ServerInput.TOO_LARGE
    if isinstance(item, _Drain):
        return ServerInput.DRAIN
    if hasattr(item, "version"):
        return ServerInput.OTHER_VERSION
    if isinstance(item, item_types.Writable | item_types.Opened):
        return None
    return ServerInput.BROKEN
