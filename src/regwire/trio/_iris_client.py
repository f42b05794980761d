"""The IRIS client in trio: `connect` for any transport, `Client.ask` for any number of tasks."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from types import TracebackType
from typing import Any, Literal, Protocol

import regwire_native
import trio
from trio.lowlevel import Abort, Task, checkpoint_if_cancelled, current_task, reschedule, wait_task_rescheduled

from regwire.errors import (
    CertificateRefused,
    ConfigError,
    ConnectFailed,
    NotSent,
    OutcomeUnknown,
    ProtocolError,
    RegwireError,
    SaslFailed,
    SizeRefused,
    TransportError,
)
from regwire.iris.messages.core import Request, Response
from regwire.iris.messages.transport import Versions
from regwire.iris.transport import sasl_data
from regwire.iris.transport.common import ClientConfig
from regwire.iris.transport.xpc.client import (
    Answered,
    Authenticated,
    ClientSession,
    Ended,
    Lost,
    Opened,
    Outcome,
    Refused,
    Send,
    Slot,
)
from regwire.sasl import Channel, SaslClient
from regwire.session.items import Closed
from regwire.trio._dial import dial

__all__ = ["WELL_KNOWN_PORTS", "Client", "Line", "Transport", "XpcLine", "connect"]

Transport = Literal["xpc", "xpcs", "lwz", "beep"]

WELL_KNOWN_PORTS: dict[str, int] = {"xpc": 713, "xpcs": 714, "lwz": 715, "beep": 702}
"""Ports that IANA registered for the transports of IRIS."""

READ = 65536
GOODBYE_SECONDS = 1.0


class Line(Protocol):
    """A connection of some transport, as `Client` uses it."""

    @property
    def closed(self) -> bool:
        """Nothing can be asked any more."""

    @property
    def peer(self) -> Any:
        """TLS version, cipher, certificates; None in the clear."""

    @property
    def versions(self) -> Versions | None:
        """Version information, once the server gave it."""

    async def ask(self, request: Request | None, authority: str) -> Any:
        """Ask, and wait for the answer; None asks for version information."""

    async def close(self) -> None:
        """End it."""


class Client:
    """A connection to one server. Any number of tasks may ask at the same time; they share it.

    `transport` is what it is, `identity` whom the server authenticated (None: nobody), `peer` describes TLS.
    """

    def __init__(self, line: Line, transport: str, identity: str | None = None) -> None:
        self._line = line
        self.transport = transport
        self.identity = identity

    @property
    def peer(self) -> Any:
        """The server: TLS version, cipher, certificates; None without TLS."""
        return self._line.peer

    @property
    def closed(self) -> bool:
        """Whether the connection is over."""
        return self._line.closed

    @property
    def versions(self) -> Versions | None:
        """Version information as the server gave it first; None where the transport does not give it unasked."""
        return self._line.versions

    async def ask(self, request: Request, *, authority: str = "") -> Response:
        """Send a request for an authority ("": the server's own) and return the response.

        Never raises for an error of a result set: `regwire.iris.found.raise_for(result_set)` does. Raises
        `TransferRefused` (`AuthorityNotServed`, `SizeRefused`) when the server answered with information of its
        transport, `SchemaFault` or `XmlError` for a response that is none, NotSent (it did not leave), OutcomeUnknown
        (it left, its answer is lost: asking again is safe, for nothing is changed by a request), EncodeError.

        Cancelled before it left, it is not sent; after that its answer is dropped when it comes.
        """
        response: Response = await self._line.ask(request, authority)
        return response

    async def ask_versions(self) -> Versions:
        """Ask for version information."""
        versions: Versions = await self._line.ask(None, "")
        return versions


class connect:  # noqa: N801 - used as a function: `async with connect(...) as client`
    """Connect to an IRIS server; at the end of the block close.

    `port` None is the transport's well-known one. `tls` is a `regwire_native.ClientTls` for "xpcs" (system roots by
    default); `server_name` is what the certificate must be for (default: `host`). `sasl` authenticates before the block
    begins. `stream` is used instead of a new connection ("xpc" and "xpcs"). `fallback_port`: what does not fit a
    datagram of "lwz", or whose answer does not, is asked over XPC at this port of the same host (RFC 4993 section 4);
    the connection is opened when it is first needed.

    Raises ConnectFailed (CertificateRefused) when no session comes up within `config.connect_timeout`, TransferRefused
    when the server has no place, ProtocolError when what answers does not speak the transport, SaslFailed when
    authentication was refused or no mechanism fits. Tasks that still wait when the block is left get OutcomeUnknown.
    """

    def __init__(
        self,
        host: str,
        port: int | None = None,
        *,
        transport: Transport = "xpc",
        tls: Any = None,
        server_name: str | None = None,
        sasl: SaslClient | None = None,
        config: ClientConfig | None = None,
        stream: trio.abc.Stream | None = None,
        fallback_port: int | None = None,
    ) -> None:
        """Raises ConfigError for a transport that there is not. EXTERNAL takes the certificate that `tls` presents."""
        if transport not in WELL_KNOWN_PORTS:
            raise ConfigError("transport", f"no transport {transport!r}", f"choose of {', '.join(WELL_KNOWN_PORTS)}")
        self._host = host
        self._port = WELL_KNOWN_PORTS[transport] if port is None else port
        self._transport = transport
        self._tls = regwire_native.ClientTls() if tls is None and transport == "xpcs" else tls
        self._server_name = server_name or host
        self._sasl = sasl
        self._config = config or ClientConfig()
        self._stream = stream
        self._fallback_port = fallback_port
        self._manager: Any = None
        self._line: Line | None = None

    async def __aenter__(self) -> Client:
        """Connect, and authenticate."""
        # The nursery is opened first and outside of the time-out: scopes must close in the order they were opened.
        self._manager = trio.open_nursery()
        nursery = await self._manager.__aenter__()
        seconds = self._config.connect_timeout
        try:
            with trio.fail_after(seconds):
                return await self._open(nursery)
        except trio.TooSlowError:
            error = ConnectFailed(f"{self._host}:{self._port}: no session within {seconds:g} s")
            await self._close(error)
            raise error from None
        except BaseException as error:
            await self._close(error)
            raise

    async def _open(self, nursery: trio.Nursery) -> Client:
        if self._transport == "lwz":
            if self._sasl is not None:
                raise ConfigError("transport", "LWZ knows no authentication", "use xpcs (RFC 4993 section 4)")
            return Client(await self._open_lwz(nursery), self._transport)
        if self._transport == "beep":
            return await self._open_beep(nursery)
        stream = self._stream or await self._dial(self._port)
        line = XpcLine(stream, self._wire(), self._config, nursery)
        self._line = line
        try:
            await line.opened()
        except ConnectFailed as error:
            raise type(error)(f"{self._host}:{self._port}: {error}") from error
        identity = None
        if self._sasl is not None:
            identity = await line.authenticate(self._sasl, self._channel(), self._server_name)
        return Client(line, self._transport, identity)

    async def _open_lwz(self, nursery: trio.Nursery) -> Line:
        from regwire.trio._iris_lwz import open_line  # noqa: PLC0415 - it imports the server's part, too

        line: Line = await open_line(self._host, self._port, self._config, nursery)
        if self._fallback_port is not None:
            line = _FallbackLine(line, partial(self._open_xpc, self._fallback_port, nursery))
        self._line = line
        return line

    async def _open_xpc(self, port: int, nursery: trio.Nursery) -> Line:
        """The connection that large requests fall back to."""
        line = XpcLine(await self._dial(port), self._wire(), self._config, nursery)
        with trio.fail_after(self._config.connect_timeout):
            await line.opened()
        return line

    async def _open_beep(self, nursery: trio.Nursery) -> Client:
        from regwire.trio import _iris_beep  # noqa: PLC0415 - it imports the server's part, too

        opened: Client = await _iris_beep.open_client(
            self._host, self._port, tls=self._tls, server_name=self._server_name, sasl=self._sasl,
            config=self._config, nursery=nursery,
        )  # fmt: skip
        self._line = opened._line
        return opened

    def _wire(self) -> regwire_native.Wire:
        tls = self._tls if self._transport == "xpcs" else None
        return regwire_native.Wire(
            framing="xpc",
            tls=tls,
            server_name=self._server_name if tls is not None else None,
            frame_limit=self._config.response_octets,
            codec=self._config.schema.codec,
            role="client",
        )

    def _channel(self) -> Channel:
        encrypted = self._transport == "xpcs"
        return Channel.of_client(self._tls.certificate if encrypted else None, encrypted=encrypted)

    async def _dial(self, port: int) -> trio.SocketStream:
        return await dial(self._host, port)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close."""
        await self._close(error)

    async def _close(self, error: BaseException | None) -> None:
        manager, self._manager = self._manager, None
        try:
            if self._line is not None:
                await self._line.close()
        finally:
            manager._nursery.cancel_scope.cancel()
        try:
            await manager.__aexit__(None, None, None)
        except BaseException:
            if error is None or isinstance(error, trio.Cancelled):
                raise


