"""One channel: what is received on it, and what is sent (RFC 3080 section 2.2, RFC 3081 section 3.1)."""

from __future__ import annotations

from collections import deque

from regwire_native import BeepFrame, BeepSeq

from regwire.beep.limits import FIRST_WINDOW
from regwire.beep.state import ChannelState

__all__ = ["Channel", "Expected", "Outgoing", "Owed", "PoorlyFormed"]

MODULUS = 1 << 32


class PoorlyFormed(Exception):
    """The session ends without a reply; the text says why."""


class Outgoing:
    """A message on its way out, perhaps not all of it there yet."""

    __slots__ = ("ansno", "begun", "buffer", "closed", "done", "keyword", "msgno", "offset")

    def __init__(self, keyword: str, msgno: int, ansno: int | None, data: bytes, *, closed: bool) -> None:
        self.keyword = keyword
        self.msgno = msgno
        self.ansno = ansno
        self.buffer = data
        self.offset = 0
        self.closed = closed
        self.begun = False
        self.done = False

    @property
    def left(self) -> int:
        """Octets that are there and have not left."""
        return len(self.buffer) - self.offset

    @property
    def sendable(self) -> bool:
        """Whether there is something to send: octets, or the end."""
        return self.offset < len(self.buffer) or (self.closed and not self.done)

    def extend(self, data: bytes, *, closed: bool) -> None:
        """Add octets; `closed` says that they are the last."""
        self.buffer = self.buffer[self.offset :] + data
        self.offset = 0
        self.closed = closed

    def cut_short(self) -> int:
        """Drop what has not left: an empty last frame ends the message. Give the octets dropped."""
        dropped = self.left
        self.buffer, self.offset, self.closed = b"", 0, True
        return dropped

    def take(self, most: int) -> tuple[bytes, bool]:
        """Take octets for one frame, and whether more frames follow."""
        data = self.buffer[self.offset : self.offset + most]
        self.offset += len(data)
        self.begun = True
        self.done = self.closed and self.offset == len(self.buffer)
        return data, not self.done


class Owed:
    """A MSG that the peer sent and we have not answered completely. `waiting` are replies behind an earlier MSG's."""

    __slots__ = ("answers", "complete", "finished", "ignored", "keyword", "msgno", "next_ansno", "waiting")

    def __init__(self, msgno: int) -> None:
        self.msgno = msgno
        self.complete = False  # the MSG was received to its end
        self.ignored = False  # answered by ERR before its end: the rest is dropped
        self.finished = False  # its whole reply is queued
        self.keyword: str | None = None
        self.answers: dict[int, Outgoing] = {}
        self.next_ansno = 0
        self.waiting: list[Outgoing] = []


class Expected:
    """A MSG that we sent and the peer has not answered completely."""

    __slots__ = ("answers", "keyword", "message", "parts", "replied")

    def __init__(self, message: Outgoing | None) -> None:
        self.message = message  # None: nothing was sent (the greeting)
        self.keyword: str | None = None
        self.parts = bytearray()
        self.answers: dict[int, bytearray] = {}
        self.replied = False  # at least one frame of the reply came


