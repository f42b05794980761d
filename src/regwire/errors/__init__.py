"""Every exception that regwire raises on purpose, in one tree.

::

    RegwireError
    ├── DeclarationError            a message class is declared wrongly (raised when it is compiled)
    ├── EncodeError                 a message was built that its schema refuses; nothing was sent
    ├── XmlError                    octets that are not well-formed XML, or beyond a limit of the parser
    ├── SchemaFault                 well-formed XML that the schema refuses
    ├── ConfigError                 a setting or a configuration file is wrong: where, and the cure
    ├── OperatorRefused             the registry's rules refuse what its operator asks for
    ├── ProtocolError               the peer broke the protocol: what was expected, what came
    │   └── ReplyMismatch           a reply carried another command's clTRID
    ├── TransportError              the connection, not the protocol
    │   ├── ConnectFailed           no connection: refused, unreachable, timed out
    │   │   └── CertificateRefused  TLS came up to the certificate and no further (either side's)
    │   └── ConnectionLost          the connection ended; the session is over
    ├── NotSent                     a command never left: doing it again is safe
    ├── OutcomeUnknown              a command left and its reply is lost: query before doing it again
    ├── ReferralRefused             a public IRIS server refers to an address that is not public: not asked
    ├── SaslFailed                  authentication by SASL: refused, impossible here, or a server that proved nothing
    ├── TransferRefused             an IRIS server answered with "other information" of its transport in place of data
    │   ├── AuthorityNotServed      it does not serve the authority that was asked for
    │   └── SizeRefused             request or response is larger than the transport or its server takes
    ├── IrisError                   an error element of an IRIS result set (RFC 3981 section 4.2)
    │   ├── InsufficientResources   the server lacks what the answer would take
    │   ├── InvalidName             not of the form that names of its class have
    │   ├── InvalidSearch           the parameters of the query make no sense
    │   ├── QueryNotSupported       query, registry type or entity class is not served
    │   ├── LimitExceeded           more than the client may ask for
    │   ├── NameNotFound            no entity of that name
    │   ├── PermissionDenied        not for this client
    │   ├── BagError                what came in a bag
    │   │   ├── BagUnrecognized     not known
    │   │   ├── BagUnacceptable     not acceptable, now or ever
    │   │   └── BagRefused          not acceptable now
    │   └── GenericCode             an error of one registry type
    │       ├── SearchTooWide       too many results
    │       └── LanguageNotSupported  texts in a language that the server does not search in
    └── CommandError                the server answered with a code of 2000 and above
        ├── SyntaxRefused           20xx
        │   ├── UnknownCommand                  2000
        │   ├── CommandSyntaxError              2001
        │   ├── CommandUseError                 2002
        │   ├── RequiredParameterMissing        2003
        │   ├── ParameterRangeError             2004
        │   └── ParameterSyntaxError            2005
        ├── ServiceRefused          21xx
        │   ├── UnimplementedVersion            2100
        │   ├── UnimplementedCommand            2101
        │   ├── UnimplementedOption             2102
        │   ├── UnimplementedExtension          2103
        │   ├── BillingFailure                  2104
        │   ├── NotEligibleForRenewal           2105
        │   └── NotEligibleForTransfer          2106
        ├── SecurityRefused         22xx
        │   ├── AuthenticationError             2200
        │   ├── AuthorizationError              2201
        │   └── InvalidAuthInfo                 2202
        ├── DataRefused             23xx
        │   ├── PendingTransfer                 2300
        │   ├── NotPendingTransfer              2301
        │   ├── ObjectExists                    2302
        │   ├── ObjectDoesNotExist              2303
        │   ├── StatusProhibits                 2304
        │   ├── AssociationProhibits            2305
        │   ├── ParameterPolicyError            2306
        │   ├── UnimplementedObjectService      2307
        │   └── DataPolicyViolation             2308
        ├── ServerFailed            24xx
        │   └── CommandFailed                   2400
        └── ServerClosing           25xx: the server ends the session
            ├── CommandFailedClosing            2500
            ├── AuthenticationErrorClosing      2501
            └── SessionLimitExceeded            2502

Cancellation and time-outs that a caller sets are the caller's (`trio.Cancelled`, `trio.TooSlowError`) and not in this
tree. Exceptions of this module keep what they were given as attributes, so that a handler need not parse their text;
all of them can be pickled and copied.
"""

