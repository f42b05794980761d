"""BEEP sessions in the initiating role: `connect`, and channels to ask on."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from types import TracebackType
from typing import Any

import trio

from regwire.beep import events as on
from regwire.beep.limits import Limits
from regwire.beep.messages import Failure, read, read_text
from regwire.beep.mime import Message
from regwire.beep.peer import TLS_PROFILE
from regwire.beep.profiles import BeepError, Profiles
from regwire.beep.session import SERVICE, Session
from regwire.beep.tuning import blob_text, mechanism_of, profile_of, reply_of
from regwire.errors import ConnectFailed, NotSent, OutcomeUnknown, ProtocolError, RegwireError, SaslFailed
from regwire.sasl import Channel as SaslChannel
from regwire.sasl import SaslClient
from regwire.trio._beep_hosts import StreamHost, log_end
from regwire.trio._dial import dial

__all__ = ["Channel", "Connection", "connect"]


class _Waiter:
    """Where the events for one caller arrive."""

    def __init__(self) -> None:
        self._send, self._receive = trio.open_memory_channel[Any](float("inf"))

    def __call__(self, event: Any) -> None:
        self._send.send_nowait(event)

    async def next(self) -> Any:
        return await self._receive.receive()


class Channel:
    """An open channel: `number`, the profile's `uri`, and `content`, the answer to the initialization message.

    Any number of tasks may ask at the same time: exchanges are pipelined.
    """

    def __init__(self, session: Session, started: on.Started) -> None:
        self.number = started.channel
        self.uri = started.uri
        self.content = started.content
        self._session = session

    async def ask(self, message: Message | bytes) -> Message:
        """Send a MSG and wait for its RPY.

        Raises BeepError for an ERR, NotSent when it did not leave, OutcomeUnknown when its reply is lost, ProtocolError
        for an answer of several (`answers` takes those). Cancelled, the reply is dropped when it comes.
        """
        waiter = self._send(message)
        event = await waiter.next()
        if isinstance(event, on.Replied) and event.keyword == "RPY":
            return event.message
        # What a peer sends must not look like a caller's mistake.
        raise _fault(event) or ProtocolError("the reply is of several answers", expected="RPY", got=event.keyword)

    async def answers(self, message: Message | bytes) -> AsyncIterator[Message]:
        """Send a MSG and give its answers as they come (ANS, up to NUL; or the one RPY). Raises as `ask`."""
        waiter = self._send(message)
        while True:
            event = await waiter.next()
            fault = _fault(event)
            if fault is not None:
                raise fault
            if event.keyword == "NUL":
                return
            yield event.message
            if event.last:
                return

    def _send(self, message: Message | bytes) -> _Waiter:
        waiter = _Waiter()
        self._session.ask(self.number, message if isinstance(message, Message) else Message(message), waiter)
        return waiter

    async def close(self) -> None:
        """Close the channel. Raises BeepError when the other side declines."""
        await _close(self._session, self.number)


class Connection:
    """A BEEP session over one connection. `session` is what is beneath: identity, greeting, TLS."""

    def __init__(self, host: StreamHost, session: Session, changed: Callable[[], trio.Event]) -> None:
        self.session = session
        self._host = host
        self._changed = changed

    @property
    def profiles(self) -> tuple[str, ...]:
        """The URIs that the other side offers."""
        return self.session.greeting or ()

    @property
    def closed(self) -> bool:
        """Whether the session is over."""
        return self.session.ended is not None

    @property
    def peer(self) -> Any:
        """TLS version, cipher, certificates; None in the clear."""
        return self.session.tls_peer

    @property
    def identity(self) -> str | None:
        """Whom the other side authenticated."""
        return self.session.identity

    async def start(self, *profiles: str | tuple[str, str | bytes | None], server_name: str | None = None) -> Channel:
        """Open a channel with one of `profiles` (URIs, or URI and initialization message), the other side chooses.

        `server_name` is the name under which the other side is wanted; the first one counts. Raises BeepError when it
        is declined, NotSent when the session is over.
        """
        proposals = [(item, None) if isinstance(item, str) else item for item in profiles]
        waiter = _Waiter()
        self.session.start(list(proposals), waiter, server_name)
        event = await waiter.next()
        if isinstance(event, on.Started):
            return Channel(self.session, event)
        raise _fault(event) or NotSent("no channel")

    async def start_tls(self, server_name: str | None = None) -> None:
        """Begin TLS; everything that was agreed before is forgotten. Raises BeepError when it is refused."""
        waiter = _Waiter()
        self.session.start_tls(waiter, server_name)
        event = await waiter.next()
        if not isinstance(event, on.Greeted):
            raise _fault(event) or NotSent("no TLS")

    async def authenticate(self, sasl: SaslClient, *, host: str = "") -> None:
        """Authenticate by the strongest mechanism that both sides know. Raises SaslFailed.

        EXTERNAL takes the certificate that this side's TLS presented.
        """
        offered = [name for uri in self.profiles if (name := mechanism_of(uri)) is not None]
        encrypted = self.session.encrypted
        channel = SaslChannel.of_client(self._host.own_certificate, encrypted=encrypted)
        mechanism = sasl.choose(offered, channel, service=SERVICE, host=host)
        if mechanism is None:
            names = ", ".join(offered) or "none"
            raise SaslFailed(f"no mechanism fits: the server offers {names}, the client wants {sasl.mechanisms}")
        initial = mechanism.start()
        uri = profile_of(mechanism.name)
        try:
            opened = await self.start((uri, None if initial is None else blob_text(initial)))
        except BeepError as error:
            raise SaslFailed(str(error), mechanism=mechanism.name) from error
        document = read_text(opened.content or b"<blob/>")
        while True:
            message, done = reply_of(mechanism, document)
            if done is not None:
                self.session.authenticated, self.session.identity = True, done.identity
                return
            try:
                document = read(await opened.ask(message or b""))
            except BeepError as error:
                raise SaslFailed(error.text or f"refused ({error.code})", mechanism=mechanism.name) from error

    async def release(self) -> None:
        """Release the session: it is over when this returns. Raises BeepError when the other side declines."""
        if not self.closed:
            await _close(self.session, 0)

    async def ended(self) -> None:
        """Wait until the session is over."""
        while not self.closed:
            await self._changed().wait()


class connect:  # noqa: N801 - used as a function: `async with connect(...) as connection`
    """Connect in the initiating role; at the end of the block release the session and close.

    `profiles` are what this side serves itself. `tls` (a `regwire_native.ClientTls`) is demanded by the TLS profile
    before the block begins, with a certificate for `server_name` (default: `host`); `authority` is then told to the
    other side as serverName. `sasl` authenticates. `stream` is used instead of a new connection.

    Raises ConnectFailed when no session comes up within `timeout` seconds, the listener is unavailable, or TLS is
    refused; SaslFailed.
    """

    def __init__(
        self,
        host: str,
        port: int = 10288,
        *,
        profiles: Profiles | None = None,
        tls: Any = None,
        server_name: str | None = None,
        authority: str | None = None,
        sasl: SaslClient | None = None,
        limits: Limits | None = None,
        timeout: float = 20.0,
        stream: trio.abc.Stream | None = None,
    ) -> None:
        self._host, self._port = host, port
        self._profiles = profiles or Profiles()
        self._tls, self._server_name, self._authority = tls, server_name or host, authority
        self._sasl = sasl
        self._limits = limits
        self._timeout = timeout
        self._stream = stream
        self._manager: Any = None
        self._line: StreamHost | None = None
        self._connection: Connection | None = None

    async def __aenter__(self) -> Connection:
        """Connect, exchange greetings, and tune."""
        self._manager = trio.open_nursery()
        nursery = await self._manager.__aenter__()
        try:
            with trio.fail_after(self._timeout):
                return await self.open(nursery)
        except trio.TooSlowError:
            error = ConnectFailed(f"{self._host}:{self._port}: no session within {self._timeout:g} s")
            await self._end(error)
            raise error from None
        except BaseException as error:
            await self._end(error)
            raise

    async def open(self, nursery: trio.Nursery) -> Connection:
        """Do the same in a nursery of the caller's; `close` ends it."""
        stream = self._stream or await self._dial()
        limits = _fitting(self._limits, stream)
        line = self._line = StreamHost(
            stream, nursery, frame_octets=limits.frame_octets, tls=self._tls, server_name=self._server_name,
            address=(self._host, self._port),
        )  # fmt: skip
        session = Session("initiator", self._profiles, line, limits=limits)
        changes = [trio.Event()]

        def told(event: Any) -> None:
            if isinstance(event, on.Ended):
                log_end(session)
            event_before, changes[0] = changes[0], trio.Event()
            event_before.set()

        session.told = told
        line.begin(session)
        while session.greeting is None and session.ended is None:
            await changes[0].wait()
        self._refuse(session)
        connection = self._connection = Connection(line, session, lambda: changes[0])
        if self._tls is not None:
            await self._secure(connection)
        if self._sasl is not None:
            await connection.authenticate(self._sasl, host=self._server_name)
        return connection

    def _refuse(self, session: Session) -> None:
        if session.ended is not None:
            raise ConnectFailed(f"{self._host}:{self._port}: {session.ended.reason}")

    async def _secure(self, connection: Connection) -> None:
        where = f"{self._host}:{self._port}"
        if TLS_PROFILE not in connection.profiles:
            raise ConnectFailed(f"{where}: the listener offers no TLS")
        try:
            await connection.start_tls(self._authority)
        except (BeepError, NotSent, OutcomeUnknown) as error:
            raise ConnectFailed(f"{where}: no TLS: {error}") from error

    async def _dial(self) -> trio.SocketStream:
        return await dial(self._host, self._port)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Release and close."""
        await self._end(error)

    async def close(self, *, release: bool = True) -> None:
        """Release the session (a second at most), then close the connection."""
        line, connection = self._line, self._connection
        if line is None:
            return
        if release and connection is not None and not connection.closed:
            with trio.move_on_after(1.0, shield=True):
                # A peer that declines is closed without its consent.
                with contextlib.suppress(RegwireError):
                    await connection.release()
        await line.aclose()

    async def _end(self, error: BaseException | None) -> None:
        manager, self._manager = self._manager, None
        try:
            await self.close(release=error is None)
        finally:
            manager._nursery.cancel_scope.cancel()
        try:
            await manager.__aexit__(None, None, None)
        except BaseException:
            if error is None or isinstance(error, trio.Cancelled):
                raise


async def _close(session: Session, number: int) -> None:
    waiter = _Waiter()
    session.close(number, waiter)
    event = await waiter.next()
    if isinstance(event, on.CloseRefused):
        raise BeepError(event.code, event.text)


def _fault(event: Any) -> Exception | None:
    """Give the exception for an event that is a refusal or an end; None for a reply."""
    if isinstance(event, on.Replied):
        if event.keyword != "ERR":
            return None
        document = read(event.message)
        if isinstance(document, Failure):
            return BeepError(int(document.code), document.text, message=event.message)
        return BeepError(500, "a negative reply", message=event.message)
    if isinstance(event, on.StartRefused | on.TlsRefused | on.CloseRefused):
        return BeepError(event.code, event.text)
    reason = event.reason if isinstance(event, on.Ended) else "the channel was closed"
    return OutcomeUnknown(reason)


def _fitting(limits: Limits | None, stream: trio.abc.Stream) -> Limits:
    """Give frames of two thirds of the connection's segment size (RFC 3081 section 3.1.4), when it is known."""
    limits = limits or Limits()
    if limits.frame != Limits().frame or not isinstance(stream, trio.SocketStream):
        return limits
    try:
        segment = stream.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)
    except OSError:
        return limits
    assert isinstance(segment, int)
    return replace(limits, frame=max(64, segment * 2 // 3))