class Channel:
    """Numbers, windows and messages of one channel, both directions."""

    __slots__ = (
        "acked", "buffer", "close_asked", "delivered", "eager", "expected", "expected_seqno", "gate", "held", "inbox",
        "last_partial", "next_msgno", "number", "out", "owed", "parts", "profile", "room_in", "room_out",
        "seqno", "server_side", "state", "unsent", "widest",
    )  # fmt: skip

    def __init__(self, number: int, profile: str, window: int, *, server_side: bool, next_msgno: int = 0) -> None:
        self.number = number
        self.profile = profile
        self.server_side = server_side
        self.state = ChannelState.OPEN
        # received
        self.expected_seqno = 0
        self.room_in = FIRST_WINDOW  # octets that the peer may still send
        self.buffer = window
        self.held = 0  # octets of whole messages that nobody has taken on yet
        self.last_partial: tuple[str, int] | None = None  # keyword and msgno of a `*` frame that came last
        self.parts = bytearray()  # of the MSG that is coming
        self.owed: dict[int, Owed] = {}
        self.inbox: deque[tuple[int, bytes]] = deque()  # whole MSGs that are not delivered
        self.delivered = 0  # MSGs that are delivered and not answered
        self.expected: dict[int, Expected] = {}
        # sent
        self.seqno = 0
        self.acked = 0
        self.widest = FIRST_WINDOW
        self.eager = False  # the peer opens a window before it was used up
        self.room_out = FIRST_WINDOW
        self.out: deque[Outgoing] = deque()
        self.unsent = 0  # octets that wait to leave
        self.gate: Outgoing | None = None  # what must have left before anything of this channel
        self.next_msgno = next_msgno
        self.close_asked: int | None = None  # msgno on channel 0 of a close that was agreed to, or waits for an answer

    # ------------------------------------------------------------------------------------------------------- receiving

    def admit(self, frame: BeepFrame) -> int:
        """Check number and window of a frame, and count it; give its octets."""
        size = len(frame.payload)
        if frame.seqno != self.expected_seqno:
            raise PoorlyFormed(f"sequence number {frame.seqno}, not {self.expected_seqno}")
        if size > self.room_in:
            raise PoorlyFormed(f"{size} octets in a window of {self.room_in}")
        before = self.last_partial
        if before is not None and before[1] != frame.msgno:
            raise PoorlyFormed(f"message {frame.msgno} inside of message {before[1]}")
        if before is not None and before[0] != frame.keyword and "MSG" in {before[0], frame.keyword}:
            raise PoorlyFormed(f"{frame.keyword} inside of {before[0]}")
        self.expected_seqno = (self.expected_seqno + size) % MODULUS
        self.room_in -= size
        self.last_partial = (frame.keyword, frame.msgno) if frame.more else None
        return size

    def window(self) -> BeepSeq | None:
        """Give the SEQ frame that is due: when it opens the window, to at least half the buffer."""
        room = self.buffer - self.held
        if room <= self.room_in or 2 * room < self.buffer:
            return None
        self.room_in = room
        return BeepSeq(self.number, self.expected_seqno, room)

    # --------------------------------------------------------------------------------------------------------- sending

    def acknowledge(self, seq: BeepSeq) -> bool:
        """Take a SEQ frame; whether it opened the window."""
        outstanding = (self.seqno - seq.ackno) % MODULUS
        if outstanding > (self.seqno - self.acked) % MODULUS:
            raise PoorlyFormed(f"SEQ acknowledges {seq.ackno}, which is not between {self.acked} and {self.seqno}")
        before = self.room_out
        self.eager = self.eager or (outstanding > 0 and seq.ackno != self.acked)
        self.widest = max(self.widest, seq.window)
        self.acked = seq.ackno
        # A window that shrank below what is under way stays shut; it was against the rules, and harms only its owner.
        self.room_out = max(0, seq.window - outstanding)
        return self.room_out > before

    def next_out(self) -> Outgoing | None:
        """Give the message whose turn it is: the first, or the next of several answers under way together."""
        if not self.out:
            return None
        head = self.out[0]
        if head.keyword != "ANS" or head.sendable:
            return head if head.sendable else None
        for message in self.out:
            if message.keyword != "ANS" or message.msgno != head.msgno:
                return None
            if message.sendable:
                return message
        return None

    def frame(self, most: int) -> BeepFrame | None:
        """Give the next frame, of at most `most` octets, that window and queue allow."""
        if self.gate is not None:
            if not self.gate.done:
                return None
            self.gate = None
        message = self.next_out()
        if message is None:
            return None
        if message.left > self.room_out < most and self._is_silly():
            return None
        most = min(most, self.room_out)
        if message.left and not most:
            return None
        data, more = message.take(most)
        frame = BeepFrame(message.keyword, self.number, message.msgno, more, self.seqno, message.ansno, data)
        self.seqno = (self.seqno + len(data)) % MODULUS
        self.room_out -= len(data)
        self.unsent -= len(data)
        if message.done:
            self.out.remove(message)
        elif message.ansno is not None and not message.closed:
            self.rotate(message)  # whole answers leave in their order; those under way take turns
        return frame

    def _is_silly(self) -> bool:
        """Whether a frame that only fills the window's rest should wait (RFC 1122 section 4.2.3.4).

        Tiny frames beget tiny windows beget tiny frames. A peer that was never seen to open a window before
        all of it was used is not waited for.
        """
        return self.eager and self.acked != self.seqno and 2 * self.room_out < self.widest

    def rotate(self, message: Outgoing) -> None:
        """Put an answer behind the others of the same reply: none waits for a long one."""
        self.out.remove(message)
        at = 0
        while at < len(self.out) and self.out[at].keyword == "ANS" and self.out[at].msgno == message.msgno:
            at += 1
        self.out.insert(at, message)

    @property
    def blocked(self) -> bool:
        """Whether something waits that only the peer's SEQ lets out."""
        message = self.next_out()
        return message is not None and bool(message.left) and not self.room_out

    @property
    def quiet(self) -> bool:
        """Whether nothing is owed, expected or under way in either direction."""
        return not (self.owed or self.expected or self.out or self.parts)

    def fresh_msgno(self) -> int:
        """Give a message number that no outstanding MSG of ours has."""
        while self.next_msgno in self.expected:
            self.next_msgno = (self.next_msgno + 1) % (1 << 31)
        found, self.next_msgno = self.next_msgno, (self.next_msgno + 1) % (1 << 31)
        return found

    def begin(self, message: Outgoing) -> None:
        """Queue a message."""
        self.out.append(message)

    # --------------------------------------------------------------------------------------------------------- replies

    def respond(self, owed: Owed, message: Outgoing) -> None:
        """Queue a reply, behind the replies to earlier MSGs."""
        if self.is_first(owed):
            self.begin(message)
        else:
            owed.waiting.append(message)

    def is_first(self, owed: Owed) -> bool:
        """Whether no earlier MSG waits for its reply."""
        return next(iter(self.owed.values())) is owed

    def settle(self) -> list[Owed]:
        """Let go of MSGs whose reply is wholly queued, and queue what waited behind; give those that are over."""
        over = []
        while self.owed:
            owed = next(iter(self.owed.values()))
            for message in owed.waiting:
                self.begin(message)
            owed.waiting.clear()
            if not (owed.finished and owed.complete):
                break  # after an early ERR the rest of the MSG is still to come, under this number
            over.append(owed)
            del self.owed[owed.msgno]
        return over
