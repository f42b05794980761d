"""What comes out of the groups that nurseries wrap errors in."""

import pytest

from regwire.cli.talk import run
from regwire.errors import ConnectFailed, OutcomeUnknown


def raising(*errors):
    async def main():
        raise BaseExceptionGroup("nursery", errors)

    return main


def test_a_regwire_error_comes_out_however_deep():
    inner = ExceptionGroup("inner", [OutcomeUnknown("lost")])
    with pytest.raises(OutcomeUnknown):
        run(raising(ValueError("x"), inner))


def test_the_first_of_several():
    with pytest.raises(ConnectFailed):
        run(raising(ConnectFailed("a"), OutcomeUnknown("b")))


def test_an_interrupt_comes_out():
    with pytest.raises(KeyboardInterrupt):
        run(raising(KeyboardInterrupt()))


def test_a_bug_stays_whole():
    with pytest.raises(ExceptionGroup, match="nursery"):
        run(raising(ValueError("x")))
