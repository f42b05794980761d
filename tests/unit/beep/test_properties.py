"""Two peers with any pieces, schedules and windows exchange everything intact; garbage never raises."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from regwire_native import BeepFrame, BeepSeq, beep_build

from regwire.beep import Asked, Event, Limits, Message, Peer, Replied
from support.beep_pair import ECHO, End, Pair, opened

HEAD = b"Content-Type: application/beep+xml\r\n\r\n"
bodies = st.one_of(st.binary(max_size=50), st.builds(bytes, st.integers(0, 9000)))
sizes = st.lists(st.integers(1, 3000), min_size=1, max_size=8)


@st.composite
def exchanges(draw: st.DrawFn) -> list[tuple[bool, int, bytes, str, list[bytes]]]:
    """Who asks, on which channel, what, and how it is answered."""
    return draw(
        st.lists(
            st.tuples(
                st.booleans(),
                st.sampled_from([1, 3, 5]),
                bodies,
                st.sampled_from(["RPY", "ERR", "ANS"]),
                st.lists(bodies, max_size=3),
            ),
            max_size=12,
        )
    )


@settings(max_examples=50, deadline=None)
@given(
    exchanges(), sizes, st.sampled_from([100, 973, 5000]), st.integers(1, 4), st.sampled_from([4096, 10_000, 65_536])
)
def test_everything_arrives_intact_and_in_order(
    plan: list[tuple[bool, int, bytes, str, list[bytes]]], pieces: list[int], frame: int, delivered: int, window: int
) -> None:
    pair = opened(3, Limits(frame=frame, delivered=delivered, window=window))
    answers = {True: _Answers(), False: _Answers()}
    pair.initiator.answer, pair.listener.answer = answers[True], answers[False]
    ends = {True: pair.initiator, False: pair.listener}
    asked: dict[tuple[bool, int], list[Any]] = {}
    for initiates, channel, body, keyword, parts in plan:
        msgno = ends[initiates].peer.send(channel, Message(body))
        answers[not initiates].plan[channel, msgno] = (keyword, parts)
        asked.setdefault((initiates, channel), []).append((msgno, body, keyword, parts))
    pair.run(itertools.cycle(pieces), room=1500)
    for (initiates, channel), messages in asked.items():
        got = [event for event in ends[not initiates].of(Asked) if event.channel == channel]
        assert [(event.msgno, event.message.body) for event in got] == [(m[0], m[1]) for m in messages]
        replies = [event for event in ends[initiates].of(Replied) if event.channel == channel]
        for msgno, body, keyword, parts in messages:
            mine = [event for event in replies if event.msgno == msgno]
            if keyword == "ANS":
                assert [event.message.body for event in mine[:-1]] == parts
                assert mine[-1].keyword == "NUL"
            else:
                assert [(event.keyword, event.message.body) for event in mine] == [(keyword, body)]
    for end in ends.values():
        assert not end.peer.ended
        assert end.peer.unsent == 0
        assert all(channel.quiet for channel in end.peer.channels.values())
        assert end.peer._assembly == end.peer._exchanges == 0


class _Answers:
    def __init__(self) -> None:
        self.plan: dict[tuple[int, int], tuple[str, list[bytes]]] = {}

    def __call__(self, peer: Peer, event: Event) -> None:
        if not isinstance(event, Asked):
            return
        keyword, parts = self.plan[event.channel, event.msgno]
        if keyword == "ANS":
            for part in parts:
                peer.answer(event.channel, event.msgno, Message(part))
            peer.finish(event.channel, event.msgno)
        elif keyword == "RPY":
            peer.reply(event.channel, event.msgno, event.message)
        else:
            peer.error(event.channel, event.msgno, event.message)


numbers = st.sampled_from([0, 1, 2, 3, 52, 100, 4096, 4294967295])
frames = st.one_of(
    st.builds(
        lambda keyword, channel, msgno, more, seqno, payload: beep_build(
            BeepFrame(
                keyword, min(channel, 7), min(msgno, 9), more, seqno, 0 if keyword == "ANS" else None, payload
            )
        ),
        st.sampled_from(["MSG", "RPY", "ERR", "ANS", "NUL"]), numbers, numbers, st.booleans(), numbers,
        st.binary(max_size=60) | st.sampled_from([
            HEAD + b"<close code='200'/>",
            HEAD + b"<start number='1'><profile uri='" + ECHO.encode() + b"'/></start>",
            HEAD + b"<greeting/>",
            HEAD + b"<ok/>",
        ]),
    ),
    st.builds(lambda c, a, w: beep_build(BeepSeq(min(c, 7), a, min(w, 5000))), numbers, numbers, numbers),
    st.binary(max_size=40),
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(frames, max_size=20), st.booleans(), st.booleans())
def test_whatever_comes_gives_events_never_an_exception(stream: list[bytes], correct: bool, listens: bool) -> None:
    end = End(Peer("listener" if listens else "initiator", (ECHO,)))
    end.peer.open()
    end.outgoing()
    if correct:
        end.feed(beep_build(BeepFrame("RPY", 0, 0, False, 0, None, HEAD + b"<greeting/>")))
    for data in stream:
        end.feed(_renumbered(end, data))
        end.outgoing()
    assert end.peer.unsent >= 0


def _renumbered(end: End, data: bytes) -> bytes:
    """Give most frames the sequence number that is due, so that they get further than the first check."""
    parts = data.split(b"\r\n", 1)[0].split(b" ")
    if len(parts) in {6, 7} and parts[1].isdigit() and (channel := end.peer.channels.get(int(parts[1]))) is not None:
        head = b" ".join([*parts[:4], str(channel.expected_seqno).encode(), *parts[5:]])
        return head + b"\r\n" + data.split(b"\r\n", 1)[1]
    return data


def test_a_pair_that_says_nothing_is_quiet() -> None:
    pair = Pair()
    pair.run()
    assert pair.initiator.outgoing() == pair.listener.outgoing() == b""
