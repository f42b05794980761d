"""XPC and XPCS (RFC 4992): blocks of chunks over TCP, the default transport of IRIS. Sans-IO sessions of both sides."""

from regwire.iris.transport.xpc.client import ClientSession
from regwire.iris.transport.xpc.server import PROTOCOL, ServerSession

__all__ = ["PROTOCOL", "ClientSession", "ServerSession"]
