"""The registry's IRIS: listeners as the configuration names them, one server for all of its transports."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import Any

import trio
from regwire_native import DatagramLimits, Reactor, ReactorLimits

from regwire.registry.config import WELL_KNOWN_PORTS, Config
from regwire.registry.engine import Registry
from regwire.registry.iris_credentials import RegistrarCredentials
from regwire.registry.model.registrars import why_ended
from regwire.sasl import SaslServer
from regwire.trio.iris import (
    BeepListener,
    CollectorPolicy,
    Handlers,
    Limits,
    LwzListener,
    Server,
    ServerConfig,
    XpcListener,
    XpcsListener,
    serve,
)
from regwire.trio.iris import Listener as IrisListener

__all__ = ["end_suspended", "listeners_of", "serve_iris"]

_log = logging.getLogger("regwire.registry")


def listeners_of(config: Config, server_tls: Callable[[], Any]) -> Iterator[IrisListener]:
    """The IRIS listeners of ``[listen]``; ``server_tls`` is called when one of them wants TLS."""
    listen = config.listen
    places = [
        (protocol, listen.address, WELL_KNOWN_PORTS[protocol] + listen.port_offset)
        for protocol in listen.protocols
        if protocol.startswith("iris.")
    ]
    places += [
        (extra.protocol, extra.address or listen.address, extra.port)
        for extra in listen.extra
        if extra.protocol.startswith("iris.")
    ]
    if config.iris.udp_702:
        places.append(("iris.lwz", listen.address, WELL_KNOWN_PORTS["iris.beep"] + listen.port_offset))
    for protocol, host, port in places:
        yield _listener(config, protocol, host, port, server_tls)


def _listener(config: Config, protocol: str, host: str, port: int, server_tls: Callable[[], Any]) -> IrisListener:
    if protocol == "iris.xpc":
        return XpcListener(host=host, port=port)
    if protocol == "iris.xpcs":
        return XpcsListener(host=host, port=port, tls=server_tls())
    if protocol == "iris.lwz":
        settings = config.iris
        rate, ratio = settings.udp_rate, settings.udp_ratio
        limits = DatagramLimits(prefix_rate=rate, prefix_burst=2 * rate, response_ratio=ratio)
        return LwzListener(host=host, port=port, limits=limits)
    return BeepListener(host=host, port=port, tls=server_tls())


async def serve_iris(
    registry: Registry, config: Config, listeners: list[IrisListener], nursery: trio.Nursery, *, alone: bool = False
) -> Server:
    """Start serving in ``nursery``; return the server when it listens.

    ``alone``: no other server of this process has set the garbage collector's policy.
    """
    # Imported late: a registry that speaks EPP only need not load the messages of IRIS.
    make: Callable[[Registry, Config], Handlers] = import_module("regwire.registry.fronts.iris").iris_handlers
    handlers = make(registry, config)
    limits = config.limits
    reactor = Reactor(ReactorLimits(sessions=limits.connections, sessions_per_address=limits.connections_per_address))
    credentials = RegistrarCredentials(registry.store)
    offered = await trio.to_thread.run_sync(credentials.mechanisms)
    sasl = SaslServer(credentials, mechanisms=offered, within_tls=True)
    iris = config.iris
    settings = ServerConfig(
        limits=Limits(
            request_octets=iris.request_octets,
            block=iris.block_timeout,
            idle=iris.idle_timeout,
            in_flight=iris.in_flight,
            failed_logins=iris.failed_logins,
            sessions=limits.connections,
        ),
        sasl=sasl,
    )
    policy = CollectorPolicy() if alone else None
    start = partial(serve, handlers, listeners=listeners, config=settings, reactor=reactor, collector=policy)
    server: Server = await nursery.start(start)
    nursery.start_soon(_watch, server, registry)
    return server


async def _watch(server: Server, registry: Registry, interval: float = 0.5) -> None:
    """End, until cancelled, sessions of accounts that were suspended or are gone, as those of EPP end."""
    while True:
        await trio.sleep(interval)
        try:
            end_suspended(server, registry)
        except Exception:
            _log.exception("accounts could not be looked at; trying again in %g s", interval)


def end_suspended(server: Server, registry: Registry) -> None:
    """Look once at the accounts of the sessions that authenticated, and end those that would not be let in now."""
    known = server.identities()
    if not known:
        return
    with registry.store.read() as view:
        found = view.records_of("registrar", list({name for name, _ in known}))
    reasons = {who: why for who in known if (why := why_ended(found.get(who[0]), who[1]))}
    if reasons:
        for name, _ in reasons:
            _log.info("%s: its sessions of IRIS end", name, extra={"event": "iris.suspended", "client_id": name})
        server.end_sessions(reasons)
