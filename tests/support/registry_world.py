"""A small world for tests of the registry: one store, a movable clock, registrars that ask."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from regwire.registry.clock import MovableClock
from regwire.registry.config import Config, PolicySettings, RegistrySettings
from regwire.registry.model.objects import Address, ContactLink, PostalInfo
from regwire.registry.model.outcomes import Outcome
from regwire.registry.model.requests import (
    Call,
    CreateContact,
    CreateDomain,
    CreateHost,
    Period,
    Request,
    RestoreReport,
)
from regwire.registry.rules import Policies
from regwire.registry.store.base import Store
from regwire.registry.store.memory import MemoryStore

A, B = "reg-a", "reg-b"
PASSWORD = "a-password-of-20-chars"
START = datetime(2025, 3, 1, 10, 0, tzinfo=UTC)
GLUE = (Address("192.0.2.1", "v4"),)

StoreFactory = Callable[[Policies, MovableClock], Store]


def postal(type: str = "int", **changes: Any) -> PostalInfo:
    values: dict[str, Any] = {
        "name": "Ada Example",
        "street": ("1 Main St",),
        "city": "Delft",
        "sp": None,
        "pc": "2600",
        "cc": "NL",
        **changes,
    }
    return PostalInfo(type, **values)


class World:
    """Asks a store one request at a time, or groups of them."""

    def __init__(
        self,
        *,
        make: StoreFactory = MemoryStore,
        zones: tuple[str, ...] = ("example", "co.test"),
        config: Config | None = None,
        **policy: Any,
    ) -> None:
        settings = RegistrySettings(zones=zones, repository="TEST")
        self.clock = MovableClock(START)
        self.policies = Policies(config or Config(registry=settings, policy=PolicySettings(**policy)))
        self.store = make(self.policies, self.clock)
        self._numbers = count(1)

    def call(self, account: str, request: Request) -> Call:
        number = next(self._numbers)
        return Call(account, request, f"T{number:05}", f"client-{number}", number.to_bytes(16, "big"))

    def group(self, *pairs: tuple[str, Request]) -> list[Outcome]:
        return self.store.execute([self.call(account, request) for account, request in pairs])

    def ask(self, account: str, request: Request) -> Outcome:
        return self.group((account, request))[0]

    def code(self, account: str, request: Request) -> int:
        return self.ask(account, request).code

    def must(self, account: str, request: Request) -> Any:
        outcome = self.ask(account, request)
        assert outcome.code < 2000, outcome
        return outcome.data

    def later(self, **span: float) -> None:
        self.clock.advance(timedelta(**span))

    # --- shorthands

    def domain(self, name: str = "a.example", account: str = A, **more: Any) -> Any:
        more.setdefault("auth", PASSWORD)
        more.setdefault("period", Period(1))
        return self.must(account, CreateDomain(name, **more))

    def contact(self, id: str = "con-1", account: str = A, **more: Any) -> Any:
        more.setdefault("auth", PASSWORD)
        return self.must(account, CreateContact(id, (postal(),), "ada@mail.example", **more))

    def host(self, name: str = "ns1.other.net", account: str = A, *, glue: bool = False) -> Any:
        return self.must(account, CreateHost(name, GLUE if glue else ()))

    def report(self, name: str = "a.example", **changes: Any) -> RestoreReport:
        """Return the right report for a domain whose restore is pending, but for the changes."""
        with self.store.read() as view:
            domain = view.domain(name)
            state = None if domain is None else domain.restore
        at = self.clock.now()
        values: dict[str, Any] = {
            "before": "what it was",
            "after": "what it is",
            "deleted": at if state is None else state.deleted,
            "restored": at if state is None else state.requested or at,
            "reason": "a mistake",
            "statements": ("not for ourselves", "all of it is true"),
            **changes,
        }
        return RestoreReport(**values)

    def links(self, *pairs: tuple[str, str]) -> tuple[ContactLink, ...]:
        return tuple(ContactLink(type, id) for type, id in pairs)
