"""What an LWZ server answers, and the life of a client's request, as tables (RFC 4993)."""

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


class ServerState(Symbol):
    """A server keeps nothing of a datagram: it has one state."""

    OPEN = "open"


class ServerInput(Symbol):
    """What a datagram is."""

    REQUEST = "request"
    VERSION_QUERY = "version query"
    OTHER_VERSION = "descriptor or document of another version"
    BAD_DESCRIPTOR = "descriptor cut short, reserved bits, id 0xFFFF, or a type that clients must not send"
    BAD_PAYLOAD = "not DEFLATE, not XML, not a request"
    TOO_LARGE = "above the limit"
    FOREIGN = "request for an authority not served"
    RESPONSE = "a response"


class ServerAction(Symbol):
    """What the server does with it."""

    ANSWER = "answer"
    VERSIONS = "version information"
    DESCRIPTOR_ERROR = "descriptor-error"
    PAYLOAD_ERROR = "payload-error"
    SIZE = "size information"
    AUTHORITY_ERROR = "authority-error"
    IGNORE = "ignore"


_A, _I, _S = ServerAction, ServerInput, ServerState

SERVER: Table[ServerState, ServerInput, ServerAction] = Table(
    "LWZ server",
    {
        _S.OPEN: {
            _I.REQUEST: Step(_A.ANSWER),
            _I.VERSION_QUERY: Step(_A.VERSIONS),
            _I.OTHER_VERSION: Step(_A.VERSIONS),
            _I.BAD_DESCRIPTOR: Step(_A.DESCRIPTOR_ERROR),
            _I.BAD_PAYLOAD: Step(_A.PAYLOAD_ERROR),
            _I.TOO_LARGE: Step(_A.SIZE),
            _I.FOREIGN: Step(_A.AUTHORITY_ERROR),
            _I.RESPONSE: Step(_A.IGNORE),
        }
    },
    states=ServerState,
    inputs=ServerInput,
    other=Step(_A.IGNORE),
)


class ClientState(Symbol):
    """Where one request of a client stands."""

    QUEUED = "waits for its turn"
    SENT = "sent"
    DONE = "done"


class ClientInput(Symbol):
    """What can happen to it."""

    TURN = "its turn"
    DATA = "response"
    INFORMATION = "size, version or other information"
    UNREADABLE = "a reply that is none"
    TIME_UP = "time-out below 60 s"
    LAST_TIME_UP = "time-out that would be 60 s or more"
    GONE = "the socket is closed, or the port unreachable"


class ClientAction(Symbol):
    """What the client does."""

    SEND = "send"
    SEND_AGAIN = "send again, double the time-out"
    DELIVER = "deliver to its caller"
    REFUSE = "error to its caller (size: ask over XPC)"
    LOSE = "outcome unknown"
    IGNORE = "ignore"


_CA, _CI, _CS = ClientAction, ClientInput, ClientState

CLIENT: Table[ClientState, ClientInput, ClientAction] = Table(
    "LWZ client request",
    {
        _CS.QUEUED: {
            _CI.TURN: Step(_CA.SEND, None, _CS.SENT),
            _CI.GONE: Step(_CA.LOSE, None, _CS.DONE),
        },
        _CS.SENT: {
            _CI.DATA: Step(_CA.DELIVER, None, _CS.DONE),
            _CI.INFORMATION: Step(_CA.REFUSE, None, _CS.DONE),
            _CI.UNREADABLE: Step(_CA.REFUSE, None, _CS.DONE),
            _CI.TIME_UP: Step(_CA.SEND_AGAIN),
            _CI.LAST_TIME_UP: Step(_CA.LOSE, None, _CS.DONE),
            _CI.GONE: Step(_CA.LOSE, None, _CS.DONE),
        },
    },
    states=ClientState,
    inputs=ClientInput,
    other=Step(_CA.IGNORE),
    final=frozenset({_CS.DONE}),
)


def document() -> str:
    """Draw both tables as reStructuredText."""
    return f"{SERVER.render()}\n{CLIENT.render()}"
