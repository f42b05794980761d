"""The schema's codec in the reactor: frames decoded out of its buffers, messages encoded into them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from reactor_rig import eventually, framed
from regwire_native import EmptyFrame, Reactor, ReplyTemplate, SessionLimits, Unnegotiated

from regwire import epp
from regwire.epp import Check, Command, DomainCheck, Epp, Hello, Response, TrId, check_data
from regwire.epp.server import RESULTS
from regwire.errors import EncodeError

DOMAIN = "urn:ietf:params:xml:ns:domain-1.0"
CODEC = epp.DEFAULT.codec


@pytest.fixture
def pair() -> Iterator[tuple[Reactor, int, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.settimeout(10)
    reactor = Reactor()
    number = reactor.attach(
        ours.detach(),
        framing="epp",
        tls=None,
        server_name=None,
        limits=SessionLimits(),
        codec=CODEC,
        role="server",
    )
    eventually(reactor.poll)
    reactor.take()
    yield reactor, number, theirs
    theirs.close()
    reactor.shutdown()


def check(*names: str) -> Any:
    return Epp(Command(Check(DomainCheck(names)), cl_trid="ABC-12345"))


def take(reactor: Reactor, n: int) -> list[object]:
    items: list[object] = []

    def enough() -> bool:
        reactor.poll()
        items.extend(reactor.take()[1])
        return len(items) >= n

    eventually(enough)
    return items


def test_messages_and_faults_in_the_order_of_the_wire(pair: tuple[Reactor, int, socket.socket]) -> None:
    reactor, _, theirs = pair
    first, second = epp.encode(check("a.example")), epp.encode(check("b.example", "c.example"))
    theirs.sendall(framed(first) + framed(b"<epp") + framed(b"") + framed(second))
    one, fault, empty, two = take(reactor, 4)
    assert one == epp.decode(first)
    assert type(fault).__name__ == "Fault"
    assert isinstance(empty, EmptyFrame)
    assert two == epp.decode(second)


def test_a_namespace_that_was_not_negotiated_is_marked(pair: tuple[Reactor, int, socket.socket]) -> None:
    reactor, number, theirs = pair
    bit = CODEC.namespace_bit(DOMAIN)
    everything = (1 << 128) - 1
    frame = framed(epp.encode(check("a.example")))
    reactor.set_allowed(number, everything ^ bit)
    theirs.sendall(frame)
    [item] = take(reactor, 1)
    assert isinstance(item, Unnegotiated)
    assert item.namespaces == bit
    assert item.message == epp.decode(frame[4:], role="server")
    reactor.set_allowed(number, everything)
    theirs.sendall(frame)
    [item] = take(reactor, 1)
    assert item == epp.decode(frame[4:], role="server")


def test_messages_are_encoded_behind_their_header(pair: tuple[Reactor, int, socket.socket]) -> None:
    reactor, number, theirs = pair
    good, hello = check("a.example"), Epp(Hello())
    reactor.send_message(number, good)
    with pytest.raises(EncodeError):
        reactor.send_message(number, check("x" * 300))
    reactor.send_message(number, hello)
    expected = framed(epp.encode(good)) + framed(epp.encode(hello))
    assert reactor.queued(number) == len(expected)
    reactor.flush()
    received = b""
    while len(received) < len(expected):
        received += theirs.recv(65536)
    assert received == expected


def test_an_identifier_beside_the_message(pair: tuple[Reactor, int, socket.socket]) -> None:
    """The same octets as of a message that holds it; checked as there."""
    reactor, number, theirs = pair
    other = check("b.example").message
    bare = check("a.example").message.replace(cl_trid=None)
    reactor.send_message(number, bare, "ABC-7")
    reactor.send_message(number, other, "ABC-8")
    expected = framed(epp.encode(bare.replace(cl_trid="ABC-7"))) + framed(epp.encode(other.replace(cl_trid="ABC-8")))
    assert bare.cl_trid is None
    for wrong in ("ab", "x" * 65, 5):
        with pytest.raises(EncodeError, match="clTRID"):
            reactor.send_message(number, bare, wrong)  # type: ignore[arg-type]
    with pytest.raises(EncodeError, match="no identifier"):
        reactor.send_message(number, Hello(), "ABC-7")
    assert reactor.queued(number) == len(expected)
    reactor.flush()
    received = b""
    while len(received) < len(expected):
        received += theirs.recv(65536)
    assert received == expected


def test_replies_without_their_objects(pair: tuple[Reactor, int, socket.socket]) -> None:
    reactor, number, theirs = pair
    template = ReplyTemplate(CODEC, Response, result="results", data="res_data", identifiers="tr_id")
    data = check_data(DomainCheck(("a.example", "b.example")), {"b.example"})
    expected = framed(epp.encode(Response((RESULTS[1000],), None, (data,), (), tr_id=TrId("ABC-1", "SV-1"))))
    expected += framed(epp.encode(Response((RESULTS[2303],), None, (), (), tr_id=TrId(None, "SV-2"))))
    reactor.reply(number, template, RESULTS[1000], "ABC-1", "SV-1", data)
    with pytest.raises(EncodeError):
        reactor.reply(number, template, RESULTS[1000], "ABC-1", "S", ())
    reactor.reply(number, template, RESULTS[2303], None, "SV-2", ())
    reactor.reply(number + 1, template, RESULTS[2303], None, "SV-2", ())
    reactor.flush()
    received = b""
    while len(received) < len(expected):
        received += theirs.recv(65536)
    assert received == expected


def test_a_reply_needs_a_template_of_the_sessions_codec(pair: tuple[Reactor, int, socket.socket]) -> None:
    reactor, number, _ = pair
    other = epp.DEFAULT.only(()).codec
    template = ReplyTemplate(other, Response, result="results", data="res_data", identifiers="tr_id")
    with pytest.raises(ValueError, match="session's own codec"):
        reactor.reply(number, template, RESULTS[1000], None, "SV-1", ())
