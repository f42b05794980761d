"""The client's window: order matches, the transaction id asserts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regwire.errors import ReplyMismatch
from regwire.session.window import Slot, Window


def slot(cl_trid: str | None = "A-1", expects: str = "response", deadline: float | None = None) -> Slot:
    return Slot("message", expects=expects, cl_trid=cl_trid, deadline=deadline, waiter=object())


def test_replies_match_in_order() -> None:
    window = Window(3)
    slots = [slot(f"A-{i}") for i in range(3)]
    for s in slots:
        window.push(s)
    assert window.full
    assert [window.match("response", f"A-{i}", may_omit=False) for i in range(3)] == slots
    assert len(window) == 0


@pytest.mark.parametrize(
    ("kind", "cl_trid", "may_omit"),
    [("response", "A-2", True), ("response", None, False), ("greeting", None, True), ("greeting", "A-1", False)],
)
def test_a_mismatch_takes_nothing(kind: str, cl_trid: str | None, may_omit: bool) -> None:
    window = Window(2)
    window.push(slot("A-1"))
    with pytest.raises(ReplyMismatch):
        window.match(kind, cl_trid, may_omit=may_omit)
    assert len(window) == 1


def test_a_reply_that_nothing_asked_for() -> None:
    with pytest.raises(ReplyMismatch, match="nothing asked"):
        Window(1).match("response", "A-1", may_omit=True)


def test_an_error_may_omit_the_id() -> None:
    window = Window(1)
    window.push(slot("A-1"))
    assert window.match("response", None, may_omit=True).cl_trid == "A-1"


def test_an_abandoned_slot_stays_and_swallows_its_reply() -> None:
    window = Window(2)
    first, second = slot("A-1"), slot("A-2")
    window.push(first)
    window.push(second)
    first.abandon()
    assert window.match("response", "A-1", may_omit=False).waiter is None
    assert window.match("response", "A-2", may_omit=False) is second


def test_the_window_is_bounded() -> None:
    window = Window(1)
    window.push(slot())
    with pytest.raises(ValueError, match="full"):
        window.push(slot())
    with pytest.raises(ValueError, match="at least one"):
        Window(0)


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e6)), max_size=8))
def test_deadline_is_the_earliest(deadlines: list[float | None]) -> None:
    window = Window(8)
    for d in deadlines:
        window.push(slot(deadline=d))
    assert window.deadline == min((d for d in deadlines if d is not None), default=None)


def test_a_slot_shows_no_secrets() -> None:
    assert "message" not in repr(slot())