from __future__ import annotations

from typing import Any, ClassVar

from regwire.errors.iris import (
    AuthorityNotServed,
    BagError,
    BagRefused,
    BagUnacceptable,
    BagUnrecognized,
    GenericCode,
    InsufficientResources,
    InvalidName,
    InvalidSearch,
    IrisError,
    LanguageNotSupported,
    LimitExceeded,
    NameNotFound,
    PermissionDenied,
    QueryNotSupported,
    ReferralRefused,
    SaslFailed,
    SearchTooWide,
    SizeRefused,
    TransferRefused,
)
from regwire.errors.root import RegwireError

__all__ = [
    "AssociationProhibits",
    "AuthenticationError",
    "AuthenticationErrorClosing",
    "AuthorityNotServed",
    "AuthorizationError",
    "BagError",
    "BagRefused",
    "BagUnacceptable",
    "BagUnrecognized",
    "BillingFailure",
    "CertificateRefused",
    "CommandError",
    "CommandFailed",
    "CommandFailedClosing",
    "CommandSyntaxError",
    "CommandUseError",
    "ConfigError",
    "ConnectFailed",
    "ConnectionLost",
    "DataPolicyViolation",
    "DataRefused",
    "DeclarationError",
    "EncodeError",
    "GenericCode",
    "InsufficientResources",
    "InvalidAuthInfo",
    "InvalidName",
    "InvalidSearch",
    "IrisError",
    "LanguageNotSupported",
    "LimitExceeded",
    "NameNotFound",
    "NotEligibleForRenewal",
    "NotEligibleForTransfer",
    "NotPendingTransfer",
    "NotSent",
    "ObjectDoesNotExist",
    "ObjectExists",
    "OperatorRefused",
    "OutcomeUnknown",
    "ParameterPolicyError",
    "ParameterRangeError",
    "ParameterSyntaxError",
    "PendingTransfer",
    "PermissionDenied",
    "ProtocolError",
    "QueryNotSupported",
    "ReferralRefused",
    "RegwireError",
    "ReplyMismatch",
    "RequiredParameterMissing",
    "SaslFailed",
    "SchemaFault",
    "SearchTooWide",
    "SecurityRefused",
    "ServerClosing",
    "ServerFailed",
    "ServiceRefused",
    "SessionLimitExceeded",
    "SizeRefused",
    "StatusProhibits",
    "SyntaxRefused",
    "TransferRefused",
    "TransportError",
    "UnimplementedCommand",
    "UnimplementedExtension",
    "UnimplementedObjectService",
    "UnimplementedOption",
    "UnimplementedVersion",
    "UnknownCommand",
    "XmlError",
    "command_error",
]


# --- messages


class DeclarationError(RegwireError):
    """A message class is declared wrongly.

    `where` names the class, or the class and its field (`"DomainCreate.period"`); `reason` says what is wrong with it.
    """

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


_SHOWN = 256
"""Characters of a value that an error shows: errors are for people."""


def _shown(value: object) -> str:
    """Give a value's repr, cut, even if it has none (an int of ten thousand digits, an object whose repr fails)."""
    try:
        text = repr(value)
    except Exception:
        return f"<{type(value).__name__}>"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _at(path: str, what: str) -> str:
    return f"{path}: {what}" if path else what


class EncodeError(RegwireError):
    """A message was built that its schema refuses; no octet of it was sent.

    `path` is the element path (`"command/create/domain:create/domain:name"`), `rule` the rule it broke (the names of
    `docs/design/schema.md`), `value` what was given (None when it is secret or absent).
    """

    def __init__(self, path: str, rule: str, value: object = None, detail: str = "") -> None:
        shown = "" if value is None else f", got {_shown(value)}"
        super().__init__(_at(path, f"{detail or rule}{shown}"))
        self.path = path
        self.rule = rule
        self.value = value
        self.detail = detail


class XmlError(RegwireError):
    """Octets that are not well-formed XML, or that exceed a limit of the parser.

    `offset` counts received octets from 0 (also in UTF-16), `line` counts from 1.
    """

    def __init__(self, reason: str, offset: int = 0, line: int = 1) -> None:
        super().__init__(f"{reason} at octet {offset}, line {line}")
        self.reason = reason
        self.offset = offset
        self.line = line


