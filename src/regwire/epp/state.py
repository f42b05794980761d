"""The state machines of an EPP session, as tables, and the order in which a frame is judged.

`SERVER` and `CLIENT` are states x inputs -> step; `code_for` gives the result code of a frame that is not a valid
command; `refusal` judges one that is. Both are pure. `document()` draws the tables for the documentation.

The order of evaluation: well-formed (2001), root and namespace (2001), session state (2002), command known (2000),
version and option (2100, 2102), object namespace (2307; not chosen at login 2002; a command the mapping lacks 2101),
extension (2103; not chosen 2002), then the schema (2003, 2001, 2004, 2005), then what the registry decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from regwire.session.table import Step, Symbol, Table

EPP_URI = "urn:ietf:params:xml:ns:epp-1.0"
VERSIONS: tuple[Literal["1.0"], ...] = ("1.0",)
OBJECT_COMMANDS = frozenset({"check", "create", "delete", "info", "renew", "transfer", "update"})
COMMANDS = OBJECT_COMMANDS | {"login", "logout", "poll"}

FAULT_CODES = {
    "missing": 2003,
    "structure": 2001,
    "range": 2004,
    "value": 2005,
    "unknown_namespace": 2001,
}
"""Result code of each class of schema fault. An unknown namespace of an object or extension was judged before."""

_EMPTY_WRAPPERS = frozenset({"/epp/command/extension"})
"""What is empty here lacks no parameter that could be named: an empty <extension/> is a syntax error (2001)."""


# --- the server


class ServerState(Symbol):
    """Where a server's session stands. A command that waits does not change it: order is kept by queueing."""

    LOGIN = "waits for login"
    READY = "takes commands"
    CLOSING = "closing"
    CLOSED = "closed"


class ServerInput(Symbol):
    """What a server's session can meet."""

    HELLO = "hello"
    LOGIN = "login"
    LOGOUT = "logout"
    COMMAND = "any other command"
    EXTENSION = "protocol extension"
    NOT_FOR_SERVERS = "greeting or response"
    UNPARSABLE = "frame that is not XML, or empty"
    MALFORMED = "XML that the schema refuses"
    NOT_NEGOTIATED = "command with a service not chosen at login"
    TOO_LARGE = "length above the limit"
    BAD_LENGTH = "length below 4"
    TIME_UP = "a timer ran out"
    DRAIN = "the server stops"
    GONE = "connection ended"


class ServerAction(Symbol):
    """What the server's session does."""

    GREET = "greeting"
    AUTHENTICATE = "authenticate"
    EXECUTE = "execute"
    REFUSE = "refuse"
    JUDGE = "refuse by the order of evaluation"
    END = "answer, close"
    CLOSE = "close"
    IGNORE = "ignore"
    FORGET = "forget"


_A, _I, _S = ServerAction, ServerInput, ServerState

