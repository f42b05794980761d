"""The server under test: regwire's public server API over a dict, with one of four kinds of handlers.

Usage: regwire_dict.py plain|loop|batch|async CERT KEY CA OBJECTS [bare]. "bare": domains without what is optional.
Prints one JSON line with the port when ready and one with statistics after SIGTERM, among them the
collector's pauses by the monotonic clock.
"""

from __future__ import annotations

import gc
import json
import signal
import sys
import time
from datetime import UTC, datetime
from typing import Any

import trio

from regwire.epp import (
    CheckName,
    Command,
    DomainCheck,
    DomainCheckData,
    DomainCheckItem,
    DomainContact,
    DomainCreate,
    DomainCreateData,
    DomainInfo,
    DomainInfoData,
    DomainStatus,
    DomainUpdate,
    Login,
    NameServers,
    Reason,
    check_answer,
)
from regwire.schema import replace
from regwire.trio.epp import Handlers, Limits, Listener, ServerConfig, ServerTls, Session, serve

OK = (DomainStatus("ok"),)
Result = Any


def preloaded(objects: int) -> dict[str, DomainInfoData]:
    created, expires = datetime(2024, 1, 1, tzinfo=UTC), datetime(2034, 1, 1, tzinfo=UTC)
    return {
        f"p{i}.example": DomainInfoData(
            name=f"p{i}.example",
            roid=f"D{i + 1}-REG",
            statuses=OK,
            registrant=f"own{i % 1000}",
            contacts=(DomainContact(f"adm{i % 1000}", "admin"), DomainContact(f"tec{i % 1000}", "tech")),
            ns=NameServers(tuple(f"ns{n}.host{i % 500}.example.net" for n in (1, 2))),
            cl_id="reg-a",
            cr_id="reg-a",
            cr_date=created,
            ex_date=expires,
        )
        for i in range(objects)
    }


class Registry:
    """The back end: what a newcomer would write first."""

    def __init__(self, objects: int, bare: bool) -> None:
        self.domains = preloaded(objects)
        if bare:
            for name, domain in self.domains.items():
                self.domains[name] = replace(domain, registrant=None, contacts=(), ns=None)
        self.auth_info: dict[str, str | None] = {}
        self._second = 0
        self._now = datetime.fromtimestamp(0, UTC)

    def now(self) -> datetime:
        """The time in whole seconds: what is asked for many times a second is made once a second."""
        second = int(time.time())
        if second != self._second:
            self._second, self._now = second, datetime.fromtimestamp(second, UTC)
        return self._now

    def check(self, session: Session, command: Command, obj: DomainCheck) -> Result:
        return check_answer(obj, self.domains)

    def check_in_a_loop(self, session: Session, command: Command, obj: DomainCheck) -> Result:
        """The same out of the message classes, as somebody writes it who has read their declarations only."""
        domains = self.domains
        items = []
        for name in obj.names:
            taken = name in domains
            items.append(DomainCheckItem(CheckName(name, not taken), Reason("In use") if taken else None))
        return DomainCheckData(tuple(items))

    def info(self, session: Session, command: Command, obj: DomainInfo) -> Result:
        return self.domains.get(obj.name.name, 2303)

    def create(self, session: Session, command: Command, obj: DomainCreate) -> Result:
        domains, name = self.domains, obj.name
        if name in domains:
            return 2302
        created = self.now()
        expires = created.replace(created.year + (obj.period.value if obj.period is not None else 1))
        client = session.client_id
        assert client is not None
        domains[name] = DomainInfoData(
            name=name,
            roid=f"D{len(domains) + 1}-REG",
            statuses=OK,
            registrant=obj.registrant,
            contacts=obj.contacts,
            ns=obj.ns,
            cl_id=client,
            cr_id=client,
            cr_date=created,
            ex_date=expires,
        )
        self.auth_info[name] = obj.auth_info.pw.value if obj.auth_info.pw is not None else None
        return DomainCreateData(name, created, expires)

    def update(self, session: Session, command: Command, obj: DomainUpdate) -> Result:
        domain = self.domains.get(obj.name)
        if domain is None:
            return 2303
        hosts = domain.ns.host_objs if domain.ns is not None else ()
        contacts, statuses = domain.contacts, domain.statuses
        if (rem := obj.rem) is not None:
            if rem.ns is not None:
                hosts = without(hosts, rem.ns.host_objs)
            contacts = without(contacts, rem.contacts)
            statuses = without(statuses, rem.statuses)
        if (add := obj.add) is not None:
            if add.ns is not None:
                hosts += without(add.ns.host_objs, hosts)
            contacts += add.contacts
            statuses += add.statuses
        registrant = domain.registrant
        if obj.chg is not None and obj.chg.registrant is not None:
            registrant = obj.chg.registrant
        self.domains[obj.name] = replace(
            domain,
            ns=NameServers(hosts) if hosts else None,
            contacts=contacts,
            statuses=statuses,
            registrant=registrant,
            up_id=session.client_id,
            up_date=self.now(),
        )
        return 1000


