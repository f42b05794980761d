"""XPC blocks (RFC 4992) out of octets and back: by themselves, through a `Wire`, and through a reactor."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from regwire_native import (
    BadFrame,
    Closed,
    Fault,
    FrameTooLarge,
    Opened,
    Reactor,
    SessionLimits,
    TimerExpired,
    UnknownVersion,
    Wire,
    XpcBlock,
    xpc_build,
    xpc_parse,
)

from regwire.epp import DEFAULT, Hello
from regwire.errors import EncodeError

CODEC = DEFAULT.codec
LIMITS = SessionLimits(frame_octets=1 << 20, frame_seconds=None)
LOOKUP = b"<request/>"


def parsed(octets: bytes, role: Any = "server", **more: Any) -> Any:
    result = xpc_parse(octets, role=role, **more)
    assert result is not None
    item, used = result
    assert not isinstance(item, XpcBlock) or used == len(octets)
    return item


def test_a_request_and_its_parts() -> None:
    octets = xpc_build(LOOKUP, keep_open=True, authority="example.com", role="client")
    assert octets == b"\x20\x0bexample.com\xc7\x00\x0a<request/>"
    block = parsed(octets)
    assert (block.keep_open, block.authority, block.document) == (True, "example.com", LOOKUP)
    assert (block.chunks, block.error) == ((), None)


def test_a_response_has_no_authority() -> None:
    octets = xpc_build([("vi", b"<versions/>")], keep_open=False, role="server")
    block = parsed(octets, "client")
    assert (block.keep_open, block.authority, block.document) == (False, None, None)
    assert block.chunks == (("vi", b"<versions/>"),)


@pytest.mark.parametrize("length", [0, 1, 65535, 65536, 131070, 131071, 300_000])
def test_a_document_is_split_over_chunks_and_joined_again(length: int) -> None:
    document = bytes(number % 251 for number in range(length))
    octets = xpc_build([("ad", document), ("vi", b"")], keep_open=True, role="client")
    assert len(octets) == 2 + length + 3 * max(1, -(-length // 65535)) + 3
    block = parsed(octets)
    assert (block.document, block.chunks, block.error) == (document, (("vi", b""),), None)


def test_a_document_split_inside_a_character_is_joined_before_it_is_decoded() -> None:
    document = '<?xml version="1.0"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><hello/><!-- ü --></epp>'.encode()
    at = document.index("ü".encode()) + 1
    chunks = b"".join(
        bytes([descriptor]) + len(part).to_bytes(2, "big") + part
        for descriptor, part in ((0x07, document[:at]), (0xC7, document[at:]))
    )
    block = parsed(b"\x20\x00" + chunks, codec=CODEC)
    assert isinstance(block.document, Hello)


def test_the_codec_writes_and_reads_documents() -> None:
    octets = xpc_build(Hello(), keep_open=True, role="client", codec=CODEC)
    assert octets.endswith(CODEC.encode(Hello()))
    assert parsed(octets, codec=CODEC).document == Hello()
    again = xpc_build([("ad", Hello()), ("vi", b"")], keep_open=True, role="client", codec=CODEC)
    assert parsed(again, codec=CODEC).document == Hello()


def test_a_document_that_is_no_message_is_a_fault_in_its_block() -> None:
    block = parsed(xpc_build(b"<request", keep_open=True, role="client"), codec=CODEC)
    assert isinstance(block.document, Fault)
    assert block.document.kind == "syntax"
    assert block.error is None


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"\x21\0\xc0\0\0", "reserved bits are set in the block header 0x21"),
        (b"\x20\0\xe0\0\0", "reserved bits are set in the chunk descriptor 0xe0"),
        (b"\x20\0\xc2\0\0", "a request must not carry chunks of type si"),
        (b"\x20\0\x47\0\0\xc4\0\0", "chunks of type sd must not follow those of type ad"),
        (b"\x20\0\x47\0\0\xc7\0\0", "a chunk of type ad follows the one that completed its data"),
    ],
)
def test_what_is_wrong_in_a_block_is_said_and_nothing_of_it_decoded(octets: bytes, reason: str) -> None:
    block = parsed(octets, codec=CODEC)
    assert (block.error, block.document) == (reason, None)
    assert [kind for kind, _ in block.chunks][-1] in ("nd", "si", "sd", "ad")


def test_what_ends_a_stream() -> None:
    version = parsed(b"\x60\0")
    assert isinstance(version, UnknownVersion)
    assert (version.version, version.keep_open) == (1, True)
    large = parsed(xpc_build(b"x" * 100, keep_open=True, role="client"), limit=50)
    assert isinstance(large, FrameTooLarge)
    assert large.length == 105
    endless = parsed(b"\x20\0" + b"\x07\0\0" * 5000)
    assert isinstance(endless, BadFrame)
    assert endless.reason == "a block of more than 4,096 chunks"


def test_half_a_block_is_nothing_yet() -> None:
    octets = xpc_build(LOOKUP, keep_open=True, authority="example.com", role="client")
    for end in range(len(octets)):
        assert xpc_parse(octets[:end], role="server") is None
    assert xpc_parse(octets + b"\x20", role="server") is not None


def test_an_authority_that_is_not_text_survives() -> None:
    octets = b"\x20\x03a\xff\x80\xc0\x00\x00"
    block = parsed(octets)
    assert block.authority == "a\udcff\udc80"
    assert xpc_build([("nd", b"")], keep_open=True, authority=block.authority, role="client") == octets


@pytest.mark.parametrize(
    ("content", "arguments", "error"),
    [
        ([], {"role": "client"}, "at least one chunk"),
        ([("xx", b"")], {"role": "client"}, "chunk type 'xx' is not one of|chunk type \"xx\" is not one of"),
        ([("oi", b"")], {"role": "client"}, "a request must not carry chunks of type oi"),
        ([("vi", b""), ("ad", b"")], {"role": "server"}, "must not follow"),
        (b"", {"role": "client", "authority": "a" * 256}, "at most 255 octets, not 256"),
        (b"", {"role": "server", "authority": "a"}, "only requests name an authority"),
        (b"", {"role": "strict"}, "is not one of server, client"),
    ],
)
def test_blocks_that_cannot_be_are_refused(content: Any, arguments: dict[str, Any], error: str) -> None:
    with pytest.raises(ValueError, match=error):
        xpc_build(content, keep_open=True, **arguments)


def test_a_message_needs_a_codec_and_must_be_valid() -> None:
    with pytest.raises(TypeError, match="without a codec"):
        xpc_build(Hello(), keep_open=True, role="client")
    with pytest.raises((EncodeError, TypeError)):
        xpc_build(object(), keep_open=True, role="client", codec=CODEC)


def test_a_repr_counts_what_may_be_a_password() -> None:
    block = parsed(xpc_build([("sd", b"\x05PLAIN\x00\x04\x00a\x00b"), ("ad", LOOKUP)], keep_open=True, role="client"))
    assert repr(block) == "XpcBlock(keep_open=True, authority='', document=<10 octets>, sd=<12 octets>)"


def test_wires_talk_to_each_other_byte_by_byte() -> None:
    server = Wire(framing="xpc", tls=None, frame_limit=1 << 20, role="server", codec=CODEC)
    client = Wire(framing="xpc", tls=None, frame_limit=1 << 20, role="client", codec=CODEC)
    server.send_xpc([("vi", b"<versions/>")], keep_open=True)
    client.send_xpc(Hello(), keep_open=True, authority="example.com")
    client.send_message(Hello())
    client.send_xpc([("nd", b"")], keep_open=False)
    asked: list[Any] = []
    for octet in client.outgoing():
        asked += server.receive(bytes([octet]))
    assert [(block.authority, block.keep_open, block.document) for block in asked] == [
        ("example.com", True, Hello()),
        ("", True, Hello()),
        ("", False, None),
    ]
    greeting: Any = client.receive(server.outgoing())[0]
    assert greeting.chunks == (("vi", b"<versions/>"),)
    (closed,) = client.receive(b"")
    assert isinstance(closed, Closed)
    assert closed.clean


class Rig:
    """A reactor stepped by hand, with an XPC listener, and one attached client session."""

    def __init__(self, *, thread: bool, limits: SessionLimits = LIMITS) -> None:
        self.reactor = Reactor(thread=thread)
        self.items: list[tuple[int, Any]] = []
        with socket.create_server(("127.0.0.1", 0)) as sock:
            self.address = sock.getsockname()
            self.reactor.listen(sock.fileno(), framing="xpc", tls=None, limits=limits, codec=CODEC)

    def attach(self) -> int:
        sock = socket.create_connection(self.address)
        return self.reactor.attach(sock.detach(), framing="xpc", tls=None, server_name=None, limits=LIMITS, codec=CODEC)

    def next(self, kind: type) -> tuple[int, Any]:
        for _ in range(1000):
            for position, (_, item) in enumerate(self.items):
                if isinstance(item, kind):
                    return self.items.pop(position)
            self.reactor.flush()
            if self.reactor.poll():
                owners, items = self.reactor.take()
                self.items += zip(owners, items, strict=True)  # type: ignore[arg-type]
            else:
                select.select([self.reactor.fileno()], [], [], 0.02)
        raise AssertionError(f"no {kind.__name__}; there is {self.items}")


@pytest.fixture(params=[False, True], ids=["here", "thread"])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    rig = Rig(thread=bool(request.param))
    yield rig
    rig.reactor.shutdown()


def test_requests_and_responses_through_a_reactor(rig: Rig) -> None:
    client = rig.attach()
    opened = [rig.next(Opened)[1] for _ in range(2)]
    (server,) = {item.session for item in opened} - {client}
    rig.reactor.send_xpc(server, [("vi", b"<versions/>")], keep_open=True)
    session, greeting = rig.next(XpcBlock)
    assert (session, greeting.chunks) == (client, (("vi", b"<versions/>"),))
    for number in range(3):
        rig.reactor.send_xpc(client, Hello(), keep_open=number < 2, authority=f"{number}.example")
    for number in range(3):
        session, asked = rig.next(XpcBlock)
        assert (session, asked.authority, asked.keep_open) == (server, f"{number}.example", number < 2)
        assert asked.document == Hello()
        rig.reactor.send_xpc(server, asked.document, keep_open=asked.keep_open)
    answers = [rig.next(XpcBlock) for _ in range(3)]
    assert [(session, block.keep_open) for session, block in answers] == [
        (client, True),
        (client, True),
        (client, False),
    ]
    with pytest.raises(ValueError, match="only requests name an authority"):
        rig.reactor.send_xpc(server, b"", keep_open=True, authority="x")
    rig.reactor.close(server)
    assert rig.next(Closed)[1].clean


def test_send_xpc_is_for_xpc_only() -> None:
    left, right = socket.socketpair()
    with right:
        reactor = Reactor()
        session = reactor.attach(left.detach(), framing="epp", tls=None, server_name=None, limits=LIMITS)
        with pytest.raises(ValueError, match="this one's is epp"):
            reactor.send_xpc(session, b"", keep_open=True)
        reactor.send_xpc(12345, b"", keep_open=True)
        reactor.shutdown()


def test_a_slow_block_runs_into_its_timer(rig: Rig) -> None:
    slow = Rig(thread=False, limits=SessionLimits(frame_seconds=0.05))
    with socket.create_connection(slow.address) as sock:
        slow.next(Opened)
        sock.sendall(b"\x20\x00\x07\x00")
        assert slow.next(TimerExpired)[1].kind == "frame"
    slow.reactor.shutdown()


def test_a_stream_that_cannot_go_on_says_so_and_is_not_read(rig: Rig) -> None:
    with socket.create_connection(rig.address) as sock:
        rig.next(Opened)
        sock.sendall(xpc_build(b"<a/>", keep_open=True, role="client") + b"\x40\x00\xc0\x00\x00" * 3)
        session, block = rig.next(XpcBlock)
        assert isinstance(block.document, Fault)
        assert rig.next(UnknownVersion)[1].version == 1
        rig.reactor.send_xpc(session, [("vi", b"<versions/>")], keep_open=False)
        rig.reactor.flush()
        rig.reactor.close(session)
        sock.settimeout(10)
        assert sock.recv(100) == xpc_build([("vi", b"<versions/>")], keep_open=False, role="server")
