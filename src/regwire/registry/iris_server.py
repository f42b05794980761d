"""The registry's IRIS: listeners as the configuration names them, one server for all of its transports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import Any

import trio
from regwire_native import DatagramLimits, Reactor, ReactorLimits

from regwire.registry.config import WELL_KNOWN_PORTS, Config
from regwire.registry.engine import Registry
from regwire.registry.iris_credentials import RegistrarCredentials
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

__all__ = ["listeners_of", "serve_iris"]


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
    return server
