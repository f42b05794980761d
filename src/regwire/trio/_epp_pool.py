"""Many EPP sessions to one server, over the reactor's client role."""

from __future__ import annotations

import contextlib
import logging
import random
import socket
from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, cast

import regwire_native
import trio
from trio.lowlevel import Abort, Task, current_task, reschedule, wait_task_rescheduled

from regwire.epp import requests
from regwire.epp.client import ClientConfig, ClientSession
from regwire.epp.coding import DEFAULT
from regwire.epp.messages.core import Command, Greeting, Hello, Response
from regwire.epp.state import ClientState
from regwire.errors import (
    AuthenticationError,
    AuthenticationErrorClosing,
    AuthorizationError,
    CertificateRefused,
    ConfigError,
    ConnectFailed,
    NotSent,
    OutcomeUnknown,
    RegwireError,
)
from regwire.schema import Schema
from regwire.session.items import Closed, Opened
from regwire.trio._epp_client import (
    FRAME_LIMIT,
    LOGOUT_SECONDS,
    SYSTEM_ROOTS,
    Conversation,
    LoginOptions,
    connect_error,
    login_command,
)
from regwire.trio._epp_commands import AsyncCommands
from regwire.trio._reactor import drive, make_reactor

__all__ = ["Backoff", "Pool"]

logger = logging.getLogger("regwire.trio.epp")

TICK_SECONDS = 0.5
"""How often overdue replies and idle sessions are looked for: short against every deadline."""

_FATAL = (AuthenticationError, AuthenticationErrorClosing, AuthorizationError, CertificateRefused, ConfigError)
"""Trying again does not help, and locks the account at many registries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Pauses before a session is opened again: `first` seconds, times `factor` up to `most`.

    Each is cut by up to half at random, so that the sessions of many clients do not come back together.
    """

    first: float = 0.5
    factor: float = 2.0
    most: float = 60.0

    def pauses(self) -> Any:
        """The pauses, without end."""
        pause = self.first
        while True:
            yield pause * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not secrecy
            pause = min(pause * self.factor, self.most)


class _Link:
    """One session of the pool, while its connection lasts."""

    __slots__ = ("conversation", "ended", "number", "peer", "ready", "session", "up")

    def __init__(self, number: int, session: ClientSession, conversation: Conversation) -> None:
        self.number = number
        self.session = session
        self.conversation = conversation
        self.ready = False
        self.peer: Any = None
        self.up = trio.Event()
        self.ended = trio.Event()

    def arrived(self, item: Any) -> None:
        if self.ready:
            self.conversation.deliver(item)
            return
        if isinstance(item, Opened):
            self.peer = item.peer
            return
        self.conversation.deliver(item)
        if self.session.greeting is not None or self.conversation.closed:
            self.up.set()

    def changed(self) -> None:
        if self.conversation.closed:
            self.ready = False
            self.up.set()
            self.ended.set()


