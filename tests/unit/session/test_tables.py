"""Looking ahead in what handlers look up: where the dicts are found, and that it changes nothing whatever they are."""

from __future__ import annotations

import random
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from regwire_native import Foresight

from regwire import epp
from regwire.session.tables import MOST_TABLES, sources_of

GLOBAL = {"a": 1}
HOLDER = SimpleNamespace(names={"b": 2}, count=3)


def bound(source: Any) -> Any:
    holder, name = source
    return holder.cell_contents if name is None else holder[name]


class Registry:
    def __init__(self) -> None:
        self.domains = {"c": 3}
        self.hosts: dict[str, int] = {}
        self.count = 4
        self.derived = type("Derived", (dict,), {})()

    @property
    def loud(self) -> dict[str, int]:
        raise AssertionError("no code of a back end runs")

    def check(self, session: Any, command: Any, obj: Any) -> Any:
        return self.domains

    async def wait(self, session: Any, command: Any, obj: Any) -> Any:
        return self.domains


class Slotted:
    __slots__ = ("domains",)

    def check(self, session: Any, command: Any, obj: Any) -> Any:
        return None


def test_dicts_are_found_where_handlers_have_them() -> None:
    registry = Registry()
    table: dict[str, int] = {}

    def inner(session: Any, command: Any, obj: Any) -> Any:
        return obj in table or registry.count

    def outer(session: Any, command: Any, obj: Any) -> Any:
        return obj in GLOBAL or obj in HOLDER.names or pytest

    found = [*map(bound, sources_of([registry.check, None, registry.wait]))]
    assert found[0] is registry.domains
    assert found[1] is registry.hosts
    assert len(found) == 2
    assert {id(bound(source)) for source in sources_of([inner])} == {id(table), *map(id, found)}
    assert {id(bound(source)) for source in sources_of([partial(partial(outer), 1)])} == {id(GLOBAL), id(HOLDER.names)}
    # Another dict in the same place is found there later.
    (*_, source) = sources_of([registry.check])
    registry.hosts = {"d": 4}
    assert bound(source) is registry.hosts


def test_whatever_a_handler_is() -> None:
    def handler(session: Any, command: Any, obj: Any) -> Any:
        return later

    assert sources_of([handler, len, Slotted().check, Registry, "no handler", SimpleNamespace()]) == ()  # type: ignore[list-item]
    later: dict[str, int] = {}
    assert [bound(source) for source in sources_of([handler])] == [later]
    many = SimpleNamespace(**{f"t{i}": {} for i in range(20)})

    def of_many(session: Any, command: Any, obj: Any) -> Any:
        return many

    assert len(sources_of([of_many])) == MOST_TABLES


def decoded(obj: Any) -> Any:
    return epp.decode(epp.encode(epp.command(obj, cl_trid="ABC-1")))


def test_looking_ahead_changes_nothing() -> None:
    """Dicts of every form and age, before and after, and items that have no names."""
    chance = random.Random(1)
    ahead = Foresight()
    for size in (0, 1, 2047, 2048, 2049, 5000, 70_000):
        table: dict[Any, Any] = {f"n{i}.example": epp.DomainInfoName(f"n{i}.example") for i in range(size)}
        for _ in range(size // 3):
            table.pop(f"n{chance.randrange(size)}.example", None)
        texts = {f"n{i}.example": None for i in range(size)}
        mixed: dict[Any, Any] = {**texts, 7: "seven"}
        emptied = dict(texts)
        emptied.clear()
        derived = type("Derived", (dict,), {})(texts)
        tables = [table, texts, mixed, emptied, derived, None, 5, vars(SimpleNamespace(**texts)), set(texts)]
        before = [len(t) if hasattr(t, "__len__") else t for t in tables]
        for _ in range(3):
            names = tuple(f"n{chance.randrange(size * 2 + 1)}.example" for _ in range(40))
            items = [
                decoded(epp.DomainCheck(names)),
                decoded(epp.DomainInfo(epp.DomainInfoName(names[0]))),
                decoded(epp.HostInfo(names[1])),
                epp.Command(epp.Poll("req")),
                epp.Hello(),
                "text",
                None,
                (1, "x"),
                epp.DomainCheck((1, "y")),  # type: ignore[arg-type]
            ]
            ahead.look(tables, items)
            assert [name in table for name in names] == [name in set(table) for name in names]
            data = epp.check_data(epp.DomainCheck(names), table)
            assert [item.name.avail for item in data.items] == [name not in table for name in names]
        assert before == [len(t) if hasattr(t, "__len__") else t for t in tables]
    for _ in range(200):  # also in the rounds that count nothing, with tables that come and go
        ahead.look([texts] * chance.randrange(4), items)
    ahead.look([], [])
    with pytest.raises(TypeError):
        ahead.look((), [])  # type: ignore[arg-type]