class SchemaFault(RegwireError):
    """Well-formed XML that the schema refuses: the first fault of the document.

    `path` is the element path, `rule` the rule it broke, `value` the offending value (masked where secret) or None.
    `fault` is the `regwire.schema.Fault` with everything that could still be read, or None; it is not pickled.
    """

    def __init__(self, path: str, rule: str, value: str | None = None, *, fault: Any = None) -> None:
        shown = "" if value is None else f", got {value!r}"
        super().__init__(_at(path, f"{rule}{shown}"))
        self.path = path
        self.rule = rule
        self.value = value
        self.fault = fault

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by state, without `fault`: it belongs to the codec of this process."""
        make, (cls, args, state) = super().__reduce__()
        return make, (cls, args, {**state, "fault": None})


class ConfigError(RegwireError):
    """A setting or a configuration file is wrong.

    `where` is a file, or a file and a line (`"registry.toml:12"`), or the name of a setting; `cure` says what to write
    instead.
    """

    def __init__(self, where: str, reason: str, cure: str = "") -> None:
        super().__init__(f"{where}: {reason}" + (f"; {cure}" if cure else ""))
        self.where = where
        self.reason = reason
        self.cure = cure


class OperatorRefused(RegwireError):
    """The rules of a registry refuse what its operator asks for; nothing was changed.

    `code` is the result code of RFC 5730 that a registrar would get, `reason` says why, `cure` what to do instead.
    """

    def __init__(self, code: int, reason: str, cure: str = "") -> None:
        super().__init__(f"{reason} ({code})" + (f"; {cure}" if cure else ""))
        self.code = code
        self.reason = reason
        self.cure = cure


# --- protocol and transport


class ProtocolError(RegwireError):
    """The peer broke the protocol; the session is over. `expected` and `got` say how."""

    def __init__(self, reason: str, *, expected: object = None, got: object = None) -> None:
        known = [f"{name} {value!r}" for name, value in (("expected", expected), ("got", got)) if value is not None]
        super().__init__(f"{reason} ({', '.join(known)})" if known else reason)
        self.reason = reason
        self.expected = expected
        self.got = got


class ReplyMismatch(ProtocolError):
    """A reply carried another clTRID than the command it answers by order.

    Nothing that comes on this connection can be trusted any more: it is dropped, and every outstanding command has an
    unknown outcome.
    """


class TransportError(RegwireError):
    """The connection failed, not the protocol. `reason` says how."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ConnectFailed(TransportError):
    """No connection came up: refused, unreachable, timed out, or TLS failed."""


class CertificateRefused(ConnectFailed):
    """A certificate was refused: ours by the server, or the server's by us (chain, name, validity)."""


class ConnectionLost(TransportError):
    """The connection ended, and with it the session.

    `clean` is true after close_notify (or FIN on a plain connection).
    """

    def __init__(self, reason: str, *, clean: bool = False) -> None:
        super().__init__(reason)
        self.clean = clean


# --- fate of a command


