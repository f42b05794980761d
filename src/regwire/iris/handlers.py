"""What answers requests: the registry of an application's handlers, and what they are given."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from regwire.errors import ConfigError
from regwire.iris.messages.common import AREG, DCHK, DREG, EREG
from regwire.iris.messages.core import (
    LookupEntity,
    OtherRestrictions,
    Query,
    Request,
    SeeAlso,
    SimpleEntity,
    TimeLimits,
)
from regwire.schema import Namespace

__all__ = [
    "REGISTRY_TYPES",
    "Context",
    "Exchange",
    "Handlers",
    "Operator",
    "ServiceLimits",
    "canonical_type",
    "short_type",
]

F = TypeVar("F", bound=Callable[..., Any])

REGISTRY_TYPES: tuple[str, ...] = tuple(namespace.uri for namespace in (DREG, DCHK, AREG, EREG))
"""The URNs of the registry types whose messages regwire declares."""

_URN = "urn:ietf:params:xml:ns:"


def canonical_type(registry_type: str) -> str:
    """The URN of a registry type, lower-case, from a URN or its short name in any case (RFC 3981 section 4.3.2)."""
    lower = registry_type.strip().lower()
    return lower if ":" in lower else _URN + lower


def short_type(registry_type: str) -> str:
    """The short name of a registry type, as URIs have it: `dreg1`."""
    return canonical_type(registry_type).removeprefix(_URN)


@dataclass(slots=True)
class Context:
    """Who asks, and how. Not to be changed (it is not frozen, for that would cost a microsecond a datagram).

    `transport` is "xpc", "xpcs", "lwz", "beep" or "memory"; `authority` what the client named (may be empty); `peer`
    address and port, None in memory; `encrypted` whether TLS protects the answer; `identity` whom SASL authorised
    (None: anonymous, or not authenticated); `data` is the handlers' own: one dictionary a session, or a datagram.
    """

    transport: str = "memory"
    authority: str = ""
    peer: tuple[str, int] | None = None
    encrypted: bool = False
    identity: str | None = None
    data: dict[str, object] = field(default_factory=dict)


class DatagramContext(Context):
    """The context of a datagram, without what most handlers do not look at."""

    __slots__ = ("_data", "_datagram")

    transport = "lwz"
    encrypted = False
    identity = None

    def __init__(self, authority: str, datagram: Any) -> None:
        self.authority = authority
        self._datagram = datagram
        self._data: dict[str, object] | None = None

    @property
    def peer(self) -> tuple[str, int] | None:  # type: ignore[override]
        """Address and port."""
        found: tuple[str, int] | None = self._datagram.peer
        return found

    @property
    def data(self) -> dict[str, object]:  # type: ignore[override]
        """New for each datagram."""
        if self._data is None:
            self._data = {}
        return self._data


@dataclass(slots=True)
class Exchange:
    """One request and who made it. Not to be changed."""

    request: Request
    context: Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Who runs the service: what `iris/id` says besides the authorities (RFC 3981 section 4.3.7.1)."""

    name: str | None = None
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    see_also: tuple[SeeAlso, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLimits:
    """What `iris/limits` says (RFC 3981 section 4.3.7.2); nothing: the server has no limits to tell of."""

    total_queries: TimeLimits | None = None
    total_results: TimeLimits | None = None
    total_sessions: TimeLimits | None = None
    other: OtherRestrictions | None = None
    see_also: tuple[SeeAlso, ...] = ()


class Handlers:
    """Handlers by registry type and entity class, by query, and for everything else.

    - `lookup(DREG, "domain-name")`: lookups of these entity classes (none named: every class) of a registry type.
    - `lookups(DREG, "domain-name")`: the same, of those that came together at once.
    - `search(FindDomainsByName)`: one class of queries.
    - `batch`: takes a sequence of `Exchange` with what nothing else claims, and returns a `Response` for each, in
      order, with a result set for each search set. `types` names the registry types that it knows.

    A lookup or search handler is called with (entity or query, context). It returns result elements (one, or a tuple,
    which may hold references and continuations too), an `Answer`, a `ResultSet`, an error element, a `Response` of one
    result set (to give bags), or None: nothing found. It raises a subclass of `regwire.errors.IrisError` for an error
    element; any other exception is logged and answered <insufficientResources>.

    Plain `def` handlers are called in the server's loop and must not block; `async def` handlers may wait, within the
    deadline of the server, while others are answered. Replies keep their order in any case.

    `authorities` are those served, without case; none: whatever a client asks for. Requests of an empty authority mean
    the first.
    """

    def __init__(
        self,
        authorities: Sequence[str] = (),
        *,
        operator: Operator = Operator(),
        limits: ServiceLimits = ServiceLimits(),
        types: Sequence[Namespace | str] = (),
    ) -> None:
        self.authorities = tuple(authorities)
        self.operator = operator
        self.limits = limits
        self._types = {_type_of(item) for item in types}
        self._lookups: dict[tuple[str, str], Callable[..., Any]] = {}
        self._many: set[Callable[..., Any]] = set()
        self._searches: dict[type[Query], Callable[..., Any]] = {}
        self._local: dict[str, SimpleEntity] = {}
        self._batch: Callable[..., Any] | None = None
        self._bag: Callable[..., Any] | None = None
        self._control: Callable[..., Any] | None = None

    def lookup(self, registry_type: Namespace | str, *classes: str) -> Callable[[F], F]:
        """Register the handler of these entity classes (none: all without another). Raises ConfigError for a second."""
        kind = _type_of(registry_type)
        keys = [(kind, name.lower()) for name in classes] or [(kind, "")]
        for key in keys:
            if key in self._lookups:
                raise ConfigError(f"{short_type(kind)}/{key[1] or '*'}", "has a handler already")

        def register(function: F) -> F:
            self._lookups.update(dict.fromkeys(keys, function))
            self._types.add(kind)
            return function

        return register

    def lookups(self, registry_type: Namespace | str, *classes: str) -> Callable[[F], F]:
        """Register a handler of these entity classes that takes all lookups which came together.

        It is a plain `def`, called with two lists of the same length: entities, and the context of each. It returns as
        many answers, in order, each what a lookup handler returns, or an `IrisError` (not raised: one that it raises is
        the answer to all of them). Many datagrams often come together; most blocks of XPC come alone. Raises
        ConfigError for a second handler, and for one that waits.
        """
        register = self.lookup(registry_type, *classes)

        def many(function: F) -> F:
            self._many.add(_plain(function, "lookups"))
            return register(function)

        return many

    def search(self, *queries: type[Query]) -> Callable[[F], F]:
        """Register the handler of these query classes. Raises ConfigError for a second, and for what is no query."""
        for cls in queries:
            if not (isinstance(cls, type) and issubclass(cls, Query)):
                raise ConfigError(
                    getattr(cls, "__name__", repr(cls)), "is no query", "register a class like FindContacts"
                )
            if cls in self._searches:
                raise ConfigError(cls.__name__, "has a handler already")

        def register(function: F) -> F:
            for cls in queries:
                self._searches[cls] = function
                self._types.add(query_type(cls))
            return function

        return register

    def local(self, entity: SimpleEntity) -> None:
        """Add an entity to the class `local` of every registry type; it is found by its `entity_name`, without case."""
        self._local[entity.entity_name.lower()] = entity

    def batch(self, function: F) -> F:
        """Register the handler of everything that no other claims. Raises ConfigError if there is one."""
        self._batch = _only(self._batch, function, "batch")
        return function

    def bag(self, function: F) -> F:
        """Register what looks at bags, a plain `def` (bag, entity or query, context).

        It returns, and the bag is taken, or raises a `BagError`.
        """
        self._bag = _only(self._bag, _plain(function, "bag"), "bag")
        return function

    def control(self, function: F) -> F:
        """Register what answers controls besides <onlyCheckPermissions>, a plain `def` (control, exchange) -> reaction.

        A StandardReaction other than accepted means that nothing is executed.
        """
        self._control = _only(self._control, _plain(function, "control"), "control")
        return function

    # ---------------------------------------------------------------------------------------------- for the engine

    @property
    def types(self) -> tuple[str, ...]:
        """URNs of the registry types served; all of them when only `batch` answers and none was named."""
        if not self._types and self._batch is not None:
            return REGISTRY_TYPES
        known = [uri for uri in REGISTRY_TYPES if uri in self._types]
        return (*known, *sorted(self._types - set(known)))

    @property
    def batch_handler(self) -> Callable[..., Any] | None:
        """The batch handler, if any."""
        return self._batch

    @property
    def bag_handler(self) -> Callable[..., Any] | None:
        """What looks at bags, if anything."""
        return self._bag

    @property
    def control_handler(self) -> Callable[..., Any] | None:
        """What answers controls, if anything."""
        return self._control

    def for_lookup(self, kind: str, entity_class: str) -> Callable[..., Any] | None:
        """The handler of a class of a registry type, both canonical; `iris` and `local` must be named to be claimed."""
        found = self._lookups.get((kind, entity_class))
        if found is None and entity_class not in {"iris", "local"}:
            found = self._lookups.get((kind, ""))
        return found

    def takes_many(self, function: Callable[..., Any]) -> bool:
        """Whether a handler of lookups was registered by `lookups`."""
        return function in self._many

    @property
    def searches(self) -> dict[type[Query], Callable[..., Any]]:
        """The handlers by class of query."""
        return self._searches

    def for_query(self, cls: type[Query]) -> Callable[..., Any] | None:
        """The handler of a class of queries."""
        return self._searches.get(cls)

    def local_entity(self, name: str) -> SimpleEntity | None:
        """The entity of this name in the class `local`."""
        return self._local.get(name.lower())


def query_type(cls: type[Query]) -> str:
    """The URN of the registry type that a class of queries belongs to."""
    namespace = cls.__ns__
    return "" if namespace is None else canonical_type(namespace.uri)


def is_async(function: Callable[..., Any]) -> bool:
    """Whether calling it gives a coroutine: `async def`, also behind partial or a callable object."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


def _type_of(item: Namespace | str) -> str:
    return canonical_type(item if isinstance(item, str) else item.uri)


def _plain(function: F, where: str) -> F:
    if is_async(function):
        raise ConfigError(where, "cannot wait", "register a plain def")
    return function


def _only(before: Callable[..., Any] | None, function: F, where: str) -> F:
    if before is not None:
        raise ConfigError(where, "has a handler already")
    return function


Asked = LookupEntity | Query
