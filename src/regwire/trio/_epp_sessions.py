"""EPP sessions of a client on the hub: what `Client` and `Pool` have in common."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any, Protocol

import regwire_native
import trio

from regwire.epp.client import RESPONSE, ClientConfig, ClientSession, unknown_error
from regwire.epp.messages.core import Command, Login, Logout, Response
from regwire.epp.state import ClientState
from regwire.errors import EncodeError, RegwireError
from regwire.schema import Schema
from regwire.session import Exchange, Link, Outcome, Reply, Slot, Unknown
from regwire.session.items import Closed, Opened
from regwire.trio._collector import CollectorPolicy, Raised
from regwire.trio._hub import ClientHub

__all__ = ["FRAME_LIMIT", "EppLink", "Owner", "Sessions"]

logger = logging.getLogger("regwire.trio.epp")

FRAME_LIMIT = 16 * 1024 * 1024
"""Octets of a reply. Servers are trusted more than their clients: an info of a large object must not be lost."""

_SPECIAL = frozenset({Login, Logout})
"""Commands that change the session's state."""


_thresholds = Raised()
"""Of the process, as the collector is."""


class EppLink(Link):
    """One session, while its connection lasts.

    `peer` is the server as the reactor describes it; `up` is set when there is a greeting, or the session is over;
    `ended` when it is over.
    """

    def __init__(self, exchange: Exchange, number: int, session: ClientSession, now: float) -> None:
        super().__init__(exchange, number, session.window, now)
        self.session = session
        self.peer: Any = None
        self.up = trio.Event()
        self.ended = trio.Event()

    @property
    def closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self.session.state is ClientState.CLOSED


class Owner(Protocol):
    """Whose sessions they are."""

    def changed(self, link: EppLink) -> None:
        """The session's state may have changed."""

    def look_after(self, link: EppLink, now: float) -> None:
        """Called every half second for a session that is not over."""

    def failed(self, error: Exception) -> None:
        """An error of this program: nothing will arrive any more."""


class Sessions:
    """Sessions to one server, over one exchange; acquires the hub, and must be closed."""

    def __init__(  # noqa: PLR0917
        self,
        owner: Owner,
        config: ClientConfig,
        schema: Schema,
        tls: Any,
        server_name: str,
        collector: CollectorPolicy | None,
    ) -> None:
        self._owner = owner
        self._collector = collector
        self._config = config
        self._codec = schema.codec
        self._tls = tls
        self._server_name = server_name if tls is not None else None
        self._hub = ClientHub.acquire(self)
        self._reactor = self._hub.reactor
        if collector is not None:
            _thresholds.want(collector)
        self.links: dict[int, EppLink] = {}
        self.exchange = Exchange(
            self._hub.hub,
            self,
            command_class=Command,
            response_class=Response,
            special=_SPECIAL,
            expects=RESPONSE,
            ids=config.ids,
            timeout=config.reply_timeout,
        )

    def attach(self, sock: trio.socket.SocketType) -> EppLink:
        """Begin a session on a connected socket, whose descriptor it takes over, or closes when it raises."""
        descriptor = sock.detach()
        try:
            number = self._attach(descriptor)
        except OSError:
            # Taken over, and closed with what failed: by now the number may be somebody else's.
            raise
        except BaseException:
            os.close(descriptor)
            raise
        now = trio.current_time()
        link = EppLink(self.exchange, number, ClientSession(self._config, now), now)
        self.links[number] = link
        self._reactor.set_owner(number, link)
        self._reactor.flush()
        return link

    def _attach(self, descriptor: int) -> int:
        limits = regwire_native.SessionLimits(
            frame_octets=FRAME_LIMIT, login_seconds=None, idle_seconds=None, session_seconds=None
        )
        return self._reactor.attach(
            descriptor,
            framing="epp",
            tls=self._tls,
            server_name=self._server_name,
            limits=limits,
            codec=self._codec,
            role="client",
        )

    def drop(self, link: EppLink) -> None:
        """End a session from this side: what is outstanding is unknown, what was queued for it still leaves."""
        self.settle(link, link.session.close())
        self._reactor.close(link.number, drain=True)
        self._hub.hub.dirty = True
        self.links.pop(link.number, None)

    def close(self, refusal: Callable[[Any], RegwireError]) -> None:
        """End all sessions, refuse what waits for one with the error of `refusal(message)`, let go of the hub."""
        for link in list(self.links.values()):
            self.drop(link)
        self.exchange.refuse(refusal)
        if self._collector is not None:
            _thresholds.unwant()
        self._hub.release(self)

    # --------------------------------------------------------------------------------------------------- the exchange's

    def begin(self, link: EppLink, slot: Slot) -> None:
        """Send a message that is no plain command."""
        session = link.session
        session.send(slot.message, trio.current_time(), slot=slot)
        try:
            self._reactor.send_message(link.number, slot.message)
        except EncodeError:
            session.unsend(slot)
            raise
        self._look(link)

    def other(self, link: EppLink, item: Any) -> None:
        """Take an item that is no plain reply."""
        if isinstance(item, Opened):
            link.peer = item.peer
            return
        self.settle(link, link.session.receive(item, trio.current_time()))
        if isinstance(item, Closed):
            self.links.pop(link.number, None)
        elif link.closed:
            self._reactor.close(link.number, drain=False)

    def settle(self, link: EppLink, outcomes: list[Outcome]) -> None:
        """Give outcomes to their callers, and see where the session stands."""
        for result in outcomes:
            if isinstance(result, Reply):
                self.exchange.finish(result.slot, result.response, None)
            elif isinstance(result, Unknown) and not self.exchange.finish(result.slot, None, unknown_error(result)):
                logger.warning("outcome unknown, and nobody waits for it: %s", result.reason)
        self._look(link)

    def _look(self, link: EppLink) -> None:
        link.ready = link.session.state is ClientState.READY
        if link.closed:
            link.ended.set()
        if link.closed or link.session.greeting is not None:
            link.up.set()
        self._owner.changed(link)

    # -------------------------------------------------------------------------------------------------------- the hub's

    def tick(self, now: float) -> None:
        """Look for overdue replies."""
        for link in list(self.links.values()):
            self.settle(link, link.session.tick(now))
            if link.closed:
                self.drop(link)
            else:
                self._owner.look_after(link, now)

    def failed(self, error: Exception) -> None:
        """The hub ended with an error of this program."""
        self._owner.failed(error)
