"""Features: what the registry lives by beside the standard objects, one module each, found by scan.

A module of this package has ``FEATURE``, a `Feature`. Its hooks are called at the places that the evaluation order of
the EPP notes gives them; a hook that a feature does not override is never called, and a zone's rules call only the
hooks of features that apply in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from regwire.registry.model.objects import Domain
    from regwire.registry.model.outcomes import Outcome
    from regwire.registry.model.requests import Request
    from regwire.registry.rules.context import Context
    from regwire.registry.rules.policy import Policies, ZonePolicy
    from regwire.registry.rules.view import View

__all__ = [
    "NO_HOOKS",
    "Feature",
    "Hooks",
    "features",
    "hooks_of",
    "installed",
    "instead_of",
    "is_feature_read",
    "kinds_by_name",
    "preparations",
    "refreshers",
    "request_rule",
    "settle_rule",
    "somewhere_taken",
    "untaken",
]

_After = TypeVar("_After")


class Feature:
    """One feature; a subclass overrides the hooks it needs.

    Every hook gets the `Context` first and may raise `Refusal`. ``request`` is what was asked (look at
    ``request.op`` of a transfer: every op but "query" comes here), ``before`` and ``after`` the object as it was and
    as it will be, None where there is none, ``zone`` the policy of the object's zone (of hosts and contacts: the
    general one). What one feature decided, the next one sees: in ``after``, and through `Context.record`.

    Attributes:
        name: of the module, of its settings' section, of its key in ``extra``.
        order: smaller ones are called first; features of the same order by name.
        settings: a dataclass of `regwire.registry.config.setting` fields, or None.
        takes: the records of command extensions that it takes: in a zone where the feature does not apply, a command
            with one is refused (2103, or what ``without`` says).
        without: per such record, the code and the reason of that refusal, where it is another than 2103.
        asks: those of them that a check may carry for any name, once the feature applies in a zone of the registry:
            its `checked` hook says what there is to say of the others.
        requests: rules of request classes of its own.
        reads: those of them that change nothing.
        settle: per kind of its own, what time does to the record of that key.
        instead: per record of an extension in ``takes``, what answers the request that carries it, given the request
            and the record; None: the rule of the request goes on.
        by_name: kinds whose records it looks up by the name of every domain that is created, so that a store can fetch
            those of a group together.
        prepare: per record of an extension, what makes of (request, record, policies, now) the record that the rules
            will see: called ahead of the rules, in a thread of its own, for what takes milliseconds (signatures).

    """

    name: str = ""
    order: int = 100
    settings: type[Any] | None = None
    takes: frozenset[type[Any]] = frozenset()
    without: Mapping[type[Any], tuple[int, str]] = {}
    asks: frozenset[type[Any]] = frozenset()
    requests: Mapping[type[Any], Callable[[Context, Any], Outcome]] = {}
    reads: frozenset[type[Any]] = frozenset()
    by_name: tuple[str, ...] = ()
    settle: Mapping[str, Callable[[Context, str], None]] = {}
    instead: Mapping[type[Any], Callable[[Context, Any, Any], Outcome | None]] = {}
    prepare: Mapping[type[Any], Callable[[Any, Any, Policies, datetime], Any]] = {}

    def refresh(self) -> None:
        """Look whether files of its own changed; called regularly, in a thread of its own."""

    def applies(self, zone: str, settings: Any) -> bool:
        """Tell whether the hooks are called for objects of ``zone`` ("": hosts, contacts, what has no zone)."""
        return True

    def policy(self, ctx: Context, request: Request, zone: ZonePolicy) -> None:
        """Before existence is looked at: 2003, 2004, 2306, 2102."""

    def eligibility(self, ctx: Context, request: Request, domain: Domain | None, zone: ZonePolicy) -> None:
        """After status: 2105, 2106, 2201, 2304. ``domain`` None: a create."""

    def data(self, ctx: Context, request: Request, before: Any, after: _After, zone: ZonePolicy) -> _After:
        """After association and data policy: 2303, 2305, 2308. Return ``after``, changed or not."""
        return after

    def billing(self, ctx: Context, request: Request, before: Any, after: Any, zone: ZonePolicy) -> None:
        """Last before commit: 2104."""

    def commit(self, ctx: Context, request: Request, before: Any, after: _After, zone: ZonePolicy) -> _After:
        """The command is accepted. Return ``after``; `Context.change`, `tell` and `extend` do the rest."""
        return after

    def check_name(self, ctx: Context, request: Request, name: str, zone: ZonePolicy) -> str | None:
        """Return why a name that is not registered cannot be (at most 32 characters), None if it can."""
        return None

    def passes(self, view: View, zone: ZonePolicy) -> bool:
        """Tell whether, in this state, `check_name` lets every name of a zone pass in a check without extensions.

        Whatever the name and the time; False: it must be asked. Only features that override `check_name` are asked.
        """
        return False

    def checked(self, ctx: Context, request: Request, items: tuple[tuple[str, bool, str | None], ...]) -> None:
        """After a check of domains: `Context.extend`. Called if the feature applies anywhere."""

    def informed(self, ctx: Context, request: Request, value: Any, zone: ZonePolicy) -> None:
        """After an info of a domain, host or contact, or a transfer query of a domain: `Context.extend`."""

    def lapse(self, ctx: Context, event: str, before: Any, after: Any, zone: ZonePolicy) -> Any:
        """After an event in an object's life, by time or by command. Return ``after``.

        Domains have all events, hosts (with their domain) and contacts only "transfer".

        ``event``: "autoRenew" (time), "transfer" (a transfer completes, by answer or time), "delete" (the command;
        ``after`` None: within the add grace period), "restore" (the report is accepted), "redemption" (no report
        came), "pendingDelete" (time: it can no longer be restored), "purge" (time). Events of commands come after
        `commit`.
        """
        return after


#: The hooks, in the order of evaluation.
_HOOKS: Final = (
    "policy",
    "eligibility",
    "data",
    "billing",
    "commit",
    "check_name",
    "checked",
    "informed",
    "lapse",
)


@dataclass(frozen=True, slots=True)
class Hooks:
    """The hooks that are called in one zone: per hook, those of the features that override it, in their order.

    ``takes``: the records of command extensions that the features of the zone take.
    """

    policy: tuple[Callable[..., None], ...] = ()
    eligibility: tuple[Callable[..., None], ...] = ()
    data: tuple[Callable[..., Any], ...] = ()
    billing: tuple[Callable[..., None], ...] = ()
    commit: tuple[Callable[..., Any], ...] = ()
    check_name: tuple[Callable[..., str | None], ...] = ()
    checked: tuple[Callable[..., None], ...] = ()
    informed: tuple[Callable[..., None], ...] = ()
    lapse: tuple[Callable[..., Any], ...] = ()
    takes: frozenset[type[Any]] = frozenset()

    def accept(self, ctx: Context, request: Request, before: Any, after: Any, zone: ZonePolicy) -> Any:
        """Call data, billing and commit; return ``after`` as they leave it."""
        for data in self.data:
            after = data(ctx, request, before, after, zone)
        for billing in self.billing:
            billing(ctx, request, before, after, zone)
        for commit in self.commit:
            after = commit(ctx, request, before, after, zone)
        return after

    def happened(self, ctx: Context, event: str, before: Any, after: Any, zone: ZonePolicy) -> Any:
        """Call lapse; return ``after`` as it leaves it."""
        for lapse in self.lapse:
            after = lapse(ctx, event, before, after, zone)
        return after


NO_HOOKS: Final = Hooks()
_found: list[Feature] = []
_loaded = False


def _sorted(found: Iterable[Feature]) -> list[Feature]:
    return sorted(found, key=lambda feature: (feature.order, feature.name))


def features() -> tuple[Feature, ...]:
    """Return every feature in its order; the first call imports them.

    Raises:
        TypeError: a module has no FEATURE.
        ValueError: two features have the same name, or take the same request class or kind.

    """
    global _loaded  # noqa: PLW0603
    if not _loaded:
        _loaded = True
        for module in iter_modules(__path__):
            if not module.name.startswith("_"):
                name = f"{__name__}.{module.name}"
                feature = getattr(import_module(name), "FEATURE", None)
                if not isinstance(feature, Feature) or feature.name != module.name:
                    raise TypeError(f"{name} has no FEATURE of that name (regwire.registry.rules.features.Feature)")
                _found.append(feature)
        _found[:] = _sorted(_found)
        _check()
    return tuple(_found)


def _check() -> None:
    taken: set[object] = set()
    for feature in _found:
        mine = (feature.name, *feature.requests, *feature.settle)
        for thing in mine:
            if thing in taken:
                raise ValueError(f"feature {feature.name}: another one has or takes {thing}")
        taken.update(mine)


@contextmanager
def installed(*more: Feature) -> Iterator[None]:
    """Have further features for the duration of the block, for tests: of registries made inside it."""
    before = list(features())
    _found[:] = _sorted([*before, *more])
    try:
        _check()
        yield
    finally:
        _found[:] = before


def settle_rule(kind: str) -> Callable[[Context, str], None] | None:
    """Return what time does to records of a kind, None if no feature is there that knows."""
    return next((feature.settle[kind] for feature in features() if kind in feature.settle), None)


def request_rule(cls: type[Any]) -> Callable[[Context, Any], Outcome] | None:
    """Return the rule of a request class of a feature's own, or None."""
    return next((feature.requests[cls] for feature in features() if cls in feature.requests), None)


