"""Messages are freed by their own destructor, and their memory is used again: what must not change by that."""

from __future__ import annotations

import gc
import sys
import weakref
from typing import Annotated

import pytest

from regwire.schema import Element, Namespace, Type, integer, token

NS = Namespace("urn:example:memory", prefix="m")


class Leaf(Type, ns=NS):
    text: Annotated[str, token()]
    number: Annotated[int, integer()] | None = None


class Box(Element, ns=NS, tag="box"):
    leaf: Leaf | None = None
    leaves: tuple[Leaf, ...] = ()


class Witness:
    """Tells when it is let go."""


def test_what_a_message_holds_is_let_go_once() -> None:
    held = Witness()
    gone = weakref.ref(held)
    box = Box(Leaf(held), (Leaf(held), Leaf("x")))  # type: ignore[arg-type]
    before = sys.getrefcount(held)
    del box
    assert sys.getrefcount(held) == before - 2
    del held
    assert gone() is None


def test_the_count_of_the_class_stays_balanced() -> None:
    Box(Leaf("warm"))
    before = sys.getrefcount(Leaf)
    for _ in range(3):
        many = [Leaf(str(i), i) for i in range(1000)]
        assert sys.getrefcount(Leaf) == before + 1000
        del many
        assert sys.getrefcount(Leaf) == before


def test_used_memory_comes_back_clean() -> None:
    for i in range(1000):
        leaf = Leaf(f"value {i}", i)
        assert leaf == Leaf(f"value {i}", i)
        assert Leaf("short").number is None


def test_a_deep_nest_does_not_overflow_the_stack() -> None:
    nest = Box()
    for _ in range(200_000):
        nest = Box(nest)  # type: ignore[arg-type]
    del nest
    nest = Box()
    for _ in range(200_000):
        nest = Box(None, (nest,))  # type: ignore[arg-type]
    del nest


def test_a_cycle_through_a_mutable_value_is_collected() -> None:
    witness = Witness()
    gone = weakref.ref(witness)
    cell: list[object] = [witness]
    cell.append(Box(Leaf(cell)))  # type: ignore[arg-type]
    del witness, cell
    gc.collect()
    assert gone() is None


def test_a_failed_construction_lets_go() -> None:
    held = Witness()
    before = sys.getrefcount(held)
    for _ in range(100):
        with pytest.raises(TypeError):
            Leaf(held, nonsense=1)  # type: ignore[call-arg,arg-type]
    assert sys.getrefcount(held) == before


def test_derived_classes_free_both_their_own_and_inherited_fields() -> None:
    class Wide(Leaf, ns=NS, type_name="wide"):
        more: Annotated[str, token()] | None = None

    held = Witness()
    before = sys.getrefcount(held)
    wide = Wide(held, 1, more=held)  # type: ignore[arg-type]
    assert sys.getrefcount(held) == before + 2
    del wide
    assert sys.getrefcount(held) == before


def test_replace_shares_what_stays_and_lets_go_of_what_goes() -> None:
    old, new = Witness(), Witness()
    before = sys.getrefcount(old), sys.getrefcount(new)
    leaf = Leaf(old, 1)  # type: ignore[arg-type]
    other = leaf.replace(text=new)
    assert (leaf.text, leaf.number, other.text, other.number) == (old, 1, new, 1)
    assert (sys.getrefcount(old), sys.getrefcount(new)) == (before[0] + 1, before[1] + 1)
    same = leaf.replace()
    assert same == leaf
    assert same is not leaf
    del leaf, same, other
    assert (sys.getrefcount(old), sys.getrefcount(new)) == before
