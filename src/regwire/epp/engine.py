"""Many server sessions over one reactor: the hot loop of `regwire.session` joined to `ServerSession`. No event loop.

The engine's loop decides what waits; where it waits is the driver's (`Waiting`): in its tasks.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

from regwire_native import ReplyTemplate

from regwire.epp.codes import Reply, ResultCode
from regwire.epp.handlers import Handlers, is_async
from regwire.epp.messages.core import Command, Login, Response
from regwire.epp.server import (
    RESULTS,
    Action,
    Authenticate,
    Close,
    Execute,
    Send,
    ServerConfig,
    ServerSession,
    SetAllowed,
    SetLimit,
    SetTimer,
)
from regwire.epp.state import EPP_URI
from regwire.session import Entry, Job, Loop
from regwire.session import items as item_types
from regwire.session.address import shown_address

__all__ = ["Engine", "Waiting"]

logger = logging.getLogger("regwire.epp.server")


class Waiting(Protocol):
    """The driver's part."""

    def start(self, job: Job, /) -> None:
        """Let a task await this job, then call `Engine.loop.done(job)`."""

    def kick(self) -> None:
        """Call `Engine.loop.turn()` soon."""


class Engine:
    """Sessions by number, sessions by account, and what the loop leaves to the protocol.

    `now` reads the monotonic clock that session times are in; `login` decides on logins when the handlers do not.
    """

    def __init__(
        self,
        reactor: Any,
        handlers: Handlers,
        config: ServerConfig,
        waiting: Waiting,
        *,
        now: Callable[[], float],
        login: Callable[..., Any] | None = None,
        codec: Any,
    ) -> None:
        self.reactor = reactor
        self.handlers = handlers
        self.config = config
        self.waiting = waiting
        self.now = now
        self.codec = codec
        self.sessions: dict[int, ServerSession] = {}
        self.by_account: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self.entries = handlers.entries(config.schema, config.limits)
        self.answered = handlers.answered_handler
        self.login_entry = self._login_entry(handlers.login_handler or login)
        self.loop = Loop(
            reactor,
            self,
            session_class=ServerSession,
            command_class=Command,
            reply_class=Reply,
            entries=self.entries,
            results=dict(RESULTS),
            template=ReplyTemplate(codec, Response, result="results", data="res_data", identifiers="tr_id"),
            ids=config.ids,
            batch=handlers.batch_handler,
            batch_waits=is_async(handlers.batch_handler),
            in_flight=config.limits.in_flight,
        )
        self.kick = waiting.kick
        self.start = waiting.start

    def _login_entry(self, function: Callable[..., Any] | None) -> Entry | None:
        if function is None:
            return None

        def log_in(session: ServerSession, command: Command, login: Login) -> Any:
            return function(session, login, command)

        return Entry(log_in, Login, waits=is_async(function), finish=self._logged_in)

    # --------------------------------------------------------------------------------------------------- for the loop

    def stray(self, owner: Any, item: Any) -> None:
        """An event of a session that `take()` did not know the owner of when it collected it."""
        if isinstance(item, item_types.Opened):
            self._open(item)
            return
        session = self.sessions.get(owner)
        if session is not None:
            if isinstance(item, Command):
                # It was decoded before the session's namespaces were set: to be looked at by the session itself.
                item = item_types.Unnegotiated(item, 0)
            self.loop.arrived(session, item)
        elif isinstance(item, item_types.Closed):
            self._never_opened(item)

    def _never_opened(self, item: Any) -> None:
        self.counts["never_opened"] += 1
        logger.info(
            "no session: %s",
            item.detail or item.reason,
            extra={
                "event": "epp.refused",
                "reason": item.reason,
                "detail": item.detail,
                "peer": shown_address(item.address),
            },
        )

    def other(self, session: ServerSession, item: Any) -> None:
        """An item that needs the state table."""
        if isinstance(item, item_types.Writable):
            return
        actions = session.judge(item)
        if isinstance(item, item_types.Closed):
            self._forget(session, item)
        else:
            self.perform(session, actions, item)

    def urgent(self, session: ServerSession, item: Any) -> bool:
        """What must not wait behind a command: a closed connection no longer counts, a session past its time ends."""
        if isinstance(item, item_types.Closed):
            self._uncount(session)
        elif isinstance(item, item_types.TimerExpired) and item.kind == "session":
            self.perform(session, session.judge(item))
            return True
        return False

    def failed(self, session: ServerSession | None, command: Any, error: BaseException | None) -> int:
        """Log what a handler did wrong; it is answered 2400."""
        self.counts["failed"] += 1
        logger.error(
            "handler failed: %s",
            "no reply" if error is None else f"{type(error).__name__}",
            exc_info=error,
            extra={
                "event": "epp.failed",
                "session": getattr(session, "number", None),
                "client_id": getattr(session, "client_id", None),
                "cl_trid": getattr(command, "cl_trid", None),
            },
        )
        return int(ResultCode.COMMAND_FAILED)

    def reply(self, session: ServerSession, command: Any, result: Any) -> Any:
        """Build a reply that is not of the simple kind."""
        return session.respond(command, result)

    def ended(self, session: ServerSession, code: int) -> None:
        """A reply of this code left: 1500 and 25xx end the session."""
        self.perform(session, session.after(code))

    # ------------------------------------------------------------------------------------------------- for the driver

    @property
    def busy(self) -> int:
        """Sessions in which a command waits."""
        return sum(1 for session in self.sessions.values() if session.busy)

    def drain(self) -> None:
        """Stop reading every session and close those in which nothing waits; to be called again until none is busy.

        What a session was sent but has not begun is dropped; what waits is answered first.
        """
        for session in list(self.sessions.values()):
            if session.busy:
                self.reactor.pause(session.number)
                kept = [item for item in session.backlog if isinstance(item, item_types.Closed)]
                session.backlog.clear()
                session.backlog.extend(kept)
            elif not session.closed:
                self.perform(session, session.drained())

    # ------------------------------------------------------------------------------------------------------- sessions

    def _open(self, item: Any) -> None:
        session = ServerSession(
            self.config, self.now(), number=item.session, peer=item.peer, allowed=self._bits(frozenset())
        )
        self.sessions[item.session] = session
        self.counts["opened"] += 1
        self.reactor.set_owner(item.session, session)
        self.reactor.set_allowed(item.session, session.allowed)
        self.perform(session, session.open(self.now()))

    def _bits(self, namespaces: frozenset[str]) -> int:
        bits = 0
        for uri in (EPP_URI, *self.config.content, *namespaces):
            bits |= self.codec.namespace_bit(uri)
        return bits

    def perform(self, session: ServerSession, actions: list[Action], item: Any = None) -> None:
        """Do what the session said; `item` is what it said it to."""
        reactor, number = self.reactor, session.number
        for action in actions:
            match action:
                case Send(message):
                    reactor.send_message(number, message)
                    if item is not None and self.answered is not None and isinstance(message, Response):
                        self._tell_answered(session, item, message)
                case Execute(command, obj):
                    self._execute(session, command, obj)
                case Authenticate(command, login):
                    self._authenticate(session, command, login)
                case SetTimer(kind, seconds):
                    reactor.set_timer(number, kind, seconds)
                case SetLimit(octets):
                    reactor.set_limit(number, octets)
                case SetAllowed(namespaces):
                    session.allowed = self._bits(namespaces)
                    reactor.set_allowed(number, session.allowed)
                case Close():
                    reactor.close(number, drain=True)

    def _tell_answered(self, session: ServerSession, item: Any, response: Response) -> None:
        assert self.answered is not None
        item = item.message if isinstance(item, item_types.Unnegotiated) else item
        try:
            self.answered(session, item, response)
        except Exception as error:
            self.failed(session, item, error)

    def _execute(self, session: ServerSession, command: Command, obj: Any) -> None:
        entry = self.entries.get(type(obj))
        if entry is None:
            self.loop.reply(session, command, int(ResultCode.UNIMPLEMENTED_COMMAND))
        else:
            self.loop.execute(session, command, obj, entry)

    def _authenticate(self, session: ServerSession, command: Command, login: Login) -> None:
        if self.login_entry is None:
            self._logged_in(session, command, int(ResultCode.AUTHENTICATION_ERROR))
        else:
            self.loop.call(session, command, login, self.login_entry)

    def _logged_in(self, session: ServerSession, command: Command, outcome: Any) -> None:
        login = command.op
        assert isinstance(login, Login)
        account = outcome[0] if isinstance(outcome, tuple) else outcome
        if not isinstance(account, int | Reply):
            limit = getattr(account, "max_sessions", None) or self.config.limits.sessions_per_account
            if self.by_account[login.cl_id] >= limit:
                outcome = int(ResultCode.SESSION_LIMIT_CLOSING)
        try:
            actions = session.login_result(command, outcome)
        except Exception as error:
            actions = session.login_result(command, self.failed(session, command, error))
        if session.client_id is not None:
            self.counts["logins"] += 1
            if not session.gone:
                self.by_account[login.cl_id] += 1
        else:
            self.counts["refused_logins"] += 1
        self.perform(session, actions, command)

    def _uncount(self, session: ServerSession) -> None:
        if session.gone:
            return
        session.gone = True
        if session.client_id is not None:
            self.by_account[session.client_id] -= 1
            if not self.by_account[session.client_id]:
                del self.by_account[session.client_id]

    def _forget(self, session: ServerSession, item: Any) -> None:
        self._uncount(session)
        self.sessions.pop(session.number, None)
        self.counts["closed"] += 1
        logger.info(
            "closed: %s",
            item.reason,
            extra={
                "event": "epp.closed",
                "reason": item.reason,
                "detail": item.detail,
                "session": session.number,
                "client_id": session.client_id,
            },
        )
        function = self.handlers.closed_handler
        if function is not None:
            try:
                self.loop.within(session, function, session, item.reason)
            except Exception as error:
                self.failed(session, None, error)
        session.backlog.clear()
