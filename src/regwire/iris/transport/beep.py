"""IRIS as a profile of BEEP (RFC 3983): one MSG is one request, its RPY the response; an ERR tells of a fault.

The profile of a registry type is `http://iana.org/beep/iris1/` and its short name; every channel of such a profile
serves all types of the session. The authority is the session's serverName. No sockets here: `regwire.trio` drives it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from regwire_native import ResultTemplate

from regwire.beep.mime import Message
from regwire.beep.profiles import BeepError
from regwire.errors import AuthorityNotServed, EncodeError, RegwireError, TransferRefused
from regwire.iris.coding import decode
from regwire.iris.handlers import canonical_type, query_type
from regwire.iris.messages.core import LookupEntity, Request, Response
from regwire.iris.transport.common import is_other_version
from regwire.schema import Fault, Schema

__all__ = [
    "MEDIA_TYPE",
    "NOT_SERVED",
    "PREFIX",
    "profile_of",
    "proposals",
    "quick_message",
    "refusal_for",
    "refusal_of_start",
    "request_of",
    "response_message",
    "response_of",
]

PREFIX = "http://iana.org/beep/iris1/"
MEDIA_TYPE = "application/xml"

NOT_SERVED = BeepError(550, "the authority is not served here")
"""The answer to a start whose serverName names an authority of somebody else."""


def profile_of(registry_type: str) -> str:
    """Give the profile of a registry type (its URN): RFC 3983 section 3."""
    return PREFIX + canonical_type(registry_type).rpartition(":")[2]


# --- the server


def request_of(message: Message, schema: Schema) -> Request:
    """Give the request in a MSG.

    Raises BeepError: 500 for what is no XML, 501 for what is no request, 504 for another media type or version.
    """
    if message.media_type != MEDIA_TYPE:
        raise BeepError(504, f"the media type of a request is {MEDIA_TYPE}")
    try:
        octets = message.decoded()
    except ValueError as error:
        raise BeepError(504, str(error)) from None
    found = schema.decode_or_fault(octets, "server")
    if isinstance(found, Request):
        return found
    if not isinstance(found, Fault):
        raise BeepError(501, "not a request")
    if is_other_version(found):
        raise BeepError(504, "another version of IRIS: iris1 is served")
    reason = str(found.faults[0].rule) if found.faults else "unexpected"
    raise BeepError(500 if found.kind == "syntax" else 501, reason)


def response_message(response: Response, schema: Schema, limit: int | None) -> Message:
    """Give the RPY of a response. Raises BeepError: 554 for one that is too long, 451 for one that is none."""
    try:
        octets = schema.encode(response)
    except EncodeError as error:
        raise BeepError(451, "local error in processing") from error
    return _bounded(octets, limit)


def quick_message(content: Any, template: ResultTemplate, limit: int | None) -> Message:
    """The same of what `Engine.quick` gave, by the engine's template."""
    try:
        octets = template.encode(content)
    except EncodeError as error:
        raise BeepError(451, "local error in processing") from error
    return _bounded(octets, limit)


def _bounded(octets: bytes, limit: int | None) -> Message:
    if limit is not None and len(octets) > limit:
        raise BeepError(554, f"the response has {len(octets)} octets, more than {limit}")
    return Message(octets, MEDIA_TYPE)


# --- the client


def proposals(offered: Iterable[str], request: Request) -> list[str]:
    """Give the profiles to ask a channel for, of those that a greeting offered: the request's own type first."""
    iris = [uri for uri in offered if uri.startswith(PREFIX)]
    wanted = set()
    for search_set in request.search_sets:
        query: Any = search_set.query
        if isinstance(query, LookupEntity):
            wanted.add(profile_of(query.registry_type))
        else:
            wanted.add(profile_of(query_type(type(query))))
    return sorted(iris, key=lambda uri: uri not in wanted)


def response_of(message: Message, schema: Schema) -> Response:
    """Give the response in a RPY. Raises XmlError, SchemaFault, TransferRefused for what is none."""
    try:
        octets = message.decoded()
    except ValueError as error:
        raise TransferRefused("data-error", (str(error),)) from None
    found = decode(octets, role="client", schema=schema)
    if not isinstance(found, Response):
        raise TransferRefused("data-error", ("the reply holds no response",))
    return found


def refusal_for(error: BeepError) -> RegwireError:
    """Give what a client raises for an ERR."""
    kind = {500: "data-error", 501: "data-error", 504: "data-error", 421: "system-error", 451: "system-error"}
    return TransferRefused(kind.get(error.code, f"error {error.code}"), (error.text,) if error.text else ())


def refusal_of_start(error: BeepError, authority: str) -> RegwireError:
    """Give what a client raises for a channel that was declined although its profile was offered."""
    if error.code == 550 and authority:
        return AuthorityNotServed("authority-error", (error.text or authority,))
    return refusal_for(error)
