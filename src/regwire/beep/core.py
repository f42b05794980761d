"""What all channels of a session have in common: frames in, frames out, windows, exchanges; no management."""

from __future__ import annotations

import abc
from collections import deque
from typing import Any, Literal

from regwire_native import BeepFrame, BeepSeq, beep_build

from regwire.beep.channel import Channel, Expected, Outgoing, Owed, PoorlyFormed
from regwire.beep.events import Asked, Ended, Event, Replied
from regwire.beep.limits import SHARE, Budget, Limits
from regwire.beep.messages import Failure, write
from regwire.beep.mime import Message
from regwire.beep.state import CHANNEL, SESSION, ChannelAction, ChannelInput, SessionAction, SessionInput, SessionState
from regwire.errors import NotSent
from regwire.session.items import BadFrame, Closed, FrameTooLarge

__all__ = ["Core", "Role"]

Role = Literal["listener", "initiator"]

REMEMBERED = 4096
"""Closed channels for which a SEQ that was under way is still ignored."""

ANSWERS = 1024
"""Answers of one exchange that may be incomplete at once: each costs memory, even when it is empty."""

_HUSHED = frozenset({SessionState.READY_SENT, SessionState.READY_TAKEN, SessionState.SECURING, SessionState.RELEASING})
_TAKE_DATA = frozenset(
    {state for state in SessionState if SESSION.step(state, SessionInput.DATA).action is SessionAction.TAKE}
)


