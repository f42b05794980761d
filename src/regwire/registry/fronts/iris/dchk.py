"""Availability of domains (dchk1, RFC 5144): many lookups at a time, each answered with little."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from regwire.errors import InvalidName, IrisError, NameNotFound, QueryNotSupported
from regwire.iris.found import refused
from regwire.iris.handlers import Exchange, Handlers, canonical_type
from regwire.iris.messages import core, dchk
from regwire.iris.messages.common import DCHK, Text
from regwire.iris.messages.core import Answer, LookupEntity, Response, ResultSet
from regwire.registry.fronts.iris.desk import Desk, Sight, domain_name, idn_name, to_unicode
from regwire.registry.fronts.iris.statuses import statuses_of
from regwire.registry.model.objects import Domain
from regwire.registry.rules.present import why_not_free

__all__ = ["register"]

#: Answers that are kept until something is committed; about 2 KB each.
_KEPT: Final = 20_000
_NOT_FOUND: Final = ResultSet(Answer(), error=core.NameNotFound())


def register(handlers: Handlers, desk: Desk) -> None:
    """Have the entity classes of RFC 5144 section 3.1.2 looked up."""
    handlers.batch(Checks(desk))


class Checks:
    """The batch handler: one question to the store for all lookups of a batch.

    Answers are kept until anything is committed or time changes the domain, so that a name that many ask for costs
    next to nothing.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._version = -1
        # By authority, class and name as asked: the answer, and until when it holds.
        self._kept: dict[tuple[str, str, str], tuple[ResultSet, datetime]] = {}

    def __call__(self, exchanges: Sequence[Exchange]) -> list[Response]:
        """Answer exchanges of lookups."""
        desk = self._desk
        with desk.registry.store.read() as view:
            version = view.version()
            if version != self._version or len(self._kept) > _KEPT:
                self._kept.clear()
                self._version = version
            sight = Sight(desk, view, exchanges[0].context, DCHK)
            batch = _Batch(sight, self._kept)
            for exchange in exchanges:
                authority = exchange.context.authority or desk.authority
                for search_set in exchange.request.search_sets:
                    batch.take(authority, search_set.query)
            found = iter(batch.answers())
        return [
            Response(result_sets=tuple([next(found) for _ in exchange.request.search_sets])) for exchange in exchanges
        ]


class _Batch:
    """What one call of the handler is about."""

    def __init__(self, sight: Sight, kept: dict[tuple[str, str, str], tuple[ResultSet, datetime]]) -> None:
        self._sight = sight
        self._kept = kept
        self._places: list[ResultSet | tuple[str, str, str]] = []
        self._names: dict[tuple[str, str, str], str] = {}
        # What is not kept: names that are free, or cannot be had now (which may depend on the hour: launch phases).
        self._passing: dict[tuple[str, str, str], ResultSet] = {}

    def take(self, authority: str, query: Any) -> None:
        """Note one lookup."""
        # What nobody else claims comes here too.
        if type(query) is not LookupEntity or canonical_type(query.registry_type) != DCHK.uri:
            self._places.append(refused(_unclaimed(query), query).result_set)
            return
        key = (authority, query.entity_class.lower(), query.entity_name)
        held = self._kept.get(key)
        if held is not None and held[1] > self._sight.now:
            self._places.append(held[0])
            return
        try:
            self._names[key] = _name(key[1], query.entity_name)
        except IrisError as error:
            self._places.append(refused(error, query).result_set)
        else:
            self._places.append(key)

    def answers(self) -> list[ResultSet]:
        """Return the answers in order."""
        if self._names:
            self._look()
        return [self._answer(place) if isinstance(place, tuple) else place for place in self._places]

    def _answer(self, key: tuple[str, str, str]) -> ResultSet:
        passing = self._passing.get(key)
        return self._kept[key][0] if passing is None else passing

    def _look(self) -> None:
        sight = self._sight
        names = list(dict.fromkeys(self._names.values()))
        there = sight.view.domains(names)
        present = {value.name: value for value in sight.present(there.values())}
        free = [name for name in names if name not in present]
        taken = why_not_free(sight.view, free, sight.now, sight.desk.policies) if free else {}
        for key, name in self._names.items():
            value = present.get(name)
            if value is not None:
                self._kept[key] = _domain(key, value, sight.now), _until(value, sight.now)
            elif name in taken:
                self._passing[key] = _reserved(key, name, taken[name])
            else:
                self._passing[key] = _NOT_FOUND


def _unclaimed(query: Any) -> IrisError:
    """Return what is said of a class or query that no type has; the classes iris and local are everywhere."""
    if type(query) is LookupEntity and query.entity_class.lower() in {"iris", "local"}:
        return NameNotFound()
    return QueryNotSupported()


def _name(entity_class: str, text: str) -> str:
    if entity_class == "domain-name":
        if text.isascii() and text.islower() and text.replace(".", "").isalnum() and len(text) < 64:
            # By far the most frequent ones: letters and digits; short ones cannot have a label that is too long.
            return _plain(text)
        return domain_name(text)
    if entity_class == "idn":
        return idn_name(text)
    if entity_class in {"iris", "local"}:
        raise NameNotFound
    raise QueryNotSupported(f"no entity class {entity_class}")


def _plain(text: str) -> str:
    if ".." in text or text.startswith("."):
        raise InvalidName(f"{text!r} is no domain name")
    return text.removesuffix(".")


def _until(value: Domain, now: datetime) -> datetime:
    """Return when time alone changes what is said of a domain."""
    return min([value.due(), *[period.end for period in value.grace if period.end > now]])


def _domain(key: tuple[str, str, str], value: Domain, now: datetime) -> ResultSet:
    authority, entity_class, entity = key
    return ResultSet(
        Answer(
            (
                dchk.Domain(
                    domain_name=value.name,
                    idn=to_unicode(value.name),
                    statuses=statuses_of(dchk, value, now),
                    created=value.created,
                    expiration=value.expires,
                    authority=authority,
                    registry_type=DCHK.uri,
                    entity_class=entity_class,
                    entity_name=entity,
                ),
            )
        )
    )


def _reserved(key: tuple[str, str, str], name: str, reason: str) -> ResultSet:
    """Return a name that nobody has and nobody can register; being reserved says no more than that (RFC 4414 3.2.3)."""
    authority, entity_class, entity = key
    said = (Text(reason, language="en"),) if reason else ()
    statuses = (dchk.Reserved(descriptions=said), dchk.Create(disposition="prohibited", actor="registry"))
    return ResultSet(
        Answer(
            (
                dchk.Domain(
                    domain_name=name,
                    idn=to_unicode(name),
                    statuses=statuses,
                    authority=authority,
                    registry_type=DCHK.uri,
                    entity_class=entity_class,
                    entity_name=entity,
                ),
            )
        )
    )
