"""Time in tests."""

import trio.testing

__all__ = ["autojump_clock"]


def autojump_clock() -> trio.testing.MockClock:
    """A clock for `trio.run(clock=)` and `trio_test` that jumps to the next deadline when every task waits."""
    return trio.testing.MockClock(autojump_threshold=0)
