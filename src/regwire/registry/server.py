"""A registry with every front that its configuration names."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import trio
from regwire_native import Reactor, ReactorLimits, ServerTls

from regwire.epp.coding import DEFAULT, OBJECTS
from regwire.epp.messages.common import EPPCOM
from regwire.epp.messages.contact import CONTACT
from regwire.epp.messages.core import EPP
from regwire.epp.messages.domain import DOMAIN
from regwire.epp.messages.host import HOST
from regwire.errors import ConfigError, RegwireError
from regwire.registry.accounts import Accounts, file_stamp, taking
from regwire.registry.clock import Clock, SystemClock
from regwire.registry.config import WELL_KNOWN_PORTS, Config, place_of
from regwire.registry.engine import Registry, open_registry
from regwire.registry.fronts.epp import epp_handlers
from regwire.registry.fronts.epp.ext import announced, tables
from regwire.registry.fronts.epp.logins import Logins
from regwire.registry.iris_server import listeners_of, serve_iris
from regwire.registry.model import codes
from regwire.registry.model.registrars import TakeAccounts
from regwire.registry.rules.ledger import OPERATOR
from regwire.registry.store.base import StoreError
from regwire.session.address import shown_address
from regwire.trio.epp import Limits, Listener, Server, ServerConfig, serve
from regwire.trio.iris import Server as IrisServer

__all__ = ["RunningRegistry", "serve_registry"]

_log = logging.getLogger("regwire.registry")


@dataclass(frozen=True, slots=True)
class RunningRegistry:
    """What `serve_registry` reports when it is ready.

    Attributes:
        registry: the registry itself, for what runs in the same process.
        epp: the EPP server; None if no EPP listener is configured.
        iris: the IRIS server, on all of its transports; None if no IRIS listener is configured.
        listeners: one mapping a socket, fit for JSON: protocol, address, port, tls.

    """

    registry: Registry
    epp: Server | None
    iris: IrisServer | None
    listeners: tuple[dict[str, Any], ...]

    def stats(self) -> dict[str, float]:
        """Return the EPP server's counts, those of IRIS under `iris_…`, and of the store.

        These are groups committed, the largest, commands waiting.
        """
        writer = self.registry.writer
        found = {} if self.epp is None else dict(self.epp.stats())
        if self.iris is not None:
            found |= {f"iris_{name}": value for name, value in self.iris.stats().items()}
        found |= {"store_groups": writer.groups, "store_largest": writer.largest, "store_waiting": writer.waiting}
        return found


async def serve_registry(
    config: Config,
    *,
    clock: Clock | None = None,
    accounts: Accounts | None = None,
    task_status: trio.TaskStatus[RunningRegistry] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Open the store and serve every configured front until cancelled.

    Args:
        config: the registry's settings.
        clock: where the rules and the greeting take their time from; None: the system's.
        accounts: become accounts of the store; None: those of the file ``config.registry.accounts`` do.
        task_status: told when every listener accepts connections.

    Cancellation drains: nothing more is read, what is being decided is committed and answered, connections are closed,
    then the store.

    Raises:
        ConfigError: a setting, a file that one names, or an address cannot be used.
        StoreError: the store cannot be opened.

    """
    clock = clock or SystemClock()
    try:
        await _serve(config, clock, accounts, task_status)
    except BaseExceptionGroup as group:
        # One thing went wrong: say that, not how many tasks it went through.
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
            error = error.exceptions[0]
        if isinstance(error, RegwireError):
            raise error from None
        raise


async def _serve(
    config: Config, clock: Clock, accounts: Accounts | None, task_status: trio.TaskStatus[RunningRegistry]
) -> None:
    listeners = list(_epp_listeners(config))
    iris_listeners = list(listeners_of(config, lambda: _server_tls(config)))
    async with open_registry(config, clock=clock) as registry, trio.open_nursery() as nursery:
        await _take_accounts(registry, config, accounts)
        if accounts is None and config.accounts.watch:
            nursery.start_soon(_watch_accounts, registry, config)
        nursery.start_soon(registry.settle, config.registry.settle_interval)
        server: Server | None = None
        if listeners:
            server = await _serve_epp(registry, config, listeners, nursery)
        iris: IrisServer | None = None
        if iris_listeners:
            iris = await serve_iris(registry, config, iris_listeners, nursery, alone=server is None)
        bound: list[tuple[str, Any]] = []
        if server is not None:
            bound += [("epp", one) for one in server.listeners]
        if iris is not None:
            bound += [(f"iris.{one.transport}", one) for one in iris.listeners]
        described = tuple([{"protocol": p, "address": b.host, "port": b.port, "tls": b.tls} for p, b in bound])
        shown = ", ".join(f"{p} on {shown_address((b.host, b.port))}{' (TLS)' if b.tls else ''}" for p, b in bound)
        _log.info("registry of %s ready: %s", ", ".join(config.registry.zones), shown)
        task_status.started(RunningRegistry(registry, server, iris, described))
        await trio.sleep_forever()


async def _take_accounts(registry: Registry, config: Config, accounts: Accounts | None) -> bool:
    """Make accounts of the store from what is new or changed in the accounts file, or of those a program gives.

    Returns:
        whether there was anything to look at.

    """
    scram = config.accounts.scram

    def look() -> TakeAccounts | None:
        # Hashes every password that is new: about 30 ms each.
        with registry.store.snapshot() as snapshot:
            if accounts is not None:
                return taking(snapshot.view, tuple(accounts), None, scram=scram)
            return taking(snapshot.view, None, config.path(config.registry.accounts), scram=scram)

    request = await trio.to_thread.run_sync(look)
    if request is not None:
        (outcome,) = await registry.submit([registry.call(OPERATOR, request)])
        if outcome.code >= codes.FAILED:
            raise StoreError(f"the accounts cannot be written ({outcome.reason or 'see the log'})")
    return request is not None


