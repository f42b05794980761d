"""A registry that bills, behind its EPP front; every reply is held against the schemas where they are at hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import wraps
from pathlib import Path
from typing import Any

import trio
from front_world import Front
from lxml import etree
from registry_world import START, A, B
from xml_schemas import XSD, validator

from regwire.epp import encode
from regwire.epp.messages.core import Response
from regwire.registry.clock import MovableClock
from regwire.registry.config import parse_config
from regwire.registry.engine import Registry, open_registry
from regwire.registry.model.money import Deposit
from regwire.registry.model.requests import Request

SETTINGS = """
[registry]
zones = ["example"]
[store]
kind = "memory"
[policy.idn]
tables = ["latin", "cyrillic"]
[policy.allocation_token]
enabled = true
[policy.fee]
currency = "EUR"
create = "10.00"
renew = "11.50"
transfer = "9.00"
restore = "40.00"
[[policy.fee.tiers]]
name = "gold"
create = "500.00"
"""
NAMESPACES = frozenset(
    {
        "urn:ietf:params:xml:ns:epp-1.0",
        "urn:ietf:params:xml:ns:domain-1.0",
        "urn:ietf:params:xml:ns:epp:fee-1.0",
        "urn:ietf:params:xml:ns:idn-1.0",
        "urn:ietf:params:xml:ns:rgp-1.0",
        "urn:ietf:params:xml:ns:allocationToken-1.0",
    }
)


class MoneyFront(Front):
    """A front whose operator can be asked, too."""

    def __init__(self, registry: Registry, clock: MovableClock) -> None:
        super().__init__(registry, clock)
        self.registry = registry

    async def operator(self, request: Request) -> Any:
        (outcome,) = await self.registry.submit([self.registry.call("-", request)])
        assert outcome.code < 2000, outcome
        return outcome.data

    async def ask(self, account: str, message: Any) -> Response:
        ((found,),) = await self.results((account, [message]))
        return found

    async def results(self, *runs: tuple[str, list[Any]]) -> list[list[Response]]:
        answers = await self.run(*runs)
        for answer in (answer for found in answers for answer in found):
            check_schema(answer)
        return answers


def check_schema(answer: Response) -> None:
    """Hold a response against the schemas."""
    if XSD.is_dir():
        schema = validator(NAMESPACES)
        octets = encode(answer)
        assert schema.validate(etree.fromstring(octets)), f"{schema.error_log}\n{octets.decode()}"


def money_test(settings: str = SETTINGS) -> Callable[..., Callable[..., None]]:
    """Make a test of a coroutine that gets a `MoneyFront`; both registrars have 100.00 EUR."""

    def wrap(test: Callable[[MoneyFront], Coroutine[Any, Any, None]]) -> Callable[[], None]:
        async def run() -> None:
            async with money_front(settings) as front:
                await test(front)

        @wraps(test)
        def wrapped() -> None:
            trio.run(run)

        # Else the runner takes the front for a fixture.
        del wrapped.__wrapped__  # type: ignore[attr-defined]
        return wrapped

    return wrap


@asynccontextmanager
async def money_front(settings: str = SETTINGS) -> AsyncIterator[MoneyFront]:
    clock = MovableClock(START)
    async with open_registry(parse_config(settings, Path("registry.toml")), clock=clock) as registry:
        front = MoneyFront(registry, clock)
        for account in (A, B):
            await front.operator(Deposit(account, "EUR", Decimal(100)))
        yield front
