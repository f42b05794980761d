"""What a store is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from regwire.errors import RegwireError
from regwire.registry.model.outcomes import Outcome
from regwire.registry.model.requests import Call
from regwire.registry.rules import View

__all__ = ["Decide", "Store", "StoreError"]

#: Decides one call on a state: the rules with policy and clock filled in.
Decide = Callable[[View, Call], Outcome]


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

        Blocks until everything is durable. A call that is refused or fails (2400) changes nothing and does not touch
        the others. If the commit fails, nothing of the group is there and every outcome is 2400. To be called by one
        thread at a time. Never raises for what a call contains.
        """
        ...

    def close(self) -> None:
        """Release everything; the store must not be in use."""
        ...
