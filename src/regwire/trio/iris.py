"""IRIS in trio: `connect` for clients, `serve` for servers, on any transport.

A server::

    handlers = Handlers(authorities=("example.com",))


    @handlers.lookup(DCHK, "domain-name")
    def check(entity, context): ...


    await serve(handlers, listeners=[XpcListener(port=713), LwzListener(port=715)])

A client::

    async with connect("iris.example.com", transport="xpc") as client:
        response = await client.ask(request, authority="example.com")

A client that finds the server and follows what it refers to::

    found = await lookup("iris:dchk1//example.com/domain-name/example.com")
"""

from regwire_native import ClientTls, ServerTls

from regwire.iris.found import error_of, raise_for
from regwire.iris.handlers import Context, Exchange, Handlers, Operator, ServiceLimits
from regwire.iris.transport.common import ClientConfig, Limits, ServerConfig
from regwire.sasl import Credentials, SaslClient, SaslServer
from regwire.trio._collector import CollectorPolicy
from regwire.trio._iris_beep import BeepListener
from regwire.trio._iris_client import WELL_KNOWN_PORTS, Client, Transport, connect
from regwire.trio._iris_lookup import Channel, Failure, Finder, Found, KnownServer, LookupConfig, Step, lookup, search
from regwire.trio._iris_lwz import LwzListener
from regwire.trio._iris_server import Bound, Link, Listener, Server, Service, serve
from regwire.trio._iris_xpc import XpcListener, XpcsListener

__all__ = [
    "WELL_KNOWN_PORTS",
    "BeepListener",
    "Bound",
    "Channel",
    "Client",
    "ClientConfig",
    "ClientTls",
    "CollectorPolicy",
    "Context",
    "Credentials",
    "Exchange",
    "Failure",
    "Finder",
    "Found",
    "Handlers",
    "KnownServer",
    "Limits",
    "Link",
    "Listener",
    "LookupConfig",
    "LwzListener",
    "Operator",
    "SaslClient",
    "SaslServer",
    "Server",
    "ServerConfig",
    "ServerTls",
    "Service",
    "ServiceLimits",
    "Step",
    "Transport",
    "XpcListener",
    "XpcsListener",
    "connect",
    "error_of",
    "lookup",
    "raise_for",
    "search",
    "serve",
]
