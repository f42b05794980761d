"""A registry behind its EPP front for the extensions of this registry: every reply is held against the schemas."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import ExitStack, asynccontextmanager
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any

import trio
from front_world import Front
from lxml import etree
from registry_world import START
from xml_schemas import XSD, validator

from regwire.epp import encode
from regwire.epp.messages.core import Poll, Response
from regwire.registry.clock import MovableClock
from regwire.registry.config import parse_config
from regwire.registry.engine import open_registry
from regwire.registry.model.requests import Request, SettleDue
from regwire.registry.rules.features import Feature, installed

SETTINGS = """
[registry]
zones = ["example", "co.test"]
[store]
kind = "memory"
"""
NAMESPACES = frozenset(
    f"urn:ietf:params:xml:ns:{name}"
    for name in (
        "epp-1.0",
        "domain-1.0",
        "host-1.0",
        "contact-1.0",
        "rgp-1.0",
        "secDNS-1.1",
        "changePoll-1.0",
        "keyrelay-1.0",
        "epp:org-1.0",
        "epp:orgext-1.0",
        "epp:ttl-1.0",
        "epp:maintenance-1.0",
        "epp:b-dn",
        "idn-1.0",
        "epp:fee-1.0",
        "e164val-1.0",
        "e164valex-1.1",
    )
) | {"http://www.verisign.com/epp/lowbalance-poll-1.0"}


class ExtFront(Front):
    """A front whose operator can be asked, and whose replies are valid."""

    async def outcome(self, request: Request) -> Any:
        (found,) = await self.registry.submit([self.registry.call("-", request)])
        return found

    async def operator(self, request: Request) -> Any:
        outcome = await self.outcome(request)
        assert outcome.code < 2000, outcome
        return outcome.data

    async def later(self, **span: float) -> None:
        """Let time pass, and do what it makes due."""
        self.clock.advance(timedelta(**span))
        await self.operator(SettleDue())

    async def ask(self, account: str, message: Any) -> Response:
        ((answer,),) = await self.run((account, [message]))
        check_schema(answer)
        return answer

    async def queue(self, account: str) -> list[Response]:
        """Take every message off a queue."""
        found = []
        while (answer := await self.ask(account, Poll("req"))).results[0].code == 1301:
            found.append(answer)
            assert answer.msg_q is not None
            await self.must(account, Poll("ack", answer.msg_q.id))
        return found


def check_schema(answer: Any) -> None:
    """Hold a message against the schemas."""
    if XSD.is_dir():
        schema = validator(NAMESPACES)
        octets = answer if isinstance(answer, bytes) else encode(answer)
        assert schema.validate(etree.fromstring(octets)), f"{schema.error_log}\n{octets.decode()}"


def ext_test(settings: str = SETTINGS, *features: Feature) -> Callable[..., Callable[..., None]]:
    """Make a test of a coroutine that gets an `ExtFront`."""

    def wrap(test: Callable[[ExtFront], Coroutine[Any, Any, None]]) -> Callable[[], None]:
        async def run() -> None:
            with ExitStack() as stack:
                if features:
                    stack.enter_context(installed(*features))
                async with ext_front(settings) as front:
                    await test(front)

        @wraps(test)
        def wrapped() -> None:
            trio.run(run)

        # Else the runner takes the front for a fixture.
        del wrapped.__wrapped__  # type: ignore[attr-defined]
        return wrapped

    return wrap


@asynccontextmanager
async def ext_front(settings: str = SETTINGS) -> AsyncIterator[ExtFront]:
    clock = MovableClock(START)
    async with open_registry(parse_config(settings, Path("registry.toml")), clock=clock) as registry:
        yield ExtFront(registry, clock)
