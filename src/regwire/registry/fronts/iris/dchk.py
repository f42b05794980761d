"""Availability of domains (dchk1, RFC 5144): many lookups at a time, each answered with little."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from regwire_native import Stamps

from regwire.errors import InvalidName, IrisError, NameNotFound, QueryNotSupported
from regwire.iris.handlers import Context, Handlers
from regwire.iris.messages import dchk
from regwire.iris.messages.common import DCHK, Text
from regwire.iris.messages.core import LookupEntity
from regwire.registry.fronts.iris.desk import Desk, Sight, domain_name, idn_name, to_unicode
from regwire.registry.fronts.iris.statuses import statuses_of, statuses_of_standing
from regwire.registry.model.objects import Domain
from regwire.registry.rules.present import open_zones, why_not_free

__all__ = ["register"]

#: Answers that are kept until something is committed; about 1 KB each.
_KEPT: Final = 20_000
_CLASS: Final = "domain-name"
#: Authorities, as clients spell them, whose answers are made in the quickest way.
_AUTHORITIES: Final = 64
_Key = tuple[str, str, str]


def register(handlers: Handlers, desk: Desk) -> None:
    """Have the entity classes of RFC 5144 section 3.1.2 looked up."""
    handlers.lookups(DCHK)(Checks(desk))


class Checks:
    """The handler of all lookups that came together.

    Names that are kept in memory are answered from there: nothing but their statuses is looked at, and which of them
    are free follows where a zone lets every name pass. All others are one question to the store; these answers are kept
    until anything is committed or time changes the domain.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._zones = frozenset(desk.policies.by_zone)
        self._generation = -1
        self._open: frozenset[str] = frozenset()
        # By authority.
        self._stamps: dict[str, Stamps] = {}
        self._version = -1
        # By authority, class and name as asked: the answer, and until when it holds.
        self._kept: dict[_Key, tuple[dchk.Domain, datetime]] = {}

    def __call__(self, entities: Sequence[LookupEntity], contexts: Sequence[Context]) -> list[Any]:
        """Answer lookups."""
        desk = self._desk
        store = desk.registry.store
        authority, stamps = self._stamps_for(contexts)
        # Of other classes nothing is known in memory: no name is empty.
        names = [entity.entity_name if entity.entity_class == _CLASS else "" for entity in entities]
        known = store.standings(names, desk.registry.clock.now(), stamps)
        if known is None:
            return self._looked_up(entities, contexts)
        generation, answers = known
        if generation != self._generation:
            with store.read() as view:
                self._open, self._generation = open_zones(view, desk.policies), generation
        zones, open_ = self._zones, self._open
        others: list[int] = []
        for place, answer in enumerate(answers):
            if answer is None:
                name = names[place]
                if name.partition(".")[2] in open_ and name not in zones:
                    continue
            elif type(answer) is dchk.Domain:
                continue
            elif type(answer) is tuple and stamps is not None:
                answers[place] = self._learn(authority, stamps, names[place], answer)
                continue
            others.append(place)
        if others:
            found = self._looked_up([entities[place] for place in others], [contexts[place] for place in others])
            for place, found_there in zip(others, found, strict=True):
                answers[place] = found_there
        return answers

    def _stamps_for(self, contexts: Sequence[Context]) -> tuple[str, Stamps | None]:
        """Return the authority that all of them ask, and what makes its answers; None: they ask several."""
        authority = contexts[0].authority
        if len({context.authority for context in contexts}) > 1:
            return authority, None
        authority = authority or self._desk.authority
        stamps = self._stamps.get(authority)
        if stamps is None:
            stamps = Stamps(dchk.Domain, "domain_name", "entity_name", "created", "expiration")
            if len(self._stamps) < _AUTHORITIES:
                self._stamps[authority] = stamps
        return authority, stamps

    def _learn(self, authority: str, stamps: Stamps, name: str, known: tuple[int, datetime, datetime]) -> dchk.Domain:
        """Make the first answer of a shape: the model of the next ones."""
        shape, created, expires = known
        answer = dchk.Domain(
            authority=authority,
            registry_type=DCHK.uri,
            entity_class=_CLASS,
            entity_name=name,
            domain_name=name,
            statuses=statuses_of_standing(dchk, self._desk.registry.store.standing(shape)),
            created=created,
            expiration=expires,
        )
        stamps.put(shape, answer)
        return answer

    def _looked_up(self, entities: Sequence[LookupEntity], contexts: Sequence[Context]) -> list[Any]:
        """Answer out of the store."""
        with self._desk.registry.store.read() as view:
            version = view.version()
            if version != self._version or len(self._kept) > _KEPT:
                self._kept.clear()
                self._version = version
            batch = _Batch(Sight(self._desk, view, contexts[0], DCHK), self._kept)
            for entity, context in zip(entities, contexts, strict=True):
                batch.take(context.authority or self._desk.authority, entity)
            return batch.answers()


class _Batch:
    """What is asked of the store together."""

    def __init__(self, sight: Sight, kept: dict[_Key, tuple[dchk.Domain, datetime]]) -> None:
        self._sight = sight
        self._kept = kept
        self._places: list[dchk.Domain | IrisError | _Key] = []
        self._names: dict[_Key, str] = {}
        # What is not kept: names that are free (None), or cannot be had now (which may depend on the hour: launch
        # phases).
        self._passing: dict[_Key, dchk.Domain | None] = {}

    def take(self, authority: str, query: LookupEntity) -> None:
        """Note one lookup."""
        key = (authority, query.entity_class.lower(), query.entity_name)
        held = self._kept.get(key)
        if held is not None and held[1] > self._sight.now:
            self._places.append(held[0])
            return
        try:
            self._names[key] = _name(key[1], query.entity_name)
        except IrisError as error:
            self._places.append(error)
        else:
            self._places.append(key)

    def answers(self) -> list[dchk.Domain | IrisError | None]:
        """Return the answers in order."""
        if self._names:
            self._look()
        return [self._answer(place) if isinstance(place, tuple) else place for place in self._places]

    def _answer(self, key: _Key) -> dchk.Domain | None:
        return self._passing[key] if key in self._passing else self._kept[key][0]

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
                self._passing[key] = None


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


def _domain(key: _Key, value: Domain, now: datetime) -> dchk.Domain:
    authority, entity_class, entity = key
    return dchk.Domain(
        domain_name=value.name,
        idn=to_unicode(value.name),
        statuses=statuses_of(dchk, value, now),
        created=value.created,
        expiration=value.expires,
        authority=authority,
        registry_type=DCHK.uri,
        entity_class=entity_class,
        entity_name=entity,
    )


def _reserved(key: _Key, name: str, reason: str) -> dchk.Domain:
    """Return a name that nobody has and nobody can register; being reserved says no more than that (RFC 4414 3.2.3)."""
    authority, entity_class, entity = key
    said = (Text(reason, language="en"),) if reason else ()
    return dchk.Domain(
        domain_name=name,
        idn=to_unicode(name),
        statuses=(dchk.Reserved(descriptions=said), dchk.Create(disposition="prohibited", actor="registry")),
        authority=authority,
        registry_type=DCHK.uri,
        entity_class=entity_class,
        entity_name=entity,
    )
