"""What all sessions of a server hold together is bounded (`regwire.beep.limits.Budget`)."""

from __future__ import annotations

import pytest
from regwire_native import BeepFrame

from regwire.beep import Asked, Limits, Message, Replied
from regwire.beep.limits import SHARE, Budget
from regwire.session.items import Closed
from support.beep_pair import Pair, opened

PART = bytes(4000)


def send_part(pair: Pair, *, more: bool = True) -> None:
    """Send so much of a message on channel 1, as far as windows are open."""
    channel = pair.initiator.peer.channels[1]
    msgno = next(iter(channel.expected), None)
    if msgno is None:
        pair.initiator.peer.send(1, PART, more=more)
    else:
        pair.initiator.peer.send_more(1, msgno, PART, more=more)
    pair.run()


def refusals(pair: Pair) -> list[str]:
    return [event.keyword for event in pair.initiator.of(Replied)]


def test_parts_of_messages_count_until_they_are_whole() -> None:
    budget = Budget()
    pair = opened(budget=budget)
    for _ in range(3):
        send_part(pair)
    assert budget.used == 3 * len(PART)
    send_part(pair, more=False)
    (asked,) = pair.listener.of(Asked)
    assert len(asked.message.body) == 4 * len(PART)
    pair.listener.peer.reply(1, asked.msgno, Message(b"done"))
    pair.run()
    assert budget.used == 0


def test_who_holds_more_than_a_share_is_refused_when_there_is_no_room() -> None:
    """And nobody else; the session goes on."""
    budget = Budget(most=0)
    greedy, modest = opened(budget=budget), opened(budget=budget)
    for _ in range(SHARE // len(PART) + 1):
        send_part(greedy)
    assert refusals(greedy) == ["ERR"]
    assert b'code="451"' in greedy.initiator.of(Replied)[0].message.body
    for _ in range(SHARE // len(PART) - 1):
        send_part(modest)
    send_part(modest, more=False)
    assert len(modest.listener.of(Asked)) == 1
    greedy.initiator.peer.send(1, Message(b"short"))
    greedy.run()
    assert [event.message.body for event in greedy.listener.of(Asked)] == [b"short"]


def test_replies_that_wait_count_and_hold_back_their_own_session() -> None:
    """A peer that opens no window gets no second answer where there is no room."""
    budget = Budget(most=SHARE)
    pair = opened(channels=2, budget=budget, limits=Limits(window=4096))
    for channel in (1, 3):
        pair.initiator.peer.send(channel, Message(b"ask"))
    pair.listener.feed(pair.initiator.outgoing())
    for asked in pair.listener.of(Asked):
        pair.listener.peer.reply(asked.channel, asked.msgno, bytes(2 * SHARE))
    pair.listener.outgoing()
    assert budget.used > budget.most
    pair.initiator.peer.send(3, Message(b"again"))
    pair.listener.feed(pair.initiator.outgoing())
    assert len(pair.listener.of(Asked)) == 2


def test_messages_that_wait_to_be_delivered_are_bounded_a_session() -> None:
    """They were not: each channel could hold one of any length behind replies that its peer does not take."""
    limits = Limits(delivered=1, assembly=3 * len(PART))
    pair = opened(channels=8, limits=limits)
    for channel in range(1, 16, 2):
        pair.initiator.peer.send(channel, PART)
        pair.initiator.peer.send(channel, Message(b"more"))
    pair.run()
    for channel in range(1, 16, 2):
        pair.initiator.peer.send(channel, PART)
    pair.run()
    held = sum(channel.held for channel in pair.listener.peer.channels.values())
    assert 0 < held <= limits.assembly
    refused = [event for event in pair.initiator.of(Replied) if event.keyword == "ERR"]
    assert refused == [] or all(b'code="554"' in event.message.body for event in refused)


@pytest.mark.parametrize("how", ["gone", "poorly formed"])
def test_the_end_of_a_session_gives_everything_back(how: str) -> None:
    budget = Budget()
    pair = opened(budget=budget)
    send_part(pair)
    peer = pair.listener.peer
    assert budget.used == len(PART)
    if how == "gone":
        peer.receive(Closed("reset", "", clean=False))
    else:
        peer.receive(BeepFrame("MSG", 9, 0, False, 0, None, b""))
    assert budget.used == 0
    peer.outgoing()
    peer.receive(Closed("reset", "", clean=False))
    assert budget.used == 0
