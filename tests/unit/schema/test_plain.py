"""Plain records that are constructed natively behave as the dataclasses they are."""

from __future__ import annotations

import copy
import dataclasses
import gc
import pickle
import sys
from dataclasses import dataclass, field
from typing import Any

import pytest

from regwire.schema import constructed_natively


@constructed_natively
@dataclass(frozen=True, slots=True)
class Base:
    more: tuple[Any, ...] = field(default=(), kw_only=True)


@constructed_natively
@dataclass(frozen=True, slots=True)
class Derived(Base):
    name: str
    value: Any = None
    number: int = 7


@constructed_natively
@dataclass(slots=True)
class Fresh:
    items: list[int] = field(default_factory=list)


@constructed_natively
@dataclass(slots=True)
class Cell:
    value: Any = None


def test_records_that_may_be_changed_are_never_one() -> None:
    value = "x" * 40
    first, second = Cell(value), Cell(value)
    assert first is not second
    first.value = None
    assert second.value is value


def test_arguments_by_place_and_by_name() -> None:
    value = Derived("a", number=3, more=(1,))
    assert (value.name, value.value, value.number, value.more) == ("a", None, 3, (1,))
    assert repr(value) == repr(Derived(name="a", number=3, more=(1,)))
    assert value == Derived("a", None, 3, more=(1,)) != Derived("a")
    assert hash(value) == hash(Derived("a", None, 3, more=(1,)))
    assert Base() == Base(more=())


@pytest.mark.parametrize(("places", "names"), [((), {}), (("a",), {"other": 1}), (("a",), {"name": "b"})])
def test_wrong_arguments_are_type_errors(places: tuple[Any, ...], names: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Derived(*places, **names)


def test_a_frozen_record_stays_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Derived("a").number = 4  # type: ignore[misc]


def test_copies() -> None:
    value = Derived("a", {"k": [1]}, more=(2,))
    assert copy.copy(value) == copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value
    assert dataclasses.replace(value, number=9) == Derived("a", {"k": [1]}, 9, more=(2,))


def test_what_needs_python_is_left_as_it_is() -> None:
    one, two = Fresh(), Fresh()
    one.items.append(1)
    assert two.items == []


def test_nothing_is_kept_of_what_is_gone() -> None:
    marker = object()
    before = sys.getrefcount(marker)
    for _ in range(100):
        Derived("a", marker, more=(marker,))
    assert sys.getrefcount(marker) == before
    ring: list[Any] = [marker]
    ring.append(Derived("a", ring))
    del ring
    gc.collect()
    assert sys.getrefcount(marker) == before
