"""`Session`: a peer with profiles, tuning and callers, still without any event loop. A driver is its `Host`."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol

from regwire_native import BeepFrame, BeepSeq

from regwire.beep import events as on
from regwire.beep.limits import Budget, Limits
from regwire.beep.messages import Failure, read, read_text, text_of, write
from regwire.beep.mime import Message
from regwire.beep.peer import TLS_PROFILE, Peer
from regwire.beep.profiles import BeepError, Later, Opening, Profile, Profiles, Request, is_iterator
from regwire.beep.tuning import Aborted, document_of, encryption_first, mechanism_of, octets_of, profile_of
from regwire.errors import NotSent
from regwire.sasl import Channel, Done, Failed, Outcome, SaslServer, ServerMechanism, attempted
from regwire.session import items

__all__ = ["Host", "Session"]

logger = logging.getLogger("regwire.beep")

SERVICE = "beep"
"""The SASL service name (RFC 3080 section 4.1)."""
FAILED_LOGINS = 3

Told = Callable[[Any], None]

_FRAMES = frozenset({BeepFrame, BeepSeq})
"""Most of what arrives, told apart from the rest by its very class: other items are found by what they are like."""


class Host(Protocol):
    """What a session needs of its driver."""

    def transmit(self, data: bytes) -> None:
        """Queue octets."""

    def room(self) -> int:
        """Octets that may be queued now; none: the session is told by a `Writable` item."""

    def secure(self, *, client: bool, server_name: str | None) -> None:
        """Begin TLS behind what is queued; an `Opened` item follows."""

    def finish(self) -> None:
        """Close the connection once everything queued is written."""

    def run(self, work: Awaitable[Any], done: Told) -> None:
        """Await `work`, then call `done` with its result, or the exception."""

    def in_thread(self, work: Callable[[], Any], done: Told) -> None:
        """Call `work` in a thread, then `done` with its result in the driver's own."""

    async def drained(self) -> None:
        """Wait until something has left."""


