"""What ends a session without a reply, and what a hostile peer may cost."""

from __future__ import annotations

import tracemalloc

import pytest
from regwire_native import BeepFrame, BeepSeq, beep_build

from regwire.beep import Asked, Ended, Limits, Message, Peer, Replied
from regwire.errors import NotSent
from support.beep_pair import ECHO, End, Pair, accepting, opened, text


def frame(
    keyword: str, msgno: int, payload: bytes = b"", *, more: bool = False, seqno: int = 0, channel: int = 1
) -> bytes:
    ansno = 0 if keyword == "ANS" else None
    return beep_build(BeepFrame(keyword, channel, msgno, more, seqno, ansno, payload))


def ended(end: End) -> str:
    """Give the reason for which a session ended in silence."""
    assert end.peer.ended
    assert end.outgoing() == b""
    (event,) = end.of(Ended)
    assert event.reason.startswith("poorly formed")
    return str(event.reason)


TO_THE_SERVER = {
    "sequence gap": [frame("MSG", 0, b"x", seqno=1)],
    "sequence number again": [frame("MSG", 0, b"x"), frame("MSG", 1, b"x")],
    "window overrun": [frame("MSG", 0, bytes(4096), more=True), frame("MSG", 0, b"x", seqno=4096)],
    "unanswered message number": [frame("MSG", 0), frame("MSG", 0)],
    "message in a message": [frame("MSG", 0, more=True), frame("MSG", 1)],
    "reply in a message": [frame("MSG", 0, more=True), frame("RPY", 0)],
    "reply to nothing": [frame("RPY", 0)],
    "NUL to nothing": [frame("NUL", 0)],
    "answer to nothing": [frame("ANS", 0)],
    "unknown channel": [frame("MSG", 0, channel=3)],
    "SEQ for an unknown channel": [beep_build(BeepSeq(3, 0, 4096))],
    "SEQ for what was not sent": [beep_build(BeepSeq(1, 1, 4096))],
    "too many unanswered": [frame("MSG", n) for n in range(1025)],
    "SEQ flood": [beep_build(BeepSeq(1, 0, 4096))] * 4097,
}


@pytest.mark.parametrize("name", TO_THE_SERVER)
def test_what_ends_the_session_at_the_server(name: str) -> None:
    pair = opened()
    for octets in TO_THE_SERVER[name]:
        pair.listener.feed(octets)
    ended(pair.listener)


