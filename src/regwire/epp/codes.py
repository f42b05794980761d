"""Result codes (RFC 5730 section 3) and the replies that handlers give."""

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from regwire.schema import constructed_natively

if TYPE_CHECKING:
    from regwire.epp.messages.core import ExtValue, MsgQ, Value
    from regwire.schema import Element, Raw

__all__ = ["MESSAGES", "Reply", "ResultCode", "error", "ok"]


class ResultCode(IntEnum):
    """Every result code of EPP 1.0 (RFC 5730 section 3)."""

    OK = 1000
    OK_PENDING = 1001
    OK_NO_MESSAGES = 1300
    OK_ACK_TO_DEQUEUE = 1301
    OK_END_SESSION = 1500
    UNKNOWN_COMMAND = 2000
    SYNTAX_ERROR = 2001
    USE_ERROR = 2002
    PARAMETER_MISSING = 2003
    PARAMETER_RANGE = 2004
    PARAMETER_SYNTAX = 2005
    UNIMPLEMENTED_VERSION = 2100
    UNIMPLEMENTED_COMMAND = 2101
    UNIMPLEMENTED_OPTION = 2102
    UNIMPLEMENTED_EXTENSION = 2103
    BILLING_FAILURE = 2104
    NOT_ELIGIBLE_FOR_RENEWAL = 2105
    NOT_ELIGIBLE_FOR_TRANSFER = 2106
    AUTHENTICATION_ERROR = 2200
    AUTHORIZATION_ERROR = 2201
    INVALID_AUTH_INFO = 2202
    PENDING_TRANSFER = 2300
    NOT_PENDING_TRANSFER = 2301
    OBJECT_EXISTS = 2302
    OBJECT_DOES_NOT_EXIST = 2303
    STATUS_PROHIBITS = 2304
    ASSOCIATION_PROHIBITS = 2305
    PARAMETER_POLICY = 2306
    UNIMPLEMENTED_OBJECT_SERVICE = 2307
    DATA_POLICY = 2308
    COMMAND_FAILED = 2400
    COMMAND_FAILED_CLOSING = 2500
    AUTHENTICATION_CLOSING = 2501
    SESSION_LIMIT_CLOSING = 2502

    @property
    def message(self) -> str:
        """The text of this code in English, as the RFC's table has it."""
        return MESSAGES[self]

    @property
    def is_success(self) -> bool:
        """Whether the command was carried out or accepted (1xxx)."""
        return self < 2000

    @property
    def is_error(self) -> bool:
        """Whether the command was refused or failed (2xxx); nothing was changed then."""
        return self >= 2000

    @property
    def ends_session(self) -> bool:
        """Whether the server closes the connection after this code (1500, 2500, 2501, 2502)."""
        return self in _ENDING

    @property
    def is_pending(self) -> bool:
        """Whether the outcome comes later, by the poll queue (1001)."""
        return self == ResultCode.OK_PENDING


MESSAGES: dict[ResultCode, str] = {
    ResultCode.OK: "Command completed successfully",
    ResultCode.OK_PENDING: "Command completed successfully; action pending",
    ResultCode.OK_NO_MESSAGES: "Command completed successfully; no messages",
    ResultCode.OK_ACK_TO_DEQUEUE: "Command completed successfully; ack to dequeue",
    ResultCode.OK_END_SESSION: "Command completed successfully; ending session",
    ResultCode.UNKNOWN_COMMAND: "Unknown command",
    ResultCode.SYNTAX_ERROR: "Command syntax error",
    ResultCode.USE_ERROR: "Command use error",
    ResultCode.PARAMETER_MISSING: "Required parameter missing",
    ResultCode.PARAMETER_RANGE: "Parameter value range error",
    ResultCode.PARAMETER_SYNTAX: "Parameter value syntax error",
    ResultCode.UNIMPLEMENTED_VERSION: "Unimplemented protocol version",
    ResultCode.UNIMPLEMENTED_COMMAND: "Unimplemented command",
    ResultCode.UNIMPLEMENTED_OPTION: "Unimplemented option",
    ResultCode.UNIMPLEMENTED_EXTENSION: "Unimplemented extension",
    ResultCode.BILLING_FAILURE: "Billing failure",
    ResultCode.NOT_ELIGIBLE_FOR_RENEWAL: "Object is not eligible for renewal",
    ResultCode.NOT_ELIGIBLE_FOR_TRANSFER: "Object is not eligible for transfer",
    ResultCode.AUTHENTICATION_ERROR: "Authentication error",
    ResultCode.AUTHORIZATION_ERROR: "Authorization error",
    ResultCode.INVALID_AUTH_INFO: "Invalid authorization information",
    ResultCode.PENDING_TRANSFER: "Object pending transfer",
    ResultCode.NOT_PENDING_TRANSFER: "Object not pending transfer",
    ResultCode.OBJECT_EXISTS: "Object exists",
    ResultCode.OBJECT_DOES_NOT_EXIST: "Object does not exist",
    ResultCode.STATUS_PROHIBITS: "Object status prohibits operation",
    ResultCode.ASSOCIATION_PROHIBITS: "Object association prohibits operation",
    ResultCode.PARAMETER_POLICY: "Parameter value policy error",
    ResultCode.UNIMPLEMENTED_OBJECT_SERVICE: "Unimplemented object service",
    ResultCode.DATA_POLICY: "Data management policy violation",
    ResultCode.COMMAND_FAILED: "Command failed",
    ResultCode.COMMAND_FAILED_CLOSING: "Command failed; server closing connection",
    ResultCode.AUTHENTICATION_CLOSING: "Authentication error; server closing connection",
    ResultCode.SESSION_LIMIT_CLOSING: "Session limit exceeded; server closing connection",
}
"""The English text of each code (RFC 5730 section 3)."""

_ENDING = frozenset({1500, 2500, 2501, 2502})


@constructed_natively
@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers: a `Response` without transaction identifiers, which the session adds.

    ``code`` is any result code; ``data`` the elements of resData, ``extension`` those of the response's extension,
    ``values`` the values and extValues of the result, ``msg_q`` the head of the queue, ``text`` and ``lang`` replace
    the standard text (``lang`` is one that the greeting offers). ``sv_trid`` is the server's transaction identifier
    where the handler gave the command one of its own, unique for ever; None: the next of the server's.
    """

    code: int
    data: "tuple[Element | Raw, ...]" = ()
    extension: "tuple[Element | Raw, ...]" = ()
    values: "tuple[Value | ExtValue, ...]" = ()
    msg_q: "MsgQ | None" = None
    text: str | None = None
    lang: str = "en"
    sv_trid: str | None = None


def ok(*data: Any, code: int = ResultCode.OK, extension: tuple[Any, ...] = (), msg_q: "MsgQ | None" = None) -> Reply:
    """Return the reply of a command that was carried out: 1000, or the ``code`` given, with its resData."""
    if code >= 2000:
        raise ValueError(f"{code} is not the code of a success")
    return Reply(code, data, extension, (), msg_q)


def error(code: int, *values: "Value | ExtValue", text: str | None = None, extension: tuple[Any, ...] = ()) -> Reply:
    """Return the reply of a command that was refused, with what was at fault in it."""
    if code < 2000:
        raise ValueError(f"{code} is not the code of an error")
    return Reply(code, (), extension, values, None, text)