class Session:
    """One BEEP session. Give what arrives to `arrived`; handlers and callers do the rest.

    `data` is the users'. `encrypted` whether TLS stands, `identity` whom SASL authenticated (`authenticated`: it did,
    perhaps anonymously), `address` the other end's, `greeting` the URIs it serves, `server_name` the one that its first
    start asked for.
    """

    def __init__(
        self,
        role: Any,
        profiles: Profiles,
        host: Host,
        *,
        limits: Limits | None = None,
        tls: bool = False,
        sasl: SaslServer | None = None,
        unavailable: tuple[int, str] | None = None,
        failed_logins: int = FAILED_LOGINS,
        budget: Budget | None = None,
    ) -> None:
        self.peer = Peer(role, limits=limits, unavailable=unavailable, budget=budget)
        self.data: dict[str, object] = {}
        self.identity: str | None = None
        self.authenticated = False
        self.address: tuple[str, int] | None = None
        self.tls_peer: Any = None
        self.greeting: tuple[str, ...] | None = None
        self.ended: on.Ended | None = None
        self.told: Told = lambda event: None
        self._profiles = profiles
        self._host = host
        self._tls = tls
        self._sasl = sasl
        self._channel = Channel()
        self._opened = False
        self._failed_logins = 0
        self._most_failed = failed_logins
        self._closers: dict[int, Callable[[], None]] = {}
        self._mechanisms: dict[int, ServerMechanism] = {}
        self._starts: dict[int, Told] = {}
        self._asks: dict[tuple[int, int], Told] = {}
        self._closes: dict[int, Told] = {}
        self._queues: dict[int, deque[on.Asked]] = {}
        self._streams: dict[int, tuple[on.Asked, Any]] = {}
        self._pumping = False
        self.corked = False  # set by a driver that calls `pump` later, once for many items and replies

    @property
    def encrypted(self) -> bool:
        """Whether TLS stands."""
        return self._channel.encrypted

    @property
    def fingerprint(self) -> str | None:
        """SHA-256 of the other side's certificate, hexadecimal; None if it showed none."""
        return self._channel.fingerprint

    @property
    def server_name(self) -> str | None:
        """The name that the other side's first start asked for."""
        return self.peer.server_name

    @property
    def working(self) -> bool:
        """Whether a handler's reply is due or under way, or a caller waits."""
        return bool(self._asks or self._starts) or any(
            channel.owed or channel.out for channel in self.peer.channels.values()
        )

    # ------------------------------------------------------------------------------------------------------ the driver

    def arrived(self, item: Any) -> None:
        """Take an item of the reactor or wire, and send what may be sent."""
        self.take_in(item)
        self.pump()

    def take_in(self, item: Any) -> None:
        """Take one of several items that arrived together; `pump` after the last, so that one SEQ tells of all."""
        if type(item) in _FRAMES:
            self._happened(self.peer.receive(item))
        elif isinstance(item, items.Opened):
            self._open(item)
        elif isinstance(item, items.TimerExpired):
            self.stop(f"{item.kind} timer")
        elif not isinstance(item, items.Writable):
            self._happened(self.peer.receive(item))

    def stop(self, reason: str) -> None:
        """End the session at once, without a word on the wire."""
        self.peer.receive(items.Closed("local", reason, clean=False))
        if self.ended is None:
            self._over(on.Ended(reason, clean=False))
        self.pump()

    def pump(self) -> None:
        """Send what may be sent."""
        if self._pumping or self.corked:
            return
        self._pumping = True
        try:
            while True:
                self._happened(self.peer.take())
                self._go_on()
                room = self._host.room()
                data = self.peer.outgoing(min(room, 65536)) if room > 0 else b""
                if data:
                    self._host.transmit(data)
                made = self.peer.take()
                self._happened(made)
                if not made and not (data and (self.peer.sendable or self._streams)):
                    break
        finally:
            self._pumping = False
        if self.ended is not None and not self.peer.sendable:
            self._host.finish()

    def _open(self, opened: Any) -> None:
        peer = opened.peer
        if peer is not None:
            self.address = peer.address or self.address
            if peer.tls_version is not None:
                self.tls_peer = peer
                certificates = peer.certificates
                self._channel = Channel(True, certificates[0] if certificates else None, peer.fingerprint)
        self.peer.profiles = self._offer()
        self.peer.withheld = self._withhold()
        if self._opened:
            self.identity, self.authenticated, self.greeting = None, False, None
            self._mechanisms.clear()
            self._queues.clear()
            self._streams.clear()
            self.peer.restart()
        else:
            self._opened = True
            self.peer.open()

    def _offer(self) -> tuple[str, ...]:
        offered = list(self._profiles.offered(encrypted=self.encrypted))
        if self._sasl is not None:
            offered += [profile_of(name) for name in self._sasl.offered(self._channel)]
        if self._tls and not self.encrypted:
            offered.append(TLS_PROFILE)
        return tuple(offered)

    def _withhold(self) -> tuple[str, ...]:
        """The mechanisms that would be offered within TLS."""
        if self._sasl is None or self.encrypted:
            return ()
        return tuple([profile_of(name) for name in self._sasl.mechanisms if self._sasl.needs_tls(name)])

    # --------------------------------------------------------------------------------------------------------- callers

    def start(self, profiles: list[tuple[str, str | bytes | None]], told: Told, server_name: str | None = None) -> int:
        """Ask for a channel; `told` gets Started, StartRefused or Ended. Raises NotSent."""
        number = self.peer.start(profiles, server_name)
        self._starts[number] = told
        self.pump()
        return number

    def start_tls(self, told: Told, server_name: str | None = None) -> None:
        """Ask for TLS; `told` gets Greeted (TLS stands, new greetings came), StartRefused, TlsRefused or Ended."""
        number = self.peer.start_tls(server_name)
        self._starts[number] = self._starts[-1] = told
        self.pump()

    def ask(self, channel: int, message: Message, told: Told) -> int:
        """Send a MSG; `told` gets each Replied, or Ended or ChannelClosed. Raises NotSent."""
        msgno = self.peer.send(channel, message)
        self._asks[channel, msgno] = told
        self.pump()
        return msgno

    def close(self, channel: int, told: Told, code: int = 200, text: str = "") -> None:
        """Ask to close a channel, 0: the session; `told` gets ChannelClosed, CloseRefused or Ended. Raises NotSent."""
        self.peer.close(channel, code, text)
        self._closes[channel] = told
        self.pump()

    # ---------------------------------------------------------------------------------------------------------- events

    def _happened(self, found: list[on.Event]) -> None:
        for event in found:
            match event:
                case on.Asked():
                    self._asked(event)
                case on.Replied():
                    key = (event.channel, event.msgno)
                    told = self._asks.get(key)
                    if event.last:
                        self._asks.pop(key, None)
                    if told is not None:
                        told(event)
                case on.StartAsked():
                    self._start_asked(event)
                case on.Started() | on.StartRefused():
                    self._starts.pop(-1, None)
                    self._tell(self._starts, event.channel, event)
                case on.TlsRefused():
                    # Nothing else was under way: both entries are those of the one caller.
                    told = self._starts.pop(-1, None)
                    self._starts.clear()
                    if told is not None:
                        told(event)
                case on.CloseAsked():
                    self.peer.agree(event.channel)
                case on.CloseRefused():
                    self._tell(self._closes, event.channel, event)
                case on.ChannelClosed():
                    self._channel_closed(event)
                case on.Secure():
                    told = self._starts.get(-1)
                    self._starts = {-1: told} if told is not None else {}
                    self._host.secure(client=event.client, server_name=event.server_name)
                case on.Greeted():
                    self.greeting = event.profiles
                    self._tell(self._starts, -1, event)
                    self.told(event)
                case on.Unavailable():
                    self.told(event)
                case on.Ended():
                    self._over(event)

    @staticmethod
    def _tell(callers: dict[int, Told], key: int, event: Any) -> None:
        told = callers.pop(key, None)
        if told is not None:
            told(event)

    def _channel_closed(self, event: on.ChannelClosed) -> None:
        number = event.channel
        self._tell(self._closes, number, event)
        for key in [key for key in self._asks if key[0] == number]:
            self._asks.pop(key)(event)
        self._mechanisms.pop(number, None)
        self._queues.pop(number, None)
        self._streams.pop(number, None)
        closer = self._closers.pop(number, None)
        if closer is not None:
            self._guarded(closer)

    def _over(self, event: on.Ended) -> None:
        if self.ended is not None:
            return
        self.ended = event
        waiting = [*dict.fromkeys(self._starts.values()), *self._asks.values(), *self._closes.values()]
        self._starts.clear()
        self._asks.clear()
        self._closes.clear()
        self._queues.clear()
        self._streams.clear()
        for told in waiting:
            told(event)
        closers, self._closers = self._closers, {}
        for closer in closers.values():
            self._guarded(closer)
        self.told(event)

    def _guarded(self, call: Callable[[], Any]) -> None:
        try:
            call()
        except Exception as error:
            logger.exception("a profile failed: %s", type(error).__name__, extra={"event": "beep.fault"})

    # ---------------------------------------------------------------------------------------------------------- starts

    def _start_asked(self, event: on.StartAsked) -> None:
        refusal = BeepError(550, "all requested profiles are unsupported")
        for proposal in event.proposals:
            try:
                if self._started(event, proposal):
                    return
            except BeepError as error:
                refusal = error
            except Exception as error:
                logger.exception("a profile failed: %s", type(error).__name__, extra={"event": "beep.fault"})
                refusal = BeepError(451, "local error in processing")
        self.peer.decline(event.channel, refusal.code, refusal.text)

    def _started(self, event: on.StartAsked, proposal: on.Proposal) -> bool:
        if proposal.uri == TLS_PROFILE:
            if self.authenticated:
                raise BeepError(550, "after authentication no TLS may begin")
            if self.encrypted or not self._tls:
                return False
            self.peer.accept_tls(event.channel, proposal.content)
            return True
        mechanism = mechanism_of(proposal.uri)
        if mechanism is not None and self._sasl is not None:
            return self._sasl_started(event, proposal, mechanism)
        profile = self._profiles.get(proposal.uri)
        if profile is None or (profile.needs_tls and not self.encrypted):
            return False
        content = None
        if profile.start is not None:
            content = profile.start(Opening(self, event.channel, proposal.uri, proposal.content, event.server_name))
        self.peer.accept(event.channel, proposal.uri, content)
        if profile.closed is not None:
            self._closers[event.channel] = partial(profile.closed, self, event.channel)
        return True

    # ------------------------------------------------------------------------------------------------------------ SASL

    def _sasl_started(self, event: on.StartAsked, proposal: on.Proposal, name: str) -> bool:
        assert self._sasl is not None
        if self.authenticated or self._mechanisms:
            raise BeepError(550, "one authentication a session")
        mechanism = self._sasl.begin(name, self._channel, service=SERVICE)
        if mechanism is None:
            if self.encrypted or not self._sasl.needs_tls(name):
                return False
            # The channel is opened, and what it was for fails (RFC 3080 section 4.1).
            self.peer.accept(event.channel, proposal.uri, encryption_first())
            return True
        done = partial(self._sasl_opened, event.channel, proposal.uri)
        self._mechanisms[event.channel] = mechanism
        try:
            initial = None
            if proposal.content is not None:
                initial = octets_of(read_text(proposal.content)) or b""
        except (ValueError, Aborted) as error:
            done(Failed(str(error) or "aborted"))
            return True
        self._host.in_thread(partial(attempted, mechanism.start, initial), done)
        return True

    def _sasl_opened(self, number: int, uri: str, outcome: Outcome) -> None:
        if self.ended is None and number in self._mechanisms:
            self.peer.accept(number, uri, text_of(self._judged(number, outcome)))
            self._count_failures()

    def _judged(self, number: int, outcome: Outcome) -> Any:
        """Take note of an outcome; give what answers it."""
        if isinstance(outcome, Done):
            self.authenticated, self.identity = True, outcome.identity
            self._mechanisms.clear()
            logger.info("authenticated", extra={"event": "beep.login", "identity": outcome.identity})
        elif isinstance(outcome, Failed):
            self._mechanisms.pop(number, None)
            self._failed_logins += 1
            logger.info("not authenticated: %s", outcome.reason, extra={"event": "beep.login_failed"})
        return document_of(outcome)

    def _sasl_asked(self, event: on.Asked) -> None:
        mechanism = self._mechanisms.get(event.channel)
        if mechanism is None:
            self._reply(event, BeepError(550, "no authentication is under way"))
            return
        try:
            data = octets_of(read(event.message)) or b""
        except Aborted:
            self._mechanisms.pop(event.channel)
            self._reply(event, BeepError(451, "aborted"))
            return
        except ValueError as error:
            self._reply(event, BeepError(501, str(error)))
            return
        self._host.in_thread(partial(attempted, mechanism.step, data), partial(self._sasl_stepped, event))

    def _sasl_stepped(self, event: on.Asked, outcome: Outcome) -> None:
        if self.ended is not None:
            return
        document = self._judged(event.channel, outcome)
        if isinstance(document, Failure):
            self._reply(event, BeepError(int(document.code)))
        else:
            self._reply(event, write(document))
        self._count_failures()

    def _count_failures(self) -> None:
        """Send what is said, and end a session whose client guesses, in starts or in blobs of their own."""
        self.pump()
        if self._failed_logins >= self._most_failed:
            self.stop(f"{self._failed_logins} failed authentications")

    # ------------------------------------------------------------------------------------------------------- exchanges

    def _asked(self, event: on.Asked) -> None:
        channel = self.peer.channels.get(event.channel)
        if channel is None:
            return
        if channel.profile == TLS_PROFILE:
            self.peer.proceed(event.channel, event.msgno, event.message)
            return
        if mechanism_of(channel.profile) is not None and self._sasl is not None:
            self._sasl_asked(event)
            return
        profile = self._profiles.get(channel.profile)
        if profile is None or profile.handler is None:
            self._reply(event, BeepError(550, "this side answers nothing on the channel"))
            return
        queue = self._queues.get(event.channel)
        if profile.ordered and queue is not None:
            queue.append(event)
            return
        if profile.ordered:
            self._queues[event.channel] = deque()
        self._handle(profile, event)

    def _handle(self, profile: Profile, event: on.Asked) -> None:
        assert profile.handler is not None
        try:
            result = profile.handler(Request(self, event.channel, event.msgno, profile.uri, event.message))
        except Exception as error:
            result = error
        self._result(profile, event, result)

    def _result(self, profile: Profile, event: on.Asked, result: Any) -> None:
        if type(result) is Message:
            self._reply(event, result)
            self._next(profile, event)
        elif isinstance(result, Later):
            result.then(partial(self._finished, profile, event))
        elif hasattr(result, "__await__"):
            self._host.run(result, partial(self._finished, profile, event))
        elif hasattr(result, "__aiter__"):
            self._host.run(self._answer_all(event, result), partial(self._finished, profile, event))
        elif is_iterator(result):
            self._streams[event.channel] = (event, result)
        else:
            self._reply(event, result)
            self._next(profile, event)

    def _finished(self, profile: Profile, event: on.Asked, result: Any) -> None:
        if self.ended is not None:
            return
        if result is not _ANSWERED:
            self._result(profile, event, result)
        else:
            self.peer.finish(event.channel, event.msgno)
            self._next(profile, event)
        self.pump()

    def _next(self, profile: Profile, event: on.Asked) -> None:
        queue = self._queues.get(event.channel)
        if not profile.ordered or queue is None:
            return
        if queue:
            self._handle(profile, queue.popleft())
        else:
            del self._queues[event.channel]

    def _reply(self, event: on.Asked, result: Any) -> None:
        if type(result) is Message:
            self.peer.reply(event.channel, event.msgno, result)
        elif isinstance(result, BeepError):
            self.peer.error(event.channel, event.msgno, result.failure)
        elif isinstance(result, Message | bytes):
            message = result if isinstance(result, Message) else Message(result)
            self.peer.reply(event.channel, event.msgno, message)
        else:
            error = result if isinstance(result, Exception) else TypeError(f"no reply: {type(result).__name__}")
            logger.error(
                "a handler failed: %s", type(error).__name__, exc_info=error, extra={"event": "beep.handler_failed"}
            )
            failure = BeepError(451, "local error in processing").failure
            self.peer.error(event.channel, event.msgno, failure)

    def _go_on(self) -> None:
        """Take answers from iterators, as far as there is room for them."""
        for number, (event, iterator) in list(self._streams.items()):
            while (channel := self.peer.channels.get(number)) and channel.unsent <= self.peer.limits.output:
                try:
                    answer = next(iterator)
                except StopIteration:
                    self._stream_over(event)
                    break
                except Exception as error:
                    self._stream_over(event, error)
                    break
                self._answer(event, answer)

    def _stream_over(self, event: on.Asked, error: Exception | None = None) -> None:
        self._streams.pop(event.channel, None)
        channel = self.peer.channels.get(event.channel)
        if channel is None:
            return
        owed = channel.owed.get(event.msgno)
        if error is not None and owed is not None and owed.keyword is None:
            self._reply(event, error)
        elif error is not None:
            # Answers have left: an ERR is not possible any more, and NUL would say that they were all.
            logger.error("a handler failed", exc_info=error, extra={"event": "beep.handler_failed"})
            self.stop("a handler failed between its answers")
            return
        else:
            self.peer.finish(event.channel, event.msgno)
        profile = self._profiles.get(channel.profile)
        if profile is not None:
            self._next(profile, event)

    def _answer(self, event: on.Asked, answer: Message | bytes) -> None:
        self.peer.answer(event.channel, event.msgno, answer if isinstance(answer, Message) else Message(answer))

    async def _answer_all(self, event: on.Asked, answers: Any) -> Any:
        begun = False
        try:
            async for answer in answers:
                self._answer(event, answer)
                begun = True
                self.pump()
                while (
                    (channel := self.peer.channels.get(event.channel)) is not None
                    and channel.unsent > self.peer.limits.output
                    and self.ended is None
                ):
                    await self._host.drained()
                if self.ended is not None:
                    break
        except Exception as error:
            if not begun:
                return error
            logger.exception("a handler failed", extra={"event": "beep.handler_failed"})
            self.stop("a handler failed between its answers")
            self.pump()
        finally:
            close = getattr(answers, "aclose", None)
            if close is not None:
                await close()
        return _ANSWERED


_ANSWERED = object()


def refused(event: Any) -> BeepError | NotSent:
    """Give the exception for an event that is a refusal or an end."""
    if isinstance(event, on.StartRefused | on.CloseRefused | on.TlsRefused):
        return BeepError(event.code, event.text)
    reason = event.reason if isinstance(event, on.Ended) else "the channel was closed"
    return NotSent(reason)
