"""EPP: the messages of RFC 5730 to 5733 and of every extension found, and their coding.

    message = regwire.epp.decode(frame)
    match message:
        case Command(op=Check(object=DomainCheck(names=names)), cl_trid=cl_trid):
            ...
    payload = regwire.epp.encode(command(DomainCheck(("a.example",)), cl_trid="ABC-1"))

Frames are payloads: the four octets of length in front of them belong to the transport (RFC 5734 section 4).
"""

from typing import TYPE_CHECKING, Any

from regwire.epp import coding
from regwire.epp.codes import MESSAGES, Reply, ResultCode, error, ok
from regwire.epp.coding import decode, encode, greeting_services, schema_of
from regwire.epp.compose import auth_info, check_answer, check_data, command, fault_value, greeting, response
from regwire.epp.extension import Extension
from regwire.epp.messages import common, contact, core, domain, host
from regwire.epp.messages.common import *  # noqa: F403
from regwire.epp.messages.contact import *  # noqa: F403
from regwire.epp.messages.core import *  # noqa: F403
from regwire.epp.messages.domain import *  # noqa: F403
from regwire.epp.messages.host import *  # noqa: F403

if TYPE_CHECKING:
    from regwire.epp.coding import DEFAULT, EXTENSIONS, OBJECTS

__all__ = [
    "DEFAULT",
    "EXTENSIONS",
    "MESSAGES",
    "OBJECTS",
    "Extension",
    "Reply",
    "ResultCode",
    "auth_info",
    "check_answer",
    "check_data",
    "command",
    "decode",
    "encode",
    "error",
    "fault_value",
    "greeting",
    "greeting_services",
    "ok",
    "response",
    "schema_of",
]
# By +=, which type checkers follow.
__all__ += common.__all__
__all__ += contact.__all__
__all__ += core.__all__
__all__ += domain.__all__
__all__ += host.__all__


def __getattr__(name: str) -> Any:
    """Look for extensions when they are first asked for; see `regwire.epp.coding`."""
    if name not in {"DEFAULT", "EXTENSIONS", "OBJECTS"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(coding, name)
