"""EPP: the messages of RFC 5730 to 5733 and of every extension found, and their coding.

    message = regwire.epp.decode(frame)
    match message:
        case Command(op=Check(object=DomainCheck(names=names)), cl_trid=cl_trid):
            ...
    payload = regwire.epp.encode(command(DomainCheck(("a.example",)), cl_trid="ABC-1"))

Frames are payloads: the four octets of length in front of them belong to the transport (RFC 5734 section 4).
"""

from regwire.epp.codes import MESSAGES, Reply, ResultCode, error, ok
from regwire.epp.coding import DEFAULT, EXTENSIONS, OBJECTS, decode, encode, greeting_services
from regwire.epp.compose import auth_info, command, fault_value, greeting, response
from regwire.epp.extension import Extension
from regwire.epp.messages import common, contact, core, domain, host
from regwire.epp.messages.common import *  # noqa: F403
from regwire.epp.messages.contact import *  # noqa: F403
from regwire.epp.messages.core import *  # noqa: F403
from regwire.epp.messages.domain import *  # noqa: F403
from regwire.epp.messages.host import *  # noqa: F403

__all__ = [
    "DEFAULT",
    "EXTENSIONS",
    "MESSAGES",
    "OBJECTS",
    "Extension",
    "Reply",
    "ResultCode",
    "auth_info",
    "command",
    "decode",
    "encode",
    "error",
    "fault_value",
    "greeting",
    "greeting_services",
    "ok",
    "response",
]
# By +=, which type checkers follow.
__all__ += common.__all__
__all__ += contact.__all__
__all__ += core.__all__
__all__ += domain.__all__
__all__ += host.__all__
