"""Tables are closed and drawn as they are; timers take time from outside."""

from enum import Enum

import pytest

from regwire.session import Step, Table, Timers


class S(Enum):
    A = "a"
    B = "b"
    END = "end"


class I(Enum):  # noqa: E742
    X = "x"
    Y = "y"


class A(Enum):
    GO = "go"
    NO = "no"


OTHER: Step[S, A] = Step(A.NO, 2002)


def table(rows: dict[S, dict[I, Step[S, A]]]) -> Table[S, I, A]:
    return Table("demo", rows, states=S, inputs=I, other=OTHER, final=frozenset({S.END}))


def test_lookup_and_default() -> None:
    t = table({S.A: {I.X: Step(A.GO, next=S.B)}, S.B: {I.Y: Step(A.GO, 1500, S.END)}})
    assert t.step(S.A, I.X) == Step(A.GO, None, S.B)
    assert t.step(S.A, I.Y) is OTHER
    assert t.step(S.END, I.X) is OTHER
    assert (S.A, I.X) in t
    assert (S.A, I.Y) not in t


def test_a_table_that_is_not_closed_is_refused() -> None:
    with pytest.raises(ValueError, match="without a row"):
        table({S.A: {I.X: Step(A.GO), I.Y: Step(A.GO)}})
    with pytest.raises(ValueError, match="no state takes"):
        table({S.A: {I.X: Step(A.GO)}, S.B: {}})


def test_the_drawing_shows_every_pair() -> None:
    drawn = table({S.A: {I.X: Step(A.GO, next=S.B)}, S.B: {I.Y: Step(A.GO, 1500, S.END)}}).render()
    assert "   * - x\n     - go → b\n     - no 2002\n" in drawn
    assert "   * - y\n     - no 2002\n     - go 1500 → end\n" in drawn


def test_timers() -> None:
    t = Timers()
    assert t.next() is None
    t.set("login", 10, 100.0)
    t.set("idle", 5, 100.0)
    assert t.next() == 105.0
    assert t.expire(104.9) == []
    t.set("idle", 20, 104.0)
    assert t.expire(130.0) == ["login", "idle"]
    assert t.next() is None
    t.set("x", 1, 0)
    t.set("x", None, 0)
    assert t.expire(99) == []
    t.set("x", 1, 0)
    t.clear()
    assert t.next() is None
