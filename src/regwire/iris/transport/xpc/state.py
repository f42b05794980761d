"""The state machines of an XPC session, as tables (RFC 4992). `document()` draws them for the documentation."""

from __future__ import annotations

from regwire.session.table import Step, Symbol, Table

__all__ = [
    "CLIENT",
    "SERVER",
    "ClientAction",
    "ClientInput",
    "ClientState",
    "ServerAction",
    "ServerInput",
    "ServerState",
    "document",
]


# --- the server


class ServerState(Symbol):
    """Where a server's session stands. Replies that are owed do not change it: order is kept by queueing."""

    READY = "takes requests"
    SASL = "authentication going on"
    CLOSING = "closing"
    CLOSED = "closed"


class ServerInput(Symbol):
    """What a server's session can meet."""

    BLOCK = "block without SASL data"
    SASL = "block with SASL data"
    BAD_BLOCK = "block that breaks the rules of its chunks"
    OTHER_VERSION = "block of another version"
    TOO_LARGE = "block above the limit"
    BROKEN = "octets that are no block"
    HALF_BLOCK = "block not complete in time"
    IDLE = "idle between transactions"
    TIME_UP = "the session's time is up"
    DRAIN = "the server stops"
    GONE = "connection ended"


class ServerAction(Symbol):
    """What the server's session does; whatever closes does so after the replies that are owed."""

    ANSWER = "answer"
    AUTHENTICATE = "authenticate"
    BLOCK_ERROR = "block-error, close"
    VERSIONS = "version information, close"
    SIZE = "size information, close"
    IDLE_TIMEOUT = "idle-timeout, close"
    CLOSE = "close"
    IGNORE = "ignore"
    FORGET = "forget"


_A, _I, _S = ServerAction, ServerInput, ServerState

_ENDS = {
    _I.BAD_BLOCK: Step(_A.BLOCK_ERROR, None, _S.CLOSING),
    _I.OTHER_VERSION: Step(_A.VERSIONS, None, _S.CLOSING),
    _I.TOO_LARGE: Step(_A.SIZE, None, _S.CLOSING),
    _I.BROKEN: Step(_A.BLOCK_ERROR, None, _S.CLOSING),
    _I.HALF_BLOCK: Step(_A.BLOCK_ERROR, None, _S.CLOSING),
    _I.IDLE: Step(_A.IDLE_TIMEOUT, None, _S.CLOSING),
    _I.TIME_UP: Step(_A.IDLE_TIMEOUT, None, _S.CLOSING),
    _I.DRAIN: Step(_A.CLOSE, None, _S.CLOSING),
    _I.GONE: Step(_A.FORGET, None, _S.CLOSED),
}

SERVER: Table[ServerState, ServerInput, ServerAction] = Table(
    "XPC server session",
    {
        _S.READY: {
            **_ENDS,
            _I.BLOCK: Step(_A.ANSWER),
            _I.SASL: Step(_A.AUTHENTICATE),
        },
        _S.SASL: {
            **_ENDS,
            _I.BLOCK: Step(_A.BLOCK_ERROR, None, _S.CLOSING),
            _I.SASL: Step(_A.AUTHENTICATE),
        },
        _S.CLOSING: {
            _I.GONE: Step(_A.FORGET, None, _S.CLOSED),
        },
    },
    states=ServerState,
    inputs=ServerInput,
    other=Step(_A.IGNORE),
    final=frozenset({_S.CLOSED}),
)
"""A session that is closing reads nothing any more. `SASL` lasts from a challenge to the client's answer to it."""


# --- the client


class ClientState(Symbol):
    """Where a client's session stands."""

    CONNECTING = "waits for the connection response"
    READY = "ready"
    SASL = "authentication going on"
    CLOSED = "closed"


class ClientInput(Symbol):
    """What a client's session can be asked for, or meet."""

    SEND = "send a request"
    BEGIN = "begin authentication"
    VERSIONS = "first block: version information"
    REFUSAL = "first block: other information"
    ANSWER = "block, keeps open"
    LAST_ANSWER = "block, closes"
    UNASKED = "block that answers nothing, closes"
    BROKEN = "octets that are no block, or one too large"
    TIME_UP = "a deadline passed"
    GONE = "connection ended"


class ClientAction(Symbol):
    """What the client's session does."""

    SEND = "send"
    REFUSE = "not sent"
    OPEN = "open"
    DELIVER = "deliver to its caller"
    DELIVER_LAST = "deliver, outcomes of the others unknown, close"
    AUTHENTICATE = "next step of the mechanism"
    LOSE = "outcomes of all unknown, close"
    FAIL = "protocol error, outcomes of all unknown, close"


_CA, _CI, _CS = ClientAction, ClientInput, ClientState

_LOST = {
    _CI.BROKEN: Step(_CA.FAIL, None, _CS.CLOSED),
    _CI.TIME_UP: Step(_CA.LOSE, None, _CS.CLOSED),
    _CI.GONE: Step(_CA.LOSE, None, _CS.CLOSED),
}

CLIENT: Table[ClientState, ClientInput, ClientAction] = Table(
    "XPC client session",
    {
        _CS.CONNECTING: {
            **_LOST,
            _CI.SEND: Step(_CA.REFUSE),
            _CI.BEGIN: Step(_CA.REFUSE),
            _CI.VERSIONS: Step(_CA.OPEN, None, _CS.READY),
            _CI.REFUSAL: Step(_CA.LOSE, None, _CS.CLOSED),
        },
        _CS.READY: {
            **_LOST,
            _CI.SEND: Step(_CA.SEND),
            _CI.BEGIN: Step(_CA.SEND, None, _CS.SASL),
            _CI.ANSWER: Step(_CA.DELIVER),
            _CI.LAST_ANSWER: Step(_CA.DELIVER_LAST, None, _CS.CLOSED),
            _CI.UNASKED: Step(_CA.LOSE, None, _CS.CLOSED),
        },
        _CS.SASL: {
            **_LOST,
            _CI.SEND: Step(_CA.REFUSE),
            _CI.BEGIN: Step(_CA.REFUSE),
            _CI.ANSWER: Step(_CA.AUTHENTICATE),
            _CI.LAST_ANSWER: Step(_CA.DELIVER_LAST, None, _CS.CLOSED),
            _CI.UNASKED: Step(_CA.LOSE, None, _CS.CLOSED),
        },
    },
    states=ClientState,
    inputs=ClientInput,
    other=Step(_CA.FAIL, None, _CS.CLOSED),
    final=frozenset({_CS.CLOSED}),
)


def document() -> str:
    """Draw both tables as reStructuredText."""
    return f"{SERVER.render()}\n{CLIENT.render()}"
