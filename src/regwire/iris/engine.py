"""One request, one response, whatever the transport: what all IRIS servers do alike. No event loop, no octets."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from regwire_native import Lookups, ResultTemplate

from regwire.errors import BagUnrecognized, IrisError, NameNotFound, QueryNotSupported
from regwire.iris.found import Part, part_of, refused
from regwire.iris.handlers import (
    Context,
    DatagramContext,
    Exchange,
    Handlers,
    canonical_type,
    is_async,
    query_type,
)
from regwire.iris.messages import core
from regwire.iris.messages.core import (
    Answer,
    LookupEntity,
    OnlyCheckPermissions,
    Request,
    Response,
    Result,
    ResultSet,
    SearchSet,
    StandardReaction,
)
from regwire.schema import Raw

__all__ = ["Engine", "Pending"]

logger = logging.getLogger("regwire.iris.engine")

EMPTY = ResultSet(Answer())
"""A result set without results."""

_NOTHING = Response(result_sets=(ResultSet(Answer(), error=core.NameNotFound()),))
"""What a lookup that finds nothing gets."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Responses that wait: for the exchanges at `places` of what `Engine.begin` was given.

    `await run()` gives them, once; `fail(reason)` gives <insufficientResources> for them instead, when a deadline
    passed.
    """

    places: tuple[int, ...]
    run: Callable[[], Awaitable[list[Response]]]
    fail: Callable[[str], list[Response]]


class _Work:
    """An exchange on its way: a part for each search set."""

    __slots__ = ("batch", "control", "exchange", "many", "parts", "reaction", "response", "waiting")

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.control = exchange.request.control
        self.reaction: Any = None
        self.response: Response | None = None
        self.parts: list[Part | None] = [None] * len(exchange.request.search_sets)
        self.waiting: list[tuple[int, Any]] = []
        self.batch: list[int] = []
        self.many: list[tuple[int, Callable[..., Any]]] = []


class Engine:
    """Answers exchanges by handlers. Never raises for what a handler or a request did wrong."""

    def __init__(self, handlers: Handlers) -> None:
        self.handlers = handlers
        self.types = handlers.types
        self.failures = 0
        self._known = frozenset(self.types)
        self._authorities = frozenset(name.lower().rstrip(".") for name in handlers.authorities)
        self._lookups = Lookups(
            request=Request,
            search_set=SearchSet,
            lookup=LookupEntity,
            result=Result,
            context=DatagramContext,
            queries={cls: function for cls, function in handlers.searches.items() if not is_async(function)},
            learn=self._learn,
            serves=self.serves,
            settle=self._settle,
            refuse=self._refuse,
        )
        self._batch_waits = handlers.batch_handler is not None and is_async(handlers.batch_handler)

    # --------------------------------------------------------------------------------------------------- for drivers

    def serves(self, authority: str) -> bool:
        """Whether requests for this authority are answered here; otherwise a transport answers authority-error."""
        if not self._authorities:
            # What is not UTF-8 arrives as surrogates, and could not be repeated in an answer.
            return authority.isascii() or not any("\ud800" <= character <= "\udfff" for character in authority)
        return not authority or authority.lower().rstrip(".") in self._authorities

    def respond(self, exchanges: Sequence[Exchange]) -> list[Response] | Awaitable[list[Response]]:
        """A response for each exchange, in order; an awaitable of them where a handler has to wait."""
        found, waiting = self.begin(exchanges)
        if waiting:
            return _join(found, waiting)
        return [response for response in found if response is not None]

    def begin(self, exchanges: Sequence[Exchange]) -> tuple[list[Response | None], list[Pending]]:
        """What is answered at once (None: not yet), and what waits, each part on its own."""
        works = [self._start(exchange) for exchange in exchanges]
        self._run_many(works)
        pending: list[Pending] = []
        batch = [place for place, work in enumerate(works) if work.batch]
        if batch:
            if self._batch_waits:
                pending.append(self._pending(works, tuple(batch), batched=True))
            else:
                self._run_batch([works[place] for place in batch])
        for place, work in enumerate(works):
            if work.waiting and not (work.batch and self._batch_waits):
                pending.append(self._pending(works, (place,), batched=False))
        waiting = {place for one in pending for place in one.places}
        return [None if place in waiting else self._finish(work) for place, work in enumerate(works)], pending

    def quick(self, request: Request, context: Context) -> Any:
        """What to send for what most requests are: one lookup or query of a handler that does not wait.

        It is a result, None (nothing found) or a whole response; `whole` makes the response of each, `template` its
        octets. NotImplemented: the request is anything else; `begin` answers it. The same as `begin` gives, without
        what it takes for the rest.
        """
        return self._lookups.one(request, context)

    def quick_datagrams(self, datagrams: list[Any], answered: list[Any], contents: list[Any]) -> list[Any]:
        """As `quick`, for `regwire_native.LwzDatagram` that came together.

        Those that are answered are appended to `answered`, and what to send for them to `contents`; all others are
        returned.
        """
        return self._lookups.answer(datagrams, answered, contents)

    @staticmethod
    def template(codec: Any) -> ResultTemplate:
        """What writes what `quick` gives, at listeners of a codec: `Reactor.reply_datagrams`, `Reactor.reply_xpc`."""
        return ResultTemplate(codec, _NOTHING, "result_sets", "answer", "results")

    @staticmethod
    def whole(content: Any) -> Response:
        """The response that stands behind what `quick` gave."""
        if content is None:
            return _NOTHING
        return content if isinstance(content, Response) else Response(result_sets=(ResultSet(Answer((content,))),))

    def _learn(self, kind: str, entity_class: str) -> tuple[Callable[..., Any], bool] | None:
        """The plain handler of a registry type and class as a client spells them, and whether it takes many."""
        function = self.handlers.for_lookup(canonical_type(kind), entity_class.lower())
        if function is None or is_async(function):
            return None
        return function, self.handlers.takes_many(function)

    def _settle(self, found: Any, query: Any) -> Response:
        """The response of what a handler gave that is no plain result."""
        part = self._part(found, query)
        return Response(result_sets=(part.result_set,), bags=part.bags)

    def _part(self, found: Any, query: Any) -> Part:
        try:
            return refused(found, query) if isinstance(found, IrisError) else part_of(found, query)
        except IrisError as error:
            return refused(error, query)
        except Exception as error:
            return self._failed(error, query)

    def _refuse(self, error: Exception, query: Any) -> Response | None:
        """The response to what a handler raised; None: the one that says that there is no such thing."""
        if not isinstance(error, IrisError):
            return Response(result_sets=(self._failed(error, query).result_set,))
        if type(error) is NameNotFound and not error.explanation and not error.others and error.code is None:
            return None
        return Response(result_sets=(refused(error, query).result_set,))

    # ------------------------------------------------------------------------------------------------------ one request

    def _start(self, exchange: Exchange) -> _Work:
        work = _Work(exchange)
        if work.control is not None and not isinstance(work.control, OnlyCheckPermissions):
            work.reaction = self._react(exchange)
            if isinstance(work.reaction, StandardReaction) and not work.reaction.control_accepted:
                work.parts = [Part(EMPTY)] * len(work.parts)
                return work
        for place, search_set in enumerate(exchange.request.search_sets):
            try:
                self._one(work, place, search_set)
            except IrisError as error:
                work.parts[place] = refused(error, search_set.query)
            except Exception as error:
                work.parts[place] = self._failed(error, search_set.query)
        return work

    def _one(self, work: _Work, place: int, search_set: SearchSet) -> None:
        context = work.exchange.context
        query: Any = search_set.query
        if type(query) is Raw:
            raise QueryNotSupported("this query is not known here")
        if search_set.bag is not None:
            self._look_into(search_set, context)
        if isinstance(query, LookupEntity):
            kind, entity_class = canonical_type(query.registry_type), query.entity_class.lower()
            function = self.handlers.for_lookup(kind, entity_class)
            if function is None and kind in self._known:
                if entity_class == "iris" and query.entity_name.lower() in {"id", "limits"}:
                    work.parts[place] = Part(ResultSet(Answer((self._about(kind, query, context),))))
                    return
                if entity_class == "local" and (local := self.handlers.local_entity(query.entity_name)) is not None:
                    work.parts[place] = Part(ResultSet(Answer((_named(local, kind, query, context),))))
                    return
        else:
            kind, entity_class = query_type(type(query)), None
            function = self.handlers.for_query(type(query))
        if function is not None and self.handlers.takes_many(function):
            work.many.append((place, function))
        elif function is not None:
            found = function(query, context)
            if hasattr(found, "__await__"):
                work.waiting.append((place, found))
            else:
                work.parts[place] = part_of(found, query)
        elif self.handlers.batch_handler is not None and kind in self._known:
            work.batch.append(place)
        elif kind in self._known and entity_class in {"iris", "local"}:
            raise NameNotFound
        else:
            raise QueryNotSupported

    def _look_into(self, search_set: SearchSet, context: Context) -> None:
        """A server must not ignore a bag (RFC 3981 section 4.4)."""
        if self.handlers.bag_handler is None:
            raise BagUnrecognized
        self.handlers.bag_handler(search_set.bag, search_set.query, context)

    def _react(self, exchange: Exchange) -> Any:
        unrecognized = StandardReaction(control_unrecognized=True)
        if self.handlers.control_handler is None:
            return unrecognized
        try:
            return self.handlers.control_handler(exchange.request.control, exchange) or unrecognized
        except Exception as error:
            self._log(error, exchange.request.control)
            return StandardReaction(control_denied=True)

    def _finish(self, work: _Work) -> Response:
        if work.response is not None:
            return work.response
        parts = [part if part is not None else Part(EMPTY) for part in work.parts]
        reaction = work.reaction
        if isinstance(work.control, OnlyCheckPermissions):
            denied = any(isinstance(part.result_set.error, core.PermissionDenied) for part in parts)
            if denied:
                parts = [Part(EMPTY)] * len(parts)
            reaction = StandardReaction(control_denied=denied, control_accepted=not denied)
        bags: dict[str, Any] = {}
        for part in parts:
            bags.update((bag.id, bag) for bag in part.bags)
        return Response(reaction, result_sets=tuple([part.result_set for part in parts]), bags=tuple(bags.values()))

    # ----------------------------------------------------------------------------------------- about the service itself

    def _about(self, kind: str, query: LookupEntity, context: Context) -> Any:
        handlers = self.handlers
        asked = context.authority or (handlers.authorities[0] if handlers.authorities else "")
        name = query.entity_name.lower()
        attributes: dict[str, Any] = {
            "authority": asked,
            "registry_type": kind,
            "entity_class": "iris",
            "entity_name": name,
        }
        if name == "limits":
            limits = handlers.limits
            return core.Limits(
                total_queries=limits.total_queries,
                total_results=limits.total_results,
                total_sessions=limits.total_sessions,
                other_restrictions=limits.other,
                see_also=limits.see_also,
                **attributes,
            )
        listed = [asked, *(a for a in handlers.authorities if a.lower() != asked.lower())]
        operator = handlers.operator
        return core.ServiceIdentification(
            authorities=tuple(listed),
            operator_name=operator.name,
            emails=operator.emails,
            phones=operator.phones,
            see_also=operator.see_also,
            **attributes,
        )

    # --------------------------------------------------------------------------------------------------- what waits

    def _pending(self, works: list[_Work], places: tuple[int, ...], *, batched: bool) -> Pending:
        mine = [works[place] for place in places]

        async def run() -> list[Response]:
            for work in mine:
                waiting, work.waiting = work.waiting, []
                for place, coroutine in waiting:
                    query = work.exchange.request.search_sets[place].query
                    try:
                        work.parts[place] = part_of(await coroutine, query)
                    except IrisError as error:
                        work.parts[place] = refused(error, query)
                    except Exception as error:
                        work.parts[place] = self._failed(error, query)
            if batched:
                await self._await_batch(mine)
            return [self._finish(work) for work in mine]

        def fail(reason: str) -> list[Response]:
            for work in mine:
                waiting, work.waiting = work.waiting, []
                for _, coroutine in waiting:
                    # One that was never awaited would warn.
                    getattr(coroutine, "close", _nothing)()
                for place, part in enumerate(work.parts):
                    if part is None:
                        query = work.exchange.request.search_sets[place].query
                        work.parts[place] = self._failed(TimeoutError(reason), query)
            return [self._finish(work) for work in mine]

        return Pending(places, run, fail)

    def _split(self, works: list[_Work]) -> list[Exchange]:
        """What the batch handler gets: of each exchange the search sets that nothing else claims."""
        found = []
        for work in works:
            request = work.exchange.request
            if len(work.batch) < len(request.search_sets):
                mine = tuple([request.search_sets[place] for place in work.batch])
                found.append(Exchange(Request(request.control, search_sets=mine), work.exchange.context))
            else:
                found.append(work.exchange)
        return found

    def _run_many(self, works: list[_Work]) -> None:
        """Ask handlers that take many lookups, each once."""
        asked: dict[Callable[..., Any], list[tuple[_Work, int]]] = {}
        for work in works:
            for place, function in work.many:
                asked.setdefault(function, []).append((work, place))
        for function, places in asked.items():
            queries = [work.exchange.request.search_sets[place].query for work, place in places]
            try:
                found = function(queries, [work.exchange.context for work, _ in places])
                found = _as_many(found, len(queries))
            except IrisError as error:
                found = [error] * len(queries)
            except Exception as error:
                for (work, place), query in zip(places, queries, strict=True):
                    work.parts[place] = self._failed(error, query)
                continue
            for (work, place), query, one in zip(places, queries, found, strict=True):
                work.parts[place] = self._part(one, query)

    def _run_batch(self, works: list[_Work]) -> None:
        function = self.handlers.batch_handler
        assert function is not None
        try:
            self._merge(works, function(self._split(works)))
        except Exception as error:
            self._fail_batch(works, error)

    async def _await_batch(self, works: list[_Work]) -> None:
        function = self.handlers.batch_handler
        assert function is not None
        try:
            self._merge(works, await function(self._split(works)))
        except Exception as error:
            self._fail_batch(works, error)

    def _merge(self, works: list[_Work], responses: Sequence[Response]) -> None:
        if len(responses) != len(works):
            raise ValueError(f"the batch handler gave {len(responses)} responses for {len(works)} exchanges")
        for work, response in zip(works, responses, strict=True):
            sets = response.result_sets
            if len(sets) != len(work.batch):
                raise ValueError(f"{len(sets)} result sets for {len(work.batch)} search sets")
            if work.control is None and len(sets) == len(work.parts):
                # All of it was the batch's: so is the response.
                work.response = response
                continue
            for number, (place, result_set) in enumerate(zip(work.batch, sets, strict=True)):
                work.parts[place] = Part(result_set, response.bags if number == 0 else ())
            if response.reaction is not None:
                work.reaction = response.reaction

    def _fail_batch(self, works: list[_Work], error: Exception) -> None:
        self._log(error, "batch")
        for work in works:
            for place in work.batch:
                work.parts[place] = Part(ResultSet(Answer(), error=core.InsufficientResources()))

    def _failed(self, error: Exception, query: Any) -> Part:
        self._log(error, query)
        return Part(ResultSet(Answer(), error=core.InsufficientResources()))

    def _log(self, error: Exception, query: Any) -> None:
        self.failures += 1
        what = query if isinstance(query, str) else type(query).__name__
        logger.error(
            "handler failed: %s of %s",
            type(error).__name__,
            what,
            exc_info=error,
            extra={"event": "iris.failed", "query": what},
        )


def _named(entity: Any, kind: str, query: LookupEntity, context: Context) -> Any:
    """A local entity under the registry type and authority that it was asked by."""
    return core.SimpleEntity(
        properties=entity.properties,
        authority=entity.authority or context.authority,
        registry_type=kind,
        entity_class="local",
        entity_name=query.entity_name,
    )


def _as_many(found: Any, count: int) -> list[Any]:
    given = list(found)
    if len(given) != count:
        raise ValueError(f"the handler gave {len(given)} answers for {count} lookups")
    return given


async def _join(found: list[Response | None], waiting: list[Pending]) -> list[Response]:
    for pending in waiting:
        for place, response in zip(pending.places, await pending.run(), strict=True):
            found[place] = response
    return [response for response in found if response is not None]


def _nothing() -> None:
    """In place of a method that an awaitable does not have."""
