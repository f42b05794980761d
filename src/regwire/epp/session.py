"""EPP sessions without sockets or event loop: items in, actions or outcomes out, time passed in.

`ServerSession` (`regwire.epp.server`) and `ClientSession` (`regwire.epp.client`); their state tables are in
`regwire.epp.state`, the items they take besides messages in `regwire.session.items`.
"""

from regwire.epp.client import ClientConfig, ClientSession, query_for
from regwire.epp.limits import Limits
from regwire.epp.server import (
    Action,
    Authenticate,
    Close,
    Execute,
    Send,
    ServerConfig,
    ServerSession,
    SetAllowed,
    SetLimit,
    SetTimer,
)
from regwire.session import Outcome, Refused, Reply, Slot, Unknown

__all__ = [
    "Action",
    "Authenticate",
    "ClientConfig",
    "ClientSession",
    "Close",
    "Execute",
    "Limits",
    "Outcome",
    "Refused",
    "Reply",
    "Send",
    "ServerConfig",
    "ServerSession",
    "SetAllowed",
    "SetLimit",
    "SetTimer",
    "Slot",
    "Unknown",
    "query_for",
]
