"""Peers: greetings, channels, exchanges, closes, limits."""

from __future__ import annotations

import pytest
from regwire_native import BeepFrame, BeepSeq, beep_build

from regwire.beep import (
    Asked,
    ChannelClosed,
    CloseAsked,
    CloseRefused,
    Ended,
    Failure,
    Greeted,
    Limits,
    Message,
    Proposal,
    Replied,
    StartAsked,
    Started,
    StartRefused,
    Unavailable,
)
from regwire.beep.messages import read
from regwire.errors import NotSent
from support.beep_pair import ECHO, Pair, accepting, frames_of, opened, text


def test_both_greet_at_once() -> None:
    pair = Pair()
    pair.run()
    for end in (pair.initiator, pair.listener):
        assert [type(event) for event in end.events] == [Greeted]
        assert end.events[0].profiles == (ECHO,)  # type: ignore[union-attr]


def test_a_listener_that_is_unavailable_says_so_and_ends() -> None:
    pair = Pair(unavailable=(421, "maintenance"))
    pair.run()
    assert pair.listener.sent.startswith(b"ERR 0 0 . 0 ")
    assert pair.initiator.events[0] == Unavailable(421, "maintenance")
    assert pair.initiator.peer.ended
    assert pair.listener.peer.ended
    assert pair.listener.of(Ended)[0].clean


def test_channels_are_odd_for_the_initiator_and_even_for_the_listener() -> None:
    pair = opened(2)
    assert sorted(pair.initiator.peer.channels) == [0, 1, 3]
    pair.initiator.answer = accepting
    assert pair.listener.peer.start([(ECHO, None)]) == 2
    pair.run()
    assert sorted(pair.initiator.peer.channels) == [0, 1, 2, 3]
    assert pair.listener.of(Started) == [Started(2, ECHO)]


def test_initialization_messages_travel_both_ways_also_in_base64() -> None:
    pair = Pair(("a", "b"))
    pair.run()
    pair.initiator.peer.start([("z", None), ("b", "<init/> & ]]>"), ("a", b"\0\xff")], server_name="example.com")
    pair.run()
    asked = pair.listener.of(StartAsked)[0]
    assert asked.proposals == (Proposal("b", b"<init/> & ]]>"), Proposal("a", b"\0\xff"))
    assert asked.server_name == "example.com"
    pair.listener.peer.accept(1, "a", b"\x01")
    pair.run()
    assert pair.initiator.of(Started) == [Started(1, "a", b"\x01")]
    assert pair.listener.peer.server_name == "example.com"


def test_the_first_start_accepted_names_the_server_for_the_session() -> None:
    pair = Pair()
    pair.run()
    pair.initiator.peer.start([(ECHO, None)], server_name="refused.example")
    pair.run()
    pair.listener.peer.decline(1, 550, "not here")
    pair.run()
    assert pair.initiator.of(StartRefused) == [StartRefused(1, 550, "not here")]
    for name in ("first.example", "second.example"):
        number = pair.initiator.peer.start([(ECHO, None)], server_name=name)
        pair.run()
        pair.listener.peer.accept(number, ECHO)
        pair.run()
    assert [event.server_name for event in pair.listener.of(StartAsked)] == [
        "refused.example", "first.example", "first.example",
    ]  # fmt: skip
    assert pair.listener.peer.server_name == "first.example"


