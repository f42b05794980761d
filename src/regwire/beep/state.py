"""The state machines of a BEEP session and of a channel, as tables. `document()` draws them for the documentation."""

from __future__ import annotations

from regwire.session.table import Step, Symbol, Table

__all__ = [
    "CHANNEL",
    "SESSION",
    "ChannelAction",
    "ChannelInput",
    "ChannelState",
    "SessionAction",
    "SessionInput",
    "SessionState",
    "document",
]


class SessionState(Symbol):
    """Where a session stands, for either role."""

    GREETING = "waits for the greeting"
    OPEN = "open"
    READY_SENT = "ready sent"
    READY_TAKEN = "ready received"
    SECURING = "TLS begins"
    RELEASING = "release agreed to"
    ENDED = "ended"


class SessionInput(Symbol):
    """What a session can meet, or be asked for."""

    GREETING = "greeting"
    UNAVAILABLE = "error instead of a greeting"
    DATA = "any other data frame"
    SEQ = "SEQ"
    POORLY_FORMED = "poorly-formed frame"
    SEND_READY = "ask for TLS"
    READY = "ready"
    SEND_PROCEED = "agree to TLS"
    PROCEED = "proceed"
    READY_REFUSED = "TLS refused"
    RELEASED = "release: ok received"
    AGREE_RELEASE = "release: ok sent"
    GONE = "connection ended"


class SessionAction(Symbol):
    """What the session does."""

    TAKE = "take"
    IGNORE = "ignore"
    END = "end without a reply"
    CLOSE = "close the connection"
    SECURE = "start TLS"
    REFUSE = "not possible"


_I, _S, _A = SessionInput, SessionState, SessionAction
_END = {
    _I.POORLY_FORMED: Step(_A.END, None, _S.ENDED),
    _I.GONE: Step(_A.IGNORE, None, _S.ENDED),
}

SESSION: Table[SessionState, SessionInput, SessionAction] = Table(
    "BEEP session",
    {
        _S.GREETING: {
            **_END,
            _I.GREETING: Step(_A.TAKE, None, _S.OPEN),
            _I.UNAVAILABLE: Step(_A.CLOSE, None, _S.ENDED),
            _I.SEQ: Step(_A.TAKE),
            _I.SEND_READY: Step(_A.REFUSE),
        },
        _S.OPEN: {
            **_END,
            _I.DATA: Step(_A.TAKE),
            _I.SEQ: Step(_A.TAKE),
            _I.SEND_READY: Step(_A.TAKE, None, _S.READY_SENT),
            _I.READY: Step(_A.TAKE, None, _S.READY_TAKEN),
            _I.RELEASED: Step(_A.CLOSE, None, _S.ENDED),
            _I.AGREE_RELEASE: Step(_A.TAKE, None, _S.RELEASING),
        },
        _S.READY_SENT: {
            **_END,
            _I.DATA: Step(_A.TAKE),
            _I.SEQ: Step(_A.TAKE),
            _I.SEND_READY: Step(_A.REFUSE),
            _I.PROCEED: Step(_A.SECURE, None, _S.SECURING),
            _I.READY_REFUSED: Step(_A.TAKE, None, _S.OPEN),
        },
        _S.READY_TAKEN: {
            **_END,
            _I.SEQ: Step(_A.TAKE),
            _I.SEND_READY: Step(_A.REFUSE),
            _I.SEND_PROCEED: Step(_A.SECURE, None, _S.SECURING),
            _I.READY_REFUSED: Step(_A.TAKE, None, _S.OPEN),
        },
        _S.SECURING: {
            **_END,
            _I.SEQ: Step(_A.IGNORE),
            _I.SEND_READY: Step(_A.REFUSE),
        },
        _S.RELEASING: {
            **_END,
            _I.SEQ: Step(_A.TAKE),
            _I.DATA: Step(_A.IGNORE),
            _I.SEND_READY: Step(_A.REFUSE),
        },
    },
    states=SessionState,
    inputs=SessionInput,
    other=Step(_A.END, None, _S.ENDED),
    final=frozenset({_S.ENDED}),
)
"""After TLS stands, the session begins again: waits for the greeting."""


class ChannelState(Symbol):
    """Where a channel stands."""

    STARTING = "start sent"
    OPEN = "open"
    CLOSING = "close sent"
    LEAVING = "close agreed to"
    CLOSED = "closed"


class ChannelInput(Symbol):
    """What a channel can meet, or be asked for."""

    STARTED = "start accepted"
    REFUSED = "start refused"
    MSG = "MSG received"
    REPLY = "reply received"
    SEND = "send a MSG"
    CLOSE = "ask to close"
    CLOSE_ASKED = "close received, agreed to"
    CLOSE_REFUSED = "close declined"
    CLOSED = "ok received"
    SETTLED = "nothing is owed any more"


class ChannelAction(Symbol):
    """What the channel does."""

    TAKE = "take"
    REFUSE = "not possible"
    OK = "send ok"
    FORGET = "forget"
    END = "end the session without a reply"


_CI, _CS, _CA = ChannelInput, ChannelState, ChannelAction

CHANNEL: Table[ChannelState, ChannelInput, ChannelAction] = Table(
    "BEEP channel",
    {
        _CS.STARTING: {
            _CI.STARTED: Step(_CA.TAKE, None, _CS.OPEN),
            _CI.REFUSED: Step(_CA.FORGET, None, _CS.CLOSED),
            _CI.SEND: Step(_CA.REFUSE),
            _CI.CLOSE: Step(_CA.REFUSE),
        },
        _CS.OPEN: {
            _CI.MSG: Step(_CA.TAKE),
            _CI.REPLY: Step(_CA.TAKE),
            _CI.SEND: Step(_CA.TAKE),
            _CI.CLOSE: Step(_CA.TAKE, None, _CS.CLOSING),
            _CI.CLOSE_ASKED: Step(_CA.TAKE, None, _CS.LEAVING),
        },
        _CS.CLOSING: {
            _CI.MSG: Step(_CA.TAKE),
            _CI.REPLY: Step(_CA.TAKE),
            _CI.SEND: Step(_CA.REFUSE),
            _CI.CLOSE: Step(_CA.REFUSE),
            _CI.CLOSE_REFUSED: Step(_CA.TAKE, None, _CS.OPEN),
            _CI.CLOSE_ASKED: Step(_CA.TAKE, None, _CS.LEAVING),
            _CI.CLOSED: Step(_CA.FORGET, None, _CS.CLOSED),
        },
        _CS.LEAVING: {
            _CI.REPLY: Step(_CA.TAKE),
            _CI.SEND: Step(_CA.REFUSE),
            _CI.CLOSE: Step(_CA.REFUSE),
            _CI.CLOSE_REFUSED: Step(_CA.TAKE),
            _CI.CLOSED: Step(_CA.FORGET, None, _CS.CLOSED),
            _CI.SETTLED: Step(_CA.OK, None, _CS.CLOSED),
        },
    },
    states=ChannelState,
    inputs=ChannelInput,
    other=Step(_CA.END),
    final=frozenset({_CS.CLOSED}),
)
"""What is not in the table ends the session: a MSG on a channel whose peer asked to close it, a second ok."""


def document() -> str:
    """Draw both tables as reStructuredText for the documentation."""
    return f"{SESSION.render()}\n{CHANNEL.render()}"
