"""`Peer`: one side of a BEEP session, in either role, without any socket (RFC 3080, RFC 3081)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Sequence

from regwire.beep.channel import Channel, Expected, Outgoing, PoorlyFormed
from regwire.beep.core import Core, Role
from regwire.beep.events import (
    ChannelClosed,
    CloseAsked,
    CloseRefused,
    Greeted,
    Proposal,
    Secure,
    StartAsked,
    Started,
    StartRefused,
    TlsRefused,
    Unavailable,
)
from regwire.beep.limits import FIRST_WINDOW, MAX_CONTENT, Budget, Limits
from regwire.beep.messages import (
    Close,
    Failure,
    Greeting,
    Ok,
    Proceed,
    Profile,
    Ready,
    Start,
    Unreadable,
    read,
    read_text,
    text_of,
    write,
)
from regwire.beep.mime import Message
from regwire.beep.state import (
    CHANNEL,
    SESSION,
    ChannelAction,
    ChannelInput,
    ChannelState,
    SessionAction,
    SessionInput,
    SessionState,
)
from regwire.errors import NotSent

__all__ = ["SASL_PREFIX", "TLS_PROFILE", "Peer"]

TLS_PROFILE = "http://iana.org/beep/TLS"
SASL_PREFIX = "http://iana.org/beep/SASL/"

_UNSUPPORTED = "all requested profiles are unsupported"
_NOT_TEXT = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Peer(Core):
    """One side of a session. `open`, then give what arrives to `receive` and send what `outgoing` gives.

    `profiles` are the URIs this side serves (it may change them before `restart`). With `unavailable` (a code and a
    text) a listener answers with an error instead of a greeting. After `Ended` the connection is closed, when
    `outgoing` gives nothing more.

    Attributes: `remote` (the other's greeting), `server_name` (of the first start accepted), `channels`, `state`.
    """

    def __init__(
        self,
        role: Role,
        profiles: Iterable[str] = (),
        *,
        limits: Limits | None = None,
        features: Sequence[str] = (),
        localize: Sequence[str] = (),
        unavailable: tuple[int, str] | None = None,
        budget: Budget | None = None,
    ) -> None:
        """`budget` is what this session shares with others; None: it has its own."""
        self.profiles = tuple(profiles)
        #: Profiles that are known, and not offered yet: a start is told why.
        self.withheld: tuple[str, ...] = ()
        self.features = tuple(features)
        self.localize = tuple(localize)
        self.unavailable = unavailable
        super().__init__(role, limits or Limits(), budget)

    def _reset(self) -> None:
        super()._reset()
        self.remote: Greeting | None = None
        self.server_name: str | None = None
        self._named = False
        self._asked: dict[int, tuple[int, Start]] = {}  # starts of the other side, by channel: msgno, document
        self._started: dict[int, tuple[int, tuple[str, ...]]] = {}  # ours, by msgno on channel 0: channel, URIs
        self._closes: dict[int, int] = {}  # ours, by msgno on channel 0: channel
        self._wanted: dict[int, Close] = {}  # closes that wait until our MSGs are acknowledged
        self._release: int | None = None  # msgno of the other's release
        self._release_agreed = False
        self._tls: tuple[int, int | None] | None = None  # channel and msgno of a <ready/>; None: of its start
        self._last_word: Outgoing | None = None  # the proceed or the ok of a release
        self._next_channel = 1 if self.role == "initiator" else 2

    # --------------------------------------------------------------------------------------------------------- session

    def open(self) -> None:
        """Begin: the greeting is queued."""
        channel = self.channels[0] = self._channel(0, "", next_msgno=1)
        channel.expected[0] = Expected(None)
        if self.unavailable is not None:
            code, text = self.unavailable
            self._queue(channel, _whole("ERR", 0, write(Failure(str(code), text=text))))
            self._die(f"unavailable ({code})", clean=True, drain=True)
            return
        greeting = Greeting(
            " ".join(self.features) or None,
            " ".join(self.localize) or "i-default",
            tuple(Profile(uri) for uri in self.profiles),
        )
        self._queue(channel, _whole("RPY", 0, write(greeting)))

    def restart(self) -> None:
        """Begin anew, after TLS stands: every channel is gone, nothing is remembered; new greetings follow."""
        self.state = SessionState.GREETING
        self._reset()
        self.open()

    def _channel(self, number: int, uri: str, *, server_side: bool = False, next_msgno: int = 0) -> Channel:
        if self.limits.window > FIRST_WINDOW:
            self._windows[number] = None
        return Channel(number, uri, self.limits.window, server_side=server_side, next_msgno=next_msgno)

    # ---------------------------------------------------------------------------------------------------------- starts

    def start(
        self,
        profiles: Sequence[tuple[str, str | bytes | None]],
        server_name: str | None = None,
        *,
        encode: bool = False,
    ) -> int:
        """Ask for a channel with one of `profiles` (URI, initialization message); give its number.

        `Started` or `StartRefused` follows. `encode` writes initialization messages in base64. Raises NotSent when the
        session is not open, ValueError for a message above 4,096 octets.
        """
        if self.state is not SessionState.OPEN:
            raise NotSent(f"the session {self.state.value}")
        if not profiles:
            raise ValueError("a start proposes at least one profile")
        elements = tuple(_profile(uri, content, encode=encode) for uri, content in profiles)
        for element in elements:
            if len(element.text.encode()) > MAX_CONTENT:
                raise ValueError(f"the initialization message for {element.uri} is above {MAX_CONTENT} octets")
        number = self._free_channel()
        document = write(Start(number, server_name, profiles=elements))
        message = self._send(self.channels[0], document.payload())
        self._started[message.msgno] = (number, tuple(element.uri for element in elements))
        return number

    def _free_channel(self) -> int:
        taken = {number for number, _ in self._started.values()} | self.channels.keys()
        if len(taken) > self.limits.channels:
            raise NotSent(f"{self.limits.channels} channels are open")
        first = self._next_channel
        while self._next_channel in taken:
            self._next_channel += 2
            if self._next_channel > 2147483647:
                self._next_channel = 1 if self.role == "initiator" else 2
            if self._next_channel == first:
                raise NotSent("no channel number is free")
        found = self._next_channel
        self._next_channel = found + 2 if found + 2 <= 2147483647 else first % 2 or 2
        return found

    def accept(self, number: int, uri: str, content: str | bytes | None = None) -> None:
        """Create the channel that `StartAsked` asked for. Raises ValueError when it did not."""
        msgno, start = self._asked.pop(number, (None, None))
        if msgno is None or start is None:
            raise ValueError(f"nobody waits for channel {number}")
        if not self._named:
            self._named, self.server_name = True, start.server_name
        channel = self._channel(number, uri, server_side=True)
        # The other side must know of the channel before anything is sent on it.
        channel.gate = self._respond(0, msgno, "RPY", write(_profile(uri, content)).payload())
        self.channels[number] = channel

    def decline(self, number: int, code: int = 550, text: str = "") -> None:
        """Do not create the channel that `StartAsked` asked for. Raises ValueError when it did not."""
        msgno, _ = self._asked.pop(number, (None, None))
        if msgno is None:
            raise ValueError(f"nobody waits for channel {number}")
        self._refuse(msgno, code, text)

    def _refuse(self, msgno: int, code: int, text: str) -> None:
        self.error(0, msgno, Failure(str(code), text=text))

    def _start_asked(self, msgno: int, start: Start) -> None:
        refusal = self._judge_start(start)
        if refusal is not None:
            self._refuse(msgno, *refusal)
            return
        try:
            proposals = tuple(_proposal(profile) for profile in start.profiles if self._knows(profile.uri))
        except ValueError as error:
            self._refuse(msgno, 501, str(error))
            return
        self._asked[start.number] = (msgno, start)
        server_name = self.server_name if self._named else start.server_name
        self._events.append(StartAsked(start.number, proposals, server_name))

    def _knows(self, uri: str) -> bool:
        return uri in self.profiles or uri in self.withheld

    def _judge_start(self, start: Start) -> tuple[int, str] | None:
        number = start.number
        if len(start.profiles) > self.limits.proposals:
            return 554, "too many profiles"
        served = any(self._knows(profile.uri) for profile in start.profiles)
        # Both examples of RFC 3080 (sections 2.3.1.2, 2.3.1.5) come out only in this order. The profiles of BEEP itself
        # are known to every peer, served or not.
        if not served and not any(_is_tuning(profile.uri) for profile in start.profiles):
            return 550, _UNSUPPORTED
        odd = self.role == "listener"
        if number == 0 or (number % 2 == 1) != odd:
            return 501, f"number attribute in <start> element must be {'odd' if odd else 'even'}-valued"
        if not served:
            return 550, _UNSUPPORTED
        if number in self.channels or number in self._asked:
            return 553, f"channel {number} is in use"
        if len(self.channels) + len(self._asked) > self.limits.channels:
            return 550, "no more channels"
        return None

    def _start_answered(self, msgno: int, document: object) -> None:
        number, uris = self._started.pop(msgno)
        is_tls = self.state is SessionState.READY_SENT
        if isinstance(document, Failure):
            if is_tls:
                self._step(SessionInput.READY_REFUSED)
                self._hush = None
            self._events.append(StartRefused(number, int(document.code), document.text))
            return
        if not isinstance(document, Profile) or document.uri not in uris:
            raise PoorlyFormed("the reply to a start is none of its profiles")
        try:
            content = _proposal(document).content
        except ValueError as error:
            raise PoorlyFormed(str(error)) from None
        self.channels[number] = self._channel(number, document.uri)
        if is_tls:
            self._tls_answered(content)
        else:
            self._events.append(Started(number, document.uri, content))

    # ------------------------------------------------------------------------------------------------------------- TLS

    def start_tls(self, server_name: str | None = None) -> int:
        """Ask for TLS; `Secure`, `TlsRefused` or `StartRefused` follows, and until then nothing else leaves.

        Raises NotSent unless the session is open and nothing is under way on any channel.
        """
        if SESSION.step(self.state, SessionInput.SEND_READY).action is not SessionAction.TAKE:
            raise NotSent(f"the session {self.state.value}")
        if not all(channel.quiet for channel in self.channels.values()) or self._asked or self._started:
            raise NotSent("exchanges are under way: finish them before TLS")
        number = self.start([(TLS_PROFILE, text_of(Ready()))], server_name)
        self._hush = self.channels[0].out[-1]
        self._windows.clear()
        self._step(SessionInput.SEND_READY)
        return number

    def _tls_answered(self, content: bytes | None) -> None:
        document = read_text(content or b"")
        if isinstance(document, Proceed):
            self._step(SessionInput.PROCEED)
            self._secure(client=True)
            return
        self._step(SessionInput.READY_REFUSED)
        self._hush = None
        if isinstance(document, Failure):
            self._events.append(TlsRefused(int(document.code), document.text))
        else:
            raise PoorlyFormed("the answer to <ready/> is neither <proceed/> nor an error")

    def accept_tls(self, number: int, content: bytes | None) -> None:
        """Answer a start of the TLS profile: `<proceed/>` once all owed replies have left, then `Secure`.

        `content` is the initialization message. What it holds instead of a proper `<ready/>` is answered by an error in
        the channel's reply, and no TLS begins.
        """
        if content is None:
            self.accept(number, TLS_PROFILE)
            return
        failure = _judge_ready(read_text(content))
        if failure is not None:
            self.accept(number, TLS_PROFILE, text_of(failure))
            return
        self._step(SessionInput.READY)
        self._tls = (number, None)
        self._try_proceed()

    def proceed(self, number: int, msgno: int, message: Message) -> None:
        """Answer a MSG on a channel of the TLS profile, as `accept_tls` does an initialization message."""
        failure = _judge_ready(read(message))
        if failure is None and self.state is not SessionState.OPEN:
            failure = Failure("450", text=f"the session {self.state.value}")
        if failure is not None:
            self.error(number, msgno, failure)
            return
        self._step(SessionInput.READY)
        self._tls = (number, msgno)
        self._try_proceed()

    def _try_proceed(self) -> None:
        if self._tls is None or self.state is not SessionState.READY_TAKEN:
            return
        number, msgno = self._tls
        owed = sum(len(channel.owed) for channel in self.channels.values())
        if owed > 1 or any(channel.out for channel in self.channels.values()):
            return
        if msgno is None:
            self.accept(number, TLS_PROFILE, text_of(Proceed()))
            self._last_word = self.channels[number].gate
        else:
            self._last_word = self._respond(number, msgno, "RPY", write(Proceed()).payload())
        self._hush = self._last_word
        self._step(SessionInput.SEND_PROCEED)

    def _secure(self, *, client: bool) -> None:
        name = self.server_name
        self.channels.clear()
        self._active.clear()
        self._windows.clear()
        self._events.append(Secure(client, name))

    # ---------------------------------------------------------------------------------------------------------- closes

    def close(self, number: int = 0, code: int = 200, text: str = "") -> None:
        """Ask to close a channel, or (0) to release the session, once the MSGs sent there are acknowledged.

        `ChannelClosed`, or `Ended` for a release, follows; or `CloseRefused`. Raises NotSent when it is not open.
        """
        channel = self.channels.get(number)
        if channel is None or self.state is not SessionState.OPEN:
            raise NotSent(f"channel {number} is not open")
        if number and CHANNEL.step(channel.state, ChannelInput.CLOSE).action is not ChannelAction.TAKE:
            raise NotSent(f"channel {number}: {channel.state.value}")
        if number in self._wanted or number in self._closes.values():
            raise NotSent(f"the close of channel {number} is under way")
        self._wanted[number] = Close(number, code=str(code), text=text)
        if number:
            channel.state = CHANNEL.step(channel.state, ChannelInput.CLOSE).next or channel.state
        self._try_closes()

    def _try_closes(self) -> None:
        for number, close in list(self._wanted.items()):
            channels = [self.channels[number]] if number in self.channels else []
            if not number:
                channels = list(self.channels.values())
            if not all(expected.replied for channel in channels for expected in channel.expected.values()):
                continue
            del self._wanted[number]
            if self.state is SessionState.OPEN and channels:
                self._closes[self._send(self.channels[0], write(close).payload()).msgno] = number

    def agree(self, number: int) -> None:
        """Agree to the close that `CloseAsked` asks for: `ok` leaves when everything owed has left."""
        if number == 0 and self._release is not None:
            self._release_agreed = True
        elif (channel := self.channels.get(number)) is not None and channel.close_asked is not None:
            channel.state = CHANNEL.step(channel.state, ChannelInput.CLOSE_ASKED).next or channel.state
        else:
            raise ValueError(f"nobody asks to close channel {number}")
        self._progress()

    def refuse_close(self, number: int, code: int = 550, text: str = "still working") -> None:
        """Decline the close that `CloseAsked` asks for."""
        channel = self.channels.get(number)
        if number == 0 and self._release is not None and not self._release_agreed:
            msgno, self._release = self._release, None
        elif channel is not None and channel.close_asked is not None and channel.state is not ChannelState.LEAVING:
            msgno, channel.close_asked = channel.close_asked, None
        else:
            raise ValueError(f"nobody asks to close channel {number}")
        self._refuse(msgno, code, text)

    def _close_asked(self, msgno: int, close: Close) -> None:
        number = close.number
        channel = self.channels.get(number)
        if number and (channel is None or channel.close_asked is not None):
            self._refuse(msgno, 550, f"channel {number} cannot be closed")
            return
        if number == 0:
            if self._release is not None:
                self._refuse(msgno, 550, "the release is under way")
                return
            self._release = msgno
        elif channel is not None:
            channel.close_asked = msgno
        self._events.append(CloseAsked(number, int(close.code), close.text))

    def _close_answered(self, msgno: int, document: object) -> None:
        number = self._closes.pop(msgno)
        channel = self.channels.get(number)
        if isinstance(document, Failure):
            if number and channel is not None:
                channel.state = CHANNEL.step(channel.state, ChannelInput.CLOSE_REFUSED).next or channel.state
            self._events.append(CloseRefused(number, int(document.code), document.text))
        elif not isinstance(document, Ok):
            raise PoorlyFormed("the reply to a close is neither <ok/> nor an error")
        elif number == 0:
            self._die("released", clean=True)
        elif channel is not None:
            self._forget(channel)
            self._events.append(ChannelClosed(number))

    # ------------------------------------------------------------------------------------------------------- channel 0

    def _management(self, msgno: int, message: Message) -> None:
        document = read(message)
        if isinstance(document, Unreadable):
            self._refuse(msgno, document.code, document.reason)
        elif isinstance(document, Start):
            self._start_asked(msgno, document)
        elif isinstance(document, Close):
            self._close_asked(msgno, document)
        else:
            self._refuse(msgno, 501, f"a <{type(document).__tag__}> asks for nothing")

    def _management_reply(self, msgno: int, keyword: str, message: Message) -> None:
        document = read(message)
        if keyword not in {"RPY", "ERR"} or (keyword == "ERR") != isinstance(document, Failure):
            reason = document.reason if isinstance(document, Unreadable) else "its document does not fit"
            raise PoorlyFormed(f"{keyword} on channel 0: {reason}")
        if self.state is SessionState.GREETING:
            self._greeted(document)
        elif msgno in self._started:
            self._start_answered(msgno, document)
        else:
            self._close_answered(msgno, document)
        self._progress()

    def _greeted(self, document: object) -> None:
        if isinstance(document, Failure) and self.role == "initiator":
            self._events.append(Unavailable(int(document.code), document.text))
            self._die(f"the listener is unavailable ({document.code})")
            return
        if not isinstance(document, Greeting):
            raise PoorlyFormed("no greeting")
        self._step(SessionInput.GREETING)
        self.remote = document
        self._events.append(Greeted(tuple(profile.uri for profile in document.profiles), document))

    def _step(self, given: SessionInput) -> None:
        step = SESSION.step(self.state, given)
        if step.action is SessionAction.END:
            raise PoorlyFormed(f"{given.value} when the session {self.state.value}")
        self.state = step.next or self.state

    # -------------------------------------------------------------------------------------------------------- progress

    def _settled(self, channel: Channel) -> None:
        self._progress()

    def _progress(self) -> None:
        """Do what waited for exchanges to end."""
        if self.ended or 0 not in self.channels:
            return
        if self._wanted:
            self._try_closes()
        for channel in [c for c in self.channels.values() if c.state is ChannelState.LEAVING and c.quiet]:
            msgno = channel.close_asked
            self._forget(channel)
            self._events.append(ChannelClosed(channel.number))
            if msgno is not None:
                self._respond(0, msgno, "RPY", write(Ok()).payload())
        if self._tls is not None:
            self._try_proceed()
        if self._release_agreed:
            self._try_release()

    def _try_release(self) -> None:
        management, msgno = self.channels[0], self._release
        others = all(channel.quiet for channel in self.channels.values() if channel.number)
        # Two releases that cross are both agreed to.
        expected = any(self._closes.get(number) != 0 for number in management.expected)
        alone = len(management.owed) == 1 and not management.out and not expected
        if msgno is None or not (others and alone) or self.state is not SessionState.OPEN:
            return
        self._last_word = self._respond(0, msgno, "RPY", write(Ok()).payload())
        self._release = None
        self._release_agreed = False
        self._step(SessionInput.AGREE_RELEASE)

    def _after_sending(self) -> None:
        if self._last_word is None or not self._last_word.done:
            return
        self._last_word = None
        if self.state is SessionState.SECURING:
            self._secure(client=False)
        elif self.state is SessionState.RELEASING:
            self._die("released", clean=True)


def _is_tuning(uri: str) -> bool:
    return uri == TLS_PROFILE or uri.startswith(SASL_PREFIX)


def _judge_ready(document: object) -> Failure | None:
    """Give what is wrong with a <ready/>, or None."""
    if isinstance(document, Ready):
        good = document.version == "1"
        return None if good else Failure("501", text="version attribute poorly formed in <ready> element")
    code = document.code if isinstance(document, Unreadable) else 501
    return Failure(str(code), text="a <ready> element is due on this channel")


def _whole(keyword: str, msgno: int, message: Message) -> Outgoing:
    return Outgoing(keyword, msgno, None, message.payload(), closed=True)


def _profile(uri: str, content: str | bytes | None, *, encode: bool = False) -> Profile:
    if content is None:
        return Profile(uri)
    octets = content.encode() if isinstance(content, str) else content
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        encode = True
    if encode or _NOT_TEXT.search(text):
        return Profile(uri, "base64", base64.b64encode(octets).decode())
    return Profile(uri, "none", text)


def _proposal(profile: Profile) -> Proposal:
    """Give what a <profile> proposes; ValueError for a content that is too long or not in base64."""
    octets = profile.text.encode()
    if len(octets) > MAX_CONTENT:
        raise ValueError(f"the content of a <profile> element is above {MAX_CONTENT} octets")
    if profile.encoding == "base64":
        try:
            octets = base64.b64decode(b"".join(octets.split()), validate=True)
        except binascii.Error:
            raise ValueError("the content of a <profile> element is not in base64") from None
    elif not octets.strip():
        return Proposal(profile.uri)
    return Proposal(profile.uri, octets)
