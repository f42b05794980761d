"""One EPP connection in trio: callers that share it, a reader, a writer."""

from __future__ import annotations

import contextlib
import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import regwire_native
import trio
from trio.lowlevel import (
    Abort,
    Task,
    checkpoint_if_cancelled,
    current_task,
    reschedule,
    wait_task_rescheduled,
)

from regwire.epp import requests
from regwire.epp.client import ClientConfig, ClientSession, unknown_error
from regwire.epp.coding import DEFAULT
from regwire.epp.ext.login_sec import UserAgent
from regwire.epp.messages.core import Command, Greeting, Hello, Response
from regwire.epp.state import ClientState
from regwire.errors import (
    CertificateRefused,
    ConnectFailed,
    EncodeError,
    NotSent,
    OutcomeUnknown,
    RegwireError,
    TransportError,
)
from regwire.schema import Schema
from regwire.session import Outcome, Reply, Slot, Unknown
from regwire.session.items import Closed
from regwire.trio._epp_commands import AsyncCommands

__all__ = ["Client", "Conversation", "LoginOptions", "connect"]

logger = logging.getLogger("regwire.trio.epp")

FRAME_LIMIT = 16 * 1024 * 1024
"""Octets of a reply. Servers are trusted more than their clients: an info of a large object must not be lost."""

CHUNK = 65536
"""Octets of one read: a TLS record is at most 16 KiB, four of them fit."""

LOGOUT_SECONDS = 5.0
"""How long the end of a `connect` block waits for the answer to logout."""

GOODBYE_SECONDS = 1.0
"""How long close_notify may take to leave."""

