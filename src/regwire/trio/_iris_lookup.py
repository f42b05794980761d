"""Lookups and searches by IRIS URI: finding servers, asking them, and following what they refer to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, Self

import trio

from regwire.errors import (
    ConfigError,
    ConnectFailed,
    IrisError,
    NotSent,
    OutcomeUnknown,
    ProtocolError,
    ReferralRefused,
    RegwireError,
    SizeRefused,
    TransferRefused,
    TransportError,
)
from regwire.iris import DEFAULT
from regwire.iris.found import error_of
from regwire.iris.handlers import canonical_type, short_type
from regwire.iris.messages.core import (
    Entity,
    LookupEntity,
    Query,
    Request,
    Response,
    Result,
    ResultSet,
    SearchContinuation,
    SearchSet,
)
from regwire.iris.resolve import Answer, Question, Target, candidates, is_inside
from regwire.iris.uri import Authority, IrisUri
from regwire.schema import Element, Raw, Schema
from regwire.trio import _iris_client

__all__ = ["Channel", "Failure", "Finder", "Found", "KnownServer", "LookupConfig", "Step", "lookup", "search"]

AT_ONCE = 8
"""Referrals that are followed at the same time."""

DATAGRAM_SECONDS = 7.0
"""Three datagrams (after 1, 2 and 4 s): then the next server or transport, though LWZ itself would try for a minute."""

# A server that fails in one of these ways is passed over for the next one; asking again is safe, for nothing changes.
_NEXT = (TransportError, NotSent, OutcomeUnknown, ProtocolError, TransferRefused)


class Channel(Protocol):
    """A connection to a server, as a `Finder` uses it: `regwire.trio.iris.Client` is one."""

    @property
    def closed(self) -> bool:
        """Nothing can be asked any more."""

    async def ask(self, request: Request, *, authority: str = "") -> Response:
        """Ask for an authority and return the response."""


Connect = Callable[..., AbstractAsyncContextManager[Channel]]


@dataclass(frozen=True, slots=True)
class KnownServer:
    """A server that is known, so that the DNS is not asked. `server_name` is what its certificate must be for."""

    host: str
    port: int
    transport: str = "xpc"
    server_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupConfig:
    """How servers are found and asked.

    `transports`: in order of preference; default LWZ, XPC, XPCS, BEEP, and without the unencrypted ones where `sasl` is
    given. A URI's scheme comes first. `servers`: authorities (in lower case; "*" for all) whose server is known.
    `follow`: ask where referrals and continuations point to, at most `referrals` times in all. `sasl` is for the
    authority asked first, and shown to no other. `private_referrals`: also follow where a server at a public address
    refers to one that is not (loopback, a private network), unless that authority is one of `servers`; otherwise
    that is a `ReferralRefused` among the failures. `dns` answers `regwire.iris.resolve.Question`
    (default: the system's resolvers).
    """

    transports: tuple[str, ...] | None = None
    servers: Mapping[str, KnownServer] = field(default_factory=dict)
    follow: bool = True
    referrals: int = 16
    tls: Any = None
    sasl: Any = None
    client: Any = None
    private_referrals: bool = False
    schema: Schema = DEFAULT
    dns: Callable[[Question], Awaitable[Answer]] | None = None
    connect: Connect = _iris_client.connect

    def offered(self, wanted: str | None) -> tuple[str, ...]:
        """Return the transports to look for."""
        if wanted is not None:
            return (wanted,)
        if self.transports is not None:
            return self.transports
        return ("xpcs", "beep", "xpc") if self.sasl is not None else ("lwz", "xpc", "xpcs", "beep")


@dataclass(frozen=True, slots=True)
class Step:
    """One question that was answered: by whom, and what."""

    authority: str
    query: LookupEntity | Query
    target: Target
    result_set: ResultSet


@dataclass(frozen=True, slots=True)
class Failure:
    """One referral that gave nothing: an `IrisError` of its server, or why none could be asked."""

    authority: str
    query: LookupEntity | Query
    error: RegwireError


@dataclass(frozen=True, slots=True)
class Found:
    """What was found.

    `results` are of all steps, the first one's first; `additional` is what they refer to; `steps` say who said what;
    `failures` are referrals that failed; `left` those that were not followed. `reaction` is the first server's to a
    control.
    """

    results: tuple[Result, ...]
    additional: tuple[Result, ...] = ()
    steps: tuple[Step, ...] = ()
    failures: tuple[Failure, ...] = ()
    left: tuple[Entity | SearchContinuation, ...] = ()
    reaction: Element | Raw | None = None

    @property
    def result(self) -> Result | None:
        """The first result; None when there is none."""
        return self.results[0] if self.results else None


@dataclass(frozen=True, slots=True)
class _Task:
    """One thing to ask."""

    authority: str
    registry_type: str
    query: LookupEntity | Query
    resolution: str = ""
    bag: Raw | None = None
    control: Element | Raw | None = None
    transport: str | None = None
    first: bool = False
    guarded: bool = False
    """A server outside referred to it: it must not lead inside."""

    @property
    def key(self) -> tuple[Any, ...]:
        """What must not be asked twice."""
        what: Any = self.query
        if isinstance(what, LookupEntity):
            what = (canonical_type(what.registry_type), what.entity_class.lower(), what.entity_name.lower())
        return (self.authority.lower().rstrip("."), what)


class Finder:
    """Looks up and searches; keeps its connections until the block ends, and shares them among tasks.

    ::

        async with Finder() as finder:
            found = await finder.lookup("iris:dreg1//example.com/domain-name/example.com")
    """

    def __init__(self, config: LookupConfig | None = None) -> None:
        self.config = config or LookupConfig()
        self._manager: Any = None
        self._nursery: trio.Nursery | None = None
        self._stop = trio.Event()
        self._lines: dict[tuple[Any, ...], tuple[Channel, Target]] = {}
        self._locks: dict[tuple[Any, ...], trio.Lock] = {}
        self._dns = self.config.dns

    async def __aenter__(self) -> Self:
        """Begin."""
        self._manager = trio.open_nursery()
        self._nursery = await self._manager.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close all connections."""
        self._stop.set()
        manager, self._manager, self._nursery = self._manager, None, None
        if error is not None:
            manager._nursery.cancel_scope.cancel()
        try:
            await manager.__aexit__(None, None, None)
        except BaseException:
            if error is None or isinstance(error, trio.Cancelled):
                raise

    async def lookup(
        self,
        uri: IrisUri | str,
        entity_class: str | None = None,
        entity_name: str | None = None,
        *,
        authority: str | None = None,
        resolution: str = "",
        bag: Raw | None = None,
        control: Element | Raw | None = None,
    ) -> Found:
        """Look up an entity: a URI, or registry type, class, name and `authority`.

        Raises IrisError (NameNotFound, PermissionDenied, …) for the error of the authority asked first; those of
        referrals are in `Found.failures`. Raises ConfigError for a URI that is none, ConnectFailed when no server is
        found or reached, and what `Client.ask` raises. Cancelling is safe.
        """
        if entity_class is None or entity_name is None:
            parsed = IrisUri.parse(uri) if isinstance(uri, str) else uri
            task = _Task(
                str(parsed.authority), parsed.registry_type, parsed.lookup, resolution or parsed.resolution,
                bag, control, parsed.transport, first=True,
            )  # fmt: skip
        else:
            if authority is None:
                raise ConfigError("authority", "is missing", "say whom to ask: authority='example.com'")
            query = LookupEntity(canonical_type(str(uri)), entity_class, entity_name)
            task = _Task(
                str(Authority.parse(authority)), short_type(str(uri)), query, resolution, bag, control, first=True
            )
        return await self._find(task)

    async def search(
        self,
        query: Query,
        *,
        authority: str,
        resolution: str = "",
        bag: Raw | None = None,
        control: Element | Raw | None = None,
    ) -> Found:
        """Ask a query of an authority; as `lookup`."""
        namespace = getattr(query, "__ns__", None)
        if not isinstance(query, Query) or namespace is None:
            raise ConfigError("query", f"{type(query).__name__} is no query", "give one such as dreg.FindDomainsByName")
        kind = short_type(namespace.uri)
        return await self._find(
            _Task(str(Authority.parse(authority)), kind, query, resolution, bag, control, first=True)
        )

    # ----------------------------------------------------------------------------------------------- following

    async def _find(self, task: _Task) -> Found:
        trail = _Trail(self.config.follow, self.config.referrals)
        trail.seen.add(task.key)
        response, target = await self._ask(task)
        error = trail.take(task, target, response)
        if error is not None and not trail.results:
            raise error
        while trail.tasks:
            tasks, trail.tasks = trail.tasks, []
            await self._level(tasks, trail)
        reaction = response.reaction
        return Found(
            tuple(trail.results), tuple(trail.additional), tuple(trail.steps), tuple(trail.failures),
            tuple(trail.left), reaction,
        )  # fmt: skip

    async def _level(self, tasks: list[_Task], trail: _Trail) -> None:
        """Follow what one round of answers referred to, and take the answers in the order of the references."""
        answers: list[tuple[Response, Target] | RegwireError | None] = [None] * len(tasks)
        limiter = trio.CapacityLimiter(AT_ONCE)

        async def follow(place: int) -> None:
            async with limiter:
                try:
                    answers[place] = await self._ask(tasks[place])
                except RegwireError as error:
                    answers[place] = error

        async with trio.open_nursery() as nursery:
            for place in range(len(tasks)):
                nursery.start_soon(follow, place)
        for task, answer in zip(tasks, answers, strict=True):
            if isinstance(answer, RegwireError):
                trail.failures.append(Failure(task.authority, task.query, answer))
            elif answer is not None:
                self._taken(task, answer, trail)

    @staticmethod
    def _taken(task: _Task, answer: tuple[Response, Target], trail: _Trail) -> None:
        failed: RegwireError | None
        try:
            failed = trail.take(task, answer[1], answer[0])
        except ProtocolError as broken:
            failed = broken
        if failed is not None:
            trail.failures.append(Failure(task.authority, task.query, failed))

    # ------------------------------------------------------------------------------------------------- asking

    async def _ask(self, task: _Task) -> tuple[Response, Target]:
        transports = self.config.offered(task.transport)
        try:
            return await self._ask_by(task, transports)
        except SizeRefused:
            # What LWZ cannot carry, a stream does (RFC 4993 section 4): where, only the DNS knows.
            others = tuple(transport for transport in self.config.offered(None) if transport != "lwz")
            named = Authority.parse(task.authority).port is not None or self._server(task) is not None
            if "lwz" not in transports or named or not others:
                raise
            return await self._ask_by(task, others)

    async def _ask_by(self, task: _Task, transports: tuple[str, ...]) -> tuple[Response, Target]:
        if self._nursery is None:
            raise ConfigError("Finder", "is not open", "use it in `async with Finder() as finder:`")
        search_set = SearchSet(bag=task.bag, query=task.query)
        request = Request(control=task.control, search_sets=(search_set,))
        own = task.first and self.config.sasl is not None
        guarded = task.guarded and not self.config.private_referrals
        key = (task.authority.lower(), short_type(task.registry_type), task.resolution, transports, own, guarded)
        async with self._locks.setdefault(key, trio.Lock()):
            line = self._lines.get(key)
            if line is None or line[0].closed:
                return await self._reach(task, request, key)
        try:
            return await line[0].ask(request, authority=line[1].authority), line[1]
        except (NotSent, OutcomeUnknown, TransportError):
            # The connection was kept, and ended meanwhile: once more from the beginning.
            async with self._locks[key]:
                if self._lines.get(key) is line:
                    del self._lines[key]
                    return await self._reach(task, request, key)
        return await self._ask_by(task, transports)

    async def _reach(self, task: _Task, request: Request, key: tuple[Any, ...]) -> tuple[Response, Target]:
        """Try one server after the other until one answers."""
        error: RegwireError | None = None
        too_large: SizeRefused | None = None
        steps = self._steps(task, key[3])
        try:
            step = next(steps)
            while True:
                if isinstance(step, Question):
                    step = steps.send(await self._question(step))
                    continue
                if key[5] and self._server(task) is None and is_inside(step.host):
                    error = ReferralRefused(task.authority, step.host)
                    step = steps.send(None)
                    continue
                try:
                    channel = await self._open(step, own=key[4])
                    response = await self._first(channel, step, request, alone=len(key[3]) == 1)
                except SizeRefused as refused:
                    # The server is there and answers: whatever is smaller may go this way again.
                    self._lines[key] = (channel, step)
                    too_large = refused
                    break
                except _NEXT as failed:
                    error = failed
                    step = steps.send(None)
                else:
                    self._lines[key] = (channel, step)
                    return response, step
        except StopIteration:
            pass
        finally:
            steps.close()
        if too_large is not None:
            raise too_large
        raise error or ConnectFailed(self._nobody(task))

    @staticmethod
    async def _first(channel: Channel, target: Target, request: Request, *, alone: bool) -> Response:
        """Ask a server for the first time; datagrams get little of it where there is another way."""
        if target.transport != "lwz" or alone:
            return await channel.ask(request, authority=target.authority)
        with trio.move_on_after(DATAGRAM_SECONDS):
            return await channel.ask(request, authority=target.authority)
        raise ConnectFailed(f"{target.host}:{target.port}: no answer to datagrams within {DATAGRAM_SECONDS:g} s")

    def _nobody(self, task: _Task) -> str:
        problem = getattr(self._dns, "problem", "")
        return f"{task.authority}: no server found for {short_type(task.registry_type)}" + (
            f" ({problem})" if problem else ""
        )

    def _server(self, task: _Task) -> KnownServer | None:
        servers, authority = self.config.servers, Authority.parse(task.authority)
        return servers.get(str(authority)) or servers.get(authority.host) or servers.get("*")

    def _steps(self, task: _Task, transports: tuple[str, ...]) -> Any:
        authority = Authority.parse(task.authority)
        server = self._server(task)
        if server is not None:
            return _known(server, authority, task.transport)
        fallback = "beep" if transports == ("beep",) else None
        return candidates(
            authority, task.registry_type, transports=transports, method=task.resolution, fallback=fallback
        )

    async def _question(self, question: Question) -> Answer:
        if self._dns is None:
            from regwire.trio._iris_dns import Dns  # noqa: PLC0415 - dnspython only where the DNS is asked

            self._dns = Dns()
        return await self._dns(question)

    async def _open(self, target: Target, *, own: bool) -> Channel:
        assert self._nursery is not None
        channel: Channel = await self._nursery.start(self._hold, target, own)
        return channel

    async def _hold(self, target: Target, own: bool, task_status: trio.TaskStatus[Channel]) -> None:
        """Keep one connection until the Finder ends."""
        config = self.config
        started = False
        options: dict[str, Any] = {} if config.client is None else {"config": config.client}
        if own:
            options["sasl"] = config.sasl
        try:
            async with config.connect(
                target.host,
                target.port,
                transport=target.transport,
                tls=config.tls,
                server_name=target.server_name,
                **options,
            ) as channel:
                started = True
                task_status.started(channel)
                await self._stop.wait()
        except RegwireError:
            if not started:
                raise


def _known(server: KnownServer, authority: Authority, transport: str | None) -> Any:
    host = server.server_name or (authority.host if authority.address is None else server.host)
    asked = authority.host if authority.address is None else ""
    yield Target(server.host, server.port, transport or server.transport, host, asked)


class _Trail:
    """What a search has seen."""

    def __init__(self, follow: bool, referrals: int) -> None:
        self.seen: set[tuple[Any, ...]] = set()
        self.tasks: list[_Task] = []
        self.results: list[Result] = []
        self.additional: list[Result] = []
        self.steps: list[Step] = []
        self.failures: list[Failure] = []
        self.left: list[Entity | SearchContinuation] = []
        self._budget = max(0, referrals) if follow else 0

    def take(self, task: _Task, target: Target, response: Response) -> IrisError | None:
        """Take an answer in; return its error."""
        if len(response.result_sets) != 1:
            raise ProtocolError(f"{len(response.result_sets)} result sets came for one search set")
        (result_set,) = response.result_sets
        self.steps.append(Step(task.authority, task.query, target, result_set))
        bags = {bag.id: bag.content for bag in response.bags}
        more = result_set.additional.results if result_set.additional is not None else ()
        known = {_named(result): result for result in more}
        self.results.extend(result_set.answer.results)
        self.additional.extend(more)
        for entity in result_set.answer.entities:
            result = known.get(_named(entity))
            if result is not None:
                self.results.append(result)
            elif entity.temporary_reference:
                # It means something within this response only, and is not in it.
                self.left.append(entity)
            else:
                self._refer(task, target, entity, bags)
        for continuation in result_set.answer.continuations:
            self._refer(task, target, continuation, bags)
        return error_of(result_set)

    def _refer(
        self, task: _Task, target: Target, referral: Entity | SearchContinuation, bags: Mapping[str, Raw]
    ) -> None:
        query: LookupEntity | Query
        if isinstance(referral, Entity):
            kind = referral.registry_type
            query = LookupEntity(canonical_type(kind), referral.entity_class, referral.entity_name)
        else:
            query = referral.query
            kind = getattr(getattr(query, "__ns__", None), "uri", task.registry_type)
        bag = bags.get(referral.bag_ref) if referral.bag_ref is not None else None
        # An empty authority is the server's own.
        same = referral.authority.lower().rstrip(".") in {"", task.authority.lower()}
        following = _Task(
            task.authority if same else referral.authority,
            short_type(kind),
            query,
            referral.resolution or (task.resolution if same else ""),
            bag,
            transport=task.transport if same else None,
            first=task.first and same,
            guarded=task.guarded or (not same and not is_inside(target.host)),
        )
        if following.key in self.seen:
            return
        if self._budget == 0:
            self.left.append(referral)
            return
        self._budget -= 1
        self.seen.add(following.key)
        self.tasks.append(following)


def _named(item: Result | Entity) -> tuple[str, str, str]:
    return canonical_type(item.registry_type), item.entity_class.lower(), item.entity_name.lower()


async def lookup(
    uri: IrisUri | str,
    entity_class: str | None = None,
    entity_name: str | None = None,
    *,
    authority: str | None = None,
    config: LookupConfig | None = None,
    **options: Any,
) -> Found:
    """Find an entity by its URI, or by registry type, class, name and authority; see `Finder.lookup`."""
    async with Finder(config) as finder:
        return await finder.lookup(uri, entity_class, entity_name, authority=authority, **options)
    raise AssertionError


async def search(query: Query, *, authority: str, config: LookupConfig | None = None, **options: Any) -> Found:
    """Ask a query of an authority; see `Finder.search`."""
    async with Finder(config) as finder:
        return await finder.search(query, authority=authority, **options)
    raise AssertionError
