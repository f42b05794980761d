"""Two BEEP peers that talk in memory, octets in pieces of any size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import regwire_native

from regwire.beep import Event, Limits, Message, Peer, StartAsked
from regwire.beep.state import SessionState

__all__ = ["ECHO", "End", "Pair", "accepting", "frames_of", "opened", "text"]

ECHO = "http://example.com/beep/echo"


class End:
    """A peer, its framing, and everything that happened there."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.events: list[Event] = []
        self.sent = b""
        self.answer: Callable[[Peer, Event], None] | None = None
        self.wire = regwire_native.Wire(framing="beep", tls=None, frame_limit=peer.limits.frame_octets)

    def feed(self, data: bytes) -> list[Event]:
        """Receive octets; `answer` is called for each event."""
        found: list[Event] = []
        for item in self.wire.receive(data):
            found += self.happened(self.peer.receive(item))
        return found

    def happened(self, events: list[Event]) -> list[Event]:
        """Record events, let `answer` act, and record what that made happen."""
        self.events += events
        for event in events:
            if self.answer is not None:
                self.answer(self.peer, event)
        more = self.peer.take()
        return events + (self.happened(more) if more else [])

    def outgoing(self, room: int = 65536) -> bytes:
        """Give what leaves."""
        data = self.peer.outgoing(room)
        self.sent += data
        self.happened(self.peer.take())
        return data

    def of(self, kind: type[Any]) -> list[Any]:
        """Give the events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]


class Pair:
    """An initiator and a listener."""

    def __init__(self, profiles: tuple[str, ...] = (ECHO,), limits: Limits | None = None, **options: Any) -> None:
        self.initiator = End(Peer("initiator", profiles, limits=limits))
        self.listener = End(Peer("listener", profiles, limits=limits, **options))
        self.initiator.peer.open()
        self.listener.peer.open()

    def run(self, sizes: Iterator[int] | None = None, room: int = 65536) -> None:
        """Carry octets both ways until nothing moves."""
        while True:
            out, back = self.initiator.outgoing(room), self.listener.outgoing(room)
            if not out and not back:
                return
            carry(self.listener, out, sizes)
            carry(self.initiator, back, sizes)


def carry(end: End, data: bytes, sizes: Iterator[int] | None) -> None:
    """Feed in pieces."""
    while data:
        size = len(data) if sizes is None else next(sizes)
        end.feed(data[:size])
        data = data[size:]


def accepting(peer: Peer, event: Event) -> None:
    """Accept every start."""
    if isinstance(event, StartAsked):
        peer.accept(event.channel, event.proposals[0].uri)


def opened(channels: int = 1, limits: Limits | None = None, **options: Any) -> Pair:
    """Give a pair with open channels 1, 3, 5, …; `options` are the listener's."""
    pair = Pair(limits=limits, **options)
    pair.listener.answer = accepting
    pair.run()
    assert pair.initiator.peer.state is SessionState.OPEN
    for _ in range(channels):
        pair.initiator.peer.start([(ECHO, None)])
    pair.run()
    assert len(pair.initiator.peer.channels) == channels + 1
    return pair


def text(data: str) -> Message:
    """Give a text message."""
    return Message(data.encode(), "text/plain")


def frames_of(data: bytes) -> list[Any]:
    """Parse octets to frames."""
    found: list[Any] = []
    while data:
        item = regwire_native.beep_parse(data)
        assert item is not None
        assert item[1] > 0, item
        found.append(item[0])
        data = data[item[1] :]
    return found
