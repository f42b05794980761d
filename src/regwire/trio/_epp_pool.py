"""Many EPP sessions to one server, over the reactor's client role."""

from __future__ import annotations

import contextlib
import logging
import random
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import regwire_native
import trio
from trio.lowlevel import current_task

from regwire.epp import requests
from regwire.epp.client import ClientConfig
from regwire.epp.coding import DEFAULT
from regwire.epp.messages.core import Command, Greeting, Hello, Response
from regwire.epp.requests import Answer
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
from regwire.session import Pending
from regwire.trio._collector import CLIENT_POLICY, CollectorPolicy
from regwire.trio._dial import why
from regwire.trio._epp_client import (
    LOGOUT_SECONDS,
    SYSTEM_ROOTS,
    LoginOptions,
    connect_error,
    login_command,
)
from regwire.trio._epp_commands import AsyncCommands
from regwire.trio._epp_sessions import EppLink, Sessions

__all__ = ["Backoff", "Pool"]

logger = logging.getLogger("regwire.trio.epp")

ROOM_SECONDS = 0.01
"""How often the end of a pool looks whether a full session has a place for its logout."""

_FATAL = (AuthenticationError, AuthenticationErrorClosing, AuthorizationError, CertificateRefused, ConfigError)
"""Trying again does not help, and locks the account at many registries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Pauses before a session is opened again: `first` seconds, times `factor` up to `most`.

    Each is cut by up to half at random, so that the sessions of many clients do not come back together. The pauses
    begin anew after a session that answered a command or lasted `most` seconds, not after a mere login.
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


class Pool(AsyncCommands):
    """`size` sessions to one server, opened and kept open; commands go to those with a place in turn.

    `window` is how many commands are outstanding on each. A session that is lost is opened again with `backoff`; one
    that is idle for `keep_alive` seconds says hello. A command that did not leave (NotSent) goes to another session;
    one whose reply is lost raises OutcomeUnknown: it is never repeated by the pool. Commands that need one session
    and its order go to a `Client`.

    `collector` raises the thresholds of the process's garbage collector while the pool is open, unless they are higher
    already (a tenth less CPU with many commands outstanding); None leaves it alone.

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
        collector: CollectorPolicy | None = CLIENT_POLICY,
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
        self._collector = collector
        self._first = trio.Event()
        self._fatal: RegwireError | None = None
        self._why = ""
        self._ending = False
        self._manager: Any = None
        self._nursery: trio.Nursery
        self._sessions: Sessions

    # ------------------------------------------------------------------------------------------------------- lifetime

    async def __aenter__(self) -> Self:
        """Start the sessions; wait for the first that is logged in."""
        self._sessions = Sessions(self, self._config, self._schema, self._tls, self._server_name, self._collector)
        self._core = self._sessions.exchange
        self._manager = trio.open_nursery()
        self._nursery = nursery = await self._manager.__aenter__()
        try:
            for _ in range(self._size):
                nursery.start_soon(self._keep_open)
            with trio.fail_after(self._timeout):
                await self._first.wait()
            self._raise_closed(None)
        except trio.TooSlowError:
            await self._stop(None)
            last = f"; {self._why}" if self._why else ""
            raise ConnectFailed(f"{self._host}:{self._port}: no session within {self._timeout:g} s{last}") from None
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
                        for link in self._open_links():
                            nursery.start_soon(self._log_out, link)
        finally:
            await self._stop(error)

    async def _stop(self, error: BaseException | None) -> None:
        self._ending = True
        self._sessions.close(self._refusal)
        manager, self._manager = self._manager, None
        manager._nursery.cancel_scope.cancel()
        try:
            await manager.__aexit__(None, None, None)
        except BaseException:
            if error is None or isinstance(error, trio.Cancelled):
                raise

    async def _log_out(self, link: EppLink) -> None:
        with contextlib.suppress(NotSent, OutcomeUnknown):
            while link.window.full:
                await trio.sleep(ROOM_SECONDS)
            await self._on(link, requests.logout())

    # ------------------------------------------------------------------------------------------------------- commands

    @property
    def ready(self) -> int:
        """How many sessions are logged in."""
        return len(self._core.links)

    async def send(self, message: Command) -> Response:
        """Send a command on the next session that has a place and return its response, whatever its code.

        Waits for a place when all windows are full or no session is open. Raises OutcomeUnknown, EncodeError, NotSent
        when the pool is closed, and the error of a login that was refused.
        """
        self._raise_closed(message)
        response: Response = await self._core.submit(message, current_task())
        return response

    def _submit(self, message: Command) -> Pending:
        if self._ending or self._fatal is not None:
            self._raise_closed(message)
        return self._core.submit(message, current_task())

    async def send_many(self, messages: Iterable[Command]) -> list[Response | RegwireError]:
        """Send many commands, as many outstanding as the pool has places, and return what became of each, in order.

        An element is the response, whatever its code, or the error in its place: OutcomeUnknown, EncodeError, NotSent.
        It costs less than a task for each command. Between sessions there is no order: no command may need the effect
        of another one of the list. Cancelled, it sends no more, and drops the replies to what has left.
        """
        results: list[Response | RegwireError] = await self._many(messages, None)
        return results

    async def ask_many(self, messages: Iterable[Command]) -> list[Answer]:
        """As `send_many`, but an element of the result is what the typed methods return or raise.

        That is the data of a successful response (the whole response when it has no element of data, or several), or
        the error in its place: the `CommandError` of the response's code, OutcomeUnknown, EncodeError, NotSent. What
        else the response holds, such as extensions and its svTRID, comes with `send_many` only.
        """
        answers: list[Answer] = await self._many(messages, requests.answer_of)
        return answers

    async def _many(self, messages: Iterable[Command], digest: Callable[[Any], Any] | None) -> Any:
        given = list(messages)
        self._raise_closed(given)
        if not given:
            await trio.lowlevel.checkpoint()
            return []
        most = self._size * self._config.window
        return await self._core.submit_many(given, current_task(), most, digest)

    async def hello(self) -> Greeting:
        """Ask a server for a greeting."""
        self._raise_closed(None)
        greeting: Greeting = await self._core.submit(Hello(), current_task())
        return greeting

    def _raise_closed(self, message: Any) -> None:
        if self._fatal is not None:
            raise self._fatal
        if self._ending:
            raise NotSent("the pool is closed", message)

    def _refusal(self, message: Any) -> RegwireError:
        return self._fatal or NotSent("the pool is closed", message)

    async def _on(self, link: EppLink, message: Hello | Command) -> Any:
        """Exchange a message on this very session, beside the queue."""
        return await self._core.submit_on(link, message, current_task())

    # ------------------------------------------------------------------------------------------------------- sessions

    async def _keep_open(self) -> None:
        pauses = self._backoff.pauses()
        while not self._ending:
            try:
                link = await self._open()
            except _FATAL as error:
                self._fatal = self._fatal or error
                self._first.set()
                self._core.refuse(self._refusal)
                return
            except (RegwireError, OSError) as error:
                if self._ending:
                    return
                pause = next(pauses)
                self._why = why(error)
                logger.warning(
                    "%s:%d: %s; again in %.1f s", self._host, self._port, self._why, pause,
                    extra={"event": "epp.pool", "error": type(error).__name__},
                )  # fmt: skip
                await trio.sleep(pause)
                continue
            opened = trio.current_time()
            if link.session.state is ClientState.READY:  # it may have ended since
                self._core.join(link)
            self._first.set()
            await link.ended.wait()
            if link.answered or trio.current_time() - opened >= self._backoff.most:
                pauses = self._backoff.pauses()
            if not self._ending:
                logger.warning("%s:%d: session lost: %s", self._host, self._port, link.session.error)
                await trio.sleep(next(pauses))

    async def _open(self) -> EppLink:
        """Connect, greet, log in: one session."""
        with trio.move_on_after(self._timeout) as scope:
            link = await self._dial()
            try:
                await link.up.wait()
                greeting = _greeting_of(link)
                command = login_command(greeting, self._client_id, self._password, self._login, self._schema)
                requests.check(await self._on(link, command))
            except BaseException:
                self._sessions.drop(link)
                raise
            return link
        assert scope.cancelled_caught
        raise ConnectFailed(f"no session within {self._timeout:g} s")

    async def _dial(self) -> EppLink:
        found = await trio.socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        errors: list[str] = []
        for family, kind, proto, _, address in found:
            sock = trio.socket.socket(family, kind, proto)
            try:
                await sock.connect(address)
            except OSError as error:
                sock.close()
                errors.append(f"{address[0]}: {why(error)}")
            except BaseException:
                sock.close()
                raise
            else:
                return self._sessions.attach(sock)
        raise ConnectFailed("; ".join(errors))

    def _open_links(self) -> list[EppLink]:
        return [link for link in self._sessions.links.values() if link in self._core.links]

    # ---------------------------------------------------------------------------------------------------- the sessions'

    def changed(self, link: EppLink) -> None:
        """Called when a session's state may have changed."""
        if not link.ready:
            # At once, not when its keeper runs: a command must not be offered to a session that is over.
            self._core.leave(link)

    def look_after(self, link: EppLink, now: float) -> None:
        """Called every half second: keep idle sessions alive."""
        if self._idle(link, now):
            link.used = now
            self._nursery.start_soon(self._say_hello, link)

    def failed(self, error: Exception) -> None:
        """Called after an error of this program."""
        self._nursery.start_soon(_raise, error)

    def _idle(self, link: EppLink, now: float) -> bool:
        keep = self._keep_alive
        return link.ready and keep is not None and now - link.used >= keep and not link.window

    async def _say_hello(self, link: EppLink) -> None:
        with contextlib.suppress(NotSent, OutcomeUnknown):
            await self._on(link, Hello())


def _greeting_of(link: EppLink) -> Greeting:
    if link.session.greeting is None:
        raise connect_error(link.session.error)
    return link.session.greeting


async def _raise(error: Exception) -> None:
    raise error
