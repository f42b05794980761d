"""What a store is."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from regwire.errors import RegwireError
from regwire.registry.model.outcomes import Outcome
from regwire.registry.model.requests import Call, SettleDue
from regwire.registry.rules import View

__all__ = ["Store", "StoreError", "settling"]

#: Objects that one group settles at most; what is left over is the next group's.
_SETTLED_A_GROUP = 1000
#: Accounts have at least three characters, so that nobody can be this one.
_SERVER = "-"


def settling(first: Call) -> Call:
    """Return the call that begins a group where something is due, so that its calls see links and owners as they are.

    Its transaction derives from that of the group's first call.
    """
    return Call(_SERVER, SettleDue(_SETTLED_A_GROUP), f"{first.transaction}S")


class StoreError(RegwireError):
    """A store cannot be opened or read: what is wrong, and the cure."""


class Store(Protocol):
    """Keeps the registry. Every store passes ``tests/unit/registry/store_suite.py``."""

    def read(self) -> AbstractContextManager[View]:
        """Give one consistent committed state for the duration of the ``with`` block.

        To be used by one thread (the first that reads) and never across a wait.
        """
        ...

    def execute(self, calls: Sequence[Call]) -> list[Outcome]:
        """Decide the calls one after another, each on the state that the one before left, and commit them together.

        What is due by time is settled before the first call.

        Blocks until everything is durable. A call that is refused or fails (2400) changes nothing and does not touch
        the others. If the commit fails, nothing of the group is there and every outcome is 2400. To be called by one
        thread at a time. Never raises for what a call contains.
        """
        ...

    def close(self) -> None:
        """Release everything; the store must not be in use."""
        ...
