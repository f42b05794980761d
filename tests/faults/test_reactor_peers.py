"""Peers that misbehave, each by name, against a running echo server. Others must not notice."""

from __future__ import annotations

import os
import random
import resource
import socket
import ssl
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from reactor_rig import (
    PATIENCE,
    Client,
    EchoServer,
    WireClient,
    client_tls,
    eventually,
    framed,
    listening,
    load_identity,
    pki,
    server_tls,
    sessions,
)
from regwire_native import (
    BadFrameLength,
    Closed,
    EmptyFrame,
    FrameTooLarge,
    Opened,
    ReactorLimits,
    SessionLimits,
    TimerExpired,
    Wire,
    Writable,
)


@pytest.fixture(params=[False, True], ids=["here", "thread"])
def thread(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def server(thread: bool) -> Iterator[EchoServer]:
    with EchoServer(tls=server_tls(), thread=thread) as server:
        yield server


@pytest.fixture
def plain(thread: bool) -> Iterator[EchoServer]:
    with EchoServer(thread=thread) as server:
        yield server


def still_serves(server: EchoServer, *, tls: bool) -> None:
    with server.client(tls=tls) as client:
        assert client.ask(b"are you well?") == b"are you well?"


def end_of(sock: socket.socket) -> bytes:
    """Everything until the end of file."""
    received = b""
    while more := sock.recv(65536):
        received += more
    return received


# ------------------------------------------------------------------------------------------------------- pieces


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_one_byte_writes(thread: bool, tls: bool) -> None:
    with EchoServer(tls=server_tls() if tls else None, thread=thread) as server, server.client(tls=tls) as client:
        for octet in framed(b"<epp/>") + framed(b"second"):
            client.sock.sendall(bytes([octet]))
        assert [client.receive(), client.receive()] == [b"<epp/>", b"second"]


def test_header_split_one_and_three(server: EchoServer) -> None:
    with server.client() as client:
        data = framed(b"payload")
        client.sock.sendall(data[:1])
        client.sock.sendall(data[1:4])
        client.sock.sendall(data[4:])
        assert client.receive() == b"payload"


def test_two_frames_in_one_record_are_answered_in_one_record(server: EchoServer) -> None:
    with server.connect() as sock:
        client = WireClient(sock, client_tls())
        client.wire.send(b"one")
        client.wire.send(b"two")
        both = client.wire.outgoing()
        sock.sendall(both)
        answer = b""
        while len(client.items) < 2:
            answer += (data := sock.recv(65536))
            client.items += client.wire.receive(data)
        assert client.items == [b"one", b"two"]
        assert len(tls_records(answer)) == 1


def tls_records(data: bytes) -> list[bytes]:
    records = []
    while data:
        end = 5 + int.from_bytes(data[3:5], "big")
        records.append(data[:end])
        data = data[end:]
    return records


def test_a_frame_over_many_records(server: EchoServer) -> None:
    with server.client() as client:
        assert client.ask(b"x" * 16_000) == b"x" * 16_000
        client.send(b"size 200000")
        assert client.receive() == b"x" * 200_000


# ------------------------------------------------------------------------------------------------------- lengths


@pytest.mark.parametrize("length", [2**31 - 1, 2**31, 2**32 - 1, 16 * 1024 + 1])
def test_a_length_of_two_gigabytes_is_not_allocated(plain: EchoServer, length: int) -> None:
    with plain.client(tls=False) as client:
        client.send(b"before")
        assert client.receive() == b"before"
        client.sock.sendall(struct.pack(">I", length) + b"x" * 1000)
        assert client.receive() == b""
    plain.closed()
    [item] = plain.of(FrameTooLarge)
    assert item.length == length
    assert plain.stats()["partial_octets"] < 100_000
    still_serves(plain, tls=False)


@pytest.mark.parametrize("length", [0, 1, 2, 3])
def test_a_length_shorter_than_its_header(plain: EchoServer, length: int) -> None:
    with plain.client(tls=False) as client:
        client.sock.sendall(framed(b"before") + struct.pack(">I", length) + b"after")
        assert client.receive() == b"before"
        assert client.receive() == b""
    plain.closed()
    assert [item.length for item in plain.of(BadFrameLength)] == [length]
    assert plain.frames == 1


def test_an_empty_frame_keeps_the_session(plain: EchoServer) -> None:
    with plain.client(tls=False) as client:
        client.sock.sendall(framed(b""))
        assert client.ask(b"after") == b"after"
    assert len(plain.of(EmptyFrame)) == 1


def test_the_limit_is_raised_for_one_session(plain: EchoServer) -> None:
    with plain.client(tls=False) as client, plain.client(tls=False) as other:
        eventually(lambda: len(sessions(plain)) == 2)
        first = sessions(plain)[0]
        client.ask(b"x")
        plain.call(lambda: [plain.reactor.set_limit(first, 1 << 20), True])
        client.send(b"y" * 500_000)
        assert client.receive() == b"y" * 500_000
        other.send(b"z" * 20_000)
        assert other.receive() == b""


# ------------------------------------------------------------------------------------------------------- TLS


@pytest.mark.parametrize("seed", range(5))
def test_random_bytes_instead_of_tls(server: EchoServer, seed: int) -> None:
    with server.connect() as sock:
        sock.sendall(random.Random(seed).randbytes(400))
        alert = end_of(sock)
    assert alert[:1] == b"\x15", "no alert"
    [closed] = server.closed()
    assert (closed.reason, closed.opened, closed.clean) == ("tls", False, False)
    assert closed.address == ("127.0.0.1", closed.address[1])
    still_serves(server, tls=True)


def test_a_flipped_bit_gets_an_alert_after_the_frames_before_it(server: EchoServer) -> None:
    with server.connect() as sock:
        client = WireClient(sock, client_tls())
        client.wire.send(b"good")
        good = client.wire.outgoing()
        client.wire.send(b"bad")
        bad = bytearray(client.wire.outgoing())
        bad[-1] ^= 1
        sock.sendall(good + bad)
        last = client.next()
        assert isinstance(last, Closed)
        assert last.reason == "tls"
        assert "BadRecordMac" in last.detail
    [closed] = server.closed()
    assert (closed.reason, closed.opened) == ("tls", True)
    assert server.frames == 1


def test_a_truncated_record_is_no_clean_end(server: EchoServer) -> None:
    with server.connect() as sock:
        client = WireClient(sock, client_tls())
        assert client.ask(b"whole") == b"whole"
        client.wire.send(b"cut in two")
        sock.sendall(client.wire.outgoing()[:-3])
        sock.shutdown(socket.SHUT_WR)
        [closed] = server.closed()
    assert (closed.reason, closed.clean) == ("eof", False)
    assert server.frames == 1


def test_a_connection_cut_without_close_notify_is_no_clean_end(server: EchoServer) -> None:
    with server.connect() as sock:
        client = WireClient(sock, client_tls())
        assert client.ask(b"whole") == b"whole"
    [closed] = server.closed()
    assert (closed.reason, closed.detail, closed.clean) == ("eof", "no close_notify", False)


def test_an_untrusted_certificate_gets_an_alert(server: EchoServer) -> None:
    context = ssl.create_default_context(cadata=pki().ca.decode())
    load_identity(context, pki().stranger.certificate, pki().stranger.key)
    with server.connect() as sock:
        tls = context.wrap_socket(sock, server_hostname="localhost")
        # In TLS 1.3 the client has finished before the server looks at its certificate: the first read shows it.
        with pytest.raises(ssl.SSLError, match="alert"):
            tls.recv(1)
        tls.close()
    [closed] = server.closed()
    assert (closed.reason, closed.opened) == ("tls", False)
    assert "UnknownIssuer" in closed.detail
    still_serves(server, tls=True)


def test_a_missing_certificate_gets_an_alert_when_one_is_required(thread: bool) -> None:
    with EchoServer(tls=server_tls(require_certificate=True), thread=thread) as server:
        context = ssl.create_default_context(cadata=pki().ca.decode())
        with server.connect() as sock:
            tls = context.wrap_socket(sock, server_hostname="localhost")
            with pytest.raises(ssl.SSLError, match=r"alert|ALERT|required"):
                tls.recv(1)
            tls.close()
        assert server.closed()[0].reason == "tls"
        with server.client(identity=True) as client:
            assert client.ask(b"known") == b"known"


def test_old_tls_and_other_ciphers_are_refused(server: EchoServer) -> None:
    context = ssl.create_default_context(cadata=pki().ca.decode())
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+CHACHA20")
    with server.connect() as sock, pytest.raises(ssl.SSLError):
        context.wrap_socket(sock, server_hostname="localhost")
    assert server.closed()[0].reason == "tls"


def test_half_open_sessions_end_by_the_handshake_timer(thread: bool) -> None:
    limits = SessionLimits(handshake_seconds=2.0)
    with EchoServer(tls=server_tls(), limits=limits, thread=thread) as server:
        socks = [server.connect() for _ in range(20)]
        socks[0].sendall(b"\x16\x03\x01\x02\x00\x01")
        for sock in socks:
            assert end_of(sock) == b""
            sock.close()
        assert {(item.reason, item.opened) for item in server.closed(20)} == {("timeout", False)}
        eventually(lambda: server.stats()["sessions"] == 0)
        still_serves(server, tls=True)


def test_a_handshake_storm_leaves_the_open_sessions_their_turn(thread: bool) -> None:
    limits = ReactorLimits(handshakes_per_step=1)
    with EchoServer(tls=server_tls(), reactor_limits=limits, thread=thread) as server, server.client() as client:
        hellos = []
        for _ in range(100):
            sock = server.connect()
            wire = Wire(framing="epp", tls=client_tls(), server_name="localhost", frame_limit=1000)
            hellos.append((sock, wire.outgoing()))
        eventually(lambda: server.stats()["sessions"] == 101)
        for sock, hello in hellos:
            sock.sendall(hello)
        for n in range(20):
            assert client.ask(b"%d" % n) == b"%d" % n
        for sock, _ in hellos:
            assert sock.recv(3) == b"\x16\x03\x03"
            sock.close()
        assert server.stats()["handshakes_deferred"] > 0


# ------------------------------------------------------------------------------------------------------- output


def small_buffers(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_a_client_that_never_reads_does_not_grow_the_server(thread: bool, tls: bool) -> None:
    limits = SessionLimits(output_high=100_000, output_low=20_000)
    with EchoServer(tls=server_tls() if tls else None, limits=limits, thread=thread) as server:
        with server.connect() as sock:
            small_buffers(sock)
            client = WireClient(sock, client_tls() if tls else None)
            # 20 octets ask for 20,000: without a mark these 1,000 requests would pin 20 MB.
            for _ in range(1000):
                client.wire.send(b"size 20000")
            asked = client.wire.outgoing()
            sock.sendall(asked)
            eventually(lambda: server.stats()["output_stops"] > 0)
            for _ in range(5):
                still_serves(server, tls=tls)
            # The high mark, and one chunk of 32 replies above it.
            assert server.stats()["unsent_octets"] < 100_000 + 33 * 20_100
            assert server.frames < 1000
            # A slow reader then gets every reply.
            for _ in range(1000):
                assert len(client.next()) == 20_000
        assert server.of(Writable)
        assert server.frames == 1005


def test_a_sender_that_never_reads_is_not_read(thread: bool) -> None:
    limits = SessionLimits(output_high=50_000, output_low=10_000)
    with EchoServer(limits=limits, thread=thread) as server, server.connect() as sock:
        small_buffers(sock)
        sock.settimeout(0.5)
        much = framed(b"x" * 1000) * 100_000
        with pytest.raises(TimeoutError):
            sock.sendall(much)
        stats = server.stats()
        assert stats["unsent_octets"] < 1_000_000
        assert stats["backlog_octets"] < 1_000_000
        # What the kernel takes off our hands, and not more; a little is delivered and held.
        assert stats["octets_received"] < stats["octets_sent"] + 1_000_000
        still_serves(server, tls=False)


def test_the_output_budget_of_all_drops_who_is_far_above(thread: bool) -> None:
    budget = ReactorLimits(unsent_octets=300_000)
    limits = SessionLimits(output_high=1 << 30, output_low=1000)
    with EchoServer(limits=limits, reactor_limits=budget, thread=thread) as server:
        socks = [server.connect() for _ in range(3)]
        for sock in socks:
            small_buffers(sock)
            sock.sendall(framed(b"size 9000000"))
        assert {item.reason for item in server.closed(1)} == {"budget"}
        eventually(lambda: server.stats()["unsent_octets"] < 10_000_000)
        for sock in socks:
            sock.close()
        still_serves(server, tls=False)


# ------------------------------------------------------------------------------------------------------- input


def descriptors(wanted: int) -> int:
    """How many connections this process can hold both ends of, up to `wanted`."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(wanted, (soft - len(os.listdir("/proc/self/fd")) - 100) // 2)


def test_ten_thousand_half_frames_fit_the_budget(thread: bool) -> None:
    count = descriptors(10_000)
    assert count >= 400, "raise the limit of open files"
    budget = count * 3000
    limits = SessionLimits(frame_octets=1 << 20)
    sock_limits = ReactorLimits(partial_octets=budget, sessions=20_000, sessions_per_address=20_000)
    with EchoServer(limits=limits, reactor_limits=sock_limits, thread=thread) as server:
        half = struct.pack(">I", 500_000) + b"x" * 30_000
        socks = []
        for _ in range(count):
            sock = server.connect()
            sock.setblocking(False)
            sock.send(half)
            socks.append(sock)
        eventually(lambda: server.stats()["opened"] == count)
        eventually(lambda: server.stats()["partial_stops"] > 0)
        # The budget, and above it at most a fair share each; what the frames announce is 5 GB.
        assert server.stats()["partial_octets"] < budget + count * 16_384
        for _ in range(5):
            still_serves(server, tls=False)
        for sock in socks:
            sock.close()
        eventually(lambda: server.stats()["sessions"] <= 5)
        assert server.stats()["partial_octets"] < 100_000


def test_starved_half_frames_go_on_when_there_is_room(thread: bool) -> None:
    budget = ReactorLimits(partial_octets=50_000)
    limits = SessionLimits(frame_octets=1 << 20)
    with EchoServer(limits=limits, reactor_limits=budget, thread=thread) as server:
        first, second = Client(server.connect()), Client(server.connect())
        with first.sock, second.sock:
            frame = framed(b"x" * 200_000)
            first.sock.sendall(frame[:100_000])
            eventually(lambda: server.stats()["partial_octets"] > 50_000)
            second.sock.sendall(frame[:100_000])
            eventually(lambda: server.stats()["partial_stops"] > 0)
            # Both hold what the other waits for; one at a time goes on.
            first.sock.sendall(frame[100_000:])
            second.sock.sendall(frame[100_000:])
            assert first.receive() == second.receive() == b"x" * 200_000


def test_killed_in_the_middle_of_a_frame(plain: EchoServer) -> None:
    with plain.connect() as sock:
        sock.sendall(framed(b"whole") + framed(b"half")[:-2])
        assert Client(sock).receive() == b"whole"
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    [closed] = plain.closed()
    assert (closed.reason, closed.clean) == ("reset", False)
    assert plain.frames == 1
    still_serves(plain, tls=False)


def test_an_end_in_the_middle_of_a_frame(plain: EchoServer) -> None:
    with plain.connect() as sock:
        sock.sendall(framed(b"whole") + framed(b"half")[:-2])
        sock.shutdown(socket.SHUT_WR)
        assert end_of(sock) == framed(b"whole")
    [closed] = plain.closed()
    assert (closed.reason, closed.detail, closed.clean) == ("eof", "in the middle of a frame", False)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_frames_before_the_close_are_delivered_and_answered(thread: bool, tls: bool) -> None:
    with EchoServer(tls=server_tls() if tls else None, thread=thread) as server, server.connect() as sock:
        client = WireClient(sock, client_tls() if tls else None)
        for n in range(100):
            client.wire.send(b"frame %d" % n)
        client.wire.close()
        sock.sendall(client.wire.outgoing())
        sock.shutdown(socket.SHUT_WR)
        while not client.wire.closed:
            client.pump()
        *frames, closed = client.items
        assert frames == [b"frame %d" % n for n in range(100)]
        assert isinstance(closed, Closed)
        assert closed.clean
        [theirs] = server.closed()
        assert (theirs.reason, theirs.clean) == ("eof", True)
        assert [type(item) for _, item in server.items] == [Opened, Closed]


def test_nothing_after_close_notify_is_read(server: EchoServer) -> None:
    with server.connect() as sock:
        client = WireClient(sock, client_tls())
        client.wire.send(b"last")
        client.wire.close()
        sock.sendall(client.wire.outgoing() + b"\x17\x03\x03\x00\x20" + b"x" * 32)
        assert client.next() == b"last"
    [closed] = server.closed()
    assert (closed.reason, closed.clean) == ("eof", True)


def test_a_reply_sent_before_our_close_arrives_although_input_is_unread(server: EchoServer) -> None:
    with server.client() as client:
        client.send(b"bye", *[b"ignored" * 100] * 500)
        assert client.receive() == b"bye"
        assert client.receive() == b""
    assert server.closed()[0].reason == "local"


# ------------------------------------------------------------------------------------------------------- descriptors


def test_running_out_of_descriptors_backs_off_and_recovers() -> None:
    # Not on its own thread, which would accept before the limit is set.
    server = EchoServer(reactor_limits=ReactorLimits(accept_back_off_seconds=0.01))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # The kernel completes connections before anybody accepts them.
    socks = [server.connect() for _ in range(30)]
    highest = max(sock.fileno() for sock in socks)
    fill = [os.open("/dev/null", os.O_RDONLY) for _ in range(40)]
    for number in fill[10:]:
        os.close(number)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(fill[9], highest) + 6, hard))
    try:
        with server:
            eventually(lambda: server.stats()["accept_back_offs"] >= 3)
            first = Client(socks[0])
            assert first.ask(b"served meanwhile") == b"served meanwhile"
            steps = server.stats()["steps"]
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            for sock in socks:
                assert Client(sock).ask(b"x") == b"x"
            assert server.stats()["accepted"] == 30
            assert steps < 10_000, "it spins"
            for sock in socks:
                sock.close()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for number in fill[:10]:
            os.close(number)


def test_too_many_sessions_are_closed_at_once(thread: bool) -> None:
    limits = ReactorLimits(sessions=3)
    with EchoServer(thread=thread, reactor_limits=limits) as server:
        socks = [server.connect() for _ in range(5)]
        assert [Client(sock).ask(b"x") for sock in socks[:3]] == [b"x"] * 3
        assert [sock.recv(1) for sock in socks[3:]] == [b"", b""]
        assert server.stats()["refused_sessions"] == 2
        socks[0].close()
        eventually(lambda: server.stats()["sessions"] == 2)
        still_serves(server, tls=False)
        for sock in socks:
            sock.close()


def test_too_many_sessions_from_one_address_leave_room_for_another(thread: bool) -> None:
    limits = ReactorLimits(sessions_per_address=2)
    with EchoServer(thread=thread, reactor_limits=limits) as server:
        socks = [server.connect() for _ in range(3)]
        assert [Client(sock).ask(b"x") for sock in socks[:2]] == [b"x"] * 2
        assert socks[2].recv(1) == b""
        source = ("127.0.0.2", 0)
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE, source_address=source) as other:
            assert Client(other).ask(b"y") == b"y"
        assert server.stats()["refused_address"] == 1
        for sock in socks:
            sock.close()


# ------------------------------------------------------------------------------------------------------- timers


@pytest.mark.parametrize("kind", ["login", "idle", "frame", "session"])
def test_each_timer_expires(thread: bool, kind: str) -> None:
    times: dict[str, Any] = {f"{kind}_seconds": 0.4}
    with (
        EchoServer(limits=SessionLimits(linger_seconds=0.4, **times), thread=thread) as server,
        server.connect() as sock,
    ):
        sock.sendall(framed(b"half")[:-1])
        assert end_of(sock) == b""
        assert [item.kind for item in server.of(TimerExpired)] == [kind]
        assert server.closed()[0].reason == "local"


def test_a_stopped_timer_does_not_expire(thread: bool) -> None:
    limits = SessionLimits(login_seconds=PATIENCE, idle_seconds=0.6, linger_seconds=0.1)
    with EchoServer(limits=limits, thread=thread) as server, server.connect() as sock:
        [number] = eventually(lambda: sessions(server))
        # Within one call, so that no machine is so slow that it expires before.
        server.call(lambda: [server.reactor.set_timer(number, "login", t) for t in (0.2, None)])
        assert end_of(sock) == b""
        assert [item.kind for item in server.of(TimerExpired)] == ["idle"]


# ------------------------------------------------------------------------------------------------------- numbers


def test_a_late_call_never_reaches_a_new_session(plain: EchoServer) -> None:
    with plain.client(tls=False) as client:
        client.ask(b"x")
    plain.closed()
    eventually(lambda: plain.stats()["sessions"] == 0)
    [old] = sessions(plain)
    with plain.client(tls=False) as client:
        client.ask(b"x")
        new = sessions(plain)[1]
        assert old & 0xFFFFFFFF == new & 0xFFFFFFFF, "another slot: the test shows nothing"
        assert old != new

        def late() -> bool:
            reactor = plain.reactor
            reactor.send(old, b"a reply of long ago")
            reactor.set_limit(old, 5)
            reactor.set_timer(old, "idle", 0.0)
            reactor.pause(old)
            reactor.upgrade(old, server_tls())
            reactor.close(old)
            reactor.flush()
            return True

        plain.call(late)
        assert client.ask(b"mine") == b"mine"
        assert plain.call(lambda: [plain.reactor.queued(old), plain.reactor.peer(old)]) == [0, None]


def test_nobody_listens_after_stop_accepting(plain: EchoServer) -> None:
    with plain.client(tls=False) as client:
        client.ask(b"x")
        plain.call(lambda: [plain.reactor.stop_accepting(plain.listener), True])
        eventually(lambda: refused(plain.port))
        assert client.ask(b"still here") == b"still here"


def refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except ConnectionRefusedError:
        return True
    return False


def test_listening_sockets_are_the_callers(thread: bool) -> None:
    with EchoServer(thread=thread) as server, listening() as sock:
        server.call(lambda: server.reactor.listen(sock.fileno(), framing="epp", tls=None, limits=SessionLimits()))
        port = sock.getsockname()[1]
        sock.close()
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
            assert Client(connection).ask(b"x") == b"x"
