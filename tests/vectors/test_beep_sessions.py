"""The session examples of RFC 3080, replayed: what the other side sends there goes in, what ours sends comes out.

Frames are equal but for what a peer may choose: sequence numbers and sizes (they follow from white space), SEQ frames,
texts for people, white space and quoting in documents. Frames whose content the RFC elides are made up in its size.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from regwire_native import BeepFrame, beep_build, beep_parse

from regwire.beep import Asked, CloseAsked, Ended, Event, Failure, Message, Peer, Secure, StartAsked
from regwire.beep.messages import Blob, Greeting, Profile, Start, Unreadable, read, read_text
from regwire.beep.peer import TLS_PROFILE
from support.beep_pair import End, frames_of

FOLDER = Path(__file__).parents[3] / "shared" / "spec" / "examples" / "iris"
SASL = "http://iana.org/beep/SASL/"
APEX = "http://iana.org/beep/APEX"
PROFILES = (SASL + "ANONYMOUS", SASL + "OTP", SASL + "CRAM-MD5", APEX, TLS_PROFILE)

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the specifications are not beside the repository")


def transcript(name: str) -> list[tuple[str, BeepFrame]]:
    """Give the frames of an example, with the role that sends each; lines that are no frames are left out."""
    (path,) = FOLDER.glob(f"{name}-*.txt")
    streams: list[tuple[str, bytes]] = []
    for line in re.sub(r"\n +(</blob>|jaS5)", r"\1", path.read_text()).splitlines():
        if not re.match(r"[ILCS]:", line) or re.match(r"[IL]: <(wait|open|close) ?\w*.*>$", line):
            continue
        role = "initiator" if line[0] in "IC" else "listener"
        text = line[3:].encode() + b"\r\n"
        if streams and streams[-1][0] == role:
            streams[-1] = (role, streams[-1][1] + text)
        else:
            streams.append((role, text))
    return [(role, frame) for role, data in streams for frame in frames(data)]


def frames(data: bytes) -> list[BeepFrame]:
    found = []
    while data:
        # The size counts the frame as it was before a blob was broken over two lines.
        item = beep_parse(data)
        assert item is not None
        assert isinstance(item[0], BeepFrame), (item, data)
        found.append(item[0])
        data = data[item[1] :]
    return found


def normal(frame: BeepFrame) -> Any:
    """Give what two peers cannot choose differently."""
    document = read(Message.parse(frame.payload)) if frame.payload else None
    return frame.keyword, frame.channel, frame.msgno, frame.more, frame.ansno, meaning(document)


def meaning(document: Any) -> Any:
    if isinstance(document, Failure):
        return "error", document.code
    if isinstance(document, Greeting):
        return "greeting", sorted(profile.uri for profile in document.profiles)
    if isinstance(document, Start):
        return "start", document.number, document.server_name, [meaning(profile) for profile in document.profiles]
    if isinstance(document, Profile):
        content = read_text(document.text.encode()) if document.text.strip() else None
        return "profile", document.uri, meaning(content)
    if isinstance(document, Blob):
        return "blob", document.status, "".join(document.text.split())
    assert not isinstance(document, Unreadable), document
    return document


class Script:
    """Answers as the transcript's other replies do, where the profile or the application decides."""

    def __init__(self, expected: list[BeepFrame]) -> None:
        self.expected = [frame for frame in expected if frame.keyword != "MSG"]

    def __call__(self, peer: Peer, event: Event) -> None:
        if isinstance(event, StartAsked | CloseAsked | Asked):
            reply = self.expected[-1]
            document = read(Message.parse(reply.payload))
        if isinstance(event, StartAsked):
            uris = {proposal.uri: proposal.content for proposal in event.proposals}
            if TLS_PROFILE in uris:
                peer.accept_tls(event.channel, uris[TLS_PROFILE])
            elif isinstance(document, Profile):
                peer.accept(event.channel, document.uri, document.text.strip() or None)
            else:
                peer.accept(event.channel, next(iter(uris)))
        elif isinstance(event, CloseAsked):
            if isinstance(document, Failure):
                peer.refuse_close(event.channel, int(document.code))
            else:
                peer.agree(event.channel)
        elif isinstance(event, Asked):
            answer = peer.error if isinstance(document, Failure) else peer.reply
            answer(event.channel, event.msgno, Message.parse(reply.payload))