class Pool(AsyncCommands):
    """`size` sessions to one server, opened and kept open; commands go to those with a place in turn.

    `window` is how many commands are outstanding on each. A session that is lost is opened again with `backoff`; one
    that is idle for `keep_alive` seconds says hello. A command that did not leave (NotSent) goes to another session;
    one whose reply is lost raises OutcomeUnknown: it is never repeated by the pool. Commands that need one session
    and its order go to a `Client`.

    Entering waits for the first session that is logged in; a refused login raises its error. Leaving logs out.
    """

    def __init__(
        self,
        host: str,
        port: int = 700,
        *,
        client_id: str,
        password: str,
        tls: Any = SYSTEM_ROOTS,
        server_name: str | None = None,
        size: int = 1,
        window: int = 16,
        login: LoginOptions = LoginOptions(),  # noqa: B008 - immutable
        config: ClientConfig | None = None,
        schema: Schema = DEFAULT,
        keep_alive: float | None = 240.0,
        backoff: Backoff = Backoff(),
        timeout: float = 30.0,
    ) -> None:
        if size < 1:
            raise ConfigError("size", f"a pool has at least one session, not {size}")
        base = config or ClientConfig()
        self._host, self._port = host, port
        self._client_id, self._password, self._login = client_id, password, login
        self._tls = regwire_native.ClientTls() if tls is SYSTEM_ROOTS else tls
        self._server_name = server_name or host
        self._size = size
        self._config = ClientConfig(
            window=window,
            reply_timeout=base.reply_timeout,
            greeting_timeout=base.greeting_timeout,
            server_id=base.server_id,
            ids=base.ids,
        )
        self._schema = schema
        self._keep_alive = keep_alive
        self._backoff = backoff
        self._timeout = timeout
        self._links: dict[int, _Link] = {}
        self._ready: list[_Link] = []
        self._turn = 0
        self._waiters: deque[Task] = deque()
        self._flusher: Task | None = None
        self._flush_due = False
        self._first = trio.Event()
        self._fatal: RegwireError | None = None
        self._ending = False
        self._manager: Any = None

    # ------------------------------------------------------------------------------------------------------- lifetime

    async def __aenter__(self) -> Self:
        """Start the sessions; wait for the first that is logged in."""
        self._reactor = make_reactor()
        self._codec = self._schema.codec
        self._manager = trio.open_nursery()
        nursery = await self._manager.__aenter__()
        try:
            nursery.start_soon(drive, self._reactor, self._events)
            nursery.start_soon(self._flush)
            nursery.start_soon(self._tick)
            for _ in range(self._size):
                nursery.start_soon(self._keep_open)
            with trio.fail_after(self._timeout):
                await self._first.wait()
            self._raise_fatal()
        except trio.TooSlowError:
            await self._stop(None)
            raise ConnectFailed(f"{self._host}:{self._port}: no session within {self._timeout:g} s") from None
        except BaseException as error:
            await self._stop(error)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Log out of every session, and close."""
        self._ending = True
        try:
            if error is None:
                with trio.move_on_after(LOGOUT_SECONDS):
                    async with trio.open_nursery() as nursery:
                        for link in list(self._ready):
                            nursery.start_soon(self._log_out, link)
        finally:
            await self._stop(error)

    async def _stop(self, error: BaseException | None) -> None:
        self._ending = True
        for link in list(self._links.values()):
            link.conversation.settle(link.session.close())
            self._reactor.close(link.number, drain=True)
        self._reactor.flush()
        manager, self._manager = self._manager, None
        manager._nursery.cancel_scope.cancel()
        try:
            await manager.__aexit__(None, None, None)
        except BaseException:
            if error is None or isinstance(error, trio.Cancelled):
                raise
        finally:
            self._reactor.poll()
            self._reactor.shutdown()
            self._wake_all()

    async def _log_out(self, link: _Link) -> None:
        with contextlib.suppress(NotSent, OutcomeUnknown):
            await link.conversation.exchange(requests.logout())

    # ------------------------------------------------------------------------------------------------------- commands

    @property
    def ready(self) -> int:
        """How many sessions are logged in."""
        return len(self._ready)

    async def send(self, message: Command) -> Response:
        """Send a command on the next session that has a place and return its response, whatever its code.

        Waits for a place when all windows are full or no session is open. Raises OutcomeUnknown, EncodeError, NotSent
        when the pool is closed, and the error of a login that was refused.
        """
        response: Response = await self._exchange(message)
        return response

    async def hello(self) -> Greeting:
        """Ask a server for a greeting."""
        greeting: Greeting = await self._exchange(Hello())
        return greeting

    async def _exchange(self, message: Hello | Command) -> Any:
        while True:
            link = await self._pick(message)
            try:
                return await link.conversation.exchange(message)
            except NotSent:
                if link.session.state is ClientState.READY:
                    raise

    async def _pick(self, message: Hello | Command) -> _Link:
        while True:
            self._raise_fatal()
            if self._ending:
                raise NotSent("the pool is closed", message)
            link = self._next_free()
            if link is not None:
                return link
            task = current_task()
            self._waiters.append(task)

            def abort(_: object, task: Task = task) -> Abort:
                self._waiters.remove(task)
                return Abort.SUCCEEDED

            await wait_task_rescheduled(abort)

    def _next_free(self) -> _Link | None:
        """The next session in turn that has a place: as even as the least loaded one, and found at once."""
        ready = self._ready
        for _ in range(len(ready)):
            self._turn = turn = self._turn + 1 if self._turn + 1 < len(ready) else 0
            link = ready[turn]
            if not link.session.window.full:
                return link
        return None

    def _raise_fatal(self) -> None:
        if self._fatal is not None:
            raise self._fatal

    def _wake_one(self) -> None:
        if self._waiters:
            reschedule(self._waiters.popleft())

    def _wake_all(self) -> None:
        while self._waiters:
            reschedule(self._waiters.popleft())

    # ------------------------------------------------------------------------------------------------------- sessions

    async def _keep_open(self) -> None:
        pauses = self._backoff.pauses()
        while not self._ending:
            try:
                link = await self._open()
            except _FATAL as error:
                self._fatal = self._fatal or error
                self._first.set()
                self._wake_all()
                return
            except (RegwireError, OSError) as error:
                if self._ending:
                    return
                pause = next(pauses)
                logger.warning(
                    "%s:%d: %s; again in %.1f s", self._host, self._port, error, pause,
                    extra={"event": "epp.pool", "error": type(error).__name__},
                )  # fmt: skip
                await trio.sleep(pause)
                continue
            pauses = self._backoff.pauses()
            if link.session.state is ClientState.READY:  # it may have ended since
                self._ready.append(link)
            self._first.set()
            for _ in range(self._config.window):
                self._wake_one()
            await link.ended.wait()
            if not self._ending:
                logger.warning("%s:%d: session lost: %s", self._host, self._port, link.session.error)
                await trio.sleep(next(pauses))

    async def _open(self) -> _Link:
        """Connect, greet, log in: one session."""
        with trio.move_on_after(self._timeout) as scope:
            link = await self._dial()
            try:
                await link.up.wait()
                greeting = _greeting_of(link)
                command = login_command(greeting, self._client_id, self._password, self._login, self._schema)
                requests.check(await link.conversation.exchange(command))
            except BaseException:
                self._drop(link)
                raise
            link.ready = True
            return link
        assert scope.cancelled_caught
        raise ConnectFailed(f"no session within {self._timeout:g} s")

    async def _dial(self) -> _Link:
        found = await trio.socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        errors: list[str] = []
        for family, kind, proto, _, address in found:
            sock = trio.socket.socket(family, kind, proto)
            try:
                await sock.connect(address)
            except OSError as error:
                sock.close()
                errors.append(f"{address[0]}: {error.strerror}")
            except BaseException:
                sock.close()
                raise
            else:
                return self._attach(sock.detach())
        raise ConnectFailed(f"{self._host}:{self._port}: {'; '.join(errors)}")

    def _attach(self, fd: int) -> _Link:
        limits = regwire_native.SessionLimits(
            frame_octets=FRAME_LIMIT, login_seconds=None, idle_seconds=None, session_seconds=None
        )
        number = self._reactor.attach(
            fd,
            framing="epp",
            tls=self._tls,
            server_name=self._server_name if self._tls is not None else None,
            limits=limits,
            codec=self._codec,
            role="client",
        )
        session = ClientSession(self._config, trio.current_time())

        def transmit(message: Any) -> None:
            self._reactor.send_message(number, message)
            self._flush_soon()

        conversation = Conversation(session, transmit)
        link = _Link(number, session, conversation)
        conversation.changed = self._changed(link)
        self._links[number] = link
        self._reactor.set_owner(number, link)
        self._reactor.flush()
        return link

    def _changed(self, link: _Link) -> Any:
        def changed() -> None:
            if link.session.state is not ClientState.READY:
                link.changed()
                if link in self._ready:
                    # At once, not when its keeper runs: a command must not be offered to a session that is over.
                    self._ready.remove(link)
            if self._waiters:
                self._wake_one()

        return changed

    def _drop(self, link: _Link) -> None:
        link.conversation.settle(link.session.close())
        self._reactor.close(link.number, drain=True)
        self._links.pop(link.number, None)

    # -------------------------------------------------------------------------------------------------------- reactor

    def _events(self, n: int) -> None:
        """Take what a poll left, chunk by chunk, and hand it to the sessions."""
        reactor = self._reactor
        while n > 0:
            owners, items = reactor.take(32)
            if not items:
                break
            n -= len(items)
            for owner, item in zip(owners, items, strict=True):
                link = owner if isinstance(owner, _Link) else self._links.get(cast("int", owner))
                if link is None:
                    continue
                link.arrived(item)
                if type(item) is Response and link.ready:
                    continue
                if isinstance(item, Closed):
                    self._links.pop(link.number, None)
                elif link.conversation.closed:
                    reactor.close(link.number, drain=False)
        reactor.flush()

    async def _flush(self) -> None:
        """One flush for all that was sent in the same turn of trio."""
        while True:
            if not self._flush_due:
                self._flusher = current_task()
                await wait_task_rescheduled(_abort)
            self._flush_due = False
            self._reactor.flush()

    def _flush_soon(self) -> None:
        if not self._flush_due:
            self._flush_due = True
            if self._flusher is not None:
                task, self._flusher = self._flusher, None
                reschedule(task)

    async def _tick(self) -> None:
        """Look for overdue replies, and keep idle sessions alive."""
        async with trio.open_nursery() as nursery:
            while True:
                await trio.sleep(TICK_SECONDS)
                now = trio.current_time()
                for link in list(self._links.values()):
                    outcomes = link.session.tick(now)
                    link.conversation.settle(outcomes)
                    if link.conversation.closed:
                        self._drop(link)
                    elif self._idle(link, now):
                        link.conversation.used = now
                        nursery.start_soon(self._say_hello, link)

    def _idle(self, link: _Link, now: float) -> bool:
        keep = self._keep_alive
        return link.ready and keep is not None and now - link.conversation.used >= keep and not link.session.window

    async def _say_hello(self, link: _Link) -> None:
        with contextlib.suppress(NotSent, OutcomeUnknown):
            await link.conversation.exchange(Hello())


def _greeting_of(link: _Link) -> Greeting:
    if link.session.greeting is None:
        raise connect_error(link.session.error)
    return link.session.greeting


def _abort(_: object) -> Abort:
    return Abort.SUCCEEDED