async def _watch_accounts(registry: Registry, config: Config) -> None:
    """Take changes of the accounts file over as they are made, until cancelled.

    A file that is wrong changes nothing: the log says so once, and it is tried again when it has changed. Where the
    registry is what fails, it is tried again each time.
    """
    path = config.path(config.registry.accounts)
    # Not what the start saw: it may have changed since.
    seen: str | None = None
    while True:
        await trio.sleep(config.accounts.watch)
        stamp = file_stamp(path)
        if stamp in (seen, None):
            continue
        seen = stamp
        try:
            taken = await _take_accounts(registry, config, None)
        except ConfigError as error:
            _log.error("%s changes nothing: %s", path, error, extra={"event": "accounts.refused"})
        except Exception:
            # Not the file's fault (a full disk, no descriptors left): the server goes on, and so does this.
            seen = None
            _log.exception("%s could not be taken over; trying again in %g s", path, config.accounts.watch)
        else:
            if taken:
                _log.info("%s was taken over", path, extra={"event": "accounts.taken"})


async def _serve_epp(registry: Registry, config: Config, listeners: list[Listener], nursery: trio.Nursery) -> Server:
    settings = _epp_config(config, registry.clock)
    logins = Logins(
        registry,
        config.accounts,
        certificate_needed=config.tls.client_ca is not None,
        sessions=settings.limits.sessions_per_account,
        threads=settings.limits.password_threads,
    )
    handlers = epp_handlers(registry)
    handlers.login(logins.log_in)
    start = partial(serve, handlers, listeners=listeners, config=settings, reactor=_reactor(config))
    server: Server = await nursery.start(start)
    logins.counted = server.engine.by_account
    nursery.start_soon(logins.watch)
    return server


def _epp_listeners(config: Config) -> Iterator[Listener]:
    listen = config.listen
    places: list[tuple[str, int]] = []
    if "epp" in listen.protocols:
        places.append((listen.address, WELL_KNOWN_PORTS["epp"] + listen.port_offset))
    places += [(extra.address or listen.address, extra.port) for extra in listen.extra if extra.protocol == "epp"]
    if places:
        tls = _server_tls(config)
        for host, port in places:
            yield Listener(host=host, port=port, tls=tls)


def _server_tls(config: Config) -> ServerTls:
    settings = config.tls
    certificate, key = config.path(settings.certificate), config.path(settings.key)
    client_ca = None if settings.client_ca is None else config.path(settings.client_ca)
    for name, path in (("certificate", certificate), ("key", key), ("client_ca", client_ca)):
        if path is not None and not _readable(path):
            raise ConfigError(
                place_of(config, "tls", name),
                f"{path} cannot be read",
                "name a PEM file that is there; `regwire init` in a new folder makes some to try",
            )
    try:
        return ServerTls(
            certificate=certificate,
            key=key,
            client_ca=client_ca,
            require_certificate=settings.require_certificate,
        )
    except (OSError, ValueError) as error:
        raise ConfigError(
            place_of(config, "tls"), str(error), "certificate, key and client_ca must be PEM files that fit"
        ) from error


def _readable(path: Path) -> bool:
    try:
        with path.open("rb"):
            return True
    except OSError:
        return False


def _reactor(config: Config) -> Reactor:
    limits = config.limits
    return Reactor(ReactorLimits(sessions=limits.connections, sessions_per_address=limits.connections_per_address))


def _objects(config: Config) -> tuple[str, ...]:
    """Return the standard objects that a zone has any use for; one that none has is refused with 2307."""
    policies = [config.policy_for(zone) for zone in config.registry.zones]
    objects = [DOMAIN.uri]
    if any(policy.host_model == "objects" for policy in policies):
        objects.append(HOST.uri)
    if any(policy.data_model != "minimum" or policy.ignore_contacts for policy in policies):
        objects.append(CONTACT.uri)
    return tuple(objects)


def _epp_config(config: Config, clock: Clock) -> ServerConfig:
    epp = config.epp
    limits = Limits(
        handshake=epp.handshake_timeout,
        login=epp.login_timeout,
        frame=epp.frame_timeout,
        idle=epp.idle_timeout,
        session=epp.session_timeout,
        failed_logins=epp.failed_logins,
        frame_before_login=epp.frame_before_login,
        frame_after_login=epp.frame_after_login,
        check_names=epp.check_names,
        in_flight=epp.in_flight,
        sessions_per_account=config.limits.sessions_per_account,
    )
    known = tables().greeting
    names = announced(config)
    uris = [known[name].uri for name in names]
    content = tuple([inner.uri for name in names for inner in tables().content.get(name, ())])
    mappings = {namespace.uri for namespace in OBJECTS}
    objects = (*_objects(config), *[uri for uri in uris if uri in mappings])
    extensions = tuple([uri for uri in uris if uri not in mappings])
    # What the greeting does not announce is not understood either: the session refuses it with 2307 and 2103.
    spoken = [uri for uri in extensions if uri in DEFAULT.namespaces]
    schema = DEFAULT.only((EPP.uri, EPPCOM.uri, *objects, *spoken, *content))
    return ServerConfig(
        server_id=config.registry.server_id,
        schema=schema,
        objects=objects,
        extensions=extensions,
        content=content,
        limits=limits,
        clock=clock.now,
    )