def management(pair: Pair, document: bytes) -> tuple[str, object]:
    """Send a MSG on channel 0 as the initiator; give the keyword and the document of the reply."""
    channel = pair.initiator.peer.channels[0]
    frame = BeepFrame(
        "MSG", 0, 77, False, channel.seqno, None, b"Content-Type: application/beep+xml\r\n\r\n" + document
    )
    pair.listener.feed(beep_build(frame))
    channel.seqno += len(frame.payload)
    found = [item for item in frames_of(pair.listener.outgoing()) if isinstance(item, BeepFrame)]
    return found[0].keyword, read(Message.parse(found[0].payload))


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"<start number='1'><profile uri='other'/></start>", "550"),
        (b"<start number='2'><profile uri='other'/></start>", "550"),
        (b"<start number='2'><profile uri='http://example.com/beep/echo'/></start>", "501"),
        (b"<start number='0'><profile uri='http://example.com/beep/echo'/></start>", "501"),
        (b"<start number='2147483648'><profile uri='http://example.com/beep/echo'/></start>", "501"),
        (b"<start number='1'/>", "501"),
        (
            b"<start number='1'><profile uri='http://example.com/beep/echo'>" + b"x" * 4097 + b"</profile></start>",
            "501",
        ),
        (b"<start number='1'><profile uri='http://example.com/beep/echo' encoding='base64'>!</profile></start>", "501"),
        (b"<start number='1'>" + b"<profile uri='http://example.com/beep/echo'/>" * 65 + b"</start>", "554"),
        (b"<close number='9' code='200'/>", "550"),
        (b"<close number='9'/>", "501"),
        (b"<?xml version='1.0'?><close code='200'/>", "500"),
        (b"<!DOCTYPE close><close code='200'/>", "500"),
        (b"<close code='200'>&other;</close>", "500"),
        (b"<close code='200'>", "500"),
        (b"<greeting/>", "501"),
        (b"<ok/>", "501"),
        (b"<unknown/>", "501"),
        (b"", "500"),
    ],
)
def test_channel_0_refuses_and_goes_on(document: bytes, code: str) -> None:
    pair = Pair(limits=Limits(window=16384))
    pair.run()
    keyword, answer = management(pair, document)
    assert keyword == "ERR"
    assert isinstance(answer, Failure)
    assert answer.code == code
    assert not pair.listener.peer.ended


def test_a_number_in_use_and_too_many_channels_are_declined() -> None:
    pair = opened(1, Limits(channels=2))
    start = b"<start number='%d'><profile uri='http://example.com/beep/echo'/></start>"
    assert management(pair, start % 1)[1].code == "553"  # type: ignore[attr-defined]
    assert management(pair, start % 3)[0] == "RPY"
    assert management(pair, start % 5)[1].code == "550"  # type: ignore[attr-defined]


def test_replies_keep_the_order_of_messages() -> None:
    pair = opened()
    sender = pair.initiator.peer
    numbers = [sender.send(1, text(str(n))) for n in range(3)]
    pair.run()
    asked = pair.listener.of(Asked)
    assert [event.message.body for event in asked] == [b"0", b"1", b"2"]
    for event in reversed(asked):
        pair.listener.peer.reply(1, event.msgno, event.message)
        pair.run()
    assert [event.msgno for event in pair.initiator.of(Replied)] == numbers
    assert [event.message.body for event in pair.initiator.of(Replied)] == [b"0", b"1", b"2"]


def test_answers_interleave_and_end_with_nul() -> None:
    pair = opened()
    pair.initiator.peer.send(1, text("go"))
    pair.run()
    listener = pair.listener.peer
    first = listener.answer(1, 0, b"\r\none ", more=True)
    second = listener.answer(1, 0, b"\r\ntwo ", more=True)
    pair.run()
    with pytest.raises(ValueError, match="not complete"):
        listener.finish(1, 0)
    listener.answer(1, 0, b"uno", first)
    listener.answer(1, 0, b"due", second)
    listener.finish(1, 0)
    pair.run()
    found = [(event.keyword, event.message.body, event.ansno) for event in pair.initiator.of(Replied)]
    assert found == [("ANS", b"one uno", 0), ("ANS", b"two due", 1), ("NUL", b"", None)]
    keywords = [item.ansno for item in frames_of(pair.listener.sent) if getattr(item, "keyword", "") == "ANS"]  # type: ignore[attr-defined]
    assert keywords == [0, 1, 0, 1]