class _FallbackLine:
    """LWZ, and XPC for what is too large for it."""

    def __init__(self, small: Line, open_large: Callable[[], Awaitable[Line]]) -> None:
        self._small = small
        self._open_large = open_large
        self._large: Line | None = None
        self._opening = trio.Lock()

    @property
    def closed(self) -> bool:
        """Nothing can be asked any more."""
        return self._small.closed

    @property
    def peer(self) -> Any:
        """Neither is protected."""
        return None

    @property
    def versions(self) -> Versions | None:
        """Of the datagrams."""
        return self._small.versions

    async def ask(self, request: Request | None, authority: str) -> Any:
        """See `Client.ask`."""
        try:
            return await self._small.ask(request, authority)
        except SizeRefused:
            if request is None:
                raise
        async with self._opening:
            if self._large is None or self._large.closed:
                self._large = await self._open_large()
        return await self._large.ask(request, authority)

    async def close(self) -> None:
        """End both."""
        try:
            if self._large is not None:
                await self._large.close()
        finally:
            await self._small.close()


class XpcLine:
    """One XPC connection over a stream: callers that share it, a reader, a writer."""

    def __init__(self, stream: trio.abc.Stream, wire: Any, config: ClientConfig, nursery: trio.Nursery) -> None:
        self._stream = stream
        self._wire = wire
        self._config = config
        self._session = ClientSession(config, trio.current_time())
        self._queue: deque[Task] = deque()
        self._writer: Task | None = None
        self._scope = trio.CancelScope()
        self._changed = trio.Event()
        self._mechanisms: tuple[str, ...] = ()
        self._identity: str | None = None
        self._authenticated = False
        self._error: RegwireError | None = None
        nursery.start_soon(self._read)
        nursery.start_soon(self._write)

    @property
    def closed(self) -> bool:
        """Nothing can be asked any more."""
        return self._session.closed

    @property
    def peer(self) -> Any:
        """TLS version, cipher, certificates; None in the clear."""
        return self._wire.peer

    @property
    def versions(self) -> Versions | None:
        """The server's first block."""
        return self._session.versions

    # ------------------------------------------------------------------------------------------------------- callers

    async def opened(self) -> None:
        """Wait for the server's first block; raise what came instead of it."""
        while self._session.versions is None and not self.closed:
            await self._changed.wait()
        if self._session.versions is None:
            raise _connect_error(self._error, self._session.reason)

    async def authenticate(self, sasl: SaslClient, channel: Channel, host: str) -> str | None:
        """Authenticate; return the identity, None for ANONYMOUS. Raises SaslFailed."""
        mechanism = sasl.choose(self._mechanisms, channel, service=sasl_data.SERVICE, host=host)
        if mechanism is None:
            offered = ", ".join(self._mechanisms) or "none"
            raise SaslFailed(f"no mechanism fits: the server offers {offered}, the client wants {sasl.mechanisms}")
        self._transmit(self._session.begin(mechanism, trio.current_time()))
        self._rearm()
        while not self._authenticated and not self.closed:
            await self._changed.wait()
        if not self._authenticated:
            raise self._error or SaslFailed(self._session.reason, mechanism=mechanism.name)
        return self._identity

    async def ask(self, request: Request | None, authority: str) -> Any:
        """See `Client.ask`."""
        await checkpoint_if_cancelled()
        session = self._session
        if self._queue or session.outstanding >= self._config.window:
            await self._room()
        session.check()
        if request is None:
            self._transmit((("vi", b""),), authority)
        else:
            self._transmit(request, authority)
        slot = session.sent(request, authority, trio.current_time())
        if session.outstanding == 1:
            self._rearm()
        slot.caller = current_task()

        def abort(_: object) -> Abort:
            slot.caller = None  # the slot stays, and swallows the answer
            return Abort.SUCCEEDED

        await wait_task_rescheduled(abort)
        outcome: Outcome = slot.outcome
        if isinstance(outcome, Answered):
            if outcome.response is None:
                raise ProtocolError("no data where a response was due")
            return outcome.response
        if isinstance(outcome, Refused):
            raise outcome.error
        assert isinstance(outcome, Lost)
        raise OutcomeUnknown(outcome.reason, command=request)

    async def _room(self) -> None:
        """Wait for a place, in the order of arrival."""
        while not self.closed:
            task = current_task()
            self._queue.append(task)

            def abort(_: object, task: Task = task) -> Abort:
                self._queue.remove(task)
                return Abort.SUCCEEDED

            await wait_task_rescheduled(abort)
            if self._session.outstanding < self._config.window:
                return
        raise NotSent(self._session.reason)

    # ------------------------------------------------------------------------------------------------------- octets

    def _transmit(self, content: Any, authority: str = "") -> None:
        self._wire.send_xpc(content, keep_open=True, authority=authority)
        self._wake_writer()

    def _rearm(self) -> None:
        """The reader sleeps until the session's deadline: it moved."""
        deadline = self._session.deadline
        self._scope.deadline = float("inf") if deadline is None else deadline

    def _settle(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            if isinstance(outcome, Answered | Refused | Lost):
                self._wake(outcome.slot, outcome)
            elif isinstance(outcome, Send):
                self._transmit(outcome.content)
            elif isinstance(outcome, Opened):
                self._mechanisms = outcome.mechanisms
            elif isinstance(outcome, Authenticated):
                self._identity, self._authenticated = outcome.identity, True
            elif isinstance(outcome, Ended):
                self._error = outcome.error
        changed, self._changed = self._changed, trio.Event()
        changed.set()
        free = self._config.window - self._session.outstanding
        while self._queue and (free > 0 or self.closed):
            free -= 1
            reschedule(self._queue.popleft())

    def _wake(self, slot: Slot, outcome: Outcome) -> None:
        task, slot.caller = slot.caller, None
        if task is not None:
            slot.outcome = outcome
            reschedule(task)

    async def _write(self) -> None:
        try:
            while not (self.closed and not self._wire.handshaking):
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
            while not self.closed:
                data = await self._receive()
                now = trio.current_time()
                if data is None:
                    self._settle(self._session.tick(now))
                    continue
                for item in self._wire.receive(data):
                    self._settle(self._session.receive(item, now))
                if not data:
                    self._lose("eof", "the server closed the connection")
                self._wake_writer()
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            self._lose("reset", str(error.__cause__ or error) or "reset")
        except (OSError, ValueError) as error:
            self._lose("tls", str(error))
        finally:
            self._wake_writer()

    def _wake_writer(self) -> None:
        if self._writer is not None:
            task, self._writer = self._writer, None
            reschedule(task)

    async def _receive(self) -> bytes | None:
        """Read; None when the session's deadline passed."""
        deadline = self._session.deadline
        self._scope = trio.CancelScope(deadline=float("inf") if deadline is None else deadline)
        with self._scope:
            return bytes(await self._stream.receive_some(READ))
        return None

    def _lose(self, reason: str, detail: str) -> None:
        self._settle(self._session.receive(Closed(reason, detail, clean=reason == "eof"), trio.current_time()))

    async def close(self) -> None:
        """End the session, and close the stream."""
        # Shielded: a cancelled block says goodbye too, but not for long.
        with trio.CancelScope(shield=True, deadline=trio.current_time() + GOODBYE_SECONDS):
            self._settle(self._session.lose("closed by this side"))
            self._wire.close()
            data = self._wire.outgoing()
            if data:
                with contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError, trio.BusyResourceError):
                    await self._stream.send_all(data)
        with trio.CancelScope(shield=True):
            await trio.aclose_forcefully(self._stream)


def _connect_error(error: RegwireError | None, reason: str) -> RegwireError:
    """How a connection that never spoke is reported."""
    if error is None or (isinstance(error, ProtocolError | TransportError) and "connection ended" in str(error)):
        text = str(error or reason or "closed")
        return CertificateRefused(text) if "certificate" in text.lower() else ConnectFailed(text)
    return error
