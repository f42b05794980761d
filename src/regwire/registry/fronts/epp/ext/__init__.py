"""What extensions add to the EPP front, one module each, found by scan: translation, no rules.

A module of this package has ``FRONT``, a `FrontExtension`. The front calls it for elements and records of the classes
it names; what was not negotiated, the session neither lets in nor out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Final

from regwire.epp import EXTENSIONS
from regwire.epp.ext import login_sec, rgp, secdns, secure_authinfo, unhandled
from regwire.epp.messages.core import Command
from regwire.registry.config import Config
from regwire.registry.rules.features import features
from regwire.schema import Namespace

__all__ = ["FrontExtension", "Tables", "announced", "installed", "names", "namespaces", "tables"]


@dataclass(frozen=True, kw_only=True)
class FrontExtension:
    """What one extension adds to the front.

    Attributes:
        name: of the module.
        greeting: per name that ``[epp] extensions`` may have, the namespace it stands for.
        feature: the feature it speaks for: unless ``[epp] extensions`` names it, it is announced only if that applies
            in a zone; "": always.
        commands: per extension element of a command, what makes the record of the model that the request carries.
        replies: per record of an outcome or a poll message, what makes the extension element of the reply.
        requests: per object element of a command (`OrgCreate`), what makes the request.
        data: per class of outcome data, what makes the element of resData, or a whole `Reply`.
        poll: per class of poll data, what makes the elements of resData.
        content: namespaces that are understood inside its elements and never announced.

    """

    name: str
    greeting: Mapping[str, Namespace] = field(default_factory=dict)
    feature: str = ""
    commands: Mapping[type[Any], Callable[[Any, Command], Any]] = field(default_factory=dict)
    replies: Mapping[type[Any], Callable[[Any], Any]] = field(default_factory=dict)
    requests: Mapping[type[Any], Callable[[Command, Any], Any]] = field(default_factory=dict)
    data: Mapping[type[Any], Callable[[Any, int, Any], Any]] = field(default_factory=dict)
    poll: Mapping[type[Any], Callable[[Any], tuple[Any, ...]]] = field(default_factory=dict)
    content: tuple[Namespace, ...] = ()


#: Extensions that the standard requests and replies speak themselves, or the session.
_BUILT_IN: Final[Mapping[str, Namespace]] = {
    "rgp": rgp.NAMESPACE,
    "secDNS": secdns.NAMESPACE,
    "loginSec": login_sec.NAMESPACE,
    "unhandled-namespaces": unhandled.NAMESPACE,
    "secure-authinfo-transfer": secure_authinfo.NAMESPACE,
}


@dataclass(frozen=True)
class Tables:
    """Everything that the front extensions add, by class.

    Attributes:
        takes: per extension element of a command, the command elements that it goes with.
        features: per name of the greeting, the feature it speaks for, where there is one.
        content: per name of the greeting, the namespaces that are understood inside.

    """

    commands: Mapping[type[Any], Callable[[Any, Command], Any]]
    replies: Mapping[type[Any], Callable[[Any], Any]]
    requests: Mapping[type[Any], Callable[[Command, Any], Any]]
    data: Mapping[type[Any], Callable[[Any, int, Any], Any]]
    poll: Mapping[type[Any], Callable[[Any], tuple[Any, ...]]]
    greeting: Mapping[str, Namespace]
    takes: Mapping[type[Any], frozenset[type[Any]]]
    features: Mapping[str, str]
    content: Mapping[str, tuple[Namespace, ...]]


@lru_cache(maxsize=1)
def _packaged() -> tuple[FrontExtension, ...]:
    found = []
    for module in sorted(iter_modules(__path__), key=lambda module: module.name):
        if not module.name.startswith("_"):
            name = f"{__name__}.{module.name}"
            front = getattr(import_module(name), "FRONT", None)
            if not isinstance(front, FrontExtension):
                raise TypeError(f"{name} has no FRONT (regwire.registry.fronts.epp.ext.FrontExtension)")
            found.append(front)
    return tuple(found)


_more: list[FrontExtension] = []
_PARTS: Final = ("commands", "replies", "requests", "data", "poll", "greeting")


@lru_cache(maxsize=1)
def tables() -> Tables:
    """Return what all front extensions add; found once.

    Raises:
        TypeError: a module has no FRONT.
        ValueError: two of them take the same class or name.

    """
    fronts = (*[front for front in _packaged() if not any(_overlap(front, other) for other in _more)], *_more)
    merged: dict[str, dict[Any, Any]] = {"greeting": dict(_BUILT_IN)}
    for part in _PARTS:
        into = merged.setdefault(part, {})
        for front in fronts:
            mine = getattr(front, part)
            twice = into.keys() & mine.keys()
            if twice:
                raise ValueError(f"front extension {front.name}: {part} of {twice.pop()} are taken already")
            into.update(mine)
    takes = {element: frozenset(targets) for extension in EXTENSIONS for element, targets in extension.commands.items()}
    features = {name: front.feature for front in fronts if front.feature for name in front.greeting}
    content = {name: front.content for front in fronts for name in front.greeting}
    return Tables(takes=takes, features=features, content=content, **merged)


def _overlap(one: FrontExtension, other: FrontExtension) -> bool:
    return any(getattr(one, part).keys() & getattr(other, part).keys() for part in _PARTS)


def names() -> tuple[str, ...]:
    """Return what ``[epp] extensions`` may name, in the order of the greeting."""
    return tuple(tables().greeting)


def announced(config: Config) -> tuple[str, ...]:
    """Return the names of the extensions that the greeting announces."""
    if config.epp.extensions is not None:
        return config.epp.extensions
    applying = {
        feature.name
        for zone in config.registry.zones
        for settings in [config.features_for(zone)]
        for feature in features()
        if feature.applies(zone, settings.get(feature.name))
    }
    spoken_for = tables().features
    return tuple([name for name in names() if spoken_for.get(name, "") in ("", *applying)])


def namespaces() -> Mapping[str, Namespace]:
    """Return the namespaces of the extensions by their prefixes, for what a refusal points at."""
    return {namespace.prefix or "": namespace for namespace in tables().greeting.values()}


@contextmanager
def installed(*more: FrontExtension) -> Iterator[None]:
    """Have further front extensions for the duration of the block, for tests; in place of ours that take the same."""
    _more.extend(more)
    tables.cache_clear()
    try:
        tables()
        yield
    finally:
        del _more[-len(more) :]
        tables.cache_clear()