class Core(abc.ABC):
    """Channels, and the exchanges on them. `Peer` adds channel management."""

    def __init__(self, role: Role, limits: Limits, budget: Budget | None = None) -> None:
        self.role: Role = role
        self.limits = limits
        self._budget = Budget() if budget is None else budget
        self._counted = 0  # of what this session holds, in the budget
        self.state = SessionState.GREETING
        self.channels: dict[int, Channel] = {}
        self._reset()

    def _reset(self) -> None:
        self.channels.clear()
        self._events: list[Event] = []
        self._active: deque[int] = deque()  # channels that may have something to send, in turn
        self._windows: dict[int, None] = {}  # channels whose SEQ may be due
        self._stalled: dict[int, None] = {}  # channels with messages that are not delivered
        self._gone: dict[int, None] = {}
        self._hush: Outgoing | None = None  # once this left, nothing else does
        self._drain = False  # over, but what is queued still leaves
        self._unsent = 0
        self._assembly = 0
        self._held = 0  # whole messages that are not delivered
        self._exchanges = 0
        self._idle_seqs = 0

    # ---------------------------------------------------------------------------------------------------------- public

    @property
    def ended(self) -> bool:
        """Whether the session is over."""
        return self.state is SessionState.ENDED

    @property
    def unsent(self) -> int:
        """Octets of payload that wait to leave."""
        return self._unsent

    def receive(self, item: Any) -> list[Event]:
        """Take what came: BeepFrame, BeepSeq, BadFrame, FrameTooLarge, Closed; give what happened.

        Whatever a peer sends gives events, never an exception.
        """
        try:
            if isinstance(item, BeepFrame):
                self._data(item)
            elif isinstance(item, BeepSeq):
                self._seq(item)
            elif isinstance(item, BadFrame):
                self._die(f"poorly formed: malformed {item.reason}")
            elif isinstance(item, FrameTooLarge):
                self._die(f"poorly formed: a frame of {item.length} octets is above the limit")
            elif isinstance(item, Closed):
                self._lost(item)
                self._settle_accounts()
        except PoorlyFormed as fault:
            self._die(f"poorly formed: {fault}")
        self._account()
        return self.take()

    def take(self) -> list[Event]:
        """Give what happened since the last call; calls other than `receive` may make something happen too."""
        found, self._events = self._events, []
        return found

    def outgoing(self, room: int = 65536) -> bytes:
        """Give what may be sent now: SEQ frames, then data frames of one channel after another, about `room` octets."""
        if self.state is SessionState.ENDED and not self._drain:
            self._account()
            return b""
        out = self._due_windows()
        size = 0
        while self._active and size < room and not self._hushed():
            number = self._active.popleft()
            channel = self.channels.get(number)
            frame = channel.frame(self.limits.frame) if channel is not None else None
            if channel is None or frame is None:
                continue  # comes back with a SEQ, or with more to send
            self._active.append(number)
            out.append(beep_build(frame))
            size += len(out[-1])
            self._unsent -= len(frame.payload)
            self._idle_seqs = 0
            if channel.gate is None and not channel.out:
                self._settled(channel)
        if self._stalled:
            self._deliver_stalled()
        self._after_sending()
        self._account()
        return b"".join(out)

    def _account(self) -> None:
        """Tell the budget what this session holds now."""
        holds = 0 if self.ended and not self._drain else self._assembly + self._held + self._unsent
        if holds != self._counted:
            self._budget.used += holds - self._counted
            self._counted = holds

    def _settle_accounts(self) -> None:
        """The connection is gone: give everything back, whatever is still called."""
        self._budget.used -= self._counted
        self._budget, self._counted = Budget(), 0

    def _is_crowded(self, holds: int) -> bool:
        """Whether a session that holds so much must not hold more, for the sake of the others."""
        return holds > SHARE and self._budget.full

    @property
    def sendable(self) -> bool:
        """Whether `outgoing` may have something."""
        return bool(self._active or self._windows) and not (self.ended and not self._drain)

    # ------------------------------------------------------------------------------------------------------- exchanges

    def send(self, number: int, message: Message | bytes, *, more: bool = False) -> int:
        """Send a MSG on a channel; give its number. With `more`, `send_more` goes on (bytes are sent as they are).

        Raises NotSent when the channel is not open.
        """
        channel = self.channels.get(number)
        if number == 0 or channel is None or self.state is not SessionState.OPEN:
            raise NotSent(f"channel {number} is not open", message)
        if CHANNEL.step(channel.state, ChannelInput.SEND).action is not ChannelAction.TAKE:
            raise NotSent(f"channel {number}: {channel.state.value}", message)
        return self._send(channel, _octets(message), more=more).msgno

    def send_more(self, number: int, msgno: int, data: bytes, *, more: bool = False) -> None:
        """Go on with a MSG. After an early ERR there is nothing to go on with, and nothing happens."""
        channel = self.channels.get(number)
        expected = channel.expected.get(msgno) if channel is not None else None
        if channel is None or expected is None or expected.message is None or expected.message.closed:
            return
        expected.message.extend(data, closed=not more)
        self._count(channel, len(data))
        self._activate(channel)

    def _send(self, channel: Channel, data: bytes, *, more: bool = False) -> Outgoing:
        message = Outgoing("MSG", channel.fresh_msgno(), None, data, closed=not more)
        channel.expected[message.msgno] = Expected(message)
        self._queue(channel, message)
        return message

    def reply(self, number: int, msgno: int, message: Message | bytes, *, more: bool = False) -> None:
        """Answer a MSG by RPY. With `more`, further calls go on (bytes are sent as they are).

        A reply for a channel or session that is over is dropped. Raises ValueError when the MSG was answered already.
        """
        self._respond(number, msgno, "RPY", _octets(message), more=more)

    def error(self, number: int, msgno: int, message: Message | bytes | Failure, *, more: bool = False) -> None:
        """Answer a MSG by ERR, as `reply`."""
        octets = write(message).payload() if isinstance(message, Failure) else _octets(message)
        self._respond(number, msgno, "ERR", octets, more=more)

    def answer(
        self, number: int, msgno: int, message: Message | bytes, ansno: int | None = None, *, more: bool = False
    ) -> int:
        """Give one of several answers to a MSG; give its answer number. `finish` ends them.

        Answers that are begun with `more` are told apart by `ansno`; their frames may interleave.
        """
        channel, owed = self._debt(number, msgno)
        if channel is None or owed is None:
            return 0
        if ansno is None:
            while owed.next_ansno in owed.answers:
                owed.next_ansno += 1
            ansno, owed.next_ansno = owed.next_ansno, owed.next_ansno + 1
        self._respond(number, msgno, "ANS", _octets(message), ansno=ansno, more=more)
        return ansno

    def finish(self, number: int, msgno: int) -> None:
        """End the answers to a MSG by NUL."""
        self._respond(number, msgno, "NUL", b"")

    def _debt(self, number: int, msgno: int) -> tuple[Channel | None, Owed | None]:
        channel = self.channels.get(number)
        if channel is None or self.ended:
            return None, None
        owed = channel.owed.get(msgno)
        if owed is None or owed.finished:
            raise ValueError(f"nothing is owed to message {msgno} of channel {number}")
        return channel, owed

    def _respond(
        self, number: int, msgno: int, keyword: str, data: bytes, *, ansno: int | None = None, more: bool = False
    ) -> Outgoing | None:
        channel, owed = self._debt(number, msgno)
        if channel is None or owed is None:
            return None
        before = owed.keyword
        if before is not None and before != keyword and (before, keyword) != ("ANS", "NUL"):
            raise ValueError(f"message {msgno} of channel {number} is being answered by {owed.keyword}, not {keyword}")
        if not owed.complete:
            if keyword != "ERR":
                raise ValueError(f"message {msgno} of channel {number} is not complete: it can only be refused")
            if not owed.ignored:
                self._joined(channel)
                owed.ignored = True
                channel.delivered += 1
        if keyword == "NUL" and owed.answers:
            raise ValueError(f"answers to message {msgno} of channel {number} are not complete")
        owed.keyword = keyword
        key = -1 if ansno is None else ansno
        message = owed.answers.pop(key, None)
        self._count(channel, len(data))
        if message is None:
            message = Outgoing(keyword, msgno, ansno, data, closed=not more)
            channel.respond(owed, message)
        else:
            message.extend(data, closed=not more)
        if more:
            owed.answers[key] = message
        elif keyword != "ANS":
            owed.finished = True
            channel.delivered -= 1
        self._activate(channel)
        if owed.finished:
            self._let_go(channel)
        return message

    def _let_go(self, channel: Channel) -> None:
        self._exchanges -= len(channel.settle())
        if channel.inbox:
            self._deliver(channel)

    # ------------------------------------------------------------------------------------------------------- receiving

    def _data(self, frame: BeepFrame) -> None:
        # What a frame has is asked of it once: each answer is an object made anew.
        keyword, number = frame.keyword, frame.channel
        if self.state is SessionState.GREETING:
            if number or frame.msgno or keyword not in {"RPY", "ERR"}:
                raise PoorlyFormed(f"{keyword} {number} {frame.msgno} before the greeting")
        elif self.state not in _TAKE_DATA:
            action = SESSION.step(self.state, SessionInput.DATA).action
            if action is SessionAction.IGNORE or self.ended:
                return
            raise PoorlyFormed(f"{keyword} when the session {self.state.value}")
        channel = self.channels.get(number)
        if channel is None:
            raise PoorlyFormed(f"{keyword} on channel {number}, which is not open")
        if keyword == "NUL" and (frame.more or frame.payload):
            raise PoorlyFormed("NUL that is not complete and empty")
        self._idle_seqs = 0
        if channel.admit(frame):
            self._windows[number] = None
        if keyword == "MSG":
            self._msg(channel, frame)
        else:
            self._reply(channel, frame)

    def _msg(self, channel: Channel, frame: BeepFrame) -> None:
        if CHANNEL.step(channel.state, ChannelInput.MSG).action is ChannelAction.END:
            raise PoorlyFormed(f"MSG on channel {channel.number}: {channel.state.value}")
        msgno, payload, more = frame.msgno, frame.payload, frame.more
        owed = channel.owed.get(msgno)
        if owed is None:
            owed = self._new_debt(channel, msgno)
        elif owed.complete:
            raise PoorlyFormed(f"MSG {msgno} of channel {channel.number} is not answered yet")
        most = self.limits.message if channel.number else self.limits.management
        holds = self._assembly + self._held + len(payload)
        if more or channel.parts or owed.ignored or len(payload) > most or holds > SHARE:
            if not self._assembled(channel, owed, payload, most, more=more):
                return
            payload = self._joined(channel)
        owed.complete = True
        channel.inbox.append((msgno, payload))
        channel.held += len(payload)
        self._held += len(payload)
        self._deliver(channel)

    def _assembled(self, channel: Channel, owed: Owed, payload: bytes, most: int, *, more: bool) -> bool:
        """Take in a part of a message; whether it is whole, and wanted."""
        if not owed.ignored:
            channel.parts += payload
            self._assembly += len(payload)
            holds = self._assembly + self._held
            if len(channel.parts) > most or holds > self.limits.assembly:
                self._refuse_message(channel, owed, "554", "the message is too large")
            elif self._is_crowded(holds):
                self._refuse_message(channel, owed, "451", "no room for the message now")
        if more:
            return False
        owed.complete = True
        if owed.ignored:
            self._let_go(channel)
            return False
        return True

    def _new_debt(self, channel: Channel, msgno: int) -> Owed:
        if channel.out and any(message.msgno == msgno and message.keyword != "MSG" for message in channel.out):
            raise PoorlyFormed(f"MSG {msgno} of channel {channel.number} is not answered yet")
        if self._exchanges >= self.limits.exchanges:
            raise PoorlyFormed(f"more than {self.limits.exchanges} messages without a reply")
        self._exchanges += 1
        owed = channel.owed[msgno] = Owed(msgno)
        return owed

    def _joined(self, channel: Channel) -> bytes:
        self._assembly -= len(channel.parts)
        data, channel.parts = bytes(channel.parts), bytearray()
        return data

    def _refuse_message(self, channel: Channel, owed: Owed, code: str, text: str) -> None:
        """Answer a message before its end; what follows of it is ignored."""
        failure = Failure(code, text=text)
        self._respond(channel.number, owed.msgno, "ERR", write(failure).payload())

    def _deliver(self, channel: Channel) -> None:
        while channel.inbox:
            if channel.number and self._is_slow(channel):
                self._stalled[channel.number] = None
                return
            msgno, data = channel.inbox.popleft()
            channel.held -= len(data)
            self._held -= len(data)
            channel.delivered += 1
            self._windows[channel.number] = None
            if channel.number:
                self._events.append(Asked(channel.number, msgno, Message.parse(data)))
            else:
                self._management(msgno, Message.parse(data))
        self._stalled.pop(channel.number, None)

    def _is_slow(self, channel: Channel) -> bool:
        """Whether replies wait already: more of them would only wait too."""
        limits = self.limits
        return (
            channel.delivered >= limits.delivered
            or channel.unsent > limits.output
            or self._unsent > limits.output_total
            or self._is_crowded(self._unsent)
            or (channel.blocked and len(channel.out) > 1)
        )

    def _deliver_stalled(self) -> None:
        for number in list(self._stalled):
            channel = self.channels.get(number)
            if channel is None:
                del self._stalled[number]
            else:
                self._deliver(channel)

    def _reply(self, channel: Channel, frame: BeepFrame) -> None:
        expected = channel.expected.get(frame.msgno)
        if expected is None or (expected.message is not None and not expected.message.begun):
            asked = f"message {frame.msgno} of channel {channel.number}"
            raise PoorlyFormed(f"{frame.keyword} to {asked}, which nobody asked or which is answered")
        if CHANNEL.step(channel.state, ChannelInput.REPLY).action is ChannelAction.END:
            raise PoorlyFormed(f"{frame.keyword} on channel {channel.number}: {channel.state.value}")
        before = expected.keyword
        if before is not None and frame.keyword != before and (before, frame.keyword) != ("ANS", "NUL"):
            raise PoorlyFormed(f"{frame.keyword} behind {before} for message {frame.msgno} of channel {channel.number}")
        if frame.keyword == "NUL" and expected.answers:
            raise PoorlyFormed(f"NUL for message {frame.msgno} before the end of an answer")
        expected.keyword = frame.keyword
        expected.replied = True
        self._cut_short(channel, expected, frame)
        self._collect(channel, expected, frame)

    def _cut_short(self, channel: Channel, expected: Expected, frame: BeepFrame) -> None:
        """After an early ERR, an empty last frame ends our message (RFC 3080 section 2.6.3)."""
        message = expected.message
        if message is None or message.done:
            return
        if frame.keyword != "ERR":
            raise PoorlyFormed(f"{frame.keyword} to message {frame.msgno}, which is not sent to its end")
        self._count(channel, -message.cut_short())
        self._activate(channel)

    def _collect(self, channel: Channel, expected: Expected, frame: BeepFrame) -> None:
        if frame.ansno is None:
            parts = expected.parts
        else:
            parts = expected.answers.setdefault(frame.ansno, bytearray())
            if len(expected.answers) > ANSWERS:
                raise PoorlyFormed(f"more than {ANSWERS} answers at once")
        if frame.more:
            parts += frame.payload
            self._assembly += len(frame.payload)
            if len(parts) > self.limits.message or self._assembly > self.limits.assembly:
                raise PoorlyFormed("a reply above the limit")
            return
        self._assembly -= len(parts)
        data = bytes(parts) + frame.payload
        if frame.ansno is None:
            del channel.expected[frame.msgno]
        else:
            del expected.answers[frame.ansno]
        self._replied(channel, frame, Message.parse(data))

    def _replied(self, channel: Channel, frame: BeepFrame, message: Message) -> None:
        keyword: Any = frame.keyword
        if channel.number == 0:
            self._management_reply(frame.msgno, keyword, message)
            return
        self._events.append(Replied(channel.number, frame.msgno, keyword, message, frame.ansno))
        if keyword != "ANS":
            self._settled(channel)

    def _seq(self, seq: BeepSeq) -> None:
        action = SESSION.step(self.state, SessionInput.SEQ).action
        if self.ended or action is SessionAction.IGNORE:
            return
        channel = self.channels.get(seq.channel)
        if channel is None:
            if seq.channel in self._gone:
                return
            raise PoorlyFormed(f"SEQ for channel {seq.channel}, which is not open")
        if channel.acknowledge(seq) and channel.out:
            self._activate(channel)
        self._idle_seqs += 1
        if self._idle_seqs > self.limits.idle_seqs:
            raise PoorlyFormed(f"more than {self.limits.idle_seqs} SEQ frames that let nothing out")

    # --------------------------------------------------------------------------------------------------------- sending

    def _queue(self, channel: Channel, message: Outgoing) -> None:
        channel.begin(message)
        self._count(channel, len(message.buffer))
        self._activate(channel)

    def _count(self, channel: Channel, octets: int) -> None:
        channel.unsent += octets
        self._unsent += octets

    def _activate(self, channel: Channel) -> None:
        if channel.number not in self._active:
            self._active.append(channel.number)

    def _hushed(self) -> bool:
        return self._hush is not None and self._hush.done

    def _due_windows(self) -> list[bytes]:
        if not self._windows or self.state in _HUSHED or self.ended:
            return []
        due = []
        for number in list(self._windows):
            channel = self.channels.get(number)
            if channel is not None and channel.gate is not None and not channel.gate.done:
                continue  # the peer does not know the channel yet
            del self._windows[number]
            seq = channel.window() if channel is not None else None
            if seq is not None:
                due.append(beep_build(seq))
        return due

    # ------------------------------------------------------------------------------------------------------------- end

    def _forget(self, channel: Channel) -> None:
        """Drop a channel and everything of it."""
        self.channels.pop(channel.number, None)
        self._unsent -= channel.unsent
        self._assembly -= len(channel.parts)
        self._held -= channel.held
        self._exchanges -= len(channel.owed)
        self._stalled.pop(channel.number, None)
        self._windows.pop(channel.number, None)
        self._gone[channel.number] = None
        if len(self._gone) > REMEMBERED:
            del self._gone[next(iter(self._gone))]

    def _die(self, reason: str, *, clean: bool = False, drain: bool = False) -> None:
        if self.ended:
            return
        self.state = SessionState.ENDED
        self._drain = drain
        if not drain:
            self.channels.clear()
            self._active.clear()
            self._windows.clear()
            self._stalled.clear()
            self._unsent = 0
        self._events.append(Ended(reason, clean))

    def _lost(self, closed: Any) -> None:
        if self.ended:
            return
        quiet = all(channel.quiet for channel in self.channels.values())
        self._die(f"{closed.reason}: {closed.detail}" if closed.detail else closed.reason, clean=closed.clean and quiet)

    # ------------------------------------------------------------------------------------------------------ management

    @abc.abstractmethod
    def _management(self, msgno: int, message: Message) -> None:
        """Take a MSG of channel 0."""

    @abc.abstractmethod
    def _management_reply(self, msgno: int, keyword: str, message: Message) -> None:
        """Take a reply of channel 0."""

    @abc.abstractmethod
    def _settled(self, channel: Channel) -> None:
        """A channel's queue became empty, or an exchange ended."""

    @abc.abstractmethod
    def _after_sending(self) -> None:
        """Frames have left."""


def _octets(message: Message | bytes) -> bytes:
    return message if isinstance(message, bytes) else message.payload()