SYSTEM_ROOTS: Any = object()
"""The default of `tls`: verified against the certificates the system trusts, no client certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginOptions:
    """How to log in.

    `objects` and `extensions` are URIs; by default all that the greeting offers and the client's schema knows.
    `new_password` changes the password with the login. `user_agent` is sent in loginSec where the server offers it.
    """

    objects: Iterable[str] | None = None
    extensions: Iterable[str] | None = None
    language: str = "en"
    new_password: str | None = None
    user_agent: UserAgent | None = None


class Conversation:
    """Callers that share one session: each sends and waits for its own reply.

    `transmit(message)` queues a message for sending and raises EncodeError without queueing anything; `changed()` is
    called when a slot became free or the session ended.
    """

    __slots__ = ("_queue", "_transmit", "changed", "session", "used")

    def __init__(
        self, session: ClientSession, transmit: Callable[[Any], None], changed: Callable[[], None] | None = None
    ) -> None:
        self.session = session
        self._transmit = transmit
        self._queue: deque[Task] = deque()
        self.changed = changed
        self.used = trio.current_time()

    @property
    def closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self.session.state is ClientState.CLOSED

    async def exchange(self, message: Hello | Command) -> Any:
        """Send a message, wait for what answers it.

        Cancelled before it was sent, it is not sent. Cancelled after, its slot stays and swallows the reply. Raises
        NotSent, OutcomeUnknown, EncodeError.
        """
        await checkpoint_if_cancelled()
        session = self.session
        if self._queue or session.window.full:
            await self._room()
        self.used = now = trio.current_time()
        slot = session.send(message, now)
        try:
            self._transmit(slot.message)
        except EncodeError:
            session.unsend(slot)
            self._wake_next()
            raise
        slot.waiter = current_task()
        await wait_task_rescheduled(slot_abort(slot))
        result = slot.outcome
        if isinstance(result, Reply):
            return result.response
        assert isinstance(result, Unknown)
        raise unknown_error(result)

    async def _room(self) -> None:
        """Wait for a place in the window, in the order of arrival."""
        session = self.session
        while not self.closed:
            task = current_task()
            self._queue.append(task)

            def abort(_: object, task: Task = task) -> Abort:
                self._queue.remove(task)
                return Abort.SUCCEEDED

            await wait_task_rescheduled(abort)
            if not session.window.full:
                return
        # The session is over: `send` says so.

    def _wake_next(self) -> None:
        if self._queue and not self.session.window.full:
            reschedule(self._queue.popleft())

    def deliver(self, item: Any) -> None:
        """Give one received item to the session, and its outcomes to their callers."""
        self.settle(self.session.receive(item, trio.current_time()))

    def settle(self, outcomes: list[Outcome]) -> None:
        """Give outcomes to their callers."""
        for result in outcomes:
            slot = result.slot if isinstance(result, Reply | Unknown) else None
            if slot is None or slot.waiter is None:
                if isinstance(result, Unknown):
                    logger.warning("outcome unknown, and nobody waits for it: %s", result.reason)
                continue
            task, slot.waiter = slot.waiter, None
            slot.outcome = result
            reschedule(task)
        if self.closed:
            while self._queue:
                reschedule(self._queue.popleft())
        elif self._queue:
            for _ in outcomes:
                self._wake_next()
        if self.changed is not None:
            self.changed()


def slot_abort(slot: Slot) -> Callable[[object], Abort]:
    """What cancellation does to a caller that waits: the slot stays."""

    def abort(_: object) -> Abort:
        slot.abandon()
        return Abort.SUCCEEDED

    return abort


class Client(AsyncCommands):
    """A logged-in session. Any number of tasks may call its methods at the same time; their commands share the window.

    `greeting` is the server's, `peer` describes its TLS. Made by `connect`.
    """

    def __init__(self, stream: trio.abc.Stream, wire: Any, config: ClientConfig, schema: Schema) -> None:
        self._stream = stream
        self._wire = wire
        self._schema = schema
        self._session = ClientSession(config, trio.current_time())
        self._conversation = Conversation(self._session, self._transmit)
        self._writer: Task | None = None
        self._scope = trio.CancelScope()
        self._greeted = trio.Event()

    @property
    def greeting(self) -> Greeting:
        """The last greeting."""
        assert self._session.greeting is not None
        return self._session.greeting

    @property
    def peer(self) -> Any:
        """The server: address, TLS version, cipher, certificates; None on a plain stream."""
        return self._wire.peer

    @property
    def closed(self) -> bool:
        """Whether the session is over."""
        return self._conversation.closed

    async def send(self, message: Command) -> Response:
        """Send any command and return its response, whatever its code.

        Raises NotSent (it did not leave), OutcomeUnknown (it left, its reply is lost), EncodeError. Cancellation after
        it left does not take it back: the reply is dropped when it comes.
        """
        response: Response = await self._exchange(message)
        return response

    async def hello(self) -> Greeting:
        """Ask for a greeting."""
        greeting: Greeting = await self._exchange(Hello())
        return greeting

    async def logout(self) -> Response:
        """End the session: returns the answer (1500). Commands after it raise NotSent."""
        response: Response = await self._exchange(requests.logout())
        return response

    async def _exchange(self, message: Hello | Command) -> Any:
        if not self._session.window:
            # Nothing was outstanding: the reader sleeps without a deadline.
            self._scope.deadline = trio.current_time() + self._session.config.reply_timeout
        return await self._conversation.exchange(message)

    # ------------------------------------------------------------------------------------------------------ transport

    def _transmit(self, message: Any) -> None:
        self._wire.send_message(message)
        self._wake_writer()

    def _wake_writer(self) -> None:
        if self._writer is not None:
            task, self._writer = self._writer, None
            reschedule(task)

    async def _write(self) -> None:
        try:
            while not (self._conversation.closed and not self._wire.handshaking):
                data = self._wire.outgoing()
                if data:
                    await self._stream.send_all(data)
                    continue
                self._writer = current_task()
                await wait_task_rescheduled(self._writer_abort)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            self._lose("reset", str(error.__cause__ or error) or "cannot be written to")

    def _writer_abort(self, _: object) -> Abort:
        self._writer = None
        return Abort.SUCCEEDED

    async def _read(self) -> None:
        try:
            while not self._conversation.closed:
                data = await self._receive()
                if data is None:
                    self._conversation.settle(self._session.tick(trio.current_time()))
                    continue
                for item in self._wire.receive(data):
                    self._conversation.deliver(item)
                if not data:
                    self._lose("eof", "the server closed the connection")
                self._wake_writer()
                if self._session.greeting is not None:
                    self._greeted.set()
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            self._lose("reset", str(error.__cause__ or error) or "reset")
        except (OSError, ValueError) as error:
            self._lose("tls", str(error))
        finally:
            self._greeted.set()
            self._wake_writer()

    async def _receive(self) -> bytes | None:
        """Read; None when the deadline of the oldest reply passed."""
        deadline = self._session.deadline
        self._scope = trio.CancelScope(deadline=float("inf") if deadline is None else deadline)
        with self._scope:
            return bytes(await self._stream.receive_some(CHUNK))
        return None

    def _lose(self, reason: str, detail: str) -> None:
        self._conversation.deliver(Closed(reason, detail, clean=reason == "eof"))

    async def _shut(self) -> None:
        """End the session from this side: close_notify, when the stream takes it."""
        self._conversation.settle(self._session.close())
        self._wire.close()
        data = self._wire.outgoing()
        if data:
            with contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError, trio.BusyResourceError):
                await self._stream.send_all(data)

    async def _greeting_or_error(self) -> None:
        await self._greeted.wait()
        if self._session.greeting is None:
            raise connect_error(self._session.error)

    async def _log_in(self, client_id: str, password: str, options: LoginOptions) -> None:
        requests.check(await self.send(login_command(self.greeting, client_id, password, options, self._schema)))


def login_command(greeting: Greeting, client_id: str, password: str, options: LoginOptions, schema: Schema) -> Command:
    """The login of these options for this greeting."""
    return requests.login(
        greeting,
        client_id,
        password,
        new_password=options.new_password,
        objects=options.objects,
        extensions=options.extensions,
        known=schema.namespaces,
        language=options.language,
        user_agent=options.user_agent,
    )


def connect_error(error: RegwireError | None) -> RegwireError:
    """How a connection that never greeted is reported."""
    if error is None or isinstance(error, TransportError):
        reason = str(error or "closed")
        if "certificate" in reason.lower():
            return CertificateRefused(reason)
        return ConnectFailed(reason)
    return error


class connect:  # noqa: N801 - used as a function: `async with connect(...) as client`
    """Connect, wait for the greeting, log in; at the end log out and close.

    `tls` is a `regwire_native.ClientTls` (system roots by default; None: plain, for tests). `server_name` is what the
    certificate must be for (default: `host`); `stream` is used instead of a new connection to host and port.
    `client_id` None does not log in: what can be done then is `hello()`.

    Raises ConnectFailed (CertificateRefused) when no session comes up within `timeout` seconds, ProtocolError when
    what comes is no EPP, the CommandError of a refused login (AuthenticationError …), OutcomeUnknown when the
    connection broke before login was answered. The block may be left with commands outstanding: their callers then
    get OutcomeUnknown.
    """

    def __init__(
        self,
        host: str,
        port: int = 700,
        *,
        client_id: str | None,
        password: str = "",
        tls: Any = SYSTEM_ROOTS,
        server_name: str | None = None,
        login: LoginOptions = LoginOptions(),
        config: ClientConfig | None = None,
        schema: Schema = DEFAULT,
        timeout: float = 30.0,
        stream: trio.abc.Stream | None = None,
    ) -> None:
        self._host, self._port = host, port
        self._client_id, self._password, self._login = client_id, password, login
        self._tls = regwire_native.ClientTls() if tls is SYSTEM_ROOTS else tls
        self._server_name = server_name or host
        self._config = config or ClientConfig()
        self._schema = schema
        self._timeout = timeout
        self._stream = stream
        self._manager: Any = None
        self._client: Client | None = None

    async def __aenter__(self) -> Client:
        """Connect and log in."""
        # The nursery is opened first and outside of the time-out: scopes must close in the order they were opened.
        self._manager = trio.open_nursery()
        nursery = await self._manager.__aenter__()
        try:
            with trio.fail_after(self._timeout):
                return await self._open(nursery)
        except trio.TooSlowError:
            error = ConnectFailed(f"{self._host}:{self._port}: no session within {self._timeout:g} s")
            await self._close(error)
            raise error from None
        except BaseException as error:
            await self._close(error)
            raise

    async def _open(self, nursery: trio.Nursery) -> Client:
        stream = self._stream if self._stream is not None else await self._dial()
        wire = regwire_native.Wire(
            framing="epp",
            tls=self._tls,
            server_name=self._server_name if self._tls is not None else None,
            frame_limit=FRAME_LIMIT,
            codec=self._schema.codec,
        )
        self._client = client = Client(stream, wire, self._config, self._schema)
        nursery.start_soon(client._read)
        nursery.start_soon(client._write)
        await client._greeting_or_error()
        if self._client_id is not None:
            await client._log_in(self._client_id, self._password, self._login)
        return client

    async def _dial(self) -> trio.abc.Stream:
        try:
            return await trio.open_tcp_stream(self._host, self._port)
        except OSError as error:
            raise ConnectFailed(f"{self._host}:{self._port}: {error.strerror or error}") from error

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Log out when the block ended well, and close."""
        client = self._client
        assert client is not None
        try:
            await self._say_goodbye(client, error)
        finally:
            await self._close(error)

    async def _say_goodbye(self, client: Client, error: BaseException | None) -> None:
        if error is None and client._session.state is ClientState.READY:
            with trio.move_on_after(LOGOUT_SECONDS):
                with contextlib.suppress(NotSent, OutcomeUnknown):
                    await client.logout()

    async def _close(self, error: BaseException | None) -> None:
        manager, self._manager = self._manager, None
        client = self._client
        try:
            if client is not None:
                # Shielded: a cancelled block says goodbye too, but not for long.
                with trio.CancelScope(shield=True, deadline=trio.current_time() + GOODBYE_SECONDS):
                    await client._shut()
                with trio.CancelScope(shield=True):
                    await trio.aclose_forcefully(client._stream)
        finally:
            manager._nursery.cancel_scope.cancel()
        try:
            await manager.__aexit__(None, None, None)
        except BaseException:
            if error is None or isinstance(error, trio.Cancelled):
                raise
