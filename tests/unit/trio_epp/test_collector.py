"""The collector's thresholds while clients are open."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from regwire.trio._collector import CLIENT_POLICY, Raised

SET = (CLIENT_POLICY.young, CLIENT_POLICY.middle, CLIENT_POLICY.old)


@pytest.fixture(autouse=True)
def _thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


def test_raised_until_the_last_lets_go() -> None:
    raised = Raised()
    raised.want(CLIENT_POLICY)
    raised.want(CLIENT_POLICY)
    assert gc.get_threshold() == SET
    raised.unwant()
    assert gc.get_threshold() == SET
    raised.unwant()
    assert gc.get_threshold() == (700, 10, 10)


@pytest.mark.parametrize("own", [(1_000_000, 3, 3), (0, 10, 10)])
def test_what_the_program_set_higher_or_switched_off_stays(own: tuple[int, int, int]) -> None:
    gc.set_threshold(*own)
    raised = Raised()
    raised.want(CLIENT_POLICY)
    assert gc.get_threshold() == own
    raised.unwant()
    assert gc.get_threshold() == own


def test_what_the_program_sets_meanwhile_stays() -> None:
    raised = Raised()
    raised.want(CLIENT_POLICY)
    gc.set_threshold(900, 9, 9)
    raised.unwant()
    assert gc.get_threshold() == (900, 9, 9)
    raised.want(CLIENT_POLICY)
    assert gc.get_threshold() == SET
    raised.unwant()
    assert gc.get_threshold() == (900, 9, 9)
