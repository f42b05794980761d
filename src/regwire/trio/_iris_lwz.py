"""LWZ in trio: a listener on the reactor's datagram sockets, and the client's line over a socket of its own."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import regwire_native
import trio
from trio.lowlevel import Abort, checkpoint_if_cancelled, current_task, reschedule, wait_task_rescheduled

from regwire.errors import ConnectFailed, EncodeError, OutcomeUnknown
from regwire.iris.messages.core import Request, Response
from regwire.iris.messages.transport import Versions
from regwire.iris.transport.common import ClientConfig, other
from regwire.iris.transport.lwz.client import Action, Answered, ClientSession, Refused, Send
from regwire.iris.transport.lwz.server import Ask, LwzServer, Tell
from regwire.trio._iris_server import Bound, Service, refuse_without
from regwire.trio._listen import datagram_sockets

__all__ = ["LwzLine", "LwzListener", "open_line"]

logger = logging.getLogger("regwire.trio.iris")

READ = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class LwzListener:
    """LWZ on UDP (RFC 4993). `port` 0 takes a free one, `host` "" is every address.

    `limits` (a `regwire_native.DatagramLimits`) bound sizes, the rate of each network, and how much longer than its
    request a response may be. UDP 702 is registered for IRIS over BEEP, which knows no datagrams; a listener on that
    port answers LWZ, which is our reading and no RFC's.
    """

    host: str = "127.0.0.1"
    port: int = 715
    limits: Any = None

    def open(self, service: Service) -> None:
        """Bind; see `Listener`."""
        refuse_without(service.reactor, "listen_datagrams", f"{self.host or '*'}:{self.port}")
        limits = self.limits or regwire_native.DatagramLimits()
        for sock in datagram_sockets(self.host, self.port):
            address = sock.getsockname()
            with sock:
                number = service.reactor.listen_datagrams(
                    sock.fileno(), framing="lwz", limits=limits, codec=service.codec, role="server"
                )
            service.bind_endpoint(Bound("lwz", address[0], address[1], False, number), _Link(service, number))


class _Link:
    """One datagram socket: what it is asked goes to the engine, and back in batches."""

    __slots__ = ("_contents", "_datagrams", "_reactor", "_server", "_service", "_waiting", "number")

    def __init__(self, service: Service, endpoint: int) -> None:
        self.number = -1 - endpoint
        self._service = service
        self._reactor = service.reactor
        self._server = LwzServer(service.engine, service.config)
        self._waiting = 0
        self._datagrams: list[Any] = []
        # Of each datagram that is answered: a response, or what the service's template makes one of.
        self._contents: list[Any] = []

    def arrived(self, item: Any) -> None:
        """Take a datagram."""
        self.arrived_together([item])

    def arrived_together(self, items: list[Any]) -> None:
        """Take datagrams that were taken together: most are answered here, at once."""
        service = self._service
        if service.draining:
            return
        datagrams = self._datagrams
        before = len(datagrams)
        for item in self._server.quick(items, datagrams, self._contents):
            try:
                self._judge(item)
            except Exception as error:
                service.broken(self, error)
        if not before and datagrams:
            service.before_flush(self, self._send)
        service.answered += len(datagrams) - before

    def _judge(self, item: Any) -> None:
        found = self._server.receive(item)
        if type(found) is Ask:
            self._waiting += 1
            self._service.ask(found.exchange, partial(self._answered, item))
        elif type(found) is Tell:
            self._reactor.reply_datagram(item, found.message, kind=found.kind)

    def drain(self) -> bool:
        """Nothing more is taken; what waits is answered."""
        return not self._waiting

    def _answered(self, datagram: Any, response: Response) -> None:
        self._waiting -= 1
        if not self._datagrams:
            self._service.before_flush(self, self._send)
        self._datagrams.append(datagram)
        self._contents.append(response)

    def _send(self) -> None:
        datagrams, self._datagrams = self._datagrams, []
        contents, self._contents = self._contents, []
        for place, error in self._reactor.reply_datagrams(datagrams, contents, self._service.template):
            if not isinstance(error, EncodeError):
                raise error
            # Ours, not the peer's: it gets an answer all the same.
            self._service.counts["invalid"] += 1
            logger.error("a response is not valid: %s", error, extra={"event": "iris.invalid"})
            self._reactor.reply_datagram(datagrams[place], other("system-error"), kind="oi")


async def open_line(host: str, port: int, config: ClientConfig, nursery: trio.Nursery) -> LwzLine:
    """A socket that is connected to the server: the kernel drops what others send. Raises ConnectFailed."""
    try:
        found = await trio.socket.getaddrinfo(host, port, type=trio.socket.SOCK_DGRAM)
        family, kind, proto, _, address = found[0]
        sock = trio.socket.socket(family, kind, proto)
        try:
            await sock.connect(address)
        except BaseException:
            sock.close()
            raise
    except OSError as error:
        raise ConnectFailed(f"{host}:{port}: {error.strerror or error}") from error
    except UnicodeError as error:
        raise ConnectFailed(f"{host}:{port}: no host has such a name ({error})") from error
    return LwzLine(sock, config, nursery)


class LwzLine:
    """Requests by datagram to one server: callers that take turns, a reader with a clock."""

    def __init__(self, sock: trio.socket.SocketType, config: ClientConfig, nursery: trio.Nursery) -> None:
        self._sock = sock
        self._session = ClientSession(config)
        self._scope = trio.CancelScope()
        self._versions: Versions | None = None
        nursery.start_soon(self._read)

    @property
    def closed(self) -> bool:
        """Nothing can be asked any more."""
        return self._session.closed

    @property
    def peer(self) -> Any:
        """Datagrams are not protected."""
        return None

    @property
    def versions(self) -> Versions | None:
        """What `ask_versions` brought last."""
        return self._versions

    async def ask(self, request: Request | None, authority: str) -> Any:
        """See `Client.ask`."""
        await checkpoint_if_cancelled()
        session = self._session
        slot, actions = session.send(request, authority, trio.current_time())
        slot.caller = current_task()
        self._perform(actions)

        def abort(_: object) -> Abort:
            slot.caller = None
            self._perform(session.forget(slot, trio.current_time()))
            return Abort.SUCCEEDED

        if slot.outcome is None:
            await wait_task_rescheduled(abort)
        outcome = slot.outcome
        if isinstance(outcome, Answered):
            if isinstance(outcome.response, Versions):
                self._versions = outcome.response
            return outcome.response
        if isinstance(outcome, Refused):
            raise outcome.error
        raise OutcomeUnknown(outcome.reason, command=request)

    def _perform(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Send):
                self._send(action.octets)
            else:
                slot = action.slot
                slot.outcome = action
                task, slot.caller = slot.caller, None
                if task is not None and task is not current_task():
                    reschedule(task)
        self._rearm()

    def _send(self, octets: bytes) -> None:
        """Datagrams are small, the socket's buffer is not: what it does not take is lost, as on any network."""
        try:
            self._sock._sock.send(octets)  # type: ignore[attr-defined]
        except BlockingIOError:
            return
        except OSError as error:
            logger.debug("cannot send: %s", error)

    def _rearm(self) -> None:
        deadline = self._session.deadline
        self._scope.deadline = math.inf if deadline is None else deadline

    async def _read(self) -> None:
        while not self.closed:
            try:
                octets = await self._receive()
            except trio.ClosedResourceError:
                return
            now = trio.current_time()
            self._perform(self._session.tick(now) if octets is None else self._session.receive(octets, now))

    async def _receive(self) -> bytes | None:
        """A datagram; None when the session's deadline passed."""
        self._scope = trio.CancelScope()
        self._rearm()
        with self._scope:
            while True:
                try:
                    return await self._sock.recv(READ)
                except ConnectionRefusedError:
                    # Nobody listens there: an answer to an earlier datagram. The retries say whether that lasts.
                    await trio.lowlevel.checkpoint()
        return None

    async def close(self) -> None:
        """Close the socket."""
        self._perform(self._session.close("closed by this side"))
        self._sock.close()
        await trio.lowlevel.cancel_shielded_checkpoint()
