"""The reactor's calls: attach, upgrade, pause, budgets, the codec seam, and what `Peer` and the configurations tell."""

from __future__ import annotations

import hashlib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from reactor_rig import (
    Client,
    EchoServer,
    WireClient,
    client_tls,
    eventually,
    framed,
    listening,
    pki,
    server_tls,
    sessions,
)
from regwire_native import (
    ClientTls,
    Closed,
    FrameTooLarge,
    Opened,
    Peer,
    Reactor,
    ReactorLimits,
    ServerTls,
    SessionLimits,
    Wire,
)


@pytest.fixture(params=[False, True], ids=["here", "thread"])
def thread(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


class Rig:
    """A reactor that is stepped by hand."""

    def __init__(self, *, thread: bool = False) -> None:
        self.reactor = Reactor(thread=thread)
        self.taken: list[tuple[Any, Any]] = []

    def step(self) -> None:
        n = self.reactor.poll()
        while n > 0:
            owners, items = self.reactor.take()
            n -= len(items)
            self.taken += zip(owners, items, strict=True)
            if not items:
                break
        self.reactor.flush()

    def until(self, condition: Any) -> Any:
        def look() -> Any:
            self.step()
            return condition()

        return eventually(look)

    def of(self, kind: type) -> list[Any]:
        return [item for _, item in self.taken if isinstance(item, kind)]


@pytest.fixture
def rig(thread: bool) -> Iterator[Rig]:
    rig = Rig(thread=thread)
    yield rig
    rig.reactor.shutdown()


def attach(rig: Rig, port: int, **more: Any) -> int:
    sock = socket.socket()
    sock.setblocking(False)
    assert sock.connect_ex(("127.0.0.1", port)) != 0
    options: dict[str, Any] = {"framing": "epp", "tls": None, "server_name": None, "limits": SessionLimits(), **more}
    return rig.reactor.attach(sock.detach(), **options)


# ------------------------------------------------------------------------------------------------------- client role


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_connecting_sockets_become_sessions(rig: Rig, tls: bool) -> None:
    with EchoServer(tls=server_tls() if tls else None) as server:
        options = {"tls": client_tls(identity=True), "server_name": "localhost"} if tls else {}
        numbers = [attach(rig, server.port, **options) for _ in range(20)]
        for number in numbers:
            # Sent before it is connected: it goes out after the handshake.
            rig.reactor.send(number, b"hello %d" % number)
        rig.until(lambda: len(rig.of(bytes)) == 20)
        assert sorted(owner for owner, item in rig.taken if isinstance(item, bytes)) == sorted(numbers)
        assert {item.listener for item in rig.of(Opened)} == {None}
        for number in numbers:
            rig.reactor.close(number)
        rig.until(lambda: len(rig.of(Closed)) == 20)
        assert {item.reason for item in rig.of(Closed)} == {"local"}
        assert {item.clean for item in server.closed(20)} == {True}


def test_a_refused_connection_is_told(rig: Rig) -> None:
    with listening() as sock:
        port = sock.getsockname()[1]
    number = attach(rig, port)
    rig.until(lambda: rig.of(Closed))
    [(owner, closed)] = rig.taken
    assert (owner, closed.reason, closed.opened) == (number, "connect", False)
    assert "refused" in closed.detail


def test_a_certificate_for_another_name_is_refused(rig: Rig) -> None:
    with EchoServer(tls=server_tls()) as server:
        attach(rig, server.port, tls=client_tls(), server_name="registry.example")
        attach(rig, server.port, tls=client_tls(), server_name="127.0.0.1")
        rig.until(lambda: rig.of(Closed) and rig.of(Opened))
        [closed] = rig.of(Closed)
        assert closed.reason == "tls"
        assert "registry.example" in closed.detail


def test_attach_refuses_what_is_no_descriptor() -> None:
    rig = Rig()
    for number in (-1, 9999):
        with pytest.raises(ValueError, match="descriptor"):
            rig.reactor.attach(number, framing="epp", tls=None, server_name=None, limits=SessionLimits())


# ------------------------------------------------------------------------------------------------------- pause


@pytest.mark.parametrize("late", [False, True], ids=["end-unseen", "end-seen"])
def test_a_paused_session_is_neither_read_nor_delivered(rig: Rig, late: bool) -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    number = rig.reactor.attach(ours.detach(), framing="epp", tls=None, server_name=None, limits=SessionLimits())
    rig.until(lambda: rig.of(Opened))
    rig.reactor.set_owner(number, "owner")
    theirs.sendall(framed(b"1") + framed(b"2") + framed(b"3"))
    eventually(lambda: rig.reactor.poll() == 3)
    _, [first] = rig.reactor.take(1)
    rig.reactor.pause(number)
    theirs.sendall(framed(b"4"))
    if late:
        theirs.close()
    for _ in range(20):
        rig.step()
    assert first == b"1"
    assert rig.of(bytes) == []
    rig.reactor.resume(number)
    rig.until(lambda: len(rig.of(bytes)) == 3)
    assert rig.taken[1:4] == [("owner", b"2"), ("owner", b"3"), ("owner", b"4")]
    theirs.close()
    rig.until(lambda: rig.of(Closed))


# ------------------------------------------------------------------------------------------------------- upgrade


@pytest.mark.parametrize("impatient", [False, True], ids=["waits", "impatient"])
def test_upgrade_to_tls_at_a_frame_boundary(rig: Rig, impatient: bool) -> None:
    """The server answers <proceed/> in the clear; what the client sends behind its <ready/> belongs to TLS only."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    number = rig.reactor.attach(ours.detach(), framing="epp", tls=None, server_name=None, limits=SessionLimits())
    rig.until(lambda: rig.of(Opened))
    tls = Wire(framing="epp", tls=client_tls(), server_name="localhost", frame_limit=1000)
    ready = framed(b"ready")
    theirs.sendall(ready + tls.outgoing() if impatient else ready)
    rig.until(lambda: rig.of(bytes) == [b"ready"])
    if impatient:
        rig.until(lambda: rig.reactor.stats()["octets_received"] > 50)
    rig.reactor.send(number, b"proceed")
    rig.reactor.upgrade(number, server_tls())
    rig.step()
    theirs.settimeout(10)
    assert theirs.recv(len(framed(b"proceed"))) == framed(b"proceed")
    if not impatient:
        theirs.sendall(tls.outgoing())
    while tls.handshaking:
        rig.step()
        theirs.settimeout(0.05)
        try:
            tls.receive(theirs.recv(65536))
        except TimeoutError:
            continue
        theirs.sendall(tls.outgoing())
    tls.send(b"secret")
    theirs.sendall(tls.outgoing())
    rig.until(lambda: rig.of(bytes) == [b"ready", b"secret"])
    assert [item.peer.tls_version for item in rig.of(Opened)] == [None, "TLSv1.3"]
    theirs.close()


def test_octets_sent_in_the_clear_are_never_frames_after_an_upgrade(rig: Rig) -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    number = rig.reactor.attach(ours.detach(), framing="epp", tls=None, server_name=None, limits=SessionLimits())
    rig.until(lambda: rig.of(Opened))
    theirs.sendall(framed(b"ready") + framed(b"injected command"))
    eventually(lambda: rig.reactor.poll() == 2)
    _, [ready] = rig.reactor.take(1)
    assert ready == b"ready"
    rig.reactor.upgrade(number, server_tls())
    rig.until(lambda: rig.of(Closed))
    assert rig.of(bytes) == []
    assert rig.of(Closed)[0].reason == "tls"
    theirs.close()


def test_a_wire_is_upgraded_too() -> None:
    client = Wire(framing="epp", tls=None, frame_limit=1000)
    server = Wire(framing="epp", tls=None, frame_limit=1000)
    client.send(b"ready")
    assert server.receive(client.outgoing()) == [b"ready"]
    server.upgrade(server_tls())
    client.upgrade(client_tls(), "localhost")
    talk(client, server)
    client.send(b"secret")
    assert server.receive(client.outgoing()) == [b"secret"]


def talk(client: Wire, server: Wire) -> None:
    while client.handshaking or server.handshaking:
        assert server.receive(client.outgoing()) == []
        if data := server.outgoing():
            assert client.receive(data) == []


# ------------------------------------------------------------------------------------------------------- codec seam


class Reverse:
    """A codec: messages are strings, sent backwards."""

    def decode(self, frame: bytes, role: int) -> object:
        return (frame.decode()[::-1], role)

    def encode(self, message: object) -> bytes:
        if not isinstance(message, str):
            raise TypeError("strings only")
        return message[::-1].encode()


def test_a_codec_sees_every_frame_and_message() -> None:
    rig = Rig()
    with EchoServer() as server:
        number = attach(rig, server.port, codec=Reverse(), role="client")
        rig.reactor.send_message(number, "abc")
        with pytest.raises(TypeError, match="strings only"):
            rig.reactor.send_message(number, 5)
        rig.reactor.send(number, b"raw")
        rig.until(lambda: len(rig.of(tuple)) == 2)
        # Sent as "cba", echoed, decoded; the refused message left nothing behind.
        assert rig.of(tuple) == [("abc", 2), ("war", 2)]
        rig.reactor.close(number)
        rig.until(lambda: rig.of(Closed))


def test_send_message_needs_a_codec() -> None:
    rig = Rig()
    ours, theirs = socket.socketpair()
    number = rig.reactor.attach(ours.detach(), framing="epp", tls=None, server_name=None, limits=SessionLimits())
    with pytest.raises(ValueError, match="codec"):
        rig.reactor.send_message(number, "x")
    with pytest.raises(ValueError, match="identifier"):
        rig.reactor.send_message(number, "x", "ABC-1")
    rig.reactor.send_message(number + 1, "to nobody")
    theirs.close()


# ------------------------------------------------------------------------------------------------------- who


def test_peer_tells_who_it_is() -> None:
    with EchoServer(tls=server_tls()) as server, server.client(identity=True) as client:
        client.ask(b"x")
        peer: Peer = server.of(Opened)[0].peer
        der = pki().client.der
        assert peer.certificates[0] == der
        assert peer.fingerprint == hashlib.sha256(der).hexdigest()
        assert (peer.tls_version, peer.server_name) == ("TLSv1.3", "localhost")
        assert peer.cipher in {"TLS13_AES_128_GCM_SHA256", "TLS13_AES_256_GCM_SHA384"}
        assert peer.address == client.sock.getsockname()
        again = server.call(lambda: server.reactor.peer(sessions(server)[0]))
        assert again.fingerprint == peer.fingerprint


def test_tls_1_2_and_no_certificate_and_no_sni() -> None:
    context = ssl.create_default_context(cadata=pki().ca.decode())
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    with EchoServer(tls=server_tls()) as server, server.connect() as sock, context.wrap_socket(sock) as tls:
        assert Client(tls).ask(b"x" * 20) == b"x" * 20
        peer: Peer = server.of(Opened)[0].peer
        assert (peer.tls_version, peer.server_name) == ("TLSv1.2", None)
        assert (peer.certificates, peer.fingerprint) == ((), None)
        assert peer.cipher is not None
        assert peer.cipher.startswith("TLS_ECDHE_ECDSA_WITH_AES_")


def test_key_log_on_request(tmp_path: Path) -> None:
    log = tmp_path / "keys"
    tls = server_tls(key_log=log)
    with EchoServer(tls=tls) as server, server.client() as client:
        client.ask(b"x")
    assert log.stat().st_mode & 0o777 == 0o600
    labels = {line.split()[0] for line in log.read_text().splitlines()}
    assert {"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"} <= labels


def test_pem_from_files_and_what_is_wrong_with_it(tmp_path: Path) -> None:
    own, other = pki().server, pki().client
    (tmp_path / "cert.pem").write_bytes(own.certificate)
    (tmp_path / "key.pem").write_bytes(own.key)
    ServerTls(certificate=tmp_path / "cert.pem", key=str(tmp_path / "key.pem"))
    with pytest.raises(FileNotFoundError, match="nothing"):
        ServerTls(certificate=tmp_path / "nothing.pem", key=own.key)
    with pytest.raises(ValueError, match="TLS key"):
        ServerTls(certificate=own.certificate, key=other.key)
    with pytest.raises(ValueError, match="TLS key: no unencrypted private key"):
        ServerTls(certificate=own.certificate, key=own.certificate)
    with pytest.raises(ValueError, match="TLS certificate: no certificate"):
        ServerTls(certificate=own.key, key=own.key)
    with pytest.raises(ValueError, match="client CA"):
        ServerTls(certificate=own.certificate, key=own.key, require_certificate=True)
    with pytest.raises(ValueError, match="needs its key"):
        ClientTls(ca=pki().ca, certificate=other.certificate)
    with pytest.raises(ValueError, match="TLS CA"):
        ClientTls(ca=b"no PEM")


# ------------------------------------------------------------------------------------------------------- wire


def test_wires_talk_in_memory() -> None:
    client = Wire(framing="epp", tls=client_tls(identity=True), server_name="localhost", frame_limit=1000)
    server = Wire(framing="epp", tls=server_tls(), frame_limit=30)
    client.send(b"held back until the handshake")
    assert client.handshaking
    assert client.peer is None
    received: list[object] = []
    while not received:
        received += server.receive(client.outgoing())
        if data := server.outgoing():
            client.receive(data)
    # 29 octets and the header are above the limit of 30.
    assert [type(item) for item in received] == [FrameTooLarge]
    assert server.peer is not None
    assert server.peer.certificates[0] == pki().client.der
    server.send(b"bye")
    server.close()
    frame, closed = client.receive(server.outgoing())
    assert frame == b"bye"
    assert isinstance(closed, Closed)
    assert (closed.reason, closed.clean) == ("eof", True)
    assert client.closed
    with pytest.raises(ValueError, match="closed"):
        server.send(b"more")


def test_a_wire_fed_byte_by_byte() -> None:
    client = Wire(framing="epp", tls=client_tls(), server_name="localhost", frame_limit=1000)
    server = Wire(framing="epp", tls=server_tls(), frame_limit=1000)
    items: list[object] = []
    while client.handshaking or server.handshaking:
        for octet in client.outgoing():
            items += server.receive(bytes([octet]))
        for octet in server.outgoing():
            items += client.receive(bytes([octet]))
    client.send(b"one")
    client.send(b"two")
    for octet in client.outgoing():
        items += server.receive(bytes([octet]))
    assert items == [b"one", b"two"]


def test_a_wire_tells_every_end_once() -> None:
    wire = Wire(framing="epp", tls=None, frame_limit=1000)
    [closed] = wire.receive(framed(b"x")[:3]) or wire.receive(b"")
    assert isinstance(closed, Closed)
    assert (closed.reason, closed.clean) == ("eof", False)
    assert wire.receive(b"") == []
    tls = Wire(framing="epp", tls=client_tls(), server_name="localhost", frame_limit=1000)
    [failed] = tls.receive(b"this is not TLS, whatever it is")
    assert isinstance(failed, Closed)
    assert (failed.reason, failed.opened) == ("tls", False)


# ------------------------------------------------------------------------------------------------------- arguments


def test_arguments_are_checked() -> None:
    reactor = Reactor()
    with listening() as sock:
        with pytest.raises(ValueError, match="unknown framing"):
            reactor.listen(sock.fileno(), framing="smtp", tls=None, limits=SessionLimits())
        with pytest.raises(ValueError, match="role"):
            reactor.listen(sock.fileno(), framing="epp", tls=None, limits=SessionLimits(), role="judge")  # type: ignore[arg-type]
    with pytest.raises(OSError, match="descriptor"):
        reactor.listen(9999, framing="epp", tls=None, limits=SessionLimits())
    with pytest.raises(ValueError, match="timer"):
        reactor.set_timer(1, "tea", 180.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="idle_seconds"):
        SessionLimits(idle_seconds=-1)
    with pytest.raises(ValueError, match="output_low"):
        SessionLimits(output_high=10, output_low=11)
    with pytest.raises(ValueError, match="server_name"):
        Wire(framing="epp", tls=client_tls(), frame_limit=10)
    with pytest.raises(ValueError, match="server name"):
        Wire(framing="epp", tls=client_tls(), server_name="not a name", frame_limit=10)


def test_a_full_backlog_stops_reading(thread: bool) -> None:
    limits = ReactorLimits(backlog_octets=100_000)
    reactor = Reactor(limits, thread=thread)
    pairs = [socket.socketpair() for _ in range(10)]
    for ours, theirs in pairs:
        ours.setblocking(False)
        reactor.attach(ours.detach(), framing="epp", tls=None, server_name=None, limits=SessionLimits())
        theirs.setblocking(False)
    eventually(lambda: reactor.poll() == 10)
    reactor.take(10)
    for _, theirs in pairs:
        theirs.send(framed(b"x" * 10_000) * 6)
    eventually(lambda: reactor.poll() and reactor.stats()["backlog_octets"] > 100_000)
    for _ in range(20):
        reactor.poll()
    # One read above the mark, of one step.
    assert reactor.stats()["backlog_octets"] <= 100_000 + 10 * 65_536
    taken = 0
    while taken < 60:
        reactor.poll()
        taken += len(reactor.take()[1])
    for _, theirs in pairs:
        theirs.close()
    reactor.shutdown()


def test_everything_closes_on_shutdown(thread: bool) -> None:
    with EchoServer(thread=thread) as server:
        with server.connect() as sock:
            client = WireClient(sock, None)
            client.ask(b"x")
            server.call(lambda: [server.reactor.shutdown(), True])
            assert isinstance(client.next(), Closed)
        assert [item.reason for item in server.closed()] == ["local"]


def test_a_step_that_received_enough_leaves_the_others_to_the_next(thread: bool) -> None:
    reactor = Reactor(ReactorLimits(octets_per_step=1000), thread=thread)
    frames: dict[int, list[bytes]] = {}
    peers: list[socket.socket] = []
    numbers: list[int] = []
    for _ in range(12):
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        limits = SessionLimits()
        numbers.append(
            reactor.attach(ours.detach(), framing="epp", tls=None, server_name=None, limits=limits, role="server")
        )
        peers.append(theirs)
    steps: list[int] = []

    def all_came(count: int) -> bool:
        n = reactor.poll()
        owners, items = reactor.take(1000)
        assert len(items) == n
        here = [(owner, item) for owner, item in zip(owners, items, strict=True) if isinstance(item, bytes)]
        for owner, item in here:
            frames.setdefault(owner, []).append(item)
        if here:
            steps.append(len(here))
        return sum(map(len, frames.values())) >= count

    for turn in range(3):
        for place, peer in enumerate(peers):
            peer.sendall(framed(bytes([65 + place]) * 400))
        eventually(lambda turn=turn: all_came(12 * (turn + 1)))
    assert frames == {number: [bytes([65 + place]) * 400] * 3 for place, number in enumerate(numbers)}
    if not thread:
        assert max(steps) == 3
    # One that closed while it waited for its turn is not served any more, and the others are.
    for peer in peers:
        peer.sendall(framed(b"x" * 400))
    reactor.poll()
    for number in numbers[6:]:
        reactor.close(number, drain=False)
    frames.clear()
    eventually(lambda: all_came(6))
    for peer in peers:
        peer.close()
    reactor.shutdown()


@pytest.mark.parametrize("octets", [64, 204, 1000, 65_536])
def test_all_that_came_before_an_end_is_read(thread: bool, octets: int) -> None:
    """The poller tells of news only: what a read leaves, and an end that came with octets, must not be forgotten."""
    reactor = Reactor(ReactorLimits(octets_per_session=octets), thread=thread)
    got: list[Any] = []

    def taken() -> bool:
        reactor.poll()
        _, items = reactor.take(1000)
        got.extend(item for item in items if not isinstance(item, Opened))
        return bool(got) and isinstance(got[-1], Closed)

    for pieces in (["x" * 200] * 5, ["x" * 200], [], ["abc", "d"]):
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        reactor.attach(ours.detach(), framing="epp", tls=None, server_name=None, limits=SessionLimits(), role="server")
        opened: list[Any] = []
        eventually(lambda opened=opened: reactor.poll() and opened.extend(reactor.take()[1]) is None and bool(opened))
        with theirs:
            theirs.sendall(b"".join(framed(piece.encode()) for piece in pieces))
        eventually(taken)
        assert [item.decode() for item in got[:-1]] == pieces
        assert (got[-1].reason, got[-1].clean) == ("eof", True)
        got.clear()
    reactor.shutdown()


def test_a_full_backlog_puts_reading_off(thread: bool) -> None:
    """What was told while nothing could be read is told again."""
    reactor = Reactor(ReactorLimits(backlog_octets=1000, octets_per_session=512), thread=thread)
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    reactor.attach(ours.detach(), framing="epp", tls=None, server_name=None, limits=SessionLimits(), role="server")
    got: list[Any] = []
    with theirs:
        theirs.sendall(framed(b"x" * 400) * 20)
        eventually(lambda: reactor.poll() and reactor.stats()["backlog_octets"] > 1000)

        def come() -> bool:
            reactor.poll()
            got.extend(item for item in reactor.take(2)[1] if isinstance(item, bytes))
            return len(got) == 20

        eventually(come)
    assert got == [b"x" * 400] * 20
    reactor.shutdown()