def without(items: tuple[Any, ...], dropped: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple([item for item in items if item not in dropped]) if dropped else items


def plain(registry: Registry, check: Any = None) -> Handlers:
    handlers = Handlers()
    for cls, function in (
        (DomainCheck, check or registry.check),
        (DomainInfo, registry.info),
        (DomainCreate, registry.create),
        (DomainUpdate, registry.update),
    ):
        handlers.command(cls)(function)
    return handlers


def loop(registry: Registry) -> Handlers:
    """Plain handlers whose check is a loop over the names."""
    return plain(registry, registry.check_in_a_loop)


def batch(registry: Registry) -> Handlers:
    functions = {
        DomainCheck: registry.check,
        DomainInfo: registry.info,
        DomainCreate: registry.create,
        DomainUpdate: registry.update,
    }
    handlers = Handlers()

    @handlers.batch
    def answer(runs: list[Any]) -> None:
        for run in runs:
            session = run.session
            for i, command in enumerate(run.commands):
                obj = command.op.object
                function = functions.get(type(obj))
                run.reply(i, function(session, command, obj) if function is not None else 2101)

    return handlers


def waiting(registry: Registry) -> Handlers:
    """Handlers that may wait, but here do not."""
    handlers = Handlers()

    @handlers.command(DomainCheck)
    async def check(session: Session, command: Command, obj: DomainCheck) -> Result:
        return registry.check(session, command, obj)

    @handlers.command(DomainInfo)
    async def info(session: Session, command: Command, obj: DomainInfo) -> Result:
        return registry.info(session, command, obj)

    @handlers.command(DomainCreate)
    async def create(session: Session, command: Command, obj: DomainCreate) -> Result:
        return registry.create(session, command, obj)

    @handlers.command(DomainUpdate)
    async def update(session: Session, command: Command, obj: DomainUpdate) -> Result:
        return registry.update(session, command, obj)

    return handlers


KINDS = {"plain": plain, "loop": loop, "batch": batch, "async": waiting}


class Pauses:
    """Start and end of every collection, nanoseconds of the monotonic clock, to be laid over late replies."""

    def __init__(self) -> None:
        self.found: list[tuple[int, int, int]] = []
        self._start = 0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._start = time.monotonic_ns()
        else:
            self.found.append((self._start, time.monotonic_ns(), info["generation"]))


async def main(kind: str, certificate: str, key: str, authority: str, registry: Registry) -> None:
    handlers = KINDS[kind](registry)

    @handlers.login
    def login(session: Session, login: Login, command: Command) -> Any:
        return login.cl_id if (login.cl_id, login.pw) == ("reg-a", "bench-password") else 2200

    tls = ServerTls(certificate=certificate, key=key, client_ca=authority)
    # One account opens all sessions of the memory suite; every other limit is the default.
    config = ServerConfig(server_id="bench", limits=Limits(sessions_per_account=20_000))
    pauses = Pauses()
    with trio.open_signal_receiver(signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:
            listener = Listener(host="127.0.0.1", port=0, tls=tls)
            server = await nursery.start(
                lambda **status: serve(handlers, listeners=[listener], config=config, **status)
            )
            gc.callbacks.insert(0, pauses)
            print(json.dumps({"port": server.listeners[0].port}), flush=True)
            async for _ in signals:
                break
            stats = server.stats()
            nursery.cancel_scope.cancel()
    print(json.dumps({"stats": stats, "domains": len(registry.domains), "pauses": pauses.found}), flush=True)


if __name__ == "__main__":
    trio.run(main, *sys.argv[1:5], Registry(int(sys.argv[5]), bare="bare" in sys.argv[6:]))
