"""The store in memory."""

from __future__ import annotations

from lookup_suite import LookupSuite
from registry_world import World
from store_suite import StoreSuite

from regwire.registry.clock import MovableClock
from regwire.registry.rules import Policies
from regwire.registry.store.base import Store
from regwire.registry.store.memory import MemoryStore


class TestMemoryStore(LookupSuite, StoreSuite):
    def make(self, policies: Policies, clock: MovableClock) -> Store:
        return MemoryStore(policies, clock)

    def reopen(self, world: World) -> None:
        """Nothing survives."""
