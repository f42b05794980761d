"""What all fronts of IRIS have in common: a state to look at, as one client may see it, and references into it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Final, TypeVar

import idna
import trio

from regwire.errors import InvalidName, InvalidSearch, QueryNotSupported, SearchTooWide
from regwire.iris.handlers import Context
from regwire.iris.messages import dreg, ereg
from regwire.iris.messages.common import EREG, Text
from regwire.iris.messages.core import Additional, Answer, Code, Entity, ResultSet
from regwire.registry.config import Config
from regwire.registry.engine import Registry
from regwire.registry.model.numbers import Match
from regwire.registry.model.objects import Contact, Domain
from regwire.registry.rules.features.privacy import PrivacySettings, Visibility, visible
from regwire.registry.rules.present import is_host_name, is_name, present_contact, present_domain
from regwire.registry.store import base
from regwire.registry.store.base import Lookup
from regwire.schema import Namespace, QName

__all__ = [
    "Desk",
    "Sight",
    "address_of",
    "domain_name",
    "host_name",
    "idn_name",
    "many",
    "matching",
    "to_unicode",
]

_T = TypeVar("_T")

#: Signs that people write between the letters of a name, as IDNA has them.
_DOTS: Final = str.maketrans({"\u3002": ".", "\uff0e": ".", "\uff61": "."})


class Desk:
    """The registry as its IRIS fronts ask it."""

    def __init__(self, registry: Registry, config: Config) -> None:
        self.registry = registry
        self.settings = config.iris
        self.policies = registry.policies
        self.zones = config.registry.zones
        self.authority = (config.iris.authorities or config.registry.zones)[0]
        self.operator = config.iris.operator_name or config.registry.server_id
        #: Whether name servers may be attributes of domains.
        self.attributes = any(policy.settings.host_model == "attributes" for policy in self.policies.by_zone.values())
        self.privacy: PrivacySettings = config.features_for("")["privacy"]

    @contextmanager
    def look(self, context: Context, namespace: Namespace) -> Iterator[Sight]:
        """Give one committed state as this client may see it; not across a wait."""
        with self.registry.store.read() as view:
            yield Sight(self, view, context, namespace)

    def handler(self, namespace: Namespace, function: Callable[[Sight, Any], _T]) -> Callable[[Any, Context], _T]:
        """Return a handler that looks at a state of its own."""
        return partial(self._handle, namespace, function)

    def search(self, namespace: Namespace, function: Callable[[Sight, Any], _T]) -> Callable[[Any, Context], Any]:
        """Return a handler of what may need the index; one that waits if the index is made when somebody asks."""
        if self.settings.searches != "first":
            return self.handler(namespace, function)

        async def when_indexed(asked: Any, context: Context) -> _T:
            try:
                return self._handle(namespace, function, asked, context)
            except _NeedsIndex:
                await trio.to_thread.run_sync(self.registry.store.make_searchable)
            return self._handle(namespace, function, asked, context)

        return when_indexed

    def _handle(self, namespace: Namespace, function: Callable[[Sight, Any], _T], asked: Any, context: Context) -> _T:
        try:
            with self.look(context, namespace) as sight:
                return function(sight, asked)
        except base.SearchTooWide as error:
            raise SearchTooWide(str(error)) from None


class _NeedsIndex(Exception):
    """What is asked needs the index of the store, which is not there yet."""


class Sight:
    """One state, as one client may see it.

    Attributes:
        view: the state.
        now: the instant that it is looked at.
        authority: what the client calls us.
        full: whether it may see everything.
        types: the registry type's URN.
        brief: whether answers are to be small.

    """

    __slots__ = ("_needed", "authority", "brief", "desk", "full", "now", "types", "view")

    def __init__(self, desk: Desk, view: Lookup, context: Context, namespace: Namespace) -> None:
        self.desk = desk
        self.view = view
        self.now: datetime = desk.registry.clock.now()
        self.authority = context.authority or desk.authority
        self.full = context.identity is not None and context.identity in desk.privacy.full_access
        self.types = namespace.uri
        self._needed: dict[tuple[str, str], Any] = {}
        self.brief = context.transport == "lwz" or not desk.settings.additional

    def require_searches(self, *, index: bool) -> None:
        """Refuse a search where the operator wants none; have the index made if it is needed and not there."""
        if self.desk.settings.searches == "off":
            raise QueryNotSupported("this server answers lookups, not searches")
        if index and not self.view.searchable():
            raise _NeedsIndex

    # --- objects as they are now

    def present(self, values: Iterable[Domain]) -> Iterator[Domain]:
        """Yield domains as time has left them, without those that it purged."""
        for kept in values:
            value = present_domain(self.view, kept, self.now, self.desk.policies)
            if value is not None:
                yield value

    def domain(self, name: str) -> Domain | None:
        """Return the domain of a name."""
        value = self.view.domain(name)
        return None if value is None else present_domain(self.view, value, self.now, self.desk.policies)

    def contact(self, id: str) -> Contact | None:
        """Return the contact of an id."""
        return present_contact(self.view, id, self.now, self.desk.policies)

    def contact_of(self, handle: str) -> Contact | None:
        """Return the contact of a handle: handles of IRIS are without case, ids of EPP are not; the exact one first."""
        id = handle.strip()
        for form in dict.fromkeys((id, id.lower(), id.upper())):
            value = self.contact(form)
            if value is not None:
                return value
        others = self.view.found("contact", "handle", Match(id), limit=1) if id and self.view.searchable() else ()
        return self.contact(others[0]) if others else None

    def visible(self, contact: Contact, element: str, form: str = "") -> Visibility:
        """Tell whether this client may see an element of a contact."""
        return visible(contact, element, self.desk.privacy, full=self.full, form=form)

    # --- messages

    def naming(self, entity_class: str, name: str) -> dict[str, Any]:
        """Return the attributes by which a result names its entity."""
        return {
            "authority": self.authority,
            "registry_type": self.types,
            "entity_class": entity_class,
            "entity_name": name,
        }

    def refer(self, tag: str, entity_class: str, name: str, cls: type[Entity] = Entity, **more: Any) -> Any:
        """Return a reference to an entity here, which a result named ``tag`` of this registry type stands for."""
        return cls(referent_type=QName(self.types, tag), **self.naming(entity_class, name), **more)

    def need(self, result: Any) -> None:
        """Have a result come along, however small the answer is to be: temporary references point to it."""
        self._needed[result.entity_class, result.entity_name] = result

    def answer(self, results: Iterable[Any], additional: Iterable[Any] = ()) -> ResultSet:
        """Return results, and beside them what they refer to, each once."""
        beside = {} if self.brief else {(r.entity_class, r.entity_name): r for r in additional}
        beside.update(self._needed)
        return ResultSet(Answer(tuple(results)), _additional(beside.values()))

    def searched(self, results: Iterable[Any]) -> ResultSet:
        """Return what a search found; if it is more than is given, the first ones and <searchTooWide>."""
        limit = self.desk.settings.results
        found: list[Any] = []
        needed: list[Any] = []
        for result in results:
            if len(found) == limit:
                return ResultSet(Answer(tuple(found)), _additional(needed), error=self._too_wide(limit))
            found.append(result)
            needed = list(self._needed.values())
        return ResultSet(Answer(tuple(found)), _additional(needed))

    def _too_wide(self, limit: int) -> Any:
        text = Text(f"there are more than {limit}; ask for less", language="en")
        code: type[Code] = ereg.SearchTooWide if self.types == EREG.uri else dreg.SearchTooWide
        return code((text,))

    @property
    def limit(self) -> int:
        """How many to ask the store for: one more than is given, to know that there is more."""
        return self.desk.settings.results + 1


def many(results: list[_T]) -> tuple[_T, ...] | None:
    """Return what a lookup found; None for nothing."""
    return tuple(results) or None


# --- names and parameters


def domain_name(text: str) -> str:
    """Return a domain name in the registry's form.

    Raises:
        InvalidName: it is none.

    """
    name = text.strip().lower().removesuffix(".")
    if not is_name(name):
        raise InvalidName(f"{text!r} is no domain name")
    return name


def host_name(text: str) -> str:
    """Return the name of a host in the registry's form.

    Raises:
        InvalidName: it is none.

    """
    name = text.strip().lower().removesuffix(".")
    if not is_host_name(name):
        raise InvalidName(f"{text!r} is no host name")
    return name


def idn_name(text: str) -> str:
    """Return an internationalised domain name as A-labels, mapped as UTS 46 says (which takes what nameprep gave).

    Raises:
        InvalidName: it is none.

    """
    name = text.strip().translate(_DOTS).removesuffix(".")
    try:
        return domain_name(idna.encode(name, uts46=True).decode("ascii"))
    except (idna.IDNAError, UnicodeError) as error:
        raise InvalidName(f"{text!r} is no internationalised domain name: {error}") from None


def _additional(results: Iterable[Any]) -> Additional | None:
    found = tuple(results)
    return Additional(found) if found else None


def to_unicode(name: str) -> str | None:
    """Return a name with its A-labels in Unicode; None if it has none."""
    if "xn--" not in name:
        return None
    try:
        return idna.decode(name)
    except (idna.IDNAError, UnicodeError):
        return None


def address_of(text: str, version: int, error: type[InvalidName | InvalidSearch] = InvalidName) -> str:
    """Return an IP address in its canonical form.

    Raises:
        InvalidName, InvalidSearch: it is none of that version.

    """
    try:
        return (IPv4Address(text.strip()) if version == 4 else IPv6Address(text.strip())).compressed
    except ValueError:
        raise error(f"{text!r} is no IPv{version} address") from None


def matching(parameter: Any) -> Match:
    """Return what a parameter of a query must be like.

    Raises:
        InvalidSearch: it is empty.

    """
    exact = getattr(parameter, "exact_match", None)
    if exact is not None:
        if not exact.strip():
            raise InvalidSearch("an empty text matches nothing")
        return Match(exact.strip())
    return Match(None, parameter.begins_with or "", parameter.ends_with or "")
