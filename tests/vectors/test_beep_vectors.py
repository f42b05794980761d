"""The BEEP rows of VECTORS.tsv: what our peer does with each."""

from __future__ import annotations

from pathlib import Path

import pytest
from regwire_native import BeepFrame, beep_parse

from regwire.beep import (
    Asked,
    CloseAsked,
    Ended,
    Event,
    Failure,
    Greeted,
    Limits,
    Message,
    Peer,
    Replied,
    Secure,
    StartAsked,
    Started,
    Unavailable,
)
from regwire.beep.messages import read
from regwire.beep.peer import TLS_PROFILE
from support.beep_pair import End, frames_of

FOLDER = Path(__file__).parents[3] / "shared" / "spec" / "examples" / "iris" / "vectors"
IRIS = ("http://iana.org/beep/iris1/dreg1", "http://iana.org/beep/iris1/dchk1")

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the specifications are not beside the repository")
pieces = pytest.mark.parametrize("step", [1, 7, 1 << 20])


def octets(number: int) -> bytes:
    (path,) = FOLDER.glob(f"beep-{number:02d}-*.hex")
    return bytes.fromhex(path.read_text())


def feed(end: End, data: bytes, step: int) -> list[Event]:
    return [event for at in range(0, len(data), step) for event in end.feed(data[at : at + step])]


def accept(peer: Peer, event: Event) -> None:
    if not isinstance(event, StartAsked):
        return
    proposal = event.proposals[0]
    if proposal.uri == TLS_PROFILE:
        peer.accept_tls(event.channel, proposal.content)
    else:
        peer.accept(event.channel, proposal.uri)


def listener(*, channel: bool = False) -> End:
    """A server that has got the initiator's greeting and, perhaps, the start of channel 1."""
    end = End(Peer("listener", (*IRIS, TLS_PROFILE)))
    end.answer = accept
    end.peer.open()
    end.outgoing()
    end.feed(octets(2))
    if channel:
        end.feed(octets(4))
        end.outgoing()
    return end


def initiator() -> End:
    """A client that asked for channel 1, to the greeting of vector 3."""
    end = End(Peer("initiator"))
    end.peer.open()
    end.feed(octets(3))
    end.peer.start([(IRIS[0], None)], server_name="example.com")
    end.outgoing()
    return end


@pieces
def test_greetings(step: int) -> None:
    for number, profiles in ((1, (TLS_PROFILE,)), (3, IRIS)):
        end = End(Peer("initiator"))
        end.peer.open()
        (event,) = feed(end, octets(number), step)
        assert isinstance(event, Greeted)
        assert event.profiles == profiles
    end = listener()
    assert [type(event) for event in end.events] == [Greeted]


@pieces
def test_a_start_names_the_authority(step: int) -> None:
    end = listener()
    feed(end, octets(4), step)
    (event,) = end.of(StartAsked)
    assert (event.channel, event.server_name, event.proposals[0].uri) == (1, "example.com", IRIS[0])
    assert [frame.keyword for frame in frames_of(end.outgoing()) if isinstance(frame, BeepFrame)] == ["RPY"]


@pieces
def test_a_start_is_answered_and_a_request_too(step: int) -> None:
    end = initiator()
    feed(end, octets(5), step)
    assert end.of(Started) == [Started(1, IRIS[0])]
    end.peer.send(1, Message(b"<request/>", "application/xml"))
    end.outgoing()
    feed(end, octets(7), step)
    (reply,) = end.of(Replied)
    assert reply.keyword == "RPY"
    assert reply.message.content_type == "application/xml"
    assert len(reply.message.payload()) == 1529


@pieces
def test_requests_in_one_frame_and_in_two(step: int) -> None:
    end = listener(channel=True)
    feed(end, octets(6) + octets(8), step)
    one, two = end.of(Asked)
    assert one.message == two.message
    assert one.message.content_type == "application/xml"
    assert (one.msgno, two.msgno) == (0, 1)


@pieces
def test_a_seq_opens_the_window(step: int) -> None:
    end = listener(channel=True)
    feed(end, octets(6), step)
    end.peer.reply(1, 0, b"x" * 1529)
    end.outgoing()
    assert end.peer.channels[1].room_out == 4096 - 1529
    feed(end, octets(9), step)
    assert end.peer.channels[1].room_out == 4096


@pieces
def test_sequence_numbers_wrap(step: int) -> None:
    end = initiator()
    end.feed(octets(5))
    channel = end.peer.channels[1]
    channel.next_msgno = 5
    channel.expected_seqno = 4294967290
    end.peer.send(1, Message(b""))
    end.outgoing()
    feed(end, octets(10), step)
    assert [event.message.body for event in end.of(Replied)] == [b"abcdefgh"]
    assert channel.expected_seqno == 2


@pieces
def test_one_to_many(step: int) -> None:
    end = initiator()
    end.feed(octets(5))
    end.peer.channels[1].next_msgno = 7
    end.peer.send(1, Message(b""))
    end.outgoing()
    feed(end, octets(11), step)
    assert [(event.keyword, event.message.body) for event in end.of(Replied)] == [("ANS", b"ok"), ("NUL", b"")]


@pieces
def test_closes_of_channel_and_session(step: int) -> None:
    end = listener(channel=True)
    assert feed(end, octets(12), step) == [CloseAsked(1, 200)]
    end.peer.agree(1)
    end.outgoing()
    assert feed(end, octets(13), step) == [CloseAsked(0, 200)]
    end.peer.agree(0)
    assert b"<ok/>" in end.outgoing()
    assert end.of(Ended) == [Ended("released", clean=True)]


@pieces
def test_a_listener_that_is_unavailable(step: int) -> None:
    end = End(Peer("initiator"))
    end.peer.open()
    events = feed(end, octets(14), step)
    assert [type(event) for event in events] == [Unavailable, Ended]


@pieces
def test_tls_begins_behind_proceed(step: int) -> None:
    end = listener()
    feed(end, octets(15), step)
    (reply,) = [item for item in frames_of(end.outgoing()) if isinstance(item, BeepFrame)]
    assert reply.keyword == "RPY"
    assert b"&lt;proceed/&gt;" in reply.payload
    assert end.of(Secure) == [Secure(client=False)]


@pieces
@pytest.mark.parametrize("number", [*range(16, 28), 28])
def test_poorly_formed_frames_end_the_session_without_a_reply(number: int, step: int) -> None:
    end = listener(channel=number == 28)
    feed(end, octets(number), step)
    (event,) = end.of(Ended)
    assert event.reason.startswith("poorly formed")
    assert not event.clean
    assert end.outgoing() == b""
    assert end.feed(octets(4)) == []


@pieces
@pytest.mark.parametrize(("number", "code"), [(29, "501"), (30, "550")])
def test_starts_that_are_declined(number: int, code: str, step: int) -> None:
    end = listener()
    feed(end, octets(number), step)
    (reply,) = [item for item in frames_of(end.outgoing()) if isinstance(item, BeepFrame)]
    document = read(Message.parse(reply.payload))
    assert reply.keyword == "ERR"
    assert isinstance(document, Failure)
    assert document.code == code
    end.feed(b"SEQ 0 0 4096\r\n")
    assert not end.peer.ended


def test_every_vector_is_here() -> None:
    assert len(list(FOLDER.glob("beep-*.hex"))) == 30
    assert Limits().frame_octets > len(octets(28))
    assert beep_parse(octets(28)) is not None