def management(msgno: int, seqno: int, size: int, document: bytes) -> BeepFrame:
    """Make up an elided frame on channel 0, of the size that the numbers around it leave."""
    payload = b"Content-Type: application/beep+xml\r\n\r\n" + document
    assert len(payload) <= size
    return BeepFrame("MSG" if msgno else "RPY", 0, msgno, False, seqno, None, payload.ljust(size))


def before(seqno: int, channel: int) -> list[BeepFrame]:
    """Give the frames that the RFC leaves out before an initiator's frame on channel 0, or on another one."""
    start = f"<start number='1'><profile uri='{SASL}OTP' /></start>".encode()
    greeting = management(0, 0, 52, b"<greeting />")
    if channel:
        return [greeting, management(1, 52, 183, start)]
    return {0: [], 52: [greeting], 235: [greeting, management(1, 52, 183, start)]}[seqno]


def replay(end: End, script: list[tuple[str, BeepFrame]], ours: str) -> list[BeepFrame]:
    """Feed the other side's frames; give what ours sent."""
    sent: list[BeepFrame] = []
    for role, frame in script:
        if role != ours:
            end.feed(beep_build(frame))
        sent += [item for item in frames_of(end.outgoing()) if isinstance(item, BeepFrame)]
    return sent


REPLIES = ["06", "07", "08", "10", "11", "12", "15", "16", "20", "21", "22", "23", "24", "25", "26", "27"]


@pytest.mark.parametrize("number", REPLIES)
def test_the_listener_answers_as_printed(number: str) -> None:
    script = transcript(f"3080-{number}")
    theirs = [frame for role, frame in script if role == "initiator"]
    expected = [frame for role, frame in script if role == "listener"]
    end = End(Peer("listener", PROFILES))
    end.peer.open()
    end.answer = Script([])
    first = theirs[0]
    end.answer = lambda peer, event: peer.accept(event.channel, SASL + "OTP") if isinstance(event, StartAsked) else None
    for frame in before(first.seqno, first.channel):
        end.feed(beep_build(frame))
        end.outgoing()
    assert not end.peer.ended, end.events
    end.answer = Script(expected)
    sent = replay(end, script, "listener")
    assert [normal(frame) for frame in sent] == [normal(frame) for frame in expected]
    assert not end.of(Ended) or end.of(Ended)[0].clean


@pytest.mark.parametrize("number", ["01", "05", "09"])
def test_single_frames_are_understood(number: str) -> None:
    ((_, frame),) = transcript(f"3080-{number}")
    end = End(Peer("listener", PROFILES))
    end.peer.open()
    end.answer = lambda peer, event: peer.accept(event.channel, SASL + "OTP") if isinstance(event, StartAsked) else None
    for earlier in before(frame.seqno, frame.channel):
        end.feed(beep_build(earlier))
    seen = len(end.events)
    end.feed(beep_build(frame))
    assert isinstance(end.events[seen], CloseAsked if number == "09" else StartAsked)


@pytest.mark.parametrize("number", ["04", "13", "18", "19"])
@pytest.mark.parametrize("ours", ["listener", "initiator"])
def test_whole_sessions_from_either_side(number: str, ours: str) -> None:
    script = transcript(f"3080-{number}")
    greetings = [read(Message.parse(f.payload)) for role, f in script if role == "listener" and f.msgno == 0]
    served = [tuple(profile.uri for profile in greeting.profiles) for greeting in greetings]
    end = End(Peer(ours, served[0] if ours == "listener" else ()))  # type: ignore[arg-type]

    def act(peer: Peer, event: Event) -> None:
        if isinstance(event, StartAsked):
            peer.accept_tls(event.channel, event.proposals[0].content)
        elif isinstance(event, Secure):
            # The negotiation succeeded (18), or failed and the session goes on without it (19).
            peer.profiles = served[-1] if ours == "listener" else ()
            peer.restart()

    end.answer = act
    end.peer.open()
    sent = [item for item in frames_of(end.outgoing()) if isinstance(item, BeepFrame)]
    for role, frame in script:
        if role != ours:
            end.feed(beep_build(frame))
        elif ours == "initiator" and frame.keyword == "MSG":
            end.peer.start_tls()
        sent += [item for item in frames_of(end.outgoing()) if isinstance(item, BeepFrame)]
    expected = [normal(frame) for role, frame in script if role == ours]
    assert [normal(frame) for frame in sent] == expected
    assert not end.peer.ended


