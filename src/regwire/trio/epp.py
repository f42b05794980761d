"""EPP in trio: `connect` and `Pool` for clients, `serve` for servers.

A server::

    handlers = Handlers()


    @handlers.command(DomainCheck)
    def check(session, command, obj):
        return DomainCheckData(tuple(DomainCheckItem(CheckName(name, True)) for name in obj.names))


    await serve(handlers, listeners=[Listener(port=700, tls=tls)], accounts=Accounts([...]))

A client::

    async with connect("epp.example", client_id="reg-a", password="…", tls=ClientTls(ca=…)) as client:
        print(await client.check_domain("a.example", "b.example"))
"""

from regwire_native import ClientTls, ServerTls

from regwire.epp.accounts import Account, Accounts
from regwire.epp.client import ClientConfig, query_for
from regwire.epp.codes import Reply, error, ok
from regwire.epp.handlers import Handlers
from regwire.epp.limits import Limits
from regwire.epp.server import ServerConfig, ServerSession
from regwire.session import Run
from regwire.trio._collector import CollectorPolicy
from regwire.trio._epp_client import Client, LoginOptions, connect
from regwire.trio._epp_pool import Backoff, Pool
from regwire.trio._epp_server import Bound, Listener, Server, serve

Session = ServerSession
"""What handlers are given."""

__all__ = [
    "Account",
    "Accounts",
    "Backoff",
    "Bound",
    "Client",
    "ClientConfig",
    "ClientTls",
    "CollectorPolicy",
    "Handlers",
    "Limits",
    "Listener",
    "LoginOptions",
    "Pool",
    "Reply",
    "Run",
    "Server",
    "ServerConfig",
    "ServerSession",
    "ServerTls",
    "Session",
    "connect",
    "error",
    "ok",
    "query_for",
    "serve",
]