class NotSent(RegwireError):
    """The command never left, so that doing it again is safe. `command` is the command, `reason` why."""

    def __init__(self, reason: str, command: Any = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.command = command


class OutcomeUnknown(RegwireError):
    """The command left, its reply is lost: the server may have executed it or not.

    `command` is what was sent and `cl_trid` its client transaction id. `query` is a command whose answer tells what
    happened (an info of the object; None when nothing needs to be found out, as after a check). `reason` says how the
    reply was lost.
    """

    def __init__(self, reason: str, *, command: Any = None, cl_trid: str | None = None, query: Any = None) -> None:
        hint = f"; to find out: {type(query).__name__}" if query is not None else ""
        super().__init__(f"outcome unknown: {reason}" + (f" (clTRID {cl_trid})" if cl_trid else "") + hint)
        self.reason = reason
        self.command = command
        self.cl_trid = cl_trid
        self.query = query


# --- answered with 2xxx


class CommandError(RegwireError):
    """The server answered with an error code (RFC 5730 section 3).

    `code` is class data in the subclasses of one code; an error whose code no class claims sets it on the instance.
    `message` is the text of the first result, `reasons` the texts of its extValues, `response` the whole response.
    """

    code: int = 0

    def __init__(self, code: int, message: str, *, reasons: tuple[str, ...] = (), response: Any = None) -> None:
        super().__init__(f"{code} {message}" + (f": {'; '.join(reasons)}" if reasons else ""))
        if code != type(self).code:
            self.code = code
        self.message = message
        self.reasons = reasons
        self.response = response

    by_code: ClassVar[dict[int, type[CommandError]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Register the class for its code."""
        super().__init_subclass__(**kwargs)
        if "code" in cls.__dict__:
            CommandError.by_code.setdefault(cls.code, cls)


class SyntaxRefused(CommandError):
    """20xx: the command is malformed, or not allowed now."""


class ServiceRefused(CommandError):
    """21xx: the server does not implement it, or a rule of its implementation forbids it."""


class SecurityRefused(CommandError):
    """22xx: authentication or authorisation."""


class DataRefused(CommandError):
    """23xx: the state of the repository forbids it."""


class ServerFailed(CommandError):
    """24xx: the server failed; the session goes on."""


class ServerClosing(CommandError):
    """25xx: the server ends the session."""


class UnknownCommand(SyntaxRefused):
    """2000: unknown command."""

    code = 2000


class CommandSyntaxError(SyntaxRefused):
    """2001: command syntax error."""

    code = 2001


class CommandUseError(SyntaxRefused):
    """2002: command use error."""

    code = 2002


class RequiredParameterMissing(SyntaxRefused):
    """2003: required parameter missing."""

    code = 2003


class ParameterRangeError(SyntaxRefused):
    """2004: parameter value range error."""

    code = 2004


class ParameterSyntaxError(SyntaxRefused):
    """2005: parameter value syntax error."""

    code = 2005


class UnimplementedVersion(ServiceRefused):
    """2100: unimplemented protocol version."""

    code = 2100


class UnimplementedCommand(ServiceRefused):
    """2101: unimplemented command."""

    code = 2101


class UnimplementedOption(ServiceRefused):
    """2102: unimplemented option."""

    code = 2102


class UnimplementedExtension(ServiceRefused):
    """2103: unimplemented extension."""

    code = 2103


class BillingFailure(ServiceRefused):
    """2104: billing failure."""

    code = 2104


class NotEligibleForRenewal(ServiceRefused):
    """2105: object is not eligible for renewal."""

    code = 2105


class NotEligibleForTransfer(ServiceRefused):
    """2106: object is not eligible for transfer."""

    code = 2106


class AuthenticationError(SecurityRefused):
    """2200: authentication error."""

    code = 2200


class AuthorizationError(SecurityRefused):
    """2201: authorization error."""

    code = 2201


class InvalidAuthInfo(SecurityRefused):
    """2202: invalid authorization information."""

    code = 2202


class PendingTransfer(DataRefused):
    """2300: object pending transfer."""

    code = 2300


class NotPendingTransfer(DataRefused):
    """2301: object not pending transfer."""

    code = 2301


class ObjectExists(DataRefused):
    """2302: object exists."""

    code = 2302


class ObjectDoesNotExist(DataRefused):
    """2303: object does not exist."""

    code = 2303


class StatusProhibits(DataRefused):
    """2304: object status prohibits operation."""

    code = 2304


class AssociationProhibits(DataRefused):
    """2305: object association prohibits operation."""

    code = 2305


class ParameterPolicyError(DataRefused):
    """2306: parameter value policy error."""

    code = 2306


class UnimplementedObjectService(DataRefused):
    """2307: unimplemented object service."""

    code = 2307


class DataPolicyViolation(DataRefused):
    """2308: data management policy violation."""

    code = 2308


class CommandFailed(ServerFailed):
    """2400: command failed."""

    code = 2400


class CommandFailedClosing(ServerClosing):
    """2500: command failed; server closing connection."""

    code = 2500


class AuthenticationErrorClosing(ServerClosing):
    """2501: authentication error; server closing connection."""

    code = 2501


class SessionLimitExceeded(ServerClosing):
    """2502: session limit exceeded; server closing connection."""

    code = 2502


_GROUPS: dict[int, type[CommandError]] = {
    20: SyntaxRefused,
    21: ServiceRefused,
    22: SecurityRefused,
    23: DataRefused,
    24: ServerFailed,
    25: ServerClosing,
}


def command_error(code: int, message: str, *, reasons: tuple[str, ...] = (), response: Any = None) -> CommandError:
    """Build the error of the class for `code`: its own, else its group's (by two digits), else CommandError."""
    cls = CommandError.by_code.get(code) or _GROUPS.get(code // 100, CommandError)
    return cls(code, message, reasons=reasons, response=response)
