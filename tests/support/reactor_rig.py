"""An echo server over the reactor, in a thread of the test, and peers that talk to it badly or well."""

from __future__ import annotations

import contextlib
import functools
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from reactor_pki import Pki, make_pki
from regwire_native import (
    BadFrameLength,
    ClientTls,
    Closed,
    FrameTooLarge,
    Opened,
    Reactor,
    ReactorLimits,
    ServerTls,
    SessionLimits,
    TimerExpired,
    Wire,
)

#: How long anything may take before a test fails; nothing is expected to come near it.
PATIENCE = 60.0


@functools.cache
def pki() -> Pki:
    return make_pki()


def framed(payload: bytes) -> bytes:
    return (len(payload) + 4).to_bytes(4, "big") + payload


def listening() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0), backlog=4096)


def eventually(condition: Callable[[], Any], what: str = "the condition") -> Any:
    """Wait until `condition()` is true; its value."""
    end = time.monotonic() + PATIENCE
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true")
        time.sleep(0.002)
    return value


def server_tls(**more: Any) -> ServerTls:
    return ServerTls(certificate=pki().server.certificate, key=pki().server.key, client_ca=pki().ca, **more)


def client_tls(*, identity: bool = False) -> ClientTls:
    own = {"certificate": pki().client.certificate, "key": pki().client.key} if identity else {}
    return ClientTls(ca=pki().ca, **own)


class EchoServer:
    """Echoes every frame. Commands: a payload `size N` is answered with N octets, `bye` is echoed and then closed.

    `items` holds everything that was not a frame, with its session; `frames` counts frames.
    """

    def __init__(
        self,
        *,
        tls: ServerTls | None = None,
        limits: SessionLimits | None = None,
        reactor_limits: ReactorLimits | None = None,
        thread: bool = False,
    ) -> None:
        self.reactor = Reactor(reactor_limits, thread=thread)
        self.items: list[tuple[int, Any]] = []
        self.frames = 0
        self.echo = True
        self._calls: list[tuple[Callable[[], Any], list[Any], threading.Event]] = []
        self._wake_out, self._wake_in = socket.socketpair()
        self._stop = False
        with listening() as sock:
            self.port: int = sock.getsockname()[1]
            self.listener = self.reactor.listen(sock.fileno(), framing="epp", tls=tls, limits=limits or SessionLimits())
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> EchoServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop = True
        self._wake_in.send(b"x")
        self._thread.join(PATIENCE)
        self._wake_in.close()
        self._wake_out.close()
        if self._failure is not None:
            raise self._failure

    def call(self, function: Callable[[], Any]) -> Any:
        """Run `function` in the server's thread, as its handlers run."""
        result: list[Any] = []
        done = threading.Event()
        self._calls.append((function, result, done))
        self._wake_in.send(b"x")
        assert done.wait(PATIENCE), "the server's thread does not answer"
        return result[0]

    def stats(self) -> dict[str, int]:
        stats: dict[str, int] = self.call(self.reactor.stats)
        return stats

    def of(self, kind: type) -> list[Any]:
        """Items of a class."""
        return [item for _, item in list(self.items) if isinstance(item, kind)]

    def closed(self, n: int = 1) -> list[Closed]:
        """Wait for `n` sessions to end."""
        eventually(lambda: len(self.of(Closed)) >= n, f"the end of {n} sessions")
        return self.of(Closed)

    def _run(self) -> None:
        try:
            while not self._stop:
                ready, _, _ = select.select([self.reactor.fileno(), self._wake_out], [], [], PATIENCE)
                if self._wake_out in ready:
                    self._wake_out.recv(100)
                while self._calls:
                    function, result, done = self._calls.pop(0)
                    result.append(function())
                    done.set()
                if n := self.reactor.poll():
                    self._serve(n)
        except BaseException as error:
            self._failure = error
        finally:
            self.reactor.shutdown()
            del self.reactor

    def _serve(self, n: int) -> None:
        while n > 0:
            owners, items = self.reactor.take()
            n -= len(items)
            if not items:
                break
            for session, item in zip(owners, items, strict=True):
                assert isinstance(session, int)
                if isinstance(item, bytes):
                    self._frame(session, item)
                    continue
                self.items.append((session, item))
                if isinstance(item, FrameTooLarge | BadFrameLength | TimerExpired):
                    self.reactor.close(session)
        self.reactor.flush()

    def _frame(self, session: int, frame: bytes) -> None:
        self.frames += 1
        if not self.echo:
            return
        self.reactor.send(session, b"x" * int(frame[5:]) if frame.startswith(b"size ") else frame)
        if frame == b"bye":
            self.reactor.close(session)

    def connect(self) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    @contextlib.contextmanager
    def client(self, *, tls: bool = True, identity: bool = False) -> Iterator[Client]:
        """A well-behaved client; TLS by Python's ssl module, so that the other side is not ours."""
        sock = self.connect()
        if tls:
            context = ssl.create_default_context(cadata=pki().ca.decode())
            if identity:
                load_identity(context, pki().client.certificate, pki().client.key)
            sock = context.wrap_socket(sock, server_hostname="localhost")
        client = Client(sock)
        try:
            yield client
        finally:
            sock.close()


def load_identity(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """ssl loads from files only."""
    import tempfile

    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(certificate + key)
        file.flush()
        context.load_cert_chain(file.name)


class Client:
    """Frames over a blocking socket."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._buffer = b""

    def send(self, *payloads: bytes) -> None:
        self.sock.sendall(b"".join(map(framed, payloads)))

    def receive(self) -> bytes:
        """The next payload; b"" at the end of file."""
        header = self._exactly(4)
        return self._exactly(int.from_bytes(header, "big") - 4) if header else b""

    def ask(self, payload: bytes) -> bytes:
        self.send(payload)
        return self.receive()

    def _exactly(self, n: int) -> bytes:
        while len(self._buffer) < n:
            more = self.sock.recv(65536)
            if not more:
                return b""
            self._buffer += more
        found, self._buffer = self._buffer[:n], self._buffer[n:]
        return found


class WireClient:
    """A `Wire` on a blocking socket."""

    def __init__(self, sock: socket.socket, tls: ClientTls | None, server_name: str | None = "localhost") -> None:
        self.sock = sock
        self.wire = Wire(framing="epp", tls=tls, server_name=server_name if tls else None, frame_limit=1 << 20)
        self.items: list[Any] = []
        self.flush()
        while self.wire.handshaking and not self.wire.closed:
            self.pump()

    def flush(self) -> None:
        if data := self.wire.outgoing():
            self.sock.sendall(data)

    def pump(self) -> None:
        """One read."""
        self.items += self.wire.receive(self.sock.recv(65536))
        self.flush()

    def next(self) -> Any:
        while not self.items:
            self.pump()
        return self.items.pop(0)

    def ask(self, payload: bytes) -> Any:
        self.wire.send(payload)
        self.flush()
        return self.next()


def sessions(server: EchoServer) -> list[int]:
    """Numbers of the sessions opened so far."""
    return [item.session for item in server.of(Opened)]
