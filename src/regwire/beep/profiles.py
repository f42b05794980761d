"""Profiles that users register: what a channel is for, and who answers on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from regwire.beep.messages import Failure
from regwire.beep.mime import Message
from regwire.errors import RegwireError

if TYPE_CHECKING:
    from regwire.beep.session import Session

__all__ = ["BeepError", "Later", "Opening", "Profile", "Profiles", "Request"]


class BeepError(RegwireError):
    """A negative reply: raised by handlers to give one, and by a client's calls that got one.

    `code` is of RFC 3080 section 8 (550: requested action not taken), `text` for people. `message` is the ERR as it
    came, None in a handler.
    """

    def __init__(self, code: int, text: str = "", *, message: Message | None = None) -> None:
        super().__init__(f"{code} {text}".rstrip())
        self.code = code
        self.text = text
        self.message = message

    @property
    def failure(self) -> Failure:
        """Give the `<error>` element that tells it."""
        return Failure(str(self.code), text=self.text)


class Later:
    """What a handler returns that will know its reply later: call the object with a reply or a BeepError, once."""

    __slots__ = ("_done", "_result")

    def __init__(self) -> None:
        self._done: Callable[[Any], None] | None = None
        self._result: Any = None

    def __call__(self, result: Any) -> None:
        """Give the reply."""
        if self._done is None:
            self._result = result
        else:
            self._done(result)

    def then(self, done: Callable[[Any], None]) -> None:
        """Call `done` with the result, at once when it is there."""
        self._done = done
        if self._result is not None:
            done(self._result)


@dataclass(frozen=True, slots=True)
class Opening:
    """A channel that the other peer wants: `content` is its initialization message, None without one."""

    session: Session
    channel: int
    uri: str
    content: bytes | None
    server_name: str | None


@dataclass(frozen=True, slots=True)
class Request:
    """A whole MSG that the other peer sent on a channel of the profile `uri`."""

    session: Session
    channel: int
    msgno: int
    uri: str
    message: Message


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile, and what answers on its channels.

    `handler(request)` gives the reply: a `Message` or bytes (RPY), an iterator of them (ANS each, NUL at its end), a
    `Later`, or an awaitable or asynchronous iterator of such; BeepError is an ERR. Without a handler every MSG is
    answered 550. `start(opening)` gives the answer to the initialization message, and may raise BeepError to decline;
    `closed(session, channel)` is called at the channel's end.

    `ordered`: a MSG is handled after the one before it on its channel is answered; otherwise they may be handled
    together, and only their replies keep the order. `needs_tls`: not offered before TLS.
    """

    uri: str
    handler: Callable[[Request], Any] | None = None
    start: Callable[[Opening], str | bytes | None] | None = None
    closed: Callable[[Session, int], None] | None = None
    ordered: bool = True
    needs_tls: bool = False


class Profiles:
    """Profiles by URI, in the order in which they are offered.

    ::

        profiles = Profiles()


        @profiles.profile("http://example.com/echo")
        def echo(request):
            return request.message
    """

    def __init__(self, *profiles: Profile) -> None:
        self._profiles: dict[str, Profile] = {}
        for profile in profiles:
            self.add(profile)

    def add(self, profile: Profile) -> None:
        """Register a profile. Raises ValueError for a URI that is registered already."""
        if profile.uri in self._profiles:
            raise ValueError(f"profile {profile.uri} is registered already")
        self._profiles[profile.uri] = profile

    def profile(self, uri: str, **options: Any) -> Callable[[Callable[[Request], Any]], Callable[[Request], Any]]:
        """Register the decorated function as the handler of a profile; `options` are fields of `Profile`."""

        def register(handler: Callable[[Request], Any]) -> Callable[[Request], Any]:
            self.add(Profile(uri, handler, **options))
            return handler

        return register

    def get(self, uri: str) -> Profile | None:
        """Give the profile of a URI."""
        return self._profiles.get(uri)

    def offered(self, *, encrypted: bool) -> tuple[str, ...]:
        """Give the URIs that a greeting offers."""
        return tuple(profile.uri for profile in self._profiles.values() if encrypted or not profile.needs_tls)


def is_iterator(result: object) -> bool:
    """Whether a handler's result is several answers."""
    return isinstance(result, Iterator)