def instead_of(ctx: Context, request: Request) -> Outcome | None:
    """Let features answer a request in place of its rule."""
    for extension in request.extensions:
        for feature in features():
            answer = feature.instead.get(type(extension))
            if answer is not None:
                outcome = answer(ctx, request, extension)
                if outcome is not None:
                    return outcome
    return None


def preparations() -> dict[type[Any], Callable[[Any, Any, Policies, datetime], Any]]:
    """Return what is done ahead of the rules, by the class of the extension record."""
    return {cls: prepare for feature in features() for cls, prepare in feature.prepare.items()}


def kinds_by_name() -> tuple[str, ...]:
    """Return the kinds whose records are looked up by the name of every domain that is created."""
    return tuple([kind for feature in features() for kind in feature.by_name])


def refreshers() -> list[Callable[[], None]]:
    """Return what is to be called regularly, in a thread."""
    return [feature.refresh for feature in features() if type(feature).refresh is not Feature.refresh]


def is_feature_read(cls: type[Any]) -> bool:
    """Tell whether a request class of a feature's own changes nothing."""
    return any(cls in feature.reads for feature in features())


def hooks_of(zone: str, settings: Mapping[str, Any]) -> Hooks:
    """Return the hooks of the features that apply in ``zone``, given the settings by feature."""
    applying = [feature for feature in features() if feature.applies(zone, settings.get(feature.name))]
    by_hook: dict[str, Any] = {}
    for hook in _HOOKS:
        base = getattr(Feature, hook)
        by_hook[hook] = tuple([getattr(f, hook) for f in applying if getattr(type(f), hook) is not base])
    takes = frozenset[type[Any]]().union(*[feature.takes for feature in applying])
    return Hooks(takes=takes, **by_hook) if takes or any(by_hook.values()) else NO_HOOKS


def somewhere_taken(cls: type[Any]) -> bool:
    """Tell whether a feature takes records of a class, in whatever zone."""
    return any(cls in feature.takes for feature in features())


def untaken(cls: type[Any]) -> tuple[int, str] | None:
    """Return what its feature has to say where it takes no records of a class; None: nothing of its own."""
    return next((feature.without[cls] for feature in features() if cls in feature.without), None)


def asked_of_any(cls: type[Any]) -> bool:
    """Tell whether a check may carry records of a class whatever the zones of its names are."""
    return any(cls in feature.asks for feature in features())
