"""``regwire demo``: a registry in another process, two registrars, 20 TLS sessions, and every outcome checked."""

from __future__ import annotations

import contextlib
import hashlib
import signal
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio

from regwire.cli.init import REGISTRARS, create_registry
from regwire.cli.labels import psl_labels
from regwire.cli.process import ServerProcess
from regwire.cli.progress import Progress, open_progress
from regwire.cli.requests import new_auth_info
from regwire.cli.talk import open_pool, run
from regwire.cli.tally import Tally
from regwire.cli.target import Options, resolve
from regwire.epp import (
    Command,
    ContactCreate,
    ContactInfo,
    DomainCheck,
    DomainCheckData,
    DomainContact,
    DomainCreate,
    DomainCreateData,
    DomainInfo,
    DomainInfoData,
    DomainInfoName,
    DomainRenew,
    DomainRenewData,
    DomainTransfer,
    DomainTransferData,
    HostCreate,
    HostDelete,
    NameServers,
    Period,
    Poll,
    Response,
    auth_info,
    command,
)
from regwire.epp.ext.secdns import SecDnsCreate, SecDnsDsData, SecDnsInfoData

if TYPE_CHECKING:
    from regwire.trio.epp import Pool

__all__ = ["run_demo"]

ZONE = "example"
CHECK_SIZE = 50
#: Commands that each session has under way at once.
DEPTH = 8
#: Contacts a registrar; its names share them.
CONTACTS = 10
#: Every how many-th name is renewed.
RENEW_EVERY = 10


def run_demo(*, limit: int | None = None, sessions: int = 20, folder: Path | None = None) -> bool:
    """Run the demonstration and print its table; returns whether every outcome was as expected.

    Args:
        limit: register at most so many labels; None: all.
        sessions: TLS sessions of both registrars together.
        folder: where the registry is made and kept; None: a temporary folder.

    Raises:
        ConfigError: the folder holds a registry already.
        TransportError: the server did not start, or went away.

    """
    # SIGTERM as Ctrl-C, which shells ignore in the background: the server, which is another process, ends with us, and
    # a temporary folder goes.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    with contextlib.ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="regwire-demo-")))
        _create_on_free_port(folder)
        labels = psl_labels()[:limit]
        print(f"registry in {folder}, {len(labels)} labels of the Public Suffix List, {sessions} sessions", flush=True)
        tally = Tally()
        with ServerProcess(folder) as server:
            print(f"serving EPP on {server.address}:{server.port} (process {server.pid})", flush=True)
            run(_register, folder, server, labels, sessions, tally)
            tally.expect(server.stop() == 0, "the server's exit status is 0")
        _check_file(folder, len(labels) + len(REGISTRARS), tally)
        tally.print_table()
        return not tally.surprises


def _create_on_free_port(folder: Path) -> None:
    """Make a registry that listens on any free port, so that one that runs already is not in the way."""
    from regwire.registry.config import ExtraListener, ListenSettings

    create_registry(folder, listen=ListenSettings(protocols=(), extra=(ExtraListener(protocol="epp", port=0),)))


def _check_file(folder: Path, domains: int, tally: Tally) -> None:
    """Look into the registry's file itself: what was acknowledged must be there when the server is gone."""
    with contextlib.closing(sqlite3.connect(folder / "registry.sqlite")) as connection:

        def count(what: str) -> int:
            return int(connection.execute(f"select {what}").fetchone()[0])

        found = count("count(*) from domain")
        tally.expect(found == domains, f"the registry's file holds {domains} domains, not {found}")
        found = count("count(distinct txn) from history where account <> '-'")
        tally.expect(found == tally.durable, f"the file's history has {tally.durable} transactions, not {found}")
        found = count("count(*) from poll")
        tally.expect(found == 0, f"no message is left in a queue, not {found}")


