"""LWZ (RFC 4993): one datagram a request, one a response, compressed where that helps. Sans-IO, both sides."""

from regwire.iris.transport.lwz.client import ClientSession
from regwire.iris.transport.lwz.server import DATAGRAM_OCTETS, PROTOCOL, LwzServer

__all__ = ["DATAGRAM_OCTETS", "PROTOCOL", "ClientSession", "LwzServer"]
