"""BEEP in trio (RFC 3080, RFC 3081): `connect` and `serve` for any profile.

A server::

    profiles = Profiles()


    @profiles.profile("http://example.com/echo")
    def echo(request):
        return request.message


    await serve(profiles, listeners=[Listener(port=10288)])

A client::

    async with connect("beep.example", 10288) as connection:
        channel = await connection.start("http://example.com/echo")
        reply = await channel.ask(b"hello")
"""

from regwire_native import ClientTls, ServerTls

from regwire.beep.limits import Limits
from regwire.beep.mime import Message
from regwire.beep.profiles import BeepError, Later, Opening, Profile, Profiles, Request
from regwire.beep.session import Session
from regwire.sasl import SaslClient, SaslServer
from regwire.trio._beep_client import Channel, Connection, connect
from regwire.trio._beep_server import Bound, Listener, Server, serve

__all__ = [
    "BeepError",
    "Bound",
    "Channel",
    "ClientTls",
    "Connection",
    "Later",
    "Limits",
    "Listener",
    "Message",
    "Opening",
    "Profile",
    "Profiles",
    "Request",
    "SaslClient",
    "SaslServer",
    "Server",
    "ServerTls",
    "Session",
    "connect",
    "serve",
]