TO_THE_CLIENT = {
    "second reply": [frame("RPY", 0), frame("RPY", 0)],
    "keyword changes": [frame("RPY", 0, more=True), frame("ERR", 0)],
    "answer, then reply": [frame("ANS", 0), frame("RPY", 0)],
    "NUL behind RPY": [frame("RPY", 0, more=True), frame("NUL", 0)],
    "NUL inside of an answer": [frame("ANS", 0, more=True), frame("NUL", 0)],
    "NUL with octets": [frame("NUL", 0, b"x")],
    "NUL that goes on": [frame("NUL", 0, more=True)],
    "reply above the limit": [
        frame("RPY", 0, bytes(4000), more=True),
        frame("RPY", 0, bytes(3000), more=True, seqno=4000),
    ],
    "another reply inside": [frame("RPY", 0, more=True), frame("RPY", 1)],
    "answers without end": [
        beep_build(BeepFrame("ANS", 1, 0, True, 0, n)) for n in range(1026)
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", TO_THE_CLIENT)
def test_what_ends_the_session_at_the_client(name: str) -> None:
    pair = opened(1, Limits(message=5000))
    for _ in range(2):
        pair.initiator.peer.send(1, text("x"))
    pair.run()
    for octets in TO_THE_CLIENT[name]:
        pair.initiator.feed(octets)
        pair.initiator.outgoing() if not pair.initiator.peer.ended else None
    ended(pair.initiator)


def test_a_positive_reply_to_half_a_message_ends_the_session() -> None:
    pair = opened()
    pair.initiator.peer.send(1, b"\r\nhalf", more=True)
    pair.run()
    pair.initiator.feed(frame("RPY", 0))
    ended(pair.initiator)


def test_seq_may_not_go_back() -> None:
    pair = opened()
    pair.initiator.peer.send(1, Message(bytes(3000)))
    pair.initiator.outgoing()
    pair.initiator.feed(beep_build(BeepSeq(1, 2000, 4096)))
    assert not pair.initiator.peer.ended
    pair.initiator.feed(beep_build(BeepSeq(1, 1000, 4096)))
    assert "SEQ acknowledges 1000" in ended(pair.initiator)


@pytest.mark.parametrize(
    "octets", [b"RPY 0 0 * 0 5\r\nabcdeEND\r\nRPY 0 0 . 5 0\r\nEND\r\n", b"RPY 0 0 . 0 0\r\nEND\r\n"]
)
def test_a_greeting_that_is_none(octets: bytes) -> None:
    end = End(Peer("listener", (ECHO,)))
    end.peer.open()
    end.feed(octets)
    ended(end)


def test_an_initiator_must_not_be_unavailable() -> None:
    head = b"Content-Type: application/beep+xml\r\n\r\n<error code='421'/>"
    end = End(Peer("listener", (ECHO,)))
    end.peer.open()
    end.feed(frame("ERR", 0, head, channel=0))
    ended(end)


def test_a_reply_on_channel_0_that_nobody_can_read() -> None:
    pair = Pair()
    pair.run()
    pair.initiator.peer.start([(ECHO, None)])
    pair.initiator.outgoing()
    seqno = pair.initiator.peer.channels[0].expected_seqno
    pair.initiator.feed(frame("RPY", 1, b"nothing", seqno=seqno, channel=0))
    ended(pair.initiator)


def test_channels_without_end_are_declined() -> None:
    pair = Pair(limits=Limits(channels=20))
    pair.initiator.peer.limits = Limits(channels=1000)
    pair.listener.answer = accepting
    pair.run()
    for _ in range(100):
        pair.initiator.peer.start([(ECHO, None)])
        pair.run()
    assert len(pair.listener.peer.channels) == 21
    assert not pair.listener.peer.ended


def test_a_client_cannot_open_more_than_its_own_limit() -> None:
    pair = opened(5, Limits(channels=5))
    with pytest.raises(NotSent, match="5 channels"):
        pair.initiator.peer.start([(ECHO, None)])


def test_messages_in_single_octets_cost_what_they_hold() -> None:
    pair = opened(1, Limits(message=100_000))
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for n in range(20_000):
        pair.listener.feed(frame("MSG", 0, b"x", more=True, seqno=n))
        pair.listener.peer.outgoing()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 200_000
    assert not pair.listener.peer.ended


def test_unfinished_messages_on_all_channels_are_bounded_together() -> None:
    pair = opened(30, Limits(message=10_000, assembly=40_000))
    for number in range(1, 61, 2):
        pair.initiator.peer.send(number, b"x" * 8000, more=True)
    pair.run()
    assert pair.listener.peer._assembly <= 40_000
    assert len(pair.initiator.of(Replied)) >= 25
    for number in range(1, 61, 2):
        pair.initiator.peer.send_more(number, 0, b"end")
    pair.run()
    refused = {event.channel for event in pair.initiator.of(Replied)}
    asked = {event.channel for event in pair.listener.of(Asked)}
    assert asked == set(range(1, 61, 2)) - refused
    assert asked
    assert pair.listener.peer._assembly == 0


def test_idle_sessions_are_small() -> None:
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    peers = []
    for _ in range(500):
        peer = Peer("listener", (ECHO,))
        peer.open()
        peer.outgoing()
        peer.receive(BeepFrame("RPY", 0, 0, False, 0, None, b"Content-Type: application/beep+xml\r\n\r\n<greeting/>"))
        peer.outgoing()
        peers.append(peer)
    each = (tracemalloc.get_traced_memory()[0] - before) / len(peers)
    tracemalloc.stop()
    assert each < 8192