def test_an_early_error_ends_the_message_with_an_empty_frame() -> None:
    pair = opened()
    number = pair.initiator.peer.send(1, b"\r\nbegin", more=True)
    pair.run()
    assert not pair.listener.of(Asked)
    debt = pair.listener.peer.channels[1].owed[number]
    assert not debt.complete
    pair.listener.peer.error(1, number, Failure("550", text="enough"))
    pair.run()
    assert [event.keyword for event in pair.initiator.of(Replied)] == ["ERR"]
    assert pair.initiator.sent.endswith(b"MSG 1 0 . 7 0\r\nEND\r\n")
    pair.initiator.peer.send_more(1, number, b"too late")
    pair.initiator.peer.send(1, text("next"))
    pair.run()
    assert [event.message.body for event in pair.listener.of(Asked)] == [b"next"]
    assert not pair.listener.peer.ended


def test_a_message_above_the_limit_is_refused_before_its_end() -> None:
    pair = opened(1, Limits(message=10_000))
    pair.initiator.peer.send(1, Message(b"x" * 50_000))
    pair.initiator.peer.send(1, text("next"))
    pair.run()
    assert [event.keyword for event in pair.initiator.of(Replied)] == ["ERR"]
    assert [event.message.body for event in pair.listener.of(Asked)] == [b"next"]
    assert len(pair.initiator.sent) < 25_000


def test_a_channel_closes_after_everything_owed_has_left() -> None:
    pair = opened()
    pair.initiator.peer.send(1, text("work"))
    pair.run()
    pair.listener.peer.answer(1, 0, text("first"))
    pair.run()  # acknowledged: the first frame of its reply is here
    pair.initiator.peer.close(1)
    pair.run()
    assert pair.listener.of(CloseAsked) == [CloseAsked(1, 200)]
    pair.listener.peer.agree(1)
    pair.run()
    assert not pair.initiator.of(ChannelClosed)
    with pytest.raises(NotSent):
        pair.initiator.peer.send(1, text("more"))
    pair.listener.peer.finish(1, 0)
    pair.run()
    assert pair.initiator.of(ChannelClosed) == pair.listener.of(ChannelClosed) == [ChannelClosed(1)]
    nul, ok = pair.listener.sent.rindex(b"NUL 1 0"), pair.listener.sent.rindex(b"<ok/>")
    assert nul < ok
    pair.listener.feed(b"SEQ 1 0 4096\r\n")
    assert not pair.listener.peer.ended


def test_a_close_may_be_declined() -> None:
    pair = opened()
    pair.initiator.peer.close(1)
    pair.run()
    pair.listener.peer.refuse_close(1)
    pair.run()
    assert pair.initiator.of(CloseRefused) == [CloseRefused(1, 550, "still working")]
    pair.initiator.peer.send(1, text("on"))
    pair.run()
    assert len(pair.listener.of(Asked)) == 1


def test_closes_that_cross_are_both_agreed_to() -> None:
    pair = opened()
    pair.initiator.peer.close(1)
    pair.listener.peer.close(1)
    pair.run()
    pair.initiator.peer.agree(1)
    pair.listener.peer.agree(1)
    pair.run()
    assert sorted(pair.initiator.peer.channels) == sorted(pair.listener.peer.channels) == [0]
    assert not pair.initiator.peer.ended
    assert not pair.listener.peer.ended


def test_a_release_waits_for_replies_and_ends_both() -> None:
    pair = opened()
    pair.initiator.peer.send(1, text("work"))
    pair.run()
    pair.initiator.peer.close()
    pair.run()
    assert not pair.listener.of(CloseAsked)  # not acknowledged yet
    pair.listener.peer.reply(1, 0, text("done"))
    pair.run()
    pair.listener.peer.agree(0)
    pair.run()
    assert pair.initiator.of(Ended) == pair.listener.of(Ended) == [Ended("released", clean=True)]
    assert pair.initiator.of(Replied)


def test_releases_that_cross_end_both() -> None:
    pair = opened(0)
    pair.initiator.peer.close()
    pair.listener.peer.close()
    pair.run()
    pair.initiator.peer.agree(0)
    pair.listener.peer.agree(0)
    pair.run()
    assert pair.initiator.peer.ended
    assert pair.listener.peer.ended