@pytest.mark.parametrize("ours", ["listener", "initiator"])
def test_a_listener_that_is_unavailable(ours: str) -> None:
    script = transcript("3080-14")
    end = End(Peer(ours, unavailable=(421, "") if ours == "listener" else None))  # type: ignore[arg-type]
    end.peer.open()
    sent = [item for item in frames_of(end.outgoing()) if isinstance(item, BeepFrame)]
    sent += replay(end, script, ours)
    assert [normal(frame) for frame in sent] == [normal(frame) for role, frame in script if role == ours]
    assert end.peer.ended


def test_both_sides_start_channels_under_the_same_message_number() -> None:
    script = transcript("3080-17")
    end = End(Peer("listener", PROFILES))
    end.peer.open()
    end.feed(beep_build(before(52, 0)[0]))
    end.outgoing()
    end.peer.start([(APEX, None)])
    sent = replay(end, script[:1], "listener")
    assert normal(sent[0]) == normal(script[1][1])
    assert [event.channel for event in end.of(StartAsked)] == [1]


def test_a_reply_in_two_frames_the_second_empty() -> None:
    (_, first), (_, second) = elided("3080-02")
    end = End(Peer("listener", PROFILES))
    end.peer.open()
    end.outgoing()
    end.peer.channels[0].seqno = first.seqno
    end.feed(beep_build(before(52, 0)[0]))
    end.feed(beep_build(management(1, 52, 120, f"<start number='1'><profile uri='{APEX}'/></start>".encode())))
    end.peer.reply(0, 1, first.payload, more=True)
    sent = frames_of(end.outgoing())
    end.peer.reply(0, 1, b"")
    sent += frames_of(end.outgoing())
    assert [frame for frame in sent if isinstance(frame, BeepFrame)] == [first, second]


def test_answers_interleave_as_printed() -> None:
    script = [frame for _, frame in elided("3080-03")]
    end = End(Peer("listener", PROFILES))
    end.peer.open()
    for frame in before(0, 1):
        end.feed(beep_build(frame))
        for event in end.of(StartAsked):
            end.peer.accept(event.channel, SASL + "OTP")
    end.outgoing()
    end.feed(beep_build(BeepFrame("MSG", 1, 0, False, 0)))
    sent = []
    for frame in script:
        end.peer.answer(1, 0, frame.payload, frame.ansno, more=frame.more)
        sent += [item for item in frames_of(end.outgoing()) if isinstance(item, BeepFrame)]
    assert sent == script
    other = End(Peer("initiator"))
    other.peer.open()
    other.feed(beep_build(management(0, 0, 60, b"<greeting />")))
    other.peer.start([(SASL + "OTP", None)])
    other.outgoing()
    reply = b"Content-Type: application/beep+xml\r\n\r\n<profile uri='http://iana.org/beep/SASL/OTP'/>"
    other.feed(beep_build(BeepFrame("RPY", 0, 1, False, 60, None, reply)))
    other.peer.send(1, b"")
    other.outgoing()
    events = [event for frame in sent for event in other.feed(beep_build(frame))]
    assert [event.ansno for event in events] == [0]  # type: ignore[union-attr]
    assert events[0].message.body == b"." * 30  # type: ignore[union-attr]


def elided(name: str) -> list[tuple[str, BeepFrame]]:
    """Give frames whose content is printed as dots, in the size of their header."""
    (path,) = FOLDER.glob(f"{name}-*.txt")
    found = []
    for line in path.read_text().splitlines():
        if re.match(r"S: (RPY|ANS)", line):
            keyword, channel, msgno, more, seqno, size, *ansno = line[3:].split()
            number = int(ansno[0]) if ansno else None
            payload = b"." * int(size)
            found.append(
                ("listener", BeepFrame(keyword, int(channel), int(msgno), more == "*", int(seqno), number, payload))
            )
    return found
