"""What BEEP sessions need of a driver: over the reactor, and over a stream."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import regwire_native
import trio

from regwire.beep.session import Session
from regwire.errors import ConfigError
from regwire.session import items
from regwire.session.address import shown_address

__all__ = ["ReactorHost", "StreamHost", "certificate_for", "checked_tls", "log_end"]

logger = logging.getLogger("regwire.trio.beep")

OUTPUT_HIGH = 256 * 1024
"""Octets that wait for the network; above, the session makes no more."""
CHUNK = 65536
GOODBYE_SECONDS = 1.0

Told = Callable[[Any], None]


class _Host:
    """What both have in common: awaiting handlers, threads, and who waits for room."""

    def __init__(self, nursery: trio.Nursery, limiter: trio.CapacityLimiter) -> None:
        self.session: Session
        self.working = 0
        self._nursery = nursery
        self._limiter = limiter
        self._left = trio.Event()
        self._scopes: set[trio.CancelScope] = set()

    def run(self, work: Awaitable[Any], done: Told) -> None:
        """Await in a task of its own."""
        self.working += 1
        self._nursery.start_soon(self._run, work, done)

    async def _run(self, work: Awaitable[Any], done: Told) -> None:
        result: Any = None
        scope = trio.CancelScope()
        self._scopes.add(scope)
        try:
            with scope:
                result = await work
        except Exception as error:
            result = error
        finally:
            self.working -= 1
            self._scopes.discard(scope)
        if not scope.cancelled_caught:
            try:
                done(result)
            except Exception as error:
                self.broken(error)
            self.changed()

    def broken(self, error: Exception) -> None:
        """A fault of ours, outside of `arrived`."""
        raise error

    def abandon(self) -> None:
        """Cancel the handlers of a session that is over: nobody waits for them."""
        for scope in list(self._scopes):
            scope.cancel()

    def in_thread(self, work: Callable[[], Any], done: Told) -> None:
        """Call in a thread."""

        async def call() -> Any:
            return await trio.to_thread.run_sync(work, limiter=self._limiter)

        self.run(call(), done)

    async def drained(self) -> None:
        """Wait until something has left."""
        await self._left.wait()

    def left(self) -> None:
        """Something has left."""
        if self._left.statistics().tasks_waiting:
            self._left.set()
            self._left = trio.Event()

    def changed(self) -> None:
        """Output may have been queued outside of `arrived`."""


def certificate_for(tls: Any, server_name: str | None) -> Any:
    """Give the `ServerTls` for a name, of one or of a mapping by name; "" is for other names and for none."""
    if not isinstance(tls, Mapping):
        return tls
    wanted = (server_name or "").lower().rstrip(".")
    return tls[wanted] if wanted in tls else tls[""]


def checked_tls(where: str, tls: Any) -> Any:
    """Give the `tls` of a listener, names in lower case. Raises ConfigError for names without a default."""
    if not isinstance(tls, Mapping):
        return tls
    found = {name.lower().rstrip("."): value for name, value in tls.items()}
    if "" not in found:
        raise ConfigError(where, "tls has no certificate for other names", 'give one under ""')
    return found


class ReactorHost(_Host):
    """A session of a reactor. `touch` makes its driver flush soon."""

    def __init__(
        self,
        reactor: Any,
        number: int,
        nursery: trio.Nursery,
        limiter: trio.CapacityLimiter,
        *,
        tls: Any = None,
        touch: Callable[[], None],
    ) -> None:
        super().__init__(nursery, limiter)
        self.number = number
        self._reactor = reactor
        self._tls = tls
        self._touch = touch
        self._finished = False
        self._inside = False

    def arrived(self, item: Any) -> None:
        """Take an item of the reactor; who calls flushes."""
        self.take_in(item)
        self.pump()

    def take_in(self, item: Any) -> None:
        """Take one of several items; `pump` after the last."""
        self._inside = True
        try:
            self.session.take_in(item)
        finally:
            self._inside = False

    def pump(self) -> None:
        """Send what may be sent; who calls flushes."""
        self._inside = True
        try:
            self.session.pump()
        finally:
            self._inside = False
        self.left()

    def transmit(self, data: bytes) -> None:
        """Queue octets."""
        self._reactor.send(self.number, data)
        if not self._inside:
            self._touch()

    def room(self) -> int:
        """Octets that may be queued: a little more than the mark, so that the reactor tells when there is room."""
        queued: int = self._reactor.queued(self.number)
        return CHUNK if queued <= OUTPUT_HIGH else 0

    def secure(self, *, client: bool, server_name: str | None) -> None:
        """Begin TLS with the certificate for the name that the other side wants (`serverName`)."""
        if self._tls is None or client:
            self.session.stop("TLS cannot begin on this side")
            return
        self._reactor.upgrade(self.number, certificate_for(self._tls, server_name))

    def finish(self) -> None:
        """Close once everything is written."""
        if not self._finished:
            self._finished = True
            self._reactor.close(self.number)
            self._touch()

    def changed(self) -> None:
        """Flush soon."""
        self._touch()

    def broken(self, error: Exception) -> None:
        """End this session: the others go on."""
        logger.error("a session failed: %s", type(error).__name__, exc_info=error, extra={"event": "beep.fault"})
        self._reactor.close(self.number, drain=False)


class StreamHost(_Host):
    """A session over a stream: a reader, a writer. `tls` is for `<ready/>` of our own, verified for `server_name`."""

    def __init__(
        self,
        stream: trio.abc.Stream,
        nursery: trio.Nursery,
        *,
        frame_octets: int,
        tls: Any = None,
        server_name: str | None = None,
        address: tuple[str, int] | None = None,
    ) -> None:
        super().__init__(nursery, trio.CapacityLimiter(2))
        self.wire = regwire_native.Wire(framing="beep", tls=None, frame_limit=frame_octets)
        self._stream = stream
        self._tls = tls
        self._server_name = server_name
        self._address = address
        self._pending = b""
        self._writable = trio.Event()
        self._securing = False
        self._finished = False
        self.over = trio.Event()

    @property
    def own_certificate(self) -> bytes | None:
        """The certificate that this side presents as a client, as DER."""
        found: bytes | None = getattr(self._tls, "certificate", None)
        return found

    def begin(self, session: Session) -> None:
        """Start reading and writing."""
        self.session = session
        self._nursery.start_soon(self._write)
        self._nursery.start_soon(self._read)
        session.arrived(items.Opened(0, None, _Plain(self._address)))

    def transmit(self, data: bytes) -> None:
        """Queue octets."""
        self.wire.send(data)
        self._pending += self.wire.outgoing()
        self._writable.set()

    def room(self) -> int:
        """Octets that may be queued."""
        return CHUNK if len(self._pending) <= OUTPUT_HIGH else 0

    def secure(self, *, client: bool, server_name: str | None) -> None:
        """Begin TLS; for a server the certificate is that of `tls`."""
        if self._tls is None:
            self.session.stop("TLS cannot begin on this side")
            return
        self._securing = True
        if client:
            self.wire.upgrade(self._tls, self._server_name)
        else:
            self.wire.upgrade(certificate_for(self._tls, server_name), None)
        self._pending += self.wire.outgoing()
        self._writable.set()

    def finish(self) -> None:
        """Close once everything is written."""
        if not self._finished:
            self._finished = True
            self.wire.close()
            self._pending += self.wire.outgoing()
            self._writable.set()

    async def _write(self) -> None:
        try:
            while True:
                data, self._pending = self._pending, b""
                if data:
                    await self._stream.send_all(data)
                    self.session.pump()
                    self.left()
                elif self._finished:
                    break
                else:
                    self._writable = trio.Event()
                    await self._writable.wait()
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            self._lost("reset", str(error.__cause__ or error))
        finally:
            self.over.set()
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(self._stream)

    async def _read(self) -> None:
        try:
            while True:
                data = bytes(await self._stream.receive_some(CHUNK))
                found = self.wire.receive(data)
                self._pending += self.wire.outgoing()
                if self._pending:
                    self._writable.set()
                if self._securing and not self.wire.handshaking and not self.wire.closed:
                    self._securing = False
                    self.session.arrived(items.Opened(0, None, _Secured(self._address, self.wire.peer)))
                for item in found:
                    self.session.take_in(item)
                self.session.pump()
                self.left()
                if not data or self.wire.closed:
                    self._lost("eof", "the peer closed the connection")
                    return
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            self._lost("reset", str(error.__cause__ or error))
        except (OSError, ValueError) as error:
            self._lost("tls", str(error))

    def _lost(self, reason: str, detail: str) -> None:
        self.session.arrived(items.Closed(reason, detail, clean=False))
        self.abandon()
        self.finish()

    async def aclose(self) -> None:
        """End the connection; what is queued has a second to leave."""
        self.session.stop("closed by this side")
        self.finish()
        with trio.move_on_after(GOODBYE_SECONDS, shield=True), contextlib.suppress(trio.BrokenResourceError):
            await self.over.wait()


class _Plain:
    """A peer without TLS."""

    tls_version: str | None = None
    certificates: tuple[bytes, ...] = ()
    fingerprint: str | None = None

    def __init__(self, address: tuple[str, int] | None) -> None:
        self.address = address


class _Secured(_Plain):
    """A peer behind TLS. The certificates are the other side's."""

    def __init__(self, address: tuple[str, int] | None, peer: Any) -> None:
        super().__init__(address)
        self.tls_version = peer.tls_version
        self.cipher = peer.cipher
        self.certificates = peer.certificates
        self.fingerprint = peer.fingerprint
        self.server_name = peer.server_name


def log_end(session: Session, number: int | None = None) -> None:
    """Write the one line that says how a session ended; a server's `number` makes a peer's fault a warning.

    A client's caller is told of it by an exception.
    """
    ended = session.ended
    reason = ended.reason if ended is not None else "unknown"
    fault = ended is None or (not ended.clean and reason.startswith("poorly"))
    logger.log(
        logging.WARNING if fault and number is not None else logging.INFO,
        "closed: %s",
        reason,
        extra={"event": "beep.closed", "reason": reason, "session": number, "peer": shown_address(session.address)},
    )