@dataclass(slots=True)
class Registrar:
    """One of the two: its sessions, and what it registers names with."""

    name: str
    pool: Pool
    tally: Tally
    contacts: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    labels: Sequence[str] = ()
    secrets: dict[str, str] = field(default_factory=dict)
    expiries: dict[str, Any] = field(default_factory=dict)

    async def ask(self, kind: str, message: Command, expect: int = 1000) -> Response:
        """Send one command, note its latency and code, and whether the code is the expected one."""
        return await self.tally.timed(kind, expect, self.pool.send(message))

    # --- the objects that all names share

    async def prepare(self) -> None:
        """Create the contacts, the registrar's own domain and its name servers."""
        self.contacts = tuple(f"{self.name}-{index}" for index in range(CONTACTS))
        for contact in self.contacts:
            await self.ask("contact create", command(_contact(contact)))
        own = f"ns-{self.name}.{ZONE}"
        self.secrets[own] = new_auth_info()
        await self.ask("domain create", command(DomainCreate(own, auth_info=auth_info(self.secrets[own]))))
        self.hosts = (f"a.{own}", f"b.{own}", f"ns.{self.name}.test")
        await self.ask("host create", command(HostCreate(self.hosts[0], _addresses("192.0.2.1", "2001:db8::1"))))
        await self.ask("host create", command(HostCreate(self.hosts[1], _addresses("192.0.2.2"))))
        await self.ask("host create", command(HostCreate(self.hosts[2])))

    # --- one name

    async def create(self, label: str) -> None:
        """Register a name for two years, with contacts, hosts and a DS record."""
        name = f"{label}.{ZONE}"
        self.secrets[name] = new_auth_info()
        created = DomainCreate(
            name,
            Period(2, "y"),
            NameServers(host_objs=self.hosts),
            self._contact_of(label),
            self._links(label),
            auth_info=auth_info(self.secrets[name]),
        )
        response = await self.ask("domain create", command(created, SecDnsCreate(ds_data=(_ds(name),))))
        data = _only(response, DomainCreateData)
        self.tally.expect(data is not None and data.name == name, f"{name}: the create is answered with its data")
        self.expiries[name] = data.ex_date if data is not None else None

    async def info(self, label: str) -> None:
        """Everything that was registered is told, and nothing else."""
        name = f"{label}.{ZONE}"
        response = await self.ask("domain info", command(DomainInfo(DomainInfoName(name))))
        data = _only(response, DomainInfoData)
        keys = next((item for item in response.extension if isinstance(item, SecDnsInfoData)), None)
        self.tally.expect(
            data is not None
            and data.name == name
            and data.cl_id == self.name
            and data.registrant == self._contact_of(label)
            and set(data.contacts) == set(self._links(label))
            and data.ns is not None
            and set(data.ns.host_objs) == set(self.hosts)
            and [status.s for status in data.statuses] == ["ok"]
            and data.ex_date == self.expiries[name],
            f"{name}: the info tells what was registered",
        )
        self.tally.expect(keys is not None and keys.ds_data == (_ds(name),), f"{name}: the info tells its DS record")

    async def renew(self, label: str) -> None:
        """One more year, and the same day."""
        name = f"{label}.{ZONE}"
        before = self.expiries[name]
        if before is None:
            self.tally.expect(False, f"{name}: there is something to renew")
            return
        response = await self.ask("domain renew", command(DomainRenew(name, before.date(), Period(1, "y"))))
        data = _only(response, DomainRenewData)
        after = data.ex_date if data is not None else None
        # Registered today, so that a 29 February turns to the 28th already at the create.
        self.tally.expect(
            after is not None and (after.year, after.month) == (before.year + 1, before.month),
            f"{name}: renewed by one year",
        )
        self.expiries[name] = after

    async def check(self, labels: Sequence[str], *, available: bool) -> None:
        """All of these names are available, or none of them is."""
        names = tuple(f"{label}.{ZONE}" for label in labels)
        data = _only(await self.ask("domain check", command(DomainCheck(names))), DomainCheckData)
        found = [(item.name.name, item.name.avail) for item in data.items] if data is not None else []
        self.tally.expect(found == [(name, available) for name in names], f"check of {names[0]} and so on")

    async def read_queue(self, name: str) -> None:
        """Read and acknowledge the whole queue: it tells of the transfer of `name`, and ends."""
        states = []
        response = await self.ask("poll", command(Poll("req")), expect=1301)
        while response.msg_q is not None and response.results[0].code == 1301:
            told = _only(response, DomainTransferData)
            self.tally.expect(told is not None and told.name == name, f"{self.name}: the message is about {name}")
            states.append(told.tr_status if told is not None else None)
            await self.ask("poll ack", command(Poll("ack", response.msg_q.id)))
            more = response.msg_q.count > 1
            response = await self.ask("poll", command(Poll("req")), expect=1301 if more else 1300)
        self.tally.expect("clientApproved" in states or "pending" in states, f"{self.name}: told of the transfer")

    def _contact_of(self, label: str) -> str:
        return self.contacts[len(label) % len(self.contacts)]

    def _links(self, label: str) -> tuple[DomainContact, ...]:
        contact = self._contact_of(label)
        return (DomainContact(contact, "admin"), DomainContact(contact, "tech"))


