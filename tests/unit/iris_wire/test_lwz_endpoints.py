"""Datagram sockets of the reactor: requests in, answers out, what is dropped before anybody looks at it."""

from __future__ import annotations

import random
import resource
import select
import socket
import zlib
from typing import Any

import pytest
from regwire_native import (
    DatagramLimits,
    LwzDatagram,
    LwzReply,
    Reactor,
    ReactorLimits,
    SessionLimits,
    lwz_parse,
    lwz_request,
    xpc_build,
)

from regwire.epp import DEFAULT, Hello

CODEC = DEFAULT.codec
PATIENCE = 60.0


class Rig:
    """A reactor stepped by hand with one server's socket; `serve` answers what came with what `answer` gives."""

    def __init__(self, *, thread: bool = False, bind: str = "127.0.0.1", codec: Any = None, **limits: Any) -> None:
        self.reactor = Reactor(thread=thread)
        family = socket.AF_INET6 if ":" in bind else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.bind((bind, 0))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            self.port: int = sock.getsockname()[1]
            self.endpoint = self.reactor.listen_datagrams(sock.fileno(), limits=DatagramLimits(**limits), codec=codec)
        self.seen: list[Any] = []

    def step(self) -> list[Any]:
        found: list[Any] = []
        if self.reactor.poll():
            while (batch := self.reactor.take(64))[1]:
                found += batch[1]
        self.seen += found
        return found

    def until(self, count: int) -> list[Any]:
        """Step until there are `count` items more."""
        found: list[Any] = []
        while len(found) < count:
            ready, _, _ = select.select([self.reactor.fileno()], [], [], PATIENCE)
            assert ready, f"{len(found)} of {count} datagrams; {self.reactor.stats()}"
            found += self.step()
        return found

    def drained(self) -> list[Any]:
        """Step until every datagram that was sent so far has been looked at (loopback delivers while it is sent)."""
        found: list[Any] = []
        while True:
            before = self.reactor.stats()["datagrams"]
            ready, _, _ = select.select([self.reactor.fileno()], [], [], 0.1)
            found += self.step()
            if not ready and self.reactor.stats()["datagrams"] == before:
                return found

    def client(self, address: str = "127.0.0.1", to: str = "127.0.0.1") -> socket.socket:
        sock = socket.socket(socket.AF_INET6 if ":" in to else socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((address, 0))
        sock.connect((to, self.port))
        sock.settimeout(PATIENCE)
        return sock

    def answer(self, datagram: LwzDatagram, content: Any, **more: Any) -> None:
        self.reactor.reply_datagram(datagram, content, **more)
        self.reactor.flush()


@pytest.fixture(params=[False, True], ids=["here", "thread"])
def thread(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def parsed(octets: bytes) -> LwzReply:
    reply = lwz_parse(octets, role="client")
    assert isinstance(reply, LwzReply)
    return reply


def test_a_request_is_answered(thread: bool) -> None:
    rig = Rig(thread=thread, codec=CODEC)
    with rig.client() as sock:
        sock.send(lwz_request(Hello(), transaction=0x1234, authority="example.com", codec=CODEC))
        (request,) = rig.until(1)
        assert (request.transaction, request.authority, request.document) == (0x1234, "example.com", Hello())
        assert (request.peer, request.endpoint) == (sock.getsockname(), rig.endpoint)
        rig.answer(request, Hello())
        reply = lwz_parse(sock.recv(4096), role="client", codec=CODEC)
        assert isinstance(reply, LwzReply)
        assert (reply.transaction, reply.document) == (0x1234, Hello())
    rig.reactor.shutdown()


def test_many_are_taken_and_answered_in_batches(thread: bool) -> None:
    rig = Rig(thread=thread)
    with rig.client() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        requests = []
        for number in range(300):
            sock.send(lwz_request(b"%d" % number, transaction=number))
            if number % 30 == 29:  # no more than any socket has room for
                requests += rig.until(30)
        assert [request.transaction for request in requests] == list(range(300))
        first = requests[:100]
        assert rig.reactor.reply_datagrams(first, [request.document * 2 for request in first]) == []
        rig.reactor.flush()
        replies = [parsed(sock.recv(4096)) for _ in range(100)]
        assert [(reply.transaction, reply.document) for reply in replies] == [
            (number, b"%d%d" % (number, number)) for number in range(100)
        ]
    rig.reactor.shutdown()


def test_the_owner_is_told_and_what_cannot_be_encoded_fails_alone() -> None:
    rig = Rig(codec=CODEC)
    rig.reactor.set_endpoint_owner(rig.endpoint, "lwz")
    with rig.client() as sock:
        for number in range(2):
            sock.send(lwz_request(b"<x/>", transaction=number))
        select.select([rig.reactor.fileno()], [], [], PATIENCE)
        requests: list[Any] = []
        while len(requests) < 2:
            rig.reactor.poll()
            owners, items = rig.reactor.take()
            assert owners == ["lwz"] * len(items)
            requests += items
        ((position, error),) = rig.reactor.reply_datagrams(requests, [object(), Hello()])
        assert position == 0
        assert isinstance(error, Exception)
        with pytest.raises(type(error)):
            rig.reactor.reply_datagram(requests[0], object())
        rig.reactor.flush()
        assert parsed(sock.recv(4096)).transaction == 1
        with pytest.raises(ValueError, match="1 contents for 2 datagrams"):
            rig.reactor.reply_datagrams(requests, [Hello()])
    rig.reactor.shutdown()


@pytest.mark.parametrize(
    ("bind", "asked", "source"),
    [
        ("0.0.0.0", "127.0.0.9", "127.0.0.1"),
        ("::", "::1", "::1"),
    ],
)
def test_an_answer_comes_from_the_address_that_was_asked(bind: str, asked: str, source: str) -> None:
    try:
        rig = Rig(bind=bind)
    except OSError:
        pytest.skip("no IPv6 here")
    # A connected socket hears only from the address it is connected to.
    with rig.client(source, asked) as sock:
        sock.send(lwz_request(b"<x/>", transaction=1))
        rig.answer(rig.until(1)[0], b"<y/>")
        assert parsed(sock.recv(4096)).document == b"<y/>"
    rig.reactor.shutdown()


def test_what_exceeds_the_maximum_is_compressed_or_becomes_its_size() -> None:
    rig = Rig()
    with rig.client() as sock:
        for deflates in (True, False):
            sock.send(lwz_request(b"q" * 300, transaction=1, maximum=500, deflate_supported=deflates))
            rig.answer(rig.until(1)[0], b"<response/>" * 100)
        squeezed, size = parsed(sock.recv(4096)), parsed(sock.recv(4096))
        assert (squeezed.deflated, squeezed.document) == (True, b"<response/>" * 100)
        assert (size.kind, b"<octets>1111</octets>" in size.document) == ("si", True)
    stats = rig.reactor.stats()
    assert (stats["datagrams_compressed"], stats["datagrams_sized"], stats["datagrams_sent"]) == (1, 1, 2)
    rig.reactor.shutdown()


def test_an_answer_is_no_more_than_the_ratio_times_its_request() -> None:
    rig = Rig(response_ratio=3)
    lengths = []
    with rig.client() as sock:
        for padding in (0, 100, 350):
            request = lwz_request(b"q" * padding, transaction=1, maximum=65535, deflate_supported=False)
            sock.send(request)
            rig.answer(rig.until(1)[0], b"x" * 1000)
            if padding:
                reply = sock.recv(4096)
                lengths.append((parsed(reply).kind, len(reply)))
                assert len(reply) + 28 <= 3 * (len(request) + 28)
    assert [kind for kind, _ in lengths] == ["si", "xml"]
    # In answer to next to nothing even size information is too long.
    stats = rig.reactor.stats()
    assert (stats["datagrams_withheld"], stats["datagrams_sized"], stats["datagrams_sent"]) == (1, 1, 2)
    rig.reactor.shutdown()


def test_a_response_that_is_sent_to_a_server_goes_nowhere(thread: bool) -> None:
    rig = Rig(thread=thread)
    with rig.client() as sock:
        for header in (0x20, 0x21, 0x23, 0x38, 0xE0):
            sock.send(bytes([header]) + b"\x12\x34<x/>")
        sock.send(lwz_request(b"<x/>", transaction=1))
        (request,) = rig.until(1)
        assert request.document == b"<x/>"
        assert not rig.drained()
    stats = rig.reactor.stats()
    assert stats["datagrams_misdirected"] == 5
    rig.reactor.shutdown()


def test_a_flood_from_one_network_is_dropped_and_the_others_are_served(thread: bool) -> None:
    rig = Rig(thread=thread, prefix_rate=1, prefix_burst=50)
    flood = [rig.client(f"127.0.9.{host}") for host in (1, 77, 200)]
    served = []
    for turn in range(300):
        for sock in flood:
            sock.send(lwz_request(b"<flood/>", transaction=1))
        if turn % 10 == 9:
            served += rig.step()
    with rig.client("127.0.0.1") as sock:
        sock.send(lwz_request(b"<good/>", transaction=2))
        while not any(request.document == b"<good/>" for request in served):
            served += rig.until(1)
        served += rig.drained()
        flooded = [request for request in served if request.document == b"<flood/>"]
        assert 50 <= len(flooded) <= 50 + 60
        (good,) = [request for request in served if request.document == b"<good/>"]
        rig.answer(good, b"<answer/>")
        assert parsed(sock.recv(4096)).document == b"<answer/>"
    for sock in flood:
        sock.close()
    stats = rig.reactor.stats()
    assert stats["datagrams_limited"] == stats["datagrams"] - len(served) > 3 * len(flooded)
    rig.reactor.shutdown()


def test_garbage_bombs_and_long_datagrams_cost_no_memory_and_harm_nobody(thread: bool) -> None:
    rig = Rig(thread=thread, prefix_rate=None)
    generator = random.Random(5)
    squeeze = zlib.compressobj(wbits=-15)
    bomb = lwz_request(b"", transaction=3, deflated=True)[:6] + squeeze.compress(b" " * (3 << 20)) + squeeze.flush()
    assert len(bomb) < 4000
    rig.step()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kinds: dict[str | None, int] = {}
    expected = 0
    with rig.client() as sock:
        for turn in range(400):
            sock.send(bomb)
            garbage = generator.randbytes(generator.randrange(60))
            sock.send(garbage)
            expected += 3 if not garbage or not garbage[0] & 0x20 else 2  # what calls itself a response is dropped
            sock.send(lwz_request(b"x" * 3000, transaction=4) + b"y" * 3000)
            if turn % 20 == 19:
                for request in rig.until(expected):
                    kinds[request.error] = kinds.get(request.error, 0) + 1
                    rig.reactor.reply_datagram(request, b"<other/>", kind="oi")
                rig.reactor.flush()
                expected = 0
                while select.select([sock], [], [], 0)[0]:
                    sock.recv(4096)
        sock.send(lwz_request(b"<good/>", transaction=5))
        (good,) = [request for request in rig.until(1) if request.error is None]
        rig.answer(good, b"<answer/>")
        while parsed(sock.recv(4096)).transaction != 5:
            pass
    assert kinds["payload-error"] >= 400
    assert kinds["request-size"] == 400
    assert kinds["descriptor-error"] > 20
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 30 << 10, f"{grown} KiB"
    rig.reactor.shutdown()


def test_an_owner_that_takes_nothing_is_not_flooded() -> None:
    rig = Rig(prefix_rate=None)
    reactor = Reactor(ReactorLimits(backlog_octets=100_000))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server, rig.client() as sock:
        server.bind(("127.0.0.1", 0))
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        reactor.listen_datagrams(server.fileno(), limits=DatagramLimits(prefix_rate=None))
        sock.connect(server.getsockname())
        for _ in range(500):
            sock.send(lwz_request(b"x" * 1000, transaction=1))
        for _ in range(100):
            reactor.poll()
        held = reactor.stats()["backlog_octets"]
        assert 100_000 < held < 100_000 + 64 * 1006
        count = 0
        while items := reactor.take(64)[1]:
            count += len(items)
            reactor.poll()
        assert 100 <= count <= 500  # as many as the socket has room for
        assert reactor.stats()["backlog_octets"] == 0
    reactor.shutdown()
    rig.reactor.shutdown()


def test_sessions_are_served_beside_a_flood_of_datagrams() -> None:
    rig = Rig(prefix_rate=None)
    with socket.create_server(("127.0.0.1", 0)) as listener, rig.client() as flood:
        rig.reactor.listen(listener.fileno(), framing="xpc", tls=None, limits=SessionLimits())
        with socket.create_connection(listener.getsockname()) as sock:
            sock.settimeout(PATIENCE)
            for _ in range(1000):
                flood.send(lwz_request(b"x" * 500, transaction=1))
            sock.sendall(xpc_build(b"<request/>", keep_open=True, role="client"))
            answered = False
            for _ in range(60):
                for _ in range(200):
                    flood.send(lwz_request(b"x" * 500, transaction=1))
                rig.reactor.poll()
                owners, items = rig.reactor.take(256)
                for owner, item in zip(owners, items, strict=True):
                    if type(item).__name__ == "XpcBlock":
                        assert isinstance(owner, int)
                        rig.reactor.send_xpc(owner, b"<response/>", keep_open=True)
                        answered = True
                rig.reactor.flush()
                if answered:
                    break
            assert answered
            assert sock.recv(100) == xpc_build(b"<response/>", keep_open=True, role="server")
    rig.reactor.shutdown()


def test_a_client_asks_through_a_reactor(thread: bool) -> None:
    server, client = Rig(thread=thread), Reactor(thread=thread)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        endpoint = client.listen_datagrams(sock.fileno(), limits=DatagramLimits(), role="client", codec=CODEC)
        client.send_datagram(endpoint, lwz_request(b"<x/>", transaction=9), ("127.0.0.1", server.port))
        client.flush()
        (request,) = server.until(1)
        with server.client() as stray:
            # A request that is sent to a client is nothing to it.
            stray.connect(sock.getsockname())
            stray.send(lwz_request(b"<x/>", transaction=1))
        server.answer(request, CODEC.encode(Hello()))
        replies: list[Any] = []
        while not replies:
            assert select.select([client.fileno()], [], [], PATIENCE)[0]
            client.poll()
            replies = client.take()[1]
        (reply,) = replies
        assert (reply.transaction, reply.document, reply.peer) == (9, Hello(), ("127.0.0.1", server.port))
        with pytest.raises(ValueError, match="is not an IP address"):
            client.send_datagram(endpoint, b"", ("localhost", 1))
        client.close_datagrams(endpoint)
        client.send_datagram(endpoint, b"", ("127.0.0.1", 1))
    client.shutdown()
    server.reactor.shutdown()


def test_what_is_no_datagram_socket_is_refused() -> None:
    reactor = Reactor()
    with socket.create_server(("127.0.0.1", 0)) as stream:
        with pytest.raises(OSError, match="not a datagram socket"):
            reactor.listen_datagrams(stream.fileno(), limits=DatagramLimits())
        with pytest.raises(ValueError, match="unknown framing of datagrams"):
            reactor.listen_datagrams(stream.fileno(), framing="xpc", limits=DatagramLimits())  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="is not one of server, client"):
            reactor.listen_datagrams(stream.fileno(), role="strict", limits=DatagramLimits())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="prefix_v4: 33 is above 32"):
        DatagramLimits(prefix_v4=33)
    parsed_by_hand = lwz_parse(lwz_request(b"", transaction=1), role="server")
    assert isinstance(parsed_by_hand, LwzDatagram)
    with pytest.raises(ValueError, match="came from no reactor"):
        reactor.reply_datagram(parsed_by_hand, b"")
    reactor.shutdown()