SERVER: Table[ServerState, ServerInput, ServerAction] = Table(
    "EPP server session",
    {
        _S.LOGIN: {
            _I.HELLO: Step(_A.GREET),
            _I.LOGIN: Step(_A.AUTHENTICATE),
            _I.LOGOUT: Step(_A.REFUSE, 2002),
            _I.COMMAND: Step(_A.REFUSE, 2002),
            _I.EXTENSION: Step(_A.REFUSE, 2002),
            _I.NOT_FOR_SERVERS: Step(_A.REFUSE, 2001),
            _I.UNPARSABLE: Step(_A.REFUSE, 2001),
            _I.MALFORMED: Step(_A.JUDGE),
            _I.NOT_NEGOTIATED: Step(_A.REFUSE, 2002),
            _I.TOO_LARGE: Step(_A.CLOSE, None, _S.CLOSING),
            _I.BAD_LENGTH: Step(_A.CLOSE, None, _S.CLOSING),
            _I.TIME_UP: Step(_A.CLOSE, None, _S.CLOSING),
            _I.DRAIN: Step(_A.CLOSE, None, _S.CLOSING),
            _I.GONE: Step(_A.FORGET, None, _S.CLOSED),
        },
        _S.READY: {
            _I.HELLO: Step(_A.GREET),
            _I.LOGIN: Step(_A.REFUSE, 2002),
            _I.LOGOUT: Step(_A.END, 1500, _S.CLOSING),
            _I.COMMAND: Step(_A.EXECUTE),
            _I.EXTENSION: Step(_A.REFUSE, 2101),
            _I.NOT_FOR_SERVERS: Step(_A.REFUSE, 2001),
            _I.UNPARSABLE: Step(_A.REFUSE, 2001),
            _I.MALFORMED: Step(_A.JUDGE),
            _I.NOT_NEGOTIATED: Step(_A.REFUSE, 2002),
            _I.TOO_LARGE: Step(_A.END, 2001, _S.CLOSING),
            _I.BAD_LENGTH: Step(_A.CLOSE, None, _S.CLOSING),
            _I.TIME_UP: Step(_A.CLOSE, None, _S.CLOSING),
            _I.DRAIN: Step(_A.CLOSE, None, _S.CLOSING),
            _I.GONE: Step(_A.FORGET, None, _S.CLOSED),
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
"""A session that is closing reads nothing any more: what still arrives is ignored, not answered."""


# --- the client


class ClientState(Symbol):
    """Where a client's session stands."""

    CONNECTING = "waits for the greeting"
    GREETED = "greeted"
    LOGGING_IN = "login sent"
    READY = "logged in"
    ENDING = "ending"
    CLOSED = "closed"


class ClientInput(Symbol):
    """What a client's session can be asked for, or meet."""

    SEND_HELLO = "send hello"
    SEND_LOGIN = "send login"
    SEND_COMMAND = "send a command"
    SEND_LOGOUT = "send logout"
    GREETING = "greeting"
    LOGIN_OK = "response to login, 1xxx"
    LOGIN_REFUSED = "response to login, 2xxx"
    RESPONSE = "response"
    END_RESPONSE = "response 1500 or 25xx"
    UNREADABLE = "frame the schema refuses"
    BROKEN = "frame that is not XML, or a bad length"
    TIME_UP = "a deadline passed"
    GONE = "connection ended"


class ClientAction(Symbol):
    """What the client's session does."""

    SEND = "send"
    REFUSE = "not sent"
    DELIVER = "deliver to its caller"
    UNKNOWN = "outcome of the oldest unknown"
    LOSE = "outcomes of all unknown, close"
    FAIL = "protocol error, outcomes of all unknown, close"


_CA, _CI, _CS = ClientAction, ClientInput, ClientState

_ENDS = {
    _CI.BROKEN: Step(_CA.FAIL, None, _CS.CLOSED),
    _CI.TIME_UP: Step(_CA.LOSE, None, _CS.CLOSED),
    _CI.GONE: Step(_CA.LOSE, None, _CS.CLOSED),
}
_REFUSED: dict[ClientInput, Step[ClientState, ClientAction]] = {
    _CI.SEND_HELLO: Step(_CA.REFUSE),
    _CI.SEND_LOGIN: Step(_CA.REFUSE),
    _CI.SEND_COMMAND: Step(_CA.REFUSE),
    _CI.SEND_LOGOUT: Step(_CA.REFUSE),
}
_ANSWERS: dict[ClientInput, Step[ClientState, ClientAction]] = {
    _CI.GREETING: Step(_CA.DELIVER),
    _CI.RESPONSE: Step(_CA.DELIVER),
    _CI.UNREADABLE: Step(_CA.UNKNOWN),
}

CLIENT: Table[ClientState, ClientInput, ClientAction] = Table(
    "EPP client session",
    {
        _CS.CONNECTING: {
            **_REFUSED,
            **_ENDS,
            _CI.GREETING: Step(_CA.DELIVER, None, _CS.GREETED),
            _CI.END_RESPONSE: Step(_CA.LOSE, None, _CS.CLOSED),
        },
        _CS.GREETED: {
            **_REFUSED,
            **_ENDS,
            **_ANSWERS,
            _CI.SEND_HELLO: Step(_CA.SEND),
            _CI.SEND_LOGIN: Step(_CA.SEND, None, _CS.LOGGING_IN),
            _CI.END_RESPONSE: Step(_CA.DELIVER, None, _CS.ENDING),
        },
        _CS.LOGGING_IN: {
            **_REFUSED,
            **_ENDS,
            **_ANSWERS,
            _CI.SEND_HELLO: Step(_CA.SEND),
            _CI.LOGIN_OK: Step(_CA.DELIVER, None, _CS.READY),
            _CI.LOGIN_REFUSED: Step(_CA.DELIVER, None, _CS.GREETED),
            _CI.END_RESPONSE: Step(_CA.DELIVER, None, _CS.ENDING),
            _CI.UNREADABLE: Step(_CA.FAIL, None, _CS.CLOSED),
        },
        _CS.READY: {
            **_REFUSED,
            **_ENDS,
            **_ANSWERS,
            _CI.SEND_HELLO: Step(_CA.SEND),
            _CI.SEND_COMMAND: Step(_CA.SEND),
            _CI.SEND_LOGOUT: Step(_CA.SEND, None, _CS.ENDING),
            _CI.END_RESPONSE: Step(_CA.DELIVER, None, _CS.ENDING),
        },
        _CS.ENDING: {
            **_REFUSED,
            **_ENDS,
            **_ANSWERS,
            _CI.END_RESPONSE: Step(_CA.DELIVER),
        },
    },
    states=ClientState,
    inputs=ClientInput,
    other=Step(_CA.FAIL, None, _CS.CLOSED),
    final=frozenset({_CS.CLOSED}),
)


# --- judging a frame


@dataclass(frozen=True, slots=True)
class Services:
    """What was chosen at login: URIs of object mappings and of extensions."""

    objects: frozenset[str]
    extensions: frozenset[str]

    @property
    def namespaces(self) -> frozenset[str]:
        """All URIs."""
        return self.objects | self.extensions


@dataclass(frozen=True, slots=True)
class Offer:
    """What the server's greeting offers. `elements` are the (namespace, tag) of the object commands it has declared."""

    objects: tuple[str, ...]
    extensions: tuple[str, ...]
    languages: tuple[str, ...] = ("en",)
    versions: tuple[Literal["1.0"], ...] = VERSIONS
    elements: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A result code, and the reason for people and logs (never a value that the peer sent)."""

    code: int
    reason: str


def code_for(fault: Any, *, offer: Offer, services: Services | None) -> Refusal:
    """Judge a frame that is not a valid command, by the order of evaluation.

    `fault` is a `regwire.schema.Fault`; `services` what was chosen at login, None before it.
    """
    if fault.kind == "syntax":
        return Refusal(2001, _first(fault))
    if fault.root is not None and tuple(fault.root) != (EPP_URI, "epp"):
        return Refusal(2001, "the root is not epp-1.0")
    return (
        _judge_state(fault.command, services)
        or _judge_command(fault.command)
        or _judge_options(fault, offer)
        or _judge_object(fault.object_ns, fault.object_tag, offer, services)
        or _judge_extensions(fault.extension_ns, offer, services)
        or _judge_schema(fault)
    )


def _first(fault: Any) -> str:
    if not fault.faults:
        return "not readable"
    item = fault.faults[0]
    return f"{item.path}: {item.rule}" if item.path else str(item.rule)


def _judge_state(command: str | None, services: Services | None) -> Refusal | None:
    if command is None:
        return None
    if services is None and command != "login":
        return Refusal(2002, "before login")
    if services is not None and command == "login":
        return Refusal(2002, "a second login")
    return None


def _judge_command(command: str | None) -> Refusal | None:
    return None if command is None or command in COMMANDS else Refusal(2000, "no such command")


def _judge_options(fault: Any, offer: Offer) -> Refusal | None:
    if fault.command != "login":
        return None
    return judge_login_options(fault.login_version, fault.login_lang, offer)


def judge_login_options(version: str | None, language: str | None, offer: Offer) -> Refusal | None:
    """2100 for a version, 2102 for a language that the greeting does not offer."""
    if version is not None and version not in offer.versions:
        return Refusal(2100, "version not offered")
    if language is not None and language.lower() not in {lang.lower() for lang in offer.languages}:
        return Refusal(2102, "language not offered")
    return None


def _judge_object(uri: str | None, tag: str | None, offer: Offer, services: Services | None) -> Refusal | None:
    if uri is None:
        return None
    if uri not in offer.objects:
        return Refusal(2307, "object service not offered")
    if services is not None and uri not in services.objects:
        return Refusal(2002, "object service not chosen at login")
    if offer.elements and (uri, tag) not in offer.elements:
        return Refusal(2101, "the mapping has no such command")
    return None


def _judge_extensions(uris: Iterable[str], offer: Offer, services: Services | None) -> Refusal | None:
    for uri in uris:
        if uri not in offer.extensions:
            return Refusal(2103, "extension not offered")
        if services is not None and uri not in services.extensions:
            return Refusal(2002, "extension not chosen at login")
    return None


def _judge_schema(fault: Any) -> Refusal:
    code = FAULT_CODES.get(fault.faults[0].cls, 2001) if fault.faults else 2001
    if fault.faults and fault.faults[0].path in _EMPTY_WRAPPERS:
        code = 2001
    return Refusal(code, _first(fault))


def judge_login(objects: Iterable[str], extensions: Iterable[str], offer: Offer) -> Refusal | None:
    """2307 or 2103 for a login that asks for services which the greeting does not offer."""
    for uri in objects:
        if uri not in offer.objects:
            return Refusal(2307, "object service not offered")
    for uri in extensions:
        if uri not in offer.extensions:
            return Refusal(2103, "extension not offered")
    return None


def document() -> str:
    """Draw both tables as reStructuredText for the documentation."""
    return f"{SERVER.render()}\n{CLIENT.render()}"