async def _register(folder: Path, server: ServerProcess, labels: Sequence[str], sessions: int, tally: Tally) -> None:
    """The whole demonstration over an open server."""
    async with _registrars(folder, server, sessions, tally) as (first, second):
        first.labels, second.labels = labels[::2], labels[1::2]
        both = (first, second)
        workers = max(1, sessions // 2) * DEPTH
        for registrar in both:
            await registrar.prepare()
        with open_progress() as progress:
            await _each(both, workers, progress, "create", lambda r: _jobs(r.labels, r.create))
            await _each(both, workers, progress, "check", lambda r: _check_jobs(r, labels))
            await _each(both, workers, progress, "info", lambda r: _jobs(r.labels, r.info))
            await _each(both, workers, progress, "renew", lambda r: _jobs(r.labels[::RENEW_EVERY], r.renew))
        await first.check(["not-registered-1", "not-registered-2"], available=True)
        await _refused_as_expected(first, second)
        await _transfer(first, second, f"{first.labels[0]}.{ZONE}")


@contextlib.asynccontextmanager
async def _registrars(
    folder: Path, server: ServerProcess, sessions: int, tally: Tally
) -> AsyncIterator[tuple[Registrar, Registrar]]:
    """Both registrars with half of the sessions each."""
    async with contextlib.AsyncExitStack() as stack:
        found = []
        for name in REGISTRARS:
            target = resolve(Options(folder=folder, account=name, host=server.address, port=server.port))
            pool = await stack.enter_async_context(open_pool(target, size=max(1, sessions // 2), window=DEPTH))
            found.append(Registrar(name, pool, tally))
        yield found[0], found[1]


Job = Callable[[], Awaitable[None]]


def _jobs(labels: Sequence[str], work: Callable[[str], Awaitable[None]]) -> list[Job]:
    return [lambda label=label: work(label) for label in labels]  # type: ignore[misc]


def _check_jobs(registrar: Registrar, labels: Sequence[str]) -> list[Job]:
    """Each registrar checks half of all names, whoever registered them: none is available."""
    half = labels[: len(labels) // 2] if registrar.name == REGISTRARS[0] else labels[len(labels) // 2 :]
    groups = [half[start : start + CHECK_SIZE] for start in range(0, len(half), CHECK_SIZE)]
    return [lambda group=group: registrar.check(group, available=False) for group in groups]  # type: ignore[misc]


async def _each(
    registrars: Sequence[Registrar],
    workers: int,
    progress: Progress,
    title: str,
    jobs_of: Callable[[Registrar], list[Job]],
) -> None:
    """Do all jobs of all registrars, each with as many workers as its sessions take commands at once."""
    lists = [jobs_of(registrar) for registrar in registrars]
    tally = registrars[0].tally
    with progress.phase(title, sum(map(len, lists))) as advance, tally.phase(f"domain {title}"):
        async with trio.open_nursery() as nursery:
            for jobs in lists:
                queue = iter(jobs)
                for _ in range(min(workers, len(jobs))):
                    nursery.start_soon(_work, queue, advance)


async def _work(queue: Iterator[Job], advance: Callable[[], None]) -> None:
    for job in queue:
        await job()
        advance()


async def _refused_as_expected(first: Registrar, second: Registrar) -> None:
    """What must be refused is, with the code that says why."""
    taken, other = f"{first.labels[0]}.{ZONE}", f"{second.labels[0]}.{ZONE}" if second.labels else first.hosts[0]
    secret = auth_info(new_auth_info())
    await second.ask("domain create", command(DomainCreate(taken, auth_info=secret)), expect=2302)
    await first.ask("domain info", command(DomainInfo(DomainInfoName(f"no-such-name.{ZONE}"))), expect=2303)
    await first.ask("contact info", command(ContactInfo("no-such-id")), expect=2303)
    await second.ask("domain transfer", command(DomainTransfer(taken, None, secret), op="request"), expect=2202)
    await first.ask("host delete", command(HostDelete(first.hosts[0])), expect=2305)
    if second.labels and second.expiries[other] is not None:
        await first.ask("domain renew", command(DomainRenew(other, second.expiries[other].date())), expect=2201)


async def _transfer(loser: Registrar, winner: Registrar, name: str) -> None:
    """A transfer with its authInfo, approved; both queues tell of it; the new sponsor sees the domain."""
    requested = DomainTransfer(name, Period(1, "y"), auth_info(loser.secrets[name]))
    response = await winner.ask("domain transfer", command(requested, op="request"), expect=1001)
    data = _only(response, DomainTransferData)
    winner.tally.expect(data is not None and data.tr_status == "pending", f"{name}: the transfer is pending")
    response = await loser.ask("domain transfer", command(DomainTransfer(name), op="approve"))
    data = _only(response, DomainTransferData)
    loser.tally.expect(data is not None and data.tr_status == "clientApproved", f"{name}: the transfer is approved")
    for registrar in (loser, winner):
        await registrar.read_queue(name)
    info = _only(await winner.ask("domain info", command(DomainInfo(DomainInfoName(name)))), DomainInfoData)
    winner.tally.expect(info is not None and info.cl_id == winner.name, f"{name}: sponsored by {winner.name}")


# --- what is registered


def _contact(identifier: str) -> ContactCreate:
    from regwire.cli import requests

    address = requests.postal_info("Ada Example", "Example Ltd", ["1 Main Street"], "Zürich", None, "8000", "CH")
    secret = requests.contact_auth(new_auth_info())
    return ContactCreate(
        identifier, (address,), requests.phone("+41.441234567x12"), email="ada@example.test", auth_info=secret
    )


def _addresses(*texts: str) -> Any:
    from regwire.cli.requests import host_addresses

    return host_addresses(texts)


def _ds(name: str) -> SecDnsDsData:
    """A DS record of its own for each name: algorithm 13, digest type 2."""
    digest = hashlib.sha256(name.encode()).digest()
    return SecDnsDsData(int.from_bytes(digest[:2], "big"), 13, 2, digest)


def _only(response: Response, kind: type[Any]) -> Any:
    """The response's data of this class, or None."""
    return next((item for item in response.res_data if isinstance(item, kind)), None)