def test_a_release_may_be_declined() -> None:
    pair = opened(0)
    pair.initiator.peer.close()
    pair.run()
    pair.listener.peer.refuse_close(0)
    pair.run()
    assert pair.initiator.of(CloseRefused) == [CloseRefused(0, 550, "still working")]
    assert not pair.initiator.peer.ended


def test_257_channels_talk() -> None:
    pair = opened(257)
    for number in range(1, 515, 2):
        pair.initiator.peer.send(number, text(str(number)))
    pair.run()
    for event in pair.listener.of(Asked):
        pair.listener.peer.reply(event.channel, event.msgno, event.message)
    pair.run()
    found = {event.channel: event.message.body for event in pair.initiator.of(Replied)}
    assert found == {number: str(number).encode() for number in range(1, 515, 2)}


def test_long_messages_take_turns_and_never_exceed_a_window_or_a_segment() -> None:
    pair = opened(3)
    for number in (1, 3, 5):
        pair.initiator.peer.send(number, Message(b"x" * 40_000))
    pair.run()
    frames = [item for item in frames_of(pair.initiator.sent) if isinstance(item, BeepFrame) and item.channel]
    assert max(len(frame.payload) for frame in frames) == 973
    assert [frame.channel for frame in frames[:9]] == [1, 3, 5, 1, 3, 5, 1, 3, 5]
    assert [len(event.message.body) for event in pair.listener.of(Asked)] == [40_000] * 3


def test_a_receiver_that_opens_no_window_starves_no_other_channel() -> None:
    pair = opened(2)
    pair.initiator.feed(b"SEQ 1 0 0\r\n")
    pair.initiator.peer.send(1, Message(b"x" * 40_000))
    pair.initiator.peer.send(3, Message(b"y" * 40_000))
    pair.run()
    assert [event.channel for event in pair.listener.of(Asked)] == [3]
    pair.initiator.feed(b"SEQ 1 0 10\r\n")
    data = pair.initiator.outgoing()
    assert data.startswith(b"MSG 1 0 * 0 10\r\n")


def test_windows_are_told_before_data_and_never_shrink() -> None:
    pair = opened(1, Limits(delivered=1))
    for _ in range(3):
        pair.initiator.peer.send(1, Message(b"x" * 1500))
    data = pair.initiator.outgoing()
    pair.listener.feed(data)
    pair.listener.peer.reply(1, 0, text("one"))
    answer = frames_of(pair.listener.outgoing())
    assert isinstance(answer[0], BeepSeq)
    edges = [seq.ackno + seq.window for seq in answer if isinstance(seq, BeepSeq) and seq.channel == 1]
    assert edges == sorted(edges)
    assert isinstance(answer[-1], BeepFrame)


def test_messages_that_are_not_taken_on_keep_the_window_shut() -> None:
    pair = opened(1, Limits(delivered=1))
    for _ in range(20):
        pair.initiator.peer.send(1, Message(b"x" * 2000))
    pair.run()
    assert len(pair.listener.of(Asked)) == 1
    assert pair.listener.peer.channels[1].held <= 4096
    while len(pair.initiator.of(Replied)) < 20:
        event = pair.listener.of(Asked)[-1]
        pair.listener.peer.reply(1, event.msgno, text("ok"))
        pair.run()
    assert len(pair.listener.of(Asked)) == 20


def test_a_peer_without_windows_gets_no_more_work_done() -> None:
    pair = opened(1, Limits(output=10_000))
    pair.listener.feed(b"SEQ 1 0 0\r\n")
    listener = pair.listener.peer
    for n in range(100):
        pair.listener.feed(beep_build(BeepFrame("MSG", 1, n, False, 0, None, b"")))
        for event in pair.listener.of(Asked)[len([e for e in listener.channels[1].out if e]) :]:
            listener.reply(1, event.msgno, Message(b"x" * 9000))
    assert not listener.ended
    assert listener.unsent < 40_000
    assert len(pair.listener.of(Asked)) < 8
